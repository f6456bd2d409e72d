//! Where boxes stand: rows by the order of computation, from the bottom up, and places within a
//! row by what they are connected to.
//!
//! A row holds boxes, and a point for every edge that passes it on its way to a higher row, so
//! that edges go around boxes. Within rows, places follow the mean place of their neighbours, a
//! few times up and down.
//!
//! Source: Sugiyama, Tagawa, Toda 1981, "Methods for visual understanding of hierarchical
//! system structures"; least squares under distances by pooling (Barlow et al. 1972, isotonic
//! regression).

use crate::{Edge, Node};

/// Between two boxes of a row.
const GAP: f64 = 30.0;
/// Around an edge that passes a row.
const LANE_GAP: f64 = 16.0;
/// How much more an edge that passes rows wants to be straight than to be near its ends.
const STRAIGHT: f64 = 6.0;
/// Times that places are balanced, up and down.
const ROUNDS: usize = 12;
/// Rows of boxes that nothing connects.
const LOOSE_ROWS: f64 = 6.0;

/// Of every box, the strongest inputs that make up `coverage` of its absolute input, at least
/// one; in the order given.
#[must_use]
pub fn strongest_inputs(edges: &[Edge], coverage: f64) -> Vec<Edge> {
    let mut kept = vec![false; edges.len()];
    let mut targets: Vec<usize> = edges.iter().map(|edge| edge.target).collect();
    targets.sort_unstable();
    targets.dedup();
    for target in targets {
        let mut inputs: Vec<usize> =
            (0..edges.len()).filter(|&at| edges[at].target == target).collect();
        inputs.sort_by(|&a, &b| {
            edges[b].share.abs().total_cmp(&edges[a].share.abs()).then(a.cmp(&b))
        });
        let total: f64 = inputs.iter().map(|&at| edges[at].share.abs()).sum();
        let mut covered = 0.0;
        for at in inputs {
            if covered >= coverage * total && covered > 0.0 {
                break;
            }
            covered += edges[at].share.abs();
            kept[at] = true;
        }
    }
    edges.iter().zip(kept).filter(|(_, kept)| *kept).map(|(edge, _)| *edge).collect()
}

/// Something in a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Item {
    /// The box, or `None` where an edge passes.
    pub(crate) node: Option<usize>,
    pub(crate) width: f64,
    /// Its middle.
    pub(crate) x: f64,
    /// Where it would like to stand in the first place.
    column: f64,
}

/// An edge that rises, as places in rows: one a row, from its source's to its target's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rising {
    pub(crate) edge: Edge,
    /// The row of the source.
    pub(crate) first_row: usize,
    /// Indices into [`Layout::items`].
    pub(crate) stops: Vec<usize>,
}

/// Boxes and edges with their places.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) items: Vec<Item>,
    /// From the bottom up: indices of items, from the left.
    pub(crate) rows: Vec<Vec<usize>>,
    pub(crate) rising: Vec<Rising>,
    /// Edges from a box that stands as high as its target or higher.
    pub(crate) falling: Vec<Edge>,
    pub(crate) width: f64,
}

/// Places boxes of these widths.
pub(crate) fn layout(nodes: &[Node], widths: &[f64], edges: &[Edge]) -> Layout {
    let (rising, falling): (Vec<Edge>, Vec<Edge>) =
        edges.iter().filter(|edge| edge.source != edge.target).partition(|edge| rises(nodes, edge));
    let ranks = ranks(nodes, &rising);
    let mut layout = Layout { falling, ..Layout::default() };
    layout.rows = vec![Vec::new(); ranks.iter().max().map_or(0, |top| top + 1)];
    for (node, (&rank, &width)) in ranks.iter().zip(widths).enumerate() {
        let column = nodes[node].column;
        layout.rows[rank].push(node);
        layout.items.push(Item { node: Some(node), width, x: 0.0, column });
    }
    for edge in rising {
        layout.add(edge, &ranks, nodes);
    }
    layout.order();
    layout.place();
    layout
}

/// Edges between boxes of one level follow the order in which the boxes were given.
fn rises(nodes: &[Node], edge: &Edge) -> bool {
    let place = |node: usize| (nodes[node].level, node);
    let (source, target) = (place(edge.source), place(edge.target));
    source.0.total_cmp(&target.0).then(source.1.cmp(&target.1)).is_lt()
}

/// The row of each box: above all that feeds it; what nothing feeds stands as high as its level
/// says, below what it feeds.
fn ranks(nodes: &[Node], rising: &[Edge]) -> Vec<usize> {
    let mut by_level: Vec<usize> = (0..nodes.len()).collect();
    by_level.sort_by(|&a, &b| nodes[a].level.total_cmp(&nodes[b].level).then(a.cmp(&b)));
    if rising.is_empty() {
        return loose_ranks(nodes);
    }
    let mut ranks = vec![0; nodes.len()];
    for &node in &by_level {
        let inputs = rising.iter().filter(|edge| edge.target == node);
        ranks[node] = inputs.map(|edge| ranks[edge.source] + 1).max().unwrap_or(0);
    }
    for &node in &by_level {
        if rising.iter().any(|edge| edge.target == node) {
            continue;
        }
        let lower = nodes.iter().zip(&ranks).filter(|(other, _)| other.level < nodes[node].level);
        let wanted = lower.map(|(_, rank)| *rank).max().unwrap_or(0);
        let outputs = rising.iter().filter(|edge| edge.source == node);
        let limit = outputs.map(|edge| ranks[edge.target] - 1).min().unwrap_or(usize::MAX);
        ranks[node] = wanted.min(limit);
    }
    without_empty_rows(ranks)
}

