//! What `docs/differences.md` claims and no other test holds: prompts that the peer cannot
//! trace, and a threshold that it reads as none.

#![expect(clippy::unwrap_used, reason = "a golden that cannot be read ends the test")]

use connectome::attribution::{Expand, Labels, NoProgress, Options, attribute};
use connectome::files::Folder;
use connectome::lm::Model;
use connectome::replacement::{PromptTokens, ReplacementModel};
use connectome::transcoder::Transcoder;
use connectome_graph::{AttributionGraph, NodeIdx, Prompt, Thresholds, prune};
use safetensors::SafeTensors;

use crate::golden::{Golden, root};

/// Features of a layer in every golden dictionary.
const N_FEATURES: usize = 64;

fn trace(model: Model, dictionary: Transcoder, ids: &[u32]) -> AttributionGraph {
    let replacement = ReplacementModel::new(model, dictionary).unwrap();
    let local = replacement.on(&PromptTokens { ids: ids.to_vec(), n_zeroed: 1 }).unwrap();
    let prompt = Prompt {
        text: String::new(),
        token_texts: ids.iter().map(u32::to_string).collect(),
        token_ids: ids.to_vec(),
    };
    let labels = Labels { prompt, ..Labels::default() };
    let options = Options { expand: Expand::Exhaustive, ..Options::default() };
    attribute(&local, &options, labels, &|token| token.to_string(), &mut NoProgress).unwrap()
}

fn dictionary(case: &str) -> Transcoder {
    Transcoder::open(&Folder::Disk(root().join(case).join("transcoders"))).unwrap()
}

/// The cross-layer dictionary of a Llama case, with thresholds raised to `floor(layer, feature)`
/// wherever they are lower.
fn raised(case: &str, floor: impl Fn(usize, usize) -> f32) -> Transcoder {
    let folder = Folder::Disk(root().join(case).join("transcoders"));
    let files = folder.names().unwrap().into_iter().map(|name| {
        let mut bytes = folder.open(&name).unwrap().to_vec();
        let layer = name.strip_prefix("W_enc_").and_then(|rest| rest.split('.').next());
        if let Some(layer) = layer {
            let tensor = format!("threshold_{layer}");
            let layer: usize = layer.parse().unwrap();
            let start = {
                let data =
                    SafeTensors::deserialize(&bytes).unwrap().tensor(&tensor).unwrap().data();
                data.as_ptr() as usize - bytes.as_ptr() as usize
            };
            for (feature, number) in
                bytes[start..].as_chunks_mut::<4>().0[..N_FEATURES].iter_mut().enumerate()
            {
                let raised = f32::from_le_bytes(*number).max(floor(layer, feature));
                *number = raised.to_le_bytes();
            }
        }
        (name, bytes)
    });
    Transcoder::open(&Folder::memory("raised", files)).unwrap()
}

// The peer sizes its reconstruction by the last position that has a feature, and stops here.
#[test]
fn a_prompt_whose_last_position_has_no_feature_is_traced() {
    let case = "llama_clt_jumprelu";
    let golden = Golden::open(case);
    let pre_ltf = golden.get("preactivations").f32s();
    let n_tokens = golden.ids().len();
    let last = |layer: usize, feature: usize| {
        pre_ltf[(layer * n_tokens + n_tokens - 1) * N_FEATURES + feature] + 1e-3
    };
    let graph = trace(golden.model(), raised(case, last), &golden.ids());
    let at_last = graph.nodes().active().iter().filter(|f| f.pos as usize == n_tokens - 1).count();
    assert_eq!(at_last, 0);
    assert!(!graph.nodes().active().is_empty(), "the case is to have features before the last");
}

#[test]
fn a_prompt_without_any_feature_is_a_graph_of_errors_and_tokens() {
    let case = "llama_clt_jumprelu";
    let golden = Golden::open(case);
    let graph = trace(golden.model(), raised(case, |_, _| 1e9), &golden.ids());
    assert_eq!(graph.nodes().n_features(), 0);
    let largest = graph.edges().map(|edge| edge.weight.abs()).fold(0.0, f32::max);
    assert!(largest > 0.0, "errors and tokens still feed the logits");
}

// The peer's threshold becomes 0 there, and it keeps all N² entries.
#[test]
fn an_edge_threshold_of_one_keeps_the_edges_and_nothing_else() {
    let case = "llama_plt_relu";
    let golden = Golden::open(case);
    let graph = trace(golden.model(), dictionary(case), &golden.ids());
    let pruned = prune(&graph, &Thresholds { nodes: 1.0, edges: 1.0 }).unwrap();
    assert!(pruned.edges.iter().all(|edge| edge.weight != 0.0));
    let stored = graph.edges().filter(|edge| edge.weight != 0.0);
    let kept = |idx: NodeIdx| pruned.node_mask[idx.as_usize()];
    let expected = stored.filter(|edge| kept(edge.target) && kept(edge.source)).count();
    assert_eq!(pruned.edges.len(), expected);
}
