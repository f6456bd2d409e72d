//! `connectome prune`: the part of a graph that matters.

use anyhow::Result;
use connectome_graph::{AttributionGraph, prune, write_whole};

use super::Ending;
use crate::args::PruneArgs;
use crate::printer;
use crate::report::graph::PruneReport;
use crate::settings::{self, World, json_bytes};

pub(crate) fn run(args: &PruneArgs, world: &World) -> Result<Ending> {
    let thresholds = settings::thresholds(args.thresholds)?;
    let graph = AttributionGraph::load(&args.graph)?;
    let report = PruneReport::of(&args.graph, &graph, &prune(&graph, &thresholds)?)?;
    if let Some(path) = &args.output {
        let bytes = json_bytes(&report)?;
        write_whole(path, |out| out.write_all(&bytes))?;
    }
    world.print(&printer::graph::pruned(&report, args.top, world.screen))?;
    world.document(&report)?;
    Ok(Ending::Done)
}
