//! Attention: grouped queries, causal masks and windows, softcap, per-head norms, rotation.
//!
//! A pattern is computed in blocks of query rows, so a prompt of thousands of tokens never
//! holds more than one head's block a thread, unless a tap asks for the whole pattern.

use rayon::prelude::*;

use super::config::{Attention, Window};
use super::norm::NormLayer;
use super::rope::Rotation;
use super::segment::{KeysAndValues, Segment};
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
    /// Keys after norm and rotation of all positions up to the last query's, `[S, K·E]`.
    pub key_tke: Mat,
    /// Position of the first query: 0 for a whole prompt.
    pub first_pos: usize,
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
    /// Rows `start..start + len` of a head's pattern over the sources up to the last of them,
    /// into `out_ts` (`len` rows of `first_pos + start + len`).
    pub fn pattern_block(&self, head: usize, start: usize, len: usize, out_ts: &mut [f32]) {
        let width = self.query_the.n_cols() / self.n_heads;
        let n_seen = self.first_pos + start + len;
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
            let pos = self.first_pos + start + row;
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

    /// A head's whole pattern, `[T, T]`, zero above the diagonal; of a whole prompt.
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
    // NUMERICS: f64, since beside a 1 in f32 nothing is left of a vocabulary of numbers below 6e-8.
    let mut sum = 0.0_f64;
    for value in x.iter_mut() {
        *value = (*value - max).exp();
        sum += f64::from(*value);
    }
    let sum = sum as f32;
    x.iter_mut().for_each(|value| *value /= sum);
}

impl AttentionLayer {
    /// Attention over normalized input `[R, D]` of a segment, without the norm after it:
    /// `[R, D]`. A pattern that the tap holds still is used instead of a new one.
    ///
    /// # Errors
    ///
    /// What the tap refuses.
    pub fn forward(
        &self,
        layer: usize,
        x: &Mat,
        context: &Context<'_>,
        rotation: Option<&Rotation>,
        tap: &mut dyn Tap,
    ) -> Result<Mat, RunError> {
        let segment = &context.segment;
        let mut value = self.value.forward(x);
        if tap.holds_pattern(layer) {
            if tap.wants(Site::Key(layer)) {
                tap.at(Site::Key(layer), &mut self.turned(Role::Key, x, rotation))?;
            }
            tap.at(Site::Value(layer), &mut value)?;
            let mixed = mix_frozen(layer, &value, context, tap);
            return Ok(self.out.forward(&mixed));
        }
        let mut query = self.turned(Role::Query, x, rotation);
        let mut key = self.turned(Role::Key, x, rotation);
        tap.at(Site::Query(layer), &mut query)?;
        tap.at(Site::Key(layer), &mut key)?;
        tap.at(Site::Value(layer), &mut value)?;
        let runs: Vec<(Scores, Mat)> = (0..segment.n_runs)
            .map(|run| {
                let query_the =
                    Mat::from_vec(segment.run(run, &query).to_vec(), segment.n_new, query.n_cols());
                let key_ske = segment.with_past(run, &key, KeysAndValues::keys_of(layer));
                let value_ske = segment.with_past(run, &value, KeysAndValues::values_of(layer));
                (context.scores(layer, query_the, key_ske), value_ske)
            })
            .collect();
        let mixed = if tap.wants(Site::Pattern(layer)) {
            assert!(segment.n_runs == 1 && segment.first_pos == 0, "patterns of a whole prompt");
            let (scores, value_ske) = &runs[0];
            let mut pattern_hts = whole_pattern(scores);
            tap.at(Site::Pattern(layer), &mut pattern_hts)?;
            mix_with_pattern(&pattern_hts, value_ske, context.n_heads, scores.group)
        } else {
            mix_by_blocks(&runs)
        };
        Ok(self.out.forward(&mixed))
    }

    /// Queries or keys after norm and rotation, `[R, H·E]` or `[R, K·E]`.
    fn turned(&self, role: Role, x: &Mat, rotation: Option<&Rotation>) -> Mat {
        let map = match role {
            Role::Query => &self.query,
            Role::Key => &self.key,
        };
        let mut out = map.forward(x);
        if let Some(norms) = &self.qk_norms {
            out = per_head(&norms[role as usize], out, self.d_head);
        }
        if let Some(rotation) = rotation {
            rotation.apply(&mut out, self.d_head);
        }
        out
    }
}

