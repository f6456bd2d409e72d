//! The peer's numbers on every golden case.

use connectome::files::Folder;
use connectome::ops::Mat;
use connectome::ops::dense::{add_scaled, add_to};
use connectome::transcoder::{Activation, Firing, Kind, Transcoder};

use super::files::{Tensor, Tensors, goldens, tensors};

/// Positions that the goldens zero.
pub(super) const N_ZEROED: usize = 1;

/// Activations, pre-activations and error vectors: one f32 product of width 32, and sums of a
/// few (the goldens' cards).
pub(super) const TOLERANCE: f32 = 2e-5;

/// What the peer computed for a case.
pub(super) struct Golden {
    tensors: Tensors,
    /// Values at the reading site, one `[T, D]` a layer.
    pub(super) reads: Vec<Mat>,
    /// Values at the writing site.
    pub(super) writes: Vec<Mat>,
}

impl Golden {
    pub(super) fn of(case: &str) -> Self {
        let bytes = std::fs::read(goldens(case).join("golden.safetensors")).unwrap();
        let tensors = tensors(&bytes);
        let (reads, writes) = (layers(&tensors["hf_mlp_in"]), layers(&tensors["hf_mlp_out"]));
        Self { tensors, reads, writes }
    }

    /// The active features `(layer, pos, index)` and their activations.
    fn active(&self) -> Vec<([i64; 3], f32)> {
        active(&self.tensors)
    }

    fn layers(&self, name: &str) -> Vec<Mat> {
        layers(&self.tensors[name])
    }
}

/// `active_features` and `activation_values` of a golden file.
pub(super) fn active(tensors: &Tensors) -> Vec<([i64; 3], f32)> {
    let ids = tensors["active_features"].integers();
    let values = tensors["activation_values"].values();
    ids.as_chunks::<3>().0.iter().copied().zip(values).collect()
}

/// A tensor `[L, T, X]` as a matrix a layer.
pub(super) fn layers(tensor: &Tensor) -> Vec<Mat> {
    let [_, rows, cols] = tensor.shape[..] else { panic!("not [L, T, X]") };
    let matrix = |values: &[f32]| Mat::from_vec(values.to_vec(), rows, cols);
    tensor.values().chunks_exact(rows * cols).map(matrix).collect()
}

/// The cases that have a dictionary of their own.
const CASES: [&str; 17] = [
    "gemma2_clt_jumprelu",
    "gemma2_plt_jumprelu",
    "gemma2_plt_jumprelu_mlpio",
    "gemma3_clt_relu",
    "gemma3_plt_jumprelu_skip",
    "gpt2_clt_jumprelu",
    "gpt2_clt_relu",
    "gpt2_plt_relu_ln2",
    "gpt_neox_plt_relu",
    "llama_clt_jumprelu",
    "llama_clt_relu",
    "llama_plt_relu",
    "llama_plt_relu_skip",
    "llama_plt_topk_skip",
    "qwen2_plt_relu",
    "qwen3_plt_relu",
    "qwen3_plt_topk",
];

/// Each case with its dictionary.
fn cases() -> impl Iterator<Item = (&'static str, Transcoder, Golden)> {
    CASES.into_iter().map(|case| {
        let folder = Folder::Disk(goldens(case).join("transcoders"));
        let transcoder = Transcoder::open(&folder).unwrap_or_else(|e| panic!("{case}: {e}"));
        (case, transcoder, Golden::of(case))
    })
}

/// Firings of every layer.
pub(super) fn encode(transcoder: &Transcoder, reads: &[Mat]) -> Vec<Vec<Firing>> {
    let layer = |(layer, input_td)| transcoder.encode(layer, input_td, N_ZEROED).unwrap();
    reads.iter().enumerate().map(layer).collect()
}

/// What the dictionary leaves of the values at the writing site, `[T, D]` a layer, zero at the
/// zeroed positions.
pub(super) fn errors(
    transcoder: &Transcoder,
    firings: &[Vec<Firing>],
    reads: &[Mat],
    writes: &[Mat],
) -> Vec<Mat> {
    let mut recon: Vec<Mat> = Vec::new();
    for (layer, input_td) in reads.iter().enumerate() {
        let mut recon_td = match transcoder.skip(layer) {
            Some(skip) => skip.linear(input_td),
            None => Mat::zeros(input_td.n_rows(), input_td.n_cols()),
        };
        for row in 0..recon_td.n_rows() {
            add_to(recon_td.row_mut(row), transcoder.b_dec(layer));
        }
        recon.push(recon_td);
    }
    for (layer, firings) in firings.iter().enumerate() {
        let mut indices: Vec<u32> = firings.iter().map(|firing| firing.index).collect();
        indices.sort_unstable();
        indices.dedup();
        let rows = transcoder.decoders(layer, &indices).unwrap();
        let mut direction_d = vec![0.0; rows.d_model()];
        for firing in firings {
            let row = indices.binary_search(&firing.index).unwrap();
            for output in 0..transcoder.n_outputs(layer) {
                rows.read(row, output, &mut direction_d);
                let target = recon[layer + output].row_mut(firing.pos as usize);
                add_scaled(target, firing.activation, &direction_d);
            }
        }
    }
    let mut errors = writes.to_vec();
    for (error_td, recon_td) in errors.iter_mut().zip(&recon) {
        add_scaled(error_td.data_mut(), -1.0, recon_td.data());
        for row in 0..N_ZEROED {
            error_td.row_mut(row).fill(0.0);
        }
    }
    errors
}

