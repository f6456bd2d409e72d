//! Graph files and what is done with them.

use serde_json::{Value, json};

use crate::support::{PROMPT, Place, Tensors, golden};

fn exhaustive(place: &Place) {
    place.ok(&["trace", PROMPT, "--exhaustive", "--output", "oak.graph"]);
}

#[test]
fn pruning_and_scores_are_those_of_the_trace() {
    let place = Place::new();
    exhaustive(&place);
    let pruned = place.json(&["prune", "oak.graph"]);
    assert_eq!(pruned["pruned"]["nodes"]["total"], 77);
    assert_eq!(pruned["nodes"].as_array().unwrap().len(), 77);
    assert_eq!(pruned["edges"].as_array().unwrap().len(), 974);
    let scored = place.json(&["score", "oak.graph", "oak.graph"]);
    assert_eq!(scored["graphs"].as_array().unwrap().len(), 2);
    for report in [&pruned, &scored["graphs"][0]] {
        let replacement = report["scores"]["replacement"]["value"].as_f64().unwrap();
        assert!((replacement - 0.849_686_5).abs() < 1e-5, "{replacement}");
    }
    assert_eq!(pruned["circuit_scores"], scored["graphs"][1]["circuit_scores"]);
}

#[test]
fn what_prune_writes_is_what_it_prints() {
    let place = Place::new();
    place.oak();
    let printed = place.ok(&["prune", "oak.graph", "--json", "--output", "kept.json"]).stdout;
    assert_eq!(std::fs::read_to_string(place.path("kept.json")).unwrap(), printed);
}

#[test]
fn nodes_have_several_names_and_paths_one_meaning() {
    let place = Place::new();
    place.oak();
    let ends = |from: &str, to: &str| place.json(&["paths", "oak.graph", from, to, "-k", "3"]);
    let paths = ends("token:7", "logit:Alder");
    assert_eq!(paths["paths"].as_array().unwrap().len(), 3);
    for (from, to) in [("token@7", "target:0"), ("oak", "Alder"), ("token:7", "Alder")] {
        assert_eq!(ends(from, to), paths, "{from} {to}");
    }
    let errors = ends("error:L3@9", "Alder");
    for name in ["E3@9", "error L3@9", "error 3@9"] {
        assert_eq!(ends(name, "Alder"), errors, "{name}");
    }
    // Names that are printed can be typed.
    let strongest = place.json(&["paths", "oak.graph", "-k", "12"]);
    for path in strongest["paths"].as_array().unwrap() {
        for stop in path["nodes"].as_array().unwrap() {
            let id = stop["id"].as_str().unwrap();
            let view = place.json(&["inspect", "oak.graph", "--node", id]);
            assert_eq!(view["node"]["id"], *id);
        }
        let shares = path["share_of_targets"].as_f64().unwrap();
        assert!(shares > 0.0 && shares < 1.0, "{shares}");
    }
}

