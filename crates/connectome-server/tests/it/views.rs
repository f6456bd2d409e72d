use serde_json::{Value, json};

use crate::support::Served;

fn put(served: &Served, path: &str, etag: &str, document: &Value) -> crate::support::Got {
    served.send("PUT", path, &[("If-Match", etag)], document.to_string().as_bytes())
}

#[test]
fn two_tabs_do_not_lose_work() {
    let served = Served::new();
    let path = format!("/api/graphs/{}/views/main", served.graph());
    served.get(&path).refused(404);
    let first = put(&served, &path, "*", &json!({ "schema": 1, "name": "a" }));
    let etag = first.json()["etag"].as_str().unwrap().to_owned();
    assert_eq!(first.header("etag"), Some(etag.as_str()));
    let second = put(&served, &path, &etag, &json!({ "schema": 1, "name": "b" }));
    assert_eq!(second.json()["version"], 2);
    // The other tab still has the first version.
    let late = put(&served, &path, &etag, &json!({ "schema": 1, "name": "c" }));
    late.refused(412);
    assert_eq!(late.json()["current"]["name"], "b");
    assert_eq!(late.json()["etag"], second.json()["etag"]);
    put(&served, &path, "*", &json!({ "schema": 1 })).refused(412);
    let versions = served.ok(&format!("{path}/versions"));
    let names: Vec<&Value> = versions.as_array().unwrap().iter().map(|v| &v["name"]).collect();
    assert_eq!(names, ["b", "a"]);
    assert_eq!(served.ok(&format!("{path}?version=1"))["name"], "a");
    assert_eq!(served.ok(&path)["name"], "b");
    served.get(&format!("{path}?version=9")).refused(404);
}

#[test]
fn a_view_is_renamed_deleted_and_put_back() {
    let served = Served::new();
    let id = served.graph();
    let path = |name: &str| format!("/api/graphs/{id}/views/{name}");
    let rename = |from: &str, to: &str| {
        let body = json!({ "name": to }).to_string();
        served.send("PATCH", &path(from), &[], body.as_bytes())
    };
    let delete = |name: &str| served.send("DELETE", &path(name), &[], b"");
    let document = json!({ "schema": 1, "pins": [3] });
    let saved = put(&served, &path("first"), "*", &document).json();
    let etag = saved["etag"].as_str().unwrap();
    put(&served, &path("other"), "*", &json!({ "schema": 1 }));
    assert_eq!(rename("first", "a-second").status, 204);
    let named = served.get(&path("a-second"));
    assert_eq!((named.json(), named.header("etag")), (document.clone(), Some(etag)));
    // Whoever has it open under its former name does not make it again by saving.
    put(&served, &path("first"), etag, &document).refused(404);
    assert_eq!(served.ok(&format!("/api/graphs/{id}"))["views"], json!(["a-second", "other"]));
    for to in ["other", "main", "No Name", ""] {
        rename("a-second", to).refused(400);
    }
    rename("none", "x").refused(404);

    let trash = delete("a-second").json()["trash"].as_str().unwrap().to_owned();
    assert_eq!(trash, format!("view-{id}_a-second_000001"));
    served.get(&path("a-second")).refused(404);
    let row = &served.ok("/api/trash")[0];
    assert_eq!((&row["kind"], &row["title"]), (&json!("view"), &json!("a-second")));
    // Another one of its name stands in its place, and has a place of its own in the trash.
    put(&served, &path("a-second"), "*", &json!({ "schema": 1, "pins": [] }));
    let back = format!("/api/trash/{trash}");
    served.post(&back, &json!({})).refused(400);
    assert_eq!(delete("a-second").json()["trash"], format!("view-{id}_a-second_000002"));
    assert_eq!(served.post(&back, &json!({})).status, 204);
    assert_eq!(served.ok(&path("a-second")), document);
    assert_eq!(served.ok("/api/trash").as_array().unwrap().len(), 1);
    // What an address without a name shows stays.
    put(&served, &path("main"), "*", &document);
    rename("main", "x").refused(400);
    delete("main").refused(400);
    delete("none").refused(404);
}

#[test]
fn only_documents_are_views() {
    let served = Served::new();
    let id = served.graph();
    let path = format!("/api/graphs/{id}/views/main");
    served.send("PUT", &path, &[], b"{").refused(400);
    served.send("PUT", &path, &[], b"{\"schema\": \"one\"}").refused(400);
    served.send("PUT", &path, &[], b"[]").refused(400);
    let huge = format!("{{\"schema\": 1, \"x\": \"{}\"}}", "x".repeat(5 << 20));
    served.send("PUT", &path, &[], huge.as_bytes()).refused(413);
    let named = format!("/api/graphs/{id}/views/Not%20A%20Name");
    put(&served, &named, "*", &json!({ "schema": 1 })).refused(404);
}

#[test]
fn a_restart_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::at(folder.path(), |_| {});
    let id = served.graph();
    let path = format!("/api/graphs/{id}/views/main");
    put(&served, &path, "*", &json!({ "schema": 1, "name": "kept" }));
    let node = crate::support::strongest(1);
    let ask = json!({ "kind": "intervene", "name": "first",
        "groups": [{ "id": "g", "name": "G", "nodes": node }],
        "edits": [{ "nodes": node, "how": "ablate" }] });
    served.done(&format!("/api/graphs/{id}/runs"), &ask);
    let before = [
        &path,
        &format!("/api/graphs/{id}"),
        "/api/jobs",
        "/api/graphs",
        &format!("/api/graphs/{id}/runs/1"),
    ]
    .map(|path| served.ok(path));
    drop(served);
    let served = Served::at(folder.path(), |_| {});
    let after = [
        &path,
        &format!("/api/graphs/{id}"),
        "/api/jobs",
        "/api/graphs",
        &format!("/api/graphs/{id}/runs/1"),
    ]
    .map(|path| served.ok(path));
    assert_eq!(before, after);
}

#[test]
fn a_new_store_gets_a_graph_to_look_at() {
    let served = Served::with(|settings| settings.tour = true);
    let job = served.ok("/api/jobs")[0]["id"].as_str().unwrap().to_owned();
    let job = served.wait(&job);
    assert_eq!(served.ok("/api/status")["tour"], job["result"]["graph"], "{job}");
}
