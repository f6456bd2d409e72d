//! Watches a training run: a bar with loss, speed and the time left, or a line now and then.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::time::Instant;

use connectome::train::lm::{Evaluation, Progress, Step};
use indicatif::ProgressBar;

use super::{Interrupt, LOG_EVERY, bar};
use crate::printer::text::{count, percent};
use crate::settings::{World, to_stdout};

/// Share of the newest loss in the mean that is shown.
const NEWEST: f64 = 0.05;

/// A run as somebody may watch it.
#[derive(Debug)]
pub(crate) struct TrainWatch {
    bar: ProgressBar,
    interrupt: Interrupt,
    quiet: bool,
    n_steps: u64,
    tokens_a_step: u64,
    started: Instant,
    logged: Instant,
    /// Steps done since the start of this process.
    n_done: u64,
    loss: Option<f64>,
    /// What is printed when the run has begun, and not if it is refused.
    opening: Option<String>,
    /// The last measurement.
    pub(crate) evaluation: Option<Evaluation>,
}

impl TrainWatch {
    pub(crate) fn new(
        world: &World,
        interrupt: Interrupt,
        n_steps: u64,
        tokens_a_step: u64,
    ) -> Self {
        let bar = bar(world, "{msg} {wide_bar:.cyan/dim} {human_pos}/{human_len} steps  {eta}");
        bar.set_length(n_steps);
        let now = Instant::now();
        Self {
            bar,
            interrupt,
            quiet: world.quiet,
            n_steps,
            tokens_a_step,
            started: now,
            logged: now,
            n_done: 0,
            loss: None,
            opening: None,
            evaluation: None,
        }
    }

    /// Prints this on stdout before the first step.
    pub(crate) fn opening_with(mut self, text: String) -> Self {
        self.opening = Some(text);
        self
    }

    /// Seconds since the start of this process.
    pub(crate) fn elapsed(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Tokens a second since the start of this process, measurements and checkpoints included.
    pub(crate) fn tokens_per_sec(&self) -> f64 {
        (self.n_done * self.tokens_a_step) as f64 / self.elapsed().max(1e-9)
    }

    /// The running mean of the loss.
    pub(crate) fn loss(&self) -> Option<f64> {
        self.loss
    }

    fn state(&self) -> String {
        let loss = self.loss.map_or_else(String::new, |loss| format!("loss {loss:.3}"));
        format!("{loss}  {} tokens/s", count(self.tokens_per_sec() as usize))
    }

    fn say(&self, line: &str) {
        if self.quiet {
            return;
        }
        self.bar.suspend(|| {
            // Progress that cannot be written is not worth ending a run for.
            let _ = writeln!(std::io::stderr(), "{line}");
        });
    }
}

impl Drop for TrainWatch {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for TrainWatch {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        if let Some(text) = self.opening.take() {
            // A run of hours is not ended for a page that nobody reads.
            self.bar.suspend(|| drop(to_stdout(text.as_bytes())));
        }
        if self.n_done == 0 {
            // Steps before this process took no time of it.
            self.bar.set_position(step.step - 1);
            self.bar.reset_eta();
        }
        self.n_done += 1;
        self.loss = Some(match self.loss {
            None => step.loss,
            Some(mean) => mean + NEWEST.max(1.0 / self.n_done as f64) * (step.loss - mean),
        });
        self.bar.set_position(step.step);
        self.bar.set_message(self.state());
        if self.bar.is_hidden() && self.logged.elapsed() >= LOG_EVERY {
            self.logged = Instant::now();
            let secs = self.started.elapsed().as_secs();
            let left = (self.n_steps - step.step) as f64 * self.elapsed() / self.n_done as f64;
            let (step, of, state) = (step.step, self.n_steps, self.state());
            self.say(&format!("{secs} s: step {step} of {of}, {state}, {left:.0} s left"));
        }
        if self.interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn evaluated(&mut self, evaluation: &Evaluation) {
        let mut line = format!("step {}", evaluation.step);
        if let Some(loss) = evaluation.loss {
            line.push_str(&format!(": held-out loss {loss:.4}"));
        }
        if let Some(accuracy) = evaluation.accuracy() {
            line.push_str(&format!(", {} of the questions answered", percent(accuracy)));
        }
        self.say(&line);
        self.evaluation = Some(evaluation.clone());
    }

    fn note(&mut self, text: String) {
        self.say(&format!("note: {text}"));
    }

    fn secs(&self) -> Option<f64> {
        Some(self.elapsed())
    }
}
