//! Interventions on the shipped model and the goldens', and supernodes in graph files.

use serde_json::Value;

use crate::support::{PROMPT, Place};

/// Another question of the same form: another city, another state, another capital.
const OTHER: &str = "the capital of the state containing stone cliff is";
/// Its answer.
const OTHER_ANSWER: &str = "Kael";

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

fn probability(report: &Value, token: &str, when: &str) -> f64 {
    let tokens = report["shift"]["tokens"].as_array().unwrap();
    let found = tokens.iter().find(|one| one["text"] == token);
    number(
        &found.unwrap_or_else(|| panic!("no {token} in {report}"))[format!("probability_{when}")],
    )
}

fn texts(report: &Value, when: &str) -> Vec<String> {
    let texts = report["generation"][when].as_array().unwrap().iter();
    texts.map(|one| one["text"].as_str().unwrap().to_owned()).collect()
}

// Residual interchange after layer 0 moves the state: the known ground truth of this model.
#[test]
fn the_stream_of_another_city_brings_its_answer() {
    let place = Place::new();
    let args = ["intervene", PROMPT, "--residual", "2@9", "--from", OTHER, "--tokens", "Kael"];
    let report = place.json(&args);
    assert!(probability(&report, "Alder", "before") > 0.9);
    assert!(probability(&report, OTHER_ANSWER, "after") > 0.9, "{}", report["shift"]);
    assert_eq!(report["intervention"]["attention"], "free");
    assert_eq!(report["intervention"]["residuals"][0]["from_pos"], 9);
    // The whole stream is the other prompt's run.
    let whole = ["intervene", PROMPT, "--residual", "0@all", "--from", OTHER, "--top", "20"];
    let (whole, other) = (place.json(&whole), place.json(&["trace", OTHER]));
    for expected in other["predictions"].as_array().unwrap() {
        let found = probability(&whole, expected["text"].as_str().unwrap(), "after");
        let expected = number(&expected["probability"]);
        assert!((found - expected).abs() < 1e-5, "{found} instead of {expected}");
    }
}

#[test]
fn what_changes_nothing_moves_nothing() {
    let place = Place::new();
    let args = ["intervene", PROMPT, "--scale", "L1/*@9=1", "--generate", "3"];
    let report = place.json(&args);
    assert_eq!(report["shift"]["kl_nats"], 0.0);
    assert_eq!(report["generation"]["before"], report["generation"]["after"]);
    for group in report["watched"].as_array().unwrap() {
        assert_eq!(group["share_of_original"], 1.0, "{group}");
    }
}

// An ablated feature is at 0 % of what it was, and a scaled one at its factor.
#[test]
fn edited_features_count_as_what_they_were_made_to_be() {
    let place = Place::new();
    let traced = place.json(&["trace", PROMPT]);
    let strongest = &traced["features"][0];
    let id = strongest["id"].as_str().unwrap();
    let activation = number(&strongest["activation"]);
    let edits = [
        ("--ablate", id.to_owned(), 0.0),
        ("--scale", format!("{id}=-2"), -2.0 * activation),
        ("--set", format!("{id}=1.5"), 1.5),
        ("--add", format!("{id}=0.25"), activation + 0.25),
    ];
    for (flag, text, expected) in edits {
        let report = place.json(&["intervene", PROMPT, flag, &text, "--watch", id]);
        let member = &report["watched"][0]["members"][0];
        assert_eq!(member["edited"], true);
        let (before, after) =
            (number(&member["activation_before"]), number(&member["activation_after"]));
        assert!((before - activation).abs() < 1e-4, "{flag}: {member}");
        assert!((after - expected).abs() < 1e-4, "{flag}: {member}, expected {expected}");
        let share = number(&report["watched"][0]["share_of_original"]);
        assert!((share - expected / activation).abs() < 1e-4, "{flag}: {share}");
    }
}

#[test]
fn a_file_of_edits_is_its_edits() {
    let place = Place::new();
    let edits = r#"[{"nodes": "L1/*@9", "scale": -1}, {"nodes": "L2/370@9", "ablate": true}]"#;
    std::fs::write(place.path("edits.json"), edits).unwrap();
    let of_file = place.json(&["intervene", PROMPT, "--edits", "edits.json"]);
    let flags = ["--scale", "L1/*@9=-1", "--ablate", "L2/370@9"];
    assert_eq!(place.json(&[&["intervene", PROMPT][..], &flags].concat()), of_file);
}

