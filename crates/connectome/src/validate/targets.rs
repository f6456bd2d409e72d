//! What is watched in the model: features of the pruned graph, members of supernodes, and the
//! graph's targets, each read as the graph defines it.

use connectome_graph::{NodeIdx, TargetKind};

use super::cases::Member;
use super::paths::Moved;
use super::{Options, Subject};
use crate::error::RunError;
use crate::intervene::{Outcome, Watch};
use crate::lm::LogitsAt;
use crate::ops::matmul::dot;
use crate::replacement::LocalReplacement;

/// What kind of number a target is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// The pre-activation of a feature.
    Feature,
    /// A direction at the last norm's output: a logit less the mean logit, the difference of
    /// two logits, or a direction as given. Before the softcap, if the model has one.
    Logit,
}

/// A node that is watched.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// Which.
    pub node: NodeIdx,
    /// In which units it changes.
    pub class: Class,
    /// What it is in the unchanged model: a feature's activation, or the size of a logit.
    /// Relative changes are in units of it; never negative.
    pub size: f64,
    layer: u32,
    pos: u32,
    read: Read,
}

/// Where a target's number is found.
#[derive(Clone, Debug, PartialEq)]
enum Read {
    /// The place of a feature in the list of active ones, and among those watched.
    Feature { place: usize, slot: usize },
    /// A direction at the last norm's output `[D]`, and the row of its position there.
    Final { direction_d: Vec<f32>, row: usize },
}

impl Target {
    /// Whether any of these features can reach it: it reads above one of them, at its position
    /// or later, and is none of them.
    pub(super) fn is_reached_by(&self, members: &[Member]) -> bool {
        let is_member = |place: usize| members.iter().any(|member| member.place == place);
        if matches!(self.read, Read::Feature { place, .. } if is_member(place)) {
            return false;
        }
        let reaches = |member: &Member| {
            member.feature.id.layer < self.layer && member.feature.pos <= self.pos
        };
        members.iter().any(reaches)
    }

    /// How much it moves with what was pushed through the frozen map.
    pub(super) fn pushed(&self, local: &LocalReplacement<'_>, moved: &Moved) -> f64 {
        match &self.read {
            Read::Feature { place, .. } => f64::from(moved.pre_a[*place]),
            Read::Final { direction_d, .. } => {
                let pos = self.pos as usize;
                let pulled_d = local.map().pull_final(pos, direction_d);
                f64::from(dot(&pulled_d, moved.final_td.row(pos)))
            }
        }
    }
}

/// All that is watched, ready to be measured.
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) list: Vec<Target>,
    pub(super) watch: Watch,
    pub(super) logits_at: LogitsAt,
    /// What each is in the unchanged model.
    clean: Vec<f64>,
}

impl Targets {
    /// # Errors
    ///
    /// [`RunError::MissingDirection`], [`RunError::Width`]; [`RunError::InactiveFeature`] for a
    /// target that does not fire here; those of [`Watch::new`].
    pub(super) fn new(subject: &Subject<'_>, options: &Options) -> Result<Self, RunError> {
        let mut maker = Maker { subject, watched: Vec::new(), positions: Vec::new() };
        let mut list = Vec::new();
        for idx in subject.watched_nodes() {
            if let Some(member) = subject.member(idx) {
                list.push(maker.feature(idx, member));
            }
        }
        for k in 0..subject.graph.nodes().n_targets() {
            list.push(maker.target(k, &options.directions)?);
        }
        let watch = Watch::new(subject.baseline, maker.watched)?;
        let logits_at = LogitsAt::Positions(maker.positions);
        let unchanged = subject.baseline.unchanged(&watch, &logits_at)?;
        let clean: Vec<f64> = list.iter().map(|target| value(target, &unchanged)).collect();
        for (target, clean) in list.iter_mut().zip(&clean) {
            if target.class == Class::Logit {
                target.size = clean.abs();
            }
        }
        Ok(Self { list, watch, logits_at, clean })
    }

    /// How much a target changed.
    pub(super) fn change(&self, at: usize, outcome: &Outcome) -> f64 {
        value(&self.list[at], outcome) - self.clean[at]
    }
}

fn value(target: &Target, outcome: &Outcome) -> f64 {
    match &target.read {
        Read::Feature { slot, .. } => f64::from(outcome.readings[*slot].pre_activation),
        // NUMERICS: f64, since a change is a small difference of two such sums.
        Read::Final { direction_d, row } => direction_d
            .iter()
            .zip(outcome.normed.row(*row))
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum(),
    }
}

struct Maker<'a> {
    subject: &'a Subject<'a>,
    watched: Vec<(connectome_graph::FeatureId, usize)>,
    /// Of logits, each once.
    positions: Vec<usize>,
}

impl Maker<'_> {
    fn feature(&mut self, node: NodeIdx, member: Member) -> Target {
        let feature = member.feature;
        let slot = self.watched.len();
        self.watched.push((feature.id, feature.pos as usize));
        Target {
            node,
            class: Class::Feature,
            size: f64::from(feature.activation).abs(),
            layer: feature.id.layer,
            pos: feature.pos,
            read: Read::Feature { place: member.place, slot },
        }
    }

    /// The `k`-th thing that the graph explains.
    fn target(&mut self, k: usize, directions: &[Vec<f32>]) -> Result<Target, RunError> {
        let (nodes, baseline) = (self.subject.graph.nodes(), self.subject.baseline);
        let target = &nodes.targets()[k];
        let model = baseline.replacement().model();
        let logit = |token: u32| {
            let vocab = model.config().n_vocab;
            if token as usize >= vocab {
                return Err(RunError::TokenId { found: token, vocab });
            }
            Ok(model.demeaned_unembedding(token))
        };
        let direction_d = match target.kind {
            TargetKind::Logit { token } => logit(token)?,
            TargetKind::Contrast { plus, minus } => {
                let (mut plus_d, minus_d) = (logit(plus)?, logit(minus)?);
                plus_d.iter_mut().zip(&minus_d).for_each(|(x, y)| *x -= y);
                plus_d
            }
            TargetKind::Direction { index } => {
                let name = target.label.clone();
                let given = directions.get(index as usize);
                let given = given.ok_or(RunError::MissingDirection { name: name.clone() })?;
                let (found, expected) = (given.len(), model.config().d_model);
                if found != expected {
                    return Err(RunError::Width { name, found, expected });
                }
                given.clone()
            }
            TargetKind::Feature(id) => {
                let place = baseline.local().features().find(id, target.pos)?;
                return Ok(self.feature(nodes.target(k), self.subject.member_at(place)));
            }
        };
        let pos = target.pos as usize;
        let known = self.positions.iter().position(|known| *known == pos);
        let row = known.unwrap_or_else(|| {
            self.positions.push(pos);
            self.positions.len() - 1
        });
        Ok(Target {
            node: nodes.target(k),
            class: Class::Logit,
            size: 0.0,
            layer: nodes.n_layers(),
            pos: target.pos,
            read: Read::Final { direction_d, row },
        })
    }
}
