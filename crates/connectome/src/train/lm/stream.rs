//! [`Documents`]: rows from a corpus, tokenized as they are needed and packed.
//!
//! Documents are read in an order that the seed and the epoch give, so that the place in that
//! order and in one document are all there is to remember.
//!
//! # How a row is made
//!
//! A document begins with the opening token (BOS) and ends with the closing token (EOS), where
//! those are set. Packed, documents follow one another and a row is cut wherever it is full; its
//! rest begins the next row, after an opening token of its own, as a prompt would. One to a row,
//! a shorter document leaves the rest of its row empty, and a longer one goes on in the next.
//! Opening tokens are never predicted.

use std::sync::Arc;

use serde_json::{Value, json};

use super::rows::Rows;
use super::source::TokenSource;
use crate::error::RunError;
use crate::tokenizer::Tokenizer;
use crate::train::TrainError;
use crate::train::corpus::{Corpus, Document};
use crate::train::rng::{Rng, Stream};

/// How documents share rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// One after the other, without gaps.
    Packed,
    /// One to a row.
    Apart,
}

/// In which order documents come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// As they lie in the files, again and again.
    AsGiven,
    /// In another random order each epoch.
    Shuffled {
        /// Decides the orders.
        seed: u64,
    },
}

/// What stands around documents, and how they are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrangement {
    /// The token before every document and at the start of every row.
    pub opens: Option<u32>,
    /// The token after every document.
    pub closes: Option<u32>,
    /// How documents share rows.
    pub packing: Packing,
    /// In which order they come.
    pub order: Order,
}

/// Rows of a corpus, without end: after the last document comes the next epoch.
#[derive(Debug)]
pub struct Documents {
    corpus: Corpus,
    tokenizer: Option<Arc<Tokenizer>>,
    n_vocab: usize,
    arrangement: Arrangement,
    place: Place,
    order: Vec<u32>,
    current: Tokens,
}

/// Where a stream stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    epoch: u64,
    /// In the epoch's order.
    document: usize,
    /// Tokens of the document that were used.
    offset: usize,
}

/// A document's tokens and the weights of their predictions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tokens {
    /// Ids.
    pub ids: Vec<u32>,
    /// One for each id.
    pub weights: Vec<f32>,
}

impl Tokens {
    fn push(&mut self, ids: &[u32], weight: f32) {
        self.ids.extend_from_slice(ids);
        self.weights.resize(self.ids.len(), weight);
    }
}

impl Documents {
    /// The stream over a corpus, at its start. Text needs the tokenizer.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] if there is text and no tokenizer, or a tokenizer of more tokens
    /// than the model's vocabulary holds; errors of the first document.
    pub fn new(
        corpus: Corpus,
        tokenizer: Option<Arc<Tokenizer>>,
        n_vocab: usize,
        arrangement: Arrangement,
    ) -> Result<Self, TrainError> {
        let mut stream = Self {
            corpus,
            tokenizer,
            n_vocab,
            arrangement,
            place: Place::default(),
            order: Vec::new(),
            current: Tokens::default(),
        };
        stream.go_to(Place::default())?;
        Ok(stream)
    }

    /// The documents.
    #[must_use]
    pub fn corpus(&self) -> &Corpus {
        &self.corpus
    }

    /// Rows from here to the end of the first epoch, at most `most` of them, with the last one
    /// filled up: what a held-out corpus is measured on.
    ///
    /// # Errors
    ///
    /// Those of the documents.
    pub fn first_rows(&mut self, most: usize, n_tokens: usize) -> Result<Rows, TrainError> {
        let mut rows = Rows::empty(n_tokens);
        self.go_to(Place::default())?;
        while rows.n_rows() < most && self.place.epoch == 0 {
            let row = self.row(n_tokens, 1)?;
            rows.push(&row.ids, &row.weights);
        }
        Ok(rows)
    }

    /// One row, with documents of epochs below `epochs` only.
    fn row(&mut self, n_tokens: usize, epochs: u64) -> Result<Tokens, TrainError> {
        let mut row = Tokens::default();
        let opens = self.arrangement.opens;
        // An epoch in which no document has any token would never end.
        let mut n_empty = 0;
        while row.ids.len() < n_tokens && self.place.epoch < epochs {
            let Tokens { ids, weights } = &self.current;
            let left = &ids[self.place.offset..];
            if row.ids.is_empty() && self.place.offset > 0 {
                row.push(opens.as_slice(), 0.0);
            }
            let n = left.len().min(n_tokens - row.ids.len());
            row.ids.extend_from_slice(&left[..n]);
            row.weights.extend_from_slice(&weights[self.place.offset..][..n]);
            self.place.offset += n;
            if self.place.offset == ids.len() {
                n_empty = if ids.is_empty() { n_empty + 1 } else { 0 };
                if n_empty > self.corpus.len() {
                    let path = self.corpus.path(0).to_owned();
                    return Err(TrainError::NoData { what: "tokens", path });
                }
                let Place { epoch, document, .. } = self.place;
                let is_last = document + 1 == self.corpus.len();
                self.go_to(match is_last {
                    true => Place { epoch: epoch + 1, ..Place::default() },
                    false => Place { epoch, document: document + 1, offset: 0 },
                })?;
                if self.arrangement.packing == Packing::Apart && !row.ids.is_empty() {
                    break;
                }
            }
        }
        Ok(row)
    }

