//! The decoder of one layer: writing directions, of which only the rows asked for are read.

use std::path::PathBuf;

use half::{bf16, f16};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rayon::prelude::*;

use super::place::Place;
use crate::error::LoadError;
use crate::ops::matrix::{Dtype, Stored};

/// Rows asked for ahead of the copy, and given back after it.
const BATCH: usize = 256;

/// The decoder of one layer, as a strided view of its file.
#[derive(Clone, Debug)]
pub(super) struct Decoder {
    stored: Stored,
    strides: Strides,
    n_outputs: usize,
    d_model: usize,
    place: Place,
    random: Option<Random>,
}

/// Where the directions of a decoder come from that writes at random.
#[derive(Clone, Copy, Debug)]
struct Random {
    seed: u64,
    layer: usize,
}

/// Distances between elements: one step in a feature, an output layer or a component of the
/// direction, from the element at `offset`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Strides {
    pub(super) offset: usize,
    pub(super) feature: usize,
    pub(super) output: usize,
    pub(super) component: usize,
}

impl Strides {
    /// `[F, n_outputs, D]`, row-major.
    pub(super) fn row_major(n_outputs: usize, d_model: usize) -> Self {
        Self { offset: 0, feature: n_outputs * d_model, output: d_model, component: 1 }
    }
}

impl Decoder {
    pub(super) fn new(
        stored: Stored,
        strides: Strides,
        [n_outputs, d_model]: [usize; 2],
        tensor: &str,
        path: PathBuf,
    ) -> Self {
        stored.random_access();
        let place = Place { tensor: tensor.to_owned(), path };
        Self { stored, strides, n_outputs, d_model, place, random: None }
    }

    /// From now on keeps only the lengths of its rows; directions are drawn by `seed`, each from
    /// a stream of its own, so that they do not depend on which others are read.
    pub(super) fn write_at_random(&mut self, seed: u64, layer: usize) {
        self.random = Some(Random { seed, layer });
    }

    pub(super) fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    /// Copies the rows of these features.
    pub(super) fn gather(&self, indices: &[u32]) -> Result<DecoderRows, LoadError> {
        let row_len = self.n_outputs * self.d_model;
        let dtype = self.stored.dtype();
        let mut numbers = Numbers::zeros(indices.len() * row_len, dtype);
        let batch_bytes = BATCH * row_len * dtype.bytes();
        for (batch, slots) in indices.chunks(BATCH).zip(numbers.bytes_mut().chunks_mut(batch_bytes))
        {
            self.will_need(batch);
            let rows = slots.par_chunks_exact_mut(row_len * dtype.bytes()).zip(batch.par_iter());
            rows.for_each(|(slot, index)| self.copy_row(*index as usize, slot));
            self.release(batch);
        }
        let rows = DecoderRows {
            numbers,
            n: indices.len(),
            n_outputs: self.n_outputs,
            d_model: self.d_model,
        };
        match rows.numbers.first_not_finite() {
            None => Ok(match self.random {
                None => rows,
                Some(random) => rows.redrawn(random, indices),
            }),
            Some((at, value)) => Err(self.place.not_finite(self.element(indices, at), value)),
        }
    }

    fn copy_row(&self, feature: usize, slot: &mut [u8]) {
        let size = self.stored.dtype().bytes();
        let (offset, step) = (self.strides.offset, self.strides.component);
        for (output, slot) in slot.chunks_exact_mut(self.d_model * size).enumerate() {
            let start = offset + feature * self.strides.feature + output * self.strides.output;
            if step == 1 {
                slot.copy_from_slice(self.stored.raw(start, self.d_model));
                continue;
            }
            for (component, slot) in slot.chunks_exact_mut(size).enumerate() {
                slot.copy_from_slice(self.stored.raw(start + component * step, 1));
            }
        }
    }

    fn will_need(&self, batch: &[u32]) {
        if self.strides.component == 1 {
            for index in batch {
                let (start, len) = self.extent(*index, *index);
                self.stored.will_need(start, len);
            }
        }
    }

    fn release(&self, batch: &[u32]) {
        if let (Some(first), Some(last)) = (batch.iter().min(), batch.iter().max()) {
            let (start, len) = self.extent(*first, *last);
            self.stored.release(start, len);
        }
    }

    /// First element and number of elements between the rows of two features, both included.
    fn extent(&self, first: u32, last: u32) -> (usize, usize) {
        let start = self.strides.offset + first as usize * self.strides.feature;
        let len = (last - first) as usize * self.strides.feature
            + (self.n_outputs - 1) * self.strides.output
            + (self.d_model - 1) * self.strides.component
            + 1;
        (start, len)
    }

    /// Where in the stored tensor the number `at` of the gathered rows came from.
    fn element(&self, indices: &[u32], at: usize) -> usize {
        let (row, rest) =
            (at / (self.n_outputs * self.d_model), at % (self.n_outputs * self.d_model));
        let (output, component) = (rest / self.d_model, rest % self.d_model);
        self.strides.offset
            + indices[row] as usize * self.strides.feature
            + output * self.strides.output
            + component * self.strides.component
    }
}

/// Writing directions of some features of one layer, `[n, n_outputs, D]`, in the file's type.
#[derive(Clone, Debug)]
pub struct DecoderRows {
    numbers: Numbers,
    n: usize,
    n_outputs: usize,
    d_model: usize,
}

