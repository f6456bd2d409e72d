//! What was deleted, for as long as somebody may want it back.
//!
//! ```text
//! trash/graph-ID/           the folder that was graphs/ID
//! trash/probe-000001/       the files that were probes/000001.*
//! trash/run-ID-000001/      the file that was graphs/ID/runs/000001.json
//!     deleted.json          when, and how a person calls it
//! ```
//!
//! Things come and go by renaming, so that they are whole in one place or in the other.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Store;
use super::files::{folders, make_folder, now_ms, numbered, read_json, write_json};
use crate::error::ServeError;
use crate::id::Id;
use crate::wire::{Deleted, TrashKind, TrashRow};

/// How long deleted things are kept.
const KEPT_DAYS: f64 = 30.0;

/// `deleted.json`.
#[derive(Debug, Serialize, Deserialize)]
struct Card {
    /// Milliseconds since 1970.
    deleted: f64,
    title: String,
}

/// Something that is or was in the trash, by its name there.
#[derive(Clone, Debug)]
enum Item {
    Graph(Id),
    Probe(u32),
    Run(Id, u32),
}

impl Item {
    fn parse(name: &str) -> Result<Self, ServeError> {
        let missing =
            || ServeError::Missing { what: "deleted thing", name: name.chars().take(80).collect() };
        let item = match name.split_once('-') {
            Some(("graph", id)) => Id::parse("deleted graph", id).ok().map(Self::Graph),
            Some(("probe", number)) => number.parse().ok().map(Self::Probe),
            Some(("run", of)) => of.rsplit_once('-').and_then(|(id, number)| {
                let id = Id::parse("deleted run", id).ok()?;
                Some(Self::Run(id, number.parse().ok()?))
            }),
            _ => None,
        };
        item.filter(|item| item.name() == name).ok_or_else(missing)
    }

    /// `graph-ID`, `probe-000001` or `run-ID-000001`.
    fn name(&self) -> String {
        match self {
            Self::Graph(id) => format!("graph-{id}"),
            Self::Probe(number) => format!("probe-{number:06}"),
            Self::Run(graph, number) => format!("run-{graph}-{number:06}"),
        }
    }

    fn kind(&self) -> TrashKind {
        match self {
            Self::Graph(_) => TrashKind::Graph,
            Self::Probe(_) => TrashKind::Probe,
            Self::Run(..) => TrashKind::Run,
        }
    }
}

impl Store {
    fn trash_folder(&self) -> PathBuf {
        self.root.join("trash")
    }

    fn trashed(&self, item: &Item) -> PathBuf {
        self.trash_folder().join(item.name())
    }

    /// The folder of something that is in the trash.
    fn existing_trashed(&self, name: &str) -> Result<(Item, PathBuf), ServeError> {
        let item = Item::parse(name)?;
        let folder = self.trashed(&item);
        let missing = || ServeError::Missing { what: "deleted thing", name: name.to_owned() };
        if folder.is_dir() { Ok((item, folder)) } else { Err(missing()) }
    }

    /// Puts a graph with its views and runs away.
    pub(crate) fn delete(&self, id: &Id) -> Result<Deleted, ServeError> {
        let row = self.row(id)?;
        let title = if row.title.is_empty() { row.tokens.join(" ") } else { row.title };
        let _writing = self.lock();
        let (from, item) = (self.existing(id)?, Item::Graph(id.clone()));
        let to = self.trashed(&item);
        self.drop_read(id);
        make_folder(&self.trash_folder())?;
        remove(&to)?;
        write_json(&from.join("deleted.json"), &Card { deleted: now_ms(), title })?;
        rename(&from, &to)?;
        Ok(Deleted { trash: item.name() })
    }

    /// Puts a probe away.
    pub(crate) fn delete_probe(&self, number: u32) -> Result<Deleted, ServeError> {
        let title = self.probe(number)?.ask.template;
        let _writing = self.lock();
        let (from, item) = (self.existing_probe(number)?, Item::Probe(number));
        let to = self.trashed(&item);
        remove(&to)?;
        write_json(&to.join("deleted.json"), &Card { deleted: now_ms(), title })?;
        // What is told goes first: without it the numbers are no probe.
        rename(&from, &numbered(&to, number))?;
        rename(&self.grids_path(number), &numbered(&to, number).with_extension("grids"))?;
        Ok(Deleted { trash: item.name() })
    }

