//! Classes of operand plots, and the features that they fit best.

use super::{ID, number};
use crate::printer::text::{bare_percent, count, counted, fit, pad, plain};
use crate::printer::{Page, Screen};
use crate::report::features::grid::GridReport;

/// Columns of a class.
const CLASS: usize = 11;

pub(crate) fn page(report: &GridReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let [first, second] = report.values;
    let right = report.sums_right.map_or(String::new(), |share| {
        format!("; the model answers {} of the sums", bare_percent(share))
    });
    let remark = format!("{first} by {second} values at position {}{right}", report.position);
    page.heading(&plain(&report.template), &remark);
    let total: usize = report.classes.values().sum();
    let classes: Vec<String> =
        report.classes.iter().map(|(class, n)| format!("{class} {}", count(*n))).collect();
    page.prose(&format!("{}: {}.", counted(total, "feature"), classes.join(", ")));
    let n: usize = report.moduli.values().sum();
    if n > 0 {
        let moduli: Vec<String> =
            report.moduli.iter().map(|(m, n)| format!("mod {m} {}", count(*n))).collect();
        let verb = if n == 1 { "looks" } else { "look" };
        page.prose(&format!("{} of them {verb} at remainders: {}.", count(n), moduli.join(", ")));
    }
    let title = "  class        explained symmetry       max   cells";
    page.heading("Automatic classes", "those that each class explains best");
    page.line(&screen.dim(&format!("  {}{title}", pad("", ID))));
    for one in &report.features {
        let symmetry = one.symmetry.map_or(String::new(), |s| format!("{s:.2}").replace('-', "−"));
        let explained =
            if one.explained > 0.0 { bare_percent(one.explained) } else { String::new() };
        let label = one.label.as_deref().map(plain);
        let label = label.map_or(String::new(), |label| format!("  {}", screen.dim(&label)));
        let line = format!(
            "  {}  {} {explained:>10} {symmetry:>8} {:>9} {:>7}  {}{label}",
            pad(&one.id, ID),
            pad(one.class, CLASS),
            number(one.largest),
            count(one.cells),
            one.words
        );
        page.line(&fit(&line, screen.width));
    }
    page.finish()
}
