//! The pass: text in, a feature index out.
//!
//! ```text
//! documents ─► batch ─► firings ─┬► by feature: counts, examples     (each feature by itself,
//!                                └► by token:   who fires together    in the order of the text)
//! ```
//!
//! A batch is a run of whole documents, cut at the same places whatever was stopped and resumed;
//! what fires in it may depend on its shape in the last bit, and on nothing else. After the text,
//! features are described: logits, inputs, names.
//!
//! Memory, besides model and dictionary, is that of the features that fired: 8 bytes for each
//! bin of their histograms (about fifty), 48 for each partner that is kept, and for each example
//! 48 bytes and 8 for every place in its window where the feature fires. Features that are saved
//! or described pass by a few at a time; only the sequences that examples are in are then in
//! memory, too, each once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::{Value, json};

use super::describe::Describer;
use super::examples::{At, Keeping, Place, Window};
use super::firing::{self, Fired, Logits, Wanted};
use super::index::IndexCard;
use super::state::{self, Chunk, Gathered};
use super::{FeaturesError, Source};
use crate::replacement::ReplacementModel;
use crate::train::TrainError;
use crate::train::checkpoint::{Checkpoint, Checkpoints, Latest, Part, Snapshot};
use crate::train::transcoder::activations::Sequence;

/// Bytes that the inputs of a batch may take, over all layers.
const BATCH_BYTES: usize = 256 << 20;

/// Most and fewest tokens of a batch.
const BATCH_TOKENS: (usize, usize) = (4096, 256);

/// Bytes that lists of partners may take, if all features fire.
const PARTNER_BYTES: usize = 1 << 30;

/// Bytes of a partner; a list may be twice as long as what is kept in the end.
const PARTNER: usize = 2 * 24;

/// Most and fewest partners of a feature.
const PARTNERS: (usize, usize) = (256, 16);

/// What is kept of each feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Strongest examples.
    pub n_strongest: usize,
    /// Examples drawn at random among all sequences where it fires, for quantiles.
    pub n_sampled: usize,
    /// Context of an example.
    pub window: Window,
    /// Features that fire with it; as many as fit into 1 GiB, from 16 to 256, if not given.
    pub n_partners: Option<usize>,
    /// Logits and inputs of each sign.
    pub n_effects: usize,
    /// Read about so many tokens, up to the end of a document; all if not given.
    pub n_tokens: Option<u64>,
    /// Decides the random examples.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            n_strongest: 20,
            n_sampled: 20,
            window: Window { before: 24, after: 8 },
            n_partners: None,
            n_effects: 10,
            n_tokens: None,
            seed: 0,
        }
    }
}

impl Options {
    /// Refuses options that no pass can be made with.
    ///
    /// # Errors
    ///
    /// [`FeaturesError::Option`].
    pub fn check(&self) -> Result<(), FeaturesError> {
        let option = |key, found: u64, expected| {
            Err(FeaturesError::Option { key, found: found.to_string(), expected })
        };
        if self.n_strongest == 0 {
            return option("strongest", 0, "at least 1");
        }
        if self.n_partners == Some(0) {
            return option("partners", 0, "at least 1");
        }
        let window = u64::from(self.window.before) + u64::from(self.window.after);
        if window > 10_000 {
            return option("before + after", window, "at most 10000");
        }
        // Counts are 32 bits wide.
        match self.n_tokens {
            Some(0) => option("tokens", 0, "at least 1"),
            Some(n) if n > u64::from(u32::MAX) => option("tokens", n, "at most 4294967295"),
            _ => Ok(()),
        }
    }
}

/// All that a pass needs.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    /// Model and dictionary.
    pub replacement: &'a ReplacementModel,
    /// The text.
    pub source: &'a dyn Source,
    /// Text of a token.
    pub token_text: &'a dyn Fn(u32) -> String,
    /// What model, dictionary and program are called.
    pub names: Names<'a>,
    /// The index to be written. While it is made, `OUT.partial` is a folder with its state.
    pub out: &'a Path,
    /// What is kept.
    pub options: &'a Options,
}

