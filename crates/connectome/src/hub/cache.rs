//! The Hub's cache folder, read without the network.
//!
//! ```text
//! <cache>/models--user--repo/refs/<revision>        a commit, as text
//!                           /snapshots/<commit>/…   links into
//!                           /blobs/<etag>           the bytes
//! ```
//!
//! # Invariants
//!
//! - Nothing here writes.
//! - A snapshot is used only if it is complete: everything its own files promise is there. An
//!   interrupted download is therefore never taken for a model with fewer layers.
//!
//! Source: huggingface_hub, "Understand caching"; the file layouts of circuit-tracer 0.4.1.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::reference::{path_fault, segment_fault};
use super::{Files, HubError, HubRef, HubSettings};

/// Names the shards of a model that is split over several files.
pub(super) const WEIGHT_INDEX: &str = "model.safetensors.index.json";
/// The weights of a model that is one file.
pub(super) const WEIGHTS: &str = "model.safetensors";

/// One revision of a repository that is on this machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct CachedRepo {
    /// `user/name`.
    pub repo: String,
    /// The branch, tag or `refs/pr/N` that led here, or the commit if none is recorded.
    pub revision: String,
    /// The snapshot folder, which holds the repository's files under their own names.
    pub path: PathBuf,
    /// Size of the files in the snapshot. Two revisions that share a file both count it.
    pub bytes: u64,
}

