//! What was written: digests of files, and counts of what stands in them.

use std::collections::BTreeMap;

use crate::mixture::{ROW_TOKENS, Row, Source};
use crate::task::{Split, Task};

/// A file that was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its path within the folder.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
    /// Its BLAKE3 digest, in hex.
    pub blake3: String,
    pub(crate) tally: Tally,
}

impl Written {
    /// One digest for several files: BLAKE3, in hex, of a line `digest  name` for each.
    #[must_use]
    pub fn digest_of(files: &[Self]) -> String {
        let mut hasher = blake3::Hasher::new();
        for file in files {
            hasher.update(format!("{}  {}\n", file.blake3, file.name).as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// How many examples of each kind stand in some rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) counts: BTreeMap<Kind, Count>,
    pub(crate) padding: u64,
}

/// What is counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Kind {
    pub(crate) task: Task,
    pub(crate) source: Source,
    pub(crate) form: &'static str,
    pub(crate) split: Split,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) examples: u64,
    pub(crate) tokens: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, row: &Row) {
        let mut n_tokens = 0;
        for document in &row.documents {
            let example = &document.example;
            let source = if document.reply_only { Source::Tuning } else { Source::Pretraining };
            let (task, form, split) = (example.task, example.form, example.split);
            let count = self.counts.entry(Kind { task, source, form, split }).or_default();
            count.examples += 1;
            count.tokens += example.ids.len() as u64;
            n_tokens += example.ids.len();
        }
        self.padding += (ROW_TOKENS - n_tokens) as u64;
    }

    pub(crate) fn join(&mut self, other: &Self) {
        for (kind, count) in &other.counts {
            let sum = self.counts.entry(kind.clone()).or_default();
            sum.examples += count.examples;
            sum.tokens += count.tokens;
        }
        self.padding += other.padding;
    }
}
