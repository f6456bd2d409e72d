//! From a graph back to what made it: model, dictionary and prompt.

use std::path::Path;

use anyhow::Result;
use connectome::organism;
use connectome_graph::AttributionGraph;

pub(crate) use connectome::open::tokens_of as prompt;

use crate::args::ModelArgs;
use crate::failure::UsageError;
use crate::load::{self, Loaded};
use crate::settings::World;

/// Loads what made a graph, from where the arguments say or from where it was.
pub(crate) fn load(args: &ModelArgs, graph: &AttributionGraph, world: &World) -> Result<Loaded> {
    let loaded = load::load(&makers(args, graph)?, world)?;
    same_makers(&loaded, graph)?;
    Ok(loaded)
}

/// The model and dictionary that the arguments name, or else those that the graph does.
fn makers(args: &ModelArgs, graph: &AttributionGraph) -> Result<ModelArgs, UsageError> {
    let provenance = graph.provenance();
    let mut args = args.clone();
    if args.model.is_none() && organism::by_name(&provenance.model.name).is_some() {
        args.model = Some(provenance.model.name.clone());
        return Ok(args);
    }
    let ships = args.model.as_deref().is_some_and(|name| organism::by_name(name).is_some());
    if ships && args.transcoder.is_none() && provenance.dictionary.name.is_empty() {
        // It brings its own.
        return Ok(args);
    }
    // A folder's name alone must not be taken for a repository, nor anything be downloaded for
    // a look at an edge.
    args.offline = true;
    let named = |given: Option<String>, name: &str, what| match given {
        Some(given) => Ok(Some(given)),
        None if name.is_empty() => Err(UsageError::NoOrigin { what }),
        None if !name.contains('/') && !Path::new(name).is_dir() => {
            Err(UsageError::OriginNotHere { what, name: name.to_owned() })
        }
        None => Ok(Some(name.to_owned())),
    };
    args.model = named(args.model, &provenance.model.name, "model")?;
    args.transcoder = named(args.transcoder, &provenance.dictionary.name, "dictionary")?;
    Ok(args)
}

/// Refuses other files than those that made the graph: the numbers would not belong to it.
fn same_makers(loaded: &Loaded, graph: &AttributionGraph) -> Result<(), UsageError> {
    let (own, found) = (graph.provenance(), loaded.provenance(crate::report::TOOL));
    for (what, own, found) in
        [("model", &own.model, found.model), ("dictionary", &own.dictionary, found.dictionary)]
    {
        if own.digest.is_some() && own.digest != found.digest {
            return Err(UsageError::OtherOrigin { what, name: found.name });
        }
    }
    Ok(())
}
