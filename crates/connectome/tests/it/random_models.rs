//! The laws on random models of every family: sizes, switches, dictionaries and prompts that no
//! golden has. Seeds are fixed, so that a run is the same everywhere.

pub(crate) mod checkpoint;
mod dictionary;
pub(crate) mod families;
pub(crate) mod noise;

use connectome::attribution::Expand;
use connectome::files::Folder;
use connectome::intervene::Baseline;
use connectome::lm::config::{HfConfig, Residual};
use connectome::lm::{Model, families as readers};
use connectome::ops::matrix::Dtype;
use connectome::replacement::{LocalReplacement, PromptTokens, ReplacementModel};
use connectome::transcoder::{Activation, Kind, ReadSite, Transcoder, WriteSite};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{RngSeed, TestRunner};

use self::dictionary::Plan;
use self::families::{Axes, Family, config};
use self::noise::Noise;
use crate::intervene::laws::prompt::Subject as Intervened;
use crate::laws::prompt::{Rounding, Subject, exhaustive};

/// Random models of each family.
const CASES: u32 = 12;

/// A model, a dictionary and a prompt.
#[derive(Clone, Debug)]
struct Case {
    axes: Axes,
    plan: Plan,
    /// Of the model's weights.
    dtype: Dtype,
    ids: Vec<u32>,
    n_zeroed: usize,
    seed: u64,
}

fn cases() -> impl Strategy<Value = Case> {
    let dtypes = || select(vec![Dtype::F32, Dtype::F32, Dtype::Bf16, Dtype::F16]);
    let prompt = (vec(0..10_u32, 1..=9), 0..=3_usize);
    (axes(), plans(), dtypes(), dtypes(), prompt, any::<u64>()).prop_map(
        |(axes, plan, dtype, of_dictionary, (ids, n_zeroed), seed)| {
            let plan = Plan { dtype: of_dictionary, ..plan };
            Case { axes, plan, dtype, ids, n_zeroed, seed }
        },
    )
}

pub(crate) fn axes() -> impl Strategy<Value = Axes> {
    let sizes = (1..=3_usize, 1..=2_usize, 1..=2_usize, 1..=3_usize, 4..=12_usize, 3..=10_usize);
    let switches = (10..=16_usize, any::<bool>(), any::<bool>(), 0..6_u8);
    (sizes, switches).prop_map(|(sizes, (n_vocab, is_tied, has_biases, variant))| {
        let (n_layers, n_kv_heads, group, half_head, d_model, d_mlp) = sizes;
        Axes {
            n_layers,
            n_kv_heads,
            group,
            half_head,
            d_model,
            d_mlp,
            n_vocab,
            is_tied,
            has_biases,
            variant,
        }
    })
}

fn plans() -> impl Strategy<Value = Plan> {
    let kinds = select(vec![Kind::CrossLayer, Kind::PerLayer]);
    let sites = (select(ReadSite::ALL.to_vec()), select(WriteSite::ALL.to_vec()));
    (kinds, sites, 0..3_u8, any::<bool>(), 2..=8_usize).prop_map(
        |(kind, (reads, writes), activation, has_skip, n_features)| {
            let activation = match (activation, kind) {
                (0, _) => Activation::Relu,
                (1, Kind::PerLayer) => Activation::TopK { k: n_features.div_ceil(3) },
                _ => Activation::JumpRelu,
            };
            Plan { kind, reads, writes, activation, has_skip, n_features, dtype: Dtype::F32 }
        },
    )
}

impl Case {
    fn model(&self, family: Family) -> Model {
        let config_json = config(family, &self.axes);
        let hf = HfConfig::new(config_json.clone(), "config.json".into());
        let (described, names) = readers::describe(&hf).unwrap();
        let tensors = checkpoint::weights(&described, &names, &mut Noise(self.seed));
        let files = [
            ("config.json".to_owned(), config_json.to_string().into_bytes()),
            ("model.safetensors".to_owned(), checkpoint::safetensors(&tensors, self.dtype)),
        ];
        Model::load(&Folder::memory("random", files)).unwrap()
    }

    /// The model with a dictionary whose features fire above `floor`, under JumpReLU.
    fn replacement(&self, family: Family, floor: &dyn Fn(usize, usize) -> f32) -> ReplacementModel {
        let model = self.model(family);
        let mut plan = self.plan.clone();
        if model.config().residual == Residual::Parallel && plan.reads == ReadSite::ResidMid {
            plan.reads = ReadSite::MlpIn;
        }
        let sides = [model.config().n_layers, model.config().d_model];
        let folder = dictionary::folder(&plan, sides, floor, &mut Noise(self.seed ^ 1));
        ReplacementModel::new(model, Transcoder::open(&folder).unwrap()).unwrap()
    }

    fn prompt(&self) -> PromptTokens {
        PromptTokens { ids: self.ids.clone(), n_zeroed: self.n_zeroed }
    }
}

