//! Gradients of everything but the small tensors that all tokens share.
//!
//! For a span of features, given the cotangents `Gₗ = ∂L/∂ŷₗ`:
//!
//! ```text
//! ∂L/∂a     = Σₗ ⟨decoder row, Gₗ(token)⟩       only where the gate's gradient is not zero
//! ∂L/∂W_dec = Σ over firings a Gₗ(token)  + ∂L/∂n · ∂n/∂W_dec
//! ∂L/∂W_enc = Σ over entries ∂L/∂h x(token)
//! ```
//!
//! Each sum runs over lists of what fires, so the cost is that of what fires; where a span is
//! dense, the same sums are matrix products. A span's rows belong to one task: nothing is
//! shared, and the order of additions does not depend on the number of threads.
//!
//! The part of a decoder row's gradient that comes through its norm is a multiple of the row
//! itself. It is kept as that factor ([`LayerRows`]) until the row is updated.

use std::ops::Range;

use rayon::prelude::*;

use super::decode::dense_activations;
use super::encode::{Firings, SPAN, SpanKind, products, spans};
use super::gate::{Feature, Outcome, Penalties, Slope, pull_back};
use super::kernels::{add_scaled, add_scaled_and_dot, dot};
use super::norms::LayerNorms;
use super::params::LayerTables;
use crate::ops::Mat;
use crate::ops::matmul::{Into, Threads, View, sgemm};
use crate::ops::simd::vectorized;
use crate::train::clip::sum_of_squares;

/// Everything that one layer's backward pass reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reads<'a> {
    pub(super) tables: &'a LayerTables,
    pub(super) x_td: &'a Mat,
    /// Σ over tokens of x, `[D]`.
    pub(super) x_sum_d: &'a [f32],
    pub(super) threshold_f: &'a [f32],
    pub(super) norms: &'a LayerNorms,
    /// Whether the pre-activation loss pulls a feature up, `[F]`; empty if it pulls none.
    pub(super) pulled_f: &'a [bool],
    pub(super) slope: Slope,
    pub(super) penalties: Penalties,
    /// What fires, and the cotangents of the layers written to, own first.
    pub(super) main: Flow<'a>,
    /// The same of the auxiliary loss.
    pub(super) aux: Option<Flow<'a>>,
}

/// Firings and where their effects end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Flow<'a> {
    pub(super) firings: &'a Firings,
    pub(super) cotangent_td: &'a [Mat],
}

/// What is known of a layer's decoder gradient besides its table.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct LayerRows {
    /// Whether the rows in the table hold anything, `[F]`; those that do not are zero.
    pub(super) filled_f: Vec<bool>,
    /// Factor on the parameter row itself, to be added, `[F × outputs]`.
    pub(super) of_norm_fo: Vec<f32>,
}

impl LayerRows {
    pub(super) fn new(n_features: usize, n_outputs: usize) -> Self {
        Self { filled_f: vec![false; n_features], of_norm_fo: vec![0.0; n_features * n_outputs] }
    }
}

/// A layer's sums over features.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Totals {
    pub(super) sparsity: f64,
    pub(super) pre_activation: f64,
    /// Of the gradient of encoder, decoder, encoder bias and thresholds.
    pub(super) sum_of_squares: f64,
}

impl Totals {
    fn add(&mut self, other: Self) {
        self.sparsity += other.sparsity;
        self.pre_activation += other.pre_activation;
        self.sum_of_squares += other.sum_of_squares;
    }
}

/// Computes one layer's gradients into `grads` and `rows`.
pub(super) fn backward(reads: Reads<'_>, grads: &mut LayerTables, rows: &mut LayerRows) -> Totals {
    let slots = slots(grads, rows);
    let totals: Vec<Totals> = slots
        .into_par_iter()
        .map(|mut slot| {
            let buffers = &mut Buffers::default();
            slot.run(&reads, buffers)
        })
        .collect();
    let mut sum = Totals::default();
    totals.into_iter().for_each(|part| sum.add(part));
    sum
}

/// Scratch space of a task.
#[derive(Debug, Default)]
struct Buffers {
    act_ft: Vec<f32>,
    pre_ft: Vec<f32>,
    grad_ft: Vec<f32>,
    grad: Vec<f32>,
}

