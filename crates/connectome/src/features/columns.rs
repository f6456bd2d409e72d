//! Columns of numbers in one safetensors file: written whole or not at all, read where they lie.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::marker::PhantomData;
use std::ops::Range;
use std::path::{Path, PathBuf};

use bytemuck::Pod;
use connectome_graph::whole;
use safetensors::tensor::{Dtype, Metadata, SafeTensors, TensorInfo};
use serde_json::Value;

use super::FeaturesError;
use crate::files::FileBytes;

/// The header's one entry of metadata.
const ENTRY: &str = "connectome";

/// Numbers that a column may hold.
pub(crate) trait Number: Pod {
    const DTYPE: Dtype;
}

macro_rules! numbers {
    ($($rust:ty => $dtype:ident),*) => {
        $(impl Number for $rust { const DTYPE: Dtype = Dtype::$dtype; })*
    };
}

numbers!(u8 => U8, u16 => U16, u32 => U32, u64 => U64, f32 => F32, f64 => F64);

/// A column to be written.
#[derive(Debug)]
pub(crate) struct Column<'a> {
    name: &'static str,
    dtype: Dtype,
    n: usize,
    numbers: Stored<'a>,
}

/// Where the numbers of a column are.
#[derive(Debug)]
enum Stored<'a> {
    Memory(&'a [u8]),
    Disk(&'a File),
}

impl<'a> Column<'a> {
    pub(crate) fn new<T: Number>(name: &'static str, numbers: &'a [T]) -> Self {
        let (dtype, n) = (T::DTYPE, numbers.len());
        Self { name, dtype, n, numbers: Stored::Memory(bytemuck::cast_slice(numbers)) }
    }

    fn info(&self, start: usize) -> TensorInfo {
        let data_offsets = (start, start + self.n * self.dtype.bitsize() / 8);
        TensorInfo { dtype: self.dtype, shape: vec![self.n], data_offsets }
    }

    fn copy(&self, out: &mut dyn Write) -> io::Result<()> {
        match self.numbers {
            Stored::Memory(bytes) => out.write_all(bytes),
            Stored::Disk(mut file) => {
                file.rewind()?;
                io::copy(&mut file, out).map(drop)
            }
        }
    }
}

/// The numbers of a column in the making, in a file that has no name: a column of any length
/// takes no memory, and goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Spool<T> {
    out: BufWriter<File>,
    n: usize,
    of: PhantomData<T>,
}

impl<T: Number> Spool<T> {
    /// An empty one, on the disk that `path` will be on.
    pub(crate) fn beside(path: &Path) -> io::Result<Self> {
        let file = whole::nameless_beside(path)?;
        Ok(Self { out: BufWriter::new(file), n: 0, of: PhantomData })
    }

    /// How many numbers it has.
    pub(crate) fn len(&self) -> usize {
        self.n
    }

    pub(crate) fn push(&mut self, number: T) -> io::Result<()> {
        self.n += 1;
        self.out.write_all(bytemuck::bytes_of(&number))
    }

    pub(crate) fn extend(&mut self, numbers: impl IntoIterator<Item = T>) -> io::Result<()> {
        numbers.into_iter().try_for_each(|number| self.push(number))
    }

    /// The column, to be written.
    pub(crate) fn column(&mut self, name: &'static str) -> io::Result<Column<'_>> {
        self.out.flush()?;
        let numbers = Stored::Disk(self.out.get_ref());
        Ok(Column { name, dtype: T::DTYPE, n: self.n, numbers })
    }
}

/// Writes a file of columns, whole or not at all.
pub(crate) fn write(
    path: &Path,
    card: &Value,
    mut columns: Vec<Column<'_>>,
) -> Result<(), FeaturesError> {
    // Wide types first, so that every column is aligned to its own.
    columns.sort_by(|a, b| b.dtype.cmp(&a.dtype).then(a.name.cmp(b.name)));
    let write = |source| FeaturesError::Write { path: path.to_owned(), source };
    let header = header(card, &columns).map_err(|error| write(io::Error::other(error)))?;
    whole::write(path, |out| {
        out.write_all(&(header.len() as u64).to_le_bytes())?;
        out.write_all(&header)?;
        columns.iter().try_for_each(|column| column.copy(out))
    })
    .map_err(write)
}

/// The header of a safetensors file, as long as its columns are aligned after it.
fn header(card: &Value, columns: &[Column<'_>]) -> Result<Vec<u8>, safetensors::SafeTensorError> {
    let mut start = 0;
    let mut infos = Vec::new();
    for column in columns {
        let info = column.info(start);
        start = info.data_offsets.1;
        infos.push((column.name.to_owned(), info));
    }
    // One entry, so that the order of a hash map cannot show.
    let entry = HashMap::from([(ENTRY.to_owned(), card.to_string())]);
    let mut header = serde_json::to_vec(&Metadata::new(Some(entry), infos)?)?;
    header.resize(header.len().next_multiple_of(size_of::<u64>()), b' ');
    Ok(header)
}

/// A file of columns.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    bytes: FileBytes,
    path: PathBuf,
    /// Type, and where the numbers lie.
    places: BTreeMap<String, (Dtype, Range<usize>)>,
}

impl Columns {
    /// Maps a file and reads its header.
    pub(crate) fn open(path: &Path) -> Result<(Value, Self), FeaturesError> {
        Self::read_header(FileBytes::map(path)?, path)
    }

