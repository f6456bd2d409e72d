//! The gate's gradient and the penalties on activations, one feature at a time.
//!
//! ```text
//! ∂L/∂h = ∂L/∂a (1[h > θ] + (θ/ε) K)         K = 1[|h − θ| < ε/2]; the second term by switch
//! ∂L/∂θ = − Σ ∂L/∂a (θ/ε) K
//! ```
//!
//! The same function serves lists of what fires or lies in a window, and whole rows of tokens:
//! numbers that are neither get no gradient.
//!
//! Sources: Rajamanoharan et al. 2024, arXiv:2407.14435, eq. 11 (thresholds); Transformer
//! Circuits, January 2025 update (the same estimator for pre-activations).

use super::objective::SteToPreact;
use crate::ops::simd::tanh;

/// The gate as its gradient sees it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slope {
    /// One where it lets through.
    Plain,
    /// Also in a window around the threshold.
    Window {
        /// ε.
        bandwidth: f32,
        /// What the window's gradient reaches.
        reaches: SteToPreact,
    },
}

/// The penalties of a step, over the number of tokens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Penalties {
    /// λ over tokens.
    pub(super) sparsity: f64,
    /// c.
    pub(super) stretch: f32,
    /// 1 / s; 0 without.
    pub(super) inverse_frequency_scale: f64,
    /// λₚ over tokens.
    pub(super) pre_activation: f64,
    /// Tokens.
    pub(super) n_tokens: usize,
}

/// One feature's constants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Feature {
    pub(super) threshold: f32,
    /// n.
    pub(super) norm: f32,
    /// Σ max(θ − h, 0) over tokens, if the pre-activation loss pulls this feature up.
    pub(super) pulled_below: Option<f64>,
    /// Tokens on which it fires.
    pub(super) n_active: u32,
}

/// What a feature's gate leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Outcome {
    /// The feature's part of the tanh penalty.
    pub(super) sparsity: f64,
    /// The feature's part of the pre-activation loss.
    pub(super) pre_activation: f64,
    /// ∂L/∂n.
    pub(super) by_norm: f64,
    /// ∂L/∂ log θ.
    pub(super) by_log_threshold: f64,
    /// ∂L/∂ b_enc.
    pub(super) by_bias: f64,
    /// What every token's pre-activation got besides: `grad` is relative to it.
    pub(super) everywhere: f32,
}

/// Turns `∂L/∂a` without penalties into `∂L/∂h`, in place. `pre`, `act` and `grad` run over the
/// same entries.
#[inline(always)]
pub(super) fn pull_back(
    pre: &[f32],
    act: &[f32],
    grad: &mut [f32],
    feature: Feature,
    (slope, penalties): (Slope, Penalties),
) -> Outcome {
    let mut outcome = Outcome::default();
    let pull = pull_up(feature, penalties, &mut outcome);
    let penalty = Tanh::new(act, feature, penalties);
    let (half_window, height, reaches) = match slope {
        // No distance is below zero, so no window is ever met.
        Slope::Plain => (0.0, 0.0, SteToPreact::Off),
        Slope::Window { bandwidth, reaches } => {
            (0.5 * bandwidth, feature.threshold / bandwidth, reaches)
        }
    };
    let mut sums = Sums::default();
    for ((h, a), g) in pre.iter().zip(act).zip(grad.iter_mut()) {
        let fires = *a != 0.0;
        let is_inside = (*h - feature.threshold).abs() < half_window;
        if !fires && !is_inside {
            *g = 0.0;
            continue;
        }
        let by_act = *g + penalty.gradient(*a, &mut sums);
        let mut through = f32::from(u8::from(fires));
        if is_inside {
            sums.by_threshold -= f64::from(height * by_act);
            if reaches == SteToPreact::Rect {
                through += height;
            }
        }
        // The pre-activation loss reaches all that do not fire: all, less those that do.
        *g = by_act * through + if fires { pull } else { 0.0 };
        sums.by_pre += f64::from(*g);
    }
    outcome.sparsity = penalty.loss(&sums, penalties);
    outcome.by_norm += penalty.height * f64::from(penalties.stretch) * sums.by_norm;
    outcome.by_log_threshold += sums.by_threshold * f64::from(feature.threshold);
    outcome.by_bias += sums.by_pre;
    outcome
}

/// Sums over the entries of a feature.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    tanh: f64,
    by_norm: f64,
    by_threshold: f64,
    by_pre: f64,
}

/// The tanh penalty of a feature.
#[derive(Clone, Copy, Debug)]
struct Tanh {
    /// c n.
    scale: f32,
    /// λ (1 + 2 φ / s) over tokens.
    height: f64,
    /// `height · scale`.
    steepest: f32,
}

impl Tanh {
    #[inline(always)]
    fn new(act: &[f32], feature: Feature, penalties: Penalties) -> Self {
        let scale = penalties.stretch * feature.norm;
        let mut height = penalties.sparsity;
        if penalties.inverse_frequency_scale > 0.0 && height > 0.0 {
            let fired = act.iter().filter(|a| **a != 0.0);
            let sum: f64 = fired.map(|a| f64::from(tanh(scale * a))).sum();
            let frequency = sum / penalties.n_tokens as f64;
            height *= 1.0 + 2.0 * frequency * penalties.inverse_frequency_scale;
        }
        Self { scale, height, steepest: height as f32 * scale }
    }

    /// `∂L/∂a` of one entry.
    #[inline(always)]
    fn gradient(&self, act: f32, sums: &mut Sums) -> f32 {
        if act == 0.0 || self.height == 0.0 {
            return self.steepest;
        }
        let value = tanh(self.scale * act);
        let slope = 1.0 - value * value;
        sums.tanh += f64::from(value);
        sums.by_norm += f64::from(act * slope);
        self.steepest * slope
    }

    fn loss(&self, sums: &Sums, penalties: Penalties) -> f64 {
        let frequency = sums.tanh / penalties.n_tokens as f64;
        let lambda = penalties.sparsity * penalties.n_tokens as f64;
        lambda * frequency * (1.0 + frequency * penalties.inverse_frequency_scale)
    }
}

/// Adds the pre-activation loss, and says what pulls every token's pre-activation up.
#[inline(always)]
fn pull_up(feature: Feature, penalties: Penalties, outcome: &mut Outcome) -> f32 {
    let Some(below) = feature.pulled_below else { return 0.0 };
    let pull = penalties.pre_activation * f64::from(feature.norm);
    let n_silent = penalties.n_tokens as f64 - f64::from(feature.n_active);
    outcome.pre_activation = pull * below;
    outcome.by_norm += penalties.pre_activation * below;
    outcome.by_log_threshold += pull * n_silent * f64::from(feature.threshold);
    // Per entry `pull` is given back to those that fire; so here all tokens count.
    outcome.by_bias -= pull * penalties.n_tokens as f64;
    outcome.everywhere = -pull as f32;
    pull as f32
}
