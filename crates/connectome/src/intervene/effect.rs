//! What an intervention did to the next token: probabilities, ranks, divergence.

use crate::lm::model::probabilities;

/// How the distribution over the next token moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// `KL(before ‖ after)` in nats.
    pub kl: f64,
    /// Entropy before, in nats.
    pub entropy_before: f64,
    /// Entropy after, in nats.
    pub entropy_after: f64,
    /// The most probable tokens before or after, and those asked for, each once; ordered by
    /// probability after, then id.
    pub tokens: Vec<TokenShift>,
}

/// One token before and after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenShift {
    /// Its id.
    pub token: u32,
    /// Logits before and after.
    pub logit: [f32; 2],
    /// Probabilities before and after.
    pub probability: [f32; 2],
    /// Ranks before and after, the most probable being 0; of equals, the lower id first.
    pub rank: [usize; 2],
}

impl Shift {
    /// Compares two rows of logits. The `n` most probable tokens of both are listed, and those
    /// of `also`.
    #[must_use]
    pub fn between(before_v: &[f32], after_v: &[f32], n: usize, also: &[u32]) -> Self {
        let rows = [before_v, after_v];
        let probability = rows.map(probabilities);
        let mut listed: Vec<u32> = rows.iter().flat_map(|row| top(row, n)).collect();
        listed.extend_from_slice(also);
        listed.sort_unstable();
        listed.dedup();
        let mut tokens: Vec<TokenShift> = listed
            .into_iter()
            .map(|token| TokenShift {
                token,
                logit: rows.map(|row| row[token as usize]),
                probability: [0, 1].map(|at| probability[at][token as usize]),
                rank: rows.map(|row| rank(row, token)),
            })
            .collect();
        tokens.sort_by_key(|shift| shift.rank[1]);
        Self {
            kl: kl_divergence(before_v, after_v),
            entropy_before: entropy(&probability[0]),
            entropy_after: entropy(&probability[1]),
            tokens,
        }
    }
}

/// `KL(p ‖ q)` in nats, of the distributions that two rows of logits stand for.
#[must_use]
pub fn kl_divergence(p_logits_v: &[f32], q_logits_v: &[f32]) -> f64 {
    let (p, q) = (log_softmax(p_logits_v), log_softmax(q_logits_v));
    let sum: f64 = p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum();
    // NUMERICS: never negative but by rounding.
    sum.max(0.0)
}

fn log_softmax(logits_v: &[f32]) -> Vec<f64> {
    let max = logits_v.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits_v.iter().map(|x| f64::from(x - max).exp()).sum();
    logits_v.iter().map(|x| f64::from(x - max) - sum.ln()).collect()
}

fn entropy(probability_v: &[f32]) -> f64 {
    let present = probability_v.iter().filter(|p| **p > 0.0).map(|p| f64::from(*p));
    -present.map(|p| p * p.ln()).sum::<f64>()
}

fn rank(logits_v: &[f32], token: u32) -> usize {
    let own = logits_v[token as usize];
    let before = |(at, x): &(usize, &f32)| **x > own || (**x == own && *at < token as usize);
    logits_v.iter().enumerate().filter(before).count()
}

fn top(logits_v: &[f32], n: usize) -> Vec<u32> {
    crate::lm::model::top_probabilities(logits_v, n).into_iter().map(|(token, _)| token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_do_not_differ() {
        let row = [1.0, 3.0, -2.0];
        let shift = Shift::between(&row, &row, 1, &[2]);
        assert_eq!(shift.kl, 0.0);
        assert_eq!(shift.entropy_before, shift.entropy_after);
        assert_eq!(shift.tokens.iter().map(|t| t.token).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(shift.tokens[1].rank, [2, 2]);
    }

    // Two tokens with p = (1/2, 1/2) and q = (1/4, 3/4): KL = ½ ln 2 + ½ ln ⅔.
    #[test]
    fn divergence_of_two_coins() {
        let found = kl_divergence(&[0.0, 0.0], &[0.0, 3.0_f32.ln()]);
        let expected = 0.5 * 2.0_f64.ln() + 0.5 * (2.0_f64 / 3.0).ln();
        assert!((found - expected).abs() < 1e-7, "{found} against {expected}");
    }
}
