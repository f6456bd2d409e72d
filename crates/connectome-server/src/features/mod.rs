//! Feature indexes: found, matched to the dictionaries that are served, and read.
//!
//! An index is looked for among those that were named (`--features`), where `connectome features
//! collect` writes one if nobody says ([`Opened::features_path`]), and among the files
//! `*.features` of the store's folder, in that order; last comes the one that ships with its
//! dictionary. It is looked for at every request: one that
//! is collected while the server runs is found.
//!
//! # Invariants
//!
//! - An index is used for a dictionary only if it says the dictionary's digest; one that says
//!   none (it was imported) only if it says the dictionary's name, or lies in its folder, and its
//!   sizes fit.
//! - What is not used is told, with the reason.

mod answers;
mod labels;
mod sets;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use connectome::features::browse::{self, Query, Summary};
use connectome::features::index::Statistics;
use connectome::features::packed::Packed;
use connectome::features::{FeatureIndex, FeaturesError};
use connectome::open::Opened;
use connectome::organism;
use connectome_graph::{AttributionGraph, FeatureId};

use crate::error::ServeError;

use labels::Dictionary;
pub(crate) use sets::{Set, labelled};

/// What the names of index files in the store's folder end in.
const EXTENSION: &str = "features";

/// An index that is open.
#[derive(Debug)]
pub(crate) struct Index {
    pub(crate) reader: FeatureIndex,
    /// As circuit-tracer's page reads it.
    pub(crate) packed: Packed,
    summary: Mutex<Option<Summary>>,
    listed: Mutex<Option<Listed>>,
    /// The dictionary that it is used for, of an index that does not say a digest.
    adopted: OnceLock<Dictionary>,
}

/// Features in the order of a query.
type Rows = Arc<Vec<(FeatureId, Statistics)>>;

/// The list that was asked for last: most often its next part is asked for.
#[derive(Debug)]
struct Listed {
    query: Query,
    rows: Rows,
}

impl Index {
    /// An index by itself.
    pub(crate) fn new(reader: FeatureIndex) -> Self {
        let packed = Packed::new(reader.card().n_layers);
        let (summary, listed) = (Mutex::default(), Mutex::default());
        Self { reader, packed, summary, listed, adopted: OnceLock::new() }
    }

    /// Counts of the whole index, made once, and again after features were named.
    pub(crate) fn summary(&self) -> Result<Summary, FeaturesError> {
        let mut summary = self.summary.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = *summary {
            return Ok(known);
        }
        let found = browse::summary(&self.reader)?;
        *summary = Some(found);
        Ok(found)
    }

    /// All that a query means, in its order; [`browse::find`] anew only if it is another query
    /// than before, or features were named.
    fn listed(&self, query: Query) -> Result<Rows, FeaturesError> {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = listed.as_ref().filter(|known| known.query == query) {
            return Ok(known.rows.clone());
        }
        let rows: Rows = Arc::new(browse::find(&self.reader, &query)?);
        *listed = Some(Listed { query, rows: rows.clone() });
        Ok(rows)
    }

    /// [`FeatureIndex::name_by_hand`].
    fn name_by_hand(&self, labels: BTreeMap<FeatureId, String>) {
        self.reader.name_by_hand(labels);
        *self.summary.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.listed.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Whether it is of a dictionary that is open; `is_own` says that it lies where that
    /// dictionary's index usually is.
    fn fits(&self, opened: &Opened, is_own: bool) -> bool {
        let (card, transcoder) = (self.reader.card(), opened.replacement.transcoder());
        let is_known = !card.dictionary_digest.is_empty()
            || is_own
            || card.dictionary == opened.dictionary_name;
        let sizes = (transcoder.card().n_layers, transcoder.card().n_features);
        let (name, digest) = (&opened.dictionary_name, transcoder.digest());
        is_known && self.reader.check_dictionary(name, &digest, sizes.0, sizes.1).is_ok()
    }

    /// Whether it is of the dictionary that a graph was made with.
    fn fits_graph(&self, graph: &AttributionGraph) -> bool {
        let card = self.reader.card();
        let origin = graph.provenance();
        let both_say = origin.dictionary.digest.is_some() && !card.dictionary_digest.is_empty();
        let is_named = card.dictionary == origin.dictionary.name
            || (!card.scan.is_empty() && origin.scans == [card.scan.clone()]);
        (both_say || is_named) && self.reader.check_graph(graph).is_ok()
    }
}

/// A file as it was when it was opened; a refusal is kept as its sentence.
#[derive(Clone, Debug)]
struct Seen {
    stamp: (Option<SystemTime>, u64),
    found: Result<Arc<Index>, String>,
}

/// The indexes that can be read.
#[derive(Debug)]
pub(crate) struct Indexes {
    named: Vec<PathBuf>,
    folder: PathBuf,
    seen: Mutex<BTreeMap<PathBuf, Seen>>,
}

impl Indexes {
    /// Opens those that were named; `folder` is the store's.
    ///
    /// # Errors
    ///
    /// [`ServeError::Features`] if a named file is no index.
    pub(crate) fn open(named: &[PathBuf], folder: &Path) -> Result<Self, ServeError> {
        for path in named {
            FeatureIndex::open(path)?;
        }
        Ok(Self { named: named.to_vec(), folder: folder.to_owned(), seen: Mutex::default() })
    }

