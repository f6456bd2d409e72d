//! The strongest paths: how influence travels from a source to what it explains.
//!
//! A path's *share* is the product of its edges' shares of their rows: the part of the target's
//! inputs that comes from the source along this path and no other. Shares of all paths from `s`
//! to `t` sum to the influence of `s` on `t`. Its *sign* is the product of its edges' signs:
//! whether raising the source raises the target along it, other things equal.
//!
//! Shares are of full rows, whether or not the search stays within a pruned graph, so a path
//! has one share wherever it is found. Raw edges are listed, not multiplied: each is in units
//! of its own target.
//!
//! # The search
//!
//! One sweep from the sources up gives the largest share with which each node can be reached.
//! Best-first from the target down, ranked by what the path has times the best it can still
//! get, then finds paths in order of share: as the bound is exact, each step follows a path
//! that will be in the answer. Cost: one pass over the edges, and `k` times a path's rows.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::influence::row_sum;
use crate::{AttributionGraph, Edge, GraphError, NodeIdx, Pruned};

/// A way that influence takes.
#[derive(Clone, Debug, PartialEq)]
pub struct Path {
    /// From the source to the node that is explained.
    pub nodes: Vec<NodeIdx>,
    /// The part of the explained node's inputs that comes this way, from 0 to 1; from
    /// [`strongest_paths`], times the target's weight.
    pub share: f64,
    /// The product of the edges' signs: 1 or −1.
    pub sign: f64,
    /// The edges' raw weights, source first; one fewer than nodes.
    pub weights: Vec<f32>,
}

/// The `k` paths of largest share from one node to another, the largest first.
///
/// With `within`, only along kept edges. Paths of equal share stand in the order of their
/// nodes; which of them is left out at `k` is decided the same way on every run.
///
/// # Errors
///
/// [`GraphError::OutOfRange`] if the graph has no such nodes.
pub fn top_paths(
    graph: &AttributionGraph,
    within: Option<&Pruned>,
    from: NodeIdx,
    to: NodeIdx,
    k: usize,
) -> Result<Vec<Path>, GraphError> {
    let count = graph.nodes().len();
    for idx in [from, to] {
        if idx.as_usize() >= count {
            let (found, count) = (u64::from(idx.get()), count as u64);
            return Err(GraphError::OutOfRange { what: "end of a path", found, count });
        }
    }
    let search = Search::new(graph, within, |idx| idx == from);
    Ok(search.best([(to, 1.0)], k))
}

/// The `k` strongest paths from any token or error to any target, the strongest first.
///
/// Strength is the path's share times the target's weight: the mass that arrives this way.
pub fn strongest_paths(graph: &AttributionGraph, within: Option<&Pruned>, k: usize) -> Vec<Path> {
    let nodes = graph.nodes();
    let ends = nodes.error_range().start..nodes.token_range().end;
    let search = Search::new(graph, within, |idx| ends.contains(&idx.as_usize()));
    let targets = nodes.targets().iter().enumerate();
    search.best(targets.map(|(t, target)| (nodes.target(t), f64::from(target.weight))), k)
}

struct Search<'graph> {
    graph: &'graph AttributionGraph,
    within: Option<&'graph Pruned>,
    /// `[N]` the largest share with which a start reaches the node; 0 if none does.
    reach: Vec<f64>,
    /// `[N]` whether a path may start here.
    starts: Vec<bool>,
}

/// A path from some node down to where it was explained from, ranked by the best it can become.
struct Candidate {
    bound: f64,
    /// The order of discovery: earlier first among equals, so that every run agrees.
    serial: usize,
    /// Where the path stands in the list of steps.
    step: usize,
    /// A start was reached and the path ends here; else it goes on to the node's inputs.
    complete: bool,
}

/// The last step of a partial path, and where the rest of it is.
struct Step {
    node: NodeIdx,
    share: f64,
    /// The edge taken from this node up, and the step it leads to.
    up: Option<(f32, usize)>,
}

impl<'graph> Search<'graph> {
    fn new(
        graph: &'graph AttributionGraph,
        within: Option<&'graph Pruned>,
        is_start: impl Fn(NodeIdx) -> bool,
    ) -> Self {
        let starts: Vec<bool> = graph.nodes().indices().map(is_start).collect();
        let reach = starts.iter().map(|&start| if start { 1.0 } else { 0.0 }).collect();
        let mut search = Self { graph, within, reach, starts };
        for row in graph.rows() {
            let target = row.target.as_usize();
            let mut best = search.reach[target];
            search.each_input(row.target, |edge, share| {
                best = f64::max(best, share * search.reach[edge.source.as_usize()]);
            });
            search.reach[target] = best;
        }
        search
    }

    /// The inputs of a node with their shares; nothing if it has no row.
    fn each_input(&self, target: NodeIdx, mut visit: impl FnMut(Edge, f64)) {
        let Some(row) = self.graph.row(target) else { return };
        let sum = row_sum(row);
        let mut visit = |edge: Edge| visit(edge, f64::from(edge.weight).abs() / sum);
        match self.within {
            Some(pruned) => pruned.inputs(target).iter().copied().for_each(&mut visit),
            None => row.edges().for_each(&mut visit),
        }
    }

    fn best(&self, ends: impl IntoIterator<Item = (NodeIdx, f64)>, k: usize) -> Vec<Path> {
        let mut frontier = Frontier::default();
        for (end, weight) in ends {
            let step = frontier.step(end, weight, None);
            frontier.offer(step, weight * self.reach[end.as_usize()], false);
        }
        let mut paths = Vec::new();
        while let Some(candidate) = frontier.heap.pop().filter(|_| paths.len() < k) {
            if candidate.complete {
                paths.push(frontier.path(candidate.step));
                continue;
            }
            let Step { node, share, .. } = frontier.steps[candidate.step];
            // A path of one node is no path: a start that is where we look from does not count.
            if self.starts[node.as_usize()] && frontier.steps[candidate.step].up.is_some() {
                frontier.offer(candidate.step, share, true);
            }
            self.each_input(node, |edge, edge_share| {
                let bound = share * edge_share * self.reach[edge.source.as_usize()];
                if bound > 0.0 {
                    let up = Some((edge.weight, candidate.step));
                    let step = frontier.step(edge.source, share * edge_share, up);
                    frontier.offer(step, bound, false);
                }
            });
        }
        paths.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.nodes.cmp(&b.nodes)));
        paths
    }
}

#[derive(Default)]
struct Frontier {
    steps: Vec<Step>,
    heap: BinaryHeap<Candidate>,
    offered: usize,
}

impl Frontier {
    fn step(&mut self, node: NodeIdx, share: f64, up: Option<(f32, usize)>) -> usize {
        self.steps.push(Step { node, share, up });
        self.steps.len() - 1
    }

    fn offer(&mut self, step: usize, bound: f64, complete: bool) {
        if bound > 0.0 {
            self.heap.push(Candidate { bound, serial: self.offered, step, complete });
            self.offered += 1;
        }
    }

    fn path(&self, first: usize) -> Path {
        let mut step = &self.steps[first];
        let mut path =
            Path { nodes: vec![step.node], share: step.share, sign: 1.0, weights: vec![] };
        while let Some((weight, above)) = step.up {
            step = &self.steps[above];
            path.nodes.push(step.node);
            path.weights.push(weight);
            path.sign *= f64::from(weight.signum());
        }
        path
    }
}

impl Ord for Candidate {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bound.total_cmp(&other.bound).then_with(|| other.serial.cmp(&self.serial))
    }
}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}
