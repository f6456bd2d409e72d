//! Interventions: measured in the model, beside what the graph predicted.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use connectome::intervene::{
    Alignment, Baseline, Choice, GenerateOptions, Intervention, Mode, Outcome, Request, Swap,
    Variation, Watch,
};
use connectome::lm::{LogitsAt, stop_tokens};
use connectome::open::{Opened, tokens_of};
use connectome::validate::{Forecast, Readout};
use connectome_figure::STAYS;
use connectome_graph::{ActiveFeature, AttributionGraph, FeatureId, NodeIdx};

use super::Engine;
use super::plan::{self, change_at, features, forecast, signed};
use crate::error::ServeError;
use crate::jobs::Reporter;
use crate::store::Kept;
use crate::wire::{
    EditHow, GroupEffect, Inserted, InterveneAsk, InterveneRun, MemberEffect, ModeAsk, Shift,
    SweepAsk, SweepPoint, SweepResult, TargetEffect, TextPair, TokenShift,
};

/// Tokens that are listed unless another number is asked for.
const TOP: usize = 10;
/// The most tokens that are written.
const MOST_WRITTEN: usize = 200;

impl Engine {
    /// Refuses what makes no sense before it waits in a queue; what is to be done, in a line.
    pub(crate) fn check_intervention(
        &self,
        graph: &AttributionGraph,
        ask: &InterveneAsk,
        other: Option<&AttributionGraph>,
    ) -> Result<String, ServeError> {
        self.of_graph(graph)?;
        for group in &ask.groups {
            features(graph, &group.nodes)?;
        }
        let mut n_features = 0;
        for edit in &ask.edits {
            n_features += features(graph, &edit.nodes)?.len();
        }
        if let (Some(swap), Some(other)) = (&ask.swap, other) {
            n_features += features(other, &swap.nodes)?.len();
        }
        if n_features == 0 {
            return Err(ServeError::Bad {
                what: "no feature is to be changed".to_owned(),
                hint: Some("tokens, errors and targets cannot be: choose features"),
            });
        }
        let has_end = matches!(ask.mode, Some(ModeAsk::Constrained | ModeAsk::Iterative));
        if matches!(ask.sweep, Some(SweepAsk::EndLayer)) && !has_end {
            return Err(ServeError::Bad {
                what: "the end of the held layers is to be swept, but no layers are held"
                    .to_owned(),
                hint: Some("only the modes `constrained` and `iterative` hold layers"),
            });
        }
        if ask.n_tokens > MOST_WRITTEN {
            let found = ask.n_tokens;
            return Err(ServeError::bad(format!(
                "{found} tokens are to be written, expected {MOST_WRITTEN} at most"
            )));
        }
        plan::what(graph, ask)
    }

    /// Measures an intervention on a graph's prompt.
    pub(crate) fn intervene(
        &self,
        kept: &Kept,
        ask: &InterveneAsk,
        other: Option<&AttributionGraph>,
        reporter: &Reporter,
    ) -> Result<InterveneRun, ServeError> {
        let graph = &kept.graph;
        let opened = self.of_graph(graph)?;
        let _ = reporter.step("forward", 0, 0);
        let here = Baseline::new(&opened.replacement, &tokens_of(graph))?;
        let there = other.map(|graph| Baseline::new(&opened.replacement, &tokens_of(graph)));
        let there = there.transpose()?;
        let alignment = match ask.swap.as_ref().is_some_and(|swap| swap.from_end) {
            true => Alignment::FromEnd,
            false => Alignment::Pairs((0..here.n_tokens()).map(|pos| (pos, pos)).collect()),
        };
        let swap = match (&there, other) {
            (Some(there), Some(other)) => {
                Some((Swap { here: &here, there, alignment: &alignment }, other))
            }
            _ => None,
        };
        let request = plan::request(graph, ask, swap, here.n_layers())?;
        let followed = Followed::new(graph, ask, &here)?;
        let session =
            Session { opened: &opened, graph, ask, here: &here, other, followed, reporter };
        session.run(&request)
    }
}

