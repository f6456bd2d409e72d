//! Interventions that make no sense, each with its sentence and hint.

use crate::support::{PROMPT, Place};

const OTHER: &str = "the capital of the state containing stone cliff is";

fn refused(args: &[&str], sentence: &str, hint: &str) {
    Place::new().refused(&[&["intervene", PROMPT], args].concat(), sentence, hint);
}

#[test]
fn layers_positions_and_features_beyond_the_model_are_told() {
    refused(&["--ablate", "L4/1@9"], "layer 4 is outside the 4 layers", "inspect");
    refused(&["--ablate", "L4/*@9"], "layer 4 is outside the 4 layers", "inspect");
    refused(&["--ablate", "L2/512@9"], "L2/512 is outside the 512 features", "inspect");
    refused(&["--ablate", "L2/370@10"], "position 10 is outside the prompt of 10", "-1");
    refused(&["--ablate", "L2/370@-11"], "position -11 is outside the prompt of 10", "-1");
    refused(&["--ablate", "L2/370@5..11"], "positions 5..11 are not a range within 0..10", "3..6");
    refused(&["--ablate", "L2/370@5..5"], "positions 5..5 are not a range", "3..6");
    let ends = ["--ablate", "L2/370@9", "--mode", "constrained", "--layers"];
    refused(&[&ends[..], &["1..5"]].concat(), "layers 1..5 are not a range within 0..4", "3..6");
    refused(&[&ends[..], &["3..1"]].concat(), "layers 3..1 are not a range within 0..4", "3..6");
    refused(&[&ends[..], &["three"]].concat(), "`three` is no range of layers", "inspect");
    let other = ["--from", OTHER, "--residual"];
    refused(&[&other[..], &["5@9"]].concat(), "layer 5 is outside the 4 layers", "inspect");
    refused(&[&other[..], &["2@10"]].concat(), "position 10 is outside the prompt", "-1");
    refused(&[&other[..], &["2"]].concat(), "`2` is no place of the residual stream", "2@7");
    refused(&["--ablate", "L2/370@9", "--position", "10"], "position 10 is outside", "-1");
    refused(
        &["--ablate", "L2/370@9", "--watch", "L2/600@9"],
        "outside the 512 features",
        "inspect",
    );
}

#[test]
fn sets_that_name_nothing_are_told() {
    refused(&[], "changed by nothing", "--ablate L2/50@8");
    refused(&["--ablate", ""], "the set of nodes is empty", "--ablate L2/50@8");
    refused(&["--ablate", "L2/370"], "`L2/370` does not say where", "`L2/370@all`");
    refused(&["--ablate", "state"], "`state` is no feature", "--graph GRAPH");
    refused(&["--ablate", "L2/370@x"], "`x` is no position", "`8..`");
    refused(&["--ablate", "L2/*@0"], "no feature of layer 2 fires at 0", "L2/50@8");
    refused(&["--swap", "", "--from", OTHER], "the set of nodes is empty", "--ablate L2/50@8");
    refused(&["--ablate", "L2/370@generated"], "nothing is generated", "--generate");
    let watch = ["--ablate", "L2/370@9", "--watch", "L2/370@generated"];
    refused(&watch, "cannot be followed", "in the prompt only");
    refused(&["--ablate", "L2/370@9", "--generate", "0"], "the continuation is empty", "--help");
    let place = Place::new();
    place.oak();
    let graph = ["intervene", "--graph", "oak.graph", "--ablate", "state"];
    place.refused(&graph, "`state` is no feature and no supernode", "connectome group");
    place.ok(&["group", "oak.graph", "city", "token:7", "token:8"]);
    place.refused(&graph, "`state` is no feature and no supernode", "`city`");
    let tokens = ["intervene", "--graph", "oak.graph", "--ablate", "city"];
    place.refused(&tokens, "the supernode `city` has no features: only tokens", "connectome group");
    std::fs::write(place.path("edits.json"), "[]").unwrap();
    let empty = ["intervene", "--graph", "oak.graph", "--edits", "edits.json"];
    place.refused(&empty, "changed by nothing", "--ablate L2/50@8");
}

#[test]
fn prompts_that_do_not_line_up_are_told() {
    let longer = "the the capital of the state containing stone cliff is";
    let swap = ["--swap", "L1/*@9", "--from", longer];
    refused(&swap, "the prompts have 11 and 10 tokens", "--align end");
    let residual = ["--residual", "2@9", "--from", longer];
    refused(&residual, "the prompts have 11 and 10 tokens", "--align end");
    let pairs = [&residual[..], &["--align", "8=9"]].concat();
    refused(&pairs, "position 9 has no counterpart in the other prompt of 11 tokens", "3=5,4=6");
    let beyond = [&residual[..], &["--align", "9=11"]].concat();
    refused(&beyond, "position 9 has no counterpart in the other prompt of 11 tokens", "3=5,4=6");
    refused(&[&residual[..], &["--align", "left"]].concat(), "`left` is no alignment", "pairs");
    refused(&["--swap", "L1/*@9"], "`--swap` needs another prompt", "--from");
    refused(&["--residual", "2@9"], "`--residual` needs another prompt", "--from");
    refused(&["--ablate", "L1/*@9", "--from", OTHER], "nothing is taken from it", "--swap NODES");
    let place = Place::new();
    let shorter = "capital of the state containing stone cliff is";
    let args = ["intervene", PROMPT, "--residual", "2@9", "--from", shorter, "--align", "end"];
    let report = place.json(&args);
    assert_eq!(report["intervention"]["residuals"][0]["from_pos"], 8);
}

