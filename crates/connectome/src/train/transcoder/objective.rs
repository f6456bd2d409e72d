//! What is minimised, and in which units.
//!
//! ```text
//! h  = W_enc x + b_enc                          x, y scaled so that the mean norm is √d
//! a  = gate(h)
//! ŷₗ = Σ over sources s ≤ l of W_dec(s→l) aₛ + b_dec(l) + x W_skip
//!
//! L  = reconstruction + sparsity + pre-activation + auxiliary
//!
//! reconstruction  = mean over tokens of Σₗ ‖ŷₗ − yₗ‖²
//! sparsity        = λ Σ over layers and features of φ (1 + φ / s),  φ = mean over tokens of
//!                   tanh(c n a)
//! pre-activation  = λₚ · mean over tokens of Σ max(θ − h, 0) n      all features, or dead ones
//! auxiliary       = α r · mean over tokens of Σₗ ‖êₗ − (yₗ − ŷₗ)‖²    ê from dead features alone
//! ```
//!
//! `n` is a feature's decoder norm: of all its rows as one vector, or the sum of the norms of its
//! rows. `s` is the frequency scale (without one, φ alone), `r` is the number of dead features of
//! a layer over `k_aux`, at most 1. Sums are over the width and over layers, means over tokens:
//! so a coefficient means the same whatever the batch.
//!
//! Sources: Ameisen et al. 2025, "Circuit Tracing", appendix on cross-layer transcoders;
//! Transformer Circuits, January 2025 update, "Dictionary Learning Optimization Techniques"
//! (tanh penalty, pre-activation loss); Rajamanoharan et al. 2024, arXiv:2407.14435 (JumpReLU);
//! Gao et al. 2024, arXiv:2406.04093 (TopK, AuxK); Bussmann et al. 2024, arXiv:2412.06410
//! (BatchTopK). The frequency term is the one that OpenMOSS' Language-Model-SAEs trains with.

use crate::train::schedule::Ramp;

/// From pre-activation to activation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gate {
    /// Lets through what is above zero.
    Relu,
    /// Lets through what is above the feature's threshold, which is learned.
    JumpRelu(JumpRelu),
    /// Lets through the `k` largest of a token and layer, whatever their sign, as the format that
    /// it is exported to does.
    TopK {
        /// How many; rounded.
        k: Ramp,
    },
    /// Lets through the largest positive ones of a whole batch.
    BatchTopK {
        /// How many a token and layer, on average; rounded to a whole number a batch.
        k: Ramp,
        /// Among what they are chosen.
        scope: Scope,
    },
}

/// Settings of JumpReLU.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct JumpRelu {
    /// Width ε of the window around a threshold in which gradients pass.
    pub bandwidth: f64,
    /// Whether the straight-through gradient reaches the pre-activation too.
    pub ste_to_preact: SteToPreact,
    /// Thresholds at the start.
    pub initial: f64,
    /// Learning rate of the thresholds' logarithms, as a factor on that of everything else.
    pub rate_factor: f64,
}

/// What the straight-through estimator reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SteToPreact {
    /// Thresholds only.
    Off,
    /// Thresholds and, with the same rectangle, pre-activations: all parameters.
    Rect,
}

/// Among what BatchTopK chooses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scope {
    /// The activations of one layer.
    Layer {
        /// `k` of the first layer over that of the last. Between them it falls by equal ratios,
        /// and its mean over the layers is `k`.
        tilt: f64,
    },
    /// Those of all layers, each times its feature's decoder norm.
    All {
        /// The share of `k` that fires in every layer before layers compete for the rest, so that
        /// none starves; in `[0, 1]`.
        floor: f64,
    },
}

impl Scope {
    /// Layers that all have the same.
    pub const EVEN: Self = Self::Layer { tilt: 1.0 };
    /// Layers that compete for everything.
    pub const ALL: Self = Self::All { floor: 0.0 };

    /// How many a batch lets through in the mean over layers that compete, and how many of them
    /// every layer has in any case.
    pub(super) fn among_all(floor: f64, n: f64) -> (usize, usize) {
        let n = n.round().max(1.0);
        (n as usize, (floor * n).round() as usize)
    }

    /// How many a batch lets through, layer by layer, where layers do not compete; their mean is
    /// `n`, up to rounding.
    pub(super) fn of_layers(tilt: f64, n: f64, n_layers: usize) -> Vec<usize> {
        let share = |layer: usize| {
            let way = layer as f64 / (n_layers - 1).max(1) as f64;
            tilt.powf(-way)
        };
        let total: f64 = (0..n_layers).map(share).sum();
        let own = |layer| share(layer) * n * n_layers as f64 / total;
        (0..n_layers).map(|layer| (own(layer).round() as usize).max(1)).collect()
    }
}

/// A feature's decoder norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecoderNorm {
    /// Of all its rows as one vector: writing to more layers costs less than the sum.
    Concatenated,
    /// The sum of the norms of its rows.
    Summed,
}

/// The tanh penalty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sparsity {
    /// λ.
    pub coefficient: Ramp,
    /// c.
    pub stretch: f64,
    /// s; none for no penalty on frequent features.
    pub frequency_scale: Option<f64>,
}

/// The pre-activation loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PreActivation {
    /// λₚ.
    pub coefficient: f64,
    /// Which features it pulls up.
    pub on: PulledUp,
}

/// Which features the pre-activation loss pulls up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PulledUp {
    /// All that do not fire on a token.
    All,
    /// Of those, only features that have not fired for long.
    Dead,
}

/// The auxiliary loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AuxK {
    /// Dead features a token and layer.
    pub k: usize,
    /// α.
    pub coefficient: f64,
}

/// All terms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// From pre-activation to activation.
    pub gate: Gate,
    /// What a decoder norm is, in the penalties and in the choice of [`Scope::All`].
    pub norm: DecoderNorm,
    /// The tanh penalty.
    pub sparsity: Option<Sparsity>,
    /// The pre-activation loss.
    pub pre_activation: Option<PreActivation>,
    /// The auxiliary loss.
    pub aux: Option<AuxK>,
}

impl Objective {
    /// The numbers of one step.
    #[must_use]
    pub fn at(&self, step: u64) -> Numbers {
        let k = match self.gate {
            Gate::TopK { k } | Gate::BatchTopK { k, .. } => k.at(step),
            Gate::Relu | Gate::JumpRelu(_) => 0.0,
        };
        let lambda = self.sparsity.map_or(0.0, |sparsity| sparsity.coefficient.at(step));
        Numbers { lambda, k }
    }
}

/// What changes from step to step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Numbers {
    /// λ.
    pub lambda: f64,
    /// k of TopK and BatchTopK; 0 for other gates.
    pub k: f64,
}

/// The loss of a batch, term by term; see the module for units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Loss {
    /// Mean over tokens of the squared error, summed over layers and width.
    pub reconstruction: f64,
    /// The tanh penalty.
    pub sparsity: f64,
    /// The pre-activation loss.
    pub pre_activation: f64,
    /// The auxiliary loss.
    pub aux: f64,
}

impl Loss {
    /// The sum.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.reconstruction + self.sparsity + self.pre_activation + self.aux
    }
}
