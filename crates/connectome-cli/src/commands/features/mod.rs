//! `connectome features`: what the features of a dictionary stand for.

mod collect;
mod grid;
mod list;
mod pixels;
mod search;
mod show;
mod text;
mod weights;
mod wire;

use std::path::Path;

use anyhow::Result;
use connectome::features::FeatureIndex;
use connectome::organism;
use connectome_graph::AttributionGraph;

use super::Ending;
use crate::args::{FeaturesCommand, IndexArgs, ModelArgs};
use crate::failure::UsageError;
use crate::load::{self, Loaded};
use crate::settings::World;

pub(crate) fn run(command: &FeaturesCommand, world: &World) -> Result<Ending> {
    match command {
        FeaturesCommand::Collect(args) => collect::run(args, world),
        FeaturesCommand::Show(args) => show::run(args, world),
        FeaturesCommand::Search(args) => search::run(args, world),
        FeaturesCommand::List(args) => list::run(args, world),
        FeaturesCommand::Weights(args) => weights::run(args, world),
        FeaturesCommand::Grid(args) => grid::run(args, world),
        FeaturesCommand::Export(args) => wire::export(args, world),
        FeaturesCommand::Import(args) => wire::import(args, world),
    }
}

/// The index that was named; the dictionary's own if none was.
fn index(args: &IndexArgs, model: &ModelArgs, world: &World) -> Result<FeatureIndex> {
    match &args.features {
        Some(path) => Ok(FeatureIndex::open(path)?),
        None => of(&load::load(model, world)?),
    }
}

/// As [`index`], of a dictionary that is loaded; `None` if none was named and none is there.
fn if_there(args: &IndexArgs, loaded: &Loaded) -> Result<Option<FeatureIndex>> {
    match &args.features {
        Some(path) => checked(path, loaded).map(Some),
        None => own(loaded),
    }
}

/// The index that was collected, where it usually is; else the one that ships.
fn own(loaded: &Loaded) -> Result<Option<FeatureIndex>> {
    let collected = Some(loaded.features_path()).filter(|path| path.exists());
    let shipped = || organism::features(&loaded.model_name, &loaded.dictionary_name);
    collected.or_else(shipped).map(|path| checked(&path, loaded)).transpose()
}

/// The index of a loaded dictionary.
fn of(loaded: &Loaded) -> Result<FeatureIndex> {
    own(loaded)?.ok_or_else(|| {
        let (dictionary, path) = (loaded.dictionary_name.clone(), loaded.features_path());
        UsageError::NoIndex { dictionary, path }.into()
    })
}

/// An index, proven to be the dictionary's.
pub(crate) fn checked(path: &Path, loaded: &Loaded) -> Result<FeatureIndex> {
    let transcoder = loaded.replacement.transcoder();
    Ok(FeatureIndex::open_for(path, &loaded.dictionary_name, transcoder)?)
}

/// A graph with the names that an index has for its features, for printing; names that are
/// there stay.
pub(crate) fn named(graph: AttributionGraph, index: &FeatureIndex) -> Result<AttributionGraph> {
    let mut annotations = graph.annotations().clone();
    for (id, label) in index.labels_of(&graph)? {
        annotations.feature_labels.entry(id).or_insert(label.text);
    }
    Ok(graph.with_annotations(annotations)?)
}