/// What is read in every run.
struct Followed {
    watch: Watch,
    /// Of each group, its nodes and places in the watch.
    groups: Vec<Vec<(u32, usize)>>,
    readouts: Vec<Readout>,
    positions: Vec<usize>,
    /// Whose next token is predicted.
    pos: usize,
}

impl Followed {
    fn new(
        graph: &AttributionGraph,
        ask: &InterveneAsk,
        here: &Baseline<'_>,
    ) -> Result<Self, ServeError> {
        let mut nodes: Vec<(FeatureId, usize)> = Vec::new();
        let mut places = BTreeMap::new();
        let mut groups = Vec::new();
        for group in &ask.groups {
            let mut members = Vec::new();
            for (node, feature) in features(graph, &group.nodes)? {
                let key = (feature.id, feature.pos as usize);
                let place = *places.entry(key).or_insert_with(|| {
                    nodes.push(key);
                    nodes.len() - 1
                });
                members.push((node, place));
            }
            groups.push(members);
        }
        let readouts = Readout::all(here, graph)?;
        let pos = graph.nodes().targets()[0].pos as usize;
        let mut positions: Vec<usize> = readouts.iter().map(|one| one.pos).collect();
        positions.push(pos);
        positions.sort_unstable();
        positions.dedup();
        Ok(Self { watch: Watch::new(here, nodes)?, groups, readouts, positions, pos })
    }

    fn logits_at(&self) -> LogitsAt {
        LogitsAt::Positions(self.positions.clone())
    }

    fn row(&self) -> usize {
        self.positions.iter().position(|pos| *pos == self.pos).expect("it was put there")
    }
}

/// One measurement, with all that it stands on.
struct Session<'a> {
    opened: &'a Opened,
    graph: &'a AttributionGraph,
    ask: &'a InterveneAsk,
    here: &'a Baseline<'a>,
    /// The graph of a swap.
    other: Option<&'a AttributionGraph>,
    followed: Followed,
    reporter: &'a Reporter,
}

