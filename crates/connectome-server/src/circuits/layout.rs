//! A circuit: boxes, the edges between them, and where they stand.

use std::collections::BTreeSet;

use connectome_figure::{Edge, strongest_inputs};
use connectome_graph::{
    AttributionGraph, Node, NodeIdx, Supernode, Weighing, circuit_scores, scores_of,
    supernode_edges,
};

use super::{checked, checked_one, label};
use crate::error::ServeError;
use crate::store::Kept;
use crate::wire::{Circuit, CircuitAsk, CircuitBox, CircuitEdge, Group, Place};

/// Of each box's inputs, the strongest that make up this share are drawn.
const COVERAGE: f64 = 0.8;
/// Width and height of a box on the page's drawing, in its pixels (`web/src/circuit/places.ts`).
pub(crate) const BOX: [f64; 2] = [148.0, 46.0];
/// Between two boxes on the drawing.
const GAP: [f64; 2] = [28.0, 54.0];
/// Around the drawing.
const MARGIN: f64 = 20.0;

/// Groups, and pins that are in none of them, as boxes.
#[derive(Debug)]
pub(crate) struct Boxes {
    pub(crate) ids: Vec<String>,
    pub(crate) groups: Vec<Supernode>,
}

impl Boxes {
    pub(crate) fn of(
        graph: &AttributionGraph,
        groups: &[Group],
        pins: &[u32],
    ) -> Result<Self, ServeError> {
        let mut boxes = Self { ids: Vec::new(), groups: Vec::new() };
        let mut grouped = BTreeSet::new();
        for group in groups {
            let members = checked(graph, &group.nodes)?;
            grouped.extend(members.iter().copied());
            boxes.add(group.id.clone(), Supernode { name: group.name.clone(), members })?;
        }
        for pin in pins {
            let idx = checked_one(graph, *pin)?;
            if grouped.insert(idx) {
                let one = Supernode { name: label(graph, idx), members: vec![idx] };
                boxes.add(format!("pin:{pin}"), one)?;
            }
        }
        Ok(boxes)
    }

    fn add(&mut self, id: String, group: Supernode) -> Result<(), ServeError> {
        if self.ids.contains(&id) {
            return Err(ServeError::bad(format!("two groups have the id `{id}`")));
        }
        self.ids.push(id);
        self.groups.push(group);
        Ok(())
    }

    /// All edges between boxes, and which of them are drawn.
    pub(crate) fn edges(&self, graph: &AttributionGraph) -> Result<Vec<(Edge, bool)>, ServeError> {
        let edges = supernode_edges(graph, &self.groups, Weighing::OutsideInput)?;
        let edges: Vec<Edge> = edges
            .into_iter()
            .map(|edge| Edge { source: edge.source, target: edge.target, share: edge.share })
            .collect();
        let drawn = strongest_inputs(&edges, COVERAGE);
        Ok(edges.into_iter().map(|edge| (edge, drawn.contains(&edge))).collect())
    }

    /// Where each box stands on the page's drawing if nobody moved it.
    pub(crate) fn grid(&self, graph: &AttributionGraph, edges: &[(Edge, bool)]) -> Vec<Place> {
        let (levels, columns) = self.levels_and_columns(graph);
        let ranks = ranks(&levels, edges);
        grid(&ranks, &places(&ranks, &columns, edges))
    }

    fn levels_and_columns(&self, graph: &AttributionGraph) -> (Vec<f64>, Vec<f64>) {
        let boxes = 0..self.ids.len();
        let levels = boxes.clone().map(|at| self.level(graph, at)).collect();
        (levels, boxes.map(|at| self.column(graph, at)).collect())
    }

    /// Mean layer of a box; tokens count −1.
    pub(crate) fn level(&self, graph: &AttributionGraph, at: usize) -> f64 {
        let of = |idx: &NodeIdx| graph.nodes().layer_of(*idx).map_or(-1.0, f64::from);
        mean(self.groups[at].members.iter().map(of))
    }

    /// Mean position of a box.
    pub(crate) fn column(&self, graph: &AttributionGraph, at: usize) -> f64 {
        let of = |idx: &NodeIdx| f64::from(graph.nodes().pos_of(*idx));
        mean(self.groups[at].members.iter().map(of))
    }
}

