//! [`Buffer`]: tokens of many sequences, mixed.
//!
//! Neighbouring tokens are alike, so a batch must not come from a few sequences: without mixing,
//! training is worse (Ameisen et al. 2025). The buffer holds as many rows as it is told; half of
//! it is served in a random order, then the served places are filled with rows of the next
//! sequences.
//!
//! A checkpoint keeps which token stands at which place, not its numbers: those are made again
//! by running the model over the same sequences.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::activations::{Sequence, TOGETHER};
use super::stream::{Origin, RowStream, TokenId};
use crate::train::TrainError;
use crate::train::checkpoint::{Checkpoint, Part};
use crate::train::rng::{Rng, Stream};

/// Name of the checkpoint's list of tokens.
const TOKENS: &str = "buffer.tokens";

/// A shuffle buffer.
#[derive(Clone, Debug)]
pub struct Buffer<'a> {
    stream: RowStream<'a>,
    /// `[capacity, width]`.
    rows: Vec<f32>,
    tokens: Vec<TokenId>,
    /// Places in the order in which they are served.
    order: Vec<u32>,
    served: usize,
    refills: u64,
}

impl<'a> Buffer<'a> {
    /// An empty buffer of so many rows; it fills when the first batch is asked for.
    #[must_use]
    pub fn new(origin: Origin<'a>, capacity: usize) -> Self {
        let width = origin.harvester.width();
        Self {
            stream: RowStream::new(origin),
            rows: vec![0.0; capacity * width],
            tokens: vec![TokenId::default(); capacity],
            // Nothing is there yet: all places are as if served.
            order: (0..capacity as u32).collect(),
            served: capacity,
            refills: 0,
        }
    }

    /// Hands over the rows of a batch of `n`, at most half of what the buffer holds.
    ///
    /// # Errors
    ///
    /// As for the rows' sequences: of the model, of the tokenizer, or that there are none.
    pub fn batch(
        &mut self,
        n: usize,
        mut sink: impl FnMut(usize, &[f32]),
    ) -> Result<(), TrainError> {
        let capacity = self.order.len();
        if self.served + n > capacity / 2 {
            self.refill()?;
        }
        let width = self.stream.origin().harvester.width();
        for (at, place) in self.order[self.served..self.served + n].iter().enumerate() {
            let start = *place as usize * width;
            sink(at, &self.rows[start..start + width]);
        }
        self.served += n;
        Ok(())
    }

    /// Fills the places that were served, and makes a new order.
    fn refill(&mut self) -> Result<(), TrainError> {
        let width = self.stream.origin().harvester.width();
        let mut free = self.order[..self.served].to_vec();
        // Rows go to places in order, so that what lies where does not depend on the last order.
        free.sort_unstable();
        let mut places = free.iter();
        let (rows, tokens) = (&mut self.rows, &mut self.tokens);
        self.stream.take(free.len(), |token, row| {
            let place = *places.next().expect("as many rows as places") as usize;
            rows[place * width..(place + 1) * width].copy_from_slice(row);
            tokens[place] = token;
        })?;
        self.make_order();
        self.refills += 1;
        self.served = 0;
        Ok(())
    }

    fn make_order(&mut self) {
        let seed = self.stream.origin().seed;
        self.order = (0..self.order.len() as u32).collect();
        Rng::new(seed, Stream::Shuffle, self.refills).shuffle(&mut self.order);
    }

    /// What a checkpoint's state holds of it.
    #[must_use]
    pub fn state(&self) -> Value {
        json!({ "stream": self.stream.state(), "served": self.served, "refills": self.refills })
    }

    /// Which token stands at which place.
    #[must_use]
    pub fn tokens(&self) -> Vec<u32> {
        self.tokens.iter().flat_map(|token| [token.document, token.piece, token.pos]).collect()
    }

    /// The checkpoint's tensor of [`Buffer::tokens`].
    #[must_use]
    pub fn part(tokens: &[u32]) -> Part<'_> {
        Part::u32(TOKENS, &[tokens.len()], tokens)
    }

    /// The buffer as it was when a checkpoint was made.
    ///
    /// # Errors
    ///
    /// [`TrainError::Damaged`] if the state is none; those of [`Buffer::batch`].
    pub fn resume(
        origin: Origin<'a>,
        capacity: usize,
        state: &Value,
        checkpoint: &Checkpoint,
    ) -> Result<Self, TrainError> {
        let damaged = || TrainError::Damaged {
            path: checkpoint.path().to_owned(),
            reason: "its shuffle buffer is not one of this run".to_owned(),
        };
        let mut buffer = Self::new(origin.clone(), capacity);
        let number = |key: &str| state[key].as_u64().ok_or_else(damaged);
        buffer.stream = RowStream::resume(origin, &state["stream"]).ok_or_else(damaged)?;
        buffer.served = number("served")? as usize;
        let refills = number("refills")?;
        let tokens = checkpoint.u32_list(TOKENS)?;
        if tokens.len() != 3 * capacity || buffer.served > capacity {
            return Err(damaged());
        }
        if refills == 0 {
            return Ok(buffer);
        }
        buffer.refills = refills - 1;
        buffer.make_order();
        buffer.refills = refills;
        let triples = tokens.as_chunks::<3>().0.iter();
        buffer.tokens = triples
            .map(|[document, piece, pos]| TokenId { document: *document, piece: *piece, pos: *pos })
            .collect();
        buffer.make_rows().and_then(|found| if found { Ok(buffer) } else { Err(damaged()) })
    }

    /// Runs the model over the sequences of all tokens; whether every token was found.
    fn make_rows(&mut self) -> Result<bool, TrainError> {
        let mut places: BTreeMap<(u32, u32), Vec<(u32, usize)>> = BTreeMap::new();
        for (place, token) in self.tokens.iter().enumerate() {
            places.entry((token.document, token.piece)).or_default().push((token.pos, place));
        }
        let origin = self.stream.origin().clone();
        let width = origin.harvester.width();
        let places: Vec<_> = places.into_iter().collect();
        let mut rest = &places[..];
        while !rest.is_empty() {
            let mut sequences: Vec<Sequence> = Vec::new();
            let mut n_tokens = 0;
            for ((document, piece), _) in rest {
                if n_tokens >= TOGETHER {
                    break;
                }
                if *document as usize >= origin.sequencer.corpus.len() {
                    return Ok(false);
                }
                let mut of_document = origin.sequencer.sequences(*document as usize)?;
                if *piece as usize >= of_document.len() {
                    return Ok(false);
                }
                let sequence = of_document.swap_remove(*piece as usize);
                n_tokens += sequence.ids.len();
                sequences.push(sequence);
            }
            let (group, after) = rest.split_at(sequences.len());
            rest = after;
            for ((_, wanted), made) in group.iter().zip(origin.harvester.rows(&sequences)?) {
                for (pos, place) in wanted {
                    let Ok(row) = made.positions.binary_search(pos) else { return Ok(false) };
                    self.rows[place * width..(place + 1) * width]
                        .copy_from_slice(&made.numbers[row * width..(row + 1) * width]);
                }
            }
        }
        Ok(true)
    }
}
