//! Views: versions of the page's state document.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Store;
use super::files::{folders, numbered, numbers, read_bytes, rename, write_bytes};
use crate::error::ServeError;
use crate::id::Id;
use crate::saved::SavedView;
use crate::wire::{ViewSaved, ViewVersion};

/// The view that an address without a name shows (`web/src/workspace/address.ts`).
pub(crate) const MAIN: &str = "main";

/// A version of a view.
#[derive(Debug)]
pub(crate) struct View {
    pub(crate) version: u32,
    pub(crate) etag: String,
    pub(crate) bytes: Vec<u8>,
}

impl Store {
    /// Names of a graph's views.
    pub(crate) fn views(&self, graph: &Id) -> Vec<String> {
        folders(&self.graph_folder(graph).join("views"))
    }

    /// Where a view of a graph is, if there is one.
    pub(super) fn view_folder(&self, graph: &Id, name: &Id) -> Result<PathBuf, ServeError> {
        Ok(self.existing(graph)?.join("views").join(name.as_str()))
    }

    /// The folder of a view that is there and can go.
    pub(super) fn own_view(&self, graph: &Id, name: &Id) -> Result<PathBuf, ServeError> {
        if name.as_str() == MAIN {
            return Err(ServeError::Bad {
                what: format!("the view `{MAIN}` is what a graph's address shows: it stays"),
                hint: Some("save it under another name, and go on there"),
            });
        }
        let folder = self.view_folder(graph, name)?;
        if numbers(&folder).is_empty() {
            return Err(ServeError::Missing { what: "view", name: name.to_string() });
        }
        Ok(folder)
    }

    /// Calls a view otherwise, with all of its versions.
    pub(crate) fn name_view(&self, graph: &Id, name: &Id, to: &str) -> Result<(), ServeError> {
        let to = Id::parse("view", to).map_err(|_| {
            ServeError::bad("a view's name has 1 to 64 small letters, digits and hyphens")
        })?;
        let _writing = self.lock();
        let from = self.own_view(graph, name)?;
        if to == *name {
            return Ok(());
        }
        let folder = self.view_folder(graph, &to)?;
        if to.as_str() == MAIN || !numbers(&folder).is_empty() {
            return Err(ServeError::bad(format!("the graph has a view `{to}` already")));
        }
        rename(&from, &folder)
    }

    /// The current version, or another one.
    pub(crate) fn view(
        &self,
        graph: &Id,
        name: &Id,
        version: Option<u32>,
    ) -> Result<View, ServeError> {
        let folder = self.view_folder(graph, name)?;
        let all = numbers(&folder);
        let wanted = version.or(all.last().copied()).filter(|version| all.contains(version));
        let missing = || ServeError::Missing {
            what: "view",
            name: version.map_or(name.to_string(), |version| format!("{name}, version {version}")),
        };
        let version = wanted.ok_or_else(missing)?;
        let bytes = read_bytes(&numbered(&folder, version))?;
        Ok(View { version, etag: etag(version, &bytes), bytes })
    }

    /// What the page shows under this name: the current version, or what the graph's file groups
    /// where [`MAIN`] was not saved yet.
    pub(crate) fn shown_view(&self, graph: &Id, name: &str) -> Result<SavedView, ServeError> {
        match self.view(graph, &Id::parse("view", name)?, None) {
            Ok(view) => SavedView::from_json(&view.bytes),
            Err(ServeError::Missing { what: "view", .. }) if name == MAIN => {
                Ok(SavedView::of_graph(&self.graph(graph)?.graph))
            }
            Err(error) => Err(error),
        }
    }

    /// Versions of a view, the newest first.
    pub(crate) fn versions(&self, graph: &Id, name: &Id) -> Result<Vec<ViewVersion>, ServeError> {
        let folder = self.view_folder(graph, name)?;
        let version = |number: u32| {
            let path = numbered(&folder, number);
            let bytes = read_bytes(&path).ok()?;
            let saved = std::fs::metadata(&path).and_then(|meta| meta.modified()).ok()?;
            let saved = saved.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis() as f64;
            let document: Value = serde_json::from_slice(&bytes).ok()?;
            let name = document.get("name").and_then(Value::as_str).map(str::to_owned);
            Some(ViewVersion { version: number, saved, bytes: bytes.len(), name })
        };
        Ok(numbers(&folder).into_iter().rev().filter_map(version).collect())
    }

    /// Saves a new version if nobody else did since the one that `if_match` names. A view that
    /// was renamed or deleted meanwhile is not made again.
    pub(crate) fn save_view(
        &self,
        graph: &Id,
        name: &Id,
        if_match: Option<&str>,
        bytes: &[u8],
    ) -> Result<ViewSaved, ServeError> {
        check(bytes)?;
        let folder = self.view_folder(graph, name)?;
        let _writing = self.lock();
        let current = match numbers(&folder).last() {
            None if if_match.is_some_and(|etag| etag != "*") => {
                return Err(ServeError::Missing { what: "view", name: name.to_string() });
            }
            None => None,
            Some(_) => Some(self.view(graph, name, None)?),
        };
        if let Some(current) = &current
            && if_match != Some(current.etag.as_str())
        {
            let document = serde_json::from_slice(&current.bytes).unwrap_or(Value::Null);
            let etag = current.etag.clone();
            return Err(ServeError::Conflict { version: current.version, etag, current: document });
        }
        let version = current.map_or(1, |current| current.version + 1);
        write_bytes(&numbered(&folder, version), bytes)?;
        Ok(ViewSaved { version, etag: etag(version, bytes) })
    }
}

/// The newest version in the folder of a view, if there is one.
pub(crate) fn newest_version(folder: &Path) -> Result<Option<Vec<u8>>, ServeError> {
    numbers(folder).last().map(|version| read_bytes(&numbered(folder, *version))).transpose()
}

fn etag(version: u32, bytes: &[u8]) -> String {
    format!("\"{version}-{}\"", &blake3::hash(bytes).to_hex()[..12])
}

/// A document is an object that says which form it has.
fn check(bytes: &[u8]) -> Result<(), ServeError> {
    let hint = Some("send the page's state document");
    let document: Value = serde_json::from_slice(bytes)
        .map_err(|error| ServeError::Bad { what: format!("the view is no JSON: {error}"), hint })?;
    match document.get("schema").and_then(Value::as_u64) {
        Some(_) => Ok(()),
        None => {
            let what = "the view has no whole number `schema`".to_owned();
            Err(ServeError::Bad { what, hint })
        }
    }
}
