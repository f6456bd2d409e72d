//! What the doubts found.
//!
//! `reading` is the numbers in a sentence. What each number is a share of is said at its field,
//! and in `docs/doubts.md`.

mod another;
mod graph;
mod model;
mod place;

use serde::Serialize;

pub(crate) use self::another::{AnotherReport, DictionaryStory, VerdictCounts};
pub(crate) use self::graph::{MediatedReport, RoutesReport};
pub(crate) use self::model::{
    AgreeReport, CornersReport, InhibitedReport, InteractionReport, LikenessReport, PushReport,
    StandingReport,
};
pub(crate) use self::place::{PlaceHead, WhereReport};
use crate::commands::doubt::args::DoubtArgs;
use crate::load::Loaded;
use connectome_graph::AttributionGraph;

/// All doubts that were asked.
#[derive(Debug, Serialize)]
pub(crate) struct DoubtReport {
    pub(crate) version: &'static str,
    pub(crate) graph: String,
    pub(crate) prompt: String,
    /// The prompt's tokens, by position.
    pub(crate) tokens: Vec<String>,
    pub(crate) model: String,
    pub(crate) dictionary: String,
    /// What the graph explains.
    pub(crate) targets: Vec<String>,
    pub(crate) seed: u64,
    /// Whether it was ended before all was done.
    pub(crate) partial: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agree: Option<AgreeReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) push: Option<PushReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) another: Option<AnotherReport>,
    /// One a middle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mediated: Option<Vec<MediatedReport>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) inhibited: Option<InhibitedReport>,
    /// One a pair of spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) interaction: Option<Vec<InteractionReport>>,
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<WhereReport>,
    pub(crate) not_asked: Vec<NotAsked>,
}

/// A doubt that was left out.
#[derive(Debug, Serialize)]
pub(crate) struct NotAsked {
    pub(crate) doubt: &'static str,
    pub(crate) question: &'static str,
    /// The flag that it needs; null if it has it.
    pub(crate) needs: Option<&'static str>,
}

impl DoubtReport {
    pub(crate) fn new(
        args: &DoubtArgs,
        graph: &AttributionGraph,
        loaded: &Loaded,
        not_asked: Vec<NotAsked>,
    ) -> Self {
        let targets = graph.nodes().targets().iter();
        Self {
            version: super::TOOL,
            graph: args.graph.display().to_string(),
            prompt: graph.prompt().text.clone(),
            tokens: graph.prompt().token_texts.clone(),
            model: loaded.model_name.clone(),
            dictionary: loaded.dictionary_name.clone(),
            targets: targets.map(|target| target.label.clone()).collect(),
            seed: args.seed,
            partial: false,
            agree: None,
            push: None,
            another: None,
            mediated: None,
            inhibited: None,
            interaction: None,
            place: None,
            not_asked,
        }
    }
}

/// A share in percent within a sentence; not known is not known.
fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "an unknown part".to_owned(), |share| format!("{:.0} %", 100.0 * share))
}
