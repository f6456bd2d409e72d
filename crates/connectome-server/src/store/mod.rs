//! The store: a folder of graphs, with the views and runs of each.
//!
//! ```text
//! graphs/ID/graph.connectome          our file, as the command line writes it
//! graphs/ID/meta.json                 title, tags, time, and the row of the library
//! graphs/ID/views/NAME/000001.json    versions of a view; the newest is current
//! graphs/ID/runs/000001.json          measured runs
//! probes/000001.json, 000001.grids     probes, and their numbers
//! labels/KEY.json                     names of a dictionary's features (`features::labels`)
//! jobs/ID.json                        jobs
//! log.json                            errors of the page
//! trash/                              what was deleted
//! store.json                          what was made at first use
//! ```
//!
//! # Invariants
//!
//! - Every file is written beside its place, synchronised and renamed: whole or not at all.
//! - Paths are made of [`Id`]s and numbers only.
//! - Writers hold one lock; readers none, since what they read is whole.

mod files;
mod graphs;
mod log;
mod probes;
mod runs;
mod tested;
mod trash;
mod views;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use crate::error::ServeError;
use crate::id::Id;

pub(crate) use files::{now_ms, read_json, write_json};
pub(crate) use graphs::{Kept, abs_in, new_row};
pub(crate) use runs::run_row;
pub(crate) use views::{MAIN, newest_version};

/// What was made at first use.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct StoreCard {
    /// The graph that the tour opens.
    pub(crate) tour: Option<String>,
}

/// A folder of graphs.
#[derive(Debug)]
pub(crate) struct Store {
    root: PathBuf,
    /// Held while something is written.
    writing: Mutex<()>,
    /// Graphs that were read last, the newest last.
    read: Mutex<Vec<(Id, Arc<Kept>)>>,
    /// How circuits fared in their tests.
    counted: Mutex<tested::Counted>,
    is_new: bool,
}

impl Store {
    /// Opens a folder, and makes it if it is not there.
    ///
    /// # Errors
    ///
    /// [`ServeError::Store`] if the disk refuses.
    pub(crate) fn open(root: &Path) -> Result<Self, ServeError> {
        for folder in ["graphs", "jobs"] {
            files::make_folder(&root.join(folder))?;
        }
        let is_new = !root.join("store.json").exists();
        let store = Self {
            root: root.to_owned(),
            writing: Mutex::new(()),
            read: Mutex::new(Vec::new()),
            counted: Mutex::default(),
            is_new,
        };
        store.empty_old_trash()?;
        Ok(store)
    }

    /// Whether nothing was made here before.
    #[must_use]
    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    pub(crate) fn card(&self) -> StoreCard {
        read_json(&self.root.join("store.json")).unwrap_or_default()
    }

    pub(crate) fn set_card(&self, card: &StoreCard) -> Result<(), ServeError> {
        let _writing = self.lock();
        write_json(&self.root.join("store.json"), card)
    }

    pub(crate) fn jobs_folder(&self) -> PathBuf {
        self.root.join("jobs")
    }

    fn graph_folder(&self, id: &Id) -> PathBuf {
        self.root.join("graphs").join(id.as_str())
    }

    /// The folder of a graph that is there.
    fn existing(&self, id: &Id) -> Result<PathBuf, ServeError> {
        let folder = self.graph_folder(id);
        if folder.join("graph.connectome").is_file() {
            return Ok(folder);
        }
        Err(ServeError::Missing { what: "graph", name: id.to_string() })
    }

    pub(crate) fn lock(&self) -> std::sync::MutexGuard<'_, ()> {
        // What a writer that panicked left is whole, as every file is.
        self.writing.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
