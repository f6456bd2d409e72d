use serde_json::json;

use crate::support::Served;

const CLIENTS: usize = 100;
const REQUESTS: usize = 5;

/// Reads, questions and writes of a hundred clients at once: every one is answered, and rightly.
#[test]
fn a_hundred_clients_at_once() {
    let served = Served::new();
    let id = served.graph();
    let expected = served.ok(&format!("/api/graphs/{id}"));
    let prune = json!({ "node_threshold": 0.7, "edge_threshold": 0.9 });
    let pruned = served.ask(&format!("/api/graphs/{id}/prune"), &prune);
    let (served, id) = (&served, &id);
    let (expected, prune, pruned) = (&expected, &prune, &pruned);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || {
                for at in 0..REQUESTS {
                    match (client + at) % 4 {
                        0 => assert_eq!(
                            &served.ok(&format!("/api/graphs/{id}"))["counts"],
                            &expected["counts"]
                        ),
                        1 => {
                            let found = served.ask(&format!("/api/graphs/{id}/prune"), prune);
                            assert_eq!(&found, pruned);
                        }
                        2 => {
                            let got = served.get(&format!("/api/graphs/{id}/pack?top=1000"));
                            assert_eq!((got.status, &got.bytes[..4]), (200, &b"CTPK"[..]));
                        }
                        _ => {
                            let path = format!("/api/graphs/{id}/views/c{client}-{at}");
                            let body = json!({ "schema": 1, "at": at }).to_string();
                            let got = served.send("PUT", &path, &[], body.as_bytes());
                            assert_eq!(got.status, 200, "{}", got.text());
                            assert_eq!(served.ok(&path)["at"], at);
                        }
                    }
                }
            });
        }
    });
    let views = served.ok(&format!("/api/graphs/{id}"))["views"].as_array().unwrap().len();
    assert_eq!(views, CLIENTS * REQUESTS / 4);
}