    /// Reads the header of a file's bytes: the card, and where each column lies. Messages show
    /// the path.
    pub(crate) fn read_header(
        bytes: FileBytes,
        path: &Path,
    ) -> Result<(Value, Self), FeaturesError> {
        let bad = |reason: String| FeaturesError::NotAnIndex { reason, path: path.to_owned() };
        let (n_header, header) =
            SafeTensors::read_metadata(&bytes).map_err(|error| bad(error.to_string()))?;
        let entry = header.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
        let entry = entry.ok_or_else(|| bad(format!("no `{ENTRY}` in its header")))?;
        let card = serde_json::from_str(entry).map_err(|error| bad(error.to_string()))?;
        let start = n_header + size_of::<u64>();
        let mut places = BTreeMap::new();
        for name in header.offset_keys() {
            let Some(info) = header.info(&name) else { continue };
            let place = start + info.data_offsets.0..start + info.data_offsets.1;
            if place.end > bytes.len() {
                return Err(bad("it was cut short".to_owned()));
            }
            places.insert(name, (info.dtype, place));
        }
        Ok((card, Self { bytes, path: path.to_owned(), places }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn error(&self, reason: String) -> FeaturesError {
        FeaturesError::NotAnIndex { reason, path: self.path.clone() }
    }

    /// How many numbers a column has.
    pub(crate) fn len<T: Number>(&self, name: &str) -> Result<usize, FeaturesError> {
        Ok(self.raw::<T>(name)?.len() / size_of::<T>())
    }

    /// Some numbers of a column.
    pub(crate) fn read<T: Number>(
        &self,
        name: &str,
        range: Range<usize>,
    ) -> Result<Vec<T>, FeaturesError> {
        let raw = self.raw::<T>(name)?;
        let size = size_of::<T>();
        let end = range.end.checked_mul(size).filter(|end| *end <= raw.len());
        let Some(end) = end.filter(|_| range.start <= range.end) else {
            let n = raw.len() / size;
            let (start, end) = (range.start, range.end);
            return Err(self.error(format!("`{name}` has {n} numbers, not {start}..{end}")));
        };
        let numbers = raw[range.start * size..end].chunks_exact(size);
        Ok(numbers.map(bytemuck::pod_read_unaligned).collect())
    }

    /// One number of a column.
    pub(crate) fn one<T: Number>(&self, name: &str, at: usize) -> Result<T, FeaturesError> {
        Ok(self.read(name, at..at + 1)?[0])
    }

    /// Where the entries of row `at` lie, in columns that `starts` cuts into rows.
    pub(crate) fn row(&self, starts: &str, at: usize) -> Result<Range<usize>, FeaturesError> {
        let ends = self.read::<u64>(starts, at..at + 2)?;
        let [start, end] = [ends[0], ends[1]].map(|end| usize::try_from(end).unwrap_or(usize::MAX));
        Ok(start..end)
    }

    /// The text of row `at`, of a column of bytes that `starts` cuts into rows.
    pub(crate) fn text(
        &self,
        starts: &str,
        bytes: &str,
        at: usize,
    ) -> Result<String, FeaturesError> {
        let text = String::from_utf8(self.read::<u8>(bytes, self.row(starts, at)?)?);
        text.map_err(|_| self.error(format!("`{bytes}` is not UTF-8 in row {at}")))
    }

    fn raw<T: Number>(&self, name: &str) -> Result<&[u8], FeaturesError> {
        let place = self.places.get(name);
        let (dtype, place) = place.ok_or_else(|| self.error(format!("no column `{name}`")))?;
        if *dtype != T::DTYPE {
            let (found, expected) = (dtype, T::DTYPE);
            return Err(self.error(format!("column `{name}` is {found}, expected {expected}")));
        }
        Ok(&self.bytes[place.clone()])
    }
}

/// Rows of different lengths in one column.
#[derive(Clone, Debug)]
pub(crate) struct Rows<T> {
    pub(crate) starts: Vec<u64>,
    pub(crate) entries: Vec<T>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { starts: vec![0], entries: Vec::new() }
    }
}

impl<T> Rows<T> {
    /// Adds a row.
    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = T>) {
        self.entries.extend(row);
        self.starts.push(self.entries.len() as u64);
    }

    /// A row.
    pub(crate) fn row(&self, at: u32) -> &[T] {
        let [start, end] = [at, at + 1].map(|at| self.starts[at as usize] as usize);
        &self.entries[start..end]
    }
}
