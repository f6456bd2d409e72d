use connectome_graph::wire::{circuit_tracer, tensors, torch};
use connectome_graph::{
    Annotations, AttributionGraph, FeatureId, GraphError, Node, Nodes, Supernode, TargetKind,
    Thresholds, UNKNOWN_TOKEN, influence, prune,
};
use safetensors::SafeTensors;
use serde_json::{Value, json};

use crate::common::{Golden, fired, golden_cases, graph_of, logit, row_of};
use crate::file::rich_graph;

fn goldens() -> impl Iterator<Item = Golden> {
    golden_cases().into_iter().map(|folder| Golden::read(&folder))
}

fn exported(graph: &AttributionGraph, thresholds: Thresholds, slug: &str) -> Value {
    let pruned = prune(graph, &thresholds).unwrap();
    let json = circuit_tracer::export(graph, &pruned, slug).unwrap();
    serde_json::from_slice(&json.to_bytes()).unwrap()
}

/// The id as the peer wrote it: errors as `0_{layer}_{pos}`.
fn peer_id(id: &str) -> String {
    match id.split('_').collect::<Vec<_>>()[..] {
        [layer, "-1", pos] => format!("0_{layer}_{pos}"),
        _ => id.to_owned(),
    }
}

#[test]
fn the_json_is_the_peers() {
    let mut n_cases = 0;
    for golden in goldens() {
        let Some(theirs) = golden.graph_json() else { continue };
        let slug = theirs["metadata"]["slug"].as_str().unwrap();
        let ours = exported(&golden.graph(), Thresholds::default(), slug);
        eprintln!("{slug}");
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&ours), keys(&theirs));
        assert_eq!(ours["qParams"], theirs["qParams"]);
        for (key, value) in theirs["metadata"].as_object().unwrap() {
            assert_eq!(&ours["metadata"][key], value, "{key}");
        }
        assert_eq!(
            ours["nodes"].as_array().unwrap().len(),
            theirs["nodes"].as_array().unwrap().len()
        );
        for (ours, theirs) in
            ours["nodes"].as_array().unwrap().iter().zip(theirs["nodes"].as_array().unwrap())
        {
            assert_eq!(keys(ours), keys(theirs));
            for (key, theirs) in theirs.as_object().unwrap() {
                match key.as_str() {
                    "node_id" => {
                        assert_eq!(json!(peer_id(ours["node_id"].as_str().unwrap())), *theirs)
                    }
                    "influence" if theirs.is_f64() => {
                        let (ours, theirs) =
                            (ours[key].as_f64().unwrap(), theirs.as_f64().unwrap());
                        assert!((ours - theirs).abs() < 1e-5, "{ours} vs {theirs}");
                    }
                    // Theirs is the same for every position of a feature.
                    "jsNodeId" => {}
                    _ => assert_eq!(ours[key], *theirs, "{key} of {}", ours["node_id"]),
                }
            }
        }
        let links = |json: &Value| json["links"].as_array().unwrap().clone();
        assert_eq!(links(&ours).len(), links(&theirs).len());
        for (ours, theirs) in links(&ours).iter().zip(&links(&theirs)) {
            assert_eq!(json!(peer_id(ours["source"].as_str().unwrap())), theirs["source"]);
            assert_eq!(ours["target"], theirs["target"]);
            assert_eq!(ours["weight"], theirs["weight"]);
        }
        n_cases += 1;
    }
    assert!(n_cases >= 6, "{n_cases} cases hold the peer's JSON, expected at least 6");
}

#[test]
fn ids_name_one_node_each() {
    for golden in goldens() {
        let json = exported(&golden.graph(), Thresholds { nodes: 1.0, edges: 1.0 }, "all");
        for key in ["node_id", "jsNodeId"] {
            let ids = json["nodes"].as_array().unwrap().iter().map(|node| node[key].to_string());
            let mut ids: Vec<String> = ids.collect();
            let n_nodes = ids.len();
            ids.sort();
            ids.dedup();
            assert_eq!(ids.len(), n_nodes, "{key} of {}", golden.name);
        }
    }
}

