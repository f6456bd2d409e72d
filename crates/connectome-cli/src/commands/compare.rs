//! `connectome compare`: two graphs of one dictionary, feature by feature.

use anyhow::Result;
use connectome_graph::{AttributionGraph, influence};
use connectome_server::wire::CompareAlign;
use connectome_server::{Side, compare};

use super::Ending;
use super::serve::plain;
use crate::args::{AlignArg, CompareArgs};
use crate::printer;
use crate::report::compare::CompareReport;
use crate::settings::World;

pub(crate) fn run(args: &CompareArgs, world: &World) -> Result<Ending> {
    let graphs = [AttributionGraph::load(&args.a)?, AttributionGraph::load(&args.b)?];
    let align = match args.align {
        AlignArg::End => CompareAlign::End,
        AlignArg::Start => CompareAlign::Start,
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
