//! [`TrainError`]: what can end a training run.

use std::io;
use std::path::PathBuf;

use crate::error::{LoadError, RunError};

/// Training cannot begin, or cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its fields")]
pub enum TrainError {
    /// An option has an impossible value, or does not go with another.
    #[error("`{key}` is {found}, expected {expected}")]
    Option { key: &'static str, found: String, expected: String },
    /// The training data holds nothing to train on.
    #[error("no {what} in `{}`", path.display())]
    NoData { what: &'static str, path: PathBuf },
    /// The training data is not what its name says.
    #[error("{reason}: `{}`", path.display())]
    Data { reason: String, path: PathBuf },
    /// A file could not be read.
    #[error("cannot read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// A file could not be written; what was there before is still there.
    #[error("cannot write `{}`: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
    /// A file of a run could not be written, and the run had made a checkpoint.
    #[error("cannot write `{}`: {source}; the checkpoint of step {step} is kept", path.display())]
    BrokenOff { path: PathBuf, source: io::Error, step: u64 },
    /// There is no checkpoint to go on from.
    #[error("no checkpoint in `{}`", path.display())]
    NoCheckpoint { path: PathBuf },
    /// The folder already holds a run, and nobody said whether to resume it.
    #[error("a run is already in `{}`, at step {step}", path.display())]
    RunExists { path: PathBuf, step: u64 },
    /// A checkpoint was cut short or changed.
    #[error("the checkpoint is damaged ({reason}): `{}`", path.display())]
    Damaged { path: PathBuf, reason: String },
    /// A checkpoint of another version of its format.
    #[error("the checkpoint has version {found}, expected {expected}: `{}`", path.display())]
    Version { path: PathBuf, found: u64, expected: u64 },
    /// A checkpoint made under another config.
    #[error("`{key}` is {found}, the run was started with {expected}: `{}`", path.display())]
    OtherConfig { key: String, found: String, expected: String, path: PathBuf },
    /// The loss or a gradient became NaN or infinite.
    #[error("{what} is {value} at step {step}; {}", kept(*.last_good, .path))]
    NotFinite { what: String, value: f64, step: u64, last_good: Option<u64>, path: PathBuf },
    /// The model or the dictionary cannot be opened.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The model cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

impl TrainError {
    /// As it is, but where a file could not be written, with the checkpoint that there is.
    pub(super) fn after(self, last_good: Option<u64>) -> Self {
        match (self, last_good) {
            (Self::Write { path, source }, Some(step)) => Self::BrokenOff { path, source, step },
            (error, _) => error,
        }
    }
}

fn kept(last_good: Option<u64>, path: &std::path::Path) -> String {
    match last_good {
        Some(step) => format!("the checkpoint of step {step} is kept in `{}`", path.display()),
        None => "no checkpoint had been made".to_owned(),
    }
}
