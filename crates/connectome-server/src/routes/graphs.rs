//! Graphs: the library, a graph's head, pack and edges, traces, import and export.

use std::borrow::Cow;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use connectome_graph::wire::{circuit_tracer, torch};
use connectome_graph::{AttributionGraph, Thresholds, prune_keeping};
use serde::Deserialize;

use super::extract::{Asked, Raw, Sent};
use super::{Answer, Shared, blocking, download, json};
use crate::edges_csv::edges_csv;
use crate::error::ServeError;
use crate::id::Id;
use crate::page_file;
use crate::saved::SavedView;
use crate::store::{Kept, MAIN};
use crate::wire::{GraphPatch, Imported, JobKind, JobResult, JobStarted, TraceAsk};
use crate::{App, circuits};

/// The largest file that is imported.
const IMPORT_LIMIT: usize = 1 << 30;

pub(super) async fn list(State(app): Shared) -> Answer {
    Ok(json(&blocking(move || Ok(app.store.list())).await?))
}

pub(super) async fn trace(State(app): Shared, Sent(ask): Sent<TraceAsk>) -> Answer {
    let started = blocking(move || {
        let title = app.engine.check_trace(&ask)?;
        app.start_trace(ask, title)
    });
    let job = started.await?;
    Ok((StatusCode::ACCEPTED, json(&JobStarted { job })).into_response())
}

impl crate::App {
    /// Puts a trace in the queue; the job's id.
    pub(crate) fn start_trace(
        self: &std::sync::Arc<Self>,
        ask: TraceAsk,
        title: String,
    ) -> Result<String, ServeError> {
        let app = self.clone();
        let work = Box::new(move |reporter: &crate::jobs::Reporter| {
            let graph = app.engine.trace(&ask, reporter)?;
            let _ = reporter.step("writing", 0, 0);
            let (id, _) = app.store.add(&graph, ask.title.as_deref())?;
            let partial = graph.extent().partial;
            Ok(JobResult { graph: Some(id.to_string()), run: None, probe: None, partial })
        });
        self.jobs.add(JobKind::Trace, title, None, work)
    }
}

#[derive(Deserialize)]
pub(super) struct ImportQuery {
    name: Option<String>,
}

pub(super) async fn import(
    State(app): Shared,
    Asked(query): Asked<ImportQuery>,
    Raw(bytes): Raw<IMPORT_LIMIT>,
) -> Answer {
    let imported = blocking(move || {
        let graph = read_any(&bytes)?;
        let (id, known) = app.store.add(&graph, query.name.as_deref())?;
        let (main, view) = (Id::parse("view", MAIN)?, SavedView::of_file(&graph));
        if let Some(view) = view.filter(|_| app.store.view(&id, &main, None).is_err()) {
            app.store.save_view(&id, &main, None, view.document().to_string().as_bytes())?;
        }
        Ok(Imported { id: id.to_string(), known })
    });
    Ok(json(&imported.await?))
}

/// A graph of any format that we read.
fn read_any(bytes: &[u8]) -> Result<AttributionGraph, ServeError> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match first {
        _ if bytes.starts_with(b"PK") => Ok(torch::import(bytes)?),
        Some(b'{' | b'[') => Ok(circuit_tracer::import(bytes)?),
        _ => AttributionGraph::from_bytes(bytes).map_err(|_| ServeError::Bad {
            what: "the file is neither a JSON graph, nor a `.pt` graph, nor a graph file"
                .to_owned(),
            hint: Some(
                "JSON of circuit-tracer or Neuronpedia, circuit-tracer's `.pt`, and what \
                        `connectome trace --output` writes can be imported",
            ),
        }),
    }
}

pub(super) async fn head(State(app): Shared, Path(id): Path<String>) -> Answer {
    let head = blocking(move || {
        let id = Id::parse("graph", &id)?;
        let kept = app.store.graph(&id)?;
        let set = app.set_of_graph(&kept.graph);
        let around = circuits::Around {
            not_runnable: app.engine.of_graph(&kept.graph).err().map(|error| error.body().what),
            names: app.names(set.as_ref(), &kept.graph)?,
            feature_set: set.map(|set| set.name),
        };
        circuits::head(&app.store, &id, &kept, around)
    });
    Ok(json(&head.await?))
}

pub(super) async fn patch(
    State(app): Shared,
    Path(id): Path<String>,
    Sent(patch): Sent<GraphPatch>,
) -> Answer {
    let row = blocking(move || app.store.patch(&Id::parse("graph", &id)?, patch));
    Ok(json(&row.await?))
}

pub(super) async fn delete(State(app): Shared, Path(id): Path<String>) -> Answer {
    let deleted = blocking(move || app.store.delete(&Id::parse("graph", &id)?));
    Ok(json(&deleted.await?))
}

