//! What a training run was and did.

use std::path::Path;

use connectome::train::lm::{Ended, Net, Options, Trainer};
use serde::Serialize;

use crate::progress::train_lm::TrainWatch;

/// What is known before the first step.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TrainHead {
    /// `model_type` of the config.
    pub(crate) family: String,
    pub(crate) parameters: usize,
    pub(crate) documents: usize,
    pub(crate) steps: u64,
    pub(crate) rows_a_step: usize,
    pub(crate) tokens_a_row: usize,
    /// Rows that go through the model at once, and gradients that are kept apart.
    pub(crate) part_rows: usize,
    pub(crate) lanes: usize,
}

impl TrainHead {
    pub(crate) fn of(net: &Net, options: &Options, documents: usize, family: String) -> Self {
        Self {
            family,
            parameters: net.layout().len(),
            documents,
            steps: options.n_steps,
            rows_a_step: options.batch_rows,
            tokens_a_row: options.n_tokens,
            part_rows: options.cut.part_rows,
            lanes: options.cut.n_lanes,
        }
    }
}

/// How many questions of a group were answered.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AnsweredReport {
    pub(crate) group: String,
    pub(crate) right: usize,
    pub(crate) asked: usize,
}

/// What is known after the last step.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct TrainReport {
    #[serde(flatten)]
    pub(crate) head: TrainHead,
    pub(crate) folder: String,
    /// `done`, or `stopped` by Ctrl-C.
    pub(crate) ended: &'static str,
    pub(crate) steps_done: u64,
    pub(crate) tokens_done: u64,
    /// Running mean of the last steps, nats a token.
    pub(crate) loss: Option<f64>,
    /// At the last measurement, nats a token.
    pub(crate) held_out_loss: Option<f64>,
    pub(crate) questions: Vec<AnsweredReport>,
    /// Of this process, measurements and checkpoints included.
    pub(crate) secs: f64,
    pub(crate) tokens_per_sec: f64,
}

impl TrainReport {
    pub(crate) fn of(
        head: TrainHead,
        trainer: &Trainer,
        ended: Ended,
        watch: &TrainWatch,
        folder: &Path,
    ) -> Self {
        let evaluation = watch.evaluation.as_ref();
        let answered = evaluation.map(|evaluation| evaluation.answered.as_slice());
        let answered = answered.unwrap_or_default().iter().map(|group| AnsweredReport {
            group: group.group.clone(),
            right: group.right,
            asked: group.asked,
        });
        let steps_done = trainer.step();
        Self {
            folder: folder.display().to_string(),
            ended: match ended {
                Ended::Done => "done",
                Ended::Stopped => "stopped",
            },
            steps_done,
            tokens_done: steps_done * (head.rows_a_step * head.tokens_a_row) as u64,
            loss: watch.loss(),
            held_out_loss: evaluation.and_then(|evaluation| evaluation.loss),
            questions: answered.collect(),
            secs: watch.elapsed(),
            tokens_per_sec: watch.tokens_per_sec(),
            head,
        }
    }
}
