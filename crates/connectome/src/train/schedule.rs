//! Numbers that change over a run: learning rates, and ramps of penalties and counts.
//!
//! All are pure functions of the step, so a resumed run needs no state of them.

/// How a learning rate falls at the end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decay {
    /// It does not.
    Constant,
    /// Along a straight line.
    Linear,
    /// Along half a cosine.
    Cosine,
}

/// Warm-up, a constant middle, and decay over the last steps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearningRate {
    /// The middle's value.
    pub peak: f64,
    /// Steps over which it rises to the peak along a straight line; the first step has
    /// `peak / warm_up`.
    pub warm_up: u64,
    /// How it falls at the end.
    pub decay: Decay,
    /// Steps over which it falls.
    pub decay_steps: u64,
    /// Share of the peak that it falls to.
    pub floor: f64,
}

impl LearningRate {
    /// The value of `step`, from 0, in a run of `n_steps`.
    ///
    /// Where warm-up and decay overlap, the lower of the two holds.
    #[must_use]
    pub fn at(&self, step: u64, n_steps: u64) -> f64 {
        let rising = match self.warm_up {
            0 => 1.0,
            warm_up => ((step + 1) as f64 / warm_up as f64).min(1.0),
        };
        let start = n_steps.saturating_sub(self.decay_steps);
        // Share of the decay that is over after this step: the last step has reached the floor
        // only if it is 0, where a step would do nothing, so the line ends one step later.
        let over = match step.checked_sub(start) {
            Some(into) if self.decay_steps > 0 => (into as f64 / self.decay_steps as f64).min(1.0),
            _ => 0.0,
        };
        let left = match self.decay {
            Decay::Constant => 1.0,
            Decay::Linear => 1.0 - over,
            Decay::Cosine => 0.5 * (1.0 + libm::cos(std::f64::consts::PI * over)),
        };
        self.peak * rising.min(self.floor + (1.0 - self.floor) * left)
    }
}

/// The course between a ramp's two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Along a straight line.
    Linear,
    /// Along half a cosine.
    Cosine,
    /// By a constant factor a step; both values must be above zero.
    Exponential,
}

/// From one value to another between two steps; constant before and after.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ramp {
    /// Value up to `start`.
    pub from: f64,
    /// Value from `start + steps` on.
    pub to: f64,
    /// The first step that changes.
    pub start: u64,
    /// How many steps the change takes.
    pub steps: u64,
    /// The course between the two.
    pub shape: Shape,
}

impl Ramp {
    /// One value for the whole run.
    #[must_use]
    pub fn constant(value: f64) -> Self {
        Self { from: value, to: value, start: 0, steps: 0, shape: Shape::Linear }
    }

    /// The value at `step`.
    #[must_use]
    pub fn at(&self, step: u64) -> f64 {
        if step >= self.start.saturating_add(self.steps) {
            return self.to;
        }
        let Some(into) = step.checked_sub(self.start) else { return self.from };
        let share = into as f64 / self.steps as f64;
        let share = match self.shape {
            Shape::Linear => share,
            Shape::Cosine => 0.5 * (1.0 - libm::cos(std::f64::consts::PI * share)),
            Shape::Exponential => {
                return self.from * libm::pow(self.to / self.from, share);
            }
        };
        self.from + (self.to - self.from) * share
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
    }

    #[test]
    fn a_learning_rate_rises_holds_and_falls() {
        let rate = LearningRate {
            peak: 2.0,
            warm_up: 4,
            decay: Decay::Linear,
            decay_steps: 10,
            floor: 0.1,
        };
        close(rate.at(0, 100), 0.5);
        close(rate.at(3, 100), 2.0);
        close(rate.at(50, 100), 2.0);
        close(rate.at(90, 100), 2.0);
        close(rate.at(95, 100), 2.0 * (0.1 + 0.9 * 0.5));
        close(rate.at(1000, 100), 0.2);
        let cosine = LearningRate { decay: Decay::Cosine, ..rate };
        close(cosine.at(95, 100), 2.0 * (0.1 + 0.9 * 0.5));
        assert!(cosine.at(92, 100) > rate.at(92, 100));
        close(LearningRate { decay: Decay::Constant, ..rate }.at(99, 100), 2.0);
    }

    // A short run in which the two overlap must not exceed either.
    #[test]
    fn overlapping_warm_up_and_decay_take_the_lower() {
        let rate = LearningRate {
            peak: 1.0,
            warm_up: 10,
            decay: Decay::Linear,
            decay_steps: 10,
            floor: 0.0,
        };
        for step in 0..10 {
            let up = (step + 1) as f64 / 10.0;
            close(rate.at(step, 10), up.min(1.0 - step as f64 / 10.0));
        }
    }

    #[test]
    fn ramps_start_and_end_where_they_say() {
        for shape in [Shape::Linear, Shape::Cosine, Shape::Exponential] {
            let ramp = Ramp { from: 1.0, to: 16.0, start: 10, steps: 20, shape };
            for (step, value) in [(0, 1.0), (10, 1.0), (30, 16.0), (99, 16.0)] {
                close(ramp.at(step), value);
            }
            let middle = if shape == Shape::Exponential { 4.0 } else { 8.5 };
            close(ramp.at(20), middle);
        }
        close(Ramp::constant(3.0).at(0), 3.0);
    }
}
