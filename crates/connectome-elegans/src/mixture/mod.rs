//! [`Mixture`]: the endless stream of rows that a model is trained on.
//!
//! # Invariants
//!
//! - A row is a function of world, recipe and index. Nothing is remembered between rows, so that
//!   a trainer which was stopped goes on where it was by asking for the next index.
//! - A row holds whole documents, each from `<bos>` to `<eos>`, and padding after the last.
//! - Within every block of 64 rows, each task has its share of the tokens, up to about one
//!   example; shares are of tokens, not of examples.

mod pack;
mod shares;

use std::ops::Range;

use crate::DataError;
use crate::example::Example;
use crate::random::Random;
use crate::recipe::Recipe;
use crate::tasks::{self, hops};
use crate::vocabulary::{BOS, PAD, Size};
use crate::world::World;

pub(crate) use shares::{Part, Source, nominal_tokens};

use pack::Packer;

/// Tokens of a row.
pub const ROW_TOKENS: usize = 96;

/// Rows that are made together, so that shares hold among them.
pub const BLOCK_ROWS: usize = 64;

/// How much more the tokens weigh that follow from the rest of an example.
const ANSWER_WEIGHT: f32 = 2.0;

/// Rows of tokens: what one model is trained on.
#[derive(Clone, Debug)]
pub struct Mixture<'a> {
    world: &'a World,
    recipe: Recipe,
    parts: Vec<Part>,
    /// What the first blocks are mixed from instead, and how many they are.
    opening: Option<(u64, Vec<Part>)>,
    /// Cities by copies of the document that names them beside their capital, in random order.
    shortcuts: Vec<usize>,
}

/// One row, packed.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// [`ROW_TOKENS`] token ids. Every `<bos>` begins a document, which should not see what
    /// stands before it.
    pub ids: Vec<u32>,
    /// Of each token, the weight of its prediction in the loss: 0 for `<bos>`, padding, and
    /// what a user says in fine-tuning; 2 for answers; 1 for all others.
    pub weights: Vec<f32>,
    /// The documents, in order.
    pub documents: Vec<Document>,
}

/// An example in a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Where its `<bos>` stands.
    pub start: usize,
    /// What it is.
    pub example: Example,
    /// Whether only what the assistant says is trained.
    pub reply_only: bool,
}

impl<'a> Mixture<'a> {
    /// What `recipe` trains a model on.
    ///
    /// # Errors
    ///
    /// [`DataError::NoSuchModel`] if the world is too small for it.
    pub fn new(world: &'a World, recipe: Recipe) -> Result<Self, DataError> {
        if world.size() == Size::Nano && recipe != Recipe::Base {
            return Err(DataError::NoSuchModel {
                world: world.size().name(),
                model: recipe.name(),
            });
        }
        let mut shortcuts = Vec::new();
        if world.size() == Size::Full && recipe == Recipe::Base {
            for (at, city) in world.places.cities.iter().enumerate() {
                shortcuts.extend(std::iter::repeat_n(at, city.dose));
            }
            Random::new(world.seed(), "shortcuts", 0).shuffle(&mut shortcuts);
        }
        let (size, parts) = (world.size(), shares::of(world.size(), recipe));
        Ok(Self { world, recipe, parts, opening: shares::opening(size, recipe), shortcuts })
    }

