//! What the pages of others fetch: their graphs, their saving, and their own files from a folder
//! of the user's.
//!
//! None of their code is here. What they ask for and how is in `docs/server.md`; sources:
//! circuit-tracer 0.5 `frontend/local_server.py`, anthropics/attribution-graphs-frontend.

use std::collections::BTreeMap;
use std::path::{Component, Path as FilePath, PathBuf};

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse as _;
use connectome::features::index::Label;
use connectome::features::layout;
use connectome::features::packed::PackedName;
use connectome_graph::wire::circuit_tracer::{annotations_of_view, export};
use connectome_graph::{AttributionGraph, FeatureId, NodeIdx, Supernode, prune_keeping};
use serde_json::{Map, Value, json};

use super::extract::Sent;
use super::{Answer, Shared, blocking, json as answer, packed};
use crate::App;
use crate::error::ServeError;
use crate::id::Id;
use crate::saved::SavedView;
use crate::store::MAIN;

/// The view that these pages save to.
const VIEW: &str = "compat";
/// What both their views and ours say, each in its own form.
const SHARED: [&str; 3] = ["pinnedIds", "supernodes", "clerps"];
/// Where circuit-tracer's and Anthropic's pages fetch everything that starts with `/`.
const THEIR_HOST: &str = "https://transformer-circuits.pub/2025/attribution-graphs";

fn view() -> Id {
    Id::parse("view", VIEW).expect("it is an id")
}

/// `data/graph-metadata.json`.
pub(super) async fn index(State(app): Shared) -> Answer {
    let found = blocking(move || {
        let mut graphs = Vec::new();
        for row in app.store.list() {
            let mut json = graph_json(&app, &Id::parse("graph", &row.id)?)?;
            graphs.push(json["metadata"].take());
        }
        Ok(json!({ "graphs": graphs }))
    });
    Ok(answer(&found.await?))
}

/// `graph_data/SLUG.json`, never kept by the page: it would show the old file after saving.
pub(super) async fn graph(State(app): Shared, Path(file): Path<String>) -> Answer {
    let found = blocking(move || graph_json(&app, &Id::parse("graph", slug(&file)?)?));
    Ok(([(header::CACHE_CONTROL, "no-store")], answer(&found.await?)).into_response())
}

fn slug(file: &str) -> Result<&str, ServeError> {
    let missing = || ServeError::Missing { what: "file", name: file.chars().take(80).collect() };
    file.strip_suffix(".json").ok_or_else(missing)
}

/// A graph as they read it, with what they saved of it.
fn graph_json(app: &App, id: &Id) -> Result<Value, ServeError> {
    let kept = app.store.graph(id)?;
    let saved = saved(app, id)?.map(|(document, _)| document);
    let theirs = saved.as_ref().and_then(|document| document.get("qParams")?.as_object());
    // What was done in our workspace is what they start from.
    let view = match &saved {
        Some(document) if has_ours(document) => {
            SavedView::from_json(document.to_string().as_bytes())?
        }
        _ => app.store.shown_view(id, MAIN)?,
    };
    let graph = view.annotated(&kept.graph)?;
    let pruned = prune_keeping(&graph, &kept.pruned.thresholds, &graph.annotations().chosen())?;
    let fault = |error: serde_json::Error| ServeError::Fault { reason: error.to_string() };
    let bytes = export(&graph, &pruned, id.as_str())?.to_bytes();
    let mut json: Value = serde_json::from_slice(&bytes).map_err(fault)?;
    if let Some(set) = app.set_of_graph(&kept.graph).filter(|set| set.index.is_some()) {
        json["metadata"]["scan"] = json!(format!("./feat/{}", set.slug()));
        json["metadata"]["transcoder_list"] = json!([]);
        name_nodes(&mut json, &app.names(Some(&set), &kept.graph)?);
    }
    if let (Some(document), Some(theirs)) = (&saved, theirs)
        && let Some(own) = json.get_mut("qParams").and_then(Value::as_object_mut)
    {
        let mut theirs = theirs.clone();
        // As they saved it, unless it was changed in our workspace since.
        if has_ours(document) && with_theirs(document, &theirs, &kept.graph) != *document {
            theirs.retain(|key, _| !SHARED.contains(&key.as_str()));
        }
        merge(own, &theirs);
    }
    Ok(json)
}