/// All laws on one prompt.
fn keeps_every_law(family: Family, case: &Case, local: &LocalReplacement<'_>) {
    let subject = Subject { name: format!("{family:?}"), local, rounding: Rounding::RowSum };
    subject.pull_back_is_the_transpose_of_push_forward();
    let full = subject.trace(&exhaustive());
    subject.row_sums_and_constants_are_the_values(&full);
    subject.doubling_a_source_moves_every_target_by_its_edge(&full, 1);
    let max = full.nodes().n_features().div_ceil(2);
    subject.rows_do_not_depend_on_other_rows(&full, Expand::Ranked { max, chunk: 2 });
    subject.heads_and_residual_path_sum_to_the_edge(&full);
    for tolerance in [0.3, 0.1, 0.01] {
        subject.the_certificate_holds(&full, tolerance);
    }
    let pos = case.seed as usize % local.n_tokens();
    subject.contrasts_and_feature_targets_agree_with_plain_rows(&full, pos, [0, 3]);
    subject.the_graph_comes_back_from_its_file(&full);
}

/// Runs a check on random cases, the same on every run.
fn on_random_cases(check: impl Fn(&Case)) {
    let config = ProptestConfig {
        cases: CASES,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let run = TestRunner::new(config).run(&cases(), |case| {
        check(&case);
        Ok(())
    });
    run.unwrap();
}

fn keeps_the_laws(family: Family) {
    on_random_cases(|case| {
        let replacement = case.replacement(family, &|_, _| f32::MIN);
        let local = replacement.on(&case.prompt()).unwrap();
        keeps_every_law(family, case, &local);
    });
}

#[test]
fn gpt2() {
    keeps_the_laws(Family::Gpt2);
}

#[test]
fn llama() {
    keeps_the_laws(Family::Llama);
}

#[test]
fn gemma2() {
    keeps_the_laws(Family::Gemma2);
}

#[test]
fn gemma3() {
    keeps_the_laws(Family::Gemma3);
}

#[test]
fn qwen2() {
    keeps_the_laws(Family::Qwen2);
}

#[test]
fn qwen3() {
    keeps_the_laws(Family::Qwen3);
}

#[test]
fn gpt_neox() {
    keeps_the_laws(Family::GptNeox);
}

#[test]
fn gpt_neox_without_parallel_blocks() {
    keeps_the_laws(Family::GptNeoxSerial);
}

#[test]
fn interventions_keep_their_laws() {
    on_random_cases(|case| {
        for family in Family::ALL {
            let replacement = case.replacement(family, &|_, _| f32::MIN);
            let baseline = Baseline::new(&replacement, &case.prompt()).unwrap();
            let name = format!("{family:?}");
            let subject = Intervened { name, baseline: &baseline, rounding: Rounding::RowSum };
            subject.keeps_every_law();
        }
    });
}

/// The same case with a cross-layer JumpReLU dictionary, and a position before the last that is
/// not left out.
fn with_cross_layer_thresholds(case: &Case) -> Case {
    let plan =
        Plan { kind: Kind::CrossLayer, activation: Activation::JumpRelu, ..case.plan.clone() };
    let ids = if case.ids.len() < 3 { vec![1, 2, 3] } else { case.ids.clone() };
    Case { plan, ids, n_zeroed: 1, ..case.clone() }
}

// circuit-tracer sizes its reconstruction by the last position that has a feature, and stops.
#[test]
fn a_prompt_on_which_nothing_fires_keeps_the_laws() {
    on_random_cases(|case| {
        let case = with_cross_layer_thresholds(case);
        for family in [Family::Gpt2, Family::Llama, Family::Gemma3, Family::GptNeox] {
            let replacement = case.replacement(family, &|_, _| 1e4);
            let local = replacement.on(&case.prompt()).unwrap();
            assert!(local.features().is_empty());
            keeps_every_law(family, &case, &local);
        }
    });
}

#[test]
fn a_prompt_whose_last_position_has_no_feature_keeps_the_laws() {
    let n_fired = std::cell::Cell::new(0);
    on_random_cases(|case| {
        let case = with_cross_layer_thresholds(case);
        for family in [Family::Gemma2, Family::Qwen2, Family::Qwen3, Family::GptNeoxSerial] {
            let before = case.replacement(family, &|_, _| f32::MIN);
            let local = before.on(&case.prompt()).unwrap();
            let last = local.n_tokens() as u32 - 1;
            let features = local.features();
            let at_last = |layer: usize, index: usize| {
                let id = connectome_graph::FeatureId { layer: layer as u32, index: index as u32 };
                let place = features.find(id, last).ok();
                // Half precision rounds the floor by less than half a percent.
                place.map_or(f32::MIN, |place| {
                    let pre = features.pre_activation(place);
                    pre + 0.05 * pre.abs() + 0.01
                })
            };
            let raised = case.replacement(family, &at_last);
            let local = raised.on(&case.prompt()).unwrap();
            assert!(local.features().list().iter().all(|feature| feature.pos < last));
            n_fired.set(n_fired.get() + local.features().len());
            keeps_every_law(family, &case, &local);
        }
    });
    assert!(n_fired.get() > 100, "only {} features fired: the test proves little", n_fired.get());
}
