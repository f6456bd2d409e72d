//! `connectome features list`: the features of an index.

use anyhow::Result;
use connectome::error::RunError;

use crate::args::FeatureListArgs;
use crate::commands::Ending;
use crate::printer;
use crate::report::features::ListReport;
use crate::settings::World;

pub(super) fn run(args: &FeatureListArgs, world: &World) -> Result<Ending> {
    let index = super::index(&args.index, &args.model, world)?;
    let n_layers = index.card().n_layers;
    if let Some(found) = args.layer.filter(|layer| *layer as usize >= n_layers) {
        return Err(RunError::Layer { found, n_layers }.into());
    }
    let report = ListReport::of(&index, args)?;
    world.print(&printer::features::list(&report, world.screen))?;
    world.document(&report)?;
    Ok(Ending::Done)
}
