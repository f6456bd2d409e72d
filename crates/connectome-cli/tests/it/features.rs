//! `connectome features`: an index of the shipped dictionary, and what is asked of it.

use std::collections::HashMap;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

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

// Text that is not UTF-8 in places is read without these places, and that is said, with the file.
#[test]
fn places_that_are_not_utf8_are_left_out_and_that_is_said() {
    let place = Place::new();
    std::fs::write(place.path("text.txt"), [TEXT.as_bytes(), b"caf\xe9\nb\xff\n"].concat())
        .unwrap();
    let args = ["features", "collect", "--data", "text.txt", "--out", "a.features"];
    let ran = place.ok(&args);
    let note = "2 documents are not UTF-8 and are left out: `text.txt`";
    assert!(ran.stderr.contains(note), "{}", ran.stderr);
    place.ok(&["features", "list", "--features", "a.features"]);
    let whole = ["features", "collect", "--data", "text.txt", "--cut", "files", "--out", "b"];
    place.refused(&whole, "no documents in `text.txt`", "");
}

/// A file of grids over two values from 0 to 19: on 3 mod 10, on sums that are 2 mod 5, and on
/// values from 5 to 7.
fn grids(place: &Place) {
    let fires: [fn(u32, u32) -> bool; 3] =
        [|a, _| a % 10 == 3, |a, b| (a + b) % 5 == 2, |a, _| (5..8).contains(&a)];
    let (mut cells, mut starts) = (Vec::new(), vec![0_u64]);
    for fires in fires {
        cells.extend((0..400_u32).filter(|cell| fires(cell / 20, cell % 20)));
        starts.push(cells.len() as u64);
    }
    let words = |numbers: &[u32]| numbers.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
    let ones = |n: usize| 1.0_f32.to_le_bytes().repeat(n);
    let starts: Vec<u8> = starts.iter().flat_map(|n| n.to_le_bytes()).collect();
    let columns = [
        ("layer", Dtype::U32, words(&[0, 0, 1])),
        ("index", Dtype::U32, words(&[4, 7, 2])),
        ("firing_start", Dtype::U64, starts),
        ("activation", Dtype::F32, ones(cells.len())),
        ("cell", Dtype::U32, words(&cells)),
        ("answer", Dtype::U32, words(&[0; 400])),
        ("answer_probability", Dtype::F32, ones(400)),
    ];
    let values: Vec<String> = (0..20).map(|value| value.to_string()).collect();
    let card = json!({
        "format": "connectome-grids", "version": 1, "template": "{a} + {b} =",
        "values": [values, values], "position": -1,
        "model": "m", "dictionary": "d", "answers": [[0, ""]],
    });
    let views = columns.iter().map(|(name, dtype, bytes)| {
        let n = bytes.len() / (dtype.bitsize() / 8);
        (*name, TensorView::new(*dtype, vec![n], bytes).unwrap())
    });
    let entry = HashMap::from([("connectome".to_owned(), card.to_string())]);
    let file = safetensors::serialize(views, Some(entry)).unwrap();
    std::fs::write(place.path("a.grids"), file).unwrap();
}

#[test]
fn features_that_look_at_remainders_are_counted_and_listed_alone() {
    let place = Place::new();
    grids(&place);
    let load = ["features", "grid", "--load", "a.grids"];
    let report = |flags: &[&str]| place.json(&[&load[..], flags].concat());
    let ids = |report: &Value| -> Vec<String> {
        let features = report["features"].as_array().unwrap().iter();
        features.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    let all = report(&[]);
    assert_eq!(all["moduli"], json!({ "5": 1, "10": 1 }));
    assert_eq!(ids(&all), ["L0/4", "L1/2", "L0/7"]);
    assert_eq!(ids(&report(&["--modulus", "any"])), ["L0/4", "L0/7"]);
    assert_eq!(ids(&report(&["--modulus", "5"])), ["L0/7"]);
    assert_eq!(ids(&report(&["--modulus", "10", "--class", "sum"])), [""; 0]);
    let page = place.ok(&load).stdout;
    assert!(page.contains("2 of them look at remainders: mod 5 1, mod 10 1."), "{page}");
    place.refused(&[&load[..], &["--modulus", "7"]].concat(), "`7`", "--help");
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

    // Cantor's number of layer 3 and index 511 is 132,866.
    place.ok(&["features", "export", "plain", "--plain", "--features", "a.features", "-q"]);
    assert!(place.path("plain/132866.json").exists());
    place.ok(&["features", "import", "plain", "--out", "c.features", "-q"]);
    let back = shown("c.features");
    assert_eq!((&back["groups"], &back["label"]), (&ours["groups"], &ours["label"]));
    let again = ["features", "export", "plain", "--plain", "--features", "a.features"];
    place.refused(&again, "the folder is not empty", "docs/features.md");
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
