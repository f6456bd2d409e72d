use connectome_graph::{NodeIdx, Thresholds, circuit_scores, prune, scores};
use serde_json::{Value, json};

use crate::support::{PROMPT, Served, graph, strongest, trace_of, traced};

/// A pack, understood as the page does.
struct Pack {
    header: Value,
    data: Vec<u8>,
}

impl Pack {
    fn new(bytes: &[u8]) -> Self {
        assert_eq!(&bytes[..4], connectome_server::MAGIC);
        let len = u32::from_le_bytes(bytes[4..8].try_into().unwrap()) as usize;
        let header = serde_json::from_slice(&bytes[8..8 + len]).unwrap();
        Self { header, data: bytes[(8 + len).next_multiple_of(8)..].to_vec() }
    }

    fn column<const N: usize>(&self, name: &str) -> Vec<[u8; N]> {
        let columns = self.header["columns"].as_array().unwrap();
        let column = columns.iter().find(|column| column["name"] == name).unwrap();
        let offset = column["offset"].as_u64().unwrap() as usize;
        let len = column["len"].as_u64().unwrap() as usize;
        assert_eq!(offset % 8, 0);
        let bytes = &self.data[offset..offset + len * N];
        bytes.chunks_exact(N).map(|chunk| chunk.try_into().unwrap()).collect()
    }

    fn u32(&self, name: &str) -> Vec<u32> {
        self.column(name).into_iter().map(u32::from_le_bytes).collect()
    }

    fn f32(&self, name: &str) -> Vec<f32> {
        self.column(name).into_iter().map(f32::from_le_bytes).collect()
    }
}

#[test]
fn a_trace_becomes_a_graph_and_events_tell_how() {
    let served = Served::new();
    let started = served.ask("/api/graphs", &trace_of(PROMPT));
    let job = started["job"].as_str().unwrap();
    let events = served.get(&format!("/api/jobs/{job}/events"));
    assert_eq!(events.header("content-type"), Some("text/event-stream"));
    let text = events.text();
    let states: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    assert_eq!(states.last().unwrap()["state"], "finished", "{text}");
    assert!(states.len() > 1, "{text}");
    let list = served.ok("/api/graphs");
    let id = list[0]["id"].as_str().unwrap();
    assert_eq!(states.last().unwrap()["result"]["graph"], id);
    let head = served.ok(&format!("/api/graphs/{id}"));
    assert_eq!(head["runnable"], true, "{head}");
    assert_eq!(head["provenance"]["model"]["name"], "two-hop");
    assert!(head["text"].as_str().unwrap().contains("oak port"));
    // The same request again makes the same file, which is not stored twice.
    let again = served.done("/api/graphs", &trace_of(PROMPT));
    assert_eq!(again["graph"], id);
    assert_eq!(served.ok("/api/graphs").as_array().unwrap().len(), 1);
}

#[test]
fn a_pack_holds_the_graph_and_its_start_the_strongest_edges() {
    let (served, graph) = (Served::new(), graph());
    let id = served.graph();
    let whole = Pack::new(&served.get(&format!("/api/graphs/{id}/pack")).bytes);
    assert_eq!(whole.header["n_edges"], graph.n_edges());
    let (sources, targets, weights) =
        (whole.u32("source"), whole.u32("target"), whole.f32("weight"));
    for at in (0..sources.len()).step_by(7) {
        let (source, target) = (NodeIdx::new(sources[at]), NodeIdx::new(targets[at]));
        assert_eq!(graph.edge(target, source), weights[at]);
    }
    let abs_in = whole.f32("abs_in");
    let share = |at: usize| weights[at].abs() / abs_in[targets[at] as usize];
    assert!((1..sources.len()).all(|at| share(at) <= share(at - 1) * (1.0 + 1e-6)));
    let influence: f32 = whole.f32("influence").iter().sum();
    assert!((influence - 1.0).abs() < 1e-4, "{influence}");
    for (idx, fired) in graph.nodes().features().step_by(5) {
        assert_eq!(whole.u32("feature")[idx.as_usize()], fired.id.index);
        assert_eq!(whole.f32("activation")[idx.as_usize()], fired.activation);
    }
    let start = Pack::new(&served.get(&format!("/api/graphs/{id}/pack?top=100")).bytes);
    assert_eq!(start.u32("source"), sources[..100]);
    assert_eq!(start.header["n_edges_total"], graph.n_edges());
}

