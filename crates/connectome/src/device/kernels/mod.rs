//! [`Kernels`]: every operation as launches of `kernels.cu` and products, on any [`Machine`].
//!
//! # Invariants
//!
//! - Before anything runs, sizes, offsets and the largest entry of every index list have been
//!   checked against the memory that they reach into. Machines rely on it.
//! - A kernel's arguments are listed here in the order in which `kernels.cu` declares them.

mod machine;

use std::cell::RefCell;
use std::ops::Range;

pub use self::machine::{Argument, BlasCall, BlasOperand, Launch, Machine};
use super::error::DeviceError;
use super::format::Table;
use super::row_device::{
    HeadColumns, NormPull, PatternPull, RowDevice, Shape, Slab, SlabMut, Softmax, Vectors,
};
use crate::ops::matmul::Into;

/// The kernels' source, in CUDA C.
pub const SOURCE: &str = include_str!("kernels.cu");

/// The kernels' names.
pub const NAMES: [&str; 9] = [
    "add",
    "pull_norm",
    "dot_parts",
    "dot_sums",
    "gather_rows",
    "scatter_rows",
    "widen_rows",
    "pull_pattern",
    "soften",
];

/// Partial sums of a row in `dot_parts`; `kernels.cu` has it, too.
const LANES: usize = 32;

/// Threads of a block where one thread does one element.
const THREADS: usize = 256;

/// A [`RowDevice`] that runs kernels.
#[derive(Debug)]
pub struct Kernels<M: Machine> {
    machine: M,
    /// Partial sums of `dot_parts`, as many as were ever needed.
    parts: RefCell<Option<Floats<M>>>,
}

/// Numbers on a machine.
#[derive(Debug)]
pub struct Floats<M: Machine> {
    memory: M::Memory,
    len: usize,
}

/// Words on a machine.
#[derive(Debug)]
pub struct Words<M: Machine> {
    memory: M::Memory,
    len: usize,
    /// One more than the largest word ever written: what an index list reaches up to.
    end: usize,
}

impl<M: Machine> Kernels<M> {
    /// The kernels on a machine.
    #[must_use]
    pub fn new(machine: M) -> Self {
        Self { machine, parts: RefCell::new(None) }
    }

    /// What runs them.
    #[must_use]
    pub fn machine(&self) -> &M {
        &self.machine
    }

    /// The address of number `at` of a buffer.
    fn at(&self, x: &Floats<M>, at: usize) -> Argument {
        Argument::Address(self.machine.address(&x.memory) + 4 * at as u64)
    }

    /// The address of word `at` of a list.
    fn word(&self, x: &Words<M>, at: usize) -> Argument {
        Argument::Address(self.machine.address(&x.memory) + 4 * at as u64)
    }

    fn launch(
        &self,
        kernel: &'static str,
        blocks: usize,
        threads: usize,
        arguments: Vec<Argument>,
    ) -> Result<(), DeviceError> {
        if blocks == 0 {
            return Ok(());
        }
        let (blocks, threads) = (count(blocks), count(threads));
        self.machine.launch(&Launch { kernel, blocks, threads, arguments })
    }

    /// One block a row, with threads for its columns.
    fn launch_rows(
        &self,
        kernel: &'static str,
        shape: Shape,
        arguments: Vec<Argument>,
    ) -> Result<(), DeviceError> {
        let threads = shape.width.next_multiple_of(32).clamp(32, THREADS);
        self.launch(kernel, shape.n_rows, threads, arguments)
    }
}

/// A size as the kernels take it.
fn count(size: usize) -> u32 {
    u32::try_from(size).expect("one batch has fewer than 2^32 rows and columns")
}

fn width(shape: Shape) -> Argument {
    Argument::Word(count(shape.width))
}

/// Fails if an operation would reach beyond its memory: a mistake of this crate.
fn check(what: &str, needed: usize, len: usize) {
    assert!(needed <= len, "{what} has {len} elements, {needed} are needed");
}