#[test]
fn the_peers_json_is_read_whole() {
    let mut n_collisions = 0;
    for golden in goldens() {
        let Some(theirs) = golden.graph_json() else { continue };
        eprintln!("{}", golden.name);
        let graph = circuit_tracer::import(theirs.to_string().as_bytes()).unwrap();
        let links = theirs["links"].as_array().unwrap();
        assert_eq!(graph.n_edges(), links.len());
        // In spite of ids that two nodes share, every edge is where the peer's matrix has it.
        let full = golden.graph();
        let place = |idx| match graph.nodes().node(idx) {
            Node::Feature(f) => full.nodes().find_feature(f.id, f.pos).unwrap(),
            Node::Error { layer, pos } => full.nodes().error(layer, pos),
            Node::Token { pos, .. } => full.nodes().token(pos),
            Node::Target(k) => full.nodes().target(k as usize),
        };
        for edge in graph.edges() {
            assert_eq!(full.edge(place(edge.target), place(edge.source)), edge.weight);
        }
        assert_eq!(graph.nodes().tokens(), full.nodes().tokens());
        assert_eq!(graph.nodes().targets(), full.nodes().targets());
        assert!(graph.extent().partial);

        let nodes = theirs["nodes"].as_array().unwrap();
        let mut ids: Vec<String> = nodes.iter().map(|node| node["node_id"].to_string()).collect();
        ids.sort();
        n_collisions += ids.windows(2).filter(|pair| pair[0] == pair[1]).count();
    }
    assert!(n_collisions > 0, "no golden has the collision that this test is about");
}

#[test]
fn what_is_said_survives_json() {
    let graph = rich_graph();
    let json = exported(&graph, Thresholds { nodes: 1.0, edges: 1.0 }, "rich");
    assert_eq!(json["qParams"]["supernodes"], json!([["say Austin", "1_9_1"]]));
    assert_eq!(json["qParams"]["pinnedIds"], json!(["3_5_1", "0_7_0"]));
    assert_eq!(json["metadata"]["generation_settings"]["max_feature_nodes"], json!(7500));

    let back = circuit_tracer::import(json.to_string().as_bytes()).unwrap();
    let nodes = back.nodes();
    let capital = nodes.find_feature(FeatureId { layer: 1, index: 9 }, 1).unwrap();
    assert_eq!(back.annotations().label(nodes, capital), Some("capitals"));
    assert_eq!(back.annotations().supernodes[0].members, [capital]);
    assert_eq!(back.annotations().pinned.len(), 2);
    assert_eq!(back.n_edges(), graph.n_edges());
    // Tokens are known by their ids, the others only as what they are in these files: virtual.
    let kinds: Vec<TargetKind> = nodes.targets().iter().map(|target| target.kind).collect();
    let virtual_ids = (1..4).map(|index| TargetKind::Direction { index });
    assert_eq!(kinds[0], TargetKind::Logit { token: 5 });
    assert_eq!(kinds[1..], virtual_ids.collect::<Vec<_>>());
    assert_eq!(nodes.targets()[0].label, " \"Aus\\tin\n");
    let again = exported(&back, Thresholds { nodes: 1.0, edges: 1.0 }, "rich");
    assert_eq!(again["links"], json["links"]);
    assert_eq!(again["qParams"], json["qParams"]);
}

/// As other programs write them: integers for layers, lists in texts, missing keys, other kinds.
#[test]
fn older_and_other_dialects_are_read() {
    let node = |id: &str, layer: Value, kind: &str, feature: Value| {
        json!({ "node_id": id, "layer": layer, "ctx_idx": 1, "feature_type": kind,
                "feature": feature, "jsNodeId": id, "clerp": "" })
    };
    let mut file = json!({
        "metadata": { "slug": "s", "scan": "gemma", "prompt_tokens": ["<bos>", "a"], "prompt": "a" },
        "qParams": { "pinnedIds": "0_1_1,3_5_1", "supernodes": "[[\"g\",\"0_1_1\",\"9_9_9\"]]",
                     "clerps": [["100007", "seven"]], "clickedId": null, "linkType": "input" },
        "nodes": [
            node("0_1_1", json!(0), "cross layer transcoder", json!(1)),
            node("old-style", json!("1"), "cross layer transcoder", json!(100_007)),
            node("0_0_1", json!("0"), "mlp reconstruction error", json!(-1)),
            node("lorsa_1", json!("1"), "lorsa", json!(3)),
            node("3_5_1", json!("3"), "logit", json!(5)),
        ],
        "links": [
            { "source": "0_0_1", "target": "old-style", "weight": 0.5 },
            { "source": "0_1_1", "target": "3_5_1", "weight": -2 },
            { "source": "lorsa_1", "target": "3_5_1", "weight": 1 },
        ],
    });
    file["nodes"][4]["clerp"] = json!("Output \"A (p=1)\" (p=0.250)");
    let graph = circuit_tracer::import(file.to_string().as_bytes()).unwrap();
    let nodes = graph.nodes();
    let seven = nodes.find_feature(FeatureId { layer: 1, index: 7 }, 1).unwrap();
    assert_eq!(graph.edge(seven, nodes.error(0, 1)), 0.5);
    assert_eq!(graph.annotations().label(nodes, seven), Some("seven"));
    assert_eq!(nodes.tokens(), [UNKNOWN_TOKEN; 2]);
    assert_eq!((nodes.targets()[0].weight, &*nodes.targets()[0].label), (0.25, "A (p=1)"));
    let said = graph.annotations();
    let member = nodes.find_feature(FeatureId { layer: 0, index: 1 }, 1).unwrap();
    assert_eq!(said.supernodes, [Supernode { name: "g".to_owned(), members: vec![member] }]);
    assert_eq!(said.pinned, [member, nodes.target(0)]);
    assert_eq!(said.notes["import.passed_over.nodes"], "1");
    assert_eq!(said.notes["import.passed_over.links"], "1");
    assert_eq!(said.passed_over().as_deref(), Some("1 node, 1 link"));
    assert_eq!(said.notes["qParams.linkType"], "input");
}

