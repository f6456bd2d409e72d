//! The log of errors that the page did not expect: `log.json`, the last of them.

use std::path::PathBuf;

use super::Store;
use super::files::{now_ms, read_json, write_json};
use crate::TOOL;
use crate::error::ServeError;
use crate::wire::{LogRow, PageError};

/// Errors that are kept.
const KEPT: usize = 200;
/// The longest text of an error, in characters.
const LONGEST: usize = 200;
/// The most places in the code.
const FRAMES: usize = 8;

impl Store {
    fn log_path(&self) -> PathBuf {
        self.root.join("log.json")
    }

    /// Errors, the newest first. A file that cannot be read is no reason to keep no others.
    pub(crate) fn log(&self) -> Vec<LogRow> {
        read_json(&self.log_path()).unwrap_or_default()
    }

    /// Keeps an error; one that is there already is counted.
    pub(crate) fn add_to_log(&self, error: PageError) -> Result<(), ServeError> {
        let texts = [Some(&error.name), error.message.as_ref(), Some(&error.page)];
        let mut texts = texts.into_iter().flatten().chain(&error.frames);
        if error.frames.len() > FRAMES || texts.any(|text| text.chars().count() > LONGEST) {
            return Err(ServeError::bad(format!(
                "an error of the page has at most {FRAMES} frames, and texts of {LONGEST} \
                 characters"
            )));
        }
        let _writing = self.lock();
        let mut rows = self.log();
        let known = rows.iter().position(|row| row.error == error);
        let n = known.map_or(0, |place| rows.remove(place).n) + 1;
        rows.insert(0, LogRow { error, n, at: now_ms(), tool: TOOL.to_owned() });
        rows.truncate(KEPT);
        write_json(&self.log_path(), &rows)
    }
}
