//! `connectome validate`: what it prints, what it saves, and what it refuses.

use connectome_graph::{
    ActiveFeature, Annotations, AttributionGraph, NodeIdx, Nodes, Provenance, Row, Supernode,
    Verdict,
};
use serde_json::Value;

use crate::support::{PROMPT, Place, Tensors};

/// Few runs, which is all that most tests need.
const FEW: [&str; 3] = ["--features", "6", "--quiet"];

fn place() -> Place {
    let place = Place::new();
    place.oak();
    place
}

fn few<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [&["validate", "oak.graph"], args, &FEW].concat()
}

fn load(place: &Place, name: &str) -> AttributionGraph {
    AttributionGraph::load(&place.path(name)).unwrap()
}

fn bare_name(place: &Place, idx: NodeIdx) -> String {
    load(place, "oak.graph").nodes().name(idx)
}

/// The graph, with groups of its own.
fn group(place: &Place, groups: &[(&str, &[&str])]) {
    let graph = load(place, "oak.graph");
    let supernode = |(name, members): &(&str, &[&str])| Supernode {
        name: (*name).to_owned(),
        members: members.iter().map(|member| graph.nodes().find(member).unwrap()).collect(),
    };
    let supernodes = groups.iter().map(supernode).collect();
    let annotations = Annotations { supernodes, ..Annotations::default() };
    graph.with_annotations(annotations).unwrap().save(&place.path("oak.graph")).unwrap();
}

#[test]
fn groups_of_a_saved_view_are_tested_and_not_saved() {
    let place = place();
    let graph = load(&place, "oak.graph");
    let nodes: Vec<u32> = graph.nodes().feature_range().take(3).map(|idx| idx as u32).collect();
    let view = serde_json::json!({
        "schema": 1, "groups": [{ "id": "g", "name": "First three", "nodes": nodes }],
    });
    std::fs::write(place.path("view.json"), view.to_string()).unwrap();
    let own = place.json(&few(&[]));
    let report = place.json(&few(&["--view", "view.json"]));
    let tests_group = |report: &Value| report.to_string().contains("First three");
    assert!(tests_group(&report) && !tests_group(&own), "{report}");
    let after = load(&place, "oak.graph");
    assert!(after.annotations().supernodes.is_empty() && after.annotations().verdicts.is_some());
    let ran = place.run(&few(&["--view", "none"]));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
}

#[test]
fn verdicts_are_saved_and_nothing_else_is_touched() {
    let place = place();
    let before = std::fs::read(place.path("oak.graph")).unwrap();
    let report = place.json(&few(&[]));
    assert_eq!(report["saved"], "oak.graph");
    let graph = load(&place, "oak.graph");
    let verdicts = graph.annotations().verdicts.clone().unwrap();
    for (name, verdict) in [
        ("supported", Verdict::Supported),
        ("weak", Verdict::Weak),
        ("contradicted", Verdict::Contradicted),
    ] {
        assert_eq!(report["verdicts"][name], verdicts.count(verdict), "{name}");
    }
    assert_eq!((verdicts.rung.as_str(), verdicts.dose, verdicts.partial), ("mlps", 0.0, false));
    let bare = graph.with_annotations(Annotations::default()).unwrap();
    assert!(bare.to_bytes() == before, "the graph itself has changed");
    let edge = verdicts.edges[0];
    let [from, to] = [edge.source, edge.target].map(|idx| bare_name(&place, idx));
    let view = place.json(&["inspect", "oak.graph", "--edge", &from, &to]);
    assert_eq!(view["verdict"]["measured"].as_f64().unwrap() as f32, edge.measured);
    assert!(place.ok(&["inspect", "oak.graph"]).stdout.contains("verdicts"));
    // A second run finds the same, and writes the same file.
    let after = std::fs::read(place.path("oak.graph")).unwrap();
    assert_eq!(place.json(&few(&[])), report);
    assert!(std::fs::read(place.path("oak.graph")).unwrap() == after);
}

#[test]
fn a_graph_file_is_left_alone_where_that_was_asked_for() {
    let place = place();
    let before = std::fs::read(place.path("oak.graph")).unwrap();
    assert_eq!(place.json(&few(&["--no-save"]))["saved"], Value::Null);
    assert!(std::fs::read(place.path("oak.graph")).unwrap() == before);
    assert_eq!(place.json(&few(&["--output", "tested.graph"]))["saved"], "tested.graph");
    assert!(std::fs::read(place.path("oak.graph")).unwrap() == before);
    assert!(load(&place, "tested.graph").annotations().verdicts.is_some());
}

