//! What can be asked of a graph without its model: head, edges, pruning, paths, circuits,
//! suggestions, comparison, what recurs. Each is a pure function from graphs and a request to an
//! answer; the numbers are `connectome-graph`'s.

mod align;
mod compare;
mod edges;
mod head;
mod layout;
mod recurring;
mod suggest;

pub use compare::{Side, compare};
pub(crate) use edges::{edges, paths, pruned};
pub(crate) use head::{Around, head, head_of};
pub(crate) use layout::{BOX, Boxes, circuit};
pub use recurring::recurring;
pub use suggest::suggest_groups;
pub(crate) use suggest::{Known, suggest};

use connectome_graph::{AttributionGraph, NodeIdx};

use crate::error::ServeError;

/// Nodes of a request, checked against the graph.
pub(crate) fn checked(graph: &AttributionGraph, nodes: &[u32]) -> Result<Vec<NodeIdx>, ServeError> {
    nodes.iter().map(|node| checked_one(graph, *node)).collect()
}

pub(crate) fn checked_one(graph: &AttributionGraph, node: u32) -> Result<NodeIdx, ServeError> {
    let count = graph.nodes().len();
    if (node as usize) < count {
        return Ok(NodeIdx::new(node));
    }
    Err(ServeError::bad(format!("node {node} is not one of the graph's {count}")))
}

/// What a person calls a node: its label, a token's text, or its name.
pub(crate) fn label(graph: &AttributionGraph, idx: NodeIdx) -> String {
    let nodes = graph.nodes();
    if let Some(label) = graph.annotations().label(nodes, idx) {
        return label.to_owned();
    }
    match nodes.node(idx) {
        connectome_graph::Node::Token { pos, .. } => {
            graph.prompt().token_texts[pos as usize].clone()
        }
        connectome_graph::Node::Target(k) => nodes.targets()[k as usize].label.clone(),
        _ => nodes.name(idx),
    }
}
