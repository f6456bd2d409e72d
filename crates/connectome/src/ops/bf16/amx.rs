//! The matrix unit of x86-64 processors (AMX): its eight tiles, in assembly.
//!
//! Four tiles hold 32 × 32 sums, two hold 32 rows of the left operand, and two 32 columns of the
//! right one. The instructions have no stable intrinsics in Rust, so they are written out here
//! and nowhere else.
//!
//! Source: Intel, "Architecture Instruction Set Extensions Programming Reference", chapter 3.

use std::arch::asm;
use std::arch::x86_64::__cpuid_count;
use std::cell::RefCell;
use std::sync::OnceLock;

use rayon::iter::{IndexedParallelIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

use super::pack::{DEPTH, LINES, Side, Tile, pack};
use crate::ops::matmul::{Into, Threads, View, check};

/// Rows and columns of the output that are made at once.
const BLOCK: usize = 2 * LINES;
/// Rows of the output that a thread takes at once.
const ROWS_A_TASK: usize = 2 * BLOCK;

/// Whether the processor has the unit, and the system lets this process use it.
pub(super) fn is_present() -> bool {
    static FOUND: OnceLock<bool> = OnceLock::new();
    *FOUND.get_or_init(|| {
        // CPUID 7.0, EDX: AMX-BF16 and AMX-TILE.
        const TILES: u32 = 1 << 22 | 1 << 24;
        let has = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bf16")
            && __cpuid_count(7, 0).edx & TILES == TILES;
        has && is_permitted()
    })
}

/// Linux keeps room for the tiles of a process only once it has asked.
fn is_permitted() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const XFEATURE_XTILEDATA: libc::c_long = 18;
    // SAFETY: takes two numbers, touches no memory, and answers with an error code where it is
    // not known.
    let refused =
        unsafe { libc::syscall(libc::SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) };
    refused == 0
}