#[test]
fn edges_of_a_node_are_those_of_the_graph() {
    let (served, graph) = (Served::new(), graph());
    let id = served.graph();
    let target = graph.nodes().target(0);
    let found = served.ok(&format!("/api/graphs/{id}/edges?node={}", target.get()));
    let row = graph.row(target).unwrap();
    assert_eq!(found["inputs"].as_array().unwrap().len(), row.sources.len());
    let raw: f64 =
        found["inputs"].as_array().unwrap().iter().map(|e| e["raw"].as_f64().unwrap()).sum();
    assert!((raw - row.signed_sum()).abs() < 1e-6);
    let shares =
        found["inputs"].as_array().unwrap().iter().map(|e| e["share"].as_f64().unwrap().abs());
    let cut = found["abs_cut"].as_f64().unwrap() / found["abs_in"].as_f64().unwrap();
    assert!((shares.sum::<f64>() + cut - 1.0).abs() < 1e-6);
    let source = found["inputs"][0]["node"].as_u64().unwrap();
    let back = served.ok(&format!("/api/graphs/{id}/edges?node={source}"));
    let outputs = back["outputs"].as_array().unwrap();
    assert!(outputs.iter().any(|edge| edge["node"] == target.get()));
    let what = served.get(&format!("/api/graphs/{id}/edges?node=99999999")).refused(400);
    assert!(what.starts_with("node 99999999 is not one of the graph's"), "{what}");
}

#[test]
fn the_split_of_an_edge_sums_to_it_at_every_layer() {
    let (served, graph) = (Served::new(), graph());
    let id = served.graph();
    let target = graph.nodes().target(0).get();
    let edges = served.ok(&format!("/api/graphs/{id}/edges?node={target}"));
    let source = edges["inputs"][0]["node"].as_u64().unwrap();
    let why = served.ok(&format!("/api/graphs/{id}/why?source={source}&target={target}"));
    let raw = why["raw"].as_f64().unwrap();
    let layers = why["layers"].as_array().unwrap();
    assert!(!layers.is_empty());
    for layer in layers {
        let heads = layer["heads"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap());
        let sum = heads.sum::<f64>() + layer["residual"].as_f64().unwrap();
        assert!((sum - raw).abs() < 1e-4 * raw.abs().max(1.0), "{sum} {raw}");
    }
}

#[test]
fn pruning_keeps_what_the_library_keeps_and_what_is_asked_for() {
    let (served, graph) = (Served::new(), graph());
    let id = served.graph();
    let thresholds = Thresholds { nodes: 0.6, edges: 0.9 };
    let expected = prune(&graph, &thresholds).unwrap();
    let dropped = (0..graph.nodes().len()).find(|place| !expected.node_mask[*place]).unwrap();
    let ask = json!({ "node_threshold": 0.6, "edge_threshold": 0.9, "keep": [dropped] });
    let found = served.ask(&format!("/api/graphs/{id}/prune"), &ask);
    let mut mask = expected.node_mask.clone();
    mask[dropped] = true;
    let kept: Vec<usize> = (0..mask.len()).filter(|place| mask[*place]).collect();
    assert_eq!(found["kept"], json!(kept));
    assert_eq!(found["n_edges"], expected.edges.len());
    let score = circuit_scores(&graph, &mask).unwrap().replacement.value;
    assert_eq!(found["scores"]["replacement"]["value"], score);
    let ask = json!({ "node_threshold": 1.5, "edge_threshold": 0.9 });
    served.post(&format!("/api/graphs/{id}/prune"), &ask).refused(400);
}

