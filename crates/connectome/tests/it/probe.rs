//! Operand plots of a model and a dictionary that were built by hand, so that what every feature
//! is a function of is known.
//!
//! A GPT-2 of two layers sees `<bos> a + b =` and moves the two numbers to the last position,
//! one head each, as one-hot vectors. Its first MLP has three neurons that together are one
//! where the numbers sum to twelve.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use connectome::files::Folder;
use connectome::lm::Model;
use connectome::ops::matrix::Dtype;
use connectome::probe::classes::{Class, Numbers, Operand, classify};
use connectome::probe::grid::Probe;
use connectome::probe::{Grids, ProbeError};
use connectome::replacement::{PromptTokens, ReplacementModel};
use connectome::transcoder::Transcoder;
use connectome_graph::FeatureId;
use serde_json::json;

use crate::random_models::checkpoint::{Tensors, safetensors};

/// Numbers 0 to 9, then `<bos>`, `+` and `=`.
const N_NUMBERS: usize = 10;
const BOS: u32 = 10;
const PLUS: u32 = 11;
const EQUALS: u32 = 12;

/// Where things lie in the stream.
const POSITIONS: usize = 13;
const FIRST: usize = 18;
const SECOND: usize = 28;
const IS_TWELVE: usize = 38;
const WIDTH: usize = 40;
const HEAD: usize = WIDTH / 2;
const N_NEURONS: usize = 3;

/// What a layer norm makes of a stream with two ones, and with four.
const TWO_ONES: (f32, f32) = ones(2.0, 0.217_945);
const FOUR_ONES: (f32, f32) = ones(4.0, 0.3);

/// Mean, and `1 / deviation`.
const fn ones(n: f32, deviation: f32) -> (f32, f32) {
    (n / WIDTH as f32, 1.0 / deviation)
}

/// A matrix of zeros but for some entries.
fn matrix(n_rows: usize, n_cols: usize, entries: &[(usize, usize, f32)]) -> (Vec<usize>, Vec<f32>) {
    let mut numbers = vec![0.0; n_rows * n_cols];
    for (row, col, number) in entries {
        numbers[row * n_cols + col] = *number;
    }
    (vec![n_rows, n_cols], numbers)
}

fn vector(n: usize, entries: &[(usize, f32)]) -> (Vec<usize>, Vec<f32>) {
    let entries: Vec<_> = entries.iter().map(|(at, number)| (0, *at, *number)).collect();
    (vec![n], matrix(1, n, &entries).1)
}

fn model() -> Model {
    let config = json!({
        "model_type": "gpt2", "n_embd": WIDTH, "n_head": 2, "n_layer": 2, "n_positions": 5,
        "vocab_size": 13, "n_inner": N_NEURONS, "activation_function": "gelu",
    });
    let mut tensors = Tensors::new();
    let one_hot = |n: usize, from: usize| (0..n).map(|at| (at, from + at, 1.0)).collect::<Vec<_>>();
    tensors.insert("wte.weight".to_owned(), matrix(13, WIDTH, &one_hot(13, 0)));
    tensors.insert("wpe.weight".to_owned(), matrix(5, WIDTH, &one_hot(5, POSITIONS)));
    for layer in 0..2 {
        for (name, tensor) in block(layer == 0) {
            tensors.insert(format!("h.{layer}.{name}"), tensor);
        }
    }
    for (name, number) in [("weight", 1.0), ("bias", 0.0)] {
        tensors.insert(format!("ln_f.{name}"), (vec![WIDTH], vec![number; WIDTH]));
    }
    let files = [
        ("config.json".to_owned(), config.to_string().into_bytes()),
        ("model.safetensors".to_owned(), safetensors(&tensors, Dtype::F32)),
    ];
    Model::load(&Folder::memory("adder", files)).unwrap()
}

