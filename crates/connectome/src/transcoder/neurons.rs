//! A model's own MLP neurons as a dictionary: the one that is never wrong about the MLP.
//!
//! A neuron's value is a product of two parts of its input `x`: `h = s · z`, with
//!
//! ```text
//! gated MLP    z = up·x + b,   s = act(gate·x + c)
//! plain MLP    z = in·x + b,   s = act(z) / z
//! ```
//!
//! As a feature it reads `z` and writes `h` along its column of the output map; `s` is held at
//! its value on the prompt, as attention patterns are. So rows add up, nothing is missed, and
//! what decides `s` (a gate that opens) is explained by no edge.
//!
//! Features have activations above zero, and a path's sign is that of its edges; neurons have
//! either sign. So each is split in two, or four if `s` can be negative: the feature of a neuron
//! whose `z` is negative reads `−z`, and one whose `h` is negative writes the column turned
//! round. Activation is `|h|`, pre-activation `|z|`.
//!
//! Source: Arras et al. 2022 and Achtibat et al. 2024, arXiv:2402.05602, gates held in products;
//! Ameisen et al. 2025, "Circuit Tracing", compares transcoders with thresholded neurons.

use rayon::prelude::*;

use super::encode::Firing;
use crate::ops::matrix::Layout;
use crate::ops::{Linear, Mat, Matrix};

/// A neuron whose `z` is negative.
const READS_NEGATIVE: usize = 1;
/// A neuron whose `s` is negative.
const HELD_NEGATIVE: usize = 2;

/// One layer's MLP.
#[derive(Clone, Debug)]
pub struct NeuronLayer {
    /// `[M, D]`, for gated MLPs.
    pub gate: Option<Linear>,
    /// `[M, D]`: what a neuron reads, if a gate decides how much of it passes.
    pub up: Linear,
    /// `[D, M]`.
    pub down: Linear,
    /// The nonlinearity: of the gate, or of a plain MLP's neurons.
    pub act: fn(f32) -> f32,
}

/// One layer's neurons as features.
#[derive(Clone, Debug)]
pub(super) struct Neurons {
    mlp: NeuronLayer,
    /// At most so many a position, those that write most; all if `None`.
    strongest: Option<usize>,
    /// Length of each neuron's output column, `[M]`.
    written_m: Vec<f32>,
    /// Of every variant, `[F]`.
    b_enc_f: Vec<f32>,
}

impl Neurons {
    pub(super) fn new(mlp: NeuronLayer, strongest: Option<usize>) -> Self {
        let n_neurons = mlp.up.n_out();
        let n_variants = if mlp.gate.is_some() { 4 } else { 2 };
        let bias_m = mlp.up.bias().map_or_else(|| vec![0.0; n_neurons], <[f32]>::to_vec);
        let b_enc_f = (0..n_variants)
            .flat_map(|variant| bias_m.iter().map(move |bias| read_sign(variant) * bias))
            .collect();
        let mut neurons = Self { mlp, strongest, written_m: Vec::new(), b_enc_f };
        if strongest.is_some() {
            let all: Vec<u32> = (0..n_neurons as u32).collect();
            let columns = neurons.written(&all);
            neurons.written_m = columns.rows().map(length).collect();
        }
        neurons
    }

    /// Neurons, each in every variant.
    pub(super) fn n_features(&self) -> usize {
        self.b_enc_f.len()
    }

    pub(super) fn b_enc(&self) -> &[f32] {
        &self.b_enc_f
    }

    pub(super) fn b_dec(&self) -> Vec<f32> {
        self.mlp.down.bias().map_or_else(|| vec![0.0; self.mlp.down.n_out()], <[f32]>::to_vec)
    }

    fn n_neurons(&self) -> usize {
        self.mlp.up.n_out()
    }

