use std::path::PathBuf;

use connectome::features::FeatureIndex;
use connectome::features::layout;
use connectome_graph::FeatureId;
use serde_json::{Value, json};

use crate::support::{PROMPT, Served, collected, graph};

/// A server whose store has an index of the shipped dictionary.
pub(crate) fn with_index() -> Served {
    let served = Served::new();
    std::fs::write(index_path(&served), collected()).unwrap();
    served
}

pub(crate) fn index_path(served: &Served) -> PathBuf {
    served.store().join("two-hop-clt.features")
}

fn set<'a>(sets: &'a Value, name: &str) -> &'a Value {
    let all = sets["sets"].as_array().unwrap();
    all.iter().find(|set| set["name"] == name).unwrap_or_else(|| panic!("no `{name}`: {sets}"))
}

/// The strongest feature of the list.
fn strongest(served: &Served) -> Value {
    let ask = json!({ "set": "two-hop", "sort": "max", "limit": 1 });
    served.ask("/api/features/query", &ask)["rows"][0].clone()
}

#[test]
fn without_an_index_the_command_that_makes_one_is_told() {
    let served = Served::new();
    let sets = served.ok("/api/features");
    let command = set(&sets, "two-hop")["collect"].as_str().unwrap().to_owned();
    let out = index_path(&served).display().to_string();
    assert_eq!(command, format!("connectome features collect --model two-hop --out {out}"));
    assert!(set(&sets, "two-hop")["index"].is_null());
    let got = served.get("/api/features/two-hop/2/370");
    assert_eq!(got.refused(404), "no features of the dictionary `two-hop/clt` were collected");
    assert!(got.json()["error"]["hint"].as_str().unwrap().contains(&command));
    // The default model's ships.
    assert_eq!(served.ok("/api/status")["features"], true);
    let shipped = &set(&sets, "elegans-base")["index"];
    assert_eq!(shipped["path"], "elegans/clt/elegans-base.features");
    assert_eq!(served.ok("/api/features/elegans-base/3/418")["more"]["n_layers"], 4);
    let head = served.ok(&format!("/api/graphs/{}", served.graph()));
    assert_eq!((&head["feature_set"], &head["labels"]), (&json!("two-hop"), &json!([])));
    // What is collected while the server runs is found.
    std::fs::write(&out, collected()).unwrap();
    assert_eq!(served.ok("/api/features/two-hop/2/370")["index"], 370);
}

#[test]
fn a_feature_is_what_the_index_says_in_the_form_of_others() {
    let served = with_index();
    let (first, index) = (strongest(&served), FeatureIndex::open(&index_path(&served)).unwrap());
    let (layer, at) = (first["layer"].as_u64().unwrap(), first["index"].as_u64().unwrap());
    let id = FeatureId { layer: layer as u32, index: at as u32 };
    let mut found = served.ok(&format!("/api/features/two-hop/{layer}/{at}"));
    let more = found["more"].take();
    let theirs = layout::to_json(&index.feature(id).unwrap(), &index.card().scan);
    for (key, value) in theirs.as_object().unwrap() {
        // An f32 is written with other digits after it was an f64.
        let close = |a: &Value, b: &Value| match (a.as_f64(), b.as_f64()) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-6 * b.abs(),
            _ => a == b,
        };
        let is_same = match (found[key].as_array(), value.as_array()) {
            (Some(a), Some(b)) if key != "examples_quantiles" => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| close(a, b))
            }
            (Some(a), Some(b)) => a.len() == b.len(),
            _ => close(&found[key], value),
        };
        assert!(is_same, "{key}: {} and {value}", found[key]);
    }
    let texts = found["top_logits"].as_array().unwrap().len();
    assert_eq!(found["top_logits_values"].as_array().unwrap().len(), texts);
    assert_eq!(more["fired"], index.statistics(id).unwrap().fired);
    assert_eq!((&more["n_layers"], &more["n_features"]), (&json!(4), &json!(512)));
    let fires_with = more["fires_with"].as_array().unwrap();
    let jaccard: Vec<f64> = fires_with.iter().map(|one| one["jaccard"].as_f64().unwrap()).collect();
    assert!(!jaccard.is_empty() && jaccard.is_sorted_by(|a, b| a >= b), "{jaccard:?}");
    assert!(jaccard.iter().all(|share| *share > 0.0 && *share <= 1.0), "{jaccard:?}");
    for path in ["two-hop/4/0", "two-hop/0/512", "nobody/0/0"] {
        served.get(&format!("/api/features/{path}")).refused(404);
    }
}

