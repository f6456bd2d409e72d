//! Views and runs that `connectome serve` saved, as arguments of other commands.

use std::path::{Path, PathBuf};

use anyhow::Result;
use connectome_server::SavedView;
use connectome_server::wire::Run;

use crate::commands::serve::plain;
use crate::failure::UsageError;

/// A view: a file of this name, or else the newest version of a view that a workspace keeps
/// beside the graph's file.
pub(crate) fn view(graph: &Path, named: &str) -> Result<SavedView> {
    let path = Path::new(named);
    if !path.is_file() {
        return SavedView::beside(graph, named).map_err(plain);
    }
    let refuse = |source| UsageError::Read { path: path.to_owned(), source };
    SavedView::from_json(&std::fs::read(path).map_err(refuse)?).map_err(plain)
}

/// Runs, each from its file.
pub(crate) fn runs(paths: &[PathBuf]) -> Result<Vec<Run>> {
    paths.iter().map(|path| run(path)).collect()
}

fn run(path: &Path) -> Result<Run> {
    let refuse = |source| UsageError::Read { path: path.to_owned(), source };
    let bytes = std::fs::read(path).map_err(refuse)?;
    let not_run = |error: serde_json::Error| UsageError::NotARun {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    Ok(serde_json::from_slice(&bytes).map_err(not_run)?)
}
