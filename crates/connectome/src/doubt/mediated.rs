//! Mediated or direct? How much of what some nodes do to others goes through a middle.
//!
//! Three answers, from least to most trustworthy:
//!
//! - by *share* of walks in the graph, where paths that cancel each other both count;
//! - by signed *effect* over the graph's paths, where they cancel;
//! - *measured* in the model: the sources are changed twice, once with the middle free to answer
//!   and once with it held at what it is on the unchanged prompt. What then goes missing went
//!   through the middle.
//!
//! A dictionary that rewrites a two-step circuit as one step shows as paths around a middle that
//! the model needs: the hop-skipping share is high and the measured mediation is, too.
//!
//! Source: Pearl 2001, direct and indirect effects; Vig et al. 2020, arXiv:2004.12265; hop
//! skipping: Lange et al. 2026, on unfaithful cross-layer transcoders.

use std::collections::BTreeSet;

use connectome_graph::{
    AttributionGraph, FeatureId, GraphError, Node, NodeIdx, Route, effect_flow, share_flow,
};

use super::absence::Absence;
use super::aim::{Aim, Aims};
use crate::error::RunError;
use crate::intervene::{
    AttentionPatterns, Baseline, Change, Edit, Intervention, Mode, Positions, ResidualPatch,
};

/// What is between what.
#[derive(Clone, Debug)]
pub struct Mediation<'a> {
    /// Where it starts: tokens, features, errors.
    pub sources: &'a [NodeIdx],
    /// What it may go through: features.
    pub middle: &'a [NodeIdx],
    /// Where it ends: features or targets; the graph's targets, by their weights, if empty.
    pub ends: &'a [NodeIdx],
    /// What stands for a token source that is taken away.
    pub absence: Absence,
    /// Vectors of the graph's direction targets.
    pub directions: &'a [Vec<f32>],
}

/// How much goes which way.
#[derive(Clone, Debug, PartialEq)]
pub struct Mediated {
    /// By share of the walks that start at the ends.
    pub share: Routes,
    /// Of those walks, what stopped where the graph does not say how it goes on; it may have
    /// gone either way.
    pub unresolved: f64,
    /// By signed effect, in units of the ends.
    pub effect: Routes,
    /// In the model, with attention held and with attention free.
    pub measured: Vec<Measured>,
    /// Sources that cannot be changed in the model, as they are errors.
    pub n_unmeasured: usize,
}

/// What goes from the sources to the ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Routes {
    /// In all.
    pub total: f64,
    /// Without passing a middle node.
    pub around: f64,
    /// Of that, along single edges.
    pub direct: f64,
}

impl Routes {
    /// The share that passes the middle. For effects it may leave 0 to 1, where what goes
    /// through and what goes around pull against each other; `None` if nothing goes at all.
    #[must_use]
    pub fn through(&self) -> Option<f64> {
        (self.total != 0.0).then(|| 1.0 - self.around / self.total)
    }

    /// The share that skips the middle: one less what passes it.
    #[must_use]
    pub fn skipping(&self) -> Option<f64> {
        (self.total != 0.0).then(|| self.around / self.total)
    }
}

/// Effects in the model, as changes of the ends' weighted mean.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// What attention does.
    pub attention: AttentionPatterns,
    /// Of taking the sources away.
    pub free: f64,
    /// Of the same, with the middle held at its unchanged activations.
    pub held: f64,
    /// Of ablating the middle alone.
    pub ablated: f64,
    /// Of taking the sources away where the middle is ablated before and after.
    pub without: f64,
}

impl Measured {
    /// The share of the sources' effect that the middle carries: `1 − held / free`; `None` if
    /// the sources have no effect.
    #[must_use]
    pub fn through(&self) -> Option<f64> {
        (self.free != 0.0).then(|| 1.0 - self.held / self.free)
    }
}

