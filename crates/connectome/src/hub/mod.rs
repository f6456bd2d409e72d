//! From what a user names to a folder on this machine: a directory, or a Hub repository.
//!
//! Offline first: a complete copy in the Hub's cache, or in circuit-tracer's, is used without
//! asking anyone. Only what is missing is fetched, and only the files that a model or a
//! dictionary is made of.
//!
//! # Invariants
//!
//! - Only [`resolve`], [`resolve_file`] and [`fetch`] reach the network, and never when
//!   [`HubSettings::offline`] is set.
//! - A file appears under its name only when all of its bytes are there, and a branch appears
//!   in the cache only when all of its files are.
//! - No name that a repository, its listing or a config file chose becomes a path unchecked.
//! - The environment and the clock are never read here.

mod cache;
mod download;
mod reference;
mod settings;
mod wanted;

use std::io;
use std::path::PathBuf;

pub use cache::{CachedRepo, list_cached};
pub use download::DownloadEvent;
pub use reference::{HubRef, Source};
pub use settings::{DEFAULT_ENDPOINT, HubSettings};

/// What a repository is wanted for, which decides the files that are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Files {
    /// `config.json`, `generation_config.json`, `tokenizer*.json`, `special_tokens_map.json`,
    /// `chat_template.*`, and the safetensors weights with their index.
    Model,
    /// `config.yaml` and the `*.safetensors` or `*.npz` beside it. Layers in other
    /// repositories and feature files are fetched one by one with [`resolve_file`].
    Dictionary,
}

/// What is told while a download runs.
pub type OnDownload<'a> = dyn FnMut(DownloadEvent<'_>) + 'a;

/// The folder that holds what `source` names.
///
/// A directory is returned as it is. For a reference, the first complete copy in the caches
/// is returned, whatever the Hub may hold by now ([`fetch`] asks it); otherwise the missing
/// files are downloaded.
///
/// # Errors
///
/// - [`HubError::NotCached`] or [`HubError::Incomplete`] if a download would be needed and
///   the settings are offline.
/// - Those of [`fetch`].
pub fn resolve(
    source: &Source,
    files: Files,
    settings: &HubSettings,
    on_event: &mut OnDownload<'_>,
) -> Result<PathBuf, HubError> {
    let reference = match source {
        Source::Dir(path) => return Ok(path.clone()),
        Source::Hub(reference) => reference,
    };
    let mut partial = None;
    for cache in &settings.cache_dirs {
        let Some(snapshot) = cache::snapshot(cache, reference) else { continue };
        let dir = reference.below(&snapshot);
        match cache::missing(&dir, files) {
            None => return Ok(dir),
            Some(file) => partial = partial.or(Some((file, dir))),
        }
    }
    if files == Files::Dictionary {
        // circuit-tracer writes config.yaml last, so its presence means that all is there.
        let mut dirs = settings.circuit_tracer_dirs.iter();
        let found = dirs.find_map(|dir| {
            let dir = dir.join(reference.to_string());
            dir.join("config.yaml").is_file().then_some(dir)
        });
        if let Some(dir) = found {
            return Ok(dir);
        }
    }
    match partial {
        Some((file, path)) if settings.offline => {
            Err(HubError::Incomplete { reference: reference.to_string(), file, path })
        }
        _ => fetch(reference, files, settings, on_event),
    }
}

/// Asks the Hub what `reference` is now, downloads the files that are not in the cache yet,
/// and returns the folder that holds them.
///
/// # Errors
///
/// - [`HubError::NotCached`] if the settings are offline.
/// - [`HubError::RepoNotFound`], [`HubError::RevisionNotFound`], [`HubError::Denied`] and
///   [`HubError::NotPublished`] for what the Hub does not have or does not give.
/// - [`HubError::Unreachable`], [`HubError::Status`], [`HubError::Listing`],
///   [`HubError::Download`], [`HubError::Size`] and [`HubError::Busy`] for a transfer that
///   failed; what had arrived is kept aside and continued by the next attempt.
/// - [`HubError::Write`] for a cache that cannot be written.
pub fn fetch(
    reference: &HubRef,
    files: Files,
    settings: &HubSettings,
    on_event: &mut OnDownload<'_>,
) -> Result<PathBuf, HubError> {
    let cache = cache_to_fill(reference, settings)?;
    download::repository(reference, files, settings, cache, on_event)
}

