//! [`Run`]: steps, measurements and checkpoints from the first step to the last, or from a
//! checkpoint on.
//!
//! ```text
//! OUT/config.json, model.safetensors, tokenizer.json …   the model as of the last checkpoint
//! OUT/training/metrics.jsonl                             what was measured
//! OUT/training/curves.svg                                the same, drawn
//! OUT/training/checkpoints/step-*.safetensors            all that a run needs to go on
//! ```

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::evaluate::{Answered, Questions, mean_loss};
use super::export::{Published, carry_tokenizer, write_model};
use super::plot;
use super::rows::Rows;
use super::source::TokenSource;
use super::trainer::{Step, Trainer};
use crate::files::Folder;
use crate::train::TrainError;
use crate::train::checkpoint::{Checkpoints, Latest, Snapshot};
use crate::train::files::write_whole;
use crate::train::metrics::Log;

/// How often what is done, in steps; 0 is never but at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every {
    /// A line of the log.
    pub log: u64,
    /// A measurement.
    pub evaluate: u64,
    /// A checkpoint, the model and the plot.
    pub save: u64,
}

/// What a model is measured on while it trains.
#[derive(Clone, Debug, Default)]
pub struct Measures {
    /// Rows that are not trained on.
    pub held_out: Option<Rows>,
    /// Questions with known answers.
    pub questions: Option<Questions>,
}

/// A measurement.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Steps done.
    pub step: u64,
    /// Mean loss on the held-out rows, in nats.
    pub loss: Option<f64>,
    /// Questions answered, by group.
    pub answered: Vec<Answered>,
}

impl Evaluation {
    /// The share of all questions that were answered.
    #[must_use]
    pub fn accuracy(&self) -> Option<f64> {
        let sum = |of: fn(&Answered) -> usize| self.answered.iter().map(of).sum::<usize>();
        let asked = sum(|group| group.asked);
        (asked > 0).then(|| sum(|group| group.right) as f64 / asked as f64)
    }

    fn record(&self, tokens: u64) -> Value {
        let groups = self.answered.iter().map(|group| {
            (group.group.clone(), json!({ "right": group.right, "asked": group.asked }))
        });
        json!({
            "step": self.step,
            "kind": "eval",
            "tokens": tokens,
            "loss": self.loss,
            "accuracy": self.accuracy(),
            "groups": groups.collect::<serde_json::Map<_, _>>(),
        })
    }
}

/// Watches a run.
pub trait Progress {
    /// After every step; a break saves a checkpoint and ends the run.
    fn step(&mut self, step: &Step) -> ControlFlow<()>;

    /// After every measurement.
    fn evaluated(&mut self, _evaluation: &Evaluation) {}

    /// After every checkpoint.
    fn saved(&mut self, _step: u64, _path: &Path) {}

    /// Something that a person should know.
    fn note(&mut self, text: String);

    /// Seconds since the run began or was resumed, for the log, if somebody has a clock.
    fn secs(&self) -> Option<f64> {
        None
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All steps are done.
    Done,
    /// The progress asked to stop; the run can be resumed.
    Stopped,
}

/// A run that has ended.
#[derive(Debug)]
pub struct Finished {
    /// The model and its optimiser.
    pub trainer: Trainer,
    /// How it ended.
    pub ended: Ended,
}

/// Everything that a run is made of.
pub struct Run<'a> {
    /// The model and its optimiser.
    pub trainer: Trainer,
    /// The data.
    pub source: &'a mut dyn TokenSource,
    /// What it is measured on.
    pub measures: Measures,
    /// How the model is written.
    pub published: Published<'a>,
    /// Whose tokenizer goes with it.
    pub tokenizer: Option<&'a Folder>,
    /// What the parameters started from, for the run's config: a seed, or a checkpoint's digest.
    pub start: Value,
    /// How often what is done.
    pub every: Every,
    /// The folder of the run.
    pub folder: PathBuf,
}

/// Whether a run begins or goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// At the first step; a folder with a run in it is refused.
    Fresh,
    /// At the newest whole checkpoint; a note says which newer ones are damaged.
    Resume,
}

/// A run under way.
struct UnderWay<'a> {
    run: Run<'a>,
    config: Value,
    checkpoints: Checkpoints,
    log: Log,
    /// Sum and count of the losses since the last line of the log.
    since_log: (f64, u64),
}

impl<'a> Run<'a> {
    /// Trains to the end, or until `progress` asks to stop.
    ///
    /// # Errors
    ///
    /// - [`TrainError::RunExists`] or [`TrainError::NoCheckpoint`], as `begin` says.
    /// - [`TrainError::OtherConfig`], [`TrainError::Damaged`], [`TrainError::Version`] of the
    ///   checkpoint that is resumed.
    /// - [`TrainError::NotFinite`]; what was saved stays.
    /// - [`TrainError::Write`], or [`TrainError::BrokenOff`] once there is a checkpoint, and what
    ///   the source fails with.
    pub fn train(self, begin: Begin, progress: &mut dyn Progress) -> Result<Finished, TrainError> {
        let mut under_way = self.begin(begin, progress)?;
        let ended = under_way.steps(progress).map_err(|error| under_way.with_last_good(error))?;
        Ok(Finished { trainer: under_way.run.trainer, ended })
    }

