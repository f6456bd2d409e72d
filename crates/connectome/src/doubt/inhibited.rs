//! Inhibited or outcompeted? Why a token is less probable on one prompt than on another.
//!
//! A probability falls for two reasons: the token's own logit falls, or the others' rise. Only
//! the first can be an inhibition. So logits are compared, not probabilities, and the change of
//! the log-probability is split:
//!
//! ```text
//! Δ log p  =  Δ logit  −  Δ log Σ exp logits
//! ```
//!
//! with all logits less their mean, as a constant added to all of them is no change. Then the
//! supposed inhibitor is ablated: if it holds the token down, the logit must rise without it,
//! and more than without other features of the same size.
//!
//! # The rule
//!
//! - *Inhibition*: the logit's own part is at least half of the fall, and ablation gives at
//!   least half of what the logit lost back, and more than every control does.
//! - *Competition*: the logit's own part is less than half of the fall, and ablation gives back
//!   less than half of the whole fall.
//! - Otherwise the numbers favour neither.
//!
//! Source: Lindsey et al. 2025, "On the Biology of a Large Language Model", entity recognition,
//! and its critics: a default answer that nothing else beats needs no inhibitor.

use connectome_graph::{AttributionGraph, FeatureId, Node, NodeIdx, Route, effect_flow};

use super::aim::{Aim, Aims};
use super::draw::Draw;
use crate::error::RunError;
use crate::intervene::{
    AttentionPatterns, Baseline, Change, Edit, Intervention, Mode, Outcome, Positions,
};
use crate::lm::LogitsAt;

/// A prompt with the graph that explains the token there.
#[derive(Clone, Copy, Debug)]
pub struct Side<'a> {
    /// The prompt, run once.
    pub baseline: &'a Baseline<'a>,
    /// Its graph; the token is one of the targets.
    pub graph: &'a AttributionGraph,
    /// The target that is the token.
    pub target: NodeIdx,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct InhibitedOptions {
    /// The token.
    pub token: u32,
    /// The supposed inhibitor: features at positions of the other prompt. Found if `None`.
    pub inhibitor: Option<Vec<(FeatureId, usize)>>,
    /// If it is to be found: at most so many features.
    pub n_features: usize,
    /// Random sets of features like the inhibitor.
    pub n_controls: usize,
    /// Where drawing starts.
    pub seed: u64,
}

/// The token on one prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    /// Its logit as the model gives it.
    pub logit: f64,
    /// The same less the mean logit.
    pub demeaned: f64,
    /// `log Σ exp` of all logits less their mean.
    pub log_sum: f64,
    /// What the graph says feeds the logit directly, before a softcap if there is one.
    pub parts: LogitParts,
    /// Features with the largest direct effect, by its size.
    pub features: Vec<Contribution>,
}

impl Standing {
    /// Log-probability of the token.
    #[must_use]
    pub fn log_probability(&self) -> f64 {
        self.demeaned - self.log_sum
    }
}

/// A logit as a sum of what feeds it directly.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LogitParts {
    /// Embeddings of the prompt.
    pub tokens: f64,
    /// Features that raise it.
    pub raising: f64,
    /// Features that lower it.
    pub lowering: f64,
    /// What the dictionary misses.
    pub errors: f64,
    /// Biases, and what was cut from the row.
    pub rest: f64,
}

/// A feature's part in a logit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Contribution {
    /// Which.
    pub feature: FeatureId,
    /// Where.
    pub pos: usize,
    /// What it is there.
    pub activation: f32,
    /// Its edge to the logit.
    pub direct: f64,
    /// The signed sum over all paths to the logit: what its ablation would take away, says the
    /// graph.
    pub total: f64,
}

/// The inhibitor and what its ablation does on the other prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Inhibitor {
    /// Its features, with their parts in the logit there.
    pub features: Vec<Contribution>,
    /// The logit less the mean, without it.
    pub demeaned_after: f64,
    /// The logit as the model gives it, without it.
    pub logit_after: f64,
    /// How much the logit less the mean rose.
    pub rise: f64,
    /// The same for each random set of as many features, ascending.
    pub controls: Vec<f64>,
}

/// Which hypothesis the numbers favour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Favours {
    /// The token is held down.
    Inhibition,
    /// Other tokens win.
    Competition,
    /// Neither clearly.
    Neither,
}

/// The token on two prompts.
#[derive(Clone, Debug, PartialEq)]
pub struct Inhibited {
    /// Where it stands high.
    pub here: Standing,
    /// Where it stands low.
    pub there: Standing,
    /// `None` if no feature there could be one.
    pub inhibitor: Option<Inhibitor>,
    /// By the rule.
    pub favours: Favours,
}

