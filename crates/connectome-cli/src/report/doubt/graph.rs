//! What goes through a middle.

use connectome::doubt::{Mediated, Routes};
use connectome::intervene::AttentionPatterns;
use serde::Serialize;

use super::percent;

/// One middle.
#[derive(Debug, Serialize)]
pub(crate) struct MediatedReport {
    pub(crate) reading: String,
    pub(crate) middle: String,
    pub(crate) middle_nodes: Vec<String>,
    pub(crate) sources: Vec<String>,
    /// Empty: the graph's targets, by their weights.
    pub(crate) ends: Vec<String>,
    /// What stands for tokens that are taken away.
    pub(crate) absent: String,
    /// By share of the walks that start at the ends.
    pub(crate) share_of_walks: RoutesReport,
    /// Of those walks, what stopped where the graph does not say how it goes on.
    pub(crate) unresolved: f64,
    /// By signed effect over the graph's paths, in units of the ends.
    pub(crate) signed_effect: RoutesReport,
    pub(crate) measured: Vec<MeasuredReport>,
    /// Sources that cannot be changed in the model.
    pub(crate) unmeasured_sources: usize,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct RoutesReport {
    pub(crate) total: f64,
    /// Not through the middle.
    pub(crate) around: f64,
    /// Of that, along single edges.
    pub(crate) direct: f64,
    /// `1 − around / total`.
    pub(crate) through_share: Option<f64>,
    /// `around / total`: the hop-skipping score.
    pub(crate) hop_skipping_share: Option<f64>,
}

impl From<Routes> for RoutesReport {
    fn from(routes: Routes) -> Self {
        Self {
            total: routes.total,
            around: routes.around,
            direct: routes.direct,
            through_share: routes.through(),
            hop_skipping_share: routes.skipping(),
        }
    }
}

/// Changes of the ends in the model.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct MeasuredReport {
    /// `held` or `free`.
    pub(crate) attention: &'static str,
    /// Sources taken away.
    pub(crate) sources_away: f64,
    /// The same, with the middle held.
    pub(crate) sources_away_middle_held: f64,
    /// The middle ablated, alone.
    pub(crate) middle_ablated: f64,
    /// Sources taken away where the middle is ablated.
    pub(crate) sources_away_middle_ablated: f64,
    /// `1 − sources_away_middle_held / sources_away`.
    pub(crate) through_share: Option<f64>,
}

impl MediatedReport {
    pub(crate) fn of(
        found: &Mediated,
        name: &str,
        [sources, middle_nodes, ends]: [Vec<String>; 3],
        absent: &str,
    ) -> Self {
        let measured: Vec<MeasuredReport> = found
            .measured
            .iter()
            .map(|run| MeasuredReport {
                attention: match run.attention {
                    AttentionPatterns::Frozen => "held",
                    AttentionPatterns::Free => "free",
                },
                sources_away: run.free,
                sources_away_middle_held: run.held,
                middle_ablated: run.ablated,
                sources_away_middle_ablated: run.without,
                through_share: run.through(),
            })
            .collect();
        let in_model = measured.last().map_or_else(
            || "Nothing could be measured in the model".to_owned(),
            |free| {
                format!("Measured in the model, {} goes through it", percent(free.through_share))
            },
        );
        Self {
            reading: format!(
                "Through {name} goes {} of the graph's influence and {} of its signed effect; {} of \
                 the influence skips it. {in_model}.",
                percent(found.share.through()),
                percent(found.effect.through()),
                percent(found.share.skipping()),
            ),
            middle: name.to_owned(),
            middle_nodes,
            sources,
            ends,
            absent: absent.to_owned(),
            share_of_walks: found.share.into(),
            unresolved: found.unresolved,
            signed_effect: found.effect.into(),
            measured,
            unmeasured_sources: found.n_unmeasured,
        }
    }
}
