//! [`Checkpoints`]: the state of a run on disk, whole or not there.
//!
//! A checkpoint is one safetensors file, `step-000001200.safetensors`: tensors, and one metadata
//! entry `connectome` with a JSON object:
//!
//! | key | what |
//! |---|---|
//! | `version` | of this layout |
//! | `step` | steps done |
//! | `config` | the options that the run's course depends on |
//! | `config_digest` | BLAKE3 of `config`, to tell runs apart at a glance |
//! | `state` | the trainer's own: cursors, counters, controllers |
//! | `content` | BLAKE3 over names, shapes and bytes of all tensors |
//!
//! It is written beside, flushed to the disk, then renamed; only then is the oldest removed. The
//! last two are kept, so the last good one survives whatever happens to the newest.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use connectome_graph::whole;
use safetensors::tensor::{Dtype, SafeTensors, View};
use serde_json::{Value, json};

use super::TrainError;
use crate::files::FileBytes;

/// Of the layout above.
const VERSION: u64 = 1;

/// How many are kept.
const KEPT: usize = 2;

/// The metadata entry.
const ENTRY: &str = "connectome";

/// The numbers of a tensor.
#[derive(Clone, Copy, Debug)]
pub enum Numbers<'a> {
    /// Parameters, moments, activations.
    F32(&'a [f32]),
    /// Ids, counts, indices.
    U32(&'a [u32]),
    /// The same, of a state that must not be in memory twice.
    Made(&'a dyn Make),
}

/// Numbers that are made when they are needed, and let go.
pub trait Make: Debug {
    /// Bytes of as many u32 as the part's shape says, little-endian: the same ones every time.
    fn make(&self) -> Vec<u8>;
}

/// A tensor to be kept.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its numbers.
    pub numbers: Numbers<'a>,
}

impl<'a> Part<'a> {
    /// A tensor of f32.
    #[must_use]
    pub fn f32(name: impl Into<String>, shape: &[usize], numbers: &'a [f32]) -> Self {
        Self { name: name.into(), shape: shape.to_vec(), numbers: Numbers::F32(numbers) }
    }

    /// A tensor of u32.
    #[must_use]
    pub fn u32(name: impl Into<String>, shape: &[usize], numbers: &'a [u32]) -> Self {
        Self { name: name.into(), shape: shape.to_vec(), numbers: Numbers::U32(numbers) }
    }

    /// A list of `n` u32 that are made when they are written.
    #[must_use]
    pub fn made(name: impl Into<String>, n: usize, numbers: &'a dyn Make) -> Self {
        Self { name: name.into(), shape: vec![n], numbers: Numbers::Made(numbers) }
    }
}

impl View for &Part<'_> {
    fn dtype(&self) -> Dtype {
        match self.numbers {
            Numbers::F32(_) => Dtype::F32,
            Numbers::U32(_) | Numbers::Made(_) => Dtype::U32,
        }
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        match self.numbers {
            Numbers::F32(values) => bytemuck::cast_slice(values).into(),
            Numbers::U32(values) => bytemuck::cast_slice(values).into(),
            Numbers::Made(numbers) => numbers.make().into(),
        }
    }

    fn data_len(&self) -> usize {
        self.shape.iter().product::<usize>() * size_of::<u32>()
    }
}

/// Everything that a run needs to go on.
#[derive(Clone, Debug)]
pub struct Snapshot<'a> {
    /// Steps done.
    pub step: u64,
    /// The options that the run's course depends on, as a JSON object.
    pub config: &'a Value,
    /// Cursors, counters, controllers.
    pub state: Value,
    /// Parameters and moments.
    pub parts: Vec<Part<'a>>,
}

