//! The validation matrix: every group and the strongest features, beside controls.

use std::ops::ControlFlow;

use connectome::intervene::Baseline;
use connectome::open::tokens_of;
use connectome::validate::statistics::{Agreement, Point};
use connectome::validate::{
    By, CaseKind, Class, Effect, Options, Rung, Step, Validation, validate,
};
use connectome_graph::{Annotations, AttributionGraph, NodeIdx, Supernode};

use super::Engine;
use super::plan::features;
use crate::circuits::checked;
use crate::error::ServeError;
use crate::jobs::Reporter;
use crate::store::Kept;
use crate::wire::{
    AgreementRow, CaseRow, EdgeVerdictRow, MatrixCell, RungName, ValidateAsk, ValidateRun,
    VerdictName,
};

impl Engine {
    /// Refuses what makes no sense before it waits in a queue.
    pub(crate) fn check_validation(
        &self,
        graph: &AttributionGraph,
        ask: &ValidateAsk,
    ) -> Result<(), ServeError> {
        self.of_graph(graph)?;
        let mut n_features = ask.n_features;
        for group in &ask.groups {
            n_features += features(graph, &group.nodes)?.len();
        }
        if n_features == 0 {
            return Err(ServeError::Bad {
                what: "there is no feature to test".to_owned(),
                hint: Some("make a group of features, or ask for the strongest ones"),
            });
        }
        Ok(())
    }

    /// Measures a graph's groups and strongest features.
    pub(crate) fn validate(
        &self,
        kept: &Kept,
        ask: &ValidateAsk,
        reporter: &Reporter,
    ) -> Result<ValidateRun, ServeError> {
        let opened = self.of_graph(&kept.graph)?;
        let mut supernodes = Vec::new();
        for group in &ask.groups {
            let members = checked(&kept.graph, &group.nodes)?;
            supernodes.push(Supernode { name: group.name.clone(), members });
        }
        let annotations = Annotations { supernodes, ..Annotations::default() };
        let graph = kept.graph.clone().with_annotations(annotations)?;
        let _ = reporter.step("forward", 0, 0);
        let baseline = Baseline::new(&opened.replacement, &tokens_of(&graph))?;
        let doses = ask.doses.clone().unwrap_or_else(|| vec![0.0, -1.0]);
        let options = Options {
            n_features: ask.n_features,
            doses: doses.iter().map(|dose| *dose as f32).collect(),
            seed: u64::from(ask.seed.unwrap_or(0)),
            ..Options::default()
        };
        let mut tell =
            |step: Step| -> ControlFlow<()> { reporter.step("measuring", step.runs, step.n_runs) };
        let found = validate(&baseline, &graph, &options, &mut tell)?;
        let rung = ask.rung.unwrap_or(RungName::Mlps);
        Ok(Matrix { graph: &graph, ask, found: &found, rung: rung.into() }.run(rung, doses))
    }
}

struct Matrix<'a> {
    graph: &'a AttributionGraph,
    ask: &'a ValidateAsk,
    found: &'a Validation,
    rung: Rung,
}

