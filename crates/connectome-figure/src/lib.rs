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
    /// What was done to it, as `−2×`; `None` if nothing was.
    pub dose: Option<String>,
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
    /// The figure as an SVG document.
    ///
    /// # Panics
    ///
    /// If an edge names a box that is not there.
    #[must_use]
    pub fn to_svg(&self) -> String {
        draw::figure(self)
    }
}
