//! The index file: one safetensors file that holds everything known of every feature.
//!
//! [`FeatureIndex`] reads it, a feature at a time and without loading the rest;
//! [`Builder`](build::Builder) writes it. Columns are flat arrays that numpy can read, too; where
//! rows differ in length, a column of starts cuts them (`docs/features.md` has the table).
//! Nothing here knows a model: tokens are numbers into the index's own table of texts.

pub mod build;
pub mod feature;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use connectome_graph::{AttributionGraph, FeatureId};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::FeaturesError;
use super::columns::Columns;
use super::partners::Partner;
use crate::files::FileBytes;
use crate::organism;
use crate::transcoder::Transcoder;
pub use feature::{Distribution, Effect, Example, Feature, Group, Label, LabelSource, Statistics};

/// Of the layout.
pub(crate) const VERSION: u64 = 1;

/// What metadata calls the format.
pub(crate) const FORMAT: &str = "connectome-features";

/// What an index is of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IndexCard {
    /// The program that made it.
    pub tool: String,
    /// What the model is called.
    pub model: String,
    /// What the dictionary is called.
    pub dictionary: String,
    /// See [`Transcoder::digest`](crate::transcoder::Transcoder::digest); empty if not known.
    pub dictionary_digest: String,
    /// What frontends look features up by; empty if not known.
    pub scan: String,
    /// Layers.
    pub n_layers: usize,
    /// Features of a layer.
    pub n_features: usize,
    /// Tokens that the dictionary was used on; 0 if others made the index and do not say.
    pub n_tokens: u64,
    /// Sequences that they were in.
    pub n_sequences: u64,
    /// Names of the groups that examples are in.
    pub groups: Vec<String>,
    /// What was read and how, for whoever wants to do it again.
    pub made_of: Value,
}

/// An index, mapped.
#[derive(Clone, Debug)]
pub struct FeatureIndex {
    card: IndexCard,
    columns: Columns,
    is_shipped: bool,
    /// Labels that a person gave; they win over the file's.
    by_hand: Arc<RwLock<BTreeMap<FeatureId, String>>>,
}

impl FeatureIndex {
    /// Maps a file and checks that it is an index, and that its columns are as long as they
    /// must be. What rows hold is checked when they are read. Where there is no such file, the
    /// path may be that of an index that ships.
    ///
    /// # Errors
    ///
    /// [`FeaturesError::Load`] if it cannot be read; [`FeaturesError::NotAnIndex`];
    /// [`FeaturesError::Version`].
    pub fn open(path: &Path) -> Result<Self, FeaturesError> {
        match organism::file_of_dictionary(path) {
            Some(bytes) if !path.exists() => Self::of_bytes(bytes, path, true),
            _ => Self::of_bytes(FileBytes::map(path)?, path, false),
        }
    }

    fn of_bytes(bytes: FileBytes, path: &Path, is_shipped: bool) -> Result<Self, FeaturesError> {
        let (mut document, columns) = Columns::read_header(bytes, path)?;
        if document["format"] != FORMAT {
            return Err(columns.error(format!("its format is {}", document["format"])));
        }
        let found = document["version"].as_u64().unwrap_or(0);
        if found != VERSION {
            let path = path.to_owned();
            return Err(FeaturesError::Version { found, expected: VERSION, path });
        }
        let card: IndexCard = serde_json::from_value(document["card"].take())
            .map_err(|error| columns.error(error.to_string()))?;
        let index = Self { card, columns, is_shipped, by_hand: Arc::default() };
        index.check()?;
        Ok(index)
    }

