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
    let usual = loaded.features_path();
    let path = args.features.as_ref().or_else(|| usual.exists().then_some(&usual));
    path.map(|path| checked(path, loaded)).transpose()
}

/// The index of a loaded dictionary, where it usually is.
fn of(loaded: &Loaded) -> Result<FeatureIndex> {
    let path = loaded.features_path();
    if !path.exists() {
        let dictionary = loaded.dictionary_name.clone();
        return Err(UsageError::NoIndex { dictionary, path }.into());
    }
    checked(&path, loaded)
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
