//! [`Dataset`]: the files of a data folder.
//!
//! The crate opens no file: whoever has a folder asks for the [`DataFile`]s, and gives each a
//! place to be written to. The same request gives the same bytes, whatever was written before.

use std::io::{self, Write};
use std::ops::{ControlFlow, Range};

use crate::DataError;
use crate::evaluation::EvalSet;
use crate::example::Example;
use crate::mixture::{BLOCK_ROWS, Mixture, ROW_TOKENS, Source};
use crate::random::Random;
use crate::recipe::Recipe;
use crate::task::{Split, Task};
use crate::tasks;
use crate::vocabulary::Vocabulary;
use crate::wire::{card, lines, tokenizer, world};
use crate::world::World;
use crate::written::{Tally, Written};

/// The largest number of rows in one file.
const SHARD_ROWS: u64 = 4096;

/// The name of the file that describes the others.
pub const CARD: &str = "card.json";

/// What a model is trained and tested on, as files.
#[derive(Debug)]
pub struct Dataset<'a> {
    mixture: Mixture<'a>,
    n_rows: u64,
    sets: Vec<EvalSet>,
}

/// One of the files, by what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataFile {
    /// The vocabulary, as Hugging Face's libraries read it.
    Tokenizer,
    /// Special tokens and the chat template.
    TokenizerConfig,
    /// Every entity and fact.
    World,
    /// Rows of training.
    Train {
        /// Its place among the files of rows.
        shard: u64,
        /// Which rows.
        rows: Range<u64>,
    },
    /// The items of an evaluation set.
    Evaluation {
        /// The set's place in the list.
        set: usize,
        /// The set's name.
        id: String,
    },
}

impl DataFile {
    /// Its path within the folder, parts separated by `/`.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Tokenizer => "tokenizer.json".to_owned(),
            Self::TokenizerConfig => "tokenizer_config.json".to_owned(),
            Self::World => "world.json".to_owned(),
            Self::Train { shard, .. } => format!("train/{shard:05}.jsonl"),
            Self::Evaluation { id, .. } => format!("eval/{id}.jsonl"),
        }
    }
}