#[test]
fn supernodes_are_saved_replaced_and_removed_whole() {
    let place = Place::new();
    place.oak();
    let saved = place.json(&["group", "oak.graph", "state", "L2/370@9", "token:7"]);
    assert_eq!((&saved["done"], &saved["before"]), (&"saved".into(), &Value::Null));
    let replaced = place.json(&["group", "oak.graph", "state", "L2/370@9,L2/370@8"]);
    assert_eq!(replaced["done"], "replaced");
    assert_eq!(replaced["before"]["members"][1]["id"], "token:7");
    let page = place.ok(&["group", "oak.graph"]).stdout;
    assert!(page.contains("1 supernode") && page.contains("state  L2/370@9"), "{page}");
    // Everything else of the graph is as it was.
    let score = place.json(&["score", "oak.graph"]);
    place.ok(&["group", "oak.graph", "say Alder", "L2/370@9"]);
    assert_eq!(place.json(&["score", "oak.graph"]), score);
    let removed = place.json(&["group", "oak.graph", "--remove", "state"]);
    assert_eq!(removed["supernodes"][0]["name"], "say Alder");
    place.refused(
        &["group", "oak.graph", "--remove", "state"],
        "the graph has no supernode `state`",
        "`say Alder`",
    );
    for (name, why) in [
        ("", "it is empty"),
        (" x", "a blank"),
        ("a,b", "have a meaning"),
        ("L2/370", "something else"),
        ("none", "something else"),
    ] {
        place.refused(&["group", "oak.graph", name, "L2/370@9"], why, "connectome group");
    }
    let args = ["group", "oak.graph", "x", "L2/9@4"];
    place.refused(&args, "L2/9 does not fire on this prompt", "paths --help");
    place.refused(&["group", "oak.graph", "x"], "lacks `<NODES>...`", "group --help");
}

/// The shipped model's graph with two supernodes of its strongest features, and their nodes.
fn grouped(place: &Place) -> [Vec<String>; 2] {
    place.oak();
    let report = place.json(&["prune", "oak.graph"]);
    let nodes = report["nodes"].as_array().unwrap().iter();
    let nodes: Vec<(u64, String)> = nodes
        .filter(|node| node["kind"] == "feature" && node["pos"] == 9)
        .map(|node| (node["layer"].as_u64().unwrap(), node["id"].as_str().unwrap().to_owned()))
        .collect();
    let of = |wanted: std::ops::Range<u64>| -> Vec<String> {
        let in_layers = nodes.iter().filter(|(layer, _)| wanted.contains(layer));
        in_layers.take(4).map(|(_, id)| id.clone()).collect()
    };
    let groups = [of(0..2), of(3..4)];
    for (name, group) in ["state", "say Alder"].iter().zip(&groups) {
        let nodes: Vec<&str> = group.iter().map(String::as_str).collect();
        place.ok(&[&["group", "oak.graph", name][..], &nodes].concat());
    }
    groups
}

#[test]
fn a_graph_lends_its_prompt_and_its_supernodes() {
    let place = Place::new();
    let [state, _] = grouped(&place);
    let report = place.json(&["intervene", "--graph", "oak.graph", "--scale", "state=-1"]);
    assert_eq!(report["prompt"]["text"], format!(". {PROMPT}"));
    let (first, second) = (&report["watched"][0], &report["watched"][1]);
    assert_eq!(first["name"], "state");
    assert!((number(&first["share_of_original"]) + 1.0).abs() < 1e-6, "{first}");
    assert_eq!(first["edited"], "−1×");
    assert_eq!((&second["name"], &second["edited"]), (&"say Alder".into(), &Value::Null));
    assert!(number(&second["share_of_original"]) < 0.95, "{second}");
    // The same by the features' own names, on the same prompt as text.
    let edit = format!("{}=-1", state.join(","));
    let by_name = place.json(&["intervene", PROMPT, "--scale", &edit, "--watch", "none"]);
    assert_eq!(by_name["shift"], report["shift"]);
    // Elsewhere than at its own positions.
    let moved = place.json(&["intervene", "--graph", "oak.graph", "--ablate", "state@8"]);
    let places = moved["intervention"]["edits"][0]["features"].as_array().unwrap();
    assert!(places.iter().all(|one| one["positions"] == "8"), "{moved}");
}

