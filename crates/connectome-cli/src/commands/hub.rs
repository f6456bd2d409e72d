//! `connectome hub`: what is on this machine, and bringing more.

use std::path::Path;

use anyhow::Result;
use connectome::files::Folder;
use connectome::hub::{self, Files, HubError, HubRef, HubSettings, Source};
use connectome::organism;
use connectome::transcoder::Transcoder;
use connectome_graph::{GraphError, whole};
use serde::Serialize;

use super::Ending;
use crate::args::{HubArgs, HubCommand, Kind};
use crate::failure::UsageError;
use crate::printer::{Page, text};
use crate::progress::Downloads;
use crate::settings::{self, World};

#[derive(Debug, Serialize)]
struct ListReport {
    shipped: Vec<Shipped>,
    cached: Vec<Cached>,
    caches: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Shipped {
    name: &'static str,
    about: &'static str,
    example: &'static str,
}

#[derive(Debug, Serialize)]
struct Cached {
    repo: String,
    revision: String,
    path: String,
    bytes: u64,
}

#[derive(Debug, Serialize)]
struct PlaceReport {
    reference: String,
    /// `model` or `dictionary`.
    kind: &'static str,
    path: String,
    /// Files of the dictionary's layers that lie in other repositories.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    layers: Vec<String>,
}

pub(crate) fn run(command: &HubCommand, world: &World) -> Result<Ending> {
    match command {
        HubCommand::List => list(world)?,
        HubCommand::Fetch(args) => match &args.out {
            Some(out) => write_out(&args.hub, out, world)?,
            None => tell(&place(&args.hub, Reach::Fetch, world)?, world)?,
        },
        HubCommand::Where(args) => tell(&place(args, Reach::Look, world)?, world)?,
    }
    Ok(Ending::Done)
}

fn list(world: &World) -> Result<()> {
    let settings = settings::hub(true);
    let cached = hub::list_cached(&settings)?.into_iter().map(|repo| Cached {
        repo: repo.repo,
        revision: repo.revision,
        path: repo.path.display().to_string(),
        bytes: repo.bytes,
    });
    let shipped = organism::SHIPPED.iter().map(|organism| Shipped {
        name: organism.name,
        about: organism.about,
        example: organism.example,
    });
    let report = ListReport {
        shipped: shipped.collect(),
        cached: cached.collect(),
        caches: settings.cache_dirs.iter().map(|dir| dir.display().to_string()).collect(),
    };
    let mut page = Page::new(world.screen);
    page.heading("Shipped", "compiled in, nothing to fetch");
    for organism in &report.shipped {
        page.entry(organism.name, 12, organism.about);
    }
    page.heading("On this machine", &text::plain(&report.caches.join(", ")));
    for repo in &report.cached {
        let name = text::plain(&format!("{}@{}", repo.repo, repo.revision));
        let columns = world.screen.width.saturating_sub(14);
        page.line(&format!("  {}  {:>8}", text::pad(&name, columns), text::bytes(repo.bytes)));
    }
    if report.cached.is_empty() {
        page.prose("nothing yet; `connectome hub fetch ID` brings a model or a dictionary");
    }
    world.print(&page.finish())?;
    world.document(&report)
}

/// Whether the network may be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Fetch,
    Look,
}

fn place(args: &HubArgs, reach: Reach, world: &World) -> Result<PlaceReport> {
    let settings = settings::hub(args.offline || reach == Reach::Look);
    let name = &args.reference;
    if shipped(name).is_some() {
        return Err(UsageError::Shipped { name: name.clone() }.into());
    }
    let reference: HubRef = name.parse()?;
    let kinds = match args.kind {
        Some(Kind::Model) => vec![Files::Model],
        Some(Kind::Dictionary) => vec![Files::Dictionary],
        None => vec![Files::Model, Files::Dictionary],
    };
    let finder = Finder { reference: &reference, settings: &settings, reach, world };
    let (path, files) = finder.first(&kinds)?;
    let layers = if files == Files::Dictionary { finder.layers(&path)? } else { Vec::new() };
    Ok(PlaceReport {
        reference: reference.to_string(),
        kind: kind(files),
        path: path.display().to_string(),
        layers,
    })
}

