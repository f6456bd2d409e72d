//! [`Set`]: the features of one dictionary as requests name them, with what is known of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use connectome::features::index::Label;
use connectome::open::Opened;
use connectome::organism;
use connectome_graph::{AttributionGraph, FeatureId};

use super::Index;
use crate::engine::Known;
use crate::error::ServeError;
use crate::wire::{FeatureSet, FeatureSets, SkippedIndex};
use crate::{App, shell};

/// The features of a dictionary.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    /// What requests call it: the model's name, or the dictionary's if no model is served.
    pub(crate) name: String,
    pub(crate) opened: Option<Arc<Opened>>,
    pub(crate) index: Option<Arc<Index>>,
    /// The command that makes an index.
    collect: String,
}

impl Set {
    /// What the dictionary is called.
    pub(crate) fn dictionary(&self) -> String {
        let of_index = || self.index.as_ref().map(|index| index.reader.card().dictionary.clone());
        let opened = self.opened.as_ref().map(|opened| opened.dictionary_name.clone());
        opened.or_else(of_index).unwrap_or_default()
    }

    /// The index, which some requests need.
    ///
    /// # Errors
    ///
    /// [`ServeError::NoIndex`] with the command that makes one.
    pub(crate) fn index(&self) -> Result<&Index, ServeError> {
        self.found().map(Arc::as_ref)
    }

    /// The index, to be kept for as long as it is read.
    ///
    /// # Errors
    ///
    /// As [`Set::index`].
    pub(crate) fn shared_index(&self) -> Result<Arc<Index>, ServeError> {
        self.found().cloned()
    }

    /// Refuses a feature that the dictionary has not.
    ///
    /// # Errors
    ///
    /// [`ServeError::Missing`].
    pub(super) fn check(&self, id: FeatureId) -> Result<(), ServeError> {
        let sizes = match (&self.opened, &self.index) {
            (Some(opened), _) => {
                let card = opened.replacement.transcoder().card();
                (card.n_layers, card.n_features)
            }
            (None, Some(index)) => (index.reader.card().n_layers, index.reader.card().n_features),
            (None, None) => (0, 0),
        };
        if (id.layer as usize) < sizes.0 && (id.index as usize) < sizes.1 {
            return Ok(());
        }
        Err(ServeError::Missing { what: "feature", name: format!("L{}/{}", id.layer, id.index) })
    }

    fn found(&self) -> Result<&Arc<Index>, ServeError> {
        let missing = || {
            let dictionary = self.opened.as_ref().map(|opened| opened.dictionary_name.clone());
            let dictionary = dictionary.unwrap_or_else(|| self.name.clone());
            ServeError::NoIndex { dictionary, command: self.collect.clone() }
        };
        self.index.as_ref().ok_or_else(missing)
    }

    /// What the addresses of other pages call it: one part of a path.
    pub(crate) fn slug(&self) -> String {
        slug(&self.name)
    }

    /// The model, which some requests run.
    ///
    /// # Errors
    ///
    /// [`ServeError::Missing`] if it is not served.
    pub(crate) fn opened(&self) -> Result<&Opened, ServeError> {
        let missing = || ServeError::Missing { what: "model", name: self.name.clone() };
        self.opened.as_deref().ok_or_else(missing)
    }
}

fn slug(name: &str) -> String {
    name.replace(|c: char| !c.is_ascii_alphanumeric() && !"._-".contains(c), "-")
}

/// Labels of an index for the features of a graph; nothing if the index is another's.
pub(crate) fn labelled(
    index: Option<&Index>,
    graph: &AttributionGraph,
) -> Result<BTreeMap<FeatureId, Label>, ServeError> {
    Ok(index.map(|index| index.reader.labels_of(graph)).transpose()?.unwrap_or_default())
}

impl App {
    /// The features of a served model, of the default one if none is named, or of a dictionary
    /// whose index alone is here.
    pub(crate) fn set(&self, name: Option<&str>) -> Result<Set, ServeError> {
        let name = name.unwrap_or_else(|| self.engine.default_model());
        if let Some(known) = self.engine.find(name) {
            return Ok(self.set_of(known, self.engine.model(Some(name))?));
        }
        let missing =
            || ServeError::Missing { what: "model", name: name.chars().take(80).collect() };
        let index = self.indexes.of_name(name).ok_or_else(missing)?;
        let (name, collect) = (name.to_owned(), String::new());
        Ok(Set { name, opened: None, index: Some(index), collect })
    }

    /// The set of a slug.
    pub(crate) fn set_of_slug(&self, wanted: &str) -> Option<Set> {
        let known = self.engine.known().iter().find(|known| slug(&known.id) == wanted);
        if let Some(known) = known {
            return self.set(Some(&known.id)).ok();
        }
        let all = self.indexes.all();
        let index = all.iter().find(|index| slug(&index.reader.card().dictionary) == wanted)?;
        self.set(Some(&index.reader.card().dictionary)).ok()
    }

