//! [`Source`]: a file of a dictionary, by the name its config or layout gives it.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use super::super::config::Config;
use crate::error::LoadError;
use crate::files::{FileBytes, Folder};
use crate::weights::Weights;

/// A file of a dictionary.
#[derive(Clone, Debug)]
pub(in crate::transcoder) struct Source {
    folder: Folder,
    file: String,
    /// As the config lists it, or the file's name: the same on every machine.
    entry: String,
}

impl Source {
    /// A file of the dictionary's folder.
    pub(super) fn in_folder(folder: &Folder, file: String) -> Self {
        Self { folder: folder.clone(), entry: file.clone(), file }
    }

    /// The files of a `transcoders:` list: inside the folder, or fetched before.
    pub(super) fn of_list(
        folder: &Folder,
        config: &Config,
        entries: &[String],
        fetched: &BTreeMap<String, PathBuf>,
    ) -> Result<Vec<Self>, LoadError> {
        let resolve = |(index, entry): (usize, &String)| {
            if let Some(path) = fetched.get(entry) {
                return Self::on_disk(path, entry);
            }
            if entry.starts_with("hf://") {
                return Err(LoadError::MissingFile { file: entry.clone(), path: folder.root() });
            }
            if !stays_inside(entry) {
                return Err(LoadError::BadValue {
                    key: format!("transcoders[{index}]"),
                    found: entry.clone(),
                    expected: "a path inside the folder, or hf://ORG/REPO/PATH",
                    path: config.path.clone(),
                });
            }
            Ok(Self::in_folder(folder, entry.clone()))
        };
        entries.iter().enumerate().map(resolve).collect()
    }

    fn on_disk(path: &Path, entry: &str) -> Result<Self, LoadError> {
        let name = path.file_name().and_then(|name| name.to_str());
        let (Some(parent), Some(name)) = (path.parent(), name) else {
            return Err(LoadError::MissingFile { file: entry.to_owned(), path: path.to_owned() });
        };
        let folder = Folder::Disk(parent.to_owned());
        Ok(Self { folder, file: name.to_owned(), entry: entry.to_owned() })
    }

    /// As the config lists it, or the file's name.
    pub(in crate::transcoder) fn entry(&self) -> &str {
        &self.entry
    }

    pub(super) fn path(&self) -> PathBuf {
        self.folder.path(&self.file)
    }

    pub(super) fn is_npz(&self) -> bool {
        self.file.ends_with(".npz")
    }

    pub(in crate::transcoder) fn bytes(&self) -> Result<FileBytes, LoadError> {
        self.folder.open(&self.file)
    }

    pub(super) fn weights(&self) -> Result<Weights, LoadError> {
        Weights::open(&self.folder, &self.file)
    }
}

/// A dictionary may come from anyone: its config names no files elsewhere on this machine.
fn stays_inside(entry: &str) -> bool {
    let path = Path::new(entry);
    !entry.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)))
}

/// Layers `0..n` of files named `prefix`, a number, `.safetensors`; as many as the highest
/// number says. None if no file has such a name.
pub(super) fn n_numbered(names: &[String], prefix: &str) -> usize {
    let number = |name: &String| {
        let digits = name.strip_prefix(prefix)?.strip_suffix(".safetensors")?;
        let number: usize = digits.parse().ok()?;
        // `layer_07` and `layer_+7` are not how layer 7 is written.
        (number.to_string() == digits).then_some(number)
    };
    names.iter().filter_map(number).max().map_or(0, |highest| highest.saturating_add(1))
}