impl Matrix<'_> {
    fn run(&self, rung: RungName, doses: Vec<f64>) -> ValidateRun {
        let n_targets = self.graph.nodes().n_targets();
        let groups = self.ask.groups.iter().map(|group| group.id.clone());
        let targets = (0..n_targets).map(|k| format!("target:{k}"));
        let verdicts = self.found.verdicts(self.rung, 0);
        ValidateRun {
            rung,
            doses,
            cases: self.cases(),
            columns: groups.chain(targets).collect(),
            cells: self.cells(),
            ladder: Rung::ALL.into_iter().map(|rung| self.agreement(rung)).collect(),
            verdicts: verdicts.iter().map(EdgeVerdictRow::from).collect(),
            n_asked: self.found.n_asked,
            partial: self.found.partial,
        }
    }

    fn cases(&self) -> Vec<CaseRow> {
        let row = |case: &connectome::validate::Case| {
            let nodes: Vec<u32> =
                case.members.iter().filter_map(|one| one.node).map(NodeIdx::get).collect();
            let (group, name) = match case.kind {
                CaseKind::Supernode { index } => {
                    let group = &self.ask.groups[index];
                    (Some(group.id.clone()), group.name.clone())
                }
                CaseKind::Feature => (None, case.members[0].feature.to_string()),
            };
            let control = case.control.iter().map(|one| one.feature.to_string()).collect();
            CaseRow { group, name, nodes, control }
        };
        self.found.cases.iter().map(row).collect()
    }

    /// Columns: groups, then targets; the targets of the validation that each sums over.
    fn columns(&self) -> Vec<Vec<usize>> {
        let place = |idx: &NodeIdx| self.found.targets.iter().position(|one| one.node == *idx);
        let nodes = self.graph.nodes();
        let groups = &self.graph.annotations().supernodes;
        let groups = groups.iter().map(|group| group.members.iter().filter_map(place).collect());
        let targets = (0..nodes.n_targets()).map(|k| place(&nodes.target(k)).into_iter().collect());
        groups.chain(targets).collect()
    }

    fn cells(&self) -> Vec<MatrixCell> {
        let mut cells = Vec::new();
        for (column, targets) in self.columns().into_iter().enumerate() {
            let size: f64 = targets.iter().map(|at| self.found.targets[*at].size).sum();
            if size == 0.0 {
                continue;
            }
            for case in 0..self.found.cases.len() {
                for dose in 0..self.found.doses.len() {
                    let of = |by| self.moved((case, dose, by), &targets);
                    let Some((predicted, measured)) = of(By::Source) else { continue };
                    let control = of(By::Control).map(|(_, measured)| measured / size);
                    let (predicted, measured) = (predicted / size, measured / size);
                    let verdict = verdict(predicted, measured, control);
                    let cell =
                        MatrixCell { case, dose, column, predicted, measured, control, verdict };
                    cells.push(cell);
                }
            }
        }
        cells.sort_by_key(|cell| (cell.case, cell.dose, cell.column));
        cells
    }

    /// Predicted and measured changes of some targets together; `None` if the case reaches none
    /// of them.
    fn moved(&self, (case, dose, by): (usize, usize, By), targets: &[usize]) -> Option<(f64, f64)> {
        let is_it = |effect: &&Effect| {
            effect.case == case
                && effect.dose == dose
                && effect.by == by
                && targets.contains(&effect.target)
        };
        let mut sum = None;
        for effect in self.found.effects.iter().filter(is_it) {
            let point = effect.point(self.rung);
            let (predicted, measured) = sum.unwrap_or((0.0, 0.0));
            sum = Some((predicted + point.predicted, measured + point.measured));
        }
        sum
    }

    fn agreement(&self, rung: Rung) -> AgreementRow {
        let is_wanted = |effect: &&Effect| {
            effect.dose == 0
                && effect.by == By::Source
                && self.found.cases[effect.case].kind == CaseKind::Feature
                && self.found.targets[effect.target].class == Class::Feature
        };
        let effects = self.found.effects.iter().filter(is_wanted);
        let points: Vec<Point> = effects.map(|effect| effect.point(rung)).collect();
        let found = Agreement::of(&points);
        AgreementRow {
            rung: rung.into(),
            n: points.len(),
            spearman: found.spearman,
            pearson: found.pearson,
            slope: found.slope,
            sign_agreement: found.sign,
        }
    }
}

/// As `docs/validation.md` judges an edge, with the case's own control in place of a band.
fn verdict(predicted: f64, measured: f64, control: Option<f64>) -> VerdictName {
    let Some(control) = control.filter(|control| measured.abs() > control.abs()) else {
        return VerdictName::Weak;
    };
    debug_assert!(control.abs() <= measured.abs());
    if predicted * measured < 0.0 {
        VerdictName::Contradicted
    } else if predicted != 0.0 && measured.abs() >= 0.5 * predicted.abs() {
        VerdictName::Supported
    } else {
        VerdictName::Weak
    }
}

impl From<RungName> for Rung {
    fn from(name: RungName) -> Self {
        match name {
            RungName::Gates => Self::Gates,
            RungName::Mlps => Self::Mlps,
            RungName::Norms => Self::Norms,
            RungName::Attention => Self::Attention,
            RungName::Constrained => Self::Constrained,
        }
    }
}

impl From<Rung> for RungName {
    fn from(rung: Rung) -> Self {
        match rung {
            Rung::Gates => Self::Gates,
            Rung::Mlps => Self::Mlps,
            Rung::Norms => Self::Norms,
            Rung::Attention => Self::Attention,
            Rung::Constrained => Self::Constrained,
        }
    }
}
