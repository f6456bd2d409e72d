//! Jobs: long work in one queue with one worker, so that two of them never share the processor.
//!
//! # Invariants
//!
//! - A job's state only goes forward, and a final one never changes.
//! - A cancelled job ends at its next step and keeps what it has.
//! - Ended jobs are on disk; those that a killed server left are told as cancelled.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use tokio::sync::watch;

use crate::error::ServeError;
use crate::store::{now_ms, read_json, write_json};
use crate::wire::{FailureBody, Job, JobKind, JobResult, JobState};

/// Work that reports as it goes.
pub(crate) type Work = Box<dyn FnOnce(&Reporter) -> Result<JobResult, ServeError> + Send>;

/// Jobs that are kept in memory and on disk.
const KEPT: usize = 200;

/// The queue.
#[derive(Debug)]
pub(crate) struct Jobs {
    shared: Arc<Shared>,
    queue: Mutex<Option<Sender<Queued>>>,
    worker: Mutex<Option<std::thread::JoinHandle<()>>>,
}

#[derive(Debug)]
struct Shared {
    folder: PathBuf,
    jobs: Mutex<BTreeMap<u64, Entry>>,
    closing: AtomicBool,
}

#[derive(Debug)]
struct Entry {
    state: watch::Sender<Job>,
    cancelled: Arc<AtomicBool>,
}

struct Queued {
    number: u64,
    work: Work,
}

/// How work says how far it is.
pub(crate) struct Reporter {
    number: u64,
    shared: Arc<Shared>,
    cancelled: Arc<AtomicBool>,
    /// When the stage began.
    since: Mutex<(String, Instant)>,
}

impl Reporter {
    /// Tells a stage's progress; `Break` if the job was cancelled.
    pub(crate) fn step(&self, stage: &str, done: usize, total: usize) -> ControlFlow<()> {
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        if since.0 != stage {
            *since = (stage.to_owned(), Instant::now());
        }
        let elapsed = since.1.elapsed().as_secs_f64();
        let left = total.saturating_sub(done) as f64;
        let eta = (done > 0 && total > 0).then(|| elapsed / done as f64 * left);
        self.shared.change(self.number, |job| {
            job.stage = stage.to_owned();
            job.done = done;
            job.total = total;
            job.eta_secs = eta;
        });
        if self.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }
}

impl Jobs {
    /// Reads what ended before, and starts the worker.
    pub(crate) fn start(folder: PathBuf) -> Self {
        let mut jobs = BTreeMap::new();
        for mut job in ended(&folder) {
            let Some(number) = number_of(&job.id) else { continue };
            if !is_final(job.state) {
                job.state = JobState::Cancelled;
                job.ended = Some(job.created);
                job.error = Some(FailureBody {
                    what: "the server ended before the job did".to_owned(),
                    hint: Some("start it again".to_owned()),
                    status: 503,
                });
            }
            let entry = Entry { state: watch::channel(job).0, cancelled: Arc::default() };
            jobs.insert(number, entry);
        }
        let shared =
            Arc::new(Shared { folder, jobs: Mutex::new(jobs), closing: AtomicBool::new(false) });
        let (queue, waiting) = channel::<Queued>();
        let of_worker = shared.clone();
        let worker = std::thread::spawn(move || {
            for queued in waiting {
                of_worker.run(queued);
            }
        });
        Self { shared, queue: Mutex::new(Some(queue)), worker: Mutex::new(Some(worker)) }
    }

    /// Puts work in the queue; the job's id.
    pub(crate) fn add(
        &self,
        kind: JobKind,
        title: String,
        graph: Option<String>,
        work: Work,
    ) -> Result<String, ServeError> {
        let closed = || ServeError::Fault { reason: "the server is ending".to_owned() };
        let mut jobs = self.shared.lock();
        let number = jobs.last_key_value().map_or(1, |(last, _)| last + 1);
        let id = format!("j{number}");
        let job = Job {
            id: id.clone(),
            kind,
            title: title.chars().take(300).collect(),
            graph,
            state: JobState::Queued,
            stage: "queued".to_owned(),
            done: 0,
            total: 0,
            eta_secs: None,
            created: now_ms(),
            ended: None,
            result: None,
            error: None,
        };
        self.shared.save(&job)?;
        jobs.insert(number, Entry { state: watch::channel(job).0, cancelled: Arc::default() });
        while jobs.len() > KEPT {
            let old = jobs.iter().find(|(_, entry)| is_final(entry.state.borrow().state));
            let Some(old) = old.map(|(old, _)| *old) else { break };
            jobs.remove(&old);
            // A job that stays on disk is only told again at the next start.
            let _ = std::fs::remove_file(self.shared.file(old));
        }
        drop(jobs);
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queue.as_ref().ok_or_else(closed)?;
        queue.send(Queued { number, work }).map_err(|_| closed())?;
        Ok(id)
    }

