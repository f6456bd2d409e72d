//! What several commands say of a graph: scores, certificate, paths, nodes.

use super::text::{bare_percent, count, counted, fit, pad, percent, scientific, token, width};
use super::{Page, Screen, bar, text};
use crate::report::graph::{PathsReport, PruneReport, ScoresReport};
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
    match (bound.lo, bound.hi) {
        (Some(lo), Some(hi)) if hi - lo >= 5e-5 => {
            format!("{:.4} ({lo:.4} to {hi:.4})", bound.value)
        }
        _ => format!("{:.4}", bound.value),
    }
}

/// How far the graph can be trusted.
pub(crate) fn certificate(
    page: &mut Page,
    certificate: &Certificate,
    pruned: Option<&PrunedCounts>,
) {
    let asked = match (certificate.expansion, certificate.tolerance, certificate.max_feature_nodes)
    {
        (_, Some(tolerance), _) => format!("certified to {}", bare_percent(tolerance)),
        (_, _, Some(max)) => {
            format!("at most {} by circuit-tracer's rule", counted(max as usize, "feature"))
        }
        (expansion, ..) => expansion.to_owned(),
    };
    let partial =
        if certificate.partial { ", PARTIAL: not all that was asked for is there" } else { "" };
    page.heading("Certificate", &format!("{asked}{partial}"));
    page.entry("unresolved", 12, &unresolved(certificate));
    let rows = format!(
        "{} of {} expanded",
        count(certificate.expanded_features),
        counted(certificate.active_features, "active feature")
    );
    page.entry("rows", 12, &rows);
    let open = match pruned.and_then(|pruned| pruned.undetermined_nodes) {
        None => return,
        Some(0) => "0: every node's place in or out of the pruned graph is certain".to_owned(),
        Some(n) => format!(
            "{} whose place in or out of the pruned graph the missing rows decide",
            counted(n, "node")
        ),
    };
    page.entry("undetermined", 12, &open);
}

/// What ε is, and what it means.
fn unresolved(certificate: &Certificate) -> String {
    match certificate.unresolved_share_of_targets {
        Some(0.0) => "nothing: every walk goes to its end".to_owned(),
        Some(share) => format!(
            "ε = {} of the walks stop where inputs were not asked for; no node's share lacks more",
            bare_percent(share)
        ),
        None if certificate.left_out_features > 0 => format!(
            "not bounded: {} that fire are no nodes, whatever they carry",
            counted(certificate.left_out_features, "feature")
        ),
        None => "not bounded: the file held a pruned graph".to_owned(),
    }
}

/// Whether rows add up: a line below the certificate.
pub(crate) fn residual(page: &mut Page, residual: Option<&Residual>) {
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
    // A logit's name is its text, and a feature is known by its number.
    let has_text = stop.id.starts_with("token:") || stop.id.starts_with("target:");
    let said = match (&stop.label, has_text) {
        (Some(label), _) => Some(fit(&text::plain(label), 24)),
        (None, true) => Some(fit(&token(&stop.text), 24)),
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

/// What pruning leaves of a graph.
pub(crate) fn pruned(report: &PruneReport, top: usize, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let PrunedCounts { nodes, edges, node_threshold, edge_threshold, .. } = &report.pruned;
    page.heading(
        "Pruned",
        &format!(
            "with {node_threshold} of the nodes' influence and {edge_threshold} of the edges'"
        ),
    );
    page.entry("nodes", 12, &format!("{}: {}", count(nodes.total), super::trace::kinds(nodes)));
    page.entry("edges", 12, &count(*edges));
    scores(&mut page, &report.scores);
    page.heading("Scores of the circuit", "every node that was cut counts as an error");
    page.entry("replacement", 12, &bounded(report.circuit_scores.replacement));
    page.entry("completeness", 12, &bounded(report.circuit_scores.completeness));
    certificate(&mut page, &report.certificate, Some(&report.pruned));
    page.heading("Strongest nodes", "share of the walks that pass; activation");
    let nodes: Vec<NodeReport> = report
        .nodes
        .iter()
        .filter(|kept| kept.node.kind != "target")
        .take(top)
        .map(|kept| kept.node.clone())
        .collect();
    node_lines(&mut page, &nodes);
    page.finish()
}

/// Scores of several graphs, one below the other.
pub(crate) fn scored(report: &ScoresReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    for graph in &report.graphs {
        page.heading(&text::plain(&graph.path), &fit(&text::plain(&graph.prompt), screen.width));
        page.entry(
            "graph",
            12,
            &format!(
                "{}: replacement {}, completeness {}",
                counted(graph.nodes.total, "node"),
                bounded(graph.scores.replacement),
                bounded(graph.scores.completeness)
            ),
        );
        page.entry(
            "circuit",
            12,
            &format!(
                "{}, {}: replacement {}, completeness {}",
                counted(graph.pruned.nodes.total, "node"),
                counted(graph.pruned.edges, "edge"),
                bounded(graph.circuit_scores.replacement),
                bounded(graph.circuit_scores.completeness)
            ),
        );
        let of = &graph.certificate;
        let partial =
            if of.partial { "; PARTIAL: not all that was asked for is there" } else { "" };
        page.entry(
            "certificate",
            12,
            &format!(
                "unresolved {}, {} of {} expanded{partial}",
                of.unresolved_share_of_targets.map_or("not bounded".to_owned(), bare_percent),
                count(of.expanded_features),
                counted(of.active_features, "active feature")
            ),
        );
    }
    page.finish()
}

/// Paths between two nodes, or of the whole graph.
pub(crate) fn paths(report: &PathsReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let within = if report.pruned { ", within the pruned graph" } else { "" };
    let title = match (&report.from, &report.to) {
        (Some(from), Some(to)) => format!("{} → {}", text::plain(from), text::plain(to)),
        _ => "Strongest paths".to_owned(),
    };
    let share = match report.from {
        Some(_) => "share of the end's inputs that come this way",
        None => "share of the walks that come this way",
    };
    page.heading(&title, &format!("{share}{within}; + raises the end, − lowers it"));
    path_lines(&mut page, &report.paths);
    if report.paths.is_empty() {
        page.prose("no path: nothing that the graph knows leads from the one to the other");
    }
    page.finish()
}