/// The two sides of a score.
#[derive(Clone, Copy)]
enum Role {
    Query,
    Key,
}

/// What every layer's attention shares.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The family's settings.
    pub config: &'a Attention,
    /// Query heads.
    pub n_heads: usize,
    /// Query heads that share a key head.
    pub group: usize,
    /// What is computed.
    pub segment: Segment<'a>,
}

impl Context<'_> {
    fn scores(&self, layer: usize, query_the: Mat, key_tke: Mat) -> Scores {
        Scores {
            query_the,
            key_tke,
            first_pos: self.segment.first_pos,
            n_heads: self.n_heads,
            group: self.group,
            scale: self.config.scale,
            softcap: self.config.softcap,
            window: self.config.windows[layer],
        }
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

/// The mixed values of every run, one below the other: `[R, H·E]`.
fn mix_by_blocks(runs: &[(Scores, Mat)]) -> Mat {
    let n_heads = runs[0].0.n_heads;
    let heads: Vec<Mat> = (0..runs.len() * n_heads)
        .into_par_iter()
        .map(|at| {
            let (scores, value_ske) = &runs[at / n_heads];
            mix_head(scores, value_ske, at % n_heads)
        })
        .collect();
    below(heads.chunks_exact(n_heads).map(beside))
}

/// `z[t] = Σ_s pattern[t, s] · v[s]` of one head, `[T, E]`.
fn mix_head(scores: &Scores, value_ske: &Mat, head: usize) -> Mat {
    let n_new = scores.query_the.n_rows();
    let width = scores.query_the.n_cols() / scores.n_heads;
    let mut out_te = Mat::zeros(n_new, width);
    let value = &value_ske.data()[head / scores.group * width..];
    let mut block_ts = vec![0.0; BLOCK.min(n_new) * (scores.first_pos + n_new)];
    for start in (0..n_new).step_by(BLOCK) {
        let len = BLOCK.min(n_new - start);
        let n_seen = scores.first_pos + start + len;
        let part = &mut block_ts[..len * n_seen];
        scores.pattern_block(head, start, len, part);
        let out = &mut out_te.data_mut()[start * width..];
        sgemm(
            [len, width, n_seen],
            View::rows(part, n_seen),
            View::rows(value, value_ske.n_cols()),
            (out, width),
            Into::Overwrite,
            Threads::One,
        );
    }
    out_te
}

/// Mixes values with the pattern that the tap holds still.
fn mix_frozen(layer: usize, value: &Mat, context: &Context<'_>, tap: &dyn Tap) -> Mat {
    let segment = &context.segment;
    let values: Vec<Mat> = (0..segment.n_runs)
        .map(|run| segment.with_past(run, value, KeysAndValues::values_of(layer)))
        .collect();
    let width = value.n_cols() * context.group / context.n_heads;
    let n_seen = segment.first_pos + segment.n_new;
    let mut out = Mat::zeros(segment.n_rows(), context.n_heads * width);
    let (out_stride, mut scratch) = (out.n_cols(), Vec::new());
    for head in 0..context.n_heads {
        let (pattern_ts, n_tokens) = tap.held_pattern(layer, head, &mut scratch);
        let pattern = &pattern_ts[segment.first_pos * n_tokens..];
        let rows = out.data_mut().par_chunks_mut(segment.n_new * out_stride);
        rows.zip(&values).for_each(|(out, value_ske)| {
            sgemm(
                [segment.n_new, width, n_seen],
                View::rows(pattern, n_tokens),
                View::rows(&value_ske.data()[head / context.group * width..], value_ske.n_cols()),
                (&mut out[head * width..], out_stride),
                Into::Overwrite,
                Threads::One,
            );
        });
    }
    out
}

/// Matrices of one width, one below the other.
fn below(parts: impl Iterator<Item = Mat>) -> Mat {
    parts
        .reduce(|mut above, part| {
            above.append(&part);
            above
        })
        .expect("a segment has runs")
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