/// A circuit of a graph.
pub(crate) fn circuit(kept: &Kept, ask: &CircuitAsk) -> Result<Circuit, ServeError> {
    let graph = &kept.graph;
    let boxes = Boxes::of(graph, &ask.groups, &ask.pins)?;
    let edges = boxes.edges(graph)?;
    let n_boxes = boxes.ids.len();
    let (levels, columns) = boxes.levels_and_columns(graph);
    let ranks = ranks(&levels, &edges);
    let xs = places(&ranks, &columns, &edges);
    let grid = grid(&ranks, &xs);
    let mut keep = vec![false; graph.nodes().len()];
    boxes.groups.iter().flat_map(|group| &group.members).for_each(|i| keep[i.as_usize()] = true);
    let boxed = |at: usize| CircuitBox {
        id: boxes.ids[at].clone(),
        name: boxes.groups[at].name.clone(),
        nodes: boxes.groups[at].members.iter().map(|idx| idx.get()).collect(),
        rank: ranks[at],
        x: xs[at],
        place: grid[at],
        level: levels[at],
        column: columns[at],
        activation: activation(graph, &boxes.groups[at].members),
        influence: influence(kept, &boxes.groups[at].members),
    };
    let edge = |(edge, drawn): &(Edge, bool)| CircuitEdge {
        source: boxes.ids[edge.source].clone(),
        target: boxes.ids[edge.target].clone(),
        share: edge.share,
        drawn: *drawn,
    };
    Ok(Circuit {
        boxes: (0..n_boxes).map(boxed).collect(),
        edges: edges.iter().map(edge).collect(),
        scores: circuit_scores(graph, &keep)?.into(),
        graph_scores: scores_of(graph, kept.influence()).into(),
    })
}

/// The longest path over drawn edges that rise. Two boxes may feed each other; an edge from a box
/// that is higher on average does not count.
fn ranks(levels: &[f64], edges: &[(Edge, bool)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..levels.len()).collect();
    order.sort_by(|&a, &b| levels[a].total_cmp(&levels[b]).then(a.cmp(&b)));
    let mut ranks = vec![0; levels.len()];
    for &target in &order {
        for (edge, drawn) in edges {
            let rises = levels[edge.source] < levels[edge.target];
            if edge.target == target && *drawn && rises {
                ranks[target] = ranks[target].max(ranks[edge.source] + 1);
            }
        }
    }
    ranks
}

/// Places in rows: the bottom row in the order of the prompt, others by the mean of their inputs.
fn places(ranks: &[usize], columns: &[f64], edges: &[(Edge, bool)]) -> Vec<f64> {
    let mut xs = vec![0.5; ranks.len()];
    let last = ranks.iter().copied().max().unwrap_or(0);
    for rank in 0..=last {
        let mut row: Vec<usize> = (0..ranks.len()).filter(|at| ranks[*at] == rank).collect();
        let key = |at: usize| {
            let inputs = edges
                .iter()
                .filter(|(edge, drawn)| *drawn && edge.target == at && ranks[edge.source] < rank);
            let (sum, whole) = inputs.fold((0.0, 0.0), |(sum, whole), (edge, _)| {
                (sum + xs[edge.source] * edge.share.abs(), whole + edge.share.abs())
            });
            if whole > 0.0 { sum / whole } else { columns[at] / (columns[at] + 1.0) }
        };
        let keys: Vec<f64> = (0..ranks.len()).map(key).collect();
        row.sort_by(|&a, &b| {
            keys[a].total_cmp(&keys[b]).then(columns[a].total_cmp(&columns[b])).then(a.cmp(&b))
        });
        for (place, at) in row.iter().enumerate() {
            xs[*at] = (place as f64 + 0.5) / row.len() as f64;
        }
    }
    xs
}

/// The upper left corners of boxes: rows from the bottom, each in the middle of the widest.
fn grid(ranks: &[usize], xs: &[f64]) -> Vec<Place> {
    let mut grid = vec![Place { x: 0.0, y: 0.0 }; ranks.len()];
    let top = ranks.iter().copied().max().unwrap_or(0);
    let in_row = |rank: usize| (0..ranks.len()).filter(move |at| ranks[*at] == rank);
    let widest = (0..=top).map(|rank| in_row(rank).count()).max().unwrap_or(0);
    let step = [BOX[0] + GAP[0], BOX[1] + GAP[1]];
    for rank in 0..=top {
        let mut row: Vec<usize> = in_row(rank).collect();
        row.sort_by(|&a, &b| xs[a].total_cmp(&xs[b]).then(a.cmp(&b)));
        let indent = (widest - row.len()) as f64 / 2.0 * step[0];
        for (place, &at) in row.iter().enumerate() {
            grid[at] = Place {
                x: MARGIN + indent + place as f64 * step[0],
                y: MARGIN + (top - rank) as f64 * step[1],
            };
        }
    }
    grid
}

/// Σ activation of the features among some nodes.
fn activation(graph: &AttributionGraph, members: &[NodeIdx]) -> f64 {
    let of = |idx: &NodeIdx| match graph.nodes().node(*idx) {
        Node::Feature(feature) => f64::from(feature.activation),
        _ => 0.0,
    };
    members.iter().map(of).sum()
}

