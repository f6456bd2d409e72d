//! Data and examples of the organism's world.

use super::text;
use super::{Page, Screen};
use crate::report::elegans::eval::{EvalReport, SetReport};
use crate::report::elegans::{DataReport, Mark, SamplesReport, Shown, ShownRole};

/// A folder that was written.
pub(crate) fn data(screen: Screen, report: &DataReport) -> String {
    let mut page = Page::new(screen);
    page.heading(&text::plain(&report.folder), &format!("data of `{}`", report.model));
    page.prose(&format!(
        "{} of training in {}, {} in {}",
        text::counted(usize::try_from(report.tokens).unwrap_or(usize::MAX), "token"),
        text::counted(usize::try_from(report.rows).unwrap_or(usize::MAX), "row"),
        text::counted(report.evaluation_items, "evaluation item"),
        text::counted(report.evaluation_sets, "set"),
    ));
    page.prose(&format!(
        "the {} world of seed {}; {} in {}",
        report.world,
        report.seed,
        text::bytes(report.bytes),
        text::counted(report.files.len(), "file"),
    ));
    page.prose(&format!("digest {}", report.digest));
    page.prose("its README.md counts what is in it, task by task");
    page.finish()
}

/// Examples, each with its parts and what is behind it.
pub(crate) fn samples(screen: Screen, report: &SamplesReport) -> String {
    let mut page = Page::new(screen);
    for shown in &report.shown {
        page.heading(
            &format!("{} {}", shown.letter, shown.task),
            &format!("{}, {}", shown.form, shown.split),
        );
        page.prose(&marked(screen, shown));
        let role = |role: &ShownRole| {
            let answer = if role.is_answer { " (answer)" } else { "" };
            format!("{} {} @{}{answer}", screen.dim(role.name), role.text, role.start)
        };
        let roles: Vec<String> = shown.roles.iter().map(role).collect();
        if !roles.is_empty() {
            page.entry("parts", 6, &roles.join(" · "));
        }
        if !shown.hidden.is_empty() {
            page.entry("behind", 6, &shown.hidden.join(" · "));
        }
    }
    page.finish()
}

/// The text, parts in one colour and answers in another.
fn marked(screen: Screen, shown: &Shown) -> String {
    let tokens = shown.tokens.iter().map(|token| {
        let text = text::plain(&token.text);
        match token.mark {
            Mark::Plain => text,
            Mark::Role => screen.cyan(&text),
            Mark::Answer => screen.signed(1, &text),
        }
    });
    tokens.collect::<Vec<_>>().join(" ")
}

/// Every set's score beside what is required, the missed ones last and in colour.
pub(crate) fn eval(screen: Screen, report: &EvalReport) -> String {
    let mut page = Page::new(screen);
    let n_required = report.met + report.missed;
    page.heading(
        &text::plain(&report.model),
        &format!("required as `{}`: {} of {n_required} met", report.required_as, report.met),
    );
    let names = report.sets.iter().map(|set| text::width(&set.set)).max().unwrap_or(0);
    for set in &report.sets {
        page.entry(&set.set, names, &said(screen, report, set));
    }
    page.finish()
}

fn said(screen: Screen, report: &EvalReport, set: &SetReport) -> String {
    let score = text::percent(set.score);
    let score = text::pad(&score, 7);
    let base = set.base.map_or_else(String::new, |base| format!(", the base's {base:.4}"));
    let required = match set.met {
        Some(_) => format!("{}{base}", set.required),
        None if set.required_of == report.required_as => set.required.clone(),
        None => format!("{} of {}", set.required, set.required_of),
    };
    let verdict = match set.met {
        Some(true) => screen.signed(1, "met"),
        Some(false) => screen.signed(-1, "MISSED"),
        None => screen.dim("·"),
    };
    format!("{score} {verdict}  {}", screen.dim(&format!("{required}; {} items", set.items)))
}
