//! `connectome export`: graphs for the pages of others, for numpy, and as a page of their own.

use std::path::Path;

use anyhow::Result;
use connectome::features::FeatureIndex;
use connectome_graph::wire::circuit_tracer::{GraphJson, export, update_index};
use connectome_graph::wire::tensors::to_dense_safetensors;
use connectome_graph::{
    AttributionGraph, GraphError, Provenance, Row, RowRef, prune_keeping, write_whole,
};
use connectome_server::{PageSources, edges_csv, page_file};
use serde::Serialize;

use super::Ending;
use super::serve::plain;
use crate::args::{ExportArgs, Format};
use crate::failure::UsageError;
use crate::printer::text;
use crate::saved;
use crate::settings::{self, World};

/// The list of graphs that pages read, beside the graphs.
const INDEX: &str = "graph-metadata.json";

#[derive(Debug, Serialize)]
struct ExportReport {
    graph: String,
    format: &'static str,
    output: String,
    bytes: usize,
    /// Of the JSON: what pages call it.
    slug: Option<String>,
    /// The list that the graph was entered in.
    graph_metadata: Option<String>,
    /// Of a page with an index.
    features: Option<FeaturesReport>,
}

#[derive(Debug, Serialize)]
struct FeaturesReport {
    /// Those whose examples are in the page.
    inside: usize,
    /// Those of nodes that the page shows at first.
    shown: usize,
    /// The most bytes that they may take.
    limit_bytes: usize,
}

pub(crate) fn run(args: &ExportArgs, world: &World) -> Result<Ending> {
    let thresholds = settings::thresholds(args.thresholds)?;
    settings::writable(&args.output)?;
    let graph = AttributionGraph::load(&args.graph)?;
    let of_page = [("--run", !args.run.is_empty()), ("--features", args.features.is_some())];
    if let Some((option, _)) = of_page.into_iter().find(|(_, given)| *given)
        && !matches!(args.format, Format::Html)
    {
        return Err(UsageError::NotAPage { option }.into());
    }
    let view = args.view.as_deref().map(|view| saved::view(&args.graph, view)).transpose()?;
    let named = |graph: AttributionGraph| match &view {
        Some(view) => view.annotated(&graph).map_err(plain),
        None => Ok(graph),
    };
    let (mut features_inside, mut slugged) = (None, None);
    let (format, bytes) = match args.format {
        Format::Html => {
            let runs = saved::runs(&args.run)?;
            let features = args.features.as_deref().map(FeatureIndex::open).transpose()?;
            let sources = PageSources { view: view.as_ref(), runs: &runs, features };
            let page = page_file(graph, sources).map_err(plain)?;
            features_inside = page.features.map(|found| FeaturesReport {
                inside: found.n_inside,
                shown: found.n_shown,
                limit_bytes: found.limit_bytes,
            });
            ("html", page.bytes)
        }
        Format::Csv => ("csv", edges_csv(&named(graph)?, &thresholds).map_err(plain)?),
        Format::Connectome => {
            let whole = view.as_ref().map(|view| view.in_file(&graph)).transpose();
            ("connectome", whole.map_err(plain)?.unwrap_or(graph).to_bytes())
        }
        Format::Safetensors if view.is_some() => return Err(UsageError::NoView.into()),
        Format::Safetensors => ("safetensors", to_dense_safetensors(&graph)?),
        Format::Json => {
            let slug = slug(args, &graph);
            let graph = with_scan(named(graph)?, args.scan.as_deref())?;
            let pruned = prune_keeping(&graph, &thresholds, &graph.annotations().chosen())?;
            let json = export(&graph, &pruned, &slug)?;
            let bytes = json.to_bytes();
            slugged = Some((slug, json));
            ("json", bytes)
        }
    };
    write_whole(&args.output, |out| out.write_all(&bytes))?;
    let (slug, graph_metadata) = match slugged {
        Some((slug, json)) => (Some(slug), enter(args, &json)?),
        None => (None, None),
    };
    let report = ExportReport {
        graph: args.graph.display().to_string(),
        format,
        output: args.output.display().to_string(),
        bytes: bytes.len(),
        slug,
        graph_metadata,
        features: features_inside,
    };
    world.print(&page(&report))?;
    world.document(&report)?;
    Ok(Ending::Done)
}

fn page(report: &ExportReport) -> String {
    let mut page =
        format!("wrote {}, {}\n", text::plain(&report.output), text::bytes(report.bytes as u64));
    if let (Some(slug), Some(index)) = (&report.slug, &report.graph_metadata) {
        page.push_str(&format!("entered as `{slug}` in {}\n", text::plain(index)));
    }
    if let Some(found) = &report.features {
        let (inside, shown) = (found.inside, text::counted(found.shown, "feature"));
        let limit = text::bytes(found.limit_bytes as u64);
        page.push_str(&format!(
            "examples of {inside} of the {shown} that it shows are inside; they may take {limit}\n"
        ));
    }
    page
}

/// What pages call the graph: as asked, as its trace was told, or as the file is called.
fn slug(args: &ExportArgs, graph: &AttributionGraph) -> String {
    let of_trace = graph.provenance().flags.get("slug");
    let of_file = || {
        let stem = args.output.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' };
        stem.unwrap_or_default().chars().map(plain).collect::<String>()
    };
    args.slug.as_ref().or(of_trace).cloned().unwrap_or_else(of_file)
}

/// The same graph with another word for its dictionary.
fn with_scan(graph: AttributionGraph, scan: Option<&str>) -> Result<AttributionGraph, GraphError> {
    let Some(scan) = scan else { return Ok(graph) };
    let provenance = Provenance { scans: vec![scan.to_owned()], ..graph.provenance().clone() };
    let rows = graph.rows().map(owned).collect();
    let renamed = AttributionGraph::new(
        graph.nodes().clone(),
        rows,
        graph.prompt().clone(),
        provenance,
        graph.extent(),
    )?;
    renamed.with_annotations(graph.annotations().clone())
}

fn owned(row: RowRef<'_>) -> Row {
    Row {
        target: row.target,
        sources: row.sources.to_vec(),
        weights: row.weights.to_vec(),
        abs_remainder: row.abs_remainder,
        signed_remainder: row.signed_remainder,
        constant: row.constant,
        value: row.value,
    }
}

/// Enters the graph in the list beside it, if that is asked for.
fn enter(args: &ExportArgs, json: &GraphJson) -> Result<Option<String>> {
    if !args.graph_metadata {
        return Ok(None);
    }
    let path = args.output.with_file_name(INDEX);
    let existing = read_if_there(&path)?;
    let bytes = update_index(existing.as_deref(), json)
        .map_err(|error| GraphError::Contents { source: Box::new(error), path: path.clone() })?;
    write_whole(&path, |out| out.write_all(&bytes))?;
    Ok(Some(path.display().to_string()))
}

fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, UsageError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(UsageError::Read { path: path.to_owned(), source }),
    }
}
