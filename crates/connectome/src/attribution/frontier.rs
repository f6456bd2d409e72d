//! Which feature's row comes next, and how much influence is left in rows that never came.
//!
//! Influence is a random walk: from the targets, by their weights, each step from a node to one
//! of its sources in proportion to the absolute edge. Rows only point down, so one pass from
//! the top layer down settles everything ([`Reach::settle`]). A walk that arrives at a feature
//! without a row stops there; the mass of stopped walks bounds what any node may be missing.
//!
//! Two orders are offered: from the top down until the stopped mass is below a tolerance, and
//! the peer's (rank by partial influence, take a chunk, repeat), for parity.
//!
//! Sources: Ameisen et al. 2025, "Circuit Tracing", adaptive expansion; the peer's rule,
//! `docs/differences.md`.

use connectome_graph::{NodeIdx, Nodes, Row};

/// Influence of every node over the rows so far.
#[derive(Clone, Debug)]
pub(super) struct Reach {
    /// `[N]`; targets hold their weights.
    node: Vec<f64>,
    /// Mass of walks that ended in what rows left out.
    cut: f64,
}

/// Rows by target node, with what influence needs of them.
#[derive(Debug, Default)]
pub(super) struct Collected {
    by_node: Vec<Option<Row>>,
}

impl Collected {
    pub(super) fn new(n_nodes: usize) -> Self {
        Self { by_node: vec![None; n_nodes] }
    }

    pub(super) fn insert(&mut self, row: Row) {
        let place = row.target.as_usize();
        self.by_node[place] = Some(row);
    }

    pub(super) fn has(&self, node: NodeIdx) -> bool {
        self.by_node[node.as_usize()].is_some()
    }

    pub(super) fn into_rows(self) -> Vec<Row> {
        self.by_node.into_iter().flatten().collect()
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.by_node.iter().flatten()
    }
}

impl Reach {
    /// All weight at the targets.
    pub(super) fn at_targets(nodes: &Nodes) -> Self {
        let mut node = vec![0.0; nodes.len()];
        for (place, target) in nodes.target_range().zip(nodes.targets()) {
            node[place] = f64::from(target.weight);
        }
        Self { node, cut: 0.0 }
    }

    pub(super) fn of(&self, node: NodeIdx) -> f64 {
        self.node[node.as_usize()]
    }

    /// Passes a node's influence on to its sources, if it has a row.
    pub(super) fn pass_on(&mut self, node: NodeIdx, rows: &Collected) {
        let Some(row) = &rows.by_node[node.as_usize()] else { return };
        let stored: f64 = row.weights.iter().map(|w| f64::from(w.abs())).sum();
        let total = stored + f64::from(row.abs_remainder);
        if total == 0.0 {
            return;
        }
        let per_unit = self.node[node.as_usize()] / total;
        for (&source, weight) in row.sources.iter().zip(&row.weights) {
            self.node[source as usize] += per_unit * f64::from(weight.abs());
        }
        self.cut += per_unit * f64::from(row.abs_remainder);
    }

    /// Influence over all rows so far.
    pub(super) fn settle(nodes: &Nodes, rows: &Collected) -> Self {
        let mut reach = Self::at_targets(nodes);
        nodes.target_range().for_each(|place| reach.pass_on(NodeIdx::new(place as u32), rows));
        // Features ascend by layer, so the reverse goes from the top down.
        for place in nodes.feature_range().rev() {
            reach.pass_on(NodeIdx::new(place as u32), rows);
        }
        reach
    }

    /// The mass that is not accounted for: stopped at features without rows, or cut.
    pub(super) fn unresolved(&self, nodes: &Nodes, rows: &Collected) -> f64 {
        let stopped = nodes.features().filter(|(node, _)| !rows.has(*node));
        self.cut + stopped.map(|(node, _)| self.of(node)).sum::<f64>()
    }

    /// The highest level such that features without rows at or below it hold at most `allowed`
    /// beside what was cut.
    pub(super) fn level_for(&self, nodes: &Nodes, rows: &Collected, allowed: f64) -> f64 {
        let waiting = nodes.features().filter(|(node, _)| !rows.has(*node));
        let mut masses: Vec<f64> = waiting.map(|(node, _)| self.of(node)).collect();
        masses.sort_unstable_by(f64::total_cmp);
        let mut sum = 0.0;
        let mut level = 0.0;
        for mass in masses {
            sum += mass;
            if sum > allowed {
                break;
            }
            level = mass;
        }
        level
    }

    /// Features without rows, most influence first, ties by node: the peer's ranking.
    pub(super) fn ranked(&self, nodes: &Nodes, rows: &Collected) -> Vec<NodeIdx> {
        let waiting = nodes.features().filter(|(node, _)| !rows.has(*node));
        let mut order: Vec<NodeIdx> = waiting.map(|(node, _)| node).collect();
        order.sort_by(|a, b| self.of(*b).total_cmp(&self.of(*a)).then(a.cmp(b)));
        order
    }
}
