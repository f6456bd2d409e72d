//! A numpy archive (`.npz`): a zip of `.npy` arrays.
//!
//! Stored members are used where they lie in the map; their checksum is not computed, since
//! that would read the whole dictionary. Deflated members are inflated into memory. A size that
//! a header claims is checked against the bytes there are before anything is allocated. Pickled
//! and structured arrays are refused by their type; nothing is executed.
//!
//! Source: numpy, `numpy.lib.format`, versions 1.0 to 3.0.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::PathBuf;

use zip::{CompressionMethod, ZipArchive};

use crate::error::LoadError;
use crate::files::FileBytes;
use crate::ops::matrix::{Dtype, Stored};
use crate::transcoder::place::Place;

/// Deflate turns one byte into at most this many.
const MAX_RATIO: u64 = 1032;

/// An open archive; arrays are read when asked for.
#[derive(Debug)]
pub(super) struct Npz {
    members: BTreeMap<String, Member>,
    bytes: FileBytes,
    path: PathBuf,
}

/// Where a member lies.
#[derive(Clone, Copy, Debug)]
struct Member {
    index: usize,
    start: usize,
    len: usize,
    method: CompressionMethod,
    inflated_len: u64,
}

/// One array.
#[derive(Debug)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    /// Whether elements run down the columns; only for two axes or more.
    pub(super) column_major: bool,
    pub(super) stored: Stored,
}

