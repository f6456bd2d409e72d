//! Watches a transcoder run: a bar with its quality, speed and the time left, or a line now and
//! then.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::time::Instant;

use connectome::train::transcoder::Watch;
use connectome::train::transcoder::run::{Phase, Progress};
use indicatif::ProgressBar;

use super::{Interrupt, LOG_EVERY, bar};
use crate::printer::text::{count, percent};
use crate::settings::World;

/// Share of the newest number in the means that are shown.
const NEWEST: f64 = 0.05;

/// A run as somebody may watch it.
#[derive(Debug)]
pub(crate) struct CltWatch<'a> {
    world: &'a World,
    bar: ProgressBar,
    interrupt: Interrupt,
    started: Instant,
    logged: Instant,
    /// When the first step of this process was done.
    first: Option<Instant>,
    nmse: f64,
    l0: f64,
    n_tokens: u64,
}

impl<'a> CltWatch<'a> {
    pub(crate) fn new(world: &'a World, interrupt: Interrupt) -> Self {
        let now = Instant::now();
        Self {
            world,
            bar: bar(world, "{msg} {wide_bar:.cyan/dim} {human_pos}/{human_len} steps  {eta}"),
            interrupt,
            started: now,
            logged: now,
            first: None,
            nmse: 0.0,
            l0: 0.0,
            n_tokens: 0,
        }
    }

    /// Seconds since the start of this process.
    pub(crate) fn elapsed(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// Tokens a second of this process' steps.
    pub(crate) fn tokens_per_sec(&self) -> f64 {
        let secs = self.first.map_or(0.0, |first| first.elapsed().as_secs_f64());
        self.n_tokens as f64 / secs.max(1e-9)
    }

    fn state(&self) -> String {
        let speed = count(self.tokens_per_sec() as usize);
        format!("NMSE {}, L0 {:.1}, {speed} tokens/s", percent(self.nmse).trim(), self.l0)
    }

    fn log(&mut self, progress: Progress) {
        if self.world.quiet || !self.bar.is_hidden() || self.logged.elapsed() < LOG_EVERY {
            return;
        }
        self.logged = Instant::now();
        let Progress { step, n_steps, batch_tokens, .. } = progress;
        let (secs, state) = (self.started.elapsed().as_secs(), self.state());
        let left = (n_steps - step) as f64 * batch_tokens as f64 / self.tokens_per_sec();
        let left = if left.is_finite() { format!(", {left:.0} s left") } else { String::new() };
        // Progress that cannot be written is not worth ending a run for.
        let _ = writeln!(std::io::stderr(), "{secs} s: step {step} of {n_steps}, {state}{left}");
    }

    fn heard(&self) -> ControlFlow<()> {
        if self.interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Drop for CltWatch<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for CltWatch<'_> {
    fn step(&mut self, progress: Progress) -> ControlFlow<()> {
        let Progress { step, n_steps, batch_tokens, nmse, l0 } = progress;
        self.bar.set_length(n_steps);
        self.bar.set_position(step);
        match self.first {
            Some(_) => {
                self.n_tokens += batch_tokens as u64;
                self.nmse += NEWEST * (nmse - self.nmse);
                self.l0 += NEWEST * (l0 - self.l0);
            }
            None => {
                // What came before took no time of the steps.
                self.bar.reset_eta();
                self.first = Some(Instant::now());
                (self.nmse, self.l0) = (nmse, l0);
            }
        }
        self.bar.set_message(self.state());
        self.log(progress);
        self.heard()
    }

    fn phase(&mut self, phase: Phase) -> ControlFlow<()> {
        let text = match phase {
            Phase::Calibrating => "measuring norms and biases on a sample",
            Phase::Caching(done, wanted) => {
                self.bar.set_length(wanted as u64);
                self.bar.set_position(done as u64);
                "filling the cache"
            }
            Phase::Resuming => "filling the shuffle buffer again",
            Phase::Measuring => "measuring",
            Phase::Exporting => "writing the dictionary",
            _ => "",
        };
        self.bar.set_message(text);
        self.bar.tick();
        self.heard()
    }

    fn note(&mut self, text: String) {
        self.bar.suspend(|| self.world.note(&text));
    }

    fn secs(&self) -> Option<f64> {
        Some(self.elapsed())
    }
}
