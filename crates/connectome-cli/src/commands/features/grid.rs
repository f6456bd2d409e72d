//! `connectome features grid`: every feature on all pairs of values of a template.

use std::path::Path;

use anyhow::Result;
use connectome::features::FeatureIndex;
use connectome::probe::grid::Probe;
use connectome::probe::{Grids, Template, judged, template};
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
use crate::report::features::grid::GridReport;
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
    let features =
        if wanted.is_empty() { grids.features(args.min_cells).collect() } else { wanted };
    let judged = judged(&grids, &features, &mut |done, of| work.step("classifying", done, of));
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
    for text in template.texts(values) {
        let ready = prompt::prepare(&Wanted::Text(text.clone()), loaded)?;
        prompts.push((ready.tokens, text));
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