/// Every revision of every model repository in the caches of `settings`, sorted by repository
/// and revision.
///
/// # Errors
///
/// [`HubError::Read`] if a cache exists and cannot be listed. A cache that does not exist is
/// an empty one.
pub fn list_cached(settings: &HubSettings) -> Result<Vec<CachedRepo>, HubError> {
    let mut found = Vec::new();
    for cache in &settings.cache_dirs {
        for folder in sub_folders(cache)? {
            let Some(repo) = folder.strip_prefix("models--") else { continue };
            list_repo(&cache.join(&folder), &repo.replacen("--", "/", 1), &mut found)?;
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}

/// The snapshot folder that `reference`'s revision stands for in `cache`, if there is one.
pub(super) fn snapshot(cache: &Path, reference: &HubRef) -> Option<PathBuf> {
    let commit = commit(cache, reference)?;
    let path = repo_folder(cache, reference.repo()).join("snapshots").join(commit);
    path.is_dir().then_some(path)
}

/// The commit that `cache` records for `reference`'s revision.
pub(super) fn commit(cache: &Path, reference: &HubRef) -> Option<String> {
    let folder = repo_folder(cache, reference.repo());
    let revision = reference.revision();
    if let Ok(text) = fs::read_to_string(folder.join("refs").join(revision)) {
        let commit = text.trim();
        return segment_fault(commit).is_none().then(|| commit.to_owned());
    }
    let is_commit = segment_fault(revision).is_none();
    (is_commit && folder.join("snapshots").join(revision).is_dir()).then(|| revision.to_owned())
}

/// The folder of a model repository in `cache`.
pub(super) fn repo_folder(cache: &Path, repo: &str) -> PathBuf {
    cache.join(format!("models--{}", repo.replace('/', "--")))
}

/// The first file that `dir` lacks of what `files` needs; `None` if `dir` is complete.
pub(super) fn missing(dir: &Path, files: Files) -> Option<String> {
    match files {
        Files::Model => missing_of_model(dir),
        Files::Dictionary => missing_of_dictionary(dir),
    }
}

fn missing_of_model(dir: &Path) -> Option<String> {
    if !dir.join("config.json").is_file() {
        return Some("config.json".to_owned());
    }
    if dir.join(WEIGHTS).is_file() {
        return None;
    }
    if let Ok(index) = fs::read(dir.join(WEIGHT_INDEX)) {
        // A damaged index is the reader's to report, with its own words.
        let shards = shards(&index).unwrap_or_default();
        return shards.into_iter().find(|shard| !dir.join(shard).is_file());
    }
    let has_weights = file_names(dir).iter().any(|name| name.ends_with(".safetensors"));
    (!has_weights).then(|| WEIGHTS.to_owned())
}

fn missing_of_dictionary(dir: &Path) -> Option<String> {
    let config = dir.join("config.yaml");
    if !config.is_file() {
        return Some("config.yaml".to_owned());
    }
    if lists_its_layers(&config) {
        return None;
    }
    let names = file_names(dir);
    if !names.iter().any(|name| name.ends_with(".safetensors") || name.ends_with(".npz")) {
        return Some("layer_0.safetensors".to_owned());
    }
    for pattern in ["layer_", "W_enc_", "W_dec_"] {
        let layers = numbered(&names, pattern);
        let n_layers = match pattern {
            "layer_" => layers.last().map_or(0, |last| last + 1),
            // Encoder and decoder files come in pairs, so each tells how many there are.
            _ => ["W_enc_", "W_dec_"]
                .iter()
                .filter_map(|one| numbered(&names, one).last().map(|last| last + 1))
                .max()
                .unwrap_or(0),
        };
        if let Some(layer) = (0..n_layers).find(|layer| !layers.contains(layer)) {
            return Some(format!("{pattern}{layer}.safetensors"));
        }
    }
    None
}

/// True if the config names its layers' files (`transcoders:`), which may lie in other
/// repositories. Only the key is looked for; whoever opens the dictionary parses the YAML.
fn lists_its_layers(config: &Path) -> bool {
    fs::read_to_string(config)
        .is_ok_and(|text| text.lines().any(|line| line.starts_with("transcoders:")))
}

/// The numbers `n` for which `<prefix><n>.safetensors` is among `names`.
fn numbered(names: &BTreeSet<String>, prefix: &str) -> BTreeSet<u32> {
    let number = |name: &String| {
        name.strip_prefix(prefix)?.strip_suffix(".safetensors")?.parse::<u32>().ok()
    };
    // More layers than any model has is a stray name; counting up to it would take for ever.
    names.iter().filter_map(number).filter(|layer| *layer < 10_000).collect()
}

/// The shard files that a weight index names, without those whose name is not a plain path.
pub(super) fn shards(index: &[u8]) -> Result<BTreeSet<String>, serde_json::Error> {
    #[derive(serde::Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let index: Index = serde_json::from_slice(index)?;
    Ok(index.weight_map.into_values().filter(|shard| path_fault(shard).is_none()).collect())
}

/// Names of the files directly in `dir`; a folder that cannot be read has none.
fn file_names(dir: &Path) -> BTreeSet<String> {
    let Ok(entries) = fs::read_dir(dir) else { return BTreeSet::new() };
    entries
        .flatten()
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// Adds the revisions of the repository in `folder` to `found`.
fn list_repo(folder: &Path, repo: &str, found: &mut Vec<CachedRepo>) -> Result<(), HubError> {
    let mut refs = Vec::new();
    collect_refs(&folder.join("refs"), "", &mut refs)?;
    for commit in sub_folders(&folder.join("snapshots"))? {
        let path = folder.join("snapshots").join(&commit);
        let bytes = size_of(&path).map_err(|source| read_error(&path, source))?;
        let named = refs.iter().filter(|(_, target)| *target == commit);
        let mut revisions: Vec<String> = named.map(|(name, _)| name.clone()).collect();
        if revisions.is_empty() {
            revisions.push(commit);
        }
        found.extend(revisions.into_iter().map(|revision| CachedRepo {
            repo: repo.to_owned(),
            revision,
            path: path.clone(),
            bytes,
        }));
    }
    Ok(())
}

/// Collects `(name, commit)` of every ref below `dir`; a name may span folders (`refs/pr/1`).
fn collect_refs(
    dir: &Path,
    prefix: &str,
    refs: &mut Vec<(String, String)>,
) -> Result<(), HubError> {
    for name in file_names(dir) {
        let path = dir.join(&name);
        let commit = fs::read_to_string(&path).map_err(|source| read_error(&path, source))?;
        refs.push((format!("{prefix}{name}"), commit.trim().to_owned()));
    }
    for name in sub_folders(dir)? {
        collect_refs(&dir.join(&name), &format!("{prefix}{name}/"), refs)?;
    }
    Ok(())
}

/// Names of the folders in `dir`, links not followed, sorted; none if `dir` does not exist.
fn sub_folders(dir: &Path) -> Result<BTreeSet<String>, HubError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(source) => return Err(read_error(dir, source)),
    };
    let mut names = BTreeSet::new();
    for entry in entries {
        let entry = entry.map_err(|source| read_error(dir, source))?;
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let (true, Ok(name)) = (is_dir, entry.file_name().into_string()) {
            names.insert(name);
        }
    }
    Ok(names)
}

/// Bytes of the files below `dir`, links to files followed, links to folders not.
fn size_of(dir: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            bytes += size_of(&entry.path())?;
        } else if let Ok(meta) = fs::metadata(entry.path()) {
            bytes += if meta.is_file() { meta.len() } else { 0 };
        }
    }
    Ok(bytes)
}

fn read_error(path: &Path, source: io::Error) -> HubError {
    HubError::Read { path: path.to_path_buf(), source }
}
