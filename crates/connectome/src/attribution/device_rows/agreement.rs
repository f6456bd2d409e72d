//! How far a device's rows are from the CPU's: the check that a device computes what it should.

use super::super::rows::{DenseRow, Origin, RowEngine};
use super::super::{Options, targets};
use super::{Budget, DeviceEngine};
use crate::device::RowDevice;
use crate::error::RunError;
use crate::replacement::LocalReplacement;

/// The rows of a prompt on a device beside those of the CPU.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Agreement {
    /// Rows compared.
    pub rows: usize,
    /// Batches in which the device made them.
    pub batches: usize,
    /// The largest difference of a weight or constant, as a share of the largest in its row.
    pub worst: f64,
}

/// Computes the rows of all targets and all active features on both, and compares them.
///
/// # Errors
///
/// As [`super::super::attribute`], and [`RunError::Device`].
pub fn agreement<D: RowDevice>(
    local: &LocalReplacement<'_>,
    device: &D,
    budget: Budget,
    options: &Options,
) -> Result<Agreement, RunError> {
    let pos = options.pos.unwrap_or(local.n_tokens() - 1);
    let seeds = targets::seeds(local, &options.targets, pos, &|token| token.to_string())?;
    let features = (0..local.features().len()).rev();
    let origins: Vec<Origin> = seeds
        .iter()
        .map(Origin::of_seed)
        .chain(features.map(|feature| Origin::of_feature(local, feature)))
        .collect();
    let cpu = RowEngine::new(local);
    let mut engine = DeviceEngine::new(local, device, budget)?;
    let mut found = Agreement::default();
    let mut rest = origins.as_slice();
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(engine.batch_len(rest));
        let rows = engine.rows(batch)?;
        // The CPU's own batches are smaller, so that both sides need not agree on them.
        let mut expected = Vec::new();
        let mut left = batch;
        while !left.is_empty() {
            let (part, others) = left.split_at(cpu.batch_len(left));
            expected.extend(cpu.rows(part));
            left = others;
        }
        for (row, expected) in rows.iter().zip(&expected) {
            found.worst = found.worst.max(difference(row, expected));
        }
        found.rows += rows.len();
        found.batches += 1;
        rest = after;
    }
    Ok(found)
}

/// The largest difference of two rows as a share of the second one's largest number. A row of
/// nothing but zeros has to be met exactly.
fn difference(row: &DenseRow, expected: &DenseRow) -> f64 {
    let (mut largest, mut worst) = (0.0_f32, 0.0_f32);
    let parts = [
        (row.feature_a.as_slice(), expected.feature_a.as_slice()),
        (&row.error_lt, &expected.error_lt),
        (&row.token_t, &expected.token_t),
        (std::slice::from_ref(&row.constant), std::slice::from_ref(&expected.constant)),
    ];
    for (x, y) in parts.into_iter().flat_map(|(row, expected)| row.iter().zip(expected)) {
        largest = largest.max(y.abs());
        // A NaN must not pass for agreement.
        let distance = (x - y).abs();
        worst = if distance.is_nan() { f32::INFINITY } else { worst.max(distance) };
    }
    if worst == 0.0 { 0.0 } else { f64::from(worst) / f64::from(largest) }
}
