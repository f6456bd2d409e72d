//! Groups that may be made: features whose signed inputs and outputs are alike.
//!
//! A node's profile is the vector of its inputs' and outputs' signed shares, each part scaled to
//! length one. Two nodes are as alike as the cosine of their profiles. Groups grow by complete
//! linkage: two of them join as long as the least alike pair is alike enough. Nothing is hidden
//! in a weight: the least cosine of each group is told, with what else its members have in common.
//!
//! Source: the idea of clustering by edge profiles is that of Neuronpedia's issue 145.

use std::collections::{BTreeMap, BTreeSet};

use connectome::features::index::Label;
use connectome::open::OpenError;
use connectome::transcoder::Transcoder;
use connectome_graph::{AttributionGraph, FeatureId, Node, NodeIdx, circuit_scores};

use super::{checked, label};
use crate::error::ServeError;
use crate::store::Kept;
use crate::wire::{SuggestAsk, Suggestion, Suggestions};

/// The least cosine of two members.
const ALIKE: f64 = 0.5;
/// Features that are considered unless others are named.
const TOP: usize = 40;
/// The most that may be: the work grows with the square.
const MOST: usize = 400;

/// Groups that may be made in a graph, as `POST /api/graphs/:id/suggest` answers; `names` are what
/// features are called.
///
/// # Errors
///
/// [`ServeError::Bad`] for nodes that the graph has not, or too many.
pub fn suggest_groups(
    graph: AttributionGraph,
    ask: &SuggestAsk,
    names: &BTreeMap<FeatureId, Label>,
) -> Result<Suggestions, ServeError> {
    let known = Known { labels: &BTreeMap::new(), names, dictionary: None };
    suggest(&Kept::new(graph)?, ask, known)
}

/// What is known of a graph's features beside the graph.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    /// What a person calls nodes.
    pub(crate) labels: &'a BTreeMap<NodeIdx, String>,
    /// What features are called.
    pub(crate) names: &'a BTreeMap<FeatureId, Label>,
    /// Where they write, if their dictionary is here.
    pub(crate) dictionary: Option<&'a Transcoder>,
}

/// Suggestions for some nodes of a graph.
pub(crate) fn suggest(
    kept: &Kept,
    ask: &SuggestAsk,
    Known { labels, names, dictionary }: Known<'_>,
) -> Result<Suggestions, ServeError> {
    let called = |idx: NodeIdx| -> Option<String> {
        let graph = &kept.graph;
        let own = labels.get(&idx).map(String::as_str);
        let own = own.or_else(|| graph.annotations().label(graph.nodes(), idx));
        let of_feature = || match graph.nodes().node(idx) {
            Node::Feature(feature) => names.get(&feature.id).map(|label| label.text.as_str()),
            _ => None,
        };
        own.or_else(of_feature).map(str::to_owned)
    };
    let graph = &kept.graph;
    let considered = considered(kept, ask)?;
    let profiles = profiles(kept, &considered);
    let alike = |a: usize, b: usize| cosine(&profiles[a], &profiles[b]);
    let n = considered.len();
    let alike_nn: Vec<Vec<f64>> = (0..n).map(|a| (0..n).map(|b| alike(a, b)).collect()).collect();
    let clusters = clusters(&alike_nn);
    let mut mask = vec![false; graph.nodes().len()];
    // Tokens and targets belong to every circuit; the considered nodes are what is in between.
    for place in graph.nodes().token_range().chain(graph.nodes().target_range()) {
        mask[place] = true;
    }
    considered.iter().for_each(|idx| mask[idx.as_usize()] = true);
    let whole = circuit_scores(graph, &mask)?;
    let mut groups = Vec::new();
    let mut alone = Vec::new();
    for cluster in clusters {
        let members: Vec<NodeIdx> = cluster.iter().map(|at| considered[*at]).collect();
        if members.len() < 2 {
            alone.extend(members.iter().map(|idx| idx.get()));
            continue;
        }
        let mut without = mask.clone();
        members.iter().for_each(|idx| without[idx.as_usize()] = false);
        let left = circuit_scores(graph, &without)?;
        let pairs = cluster.iter().flat_map(|a| cluster.iter().map(move |b| (*a, *b)));
        let similarity = pairs.map(|(a, b)| alike_nn[a][b]).fold(1.0, f64::min);
        groups.push(Suggestion {
            name: name(kept, &members, &called),
            nodes: members.iter().map(|idx| idx.get()).collect(),
            reasons: reasons(graph, &members, similarity, dictionary)?,
            similarity,
            influence: members.iter().map(|idx| kept.influence_share(idx.as_usize())).sum(),
            replacement_change: left.replacement.value - whole.replacement.value,
            completeness_change: left.completeness.value - whole.completeness.value,
        });
    }
    groups.sort_by(|a, b| b.influence.total_cmp(&a.influence).then(a.nodes.cmp(&b.nodes)));
    alone.sort_unstable();
    Ok(Suggestions { groups, alone })
}

