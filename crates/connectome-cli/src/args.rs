//! The command line as it is written: names, short help, and what may stand together.
//!
//! Nothing is checked here that needs the world or another argument's value; that is
//! [`crate::settings`]'. What scripts rely on: the names of commands and flags, their defaults,
//! and the exit codes (0 done, 2 bad input, 130 interrupted).

mod intervene;
pub(crate) mod serve;
pub(crate) mod train;
pub(crate) mod train_clt;
pub(crate) mod train_lm;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::intervene::{
    EditArgs, GenerateArgs, GroupArgs, Held, InterveneArgs, ModeArgs, ModeName,
};
use crate::commands::doubt::args::DoubtArgs;
use crate::help;

mod elegans;
mod features;

pub(crate) use elegans::{
    DataArgs, DictionaryArg, ElegansCommand, EvalArgs, MakeArgs, SampleArgs, WorldArgs, WorldSize,
};
pub(crate) use features::{
    CollectArgs, FeatureExportArgs, FeatureImportArgs, FeatureListArgs, FeatureSearchArgs,
    FeatureShowArgs, FeatureWeightsArgs, FeaturesCommand, GridArgs, GridClass, IndexArgs, SortArg,
    TextArgs,
};
pub(crate) use train::CutArg;

/// Circuit tracing for language models: which features of a prompt lead to which prediction.
#[derive(Debug, Parser)]
#[command(name = "connectome", version, after_help = help::AFTER, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct Global {
    /// Print one JSON document on stdout instead of text.
    #[arg(long, global = true, display_order = 1000)]
    pub(crate) json: bool,
    /// No progress and no notes on stderr.
    #[arg(long, short, global = true, display_order = 1001)]
    pub(crate) quiet: bool,
    /// When to use colours; `auto` is on a terminal, unless NO_COLOR is set.
    #[arg(
        long,
        global = true,
        display_order = 1002,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true
    )]
    pub(crate) color: Color,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Trace a prompt: run the model once and explain what it predicts.
    #[command(after_long_help = help::TRACE)]
    Trace(Box<TraceArgs>),
    /// Keep the part of a graph that carries a share of its influence.
    #[command(after_long_help = help::PRUNE)]
    Prune(PruneArgs),
    /// How much of the model graphs explain.
    #[command(after_long_help = help::SCORE)]
    Score(ScoreArgs),
    /// Two graphs of one dictionary, feature by feature.
    #[command(after_long_help = help::COMPARE)]
    Compare(CompareArgs),
    /// The strongest signed paths between two nodes, or of the whole graph.
    #[command(after_long_help = help::PATHS)]
    Paths(PathsArgs),
    /// Whether a variable is a step of the model, and whether features carry it.
    #[command(after_long_help = help::CAUSAL)]
    Causal(CausalArgs),
    /// Hold a graph to account: change its features in the model, and compare what happens with
    /// what the graph predicts.
    #[command(after_long_help = help::VALIDATE)]
    Validate(Box<ValidateArgs>),
    /// Change features or the residual stream, and see what the model does then.
    #[command(after_long_help = help::INTERVENE)]
    Intervene(Box<InterveneArgs>),
    /// Supernodes of a graph: nodes under one name, saved in its file.
    #[command(after_long_help = help::GROUP)]
    Group(GroupArgs),
    /// Ask what could show a graph to be wrong: seven tests in the model.
    #[command(after_long_help = help::DOUBT)]
    Doubt(Box<DoubtArgs>),
    /// What the features of a dictionary stand for: examples, logits, names.
    #[command(subcommand)]
    Features(FeaturesCommand),
    /// Write a graph in a format of others.
    #[command(after_long_help = help::EXPORT)]
    Export(ExportArgs),
    /// Read a graph of circuit-tracer, Anthropic's frontend or Neuronpedia.
    #[command(after_long_help = help::IMPORT)]
    Import(ImportArgs),
    /// What a graph file, a model or a dictionary is; a node or an edge of a graph.
    #[command(after_long_help = help::INSPECT)]
    Inspect(InspectArgs),
    /// A circuit as a figure: SVG, PDF or PNG.
    #[command(after_long_help = help::FIGURE)]
    Figure(serve::FigureArgs),
    /// The workspace in a browser: graphs, circuits, tests and figures, served from this machine.
    #[command(after_long_help = help::SERVE)]
    Serve(serve::ServeArgs),
    /// Models and dictionaries of the Hugging Face Hub: list, fetch, where.
    #[command(subcommand, after_long_help = help::HUB)]
    Hub(HubCommand),
    /// Train a language model or a dictionary, and keep everything that it takes to go on.
    #[command(subcommand)]
    Train(train::TrainCommand),
    /// Check what this machine has: the shipped model, the Hub's folder, CUDA and its GPUs.
    #[command(after_long_help = help::DOCTOR)]
    Doctor(DoctorArgs),
    /// The world of the model organism: data to train on, and examples of it.
    #[command(subcommand)]
    Elegans(ElegansCommand),
    /// Print the completions of a shell.
    #[command(after_long_help = help::COMPLETIONS)]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// Which model and dictionary.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelArgs {
    /// A Hugging Face checkpoint: a directory, `user/repo[@revision]`, or a model that ships
    /// with the tracer (`elegans-base`, the default; `connectome hub list` has all).
    #[arg(long, value_name = "DIR|ID")]
    pub(crate) model: Option<String>,
    /// A dictionary (CLT or PLT) of that model: a directory or `user/repo[/folder][@revision]`.
    /// Without `--model`, the model is the one it was trained on.
    #[arg(long, value_name = "DIR|ID", visible_alias = "dictionary")]
    pub(crate) transcoder: Option<String>,
    /// Never use the network, only what is on this machine.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Threads to use; all cores if not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