/// A folder of checkpoints.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    /// The folder; it is made when the first checkpoint is.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a checkpoint, then removes all but the last two.
    ///
    /// # Errors
    ///
    /// [`TrainError::Write`]; the checkpoints before are untouched then.
    pub fn save(&self, snapshot: &Snapshot<'_>) -> Result<PathBuf, TrainError> {
        let path = self.folder.join(file_name(snapshot.step));
        let write = |source| TrainError::Write { path: path.clone(), source };
        std::fs::create_dir_all(&self.folder).map_err(write)?;
        self.remove_leftovers();
        let document = json!({
            "version": VERSION,
            "step": snapshot.step,
            "config": snapshot.config,
            "config_digest": digest_of(snapshot.config),
            "state": snapshot.state,
            "content": content(named(&snapshot.parts).collect()),
        });
        let metadata = HashMap::from([(ENTRY.to_owned(), document.to_string())]);
        let beside = whole::beside(&path).map_err(write)?;
        safetensors::serialize_to_file(named(&snapshot.parts), Some(metadata), beside.path())
            .map_err(io_error)
            .and_then(|()| whole::place(beside, &path))
            .map_err(write)?;
        self.remove_old();
        Ok(path)
    }

    /// The newest checkpoint that is whole, and those after it that are not. `None` if there is
    /// no checkpoint at all.
    ///
    /// # Errors
    ///
    /// [`TrainError::Damaged`] of the newest if none is whole; [`TrainError::Version`].
    pub fn latest(&self) -> Result<Option<Latest>, TrainError> {
        let mut damaged = Vec::new();
        for step in self.steps().into_iter().rev() {
            match Checkpoint::open(&self.folder.join(file_name(step))) {
                Ok(checkpoint) => return Ok(Some(Latest { checkpoint, damaged })),
                Err(error @ TrainError::Version { .. }) => return Err(error),
                Err(error) => damaged.push(error),
            }
        }
        match damaged.into_iter().next() {
            Some(newest) => Err(newest),
            None => Ok(None),
        }
    }

    /// Steps of the checkpoints there, ascending.
    #[must_use]
    pub fn steps(&self) -> Vec<u64> {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut steps: Vec<u64> = names.filter_map(|name| step_of(&name)).collect();
        steps.sort_unstable();
        steps
    }

    fn remove_old(&self) {
        let steps = self.steps();
        for step in &steps[..steps.len().saturating_sub(KEPT)] {
            // One that cannot be removed costs room and nothing else.
            let _ = std::fs::remove_file(self.folder.join(file_name(*step)));
        }
    }

    /// What a killed run was writing.
    fn remove_leftovers(&self) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let is_ours = |name: &str| name.starts_with(".connectome-") || name.starts_with(".tmp");
            if name.to_str().is_some_and(is_ours) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

fn file_name(step: u64) -> String {
    format!("step-{step:09}.safetensors")
}

fn step_of(name: &str) -> Option<u64> {
    name.strip_prefix("step-")?.strip_suffix(".safetensors")?.parse().ok()
}

fn io_error(error: safetensors::SafeTensorError) -> std::io::Error {
    match error {
        safetensors::SafeTensorError::IoError(source) => source,
        other => std::io::Error::other(other.to_string()),
    }
}

/// BLAKE3 of a config, in hex.
#[must_use]
pub fn digest_of(config: &Value) -> String {
    blake3::hash(config.to_string().as_bytes()).to_hex().to_string()
}

fn named<'p, 'a>(parts: &'p [Part<'a>]) -> impl Iterator<Item = (&'p str, &'p Part<'a>)> {
    parts.iter().map(|part| (part.name.as_str(), part))
}

fn content<V: View>(mut parts: Vec<(&str, V)>) -> String {
    parts.sort_by_key(|(name, _)| *name);
    let mut hasher = blake3::Hasher::new();
    for (name, part) in parts {
        hasher.update(format!("{name} {:?} ", part.shape()).as_bytes());
        hasher.update(&part.data());
    }
    hasher.finalize().to_hex().to_string()
}

/// What [`Checkpoints::latest`] found.
#[derive(Debug)]
pub struct Latest {
    /// The newest whole one.
    pub checkpoint: Checkpoint,
    /// Why newer ones were passed over.
    pub damaged: Vec<TrainError>,
}

/// A checkpoint, read and checked.
#[derive(Debug)]
pub struct Checkpoint {
    path: PathBuf,
    step: u64,
    config: Value,
    state: Value,
    bytes: FileBytes,
}

