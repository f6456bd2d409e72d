//! circuit-tracer's `features/` folder and its feature JSON, in and out.
//!
//! ```text
//! features/index.json.gz    gzip of {"0": {"filename": "layer_0.bin", "offsets": [0, …]}, …}
//! features/layer_0.bin      records: u32 length, little-endian, then that many bytes of zlib
//! ```
//!
//! Feature *f* of a layer lies from `offsets[f]` to `offsets[f + 1]`. A folder may instead hold
//! a plain JSON file for each feature, named by Cantor's number of layer and index. Both are
//! read and written. Source: circuit-tracer 0.5, its `frontend`, and Neuronpedia.

use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use connectome_graph::{FeatureId, whole};
use flate2::Compression;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::FeaturesError;
use super::index::build::{Builder, NewExample, NewFeature};
use super::index::{
    Distribution, Effect, Example, Feature, FeatureIndex, IndexCard, Label, LabelSource, Statistics,
};
use crate::files::FileBytes;

/// The list of layers.
pub(super) const INDEX: &str = "index.json.gz";

/// Bins of a histogram, and steps of the quantiles, as frontends draw them.
const BINS: usize = 40;
const STEPS: usize = 100;

/// Bytes that one feature, and the list of all, may unpack to: a small file must not fill the
/// memory.
const LARGEST_FEATURE: u64 = 64 << 20;
const LARGEST_INDEX: u64 = 4 << 30;

/// A feature as frontends read it. Fields that are missing are empty.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct FeatureJson {
    transcoder_id: String,
    index: u64,
    examples_quantiles: Vec<GroupJson>,
    top_logits: Vec<String>,
    bottom_logits: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    top_logits_values: Vec<f32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bottom_logits_values: Vec<f32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    top_embedding_effects: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    bottom_embedding_effects: Vec<String>,
    act_min: Option<f32>,
    act_max: Option<f32>,
    quantile_values: Vec<f32>,
    histogram: Vec<f32>,
    activation_frequency: Option<f32>,
    /// A name, and whose it is: a field of ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label_source: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct GroupJson {
    quantile_name: String,
    examples: Vec<ExampleJson>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct ExampleJson {
    tokens_acts_list: Vec<f32>,
    /// Some writers spell it out.
    #[serde(alias = "train_token_index")]
    train_token_ind: i64,
    is_repeated_datapoint: bool,
    tokens: Vec<String>,
}

/// Where a layer's features lie.
#[derive(Debug, Serialize, Deserialize)]
struct LayerJson {
    filename: String,
    offsets: Vec<u64>,
}

/// The JSON of a feature, as circuit-tracer's page asks for it.
#[must_use]
pub fn to_json(feature: &Feature, scan: &str) -> Value {
    let statistics = feature.statistics;
    let (min, max) = (statistics.min, statistics.max);
    let (histogram, quantile_values) = match &feature.distribution {
        Distribution::Counted(counted) if counted.total() > 0 => {
            let quantile = |step: usize| counted.quantile(step as f64 / (STEPS - 1) as f64);
            let quantiles = (0..STEPS).filter_map(quantile).map(|x| x.clamp(min, max));
            (counted.linear(min, max, BINS), quantiles.collect())
        }
        Distribution::Counted(_) => (Vec::new(), Vec::new()),
        Distribution::Given { histogram, quantiles } => (histogram.clone(), quantiles.clone()),
    };
    let texts = |effects: &[Effect]| -> Vec<String> {
        effects.iter().map(|effect| effect.token.clone()).collect()
    };
    let values = |effects: &[Effect]| -> Vec<f32> {
        effects.iter().filter_map(|effect| effect.value).collect()
    };
    let document = FeatureJson {
        transcoder_id: scan.to_owned(),
        index: u64::from(feature.id.index),
        examples_quantiles: groups(feature),
        top_logits: texts(&feature.top_logits),
        bottom_logits: texts(&feature.bottom_logits),
        top_logits_values: values(&feature.top_logits),
        bottom_logits_values: values(&feature.bottom_logits),
        top_embedding_effects: texts(&feature.top_inputs),
        bottom_embedding_effects: texts(&feature.bottom_inputs),
        act_min: Some(min),
        act_max: Some(max),
        quantile_values,
        histogram,
        activation_frequency: Some(statistics.frequency),
        label: feature.label.as_ref().map(|label| label.text.clone()),
        label_source: feature.label.as_ref().map(|label| label.source.name().to_owned()),
    };
    serde_json::to_value(document).expect("numbers and texts are JSON")
}

