use connectome::features::FeatureIndex;
use connectome_graph::{AttributionGraph, NodeIdx, Thresholds, prune_keeping};
use connectome_server::{PageSources, SavedView};
use serde_json::{Value, json};

use crate::features::{index_path, with_index};
use crate::support::{Served, graph, strongest, traced};

const HOSTILE: &str = "</script><script>alert(1)</script><!--";

fn view() -> Value {
    let strong = strongest(3);
    json!({
        "schema": 1, "pins": strong,
        "groups": [{ "id": "g", "name": HOSTILE, "nodes": strong[..2] }],
        "filters": { "nodeThreshold": 0.615, "edgeThreshold": 0.9 },
    })
}

fn exported(served: &Served, id: &str, view: &str) -> String {
    let got = served.get(&format!("/api/graphs/{id}/export?format=html&view={view}"));
    assert_eq!(got.status, 200, "{}", got.text());
    assert!(got.header("content-disposition").unwrap().ends_with(".html\""));
    got.text()
}

/// The data of a page, read as a browser does: up to the first end of a script.
fn contents(page: &str) -> Value {
    let start = page.find("id=\"connectome-file\">").unwrap() + "id=\"connectome-file\">".len();
    let end = start + page[start..].find("</script").unwrap();
    serde_json::from_str(&page[start..end]).unwrap()
}

#[test]
fn a_page_holds_what_the_server_answers() {
    let served = Served::new();
    let id = served.graph();
    let path = format!("/api/graphs/{id}/views/mine");
    let saved = served.send("PUT", &path, &[("If-Match", "*")], view().to_string().as_bytes());
    assert_eq!(saved.status, 200);
    let node = strongest(1);
    let run = json!({ "kind": "intervene", "name": HOSTILE,
        "groups": [{ "id": "g", "name": HOSTILE, "nodes": node }],
        "edits": [{ "nodes": node, "how": "ablate" }] });
    served.done(&format!("/api/graphs/{id}/runs"), &run);
    let page = exported(&served, &id, "mine");
    let file = contents(&page);

    let head = served.ok(&format!("/api/graphs/{id}"));
    for field in ["id", "tokens", "targets", "counts", "scores", "provenance", "labels", "n_runs"] {
        assert_eq!(file["head"][field], head[field], "{field}");
    }
    assert_eq!(file["head"]["runnable"], false);
    assert_eq!(file["view"], view());
    assert_eq!(file["runs"][0], served.ok(&format!("/api/graphs/{id}/runs/1")));
    assert_eq!(file["run_rows"], served.ok(&format!("/api/graphs/{id}/runs")));
    let strong = strongest(3);
    let groups = json!([
        { "id": "g", "name": HOSTILE, "nodes": strong[..2] },
        { "id": format!("n{}", strong[2]), "name": "", "nodes": [strong[2]] },
    ]);
    let mut circuit =
        served.ask(&format!("/api/graphs/{id}/circuit"), &json!({ "groups": groups }));
    circuit["boxes"][1]["name"] = file["circuit"]["boxes"][1]["name"].clone();
    assert_eq!(file["circuit"], circuit);

    // Only our own two scripts open, whatever names say.
    assert_eq!(page.matches("<script").count(), 2);
    assert_eq!(page.matches("<!--").count(), 0);
    let policy = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap();
    let policy = policy.split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'nonce-"), "{policy}");
    assert!(!policy.contains("connect-src") && !policy.contains("unsafe"), "{policy}");
}

#[test]
fn every_stop_of_the_slider_is_there() {
    let graph = graph();
    let view = SavedView::from_json(view().to_string().as_bytes()).unwrap();
    let sources = PageSources { view: Some(&view), ..PageSources::default() };
    let page = connectome_server::page_file(graph.clone(), sources).unwrap();
    let file = contents(std::str::from_utf8(&page.bytes).unwrap());
    assert!(page.features.is_none() && file["features"].is_null());
    let pruned = file["pruned"].as_array().unwrap();
    // Whole percents from 20, and the view's 61.5; each with its edges, and with all.
    assert_eq!(pruned.len(), 2 * (81 + 1));
    for one in [&pruned[0], &pruned[40], &pruned[81], &pruned[163]] {
        let [nodes, edges] = ["node_threshold", "edge_threshold"].map(|k| one[k].as_f64().unwrap());
        let pins: Vec<NodeIdx> = strongest(3).into_iter().map(NodeIdx::new).collect();
        let found = prune_keeping(&graph, &Thresholds { nodes, edges }, &pins).unwrap();
        assert_eq!(one["n_edges"], found.edges.len());
        assert!(pins.iter().all(|idx| found.keeps(*idx)));
        let kept: Vec<usize> = found.nodes().map(NodeIdx::as_usize).collect();
        assert_eq!(ones(one["kept"].as_str().unwrap()), kept);
    }
}

