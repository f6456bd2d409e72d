//! Two graphs of one dictionary, feature by feature.

use std::collections::{BTreeMap, BTreeSet};

use connectome_graph::{ActiveFeature, AttributionGraph, FeatureId, NodeIdx};

use super::align::columns;
use crate::error::ServeError;
use crate::wire::{Compare, CompareAlign, MatchedFeature};

/// Where a feature is looked for in the other graph.
type Key = (FeatureId, Option<u32>);

/// A graph that is compared.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The graph.
    pub graph: &'a AttributionGraph,
    /// `[N]` its nodes' shares of all influence, [`connectome_graph::Influence::shares`].
    pub shares: &'a [f64],
}

/// Compares the features of two graphs, as `POST /api/compare` does.
///
/// # Errors
///
/// [`ServeError::Bad`] for graphs of two dictionaries.
pub fn compare(a: Side<'_>, b: Side<'_>, align: CompareAlign) -> Result<Compare, ServeError> {
    of_one_dictionary([a.graph, b.graph])?;
    let tokens = [a, b].map(|side| side.graph.prompt().token_texts.as_slice());
    let [columns_a, columns_b] = columns(tokens, align);
    let [in_a, in_b] = [(a, &columns_a), (b, &columns_b)].map(|(side, columns)| {
        places(side.graph, (align != CompareAlign::Any).then_some(columns.as_slice()))
    });
    let mut both = Vec::new();
    for (key, (node_a, fired_a)) in &in_a {
        let Some((node_b, fired_b)) = in_b.get(key) else { continue };
        both.push(MatchedFeature {
            a: node_a.get(),
            b: node_b.get(),
            feature: fired_a.id.to_string(),
            activation_a: f64::from(fired_a.activation),
            activation_b: f64::from(fired_b.activation),
            influence_a: a.shares[node_a.as_usize()],
            influence_b: b.shares[node_b.as_usize()],
        });
    }
    let most = |one: &MatchedFeature| one.influence_a.max(one.influence_b);
    both.sort_by(|x, y| most(y).total_cmp(&most(x)).then(x.a.cmp(&y.a)));
    let matched_a: BTreeSet<u32> = both.iter().map(|one| one.a).collect();
    let matched_b: BTreeSet<u32> = both.iter().map(|one| one.b).collect();
    let left = |places: &BTreeMap<Key, (NodeIdx, ActiveFeature)>, matched: &BTreeSet<u32>| {
        let all = places.values().map(|(node, _)| node.get());
        let mut left: Vec<u32> = all.filter(|node| !matched.contains(node)).collect();
        left.sort_unstable();
        left
    };
    let (only_a, only_b) = (left(&in_a, &matched_a), left(&in_b, &matched_b));
    let all = both.len() + only_a.len() + only_b.len();
    let jaccard = if all > 0 { both.len() as f64 / all as f64 } else { 0.0 };
    Ok(Compare { both, only_a, only_b, jaccard, columns_a, columns_b })
}

/// Refuses graphs of two dictionaries.
pub(super) fn of_one_dictionary(graphs: [&AttributionGraph; 2]) -> Result<(), ServeError> {
    let [of_a, of_b] = graphs.map(|graph| &graph.provenance().dictionary);
    if of_a.digest == of_b.digest && of_a.name == of_b.name {
        return Ok(());
    }
    let (a, b) = (&of_a.name, &of_b.name);
    Err(ServeError::bad(format!(
        "the graphs are of two dictionaries, `{a}` and `{b}`: their features have nothing in common"
    )))
}

/// Features of a graph by what they are matched by, the columns of positions or nothing more than
/// what they are; of several the most active one.
fn places(
    graph: &AttributionGraph,
    columns: Option<&[u32]>,
) -> BTreeMap<Key, (NodeIdx, ActiveFeature)> {
    let mut places: BTreeMap<Key, (NodeIdx, ActiveFeature)> = BTreeMap::new();
    for (idx, fired) in graph.nodes().features() {
        let key = (fired.id, columns.map(|columns| columns[fired.pos as usize]));
        let is_more = |known: &(NodeIdx, ActiveFeature)| fired.activation > known.1.activation;
        if places.get(&key).is_none_or(is_more) {
            places.insert(key, (idx, fired));
        }
    }
    places
}
