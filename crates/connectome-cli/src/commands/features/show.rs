//! `connectome features show`: a feature in full.

use anyhow::Result;
use connectome_graph::FeatureId;

use crate::args::FeatureShowArgs;
use crate::commands::Ending;
use crate::printer;
use crate::report::features::FeatureReport;
use crate::settings::World;

pub(super) fn run(args: &FeatureShowArgs, world: &World) -> Result<Ending> {
    let id: FeatureId = args.feature.parse()?;
    let index = super::index(&args.index, &args.model, world)?;
    let report = FeatureReport::of(&index, id)?;
    let style = printer::features::Examples { top: args.top, activations: args.activations };
    world.print(&printer::features::feature(&report, style, world.screen))?;
    world.document(&report)?;
    Ok(Ending::Done)
}
