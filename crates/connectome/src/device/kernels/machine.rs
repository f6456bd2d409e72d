//! [`Machine`]: what runs kernels. All that differs between a GPU and its emulation.

use std::fmt::Debug;

use crate::device::DeviceError;

/// Memory, kernels and one product.
///
/// # Errors
///
/// Every method returns what the machine reports. Kernels and products may run later than they
/// are asked for, in order; [`Machine::read`] waits for them.
#[expect(clippy::missing_errors_doc, reason = "the same for every method, said above")]
pub trait Machine: Debug {
    /// A run of 32-bit words on the machine.
    type Memory: Debug;

    /// What to call it.
    fn name(&self) -> String;

    /// Bytes that can still be allocated.
    fn free_bytes(&self) -> Result<u64, DeviceError>;

    /// Memory for `len` words, with anything in it.
    fn alloc(&self, len: usize) -> Result<Self::Memory, DeviceError>;

    /// Copies `words` to the machine, to `offset` and on.
    fn write(
        &self,
        memory: &mut Self::Memory,
        offset: usize,
        words: &[u32],
    ) -> Result<(), DeviceError>;

    /// Copies words back from `offset` on.
    fn read(
        &self,
        memory: &Self::Memory,
        offset: usize,
        words: &mut [u32],
    ) -> Result<(), DeviceError>;

    /// Sets the first `len` words to zero.
    fn clear(&self, memory: &mut Self::Memory, len: usize) -> Result<(), DeviceError>;

    /// Where the memory lies, as the machine's kernels see it.
    fn address(&self, memory: &Self::Memory) -> u64;

    /// Runs a kernel.
    fn launch(&self, launch: &Launch) -> Result<(), DeviceError>;

    /// Runs a product.
    fn sgemm(&self, call: &BlasCall) -> Result<(), DeviceError>;
}

/// One run of a kernel of `kernels.cu`. Only [`super::Kernels`] makes them, and it has checked
/// that what the kernel touches is memory of the arguments.
#[derive(Clone, Debug)]
pub struct Launch {
    pub(super) kernel: &'static str,
    pub(super) blocks: u32,
    pub(super) threads: u32,
    pub(super) arguments: Vec<Argument>,
}

impl Launch {
    /// The kernel's name.
    #[must_use]
    pub fn kernel(&self) -> &'static str {
        self.kernel
    }

    /// Blocks, and threads in each.
    #[must_use]
    pub fn grid(&self) -> [u32; 2] {
        [self.blocks, self.threads]
    }

    /// The arguments, in the kernel's order.
    #[must_use]
    pub fn arguments(&self) -> &[Argument] {
        &self.arguments
    }
}

/// An argument of a kernel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Argument {
    /// A pointer, or null.
    Address(u64),
    /// `u64`.
    Long(u64),
    /// `u32`.
    Word(u32),
    /// `float`.
    Float(f32),
}

/// A call of `sgemm` as BLAS defines it: column-major, `C = op(A) · op(B) + beta · C`. Only
/// [`super::Kernels`] makes them, and it has checked that all three lie in their memory.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlasCall {
    pub(super) m: i32,
    pub(super) n: i32,
    pub(super) k: i32,
    pub(super) a: BlasOperand,
    pub(super) b: BlasOperand,
    pub(super) beta: f32,
    pub(super) c: u64,
    pub(super) ldc: i32,
}

/// `A` or `B` of a [`BlasCall`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlasOperand {
    /// First element.
    pub address: u64,
    /// Distance between columns.
    pub ld: i32,
    /// Whether the transpose is meant.
    pub transposed: bool,
}

impl BlasCall {
    /// Rows of `C`, columns of `C`, inner dimension.
    #[must_use]
    pub fn sizes(&self) -> [i32; 3] {
        [self.m, self.n, self.k]
    }

    /// `A` and `B`.
    #[must_use]
    pub fn operands(&self) -> [BlasOperand; 2] {
        [self.a, self.b]
    }

    /// Factor on what stands in `C`.
    #[must_use]
    pub fn beta(&self) -> f32 {
        self.beta
    }

    /// Address of `C` and the distance between its columns.
    #[must_use]
    pub fn result(&self) -> (u64, i32) {
        (self.c, self.ldc)
    }
}
