//! Runs: interventions in the original model, and what a graph predicted of them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::circuit::Group;
use super::graph::EdgeVerdictRow;

/// The body of `POST /api/graphs/:id/runs`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(tag = "kind", rename_all = "snake_case")]
pub enum RunAsk {
    /// One intervention, or a sweep of it.
    Intervene(InterveneAsk),
    /// All groups and the strongest features, with controls: the validation matrix.
    Validate(ValidateAsk),
}

/// An intervention (`docs/interventions.md`).
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct InterveneAsk {
    /// What its owner calls it; empty for what was done.
    #[serde(default)]
    pub name: String,
    /// What is followed.
    pub groups: Vec<Group>,
    /// What is changed.
    #[serde(default)]
    pub edits: Vec<EditAsk>,
    /// What is taken from another graph's prompt.
    #[serde(default)]
    pub swap: Option<SwapAsk>,
    /// What answers; `open` if null.
    #[serde(default)]
    pub mode: Option<ModeAsk>,
    /// The layers that are held, `[first, end)`, in constrained and iterative patching; from the
    /// first changed layer up to the last but one if null.
    #[serde(default)]
    pub layers: Option<[usize; 2]>,
    /// Attention patterns: frozen if null.
    #[serde(default)]
    pub attention: Option<Held>,
    /// Norm denominators: free if null.
    #[serde(default)]
    pub norms: Option<Held>,
    /// So many tokens are written, unchanged and changed; none if 0, at most 200.
    #[serde(default)]
    pub n_tokens: usize,
    /// So many most probable tokens are listed; 10 if null.
    #[serde(default)]
    pub top_k: Option<usize>,
    /// Tokens that are listed in any case.
    #[serde(default)]
    pub watch: Vec<u32>,
    /// Repeats it with one thing varied.
    #[serde(default)]
    pub sweep: Option<SweepAsk>,
}

/// Features that are changed together.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EditAsk {
    /// Nodes; those that are no features are left out.
    pub nodes: Vec<u32>,
    /// How.
    pub how: EditHow,
    /// The number; of no meaning to `ablate`.
    #[serde(default)]
    pub value: f64,
    /// Where.
    #[serde(default)]
    pub positions: EditPositions,
}

/// What happens to an activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum EditHow {
    /// It becomes the value.
    Set,
    /// It becomes so many times the original.
    Scale,
    /// So much is added.
    Add,
    /// It becomes 0.
    Ablate,
}

/// Where an edit holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum EditPositions {
    /// At each node's own position.
    #[default]
    Own,
    /// At every position of the prompt.
    All,
    /// From each node's own position on, and at every token that is written.
    Onward,
}

/// What is taken from another graph's prompt.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SwapAsk {
    /// The other graph, of the same model and dictionary.
    pub graph: String,
    /// Its nodes whose activation is set here, at the position that belongs to theirs.
    pub nodes: Vec<u32>,
    /// So many times.
    pub times: f64,
    /// Whether positions are counted from the end; from the start otherwise.
    #[serde(default)]
    pub from_end: bool,
}

/// What answers to a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum ModeAsk {
    /// Nothing: what the graph claims, measured.
    Direct,
    /// MLPs after the held layers.
    Constrained,
    /// All MLPs.
    Open,
    /// The dictionary in place of the MLPs.
    Iterative,
}

/// Whether something answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum Held {
    /// It stays that of the unchanged run.
    Frozen,
    /// It is computed anew.
    Free,
}

/// What a sweep varies.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(tag = "kind", rename_all = "snake_case")]
pub enum SweepAsk {
    /// The number of every edit and swap.
    Dose {
        /// Its values.
        values: Vec<f64>,
    },
    /// The end of the held layers.
    EndLayer,
    /// The position of every edit and swap.
    Position,
}

/// The validation of a graph (`docs/validation.md`).
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ValidateAsk {
    /// What its owner calls it.
    #[serde(default)]
    pub name: String,
    /// Groups that are changed as one, and watched.
    pub groups: Vec<Group>,
    /// So many features of largest influence are changed, too.
    #[serde(default)]
    pub n_features: usize,
    /// What activations are multiplied by; 0 and -1 if null.
    #[serde(default)]
    pub doses: Option<Vec<f64>>,
    /// What is left free to answer; `mlps` if null.
    #[serde(default)]
    pub rung: Option<RungName>,
    /// Where the random choice of controls starts; 0 if null.
    #[serde(default)]
    pub seed: Option<u32>,
}

