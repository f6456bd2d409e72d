//! `RowStream`: rows of all training documents, epoch after epoch, from any place on.

use serde_json::{Value, json};

use super::activations::{Harvester, Sequence, TOGETHER};
use super::sequences::{Sequencer, Split};
use crate::train::TrainError;

/// Where rows come from.
#[derive(Clone, Debug)]
pub struct Origin<'a> {
    /// Runs the model.
    pub harvester: Harvester<'a>,
    /// Makes sequences.
    pub sequencer: Sequencer<'a>,
    /// Which documents.
    pub split: &'a Split,
    /// Of their order, and of the mixing.
    pub seed: u64,
}

/// A token of the corpus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct TokenId {
    pub(super) document: u32,
    pub(super) piece: u32,
    pub(super) pos: u32,
}

/// A sequence's place in the stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    epoch: u64,
    /// Place in the epoch's order.
    document: usize,
    /// Sequence of the document.
    piece: usize,
}

/// A sequence and its place.
#[derive(Debug)]
struct Piece {
    place: Place,
    document: u32,
    sequence: Sequence,
}

/// All sequences, epoch after epoch.
#[derive(Clone, Debug)]
struct Pieces<'a> {
    origin: Origin<'a>,
    next: Place,
    order: Vec<u32>,
    /// Sequences of the document at `next`, once they are made.
    made: Option<Vec<Sequence>>,
}

impl<'a> Pieces<'a> {
    fn at(origin: Origin<'a>, next: Place) -> Self {
        let order = origin.split.epoch(next.epoch, origin.seed);
        Self { origin, next, order, made: None }
    }

    fn seek(&mut self, place: Place) {
        if place.epoch != self.next.epoch {
            self.order = self.origin.split.epoch(place.epoch, self.origin.seed);
        }
        self.next = place;
        self.made = None;
    }

    fn take_next(&mut self) -> Result<Piece, TrainError> {
        loop {
            let Place { epoch, document: at, piece } = self.next;
            let Some(document) = self.order.get(at).copied() else {
                self.seek(Place { epoch: epoch + 1, ..Place::default() });
                continue;
            };
            let made = match self.made.take() {
                Some(made) => made,
                None => self.origin.sequencer.sequences(document as usize)?,
            };
            let Some(sequence) = made.get(piece).cloned() else {
                self.next = Place { epoch, document: at + 1, piece: 0 };
                continue;
            };
            self.made = Some(made);
            let place = self.next;
            self.next.piece += 1;
            return Ok(Piece { place, document, sequence });
        }
    }
}

/// Rows in the order of the corpus.
#[derive(Clone, Debug)]
pub(super) struct RowStream<'a> {
    pieces: Pieces<'a>,
    /// Rows of the next sequence that are used already.
    used: usize,
}

impl<'a> RowStream<'a> {
    pub(super) fn new(origin: Origin<'a>) -> Self {
        Self { pieces: Pieces::at(origin, Place::default()), used: 0 }
    }

    pub(super) fn origin(&self) -> &Origin<'a> {
        &self.pieces.origin
    }

    /// Where it is, for a checkpoint.
    pub(super) fn state(&self) -> Value {
        let Place { epoch, document, piece } = self.pieces.next;
        json!({ "epoch": epoch, "document": document, "piece": piece, "used": self.used })
    }

    /// Goes on where `state` was taken; `None` if it is none.
    pub(super) fn resume(origin: Origin<'a>, state: &Value) -> Option<Self> {
        let number = |key: &str| state[key].as_u64();
        let count = |key: &str| number(key).and_then(|n| usize::try_from(n).ok());
        let place =
            Place { epoch: number("epoch")?, document: count("document")?, piece: count("piece")? };
        Some(Self { pieces: Pieces::at(origin, place), used: count("used")? })
    }

    /// Hands over the next `n` rows, one by one.
    ///
    /// # Errors
    ///
    /// Of the model and the tokenizer; [`TrainError::NoData`] if a whole epoch has no row.
    pub(super) fn take(
        &mut self,
        n: usize,
        mut sink: impl FnMut(TokenId, &[f32]),
    ) -> Result<(), TrainError> {
        let width = self.origin().harvester.width();
        let mut left = n;
        let mut epoch_of_last_row = self.pieces.next.epoch;
        while left > 0 {
            let group = self.group(left)?;
            let sequences: Vec<Sequence> =
                group.iter().map(|piece| piece.sequence.clone()).collect();
            let made = self.origin().harvester.rows(&sequences)?;
            for (piece, rows) in group.iter().zip(made) {
                let used = std::mem::take(&mut self.used);
                let all = rows.numbers.chunks_exact(width).zip(&rows.positions);
                let mut taken = 0;
                for (row, pos) in all.skip(used).take(left) {
                    let (document, piece) = (piece.document, piece.place.piece as u32);
                    sink(TokenId { document, piece, pos: *pos }, row);
                    taken += 1;
                }
                left -= taken;
                if taken > 0 {
                    epoch_of_last_row = piece.place.epoch;
                }
                if left == 0 {
                    self.used = used + taken;
                    self.pieces.seek(piece.place);
                    return Ok(());
                }
            }
            if self.pieces.next.epoch > epoch_of_last_row + 1 {
                let path = self.origin().sequencer.corpus.path(0).to_owned();
                return Err(TrainError::NoData { what: "tokens to train on", path });
            }
        }
        Ok(())
    }

    /// The next sequences that hold about `n` rows.
    fn group(&mut self, n: usize) -> Result<Vec<Piece>, TrainError> {
        let mut group = Vec::new();
        let mut n_rows = 0;
        let mut n_tokens = 0;
        while n_rows < n + self.used && n_tokens < TOGETHER {
            let piece = self.pieces.take_next()?;
            n_tokens += piece.sequence.ids.len();
            n_rows += piece.sequence.ids.len().saturating_sub(piece.sequence.n_skipped);
            group.push(piece);
        }
        Ok(group)
    }
}
