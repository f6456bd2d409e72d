//! The step itself: clipping, Adam, and decoder rows that wait.
//!
//! Encoders are read whole by every step, so all of their rows move in every step. Of a decoder,
//! only the rows of features that fire are read. The others would still drift along their
//! momentum; they do so when they are next read, all missed steps at once and with the same bits
//! ([`Update::catch_up`]). A large dictionary, of which a batch fires a small part, is so spared
//! most of the traffic of the optimiser.

use rayon::prelude::*;

use super::encode::Firings;
use super::net::{Measured, Net};
use super::norms::square_of;
use super::objective::{Gate, PulledUp, Scope};
use super::params::{LayerTables, Tables};
use crate::ops::Mat;
use crate::train::adam::{Adam, Slot, Update};
use crate::train::clip;
use crate::train::schedule::LearningRate;

/// Features of one task.
const BLOCK: usize = 32;

/// How parameters follow gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimiser {
    /// Adam.
    pub adam: Adam,
    /// Its learning rate over the run.
    pub rate: LearningRate,
    /// Steps of the run.
    pub n_steps: u64,
    /// Largest norm of the whole gradient.
    pub max_norm: Option<f64>,
    /// What stays as it is.
    pub frozen: Frozen,
}

/// Parameters that a run does not change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Frozen {
    /// None.
    Nothing,
    /// Encoders, their biases and thresholds: a baseline in which only decoders learn.
    Encoder,
}

impl Optimiser {
    /// The update of a step.
    fn update(&self, step: u64) -> Update {
        self.adam.update(step, self.rate.at(step, self.n_steps))
    }
}

impl Net {
    /// Moves the parameters along the gradient that [`Net::measure`] left.
    pub fn update(&mut self, measured: &Measured, step: u64) {
        let optimiser = self.recipe.optimiser;
        let factor = clip::factor(measured.grad_norm, optimiser.max_norm) as f32;
        let update = optimiser.update(step);
        let rate_factor = match self.recipe.objective.gate {
            Gate::JumpRelu(jump) => jump.rate_factor,
            Gate::Relu | Gate::TopK { .. } | Gate::BatchTopK { .. } => 1.0,
        };
        let threshold_rate = rate_factor * optimiser.rate.at(step, optimiser.n_steps);
        let threshold_update = optimiser.adam.update(step, threshold_rate);
        for layer in 0..self.shape().n_layers {
            self.update_decoder(layer, update, factor, step);
            let grads = &self.grads.layers[layer];
            let mut slots =
                small_slots(layer, [&mut self.params, &mut self.first, &mut self.second]);
            let thresholds = slots.pop().expect("the last of the list");
            let encoder = slots.drain(..2).collect::<Vec<_>>();
            for (slot, grad) in slots.into_iter().zip([&grads.b_dec_d[..], grads.w_skip_dd.data()])
            {
                update.apply(slot, grad, factor);
            }
            if optimiser.frozen == Frozen::Encoder {
                continue;
            }
            for (slot, grad) in encoder.into_iter().zip([grads.w_enc_fd.data(), &grads.b_enc_f]) {
                update.apply(slot, grad, factor);
            }
            threshold_update.apply(thresholds, &grads.log_threshold_f, factor);
        }
    }

    fn update_decoder(&mut self, layer: usize, update: Update, factor: f32, step: u64) {
        let waits = self.rows_may_wait();
        let rows = &self.rows[layer];
        let n_outputs = self.shape().n_outputs(layer);
        let tables = [&mut self.params, &mut self.first, &mut self.second, &mut self.grads];
        let squares = self.norms[layer].squares_mut().0;
        let blocks = blocks(tables.map(|tables| &mut tables.layers[layer]), squares);
        blocks.into_par_iter().zip(self.current[layer].par_chunks_mut(BLOCK)).for_each(
            |(mut block, current)| {
                for (at, current) in current.iter_mut().enumerate() {
                    let feature = block.start + at;
                    let filled = rows.filled_f[feature];
                    let of_norm = &rows.of_norm_fo[feature * n_outputs..(feature + 1) * n_outputs];
                    if !filled && of_norm.iter().all(|factor| *factor == 0.0) {
                        if waits {
                            continue;
                        }
                        block.each(at, |slot, _, _| update.coast(slot));
                    } else {
                        block.each(at, |slot, grad, output| {
                            finish(grad, slot.values, filled, of_norm[output]);
                            update.apply_here(slot, grad, factor);
                        });
                    }
                    *current = step + 1;
                }
            },
        );
    }

    /// Adds what comes through the norms to the decoder's gradient: all of it is then in the
    /// tables, for comparison with others.
    pub fn finish_gradients(&mut self) -> &Tables {
        for (layer, rows) in self.rows.iter_mut().enumerate() {
            let n_outputs = self.params.shape.n_outputs(layer);
            let params = &self.params.layers[layer];
            for (output, grads) in self.grads.layers[layer].w_dec_fd.iter_mut().enumerate() {
                for (feature, filled) in rows.filled_f.iter().enumerate() {
                    let of_norm = rows.of_norm_fo[feature * n_outputs + output];
                    let row = params.w_dec_fd[output].row(feature);
                    finish(grads.row_mut(feature), row, *filled, of_norm);
                }
            }
            rows.filled_f.fill(true);
            rows.of_norm_fo.fill(0.0);
        }
        &self.grads
    }

    /// Whether nothing reads a decoder row that no feature fires through.
    fn rows_may_wait(&self) -> bool {
        let reads_all_norms =
            matches!(self.recipe.objective.gate, Gate::BatchTopK { scope: Scope::All { .. }, .. })
                || self.recipe.objective.pre_activation.is_some_and(|pre| pre.on == PulledUp::All);
        !reads_all_norms
    }

