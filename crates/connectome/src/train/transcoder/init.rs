//! Parameters at the start.
//!
//! ```text
//! W_enc ~ U(−1/√F, 1/√F)      W_dec ~ U(−1/√(L d), 1/√(L d))      b_dec = 0      θ as it is told
//! b_enc: such that a feature fires on a share of a data sample: 10,000 over all features, or
//!        less where that would be too many
//! ```
//!
//! Sources: Ameisen et al. 2025, "Circuit Tracing", appendix; Transformer Circuits, January 2025
//! update (about 10,000 features active on a token at the start); the ranges as in CLT-Forge.

use rayon::prelude::*;

use super::encode::{products, spans};
use super::net::Batch;
use super::objective::{Gate, Objective};
use super::params::{Extras, Presence, Shape, Tables};
use crate::ops::Mat;
use crate::train::rng::{Rng, Stream};

/// Features that fire on a token at the start, over all layers.
const ACTIVE: f64 = 10_000.0;

/// Largest share of features that fires on a token at the start: [`ACTIVE`] is meant for
/// dictionaries of hundreds of thousands.
const MOST: f64 = 0.1;

/// The share of tokens on which a feature fires at the start.
#[must_use]
pub fn initial_rate(shape: Shape) -> f64 {
    let n_features = (shape.n_features * shape.n_layers) as f64;
    (ACTIVE / n_features).min(MOST)
}

/// Random parameters; biases are zero until [`set_biases`].
#[must_use]
pub fn random(shape: Shape, objective: &Objective, skip: Presence, seed: (u64, Stream)) -> Tables {
    let initial = match objective.gate {
        Gate::JumpRelu(jump) => Some(jump.initial),
        Gate::Relu | Gate::TopK { .. } | Gate::BatchTopK { .. } => None,
    };
    let thresholds = if initial.is_some() { Presence::Present } else { Presence::Absent };
    let mut tables = Tables::zeros(shape, Extras { thresholds, skip });
    let range_enc = 1.0 / (shape.n_features as f32).sqrt();
    let range_dec = 1.0 / ((shape.n_layers * shape.d_model) as f32).sqrt();
    for (layer, tables) in tables.layers.iter_mut().enumerate() {
        // A table has a counter of its own, so that one more output changes no other table.
        let mut counter = (layer as u64) << 16;
        let mut fill = |mat: &mut Mat, range: f32| {
            let mut rng = Rng::new(seed.0, seed.1, counter);
            mat.data_mut().iter_mut().for_each(|x| *x = rng.between(-range, range));
            counter += 1;
        };
        fill(&mut tables.w_enc_fd, range_enc);
        tables.w_dec_fd.iter_mut().for_each(|mat| fill(mat, range_dec));
        if let Some(initial) = initial {
            tables.log_threshold_f.fill(initial.ln() as f32);
        }
    }
    tables
}

/// Sets encoder biases such that each feature of `layer` fires on this share of the sample.
/// TopK and its relatives need none: their biases stay zero.
pub fn set_biases(tables: &mut Tables, objective: &Objective, sample: &Batch, rates: &[f64]) {
    if matches!(objective.gate, Gate::TopK { .. } | Gate::BatchTopK { .. }) {
        return;
    }
    for (layer, tables) in tables.layers.iter_mut().enumerate() {
        let quantile_f = quantiles(&tables.w_enc_fd, &sample.x_td[layer], rates[layer]);
        for (feature, quantile) in quantile_f.into_iter().enumerate() {
            let log = tables.log_threshold_f.get(feature);
            let threshold = log.map_or(0.0, |log| libm::expf(*log));
            tables.b_enc_f[feature] = threshold - quantile;
        }
    }
}

/// For each feature, the number that a share `rate` of its products with the sample exceeds.
fn quantiles(w_enc_fd: &Mat, x_td: &Mat, rate: f64) -> Vec<f32> {
    let n_tokens = x_td.n_rows();
    let above = ((rate * n_tokens as f64).round() as usize).min(n_tokens.saturating_sub(1));
    let ranges: Vec<_> = spans(w_enc_fd.n_rows()).collect();
    ranges
        .into_par_iter()
        .flat_map_iter(|span| {
            let mut pre_ft = vec![0.0; span.len() * n_tokens];
            products(w_enc_fd, &span, x_td, &mut pre_ft);
            let mut quantile = |pre_t: &mut [f32]| {
                // The largest comes first; so many stand before this one.
                *pre_t.select_nth_unstable_by(above, |a, b| b.total_cmp(a)).1
            };
            pre_ft.chunks_exact_mut(n_tokens.max(1)).map(&mut quantile).collect::<Vec<f32>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::schedule::Ramp;
    use crate::train::transcoder::objective::{DecoderNorm, JumpRelu, SteToPreact};

    #[test]
    fn every_feature_fires_on_its_share_of_the_sample() {
        let shape = Shape { n_layers: 2, n_features: 300, d_model: 8, window: 2 };
        let jump = JumpRelu {
            bandwidth: 1.0,
            ste_to_preact: SteToPreact::Rect,
            initial: 0.03,
            rate_factor: 1.0,
        };
        let objective = Objective {
            gate: Gate::JumpRelu(jump),
            norm: DecoderNorm::Concatenated,
            sparsity: None,
            pre_activation: None,
            aux: None,
        };
        let mut tables = random(shape, &objective, Presence::Absent, (1, Stream::Init));
        let mut rng = Rng::new(2, Stream::Sample, 0);
        let mut mat = || Mat::from_vec((0..8000).map(|_| rng.normal()).collect(), 1000, 8);
        let x_td = vec![mat(), mat()];
        let sample = Batch { y_td: x_td.clone(), x_td };
        set_biases(&mut tables, &objective, &sample, &[0.05, 0.2]);
        for (layer, expected) in [(0, 50), (1, 200)] {
            let layer_tables = &tables.layers[layer];
            let mut pre_ft = vec![0.0; 300 * 1000];
            let mut start = 0;
            for span in spans(300) {
                let len = span.len() * 1000;
                let out = &mut pre_ft[start..start + len];
                products(&layer_tables.w_enc_fd, &span, &sample.x_td[layer], out);
                start += len;
            }
            for (feature, pre_t) in pre_ft.chunks_exact(1000).enumerate() {
                let bias = layer_tables.b_enc_f[feature];
                let fires = pre_t.iter().filter(|pre| **pre + bias > 0.03).count();
                // Rounding may move the one at the threshold.
                assert!((expected - 1..=expected + 1).contains(&fires), "{feature}: {fires}");
            }
        }
        let top = Objective { gate: Gate::TopK { k: Ramp::constant(3.0) }, ..objective };
        let before = tables.clone();
        set_biases(&mut tables, &top, &sample, &[0.5, 0.5]);
        assert!(tables == before);
    }
}