impl DecoderRows {
    /// Rows of features that write to one layer, `[n, D]`.
    pub(super) fn of_one_output(rows: crate::ops::Mat) -> Self {
        let (n, d_model) = (rows.n_rows(), rows.n_cols());
        Self { numbers: Numbers::F32(rows.into_vec()), n, n_outputs: 1, d_model }
    }

    /// Rows of the same lengths in random directions.
    fn redrawn(self, random: Random, indices: &[u32]) -> Self {
        let (n_outputs, d_model) = (self.n_outputs, self.d_model);
        let mut values = vec![0.0; self.n * n_outputs * d_model];
        let slots = values.par_chunks_exact_mut(d_model).enumerate();
        slots.for_each(|(slot, out)| {
            let (row, output) = (slot / n_outputs, slot % n_outputs);
            self.read(row, output, out);
            let length = length(out);
            let mut rng = ChaCha8Rng::seed_from_u64(random.seed);
            // Layers and outputs are far fewer than 2¹⁶.
            let layer_and_output = ((random.layer as u64) << 16) | output as u64;
            rng.set_stream((layer_and_output << 32) | u64::from(indices[row]));
            out.iter_mut().for_each(|x| *x = normal(&mut rng));
            let drawn = length_or_one(out);
            out.iter_mut().for_each(|x| *x = (f64::from(*x) * length / drawn) as f32);
        });
        Self { numbers: Numbers::F32(values), ..self }
    }

    /// Features.
    #[must_use]
    pub fn n(&self) -> usize {
        self.n
    }

    /// Layers each of them writes to; output 0 is their own layer.
    #[must_use]
    pub fn n_outputs(&self) -> usize {
        self.n_outputs
    }

    /// Width of a direction.
    #[must_use]
    pub fn d_model(&self) -> usize {
        self.d_model
    }

    /// Widens the direction of one feature at one output layer into `out` (`D` numbers).
    pub fn read(&self, row: usize, output: usize, out: &mut [f32]) {
        let start = self.start(row, output);
        assert_eq!(out.len(), self.d_model, "width of the buffer");
        self.numbers.widen(start, out);
    }

    /// The same where it lies, if the file holds f32.
    #[must_use]
    pub fn as_f32_row(&self, row: usize, output: usize) -> Option<&[f32]> {
        let start = self.start(row, output);
        match &self.numbers {
            Numbers::F32(values) => Some(&values[start..start + self.d_model]),
            Numbers::Bf16(_) | Numbers::F16(_) => None,
        }
    }

    /// Bytes held.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        match &self.numbers {
            Numbers::F32(values) => size_of_val(values.as_slice()),
            Numbers::Bf16(values) => size_of_val(values.as_slice()),
            Numbers::F16(values) => size_of_val(values.as_slice()),
        }
    }

    fn start(&self, row: usize, output: usize) -> usize {
        assert!(row < self.n && output < self.n_outputs, "row or output past the end");
        (row * self.n_outputs + output) * self.d_model
    }
}

fn length(x: &[f32]) -> f64 {
    x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt()
}

fn length_or_one(x: &[f32]) -> f64 {
    let length = length(x);
    if length > 0.0 { length } else { 1.0 }
}

/// A normal number, by Box and Muller.
fn normal(rng: &mut ChaCha8Rng) -> f32 {
    let mut unit = || ((rng.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
    let (radius, angle) = (unit(), unit());
    ((-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()) as f32
}

/// Owned numbers in a stored type.
#[derive(Clone, Debug)]
enum Numbers {
    F32(Vec<f32>),
    Bf16(Vec<bf16>),
    F16(Vec<f16>),
}

impl Numbers {
    fn zeros(len: usize, dtype: Dtype) -> Self {
        match dtype {
            Dtype::F32 => Self::F32(vec![0.0; len]),
            Dtype::Bf16 => Self::Bf16(vec![bf16::ZERO; len]),
            Dtype::F16 => Self::F16(vec![f16::ZERO; len]),
        }
    }

    fn bytes_mut(&mut self) -> &mut [u8] {
        match self {
            Self::F32(values) => bytemuck::cast_slice_mut(values),
            Self::Bf16(values) => bytemuck::cast_slice_mut(values),
            Self::F16(values) => bytemuck::cast_slice_mut(values),
        }
    }

    fn widen(&self, start: usize, out: &mut [f32]) {
        let span = start..start + out.len();
        match self {
            Self::F32(values) => out.copy_from_slice(&values[span]),
            Self::Bf16(values) => {
                for (x, value) in out.iter_mut().zip(&values[span]) {
                    *x = value.to_f32();
                }
            }
            Self::F16(values) => {
                for (x, value) in out.iter_mut().zip(&values[span]) {
                    *x = value.to_f32();
                }
            }
        }
    }

    fn first_not_finite(&self) -> Option<(usize, f32)> {
        match self {
            Self::F32(values) => crate::ops::dense::first_not_finite(values),
            Self::Bf16(values) => {
                let at = values.iter().position(|x| !x.is_finite())?;
                Some((at, values[at].to_f32()))
            }
            Self::F16(values) => {
                let at = values.iter().position(|x| !x.is_finite())?;
                Some((at, values[at].to_f32()))
            }
        }
    }
}
