//! What a person calls features: names of a dictionary's features that hold in every graph made
//! with it, and in every list.
//!
//! ```text
//! labels/KEY.json    the dictionary's name, and its named features
//! ```
//!
//! # Invariants
//!
//! - A file is of one dictionary, by its digest; of one that has none, by its name, as long as no
//!   dictionary of that name is known by its digest: then that one's file is meant.
//! - An index that is open knows the names of its dictionary, so that whoever reads it finds them.
//!   So wherever there is an index, its key is the only one ([`Dictionary::of_set`]); one that
//!   does not say its dictionary's digest (it was imported) takes that of the dictionary that it
//!   is used for ([`Indexes::adopt`]).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use connectome::features::index::{Label, LabelSource};
use connectome::open::Opened;
use connectome_graph::{AttributionGraph, FeatureId};
use serde::{Deserialize, Serialize};

use super::{Index, Indexes, Set, labelled};
use crate::App;
use crate::error::ServeError;
use crate::store::{now_ms, read_json, write_json};
use crate::wire::FeatureLabel;

/// The longest name, in characters.
const LONGEST: usize = 200;

/// What names of files begin with that are of a dictionary without a digest.
const BY_NAME: &str = "name-";

/// A dictionary, as its names are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dictionary {
    name: String,
    digest: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    schema: u32,
    dictionary: String,
    labels: Vec<Named>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Named {
    layer: u32,
    index: u32,
    text: String,
    /// Milliseconds since 1970.
    at: f64,
}

impl Dictionary {
    fn of_graph(graph: &AttributionGraph) -> Self {
        let origin = &graph.provenance().dictionary;
        Self::new(&origin.name, origin.digest.as_deref())
    }

    /// That of a set: by its index, whose names everyone reads, or else by what is open.
    fn of_set(set: &Set) -> Result<Self, ServeError> {
        match (set.index.as_deref(), &set.opened) {
            (Some(index), _) => Ok(Self::of_index(index)),
            (None, Some(opened)) => Ok(Self::of_opened(opened)),
            (None, None) => Err(ServeError::Missing { what: "dictionary", name: set.name.clone() }),
        }
    }

    fn of_opened(opened: &Opened) -> Self {
        let digest = opened.replacement.transcoder().digest();
        Self::new(&opened.dictionary_name, Some(digest.as_str()))
    }

    /// By what an index says, or what it was found to be of.
    pub(super) fn of_index(index: &Index) -> Self {
        let card = index.reader.card();
        let said = Self::new(&card.dictionary, Some(card.dictionary_digest.as_str()));
        let adopted = index.adopted.get().filter(|_| said.digest.is_none());
        adopted.cloned().unwrap_or(said)
    }

    /// A digest may come from a file of somebody else's, and becomes a part of a path: what is no
    /// digest is none.
    fn new(name: &str, digest: Option<&str>) -> Self {
        let is_plain = |digest: &&str| {
            !digest.is_empty() && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
        };
        let digest = digest.filter(is_plain).map(str::to_owned);
        Self { name: name.to_owned(), digest }
    }

    /// Its file below the store's folder.
    fn path(&self, folder: &Path) -> PathBuf {
        match &self.digest {
            Some(digest) => folder.join("labels").join(digest).with_extension("json"),
            None => only_of_name(folder, &self.name).unwrap_or_else(|| self.path_by_name(folder)),
        }
    }

    /// Where its names are as long as its digest is not known to anybody.
    fn path_by_name(&self, folder: &Path) -> PathBuf {
        let key = format!("{BY_NAME}{}", blake3::hash(self.name.as_bytes()).to_hex());
        folder.join("labels").join(key).with_extension("json")
    }

    /// Names that were given before its digest was known are its names, too, until it has a file
    /// of its own.
    fn read(&self, folder: &Path) -> Result<Vec<Named>, ServeError> {
        let paths = [self.path(folder), self.path_by_name(folder)];
        match paths.into_iter().find(|path| path.exists()) {
            Some(path) => Ok(read_json::<File>(&path)?.labels),
            None => Ok(Vec::new()),
        }
    }

    fn write(&self, folder: &Path, labels: Vec<Named>) -> Result<(), ServeError> {
        write_json(&self.path(folder), &File { schema: 1, dictionary: self.name.clone(), labels })
    }

    /// What its features were called by hand.
    pub(super) fn labels(&self, folder: &Path) -> Result<BTreeMap<FeatureId, String>, ServeError> {
        let id = |named: &Named| FeatureId { layer: named.layer, index: named.index };
        Ok(self.read(folder)?.into_iter().map(|named| (id(&named), named.text)).collect())
    }
}

