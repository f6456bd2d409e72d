//! Two numbers for how much of the model a graph explains.
//!
//! - *Replacement*: of the influence that ends in tokens or errors, the share that ends in
//!   tokens. 1 if features carry everything from the prompt to the targets.
//! - *Completeness*: of the inputs of all nodes, each node counted by what it passes on, the
//!   share that does not come from errors. It credits a node whose inputs are explained even if
//!   *their* inputs are not.
//!
//! With `infl` the influence, `w` the targets' weights, and `err_n` the share of node `n`'s
//! inputs that are errors, the peer's completeness is
//!
//! ```text
//! Σ_n (1 − err_n)(infl_n + w_n) / Σ_n (infl_n + w_n)  =  1 − I_err / (Σ infl + Σ w),
//! ```
//!
//! for `Σ_n err_n (infl_n + w_n)` is just the influence that arrives at errors, `I_err`.
//!
//! # Bounds
//!
//! Let ε be the mass that stopped and `E` what all nodes together may lack
//! ([`crate::Influence`]); `T`, `I_err` and `S = Σ infl + Σ w` are what the graph knows.
//!
//! - A walk that goes on ends in one token or one error, so tokens gain `a` and errors `b` with
//!   `a + b ≤ ε`. Replacement is least for `a = 0, b = ε` and most for `a = ε, b = 0`.
//! - Completeness is most if errors gain nothing and the sum gains `E`: `1 − I_err / (S + E)`.
//!   If errors gain `b ≤ ε`, the sum gains `b` at least; as `I_err ≤ S`, the least is
//!   `1 − (I_err + ε) / (S + ε)`.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", graph scores; circuit-tracer 0.4.1
//! `compute_graph_scores`.

use crate::influence::walk;
use crate::{AttributionGraph, GraphError, Influence, NodeIdx, influence};

/// A number, and where it lies once the missing rows are known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounded {
    /// The number as the graph stands.
    pub value: f64,
    /// The least that it can be.
    pub lo: f64,
    /// The most that it can be.
    pub hi: f64,
}

/// How much of the model a graph explains; both from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scores {
    /// The share of end points that are tokens.
    pub replacement: Bounded,
    /// The share of inputs that are not errors.
    pub completeness: Bounded,
}

/// Scores of a whole graph.
pub fn scores(graph: &AttributionGraph) -> Scores {
    scores_of(graph, &influence(graph))
}

/// As [`scores`], from influence that is known already (as in [`crate::Pruned::influence`]).
pub fn scores_of(graph: &AttributionGraph, influence: &Influence) -> Scores {
    ends(graph, influence, |_| true)
}

/// Scores of a circuit: the graph with every node that is not kept counted as an error.
///
/// An edge from a dropped node still comes from somewhere, and the circuit does not say from
/// where. So rows keep their sums, a walker that steps to a dropped node ends there as in an
/// error, and a circuit never scores above the graph it was cut from by dropping what it
/// cannot explain. (Re-normalizing over kept nodes instead would reward that.) Targets belong
/// to every circuit; a dropped token is unexplained, too.
///
/// # Errors
///
/// [`GraphError::Length`] if `keep` has not one entry a node.
///
/// Source: Ameisen et al. 2025, "Circuit Tracing": "pruned nodes count as errors".
pub fn circuit_scores(graph: &AttributionGraph, keep: &[bool]) -> Result<Scores, GraphError> {
    let nodes = graph.nodes();
    let (found, expected) = (keep.len(), nodes.len());
    if found != expected {
        return Err(GraphError::Length { what: "mask of kept nodes", found, expected });
    }
    let explained =
        |idx: NodeIdx| nodes.target_range().contains(&idx.as_usize()) || keep[idx.as_usize()];
    Ok(ends(graph, &walk(graph, explained), explained))
}

/// Scores from where the walks ended: at a token, or at an error or what counts as one.
fn ends(
    graph: &AttributionGraph,
    influence: &Influence,
    explained: impl Fn(NodeIdx) -> bool,
) -> Scores {
    let nodes = graph.nodes();
    let (mut tokens, mut errors) = (0.0, 0.0);
    for (idx, &mass) in nodes.indices().zip(&influence.node) {
        if nodes.error_range().contains(&idx.as_usize()) || !explained(idx) {
            errors += mass;
        } else if nodes.token_range().contains(&idx.as_usize()) {
            tokens += mass;
        }
    }
    let seeds = nodes.targets().iter().map(|target| f64::from(target.weight));
    let total = influence.total() + seeds.sum::<f64>();
    let (ended, missing, visits) =
        (tokens + errors, influence.unresolved, influence.unresolved_visits);
    Scores {
        replacement: Bounded {
            value: share(tokens, ended),
            lo: share(tokens, ended + missing),
            hi: share(tokens + missing, ended + missing),
        },
        completeness: Bounded {
            value: 1.0 - share(errors, total),
            lo: 1.0 - share(errors + missing, total + missing),
            hi: 1.0 - share(errors, total + visits),
        },
    }
}

/// A part of a whole; nothing of nothing is nothing.
fn share(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole } else { 0.0 }
}
