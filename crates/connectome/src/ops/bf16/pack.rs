//! Operands as the matrix unit takes them: rounded, in tiles of a kilobyte.
//!
//! A tile holds 16 lines of 32 numbers along the summed axis, as 16 × 16 words of two numbers
//! each. The left operand's word `(i, p)` holds numbers `2p` and `2p + 1` of line `i`; the right
//! operand's word `(p, j)` those of line `j`: one is the other's transpose. What lies beyond the
//! operand's edge is zero.

use std::arch::x86_64::{
    __m256bh, __m256i, __m512bh, __m512i, _mm512_cvtepu16_epi32, _mm512_cvtne2ps_pbh,
    _mm512_cvtneps_pbh, _mm512_load_si512, _mm512_loadu_ps, _mm512_or_si512, _mm512_setzero_si512,
    _mm512_shuffle_i32x4, _mm512_slli_epi32, _mm512_store_si512, _mm512_unpackhi_epi32,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
};

use crate::ops::matmul::View;

/// Lines of a tile.
pub(super) const LINES: usize = 16;
/// Numbers of a line along the summed axis.
pub(super) const DEPTH: usize = 32;
/// Words of a tile.
const WORDS: usize = LINES * DEPTH / 2;

/// 16 × 16 words of two bfloat16 numbers.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile([u32; WORDS]);

impl Tile {
    pub(super) const ZERO: Self = Self([0; WORDS]);
}

/// Which operand it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Lines are rows.
    Left,
    /// Lines are columns.
    Right,
}

/// Whether a view is one that [`pack`] takes: row-major, or the transpose of one.
pub(super) fn takes(view: View<'_>) -> bool {
    view.row_stride == 1 || view.col_stride == 1
}

/// Packs `n_lines` lines of `n_deep` numbers into `tiles`, `[lines / 16][deep / 32]`, rounded up.
///
/// The caller has checked that the view covers them, and that it [`takes`] them, and that the
/// processor has AVX-512 with bfloat16.
pub(super) fn pack(
    view: View<'_>,
    side: Side,
    [n_lines, n_deep]: [usize; 2],
    tiles: &mut Vec<Tile>,
) {
    let (line_stride, deep_stride) = match side {
        Side::Left => (view.row_stride, view.col_stride),
        Side::Right => (view.col_stride, view.row_stride),
    };
    let is_along = deep_stride == 1;
    // Lines lie along the summed axis in the left operand's tiles.
    let is_turned = is_along != (side == Side::Left);
    // Every word is written below, so what the last product left does not matter.
    tiles.resize(n_lines.div_ceil(LINES) * n_deep.div_ceil(DEPTH), Tile::ZERO);
    let mut next = tiles.iter_mut();
    for line in (0..n_lines).step_by(LINES) {
        for deep in (0..n_deep).step_by(DEPTH) {
            let tile = next.next().expect("as many as there are");
            let (lines, depth) = (LINES.min(n_lines - line), DEPTH.min(n_deep - deep));
            let start = line * line_stride + deep * deep_stride;
            let mut edge;
            let is_whole = (lines, depth) == (LINES, DEPTH);
            let (data, stride) = match (is_whole, is_along) {
                (true, true) => (&view.data[start..], line_stride),
                (true, false) => (&view.data[start..], deep_stride),
                (false, true) => {
                    edge = [0.0; LINES * DEPTH];
                    for (at, to) in edge.chunks_exact_mut(DEPTH).take(lines).enumerate() {
                        let from = start + at * line_stride;
                        to[..depth].copy_from_slice(&view.data[from..from + depth]);
                    }
                    (&edge[..], DEPTH)
                }
                (false, false) => {
                    edge = [0.0; LINES * DEPTH];
                    for (at, to) in edge.chunks_exact_mut(LINES).take(depth).enumerate() {
                        let from = start + at * deep_stride;
                        to[..lines].copy_from_slice(&view.data[from..from + lines]);
                    }
                    (&edge[..], LINES)
                }
            };
            // SAFETY: the processor has the instructions, as the caller has checked.
            unsafe {
                if is_along {
                    along(data, stride, tile);
                } else {
                    across(data, stride, tile);
                }
                if is_turned {
                    turn(tile);
                }
            }
        }
    }
}