impl<'a> Dataset<'a> {
    /// The first rows of what `recipe` trains on, as many as `n_tokens` fill, and all
    /// evaluation sets.
    ///
    /// # Errors
    ///
    /// [`DataError::NoTokens`] if there are none, and what [`Mixture::new`] refuses.
    pub fn new(world: &'a World, recipe: Recipe, n_tokens: u64) -> Result<Self, DataError> {
        if n_tokens == 0 {
            return Err(DataError::NoTokens);
        }
        Ok(Self {
            mixture: Mixture::new(world, recipe)?,
            n_rows: n_tokens.div_ceil(ROW_TOKENS as u64),
            sets: tasks::evaluations(world),
        })
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> u64 {
        self.n_rows
    }

    /// The evaluation sets.
    #[must_use]
    pub fn sets(&self) -> &[EvalSet] {
        &self.sets
    }

    /// All files but the card's, in order.
    #[must_use]
    pub fn files(&self) -> Vec<DataFile> {
        let mut files = vec![DataFile::Tokenizer, DataFile::TokenizerConfig, DataFile::World];
        files.extend((0..self.n_rows.div_ceil(SHARD_ROWS)).map(|shard| {
            let start = shard * SHARD_ROWS;
            DataFile::Train { shard, rows: start..self.n_rows.min(start + SHARD_ROWS) }
        }));
        let sets = self.sets.iter().enumerate();
        files.extend(sets.map(|(set, one)| DataFile::Evaluation { set, id: one.id() }));
        files
    }

    /// Writes one file. `progress` is told how many rows were written since it was last told,
    /// and may break off.
    ///
    /// # Errors
    ///
    /// What `out` gives, and [`io::ErrorKind::Interrupted`] if `progress` broke off.
    pub fn write(
        &self,
        file: &DataFile,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(u64) -> ControlFlow<()>,
    ) -> io::Result<Written> {
        let vocabulary = self.mixture.world().vocabulary();
        let mut out = Hashed { out, hasher: blake3::Hasher::new(), bytes: 0 };
        let mut tally = Tally::default();
        match file {
            DataFile::Tokenizer => out.write_all(&tokenizer::tokenizer(vocabulary))?,
            DataFile::TokenizerConfig => out.write_all(&tokenizer::config())?,
            DataFile::World => out.write_all(&world::world(self.mixture.world()))?,
            DataFile::Train { rows, .. } => {
                for start in rows.clone().step_by(BLOCK_ROWS) {
                    let block = start..rows.end.min(start + BLOCK_ROWS as u64);
                    for (index, row) in block.clone().zip(self.mixture.rows(block.clone())) {
                        out.write_all(&lines::row(index, &row, vocabulary))?;
                        tally.add(&row);
                    }
                    if progress(block.end - block.start).is_break() {
                        return Err(io::ErrorKind::Interrupted.into());
                    }
                }
            }
            DataFile::Evaluation { set, id } => {
                for (index, item) in self.sets[*set].items.iter().enumerate() {
                    out.write_all(&lines::item(id, index, item, vocabulary))?;
                }
            }
        }
        let blake3 = out.hasher.finalize().to_hex().to_string();
        Ok(Written { name: file.name(), bytes: out.bytes, blake3, tally })
    }

    /// The card: `card.json` for programs and `README.md` for people, to be written when all
    /// other files are there.
    #[must_use]
    pub fn card(&self, written: &[Written]) -> [(&'static str, Vec<u8>); 2] {
        let card = self.card_of(written);
        [("README.md", card.to_markdown()), (CARD, card.to_json())]
    }

    /// What stands for the card while the files are being written: a folder that holds it is
    /// ours, but not complete.
    #[must_use]
    pub fn unfinished_card(&self) -> Vec<u8> {
        self.card_of(&[]).unfinished()
    }

    fn card_of(&self, written: &[Written]) -> card::Card {
        card::Card::new(&self.mixture, self.n_rows, &self.sets, written)
    }
}

/// Bytes on their way to a file.
struct Hashed<'a> {
    out: &'a mut dyn Write,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Write for Hashed<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = self.out.write(bytes)?;
        self.hasher.update(&bytes[..n]);
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// An example as the files hold it, see `docs/elegans.md`.
#[must_use]
pub fn example_json(example: &Example, vocabulary: &Vocabulary) -> serde_json::Value {
    serde_json::to_value(lines::example(example, vocabulary)).expect("plain data is JSON")
}

/// Examples of a task to look at: of training as `recipe` does it, or of an evaluation set.
///
/// # Errors
///
/// [`DataError::NoSuchTask`], [`DataError::NoSuchSplit`] or [`DataError::NoSuchModel`] if the
/// world or the task has no such examples.
pub fn samples(
    world: &World,
    recipe: Recipe,
    task: Task,
    split: Split,
    n: usize,
) -> Result<Vec<Example>, DataError> {
    let size = world.size();
    if !Task::of(size).contains(&task) {
        return Err(DataError::NoSuchTask { world: size.name(), task: task.name() });
    }
    let mixture = Mixture::new(world, recipe)?;
    let random = &mut Random::new(world.seed(), "samples", task as u64);
    if split == Split::Train {
        let is_tuned = |part: &&crate::mixture::Part| part.source == Source::Tuning;
        let mut tuned = mixture.parts().iter().filter(is_tuned);
        let is_tuned = tuned.any(|part| part.task == task);
        let sample = |_| match is_tuned {
            true => tasks::tuning(task, recipe, world, random),
            false => tasks::pretraining(task, world, random),
        };
        return Ok((0..n).map(sample).collect());
    }
    let sets = tasks::evaluations(world);
    let of_task = || sets.iter().filter(|set| set.task == task);
    let mut items: Vec<_> =
        of_task().filter(|set| set.split == split).flat_map(|set| &set.items).collect();
    if items.is_empty() {
        let mut names = vec![Split::Train.name()];
        names.extend(of_task().map(|set| set.split.name()));
        names.sort_unstable();
        names.dedup();
        let available = names.join(", ");
        return Err(DataError::NoSuchSplit { task: task.name(), split: split.name(), available });
    }
    random.shuffle(&mut items);
    Ok(items.into_iter().take(n).map(|item| item.example.clone()).collect())
}
