//! Adam, with decoupled weight decay, over slices of parameters.
//!
//! An update is elementwise, so it gives the same bits however the work is split, and on
//! machines with wider vectors. It equals PyTorch's `Adam` and `AdamW` up to rounding.
//!
//! Rows of a large table that got no gradient may wait: [`Update::catch_up`] later does the
//! steps they missed, one by one, and gives the same bits as if nothing had waited.
//!
//! Sources: Kingma and Ba 2015, arXiv:1412.6980; Loshchilov and Hutter 2019, arXiv:1711.05101.

use rayon::prelude::*;

use crate::ops::simd::vectorized;

/// Parameters of one task: enough work to be worth a thread, and small enough to balance.
const CHUNK: usize = 1 << 14;

/// Moments below this are zero.
///
/// NUMERICS: decaying moments would end as subnormal numbers, on which processors are a hundred
/// times slower. Against `epsilon` = 1e-8 they move no parameter by as much as its last bit.
const TINY: f32 = 1e-36;

/// The settings of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Decoupled weight decay: parameters shrink by `rate · weight_decay` a step.
    pub weight_decay: f64,
}

impl Default for Adam {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

impl Adam {
    /// The update of `step`, from 0, at this learning rate.
    #[must_use]
    pub fn update(&self, step: u64, rate: f64) -> Update {
        let t = (step + 1) as f64;
        let first = 1.0 - libm::pow(self.beta1, t);
        let second = 1.0 - libm::pow(self.beta2, t);
        Update {
            beta1: self.beta1 as f32,
            beta2: self.beta2 as f32,
            rest1: (1.0 - self.beta1) as f32,
            rest2: (1.0 - self.beta2) as f32,
            rate: (rate / first) as f32,
            inverse_root: (1.0 / second.sqrt()) as f32,
            epsilon: self.epsilon as f32,
            kept: (1.0 - rate * self.weight_decay) as f32,
        }
    }
}

/// First and second moments of a slice of parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    /// Running mean of gradients.
    pub first: Vec<f32>,
    /// Running mean of their squares.
    pub second: Vec<f32>,
}

impl Moments {
    /// Of `len` parameters that have seen nothing.
    #[must_use]
    pub fn zeros(len: usize) -> Self {
        Self { first: vec![0.0; len], second: vec![0.0; len] }
    }
}

/// One step's numbers, the same for all parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Update {
    beta1: f32,
    beta2: f32,
    rest1: f32,
    rest2: f32,
    rate: f32,
    inverse_root: f32,
    epsilon: f32,
    kept: f32,
}

/// Parameters and their moments: three slices of one length.
#[derive(Debug)]
pub struct Slot<'a> {
    /// The parameters.
    pub values: &'a mut [f32],
    /// Running mean of gradients.
    pub first: &'a mut [f32],
    /// Running mean of their squares.
    pub second: &'a mut [f32],
}

impl<'a> Slot<'a> {
    /// All of these parameters.
    pub fn new(values: &'a mut [f32], moments: &'a mut Moments) -> Self {
        let Moments { first, second } = moments;
        debug_assert!(values.len() == first.len() && values.len() == second.len());
        Self { values, first, second }
    }
}

impl Update {
    /// Moves parameters along `factor · gradient`, on all threads.
    pub fn apply(&self, slot: Slot<'_>, gradient: &[f32], factor: f32) {
        debug_assert_eq!(slot.values.len(), gradient.len());
        let chunks = slot.values.par_chunks_mut(CHUNK).zip(gradient.par_chunks(CHUNK));
        let moments = slot.first.par_chunks_mut(CHUNK).zip(slot.second.par_chunks_mut(CHUNK));
        chunks.zip(moments).for_each(|((values, gradient), (first, second))| {
            self.apply_here(Slot { values, first, second }, gradient, factor);
        });
    }

    /// As [`Update::apply`], on this thread.
    pub fn apply_here(&self, slot: Slot<'_>, gradient: &[f32], factor: f32) {
        let update = *self;
        vectorized(
            #[inline(always)]
            || {
                let Slot { values, first, second } = slot;
                let moments = first.iter_mut().zip(second);
                for ((value, gradient), (m, v)) in values.iter_mut().zip(gradient).zip(moments) {
                    update.one(value, factor * gradient, m, v);
                }
            },
        );
    }

    /// The step of parameters whose gradient is zero, on this thread.
    pub fn coast(&self, slot: Slot<'_>) {
        let update = *self;
        vectorized(
            #[inline(always)]
            || {
                let Slot { values, first, second } = slot;
                for (value, (m, v)) in values.iter_mut().zip(first.iter_mut().zip(second)) {
                    update.one(value, 0.0, m, v);
                }
            },
        );
    }

    /// Does the steps `from..to` of parameters whose gradient was zero in all of them: the same
    /// bits as [`Update::apply`] with zeros after every step. `of_step` is the update of a step.
    pub fn catch_up(mut slot: Slot<'_>, from: u64, to: u64, of_step: impl Fn(u64) -> Self) {
        for step in from..to {
            let update = of_step(step);
            // Without a first moment and without decay nothing moves but the second moment.
            if update.kept == 1.0 && slot.first.iter().all(|m| *m == 0.0) {
                if slot.second.iter().all(|v| *v == 0.0) {
                    return;
                }
                slot.second.iter_mut().for_each(|v| *v = flushed(update.beta2 * *v));
                continue;
            }
            let Slot { values, first, second } = &mut slot;
            update.coast(Slot { values, first, second });
        }
    }