/// Rows of equal spans of levels.
fn loose_ranks(nodes: &[Node]) -> Vec<usize> {
    let levels = nodes.iter().map(|node| node.level);
    let (low, high) =
        levels.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)));
    let step = ((high - low) / LOOSE_ROWS).max(1.0);
    without_empty_rows(nodes.iter().map(|node| ((node.level - low) / step) as usize).collect())
}

fn without_empty_rows(ranks: Vec<usize>) -> Vec<usize> {
    let mut used = ranks.clone();
    used.sort_unstable();
    used.dedup();
    ranks.iter().map(|rank| used.partition_point(|row| row < rank)).collect()
}

impl Layout {
    fn add(&mut self, edge: Edge, ranks: &[usize], nodes: &[Node]) {
        let (first_row, last_row) = (ranks[edge.source], ranks[edge.target]);
        let mut stops = vec![edge.source];
        for row in first_row + 1..last_row {
            let way = (row - first_row) as f64 / (last_row - first_row) as f64;
            let (from, to) = (nodes[edge.source].column, nodes[edge.target].column);
            let column = from + (to - from) * way;
            self.rows[row].push(self.items.len());
            stops.push(self.items.len());
            self.items.push(Item { node: None, width: 0.0, x: 0.0, column });
        }
        stops.push(edge.target);
        self.rising.push(Rising { edge, first_row, stops });
    }

    /// What each item is connected to.
    fn neighbours(&self) -> Vec<Vec<usize>> {
        let mut neighbours = vec![Vec::new(); self.items.len()];
        for pair in self.rising.iter().flat_map(|rising| rising.stops.windows(2)) {
            neighbours[pair[0]].push(pair[1]);
            neighbours[pair[1]].push(pair[0]);
        }
        neighbours
    }

    /// Orders each row: by column at first, then by the mean order of neighbours in the row
    /// before, up and down. The lowest row stays in the order of the prompt.
    fn order(&mut self) {
        for row in &mut self.rows {
            row.sort_by(|&a, &b| {
                self.items[a].column.total_cmp(&self.items[b].column).then(a.cmp(&b))
            });
        }
        let neighbours = self.neighbours();
        let top = self.rows.len();
        for round in 0..ROUNDS {
            let upwards: Vec<usize> = (1..top).collect();
            let downwards: Vec<usize> = (1..top.saturating_sub(1)).rev().collect();
            for row in if round % 2 == 0 { upwards } else { downwards } {
                let beside = if round % 2 == 0 { row - 1 } else { row + 1 };
                let place_of = |item: usize| self.rows[beside].iter().position(|&x| x == item);
                let mut keyed: Vec<(f64, usize, usize)> = self.rows[row]
                    .iter()
                    .enumerate()
                    .map(|(own, &item)| {
                        let places: Vec<f64> = neighbours[item]
                            .iter()
                            .filter_map(|&other| place_of(other))
                            .map(|place| place as f64)
                            .collect();
                        let n_places = places.len() as f64;
                        let mean = places.iter().sum::<f64>() / n_places;
                        (if places.is_empty() { own as f64 } else { mean }, own, item)
                    })
                    .collect();
                keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                self.rows[row] = keyed.into_iter().map(|(_, _, item)| item).collect();
            }
        }
    }

    /// Gives every item its middle.
    fn place(&mut self) {
        for row in self.rows.clone() {
            let mut x = 0.0;
            for &item in &row {
                let width = self.items[item].width;
                self.items[item].x = x + width / 2.0;
                x += width + GAP;
            }
            // Rows start out centred on each other, and loosely: balancing draws them together.
            row.iter().for_each(|&item| self.items[item].x -= (x - GAP) / 2.0);
        }
        let neighbours = self.neighbours();
        for round in 0..ROUNDS {
            let rows: Vec<usize> = match round % 2 {
                0 => (0..self.rows.len()).collect(),
                _ => (0..self.rows.len()).rev().collect(),
            };
            for row in rows {
                self.balance(row, &neighbours);
            }
        }
        let edge = |item: &Item, side: f64| item.x + side * item.width / 2.0;
        let left = self.items.iter().map(|item| edge(item, -1.0)).fold(f64::INFINITY, f64::min);
        let right = self.items.iter().map(|item| edge(item, 1.0)).fold(left, f64::max);
        self.items.iter_mut().for_each(|item| item.x -= left);
        self.width = if self.items.is_empty() { 0.0 } else { right - left };
    }

