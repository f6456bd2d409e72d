//! The features of an index as lists: counted, filtered, sorted, and with what each fires.
//!
//! The command line and the server list features this way only.

use std::cmp::Ordering;

use connectome_graph::FeatureId;

use super::FeaturesError;
use super::index::{FeatureIndex, Label, LabelSource, Statistics};

/// In which order features are listed; of equals, by layer, then index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// As the dictionary has them.
    #[default]
    Index,
    /// The other way round.
    Last,
    /// From A to Z, whatever the case; those without a name last.
    Name,
    /// From Z to A; those without a name last.
    NameDown,
    /// Those that fire on most tokens first.
    Frequency,
    /// Those that fire on fewest tokens first.
    Rarest,
    /// Those of the largest activation first.
    Max,
    /// Those of the smallest first.
    Weakest,
}

/// Whose name a feature has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NamedBy {
    /// Anybody's, or none.
    #[default]
    Any,
    /// A person's, who looked at it here.
    Hand,
    /// A program's guess.
    Program,
    /// That of whoever made the files it was imported from.
    Imported,
    /// It has none.
    Nobody,
}

impl NamedBy {
    fn holds(self, label: Option<&Label>) -> bool {
        let source = label.map(|label| label.source);
        match self {
            Self::Any => true,
            Self::Hand => source == Some(LabelSource::Person),
            Self::Program => source.is_some_and(LabelSource::is_automatic),
            Self::Imported => source == Some(LabelSource::Imported),
            Self::Nobody => source.is_none(),
        }
    }
}

/// From a number to a number, both included; without one, that end is open.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Within {
    /// The least.
    pub from: Option<f32>,
    /// The most.
    pub to: Option<f32>,
}

impl Within {
    fn holds(self, number: f32) -> bool {
        self.from.is_none_or(|from| number >= from) && self.to.is_none_or(|to| number <= to)
    }
}

/// Which features. Those that never fired are meant only where a name is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Query {
    /// Those whose label holds this text, whatever its case.
    pub label: Option<String>,
    /// Those of this layer.
    pub layer: Option<u32>,
    /// Those whose name is somebody's.
    pub named: NamedBy,
    /// Those that fire on such a share of the tokens.
    pub frequency: Within,
    /// Those of such a largest activation.
    pub max: Within,
    /// In which order.
    pub sort: Sort,
}

impl Query {
    /// Whether a name is asked for.
    fn is_of_names(&self) -> bool {
        self.label.is_some() || !matches!(self.named, NamedBy::Any | NamedBy::Nobody)
    }

    /// Whether a feature is meant; `statistics` are its own.
    ///
    /// # Errors
    ///
    /// As [`FeatureIndex::feature`].
    pub fn holds(
        &self,
        index: &FeatureIndex,
        id: FeatureId,
        statistics: &Statistics,
    ) -> Result<bool, FeaturesError> {
        let by_numbers = self.layer.is_none_or(|layer| id.layer == layer)
            && self.frequency.holds(statistics.frequency)
            && self.max.holds(statistics.max);
        // Labels are texts of a file, and are not read where nobody asks for them.
        if !by_numbers || (self.label.is_none() && self.named == NamedBy::Any) {
            return Ok(by_numbers);
        }
        let label = index.label(id)?;
        let by_text = self.label.as_deref().is_none_or(|text| {
            let text = text.to_lowercase();
            label.as_ref().is_some_and(|label| label.text.to_lowercase().contains(&text))
        });
        Ok(by_text && self.named.holds(label.as_ref()))
    }
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
    /// Pointwise mutual information in bits, log2 P(both) / (P(one) P(other)) over the tokens of
    /// the index, at least; `None` if the index does not say how many these are.
    pub pmi: Option<f64>,
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
    query: &Query,
) -> Result<Vec<(FeatureId, Statistics)>, FeaturesError> {
    let mut found = Vec::new();
    for (id, statistics) in index.ids().zip(index.all_statistics()?) {
        let is_meant = query.is_of_names() || did_fire(&statistics);
        if is_meant && query.holds(index, id, &statistics)? {
            found.push((id, statistics));
        }
    }
    put_in_order(index, &mut found, query.sort)?;
    Ok(found)
}

/// Sorts are stable: of equals, the order stays.
fn put_in_order(
    index: &FeatureIndex,
    found: &mut Vec<(FeatureId, Statistics)>,
    sort: Sort,
) -> Result<(), FeaturesError> {
    let key: fn(&Statistics) -> f32 = match sort {
        Sort::Index => return Ok(()),
        Sort::Last => {
            found.reverse();
            return Ok(());
        }
        Sort::Name | Sort::NameDown => return put_in_order_of_names(index, found, sort),
        Sort::Frequency => |one: &Statistics| -one.frequency,
        Sort::Rarest => |one: &Statistics| one.frequency,
        Sort::Max => |one: &Statistics| -one.max,
        Sort::Weakest => |one: &Statistics| one.max,
    };
    found.sort_by(|(_, a), (_, b)| key(a).total_cmp(&key(b)));
    Ok(())
}

fn put_in_order_of_names(
    index: &FeatureIndex,
    found: &mut Vec<(FeatureId, Statistics)>,
    sort: Sort,
) -> Result<(), FeaturesError> {
    let mut named = Vec::with_capacity(found.len());
    for one in found.iter() {
        let name = index.label(one.0)?.map(|label| label.text.to_lowercase());
        named.push((name, *one));
    }
    named.sort_by(|(a, _), (b, _)| match (a.as_deref(), b.as_deref()) {
        (Some(a), Some(b)) if sort == Sort::NameDown => b.cmp(a),
        (Some(a), Some(b)) => a.cmp(b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    *found = named.into_iter().map(|(_, one)| one).collect();
    Ok(())
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
    let n_tokens = index.card().n_tokens;
    let mut all = Vec::new();
    for partner in index.partners(id)? {
        let other = index.id(partner.feature);
        let both = f64::from(partner.n);
        let theirs = f64::from(index.statistics(other)?.fired);
        let (share, jaccard) = (both / own, both / (own + theirs - both));
        let pmi = (n_tokens > 0).then(|| (both * n_tokens as f64 / (own * theirs)).log2());
        all.push(Together { id: other, n: partner.n, share, jaccard, pmi });
    }
    all.sort_by(|a, b| b.jaccard.total_cmp(&a.jaccard).then(a.id.cmp(&b.id)));
    all.truncate(n);
    Ok(all)
}
