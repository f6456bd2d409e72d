use connectome::features::FeatureIndex;
use serde_json::{Value, json};

use crate::features::{index_path, with_index};
use crate::support::{PROMPT, Served, collected, graph};

fn ask(served: &Served, more: &Value) -> Value {
    let mut ask = json!({ "set": "two-hop", "limit": 1000 });
    ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    served.ask("/api/features/query", &ask)
}

fn rows(page: &Value) -> Vec<Value> {
    page["rows"].as_array().unwrap().clone()
}

fn numbers(rows: &[Value], key: &str) -> Vec<f64> {
    rows.iter().map(|row| row[key].as_f64().unwrap()).collect()
}

#[test]
fn a_range_has_all_between_its_ends_and_both_of_them() {
    let served = with_index();
    let all = rows(&ask(&served, &json!({ "sort": "rarest" })));
    let (from, to) = (&all[all.len() / 4]["frequency"], &all[all.len() / 2]["frequency"]);
    let some = ask(&served, &json!({ "frequency_from": from, "frequency_to": to }));
    let is_in = |row: &&Value| {
        let share = row["frequency"].as_f64().unwrap();
        share >= from.as_f64().unwrap() && share <= to.as_f64().unwrap()
    };
    assert_eq!(rows(&some).len(), all.iter().filter(is_in).count());
    assert!(rows(&some).iter().all(|row| is_in(&row)), "{some}");
    let weakest = rows(&ask(&served, &json!({ "sort": "weakest" })));
    assert!(numbers(&weakest, "max").is_sorted());
    let least = &weakest[weakest.len() - 3]["max"];
    let strong = rows(&ask(&served, &json!({ "max_from": least })));
    assert!((3..all.len()).contains(&strong.len()));
    // What is asked about is asked together.
    let both = ask(&served, &json!({ "max_from": least, "layer": 2 }));
    let of_layer = strong.iter().filter(|row| row["layer"] == 2).count();
    assert_eq!(both["total"], of_layer);
}

#[test]
fn features_are_listed_by_whose_name_they_have() {
    let served = with_index();
    let all = rows(&ask(&served, &json!({})));
    let n = |named: &str| ask(&served, &json!({ "named": named }))["total"].clone();
    let by_program = all.iter().filter(|row| !row["label"].is_null()).count();
    assert_eq!((n("hand"), n("imported")), (json!(0), json!(0)));
    assert_eq!(n("nobody"), all.len() - by_program);
    assert!(n("program").as_u64().unwrap() >= by_program as u64);
    let row = all.iter().find(|row| !row["label"].is_null()).unwrap();
    let path = format!("/api/features/two-hop/{}/{}/label", row["layer"], row["index"]);
    let before = n("program").as_u64().unwrap();
    served.send("PUT", &path, &[], b"{\"text\":\"the zebra\"}");
    // The same question has another answer once a feature is named.
    assert_eq!((n("hand"), n("program")), (json!(1), json!(before - 1)));
    served.post("/api/features/query", &json!({ "named": "x", "limit": 1 })).refused(400);
}

#[test]
fn names_are_sorted_both_ways_and_the_nameless_come_last() {
    let served = with_index();
    let names = |sort: &str| -> Vec<Option<String>> {
        let label = |row: &Value| row["label"].as_str().map(str::to_lowercase);
        rows(&ask(&served, &json!({ "sort": sort }))).iter().map(label).collect()
    };
    let (up, down) = (names("name"), names("name_down"));
    let n = up.iter().flatten().count();
    assert!(n > 1 && n < up.len());
    assert!(up[..n].is_sorted() && up[n..].iter().all(Option::is_none));
    assert!(down[..n].is_sorted_by(|a, b| a >= b) && down[n..].iter().all(Option::is_none));
    let index = rows(&ask(&served, &json!({})));
    let mut last = rows(&ask(&served, &json!({ "sort": "last" })));
    last.reverse();
    assert_eq!(last, index);
}