/// Features that are asked for, or the most influential ones; ascending.
fn considered(kept: &Kept, ask: &SuggestAsk) -> Result<Vec<NodeIdx>, ServeError> {
    let nodes = kept.graph.nodes();
    let mut found = match &ask.nodes {
        Some(asked) => checked(&kept.graph, asked)?,
        None => {
            let mut all: Vec<NodeIdx> = nodes.features().map(|(idx, _)| idx).collect();
            let of = |idx: &NodeIdx| kept.influence().node[idx.as_usize()];
            all.sort_by(|a, b| of(b).total_cmp(&of(a)).then(a.cmp(b)));
            all.truncate(ask.top.unwrap_or(TOP));
            all
        }
    };
    found.retain(|idx| matches!(nodes.node(*idx), Node::Feature(_)));
    found.sort_unstable();
    found.dedup();
    if found.len() > MOST {
        let n = found.len();
        return Err(ServeError::bad(format!(
            "{n} features are to be grouped, expected {MOST} at most"
        )));
    }
    Ok(found)
}

/// Signed shares of inputs (keys from 0) and outputs (keys from the node count), each of length
/// one or empty.
fn profiles(kept: &Kept, considered: &[NodeIdx]) -> Vec<BTreeMap<u32, f64>> {
    let graph = &kept.graph;
    let n_nodes = graph.nodes().len() as u32;
    let place: BTreeMap<NodeIdx, usize> =
        considered.iter().enumerate().map(|(at, idx)| (*idx, at)).collect();
    let mut inputs = vec![BTreeMap::new(); considered.len()];
    let mut outputs = vec![BTreeMap::new(); considered.len()];
    for edge in graph.edges() {
        let whole = kept.abs_in[edge.target.as_usize()];
        if whole == 0.0 {
            continue;
        }
        let share = f64::from(edge.weight) / whole;
        if let Some(at) = place.get(&edge.target) {
            inputs[*at].insert(edge.source.get(), share);
        }
        if let Some(at) = place.get(&edge.source) {
            outputs[*at].insert(n_nodes + edge.target.get(), share);
        }
    }
    let mut profiles = Vec::new();
    for (mut input, output) in inputs.into_iter().zip(outputs) {
        let mut output = output;
        unit(&mut input);
        unit(&mut output);
        input.extend(output);
        profiles.push(input);
    }
    profiles
}

fn unit(vector: &mut BTreeMap<u32, f64>) {
    let length = vector.values().map(|x| x * x).sum::<f64>().sqrt();
    if length > 0.0 {
        vector.values_mut().for_each(|x| *x /= length);
    }
}

fn cosine(a: &BTreeMap<u32, f64>, b: &BTreeMap<u32, f64>) -> f64 {
    let length = |v: &BTreeMap<u32, f64>| v.values().map(|x| x * x).sum::<f64>().sqrt();
    let product: f64 = a.iter().filter_map(|(key, x)| b.get(key).map(|y| x * y)).sum();
    let whole = length(a) * length(b);
    if whole > 0.0 { product / whole } else { 0.0 }
}