    fn go_to(&mut self, place: Place) -> Result<(), TrainError> {
        if self.order.is_empty() || place.epoch != self.place.epoch {
            self.order = (0..self.corpus.len() as u32).collect();
            if let Order::Shuffled { seed } = self.arrangement.order {
                Rng::new(seed, Stream::Order, place.epoch).shuffle(&mut self.order);
            }
        }
        self.place = place;
        self.current = self.document(self.order[place.document] as usize)?;
        Ok(())
    }

    /// A document's tokens, with those around it.
    fn document(&self, at: usize) -> Result<Tokens, TrainError> {
        let mut tokens = Tokens::default();
        match self.corpus.document(at) {
            Document::Tokens(ids) => {
                tokens.push(&ids, 1.0);
                if let Some(weights) = self.corpus.loss_weights(at) {
                    tokens.weights = weights;
                }
            }
            Document::Text(text) => {
                let prompt = self.corpus.prompt_len(at);
                let (prompt, text) = text.split_at(prompt);
                tokens.push(&self.encode(at, prompt)?, 0.0);
                tokens.push(&self.encode(at, text)?, 1.0);
            }
        }
        let Arrangement { opens, closes, .. } = self.arrangement;
        if let Some(opens) = opens
            && tokens.ids.first() != Some(&opens)
            && !tokens.ids.is_empty()
        {
            tokens.ids.insert(0, opens);
            tokens.weights.insert(0, 0.0);
        }
        if !tokens.ids.is_empty() {
            tokens.push(closes.as_slice(), 1.0);
        }
        Ok(tokens)
    }

    fn encode(&self, at: usize, text: &str) -> Result<Vec<u32>, TrainError> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let data = |reason| TrainError::Data { reason, path: self.corpus.path(at).to_owned() };
        let tokenizer = self.tokenizer.as_deref();
        let tokenizer =
            tokenizer.ok_or_else(|| data("text, and no tokenizer to read it".into()))?;
        let ids = tokenizer.encode(text).map_err(RunError::from)?;
        match ids.iter().find(|id| **id as usize >= self.n_vocab) {
            None => Ok(ids),
            Some(id) => {
                let vocab = self.n_vocab;
                Err(data(format!("the tokenizer gives id {id}, the model has {vocab} tokens")))
            }
        }
    }
}

impl TokenSource for Documents {
    fn rows(&mut self, _step: u64, n_rows: usize, n_tokens: usize) -> Result<Rows, TrainError> {
        let mut rows = Rows::empty(n_tokens);
        for _ in 0..n_rows {
            let row = self.row(n_tokens, u64::MAX)?;
            rows.push(&row.ids, &row.weights);
        }
        Ok(rows)
    }

    fn identity(&self) -> Value {
        let Arrangement { opens, closes, packing, order } = self.arrangement;
        json!({
            "data": self.corpus.digest(),
            "opens": opens,
            "closes": closes,
            "packed": packing == Packing::Packed,
            "order_seed": match order {
                Order::AsGiven => Value::Null,
                Order::Shuffled { seed } => seed.into(),
            },
        })
    }

    fn cursor(&self) -> Value {
        let Place { epoch, document, offset } = self.place;
        json!({ "epoch": epoch, "document": document, "offset": offset })
    }

    fn seek(&mut self, cursor: &Value) -> Result<(), TrainError> {
        let number = |key: &str| cursor[key].as_u64().unwrap_or(0);
        let place = Place {
            epoch: number("epoch"),
            document: number("document") as usize,
            offset: number("offset") as usize,
        };
        let unknown = |found: String| TrainError::Option {
            key: "cursor",
            found,
            expected: "a place in this corpus".to_owned(),
        };
        if place.document >= self.corpus.len() {
            return Err(unknown(cursor.to_string()));
        }
        // The order is the epoch's, whatever the one before was.
        self.order.clear();
        self.go_to(place)?;
        match place.offset <= self.current.ids.len() {
            true => Ok(()),
            false => Err(unknown(cursor.to_string())),
        }
    }
}
