//! The engine against the peer's graphs.

use connectome::attribution::{Expand, Labels, NoProgress, Options, attribute, residual};
use connectome_graph::AttributionGraph;

use crate::golden::{CASES, Golden, max_diff};

fn trace(golden: &Golden, options: &Options) -> AttributionGraph {
    let replacement = golden.replacement();
    let local = replacement.on(&golden.prompt()).unwrap();
    let labels = labels(golden);
    attribute(&local, options, labels, &|token| token.to_string(), &mut NoProgress).unwrap()
}

fn labels(golden: &Golden) -> Labels {
    let ids = golden.ids();
    let token_texts = ids.iter().map(u32::to_string).collect();
    let prompt =
        connectome_graph::Prompt { text: golden.name.clone(), token_texts, token_ids: ids };
    Labels { prompt, ..Labels::default() }
}

/// The dense adjacency `[N, N]`, row = target.
fn dense(graph: &AttributionGraph) -> Vec<f32> {
    let n = graph.nodes().len();
    let mut out = vec![0.0; n * n];
    for edge in graph.edges() {
        out[edge.target.as_usize() * n + edge.source.as_usize()] = edge.weight;
    }
    out
}

fn exhaustive() -> Options {
    Options { expand: Expand::Exhaustive, ..Options::default() }
}

#[test]
fn active_features_and_adjacency_equal_the_peers() {
    for case in CASES {
        let golden = Golden::open(case);
        let graph = trace(&golden, &exhaustive());
        let nodes = graph.nodes();
        let active: Vec<f32> = nodes
            .active()
            .iter()
            .flat_map(|f| [f.id.layer as f32, f.pos as f32, f.id.index as f32])
            .collect();
        assert_eq!(active, golden.get("active_features").f32s(), "{case}");
        let activations: Vec<f32> = nodes.active().iter().map(|f| f.activation).collect();
        let worst = max_diff(&activations, &golden.get("activation_values").f32s());
        assert!(worst < 2e-5, "{case}: activations differ by {worst}");
        let expected = golden.get("adjacency").f32s();
        let largest = expected.iter().fold(0.0_f32, |m, w| m.max(w.abs()));
        let worst = max_diff(&dense(&graph), &expected);
        assert!(worst < 1e-4 * f64::from(largest), "{case}: edges differ by {worst} of {largest}");
    }
}

#[test]
fn row_sums_and_constants_are_the_pre_activations() {
    for case in CASES {
        let golden = Golden::open(case);
        let graph = trace(&golden, &exhaustive());
        let (worst, largest) = residual(&graph).unwrap();
        assert!(worst < 2e-5 * largest.max(1.0), "{case}: {worst} of {largest}");
    }
}

#[test]
fn the_peers_ranked_expansion_is_reproduced() {
    for case in CASES {
        let golden = Golden::open(case);
        let max = golden.card["truncated"]["max_feature_nodes"].as_u64().unwrap() as usize;
        let batch = golden.card["truncated"]["batch_size"].as_u64().unwrap() as usize;
        let interval = golden.card["truncated"]["update_interval"].as_u64().unwrap() as usize;
        let expand = Expand::Ranked { max, chunk: batch * interval };
        let graph = trace(&golden, &Options { expand, ..Options::default() });
        let selected = golden.get("truncated.selected_features").ids();
        assert_eq!(graph.nodes().selected(), selected, "{case}");
        let expected = golden.get("truncated.adjacency").f32s();
        let worst = max_diff(&dense(&graph), &expected);
        assert!(worst < 1e-4, "{case}: {worst}");
    }
}
