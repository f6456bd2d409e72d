use connectome::probe::Grids;
use serde_json::{Value, json};

use crate::support::{Served, collected};

const TEMPLATE: &str = "the {what} of the state containing oak {place} is";

fn ask(more: &Value) -> Value {
    let mut ask = json!({
        "model": "two-hop", "template": TEMPLATE, "first": "capital,bird,river",
        "second": "port,gate,ville,brook", "position": -1, "min_cells": 2
    });
    ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    ask
}

fn name(feature: &Value) -> String {
    format!("L{}/{}", feature["layer"], feature["index"])
}

#[test]
fn a_probe_is_run_kept_listed_and_thrown_away() {
    let served = Served::new();
    assert_eq!(served.ok("/api/probes"), json!([]));
    let made = served.done("/api/probes", &ask(&json!({})));
    assert_eq!((&made["probe"], &made["graph"]), (&json!(1), &Value::Null));
    let probe = served.ok("/api/probes/1");
    assert_eq!((&probe["slots"], &probe["sums_right"]), (&json!(["what", "place"]), &Value::Null));
    assert_eq!(probe["values"][1][3], "brook");
    let features = probe["features"].as_array().unwrap();
    let by_class: u64 =
        probe["classes"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert!(!features.is_empty() && by_class as usize == features.len());
    // The file beside it is what the command line reads, and the numbers are the file's.
    let path = served.store().join("probes/000001.grids");
    let grids = Grids::read(&path).unwrap();
    assert_eq!(grids.features(2).count(), features.len());
    let names: Vec<String> = features.iter().take(3).map(name).collect();
    let sent = served.ok(&format!("/api/probes/1/grids?features={}", names.join(",")));
    for (at, feature) in features.iter().take(3).enumerate() {
        let grid = grids.grid(names[at].parse().unwrap());
        let mut dense = vec![0.0; grid.cells.len()];
        let (cells, activations) = (&sent["grids"][at]["cells"], &sent["grids"][at]["activations"]);
        for (cell, activation) in
            cells.as_array().unwrap().iter().zip(activations.as_array().unwrap())
        {
            dense[cell.as_u64().unwrap() as usize] = activation.as_f64().unwrap() as f32;
        }
        assert_eq!(dense, grid.cells);
        assert_eq!(feature["n_cells"], cells.as_array().unwrap().len());
    }
    let answers = served.ok("/api/probes/1/answers");
    let said = answers["answers"][0].as_u64().unwrap() as usize;
    assert_eq!(answers["texts"][said], grids.answer_text(grids.answers[0].token));
    assert_eq!(answers["probabilities"].as_array().unwrap().len(), 12);
    let rows = served.ok("/api/probes");
    assert_eq!((&rows[0]["template"], &rows[0]["n_values"]), (&json!(TEMPLATE), &json!([3, 4])));
    let probe = served.ok("/api/probes/1");
    let deleted = served.send("DELETE", "/api/probes/1", &[], b"").json();
    assert_eq!(deleted["trash"], "probe-000001");
    served.get("/api/probes/1").refused(404);
    assert!(!path.exists());
    // Its number is not given to another while it can come back.
    served.done("/api/probes", &ask(&json!({})));
    assert_eq!(served.ok("/api/probes")[0]["number"], 2);
    assert_eq!(served.ok("/api/trash")[0]["title"], TEMPLATE);
    assert_eq!(served.post("/api/trash/probe-000001", &json!({})).status, 204);
    assert_eq!(served.ok("/api/probes/1"), probe);
    assert!(path.exists());
    assert_eq!(served.ok("/api/trash"), json!([]));
}

#[test]
fn features_that_are_asked_for_are_judged_wherever_they_fire() {
    let served = Served::new();
    std::fs::write(served.store().join("a.features"), collected()).unwrap();
    let wanted = json!({ "features": [{ "layer": 2, "index": 370 }, { "layer": 0, "index": 0 }] });
    served.done("/api/probes", &ask(&wanted));
    let probe = served.ok("/api/probes/1");
    let names: Vec<String> = probe["features"].as_array().unwrap().iter().map(name).collect();
    assert_eq!(names, ["L0/0", "L2/370"]);
    let label = served.ok("/api/features/two-hop/2/370")["label"].clone();
    assert_eq!(probe["features"][1]["label"], label);
    let command = probe["command"].as_str().unwrap();
    assert!(command.starts_with(&format!("connectome features grid '{TEMPLATE}' ")), "{command}");
    assert!(command.contains("--feature L2/370 --feature L0/0 --model two-hop"), "{command}");
}

/// A word that the model does not know is told, not passed over.
#[test]
fn what_the_model_cannot_read_is_said() {
    let served = Served::new();
    served.done("/api/probes", &ask(&json!({ "second": "port,zebra" })));
    let notes = served.ok("/api/probes/1")["notes"].clone();
    let notes = notes.as_array().unwrap();
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].as_str().unwrap().contains("`zebra` is not in the vocabulary"), "{notes:?}");
}

#[test]
fn probes_that_make_no_sense_are_refused_before_they_wait() {
    let served = Served::new();
    let refused = |more: Value, part: &str| {
        let what = served.post("/api/probes", &ask(&more)).refused(400);
        assert!(what.contains(part), "{what}");
    };
    refused(json!({ "template": "no slots" }), "0 slots");
    refused(json!({ "template": "{a} {b" }), "is not closed");
    refused(json!({ "first": "1..1" }), "slot `what` has 0 values");
    refused(json!({ "first": "a,,b" }), "neither a range");
    refused(json!({ "position": 40 }), "position 40 is outside");
    refused(json!({ "position": 0 }), "where no feature is used");
    refused(json!({ "features": [{ "layer": 9, "index": 0 }] }), "layer 9");
    refused(json!({ "features": [{ "layer": 0, "index": 512 }] }), "512");
    served.post("/api/probes", &ask(&json!({ "model": "nobody" }))).refused(404);
    served.get("/api/probes/x").refused(404);
    served.get("/api/probes/7/grids?features=L0/0").refused(404);
    assert_eq!(served.ok("/api/jobs"), json!([]));
    let read_only = Served::with(|settings| settings.read_only = true);
    read_only.post("/api/probes", &ask(&json!({}))).refused(403);
}
