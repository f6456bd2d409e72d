//! Weighted cross-entropy of logits, and its gradient where the logits stood.
//!
//! ```text
//! loss = Σ weight · (log Σ exp(z) − z[target])      dz = weight · (softmax(z) − 1[target])
//! ```
//!
//! Only positions whose weight is not zero are unembedded, in chunks that stay in the cache, so
//! the logits of a batch are never all there.

use crate::ops::simd::{exp_and_sum, max_of, tanh, vectorized};

/// One position that a loss is taken at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Goal {
    /// Which position of the batch.
    pub(super) at: usize,
    /// The token that comes next.
    pub(super) target: u32,
    /// Its weight in the sum.
    pub(super) weight: f32,
}

/// What is to become of the logits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Softmax {
    /// `c` of `c·tanh(logit / c)`.
    pub(super) softcap: Option<f32>,
    /// Factor on the gradient: one over the weights of the whole step.
    pub(super) factor: f32,
}

impl Softmax {
    /// `c·tanh(logit / c)` where the model has that.
    pub(super) fn cap(self, logits: &mut [f32]) {
        if let Some(cap) = self.softcap {
            vectorized(
                #[inline(always)]
                || logits.iter_mut().for_each(|x| *x = cap * tanh(*x / cap)),
            );
        }
    }

    /// The weighted loss of a chunk, and `factor · dlogits` in place of the logits.
    ///
    /// `capped` is a buffer as long as a row; only models with a cap need it.
    pub(super) fn loss_and_gradient(
        self,
        logits_bv: &mut [f32],
        n_vocab: usize,
        goals: &[Goal],
        capped: &mut [f32],
    ) -> f64 {
        self.cap(logits_bv);
        let mut loss = 0.0;
        for (row, goal) in logits_bv.chunks_exact_mut(n_vocab).zip(goals) {
            let own = row[goal.target as usize];
            if self.softcap.is_some() {
                capped.copy_from_slice(row);
            }
            let (max, sum) = vectorized(
                #[inline(always)]
                || {
                    let max = max_of(row);
                    (max, exp_and_sum(row, max))
                },
            );
            // NUMERICS: f64, since a step sums thousands of losses.
            loss += f64::from(goal.weight) * (f64::from(sum).ln() + f64::from(max - own));
            let weight = goal.weight * self.factor;
            let share = weight / sum;
            vectorized(
                #[inline(always)]
                || row.iter_mut().for_each(|x| *x *= share),
            );
            row[goal.target as usize] -= weight;
            if let Some(cap) = self.softcap {
                vectorized(
                    #[inline(always)]
                    || {
                        for (x, capped) in row.iter_mut().zip(&*capped) {
                            *x *= 1.0 - (capped / cap) * (capped / cap);
                        }
                    },
                );
            }
        }
        loss
    }

    /// The weighted loss alone, and for each row whether the target has the largest logit.
    pub(super) fn loss(
        self,
        logits_bv: &mut [f32],
        n_vocab: usize,
        goals: &[Goal],
        mut each: impl FnMut(&Goal, f64, bool),
    ) {
        self.cap(logits_bv);
        for (row, goal) in logits_bv.chunks_exact_mut(n_vocab).zip(goals) {
            let own = row[goal.target as usize];
            let (max, sum) = vectorized(
                #[inline(always)]
                || {
                    let max = max_of(row);
                    (max, exp_and_sum(row, max))
                },
            );
            each(goal, f64::from(sum).ln() + f64::from(max - own), own == max);
        }
    }
}