fn influence(kept: &Kept, members: &[NodeIdx]) -> f64 {
    let of = |idx: &NodeIdx| match kept.graph.nodes().node(*idx) {
        Node::Target(k) => f64::from(kept.graph.nodes().targets()[k as usize].weight),
        _ => kept.influence_share(idx.as_usize()),
    };
    members.iter().map(of).sum()
}

fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = numbers.fold((0.0, 0_usize), |(sum, n), x| (sum + x, n + 1));
    if count > 0 { sum / count as f64 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Boxes that feed each other, weights that are no numbers at all: never a panic, every place
    /// in its row.
    #[test]
    fn any_edges_have_a_layout() {
        let weights = [0.3, -0.7, 0.0, f64::NAN, 1.0, -1e-300];
        let levels = [2.0, -1.0, 2.0, 0.5, 3.0, 0.5];
        let mut edges = Vec::new();
        for source in 0..6 {
            for target in (0..6).filter(|target| *target != source) {
                let share = weights[(source * 5 + target) % 6];
                edges.push((Edge { source, target, share }, source % 2 == 0 || target == 4));
            }
        }
        let ranks = ranks(&levels, &edges);
        let xs = places(&ranks, &levels, &edges);
        assert!(xs.iter().all(|x| (0.0..=1.0).contains(x)), "{xs:?}");
        let grid = grid(&ranks, &xs);
        for (a, b) in (0..6).flat_map(|a| (0..a).map(move |b| (a, b))) {
            let apart = [grid[a].x - grid[b].x, grid[a].y - grid[b].y].map(f64::abs);
            assert!(apart[0] >= BOX[0] || apart[1] >= BOX[1], "{grid:?}");
        }
        for (edge, drawn) in &edges {
            if *drawn && levels[edge.source] < levels[edge.target] {
                assert!(ranks[edge.source] < ranks[edge.target]);
            }
        }
    }

    /// Numbers come from models and files of others, and so do edges: chains and cycles, boxes that
    /// nothing joins, an edge from a box to itself, one that is there twice.
    #[test]
    fn no_edges_break_a_layout() {
        let odd = [0.0, 1.0, -3.0, 0.5, 1e-300, 1e300, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        let mut state = 7_u64;
        let mut below = |n: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize % n
        };
        for round in 0..300 {
            let n = below(12);
            // A third of the rounds has layers and positions as graphs have them.
            let is_plain = round % 3 == 0;
            let mut pick = || if is_plain { below(9) as f64 } else { odd[below(odd.len())] };
            let levels: Vec<f64> = (0..n).map(|_| pick() - 1.0).collect();
            let columns: Vec<f64> = (0..n).map(|_| pick()).collect();
            let mut edges = Vec::new();
            for _ in 0..below(4 * n + 1) {
                let (source, target) = (below(n), below(n));
                // Half of the rounds are without cycles.
                let rises = round % 2 == 0 || source < target;
                let share =
                    if is_plain { below(200) as f64 / 100.0 - 1.0 } else { odd[below(odd.len())] };
                if rises {
                    edges.push((Edge { source, target, share }, below(4) > 0));
                }
            }
            let ranks = ranks(&levels, &edges);
            let xs = places(&ranks, &columns, &edges);
            let told = format!("round {round}: {levels:?} {columns:?} {edges:?} {ranks:?} {xs:?}");
            assert_eq!((ranks.len(), xs.len()), (n, n), "{told}");
            // No rank is left out, and a place is within its row.
            let top = ranks.iter().copied().max().unwrap_or(0);
            assert!((0..top).all(|rank| ranks.contains(&rank)), "{told}");
            assert!(xs.iter().all(|x| *x > 0.0 && *x < 1.0), "{told}");
            for (edge, drawn) in &edges {
                if *drawn && levels[edge.source] < levels[edge.target] {
                    assert!(ranks[edge.source] < ranks[edge.target], "{told}");
                }
            }
            let grid = grid(&ranks, &xs);
            assert_eq!(grid.len(), n, "{told}");
            for (a, b) in (0..n).flat_map(|a| (0..a).map(move |b| (a, b))) {
                let apart = [grid[a].x - grid[b].x, grid[a].y - grid[b].y].map(f64::abs);
                assert!(apart[0] >= BOX[0] + GAP[0] || apart[1] >= BOX[1] + GAP[1], "{told}");
            }
            for (place, rank) in grid.iter().zip(&ranks) {
                assert!(place.x.is_finite() && place.x >= MARGIN, "{told} {grid:?}");
                let row = (top - rank) as f64 * (BOX[1] + GAP[1]);
                assert!((place.y - MARGIN - row).abs() < 1e-9, "{told} {grid:?}");
            }
        }
    }
}
