//! Causal attention of a batch of rows, forward and backward.
//!
//! Patterns are made in blocks of query positions and never kept: the backward pass makes them
//! again from queries, keys and the logarithm of each softmax's sum. So memory grows with the
//! length of a row and not with its square, and a block stays in the cache from its product to
//! its softmax.
//!
//! Source: Dao et al. 2022, "FlashAttention", arXiv:2205.14135, for what is kept; no tiling
//! over sources is needed at our lengths.

use super::layout::Heads;
use crate::lm::config::Window;
use crate::ops::matmul::{Into, Threads, View, sgemm};
use crate::ops::simd::{LANES, exp, exp_and_sum, max_of, sum_of_two, tanh, vectorized};

/// Query positions of a block.
///
/// PERF: sources after a block's last position are not computed, so smaller blocks save work
/// and larger ones make better products; measured by `examples/train_speed.rs`.
const BLOCK: usize = 48;

/// What attention of one layer is made of, besides its numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape<'a> {
    pub(super) heads: Heads,
    pub(super) scale: f32,
    pub(super) softcap: Option<f32>,
    pub(super) window: Window,
    /// Positions of a row of the batch.
    pub(super) n_tokens: usize,
    /// For each position of the batch, the first position of its row that it may see.
    pub(super) first_seen_b: &'a [usize],
}

/// Buffers of one block.
#[derive(Clone, Debug, Default)]
pub(super) struct Scratch {
    scores_ts: Vec<f32>,
    d_scores_ts: Vec<f32>,
}

/// A block of query positions, and the sources that any of them sees.
#[derive(Clone, Copy)]
struct Block {
    start: usize,
    len: usize,
    first: usize,
    n_seen: usize,
    /// Numbers from one row of scores to the next: whole registers, so that loops have no
    /// tails.
    stride: usize,
}

