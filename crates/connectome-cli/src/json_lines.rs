//! Files of one JSON object a line: tables of prompts that differ in a variable.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::failure::UsageError;

/// Reads the lines, each of which `check` may refuse with a reason; empty ones are left out.
///
/// # Errors
///
/// [`UsageError::Read`] and [`UsageError::PromptNotText`] of the file; [`UsageError::TableLine`]
/// with the number of the first line that is not as it should be.
pub(crate) fn read<T: DeserializeOwned>(
    path: &Path,
    check: impl Fn(&T) -> Result<(), &'static str>,
) -> Result<Vec<T>, UsageError> {
    let bytes =
        std::fs::read(path).map_err(|source| UsageError::Read { path: path.to_owned(), source })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| UsageError::PromptNotText { path: path.to_owned() })?;
    let mut rows = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let refuse =
            |reason: String| UsageError::TableLine { line: at + 1, reason, path: path.to_owned() };
        let row = serde_json::from_str(line).map_err(|error| refuse(error.to_string()))?;
        check(&row).map_err(|reason| refuse(reason.to_owned()))?;
        rows.push(row);
    }
    Ok(rows)
}
