use std::path::Path;

use connectome_graph::{NodeIdx, Thresholds, influence, prune, scores};

use crate::common::{Golden, golden_cases};

/// Runs a check on every case, telling which one failed.
fn on_every_case(check: impl Fn(&Golden)) {
    for folder in golden_cases() {
        let golden = Golden::read(&folder);
        eprintln!("{}", golden.name);
        check(&golden);
    }
}

#[test]
fn influence_is_the_peers() {
    on_every_case(|golden| {
        let ours = influence(&golden.graph());
        assert!(ours.is_exact());
        for (ours, theirs) in ours.node.iter().zip(golden.f32("node_influence")) {
            assert!((ours - f64::from(theirs)).abs() < 1e-5, "{ours} vs {theirs}");
        }
    });
}

#[test]
fn scores_are_the_peers() {
    on_every_case(|golden| {
        let scores = scores(&golden.graph());
        for (ours, key) in
            [(scores.replacement, "replacement_score"), (scores.completeness, "completeness_score")]
        {
            let theirs = golden.number(key);
            assert!((ours.value - theirs).abs() < 1e-5, "{key}: {} vs {theirs}", ours.value);
            assert_eq!((ours.lo, ours.hi), (ours.value, ours.value), "{key}: nothing is missing");
        }
    });
}

#[test]
fn pruning_keeps_what_the_peer_keeps() {
    on_every_case(|golden| {
        let graph = golden.graph();
        for (nodes, edges) in [(0.8, 0.98), (0.5, 0.9)] {
            let pruned = prune(&graph, &Thresholds { nodes, edges }).unwrap();
            let key = format!("prune_{nodes}_{edges}");
            let theirs = golden.mask(&format!("{key}.node_mask"));
            let differ: Vec<usize> =
                (0..theirs.len()).filter(|&n| theirs[n] != pruned.node_mask[n]).collect();
            assert!(differ.is_empty(), "{key}: nodes {differ:?} differ");

            let n = graph.nodes().len();
            let place = |idx: NodeIdx| idx.as_usize();
            let kept = pruned.edges.iter().map(|e| place(e.target) * n + place(e.source));
            let theirs = golden.bits(&format!("{key}.edge_mask_bits"));
            let theirs = (0..n * n).filter(|&entry| theirs[entry]);
            assert_eq!(kept.collect::<Vec<_>>(), theirs.collect::<Vec<_>>(), "{key}");

            let theirs = golden.f32(&format!("{key}.cumulative_scores"));
            for ((place, ours), theirs) in pruned.cumulative.iter().enumerate().zip(theirs) {
                // Nodes of no influence are ties, which the peer's sort leaves in any order.
                let is_tie = pruned.influence.node[place] == 0.0;
                let close = (ours - theirs).abs() < 1e-5;
                assert!(close || is_tie, "{key}, node {place}: {ours} vs {theirs}");
            }
        }
    });
}

// Every clone and every CI run carries them.
#[test]
fn all_goldens_together_stay_small() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens")];
    let mut n_bytes = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let (path, metadata) = entry.map(|one| (one.path(), one.metadata().unwrap())).unwrap();
            match metadata.is_dir() {
                true => folders.push(path),
                false => n_bytes += metadata.len(),
            }
        }
    }
    // 19.5 MB of the tracer's, and what the trainers are held against.
    assert!((10_000_000..20_500_000).contains(&n_bytes), "{n_bytes} bytes");
}
