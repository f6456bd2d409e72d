//! circuit-tracer's `.pt` graphs, read without Python and without running anything.
//!
//! The file is a zip of `data.pkl`, a pickle, and of the tensors' bytes, one
//! `data/{key}` each. What is in it:
//!
//! | key | type | holds |
//! |---|---|---|
//! | `adjacency_matrix` | f32 `[N, N]` | row = target, column = source |
//! | `active_features`, `activation_values` | i64 `[A, 3]`, `[A]` | all that fired |
//! | `selected_features` | i64 `[S]` | which of them are nodes |
//! | `logit_targets` | list of (text, id), or i64 `[K]` in older files | |
//! | `logit_probabilities` | `[K]` | |
//! | `input_tokens`, `input_string` | i64 `[T]`, text | the prompt |
//! | `cfg`, `scan`, `vocab_size` | | the model's config; where features are looked up |
//!
//! The file does not hold the tokens' texts: they stand as `#id` until someone with the
//! tokenizer tells them ([`AttributionGraph::with_prompt`]). Biases are not in it either, so a
//! row's value is the sum of its weights.
//!
//! Source: circuit-tracer 0.4.1 `Graph.to_pt`.

mod pickle;

use std::io::{Cursor, Read};

use zip::{CompressionMethod, ZipArchive};

use self::pickle::{Element, Global, Pickle, Ref, Value, refuse};
use crate::{
    ActiveFeature, AttributionGraph, Expansion, Extent, FeatureId, GraphError, NodeIdx, Nodes,
    Origin, Prompt, Provenance, Row, Target, TargetKind,
};

/// What errors call these files.
const FORMAT: &str = "graph of circuit-tracer";

/// Reads a graph from a `.pt` file of circuit-tracer.
///
/// # Errors
///
/// - [`GraphError::Format`] if it is no such file, or made for big-endian machines.
/// - [`GraphError::PickleGlobal`] if it names anything that graphs do not need.
/// - What [`Nodes::new`] and [`AttributionGraph::new`] refuse.
pub fn import(bytes: &[u8]) -> Result<AttributionGraph, GraphError> {
    let mut archive = Archive::open(bytes)?;
    let pickled = archive.read("data.pkl")?;
    let pickle = Pickle::read(&pickled)?;
    let mut file = File { archive, pickle };

    let nodes = file.nodes()?;
    let rows = file.rows(&nodes)?;
    let text = |pos: usize| format!("#{}", nodes.tokens()[pos]);
    let prompt = Prompt {
        text: file.text("input_string")?.to_owned(),
        token_texts: (0..nodes.n_tokens()).map(text).collect(),
        token_ids: nodes.tokens().to_vec(),
    };
    let expansion = if nodes.n_features() == nodes.active().len() {
        Expansion::Exhaustive
    } else {
        Expansion::Budget { max_feature_nodes: nodes.n_features() as u32 }
    };
    AttributionGraph::new(nodes, rows, prompt, file.provenance()?, Extent::complete(expansion))
}

/// The zip: entries are stored as they are, under one folder.
struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    folder: String,
    n_bytes: usize,
}

impl<'a> Archive<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, GraphError> {
        let zip =
            ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(error.to_string()))?;
        let name = zip.file_names_raw().find(|name| name.ends_with(b"/data.pkl"));
        let name = name.and_then(|name| std::str::from_utf8(name).ok());
        let folder = name.and_then(|name| name.strip_suffix("data.pkl"));
        let folder = folder.ok_or_else(|| damaged("no `data.pkl` in it".to_owned()))?.to_owned();
        let mut archive = Self { zip, folder, n_bytes: bytes.len() };
        if archive.zip.index_for_name(&format!("{}byteorder", archive.folder)).is_some() {
            let order = archive.read("byteorder")?;
            if order != b"little" {
                return Err(damaged("written on a big-endian machine".to_owned()));
            }
        }
        Ok(archive)
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, GraphError> {
        let entry = self.zip.by_name(&format!("{}{name}", self.folder));
        let entry = entry.map_err(|error| damaged(format!("`{name}`: {error}")))?;
        // What is stored is no larger than the file, so no claim of it need be believed.
        if entry.compression() != CompressionMethod::Stored {
            return Err(damaged(format!("`{name}` is compressed, which torch never does")));
        }
        let mut bytes = Vec::new();
        let mut entry = entry.take(self.n_bytes as u64);
        entry.read_to_end(&mut bytes).map_err(|error| damaged(format!("`{name}`: {error}")))?;
        Ok(bytes)
    }
}