impl Inhibited {
    /// How much the log-probability falls from here to there.
    #[must_use]
    pub fn fall(&self) -> f64 {
        self.here.log_probability() - self.there.log_probability()
    }

    /// How much of that the logit itself loses.
    #[must_use]
    pub fn own_fall(&self) -> f64 {
        self.here.demeaned - self.there.demeaned
    }
}

/// Features listed for each side.
const LISTED: usize = 12;

/// Compares a token on two prompts.
///
/// # Errors
///
/// [`RunError::TokenId`], [`RunError::EmptySet`] for an inhibitor without features, those of
/// [`Baseline::measure_all`].
pub fn inhibited(
    here: Side<'_>,
    there: Side<'_>,
    options: &InhibitedOptions,
) -> Result<Inhibited, RunError> {
    let standings = [here, there].map(|side| standing(side, options.token));
    let [here_standing, there_standing] = standings;
    let (here_standing, there_standing) = (here_standing?, there_standing?);
    let features = match &options.inhibitor {
        Some(given) if given.is_empty() => {
            return Err(RunError::EmptySet { what: "the supposed inhibitor" });
        }
        Some(given) => given.clone(),
        None => supposed(here, there, options.n_features)?,
    };
    let inhibitor = if features.is_empty() {
        None
    } else {
        Some(ablate(there, &features, options, there_standing.demeaned)?)
    };
    let mut found = Inhibited {
        here: here_standing,
        there: there_standing,
        inhibitor,
        favours: Favours::Neither,
    };
    found.favours = favours(&found);
    Ok(found)
}

/// The rule.
fn favours(found: &Inhibited) -> Favours {
    let (fall, own) = (found.fall(), found.own_fall());
    if fall <= 0.0 {
        return Favours::Neither;
    }
    let (rise, beats_controls) = match &found.inhibitor {
        None => (0.0, false),
        Some(inhibitor) => {
            let most = inhibitor.controls.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (inhibitor.rise, inhibitor.rise > most)
        }
    };
    if own >= fall / 2.0 && rise >= own / 2.0 && beats_controls {
        Favours::Inhibition
    } else if own < fall / 2.0 && rise < fall / 2.0 {
        Favours::Competition
    } else {
        Favours::Neither
    }
}

fn standing(side: Side<'_>, token: u32) -> Result<Standing, RunError> {
    let baseline = side.baseline;
    let vocab = baseline.logits().n_cols();
    if token as usize >= vocab {
        return Err(RunError::TokenId { found: token, vocab });
    }
    let logits_v = baseline.logits().row(position(side));
    let mean = logits_v.iter().map(|x| f64::from(*x)).sum::<f64>() / vocab as f64;
    let logit = f64::from(logits_v[token as usize]);
    let max = logits_v.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = logits_v.iter().map(|x| f64::from(x - max).exp()).sum();
    let all = contributions(side)?;
    let mut parts = LogitParts::default();
    let row = side.graph.row(side.target);
    for edge in row.iter().flat_map(|row| row.edges()) {
        let weight = f64::from(edge.weight);
        match side.graph.nodes().node(edge.source) {
            Node::Token { .. } => parts.tokens += weight,
            Node::Error { .. } => parts.errors += weight,
            Node::Feature(_) if weight > 0.0 => parts.raising += weight,
            Node::Feature(_) | Node::Target(_) => parts.lowering += weight,
        }
    }
    if let Some(row) = row {
        parts.rest = f64::from(row.constant) + f64::from(row.signed_remainder);
    }
    let mut features = all;
    features.sort_by(|a, b| b.direct.abs().total_cmp(&a.direct.abs()));
    features.truncate(LISTED);
    Ok(Standing {
        logit,
        demeaned: logit - mean,
        log_sum: f64::from(max) - mean + sum.ln(),
        parts,
        features,
    })
}

fn position(side: Side<'_>) -> usize {
    match side.graph.nodes().node(side.target) {
        Node::Target(k) => side.graph.nodes().targets()[k as usize].pos as usize,
        _ => side.baseline.n_tokens() - 1,
    }
}

/// Every feature's part in the target, in node order.
fn contributions(side: Side<'_>) -> Result<Vec<Contribution>, RunError> {
    let (graph, nodes) = (side.graph, side.graph.nodes());
    let blocked = vec![false; nodes.len()];
    let flow = effect_flow(graph, Route { starts: &[(side.target, 1.0)], blocked: &blocked })?;
    let of = |(idx, feature): (NodeIdx, connectome_graph::ActiveFeature)| Contribution {
        feature: feature.id,
        pos: feature.pos as usize,
        activation: feature.activation,
        direct: f64::from(graph.edge(side.target, idx)),
        total: flow.node[idx.as_usize()],
    };
    Ok(nodes.features().map(of).collect())
}

