//! The JSON graph that circuit-tracer, Anthropic's frontend and Neuronpedia share.
//!
//! The three read the same file in different ways, and its ids have traps. What we write works
//! in all of them; what we read may come from any.
//!
//! | node | `node_id` | `feature` | `layer` | `jsNodeId` |
//! |---|---|---|---|---|
//! | feature | `{l}_{f}_{p}` | `pair(L{l}/{f})` | `"l"` | `{l}_{f}-{T-1-p}` |
//! | error | `{l}_-1_{p}` | -1 | `"l"` | `{l}_-1-{T-1-p}` |
//! | token | `E_{id}_{p}` | `p` | `"E"` | `E_{id}-{p}` |
//! | target | `{L+1}_{id}_{p}` | `id` | `"L+1"` | `L_{id}-{p}` |
//!
//! with `L` layers, `T` positions, and [`pair`] for Cantor's pairing. A target that is no token has
//! the id `V + k`: the length of the logits, and its place among the targets.
//!
//! # Where we differ from circuit-tracer 0.4.1, and why
//!
//! - *Error ids.* It writes `0_{l}_{p}`, which is also the id of feature `l` of layer 0. We
//!   write its later form, and read both.
//! - *`jsNodeId`.* It ends in `-0` for every position. Anthropic's frontend keys nodes by it,
//!   so a feature that fires twice would be one node there; we write the position from the end.
//! - *`scan` of a mixed dictionary.* It is Python's salted hash, other on every run; ours is a
//!   digest of the list.
//!
//! Sources: circuit-tracer 0.4.1 `create_graph_files`; anthropics/attribution-graphs-frontend;
//! Neuronpedia's `graph-schema.json`.

mod export;
mod import;

pub(crate) use export::target_token;
pub use export::{GraphJson, export, update_index};
pub use import::{annotations_of_view, import};

use crate::{FeatureId, GraphError};

/// What errors call these files.
const FORMAT: &str = "JSON graph";

/// Cantor's pairing: one number for a layer and an index, as `schema_version` 1 has it.
///
/// # Errors
///
/// [`GraphError::TooLarge`] if frontends, which count in doubles, could not take it apart.
pub fn pair(id: FeatureId) -> Result<u64, GraphError> {
    let sum = u64::from(id.layer) + u64::from(id.index);
    // They take the root of `8 z + 1 < 4 (sum + 1)²`, which must stay below 2⁵³.
    let limit = 47_000_000;
    if sum > limit {
        return Err(GraphError::TooLarge { what: "features a layer", found: sum, limit });
    }
    Ok(sum * (sum + 1) / 2 + u64::from(id.index))
}

/// The feature that [`pair`] made a number of.
pub fn unpair(paired: u64) -> Option<FeatureId> {
    let root = paired.checked_mul(8)?.checked_add(1)?.isqrt();
    let sum = (root - 1) / 2;
    let index = paired - sum * (sum + 1) / 2;
    let layer = u32::try_from(sum - index).ok()?;
    Some(FeatureId { layer, index: u32::try_from(index).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_come_apart_again() {
        let id = |layer, index| FeatureId { layer, index };
        // As in the peer's golden of `llama_clt_relu`.
        assert_eq!((pair(id(0, 17)).unwrap(), pair(id(0, 63)).unwrap()), (170, 2079));
        for id in [id(0, 0), id(0, 1), id(1, 0), id(25, 2_499_999), id(3, 46_000_000)] {
            assert_eq!(unpair(pair(id).unwrap()), Some(id));
        }
        assert!(pair(id(0, u32::MAX)).is_err());
        assert_eq!(unpair(u64::MAX), None);
    }
}
