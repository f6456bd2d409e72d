//! Text to token ids and back, as the model's own tokenizer does it.
//!
//! The work is done by `tokenizers`; what is here is what transformers adds around it: which
//! tokens are special (`special`), how a prompt begins (`bos`), and chat templates (`chat`).
//!
//! # Invariants
//!
//! - Ids and texts equal those of transformers 4.57 on the same files, with two exceptions:
//!   decoded text is never "cleaned up" (transformers may drop a space before punctuation),
//!   and a special token outside the vocabulary is ignored.
//! - No special token is ever added but by [`Tokenizer::prepare`].
//! - Nothing here reads a file, the environment or the clock.

mod bos;
mod chat;
mod check;
mod date;
mod guard;
mod special;

use serde_json::{Map, Value};

pub use bos::{Opening, Prepared, Prompt, UnknownWord};
pub use chat::{ChatOptions, Message};
pub use date::Date;

use chat::Templates;
use guard::guarded;
use special::Special;

/// A model's tokenizer.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    special: Special,
    templates: Templates,
}

impl Tokenizer {
    /// Builds a tokenizer from the contents of the files beside a model.
    ///
    /// `tokenizer_json` is `tokenizer.json`, `config_json` `tokenizer_config.json` and
    /// `special_map` `special_tokens_map.json`. `chat_template` is `chat_template.jinja` or
    /// `chat_template.json`, whichever there is; it takes precedence over the config's.
    ///
    /// # Errors
    ///
    /// - [`TokenizerError::Json`] if one of the files is not the JSON it should be.
    /// - [`TokenizerError::Vocabulary`] if `tokenizer.json` is not a tokenizer.
    pub fn from_parts(
        tokenizer_json: &[u8],
        config_json: Option<&[u8]>,
        special_map: Option<&[u8]>,
        chat_template: Option<&str>,
    ) -> Result<Self, TokenizerError> {
        let config = object("tokenizer_config.json", config_json)?;
        let special_map = object("special_tokens_map.json", special_map)?;
        check::check(tokenizer_json)
            .map_err(|source| TokenizerError::Json { file: "tokenizer.json", source })?;
        let build = || {
            let mut inner = tokenizers::Tokenizer::from_bytes(tokenizer_json)?;
            // A prompt is one sequence, whole: truncation would cut it without a word.
            inner.with_truncation(None)?.with_padding(None);
            special::set_prefix_space(&mut inner, &config);
            let special = Special::apply(&mut inner, &config, &special_map)?;
            Ok((inner, special))
        };
        let (inner, special) =
            guarded(build).map_err(|source| TokenizerError::Vocabulary { source })?;
        let templates = Templates::collect(config.get("chat_template"), chat_template);
        Ok(Self { inner, special, templates })
    }

    /// The ids of `text`. No token is added; special tokens that are spelled out in the text
    /// (`<bos>`) are read as such.
    ///
    /// # Errors
    ///
    /// [`TokenizerError::Encode`] if the vocabulary cannot spell the text and has no token
    /// for the unknown.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TokenizerError> {
        let encoding = guarded(|| self.inner.encode_fast(text, false));
        Ok(encoding.map_err(|source| TokenizerError::Encode { source })?.get_ids().to_vec())
    }

    /// The text of `ids`, special tokens included, exactly as the vocabulary spells it.
    ///
    /// # Errors
    ///
    /// [`TokenizerError::Decode`] if the tokenizer's decoder fails. Ids outside the
    /// vocabulary have no text and are skipped.
    pub fn decode(&self, ids: &[u32]) -> Result<String, TokenizerError> {
        guarded(|| self.inner.decode(ids, false))
            .map_err(|source| TokenizerError::Decode { source })
    }

    /// The text of one token, decoded by itself.
    ///
    /// Where that is empty, as for tokens that only a neighbour turns into text, this is the
    /// vocabulary's own spelling; for an id outside the vocabulary it is the id in brackets,
    /// since the rows of an embedding often outnumber the tokens. A token that is a part of a
    /// character shows as U+FFFD.
    pub fn token_text(&self, id: u32) -> String {
        match self.decode(&[id]) {
            Ok(text) if !text.is_empty() => text,
            _ => self.inner.id_to_token(id).unwrap_or_else(|| format!("[{id}]")),
        }
    }

    /// The id of `text`, which must be one token.
    ///
    /// # Errors
    ///
    /// - [`TokenizerError::SeveralTokens`] with the pieces if it is more than one.
    /// - [`TokenizerError::NoToken`] if it is none.
    /// - [`TokenizerError::NotInVocabulary`] if only the unknown token could stand for it.
    pub fn single_token(&self, text: &str) -> Result<u32, TokenizerError> {
        let (ids, unknown) = self.encode_with_unknown(text)?;
        let text = || text.to_owned();
        match ids.as_slice() {
            [] => Err(TokenizerError::NoToken { text: text() }),
            [_] if !unknown.is_empty() => Err(TokenizerError::NotInVocabulary { text: text() }),
            [id] => Ok(*id),
            ids => {
                let pieces = ids.iter().map(|id| self.token_text(*id)).collect();
                Err(TokenizerError::SeveralTokens { text: text(), pieces })
            }
        }
    }

    /// Size of the vocabulary without added tokens, which is what transformers calls
    /// `vocab_size` and circuit-tracer writes into its graphs.
    pub fn vocab_size(&self) -> usize {
        self.inner.get_vocab_size(false)
    }

    /// Number of tokens, added ones included; ids are below it unless the ids have gaps.
    pub fn len(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// True if there is no token at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The special ids, each once, in transformers' order (BOS, EOS, unknown, …). Where no
    /// config names any, the tokens that `tokenizer.json` marks as special, by id.
    pub fn special_ids(&self) -> &[u32] {
        &self.special.ids
    }

    /// The beginning-of-text token, if one is declared.
    pub fn bos_id(&self) -> Option<u32> {
        self.special.bos
    }

    /// The padding token, if one is declared.
    pub fn pad_id(&self) -> Option<u32> {
        self.special.pad
    }

    /// The end-of-text token, if one is declared.
    pub fn eos_id(&self) -> Option<u32> {
        self.special.eos
    }

    /// The ids of `text`, and the words in it that became the unknown token without being it.
    fn encode_with_unknown(
        &self,
        text: &str,
    ) -> Result<(Vec<u32>, Vec<UnknownWord>), TokenizerError> {
        let encoding = guarded(|| self.inner.encode(text, false));
        let encoding = encoding.map_err(|source| TokenizerError::Encode { source })?;
        let (ids, offsets) = (encoding.get_ids(), encoding.get_offsets());
        let mut unknown = Vec::new();
        if let Some(unknown_id) = self.special.unknown {
            let spelled = self.inner.id_to_token(unknown_id);
            for (pos, (id, (start, end))) in (0..).zip(ids.iter().zip(offsets)) {
                let word = text.get(*start..*end).unwrap_or_default();
                if *id == unknown_id && spelled.as_deref() != Some(word.trim()) {
                    unknown.push(UnknownWord { pos, text: word.to_owned() });
                }
            }
        }
        Ok((ids.to_vec(), unknown))
    }
}

