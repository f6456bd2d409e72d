//! Files of the store: written whole or not at all; numbered ones.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use connectome_graph::whole;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ServeError;

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis() as f64
}

/// Moves a file or a folder, whole.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), ServeError> {
    let refuse = |source| ServeError::Store { path: from.to_owned(), source };
    std::fs::rename(from, to).map_err(refuse)
}

/// Removes a folder, if it is there.
pub(super) fn remove(folder: &Path) -> Result<(), ServeError> {
    match std::fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(ServeError::Store { path: folder.to_owned(), source })
        }
        _ => Ok(()),
    }
}

pub(super) fn make_folder(path: &Path) -> Result<(), ServeError> {
    let refuse = |source| ServeError::Store { path: path.to_owned(), source };
    std::fs::create_dir_all(path).map_err(refuse)
}

/// [`whole::write`], in a folder that is made if it is not there.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), ServeError> {
    let refuse = |source| ServeError::Store { path: path.to_owned(), source };
    let folder = path.parent().expect("files of the store are in folders");
    make_folder(folder)?;
    whole::write(path, |out| out.write_all(bytes)).map_err(refuse)
}

pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), ServeError> {
    let bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| ServeError::Fault { reason: error.to_string() })?;
    write_bytes(path, &bytes)
}

pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, ServeError> {
    std::fs::read(path).map_err(|source| ServeError::Store { path: path.to_owned(), source })
}

pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, ServeError> {
    serde_json::from_slice(&read_bytes(path)?)
        .map_err(|error| ServeError::Damaged { path: path.to_owned(), reason: error.to_string() })
}

/// `000001.json` and so on of a folder, ascending; nothing if there is no such folder.
pub(super) fn numbers(folder: &Path) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let number = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.ok()?.file_name().to_str()?.strip_suffix(".json")?.parse().ok()
    };
    let mut numbers: Vec<u32> = entries.filter_map(number).collect();
    numbers.sort_unstable();
    numbers
}

pub(super) fn numbered(folder: &Path, number: u32) -> PathBuf {
    folder.join(format!("{number:06}.json"))
}

/// Names of the folders in a folder, ascending.
pub(super) fn folders(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry.ok()?;
        entry.path().is_dir().then(|| entry.file_name().to_str().map(str::to_owned)).flatten()
    };
    let mut names: Vec<String> = entries.filter_map(name).collect();
    names.sort();
    names
}
