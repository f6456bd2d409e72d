//! What a user may write for "which model" or "which dictionary", and how it is checked.
//!
//! An existing directory is taken as it is. Everything else is a Hub reference, whose parts
//! become path segments of the cache and of a URL, so each part is checked here, once, and no
//! other module ever joins an unchecked string to a path.
//!
//! # Invariants
//!
//! - A [`HubRef`] holds only segments that pass [`segment_fault`]: no `..`, no separator, no
//!   control character, nothing that a URL would need to escape.
//! - Parsing looks at the disk only to ask whether a directory of that name exists.
//!
//! Source: the reference grammar of circuit-tracer 0.4.1 (`user/repo[/folder][@revision]`,
//! `hf://user/repo/path?revision=rev`) and the repository names that the Hub accepts.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::HubError;

/// The branch meant when a reference names no revision.
const DEFAULT_REVISION: &str = "main";

/// Names that stand for a whole reference, as in circuit-tracer.
const SHORTCUTS: [(&str, &str); 2] =
    [("gemma", "mwhanna/gemma-scope-transcoders"), ("llama", "mntss/transcoder-Llama-3.2-1B")];

/// Longest reference that is looked at; real ones are below 200 bytes.
const MAX_REFERENCE_BYTES: usize = 1024;

/// Where a model or a dictionary comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A directory on this machine, used as it is.
    Dir(PathBuf),
    /// A repository on the Hub, or a folder in one.
    Hub(HubRef),
}

impl Source {
    /// Reads what a user wrote: a directory if one of that name exists, otherwise a reference
    /// (see [`HubRef::parse`]).
    ///
    /// # Errors
    ///
    /// - [`HubError::NotADirectory`] if a file of that name exists.
    /// - [`HubError::NoDirectory`] if the text can only be a local path and nothing is there.
    /// - [`HubError::BadReference`] if it is neither.
    pub fn parse(text: &str) -> Result<Self, HubError> {
        let path = Path::new(text);
        if path.is_dir() {
            return Ok(Self::Dir(path.to_path_buf()));
        }
        if path.is_file() {
            return Err(HubError::NotADirectory { path: path.to_path_buf() });
        }
        if looks_local(text) {
            return Err(HubError::NoDirectory { path: shown(text).into() });
        }
        HubRef::parse(text).map(Self::Hub)
    }
}

impl FromStr for Source {
    type Err = HubError;

    fn from_str(text: &str) -> Result<Self, HubError> {
        Self::parse(text)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dir(path) => write!(f, "{}", path.display()),
            Self::Hub(reference) => write!(f, "{reference}"),
        }
    }
}

/// A repository on the Hub, a path in it (possibly none) and a revision, all checked.
///
/// Printed as `user/repo[/path][@revision]`, which parses to the same value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubRef {
    repo: String,
    path: String,
    revision: Option<String>,
}

impl HubRef {
    /// Reads `user/repo[/path...][@revision]`, `hf://user/repo[/path...][?revision=rev]`, a
    /// repository of the Hub's early days without a user (`gpt2`), or a shortcut (`gemma`,
    /// `llama`).
    ///
    /// # Errors
    ///
    /// [`HubError::BadReference`] with the first fault found; in particular a segment `..`, an
    /// empty or absolute path, a backslash and control characters are refused.
    pub fn parse(text: &str) -> Result<Self, HubError> {
        let bad = |fault| HubError::BadReference { reference: shown(text), fault };
        if text.len() > MAX_REFERENCE_BYTES {
            return Err(bad("it is longer than 1024 bytes"));
        }
        let (segments, revision) = match text.strip_prefix("hf://") {
            Some(rest) => split_uri(rest).map_err(bad)?,
            None => {
                let full = SHORTCUTS.iter().find(|(short, _)| *short == text);
                split_plain(full.map_or(text, |(_, full)| full))
            }
        };
        if text.starts_with("hf://") && !segments.contains('/') {
            return Err(bad("a `hf://` reference needs both a user and a repository"));
        }
        let parts: Vec<&str> = segments.split('/').collect();
        let n_repo = parts.len().min(2);
        for part in &parts[..n_repo] {
            repo_part_fault(part).map_or(Ok(()), |fault| Err(bad(fault)))?;
        }
        for part in &parts[n_repo..] {
            segment_fault(part).map_or(Ok(()), |fault| Err(bad(fault)))?;
        }
        if let Some(revision) = revision {
            revision_fault(revision).map_or(Ok(()), |fault| Err(bad(fault)))?;
        }
        Ok(Self {
            repo: parts[..n_repo].join("/"),
            path: parts[n_repo..].join("/"),
            revision: revision.map(str::to_owned),
        })
    }

