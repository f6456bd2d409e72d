//! [`Validation`]: what was predicted and measured, and the questions that it answers.

use connectome_graph::{ControlBand, EdgeVerdict, Pruned};

use super::cases::{Case, CaseKind, Skipped};
use super::rung::Rung;
use super::statistics::{Agreement, Point, Spread};
use super::targets::{Class, Target};
use super::verdict::{Band, FEWEST_CONTROLS, judge};

/// Which features of a case were changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Its own.
    Source,
    /// Those that are like them.
    Control,
}

/// In which units changes are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Of the target's pre-activation or logit.
    Absolute,
    /// Of what the target is in the unchanged model ([`Target::size`]).
    Relative,
}

/// What changing a set of features does to one target, predicted and measured. All numbers are
/// changes in units of the target's pre-activation or logit.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// Place in [`Validation::cases`].
    pub case: usize,
    /// Whether the case or its control was changed.
    pub by: By,
    /// Place in [`Validation::targets`].
    pub target: usize,
    /// Place in [`Validation::doses`].
    pub dose: usize,
    /// Over all paths.
    pub predicted: f64,
    /// Over direct edges alone.
    pub direct: f64,
    /// Over the paths along rows that the graph holds; `None` if it lacks a changed feature.
    pub stored: Option<f64>,
    /// By [`Rung::place`].
    pub(super) measured: [f64; Rung::ALL.len()],
}

impl Effect {
    /// What happened on a rung.
    #[must_use]
    pub fn measured(&self, rung: Rung) -> f64 {
        self.measured[rung.place()]
    }

    /// What the graph says of a rung, and what happened on it.
    #[must_use]
    pub fn point(&self, rung: Rung) -> Point {
        let predicted = if rung.sees_paths() { self.predicted } else { self.direct };
        Point { predicted, measured: self.measured(rung) }
    }

    /// The rung at which the measurement moves most towards where it ends: why it ends there
    /// and not where it was predicted. `None` if it ends where it was predicted.
    #[must_use]
    pub fn parts_at(&self) -> Option<Rung> {
        let end = self.measured(Rung::Attention);
        let direction = (end - self.predicted).signum();
        let mut below = self.predicted;
        let mut best: Option<(Rung, f64)> = None;
        for rung in Rung::LADDER {
            let moved = (self.measured(rung) - below) * direction;
            below = self.measured(rung);
            if moved > best.map_or(0.0, |(_, most)| most) {
                best = Some((rung, moved));
            }
        }
        best.map(|(rung, _)| rung)
    }
}

/// How the paths along a graph's own rows compare with all paths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StoredPaths {
    /// Whether the graph holds every row and entry, so that the two are the same sum.
    pub complete: bool,
    /// The largest difference, in units of the target.
    pub max_difference: f64,
    /// The largest change predicted over all paths.
    pub largest: f64,
    /// All paths (`measured` in its points) against those along stored rows (`predicted`).
    pub agreement: Agreement,
}

/// A pair whose measurement, with nothing held still, is far from what was predicted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Disagreement {
    /// Place in [`Validation::effects`].
    pub effect: usize,
    /// Measured less predicted.
    pub difference: f64,
    /// Where on the ladder most of it comes from.
    pub parts_at: Rung,
}

/// What came of a validation.
#[derive(Clone, Debug, PartialEq)]
pub struct Validation {
    /// What was tested, in order.
    pub cases: Vec<Case>,
    /// How many cases there were to test.
    pub n_asked: usize,
    /// Whether it was ended before all of them were.
    pub partial: bool,
    /// What could not be tested.
    pub skipped: Vec<Skipped>,
    /// Features of the graph that do not fire here as it says; they are neither changed nor
    /// watched.
    pub n_absent: usize,
    /// What was watched.
    pub targets: Vec<Target>,
    /// What activations were multiplied by.
    pub doses: Vec<f32>,
    /// By case, source before control, dose and target.
    pub effects: Vec<Effect>,
    /// The graph's own rows against all paths; `None` if it holds none of the changed features.
    pub stored: Option<StoredPaths>,
    /// The pruned graph whose features were watched.
    pub pruned: Pruned,
}

impl Validation {
    /// Single features of the graph, by what they did to targets of a class on a rung.
    #[must_use]
    pub fn points(
        &self,
        rung: Rung,
        dose: usize,
        class: Class,
        by: By,
        scale: Scale,
    ) -> Vec<Point> {
        let wanted = |effect: &&Effect| {
            effect.dose == dose
                && effect.by == by
                && self.targets[effect.target].class == class
                && self.cases[effect.case].kind == CaseKind::Feature
        };
        let effects = self.effects.iter().filter(wanted);
        effects.map(|effect| self.scaled(effect.point(rung), effect.target, scale)).collect()
    }

    fn scaled(&self, point: Point, target: usize, scale: Scale) -> Point {
        let size = self.targets[target].size;
        match scale {
            Scale::Relative if size > 0.0 => {
                Point { predicted: point.predicted / size, measured: point.measured / size }
            }
            _ => point,
        }
    }

