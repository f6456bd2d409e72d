//! Where bytes come from: a folder on disk (memory-mapped), one compiled into the binary, or
//! one held in memory.
//!
//! Every loader takes a [`Folder`], so the shipped model needs no unpacking and tests need no
//! disk. Nothing here knows what is inside a file.

use std::collections::BTreeMap;
use std::fs::File;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;

use crate::error::LoadError;

/// Files compiled into the binary: `(name, bytes)`, sorted by name.
#[derive(Debug)]
pub struct EmbeddedFolder {
    /// What messages call it.
    pub name: &'static str,
    /// Name and content of each file.
    pub files: &'static [(&'static str, &'static [u8])],
}

/// Files held in memory: what fuzzers and tests of broken files read.
#[derive(Debug)]
pub struct MemoryFolder {
    /// What messages call it.
    pub name: String,
    /// Content by name; a name may hold slashes.
    pub files: BTreeMap<String, FileBytes>,
}

/// A folder of files.
#[derive(Clone, Debug)]
pub enum Folder {
    /// A directory.
    Disk(PathBuf),
    /// Part of the binary.
    Embedded(&'static EmbeddedFolder),
    /// In memory.
    Memory(Arc<MemoryFolder>),
}

/// The bytes of one file, shared and cheap to clone.
#[derive(Clone, Debug)]
pub struct FileBytes(Arc<Inner>);

#[derive(Debug)]
enum Inner {
    Mapped(Mmap),
    Static(&'static [u8]),
    Owned(Vec<u8>),
}

impl Deref for FileBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &*self.0 {
            Inner::Mapped(map) => map,
            Inner::Static(bytes) => bytes,
            Inner::Owned(bytes) => bytes,
        }
    }
}

impl From<Vec<u8>> for FileBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Inner::Owned(bytes)))
    }
}

impl FileBytes {
    /// Maps a file of the disk; an empty file is an empty slice.
    ///
    /// # Errors
    ///
    /// [`LoadError::Read`] if the file cannot be opened or mapped.
    pub fn map(path: &Path) -> Result<Self, LoadError> {
        let read = |source| LoadError::Read { path: path.to_owned(), source };
        let file = File::open(path).map_err(read)?;
        let metadata = file.metadata().map_err(read)?;
        if metadata.is_dir() {
            return Err(read(std::io::Error::from(std::io::ErrorKind::IsADirectory)));
        }
        if metadata.len() == 0 {
            return Ok(Self::from(Vec::new()));
        }
        // SAFETY: the map is read-only and private to us. A file that another process cuts
        // while we read it raises SIGBUS; every mapped reader (safetensors, ripgrep) lives
        // with that, since the alternative is to copy dictionaries larger than memory.
        let map = unsafe { Mmap::map(&file) }.map_err(read)?;
        Ok(Self(Arc::new(Inner::Mapped(map))))
    }

    /// Asks the kernel to read the byte range soon; rows of a cold decoder arrive 20 times
    /// sooner so. A hint: nothing happens for bytes that are not mapped from disk.
    pub fn will_need(&self, start: usize, len: usize) {
        #[cfg(unix)]
        if let Inner::Mapped(map) = &*self.0 {
            // The result is only a hint's: a kernel that refuses it reads on demand.
            let _ = map.advise_range(memmap2::Advice::WillNeed, start, len);
        }
        #[cfg(not(unix))]
        let _ = (start, len);
    }

    /// Tells the kernel that reads of the byte range will jump about, so that it does not read
    /// ahead.
    pub fn random_access(&self, start: usize, len: usize) {
        #[cfg(unix)]
        if let Inner::Mapped(map) = &*self.0 {
            let _ = map.advise_range(memmap2::Advice::Random, start, len);
        }
        #[cfg(not(unix))]
        let _ = (start, len);
    }

