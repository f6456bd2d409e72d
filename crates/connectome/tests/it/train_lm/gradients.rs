//! Gradients on random models of every family, against finite differences of the loss, and the
//! forward pass against the decoder's own, before and after export.

use connectome::files::Folder;
use connectome::lm::config::HfConfig;
use connectome::lm::tap::NoTap;
use connectome::lm::{LogitsAt, Model, families as readers};
use connectome::ops::matmul::Arithmetic;
use connectome::ops::matrix::Dtype;
use connectome::train::lm::export::write_model;
use connectome::train::lm::{Cut, Gradient, Net, Precision, Published, Rows, start};
use connectome::weights::Weights;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use serde_json::Value;

use crate::golden::max_diff;
use crate::random_models::checkpoint;
use crate::random_models::families::{Axes, Family, config};
use crate::random_models::noise::Noise;

/// Random models of each family.
const CASES: u32 = 6;

/// Documents that do not see each other start at this token.
const OPENS: u32 = 3;

/// A random model as the tracer and as the trainer see it.
struct Case {
    json: Value,
    class: &'static str,
    model: Model,
    net: Net,
    params: Vec<f32>,
    noise: Noise,
}

impl Case {
    fn new(family: Family, axes: &Axes, seed: u64) -> Self {
        let config_json = config(family, axes);
        let hf = HfConfig::new(config_json.clone(), "config.json".into());
        let (described, names) = readers::describe(&hf).unwrap();
        let mut noise = Noise(seed);
        let tensors = checkpoint::weights(&described, &names, &mut noise);
        let files = [
            ("config.json".to_owned(), config_json.to_string().into_bytes()),
            ("model.safetensors".to_owned(), checkpoint::safetensors(&tensors, Dtype::F32)),
        ];
        let folder = Folder::memory("random", files);
        let weights = Weights::open_checkpoint(&folder).unwrap();
        let net = Net::new(described, &names);
        let params = start::checkpoint(net.layout(), &names, &weights).unwrap();
        let model = Model::load(&folder).unwrap();
        Self { json: config_json, class: names.class, model, net, params, noise }
    }

    /// Rows of random tokens, some of which count for nothing and some for more.
    fn rows(&mut self, n_rows: usize, n_tokens: usize) -> Rows {
        let vocab = self.net.config().n_vocab;
        let mut rows = Rows::empty(n_tokens);
        for _ in 0..n_rows {
            let ids: Vec<u32> = (0..n_tokens).map(|_| self.noise.below(vocab) as u32).collect();
            let weight = |_| [0.0, 1.0, 1.0, 2.0][self.noise.below(4)];
            let weights: Vec<f32> = (0..n_tokens).map(weight).collect();
            rows.push(&ids, &weights);
        }
        rows
    }
}

