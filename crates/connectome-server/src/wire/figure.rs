//! Figures.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::circuit::Group;

/// The body of `POST /api/figure`; the answer is the file.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FigureAsk {
    /// The graph.
    pub graph: String,
    /// The circuit is that of this saved view; `main` may be one that nobody saved yet.
    #[serde(default)]
    pub view: Option<String>,
    /// The circuit, if no view is named; the graph file's own groups if null.
    #[serde(default)]
    pub groups: Option<Vec<Group>>,
    /// Single nodes that are boxes, too.
    #[serde(default)]
    pub pins: Vec<u32>,
    /// Runs of interventions to be drawn below the unchanged model, by number.
    #[serde(default)]
    pub runs: Vec<u32>,
    /// How it looks.
    #[serde(default)]
    pub options: FigureOptions,
    /// The file.
    pub format: FigureFormat,
}

/// How a figure looks.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct FigureOptions {
    /// Above everything; empty for the prompt's targets.
    pub title: String,
    /// Whether the unchanged model has a panel of its own.
    pub baseline: bool,
    /// Outputs of each run; none if 0.
    pub n_outputs: usize,
    /// Whether boxes say what is left of their activation.
    pub percentages: bool,
    /// Whether the prompt stands below each panel.
    pub prompt: bool,
    /// Whether small lines below say how the numbers were made.
    pub footer: bool,
    /// Whether boxes that nobody named are called as a program named their features, which is
    /// then marked.
    pub automatic_names: bool,
    /// Whether boxes have the tints that the view gives to groups.
    pub tints: bool,
    /// Edges of a smaller share of a box's inputs from outside it, whatever their sign, are left
    /// out, and counted in the footer; 0 to 1.
    pub min_share: f64,
    /// Where boxes stand.
    pub layout: FigureLayout,
    /// Its colours.
    pub theme: FigureTheme,
    /// How wide it is on paper, in millimetres, 20 to 500; a unit is a pixel, and a point of PDF,
    /// if null.
    pub width_mm: Option<f64>,
    /// Pixels a unit, of PNG; with a width, 96 dots an inch times this.
    pub scale: f64,
}

/// The colours of a figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum FigureTheme {
    /// Of SVG, light or dark as the reader's screen is; light in PDF and PNG.
    #[default]
    Reader,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Where the boxes of a figure stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum FigureLayout {
    /// In rows by the order of computation, with edges around them.
    #[default]
    Automatic,
    /// Where they stand in the workspace, with the view's notes.
    Placed,
}

impl Default for FigureOptions {
    fn default() -> Self {
        Self {
            title: String::new(),
            baseline: true,
            n_outputs: 6,
            percentages: true,
            prompt: true,
            footer: true,
            automatic_names: true,
            tints: true,
            min_share: 0.0,
            layout: FigureLayout::Automatic,
            theme: FigureTheme::Reader,
            width_mm: None,
            scale: 2.0,
        }
    }
}

/// A figure's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum FigureFormat {
    /// Text stays text.
    Svg,
    /// Vectors, with text as outlines.
    Pdf,
    /// Pixels.
    Png,
}
