//! Figures.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse as _;

use super::extract::Sent;
use super::{Answer, Shared, blocking};
use crate::id::Id;
use crate::wire::FigureAsk;

pub(super) async fn figure(State(app): Shared, Sent(ask): Sent<FigureAsk>) -> Answer {
    let drawn = blocking(move || {
        let id = Id::parse("graph", &ask.graph)?;
        let kept = app.store.graph(&id)?;
        let runs: Result<Vec<_>, _> =
            ask.runs.iter().map(|number| app.store.run(&id, *number)).collect();
        let view = ask.view.as_deref().map(|name| app.store.shown_view(&id, name)).transpose()?;
        let set = app.set_of_graph(&kept.graph);
        let names = app.names(set.as_ref(), &kept.graph)?;
        let sources = crate::Sources { view: view.as_ref(), runs: &runs?, names: Some(&names) };
        crate::draw(&kept.graph, &ask, sources)
    });
    let drawn = drawn.await?;
    Ok(([(header::CONTENT_TYPE, drawn.kind)], drawn.bytes).into_response())
}
