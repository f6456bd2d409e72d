//! Features of dictionaries: indexes, one feature, lists of them, and weights between them.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::model::{PromptAsk, Token};

/// `GET /api/features`: the dictionaries whose features can be asked for.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeatureSets {
    /// Those of served models in their order, then those of which only an index is here.
    pub sets: Vec<FeatureSet>,
    /// Files that were looked at and are no index.
    pub skipped: Vec<SkippedIndex>,
}

/// The features of a dictionary.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeatureSet {
    /// What requests call it: the model's name, or the dictionary's if no model is served.
    pub name: String,
    /// The dictionary.
    pub dictionary: String,
    /// Layers.
    pub n_layers: usize,
    /// Features of a layer.
    pub n_features: usize,
    /// Whether its model is served, so that weights and probes can be computed.
    pub is_run: bool,
    /// What was collected; null if nothing was.
    pub index: Option<IndexRow>,
    /// The command that makes an index where it is found; empty if the model is not served.
    pub collect: String,
    /// Whether `TEXT` in that command stands for a file of the user's.
    pub needs_text: bool,
}

/// An index of features.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct IndexRow {
    /// Where it lies.
    pub path: String,
    /// The model that it was collected with; empty if others made it and do not say.
    pub model: String,
    /// The dictionary.
    pub dictionary: String,
    /// The program that made it.
    pub tool: String,
    /// Tokens that were read; 0 if others made it and do not say.
    pub n_tokens: usize,
    /// Sequences that they were in.
    pub n_sequences: usize,
    /// Features that fired at least once.
    pub n_fired: usize,
    /// Features that have a label.
    pub n_named: usize,
}

/// A file that is not used.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct SkippedIndex {
    /// Where it lies.
    pub path: String,
    /// Why, in a sentence.
    pub why: String,
}

/// `GET /api/features/:set/:layer/:index`: the feature JSON of circuit-tracer's page
/// (`docs/features.md`) with our additions.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct Feature {
    /// What frontends look the dictionary up by.
    pub transcoder_id: String,
    /// Within its layer.
    pub index: u32,
    /// Examples by group, the strongest group first.
    pub examples_quantiles: Vec<ExampleGroup>,
    /// Tokens whose logits it raises most.
    pub top_logits: Vec<String>,
    /// Tokens whose logits it lowers most.
    pub bottom_logits: Vec<String>,
    /// By how much, per unit of activation, less the mean over the vocabulary; empty if not known.
    pub top_logits_values: Vec<f32>,
    /// By how much; empty if not known.
    pub bottom_logits_values: Vec<f32>,
    /// Tokens whose embeddings raise it most.
    pub top_embedding_effects: Vec<String>,
    /// Tokens whose embeddings lower it most.
    pub bottom_embedding_effects: Vec<String>,
    /// Least activation where it fires.
    pub act_min: Option<f32>,
    /// Largest activation.
    pub act_max: Option<f32>,
    /// A hundred quantiles of its activations where it fires.
    pub quantile_values: Vec<f32>,
    /// Counts of forty equal bins from the least to the largest activation.
    pub histogram: Vec<f32>,
    /// Share of the tokens on which it fires.
    pub activation_frequency: Option<f32>,
    /// A name; null if it has none.
    pub label: Option<String>,
    /// Whose name it is: what a program guessed says `automatic`.
    pub label_source: Option<String>,
    /// What their JSON has no place for.
    pub more: FeatureMore,
}

/// Examples of one kind.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct ExampleGroup {
    /// What they are.
    pub quantile_name: String,
    /// The strongest first.
    pub examples: Vec<ExampleRow>,
}

/// A piece of text in which a feature fires.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct ExampleRow {
    /// The tokens.
    pub tokens: Vec<String>,
    /// Activation on each.
    pub tokens_acts_list: Vec<f32>,
    /// Place of the token where it fires most.
    #[ts(type = "number")]
    pub train_token_ind: i64,
    /// Whether a group before has the same example.
    pub is_repeated_datapoint: bool,
}