/// Complete linkage down to [`ALIKE`]; members ascend, clusters by their first.
fn clusters(alike_nn: &[Vec<f64>]) -> Vec<Vec<usize>> {
    let mut clusters: Vec<Vec<usize>> = (0..alike_nn.len()).map(|at| vec![at]).collect();
    let mut between = alike_nn.to_vec();
    loop {
        let mut best: Option<(f64, usize, usize)> = None;
        for (a, row) in between.iter().enumerate() {
            for (b, found) in row.iter().enumerate().skip(a + 1) {
                if *found >= ALIKE && best.is_none_or(|(most, _, _)| *found > most) {
                    best = Some((*found, a, b));
                }
            }
        }
        let Some((_, a, b)) = best else { break };
        let joined = clusters.remove(b);
        clusters[a].extend(joined);
        clusters[a].sort_unstable();
        let other = between.remove(b);
        between.iter_mut().for_each(|row| {
            row.remove(b);
        });
        let other: Vec<f64> =
            other.into_iter().enumerate().filter(|(at, _)| *at != b).map(|(_, x)| x).collect();
        for at in 0..between.len() {
            let least = between[a][at].min(other[at]);
            between[a][at] = least;
            between[at][a] = least;
        }
    }
    clusters.sort();
    clusters
}

/// What at least half of the members are called; else what the most influential of those with a
/// name is, and how many more there are; else where they stand.
fn name(kept: &Kept, members: &[NodeIdx], called: &dyn Fn(NodeIdx) -> Option<String>) -> String {
    let graph = &kept.graph;
    let mut named: Vec<(NodeIdx, String)> =
        members.iter().filter_map(|idx| Some((*idx, called(*idx)?))).collect();
    let influence = |idx: NodeIdx| kept.influence_share(idx.as_usize());
    named.sort_by(|(a, _), (b, _)| influence(*b).total_cmp(&influence(*a)).then(a.cmp(b)));
    let as_many = |text: &str| named.iter().filter(|(_, other)| other == text).count();
    if let Some((_, text)) = named.iter().find(|(_, text)| 2 * as_many(text) >= members.len()) {
        return text.clone();
    }
    if let Some((_, text)) = named.first() {
        return format!("{text}, {} more", members.len() - 1);
    }
    let token = |pos: u32| graph.prompt().token_texts[pos as usize].trim().to_owned();
    let positions: Vec<u32> = members.iter().map(|idx| graph.nodes().pos_of(*idx)).collect();
    let layers: Vec<u32> = members.iter().filter_map(|idx| graph.nodes().layer_of(*idx)).collect();
    let (low, high) = (layers.iter().min(), layers.iter().max());
    let layers = match (low, high) {
        (Some(low), Some(high)) if low == high => format!("L{low}"),
        (Some(low), Some(high)) => format!("L{low}–{high}"),
        _ => String::new(),
    };
    if positions.iter().all(|pos| *pos == positions[0]) {
        return format!("{} {layers}", token(positions[0]));
    }
    format!("{}, {} more {layers}", label(graph, members[0]), members.len() - 1)
}

fn reasons(
    graph: &AttributionGraph,
    members: &[NodeIdx],
    similarity: f64,
    dictionary: Option<&Transcoder>,
) -> Result<Vec<String>, ServeError> {
    let mut reasons = vec![format!(
        "their signed inputs and outputs are alike: cosine {similarity:.2} or more for every two"
    )];
    let positions: Vec<u32> = members.iter().map(|idx| graph.nodes().pos_of(*idx)).collect();
    if positions.iter().all(|pos| *pos == positions[0]) {
        let token = &graph.prompt().token_texts[positions[0] as usize];
        reasons.push(format!("all stand at position {}, `{}`", positions[0], token.trim()));
    }
    let feature = |idx: &NodeIdx| match graph.nodes().node(*idx) {
        Node::Feature(feature) => Some(feature.id),
        _ => None,
    };
    let ids: Vec<FeatureId> = members.iter().filter_map(feature).collect();
    let distinct: BTreeSet<FeatureId> = ids.iter().copied().collect();
    if distinct.len() < ids.len() {
        reasons.push(format!("{} nodes are {} features", ids.len(), distinct.len()));
    }
    if let Some(dictionary) = dictionary
        && let Some(cosine) = decoders_alike(dictionary, &distinct)?
    {
        reasons.push(format!(
            "what they write points the same way by a cosine of {cosine:.2}, the mean over every \
             two features that write to a layer in common"
        ));
    }
    Ok(reasons)
}

