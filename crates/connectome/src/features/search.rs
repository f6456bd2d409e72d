//! Which features fire on a text.

use std::cmp::Ordering;

use connectome_graph::FeatureId;

use super::FeaturesError;
use super::examples::At;
use super::firing::{self, Logits, Wanted};
use super::index::FeatureIndex;
use crate::replacement::{PromptTokens, ReplacementModel};

/// A feature that fires on a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Which it is.
    pub id: FeatureId,
    /// Its largest activation, and where.
    pub peak: At,
    /// Everywhere that it fires, by position.
    pub firings: Vec<At>,
    /// Its largest activation here as a share of that in the index; `None` without an index, or
    /// where it never fired there.
    pub share_of_max: Option<f64>,
}

/// All features that fire on a text, the strongest first: by share of what the index saw, where
/// there is one, since activations of different features have different units; else by
/// activation.
///
/// # Errors
///
/// As [`firing::fired`]; [`FeaturesError::NotAnIndex`].
pub fn search(
    replacement: &ReplacementModel,
    prompt: &PromptTokens,
    index: Option<&FeatureIndex>,
) -> Result<Vec<Found>, FeaturesError> {
    let positions: Vec<usize> = (prompt.n_zeroed..prompt.ids.len()).collect();
    let wanted = Wanted { ids: &prompt.ids, positions: positions.clone() };
    let (by_layer, _) = firing::fired(replacement, &[wanted], Logits::No)?;
    let mut found = Vec::new();
    for (layer, mut firings) in (0_u32..).zip(by_layer) {
        firings.sort_by_key(|firing| (firing.index, firing.pos));
        for same in firings.chunk_by(|a, b| a.index == b.index) {
            let at = |firing: &crate::transcoder::Firing| At {
                pos: positions[firing.pos as usize] as u32,
                activation: firing.activation,
            };
            let firings: Vec<At> = same.iter().map(at).collect();
            let stronger =
                |best: At, at: &At| if at.activation > best.activation { *at } else { best };
            let peak = firings[1..].iter().fold(firings[0], stronger);
            let id = FeatureId { layer, index: same[0].index };
            let max = index.map(|index| index.statistics(id)).transpose()?.map(|found| found.max);
            let share_of_max =
                max.filter(|max| *max > 0.0).map(|max| f64::from(peak.activation) / f64::from(max));
            found.push(Found { id, peak, firings, share_of_max });
        }
    }
    found.sort_by(stronger_first);
    Ok(found)
}

fn stronger_first(a: &Found, b: &Found) -> Ordering {
    let share = |found: &Found| found.share_of_max.unwrap_or(f64::NEG_INFINITY);
    let by_share = share(b).total_cmp(&share(a));
    by_share.then(b.peak.activation.total_cmp(&a.peak.activation)).then(a.id.cmp(&b.id))
}