#[test]
fn the_headline_is_the_rung_that_was_chosen() {
    let place = place();
    for rung in ["gates", "mlps", "norms", "attention", "constrained"] {
        let report = place.json(&few(&["--rung", rung, "--no-save"]));
        assert_eq!(report["rung"], rung);
        let ladder = report["ladder"].as_array().unwrap();
        let of = |class: &str| {
            let is_it = |one: &&Value| {
                one["rung"] == rung
                    && one["class"] == class
                    && one["by"] == "source"
                    && one["dose"] == 0.0
            };
            ladder.iter().find(is_it).unwrap()["spearman"].clone()
        };
        assert_eq!(report["spearman_feature"], of("feature"), "{rung}");
        assert_eq!(report["spearman_logit"], of("logit"), "{rung}");
        // Where MLPs are held, a logit tells nothing that its edge does not.
        assert_eq!(report["spearman_logit"].is_null(), rung == "constrained");
    }
}

// What the document says of a pair is what the headline is made of.
#[test]
fn every_pair_is_in_the_document() {
    let place = place();
    let report =
        place.json(&["validate", "oak.graph", "--features", "12", "--dose", "0", "--no-save"]);
    let pairs = report["pairs"].as_array().unwrap();
    let of = |by: &str| pairs.iter().filter(|pair| pair["by"] == by).collect::<Vec<_>>();
    let (own, control) = (of("source"), of("control"));
    let in_ladder = |class: &str| -> u64 {
        let is_it = |one: &&Value| one["class"] == class && one["by"] == "source";
        report["ladder"].as_array().unwrap().iter().find(is_it).unwrap()["pairs"].as_u64().unwrap()
    };
    assert_eq!(own.len() as u64, in_ladder("feature") + in_ladder("logit"));
    assert!(own.iter().all(|pair| pair["verdict"].is_string() && pair["dose"] == 0.0));
    assert!(!control.is_empty() && control.iter().all(|pair| pair["verdict"].is_null()));
    for pair in own {
        let number = |key: &str| pair[key].as_f64().unwrap();
        assert!(number("control_lo") <= number("control_hi"), "{pair}");
        assert!(number("size") > 0.0 && pair["measured"]["mlps"].is_number(), "{pair}");
    }
}

#[test]
fn a_feature_asked_for_by_name_is_tested_too() {
    let place = place();
    let args = ["--features", "0", "--node", "L2/370@9", "--node", "L2/352@2"];
    let report = place.json(&[&["validate", "oak.graph", "--no-save"], &args[..]].concat());
    let sources = report["sources"].as_array().unwrap();
    let names: Vec<&str> = sources.iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["L2/370@9", "L2/352@2"]);
}

#[test]
fn supernodes_are_tested_together_and_one_by_one() {
    let place = place();
    group(
        &place,
        &[("say it", &["L2/370@9", "L2/343@9"]), ("oak", &["token:7"]), ("end", &["L3/391@9"])],
    );
    let report = place.json(&few(&["--no-save"]));
    assert_eq!(report["tested"]["supernodes"], 2);
    assert_eq!(report["tested"]["skipped_supernodes"][0], "oak");
    let effects = report["supernodes"].as_array().unwrap();
    let find = |source: &str, target: &str| {
        let is_it =
            |one: &&Value| one["source"] == source && one["target"] == target && one["dose"] == 0.0;
        effects.iter().find(is_it).unwrap_or_else(|| panic!("no {source} → {target}"))
    };
    assert_eq!(find("say it", "end")["is_relative"], true);
    assert_eq!(find("say it", "logit:Alder")["is_relative"], false);
    assert!(find("say it", "logit:Alder")["measured"].as_f64().unwrap() < 0.0);
    let one = place.json(&few(&["--no-save", "--supernode", "end"]));
    assert_eq!(one["tested"]["supernodes"], 1);
    place.refused(
        &few(&["--supernode", "start"]),
        "no supernode `start`",
        "`say it`, `oak`, `end`",
    );
    let bare = self::place();
    bare.refused(&few(&["--supernode", "start"]), "no supernode `start`", "has no supernodes");
}

