//! Safetensors, written so that the same tensors give the same bytes.
//!
//! The `safetensors` crate keeps metadata in a hash map and prints it in that map's order, which
//! differs from run to run. We read with it, because it refuses what the format forbids, and
//! write the header ourselves: 8 bytes of length, then JSON with sorted metadata and the
//! tensors in the order they are given, padded so that the data starts on 8 bytes.
//!
//! Source: the format's specification, safetensors README.

use std::collections::BTreeMap;
use std::io::{self, Write};

use safetensors::Dtype;
use safetensors::tensor::{Metadata, SafeTensors};
use serde_json::{Map, Value, json};

use crate::GraphError;

#[cfg(target_endian = "big")]
compile_error!("safetensors are little-endian, and tensors are written as they lie in memory");

/// A tensor to write.
pub(crate) struct Tensor<'a> {
    name: &'static str,
    dtype: Dtype,
    shape: Vec<usize>,
    data: &'a [u8],
}

impl<'a> Tensor<'a> {
    pub(crate) fn f32(name: &'static str, shape: &[usize], data: &'a [f32]) -> Self {
        Self { name, dtype: Dtype::F32, shape: shape.to_vec(), data: bytemuck::cast_slice(data) }
    }

    pub(crate) fn u32(name: &'static str, shape: &[usize], data: &'a [u32]) -> Self {
        Self { name, dtype: Dtype::U32, shape: shape.to_vec(), data: bytemuck::cast_slice(data) }
    }

    pub(crate) fn u64(name: &'static str, shape: &[usize], data: &'a [u64]) -> Self {
        Self { name, dtype: Dtype::U64, shape: shape.to_vec(), data: bytemuck::cast_slice(data) }
    }

    pub(crate) fn i64(name: &'static str, shape: &[usize], data: &'a [i64]) -> Self {
        Self { name, dtype: Dtype::I64, shape: shape.to_vec(), data: bytemuck::cast_slice(data) }
    }
}

/// Writes a file. Tensors of wider numbers must come first: then each is aligned.
pub(crate) fn write(
    out: &mut (impl Write + ?Sized),
    tensors: &[Tensor<'_>],
    metadata: &BTreeMap<&str, String>,
) -> io::Result<()> {
    let mut header = Map::new();
    if !metadata.is_empty() {
        header.insert("__metadata__".to_owned(), json!(metadata));
    }
    let mut end = 0;
    for tensor in tensors {
        let start = end;
        end += tensor.data.len();
        header.insert(
            tensor.name.to_owned(),
            json!({
                "dtype": tensor.dtype.to_string(),
                "shape": tensor.shape,
                "data_offsets": [start, end],
            }),
        );
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' ');
    out.write_all(&(header.len() as u64).to_le_bytes())?;
    out.write_all(&header)?;
    tensors.iter().try_for_each(|tensor| out.write_all(tensor.data))
}

/// What a checksum of tensors covers: their names, types and shapes, then their data, by name.
pub(crate) fn hash_tensors<'a>(
    hasher: &mut blake3::Hasher,
    tensors: impl Iterator<Item = (&'a str, Dtype, &'a [usize], &'a [u8])>,
) {
    let by_name: BTreeMap<_, _> =
        tensors.map(|(name, dtype, shape, data)| (name, (dtype, shape, data))).collect();
    for (name, (dtype, shape, data)) in by_name {
        hasher.update(format!("{name}\n{dtype}\n{shape:?}\n").as_bytes());
        hasher.update(data);
    }
}

impl<'a> Tensor<'a> {
    pub(crate) fn parts(&self) -> (&str, Dtype, &[usize], &[u8]) {
        (self.name, self.dtype, &self.shape, self.data)
    }
}

/// A file that was read: its header checked, its tensors found by name.
pub(crate) struct Container<'a> {
    format: &'static str,
    header: Metadata,
    data: &'a [u8],
}

impl<'a> Container<'a> {
    /// Reads the header. `format` is what errors call the file.
    pub(crate) fn read(format: &'static str, bytes: &'a [u8]) -> Result<Self, GraphError> {
        let read = SafeTensors::read_metadata(bytes);
        let (header_bytes, header) =
            read.map_err(|error| GraphError::Format { format, reason: error.to_string() })?;
        Ok(Self { format, header, data: &bytes[header_bytes + size_of::<u64>()..] })
    }

    /// An entry of the header's metadata.
    pub(crate) fn metadata(&self, key: &str) -> Result<&str, GraphError> {
        let entries = self.header.metadata().as_ref();
        let entry = entries.and_then(|entries| entries.get(key));
        entry.map(String::as_str).ok_or_else(|| self.error(format!("no `{key}` in its header")))
    }

    /// All tensors as [`hash_tensors`] takes them.
    pub(crate) fn hash_into(&self, hasher: &mut blake3::Hasher) {
        let names = self.header.offset_keys();
        let parts = names.iter().filter_map(|name| {
            let info = self.header.info(name)?;
            let data = &self.data[info.data_offsets.0..info.data_offsets.1];
            Some((name.as_str(), info.dtype, info.shape.as_slice(), data))
        });
        hash_tensors(hasher, parts);
    }

    /// A tensor's numbers. `columns` is the size of its second dimension, if it has two.
    pub(crate) fn numbers<T: Number>(
        &self,
        name: &str,
        columns: Option<usize>,
    ) -> Result<Vec<T>, GraphError> {
        let info = self.header.info(name);
        let info = info.ok_or_else(|| self.error(format!("no tensor `{name}`")))?;
        if info.dtype != T::DTYPE {
            let (found, expected) = (info.dtype, T::DTYPE);
            return Err(self.error(format!("tensor `{name}` is {found}, expected {expected}")));
        }
        if info.shape.len() != 1 + columns.iter().len() || info.shape.get(1) != columns.as_ref() {
            return Err(self.error(format!("tensor `{name}` has another shape than it should")));
        }
        let data = &self.data[info.data_offsets.0..info.data_offsets.1];
        Ok(data.chunks_exact(size_of::<T>()).map(bytemuck::pod_read_unaligned).collect())
    }

    pub(crate) fn error(&self, reason: String) -> GraphError {
        GraphError::Format { format: self.format, reason }
    }
}

/// The number types that graph files hold.
pub(crate) trait Number: bytemuck::Pod {
    const DTYPE: Dtype;
}

impl Number for f32 {
    const DTYPE: Dtype = Dtype::F32;
}

impl Number for u32 {
    const DTYPE: Dtype = Dtype::U32;
}

impl Number for u64 {
    const DTYPE: Dtype = Dtype::U64;
}
