//! The features of an index as lists: counted, filtered, sorted, and with what each fires.
//!
//! The command line and the server list features this way only.

use connectome_graph::FeatureId;

use super::FeaturesError;
use super::index::{FeatureIndex, Statistics};

/// In which order features are listed; of equals, by layer, then index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// As the dictionary has them.
    #[default]
    Index,
    /// Those that fire on most tokens first.
    Frequency,
    /// Those that fire on fewest tokens first.
    Rarest,
    /// Those of the largest activation first.
    Max,
}

/// Which features.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<'a> {
    /// Those whose label holds this text, whatever its case; without it, those that fired.
    pub label: Option<&'a str>,
    /// Those of this layer.
    pub layer: Option<u32>,
    /// In which order.
    pub sort: Sort,
}

/// How many features did something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Features that fired at least once; of an index that others made, those with an activation
    /// above zero.
    pub n_fired: usize,
    /// Features that have a label.
    pub n_named: usize,
    /// Firings of all features together; 0 of an index that others made.
    pub n_firings: u64,
}

/// A feature that fires on the same tokens as another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Together {
    /// Which it is.
    pub id: FeatureId,
    /// Tokens on which both fire, at least.
    pub n: u32,
    /// The same as a share of the tokens on which the other fires.
    pub share: f64,
    /// The same as a share of the tokens on which either fires.
    pub jaccard: f64,
}

fn did_fire(statistics: &Statistics) -> bool {
    statistics.fired > 0 || statistics.max != 0.0
}

/// Counts the features of an index.
///
/// # Errors
///
/// [`FeaturesError::NotAnIndex`] if its rows are damaged.
pub fn summary(index: &FeatureIndex) -> Result<Summary, FeaturesError> {
    let mut summary = Summary::default();
    for id in index.ids() {
        let statistics = index.statistics(id)?;
        summary.n_fired += usize::from(did_fire(&statistics));
        summary.n_named += usize::from(index.label(id)?.is_some());
        summary.n_firings += u64::from(statistics.fired);
    }
    Ok(summary)
}

/// All features that a query wants, in its order.
///
/// # Errors
///
/// As [`summary`].
pub fn find(
    index: &FeatureIndex,
    query: Query<'_>,
) -> Result<Vec<(FeatureId, Statistics)>, FeaturesError> {
    let matching: Vec<FeatureId> = match query.label {
        Some(text) => index.find_label(text)?.into_iter().map(|(id, _)| id).collect(),
        None => index.ids().collect(),
    };
    let mut found = Vec::new();
    for id in matching.into_iter().filter(|id| query.layer.is_none_or(|layer| id.layer == layer)) {
        let statistics = index.statistics(id)?;
        if query.label.is_some() || did_fire(&statistics) {
            found.push((id, statistics));
        }
    }
    let key = |statistics: &Statistics| match query.sort {
        Sort::Index => 0.0,
        Sort::Frequency => -statistics.frequency,
        Sort::Rarest => statistics.frequency,
        Sort::Max => -statistics.max,
    };
    // A stable sort: of equals, the order stays.
    found.sort_by(|(_, a), (_, b)| key(a).total_cmp(&key(b)));
    Ok(found)
}

/// The `n` features that fire most on the tokens on which one does, by [`Together::jaccard`].
///
/// # Errors
///
/// As [`FeatureIndex::feature`].
pub fn together(
    index: &FeatureIndex,
    id: FeatureId,
    n: usize,
) -> Result<Vec<Together>, FeaturesError> {
    let own = f64::from(index.statistics(id)?.fired);
    let mut all = Vec::new();
    for partner in index.partners(id)? {
        let other = index.id(partner.feature);
        let both = f64::from(partner.n);
        let either = own + f64::from(index.statistics(other)?.fired) - both;
        let (share, jaccard) = (both / own, both / either);
        all.push(Together { id: other, n: partner.n, share, jaccard });
    }
    all.sort_by(|a, b| b.jaccard.total_cmp(&a.jaccard).then(a.id.cmp(&b.id)));
    all.truncate(n);
    Ok(all)
}