// Feature 1 of layer 0 and the error of layer 1 are both `0_1_0` in the old form.
#[test]
fn a_shared_id_belongs_to_who_may_feed_the_target() {
    let node = |id: &str, layer: &str, kind: &str| json!({ "node_id": id, "layer": layer, "ctx_idx": 0, "feature_type": kind });
    let file = json!({
        "metadata": { "slug": "s", "scan": "x", "prompt_tokens": ["a"] },
        "nodes": [
            node("0_1_0", "0", "cross layer transcoder"),
            node("1_5_0", "1", "cross layer transcoder"),
            node("0_1_0", "1", "mlp reconstruction error"),
            node("3_8_0", "3", "logit"),
        ],
        "links": [
            { "source": "0_1_0", "target": "1_5_0", "weight": 1 },
            { "source": "0_1_0", "target": "3_8_0", "weight": 2 },
            { "source": "0_1_0", "target": "3_8_0", "weight": 3 },
        ],
    });
    let graph = circuit_tracer::import(file.to_string().as_bytes()).unwrap();
    let nodes = graph.nodes();
    let (feature, error) = (nodes.feature(0), nodes.error(1, 0));
    // The error of layer 1 cannot feed a feature of layer 1.
    assert_eq!(graph.edge(nodes.feature(1), feature), 1.0);
    assert_eq!(graph.edge(nodes.target(0), feature), 2.0);
    assert_eq!(graph.edge(nodes.target(0), error), 3.0);
}

#[test]
fn the_list_of_graphs_keeps_what_it_does_not_know() {
    let graph = rich_graph();
    let pruned = prune(&graph, &Thresholds::default()).unwrap();
    let named = |slug: &str| circuit_tracer::export(&graph, &pruned, slug).unwrap();
    let first = circuit_tracer::update_index(None, &named("a")).unwrap();
    let mut index: Value = serde_json::from_slice(&first).unwrap();
    index["graphs"].as_array_mut().unwrap().push(json!({ "slug": "theirs", "title_prefix": "x" }));
    index["graphs"][0]["prompt"] = json!("of yesterday");
    let bytes = index.to_string().into_bytes();
    for slug in ["a", "b"] {
        let updated = circuit_tracer::update_index(Some(&bytes), &named(slug)).unwrap();
        let updated: Value = serde_json::from_slice(&updated).unwrap();
        let graphs = updated["graphs"].as_array().unwrap();
        let slugs: Vec<_> = graphs.iter().map(|graph| graph["slug"].as_str().unwrap()).collect();
        match slug {
            "a" => assert_eq!(
                (slugs, &graphs[0]["prompt"]),
                (vec!["a", "theirs"], &json!("<bos>Ζ\u{0}"))
            ),
            _ => assert_eq!(slugs, ["a", "theirs", "b"]),
        }
        assert_eq!(graphs[1]["title_prefix"], "x");
    }
    assert!(circuit_tracer::update_index(Some(b"[]"), &named("a")).is_err());
    assert!(circuit_tracer::update_index(Some(b"{"), &named("a")).is_err());
}

#[test]
fn names_that_are_paths_are_refused() {
    let graph = rich_graph();
    let pruned = prune(&graph, &Thresholds::default()).unwrap();
    for slug in ["", ".", "..", ".hidden", "a/b", "a\\b", "a b", "ä", "../../etc"] {
        let error = circuit_tracer::export(&graph, &pruned, slug).unwrap_err();
        assert!(matches!(error, GraphError::Slug { .. }), "{slug}");
    }
}

