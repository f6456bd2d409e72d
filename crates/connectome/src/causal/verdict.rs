//! The whole recipe: from a table of prompts to a verdict on every position.

use std::ops::ControlFlow;

use super::codes::{Codes, dealt_out};
use super::selective::{Counts, Selection, Selective};
use super::swaps::{
    CODE_DOSES, DOSES, Donation, Dose, OUTPUT_DOSES, Outputs, Standing, Swapped, none_yet,
};
use super::values::Values;
use crate::doubt::Draw;
use crate::doubt::{Done, Exchange, Interchange, Pairing, Table, interchange};
use crate::error::RunError;
use crate::intervene::Baseline;
use crate::lm::model::top_token;
use crate::replacement::{PromptTokens, ReplacementModel};

/// How the recipe is run. The defaults are those of `docs/truth.md`.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// When a feature stands for a value.
    pub selection: Selection,
    /// Pairs of prompts that are interchanged.
    pub n_pairs: usize,
    /// How hard features are swapped.
    pub doses: Vec<Dose>,
    /// A position is looked at if this share of values has features there.
    pub covered: f64,
    /// Share of pairs that must move for the stream, and for the features.
    pub threshold: f64,
    /// Leading positions whose features are not used, as in [`PromptTokens::n_zeroed`].
    pub n_zeroed: usize,
    /// Where drawing starts.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            selection: Selection::default(),
            n_pairs: 100,
            doses: DOSES.to_vec(),
            covered: 0.5,
            threshold: 0.5,
            n_zeroed: 1,
            seed: 0,
        }
    }
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Every prompt is run once.
    Prompts,
    /// The stream is interchanged at every place.
    Interchange,
    /// Features are swapped.
    Swaps,
}

/// What the numbers say of one position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The stream moves the answer there, the embedding does not, and the features do: the
    /// variable is a step of the model, and these features carry it.
    Causal,
    /// The embedding moves the answer as well: the word itself says it, and there is no step.
    Given,
    /// The stream moves the answer, the embedding does not, and all features together do: the
    /// dictionary carries the step, in features of which none stands for it.
    Spread,
    /// The stream moves the answer; features stand for the variable and do not carry it.
    FeaturesIdle,
    /// Features stand for the variable where the model does not keep it.
    NotThere,
    /// The stream moves the answer, and too few values have features there to ask.
    NoFeatures,
    /// Neither.
    Nothing,
}

/// One position.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Which.
    pub pos: usize,
    /// Share of values that have features there.
    pub covered: f64,
    /// Different features there, by layer.
    pub n_features: Vec<usize>,
    /// Share of pairs that the stream moved, by the block before which it was exchanged:
    /// `0..=L`, from the embedding to after the last block.
    pub moved: Vec<f64>,
    /// Share of pairs whose answer became the other prompt's own.
    pub copied: Vec<f64>,
    /// Swaps of features; empty if too few values have any.
    pub swaps: Vec<Swapped>,
    /// Swaps of the mean code of all features, where the stream moves the answer and the
    /// embedding does not; see [`CODE_DOSES`].
    pub codes: Vec<Swapped>,
    /// Exchanges of what the MLPs write, at the same positions; see [`OUTPUT_DOSES`].
    pub outputs: Vec<Swapped>,
    /// What that says.
    pub verdict: Verdict,
}

impl Place {
    /// The largest share of pairs that the stream moved.
    #[must_use]
    pub fn most_moved(&self) -> f64 {
        self.moved.iter().copied().fold(0.0, f64::max)
    }

