//! Order, AND, and other interactions of two parts of a prompt.
//!
//! For a number `f` of the run, with `f(ab)` on the whole prompt and `f(a)`, `f(b)`, `f(0)` with
//! the other part, or both, taken away:
//!
//! ```text
//! interaction = f(ab) − f(a) − f(b) + f(0)
//! ```
//!
//! It is zero if the two only add up. An AND has it positive, with `f(a)` and `f(b)` near
//! `f(0)`; an OR has it negative. The same is computed in the local replacement model (attention
//! and norms held, features encoded anew), as a graph can only show what is there; and in the
//! model with attention and norms held, which says whether the dictionary is why it is not.
//!
//! Order is asked by a second prompt, in which the two parts have changed places.
//!
//! Source: second differences, as in Lindsey et al. 2025, "On the Biology of a Large Language
//! Model", refusals: each of two harmless words is answered, both together are refused.

use std::ops::Range;

use super::absence::{Absence, check_span};
use super::aim::Aims;
use crate::error::RunError;
use crate::intervene::{AttentionPatterns, Baseline, Intervention, Mode, NormScales};

/// Which parts, and what stands for one that is taken away.
#[derive(Clone, Debug, PartialEq)]
pub struct Parts {
    /// The first.
    pub a: Range<usize>,
    /// The second, apart from it.
    pub b: Range<usize>,
    /// What stands for what is taken away.
    pub absence: Absence,
}

/// A number with both parts, one, the other, and neither.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Corners {
    /// On the whole prompt.
    pub both: f64,
    /// With only the first part.
    pub only_a: f64,
    /// With only the second.
    pub only_b: f64,
    /// With neither.
    pub neither: f64,
}

impl Corners {
    /// `f(ab) − f(a) − f(b) + f(0)`.
    #[must_use]
    pub fn interaction(&self) -> f64 {
        self.both - self.only_a - self.only_b + self.neither
    }

    /// The interaction as a share of all that the two parts do, `f(ab) − f(0)`; `None` if they
    /// do nothing.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        let all = self.both - self.neither;
        (all != 0.0).then(|| self.interaction() / all)
    }
}

/// How two parts of a prompt work together on each aim.
#[derive(Clone, Debug, PartialEq)]
pub struct Interaction {
    /// In the original model, one an aim.
    pub model: Vec<Corners>,
    /// In the model with attention and norms held, one an aim.
    pub held: Vec<Corners>,
    /// In the local replacement model, one an aim.
    pub replacement: Vec<Corners>,
}

/// Measures the interaction of two parts of the prompt on every aim.
///
/// # Errors
///
/// [`RunError::Range`] for a part that is empty or leaves the prompt, [`RunError::Overlap`],
/// [`RunError::TokenId`]; those of the forward pass.
pub fn interaction(
    baseline: &Baseline<'_>,
    aims: &Aims,
    parts: &Parts,
) -> Result<Interaction, RunError> {
    check(parts, baseline.n_tokens())?;
    let away = |spans: &[&Range<usize>]| {
        let positions: Vec<usize> = spans.iter().flat_map(|span| (*span).clone()).collect();
        parts.absence.patches(baseline, &positions)
    };
    let taken = [away(&[&parts.b])?, away(&[&parts.a])?, away(&[&parts.a, &parts.b])?];
    let both = aims.unchanged(baseline)?;
    let corners = |mode: Mode, norms: NormScales| -> Result<Vec<Corners>, RunError> {
        let mut values = Vec::new();
        for residuals in &taken {
            let (edits, residuals, mode) = (Vec::new(), residuals.clone(), mode.clone());
            let asked = Intervention { edits, residuals, norms, ..Intervention::nothing(mode) };
            let outcome = baseline.measure(&asked, aims.watch(), &aims.logits_at())?;
            values.push(aims.values(&outcome));
        }
        let of = |at: usize| Corners {
            both: both[at],
            only_a: values[0][at],
            only_b: values[1][at],
            neither: values[2][at],
        };
        Ok((0..both.len()).map(of).collect())
    };
    let everything = Mode::Iterative { layers: 0..baseline.n_layers() };
    Ok(Interaction {
        model: corners(Mode::Open { attention: AttentionPatterns::Free }, NormScales::Free)?,
        held: corners(Mode::Open { attention: AttentionPatterns::Frozen }, NormScales::Frozen)?,
        replacement: corners(everything, NormScales::Frozen)?,
    })
}

/// The prompt's tokens with the two parts in each other's place; what is between them moves if
/// their lengths differ.
///
/// # Errors
///
/// [`RunError::Range`], [`RunError::Overlap`].
pub fn exchanged(tokens: &[u32], parts: &Parts) -> Result<Vec<u32>, RunError> {
    check(parts, tokens.len())?;
    let (first, second) =
        if parts.a.start < parts.b.start { (&parts.a, &parts.b) } else { (&parts.b, &parts.a) };
    let pieces = [
        &tokens[..first.start],
        &tokens[second.clone()],
        &tokens[first.end..second.start],
        &tokens[first.clone()],
        &tokens[second.end..],
    ];
    Ok(pieces.concat())
}

fn check(parts: &Parts, n_tokens: usize) -> Result<(), RunError> {
    check_span(&parts.a, n_tokens)?;
    check_span(&parts.b, n_tokens)?;
    if parts.a.start < parts.b.end && parts.b.start < parts.a.end {
        return Err(RunError::Overlap {
            first_start: parts.a.start,
            first_end: parts.a.end,
            second_start: parts.b.start,
            second_end: parts.b.end,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(a: Range<usize>, b: Range<usize>) -> Parts {
        Parts { a, b, absence: Absence::Mean }
    }

    #[test]
    fn parts_change_places_whatever_their_lengths() {
        let tokens = [0, 1, 2, 3, 4, 5];
        assert_eq!(exchanged(&tokens, &parts(1..3, 4..5)).unwrap(), [0, 4, 3, 1, 2, 5]);
        assert_eq!(exchanged(&tokens, &parts(4..5, 1..3)).unwrap(), [0, 4, 3, 1, 2, 5]);
        assert_eq!(exchanged(&tokens, &parts(0..1, 1..6)).unwrap(), [1, 2, 3, 4, 5, 0]);
    }

    #[test]
    fn parts_must_be_apart_and_within() {
        let refused = |a, b| exchanged(&[0, 1, 2], &parts(a, b)).unwrap_err();
        assert!(matches!(refused(0..2, 1..3), RunError::Overlap { .. }));
        assert!(matches!(refused(0..1, 2..4), RunError::Range { end: 4, limit: 3, .. }));
        assert!(matches!(refused(1..1, 2..3), RunError::Range { .. }));
    }

    // f = 1 only with both: an AND; f = 1 with either: an OR.
    #[test]
    fn and_is_positive_and_or_negative() {
        let corners = |both, only_a, only_b, neither| Corners { both, only_a, only_b, neither };
        assert_eq!(corners(1.0, 0.0, 0.0, 0.0).interaction(), 1.0);
        assert_eq!(corners(1.0, 1.0, 1.0, 0.0).interaction(), -1.0);
        assert_eq!(corners(5.0, 3.0, 3.0, 1.0).interaction(), 0.0);
        assert_eq!(corners(3.0, 1.0, 1.0, 1.0).share(), Some(1.0));
    }
}