// One prompt is one list of ids for every command: the peer's intervention on a string puts BOS
// where its attribution does not (Qwen 3).
#[test]
fn a_prompt_has_the_positions_of_its_graph() {
    let place = Place::new();
    place.golden("qwen3_plt_relu");
    let model = ["--model", "model", "--transcoder", "transcoders", "--quiet"];
    let prompt = "The capital of France";
    place.ok(&[&["trace", prompt, "--output", "x.graph"], &model[..]].concat());
    let ablate = ["--ablate", "L0/*@3", "--watch", "none"];
    let graph = [&["intervene", "--graph", "x.graph"], &ablate[..], &model].concat();
    let text = [&["intervene", prompt], &ablate[..], &model].concat();
    let (mut of_graph, of_text) = (place.json(&graph), place.json(&text));
    of_graph["graph"] = Value::Null;
    assert_eq!(of_graph, of_text);
}

#[test]
fn a_sweep_is_told_whole_and_each_point_is_a_run() {
    let place = Place::new();
    let edit = ["--watch", "L2/370@9", "--tokens", "Rowan"];
    let args = ["intervene", PROMPT, "--scale", "L1/*@9", "--sweep", "dose=-1..2:0.5"];
    let sweep = place.json(&[&args[..], &edit].concat());
    let points = sweep["sweep"]["points"].as_array().unwrap();
    let doses: Vec<f64> = points.iter().map(|point| number(&point["value"])).collect();
    assert_eq!(doses, [-1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0]);
    assert_eq!(sweep["sweep"]["partial"], false);
    assert_eq!(points[4]["shift"]["kl_nats"], 0.0, "once is unchanged");
    let alone = [&["intervene", PROMPT, "--scale", "L1/*@9=-1"], &edit[..]].concat();
    let alone = place.json(&alone);
    let (found, expected) =
        (number(&points[0]["shift"]["kl_nats"]), number(&alone["shift"]["kl_nats"]));
    assert!(expected > 1e-3 && (found - expected).abs() < 1e-5, "{found} {expected}");
    let share = |report: &Value| number(&report["watched"][0]["share_of_original"]);
    assert!((share(&points[0]) - share(&alone)).abs() < 1e-5);
    for point in points {
        let tokens = point["shift"]["tokens"].as_array().unwrap();
        assert!(tokens.iter().any(|one| one["text"] == "Rowan"), "{point}");
    }
    let ends = ["--mode", "constrained", "--sweep", "end-layer", "--watch", "none"];
    let ends = place.json(&[&["intervene", PROMPT, "--ablate", "L1/*@9"], &ends[..]].concat());
    let values: Vec<f64> = ends["sweep"]["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| number(&point["value"]))
        .collect();
    assert_eq!(values, [2.0, 3.0, 4.0]);
    let places = ["--residual", "1@0", "--from", OTHER, "--sweep", "position", "--watch", "none"];
    let places = place.json(&[&["intervene", PROMPT], &places[..]].concat());
    let points = places["sweep"]["points"].as_array().unwrap();
    assert_eq!(points.len(), 10);
    assert_eq!(points[7]["text"], "oak");
    assert_eq!(points[1]["shift"]["kl_nats"], 0.0, "the two prompts begin alike");
    assert!(number(&points[9]["shift"]["kl_nats"]) > 0.5, "{}", points[9]);
}

#[test]
fn text_is_generated_beside_the_unchanged_text() {
    let place = Place::new();
    let edit = ["--residual", "3@9", "--from", OTHER, "--watch", "none"];
    let greedy = [&["intervene", PROMPT, "--generate", "3"], &edit[..]].concat();
    let report = place.json(&greedy);
    let (before, after) = (texts(&report, "before"), texts(&report, "after"));
    assert!(before[0].starts_with("Alder") && after[0].starts_with(OTHER_ANSWER), "{after:?}");
    assert_eq!(report["generation"]["choice"], "greedy");
    let page = place.ok(&greedy).stdout;
    assert!(page.contains(&format!("  before  {}\n", before[0])), "{page}");
    assert!(page.contains(&format!("  after   {}\n", after[0])), "{page}");
    let drawn = |seed: &str, n: &str| {
        let flags = ["--samples", n, "--temperature", "2", "--top-k", "30", "--seed", seed];
        place.json(&[&greedy[..], &flags].concat())
    };
    let (one, other) = (drawn("1", "3"), drawn("2", "3"));
    assert_eq!(drawn("1", "3"), one);
    assert_ne!(texts(&one, "before"), texts(&other, "before"));
    assert_eq!(texts(&drawn("1", "1"), "after")[0], texts(&one, "after")[0]);
    let stopped = place.json(&[&greedy[..], &["--stop", "Alder"]].concat());
    assert_eq!(texts(&stopped, "before"), ["Alder"]);
    assert_eq!(stopped["generation"]["before"][0]["end"], "stop");
}

// The peer's generation stops with an error on ids without frozen attention.
#[test]
fn ids_are_generated_from_with_attention_free() {
    let place = Place::new();
    place.golden("gpt2_clt_relu");
    let model = ["--model", "model", "--transcoder", "transcoders", "--quiet"];
    let prompt = ["intervene", "--token-ids", "1,40,41,42", "--attention", "free"];
    let edit = ["--add", "L1/3@2..=2", "--generate", "4", "--watch", "none"];
    let report = place.json(&[&prompt[..], &edit, &model].concat());
    for when in ["before", "after"] {
        let tokens = report["generation"][when][0]["tokens"].as_array().unwrap();
        assert!((1..=4).contains(&tokens.len()), "{tokens:?}");
    }
}

#[test]
fn a_figure_is_the_same_bytes_and_says_how_it_was_made() {
    let place = Place::new();
    grouped(&place);
    let draw = |name: &str| {
        let edit = ["--scale", "state=-2", "--figure", name];
        place.ok(&[&["intervene", "--graph", "oak.graph"], &edit[..]].concat());
        std::fs::read_to_string(place.path(name)).unwrap()
    };
    let svg = draw("a.svg");
    assert_eq!(draw("b.svg").replace("b.svg", "a.svg"), svg);
    for words in [
        ">say Alder<",
        ">−2×<",
        ">−200 %<",
        "prefers-color-scheme:dark",
        "class=\"excites\"",
        "the capital of the state containing oak port is",
        "&quot;model&quot;:&quot;two-hop&quot;",
        "&quot;token_ids&quot;:[398,",
    ] {
        assert!(svg.contains(words), "no `{words}` in\n{svg}");
    }
    // Without a graph there are boxes and no edges.
    place.ok(&["intervene", PROMPT, "--ablate", "L1/*@9", "--figure", "plain.svg"]);
    let plain = std::fs::read_to_string(place.path("plain.svg")).unwrap();
    assert!(plain.contains("class=\"edited\"") && !plain.contains("class=\"excites\""), "{plain}");
}

#[test]
fn the_page_says_what_its_numbers_are() {
    let place = Place::new();
    grouped(&place);
    let page = place.ok(&["intervene", "--graph", "oak.graph", "--scale", "state=-1"]).stdout;
    for line in [
        "Intervention  open: every MLP answers; attention frozen, norms free",
        "scale      state (L",
        "to −1 × its own activation",
        "Next token after position 9  probability over all 401 tokens, before → after; rank; logit",
        "nats, of before from after",
        "#1 → #",
        "Followed  activation as a share of the original",
        "edited −1×",
    ] {
        assert!(page.contains(line), "no `{line}` in\n{page}");
    }
    assert!(!page.contains('\u{1b}'), "colours where there is no terminal");
    let wide = page.lines().find(|line| line.chars().count() > 100);
    assert!(wide.is_none(), "{wide:?}");
    let args = ["intervene", "--graph", "oak.graph", "--scale", "state", "--sweep", "dose=-2..2:1"];
    let page = place.ok(&args).stdout;
    for line in ["its dose swept", "  dose  ", "▁", "from −2 to 2, one column a point"] {
        assert!(page.contains(line), "no `{line}` in\n{page}");
    }
    let wide = page.lines().find(|line| line.chars().count() > 100);
    assert!(wide.is_none(), "{wide:?}");
}
