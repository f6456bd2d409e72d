//! `connectome paths`: how influence travels.

use anyhow::Result;
use connectome::features::FeatureIndex;
use connectome_graph::{AttributionGraph, Node, NodeIdx, prune, strongest_paths, top_paths};

use super::{Ending, features};
use crate::args::PathsArgs;
use crate::failure::UsageError;
use crate::report::PathReport;
use crate::report::graph::PathsReport;
use crate::settings::{self, World};
use crate::{names, printer};

pub(crate) fn run(args: &PathsArgs, world: &World) -> Result<Ending> {
    let thresholds = settings::thresholds(args.thresholds)?;
    let mut graph = AttributionGraph::load(&args.graph)?;
    if let Some(path) = &args.features {
        graph = features::named(graph, &FeatureIndex::open(path)?)?;
    }
    let pruned = if args.pruned { Some(prune(&graph, &thresholds)?) } else { None };
    let ends = match (&args.from, &args.to) {
        (Some(from), Some(to)) => {
            let (from, to) = (names::find(&graph, from)?, names::find(&graph, to)?);
            explained(&graph, to)?;
            Some((from, to))
        }
        _ => None,
    };
    let paths = match ends {
        Some((from, to)) => {
            let paths = top_paths(&graph, pruned.as_ref(), from, to, args.count)?;
            paths.iter().map(|path| PathReport::between(&graph, path)).collect()
        }
        None => {
            let paths = strongest_paths(&graph, pruned.as_ref(), args.count);
            paths.iter().map(|path| PathReport::of_graph(&graph, path)).collect()
        }
    };
    let report = PathsReport {
        graph: args.graph.display().to_string(),
        from: ends.map(|(from, _)| names::name(&graph, from)),
        to: ends.map(|(_, to)| names::name(&graph, to)),
        pruned: args.pruned,
        paths,
    };
    world.print(&printer::graph::paths(&report, world.screen))?;
    world.document(&report)?;
    Ok(Ending::Done)
}

/// Refuses a node that nothing can lead to.
pub(crate) fn explained(graph: &AttributionGraph, idx: NodeIdx) -> Result<(), UsageError> {
    let what = match graph.nodes().node(idx) {
        Node::Error { .. } => "an error",
        Node::Token { .. } => "a token",
        Node::Feature(_) | Node::Target(_) => return Ok(()),
    };
    Err(UsageError::NoInputs { found: names::name(graph, idx), what })
}
