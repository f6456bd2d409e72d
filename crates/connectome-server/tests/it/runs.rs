use connectome_graph::{Node, NodeIdx};
use serde_json::{Value, json};

use crate::support::{PROMPT, Served, graph, strongest};

/// Features above the lowest of the strongest ones: what a change of that one can move.
struct Setting {
    served: Served,
    id: String,
    source: u32,
    later: Vec<u32>,
}

impl Setting {
    fn new() -> Self {
        let served = Served::new();
        let id = served.graph();
        let graph = graph();
        let layer = |node: &u32| graph.nodes().layer_of(NodeIdx::new(*node)).unwrap();
        let strong = strongest(30);
        let source = *strong.iter().find(|node| layer(node) == 1).unwrap();
        let pos = graph.nodes().pos_of(NodeIdx::new(source));
        let is_later =
            |node: &&u32| layer(node) > 1 && graph.nodes().pos_of(NodeIdx::new(**node)) >= pos;
        let later = strong.iter().filter(is_later).copied().collect();
        Self { served, id, source, later }
    }

    fn ask(&self, how: &str, value: f64, rest: Value) -> Value {
        let mut ask = json!({
            "kind": "intervene",
            "groups": [
                { "id": "source", "name": "Source", "nodes": [self.source] },
                { "id": "later", "name": "Later", "nodes": self.later },
            ],
            "edits": [{ "nodes": [self.source], "how": how, "value": value }],
        });
        ask.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        ask
    }

