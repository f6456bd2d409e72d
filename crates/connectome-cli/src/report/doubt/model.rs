//! What the doubts say that ask how model and replacement answer.

use connectome::doubt::{
    Agree, Aims, Along, At, Contribution, Corners, ErrorShare, Favours, Inhibited, Interaction,
    Likeness, LogitParts, Missed, Parts, Push, Standing,
};
use connectome_graph::AttributionGraph;
use serde::Serialize;

use super::percent;

/// The free-running replacement against the model.
#[derive(Debug, Serialize)]
pub(crate) struct AgreeReport {
    pub(crate) reading: String,
    /// Of the positions that count, the share with the same most probable token.
    pub(crate) top_1: Option<f64>,
    /// Mean `KL(model ‖ replacement)` in nats over the positions that count.
    pub(crate) mean_kl_nats: Option<f64>,
    /// Where the target is read.
    pub(crate) at_target: AgreeAtReport,
    pub(crate) positions: Vec<AgreeAtReport>,
    /// Leading positions that count nowhere.
    pub(crate) zeroed_positions: usize,
    pub(crate) layers: Vec<LayerErrorReport>,
    /// Of the walks that end in a token or an error, the share that ends in an error.
    pub(crate) error_share_of_ends: f64,
    /// The parts of that in each layer's errors.
    pub(crate) error_share_by_layer: Vec<f64>,
    pub(crate) replacement_score: f64,
    pub(crate) completeness_score: f64,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct AgreeAtReport {
    pub(crate) pos: usize,
    pub(crate) model_token: String,
    pub(crate) model_probability: f32,
    pub(crate) replacement_token: String,
    pub(crate) replacement_probability: f32,
    pub(crate) kl_nats: f64,
}

/// Squared errors of one layer's MLP outputs over all positions that count.
#[derive(Debug, Serialize)]
pub(crate) struct LayerErrorReport {
    /// Dictionary on the model's own stream; of `Σ ‖y‖²`.
    pub(crate) nmse_of_size: f64,
    /// The same, of `Σ ‖y − mean‖²`.
    pub(crate) nmse_of_variance: Option<f64>,
    /// Running free; of `Σ ‖y‖²`.
    pub(crate) free_nmse_of_size: f64,
    pub(crate) free_nmse_of_variance: Option<f64>,
}

impl AgreeReport {
    pub(crate) fn of(
        found: &Agree,
        errors: &ErrorShare,
        pos: usize,
        text: &dyn Fn(u32) -> String,
    ) -> Self {
        let at = |(pos, at): (usize, &connectome::doubt::AgreeAt)| AgreeAtReport {
            pos,
            model_token: text(at.model.0),
            model_probability: at.model.1,
            replacement_token: text(at.replaced.0),
            replacement_probability: at.replaced.1,
            kl_nats: at.kl,
        };
        let positions: Vec<AgreeAtReport> = found.positions.iter().enumerate().map(at).collect();
        let layer = |on_stream: Missed, free: Missed| LayerErrorReport {
            nmse_of_size: on_stream.of_size,
            nmse_of_variance: on_stream.of_variance,
            free_nmse_of_size: free.of_size,
            free_nmse_of_variance: free.of_variance,
        };
        let layers = found.layers.iter().map(|own| layer(own.on_stream, own.free));
        let n_agree = found.counted().filter(|at| at.agrees()).count();
        let at_target = positions[pos].clone();
        let keeps = if at_target.model_token == at_target.replacement_token {
            "it keeps the model's answer"
        } else {
            "it does not keep the model's answer"
        };
        Self {
            reading: format!(
                "Running free, the replacement makes the model's first choice at {n_agree} of {} \
                 positions, and where the target is read {keeps}. {} of the walks end in errors.",
                found.counted().len(),
                percent(Some(errors.of_ends)),
            ),
            top_1: found.top_1(),
            mean_kl_nats: found.mean_kl(),
            at_target,
            positions,
            zeroed_positions: found.n_zeroed,
            layers: layers.collect(),
            error_share_of_ends: errors.of_ends,
            error_share_by_layer: errors.layers.clone(),
            replacement_score: errors.scores.replacement.value,
            completeness_score: errors.scores.completeness.value,
        }
    }
}

/// Pushes of the stream, and who answers how.
#[derive(Debug, Serialize)]
pub(crate) struct PushReport {
    pub(crate) reading: String,
    pub(crate) pos: usize,
    /// Length of a push, as a share of the stream's.
    pub(crate) size_share_of_stream: f32,
    pub(crate) places: usize,
    pub(crate) places_done: usize,
    /// Medians by kind and depth.
    pub(crate) by_depth: Vec<DepthReport>,
    pub(crate) pushes: Vec<PushedReport>,
}

/// Medians over the pushes of one kind at one depth, each number by itself.
#[derive(Debug, Serialize)]
pub(crate) struct DepthReport {
    pub(crate) along: &'static str,
    pub(crate) pushes: usize,
    #[serde(flatten)]
    pub(crate) at: AtReport,
}

#[derive(Debug, Serialize)]
pub(crate) struct PushedReport {
    pub(crate) before_layer: usize,
    pub(crate) along: &'static str,
    pub(crate) feature: Option<String>,
    pub(crate) depths: Vec<AtReport>,
}

/// Changes of the stream against those of the model, so many blocks after the push.
#[derive(Debug, Serialize)]
pub(crate) struct AtReport {
    pub(crate) depth: usize,
    pub(crate) replacement: LikenessReport,
    /// The same of the changes less the push itself.
    pub(crate) replacement_less_push: LikenessReport,
    pub(crate) model_held: LikenessReport,
    pub(crate) nothing_answers: LikenessReport,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct LikenessReport {
    pub(crate) cosine: f64,
    /// `‖found − model‖² / ‖model‖²`.
    pub(crate) nmse: f64,
}

impl From<Likeness> for LikenessReport {
    fn from(Likeness { cosine, nmse }: Likeness) -> Self {
        Self { cosine, nmse }
    }
}

impl AtReport {
    fn of(at: &At) -> Self {
        Self {
            depth: at.depth,
            replacement: at.replacement.into(),
            replacement_less_push: at.response.into(),
            model_held: at.held.into(),
            nothing_answers: at.nothing.into(),
        }
    }
}

fn along(along: Along) -> &'static str {
    match along {
        Along::Upstream => "upstream",
        Along::Encoder => "encoder",
        Along::Random => "random",
    }
}

impl PushReport {
    pub(crate) fn of(found: &Push) -> Self {
        let deepest = found.pushes.iter().flat_map(|push| &push.depths).map(|at| at.depth).max();
        let mut by_depth = Vec::new();
        for kind in Along::ALL {
            for depth in 1..=deepest.unwrap_or(0) {
                if let Some((at, pushes)) = found.typical(kind, depth) {
                    by_depth.push(DepthReport {
                        along: along(kind),
                        pushes,
                        at: AtReport::of(&at),
                    });
                }
            }
        }
        let pushes = found.pushes.iter().map(|push| PushedReport {
            before_layer: push.before_layer,
            along: along(push.along),
            feature: push.feature.map(|feature| feature.to_string()),
            depths: push.depths.iter().map(AtReport::of).collect(),
        });
        Self {
            reading: push_reading(found),
            pos: found.options.pos,
            size_share_of_stream: found.options.size,
            places: found.n_places,
            places_done: found.n_done,
            by_depth,
            pushes: pushes.collect(),
        }
    }
}

/// Along what the graph claims to know: upstream features, or what features read where there
/// are none.
fn push_reading(found: &Push) -> String {
    let kinds = [(Along::Upstream, "an upstream feature"), (Along::Encoder, "an encoder")];
    let typical = kinds.iter().find_map(|(along, name)| Some((name, found.typical(*along, 1)?.0)));
    let Some((name, at)) = typical else { return "Nothing was pushed.".to_owned() };
    let (own, idle) = (at.replacement, at.nothing);
    let against = if own.nmse < idle.nmse { "closer to" } else { "no closer to" };
    format!(
        "One block after a push along {name}, the local replacement model moves the stream with \
         cosine {:.2} to what the model does, and is {against} it than if nothing answered \
         (error {:.2} against {:.2}).",
        own.cosine, own.nmse, idle.nmse
    )
}

/// A token on two prompts.
#[derive(Debug, Serialize)]
pub(crate) struct InhibitedReport {
    pub(crate) reading: String,
    /// `inhibition`, `competition` or `neither`.
    pub(crate) favours: &'static str,
    /// The rule that decided.
    pub(crate) rule: &'static str,
    pub(crate) token: String,
    pub(crate) against: String,
    pub(crate) here: StandingReport,
    pub(crate) there: StandingReport,
    /// How much the log-probability falls from here to there, in nats.
    pub(crate) fall_nats: f64,
    /// How much of that the logit itself loses.
    pub(crate) own_fall: f64,
    pub(crate) inhibitor: Option<InhibitorReport>,
}

/// The rule of [`connectome::doubt::inhibited`], in a sentence.
const RULE: &str = "inhibition: the logit's own loss is at least half of the fall, and ablation \
                    gives at least half of that back, more than every control does; competition: \
                    both are less than half of the fall; else neither";

/// Logits less the mean logit, unless a name says raw.
#[derive(Debug, Serialize)]
pub(crate) struct StandingReport {
    pub(crate) logit_raw: f64,
    pub(crate) logit: f64,
    pub(crate) log_sum_exp: f64,
    pub(crate) log_probability: f64,
    /// What feeds the logit directly; the five sum to `logit`.
    pub(crate) from_tokens: f64,
    pub(crate) from_raising_features: f64,
    pub(crate) from_lowering_features: f64,
    pub(crate) from_errors: f64,
    pub(crate) from_the_rest: f64,
    pub(crate) features: Vec<ContributionReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ContributionReport {
    /// `L1/3@5`.
    pub(crate) id: String,
    pub(crate) activation: f32,
    pub(crate) direct: f64,
    /// Over all paths.
    pub(crate) total: f64,
}

#[derive(Debug, Serialize)]
pub(crate) struct InhibitorReport {
    pub(crate) features: Vec<ContributionReport>,
    pub(crate) logit_raw_after: f64,
    pub(crate) logit_after: f64,
    /// How much `logit` rises without it.
    pub(crate) rise: f64,
    /// The same without each random set, ascending.
    pub(crate) control_rises: Vec<f64>,
}

fn contribution(part: &Contribution) -> ContributionReport {
    ContributionReport {
        id: format!("{}@{}", part.feature, part.pos),
        activation: part.activation,
        direct: part.direct,
        total: part.total,
    }
}

impl StandingReport {
    fn of(standing: &Standing) -> Self {
        let LogitParts { tokens, raising, lowering, errors, rest } = standing.parts;
        Self {
            logit_raw: standing.logit,
            logit: standing.demeaned,
            log_sum_exp: standing.log_sum,
            log_probability: standing.log_probability(),
            from_tokens: tokens,
            from_raising_features: raising,
            from_lowering_features: lowering,
            from_errors: errors,
            from_the_rest: rest,
            features: standing.features.iter().map(contribution).collect(),
        }
    }
}

impl InhibitedReport {
    pub(crate) fn of(found: &Inhibited, token: String, against: String) -> Self {
        let inhibitor = found.inhibitor.as_ref().map(|inhibitor| InhibitorReport {
            features: inhibitor.features.iter().map(contribution).collect(),
            logit_raw_after: inhibitor.logit_after,
            logit_after: inhibitor.demeaned_after,
            rise: inhibitor.rise,
            control_rises: inhibitor.controls.clone(),
        });
        let (favours, verdict) = match found.favours {
            Favours::Inhibition => ("inhibition", "The numbers favour inhibition"),
            Favours::Competition => ("competition", "The numbers favour competition"),
            Favours::Neither => ("neither", "The numbers favour neither clearly"),
        };
        let back = match &inhibitor {
            None => "no feature there could be an inhibitor".to_owned(),
            Some(inhibitor) => {
                format!("without the supposed inhibitor it rises by {:.2}", inhibitor.rise)
            }
        };
        let (here, there) = (found.here.parts, found.there.parts);
        let reading = if found.fall() <= 0.0 {
            format!(
                "`{token}` is no less probable on the other prompt: there is nothing to explain."
            )
        } else {
            format!(
                "{verdict}: of a fall of {:.2} nats the logit itself loses {:.2}, and {back}. \
                 Features that raise it give {:.2} less there, those that lower it take {:.2} \
                 more.",
                found.fall(),
                found.own_fall(),
                here.raising - there.raising,
                here.lowering - there.lowering,
            )
        };
        Self {
            reading,
            favours,
            rule: RULE,
            token,
            against,
            here: StandingReport::of(&found.here),
            there: StandingReport::of(&found.there),
            fall_nats: found.fall(),
            own_fall: found.own_fall(),
            inhibitor,
        }
    }
}

/// Two parts of the prompt.
#[derive(Debug, Serialize)]
pub(crate) struct InteractionReport {
    pub(crate) reading: String,
    pub(crate) a: SpanReport,
    pub(crate) b: SpanReport,
    /// What stands for a part that is taken away.
    pub(crate) absent: String,
    /// One a target.
    pub(crate) targets: Vec<TargetInteraction>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SpanReport {
    pub(crate) start: usize,
    /// The first position after it.
    pub(crate) end: usize,
    pub(crate) text: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct TargetInteraction {
    pub(crate) label: String,
    pub(crate) model: CornersReport,
    /// Attention and norms held.
    pub(crate) model_held: CornersReport,
    /// Attention and norms held, features encoded anew.
    pub(crate) replacement: CornersReport,
    /// With the two parts in each other's place.
    pub(crate) exchanged: f64,
    /// How much that is above the prompt as it is.
    pub(crate) order_effect: f64,
}

/// Logits less the mean logit, or pre-activations.
#[derive(Debug, Serialize)]
pub(crate) struct CornersReport {
    pub(crate) both: f64,
    pub(crate) only_a: f64,
    pub(crate) only_b: f64,
    pub(crate) neither: f64,
    /// `both − only_a − only_b + neither`.
    pub(crate) interaction: f64,
    /// Of `both − neither`.
    pub(crate) interaction_share: Option<f64>,
}

impl From<Corners> for CornersReport {
    fn from(corners: Corners) -> Self {
        Self {
            both: corners.both,
            only_a: corners.only_a,
            only_b: corners.only_b,
            neither: corners.neither,
            interaction: corners.interaction(),
            interaction_share: corners.share(),
        }
    }
}

impl InteractionReport {
    pub(crate) fn of(
        (found, turned): (&Interaction, &[f64]),
        aims: &Aims,
        parts: &Parts,
        (graph, absent): (&AttributionGraph, &str),
    ) -> Self {
        let span = |span: &std::ops::Range<usize>| SpanReport {
            start: span.start,
            end: span.end,
            text: graph.prompt().token_texts[span.clone()].join(" "),
        };
        let of = |at: usize| TargetInteraction {
            label: aims.list()[at].label.clone(),
            model: found.model[at].into(),
            model_held: found.held[at].into(),
            replacement: found.replacement[at].into(),
            exchanged: turned[at],
            order_effect: turned[at] - found.model[at].both,
        };
        let targets: Vec<TargetInteraction> = (0..aims.list().len()).map(of).collect();
        let first = &targets[0];
        Self {
            reading: format!(
                "Together the two parts give `{}` {:.2}. Of that, {} is neither's alone in the \
                 model, {} with attention and norms held, {} in the local replacement model.",
                first.label,
                first.model.both - first.model.neither,
                percent(first.model.interaction_share),
                percent(first.model_held.interaction_share),
                percent(first.replacement.interaction_share),
            ),
            a: span(&parts.a),
            b: span(&parts.b),
            absent: absent.to_owned(),
            targets,
        }
    }
}
