//! The workspace of one graph as a single page that opens from disk.
//!
//! The page, its style and all that it would ask a server for stand in one HTML file: the graph,
//! a view, its circuit, what each pruning threshold keeps, measured runs, and what an index knows
//! of the features that are shown. What needs a model or a place to save is not there, and the
//! page says so.
//!
//! # Invariants
//!
//! - The file reaches no network and runs no code but the page's own: its policy allows the one
//!   script that carries the nonce, which is a digest of all that the file holds.
//! - No text of a model or a person leaves the data: `<` is written as `\u003c` there, so that
//!   nothing in it can end the element that it stands in.
//! - The same graph, view, runs and index give the same bytes, wherever the index lies.
//! - What features take is bounded; how many of those that are shown are inside is in the file.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use connectome::features::FeatureIndex;
use connectome_graph::{AttributionGraph, FeatureId, Node, NodeIdx};
use serde::Serialize;

use crate::TOOL;
use crate::circuits::{Around, circuit, head_of, pruned};
use crate::error::ServeError;
use crate::features::{Index, labelled};
use crate::pack::pack;
use crate::page;
use crate::saved::SavedView;
use crate::store::{Kept, new_row, run_row};
use crate::wire::{
    CircuitAsk, CircuitBox, Feature, PageFeatures, PageFile, PruneAsk, PrunedAt, Run,
};

/// The lowest threshold that the page's slider has, in percent.
const LOWEST_PERCENT: u32 = 20;

/// The most bytes that features take in a page: about a thousand of them.
const FEATURES_BYTES: usize = 8_000_000;
/// Examples of a feature.
const N_EXAMPLES: usize = 10;

/// What a page holds beside its graph.
#[derive(Debug, Default)]
pub struct PageSources<'a> {
    /// The view; the graph file's own groups if there is none.
    pub view: Option<&'a SavedView>,
    /// Measured runs.
    pub runs: &'a [Run],
    /// An index of the dictionary's features.
    pub features: Option<FeatureIndex>,
}

/// A page that is written.
#[derive(Clone, Debug)]
pub struct PageWritten {
    /// The file.
    pub bytes: Vec<u8>,
    /// What is inside of the features that are shown; `None` without an index.
    pub features: Option<FeaturesInside>,
}

/// How many features of those that are shown a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeaturesInside {
    /// Those that are inside.
    pub n_inside: usize,
    /// Those of nodes that the view shows.
    pub n_shown: usize,
    /// The most bytes that they may take.
    pub limit_bytes: usize,
}

/// Writes a graph as a page.
///
/// # Errors
///
/// [`ServeError::Bad`] for a view of another graph; [`ServeError::Features`] for an index of
/// another dictionary; [`ServeError::Absent`] if the program was built without its page.
pub fn page_file(
    graph: AttributionGraph,
    sources: PageSources<'_>,
) -> Result<PageWritten, ServeError> {
    let index = sources.features.map(Index::new);
    write(&Kept::new(graph)?, (sources.view, sources.runs), index.as_ref())
}

/// As [`page_file`], of a graph in memory.
pub(crate) fn write(
    kept: &Kept,
    (view, runs): (Option<&SavedView>, &[Run]),
    index: Option<&Index>,
) -> Result<PageWritten, ServeError> {
    let contents = contents(kept, (view, runs), index)?;
    let features = contents.features.as_ref().map(|found| FeaturesInside {
        n_inside: found.features.len(),
        n_shown: found.n_shown,
        limit_bytes: found.limit_bytes,
    });
    let data = json(&contents)?;
    let bytes = document(&kept.graph.prompt().text, &data, &page::parts()?).into_bytes();
    Ok(PageWritten { bytes, features })
}

/// JSON in which nothing can end the element that it stands in.
fn json(value: &impl Serialize) -> Result<String, ServeError> {
    let text = serde_json::to_string(value);
    let text = text.map_err(|error| ServeError::Fault { reason: error.to_string() })?;
    Ok(text.replace('<', "\\u003c"))
}