    /// Brings up to `step` the decoder rows that a batch reads.
    pub(super) fn catch_up(&mut self, firings: &[Firings], aux: &[Option<Firings>], step: u64) {
        if !self.rows_may_wait() {
            return;
        }
        for (layer, firings) in firings.iter().enumerate() {
            let pulled_f = self.pulled(layer);
            let is_read = |feature: usize| {
                firings.n_active_f[feature] > 0
                    || !firings.of(feature).is_empty()
                    || pulled_f.get(feature).copied().unwrap_or(false)
                    || aux[layer].as_ref().is_some_and(|aux| aux.n_active_f[feature] > 0)
            };
            let dense = firings.spans.iter().any(|kind| kind.gate_is_dense);
            self.catch_up_layer(layer, step, |feature| dense || is_read(feature));
        }
    }

    /// Brings all decoder rows up to `step`: before they are written or compared.
    pub fn catch_up_all(&mut self, step: u64) {
        (0..self.shape().n_layers).for_each(|layer| self.catch_up_layer(layer, step, |_| true));
    }

    fn catch_up_layer(&mut self, layer: usize, step: u64, wanted: impl Fn(usize) -> bool + Sync) {
        let optimiser = self.recipe.optimiser;
        let tables = [&mut self.params, &mut self.first, &mut self.second, &mut self.grads];
        let squares = self.norms[layer].squares_mut().0;
        let blocks = blocks(tables.map(|tables| &mut tables.layers[layer]), squares);
        blocks.into_par_iter().zip(self.current[layer].par_chunks_mut(BLOCK)).for_each(
            |(mut block, current)| {
                for (at, current) in current.iter_mut().enumerate() {
                    if *current < step && wanted(block.start + at) {
                        block.each(at, |slot, _, _| {
                            Update::catch_up(slot, *current, step, |step| optimiser.update(step));
                        });
                        *current = step;
                    }
                }
            },
        );
    }
}

/// `grad + of_norm · row`, where `grad` counts only if it is filled.
fn finish(grad: &mut [f32], row: &[f32], filled: bool, of_norm: f32) {
    match (filled, of_norm == 0.0) {
        (true, true) => {}
        (true, false) => {
            grad.iter_mut().zip(row).for_each(|(grad, x)| *grad += of_norm * x);
        }
        (false, _) => grad.iter_mut().zip(row).for_each(|(grad, x)| *grad = of_norm * x),
    }
}

/// Encoder, encoder bias, decoder bias, skip and thresholds of a layer, in this order.
fn small_slots(layer: usize, tables: [&mut Tables; 3]) -> Vec<Slot<'_>> {
    let [params, first, second] = tables.map(|tables| small(&mut tables.layers[layer]));
    let moments = first.into_iter().zip(second);
    params
        .into_iter()
        .zip(moments)
        .map(|(values, (first, second))| Slot { values, first, second })
        .collect()
}

fn small(tables: &mut LayerTables) -> [&mut [f32]; 5] {
    let LayerTables { w_enc_fd, b_enc_f, log_threshold_f, b_dec_d, w_skip_dd, .. } = tables;
    [w_enc_fd.data_mut(), b_enc_f, b_dec_d, w_skip_dd.data_mut(), log_threshold_f]
}

/// Decoder rows of some features: of each output, parameters, moments and gradient.
struct Block<'a> {
    start: usize,
    d_model: usize,
    outputs: Vec<[&'a mut [f32]; 4]>,
    squares: &'a mut [f64],
}

impl Block<'_> {
    /// Does something to the rows of a feature, one output after the other, and renews their
    /// norms.
    fn each(&mut self, at: usize, mut change: impl FnMut(Slot<'_>, &mut [f32], usize)) {
        let cols = at * self.d_model..(at + 1) * self.d_model;
        let n_outputs = self.outputs.len();
        for (output, parts) in self.outputs.iter_mut().enumerate() {
            let [values, first, second, grad] = parts;
            let [values, first, second, grad] =
                [values, first, second, grad].map(|part| &mut part[cols.clone()]);
            change(Slot { values, first, second }, grad, output);
            self.squares[at * n_outputs + output] = square_of(values);
        }
    }
}

fn blocks<'a>(tables: [&'a mut LayerTables; 4], squares: &'a mut [f64]) -> Vec<Block<'a>> {
    let [params, first, second, grads] = tables;
    let (n_features, d_model) = (params.w_enc_fd.n_rows(), params.w_enc_fd.n_cols());
    let n_outputs = params.w_dec_fd.len();
    let cut = |mat: &'a mut Mat| mat.data_mut().chunks_mut(BLOCK * d_model);
    let mut chunks: Vec<_> = params
        .w_dec_fd
        .iter_mut()
        .zip(&mut first.w_dec_fd)
        .zip(second.w_dec_fd.iter_mut().zip(&mut grads.w_dec_fd))
        .map(|((params, first), (second, grads))| {
            [cut(params), cut(first), cut(second), cut(grads)]
        })
        .collect();
    let starts = (0..n_features).step_by(BLOCK);
    starts
        .zip(squares.chunks_mut(BLOCK * n_outputs))
        .map(|(start, squares)| Block {
            start,
            d_model,
            outputs: chunks
                .iter_mut()
                .map(|parts| {
                    parts.each_mut().map(|part| part.next().expect("all tables are cut alike"))
                })
                .collect(),
            squares,
        })
        .collect()
}
