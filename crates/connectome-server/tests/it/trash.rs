use serde_json::json;

use crate::support::{PROMPT, Served, trace_of};

#[test]
fn a_deleted_graph_comes_back_with_its_views() {
    let served = Served::new();
    let id = served.graph();
    let view = format!("/api/graphs/{id}/views/main");
    let document = json!({ "schema": 1, "pins": [3] });
    let saved = served.send("PUT", &view, &[], document.to_string().as_bytes());
    assert_eq!(saved.status, 200);
    served.send("DELETE", &format!("/api/graphs/{id}"), &[], b"").json();
    let trash = served.ok("/api/trash");
    assert_eq!(
        (&trash[0]["kind"], &trash[0]["name"]),
        (&json!("graph"), &json!(format!("graph-{id}")))
    );
    assert!(trash[0]["title"].as_str().unwrap().contains("oak port"), "{trash}");
    served.get(&view).refused(404);
    assert_eq!(served.post(&format!("/api/trash/graph-{id}"), &json!({})).status, 204);
    assert_eq!(served.ok(&view), document);
    assert_eq!(served.ok("/api/trash"), json!([]));
    assert_eq!(served.ok("/api/graphs")[0]["id"], id);
}

#[test]
fn what_was_traced_again_is_not_overwritten() {
    let served = Served::new();
    let id = served.graph();
    served.send("DELETE", &format!("/api/graphs/{id}"), &[], b"").json();
    // The same graph, without what was made of the other.
    assert_eq!(served.done("/api/graphs", &trace_of(PROMPT))["graph"], id);
    let trash = format!("/api/trash/graph-{id}");
    served.post(&trash, &json!({})).refused(400);
    assert_eq!(served.ok("/api/trash").as_array().unwrap().len(), 1);
    assert_eq!(served.send("DELETE", &trash, &[], b"").status, 204);
    assert_eq!(served.ok("/api/trash"), json!([]));
    served.post(&trash, &json!({})).refused(404);
}

#[test]
fn no_other_name_is_one_of_the_trash() {
    let served = Served::new();
    let views =
        ["view-a_b", "view-a_b_1", "view-a_.._000001", "view-a_b_000001", "view-a-b-000001"];
    let others = ["graph-..", "probe-1", "jobs", "graph-", "probe--00001", "graph-none"];
    for name in others.into_iter().chain(views) {
        served.post(&format!("/api/trash/{name}"), &json!({})).refused(404);
        let got = served.send("DELETE", &format!("/api/trash/{name}"), &[], b"");
        assert_eq!(got.status, 404, "{name}");
    }
}

#[test]
fn the_trash_is_emptied_after_a_month() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::at(folder.path(), |_| {});
    let id = served.graph();
    served.send("DELETE", &format!("/api/graphs/{id}"), &[], b"").json();
    drop(served);
    let served = Served::at(folder.path(), |_| {});
    assert_eq!(served.ok("/api/trash").as_array().unwrap().len(), 1);
    drop(served);
    let trashed = folder.path().join(format!("store/trash/graph-{id}"));
    let card = json!({ "deleted": 1e12, "title": "old" }).to_string();
    std::fs::write(trashed.join("deleted.json"), card).unwrap();
    let served = Served::at(folder.path(), |_| {});
    assert_eq!(served.ok("/api/trash"), json!([]));
    assert!(!trashed.exists());
}

#[test]
fn a_run_is_renamed_deleted_and_put_back() {
    let served = Served::new();
    let id = served.graph();
    let node = crate::support::graph().nodes().feature_range().start;
    let run = json!({ "kind": "intervene", "groups": [],
        "edits": [{ "nodes": [node], "how": "ablate" }] });
    let runs = format!("/api/graphs/{id}/runs");
    for _ in 0..2 {
        served.done(&runs, &run);
    }
    let rename = |name: &str| {
        let body = json!({ "name": name }).to_string();
        served.send("PATCH", &format!("{runs}/2"), &[], body.as_bytes())
    };
    assert_eq!(rename(" The capital off ").json()["name"], "The capital off");
    rename("  ").refused(400);
    let deleted = served.send("DELETE", &format!("{runs}/2"), &[], b"").json();
    assert_eq!(deleted["trash"], format!("run-{id}-000002"));
    served.get(&format!("{runs}/2")).refused(404);
    let trash = served.ok("/api/trash");
    assert_eq!((&trash[0]["kind"], &trash[0]["title"]), (&json!("run"), &json!("The capital off")));
    // Its number is not given to another while it may come back.
    assert_eq!(served.done(&runs, &run)["run"], 3);
    let back = format!("/api/trash/run-{id}-000002");
    assert_eq!(served.post(&back, &json!({})).status, 204);
    let numbers: Vec<_> =
        served.ok(&runs).as_array().unwrap().iter().map(|r| r["number"].clone()).collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert_eq!(served.ok("/api/trash"), json!([]));
}