fn contents(
    kept: &Kept,
    (view, runs): (Option<&SavedView>, &[Run]),
    index: Option<&Index>,
) -> Result<PageFile, ServeError> {
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
    let around = Around {
        not_runnable: Some(why),
        names: labelled(index, graph)?,
        feature_set: index.map(|index| index.reader.card().dictionary.clone()),
    };
    let frequency = |id| Some(index?.reader.statistics(id).ok()?.frequency);
    let boxes = circuit.as_ref().map_or(&[][..], |circuit| circuit.boxes.as_slice());
    let features = index.map(|index| features(kept, index, &view, boxes)).transpose()?;
    Ok(PageFile {
        tool: TOOL.to_owned(),
        graph_digest: digest,
        head: head_of(row, Vec::new(), kept, around),
        pack: BASE64.encode(pack(kept, usize::MAX, &frequency)),
        view: view.document().clone(),
        circuit,
        pruned: thresholds(kept, &view)?,
        run_rows: runs.iter().map(run_row).collect(),
        runs,
        features,
    })
}

/// What an index knows of the features that a view shows, as many as fit.
fn features(
    kept: &Kept,
    index: &Index,
    view: &SavedView,
    boxes: &[CircuitBox],
) -> Result<PageFeatures, ServeError> {
    let shown = shown(kept, view, boxes)?;
    let mut features = Vec::new();
    let mut bytes = 0;
    for &id in &shown {
        let feature = shortened(index.feature(id)?);
        bytes += json(&feature)?.len();
        // The first that does not fit is the last: what is inside is what matters most.
        if bytes > FEATURES_BYTES {
            break;
        }
        features.push(feature);
    }
    Ok(PageFeatures {
        set: index.reader.card().dictionary.clone(),
        features,
        n_shown: shown.len(),
        limit_bytes: FEATURES_BYTES,
    })
}

/// Features of the circuit, then of what the view's thresholds keep, the most influential first;
/// each once.
fn shown(
    kept: &Kept,
    view: &SavedView,
    boxes: &[CircuitBox],
) -> Result<Vec<FeatureId>, ServeError> {
    let [node_threshold, edge_threshold] = view.thresholds();
    let ask = PruneAsk { node_threshold, edge_threshold, keep: view.pins().to_vec() };
    let mut rest = pruned(kept, &ask)?.kept;
    // Of equals in the order of the graph: the sort is stable.
    rest.sort_by(|a, b| {
        let [a, b] = [a, b].map(|place| kept.influence_share(*place as usize));
        b.total_cmp(&a)
    });
    let mut seen = BTreeSet::new();
    let places = boxes.iter().flat_map(|one| &one.nodes).chain(&rest);
    let ids = places.filter_map(|place| match kept.graph.nodes().node(NodeIdx::new(*place)) {
        Node::Feature(feature) => Some(feature.id),
        _ => None,
    });
    Ok(ids.filter(|id| seen.insert(*id)).collect())
}

/// What the inspector shows of a feature, without what only a server has pages for; where the
/// index lies is nobody's business.
fn shortened(mut feature: Feature) -> Feature {
    feature.examples_quantiles.truncate(1);
    feature.examples_quantiles.iter_mut().for_each(|group| group.examples.truncate(N_EXAMPLES));
    feature.more.fires_with.clear();
    feature.more.index.path.clear();
    feature
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

/// The page; `data` is of [`json`].
fn document(title: &str, data: &str, parts: &page::Parts) -> String {
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
        let hostile = serde_json::json!({ "token": "</script><!--<script>alert(1)//" });
        let hostile = json(&hostile).unwrap();
        let parts = page::Parts { script: "run()", style: "a{}", icon: b"<svg/>" };
        let page = document("</title><b>&", &hostile, &parts);
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
