//! The MLP: gated or plain.

use rayon::prelude::*;

use super::config::{Act, Mlp};
use crate::ops::{Linear, Mat};

/// An MLP with its weights.
#[derive(Clone, Debug)]
pub struct MlpLayer {
    /// Kind, with its nonlinearity.
    pub kind: Mlp,
    /// `[M, D]`, for gated MLPs.
    pub gate: Option<Linear>,
    /// `[M, D]`.
    pub up: Linear,
    /// `[D, M]`.
    pub down: Linear,
}

impl MlpLayer {
    /// `[T, D]` to `[T, D]`.
    #[must_use]
    pub fn forward(&self, x_td: &Mat) -> Mat {
        let act = self.function();
        let mut hidden_tm = self.up.forward(x_td);
        match &self.gate {
            None => hidden_tm.data_mut().par_iter_mut().for_each(|x| *x = act(*x)),
            Some(gate) => {
                let gate_tm = gate.forward(x_td);
                let pairs = hidden_tm.data_mut().par_iter_mut().zip(gate_tm.data());
                pairs.for_each(|(x, gate)| *x *= act(*gate));
            }
        }
        self.down.forward(&hidden_tm)
    }

    /// The nonlinearity of one number.
    #[must_use]
    pub fn function(&self) -> fn(f32) -> f32 {
        let (Mlp::Plain(act) | Mlp::Gated(act)) = self.kind;
        act.function()
    }
}

impl Act {
    /// The nonlinearity of one number.
    #[must_use]
    pub fn function(self) -> fn(f32) -> f32 {
        match self {
            Self::Relu => |x| x.max(0.0),
            Self::Silu => |x| x / (1.0 + (-x).exp()),
            Self::Gelu => |x| 0.5 * x * (1.0 + libm::erff(x * std::f32::consts::FRAC_1_SQRT_2)),
            Self::GeluTanh => |x| {
                let inner = (2.0 / std::f32::consts::PI).sqrt() * (x + 0.044_715 * x * x * x);
                0.5 * x * (1.0 + inner.tanh())
            },
        }
    }
}
