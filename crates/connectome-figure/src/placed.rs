//! Boxes where somebody put them: a drawing of equal boxes becomes one of boxes as wide as their
//! names, and edges are curves from upper sides to lower ones.
//!
//! Heights and vertical places stay; horizontal places are stretched by one factor, the least
//! that keeps boxes apart that were apart.

use crate::draw::{HEAD, draw_box, end, said, sign, stack, thickness};
use crate::route::BOX;
use crate::svg::{Svg, number, width};
use crate::{Edge, Panel, Spot};

/// The width of every box on the drawing that spots are places of.
const DRAWN: f64 = 148.0;
/// Between two boxes that stand side by side.
const GAP: f64 = 12.0;
/// Between the ends of two edges at a box.
const SPREAD: f64 = 20.0;
/// An edge leaves and enters so steeply at least.
const BEND: f64 = 24.0;

/// A panel's boxes and notes with their places.
#[derive(Clone, Debug)]
pub(crate) struct Placed {
    /// Upper left corners.
    corners: Vec<(f64, f64)>,
    widths: Vec<f64>,
    /// Left ends of notes, at their upper sides.
    notes: Vec<(f64, f64)>,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Placed {
    /// Places boxes of these widths, if every one has a spot.
    pub(crate) fn of(panel: &Panel, widths: &[f64]) -> Option<Self> {
        let spots: Vec<Spot> = panel.boxes.iter().map(|node| node.spot).collect::<Option<_>>()?;
        if spots.is_empty() {
            return None;
        }
        let stretch = stretch(&spots, widths);
        let mut corners: Vec<(f64, f64)> = spots
            .iter()
            .zip(widths)
            .map(|(spot, width)| (spot.x * stretch - width / 2.0, spot.y - BOX / 2.0))
            .collect();
        // A note keeps its place beside the box that stood to its right or left.
        let left = |spot: &Spot| (spot.x * stretch, spot.y);
        let mut notes: Vec<(f64, f64)> = panel.notes.iter().map(|note| left(&note.spot)).collect();
        let all = || corners.iter().chain(&notes);
        let low =
            all().fold((f64::INFINITY, f64::INFINITY), |(x, y), at| (x.min(at.0), y.min(at.1)));
        corners.iter_mut().chain(&mut notes).for_each(|at| *at = (at.0 - low.0, at.1 - low.1));
        let boxes = corners.iter().zip(widths).map(|(at, width)| (at.0 + width, at.1 + BOX));
        let texts = notes.iter().zip(&panel.notes);
        let texts = texts.map(|(at, note)| (at.0 + self::width(&note.text, 12.0), at.1 + 18.0));
        let (width, height) = boxes
            .chain(texts)
            .fold((0.0, 0.0), |(x, y): (f64, f64), at| (x.max(at.0), y.max(at.1)));
        Some(Self { corners, widths: widths.to_vec(), notes, width, height })
    }

    pub(crate) fn draw(&self, svg: &mut Svg, panel: &Panel) {
        let strongest = panel.edges.iter().map(|edge| edge.share.abs()).fold(0.0, f64::max);
        let landings = self.landings(&panel.edges);
        let curves = || panel.edges.iter().zip(&landings);
        for (edge, &x) in curves() {
            self.curve(svg, (*edge, x), panel, strongest);
        }
        // Heads last: edges that share their end must not run over them.
        for (edge, &x) in curves() {
            end(svg, *edge, (x, self.below(edge.target, panel)), (0.0, 1.0));
        }
        for (node, (&corner, &width)) in
            panel.boxes.iter().zip(self.corners.iter().zip(&self.widths))
        {
            draw_box(svg, node, corner, width);
        }
        for (note, (x, y)) in panel.notes.iter().zip(&self.notes) {
            svg.words("note", *x, y + 13.0, &note.text);
        }
    }

    fn middle(&self, node: usize) -> f64 {
        self.corners[node].0 + self.widths[node] / 2.0
    }

    /// The lower side of a box and of its stack.
    fn below(&self, node: usize, panel: &Panel) -> f64 {
        self.corners[node].1 + BOX + stack(&panel.boxes[node])
    }

    /// Where each edge meets its target's lower side: side by side, in the order of the sources.
    fn landings(&self, edges: &[Edge]) -> Vec<f64> {
        let mut landings: Vec<f64> = edges.iter().map(|edge| self.middle(edge.target)).collect();
        for target in 0..self.corners.len() {
            let mut into: Vec<usize> =
                (0..edges.len()).filter(|&at| edges[at].target == target).collect();
            let from = |at: usize| self.middle(edges[at].source);
            into.sort_by(|&a, &b| from(a).total_cmp(&from(b)).then(a.cmp(&b)));
            let room = (self.widths[target] - 24.0) / into.len().saturating_sub(1).max(1) as f64;
            let first = -(into.len().saturating_sub(1) as f64) / 2.0;
            for (place, at) in into.into_iter().enumerate() {
                landings[at] += (first + place as f64) * SPREAD.min(room);
            }
        }
        landings
    }

    fn curve(&self, svg: &mut Svg, (edge, x2): (Edge, f64), panel: &Panel, strongest: f64) {
        let (x1, y1) = (self.middle(edge.source), self.corners[edge.source].1);
        // The head covers the end.
        let covered = if edge.share < 0.0 { 4.0 } else { HEAD - 1.0 };
        let y2 = self.below(edge.target, panel) + covered;
        let bend = (0.45 * (y1 - y2).abs()).max(BEND);
        let [a, b, c, d, e, f, g, h] = [x1, y1, x1, y1 - bend, x2, y2 + bend, x2, y2].map(number);
        let (class, stroke) = (sign(edge), number(thickness(edge, strongest)));
        svg.line("<g>");
        svg.hover(&said(edge, panel));
        svg.line(&format!(
            r#"<path class="{class}" stroke-width="{stroke}" d="M{a} {b}C{c} {d} {e} {f} {g} {h}"/>"#
        ));
        svg.line("</g>");
    }
}

/// The least factor, 1 or more, that keeps boxes apart which the drawing kept apart.
fn stretch(spots: &[Spot], widths: &[f64]) -> f64 {
    let mut stretch: f64 = 1.0;
    for (at, a) in spots.iter().enumerate() {
        for (before, b) in spots[..at].iter().enumerate() {
            let apart = (a.x - b.x).abs();
            if (a.y - b.y).abs() < BOX && apart >= DRAWN {
                let needed = (widths[at] + widths[before]) / 2.0 + GAP;
                stretch = stretch.max(needed / apart);
            }
        }
    }
    stretch
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Figure, Node, Note};

