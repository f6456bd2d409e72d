use connectome_graph::wire::{circuit_tracer, torch};
use connectome_graph::{
    AttributionGraph, GraphError, NodeIdx, Nodes, Row, Target, TargetKind, Thresholds, prune,
};
use safetensors::SafeTensors;
use serde_json::{Value, json};

use crate::common::{Golden, fired, golden_cases, logit, row_of};
use crate::file::rich_graph;

/// Every beginning of a file, and every file with a byte changed.
fn damaged(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let truncated = (0..bytes.len()).map(|end| bytes[..end].to_vec());
    let flipped = (0..bytes.len()).map(|at| {
        let mut bytes = bytes.to_vec();
        bytes[at] ^= 1 << (at % 8);
        bytes
    });
    truncated.chain(flipped)
}

#[test]
fn damage_to_a_graph_file_is_seen() {
    let graph = rich_graph();
    let bytes = graph.to_bytes();
    for damaged in damaged(&bytes) {
        // Blanks in the header are nobody's; all else is under the checksum.
        if let Ok(read) = AttributionGraph::from_bytes(&damaged) {
            assert_eq!(read, graph);
        }
    }
    let last = bytes.len() - 1;
    let mut damaged = bytes;
    damaged[last] ^= 1;
    let error = AttributionGraph::from_bytes(&damaged).unwrap_err();
    assert!(matches!(error, GraphError::Checksum { .. }));
}

#[test]
fn a_header_of_ten_gigabytes_is_not_believed() {
    let mut bytes = 10_000_000_000_u64.to_le_bytes().to_vec();
    bytes.extend_from_slice(b"{\"__metadata__\":{}}");
    let error = AttributionGraph::from_bytes(&bytes).unwrap_err();
    assert!(matches!(error, GraphError::Format { .. }), "{error}");
}

type Edited = (String, String, Vec<usize>, Vec<u8>);

/// A graph file with its card and tensors changed, and a checksum that says all is well. It is
/// written from the description of the format, not with the crate's own code.
fn resealed(edit: impl FnOnce(&mut Value, &mut Vec<Edited>)) -> Vec<u8> {
    let bytes = rich_graph().to_bytes();
    let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut card = serde_json::from_str(&header.metadata().as_ref().unwrap()["card"]).unwrap();
    let mut tensors: Vec<Edited> = file
        .iter()
        .map(|(name, view)| {
            let (dtype, shape) = (view.dtype().to_string(), view.shape().to_vec());
            (name.to_owned(), dtype, shape, view.data().to_vec())
        })
        .collect();
    edit(&mut card, &mut tensors);
    tensors.sort();
    let card = card.to_string();
    let mut hasher = blake3::Hasher::new();
    hasher.update(format!("connectome_graph 1\n{}\n{card}\n", card.len()).as_bytes());
    let mut header = serde_json::Map::new();
    let mut data = Vec::new();
    for (name, dtype, shape, bytes) in tensors {
        hasher.update(format!("{name}\n{dtype}\n{shape:?}\n").as_bytes());
        hasher.update(&bytes);
        let offsets = [data.len(), data.len() + bytes.len()];
        header.insert(name, json!({ "dtype": dtype, "shape": shape, "data_offsets": offsets }));
        data.extend(bytes);
    }
    let blake3 = hasher.finalize().to_hex().to_string();
    let metadata = json!({ "connectome_graph": "1", "card": card, "blake3": blake3 });
    header.insert("__metadata__".to_owned(), metadata);
    let header = Value::Object(header).to_string().into_bytes();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header);
    file.extend(data);
    file
}

/// Overwrites the `at`-th number of a tensor.
fn put<const BYTES: usize>(tensors: &mut [Edited], name: &str, at: usize, value: [u8; BYTES]) {
    let tensor = tensors.iter_mut().find(|tensor| tensor.0 == name).unwrap();
    tensor.3[at * BYTES..][..BYTES].copy_from_slice(&value);
}

fn refused(edit: impl FnOnce(&mut Value, &mut Vec<Edited>)) -> GraphError {
    AttributionGraph::from_bytes(&resealed(edit)).unwrap_err()
}