fn check_rows<M: Machine>(what: &str, shape: Shape, x: &Floats<M>) {
    check(what, shape.n_rows * shape.width, x.len);
}

/// An index list must be long enough, and reach no further than `n` entries.
fn check_list<M: Machine>(what: &str, list: &Words<M>, len: usize, n: usize) {
    check(what, len, list.len);
    check(what, if len == 0 { 0 } else { list.end }, n);
}

fn adds(into: Into) -> Argument {
    Argument::Word(u32::from(into == Into::Add))
}

/// Elements that a strided operand reaches over.
fn reach<F>(slab: &Slab<'_, F>, rows: usize, cols: usize) -> usize {
    slab.offset + (rows - 1) * slab.row_stride + (cols - 1) * slab.col_stride + 1
}

/// `out = a · b` in row-major order is `outᵀ = bᵀ · aᵀ` in column-major order: the operands
/// change places, and row-major memory is its own transpose.
fn blas<F>(slab: &Slab<'_, F>, address: u64) -> BlasOperand {
    let transposed = slab.col_stride != 1;
    let ld = if transposed { slab.col_stride } else { slab.row_stride };
    BlasOperand { address, ld: size(ld), transposed }
}

/// A size as BLAS takes it.
fn size(size: usize) -> i32 {
    i32::try_from(size).expect("one batch has fewer than 2^31 rows and columns")
}

impl<M: Machine> RowDevice for Kernels<M> {
    type Floats = Floats<M>;
    type Words = Words<M>;

    fn name(&self) -> String {
        self.machine.name()
    }

    fn free_bytes(&self) -> Result<Option<u64>, DeviceError> {
        self.machine.free_bytes().map(Some)
    }

    fn zeros(&self, len: usize) -> Result<Floats<M>, DeviceError> {
        let mut memory = self.machine.alloc(len)?;
        self.machine.clear(&mut memory, len)?;
        Ok(Floats { memory, len })
    }

    fn upload(&self, values: &[f32]) -> Result<Floats<M>, DeviceError> {
        let mut memory = self.machine.alloc(values.len())?;
        self.machine.write(&mut memory, 0, bytemuck::cast_slice(values))?;
        Ok(Floats { memory, len: values.len() })
    }

    fn words(&self, len: usize) -> Result<Words<M>, DeviceError> {
        let mut memory = self.machine.alloc(len)?;
        self.machine.clear(&mut memory, len)?;
        Ok(Words { memory, len, end: 1 })
    }

    fn write_words(
        &self,
        into: &mut Words<M>,
        offset: usize,
        values: &[u32],
    ) -> Result<(), DeviceError> {
        check("word list", offset + values.len(), into.len);
        let end = values.iter().max().map_or(0, |max| *max as usize + 1);
        into.end = into.end.max(end);
        self.machine.write(&mut into.memory, offset, values)
    }

    fn download(&self, x: &Floats<M>, range: Range<usize>) -> Result<Vec<f32>, DeviceError> {
        check("buffer", range.end, x.len);
        let mut values = vec![0.0; range.len()];
        self.machine.read(&x.memory, range.start, bytemuck::cast_slice_mut(&mut values))?;
        Ok(values)
    }

    fn clear(&self, x: &mut Floats<M>, len: usize) -> Result<(), DeviceError> {
        check("buffer", len, x.len);
        self.machine.clear(&mut x.memory, len)
    }

    fn add(&self, x: &Floats<M>, len: usize, into: &mut Floats<M>) -> Result<(), DeviceError> {
        check("summand", len, x.len);
        check("sum", len, into.len);
        let arguments = vec![self.at(x, 0), Argument::Long(len as u64), self.at(into, 0)];
        self.launch("add", len.div_ceil(THREADS), THREADS, arguments)
    }

