//! `connectome features` as it is written.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::train::CutArg;
use super::{ModelArgs, PromptArgs};
use crate::args::elegans::WorldSize;
use crate::help;

#[derive(Debug, Subcommand)]
pub(crate) enum FeaturesCommand {
    /// Read a text once and write an index: examples, logits, statistics, names.
    #[command(after_long_help = help::FEATURES_COLLECT)]
    Collect(Box<CollectArgs>),
    /// Everything that an index knows of a feature.
    #[command(after_long_help = help::FEATURES_SHOW)]
    Show(FeatureShowArgs),
    /// Which features fire on a text, the strongest first.
    #[command(after_long_help = help::FEATURES_SEARCH)]
    Search(FeatureSearchArgs),
    /// The features of an index, by name, layer or strength.
    #[command(after_long_help = help::FEATURES_LIST)]
    List(FeatureListArgs),
    /// The features that act most on a feature, and those it acts most on, without any prompt.
    #[command(after_long_help = help::FEATURES_WEIGHTS)]
    Weights(FeatureWeightsArgs),
    /// Operand plots: every feature on all pairs of values of a template's two slots.
    #[command(after_long_help = help::FEATURES_GRID)]
    Grid(Box<GridArgs>),
    /// Write an index as circuit-tracer's `features` folder, for its page.
    #[command(after_long_help = help::FEATURES_EXPORT)]
    Export(FeatureExportArgs),
    /// Read a `features` folder of others into an index.
    #[command(after_long_help = help::FEATURES_EXPORT)]
    Import(FeatureImportArgs),
}

