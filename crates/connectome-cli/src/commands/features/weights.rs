//! `connectome features weights`: what acts on a feature, and what it acts on.

use anyhow::Result;
use connectome::features::weights::{Side, expected, strongest, virtual_weights};
use connectome_graph::FeatureId;

use crate::args::FeatureWeightsArgs;
use crate::commands::Ending;
use crate::progress::{Interrupt, Work};
use crate::report::features::weights::{SideReport, WeightsReport};
use crate::settings::World;
use crate::{load, printer};

pub(super) fn run(args: &FeatureWeightsArgs, world: &World) -> Result<Ending> {
    let id: FeatureId = args.feature.parse()?;
    let loaded = load::load(&args.model, world)?;
    let index = super::if_there(&args.index, &loaded)?;
    let mut work = Work::new(world, Interrupt::installed(world, "stopping")?);
    let mut side = |side: Side, stage: &'static str| -> Result<SideReport> {
        let mut watch = |done, of| work.step(stage, done, of);
        let weights = virtual_weights(&loaded.replacement, id, side, &mut watch)?;
        let index = index.as_ref();
        let twera = index.map(|index| expected(index, id, side, &weights)).transpose()?;
        SideReport::of(&strongest(weights, args.top), twera.as_deref(), index, args.top)
    };
    let inputs = side(Side::Inputs, "weights of inputs")?;
    let outputs = side(Side::Outputs, "weights of outputs")?;
    let is_stopped = work.interrupted;
    drop(work);
    if is_stopped {
        return Ok(Ending::Interrupted);
    }
    let label = index.as_ref().map(|index| index.label(id)).transpose()?.flatten();
    let report = WeightsReport {
        id: id.to_string(),
        label: label.map(|label| label.text),
        index: index.as_ref().map(|index| index.path().display().to_string()),
        inputs,
        outputs,
    };
    world.print(&printer::features::weights::page(&report, world.screen))?;
    world.document(&report)?;
    Ok(Ending::Done)
}
