//! Weights between features, without any prompt.
//!
//! The virtual weight from feature *i* to feature *j* of a later layer is what *i* adds to the
//! pre-activation of *j* at the same token through the stream alone, per unit of activation:
//!
//! ```text
//! V_ij = ⟨ read_j, Σ_s written_i,s ⟩      summed over the layers s below j's that i writes to
//! TWERA_ij = E[a_i a_j] / E[a_j] · V_ij   the target-weighted expected residual attribution
//! ```
//!
//! Expectations are over the tokens of an index. Attention is left out, and so are the
//! denominators of norms (where features read behind a norm, its gain is counted). V alone is
//! full of interference: pairs that never fire together have weights, too. TWERA counts those
//! only that do, and so it misses inhibition, where a feature keeps another from firing.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", global weights.

use std::ops::ControlFlow;

use connectome_graph::FeatureId;

use super::FeaturesError;
use super::directions;
use super::index::FeatureIndex;
use crate::error::RunError;
use crate::ops::Mat;
use crate::ops::matmul::dot;
use crate::replacement::ReplacementModel;

/// Features whose weights are computed at once.
const CHUNK: usize = 1024;

/// Which side of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Features of lower layers, which act on it.
    Inputs,
    /// Features of higher layers, which it acts on.
    Outputs,
}

/// A feature and the virtual weight to or from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weight {
    /// The other feature.
    pub id: FeatureId,
    /// V, in units of the target's pre-activation for a unit of the source's activation.
    pub weight: f32,
}

/// A weight, and what it comes to where features fire.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// The virtual weight.
    pub weight: Weight,
    /// TWERA, at least in size.
    pub lo: f64,
    /// TWERA, at most in size: the same if co-activation was counted exactly.
    pub hi: f64,
    /// Tokens on which both fire, at least.
    pub n: u32,
}

/// Refuses a feature that the dictionary does not have.
///
/// # Errors
///
/// [`RunError::Layer`], [`RunError::FeatureIndex`].
pub fn check_feature(replacement: &ReplacementModel, id: FeatureId) -> Result<(), RunError> {
    let card = replacement.transcoder().card();
    let (n_layers, n_features) = (card.n_layers, card.n_features);
    if id.layer as usize >= n_layers {
        return Err(RunError::Layer { found: id.layer, n_layers });
    }
    if id.index as usize >= n_features {
        let FeatureId { layer, index } = id;
        return Err(RunError::FeatureIndex { layer, index, n_features });
    }
    Ok(())
}

/// How long a feature's decoder row is (‖W_dec‖₂, as the dictionary has it, without the model's
/// norms) for each layer that it writes to, its own first.
///
/// # Errors
///
/// [`RunError::Layer`], [`RunError::FeatureIndex`] for a feature that there is not; a dictionary
/// that is not finite.
pub fn decoder_norms(replacement: &ReplacementModel, id: FeatureId) -> Result<Vec<f32>, RunError> {
    check_feature(replacement, id)?;
    let (layer, transcoder) = (id.layer as usize, replacement.transcoder());
    let rows = transcoder.decoders(layer, &[id.index])?;
    let mut row_d = vec![0.0; replacement.model().config().d_model];
    let mut norms = Vec::new();
    for output in 0..transcoder.n_outputs(layer) {
        rows.read(0, output, &mut row_d);
        norms.push(dot(&row_d, &row_d).sqrt());
    }
    Ok(norms)
}

/// The virtual weights between a feature and all others of one side, in order.
///
/// `watch` is told how many of how many layers are done; the result is what there is when it
/// asks to stop.
///
/// # Errors
///
/// [`RunError::Layer`], [`RunError::FeatureIndex`] for a feature that there is not; a dictionary
/// that is not finite.
pub fn virtual_weights(
    replacement: &ReplacementModel,
    id: FeatureId,
    side: Side,
    watch: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Vec<Weight>, RunError> {
    check_feature(replacement, id)?;
    let card = replacement.transcoder().card();
    let (n_layers, n_features) = (card.n_layers, card.n_features);
    let own = id.layer as usize;
    let layers = match side {
        Side::Inputs => 0..own,
        Side::Outputs => own + 1..n_layers,
    };
    let mut weights = Vec::new();
    let n = layers.len();
    for (done, layer) in layers.enumerate() {
        if watch(done, n).is_break() {
            break;
        }
        // The one feature's direction; it depends on the layer where a feature writes to several.
        let own_d = match side {
            Side::Inputs => directions::read(replacement, own, &[id.index]),
            Side::Outputs => directions::written(replacement, own, &[id.index], layer)?,
        };
        for start in (0..n_features).step_by(CHUNK) {
            let end = n_features.min(start + CHUNK);
            let indices: Vec<u32> = (start as u32..end as u32).collect();
            let others_nd: Mat = match side {
                Side::Inputs => directions::written(replacement, layer, &indices, own)?,
                Side::Outputs => directions::read(replacement, layer, &indices),
            };
            weights.extend(indices.iter().zip(others_nd.rows()).map(|(index, other_d)| {
                let id = FeatureId { layer: layer as u32, index: *index };
                Weight { id, weight: dot(own_d.row(0), other_d) }
            }));
        }
    }
    Ok(weights)
}

/// The strongest of some weights by size; of equals, the first.
#[must_use]
pub fn strongest(mut weights: Vec<Weight>, n: usize) -> Vec<Weight> {
    weights.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()).then(a.id.cmp(&b.id)));
    weights.truncate(n);
    weights
}

/// TWERA of all weights whose features are known to fire together, the strongest first.
/// `weights` are those of [`virtual_weights`] for the same feature and side.
///
/// # Errors
///
/// [`FeaturesError::NoFeature`], [`FeaturesError::NotAnIndex`].
pub fn expected(
    index: &FeatureIndex,
    id: FeatureId,
    side: Side,
    weights: &[Weight],
) -> Result<Vec<Expected>, FeaturesError> {
    let own_sum = index.statistics(id)?.sum;
    let mut found = Vec::new();
    for partner in index.partners(id)? {
        let other = index.id(partner.feature);
        let Ok(at) = weights.binary_search_by_key(&other, |weight| weight.id) else { continue };
        let weight = weights[at];
        // The target's: E[a_j] is its sum over the tokens, and their number cancels.
        let target_sum = match side {
            Side::Inputs => own_sum,
            Side::Outputs => index.statistics(other)?.sum,
        };
        if target_sum <= 0.0 {
            continue;
        }
        let of = |sum: f64| sum / target_sum * f64::from(weight.weight);
        let (lo, hi) = (of(partner.sum - partner.excess), of(partner.sum));
        found.push(Expected { weight, lo, hi, n: partner.n });
    }
    found.sort_by(|a, b| b.lo.abs().total_cmp(&a.lo.abs()).then(a.weight.id.cmp(&b.weight.id)));
    Ok(found)
}