fn on_random_cases(family: Family, check: impl Fn(Case)) {
    let config = ProptestConfig {
        cases: CASES,
        rng_seed: RngSeed::Fixed(2),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let cases = (crate::random_models::axes(), any::<u64>());
    let run = TestRunner::new(config).run(&cases, |(axes, seed)| {
        check(Case::new(family, &axes, seed));
        Ok(())
    });
    run.unwrap();
}

/// The loss of rows alone: the sum that the gradient is of.
fn loss(case: &Case, params: &[f32], rows: &Rows, opens: Option<u32>) -> f64 {
    let mut unused = vec![0.0; params.len()];
    case.net.loss_and_gradient(params, rows, opens, 1.0, &mut unused)
}

/// Along one random direction in each tensor, the slope of the loss is the gradient's.
fn gradients_are_slopes(mut case: Case, opens: Option<u32>) {
    let rows = case.rows(3, 7);
    let mut grads = vec![0.0; case.params.len()];
    let _ = case.net.loss_and_gradient(&case.params, &rows, opens, 1.0, &mut grads);
    for tensor in case.net.layout().tensors() {
        let gradient = tensor.slot.of(&grads);
        let direction: Vec<f32> = gradient.iter().map(|_| case.noise.unit()).collect();
        let along: f64 =
            gradient.iter().zip(&direction).map(|(g, d)| f64::from(*g) * f64::from(*d)).sum();
        let length = direction.iter().map(|x| x * x).sum::<f32>().sqrt();
        // A step that changes the loss by a few thousandths: its rounding, 1e-6 or so, is a
        // small part of that, and so is its curvature.
        let size = (4e-3 / length).min(3e-3 / along.abs() as f32);
        let at = |sign: f32| {
            let mut moved = case.params.clone();
            let values = tensor.slot.of_mut(&mut moved);
            values.iter_mut().zip(&direction).for_each(|(x, d)| *x += sign * size * d);
            loss(&case, &moved, &rows, opens)
        };
        let slope = (at(1.0) - at(-1.0)) / f64::from(2.0 * size);
        let norm = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        let tolerance = f64::from(length) * (2e-3 + 1e-2 * norm);
        assert!(
            (slope - along).abs() < tolerance,
            "{} of {}: {slope} along a direction, the gradient says {along} (norm {norm})",
            tensor.name,
            case.net.config().family,
        );
    }
}

fn logits_are_the_decoders(case: &mut Case) {
    let vocab = case.net.config().n_vocab;
    let ids: Vec<u32> = (0..9).map(|_| case.noise.below(vocab) as u32).collect();
    let expected = case.model.forward(&ids, &mut NoTap, &LogitsAt::All).unwrap();
    let found = case.net.logits(&case.params, &ids, None);
    let worst = max_diff(found.data(), expected.data());
    assert!(worst < 2e-5, "{}: {worst}", case.net.config().family);
    let exported = exported(case).forward(&ids, &mut NoTap, &LogitsAt::All).unwrap();
    assert_eq!(exported.data(), expected.data(), "{}", case.net.config().family);
}

/// The model that a run with these parameters leaves.
fn exported(case: &Case) -> Model {
    let out = tempfile::tempdir().unwrap();
    let Case { json: config, class, net, params, .. } = case;
    let published = Published { config, class, precision: Precision::F32 };
    write_model(out.path(), &published, net.layout(), params).unwrap();
    Model::load(&Folder::Disk(out.path().to_owned())).unwrap()
}

fn keeps_the_laws(family: Family) {
    on_random_cases(family, |mut case| {
        logits_are_the_decoders(&mut case);
        gradients_are_slopes(case, None);
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
fn gradients_of_documents_that_do_not_see_each_other() {
    for family in [Family::Gpt2, Family::Llama, Family::Gemma3] {
        on_random_cases(family, |case| gradients_are_slopes(case, Some(OPENS)));
    }
}

// A document packed behind others must be the document alone.
#[test]
fn a_packed_document_is_as_if_it_were_alone() {
    for family in [Family::Gpt2, Family::Llama, Family::Gemma2, Family::GptNeox] {
        on_random_cases(family, |mut case| {
            let vocab = case.net.config().n_vocab;
            let mut document = |len: usize| -> Vec<u32> {
                let other = |_| (OPENS + 1 + case.noise.below(vocab - 4) as u32) % vocab as u32;
                std::iter::once(OPENS).chain((1..len).map(other)).collect()
            };
            let (first, second) = (document(5), document(6));
            let packed = [first, second.clone()].concat();
            let together = case.net.logits(&case.params, &packed, Some(OPENS));
            let alone = case.net.logits(&case.params, &second, Some(OPENS));
            let n = alone.data().len();
            let tail = &together.data()[together.data().len() - n..];
            let worst = max_diff(tail, alone.data());
            assert!(worst < 2e-5, "{}: {worst}", case.net.config().family);
        });
    }
}

// Rows longer than a block of attention, in parts and lanes, on any number of threads.
#[test]
fn a_step_in_parts_is_the_step_in_one_and_does_not_depend_on_threads() {
    let axes = Axes {
        n_layers: 2,
        n_kv_heads: 2,
        group: 2,
        half_head: 4,
        d_model: 24,
        d_mlp: 20,
        n_vocab: 30,
        is_tied: false,
        has_biases: false,
        variant: 0,
    };
    let mut json = config(Family::Llama, &axes);
    json["max_position_embeddings"] = 128.into();
    let hf = HfConfig::new(json, "config.json".into());
    let (described, names) = readers::describe(&hf).unwrap();
    let net = Net::new(described, &names);
    let params = start::random(net.layout(), net.config(), 7, 0.3);
    let mut noise = Noise(5);
    let mut rows = Rows::empty(101);
    for _ in 0..7 {
        let ids: Vec<u32> = (0..101).map(|_| noise.below(30) as u32).collect();
        rows.push(&ids, &[1.0; 101]);
    }
    let compute_in = |arithmetic: Arithmetic, cut: Cut, n_threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        pool.install(|| {
            let mut gradient = Gradient::new(&net, cut, arithmetic);
            let loss = gradient.compute(&net, &params, &rows, None);
            (loss, gradient.values().to_vec())
        })
    };
    let compute = |cut, n_threads| compute_in(Arithmetic::F32, cut, n_threads);
    let (whole_loss, whole) = compute(Cut { part_rows: 7, n_lanes: 1 }, 1);
    let mut direct = vec![0.0; params.len()];
    let sum = net.loss_and_gradient(&params, &rows, None, 1.0 / 700.0, &mut direct);
    assert!((sum / 700.0 - whole_loss).abs() < 1e-9);
    assert!(max_diff(&direct, &whole) < 1e-6);
    for cut in [Cut { part_rows: 2, n_lanes: 1 }, Cut { part_rows: 1, n_lanes: 4 }] {
        let (loss, parts) = compute(cut, 1);
        assert!((loss - whole_loss).abs() < 1e-6, "{loss} is not {whole_loss}");
        assert!(max_diff(&parts, &whole) < 1e-6, "{cut:?}");
        for n_threads in [2, 3] {
            assert_eq!(compute(cut, n_threads), (loss, parts.clone()), "{n_threads} threads");
        }
    }
    // In bfloat16 it is the same step but for eight bits of each operand: a fifth of a per cent
    // each, which large random weights and two layers make about three of the whole.
    for cut in [Cut { part_rows: 7, n_lanes: 1 }, Cut { part_rows: 2, n_lanes: 2 }] {
        let (loss, rounded) = compute_in(Arithmetic::Bf16, cut, 1);
        assert!((loss - whole_loss).abs() < 2e-2 * whole_loss, "{loss} is not {whole_loss}");
        assert_ne!(rounded, whole, "nothing was rounded");
        let off: f32 = whole.iter().zip(&rounded).map(|(a, b)| (a - b) * (a - b)).sum();
        let all: f32 = whole.iter().map(|a| a * a).sum();
        assert!(off < 25e-4 * all, "{} of the gradient", (off / all).sqrt());
        assert_eq!(compute_in(Arithmetic::Bf16, cut, 3), (loss, rounded));
    }
}
