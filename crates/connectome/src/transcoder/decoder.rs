//! The decoder of one layer: writing directions, of which only the rows asked for are read.

use std::path::PathBuf;

use half::{bf16, f16};
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
        Self { stored, strides, n_outputs, d_model, place }
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
            None => Ok(rows),
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