/// Words `(i, p)` from 16 lines that lie along the summed axis, `stride` apart.
#[target_feature(enable = "avx512f,avx512bf16")]
fn along(data: &[f32], stride: usize, tile: &mut Tile) {
    for (line, words) in tile.0.chunks_exact_mut(LINES).enumerate() {
        let numbers = &data[line * stride..][..DEPTH];
        // SAFETY: 32 numbers are read and 16 words written, and both slices have as many; a
        // chunk of a tile starts at a multiple of 64 bytes.
        unsafe {
            let low = _mm512_loadu_ps(numbers.as_ptr());
            let high = _mm512_loadu_ps(numbers.as_ptr().add(16));
            let both = _mm512_cvtne2ps_pbh(high, low);
            let both = std::mem::transmute::<__m512bh, __m512i>(both);
            _mm512_store_si512(words.as_mut_ptr().cast(), both);
        }
    }
}

/// Words `(p, i)` from 16 lines that lie beside each other; the next number of each is `stride`
/// further.
#[target_feature(enable = "avx512f,avx512bf16")]
fn across(data: &[f32], stride: usize, tile: &mut Tile) {
    for (pair, words) in tile.0.chunks_exact_mut(LINES).enumerate() {
        let even = &data[2 * pair * stride..][..LINES];
        let odd = &data[(2 * pair + 1) * stride..][..LINES];
        // SAFETY: as in `along`, with 16 numbers of each.
        unsafe {
            let even = _mm512_cvtneps_pbh(_mm512_loadu_ps(even.as_ptr()));
            let odd = _mm512_cvtneps_pbh(_mm512_loadu_ps(odd.as_ptr()));
            let even = _mm512_cvtepu16_epi32(std::mem::transmute::<__m256bh, __m256i>(even));
            let odd = _mm512_cvtepu16_epi32(std::mem::transmute::<__m256bh, __m256i>(odd));
            let both = _mm512_or_si512(even, _mm512_slli_epi32::<16>(odd));
            _mm512_store_si512(words.as_mut_ptr().cast(), both);
        }
    }
}

/// The transpose of 16 × 16 words, in four rounds of exchanges.
#[target_feature(enable = "avx512f")]
fn turn(tile: &mut Tile) {
    let mut a = [_mm512_setzero_si512(); 16];
    let mut b = a;
    for (row, words) in a.iter_mut().zip(tile.0.chunks_exact(LINES)) {
        // SAFETY: 16 words, aligned as a row of a tile is.
        *row = unsafe { _mm512_load_si512(words.as_ptr().cast()) };
    }
    for at in (0..16).step_by(2) {
        b[at] = _mm512_unpacklo_epi32(a[at], a[at + 1]);
        b[at + 1] = _mm512_unpackhi_epi32(a[at], a[at + 1]);
    }
    for at in (0..16).step_by(4) {
        a[at] = _mm512_unpacklo_epi64(b[at], b[at + 2]);
        a[at + 1] = _mm512_unpackhi_epi64(b[at], b[at + 2]);
        a[at + 2] = _mm512_unpacklo_epi64(b[at + 1], b[at + 3]);
        a[at + 3] = _mm512_unpackhi_epi64(b[at + 1], b[at + 3]);
    }
    for at in 0..4 {
        b[at] = _mm512_shuffle_i32x4::<0x88>(a[at], a[at + 4]);
        b[at + 4] = _mm512_shuffle_i32x4::<0xdd>(a[at], a[at + 4]);
        b[at + 8] = _mm512_shuffle_i32x4::<0x88>(a[at + 8], a[at + 12]);
        b[at + 12] = _mm512_shuffle_i32x4::<0xdd>(a[at + 8], a[at + 12]);
    }
    for at in 0..8 {
        a[at] = _mm512_shuffle_i32x4::<0x88>(b[at], b[at + 8]);
        a[at + 8] = _mm512_shuffle_i32x4::<0xdd>(b[at], b[at + 8]);
    }
    for (row, words) in a.iter().zip(tile.0.chunks_exact_mut(LINES)) {
        // SAFETY: as above.
        unsafe { _mm512_store_si512(words.as_mut_ptr().cast(), *row) };
    }
}