/// The most features whose writing is compared: the work grows with the square.
const MOST_WRITERS: usize = 32;

/// The mean cosine of the writing directions of every two features, over the layers that both
/// write to; `None` if no two do, or there are too many.
fn decoders_alike(
    dictionary: &Transcoder,
    ids: &BTreeSet<FeatureId>,
) -> Result<Option<f64>, ServeError> {
    if ids.len() > MOST_WRITERS {
        return Ok(None);
    }
    // Of each feature: its layer, and what it writes to that layer and those above.
    let mut written: Vec<(usize, Vec<Vec<f32>>)> = Vec::new();
    for id in ids {
        let rows = dictionary.decoders(id.layer as usize, &[id.index]).map_err(OpenError::from)?;
        let read = |output| {
            let mut row = vec![0.0; rows.d_model()];
            rows.read(0, output, &mut row);
            row
        };
        written.push((id.layer as usize, (0..rows.n_outputs()).map(read).collect()));
    }
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum()
    };
    let (mut sum, mut n) = (0.0, 0);
    for (at, (low, a)) in written.iter().enumerate() {
        for (high, b) in &written[at + 1..] {
            // Features ascend by layer, so that the first of two reaches up to the second.
            let common: Vec<_> = a.iter().skip(high - low).zip(b).collect();
            let product: f64 = common.iter().map(|(x, y)| dot(x, y)).sum();
            let [x, y] = [
                common.iter().map(|(x, _)| dot(x, x)).sum::<f64>(),
                common.iter().map(|(_, y)| dot(y, y)).sum::<f64>(),
            ];
            if x * y > 0.0 {
                sum += product / (x * y).sqrt();
                n += 1;
            }
        }
    }
    Ok((n > 0).then(|| sum / f64::from(n)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_directions_have_nothing_in_common() {
        let organism = connectome::organism::by_name("two-hop").unwrap();
        let dictionary = Transcoder::open(&organism.dictionary()).unwrap();
        let id = |layer, index| FeatureId { layer, index };
        let ids: BTreeSet<_> = (0..16).map(|at| id(at % 4, 30 * at)).collect();
        let random = dictionary.with_random_decoders(3);
        let cosine = decoders_alike(&random, &ids).unwrap().unwrap();
        assert!(cosine.abs() < 0.05, "{cosine}");
        // Two features of the last layer write to it alone: one product by hand.
        let [a, b] = [46, 50].map(|index| {
            let rows = dictionary.decoders(3, &[index]).unwrap();
            let mut row = vec![0.0; rows.d_model()];
            rows.read(0, 0, &mut row);
            row
        });
        let dot = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).map(|(x, y)| x * y).sum() };
        let expected = f64::from(dot(&a, &b) / (dot(&a, &a) * dot(&b, &b)).sqrt());
        let found = decoders_alike(&dictionary, &[id(3, 46), id(3, 50)].into()).unwrap().unwrap();
        assert!((found - expected).abs() < 1e-5, "{found} {expected}");
        assert_eq!(decoders_alike(&dictionary, &[id(0, 1)].into()).unwrap(), None);
    }

    #[test]
    fn groups_join_only_while_the_least_alike_pair_is_alike() {
        let alike = vec![
            vec![1.0, 0.9, 0.6, 0.0],
            vec![0.9, 1.0, 0.3, 0.0],
            vec![0.6, 0.3, 1.0, 0.7],
            vec![0.0, 0.0, 0.7, 1.0],
        ];
        assert_eq!(clusters(&alike), [vec![0, 1], vec![2, 3]]);
        assert_eq!(clusters(&[vec![1.0, 0.4], vec![0.4, 1.0]]), [vec![0], vec![1]]);
    }
}