/// The JSON object in `bytes`; an absent file is an empty one.
fn object(file: &'static str, bytes: Option<&[u8]>) -> Result<Map<String, Value>, TokenizerError> {
    let Some(bytes) = bytes else { return Ok(Map::new()) };
    serde_json::from_slice(bytes).map_err(|source| TokenizerError::Json { file, source })
}

/// The tokenizer's files are not usable, or a text does not fit them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its fields")]
pub enum TokenizerError {
    /// `tokenizer.json` does not describe a tokenizer.
    #[error("`tokenizer.json` is not a tokenizer: {source}")]
    Vocabulary { source: tokenizers::Error },
    /// A file is not JSON, or not of the shape it must have.
    #[error("`{file}` cannot be read: {source}")]
    Json { file: &'static str, source: serde_json::Error },
    /// The text cannot be spelled in this vocabulary.
    #[error("the text cannot be tokenized: {source}")]
    Encode { source: tokenizers::Error },
    /// The ids cannot be turned into text.
    #[error("the tokens cannot be decoded: {source}")]
    Decode { source: tokenizers::Error },
    /// One token was needed; `pieces` are the texts of those that were found.
    #[error("`{}` is several tokens: {}", one_line(text), list(pieces))]
    SeveralTokens { text: String, pieces: Vec<String> },
    /// One token was needed and the text holds none.
    #[error("`{}` is no token", one_line(text))]
    NoToken { text: String },
    /// One token was needed and the vocabulary does not hold it.
    #[error("`{}` is not in the vocabulary", one_line(text))]
    NotInVocabulary { text: String },
    /// The prompt has no tokens.
    #[error("the prompt is empty")]
    EmptyPrompt,
    /// An instruction-tuned Gemma 3 was given text that is not a user's turn; `found` is how
    /// the text begins.
    #[error(
        "the prompt begins with `{}`, expected `<bos><start_of_turn>user` and a line end",
        one_line(found)
    )]
    NoUserTurn { found: String },
    /// Neither the config nor a file holds a chat template.
    #[error("the tokenizer has no chat template")]
    NoChatTemplate,
    /// The tokenizer has chat templates, but not the one asked for.
    #[error("no chat template `{}`, there are: {}", one_line(name), list(available))]
    NoSuchTemplate { name: String, available: Vec<String> },
    /// The chat template itself refuses the messages.
    #[error("the chat template refuses the messages: {}", one_line(reason))]
    ChatRefused { reason: String },
    /// The chat template is not valid, or uses what only Python has.
    #[error("the chat template cannot be rendered: {source}")]
    Template { source: Box<minijinja::Error> },
    /// A date was not written as `YYYY-MM-DD`.
    #[error("`{}` is not a date, expected `YYYY-MM-DD`", one_line(text))]
    BadDate { text: String },
}

/// `text` for a message: control characters escaped, and cut where it is absurdly long.
fn one_line(text: &str) -> String {
    const LONGEST: usize = 200;
    let mut line = String::new();
    for (n, c) in text.chars().enumerate() {
        match c {
            _ if n == LONGEST => return line + "…",
            c if c.is_control() => line.extend(c.escape_default()),
            c => line.push(c),
        }
    }
    line
}

/// The first of `items`, each in backticks.
fn list(items: &[String]) -> String {
    const MOST: usize = 10;
    let mut shown: Vec<_> =
        items.iter().take(MOST).map(|item| format!("`{}`", one_line(item))).collect();
    if items.len() > MOST {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}
