//! Bars on stderr, and Ctrl-C: the first ends the work with what there is so far, the second
//! aborts.

pub(crate) mod features;
pub(crate) mod train_clt;
pub(crate) mod train_lm;

use std::io::Write as _;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use connectome::attribution::{Progress, Step};
use connectome::hub::DownloadEvent;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::settings::World;

/// How often a log gets a line, where no terminal shows a bar.
pub(crate) const LOG_EVERY: Duration = Duration::from_secs(15);

/// Ends a process that was told twice; what shells report of one killed by SIGINT.
pub(crate) const INTERRUPTED: u8 = 130;

/// Whether somebody asked to stop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Takes Ctrl-C, SIGTERM and SIGHUP from here on; `ending` says what the first one does.
    pub(crate) fn installed(world: &World, ending: &'static str) -> Result<Self> {
        let interrupt = Self::default();
        let (flag, quiet) = (interrupt.clone(), world.quiet);
        ctrlc::set_handler(move || {
            if flag.0.swap(true, Ordering::SeqCst) {
                std::process::exit(i32::from(INTERRUPTED));
            }
            if !quiet {
                // There is nobody to tell if stderr is gone.
                let _ = writeln!(std::io::stderr(), "\n{ending}; once more to abort");
            }
        })?;
        Ok(interrupt)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    #[cfg(test)]
    pub(crate) fn set(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Watches a trace: a bar with an estimate of the time left, or a line now and then.
#[derive(Debug)]
pub(crate) struct Watch {
    bar: ProgressBar,
    interrupt: Interrupt,
    quiet: bool,
    started: Instant,
    logged: Instant,
}

impl Watch {
    pub(crate) fn new(world: &World, interrupt: Interrupt) -> Self {
        let now = Instant::now();
        Self {
            bar: bar(world, "{msg:<22} {wide_bar:.cyan/dim} {human_pos}/{human_len} rows  {eta}"),
            interrupt,
            quiet: world.quiet,
            started: now,
            logged: now,
        }
    }

    /// For logs: a bar would be a mess there, silence leaves one wondering.
    fn log(&mut self, step: Step) {
        if self.quiet || !self.bar.is_hidden() || self.logged.elapsed() < LOG_EVERY {
            return;
        }
        self.logged = Instant::now();
        let secs = self.started.elapsed().as_secs();
        // Progress that cannot be written is not worth ending a trace for.
        let _ = writeln!(
            std::io::stderr(),
            "{secs} s: {} of {} rows{}",
            step.rows,
            step.expected,
            unresolved(step).map_or_else(String::new, |text| format!(", {text}"))
        );
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Watch {
    fn step(&mut self, step: Step) -> ControlFlow<()> {
        self.bar.set_length(step.expected as u64);
        self.bar.set_position(step.rows as u64);
        self.bar.set_message(unresolved(step).unwrap_or_else(|| "tracing".to_owned()));
        self.log(step);
        if self.interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

fn unresolved(step: Step) -> Option<String> {
    step.unresolved.map(|share| format!("unresolved {:.1} %", 100.0 * share))
}

/// Watches work that is done in counted steps, stage by stage.
#[derive(Debug)]
pub(crate) struct Work {
    bar: ProgressBar,
    interrupt: Interrupt,
    quiet: bool,
    limit: Option<Duration>,
    stage: &'static str,
    started: Instant,
    logged: Instant,
    /// Whether it was Ctrl-C that ended it.
    pub(crate) interrupted: bool,
}

impl Work {
    pub(crate) fn new(world: &World, interrupt: Interrupt) -> Self {
        let now = Instant::now();
        Self {
            bar: bar(world, "{msg:<22} {wide_bar:.cyan/dim} {human_pos}/{human_len}  {eta}"),
            interrupt,
            quiet: world.quiet,
            limit: None,
            stage: "",
            started: now,
            logged: now,
            interrupted: false,
        }
    }

    /// Ends the work when this time is up, too.
    pub(crate) fn limited(mut self, limit: Option<Duration>) -> Self {
        self.limit = limit;
        self
    }

    /// `done` of `expected` steps of a stage are done. `Break` if somebody asked to stop.
    pub(crate) fn step(
        &mut self,
        stage: &'static str,
        done: usize,
        expected: usize,
    ) -> ControlFlow<()> {
        if stage != self.stage {
            self.stage = stage;
            self.bar.reset();
            self.bar.set_message(stage);
        }
        self.bar.set_length(expected as u64);
        self.bar.set_position(done as u64);
        let is_log = !self.quiet && self.bar.is_hidden() && self.logged.elapsed() >= LOG_EVERY;
        if is_log {
            self.logged = Instant::now();
            let secs = self.started.elapsed().as_secs();
            // Progress that cannot be written is not worth ending the work for.
            let _ = writeln!(std::io::stderr(), "{secs} s: {stage}, {done} of {expected}");
        }
        self.interrupted |= self.interrupt.is_set();
        // Whoever has little time still gets something for it.
        let is_late = done > 0 && self.limit.is_some_and(|limit| self.started.elapsed() >= limit);
        if self.interrupted || is_late { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Shows downloads: one bar a file.
#[derive(Debug)]
pub(crate) struct Downloads<'a> {
    world: &'a World,
    bar: Option<ProgressBar>,
}

impl<'a> Downloads<'a> {
    pub(crate) fn new(world: &'a World) -> Self {
        Self { world, bar: None }
    }

    pub(crate) fn tell(&mut self, event: DownloadEvent<'_>) {
        match event {
            DownloadEvent::Plan { repo, files, bytes } => {
                let size = bytes.map(crate::printer::text::bytes);
                let size = size.map_or_else(String::new, |size| format!(", {size}"));
                let noun = if files == 1 { "file" } else { "files" };
                self.world.note(&format!("fetching {files} {noun} of {repo}{size}"));
            }
            DownloadEvent::File { name, bytes } => {
                self.close();
                let template = "{msg:<30} {wide_bar:.cyan/dim} {bytes}/{total_bytes}  {eta}";
                let bar = bar(self.world, template);
                bar.set_length(bytes);
                bar.set_message(crate::printer::text::end_of(name, 30));
                self.bar = Some(bar);
            }
            DownloadEvent::Received { bytes } => {
                self.bar.iter().for_each(|bar| bar.inc(bytes));
            }
            _ => {}
        }
    }

    fn close(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Downloads<'_> {
    fn drop(&mut self) {
        self.close();
    }
}

pub(crate) fn bar(world: &World, template: &str) -> ProgressBar {
    if !world.watched {
        return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template(template).expect("the templates above are valid");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    bar.set_style(style.progress_chars("━━╌"));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Color, Global};

    #[test]
    fn a_set_flag_ends_the_trace_at_the_next_step() {
        let world = World::new(Global { json: false, quiet: true, color: Color::Never });
        let interrupt = Interrupt::default();
        let mut watch = Watch::new(&world, interrupt.clone());
        let step = Step { rows: 1, expected: 10, unresolved: Some(0.5) };
        assert!(watch.step(step).is_continue());
        interrupt.set();
        assert!(watch.step(step).is_break());
    }

    #[test]
    fn work_whose_time_is_up_ends_after_its_first_step() {
        let world = World::new(Global { json: false, quiet: true, color: Color::Never });
        let mut runs = Work::new(&world, Interrupt::default()).limited(Some(Duration::ZERO));
        assert!(runs.step("measuring", 0, 9).is_continue());
        assert!(runs.step("measuring", 1, 9).is_break());
        assert!(!runs.interrupted);
        let interrupt = Interrupt::default();
        let mut runs = Work::new(&world, interrupt.clone());
        assert!(runs.step("measuring", 1, 9).is_continue());
        interrupt.set();
        assert!(runs.step("measuring", 1, 9).is_break() && runs.interrupted);
    }
}
