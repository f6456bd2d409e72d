//! The flags of `connectome train lm`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::train::{CutArg, DtypeArg};

#[derive(Debug, Args)]
pub(crate) struct TrainLmArgs {
    /// Folder of the trained model, and of all that the run keeps.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Go on from the newest checkpoint in the folder; all other flags as before.
    #[arg(long)]
    pub(crate) resume: bool,
    #[command(flatten)]
    pub(crate) model: StartArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) steps: StepArgs,
    #[command(flatten)]
    pub(crate) measure: MeasureArgs,
    /// How the model's weights are written; checkpoints keep all 32 bits.
    #[arg(long, value_enum, value_name = "TYPE", default_value_t, help_heading = "Result")]
    pub(crate) dtype: DtypeArg,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct StartArgs {
    /// A `config.json`: train that model from random weights.
    #[arg(long, value_name = "FILE", required_unless_present = "from", conflicts_with = "from")]
    pub(crate) config: Option<PathBuf>,
    /// A checkpoint to train further: a folder, a Hub id, or a model that ships.
    #[arg(long, value_name = "DIR|ID")]
    pub(crate) from: Option<String>,
    /// Whose tokenizer to use; that of `--from`, or beside `--config`, if not given.
    #[arg(long, value_name = "DIR|ID")]
    pub(crate) tokenizer: Option<String>,
    /// Standard deviation of random weights; the config's `initializer_range`, or 0.02.
    #[arg(long, value_name = "X", conflicts_with = "from")]
    pub(crate) init_std: Option<f64>,
    /// How random weights are drawn.
    #[arg(long, value_name = "HOW", value_enum, default_value_t, conflicts_with = "from")]
    pub(crate) init: Init,
    /// Decides random weights and the order of the documents.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Never use the network, only what is on this machine.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Threads to use; all cores if not given. Results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

/// How random weights are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Init {
    /// Every number by itself.
    #[default]
    Normal,
    /// Some heads already look for the token that they stand at, and heads write what they read:
    /// a small model learns to copy in a fraction of the steps.
    Mimetic,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct DataArgs {
    /// Text, `.jsonl` or token files (`.bin`, `.safetensors`); several, or several times.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub(crate) data: Vec<PathBuf>,
    /// Where text files are cut into documents.
    #[arg(long, value_enum, value_name = "WHERE", default_value_t)]
    pub(crate) cut: CutArg,
    /// Tokens of a row; the model's context, but at most 512, if not given.
    #[arg(long, value_name = "N")]
    pub(crate) seq: Option<usize>,
    /// The token before every document and at the start of every row: its text, `id:N`, or
    /// `none`; the tokenizer's own if not given.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) bos: Option<String>,
    /// The token after every document: its text or `id:N`; none if not given.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) eos: Option<String>,
    /// One document to a row, instead of packing them one after the other.
    #[arg(long)]
    pub(crate) apart: bool,
    /// Documents packed into one row do not see each other.
    #[arg(long)]
    pub(crate) isolate: bool,
    /// Documents as they lie in the files, not in random order.
    #[arg(long)]
    pub(crate) in_order: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DecayArg {
    Constant,
    Linear,
    #[default]
    Cosine,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Steps")]
pub(crate) struct StepArgs {
    /// Steps of the run.
    #[arg(long, value_name = "N", required_unless_present = "tokens", conflicts_with = "tokens")]
    pub(crate) steps: Option<u64>,
    /// Tokens of the run, as `30M` or `500k`: as many steps as hold them.
    #[arg(long, value_name = "N")]
    pub(crate) tokens: Option<String>,
    /// Rows of a step. They are computed in parts and added up, so any number fits.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) batch: usize,
    /// Learning rate of AdamW, at its highest.
    #[arg(long, value_name = "X", default_value_t = 1e-3)]
    pub(crate) lr: f64,
    /// Steps over which it rises from 0; a fiftieth of the run if not given.
    #[arg(long, value_name = "N")]
    pub(crate) warm_up: Option<u64>,
    /// How it falls at the end.
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub(crate) decay: DecayArg,
    /// Steps over which it falls; all after the warm-up if not given.
    #[arg(long, value_name = "N")]
    pub(crate) decay_steps: Option<u64>,
    /// Share of the highest that it falls to.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    pub(crate) lr_floor: f64,
    /// AdamW's decay of the first moment.
    #[arg(long, value_name = "X", default_value_t = 0.9)]
    pub(crate) beta1: f64,
    /// AdamW's decay of the second moment.
    #[arg(long, value_name = "X", default_value_t = 0.95)]
    pub(crate) beta2: f64,
    /// What linear maps multiply in; sums, weights and all else are `f32`. `bf16` is two to
    /// three times as fast on processors with a matrix unit (AMX), and slower elsewhere.
    #[arg(long, value_enum, value_name = "TYPE", default_value_t)]
    pub(crate) compute: DtypeArg,
    /// AdamW's epsilon.
    #[arg(long, value_name = "X", default_value_t = 1e-8)]
    pub(crate) epsilon: f64,
    /// AdamW's decoupled weight decay, on linear maps only.
    #[arg(long, value_name = "X", default_value_t = 0.1)]
    pub(crate) weight_decay: f64,
    /// Weight decay on the maps of queries, keys and values instead.
    #[arg(long, value_name = "X")]
    pub(crate) qkv_decay: Option<f64>,
    /// Weight decay on embeddings, norms and biases too.
    #[arg(long)]
    pub(crate) decay_all: bool,
    /// The gradient's norm is cut down to this; 0 leaves it.
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub(crate) clip: f64,
    /// Rows that go through the model at once; chosen by its size if not given.
    #[arg(long, value_name = "N")]
    pub(crate) part_rows: Option<usize>,
    /// Gradients kept apart until a step's end: as many threads can work. Chosen by the size of
    /// model and step if not given.
    #[arg(long, value_name = "N")]
    pub(crate) lanes: Option<usize>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Measurements")]
pub(crate) struct MeasureArgs {
    /// Files that are not trained on: their loss is measured.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub(crate) eval_data: Vec<PathBuf>,
    /// At most so many rows of them.
    #[arg(long, value_name = "N", default_value_t = 256)]
    pub(crate) eval_rows: usize,
    /// Questions with answers (`.jsonl`): how many get the right one.
    #[arg(long, value_name = "FILE")]
    pub(crate) questions: Option<PathBuf>,
    /// Measure after so many steps; 0 only at the end.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(crate) eval_every: u64,
    /// Checkpoint after so many steps; 0 only at the end.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(crate) save_every: u64,
    /// A line in the log after so many steps.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) log_every: u64,
}
