//! Attention: grouped queries, causal masks and windows, softcap, per-head norms, rotation.
//!
//! A pattern is computed in blocks of query rows, so a prompt of thousands of tokens never
//! holds more than one head's block a thread, unless a tap asks for the whole pattern.

use rayon::prelude::*;

use super::config::{Attention, Window};
use super::norm::NormLayer;
use super::rope::Rotation;
use super::tap::{Site, Tap};
use crate::error::RunError;
use crate::ops::matmul::{Into, Threads, View, sgemm};
use crate::ops::{Linear, Mat};

/// Query rows of a pattern computed at a time.
pub const BLOCK: usize = 256;

/// The weights of one layer's attention.
#[derive(Clone, Debug)]
pub struct AttentionLayer {
    /// `[H·E, D]`.
    pub query: Linear,
    /// `[K·E, D]`.
    pub key: Linear,
    /// `[K·E, D]`.
    pub value: Linear,
    /// `[D, H·E]`.
    pub out: Linear,
    /// Per-head norms of queries and keys, width `E`.
    pub qk_norms: Option<[NormLayer; 2]>,
    /// Width of one head.
    pub d_head: usize,
}

/// What a pattern is made of: the same for every way of using it.
#[derive(Clone, Debug)]
pub struct Scores {
    /// Queries after norm and rotation, `[T, H·E]`.
    pub query_the: Mat,
    /// Keys after norm and rotation, `[T, K·E]`.
    pub key_tke: Mat,
    /// Query heads.
    pub n_heads: usize,
    /// Query heads that share a key head.
    pub group: usize,
    /// Factor on `q·k`.
    pub scale: f32,
    /// `c` of `c·tanh(score / c)`.
    pub softcap: Option<f32>,
    /// What a query may see.
    pub window: Window,
}

impl Scores {
    /// Rows `start..start + len` of a head's pattern over sources `0..start + len`, into
    /// `out_ts` (`len` rows of `start + len`).
    pub fn pattern_block(&self, head: usize, start: usize, len: usize, out_ts: &mut [f32]) {
        let width = self.query_the.n_cols() / self.n_heads;
        let n_seen = start + len;
        let query = &self.query_the.data()[start * self.query_the.n_cols() + head * width..];
        let key = &self.key_tke.data()[head / self.group * width..];
        sgemm(
            [len, n_seen, width],
            View::rows(query, self.query_the.n_cols()),
            View::transposed(key, self.key_tke.n_cols()),
            (out_ts, n_seen),
            Into::Overwrite,
            Threads::One,
        );
        for (row, scores) in out_ts.chunks_exact_mut(n_seen).enumerate() {
            let pos = start + row;
            let first = match self.window {
                Window::Full => 0,
                Window::Last(size) => (pos + 1).saturating_sub(size),
            };
            let (before, rest) = scores.split_at_mut(first);
            let (seen, after) = rest.split_at_mut(pos + 1 - first);
            before.fill(0.0);
            after.fill(0.0);
            self.softmax(seen);
        }
    }

    fn softmax(&self, scores: &mut [f32]) {
        for x in scores.iter_mut() {
            *x *= self.scale;
            if let Some(cap) = self.softcap {
                *x = cap * (*x / cap).tanh();
            }
        }
        softmax(scores);
    }

    /// A head's whole pattern, `[T, T]`, zero above the diagonal.
    pub fn pattern(&self, head: usize, out_ts: &mut [f32]) {
        let n_tokens = self.query_the.n_rows();
        out_ts.par_chunks_mut(BLOCK * n_tokens).enumerate().for_each(|(block, rows)| {
            let (start, len) = (block * BLOCK, rows.len() / n_tokens);
            let n_seen = start + len;
            let mut part = vec![0.0; len * n_seen];
            self.pattern_block(head, start, len, &mut part);
            for (row, values) in part.chunks_exact(n_seen).enumerate() {
                let (seen, unseen) =
                    rows[row * n_tokens..(row + 1) * n_tokens].split_at_mut(n_seen);
                seen.copy_from_slice(values);
                unseen.fill(0.0);
            }
        });
    }
}

/// `x ← exp(x) / Σ exp(x)`, shifted by the maximum.
pub fn softmax(x: &mut [f32]) {
    let max = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0_f32;
    for value in x.iter_mut() {
        *value = (*value - max).exp();
        sum += *value;
    }
    x.iter_mut().for_each(|value| *value /= sum);
}

