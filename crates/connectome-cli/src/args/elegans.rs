//! `connectome elegans` as it is written.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use connectome_elegans::Size;

use super::train::DtypeArg;
use crate::help;

#[derive(Debug, Subcommand)]
pub(crate) enum ElegansCommand {
    /// Write what a model is trained and tested on: rows, evaluation sets, tokenizer, card.
    #[command(after_long_help = help::ELEGANS_DATA)]
    Data(DataArgs),
    /// Print examples of a task, and what each was made from.
    #[command(after_long_help = help::ELEGANS_SAMPLE)]
    Sample(SampleArgs),
    /// Ask a model all that is required of it, task by task.
    #[command(after_long_help = help::ELEGANS_EVAL)]
    Eval(EvalArgs),
    /// Train the family and its dictionaries, and test them.
    #[command(after_long_help = help::ELEGANS_MAKE)]
    Make(MakeArgs),
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
        self.world.size()
    }
}

impl WorldSize {
    pub(crate) fn size(self) -> Size {
        match self {
            Self::Full => Size::Full,
            Self::Nano => Size::Nano,
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
    /// 17,000,000, in about 0.55 GB.
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    pub(crate) tokens: u64,
    #[command(flatten)]
    pub(crate) world: WorldArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EvalArgs {
    /// The models: directories, `user/repo[@revision]`, or ones that ship with the tracer; all
    /// of the family that ship if none is given.
    #[arg(value_name = "DIR|ID")]
    pub(crate) models: Vec<String>,
    /// What is required of them: of base, chat, goal, ...; by the end of each model's name if not
    /// given.
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) required_as: Option<String>,
    /// The base, where something is required relative to it; one of the models, or the one that
    /// ships, if not given.
    #[arg(long, value_name = "DIR|ID")]
    pub(crate) base: Option<String>,
    /// Only sets whose name begins with this, as `A` or `B-h1`; several, or several times.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(crate) set: Vec<String>,
    /// The seed of the world that they were trained on.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// All tasks, or the three that tests need; as the models' names say if not given.
    #[arg(long, value_enum)]
    pub(crate) world: Option<WorldSize>,
    /// Never use the network, only what is on this machine.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Threads to use; all cores if not given. Results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct MakeArgs {
    /// The folder to make them in. What is there already is not made again, and what was
    /// stopped goes on.
    #[arg(long, short, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Which models, with all that they start from: base, chat, chat-over, goal, penguin, nodocs
    /// or mid; several, or several times.
    #[arg(long, value_name = "NAME", num_args = 1..)]
    pub(crate) model: Vec<String>,
    /// Which dictionaries of all these models together.
    #[arg(long, value_enum, value_name = "KIND", num_args = 1..)]
    pub(crate) dictionary: Vec<DictionaryArg>,
    /// Of the world: who lives where, what is held out, and in which order it is told.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Of random weights and of the dictionaries; that of the world if not given. Another one in
    /// the same world is another model of the same facts.
    #[arg(long, value_name = "N")]
    pub(crate) init_seed: Option<u64>,
    /// All tasks, or the three that tests need.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) world: WorldSize,
    /// Tokens of every model instead of the recipe's own.
    #[arg(long, value_name = "N")]
    pub(crate) tokens: Option<u64>,
    /// Tokens of every dictionary instead of the recipe's own.
    #[arg(long, value_name = "N")]
    pub(crate) dictionary_tokens: Option<u64>,
    /// What linear maps of the models multiply in while they are trained: `bf16` is two to three
    /// times as fast on processors with a matrix unit (AMX), and slower elsewhere.
    #[arg(long, value_enum, value_name = "TYPE", default_value_t)]
    pub(crate) compute: DtypeArg,
    /// Threads to use; all cores if not given. Results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DictionaryArg {
    /// A cross-layer transcoder.
    Clt,
    /// Per-layer transcoders.
    Plt,
    /// None.
    None,
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