    fn sgemm(
        &self,
        [m, n, k]: [usize; 3],
        a: Slab<'_, Floats<M>>,
        b: Slab<'_, Floats<M>>,
        out: SlabMut<'_, Floats<M>>,
        into: Into,
    ) -> Result<(), DeviceError> {
        if m == 0 || n == 0 {
            return Ok(());
        }
        check("left operand", reach(&a, m, k), a.data.len);
        check("right operand", reach(&b, k, n), b.data.len);
        check("product", out.offset + (m - 1) * out.row_stride + n, out.data.len);
        let address = |x: &Floats<M>, at: usize| self.machine.address(&x.memory) + 4 * at as u64;
        self.machine.sgemm(&BlasCall {
            m: size(n),
            n: size(m),
            k: size(k),
            a: blas(&b, address(b.data, b.offset)),
            b: blas(&a, address(a.data, a.offset)),
            beta: if into == Into::Add { 1.0 } else { 0.0 },
            c: address(out.data, out.offset),
            ldc: size(out.row_stride),
        })
    }

    fn pull_norm(
        &self,
        x: &Floats<M>,
        shape: Shape,
        norm: NormPull<'_, Floats<M>, Words<M>>,
        out: &mut Floats<M>,
    ) -> Result<(), DeviceError> {
        check_rows("input", shape, x);
        check_rows("output", shape, out);
        check("gain", shape.width, norm.gain_d.len);
        check_list("positions", norm.pos_r, shape.n_rows, norm.scale_t.len);
        check("sums", shape.n_rows, norm.sums_r.map_or(usize::MAX, |sums_r| sums_r.len));
        let arguments = vec![
            self.at(x, 0),
            width(shape),
            self.at(norm.gain_d, 0),
            self.at(norm.scale_t, 0),
            self.word(norm.pos_r, 0),
            norm.sums_r.map_or(Argument::Address(0), |sums_r| self.at(sums_r, 0)),
            self.at(out, 0),
        ];
        self.launch_rows("pull_norm", shape, arguments)
    }

    fn dot_rows(
        &self,
        x: &Floats<M>,
        shape: Shape,
        vectors: Vectors<'_, Floats<M>, Words<M>>,
        (out, offset): (&mut Floats<M>, usize),
        into: Into,
    ) -> Result<(), DeviceError> {
        check_rows("input", shape, x);
        check("output", offset + shape.n_rows, out.len);
        check("vectors", shape.width, vectors.data.len);
        let n_vectors = vectors.data.len / shape.width;
        if let Some(which_r) = vectors.which_r {
            check_list("choice of vectors", which_r, shape.n_rows, n_vectors);
        }
        let mut parts = self.parts.borrow_mut();
        let parts = match parts.take() {
            Some(held) if held.len >= shape.n_rows * LANES => parts.insert(held),
            _ => parts.insert(self.zeros(shape.n_rows * LANES)?),
        };
        let which_r = vectors.which_r.map_or(Argument::Address(0), |which| self.word(which, 0));
        let arguments =
            vec![self.at(x, 0), width(shape), self.at(vectors.data, 0), which_r, self.at(parts, 0)];
        self.launch("dot_parts", shape.n_rows, LANES, arguments)?;
        let n_rows = Argument::Long(shape.n_rows as u64);
        let arguments = vec![self.at(parts, 0), n_rows, adds(into), self.at(out, offset)];
        self.launch("dot_sums", shape.n_rows.div_ceil(THREADS), THREADS, arguments)
    }

    fn gather_rows(
        &self,
        x: &Floats<M>,
        rows: &Words<M>,
        shape: Shape,
        out: &mut Floats<M>,
    ) -> Result<(), DeviceError> {
        check_list("rows", rows, shape.n_rows, x.len / shape.width);
        check_rows("output", shape, out);
        let arguments = vec![self.at(x, 0), self.word(rows, 0), width(shape), self.at(out, 0)];
        self.launch_rows("gather_rows", shape, arguments)
    }