#[test]
fn paths_stay_within_the_pruned_graph_if_asked() {
    let place = Place::new();
    place.oak();
    let kept = place.json(&["prune", "oak.graph", "--node-threshold", "0.3"]);
    let ids: Vec<&str> =
        kept["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    let args = ["paths", "oak.graph", "-k", "40", "--pruned", "--node-threshold", "0.3"];
    let paths = place.json(&args);
    assert!(!paths["paths"].as_array().unwrap().is_empty());
    for path in paths["paths"].as_array().unwrap() {
        for stop in path["nodes"].as_array().unwrap() {
            assert!(ids.contains(&stop["id"].as_str().unwrap()), "{stop}");
        }
    }
}

#[test]
fn groups_are_suggested_with_reasons_and_saved_on_demand() {
    let place = Place::new();
    place.oak();
    let before = std::fs::read(place.path("oak.graph")).unwrap();
    let report = place.json(&["group", "oak.graph", "--suggest"]);
    let suggested = report["suggested"].as_array().unwrap();
    assert!(!suggested.is_empty() && report["saved"] == false, "{report}");
    for one in suggested {
        assert!(one["supernode"]["members"].as_array().unwrap().len() > 1, "{one}");
        assert!(one["similarity"].as_f64().unwrap() >= 0.5, "{one}");
        assert!(one["reasons"][0].as_str().unwrap().contains("cosine"), "{one}");
    }
    assert_eq!(std::fs::read(place.path("oak.graph")).unwrap(), before);
    let ran = place.ok(&["group", "oak.graph", "--suggest", "--top", "20", "--save"]);
    assert!(ran.stdout.contains("saved"), "{}", ran.stdout);
    let listed = place.json(&["group", "oak.graph"]);
    let groups = listed["supernodes"].as_array().unwrap();
    assert!(!groups.is_empty(), "{listed}");
    // Twice the same are told apart by name.
    place.ok(&["group", "oak.graph", "--suggest", "--top", "20", "--save", "-q"]);
    let again = place.json(&["group", "oak.graph"]);
    let again = again["supernodes"].as_array().unwrap();
    let names: std::collections::BTreeSet<&str> =
        again.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!((again.len(), names.len()), (2 * groups.len(), 2 * groups.len()));
    place.run(&["group", "oak.graph", "--save"]).refused("", "");
}

#[test]
fn several_graphs_show_what_recurs() {
    let place = Place::new();
    place.oak();
    place.ok(&["trace", &PROMPT.replace("capital", "bird"), "-q", "--output", "bird.graph"]);
    let args = ["compare", "oak.graph", "bird.graph", "oak.graph"];
    let report = place.json(&args);
    let graphs = report["graphs"].as_array().unwrap();
    assert_eq!((graphs.len(), &graphs[1]["path"]), (3, &"bird.graph".into()));
    let rows = report["features"].as_array().unwrap();
    let n = |row: &Value| row["n_graphs"].as_u64().unwrap();
    assert!(rows.iter().all(|row| n(row) >= 2), "{report}");
    assert!(rows.windows(2).all(|pair| n(&pair[0]) >= n(&pair[1])), "{report}");
    for row in rows {
        let influence = row["influence"].as_array().unwrap();
        assert_eq!(influence[0], influence[2], "the same graph twice: {row}");
        let sum: f64 = influence.iter().filter_map(Value::as_f64).sum();
        assert!((sum / 3.0 - row["mean_influence"].as_f64().unwrap()).abs() < 1e-12, "{row}");
    }
    let all = place.json(&[&args[..], &["--least", "3"]].concat());
    let of_all = rows.iter().filter(|row| n(row) == 3).count();
    assert_eq!(all["features"].as_array().unwrap().len(), of_all);
    assert!(of_all > 0 && of_all < rows.len(), "{of_all} of {}", rows.len());
    let ran = place.ok(&args);
    assert!(
        ran.stdout.contains("Recurring features") && ran.stdout.contains("3/3"),
        "{}",
        ran.stdout
    );
    place.run(&["compare", "oak.graph", "bird.graph", "--least", "2"]).refused("", "");
}

#[test]
fn two_graphs_are_compared_feature_by_feature() {
    let place = Place::new();
    place.oak();
    let itself = place.json(&["compare", "oak.graph", "oak.graph"]);
    assert_eq!((&itself["jaccard"], &itself["only_a"]), (&json!(1.0), &json!([])));
    let both = itself["both"].as_array().unwrap();
    assert!(both.iter().all(|one| one["a"] == one["b"] && one["change"] == 0.0));

    place.ok(&["trace", "the bird of the state containing oak port is", "-o", "bird.graph"]);
    let args = ["compare", "oak.graph", "bird.graph"];
    let found = place.json(&args);
    let len = |key: &str| found[key].as_array().unwrap().len();
    let jaccard = len("both") as f64 / (len("both") + len("only_a") + len("only_b")) as f64;
    assert!((found["jaccard"].as_f64().unwrap() - jaccard).abs() < 1e-12 && jaccard < 1.0);
    for one in found["both"].as_array().unwrap() {
        let influence = |side: &str| one[side]["influence"].as_f64().unwrap();
        let change = influence("b") - influence("a");
        assert_eq!(one["change"].as_f64().unwrap(), change, "{one}");
        let named = one["a"]["node"].as_str().unwrap();
        assert!(named.starts_with(one["feature"].as_str().unwrap()), "{one}");
    }
    let page = place.ok(&[&args[..], &["--top", "2"]].concat()).stdout;
    let more = format!("and {} more", len("both") - 2);
    assert!(page.contains(&more) && page.contains("Only in B"), "{page}");
    place.ok(&["trace", PROMPT, "--model", "one-token", "-o", "other.graph"]);
    let other = ["compare", "oak.graph", "other.graph"];
    place.run(&other).refused("the graphs are of two dictionaries", "");
}

#[test]
fn an_exported_graph_comes_back() {
    let place = Place::new();
    exhaustive(&place);
    let args = ["export", "oak.graph", "--format", "json", "--output", "oak.json"];
    let report = place.json(&[&args[..], &["--graph-metadata", "--scan", "my-scan"]].concat());
    assert_eq!(report["slug"], "oak");
    assert_eq!(report["graph_metadata"], "graph-metadata.json");
    let exported: Value =
        serde_json::from_slice(&std::fs::read(place.path("oak.json")).unwrap()).unwrap();
    assert_eq!(exported["metadata"]["scan"], "my-scan");
    assert_eq!(exported["links"].as_array().unwrap().len(), 974);
    let index: Value =
        serde_json::from_slice(&std::fs::read(place.path("graph-metadata.json")).unwrap()).unwrap();
    assert_eq!(index["graphs"][0]["slug"], "oak");

    let report = place.json(&["import", "oak.json", "--output", "again.graph"]);
    assert_eq!(report["format"], "json");
    assert_eq!(report["edges"], 974);
    assert_eq!(report["certificate"]["partial"], true);
    assert_eq!(report["certificate"]["unresolved_share_of_targets"], Value::Null);
    let refused = ["import", "oak.graph", "--output", "x.graph"];
    place.refused(&refused, "`oak.graph` is a graph file already", "as it is");
}

#[test]
fn a_trace_can_name_its_export() {
    let place = Place::new();
    place.ok(&["trace", PROMPT, "--output", "a.graph", "--slug", "oak-port"]);
    let args = ["export", "a.graph", "--format", "json", "--output", "b.json"];
    assert_eq!(place.json(&args)["slug"], "oak-port");
    assert_eq!(place.json(&[&args[..], &["--slug", "mine"]].concat())["slug"], "mine");
    let args = [&args[..], &["--slug", "../x"]].concat();
    let ran = place.run(&args);
    ran.refused("graph name `../x`", "--slug");
}

#[test]
fn dense_tensors_have_the_goldens_names() {
    let place = Place::new();
    exhaustive(&place);
    place.ok(&["export", "oak.graph", "--format", "safetensors", "--output", "oak.safetensors"]);
    let tensors = Tensors::read(&place.path("oak.safetensors"));
    for (name, shape) in [
        ("adjacency", vec![589, 589]),
        ("node_influence", vec![589]),
        ("active_features", vec![538, 3]),
        ("activation_values", vec![538]),
        ("selected_features", vec![538]),
        ("logit_token_ids", vec![1]),
        ("logit_probabilities", vec![1]),
    ] {
        assert_eq!(tensors.0[name].1, shape, "{name}");
    }
}

#[test]
fn a_pickle_is_imported_and_its_tokens_named() {
    let place = Place::new();
    place.golden("llama_clt_relu");
    let pickle = golden("llama_clt_relu").join("graph/graph.pt");
    let pickle = pickle.to_str().unwrap();
    let args = ["import", pickle, "--output", "pt.graph", "--model", "model"];
    assert_eq!(place.json(&args)["format"], "pt");
    let node = place.json(&["inspect", "pt.graph", "--node", "token:0"]);
    assert_eq!(node["node"]["text"], "<bos>");
    let inspected = place.json(&["inspect", "pt.graph"]);
    assert_eq!(inspected["kind"], "graph");
    assert_eq!(inspected["tool"], "circuit-tracer");
}

#[test]
fn inspect_finds_out_what_it_looks_at() {
    let place = Place::new();
    place.golden("llama_plt_relu");
    let model = place.json(&["inspect", "model"]);
    assert_eq!((&model["kind"], &model["layers"]), (&"model".into(), &4.into()));
    assert_eq!(model["tokenizer"]["special"][0], "<bos>");
    let dictionary = place.json(&["inspect", "transcoders"]);
    assert_eq!(dictionary["kind"], "dictionary");
    assert_eq!(dictionary["features_per_layer"], 64);
    assert_eq!(place.json(&["inspect", "two-hop"])["kind"], "shipped");
}

#[test]
fn a_row_adds_up_to_its_value() {
    let place = Place::new();
    place.oak();
    let node = place.json(&["inspect", "oak.graph", "--node", "logit:Alder", "--top", "9999"]);
    let row = |name: &str| node["row"][name].as_f64().unwrap();
    let sum = row("inputs") + row("cut") + row("constant");
    assert!((row("value") - sum).abs() < 1e-4, "{sum}");
    let inputs = node["inputs"].as_array().unwrap();
    let listed: f64 = inputs.iter().map(|edge| edge["weight"].as_f64().unwrap()).sum();
    assert!((listed - row("inputs")).abs() < 1e-4, "{listed}");
}

#[test]
fn an_edge_is_the_sum_of_its_heads() {
    let place = Place::new();
    exhaustive(&place);
    for (from, to) in [("token:7", "L2/370@9"), ("L0/124@2", "Alder"), ("E1@8", "logit:Alder")] {
        let edge = place.json(&["inspect", "oak.graph", "--edge", from, to, "--heads"]);
        let weight = edge["weight"].as_f64().unwrap();
        let layers = edge["layers"].as_array().unwrap();
        assert!(!layers.is_empty(), "{from} {to}");
        for layer in layers {
            let heads = layer["heads"].as_array().unwrap();
            let heads: f64 = heads.iter().map(|part| part.as_f64().unwrap()).sum();
            let sum = heads + layer["residual"].as_f64().unwrap();
            assert!((sum - weight).abs() < 1e-4, "{from} {to}: {sum}, not {weight}");
        }
    }
}

#[test]
fn heads_are_split_by_the_files_that_made_the_graph_only() {
    let place = Place::new();
    place.golden("llama_clt_relu");
    let model = ["--model", "model", "--transcoder", "transcoders"];
    let trace = ["trace", "The capital of France is", "--output", "g.graph"];
    place.ok(&[&trace[..], &model].concat());
    let strongest = place.json(&["paths", "g.graph", "-k", "1"]);
    let nodes = strongest["paths"][0]["nodes"].as_array().unwrap();
    let (from, to) = (nodes[0]["id"].as_str().unwrap(), nodes[1]["id"].as_str().unwrap());
    let edge = ["inspect", "g.graph", "--edge", from, to, "--heads"];
    // The names of folders are enough where they stand.
    assert!(!place.json(&edge)["layers"].as_array().unwrap().is_empty());
    place.golden("llama_clt_jumprelu");
    place.refused(&edge, "is not the one that made the graph", "--model");
    std::fs::remove_dir_all(place.path("model")).unwrap();
    let sentence = "the model `model`, which made the graph, is not in this folder";
    place.refused(&edge, sentence, "--model");
}
