use std::collections::BTreeSet;

use connectome_graph::{
    AttributionGraph, Membership, NodeIdx, Row, RowRef, Thresholds, circuit_scores, influence,
    prune, scores, strongest_paths,
};
use proptest::prelude::*;

use crate::common::{Random, graph_of, is_causal, random_graph};

/// Sums of a few hundred terms of at most 1.
const ROUNDING: f64 = 1e-12;

fn whole(row: RowRef<'_>) -> Row {
    Row {
        target: row.target,
        sources: row.sources.to_vec(),
        weights: row.weights.to_vec(),
        abs_remainder: row.abs_remainder,
        signed_remainder: row.signed_remainder,
        constant: row.constant,
        value: row.value,
    }
}

/// The same graph, known in part: some features lost their rows, some rows their entries.
fn known_in_part(graph: &AttributionGraph, random: &mut Random) -> AttributionGraph {
    let is_feature = |idx: NodeIdx| graph.nodes().feature_range().contains(&idx.as_usize());
    let mut rows = Vec::new();
    for row in graph.rows() {
        if is_feature(row.target) && random.chance(30) {
            continue;
        }
        let mut cut = whole(row);
        if random.chance(50) {
            let kept: Vec<bool> = cut.sources.iter().map(|_| random.chance(70)).collect();
            let lost = cut.weights.iter().zip(&kept).filter(|&(_, &keep)| !keep);
            for (weight, _) in lost {
                cut.abs_remainder += weight.abs();
                cut.signed_remainder += weight;
            }
            let mut keep = kept.iter();
            cut.sources.retain(|_| *keep.next().unwrap());
            let mut keep = kept.iter();
            cut.weights.retain(|_| *keep.next().unwrap());
        }
        rows.push(cut);
    }
    graph_of(graph.nodes().clone(), rows)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    // The certificate: whatever rows and entries are missing, the truth is within the bounds.
    #[test]
    fn the_full_graph_lies_within_the_bounds_of_a_part(seed: u64, q in 0.0..1.0_f64) {
        let mut random = Random(seed);
        let full = random_graph(&mut random);
        let part = known_in_part(&full, &mut random);
        // What is missing comes from the same model as what is there.
        prop_assume!(is_causal(&full) || !is_causal(&part));
        let (truth, known) = (influence(&full), influence(&part));

        let mut missing = 0.0;
        for place in 0..full.nodes().len() {
            let (lo, hi) = (known.node[place], known.upper[place]);
            let there = truth.node[place];
            prop_assert!(lo - ROUNDING <= there && there <= hi + ROUNDING, "{lo} {there} {hi}");
            prop_assert!(hi <= lo + known.unresolved + ROUNDING);
            missing += there - lo;
        }
        prop_assert!(missing <= known.unresolved_visits + ROUNDING);

        let (truth, known) = (scores(&full), scores(&part));
        for (truth, known) in [
            (truth.replacement, known.replacement),
            (truth.completeness, known.completeness),
        ] {
            prop_assert!(known.lo <= known.value && known.value <= known.hi);
            let (lo, hi) = (known.lo - ROUNDING, known.hi + ROUNDING);
            // A graph in which nothing arrives anywhere has no score to be known.
            let nothing_arrives = influence(&full).total() == 0.0;
            prop_assert!(nothing_arrives || lo <= truth.value && truth.value <= hi);
        }

        let thresholds = Thresholds { nodes: q, edges: 0.98 };
        let truth = prune(&full, &thresholds).unwrap();
        let known = prune(&part, &thresholds).unwrap();
        prop_assert_eq!(truth.n_undetermined(), 0);
        for (truth, known) in truth.membership.iter().zip(&known.membership) {
            prop_assert!(*known == Membership::Undetermined || truth == known);
        }
    }

    #[test]
    fn influence_is_the_power_series(seed: u64) {
        let graph = random_graph(&mut Random(seed));
        let n = graph.nodes().len();
        let mut shares = vec![0.0; n * n];
        for edge in graph.edges() {
            let sum = graph.row(edge.target).unwrap().abs_sum();
            shares[edge.target.as_usize() * n + edge.source.as_usize()] =
                f64::from(edge.weight).abs() / sum;
        }
        let mut arrives = vec![0.0; n];
        for (k, target) in graph.nodes().targets().iter().enumerate() {
            arrives[graph.nodes().target(k).as_usize()] = f64::from(target.weight);
        }
        let mut total = vec![0.0; n];
        for _ in 0..n {
            arrives = (0..n).map(|s| (0..n).map(|t| arrives[t] * shares[t * n + s]).sum()).collect();
            total.iter_mut().zip(&arrives).for_each(|(total, arrives)| *total += arrives);
        }
        for (found, expected) in influence(&graph).node.iter().zip(&total) {
            prop_assert!((found - expected).abs() <= ROUNDING);
        }
    }

    #[test]
    fn what_is_kept_hangs_together(seed: u64, nodes in 0.0..=1.0_f64, edges in 0.0..=1.0_f64) {
        let mut random = Random(seed);
        let full = random_graph(&mut random);
        let graph = if random.chance(50) { known_in_part(&full, &mut random) } else { full };
        let pruned = prune(&graph, &Thresholds { nodes, edges }).unwrap();

        let mut reaches: BTreeSet<NodeIdx> =
            (0..graph.nodes().n_targets()).map(|k| graph.nodes().target(k)).collect();
        for edge in pruned.edges.iter().rev() {
            prop_assert!(pruned.keeps(edge.source) && pruned.keeps(edge.target));
            prop_assert_eq!(graph.edge(edge.target, edge.source), edge.weight);
            prop_assert!(reaches.contains(&edge.target), "targets come after what they feed");
            reaches.insert(edge.source);
        }
        for idx in pruned.nodes().filter(|idx| idx.as_usize() < graph.nodes().token_range().start) {
            prop_assert!(reaches.contains(&idx), "a kept node feeds no target");
            let is_feature = graph.nodes().feature_range().contains(&idx.as_usize());
            prop_assert!(
                !is_feature || !graph.is_expanded(idx) || !pruned.inputs(idx).is_empty(),
                "a kept feature is fed by nothing"
            );
        }
        prop_assert!(pruned.cumulative.iter().all(|share| (0.0..=1.0 + 1e-6).contains(share)));
    }

    #[test]
    fn a_circuit_explains_no_more_than_its_graph(seed: u64) {
        let mut random = Random(seed);
        let graph = random_graph(&mut random);
        let keep: Vec<bool> = graph.nodes().indices().map(|_| random.chance(60)).collect();
        let (all, part) = (scores(&graph), circuit_scores(&graph, &keep).unwrap());
        prop_assert!(part.replacement.value <= all.replacement.value + ROUNDING);
    }

    #[test]
    fn all_paths_together_are_the_influence(seed: u64) {
        let graph = random_graph(&mut Random(seed));
        let paths = strongest_paths(&graph, None, usize::MAX);
        prop_assert!(paths.windows(2).all(|pair| pair[0].share >= pair[1].share));
        let mut arrives = vec![0.0; graph.nodes().len()];
        for path in &paths {
            arrives[path.nodes[0].as_usize()] += path.share;
            let steps = path.nodes.windows(2).zip(&path.weights);
            let mut sign = 1.0;
            for (step, &weight) in steps {
                prop_assert_eq!(graph.edge(step[1], step[0]), weight);
                sign *= weight.signum();
            }
            prop_assert_eq!(path.sign, f64::from(sign));
        }
        let ends = graph.nodes().error_range().start..graph.nodes().token_range().end;
        let influence = influence(&graph);
        for place in ends {
            prop_assert!((arrives[place] - influence.node[place]).abs() <= 1e-9);
        }
        let first = strongest_paths(&graph, None, 3);
        for (few, all) in first.iter().zip(&paths) {
            prop_assert!((few.share - all.share).abs() <= ROUNDING);
        }
    }

    #[test]
    fn a_file_reads_back_as_its_graph(seed: u64) {
        let mut random = Random(seed);
        let full = random_graph(&mut random);
        let graph = known_in_part(&full, &mut random);
        let bytes = graph.to_bytes();
        let back = AttributionGraph::from_bytes(&bytes).unwrap();
        prop_assert_eq!(back.to_bytes(), bytes);
        prop_assert_eq!(back, graph);
    }
}