/// What is known of a feature beside circuit-tracer's JSON.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct FeatureMore {
    /// Its layer.
    pub layer: u32,
    /// Layers of the dictionary.
    pub n_layers: usize,
    /// Features of a layer.
    pub n_features: usize,
    /// Tokens on which it fires; 0 if others made the index.
    pub fired: u32,
    /// Mean activation where it fires.
    pub mean: f64,
    /// Tokens whose embeddings raise its pre-activation most through the stream alone, per unit
    /// of embedding.
    pub top_inputs: Vec<EffectRow>,
    /// Those that lower it most.
    pub bottom_inputs: Vec<EffectRow>,
    /// Features that fire on the same tokens, by share of the tokens on which either does.
    pub fires_with: Vec<TogetherRow>,
    /// The index that says so.
    pub index: IndexRow,
}

/// A token that a feature acts on, or that acts on it.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct EffectRow {
    /// The token.
    pub token: String,
    /// How strongly; null if others did not say.
    pub value: Option<f32>,
}

/// A feature that fires on the same tokens.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct TogetherRow {
    /// Its layer.
    pub layer: u32,
    /// Within its layer.
    pub index: u32,
    /// What it is called.
    pub label: Option<String>,
    /// Whose name it is.
    pub label_source: Option<String>,
    /// Tokens on which both fire, at least.
    pub n: u32,
    /// The same as a share of the tokens on which the one that was asked for fires.
    pub share: f64,
    /// The same as a share of the tokens on which either fires.
    pub jaccard: f64,
    /// Pointwise mutual information in bits over the tokens of the index, at least: how much more
    /// often both fire than if neither knew of the other. Null if it does not say how many tokens.
    pub pmi: Option<f64>,
}

/// Which features are meant, in a list and on a text.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
pub struct FeatureFilter {
    /// Those whose label holds this text, whatever its case.
    pub label: Option<String>,
    /// Those of this layer.
    pub layer: Option<u32>,
    /// Those whose name is somebody's. Where neither this nor `label` asks for a name, those that
    /// fired.
    #[serde(default)]
    pub named: FeatureNamed,
    /// Those that fire on at least this share of the tokens.
    pub frequency_from: Option<f32>,
    /// On at most this share.
    pub frequency_to: Option<f32>,
    /// Those whose largest activation is at least this.
    pub max_from: Option<f32>,
    /// At most this.
    pub max_to: Option<f32>,
}

/// The body of `POST /api/features/query`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeatureQuery {
    /// The set; that of the default model if null.
    pub set: Option<String>,
    /// Which of them.
    #[serde(flatten)]
    #[ts(flatten)]
    pub filter: FeatureFilter,
    /// In which order.
    #[serde(default)]
    pub sort: FeatureSort,
    /// So many are passed over.
    #[serde(default)]
    pub offset: usize,
    /// At most so many, 1 to 1000.
    pub limit: usize,
}

/// In which order features are listed; of equals, by layer, then index.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum FeatureSort {
    /// As the dictionary has them.
    #[default]
    Index,
    /// The other way round.
    Last,
    /// By name from A to Z; those without one last.
    Name,
    /// By name from Z to A; those without one last.
    NameDown,
    /// Those that fire on most tokens first.
    Frequency,
    /// Those that fire on fewest tokens first.
    Rarest,
    /// Those of the largest activation first.
    Max,
    /// Those of the smallest first.
    Weakest,
}

/// Whose name listed features have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum FeatureNamed {
    /// Anybody's, or none.
    #[default]
    Any,
    /// A person's, who looked at it here.
    Hand,
    /// A program's guess.
    Program,
    /// That of whoever made the files it was imported from.
    Imported,
    /// They have none.
    Nobody,
}

/// The answer of `POST /api/features/query`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeaturePage {
    /// All that match, listed or not.
    pub total: usize,
    /// The part that was asked for.
    pub rows: Vec<FeatureRow>,
}

/// A feature in a list.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeatureRow {
    /// Its layer.
    pub layer: u32,
    /// Within its layer.
    pub index: u32,
    /// What it is called.
    pub label: Option<String>,
    /// Whose name it is.
    pub label_source: Option<String>,
    /// Tokens on which it fires; 0 if others made the index.
    pub fired: u32,
    /// The same as a share of all tokens.
    pub frequency: f32,
    /// Its largest activation.
    pub max: f32,
}

/// The body of `POST /api/features/search`: which features fire on a text. What is asked of them
/// beside their layer, an index knows.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeatureSearch {
    /// The text, and the model whose features are looked for.
    pub prompt: PromptAsk,
    /// Which of those that fire.
    #[serde(flatten)]
    #[ts(flatten)]
    pub filter: FeatureFilter,
    /// At most so many, 1 to 1000.
    pub limit: usize,
}

