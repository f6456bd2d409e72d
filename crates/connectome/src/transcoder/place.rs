//! [`Place`]: a tensor of a file, for messages.

use std::path::PathBuf;

use crate::error::LoadError;
use crate::ops::dense::first_not_finite;
use crate::ops::matrix::Stored;

/// Numbers checked at a time.
const BLOCK: usize = 1 << 16;

/// A tensor of a file.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) tensor: String,
    pub(super) path: PathBuf,
}

impl Place {
    /// The error that the tensor holds `value` at element `at`.
    pub(super) fn not_finite(&self, at: usize, value: f32) -> LoadError {
        LoadError::NotFinite { tensor: self.tensor.clone(), value, at, path: self.path.clone() }
    }

    /// The numbers, if all are finite.
    pub(super) fn finite(&self, values: Vec<f32>) -> Result<Vec<f32>, LoadError> {
        match first_not_finite(&values) {
            None => Ok(values),
            Some((at, value)) => Err(self.not_finite(at, value)),
        }
    }

    /// Reads all numbers once, block by block, and gives their pages back.
    pub(super) fn check_finite(&self, stored: &Stored) -> Result<(), LoadError> {
        let mut block = vec![0.0; BLOCK.min(stored.len())];
        for start in (0..stored.len()).step_by(BLOCK) {
            let len = BLOCK.min(stored.len() - start);
            stored.widen(start, &mut block[..len]);
            if let Some((at, value)) = first_not_finite(&block[..len]) {
                return Err(self.not_finite(start + at, value));
            }
        }
        stored.release(0, stored.len());
        Ok(())
    }
}
