//! How edges run: up from a box, along the gap between two rows, and up into the next.
//!
//! Edges into one box from the same side share their last stretch; stretches of different boxes
//! that would lie on each other get tracks of their own.

use std::collections::BTreeMap;

use crate::Edge;
use crate::layout::{Layout, Rising};

/// Height of a box.
pub(crate) const BOX: f64 = 46.0;
/// Between two tracks of a gap.
const TRACK: f64 = 13.0;
/// Clear space at both ends of a gap: for the heads of edges, and for shares above boxes.
const CLEAR: f64 = 30.0;
/// Between the places where several edges leave a box.
const PORT: f64 = 13.0;
/// Where what inhibits enters a box that something else excites: so far beside its middle.
const BESIDE: f64 = 20.0;

/// An edge as a line.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Routed {
    pub(crate) edge: Edge,
    /// Corners, from the source's upper side to the target's lower one.
    pub(crate) points: Vec<(f64, f64)>,
}

/// Rows and edges with their heights; y grows downwards.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routes {
    /// Upper sides of the boxes of each row, from the lowest row.
    pub(crate) tops: Vec<f64>,
    pub(crate) edges: Vec<Routed>,
    pub(crate) height: f64,
}

/// A stretch of an edge through one gap, from an item of the lower row to one of the upper.
struct Stretch {
    from_x: f64,
    /// Where it enters the upper row.
    to: Port,
}

/// A place where stretches end: an item, and on which side of its middle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    item: usize,
    is_beside: bool,
}

#[derive(Clone, Copy, Debug)]
struct Port {
    entry: Entry,
    x: f64,
}

/// Routes the edges of a layout.
pub(crate) fn route(layout: &Layout) -> Routes {
    let stretches: Vec<Vec<Stretch>> = stretches(layout);
    let n_gaps = layout.rows.len().saturating_sub(1);
    let tracks: Vec<BTreeMap<Entry, usize>> = (0..n_gaps)
        .map(|gap| {
            let here = layout.rising.iter().zip(&stretches).filter_map(|(rising, stretches)| {
                stretches.get(gap.checked_sub(rising.first_row)?)
            });
            assign_tracks(here)
        })
        .collect();
    let gap_height = |tracks: &BTreeMap<Entry, usize>| {
        let n_tracks = tracks.values().max().map_or(0, |last| last + 1);
        2.0 * CLEAR + n_tracks.saturating_sub(1) as f64 * TRACK
    };
    // From the top down: the highest row begins at 0.
    let mut tops = vec![0.0; layout.rows.len()];
    let mut y = 0.0;
    for row in (0..layout.rows.len()).rev() {
        tops[row] = y;
        y += BOX + if row > 0 { gap_height(&tracks[row - 1]) } else { 0.0 };
    }
    let edges = layout.rising.iter().zip(&stretches).map(|(rising, stretches)| {
        let mut points = Vec::new();
        for (at, stretch) in stretches.iter().enumerate() {
            let gap = rising.first_row + at;
            let track = tracks[gap][&stretch.to.entry];
            let above = tops[gap + 1] + BOX;
            let y = above + CLEAR + track as f64 * TRACK;
            points.push((stretch.from_x, tops[gap]));
            if (stretch.from_x - stretch.to.x).abs() > 0.05 {
                points.extend([(stretch.from_x, y), (stretch.to.x, y)]);
            }
            points.push((stretch.to.x, above));
        }
        Routed { edge: rising.edge, points }
    });
    let edges = edges.collect();
    Routes { tops, edges, height: y }
}

/// Of each edge, its stretches from the lowest gap up.
fn stretches(layout: &Layout) -> Vec<Vec<Stretch>> {
    let exits = exits(layout);
    let both = fed_from_both_sides(layout);
    let stretch = |edge: usize, rising: &Rising, at: usize| {
        let (from, to) = (rising.stops[at], rising.stops[at + 1]);
        let from_x = if at == 0 { exits[edge] } else { layout.items[from].x };
        let is_last = at + 2 == rising.stops.len();
        let is_beside = is_last && rising.edge.share < 0.0 && both[to];
        let x = layout.items[to].x + if is_beside { BESIDE } else { 0.0 };
        Stretch { from_x, to: Port { entry: Entry { item: to, is_beside }, x } }
    };
    let all = layout.rising.iter().enumerate().map(|(edge, rising)| {
        (0..rising.stops.len() - 1).map(|at| stretch(edge, rising, at)).collect()
    });
    all.collect()
}

/// Where each edge leaves its box: side by side, in the order of where they go.
fn exits(layout: &Layout) -> Vec<f64> {
    let mut exits = vec![0.0; layout.rising.len()];
    let mut by_source: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, rising) in layout.rising.iter().enumerate() {
        by_source.entry(rising.stops[0]).or_default().push(at);
    }
    for (source, mut edges) in by_source {
        let next_x = |edge: usize| layout.items[layout.rising[edge].stops[1]].x;
        edges.sort_by(|&a, &b| next_x(a).total_cmp(&next_x(b)).then(a.cmp(&b)));
        let item = layout.items[source];
        let room = item.width / (edges.len() + 1) as f64;
        let step = PORT.min(room);
        let first = item.x - step * (edges.len() - 1) as f64 / 2.0;
        for (at, edge) in edges.into_iter().enumerate() {
            exits[edge] = first + step * at as f64;
        }
    }
    exits
}

