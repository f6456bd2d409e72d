//! GemmaScope 1: one `params.npz` a layer, listed in the config, encoder transposed.
//!
//! | array | shape | |
//! |---|---|---|
//! | `W_enc` | `[D, F]` | |
//! | `W_dec` | `[F, D]` | |
//! | `b_enc`, `b_dec` | `[F]`, `[D]` | |
//! | `threshold` | `[]`, `[1]` or `[F]` | JumpReLU |
//!
//! Source: Lieberum et al. 2024, "Gemma Scope", arXiv:2408.05147.

use super::npz::Npz;
use super::source::Source;
use super::{Layer, Sizes, Threshold, in_order};
use crate::error::LoadError;
use crate::ops::Matrix;
use crate::ops::matrix::Layout;
use crate::transcoder::decoder::{Decoder, Strides};
use crate::transcoder::encoder::Encoder;
use crate::transcoder::place::Place;

/// Reads all layers.
pub(super) fn layers(sources: &[Source]) -> Result<Vec<Layer>, LoadError> {
    in_order(sources.len(), |index, sizes| layer(&sources[index], sizes))
}

fn layer(source: &Source, sizes: Option<Sizes>) -> Result<Layer, LoadError> {
    let npz = Npz::open(source.bytes()?, source.path())?;
    let place = Place { tensor: "W_enc".to_owned(), path: source.path() };
    let w_enc = npz.array("W_enc")?;
    let sizes = sizes.map_or_else(|| Sizes::of_shape(&w_enc.shape, Layout::InOut, &place), Ok)?;
    let Sizes { n_features, d_model } = sizes;
    npz.check_shape("W_enc", &w_enc, &sizes.encoder(Layout::InOut))?;
    // Stored column by column, `[D, F]` is `[F, D]` row by row.
    let (weight, layout) = if w_enc.column_major {
        (Matrix::new(w_enc.stored, n_features, d_model), Layout::OutIn)
    } else {
        (Matrix::new(w_enc.stored, d_model, n_features), Layout::InOut)
    };
    let encoder = Encoder::new(weight, layout, npz.vector("b_enc", n_features)?, place);
    let w_dec = npz.array("W_dec")?;
    npz.check_shape("W_dec", &w_dec, &[n_features, d_model])?;
    let strides = if w_dec.column_major {
        Strides { offset: 0, feature: 1, output: 0, component: n_features }
    } else {
        Strides::row_major(1, d_model)
    };
    Ok(Layer {
        encoder,
        threshold: threshold(&npz, sizes)?,
        k: None,
        b_dec_d: npz.vector("b_dec", d_model)?,
        decoder: Decoder::new(w_dec.stored, strides, [1, d_model], "W_dec", source.path()),
        skip: None,
        path: source.path(),
        threshold_name: "threshold".to_owned(),
    })
}

fn threshold(npz: &Npz, sizes: Sizes) -> Result<Option<Threshold>, LoadError> {
    if !npz.has("threshold") {
        return Ok(None);
    }
    let values = npz.scalar_or_vector("threshold", sizes.n_features)?;
    Ok(Some(match values.as_slice() {
        [value] => Threshold::Layer(*value),
        _ => Threshold::Feature(values),
    }))
}
