//! [`FeaturesError`]: what can end the making or the reading of a feature index.

use std::io;
use std::path::PathBuf;

use connectome_graph::FeatureId;

use crate::error::{LoadError, RunError};
use crate::train::TrainError;

/// An index cannot be made, or is not one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its fields")]
pub enum FeaturesError {
    /// An option has an impossible value.
    #[error("`{key}` is {found}, expected {expected}")]
    Option { key: &'static str, found: String, expected: &'static str },
    /// The text holds no token that a dictionary is used on.
    #[error("the text has no tokens after its first positions, which are not used")]
    NoTokens,
    /// The file is no index, or was cut short or changed.
    #[error("not a feature index ({reason}): `{}`", path.display())]
    NotAnIndex { reason: String, path: PathBuf },
    /// An index of another version of its format.
    #[error("the feature index has version {found}, expected {expected}: `{}`", path.display())]
    Version { found: u64, expected: u64, path: PathBuf },
    /// The index was made with another dictionary.
    #[error("the feature index is of `{found}`, the dictionary is `{expected}`: `{}`", path.display())]
    OtherDictionary { found: String, expected: String, path: PathBuf },
    /// A feature that the index does not have.
    #[error("no feature {feature}: there are {n_layers} layers of {n_features} features: `{}`", path.display())]
    NoFeature { feature: FeatureId, n_layers: usize, n_features: usize, path: PathBuf },
    /// What others wrote is not in their layout.
    #[error("{reason}: `{}`", path.display())]
    Layout { reason: String, path: PathBuf },
    /// A file could not be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A file could not be written; what was there before is still there.
    #[error("cannot write `{}`: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// The text cannot be read, or a pass cannot be resumed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The model cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A file of the model or the dictionary cannot be used.
    #[error(transparent)]
    Load(#[from] LoadError),
}
