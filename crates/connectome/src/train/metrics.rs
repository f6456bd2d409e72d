//! [`Log`]: what a run measures, one JSON object a line.
//!
//! A line begins with `step` and `kind`; the rest is the trainer's. Nothing here reads a clock:
//! seconds are in a line if the caller put them there. A resumed run cuts off what came after
//! its checkpoint, so a log never holds a step twice.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use connectome_graph::whole;
use serde_json::Value;

use super::TrainError;

/// A metrics file, open for appending.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    /// A new, empty file.
    ///
    /// # Errors
    ///
    /// [`TrainError::Write`].
    pub fn create(path: &Path) -> Result<Self, TrainError> {
        let file = File::create(path);
        let file = file.map_err(|source| TrainError::Write { path: path.to_owned(), source })?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// The file as it was when `step` had been reached: later lines, and a last one that was cut
    /// short, are left out. A file that is not there is made.
    ///
    /// # Errors
    ///
    /// [`TrainError::Read`], [`TrainError::Write`].
    pub fn resume(path: &Path, step: u64) -> Result<Self, TrainError> {
        let write = |source| TrainError::Write { path: path.to_owned(), source };
        let read = |source| TrainError::Read { path: path.to_owned(), source };
        if !path.exists() {
            return Self::create(path);
        }
        let mut kept = whole::beside(path).map_err(write)?;
        for line in BufReader::new(File::open(path).map_err(read)?).lines() {
            let line = line.map_err(read)?;
            let Ok(value) = serde_json::from_str::<Value>(&line) else { continue };
            if value["step"].as_u64().is_some_and(|of_line| of_line <= step) {
                writeln!(kept, "{line}").map_err(write)?;
            }
        }
        let file = kept.persist(path).map_err(|error| write(error.error))?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Appends one object as a line.
    ///
    /// # Errors
    ///
    /// [`TrainError::Write`].
    pub fn write(&mut self, record: &Value) -> Result<(), TrainError> {
        let line = format!("{record}\n");
        let written = self.file.write_all(line.as_bytes());
        written.map_err(|source| TrainError::Write { path: self.path.clone(), source })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_resumed_log_continues_where_the_checkpoint_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("metrics.jsonl");
        let mut log = Log::create(&path).unwrap();
        for step in [1, 2, 3] {
            log.write(&json!({ "step": step, "loss": f64::from(step) / 2.0 })).unwrap();
        }
        // Cut short by a crash.
        std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"{\"step\": 4, \"lo")
            .unwrap();
        let mut log = Log::resume(&path, 2).unwrap();
        log.write(&json!({ "step": 3, "loss": 9.0 })).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let expected =
            "{\"step\":1,\"loss\":0.5}\n{\"step\":2,\"loss\":1.0}\n{\"step\":3,\"loss\":9.0}\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let message = Log::create(Path::new("/no/such/place.jsonl")).unwrap_err().to_string();
        assert!(message.starts_with("cannot write `/no/such/place.jsonl`"), "{message}");
    }
}