#[test]
fn the_page_says_what_its_numbers_are() {
    let place = place();
    let page = place.ok(&few(&["--plot", "oak.svg"])).stdout;
    for line in [
        "6 features, to 0× (ablated) and −1× (inverted)",
        "Ladder  predicted against measured changes",
        "▸ mlps",
        "Calibration  features at `mlps`, 0× (ablated): change as a share",
        "Verdicts  on edges of the pruned graph, at `mlps`, 0× (ablated)",
        "Beside controls",
        "Worst disagreements  with the model as it is",
        "Saved  verdicts, in oak.graph",
    ] {
        assert!(page.contains(line), "no `{line}` in\n{page}");
    }
    assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
    let svg = std::fs::read_to_string(place.path("oak.svg")).unwrap();
    for part in [
        "<svg",
        "prefers-color-scheme:dark",
        "predicted change",
        "measured change",
        "logit less the mean logit",
        "</svg>",
    ] {
        assert!(svg.contains(part), "no `{part}` in the picture");
    }
    let balanced = |tag: &str| {
        svg.matches(&format!("<{tag}")).count() == svg.matches(&format!("</{tag}>")).count()
    };
    assert!(balanced("g ") || balanced("g"), "{svg}");
    assert!(balanced("text") && !svg.contains("NaN"), "{svg}");
}

#[test]
fn a_graph_of_other_files_is_refused() {
    let place = place();
    let args = few(&["--model", "one-token"]);
    place.refused(&args, "`one-token` is not the one that made the graph", "--model");
}

// An imported graph names no checksums: that is said, and what it says is checked.
#[test]
fn an_imported_graph_is_tested_with_a_remark() {
    let place = place();
    place.ok(&["export", "oak.graph", "--format", "json", "--output", "oak.json"]);
    place.ok(&["import", "oak.json", "--output", "oak.graph"]);
    let model = ["--model", "two-hop", "--features", "6"];
    let ran = place.ok(&[&["validate", "oak.graph"], &model[..]].concat());
    assert!(ran.stderr.contains("does not hold its makers' checksums"), "{}", ran.stderr);
    let report = place.json(&[&["validate", "oak.graph", "--quiet"], &model[..]].concat());
    assert_eq!(report["paths"]["complete"], false);
    assert!(report["spearman_feature"].as_f64().unwrap() > 0.5);
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let place = place();
    place.refused(&few(&["--dose", "1"]), "the dose 1 changes nothing", "0 ablates");
    place.refused(&few(&["--node", "token:7"]), "`token:7` is no feature", "L12/4071@9");
    place.refused(&few(&["--node", "L2/370@4"]), "fires at positions", "named");
    let args = ["validate", "oak.graph", "--features", "0"];
    place.refused(&args, "the set of features to test is empty", "--features");
    place.refused(&["validate", "absent.graph"], "cannot read `absent.graph`", "permissions");
    place.refused(&few(&["--node-threshold", "2"]), "node threshold is 2", "0.8");
    place.refused(&few(&["--output", "no/such.graph"]), "cannot write `no/such.graph`", "folder");
    place.refused(&few(&["--plot", "no/such.svg"]), "cannot write `no/such.svg`", "folder");
    place.refused(&few(&["--rung", "top"]), "expected `gates`", "validate");
    place.refused(&few(&["--time", "0"]), "`0` is no value of", "validate");
}

#[test]
fn a_direction_must_be_given_again() {
    let place = Place::new();
    let probe = (safetensors::Dtype::F32, vec![128], 0.5_f32.to_le_bytes().repeat(128));
    Tensors([("probe".to_owned(), probe)].into()).write(&place.path("probe.safetensors"));
    place.ok(&["trace", PROMPT, "--direction", "probe.safetensors", "--output", "oak.graph"]);
    place.refused(&few(&[]), "target `probe` is a direction", "--direction");
    let report = place.json(&few(&["--direction", "probe.safetensors"]));
    assert_eq!(report["tested"]["watched_targets"], 1);
}

#[test]
fn a_graph_without_features_is_refused() {
    let place = place();
    let graph = load(&place, "oak.graph");
    let old = graph.nodes();
    let nodes = Nodes::new(
        old.n_layers(),
        Vec::<ActiveFeature>::new(),
        Vec::new(),
        old.tokens().to_vec(),
        old.targets().to_vec(),
    )
    .unwrap();
    let row = Row {
        target: nodes.target(0),
        sources: vec![nodes.token(7).get()],
        weights: vec![1.0],
        abs_remainder: 0.0,
        signed_remainder: 0.0,
        constant: 0.0,
        value: 1.0,
    };
    let provenance = Provenance { ..graph.provenance().clone() };
    AttributionGraph::new(nodes, vec![row], graph.prompt().clone(), provenance, graph.extent())
        .unwrap()
        .save(&place.path("oak.graph"))
        .unwrap();
    place.refused(&few(&[]), "the graph has no features", "--node");
}