/// Features of the other prompt that lower the token over all paths and fire nowhere here, those
/// that lower it most first.
fn supposed(
    here: Side<'_>,
    there: Side<'_>,
    n: usize,
) -> Result<Vec<(FeatureId, usize)>, RunError> {
    let fires_here =
        |id: FeatureId| here.graph.nodes().active().iter().any(|feature| feature.id == id);
    let mut lowering = contributions(there)?;
    lowering.retain(|part| part.total < 0.0 && !fires_here(part.feature));
    lowering.sort_by(|a, b| a.total.total_cmp(&b.total));
    lowering.truncate(n);
    Ok(lowering.iter().map(|part| (part.feature, part.pos)).collect())
}

fn ablate(
    side: Side<'_>,
    features: &[(FeatureId, usize)],
    options: &InhibitedOptions,
    demeaned: f64,
) -> Result<Inhibitor, RunError> {
    let baseline = side.baseline;
    let mut sets = vec![features.to_vec()];
    sets.extend(controls(side, features, options));
    let asked: Vec<Intervention> = sets.iter().map(|set| ablation(set)).collect();
    let pos = position(side);
    let aim = Aim::logit(baseline.replacement().model(), options.token, pos, "")?;
    let aims = Aims::new(baseline, vec![aim])?;
    let at = LogitsAt::Positions(vec![pos]);
    let mut go_on = |_: usize| std::ops::ControlFlow::Continue(());
    let outcomes = baseline.measure_all(&asked, aims.watch(), &at, &mut go_on)?;
    let after = |outcome: &Outcome| {
        let row = outcome.logits.row(0);
        let mean = row.iter().map(|x| f64::from(*x)).sum::<f64>() / row.len() as f64;
        let logit = f64::from(row[options.token as usize]);
        (logit, logit - mean)
    };
    let mut after = outcomes.iter().flatten().map(after);
    let (logit_after, demeaned_after) = after.next().expect("the inhibitor is the first run");
    let mut controls: Vec<f64> = after.map(|(_, after)| after - demeaned).collect();
    controls.sort_by(f64::total_cmp);
    let all = contributions(side)?;
    let part = |(feature, pos): &(FeatureId, usize)| {
        let own = all.iter().find(|part| part.feature == *feature && part.pos == *pos);
        own.copied().unwrap_or(Contribution {
            feature: *feature,
            pos: *pos,
            activation: baseline.activation(*feature, *pos),
            direct: 0.0,
            total: 0.0,
        })
    };
    Ok(Inhibitor {
        features: features.iter().map(part).collect(),
        demeaned_after,
        logit_after,
        rise: demeaned_after - demeaned,
        controls,
    })
}

fn ablation(features: &[(FeatureId, usize)]) -> Intervention {
    let edit = |&(feature, pos): &(FeatureId, usize)| Edit {
        feature,
        positions: Positions::At(pos),
        change: Change::ABLATE,
    };
    let mode = Mode::Open { attention: AttentionPatterns::Free };
    Intervention::of_features(features.iter().map(edit).collect(), mode)
}

/// Random sets: for each feature another that fires at the same layer and position, or at the
/// same layer if none is left there.
fn controls(
    side: Side<'_>,
    features: &[(FeatureId, usize)],
    options: &InhibitedOptions,
) -> Vec<Vec<(FeatureId, usize)>> {
    let active = side.graph.nodes().active();
    let mut draw = Draw::new(options.seed);
    let mut set = || {
        let mut taken: Vec<(FeatureId, usize)> = Vec::new();
        for (feature, pos) in features {
            let free = |same_pos: bool| -> Vec<(FeatureId, usize)> {
                let fits = active.iter().filter(|other| {
                    other.id.layer == feature.layer && (!same_pos || other.pos as usize == *pos)
                });
                let places = fits.map(|other| (other.id, other.pos as usize));
                places.filter(|one| !features.contains(one) && !taken.contains(one)).collect()
            };
            let near = free(true);
            let candidates = if near.is_empty() { free(false) } else { near };
            if !candidates.is_empty() {
                taken.push(candidates[draw.below(candidates.len())]);
            }
        }
        taken
    };
    let sets = (0..options.n_controls).map(|_| set());
    sets.filter(|set| !set.is_empty()).collect()
}