/// The largest difference between two lists of matrices of equal shapes.
pub(super) fn worst(found: &[Mat], expected: &[Mat]) -> f32 {
    assert_eq!(found.len(), expected.len());
    let mut worst = 0.0_f32;
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!((found.n_rows(), found.n_cols()), (expected.n_rows(), expected.n_cols()));
        for (x, y) in found.data().iter().zip(expected.data()) {
            // Not `max` alone, which would pass a NaN over.
            assert!(x.is_finite() && y.is_finite());
            worst = worst.max((x - y).abs());
        }
    }
    worst
}

/// Asserts that the firings are the golden ones; features in `on_the_gate` may go either way.
pub(super) fn assert_firings(
    case: &str,
    firings: &[Vec<Firing>],
    mut expected: Vec<([i64; 3], f32)>,
    on_the_gate: &[[i64; 3]],
) {
    let id = |layer: usize, firing: &Firing| {
        [i64::try_from(layer).unwrap(), firing.pos.into(), firing.index.into()]
    };
    let mut found: Vec<([i64; 3], f32)> = Vec::new();
    for (layer, firings) in firings.iter().enumerate() {
        assert!(firings.is_sorted_by_key(|firing| (firing.pos, firing.index)), "{case}");
        found.extend(firings.iter().map(|firing| (id(layer, firing), firing.activation)));
    }
    found.retain(|(id, _)| !on_the_gate.contains(id));
    expected.retain(|(id, _)| !on_the_gate.contains(id));
    let ids = |list: &[([i64; 3], f32)]| list.iter().map(|(id, _)| *id).collect::<Vec<_>>();
    assert_eq!(ids(&found), ids(&expected), "{case}");
    for ((id, x), (_, y)) in found.iter().zip(&expected) {
        assert!((x - y).abs() < TOLERANCE, "{case} {id:?}: {x} vs {y}");
    }
}

/// Features that the case's card lists as closer to the gate than rounding.
fn on_the_gate(case: &str) -> Vec<[i64; 3]> {
    let card = std::fs::read(goldens(case).join("card.json")).unwrap();
    let card: serde_json::Value = serde_json::from_slice(&card).unwrap();
    let entry = |entry: &serde_json::Value| {
        ["layer", "pos", "index"].map(|key| entry[key].as_i64().unwrap())
    };
    card["on_the_gate"].as_array().unwrap().iter().map(entry).collect()
}

#[test]
fn active_features_are_the_peers() {
    let mut seen = std::collections::BTreeSet::new();
    for (case, transcoder, golden) in cases() {
        let firings = encode(&transcoder, &golden.reads);
        assert_firings(case, &firings, golden.active(), &on_the_gate(case));
        let card = transcoder.card();
        seen.insert((format!("{:?}", card.kind), format!("{:?}", card.activation)));
        assert_eq!((card.n_layers, card.n_features, card.d_model), (4, 64, 32), "{case}");
        assert_eq!(card.has_skip, case.contains("_skip"), "{case}");
        assert_eq!(card.kind == Kind::CrossLayer, case.contains("_clt_"), "{case}");
        assert_eq!(card.scan.names(), [format!("ref/{case}")]);
        if case.contains("topk") {
            assert_eq!(card.activation, Activation::TopK { k: 4 }, "{case}");
        }
    }
    // Both kinds with ReLU and JumpReLU; TopK is per-layer only.
    assert_eq!(seen.len(), 5, "{seen:?}");
}

#[test]
fn pre_activations_are_the_peers() {
    for (case, transcoder, golden) in cases() {
        let all: Vec<u32> = (0..64).collect();
        let expected = golden.layers("preactivations");
        for (layer, input_td) in golden.reads.iter().enumerate() {
            let mut pre_tf = transcoder.pre_activations(layer, input_td, &all);
            pre_tf.row_mut(0).fill(0.0);
            let worst = worst(&[pre_tf], &expected[layer..=layer]);
            assert!(worst < TOLERANCE, "{case} layer {layer}: {worst}");
        }
    }
}

#[test]
fn error_vectors_are_the_peers() {
    for (case, transcoder, golden) in cases() {
        let firings = encode(&transcoder, &golden.reads);
        let errors = errors(&transcoder, &firings, &golden.reads, &golden.writes);
        let worst = worst(&errors, &golden.layers("error_vectors"));
        assert!(worst < TOLERANCE, "{case}: {worst}");
    }
}

#[test]
fn zeroed_positions_are_left_out_and_change_no_other() {
    let golden = Golden::of("gemma3_plt_jumprelu_skip");
    let folder = Folder::Disk(goldens("gemma3_plt_jumprelu_skip/transcoders"));
    let transcoder = Transcoder::open(&folder).unwrap();
    let input_td = &golden.reads[2];
    let all = transcoder.encode(2, input_td, 0).unwrap();
    assert!(all.iter().any(|firing| firing.pos < 4) && all.iter().any(|firing| firing.pos >= 4));
    let later: Vec<u32> = all.iter().filter(|f| f.pos >= 4).map(|f| f.index).collect();
    let found = transcoder.encode(2, input_td, 4).unwrap();
    assert_eq!(found.iter().map(|firing| firing.index).collect::<Vec<_>>(), later);
    assert!(found.iter().all(|firing| firing.pos >= 4));
    assert_eq!(transcoder.encode(2, input_td, input_td.n_rows()).unwrap(), []);
    assert_eq!(transcoder.encode(2, input_td, 100).unwrap(), []);
}

// Encoder pages are given back after each pass; a second pass must find the same numbers.
#[test]
fn a_second_pass_gives_the_same_bits() {
    for (case, transcoder, golden) in cases().take(4) {
        let first = encode(&transcoder, &golden.reads);
        assert_eq!(first, encode(&transcoder, &golden.reads), "{case}");
    }
}
