//! Each law as a check of one prompt, whichever model and dictionary it stands on.

use std::ops::{ControlFlow, Range};

use connectome::intervene::{
    Alignment, AttentionPatterns, Baseline, Change, Choice, Continuation, Edit, GenerateOptions,
    Intervention, Mode, NormScales, Outcome, OutputPatch, Positions, Reading, ResidualPatch, Swap,
    Watch,
};
use connectome::lm::{LogitsAt, tap::NoTap};
use connectome::replacement::PromptTokens;
use connectome_graph::{FeatureId, TargetKind};

use crate::golden::max_diff;
use crate::laws::prompt::{Rounding, Subject as Traced, exhaustive};

/// A prompt on which the laws must hold.
pub(crate) struct Subject<'a> {
    pub(crate) name: String,
    pub(crate) baseline: &'a Baseline<'a>,
    pub(crate) rounding: Rounding,
}

/// The most probable `n` tokens in turn.
pub(crate) fn options(n: usize) -> GenerateOptions {
    GenerateOptions {
        max_new_tokens: n,
        choice: Choice::Greedy,
        seed: 0,
        n_samples: 1,
        stop: Vec::new(),
        keep_logits: false,
    }
}

impl Subject<'_> {
    /// All laws.
    pub(crate) fn keeps_every_law(&self) {
        self.frozen_doubling_moves_everything_by_its_column(1);
        self.null_interventions_are_the_unchanged_run();
        self.patching_over_no_layer_is_the_unchanged_run();
        self.iterative_patching_of_nothing_is_the_unchanged_run();
        self.generation_is_repeated_prediction(3);
        self.runs_together_are_the_runs_alone();
        self.a_run_may_start_where_it_changes();
        self.the_stream_of_another_prompt_gives_its_logits();
        self.a_seed_gives_one_text();
    }

    /// A feature that fires, if any does, and one that need not: layer by layer.
    fn features(&self) -> Vec<(FeatureId, usize)> {
        let last = self.baseline.n_tokens() - 1;
        let features = self.baseline.local().features();
        let mut found = Vec::new();
        for layer in 0..self.baseline.n_layers() {
            let fired = features.list()[features.of_layer(layer)].first();
            found.extend(fired.map(|fired| (fired.id, fired.pos as usize)));
            found.push((FeatureId { layer: layer as u32, index: 1 }, last));
        }
        found
    }

    /// Every feature that fires, and every feature of index 0 or 1.
    pub(crate) fn watch(&self) -> Watch {
        let fired = self.baseline.local().features().list();
        let mut nodes: Vec<(FeatureId, usize)> =
            fired.iter().map(|fired| (fired.id, fired.pos as usize)).collect();
        for layer in 0..self.baseline.n_layers() as u32 {
            for pos in 0..self.baseline.n_tokens() {
                nodes.extend([0, 1].map(|index| (FeatureId { layer, index }, pos)));
            }
        }
        Watch::new(self.baseline, nodes).unwrap()
    }

    fn modes(&self) -> Vec<Mode> {
        let n_layers = self.baseline.n_layers();
        vec![
            Mode::Direct,
            Mode::Constrained { layers: 0..n_layers.div_ceil(2) },
            Mode::Open { attention: AttentionPatterns::Frozen },
            Mode::Open { attention: AttentionPatterns::Free },
            Mode::Iterative { layers: n_layers / 2..n_layers },
        ]
    }

    /// Changes of every kind, in every mode.
    pub(crate) fn interventions(&self) -> Vec<Intervention> {
        let changes = [Change::Scale(-1.0), Change::Set(0.75), Change::Add(-0.5)];
        let mut all = Vec::new();
        for (at, (feature, pos)) in self.features().into_iter().enumerate() {
            for mode in self.modes() {
                let positions = match at % 3 {
                    0 => Positions::At(pos),
                    1 => Positions::Span(pos..self.baseline.n_tokens()),
                    _ => Positions::Prompt,
                };
                let edit = Edit { feature, positions, change: changes[at % changes.len()] };
                let frozen = at % 2 == 1;
                let norms = if frozen { NormScales::Frozen } else { NormScales::Free };
                all.push(Intervention { norms, ..Intervention::of_features(vec![edit], mode) });
            }
        }
        all
    }

    fn unchanged(&self, watch: &Watch) -> Outcome {
        self.baseline.unchanged(watch, &LogitsAt::All).unwrap()
    }

    fn measure(&self, asked: &Intervention, watch: &Watch) -> Outcome {
        self.baseline.measure(asked, watch, &LogitsAt::All).unwrap()
    }

    /// What rounding is held against: one, or of a random model the largest number at hand,
    /// since a norm with a tiny denominator makes any number large.
    fn size(&self, numbers: &[f32]) -> f64 {
        let largest = numbers.iter().map(|x| f64::from(x.abs())).fold(1.0, f64::max);
        if self.rounding == Rounding::RowSum { largest } else { 1.0 }
    }

    fn same(&self, found: &Outcome, expected: &Outcome, tolerance: f64, what: &str) {
        let size = self.size(expected.logits.data());
        let worst = max_diff(found.logits.data(), expected.logits.data());
        let name = &self.name;
        assert!(worst < tolerance * size, "{name}, {what}: logits differ by {worst} of {size}");
        let numbers = |readings: &[Reading]| -> Vec<f32> {
            readings.iter().map(|reading| reading.pre_activation).collect()
        };
        let (found, expected) = (numbers(&found.readings), numbers(&expected.readings));
        let size = self.size(&expected);
        let worst = max_diff(&found, &expected);
        assert!(worst < tolerance * size, "{name}, {what}: readings differ by {worst} of {size}");
    }

    /// The law that ties a graph to its model: with everything held, one feature put in once
    /// more moves every feature and logit by exactly the graph's column. Checks one feature of
    /// `every`, and says how many effects that were.
    pub(crate) fn frozen_doubling_moves_everything_by_its_column(&self, every: usize) -> usize {
        let local = self.baseline.local();
        let traced = Traced { name: self.name.clone(), local, rounding: self.rounding };
        let graph = traced.trace(&exhaustive());
        let nodes = graph.nodes();
        let fired: Vec<_> = nodes.features().collect();
        let watched = fired.iter().map(|(_, fired)| (fired.id, fired.pos as usize)).collect();
        let watch = Watch::new(self.baseline, watched).unwrap();
        let doubled: Vec<_> = fired.iter().step_by(every).collect();
        let runs: Vec<Intervention> = doubled
            .iter()
            .map(|(_, fired)| {
                let positions = Positions::At(fired.pos as usize);
                let edit = Edit { feature: fired.id, positions, change: Change::Scale(2.0) };
                Intervention::of_features(vec![edit], Mode::Direct)
            })
            .collect();
        let last = LogitsAt::Positions(vec![self.baseline.n_tokens() - 1]);
        let go_on = &mut |_| ControlFlow::Continue(());
        let outcomes = self.baseline.measure_all(&runs, &watch, &last, go_on).unwrap();
        let before = self.demeaned(self.baseline.logits().row(self.baseline.n_tokens() - 1));
        let mut n_compared = 0;
        for ((source, _), outcome) in doubled.iter().zip(outcomes) {
            let outcome = outcome.unwrap();
            let after = self.demeaned(outcome.logits.row(0));
            let features = fired.iter().zip(outcome.readings.iter().zip(watch.clean())).map(
                |((target, _), (after, before))| {
                    (*target, f64::from(after.pre_activation) - f64::from(before.pre_activation))
                },
            );
            let logits = nodes.targets().iter().enumerate().map(|(k, target)| {
                let TargetKind::Logit { token } = target.kind else { panic!("only logits") };
                (nodes.target(k), after[token as usize] - before[token as usize])
            });
            for (target, moved) in features.chain(logits) {
                let edge = f64::from(graph.edge(target, *source));
                let allowed = 3e-5 * (self.row_size(&graph, target) + edge.abs());
                let name = &self.name;
                assert!(
                    (edge - moved).abs() < allowed,
                    "{name}: {source:?} to {target:?}: the edge is {edge}, moved {moved}"
                );
                n_compared += usize::from(edge != 0.0);
            }
        }
        n_compared
    }

    /// What the rounding of a target's difference is held against.
    fn row_size(
        &self,
        graph: &connectome_graph::AttributionGraph,
        target: connectome_graph::NodeIdx,
    ) -> f64 {
        let row = graph.row(target).filter(|_| self.rounding == Rounding::RowSum);
        row.map_or(1.0, |row| (row.abs_sum() + f64::from(row.constant.abs())).max(1.0))
    }

    /// Logits before the softcap, less their mean.
    fn demeaned(&self, logits_v: &[f32]) -> Vec<f64> {
        let cap = self.baseline.replacement().model().config().logit_softcap.map(f64::from);
        let raw = |x: &f32| match cap {
            Some(cap) => cap * (f64::from(*x) / cap).atanh(),
            None => f64::from(*x),
        };
        let raw_v: Vec<f64> = logits_v.iter().map(raw).collect();
        let mean = raw_v.iter().sum::<f64>() / raw_v.len() as f64;
        raw_v.iter().map(|x| x - mean).collect()
    }

    fn generated(&self, asked: Option<&Intervention>) -> Vec<Continuation> {
        let asked_for = GenerateOptions { keep_logits: true, ..options(3) };
        self.baseline.generate(asked, &asked_for).unwrap()
    }

    pub(crate) fn null_interventions_are_the_unchanged_run(&self) {
        let (watch, baseline) = (self.watch(), self.baseline);
        let (unchanged, plain) = (self.unchanged(&watch), self.generated(None));
        let last = baseline.n_tokens() - 1;
        let residuals: Vec<ResidualPatch> = (0..=baseline.n_layers())
            .map(|layer| {
                let resid_d = baseline.stream().resid(layer).row(last).to_vec();
                ResidualPatch { before_layer: layer, pos: last, resid_d }
            })
            .collect();
        for mode in self.modes() {
            for (feature, pos) in self.features() {
                let clean = baseline.activation(feature, pos);
                for change in [Change::Scale(1.0), Change::Add(0.0), Change::Set(clean)] {
                    let edit = Edit { feature, positions: Positions::At(pos), change };
                    let asked = Intervention::of_features(vec![edit], mode.clone());
                    assert_eq!(self.measure(&asked, &watch), unchanged, "{}: {mode:?}", self.name);
                    assert_eq!(self.generated(Some(&asked)), plain, "{}: {mode:?}", self.name);
                }
            }
            let (feature, _) = self.features()[0];
            let own = Intervention { mode, ..Intervention::of_residuals(residuals.clone()) };
            assert_eq!(self.measure(&own, &watch), unchanged, "{}", self.name);
            let outputs = self.outputs_of(baseline, last..last + 1);
            let own = Intervention { outputs, ..Intervention::nothing(own.mode) };
            assert_eq!(self.measure(&own, &watch), unchanged, "{}", self.name);
            for change in [Change::Scale(1.0), Change::Add(0.0)] {
                let edit = Edit { feature, positions: Positions::From(0), change };
                let asked = Intervention::of_features(vec![edit], own.mode.clone());
                assert_eq!(self.generated(Some(&asked)), plain, "{}", self.name);
            }
        }
    }

    pub(crate) fn patching_over_no_layer_is_the_unchanged_run(&self) {
        let watch = self.watch();
        let (unchanged, plain) = (self.unchanged(&watch), self.generated(None));
        for layer in 0..=self.baseline.n_layers() {
            for mode in [
                Mode::Constrained { layers: layer..layer },
                Mode::Iterative { layers: layer..layer },
            ] {
                for (feature, pos) in self.features() {
                    let edit =
                        Edit { feature, positions: Positions::At(pos), change: Change::Set(3.0) };
                    let asked = Intervention::of_features(vec![edit], mode.clone());
                    assert_eq!(self.measure(&asked, &watch), unchanged, "{}: {mode:?}", self.name);
                    assert_eq!(self.generated(Some(&asked)), plain, "{}: {mode:?}", self.name);
                }
            }
        }
    }

    /// A change above the layers where the dictionary answers is written nowhere. The run is
    /// made all the same, with features encoded anew and MLP outputs rebuilt from them.
    pub(crate) fn iterative_patching_of_nothing_is_the_unchanged_run(&self) {
        let watch = self.watch();
        let unchanged = self.unchanged(&watch);
        let top = self.baseline.n_layers() - 1;
        let feature = FeatureId { layer: top as u32, index: 0 };
        let above = Edit { feature, positions: Positions::Prompt, change: Change::Add(1.5) };
        let nothing = Edit {
            feature: FeatureId { layer: 0, index: 0 },
            positions: Positions::At(0),
            change: Change::Add(0.0),
        };
        let asked = Intervention::of_features(
            vec![nothing, above],
            Mode::Iterative { layers: 0..top.max(1) },
        );
        if top > 0 {
            self.same(&self.measure(&asked, &watch), &unchanged, 1e-5, "iterative");
        }
    }

    /// With kept keys and values or without, generation is the model's own prediction.
    pub(crate) fn generation_is_repeated_prediction(&self, n_new: usize) {
        let model = self.baseline.replacement().model();
        let asked_for = GenerateOptions { keep_logits: true, ..options(n_new) };
        let found = self.baseline.generate(None, &asked_for).unwrap().remove(0);
        let mut ids = self.baseline.prompt().ids.clone();
        for (step, token) in found.tokens.iter().enumerate() {
            let last = LogitsAt::Positions(vec![ids.len() - 1]);
            let logits_v = model.forward(&ids, &mut NoTap, &last).unwrap().into_vec();
            let kept = found.logits.as_ref().unwrap().row(step);
            let worst = max_diff(kept, &logits_v);
            let allowed = 1e-4 * self.size(&logits_v);
            assert!(worst < allowed, "{}: token {step} differs by {worst}", self.name);
            let best = logits_v.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let off = f64::from(best - logits_v[*token as usize]);
            assert!(off < allowed, "{}: token {step} is {off} below the best", self.name);
            ids.push(*token);
        }
    }

    pub(crate) fn runs_together_are_the_runs_alone(&self) {
        let (runs, watch) = (self.interventions(), self.watch());
        let go_on = &mut |_| ControlFlow::Continue(());
        let together = self.baseline.measure_all(&runs, &watch, &LogitsAt::All, go_on).unwrap();
        for (asked, outcome) in runs.iter().zip(together) {
            let alone = self.measure(asked, &watch);
            self.same(&outcome.unwrap(), &alone, 1e-5, &format!("{:?}", asked.mode));
        }
    }

    /// An edit that does nothing at the very start makes the run begin there.
    pub(crate) fn a_run_may_start_where_it_changes(&self) {
        let watch = self.watch();
        let nothing = Edit {
            feature: FeatureId { layer: 0, index: 0 },
            positions: Positions::At(0),
            change: Change::Add(0.0),
        };
        for late in self.interventions() {
            let mut whole = late.clone();
            whole.edits.insert(0, nothing.clone());
            let (late_run, whole_run) = (self.measure(&late, &watch), self.measure(&whole, &watch));
            self.same(&late_run, &whole_run, 1e-5, &format!("{:?}", late.mode));
        }
    }

    /// Another prompt of the same length.
    fn another(&self) -> Baseline<'_> {
        let here = self.baseline;
        let n_vocab = here.replacement().model().config().n_vocab as u32;
        let ids = here.prompt().ids.iter().map(|id| (id * 7 + 3) % n_vocab).collect();
        let other = PromptTokens { ids, n_zeroed: here.prompt().n_zeroed };
        Baseline::new(here.replacement(), &other).unwrap()
    }

    /// Residual interchange at every position leaves nothing of this prompt.
    pub(crate) fn the_stream_of_another_prompt_gives_its_logits(&self) {
        let (here, there) = (self.baseline, self.another());
        let swap = Swap { here, there: &there, alignment: &Alignment::Same };
        for layer in 0..=here.n_layers() {
            let patches = (0..here.n_tokens()).map(|pos| swap.residual(layer, pos).unwrap());
            let asked = Intervention::of_residuals(patches.collect());
            let found = self.measure(&asked, &Watch::nothing());
            let worst = max_diff(found.logits.data(), there.logits().data());
            let allowed = 1e-5 * self.size(there.logits().data());
            assert!(worst < allowed, "{}: before layer {layer}: {worst}", self.name);
        }
    }

    /// What the MLPs of a run write at some positions.
    fn outputs_of(&self, run: &Baseline<'_>, positions: Range<usize>) -> Vec<OutputPatch> {
        let patch = |(layer, pos): (usize, usize)| {
            let out_d = run.stream().out(layer).row(pos).to_vec();
            OutputPatch { layer, pos, out_d }
        };
        let places =
            (0..run.n_layers()).flat_map(|layer| positions.clone().map(move |pos| (layer, pos)));
        places.map(patch).collect()
    }

    /// The embedding of another prompt and what its MLPs write leave nothing of this one, whether
    /// MLPs answer or are held.
    pub(crate) fn the_mlps_of_another_prompt_give_its_logits(&self) {
        let (here, there) = (self.baseline, self.another());
        let swap = Swap { here, there: &there, alignment: &Alignment::Same };
        let residuals = (0..here.n_tokens()).map(|pos| swap.residual(0, pos).unwrap()).collect();
        let asked = Intervention {
            outputs: self.outputs_of(&there, 0..here.n_tokens()),
            ..Intervention::of_residuals(residuals)
        };
        let found = self.measure(&asked, &Watch::nothing());
        let worst = max_diff(found.logits.data(), there.logits().data());
        let allowed = 1e-5 * self.size(there.logits().data());
        assert!(worst < allowed, "{}: {worst}", self.name);
    }

    /// Drawing depends on the seed and the sample's number, and on nothing else.
    pub(crate) fn a_seed_gives_one_text(&self) {
        let drawn = |seed, n_samples| {
            let choice = Choice::Sample { temperature: 1.5, top_k: Some(50) };
            let asked = GenerateOptions { seed, n_samples, choice, ..options(4) };
            self.baseline.generate(None, &asked).unwrap()
        };
        let three = drawn(7, 3);
        assert_eq!(three, drawn(7, 3), "{}", self.name);
        let tokens = |all: &[Continuation]| -> Vec<Vec<u32>> {
            all.iter().map(|one| one.tokens.clone()).collect()
        };
        assert_eq!(tokens(&three[..1]), tokens(&drawn(7, 1)), "{}", self.name);
        if self.rounding == Rounding::One {
            assert_ne!(tokens(&three), tokens(&drawn(8, 3)), "{}: the seed is ignored", self.name);
            assert_ne!(three[0].tokens, three[1].tokens, "{}: one sample twice", self.name);
        }
    }
}