impl Checkpoint {
    /// Opens a file and checks every byte of it.
    ///
    /// # Errors
    ///
    /// [`TrainError::Damaged`], [`TrainError::Version`]; [`TrainError::Load`] if it cannot be
    /// read.
    pub fn open(path: &Path) -> Result<Self, TrainError> {
        let damaged = |reason: String| TrainError::Damaged { path: path.to_owned(), reason };
        let bytes = FileBytes::map(path)?;
        let tensors =
            SafeTensors::deserialize(&bytes).map_err(|source| damaged(source.to_string()))?;
        let (_, metadata) =
            SafeTensors::read_metadata(&bytes).map_err(|source| damaged(source.to_string()))?;
        let entry = metadata.metadata().as_ref().and_then(|entries| entries.get(ENTRY));
        let entry = entry.ok_or_else(|| damaged("it has no `connectome` entry".to_owned()))?;
        let mut document: Value =
            serde_json::from_str(entry).map_err(|source| damaged(source.to_string()))?;
        let version = document["version"].as_u64().unwrap_or(0);
        if version != VERSION {
            let (path, found) = (path.to_owned(), version);
            return Err(TrainError::Version { path, found, expected: VERSION });
        }
        let views = tensors.tensors();
        let found = content(views.iter().map(|(name, view)| (name.as_str(), view)).collect());
        if document["content"].as_str() != Some(&found) {
            return Err(damaged("its bytes are not those that were written".to_owned()));
        }
        let step = document["step"].as_u64();
        Ok(Self {
            path: path.to_owned(),
            step: step.ok_or_else(|| damaged("it does not say its step".to_owned()))?,
            config: document["config"].take(),
            state: document["state"].take(),
            bytes,
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Steps done.
    #[must_use]
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The options of the run.
    #[must_use]
    pub fn config(&self) -> &Value {
        &self.config
    }

    /// Cursors, counters, controllers.
    #[must_use]
    pub fn state(&self) -> &Value {
        &self.state
    }

    /// Refuses to go on under another config.
    ///
    /// # Errors
    ///
    /// [`TrainError::OtherConfig`] names the first key that differs, as a path of keys.
    pub fn check_config(&self, config: &Value) -> Result<(), TrainError> {
        check_same(&self.path, config, &self.config)
    }

    /// Reads the numbers of a tensor into a place of the right length.
    ///
    /// # Errors
    ///
    /// [`TrainError::Damaged`] if there is no such tensor, or it has another shape or type.
    pub fn read_f32(
        &self,
        name: &str,
        shape: &[usize],
        into: &mut [f32],
    ) -> Result<(), TrainError> {
        let raw = self.raw(name, shape, Dtype::F32)?;
        for (value, bytes) in into.iter_mut().zip(raw.as_chunks::<4>().0) {
            *value = f32::from_le_bytes(*bytes);
        }
        Ok(())
    }

    /// The numbers of a tensor of one axis, however long it is.
    ///
    /// # Errors
    ///
    /// As [`Checkpoint::read_f32`].
    pub fn u32_list(&self, name: &str) -> Result<Vec<u32>, TrainError> {
        let tensors = SafeTensors::deserialize(&self.bytes).expect("checked when it was opened");
        let len = tensors.tensor(name).map_or(0, |view| view.shape().iter().product());
        let raw = self.raw(name, &[len], Dtype::U32)?;
        Ok(raw.as_chunks::<4>().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
    }

    fn raw(&self, name: &str, shape: &[usize], dtype: Dtype) -> Result<&[u8], TrainError> {
        let damaged = |reason| TrainError::Damaged { path: self.path.clone(), reason };
        let tensors = SafeTensors::deserialize(&self.bytes).expect("checked when it was opened");
        let view = tensors.tensor(name).map_err(|_| damaged(format!("no tensor `{name}`")))?;
        if view.shape() != shape || view.dtype() != dtype {
            let found = format!("{:?} {:?}", view.dtype(), view.shape());
            let reason = format!("tensor `{name}` is {found}, expected {dtype:?} {shape:?}");
            return Err(damaged(reason));
        }
        Ok(view.data())
    }
}

/// Refuses a file made under another config than `found`.
///
/// # Errors
///
/// [`TrainError::OtherConfig`] names the first key that differs, as a path of keys.
pub fn check_same(path: &Path, found: &Value, expected: &Value) -> Result<(), TrainError> {
    let Some(difference) = difference("", found, expected) else { return Ok(()) };
    let Difference { key, found, expected } = difference;
    Err(TrainError::OtherConfig { key, found, expected, path: path.to_owned() })
}

struct Difference {
    key: String,
    found: String,
    expected: String,
}

/// The first key, in the order of `found` then of `expected`, whose values differ.
fn difference(prefix: &str, found: &Value, expected: &Value) -> Option<Difference> {
    if let (Value::Object(found), Value::Object(expected)) = (found, expected) {
        let keys = found.keys().chain(expected.keys().filter(|key| !found.contains_key(*key)));
        return keys
            .filter_map(|key| {
                let dot = if prefix.is_empty() { "" } else { "." };
                let path = format!("{prefix}{dot}{key}");
                let of = |object: &serde_json::Map<String, Value>| {
                    object.get(key).cloned().unwrap_or(Value::Null)
                };
                difference(&path, &of(found), &of(expected))
            })
            .next();
    }
    (found != expected).then(|| Difference {
        key: prefix.to_owned(),
        found: shown(found),
        expected: shown(expected),
    })
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "not set".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers before this one.
    #[derive(Debug)]
    struct Below(u32);

    impl Make for Below {
        fn make(&self) -> Vec<u8> {
            (0..self.0).flat_map(u32::to_le_bytes).collect()
        }
    }

    fn save(checkpoints: &Checkpoints, step: u64, values: &[f32]) -> PathBuf {
        let config = json!({ "lr": 0.5, "model": { "layers": 2 } });
        let parts = vec![
            Part::f32("w", &[values.len()], values),
            Part::u32("ids", &[2], &[7, 9]),
            Part::made("made", 3, &Below(3)),
            Part::made("none", 0, &Below(0)),
        ];
        let state = json!({ "cursor": step * 10 });
        checkpoints.save(&Snapshot { step, config: &config, state, parts }).unwrap()
    }

    fn latest(checkpoints: &Checkpoints) -> Latest {
        checkpoints.latest().unwrap().unwrap()
    }

    #[test]
    fn what_is_saved_comes_back_and_the_last_two_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(&folder.path().join("checkpoints"));
        assert!(checkpoints.latest().unwrap().is_none());
        for step in [1, 2, 30] {
            save(&checkpoints, step, &[1.5, f32::MIN_POSITIVE, step as f32]);
        }
        assert_eq!(checkpoints.steps(), [2, 30]);
        let Latest { checkpoint, damaged } = latest(&checkpoints);
        assert!(damaged.is_empty());
        assert_eq!((checkpoint.step(), &checkpoint.state()["cursor"]), (30, &json!(300)));
        let mut values = [0.0; 3];
        checkpoint.read_f32("w", &[3], &mut values).unwrap();
        assert_eq!(values, [1.5, f32::MIN_POSITIVE, 30.0]);
        assert_eq!(checkpoint.u32_list("ids").unwrap(), [7, 9]);
        assert_eq!(checkpoint.u32_list("made").unwrap(), [0, 1, 2]);
        assert!(checkpoint.u32_list("none").unwrap().is_empty());
        let message = checkpoint.read_f32("w", &[4], &mut [0.0; 4]).unwrap_err().to_string();
        assert!(message.contains("`w` is F32 [3], expected F32 [4]"), "{message}");
        let names: Vec<_> = std::fs::read_dir(checkpoints.folder()).unwrap().collect();
        assert_eq!(names.len(), 2, "nothing else is left");
    }

    // A file cut short at any place, or with a bit turned, is never taken for a checkpoint.
    #[test]
    fn the_newest_whole_one_is_found_behind_damaged_ones() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(folder.path());
        save(&checkpoints, 1, &[1.0, 2.0]);
        let newest = save(&checkpoints, 2, &[3.0, 4.0]);
        let whole = std::fs::read(&newest).unwrap();
        for len in (0..whole.len()).step_by(7) {
            std::fs::write(&newest, &whole[..len]).unwrap();
            let Latest { checkpoint, damaged } = latest(&checkpoints);
            assert_eq!((checkpoint.step(), damaged.len()), (1, 1), "cut at {len}");
        }
        let mut turned = whole.clone();
        *turned.last_mut().unwrap() ^= 1;
        std::fs::write(&newest, &turned).unwrap();
        assert_eq!(latest(&checkpoints).checkpoint.step(), 1);
        std::fs::remove_file(folder.path().join(file_name(1))).unwrap();
        let message = checkpoints.latest().unwrap_err().to_string();
        assert!(message.contains("not those that were written"), "{message}");
        std::fs::write(&newest, &whole).unwrap();
        assert_eq!(latest(&checkpoints).checkpoint.step(), 2);
    }

    #[test]
    fn another_config_is_refused_with_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoints = Checkpoints::new(folder.path());
        save(&checkpoints, 1, &[1.0]);
        let checkpoint = latest(&checkpoints).checkpoint;
        let same = json!({ "model": { "layers": 2 }, "lr": 0.5 });
        checkpoint.check_config(&same).unwrap();
        for (config, expected) in [
            (
                json!({ "lr": 0.5, "model": { "layers": 3 } }),
                "`model.layers` is 3, the run was started with 2",
            ),
            (json!({ "lr": 0.5 }), "`model` is not set, the run was started with"),
            (
                json!({ "lr": 0.5, "model": { "layers": 2 }, "seed": 1 }),
                "`seed` is 1, the run was started with not set",
            ),
        ] {
            let message = checkpoint.check_config(&config).unwrap_err().to_string();
            assert!(message.starts_with(expected), "{message}");
        }
    }

    #[test]
    fn a_place_that_cannot_be_written_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let blocked = folder.path().join("file");
        std::fs::write(&blocked, "x").unwrap();
        let checkpoints = Checkpoints::new(&blocked);
        let snapshot =
            Snapshot { step: 1, config: &json!({}), state: Value::Null, parts: Vec::new() };
        let message = checkpoints.save(&snapshot).unwrap_err().to_string();
        assert!(message.starts_with("cannot write"), "{message}");
        assert_eq!(std::fs::read(&blocked).unwrap(), b"x");
    }
}
