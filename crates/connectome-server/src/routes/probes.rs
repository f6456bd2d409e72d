//! Probes: started as jobs, listed, read, thrown away.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use connectome_graph::FeatureId;
use serde::Deserialize;

use super::extract::{Asked, Sent};
use super::{Answer, Shared, blocking, json, number as parsed};
use crate::App;
use crate::error::ServeError;
use crate::jobs::Work;
use crate::wire::{
    JobKind, JobResult, JobStarted, Probe, ProbeAnswers, ProbeAsk, ProbeGrid, ProbeGrids,
};

/// The most grids of one answer.
const MOST_GRIDS: usize = 100;

pub(super) async fn list(State(app): Shared) -> Answer {
    Ok(json(&blocking(move || Ok(app.store.probes())).await?))
}

pub(super) async fn start(State(app): Shared, Sent(ask): Sent<ProbeAsk>) -> Answer {
    let job = blocking(move || {
        let title = app.engine.check_probe(&ask)?;
        let of_work = app.clone();
        let work: Work = Box::new(move |reporter| {
            let found = of_work.engine.probe(&ask, reporter)?;
            let ended = || ServeError::Fault { reason: "it was cancelled".to_owned() };
            let (probe, grids) = found.ok_or_else(ended)?;
            let number = of_work.store.add_probe(probe, &grids)?;
            Ok(JobResult { graph: None, run: None, probe: Some(number), partial: false })
        });
        app.jobs.add(JobKind::Probe, title, None, work)
    });
    Ok((StatusCode::ACCEPTED, json(&JobStarted { job: job.await? })).into_response())
}

pub(super) async fn get(State(app): Shared, Path(number): Path<String>) -> Answer {
    Ok(json(&blocking(move || labelled(&app, parsed("probe", &number)?)).await?))
}

/// A probe with the names that an index has for its features now.
fn labelled(app: &Arc<App>, number: u32) -> Result<Probe, ServeError> {
    let mut probe = app.store.probe(number)?;
    // A model that is not served any more has no names; the probe stays.
    let index = app.set(probe.ask.model.as_deref()).ok().and_then(|set| set.index);
    let digest = |index: &crate::features::Index| index.reader.card().dictionary_digest.clone();
    if let Some(index) = index.filter(|index| digest(index) == probe.dictionary_digest) {
        for one in &mut probe.features {
            let id = FeatureId { layer: one.layer, index: one.index };
            let label = index.reader.label(id)?;
            one.label_source = label.as_ref().map(|label| label.source.name().to_owned());
            one.label = label.map(|label| label.text);
        }
    }
    Ok(probe)
}

#[derive(Deserialize)]
pub(super) struct GridsQuery {
    features: String,
}

pub(super) async fn grids(
    State(app): Shared,
    Path(number): Path<String>,
    Asked(query): Asked<GridsQuery>,
) -> Answer {
    let found = blocking(move || {
        let names: Vec<&str> = query.features.split(',').collect();
        if names.len() > MOST_GRIDS {
            let n = names.len();
            return Err(ServeError::bad(format!("{n} grids were asked for, expected at most 100")));
        }
        let id = |name: &str| {
            name.parse().map_err(|_| {
                let name: String = name.chars().take(80).collect();
                ServeError::bad(format!("`{name}` is no feature, as `L2/370` is"))
            })
        };
        let ids: Vec<FeatureId> = names.into_iter().map(id).collect::<Result<_, _>>()?;
        let all = app.store.grids(parsed("probe", &number)?)?;
        let grid = |id: FeatureId| {
            let grid = all.grid(id);
            let fires = grid.cells.iter().zip(0_u32..).filter(|(cell, _)| **cell != 0.0);
            let (activations, cells) = fires.map(|(cell, at)| (*cell, at)).unzip();
            ProbeGrid { layer: id.layer, index: id.index, cells, activations }
        };
        Ok(ProbeGrids { grids: ids.into_iter().map(grid).collect() })
    });
    Ok(json(&found.await?))
}

pub(super) async fn answers(State(app): Shared, Path(number): Path<String>) -> Answer {
    let found = blocking(move || {
        let grids = app.store.grids(parsed("probe", &number)?)?;
        let place = |token: u32| {
            let found = grids.answer_texts.binary_search_by_key(&token, |(token, _)| *token);
            found.map_or(u32::MAX, |at| at as u32)
        };
        Ok(ProbeAnswers {
            texts: grids.answer_texts.iter().map(|(_, text)| text.clone()).collect(),
            answers: grids.answers.iter().map(|answer| place(answer.token)).collect(),
            probabilities: grids.answers.iter().map(|answer| answer.probability).collect(),
        })
    });
    Ok(json(&found.await?))
}

pub(super) async fn delete(State(app): Shared, Path(number): Path<String>) -> Answer {
    let deleted = blocking(move || app.store.delete_probe(parsed("probe", &number)?));
    Ok(json(&deleted.await?))
}