#[test]
fn a_resealed_file_is_checked_like_any_other() {
    assert_eq!(AttributionGraph::from_bytes(&resealed(|_, _| {})).unwrap(), rich_graph());
    let big = u32::MAX.to_le_bytes();
    let nan = f32::NAN.to_le_bytes();
    type Edit = fn(&mut Value, &mut Vec<Edited>);
    let edits: [(&str, Edit); 19] = [
        ("no tensor", |_, tensors| drop(tensors.remove(0))),
        ("another type", |_, tensors| tensors[0].1 = "I32".to_owned()),
        ("another shape", |_, tensors| {
            let tensor = tensors.iter_mut().find(|tensor| tensor.0 == "active_features").unwrap();
            tensor.2 = vec![9];
        }),
        ("layers beyond belief", |card, _| card["n_layers"] = json!(4_000_000_000_u32)),
        ("no layers", |card, _| card["n_layers"] = json!(0)),
        ("fewer layers than features", |card, _| card["n_layers"] = json!(1)),
        ("no targets", |card, _| card["targets"] = json!([])),
        ("target at no position", |card, _| card["targets"][0]["pos"] = json!(2)),
        ("unknown kind", |card, _| card["targets"][0]["kind"] = json!({ "vibe": {} })),
        ("other tokens", |card, _| card["prompt"]["token_ids"] = json!([1])),
        ("fewer texts", |card, _| card["prompt"]["token_texts"] = json!([])),
        ("label of no feature", |card, _| {
            card["annotations"]["feature_labels"] = json!({ "L1": "x" });
        }),
        ("member of no graph", |card, _| card["annotations"]["pinned"] = json!([99])),
        ("card is no card", |card, _| *card = json!([])),
        ("deep card", |card, _| {
            card["n_layers"] = (0..200).fold(json!(0), |inner, _| json!([inner]));
        }),
        ("offsets beyond the end", |_, tensors| {
            put(tensors, "row_offsets", 2, u64::MAX.to_le_bytes());
        }),
        ("offsets that fall", |_, tensors| put(tensors, "row_offsets", 1, 9_u64.to_le_bytes())),
        ("rows of sources", |_, tensors| put(tensors, "row_targets", 0, 3_u32.to_le_bytes())),
        ("rows that repeat", |_, tensors| put(tensors, "row_targets", 0, 8_u32.to_le_bytes())),
    ];
    for (what, edit) in edits {
        eprintln!("{what}: {}", refused(edit));
    }
    for (name, at, value) in [
        ("edge_sources", 1, big),
        ("selected_features", 1, big),
        ("active_features", 1, big),
        ("active_features", 0, 1_u32.to_le_bytes()),
        ("row_targets", 1, big),
        ("activations", 0, nan),
        ("edge_weights", 0, nan),
        ("row_constants", 0, nan),
        ("row_abs_remainders", 0, (-1.0_f32).to_le_bytes()),
        ("target_weights", 0, nan),
        ("target_weights", 0, (-1.0_f32).to_le_bytes()),
    ] {
        eprintln!("{name}: {}", refused(|_, tensors| put(tensors, name, at, value)));
    }
}

#[test]
fn a_file_of_tomorrow_is_named_as_such() {
    let bytes = rich_graph().to_bytes();
    let text = b"\"connectome_graph\":\"1\"";
    let at = bytes.windows(text.len()).position(|window| window == text).unwrap();
    let mut bytes = bytes;
    bytes[at + text.len() - 2] = b'2';
    let error = AttributionGraph::from_bytes(&bytes).unwrap_err();
    assert_eq!(error.to_string(), "graph file of version `2`, supported: 1");
}

fn nodes() -> Nodes {
    let active = vec![fired(0, 0, 1), fired(1, 0, 1)];
    Nodes::new(2, active, vec![0, 1], vec![4], vec![logit(1, 1.0)]).unwrap()
}

