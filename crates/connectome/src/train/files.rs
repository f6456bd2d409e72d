//! Files written whole or not at all.

use std::path::Path;

use connectome_graph::whole;

use super::TrainError;

/// [`whole::write`], of bytes.
///
/// # Errors
///
/// [`TrainError::Write`]; what was there before is still there then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let write = |source| TrainError::Write { path: path.to_owned(), source };
    whole::write(path, |out| out.write_all(bytes)).map_err(write)
}

/// Removes a file, if it is there.
///
/// # Errors
///
/// [`TrainError::Write`].
pub fn remove(path: &Path) -> Result<(), TrainError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            Err(TrainError::Write { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}
