//! Probes: what every feature does on all pairs of two slots' values.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// A feature of a dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FeatureName {
    /// Its layer.
    pub layer: u32,
    /// Within its layer.
    pub index: u32,
}

/// The body of `POST /api/probes`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProbeAsk {
    /// The default model if null.
    #[serde(default)]
    pub model: Option<String>,
    /// A text with two slots in braces, as `calc : {a} + {b} =`.
    pub template: String,
    /// Values of the first slot: a range as `0..100`, which ends before its end, or a list with
    /// commas.
    pub first: String,
    /// Values of the second slot.
    pub second: String,
    /// Position of each prompt that is read; negative counts from the end.
    #[ts(type = "number")]
    pub position: i64,
    /// Features that are judged although they may fire on few cells; if there are any, no others
    /// are judged.
    #[serde(default)]
    pub features: Vec<FeatureName>,
    /// Else those that fire on so many cells.
    pub min_cells: usize,
}

/// A row of `GET /api/probes`, the newest first.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProbeRow {
    /// From 1.
    pub number: u32,
    /// Milliseconds since 1970.
    pub created: f64,
    /// The template.
    pub template: String,
    /// The language model.
    pub model: String,
    /// The dictionary.
    pub dictionary: String,
    /// What tells it from others of its name.
    pub dictionary_digest: String,
    /// Values of each slot.
    pub n_values: [usize; 2],
    /// Features that were judged.
    pub n_features: usize,
}

/// A probe as it is kept, and `GET /api/probes/:number`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Probe {
    /// From 1.
    pub number: u32,
    /// Milliseconds since 1970.
    pub created: f64,
    /// The program and its version.
    pub tool: String,
    /// What was asked for.
    pub ask: ProbeAsk,
    /// The language model.
    pub model: String,
    /// The dictionary.
    pub dictionary: String,
    /// Its digest.
    pub dictionary_digest: String,
    /// What the slots are called.
    pub slots: [String; 2],
    /// Values of each slot.
    pub values: [Vec<String>; 2],
    /// What a reader should know of the prompts, as in `Tokens`; a sentence once.
    pub notes: Vec<String>,
    /// Share of the cells where the model's most probable token is the sum of the two values; null
    /// where they are no numbers.
    pub sums_right: Option<f64>,
    /// Features that were judged, by class.
    pub classes: BTreeMap<String, usize>,
    /// All that were judged, by layer, then index.
    pub features: Vec<ProbedFeature>,
    /// The same on the command line.
    pub command: String,
}

/// What a feature's grid is a function of. Classes are automatic: they say what fits the numbers.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProbedFeature {
    /// Its layer.
    pub layer: u32,
    /// Within its layer.
    pub index: u32,
    /// What it is called now.
    pub label: Option<String>,
    /// Whose name it is.
    #[serde(default)]
    pub label_source: Option<String>,
    /// `sum`, `difference`, `lookup`, `either`, `operand`, `magnitude`, `constant` or `other`.
    pub class: String,
    /// Of a class that looks at remainders.
    pub modulus: Option<u32>,
    /// Which values, in a few words.
    pub words: String,
    /// Share of the variance of its activations that the class explains, parameters counted.
    pub explained: f64,
    /// Correlation of the grid with its transpose; null if its slots' values differ, or it is
    /// constant.
    pub symmetry: Option<f64>,
    /// Largest activation on a cell.
    pub largest: f32,
    /// Cells on which it fires.
    pub n_cells: usize,
}

/// `GET /api/probes/:number/grids?features=L2/370,L3/1`: at most 100 features.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProbeGrids {
    /// In the order of the request.
    pub grids: Vec<ProbeGrid>,
}

/// One feature's activations. A cell's number is the place of its first value times the number
/// of second values, plus the place of its second value.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProbeGrid {
    /// Its layer.
    pub layer: u32,
    /// Within its layer.
    pub index: u32,
    /// Cells on which it fires, ascending.
    pub cells: Vec<u32>,
    /// Its activation there; 0 on all others.
    pub activations: Vec<f32>,
}

/// `GET /api/probes/:number/answers`: what the model says at each cell.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ProbeAnswers {
    /// Texts of the tokens that it says.
    pub texts: Vec<String>,
    /// Of each cell, the place of its most probable token in `texts`.
    pub answers: Vec<u32>,
    /// Of each cell, that token's probability.
    pub probabilities: Vec<f32>,
}
