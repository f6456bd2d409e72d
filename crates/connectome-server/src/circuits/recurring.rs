//! Several graphs of one dictionary: which features recur, and how much of each they carry.
//!
//! A graph explains one prompt. Whether a feature does the same for others of its kind is seen
//! only side by side (Ameisen et al. 2025, "Circuit Tracing", on what single prompts do not show).

use std::collections::BTreeMap;

use connectome_graph::FeatureId;

use super::compare::{Side, of_one_dictionary};
use crate::error::ServeError;
use crate::wire::{Recurring, RecurringCell, RecurringFeature};

/// The most graphs that are laid side by side.
pub(crate) const MOST_GRAPHS: usize = 64;

/// Every feature that is a node of at least `least` graphs: first those of most graphs, then those
/// of the largest mean influence.
///
/// # Errors
///
/// [`ServeError::Bad`] for fewer than two graphs or too many, and for graphs of two dictionaries.
pub fn recurring(graphs: &[Side<'_>], least: usize) -> Result<Recurring, ServeError> {
    if !(2..=MOST_GRAPHS).contains(&graphs.len()) {
        let n = graphs.len();
        return Err(ServeError::bad(format!("{n} graphs were named, expected 2 to {MOST_GRAPHS}")));
    }
    for other in &graphs[1..] {
        of_one_dictionary([graphs[0].graph, other.graph])?;
    }
    let mut found: BTreeMap<FeatureId, Vec<Option<RecurringCell>>> = BTreeMap::new();
    for (at, side) in graphs.iter().enumerate() {
        for (idx, fired) in side.graph.nodes().features() {
            let row = found.entry(fired.id).or_insert_with(|| vec![None; graphs.len()]);
            let cell = row[at].get_or_insert_with(RecurringCell::default);
            cell.nodes.push(idx.get());
            cell.influence += side.shares[idx.as_usize()];
            cell.activation = cell.activation.max(f64::from(fired.activation));
        }
    }
    let mut rows: Vec<RecurringFeature> = Vec::new();
    for (id, cells) in found {
        let n_graphs = cells.iter().flatten().count();
        if n_graphs < least {
            continue;
        }
        let sum: f64 = cells.iter().flatten().map(|cell| cell.influence).sum();
        rows.push(RecurringFeature {
            feature: id.to_string(),
            layer: id.layer,
            index: id.index,
            label: None,
            label_source: None,
            n_graphs,
            mean_influence: sum / graphs.len() as f64,
            cells,
        });
    }
    rows.sort_by(|a, b| {
        let by_graphs = b.n_graphs.cmp(&a.n_graphs);
        by_graphs.then(b.mean_influence.total_cmp(&a.mean_influence))
    });
    Ok(Recurring { n_features: rows.len(), rows, feature_set: None })
}
