//! Files that are there in full or not at all: written beside their place, then moved there.
//!
//! Every file that nobody may see half written goes through here. What is written, and what an
//! error says of it, is the caller's.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use tempfile::NamedTempFile;

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
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.prefix(".connectome-").tempfile_in(folder.unwrap_or(Path::new(".")))
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
