//! Files that are there in full or not at all: written beside their place, then moved there.
//!
//! Every file that nobody may see half written goes through here. What is written, and what an
//! error says of it, is the caller's.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::{NamedTempFile, TempDir};

/// An empty file in the folder that `path` is to lie in, which is removed when it is dropped.
///
/// Who may read it is for the umask to say, as with any other file.
///
/// # Errors
///
/// Those of the folder, which must be there; and if there is a device, a pipe or a folder at `path`
/// itself, which a file moved there would replace.
pub fn beside(path: &Path) -> io::Result<NamedTempFile> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => {
            let sentence = "what is there is a device or a pipe, and no file";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, sentence));
        }
        _ => {}
    }
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.prefix(".connectome-").tempfile_in(around(path))
}

/// An empty folder in the folder that `path` is to lie in, which is removed with all it holds when
/// it is dropped.
///
/// # Errors
///
/// Those of the folder around it, which must be there.
pub fn folder_beside(path: &Path) -> io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o777));
    }
    builder.prefix(".connectome-").tempdir_in(around(path))
}

/// Moves `folder` to `path`, where nothing may be but an empty folder.
///
/// # Errors
///
/// Those of the disk; what was at `path` is still there then, and `folder` is removed.
pub fn place_folder(folder: TempDir, path: &Path) -> io::Result<()> {
    if path.exists() {
        std::fs::remove_dir(path)?;
    }
    std::fs::rename(folder.path(), path)?;
    // It is no longer where it was made, so nothing is to be removed there.
    let _ = folder.keep();
    Ok(())
}

/// The folder that something lies in.
fn around(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// An empty file without a name on the disk that `path` is to be on, which is gone when it is
/// dropped.
///
/// # Errors
///
/// Those of the folder, which must be there.
pub fn nameless_beside(path: &Path) -> io::Result<File> {
    tempfile::tempfile_in(around(path))
}

/// Waits until `file` is on the disk, and moves it to `path`.
///
/// # Errors
///
/// Those of the disk; what was at `path` is still there then, and `file` is removed.
pub fn place(file: NamedTempFile, path: &Path) -> io::Result<()> {
    // A library that was given the path may have put a file of its own there, for its owner alone.
    let written = File::open(file.path())?;
    written.set_permissions(file.as_file().metadata()?.permissions())?;
    written.sync_all()?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// Writes a file beside its place and moves it there.
///
/// # Errors
///
/// Those of the folder, the disk and `write`; the place is then as it was, and nothing is left
/// beside it.
pub fn write(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(beside(path)?);
    write(&mut out)?;
    place(out.into_inner().map_err(io::IntoInnerError::into_error)?, path)
}