    fn scatter_rows(
        &self,
        x: &Floats<M>,
        rows: &Words<M>,
        shape: Shape,
        out: &mut Floats<M>,
    ) -> Result<(), DeviceError> {
        check_rows("input", shape, x);
        check_list("rows", rows, shape.n_rows, out.len / shape.width);
        let arguments = vec![self.at(x, 0), self.word(rows, 0), width(shape), self.at(out, 0)];
        self.launch_rows("scatter_rows", shape, arguments)
    }

    fn widen_rows(
        &self,
        table: &Table<Words<M>>,
        rows: &Words<M>,
        range: Range<usize>,
        out: &mut Floats<M>,
    ) -> Result<(), DeviceError> {
        let row_words = table.format.row_words(table.width);
        let shape = Shape { n_rows: range.len(), width: table.width };
        check_list("rows", rows, range.end, table.words.len / row_words);
        check_rows("output", shape, out);
        let arguments = vec![
            self.word(&table.words, 0),
            Argument::Word(table.format as u32),
            width(shape),
            Argument::Word(count(row_words)),
            self.word(rows, range.start),
            self.at(out, 0),
        ];
        self.launch_rows("widen_rows", shape, arguments)
    }

    fn pull_pattern(
        &self,
        pull: &PatternPull<'_, Floats<M>, Words<M>>,
        columns: HeadColumns,
        mixed: &Floats<M>,
        values: &mut Floats<M>,
        into: Into,
    ) -> Result<(), DeviceError> {
        let PatternPull { pattern, first_row, last_row, pos_r, n_tiles } = pull;
        check_list("first rows", first_row, *n_tiles, pos_r.len);
        check_list("last rows", last_row, *n_tiles, pos_r.len);
        check("columns that go in", columns.first_in + columns.width, columns.stride_in);
        check("columns that come out", columns.first_out + columns.width, columns.stride_out);
        check("mixed values", last_row.end * columns.stride_in, mixed.len);
        check("values", last_row.end * columns.stride_out, values.len);
        let last_pos = pos_r.end - 1;
        let reach = pattern.offset + last_pos * (pattern.t_stride + pattern.s_stride) + 1;
        check("pattern", reach, pattern.data.len);
        let arguments = vec![
            self.at(pattern.data, pattern.offset),
            Argument::Long(pattern.t_stride as u64),
            Argument::Long(pattern.s_stride as u64),
            self.word(first_row, 0),
            self.word(last_row, 0),
            self.word(pos_r, 0),
            self.at(mixed, columns.first_in),
            Argument::Word(count(columns.stride_in)),
            Argument::Word(count(columns.width)),
            adds(into),
            self.at(values, columns.first_out),
            Argument::Word(count(columns.stride_out)),
        ];
        let tiles = Shape { n_rows: *n_tiles, width: columns.width };
        self.launch_rows("pull_pattern", tiles, arguments)
    }

    fn soften(&self, scores_st: &mut Floats<M>, softmax: Softmax) -> Result<(), DeviceError> {
        let n_tokens = softmax.n_tokens;
        check("scores", n_tokens * n_tokens, scores_st.len);
        let arguments = vec![
            self.at(scores_st, 0),
            Argument::Word(count(n_tokens)),
            Argument::Float(softmax.scale),
            Argument::Float(softmax.cap.unwrap_or(0.0)),
            Argument::Word(softmax.window.map_or(0, count)),
        ];
        const COLUMNS: usize = 64;
        self.launch("soften", n_tokens.div_ceil(COLUMNS), COLUMNS, arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::TILE;

    #[test]
    fn the_source_and_this_file_agree() {
        assert!(SOURCE.contains(&format!("#define TILE {TILE}\n")));
        assert!(SOURCE.contains(&format!("#define LANES {LANES}\n")));
        let declared: Vec<&str> = SOURCE
            .split("\nKERNEL void ")
            .skip(1)
            .filter_map(|rest| rest.split('(').next())
            .collect();
        assert_eq!(declared, NAMES);
    }
}
