//! Whether features carry the variable: swap them for another value's, and equally many others
//! as a control.

use std::ops::ControlFlow;

use connectome_graph::FeatureId;

use super::codes::Codes;
use super::selective::Selective;
use crate::doubt::Draw;
use crate::error::RunError;
use crate::intervene::{Baseline, Change, Edit, Intervention, Mode, OutputPatch, Positions, Watch};
use crate::lm::LogitsAt;
use crate::lm::model::top_token;

/// How hard features are swapped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dose {
    /// Features of the prompt's own value are set to so many times what they are.
    pub own: f32,
    /// Features of the other value are set to so many times what they are in its prompt.
    pub other: f32,
}

/// The doses of the papers: replaced, and over-steered twice and four times.
pub const DOSES: [Dose; 3] =
    [Dose { own: 0.0, other: 1.0 }, Dose { own: -1.0, other: 2.0 }, Dose { own: -1.0, other: 4.0 }];

/// How hard the mean code of all features is swapped: [`Dose::own`] times that of the prompt's own
/// value is taken away, [`Dose::other`] times the other's is added; nothing falls below zero.
pub const CODE_DOSES: [Dose; 2] = [Dose { own: 1.0, other: 1.0 }, Dose { own: 2.0, other: 2.0 }];

/// How hard the outputs of MLPs are exchanged: as [`CODE_DOSES`], of the two prompts' own outputs.
pub const OUTPUT_DOSES: [Dose; 2] = CODE_DOSES;

/// What became of the answer when features were swapped at a position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Swapped {
    /// Constrained patching over layers `0..end`, with features of those layers.
    pub end: usize,
    /// How hard.
    pub dose: Dose,
    /// Pairs tried.
    pub n: usize,
    /// The answer became that of the other value.
    pub moved: usize,
    /// The answer stayed.
    pub kept: usize,
    /// The answer became that of the other value when equally many features that do not even
    /// nearly stand for a value were swapped.
    pub control_moved: usize,
}

impl Swapped {
    /// Share of pairs in which the answer became that of the other value.
    #[must_use]
    pub fn moved_share(&self) -> f64 {
        share(self.moved, self.n)
    }

    /// Share of pairs in which the answer stayed.
    #[must_use]
    pub fn kept_share(&self) -> f64 {
        share(self.kept, self.n)
    }

    /// As [`Swapped::moved_share`], of the control.
    #[must_use]
    pub fn control_share(&self) -> f64 {
        share(self.control_moved, self.n)
    }
}

/// A share of pairs; zero of none.
pub(super) fn share(part: usize, n: usize) -> f64 {
    if n == 0 { 0.0 } else { part as f64 / n as f64 }
}

/// Features that stand for values, and those that do so even nearly: what a control must not
/// hold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing<'a> {
    pub(super) selective: &'a Selective,
    pub(super) nearly: &'a Selective,
}

/// Two prompts with the same question about two values.
pub(super) struct Donation<'a> {
    pub(super) here: &'a Baseline<'a>,
    pub(super) there: &'a Baseline<'a>,
    pub(super) values: [usize; 2],
    /// The answer here, and what it becomes if the features carry the variable.
    pub(super) answers: [u32; 2],
}

/// Prompts whose MLP outputs are put into another.
#[derive(Clone, Copy)]
pub(super) struct Outputs<'a> {
    /// With another value and another question.
    pub(super) source: &'a Baseline<'a>,
    /// The control, with a third value.
    pub(super) third: Option<&'a Baseline<'a>>,
}

/// Constrained patching, over the layers of a swap.
fn mode(swap: &Swapped) -> Mode {
    Mode::Constrained { layers: 0..swap.end }
}

/// One position's swaps, at every end layer and dose.
pub(super) fn none_yet(n_layers: usize, doses: &[Dose]) -> Vec<Swapped> {
    let ends = 1..=n_layers;
    ends.flat_map(|end| {
        let zero =
            |dose: &Dose| Swapped { end, dose: *dose, n: 0, moved: 0, kept: 0, control_moved: 0 };
        doses.iter().map(zero).collect::<Vec<_>>()
    })
    .collect()
}

