//! `connectome figure`: a circuit as a picture.

use std::path::Path;

use anyhow::Result;
use connectome::features::FeatureIndex;
use connectome_graph::{AttributionGraph, write_whole};
use connectome_server::wire::{FigureAsk, FigureFormat, FigureLayout, FigureOptions, FigureTheme};
use connectome_server::{Sources, draw};
use serde_json::json;

use super::Ending;
use super::serve::plain;
use crate::args::serve::{FigureArgs, Layout, ThemeArg};
use crate::failure::UsageError;
use crate::names;
use crate::printer::text;
use crate::report::TOOL;
use crate::saved;
use crate::settings::{self, World};

pub(crate) fn run(args: &FigureArgs, world: &World) -> Result<Ending> {
    let format = format(&args.output)?;
    settings::writable(&args.output)?;
    let graph = AttributionGraph::load(&args.graph)?;
    let pins = args.pin.iter().map(|name| Ok(names::find(&graph, name)?.get()));
    let runs = saved::runs(&args.run)?;
    let view = args.view.as_deref().map(|view| saved::view(&args.graph, view)).transpose()?;
    let index = args.features.as_deref().map(FeatureIndex::open).transpose()?;
    let names = index.map(|index| index.labels_of(&graph)).transpose()?;
    let ask = FigureAsk {
        graph: args.graph.display().to_string(),
        view: args.view.clone(),
        groups: None,
        pins: pins.collect::<Result<_>>()?,
        runs: runs.iter().map(|run| run.number).collect(),
        options: FigureOptions {
            title: args.title.clone(),
            baseline: !args.no_baseline,
            n_outputs: args.outputs,
            percentages: !args.no_percentages,
            prompt: !args.no_prompt,
            footer: !args.no_footer,
            automatic_names: !args.no_automatic_names,
            tints: !args.no_tints,
            min_share: args.min_share,
            layout: match args.layout {
                Layout::Automatic => FigureLayout::Automatic,
                Layout::Placed => FigureLayout::Placed,
            },
            theme: match args.theme {
                ThemeArg::Reader => FigureTheme::Reader,
                ThemeArg::Light => FigureTheme::Light,
                ThemeArg::Dark => FigureTheme::Dark,
            },
            width_mm: args.width,
            scale: args.scale,
        },
        format,
    };
    let sources = Sources { view: view.as_ref(), runs: &runs, names: names.as_ref() };
    let drawn = draw(&graph, &ask, sources).map_err(plain)?;
    write_whole(&args.output, |out| out.write_all(&drawn.bytes))?;
    let (output, bytes) = (args.output.display().to_string(), drawn.bytes.len());
    let size = text::bytes(bytes as u64);
    world.print(&format!("wrote {}, {size}\n", text::plain(&output)))?;
    world.document(&json!({
        "version": TOOL,
        "graph": ask.graph,
        "output": output,
        "format": drawn.extension,
        "bytes": bytes,
    }))?;
    Ok(Ending::Done)
}

/// What the name's ending says.
fn format(path: &Path) -> Result<FigureFormat, UsageError> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => Ok(FigureFormat::Svg),
        Some("pdf") => Ok(FigureFormat::Pdf),
        Some("png") => Ok(FigureFormat::Png),
        _ => Err(UsageError::FigureFormat { path: path.to_owned() }),
    }
}
