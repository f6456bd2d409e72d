//! `model.safetensors`, or, where the input begins like JSON, the index of a sharded checkpoint.
#![no_main]

use connectome::files::Folder;
use connectome::ops::Mat;
use connectome::weights::Weights;
use libfuzzer_sys::fuzz_target;

/// A safetensors file without tensors.
const EMPTY: &[u8] = b"\x08\0\0\0\0\0\0\0{}      ";

fuzz_target!(init: connectome_fuzz::one_thread(), |data: &[u8]| {
    let index = data.first() == Some(&b'{');
    let name = if index { "model.safetensors.index.json" } else { "model.safetensors" };
    let files = [(name, data), ("a.safetensors", EMPTY), ("b.safetensors", EMPTY)];
    let files = files.map(|(name, bytes)| (name.to_owned(), bytes.to_vec()));
    let Ok(weights) = Weights::open_checkpoint(&Folder::memory("model", files)) else { return };
    let _ = weights.check_all_finite();
    let _ = weights.fingerprint(b"{}");
    let names: Vec<String> = weights.names().map(str::to_owned).collect();
    for name in &names {
        let shape = weights.shape(name).expect("a name of its own").to_vec();
        let _ = weights.integer(name);
        let _ = weights.path_of(name);
        if let [len] = shape[..] {
            let _ = weights.vector(name, len);
        }
        let [n_rows, n_cols] = shape[..] else { continue };
        let Ok(matrix) = weights.matrix(name, n_rows, n_cols) else { continue };
        assert_eq!(matrix.to_mat().data().len(), n_rows * n_cols);
        let _ = matrix.times_transpose(&Mat::zeros(1, n_cols));
        let _ = matrix.times(&Mat::zeros(1, n_rows));
    }
});
