//! Fetching from the Hub into the cache, in the layout that `cache` reads.
//!
//! The transfer itself is `hf-hub`'s. What is added here: only the files that are needed,
//! all from one commit; the length of every file checked; a blob that is already there linked
//! instead of fetched again; and an answer of the server turned into the one error it means.
//!
//! # Invariants
//!
//! - Bytes arrive in `blobs/<etag>.part` and get their name when the last one is there.
//! - `config.json` or `config.yaml` is fetched last and the branch is recorded after it, so a
//!   download that broke off is never taken for a whole one.
//! - Every name that the listing, an index or a header gives is checked before it is a path.
//!
//! Source: huggingface_hub, "Understand caching"; the Hub's HTTP API (`/api/models/…`,
//! `/…/resolve/…`, the headers `x-repo-commit`, `x-linked-etag` and `x-error-code`).

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use connectome_graph::whole;
use hf_hub::api::Progress;
use hf_hub::api::sync::{Api, ApiBuilder, ApiError, ApiRepo, Metadata};
use hf_hub::{Cache, Repo, RepoType};

use super::cache::{self, repo_folder};
use super::reference::{segment_fault, shown};
use super::wanted::{Listing, Wanted, keep_shards, select};
use super::{Files, HubError, HubRef, HubSettings, OnDownload};

/// How long a server may take to accept a connection, and to send its list of files.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);
const LISTING_TIMEOUT: Duration = Duration::from_secs(120);

/// The longest list of files that is read; the largest dictionaries list about 2 MB.
const MAX_LISTING_BYTES: u64 = 64 << 20;

/// What happens while files are downloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DownloadEvent<'a> {
    /// `files` files are missing and will be fetched from `repo`; `bytes` is their size
    /// together, where the Hub tells it.
    Plan {
        /// `user/name`.
        repo: &'a str,
        /// How many files will be fetched.
        files: usize,
        /// Their size together.
        bytes: Option<u64>,
    },
    /// A file of `bytes` bytes begins.
    File {
        /// Its path in the repository.
        name: &'a str,
        /// Its size.
        bytes: u64,
    },
    /// `bytes` more bytes of the current file are on disk; the first report of a continued
    /// file counts what an earlier attempt left.
    Received {
        /// How many arrived since the last report.
        bytes: u64,
    },
}

/// Downloads what `files` needs of `reference` and returns its folder.
pub(super) fn repository(
    reference: &HubRef,
    files: Files,
    settings: &HubSettings,
    cache: &Path,
    on_event: &mut OnDownload<'_>,
) -> Result<PathBuf, HubError> {
    let hub = Hub::open(reference.repo(), settings, cache)?;
    let listing = hub.list(reference)?;
    let mut wanted = select(&listing, reference, files)?;
    let commit = Commit::new(&hub, &listing.sha)?;
    if let Some(index) = wanted.iter().find(|file| file.is_weight_index()) {
        let shards = commit.read_index(&index.name)?;
        keep_shards(&mut wanted, &shards, reference)?;
    }
    wanted.retain(|file| !commit.has(file));
    // Stable: the order of the listing, but the file that vouches for the rest last.
    wanted.sort_by_key(|file| file.is_config());

    if !wanted.is_empty() {
        let sizes = wanted.iter().map(|file| file.bytes);
        on_event(DownloadEvent::Plan {
            repo: reference.repo(),
            files: wanted.len(),
            bytes: sizes.sum::<Option<u64>>(),
        });
    }
    for file in &wanted {
        commit.download(&file.name, on_event)?;
    }
    let dir = reference.below(&commit.snapshot());
    if let Some(file) = cache::missing(&dir, files) {
        let (repo, revision) = (reference.repo().to_owned(), reference.revision().to_owned());
        return Err(HubError::FileNotFound { repo, revision, file });
    }
    commit.record(reference.revision())?;
    Ok(dir)
}