#[test]
fn mixed_dictionaries_are_listed_by_layer() {
    let nodes = Nodes::new(1, vec![fired(0, 0, 1)], vec![0], vec![4], vec![logit(1, 1.0)]).unwrap();
    let rows = vec![
        row_of(nodes.feature(0), vec![2], vec![1.0]),
        row_of(nodes.target(0), vec![0], vec![1.0]),
    ];
    let graph = graph_of(nodes, rows);
    let mut provenance = graph.provenance().clone();
    provenance.scans = vec!["x/a".to_owned(), "x/b".to_owned()];
    let rows =
        graph.rows().map(|row| row_of(row.target, row.sources.to_vec(), row.weights.to_vec()));
    let graph = AttributionGraph::new(
        graph.nodes().clone(),
        rows.collect(),
        graph.prompt().clone(),
        provenance,
        graph.extent(),
    )
    .unwrap();
    let json = exported(&graph, Thresholds::default(), "mixed");
    assert_eq!(json["metadata"]["transcoder_list"], json!(["x/a", "x/b"]));
    let scan = json["metadata"]["scan"].as_str().unwrap();
    assert!(scan.starts_with("custom-") && scan.len() == 23, "{scan}");
    let back = circuit_tracer::import(json.to_string().as_bytes()).unwrap();
    assert_eq!(back.provenance().scans, ["x/a", "x/b"]);
}

#[test]
fn pt_files_hold_the_goldens() {
    let mut n_cases = 0;
    for golden in goldens() {
        let Ok(bytes) = std::fs::read(golden.folder.join("graph/graph.pt")) else { continue };
        eprintln!("{}", golden.name);
        let (theirs, ours) = (torch::import(&bytes).unwrap(), golden.graph());
        assert_eq!(theirs.nodes(), ours.nodes());
        assert!(theirs.edges().eq(ours.edges()));
        assert_eq!(theirs.prompt().text, ours.prompt().text);
        assert_eq!(theirs.extent(), ours.extent());
        assert_eq!(theirs.provenance().scans, ours.provenance().scans);
        assert_eq!(theirs.provenance().vocab_size, ours.provenance().vocab_size);
        let told = theirs.with_prompt(ours.prompt().clone()).unwrap();
        assert_eq!(told.prompt(), ours.prompt());
        n_cases += 1;
    }
    assert!(n_cases >= 3, "{n_cases} cases hold a .pt file, expected at least 3");
}

#[test]
fn dense_tensors_are_the_goldens() {
    for golden in goldens() {
        let bytes = tensors::to_dense_safetensors(&golden.graph()).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        for name in ["active_features", "selected_features", "logit_token_ids"] {
            let ints = file.tensor(name).unwrap();
            let ints =
                ints.data().chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()));
            assert_eq!(ints.map(|int| int as u32).collect::<Vec<_>>(), golden.u32(name), "{name}");
        }
        for (name, tolerance) in [
            ("adjacency", 0.0),
            ("activation_values", 0.0),
            ("logit_probabilities", 0.0),
            ("node_influence", 1e-5),
            ("row_sums", 1e-4),
        ] {
            let ours = file.tensor(name).unwrap();
            let ours =
                ours.data().chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap()));
            let theirs = golden.f32(name);
            assert_eq!(ours.len(), theirs.len(), "{name}");
            for (ours, theirs) in ours.zip(theirs) {
                assert!((ours - theirs).abs() <= tolerance, "{name}: {ours} vs {theirs}");
            }
        }
    }
}

#[test]
fn dense_tensors_know_their_limit() {
    let tokens = vec![0; tensors::MAX_NODES / 2];
    let nodes = Nodes::new(1, vec![], vec![], tokens, vec![logit(1, 1.0)]).unwrap();
    let graph = graph_of(nodes, vec![]);
    assert!(influence(&graph).unresolved > 0.0);
    let error = tensors::to_dense_safetensors(&graph).unwrap_err();
    assert_eq!(error.to_string(), "20001 nodes in a dense matrix, expected at most 20000");
}

#[test]
fn labels_of_single_nodes_win() {
    let graph = rich_graph();
    let mut said: Annotations = graph.annotations().clone();
    said.node_labels.insert(graph.nodes().feature(1), "here: Texas".to_owned());
    let graph = graph.with_annotations(said).unwrap();
    let json = exported(&graph, Thresholds { nodes: 1.0, edges: 1.0 }, "labels");
    let clerps = json["qParams"]["clerps"].as_str().unwrap();
    assert!(clerps.contains("[\"1_9_1\",\"here: Texas\"]"), "{clerps}");
}
