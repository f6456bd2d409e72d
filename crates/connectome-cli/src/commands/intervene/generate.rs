//! Text under an intervention, and without it.

use std::ops::ControlFlow;

use anyhow::Result;
use connectome::intervene::{Continuation, GenerateOptions, Intervention, NewToken, Variation};

use super::Session;
use super::resolve::Resolved;
use crate::printer;
use crate::progress::Work;
use crate::report::intervene::GenerationReport;

impl Session<'_> {
    /// Continues the prompt twice. One continuation is printed as it comes, several when they
    /// are done.
    pub(super) fn generate(
        &self,
        resolved: &Resolved<'_>,
        options: &GenerateOptions,
    ) -> Result<GenerationReport> {
        let asked = resolved.request.intervention(Variation::Asked)?;
        self.world.print(&printer::intervene::generation_head(options, self.world.screen))?;
        let before = self.continuations("before", None, options)?;
        let after = self.continuations("after", Some(&asked), options)?;
        Ok(GenerationReport::of(options, self.loaded, [&before, &after]))
    }

    fn continuations(
        &self,
        label: &str,
        asked: Option<&Intervention>,
        options: &GenerateOptions,
    ) -> Result<Vec<Continuation>> {
        let streams = options.n_samples == 1 && !self.world.json;
        let n_tokens = options.n_samples * options.max_new_tokens;
        let mut work = Work::new(self.world, self.interrupt.clone());
        let mut text = StreamedText::default();
        // A line that cannot be printed ends the text; the reason is told after.
        let mut unprinted = None;
        let mut n_told = 0;
        if streams {
            self.world.print(&printer::intervene::text_label(label, self.world.screen))?;
        }
        let mut told = |new: NewToken| {
            n_told += 1;
            if streams && let Err(error) = self.world.print(&text.add(new.token, self)) {
                unprinted = Some(error);
                return ControlFlow::Break(());
            }
            // A bar would tear the text apart.
            if streams { self.interrupted() } else { work.step("writing", n_told, n_tokens) }
        };
        let found = self.resolver.here.generate_telling(asked, options, &mut told)?;
        drop(work);
        if let Some(error) = unprinted {
            return Err(error);
        }
        if streams {
            self.world.print("\n")?;
        } else {
            let texts: Vec<String> =
                found.iter().map(|one| self.loaded.text(&one.tokens)).collect();
            self.world.print(&printer::intervene::texts(label, &texts, self.world.screen))?;
        }
        Ok(found)
    }

    fn interrupted(&self) -> ControlFlow<()> {
        if self.interrupt.is_set() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Text that grows token by token. A token may be a part of a character: then it waits for the
/// rest.
#[derive(Default)]
struct StreamedText {
    ids: Vec<u32>,
    n_printed: usize,
}

impl StreamedText {
    fn add(&mut self, token: u32, session: &Session<'_>) -> String {
        self.ids.push(token);
        let text = session.loaded.text(&self.ids);
        let whole = text.trim_end_matches('\u{fffd}');
        let new = whole.get(self.n_printed..).unwrap_or_default();
        self.n_printed = self.n_printed.max(whole.len());
        printer::text::plain(new)
    }
}