thread_local! {
    /// Tiles of both operands, kept from product to product.
    static KEPT: RefCell<[Vec<Tile>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

/// As [`super::product`]; the processor has the unit and both views can be packed.
pub(super) fn product(
    [m, n, k]: [usize; 3],
    a: View<'_>,
    b: View<'_>,
    (out, stride): (&mut [f32], usize),
    into: Into,
    threads: Threads,
) {
    if m == 0 || n == 0 {
        return;
    }
    check([m, n, k], a, b, (out, stride));
    // Taken, not borrowed: a thread that waits for others may be given another product.
    let mut right = KEPT.with_borrow_mut(|kept| std::mem::take(&mut kept[1]));
    pack(b, Side::Right, [n, k], &mut right);
    let rows = |start: usize, out: &mut [f32]| {
        let n_rows = ROWS_A_TASK.min(m - start);
        let a = View { data: &a.data[start * a.row_stride..], ..a };
        let mut left = KEPT.with_borrow_mut(|kept| std::mem::take(&mut kept[0]));
        pack(a, Side::Left, [n_rows, k], &mut left);
        multiply([n_rows, n], [&left, &right], k.div_ceil(DEPTH), (out, stride), into);
        KEPT.with_borrow_mut(|kept| kept[0] = left);
    };
    let out = &mut out[..(m - 1) * stride + n];
    let task = ROWS_A_TASK * stride;
    match threads {
        Threads::One => {
            out.chunks_mut(task).enumerate().for_each(|(at, out)| rows(at * ROWS_A_TASK, out));
        }
        Threads::All => {
            let tasks = out.par_chunks_mut(task).enumerate();
            tasks.for_each(|(at, out)| rows(at * ROWS_A_TASK, out));
        }
    }
    KEPT.with_borrow_mut(|kept| kept[1] = right);
}

/// `out [m, n] = or += left · right`, from tiles of `n_deep` along the summed axis.
fn multiply(
    [m, n]: [usize; 2],
    [left, right]: [&[Tile]; 2],
    n_deep: usize,
    (out, stride): (&mut [f32], usize),
    into: Into,
) {
    let zeros = vec![Tile::ZERO; n_deep];
    let panel = |tiles: &[Tile], at: usize| -> *const Tile {
        // The second panel of a block that is only half needed.
        let panel = tiles.get(at * n_deep..(at + 1) * n_deep).unwrap_or(&zeros);
        panel.as_ptr()
    };
    configure();
    for row in (0..m).step_by(BLOCK) {
        let at = row / LINES;
        let a = [panel(left, at), panel(left, at + 1)];
        for col in (0..n).step_by(BLOCK) {
            let at = col / LINES;
            let b = [panel(right, at), panel(right, at + 1)];
            let (n_rows, n_cols) = (BLOCK.min(m - row), BLOCK.min(n - col));
            if (n_rows, n_cols) == (BLOCK, BLOCK) {
                let corner = &mut out[row * stride + col..][..(BLOCK - 1) * stride + BLOCK];
                block(a, b, n_deep, (corner, stride), into);
                continue;
            }
            let mut edge = [0.0; BLOCK * BLOCK];
            block(a, b, n_deep, (&mut edge, BLOCK), Into::Overwrite);
            for (at, made) in edge.chunks_exact(BLOCK).take(n_rows).enumerate() {
                let to = &mut out[(row + at) * stride + col..][..n_cols];
                match into {
                    Into::Overwrite => to.copy_from_slice(&made[..n_cols]),
                    Into::Add => to.iter_mut().zip(made).for_each(|(sum, x)| *sum += x),
                }
            }
        }
    }
    // SAFETY: gives the tiles back; nothing is in them that is still wanted.
    unsafe { asm!("tilerelease", options(nostack, nomem)) };
}

/// The shape of the tiles: all of 16 rows of 64 bytes.
#[repr(C)]
struct Shape {
    palette: u8,
    start_row: u8,
    reserved: [u8; 14],
    row_bytes: [u16; 16],
    rows: [u8; 16],
}

fn configure() {
    let mut shape =
        Shape { palette: 1, start_row: 0, reserved: [0; 14], row_bytes: [0; 16], rows: [0; 16] };
    shape.row_bytes[..8].fill(64);
    shape.rows[..8].fill(16);
    // SAFETY: reads the 64 bytes of `shape`; the processor has tiles, as the caller has checked.
    unsafe { asm!("ldtilecfg [{}]", in(reg) &raw const shape, options(nostack, readonly)) };
}

/// 32 × 32 numbers of the output, from two panels of each operand, `n_deep` tiles long.
fn block(
    [a0, a1]: [*const Tile; 2],
    [b0, b1]: [*const Tile; 2],
    n_deep: usize,
    (out, stride): (&mut [f32], usize),
    into: Into,
) {
    assert!(out.len() >= (BLOCK - 1) * stride + BLOCK, "a block writes 32 rows of 32");
    let c00 = out.as_mut_ptr();
    // SAFETY: `out` holds 32 rows of 32 numbers, `stride` apart, of which these are the corners
    // of the four tiles; the panels hold `n_deep` tiles each, and exactly those are read; the
    // tiles are configured.
    unsafe {
        let (c01, c10) = (c00.add(LINES), c00.add(LINES * stride));
        let c11 = c10.add(LINES);
        let bytes = stride * size_of::<f32>();
        match into {
            Into::Add => asm!(
                "tileloadd tmm0, [{c00} + {bytes}]",
                "tileloadd tmm1, [{c01} + {bytes}]",
                "tileloadd tmm2, [{c10} + {bytes}]",
                "tileloadd tmm3, [{c11} + {bytes}]",
                c00 = in(reg) c00, c01 = in(reg) c01, c10 = in(reg) c10, c11 = in(reg) c11,
                bytes = in(reg) bytes,
                options(nostack, readonly),
            ),
            Into::Overwrite => asm!(
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                options(nostack, nomem),
            ),
        }
        if n_deep > 0 {
            asm!(
                "2:",
                "tileloadd tmm4, [{a0} + {row}]",
                "tileloadd tmm6, [{b0} + {row}]",
                "tdpbf16ps tmm0, tmm4, tmm6",
                "tileloadd tmm7, [{b1} + {row}]",
                "tdpbf16ps tmm1, tmm4, tmm7",
                "tileloadd tmm5, [{a1} + {row}]",
                "tdpbf16ps tmm2, tmm5, tmm6",
                "tdpbf16ps tmm3, tmm5, tmm7",
                "add {a0}, 1024",
                "add {a1}, 1024",
                "add {b0}, 1024",
                "add {b1}, 1024",
                "dec {left}",
                "jnz 2b",
                a0 = inout(reg) a0 => _, a1 = inout(reg) a1 => _,
                b0 = inout(reg) b0 => _, b1 = inout(reg) b1 => _,
                left = inout(reg) n_deep => _,
                row = in(reg) 64_usize,
                options(nostack, readonly),
            );
        }
        asm!(
            "tilestored [{c00} + {bytes}], tmm0",
            "tilestored [{c01} + {bytes}], tmm1",
            "tilestored [{c10} + {bytes}], tmm2",
            "tilestored [{c11} + {bytes}], tmm3",
            c00 = in(reg) c00, c01 = in(reg) c01, c10 = in(reg) c10, c11 = in(reg) c11,
            bytes = in(reg) bytes,
            options(nostack),
        );
    }
}
