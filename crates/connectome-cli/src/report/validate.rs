//! What a validation says.
//!
//! All changes are in units of the target's pre-activation or logit; fields that end in
//! `_relative` are shares of what the target is in the unchanged model.

use std::path::Path;

use connectome::validate::statistics::{Agreement, Bin, Point, Spread, bins};
use connectome::validate::{
    By, Case, CaseKind, Class, Effect, Member, Rung, Scale, Validation, is_as_predicted,
};
use connectome_graph::{AttributionGraph, EdgeVerdict, NodeIdx, Verdict};
use serde::Serialize;

use super::{share, total_weight};
use crate::names;

/// Groups of equal number that the calibration is told in.
const BINS: usize = 9;

/// A validation in full.
#[derive(Debug, Serialize)]
pub(crate) struct ValidateReport {
    pub(crate) version: &'static str,
    pub(crate) graph: String,
    pub(crate) prompt: String,
    pub(crate) model: String,
    pub(crate) dictionary: String,
    /// What answered in the model, in one word: of the numbers that follow.
    pub(crate) rung: &'static str,
    pub(crate) dose: f32,
    pub(crate) seed: u64,
    /// Rank correlation of predicted and measured changes at this rung and dose.
    pub(crate) spearman_feature: Option<f64>,
    pub(crate) pearson_feature: Option<f64>,
    pub(crate) spearman_logit: Option<f64>,
    pub(crate) pearson_logit: Option<f64>,
    /// Whether it was ended before all cases were tested.
    pub(crate) partial: bool,
    pub(crate) tested: Tested,
    pub(crate) paths: Option<PathsReport>,
    pub(crate) ladder: Vec<RungReport>,
    pub(crate) calibration: Vec<BinReport>,
    pub(crate) controls: Vec<ControlReport>,
    pub(crate) verdicts: VerdictReport,
    pub(crate) disagreements: Vec<DisagreementReport>,
    pub(crate) supernodes: Vec<SupernodeEffect>,
    pub(crate) sources: Vec<SourceReport>,
    pub(crate) pairs: Vec<PairReport>,
    /// Where the verdicts were saved.
    pub(crate) saved: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Tested {
    pub(crate) features: usize,
    pub(crate) supernodes: usize,
    /// Features and supernodes that were to be tested.
    pub(crate) asked: usize,
    /// Features that have a control; of them, those whose control stands at the same position.
    pub(crate) controls: usize,
    pub(crate) controls_at_same_position: usize,
    /// The median of how strongly a control fires over how strongly its feature does: activation
    /// in units in which what features write has length one.
    pub(crate) control_activation_ratio: Option<f64>,
    /// Supernodes without a feature that could be changed.
    pub(crate) skipped_supernodes: Vec<String>,
    /// Features of the graph that do not fire here as it says.
    pub(crate) absent_features: usize,
    /// What was watched.
    pub(crate) watched_features: usize,
    pub(crate) watched_targets: usize,
}

/// How the file's own rows compare with all paths.
#[derive(Debug, Serialize)]
pub(crate) struct PathsReport {
    /// Whether the file holds every row and entry.
    pub(crate) complete: bool,
    /// The largest difference of the two sums, in units of the target.
    pub(crate) max_difference: f64,
    /// The largest change that is predicted.
    pub(crate) largest: f64,
    pub(crate) pearson: Option<f64>,
    pub(crate) spearman: Option<f64>,
}

/// Predictions against measurements on one rung.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct RungReport {
    pub(crate) rung: &'static str,
    pub(crate) dose: f32,
    /// `source` or `control`.
    pub(crate) by: &'static str,
    /// `feature` or `logit`.
    pub(crate) class: &'static str,
    pub(crate) pairs: usize,
    pub(crate) pearson: Option<f64>,
    pub(crate) spearman: Option<f64>,
    pub(crate) pearson_relative: Option<f64>,
    pub(crate) spearman_relative: Option<f64>,
    /// Measured for each unit predicted.
    pub(crate) slope: Option<f64>,
    /// Of the pairs that predict something, those with the predicted sign; then each by the
    /// size of what it predicts.
    pub(crate) sign_agreement: Option<f64>,
    pub(crate) sign_agreement_weighted: Option<f64>,
}