    /// The index of a dictionary: one that was collected with the same model, else any.
    pub(crate) fn of(&self, opened: &Opened) -> Option<Arc<Index>> {
        let own = opened.features_path();
        let fitting: Vec<Arc<Index>> = self
            .paths(Some(&own))
            .iter()
            .filter_map(|path| self.at(path).ok().filter(|index| index.fits(opened, *path == own)))
            .collect();
        let same = |index: &&Arc<Index>| index.reader.card().model == opened.model_name;
        let collected = fitting.iter().find(same).or_else(|| fitting.first()).cloned();
        let found = collected.or_else(|| self.shipped(opened))?;
        self.adopt(&found, opened);
        Some(found)
    }

    /// The index that ships with a dictionary.
    fn shipped(&self, opened: &Opened) -> Option<Arc<Index>> {
        let path = organism::features(&opened.model_name, &opened.dictionary_name)?;
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let known = seen
            .entry(path.clone())
            .or_insert_with(|| Seen { stamp: (None, 0), found: self.read(&path) });
        known.found.clone().ok().filter(|index| index.fits(opened, false))
    }

    /// A file, read as an index, with the names that people gave.
    fn read(&self, path: &Path) -> Result<Arc<Index>, String> {
        let reader = FeatureIndex::open(path).map_err(|error| error.to_string())?;
        let index = Index::new(reader);
        let named = Dictionary::of_index(&index).labels(&self.folder);
        index.name_by_hand(named.map_err(|error| error.body().what)?);
        Ok(Arc::new(index))
    }

    /// The index of a graph whose dictionary is not served.
    fn of_graph(&self, graph: &AttributionGraph) -> Option<Arc<Index>> {
        self.all().into_iter().find(|index| index.fits_graph(graph))
    }

    /// The index of a dictionary of this name that is not served.
    fn of_name(&self, name: &str) -> Option<Arc<Index>> {
        self.all().into_iter().find(|index| index.reader.card().dictionary == name)
    }

    fn all(&self) -> Vec<Arc<Index>> {
        self.paths(None).iter().filter_map(|path| self.at(path).ok()).collect()
    }

    /// Files that may be indexes: those that were named, the dictionary's own, then those of the
    /// store's folder by name.
    fn paths(&self, own: Option<&Path>) -> Vec<PathBuf> {
        let mut paths = self.named.clone();
        paths.extend(own.filter(|own| own.is_file()).map(Path::to_owned));
        let entries = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut here: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        here.retain(|path| path.extension().is_some_and(|end| end == EXTENSION) && path.is_file());
        here.sort();
        paths.extend(here);
        paths
    }

    /// Those that are open.
    fn opened(&self) -> Vec<Arc<Index>> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.values().filter_map(|seen| seen.found.as_ref().ok().cloned()).collect()
    }

    /// An index, opened anew only if its file is another than before.
    fn at(&self, path: &Path) -> Result<Arc<Index>, String> {
        let facts = std::fs::metadata(path).map_err(|error| error.to_string())?;
        let stamp = (facts.modified().ok(), facts.len());
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = seen.get(path).filter(|known| known.stamp == stamp) {
            return known.found.clone();
        }
        let found = self.read(path);
        seen.insert(path.to_owned(), Seen { stamp, found: found.clone() });
        found
    }
}
