//! A folder of data: ours or nobody's, whole or marked as unfinished.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use connectome_elegans::CARD;
use connectome_graph::{GraphError, write_whole};
use serde_json::Value;

use crate::failure::UsageError;

/// The key that every card of ours has.
const MARK: &str = "connectome_elegans";

/// Where files of an earlier run may lie that the next one does not write.
const PARTS: [&str; 2] = ["train", "eval"];

#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Takes a folder that is new, empty or ours, and makes its parts.
    pub(super) fn take(path: &Path) -> Result<Self> {
        let refuse = |source| GraphError::Write { source, path: path.to_owned() };
        if path.exists() && !path.is_dir() {
            return Err(refuse(std::io::ErrorKind::NotADirectory.into()).into());
        }
        if is_somebody_elses(path) {
            return Err(UsageError::NotDataFolder { path: path.to_owned() }.into());
        }
        for part in PARTS {
            std::fs::create_dir_all(path.join(part)).map_err(refuse)?;
        }
        Ok(Self { path: path.to_owned() })
    }

    /// Writes a file in full or not at all.
    pub(super) fn write(
        &self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
    ) -> Result<(), GraphError> {
        write_whole(&self.path.join(name), write)
    }

    /// Removes rows and sets of an earlier run that are none of `names`.
    pub(super) fn keep_only(&self, names: &[String]) -> Result<()> {
        for part in PARTS {
            let folder = self.path.join(part);
            let entries = std::fs::read_dir(&folder)
                .map_err(|source| UsageError::Read { path: folder.clone(), source })?;
            for entry in entries.flatten() {
                let file = entry.file_name();
                let name = format!("{part}/{}", file.to_string_lossy());
                if is_name_of_ours(part, &file.to_string_lossy()) && !names.contains(&name) {
                    let path = entry.path();
                    std::fs::remove_file(&path)
                        .map_err(|source| GraphError::Write { source, path })?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a folder has something in it and no card of ours.
fn is_somebody_elses(path: &Path) -> bool {
    let has_entries = std::fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some());
    let card = std::fs::read(path.join(CARD)).ok();
    let card = card.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    has_entries && card.is_none_or(|card| card.get(MARK).is_none())
}

/// `00042.jsonl` or `A-h1-calc.jsonl`.
fn is_name_of_ours(part: &str, file: &str) -> bool {
    let Some(stem) = file.strip_suffix(".jsonl") else { return false };
    let mut characters = stem.chars();
    match part {
        "train" => stem.len() == 5 && characters.all(|c| c.is_ascii_digit()),
        _ => {
            matches!(characters.next(), Some('A'..='L'))
                && characters.next() == Some('-')
                && characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_are_written_here_are_ours() {
        for (part, file) in [("train", "00042.jsonl"), ("eval", "A-h1-calc.jsonl")] {
            assert!(is_name_of_ours(part, file), "{file}");
        }
        for (part, file) in [
            ("train", "notes.jsonl"),
            ("train", "00042.txt"),
            ("eval", "notes.jsonl"),
            ("eval", "Z-h1-calc.jsonl"),
            ("eval", "A-h1 calc.jsonl"),
        ] {
            assert!(!is_name_of_ours(part, file), "{file}");
        }
    }
}