/// Which index.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct IndexArgs {
    /// The index; where `collect` writes it if not given.
    #[arg(long, value_name = "FILE")]
    pub(crate) features: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CollectArgs {
    /// The index to write; beside the dictionary if that is a folder of yours, else in this
    /// folder, under the dictionary's name.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Go on with a pass that was stopped; all other flags as before.
    #[arg(long)]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) text: TextArgs,
    #[command(flatten)]
    pub(crate) kept: KeptArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Text (default: the sentences that a shipped model was trained on)")]
pub(crate) struct TextArgs {
    /// Text, `.jsonl` or token files (`.bin`, `.safetensors`); several, or several times.
    #[arg(long, value_name = "FILE", num_args = 1.., conflicts_with = "elegans")]
    pub(crate) data: Vec<PathBuf>,
    /// Where text files are cut into documents.
    #[arg(long, value_enum, value_name = "WHERE", default_value_t, requires = "data")]
    pub(crate) cut: CutArg,
    /// Tokens of a sequence; the model's context, but at most 256, if not given.
    #[arg(long, value_name = "N", requires = "data")]
    pub(crate) seq: Option<usize>,
    /// The rows that a model organism is trained on: base, chat, …; see `connectome elegans`.
    #[arg(long, value_name = "MODEL")]
    pub(crate) elegans: Option<String>,
    /// With --elegans: all tasks, or the three that tests need.
    #[arg(long, value_enum, value_name = "SIZE", default_value_t, requires = "elegans")]
    pub(crate) world: WorldSize,
    /// With --elegans: what the world follows from.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "elegans")]
    pub(crate) world_seed: u64,
    /// End after about so many tokens, as `500k` or `30M`; 1M of --elegans, else all, if not
    /// given.
    #[arg(long, value_name = "N")]
    pub(crate) tokens: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What is kept of each feature")]
pub(crate) struct KeptArgs {
    /// Examples where it fires most.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) strongest: usize,
    /// Examples drawn at random among all sequences where it fires, for quantiles.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) sampled: usize,
    /// Tokens of an example before its peak.
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub(crate) before: u32,
    /// Tokens after it.
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub(crate) after: u32,
    /// Features that fire with it; as many as fit into 1 GiB, from 16 to 256, if not given.
    #[arg(long, value_name = "N")]
    pub(crate) partners: Option<usize>,
    /// Logits and input tokens of each sign.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) effects: usize,
    /// Decides the random examples.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct FeatureShowArgs {
    /// The feature.
    #[arg(value_name = "L12/4071")]
    pub(crate) feature: String,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    /// Show so many examples of each group.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) top: usize,
    /// Print the activation after every token that has one.
    #[arg(long)]
    pub(crate) activations: bool,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Debug, Args)]
pub(crate) struct FeatureSearchArgs {
    /// The text; `-` reads it from stdin.
    #[arg(conflicts_with_all = ["prompt_file", "token_ids"])]
    pub(crate) text: Option<String>,
    #[command(flatten)]
    pub(crate) input: PromptArgs,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    /// Only those that fire at this position, from 0; negative counts from the end.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) position: Option<i64>,
    /// Only those of this layer.
    #[arg(long, value_name = "N")]
    pub(crate) layer: Option<u32>,
    /// List so many.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortArg {
    /// As the dictionary has them.
    #[default]
    Index,
    /// Those that fire on most tokens first.
    Frequency,
    /// Those of the largest activation first.
    Max,
}

#[derive(Debug, Args)]
pub(crate) struct FeatureListArgs {
    /// Only those whose name holds this text, whatever its case.
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    /// Only those of this layer.
    #[arg(long, value_name = "N")]
    pub(crate) layer: Option<u32>,
    /// In which order.
    #[arg(long, value_enum, value_name = "BY", default_value_t)]
    pub(crate) sort: SortArg,
    /// List so many.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Debug, Args)]
pub(crate) struct FeatureWeightsArgs {
    /// The feature.
    #[arg(value_name = "L12/4071")]
    pub(crate) feature: String,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    /// List so many of each kind.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) top: usize,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Debug, Args)]
pub(crate) struct GridArgs {
    /// A text with two slots in braces, as `calc : {a} + {b} =`.
    #[arg(required_unless_present = "load")]
    pub(crate) template: Option<String>,
    /// Grids of an earlier run, from its `--out`, instead of a template.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["template", "first", "second", "out"])]
    pub(crate) load: Option<PathBuf>,
    /// Values of the first slot: a range, which ends before its end, or a list with commas.
    #[arg(long, value_name = "VALUES", default_value = "0..100", allow_hyphen_values = true)]
    pub(crate) first: String,
    /// Values of the second slot.
    #[arg(long, value_name = "VALUES", default_value = "0..100", allow_hyphen_values = true)]
    pub(crate) second: String,
    /// Position that is read; negative counts from the end.
    #[arg(long, value_name = "N", default_value_t = -1, allow_negative_numbers = true)]
    pub(crate) position: i64,
    /// Only features that fire on so many cells.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) min_cells: usize,
    /// List and draw these features only; several times.
    #[arg(long, value_name = "L12/4071", action = clap::ArgAction::Append)]
    pub(crate) feature: Vec<String>,
    /// List and draw features of this class only.
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<GridClass>,
    /// List and draw features only that look at remainders: of any modulus, or of this one.
    #[arg(long, value_name = "M", value_parser = ["any", "2", "4", "5", "10", "20", "25", "50"])]
    pub(crate) modulus: Option<String>,
    /// List and draw so many of each class.
    #[arg(long, value_name = "N", default_value_t = 4)]
    pub(crate) top: usize,
    /// Keep all grids in this file.
    #[arg(long, short, value_name = "FILE", help_heading = "Result")]
    pub(crate) out: Option<PathBuf>,
    /// Draw those that are listed, on one sheet.
    #[arg(long, value_name = "FILE", help_heading = "Result")]
    pub(crate) svg: Option<PathBuf>,
    /// Draw those that are listed, four pixels a side for each cell, a file each.
    #[arg(long, value_name = "DIR", help_heading = "Result")]
    pub(crate) png: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GridClass {
    Sum,
    Difference,
    Lookup,
    Either,
    Operand,
    Magnitude,
    Constant,
    Other,
}

#[derive(Debug, Args)]
pub(crate) struct FeatureExportArgs {
    /// The folder to write: `index.json.gz` and a file for each layer.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// Write a plain JSON file for each feature instead, named by number.
    #[arg(long)]
    pub(crate) plain: bool,
    #[command(flatten)]
    pub(crate) index: IndexArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
}

#[derive(Debug, Args)]
pub(crate) struct FeatureImportArgs {
    /// A `features` folder of circuit-tracer, or one of JSON files named by number.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// The index to write.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// What the dictionary is called; the folder's name if not given.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}