fn groups(feature: &Feature) -> Vec<GroupJson> {
    let mut seen: Vec<&Example> = Vec::new();
    let mut groups = Vec::new();
    for group in &feature.groups {
        let mut examples = Vec::new();
        for example in &group.examples {
            let is_repeated_datapoint = seen.contains(&example);
            seen.push(example);
            examples.push(ExampleJson {
                tokens_acts_list: example.activations.clone(),
                train_token_ind: example.peak as i64,
                is_repeated_datapoint,
                tokens: example.tokens.clone(),
            });
        }
        groups.push(GroupJson { quantile_name: group.name.clone(), examples });
    }
    groups
}

/// Writes a `features/` folder: a file for each layer, then the list of them. The folder must
/// not hold another.
///
/// # Errors
///
/// [`FeaturesError::Layout`] if the folder has a list already; [`FeaturesError::Write`];
/// [`FeaturesError::NotAnIndex`]. `Ok(false)` if `watch`, which is told how many features are
/// written, asked to stop: there is no list then.
pub fn export(
    index: &FeatureIndex,
    folder: &Path,
    watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<bool, FeaturesError> {
    let list = folder.join(INDEX);
    if list.exists() {
        let reason = format!("the folder has a `{INDEX}` already");
        return Err(FeaturesError::Layout { reason, path: folder.to_owned() });
    }
    std::fs::create_dir_all(folder).map_err(|source| write_error(folder, source))?;
    let mut layers = Vec::new();
    for layer in 0..index.card().n_layers {
        let path = folder.join(layer_name(layer));
        let Some(offsets) = export_layer(index, layer, &path, watch)? else { return Ok(false) };
        layers.push(offsets);
    }
    crate::train::files::write_whole(&list, &packed_list(layers))?;
    Ok(true)
}

/// Writes a folder of plain JSON, a file for each feature, named by number: whole or not at all.
/// The folder must not be there, or be empty.
///
/// # Errors
///
/// [`FeaturesError::Layout`] if the folder holds anything; [`FeaturesError::Write`];
/// [`FeaturesError::NotAnIndex`]. `Ok(false)` if `watch`, which is told how many features are
/// written, asked to stop: nothing is written then.
pub fn export_plain(
    index: &FeatureIndex,
    folder: &Path,
    watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<bool, FeaturesError> {
    let write = |source| write_error(folder, source);
    if folder.exists() {
        let mut entries = std::fs::read_dir(folder).map_err(write)?;
        if entries.next().is_some() {
            let reason = "the folder is not empty".to_owned();
            return Err(FeaturesError::Layout { reason, path: folder.to_owned() });
        }
    }
    if let Some(around) = folder.parent() {
        std::fs::create_dir_all(around).map_err(write)?;
    }
    let beside = whole::folder_beside(folder).map_err(write)?;
    for (at, id) in index.ids().enumerate() {
        let document = to_json(&index.feature(id)?, &index.card().scan).to_string();
        let path = beside.path().join(plain_name(id));
        std::fs::write(&path, document).map_err(|source| write_error(&path, source))?;
        if watch(at + 1).is_break() {
            return Ok(false);
        }
    }
    whole::place_folder(beside, folder).map_err(write)?;
    Ok(true)
}

/// What the plain file of a feature is called.
fn plain_name(id: FeatureId) -> String {
    format!("{}.json", cantor(id.layer as usize, id.index as usize))
}

/// What the file of a layer is called.
pub(super) fn layer_name(layer: usize) -> String {
    format!("layer_{layer}.bin")
}

/// The list of layers, from where the features of each start and the last ends.
pub(super) fn packed_list(layers: Vec<Vec<u64>>) -> Vec<u8> {
    let mut list = Map::new();
    for (layer, offsets) in layers.into_iter().enumerate() {
        let filename = layer_name(layer);
        list.insert(layer.to_string(), json!(LayerJson { filename, offsets }));
    }
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    let text = Value::Object(list).to_string();
    packed.write_all(text.as_bytes()).and_then(|()| packed.finish()).expect("memory takes all")
}

/// A feature as a layer's file has it: the same bytes whenever it is made.
pub(super) fn record(index: &FeatureIndex, id: FeatureId) -> Result<Vec<u8>, FeaturesError> {
    let document = to_json(&index.feature(id)?, &index.card().scan).to_string();
    // The length stands before what it counts.
    let mut packed = ZlibEncoder::new(vec![0; 4], Compression::default());
    let written = packed.write_all(document.as_bytes()).and_then(|()| packed.finish());
    let mut record = written.expect("memory takes all");
    let length = (record.len() - 4) as u32;
    record[..4].copy_from_slice(&length.to_le_bytes());
    Ok(record)
}

/// Writes a layer; where its features start, and its end. `None` if it was stopped.
fn export_layer(
    index: &FeatureIndex,
    layer: usize,
    path: &Path,
    watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
) -> Result<Option<Vec<u64>>, FeaturesError> {
    let write = |source| write_error(path, source);
    let mut out = BufWriter::new(whole::beside(path).map_err(write)?);
    let mut offsets = vec![0];
    let n_features = index.card().n_features;
    for feature in 0..n_features {
        let id = FeatureId { layer: layer as u32, index: feature as u32 };
        let record = record(index, id)?;
        out.write_all(&record).map_err(write)?;
        let start = offsets[feature];
        offsets.push(start + record.len() as u64);
        if watch(layer * n_features + feature + 1).is_break() {
            return Ok(None);
        }
    }
    let beside = out.into_inner().map_err(|error| write(error.into_error()))?;
    whole::place(beside, path).map_err(write)?;
    Ok(Some(offsets))
}

/// Reads a `features/` folder into an index. Features that it lacks are empty; features without
/// a name are given an automatic one.
///
/// # Errors
///
/// [`FeaturesError::Layout`] says what is not as it should be; [`FeaturesError::Read`];
/// [`FeaturesError::Write`]. `Ok(None)` if `watch`, which is told how many features of how many
/// are read, asked to stop: nothing is written then.
pub fn import(
    folder: &Path,
    names: Imported<'_>,
    out: &Path,
    watch: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<Option<IndexCard>, FeaturesError> {
    let records = Records::open(folder)?;
    let n = records.n_layers() * records.n_features();
    let mut import =
        Import { builder: Builder::new(out)?, groups: Vec::new(), scan: String::new() };
    for layer in 0..records.n_layers() {
        for index in 0..records.n_features() {
            let new = match records.read(layer, index)? {
                None => NewFeature::default(),
                Some(found) => import.feature(found, &records.folder)?,
            };
            import.builder.push(new)?;
            if watch(import.builder.n_features(), n).is_break() {
                return Ok(None);
            }
        }
    }
    let card = IndexCard {
        tool: names.tool.to_owned(),
        model: names.model.to_owned(),
        dictionary: names.dictionary.to_owned(),
        dictionary_digest: String::new(),
        scan: import.scan,
        n_layers: records.n_layers(),
        n_features: records.n_features(),
        n_tokens: 0,
        n_sequences: 0,
        groups: import.groups,
        made_of: json!({ "imported": folder.display().to_string() }),
    };
    import.builder.write(&card)?;
    Ok(Some(card))
}

/// What an imported index is called.
#[derive(Clone, Copy, Debug)]
pub struct Imported<'a> {
    /// The model; empty if nobody said.
    pub model: &'a str,
    /// The dictionary.
    pub dictionary: &'a str,
    /// The program that imports.
    pub tool: &'a str,
}

struct Import {
    builder: Builder,
    groups: Vec<String>,
    scan: String,
}

impl Import {
    fn feature(&mut self, found: FeatureJson, path: &Path) -> Result<NewFeature, FeaturesError> {
        let layout = |reason: String| FeaturesError::Layout { reason, path: path.to_owned() };
        if self.scan.is_empty() {
            self.scan.clone_from(&found.transcoder_id);
        }
        let name = format!("feature {}", found.index);
        let mut examples = Vec::new();
        let mut shown = Vec::new();
        for (at, group) in found.examples_quantiles.into_iter().enumerate() {
            let of = self.group(&group.quantile_name).ok_or_else(|| {
                layout(format!("{name} and those before it have more than 255 groups of examples"))
            })?;
            for example in group.examples {
                if example.tokens.len() != example.tokens_acts_list.len() {
                    let (n, acts) = (example.tokens.len(), example.tokens_acts_list.len());
                    return Err(layout(format!(
                        "an example of {name} has {n} tokens and {acts} activations"
                    )));
                }
                if example.tokens.is_empty() {
                    continue;
                }
                let new = self.example(of, &example)?;
                if at == 0 {
                    shown.push(Example {
                        peak: new.0.peak as usize,
                        tokens: example.tokens,
                        activations: example.tokens_acts_list,
                    });
                }
                examples.push(new);
            }
        }
        let logits = |texts: &[String], values: &[f32]| -> Vec<Effect> {
            let value = |at: usize| values.get(at).copied();
            let effect =
                |(at, token): (usize, &String)| Effect { token: token.clone(), value: value(at) };
            texts.iter().enumerate().map(effect).collect()
        };
        let top = logits(&found.top_logits, &found.top_logits_values);
        let bottom = logits(&found.bottom_logits, &found.bottom_logits_values);
        let label = match found.label.filter(|text| !text.trim().is_empty()) {
            Some(text) => Some(Label { text, source: source(found.label_source.as_deref()) }),
            None => super::labels::label(&shown, &top),
        };
        let inputs = [&found.top_embedding_effects, &found.bottom_embedding_effects];
        let [more, less] = inputs.map(|texts| logits(texts, &[]));
        Ok(NewFeature {
            statistics: Statistics {
                fired: 0,
                frequency: found.activation_frequency.unwrap_or(0.0),
                sum: 0.0,
                min: found.act_min.unwrap_or(0.0),
                max: found.act_max.unwrap_or_else(|| largest(&shown)),
            },
            given: [found.histogram, found.quantile_values],
            examples,
            effects: [top, bottom, more, less].map(|effects| self.effects(&effects)),
            label,
            ..NewFeature::default()
        })
    }

    /// The number of a group.
    fn group(&mut self, name: &str) -> Option<u8> {
        let known = self.groups.iter().position(|known| known == name);
        let at = known.unwrap_or_else(|| {
            self.groups.push(name.to_owned());
            self.groups.len() - 1
        });
        u8::try_from(at).ok()
    }

    fn example(
        &mut self,
        group: u8,
        example: &ExampleJson,
    ) -> Result<(NewExample, Vec<(u32, f32)>), FeaturesError> {
        let tokens: Vec<u32> =
            example.tokens.iter().map(|token| self.builder.token(token)).collect();
        let length = tokens.len() as u32;
        let stated = usize::try_from(example.train_token_ind).ok();
        let acts = &example.tokens_acts_list;
        // Where nobody says which token it is, it is the strongest.
        let peak = stated.filter(|at| *at < acts.len()).unwrap_or_else(|| {
            (0..acts.len()).fold(0, |best, at| if acts[at] > acts[best] { at } else { best })
        });
        let sequence = self.builder.push_sequence(tokens)?;
        let firings = (0_u32..).zip(acts).filter(|(_, act)| **act != 0.0);
        let firings = firings.map(|(at, act)| (at, *act)).collect();
        Ok((NewExample { group, sequence, first: 0, length, peak: peak as u32 }, firings))
    }

    fn effects(&mut self, effects: &[Effect]) -> Vec<(u32, f32)> {
        let effect =
            |effect: &Effect| (self.builder.token(&effect.token), effect.value.unwrap_or(f32::NAN));
        effects.iter().map(effect).collect()
    }
}

fn largest(examples: &[Example]) -> f32 {
    examples.iter().flat_map(|example| &example.activations).copied().fold(0.0, f32::max)
}

/// Ours say which; all others are somebody's.
fn source(name: Option<&str>) -> LabelSource {
    let ours = [LabelSource::Examples, LabelSource::Logits, LabelSource::ExamplesAndLogits];
    let found = ours.into_iter().find(|source| Some(source.name()) == name);
    found.unwrap_or(LabelSource::Imported)
}

/// The records of a folder.
struct Records {
    folder: PathBuf,
    kind: RecordKind,
    n_features: usize,
}

enum RecordKind {
    /// A mapped file and its offsets, a layer each.
    Packed(Vec<(FileBytes, Vec<u64>)>),
    /// Files by Cantor's number, for so many layers.
    Plain(usize),
}

impl Records {
    fn open(folder: &Path) -> Result<Self, FeaturesError> {
        if folder.join(INDEX).is_file() { Self::packed(folder) } else { Self::plain(folder) }
    }

    fn packed(folder: &Path) -> Result<Self, FeaturesError> {
        let path = folder.join(INDEX);
        let layout = |reason: String| FeaturesError::Layout { reason, path: path.clone() };
        let file = File::open(&path)
            .map_err(|source| FeaturesError::Read { path: path.clone(), source })?;
        let mut text = Vec::new();
        let unpacked = MultiGzDecoder::new(file).take(LARGEST_INDEX).read_to_end(&mut text);
        unpacked.map_err(|error| layout(format!("not a gzip file ({error})")))?;
        let list: Value = serde_json::from_slice(&text)
            .map_err(|error| layout(format!("not valid JSON ({error})")))?;
        let layers: Vec<&Value> = match &list {
            Value::Array(layers) => layers.iter().collect(),
            Value::Object(layers) => {
                let of = |at: usize| {
                    let layer = layers.get(&at.to_string());
                    layer.ok_or_else(|| layout(format!("no layer {at} of {}", layers.len())))
                };
                (0..layers.len()).map(of).collect::<Result<_, _>>()?
            }
            _ => return Err(layout("neither a list nor an object of layers".to_owned())),
        };
        let mut opened: Vec<(FileBytes, Vec<u64>)> = Vec::new();
        for (at, layer) in layers.into_iter().enumerate() {
            let layer: LayerJson = serde_json::from_value(layer.clone())
                .map_err(|error| layout(format!("layer {at}: {error}")))?;
            let is_name = Path::new(&layer.filename).file_name() == Some(layer.filename.as_ref());
            if !is_name {
                return Err(layout(format!("layer {at}: `{}` is no file name", layer.filename)));
            }
            let bytes = FileBytes::map(&folder.join(&layer.filename))?;
            let expected = opened.first().map_or(layer.offsets.len(), |(_, first)| first.len());
            if layer.offsets.len() != expected || expected < 2 {
                let n = layer.offsets.len();
                return Err(layout(format!("layer {at} has {n} offsets, layer 0 {expected}")));
            }
            opened.push((bytes, layer.offsets));
        }
        let n_features = opened.first().map(|(_, offsets)| offsets.len() - 1);
        let n_features = n_features.ok_or_else(|| layout("there are no layers".to_owned()))?;
        Ok(Self { folder: folder.to_owned(), kind: RecordKind::Packed(opened), n_features })
    }

    fn plain(folder: &Path) -> Result<Self, FeaturesError> {
        let read = |source| FeaturesError::Read { path: folder.to_owned(), source };
        let (mut n_layers, mut n_features) = (0, 0);
        for entry in std::fs::read_dir(folder).map_err(read)? {
            let name = entry.map_err(read)?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".json")?.parse().ok());
            if let Some(FeatureId { layer, index }) = number.and_then(feature_of) {
                n_layers = n_layers.max(layer as usize + 1);
                n_features = n_features.max(index as usize + 1);
            }
        }
        if n_layers == 0 {
            let reason = format!("neither `{INDEX}` nor JSON files named by number");
            return Err(FeaturesError::Layout { reason, path: folder.to_owned() });
        }
        Ok(Self { folder: folder.to_owned(), kind: RecordKind::Plain(n_layers), n_features })
    }

    fn n_layers(&self) -> usize {
        match &self.kind {
            RecordKind::Packed(layers) => layers.len(),
            RecordKind::Plain(n_layers) => *n_layers,
        }
    }

    fn n_features(&self) -> usize {
        self.n_features
    }

    /// The record of a feature, if there is one.
    fn read(&self, layer: usize, index: usize) -> Result<Option<FeatureJson>, FeaturesError> {
        let name = format!("feature {index} of layer {layer}");
        let layout = |reason: String| {
            let reason = format!("{name}: {reason}");
            FeaturesError::Layout { reason, path: self.folder.clone() }
        };
        let text = match &self.kind {
            RecordKind::Plain(_) => {
                let id = FeatureId { layer: layer as u32, index: index as u32 };
                let path = self.folder.join(plain_name(id));
                if !path.exists() {
                    return Ok(None);
                }
                std::fs::read(&path).map_err(|source| FeaturesError::Read { path, source })?
            }
            RecordKind::Packed(layers) => {
                let (bytes, offsets) = &layers[layer];
                let span = [offsets[index], offsets[index + 1]];
                let [start, end] = span.map(|at| usize::try_from(at).unwrap_or(usize::MAX));
                let record = bytes.get(start..end);
                let record = record.ok_or_else(|| layout("its offsets lie outside".to_owned()))?;
                if record.is_empty() {
                    return Ok(None);
                }
                unpacked(record).map_err(layout)?
            }
        };
        serde_json::from_slice(&text).map(Some).map_err(|error| layout(error.to_string()))
    }
}