/// Measures how much goes through the middle.
///
/// # Errors
///
/// [`RunError::EmptySet`] without sources or middle, [`RunError::Graph`] for nodes that the
/// graph has not, [`RunError::CannotChange`] for a middle that is no feature or an end that has
/// no inputs; [`RunError::MissingDirection`]; those of [`Baseline::measure_all`].
pub fn mediated(
    baseline: &Baseline<'_>,
    graph: &AttributionGraph,
    asked: &Mediation<'_>,
) -> Result<Mediated, RunError> {
    check(graph, asked)?;
    let starts = starts(graph, asked.ends);
    let (share, unresolved) = routes(graph, &starts, asked, |route| share_flow(graph, route))?;
    let (effect, _) = routes(graph, &starts, asked, |route| effect_flow(graph, route))?;
    let runs = Runs::new(baseline, graph, asked)?;
    let measured = [AttentionPatterns::Frozen, AttentionPatterns::Free];
    let measured = measured.map(|attention| runs.measure(attention));
    // Nothing is measured where no source can be changed.
    let measured = measured.into_iter().filter_map(Result::transpose);
    Ok(Mediated {
        share,
        unresolved,
        effect,
        measured: measured.collect::<Result<_, _>>()?,
        n_unmeasured: runs.n_unmeasured,
    })
}

fn check(graph: &AttributionGraph, asked: &Mediation<'_>) -> Result<(), RunError> {
    let nodes = graph.nodes();
    if asked.sources.is_empty() {
        return Err(RunError::EmptySet { what: "the set of sources" });
    }
    if asked.middle.is_empty() {
        return Err(RunError::EmptySet { what: "the middle" });
    }
    let all = asked.sources.iter().chain(asked.middle).chain(asked.ends);
    if let Some(idx) = all.into_iter().find(|idx| idx.as_usize() >= nodes.len()) {
        let (found, count) = (u64::from(idx.get()), nodes.len() as u64);
        return Err(GraphError::OutOfRange { what: "node", found, count }.into());
    }
    let refuse =
        |idx: NodeIdx, expected| Err(RunError::CannotChange { name: nodes.name(idx), expected });
    if let Some(idx) =
        asked.middle.iter().find(|idx| !matches!(nodes.node(**idx), Node::Feature(_)))
    {
        return refuse(*idx, "feature");
    }
    let is_source =
        |idx: &&NodeIdx| matches!(nodes.node(**idx), Node::Error { .. } | Node::Token { .. });
    if let Some(idx) = asked.ends.iter().find(is_source) {
        return refuse(*idx, "feature or target");
    }
    let is_target = |idx: &&NodeIdx| matches!(nodes.node(**idx), Node::Target(_));
    asked.sources.iter().find(is_target).map_or(Ok(()), |idx| refuse(*idx, "token or feature"))
}

/// Ends with their weights; of features, equal ones.
fn starts(graph: &AttributionGraph, ends: &[NodeIdx]) -> Vec<(NodeIdx, f64)> {
    let nodes = graph.nodes();
    let all: Vec<NodeIdx> = (0..nodes.n_targets()).map(|k| nodes.target(k)).collect();
    let ends = if ends.is_empty() { &all } else { ends };
    let weight = |idx: &NodeIdx| match nodes.node(*idx) {
        Node::Target(k) => f64::from(nodes.targets()[k as usize].weight),
        _ => 1.0,
    };
    let total: f64 = ends.iter().map(weight).sum();
    let total = if total > 0.0 { total } else { 1.0 };
    ends.iter().map(|idx| (*idx, weight(idx) / total)).collect()
}

fn routes(
    graph: &AttributionGraph,
    starts: &[(NodeIdx, f64)],
    asked: &Mediation<'_>,
    flow: impl Fn(Route<'_>) -> Result<connectome_graph::Flow, GraphError>,
) -> Result<(Routes, f64), RunError> {
    let sources: BTreeSet<NodeIdx> = asked.sources.iter().copied().collect();
    // A source is counted where a walk first meets one of them.
    let mut blocked = vec![false; graph.nodes().len()];
    sources.iter().for_each(|idx| blocked[idx.as_usize()] = true);
    let arrived = |blocked: &[bool]| {
        let flow = flow(Route { starts, blocked })?;
        let sum = sources.iter().map(|idx| flow.node[idx.as_usize()]).sum::<f64>();
        Ok::<_, RunError>((sum, flow.unresolved))
    };
    let (total, unresolved) = arrived(&blocked)?;
    let in_middle = asked.middle.iter().filter(|idx| !sources.contains(idx));
    in_middle.for_each(|idx| blocked[idx.as_usize()] = true);
    let (around, _) = arrived(&blocked)?;
    let (direct, _) = arrived(&vec![true; graph.nodes().len()])?;
    Ok((Routes { total, around, direct }, unresolved))
}

/// The runs of the model.
struct Runs<'a> {
    baseline: &'a Baseline<'a>,
    aims: Aims,
    /// What takes the sources away.
    patches: Vec<ResidualPatch>,
    edits: Vec<Edit>,
    middle: Vec<(FeatureId, usize, f32)>,
    n_unmeasured: usize,
}

