//! The runs: every case and its control, at every dose, on every rung.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::cases::{self, Case, Member};
use super::paths::{self, Between};
use super::targets::Targets;
use super::validation::{By, Effect, Validation};
use super::{Options, Rung, Step, Subject};
use crate::error::RunError;
use crate::intervene::{Change, Edit, Intervention, Outcome, Positions};

/// Rows of the model in one chunk of cases, on one rung: as many as one batch of runs has, so
/// that little is lost when the work is ended, and cases a chunk has at most.
const ROWS: usize = 1024;
const CASES: usize = 16;

pub(super) fn run(
    subject: Subject<'_>,
    options: &Options,
    progress: &mut dyn FnMut(Step) -> ControlFlow<()>,
) -> Result<Validation, RunError> {
    let (cases, skipped) = cases::choose(&subject, options);
    if cases.is_empty() {
        return Err(RunError::EmptySet { what: "the set of features to test" });
    }
    let targets = Targets::new(&subject, options)?;
    let mut runner = Runner { subject: &subject, options, targets: &targets, effects: Vec::new() };
    let n_measured = runner.all(&cases, progress)?;
    if n_measured == 0 {
        return Err(RunError::Cancelled);
    }
    let effects = runner.effects;
    let mut validation = Validation {
        n_asked: cases.len(),
        partial: n_measured < cases.len(),
        skipped,
        n_absent: subject.n_absent(),
        cases,
        targets: targets.list,
        doses: options.doses.clone(),
        effects,
        stored: None,
        pruned: subject.pruned.clone(),
    };
    validation.cases.truncate(n_measured);
    validation.compare_stored(subject.has_every_path());
    Ok(validation)
}

struct Runner<'a> {
    subject: &'a Subject<'a>,
    options: &'a Options,
    targets: &'a Targets,
    effects: Vec<Effect>,
}

/// A set of features that is changed: a case or its control.
#[derive(Clone, Copy)]
struct Set<'c> {
    case: usize,
    by: By,
    members: &'c [Member],
}

impl Runner<'_> {
    /// Measures cases chunk by chunk; how many are whole when it ends.
    fn all(
        &mut self,
        cases: &[Case],
        progress: &mut dyn FnMut(Step) -> ControlFlow<()>,
    ) -> Result<usize, RunError> {
        let n_doses = self.options.doses.len();
        let runs_of = |cases: &[Case]| {
            let sets: usize =
                cases.iter().map(|case| 1 + usize::from(!case.control.is_empty())).sum();
            sets * n_doses * Rung::ALL.len()
        };
        let n_tokens = self.subject.baseline.n_tokens();
        let len = (ROWS / (2 * n_doses * n_tokens)).clamp(1, CASES);
        let mut step = Step { cases: 0, n_cases: cases.len(), runs: 0, n_runs: runs_of(cases) };
        for chunk in cases.chunks(len) {
            let runs_before = step.runs;
            let mut sets = Vec::new();
            for (at, case) in chunk.iter().enumerate() {
                let case_at = step.cases + at;
                sets.push(Set { case: case_at, by: By::Source, members: &case.members });
                if !case.control.is_empty() {
                    sets.push(Set { case: case_at, by: By::Control, members: &case.control });
                }
            }
            let mut tell = |runs: usize| progress(Step { runs: runs_before + runs, ..step });
            let Some(effects) = self.chunk(&sets, &mut tell)? else { return Ok(step.cases) };
            self.effects.extend(effects);
            step.cases += chunk.len();
            step.runs += runs_of(chunk);
        }
        // The work is done: whether to go on is no longer a question.
        let _ = progress(step);
        Ok(step.cases)
    }

    /// The effects of some sets; `None` if the work was ended before they were whole.
    fn chunk(
        &self,
        sets: &[Set<'_>],
        tell: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Option<Vec<Effect>>, RunError> {
        if tell(0).is_break() {
            return Ok(None);
        }
        let mut effects = self.predict(sets);
        let baseline = self.subject.baseline;
        let mut n_done = 0;
        for rung in Rung::ALL {
            let interventions: Vec<Intervention> =
                sets.iter().flat_map(|set| self.interventions(set, rung)).collect();
            let mut go_on = |done: usize| tell(n_done + done);
            let (watch, logits_at) = (&self.targets.watch, &self.targets.logits_at);
            let outcomes = baseline.measure_all(&interventions, watch, logits_at, &mut go_on)?;
            n_done += interventions.len();
            let outcomes: Option<Vec<Outcome>> = outcomes.into_iter().collect();
            let Some(outcomes) = outcomes else { return Ok(None) };
            self.record(sets, rung, &outcomes, &mut effects);
        }
        Ok(Some(effects))
    }

    /// What the graph says of some sets, nothing measured yet: by set, dose and target.
    fn predict(&self, sets: &[Set<'_>]) -> Vec<Effect> {
        let predicted: Vec<Vec<Effect>> =
            sets.par_iter().map(|set| self.predict_set(set)).collect();
        predicted.into_iter().flatten().collect()
    }

    fn predict_set(&self, set: &Set<'_>) -> Vec<Effect> {
        let (subject, local) = (self.subject, self.subject.baseline.local());
        let [all, direct] = [Between::Answers, Between::Still]
            .map(|between| paths::push(local, set.members, between));
        let stored = paths::stored(subject.graph, set.members);
        let mut effects = Vec::new();
        for (dose_at, dose) in self.options.doses.iter().enumerate() {
            let share = f64::from(*dose) - 1.0;
            for (at, target) in self.targets.list.iter().enumerate() {
                if !target.is_reached_by(set.members) {
                    continue;
                }
                effects.push(Effect {
                    case: set.case,
                    by: set.by,
                    target: at,
                    dose: dose_at,
                    predicted: share * target.pushed(local, &all),
                    direct: share * target.pushed(local, &direct),
                    stored: stored.as_ref().map(|moved| share * moved[target.node.as_usize()]),
                    measured: [0.0; Rung::ALL.len()],
                });
            }
        }
        effects
    }

    /// One run a dose.
    fn interventions(&self, set: &Set<'_>, rung: Rung) -> Vec<Intervention> {
        let first = set.members.iter().map(|member| member.feature.id.layer as usize).min();
        let layers = first.unwrap_or(0)..self.subject.baseline.n_layers();
        let edits = |dose: f32| -> Vec<Edit> {
            let edit = |member: &Member| Edit {
                feature: member.feature.id,
                positions: Positions::At(member.feature.pos as usize),
                change: Change::Set(member.feature.activation + (dose - 1.0) * member.amount),
            };
            set.members.iter().map(edit).collect()
        };
        let doses = self.options.doses.iter();
        doses.map(|dose| rung.intervention(edits(*dose), layers.clone())).collect()
    }

    /// Puts down what was measured. Effects come in the order of runs.
    fn record(&self, sets: &[Set<'_>], rung: Rung, outcomes: &[Outcome], effects: &mut [Effect]) {
        let n_doses = self.options.doses.len();
        let place = |effect: &Effect| {
            let of = |set: &Set<'_>| set.case == effect.case && set.by == effect.by;
            let set = sets.iter().position(of).expect("every effect is of one of the sets");
            set * n_doses + effect.dose
        };
        for effect in effects {
            let outcome = &outcomes[place(effect)];
            effect.measured[rung.place()] = self.targets.change(effect.target, outcome);
        }
    }
}