#[test]
fn features_are_listed_by_name_layer_and_strength_a_page_at_a_time() {
    let served = with_index();
    let ask = |more: Value| {
        let mut ask = json!({ "set": "two-hop", "limit": 1000 });
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        served.ask("/api/features/query", &ask)
    };
    let rows = |page: &Value| page["rows"].as_array().unwrap().clone();
    let all = ask(json!({}));
    let n = all["total"].as_u64().unwrap() as usize;
    assert_eq!(set(&served.ok("/api/features"), "two-hop")["index"]["n_fired"], n);
    for (sort, key, falls) in
        [("frequency", "frequency", true), ("rarest", "frequency", false), ("max", "max", true)]
    {
        let page = rows(&ask(json!({ "sort": sort })));
        let keys: Vec<f64> = page.iter().map(|row| row[key].as_f64().unwrap()).collect();
        let is_sorted = keys.is_sorted_by(|a, b| if falls { a >= b } else { a <= b });
        assert!(is_sorted && keys[0] != keys[keys.len() - 1], "{sort}: {keys:?}");
    }
    let second = rows(&ask(json!({ "sort": "max", "offset": 7, "limit": 3 })));
    assert_eq!(second, rows(&ask(json!({ "sort": "max" })))[7..10]);
    let of_layer = ask(json!({ "layer": 2 }));
    assert!(rows(&of_layer).iter().all(|row| row["layer"] == 2));
    assert!((1..n).contains(&(of_layer["total"].as_u64().unwrap() as usize)));
    let named = rows(&ask(json!({ "label": "AT \"" })));
    assert!(!named.is_empty() && named.len() < n);
    for row in named {
        assert!(row["label"].as_str().unwrap().contains("at \""), "{row}");
        assert!(row["label_source"].as_str().unwrap().starts_with("automatic"), "{row}");
    }
    let refused = |body: Value| served.post("/api/features/query", &body).refused(400);
    refused(json!({ "set": "two-hop", "limit": 0 }));
    refused(json!({ "set": "two-hop", "limit": 1001 }));
    refused(json!({ "set": "two-hop", "limit": 5, "layer": 9 }));
}

#[test]
fn a_text_finds_the_features_that_fire_on_it() {
    let served = with_index();
    let prompt = json!({ "model": "two-hop", "text": PROMPT });
    let found = served.ask("/api/features/search", &json!({ "prompt": prompt, "limit": 50 }));
    let active = graph();
    let active = active.nodes().active();
    for row in found["rows"].as_array().unwrap() {
        let id = (row["layer"].as_u64().unwrap() as u32, row["index"].as_u64().unwrap() as u32);
        let pos = row["pos"].as_u64().unwrap() as u32;
        let known =
            active.iter().find(|one| (one.id.layer, one.id.index, one.pos) == (id.0, id.1, pos));
        let activation = known.unwrap_or_else(|| panic!("{row}")).activation;
        assert!((f64::from(activation) - row["activation"].as_f64().unwrap()).abs() < 1e-3);
        // The index has read this sentence.
        assert!(row["share_of_max"].as_f64().unwrap() <= 1.0 + 1e-4, "{row}");
    }
}

#[test]
fn weights_have_both_sides_and_need_no_index() {
    let served = with_index();
    let weights = served.ok("/api/features/two-hop/1/3/weights?top=5");
    for (side, below) in [("inputs", true), ("outputs", false)] {
        let rows = weights[side]["by_weight"].as_array().unwrap();
        assert_eq!(rows.len(), 5);
        assert!(rows.iter().all(|row| (row["layer"].as_u64().unwrap() < 1) == below), "{side}");
        assert!(weights[side]["by_twera"].is_array());
    }
    let bare = Served::new().ok("/api/features/two-hop/1/3/weights");
    assert!(bare["inputs"]["by_twera"].is_null());
    assert_eq!(
        bare["inputs"]["by_weight"][0]["weight"],
        weights["inputs"]["by_weight"][0]["weight"]
    );
}