/// The JSON of a record: a length, then zlib or gzip.
fn unpacked(record: &[u8]) -> Result<Vec<u8>, String> {
    let (length, rest) = record.split_first_chunk::<4>().ok_or("it has no length")?;
    let length = u32::from_le_bytes(*length) as usize;
    let packed = rest.get(..length).ok_or("its length is wrong")?;
    let mut text = Vec::new();
    let result = if packed.starts_with(&[0x1f, 0x8b]) {
        MultiGzDecoder::new(packed).take(LARGEST_FEATURE).read_to_end(&mut text)
    } else {
        ZlibDecoder::new(packed).take(LARGEST_FEATURE).read_to_end(&mut text)
    };
    result.map_err(|error| format!("not zlib or gzip ({error})"))?;
    Ok(text)
}

/// Cantor's number of a layer and an index.
fn cantor(layer: usize, index: usize) -> u64 {
    let (layer, index) = (layer as u64, index as u64);
    (layer + index) * (layer + index + 1) / 2 + index
}

/// The feature of Cantor's number of layer and index, as frontends name its file; `None` if it is
/// larger than any feature's.
#[must_use]
pub fn feature_of(number: u64) -> Option<FeatureId> {
    if number > 1 << 60 {
        return None;
    }
    let mut diagonal = (((8.0 * number as f64 + 1.0).sqrt() - 1.0) / 2.0) as u64;
    // The root of a large number may be off by one.
    while diagonal * (diagonal + 1) / 2 > number {
        diagonal -= 1;
    }
    while (diagonal + 1) * (diagonal + 2) / 2 <= number {
        diagonal += 1;
    }
    let index = number - diagonal * (diagonal + 1) / 2;
    let layer = u32::try_from(diagonal - index).ok()?;
    Some(FeatureId { layer, index: u32::try_from(index).ok()? })
}

fn write_error(path: &Path, source: std::io::Error) -> FeaturesError {
    FeaturesError::Write { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_cantor_go_both_ways() {
        for (layer, index, number) in
            [(0, 0, 0), (1, 0, 1), (0, 1, 2), (2, 0, 3), (11, 4071, 8_337_474)]
        {
            assert_eq!(cantor(layer, index), number, "{layer}, {index}");
        }
        for (layer, index) in [(0, 0), (25, 16_383), (60, 999_999), (3, 1_000_000_000)] {
            let id = feature_of(cantor(layer, index)).unwrap();
            assert_eq!((id.layer as usize, id.index as usize), (layer, index));
        }
        assert_eq!(feature_of(u64::MAX), None);
    }
}