// Places: 0, 1 features of layers 0 and 1; 2, 3 errors; 4 the token; 5 the logit.
#[test]
fn rows_that_are_no_rows_are_refused() {
    let graph = rich_graph();
    let build = |rows: Vec<Row>| {
        let prompt = connectome_graph::Prompt {
            text: String::new(),
            token_texts: vec![String::new()],
            token_ids: vec![4],
        };
        AttributionGraph::new(nodes(), rows, prompt, graph.provenance().clone(), graph.extent())
    };
    let row = |target: u32, sources: &[u32]| {
        row_of(NodeIdx::new(target), sources.to_vec(), vec![1.0; sources.len()])
    };
    assert!(build(vec![row(1, &[0, 2, 4]), row(5, &[0, 1, 2, 3, 4])]).is_ok());
    assert!(matches!(build(vec![row(0, &[1])]), Err(GraphError::Cycle { source_node: 1, .. })));
    assert!(matches!(build(vec![row(0, &[0])]), Err(GraphError::Cycle { .. })));
    assert!(matches!(build(vec![row(1, &[0, 3])]), Err(GraphError::Cycle { source_node: 3, .. })));
    assert!(matches!(build(vec![row(5, &[5])]), Err(GraphError::Cycle { .. })));
    assert!(matches!(build(vec![row(5, &[6])]), Err(GraphError::OutOfRange { .. })));
    assert!(matches!(build(vec![row(9, &[])]), Err(GraphError::OutOfRange { .. })));
    assert!(matches!(build(vec![row(2, &[])]), Err(GraphError::RowOfSource { target: 2 })));
    assert!(matches!(build(vec![row(4, &[])]), Err(GraphError::RowOfSource { target: 4 })));
    assert!(matches!(build(vec![row(5, &[1, 0])]), Err(GraphError::Unsorted { .. })));
    assert!(matches!(build(vec![row(5, &[1, 1])]), Err(GraphError::Unsorted { .. })));
    assert!(matches!(
        build(vec![row(5, &[]), row(5, &[])]),
        Err(GraphError::DuplicateRow { target: 5 })
    ));
    let mut short = row(5, &[0, 1]);
    short.weights.pop();
    assert!(matches!(build(vec![short]), Err(GraphError::RowShape { .. })));
    let mut infinite = row(5, &[0]);
    infinite.weights[0] = f32::INFINITY;
    assert!(matches!(build(vec![infinite]), Err(GraphError::NotFinite { .. })));
}

#[test]
fn nodes_that_are_no_nodes_are_refused() {
    let active = vec![fired(0, 0, 1), fired(0, 1, 0)];
    let build = |n_layers, active: &[_], selected: &[u32], n_tokens: u32, targets: &[Target]| {
        let tokens = (0..n_tokens).collect();
        Nodes::new(n_layers, active.to_vec(), selected.to_vec(), tokens, targets.to_vec())
    };
    let targets = [logit(1, 0.5)];
    assert!(build(1, &active, &[0, 1], 2, &targets).is_ok());
    assert!(build(0, &[], &[], 2, &targets).is_err());
    assert!(build(1, &[], &[], 0, &targets).is_err());
    assert!(build(1, &active, &[], 2, &[]).is_err());
    assert!(build(1, &active, &[], 1, &targets).is_err());
    assert!(build(1, &[active[1], active[0]], &[], 2, &targets).is_err());
    assert!(build(1, &[active[0], active[0]], &[], 2, &targets).is_err());
    assert!(build(1, &active, &[1, 0], 2, &targets).is_err());
    assert!(build(1, &active, &[2], 2, &targets).is_err());
    assert!(build(1, &[fired(1, 0, 0)], &[], 2, &targets).is_err());
    let mut nan = active.clone();
    nan[0].activation = f32::NAN;
    assert!(build(1, &nan, &[], 2, &targets).is_err());
    assert!(build(1, &active, &[], 2, &[logit(1, -0.5)]).is_err());
    let id = connectome_graph::FeatureId { layer: 1, index: 0 };
    let above = Target { kind: TargetKind::Feature(id), ..logit(1, 0.5) };
    assert!(build(1, &active, &[], 2, &[above]).is_err());
}

#[test]
fn thresholds_are_shares() {
    for (nodes, edges) in [(-0.1, 0.5), (0.5, 1.1), (f64::NAN, 0.5), (0.5, f64::INFINITY)] {
        let error = prune(&rich_graph(), &Thresholds { nodes, edges }).unwrap_err();
        assert!(matches!(error, GraphError::Threshold { .. }));
    }
}

#[test]
fn damage_to_json_does_not_panic() {
    let graph = rich_graph();
    let pruned = prune(&graph, &Thresholds { nodes: 1.0, edges: 1.0 }).unwrap();
    let bytes = circuit_tracer::export(&graph, &pruned, "rich").unwrap().to_bytes();
    let n_read = damaged(&bytes).filter(|damaged| circuit_tracer::import(damaged).is_ok()).count();
    assert!(n_read < 2 * bytes.len());
}

