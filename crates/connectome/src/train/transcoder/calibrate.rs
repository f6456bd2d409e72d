//! Thresholds for gates that choose: a file cannot hold "the largest of the batch", so BatchTopK,
//! and TopK of cross-layer dictionaries, are exported as JumpReLU.
//!
//! On a sample, a layer's threshold is put between the last activation that would be chosen and
//! the next, so that as many fire as in training; where layers compete
//! ([`Scope::All`]), one threshold on activation times decoder norm
//! holds for all, or for all that a layer has above its floor, and a feature's own is that over
//! its norm.
//!
//! Source: Bussmann et al. 2024, arXiv:2412.06410 (a threshold instead of the batch), with a
//! threshold a layer.

use super::net::{Batch, Net};
use super::objective::{Gate, Scope};
use super::select::{Candidate, apart, candidates, strongest};

/// Thresholds `[L][F]` at which as much fires on the sample as the gate lets through with this
/// `k`.
#[must_use]
pub fn thresholds(net: &Net, sample: &Batch, k: f64) -> Vec<Vec<f32>> {
    let shape = net.shape();
    let n = k * sample.n_tokens() as f64;
    let tables = |layer: usize| (layer, &net.params().layers[layer]);
    let gate = net.recipe().objective.gate;
    if let Gate::BatchTopK { scope: Scope::All { floor }, .. } = gate {
        let (n, floor) = Scope::among_all(floor, n);
        let n = n * shape.n_layers;
        let norms: Vec<Vec<f32>> = (0..shape.n_layers).map(|layer| net.norms_of(layer)).collect();
        let layers: Vec<Vec<Candidate>> = (0..shape.n_layers)
            .map(|layer| candidates(tables(layer), &sample.x_td[layer], Some(&norms[layer]), n + 1))
            .collect();
        let floors: Vec<f32> = layers.iter().map(|found| between(found.clone(), floor)).collect();
        let (kept, rest) = apart(layers, floor);
        let n_free = n - kept.len();
        let cut = between(strongest(rest, n_free + 1), n_free);
        let of_layer = |(norm_f, floor): (&Vec<f32>, f32)| {
            let cut = cut.min(floor);
            let own = |norm: &f32| if *norm > 0.0 { cut / norm } else { f32::MAX };
            norm_f.iter().map(own).collect()
        };
        return norms.iter().zip(floors).map(of_layer).collect();
    }
    let tilt = match gate {
        Gate::BatchTopK { scope: Scope::Layer { tilt }, .. } => tilt,
        _ => 1.0,
    };
    let each = Scope::of_layers(tilt, n, shape.n_layers).into_iter().enumerate();
    each.map(|(layer, n)| {
        let found = candidates(tables(layer), &sample.x_td[layer], None, n + 1);
        vec![between(found, n); shape.n_features]
    })
    .collect()
}

/// Between the `n`-th largest score and the next; below the least if there are no more, above
/// all for none.
fn between(mut found: Vec<Candidate>, n: usize) -> f32 {
    if n == 0 {
        return f32::MAX;
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    match (found.get(n - 1), found.get(n)) {
        (Some(last), Some(next)) => 0.5 * (last.score + next.score),
        _ => 0.0,
    }
}
