//! GemmaScope 2: one safetensors file a layer, listed in the config, encoder transposed.
//!
//! | tensor | per layer | cross-layer | |
//! |---|---|---|---|
//! | `w_enc` | `[D, F]` | `[D, F]` | |
//! | `w_dec` | `[F, D]` | `[F, L, D]` | `j` writes to layer `j`; below the feature's own: unused |
//! | `b_enc`, `b_dec` | `[F]`, `[D]` | the same | |
//! | `threshold` | `[]`, `[1]` or `[F]` | the same | JumpReLU |
//! | `affine_skip_connection` | `[D, D]` | `[D, D]` | adds `x · affine` |

use super::source::Source;
use super::{Layer, Sizes, encoder, in_order, skip, threshold};
use crate::error::LoadError;
use crate::ops::matrix::Layout;
use crate::transcoder::decoder::{Decoder, Strides};

/// Reads all layers of a per-layer dictionary.
pub(super) fn per_layer(sources: &[Source]) -> Result<Vec<Layer>, LoadError> {
    in_order(sources.len(), |index, sizes| {
        layer(&sources[index], sizes, |Sizes { n_features, d_model }| Stack {
            shape: vec![n_features, d_model],
            strides: Strides::row_major(1, d_model),
            n_outputs: 1,
        })
    })
}

/// Reads all layers of a cross-layer dictionary, the last one included.
pub(super) fn cross_layer(sources: &[Source]) -> Result<Vec<Layer>, LoadError> {
    let n_layers = sources.len();
    in_order(n_layers, |index, sizes| {
        layer(&sources[index], sizes, |Sizes { n_features, d_model }| Stack {
            shape: vec![n_features, n_layers, d_model],
            strides: Strides { offset: index * d_model, ..Strides::row_major(n_layers, d_model) },
            n_outputs: n_layers - index,
        })
    })
}

/// How a layer's decoder lies.
struct Stack {
    shape: Vec<usize>,
    strides: Strides,
    n_outputs: usize,
}

fn layer(
    source: &Source,
    sizes: Option<Sizes>,
    stack: impl Fn(Sizes) -> Stack,
) -> Result<Layer, LoadError> {
    let weights = source.weights()?;
    let (encoder, sizes) = encoder(&weights, ["w_enc", "b_enc"], Layout::InOut, sizes)?;
    let Stack { shape, strides, n_outputs } = stack(sizes);
    let w_dec = weights.stored("w_dec", &shape)?;
    let sides = [n_outputs, sizes.d_model];
    Ok(Layer {
        encoder,
        threshold: threshold(&weights, &["threshold"], sizes)?,
        k: None,
        b_dec_d: weights.vector("b_dec", sizes.d_model)?,
        decoder: Decoder::new(w_dec, strides, sides, "w_dec", source.path()),
        skip: skip(&weights, "affine_skip_connection", Layout::InOut, sizes)?,
        path: source.path(),
        threshold_name: "threshold".to_owned(),
    })
}