impl Shape<'_> {
    /// The first source that position `pos` of row `row` sees.
    fn first_seen(&self, row: usize, pos: usize) -> usize {
        let in_window = match self.window {
            Window::Full => 0,
            Window::Last(size) => (pos + 1).saturating_sub(size),
        };
        in_window.max(self.first_seen_b[row * self.n_tokens + pos])
    }

    fn blocks(&self, row: usize) -> impl Iterator<Item = Block> {
        let n_tokens = self.n_tokens;
        (0..n_tokens).step_by(BLOCK).map(move |start| {
            let len = BLOCK.min(n_tokens - start);
            // What is seen starts no earlier for later positions.
            let first = self.first_seen(row, start);
            let n_seen = start + len - first;
            Block { start, len, first, n_seen, stride: n_seen.next_multiple_of(LANES) }
        })
    }

    /// Scores of a block before the softmax: scaled, capped, minus infinity where nothing is
    /// seen.
    fn scores(&self, row: usize, head: usize, block: Block, qkv_b: &[f32], scores: &mut [f32]) {
        let Block { start, len, first, n_seen, stride } = block;
        let (cols, width) = (self.heads.n_cols(), self.heads.width);
        let at = |pos: usize, col: usize| (row * self.n_tokens + pos) * cols + col;
        let query = &qkv_b[at(start, self.heads.query(head))..];
        let key = &qkv_b[at(first, self.heads.key(head / self.heads.group()))..];
        let (query, key) = (View::rows(query, cols), View::transposed(key, cols));
        let sizes = [len, n_seen, width];
        sgemm(sizes, query, key, (&mut *scores, stride), Into::Overwrite, Threads::One);
        let (scale, softcap) = (self.scale, self.softcap);
        for (at, scores) in scores.chunks_exact_mut(stride).enumerate() {
            let pos = start + at;
            scores[..self.first_seen(row, pos) - first].fill(f32::NEG_INFINITY);
            scores[pos + 1 - first..].fill(f32::NEG_INFINITY);
            vectorized(
                #[inline(always)]
                || match softcap {
                    None => scores.iter_mut().for_each(|x| *x *= scale),
                    // The cap of minus infinity is finite, so it is put back.
                    Some(cap) => scores.iter_mut().for_each(|x| {
                        let capped = cap * tanh(*x * scale / cap);
                        *x = if *x == f32::NEG_INFINITY { *x } else { capped };
                    }),
                },
            );
        }
    }

    /// Mixed values `[B, H·E]` and the logarithm of each softmax's sum `[B, H]`, from queries,
    /// keys and values `[B, (H + 2K)·E]` after norm and rotation.
    pub(super) fn forward(
        &self,
        qkv_b: &[f32],
        mixed_b: &mut [f32],
        log_sum_bh: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let Heads { n_heads, width, .. } = self.heads;
        let (cols, out_cols) = (self.heads.n_cols(), n_heads * width);
        scratch.fit(self.n_tokens);
        for row in 0..mixed_b.len() / (self.n_tokens * out_cols) {
            let base = row * self.n_tokens;
            for head in 0..n_heads {
                let value_col = self.heads.value(head / self.heads.group());
                for block in self.blocks(row) {
                    let Block { start, len, first, n_seen, stride } = block;
                    let scores = &mut scratch.scores_ts[..len * stride];
                    self.scores(row, head, block, qkv_b, scores);
                    let log_sums = &mut log_sum_bh[(base + start) * n_heads..];
                    vectorized(
                        #[inline(always)]
                        || softmax_rows(scores, stride, log_sums, [head, n_heads]),
                    );
                    let value = View::rows(&qkv_b[(base + first) * cols + value_col..], cols);
                    let out = &mut mixed_b[(base + start) * out_cols + head * width..];
                    let (pattern, sizes) = (View::rows(scores, stride), [len, width, n_seen]);
                    sgemm(sizes, pattern, value, (out, out_cols), Into::Overwrite, Threads::One);
                }
            }
        }
    }

    /// Gradients of queries, keys and values from that of the mixed values. `forward` are what
    /// [`Shape::forward`] read and made.
    pub(super) fn backward(
        &self,
        forward: &Forward<'_>,
        d_mixed_b: &[f32],
        d_qkv_b: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let out_cols = self.heads.n_heads * self.heads.width;
        scratch.fit(self.n_tokens);
        // Keys and values gather from several blocks and heads.
        d_qkv_b.fill(0.0);
        for row in 0..d_mixed_b.len() / (self.n_tokens * out_cols) {
            for head in 0..self.heads.n_heads {
                for block in self.blocks(row) {
                    self.backward_block([row, head], block, forward, d_mixed_b, d_qkv_b, scratch);
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call site, and each is another array")]
    fn backward_block(
        &self,
        [row, head]: [usize; 2],
        block: Block,
        forward: &Forward<'_>,
        d_mixed_b: &[f32],
        d_qkv_b: &mut [f32],
        scratch: &mut Scratch,
    ) {
        let Block { start, len, first, n_seen, stride } = block;
        let Heads { n_heads, width, .. } = self.heads;
        let (cols, out_cols) = (self.heads.n_cols(), n_heads * width);
        let base = row * self.n_tokens;
        let kv_head = head / self.heads.group();
        let [query, key, value] =
            [self.heads.query(head), self.heads.key(kv_head), self.heads.value(kv_head)];
        let at_start = |col: usize| (base + start) * cols + col;
        let at_first = |col: usize| (base + first) * cols + col;
        let out_at = (base + start) * out_cols + head * width;

        let scores = &mut scratch.scores_ts[..len * stride];
        self.scores(row, head, block, forward.qkv_b, scores);
        let d_scores = &mut scratch.d_scores_ts[..len * stride];
        let d_out = &d_mixed_b[out_at..];
        let d_out_rows = View::rows(d_out, out_cols);
        let values = View::transposed(&forward.qkv_b[at_first(value)..], cols);
        let into = (&mut *d_scores, stride);
        sgemm([len, n_seen, width], d_out_rows, values, into, Into::Overwrite, Threads::One);
        let log_sums = &forward.log_sum_bh[(base + start) * n_heads + head..];
        let out = &forward.mixed_b[out_at..];
        vectorized(
            #[inline(always)]
            || {
                for at in 0..len {
                    let cols = at * out_cols..at * out_cols + width;
                    let along = sum_of_two(&out[cols.clone()], &d_out[cols], |x, d| x * d);
                    let rows = at * stride..(at + 1) * stride;
                    let (scores, d_scores) = (&mut scores[rows.clone()], &mut d_scores[rows]);
                    self.softmax_backward(scores, d_scores, log_sums[at * n_heads], along);
                }
            },
        );

        let (pattern, d_scores) = (View::transposed(scores, stride), &*d_scores);
        let sizes = [n_seen, width, len];
        let d_value = (&mut d_qkv_b[at_first(value)..], cols);
        sgemm(sizes, pattern, d_out_rows, d_value, Into::Add, Threads::One);
        let queries = View::rows(&forward.qkv_b[at_start(query)..], cols);
        let d_key = (&mut d_qkv_b[at_first(key)..], cols);
        let back = View::transposed(d_scores, stride);
        sgemm(sizes, back, queries, d_key, Into::Add, Threads::One);
        let keys = View::rows(&forward.qkv_b[at_first(key)..], cols);
        let d_query = (&mut d_qkv_b[at_start(query)..], cols);
        let back = View::rows(d_scores, stride);
        sgemm([len, width, n_seen], back, keys, d_query, Into::Overwrite, Threads::One);
    }

    /// Scores of one position to its pattern, and the pattern's gradient to that of the scores
    /// before scale and cap. `along` is `⟨out, dout⟩`, which is `Σ pattern · dpattern`.
    #[inline(always)]
    fn softmax_backward(&self, scores: &mut [f32], d_scores: &mut [f32], log_sum: f32, along: f32) {
        let scale = self.scale;
        match self.softcap {
            None => {
                for (x, d) in scores.iter_mut().zip(d_scores) {
                    *x = exp(*x - log_sum);
                    *d = *x * (*d - along) * scale;
                }
            }
            Some(cap) => {
                for (x, d) in scores.iter_mut().zip(d_scores) {
                    let pattern = exp(*x - log_sum);
                    let tanh = if pattern == 0.0 { 0.0 } else { *x / cap };
                    *x = pattern;
                    *d = pattern * (*d - along) * scale * (1.0 - tanh * tanh);
                }
            }
        }
    }
}

/// What the backward pass needs of the forward pass.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forward<'a> {
    pub(super) qkv_b: &'a [f32],
    pub(super) mixed_b: &'a [f32],
    pub(super) log_sum_bh: &'a [f32],
}

impl Scratch {
    fn fit(&mut self, n_tokens: usize) {
        let len = BLOCK.min(n_tokens) * n_tokens.next_multiple_of(LANES);
        self.scores_ts.resize(len, 0.0);
        self.d_scores_ts.resize(len, 0.0);
    }
}

/// Softmax of every row, and the logarithm of its sum into `log_sums[row · n_heads + head]`.
#[inline(always)]
fn softmax_rows(
    scores: &mut [f32],
    stride: usize,
    log_sums: &mut [f32],
    [head, n_heads]: [usize; 2],
) {
    for (at, row) in scores.chunks_exact_mut(stride).enumerate() {
        let max = max_of(row);
        let sum = exp_and_sum(row, max);
        log_sums[at * n_heads + head] = max + sum.ln();
        let factor = 1.0 / sum;
        row.iter_mut().for_each(|x| *x *= factor);
    }
}