/// What the graph's file says stays; the rest is named by the index, and says so.
#[test]
fn nodes_of_a_graph_are_named_by_the_index_where_nobody_did() {
    let served = with_index();
    let index = FeatureIndex::open(&index_path(&served)).unwrap();
    let graph = graph();
    let nodes = graph.nodes();
    let named = |place: usize| match nodes.node(connectome_graph::NodeIdx::new(place as u32)) {
        connectome_graph::Node::Feature(feature) => index.label(feature.id).unwrap(),
        _ => None,
    };
    let labelled: Vec<usize> =
        nodes.feature_range().filter(|place| named(*place).is_some()).collect();
    let first = connectome_graph::NodeIdx::new(labelled[0] as u32);
    let mut annotations = graph.annotations().clone();
    annotations.node_labels.insert(first, "mine".to_owned());
    let by_hand = graph.clone().with_annotations(annotations).unwrap();
    let got = served.send("POST", "/api/graphs/import", &[], &by_hand.to_bytes());
    let id = got.json()["id"].as_str().unwrap().to_owned();
    let head = served.ok(&format!("/api/graphs/{id}"));
    let labels = head["labels"].as_array().unwrap();
    assert_eq!(labels.len(), labelled.len());
    for label in labels {
        let node = label["node"].as_u64().unwrap() as usize;
        if node == labelled[0] {
            assert_eq!((&label["text"], &label["source"]), (&json!("mine"), &Value::Null));
        } else {
            let known = named(node).unwrap();
            assert_eq!(label["text"], known.text);
            assert_eq!(label["source"], known.source.name());
        }
    }
    // The file is as it was: names of an index are shown, not stored.
    let bytes = served.get(&format!("/api/graphs/{id}/export?format=connectome")).bytes;
    assert_eq!(bytes, by_hand.to_bytes());
}

#[test]
fn an_index_of_another_dictionary_is_not_used() {
    let served = with_index();
    let sets = served.ok("/api/features");
    // The same sizes do not make it the other's.
    assert!(set(&sets, "one-token")["index"].is_null());
    served.get("/api/features/one-token/0/0").refused(404);
    std::fs::write(served.store().join("broken.features"), &collected()[..100]).unwrap();
    let skipped = served.ok("/api/features")["skipped"].clone();
    assert!(skipped[0]["path"].as_str().unwrap().ends_with("broken.features"), "{skipped}");
    assert!(!skipped[0]["why"].as_str().unwrap().is_empty());
    assert_eq!(served.ok("/api/features/two-hop/0/0")["index"], 0);
}

#[test]
fn an_index_is_named_by_a_flag() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("elsewhere.index");
    std::fs::write(&path, collected()).unwrap();
    let served = Served::with(|settings| settings.features.push(path.clone()));
    let index = set(&served.ok("/api/features"), "two-hop")["index"].clone();
    assert_eq!(index["path"], path.display().to_string());
    assert_eq!((&index["model"], &index["n_sequences"]), (&json!("two-hop"), &json!(4)));
}

/// Their pages look for what a graph's `scan` says, each behind a prefix of its own.
#[test]
fn other_pages_find_features_where_they_look() {
    let served = with_index();
    let id = served.graph();
    let graph = served.ok(&format!("/graph_data/{id}.json"));
    assert_eq!(graph["metadata"]["scan"], "./feat/two-hop");
    assert_eq!(graph["metadata"]["transcoder_list"], json!([]));
    let nodes = graph["nodes"].as_array().unwrap().iter();
    let is_feature = |node: &&Value| node["feature_type"] == "cross layer transcoder";
    let node = nodes.clone().find(is_feature).unwrap();
    // What a program called it says so.
    let named = nodes.clone().filter(|node| node["clerp"].as_str().unwrap().starts_with("≈ "));
    assert!(named.clone().count() > 20 && named.clone().all(|node| is_feature(&node)));
    let named = named.clone().next().unwrap();
    let id: Vec<&str> = named["node_id"].as_str().unwrap().split('_').collect();
    let own = served.ok(&format!("/api/features/two-hop/{}/{}", id[0], id[1]));
    assert_eq!(named["clerp"], format!("≈ {}", own["label"].as_str().unwrap()));
    let number = node["feature"].as_u64().unwrap();
    let layer: u32 = node["layer"].as_str().unwrap().parse().unwrap();
    let first = served.ok(&format!("/feat/two-hop/{number}.json"));
    let index = first["index"].as_u64().unwrap();
    let ours = served.ok(&format!("/api/features/two-hop/{layer}/{index}"));
    assert_eq!(first["top_logits"], ours["top_logits"]);
    assert!(first["examples_quantiles"][0]["examples"][0]["tokens_acts_list"].is_array());
    for prefix in ["/features/feat", "/compat/feat", "/compat/features/feat"] {
        assert_eq!(served.ok(&format!("{prefix}/two-hop/{number}.json")), first, "{prefix}");
    }
    for path in
        ["two-hop/x.json", "two-hop/99999999999.json", "two-hop/5", "a/b/c/5.json", "5.json"]
    {
        served.get(&format!("/feat/{path}")).refused(404);
    }
}