fn damaged(reason: String) -> GraphError {
    GraphError::Format { format: FORMAT, reason }
}

struct File<'a> {
    archive: Archive<'a>,
    pickle: Pickle<'a>,
}

/// Where a tensor's elements are.
struct Layout {
    element: Element,
    storage: String,
    offset: usize,
    shape: Vec<usize>,
    strides: Vec<usize>,
}

impl File<'_> {
    fn nodes(&mut self) -> Result<Nodes, GraphError> {
        let tokens = self.ids("input_tokens", 1)?;
        let ids = self.ids("active_features", 2)?;
        let activations = self.floats("activation_values", 1)?;
        if ids.len() != 3 * activations.len() {
            return Err(refuse("`active_features` and `activation_values` differ".to_owned()));
        }
        let active = ids.chunks_exact(3).zip(activations).map(|(id, activation)| ActiveFeature {
            id: FeatureId { layer: id[0], index: id[2] },
            pos: id[1],
            activation,
        });
        let n_layers = self.of_config("n_layers").and_then(|at| self.pickle.size(at));
        let n_layers = n_layers.and_then(|count| u32::try_from(count).ok());
        let n_layers = n_layers.ok_or_else(|| refuse("`cfg` has no `n_layers`".to_owned()))?;
        let last = tokens.len().saturating_sub(1) as u32;
        let targets = self.targets(last)?;
        Nodes::new(n_layers, active.collect(), self.ids("selected_features", 1)?, tokens, targets)
    }

    fn targets(&mut self, pos: u32) -> Result<Vec<Target>, GraphError> {
        let weights = self.floats("logit_probabilities", 1)?;
        let key = match self.pickle.entry(self.pickle.root(), "logit_targets") {
            Some(_) => "logit_targets",
            None => "logit_tokens",
        };
        let at = self.get(key)?;
        let named: Vec<(String, u32)> = match self.pickle.items(at) {
            Some(items) => {
                let named = items.iter().map(|&item| self.named_target(item));
                let named: Option<Vec<(&str, u32)>> = named.collect();
                let named = named
                    .ok_or_else(|| refuse("a logit target is no pair of text and id".to_owned()))?;
                let (labels, ids): (Vec<&str>, Vec<u32>) = named.into_iter().unzip();
                self.owned(&labels)?.into_iter().zip(ids).collect()
            }
            None => self.ids(key, 1)?.into_iter().map(|id| (format!("#{id}"), id)).collect(),
        };
        if named.len() != weights.len() {
            return Err(refuse(format!("`{key}` and `logit_probabilities` differ in length")));
        }
        let vocab_size = self.vocab_size();
        let targets = named.into_iter().zip(weights).map(|((label, id), weight)| {
            let kind = match id.checked_sub(vocab_size).filter(|_| vocab_size > 0) {
                Some(index) => TargetKind::Direction { index },
                None => TargetKind::Logit { token: id },
            };
            Target { kind, pos, weight, label }
        });
        Ok(targets.collect())
    }

    fn named_target(&self, at: Ref) -> Option<(&str, u32)> {
        let arguments = self.pickle.arguments(at, Global::LogitTarget);
        match arguments.or_else(|| self.pickle.items(at))? {
            &[text, id] => {
                let id = u32::try_from(self.pickle.size(id)?).ok()?;
                Some((self.pickle.text(text)?, id))
            }
            _ => None,
        }
    }

    /// Rows of every feature and target: in these files each node was expanded.
    fn rows(&mut self, nodes: &Nodes) -> Result<Vec<Row>, GraphError> {
        let n = nodes.len();
        let shape = self.layout("adjacency_matrix", 2)?.shape;
        if shape != [n, n] {
            let [rows, columns] = shape[..] else { unreachable!("`layout` gave two dimensions") };
            let found = format!("`adjacency_matrix` is {rows} × {columns}");
            return Err(refuse(format!("{found}, expected {n} × {n}")));
        }
        let adjacency_nn = self.floats("adjacency_matrix", 2)?;
        let explained = nodes.indices().filter(|&idx| nodes.may_have_row(idx));
        Ok(explained.map(|idx| dense_row(idx, &adjacency_nn[idx.as_usize() * n..][..n])).collect())
    }

    /// Copies of texts. A pickle names a text that it wrote before in two bytes, so that all of
    /// them together may be longer than the file by far; those of a graph are not.
    fn owned(&self, texts: &[&str]) -> Result<Vec<String>, GraphError> {
        let n_bytes = texts.iter().fold(0_usize, |sum, text| sum.saturating_add(text.len()));
        if n_bytes > self.archive.n_bytes {
            return Err(refuse(format!("{n_bytes} bytes of repeated text")));
        }
        Ok(texts.iter().map(|&text| text.to_owned()).collect())
    }

    fn provenance(&self) -> Result<Provenance, GraphError> {
        let text = |at: Option<Ref>| at.and_then(|at| self.pickle.text(at));
        let model = text(self.of_config("model_name")).unwrap_or_default().to_owned();
        let scan = self.pickle.entry(self.pickle.root(), "scan");
        let scans: Vec<&str> = match scan.and_then(|at| self.pickle.items(at)) {
            Some(items) => items.iter().filter_map(|&item| text(Some(item))).collect(),
            None => text(scan).into_iter().collect(),
        };
        Ok(Provenance {
            tool: "circuit-tracer".to_owned(),
            model: Origin { name: model, digest: None },
            scans: self.owned(&scans)?,
            vocab_size: self.vocab_size(),
            imported: Some(FORMAT.to_owned()),
            ..Provenance::default()
        })
    }

    /// Virtual ids start at the length of the logits, which the tokenizer's `vocab_size` may
    /// differ from.
    fn vocab_size(&self) -> u32 {
        let of_file = self.pickle.entry(self.pickle.root(), "vocab_size");
        let size = self.of_config("d_vocab").or(of_file).and_then(|at| self.pickle.size(at));
        size.and_then(|size| u32::try_from(size).ok()).unwrap_or_default()
    }

    fn of_config(&self, key: &str) -> Option<Ref> {
        self.pickle.entry(self.pickle.entry(self.pickle.root(), "cfg")?, key)
    }

    fn get(&self, key: &str) -> Result<Ref, GraphError> {
        let found = self.pickle.entry(self.pickle.root(), key);
        found.ok_or_else(|| refuse(format!("no entry `{key}`")))
    }

    fn text(&self, key: &str) -> Result<&str, GraphError> {
        let text = self.pickle.text(self.get(key)?);
        text.ok_or_else(|| refuse(format!("`{key}` is no text")))
    }

    fn layout(&self, key: &str, n_dims: usize) -> Result<Layout, GraphError> {
        let layout = self.layout_at(self.get(key)?);
        layout
            .filter(|layout| layout.shape.len() == n_dims && layout.strides.len() == n_dims)
            .ok_or_else(|| refuse(format!("`{key}` is no tensor of {n_dims} dimensions")))
    }

    /// `_rebuild_tensor_v2(storage, offset, shape, strides, requires_grad, hooks)`, where the
    /// storage is `("storage", type, key, device, length)`, kept beside the pickle.
    fn layout_at(&self, at: Ref) -> Option<Layout> {
        let arguments = self.pickle.arguments(at, Global::RebuildTensor)?;
        let &[storage, offset, shape, strides, ..] = arguments else { return None };
        let Value::Persistent(storage) = self.pickle.get(storage) else { return None };
        let &[_, element, key, ..] = self.pickle.items(*storage)? else { return None };
        let Value::Global(Global::Storage(element)) = *self.pickle.get(element) else {
            return None;
        };
        Some(Layout {
            element,
            storage: self.pickle.text(key)?.to_owned(),
            offset: self.pickle.size(offset)?,
            shape: self.pickle.sizes(shape)?,
            strides: self.pickle.sizes(strides)?,
        })
    }

    fn floats(&mut self, key: &str, n_dims: usize) -> Result<Vec<f32>, GraphError> {
        let layout = self.layout(key, n_dims)?;
        let bytes = self.archive.read(&format!("data/{}", layout.storage))?;
        let numbers = match layout.element {
            Element::F32 => layout.elements(&bytes, f32::from_le_bytes),
            Element::Bf16 => layout.elements(&bytes, |half: [u8; 2]| {
                f32::from_bits(u32::from(u16::from_le_bytes(half)) << 16)
            }),
            Element::F16 => layout.elements(&bytes, |half| f16_to_f32(u16::from_le_bytes(half))),
            Element::I64 => None,
        };
        numbers.ok_or_else(|| refuse(format!("`{key}` does not hold the numbers it claims")))
    }

    fn ids(&mut self, key: &str, n_dims: usize) -> Result<Vec<u32>, GraphError> {
        let layout = self.layout(key, n_dims)?;
        let bytes = self.archive.read(&format!("data/{}", layout.storage))?;
        let numbers = match layout.element {
            Element::I64 => layout.elements(&bytes, i64::from_le_bytes),
            _ => None,
        };
        let ids = numbers.and_then(|numbers| {
            numbers.into_iter().map(|number| u32::try_from(number).ok()).collect::<Option<_>>()
        });
        ids.ok_or_else(|| refuse(format!("`{key}` does not hold the ids it claims")))
    }
}

