//! [`Host`]: every operation as plain loops on this machine's memory.
//!
//! This is what the operations mean. It is slow on purpose: nothing here is clever, so that it
//! can be trusted when a kernel disagrees.

use std::cell::Cell;
use std::ops::Range;

use super::error::DeviceError;
use super::format::Table;
use super::row_device::{
    HeadColumns, NormPull, PatternPull, RowDevice, Shape, Slab, SlabMut, Softmax, TILE, Vectors,
};
use crate::ops::matmul::Into;

/// The reference device.
#[derive(Debug, Default)]
pub struct Host {
    allocated: Cell<u64>,
    free: Option<u64>,
}

impl Host {
    /// A device that says it has so many free bytes, and never fewer.
    #[must_use]
    pub fn with_free_bytes(free: u64) -> Self {
        Self { allocated: Cell::new(0), free: Some(free) }
    }

    /// Bytes of all buffers made so far, dropped ones included.
    #[must_use]
    pub fn allocated_bytes(&self) -> u64 {
        self.allocated.get()
    }

    fn count(&self, len: usize) {
        self.allocated.set(self.allocated.get() + 4 * len as u64);
    }
}

fn put(slot: &mut f32, value: f32, into: Into) {
    match into {
        Into::Overwrite => *slot = value,
        Into::Add => *slot += value,
    }
}

impl RowDevice for Host {
    type Floats = Vec<f32>;
    type Words = Vec<u32>;

    fn name(&self) -> String {
        "reference".to_owned()
    }

    fn free_bytes(&self) -> Result<Option<u64>, DeviceError> {
        Ok(self.free)
    }

    fn zeros(&self, len: usize) -> Result<Vec<f32>, DeviceError> {
        self.count(len);
        Ok(vec![0.0; len])
    }

    fn upload(&self, values: &[f32]) -> Result<Vec<f32>, DeviceError> {
        self.count(values.len());
        Ok(values.to_vec())
    }

    fn words(&self, len: usize) -> Result<Vec<u32>, DeviceError> {
        self.count(len);
        Ok(vec![0; len])
    }

    fn write_words(
        &self,
        into: &mut Vec<u32>,
        offset: usize,
        values: &[u32],
    ) -> Result<(), DeviceError> {
        into[offset..offset + values.len()].copy_from_slice(values);
        Ok(())
    }

    fn download(&self, x: &Vec<f32>, range: Range<usize>) -> Result<Vec<f32>, DeviceError> {
        Ok(x[range].to_vec())
    }

    fn clear(&self, x: &mut Vec<f32>, len: usize) -> Result<(), DeviceError> {
        x[..len].fill(0.0);
        Ok(())
    }

    fn add(&self, x: &Vec<f32>, len: usize, into: &mut Vec<f32>) -> Result<(), DeviceError> {
        into[..len].iter_mut().zip(&x[..len]).for_each(|(sum, x)| *sum += x);
        Ok(())
    }

    fn sgemm(
        &self,
        [m, n, k]: [usize; 3],
        a: Slab<'_, Vec<f32>>,
        b: Slab<'_, Vec<f32>>,
        out: SlabMut<'_, Vec<f32>>,
        into: Into,
    ) -> Result<(), DeviceError> {
        for i in 0..m {
            for j in 0..n {
                let mut sum = 0.0;
                for l in 0..k {
                    sum += a.data[a.offset + i * a.row_stride + l * a.col_stride]
                        * b.data[b.offset + l * b.row_stride + j * b.col_stride];
                }
                put(&mut out.data[out.offset + i * out.row_stride + j], sum, into);
            }
        }
        Ok(())
    }

    fn pull_norm(
        &self,
        x: &Vec<f32>,
        Shape { n_rows, width }: Shape,
        norm: NormPull<'_, Vec<f32>, Vec<u32>>,
        out: &mut Vec<f32>,
    ) -> Result<(), DeviceError> {
        for row in 0..n_rows {
            let scale = norm.scale_t[norm.pos_r[row] as usize];
            let mean = norm.sums_r.map_or(0.0, |sums_r| scale * sums_r[row] / width as f32);
            for col in 0..width {
                let at = row * width + col;
                out[at] = x[at] * norm.gain_d[col] * scale - mean;
            }
        }
        Ok(())
    }