/// A span's part of the gradient.
struct Slot<'g> {
    features: Range<usize>,
    kind_at: usize,
    w_enc: &'g mut [f32],
    b_enc: &'g mut [f32],
    log_threshold: &'g mut [f32],
    w_dec: Vec<&'g mut [f32]>,
    filled: &'g mut [bool],
    of_norm: &'g mut [f32],
}

fn slots<'g>(grads: &'g mut LayerTables, rows: &'g mut LayerRows) -> Vec<Slot<'g>> {
    let d = grads.w_enc_fd.n_cols();
    let n_features = grads.w_enc_fd.n_rows();
    let n_outputs = grads.w_dec_fd.len();
    let mut w_dec: Vec<_> =
        grads.w_dec_fd.iter_mut().map(|mat| mat.data_mut().chunks_mut(SPAN * d)).collect();
    let mut w_enc = grads.w_enc_fd.data_mut().chunks_mut(SPAN * d);
    let mut b_enc = grads.b_enc_f.chunks_mut(SPAN);
    let mut log_threshold = grads.log_threshold_f.chunks_mut(SPAN);
    let mut filled = rows.filled_f.chunks_mut(SPAN);
    let mut of_norm = rows.of_norm_fo.chunks_mut(SPAN * n_outputs);
    let why = "all are cut into the same spans";
    spans(n_features)
        .enumerate()
        .map(|(kind_at, features)| Slot {
            features,
            kind_at,
            w_enc: w_enc.next().expect(why),
            b_enc: b_enc.next().expect(why),
            log_threshold: log_threshold.next().unwrap_or_default(),
            w_dec: w_dec.iter_mut().map(|chunks| chunks.next().expect(why)).collect(),
            filled: filled.next().expect(why),
            of_norm: of_norm.next().expect(why),
        })
        .collect()
}

