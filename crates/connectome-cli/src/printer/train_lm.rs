//! A training run as text.

use super::text::{count, counted, percent, plain};
use super::{Page, Screen};
use crate::report::train_lm::{TrainHead, TrainReport};

/// Width of the names before what is said.
const NAMES: usize = 12;

pub(crate) fn head(head: &TrainHead, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let parameters = counted(head.parameters, "parameter");
    page.heading("Training", &format!("{}, {parameters}", plain(&head.family)));
    page.entry("data", NAMES, &counted(head.documents, "document"));
    let steps = format!(
        "{} of {} of {} tokens",
        counted(head.steps as usize, "step"),
        counted(head.rows_a_step, "row"),
        count(head.tokens_a_row),
    );
    page.entry("steps", NAMES, &steps);
    page.finish()
}

pub(crate) fn page(report: &TrainReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    page.heading("Trained", report.ended);
    let steps = counted(report.steps_done as usize, "step");
    let tokens = counted(report.tokens_done as usize, "token");
    page.entry("steps", NAMES, &format!("{steps}, {tokens}"));
    if let Some(loss) = report.loss {
        page.entry("loss", NAMES, &format!("{loss:.4} nats a token, mean of the last steps"));
    }
    if let Some(loss) = report.held_out_loss {
        page.entry("held out", NAMES, &format!("{loss:.4} nats a token"));
    }
    for group in &report.questions {
        let share = group.right as f64 / group.asked.max(1) as f64;
        let (right, asked) = (count(group.right), count(group.asked));
        let name = if group.group.is_empty() { "questions" } else { &group.group };
        page.entry(
            &plain(name),
            NAMES,
            &format!("{right} of {asked} answered, {}", percent(share)),
        );
    }
    let speed = format!("{:.1} s, {} tokens/s", report.secs, count(report.tokens_per_sec as usize));
    page.entry("time", NAMES, &speed);
    page.entry("model", NAMES, &plain(&report.folder));
    page.finish()
}
