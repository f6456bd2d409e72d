//! [`judged`]: what each of many grids is a function of.

use std::ops::ControlFlow;

use connectome_graph::FeatureId;

use super::classes::{Numbers, Verdict, classify};
use super::grid::Grids;

/// A feature and what its grid is.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// Which it is.
    pub id: FeatureId,
    /// What is said of it.
    pub verdict: Verdict,
    /// Largest activation on a cell.
    pub largest: f32,
    /// Cells on which it fires.
    pub n_cells: usize,
}

/// Verdicts on those features, in their order. `watch` is told how many of how many are done; the
/// result is `None` if it asks to stop.
#[must_use]
pub fn judged(
    grids: &Grids,
    features: &[FeatureId],
    watch: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Option<Vec<Judged>> {
    let numbers = [grids.numbers(0), grids.numbers(1)];
    let numbers = match &numbers {
        [Some(first), Some(second)] => Some(Numbers { first, second }),
        _ => None,
    };
    let same_values = grids.values[0] == grids.values[1];
    let mut all = Vec::new();
    for (at, id) in features.iter().enumerate() {
        if watch(at, features.len()).is_break() {
            return None;
        }
        let grid = grids.grid(*id);
        let verdict = classify(&grid, numbers, same_values);
        let largest = grid.cells.iter().copied().fold(0.0, f32::max);
        let n_cells = grid.cells.iter().filter(|cell| **cell != 0.0).count();
        all.push(Judged { id: *id, verdict, largest, n_cells });
    }
    Some(all)
}
