//! Files written whole or not at all.

use std::io::Write as _;
use std::path::Path;

use super::TrainError;

/// Writes a file beside its place, then renames it.
///
/// # Errors
///
/// [`TrainError::Write`]; what was there before is still there then.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), TrainError> {
    let write = |source| TrainError::Write { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let mut file =
        tempfile::Builder::new().prefix(".connectome-").tempfile_in(folder).map_err(write)?;
    file.write_all(bytes).map_err(write)?;
    readable(file.as_file()).map_err(write)?;
    file.persist(path).map_err(|error| write(error.error))?;
    Ok(())
}

/// Temporary files are the owner's alone; results are for whoever may read the folder.
#[cfg(unix)]
pub(crate) fn readable(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(std::fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
pub(crate) fn readable(_file: &std::fs::File) -> std::io::Result<()> {
    Ok(())
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