    /// The swap that moved most; the gentlest of equals.
    #[must_use]
    pub fn best_swap(&self) -> Option<&Swapped> {
        self.swaps.iter().reduce(
            |best, swap| {
                if swap.moved_share() > best.moved_share() { swap } else { best }
            },
        )
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// Prompts of the table, and how many of them the model answers right.
    pub n_cases: usize,
    /// See [`Findings::n_cases`].
    pub n_right: usize,
    /// Pairs whose features were swapped.
    pub n_pairs: usize,
    /// Features that stand for values.
    pub selective: Selective,
    /// Every position.
    pub places: Vec<Place>,
    /// Whether the work was ended before all pairs were done.
    pub is_partial: bool,
}

impl Findings {
    /// Positions where the variable is causal.
    #[must_use]
    pub fn causal(&self) -> Vec<usize> {
        let causal = self.places.iter().filter(|place| place.verdict == Verdict::Causal);
        causal.map(|place| place.pos).collect()
    }
}

/// Watches the work and may end it: the stage, and how much of it is done.
pub type Watcher<'a> = &'a mut dyn FnMut(Stage, Done) -> ControlFlow<()>;

/// Runs the recipe.
///
/// Prompts have one length. Pairs ask different things where the table asks more than one.
///
/// # Errors
///
/// [`RunError::Alignment`] for prompts of different lengths, [`RunError::NoExchange`] if the
/// model answers too few prompts right to make a pair; [`RunError::Cancelled`] if `watch` ends
/// the work before the first pair is swapped; those of the forward pass.
pub fn examine(
    replacement: &ReplacementModel,
    table: &Table,
    options: &Options,
    watch: Watcher<'_>,
) -> Result<Findings, RunError> {
    let n_layers = replacement.model().config().n_layers;
    let values = Values::of(table)?;
    let Prompts { counts, codes, dealt, right } =
        run_prompts((replacement, table, &values), options, watch)?;
    let (selective, nearly) =
        (counts.selective(options.selection), counts.selective(Selection::NEARLY));
    let pairing = if table.n_asks() > 1 { Pairing::Other } else { Pairing::Same };
    let pairs = table.exchanges(&right, pairing, options.n_pairs, options.seed)?;
    let everywhere: Vec<usize> = (0..=n_layers).collect();
    let positions: Vec<i64> = (0..values.n_tokens as i64).collect();
    let grid =
        interchange(replacement.model(), table, &pairs, (&everywhere, &positions), &mut |done| {
            watch(Stage::Interchange, done)
        })?;
    let mut swaps: Vec<AtPosition> = Vec::new();
    for pos in 0..values.n_tokens {
        let has_features = selective.covered(pos) >= options.covered;
        let share = |layer: usize| grid.share(grid.cell(layer, pos).expected);
        let is_step = share(0) < options.threshold
            && everywhere.iter().any(|layer| share(*layer) >= options.threshold);
        let none = |wanted: bool, doses: &[Dose]| {
            if wanted { none_yet(n_layers, doses) } else { Vec::new() }
        };
        let features = none(has_features, &options.doses);
        let codes = none(is_step, &CODE_DOSES);
        let outputs = none(is_step, &OUTPUT_DOSES);
        if has_features || is_step {
            swaps.push(AtPosition { pos, features, codes, outputs });
        }
    }
    let swapper = Swapper { replacement, table, values: &values, right: &right, options };
    let standing = Standing { selective: &selective, nearly: &nearly };
    let codes = [&codes, &dealt];
    let n_pairs = swapper.swap_all(&pairs, (standing, codes), &mut swaps, watch)?;
    let is_partial = n_pairs < pairs.len() || grid.n_exchanges < grid.n_asked;
    let places = (0..values.n_tokens)
        .map(|pos| {
            let found = swaps.iter().find(|at| at.pos == pos).cloned();
            let swaps = found.unwrap_or(AtPosition { pos, ..AtPosition::default() });
            place(swaps, &selective, &grid, options)
        })
        .collect();
    Ok(Findings {
        n_cases: table.questions().len(),
        n_right: right.len(),
        n_pairs,
        selective,
        places,
        is_partial,
    })
}

/// Swaps at a position.
#[derive(Clone, Debug, Default)]
struct AtPosition {
    pos: usize,
    /// Of features that stand for a value.
    features: Vec<Swapped>,
    /// Of all features.
    codes: Vec<Swapped>,
    /// Of what MLPs write.
    outputs: Vec<Swapped>,
}

/// What the prompts show when each is run once.
struct Prompts {
    /// Which features fire where.
    counts: Counts,
    /// How strongly, on average.
    codes: Codes,
    /// The same for groups that were drawn without looking at the value.
    dealt: Codes,
    /// Prompts that are answered right.
    right: Vec<usize>,
}

/// Runs every prompt once.
fn run_prompts(
    (replacement, table, values): (&ReplacementModel, &Table, &Values),
    options: &Options,
    watch: Watcher<'_>,
) -> Result<Prompts, RunError> {
    let of = table.questions().len();
    let (mut counts, mut right) = (Counts::new(values), Vec::new());
    let (mut codes, mut dealt) = (Codes::new(values), Codes::new(values));
    let dealt_out = dealt_out(values, &mut Draw::new(options.seed));
    for (n, question) in table.questions().iter().enumerate() {
        if watch(Stage::Prompts, Done { n, of }).is_break() {
            return Err(RunError::Cancelled);
        }
        let local = replacement.on(&prompt(&question.tokens, options))?;
        let fired = local.features().list();
        counts.add(values.of_case[n], fired);
        codes.add(values.of_case[n].0, fired);
        dealt.add(dealt_out[n], fired);
        if top_token(&local.logits(values.n_tokens - 1)?) == question.answer {
            right.push(n);
        }
    }
    Ok(Prompts { counts, codes, dealt, right })
}

pub(super) fn prompt(ids: &[u32], options: &Options) -> PromptTokens {
    PromptTokens { ids: ids.to_vec(), n_zeroed: options.n_zeroed }
}

/// Swaps features in pairs of prompts.
struct Swapper<'a> {
    replacement: &'a ReplacementModel,
    table: &'a Table,
    values: &'a Values,
    right: &'a [usize],
    options: &'a Options,
}

