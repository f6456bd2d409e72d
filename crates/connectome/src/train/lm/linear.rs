//! Affine maps of a batch: the product, and what it hands back.

use super::layout::LinearSlots;
use crate::ops::matmul::{Into, Products, View};
use crate::ops::matrix::Layout as Order;
use crate::ops::simd::vectorized;

impl LinearSlots {
    /// `y [B, out] (+)= W x + b` for `x [B, in]`.
    pub(super) fn forward(
        self,
        params: &[f32],
        x_b: &[f32],
        y_b: &mut [f32],
        into: Into,
        products: Products,
    ) {
        let (n_in, n_out) = (self.n_in, self.n_out);
        let weight = self.weight.of(params);
        let weight = match self.order {
            Order::OutIn => View::transposed(weight, n_in),
            Order::InOut => View::rows(weight, n_out),
        };
        let sizes = [x_b.len() / n_in, n_out, n_in];
        products.run(sizes, View::rows(x_b, n_in), weight, (y_b, n_out), into);
        if let Some(bias) = self.bias {
            let bias = bias.of(params);
            vectorized(
                #[inline(always)]
                || {
                    for row in y_b.chunks_exact_mut(n_out) {
                        row.iter_mut().zip(bias).for_each(|(y, bias)| *y += bias);
                    }
                },
            );
        }
    }

    /// `dx [B, in] = dy W` for `dy [B, out]`.
    pub(super) fn pull_back(
        self,
        params: &[f32],
        dy_b: &[f32],
        dx_b: &mut [f32],
        products: Products,
    ) {
        let (n_in, n_out) = (self.n_in, self.n_out);
        let weight = self.weight.of(params);
        let weight = match self.order {
            Order::OutIn => View::rows(weight, n_in),
            Order::InOut => View::transposed(weight, n_out),
        };
        let sizes = [dy_b.len() / n_out, n_in, n_out];
        products.run(sizes, View::rows(dy_b, n_out), weight, (dx_b, n_in), Into::Overwrite);
    }

    /// `dW += dyᵀ x`, `db += Σ dy`.
    pub(super) fn accumulate(
        self,
        grads: &mut [f32],
        x_b: &[f32],
        dy_b: &[f32],
        products: Products,
    ) {
        let (n_in, n_out) = (self.n_in, self.n_out);
        let n_rows = x_b.len() / n_in;
        let weight = self.weight.of_mut(grads);
        match self.order {
            Order::OutIn => {
                let (a, b) = (View::transposed(dy_b, n_out), View::rows(x_b, n_in));
                products.run([n_out, n_in, n_rows], a, b, (weight, n_in), Into::Add);
            }
            Order::InOut => {
                let (a, b) = (View::transposed(x_b, n_in), View::rows(dy_b, n_out));
                products.run([n_in, n_out, n_rows], a, b, (weight, n_out), Into::Add);
            }
        }
        if let Some(bias) = self.bias {
            let bias = bias.of_mut(grads);
            vectorized(
                #[inline(always)]
                || {
                    for row in dy_b.chunks_exact(n_out) {
                        bias.iter_mut().zip(row).for_each(|(sum, dy)| *sum += dy);
                    }
                },
            );
        }
    }
}