    /// What controls did to a target on a rung, for each unit of push; `None` if there were too
    /// few of them, for all targets of its class together.
    #[must_use]
    pub fn band(&self, rung: Rung, dose: usize, target: usize) -> Option<Band> {
        let class = self.targets[target].class;
        let of_class = |effect: &&Effect| {
            effect.by == By::Control
                && effect.dose == dose
                && self.cases[effect.case].kind == CaseKind::Feature
                && self.targets[effect.target].class == class
        };
        let controls = || self.effects.iter().filter(of_class);
        let own: Vec<f64> = controls()
            .filter(|effect| effect.target == target)
            .map(|effect| effect.measured(rung) / self.push(effect))
            .collect();
        if own.len() >= FEWEST_CONTROLS {
            return Some(Band { spread: Spread::of(&own)?, pooled: false });
        }
        let size = |at: usize| self.targets[at].size;
        let all: Vec<f64> = controls()
            .filter(|effect| size(effect.target) > 0.0)
            .map(|effect| {
                let of_unit = effect.measured(rung) / self.push(effect);
                of_unit / size(effect.target) * size(target)
            })
            .collect();
        let pooled = (all.len() >= FEWEST_CONTROLS).then(|| Spread::of(&all)).flatten();
        pooled.map(|spread| Band { spread, pooled: true })
    }

    /// How far a case of one feature, or its control, pushes.
    fn push(&self, effect: &Effect) -> f64 {
        self.cases[effect.case].members[0].push
    }

    /// What controls do to an effect's target that push as far as its case, of the bands that
    /// [`Validation::bands`] gives for a rung.
    #[must_use]
    pub fn band_of(&self, bands: &[Option<Band>], effect: &Effect) -> Option<Band> {
        let band = bands[effect.dose * self.targets.len() + effect.target]?;
        let is_one = self.cases[effect.case].kind == CaseKind::Feature;
        is_one.then(|| band.of_push(self.push(effect)))
    }

    /// The bands of every dose and target, dose by dose.
    #[must_use]
    pub fn bands(&self, rung: Rung) -> Vec<Option<Band>> {
        let targets = 0..self.targets.len();
        let of_dose = |dose| targets.clone().map(move |target| self.band(rung, dose, target));
        (0..self.doses.len()).flat_map(of_dose).collect()
    }

    /// The verdicts on the pruned graph's edges at a dose, by target, then source. Edges from
    /// what was not changed have none.
    #[must_use]
    pub fn verdicts(&self, rung: Rung, dose: usize) -> Vec<EdgeVerdict> {
        let bands = self.bands(rung);
        let mut verdicts = Vec::new();
        for effect in &self.effects {
            let case = &self.cases[effect.case];
            let is_source = effect.by == By::Source && case.kind == CaseKind::Feature;
            let (Some(source), true) = (case.members[0].node, is_source && effect.dose == dose)
            else {
                continue;
            };
            let target = self.targets[effect.target].node;
            let inputs = self.pruned.inputs(target);
            if inputs.binary_search_by_key(&source, |edge| edge.source).is_err() {
                continue;
            }
            let band = self.band_of(&bands, effect);
            let point = effect.point(rung);
            verdicts.push(EdgeVerdict {
                source,
                target,
                verdict: judge(point, band),
                predicted: point.predicted as f32,
                measured: point.measured as f32,
                control: band.map(|Band { spread, .. }| ControlBand {
                    lo: spread.lo as f32,
                    hi: spread.hi as f32,
                }),
            });
        }
        verdicts.sort_by_key(|edge| (edge.target, edge.source));
        verdicts.dedup_by_key(|edge| (edge.target, edge.source));
        verdicts
    }

    /// Pairs of single features with targets of a class at a dose, those first whose
    /// measurement with nothing held still is furthest from its prediction.
    #[must_use]
    pub fn disagreements(&self, dose: usize, class: Class) -> Vec<Disagreement> {
        let of = |(at, effect): (usize, &Effect)| {
            let is_wanted = effect.dose == dose
                && effect.by == By::Source
                && self.targets[effect.target].class == class
                && self.cases[effect.case].kind == CaseKind::Feature;
            let difference = effect.measured(Rung::Attention) - effect.predicted;
            let parts_at = effect.parts_at().filter(|_| is_wanted)?;
            Some(Disagreement { effect: at, difference, parts_at })
        };
        let mut all: Vec<Disagreement> = self.effects.iter().enumerate().filter_map(of).collect();
        all.sort_by(|a, b| {
            b.difference.abs().total_cmp(&a.difference.abs()).then(a.effect.cmp(&b.effect))
        });
        all
    }

    /// Compares the paths along stored rows with all paths.
    pub(super) fn compare_stored(&mut self, complete: bool) {
        let points: Vec<Point> = self
            .effects
            .iter()
            .filter_map(|effect| {
                Some(Point { predicted: effect.stored?, measured: effect.predicted })
            })
            .collect();
        let difference = |point: &Point| (point.predicted - point.measured).abs();
        self.stored = (!points.is_empty()).then(|| StoredPaths {
            complete,
            max_difference: points.iter().map(difference).fold(0.0, f64::max),
            largest: points.iter().map(|point| point.measured.abs()).fold(0.0, f64::max),
            agreement: Agreement::of(&points),
        });
    }
}