impl AttentionLayer {
    /// Attention over normalized input `[T, D]`, without the norm after it: `[T, D]`.
    ///
    /// # Errors
    ///
    /// What the tap refuses.
    pub fn forward(
        &self,
        layer: usize,
        x_td: &Mat,
        (config, n_heads): (&Attention, usize),
        rotation: Option<&Rotation>,
        tap: &mut dyn Tap,
    ) -> Result<Mat, RunError> {
        let width = self.query.n_out() / n_heads;
        let mut query_the = self.query.forward(x_td);
        let mut key_tke = self.key.forward(x_td);
        let mut value_tke = self.value.forward(x_td);
        if let Some([query_norm, key_norm]) = &self.qk_norms {
            query_the = per_head(query_norm, query_the, width);
            key_tke = per_head(key_norm, key_tke, width);
        }
        if let Some(rotation) = rotation {
            rotation.apply(&mut query_the, width);
            rotation.apply(&mut key_tke, width);
        }
        tap.at(Site::Query(layer), &mut query_the)?;
        tap.at(Site::Key(layer), &mut key_tke)?;
        tap.at(Site::Value(layer), &mut value_tke)?;
        let group = n_heads / (key_tke.n_cols() / width);
        let scores = Scores {
            query_the,
            key_tke,
            n_heads,
            group,
            scale: config.scale,
            softcap: config.softcap,
            window: config.windows[layer],
        };
        let mixed_the = if tap.wants(Site::Pattern(layer)) {
            let mut pattern_hts = whole_pattern(&scores);
            tap.at(Site::Pattern(layer), &mut pattern_hts)?;
            mix_with_pattern(&pattern_hts, &value_tke, n_heads, group)
        } else {
            mix_by_blocks(&scores, &value_tke)
        };
        Ok(self.out.forward(&mixed_the))
    }
}

/// A norm over each head's `width` numbers.
fn per_head(norm: &NormLayer, x: Mat, width: usize) -> Mat {
    let (n_rows, n_cols) = (x.n_rows(), x.n_cols());
    let heads = Mat::from_vec(x.data().to_vec(), n_rows * n_cols / width, width);
    let mut out = norm.normalized(&heads, &norm.scales(&heads));
    norm.gain_and_bias(&mut out);
    Mat::from_vec(out.data().to_vec(), n_rows, n_cols)
}

fn whole_pattern(scores: &Scores) -> Mat {
    let n_tokens = scores.query_the.n_rows();
    let mut pattern_hts = Mat::zeros(scores.n_heads * n_tokens, n_tokens);
    for (head, out_ts) in pattern_hts.data_mut().chunks_exact_mut(n_tokens * n_tokens).enumerate() {
        scores.pattern(head, out_ts);
    }
    pattern_hts
}

/// `z[t, h] = Σ_s pattern[h, t, s] · v[s, h / group]`, `[T, H·E]`.
fn mix_with_pattern(pattern_hts: &Mat, value_tke: &Mat, n_heads: usize, group: usize) -> Mat {
    let n_tokens = value_tke.n_rows();
    let width = value_tke.n_cols() * group / n_heads;
    let heads: Vec<Mat> = (0..n_heads)
        .into_par_iter()
        .map(|head| {
            let mut out_te = Mat::zeros(n_tokens, width);
            let pattern = &pattern_hts.data()[head * n_tokens * n_tokens..];
            let value = &value_tke.data()[head / group * width..];
            sgemm(
                [n_tokens, width, n_tokens],
                View::rows(pattern, n_tokens),
                View::rows(value, value_tke.n_cols()),
                (out_te.data_mut(), width),
                Into::Overwrite,
                Threads::One,
            );
            out_te
        })
        .collect();
    beside(&heads)
}

fn mix_by_blocks(scores: &Scores, value_tke: &Mat) -> Mat {
    let n_tokens = value_tke.n_rows();
    let width = scores.query_the.n_cols() / scores.n_heads;
    let heads: Vec<Mat> = (0..scores.n_heads)
        .into_par_iter()
        .map(|head| {
            let mut out_te = Mat::zeros(n_tokens, width);
            let value = &value_tke.data()[head / scores.group * width..];
            let mut block_ts = vec![0.0; BLOCK.min(n_tokens) * n_tokens];
            for start in (0..n_tokens).step_by(BLOCK) {
                let len = BLOCK.min(n_tokens - start);
                let n_seen = start + len;
                let part = &mut block_ts[..len * n_seen];
                scores.pattern_block(head, start, len, part);
                let out = &mut out_te.data_mut()[start * width..];
                sgemm(
                    [len, width, n_seen],
                    View::rows(part, n_seen),
                    View::rows(value, value_tke.n_cols()),
                    (out, width),
                    Into::Overwrite,
                    Threads::One,
                );
            }
            out_te
        })
        .collect();
    beside(&heads)
}

/// Heads `[T, E]` side by side: `[T, H·E]`.
fn beside(heads: &[Mat]) -> Mat {
    let (n_tokens, width) = (heads[0].n_rows(), heads[0].n_cols());
    let mut out = Mat::zeros(n_tokens, heads.len() * width);
    for (head, part) in heads.iter().enumerate() {
        for pos in 0..n_tokens {
            out.row_mut(pos)[head * width..(head + 1) * width].copy_from_slice(part.row(pos));
        }
    }
    out
}
