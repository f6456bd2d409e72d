//! circuit-tracer's cross-layer layout: `W_enc_{l}.safetensors` and `W_dec_{l}.safetensors`.
//!
//! | file | tensor | shape | |
//! |---|---|---|---|
//! | `W_enc_{l}` | `W_enc_{l}` | `[F, D]` | |
//! | | `b_enc_{l}`, `b_dec_{l}` | `[F]`, `[D]` | |
//! | | `threshold_{l}` | `[]`, `[1]` or `[F]` | JumpReLU |
//! | | `W_skip_{l}` | `[D, D]` | adds `x · W_skip` |
//! | `W_dec_{l}` | `W_dec_{l}` | `[F, L - l, D]` | index `j` writes to layer `l + j` |
//!
//! The peer writes no `W_skip_{l}`; the name follows its others.

use super::source::{Source, n_numbered};
use super::{Layer, Sizes, encoder, in_order, skip, threshold};
use crate::error::LoadError;
use crate::files::Folder;
use crate::ops::matrix::Layout;
use crate::transcoder::config::Config;
use crate::transcoder::decoder::{Decoder, Strides};

/// The files of a folder: encoder and decoder of layer 0, then of layer 1, and so on.
pub(super) fn sources(folder: &Folder, config: &Config) -> Result<Vec<Source>, LoadError> {
    let names = folder.names()?;
    let n_layers = n_numbered(&names, "W_enc_").max(n_numbered(&names, "W_dec_"));
    if n_layers == 0 && n_numbered(&names, "layer_") > 0 {
        return Err(config.other_kind());
    }
    let missing = |file| LoadError::MissingFile { file, path: folder.root() };
    (0..n_layers.max(1))
        .flat_map(|layer| ["W_enc", "W_dec"].map(|part| format!("{part}_{layer}.safetensors")))
        .map(|file| {
            if !names.contains(&file) {
                return Err(missing(file));
            }
            Ok(Source::in_folder(folder, file))
        })
        .collect()
}

/// Reads all layers.
pub(super) fn layers(sources: &[Source]) -> Result<Vec<Layer>, LoadError> {
    let pairs = sources.as_chunks::<2>().0;
    in_order(pairs.len(), |index, sizes| layer(&pairs[index], index, pairs.len(), sizes))
}

fn layer(
    [enc, dec]: &[Source; 2],
    index: usize,
    n_layers: usize,
    sizes: Option<Sizes>,
) -> Result<Layer, LoadError> {
    let named = |what: &str| format!("{what}_{index}");
    let weights = enc.weights()?;
    let names = [named("W_enc"), named("b_enc")];
    let names = [names[0].as_str(), names[1].as_str()];
    let (encoder, sizes) = encoder(&weights, names, Layout::OutIn, sizes)?;
    let Sizes { n_features, d_model } = sizes;
    let n_outputs = n_layers - index;
    let w_dec = dec.weights()?.stored(&named("W_dec"), &[n_features, n_outputs, d_model])?;
    let strides = Strides::row_major(n_outputs, d_model);
    let sides = [n_outputs, d_model];
    Ok(Layer {
        encoder,
        threshold: threshold(&weights, &[&named("threshold")], sizes)?,
        k: None,
        b_dec_d: weights.vector(&named("b_dec"), d_model)?,
        decoder: Decoder::new(w_dec, strides, sides, &named("W_dec"), dec.path()),
        skip: skip(&weights, &named("W_skip"), Layout::InOut, sizes)?,
        path: enc.path(),
        threshold_name: named("threshold"),
    })
}