    /// The set of a page that names none: the default model's if an index of it was collected, else
    /// the first that has one. An index that ships is not asked for: such a page may show a graph
    /// of any model, and another's features would stand under its numbers.
    pub(crate) fn usual_set(&self) -> Result<Set, ServeError> {
        let is_collected =
            |set: &Set| set.index.as_ref().is_some_and(|index| !index.reader.is_shipped());
        let usual = self.set(None)?;
        if is_collected(&usual) {
            return Ok(usual);
        }
        let served = self.engine.known().iter().filter_map(|known| {
            // A model that cannot be opened says why in the list of models.
            self.set(Some(&known.id)).ok().filter(&is_collected)
        });
        let alone = self.indexes.all().into_iter();
        let alone = alone.filter_map(|index| self.set(Some(&index.reader.card().dictionary)).ok());
        Ok(served.chain(alone).next().unwrap_or(Set { index: None, ..usual }))
    }

    fn set_of(&self, known: &Known, opened: Arc<Opened>) -> Set {
        let index = self.indexes.of(&opened);
        let collect = self.collect_command(known, &opened);
        Set { name: known.id.clone(), opened: Some(opened), index, collect }
    }

    /// The features of a graph's dictionary; `None` if neither its model nor an index is here.
    pub(crate) fn set_of_graph(&self, graph: &AttributionGraph) -> Option<Set> {
        if let Ok((known, opened)) = self.engine.pair_of_graph(graph) {
            return Some(self.set_of(known, opened));
        }
        let index = self.indexes.of_graph(graph)?;
        let name = index.reader.card().dictionary.clone();
        Some(Set { name, opened: None, index: Some(index), collect: String::new() })
    }

    /// All sets, and the files that are not used.
    pub(crate) fn sets(&self) -> Result<FeatureSets, ServeError> {
        let mut sets = Vec::new();
        let mut used = Vec::new();
        for known in self.engine.known() {
            // A model that cannot be opened says why in the list of models.
            let Ok(opened) = self.engine.model(Some(&known.id)) else { continue };
            let set = self.set_of(known, opened.clone());
            used.extend(set.index.as_ref().map(|index| index.reader.path().to_owned()));
            let card = opened.replacement.transcoder().card();
            sets.push(FeatureSet {
                name: set.name.clone(),
                dictionary: opened.dictionary_name.clone(),
                n_layers: card.n_layers,
                n_features: card.n_features,
                is_run: true,
                index: set.index.as_deref().map(Index::row).transpose()?,
                collect: set.collect.clone(),
                needs_text: organism::by_name(&opened.model_name).is_none(),
            });
        }
        let mut skipped = Vec::new();
        for path in self.indexes.paths(None) {
            match self.indexes.at(&path) {
                _ if used.contains(&path) => {}
                Err(why) => skipped.push(SkippedIndex { path: path.display().to_string(), why }),
                Ok(index) => {
                    used.push(path);
                    let card = index.reader.card();
                    if sets.iter().any(|set| set.name == card.dictionary) {
                        continue;
                    }
                    sets.push(FeatureSet {
                        name: card.dictionary.clone(),
                        dictionary: card.dictionary.clone(),
                        n_layers: card.n_layers,
                        n_features: card.n_features,
                        is_run: false,
                        index: Some(index.row()?),
                        collect: String::new(),
                        needs_text: false,
                    });
                }
            }
        }
        Ok(FeatureSets { sets, skipped })
    }

    /// What is to be said of indexes when the server starts: files that are none, and those that
    /// were named and fit no served model.
    pub(crate) fn index_notes(&self) -> Result<Vec<String>, ServeError> {
        let mut notes = Vec::new();
        for path in self.indexes.paths(None) {
            if let Err(why) = self.indexes.at(&path) {
                notes.push(format!("not used: {why}"));
            }
        }
        // Models are opened for this only where it matters.
        if !self.indexes.named.is_empty() {
            let alone = self.sets()?.sets.into_iter().filter(|set| !set.is_run);
            notes.extend(alone.filter_map(|set| set.index).map(|index| {
                format!(
                    "the features of `{}` are of the dictionary `{}`, which no served model has; \
                     they are shown for graphs that were made with it",
                    index.path, index.dictionary
                )
            }));
        }
        Ok(notes)
    }

    /// `connectome features collect` for a model, to where the index is then found.
    fn collect_command(&self, known: &Known, opened: &Opened) -> String {
        let place = |name: &str| match Path::new(name).canonicalize() {
            Ok(path) if organism::by_name(name).is_none() => path.display().to_string(),
            _ => name.to_owned(),
        };
        let mut words =
            ["connectome", "features", "collect", "--model"].map(str::to_owned).to_vec();
        words.push(place(&known.name.model));
        if let Some(dictionary) = &known.name.dictionary {
            words.extend(["--transcoder".to_owned(), place(dictionary)]);
        }
        if organism::by_name(&opened.model_name).is_none() {
            words.extend(["--data", "TEXT"].map(str::to_owned));
        }
        if !opened.is_users_own() {
            let out = self.settings.folder.join(opened.features_name());
            words.extend(["--out".to_owned(), out.display().to_string()]);
        }
        shell::command(words)
    }
}