impl Swapper<'_> {
    /// Returns how many pairs were done.
    fn swap_all(
        &self,
        pairs: &[Exchange],
        (standing, codes): (Standing<'_>, [&Codes; 2]),
        swaps: &mut [AtPosition],
        watch: Watcher<'_>,
    ) -> Result<usize, RunError> {
        let (mut draw, mut draw_third) =
            (Draw::new(self.options.seed), Draw::new(self.options.seed));
        let of = pairs.len();
        for (n, pair) in pairs.iter().enumerate() {
            if watch(Stage::Swaps, Done { n, of }).is_break() {
                return if n == 0 { Err(RunError::Cancelled) } else { Ok(n) };
            }
            let Some(donor) = self.donor(*pair) else { continue };
            let tokens = |at: usize| prompt(&self.table.questions()[at].tokens, self.options);
            let here = Baseline::new(self.replacement, &tokens(pair.base))?;
            let there = Baseline::new(self.replacement, &tokens(donor))?;
            let value = |at: usize| self.values.of_case[at].0;
            let donation = Donation {
                here: &here,
                there: &there,
                values: [value(pair.base), value(donor)],
                answers: [self.table.questions()[pair.base].answer, pair.expected],
            };
            let source = Baseline::new(self.replacement, &tokens(pair.source))?;
            let third = self.third(*pair, &mut draw_third).map(tokens);
            let third = third.map(|tokens| Baseline::new(self.replacement, &tokens)).transpose()?;
            let written = Outputs { source: &source, third: third.as_ref() };
            for AtPosition { pos, features, codes: whole, outputs } in swaps.iter_mut() {
                if !features.is_empty() {
                    donation.count(*pos, standing, &mut draw, features)?;
                }
                if !whole.is_empty() {
                    donation.count_codes(*pos, codes, whole)?;
                }
                if !outputs.is_empty() {
                    donation.count_outputs(*pos, written, outputs)?;
                }
            }
        }
        Ok(of)
    }

    /// A prompt that has the source's value and asks what the base asks.
    fn donor(&self, pair: Exchange) -> Option<usize> {
        let wanted = (self.values.of_case[pair.source].0, self.values.of_case[pair.base].1);
        self.right.iter().copied().find(|at| self.values.of_case[*at] == wanted)
    }

    /// A prompt that asks what the source asks, of neither value.
    fn third(&self, pair: Exchange, draw: &mut Draw) -> Option<usize> {
        let [base, source] = [pair.base, pair.source].map(|at| self.values.of_case[at]);
        let is_other = |at: &usize| {
            let (value, asks) = self.values.of_case[*at];
            asks == source.1 && value != base.0 && value != source.0
        };
        let mut others: Vec<usize> = self.right.iter().copied().filter(is_other).collect();
        draw.shuffle(&mut others);
        others.first().copied()
    }
}

fn place(
    AtPosition { pos, features, codes, outputs }: AtPosition,
    selective: &Selective,
    grid: &Interchange,
    options: &Options,
) -> Place {
    let n_places = grid.before_layers.len();
    let cells = (0..n_places).map(|layer| grid.cell(layer, pos));
    let mut place = Place {
        pos,
        covered: selective.covered(pos),
        n_features: selective.by_layer(pos, n_places - 1),
        moved: cells.clone().map(|cell| grid.share(cell.expected)).collect(),
        copied: cells.map(|cell| grid.share(cell.source)).collect(),
        swaps: features,
        codes,
        outputs,
        verdict: Verdict::Nothing,
    };
    place.verdict = judge(&place, options);
    place
}

/// The rule. A swap counts only if the control moves less than half as often.
fn judge(place: &Place, options: &Options) -> Verdict {
    let moves = place.most_moved() >= options.threshold;
    let is_given = place.moved[0] >= options.threshold;
    let has_features = place.covered >= options.covered;
    let is_enough = |swap: &Swapped| {
        swap.moved_share() >= options.threshold && swap.control_share() < swap.moved_share() / 2.0
    };
    let carries = place.swaps.iter().any(is_enough);
    match (moves, has_features) {
        _ if is_given => Verdict::Given,
        (true, true) if carries => Verdict::Causal,
        (true, _) if place.codes.iter().any(is_enough) => Verdict::Spread,
        (true, true) => Verdict::FeaturesIdle,
        (false, true) => Verdict::NotThere,
        (true, false) => Verdict::NoFeatures,
        (false, false) => Verdict::Nothing,
    }
}
