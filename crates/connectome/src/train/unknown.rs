//! [`unknown_words`]: how much of a text the vocabulary does not hold.
//!
//! Nobody is refused for it: a corpus may have rare words. Who trains on text of another world is
//! told before the run instead of after it.

use std::fmt;

use super::corpus::{Corpus, Document};
use crate::tokenizer::{Prompt, Tokenizer};

/// Documents that are looked at.
const N_DOCUMENTS: usize = 1_000;

/// Words that the vocabulary does not hold, among the first documents of a corpus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// Tokens that stand for such words.
    pub n_unknown: usize,
    /// All tokens.
    pub n_tokens: usize,
    /// Documents of text that were looked at.
    pub n_documents: usize,
    /// The first such word.
    pub first: String,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n_unknown, n_tokens, n_documents, first } = self;
        let share = 100.0 * *n_unknown as f64 / (*n_tokens).max(1) as f64;
        let of = if *n_documents == 1 {
            "document".to_owned()
        } else {
            format!("{n_documents} documents")
        };
        write!(
            f,
            "{share:.1} % of the tokens of the first {of} are words that the vocabulary does not \
             hold, as `{first}`"
        )
    }
}

/// What the vocabulary does not hold of the first 1,000 documents; `None` if it holds all, or if
/// they are token ids. Vocabularies of bytes hold everything. A text that cannot be tokenized is
/// passed over: whoever reads it for the run refuses it.
#[must_use]
pub fn unknown_words(corpus: &Corpus, tokenizer: &Tokenizer) -> Option<Unknown> {
    let mut all = Unknown { n_unknown: 0, n_tokens: 0, n_documents: 0, first: String::new() };
    for at in 0..corpus.len().min(N_DOCUMENTS) {
        let Document::Text(text) = corpus.document(at) else { continue };
        // Without the model's name, and so without any rule for how its prompts begin.
        let Ok(prepared) = tokenizer.prepare(Prompt::Text(&text), "") else { continue };
        all.n_documents += 1;
        all.n_tokens += prepared.ids.len() - usize::from(prepared.added().is_some());
        all.n_unknown += prepared.unknown.len();
        if let Some(word) = prepared.unknown.into_iter().next().filter(|_| all.first.is_empty()) {
            all.first = word.text;
        }
    }
    (all.n_unknown > 0).then_some(all)
}