    fn panel() -> Panel {
        let node = |name: &str, x: f64, y: f64| Node {
            name: name.to_owned(),
            spot: Some(Spot { x, y }),
            n_members: 1,
            ..Node::default()
        };
        let long = "a name that is as long as a box allows, and longer";
        Panel {
            boxes: vec![node(long, 100.0, 200.0), node(long, 260.0, 210.0), node("c", 50.0, 20.0)],
            edges: vec![
                Edge { source: 0, target: 2, share: 0.6 },
                Edge { source: 1, target: 2, share: -0.3 },
                Edge { source: 2, target: 0, share: 0.1 },
            ],
            notes: vec![Note { text: "see <2>".to_owned(), spot: Spot { x: -40.0, y: 90.0 } }],
            ..Panel::default()
        }
    }

    #[test]
    fn boxes_stay_in_their_order_and_do_not_run_into_each_other() {
        let panel = panel();
        let placed = Placed::of(&panel, &[250.0, 250.0, 96.0]).unwrap();
        let [a, b, c] = [0, 1, 2].map(|at| placed.corners[at]);
        assert!(b.0 >= a.0 + 250.0 + GAP - 1e-9, "{placed:?}");
        assert_eq!((a.1 - c.1, b.1 - a.1), (180.0, 10.0), "heights are as they were");
        assert!(placed.middle(2) < placed.middle(0) && placed.middle(0) < placed.middle(1));
        let inside = |at: f64, most: f64| (0.0..=most).contains(&at);
        for (corner, width) in placed.corners.iter().zip(&placed.widths) {
            assert!(
                inside(corner.0, placed.width - width) && inside(corner.1, placed.height - BOX)
            );
        }
        assert!(placed.notes.iter().all(|at| inside(at.0, placed.width)));
    }

    #[test]
    fn edges_meet_a_box_side_by_side() {
        let panel = panel();
        let placed = Placed::of(&panel, &[120.0, 120.0, 96.0]).unwrap();
        let landings = placed.landings(&panel.edges);
        assert_eq!(landings[1] - landings[0], SPREAD);
        assert_eq!((landings[0] + landings[1]) / 2.0, placed.middle(2));
        assert_eq!(landings[2], placed.middle(0));
    }

    #[test]
    fn a_box_without_a_spot_leaves_the_layout_to_us() {
        let mut panel = panel();
        let with_spots = Figure { panels: vec![panel.clone()], ..Figure::default() }.to_svg();
        assert!(with_spots.contains("see &lt;2&gt;") && with_spots.contains(r#"class="bar""#));
        assert_eq!(with_spots.matches("<g").count(), with_spots.matches("</g>").count());
        panel.boxes[1].spot = None;
        assert!(Placed::of(&panel, &[96.0; 3]).is_none());
        let ours = Figure { panels: vec![panel], ..Figure::default() }.to_svg();
        assert!(!ours.contains("see") && !ours.contains("NaN"));
    }
}