/// The single file that `reference`'s path names, from the caches or from the Hub.
///
/// # Errors
///
/// [`HubError::FileNotFound`] if the repository has no such file; otherwise those of
/// [`fetch`].
pub fn resolve_file(
    reference: &HubRef,
    settings: &HubSettings,
    on_event: &mut OnDownload<'_>,
) -> Result<PathBuf, HubError> {
    let cached = settings.cache_dirs.iter().find_map(|cache| {
        let path = cache::snapshot(cache, reference)?.join(reference.path());
        path.is_file().then_some(path)
    });
    if let Some(path) = cached {
        return Ok(path);
    }
    let cache = cache_to_fill(reference, settings)?;
    download::file(reference, settings, cache, on_event)
}

/// The cache that a download of `reference` goes to, if the settings allow one.
fn cache_to_fill<'a>(
    reference: &HubRef,
    settings: &'a HubSettings,
) -> Result<&'a PathBuf, HubError> {
    let cache = settings.cache_dirs.first().ok_or(HubError::NoCacheDir)?;
    if settings.offline {
        let reference = reference.to_string();
        return Err(HubError::NotCached { reference, cache: cache.clone() });
    }
    Ok(cache)
}

/// What was named is not on this machine and cannot be brought here.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its fields")]
pub enum HubError {
    /// The text is neither a directory nor a reference; `fault` says what is wrong with it.
    #[error("`{reference}` is not a Hub reference (`user/repo[/folder][@revision]`): {fault}")]
    BadReference { reference: String, fault: &'static str },
    /// The text can only be a local path, and nothing is there.
    #[error("no directory `{}`", path.display())]
    NoDirectory { path: PathBuf },
    /// A file was given where a model's or a dictionary's directory belongs.
    #[error("found a file, expected a directory, at `{}`", path.display())]
    NotADirectory { path: PathBuf },
    /// The network is off and no cache knows the revision.
    #[error("`{reference}` is not cached and the network is off, cache `{}`", cache.display())]
    NotCached { reference: String, cache: PathBuf },
    /// The network is off and the cached copy lacks a file.
    #[error(
        "the cached copy of `{reference}` lacks `{file}` and the network is off, in `{}`",
        path.display()
    )]
    Incomplete { reference: String, file: String, path: PathBuf },
    /// The settings name no cache, as on a machine where the user has no home.
    #[error("there is no cache directory to download to")]
    NoCacheDir,
    /// The Hub has no such repository, or hides it from this token.
    #[error("no repository `{repo}` at `{endpoint}`")]
    RepoNotFound { repo: String, endpoint: String },
    /// The repository has no such branch, tag or commit.
    #[error("no revision `{revision}` in the repository `{repo}`")]
    RevisionNotFound { repo: String, revision: String },
    /// The revision lacks a file that was asked for, or that its other files promise.
    #[error("no file `{file}` at revision `{revision}` of `{repo}`")]
    FileNotFound { repo: String, revision: String, file: String },
    /// The repository is gated or private and the token, if one was sent, does not open it.
    #[error(
        "`{repo}` is gated, private or absent: the server answered {status} to a request with {}",
        if *with_token { "a token" } else { "no token" }
    )]
    Denied { repo: String, status: u16, with_token: bool },
    /// The repository is there but holds nothing that we read.
    #[error("found no `{expected}` in `{reference}`")]
    NotPublished { reference: String, expected: &'static str },
    /// A listing, an index or a config names a file that is no plain relative path.
    #[error("`{repo}` names a file `{file}`: {fault}")]
    UnsafeName { repo: String, file: String, fault: &'static str },
    /// No answer came from the endpoint.
    #[error("cannot reach `{endpoint}`: {source}")]
    Unreachable { endpoint: String, source: Box<hf_hub::api::sync::ApiError> },
    /// The server answered with a status that means none of the above.
    #[error("the server answered {status} for `{repo}` at `{endpoint}`")]
    Status { repo: String, status: u16, endpoint: String },
    /// The server's list of files is not one.
    #[error("the file list of `{repo}` from `{endpoint}` is not readable: {source}")]
    Listing { repo: String, endpoint: String, source: serde_json::Error },
    /// The transfer broke off.
    #[error("download of `{file}` from `{repo}` failed: {source}")]
    Download { repo: String, file: String, source: Box<hf_hub::api::sync::ApiError> },
    /// What arrived is not as long as the Hub says; it was removed.
    #[error("`{file}` of `{repo}` arrived with {found} bytes, expected {expected}")]
    Size { repo: String, file: String, found: u64, expected: u64 },
    /// Another process is downloading the same file.
    #[error("another process is downloading to `{}`", path.display())]
    Busy { path: PathBuf },
    /// The cache could not be read; `source` says why.
    #[error("cannot read `{}`: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// The cache could not be written; `source` says why.
    #[error("cannot write `{}`: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
}