impl Slot<'_> {
    fn run(&mut self, reads: &Reads<'_>, buffers: &mut Buffers) -> Totals {
        let Flow { firings, cotangent_td } = reads.main;
        let kind = firings.spans[self.kind_at];
        let n_tokens = reads.x_td.n_rows();
        self.filled
            .iter_mut()
            .zip(&firings.n_active_f[self.features.clone()])
            .for_each(|(filled, n_active)| *filled = kind.fires_densely || *n_active > 0);
        let entries = firings.of_span(&self.features);
        buffers.grad.clear();
        buffers.grad.resize(entries.len(), 0.0);
        if kind.fires_densely {
            dense_activations(firings, &self.features, n_tokens, &mut buffers.act_ft);
            self.decoder_by_products(&buffers.act_ft, cotangent_td);
        }
        if kind.gate_is_dense {
            self.activations_by_products(reads, &mut buffers.grad_ft);
        }
        vectorized(
            #[inline(always)]
            || self.by_lists(reads.tables, reads.main, kind, &mut buffers.grad),
        );
        let mut totals = if kind.gate_is_dense {
            self.dense_gate(reads, buffers)
        } else {
            vectorized(
                #[inline(always)]
                || self.listed_gate(reads, &mut buffers.grad),
            )
        };
        if let Some(aux) = reads.aux {
            vectorized(
                #[inline(always)]
                || self.aux(reads, aux, &mut buffers.grad),
            );
        }
        totals.sum_of_squares = vectorized(
            #[inline(always)]
            || self.sum_of_squares(reads),
        );
        totals
    }

    /// `∂L/∂W_dec = A G`, for all features of the span.
    fn decoder_by_products(&mut self, act_ft: &[f32], cotangent_td: &[Mat]) {
        for (w_dec, cotangent_td) in self.w_dec.iter_mut().zip(cotangent_td) {
            let (n_tokens, d) = (cotangent_td.n_rows(), cotangent_td.n_cols());
            let (a, b) = (View::rows(act_ft, n_tokens), View::rows(cotangent_td.data(), d));
            let sizes = [self.features.len(), d, n_tokens];
            sgemm(sizes, a, b, (w_dec, d), Into::Overwrite, Threads::One);
        }
    }

    /// `∂L/∂A = W_dec Gᵀ`, for all features and tokens of the span.
    fn activations_by_products(&self, reads: &Reads<'_>, grad_ft: &mut Vec<f32>) {
        let n_tokens = reads.x_td.n_rows();
        grad_ft.clear();
        grad_ft.resize(self.features.len() * n_tokens, 0.0);
        let pairs = reads.tables.w_dec_fd.iter().zip(reads.main.cotangent_td);
        for (w_dec_fd, cotangent_td) in pairs {
            let d = w_dec_fd.n_cols();
            let rows = &w_dec_fd.data()[self.features.start * d..self.features.end * d];
            let (a, b) = (View::rows(rows, d), View::transposed(cotangent_td.data(), d));
            let sizes = [self.features.len(), n_tokens, d];
            sgemm(sizes, a, b, (grad_ft, n_tokens), Into::Add, Threads::One);
        }
    }

    /// What lists serve: `∂L/∂a` of the entries into `grad`, and the decoder's gradient.
    #[inline(always)]
    fn by_lists(&mut self, tables: &LayerTables, flow: Flow<'_>, kind: SpanKind, grad: &mut [f32]) {
        let first = flow.firings.starts[self.features.start];
        let d = tables.w_enc_fd.n_cols();
        let outputs = self.w_dec.iter_mut().zip(&tables.w_dec_fd).zip(flow.cotangent_td);
        for ((w_dec, w_dec_fd), cotangent_td) in outputs {
            for (slot, feature) in w_dec.chunks_exact_mut(d).zip(self.features.clone()) {
                let entries = flow.firings.of(feature);
                let row = w_dec_fd.row(feature);
                if !kind.fires_densely && flow.firings.n_active_f[feature] > 0 {
                    slot.fill(0.0);
                }
                for entry in entries {
                    let (token, act) = (flow.firings.token[entry], flow.firings.act[entry]);
                    let source = cotangent_td.row(token as usize);
                    let grad = &mut grad[entry - first];
                    match (kind.fires_densely || act == 0.0, kind.gate_is_dense) {
                        (false, false) => *grad += add_scaled_and_dot(slot, act, source, row),
                        (false, true) => add_scaled(slot, act, source),
                        (true, false) => *grad += dot(row, source),
                        (true, true) => {}
                    }
                }
            }
        }
    }

    #[inline(always)]
    fn listed_gate(&mut self, reads: &Reads<'_>, grad: &mut [f32]) -> Totals {
        let mut totals = Totals::default();
        let firings = reads.main.firings;
        let first = firings.starts[self.features.start];
        let d = reads.x_td.n_cols();
        for (at, feature) in self.features.clone().enumerate() {
            let entries = firings.of(feature);
            let grad = &mut grad[entries.start - first..entries.end - first];
            let (pre, act) = (&firings.pre[entries.clone()], &firings.act[entries.clone()]);
            let facts = facts(reads, feature);
            let outcome = pull_back(pre, act, grad, facts, (reads.slope, reads.penalties));
            self.keep(at, reads, &outcome, &mut totals);
            let row = &mut self.w_enc[at * d..(at + 1) * d];
            row.fill(0.0);
            if outcome.everywhere != 0.0 {
                add_scaled(row, outcome.everywhere, reads.x_sum_d);
            }
            for (token, grad) in firings.token[entries].iter().zip(grad) {
                add_scaled(row, *grad, reads.x_td.row(*token as usize));
            }
        }
        totals
    }

    /// As [`Slot::listed_gate`] for all tokens: pre-activations are made anew.
    fn dense_gate(&mut self, reads: &Reads<'_>, buffers: &mut Buffers) -> Totals {
        let mut totals = Totals::default();
        let (n_tokens, d) = (reads.x_td.n_rows(), reads.x_td.n_cols());
        let Buffers { pre_ft, grad_ft, grad: act_t, .. } = buffers;
        pre_ft.resize(self.features.len() * n_tokens, 0.0);
        products(&reads.tables.w_enc_fd, &self.features, reads.x_td, pre_ft);
        let rows = pre_ft.chunks_exact_mut(n_tokens).zip(grad_ft.chunks_exact_mut(n_tokens));
        for (at, (pre_t, grad_t)) in rows.enumerate() {
            let feature = self.features.start + at;
            let facts = facts(reads, feature);
            let bias = reads.tables.b_enc_f[feature];
            act_t.clear();
            pre_t.iter_mut().for_each(|h| *h += bias);
            act_t.extend(pre_t.iter().map(|h| if *h <= facts.threshold { 0.0 } else { *h }));
            let outcome = pull_back(pre_t, act_t, grad_t, facts, (reads.slope, reads.penalties));
            self.keep(at, reads, &outcome, &mut totals);
            // Here no token is left out, so what all got can be added to each.
            grad_t.iter_mut().for_each(|grad| *grad += outcome.everywhere);
        }
        let (a, b) = (View::rows(grad_ft, n_tokens), View::rows(reads.x_td.data(), d));
        let sizes = [self.features.len(), d, n_tokens];
        sgemm(sizes, a, b, (self.w_enc, d), Into::Overwrite, Threads::One);
        totals
    }

    #[inline(always)]
    fn keep(&mut self, at: usize, reads: &Reads<'_>, outcome: &Outcome, totals: &mut Totals) {
        totals.sparsity += outcome.sparsity;
        totals.pre_activation += outcome.pre_activation;
        self.b_enc[at] = outcome.by_bias as f32;
        if let Some(slot) = self.log_threshold.get_mut(at) {
            *slot = outcome.by_log_threshold as f32;
        }
        let n_outputs = self.w_dec.len();
        let feature = self.features.start + at;
        for (output, slot) in
            self.of_norm[at * n_outputs..(at + 1) * n_outputs].iter_mut().enumerate()
        {
            *slot = (outcome.by_norm * reads.norms.by_row(feature, output)) as f32;
        }
    }

    /// The auxiliary loss: plain sums over its own lists, added to what is there.
    #[inline(always)]
    fn aux(&mut self, reads: &Reads<'_>, flow: Flow<'_>, grad: &mut Vec<f32>) {
        let firings = flow.firings;
        let entries = firings.of_span(&self.features);
        grad.clear();
        grad.resize(entries.len(), 0.0);
        let d = reads.x_td.n_cols();
        let outputs = self.w_dec.iter_mut().zip(&reads.tables.w_dec_fd).zip(flow.cotangent_td);
        for ((w_dec, w_dec_fd), cotangent_td) in outputs {
            let slots = w_dec.chunks_exact_mut(d).zip(self.filled.iter());
            for ((slot, filled), feature) in slots.zip(self.features.clone()) {
                if !filled && !firings.of(feature).is_empty() {
                    slot.fill(0.0);
                }
                for entry in firings.of(feature) {
                    let source = cotangent_td.row(firings.token[entry] as usize);
                    let row = w_dec_fd.row(feature);
                    grad[entry - entries.start] +=
                        add_scaled_and_dot(slot, firings.act[entry], source, row);
                }
            }
        }
        for (at, feature) in self.features.clone().enumerate() {
            let own = firings.of(feature);
            self.filled[at] |= !own.is_empty();
            let row = &mut self.w_enc[at * d..(at + 1) * d];
            for entry in own {
                let grad = grad[entry - entries.start];
                add_scaled(row, grad, reads.x_td.row(firings.token[entry] as usize));
                self.b_enc[at] += grad;
            }
        }
    }

    /// Of the whole gradient of the span. A decoder row's is `‖g + c w‖²`.
    #[inline(always)]
    fn sum_of_squares(&self, reads: &Reads<'_>) -> f64 {
        let d = reads.x_td.n_cols();
        let n_outputs = self.w_dec.len();
        let mut sum = sum_of_squares(self.w_enc)
            + sum_of_squares(self.b_enc)
            + sum_of_squares(self.log_threshold);
        for (at, feature) in self.features.clone().enumerate() {
            for output in 0..n_outputs {
                let factor = f64::from(self.of_norm[at * n_outputs + output]);
                if factor != 0.0 {
                    sum += factor * factor * reads.norms.square(feature, output);
                }
                if self.filled[at] {
                    let grad = &self.w_dec[output][at * d..(at + 1) * d];
                    let row = reads.tables.w_dec_fd[output].row(feature);
                    sum += f64::from(dot(grad, grad)) + 2.0 * factor * f64::from(dot(grad, row));
                }
            }
        }
        sum
    }
}

#[inline(always)]
fn facts(reads: &Reads<'_>, feature: usize) -> Feature {
    let firings = reads.main.firings;
    let is_pulled = reads.pulled_f.get(feature).copied().unwrap_or(false);
    Feature {
        threshold: reads.threshold_f[feature],
        norm: reads.norms.of(feature),
        pulled_below: is_pulled.then(|| firings.below_f[feature]),
        n_active: firings.n_active_f[feature],
    }
}
