//! [`Packed`]: circuit-tracer's `features/` folder of an index, made a piece at a time.
//!
//! Every byte is the one that [`layout::export`](super::layout::export) writes, but no file is:
//! a record is made when it is read. Records are compressed, so that where one starts is known
//! only once all before it were made; a layer is therefore sized in one pass, at the first
//! question about it.
//!
//! # Invariants
//!
//! - Of a layer nothing is kept but where its records start: 8 bytes a feature. A piece costs
//!   the records that it touches.
//! - What a request calls a file becomes a [`PackedName`] and never a path.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use connectome_graph::FeatureId;
use rayon::prelude::*;

use super::layout::{INDEX, layer_name, packed_list, record};
use super::{FeatureIndex, FeaturesError};

/// Hexadecimal digits of a digest.
const DIGEST: usize = 32;

/// A file of the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackedName {
    /// `index.json.gz`: where the features of every layer lie.
    List,
    /// `layer_3.bin`: the features of a layer.
    Layer(usize),
}

impl PackedName {
    /// The file of a name; `None` if the folder has no such name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        if name == INDEX {
            return Some(Self::List);
        }
        let layer = name.strip_prefix("layer_")?.strip_suffix(".bin")?.parse().ok()?;
        // One name a layer: neither `layer_+1.bin` nor `layer_01.bin`.
        (layer_name(layer) == name).then_some(Self::Layer(layer))
    }
}

/// The folder of an index: what is known of its files so far.
#[derive(Debug)]
pub struct Packed {
    layers: Vec<Mutex<Option<Arc<PackedLayer>>>>,
}

/// A layer's file.
#[derive(Debug)]
pub struct PackedLayer {
    layer: usize,
    /// Where each record starts, and where the last one ends.
    offsets: Vec<u64>,
    digest: String,
}

impl Packed {
    /// The folder of an index that has so many layers; nothing is read.
    #[must_use]
    pub fn new(n_layers: usize) -> Self {
        Self { layers: (0..n_layers).map(|_| Mutex::default()).collect() }
    }

    /// The file of a layer, sized when it is first asked for; whoever asks meanwhile waits.
    ///
    /// # Errors
    ///
    /// [`FeaturesError::NoFeature`] if there is no such layer; [`FeaturesError::NotAnIndex`] if
    /// its rows are damaged.
    pub fn layer(
        &self,
        index: &FeatureIndex,
        layer: usize,
    ) -> Result<Arc<PackedLayer>, FeaturesError> {
        // What has no number has no layer.
        index.number(FeatureId { layer: u32::try_from(layer).unwrap_or(u32::MAX), index: 0 })?;
        let slot = &self.layers[layer];
        let mut known = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref() {
            return Ok(known.clone());
        }
        let sized = Arc::new(PackedLayer::sized(index, layer)?);
        *known = Some(sized.clone());
        Ok(sized)
    }

    /// The list of layers, which needs the size of all.
    ///
    /// # Errors
    ///
    /// As [`Packed::layer`].
    pub fn list(&self, index: &FeatureIndex) -> Result<Vec<u8>, FeaturesError> {
        let offsets = |layer| Ok(self.layer(index, layer)?.offsets.clone());
        let layers = (0..self.layers.len()).map(offsets).collect::<Result<_, FeaturesError>>()?;
        Ok(packed_list(layers))
    }
}

impl PackedLayer {
    fn sized(index: &FeatureIndex, layer: usize) -> Result<Self, FeaturesError> {
        let sized = |at: usize| {
            let record = record(index, id(layer, at))?;
            Ok((record.len() as u64, blake3::hash(&record)))
        };
        let n_features = index.card().n_features;
        // Gathered before any error is looked at, so that the first one is told whatever the
        // threads did.
        let sizes: Vec<Result<_, FeaturesError>> =
            (0..n_features).into_par_iter().map(sized).collect();
        let mut offsets = vec![0];
        let mut end = 0;
        let mut hasher = blake3::Hasher::new();
        for size in sizes {
            let (length, digest) = size?;
            end += length;
            offsets.push(end);
            hasher.update(digest.as_bytes());
        }
        let digest = hasher.finalize().to_hex()[..DIGEST].to_owned();
        Ok(Self { layer, offsets, digest })
    }

    /// Bytes of the file.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// What tells its content from any other: equal bytes, equal digest.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Where the record that holds this byte ends, so that no record is made for two pieces.
    #[must_use]
    pub fn end_of_record(&self, at: u64) -> u64 {
        let next = self.offsets.partition_point(|start| *start <= at);
        self.offsets.get(next).copied().unwrap_or(self.length())
    }

    /// The bytes from `span.start` to before `span.end`, cut to what the file has. Memory is
    /// that of the span and of two records.
    ///
    /// # Errors
    ///
    /// [`FeaturesError::NotAnIndex`] if the rows of a feature there are damaged, or others than
    /// when the layer was sized.
    pub fn read(&self, index: &FeatureIndex, span: Range<u64>) -> Result<Vec<u8>, FeaturesError> {
        let span = span.start..span.end.min(self.length());
        let mut bytes = Vec::new();
        if span.is_empty() {
            return Ok(bytes);
        }
        // The last record that starts at or before the span.
        let first = self.offsets.partition_point(|start| *start <= span.start) - 1;
        for (at, ends) in self.offsets.windows(2).enumerate().skip(first) {
            let (start, end) = (ends[0], ends[1]);
            if start >= span.end {
                break;
            }
            let record = record(index, id(self.layer, at))?;
            if record.len() as u64 != end - start {
                let reason = format!("feature {at} of layer {} has changed", self.layer);
                return Err(FeaturesError::NotAnIndex { reason, path: index.path().to_owned() });
            }
            let within = |at: u64| (at.clamp(start, end) - start) as usize;
            bytes.extend_from_slice(&record[within(span.start)..within(span.end)]);
        }
        Ok(bytes)
    }
}

fn id(layer: usize, index: usize) -> FeatureId {
    FeatureId { layer: layer as u32, index: index as u32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_of_the_folder_or_none() {
        assert_eq!(PackedName::parse("index.json.gz"), Some(PackedName::List));
        assert_eq!(PackedName::parse("layer_0.bin"), Some(PackedName::Layer(0)));
        assert_eq!(PackedName::parse("layer_12.bin"), Some(PackedName::Layer(12)));
        for name in ["", "layer_.bin", "layer_+1.bin", "layer_01.bin", "layer_-1.bin", "5.json"] {
            assert_eq!(PackedName::parse(name), None, "{name}");
        }
        assert_eq!(PackedName::parse("../layer_0.bin"), None);
        assert_eq!(PackedName::parse("layer_99999999999999999999.bin"), None);
    }
}