/// Where the graph's rows are computed; the model itself runs on the CPU.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct DeviceArgs {
    /// Where to compute the graph's rows: `cpu`, `cuda`, `cuda:N`, or `auto`: the first GPU if
    /// there is one and the prompt is worth it, else the CPU.
    #[arg(long, value_name = "DEVICE", default_value = "cpu")]
    pub(crate) device: String,
}

#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// The text to trace; `-` reads it from stdin.
    #[arg(conflicts_with_all = ["prompt_file", "token_ids"])]
    pub(crate) prompt: Option<String>,
    #[command(flatten)]
    pub(crate) input: PromptArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    #[command(flatten)]
    pub(crate) extent: ExtentArgs,
    #[command(flatten)]
    pub(crate) thresholds: ThresholdArgs,
    /// Save the graph to this file.
    #[arg(long, short, value_name = "GRAPH", help_heading = "Result")]
    pub(crate) output: Option<PathBuf>,
    /// What `export` calls the graph if it is not told otherwise.
    #[arg(long, value_name = "NAME", help_heading = "Result")]
    pub(crate) slug: Option<String>,
    /// Show so many of the strongest features and paths.
    #[arg(long, value_name = "N", default_value_t = 12, help_heading = "Result")]
    pub(crate) top: usize,
    /// Call features by the names of this index (`connectome features collect`).
    #[arg(long, value_name = "FILE", help_heading = "Result")]
    pub(crate) features: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Prompt")]
pub(crate) struct PromptArgs {
    /// Read the text from a file; one line end at its end is left out.
    #[arg(long, value_name = "FILE")]
    pub(crate) prompt_file: Option<PathBuf>,
    /// Token ids, used exactly as they are: no special token is put before them.
    #[arg(
        long,
        value_name = "1,280,…",
        conflicts_with = "prompt_file",
        allow_hyphen_values = true
    )]
    pub(crate) token_ids: Option<String>,
    /// The text is what a user says: render it with the model's chat template.
    #[arg(long, conflicts_with = "token_ids")]
    pub(crate) chat: bool,
    /// With --chat: what the system says before.
    #[arg(long, value_name = "TEXT", requires = "chat")]
    pub(crate) system: Option<String>,
    /// With --chat: the day, for templates that print it.
    #[arg(long, value_name = "YYYY-MM-DD", requires = "chat")]
    pub(crate) date: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Targets (default: the most probable next tokens)")]
pub(crate) struct TargetArgs {
    /// Explain the logit of this token: its text, which must be one token, or `id:123`.
    #[arg(long, value_name = "TOKEN", action = clap::ArgAction::Append)]
    pub(crate) target: Vec<String>,
    /// Explain the logit of token A minus that of token B.
    #[arg(long, value_names = ["A", "B"], num_args = 2, action = clap::ArgAction::Append)]
    pub(crate) contrast: Vec<String>,
    /// Explain a direction at the output of the last norm.
    #[arg(
        long,
        value_name = "FILE.safetensors[:TENSOR][@WEIGHT]",
        action = clap::ArgAction::Append
    )]
    pub(crate) direction: Vec<String>,
    /// Explain the pre-activation of a feature that fires at the position.
    #[arg(long, value_name = "L12/4071", action = clap::ArgAction::Append)]
    pub(crate) feature: Vec<String>,
    /// Position of the targets, from 0; negative counts from the end.
    #[arg(long, value_name = "N", default_value_t = -1, allow_negative_numbers = true)]
    pub(crate) position: i64,
    /// At most so many of the most probable tokens.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) max_n_logits: usize,
    /// As few of them as reach this probability together.
    #[arg(long, value_name = "P", default_value_t = 0.95, allow_negative_numbers = true)]
    pub(crate) desired_logit_prob: f32,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "How far to go")]