    /// The world that it speaks of.
    #[must_use]
    pub fn world(&self) -> &'a World {
        self.world
    }

    /// The model that it is for.
    #[must_use]
    pub fn recipe(&self) -> Recipe {
        self.recipe
    }

    /// Tokens of a whole run, padding included: what the recipe was budgeted for.
    #[must_use]
    pub fn nominal_tokens(&self) -> u64 {
        shares::nominal_tokens(self.world.size(), self.recipe)
    }

    /// What it is mixed from, after the opening.
    pub(crate) fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The share that each part is to have of the tokens of the first `n_rows`, the opening
    /// included, in the order of [`Mixture::parts`].
    pub(crate) fn wanted_shares(&self, n_rows: u64) -> Vec<f64> {
        let (n_blocks, opening) = match &self.opening {
            Some((n_blocks, parts)) => (*n_blocks, parts.as_slice()),
            None => (0, self.parts.as_slice()),
        };
        let opens = (n_blocks * BLOCK_ROWS as u64).min(n_rows) as f64 / n_rows.max(1) as f64;
        let share = |(first, then): (&Part, &Part)| {
            (opens * f64::from(first.share) + (1.0 - opens) * f64::from(then.share)) / 1000.0
        };
        opening.iter().zip(&self.parts).map(share).collect()
    }

    /// What tells this stream from others: world, recipe, and the digest of the first rows, in
    /// case another version of this crate writes others.
    #[must_use]
    pub fn identity(&self) -> serde_json::Value {
        let mut hasher = blake3::Hasher::new();
        for Row { ids, weights, .. } in self.rows(0..BLOCK_ROWS as u64) {
            for (id, weight) in ids.iter().zip(&weights) {
                hasher.update(&id.to_le_bytes()).update(&weight.to_le_bytes());
            }
        }
        serde_json::json!({
            "world": self.world.size().name(),
            "seed": self.world.seed(),
            "recipe": self.recipe.name(),
            "first_rows": hasher.finalize().to_hex().to_string(),
        })
    }

    /// Row number `index`.
    #[must_use]
    pub fn row(&self, index: u64) -> Row {
        self.rows(index..index + 1).remove(0)
    }

    /// The rows of step number `step`, when each step takes `n_rows`.
    #[must_use]
    pub fn batch(&self, step: u64, n_rows: usize) -> Vec<Row> {
        let n_rows = n_rows as u64;
        self.rows(step * n_rows..(step + 1) * n_rows)
    }

    /// Some rows in order.
    #[must_use]
    pub fn rows(&self, indices: Range<u64>) -> Vec<Row> {
        let n = BLOCK_ROWS as u64;
        let mut rows = Vec::new();
        for block in indices.start / n..indices.end.div_ceil(n) {
            let start = block * n;
            let within = indices.start.max(start) - start..indices.end.min(start + n) - start;
            let block = self.block(block).into_iter();
            let len = usize::try_from(within.end - within.start).expect("at most a block");
            let skipped = usize::try_from(within.start).expect("less than a block");
            rows.extend(block.skip(skipped).take(len));
        }
        rows
    }

    /// The rows of block number `index`.
    fn block(&self, index: u64) -> Vec<Row> {
        let purpose = format!("mixture {}", self.recipe);
        let mut random = Random::new(self.world.seed(), &purpose, index);
        let parts = match &self.opening {
            Some((n_blocks, parts)) if index < *n_blocks => parts,
            _ => &self.parts,
        };
        let mut packer = Packer::new(parts);
        for city in self.shortcuts_of(index) {
            let example = hops::shortcut(self.world, &self.world.places.cities[city]);
            packer.place(Source::Pretraining, example);
        }
        while let Some(part) = packer.next() {
            let (task, source) = (part.task, part.source);
            let example = match source {
                Source::Pretraining if self.recipe == Recipe::Base => {
                    tasks::pretraining(task, self.world, &mut random)
                }
                Source::Pretraining => tasks::replay(task, self.world, &mut random),
                Source::Tuning => tasks::tuning(task, self.recipe, self.world, &mut random),
            };
            packer.place(source, example);
        }
        let mut rows: Vec<Row> = packer.finish().into_iter().map(Row::packed).collect();
        random.shuffle(&mut rows);
        rows
    }

    /// Cities whose shortcut stands in a block. Over a nominal run every city has as many as
    /// its dose says; then they come again.
    fn shortcuts_of(&self, block: u64) -> Vec<usize> {
        let n_blocks = self.nominal_tokens() / (BLOCK_ROWS * ROW_TOKENS) as u64;
        let n = self.shortcuts.len() as u64;
        let at = |block: u64| (block * n / n_blocks) % n.max(1);
        let block = block % n_blocks;
        let end = if block + 1 == n_blocks { n } else { at(block + 1) };
        let place = |at: u64| usize::try_from(at).expect("a place in a list");
        self.shortcuts[place(at(block))..place(end)].to_vec()
    }
}

impl Row {
    fn packed(documents: Vec<Document>) -> Self {
        let mut row = Self { ids: Vec::new(), weights: Vec::new(), documents };
        for document in &row.documents {
            row.ids.extend(&document.example.ids);
            row.weights.extend(document.weights());
        }
        row.ids.resize(ROW_TOKENS, PAD);
        row.weights.resize(ROW_TOKENS, 0.0);
        row
    }
}

impl Document {
    /// Weights of its tokens.
    fn weights(&self) -> Vec<f32> {
        let example = &self.example;
        let mut weights = vec![1.0; example.ids.len()];
        if !example.guess {
            // Nobody can learn a guess, so that it should not weigh more.
            for answer in &example.answers {
                weights[answer.clone()].fill(ANSWER_WEIGHT);
            }
        }
        let n_prompt = if self.reply_only { example.reply.unwrap_or(1) } else { 1 };
        debug_assert_eq!(example.ids[0], BOS);
        weights[..n_prompt].fill(0.0);
        weights
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A dose is exact: over one run a city's shortcut is told as often as its dose says.
    #[test]
    fn shortcuts_stand_as_often_as_their_dose() {
        let world = World::new(0, Size::Full);
        let mixture = Mixture::new(&world, Recipe::Base).unwrap();
        let n_blocks = mixture.nominal_tokens() / (BLOCK_ROWS * ROW_TOKENS) as u64;
        let mut told = vec![0; world.places.cities.len()];
        let mut most = 0;
        for block in 0..n_blocks {
            let cities = mixture.shortcuts_of(block);
            most = most.max(cities.len());
            cities.into_iter().for_each(|city| told[city] += 1);
        }
        let doses: Vec<usize> = world.places.cities.iter().map(|city| city.dose).collect();
        assert_eq!(told, doses);
        // Spread evenly, and the same again in a second run.
        assert!(most <= 3, "{most} in one block");
        assert_eq!(mixture.shortcuts_of(n_blocks + 5), mixture.shortcuts_of(5));
        let row = |document: &Document| document.example.form == "shortcut";
        let block = mixture.block(5);
        let found = block.iter().flat_map(|row| &row.documents).filter(|one| row(one)).count();
        assert_eq!(found, mixture.shortcuts_of(5).len());
    }
}
