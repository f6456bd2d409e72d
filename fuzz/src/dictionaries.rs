//! A folder that holds a small dictionary in every layout, for one of its files to be replaced.

use std::collections::BTreeMap;
use std::io::{Cursor, Write};
use std::sync::OnceLock;

use connectome::files::Folder;
use connectome::ops::Mat;
use connectome::ops::matrix::Dtype;
use connectome::transcoder::{Activation, Kind, ReadSite, Transcoder, WriteSite};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::checkpoint::{Tensors, safetensors};
use crate::dictionary::{self, Plan};
use crate::noise::Noise;

const N_LAYERS: usize = 2;
const N_FEATURES: usize = 5;
const D_MODEL: usize = 4;

/// Opens the folder with some of its files replaced, and reads whatever opens to the end.
pub fn read(replaced: impl IntoIterator<Item = (&'static str, Vec<u8>)>) {
    let mut files = every_layout().clone();
    files.extend(replaced.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)));
    let Ok(transcoder) = Transcoder::open(&Folder::memory("dictionary", files)) else { return };
    let card = transcoder.card();
    let input_td = Mat::from_vec(vec![0.5; 2 * card.d_model], 2, card.d_model);
    let last = u32::try_from(card.n_features - 1).expect("features are counted in 32 bits");
    for layer in 0..card.n_layers {
        let firings = transcoder.encode(layer, &input_td, 1);
        if let Ok(firings) = firings {
            assert!(firings.iter().all(|firing| firing.pos == 1 && firing.index <= last));
        }
        let _ = transcoder.pre_activations(layer, &input_td, &[0, last]);
        let _ = transcoder.skip(layer).map(|skip| skip.linear(&input_td));
        let Ok(rows) = transcoder.decoders(layer, &[0, last]) else { continue };
        let mut row_d = vec![0.0; card.d_model];
        (0..rows.n_outputs()).for_each(|output| rows.read(1, output, &mut row_d));
    }
}

/// The files, made once: `layer_*` and `W_*` are the native layouts, `plt_*` and `clt_*` those
/// of GemmaScope 2, `params_*.npz` that of GemmaScope 1.
fn every_layout() -> &'static BTreeMap<String, Vec<u8>> {
    static FILES: OnceLock<BTreeMap<String, Vec<u8>>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = BTreeMap::new();
        for kind in [Kind::PerLayer, Kind::CrossLayer] {
            let plan = Plan {
                kind,
                reads: ReadSite::MlpIn,
                writes: WriteSite::MlpOut,
                activation: Activation::Relu,
                has_skip: true,
                n_features: N_FEATURES,
                dtype: Dtype::F32,
            };
            let sides = [N_LAYERS, D_MODEL];
            let folder = dictionary::folder(&plan, sides, &|_, _| 0.0, &mut Noise(3));
            let Folder::Memory(memory) = folder else { unreachable!("made in memory") };
            files.extend(memory.files.iter().map(|(name, bytes)| (name.clone(), bytes.to_vec())));
        }
        for layer in 0..N_LAYERS {
            let (plt, clt) = (
                gemma_scope(&[N_FEATURES, D_MODEL]),
                gemma_scope(&[N_FEATURES, N_LAYERS, D_MODEL]),
            );
            files.insert(format!("plt_{layer}.safetensors"), safetensors(&plt, Dtype::F32));
            files.insert(format!("clt_{layer}.safetensors"), safetensors(&clt, Dtype::F32));
            files.insert(format!("params_{layer}.npz"), npz(&numpy_arrays()));
        }
        files
    })
}

fn gemma_scope(w_dec: &[usize]) -> Tensors {
    let shapes = [
        ("w_enc", vec![D_MODEL, N_FEATURES]),
        ("w_dec", w_dec.to_vec()),
        ("b_enc", vec![N_FEATURES]),
        ("b_dec", vec![D_MODEL]),
        ("threshold", vec![N_FEATURES]),
        ("affine_skip_connection", vec![D_MODEL, D_MODEL]),
    ];
    let mut noise = Noise(4);
    let tensors = shapes.into_iter().map(|(name, shape)| {
        let numbers = noise.around(0.0, 1.0, shape.iter().product());
        (name.to_owned(), (shape, numbers))
    });
    tensors.collect()
}

fn numpy_arrays() -> Vec<(&'static str, Vec<u8>)> {
    let array = |shape: &str, n: usize| {
        let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(u16::try_from(header.len()).expect("a short header").to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend(Noise(5).around(0.0, 1.0, n).iter().flat_map(|x| x.to_le_bytes()));
        bytes
    };
    let (f, d) = (N_FEATURES, D_MODEL);
    vec![
        ("W_enc", array(&format!("({d}, {f})"), d * f)),
        ("W_dec", array(&format!("({f}, {d})"), d * f)),
        ("b_enc", array(&format!("({f},)"), f)),
        ("b_dec", array(&format!("({d},)"), d)),
        ("threshold", array(&format!("({f},)"), f)),
    ]
}

/// A stored archive of `.npy` members.
///
/// # Panics
///
/// Never: an archive in memory takes what it is given.
#[must_use]
pub fn npz(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    for (name, bytes) in arrays {
        archive.start_file(format!("{name}.npy"), stored).expect("memory has room");
        archive.write_all(bytes).expect("memory has room");
    }
    archive.finish().expect("memory has room").into_inner()
}
