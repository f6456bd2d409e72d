//! The shape of every document: its keys and the types of its values, in `shapes/*.txt`.
//!
//! A key that goes, or changes its type, breaks somebody's script. Change a snapshot by hand,
//! and say so in the changelog.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{PROMPT, Place};

/// One line a path: `scores.replacement.value  number`. Elements of a list count as one.
fn shape(value: &Value) -> String {
    let mut lines: BTreeMap<String, Vec<&'static str>> = BTreeMap::new();
    collect(value, String::new(), &mut lines);
    let line = |(path, types): (String, Vec<&str>)| format!("{path}  {}\n", types.join(" or "));
    lines.into_iter().map(line).collect()
}

fn collect(value: &Value, path: String, lines: &mut BTreeMap<String, Vec<&'static str>>) {
    let name = match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(values) => {
            let inner = format!("{path}[]");
            return values.iter().for_each(|value| collect(value, inner.clone(), lines));
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                let dot = if path.is_empty() { "" } else { "." };
                collect(value, format!("{path}{dot}{key}"), lines);
            }
            return;
        }
    };
    let types = lines.entry(path).or_default();
    if !types.contains(&name) {
        types.push(name);
        types.sort_unstable();
    }
}

pub(crate) fn check(found: &Value, expected: &str, name: &str) {
    let found = shape(found);
    let new: Vec<&str> = found.lines().filter(|line| !expected.contains(line)).collect();
    let gone: Vec<&str> = expected.lines().filter(|line| !found.contains(line)).collect();
    assert!(found == expected, "the shape of {name} has changed: new {new:#?}, gone {gone:#?}");
}

#[test]
fn documents_keep_their_shapes() {
    let place = Place::new();
    let trace = place.json(&["trace", PROMPT, "--output", "oak.graph"]);
    check(&trace, include_str!("shapes/trace.txt"), "trace");
    let budget = place.json(&["trace", PROMPT, "--max-feature-nodes", "50"]);
    check(&budget, include_str!("shapes/trace_budget.txt"), "trace_budget");
    let report = place.json(&["prune", "oak.graph"]);
    check(&report, include_str!("shapes/prune.txt"), "prune");
    let report = place.json(&["score", "oak.graph"]);
    check(&report, include_str!("shapes/score.txt"), "score");
    place.ok(&["trace", "the bird of the state containing oak port is", "-o", "bird.graph"]);
    let report = place.json(&["compare", "oak.graph", "bird.graph"]);
    check(&report, include_str!("shapes/compare.txt"), "compare");
    let report = place.json(&["paths", "oak.graph"]);
    check(&report, include_str!("shapes/paths.txt"), "paths");
    let report = place.json(&["paths", "oak.graph", "oak", "Alder"]);
    check(&report, include_str!("shapes/paths_between.txt"), "paths_between");
    let intervene = ["intervene", "--graph", "oak.graph", "--ablate", "L1/*@9"];
    let other =
        ["--residual", "2@9", "--from", "the capital of the state containing cold ridge is"];
    let figure = ["--generate", "2", "--samples", "2", "--figure", "oak.svg"];
    let report = place.json(&[&intervene[..], &other, &figure].concat());
    check(&report, include_str!("shapes/intervene.txt"), "intervene");
    let sweep = ["intervene", PROMPT, "--scale", "L1/*@9", "--sweep", "dose=0,1"];
    let report = place.json(&sweep);
    check(&report, include_str!("shapes/intervene_sweep.txt"), "intervene_sweep");
    let report = place.json(&["group", "oak.graph", "state", "L2/370@9"]);
    check(&report, include_str!("shapes/group.txt"), "group");
    let report = place.json(&["inspect", "oak.graph"]);
    check(&report, include_str!("shapes/inspect_graph.txt"), "inspect_graph");
    let report = place.json(&["inspect", "oak.graph", "--node", "L2/370@9"]);
    check(&report, include_str!("shapes/inspect_node.txt"), "inspect_node");
    let report = place.json(&["inspect", "oak.graph", "--edge", "oak", "Alder", "--heads"]);
    check(&report, include_str!("shapes/inspect_edge.txt"), "inspect_edge");
    let report = place.json(&["inspect", "two-hop"]);
    check(&report, include_str!("shapes/inspect_shipped.txt"), "inspect_shipped");
    let report = place.json(&["validate", "oak.graph", "--features", "6", "--no-save"]);
    check(&report, include_str!("shapes/validate.txt"), "validate");
    let args = ["export", "oak.graph", "--format", "json", "--output", "oak.json"];
    check(&place.json(&args), include_str!("shapes/export.txt"), "export");
    let report = place.json(&["import", "oak.json", "--output", "again.graph"]);
    check(&report, include_str!("shapes/import.txt"), "import");
    let report = place.json(&["hub", "list"]);
    check(&report, include_str!("shapes/hub_list.txt"), "hub_list");
}