    /// Puts a run away.
    pub(crate) fn delete_run(&self, graph: &Id, number: u32) -> Result<Deleted, ServeError> {
        let title = self.run(graph, number)?.name;
        let _writing = self.lock();
        let (from, item) = (self.run_path(graph, number)?, Item::Run(graph.clone(), number));
        let to = self.trashed(&item);
        remove(&to)?;
        write_json(&to.join("deleted.json"), &Card { deleted: now_ms(), title })?;
        rename(&from, &numbered(&to, number))?;
        Ok(Deleted { trash: item.name() })
    }

    fn items(&self) -> impl Iterator<Item = Item> {
        let names = folders(&self.trash_folder()).into_iter();
        names.filter_map(|name| Item::parse(&name).ok())
    }

    /// Numbers of probes that must not be given to others.
    pub(super) fn trashed_probes(&self) -> impl Iterator<Item = u32> {
        self.items().filter_map(|item| match item {
            Item::Probe(number) => Some(number),
            _ => None,
        })
    }

    /// Numbers of a graph's runs that must not be given to others.
    pub(super) fn trashed_runs(&self, graph: &Id) -> impl Iterator<Item = u32> {
        self.items().filter_map(move |item| match item {
            Item::Run(of, number) if of == *graph => Some(number),
            _ => None,
        })
    }

    /// What can be put back, the newest first.
    pub(crate) fn trash(&self) -> Vec<TrashRow> {
        let row = |name: String| {
            let item = Item::parse(&name).ok()?;
            let card: Card = read_json(&self.trashed(&item).join("deleted.json")).ok()?;
            let Card { deleted, title } = card;
            Some(TrashRow { name, kind: item.kind(), title, deleted, kept_days: KEPT_DAYS })
        };
        let mut rows: Vec<_> = folders(&self.trash_folder()).into_iter().filter_map(row).collect();
        rows.sort_by(|a, b| b.deleted.total_cmp(&a.deleted).then(a.name.cmp(&b.name)));
        rows
    }

    /// Puts something back where it was.
    pub(crate) fn restore(&self, name: &str) -> Result<(), ServeError> {
        let _writing = self.lock();
        let (item, from) = self.existing_trashed(name)?;
        match item {
            Item::Graph(id) => {
                let to = self.graph_folder(&id);
                if self.existing(&id).is_ok() {
                    return Err(ServeError::Bad {
                        what: format!("the graph {id} is in the library again"),
                        hint: Some("delete that one first, which takes this one's place"),
                    });
                }
                remove(&to)?;
                rename(&from, &to)
            }
            Item::Probe(number) => {
                rename(&numbered(&from, number).with_extension("grids"), &self.grids_path(number))?;
                rename(&numbered(&from, number), &numbered(&self.probes_folder(), number))?;
                remove(&from)
            }
            Item::Run(graph, number) => {
                let to = self.existing(&graph)?.join("runs");
                rename(&numbered(&from, number), &numbered(&to, number))?;
                remove(&from)
            }
        }
    }

    /// Removes something for good.
    pub(crate) fn forget_trashed(&self, name: &str) -> Result<(), ServeError> {
        let _writing = self.lock();
        remove(&self.existing_trashed(name)?.1)
    }

    /// Removes for good what was deleted too long ago.
    pub(super) fn empty_old_trash(&self) -> Result<(), ServeError> {
        let oldest = now_ms() - KEPT_DAYS * 86_400_000.0;
        for row in self.trash().into_iter().filter(|row| row.deleted < oldest) {
            self.forget_trashed(&row.name)?;
        }
        Ok(())
    }
}

fn rename(from: &Path, to: &Path) -> Result<(), ServeError> {
    let refuse = |source| ServeError::Store { path: from.to_owned(), source };
    std::fs::rename(from, to).map_err(refuse)
}

/// Removes a folder, if it is there.
fn remove(folder: &Path) -> Result<(), ServeError> {
    match std::fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(ServeError::Store { path: folder.to_owned(), source })
        }
        _ => Ok(()),
    }
}
