//! Watches a pass over text: a bar with the time left, or a line now and then; keeps its state
//! every few minutes.

use std::io::Write as _;
use std::time::{Duration, Instant};

use connectome::features::collect::{Flow, Progress, Watch};
use indicatif::ProgressBar;

use super::{Interrupt, LOG_EVERY, bar};
use crate::settings::World;

/// How much work a crash may cost.
const SAVE_EVERY: Duration = Duration::from_secs(300);

#[derive(Debug)]
pub(crate) struct CollectWatch<'a> {
    world: &'a World,
    bar: ProgressBar,
    interrupt: Interrupt,
    stage: &'static str,
    started: Instant,
    logged: Instant,
    saved: Instant,
}

impl<'a> CollectWatch<'a> {
    pub(crate) fn new(world: &'a World, interrupt: Interrupt) -> Self {
        let now = Instant::now();
        Self {
            world,
            bar: bar(world, "{msg:<22} {wide_bar:.cyan/dim} {human_pos}/{human_len}  {eta}"),
            interrupt,
            stage: "",
            started: now,
            logged: now,
            saved: now,
        }
    }

    fn show(&mut self, stage: &'static str, done: u64, of: u64) {
        if stage != self.stage {
            self.stage = stage;
            self.bar.reset();
            self.bar.set_message(stage);
        }
        self.bar.set_length(of);
        self.bar.set_position(done.min(of));
        let is_log = !self.world.quiet && self.bar.is_hidden();
        if is_log && self.logged.elapsed() >= LOG_EVERY {
            self.logged = Instant::now();
            let secs = self.started.elapsed().as_secs();
            // Progress that cannot be written is not worth ending a pass for.
            let _ = writeln!(std::io::stderr(), "{secs} s: {stage}, {done} of {of}");
        }
    }
}

impl Drop for CollectWatch<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Watch for CollectWatch<'_> {
    fn step(&mut self, progress: Progress) -> Flow {
        match progress {
            Progress::Reading { tokens, n_tokens: Some(n_tokens), .. } => {
                self.show("reading tokens", tokens, n_tokens);
            }
            Progress::Reading { documents, n_documents, .. } => {
                self.show("reading documents", documents, n_documents);
            }
            Progress::Describing { features, n_features } => {
                self.show("describing features", features as u64, n_features as u64);
            }
        }
        if self.interrupt.is_set() {
            return Flow::Stop;
        }
        if self.saved.elapsed() >= SAVE_EVERY {
            self.saved = Instant::now();
            return Flow::Save;
        }
        Flow::Continue
    }
    fn note(&mut self, text: String) {
        self.bar.suspend(|| self.world.note(&text));
    }
}
