//! What several commands say of a graph: scores, certificate, paths, nodes.

use super::text::{bare_percent, count, counted, fit, pad, percent, scientific, token, width};
use super::{Page, bar, text};
use crate::report::{
    Bound, Certificate, NodeReport, PathReport, PrunedCounts, Residual, ScoreReport, Stop,
};

pub(crate) fn scores(page: &mut Page, scores: &ScoreReport) {
    page.heading("Scores", "from 0 to 1, of the whole graph");
    let said = [
        ("replacement", scores.replacement, "of the walks that end, those that end in a token"),
        ("completeness", scores.completeness, "of all nodes' inputs, those that are no errors"),
    ];
    for (name, bound, meaning) in said {
        page.entry(name, 12, &format!("{}: {meaning}", bounded(bound)));
    }
}

/// A number, and where it lies if that is not known.
pub(crate) fn bounded(bound: Bound) -> String {
    if bound.hi - bound.lo < 5e-5 {
        return format!("{:.4}", bound.value);
    }
    format!("{:.4} ({:.4} to {:.4})", bound.value, bound.lo, bound.hi)
}

/// How far the graph can be trusted.
pub(crate) fn certificate(
    page: &mut Page,
    certificate: &Certificate,
    pruned: Option<&PrunedCounts>,
    residual: Option<&Residual>,
) {
    let asked = match (certificate.expansion, certificate.tolerance, certificate.max_feature_nodes)
    {
        (_, Some(tolerance), _) => format!("certified to {}", bare_percent(tolerance)),
        (_, _, Some(max)) => {
            format!("at most {} by circuit-tracer's rule", counted(max as usize, "feature"))
        }
        (expansion, ..) => expansion.to_owned(),
    };
    let partial = if certificate.partial { ", PARTIAL: rows are missing" } else { "" };
    page.heading("Certificate", &format!("{asked}{partial}"));
    let unresolved = certificate.unresolved_share_of_targets;
    let meaning = if unresolved == 0.0 {
        "nothing is unresolved: every walk goes to its end".to_owned()
    } else {
        format!(
            "ε = {} of the walks stop where inputs were not asked for; no node's share lacks more",
            bare_percent(unresolved)
        )
    };
    page.entry("unresolved", 12, &meaning);
    let mut rows = format!(
        "{} of {} expanded",
        count(certificate.expanded_features),
        counted(certificate.active_features, "active feature")
    );
    if certificate.left_out_features > 0 {
        rows.push_str(&format!(
            "; the other {} are no nodes, and nothing bounds what they carry",
            count(certificate.left_out_features)
        ));
    }
    page.entry("rows", 12, &rows);
    if let Some(pruned) = pruned {
        let open = match pruned.undetermined_nodes {
            0 => "0: every node's place in or out of the pruned graph is certain".to_owned(),
            n => format!(
                "{} whose place in or out of the pruned graph the missing rows decide",
                counted(n, "node")
            ),
        };
        page.entry("undetermined", 12, &open);
    }
    match residual {
        Some(residual) => page.entry(
            "residual",
            12,
            &format!(
                "max |pre-activation − (row sum + constants)| = {}, of values up to {}",
                scientific(residual.max_abs),
                scientific(residual.largest_value)
            ),
        ),
        None => page.entry("residual", 12, "not said: rows lack the features that were left out"),
    }
}

/// Paths, one below the other.
pub(crate) fn path_lines(page: &mut Page, paths: &[PathReport]) {
    let screen = page.screen;
    for path in paths {
        let sign = if path.sign < 0 { "−" } else { "+" };
        let stops: Vec<String> = path.nodes.iter().map(stop).collect();
        let way = stops.join(" → ");
        let lines =
            text::wrap(&way.replace(" → ", "\u{a0}→ "), screen.width - 13, screen.width - 13);
        for (at, line) in lines.iter().enumerate() {
            let line = line.replace('\u{a0}', " ");
            if at == 0 {
                let start = format!("{sign}{}", percent(path.share()));
                page.line(&format!("  {}  {line}", screen.signed(path.sign, &start)));
            } else {
                page.line(&format!("{}{line}", " ".repeat(13)));
            }
        }
    }
}

/// A node on a path: its name, and of tokens the text. No blank may break it.
fn stop(stop: &Stop) -> String {
    let id = text::plain(&stop.id).replace(' ', "·");
    let said = match (&stop.label, stop.id.starts_with("token:")) {
        (Some(label), _) => Some(fit(&text::plain(label), 24)),
        (None, true) => Some(fit(&token(&stop.text), 16)),
        (None, false) => None,
    };
    said.map_or_else(|| id.clone(), |said| format!("{id}\u{a0}{}", said.replace(' ', "\u{a0}")))
}

/// Nodes with their share of the walks.
pub(crate) fn node_lines(page: &mut Page, nodes: &[NodeReport]) {
    let screen = page.screen;
    let name = |node: &NodeReport| text::plain(&node.id);
    let ids = nodes.iter().map(|node| width(&name(node))).max().unwrap_or(0).min(28);
    let texts = nodes.iter().map(|node| width(&token(&node.text))).max().unwrap_or(0).min(16);
    let strongest = nodes.iter().map(|node| node.influence_share_of_targets).fold(0.0, f64::max);
    for node in nodes {
        let share = node.influence_share_of_targets;
        let bars = pad(&bar(crate::report::share(share, strongest), 12), 12);
        let activation =
            node.activation.map_or_else(|| " ".repeat(9), |activation| format!("{activation:9.2}"));
        let columns = screen.width.saturating_sub(ids + texts + 42);
        let label = node.label.as_deref().map(text::plain).unwrap_or_default();
        page.line(&format!(
            "  {}  {}  {}  {} {activation}  {}",
            pad(&name(node), ids),
            screen.dim(&pad(&token(&node.text), texts)),
            percent(share),
            screen.cyan(&bars),
            fit(&label, columns)
        ));
    }
}
