//! How a prompt begins: the one place that knows the rule for the first token.
//!
//! Position 0 of a transformer has an outsized norm and far too many active features, so a
//! tracer puts a special token there and zeroes its features. Which token that is, and whether
//! one is added, must be the same for tracing, intervening, counting tokens and showing them.
//!
//! | prompt | what happens |
//! |---|---|
//! | token ids | taken exactly as they are |
//! | text for a Gemma 3 `-it` model | must begin with `<bos><start_of_turn>user\n`; 4 positions zeroed |
//! | text that begins with a special token | taken as it is |
//! | any other text | the first id other than 0 of BOS, padding, EOS, the other special ids is put before it |
//! | … if 0 is the only special id | 0 is put before it (circuit-tracer stops with an error) |
//! | … if there is no special token | nothing is put before it, its first token is zeroed (circuit-tracer stops) |
//!
//! Id 0 comes last because circuit-tracer skips it as if it were none, and graphs must agree.
//! Without any special token the first word is still traced through, only not explained: that
//! is what a user of such a tokenizer can have, and [`Opening::Bare`] lets a caller say so.
//!
//! Source: circuit-tracer 0.4.1, `ensure_tokenized`.

use super::{Tokenizer, TokenizerError};

/// `<bos><start_of_turn>user\n` in Gemma 3's vocabulary.
const GEMMA3_TURN: [u32; 4] = [2, 105, 2364, 107];

/// What is to be traced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prompt<'a> {
    /// Text, to which the rule for the first token applies.
    Text(&'a str),
    /// Token ids, used exactly as they are.
    Ids(&'a [u32]),
}

/// How a prepared prompt begins, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Opening {
    /// This special token was put before the text.
    Added(u32),
    /// The text itself begins with this special token.
    Special(u32),
    /// The text begins with the user's turn that Gemma 3's dictionaries leave out.
    UserTurn,
    /// The ids are the caller's.
    AsGiven,
    /// The tokenizer has no special token: the text's first token is the one that is zeroed.
    Bare,
}

/// A word that the vocabulary does not hold, and that the model therefore does not see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownWord {
    /// Its position among the prompt's tokens.
    pub pos: u32,
    /// The text that was replaced by the unknown token.
    pub text: String,
}

/// A prompt as the model receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prepared {
    /// Token ids, at least one.
    pub ids: Vec<u32>,
    /// How many leading positions have their features and errors zeroed: 1, or 4 for the
    /// user's turn of Gemma 3. Never more than there are tokens.
    pub zeroed_positions: usize,
    /// How the prompt begins.
    pub opening: Opening,
    /// Words of the text that the vocabulary does not hold, in order.
    pub unknown: Vec<UnknownWord>,
}

impl Prepared {
    /// The token that was put before the text, if one was.
    pub fn added(&self) -> Option<u32> {
        match self.opening {
            Opening::Added(id) => Some(id),
            _ => None,
        }
    }
}

impl Tokenizer {
    /// The ids of `prompt` with the rule for the first token applied (see the module).
    ///
    /// `model_name` is the model's Hub id, with or without `@revision`, or its folder; only
    /// Gemma 3's instruction-tuned models are told apart by it.
    ///
    /// # Errors
    ///
    /// - [`TokenizerError::EmptyPrompt`] if there is no token at all.
    /// - [`TokenizerError::NoUserTurn`] if text for a Gemma 3 `-it` model does not begin with
    ///   the user's turn.
    /// - [`TokenizerError::Encode`] if the text cannot be tokenized.
    pub fn prepare(
        &self,
        prompt: Prompt<'_>,
        model_name: &str,
    ) -> Result<Prepared, TokenizerError> {
        // `google/gemma-3-1b-it@revision` and `models/gemma-3-1b-it/` are the same model.
        let model_name = model_name.split('@').next().unwrap_or_default().trim_end_matches('/');
        let is_gemma3_it = model_name.contains("gemma-3") && model_name.ends_with("-it");
        let (ids, unknown) = match prompt {
            Prompt::Ids(ids) => (ids.to_vec(), Vec::new()),
            Prompt::Text(text) => self.encode_with_unknown(text)?,
        };
        let Some(&first) = ids.first() else { return Err(TokenizerError::EmptyPrompt) };
        let begins_turn = is_gemma3_it && ids.starts_with(&GEMMA3_TURN);
        let zeroed_positions = if begins_turn { GEMMA3_TURN.len() } else { 1 };
        let opening = match prompt {
            Prompt::Ids(_) => Opening::AsGiven,
            Prompt::Text(_) if begins_turn => Opening::UserTurn,
            Prompt::Text(_) if is_gemma3_it => {
                let found = self.decode(&ids[..ids.len().min(GEMMA3_TURN.len())])?;
                return Err(TokenizerError::NoUserTurn { found });
            }
            Prompt::Text(_) if self.special_ids().contains(&first) => Opening::Special(first),
            Prompt::Text(_) => self.opening_token().map_or(Opening::Bare, Opening::Added),
        };
        let mut prepared = Prepared { ids, zeroed_positions, opening, unknown };
        if let Some(id) = prepared.added() {
            prepared.ids.insert(0, id);
            prepared.unknown.iter_mut().for_each(|word| word.pos += 1);
        }
        Ok(prepared)
    }

    /// The token put before text that does not begin with a special one.
    fn opening_token(&self) -> Option<u32> {
        let first = [self.bos_id(), self.pad_id(), self.eos_id()];
        let candidates = || first.into_iter().flatten().chain(self.special_ids().iter().copied());
        candidates().find(|id| *id != 0).or_else(|| candidates().next())
    }
}