/// What things are called.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The model.
    pub model: &'a str,
    /// The dictionary.
    pub dictionary: &'a str,
    /// The program.
    pub tool: &'a str,
}

/// Whether a pass begins or goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// A new one; refused if the state of another is there.
    New,
    /// From the newest state; a new one if there is none.
    Resume,
}

/// How far a pass is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Documents read, of so many, and tokens so far, of so many if they are limited.
    Reading {
        /// Documents so far.
        documents: u64,
        /// All documents.
        n_documents: u64,
        /// Tokens so far.
        tokens: u64,
        /// Where the pass ends.
        n_tokens: Option<u64>,
    },
    /// Features described, of all.
    Describing {
        /// Features so far.
        features: usize,
        /// All features.
        n_features: usize,
    },
}

/// What a watcher wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on.
    Continue,
    /// Keep the state, then go on.
    Save,
    /// Keep the state, and end.
    Stop,
}

/// Watches a pass; it alone knows a clock.
pub trait Watch {
    /// Called after every batch of text, and of features.
    fn step(&mut self, progress: Progress) -> Flow;
    /// Something that a person should know.
    fn note(&mut self, text: String);
}

/// How a pass ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// The index is written.
    Finished(Box<IndexCard>),
    /// The state is kept, and the pass can go on.
    Interrupted {
        /// Tokens read.
        tokens: u64,
    },
}

/// Reads the text and writes the index.
///
/// # Errors
///
/// [`FeaturesError::Option`]; [`FeaturesError::NoTokens`]; [`FeaturesError::Train`] if the text
/// cannot be read, or if the state that is there is of another pass
/// ([`TrainError::RunExists`], [`TrainError::OtherConfig`]); [`FeaturesError::Run`];
/// [`FeaturesError::Write`].
pub fn run(job: Job<'_>, start: Start, watch: &mut dyn Watch) -> Result<Ending, FeaturesError> {
    job.options.check()?;
    let mut pass = Pass::begin(job, start, watch)?;
    while !pass.is_read() {
        pass.batch()?;
        match watch.step(pass.progress()) {
            Flow::Continue => {}
            Flow::Save => pass.save()?,
            Flow::Stop => {
                pass.save()?;
                return Ok(Ending::Interrupted { tokens: pass.n_tokens });
            }
        }
    }
    if pass.n_tokens == 0 {
        return Err(FeaturesError::NoTokens);
    }
    pass.finish(watch)
}

/// The folder of a pass' state.
#[must_use]
pub fn partial(out: &Path) -> PathBuf {
    let mut name = out.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

struct Pass<'a> {
    job: Job<'a>,
    config: Value,
    checkpoints: Checkpoints,
    /// Partners of a full list.
    n_partners: usize,
    features: Vec<Option<Box<Gathered>>>,
    /// The next document.
    document: u32,
    n_tokens: u64,
    n_sequences: u64,
}

impl<'a> Pass<'a> {
    fn begin(job: Job<'a>, start: Start, watch: &mut dyn Watch) -> Result<Self, FeaturesError> {
        let card = job.replacement.transcoder().card();
        let n = card.n_layers * card.n_features;
        let most = PARTNERS.0.min(n);
        let fits = (PARTNER_BYTES / PARTNER / n).clamp(PARTNERS.1.min(n), most);
        let n_partners = job.options.n_partners.unwrap_or(fits);
        let folder = partial(job.out);
        let mut pass = Self {
            job,
            config: config(&job, n_partners),
            checkpoints: Checkpoints::new(&folder),
            n_partners,
            features: vec![None; n],
            document: 0,
            n_tokens: 0,
            n_sequences: 0,
        };
        match (pass.checkpoints.latest()?, start) {
            (None, _) => {}
            (Some(latest), Start::New) => {
                let step = latest.checkpoint.step();
                return Err(TrainError::RunExists { path: folder, step }.into());
            }
            (Some(Latest { checkpoint, damaged }), Start::Resume) => {
                checkpoint.check_config(&pass.config)?;
                pass.go_on_from(&checkpoint)?;
                for error in damaged {
                    watch.note(format!("{error}; going on from token {}", pass.n_tokens));
                }
            }
        }
        Ok(pass)
    }