impl Npz {
    /// Reads the archive's directory.
    pub(super) fn open(bytes: FileBytes, path: PathBuf) -> Result<Self, LoadError> {
        let unreadable = |reason: String| LoadError::Npz { path: path.clone(), reason };
        let mut archive = ZipArchive::new(Cursor::new(&bytes[..]))
            .map_err(|source| unreadable(source.to_string()))?;
        let mut members = BTreeMap::new();
        for index in 0..archive.len() {
            let file = archive.by_index_raw(index).map_err(|e| unreadable(e.to_string()))?;
            let name = file.name().map_err(|e| unreadable(e.to_string()))?.into_owned();
            let Some(name) = name.strip_suffix(".npy") else { continue };
            if file.encrypted() {
                return Err(unreadable(format!("`{name}.npy` is encrypted")));
            }
            let start = file.data_start().and_then(|start| usize::try_from(start).ok());
            let len = usize::try_from(file.compressed_size()).ok();
            let within = start.zip(len).filter(|(start, len)| {
                start.checked_add(*len).is_some_and(|end| end <= bytes.len())
            });
            let (start, len) = within
                .ok_or_else(|| unreadable(format!("`{name}.npy` reaches past the file's end")))?;
            let (method, inflated_len) = (file.compression(), file.size());
            let member = Member { index, start, len, method, inflated_len };
            members.insert(name.to_owned(), member);
        }
        drop(archive);
        Ok(Self { members, bytes, path })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// The array of this name.
    pub(super) fn array(&self, name: &str) -> Result<Array, LoadError> {
        let missing =
            || LoadError::MissingTensor { tensor: name.to_owned(), path: self.path.clone() };
        let member = self.members.get(name).ok_or_else(missing)?;
        match member.method {
            CompressionMethod::Stored => {
                self.parse(name, &self.bytes, member.start, member.start + member.len)
            }
            CompressionMethod::Deflated => {
                let bytes = self.inflate(name, member)?;
                self.parse(name, &bytes, 0, bytes.len())
            }
            method => Err(self.bad(name, &format!("is compressed by {method}"))),
        }
    }

    /// A vector of finite numbers, widened.
    pub(super) fn vector(&self, name: &str, len: usize) -> Result<Vec<f32>, LoadError> {
        let array = self.array(name)?;
        self.check_shape(name, &array, &[len])?;
        self.finite(name, &array)
    }

    /// One finite number, or `len` of them.
    pub(super) fn scalar_or_vector(&self, name: &str, len: usize) -> Result<Vec<f32>, LoadError> {
        let array = self.array(name)?;
        if !matches!(array.shape.as_slice(), [] | [1]) {
            self.check_shape(name, &array, &[len])?;
        }
        self.finite(name, &array)
    }

    fn finite(&self, name: &str, array: &Array) -> Result<Vec<f32>, LoadError> {
        let place = Place { tensor: name.to_owned(), path: self.path.clone() };
        place.finite(array.stored.to_vec())
    }

    /// That an array has the shape it should.
    pub(super) fn check_shape(
        &self,
        name: &str,
        array: &Array,
        expected: &[usize],
    ) -> Result<(), LoadError> {
        if array.shape == expected {
            return Ok(());
        }
        Err(LoadError::Shape {
            tensor: name.to_owned(),
            found: array.shape.clone(),
            expected: expected.to_vec(),
            path: self.path.clone(),
        })
    }

    fn inflate(&self, name: &str, member: &Member) -> Result<FileBytes, LoadError> {
        let possible = (member.len as u64 + 1).saturating_mul(MAX_RATIO);
        if member.inflated_len > possible {
            let (claim, len) = (member.inflated_len, member.len);
            return Err(self.bad(name, &format!("claims {claim} bytes from {len} deflated ones")));
        }
        let failed = |reason: String| self.bad(name, &format!("does not inflate ({reason})"));
        let mut archive =
            ZipArchive::new(Cursor::new(&self.bytes[..])).map_err(|e| failed(e.to_string()))?;
        let file = archive.by_index(member.index).map_err(|e| failed(e.to_string()))?;
        // The buffer grows with what arrives, not with what is claimed.
        let mut bytes = Vec::new();
        file.take(possible).read_to_end(&mut bytes).map_err(|e| failed(e.to_string()))?;
        if bytes.len() as u64 != member.inflated_len {
            let (claim, len) = (member.inflated_len, bytes.len());
            return Err(self.bad(name, &format!("claims {claim} bytes and inflates to {len}")));
        }
        Ok(bytes.into())
    }

    /// The array in `bytes[start..end]`.
    fn parse(
        &self,
        name: &str,
        bytes: &FileBytes,
        start: usize,
        end: usize,
    ) -> Result<Array, LoadError> {
        let (header, header_len) =
            header(&bytes[start..end]).map_err(|reason| self.bad(name, &reason))?;
        let Some(dtype) = dtype(&header.descr) else {
            let (tensor, found) = (name.to_owned(), header.descr);
            return Err(LoadError::Dtype { tensor, found, path: self.path.clone() });
        };
        let mut lengths = header.shape.iter();
        let len = lengths.try_fold(1_usize, |product, len| product.checked_mul(*len));
        let there = end - start - header_len;
        match len.filter(|len| len.checked_mul(dtype.bytes()) == Some(there)) {
            None => {
                let shape = &header.shape;
                let reason = format!("is {shape:?} of {} and holds {there} bytes", header.descr);
                Err(self.bad(name, &reason))
            }
            Some(len) => Ok(Array {
                column_major: header.column_major && header.shape.len() > 1,
                shape: header.shape,
                stored: Stored::in_place(bytes.clone(), start + header_len, len, dtype),
            }),
        }
    }

    fn bad(&self, name: &str, what: &str) -> LoadError {
        LoadError::Npz { path: self.path.clone(), reason: format!("`{name}.npy` {what}") }
    }
}

/// What an array's header says.
#[derive(Debug, PartialEq)]
struct Header {
    descr: String,
    column_major: bool,
    shape: Vec<usize>,
}

/// Our type of a numpy type. `V2` is how numpy writes the bf16 of other libraries.
fn dtype(descr: &str) -> Option<Dtype> {
    match descr {
        "<f4" => Some(Dtype::F32),
        "<f2" => Some(Dtype::F16),
        "<V2" | "|V2" => Some(Dtype::Bf16),
        _ => None,
    }
}

/// The header and its length in bytes.
fn header(bytes: &[u8]) -> Result<(Header, usize), String> {
    let cut = || "is cut off in its header".to_owned();
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or("does not begin like a numpy array")?;
    let (version, rest) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
    let (len, prefix) = match version {
        [1, _] => {
            let (len, _) = rest.split_first_chunk().ok_or_else(cut)?;
            (usize::from(u16::from_le_bytes(*len)), 10)
        }
        [2 | 3, _] => {
            let (len, _) = rest.split_first_chunk().ok_or_else(cut)?;
            (usize::try_from(u32::from_le_bytes(*len)).map_err(|_| cut())?, 12)
        }
        [major, minor] => {
            return Err(format!("is of version {major}.{minor}, expected 1.0 to 3.0"));
        }
    };
    let end = len.checked_add(prefix).ok_or_else(cut)?;
    let text = bytes.get(prefix..end).ok_or_else(cut)?;
    let text = std::str::from_utf8(text).map_err(|_| "has a header that is not text")?;
    let header = Literal { rest: text }.header();
    Ok((header.ok_or("has a header that is not a dictionary of descr, fortran_order, shape")?, end))
}

/// The Python literal of a header: `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
struct Literal<'a> {
    rest: &'a str,
}

