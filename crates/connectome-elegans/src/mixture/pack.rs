//! Filling a block of rows so that each part gets its share and little is left over.
//!
//! Whoever lacks most of its share is asked next, and its example goes into the fullest row that
//! has room for it. Once nothing has fitted for a while, the block is full.

use super::shares::{Part, Source};
use super::{BLOCK_ROWS, Document, ROW_TOKENS};
use crate::example::Example;

/// So many examples in a row must find no room before a block counts as full.
const MISSES: usize = 24;

/// A block in the making.
pub(super) struct Packer<'a> {
    parts: &'a [Part],
    /// Tokens of each part so far.
    used: Vec<usize>,
    rows: Vec<Vec<Document>>,
    free: Vec<usize>,
    misses: usize,
}

impl<'a> Packer<'a> {
    pub(super) fn new(parts: &'a [Part]) -> Self {
        Self {
            parts,
            used: vec![0; parts.len()],
            rows: vec![Vec::new(); BLOCK_ROWS],
            free: vec![ROW_TOKENS; BLOCK_ROWS],
            misses: 0,
        }
    }

    /// The part that lacks most; none when the block is full.
    ///
    /// After each miss the next in line is asked, so that a task of long examples does not keep
    /// those of short ones from the gaps.
    pub(super) fn next(&self) -> Option<Part> {
        if self.misses >= MISSES {
            return None;
        }
        let total: usize = self.used.iter().sum();
        let lack = |at: &usize| {
            let due = (total + ROW_TOKENS) * self.parts[*at].share as usize;
            due as i64 - 1000 * self.used[*at] as i64
        };
        let mut order: Vec<usize> = (0..self.parts.len()).collect();
        order.sort_by_key(|at| std::cmp::Reverse(lack(at)));
        Some(self.parts[order[self.misses % order.len()]])
    }

    /// Puts an example where it fits best, if it fits.
    pub(super) fn place(&mut self, source: Source, example: Example) {
        let n = example.ids.len();
        let fitting = (0..BLOCK_ROWS).filter(|row| self.free[*row] >= n);
        let Some(row) = fitting.min_by_key(|row| self.free[*row]) else {
            self.misses += 1;
            return;
        };
        self.misses = 0;
        let task = example.task;
        let part = self.parts.iter().position(|part| part.task == task && part.source == source);
        self.used[part.expect("examples come from the parts")] += n;
        let start = ROW_TOKENS - self.free[row];
        self.free[row] -= n;
        let reply_only = source == Source::Tuning;
        self.rows[row].push(Document { start, example, reply_only });
    }

    pub(super) fn finish(self) -> Vec<Vec<Document>> {
        self.rows
    }
}