    fn run(&self, ask: &Value) -> Value {
        let made = self.served.done(&format!("/api/graphs/{}/runs", self.id), ask);
        let number = made["run"].as_u64().unwrap();
        self.served.ok(&format!("/api/graphs/{}/runs/{number}", self.id))
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

#[test]
fn a_change_that_changes_nothing_leaves_everything() {
    let setting = Setting::new();
    let run = setting.run(&setting.ask("scale", 1.0, json!({ "n_tokens": 3 })));
    let result = &run["result"];
    assert_eq!(result["shift"]["kl_nats"], 0.0);
    for group in result["groups"].as_array().unwrap() {
        assert_eq!((&group["measured"], &group["predicted"]), (&json!(1.0), &json!(1.0)));
    }
    assert_eq!(result["text"]["before"], result["text"]["after"]);
    assert!(!result["text"]["before"].as_str().unwrap().is_empty());
    assert_eq!(run["name"], "Source 1×");
}

/// With everything held, what is measured is what the graph says: for logits, and for features
/// as the encoder reads them.
#[test]
fn held_still_the_measurement_is_the_prediction() {
    let setting = Setting::new();
    let run = setting.run(&setting.ask("scale", 2.0, json!({ "mode": "direct" })));
    let graph = graph();
    for target in run["result"]["targets"].as_array().unwrap() {
        let (predicted, measured) = (number(&target["predicted"]), number(&target["measured"]));
        assert!((predicted - measured).abs() < 1e-3, "{target}");
        let idx = NodeIdx::new(target["node"].as_u64().unwrap() as u32);
        let edge = f64::from(graph.edge(idx, NodeIdx::new(setting.source)));
        // Entries that a certified row lacks are smaller than this.
        assert!((predicted - edge).abs() < 0.05, "{target} {edge}");
    }
    let group = &run["result"]["groups"][0];
    assert_eq!((&group["measured"], &group["edited"]), (&json!(2.0), &json!("2×")));
}

#[test]
fn an_ablation_is_told_beside_what_was_predicted() {
    let setting = Setting::new();
    let run = setting.run(&setting.ask("ablate", 0.0, json!({ "top_k": 4, "watch": [3] })));
    let result = &run["result"];
    let [source, later] = [0, 1].map(|at| &result["groups"][at]);
    assert_eq!((&source["measured"], &source["predicted"]), (&json!(0.0), &json!(0.0)));
    assert_eq!(source["agrees"], Value::Null, "what was edited agrees with nothing");
    let (predicted, measured) = (number(&later["predicted"]), number(&later["measured"]));
    assert!(measured != 1.0 && predicted != 1.0);
    assert!((predicted - measured).abs() < 0.5, "{predicted} {measured}");
    assert!(number(&result["shift"]["kl_nats"]) > 0.0);
    let tokens = result["shift"]["tokens"].as_array().unwrap();
    assert!(tokens.iter().any(|token| token["id"] == 3), "a watched token is listed");
    let sum: f64 = tokens.iter().map(|token| number(&token["p_after"])).sum();
    assert!(sum <= 1.0 + 1e-6);
}

/// A number of each group.
fn by_group(result: &Value, what: &str) -> Vec<Value> {
    result["groups"].as_array().unwrap().iter().map(|group| group[what].clone()).collect()
}

#[test]
fn sweeps_are_told_whole() {
    let setting = Setting::new();
    let sweep = json!({ "sweep": { "kind": "dose", "values": [0.0, 1.0, 2.0] } });
    let run = setting.run(&setting.ask("scale", 0.0, sweep));
    let points = run["result"]["sweep"]["points"].as_array().unwrap();
    let doses: Vec<f64> = points.iter().map(|point| number(&point["groups"][0])).collect();
    assert_eq!(doses, [0.0, 1.0, 2.0]);
    assert_eq!(points[1]["shift"]["kl_nats"], 0.0);
    // Each point is predicted as a run by itself is; the graph's own point moves nothing.
    let changes = |at: usize, what: &str| -> Vec<f64> {
        let targets = points[at]["targets"].as_array().unwrap();
        targets.iter().map(|target| number(&target[what])).collect()
    };
    assert!(changes(1, "predicted").iter().all(|change| *change == 0.0));
    assert_eq!(points[0]["predicted"], json!(by_group(&run["result"], "predicted")));
    for (down, up) in changes(0, "predicted").iter().zip(changes(2, "predicted")) {
        assert!((down + up).abs() < 1e-5 * down.abs().max(1e-3), "a line: {down} {up}");
    }
    let own = run["result"]["targets"].as_array().unwrap().iter();
    assert_eq!(changes(0, "predicted"), own.map(|t| number(&t["predicted"])).collect::<Vec<_>>());
    // Runs in one batch round otherwise than a run by itself.
    let [alone, swept] =
        [&run["result"]["shift"], &points[0]["shift"]].map(|s| number(&s["kl_nats"]));
    assert!((alone - swept).abs() < 1e-6, "{alone} {swept}");
    let ends = json!({ "mode": "constrained", "layers": [1, 3], "sweep": { "kind": "end_layer" } });
    let run = setting.run(&setting.ask("ablate", 0.0, ends));
    let points = run["result"]["sweep"]["points"].as_array().unwrap();
    assert_eq!(points.iter().map(|p| number(&p["value"])).collect::<Vec<_>>(), [2.0, 3.0, 4.0]);
    assert_eq!(run["result"]["groups"][1]["predicted"], Value::Null);
    let open = json!({ "mode": "open", "sweep": { "kind": "end_layer" } });
    let path = format!("/api/graphs/{}/runs", setting.id);
    setting.served.post(&path, &setting.ask("ablate", 0.0, open)).refused(400);
}

#[test]
fn values_of_another_graph_can_be_taken() {
    let setting = Setting::new();
    let text = PROMPT.replace("oak port", "ash port");
    let other = setting.served.post("/api/tokenize", &json!({ "model": "two-hop", "text": text }));
    assert_eq!(other.status, 200, "{}", other.text());
    let made = setting.served.done("/api/graphs", &crate::support::trace_of(&text));
    let other = made["graph"].as_str().unwrap();
    let head = setting.served.ok(&format!("/api/graphs/{other}"));
    let end = head["counts"]["features"].as_u64().unwrap();
    let nodes: Vec<u64> = (0..end).step_by(7).collect();
    let swap = json!({ "edits": [],
        "swap": { "graph": other, "nodes": nodes, "times": 1.0, "from_end": true } });
    let run = setting.run(&setting.ask("scale", 1.0, swap));
    assert!(number(&run["result"]["shift"]["kl_nats"]) > 0.0);
}

#[test]
fn a_validation_fills_the_matrix_and_judges_edges() {
    let setting = Setting::new();
    let ask = json!({ "kind": "validate", "n_features": 4, "doses": [0.0],
        "groups": [{ "id": "later", "name": "Later", "nodes": setting.later }] });
    let run = setting.run(&ask);
    let result = &run["result"];
    assert_eq!(result["partial"], false);
    let cases = result["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    assert_eq!(cases[4]["group"], "later");
    assert!(cases.iter().all(|case| !case["control"].as_array().unwrap().is_empty()));
    let columns = result["columns"].as_array().unwrap();
    assert_eq!(columns[0], "later");
    for cell in result["cells"].as_array().unwrap() {
        let (said, found) = (number(&cell["predicted"]), number(&cell["measured"]));
        let control = number(&cell["control"]).abs();
        let expected = if found.abs() <= control {
            "weak"
        } else if said * found < 0.0 {
            "contradicted"
        } else if found.abs() >= 0.5 * said.abs() && said != 0.0 {
            "supported"
        } else {
            "weak"
        };
        assert_eq!(cell["verdict"], expected, "{cell}");
    }
    assert!(!result["cells"].as_array().unwrap().is_empty());
    let mlps = result["ladder"].as_array().unwrap().iter().find(|row| row["rung"] == "mlps");
    assert!(number(&mlps.unwrap()["spearman"]) > 0.5, "{result}");
    let list = setting.served.ok(&format!("/api/graphs/{}/runs", setting.id));
    assert_eq!((&list[0]["validates"], &list[0]["number"]), (&json!(true), &json!(1)));
}

#[test]
fn a_cancelled_job_ends_and_keeps_what_it_has() {
    let setting = Setting::new();
    let values: Vec<f64> = (0..4000).map(|at| f64::from(at) / 100.0).collect();
    let sweep = json!({ "sweep": { "kind": "dose", "values": values } });
    let path = format!("/api/graphs/{}/runs", setting.id);
    let job = |got: Value| got["job"].as_str().unwrap().to_owned();
    let first = job(setting.served.ask(&path, &setting.ask("scale", 0.0, sweep.clone())));
    let second = job(setting.served.ask(&path, &setting.ask("scale", 0.0, sweep)));
    let cancel = |id: &str| setting.served.send("DELETE", &format!("/api/jobs/{id}"), &[], b"");
    assert_eq!(cancel(&second).json()["state"], "cancelled", "it had not begun");
    assert_eq!(cancel(&first).status, 200);
    let ended = setting.served.wait(&first);
    assert_ne!(ended["state"], "failed", "{ended}");
    if !ended["result"].is_null() {
        let number = &ended["result"]["run"];
        let run = setting.served.ok(&format!("{path}/{number}"));
        assert_eq!(run["result"]["sweep"]["partial"], ended["result"]["partial"]);
    }
    assert_eq!(setting.served.wait(&second)["result"], Value::Null);
}

#[test]
fn runs_that_make_no_sense_do_not_begin() {
    let setting = Setting::new();
    let path = format!("/api/graphs/{}/runs", setting.id);
    let token = graph().nodes().token(0).get();
    let nothing = json!({ "kind": "intervene", "groups": [],
        "edits": [{ "nodes": [token], "how": "ablate" }] });
    let what = setting.served.post(&path, &nothing).refused(400);
    assert_eq!(what, "no feature is to be changed");
    assert!(matches!(graph().nodes().node(NodeIdx::new(token)), Node::Token { .. }));
    setting.served.post(&path, &json!({ "kind": "dance" })).refused(400);
    setting.served.post(&path, &json!({ "kind": "validate", "groups": [] })).refused(400);
    let long = setting.ask("ablate", 0.0, json!({ "n_tokens": 100_000 }));
    setting.served.post(&path, &long).refused(400);
    // What only the model can tell fails as a job, with its sentence.
    let free = setting.ask("ablate", 0.0, json!({ "mode": "direct", "attention": "free" }));
    let job = setting.served.ask(&path, &free)["job"].as_str().unwrap().to_owned();
    let failed = setting.served.wait(&job);
    assert_eq!(failed["state"], "failed");
    assert!(failed["error"]["what"].as_str().unwrap().starts_with("attention is to be free"));
    assert_eq!(setting.served.ok(&path), json!([]));
}
