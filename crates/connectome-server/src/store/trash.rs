//! What was deleted, for as long as somebody may want it back.
//!
//! ```text
//! trash/graph-ID/           the folder that was graphs/ID
//! trash/probe-000001/       the files that were probes/000001.*
//! trash/run-ID-000001/      the file that was graphs/ID/runs/000001.json
//! trash/view-ID_NAME_000001/  the folder that was graphs/ID/views/NAME, the first of this name
//!     deleted.json          when, and how a person calls it
//! ```
//!
//! Things come and go by renaming, so that they are whole in one place or in the other.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Store;
use super::files::{
    folders, make_folder, now_ms, numbered, numbers, read_json, remove, rename, write_json,
};
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
    /// Several views of a graph may have had one name; they are told apart by a number.
    View(Id, Id, u32),
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
            Some(("view", of)) => Self::view(of),
            _ => None,
        };
        item.filter(|item| item.name() == name).ok_or_else(missing)
    }

    /// `ID_NAME_000001`: an underscore is in no id.
    fn view(of: &str) -> Option<Self> {
        let [graph, name, number]: [&str; 3] = of.split('_').collect::<Vec<_>>().try_into().ok()?;
        let graph = Id::parse("deleted view", graph).ok()?;
        Some(Self::View(graph, Id::parse("deleted view", name).ok()?, number.parse().ok()?))
    }

    /// `graph-ID`, `probe-000001`, `run-ID-000001` or `view-ID_NAME_000001`.
    fn name(&self) -> String {
        match self {
            Self::Graph(id) => format!("graph-{id}"),
            Self::Probe(number) => format!("probe-{number:06}"),
            Self::Run(graph, number) => format!("run-{graph}-{number:06}"),
            Self::View(graph, name, number) => format!("view-{graph}_{name}_{number:06}"),
        }
    }

    fn kind(&self) -> TrashKind {
        match self {
            Self::Graph(_) => TrashKind::Graph,
            Self::Probe(_) => TrashKind::Probe,
            Self::Run(..) => TrashKind::Run,
            Self::View(..) => TrashKind::View,
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

    /// Puts a view with its versions away.
    pub(crate) fn delete_view(&self, graph: &Id, name: &Id) -> Result<Deleted, ServeError> {
        let _writing = self.lock();
        let from = self.own_view(graph, name)?;
        let taken = self.items().filter_map(|item| match item {
            Item::View(of, called, number) if of == *graph && called == *name => Some(number),
            _ => None,
        });
        let number = taken.max().map_or(1, |last| last + 1);
        let item = Item::View(graph.clone(), name.clone(), number);
        let card = Card { deleted: now_ms(), title: name.to_string() };
        make_folder(&self.trash_folder())?;
        write_json(&from.join("deleted.json"), &card)?;
        rename(&from, &self.trashed(&item))?;
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
            Item::View(graph, name, _) => {
                let to = self.view_folder(&graph, &name)?;
                if !numbers(&to).is_empty() {
                    return Err(ServeError::Bad {
                        what: format!("the graph has a view `{name}` again"),
                        hint: Some("rename or delete that one first, which takes this one's place"),
                    });
                }
                remove(&to)?;
                rename(&from, &to)
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
