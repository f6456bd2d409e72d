//! Every operation of a device beside the reference, on numbers that look random.
//!
//! Sizes are odd on purpose: widths beyond a block's threads and no multiple of anything, targets
//! of one row and of many tiles, offsets and strides that are not zero.

use super::error::DeviceError;
use super::format::{Format, Table};
use super::host::Host;
use super::row_device::{
    HeadColumns, NormPull, PatternPull, PatternView, RowDevice, Shape, Slab, SlabMut, Softmax,
    TILE, Vectors,
};
use crate::ops::matmul::Into;

/// An operation that is further from the reference than this is not that operation.
pub const TOLERANCE: f64 = 1e-4;

/// How far an operation is from the reference.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The operation, and which way it was used.
    pub operation: &'static str,
    /// The largest difference, as a share of the largest number expected.
    pub worst: f64,
}

impl Difference {
    /// Whether it is at most so large.
    #[must_use]
    pub fn is_within(&self, tolerance: f64) -> bool {
        self.worst <= tolerance
    }
}

/// Runs every operation on a device and on the reference.
///
/// # Errors
///
/// What the device reports.
pub fn differences<D: RowDevice>(device: &D) -> Result<Vec<Difference>, DeviceError> {
    let (expected, found) = (results(&Host::default())?, results(device)?);
    let pairs = expected.into_iter().zip(found);
    Ok(pairs
        .map(|((operation, expected), (_, found))| {
            let mut largest = 0.0_f64;
            let mut worst = 0.0_f64;
            for (x, y) in found.iter().zip(&expected) {
                let distance = f64::from((x - y).abs());
                // A NaN must not pass for agreement.
                worst = if distance.is_nan() { f64::INFINITY } else { worst.max(distance) };
                largest = largest.max(f64::from(y.abs()));
            }
            Difference { operation, worst: worst / largest }
        })
        .collect())
}