/// Downloads the one file that `reference` names and returns its path.
pub(super) fn file(
    reference: &HubRef,
    settings: &HubSettings,
    cache: &Path,
    on_event: &mut OnDownload<'_>,
) -> Result<PathBuf, HubError> {
    let hub = Hub::open(reference.repo(), settings, cache)?;
    // A branch that is cached stays at its commit: a file of a newer one beside it would
    // leave neither snapshot whole.
    let sha = match cache::commit(cache, reference) {
        Some(sha) => sha,
        None => hub.metadata(reference.revision(), reference.path())?.commit_hash().to_owned(),
    };
    let commit = Commit::new(&hub, &sha)?;
    let path = commit.download(reference.path(), on_event)?;
    commit.record(reference.revision())?;
    Ok(path)
}

/// A repository, and the means to ask about it.
struct Hub<'a> {
    api: Api,
    repo: &'a str,
    settings: &'a HubSettings,
    cache: &'a Path,
}

impl<'a> Hub<'a> {
    fn open(repo: &'a str, settings: &'a HubSettings, cache: &'a Path) -> Result<Self, HubError> {
        let api = ApiBuilder::from_cache(Cache::new(cache.to_path_buf()))
            .with_endpoint(settings.endpoint.clone())
            .with_token(settings.token.clone())
            .with_progress(false)
            .build();
        let endpoint = &settings.endpoint;
        let api = api.map_err(|source| HubError::Unreachable {
            endpoint: endpoint.clone(),
            source: Box::new(source),
        })?;
        Ok(Self { api, repo, settings, cache })
    }

    /// The repository at `revision`.
    fn at(&self, revision: &str) -> ApiRepo {
        let (repo, revision) = (self.repo.to_owned(), revision.to_owned());
        self.api.repo(Repo::with_revision(repo, RepoType::Model, revision))
    }

    /// The commit that `reference`'s revision is now, and the files in it.
    fn list(&self, reference: &HubRef) -> Result<Listing, HubError> {
        let endpoint = &self.settings.endpoint;
        let unreachable = |error: ureq::Error| HubError::Unreachable {
            endpoint: endpoint.clone(),
            source: Box::new(ApiError::RequestError(Box::new(error))),
        };
        let request = self.at(reference.revision()).info_request().query("blobs", "true");
        let request = request
            .config()
            .http_status_as_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(LISTING_TIMEOUT))
            .build();
        let mut response = request.call().map_err(unreachable)?;
        let status = response.status().as_u16();
        if status != 200 {
            let code = response.headers().get("x-error-code");
            let code = code.and_then(|code| code.to_str().ok()).unwrap_or_default();
            return Err(self.refusal(status, code, reference));
        }
        let body = response.body_mut().with_config().limit(MAX_LISTING_BYTES).read_to_vec();
        let body = body.map_err(unreachable)?;
        serde_json::from_slice(&body).map_err(|source| self.bad_listing(source))
    }

    /// What an answer other than 200 to a request for the listing means.
    fn refusal(&self, status: u16, code: &str, reference: &HubRef) -> HubError {
        let repo = self.repo.to_owned();
        let endpoint = self.settings.endpoint.clone();
        match (status, code) {
            (_, "RevisionNotFound") => {
                HubError::RevisionNotFound { repo, revision: reference.revision().to_owned() }
            }
            (_, "RepoNotFound") => HubError::RepoNotFound { repo, endpoint },
            (401 | 403, _) => self.denied(status),
            (404, _) => HubError::RepoNotFound { repo, endpoint },
            _ => HubError::Status { repo, status, endpoint },
        }
    }

    fn bad_listing(&self, source: serde_json::Error) -> HubError {
        let endpoint = self.settings.endpoint.clone();
        HubError::Listing { repo: self.repo.to_owned(), endpoint, source }
    }

    fn denied(&self, status: u16) -> HubError {
        let with_token = self.settings.token.is_some();
        HubError::Denied { repo: self.repo.to_owned(), status, with_token }
    }

    /// Commit, etag and size of a file, each checked to be fit for the cache.
    fn metadata(&self, revision: &str, name: &str) -> Result<Metadata, HubError> {
        let url = self.at(revision).url(name);
        let metadata =
            self.api.metadata(&url).map_err(|error| self.failure(error, name, revision))?;
        for text in [metadata.etag(), metadata.commit_hash()] {
            if let Some(fault) = segment_fault(text) {
                let (repo, file) = (self.repo.to_owned(), shown(text));
                return Err(HubError::UnsafeName { repo, file, fault });
            }
        }
        Ok(metadata)
    }

    /// What a failed request for the file `name` at `revision` means.
    fn failure(&self, error: ApiError, name: &str, revision: &str) -> HubError {
        let repo = self.repo.to_owned();
        let endpoint = self.settings.endpoint.clone();
        let error = match error {
            ApiError::LockAcquisition(path) => return HubError::Busy { path },
            ApiError::IoError(source) if !is_transfer(&source) => {
                return HubError::Write { path: self.cache.to_path_buf(), source };
            }
            error => error,
        };
        let ApiError::RequestError(request) = &error else {
            return HubError::Download { repo, file: name.to_owned(), source: Box::new(error) };
        };
        match **request {
            // The listing was given, or the file was named by a config that was: what is
            // refused now is the content, as gated repositories do.
            ureq::Error::StatusCode(status @ (401 | 403)) => self.denied(status),
            ureq::Error::StatusCode(404) => HubError::FileNotFound {
                repo,
                revision: revision.to_owned(),
                file: name.to_owned(),
            },
            ureq::Error::StatusCode(status) => HubError::Status { repo, status, endpoint },
            _ => HubError::Unreachable { endpoint, source: Box::new(error) },
        }
    }
}

