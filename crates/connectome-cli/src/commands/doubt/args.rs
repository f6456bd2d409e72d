//! The flags of `connectome doubt`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::args::ModelArgs;

/// A question that a graph must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Doubt {
    /// Does the replacement agree with the model here?
    Agree,
    /// Does it behave like the model when it is pushed?
    Push,
    /// Would another dictionary tell the same story?
    Another,
    /// Mediated or direct?
    Mediated,
    /// Inhibited or outcompeted?
    Inhibited,
    /// Order, AND, and other interactions.
    Interaction,
    /// Where does the variable really live?
    Where,
}

impl Doubt {
    pub(crate) const ALL: [Self; 7] = [
        Self::Agree,
        Self::Push,
        Self::Another,
        Self::Mediated,
        Self::Inhibited,
        Self::Interaction,
        Self::Where,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Push => "push",
            Self::Another => "another",
            Self::Mediated => "mediated",
            Self::Inhibited => "inhibited",
            Self::Interaction => "interaction",
            Self::Where => "where",
        }
    }

    pub(crate) fn question(self) -> &'static str {
        match self {
            Self::Agree => "Does the replacement agree with the model here?",
            Self::Push => "Does it behave like the model when it is pushed?",
            Self::Another => "Would another dictionary tell the same story?",
            Self::Mediated => "Mediated or direct?",
            Self::Inhibited => "Inhibited or outcompeted?",
            Self::Interaction => "Do two parts of the prompt only add up?",
            Self::Where => "Where does the variable really live?",
        }
    }

    /// The flag without which it cannot be asked.
    pub(crate) fn needs(self) -> Option<&'static str> {
        match self {
            Self::Agree | Self::Push | Self::Another => None,
            Self::Mediated => Some("--middle"),
            Self::Inhibited => Some("--against"),
            Self::Interaction => Some("--spans"),
            Self::Where => Some("--prompts"),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct DoubtArgs {
    /// A graph file.
    pub(crate) graph: PathBuf,
    /// Ask only these; if not given, all whose flags are.
    #[arg(long, value_name = "DOUBT,…", value_enum, value_delimiter = ',')]
    pub(crate) only: Vec<Doubt>,
    /// Where everything that is drawn by chance starts.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// What stands for tokens that are taken away: `mean` of all embeddings, `zero`, or a token.
    #[arg(long, value_name = "mean|zero|TOKEN", default_value = "mean")]
    pub(crate) absent: String,
    #[command(flatten)]
    pub(crate) push: PushArgs,
    #[command(flatten)]
    pub(crate) another: AnotherArgs,
    #[command(flatten)]
    pub(crate) mediated: MediatedArgs,
    #[command(flatten)]
    pub(crate) inhibited: InhibitedArgs,
    /// Two parts of the prompt, as `3..5,7..9`: positions 3 and 4, 7 and 8.
    #[arg(long, value_name = "A,B", help_heading = "interaction")]
    pub(crate) spans: Vec<String>,
    #[command(flatten)]
    pub(crate) place: WhereArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// The files of the graph's `--direction` targets, in their order.
    #[arg(long, value_name = "FILE.safetensors[:TENSOR][@WEIGHT]", help_heading = "Model")]
    pub(crate) direction: Vec<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "push")]
pub(crate) struct PushArgs {
    /// Position that is pushed; that of the first target if not given.
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) push_position: Option<i64>,
    /// Push before this block; before every block if not given.
    #[arg(long, value_name = "L")]
    pub(crate) push_layer: Vec<usize>,
    /// Directions of each kind at each place.
    #[arg(long, value_name = "N", default_value_t = 16)]
    pub(crate) directions: usize,
    /// Length of a push, as a share of the stream's.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1, allow_negative_numbers = true)]
    pub(crate) push_size: f32,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "another")]
pub(crate) struct AnotherArgs {
    /// Another dictionary of the model: a directory or `user/repo[/folder][@revision]`.
    #[arg(long, value_name = "DIR|ID")]
    pub(crate) another: Vec<String>,
    /// So many dictionaries that write at random, with the graph's own firings.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) random: u64,
    /// The model's own neurons: at most so many a layer and position, those that write most; 0
    /// leaves them out. If not given, all, or as many as a large model affords.
    #[arg(long, value_name = "N")]
    pub(crate) neurons: Option<usize>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "mediated")]
pub(crate) struct MediatedArgs {
    /// The middle: a supernode of the graph, or features as `L1/3@5,L2/8@5`. If not given, each
    /// of the graph's supernodes.
    #[arg(long, value_name = "NAME|NODES")]
    pub(crate) middle: Vec<String>,
    /// Where the influence comes from: nodes; all tokens if not given.
    #[arg(long, value_name = "NODE,…", value_delimiter = ',')]
    pub(crate) from: Vec<String>,
    /// Where it goes: nodes; the targets if not given.
    #[arg(long, value_name = "NODE,…", value_delimiter = ',')]
    pub(crate) to: Vec<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "inhibited")]
pub(crate) struct InhibitedArgs {
    /// A prompt on which the token is less probable than on the graph's.
    #[arg(long, value_name = "PROMPT")]
    pub(crate) against: Option<String>,
    /// The token; the graph's first target if not given.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// The supposed inhibitor, features of that prompt as `L1/3@5`; found if not given.
    #[arg(long, value_name = "NODE,…", value_delimiter = ',')]
    pub(crate) inhibitor: Vec<String>,
    /// If it is to be found: at most so many features.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) inhibitors: usize,
    /// Random sets of features that it must beat.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) controls: usize,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "where")]
pub(crate) struct WhereArgs {
    /// Prompts that differ in a variable, one JSON object a line: `prompt`, `answer`, `value`,
    /// and where they differ `asks` and `answers`.
    #[arg(long, value_name = "FILE.jsonl")]
    pub(crate) prompts: Option<PathBuf>,
    /// At most so many pairs of prompts.
    #[arg(long, value_name = "N", default_value_t = 400)]
    pub(crate) pairs: usize,
    /// Pair prompts that ask the same; if not given, only where all do.
    #[arg(long)]
    pub(crate) same: bool,
    /// Before these blocks; before all of them and after the last if not given.
    #[arg(long, value_name = "L,…", value_delimiter = ',')]
    pub(crate) layers: Vec<usize>,
    /// At these positions, negative ones from the end; all if not given.
    #[arg(long, value_name = "N,…", value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) positions: Vec<i64>,
    /// Draw the table as a heat map in this file.
    #[arg(long, value_name = "FILE.svg")]
    pub(crate) plot: Option<PathBuf>,
}
