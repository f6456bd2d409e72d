//! circuit-tracer's per-layer layout: `layer_{l}.safetensors`, or files that the config lists.
//!
//! | tensor | shape | |
//! |---|---|---|
//! | `W_enc`, `W_dec` | `[F, D]` | |
//! | `b_enc`, `b_dec` | `[F]`, `[D]` | |
//! | `activation_function.threshold` or `threshold` | `[]`, `[1]` or `[F]` | JumpReLU |
//! | `k` | `[]`, integer | a layer saved from TopK |
//! | `W_skip` | `[D, D]` | adds `x · W_skipᵀ` |

use super::source::{Source, n_numbered};
use super::{Layer, Sizes, encoder, in_order, skip, threshold};
use crate::error::LoadError;
use crate::files::Folder;
use crate::ops::matrix::Layout;
use crate::transcoder::config::Config;
use crate::transcoder::decoder::{Decoder, Strides};

const PREFIX: &str = "layer_";
const THRESHOLDS: [&str; 2] = ["activation_function.threshold", "threshold"];

/// All layer files of a folder.
pub(super) fn sources(folder: &Folder, config: &Config) -> Result<Vec<Source>, LoadError> {
    let names = folder.names()?;
    let n_layers = n_numbered(&names, PREFIX);
    if n_layers == 0 && n_numbered(&names, "W_enc_") > 0 {
        return Err(config.other_kind());
    }
    let missing = |file| LoadError::MissingFile { file, path: folder.root() };
    (0..n_layers.max(1))
        .map(|layer| {
            let file = format!("{PREFIX}{layer}.safetensors");
            if !names.contains(&file) {
                return Err(missing(file));
            }
            Ok(Source::in_folder(folder, file))
        })
        .collect()
}

/// Reads all layers.
pub(super) fn layers(sources: &[Source]) -> Result<Vec<Layer>, LoadError> {
    in_order(sources.len(), |index, sizes| layer(&sources[index], sizes))
}

fn layer(source: &Source, sizes: Option<Sizes>) -> Result<Layer, LoadError> {
    let weights = source.weights()?;
    let (encoder, sizes) = encoder(&weights, ["W_enc", "b_enc"], Layout::OutIn, sizes)?;
    let Sizes { n_features, d_model } = sizes;
    let w_dec = weights.stored("W_dec", &[n_features, d_model])?;
    let strides = Strides::row_major(1, d_model);
    Ok(Layer {
        encoder,
        threshold: threshold(&weights, &THRESHOLDS, sizes)?,
        k: weights.integer("k"),
        b_dec_d: weights.vector("b_dec", d_model)?,
        decoder: Decoder::new(w_dec, strides, [1, d_model], "W_dec", source.path()),
        skip: skip(&weights, "W_skip", Layout::OutIn, sizes)?,
        path: source.path(),
        threshold_name: THRESHOLDS[0].to_owned(),
    })
}