/// True if an I/O error came from the connection and not from the disk.
fn is_transfer(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    matches!(
        error.kind(),
        Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::ConnectionRefused
            | Kind::NotConnected
            | Kind::UnexpectedEof
            | Kind::BrokenPipe
            | Kind::TimedOut
            | Kind::InvalidData
            | Kind::Other
    )
}

/// A repository at one commit, from which all files of a download come.
struct Commit<'a> {
    hub: &'a Hub<'a>,
    sha: String,
    /// `<cache>/models--user--repo`.
    folder: PathBuf,
}

impl<'a> Commit<'a> {
    fn new(hub: &'a Hub<'a>, sha: &str) -> Result<Self, HubError> {
        if let Some(fault) = segment_fault(sha) {
            let (repo, file) = (hub.repo.to_owned(), shown(sha));
            return Err(HubError::UnsafeName { repo, file, fault });
        }
        let folder = repo_folder(hub.cache, hub.repo);
        Ok(Self { hub, sha: sha.to_owned(), folder })
    }

    fn snapshot(&self) -> PathBuf {
        self.folder.join("snapshots").join(&self.sha)
    }

    /// True if `file` is in the snapshot with the size that the listing tells.
    fn has(&self, file: &Wanted) -> bool {
        let found = fs::metadata(self.snapshot().join(&file.name));
        found.is_ok_and(|meta| meta.is_file() && file.bytes.is_none_or(|size| size == meta.len()))
    }

    /// Downloads the weight index `name` and returns the shards that it names.
    fn read_index(&self, name: &str) -> Result<BTreeSet<String>, HubError> {
        let path = self.download(name, &mut |_| {})?;
        let bytes = fs::read(&path).map_err(|source| HubError::Read { path, source })?;
        cache::shards(&bytes).map_err(|source| self.hub.bad_listing(source))
    }

