//! `connectome figure`: a circuit as a picture.

use std::path::Path;

use anyhow::Result;
use connectome_graph::{AttributionGraph, write_whole};
use connectome_server::draw;
use connectome_server::wire::{FigureAsk, FigureFormat, FigureOptions, Run};
use serde_json::json;

use super::Ending;
use super::serve::plain;
use crate::args::serve::FigureArgs;
use crate::failure::UsageError;
use crate::names;
use crate::printer::text;
use crate::report::TOOL;
use crate::settings::{self, World};

pub(crate) fn run(args: &FigureArgs, world: &World) -> Result<Ending> {
    let format = format(&args.output)?;
    settings::writable(&args.output)?;
    let graph = AttributionGraph::load(&args.graph)?;
    let pins = args.pin.iter().map(|name| Ok(names::find(&graph, name)?.get()));
    let runs: Vec<Run> = args.run.iter().map(|path| read(path)).collect::<Result<_>>()?;
    let ask = FigureAsk {
        graph: args.graph.display().to_string(),
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
            scale: args.scale,
        },
        format,
    };
    let drawn = draw(&graph, &ask, &runs).map_err(plain)?;
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

fn read(path: &Path) -> Result<Run> {
    let refuse = |source| UsageError::Read { path: path.to_owned(), source };
    let bytes = std::fs::read(path).map_err(refuse)?;
    let not_run = |error: serde_json::Error| UsageError::NotARun {
        path: path.to_owned(),
        reason: error.to_string(),
    };
    Ok(serde_json::from_slice(&bytes).map_err(not_run)?)
}
