//! The workspace of one graph as a single page that opens from disk.
//!
//! The page, its style and all that it would ask a server for stand in one HTML file: the graph,
//! a view, its circuit, what each pruning threshold keeps, and measured runs. What needs a model
//! or a place to save is not there, and the page says so.
//!
//! # Invariants
//!
//! - The file reaches no network and runs no code but the page's own: its policy allows the one
//!   script that carries the nonce, which is a digest of all that the file holds.
//! - No text of a model or a person leaves the data: `<` is written as `\u003c` there, so that
//!   nothing in it can end the element that it stands in.
//! - The same graph, view and runs give the same bytes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use connectome_graph::AttributionGraph;

use crate::TOOL;
use crate::circuits::{Around, circuit, head_of, pruned};
use crate::error::ServeError;
use crate::pack::pack;
use crate::page;
use crate::saved::SavedView;
use crate::store::{Kept, new_row, run_row};
use crate::wire::{CircuitAsk, PageFile, PruneAsk, PrunedAt, Run};

/// The lowest threshold that the page's slider has, in percent.
const LOWEST_PERCENT: u32 = 20;

/// Writes a graph, a view of it (the graph file's own groups if there is none) and runs as a page.
///
/// # Errors
///
/// [`ServeError::Bad`] for a view of another graph; [`ServeError::Absent`] if the program was
/// built without its page.
pub fn page_file(
    graph: AttributionGraph,
    view: Option<&SavedView>,
    runs: &[Run],
) -> Result<Vec<u8>, ServeError> {
    write(&Kept::new(graph)?, view, runs)
}

/// As [`page_file`], of a graph in memory.
pub(crate) fn write(
    kept: &Kept,
    view: Option<&SavedView>,
    runs: &[Run],
) -> Result<Vec<u8>, ServeError> {
    let data = serde_json::to_string(&contents(kept, view, runs)?)
        .map_err(|error| ServeError::Fault { reason: error.to_string() })?;
    Ok(document(&kept.graph.prompt().text, &data, &page::parts()?).into_bytes())
}

fn contents(kept: &Kept, view: Option<&SavedView>, runs: &[Run]) -> Result<PageFile, ServeError> {
    let graph = &kept.graph;
    let view = view.cloned().unwrap_or_else(|| SavedView::of_graph(graph));
    let groups = view.boxes(graph)?;
    let ask = CircuitAsk { groups, pins: Vec::new() };
    let circuit = if ask.groups.is_empty() { None } else { Some(circuit(kept, &ask)?) };
    let (mut row, digest) = new_row(graph);
    row.n_runs = runs.len();
    let mut runs = runs.to_vec();
    runs.sort_by_key(|run| std::cmp::Reverse(run.number));
    let why = "this page is a file, and a file runs no model".to_owned();
    let around = Around { not_runnable: Some(why), ..Around::default() };
    Ok(PageFile {
        tool: TOOL.to_owned(),
        graph_digest: digest,
        head: head_of(row, Vec::new(), kept, around),
        pack: BASE64.encode(pack(kept, usize::MAX, &|_| None)),
        view: view.document().clone(),
        circuit,
        pruned: thresholds(kept, &view)?,
        run_rows: runs.iter().map(run_row).collect(),
        runs,
    })
}

/// What every stop of the page's slider keeps, so that the page computes nothing.
fn thresholds(kept: &Kept, view: &SavedView) -> Result<Vec<PrunedAt>, ServeError> {
    let [own, edges] = view.thresholds();
    let mut nodes: Vec<f64> =
        (LOWEST_PERCENT..=100).map(|percent| f64::from(percent) / 100.0).collect();
    if !nodes.contains(&own) {
        nodes.push(own);
    }
    let edge_thresholds = if edges == 1.0 { vec![edges] } else { vec![edges, 1.0] };
    let mut all = Vec::new();
    for edge_threshold in edge_thresholds {
        for &node_threshold in &nodes {
            let keep = view.pins().to_vec();
            let found = pruned(kept, &PruneAsk { node_threshold, edge_threshold, keep })?;
            all.push(PrunedAt {
                node_threshold,
                edge_threshold,
                kept: BASE64.encode(bits(&found.kept, kept.graph.nodes().len())),
                n_edges: found.n_edges,
                n_undetermined: found.n_undetermined,
                scores: found.scores,
            });
        }
    }
    Ok(all)
}

fn bits(places: &[u32], len: usize) -> Vec<u8> {
    let mut bits = vec![0; len.div_ceil(8)];
    places.iter().for_each(|&place| bits[place as usize / 8] |= 1 << (place % 8));
    bits
}

fn document(title: &str, data: &str, parts: &page::Parts) -> String {
    let data = data.replace('<', "\\u003c");
    let nonce = blake3::hash(format!("{data}{}{}", parts.script, parts.style).as_bytes()).to_hex();
    let icon = BASE64.encode(parts.icon);
    let title = text(title);
    let (script, style) = (parts.script, parts.style);
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; img-src data: blob:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="{TOOL}">
<title>{title} · Connectome</title>
<link rel="icon" href="data:image/svg+xml;base64,{icon}">
<style nonce="{nonce}">{style}</style>
</head>
<body>
<div id="page"><noscript>This page needs JavaScript. It holds the graph of: {title}</noscript></div>
<script type="application/json" id="connectome-file">{data}</script>
<script type="module" nonce="{nonce}">{script}</script>
</body>
</html>
"#
    )
}

/// Text for an element.
fn text(words: &str) -> String {
    words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_data_ends_its_element() {
        let hostile = r#"{"token":"</script><!--<script>alert(1)//"}"#;
        let parts = page::Parts { script: "run()", style: "a{}", icon: b"<svg/>" };
        let page = document("</title><b>&", hostile, &parts);
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script").count(), 2);
        assert_eq!(page.matches("<!--").count(), 0);
        assert!(
            page.contains("<title>&lt;/title&gt;&lt;b&gt;&amp; · Connectome</title>"),
            "{page}"
        );
        let start = page.find("connectome-file\">").unwrap() + "connectome-file\">".len();
        let end = start + page[start..].find("</script>").unwrap();
        let read: serde_json::Value = serde_json::from_str(&page[start..end]).unwrap();
        assert_eq!(read["token"], "</script><!--<script>alert(1)//");
    }

    #[test]
    fn bits_stand_from_the_lowest() {
        assert_eq!(bits(&[0, 3, 8], 10), [0b1001, 0b1]);
        assert_eq!(bits(&[], 0), [0_u8; 0]);
    }
}
