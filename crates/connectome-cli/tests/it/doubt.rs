//! `connectome doubt`: every panel, its document, and what is refused.

use std::fmt::Write as _;

use serde_json::Value;

use crate::shapes::check;
use crate::support::{Place, finish};

const OTHER: &str = "the capital of the state containing eagle crest is";

/// Questions of the shipped model's world about a few cities of every state.
fn questions(per_state: usize) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../connectome/assets/two-hop/world.json");
    let world: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut taken: std::collections::BTreeMap<String, usize> = Default::default();
    let mut lines = Vec::new();
    for fact in world["facts"].as_array().unwrap() {
        let text = |key: &str| fact[key].as_str().unwrap().to_owned();
        let n = taken.entry(text("state")).or_default();
        if text("split") != "train" || *n == per_state {
            continue;
        }
        *n += 1;
        for asks in ["capital", "bird"] {
            let prompt = format!("the {asks} of the state containing {} is", text("city"));
            lines.push(serde_json::json!({
                "prompt": prompt, "answer": text(asks), "value": text("state"), "asks": asks,
            }));
        }
    }
    lines
}

fn write(place: &Place, name: &str, lines: &[Value]) {
    let mut text = String::new();
    lines.iter().for_each(|line| writeln!(text, "{line}").unwrap());
    std::fs::write(place.path(name), text).unwrap();
}

/// Every doubt at once.
fn all() -> Vec<&'static str> {
    vec![
        "doubt",
        "oak.graph",
        "--random",
        "1",
        "--another",
        "two-hop/clt",
        "--neurons",
        "20",
        "--directions",
        "4",
        "--from",
        "token:7,token:8",
        "--middle",
        "L2/370@9,L2/343@9",
        "--against",
        OTHER,
        "--controls",
        "4",
        "--spans",
        "7..8,8..9",
        "--prompts",
        "cities.jsonl",
        "--pairs",
        "40",
        "--plot",
        "cities.svg",
    ]
}

#[test]
fn every_doubt_has_a_panel_and_a_document() {
    let place = Place::new();
    place.oak();
    write(&place, "cities.jsonl", &questions(2));
    let report = place.json(&all());
    check(&report, include_str!("shapes/doubt.txt"), "doubt");
    assert_eq!((&report["partial"], &report["not_asked"]), (&false.into(), &Value::Array(vec![])));

    // What is known of the shipped model.
    let place_rows = report["where"]["layers"].as_array().unwrap();
    let at_is = |layer: usize| place_rows[layer]["cells"][9]["expected_rate"].as_f64().unwrap();
    assert!(at_is(0) == 0.0 && at_is(3) > 0.9 && at_is(4) == 0.0, "{place_rows:?}");
    assert_eq!(report["where"]["positions"][9]["text"], "is");
    assert_eq!(report["where"]["positions"][7]["text"], Value::Null);
    let others = report["another"]["others"].as_array().unwrap();
    let kinds: Vec<&str> = others.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["given", "random", "neurons"]);
    // The same dictionary tells the same story.
    let same = &others[0]["agreement"];
    assert!((same["token_effects"]["cosine"].as_f64().unwrap() - 1.0).abs() < 1e-6, "{same}");
    assert_eq!(report["interaction"][0]["a"]["text"], "oak");
    assert_eq!(report["mediated"][0]["sources"], serde_json::json!(["token:7", "token:8"]));

    let page = place.ok(&all()).stdout;
    for line in [
        "Does the replacement agree with the model here?",
        "Does it behave like the model when it is pushed?",
        "Would another dictionary tell the same story?",
        "Mediated or direct?",
        "Inhibited or outcompeted?",
        "Do two parts of the prompt only add up?",
        "Where does the variable really live?",
        "random decoders, seed 0",
        "neurons, 20 a place",
        "a = oak, b = port",
    ] {
        assert!(page.contains(line), "no `{line}` in\n{page}");
    }
    let readings = page.lines().filter(|line| line.starts_with("  →")).count();
    assert_eq!(readings, 7, "{page}");
    assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");

    let svg = std::fs::read_to_string(place.path("cities.svg")).unwrap();
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"), "{svg}");
    assert_eq!(svg.matches("<rect class=\"cell").count(), 50, "{svg}");
}

#[test]
fn what_is_not_asked_is_told_and_what_is_asked_alone_stands_alone() {
    let place = Place::new();
    place.oak();
    let report = place.json(&["doubt", "oak.graph", "--only", "agree"]);
    assert!(report["agree"]["top_1"].as_f64().unwrap() > 0.8, "{report}");
    assert!(report.get("push").is_none() && report.get("where").is_none());
    let left = report["not_asked"].as_array().unwrap();
    let needs: Vec<Option<&str>> = left.iter().map(|one| one["needs"].as_str()).collect();
    let flags = [Some("--middle"), Some("--against"), Some("--spans"), Some("--prompts")];
    assert_eq!(needs, [&[None, None][..], &flags].concat());
    let page = place.ok(&["doubt", "oak.graph", "--only", "agree"]).stdout;
    assert!(page.contains("Not asked") && page.contains("where (--prompts)"), "{page}");
}

