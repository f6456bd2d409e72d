//! Names of features: a dictionary's entry, and that entry fired at a position.
//!
//! The two are different things and have different types. Labels, dashboards and steering
//! at every position speak of a [`FeatureId`]; nodes of a graph speak of an
//! [`ActiveFeature`]. Each has one printed form, so that no id is ever built by hand.

use std::fmt;
use std::str::FromStr;

use crate::GraphError;

/// One entry of a transcoder dictionary, written `L12/4071`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureId {
    /// The layer whose input the feature reads, from 0.
    pub layer: u32,
    /// The row of that layer's encoder, from 0.
    pub index: u32,
}

/// A feature that fired on the prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ActiveFeature {
    /// Which entry of the dictionary.
    pub id: FeatureId,
    /// The position where it fired, from 0 (BOS included).
    pub pos: u32,
    /// After the nonlinearity, in the dictionary's own units; may be negative for TopK.
    pub activation: f32,
}

impl ActiveFeature {
    /// A key for sorting: features stand by layer, then position, then index, everywhere.
    pub fn order(&self) -> impl Ord + Copy + use<> {
        (self.id.layer, self.pos, self.id.index)
    }
}

impl fmt::Display for FeatureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L{}/{}", self.layer, self.index)
    }
}

/// `L12/4071@9`: the entry, and the position after the `@`.
impl fmt::Display for ActiveFeature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.id, self.pos)
    }
}

/// Reads `L12/4071`; the `L` may be left out.
impl FromStr for FeatureId {
    type Err = GraphError;

    fn from_str(text: &str) -> Result<Self, GraphError> {
        let parse = || {
            let (layer, index) = text.strip_prefix('L').unwrap_or(text).split_once('/')?;
            Some(Self { layer: decimal(layer)?, index: decimal(index)? })
        };
        parse().ok_or_else(|| GraphError::FeatureName { found: text.to_owned() })
    }
}

/// A plain decimal number: `u32::from_str` would also take `+7`.
fn decimal(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_as_itself() {
        let id = FeatureId { layer: 12, index: 4071 };
        assert_eq!(id.to_string(), "L12/4071");
        assert_eq!("L12/4071".parse::<FeatureId>().unwrap(), id);
        assert_eq!("12/4071".parse::<FeatureId>().unwrap(), id);
    }

    #[test]
    fn what_is_not_a_name_is_refused() {
        for text in ["", "L", "L1", "1/", "/1", "L1/2/3", "l1/2", "L+1/2", "L1/4294967296", "L1 /2"]
        {
            assert!(text.parse::<FeatureId>().is_err(), "{text:?} was accepted");
        }
    }
}
