//! Where a graph comes from: the prompt, the files and flags that made it, how complete it is.
//!
//! Everything here is written into the graph file as it stands. There is no clock in it: the
//! same command on the same files gives the same bytes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The prompt as the model saw it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The decoded ids, special tokens included.
    pub text: String,
    /// Each id decoded by itself, `[T]`.
    pub token_texts: Vec<String>,
    /// The ids, `[T]`.
    pub token_ids: Vec<u32>,
}

/// A model or dictionary, and the digest of the files it was read from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// As the user named it: a Hub id with revision, or a folder's name.
    pub name: String,
    /// BLAKE3 of its files, in hex; `None` if the graph was imported.
    pub digest: Option<String>,
}

/// What made a graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The program and its version, as in `connectome 0.1.0`.
    pub tool: String,
    /// The command's flags that bear on the result, by name.
    pub flags: BTreeMap<String, String>,
    /// The language model.
    pub model: Origin,
    /// The transcoder dictionary.
    pub dictionary: Origin,
    /// What frontends look features up by: one name, or one a layer for a mixed dictionary.
    pub scans: Vec<String>,
    /// Length of the logits; virtual ids of directions start here.
    pub vocab_size: u32,
    /// The seed, where the run drew random numbers.
    pub seed: Option<u64>,
    /// What was imported and from which format; `None` for a graph traced here.
    pub imported: Option<String>,
}

/// Which features were given rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expansion {
    /// All that fired.
    Exhaustive,
    /// So many, by the peer's rule. Features beyond the budget are no nodes, and edges from
    /// them were left out of the rows before anything was normalized.
    Budget {
        /// The most features that may be nodes.
        max_feature_nodes: u32,
    },
    /// As many as it takes for the unresolved influence to fall below a share of the total.
    Certified {
        /// That share.
        tolerance: f64,
    },
}

/// How far a trace went.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extent {
    /// What was asked for.
    pub expansion: Expansion,
    /// Whether rows are missing that were asked for: the trace was interrupted, or the graph
    /// was imported from a file that holds a pruned one.
    pub partial: bool,
}

impl Extent {
    /// A trace that ran to its end.
    pub fn complete(expansion: Expansion) -> Self {
        Self { expansion, partial: false }
    }
}
