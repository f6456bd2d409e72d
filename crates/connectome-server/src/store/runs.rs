//! Measured runs of a graph.

use std::path::PathBuf;

use super::Store;
use super::files::{numbered, numbers, read_json, write_json};
use crate::error::ServeError;
use crate::id::Id;
use crate::wire::{Run, RunBody, RunRow};

/// The longest name of a run, in characters.
const LONGEST_NAME: usize = 200;

impl Store {
    /// Saves a run under the next number.
    pub(crate) fn add_run(&self, graph: &Id, mut run: Run) -> Result<u32, ServeError> {
        let folder = self.existing(graph)?.join("runs");
        let _writing = self.lock();
        let taken = numbers(&folder).into_iter().chain(self.trashed_runs(graph));
        run.number = taken.max().map_or(1, |last| last + 1);
        write_json(&numbered(&folder, run.number), &run)?;
        Ok(run.number)
    }

    pub(crate) fn run(&self, graph: &Id, number: u32) -> Result<Run, ServeError> {
        read_json(&self.run_path(graph, number)?)
    }

    /// The file of a run that is there.
    pub(super) fn run_path(&self, graph: &Id, number: u32) -> Result<PathBuf, ServeError> {
        let folder = self.existing(graph)?.join("runs");
        if !numbers(&folder).contains(&number) {
            return Err(ServeError::Missing { what: "run", name: number.to_string() });
        }
        Ok(numbered(&folder, number))
    }

    /// Calls a run otherwise.
    pub(crate) fn name_run(
        &self,
        graph: &Id,
        number: u32,
        name: &str,
    ) -> Result<RunRow, ServeError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            return Err(ServeError::bad(format!(
                "a run's name has 1 to {LONGEST_NAME} characters"
            )));
        }
        let path = self.run_path(graph, number)?;
        let _writing = self.lock();
        let run = Run { name: name.to_owned(), ..read_json(&path)? };
        write_json(&path, &run)?;
        Ok(run_row(&run))
    }

    /// Rows of a graph's runs, the newest first.
    pub(crate) fn runs(&self, graph: &Id) -> Result<Vec<RunRow>, ServeError> {
        let folder = self.existing(graph)?.join("runs");
        let row = |number: u32| {
            let run: Run = read_json(&numbered(&folder, number)).ok()?;
            Some(RunRow { number, ..run_row(&run) })
        };
        Ok(numbers(&folder).into_iter().rev().filter_map(row).collect())
    }
}

/// A run's row.
pub(crate) fn run_row(run: &Run) -> RunRow {
    let partial = match &run.result {
        RunBody::Validate(run) => run.partial,
        RunBody::Intervene(run) => run.sweep.as_ref().is_some_and(|sweep| sweep.partial),
    };
    RunRow {
        number: run.number,
        name: run.name.clone(),
        created: run.created,
        validates: matches!(run.result, RunBody::Validate(_)),
        partial,
    }
}