pub(crate) struct ExtentArgs {
    /// Expand features until at most this share of the targets' influence is unresolved.
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = 0.01,
        allow_negative_numbers = true,
        conflicts_with_all = ["exhaustive", "max_feature_nodes"]
    )]
    pub(crate) tolerance: f64,
    /// Expand every feature that fires.
    #[arg(long, conflicts_with = "max_feature_nodes")]
    pub(crate) exhaustive: bool,
    /// Expand at most N features, chosen as circuit-tracer chooses; the others are no nodes.
    #[arg(long, value_name = "N")]
    pub(crate) max_feature_nodes: Option<usize>,
    /// With --max-feature-nodes: circuit-tracer's batch size, as its choice depends on it.
    #[arg(long, value_name = "N", default_value_t = 256, requires = "max_feature_nodes")]
    pub(crate) batch_size: usize,
    /// With --max-feature-nodes: rank anew after so many batches, as circuit-tracer does.
    #[arg(long, value_name = "N", default_value_t = 4, requires = "max_feature_nodes")]
    pub(crate) update_interval: usize,
}

#[derive(Clone, Copy, Debug, Args)]
#[command(next_help_heading = "Pruning")]
pub(crate) struct ThresholdArgs {
    /// Keep the nodes that carry this share of all nodes' influence.
    #[arg(long, value_name = "SHARE", default_value_t = 0.8, allow_negative_numbers = true)]
    pub(crate) node_threshold: f64,
    /// Of the edges between them, keep those that carry this share.
    #[arg(long, value_name = "SHARE", default_value_t = 0.98, allow_negative_numbers = true)]
    pub(crate) edge_threshold: f64,
}

#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// A graph file.
    pub(crate) graph: PathBuf,
    #[command(flatten)]
    pub(crate) thresholds: ThresholdArgs,
    /// Write what `--json` prints to this file: all kept nodes and edges.
    #[arg(long, short, value_name = "JSON")]
    pub(crate) output: Option<PathBuf>,
    /// List so many nodes.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ScoreArgs {
    /// Graph files.
    #[arg(required = true, value_name = "GRAPH")]
    pub(crate) graphs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) thresholds: ThresholdArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// A graph file.
    #[arg(value_name = "A")]
    pub(crate) a: PathBuf,
    /// Another one.
    #[arg(value_name = "B")]
    pub(crate) b: PathBuf,
    /// Further ones: with three or more, which features recur, all positions of a prompt together.
    #[arg(value_name = "MORE")]
    pub(crate) more: Vec<PathBuf>,
    /// Which positions belong together; of two graphs.
    #[arg(long, value_enum, value_name = "HOW", default_value_t, conflicts_with = "more")]
    pub(crate) align: AlignArg,
    /// Features that are nodes of so many graphs at least; 2 if not given.
    #[arg(long, value_name = "N", requires = "more")]
    pub(crate) least: Option<usize>,
    /// Print so many features of each list; the JSON has all.
    #[arg(long, value_name = "N", default_value_t = 12)]
    pub(crate) top: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum AlignArg {
    /// Counted from the end of the prompt.
    #[default]
    End,
    /// Counted from its start.
    Start,
    /// Tokens that are the same; what stands between them is counted from the token after it.
    Token,
    /// Any: a feature's strongest place in each.
    Any,
}

