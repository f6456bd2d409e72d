//! The nonlinearity inside the MLP: values forward, values and derivatives backward.

use crate::lm::config::{Act, Mlp};
use crate::ops::simd::{exp, map, tanh, vectorized};

/// A nonlinearity's value and derivative.
#[derive(Clone, Copy)]
struct At {
    value: f32,
    slope: f32,
}

/// `hidden [B, M]` from what the up map (and the gate before it) made: `pre [B, M]` or
/// `[B, 2M]`.
pub(super) fn forward(mlp: Mlp, pre_b: &[f32], hidden_bm: &mut [f32], d_mlp: usize) {
    let (Mlp::Plain(act) | Mlp::Gated(act)) = mlp;
    match act {
        Act::Relu => forward_with(mlp, relu, pre_b, hidden_bm, d_mlp),
        Act::Silu => forward_with(mlp, silu, pre_b, hidden_bm, d_mlp),
        Act::Gelu => forward_with(mlp, gelu, pre_b, hidden_bm, d_mlp),
        Act::GeluTanh => forward_with(mlp, gelu_tanh, pre_b, hidden_bm, d_mlp),
    }
}

fn forward_with(
    mlp: Mlp,
    act: impl Fn(f32) -> At,
    pre_b: &[f32],
    hidden_bm: &mut [f32],
    d_mlp: usize,
) {
    vectorized(
        #[inline(always)]
        || match mlp {
            Mlp::Plain(_) => {
                hidden_bm.iter_mut().zip(pre_b).for_each(|(hidden, pre)| *hidden = act(*pre).value);
            }
            Mlp::Gated(_) => {
                let rows = hidden_bm.chunks_exact_mut(d_mlp).zip(pre_b.chunks_exact(2 * d_mlp));
                for (hidden, pre) in rows {
                    let (gate, up) = pre.split_at(d_mlp);
                    for ((hidden, gate), up) in hidden.iter_mut().zip(gate).zip(up) {
                        *hidden = act(*gate).value * up;
                    }
                }
            }
        },
    );
}

/// The backward pass: `hidden` once more, and `dpre` from `dhidden [B, M]`.
pub(super) struct Backward<'a> {
    pub(super) pre_b: &'a [f32],
    pub(super) d_hidden_bm: &'a [f32],
    pub(super) hidden_bm: &'a mut [f32],
    pub(super) d_pre_b: &'a mut [f32],
    pub(super) d_mlp: usize,
}

impl Backward<'_> {
    /// Fills `hidden` and `dpre`.
    pub(super) fn run(self, mlp: Mlp) {
        let (Mlp::Plain(act) | Mlp::Gated(act)) = mlp;
        match act {
            Act::Relu => self.run_with(mlp, relu),
            Act::Silu => self.run_with(mlp, silu),
            Act::Gelu => self.run_with(mlp, gelu),
            Act::GeluTanh => self.run_with(mlp, gelu_tanh),
        }
    }

    fn run_with(self, mlp: Mlp, act: impl Fn(f32) -> At) {
        let d_mlp = self.d_mlp;
        let hidden = self.hidden_bm.chunks_exact_mut(d_mlp);
        let rows = hidden.zip(self.d_hidden_bm.chunks_exact(d_mlp));
        vectorized(
            #[inline(always)]
            || match mlp {
                Mlp::Plain(_) => {
                    let pre =
                        self.pre_b.chunks_exact(d_mlp).zip(self.d_pre_b.chunks_exact_mut(d_mlp));
                    for ((hidden, d_hidden), (pre, d_pre)) in rows.zip(pre) {
                        let inputs = pre.iter().zip(d_hidden);
                        for ((hidden, d_pre), (pre, d_hidden)) in
                            hidden.iter_mut().zip(d_pre).zip(inputs)
                        {
                            let At { value, slope } = act(*pre);
                            *hidden = value;
                            *d_pre = d_hidden * slope;
                        }
                    }
                }
                Mlp::Gated(_) => {
                    let pre = self.pre_b.chunks_exact(2 * d_mlp);
                    let pre = pre.zip(self.d_pre_b.chunks_exact_mut(2 * d_mlp));
                    for ((hidden, d_hidden), (pre, d_pre)) in rows.zip(pre) {
                        let ((gate, up), (d_gate, d_up)) =
                            (pre.split_at(d_mlp), d_pre.split_at_mut(d_mlp));
                        map(
                            [gate, up, d_hidden],
                            [hidden, d_gate, d_up],
                            #[inline(always)]
                            |[gate, up, d_hidden]| {
                                let At { value, slope } = act(gate);
                                [value * up, d_hidden * up * slope, d_hidden * value]
                            },
                        );
                    }
                }
            },
        );
    }
}

#[inline(always)]
fn relu(x: f32) -> At {
    if x > 0.0 { At { value: x, slope: 1.0 } } else { At { value: 0.0, slope: 0.0 } }
}

#[inline(always)]
fn silu(x: f32) -> At {
    let sigmoid = 1.0 / (1.0 + exp(-x));
    At { value: x * sigmoid, slope: sigmoid * (1.0 + x * (1.0 - sigmoid)) }
}

/// The exact GELU, `x Φ(x)`.
#[inline(always)]
fn gelu(x: f32) -> At {
    const DENSITY: f32 = 0.398_942_3;
    let below = 0.5 * (1.0 + libm::erff(x * std::f32::consts::FRAC_1_SQRT_2));
    At { value: x * below, slope: below + x * DENSITY * exp(-0.5 * x * x) }
}

#[inline(always)]
fn gelu_tanh(x: f32) -> At {
    const CUBIC: f32 = 0.044_715;
    const FACTOR: f32 = 0.797_884_6;
    let t = tanh(FACTOR * (x + CUBIC * x * x * x));
    let slope = 0.5 * x * (1.0 - t * t) * FACTOR * (1.0 + 3.0 * CUBIC * x * x);
    At { value: 0.5 * x * (1.0 + t), slope: 0.5 * (1.0 + t) + slope }
}