    fn go_on_from(&mut self, checkpoint: &Checkpoint) -> Result<(), TrainError> {
        let path = || checkpoint.path().to_owned();
        let found = checkpoint.state()["version"].as_u64().unwrap_or(1);
        if found != state::VERSION {
            let expected = state::VERSION;
            return Err(TrainError::Version { path: path(), found, expected });
        }
        let reason = "its numbers are no state of a pass";
        let damaged = || TrainError::Damaged { path: path(), reason: reason.to_owned() };
        let count = |key: &str| checkpoint.state()[key].as_u64().ok_or_else(damaged);
        self.document = u32::try_from(checkpoint.step()).map_err(|_| damaged())?;
        self.n_tokens = count("tokens")?;
        self.n_sequences = count("sequences")?;
        for (at, features) in self.features.chunks_mut(state::CHUNK).enumerate() {
            let words = checkpoint.u32_list(&state::name(at))?;
            state::read(&words, features).ok_or_else(damaged)?;
        }
        Ok(())
    }

    fn is_read(&self) -> bool {
        let is_enough = self.job.options.n_tokens.is_some_and(|most| self.n_tokens >= most);
        self.document >= self.job.source.n_documents() || is_enough
    }

    fn progress(&self) -> Progress {
        Progress::Reading {
            documents: u64::from(self.document),
            n_documents: u64::from(self.job.source.n_documents()),
            tokens: self.n_tokens,
            n_tokens: self.job.options.n_tokens,
        }
    }

    fn save(&self) -> Result<(), FeaturesError> {
        let chunks: Vec<Chunk<'_>> = self.features.chunks(state::CHUNK).map(Chunk).collect();
        let named = chunks.iter().enumerate();
        let parts =
            named.map(|(at, chunk)| Part::made(state::name(at), chunk.n_words(), chunk)).collect();
        self.checkpoints.save(&Snapshot {
            step: u64::from(self.document),
            config: &self.config,
            state: json!({
                "version": state::VERSION,
                "tokens": self.n_tokens,
                "sequences": self.n_sequences,
            }),
            parts,
        })?;
        Ok(())
    }

    /// Reads the next run of documents.
    fn batch(&mut self) -> Result<(), FeaturesError> {
        let most = self.batch_tokens() as u64;
        let mut batch = Batch::default();
        let mut n_tokens = 0;
        while n_tokens < most && !self.is_read() {
            let sequences = self.job.source.sequences(self.document)?;
            for (piece, sequence) in (0_u32..).zip(sequences) {
                let n_used = sequence.ids.len().saturating_sub(sequence.n_skipped);
                if n_used == 0 {
                    continue;
                }
                let place = Place { document: self.document, piece };
                batch.push(place, sequence);
                n_tokens += n_used as u64;
                self.n_tokens += n_used as u64;
                self.n_sequences += 1;
            }
            self.document += 1;
        }
        // Counts are 32 bits wide.
        if self.n_tokens > u64::from(u32::MAX) {
            let found = self.n_tokens.to_string();
            let expected = "at most 4294967295; read a part with a limit";
            return Err(FeaturesError::Option { key: "tokens", found, expected });
        }
        if batch.sequences.is_empty() {
            return Ok(());
        }
        let wanted: Vec<Wanted<'_>> = batch.wanted();
        let (by_layer, _) = firing::fired(self.job.replacement, &wanted, Logits::No)?;
        self.absorb(&batch, &by_layer);
        Ok(())
    }

    fn batch_tokens(&self) -> usize {
        let config = self.job.replacement.model().config();
        let a_token = config.n_layers * config.d_model * size_of::<f32>();
        (BATCH_BYTES / a_token).clamp(BATCH_TOKENS.1, BATCH_TOKENS.0)
    }

