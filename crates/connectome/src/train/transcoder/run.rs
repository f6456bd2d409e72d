//! A whole run: calibrate, train, measure, keep, export.

use std::ops::ControlFlow;
use std::path::Path;

use serde_json::{Value, json};

use super::activations::{Harvester, Rows, Scales, Sequence, mean_norms};
use super::calibrate;
use super::card::{self, Facts};
use super::controller::Controller;
use super::evaluate::{self, GraphQuality, Quality};
use super::export::{Export, FileGate};
use super::init;
use super::metrics::{self, Density};
use super::net::{Batch, Measured, Net};
use super::not_finite::{self, NotFinite};
use super::objective::{Gate, Numbers};
use super::options::{Options, Prompts};
use super::params::Shape;
use super::sequences::{Sequencer, Split};
use super::source::{Source, batch, cache_card};
use super::stream::{Origin, RowStream};
use crate::files::Folder;
use crate::lm::Model;
use crate::replacement::{PromptTokens, ReplacementModel};
use crate::tokenizer::Tokenizer;
use crate::train::TrainError;
use crate::train::checkpoint::{Checkpoint, Checkpoints, Latest};
use crate::train::corpus::Corpus;
use crate::train::metrics::Log;
use crate::train::rng::Stream;
use crate::transcoder::Transcoder;

/// A run to be done.
#[derive(Clone, Copy, Debug)]
pub struct Job<'a> {
    /// The language model's folder.
    pub folder: &'a Folder,
    /// What the model is called.
    pub model_name: &'a str,
    /// Other models, equally deep and wide, by name: documents are dealt out to all of them in
    /// turn, and the dictionary is for all of them.
    pub others: &'a [(String, Folder)],
    /// For text.
    pub tokenizer: Option<&'a Tokenizer>,
    /// What is read.
    pub corpus: &'a Corpus,
    /// Where everything goes: dictionary, card, metrics, checkpoints.
    pub out: &'a Path,
    /// How.
    pub options: &'a Options,
    /// The command that does this run again, for the card.
    pub recipe: &'a str,
}

/// Where a run begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// At step 0; refused where a run is already.
    New,
    /// At the newest checkpoint.
    Resume,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// The dictionary is written; its card, as JSON.
    Finished(Box<Value>),
    /// Somebody asked to stop; the state is in a checkpoint, if a step was done.
    Interrupted {
        /// Steps done.
        step: u64,
    },
}

/// What a run does besides steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Norms, scales and biases from a sample.
    Calibrating,
    /// Filling the cache: tokens done and wanted.
    Caching(usize, usize),
    /// Making the shuffle buffer's rows again.
    Resuming,
    /// Measuring on held-out sequences and prompts.
    Measuring,
    /// Writing the dictionary.
    Exporting,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Steps done.
    pub step: u64,
    /// Steps of the run.
    pub n_steps: u64,
    /// Tokens of a step.
    pub batch_tokens: usize,
    /// Of the last batch, mean over layers.
    pub nmse: f64,
    /// Of the last batch, summed over layers.
    pub l0: f64,
}

/// Watches a run and may end it: the bar, the clock and Ctrl-C in one.
pub trait Watch {
    /// Called after every step; `Break` ends the run with a checkpoint.
    fn step(&mut self, progress: Progress) -> ControlFlow<()>;
    /// Called when something else begins, and while it goes on.
    fn phase(&mut self, phase: Phase) -> ControlFlow<()>;
    /// Something that a person should know.
    fn note(&mut self, text: String);
    /// Seconds since the start, for the metrics; none where no clock is wanted.
    fn secs(&self) -> Option<f64>;
}

/// Trains a dictionary.
///
/// # Errors
///
/// [`TrainError`]: options that do not fit, data that holds nothing, a checkpoint that cannot be
/// gone on from, a loss that is not finite, a file that cannot be written.
pub fn run(job: Job<'_>, start: Start, watch: &mut dyn Watch) -> Result<Ending, TrainError> {
    let models = load(job)?;
    job.options.check(models[0].config())?;
    let checkpoints = Checkpoints::new(&job.out.join("checkpoints"));
    let course = course(job, &models);
    let from = beginning(&checkpoints, &course, (start, job.out), watch)?;
    let split = Split::new(job.corpus.len(), job.options.data.held_out, job.options.seed);
    if let Some(note) = job.corpus.left_out() {
        watch.note(note);
    }
    let origin = Origin {
        harvester: Harvester::new(&models, job.options.dictionary.sites),
        sequencer: Sequencer {
            corpus: job.corpus,
            tokenizer: job.tokenizer,
            model_name: job.model_name,
            context: job.options.data.context,
            n_models: models.len(),
        },
        split: &split,
        seed: job.options.seed,
    };
    match Run::new(job, (&checkpoints, course), origin, from, watch)? {
        Some(mut run) => run.run_on(watch).map_err(|error| error.after(run.saved)),
        None => Ok(Ending::Interrupted { step: 0 }),
    }
}

