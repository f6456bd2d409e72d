//! Figures of circuits, in the grammar of the papers: boxes with what is left of their
//! activation, edges between them, the prompt and the top outputs underneath.
//!
//! ```text
//! Figure ─┬► layout: rows, columns ─► route: edges around boxes ─┬► draw ─► SVG text
//!         └► placed: where somebody put them, edges as curves ──┘
//! ```
//!
//! Plain data in, text out: no model, no graph, no file. Whoever has numbers to show fills a
//! [`Figure`]; the command line, a server and a page get the same bytes.
//!
//! # Invariants
//!
//! - The same figure gives the same bytes.
//! - Text stays text, so that it can be searched and copied, and every character of it is
//!   escaped: names come from models and files.
//! - Colour never carries meaning alone: what inhibits is dashed and ends in a bar, what was
//!   edited wears its dose.
//! - Colours follow the reader's scheme, light or dark; a viewer that knows no scheme shows
//!   light ones.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", and Lindsey et al. 2025, "On the Biology of
//! a Large Language Model", intervention figures.

mod draw;
mod layout;
mod operands;
mod placed;
mod route;
mod svg;

pub use layout::strongest_inputs;
pub use operands::{OperandPlot, OperandSheet};

/// A share of the original that moves by no more stays: what a figure outlines as an effect, and
/// what a run counts as one.
pub const STAYS: f64 = 0.05;

/// A picture of one or more panels, one below the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figure {
    /// Above everything, and what screen readers say.
    pub title: String,
    /// The panels, in order.
    pub panels: Vec<Panel>,
    /// Small lines below: what the numbers are, and how they were made.
    pub footer: Vec<String>,
    /// Provenance, as text of any form; stored in the file's `<metadata>`, not shown.
    pub metadata: String,
    /// Its colours.
    pub theme: Theme,
    /// How wide it is on paper, in millimetres; a unit is a pixel if not given.
    pub width_mm: Option<f64>,
}

/// The colours of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// Light or dark as the reader's screen is; light on paper.
    #[default]
    Reader,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// A circuit on one prompt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// Above the panel.
    pub title: String,
    /// The boxes.
    pub boxes: Vec<Node>,
    /// What feeds what.
    pub edges: Vec<Edge>,
    /// Texts between the boxes, if these have spots.
    pub notes: Vec<Note>,
    /// The prompt, in full.
    pub prompt: String,
    /// Rows of most probable outputs.
    pub outputs: Vec<Outputs>,
}

/// A box: a supernode or a single feature.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// In bold; in italics and after a `≈` if nobody gave it.
    pub name: String,
    /// Who gave the name.
    pub naming: Naming,
    /// A second, smaller line; empty for none.
    pub detail: String,
    /// Shown when the pointer rests on the box; empty for none.
    pub hover: String,
    /// How many things the box stands for: several are drawn as a stack.
    pub n_members: usize,
    /// Its activation as a share of the original one; `None` where that has no meaning.
    pub share: Option<f64>,
    /// The same as a graph predicts it; `None` where it does not say.
    pub predicted: Option<f64>,
    /// What was done to it, as `−2×`; `None` if nothing was.
    pub dose: Option<String>,
    /// Whether it is no part of the circuit and was put in from elsewhere.
    pub inserted: bool,
    /// Its colour, if somebody gave it one.
    pub tint: Option<Tint>,
    /// How far up it stands in the computation: a mean layer, inputs below 0.
    pub level: f64,
    /// How far to the right it belongs: a position of the prompt.
    pub column: f64,
    /// Where somebody put its middle. If every box of a panel has a spot, that is where they
    /// stand, and their edges are curves; else the layout is by level and column.
    pub spot: Option<Spot>,
}

/// Who named a box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Naming {
    /// A person, a file, or the dictionary: it is what the box is called.
    #[default]
    Given,
    /// A program, which may be wrong.
    Automatic,
}

/// The colour of a box, which means what the figure's author says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tint {
    /// Blue.
    Blue,
    /// Green.
    Green,
    /// Amber.
    Amber,
    /// Rose.
    Rose,
    /// Violet.
    Violet,
}

impl Tint {
    const ALL: [Self; 5] = [Self::Blue, Self::Green, Self::Amber, Self::Rose, Self::Violet];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Rose => "rose",
            Self::Violet => "violet",
        }
    }

    /// The one that is called so.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tint| tint.name() == name)
    }
}

/// A place on a drawing of boxes that are 148 wide and 46 high; y grows downwards.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spot {
    /// From the left.
    pub x: f64,
    /// From the top.
    pub y: f64,
}

/// A text on the drawing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Note {
    /// One line.
    pub text: String,
    /// Its upper left corner.
    pub spot: Spot,
}

/// What one box gives another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// The box that contributes.
    pub source: usize,
    /// The box that is fed.
    pub target: usize,
    /// The signed share of the target's inputs, from −1 to 1.
    pub share: f64,
}

/// The most probable outputs of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outputs {
    /// Whose: `before`, `after`.
    pub label: String,
    /// The tokens, the most probable first.
    pub tokens: Vec<Output>,
}

/// A token that may come next.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Output {
    /// As it can be seen.
    pub text: String,
    /// From 0 to 1.
    pub probability: f64,
}

impl Figure {
    /// The figure as an SVG document. Numbers that are none are left out: a share is not told, an
    /// edge has no weight, a box stands at the bottom left, and where one place is no place the
    /// panel is laid out.
    ///
    /// # Panics
    ///
    /// If an edge names a box that is not there.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let mut figure = self.clone();
        figure.panels.iter_mut().for_each(Panel::leave_out_what_is_no_number);
        draw::figure(&figure)
    }
}

impl Panel {
    fn leave_out_what_is_no_number(&mut self) {
        let number = |value: f64| if value.is_finite() { value } else { 0.0 };
        let is_place = |spot: Spot| spot.x.is_finite() && spot.y.is_finite();
        let are_placed = self.boxes.iter().all(|node| node.spot.is_some_and(is_place));
        for node in &mut self.boxes {
            node.share = node.share.filter(|share| share.is_finite());
            node.predicted = node.predicted.filter(|share| share.is_finite());
            (node.level, node.column) = (number(node.level), number(node.column));
            node.spot = node.spot.filter(|_| are_placed);
        }
        self.edges.iter_mut().for_each(|edge| edge.share = number(edge.share));
        self.notes.retain(|note| is_place(note.spot));
        let tokens = self.outputs.iter_mut().flat_map(|row| &mut row.tokens);
        tokens.for_each(|token| token.probability = number(token.probability));
    }
}
