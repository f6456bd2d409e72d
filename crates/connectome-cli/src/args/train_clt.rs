//! The flags of `connectome train clt`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::train::{CutArg, DtypeArg};

#[derive(Debug, Args)]
pub(crate) struct TrainCltArgs {
    /// Folder of the dictionary, its card, the metrics and the checkpoints.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Go on from the newest checkpoint in the folder; all other flags as before.
    #[arg(long)]
    pub(crate) resume: bool,
    /// Flags from a YAML file: `features: 4096` is `--features 4096`. Those given here count.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) model: CltModelArgs,
    #[command(flatten)]
    pub(crate) dictionary: CltDictionaryArgs,
    #[command(flatten)]
    pub(crate) gate: GateArgs,
    #[command(flatten)]
    pub(crate) loss: LossArgs,
    #[command(flatten)]
    pub(crate) data: CltDataArgs,
    #[command(flatten)]
    pub(crate) steps: CltStepArgs,
    #[command(flatten)]
    pub(crate) measure: CltMeasureArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct CltModelArgs {
    /// The language model: a directory, `user/repo[@revision]`, or one that ships with the
    /// tracer (the first of `connectome hub list` if not given).
    #[arg(long, value_name = "DIR|ID")]
    pub(crate) model: Option<String>,
    /// What the dictionary's config calls the model; as `--model` names it if not given.
    #[arg(long, value_name = "NAME")]
    pub(crate) model_name: Option<String>,
    /// Another model of the same depth and width; several, or several times. Documents are
    /// dealt out to all models in turn, so that one dictionary serves all of them.
    #[arg(long, value_name = "DIR|ID", num_args = 1..)]
    pub(crate) also: Vec<String>,
    /// Where features read: hook_resid_mid, ln2.hook_normalized or mlp.hook_in.
    #[arg(long, value_name = "HOOK", default_value = "hook_resid_mid")]
    pub(crate) read: String,
    /// What they imitate: hook_mlp_out or mlp.hook_out.
    #[arg(long, value_name = "HOOK", default_value = "hook_mlp_out")]
    pub(crate) write: String,
    /// Decides parameters at the start, held-out documents and the order of tokens.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Never use the network, only what is on this machine.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Threads to use; all cores if not given. Results do not depend on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindArg {
    /// Cross-layer: a feature writes to its own layer and all above.
    #[default]
    Clt,
    /// Per-layer: a feature writes to its own layer.
    Plt,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Dictionary")]
pub(crate) struct CltDictionaryArgs {
    /// Cross-layer or per-layer.
    #[arg(long, value_enum, value_name = "KIND", default_value_t)]
    pub(crate) kind: KindArg,
    /// Features of one layer; eight times the model's width if not given.
    #[arg(long, value_name = "N")]
    pub(crate) features: Option<usize>,
    /// Layers that a cross-layer feature writes to, its own first; all if not given.
    #[arg(long, value_name = "N")]
    pub(crate) window: Option<usize>,
    /// A linear map from what is read to what is written, beside the features.
    #[arg(long)]
    pub(crate) skip: bool,
    /// Type of the large tensors in the files.
    #[arg(long, value_enum, value_name = "TYPE", default_value_t)]
    pub(crate) dtype: DtypeArg,
    /// Write features such that the rows of each have norm 1 together, which makes activations
    /// comparable.
    #[arg(long)]
    pub(crate) unit_decoders: bool,
    /// What frontends look the dictionary's features up by.
    #[arg(long, value_name = "NAME")]
    pub(crate) scan: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ActivationArg {
    /// What is above zero.
    Relu,
    /// What is above a learned threshold.
    #[default]
    Jumprelu,
    /// The k largest of a token and layer.
    Topk,
    /// The largest of a batch, k a token and layer on average.
    BatchTopk,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum SteArg {
    /// Thresholds only.
    Off,
    /// Thresholds and, with the same rectangle, pre-activations.
    #[default]
    Rect,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ScopeArg {
    /// Each layer has its own share.
    #[default]
    Layer,
    /// Layers compete, by activation times decoder norm.
    All,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Activation")]
pub(crate) struct GateArgs {
    /// What passes.
    #[arg(long, value_enum, value_name = "WHICH", default_value_t)]
    pub(crate) activation: ActivationArg,
    /// JumpReLU: width of the window around a threshold in which gradients pass.
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub(crate) bandwidth: f64,
    /// JumpReLU: what the straight-through gradient reaches.
    #[arg(long, value_enum, value_name = "WHAT", default_value_t)]
    pub(crate) ste_to_preact: SteArg,
    /// JumpReLU: thresholds at the start.
    #[arg(long, value_name = "X", default_value_t = 0.03)]
    pub(crate) threshold: f64,
    /// JumpReLU: the thresholds' learning rate, as a factor on the others'.
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub(crate) threshold_rate: f64,
    /// TopK: how many fire on a token and layer.
    #[arg(long, value_name = "N", default_value_t = 16.0)]
    pub(crate) k: f64,
    /// TopK: begin with so many, and fall to k by a constant factor a step.
    #[arg(long, value_name = "N")]
    pub(crate) k_from: Option<f64>,
    /// Steps of that fall; half of the run if not given.
    #[arg(long, value_name = "N", requires = "k_from")]
    pub(crate) k_steps: Option<u64>,
    /// BatchTopK: among what the largest are chosen.
    #[arg(long, value_enum, value_name = "SCOPE", default_value_t)]
    pub(crate) k_scope: ScopeArg,
    /// BatchTopK of a layer: k of the first layer over that of the last; it falls by equal ratios,
    /// and k is its mean.
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub(crate) k_tilt: f64,
    /// BatchTopK of all layers: this share of k fires in every layer before layers compete for the
    /// rest, so that none starves.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) k_floor: f64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CourseArg {
    #[default]
    Linear,
    Cosine,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum NormArg {
    /// Of all rows of a feature as one vector.
    #[default]
    Concatenated,
    /// The sum of its rows' norms.
    Summed,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum PulledArg {
    /// All features.
    #[default]
    All,
    /// Features that have not fired for long.
    Dead,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Loss (docs/training.md has the formulas)")]
pub(crate) struct LossArgs {
    /// Coefficient of the tanh penalty at its highest; 0 for none.
    #[arg(long, value_name = "X", default_value_t = 3.0)]
    pub(crate) sparsity: f64,
    /// Steps over which it rises from 0; all of them, or a fifth with --target-l0, if not given.
    #[arg(long, value_name = "N")]
    pub(crate) sparsity_steps: Option<u64>,
    /// Steps without it at the start.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) sparsity_wait: u64,
    /// How it rises.
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub(crate) sparsity_course: CourseArg,
    /// Factor inside the tanh.
    #[arg(long, value_name = "X", default_value_t = 4.0)]
    pub(crate) tanh_scale: f64,
    /// What a decoder norm is.
    #[arg(long, value_enum, value_name = "WHICH", default_value_t)]
    pub(crate) decoder_norm: NormArg,
    /// Penalise frequent features more: the frequency at which the penalty is twice as high.
    #[arg(long, value_name = "SHARE")]
    pub(crate) frequency_scale: Option<f64>,
    /// Find the coefficient that leads to so many features on a token, over all layers.
    #[arg(long, value_name = "N")]
    pub(crate) target_l0: Option<f64>,
    /// How fast the coefficient follows.
    #[arg(long, value_name = "X", default_value_t = 0.005, requires = "target_l0")]
    pub(crate) l0_gain: f64,
    /// Coefficient of the pre-activation loss; 0 for none.
    #[arg(long, value_name = "X", default_value_t = 3e-6)]
    pub(crate) pre_loss: f64,
    /// Which features it pulls up.
    #[arg(long, value_enum, value_name = "WHICH", default_value_t)]
    pub(crate) pre_loss_on: PulledArg,
    /// Coefficient of the auxiliary loss, in which dead features explain what is missing; 0 for
    /// none.
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    pub(crate) aux: f64,
    /// Dead features a token and layer that may do so.
    #[arg(long, value_name = "N", default_value_t = 512)]
    pub(crate) aux_k: usize,
    /// Tokens after which a feature that did not fire is dead; a tenth of the run, at most 10M,
    /// if not given.
    #[arg(long, value_name = "N")]
    pub(crate) dead_after: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Data")]
pub(crate) struct CltDataArgs {
    /// Text, `.jsonl` or token files (`.bin`, `.safetensors`); several, or several times.
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    pub(crate) data: Vec<PathBuf>,
    /// Where text files are cut into documents.
    #[arg(long, value_enum, value_name = "WHERE", default_value_t)]
    pub(crate) cut: CutArg,
    /// Tokens of a sequence; the model's context, but at most 256, if not given.
    #[arg(long, value_name = "N")]
    pub(crate) seq: Option<usize>,
    /// Share of the documents that is only measured on.
    #[arg(long, value_name = "SHARE", default_value_t = 0.02)]
    pub(crate) held_out: f64,
    /// Leave out tokens whose norm is so many times the mean anywhere; 0 keeps all.
    #[arg(long, value_name = "X", default_value_t = 20.0)]
    pub(crate) outliers: f64,
    /// Tokens of the shuffle buffer; sixteen batches if not given.
    #[arg(long, value_name = "N")]
    pub(crate) buffer: Option<String>,
    /// Tokens of the sample that scales, biases and thresholds come from.
    #[arg(long, value_name = "N", default_value_t = 4096)]
    pub(crate) sample: usize,
    /// Keep activations in this file, and mix all of them; made if it is not there.
    #[arg(long, value_name = "FILE")]
    pub(crate) cache: Option<PathBuf>,
    /// Tokens in the cache; those of the run if not given.
    #[arg(long, value_name = "N", requires = "cache")]
    pub(crate) cache_tokens: Option<String>,
    /// Type of the cache's numbers.
    #[arg(long, value_enum, value_name = "TYPE", default_value = "bf16", requires = "cache")]
    pub(crate) cache_dtype: DtypeArg,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CltDecayArg {
    Constant,
    #[default]
    Linear,
    Cosine,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Steps")]
pub(crate) struct CltStepArgs {
    /// Steps of the run.
    #[arg(long, value_name = "N", required_unless_present = "tokens", conflicts_with = "tokens")]
    pub(crate) steps: Option<u64>,
    /// Tokens of the run, as `30M` or `500k`: as many steps as hold them.
    #[arg(long, value_name = "N")]
    pub(crate) tokens: Option<String>,
    /// Tokens of a step.
    #[arg(long, value_name = "N", default_value_t = 4096)]
    pub(crate) batch: usize,
    /// Learning rate of Adam, at its highest.
    #[arg(long, value_name = "X", default_value_t = 4e-4)]
    pub(crate) lr: f64,
    /// Steps over which it rises from 0; a fiftieth of the run if not given.
    #[arg(long, value_name = "N")]
    pub(crate) warm_up: Option<u64>,
    /// How it falls at the end.
    #[arg(long, value_enum, value_name = "HOW", default_value_t)]
    pub(crate) decay: CltDecayArg,
    /// Steps over which it falls; a fifth of the run if not given.
    #[arg(long, value_name = "N")]
    pub(crate) decay_steps: Option<u64>,
    /// Share of the highest that it falls to.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) lr_floor: f64,
    /// Adam's decay of the first moment.
    #[arg(long, value_name = "X", default_value_t = 0.9)]
    pub(crate) beta1: f64,
    /// Adam's decay of the second moment.
    #[arg(long, value_name = "X", default_value_t = 0.999)]
    pub(crate) beta2: f64,
    /// Adam's epsilon.
    #[arg(long, value_name = "X", default_value_t = 1e-8)]
    pub(crate) epsilon: f64,
    /// Decoupled weight decay.
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    pub(crate) weight_decay: f64,
    /// The gradient's norm is cut down to this; 0 leaves it.
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    pub(crate) clip: f64,
    /// Leave encoders as they were at the start: a baseline of random features.
    #[arg(long)]
    pub(crate) freeze_encoder: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Measurements")]
pub(crate) struct CltMeasureArgs {
    /// Score the graph of this prompt; several times. The first held-out sequences if not given.
    #[arg(long, value_name = "TEXT", action = clap::ArgAction::Append)]
    pub(crate) prompt: Vec<String>,
    /// Held-out sequences to measure on.
    #[arg(long, value_name = "N", default_value_t = 64)]
    pub(crate) eval_rows: usize,
    /// Measure them after so many steps; 0 only at the end.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(crate) eval_every: u64,
    /// Score the prompts' graphs after so many steps; 0 only at the end.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) graphs_every: u64,
    /// Checkpoint after so many steps; 0 only at the end.
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(crate) save_every: u64,
    /// A line in metrics.jsonl after so many steps.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) log_every: u64,
}