/// Pairs that predict nearly the same, and what came of them: features, relative.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct BinReport {
    pub(crate) pairs: usize,
    pub(crate) predicted_relative: f64,
    /// Median and quartiles.
    pub(crate) measured_relative: f64,
    pub(crate) lower_quartile_relative: f64,
    pub(crate) upper_quartile_relative: f64,
}

/// What features did beside what their controls did.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct ControlReport {
    pub(crate) class: &'static str,
    /// Medians of the size of what was measured, as shares of the target.
    pub(crate) source_median_relative: Option<f64>,
    pub(crate) control_median_relative: Option<f64>,
    /// Pairs of features; of them, those beyond 95 % of the controls on the same target.
    pub(crate) pairs: usize,
    pub(crate) pairs_beyond_controls: usize,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct VerdictReport {
    pub(crate) supported: usize,
    pub(crate) weak: usize,
    /// Of the weak ones, those that moved as predicted, but no more than controls.
    pub(crate) weak_as_predicted: usize,
    pub(crate) contradicted: usize,
    /// Edges of the pruned graph whose source was not changed: features, then tokens and
    /// errors, which cannot be.
    pub(crate) untested_features: usize,
    pub(crate) untested_others: usize,
    /// Absolute weight of the tested edges, of all edges between features and to targets.
    pub(crate) tested_share_of_weight: f64,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct DisagreementReport {
    pub(crate) source: String,
    pub(crate) target: String,
    pub(crate) class: &'static str,
    pub(crate) predicted: f64,
    pub(crate) measured: Measured,
    /// Where on the ladder most of the difference comes from.
    pub(crate) parts_at: &'static str,
}

/// What happened on each rung.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Measured {
    pub(crate) gates: f64,
    pub(crate) mlps: f64,
    pub(crate) norms: f64,
    pub(crate) attention: f64,
    pub(crate) constrained: f64,
}

/// What changing a supernode did to another one or to a target.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SupernodeEffect {
    pub(crate) source: String,
    pub(crate) target: String,
    pub(crate) dose: f32,
    /// Of a supernode: the sum over its members, as a share of the sum of their activations. Of
    /// a target: in its units.
    pub(crate) predicted: f64,
    pub(crate) measured: f64,
    /// What the same change of other features did.
    pub(crate) control: Option<f64>,
    pub(crate) is_relative: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct SourceReport {
    pub(crate) name: String,
    /// `feature` or `supernode`.
    pub(crate) kind: &'static str,
    pub(crate) influence_share_of_targets: f64,
    pub(crate) members: Vec<MemberReport>,
    pub(crate) control: Vec<MemberReport>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct MemberReport {
    pub(crate) id: String,
    pub(crate) activation: f32,
    /// What doses are shares of: its activation; a control's pushes as far as its feature's does.
    pub(crate) amount: f32,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct PairReport {
    pub(crate) source: String,
    /// `source`, or `control` for the features that were changed in its place.
    pub(crate) by: &'static str,
    pub(crate) target: String,
    pub(crate) class: &'static str,
    pub(crate) dose: f32,
    /// Over all paths; over direct edges; over the paths along the file's own rows.
    pub(crate) predicted: f64,
    pub(crate) direct: f64,
    pub(crate) stored: Option<f64>,
    pub(crate) measured: Measured,
    /// What relative changes are shares of: the target's activation, or the size of its logit.
    pub(crate) size: f64,
    /// What controls that push as far as the source do to the target, at this rung and dose.
    pub(crate) controls: Option<usize>,
    pub(crate) control_mean: Option<f64>,
    pub(crate) control_sd: Option<f64>,
    pub(crate) control_lo: Option<f64>,
    pub(crate) control_hi: Option<f64>,
    /// `supported`, `weak` or `contradicted`, of single features.
    pub(crate) verdict: Option<&'static str>,
}

/// All that a report is made from.
pub(crate) struct Material<'a> {
    pub(crate) path: &'a Path,
    pub(crate) graph: &'a AttributionGraph,
    pub(crate) validation: &'a Validation,
    pub(crate) verdicts: &'a [EdgeVerdict],
    pub(crate) rung: Rung,
    /// Place of the dose that verdicts and headline are about.
    pub(crate) dose: usize,
    pub(crate) seed: u64,
    /// Disagreements to list, of each class.
    pub(crate) top: usize,
}

pub(crate) fn by(by: By) -> &'static str {
    match by {
        By::Source => "source",
        By::Control => "control",
    }
}