/// All models, the first of which decides the dictionary's shape.
fn load(job: Job<'_>) -> Result<Vec<Model>, TrainError> {
    let mut models = vec![Model::load(job.folder)?];
    let sizes = |model: &Model| (model.config().n_layers, model.config().d_model);
    let (n_layers, d_model) = sizes(&models[0]);
    for (name, folder) in job.others {
        let model = Model::load(folder)?;
        let (layers, width) = sizes(&model);
        if (layers, width) != (n_layers, d_model) {
            return Err(TrainError::Option {
                key: "also",
                found: format!("{name}: {layers} layers of width {width}"),
                expected: format!("{n_layers} layers of width {d_model}, as the first model"),
            });
        }
        models.push(model);
    }
    Ok(models)
}

/// What tells models from others.
pub(super) fn fingerprints(models: &[Model]) -> Vec<&str> {
    models.iter().map(Model::fingerprint).collect()
}

/// What the course of a run depends on.
fn course(job: Job<'_>, models: &[Model]) -> Value {
    let mut course = job.options.course();
    course["model"] = json!(models[0].fingerprint());
    if let [_, others @ ..] = models
        && !others.is_empty()
    {
        course["others"] = json!(fingerprints(others));
    }
    course["data"] = json!(job.corpus.digest());
    course
}

/// The checkpoint to begin with, if any.
fn beginning(
    checkpoints: &Checkpoints,
    course: &Value,
    (start, out): (Start, &Path),
    watch: &mut dyn Watch,
) -> Result<Option<Checkpoint>, TrainError> {
    if start == Start::New {
        return match checkpoints.steps().last() {
            Some(step) => Err(TrainError::RunExists { path: out.to_owned(), step: *step }),
            None => Ok(None),
        };
    }
    let no_checkpoint = || TrainError::NoCheckpoint { path: checkpoints.folder().to_owned() };
    let Latest { checkpoint, damaged } = checkpoints.latest()?.ok_or_else(no_checkpoint)?;
    checkpoint.check_config(course)?;
    for error in damaged {
        watch.note(format!("{error}; going on from step {}", checkpoint.step()));
    }
    Ok(Some(checkpoint))
}

/// What scales and filters inputs and outputs.
#[derive(Clone, Debug)]
pub(super) struct Calibration {
    pub(super) scales: Scales,
    /// `[2 · L]`.
    pub(super) limits: Vec<f32>,
}

/// A run under way.
pub(super) struct Run<'a> {
    pub(super) job: Job<'a>,
    pub(super) course: Value,
    pub(super) checkpoints: &'a Checkpoints,
    pub(super) origin: Origin<'a>,
    pub(super) shape: Shape,
    pub(super) calibration: Calibration,
    pub(super) net: Net,
    pub(super) controller: Option<Controller>,
    pub(super) density: Density,
    pub(super) source: Source<'a>,
    pub(super) log: Log,
    pub(super) step: u64,
    pub(super) saved: Option<u64>,
}