#[derive(Deserialize)]
pub(super) struct PackQuery {
    top: Option<usize>,
}

pub(super) async fn pack(
    State(app): Shared,
    Path(id): Path<String>,
    Asked(query): Asked<PackQuery>,
) -> Answer {
    let packed = blocking(move || {
        let kept = app.store.graph(&Id::parse("graph", &id)?)?;
        let index = app.set_of_graph(&kept.graph).and_then(|set| set.index);
        let frequency = |id| Some(index.as_ref()?.reader.statistics(id).ok()?.frequency);
        Ok(crate::pack::pack(&kept, query.top.unwrap_or(usize::MAX), &frequency))
    });
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], packed.await?).into_response())
}

#[derive(Deserialize)]
pub(super) struct EdgesQuery {
    node: u32,
}

pub(super) async fn edges(
    State(app): Shared,
    Path(id): Path<String>,
    Asked(query): Asked<EdgesQuery>,
) -> Answer {
    let edges = blocking(move || {
        let kept = app.store.graph(&Id::parse("graph", &id)?)?;
        circuits::edges(&kept, query.node)
    });
    Ok(json(&edges.await?))
}

#[derive(Deserialize)]
pub(super) struct WhyQuery {
    source: u32,
    target: u32,
}

pub(super) async fn why(
    State(app): Shared,
    Path(id): Path<String>,
    Asked(query): Asked<WhyQuery>,
) -> Answer {
    let why = blocking(move || {
        let kept = app.store.graph(&Id::parse("graph", &id)?)?;
        app.engine.why(&kept.graph, query.source, query.target)
    });
    Ok(json(&why.await?))
}

#[derive(Deserialize)]
pub(super) struct ExportQuery {
    format: String,
    view: Option<String>,
    node_threshold: Option<f64>,
    edge_threshold: Option<f64>,
}

pub(super) async fn export(
    State(app): Shared,
    Path(id): Path<String>,
    Asked(query): Asked<ExportQuery>,
) -> Answer {
    blocking(move || {
        let id = Id::parse("graph", &id)?;
        let usual = Thresholds::default();
        let thresholds = Thresholds {
            nodes: query.node_threshold.unwrap_or(usual.nodes),
            edges: query.edge_threshold.unwrap_or(usual.edges),
        };
        let view = query.view.as_deref();
        match query.format.as_str() {
            "connectome" => {
                let bytes = match view {
                    Some(name) => {
                        let kept = app.store.graph(&id)?;
                        app.store.shown_view(&id, name)?.in_file(&kept.graph)?.to_bytes()
                    }
                    None => app.store.bytes(&id)?,
                };
                Ok(download(&format!("{id}.graph"), "application/octet-stream", bytes))
            }
            "json" => {
                let kept = app.store.graph(&id)?;
                let graph = shown(&app, &id, view, &kept)?;
                let pruned = prune_keeping(&graph, &thresholds, &graph.annotations().chosen())?;
                let json = circuit_tracer::export(&graph, &pruned, id.as_str())?;
                Ok(download(&format!("{id}.json"), "application/json", json.to_bytes()))
            }
            "csv" => {
                let kept = app.store.graph(&id)?;
                let graph = shown(&app, &id, view, &kept)?;
                let table = edges_csv(&graph, &thresholds)?;
                Ok(download(&format!("{id}.csv"), "text/csv; charset=utf-8", table))
            }
            "html" => {
                let view = app.store.shown_view(&id, query.view.as_deref().unwrap_or(MAIN))?;
                let numbers = app.store.runs(&id)?.into_iter().map(|row| row.number);
                let runs: Result<Vec<_>, _> =
                    numbers.map(|number| app.store.run(&id, number)).collect();
                let kept = app.store.graph(&id)?;
                let index = app.set_of_graph(&kept.graph).and_then(|set| set.index);
                let page = page_file::write(&kept, (Some(&view), &runs?), index.as_deref())?;
                Ok(download(&format!("{id}.html"), "text/html; charset=utf-8", page.bytes))
            }
            other => Err(ServeError::Bad {
                what: format!("`{}` is no format", other.chars().take(40).collect::<String>()),
                hint: Some("json, csv, html or connectome"),
            }),
        }
    })
    .await
}

/// A graph with what a person made of it in a view; as it is without one.
fn shown<'a>(
    app: &App,
    id: &Id,
    view: Option<&str>,
    kept: &'a Kept,
) -> Result<Cow<'a, AttributionGraph>, ServeError> {
    let Some(name) = view else { return Ok(Cow::Borrowed(&kept.graph)) };
    Ok(Cow::Owned(app.store.shown_view(id, name)?.annotated(&kept.graph)?))
}
