//! `connectome features`: an index of the shipped dictionary, and what is asked of it.

use serde_json::Value;

use crate::support::{PROMPT, Place, finish};

/// A text whose words the shipped model knows.
const TEXT: &str = "the capital of the state containing oak port is Alder\n\
                    the bird of the state containing oak port is falcon\n\
                    the river of the state containing cold ridge is Vyrnwy\n";

/// An index of a few sentences: quick to make.
fn collected(place: &Place) -> Value {
    std::fs::write(place.path("text.txt"), TEXT).unwrap();
    place.json(&["features", "collect", "--data", "text.txt", "--out", "a.features"])
}

fn strongest(place: &Place) -> String {
    let found = place.json(&["features", "search", PROMPT, "--features", "a.features"]);
    found["features"][0]["id"].as_str().unwrap().to_owned()
}

#[test]
fn an_index_is_collected_shown_listed_and_searched() {
    let place = Place::new();
    let report = collected(&place);
    assert_eq!((&report["sequences"], &report["layers"]), (&3.into(), &4.into()));
    // Ten words each; what opens a text is not used.
    assert_eq!(report["tokens"], 30);
    assert!(!place.path("a.features.partial").exists());

    let found = place.json(&["features", "search", PROMPT, "--features", "a.features"]);
    assert_eq!(found["features"].as_array().unwrap().len(), 20);
    assert!(found["total"].as_u64().unwrap() > 100);
    let first = &found["features"][0];
    assert!(first["share_of_max"].as_f64().unwrap() <= 1.0 + 1e-4, "{first}");
    let last = found["tokens"].as_array().unwrap().len() - 1;
    let there = ["features", "search", PROMPT, "--features", "a.features", "--position", "-1"];
    for one in place.json(&there)["features"].as_array().unwrap() {
        let firings = one["firings"].as_array().unwrap();
        assert!(firings.iter().any(|at| at["position"] == last), "{one}");
    }

    let id = strongest(&place);
    let shown = place.json(&["features", "show", &id, "--features", "a.features"]);
    let groups = shown["groups"].as_array().unwrap();
    assert_eq!(groups[0]["name"], "Top activations");
    let example = &groups[0]["examples"][0];
    let peak = example["peak"].as_u64().unwrap() as usize;
    let (max, found) = (shown["max"].as_f64(), example["activations"][peak].as_f64());
    assert!((max.unwrap() - found.unwrap()).abs() < 1e-6);
    assert_eq!(shown["top_logits"].as_array().unwrap().len(), 10);
    let text = place.ok(&["features", "show", &id, "--features", "a.features"]).stdout;
    assert!(text.contains('«') && text.contains("raises logits"), "{text}");

    let listed = place.json(&["features", "list", "--features", "a.features", "--layer", "2"]);
    let features = listed["features"].as_array().unwrap();
    assert!(features.iter().all(|one| one["id"].as_str().unwrap().starts_with("L2/")));
    let named = place.json(&["features", "list", "\"is\"", "--features", "a.features"]);
    for one in named["features"].as_array().unwrap() {
        assert!(one["label"]["text"].as_str().unwrap().contains("\"is\""));
        assert!(one["label"]["source"].as_str().unwrap().starts_with("automatic"));
    }
}

#[test]
fn the_usual_place_is_found_without_a_flag() {
    let place = Place::new();
    let name = "two-hop-clt.features";
    place.refused(&["features", "show", "L2/370"], &format!("at `{name}`"), "features collect");
    std::fs::write(place.path("text.txt"), TEXT).unwrap();
    place.ok(&["features", "collect", "--data", "text.txt", "-q"]);
    assert!(place.path(name).exists());
    let id = place.json(&["features", "search", PROMPT])["features"][0]["id"].clone();
    place.ok(&["features", "show", id.as_str().unwrap()]);
}

#[test]
fn names_stand_in_traces_and_paths() {
    let place = Place::new();
    collected(&place);
    let with = ["--features", "a.features"];
    let trace = place.json(&[&["trace", PROMPT, "--output", "oak.graph"], &with[..]].concat());
    let text = trace.to_string();
    let labels = text.matches("\"label\":\"at ").count();
    assert!(labels > 3, "{labels} names in {text}");
    let paths = place.json(&[&["paths", "oak.graph"], &with[..]].concat()).to_string();
    assert!(paths.contains("\"label\":\"at "), "{paths}");
    // Names are for reading: the graph's file has none that a person did not give.
    assert!(!place.json(&["paths", "oak.graph"]).to_string().contains("\"label\":\"at "));
    let other = ["trace", PROMPT, "--model", "one-token", "--features", "a.features"];
    place.refused(&other, "is of `two-hop/clt (4×512)`", "--transcoder");
}