/// What is left free to answer (`docs/validation.md`, the ladder).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum RungName {
    /// Features, encoded anew.
    Gates,
    /// The model's own MLPs.
    Mlps,
    /// Norm denominators, too.
    Norms,
    /// Attention patterns, too.
    Attention,
    /// The papers' protocol.
    Constrained,
}

/// A row of `GET /api/graphs/:id/runs`, the newest first.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RunRow {
    /// From 1.
    pub number: u32,
    /// What was done, or what its owner calls it.
    pub name: String,
    /// Milliseconds since 1970.
    pub created: f64,
    /// Whether it validates the graph.
    pub validates: bool,
    /// Whether it was ended early.
    pub partial: bool,
}

/// `PATCH /api/graphs/:id/runs/:number`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct RunPatch {
    /// What it is called from now on.
    pub name: String,
}

/// `GET /api/graphs/:id/runs/:number`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Run {
    /// From 1.
    pub number: u32,
    /// What was done, or what its owner calls it.
    pub name: String,
    /// The graph.
    pub graph: String,
    /// Milliseconds since 1970.
    pub created: f64,
    /// What was asked for.
    pub ask: RunAsk,
    /// The program and its version.
    pub tool: String,
    /// What came out.
    pub result: RunBody,
}

/// What came out of a run.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(tag = "kind", rename_all = "snake_case")]
pub enum RunBody {
    /// Of an intervention.
    Intervene(InterveneRun),
    /// Of a validation.
    Validate(ValidateRun),
}

/// Before and after an intervention.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct InterveneRun {
    /// What was done, in a line.
    pub what: String,
    /// What was held, in a line.
    pub held: String,
    /// Groups, in the order of the request.
    pub groups: Vec<GroupEffect>,
    /// The graph's targets; empty where the intervention does not say what becomes of them.
    pub targets: Vec<TargetEffect>,
    /// The distribution over the next token, at the targets' position.
    pub shift: Shift,
    /// The text that is written, unchanged and changed; null if none was asked for.
    pub text: Option<TextPair>,
    /// The sweep, if one was asked for.
    pub sweep: Option<SweepResult>,
    /// What was taken from another prompt; null if nothing was, and in runs of older versions.
    #[serde(default)]
    pub inserted: Option<Inserted>,
}

/// Features whose activation on another prompt was set on this one.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Inserted {
    /// What its one feature is called, or how many they are.
    pub name: String,
    /// The other prompt.
    pub prompt: String,
    /// How many features.
    pub n_features: usize,
    /// Their mean layer.
    pub layer: f64,
    /// Their mean position here.
    pub pos: f64,
    /// What was done, as `2×`: so many times the activation that they have there.
    pub dose: String,
}

/// What became of a group.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct GroupEffect {
    /// The group's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What was done to it, as `-2x`; null if nothing was.
    pub edited: Option<String>,
    /// Σ activation after, by Σ activation before; null if that was zero.
    pub measured: Option<f64>,
    /// The same as the graph predicts it: every path, every feature in proportion. Null where it
    /// does not say.
    pub predicted: Option<f64>,
    /// Whether the two agree: both fall, rise, or stay (within 0.05 of the original); null
    /// without a prediction, and for what was edited.
    pub agrees: Option<bool>,
    /// Its features.
    pub members: Vec<MemberEffect>,
}

/// What became of a feature.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct MemberEffect {
    /// Its node.
    pub node: u32,
    /// Activation before.
    pub before: f64,
    /// Activation after; of an edited feature, what it was made to be.
    pub after: f64,
    /// The activation that the graph predicts; null where it does not say.
    pub predicted: Option<f64>,
    /// Whether it was changed itself.
    pub edited: bool,
}

/// What became of a target, in units of its logit or pre-activation.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TargetEffect {
    /// Its node.
    pub node: u32,
    /// As a person reads it.
    pub label: String,
    /// What it was: a logit less the mean, as a rule.
    pub before: f64,
    /// How it changed; null for directions, which a graph does not hold.
    pub measured: Option<f64>,
    /// How the graph says it would; null where it does not say.
    pub predicted: Option<f64>,
}