    fn dot_rows(
        &self,
        x: &Vec<f32>,
        Shape { n_rows, width }: Shape,
        vectors: Vectors<'_, Vec<f32>, Vec<u32>>,
        (out, offset): (&mut Vec<f32>, usize),
        into: Into,
    ) -> Result<(), DeviceError> {
        for row in 0..n_rows {
            let which = vectors.which_r.map_or(0, |which_r| which_r[row] as usize);
            let mut sum = 0.0;
            for col in 0..width {
                sum += x[row * width + col] * vectors.data[which * width + col];
            }
            put(&mut out[offset + row], sum, into);
        }
        Ok(())
    }

    fn gather_rows(
        &self,
        x: &Vec<f32>,
        rows: &Vec<u32>,
        Shape { n_rows, width }: Shape,
        out: &mut Vec<f32>,
    ) -> Result<(), DeviceError> {
        for (to, from) in rows[..n_rows].iter().enumerate() {
            let from = *from as usize * width;
            out[to * width..(to + 1) * width].copy_from_slice(&x[from..from + width]);
        }
        Ok(())
    }

    fn scatter_rows(
        &self,
        x: &Vec<f32>,
        rows: &Vec<u32>,
        Shape { n_rows, width }: Shape,
        out: &mut Vec<f32>,
    ) -> Result<(), DeviceError> {
        for (from, to) in rows[..n_rows].iter().enumerate() {
            let to = *to as usize * width;
            out[to..to + width].copy_from_slice(&x[from * width..(from + 1) * width]);
        }
        Ok(())
    }

    fn widen_rows(
        &self,
        table: &Table<Vec<u32>>,
        rows: &Vec<u32>,
        range: Range<usize>,
        out: &mut Vec<f32>,
    ) -> Result<(), DeviceError> {
        let row_words = table.format.row_words(table.width);
        for (to, from) in rows[range].iter().enumerate() {
            let from = *from as usize * row_words;
            let slot = &mut out[to * table.width..(to + 1) * table.width];
            table.format.unpack(&table.words[from..from + row_words], slot);
        }
        Ok(())
    }

    fn pull_pattern(
        &self,
        pull: &PatternPull<'_, Vec<f32>, Vec<u32>>,
        columns: HeadColumns,
        mixed: &Vec<f32>,
        values: &mut Vec<f32>,
        into: Into,
    ) -> Result<(), DeviceError> {
        let pattern = &pull.pattern;
        for tile in 0..pull.n_tiles {
            let (first, last) = (pull.first_row[tile] as usize, pull.last_row[tile] as usize);
            for row in first..=last.min(first + TILE - 1) {
                let s = pull.pos_r[row] as usize;
                for col in 0..columns.width {
                    let mut sum = 0.0;
                    for from in row..=last {
                        let t = s + from - row;
                        let share = pattern.data
                            [pattern.offset + t * pattern.t_stride + s * pattern.s_stride];
                        sum += share * mixed[from * columns.stride_in + columns.first_in + col];
                    }
                    let at = row * columns.stride_out + columns.first_out + col;
                    put(&mut values[at], sum, into);
                }
            }
        }
        Ok(())
    }

    fn soften(&self, scores_st: &mut Vec<f32>, softmax: Softmax) -> Result<(), DeviceError> {
        let n_tokens = softmax.n_tokens;
        for t in 0..n_tokens {
            let first = softmax.window.map_or(0, |size| (t + 1).saturating_sub(size));
            let seen = |s: usize| s >= first && s <= t;
            let score = |x: f32| {
                let scaled = x * softmax.scale;
                softmax.cap.map_or(scaled, |cap| cap * (scaled / cap).tanh())
            };
            let mut max = f32::NEG_INFINITY;
            for s in (0..n_tokens).filter(|s| seen(*s)) {
                max = max.max(score(scores_st[s * n_tokens + t]));
            }
            let mut sum = 0.0;
            for s in (0..n_tokens).filter(|s| seen(*s)) {
                sum += (score(scores_st[s * n_tokens + t]) - max).exp();
            }
            for s in 0..n_tokens {
                let slot = &mut scores_st[s * n_tokens + t];
                *slot = if seen(s) { (score(*slot) - max).exp() / sum } else { 0.0 };
            }
        }
        Ok(())
    }
}