#[derive(Debug, Args)]
pub(crate) struct PathsArgs {
    /// A graph file.
    pub(crate) graph: PathBuf,
    /// Where paths start: a node, as `token:3`. Without it: from any token or error to any
    /// target.
    #[arg(requires = "to")]
    pub(crate) from: Option<String>,
    /// Where they end: a node, as `logit:Alder`.
    pub(crate) to: Option<String>,
    /// How many paths.
    #[arg(short = 'k', long = "count", value_name = "K", default_value_t = 5)]
    pub(crate) count: usize,
    /// Only along the nodes and edges that pruning keeps.
    #[arg(long)]
    pub(crate) pruned: bool,
    /// Call features by the names of this index (`connectome features collect`).
    #[arg(long, value_name = "FILE")]
    pub(crate) features: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) thresholds: ThresholdArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CausalArgs {
    /// A table of prompts, one JSON object a line: `prompt` (or `token_ids`), `value` of the
    /// variable, what it `asks`, `answer`. Without it: the questions of the world that a shipped
    /// model was trained on.
    #[arg(value_name = "TABLE.jsonl")]
    pub(crate) table: Option<PathBuf>,
    /// A variable of the world of `connectome elegans` instead: state, control-state, ones,
    /// disease, speaker, known or danger.
    #[arg(long, value_name = "NAME", conflicts_with = "table")]
    pub(crate) variable: Option<String>,
    /// The seed of that world, for models that do not ship.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "variable")]
    pub(crate) world_seed: u64,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Pairs of prompts that are interchanged.
    #[arg(long, value_name = "N", default_value_t = 100, help_heading = "Recipe")]
    pub(crate) pairs: usize,
    /// A feature stands for a value if it fires on this share of its prompts, under every
    /// question…
    #[arg(long, value_name = "SHARE", default_value_t = 0.8, help_heading = "Recipe")]
    pub(crate) own: f64,
    /// …and on less than this share of other values' prompts.
    #[arg(long, value_name = "SHARE", default_value_t = 0.08, help_heading = "Recipe")]
    pub(crate) others: f64,
    /// Share of pairs that must move.
    #[arg(long, value_name = "SHARE", default_value_t = 0.5, help_heading = "Recipe")]
    pub(crate) threshold: f64,
    /// Also trace so many prompts, and count which of their graphs claim a step, and which.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Recipe")]
    pub(crate) graphs: usize,
    /// Where drawing starts.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Recipe")]
    pub(crate) seed: u64,
}

/// What answers in the model while features are changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RungArg {
    /// The dictionary's features, each with its gate.
    Gates,
    /// The model's own MLPs; attention and norms are held, as in the graph.
    #[default]
    Mlps,
    /// Norm denominators too.
    Norms,
    /// Attention too: nothing is held.
    Attention,
    /// MLPs are held: the papers' protocol, which tests direct edges.
    Constrained,
}

#[derive(Debug, Args)]
pub(crate) struct ValidateArgs {
    /// A graph file.
    pub(crate) graph: PathBuf,
    /// Test so many features, those of largest influence.
    #[arg(long, value_name = "N", default_value_t = 50, help_heading = "What is tested")]
    pub(crate) features: usize,
    /// Test this feature, too.
    #[arg(
        long,
        value_name = "L12/4071@9",
        action = clap::ArgAction::Append,
        help_heading = "What is tested"
    )]
    pub(crate) node: Vec<String>,
    /// Of the graph's supernodes test this one; all of them if not given.
    #[arg(
        long,
        value_name = "NAME",
        action = clap::ArgAction::Append,
        help_heading = "What is tested"
    )]
    pub(crate) supernode: Vec<String>,
    /// Test the groups of this saved view instead of the graph file's own supernodes: a file, or
    /// a view's name if the graph lies in a workspace. Verdicts alone are saved, no groups.
    #[arg(long, value_name = "NAME|FILE", help_heading = "What is tested")]
    pub(crate) view: Option<String>,
    /// Multiply activations by this: 0 ablates, -1 inverts; both if not given.
    #[arg(
        long,
        value_name = "X",
        action = clap::ArgAction::Append,
        allow_negative_numbers = true,
        help_heading = "What is tested"
    )]
    pub(crate) dose: Vec<f32>,
    /// Where the random choice of controls starts.
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "What is tested")]
    pub(crate) seed: u64,
    /// What answers in the model, for verdicts and the headline; the ladder shows all.
    #[arg(long, value_enum, value_name = "RUNG", default_value_t, help_heading = "What is tested")]
    pub(crate) rung: RungArg,
    /// End after so many seconds with what was measured by then.
    #[arg(
        long,
        value_name = "SECS",
        value_parser = clap::value_parser!(u64).range(1..),
        help_heading = "What is tested"
    )]
    pub(crate) time: Option<u64>,
    #[command(flatten)]
    pub(crate) thresholds: ThresholdArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// The files of the graph's `--direction` targets, in their order.
    #[arg(
        long,
        value_name = "FILE.safetensors[:TENSOR][@WEIGHT]",
        action = clap::ArgAction::Append,
        help_heading = "Model"
    )]
    pub(crate) direction: Vec<String>,
    /// Save the graph with its verdicts to this file, and leave its own as it is.
    #[arg(long, short, value_name = "GRAPH", conflicts_with = "no_save", help_heading = "Result")]
    pub(crate) output: Option<PathBuf>,
    /// Do not write the verdicts into the graph file.
    #[arg(long, help_heading = "Result")]
    pub(crate) no_save: bool,
    /// Draw predicted against measured changes.
    #[arg(long, value_name = "SVG", help_heading = "Result")]
    pub(crate) plot: Option<PathBuf>,
    /// List so many of the worst disagreements, of features and of targets.
    #[arg(long, value_name = "N", default_value_t = 5, help_heading = "Result")]
    pub(crate) top: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The pruned graph, for circuit-tracer's, Anthropic's and Neuronpedia's pages.
    Json,
    /// Edges of the pruned graph as a table: names, labels, raw weight, share of the target's
    /// absolute input.
    Csv,
    /// The whole graph in our own format, with what --view says.
    Connectome,
    /// The whole graph as dense matrices, for numpy.
    Safetensors,
    /// The workspace's page with the graph inside, to be read offline in any browser.
    Html,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// A graph file.
    pub(crate) graph: PathBuf,
    /// In which format.
    #[arg(long, value_enum)]
    pub(crate) format: Format,
    /// The file to write.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// What pages call the graph; its trace's --slug or the file's name if not given.
    #[arg(long, value_name = "NAME")]
    pub(crate) slug: Option<String>,
    /// What pages look features up by; the dictionary's own name for it if not given.
    #[arg(long, value_name = "NAME")]
    pub(crate) scan: Option<String>,
    /// Enter the graph in `graph-metadata.json` beside the file, which pages list graphs from.
    #[arg(long)]
    pub(crate) graph_metadata: bool,
    /// A view whose pins, groups and names the file has, and of a page all else: as a file, or by
    /// name if the graph lies in a workspace.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) view: Option<String>,
    /// Of a page: an index (`connectome features collect`) whose examples, names and logits of
    /// the features that are shown go into the file, up to 8 MB.
    #[arg(long, value_name = "FILE")]
    pub(crate) features: Option<PathBuf>,
    /// Of a page: a run that `connectome serve` measured on this graph, as JSON; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) run: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) thresholds: ThresholdArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// A `.json` or `.pt` file; what it is, its first bytes say.
    pub(crate) file: PathBuf,
    /// The graph file to write.
    #[arg(long, short, value_name = "GRAPH")]
    pub(crate) output: PathBuf,
    /// Name the tokens of a `.pt` file with this model's tokenizer.
    #[arg(long, value_name = "DIR|ID")]
    pub(crate) model: Option<String>,
    /// Never use the network, only what is on this machine.
    #[arg(long, requires = "model")]
    pub(crate) offline: bool,
}