/// With an index, what the inspector shows of the features is inside: the circuit's first.
#[test]
fn a_page_holds_the_features_that_it_shows() {
    let served = with_index();
    let id = served.graph();
    let path = format!("/api/graphs/{id}/views/mine");
    served.send("PUT", &path, &[("If-Match", "*")], view().to_string().as_bytes());
    let page = exported(&served, &id, "mine");
    let file = contents(&page);
    let head = served.ok(&format!("/api/graphs/{id}"));
    assert_eq!(file["head"]["labels"], head["labels"], "names of the index are shown, too");
    let set = file["features"]["set"].as_str().unwrap();
    assert_eq!((set, &file["head"]["feature_set"]), ("two-hop/clt", &json!(set)));
    let features = file["features"]["features"].as_array().unwrap();
    // All fit: the dictionary is small.
    assert_eq!(file["features"]["n_shown"], features.len());
    assert!(features.len() > 5, "{}", features.len());
    let graph = graph();
    let name = |one: &Value| (one["more"]["layer"].as_u64(), one["index"].as_u64());
    for (feature, node) in features.iter().zip(strongest(3)) {
        let idx = connectome_graph::NodeIdx::new(node);
        let connectome_graph::Node::Feature(found) = graph.nodes().node(idx) else { panic!() };
        let id = (Some(u64::from(found.id.layer)), Some(u64::from(found.id.index)));
        assert_eq!(name(feature), id, "the circuit's come first");
    }
    for feature in features {
        let (layer, index) = name(feature);
        let path = format!("/api/features/two-hop/{}/{}", layer.unwrap(), index.unwrap());
        let whole = served.ok(&path);
        for key in ["label", "top_logits", "top_logits_values", "histogram", "quantile_values"] {
            assert_eq!(feature[key], whole[key], "{path} {key}");
        }
        let groups = feature["examples_quantiles"].as_array().unwrap();
        assert!(groups.len() <= 1, "{path}");
        for group in groups {
            let whole = &whole["examples_quantiles"][0]["examples"].as_array().unwrap();
            let found = group["examples"].as_array().unwrap();
            assert_eq!(found[..], whole[..whole.len().min(10)], "{path}");
        }
        assert_eq!(feature["more"]["index"]["path"], "", "no path of this machine");
    }
    // The same index elsewhere gives the same bytes.
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = folder.path().join("other.index");
    std::fs::copy(index_path(&served), &elsewhere).unwrap();
    let view = SavedView::from_json(view().to_string().as_bytes()).unwrap();
    let features = Some(FeatureIndex::open(&elsewhere).unwrap());
    let sources = PageSources { view: Some(&view), features, ..PageSources::default() };
    let again = connectome_server::page_file(graph, sources).unwrap();
    assert!(page.as_bytes() == again.bytes, "another page");
    let inside = again.features.unwrap();
    assert_eq!((inside.n_inside, inside.limit_bytes), (inside.n_shown, 8_000_000));
}

/// Places of the bits of a base64 text.
fn ones(base64: &str) -> Vec<usize> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let value = |letter: u8| LETTERS.iter().position(|known| *known == letter);
    let values = base64.bytes().filter_map(value);
    let bits: Vec<bool> =
        values.flat_map(|value| (0..6).rev().map(move |bit| value >> bit & 1 == 1)).collect();
    let bytes = bits.chunks_exact(8).map(|byte| byte.iter().rev());
    let bits = bytes.flatten().enumerate().filter(|(_, bit)| **bit);
    bits.map(|(place, _)| place).collect()
}

/// Nothing but the graph, the view and the runs decides the bytes.
#[test]
fn the_same_graph_gives_the_same_page() {
    let served = Served::new();
    let id = served.graph();
    let page = exported(&served, &id, "main");
    let graph = AttributionGraph::from_bytes(traced()).unwrap();
    let by_library = connectome_server::page_file(graph, PageSources::default()).unwrap();
    assert!(page.as_bytes() == by_library.bytes, "the server's page is another one");
    served.get(&format!("/api/graphs/{id}/export?format=html&view=none")).refused(404);
}
