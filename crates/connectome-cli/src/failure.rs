//! What the command line itself finds wrong, and how any error becomes one sentence.
//!
//! The libraries' errors pass through as they are; [`crate::hints`] adds what to do about each.

mod intervene;

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use connectome_graph::FeatureId;

pub(crate) use self::intervene::InterveneError;

/// A request that makes no sense, or that the world does not allow.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UsageError {
    #[error("no prompt was given")]
    NoPrompt,
    #[error("cannot read the prompt from `{}`: {source}", path.display())]
    ReadPrompt { path: PathBuf, source: io::Error },
    #[error("the prompt is not UTF-8 text, in `{}`", path.display())]
    PromptNotText { path: PathBuf },
    #[error("`{found}` is not a token id")]
    TokenId { found: String },
    #[error("neither a config nor a checkpoint was named to train")]
    NoStart,
    #[error("neither steps nor tokens say how long to train")]
    NoSteps,
    #[error("`{found}` cannot be read without a tokenizer")]
    NoTokenizer { found: String },
    #[error("{reason}, in `{}`", path.display())]
    Config { reason: String, path: PathBuf },
    #[error("documents have no opening token to be told apart by")]
    NothingToIsolate,
    #[error("no dictionary was named for the model `{model}`")]
    NoTranscoder { model: String },
    #[error("the dictionary does not say which model it was trained on: `{}`", path.display())]
    NoModelName { path: PathBuf },
    #[error("{what} is {found}, expected {expected}")]
    Number { what: &'static str, found: String, expected: &'static str },
    #[error("feature {feature} does not fire at position {pos}")]
    Silent { feature: FeatureId, pos: usize, fires_at: Vec<u32> },
    #[error("`{found}` is no direction, expected FILE.safetensors[:TENSOR][@WEIGHT]")]
    Direction { found: String },
    #[error("the file holds {n_tensors} tensors, expected one or the name of one: `{}`", path.display())]
    WhichTensor { n_tensors: usize, names: Vec<String>, path: PathBuf },
    #[error("tensor `{tensor}` is {found:?}, expected {expected} numbers, in `{}`", path.display())]
    DirectionShape { tensor: String, found: Vec<usize>, expected: usize, path: PathBuf },
    #[error("`{found}` is no node of the graph: {why}")]
    NoSuchNode { found: String, why: String },
    #[error("`{found}` names {count} nodes of the graph")]
    SeveralNodes { found: String, count: usize, names: Vec<String> },
    #[error("nothing feeds `{found}`, as it is {what}")]
    NoInputs { found: String, what: &'static str },
    #[error("the inputs of `{found}` were not asked for by the trace")]
    NotExpanded { found: String },
    #[error("`{name}` ships inside the program, so there is no folder of it")]
    Shipped { name: String },
    #[error("the folder is not empty: `{}`", path.display())]
    NotEmpty { path: PathBuf },
    #[error("found neither a graph, nor a model, nor a dictionary at `{path}`")]
    Unknown { path: String },
    #[error("`{}` is a graph file already", path.display())]
    AlreadyGraph { path: PathBuf },
    #[error("found neither a JSON graph nor a `.pt` file at `{}`", path.display())]
    NotImportable { path: PathBuf },
    #[error("`{option}` is for graphs, and `{path}` is {what}")]
    NotForThis { option: &'static str, path: String, what: &'static str },
    #[error("the graph does not say which {what} made it")]
    NoOrigin { what: &'static str },
    #[error("the {what} `{name}`, which made the graph, is not in this folder")]
    OriginNotHere { what: &'static str, name: String },
    #[error("the {what} `{name}` is not the one that made the graph")]
    OtherOrigin { what: &'static str, name: String },
    #[error("target `{label}` is a direction, which the graph does not hold")]
    DirectionOfGraph { label: String },
    #[error("the model `{model}` ships with no world, and no table was given")]
    NoTable { model: String },
    #[error("the model `{model}` ships with no world, and no text was given")]
    NoText { model: String },
    #[error("no feature index of `{dictionary}` at `{}`", path.display())]
    NoIndex { dictionary: String, path: PathBuf },
    #[error("line {line} is no row of a table ({reason}), in `{}`", path.display())]
    TableLine { line: usize, reason: String, path: PathBuf },
    #[error("`{found}` is no feature, and only features can be changed")]
    NotAFeature { found: String },
    #[error("`{found}` are no two spans, expected A,B with spans as 3..5")]
    Spans { found: String },
    #[error("the doubt `{doubt}` cannot be asked without `{needs}`")]
    DoubtNeeds { doubt: &'static str, needs: &'static str },
    #[error("the graph explains features only, which no other dictionary has")]
    OnlyFeatures,
    #[error("cannot read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("`CONNECTOME_MODEL` is `{found}`, which is no model that ships")]
    DefaultModel { found: String },
    #[error("no variable is called `{found}`")]
    NoSuchVariable { found: String, known: Vec<String> },
    #[error("no evaluation set is called `{found}`")]
    NoSuchSet { found: String },
    #[error("what is required of `{model}`? its name ends with no recipe's")]
    WhichRecipe { model: String },
    #[error("`{nano}` is of the nano world and `{full}` of the full one")]
    TwoWorlds { nano: String, full: String },
    #[error("the folder is not empty and holds no data of the organism: `{}`", path.display())]
    NotDataFolder { path: PathBuf },
    #[error("the name of a figure ends in .svg, .pdf or .png, found `{}`", path.display())]
    FigureFormat { path: PathBuf },
    #[error("`{option}` is for pages")]
    NotAPage { option: &'static str },
    #[error("dense matrices hold no names and groups of a view")]
    NoView,
    #[error("not a measured run ({reason}): `{}`", path.display())]
    NotARun { path: PathBuf, reason: String },
    #[error("this machine has no folder for a user's data")]
    NoDataFolder,
    #[error("cannot write to standard output: {source}")]
    Stdout { source: io::Error },
    #[error("cannot start {n_threads} threads: {source}")]
    Threads { n_threads: usize, source: rayon::ThreadPoolBuildError },
}

/// An error as one sentence: its message, and those of its sources that it does not repeat.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let message = one_line(&cause.to_string());
        if text.is_empty() {
            text = message;
        } else if !text.contains(&message) {
            // Writing to a string does not fail.
            let _ = write!(text, ": {message}");
        }
    }
    text
}

/// Messages of parsers and servers may hold line ends and terminal codes; ours are one line.
/// Names of temporary files mean nothing to anyone.
pub(crate) fn one_line(message: &str) -> String {
    const TEMPORARY: &str = " at path \"";
    let message = match message.find(TEMPORARY) {
        Some(at) if message[at..].contains(".connectome-") => &message[..at],
        _ => message,
    };
    let spaced: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_says_everything_once_and_on_one_line() {
        let source = io::Error::other("disk\n  on fire");
        let error = UsageError::Read { path: "a.graph".into(), source };
        assert_eq!(sentence(&error.into()), "cannot read `a.graph`: disk on fire");
        let source = io::Error::other("no room");
        let error = connectome_graph::GraphError::Write { source, path: "b".into() };
        assert_eq!(sentence(&error.into()), "cannot write `b`: no room");
        let source = io::Error::other("no room at path \"/a/.connectome-x1\"");
        let error = connectome_graph::GraphError::Write { source, path: "b".into() };
        assert_eq!(sentence(&error.into()), "cannot write `b`: no room");
    }
}
