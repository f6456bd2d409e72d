//! What is wrong with an intervention as it was asked for, or with the name of a supernode.

use std::io;
use std::path::PathBuf;

/// Edits, places, modes and sweeps that make no sense.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InterveneError {
    #[error("the set of nodes is empty")]
    EmptyNodes,
    #[error("`{found}` is no feature, expected the form `L12/4071@9`")]
    NoFeature { found: String },
    #[error("`{found}` is no feature and no supernode of the graph")]
    NoSupernode { found: String, names: Vec<String> },
    #[error("`{found}` does not say where, expected a position after an `@`")]
    NoPlace { found: String },
    #[error("`{found}` is no position, expected one such as 8, 3..6, 8.., all or generated")]
    Place { found: String },
    #[error("`{found}` is no number, in `{edit}`")]
    EditNumber { edit: String, found: String },
    #[error("`{edit}` has no number")]
    NoEditNumber { edit: String },
    #[error("not a list of edits: {source}: `{}`", path.display())]
    EditsFile { path: PathBuf, source: serde_json::Error },
    #[error("`{nodes}` has {found} edits, expected one of set, scale, add and ablate, in `{}`", path.display())]
    EditActions { nodes: String, found: usize, path: PathBuf },
    #[error("{node} is edited twice")]
    EditedTwice { node: String },
    #[error("no feature of layer {layer} fires at {place}")]
    NothingFires { layer: u32, place: String },
    #[error("the supernode `{name}` has no features: {kinds}")]
    NoFeatures { name: String, kinds: String },
    #[error("the prompt is to be changed by nothing: no edit, swap or residual was given")]
    NoEdits,
    #[error("`{found}` is no range of layers, expected the form 1..4")]
    Layers { found: String },
    #[error("`{found}` is no sweep, expected dose=-2..2:0.5, dose=0,1,4, end-layer or position")]
    Sweep { found: String },
    #[error("`{found}` is no place of the residual stream, expected LAYER@POSITION")]
    Residual { found: String },
    #[error("`{found}` is no alignment, expected same, end or pairs such as 3=5,4=6")]
    Align { found: String },
    #[error("{flag} and {other} contradict each other: {why}")]
    Contradiction { flag: &'static str, other: &'static str, why: &'static str },
    #[error("constrained patching needs the layers that it holds")]
    NoLayers,
    #[error("`{flag}` needs another prompt")]
    NoOther { flag: &'static str },
    #[error("another prompt was given, and nothing is taken from it")]
    NothingTaken,
    #[error("every edit is at generated positions, and nothing is generated")]
    NothingGenerated,
    #[error("`{found}` is a set without positions of the prompt, so it cannot be followed")]
    NothingToWatch { found: String },
    #[error("the graph has no supernode `{name}`")]
    NotASupernode { name: String, names: Vec<String> },
    #[error("`{name}` cannot name a supernode: {why}")]
    SupernodeName { name: String, why: &'static str },
    #[error("cannot read the edits from `{}`: {source}", path.display())]
    ReadEdits { path: PathBuf, source: io::Error },
}
