//! [`Controller`]: finds the sparsity coefficient that leads to a wanted L0.
//!
//! The factor on λ moves by a small power of how far L0 is off, every step:
//! `ln factor += gain · clamp(ln(L0 / target), ±1)`, with L0 smoothed over some fifty steps. It
//! begins once λ has reached its end of the ramp, since before that L0 says nothing about it.

use serde_json::{Value, json};

/// Share of the smoothed L0 that a step replaces.
const SMOOTHING: f64 = 0.02;

/// Largest factor either way.
const MOST: f64 = 1e4;

/// What the controller aims at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetL0 {
    /// Features that fire on a token, summed over layers.
    pub l0: f64,
    /// How fast the coefficient follows.
    pub gain: f64,
    /// The first step that it acts in.
    pub start: u64,
}

/// The factor on λ so far.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Controller {
    target: TargetL0,
    log_factor: f64,
    smoothed: Option<f64>,
}

impl Controller {
    /// A controller that has seen nothing.
    #[must_use]
    pub fn new(target: TargetL0) -> Self {
        Self { target, log_factor: 0.0, smoothed: None }
    }

    /// What to multiply λ by.
    #[must_use]
    pub fn factor(&self) -> f64 {
        libm::exp(self.log_factor)
    }

    /// Takes note of a step's L0.
    pub fn see(&mut self, step: u64, l0: f64) {
        let smoothed = self.smoothed.map_or(l0, |old| old + SMOOTHING * (l0 - old));
        self.smoothed = Some(smoothed);
        if step < self.target.start {
            return;
        }
        // With nothing firing, the penalty is far too strong.
        let off = libm::log(smoothed.max(1e-3) / self.target.l0).clamp(-1.0, 1.0);
        let most = libm::log(MOST);
        self.log_factor = (self.log_factor + self.target.gain * off).clamp(-most, most);
    }

    /// For a checkpoint.
    #[must_use]
    pub fn state(&self) -> Value {
        // Bits, so that a resumed run goes on with exactly the same numbers.
        json!({
            "log_factor": self.log_factor.to_bits(),
            "smoothed": self.smoothed.map(f64::to_bits),
        })
    }

    /// Goes on where `state` was taken; `None` if it is none.
    #[must_use]
    pub fn resume(target: TargetL0, state: &Value) -> Option<Self> {
        let log_factor = f64::from_bits(state["log_factor"].as_u64()?);
        let smoothed = state["smoothed"].as_u64().map(f64::from_bits);
        Some(Self { target, log_factor, smoothed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A dictionary whose L0 falls with the coefficient, and follows it slowly.
    #[test]
    fn it_finds_the_coefficient_of_a_slow_plant() {
        let target = TargetL0 { l0: 50.0, gain: 5e-3, start: 100 };
        let mut controller = Controller::new(target);
        let mut l0 = 400.0;
        for step in 0..6000 {
            let wanted = 120.0 * controller.factor().powf(-0.7);
            l0 += 0.02 * (wanted - l0);
            controller.see(step, l0);
        }
        assert!((l0 - 50.0).abs() < 1.0, "{l0}");
        let resumed = Controller::resume(target, &controller.state()).unwrap();
        assert_eq!(resumed, controller);
    }

    #[test]
    fn it_waits_for_the_ramp_and_stays_in_bounds() {
        let mut controller = Controller::new(TargetL0 { l0: 50.0, gain: 1.0, start: 10 });
        (0..10).for_each(|step| controller.see(step, 1000.0));
        assert_eq!(controller.factor(), 1.0);
        (10..1000).for_each(|step| controller.see(step, 0.0));
        assert!(controller.factor() >= 0.99e-4);
    }
}
