//! After the text: what each feature does to the logits and reads of the embeddings, its
//! examples with their tokens, its name.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::FeaturesError;
use super::collect::{Job, Sequences};
use super::columns::Rows;
use super::directions;
use super::examples::{self, Place};
use super::index::build::{Builder, NewExample, NewFeature};
use super::index::{Effect, Example, IndexCard, Statistics};
use super::labels;
use super::state::Gathered;

/// Features described at once.
const CHUNK: usize = 256;

/// Groups that the random examples are cut into, by peak activation.
const QUANTILES: [&str; 4] = ["75-100 %", "50-75 %", "25-50 %", "0-25 %"];

/// Tokens and values: top logits, bottom logits, top inputs, bottom inputs.
type Effects = [Vec<(u32, f32)>; 4];

/// Describes features in order, a chunk at a time.
pub(super) struct Describer<'a, 'j> {
    job: &'j Job<'a>,
    builder: Builder,
    sequences: Sequences,
    /// Tokens of those sequences, a row each.
    tokens: Rows<u32>,
    n_tokens: f64,
}

impl<'a, 'j> Describer<'a, 'j> {
    /// Reads again the sequences that examples are in, once each.
    pub(super) fn new(
        job: &'j Job<'a>,
        features: &[Option<Box<Gathered>>],
        n_tokens: u64,
    ) -> Result<Self, FeaturesError> {
        let mut builder = Builder::new(job.out)?;
        for token in 0..job.replacement.model().config().n_vocab as u32 {
            builder.push_text(&(job.token_text)(token));
        }
        let kept = features.iter().flatten().map(|gathered| &gathered.kept);
        let places: BTreeSet<Place> = kept
            .flat_map(|kept| {
                let sampled = kept.sampled.iter().map(|(_, example)| example);
                kept.strongest.iter().chain(sampled).map(|example| example.place)
            })
            .collect();
        let (mut sequences, mut tokens) = (Sequences::new(), Rows::default());
        let places: Vec<Place> = places.into_iter().collect();
        for same in places.chunk_by(|a, b| a.document == b.document) {
            let pieces = job.source.sequences(same[0].document)?;
            for place in same {
                let ids = pieces[place.piece as usize].ids.iter().copied();
                sequences.insert(*place, builder.push_sequence(ids.clone())?);
                tokens.push(ids);
            }
        }
        Ok(Self { job, builder, sequences, tokens, n_tokens: n_tokens as f64 })
    }

    /// Features described so far.
    pub(super) fn n_done(&self) -> usize {
        self.builder.n_features()
    }

    /// Names of the groups of examples.
    pub(super) fn groups(&self) -> Vec<String> {
        let quantiles = QUANTILES.iter().map(|range| format!("Peaks {range}"));
        std::iter::once("Top activations".to_owned()).chain(quantiles).collect()
    }

    /// Describes the next features, and takes what was gathered of them.
    pub(super) fn chunk(
        &mut self,
        features: &mut [Option<Box<Gathered>>],
    ) -> Result<(), FeaturesError> {
        let n_features = self.job.replacement.transcoder().card().n_features;
        let start = self.n_done();
        let layer = start / n_features;
        let end = (start + CHUNK).min((layer + 1) * n_features);
        let live: Vec<u32> = (start..end)
            .filter(|number| features[*number].is_some())
            .map(|number| (number % n_features) as u32)
            .collect();
        let mut effects = self.effects(layer, &live)?.into_iter();
        for slot in &mut features[start..end] {
            let new = match slot.take() {
                None => NewFeature::default(),
                Some(gathered) => {
                    let effects = effects.next().expect("one for each that fired");
                    self.described(&gathered, effects)
                }
            };
            self.builder.push(new)?;
        }
        Ok(())
    }

    /// Writes the index.
    pub(super) fn write(self, card: &IndexCard) -> Result<(), FeaturesError> {
        self.builder.write(card)
    }

    fn effects(&self, layer: usize, live: &[u32]) -> Result<Vec<Effects>, FeaturesError> {
        if live.is_empty() {
            return Ok(Vec::new());
        }
        let n = self.job.options.n_effects;
        let logits_nv = directions::logits(self.job.replacement, layer, live)?;
        let inputs_nv = directions::inputs(self.job.replacement, layer, live);
        let of = |row: usize| {
            let ([top, bottom], [more, less]) =
                (extremes(logits_nv.row(row), n), extremes(inputs_nv.row(row), n));
            [top, bottom, more, less]
        };
        Ok((0..live.len()).into_par_iter().map(of).collect())
    }

