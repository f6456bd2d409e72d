//! What acts on a feature, and what it acts on.

use super::{ID, NUMBER, number};
use crate::printer::text::{fit, pad, plain};
use crate::printer::{Page, Screen};
use crate::report::features::weights::{SideReport, WeightReport, WeightsReport};

pub(crate) fn page(report: &WeightsReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let label = report.label.as_deref().map(plain).unwrap_or_default();
    let remark = "weights through the stream alone: no attention, no denominators of norms";
    page.heading(format!("{}  {label}", report.id).trim_end(), remark);
    side(&mut page, "Acted on by", &report.inputs);
    side(&mut page, "Acts on", &report.outputs);
    if report.index.is_none() {
        page.heading("No TWERA", "it needs an index: `connectome features collect`");
    }
    page.finish()
}

fn side(page: &mut Page, title: &str, side: &SideReport) {
    table(page, &format!("{title}, by weight"), &side.by_weight);
    if let Some(by_twera) = &side.by_twera {
        table(page, &format!("{title}, by TWERA"), by_twera);
    }
}

fn table(page: &mut Page, title: &str, weights: &[WeightReport]) {
    let screen = page.screen;
    let head = if weights.is_empty() { "no features there" } else { "" };
    page.heading(title, head);
    if weights.is_empty() {
        return;
    }
    page.line(&screen.dim(&format!("  {} {:>NUMBER$} {:>13}", pad("", ID), "weight", "TWERA")));
    for one in weights {
        let twera = match (one.twera, one.twera_at_most) {
            (Some(lo), Some(hi)) if (hi - lo).abs() > 0.01 * lo.abs() => {
                format!("{}…{}", number(lo as f32), number(hi as f32))
            }
            (Some(lo), _) => number(lo as f32),
            _ => String::new(),
        };
        let label = one.label.as_deref().map(plain).unwrap_or_default();
        let sign = if one.weight < 0.0 { -1 } else { 1 };
        let weight = screen.signed(sign, &format!("{:>NUMBER$}", number(one.weight)));
        let line = format!("  {} {weight} {twera:>13}  {label}", pad(&one.id, ID));
        page.line(&fit(&line, screen.width));
    }
}
