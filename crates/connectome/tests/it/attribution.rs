//! The engine against the peer's graphs.

use connectome::attribution::{
    Expand, Labels, NoProgress, Options, TargetSpec, Targets, attribute, residual,
};
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

// Named tokens and an arbitrary direction, used as given.
#[test]
fn given_targets_have_the_peers_rows() {
    for case in CASES {
        let golden = Golden::open(case);
        let tokens = golden.card["targets_idx"].as_array().unwrap();
        let tokens = tokens.iter().map(|id| TargetSpec::Token(id.as_u64().unwrap() as u32));
        let direction = TargetSpec::Direction {
            name: "a-b".to_owned(),
            vector_d: golden.get("targets_custom.vec").f32s(),
            weight: 0.7,
        };
        for (name, specs) in
            [("targets_idx", tokens.collect()), ("targets_custom", vec![direction])]
        {
            let targets = Targets::Given(specs);
            let graph = trace(&golden, &Options { targets, ..exhaustive() });
            let expected = golden.get(&format!("{name}.adjacency_logit_rows")).f32s();
            let n = graph.nodes().len();
            let rows = dense(&graph)[graph.nodes().target_range().start * n..].to_vec();
            let largest = expected.iter().fold(0.0_f32, |m, w| m.max(w.abs()));
            let worst = max_diff(&rows, &expected);
            assert!(worst < 1e-4 * f64::from(largest), "{case} {name}: {worst} of {largest}");
        }
    }
}

// The peer's nnsight back end multiplies Gemma 3's token columns with the unscaled embedding
// (docs/differences.md): its edges from tokens are too small by √D, and all others are ours.
#[test]
fn gemma_3_token_columns_are_those_of_the_scaled_embedding() {
    let ours = Golden::open("gemma3_plt_jumprelu_skip");
    let graph = trace(&ours, &exhaustive());
    let (nodes, n) = (graph.nodes(), graph.nodes().len());
    let peer = Golden::open("gemma3_plt_jumprelu_skip_nnsight").get("adjacency").f32s();
    let largest = peer.iter().fold(0.0_f32, |m, w| m.max(w.abs()));
    let factor = 32.0_f32.sqrt();
    let mut n_token_edges = 0;
    for (place, (ours, peer)) in dense(&graph).iter().zip(&peer).enumerate() {
        let from_token = nodes.token_range().contains(&(place % n));
        n_token_edges += usize::from(from_token && *ours != 0.0);
        let expected = if from_token { ours / factor } else { *ours };
        assert!((expected - peer).abs() < 1e-4 * largest, "{place}: {ours} {peer}");
    }
    assert!(n_token_edges > 100, "only {n_token_edges} edges from tokens");
}

// The model that ships, traced as the README's first command does it.
#[test]
fn the_shipped_models_graph_is_the_peers() {
    let golden = Golden::open("two_hop");
    let assets = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/two-hop");
    let folder = |name: &str| connectome::files::Folder::Disk(assets.join(name));
    let model = connectome::lm::Model::load(&folder("model")).unwrap();
    let transcoder = connectome::transcoder::Transcoder::open(&folder("clt")).unwrap();
    let replacement = connectome::replacement::ReplacementModel::new(model, transcoder).unwrap();
    let ids = golden.ids();
    let prompt = connectome::replacement::PromptTokens { ids: ids.clone(), n_zeroed: 1 };
    let local = replacement.on(&prompt).unwrap();
    let token_texts = ids.iter().map(u32::to_string).collect();
    let prompt = connectome_graph::Prompt { text: String::new(), token_texts, token_ids: ids };
    let labels = Labels { prompt, ..Labels::default() };
    let text = |token: u32| token.to_string();
    let graph = attribute(&local, &exhaustive(), labels, &text, &mut NoProgress).unwrap();
    assert_eq!(graph.nodes().len(), 589);
    let scores = connectome_graph::scores(&graph);
    assert!((scores.replacement.value - 0.849_686_5).abs() < 1e-5, "{scores:?}");
    assert!((scores.completeness.value - 0.955_534_2).abs() < 1e-5, "{scores:?}");
    let pruned = connectome_graph::prune(&graph, &connectome_graph::Thresholds::default()).unwrap();
    assert_eq!((pruned.n_nodes(), pruned.edges.len()), (77, 974));
    let influence = connectome_graph::influence(&graph);
    let found: Vec<f32> = influence.node.iter().map(|x| *x as f32).collect();
    assert!(max_diff(&found, &golden.get("node_influence").f32s()) < 1e-5);
}

// What no graph could be made of is said before any row is computed.
#[test]
fn targets_that_explain_nothing_are_refused() {
    let golden = Golden::open("llama_plt_relu");
    let replacement = golden.replacement();
    let local = replacement.on(&golden.prompt()).unwrap();
    let direction = |value: f32, weight: f32| TargetSpec::Direction {
        name: "probe".to_owned(),
        vector_d: vec![value; 32],
        weight,
    };
    let said = [
        (vec![TargetSpec::Token(5), TargetSpec::Token(5)], "the target `5` was asked for twice"),
        (
            vec![TargetSpec::Contrast { plus: 5, minus: 5 }],
            "the target `5 − 5` is a zero direction: nothing contributes to it",
        ),
        (
            vec![direction(1e30, 1.0)],
            "the direction `probe` holds 1000000000000000000000000000000, expected finite numbers \
             up to 1e18 in size",
        ),
        (
            vec![direction(1.0, 0.0)],
            "the targets' weights sum to zero: no influence starts anywhere",
        ),
    ];
    for (specs, expected) in said {
        let options = Options { targets: Targets::Given(specs), ..exhaustive() };
        let text = |token: u32| token.to_string();
        let error = attribute(&local, &options, labels(&golden), &text, &mut NoProgress);
        assert_eq!(error.unwrap_err().to_string(), expected);
    }
}