#[test]
fn paths_circuits_and_suggestions() {
    let (served, graph) = (Served::new(), graph());
    let id = served.graph();
    let (token, target) = (graph.nodes().token(7).get(), graph.nodes().target(0).get());
    let ask = json!({ "from": token, "to": target, "k": 20 });
    let paths = served.ask(&format!("/api/graphs/{id}/paths"), &ask);
    let coverage = paths["coverage"].as_f64().unwrap();
    assert!(coverage > 0.0 && coverage <= 1.0 + 1e-9, "{coverage}");
    let first = &paths["paths"][0]["nodes"];
    assert_eq!(
        (&first[0], first.as_array().unwrap().last().unwrap()),
        (&json!(token), &json!(target))
    );

    let strong = strongest(12);
    let suggested = served.ask(&format!("/api/graphs/{id}/suggest"), &json!({ "nodes": strong }));
    let groups = suggested["groups"].as_array().unwrap();
    let mut all: Vec<u64> =
        suggested["alone"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    for group in groups {
        assert!(group["similarity"].as_f64().unwrap() >= 0.5, "{group}");
        assert!(group["replacement_change"].as_f64().unwrap() <= 1e-12, "{group}");
        assert!(!group["reasons"].as_array().unwrap().is_empty());
        all.extend(group["nodes"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()));
    }
    assert!(suggested.to_string().contains("what they write points the same way"), "{suggested}");
    all.sort_unstable();
    let mut expected: Vec<u64> = strong.iter().map(|node| u64::from(*node)).collect();
    expected.sort_unstable();
    assert_eq!(all, expected, "every node is in one group or alone");

    let ask = json!({
        "groups": [{ "id": "a", "name": "A", "nodes": strong[..4] }],
        "pins": [token, target, strong[0]],
    });
    let circuit = served.ask(&format!("/api/graphs/{id}/circuit"), &ask);
    let boxes = circuit["boxes"].as_array().unwrap();
    assert_eq!(boxes.len(), 3, "a pin of a group is no box");
    assert_eq!(boxes[2]["id"], format!("pin:{target}"));
    let whole = scores(&graph).replacement.value;
    assert_eq!(circuit["graph_scores"]["replacement"]["value"], whole);
    assert!(circuit["scores"]["replacement"]["value"].as_f64().unwrap() <= whole);
    let twice = json!({ "groups": [
        { "id": "a", "name": "A", "nodes": [] }, { "id": "a", "name": "B", "nodes": [] },
    ] });
    let what = served.post(&format!("/api/graphs/{id}/circuit"), &twice).refused(400);
    assert_eq!(what, "two groups have the id `a`");
}

/// What a person made of a graph goes along to other pages.
#[test]
fn exported_json_holds_the_view() {
    let served = Served::new();
    let id = served.graph();
    let plain = served.ok(&format!("/api/graphs/{id}/export?format=json"));
    assert_eq!(plain["qParams"]["pinnedIds"], json!([]));
    let pruned = json!({ "node_threshold": 0.8, "edge_threshold": 0.98, "keep": [] });
    let kept = served.post(&format!("/api/graphs/{id}/prune"), &pruned).json();
    let nodes: Vec<u64> =
        kept["kept"].as_array().unwrap()[..3].iter().map(|n| n.as_u64().unwrap()).collect();
    let view = json!({
        "schema": 1,
        "pins": nodes,
        "groups": [{ "id": "g", "name": "the state", "nodes": &nodes[..2] }],
        "labels": { nodes[2].to_string(): "mine" },
        "notes": [{ "text": "here", "x": 4.0, "y": 5.0 }],
    });
    let body = view.to_string();
    let saved = served.send(
        "PUT",
        &format!("/api/graphs/{id}/views/circuit"),
        &[("if-match", "*"), ("content-type", "application/json")],
        body.as_bytes(),
    );
    assert!(saved.status < 300, "{}", saved.text());
    let json = served.ok(&format!("/api/graphs/{id}/export?format=json&view=circuit"));
    let params = &json["qParams"];
    assert_eq!(params["pinnedIds"].as_array().unwrap().len(), 3);
    let group = params["supernodes"][0].as_array().unwrap();
    assert_eq!((group.len(), &group[0]), (3, &json!("the state")));
    assert!(params["clerps"].as_str().unwrap().contains("mine"));
    served.get(&format!("/api/graphs/{id}/export?format=json&view=none")).refused(404);
    // A graph file holds all of it, and another workspace shows it.
    let file = served.get(&format!("/api/graphs/{id}/export?format=connectome&view=circuit"));
    let other = Served::new();
    let opened = other.send("POST", "/api/graphs/import", &[], &file.bytes).json();
    let opened = opened["id"].as_str().unwrap();
    assert_eq!(other.ok(&format!("/api/graphs/{opened}/views/main")), view);
    assert_eq!(other.ok(&format!("/api/graphs/{opened}"))["groups"][0]["name"], "the state");
}

#[test]
fn what_is_exported_can_be_imported() {
    let served = Served::new();
    let id = served.graph();
    let own = served.get(&format!("/api/graphs/{id}/export?format=connectome"));
    assert_eq!(own.bytes, traced());
    let again = served.send("POST", "/api/graphs/import?name=again", &[], &own.bytes).json();
    assert_eq!((again["id"].as_str().unwrap(), &again["known"]), (id.as_str(), &json!(true)));
    let json = served.get(&format!("/api/graphs/{id}/export?format=json"));
    let other = served.send("POST", "/api/graphs/import?name=theirs", &[], &json.bytes).json();
    let head = served.ok(&format!("/api/graphs/{}", other["id"].as_str().unwrap()));
    assert_eq!(head["title"], "theirs");
    assert!(head["provenance"]["imported"].is_string());
    assert_eq!(head["provenance"]["passed_over"], Value::Null);
    // A kind that is not known here, and a link to it, are told and not dropped in silence.
    let mut more = json.json();
    let mut node = more["nodes"][0].clone();
    node["node_id"] = json!("lorsa_7");
    node["feature_type"] = json!("lorsa");
    more["nodes"].as_array_mut().unwrap().push(node);
    let link = json!({ "source": "lorsa_7", "target": more["links"][0]["target"], "weight": 1.0 });
    more["links"].as_array_mut().unwrap().push(link);
    let import = "/api/graphs/import?name=more";
    let more = served.send("POST", import, &[], more.to_string().as_bytes()).json();
    let head = served.ok(&format!("/api/graphs/{}", more["id"].as_str().unwrap()));
    assert_eq!(head["provenance"]["passed_over"], "1 node, 1 link");
    let csv = served.get(&format!("/api/graphs/{id}/export?format=csv")).text();
    assert!(csv.starts_with("source,source_label,target,target_label,raw,share_of_input\n"));
    assert!(csv.lines().count() > 10);
    let all = served.get(&format!("/api/graphs/{id}/export?format=csv&node_threshold=1"));
    assert!(all.text().lines().count() > csv.lines().count());
    served.get(&format!("/api/graphs/{id}/export?format=docx")).refused(400);
    served.send("POST", "/api/graphs/import", &[], b"not a graph").refused(400);
    served.send("POST", "/api/graphs/import", &[], b"{\"nodes\": 3}").refused(400);
    served.send("POST", "/api/graphs/import", &[], b"PK\x03\x04 no zip").refused(400);
}

#[test]
fn prompts_become_tokens_and_forecasts() {
    let served = Served::new();
    let prompt = json!({ "model": "two-hop", "text": PROMPT });
    let tokens = served.ask("/api/tokenize", &prompt);
    let n_tokens = tokens["tokens"].as_array().unwrap().len();
    let ask = json!({ "prompt": prompt, "top_k": 3, "watch": [5, 5] });
    let forward = served.ask("/api/forward", &ask);
    assert_eq!(forward["positions"].as_array().unwrap().len(), n_tokens);
    let last = &forward["positions"][n_tokens - 1];
    assert_eq!(last["top"].as_array().unwrap().len(), 3);
    assert_eq!(last["watched"].as_array().unwrap().len(), 2);
    assert_eq!(last["watched_total"], last["watched"][0], "each id counts once");
    let graph = graph();
    let first = graph.nodes().targets()[0].weight;
    assert!((last["top"][0]["p"].as_f64().unwrap() - f64::from(first)).abs() < 1e-5);
    let estimate = served.ask("/api/estimate", &prompt);
    assert_eq!(estimate["n_active"], graph.nodes().active().len());
    assert!(estimate["n_timed_rows"].as_u64().unwrap() > 0);
    // Errors and constants alone are `2 L T D` numbers.
    let n_layers = u64::from(graph.nodes().n_layers());
    let least = 2 * n_layers * n_tokens as u64 * 128 * 4;
    assert!(estimate["held_bytes"].as_u64().unwrap() > least, "{estimate}");
    let unknown = json!({ "model": "no-such", "text": "a" });
    assert_eq!(served.post("/api/tokenize", &unknown).refused(404), "there is no model `no-such`");
    served.post("/api/forward", &json!({ "prompt": {}, "top_k": 1 })).refused(400);
    served.post("/api/tokenize", &json!({ "model": "two-hop", "ids": [99_999_999] })).refused(400);
}

#[test]
fn models_are_listed_with_what_they_are() {
    let served = Served::new();
    let models = served.ok("/api/models");
    let status = served.ok("/api/status");
    assert_eq!(models[0]["name"], status["default_model"]);
    let shipped = connectome::organism::SHIPPED.iter();
    let n_dictionaries: usize = shipped.map(|organism| organism.dictionaries().count()).sum();
    assert_eq!(models.as_array().unwrap().len(), n_dictionaries);
    for model in models.as_array().unwrap() {
        assert!(model["n_layers"].as_u64().unwrap() > 0, "{model}");
        assert!(["clt", "plt"].contains(&model["dictionary"]["kind"].as_str().unwrap()));
    }
}

/// A model is traced with any of its dictionaries, and the graph finds its own again.
#[test]
fn a_further_dictionary_of_a_model_is_a_model_to_choose() {
    let served = Served::new();
    let ask = json!({ "prompt": { "model": "elegans-base with elegans/plt",
        "text": "the opposite of \" small \" is \"" }, "max_feature_nodes": 20 });
    let id = served.done("/api/graphs", &ask)["graph"].as_str().unwrap().to_owned();
    let head = served.ok(&format!("/api/graphs/{id}"));
    assert_eq!(head["provenance"]["model"]["name"], "elegans-base");
    assert_eq!(head["provenance"]["dictionary"]["name"], "elegans/plt");
    assert_eq!(head["feature_set"], "elegans-base with elegans/plt");
    assert_eq!(head["runnable"], true);
    let sets = served.ok("/api/features");
    let names = |set: &Value| set["name"].as_str().unwrap().to_owned();
    let names: Vec<String> = sets["sets"].as_array().unwrap().iter().map(names).collect();
    assert!(names.contains(&"elegans-base".to_owned()), "{names:?}");
    assert!(names.contains(&"elegans-goal with elegans/plt".to_owned()), "{names:?}");
}

#[test]
fn graphs_are_compared_feature_by_feature() {
    let served = Served::new();
    let id = served.graph();
    let same = served.ask("/api/compare", &json!({ "a": id, "b": id, "align": "start" }));
    assert_eq!(same["jaccard"], 1.0);
    assert_eq!(same["only_a"], json!([]));
    let ask = json!({ "prompt": { "model": "two-hop",
        "text": "the river of the state containing oak port is" } });
    let other = served.done("/api/graphs", &ask)["graph"].as_str().unwrap().to_owned();
    let found = served.ask("/api/compare", &json!({ "a": id, "b": other, "align": "end" }));
    let jaccard = found["jaccard"].as_f64().unwrap();
    assert!(jaccard > 0.0 && jaccard < 1.0, "{jaccard}");
    for pair in found["both"].as_array().unwrap() {
        assert!(pair["activation_a"].is_number() && pair["activation_b"].is_number());
    }
    // The prompts differ in one token, so that all alignments are one.
    let by_token = served.ask("/api/compare", &json!({ "a": id, "b": other, "align": "token" }));
    assert_eq!(by_token, found);
    assert_eq!(found["columns_a"], found["columns_b"]);
}

#[test]
fn several_graphs_are_laid_side_by_side() {
    let served = Served::new();
    let id = served.graph();
    let bird = json!({ "prompt": { "model": "two-hop",
        "text": "the bird of the state containing oak port is" } });
    let bird = served.done("/api/graphs", &bird)["graph"].clone();
    let ask = json!({ "graphs": [id, bird, id], "limit": 7, "least": 2 });
    let found = served.ask("/api/recurring", &ask);
    let rows = found["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 7);
    assert!(found["n_features"].as_u64().unwrap() > 7, "{found}");
    assert_eq!(rows[0]["n_graphs"], 3);
    assert_eq!(rows[0]["cells"][0], rows[0]["cells"][2]);
    assert!(!rows[0]["cells"][1]["nodes"].as_array().unwrap().is_empty());
    let one = json!({ "graphs": [id], "limit": 7 });
    served.post("/api/recurring", &one).refused(400);
    served.post("/api/recurring", &json!({ "graphs": [id, "none"], "limit": 7 })).refused(404);
}

#[test]
fn titles_and_deletion() {
    let served = Served::new();
    let id = served.graph();
    let patch = json!({ "title": "Oak", "tags": ["city"] }).to_string();
    let path = format!("/api/graphs/{id}");
    assert_eq!(served.send("PATCH", &path, &[], patch.as_bytes()).json()["title"], "Oak");
    assert_eq!(served.ok(&path)["tags"], json!(["city"]));
    let deleted = served.send("DELETE", &path, &[], b"").json();
    assert_eq!(deleted["trash"], format!("graph-{id}"));
    let what = served.get(&path).refused(404);
    assert_eq!(what, format!("there is no graph `{id}`"));
    assert_eq!(served.ok("/api/graphs"), json!([]));
}