/// How the next token's distribution moved.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Shift {
    /// KL(before || after) in nats.
    pub kl_nats: f64,
    /// Entropy before, in bits.
    pub entropy_before_bits: f64,
    /// Entropy after, in bits.
    pub entropy_after_bits: f64,
    /// By rank after.
    pub tokens: Vec<TokenShift>,
}

/// A token before and after.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TokenShift {
    /// Its id.
    pub id: u32,
    /// The id decoded by itself.
    pub text: String,
    /// Probability before.
    pub p_before: f64,
    /// Probability after.
    pub p_after: f64,
    /// Rank before, from 1.
    pub rank_before: usize,
    /// Rank after, from 1.
    pub rank_after: usize,
}

/// Text that the model writes.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TextPair {
    /// Unchanged.
    pub before: String,
    /// Changed.
    pub after: String,
}

/// Many runs that differ in one thing.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SweepResult {
    /// `dose`, `end_layer` or `position`.
    pub varies: String,
    /// Whether it was ended early: points that were measured are there.
    pub partial: bool,
    /// Points that were asked for.
    pub n_points: usize,
    /// In order.
    pub points: Vec<SweepPoint>,
}

/// One run of a sweep.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SweepPoint {
    /// The dose, the layer before which the held range ends, or the position.
    pub value: f64,
    /// As of one run.
    pub shift: Shift,
    /// Σ activation after by Σ before of each group, in the order of the request.
    pub groups: Vec<Option<f64>>,
    /// The same as the graph predicts it; null where it does not say. Empty in runs of older
    /// versions.
    #[serde(default)]
    pub predicted: Vec<Option<f64>>,
    /// As of one run; empty in runs of older versions.
    #[serde(default)]
    pub targets: Vec<TargetEffect>,
}

/// What a validation found.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ValidateRun {
    /// The rung of verdicts and cells.
    pub rung: RungName,
    /// What activations were multiplied by.
    pub doses: Vec<f64>,
    /// What was changed: rows of the matrix.
    pub cases: Vec<CaseRow>,
    /// Columns: group ids, and `target:K`.
    pub columns: Vec<String>,
    /// Cells that are not empty, by case, dose and column.
    pub cells: Vec<MatrixCell>,
    /// Agreement of predictions and measurements by rung, of single features on later features at
    /// the first dose.
    pub ladder: Vec<AgreementRow>,
    /// On edges of the pruned graph, by target, then source.
    pub verdicts: Vec<EdgeVerdictRow>,
    /// Cases that were asked for.
    pub n_asked: usize,
    /// Whether it was ended early.
    pub partial: bool,
}

/// What was changed.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct CaseRow {
    /// The group's id; null for a single feature.
    pub group: Option<String>,
    /// The group's name or the feature's.
    pub name: String,
    /// Nodes that were changed.
    pub nodes: Vec<u32>,
    /// Features that were changed instead as its control, `L2/50@8`; empty if there was none like
    /// it.
    pub control: Vec<String>,
}

/// What a case did to a column.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct MatrixCell {
    /// Place in `cases`.
    pub case: usize,
    /// Place in `doses`.
    pub dose: usize,
    /// Place in `columns`.
    pub column: usize,
    /// Predicted change, as a share of what the column is in the unchanged model.
    pub predicted: f64,
    /// Measured change, as that share.
    pub measured: f64,
    /// What its control did, as that share; null if there was none.
    pub control: Option<f64>,
    /// Supported: it moved the way predicted, by at least half of it, and more than its control.
    pub verdict: super::VerdictName,
}

/// How well predictions and measurements agree on one rung.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct AgreementRow {
    /// The rung.
    pub rung: RungName,
    /// Pairs.
    pub n: usize,
    /// Rank correlation; null if it is not defined.
    pub spearman: Option<f64>,
    /// Correlation; null if it is not defined.
    pub pearson: Option<f64>,
    /// What is measured for each unit predicted; null if nothing is predicted.
    pub slope: Option<f64>,
    /// Of the pairs that predict something, those that moved the way predicted.
    pub sign_agreement: Option<f64>,
}