    /// Neurons that are not zero, sorted by `(pos, index)`. Row 0 of `input_td` is position
    /// `first_pos`.
    pub(super) fn encode(&self, input_td: &Mat, first_pos: usize) -> Vec<Firing> {
        let read_tm = self.mlp.up.forward(input_td);
        let gate_tm = self.mlp.gate.as_ref().map(|gate| gate.forward(input_td));
        let of_row = |row: usize| -> Vec<Firing> {
            let read_m = read_tm.row(row);
            let held = |neuron: usize| match &gate_tm {
                Some(gate_tm) => (self.mlp.act)(gate_tm.row(row)[neuron]),
                // A plain neuron that reads nothing writes nothing.
                None if read_m[neuron] == 0.0 => 0.0,
                None => (self.mlp.act)(read_m[neuron]) / read_m[neuron],
            };
            let fired = (0..read_m.len()).filter_map(|neuron| {
                let (read, held) = (read_m[neuron], held(neuron));
                let activation = (read * held).abs();
                let variant = if read < 0.0 { READS_NEGATIVE } else { 0 }
                    + if held < 0.0 { HELD_NEGATIVE } else { 0 };
                let index = (variant * self.n_neurons() + neuron) as u32;
                let pos = (first_pos + row) as u32;
                let pre_activation = read.abs();
                (activation != 0.0).then_some(Firing { pos, index, activation, pre_activation })
            });
            self.kept(fired.collect())
        };
        let rows: Vec<Vec<Firing>> = (0..input_td.n_rows()).into_par_iter().map(of_row).collect();
        rows.concat()
    }

    /// Those that write most, if not all are kept; ascending by index.
    fn kept(&self, mut fired: Vec<Firing>) -> Vec<Firing> {
        if let Some(most) = self.strongest.filter(|most| *most < fired.len()) {
            let size = |firing: &Firing| {
                firing.activation * self.written_m[firing.index as usize % self.n_neurons()]
            };
            fired.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.index.cmp(&b.index)));
            fired.truncate(most);
        }
        fired.sort_unstable_by_key(|firing| firing.index);
        fired
    }

    /// What features read, `[n, D]`.
    pub(super) fn rows(&self, indices: &[u32]) -> Mat {
        let (weight, layout) = self.mlp.up.weight();
        let mut rows = gathered(weight, layout == Layout::OutIn, &self.neurons(indices));
        self.turn(&mut rows, indices, read_sign);
        rows
    }

    /// What features write, `[n, D]`.
    pub(super) fn written(&self, indices: &[u32]) -> Mat {
        let (weight, layout) = self.mlp.down.weight();
        let mut rows = gathered(weight, layout == Layout::InOut, &self.neurons(indices));
        self.turn(&mut rows, indices, |variant| read_sign(variant) * held_sign(variant));
        rows
    }

    fn neurons(&self, indices: &[u32]) -> Vec<usize> {
        indices.iter().map(|index| *index as usize % self.n_neurons()).collect()
    }

    fn turn(&self, rows: &mut Mat, indices: &[u32], sign: impl Fn(usize) -> f32) {
        for (row, index) in indices.iter().enumerate() {
            if sign(*index as usize / self.n_neurons()) < 0.0 {
                rows.row_mut(row).iter_mut().for_each(|x| *x = -*x);
            }
        }
    }
}

fn read_sign(variant: usize) -> f32 {
    if variant & READS_NEGATIVE == 0 { 1.0 } else { -1.0 }
}

fn held_sign(variant: usize) -> f32 {
    if variant & HELD_NEGATIVE == 0 { 1.0 } else { -1.0 }
}

/// One vector a neuron, from the rows or the columns of a weight.
fn gathered(weight: &Matrix, by_row: bool, neurons: &[usize]) -> Mat {
    let width = if by_row { weight.n_cols() } else { weight.n_rows() };
    let mut out = Mat::zeros(neurons.len(), width);
    let slots = out.data_mut().par_chunks_exact_mut(width);
    slots.zip(neurons).for_each(|(slot, &neuron)| {
        if by_row {
            weight.read_row(neuron, slot);
        } else {
            slot.copy_from_slice(weight.col_block(neuron, 1).to_mat().data());
        }
    });
    out
}

fn length(x: &[f32]) -> f32 {
    x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt() as f32
}
