//! `connectome import`: graphs of others to a graph file.

use anyhow::Result;
use connectome_graph::wire::{circuit_tracer, torch};
use connectome_graph::{AttributionGraph, GraphError, Prompt, influence};
use serde::Serialize;

use super::Ending;
use crate::args::ImportArgs;
use crate::failure::UsageError;
use crate::load;
use crate::printer::text;
use crate::report::{Certificate, NodeCounts};
use crate::settings::{self, World};

#[derive(Debug, Serialize)]
struct ImportReport {
    file: String,
    format: &'static str,
    graph: String,
    prompt: String,
    nodes: NodeCounts,
    edges: usize,
    /// What the file has and the graph has not.
    passed_over: Option<String>,
    certificate: Certificate,
}

pub(crate) fn run(args: &ImportArgs, world: &World) -> Result<Ending> {
    settings::writable(&args.output)?;
    let path = &args.file;
    let read = |source| GraphError::Read { source, path: path.clone() };
    let bytes = std::fs::read(path).map_err(read)?;
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let format = if bytes.starts_with(b"PK") {
        "pt"
    } else if first == Some(&b'{') || first == Some(&b'[') {
        "json"
    } else if AttributionGraph::from_bytes(&bytes).is_ok() {
        return Err(UsageError::AlreadyGraph { path: path.clone() }.into());
    } else {
        return Err(UsageError::NotImportable { path: path.clone() }.into());
    };
    let graph = match format {
        "pt" => torch::import(&bytes),
        _ => circuit_tracer::import(&bytes),
    };
    let graph = graph
        .map_err(|error| GraphError::Contents { source: Box::new(error), path: path.clone() })?;
    let graph = named(graph, args, world)?;
    graph.save(&args.output)?;
    let report = ImportReport {
        file: path.display().to_string(),
        format,
        graph: args.output.display().to_string(),
        prompt: graph.prompt().text.clone(),
        nodes: NodeCounts::of(&graph),
        edges: graph.n_edges(),
        passed_over: graph.annotations().passed_over(),
        certificate: Certificate::of(&graph, &influence(&graph)),
    };
    world.print(&page(&report))?;
    world.document(&report)?;
    Ok(Ending::Done)
}

/// The graph with its tokens' texts, if a model was named that knows them.
fn named(graph: AttributionGraph, args: &ImportArgs, world: &World) -> Result<AttributionGraph> {
    let Some(model) = &args.model else { return Ok(graph) };
    let tokenizer = load::tokenizer(model, args.offline, world)?;
    let token_ids = graph.nodes().tokens().to_vec();
    let token_texts = token_ids.iter().map(|id| tokenizer.token_text(*id)).collect();
    let text = tokenizer.decode(&token_ids)?;
    Ok(graph.with_prompt(Prompt { text, token_texts, token_ids })?)
}

fn page(report: &ImportReport) -> String {
    let partial =
        if report.certificate.partial { "; partial, as the file holds a part" } else { "" };
    let passed_over = report.passed_over.as_ref().map_or(String::new(), |what| {
        format!("passed over: {what}, of kinds that no graph here can hold\n")
    });
    format!(
        "wrote {}: {}, {}{partial}\n{passed_over}",
        text::plain(&report.graph),
        text::counted(report.nodes.total, "node"),
        text::counted(report.edges, "edge")
    )
}
