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

use std::path::{Path, PathBuf};

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

/// Where the index of a dictionary is if nobody says: in the dictionary's folder if that is the
/// user's; else here, under its name, as neither the program nor the Hub's cache is a place to
/// write to.
fn usual_place(loaded: &Loaded) -> PathBuf {
    let name = &loaded.dictionary_name;
    let folder = &loaded.replacement.transcoder().card().path;
    let ships = organism::dictionary(name).is_some();
    if ships || name.contains('/') || !folder.is_dir() {
        let name = name.replace(['/', '@', ':'], "-");
        return PathBuf::from(format!("{name}.features"));
    }
    folder.join("features.index")
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
    let usual = usual_place(loaded);
    let path = args.features.as_ref().or_else(|| usual.exists().then_some(&usual));
    path.map(|path| checked(path, loaded)).transpose()
}

/// The index of a loaded dictionary, where it usually is.
fn of(loaded: &Loaded) -> Result<FeatureIndex> {
    let path = usual_place(loaded);
    if !path.exists() {
        let dictionary = loaded.dictionary_name.clone();
        return Err(UsageError::NoIndex { dictionary, path }.into());
    }
    checked(&path, loaded)
}

/// An index, proven to be the dictionary's.
pub(crate) fn checked(path: &Path, loaded: &Loaded) -> Result<FeatureIndex> {
    let index = FeatureIndex::open(path)?;
    let transcoder = loaded.replacement.transcoder();
    let (card, digest) = (transcoder.card(), transcoder.digest());
    index.check_dictionary(&loaded.dictionary_name, &digest, card.n_layers, card.n_features)?;
    Ok(index)
}

/// A graph with the names that an index has for its features, for printing; names that are
/// there stay.
pub(crate) fn named(graph: AttributionGraph, index: &FeatureIndex) -> Result<AttributionGraph> {
    let origin = &graph.provenance().dictionary;
    let (card, digest) = (index.card(), origin.digest.clone().unwrap_or_default());
    // A graph that does not say its dictionary's digest can only be checked by its features.
    let digest = if digest.is_empty() { card.dictionary_digest.clone() } else { digest };
    let n_layers = graph.nodes().n_layers() as usize;
    index.check_dictionary(&origin.name, &digest, n_layers, card.n_features)?;
    let mut annotations = graph.annotations().clone();
    for active in graph.nodes().active() {
        if !annotations.feature_labels.contains_key(&active.id)
            && let Some(label) = index.label(active.id)?
        {
            annotations.feature_labels.insert(active.id, label.text);
        }
    }
    Ok(graph.with_annotations(annotations)?)
}
