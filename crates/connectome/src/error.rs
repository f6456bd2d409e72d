//! The two ways things fail here: the world is wrong ([`LoadError`]), or a request cannot be
//! carried out on what was loaded ([`RunError`]).
//!
//! Every variant carries its facts in named fields; a message is one sentence, found before
//! expected, path last. Hints ("try `--model`…") belong to the command line, never here.

use std::path::PathBuf;

use crate::device::DeviceError;
use crate::hub::HubError;
use crate::tokenizer::TokenizerError;

/// The files do not make a model or a dictionary that we can run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its fields")]
pub enum LoadError {
    /// The file could not be read; `source` says why.
    #[error("cannot read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    /// The folder lacks a file that its format requires.
    #[error("no file `{file}` in `{}`", path.display())]
    MissingFile { file: String, path: PathBuf },
    /// The file is not the JSON it should be.
    #[error("not valid JSON ({source}): `{}`", path.display())]
    Json { path: PathBuf, source: serde_json::Error },
    /// The file is not the YAML it should be.
    #[error("not valid YAML ({reason}): `{}`", path.display())]
    Yaml { path: PathBuf, reason: String },
    /// The file is not a safetensors file, or is cut off.
    #[error("not a whole safetensors file ({reason}): `{}`", path.display())]
    Safetensors { path: PathBuf, reason: String },
    /// The file is not a numpy archive that we can read.
    #[error("not a readable numpy archive ({reason}): `{}`", path.display())]
    Npz { path: PathBuf, reason: String },
    /// The config lacks a key.
    #[error("no key `{key}` in `{}`", path.display())]
    MissingKey { key: String, path: PathBuf },
    /// A key of the config has the wrong type or an impossible value.
    #[error("`{key}` is `{found}`, expected {expected}, in `{}`", path.display())]
    BadValue { key: String, found: String, expected: &'static str, path: PathBuf },
    /// The config asks for something the decoder does not do.
    #[error("`{key}` is `{found}`, supported: {supported}, in `{}`", path.display())]
    Unsupported { key: &'static str, found: String, supported: &'static str, path: PathBuf },
    /// The file lacks a tensor that its format requires.
    #[error("no tensor `{tensor}` in `{}`", path.display())]
    MissingTensor { tensor: String, path: PathBuf },
    /// A tensor does not have the shape its config implies.
    #[error("tensor `{tensor}` is {found:?}, expected {expected:?}, in `{}`", path.display())]
    Shape { tensor: String, found: Vec<usize>, expected: Vec<usize>, path: PathBuf },
    /// A tensor's element type is not a float we can widen.
    #[error("tensor `{tensor}` has type {found}, expected F32, BF16 or F16, in `{}`", path.display())]
    Dtype { tensor: String, found: String, path: PathBuf },
    /// A tensor holds NaN or infinity.
    #[error("tensor `{tensor}` holds {value} at element {at}, expected finite numbers, in `{}`", path.display())]
    NotFinite { tensor: String, value: f32, at: usize, path: PathBuf },
    /// The dictionary does not fit the model; `what` names the property.
    #[error("the dictionary's {what} is {found}, the model's is {expected}: `{}`", path.display())]
    Mismatch { what: &'static str, found: String, expected: String, path: PathBuf },
    /// The Hub could not provide the files.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// The tokenizer could not be built.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
}

/// A request that cannot be carried out on a loaded model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its fields")]
pub enum RunError {
    /// The prompt has no tokens.
    #[error("the prompt is empty: it has no tokens")]
    EmptyPrompt,
    /// The prompt is longer than the model's position table.
    #[error("the prompt has {found} tokens, the model's context holds {limit}")]
    ContextLength { found: usize, limit: usize },
    /// A token id outside the vocabulary.
    #[error("token id {found} is outside the vocabulary of {vocab}")]
    TokenId { found: u32, vocab: usize },
    /// A position outside the prompt.
    #[error("position {found} is outside the prompt of {n_tokens} tokens")]
    Position { found: i64, n_tokens: usize },
    /// A layer outside the model or dictionary.
    #[error("layer {found} is outside the {n_layers} layers")]
    Layer { found: u32, n_layers: usize },
    /// A feature that does not fire where it was asked for.
    #[error("feature L{layer}/{index} is not active at position {pos}")]
    InactiveFeature { layer: u32, index: u32, pos: u32 },
    /// A feature that the dictionary does not have.
    #[error("feature L{layer}/{index} is outside the {n_features} features of a layer")]
    FeatureIndex { layer: u32, index: u32, n_features: usize },
    /// A range that holds nothing or reaches beyond what there is.
    #[error("{what} {start}..{end} are not a range within 0..{limit}")]
    Range { what: &'static str, start: usize, end: usize, limit: usize },
    /// A set that has nothing in it.
    #[error("{what} is empty")]
    EmptySet { what: &'static str },
    /// An edit whose number is not finite.
    #[error("the edit of {feature} holds {found}, expected a finite number")]
    EditValue { feature: String, found: f32 },
    /// A prompt and what is to follow it are longer than the model's position table.
    #[error(
        "{found} tokens of the prompt and {more} to be generated are more than the model's \
         context of {limit}"
    )]
    ContinuationLength { found: usize, more: usize, limit: usize },
    /// A setting of sampling that no draw can be made with.
    #[error("{what} is {found}, expected {expected}")]
    Sampling { what: &'static str, found: String, expected: &'static str },
    /// A sweep of numbers over an intervention that has none.
    #[error("the intervention has no number that a sweep could change")]
    NoDose,
    /// A sweep of end layers over a mode that holds no range of them.
    #[error("the mode holds no range of layers, so it has no end to sweep")]
    NoEndLayer,
    /// A position for which the other prompt has no counterpart.
    #[error("position {pos} has no counterpart in the other prompt of {n_tokens} tokens")]
    NoCounterpart { pos: usize, n_tokens: usize },
    /// Two prompts that are to be matched position by position, and cannot be.
    #[error(
        "the prompts have {found} and {expected} tokens, and no alignment of their positions was given"
    )]
    Alignment { found: usize, expected: usize },
    /// Prompts of a table that contradict each other.
    #[error("`{asks}` of `{value}` is token {found} in one prompt and token {expected} in another")]
    TwoAnswers { asks: String, value: String, found: u32, expected: u32 },
    /// A table of which no two prompts can lend each other their values.
    #[error(
        "of {n_prompts} prompts, no two differ in their value and say what the answer would become"
    )]
    NoExchange { n_prompts: usize },
    /// A direction of the wrong width.
    #[error("direction `{name}` has {found} numbers, the model's width is {expected}")]
    Width { name: String, found: usize, expected: usize },
    /// More salient logits were asked for than the vocabulary holds.
    #[error("asked for {found} logits, the vocabulary holds {vocab}")]
    TooManyLogits { found: usize, vocab: usize },
    /// A target beyond those that the options make.
    #[error("target {found} is beyond the {n_targets} targets that the options make here")]
    TargetIndex { found: usize, n_targets: usize },
    /// The same target twice: its share would count twice, and others' files could not tell
    /// the two apart.
    #[error("the target `{label}` was asked for twice")]
    DuplicateTarget { label: String },
    /// A target that nothing can contribute to.
    #[error("the target `{label}` is a zero direction: nothing contributes to it")]
    ZeroDirection { label: String },
    /// A direction whose products leave the range of f32.
    #[error("the direction `{label}` holds {found}, expected finite numbers up to 1e18 in size")]
    DirectionSize { label: String, found: f32 },
    /// The targets' weights sum to nothing.
    #[error("the targets' weights sum to zero: no influence starts anywhere")]
    NoWeight,
    /// Nothing in a graph that could be changed in the model.
    #[error("the graph has no features, so there is nothing to change in the model")]
    NoFeatures,
    /// A dose that leaves everything as it is.
    #[error("the dose {found} changes nothing")]
    NullDose { found: f32 },
    /// A graph that was not made of this model and dictionary.
    #[error("the graph is of another model: it has {found} layers, the model has {expected}")]
    OtherLayers { found: usize, expected: usize },
    /// A graph whose features do not fire here.
    #[error(
        "the graph is of another model or dictionary: {found} of its {expected} features fire \
         here as it says"
    )]
    OtherFeatures { found: usize, expected: usize },
    /// A direction target whose vector was not given; graphs do not hold them.
    #[error("target `{name}` is a direction, which the graph does not hold")]
    MissingDirection { name: String },
    /// A size that must be above zero.
    #[error("the size of {what} is {found}, expected a number above 0")]
    Size { what: &'static str, found: f32 },
    /// A node that cannot be changed in the model.
    #[error("node `{name}` is no {expected}, so it cannot be changed in the model")]
    CannotChange { name: String, expected: &'static str },
    /// Two spans that should be apart.
    #[error("positions {first_start}..{first_end} and {second_start}..{second_end} overlap")]
    Overlap { first_start: usize, first_end: usize, second_start: usize, second_end: usize },
    /// No targets were asked for.
    #[error("no attribution target was asked for")]
    NoTargets,
    /// A number became NaN or infinite during the forward pass although the weights are finite.
    #[error("the forward pass is not finite at {site}")]
    NotFinite { site: String },
    /// The weights hold NaN or infinity, found because the forward pass did.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The rows do not make a graph.
    #[error(transparent)]
    Graph(#[from] connectome_graph::GraphError),
    /// The prompt could not be tokenized.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The device that rows were to be computed on failed, or cannot hold the prompt.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The caller's progress asked to stop before anything was computed.
    #[error("cancelled before anything was computed")]
    Cancelled,
}