#[test]
fn a_feature_that_somebody_named_is_called_so_everywhere() {
    let served = with_index();
    let id = served.graph();
    let active = graph().nodes().active()[0].id;
    let path = format!("/api/features/two-hop/{}/{}", active.layer, active.index);
    let put = |text: &str| {
        let body = json!({ "text": text }).to_string();
        served.send("PUT", &format!("{path}/label"), &[], body.as_bytes())
    };
    let before = served.ok(&path)["label"].clone();
    let named = put(" the zebra ").json();
    assert_eq!(named, json!({ "label": "the zebra", "label_source": "by hand" }));
    assert_eq!(served.ok(&path)["label"], "the zebra");
    let find = || {
        served
            .ask("/api/features/query", &json!({ "set": "two-hop", "label": "ZEBRA", "limit": 5 }))
    };
    assert_eq!(
        (&find()["total"], &find()["rows"][0]["label_source"]),
        (&json!(1), &json!("by hand"))
    );
    let labels = |served: &Served| {
        let head = served.ok(&format!("/api/graphs/{id}"));
        let of = |label: &&Value| label["text"] == "the zebra";
        head["labels"].as_array().unwrap().iter().filter(of).count()
    };
    assert!(labels(&served) > 0);
    // It outlives the server, and needs no index.
    std::fs::remove_file(index_path(&served)).unwrap();
    assert!(labels(&served) > 0);
    std::fs::write(index_path(&served), collected()).unwrap();
    // An empty name gives the index's back.
    assert_ne!(put("").json()["label"], "the zebra");
    assert_eq!((&served.ok(&path)["label"], find()["total"].as_u64()), (&before, Some(0)));
    put(&"x".repeat(201)).refused(400);
    let none = served.send("PUT", "/api/features/two-hop/9/0/label", &[], b"{\"text\":\"a\"}");
    none.refused(404);
}

#[test]
fn a_feature_is_asked_about_any_text_and_found_in_graphs() {
    let served = with_index();
    served.graph();
    let graph = graph();
    let id = graph.nodes().active()[0].id;
    let at = format!("/api/features/two-hop/{}/{}", id.layer, id.index);
    let told = served.ask(&format!("{at}/activations"), &json!({ "text": PROMPT }));
    let activations = told["activations"].as_array().unwrap();
    assert_eq!(activations.len(), told["tokens"].as_array().unwrap().len());
    for (pos, activation) in (0_u32..).zip(activations) {
        let mut known = graph.nodes().active().iter();
        let known = known
            .find(|one| (one.id, one.pos) == (id, pos))
            .map_or(0.0, |one| f64::from(one.activation));
        assert!((known - activation.as_f64().unwrap()).abs() < 1e-3, "{pos}: {told}");
    }
    assert!(told["share_of_max"].as_f64().unwrap() > 0.0);
    served.post("/api/features/two-hop/9/0/activations", &json!({ "text": PROMPT })).refused(400);

    let found = served.ok(&format!("{at}/graphs"));
    let row = &found["rows"][0];
    assert_eq!((found["n_read"].as_u64(), found["n_left_out"].as_u64()), (Some(1), Some(0)));
    let most = activations.iter().filter_map(serde_json::Value::as_f64).fold(0.0, f64::max);
    assert!((row["activation"].as_f64().unwrap() - most).abs() < 1e-3, "{found}");
    let n_fires = activations.iter().filter(|one| one.as_f64() > Some(0.0)).count();
    assert_eq!(row["nodes"].as_array().unwrap().len(), n_fires);
}

#[test]
fn a_feature_is_named_where_nothing_was_collected() {
    let served = Served::new();
    let path = "/api/features/two-hop/2/370/label";
    let put = |text: &str| {
        let body = json!({ "text": text }).to_string();
        served.send("PUT", path, &[], body.as_bytes())
    };
    let none = json!({ "label": null, "label_source": null });
    assert_eq!(served.ok(path), none);
    let named = put("capitals").json();
    assert_eq!(named, json!({ "label": "capitals", "label_source": "by hand" }));
    assert_eq!(served.ok(path), named);
    // An index that is collected later has it, too.
    std::fs::write(index_path(&served), collected()).unwrap();
    assert_eq!(served.ok(path), named);
    assert_eq!(served.ok("/api/features/two-hop/2/370")["label"], "capitals");
    std::fs::remove_file(index_path(&served)).unwrap();
    assert_eq!(put("").json(), none);
    for other in ["two-hop/4/0", "two-hop/0/512", "nobody/0/0"] {
        served.get(&format!("/api/features/{other}/label")).refused(404);
    }
}