impl Layout {
    /// The elements in row-major order. A shape may not repeat elements: what it claims is then
    /// bounded by what is there.
    fn elements<T, const BYTES: usize>(
        &self,
        storage: &[u8],
        decode: impl Fn([u8; BYTES]) -> T,
    ) -> Option<Vec<T>> {
        let (stored, _) = storage.as_chunks::<BYTES>();
        let count = self.shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size))?;
        if count > stored.len() {
            return None;
        }
        let element = |mut index: usize| {
            let mut at = self.offset;
            for (&size, &stride) in self.shape.iter().zip(&self.strides).rev() {
                at = at.checked_add((index % size).checked_mul(stride)?)?;
                index /= size;
            }
            stored.get(at).map(|&bytes| decode(bytes))
        };
        (0..count).map(element).collect()
    }
}

fn dense_row(target: NodeIdx, row_n: &[f32]) -> Row {
    let stored = row_n.iter().enumerate().filter(|&(_, &weight)| weight != 0.0);
    let (sources, weights): (Vec<u32>, Vec<f32>) =
        stored.map(|(source, &weight)| (source as u32, weight)).unzip();
    let value = weights.iter().sum();
    let (abs_remainder, signed_remainder, constant) = (0.0, 0.0, 0.0);
    Row { target, sources, weights, abs_remainder, signed_remainder, constant, value }
}