/// The file of the one dictionary of a name that is known by its digest; none if there are
/// several, as nothing then says which is meant.
fn only_of_name(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder.join("labels")).into_iter().flatten().flatten();
    let by_digest = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.ends_with(".json") && !name.starts_with(BY_NAME)
    };
    let is_of_name =
        |path: &PathBuf| read_json::<File>(path).is_ok_and(|file| file.dictionary == name);
    let mut found = entries.map(|entry| entry.path()).filter(by_digest).filter(is_of_name);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

fn told(label: Option<Label>) -> FeatureLabel {
    FeatureLabel {
        label_source: label.as_ref().map(|label| label.source.name().to_owned()),
        label: label.map(|label| label.text),
    }
}

impl App {
    /// What the features of a graph are called: by hand, or by the index of its dictionary.
    pub(crate) fn names(
        &self,
        set: Option<&Set>,
        graph: &AttributionGraph,
    ) -> Result<BTreeMap<FeatureId, Label>, ServeError> {
        if let Some(index) = set.and_then(|set| set.index.as_deref()) {
            return labelled(Some(index), graph);
        }
        let named = Dictionary::of_graph(graph).labels(&self.settings.folder)?;
        let of_active = graph.nodes().active().iter().filter_map(|active| {
            let text = named.get(&active.id)?.clone();
            Some((active.id, Label { text, source: LabelSource::Person }))
        });
        Ok(of_active.collect())
    }

    /// What a feature is called by hand, or by the index if there is one.
    ///
    /// # Errors
    ///
    /// [`ServeError::Missing`] for a feature that the dictionary has not.
    pub(crate) fn label_of(&self, set: &Set, id: FeatureId) -> Result<FeatureLabel, ServeError> {
        set.check(id)?;
        if let Some(index) = set.index.as_deref() {
            return Ok(told(index.reader.label(id)?));
        }
        let dictionary = Dictionary::of_set(set)?;
        let text = dictionary.labels(&self.settings.folder)?.remove(&id);
        Ok(told(text.map(|text| Label { text, source: LabelSource::Person })))
    }

    /// Gives a feature a name that holds wherever it fires; an empty one takes it away.
    ///
    /// # Errors
    ///
    /// [`ServeError::Bad`] for a name that is too long or a feature that the dictionary has not.
    pub(crate) fn name_feature(
        &self,
        set: &Set,
        id: FeatureId,
        text: &str,
    ) -> Result<FeatureLabel, ServeError> {
        let text = text.trim();
        let found = text.chars().count();
        if found > LONGEST {
            return Err(ServeError::bad(format!(
                "the name has {found} characters, expected {LONGEST} at most"
            )));
        }
        set.check(id)?;
        let dictionary = Dictionary::of_set(set)?;
        let folder = &self.settings.folder;
        {
            let _writing = self.store.lock();
            let mut labels = dictionary.read(folder)?;
            labels.retain(|named| (named.layer, named.index) != (id.layer, id.index));
            if !text.is_empty() {
                let (layer, index, text) = (id.layer, id.index, text.to_owned());
                labels.push(Named { layer, index, text, at: now_ms() });
            }
            labels.sort_by_key(|named| (named.layer, named.index));
            dictionary.write(folder, labels)?;
        }
        self.indexes.rename(&dictionary)?;
        let by_index = || match set.index.as_deref() {
            Some(index) => Ok(index.reader.label(id)?),
            None => Ok::<_, ServeError>(None),
        };
        let label = match text {
            "" => by_index()?,
            text => Some(Label { text: text.to_owned(), source: LabelSource::Person }),
        };
        Ok(told(label))
    }
}

impl Indexes {
    /// An index that does not say its dictionary's digest is of the dictionary that it is used
    /// for, and has its names from now on.
    pub(super) fn adopt(&self, index: &Index, opened: &Opened) {
        if !index.reader.card().dictionary_digest.is_empty() || index.adopted.get().is_some() {
            return;
        }
        let dictionary = Dictionary::of_opened(opened);
        // Names that cannot be read are told of when one is given.
        if let Ok(labels) = dictionary.labels(&self.folder)
            && index.adopted.set(dictionary).is_ok()
        {
            index.name_by_hand(labels);
        }
    }

    /// Tells the open indexes of a dictionary what its features are called now.
    fn rename(&self, dictionary: &Dictionary) -> Result<(), ServeError> {
        let labels = dictionary.labels(&self.folder)?;
        let path = dictionary.path(&self.folder);
        for index in self.opened() {
            if Dictionary::of_index(&index).path(&self.folder) == path {
                index.name_by_hand(labels.clone());
            }
        }
        Ok(())
    }
}
