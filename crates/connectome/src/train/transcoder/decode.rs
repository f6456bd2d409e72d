//! From what fires to reconstructions: `ŷₗ = Σ a · decoder row`, for every layer.
//!
//! Work is cut by output layer and by columns, not by tokens: a cut of all tokens stays in the
//! cache, every decoder row is read once from end to end of the batch, and no two threads write
//! to the same place. The order of additions is that of sources and features, whatever the
//! number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::encode::{Firings, spans};
use super::kernels::add_scaled;
use super::params::{Shape, Tables};
use crate::ops::Mat;
use crate::ops::matmul::{Into, Threads, View, sgemm};
use crate::ops::simd::vectorized;

/// Numbers of a cut: half a megabyte, which leaves room in a core's second cache.
const CUT: usize = 1 << 17;

/// One task: columns of one layer's reconstruction.
struct Cut {
    layer: usize,
    cols: Range<usize>,
}

fn cuts(shape: Shape, n_tokens: usize) -> Vec<Cut> {
    let fits = (CUT / n_tokens.max(1)).clamp(32, 256) / 16 * 16;
    let width = fits.min(shape.d_model);
    let of_layer = |layer| {
        (0..shape.d_model)
            .step_by(width)
            .map(move |start| Cut { layer, cols: start..shape.d_model.min(start + width) })
    };
    (0..shape.n_layers).flat_map(of_layer).collect()
}

/// Reconstructions of all layers, `[T, D]` each, without biases and skips.
pub(super) fn decode(tables: &Tables, firings: &[Firings], n_tokens: usize) -> Vec<Mat> {
    let shape = tables.shape;
    let cuts = cuts(shape, n_tokens);
    let parts: Vec<Vec<f32>> =
        cuts.par_iter().map(|cut| columns(tables, firings, n_tokens, cut)).collect();
    let mut out: Vec<Mat> =
        (0..shape.n_layers).map(|_| Mat::zeros(n_tokens, shape.d_model)).collect();
    out.par_iter_mut().enumerate().for_each(|(layer, out_td)| {
        for (cut, part) in cuts.iter().zip(&parts).filter(|(cut, _)| cut.layer == layer) {
            for (token, part) in part.chunks_exact(cut.cols.len()).enumerate() {
                out_td.row_mut(token)[cut.cols.clone()].copy_from_slice(part);
            }
        }
    });
    out
}

fn columns(tables: &Tables, firings: &[Firings], n_tokens: usize, cut: &Cut) -> Vec<f32> {
    let width = cut.cols.len();
    let mut out = vec![0.0_f32; n_tokens * width];
    let mut dense = Vec::new();
    for source in tables.shape.sources(cut.layer) {
        let w_dec_fd = &tables.layers[source].w_dec_fd[cut.layer - source];
        let firings = &firings[source];
        for (span, kind) in spans(w_dec_fd.n_rows()).zip(&firings.spans) {
            if kind.fires_densely {
                dense_activations(firings, &span, n_tokens, &mut dense);
                let a = View::transposed(&dense, n_tokens);
                let start = span.start * w_dec_fd.n_cols() + cut.cols.start;
                let b = View::rows(&w_dec_fd.data()[start..], w_dec_fd.n_cols());
                let sizes = [n_tokens, width, span.len()];
                sgemm(sizes, a, b, (&mut out, width), Into::Add, Threads::One);
                continue;
            }
            vectorized(
                #[inline(always)]
                || span_by_lists(w_dec_fd, firings, &span, &cut.cols, &mut out),
            );
        }
    }
    out
}

#[inline(always)]
fn span_by_lists(
    w_dec_fd: &Mat,
    firings: &Firings,
    span: &Range<usize>,
    cols: &Range<usize>,
    out: &mut [f32],
) {
    let width = cols.len();
    for feature in span.clone() {
        let entries = firings.of(feature);
        if firings.n_active_f[feature] == 0 {
            continue;
        }
        let row = &w_dec_fd.row(feature)[cols.clone()];
        for (token, act) in firings.token[entries.clone()].iter().zip(&firings.act[entries]) {
            if *act != 0.0 {
                let start = *token as usize * width;
                add_scaled(&mut out[start..start + width], *act, row);
            }
        }
    }
}

/// Activations of a span as a matrix `[n, T]`.
pub(super) fn dense_activations(
    firings: &Firings,
    span: &Range<usize>,
    n_tokens: usize,
    out_ft: &mut Vec<f32>,
) {
    out_ft.clear();
    out_ft.resize(span.len() * n_tokens, 0.0);
    for (row, feature) in span.clone().enumerate() {
        for entry in firings.of(feature) {
            out_ft[row * n_tokens + firings.token[entry] as usize] = firings.act[entry];
        }
    }
}