    /// The repository, `user/name` or an early `name`.
    pub fn repo(&self) -> &str {
        &self.repo
    }

    /// The path in the repository, without a leading or trailing `/`; empty for its root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The branch, tag, `refs/pr/N` or commit; `main` if the reference names none.
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or(DEFAULT_REVISION)
    }

    /// This reference's path below `snapshot`, the folder of its repository.
    pub(super) fn below(&self, snapshot: &Path) -> PathBuf {
        if self.path.is_empty() { snapshot.to_path_buf() } else { snapshot.join(&self.path) }
    }

    /// The file or folder `name` (may hold `/`) below this reference's path.
    ///
    /// # Errors
    ///
    /// [`HubError::UnsafeName`] if `name` would leave that path or is not a plain name.
    pub fn join(&self, name: &str) -> Result<Self, HubError> {
        if let Some(fault) = path_fault(name) {
            return Err(HubError::UnsafeName { repo: self.repo.clone(), file: shown(name), fault });
        }
        let path = if self.path.is_empty() { name.into() } else { format!("{}/{name}", self.path) };
        Ok(Self { path, ..self.clone() })
    }
}

impl FromStr for HubRef {
    type Err = HubError;

    fn from_str(text: &str) -> Result<Self, HubError> {
        Self::parse(text)
    }
}

impl fmt::Display for HubRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.repo)?;
        if !self.path.is_empty() {
            write!(f, "/{}", self.path)?;
        }
        match &self.revision {
            Some(revision) => write!(f, "@{revision}"),
            None => Ok(()),
        }
    }
}

/// Splits `user/repo/path@revision` at the first `@`; no name on the Hub holds one.
fn split_plain(text: &str) -> (&str, Option<&str>) {
    match text.split_once('@') {
        Some((segments, revision)) => (segments, Some(revision)),
        None => (text, None),
    }
}

/// Splits what follows `hf://` at its query; `revision` is the only key there is.
fn split_uri(rest: &str) -> Result<(&str, Option<&str>), &'static str> {
    let Some((segments, query)) = rest.split_once('?') else { return Ok((rest, None)) };
    match query.strip_prefix("revision=") {
        Some("") => Ok((segments, None)),
        Some(revision) => Ok((segments, Some(revision))),
        None => Err("only `?revision=` may follow the path"),
    }
}

/// True for text that no reference looks like: it is meant as a path of this machine.
fn looks_local(text: &str) -> bool {
    let drive = text.as_bytes().get(1) == Some(&b':');
    let dots = matches!(text, "." | "..") || text.starts_with("./") || text.starts_with("../");
    drive || dots || text.starts_with(['/', '~']) || text.starts_with(".\\")
}

/// Why `part` cannot be a user's or a repository's name, if so.
fn repo_part_fault(part: &str) -> Option<&'static str> {
    if let Some(fault) = segment_fault(part) {
        return Some(fault);
    }
    let plain = part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    if !plain {
        return Some("a name holds something else than letters, digits, `-`, `_` and `.`");
    }
    // The cache writes `user/repo` as `user--repo`, so the Hub itself refuses `--` in a name.
    if part.contains("--") || part.contains("..") {
        return Some("a name holds `--` or `..`");
    }
    if part.starts_with(['-', '.']) || part.ends_with(['-', '.']) {
        return Some("a name begins or ends with `-` or `.`");
    }
    None
}

/// Why `revision` cannot name a branch, tag or commit, if so.
fn revision_fault(revision: &str) -> Option<&'static str> {
    if revision.is_empty() {
        return Some("nothing follows the `@`");
    }
    path_fault(revision)
}

/// Why `path` is not a relative path of plain segments, if so.
pub(super) fn path_fault(path: &str) -> Option<&'static str> {
    path.split('/').find_map(segment_fault)
}

/// Why `segment` may not become a part of a path or of a URL, if so.
pub(super) fn segment_fault(segment: &str) -> Option<&'static str> {
    if segment.is_empty() {
        return Some("a segment is empty");
    }
    if segment == "." || segment == ".." {
        return Some("a segment is `.` or `..`");
    }
    if segment.chars().any(char::is_control) {
        return Some("it holds a control character");
    }
    if segment.contains('\\') {
        return Some("it holds a backslash");
    }
    let plain = segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.+=,~()".contains(&b));
    if !plain {
        return Some("a segment holds a space or a character that a URL would escape");
    }
    None
}

/// `text` fit for one line of a message: escaped, and cut where it is absurdly long.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 120;
    let escaped: String = text.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if text.chars().count() > LONGEST { format!("{escaped}…") } else { escaped }
}
