//! Edges of a pruned graph as a table.

use connectome_graph::{AttributionGraph, Thresholds, prune_keeping};

use crate::circuits::label;
use crate::error::ServeError;
use crate::store::abs_in;

/// Edges of the graph, pruned with these thresholds: ends by name and label, the raw weight, and
/// its share of the target's absolute input. Labels, and nodes that stay in any case, are those of
/// the graph's annotations.
///
/// # Errors
///
/// [`ServeError`] for thresholds that are none.
pub fn edges_csv(graph: &AttributionGraph, thresholds: &Thresholds) -> Result<Vec<u8>, ServeError> {
    let (nodes, abs_in) = (graph.nodes(), abs_in(graph));
    let mut text = String::from("source,source_label,target,target_label,raw,share_of_input\n");
    let pruned = prune_keeping(graph, thresholds, &graph.annotations().chosen())?;
    for edge in &pruned.edges {
        let share = f64::from(edge.weight) / abs_in[edge.target.as_usize()];
        for idx in [edge.source, edge.target] {
            text.push_str(&format!("{},{},", cell(&nodes.name(idx)), cell(&label(graph, idx))));
        }
        text.push_str(&format!("{},{share}\n", edge.weight));
    }
    Ok(text.into_bytes())
}

/// A cell that no program takes for a formula.
fn cell(text: &str) -> String {
    let start = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{start}{}\"", text.replace('"', "\"\""))
}
