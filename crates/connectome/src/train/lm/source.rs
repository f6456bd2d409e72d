//! [`TokenSource`]: where a run's rows come from.
//!
//! A source is asked for the rows of one step after the other. What it must remember between two
//! steps is its cursor, which checkpoints hold; a source that makes a step's rows from the step
//! alone ([`Steps`]) has none.

use serde_json::Value;

use super::rows::Rows;
use crate::train::TrainError;

/// A supply of rows.
pub trait TokenSource {
    /// `n_rows` rows for `step`, each of `n_tokens` tokens. Steps are asked for in order, from
    /// where the cursor was set.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if the data cannot be read or tokenized.
    fn rows(&mut self, step: u64, n_rows: usize, n_tokens: usize) -> Result<Rows, TrainError>;

    /// What tells this source from others: part of the run's config.
    fn identity(&self) -> Value;

    /// Where the source stands.
    fn cursor(&self) -> Value {
        Value::Null
    }

    /// Goes where a cursor of the same source stood.
    ///
    /// # Errors
    ///
    /// [`TrainError`] if the data there cannot be read.
    fn seek(&mut self, _cursor: &Value) -> Result<(), TrainError> {
        Ok(())
    }
}

/// A source whose rows are a function of `(step, n_rows, n_tokens)`.
#[derive(Clone, Debug)]
pub struct Steps<F> {
    identity: Value,
    rows: F,
}

impl<F: FnMut(u64, usize, usize) -> Rows> Steps<F> {
    /// A source under this identity: whatever decides the rows must be in it.
    pub fn new(identity: Value, rows: F) -> Self {
        Self { identity, rows }
    }
}

impl<F: FnMut(u64, usize, usize) -> Rows> TokenSource for Steps<F> {
    fn rows(&mut self, step: u64, n_rows: usize, n_tokens: usize) -> Result<Rows, TrainError> {
        Ok((self.rows)(step, n_rows, n_tokens))
    }

    fn identity(&self) -> Value {
        self.identity.clone()
    }
}
