use serde_json::{Value, json};

use crate::support::Served;

#[test]
fn others_find_the_graphs_where_they_look() {
    let served = Served::new();
    let id = served.graph();
    let index = served.ok("/data/graph-metadata.json");
    assert_eq!(index["graphs"][0]["slug"], id);
    let got = served.get(&format!("/graph_data/{id}.json"));
    assert_eq!(got.header("cache-control"), Some("no-store"));
    let graph = got.json();
    assert!(!graph["nodes"].as_array().unwrap().is_empty());
    let logits = graph["nodes"].as_array().unwrap().iter();
    let logits: Vec<&Value> = logits.filter(|node| node["feature_type"] == "logit").collect();
    assert!(logits.iter().all(|node| node["clerp"].as_str().unwrap().contains("(p=")));
    served.get("/graph_data/no-such-graph.json").refused(404);
    served.get("/graph_data/no-suffix").refused(404);
    for path in ["/feat/some-set/5.json", "/feat/two-hop/5.json", "/features/index.json.gz"] {
        served.get(path).refused(404);
    }
}

/// Their page posts what stands in its address, and null for the rest: the rest must survive.
#[test]
fn saving_merges_and_nulls_take_nothing_away() {
    let served = Served::new();
    let id = served.graph();
    let save = |params: Value| {
        let got = served.post(&format!("/save_graph/{id}"), &json!({ "qParams": params }));
        assert_eq!(got.status, 200, "{}", got.text());
    };
    let supernodes = json!([["Texas", "20_15589_9"]]);
    save(json!({ "supernodes": supernodes, "pinnedIds": "20_15589_9", "linkType": "both" }));
    save(json!({ "supernodes": null, "pinnedIds": null, "clickedId": "1_2_3" }));
    let params = served.ok(&format!("/graph_data/{id}.json"))["qParams"].clone();
    assert_eq!(params["supernodes"], supernodes);
    assert_eq!(
        (&params["pinnedIds"], &params["clickedId"]),
        (&json!("20_15589_9"), &json!("1_2_3"))
    );
    let versions = served.ok(&format!("/api/graphs/{id}/views/compat/versions"));
    assert_eq!(versions.as_array().unwrap().len(), 2, "the version before is kept");
    served.post(&format!("/save_graph/{id}"), &json!({ "qParams": "all" })).refused(400);
    served.post("/save_graph/no-such-graph", &json!({ "qParams": {} })).refused(404);
}

/// What they save opens in our workspace, and what is changed there is what they see next.
#[test]
fn their_view_and_ours_are_one() {
    let served = Served::new();
    let id = served.graph();
    let graph_data = format!("/graph_data/{id}.json");
    let nodes = served.ok(&graph_data)["nodes"].clone();
    let features = nodes.as_array().unwrap().iter();
    let mut features = features.filter(|node| node["is_target_logit"] == false);
    let mut next = || features.next().unwrap()["node_id"].as_str().unwrap().to_owned();
    let [a, b] = [next(), next()];
    let params = json!({
        "pinnedIds": format!("{a},{b}"), "supernodes": [["pair", a]],
        "clerps": json!([[b, "mine"]]).to_string(), "linkType": "input",
    });
    let body = json!({ "qParams": params });
    assert_eq!(served.post(&format!("/save_graph/{id}"), &body).status, 200);
    assert_eq!(served.ok(&graph_data)["qParams"]["pinnedIds"], params["pinnedIds"], "as it was");

    let path = format!("/api/graphs/{id}/views/compat");
    let got = served.get(&path);
    let mut view = got.json();
    assert_eq!(view["groups"][0]["name"], "pair");
    assert_eq!(view["groups"][0]["nodes"].as_array().unwrap().len(), 1);
    assert_eq!(view["pins"].as_array().unwrap().len(), 2);
    assert_eq!(view["labels"].as_object().unwrap().values().next(), Some(&json!("mine")));

    view["groups"][0]["name"] = json!("one of ours");
    let etag = got.header("etag").unwrap().to_owned();
    let saved = served.send("PUT", &path, &[("If-Match", &etag)], view.to_string().as_bytes());
    assert_eq!(saved.status, 200, "{}", saved.text());
    let seen = served.ok(&graph_data)["qParams"].clone();
    assert_eq!(seen["supernodes"], json!([["one of ours", a]]));
    assert_eq!(seen["linkType"], "input", "what only theirs has stays");
    let mut pinned: Vec<&str> =
        seen["pinnedIds"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    pinned.sort_unstable();
    let mut expected = [a.as_str(), b.as_str()];
    expected.sort_unstable();
    assert_eq!(pinned, expected);
}

/// A checkout of somebody's, made here: none of their code is in ours.
#[test]
fn a_folder_of_others_is_served_with_its_data_from_here() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = folder.path().join("assets");
    std::fs::create_dir(&theirs).unwrap();
    std::fs::write(theirs.join("index.html"), "<title>theirs</title>").unwrap();
    let script = "const B = 'https://transformer-circuits.pub/2025/attribution-graphs';\n\
                  load('https://transformer-circuits.pub/2025/attribution-graphs/static_js/d3.js')";
    std::fs::write(theirs.join("util.js"), script).unwrap();
    std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    std::fs::write(theirs.join(".hidden"), "secret").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path().join("secret.txt"), theirs.join("link.txt")).unwrap();
    let served = Served::with(|settings| settings.compat = Some(theirs.clone()));
    let id = served.graph();
    assert!(served.get("/compat/").text().contains("theirs"));
    assert_eq!(served.get("/compat").header("location"), Some("/compat/"));
    let script = served.get("/compat/util.js");
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    assert!(script.text().contains("const B = '/compat'"), "{}", script.text());
    assert!(script.text().contains("attribution-graphs/static_js/d3.js"), "libraries stay theirs");
    let index = served.ok("/compat/data/graph-metadata.json");
    assert_eq!(index["graphs"][0]["slug"], id);
    assert_eq!(served.get(&format!("/compat/graph_data/{id}.json")).status, 200);
    for path in
        ["../secret.txt", "%2e%2e/secret.txt", "link.txt", ".hidden", "no.js", "a/../../secret.txt"]
    {
        let got = served.get(&format!("/compat/{path}"));
        assert!(got.status == 404 && !got.text().contains("secret\n"), "{path}: {}", got.status);
    }
    let without = Served::new();
    without.get("/compat/util.js").refused(404);
}
