//! `connectome features search`: what fires on a text.

use anyhow::Result;
use connectome::error::RunError;
use connectome::features::search;

use crate::args::FeatureSearchArgs;
use crate::commands::Ending;
use crate::report::features::SearchReport;
use crate::settings::World;
use crate::{load, printer, prompt, targets};

pub(super) fn run(args: &FeatureSearchArgs, world: &World) -> Result<Ending> {
    let wanted = prompt::read(args.text.as_deref(), &args.input)?;
    let loaded = load::load(&args.model, world)?;
    let ready = prompt::prepare(&wanted, &loaded)?;
    ready.notes.iter().for_each(|note| world.note(note));
    let n_tokens = ready.tokens.ids.len();
    let pos = args.position.map(|pos| targets::position(pos, n_tokens)).transpose()?;
    let n_layers = loaded.replacement.model().config().n_layers;
    if let Some(found) = args.layer.filter(|layer| *layer as usize >= n_layers) {
        return Err(RunError::Layer { found, n_layers }.into());
    }
    let index = super::if_there(&args.index, &loaded)?;
    let mut found = search::search(&loaded.replacement, &ready.tokens, index.as_ref())?;
    found.retain(|one| {
        let is_there = |pos: usize| one.firings.iter().any(|at| at.pos as usize == pos);
        pos.is_none_or(is_there) && args.layer.is_none_or(|layer| one.id.layer == layer)
    });
    let report = SearchReport::of(&ready, &found, index.as_ref(), args.top)?;
    world.print(&printer::features::found(&report, world.screen))?;
    world.document(&report)?;
    Ok(Ending::Done)
}
