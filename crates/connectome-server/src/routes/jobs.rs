//! Jobs with their events, and runs, which are made by jobs.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use tokio::sync::watch::Receiver;

use super::extract::Sent;
use super::{Answer, Shared, blocking, json};
use crate::error::ServeError;
use crate::id::Id;
use crate::jobs::{Reporter, Work, is_final};
use crate::store::{Kept, now_ms};
use crate::wire::{Job, JobKind, JobResult, JobStarted, Run, RunAsk, RunBody, RunPatch};
use crate::{App, TOOL};

pub(super) async fn list(State(app): Shared) -> Answer {
    Ok(json(&app.jobs.list()))
}

pub(super) async fn get(State(app): Shared, Path(id): Path<String>) -> Answer {
    Ok(json(&app.jobs.get(&id)?))
}

pub(super) async fn cancel(State(app): Shared, Path(id): Path<String>) -> Answer {
    let job = blocking(move || app.jobs.cancel(&id));
    Ok(json(&job.await?))
}

/// The state now, and every one after it, up to a final one.
pub(super) async fn events(State(app): Shared, Path(id): Path<String>) -> Answer {
    let states = app.jobs.watch(&id)?;
    let next = |(mut states, told): (Receiver<Job>, Option<Job>)| async move {
        if told.as_ref().is_some_and(|job| is_final(job.state)) {
            return None;
        }
        if told.is_some() && states.changed().await.is_err() {
            return None;
        }
        let job = states.borrow_and_update().clone();
        let data = serde_json::to_string(&job).expect("text and numbers are JSON");
        let event = Event::default().event("job").data(data);
        Some((Ok::<_, Infallible>(event), (states, Some(job))))
    };
    let stream = stream::unfold((states, None), next);
    Ok(Sse::new(stream).keep_alive(KeepAlive::default()).into_response())
}

pub(super) async fn runs(State(app): Shared, Path(id): Path<String>) -> Answer {
    Ok(json(&blocking(move || app.store.runs(&Id::parse("graph", &id)?)).await?))
}

pub(super) async fn one_run(
    State(app): Shared,
    Path((id, number)): Path<(String, String)>,
) -> Answer {
    let run =
        blocking(move || app.store.run(&Id::parse("graph", &id)?, super::number("run", &number)?));
    Ok(json(&run.await?))
}

pub(super) async fn name_run(
    State(app): Shared,
    Path((id, number)): Path<(String, String)>,
    Sent(patch): Sent<RunPatch>,
) -> Answer {
    let row = blocking(move || {
        let number = super::number("run", &number)?;
        app.store.name_run(&Id::parse("graph", &id)?, number, &patch.name)
    });
    Ok(json(&row.await?))
}

pub(super) async fn delete_run(
    State(app): Shared,
    Path((id, number)): Path<(String, String)>,
) -> Answer {
    let deleted = blocking(move || {
        app.store.delete_run(&Id::parse("graph", &id)?, super::number("run", &number)?)
    });
    Ok(json(&deleted.await?))
}

pub(super) async fn run(
    State(app): Shared,
    Path(id): Path<String>,
    Sent(ask): Sent<RunAsk>,
) -> Answer {
    let started = blocking(move || start(&app, &id, ask));
    let job = started.await?;
    Ok((StatusCode::ACCEPTED, json(&JobStarted { job })).into_response())
}

fn start(app: &Arc<App>, id: &str, ask: RunAsk) -> Result<String, ServeError> {
    let id = Id::parse("graph", id)?;
    let kept = app.store.graph(&id)?;
    let other = match &ask {
        RunAsk::Intervene(ask) => match &ask.swap {
            Some(swap) => Some(app.store.graph(&Id::parse("graph", &swap.graph)?)?),
            None => None,
        },
        RunAsk::Validate(_) => None,
    };
    let (given, usual) = match &ask {
        RunAsk::Intervene(ask) => {
            let other = other.as_ref().map(|other| &other.graph);
            (ask.name.clone(), app.engine.check_intervention(&kept.graph, ask, other)?)
        }
        RunAsk::Validate(ask) => {
            app.engine.check_validation(&kept.graph, ask)?;
            (ask.name.clone(), "validation".to_owned())
        }
    };
    let name = if given.is_empty() { usual } else { given };
    let (of_work, of_app, title) = (id.clone(), app.clone(), name.clone());
    let work: Work = Box::new(move |reporter| {
        measured(&of_app, (&of_work, &kept), other.as_deref(), (ask, name), reporter)
    });
    app.jobs.add(JobKind::Run, title, Some(id.to_string()), work)
}

fn measured(
    app: &App,
    (id, kept): (&Id, &Kept),
    other: Option<&Kept>,
    (ask, name): (RunAsk, String),
    reporter: &Reporter,
) -> Result<JobResult, ServeError> {
    let other = other.map(|other| &other.graph);
    let (result, partial) = match &ask {
        RunAsk::Intervene(ask) => {
            let run = app.engine.intervene(kept, ask, other, reporter)?;
            let partial = run.sweep.as_ref().is_some_and(|sweep| sweep.partial);
            (RunBody::Intervene(run), partial)
        }
        RunAsk::Validate(ask) => {
            let run = app.engine.validate(kept, ask, reporter)?;
            let partial = run.partial;
            (RunBody::Validate(run), partial)
        }
    };
    let (graph, tool, created) = (id.to_string(), TOOL.to_owned(), now_ms());
    let run = Run { number: 0, name, graph: graph.clone(), created, ask, tool, result };
    let number = app.store.add_run(id, run)?;
    Ok(JobResult { graph: Some(graph), run: Some(number), probe: None, partial })
}