#[test]
fn contradictory_flags_are_told() {
    let edit = ["--ablate", "L1/*@9"];
    let contradict = |flags: &[&str], sentence: &str| {
        refused(&[&edit[..], flags].concat(), sentence, "leave one of them out");
    };
    contradict(&["--layers", "1..2"], "`--layers` and the default mode, `open` contradict");
    contradict(
        &["--layers", "1..2", "--mode", "direct"],
        "`--layers` and `--mode direct` contradict each other",
    );
    contradict(
        &["--attention", "free", "--mode", "constrained", "--layers", "1..2"],
        "`--attention free` and `--mode constrained` contradict each other",
    );
    contradict(&["--norms", "free", "--mode", "direct"], "`--norms free` and `--mode direct`");
    contradict(&["--sweep", "end-layer"], "`--sweep end-layer` and the default mode");
    contradict(&["--sweep", "dose=0,1"], "`--ablate` and `--sweep dose=…` contradict");
    let ends = ["--mode", "constrained", "--layers", "1..2", "--sweep", "end-layer"];
    contradict(&ends, "`--sweep end-layer` and the end of `--layers`");
    refused(&[&edit[..], &["--mode", "constrained"]].concat(), "needs the layers", "end-layer");
    let twice = ["--scale", "L2/370@9=2"];
    refused(
        &[&twice[..], &["--ablate", "L2/370@8..10"]].concat(),
        "L2/370@9 is edited twice",
        "once",
    );
    let residual = ["--residual", "2@9", "--from", OTHER, "--sweep", "dose=0,1"];
    refused(&residual, "has no number that a sweep could change", "swaps");
    let exclude = |flags: &[&str], sentence: &str| {
        refused(&[&edit[..], flags].concat(), sentence, "intervene --help");
    };
    exclude(&["--sweep", "position", "--generate", "3"], "exclude each other");
    exclude(&["--sweep", "position", "--figure", "x.svg"], "exclude each other");
    exclude(&["--generate", "3", "--greedy", "--seed", "1"], "exclude each other");
    exclude(&["--temperature", "1"], "lacks `--generate <N>`");
    exclude(&["--graph", "x.graph"], "exclude each other");
}

#[test]
fn numbers_that_are_none_are_told() {
    let feature = |flag: &'static str, number: &str, sentence: &str, hint: &str| {
        refused(&[flag, &format!("L2/370@9={number}")], sentence, hint);
    };
    feature("--set", "nan", "the edit of L2/370 holds NaN, expected a finite", "--set L2/50@8=3.5");
    feature("--scale", "inf", "the edit of L2/370 holds inf", "--set L2/50@8=3.5");
    feature("--add", "-inf", "the edit of L2/370 holds -inf", "--set L2/50@8=3.5");
    feature("--add", "much", "`much` is no number, in `--add L2/370@9=much`", "--scale");
    refused(&["--scale", "L2/370@9"], "`--scale L2/370@9` has no number", "--sweep dose");
    let swap = ["--swap", "L1/*@9", "--from", OTHER, "--times"];
    refused(&[&swap[..], &["nan"]].concat(), "times is NaN, expected a finite number", "--help");
    let scale = ["--scale", "L2/370@9", "--sweep"];
    for sweep in ["dose=0..1", "dose=1..0:0.1", "dose=0..1:0", "dose=0,nan", "dose=0..1:1e-9", "up"]
    {
        refused(&[&scale[..], &[sweep]].concat(), &format!("`{sweep}` is no sweep"), "1000");
    }
    let generate = ["--ablate", "L2/370@9", "--generate", "3"];
    let sampled = |flags: &[&str], sentence: &str| {
        refused(&[&generate[..], flags].concat(), sentence, "--temperature 0.8");
    };
    sampled(&["--temperature", "0"], "temperature is 0, expected a number above 0");
    sampled(&["--temperature", "-1"], "temperature is -1, expected a number above 0");
    sampled(&["--temperature", "nan"], "temperature is NaN, expected a number above 0");
    sampled(&["--top-k", "0"], "top k is 0, expected at least 1");
    let long = ["--ablate", "L2/370@9", "--generate", "60"];
    refused(&long, "10 tokens of the prompt and 60 to be generated are more than", "fewer tokens");
    refused(&["--ablate", "L2/370@9", "--tokens", "Paris"], "not in the vocabulary", "id:N");
    refused(
        &[&generate[..], &["--stop", "id:401"]].concat(),
        "outside the vocabulary",
        "tokenizer",
    );
}

#[test]
fn files_of_edits_are_checked() {
    let place = Place::new();
    let file = |text: &str, sentence: &str| {
        std::fs::write(place.path("edits.json"), text).unwrap();
        let args = ["intervene", PROMPT, "--edits", "edits.json"];
        place.refused(&args, sentence, "\"scale\": -1");
    };
    file("{}", "not a list of edits");
    file(r#"[{"nodes": "L2/370@9", "scal": 1}]"#, "unknown field `scal`");
    file(r#"[{"nodes": "L2/370@9", "set": 1, "add": 1}]"#, "has 2 edits, expected one of set");
    file(r#"[{"nodes": "L2/370@9"}]"#, "has 0 edits, expected one of set");
    let args = ["intervene", PROMPT, "--edits", "no.json"];
    place.refused(&args, "cannot read the edits from `no.json`", "permissions");
    let args = ["intervene", PROMPT, "--ablate", "L2/370@9", "--figure", "no/x.svg"];
    place.refused(&args, "cannot write `no/x.svg`", "nothing was left behind");
    let args = ["intervene", "--graph", "no.graph", "--ablate", "L2/370@9"];
    place.refused(&args, "cannot read `no.graph`", "permissions");
}