impl Donation<'_> {
    /// Swaps features at a position in every way that `swapped` lists, and counts.
    pub(super) fn count(
        &self,
        pos: usize,
        standing: Standing<'_>,
        draw: &mut Draw,
        swapped: &mut [Swapped],
    ) -> Result<(), RunError> {
        let own = standing.selective.at(pos, self.values[0]);
        let other = standing.selective.at(pos, self.values[1]);
        let stands = |feature: &FeatureId| standing.nearly.stands(pos, *feature);
        let controls = [
            self.control(self.here, pos, own, &stands, draw),
            self.control(self.there, pos, other, &stands, draw),
        ];
        self.count_runs(swapped, |swap, is_control| {
            let sets = if is_control { [&controls[0][..], &controls[1]] } else { [own, other] };
            Intervention::of_features(self.edits(pos, swap, sets), mode(swap))
        })
    }

    /// Swaps the mean code of all features at a position; `dealt` has those of groups that were
    /// drawn without looking at the value.
    pub(super) fn count_codes(
        &self,
        pos: usize,
        [codes, dealt]: [&Codes; 2],
        swapped: &mut [Swapped],
    ) -> Result<(), RunError> {
        let [codes, dealt] = [codes, dealt].map(|codes| codes.of_either(pos, self.values));
        self.count_runs(swapped, |swap, is_control| {
            let means = if is_control { &dealt } else { &codes };
            let below = means.iter().filter(|(id, _)| (id.layer as usize) < swap.end);
            let edits = below.filter_map(|(feature, [own, other])| {
                let before = self.here.activation(*feature, pos);
                let after = (before - swap.dose.own * own + swap.dose.other * other).max(0.0);
                let change = Change::Set(after);
                let positions = Positions::At(pos);
                (after != before).then_some(Edit { feature: *feature, positions, change })
            });
            Intervention::of_features(edits.collect(), mode(swap))
        })
    }

    /// Exchanges what the MLPs themselves write at a position for what they write in another
    /// prompt: as much as any dictionary could carry.
    pub(super) fn count_outputs(
        &self,
        pos: usize,
        Outputs { source, third }: Outputs<'_>,
        swapped: &mut [Swapped],
    ) -> Result<(), RunError> {
        self.count_runs(swapped, |swap, is_control| {
            let from = if is_control { third } else { Some(source) };
            let patch = |layer: usize| {
                let own_d = self.here.stream().out(layer).row(pos);
                let other_d = from?.stream().out(layer).row(pos);
                let mix = |(own, other): (&f32, &f32)| {
                    own - swap.dose.own * own + swap.dose.other * other
                };
                let out_d = own_d.iter().zip(other_d).map(mix).collect();
                Some(OutputPatch { layer, pos, out_d })
            };
            let outputs = (0..swap.end).filter_map(patch).collect();
            Intervention { outputs, ..Intervention::nothing(mode(swap)) }
        })
    }

    /// Runs every swap and its control, and counts what became of the answer.
    fn count_runs(
        &self,
        swapped: &mut [Swapped],
        run: impl Fn(&Swapped, bool) -> Intervention,
    ) -> Result<(), RunError> {
        let mut runs = Vec::new();
        let mut of_run = Vec::new();
        for (at, swap) in swapped.iter_mut().enumerate() {
            swap.n += 1;
            for is_control in [false, true] {
                let run = run(swap, is_control);
                if run.edits.is_empty() && run.outputs.is_empty() {
                    // Nothing to swap: the answer stays.
                    swap.kept += usize::from(!is_control);
                    continue;
                }
                runs.push(run);
                of_run.push((at, is_control));
            }
        }
        let last = LogitsAt::Positions(vec![self.here.n_tokens() - 1]);
        let go_on = &mut |_| ControlFlow::Continue(());
        let outcomes = self.here.measure_all(&runs, &Watch::nothing(), &last, go_on)?;
        for ((at, is_control), outcome) in of_run.into_iter().zip(outcomes.into_iter().flatten()) {
            let said = top_token(outcome.logits.row(0));
            let moved = usize::from(said == self.answers[1]);
            if is_control {
                swapped[at].control_moved += moved;
            } else {
                swapped[at].moved += moved;
                swapped[at].kept += usize::from(said == self.answers[0]);
            }
        }
        Ok(())
    }

    fn edits(&self, pos: usize, swap: &Swapped, [own, other]: [&[FeatureId]; 2]) -> Vec<Edit> {
        let below = |feature: &&FeatureId| (feature.layer as usize) < swap.end;
        let edit = |feature: &FeatureId, change: Change| Edit {
            feature: *feature,
            positions: Positions::At(pos),
            change,
        };
        let own = own.iter().filter(below);
        let own = own.map(|feature| edit(feature, Change::Scale(swap.dose.own)));
        let other = other.iter().filter(below).map(|feature| {
            let value = swap.dose.other * self.there.activation(*feature, pos);
            edit(feature, Change::Set(value))
        });
        // Where a feature stands for both values the other's edit holds.
        own.chain(other).collect()
    }

    /// As many features, layer by layer, that fire in a prompt at the position and stand for no
    /// value.
    fn control(
        &self,
        baseline: &Baseline<'_>,
        pos: usize,
        matched: &[FeatureId],
        stands: &impl Fn(&FeatureId) -> bool,
        draw: &mut Draw,
    ) -> Vec<FeatureId> {
        let features = baseline.local().features();
        let mut chosen = Vec::new();
        for layer in 0..self.here.n_layers() {
            let wanted = matched.iter().filter(|own| own.layer as usize == layer).count();
            let fired = features.list()[features.of_layer(layer)].iter();
            let mut free: Vec<FeatureId> = fired
                .filter(|feature| feature.pos as usize == pos && !stands(&feature.id))
                .map(|feature| feature.id)
                .collect();
            draw.shuffle(&mut free);
            chosen.extend(free.into_iter().take(wanted));
        }
        chosen.sort_unstable();
        chosen
    }
}