/// IEEE 754 binary16: the exponent moves from a bias of 15 to one of 127.
fn f16_to_f32(half: u16) -> f32 {
    let sign = u32::from(half >> 15) << 31;
    let (exponent, fraction) = (u32::from(half >> 10) & 0x1f, u32::from(half) & 0x3ff);
    let magnitude = match exponent {
        0 => return f32::from_bits(sign | (fraction as f32 * 2.0_f32.powi(-24)).to_bits()),
        0x1f => 0xff << 23,
        exponent => (exponent + 127 - 15) << 23,
    };
    f32::from_bits(sign | magnitude | fraction << 13)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read_exactly() {
        for (half, expected) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 2.0_f32.powi(-24)),
            (0x8400, -(2.0_f32.powi(-14))),
            (0x7c00, f32::INFINITY),
        ] {
            assert_eq!(f16_to_f32(half), expected, "{half:#06x}");
        }
        assert!(f16_to_f32(0x7e00).is_nan());
    }

    #[test]
    fn shapes_may_not_claim_more_than_is_stored() {
        let layout = |offset, shape: &[usize], strides: &[usize]| Layout {
            element: Element::F32,
            storage: String::new(),
            offset,
            shape: shape.to_vec(),
            strides: strides.to_vec(),
        };
        let stored: Vec<u8> = (0..6_u32).flat_map(|n| (n as f32).to_le_bytes()).collect();
        let read = |layout: Layout| layout.elements(&stored, f32::from_le_bytes);
        assert_eq!(read(layout(1, &[2, 2], &[3, 1])).unwrap(), [1.0, 2.0, 4.0, 5.0]);
        assert_eq!(read(layout(0, &[3, 2], &[1, 3])).unwrap(), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        assert!(read(layout(0, &[0, 2], &[2, 1])).unwrap().is_empty());
        assert!(read(layout(3, &[4], &[1])).is_none());
        assert!(read(layout(0, &[1 << 40], &[0])).is_none());
        assert!(read(layout(0, &[usize::MAX, 2], &[1, 1])).is_none());
        assert!(read(layout(0, &[2], &[usize::MAX])).is_none());
    }
}
