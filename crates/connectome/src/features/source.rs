//! [`Source`]: the text of a pass, document by document and in any order.

use serde_json::{Value, json};

use crate::train::TrainError;
use crate::train::transcoder::activations::Sequence;
use crate::train::transcoder::sequences::Sequencer;

/// Documents that a model is run over.
pub trait Source {
    /// How many there are.
    fn n_documents(&self) -> u32;

    /// The sequences of a document, always the same.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if it cannot be read or tokenized.
    fn sequences(&self, document: u32) -> Result<Vec<Sequence>, TrainError>;

    /// What tells this source from others: a pass is resumed on the same only.
    fn identity(&self) -> Value;
}

/// Files: text, JSON lines or token ids.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a>(pub Sequencer<'a>);

impl Source for Files<'_> {
    fn n_documents(&self) -> u32 {
        u32::try_from(self.0.corpus.len()).unwrap_or(u32::MAX)
    }

    fn sequences(&self, document: u32) -> Result<Vec<Sequence>, TrainError> {
        self.0.sequences(document as usize)
    }

    fn identity(&self) -> Value {
        json!({ "files": self.0.corpus.digest(), "context": self.0.context })
    }
}

/// Documents that are made when they are asked for.
#[derive(Clone, Debug)]
pub struct Made<F> {
    /// How many there are.
    pub n_documents: u32,
    /// Whatever decides them.
    pub identity: Value,
    /// The sequences of a document.
    pub sequences: F,
}

impl<F: Fn(u32) -> Result<Vec<Sequence>, TrainError>> Source for Made<F> {
    fn n_documents(&self) -> u32 {
        self.n_documents
    }

    fn sequences(&self, document: u32) -> Result<Vec<Sequence>, TrainError> {
        (self.sequences)(document)
    }

    fn identity(&self) -> Value {
        self.identity.clone()
    }
}