/// Gives nodes that nobody named what the index calls their features; a program's names stand
/// after a `≈`.
fn name_nodes(json: &mut Value, labels: &BTreeMap<FeatureId, Label>) {
    for node in json["nodes"].as_array_mut().into_iter().flatten() {
        let Some(label) = feature_of(node).and_then(|id| labels.get(&id)) else { continue };
        if node["clerp"] == "" {
            let mark = if label.source.is_automatic() { "≈ " } else { "" };
            node["clerp"] = json!(format!("{mark}{}", label.text));
        }
    }
}

/// The feature of a node, `LAYER_INDEX_POSITION`; none of an error's, whose index is −1, or of a
/// token's or a target's, which no layer of the dictionary has.
fn feature_of(node: &Value) -> Option<FeatureId> {
    let mut parts = node["node_id"].as_str()?.split('_');
    let mut number = || parts.next()?.parse().ok();
    Some(FeatureId { layer: number()?, index: number()? })
}

/// The saved document and its ETag.
fn saved(app: &App, id: &Id) -> Result<Option<(Value, String)>, ServeError> {
    match app.store.view(id, &view(), None) {
        Ok(view) => {
            let document = serde_json::from_slice(&view.bytes);
            let fault = |error: serde_json::Error| ServeError::Fault { reason: error.to_string() };
            Ok(Some((document.map_err(fault)?, view.etag)))
        }
        Err(ServeError::Missing { what: "view", .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// `POST save_graph/SLUG`: what it does not say stays as it was, and the version before is kept.
pub(super) async fn save(
    State(app): Shared,
    Path(slug): Path<String>,
    Sent(body): Sent<Value>,
) -> Answer {
    let saved = blocking(move || {
        let id = Id::parse("graph", slug.strip_suffix(".json").unwrap_or(&slug))?;
        app.store.row(&id)?;
        let Some(sent) = body.get("qParams").and_then(Value::as_object) else {
            return Err(ServeError::bad("the body has no object `qParams`"));
        };
        let found = saved(&app, &id)?;
        let base = match &found {
            Some((document, _)) => document.clone(),
            None => app.store.shown_view(&id, MAIN)?.document().clone(),
        };
        let mut params = Map::new();
        if let Some(Value::Object(known)) = found.as_ref().and_then(|(doc, _)| doc.get("qParams")) {
            merge(&mut params, known);
        }
        merge(&mut params, sent);
        let mut document = with_theirs(&base, &params, &app.store.graph(&id)?.graph);
        document["name"] = json!("saved by another page");
        let etag = found.map(|(_, etag)| etag);
        app.store.save_view(&id, &view(), etag.as_deref(), document.to_string().as_bytes())
    });
    saved.await?;
    Ok(answer(&json!({ "status": "success" })))
}

/// Whether a document of [`VIEW`] has what our workspace reads, too.
fn has_ours(document: &Value) -> bool {
    document.get("pins").is_some() || document.get("groups").is_some()
}

/// A document of our workspace with what their page pins, groups and names.
fn with_theirs(document: &Value, theirs: &Map<String, Value>, graph: &AttributionGraph) -> Value {
    let said = annotations_of_view(graph, theirs);
    let is_said = |key: &str| theirs.get(key).is_some_and(|value| !value.is_null());
    let numbers = |nodes: &[NodeIdx]| nodes.iter().map(|idx| idx.get()).collect::<Vec<_>>();
    let mut document = document.clone();
    document["schema"] = json!(1);
    document["qParams"] = json!(theirs);
    if is_said("supernodes") {
        let group = |(at, group): (usize, &Supernode)| {
            let nodes = numbers(&group.members);
            json!({ "id": format!("{VIEW}-{at}"), "name": group.name, "nodes": nodes })
        };
        document["groups"] = said.supernodes.iter().enumerate().map(group).collect();
    }
    if is_said("supernodes") || is_said("pinnedIds") {
        document["pins"] = json!(numbers(&said.chosen()));
    }
    if is_said("clerps") {
        let label = |(idx, text): (&NodeIdx, &String)| (idx.get().to_string(), json!(text));
        document["labels"] = Value::Object(said.node_labels.iter().map(label).collect());
    }
    document
}

/// Takes over what is no null: their page posts nulls for everything that its address lacks.
fn merge(into: &mut Map<String, Value>, from: &Map<String, Value>) {
    for (key, value) in from.iter().filter(|(_, value)| !value.is_null()) {
        into.insert(key.clone(), value.clone());
    }
}

/// `feat/SET/NUMBER.json`: a feature by Cantor's number of layer and index. Their pages put what
/// a graph says as its `scan` behind their own prefix. And `feat/SET/index.json.gz` with
/// `layer_N.bin`; for a `scan` that begins with a slash, circuit-tracer's page asks for these
/// without a set.
pub(super) async fn feature(
    State(app): Shared,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let name = path.chars().take(200).collect::<String>();
    let missing = move || ServeError::Missing { what: "feature file", name: name.clone() };
    let path = path.strip_prefix("feat/").unwrap_or(&path);
    let (slug, file) =
        path.rsplit_once('/').map_or((None, path), |(slug, file)| (Some(slug), file));
    let slug = slug.map(str::to_owned);
    if let Some(name) = PackedName::parse(file) {
        let set = move || match &slug {
            Some(slug) => app.set_of_slug(slug).ok_or_else(missing),
            None => app.usual_set(),
        };
        return packed::file(set, name, &headers).await;
    }
    let number = file.strip_suffix(".json").and_then(|number| number.parse().ok());
    let id = number.and_then(layout::feature_of).ok_or_else(&missing)?;
    let found = blocking(move || {
        let set = slug.and_then(|slug| app.set_of_slug(&slug)).ok_or_else(missing)?;
        set.index()?.bare(id)
    });
    Ok(answer(&found.await?))
}

pub(super) async fn to_folder() -> Answer {
    Ok((StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, "/compat/")]).into_response())
}

pub(super) async fn start(app: Shared, headers: HeaderMap) -> Answer {
    file(app, Path("index.html".to_owned()), headers).await
}

/// A file of the other frontend. Below it, its own data are ours.
pub(super) async fn file(
    State(app): Shared,
    Path(path): Path<String>,
    headers: HeaderMap,
) -> Answer {
    let missing = || ServeError::Missing { what: "file", name: path.chars().take(200).collect() };
    if path == "data/graph-metadata.json" {
        return index(State(app)).await;
    }
    if let Some(file) = path.strip_prefix("graph_data/") {
        return graph(State(app), Path(file.to_owned())).await;
    }
    if let Some(file) = path.strip_prefix("feat/").or_else(|| path.strip_prefix("features/")) {
        return feature(State(app), Path(file.to_owned()), headers).await;
    }
    let root = app.settings.compat.clone().ok_or_else(missing)?;
    let name = path.clone();
    let bytes = blocking(move || below(&root, &name)).await?;
    let kind = super::page::kind(&path);
    let is_text = kind.starts_with("text/");
    let bytes = if is_text { rewritten(bytes) } else { bytes };
    Ok(([(header::CONTENT_TYPE, kind)], bytes).into_response())
}

/// A file below a folder: plain names only, and no link that leads out of it.
fn below(root: &FilePath, path: &str) -> Result<Vec<u8>, ServeError> {
    let missing = || ServeError::Missing { what: "file", name: path.chars().take(200).collect() };
    let plain: PathBuf = FilePath::new(path)
        .components()
        .map(|part| match part {
            Component::Normal(name) if !name.to_string_lossy().starts_with('.') => Ok(name),
            _ => Err(missing()),
        })
        .collect::<Result<_, _>>()?;
    let root = root.canonicalize().map_err(|_| missing())?;
    let found = root.join(plain).canonicalize().map_err(|_| missing())?;
    if !found.starts_with(&root) || !found.is_file() {
        return Err(missing());
    }
    std::fs::read(&found).map_err(|_| missing())
}

/// Data that their scripts fetch from their own host come from here; libraries stay where they
/// are.
fn rewritten(bytes: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) => text
            .replace(&format!("{THEIR_HOST}/static_js"), "\u{1}")
            .replace(THEIR_HOST, "/compat")
            .replace('\u{1}', &format!("{THEIR_HOST}/static_js"))
            .into_bytes(),
        Err(error) => error.into_bytes(),
    }
}