#[test]
fn the_same_doubts_give_the_same_bytes() {
    let place = Place::new();
    place.oak();
    write(&place, "cities.jsonl", &questions(1));
    let args = [&all()[..], &["--json"]].concat();
    let first = place.ok(&args).stdout;
    assert_eq!(first, place.ok(&[&args[..], &["--threads", "1"]].concat()).stdout);
    let other = place.ok(&[&args[..], &["--seed", "1"]].concat()).stdout;
    assert_ne!(first, other);
}

#[test]
fn doubts_that_cannot_be_asked_are_refused() {
    let place = Place::new();
    place.oak();
    let refused = |args: &[&str], sentence: &str, hint: &str| {
        place.refused(&[&["doubt", "oak.graph"], args].concat(), sentence, hint);
    };
    refused(&["--only", "where"], "cannot be asked without `--prompts`", "--help");
    refused(&["--only", "mediated"], "cannot be asked without `--middle`", "--help");
    refused(&["--middle", "say a capital"], "no supernode `say a capital`", "supernode");
    refused(&["--middle", "token:7@3"], "is no node of the graph", "paths --help");
    refused(
        &["--only", "mediated", "--middle", "error:L1@4"],
        "node `error:L1@4` is no feature",
        "features",
    );
    refused(&["--spans", "3..5"], "`3..5` are no two spans", "--spans 3..5,7..9");
    refused(
        &["--only", "interaction", "--spans", "3..5,9..12"],
        "positions 9..12 are not a range within 0..10",
        "count from 0",
    );
    refused(
        &["--only", "interaction", "--spans", "3..5,4..6"],
        "positions 3..5 and 4..6 overlap",
        "apart",
    );
    refused(&["--only", "push", "--push-size", "0"], "size of the push is 0", "--help");
    refused(&["--only", "push", "--push-layer", "4"], "layer 4 is outside the 4", "inspect");
    refused(&["--only", "push", "--push-position", "10"], "position 10 is outside", "from 0");
    refused(&["--absent", "Dallas"], "`Dallas`", "");
    place.refused(&["doubt", "none.graph"], "cannot read `none.graph`", "path");
}

#[test]
fn a_dictionary_that_does_not_fit_is_refused() {
    let place = Place::new();
    place.oak();
    place.golden("llama_clt_relu");
    let args = ["doubt", "oak.graph", "--only", "another", "--another", "transcoders"];
    place.refused(&args, "the dictionary's width is", "");
    let args = ["doubt", "oak.graph", "--only", "another", "--another", "./nowhere"];
    place.refused(&args, "nowhere", "");
}

#[test]
fn tables_that_make_no_sense_are_refused() {
    let place = Place::new();
    place.oak();
    let args = ["doubt", "oak.graph", "--only", "where", "--prompts", "t.jsonl"];
    let refused = |lines: &[Value], sentence: &str, hint: &str| {
        write(&place, "t.jsonl", lines);
        place.refused(&args, sentence, hint);
    };
    place.refused(&args, "cannot read `t.jsonl`", "path");
    refused(&[], "the table of prompts is empty", "");
    refused(&[serde_json::json!({"prompt": "x"})], "line 1 is no row of a table", "JSON");
    refused(&[serde_json::json!(3)], "line 1 is no row of a table", "JSON");
    let mut lines = questions(1);
    lines[3]["answer"] = "two words".into();
    refused(&lines, "prompt 4 of the table", "");
    // Prompts of one value lend each other nothing.
    let lines = questions(1);
    refused(&lines[..1], "no two differ in their value", "answers");
    // One city has a word more.
    let mut lines = questions(1);
    lines[0]["prompt"] = "the the capital of the state containing oak port is".into();
    lines[1]["prompt"] = "the the bird of the state containing oak port is".into();
    write(&place, "t.jsonl", &lines);
    place.refused(&args, "and no alignment of their positions was given", "count from the end");
    let from_end = [&args[..], &["--positions", "-1,-2", "--layers", "2,3"]].concat();
    let report = place.json(&from_end);
    assert_eq!(report["where"]["positions"][0]["pos"], -1);
    assert!(report["where"]["layers"][1]["cells"][0]["expected_rate"].as_f64().unwrap() > 0.9);
}

#[cfg(unix)]
#[test]
fn a_second_prompt_that_the_model_does_not_know_is_told() {
    let place = Place::new();
    place.oak();
    let args = ["doubt", "oak.graph", "--only", "inhibited", "--against", "the capital of X is"];
    let ran = finish(place.command().args(args));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("`X` is not in the vocabulary"), "{}", ran.stderr);
}
