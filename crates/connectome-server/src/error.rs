//! What can go wrong with a request: one sentence with the facts, a hint, and a status.

use std::io;
use std::path::PathBuf;

use axum::http::{StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use connectome::error::{LoadError, RunError};
use connectome::features::FeaturesError;
use connectome::open::OpenError;
use connectome::probe::ProbeError;
use connectome::tokenizer::TokenizerError;
use connectome_graph::GraphError;

use crate::wire::{Failure, FailureBody};

/// A request that cannot be answered.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message documents its fields")]
pub enum ServeError {
    /// There is nothing of that name.
    #[error("there is no {what} `{name}`")]
    Missing { what: &'static str, name: String },
    /// The program was made without it.
    #[error("{what}")]
    Absent { what: String, hint: Option<&'static str> },
    /// What was asked for makes no sense.
    #[error("{what}")]
    Bad { what: String, hint: Option<&'static str> },
    /// More bytes than the route takes.
    #[error("the body has more than {limit} bytes")]
    TooLarge { limit: usize },
    /// A part of a file that it has not.
    #[error("`{found}` is no range of the {length} bytes")]
    Range { found: String, length: u64 },
    /// Who asks may not.
    #[error("{why}")]
    Forbidden { why: String },
    /// The token is missing or wrong.
    #[error("this server wants its token")]
    NoToken,
    /// The store is only to be read.
    #[error("this server changes nothing: it was started read-only")]
    ReadOnly,
    /// Somebody else saved meanwhile; the answer has more than this.
    #[error("the view was saved elsewhere meanwhile: version {version}")]
    Conflict { version: u32, etag: String, current: serde_json::Value },
    /// The model that made a graph is not here.
    #[error("{why}")]
    NotRunnable { why: String },
    /// The store's disk refuses.
    #[error("cannot use `{}`: {source}", path.display())]
    Store { path: PathBuf, source: io::Error },
    /// A file of the store is damaged.
    #[error("`{}` is damaged: {reason}", path.display())]
    Damaged { path: PathBuf, reason: String },
    /// A graph does not allow it.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The model does not allow it.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A model cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// No features of a dictionary were collected.
    #[error("no features of the dictionary `{dictionary}` were collected")]
    NoIndex { dictionary: String, command: String },
    /// An index of features does not allow it.
    #[error(transparent)]
    Features(#[from] FeaturesError),
    /// A template cannot be probed.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// A figure cannot be drawn.
    #[error("cannot draw the figure as {format}: {reason}")]
    Figure { format: &'static str, reason: String },
    /// A thread of the server ended before its work did.
    #[error("the work ended before it was done: {reason}")]
    Fault { reason: String },
}

impl ServeError {
    pub(crate) fn bad(what: impl Into<String>) -> Self {
        Self::Bad { what: what.into(), hint: None }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Missing { .. }
            | Self::Absent { .. }
            | Self::NoIndex { .. }
            | Self::Features(FeaturesError::NoFeature { .. }) => StatusCode::NOT_FOUND,
            Self::Bad { .. } => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Range { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Forbidden { .. } | Self::ReadOnly => StatusCode::FORBIDDEN,
            Self::NoToken => StatusCode::UNAUTHORIZED,
            Self::Conflict { .. } => StatusCode::PRECONDITION_FAILED,
            Self::NotRunnable { .. } => StatusCode::CONFLICT,
            Self::Graph(GraphError::Read { .. } | GraphError::Write { .. })
            | Self::Store { .. }
            | Self::Damaged { .. }
            | Self::Figure { .. }
            | Self::Probe(ProbeError::File(_) | ProbeError::NotGrids { .. })
            | Self::Fault { .. } => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Features(FeaturesError::Run(_)) => StatusCode::BAD_REQUEST,
            Self::Features(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Probe(_) => StatusCode::BAD_REQUEST,
            Self::Graph(_) | Self::Run(_) | Self::Open(_) => StatusCode::BAD_REQUEST,
        }
    }

    fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Bad { hint, .. } | Self::Absent { hint, .. } => *hint,
            Self::TooLarge { .. } => Some("prune the graph before it is imported"),
            Self::Range { .. } => Some("`index.json.gz` says where each feature lies"),
            Self::NoToken => Some("open the address that the server printed when it started"),
            Self::Conflict { .. } => Some("merge the two and save with the current ETag"),
            Self::NotRunnable { .. } => {
                Some("start the server with `--model MODEL=DICTIONARY` for what made the graph")
            }
            Self::Store { .. } | Self::Graph(GraphError::Write { .. }) => {
                Some("is the disk full, or the folder not writable?")
            }
            Self::Graph(_) => Some("is the file whole, and of a format that can be imported?"),
            Self::Open(OpenError::Run(error)) | Self::Run(error) => of_run(error),
            Self::Features(FeaturesError::Run(error)) | Self::Probe(ProbeError::Run(error)) => {
                of_run(error)
            }
            Self::Features(_) => Some("`connectome features collect` makes an index"),
            Self::Probe(ProbeError::Slots { .. } | ProbeError::Brace { .. }) => {
                Some("write two slots in braces, as in `calc : {a} + {b} =`")
            }
            Self::Probe(ProbeError::ValueList { .. } | ProbeError::Values { .. }) => {
                Some("give a range as `0..100`, or a list with commas")
            }
            Self::Open(OpenError::Tokenizer(error)) => of_tokenizer(error),
            Self::Open(OpenError::Load(LoadError::MissingFile { .. })) => {
                Some("give token ids instead of text")
            }
            _ => None,
        }
    }

    /// As it goes over the wire.
    #[must_use]
    pub fn body(&self) -> FailureBody {
        let spaced: String =
            self.to_string().chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        FailureBody {
            what: spaced.split_whitespace().collect::<Vec<_>>().join(" "),
            hint: match self {
                Self::NoIndex { command, .. } if !command.is_empty() => {
                    Some(format!("`{command}` collects them"))
                }
                _ => self.hint().map(str::to_owned),
            },
            status: self.status().as_u16(),
        }
    }
}

fn of_run(error: &RunError) -> Option<&'static str> {
    match error {
        RunError::NoFeatures | RunError::EmptySet { .. } => {
            Some("choose a feature that fires on the prompt")
        }
        RunError::Alignment { .. } | RunError::NoCounterpart { .. } => {
            Some("count positions from the end, or choose a prompt of the same length")
        }
        RunError::Tokenizer(error) => of_tokenizer(error),
        _ => None,
    }
}

fn of_tokenizer(_: &TokenizerError) -> Option<&'static str> {
    Some("give other text, or token ids")
}

impl IntoResponse for ServeError {
    fn into_response(self) -> Response {
        let status = self.status();
        let error = self.body();
        // What a range may be of, as RFC 9110 has it.
        let of = match &self {
            Self::Range { length, .. } => Some(format!("bytes */{length}")),
            _ => None,
        };
        let body = match self {
            Self::Conflict { version, etag, current } => {
                serde_json::to_vec(&crate::wire::ViewConflict { error, etag, version, current })
            }
            _ => serde_json::to_vec(&Failure { error }),
        };
        let body = body.expect("text and numbers are JSON");
        let of = AppendHeaders(of.map(|of| (header::CONTENT_RANGE, of)));
        (status, [(header::CONTENT_TYPE, "application/json")], of, body).into_response()
    }
}
