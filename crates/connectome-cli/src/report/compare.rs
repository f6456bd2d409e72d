//! What `compare` found, as JSON.

use std::path::Path;

use connectome_graph::{AttributionGraph, Node, NodeIdx};
use connectome_server::Side;
use connectome_server::wire::{Compare, Recurring, RecurringFeature};
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct CompareReport {
    pub(crate) a: String,
    pub(crate) b: String,
    /// Features of both, as a share of all.
    pub(crate) jaccard: f64,
    /// By the larger influence.
    pub(crate) both: Vec<BothReport>,
    /// By influence.
    pub(crate) only_a: Vec<PlacedReport>,
    pub(crate) only_b: Vec<PlacedReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct BothReport {
    pub(crate) feature: String,
    pub(crate) a: PlacedReport,
    pub(crate) b: PlacedReport,
    /// Influence in B less that in A.
    pub(crate) change: f64,
}

/// A feature where it fires.
#[derive(Debug, Serialize)]
pub(crate) struct PlacedReport {
    /// `L2/50@7`.
    pub(crate) node: String,
    /// The token that it fires on.
    pub(crate) token: String,
    pub(crate) activation: f64,
    /// Its share of all influence in its graph.
    pub(crate) influence: f64,
}

/// Several graphs.
#[derive(Debug, Serialize)]
pub(crate) struct RecurringReport {
    pub(crate) graphs: Vec<ComparedReport>,
    /// Those of most graphs first, of equals those of the largest mean influence.
    pub(crate) features: Vec<RecurringRow>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ComparedReport {
    pub(crate) path: String,
    pub(crate) prompt: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct RecurringRow {
    pub(crate) feature: String,
    /// Graphs that it is a node of.
    pub(crate) n_graphs: usize,
    /// Its share of all influence, the mean over all graphs: 0 where it is no node.
    pub(crate) mean_influence: f64,
    /// Of each graph, summed over positions; null where it is no node.
    pub(crate) influence: Vec<Option<f64>>,
    /// The largest of each graph.
    pub(crate) activation: Vec<Option<f64>>,
}

impl RecurringReport {
    pub(crate) fn of(paths: &[&Path], graphs: &[AttributionGraph], found: Recurring) -> Self {
        let compared = paths.iter().zip(graphs).map(|(path, graph)| ComparedReport {
            path: path.display().to_string(),
            prompt: graph.prompt().text.clone(),
        });
        let row = |one: RecurringFeature| RecurringRow {
            feature: one.feature,
            n_graphs: one.n_graphs,
            mean_influence: one.mean_influence,
            influence: one.cells.iter().map(|cell| Some(cell.as_ref()?.influence)).collect(),
            activation: one.cells.iter().map(|cell| Some(cell.as_ref()?.activation)).collect(),
        };
        Self { graphs: compared.collect(), features: found.rows.into_iter().map(row).collect() }
    }
}

impl CompareReport {
    pub(crate) fn of(paths: [&Path; 2], [a, b]: [Side<'_>; 2], found: &Compare) -> Self {
        let both = found.both.iter().map(|one| BothReport {
            feature: one.feature.clone(),
            a: placed(a, one.a),
            b: placed(b, one.b),
            change: one.influence_b - one.influence_a,
        });
        let [path_a, path_b] = paths.map(|path| path.display().to_string());
        Self {
            a: path_a,
            b: path_b,
            jaccard: found.jaccard,
            both: both.collect(),
            only_a: alone(a, &found.only_a),
            only_b: alone(b, &found.only_b),
        }
    }
}

fn alone(side: Side<'_>, nodes: &[u32]) -> Vec<PlacedReport> {
    let mut found: Vec<PlacedReport> = nodes.iter().map(|node| placed(side, *node)).collect();
    found.sort_by(|x, y| y.influence.total_cmp(&x.influence).then_with(|| x.node.cmp(&y.node)));
    found
}

fn placed(Side { graph, shares }: Side<'_>, node: u32) -> PlacedReport {
    let idx = NodeIdx::new(node);
    let (token, activation) = match graph.nodes().node(idx) {
        Node::Feature(fired) => {
            let token = graph.prompt().token_texts[fired.pos as usize].clone();
            (token, f64::from(fired.activation))
        }
        _ => unreachable!("features are compared"),
    };
    let influence = shares[idx.as_usize()];
    PlacedReport { node: graph.nodes().name(idx), token, activation, influence }
}