/// The tensors of a block: the one that works, or one that adds nothing.
fn block(works: bool) -> BTreeMap<String, (Vec<usize>, Vec<f32>)> {
    let (mut qkv, mut qkv_bias, mut out) = (Vec::new(), Vec::new(), Vec::new());
    let (mut up, mut up_bias, mut down) = (Vec::new(), Vec::new(), Vec::new());
    if works {
        let (mean, scale) = TWO_ONES;
        for (head, (pos, to)) in [(1, FIRST), (3, SECOND)].into_iter().enumerate() {
            // Every query asks for one position, so strongly that the pattern is one-hot.
            qkv_bias.push((head * HEAD, 100.0));
            qkv.push((POSITIONS + pos, WIDTH + head * HEAD, 1.0));
            for n in 0..N_NUMBERS {
                // Undoes the norm: one for the number that stands there, zero for all others.
                let value = 2 * WIDTH + head * HEAD + n;
                qkv.push((n, value, 1.0 / scale));
                qkv_bias.push((value, mean));
                out.push((head * HEAD + n, to + n, 1.0));
            }
        }
        // Neurons see 8 (a + b − 11), − 12 and − 13; 1, −2, 1 of them is one at twelve alone.
        let (mean, scale) = FOUR_ONES;
        const SHARP: f32 = 8.0;
        for neuron in 0..N_NEURONS {
            for n in 0..N_NUMBERS {
                for at in [FIRST, SECOND] {
                    up.push((at + n, neuron, SHARP * n as f32 / scale));
                }
            }
            let of_mean = 2.0 * 45.0 * mean;
            up_bias.push((neuron, SHARP * (of_mean - 11.0 - neuron as f32)));
            down.push((neuron, IS_TWELVE, [1.0, -2.0, 1.0][neuron] / SHARP));
        }
    }
    let mut tensors = BTreeMap::from([
        ("attn.c_attn.weight".to_owned(), matrix(WIDTH, 3 * WIDTH, &qkv)),
        ("attn.c_attn.bias".to_owned(), vector(3 * WIDTH, &qkv_bias)),
        ("attn.c_proj.weight".to_owned(), matrix(WIDTH, WIDTH, &out)),
        ("attn.c_proj.bias".to_owned(), vector(WIDTH, &[])),
        ("mlp.c_fc.weight".to_owned(), matrix(WIDTH, N_NEURONS, &up)),
        ("mlp.c_fc.bias".to_owned(), vector(N_NEURONS, &up_bias)),
        ("mlp.c_proj.weight".to_owned(), matrix(N_NEURONS, WIDTH, &down)),
        ("mlp.c_proj.bias".to_owned(), vector(WIDTH, &[])),
    ]);
    for norm in ["ln_1", "ln_2"] {
        tensors.insert(format!("{norm}.weight"), (vec![WIDTH], vec![1.0; WIDTH]));
        tensors.insert(format!("{norm}.bias"), (vec![WIDTH], vec![0.0; WIDTH]));
    }
    tensors
}

/// Features of a layer: what each reads of the stream, and its bias.
type Features = [(Vec<(usize, f32)>, f32); 6];

fn features(layer: usize) -> Features {
    let never = || (Vec::new(), -1.0);
    if layer == 1 {
        let twelve = (vec![(IS_TWELVE, 1.0)], -0.1);
        return [twelve, never(), never(), never(), never(), never()];
    }
    let numbers = |at: usize, of: fn(usize) -> f32| (0..N_NUMBERS).map(move |n| (at + n, of(n)));
    let is_even = |n: usize| if n.is_multiple_of(2) { 1.0 } else { 0.0 };
    let value = |n: usize| n as f32;
    let both = |of: fn(usize) -> f32| numbers(FIRST, of).chain(numbers(SECOND, of)).collect();
    [
        (vec![(FIRST + 3, 1.0), (SECOND + 7, 1.0)], -1.5),
        (vec![(SECOND + 4, 1.0)], -0.5),
        (vec![(FIRST + 6, 1.0), (SECOND + 6, 1.0)], 0.0),
        (both(value), -9.5),
        (numbers(FIRST, is_even).collect(), -0.5),
        (vec![(EQUALS as usize, 1.0)], 0.0),
    ]
}

fn dictionary() -> Transcoder {
    let config = "model_kind: transcoder_set\nfeature_input_hook: hook_resid_mid\n\
                  feature_output_hook: hook_mlp_out\n";
    let mut files = vec![("config.yaml".to_owned(), config.as_bytes().to_vec())];
    for layer in 0..2 {
        let features = features(layer);
        let rows: Vec<(usize, usize, f32)> = features
            .iter()
            .enumerate()
            .flat_map(|(row, (reads, _))| reads.iter().map(move |(at, x)| (row, *at, *x)))
            .collect();
        let biases: Vec<(usize, f32)> =
            features.iter().map(|(_, bias)| *bias).enumerate().collect();
        let tensors = Tensors::from([
            ("W_enc".to_owned(), matrix(6, WIDTH, &rows)),
            ("b_enc".to_owned(), vector(6, &biases)),
            ("W_dec".to_owned(), matrix(6, WIDTH, &[])),
            ("b_dec".to_owned(), vector(WIDTH, &[])),
        ]);
        files.push((format!("layer_{layer}.safetensors"), safetensors(&tensors, Dtype::F32)));
    }
    Transcoder::open(&Folder::memory("by-hand", files)).unwrap()
}