    /// Moves a row's items to the middle of their neighbours, as nearly as their widths allow.
    fn balance(&mut self, row: usize, neighbours: &[Vec<usize>]) {
        let items = &self.rows[row];
        let mut offset = 0.0;
        let mut offsets = Vec::with_capacity(items.len());
        for (at, &item) in items.iter().enumerate() {
            if at > 0 {
                offset += distance(self.items[items[at - 1]], self.items[item]);
            }
            offsets.push(offset);
        }
        let wanted: Vec<f64> = items
            .iter()
            .zip(&offsets)
            .map(|(&item, offset)| {
                let own = self.items[item];
                let (mut sum, mut total) = (0.0, 0.0);
                for &other in &neighbours[item] {
                    let other = self.items[other];
                    let passes = own.node.is_none() && other.node.is_none();
                    let weight = if passes { STRAIGHT } else { 1.0 };
                    sum += weight * other.x;
                    total += weight;
                }
                (if total > 0.0 { sum / total } else { own.x }) - offset
            })
            .collect();
        let places: Vec<f64> =
            ascending(&wanted).iter().zip(&offsets).map(|(place, offset)| place + offset).collect();
        for (item, place) in self.rows[row].clone().into_iter().zip(places) {
            self.items[item].x = place;
        }
    }
}

/// Between the middles of two neighbours in a row.
fn distance(a: Item, b: Item) -> f64 {
    let gap = if a.node.is_some() && b.node.is_some() { GAP } else { LANE_GAP };
    (a.width + b.width) / 2.0 + gap
}

/// The numbers that never fall and are nearest to those given, by pooling neighbours that do.
fn ascending(wanted: &[f64]) -> Vec<f64> {
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for &x in wanted {
        let (mut sum, mut count) = (x, 1);
        while let Some(&(before, n)) = pools.last() {
            if before / n as f64 <= sum / count as f64 {
                break;
            }
            pools.pop();
            sum += before;
            count += n;
        }
        pools.push((sum, count));
    }
    pools.iter().flat_map(|&(sum, n)| std::iter::repeat_n(sum / n as f64, n)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(level: f64, column: f64) -> Node {
        Node { level, column, ..Node::default() }
    }

    fn edge(source: usize, target: usize, share: f64) -> Edge {
        Edge { source, target, share }
    }

    #[test]
    fn the_strongest_inputs_cover_what_was_asked_for() {
        let edges =
            [edge(0, 3, 0.1), edge(1, 3, -0.6), edge(2, 3, 0.3), edge(0, 2, 0.01), edge(1, 2, 0.0)];
        assert_eq!(strongest_inputs(&edges, 0.8), [edges[1], edges[2], edges[3]]);
        assert_eq!(strongest_inputs(&edges[4..], 0.8), edges[4..]);
    }

    #[test]
    fn boxes_stand_above_what_feeds_them_and_never_overlap() {
        let nodes =
            [node(0.0, 5.0), node(0.0, 1.0), node(1.0, 3.0), node(2.0, 3.0), node(3.0, 9.0)];
        let edges = [edge(0, 2, 0.5), edge(1, 2, 0.5), edge(2, 3, 1.0), edge(0, 3, 0.2)];
        let widths = [120.0, 80.0, 90.0, 100.0, 60.0];
        let layout = layout(&nodes, &widths, &edges);
        let row_of = |node: usize| layout.rows.iter().position(|row| row.contains(&node)).unwrap();
        assert_eq!([0, 1, 2, 3, 4].map(row_of), [0, 0, 1, 2, 2]);
        assert_eq!(layout.rows[0], [1, 0], "inputs stand in the order of the prompt");
        for row in &layout.rows {
            for pair in row.windows(2) {
                let (a, b) = (layout.items[pair[0]], layout.items[pair[1]]);
                assert!(b.x - a.x >= distance(a, b) - 1e-9, "{a:?} {b:?}");
            }
        }
        let passing = &layout.rising[3];
        assert_eq!((passing.first_row, passing.stops.len()), (0, 3));
        assert_eq!(layout.items[passing.stops[1]].node, None);
    }

    #[test]
    fn an_edge_that_does_not_rise_makes_no_row() {
        let nodes = [node(2.0, 0.0), node(1.0, 0.0)];
        let layout = layout(&nodes, &[50.0, 50.0], &[edge(0, 1, 0.5), edge(1, 0, 0.5)]);
        assert_eq!((layout.rising.len(), layout.falling.len(), layout.rows.len()), (1, 1, 2));
    }

    #[test]
    fn loose_boxes_stand_by_level() {
        let nodes = [node(3.0, 0.0), node(0.0, 0.0), node(3.0, 1.0), node(25.0, 0.0)];
        let layout = layout(&nodes, &[50.0; 4], &[]);
        assert_eq!(layout.rows, [vec![0, 1, 2], vec![3]]);
    }

    #[test]
    fn pooling_gives_the_nearest_ascending_numbers() {
        assert_eq!(ascending(&[1.0, 3.0, 2.0, 4.0]), [1.0, 2.5, 2.5, 4.0]);
        assert_eq!(ascending(&[3.0, 2.0, 1.0]), [2.0, 2.0, 2.0]);
    }
}