    /// Gives each feature what it did in a batch: features in parallel, each in the order of
    /// the text.
    fn absorb(&mut self, batch: &Batch, by_layer: &Fired) {
        let n_features = self.job.replacement.transcoder().card().n_features;
        let by_row = ByRow::new(by_layer, batch.rows.len(), n_features);
        let by_feature = ByFeature::new(by_layer, self.features.len(), n_features);
        let options = self.job.options;
        let keeping = Keeping {
            n_strongest: options.n_strongest,
            n_sampled: options.n_sampled,
            window: options.window,
            seed: options.seed,
        };
        let n_partners = self.n_partners;
        self.features.par_iter_mut().enumerate().for_each(|(feature, gathered)| {
            let firings = by_feature.of(feature);
            if !firings.is_empty() {
                let gathered = gathered.get_or_insert_default();
                let feature = feature as u32;
                gathered.count(firings);
                gathered.keep(&keeping, feature, batch, firings);
                gathered.pair(n_partners, feature, &by_row, firings);
            }
        });
    }

    /// Describes all features and writes the index.
    fn finish(mut self, watch: &mut dyn Watch) -> Result<Ending, FeaturesError> {
        // What was read is kept before the work that may be stopped.
        self.save()?;
        let n_partners = self.n_partners;
        self.features.par_iter_mut().flatten().for_each(|one| one.partners.cut(n_partners));
        let (n, job) = (self.features.len(), self.job);
        let mut describer = Describer::new(&job, &self.features, self.n_tokens)?;
        while describer.n_done() < n {
            describer.chunk(&mut self.features)?;
            let progress = Progress::Describing { features: describer.n_done(), n_features: n };
            if watch.step(progress) == Flow::Stop {
                return Ok(Ending::Interrupted { tokens: self.n_tokens });
            }
        }
        let transcoder = self.job.replacement.transcoder();
        let (card, names) = (transcoder.card(), self.job.names);
        let card = IndexCard {
            tool: names.tool.to_owned(),
            model: names.model.to_owned(),
            dictionary: names.dictionary.to_owned(),
            dictionary_digest: transcoder.digest(),
            scan: card.scan.names().first().cloned().unwrap_or_default(),
            n_layers: card.n_layers,
            n_features: card.n_features,
            n_tokens: self.n_tokens,
            n_sequences: self.n_sequences,
            groups: describer.groups(),
            made_of: self.config.clone(),
        };
        describer.write(&card)?;
        // The index is there; a state that cannot be removed costs room and nothing else.
        let _ = std::fs::remove_dir_all(self.checkpoints.folder());
        Ok(Ending::Finished(Box::new(card)))
    }
}

/// What the result of a pass depends on.
fn config(job: &Job<'_>, n_partners: usize) -> Value {
    let options = job.options;
    json!({
        "model": job.replacement.model().fingerprint(),
        "dictionary": job.replacement.transcoder().digest(),
        "text": job.source.identity(),
        "tokens": options.n_tokens,
        "strongest": options.n_strongest,
        "sampled": options.n_sampled,
        "before": options.window.before,
        "after": options.window.after,
        "partners": n_partners,
        "effects": options.n_effects,
        "seed": options.seed,
    })
}

/// Sequences that are run together.
#[derive(Debug, Default)]
struct Batch {
    sequences: Vec<(Place, Sequence)>,
    /// Of each row that is encoded: its sequence here, and its position there.
    rows: Vec<(u32, u32)>,
}

impl Batch {
    fn push(&mut self, place: Place, sequence: Sequence) {
        let at = self.sequences.len() as u32;
        self.rows.extend((sequence.n_skipped..sequence.ids.len()).map(|pos| (at, pos as u32)));
        self.sequences.push((place, sequence));
    }

    fn wanted(&self) -> Vec<Wanted<'_>> {
        let wanted = |(_, sequence): &'_ (Place, Sequence)| {
            (sequence.n_skipped..sequence.ids.len()).collect::<Vec<usize>>()
        };
        self.sequences
            .iter()
            .map(|both| Wanted { ids: &both.1.ids, positions: wanted(both) })
            .collect()
    }
}