    fn described(&self, gathered: &Gathered, effects: Effects) -> NewFeature {
        let kept = &gathered.kept;
        let mut examples: Vec<_> =
            kept.strongest.iter().map(|example| self.example(0, example)).collect();
        let mut sampled: Vec<&examples::Example> =
            kept.sampled.iter().map(|(_, example)| example).collect();
        sampled.sort_by(|a, b| {
            let by_peak = b.peak.activation.total_cmp(&a.peak.activation);
            by_peak.then(a.place.cmp(&b.place))
        });
        for (at, example) in sampled.iter().enumerate() {
            let group = 1 + at * QUANTILES.len() / sampled.len();
            examples.push(self.example(group as u8, example));
        }
        let shown: Vec<Example> =
            kept.strongest.iter().map(|example| self.shown(example)).collect();
        let says: Vec<Effect> = effects[0].iter().map(|effect| self.effect(*effect)).collect();
        NewFeature {
            statistics: Statistics {
                fired: gathered.fired,
                frequency: (f64::from(gathered.fired) / self.n_tokens) as f32,
                sum: gathered.sum,
                min: gathered.min,
                max: gathered.max,
            },
            histogram: gathered.histogram.stored().to_vec(),
            given: Default::default(),
            examples,
            effects,
            partners: gathered.partners.list().to_vec(),
            label: labels::label(&shown, &says),
        }
    }

    fn example(&self, group: u8, example: &examples::Example) -> (NewExample, Vec<(u32, f32)>) {
        let sequence = self.sequences[&example.place];
        let (first, end) = self.span(sequence, example.peak.pos);
        let firings = example.firings.iter().map(|at| (at.pos - first, at.activation)).collect();
        let peak = example.peak.pos - first;
        (NewExample { group, sequence, first, length: end - first, peak }, firings)
    }

    /// The window around a peak, as far as the sequence goes.
    fn span(&self, sequence: u32, peak: u32) -> (u32, u32) {
        let window = self.job.options.window;
        let n = self.tokens.row(sequence).len() as u32;
        (peak.saturating_sub(window.before), (peak + 1).saturating_add(window.after).min(n))
    }

    /// Two tokens: all that a name is made from.
    fn shown(&self, example: &examples::Example) -> Example {
        let ids = self.tokens.row(self.sequences[&example.place]);
        let peak = example.peak.pos as usize;
        let first = peak.saturating_sub(1);
        let tokens: Vec<String> =
            ids[first..=peak].iter().map(|id| (self.job.token_text)(*id)).collect();
        Example { activations: vec![0.0; tokens.len()], tokens, peak: peak - first }
    }

    fn effect(&self, (token, value): (u32, f32)) -> Effect {
        Effect { token: (self.job.token_text)(token), value: Some(value) }
    }
}

/// The `n` largest numbers, descending, and the `n` smallest, ascending, with their places; of
/// equals, the first.
fn extremes(numbers: &[f32], n: usize) -> [Vec<(u32, f32)>; 2] {
    let n = n.min(numbers.len());
    let mut order: Vec<u32> = (0..numbers.len() as u32).collect();
    let by = |sign: f32| {
        move |a: &u32, b: &u32| {
            let number = |at: &u32| sign * numbers[*at as usize];
            number(a).total_cmp(&number(b)).then(a.cmp(b))
        }
    };
    let mut of = |sign: f32| -> Vec<(u32, f32)> {
        if n == 0 {
            return Vec::new();
        }
        order.select_nth_unstable_by(n - 1, by(sign));
        order[..n].sort_unstable_by(by(sign));
        order[..n].iter().map(|at| (*at, numbers[*at as usize])).collect()
    };
    [of(-1.0), of(1.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_are_sorted_and_of_equals_the_first_wins() {
        let numbers = [0.5, -1.0, 2.0, 2.0, -3.0, 0.0];
        let [top, bottom] = extremes(&numbers, 3);
        assert_eq!(top, [(2, 2.0), (3, 2.0), (0, 0.5)]);
        assert_eq!(bottom, [(4, -3.0), (1, -1.0), (5, 0.0)]);
        let [all, _] = extremes(&numbers, 99);
        assert_eq!(all.len(), numbers.len());
        assert_eq!(extremes(&numbers, 0), [vec![], vec![]]);
    }
}