    /// Gives the pages of the byte range back, so that a dictionary read from end to end does
    /// not end up resident. Reading them again costs a page fault and gives the same bytes.
    pub fn release(&self, start: usize, len: usize) {
        #[cfg(unix)]
        if let Inner::Mapped(map) = &*self.0 {
            let advice = memmap2::UncheckedAdvice::DontNeed;
            // SAFETY: the map is read-only and backed by a file, so dropping its pages loses
            // nothing: the next read, in this thread or another, fetches them from the file.
            let _ = unsafe { map.unchecked_advise_range(advice, start, len) };
        }
        #[cfg(not(unix))]
        let _ = (start, len);
    }
}

impl Folder {
    /// A folder in memory.
    pub fn memory(name: &str, files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let files = files.into_iter().map(|(name, bytes)| (name, bytes.into())).collect();
        Self::Memory(Arc::new(MemoryFolder { name: name.to_owned(), files }))
    }

    /// The path that messages show for `name`.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        match self {
            Self::Disk(dir) => dir.join(name),
            Self::Embedded(folder) => Path::new(folder.name).join(name),
            Self::Memory(folder) => Path::new(&folder.name).join(name),
        }
    }

    /// The path that messages show for the folder itself.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        match self {
            Self::Disk(dir) => dir.clone(),
            Self::Embedded(folder) => PathBuf::from(folder.name),
            Self::Memory(folder) => PathBuf::from(&folder.name),
        }
    }

    /// Whether the folder holds the file.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::Disk(dir) => dir.join(name).is_file(),
            Self::Embedded(folder) => folder.files.iter().any(|(file, _)| *file == name),
            Self::Memory(folder) => folder.files.contains_key(name),
        }
    }

    /// Opens a file; disk files are mapped, not read.
    ///
    /// # Errors
    ///
    /// [`LoadError::MissingFile`] if there is none; [`LoadError::Read`] if it cannot be mapped.
    pub fn open(&self, name: &str) -> Result<FileBytes, LoadError> {
        let missing = || LoadError::MissingFile { file: name.to_owned(), path: self.root() };
        match self {
            Self::Disk(dir) => {
                let path = dir.join(name);
                if !path.exists() {
                    return Err(missing());
                }
                FileBytes::map(&path)
            }
            Self::Embedded(folder) => {
                let found = folder.files.iter().find(|(file, _)| *file == name);
                let (_, bytes) = found.ok_or_else(missing)?;
                Ok(FileBytes(Arc::new(Inner::Static(bytes))))
            }
            Self::Memory(folder) => folder.files.get(name).cloned().ok_or_else(missing),
        }
    }

    /// Names of the files directly inside, sorted.
    ///
    /// # Errors
    ///
    /// [`LoadError::Read`] if the directory cannot be listed.
    pub fn names(&self) -> Result<Vec<String>, LoadError> {
        let mut names: Vec<String> = match self {
            Self::Disk(dir) => {
                let read = |source| LoadError::Read { path: dir.clone(), source };
                let mut names = Vec::new();
                for entry in std::fs::read_dir(dir).map_err(read)? {
                    let entry = entry.map_err(read)?;
                    if let Some(name) = entry.file_name().to_str()
                        && entry.path().is_file()
                    {
                        names.push(name.to_owned());
                    }
                }
                names
            }
            Self::Embedded(folder) => folder.files.iter().map(|(n, _)| (*n).to_owned()).collect(),
            Self::Memory(folder) => folder.files.keys().cloned().collect(),
        };
        names.retain(|name| !name.contains('/'));
        names.sort();
        Ok(names)
    }

    /// The file parsed as JSON.
    ///
    /// # Errors
    ///
    /// As [`Folder::open`], and [`LoadError::Json`] if it is not JSON.
    pub fn json(&self, name: &str) -> Result<serde_json::Value, LoadError> {
        let bytes = self.open(name)?;
        serde_json::from_slice(&bytes)
            .map_err(|source| LoadError::Json { path: self.path(name), source })
    }
}
