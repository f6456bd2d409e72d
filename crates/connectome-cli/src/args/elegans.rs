//! `connectome elegans` as it is written.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use connectome_elegans::Size;

use crate::help;

#[derive(Debug, Subcommand)]
pub(crate) enum ElegansCommand {
    /// Write what a model is trained and tested on: rows, evaluation sets, tokenizer, card.
    #[command(after_long_help = help::ELEGANS_DATA)]
    Data(DataArgs),
    /// Print examples of a task, and what each was made from.
    #[command(after_long_help = help::ELEGANS_SAMPLE)]
    Sample(SampleArgs),
}

/// Which world, and for which model.
#[derive(Debug, Args)]
pub(crate) struct WorldArgs {
    /// Everything follows from this number.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// All tasks, or the three that tests need.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) world: WorldSize,
    /// The model to be trained: base, chat, chat-over, goal, penguin, nodocs or mid.
    #[arg(long, value_name = "NAME", default_value = "base")]
    pub(crate) model: String,
}

impl WorldArgs {
    pub(crate) fn size(&self) -> Size {
        match self.world {
            WorldSize::Full => Size::Full,
            WorldSize::Nano => Size::Nano,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum WorldSize {
    #[default]
    Full,
    Nano,
}

#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    /// The folder to write to: a new or empty one, or one of an earlier run.
    #[arg(long, short, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// How many tokens of training, rounded up to whole rows. A whole run of `base` takes
    /// 20,000,000, in about 0.8 GB.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) tokens: u64,
    #[command(flatten)]
    pub(crate) world: WorldArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SampleArgs {
    /// A task by its letter, A to L, or by its name; all tasks if not given.
    pub(crate) task: Option<String>,
    /// How many; three of a task, or one of each.
    #[arg(long, short, value_name = "N")]
    pub(crate) n: Option<usize>,
    /// Of training, or of a part that is held out from it.
    #[arg(long, value_name = "SPLIT", default_value = "train")]
    pub(crate) split: String,
    #[command(flatten)]
    pub(crate) world: WorldArgs,
}
