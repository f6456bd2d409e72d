//! From documents to sequences that the model is run over: tokenized, cut to a context, each
//! beginning as a traced prompt does.

use std::path::Path;

use super::activations::Sequence;
use crate::error::RunError;
use crate::tokenizer::{Opening, Prompt, Tokenizer};
use crate::train::TrainError;
use crate::train::corpus::{Corpus, Document};
use crate::train::rng::{Rng, Stream};

/// Makes sequences of documents.
#[derive(Clone, Copy, Debug)]
pub struct Sequencer<'a> {
    /// The documents.
    pub corpus: &'a Corpus,
    /// For text; token ids need none.
    pub tokenizer: Option<&'a Tokenizer>,
    /// What the model is called: it decides how a prompt begins.
    pub model_name: &'a str,
    /// Longest sequence.
    pub context: usize,
    /// Models that documents are dealt out to, in turn.
    pub n_models: usize,
}

impl Sequencer<'_> {
    /// The sequences of a document, in order. A long one is cut; every piece of text begins with
    /// the special token that a traced prompt begins with.
    ///
    /// # Errors
    ///
    /// [`TrainError::Run`] if the text cannot be tokenized; [`TrainError::Data`] if there is no
    /// tokenizer for it.
    pub fn sequences(&self, document: usize) -> Result<Vec<Sequence>, TrainError> {
        let model = document % self.n_models;
        let text = match self.corpus.document(document) {
            Document::Tokens(ids) => return Ok(self.cut(model, (None, &ids), 1)),
            Document::Text(text) => text,
        };
        let tokenizer = self.tokenizer.ok_or_else(|| TrainError::Data {
            reason: "text, but the model has no tokenizer".to_owned(),
            path: self.path(document).to_owned(),
        })?;
        let prepared =
            tokenizer.prepare(Prompt::Text(&text), self.model_name).map_err(RunError::from)?;
        let n_skipped = prepared.zeroed_positions;
        Ok(match prepared.opening {
            Opening::Added(id) => self.cut(model, (Some(id), &prepared.ids[1..]), n_skipped),
            _ => self.cut(model, (None, &prepared.ids), n_skipped),
        })
    }

    fn path(&self, document: usize) -> &Path {
        self.corpus.path(document)
    }

    fn cut(
        &self,
        model: usize,
        (opening, ids): (Option<u32>, &[u32]),
        n_skipped: usize,
    ) -> Vec<Sequence> {
        let room = self.context - usize::from(opening.is_some());
        ids.chunks(room.max(1))
            .map(|piece| Sequence {
                model,
                ids: opening.into_iter().chain(piece.iter().copied()).collect(),
                n_skipped,
            })
            .collect()
    }
}

/// Documents to train on and documents to measure on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// Seen in training.
    pub train: Vec<u32>,
    /// Never seen in training.
    pub held_out: Vec<u32>,
}

impl Split {
    /// Holds out a share of the documents, at least one if the share is above zero and there are
    /// two, chosen by the seed.
    #[must_use]
    pub fn new(n_documents: usize, share: f64, seed: u64) -> Self {
        let mut order: Vec<u32> = (0..n_documents as u32).collect();
        Rng::new(seed, Stream::Sample, 0).shuffle(&mut order);
        let wanted = (share * n_documents as f64).round() as usize;
        let least = usize::from(share > 0.0 && n_documents > 1);
        let n_held_out = wanted.max(least).min(n_documents.saturating_sub(1));
        let train = order.split_off(n_held_out);
        Self { train, held_out: order }
    }

    /// The documents to train on in the order of an epoch.
    #[must_use]
    pub fn epoch(&self, epoch: u64, seed: u64) -> Vec<u32> {
        let mut order = self.train.clone();
        Rng::new(seed, Stream::Order, epoch).shuffle(&mut order);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_a_partition_and_an_epoch_a_permutation() {
        let split = Split::new(1000, 0.02, 7);
        assert_eq!((split.train.len(), split.held_out.len()), (980, 20));
        let mut all = [split.train.clone(), split.held_out.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<u32>>());
        let (first, second) = (split.epoch(0, 7), split.epoch(1, 7));
        assert_ne!(first, second);
        let sorted = |mut order: Vec<u32>| {
            order.sort_unstable();
            order
        };
        assert_eq!(sorted(first), sorted(second));
        assert_eq!(Split::new(1, 0.5, 7).train.len(), 1);
        assert_eq!(Split::new(2, 1e-9, 7).held_out.len(), 1);
    }
}