    fn check(&self) -> Result<(), FeaturesError> {
        let n = self.card.n_layers.checked_mul(self.card.n_features);
        let n = n.filter(|n| *n > 0 && u32::try_from(*n).is_ok());
        let n =
            n.ok_or_else(|| self.columns.error("it has no features, or too many".to_owned()))?;
        let one_each = [
            ("fired", self.columns.len::<u32>("fired")?),
            ("sum", self.columns.len::<f64>("sum")?),
            ("min", self.columns.len::<f32>("min")?),
            ("max", self.columns.len::<f32>("max")?),
            ("frequency", self.columns.len::<f32>("frequency")?),
            ("label_source", self.columns.len::<u8>("label_source")?),
        ];
        let starts = |name: &'static str, rows: usize| {
            // One more than rows: the end of the last.
            Ok::<_, FeaturesError>((name, self.columns.len::<u64>(name)?.wrapping_sub(1) / rows))
        };
        let rows = [
            starts("histogram_start", 1)?,
            starts("given_start", 2)?,
            starts("example_start", 1)?,
            starts("effect_start", feature::N_EFFECTS)?,
            starts("partner_start", 1)?,
            starts("label_start", 1)?,
        ];
        for (name, found) in one_each.into_iter().chain(rows) {
            if found != n {
                return Err(self
                    .columns
                    .error(format!("`{name}` is of {found} features, not {n}")));
            }
        }
        Ok(())
    }

    /// What it is of.
    #[must_use]
    pub fn card(&self) -> &IndexCard {
        &self.card
    }

    /// Where it lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.columns.path()
    }

    /// Whether it is built into the program: then its path is no file's.
    #[must_use]
    pub fn is_shipped(&self) -> bool {
        self.is_shipped
    }

    /// Refuses an index that was made with another dictionary; one that does not say is
    /// accepted if its sizes fit.
    ///
    /// # Errors
    ///
    /// [`FeaturesError::OtherDictionary`].
    pub fn check_dictionary(
        &self,
        name: &str,
        digest: &str,
        n_layers: usize,
        n_features: usize,
    ) -> Result<(), FeaturesError> {
        let card = &self.card;
        let fits = (card.n_layers, card.n_features) == (n_layers, n_features);
        if fits && (card.dictionary_digest.is_empty() || card.dictionary_digest == digest) {
            return Ok(());
        }
        let found = format!("{} ({}×{})", card.dictionary, card.n_layers, card.n_features);
        let expected = format!("{name} ({n_layers}×{n_features})");
        Err(FeaturesError::OtherDictionary { found, expected, path: self.path().to_owned() })
    }

    /// Opens the index of a dictionary, which is called `name`.
    ///
    /// # Errors
    ///
    /// As [`FeatureIndex::open`] and [`FeatureIndex::check_dictionary`].
    pub fn open_for(
        path: &Path,
        name: &str,
        transcoder: &Transcoder,
    ) -> Result<Self, FeaturesError> {
        let index = Self::open(path)?;
        let card = transcoder.card();
        index.check_dictionary(name, &transcoder.digest(), card.n_layers, card.n_features)?;
        Ok(index)
    }

    /// Refuses an index of another dictionary than a graph's. A graph that does not say its
    /// dictionary's digest is accepted if its layers are as many.
    ///
    /// # Errors
    ///
    /// As [`FeatureIndex::check_dictionary`].
    pub fn check_graph(&self, graph: &AttributionGraph) -> Result<(), FeaturesError> {
        let origin = &graph.provenance().dictionary;
        let digest = origin.digest.as_ref().unwrap_or(&self.card.dictionary_digest);
        let n_layers = graph.nodes().n_layers() as usize;
        self.check_dictionary(&origin.name, digest, n_layers, self.card.n_features)
    }

    /// What the features that fire on a graph's prompt are called; those without a label are
    /// left out.
    ///
    /// # Errors
    ///
    /// As [`FeatureIndex::feature`] and [`FeatureIndex::check_graph`].
    pub fn labels_of(
        &self,
        graph: &AttributionGraph,
    ) -> Result<BTreeMap<FeatureId, Label>, FeaturesError> {
        self.check_graph(graph)?;
        let mut labels = BTreeMap::new();
        for active in graph.nodes().active() {
            if let Some(label) = self.label(active.id)? {
                labels.insert(active.id, label);
            }
        }
        Ok(labels)
    }

    /// Everything known of a feature.
    ///
    /// # Errors
    ///
    /// [`FeaturesError::NoFeature`]; [`FeaturesError::NotAnIndex`] if its rows are damaged.
    pub fn feature(&self, id: FeatureId) -> Result<Feature, FeaturesError> {
        let mut feature = feature::read(self, id, self.number(id)?)?;
        feature.label = self.label_by_hand(id).or(feature.label);
        Ok(feature)
    }

    /// How often a feature fires and how strongly.
    ///
    /// # Errors
    ///
    /// As [`FeatureIndex::feature`].
    pub fn statistics(&self, id: FeatureId) -> Result<Statistics, FeaturesError> {
        feature::statistics(self, self.number(id)?)
    }

    /// The statistics of all features, in the order of [`FeatureIndex::ids`]: five columns, each
    /// read at once.
    ///
    /// # Errors
    ///
    /// [`FeaturesError::NotAnIndex`] if its columns are damaged.
    pub fn all_statistics(&self) -> Result<Vec<Statistics>, FeaturesError> {
        feature::all_statistics(self)
    }

    /// What a feature is called.
    ///
    /// # Errors
    ///
    /// As [`FeatureIndex::feature`].
    pub fn label(&self, id: FeatureId) -> Result<Option<Label>, FeaturesError> {
        let number = self.number(id)?;
        self.label_by_hand(id).map_or_else(|| feature::label(self, number), |label| Ok(Some(label)))
    }

    /// From now on features are called so, whatever the file says, which is not changed; names
    /// that were given before are forgotten. For features that a person named.
    pub fn name_by_hand(&self, labels: BTreeMap<FeatureId, String>) {
        *self.by_hand.write().unwrap_or_else(PoisonError::into_inner) = labels;
    }

    fn label_by_hand(&self, id: FeatureId) -> Option<Label> {
        let named = self.by_hand.read().unwrap_or_else(PoisonError::into_inner);
        named.get(&id).map(|text| Label { text: text.clone(), source: LabelSource::Person })
    }

    /// With what a feature fires, ascending.
    ///
    /// # Errors
    ///
    /// As [`FeatureIndex::feature`].
    pub fn partners(&self, id: FeatureId) -> Result<Vec<Partner>, FeaturesError> {
        feature::partners(self, self.number(id)?)
    }

    /// Features whose label holds `text`, whatever its case, in order.
    ///
    /// # Errors
    ///
    /// [`FeaturesError::NotAnIndex`] if the labels are damaged.
    pub fn find_label(&self, text: &str) -> Result<Vec<(FeatureId, Label)>, FeaturesError> {
        let text = text.to_lowercase();
        let mut found = Vec::new();
        for id in self.ids() {
            let label = self.label(id)?;
            found.extend(
                label
                    .filter(|label| label.text.to_lowercase().contains(&text))
                    .map(|label| (id, label)),
            );
        }
        Ok(found)
    }

    /// All features, by layer, then index.
    pub fn ids(&self) -> impl Iterator<Item = FeatureId> + use<> {
        let (n_layers, n_features) = (self.card.n_layers as u32, self.card.n_features as u32);
        (0..n_layers)
            .flat_map(move |layer| (0..n_features).map(move |index| FeatureId { layer, index }))
    }

    /// The number of a feature: layer times features of a layer, plus index.
    ///
    /// # Errors
    ///
    /// [`FeaturesError::NoFeature`].
    pub fn number(&self, id: FeatureId) -> Result<usize, FeaturesError> {
        let (n_layers, n_features) = (self.card.n_layers, self.card.n_features);
        let (layer, index) = (id.layer as usize, id.index as usize);
        if layer >= n_layers || index >= n_features {
            let path = self.path().to_owned();
            return Err(FeaturesError::NoFeature { feature: id, n_layers, n_features, path });
        }
        Ok(layer * n_features + index)
    }

    /// The feature of a number.
    #[must_use]
    pub fn id(&self, number: u32) -> FeatureId {
        let n_features = self.card.n_features as u32;
        FeatureId { layer: number / n_features, index: number % n_features }
    }
}