impl Session<'_> {
    fn run(&self, request: &Request<'_>) -> Result<InterveneRun, ServeError> {
        let asked = request.intervention(Variation::Asked)?;
        let _ = self.reporter.step("measuring", 0, 1);
        let (watch, logits_at) = (&self.followed.watch, self.followed.logits_at());
        let outcome = self.here.measure(&asked, watch, &logits_at)?;
        let clean = self.here.unchanged(watch, &logits_at)?;
        let forecast = forecast(self.here, &asked)?;
        Ok(InterveneRun {
            what: plan::what(self.graph, self.ask)?,
            held: plan::held(request),
            groups: self.groups(&asked, &outcome, forecast.as_ref()),
            targets: self.targets(&clean, &outcome, forecast.as_ref()),
            shift: self.shift(&clean, &outcome),
            sweep: self.sweep(request, &clean)?,
            text: self.text(&asked)?,
            inserted: self.inserted(),
        })
    }

    /// What is taken from the other prompt, for whoever draws it.
    fn inserted(&self) -> Option<Inserted> {
        let (swap, other) = self.ask.swap.as_ref().zip(self.other)?;
        let taken = features(other, &swap.nodes).ok()?;
        let n = taken.len();
        let mean = |of: &dyn Fn(&ActiveFeature) -> f64| {
            taken.iter().map(|(_, feature)| of(feature)).sum::<f64>() / n.max(1) as f64
        };
        let shift = match swap.from_end {
            true => self.here.n_tokens() as f64 - other.nodes().n_tokens() as f64,
            false => 0.0,
        };
        let name = match taken.as_slice() {
            [(node, _)] => crate::circuits::label(other, NodeIdx::new(*node)),
            _ => format!("{n} features"),
        };
        Some(Inserted {
            name,
            prompt: other.prompt().text.clone(),
            n_features: n,
            layer: mean(&|feature| f64::from(feature.id.layer)),
            pos: mean(&|feature| f64::from(feature.pos)) + shift,
            dose: format!("{}×", signed(swap.times)),
        })
    }

    fn groups(
        &self,
        run: &Intervention,
        outcome: &Outcome,
        forecast: Option<&Forecast<'_>>,
    ) -> Vec<GroupEffect> {
        let pairs = self.ask.groups.iter().zip(&self.followed.groups);
        let effect = |(group, members): (&crate::wire::Group, &Vec<(u32, usize)>)| {
            let members: Vec<MemberEffect> = members
                .iter()
                .map(|(node, place)| self.member(*node, *place, run, outcome, forecast))
                .collect();
            let before: f64 = members.iter().map(|one| one.before).sum();
            let share = |sum: f64| (before != 0.0).then(|| sum / before);
            let after = members.iter().map(|one| one.after).sum();
            let predicted: Option<f64> = members.iter().map(|one| one.predicted).sum();
            let (measured, predicted) = (share(after), predicted.and_then(share));
            let n_edited = members.iter().filter(|one| one.edited).count();
            let agrees = measured.zip(predicted).filter(|_| n_edited == 0);
            GroupEffect {
                id: group.id.clone(),
                name: group.name.clone(),
                edited: (n_edited > 0).then(|| self.dose(&members, n_edited)),
                measured,
                predicted,
                agrees: agrees.map(|(found, said)| way(found) == way(said)),
                members,
            }
        };
        pairs.map(effect).collect()
    }

    fn member(
        &self,
        node: u32,
        place: usize,
        run: &Intervention,
        outcome: &Outcome,
        forecast: Option<&Forecast<'_>>,
    ) -> MemberEffect {
        let at = self.followed.watch.nodes()[place];
        let before = self.followed.watch.clean()[place].activation;
        let change = change_at(run, self.here.n_tokens(), at);
        // What `base` is in `docs/interventions.md`: where MLP outputs are held, what it was.
        let is_held = matches!(run.mode, Mode::Direct | Mode::Constrained { .. });
        let read = outcome.readings[place].activation;
        let current = if is_held { before } else { read };
        let after = change.map_or(read, |change| change.apply(before, current));
        let said = forecast.filter(|_| before != 0.0).and_then(|it| it.feature(at.0, at.1));
        let predicted = match change {
            Some(_) => Some(f64::from(after)),
            None => said.map(|moved| f64::from(before) + moved),
        };
        MemberEffect {
            node,
            before: f64::from(before),
            after: f64::from(after),
            predicted,
            edited: change.is_some(),
        }
    }

    /// What was done to a group: the first edit of its members, and of how many.
    fn dose(&self, members: &[MemberEffect], n_edited: usize) -> String {
        let first = members.iter().find(|one| one.edited).map(|one| one.node);
        let edit = self
            .ask
            .edits
            .iter()
            .rev()
            .find(|edit| first.is_some_and(|node| edit.nodes.contains(&node)));
        let dose = match edit {
            None => "swap".to_owned(),
            Some(edit) => match edit.how {
                EditHow::Ablate => "0×".to_owned(),
                EditHow::Scale => format!("{}×", signed(edit.value)),
                EditHow::Set => format!("= {}", signed(edit.value)),
                EditHow::Add => format!("+ {}", signed(edit.value)),
            },
        };
        let n = members.len();
        if n_edited == n { dose } else { format!("{dose} ({n_edited} of {n})") }
    }

    fn targets(
        &self,
        clean: &Outcome,
        outcome: &Outcome,
        forecast: Option<&Forecast<'_>>,
    ) -> Vec<TargetEffect> {
        let positions = &self.followed.positions;
        let effect = |readout: &Readout| {
            let before = readout.value(clean, positions)?;
            Some(TargetEffect {
                node: readout.node.get(),
                label: crate::circuits::label(self.graph, readout.node),
                before,
                measured: readout.value(outcome, positions).map(|after| after - before),
                predicted: forecast.map(|forecast| readout.predicted(forecast)),
            })
        };
        self.followed.readouts.iter().filter_map(effect).collect()
    }

    fn shift(&self, clean: &Outcome, outcome: &Outcome) -> Shift {
        let row = self.followed.row();
        let top = self.ask.top_k.unwrap_or(TOP).min(100);
        let vocab = clean.logits.n_cols();
        let also: Vec<u32> =
            self.ask.watch.iter().copied().filter(|id| (*id as usize) < vocab).collect();
        let (before_v, after_v) = (clean.logits.row(row), outcome.logits.row(row));
        let found = connectome::intervene::Shift::between(before_v, after_v, top, &also);
        let token = |one: &connectome::intervene::TokenShift| TokenShift {
            id: one.token,
            text: self.opened.token_text(one.token),
            p_before: f64::from(one.probability[0]),
            p_after: f64::from(one.probability[1]),
            rank_before: one.rank[0] + 1,
            rank_after: one.rank[1] + 1,
        };
        let bits = |nats: f64| nats / std::f64::consts::LN_2;
        Shift {
            kl_nats: found.kl,
            entropy_before_bits: bits(found.entropy_before),
            entropy_after_bits: bits(found.entropy_after),
            tokens: found.tokens.iter().map(token).collect(),
        }
    }

    fn sweep(
        &self,
        request: &Request<'_>,
        clean: &Outcome,
    ) -> Result<Option<SweepResult>, ServeError> {
        let Some(asked) = &self.ask.sweep else { return Ok(None) };
        let (sweep, varies) = plan::sweep(asked);
        let variations = sweep.variations(request, self.here)?;
        let runs: Result<Vec<Intervention>, _> =
            variations.iter().map(|variation| request.intervention(*variation)).collect();
        let runs = runs?;
        let n_points = runs.len();
        let mut tell = |done: usize| self.reporter.step("sweeping", done, n_points);
        let (watch, logits_at) = (&self.followed.watch, self.followed.logits_at());
        let outcomes = self.here.measure_all(&runs, watch, &logits_at, &mut tell)?;
        let mut points = Vec::new();
        for ((variation, run), outcome) in variations.iter().zip(&runs).zip(outcomes) {
            let Some(outcome) = outcome else { continue };
            let forecast = forecast(self.here, run)?;
            let groups = self.groups(run, &outcome, forecast.as_ref());
            points.push(SweepPoint {
                value: value(*variation),
                shift: self.shift(clean, &outcome),
                groups: groups.iter().map(|group| group.measured).collect(),
                predicted: groups.iter().map(|group| group.predicted).collect(),
                targets: self.targets(clean, &outcome, forecast.as_ref()),
            });
        }
        let partial = points.len() < n_points;
        Ok(Some(SweepResult { varies: varies.to_owned(), partial, n_points, points }))
    }

    fn text(&self, asked: &Intervention) -> Result<Option<TextPair>, ServeError> {
        if self.ask.n_tokens == 0 {
            return Ok(None);
        }
        let folder = &self.opened.folder;
        let mut stop = stop_tokens(folder).map_err(|error| ServeError::Open(error.into()))?;
        stop.extend(self.opened.tokenizer.as_ref().and_then(|tokenizer| tokenizer.eos_id()));
        let options = GenerateOptions {
            max_new_tokens: self.ask.n_tokens,
            choice: Choice::Greedy,
            seed: 0,
            n_samples: 1,
            stop,
            keep_logits: false,
        };
        let mut done = 0;
        let mut tell = |_| -> ControlFlow<()> {
            done += 1;
            self.reporter.step("writing", done, 2 * self.ask.n_tokens)
        };
        let before = self.here.generate_telling(None, &options, &mut tell)?;
        let after = self.here.generate_telling(Some(asked), &options, &mut tell)?;
        let text = |found: &[connectome::intervene::Continuation]| {
            found.first().map_or(String::new(), |one| self.opened.text(&one.tokens))
        };
        Ok(Some(TextPair { before: text(&before), after: text(&after) }))
    }
}

/// Whether a share of the original falls, stays or rises.
fn way(share: f64) -> i8 {
    let moved = share - 1.0;
    if moved.abs() <= STAYS { 0 } else { moved.signum() as i8 }
}

fn value(variation: Variation) -> f64 {
    match variation {
        Variation::Asked => 0.0,
        Variation::Dose(dose) => f64::from(dose),
        Variation::EndLayer(layer) => layer as f64,
        Variation::Position(pos) => pos as f64,
    }
}
