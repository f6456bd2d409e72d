//! What is measured on the way: a line of `metrics.jsonl`.

use serde_json::{Value, json};

use super::net::Measured;

/// Share of the running density that a step replaces.
const SMOOTHING: f32 = 0.01;

/// Upper ends of the histogram's classes; the first is for features that never fire, the last
/// has no end.
pub const CLASSES: [f32; 6] = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1];

/// Share of tokens on which each feature fires, smoothed over some hundred steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Density {
    n_features: usize,
    /// `[L · F]`.
    shares: Vec<f32>,
}

impl Density {
    /// Of features that have not been seen.
    #[must_use]
    pub fn new(n_layers: usize, n_features: usize) -> Self {
        Self { n_features, shares: vec![0.0; n_layers * n_features] }
    }

    /// Takes note of a batch.
    pub fn see(&mut self, measured: &Measured) {
        let n = measured.n_tokens as f32;
        for (share, fired) in self.shares.iter_mut().zip(measured.fired.iter().flatten()) {
            *share += SMOOTHING * (*fired as f32 / n - *share);
        }
    }

    /// Features of a layer in each class of density: below each of [`CLASSES`], then the rest.
    #[must_use]
    pub fn histogram(&self, layer: usize) -> [usize; 7] {
        let mut counts = [0; 7];
        for share in &self.shares[layer * self.n_features..(layer + 1) * self.n_features] {
            let class = CLASSES.iter().position(|end| share < end);
            counts[class.unwrap_or(CLASSES.len())] += 1;
        }
        counts
    }

    pub(super) fn numbers(&self) -> &[f32] {
        &self.shares
    }

    pub(super) fn numbers_mut(&mut self) -> &mut [f32] {
        &mut self.shares
    }
}

/// A line about a step: all but what the schedule and the clock say.
pub(super) fn record(step: u64, measured: &Measured, density: &Density) -> Value {
    let n = measured.n_tokens as f64;
    let n_features = measured.fired.first().map_or(1, Vec::len) as f64;
    let layers = &measured.layers;
    let loss = measured.loss;
    let histogram: Vec<[usize; 7]> =
        (0..layers.len()).map(|layer| density.histogram(layer)).collect();
    let each = |of: &dyn Fn(&super::net::LayerStats) -> f64| -> Vec<f64> {
        layers.iter().map(of).collect()
    };
    json!({
        "step": step,
        "kind": "train",
        "tokens": step * measured.n_tokens as u64,
        "loss": {
            "total": loss.total(),
            "reconstruction": loss.reconstruction,
            "sparsity": loss.sparsity,
            "pre_activation": loss.pre_activation,
            "aux": loss.aux,
        },
        "grad_norm": measured.grad_norm,
        "nmse": each(&|layer| layer.error / layer.power),
        "ev": each(&|layer| 1.0 - layer.error / layer.variance),
        "l0": each(&|layer| layer.n_active as f64 / n),
        "l0_total": measured.l0(),
        "dead_share": each(&|layer| layer.n_dead as f64 / n_features),
        "window_share": each(&|layer| layer.n_window as f64 / (n * n_features)),
        "density": histogram,
    })
}