impl<'a> Run<'a> {
    /// Calibrated and initialised, or as a checkpoint left it; `None` if `watch` broke off.
    fn new(
        job: Job<'a>,
        (checkpoints, course): (&'a Checkpoints, Value),
        origin: Origin<'a>,
        from: Option<Checkpoint>,
        watch: &mut dyn Watch,
    ) -> Result<Option<Self>, TrainError> {
        let options = job.options;
        let config = origin.harvester.model().config();
        let shape = options.shape(config);
        let out = job.out;
        std::fs::create_dir_all(out)
            .map_err(|source| TrainError::Write { path: out.to_owned(), source })?;
        let phase = if from.is_some() { Phase::Resuming } else { Phase::Calibrating };
        if watch.phase(phase).is_break() {
            return Ok(None);
        }
        let (calibration, net) = match &from {
            Some(checkpoint) => super::state::restored(checkpoint, options, shape)?,
            None => {
                let (calibration, sample) = calibrate_on(&origin, options, shape)?;
                (calibration, begun(options, shape, &sample))
            }
        };
        let harvester = origin.harvester.clone().with_limits(calibration.limits.clone());
        let origin = Origin { harvester, ..origin };
        let card = cache_card(&origin, &options.data, job.corpus.digest(), &calibration.limits);
        let n_cached = options.data.cache.as_ref().map_or(0, |cache| cache.tokens);
        let mut progress = |done| watch.phase(Phase::Caching(done, n_cached));
        let source =
            Source::new(origin.clone(), (&options.data, &card), from.as_ref(), &mut progress)?;
        let Some(source) = source else { return Ok(None) };
        let log_path = out.join("metrics.jsonl");
        let log = match &from {
            Some(checkpoint) => Log::resume(&log_path, checkpoint.step())?,
            None => Log::create(&log_path)?,
        };
        let controller = super::state::controller(from.as_ref(), options)?;
        let density = super::state::density(from.as_ref(), shape)?;
        let step = from.as_ref().map_or(0, Checkpoint::step);
        let saved = from.as_ref().map(Checkpoint::step);
        Ok(Some(Self {
            job,
            course,
            checkpoints,
            origin,
            shape,
            calibration,
            net,
            controller,
            density,
            source,
            log,
            step,
            saved,
        }))
    }

    fn n_steps(&self) -> u64 {
        self.job.options.recipe.optimiser.n_steps
    }

    fn run_on(&mut self, watch: &mut dyn Watch) -> Result<Ending, TrainError> {
        while self.step < self.n_steps() {
            let measured = self.one_step()?;
            let progress = self.progress(&measured);
            self.report(&measured, watch)?;
            if watch.step(progress).is_break() {
                self.save()?;
                return Ok(Ending::Interrupted { step: self.step });
            }
            if is_due(self.job.options.every.checkpoint, self.step) {
                self.save()?;
            }
        }
        if self.saved != Some(self.step) {
            self.save()?;
        }
        self.finish(watch)
    }

    /// λ and k of the next step.
    fn numbers(&self) -> Numbers {
        let numbers = self.job.options.recipe.objective.at(self.step);
        let factor = self.controller.as_ref().map_or(1.0, Controller::factor);
        Numbers { lambda: numbers.lambda * factor, ..numbers }
    }

    fn one_step(&mut self) -> Result<Measured, TrainError> {
        let n = self.job.options.data.batch_tokens;
        let batch = self.source.batch(n, &self.calibration.scales, self.shape.d_model)?;
        let measured = self.net.measure(&batch, self.numbers(), self.step);
        if let Some(NotFinite { what, value }) = not_finite::find(&self.net, &batch, &measured) {
            let path = self.checkpoints.folder().to_owned();
            let (step, last_good) = (self.step + 1, self.saved);
            return Err(TrainError::NotFinite { what, value, step, last_good, path });
        }
        self.net.update(&measured, self.step);
        self.net.count(&measured);
        self.density.see(&measured);
        if let Some(controller) = &mut self.controller {
            controller.see(self.step, measured.l0());
        }
        self.step += 1;
        Ok(measured)
    }

    fn progress(&self, measured: &Measured) -> Progress {
        let nmse = measured.layers.iter().map(|layer| layer.error / layer.power).sum::<f64>();
        Progress {
            step: self.step,
            n_steps: self.n_steps(),
            batch_tokens: measured.n_tokens,
            nmse: nmse / measured.layers.len() as f64,
            l0: measured.l0(),
        }
    }

    /// Metrics of the step just done, and measurements where they are due.
    fn report(&mut self, measured: &Measured, watch: &mut dyn Watch) -> Result<(), TrainError> {
        let every = self.job.options.every;
        let is_last = self.step == self.n_steps();
        if is_due(every.metrics, self.step) || is_last {
            let mut record = metrics::record(self.step, measured, &self.density);
            let numbers = self.numbers();
            let rate = self.job.options.recipe.optimiser.rate;
            record["rate"] = json!(rate.at(self.step - 1, self.n_steps()));
            record["lambda"] = json!(numbers.lambda);
            record["k"] = json!(numbers.k);
            record["secs"] = json!(watch.secs());
            self.log.write(&record)?;
        }
        let evaluates = is_due(every.evaluate, self.step);
        let draws = is_due(every.graphs, self.step);
        if (evaluates || draws) && !is_last {
            // Measuring cannot be broken off: what asks to stop is heard at the next step.
            let _ = watch.phase(Phase::Measuring);
            let folder = tempfile::tempdir_in(self.job.out)
                .map_err(|source| TrainError::Write { path: self.job.out.to_owned(), source })?;
            self.export(folder.path())?;
            let replacement = self.opened(self.job.folder, folder.path())?;
            let mut record = json!({ "step": self.step, "kind": "held-out" });
            if evaluates {
                record["quality"] = self.quality(&replacement)?.to_json();
            }
            if draws {
                record["graphs"] = evaluate::graphs_json(&self.graphs(&replacement)?);
            }
            self.log.write(&record)?;
        }
        Ok(())
    }

    fn export(&mut self, folder: &Path) -> Result<(), TrainError> {
        self.net.catch_up_all(self.step);
        let gate = self.file_gate(&self.net)?;
        self.exporter(&self.net, gate).write(folder)
    }

    fn exporter<'n>(&'n self, net: &'n Net, gate: FileGate) -> Export<'n> {
        let dictionary = &self.job.options.dictionary;
        Export {
            params: net.params(),
            scales: &self.calibration.scales,
            gate,
            sites: dictionary.sites,
            model_name: self.job.model_name,
            scan: dictionary.scan.as_deref(),
            precision: dictionary.precision,
            lengths: dictionary.lengths,
        }
    }

    /// The gate as a file can hold it.
    fn file_gate(&self, net: &Net) -> Result<FileGate, TrainError> {
        let k = self.numbers().k;
        match self.job.options.recipe.objective.gate {
            Gate::Relu => Ok(FileGate::Relu),
            Gate::JumpRelu(_) => {
                let layers = 0..self.shape.n_layers;
                Ok(FileGate::Thresholds(layers.map(|layer| net.thresholds(layer)).collect()))
            }
            Gate::TopK { .. } if self.shape.window == 1 => {
                Ok(FileGate::TopK((k.round() as usize).max(1)))
            }
            Gate::TopK { .. } | Gate::BatchTopK { .. } => {
                let sample = self.sample()?;
                Ok(FileGate::Thresholds(calibrate::thresholds(net, &sample, k)))
            }
        }
    }

    /// The first tokens of the stream.
    fn sample(&self) -> Result<Batch, TrainError> {
        let rows = first_rows(&self.origin, self.job.options.data.sample_tokens)?;
        Ok(batch(&rows, &self.calibration.scales, self.shape.d_model))
    }

    /// A model with the dictionary of a folder.
    fn opened(&self, model: &Folder, folder: &Path) -> Result<ReplacementModel, TrainError> {
        let transcoder = Transcoder::open(&Folder::Disk(folder.to_owned()))?;
        Ok(ReplacementModel::new(Model::load(model)?, transcoder)?)
    }

    fn quality(&self, replacement: &ReplacementModel) -> Result<Quality, TrainError> {
        Ok(evaluate::quality(replacement, &self.held_out()?)?)
    }

    fn graphs(&self, replacement: &ReplacementModel) -> Result<Vec<GraphQuality>, TrainError> {
        let prompts = match &self.job.options.evaluation.prompts {
            Prompts::Given(prompts) => prompts.clone(),
            Prompts::HeldOut { n, length } => {
                let sequences = self.held_out()?.into_iter();
                let traced = sequences.filter(|sequence| sequence.ids.len() > sequence.n_skipped);
                let cut = |Sequence { mut ids, n_skipped, .. }: Sequence| {
                    ids.truncate((*length).max(n_skipped + 1));
                    PromptTokens { ids, n_zeroed: n_skipped }
                };
                traced.take(*n).map(cut).collect()
            }
        };
        Ok(evaluate::graphs(replacement, &prompts)?)
    }

    /// Sequences to measure on: of held-out documents, or of the first ones if none are.
    fn held_out(&self) -> Result<Vec<Sequence>, TrainError> {
        let Split { train, held_out } = self.origin.split;
        let documents = if held_out.is_empty() { train } else { held_out };
        let wanted = self.job.options.evaluation.sequences;
        let mut sequences = Vec::new();
        for document in documents {
            if sequences.len() >= wanted {
                break;
            }
            sequences.extend(self.origin.sequencer.sequences(*document as usize)?);
        }
        sequences.truncate(wanted);
        Ok(sequences)
    }

    /// Writes the dictionary, measures it and a random one like it, and writes the card.
    fn finish(&mut self, watch: &mut dyn Watch) -> Result<Ending, TrainError> {
        let _ = watch.phase(Phase::Exporting);
        self.export(self.job.out)?;
        let _ = watch.phase(Phase::Measuring);
        let replacement = self.opened(self.job.folder, self.job.out)?;
        let (quality, graphs) = (self.quality(&replacement)?, self.graphs(&replacement)?);
        let mut others = Vec::new();
        for (name, model) in self.job.others {
            let replacement = self.opened(model, self.job.out)?;
            others.push((name.as_str(), (self.quality(&replacement)?, self.graphs(&replacement)?)));
        }
        let baseline = self.baseline(&quality)?;
        let facts = Facts {
            job: self.job,
            course: &self.course,
            model: replacement.model(),
            shape: self.shape,
            step: self.step,
            dead: (0..self.shape.n_layers).map(|layer| self.dead_share(layer)).collect(),
            density: &self.density,
            ours: (quality, graphs),
            others,
            baseline,
            n_held_out: self.origin.split.held_out.len(),
        };
        let document = card::write(&facts)?;
        Ok(Ending::Finished(Box::new(document)))
    }

    fn dead_share(&self, layer: usize) -> f64 {
        let n = self.shape.n_features;
        (0..n).filter(|feature| self.net.is_dead(layer, *feature)).count() as f64 / n as f64
    }

    /// A dictionary that has learned nothing, with as many features firing as in ours.
    fn baseline(&self, quality: &Quality) -> Result<(Quality, Vec<GraphQuality>), TrainError> {
        let options = self.job.options;
        let seed = (options.seed, Stream::Baseline);
        let objective = &options.recipe.objective;
        let mut params = init::random(self.shape, objective, options.dictionary.skip, seed);
        let n_features = self.shape.n_features as f64;
        let rates: Vec<f64> = quality.layers.iter().map(|layer| layer.l0 / n_features).collect();
        init::set_biases(&mut params, objective, &self.sample()?, &rates);
        let net = Net::new(params, options.recipe);
        let gate = self.file_gate(&net)?;
        let folder = tempfile::tempdir_in(self.job.out)
            .map_err(|source| TrainError::Write { path: self.job.out.to_owned(), source })?;
        self.exporter(&net, gate).write(folder.path())?;
        let replacement = self.opened(self.job.folder, folder.path())?;
        Ok((self.quality(&replacement)?, self.graphs(&replacement)?))
    }
}

/// Whether something that is done every so many steps is due after this one.
fn is_due(every: u64, step: u64) -> bool {
    every > 0 && step.is_multiple_of(every)
}

/// Parameters at the start.
fn begun(options: &Options, shape: Shape, sample: &Batch) -> Net {
    let objective = &options.recipe.objective;
    let seed = (options.seed, Stream::Init);
    let mut params = init::random(shape, objective, options.dictionary.skip, seed);
    let rates = vec![init::initial_rate(shape); shape.n_layers];
    init::set_biases(&mut params, objective, sample, &rates);
    Net::new(params, options.recipe)
}

fn first_rows(origin: &Origin<'_>, n: usize) -> Result<Vec<f32>, TrainError> {
    let mut rows = Vec::with_capacity(n * origin.harvester.width());
    RowStream::new(origin.clone()).take(n, |_, row| rows.extend_from_slice(row))?;
    Ok(rows)
}

/// Scales, limits, and the sample that they come from, scaled and without outliers.
fn calibrate_on(
    origin: &Origin<'_>,
    options: &Options,
    shape: Shape,
) -> Result<(Calibration, Batch), TrainError> {
    let (n_sites, d) = (2 * shape.n_layers, shape.d_model);
    let norms_of = |numbers: Vec<f32>| {
        let rows = [Rows { numbers, positions: Vec::new() }];
        let norms = mean_norms(&rows, n_sites, d);
        let [rows] = rows;
        (rows.numbers, norms)
    };
    let (rows, norms) = norms_of(first_rows(origin, options.data.sample_tokens)?);
    let Some(factor) = options.data.outlier_factor else {
        let scales = Scales::of_norms(&norms, d);
        let sample = batch(&rows, &scales, d);
        return Ok((Calibration { scales, limits: vec![f32::INFINITY; n_sites] }, sample));
    };
    let limits: Vec<f32> = norms.iter().map(|norm| (factor * norm) as f32).collect();
    // A site that is always zero has no outliers.
    let limits: Vec<f32> =
        limits.into_iter().map(|limit| if limit > 0.0 { limit } else { f32::INFINITY }).collect();
    let is_kept = |row: &&[f32]| {
        let mut sites = row.chunks_exact(d).zip(&limits);
        sites.all(|(site, limit)| crate::ops::matmul::dot(site, site).sqrt() <= *limit)
    };
    let kept: Vec<f32> =
        rows.chunks_exact(n_sites * d).filter(is_kept).flatten().copied().collect();
    let (kept, norms) = norms_of(kept);
    let scales = Scales::of_norms(&norms, d);
    let sample = batch(&kept, &scales, d);
    Ok((Calibration { scales, limits }, sample))
}