impl<'a> Literal<'a> {
    fn header(mut self) -> Option<Header> {
        let (mut descr, mut column_major, mut shape) = (None, None, None);
        self.token("{")?;
        while self.token("}").is_none() {
            let key = self.string()?;
            self.token(":")?;
            match key {
                "descr" => descr = Some(self.string()?.to_owned()),
                "fortran_order" => column_major = Some(self.truth()?),
                "shape" => shape = Some(self.lengths()?),
                _ => return None,
            }
            if self.token(",").is_none() && !self.rest.trim_start().starts_with('}') {
                return None;
            }
        }
        if !self.rest.trim().is_empty() {
            return None;
        }
        Some(Header { descr: descr?, column_major: column_major?, shape: shape? })
    }

    fn token(&mut self, token: &str) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(token)?;
        Some(())
    }

    fn string(&mut self) -> Option<&'a str> {
        let quote = ["'", "\""].into_iter().find(|quote| self.token(quote).is_some())?;
        let (text, rest) = self.rest.split_once(quote)?;
        self.rest = rest;
        Some(text)
    }

    fn truth(&mut self) -> Option<bool> {
        if self.token("True").is_some() {
            return Some(true);
        }
        self.token("False").map(|()| false)
    }

    fn lengths(&mut self) -> Option<Vec<usize>> {
        let mut lengths = Vec::new();
        self.token("(")?;
        while self.token(")").is_none() {
            let text = self.rest.trim_start();
            let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            lengths.push(text[..end].parse().ok()?);
            self.rest = &text[end..];
            if self.token(",").is_none() && !self.rest.trim_start().starts_with(')') {
                return None;
            }
        }
        Some(lengths)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn npy(version: u8, text: &str) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY".to_vec();
        bytes.extend([version, 0]);
        let len = u32::try_from(text.len()).unwrap().to_le_bytes();
        bytes.extend(&len[..if version == 1 { 2 } else { 4 }]);
        bytes.extend(text.bytes());
        bytes
    }

    #[test]
    fn headers_of_all_versions() {
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n";
        for version in 1..=3 {
            let bytes = npy(version, text);
            let (found, len) = header(&bytes).unwrap();
            assert_eq!(len, bytes.len());
            assert_eq!(
                found,
                Header { descr: "<f4".to_owned(), column_major: false, shape: vec![2, 3] }
            );
        }
        let other = "{\"shape\":(7,),\"descr\":\"|V2\",\"fortran_order\":True}";
        let (found, _) = header(&npy(1, other)).unwrap();
        assert_eq!((found.shape, found.column_major), (vec![7], true));
        let scalar = "{'descr': '<f2', 'fortran_order': False, 'shape': ()}";
        assert_eq!(header(&npy(1, scalar)).unwrap().0.shape, Vec::<usize>::new());
    }

    #[test]
    fn hostile_headers_are_refused() {
        let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        let whole = npy(1, text);
        for len in 0..whole.len() {
            assert!(header(&whole[..len]).is_err(), "cut at {len}");
        }
        for text in [
            "",
            "{",
            "{}",
            "[]",
            "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3)}",
            "{'descr': '<f4', 'fortran_order': 1, 'shape': (2, 3)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} + 1",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'evil': 'x'}",
            "{'descr': '<f4' 'fortran_order': False 'shape': (2, 3)}",
        ] {
            assert!(header(&npy(1, text)).is_err(), "{text}");
        }
    }
}