pub(crate) fn class(class: Class) -> &'static str {
    match class {
        Class::Feature => "feature",
        Class::Logit => "logit",
    }
}

pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Supported => "supported",
        Verdict::Weak => "weak",
        Verdict::Contradicted => "contradicted",
    }
}

const CLASSES: [Class; 2] = [Class::Feature, Class::Logit];

impl Material<'_> {
    pub(crate) fn report(&self, saved: Option<&Path>) -> ValidateReport {
        let (graph, validation) = (self.graph, self.validation);
        let provenance = graph.provenance();
        let [feature, logit] = CLASSES.map(|class| {
            Agreement::of(&self.points(self.rung, self.dose, class, By::Source, Scale::Absolute))
        });
        ValidateReport {
            version: super::TOOL,
            graph: self.path.display().to_string(),
            prompt: graph.prompt().text.clone(),
            model: provenance.model.name.clone(),
            dictionary: provenance.dictionary.name.clone(),
            rung: self.rung.name(),
            dose: validation.doses[self.dose],
            seed: self.seed,
            spearman_feature: feature.spearman,
            pearson_feature: feature.pearson,
            spearman_logit: logit.spearman,
            pearson_logit: logit.pearson,
            partial: validation.partial,
            tested: self.tested(),
            paths: validation.stored.map(|stored| PathsReport {
                complete: stored.complete,
                max_difference: stored.max_difference,
                largest: stored.largest,
                pearson: stored.agreement.pearson,
                spearman: stored.agreement.spearman,
            }),
            ladder: self.ladder(),
            calibration: self.calibration(),
            controls: CLASSES.iter().map(|class| self.controls(*class)).collect(),
            verdicts: self.verdict_counts(),
            disagreements: CLASSES.iter().flat_map(|class| self.disagreements(*class)).collect(),
            supernodes: self.supernodes(),
            sources: validation.cases.iter().map(|case| self.source(case)).collect(),
            pairs: self.pairs(),
            saved: saved.map(|path| path.display().to_string()),
        }
    }

    /// Logits say nothing of their own where MLPs are held.
    fn points(&self, rung: Rung, dose: usize, class: Class, by: By, scale: Scale) -> Vec<Point> {
        if class == Class::Logit && !rung.sees_paths() {
            return Vec::new();
        }
        self.validation.points(rung, dose, class, by, scale)
    }

    fn tested(&self) -> Tested {
        let (graph, validation) = (self.graph, self.validation);
        let groups = &graph.annotations().supernodes;
        let features: Vec<&Case> =
            validation.cases.iter().filter(|case| case.kind == CaseKind::Feature).collect();
        let matched =
            || features.iter().filter_map(|case| Some((&case.members[0], case.control.first()?)));
        let ratios: Vec<f64> = matched()
            .map(|(_, control)| f64::from(control.feature.activation / control.amount))
            .collect();
        let watched =
            |class: Class| validation.targets.iter().filter(|one| one.class == class).count();
        Tested {
            features: features.len(),
            supernodes: validation.cases.len() - features.len(),
            asked: validation.n_asked,
            controls: ratios.len(),
            controls_at_same_position: matched()
                .filter(|(own, control)| own.feature.pos == control.feature.pos)
                .count(),
            control_activation_ratio: connectome::validate::statistics::quantile(&ratios, 0.5),
            skipped_supernodes: validation
                .skipped
                .iter()
                .map(|connectome::validate::Skipped::Supernode { index }| {
                    groups[*index].name.clone()
                })
                .collect(),
            absent_features: validation.n_absent,
            watched_features: watched(Class::Feature),
            watched_targets: watched(Class::Logit),
        }
    }

    fn ladder(&self) -> Vec<RungReport> {
        let mut ladder = Vec::new();
        for by in [By::Source, By::Control] {
            for dose in 0..self.validation.doses.len() {
                for rung in Rung::ALL {
                    ladder.extend(CLASSES.map(|class| self.rung(rung, dose, class, by)));
                }
            }
        }
        ladder
    }

    fn rung(&self, rung: Rung, dose: usize, class: Class, by: By) -> RungReport {
        let [absolute, relative] = [Scale::Absolute, Scale::Relative]
            .map(|scale| Agreement::of(&self.points(rung, dose, class, by, scale)));
        RungReport {
            rung: rung.name(),
            dose: self.validation.doses[dose],
            by: self::by(by),
            class: self::class(class),
            pairs: absolute.n,
            pearson: absolute.pearson,
            spearman: absolute.spearman,
            pearson_relative: relative.pearson,
            spearman_relative: relative.spearman,
            slope: absolute.slope,
            sign_agreement: absolute.sign,
            sign_agreement_weighted: absolute.sign_weighted,
        }
    }

    fn calibration(&self) -> Vec<BinReport> {
        let points = self.points(self.rung, self.dose, Class::Feature, By::Source, Scale::Relative);
        let report = |bin: Bin| BinReport {
            pairs: bin.n,
            predicted_relative: bin.predicted,
            measured_relative: bin.measured,
            lower_quartile_relative: bin.lo,
            upper_quartile_relative: bin.hi,
        };
        if points.is_empty() {
            return Vec::new();
        }
        bins(&points, BINS).into_iter().map(report).collect()
    }

    fn controls(&self, class: Class) -> ControlReport {
        let sizes = |by: By| -> Vec<f64> {
            let points = self.points(self.rung, self.dose, class, by, Scale::Relative);
            points.iter().map(|point| point.measured.abs()).collect()
        };
        let median = |by| connectome::validate::statistics::quantile(&sizes(by), 0.5);
        let bands = self.validation.bands(self.rung);
        let of_class = |effect: &&Effect| {
            effect.by == By::Source
                && effect.dose == self.dose
                && self.validation.targets[effect.target].class == class
                && self.validation.cases[effect.case].kind == CaseKind::Feature
        };
        let effects = || self.validation.effects.iter().filter(of_class);
        let is_beyond = |effect: &&Effect| {
            let band = self.validation.band_of(&bands, effect);
            let measured = effect.measured(self.rung);
            band.is_some_and(|band| measured > band.spread.hi || measured < band.spread.lo)
        };
        ControlReport {
            class: self::class(class),
            source_median_relative: median(By::Source),
            control_median_relative: median(By::Control),
            pairs: effects().count(),
            pairs_beyond_controls: effects().filter(is_beyond).count(),
        }
    }

    fn verdict_counts(&self) -> VerdictReport {
        let nodes = self.graph.nodes();
        let is_feature = |idx: NodeIdx| nodes.feature_range().contains(&idx.as_usize());
        let count = |wanted| self.verdicts.iter().filter(|edge| edge.verdict == wanted).count();
        let key = |edge: &EdgeVerdict| (edge.target, edge.source);
        let edges = &self.validation.pruned.edges;
        let is_tested = |edge: &connectome_graph::Edge| {
            self.verdicts.binary_search_by_key(&(edge.target, edge.source), key).is_ok()
        };
        let weight = |all: bool| -> f64 {
            let edges = edges.iter().filter(|edge| is_feature(edge.source));
            edges
                .filter(|edge| all || is_tested(edge))
                .map(|edge| f64::from(edge.weight.abs()))
                .sum()
        };
        let from_features = edges.iter().filter(|edge| is_feature(edge.source)).count();
        VerdictReport {
            supported: count(Verdict::Supported),
            weak: count(Verdict::Weak),
            weak_as_predicted: self
                .verdicts
                .iter()
                .filter(|edge| is_weak_as_predicted(edge))
                .count(),
            contradicted: count(Verdict::Contradicted),
            untested_features: from_features - self.verdicts.len(),
            untested_others: edges.len() - from_features,
            tested_share_of_weight: share(weight(false), weight(true)),
        }
    }

    fn disagreements(&self, class: Class) -> Vec<DisagreementReport> {
        let all = self.validation.disagreements(self.dose, class);
        let report = |one: connectome::validate::Disagreement| {
            let effect = &self.validation.effects[one.effect];
            DisagreementReport {
                source: self.case_name(&self.validation.cases[effect.case]),
                target: self.target_name(effect),
                class: self::class(class),
                predicted: effect.predicted,
                measured: measured(effect),
                parts_at: one.parts_at.name(),
            }
        };
        all.into_iter().take(self.top).map(report).collect()
    }

    fn case_name(&self, case: &Case) -> String {
        match case.kind {
            CaseKind::Feature => self.member_name(&case.members[0]),
            CaseKind::Supernode { index } => {
                self.graph.annotations().supernodes[index].name.clone()
            }
        }
    }

    fn member_name(&self, member: &Member) -> String {
        let named = member.node.map(|idx| names::name(self.graph, idx));
        named.unwrap_or_else(|| member.feature.to_string())
    }

    fn target_name(&self, effect: &Effect) -> String {
        names::name(self.graph, self.validation.targets[effect.target].node)
    }

    fn source(&self, case: &Case) -> SourceReport {
        let influence = &self.validation.pruned.influence.node;
        let member = |member: &Member| MemberReport {
            id: self.member_name(member),
            activation: member.feature.activation,
            amount: member.amount,
        };
        let total: f64 = case
            .members
            .iter()
            .map(|member| member.node.map_or(0.0, |idx| influence[idx.as_usize()]))
            .sum();
        SourceReport {
            name: self.case_name(case),
            kind: match case.kind {
                CaseKind::Feature => "feature",
                CaseKind::Supernode { .. } => "supernode",
            },
            influence_share_of_targets: share(total, total_weight(self.graph)),
            members: case.members.iter().map(member).collect(),
            control: case.control.iter().map(member).collect(),
        }
    }

    fn pairs(&self) -> Vec<PairReport> {
        let validation = self.validation;
        let bands = validation.bands(self.rung);
        let report = |effect: &Effect| {
            let case = &validation.cases[effect.case];
            let band = validation.band_of(&bands, effect);
            let spread: Option<Spread> = band.map(|band| band.spread);
            let is_judged = effect.by == By::Source && case.kind == CaseKind::Feature;
            let judged = connectome::validate::judge(effect.point(self.rung), band);
            let target = &validation.targets[effect.target];
            PairReport {
                source: self.case_name(case),
                by: by(effect.by),
                target: self.target_name(effect),
                class: class(target.class),
                dose: validation.doses[effect.dose],
                predicted: effect.predicted,
                direct: effect.direct,
                stored: effect.stored,
                measured: measured(effect),
                size: target.size,
                controls: spread.map(|spread| spread.n),
                control_mean: spread.map(|spread| spread.mean),
                control_sd: spread.map(|spread| spread.sd),
                control_lo: spread.map(|spread| spread.lo),
                control_hi: spread.map(|spread| spread.hi),
                verdict: is_judged.then(|| verdict(judged)),
            }
        };
        validation.effects.iter().map(report).collect()
    }

    /// What each supernode did to the targets and to the other supernodes.
    fn supernodes(&self) -> Vec<SupernodeEffect> {
        let validation = self.validation;
        let mut effects = Vec::new();
        for (at, case) in validation.cases.iter().enumerate() {
            let CaseKind::Supernode { index } = case.kind else { continue };
            for dose in 0..validation.doses.len() {
                let of = |by: By| {
                    let own = move |effect: &&Effect| {
                        effect.case == at && effect.dose == dose && effect.by == by
                    };
                    validation.effects.iter().filter(own).collect::<Vec<_>>()
                };
                let (own, control) = (of(By::Source), of(By::Control));
                effects.extend(self.on_targets(case, dose, &own, &control));
                effects.extend(self.on_supernodes(index, (case, dose), &own, &control));
            }
        }
        effects
    }

    fn on_targets(
        &self,
        case: &Case,
        dose: usize,
        own: &[&Effect],
        control: &[&Effect],
    ) -> Vec<SupernodeEffect> {
        let is_target = |effect: &&&Effect| {
            self.graph
                .nodes()
                .target_range()
                .contains(&self.validation.targets[effect.target].node.as_usize())
        };
        let report = |effect: &&Effect| SupernodeEffect {
            source: self.case_name(case),
            target: self.target_name(effect),
            dose: self.validation.doses[dose],
            predicted: effect.predicted,
            measured: effect.measured(self.rung),
            control: control
                .iter()
                .find(|other| other.target == effect.target)
                .map(|other| other.measured(self.rung)),
            is_relative: false,
        };
        own.iter().filter(is_target).map(report).collect()
    }

    fn on_supernodes(
        &self,
        own_index: usize,
        (case, dose): (&Case, usize),
        own: &[&Effect],
        control: &[&Effect],
    ) -> Vec<SupernodeEffect> {
        let groups = self.graph.annotations().supernodes.iter().enumerate();
        let report = |(index, group): (usize, &connectome_graph::Supernode)| {
            let is_in = |effect: &&&Effect| {
                group.members.contains(&self.validation.targets[effect.target].node)
            };
            let reached: Vec<&&Effect> = own.iter().filter(is_in).collect();
            let size: f64 =
                reached.iter().map(|effect| self.validation.targets[effect.target].size).sum();
            if index == own_index || size == 0.0 {
                return None;
            }
            let sum = |number: &dyn Fn(&Effect) -> f64| -> f64 {
                reached.iter().map(|effect| number(effect)).sum::<f64>() / size
            };
            let controls: Vec<f64> =
                control.iter().filter(is_in).map(|effect| effect.measured(self.rung)).collect();
            Some(SupernodeEffect {
                source: self.case_name(case),
                target: group.name.clone(),
                dose: self.validation.doses[dose],
                predicted: sum(&|effect| effect.predicted),
                measured: sum(&|effect| effect.measured(self.rung)),
                control: (!controls.is_empty()).then(|| controls.iter().sum::<f64>() / size),
                is_relative: true,
            })
        };
        groups.filter_map(report).collect()
    }
}

fn is_weak_as_predicted(edge: &EdgeVerdict) -> bool {
    let (predicted, measured) = (f64::from(edge.predicted), f64::from(edge.measured));
    edge.verdict == Verdict::Weak && is_as_predicted(Point { predicted, measured })
}

fn measured(effect: &Effect) -> Measured {
    Measured {
        gates: effect.measured(Rung::Gates),
        mlps: effect.measured(Rung::Mlps),
        norms: effect.measured(Rung::Norms),
        attention: effect.measured(Rung::Attention),
        constrained: effect.measured(Rung::Constrained),
    }
}
