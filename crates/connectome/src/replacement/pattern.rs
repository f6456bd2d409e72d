//! Attention patterns of a prompt, held whole or rebuilt head by head from queries and keys.
//!
//! A pattern is quadratic in the prompt. Short prompts keep all of them; long ones keep the
//! queries and keys (linear) and make one head's pattern when it is needed.

use crate::lm::attention::Scores;
use crate::ops::Mat;

/// One layer's frozen pattern.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// `[H·T, T]`.
    Whole(Mat),
    /// What it is made of.
    Rebuilt(Box<Scores>),
}

impl Pattern {
    /// Bytes held.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        match self {
            Self::Whole(pattern_hts) => size_of_val(pattern_hts.data()),
            Self::Rebuilt(scores) => {
                size_of_val(scores.query_the.data()) + size_of_val(scores.key_tke.data())
            }
        }
    }

    /// One head's pattern `[T, T]`, row = target position, zero above the diagonal. `scratch`
    /// holds it if it has to be rebuilt.
    pub fn head<'a>(&'a self, head: usize, scratch: &'a mut Vec<f32>) -> &'a [f32] {
        match self {
            Self::Whole(pattern_hts) => {
                let size = pattern_hts.n_cols() * pattern_hts.n_cols();
                &pattern_hts.data()[head * size..(head + 1) * size]
            }
            Self::Rebuilt(scores) => {
                let n_tokens = scores.query_the.n_rows();
                scratch.resize(n_tokens * n_tokens, 0.0);
                scores.pattern(head, scratch);
                scratch
            }
        }
    }

    /// One row of one head's pattern: how much target position `pos` takes from each source
    /// `0..=pos`.
    #[must_use]
    pub fn row(&self, head: usize, pos: usize) -> Vec<f32> {
        match self {
            Self::Whole(pattern_hts) => {
                let n_tokens = pattern_hts.n_cols();
                pattern_hts.row(head * n_tokens + pos)[..=pos].to_vec()
            }
            Self::Rebuilt(scores) => {
                let mut out = vec![0.0; pos + 1];
                scores.pattern_block(head, pos, 1, &mut out);
                out
            }
        }
    }
}
