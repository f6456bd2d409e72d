//! `connectome compare`: graphs of one dictionary, feature by feature.

use std::path::{Path, PathBuf};

use anyhow::Result;
use connectome_graph::{AttributionGraph, influence};
use connectome_server::wire::CompareAlign;
use connectome_server::{Side, compare, recurring};

use super::Ending;
use super::serve::plain;
use crate::args::{AlignArg, CompareArgs};
use crate::printer;
use crate::report::compare::{CompareReport, RecurringReport};
use crate::settings::World;

pub(crate) fn run(args: &CompareArgs, world: &World) -> Result<Ending> {
    if !args.more.is_empty() {
        return several(args, world);
    }
    let graphs = [AttributionGraph::load(&args.a)?, AttributionGraph::load(&args.b)?];
    let align = match args.align {
        AlignArg::End => CompareAlign::End,
        AlignArg::Start => CompareAlign::Start,
        AlignArg::Token => CompareAlign::Token,
        AlignArg::Any => CompareAlign::Any,
    };
    let shares = graphs.each_ref().map(|graph| influence(graph).shares());
    let [a, b] = [0, 1].map(|at| Side { graph: &graphs[at], shares: &shares[at] });
    let found = compare(a, b, align).map_err(plain)?;
    let report = CompareReport::of([&args.a, &args.b], [a, b], &found);
    world.print(&printer::compare::page(&report, args.top, world.screen))?;
    world.document(&report)?;
    Ok(Ending::Done)
}

/// Features that recur in several graphs.
fn several(args: &CompareArgs, world: &World) -> Result<Ending> {
    let paths: Vec<&Path> =
        [&args.a, &args.b].into_iter().chain(&args.more).map(PathBuf::as_path).collect();
    let graphs = paths.iter().map(|path| AttributionGraph::load(path));
    let graphs: Vec<AttributionGraph> = graphs.collect::<Result<_, _>>()?;
    let shares: Vec<Vec<f64>> = graphs.iter().map(|graph| influence(graph).shares()).collect();
    let sides = graphs.iter().zip(&shares).map(|(graph, shares)| Side { graph, shares });
    let sides: Vec<Side<'_>> = sides.collect();
    let found = recurring(&sides, args.least.unwrap_or(2)).map_err(plain)?;
    let report = RecurringReport::of(&paths, &graphs, found);
    world.print(&printer::compare::several(&report, args.top, world.screen))?;
    world.document(&report)?;
    Ok(Ending::Done)
}
