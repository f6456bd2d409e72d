//! `connectome features grid`: every feature on all pairs of values of a template.

use std::path::Path;

use anyhow::Result;
use connectome::features::FeatureIndex;
use connectome::probe::classes::{Numbers, classify};
use connectome::probe::grid::Probe;
use connectome::probe::{Grids, Template, Verdict, template};
use connectome::replacement::PromptTokens;
use connectome_figure::{OperandPlot, OperandSheet};
use connectome_graph::{FeatureId, write_whole};

use super::pixels;
use crate::args::GridArgs;
use crate::commands::Ending;
use crate::load::{self, Loaded};
use crate::printer;
use crate::progress::{Interrupt, Work};
use crate::prompt::{self, Wanted};
use crate::report::features::grid::{GridReport, Judged};
use crate::settings::{self, World};

/// Above so many plots a sheet is too long to be looked at.
const MOST_PLOTS: usize = 400;

pub(super) fn run(args: &GridArgs, world: &World) -> Result<Ending> {
    let wanted: Vec<FeatureId> =
        args.feature.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
    for path in [&args.out, &args.svg].into_iter().flatten() {
        settings::writable(path)?;
    }
    let mut work = Work::new(world, Interrupt::installed(world, "stopping")?);
    let (grids, index) = match (&args.load, &args.template) {
        (Some(path), _) => {
            let index = args.index.features.as_deref().map(FeatureIndex::open).transpose()?;
            (Some(Grids::read(path)?), index)
        }
        (None, template) => {
            let template = Template::parse(template.as_deref().unwrap_or_default())?;
            let values = [(0, &args.first), (1, &args.second)]
                .map(|(slot, text)| template::values(&template.names()[slot], text));
            let [first, second] = values;
            let values = [first?, second?];
            let loaded = load::load(&args.model, world)?;
            let index = super::if_there(&args.index, &loaded)?;
            (probed(&template, &values, args.position, &loaded, &mut work)?, index)
        }
    };
    let Some(grids) = grids else {
        drop(work);
        world.note("stopped; nothing was kept");
        return Ok(Ending::Interrupted);
    };
    if let Some(out) = &args.out {
        grids.write(out)?;
    }
    let judged = judged(&grids, args.min_cells, &wanted, &mut work);
    drop(work);
    let Some(judged) = judged else { return Ok(Ending::Interrupted) };
    let report = GridReport::of(&grids, judged, args, index.as_ref())?;
    if let Some(path) = &args.svg {
        let svg = sheet(&grids, &report).svg();
        write_whole(path, |out| out.write_all(svg.as_bytes()))?;
    }
    if let Some(folder) = &args.png {
        draw(&grids, &report, folder)?;
    }
    world.print(&printer::features::grid::page(&report, world.screen))?;
    world.document(&report)?;
    Ok(Ending::Done)
}

/// All prompts in one run; `None` if it was stopped.
fn probed(
    template: &Template,
    values: &[Vec<String>; 2],
    position: i64,
    loaded: &Loaded,
    work: &mut Work,
) -> Result<Option<Grids>> {
    let mut prompts: Vec<(PromptTokens, String)> = Vec::new();
    for first in &values[0] {
        for second in &values[1] {
            let text = template.filled(first, second);
            let ready = prompt::prepare(&Wanted::Text(text.clone()), loaded)?;
            prompts.push((ready.tokens, text));
        }
    }
    let probe = Probe {
        template: template.text(),
        values,
        prompts: &prompts,
        position,
        names: [&loaded.model_name, &loaded.dictionary_name],
    };
    let n = prompts.len();
    let mut watch = |done| work.step("running prompts", done, n);
    let token_text = |id| loaded.token_text(id);
    Ok(Grids::run(&loaded.replacement, probe, &token_text, &mut watch)?)
}

/// A verdict on each feature, or on those that are wanted; `None` if it was stopped.
fn judged(
    grids: &Grids,
    min_cells: usize,
    wanted: &[FeatureId],
    work: &mut Work,
) -> Option<Vec<Judged>> {
    let numbers = [grids.numbers(0), grids.numbers(1)];
    let numbers = match &numbers {
        [Some(first), Some(second)] => Some(Numbers { first, second }),
        _ => None,
    };
    let same_values = grids.values[0] == grids.values[1];
    let features: Vec<FeatureId> = match wanted {
        [] => grids.features(min_cells).collect(),
        wanted => wanted.to_vec(),
    };
    let mut all = Vec::new();
    for (at, id) in features.iter().enumerate() {
        if work.step("classifying", at, features.len()).is_break() {
            return None;
        }
        let grid = grids.grid(*id);
        let verdict: Verdict = classify(&grid, numbers, same_values);
        let largest = grid.cells.iter().copied().fold(0.0, f32::max);
        let n_cells = grid.cells.iter().filter(|cell| **cell != 0.0).count();
        all.push(Judged { id: *id, verdict, largest, n_cells });
    }
    Some(all)
}

fn sheet(grids: &Grids, report: &GridReport) -> OperandSheet {
    let ends = |values: &[String]| {
        let end = |value: Option<&String>| value.cloned().unwrap_or_default();
        [end(values.first()), end(values.last())]
    };
    let names = Template::parse(&grids.template).map(|template| template.names().clone());
    let plots = report.features.iter().take(MOST_PLOTS).map(|one| {
        let grid = grids.grid(one.feature);
        OperandPlot {
            name: one.id.clone(),
            words: format!("{}: {}", one.class, one.words),
            n_a: grid.n_a,
            n_b: grid.n_b,
            cells: grid.cells,
        }
    });
    OperandSheet {
        title: grids.template.clone(),
        axes: names.unwrap_or_default(),
        ends: [ends(&grids.values[0]), ends(&grids.values[1])],
        plots: plots.collect(),
        footer: vec![
            format!("{} with {}, at position {}", grids.names[0], grids.names[1], grids.position),
            "each plot from 0 to its own largest activation; classes are automatic".to_owned(),
        ],
    }
}

fn draw(grids: &Grids, report: &GridReport, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|source| connectome_graph::GraphError::Write {
        source,
        path: folder.to_owned(),
    })?;
    for one in &report.features {
        let FeatureId { layer, index } = one.feature;
        pixels::write(&grids.grid(one.feature), &folder.join(format!("L{layer}-{index}.png")))?;
    }
    Ok(())
}