/// The answer of `POST /api/features/search`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeatureFound {
    /// The text as the model sees it.
    pub tokens: Vec<Token>,
    /// As in `Tokens`.
    pub notes: Vec<String>,
    /// All that fire, whatever else was asked of them.
    pub n_fire: usize,
    /// Those of them that match, listed or not.
    pub total: usize,
    /// By share of the largest activation that the index saw; without an index, by activation.
    pub rows: Vec<FoundRow>,
}

/// A feature that fires on a text.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FoundRow {
    /// Its layer.
    pub layer: u32,
    /// Within its layer.
    pub index: u32,
    /// What it is called.
    pub label: Option<String>,
    /// Whose name it is.
    pub label_source: Option<String>,
    /// Its largest activation on the text.
    pub activation: f32,
    /// Where that is.
    pub pos: u32,
    /// The same as a share of the largest that the index saw; null without an index.
    pub share_of_max: Option<f64>,
}

/// `GET /api/features/:set/:layer/:index/graphs`: graphs of the workspace in which it fires.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeatureGraphs {
    /// Graphs of its dictionary that were read.
    pub n_read: usize,
    /// Older ones that were not.
    pub n_left_out: usize,
    /// Those in which it fires, the newest first.
    pub rows: Vec<FeatureGraph>,
}

/// A graph in which a feature fires.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeatureGraph {
    /// Its id.
    pub graph: String,
    /// What its owner calls it; empty if nothing.
    pub title: String,
    /// Each token of the prompt by itself.
    pub tokens: Vec<String>,
    /// The feature's nodes there, by position.
    pub nodes: Vec<u32>,
    /// Where these are.
    pub positions: Vec<u32>,
    /// Its largest activation there.
    pub activation: f32,
}

/// The answer of `POST /api/features/:set/:layer/:index/activations`, whose body is a prompt: one
/// feature on any text.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeatureOnText {
    /// The text as the model sees it.
    pub tokens: Vec<Token>,
    /// As in `Tokens`.
    pub notes: Vec<String>,
    /// Its activation on each token; 0 where it does not fire, and at positions where features
    /// are not used.
    pub activations: Vec<f32>,
    /// The largest of these as a share of the largest that the index saw; null without an index,
    /// or where it fires on neither.
    pub share_of_max: Option<f64>,
}

/// `GET /api/features/:set/:layer/:index/writes`: how strongly a feature writes to each layer.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeatureWrites {
    /// Its own layer first; more than one only of a cross-layer dictionary.
    pub rows: Vec<WriteRow>,
}

/// A layer that a feature writes to.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct WriteRow {
    /// The layer.
    pub layer: u32,
    /// Length of its decoder row there (‖W_dec‖₂), as the dictionary has it.
    pub norm: f32,
}

/// `GET /api/features/:set/:layer/:index/weights?top=`: weights between features through the
/// stream alone, without attention and without denominators of norms.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeatureWeights {
    /// Features of lower layers, which act on it.
    pub inputs: FeatureSide,
    /// Features of higher layers, which it acts on.
    pub outputs: FeatureSide,
}

/// Weights of one side.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeatureSide {
    /// The largest virtual weights by size.
    pub by_weight: Vec<WeightRow>,
    /// The largest by TWERA, among features that are known to fire together; null without an
    /// index.
    pub by_twera: Option<Vec<WeightRow>>,
}

/// The weight to or from a feature.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct WeightRow {
    /// Its layer.
    pub layer: u32,
    /// Within its layer.
    pub index: u32,
    /// What it is called.
    pub label: Option<String>,
    /// Whose name it is.
    pub label_source: Option<String>,
    /// What the source adds to the target's pre-activation, per unit of activation.
    pub weight: f32,
    /// The weight times `E[a_i a_j] / E[a_j]` over the tokens of the index, at least in size.
    pub twera: Option<f64>,
    /// At most; the same if co-activation was counted exactly.
    pub twera_at_most: Option<f64>,
    /// Tokens on which both fire, at least.
    pub together: Option<u32>,
}

/// `PUT /api/features/:set/:layer/:index/label`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct LabelAsk {
    /// What the feature is called from now on, in every graph; empty for what its index says.
    pub text: String,
}

/// What a feature is called.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct FeatureLabel {
    /// Its label, if it has one.
    pub label: Option<String>,
    /// Whose words.
    pub label_source: Option<String>,
}