/// Operations and what they left.
pub type Results = Vec<(&'static str, Vec<f32>)>;

/// What every operation leaves in its output, buffers whole.
///
/// # Errors
///
/// What the device reports.
pub fn results<D: RowDevice>(device: &D) -> Result<Results, DeviceError> {
    Ok(vec![
        ("upload and download", copied(device)?),
        ("clear", cleared(device)?),
        ("add", added(device)?),
        ("product, row-major", product(device, false, false, Into::Overwrite)?),
        ("product, left transposed", product(device, true, false, Into::Add)?),
        ("product, right transposed", product(device, false, true, Into::Add)?),
        ("product, both transposed", product(device, true, true, Into::Overwrite)?),
        ("norm", normed(device, false)?),
        ("norm that centres", normed(device, true)?),
        ("row products", dotted(device, false, Into::Overwrite)?),
        ("row products, chosen vectors", dotted(device, true, Into::Add)?),
        ("gather", gathered(device)?),
        ("scatter", scattered(device)?),
        ("widen f32", widened(device, Format::F32)?),
        ("widen bf16", widened(device, Format::Bf16)?),
        ("widen f16", widened(device, Format::F16)?),
        ("pattern", pulled(device, false, Into::Overwrite)?),
        ("pattern, source-major", pulled(device, true, Into::Add)?),
        ("softmax", softened(device, None, None)?),
        ("softmax, capped, in a window", softened(device, Some(1.5), Some(7))?),
    ])
}

/// Numbers in `[-1, 1)` that look random and are the same everywhere.
fn noise(len: usize, mut seed: u64) -> Vec<f32> {
    let next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// Rows below `n`, none twice, in an order of their own; `n` is no multiple of 7.
fn shuffled(n: usize) -> Vec<u32> {
    (0..n).map(|i| (i * 7 % n) as u32).collect()
}

const SHAPE: Shape = Shape { n_rows: 290, width: 301 };

fn copied<D: RowDevice>(device: &D) -> Result<Vec<f32>, DeviceError> {
    device.download(&device.upload(&noise(1000, 1))?, 17..999)
}

fn cleared<D: RowDevice>(device: &D) -> Result<Vec<f32>, DeviceError> {
    let mut x = device.upload(&noise(1000, 2))?;
    device.clear(&mut x, 513)?;
    let mut out = device.download(&x, 0..1000)?;
    out.extend(device.download(&device.zeros(9)?, 0..9)?);
    Ok(out)
}

fn added<D: RowDevice>(device: &D) -> Result<Vec<f32>, DeviceError> {
    let (x, mut sum) = (device.upload(&noise(1000, 3))?, device.upload(&noise(1000, 4))?);
    device.add(&x, 777, &mut sum)?;
    device.download(&sum, 0..1000)
}

fn product<D: RowDevice>(
    device: &D,
    left: bool,
    right: bool,
    into: Into,
) -> Result<Vec<f32>, DeviceError> {
    let sizes @ [m, n, k] = [37, 53, 29];
    let (a, b) = (device.upload(&noise(5000, 5))?, device.upload(&noise(5000, 6))?);
    let mut out = device.upload(&noise(5000, 7))?;
    let a = if left { Slab::transposed(&a, 11, m + 3) } else { Slab::rows(&a, 11, k + 3) };
    let b = if right { Slab::transposed(&b, 5, k + 2) } else { Slab::rows(&b, 5, n + 2) };
    let slab = SlabMut { data: &mut out, offset: 23, row_stride: n + 4 };
    device.sgemm(sizes, a, b, slab, into)?;
    device.download(&out, 0..5000)
}

fn normed<D: RowDevice>(device: &D, centres: bool) -> Result<Vec<f32>, DeviceError> {
    let len = SHAPE.n_rows * SHAPE.width;
    let x = device.upload(&noise(len, 8))?;
    let gain_d = device.upload(&noise(SHAPE.width, 9))?;
    let scale_t = device.upload(&noise(13, 10))?;
    let positions: Vec<u32> = (0..SHAPE.n_rows as u32).map(|row| row % 13).collect();
    let pos_r = device.upload_words(&positions)?;
    let mut sums_r = device.zeros(SHAPE.n_rows)?;
    let vectors = Vectors { data: &gain_d, which_r: None };
    device.dot_rows(&x, SHAPE, vectors, (&mut sums_r, 0), Into::Overwrite)?;
    let sums_r = centres.then_some(&sums_r);
    let mut out = device.zeros(len)?;
    let norm = NormPull { gain_d: &gain_d, scale_t: &scale_t, pos_r: &pos_r, sums_r };
    device.pull_norm(&x, SHAPE, norm, &mut out)?;
    device.download(&out, 0..len)
}

fn dotted<D: RowDevice>(device: &D, chosen: bool, into: Into) -> Result<Vec<f32>, DeviceError> {
    let x = device.upload(&noise(SHAPE.n_rows * SHAPE.width, 11))?;
    let data = device.upload(&noise(11 * SHAPE.width, 12))?;
    let which: Vec<u32> = (0..SHAPE.n_rows as u32).map(|row| row * 5 % 11).collect();
    let which = device.upload_words(&which)?;
    let vectors = Vectors { data: &data, which_r: chosen.then_some(&which) };
    let mut out = device.upload(&noise(SHAPE.n_rows + 40, 13))?;
    device.dot_rows(&x, SHAPE, vectors, (&mut out, 31), into)?;
    device.download(&out, 0..SHAPE.n_rows + 40)
}

fn gathered<D: RowDevice>(device: &D) -> Result<Vec<f32>, DeviceError> {
    let x = device.upload(&noise(SHAPE.n_rows * SHAPE.width, 14))?;
    let rows = device.upload_words(&shuffled(SHAPE.n_rows))?;
    let shape = Shape { n_rows: 101, ..SHAPE };
    let mut out = device.zeros(102 * SHAPE.width)?;
    device.gather_rows(&x, &rows, shape, &mut out)?;
    device.download(&out, 0..102 * SHAPE.width)
}

fn scattered<D: RowDevice>(device: &D) -> Result<Vec<f32>, DeviceError> {
    let shape = Shape { n_rows: 57, ..SHAPE };
    let x = device.upload(&noise(shape.n_rows * shape.width, 15))?;
    let rows = device.upload_words(&shuffled(SHAPE.n_rows)[..57])?;
    let mut out = device.upload(&noise(SHAPE.n_rows * SHAPE.width, 16))?;
    device.scatter_rows(&x, &rows, shape, &mut out)?;
    device.download(&out, 0..SHAPE.n_rows * SHAPE.width)
}

fn widened<D: RowDevice>(device: &D, format: Format) -> Result<Vec<f32>, DeviceError> {
    let (n_rows, width) = (23, 301);
    let row_words = format.row_words(width);
    let mut words = vec![0; n_rows * row_words];
    for (row, slot) in words.chunks_exact_mut(row_words).enumerate() {
        // Bits of every kind: signs, zeros, and what is subnormal in f16.
        let values: Vec<f32> = noise(width, 17 + row as u64)
            .into_iter()
            .map(|x| match format {
                Format::F32 => x,
                Format::Bf16 => half::bf16::from_f32(x).to_f32(),
                Format::F16 => half::f16::from_f32(x * 2.0_f32.powi(-(row as i32))).to_f32(),
            })
            .collect();
        format.pack(&values, slot);
    }
    let mut stored = device.words(words.len())?;
    let (first, second) = words.split_at(words.len() / 3);
    device.write_words(&mut stored, 0, first)?;
    device.write_words(&mut stored, first.len(), second)?;
    let table = Table { words: stored, format, width };
    let rows = device.upload_words(&shuffled(n_rows))?;
    let mut out = device.zeros(n_rows * width)?;
    device.widen_rows(&table, &rows, 4..21, &mut out)?;
    device.download(&out, 0..n_rows * width)
}

fn pulled<D: RowDevice>(
    device: &D,
    source_major: bool,
    into: Into,
) -> Result<Vec<f32>, DeviceError> {
    let (n_tokens, width) = (21, 37);
    let (mut pos_r, mut first_row, mut last_row) = (Vec::new(), Vec::new(), Vec::new());
    for pos in [20_u32, 0, 7, 8, 15] {
        let start = pos_r.len() as u32;
        pos_r.extend(0..=pos);
        for row in (start..=start + pos).step_by(TILE) {
            first_row.push(row);
            last_row.push(start + pos);
        }
    }
    let n_rows = pos_r.len();
    // One head of three that goes in, one of two that comes out.
    let columns = HeadColumns {
        first_in: 2 * width,
        stride_in: 3 * width,
        first_out: width,
        stride_out: 2 * width,
        width,
    };
    let mut pattern = noise(2 * n_tokens * n_tokens, 40);
    let (t_stride, s_stride) = if source_major { (1, n_tokens) } else { (n_tokens, 1) };
    let offset = n_tokens * n_tokens;
    for t in 0..n_tokens {
        for s in t + 1..n_tokens {
            pattern[offset + t * t_stride + s * s_stride] = 0.0;
        }
    }
    let data = device.upload(&pattern)?;
    let mixed = device.upload(&noise(n_rows * columns.stride_in, 41))?;
    let mut values = device.upload(&noise(n_rows * columns.stride_out, 42))?;
    let pull = PatternPull {
        pattern: PatternView { data: &data, offset, t_stride, s_stride },
        first_row: &device.upload_words(&first_row)?,
        last_row: &device.upload_words(&last_row)?,
        pos_r: &device.upload_words(&pos_r)?,
        n_tiles: first_row.len(),
    };
    device.pull_pattern(&pull, columns, &mixed, &mut values, into)?;
    device.download(&values, 0..n_rows * columns.stride_out)
}

fn softened<D: RowDevice>(
    device: &D,
    cap: Option<f32>,
    window: Option<usize>,
) -> Result<Vec<f32>, DeviceError> {
    let n_tokens = 101;
    let mut scores_st = device.upload(&noise(n_tokens * n_tokens + 5, 43))?;
    device.soften(&mut scores_st, Softmax { n_tokens, scale: 3.0, cap, window })?;
    device.download(&scores_st, 0..n_tokens * n_tokens + 5)
}
