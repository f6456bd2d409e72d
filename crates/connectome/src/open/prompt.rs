//! A prompt: text, ids or a chat turn, to the ids that the model gets.

use connectome_graph::AttributionGraph;

use super::{OpenError, Opened};
use crate::replacement::PromptTokens;
use crate::tokenizer::{ChatOptions, Message, Opening, Prepared, Prompt};

/// What is asked for, before a tokenizer is there to read it.
#[derive(Debug)]
pub enum Wanted {
    /// Text; a token to begin with is put in front as the model wants it.
    Text(String),
    /// Ids, as they are but for a token to begin with.
    Ids(Vec<u32>),
    /// A conversation, rendered by the model's template.
    Chat {
        /// What was said.
        messages: Vec<Message>,
        /// How the template is used.
        options: ChatOptions,
    },
}

/// A prompt ready to be run.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The ids.
    pub tokens: PromptTokens,
    /// The decoded ids, special tokens included.
    pub text: String,
    /// Each id decoded by itself.
    pub token_texts: Vec<String>,
    /// What a reader should know: what was put in front, what the vocabulary lacks.
    pub notes: Vec<String>,
}

/// The prompt of a graph.
#[must_use]
pub fn tokens_of(graph: &AttributionGraph) -> PromptTokens {
    let zeroed = graph.provenance().flags.get("zeroed-positions");
    let n_zeroed = zeroed.and_then(|n| n.parse().ok()).unwrap_or(1);
    PromptTokens { ids: graph.nodes().tokens().to_vec(), n_zeroed }
}

impl Opened {
    /// The ids of a prompt, by the model's tokenizer.
    ///
    /// # Errors
    ///
    /// [`OpenError::Tokenizer`] or [`OpenError::Run`] if it is no prompt for this model.
    pub fn prepare(&self, wanted: &Wanted) -> Result<Ready, OpenError> {
        // As the user named it: a cache's folder is called by its commit.
        let model_name = &self.model_name;
        let prepared = match wanted {
            Wanted::Ids(ids) if self.tokenizer.is_none() => as_given(ids),
            Wanted::Ids(ids) if ids.is_empty() => as_given(ids),
            Wanted::Ids(ids) => self.tokenizer()?.prepare(Prompt::Ids(ids), model_name)?,
            Wanted::Text(text) => self.tokenizer()?.prepare(Prompt::Text(text), model_name)?,
            Wanted::Chat { messages, options } => {
                let tokenizer = self.tokenizer()?;
                let text = tokenizer.render_chat(messages, options)?;
                tokenizer.prepare(Prompt::Text(&text), model_name)?
            }
        };
        self.replacement.model().check_prompt(&prepared.ids)?;
        let text = match &self.tokenizer {
            Some(tokenizer) => tokenizer.decode(&prepared.ids)?,
            None => String::new(),
        };
        let token_texts = prepared.ids.iter().map(|id| self.token_text(*id)).collect();
        let notes = self.notes(&prepared);
        let tokens = PromptTokens { ids: prepared.ids, n_zeroed: prepared.zeroed_positions };
        Ok(Ready { tokens, text, token_texts, notes })
    }

    /// The prompt of a graph that this model made.
    ///
    /// # Errors
    ///
    /// [`OpenError::Run`] if it is no prompt for this model.
    pub fn prompt_of(&self, graph: &AttributionGraph) -> Result<Ready, OpenError> {
        let tokens = tokens_of(graph);
        self.replacement.model().check_prompt(&tokens.ids)?;
        let prompt = graph.prompt();
        let (text, token_texts) = (prompt.text.clone(), prompt.token_texts.clone());
        Ok(Ready { tokens, text, token_texts, notes: Vec::new() })
    }

    fn notes(&self, prepared: &Prepared) -> Vec<String> {
        let mut notes = Vec::new();
        if prepared.opening == Opening::Bare {
            let first = self.token_text(prepared.ids[0]);
            notes.push(format!(
                "the tokenizer has no special token to begin with, so `{first}` at position 0 is \
                 used but not explained"
            ));
        }
        for word in &prepared.unknown {
            notes.push(format!(
                "`{}` is not in the vocabulary; the model sees `{}` at position {}",
                word.text.trim(),
                self.token_text(prepared.ids[word.pos as usize]),
                word.pos
            ));
        }
        notes
    }
}

/// What [`crate::tokenizer::Tokenizer::prepare`] makes of ids, without a tokenizer.
fn as_given(ids: &[u32]) -> Prepared {
    Prepared {
        ids: ids.to_vec(),
        zeroed_positions: 1,
        opening: Opening::AsGiven,
        unknown: Vec::new(),
    }
}
