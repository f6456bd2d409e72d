//! Why something is not a graph, or not a file of one.

use std::path::PathBuf;

/// What is wrong with nodes, rows, a request, or a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its fields")]
pub enum GraphError {
    /// A feature's name is not of the form that [`crate::FeatureId`] prints.
    #[error("`{found}` is no feature, expected the form `L12/4071`")]
    FeatureName { found: String },
    /// A node's name is not of a form that [`crate::Nodes::name`] prints, or the graph has no
    /// such node.
    #[error(
        "`{found}` is no node of the graph, expected the form `L12/4071@9`, `error:L3@9`, \
         `token:9` or `target:0`"
    )]
    NodeName { found: String },
    /// A graph needs at least one of these.
    #[error("no {what}, expected at least one")]
    Empty { what: &'static str },
    /// An index past the end of what it points into.
    #[error("{what} is {found}, expected less than {count}")]
    OutOfRange { what: &'static str, found: u64, count: u64 },
    /// More than a format or a request can hold.
    #[error("{found} {what}, expected at most {limit}")]
    TooLarge { what: &'static str, found: u64, limit: u64 },
    /// A list that searches rely on is out of order, or names something twice.
    #[error("{what} are not strictly ascending")]
    Unsorted { what: &'static str },
    /// NaN or infinity.
    #[error("{what} is not a finite number")]
    NotFinite { what: &'static str },
    /// Influence cannot start from a target of negative weight.
    #[error("target weight is {found}, expected a number of at least 0")]
    NegativeWeight { found: f32 },
    /// A row's sources and weights differ in number.
    #[error("row of node {target} has {found} weights, expected {expected}, one for each source")]
    RowShape { target: u32, found: usize, expected: usize },
    /// Two rows explain the same node.
    #[error("node {target} has two rows, expected one")]
    DuplicateRow { target: u32 },
    /// Errors and tokens have no inputs.
    #[error("node {target} has a row, expected one only for features and targets")]
    RowOfSource { target: u32 },
    /// The edge does not go from a lower layer to a higher one.
    #[error("edge {source_node} → {target} does not rise by a layer, as edges of a graph must")]
    Cycle { source_node: u32, target: u32 },
    /// The prompt's token ids are not those of the token nodes.
    #[error("the prompt's token ids are not those of the nodes")]
    OtherPrompt,
    /// A threshold outside the unit interval.
    #[error("{what} is {found}, expected a number from 0 to 1")]
    Threshold { what: &'static str, found: f64 },
    /// A mask or list that should have one entry a node.
    #[error("{what} has {found} entries, expected {expected}")]
    Length { what: &'static str, found: usize, expected: usize },
    /// The name of an exported graph becomes part of addresses and file names.
    #[error("graph name `{found}`, expected letters, digits, `-`, `_` and `.`, not first a `.`")]
    Slug { found: String },
    /// The bytes are not the format they are read as.
    #[error("not a {format}: {reason}")]
    Format { format: &'static str, reason: String },
    /// The file is of a version that this program does not know.
    #[error("graph file of version `{found}`, supported: {supported}")]
    Version { found: String, supported: &'static str },
    /// The contents do not match the checksum written beside them.
    #[error("checksum is `{found}`, expected `{expected}`: the file is damaged")]
    Checksum { found: String, expected: String },
    /// A pickle asks for a name that we do not know; nothing of it was run.
    #[error("pickle names `{global}`, which graphs do not need; nothing of it was run")]
    PickleGlobal { global: String },
    /// What a file holds is not a graph; `source` says why.
    #[error("`{}` cannot be read as a graph", path.display())]
    Contents { source: Box<GraphError>, path: PathBuf },
    /// The file could not be read; `source` says why.
    #[error("cannot read `{}`", path.display())]
    Read { source: std::io::Error, path: PathBuf },
    /// The file could not be written, and nothing was left behind; `source` says why.
    #[error("cannot write `{}`", path.display())]
    Write { source: std::io::Error, path: PathBuf },
}