    /// All jobs, the newest first.
    pub(crate) fn list(&self) -> Vec<Job> {
        self.shared.lock().values().rev().map(|entry| entry.state.borrow().clone()).collect()
    }

    pub(crate) fn get(&self, id: &str) -> Result<Job, ServeError> {
        Ok(self.watch(id)?.borrow().clone())
    }

    /// A job's states as they change.
    pub(crate) fn watch(&self, id: &str) -> Result<watch::Receiver<Job>, ServeError> {
        let jobs = self.shared.lock();
        let entry = number_of(id).and_then(|number| jobs.get(&number));
        let name = || id.chars().take(80).collect();
        let entry = entry.ok_or_else(|| ServeError::Missing { what: "job", name: name() })?;
        Ok(entry.state.subscribe())
    }

    /// Ends a job at its next step; one that waits does not begin.
    pub(crate) fn cancel(&self, id: &str) -> Result<Job, ServeError> {
        self.get(id)?;
        let number = number_of(id).expect("it was found");
        if let Some(entry) = self.shared.lock().get(&number) {
            entry.cancelled.store(true, Ordering::SeqCst);
        }
        let is_waiting = self.get(id)?.state == JobState::Queued;
        if is_waiting {
            self.shared.end(number, JobState::Cancelled, None, None);
        }
        self.get(id)
    }

    /// Cancels everything and waits for the worker.
    pub(crate) fn close(&self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).take();
        let ids: Vec<String> = self.list().into_iter().map(|job| job.id).collect();
        ids.iter().for_each(|id| {
            let _ = self.cancel(id);
        });
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(worker) = worker {
            // A worker that panicked has said so in its job.
            let _ = worker.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Entry>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, number: u64) -> PathBuf {
        self.folder.join(format!("j{number}.json"))
    }

    fn save(&self, job: &Job) -> Result<(), ServeError> {
        write_json(&self.folder.join(format!("{}.json", job.id)), job)
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Job)) {
        if let Some(entry) = self.lock().get(&number) {
            entry.state.send_if_modified(|job| {
                let goes_on = !is_final(job.state);
                if goes_on {
                    change(job);
                }
                goes_on
            });
        }
    }

    fn end(
        &self,
        number: u64,
        state: JobState,
        result: Option<JobResult>,
        error: Option<FailureBody>,
    ) {
        self.change(number, |job| {
            job.state = state;
            job.ended = Some(now_ms());
            job.eta_secs = None;
            if let Some(result) = &result {
                job.graph = result.graph.clone().or(job.graph.take());
            }
            job.result = result;
            job.error = error;
        });
        let job = self.lock().get(&number).map(|entry| entry.state.borrow().clone());
        if let Some(job) = job {
            // What the disk refuses is still told as long as the server runs.
            let _ = self.save(&job);
        }
    }

    fn run(self: &Arc<Self>, queued: Queued) {
        let number = queued.number;
        let cancelled = self.lock().get(&number).map(|entry| entry.cancelled.clone());
        let Some(cancelled) = cancelled else { return };
        if cancelled.load(Ordering::SeqCst) || self.closing.load(Ordering::SeqCst) {
            self.end(number, JobState::Cancelled, None, None);
            return;
        }
        self.change(number, |job| {
            job.state = JobState::Running;
            job.stage = "loading".to_owned();
        });
        let reporter = Reporter {
            number,
            shared: self.clone(),
            cancelled: cancelled.clone(),
            since: Mutex::new((String::new(), Instant::now())),
        };
        let work = std::panic::AssertUnwindSafe(move || (queued.work)(&reporter));
        let done = std::panic::catch_unwind(work).unwrap_or_else(|_| {
            Err(ServeError::Fault { reason: "it met a case that it did not expect".to_owned() })
        });
        let was_cancelled = cancelled.load(Ordering::SeqCst);
        match done {
            Ok(result) if was_cancelled && result.partial => {
                self.end(number, JobState::Cancelled, Some(result), None);
            }
            Ok(result) => self.end(number, JobState::Finished, Some(result), None),
            Err(_) if was_cancelled => self.end(number, JobState::Cancelled, None, None),
            Err(error) => self.end(number, JobState::Failed, None, Some(error.body())),
        }
    }
}

/// Whether nothing follows a state.
pub(crate) fn is_final(state: JobState) -> bool {
    matches!(state, JobState::Finished | JobState::Failed | JobState::Cancelled)
}

fn number_of(id: &str) -> Option<u64> {
    let number = id.strip_prefix('j')?;
    let is_plain = !number.starts_with(['0', '+']);
    number.parse().ok().filter(|_| is_plain)
}

/// The jobs of a folder; what cannot be read is left out.
fn ended(folder: &std::path::Path) -> Vec<Job> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.filter_map(|entry| read_json(&entry.ok()?.path()).ok()).collect()
}