#[test]
fn json_that_is_no_graph_is_refused() {
    let graph = rich_graph();
    let pruned = prune(&graph, &Thresholds { nodes: 1.0, edges: 1.0 }).unwrap();
    let json = circuit_tracer::export(&graph, &pruned, "rich").unwrap().to_bytes();
    let json: Value = serde_json::from_slice(&json).unwrap();
    type Edit = fn(&mut Value);
    let edits: [(&str, Edit); 12] = [
        ("no nodes", |file| drop(file.as_object_mut().unwrap().remove("nodes"))),
        ("no prompt", |file| file["metadata"]["prompt_tokens"] = json!([])),
        ("no target", |file| file["nodes"] = json!([])),
        ("a node twice", |file| {
            let first = file["nodes"][0].clone();
            file["nodes"].as_array_mut().unwrap().push(first);
        }),
        ("a link twice", |file| {
            let first = file["links"][0].clone();
            file["links"].as_array_mut().unwrap().push(first);
        }),
        ("a link that falls", |file| {
            file["links"][0] = json!({ "source": "1_9_1", "target": "0_7_0", "weight": 1 });
        }),
        ("infinite", |file| file["links"][0]["weight"] = json!(1e300)),
        ("no layer", |file| file["nodes"][0]["layer"] = json!("E")),
        ("layers beyond belief", |file| file["nodes"][0]["layer"] = json!("4294967295")),
        ("beyond the prompt", |file| file["nodes"][0]["ctx_idx"] = json!(2)),
        ("no feature", |file| {
            file["nodes"][0]["node_id"] = json!("x");
            file["nodes"][0]["feature"] = json!(null);
        }),
        ("negative probability", |file| {
            let logit = file["nodes"].as_array_mut().unwrap().last_mut().unwrap();
            logit["token_prob"] = json!(-1);
        }),
    ];
    for (what, edit) in edits {
        let mut file = json.clone();
        edit(&mut file);
        let error = circuit_tracer::import(file.to_string().as_bytes()).expect_err(what);
        eprintln!("{what}: {error}");
    }
}

// One id for every node would make each link a search among all of them.
#[test]
fn an_id_of_many_nodes_is_refused() {
    let error_node = |layer: u32, pos: u32| {
        json!({
            "node_id": "0_1_0", "layer": layer.to_string(), "ctx_idx": pos,
            "feature_type": "mlp reconstruction error"
        })
    };
    let logit = json!({
        "node_id": "4_9_1", "layer": "4", "ctx_idx": 1, "feature_type": "logit", "token_prob": 0.5
    });
    let file = |nodes: Vec<Value>| {
        let metadata = json!({ "prompt_tokens": ["a", "b"] });
        let nodes = nodes.into_iter().chain([logit.clone()]).collect::<Vec<_>>();
        json!({ "metadata": metadata, "nodes": nodes, "links": [] }).to_string()
    };
    let read = |file: String| circuit_tracer::import(file.as_bytes());
    assert!(read(file(vec![error_node(0, 0), error_node(0, 1), error_node(0, 1)])).is_ok());
    let many = (0..3).map(|layer| error_node(layer, 0)).collect();
    let error = read(file(many)).unwrap_err().to_string();
    assert_eq!(error, "not a JSON graph: node `0_1_0` stands for more than two nodes");
}

// A megabyte of empty tokens and one high layer would be 340 million nodes.
#[test]
fn nodes_that_cost_a_file_nothing_are_not_believed() {
    let logit = json!({
        "node_id": "1025_9_0", "layer": "1025", "ctx_idx": 0, "feature_type": "logit"
    });
    let read = |n_tokens: usize| {
        let metadata = json!({ "prompt_tokens": vec![""; n_tokens] });
        let file = json!({ "metadata": metadata, "nodes": [logit], "links": [] });
        circuit_tracer::import(file.to_string().as_bytes())
    };
    assert!(read(1000).is_ok());
    let error = read(20_000).unwrap_err().to_string();
    assert_eq!(error, "20500001 nodes, expected at most 16777216");
}

#[test]
fn damage_to_a_pt_file_does_not_panic() {
    let bytes = golden_cases()
        .into_iter()
        .find_map(|folder| std::fs::read(Golden::read(&folder).folder.join("graph/graph.pt")).ok());
    let bytes = bytes.expect("a golden has a .pt file");
    // The pickle lies in the first kilobytes and the zip's directory in the last.
    let ends = (0..bytes.len()).filter(|at| *at < 2000 || *at + 2000 > bytes.len());
    for at in ends {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        let _ = torch::import(&flipped);
        let _ = torch::import(&bytes[..at]);
    }
    assert!(torch::import(b"").is_err());
    assert!(torch::import(&bytes).is_ok());
}