#[test]
fn what_fires_on_a_text_is_filtered_as_the_list_is() {
    let served = with_index();
    let prompt = json!({ "model": "two-hop", "text": PROMPT });
    let search = |more: Value| {
        let mut ask = json!({ "prompt": prompt, "limit": 1000 });
        ask.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        served.ask("/api/features/search", &ask)
    };
    let all = search(json!({}));
    assert_eq!(all["n_fire"], all["total"]);
    let nameless = search(json!({ "named": "nobody" }));
    assert_eq!(nameless["n_fire"], all["n_fire"]);
    assert!(rows(&nameless).iter().all(|row| row["label"].is_null()));
    let of_all = rows(&all).iter().filter(|row| row["label"].is_null()).count();
    assert_eq!(nameless["total"], of_all);
    // Without an index a layer can be asked for, and no more.
    let bare = Served::new();
    let ask = json!({ "prompt": prompt, "limit": 5, "layer": 1 });
    assert!(rows(&bare.ask("/api/features/search", &ask)).iter().all(|row| row["layer"] == 1));
    let ask = json!({ "prompt": prompt, "limit": 5, "named": "nobody" });
    bare.post("/api/features/search", &ask).refused(404);
}

#[test]
fn a_feature_says_to_which_layers_it_writes_and_how_strongly() {
    let served = Served::new();
    let found = served.ok("/api/features/two-hop/1/3/writes");
    let layers: Vec<u64> = rows(&found).iter().map(|row| row["layer"].as_u64().unwrap()).collect();
    assert_eq!(layers, [1, 2, 3]);
    assert!(numbers(&rows(&found), "norm").iter().all(|norm| *norm > 0.0), "{found}");
    served.get("/api/features/two-hop/9/0/writes").refused(400);
}

/// An index that, like one that others made, does not say of which dictionary it is.
fn without_digest(bytes: &[u8]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("whole.features");
    std::fs::write(&path, bytes).unwrap();
    let digest = FeatureIndex::open(&path).unwrap().card().dictionary_digest.clone();
    let n = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    let header = std::str::from_utf8(&bytes[8..8 + n]).unwrap().replace(&digest, "");
    // As long as before: columns are found by where they lie.
    let padded = format!("{header:<n$}");
    [&bytes[..8], padded.as_bytes(), &bytes[8 + n..]].concat()
}

#[test]
fn names_of_an_index_without_a_digest_have_one_key_whoever_asks() {
    let served = Served::new();
    std::fs::write(index_path(&served), without_digest(collected())).unwrap();
    let id = graph().nodes().active()[0].id;
    let graph = served.graph();
    let of = |set: &str| format!("/api/features/{set}/{}/{}", id.layer, id.index);
    let put = |set: &str, text: &str| {
        let body = json!({ "text": text }).to_string();
        let got = served.send("PUT", &format!("{}/label", of(set)), &[], body.as_bytes());
        assert_eq!(got.status, 200, "{}", got.text());
    };
    let in_graph = |text: &str| {
        let head = served.ok(&format!("/api/graphs/{graph}"));
        head["labels"].as_array().unwrap().iter().any(|label| label["text"] == text)
    };
    // By the index alone, as long as nobody asked for the model that is served.
    put("two-hop%2Fclt", "the okapi");
    assert_eq!(served.ok(&of("two-hop"))["label"], "the okapi");
    // By the model: the page, lists and graphs read what was stored.
    put("two-hop", "the zebra");
    for set in ["two-hop", "two-hop%2Fclt"] {
        assert_eq!(served.ok(&of(set))["label"], "the zebra", "{set}");
    }
    assert_eq!(ask(&served, &json!({ "label": "zebra" }))["total"], 1);
    assert!(in_graph("the zebra"));
    // Nor are they the file's: they stay when it goes, and are there when it comes back.
    std::fs::remove_file(index_path(&served)).unwrap();
    assert!(in_graph("the zebra"));
    put("two-hop", "the quagga");
    std::fs::write(index_path(&served), without_digest(collected())).unwrap();
    assert_eq!(served.ok(&of("two-hop"))["label"], "the quagga");
}

#[test]
fn what_fires_together_has_its_mutual_information() {
    let served = with_index();
    let first = rows(&ask(&served, &json!({ "sort": "frequency" })))[0].clone();
    let more = |row: &Value| {
        let path = format!("/api/features/two-hop/{}/{}", row["layer"], row["index"]);
        served.ok(&path)["more"].clone()
    };
    let own = more(&first);
    let number = |value: &Value| value.as_f64().unwrap();
    let together = own["fires_with"].as_array().unwrap();
    assert!(!together.is_empty());
    for row in together {
        let by_chance =
            number(&own["fired"]) * number(&more(row)["fired"]) / number(&own["index"]["n_tokens"]);
        let expected = (number(&row["n"]) / by_chance).log2();
        assert!((number(&row["pmi"]) - expected).abs() < 1e-9, "{row}: {expected}");
    }
}