/// What fires at each row, ascending by feature.
struct ByRow {
    starts: Vec<u32>,
    firings: Vec<(u32, f32)>,
}

impl ByRow {
    fn new(by_layer: &Fired, n_rows: usize, n_features: usize) -> Self {
        let all = || {
            by_layer.iter().enumerate().flat_map(|(layer, firings)| {
                firings.iter().map(move |firing| {
                    let feature = layer * n_features + firing.index as usize;
                    (firing.pos, (feature as u32, firing.activation))
                })
            })
        };
        let (starts, firings) = sorted(all, n_rows);
        Self { starts, firings }
    }

    fn of(&self, row: u32) -> &[(u32, f32)] {
        &self.firings[self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize]
    }
}

/// The rows where each feature fires, ascending.
struct ByFeature {
    starts: Vec<u32>,
    firings: Vec<(u32, f32)>,
}

impl ByFeature {
    fn new(by_layer: &Fired, n: usize, n_features: usize) -> Self {
        let all = || {
            by_layer.iter().enumerate().flat_map(|(layer, firings)| {
                firings.iter().map(move |firing| {
                    let feature = layer * n_features + firing.index as usize;
                    (feature as u32, (firing.pos, firing.activation))
                })
            })
        };
        let (starts, firings) = sorted(all, n);
        Self { starts, firings }
    }

    fn of(&self, feature: usize) -> &[(u32, f32)] {
        &self.firings[self.starts[feature] as usize..self.starts[feature + 1] as usize]
    }
}

/// A counting sort by key, which keeps the order of equals: where each key's values start, and
/// all values.
fn sorted<I: Iterator<Item = (u32, (u32, f32))>>(
    all: impl Fn() -> I,
    n_keys: usize,
) -> (Vec<u32>, Vec<(u32, f32)>) {
    let mut starts = vec![0_u32; n_keys + 1];
    for (key, _) in all() {
        starts[key as usize + 1] += 1;
    }
    for key in 0..n_keys {
        starts[key + 1] += starts[key];
    }
    let mut next = starts.clone();
    let mut values = vec![(0, 0.0); starts[n_keys] as usize];
    for (key, value) in all() {
        let slot = &mut next[key as usize];
        values[*slot as usize] = value;
        *slot += 1;
    }
    (starts, values)
}

impl Gathered {
    fn count(&mut self, firings: &[(u32, f32)]) {
        for (_, activation) in firings {
            self.fired += 1;
            self.sum += f64::from(*activation);
            self.min = self.min.min(*activation);
            self.max = self.max.max(*activation);
            self.histogram.add(*activation);
        }
    }

    fn keep(&mut self, keeping: &Keeping, feature: u32, batch: &Batch, firings: &[(u32, f32)]) {
        let sequence = |row: u32| batch.rows[row as usize].0;
        for same in firings.chunk_by(|a, b| sequence(a.0) == sequence(b.0)) {
            let at = |(row, activation): &(u32, f32)| At {
                pos: batch.rows[*row as usize].1,
                activation: *activation,
            };
            let (place, _) = batch.sequences[sequence(same[0].0) as usize];
            let same: Vec<At> = same.iter().map(at).collect();
            self.kept.offer(keeping, feature, place, &same);
        }
    }

    fn pair(&mut self, size: usize, feature: u32, by_row: &ByRow, firings: &[(u32, f32)]) {
        for (row, own) in firings.iter().filter(|(_, own)| *own > 0.0) {
            let others = by_row.of(*row).iter();
            let others = others.filter(|(other, a)| *other != feature && *a > 0.0);
            let product = |(other, a): &(u32, f32)| (*other, f64::from(*own) * f64::from(*a));
            self.partners.add(size, others.map(product));
        }
    }
}

/// Sequences that examples are in, by place.
pub(super) type Sequences = BTreeMap<Place, u32>;
