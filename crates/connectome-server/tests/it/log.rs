use serde_json::{Value, json};

use crate::support::Served;

fn error(name: &str) -> Value {
    json!({ "name": name, "message": null, "page": "/g", "frames": ["index-a.js:1:2"] })
}

fn names(served: &Served) -> Vec<(String, u64)> {
    let rows = served.ok("/api/log");
    let row = |row: &Value| {
        (row["error"]["name"].as_str().unwrap().to_owned(), row["n"].as_u64().unwrap())
    };
    rows.as_array().unwrap().iter().map(row).collect()
}

#[test]
fn errors_are_counted_and_bounded_and_outlive_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let served = Served::at(folder.path(), |_| {});
    let log = |body: &Value| served.post("/api/log", body);
    assert_eq!(served.ok("/api/log"), json!([]));
    for name in ["A", "B", "A"] {
        assert_eq!(log(&error(name)).status, 204);
    }
    assert_eq!(names(&served), [("A".to_owned(), 2), ("B".to_owned(), 1)]);
    log(&error(&"x".repeat(201))).refused(400);
    let mut deep = error("C");
    deep["frames"] = json!(vec!["a.js:1:1"; 9]);
    log(&deep).refused(400);
    log(&json!({ "name": "C" })).refused(400);
    for n in 0..205 {
        log(&error(&format!("E{n}")));
    }
    let kept = names(&served);
    assert_eq!((kept.len(), kept[0].0.as_str()), (200, "E204"));
    drop(served);
    let served = Served::at(folder.path(), |_| {});
    assert_eq!(names(&served), kept);
    // A file that is damaged is begun anew.
    std::fs::write(folder.path().join("store/log.json"), "[").unwrap();
    assert_eq!(served.ok("/api/log"), json!([]));
    assert_eq!(served.post("/api/log", &error("F")).status, 204);
    assert_eq!(names(&served), [("F".to_owned(), 1)]);
}

#[test]
fn a_server_to_read_keeps_none() {
    let served = Served::with(|settings| settings.read_only = true);
    served.post("/api/log", &error("A")).refused(403);
}
