//! The routes: each reads a request, makes one call, and writes an answer.

mod circuits;
mod compat;
mod extract;
mod features;
mod figure;
mod graphs;
mod jobs;
mod log;
mod models;
mod packed;
mod page;
mod probes;
mod trash;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};
use serde::Serialize;

use crate::App;
use crate::error::ServeError;

/// What every handler is given.
pub(crate) type Shared = State<Arc<App>>;

/// All routes; security is put around them by [`crate::guard`].
pub(crate) fn router(app: Arc<App>) -> Router {
    let api = Router::new()
        .route("/status", get(models::status))
        .route("/models", get(models::list))
        .route("/tokenize", post(models::tokenize))
        .route("/forward", post(models::forward))
        .route("/estimate", post(models::estimate))
        .route("/graphs", get(graphs::list).post(graphs::trace))
        .route("/graphs/import", post(graphs::import))
        .route("/graphs/{id}", get(graphs::head).delete(graphs::delete))
        .route("/graphs/{id}", patch(graphs::patch))
        .route("/graphs/{id}/pack", get(graphs::pack))
        .route("/graphs/{id}/edges", get(graphs::edges))
        .route("/graphs/{id}/why", get(graphs::why))
        .route("/graphs/{id}/export", get(graphs::export))
        .route("/graphs/{id}/prune", post(circuits::prune))
        .route("/graphs/{id}/paths", post(circuits::paths))
        .route("/graphs/{id}/circuit", post(circuits::circuit))
        .route("/graphs/{id}/suggest", post(circuits::suggest))
        .route("/graphs/{id}/runs", get(jobs::runs).post(jobs::run))
        .route("/graphs/{id}/runs/{number}", get(jobs::one_run).delete(jobs::delete_run))
        .route("/graphs/{id}/runs/{number}", patch(jobs::name_run))
        .route("/graphs/{id}/views/{name}", get(views::get).put(views::put))
        .route("/graphs/{id}/views/{name}", patch(views::rename).delete(views::delete))
        .route("/graphs/{id}/views/{name}/versions", get(views::versions))
        .route("/compare", post(circuits::compare))
        .route("/recurring", post(circuits::recurring))
        .route("/figure", post(figure::figure))
        .route("/features", get(features::sets))
        .route("/features/query", post(features::query))
        .route("/features/search", post(features::search))
        .route("/features/{set}/{layer}/{index}", get(features::feature))
        .route("/features/{set}/{layer}/{index}/label", get(features::label).put(features::name))
        .route("/features/{set}/{layer}/{index}/weights", get(features::weights))
        .route("/features/{set}/{layer}/{index}/writes", get(features::writes))
        .route("/features/{set}/{layer}/{index}/activations", post(features::activations))
        .route("/features/{set}/{layer}/{index}/graphs", get(features::graphs))
        .route("/probes", get(probes::list).post(probes::start))
        .route("/probes/{number}", get(probes::get).delete(probes::delete))
        .route("/probes/{number}/grids", get(probes::grids))
        .route("/probes/{number}/answers", get(probes::answers))
        .route("/trash", get(trash::list))
        .route("/trash/{name}", post(trash::restore).delete(trash::remove))
        .route("/jobs", get(jobs::list))
        .route("/jobs/{id}", get(jobs::get).delete(jobs::cancel))
        .route("/jobs/{id}/events", get(jobs::events))
        .route("/log", get(log::list).post(log::add))
        .fallback(no_route)
        .method_not_allowed_fallback(no_method);
    Router::new()
        .nest("/api", api)
        .route("/data/graph-metadata.json", get(compat::index))
        .route("/graph_data/{file}", get(compat::graph))
        .route("/save_graph/{slug}", post(compat::save))
        .route("/feat/{*path}", get(compat::feature))
        .route("/features/{*path}", get(compat::feature))
        .route("/compat", get(compat::to_folder))
        .route("/compat/", get(compat::start))
        .route("/compat/{*path}", get(compat::file))
        .fallback(page::page)
        .with_state(app)
}

async fn no_route(uri: axum::http::Uri) -> ServeError {
    ServeError::Missing { what: "route", name: uri.path().chars().take(200).collect() }
}

async fn no_method(method: axum::http::Method) -> Response {
    let error = ServeError::bad(format!("this route does not take {method}"));
    let mut body = error.body();
    body.status = StatusCode::METHOD_NOT_ALLOWED.as_u16();
    (StatusCode::METHOD_NOT_ALLOWED, axum::Json(crate::wire::Failure { error: body }))
        .into_response()
}

/// Does work that computes or waits for the disk on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ServeError> + Send + 'static,
) -> Result<T, ServeError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(ServeError::Fault { reason: error.to_string() }))
}

/// An answer as JSON.
pub(crate) fn json(value: &impl Serialize) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(error) => ServeError::Fault { reason: error.to_string() }.into_response(),
    }
}

/// A number that stands in an address.
pub(crate) fn number(what: &'static str, text: &str) -> Result<u32, ServeError> {
    let missing = || ServeError::Missing { what, name: text.chars().take(80).collect() };
    text.parse().map_err(|_| missing())
}

/// A file that is saved under a name.
pub(crate) fn download(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response()
}

/// What an answer to a request comes to.
pub(crate) type Answer = Result<Response, ServeError>;
