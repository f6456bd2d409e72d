//! Jobs: long work in a queue of one worker.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::model::FailureBody;

/// The answer to what starts a job.
#[derive(Clone, Debug, Serialize, Deserialize, TS)]
pub struct JobStarted {
    /// The job's id.
    pub job: String,
}

/// `GET /api/jobs/:id`, a row of `GET /api/jobs` (the newest first), and the data of every event
/// of `GET /api/jobs/:id/events`, which ends after a state that is final.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// What it does.
    pub kind: JobKind,
    /// What a person calls it: the prompt, the run's name, or the template.
    pub title: String,
    /// The graph that it works on; null for a trace that has not ended, and for a probe.
    pub graph: Option<String>,
    /// How it stands.
    pub state: JobState,
    /// What it is doing now: `loading`, `forward`, `attribution`, `measuring`, `writing`, …
    pub stage: String,
    /// Units that are done in this stage.
    pub done: usize,
    /// Units of this stage; 0 if not known.
    pub total: usize,
    /// Seconds left in this stage; null if not known.
    pub eta_secs: Option<f64>,
    /// Milliseconds since 1970.
    pub created: f64,
    /// When it ended.
    pub ended: Option<f64>,
    /// What it made; of a job that was cancelled, what there was by then.
    pub result: Option<JobResult>,
    /// Why it failed.
    pub error: Option<FailureBody>,
}

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum JobKind {
    /// Traces a prompt.
    Trace,
    /// Measures a run.
    Run,
    /// Probes all pairs of two slots' values.
    Probe,
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(rename_all = "snake_case")]
pub enum JobState {
    /// It waits for others.
    Queued,
    /// It runs.
    Running,
    /// It ended well. Final.
    Finished,
    /// It ended with an error. Final.
    Failed,
    /// It was cancelled, or the server ended. Final.
    Cancelled,
}

/// What a job made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JobResult {
    /// The graph, of a trace or a run.
    pub graph: Option<String>,
    /// The run's number, of a run.
    pub run: Option<u32>,
    /// The probe's number, of a probe.
    #[serde(default)]
    pub probe: Option<u32>,
    /// Whether it is only a part of what was asked for.
    pub partial: bool,
}