/// Which items are both excited and inhibited.
fn fed_from_both_sides(layout: &Layout) -> Vec<bool> {
    let mut signs = vec![[false; 2]; layout.items.len()];
    for rising in &layout.rising {
        let target = rising.stops[rising.stops.len() - 1];
        signs[target][usize::from(rising.edge.share < 0.0)] = true;
    }
    signs.into_iter().map(|[excited, inhibited]| excited && inhibited).collect()
}

/// A track for each entry of a gap: what overlaps does not share one.
fn assign_tracks<'a>(stretches: impl Iterator<Item = &'a Stretch>) -> BTreeMap<Entry, usize> {
    let mut spans: BTreeMap<Entry, (f64, f64)> = BTreeMap::new();
    for stretch in stretches {
        let (low, high) = (stretch.from_x.min(stretch.to.x), stretch.from_x.max(stretch.to.x));
        let span = spans.entry(stretch.to.entry).or_insert((low, high));
        *span = (span.0.min(low), span.1.max(high));
    }
    let mut order: Vec<(Entry, (f64, f64))> = spans.into_iter().collect();
    order.sort_by(|a, b| a.1.0.total_cmp(&b.1.0).then(a.0.cmp(&b.0)));
    let mut ends: Vec<f64> = Vec::new();
    let mut tracks = BTreeMap::new();
    for (entry, (low, high)) in order {
        let free = ends.iter().position(|end| end + TRACK < low);
        let track = free.unwrap_or(ends.len());
        if track == ends.len() {
            ends.push(high);
        } else {
            ends[track] = high;
        }
        tracks.insert(entry, track);
    }
    tracks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Node;
    use crate::layout::layout;

    fn routes(levels: &[f64], edges: &[(usize, usize, f64)]) -> (Layout, Routes) {
        let node = |(at, level): (usize, &f64)| Node {
            level: *level,
            column: at as f64,
            ..Node::default()
        };
        let nodes: Vec<Node> = levels.iter().enumerate().map(node).collect();
        let edge = |&(source, target, share): &(usize, usize, f64)| Edge { source, target, share };
        let edges: Vec<Edge> = edges.iter().map(edge).collect();
        let layout = layout(&nodes, &vec![90.0; nodes.len()], &edges);
        let routes = route(&layout);
        (layout, routes)
    }

    #[test]
    fn an_edge_runs_from_box_to_box_and_only_up() {
        let (layout, routes) =
            routes(&[0.0, 0.0, 1.0, 2.0], &[(0, 2, 0.5), (1, 2, -0.5), (2, 3, 1.0), (1, 3, 0.3)]);
        for (rising, routed) in layout.rising.iter().zip(&routes.edges) {
            let (first, last) = (routed.points[0], routed.points[routed.points.len() - 1]);
            assert_eq!(first.1, routes.tops[rising.first_row]);
            let last_row = rising.first_row + rising.stops.len() - 1;
            assert_eq!(last.1, routes.tops[last_row] + BOX);
            for pair in routed.points.windows(2) {
                let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
                assert!(by <= ay, "{routed:?}");
                assert!((ax - bx).abs() < 0.1 || ay == by, "{routed:?} is not at right angles");
            }
        }
    }

    // What passes a row must not cross a box of it.
    #[test]
    fn an_edge_passes_beside_the_boxes_of_a_row() {
        let (layout, routes) = routes(&[0.0, 1.0, 2.0], &[(0, 1, 1.0), (1, 2, 0.5), (0, 2, 0.5)]);
        let passing = &routes.edges[2];
        let in_row = |y: f64| y > routes.tops[1] && y < routes.tops[1] + BOX;
        let item = layout.items[1];
        for pair in passing.points.windows(2) {
            let ((ax, ay), (bx, by)) = (pair[0], pair[1]);
            let crosses = in_row((ay + by) / 2.0);
            let beside = |x: f64| (x - item.x).abs() > item.width / 2.0;
            assert!(!crosses || (beside(ax) && beside(bx)), "{passing:?} {item:?}");
        }
    }

    #[test]
    fn what_overlaps_has_tracks_of_its_own() {
        let entry = |item| Entry { item, is_beside: false };
        let stretch = |from_x, item, x| Stretch { from_x, to: Port { entry: entry(item), x } };
        let all = [stretch(0.0, 1, 100.0), stretch(50.0, 2, 20.0), stretch(200.0, 3, 300.0)];
        let tracks = assign_tracks(all.iter());
        assert_ne!(tracks[&entry(1)], tracks[&entry(2)]);
        assert_eq!(tracks[&entry(3)], tracks[&entry(1)]);
    }
}