    fn begin(
        mut self,
        begin: Begin,
        progress: &mut dyn Progress,
    ) -> Result<UnderWay<'a>, TrainError> {
        let training = self.folder.join("training");
        let checkpoints = Checkpoints::new(&training.join("checkpoints"));
        let config = json!({
            "model": self.published.config,
            "start": self.start,
            "training": self.trainer.options().to_json(),
            "data": self.source.identity(),
        });
        let mut since_log = (0.0, 0);
        let log = training.join("metrics.jsonl");
        let log = match begin {
            Begin::Fresh => {
                if let Some(step) = checkpoints.steps().last() {
                    let path = checkpoints.folder().to_owned();
                    return Err(TrainError::RunExists { path, step: *step });
                }
                std::fs::create_dir_all(&training)
                    .map_err(|source| TrainError::Write { path: training.clone(), source })?;
                Log::create(&log)?
            }
            Begin::Resume => {
                let path = checkpoints.folder().to_owned();
                let latest = checkpoints.latest()?.ok_or(TrainError::NoCheckpoint { path })?;
                let Latest { checkpoint, damaged } = latest;
                checkpoint.check_config(&config)?;
                for error in damaged {
                    progress.note(format!("{error}; going on from step {}", checkpoint.step()));
                }
                self.trainer.restore(&checkpoint)?;
                let state = checkpoint.state();
                self.source.seek(&state["source"])?;
                let sum = state["losses_since_log"]["sum"].as_f64().unwrap_or(0.0);
                since_log = (sum, state["losses_since_log"]["n"].as_u64().unwrap_or(0));
                Log::resume(&log, checkpoint.step())?
            }
        };
        if let Some(tokenizer) = self.tokenizer {
            carry_tokenizer(tokenizer, &self.folder)?;
        }
        Ok(UnderWay { run: self, config, checkpoints, log, since_log })
    }
}

impl UnderWay<'_> {
    fn steps(&mut self, progress: &mut dyn Progress) -> Result<Ended, TrainError> {
        let options = *self.run.trainer.options();
        while self.run.trainer.step() < options.n_steps {
            let step = self.run.trainer.step();
            let rows = self.run.source.rows(step, options.batch_rows, options.n_tokens)?;
            let step = self.run.trainer.train(&rows)?;
            let is_last = step.step == options.n_steps;
            self.log(&step, is_last, &*progress)?;
            let every = self.run.every;
            let falls_due = |every: u64| every > 0 && step.step.is_multiple_of(every);
            if falls_due(every.evaluate) || is_last {
                self.evaluate(&step, progress)?;
            }
            let goes_on = progress.step(&step).is_continue() || is_last;
            if falls_due(every.save) || is_last || !goes_on {
                self.save(progress)?;
            }
            if !goes_on {
                return Ok(Ended::Stopped);
            }
        }
        Ok(Ended::Done)
    }

    /// Adds to the error which checkpoint there is to go back to.
    fn with_last_good(&self, error: TrainError) -> TrainError {
        let last_good = self.checkpoints.steps().last().copied();
        match error {
            TrainError::NotFinite { what, value, step, .. } => {
                let path = self.checkpoints.folder().to_owned();
                TrainError::NotFinite { what, value, step, last_good, path }
            }
            other => other.after(last_good),
        }
    }

    fn log(
        &mut self,
        step: &Step,
        is_last: bool,
        progress: &dyn Progress,
    ) -> Result<(), TrainError> {
        self.since_log.0 += step.loss;
        self.since_log.1 += 1;
        let every = self.run.every.log.max(1);
        if !step.step.is_multiple_of(every) && !is_last {
            return Ok(());
        }
        let (sum, n) = std::mem::take(&mut self.since_log);
        let mut record = json!({
            "step": step.step,
            "kind": "train",
            "tokens": step.tokens,
            "loss": sum / n as f64,
            "norm": step.norm,
            "rate": step.rate,
        });
        if let Some(secs) = progress.secs() {
            record["secs"] = json!((secs * 1000.0).round() / 1000.0);
        }
        self.log.write(&record)
    }

    fn evaluate(&mut self, step: &Step, progress: &mut dyn Progress) -> Result<(), TrainError> {
        let Measures { held_out, questions } = &self.run.measures;
        if held_out.is_none() && questions.is_none() {
            return Ok(());
        }
        let trainer = &self.run.trainer;
        let (net, params) = (trainer.net(), trainer.params());
        let opens = trainer.options().isolate;
        let loss = held_out.as_ref().map(|rows| mean_loss(net, params, rows, opens));
        let answered = questions.as_ref().map(|questions| questions.ask(net, params));
        let evaluation =
            Evaluation { step: step.step, loss, answered: answered.unwrap_or_default() };
        self.log.write(&evaluation.record(step.tokens))?;
        progress.evaluated(&evaluation);
        Ok(())
    }

    /// The checkpoint first: it is what nothing else can replace.
    fn save(&mut self, progress: &mut dyn Progress) -> Result<(), TrainError> {
        let trainer = &self.run.trainer;
        let (sum, n) = self.since_log;
        let snapshot = Snapshot {
            step: trainer.step(),
            config: &self.config,
            state: json!({
                "source": self.run.source.cursor(),
                "losses_since_log": { "sum": sum, "n": n },
            }),
            parts: trainer.parts(),
        };
        let path = self.checkpoints.save(&snapshot)?;
        let folder = &self.run.folder;
        write_model(folder, &self.run.published, trainer.net().layout(), trainer.params())?;
        let training = folder.join("training");
        let log = training.join("metrics.jsonl");
        let text = std::fs::read_to_string(&log)
            .map_err(|source| TrainError::Read { path: log.clone(), source })?;
        let records: Vec<Value> =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        write_whole(&training.join("curves.svg"), plot::draw(&records).as_bytes())?;
        progress.saved(trainer.step(), &path);
        Ok(())
    }
}