    /// Brings the file `name` into the snapshot and returns its path.
    fn download(&self, name: &str, on_event: &mut OnDownload<'_>) -> Result<PathBuf, HubError> {
        let pointer = self.snapshot().join(name);
        let metadata = self.hub.metadata(&self.sha, name)?;
        let size = metadata.size() as u64;
        let blob = self.folder.join("blobs").join(metadata.etag());
        self.clear_the_way(&pointer, &blob, size)?;
        if has_size(&blob, size) {
            link(&blob, &pointer).map_err(|source| self.write_error(&pointer, source))?;
            return Ok(pointer);
        }
        let relay = Relay { name, begun: false, on_event };
        let path = self
            .hub
            .at(&self.sha)
            .download_with_progress(name, relay)
            .map_err(|error| self.hub.failure(error, name, &self.sha))?;
        let found = fs::metadata(&path)
            .map_err(|source| HubError::Read { path: path.clone(), source })?
            .len();
        if found != size {
            // A server that ignores ranges sends the whole file after what was kept of it.
            remove_if_there(&pointer).map_err(|source| self.write_error(&pointer, source))?;
            remove_if_there(&blob).map_err(|source| self.write_error(&blob, source))?;
            let (repo, file) = (self.hub.repo.to_owned(), name.to_owned());
            return Err(HubError::Size { repo, file, found, expected: size });
        }
        Ok(path)
    }

    /// Removes what would make a download fail or be skipped: a link that leads nowhere or to
    /// a damaged blob, that blob, and a partial file that is not shorter than the whole.
    fn clear_the_way(&self, pointer: &Path, blob: &Path, size: u64) -> Result<(), HubError> {
        let part = blob.with_extension("part");
        let part_is_stale = fs::metadata(&part).is_ok_and(|meta| meta.len() >= size);
        let stale = [
            (pointer, !has_size(pointer, size)),
            (blob, !has_size(blob, size)),
            (part.as_path(), part_is_stale),
        ];
        for (path, _) in stale.into_iter().filter(|(_, is_stale)| *is_stale) {
            remove_if_there(path).map_err(|source| self.write_error(path, source))?;
        }
        Ok(())
    }

    /// Notes that `revision` is this commit, so that it is found without the network.
    fn record(&self, revision: &str) -> Result<(), HubError> {
        let refs = self.folder.join("refs");
        if revision == self.sha {
            return Ok(());
        }
        let path = refs.join(revision);
        // A revision like `refs/pr/1` has folders of its own.
        fs::create_dir_all(path.parent().unwrap_or(&refs))
            .and_then(|()| whole::write(&path, |out| out.write_all(self.sha.as_bytes())))
            .map_err(|source| self.write_error(&path, source))?;
        // hf-hub files every revision it is asked for, and it was asked for the commit.
        let by_commit = refs.join(&self.sha);
        remove_if_there(&by_commit).map_err(|source| self.write_error(&by_commit, source))
    }

    fn write_error(&self, path: &Path, source: io::Error) -> HubError {
        HubError::Write { path: path.to_path_buf(), source }
    }
}

fn has_size(path: &Path, size: u64) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() == size)
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes `pointer` (`<repo>/snapshots/<commit>/<name>`) a link to `blob` (`<repo>/blobs/…`),
/// relative so that the cache can be moved.
fn link(blob: &Path, pointer: &Path) -> io::Result<()> {
    if pointer.exists() {
        return Ok(());
    }
    if let Some(dir) = pointer.parent() {
        fs::create_dir_all(dir)?;
    }
    let repo = blob.parent().and_then(Path::parent).unwrap_or(Path::new(""));
    let below = pointer.strip_prefix(repo).map_or(0, |rest| rest.components().count());
    let mut target: PathBuf = (1..below).map(|_| "..").collect();
    target.push("blobs");
    target.push(blob.file_name().unwrap_or_default());
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, pointer);
    #[cfg(not(unix))]
    return fs::hard_link(blob, pointer).or_else(|_| fs::copy(blob, pointer).map(|_| ()));
}

/// Hands hf-hub's progress on as events.
struct Relay<'a, 'e> {
    name: &'a str,
    begun: bool,
    on_event: &'a mut OnDownload<'e>,
}

impl Progress for Relay<'_, '_> {
    fn init(&mut self, size: usize, _filename: &str) {
        // hf-hub announces a file twice: before it opens the file and before it transfers.
        if !self.begun {
            self.begun = true;
            (self.on_event)(DownloadEvent::File { name: self.name, bytes: size as u64 });
        }
    }

    fn update(&mut self, size: usize) {
        if size > 0 {
            (self.on_event)(DownloadEvent::Received { bytes: size as u64 });
        }
    }

    fn finish(&mut self) {}
}
