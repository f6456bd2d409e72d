//! Interventions: the peer's twelve on every golden, its generations, and the laws.

pub(crate) mod laws;

use connectome::intervene::{
    AttentionPatterns, Baseline, Change, Choice, Edit, GenerateOptions, Intervention, Mode,
    Positions, Watch,
};
use connectome::lm::LogitsAt;
use connectome_graph::FeatureId;
use serde_json::Value;

use crate::golden::{CASES, Golden, max_diff};

/// Logits of an intervened run: the tolerance.
const LOGITS: f64 = 1e-4;
/// Activations under an intervention, as in the goldens' README.
const ACTIVATIONS: f64 = 2e-5;

fn number(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

/// `p`, `[a, b]` or `[a, null]`.
fn positions(value: &Value) -> Positions {
    match value.as_array() {
        None => Positions::At(number(value)),
        Some(span) if span[1].is_null() => Positions::From(number(&span[0])),
        Some(span) => Positions::Span(number(&span[0])..number(&span[1])),
    }
}

fn edit(record: &Value) -> Edit {
    let id = |at: usize| u32::try_from(number(&record[at])).unwrap();
    Edit {
        feature: FeatureId { layer: id(0), index: id(2) },
        positions: positions(&record[1]),
        change: Change::Set(record[3].as_f64().unwrap() as f32),
    }
}

/// The peer holds norms still only where all layers are constrained, and attention wherever
/// any is.
fn mode(record: &Value, n_layers: usize) -> Mode {
    match record["constrained_layers"].as_array() {
        Some(span) if number(&span[0]) == 0 && number(&span[1]) == n_layers => Mode::Direct,
        Some(span) => Mode::Constrained { layers: number(&span[0])..number(&span[1]) },
        None if record["freeze_attention"].as_bool().unwrap() => {
            Mode::Open { attention: AttentionPatterns::Frozen }
        }
        None => Mode::Open { attention: AttentionPatterns::Free },
    }
}

fn everything(n_layers: usize, n_tokens: usize, n_features: usize) -> Vec<(FeatureId, usize)> {
    let mut nodes = Vec::new();
    for layer in 0..n_layers as u32 {
        for pos in 0..n_tokens {
            for index in 0..n_features as u32 {
                nodes.push((FeatureId { layer, index }, pos));
            }
        }
    }
    nodes
}

#[test]
fn interventions_equal_the_peers() {
    for case in CASES {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let baseline = Baseline::new(&replacement, &golden.prompt()).unwrap();
        let n_layers = baseline.n_layers();
        let n_features = replacement.transcoder().card().n_features;
        let nodes = everything(n_layers, baseline.n_tokens(), n_features);
        let watch = Watch::new(&baseline, nodes).unwrap();
        let records = golden.card["interventions"].as_array().unwrap();
        assert_eq!(records.len(), 12, "{case}");
        for record in records {
            let edits: Vec<Edit> =
                record["interventions"].as_array().unwrap().iter().map(edit).collect();
            let outcome = if edits.is_empty() {
                baseline.unchanged(&watch, &LogitsAt::All).unwrap()
            } else {
                let asked = Intervention::of_features(edits, mode(record, n_layers));
                baseline.measure(&asked, &watch, &LogitsAt::All).unwrap()
            };
            let (index, what) = (&record["index"], &record["name"]);
            let expected = golden.get(&format!("iv{index}.logits")).f32s();
            let worst = max_diff(outcome.logits.data(), &expected);
            assert!(worst < LOGITS, "{case}, {what}: logits differ by {worst}");
            if record["save_acts"].as_bool().unwrap() {
                let expected = golden.get(&format!("iv{index}.activations")).f32s();
                let applied = record["apply_activation_function"].as_bool().unwrap();
                let readings: Vec<f32> = outcome
                    .readings
                    .iter()
                    .map(|read| if applied { read.activation } else { read.pre_activation })
                    .collect();
                let worst = max_diff(&readings, &expected);
                assert!(worst < ACTIVATIONS, "{case}, {what}: activations differ by {worst}");
            }
        }
    }
}

#[test]
fn generations_equal_the_peers() {
    for case in CASES {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let baseline = Baseline::new(&replacement, &golden.prompt()).unwrap();
        for record in golden.card["generate"].as_array().unwrap() {
            let frozen = record["freeze_attention"].as_bool().unwrap();
            let attention =
                if frozen { AttentionPatterns::Frozen } else { AttentionPatterns::Free };
            let asked = Intervention::of_features(
                vec![edit(&record["intervention"])],
                Mode::Open { attention },
            );
            let options = GenerateOptions {
                max_new_tokens: number(&record["max_new_tokens"]),
                choice: Choice::Greedy,
                seed: 0,
                n_samples: 1,
                stop: Vec::new(),
                keep_logits: true,
            };
            let found = baseline.generate(Some(&asked), &options).unwrap().remove(0);
            let expected: Vec<u32> = record["greedy_ids"]
                .as_array()
                .unwrap()
                .iter()
                .map(|id| u32::try_from(number(id)).unwrap())
                .collect();
            assert_eq!(found.tokens, expected, "{case}, frozen {frozen}");
            let name = format!("generate{}.logits", u8::from(frozen));
            let expected = golden.get(&name).f32s();
            let worst = max_diff(found.logits.unwrap().data(), &expected);
            assert!(worst < LOGITS, "{case}, {name}: {worst}");
        }
    }
}
