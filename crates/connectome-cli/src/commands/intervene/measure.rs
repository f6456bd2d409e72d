//! One run, or the runs of a sweep, beside the unchanged one.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use connectome::intervene::{
    Change, Intervention, Mode, Outcome, Reading, Shift, Sweep, Variation, Watch, share_of_original,
};
use connectome::lm::LogitsAt;
use connectome_graph::FeatureId;

use super::Session;
use super::groups::{Doses, Group, node_name};
use super::resolve::Resolved;
use crate::edits::WrittenSweep;
use crate::progress::Work;
use crate::report::intervene::{
    GroupReport, MemberReport, PointReport, ShiftReport, SweepReport, SweptGroup, SweptToken,
};

/// What is to be measured.
pub(super) struct Task<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) resolved: &'a Resolved<'a>,
    pub(super) groups: &'a [Group],
    /// Tokens to list in any case.
    pub(super) also: &'a [u32],
}

/// All nodes that are followed, each once, and where to find them.
struct Followed {
    watch: Watch,
    places: BTreeMap<(FeatureId, usize), usize>,
}

/// What a node is before and after, edits counted.
struct Effective {
    before: Vec<Reading>,
    after: Vec<Reading>,
}

impl Task<'_> {
    fn follow(&self) -> Result<Followed> {
        let nodes: BTreeSet<(FeatureId, usize)> =
            self.groups.iter().flat_map(|group| group.nodes.iter().copied()).collect();
        let places = nodes.iter().enumerate().map(|(place, node)| (*node, place)).collect();
        let watch = Watch::new(self.session.resolver.here, nodes.into_iter().collect())?;
        Ok(Followed { watch, places })
    }

    /// The intervention as it was asked for.
    pub(super) fn once(&self, pos: usize) -> Result<(ShiftReport, Vec<GroupReport>)> {
        let here = self.session.resolver.here;
        let asked = self.resolved.request.intervention(Variation::Asked)?;
        let followed = self.follow()?;
        let at = LogitsAt::Positions(vec![pos]);
        let outcome = here.measure(&asked, &followed.watch, &at)?;
        let top = self.session.args.measure.top;
        let shift = Shift::between(here.logits().row(pos), outcome.logits.row(0), top, self.also);
        let shift = ShiftReport::of(&shift, self.session.loaded);
        let doses = Doses::of(&self.session.resolver, &self.resolved.changed);
        let report = |group: &Group| self.group(group, (&asked, &outcome), &followed, &doses);
        Ok((shift, self.groups.iter().map(report).collect()))
    }

    /// Every point of a sweep.
    pub(super) fn sweep(&self, written: &WrittenSweep, pos: usize) -> Result<SweepReport> {
        let here = self.session.resolver.here;
        let (varies, sweep) = match written {
            WrittenSweep::Dose(doses) => ("dose", Sweep::Dose(doses.clone())),
            WrittenSweep::EndLayer => ("end-layer", Sweep::EndLayer),
            WrittenSweep::Position => ("position", Sweep::Position),
        };
        let request = &self.resolved.request;
        let variations = sweep.variations(request, here)?;
        let runs: Vec<Intervention> = variations
            .iter()
            .map(|variation| request.intervention(*variation))
            .collect::<Result<_, _>>()?;
        let followed = self.follow()?;
        let at = LogitsAt::Positions(vec![pos]);
        let (world, interrupt) = (self.session.world, self.session.interrupt.clone());
        let mut work = Work::new(world, interrupt);
        let outcomes = here.measure_all(&runs, &followed.watch, &at, &mut |n_done| {
            work.step("running", n_done, runs.len())
        })?;
        drop(work);
        let done: Vec<(Variation, &Intervention, Outcome)> = variations
            .into_iter()
            .zip(&runs)
            .zip(outcomes)
            .filter_map(|((variation, run), outcome)| Some((variation, run, outcome?)))
            .collect();
        let tokens = self.swept_tokens(&done, pos);
        let points = done.iter().map(|(variation, run, outcome)| {
            self.point(*variation, (run, outcome), &followed, (&tokens, pos))
        });
        let loaded = self.session.loaded;
        Ok(SweepReport {
            varies,
            partial: done.len() < runs.len(),
            n_points: runs.len(),
            points: points.collect(),
            tokens: tokens
                .into_iter()
                .map(|id| SweptToken { id, text: loaded.token_text(id) })
                .collect(),
        })
    }

    /// Tokens asked for, then those that are the most probable one anywhere, unchanged first.
    fn swept_tokens(&self, done: &[(Variation, &Intervention, Outcome)], pos: usize) -> Vec<u32> {
        let clean_v = self.session.resolver.here.logits().row(pos);
        let first = |logits_v: &[f32]| {
            Shift::between(clean_v, logits_v, 1, &[])
                .tokens
                .into_iter()
                .find(|one| one.rank[1] == 0)
                .map(|one| one.token)
        };
        let rows = done.iter().map(|(_, _, outcome)| outcome.logits.row(0));
        let firsts = std::iter::once(clean_v).chain(rows).filter_map(first);
        let mut tokens: Vec<u32> = Vec::new();
        for token in self.also.iter().copied().chain(firsts) {
            if !tokens.contains(&token) {
                tokens.push(token);
            }
        }
        tokens
    }

    fn point(
        &self,
        variation: Variation,
        (run, outcome): (&Intervention, &Outcome),
        followed: &Followed,
        (tokens, pos): (&[u32], usize),
    ) -> PointReport {
        let session = self.session;
        let clean_v = session.resolver.here.logits().row(pos);
        let top = session.args.measure.top;
        let shift = Shift::between(clean_v, outcome.logits.row(0), top, tokens);
        let (value, text) = match variation {
            Variation::Dose(dose) => (f64::from(dose), None),
            Variation::EndLayer(end) => (end as f64, None),
            Variation::Position(at) => (at as f64, session.ready.token_texts.get(at).cloned()),
            Variation::Asked => (0.0, None),
        };
        let watched = self.groups.iter().map(|group| {
            let effective = self.effective(group, (run, outcome), followed);
            let share = share_of_original(&effective.before, &effective.after);
            SweptGroup { name: group.name.clone(), share_of_original: share }
        });
        PointReport {
            value,
            text,
            shift: ShiftReport::of(&shift, session.loaded),
            watched: watched.collect(),
        }
    }

    /// Readings of a group's nodes; those that are edited have the activation that they were
    /// given, as that is what the run went on with.
    fn effective(
        &self,
        group: &Group,
        (run, outcome): (&Intervention, &Outcome),
        followed: &Followed,
    ) -> Effective {
        let n_tokens = self.session.resolver.here.n_tokens();
        // So the library counts: where MLP outputs are held, from the unchanged activation.
        let is_held = matches!(run.mode, Mode::Direct | Mode::Constrained { .. });
        let change_of = |(feature, pos): (FeatureId, usize)| -> Option<Change> {
            let edits = run.edits.iter().filter(|edit| edit.feature == feature);
            let mut here = edits.filter(|edit| edit.positions.in_prompt(n_tokens).contains(&pos));
            here.next_back().map(|edit| edit.change)
        };
        let mut effective = Effective { before: Vec::new(), after: Vec::new() };
        for node in &group.nodes {
            let place = followed.places[node];
            let (before, mut after) = (followed.watch.clean()[place], outcome.readings[place]);
            if let Some(change) = change_of(*node) {
                let current = if is_held { before.activation } else { after.activation };
                after.activation = change.apply(before.activation, current);
            }
            effective.before.push(before);
            effective.after.push(after);
        }
        effective
    }

    fn group(
        &self,
        group: &Group,
        run: (&Intervention, &Outcome),
        followed: &Followed,
        doses: &Doses,
    ) -> GroupReport {
        let effective = self.effective(group, run, followed);
        let graph = self.session.resolver.graph;
        let member = |(at, &(id, pos)): (usize, &(FeatureId, usize))| {
            let (before, after) = (effective.before[at], effective.after[at]);
            let label = graph.and_then(|graph| {
                let idx = graph.nodes().find_feature(id, u32::try_from(pos).ok()?)?;
                graph.annotations().label(graph.nodes(), idx).map(str::to_owned)
            });
            MemberReport {
                id: node_name(id, pos),
                text: self.session.ready.token_texts[pos].clone(),
                label,
                edited: doses.is_edited((id, pos)),
                activation_before: before.activation,
                activation_after: after.activation,
                share_of_original: share_of_original(&[before], &[after]),
                encoder_before: before.pre_activation,
                encoder_after: after.pre_activation,
            }
        };
        GroupReport {
            name: group.name.clone(),
            kind: group.kind,
            edited: doses.of_group(group),
            share_of_original: share_of_original(&effective.before, &effective.after),
            members: group.nodes.iter().enumerate().map(member).collect(),
        }
    }
}
