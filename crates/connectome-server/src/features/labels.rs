//! What a person calls features: names of a dictionary's features that hold in every graph made
//! with it, and in every list.
//!
//! ```text
//! labels/KEY.json    the dictionary's name, and its named features
//! ```
//!
//! # Invariants
//!
//! - A file is of one dictionary, by its digest; of one that has none, by its name.
//! - An index that is open knows the names of its dictionary, so that whoever reads it finds them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use connectome::features::index::{Label, LabelSource};
use connectome_graph::{AttributionGraph, FeatureId};
use serde::{Deserialize, Serialize};

use super::{Index, Indexes, Set, labelled};
use crate::App;
use crate::error::ServeError;
use crate::store::{now_ms, read_json, write_json};
use crate::wire::FeatureLabel;

/// The longest name, in characters.
const LONGEST: usize = 200;

/// A dictionary, as its names are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dictionary<'a> {
    name: &'a str,
    digest: Option<&'a str>,
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

impl<'a> Dictionary<'a> {
    fn of_graph(graph: &'a AttributionGraph) -> Self {
        let origin = &graph.provenance().dictionary;
        Self { name: &origin.name, digest: origin.digest.as_deref() }
    }

    /// That of a set, by the digest of what is open, or else by what its index says.
    fn of_set(set: &'a Set, digest: Option<&'a str>) -> Result<Self, ServeError> {
        match (&set.opened, digest, set.index.as_deref()) {
            (Some(opened), Some(_), _) => Ok(Self { name: &opened.dictionary_name, digest }),
            (_, _, Some(index)) => Ok(Self::of_index(index)),
            _ => Err(ServeError::Missing { what: "dictionary", name: set.name.clone() }),
        }
    }

    pub(super) fn of_index(index: &'a Index) -> Self {
        let card = index.reader.card();
        let digest = Some(card.dictionary_digest.as_str()).filter(|digest| !digest.is_empty());
        Self { name: &card.dictionary, digest }
    }

    /// Its file below the store's folder. A digest may come from a file of somebody else's, so
    /// that it is no part of a path before it was looked at.
    fn path(&self, folder: &Path) -> PathBuf {
        let is_plain = |digest: &&str| digest.bytes().all(|byte| byte.is_ascii_hexdigit());
        let key = self.digest.filter(is_plain).map_or_else(
            || format!("name-{}", blake3::hash(self.name.as_bytes()).to_hex()),
            str::to_owned,
        );
        folder.join("labels").join(key).with_extension("json")
    }

    fn read(&self, folder: &Path) -> Result<Vec<Named>, ServeError> {
        let path = self.path(folder);
        if !path.exists() {
            return Ok(Vec::new());
        }
        Ok(read_json::<File>(&path)?.labels)
    }

    /// What its features were called by hand.
    pub(super) fn labels(&self, folder: &Path) -> Result<BTreeMap<FeatureId, String>, ServeError> {
        let id = |named: &Named| FeatureId { layer: named.layer, index: named.index };
        Ok(self.read(folder)?.into_iter().map(|named| (id(&named), named.text)).collect())
    }
}

/// The digest of a set's dictionary, if that is open.
fn digest_of(set: &Set) -> Option<String> {
    set.opened.as_ref().map(|opened| opened.replacement.transcoder().digest())
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
        let digest = digest_of(set);
        let dictionary = Dictionary::of_set(set, digest.as_deref())?;
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
        let digest = digest_of(set);
        let dictionary = Dictionary::of_set(set, digest.as_deref())?;
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
            let file = File { schema: 1, dictionary: dictionary.name.to_owned(), labels };
            write_json(&dictionary.path(folder), &file)?;
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
    /// Tells the open indexes of a dictionary what its features are called now.
    fn rename(&self, dictionary: &Dictionary<'_>) -> Result<(), ServeError> {
        let labels = dictionary.labels(&self.folder)?;
        for index in self.opened() {
            if Dictionary::of_index(&index).path(&self.folder) == dictionary.path(&self.folder) {
                index.name_by_hand(labels.clone());
            }
        }
        Ok(())
    }
}