fn kind(files: Files) -> &'static str {
    if files == Files::Model { "model" } else { "dictionary" }
}

fn tell(report: &PlaceReport, world: &World) -> Result<()> {
    world.print(&format!("{}\n", report.path))?;
    world.document(report)
}

/// A model or a dictionary that ships, by name.
fn shipped(name: &str) -> Option<(Folder, Files)> {
    let model = organism::by_name(name).map(|organism| (organism.model(), Files::Model));
    model.or_else(|| Some((organism::dictionary(name)?, Files::Dictionary)))
}

/// Writes the files of a model or a dictionary to a folder: all of them, or none.
fn write_out(args: &HubArgs, out: &Path, world: &World) -> Result<()> {
    if out.read_dir().is_ok_and(|mut files| files.next().is_some()) {
        return Err(UsageError::NotEmpty { path: out.to_owned() }.into());
    }
    let (folder, found) = match shipped(&args.reference) {
        Some((folder, files)) => {
            let (reference, path) = (args.reference.clone(), String::new());
            (folder, PlaceReport { reference, kind: kind(files), path, layers: Vec::new() })
        }
        None => {
            let reach = if args.offline { Reach::Look } else { Reach::Fetch };
            let found = place(args, reach, world)?;
            (Folder::Disk(found.path.clone().into()), found)
        }
    };
    let refuse = |source| GraphError::Write { source, path: out.to_owned() };
    std::fs::create_dir_all(settings::folder(out)).map_err(refuse)?;
    let beside = whole::folder_beside(out).map_err(refuse)?;
    for name in folder.names()? {
        std::fs::write(beside.path().join(&name), &*folder.open(&name)?).map_err(refuse)?;
    }
    whole::place_folder(beside, out).map_err(refuse)?;
    tell(&PlaceReport { path: out.display().to_string(), ..found }, world)
}

struct Finder<'a> {
    reference: &'a HubRef,
    settings: &'a HubSettings,
    reach: Reach,
    world: &'a World,
}

impl Finder<'_> {
    /// The folder, as the first of `kinds` that the repository is.
    fn first(&self, kinds: &[Files]) -> Result<(std::path::PathBuf, Files), HubError> {
        let mut first_error = None;
        for &files in kinds {
            match self.resolve(files) {
                Ok(path) => return Ok((path, files)),
                // Not of this kind, or not wholly here: it may be of the other.
                Err(
                    error @ (HubError::NotPublished { .. }
                    | HubError::Incomplete { .. }
                    | HubError::NotCached { .. }
                    | HubError::FileNotFound { .. }),
                ) => {
                    first_error.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        Err(first_error.expect("there is a kind to ask for"))
    }

    fn resolve(&self, files: Files) -> Result<std::path::PathBuf, HubError> {
        let mut downloads = Downloads::new(self.world);
        let source = Source::Hub(self.reference.clone());
        match self.reach {
            Reach::Fetch => {
                hub::fetch(self.reference, files, self.settings, &mut |event| downloads.tell(event))
            }
            Reach::Look => {
                hub::resolve(&source, files, self.settings, &mut |event| downloads.tell(event))
            }
        }
    }

    /// Layers that the dictionary's config keeps in other repositories, brought here too.
    fn layers(&self, path: &std::path::Path) -> Result<Vec<String>> {
        let mut layers = Vec::new();
        let mut downloads = Downloads::new(self.world);
        for entry in Transcoder::remote_files(&Folder::Disk(path.to_owned()))? {
            let entry = HubRef::parse(&entry)?;
            let path =
                hub::resolve_file(&entry, self.settings, &mut |event| downloads.tell(event))?;
            layers.push(path.display().to_string());
        }
        Ok(layers)
    }
}