#[test]
fn weights_have_neighbours_of_both_sides() {
    let place = Place::new();
    collected(&place);
    let id = place.json(&[
        "features",
        "search",
        PROMPT,
        "--features",
        "a.features",
        "--layer",
        "1",
    ])["features"][0]["id"]
        .clone();
    let id = id.as_str().unwrap();
    let report = place.json(&["features", "weights", id, "--features", "a.features"]);
    for (side, below) in [("inputs", true), ("outputs", false)] {
        for list in ["by_weight", "by_twera"] {
            let all = report[side][list].as_array().unwrap();
            assert!(!all.is_empty(), "{side} {list}");
            for one in all {
                let is_below = one["id"].as_str().unwrap().starts_with("L0/");
                assert_eq!(is_below, below, "{side}: {one}");
            }
        }
    }
    let bare = place.json(&["features", "weights", id]);
    assert!(bare["inputs"]["by_twera"].is_null() && bare["index"].is_null());
}

#[test]
fn a_grid_is_kept_drawn_and_loaded_again() {
    let place = Place::new();
    let template = "the {x} of the state containing oak {y} is";
    let values = ["--first", "capital,bird,river", "--second", "port,gate,ville,brook"];
    let drawn = ["--out", "a.grids", "--svg", "a.svg", "--png", "plots", "--min-cells", "2"];
    let report = place.json(&[&["features", "grid", template], &values[..], &drawn[..]].concat());
    assert_eq!((&report["cells"], &report["sums_right"]), (&12.into(), &Value::Null));
    let features = report["features"].as_array().unwrap();
    let drawn: Vec<_> = std::fs::read_dir(place.path("plots")).unwrap().collect();
    assert_eq!(drawn.len(), features.len());
    let svg = std::fs::read_to_string(place.path("a.svg")).unwrap();
    assert_eq!(svg.matches("class=\"frame\"").count(), features.len());
    let id = features[0]["id"].as_str().unwrap();
    let again = place.json(&["features", "grid", "--load", "a.grids", "--feature", id]);
    assert_eq!(again["features"][0], features[0]);
}

#[test]
fn a_features_folder_goes_out_and_comes_in() {
    let place = Place::new();
    collected(&place);
    let id = strongest(&place);
    place.ok(&["features", "export", "out", "--features", "a.features", "-q"]);
    place.ok(&["features", "import", "out", "--out", "b.features", "-q"]);
    let shown = |file: &str| place.json(&["features", "show", &id, "--features", file]);
    let (ours, back) = (shown("a.features"), shown("b.features"));
    assert_eq!((&back["groups"], &back["label"]), (&ours["groups"], &ours["label"]));
    let again = ["features", "export", "out", "--features", "a.features"];
    place.refused(&again, "has a `index.json.gz` already", "docs/features.md");
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let place = Place::new();
    collected(&place);
    let index = ["--features", "a.features"];
    let refused = |args: &[&str], sentence: &str, hint: &str| {
        place.refused(&[&["features"], args].concat(), sentence, hint);
    };
    refused(&[&["show", "L9/1"], &index[..]].concat(), "no feature L9/1: there are 4", "L2/370");
    refused(&[&["show", "oak"], &index[..]].concat(), "`oak`", "layer and index");
    refused(&["show", "L2/1", "--features", "text.txt"], "not a feature index", "collect");
    refused(&["show", "L2/1", "--features", "none"], "cannot read `none`", "path");
    refused(&[&["list", "--layer", "4"], &index[..]].concat(), "layer 4 is outside", "inspect");
    refused(&["collect", "--elegans", "nobody"], "nobody", "models");
    refused(&["collect", "--data", "text.txt", "--strongest", "0"], "`strongest` is 0", "--help");
    refused(&["collect", "--data", "text.txt", "--tokens", "x"], "`--tokens` is x", "--help");
    refused(&["grid", "no slots"], "has 0 slots", "{a}");
    refused(&["grid", "{a} {b}", "--first", "5..5"], "slot `a` has 0 values", "0..100");
    refused(&["grid", "--load", "a.features"], "not a file of grids", "grid --out");
    refused(&["import", ".", "--out", "c"], "neither `index.json.gz` nor", "docs/features.md");
    refused(&["grid"], "lacks `<TEMPLATE>`", "features grid --help");
}

// Rows are ids of a vocabulary, which must be the model's.
#[test]
fn rows_of_the_organism_are_for_its_models() {
    let place = Place::new();
    // The nano world has 1,024 tokens, the shipped model 401: it says so, and leaves nothing.
    let args = ["features", "collect", "--elegans", "base", "--world", "nano", "--tokens", "1000"];
    let ran = finish(place.command().args(args));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("is outside the vocabulary of 401"), "{}", ran.stderr);
    assert!(!place.path("two-hop-clt.features").exists());
}
