//! The server itself, models, prompts and plain forward passes.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Every answer that is no success.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Failure {
    /// What went wrong.
    pub error: FailureBody,
}

/// One sentence with the facts, and what may help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FailureBody {
    /// What went wrong, with the facts.
    pub what: String,
    /// What may help.
    pub hint: Option<String>,
    /// The HTTP status.
    pub status: u16,
}

/// `GET /api/status`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Status {
    /// The program and its version, as in `connectome 0.1.0`.
    pub version: String,
    /// The model that is used where none is named.
    pub default_model: String,
    /// Whether an index of features is here for the default model's dictionary.
    pub features: bool,
    /// The address that the server is bound to, with its port.
    pub host: String,
    /// Whether nothing can be changed.
    pub read_only: bool,
    /// Whether another frontend is served at `/compat/`.
    pub compat: bool,
    /// The graph that the tour opens; null if it was deleted.
    pub tour: Option<String>,
}

/// A row of `GET /api/models`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ModelRow {
    /// What requests call it.
    pub name: String,
    /// One line; empty if nothing is known.
    pub about: String,
    /// `model_type` of its config.
    pub family: String,
    /// Decoder layers.
    pub n_layers: usize,
    /// Width of the residual stream.
    pub d_model: usize,
    /// Length of the logits.
    pub n_vocab: usize,
    /// Its dictionary.
    pub dictionary: DictionaryRow,
    /// Whether it is inside the program.
    pub shipped: bool,
    /// What its folder's README says, as markdown; empty if there is none.
    pub card: String,
    /// A prompt that shows what it does.
    pub example: Option<String>,
    /// Whether prompts can be written as a chat turn.
    pub chat: bool,
}

/// A transcoder dictionary.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct DictionaryRow {
    /// What requests call it.
    pub name: String,
    /// `clt` (cross-layer) or `plt` (per-layer).
    pub kind: String,
    /// Features of one layer.
    pub n_features: usize,
    /// What its README says: how well it replaces the model, how much of it is dead. Empty if
    /// there is none.
    pub card: String,
}

/// A prompt as it is asked for: text, or ids. The body of `POST /api/tokenize` and
/// `POST /api/estimate`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct PromptAsk {
    /// The default model if null.
    pub model: Option<String>,
    /// Text; a token to begin with is put in front as the model wants it.
    pub text: Option<String>,
    /// Ids; used as they are, but for a token to begin with.
    pub ids: Option<Vec<u32>>,
    /// Whether `text` is what the user says in a chat.
    pub chat: bool,
    /// What a chat's system message says.
    pub system: Option<String>,
}

/// A token of the vocabulary.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Token {
    /// Its id.
    pub id: u32,
    /// The id decoded by itself.
    pub text: String,
}

/// The answer of `POST /api/tokenize`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Tokens {
    /// As the model sees them, special tokens included.
    pub tokens: Vec<Token>,
    /// What a reader should know: what was put in front, what the vocabulary lacks.
    pub notes: Vec<String>,
    /// At so many positions at the start features are not used.
    pub n_zeroed: usize,
}

/// The body of `POST /api/forward`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct ForwardAsk {
    /// The prompt.
    pub prompt: PromptAsk,
    /// So many most probable tokens at each position; at most 100.
    pub top_k: usize,
    /// Tokens whose probability is wanted at every position.
    #[serde(default)]
    pub watch: Vec<u32>,
}

/// The answer of `POST /api/forward`.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Forward {
    /// The prompt.
    pub tokens: Vec<Token>,
    /// What comes next, at every position.
    pub positions: Vec<Forecast>,
    /// As in [`Tokens`].
    pub notes: Vec<String>,
}

/// The distribution over the next token.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Forecast {
    /// The most probable first.
    pub top: Vec<Chance>,
    /// Entropy in bits.
    pub entropy_bits: f64,
    /// Probability of each watched token, in the order of the request.
    pub watched: Vec<f64>,
    /// Probability of the watched set: each id once.
    pub watched_total: f64,
}

/// A token that may come next.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Chance {
    /// Its id.
    pub id: u32,
    /// The id decoded by itself.
    pub text: String,
    /// Its probability.
    pub p: f64,
}

/// The answer of `POST /api/estimate`: what a trace of a prompt takes.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct Estimate {
    /// Tokens of the prompt.
    pub n_tokens: usize,
    /// Features that fire on it.
    pub n_active: usize,
    /// Seconds if every feature is expanded, from rows that were timed; a certified graph takes
    /// less.
    pub seconds: f64,
    /// Rows that were timed.
    pub n_timed_rows: usize,
    /// Bytes of a graph file with every row in full: the most that it can be.
    pub bytes: usize,
    /// Bytes of memory that are held from the first row to the last, beside the model, the
    /// dictionary and the rows: directions of the features that fire, each once, and of every
    /// layer that it writes to; errors and constants; attention patterns. The batch of rows that
    /// is under way comes on top.
    pub held_bytes: usize,
}
