//! Flags of `intervene` and `group`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{ModelArgs, PromptArgs};

#[derive(Debug, Args)]
pub(crate) struct InterveneArgs {
    /// The text to run; `-` reads it from stdin.
    #[arg(conflicts_with_all = ["prompt_file", "token_ids"])]
    pub(crate) prompt: Option<String>,
    /// Run the prompt of this graph, on the model and dictionary that made it; its supernodes
    /// can be named.
    #[arg(
        long,
        value_name = "GRAPH",
        conflicts_with_all = ["prompt", "prompt_file", "token_ids", "chat"]
    )]
    pub(crate) graph: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) input: PromptArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    #[command(flatten)]
    pub(crate) edits: EditArgs,
    #[command(flatten)]
    pub(crate) other: OtherArgs,
    #[command(flatten)]
    pub(crate) mode: ModeArgs,
    #[command(flatten)]
    pub(crate) measure: MeasureArgs,
    #[command(flatten)]
    pub(crate) generate: GenerateArgs,
    /// Draw the result as an SVG picture: boxes with what is left of their activation.
    #[arg(long, value_name = "FILE.svg", conflicts_with = "sweep", help_heading = "Result")]
    pub(crate) figure: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Edits (NODES: below, in --help)")]
pub(crate) struct EditArgs {
    /// Give features this activation.
    #[arg(long, value_name = "NODES=VALUE", action = clap::ArgAction::Append)]
    pub(crate) set: Vec<String>,
    /// Give features so many times the activation that they have.
    #[arg(long, value_name = "NODES=TIMES", action = clap::ArgAction::Append)]
    pub(crate) scale: Vec<String>,
    /// Add this to the activation of features.
    #[arg(long, value_name = "NODES=VALUE", action = clap::ArgAction::Append)]
    pub(crate) add: Vec<String>,
    /// Turn features off.
    #[arg(long, value_name = "NODES", action = clap::ArgAction::Append)]
    pub(crate) ablate: Vec<String>,
    /// Read edits from a JSON file: `[{"nodes": "L2/50@8", "scale": -1}]`.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) edits: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Values of another prompt")]
pub(crate) struct OtherArgs {
    /// Give features the activation that they have on the other prompt.
    #[arg(long, value_name = "NODES", action = clap::ArgAction::Append)]
    pub(crate) swap: Vec<String>,
    /// Give the residual stream before a layer, at a position, the value that it has on the
    /// other prompt.
    #[arg(long, value_name = "LAYER@POSITION", action = clap::ArgAction::Append)]
    pub(crate) residual: Vec<String>,
    /// The other prompt.
    #[arg(long, value_name = "TEXT", conflicts_with = "from_token_ids")]
    pub(crate) from: Option<String>,
    /// The other prompt, as ids that are used exactly as they are.
    #[arg(long, value_name = "1,280,…", allow_hyphen_values = true)]
    pub(crate) from_token_ids: Option<String>,
    /// With --swap: so many times the other prompt's activation.
    #[arg(long, value_name = "K", requires = "swap", allow_negative_numbers = true)]
    pub(crate) times: Option<f32>,
    /// Which positions belong together: `same`, counted from the `end`, or pairs of here and
    /// there, as `3=5,4=6`.
    #[arg(long, value_name = "ALIGN", default_value = "same")]
    pub(crate) align: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ModeName {
    /// Nothing answers: MLPs, patterns and norms stay as they were.
    Direct,
    /// MLPs of some layers stay as they were; later ones answer.
    Constrained,
    /// Every layer answers.
    Open,
    /// In some layers the dictionary stands for the MLP, and answers.
    Iterative,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Held {
    /// As in the unchanged run.
    Frozen,
    /// Computed anew.
    Free,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What answers")]
pub(crate) struct ModeArgs {
    /// `open` (every layer answers; the default), `constrained` (MLPs of --layers stay as they
    /// were), `iterative` (in --layers the dictionary answers) or `direct` (nothing does).
    #[arg(long, value_name = "MODE", value_enum, hide_possible_values = true)]
    pub(crate) mode: Option<ModeName>,
    /// Layers that are held, from the first to before the last: `1..4`.
    #[arg(long, value_name = "A..B")]
    pub(crate) layers: Option<String>,
    /// Attention patterns: `frozen` (the default) or `free` (the default if nothing but the
    /// residual stream is changed).
    #[arg(long, value_name = "HOW", value_enum, hide_possible_values = true)]
    pub(crate) attention: Option<Held>,
    /// Norm denominators: `free` (the default) or `frozen` (always, with --mode direct).
    #[arg(long, value_name = "HOW", value_enum, hide_possible_values = true)]
    pub(crate) norms: Option<Held>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "What is measured")]
pub(crate) struct MeasureArgs {
    /// Follow these features as a group, or a supernode of the graph; `NAME=NODES` names the
    /// group, `none` follows nothing.
    #[arg(
        long,
        value_name = "NODES",
        visible_alias = "supernode",
        action = clap::ArgAction::Append
    )]
    pub(crate) watch: Vec<String>,
    /// Always list these tokens.
    #[arg(long, value_name = "A,B,id:3", value_delimiter = ',')]
    pub(crate) tokens: Vec<String>,
    /// The position whose next token is predicted; negative counts from the end.
    #[arg(long, value_name = "N", default_value_t = -1, allow_negative_numbers = true)]
    pub(crate) position: i64,
    /// List so many of the most probable tokens, before and after.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) top: usize,
    /// Measure many interventions that differ in one thing: `dose=-2..2:0.5` or `dose=0,1,4`
    /// (the number of every edit), `end-layer`, or `position`.
    #[arg(long, value_name = "WHAT", conflicts_with = "generate")]
    pub(crate) sweep: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Generation")]
pub(crate) struct GenerateArgs {
    /// Continue the prompt by at most N tokens, unchanged and changed.
    #[arg(long, value_name = "N")]
    pub(crate) generate: Option<usize>,
    /// Always take the most probable token: the default without the flags below.
    #[arg(
        long,
        requires = "generate",
        conflicts_with_all = ["samples", "temperature", "top_k", "seed"]
    )]
    pub(crate) greedy: bool,
    /// Draw so many continuations.
    #[arg(long, value_name = "S", requires = "generate")]
    pub(crate) samples: Option<usize>,
    /// Divide logits by this before drawing.
    #[arg(long, value_name = "T", requires = "generate", allow_negative_numbers = true)]
    pub(crate) temperature: Option<f32>,
    /// Draw from the K most probable tokens only.
    #[arg(long, value_name = "K", requires = "generate")]
    pub(crate) top_k: Option<usize>,
    /// Where drawing starts: the same seed gives the same text.
    #[arg(long, value_name = "X", requires = "generate")]
    pub(crate) seed: Option<u64>,
    /// Also stop after this token, beside those that end a text of this model.
    #[arg(
        long,
        value_name = "TOKEN",
        requires = "generate",
        action = clap::ArgAction::Append
    )]
    pub(crate) stop: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct GroupArgs {
    /// A graph file.
    pub(crate) graph: PathBuf,
    /// What to call the supernode.
    #[arg(requires = "nodes", conflicts_with_all = ["remove", "list", "suggest"])]
    pub(crate) name: Option<String>,
    /// Its nodes, as `L2/370@9` or `token:7`.
    pub(crate) nodes: Vec<String>,
    /// Remove a supernode.
    #[arg(long, value_name = "NAME", conflicts_with = "list")]
    pub(crate) remove: Option<String>,
    /// List the supernodes, and change nothing: the default.
    #[arg(long)]
    pub(crate) list: bool,
    /// Suggest supernodes: features whose signed inputs and outputs are alike, with reasons and
    /// what each is worth. Nothing is changed without --save.
    #[arg(long, conflicts_with_all = ["remove", "list"])]
    pub(crate) suggest: bool,
    /// With --suggest: among so many features, those of most influence.
    #[arg(long, value_name = "N", requires = "suggest", default_value_t = 40)]
    pub(crate) top: usize,
    /// With --suggest: an index of features, for names.
    #[arg(long, value_name = "FILE", requires = "suggest")]
    pub(crate) features: Option<PathBuf>,
    /// With --suggest: save all that are suggested.
    #[arg(long, requires = "suggest")]
    pub(crate) save: bool,
}
