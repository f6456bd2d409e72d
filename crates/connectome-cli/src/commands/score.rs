//! `connectome score`: how much of the model graphs explain.

use anyhow::Result;
use connectome_graph::{AttributionGraph, prune};

use super::Ending;
use crate::args::ScoreArgs;
use crate::printer;
use crate::report::graph::{Scored, ScoresReport};
use crate::settings::{self, World};

pub(crate) fn run(args: &ScoreArgs, world: &World) -> Result<Ending> {
    let thresholds = settings::thresholds(args.thresholds)?;
    let mut graphs = Vec::new();
    for path in &args.graphs {
        let graph = AttributionGraph::load(path)?;
        graphs.push(Scored::of(path, &graph, &prune(&graph, &thresholds)?)?);
    }
    let report = ScoresReport { graphs };
    world.print(&printer::graph::scored(&report, world.screen))?;
    world.document(&report)?;
    Ok(Ending::Done)
}