#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// A graph file, a model's or dictionary's directory, a Hub reference that is on this
    /// machine, or the name of a model that ships with the tracer.
    pub(crate) path: String,
    /// Of a graph: this node's strongest inputs and outputs.
    #[arg(long, value_name = "NODE")]
    pub(crate) node: Option<String>,
    /// Of a graph: this edge, and its share of the target's inputs.
    #[arg(long, value_names = ["FROM", "TO"], num_args = 2, conflicts_with = "node")]
    pub(crate) edge: Option<Vec<String>>,
    /// With --edge: its share for each attention head; runs the model again.
    #[arg(long, requires = "edge")]
    pub(crate) heads: bool,
    /// List so many inputs, outputs or heads.
    #[arg(long, value_name = "N", default_value_t = 12)]
    pub(crate) top: usize,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// With --heads: the files of the graph's `--direction` targets, in their order.
    #[arg(long, value_name = "FILE.safetensors[:TENSOR][@WEIGHT]", requires = "heads")]
    pub(crate) direction: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Run every operation on each GPU beside the CPU, and the rows of a whole graph.
    #[arg(long)]
    pub(crate) gpu: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum HubCommand {
    /// What ships with the tracer, and what of the Hub is on this machine.
    List,
    /// Bring a model or a dictionary to this machine, or write one that ships to a folder.
    Fetch(FetchArgs),
    /// Where on this machine a model or a dictionary is.
    Where(HubArgs),
}

#[derive(Debug, Args)]
pub(crate) struct FetchArgs {
    #[command(flatten)]
    pub(crate) hub: HubArgs,
    /// Write its files to this folder, a new or empty one, for other tools to open. What ships
    /// with the tracer has to be written somewhere; what is on the Hub is copied from the cache.
    #[arg(long, short, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct HubArgs {
    /// `user/repo[/folder][@revision]`.
    #[arg(value_name = "ID")]
    pub(crate) reference: String,
    /// What it is; found out if not given.
    #[arg(long = "as", value_enum, value_name = "KIND")]
    pub(crate) kind: Option<Kind>,
    /// Never use the network, only what is on this machine.
    #[arg(long)]
    pub(crate) offline: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A language model.
    Model,
    /// A transcoder dictionary.
    Dictionary,
}