fn prompts() -> Vec<(PromptTokens, String)> {
    let prompt = |cell: u32| {
        let (a, b) = (cell / N_NUMBERS as u32, cell % N_NUMBERS as u32);
        let ids = vec![BOS, a, PLUS, b, EQUALS];
        (PromptTokens { ids, n_zeroed: 1 }, format!("{a} + {b} ="))
    };
    (0..(N_NUMBERS * N_NUMBERS) as u32).map(prompt).collect()
}

fn grids(position: i64) -> Result<Option<Grids>, ProbeError> {
    let replacement = ReplacementModel::new(model(), dictionary()).unwrap();
    let numbers: Vec<String> = (0..N_NUMBERS).map(|n| n.to_string()).collect();
    let values = [numbers.clone(), numbers];
    let prompts = prompts();
    let probe = Probe {
        template: "{a} + {b} =",
        values: &values,
        prompts: &prompts,
        position,
        names: ["adder", "by-hand"],
    };
    let mut watch = |_| ControlFlow::Continue(());
    Grids::run(&replacement, probe, &|id| id.to_string(), &mut watch)
}

fn id(layer: u32, index: u32) -> FeatureId {
    FeatureId { layer, index }
}

/// What a feature does at a pair of numbers.
type Cell<'a> = &'a dyn Fn(usize, usize) -> f32;

// What each feature was built to be, cell by cell.
#[test]
fn a_grid_holds_the_activation_at_every_cell() {
    let grids = grids(-1).unwrap().unwrap();
    let expected: [(FeatureId, Cell<'_>); 5] = [
        (id(0, 0), &|a, b| if a == 3 && b == 7 { 0.5 } else { 0.0 }),
        (id(0, 1), &|_, b| if b == 4 { 0.5 } else { 0.0 }),
        (id(0, 2), &|a, b| f32::from(u8::from(a == 6) + u8::from(b == 6))),
        (id(0, 3), &|a, b| (a as f32 + b as f32 - 9.5).max(0.0)),
        (id(1, 0), &|a, b| if a + b == 12 { 0.9 } else { 0.0 }),
    ];
    for (id, expected) in expected {
        let grid = grids.grid(id);
        for (cell, found) in grid.cells.iter().enumerate() {
            let expected = expected(cell / N_NUMBERS, cell % N_NUMBERS);
            assert!((found - expected).abs() < 0.01, "{id}, cell {cell}: {found}, {expected}");
        }
    }
    assert_eq!(grids.n_cells(), 100);
    assert!(grids.features(1).all(|found| found.layer == 0 || found == id(1, 0)));
}

#[test]
fn a_dictionary_built_by_hand_is_classified_as_it_was_built() {
    let grids = grids(-1).unwrap().unwrap();
    let values: Vec<i64> = (0..N_NUMBERS as i64).collect();
    let numbers = Numbers { first: &values, second: &values };
    let judged = |id| classify(&grids.grid(id), Some(numbers), true);
    for (id, class, words) in [
        (id(0, 0), Class::Lookup { modulus: None }, "first 3 and second 7"),
        (id(0, 1), Class::Operand { which: Operand::Second, modulus: None }, "second 4"),
        (id(0, 2), Class::Either { modulus: None }, "first 6 or second 6"),
        (id(0, 3), Class::Magnitude { of: Operand::Sum }, "sum from about 14 up"),
        (id(0, 4), Class::Operand { which: Operand::First, modulus: Some(2) }, "first 0 mod 2"),
        (id(0, 5), Class::Constant, "fires nearly everywhere, nearly alike"),
        (id(1, 0), Class::Sum { modulus: None }, "sum 12"),
    ] {
        let found = judged(id);
        assert_eq!((found.class, found.words.as_str()), (class, words), "{id}: {found:?}");
    }
    assert!(judged(id(1, 0)).symmetry.unwrap() > 0.99);
    assert!(judged(id(0, 1)).symmetry.unwrap().abs() < 0.01);
}

#[test]
fn a_position_that_is_not_there_is_refused() {
    let error = grids(5).unwrap_err().to_string();
    assert_eq!(error, "position 5 is outside `0 + 0 =` of 5 tokens");
    assert!(matches!(grids(0), Err(ProbeError::Unused { .. })));
    // Before the second number has been read, nothing is known of it.
    let early = grids(1).unwrap().unwrap();
    assert!(early.grid(id(0, 1)).cells.iter().all(|cell| *cell == 0.0));
}
