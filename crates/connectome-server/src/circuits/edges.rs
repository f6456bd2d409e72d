//! Edges of a node, pruning, and paths.

use connectome_graph::{
    Edge, NodeIdx, Path, Pruned, Route, Thresholds, circuit_scores, prune_keeping, share_flow,
    strongest_paths, top_paths,
};

use super::{checked, checked_one};
use crate::error::ServeError;
use crate::store::Kept;
use crate::wire::{EdgeRow, NodeEdges, PathRow, Paths, PathsAsk, PruneAsk, PrunedGraph};

/// The most paths that may be asked for.
const MOST_PATHS: usize = 1000;

/// All inputs and outputs of a node.
pub(crate) fn edges(kept: &Kept, node: u32) -> Result<NodeEdges, ServeError> {
    let graph = &kept.graph;
    let idx = checked_one(graph, node)?;
    let share = |edge: &Edge| {
        let whole = kept.abs_in[edge.target.as_usize()];
        if whole > 0.0 { f64::from(edge.weight) / whole } else { 0.0 }
    };
    let row_of = |edge: &Edge, other: NodeIdx| EdgeRow {
        node: other.get(),
        raw: f64::from(edge.weight),
        share: share(edge),
    };
    let row = graph.row(idx);
    let inputs = row.into_iter().flat_map(|row| row.edges());
    let inputs: Vec<EdgeRow> = inputs.map(|edge| row_of(&edge, edge.source)).collect();
    let output = |row: connectome_graph::RowRef<'_>| {
        let weight = row.weight(idx);
        let edge = Edge { target: row.target, source: idx, weight };
        (weight != 0.0).then(|| row_of(&edge, row.target))
    };
    let errors = graph.nodes().error_range();
    let of_errors = inputs.iter().filter(|input| errors.contains(&(input.node as usize)));
    let abs_errors = of_errors.map(|input| input.raw.abs()).sum();
    Ok(NodeEdges {
        node,
        expanded: row.is_some(),
        abs_in: kept.abs_in[idx.as_usize()],
        abs_cut: row.map_or(0.0, |row| f64::from(row.abs_remainder)),
        abs_errors,
        constant: row.map_or(0.0, |row| f64::from(row.constant)),
        value: row.map_or(0.0, |row| f64::from(row.value)),
        inputs: sorted(inputs),
        outputs: sorted(graph.rows().filter_map(output).collect()),
    })
}

fn sorted(mut rows: Vec<EdgeRow>) -> Vec<EdgeRow> {
    rows.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()).then(a.node.cmp(&b.node)));
    rows
}

/// What pruning keeps, and the nodes that are to be kept in any case.
pub(crate) fn pruned(kept: &Kept, ask: &PruneAsk) -> Result<PrunedGraph, ServeError> {
    let graph = &kept.graph;
    let thresholds = Thresholds { nodes: ask.node_threshold, edges: ask.edge_threshold };
    let found = prune_keeping(graph, &thresholds, &checked(graph, &ask.keep)?)?;
    let mask = &found.node_mask;
    let places = mask.iter().enumerate().filter(|(_, keep)| **keep);
    Ok(PrunedGraph {
        kept: places.map(|(place, _)| place as u32).collect(),
        n_edges: found.edges.len(),
        n_undetermined: found.n_undetermined(),
        scores: circuit_scores(graph, mask)?.into(),
    })
}

/// The strongest paths between two nodes, or through the whole graph.
pub(crate) fn paths(kept: &Kept, ask: &PathsAsk) -> Result<Paths, ServeError> {
    let graph = &kept.graph;
    if ask.k == 0 || ask.k > MOST_PATHS {
        return Err(ServeError::bad(format!("{} paths were asked for, expected 1 to 1000", ask.k)));
    }
    let within = ask.within.as_ref().map(|nodes| restricted(kept, nodes)).transpose()?;
    let (found, coverage) = match (ask.from, ask.to) {
        (None, None) => (strongest_paths(graph, within.as_ref(), ask.k), None),
        (Some(from), Some(to)) => {
            let (from, to) = (checked_one(graph, from)?, checked_one(graph, to)?);
            let found = top_paths(graph, within.as_ref(), from, to, ask.k)?;
            let coverage = coverage(kept, &found, (from, to))?;
            (found, coverage)
        }
        (Some(from), None) => {
            let from = checked_one(graph, from)?;
            let mut found = Vec::new();
            for (k, target) in graph.nodes().targets().iter().enumerate() {
                let to = graph.nodes().target(k);
                let mut paths = top_paths(graph, within.as_ref(), from, to, ask.k)?;
                paths.iter_mut().for_each(|path| path.share *= f64::from(target.weight));
                found.extend(paths);
            }
            found.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.nodes.cmp(&b.nodes)));
            found.truncate(ask.k);
            (found, None)
        }
        (None, Some(_)) => {
            return Err(ServeError::bad("paths have an end but no start: give both or none"));
        }
    };
    let row = |path: Path| PathRow {
        nodes: path.nodes.iter().map(|idx| idx.get()).collect(),
        share: path.share * path.sign,
    };
    Ok(Paths { paths: found.into_iter().map(row).collect(), coverage })
}

/// What paths make of the share of all paths between their ends.
fn coverage(
    kept: &Kept,
    found: &[Path],
    (from, to): (NodeIdx, NodeIdx),
) -> Result<Option<f64>, ServeError> {
    let blocked = vec![false; kept.graph.nodes().len()];
    let starts = [(to, 1.0)];
    let flow = share_flow(&kept.graph, Route { starts: &starts, blocked: &blocked })?;
    let whole = flow.node[from.as_usize()];
    Ok((whole > 0.0).then(|| found.iter().map(|path| path.share).sum::<f64>() / whole))
}

/// The part of a graph between some nodes, as paths take it.
fn restricted(kept: &Kept, nodes: &[u32]) -> Result<Pruned, ServeError> {
    let mut node_mask = vec![false; kept.graph.nodes().len()];
    for idx in checked(&kept.graph, nodes)? {
        node_mask[idx.as_usize()] = true;
    }
    let is_inside =
        |edge: &Edge| node_mask[edge.source.as_usize()] && node_mask[edge.target.as_usize()];
    let edges = kept.graph.edges().filter(is_inside).collect();
    Ok(Pruned { edges, node_mask, ..kept.pruned.clone() })
}
