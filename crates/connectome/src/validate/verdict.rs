//! Verdicts: whether what a source did is what the graph said, and more than controls do.
//!
//! Controls push as far as their own sources, and sources push differently far. So a source is
//! held against what each control did for each unit of its push, times the source's own.
//!
//! | verdict | the target moved |
//! |---|---|
//! | supported | as predicted in sign, by at least half of it, and beyond 95 % of the controls |
//! | contradicted | the other way, beyond 95 % of the controls |
//! | weak | otherwise: too little, or no more than controls move it |
//!
//! An edge whose source was not changed has no verdict: it is untested.

use connectome_graph::Verdict;

use super::statistics::{Point, Spread, agree_in_sign};

/// Fewer controls than this have no quantiles worth the name.
pub(super) const FEWEST_CONTROLS: usize = 8;

/// Of what was predicted, what must have happened for an edge to be supported.
const ENOUGH: f64 = 0.5;

/// Whether what happened is at least half of what was predicted, with its sign.
#[must_use]
pub fn is_as_predicted(point: Point) -> bool {
    agree_in_sign(&point) && point.measured.abs() >= ENOUGH * point.predicted.abs()
}

/// What controls do to one target at one dose, for each unit of push.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// Where their effects lie, in units of the target; as far as a source pushes if the band is
    /// [`Band::of_push`].
    pub spread: Spread,
    /// Whether this target had too few controls, so that those of all targets of its class were
    /// taken, each relative to its own target's size.
    pub pooled: bool,
}

impl Band {
    /// What controls would do that push so far.
    #[must_use]
    pub fn of_push(self, push: f64) -> Self {
        let Spread { n, mean, sd, lo, hi } = self.spread;
        let spread = Spread { n, mean: push * mean, sd: push * sd, lo: push * lo, hi: push * hi };
        Self { spread, ..self }
    }
}

/// The verdict on a pair, held against controls that push as far as its source. Without a band
/// nothing can be told from chance.
#[must_use]
pub fn judge(point: Point, band: Option<Band>) -> Verdict {
    let Some(Band { spread, .. }) = band else { return Verdict::Weak };
    let Point { predicted, measured } = point;
    let is_beyond =
        (measured > 0.0 && measured > spread.hi) || (measured < 0.0 && measured < spread.lo);
    if predicted == 0.0 || !is_beyond {
        return Verdict::Weak;
    }
    if !agree_in_sign(&point) {
        return Verdict::Contradicted;
    }
    if is_as_predicted(point) { Verdict::Supported } else { Verdict::Weak }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn band(lo: f64, hi: f64) -> Option<Band> {
        let spread = Spread { n: 20, mean: 0.0, sd: 0.1, lo, hi };
        Some(Band { spread, pooled: false })
    }

    fn verdict(predicted: f64, measured: f64) -> Verdict {
        judge(Point { predicted, measured }, band(-0.2, 0.3))
    }

    #[test]
    fn verdicts_by_hand() {
        // Same sign, at least half, beyond the band.
        assert_eq!(verdict(1.0, 0.9), Verdict::Supported);
        assert_eq!(verdict(1.0, 0.5), Verdict::Supported);
        assert_eq!(verdict(-1.0, -4.0), Verdict::Supported);
        // Too little of what was predicted; no more than controls.
        assert_eq!(verdict(1.0, 0.49), Verdict::Weak);
        assert_eq!(verdict(0.3, 0.3), Verdict::Weak);
        assert_eq!(verdict(-0.2, -0.2), Verdict::Weak);
        // The other way: within the band, and beyond it.
        assert_eq!(verdict(-1.0, 0.3), Verdict::Weak);
        assert_eq!(verdict(-1.0, 0.31), Verdict::Contradicted);
        assert_eq!(verdict(1.0, -0.21), Verdict::Contradicted);
        // A graph that says nothing is neither supported nor contradicted.
        assert_eq!(verdict(0.0, 5.0), Verdict::Weak);
        assert_eq!(verdict(1.0, 0.0), Verdict::Weak);
    }

    // Controls that all raise the target: less of the same is no support.
    #[test]
    fn a_band_on_one_side_of_zero_is_left_by_its_far_end() {
        let above = band(0.5, 1.0);
        let verdict = |predicted, measured| judge(Point { predicted, measured }, above);
        assert_eq!(verdict(0.2, 0.2), Verdict::Weak);
        assert_eq!(verdict(1.2, 1.2), Verdict::Supported);
        assert_eq!(verdict(0.2, -0.1), Verdict::Contradicted);
    }

    #[test]
    fn without_controls_nothing_is_told_from_chance() {
        assert_eq!(judge(Point { predicted: 1.0, measured: 1.0 }, None), Verdict::Weak);
        assert_eq!(judge(Point { predicted: 1.0, measured: -1.0 }, None), Verdict::Weak);
    }
}