    #[inline(always)]
    fn one(&self, value: &mut f32, gradient: f32, m: &mut f32, v: &mut f32) {
        *m = flushed(self.beta1 * *m + self.rest1 * gradient);
        *v = flushed(self.beta2 * *v + self.rest2 * (gradient * gradient));
        let root = v.sqrt() * self.inverse_root + self.epsilon;
        *value = *value * self.kept - self.rate * (*m / root);
    }
}

#[inline(always)]
fn flushed(moment: f32) -> f32 {
    if moment.abs() < TINY { 0.0 } else { moment }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::rng::{Rng, Stream};

    fn noise(seed: u64, len: usize) -> Vec<f32> {
        let mut rng = Rng::new(seed, Stream::Init, 0);
        (0..len).map(|_| rng.normal()).collect()
    }

    // The definition, in f64, for a parameter at a time.
    fn reference(adam: &Adam, start: f32, gradients: &[f32], rate: f64) -> f64 {
        let (mut value, mut m, mut v) = (f64::from(start), 0.0, 0.0);
        for (step, gradient) in gradients.iter().enumerate() {
            let (g, t) = (f64::from(*gradient), step as i32 + 1);
            m = adam.beta1 * m + (1.0 - adam.beta1) * g;
            v = adam.beta2 * v + (1.0 - adam.beta2) * g * g;
            let m_hat = m / (1.0 - adam.beta1.powi(t));
            let v_hat = v / (1.0 - adam.beta2.powi(t));
            value -= rate * adam.weight_decay * value;
            value -= rate * m_hat / (v_hat.sqrt() + adam.epsilon);
        }
        value
    }

    #[test]
    fn steps_are_those_of_the_paper() {
        let n_steps = 50;
        for weight_decay in [0.0, 0.1] {
            let adam = Adam { weight_decay, ..Adam::default() };
            let len = 70_000;
            let mut values = noise(1, len);
            let start = values.clone();
            let mut moments = Moments::zeros(len);
            let gradients: Vec<Vec<f32>> = (0..n_steps).map(|s| noise(10 + s, len)).collect();
            for (step, gradient) in gradients.iter().enumerate() {
                let slot = Slot::new(&mut values, &mut moments);
                adam.update(step as u64, 1e-2).apply(slot, gradient, 1.0);
            }
            for at in (0..len).step_by(997) {
                let own: Vec<f32> = gradients.iter().map(|gradient| gradient[at]).collect();
                let expected = reference(&adam, start[at], &own, 1e-2);
                let found = f64::from(values[at]);
                // Every step rounds the parameter once.
                let tolerance = n_steps as f64 * f64::from(f32::EPSILON) * expected.abs().max(1.0);
                assert!((found - expected).abs() < tolerance, "{at}: {found} is not {expected}");
            }
        }
    }

    // Rows that wait and then catch up must not be told from rows that never waited.
    #[test]
    fn catching_up_gives_the_same_bits() {
        let rate = |step: u64| 1e-2 / (1.0 + step as f64);
        for (weight_decay, n_idle) in [(0.0, 3), (0.0, 5000), (0.1, 1500)] {
            let adam = Adam { weight_decay, ..Adam::default() };
            let of_step = |step| adam.update(step, rate(step));
            let (mut eager, gradient, zeros) = (noise(1, 96), noise(2, 96), vec![0.0; 96]);
            let mut lazy = eager.clone();
            let (mut eager_moments, mut lazy_moments) = (Moments::zeros(96), Moments::zeros(96));
            of_step(0).apply(Slot::new(&mut eager, &mut eager_moments), &gradient, 1.0);
            of_step(0).apply(Slot::new(&mut lazy, &mut lazy_moments), &gradient, 1.0);
            for step in 1..=n_idle {
                of_step(step).apply(Slot::new(&mut eager, &mut eager_moments), &zeros, 0.5);
            }
            Update::catch_up(Slot::new(&mut lazy, &mut lazy_moments), 1, n_idle + 1, of_step);
            assert_eq!(eager, lazy, "after {n_idle} steps");
            assert_eq!(eager_moments, lazy_moments, "after {n_idle} steps");
        }
    }

    #[test]
    fn moments_end_at_zero_and_never_subnormal() {
        let adam = Adam::default();
        let mut values = vec![1.0; 8];
        let mut moments = Moments { first: vec![1e-30; 8], second: vec![1e-35; 8] };
        for step in 0..20_000 {
            adam.update(step, 1e-3).coast(Slot::new(&mut values, &mut moments));
            let all = moments.first.iter().chain(&moments.second);
            assert!(all.clone().all(|x| *x == 0.0 || x.is_normal()), "step {step}");
        }
        assert!(moments.first.iter().chain(&moments.second).all(|x| *x == 0.0));
    }
}