impl<'a> Runs<'a> {
    fn new(
        baseline: &'a Baseline<'a>,
        graph: &AttributionGraph,
        asked: &Mediation<'_>,
    ) -> Result<Self, RunError> {
        let nodes = graph.nodes();
        let (mut positions, mut edits, mut n_unmeasured) = (Vec::new(), Vec::new(), 0);
        for idx in asked.sources {
            match nodes.node(*idx) {
                Node::Token { pos, .. } => positions.push(pos as usize),
                Node::Feature(feature) => edits.push(Edit {
                    feature: feature.id,
                    positions: Positions::At(feature.pos as usize),
                    change: Change::ABLATE,
                }),
                Node::Error { .. } | Node::Target(_) => n_unmeasured += 1,
            }
        }
        let middle = asked.middle.iter().filter_map(|idx| match nodes.node(*idx) {
            Node::Feature(feature) if !asked.sources.contains(idx) => {
                Some((feature.id, feature.pos as usize))
            }
            _ => None,
        });
        let middle = middle.map(|(id, pos)| (id, pos, baseline.activation(id, pos)));
        let model = baseline.replacement().model();
        let aims = starts(graph, asked.ends).into_iter().map(|(idx, weight)| {
            let aim = match nodes.node(idx) {
                Node::Feature(feature) => Aim::feature(feature.id, feature.pos as usize),
                Node::Target(k) => {
                    Aim::of_target(model, &nodes.targets()[k as usize], asked.directions)?
                }
                _ => unreachable!("checked to have inputs"),
            };
            Ok(aim.weighing(weight))
        });
        let aims = aims.collect::<Result<Vec<_>, RunError>>()?;
        Ok(Self {
            aims: Aims::new(baseline, aims)?,
            patches: asked.absence.patches(baseline, &positions)?,
            edits,
            middle: middle.collect(),
            n_unmeasured,
            baseline,
        })
    }

    /// `None` if no source can be changed.
    fn measure(&self, attention: AttentionPatterns) -> Result<Option<Measured>, RunError> {
        if self.patches.is_empty() && self.edits.is_empty() {
            return Ok(None);
        }
        let middle = |change: fn(f32) -> Change| -> Vec<Edit> {
            let edit = |&(feature, pos, clean): &(FeatureId, usize, f32)| Edit {
                feature,
                positions: Positions::At(pos),
                change: change(clean),
            };
            self.middle.iter().map(edit).collect()
        };
        let (held, ablated) = (middle(Change::Set), middle(|_| Change::ABLATE));
        let run = |own: &[Edit], patches: &[ResidualPatch]| Intervention {
            edits: own.to_vec(),
            residuals: patches.to_vec(),
            ..Intervention::nothing(Mode::Open { attention })
        };
        let sources_with = |more: &[Edit]| run(&[&self.edits, more].concat(), &self.patches);
        let asked =
            [sources_with(&[]), sources_with(&held), sources_with(&ablated), run(&ablated, &[])];
        let values =
            asked.iter().filter(|asked| !asked.edits.is_empty() || !asked.residuals.is_empty());
        let values: Vec<f64> = values
            .map(|asked| {
                let at = self.aims.logits_at();
                let outcome = self.baseline.measure(asked, self.aims.watch(), &at)?;
                Ok(self.aims.mean(&self.aims.values(&outcome)))
            })
            .collect::<Result<_, RunError>>()?;
        let clean = self.aims.mean(&self.aims.unchanged(self.baseline)?);
        // A middle that lies within the sources leaves nothing to ablate alone.
        let ablated = values.get(3).copied().unwrap_or(clean);
        Ok(Some(Measured {
            attention,
            free: values[0] - clean,
            held: values[1] - clean,
            ablated: ablated - clean,
            without: values[2] - ablated,
        }))
    }
}
