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
    penalise(act, grad, feature, penalties, &mut outcome);
    let pull = pull_up(feature, penalties, &mut outcome);
    let mut by_threshold = 0.0_f64;
    for ((h, a), g) in pre.iter().zip(act).zip(grad.iter_mut()) {
        let fires = *a != 0.0;
        let mut through = f32::from(u8::from(fires));
        if let Slope::Window { bandwidth, reaches } = slope
            && (*h - feature.threshold).abs() < 0.5 * bandwidth
        {
            let height = feature.threshold / bandwidth;
            by_threshold -= f64::from(height * *g);
            if reaches == SteToPreact::Rect {
                through += height;
            }
        }
        // The pre-activation loss reaches all that do not fire: all, less those that do.
        *g = *g * through + if fires { pull } else { 0.0 };
        outcome.by_bias += f64::from(*g);
    }
    outcome.by_log_threshold += by_threshold * f64::from(feature.threshold);
    outcome
}

/// Adds the tanh penalty's gradient.
#[inline(always)]
fn penalise(
    act: &[f32],
    grad: &mut [f32],
    feature: Feature,
    penalties: Penalties,
    outcome: &mut Outcome,
) {
    if penalties.sparsity == 0.0 {
        return;
    }
    let scale = penalties.stretch * feature.norm;
    let tanh = |a: f32| if a == 0.0 { 0.0 } else { libm::tanhf(scale * a) };
    let sum: f64 = act.iter().map(|a| f64::from(tanh(*a))).sum();
    let frequency = sum / penalties.n_tokens as f64;
    let lambda = penalties.sparsity * penalties.n_tokens as f64;
    let excess = frequency * penalties.inverse_frequency_scale;
    outcome.sparsity = lambda * frequency * (1.0 + excess);
    let height = penalties.sparsity * (1.0 + 2.0 * excess);
    let mut by_norm = 0.0_f64;
    for (a, g) in act.iter().zip(grad) {
        let tanh = tanh(*a);
        let slope = 1.0 - tanh * tanh;
        by_norm += f64::from(*a * slope);
        *g += (height as f32) * scale * slope;
    }
    outcome.by_norm += height * f64::from(penalties.stretch) * by_norm;
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
