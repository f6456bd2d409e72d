//! The page of `compare`.

use super::text::{bare_percent, count, counted, pad, plain, token};
use super::{Page, Screen};
use crate::report::compare::{CompareReport, PlacedReport, RecurringReport};

pub(crate) fn page(report: &CompareReport, top: usize, screen: Screen) -> String {
    let mut page = Page::new(screen);
    page.prose(&format!("A {}   B {}", plain(&report.a), plain(&report.b)));
    page.prose(&format!(
        "{} in both, {} only in A, {} only in B: {} of all are in both",
        counted(report.both.len(), "feature"),
        count(report.only_a.len()),
        count(report.only_b.len()),
        bare_percent(report.jaccard)
    ));
    page.heading(
        "In both",
        "by the larger influence, a share of all in its graph; activation and influence in A, in B; \
         influence in B less that in A, in points",
    );
    for one in report.both.iter().take(top) {
        let (sign, mark) = if one.change < 0.0 { (-1, '−') } else { (1, '+') };
        let points = format!("{mark}{:.1}", 100.0 * one.change.abs());
        let change = page.screen.signed(sign, &points);
        let name = if one.a.node == one.b.node {
            one.a.node.clone()
        } else {
            format!("{} {}", one.a.node, one.b.node)
        };
        let line = format!(
            "  {} {} {:>7.2} {:>6}   {:>7.2} {:>6}   {change}",
            pad(&name, 20),
            pad(&token(&one.a.token), 10),
            one.a.activation,
            bare_percent(one.a.influence),
            one.b.activation,
            bare_percent(one.b.influence),
        );
        page.line(&line);
    }
    more(&mut page, report.both.len(), top);
    alone(&mut page, "Only in A", &report.only_a, top);
    alone(&mut page, "Only in B", &report.only_b, top);
    page.finish()
}

fn alone(page: &mut Page, title: &str, all: &[PlacedReport], top: usize) {
    page.heading(title, "by influence; activation and influence");
    for one in all.iter().take(top) {
        let (name, said) = (pad(&one.node, 20), pad(&token(&one.token), 10));
        let influence = bare_percent(one.influence);
        page.line(&format!("  {name} {said} {:>7.2} {influence:>6}", one.activation));
    }
    more(page, all.len(), top);
}

/// Features by graphs: how much of each graph's influence a feature has.
pub(crate) fn several(report: &RecurringReport, top: usize, screen: Screen) -> String {
    let mut page = Page::new(screen);
    for (at, graph) in report.graphs.iter().enumerate() {
        let (path, prompt) = (plain(&graph.path), plain(&graph.prompt));
        page.line(&format!("  {:>4}  {}  {prompt}", letter(at), pad(&path, 24)));
    }
    page.heading(
        "Recurring features",
        "by graphs that a feature is a node of, then by its mean influence over all; its share of \
         all influence in each graph, all positions together",
    );
    let letters: String =
        (0..report.graphs.len()).map(|at| format!(" {:>6}", letter(at))).collect();
    page.line(&format!("  {} {:>6} {:>6} {letters}", pad("", 12), "graphs", "mean"));
    for row in report.features.iter().take(top) {
        let cells: String = row.influence.iter().map(|cell| cell_text(*cell)).collect();
        let of = format!("{}/{}", row.n_graphs, report.graphs.len());
        let (name, mean) = (pad(&row.feature, 12), bare_percent(row.mean_influence));
        page.line(&format!("  {name} {of:>6} {mean:>6} {cells}"));
    }
    more(&mut page, report.features.len(), top);
    page.finish()
}

fn cell_text(influence: Option<f64>) -> String {
    format!(" {:>6}", influence.map_or("·".to_owned(), bare_percent))
}

/// A, B, … Z, AA, AB, …
fn letter(at: usize) -> String {
    let one = |at: usize| char::from(b'A' + u8::try_from(at % 26).unwrap_or(0));
    if at < 26 { one(at).to_string() } else { format!("{}{}", one(at / 26 - 1), one(at)) }
}

/// How many are not listed.
fn more(page: &mut Page, all: usize, top: usize) {
    if all > top {
        let line = page.screen.dim(&format!("  and {} more", count(all - top)));
        page.line(&line);
    }
}
