use serde_json::json;

use crate::support::{PROMPT, Served};

fn request(method: &str, path: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n")
}

#[test]
fn other_hosts_and_other_sites_are_refused() {
    let served = Served::new();
    for host in ["evil.example", "127.0.0.1.evil.example:80", "localhost.evil.example"] {
        let got = served.raw(&request("GET", "/api/status", &format!("Host: {host}\r\n")));
        assert!(got.refused(403).contains("which this server is not"));
    }
    for host in ["localhost", "LOCALHOST:99", "127.0.0.1:1", "[::1]:4317"] {
        let got = served.raw(&request("GET", "/api/status", &format!("Host: {host}\r\n")));
        assert_eq!(got.status, 200, "{host}: {}", got.text());
    }
    let id = served.graph();
    for origin in ["http://evil.example", "null", "http://localhost:1"] {
        let path = format!("/api/graphs/{id}");
        let got = served.send("DELETE", &path, &[("Origin", origin)], b"");
        assert!(got.refused(403).contains("another site"));
    }
    let own = served.url("");
    let got = served.send("POST", "/api/tokenize", &[("Origin", &own)], b"{\"text\": \"a\"}");
    assert_eq!(got.status, 200, "{}", got.text());
}

#[test]
fn the_token_is_wanted_and_becomes_a_cookie() {
    let served = Served::with(|settings| settings.token = Some("s3cret".to_owned()));
    served.get("/api/status").refused(401);
    served.get("/").refused(401);
    served.get("/api/status?token=wrong").refused(401);
    let got = served.get("//evil.example/?token=s3cret&a=b");
    assert_eq!((got.status, got.header("location")), (303, Some("/evil.example/?a=b")));
    let cookie = got.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap();
    for header in [("Cookie", cookie), ("Authorization", "Bearer s3cret")] {
        assert_eq!(served.send("GET", "/api/status", &[header], b"").status, 200);
    }
    served.send("GET", "/api/status", &[("Cookie", "connectome_token=s3cre")], b"").refused(401);
}

#[test]
fn every_answer_tells_the_browser_what_it_may_do() {
    let served = Served::new();
    for path in ["/", "/api/status", "/api/nothing", "/g/some-graph", "/compat/x.js"] {
        let got = served.get(path);
        let policy = got.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe-eval") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(got.header("referrer-policy"), Some("no-referrer"));
    }
    let own = served.get("/").header("content-security-policy").unwrap().to_owned();
    assert!(!own.contains("unsafe-inline") && !own.contains("http"), "{own}");
}

#[test]
fn no_path_leads_out() {
    let served = Served::new();
    std::fs::write(served.store().join("secret.json"), "{\"secret\": 1}").unwrap();
    let paths = [
        "/api/graphs/..",
        "/api/graphs/../secret",
        "/api/graphs/%2e%2e",
        "/api/graphs/..%2fsecret",
        "/api/graphs/..%5csecret/views/main",
        "/api/graphs/a/views/..%2f..%2fsecret",
        "/api/jobs/..%2fstore",
        "/graph_data/..%2f..%2fsecret.json",
        "/../store.json",
        "/..%2f..%2f..%2fetc%2fpasswd",
        "/compat/..%2f..%2fetc%2fpasswd",
    ];
    for path in paths {
        let got = served.raw(&request("GET", path, "Host: localhost\r\n"));
        assert!(!got.text().contains("secret\": 1") && !got.text().contains("root:"), "{path}");
        assert!([404, 200].contains(&got.status), "{path}: {}", got.status);
        if path.starts_with("/api") {
            got.refused(404);
        }
    }
}

#[test]
fn bad_bodies_get_one_sentence() {
    let served = Served::new();
    let id = served.graph();
    let prune = format!("/api/graphs/{id}/prune");
    for body in ["", "{", "[]", "null", "{\"node_threshold\": \"high\"}", "\u{0}"] {
        let what = served.send("POST", &prune, &[], body.as_bytes()).refused(400);
        assert!(what.starts_with("the body is not what this route takes"), "{what}");
    }
    let huge = vec![b' '; 9 << 20];
    served.send("POST", &prune, &[], &huge).refused(413);
    served.get("/api/nothing").refused(404);
    served.send("PUT", "/api/status", &[], b"").refused(405);
    served.get(&format!("/api/graphs/{id}/edges?node=minus")).refused(400);
    for id in ["no-such-graph", "UPPER", "a.b"] {
        served.get(&format!("/api/graphs/{id}")).refused(404);
        served.get(&format!("/api/graphs/{id}/pack")).refused(404);
        served.post(&format!("/api/graphs/{id}/runs"), &json!({})).refused(400);
    }
    for job in ["j0", "j99", "j01", "x", "j-1"] {
        served.get(&format!("/api/jobs/{job}")).refused(404);
        served.get(&format!("/api/jobs/{job}/events")).refused(404);
    }
    served.get("/api/features/two-hop/0/1").refused(404);
}

#[test]
fn a_read_only_server_answers_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let id = Served::at(folder.path(), |_| {}).graph();
    let served = Served::at(folder.path(), |settings| settings.read_only = true);
    let body = json!({ "node_threshold": 0.5, "edge_threshold": 0.9 });
    served.ask(&format!("/api/graphs/{id}/prune"), &body);
    served.send("DELETE", &format!("/api/graphs/{id}"), &[], b"").refused(403);
    served
        .send("PUT", &format!("/api/graphs/{id}/views/main"), &[], b"{\"schema\":1}")
        .refused(403);
    served.post("/api/graphs", &crate::support::trace_of("oak port")).refused(403);
    served.post(&format!("/save_graph/{id}"), &json!({ "qParams": {} })).refused(403);
    assert_eq!(served.ok("/api/graphs").as_array().unwrap().len(), 1);
    let feature = "/api/features/two-hop/0/1";
    let told = served.ask(&format!("{feature}/activations"), &json!({ "text": PROMPT }));
    assert!(!told["activations"].as_array().unwrap().is_empty());
    // What is posted to: questions are read, and what would change something is not.
    let questions = ["tokenize", "forward", "estimate", "compare", "recurring", "figure"];
    let questions = questions.map(|ask| format!("/api/{ask}")).into_iter();
    let of_graph = ["prune", "paths", "circuit", "suggest"];
    let of_graph = of_graph.map(|ask| format!("/api/graphs/{id}/{ask}"));
    let of_features = ["query", "search"].map(|ask| format!("/api/features/{ask}"));
    for path in questions.chain(of_graph).chain(of_features) {
        let got = served.send("POST", &path, &[], b"?");
        assert_eq!(got.status, 400, "{path}: {}", got.text());
    }
    let changes = ["graphs", "graphs/import", "probes", "trash/x", "log"];
    let runs = format!("graphs/{id}/runs");
    for path in changes.into_iter().chain([runs.as_str(), "trash/figure", "graphs/x/views/paths"]) {
        served.send("POST", &format!("/api/{path}"), &[], b"?").refused(403);
    }
    // A view, a graph or a page of others may be called as a question is.
    for path in [format!("/api/graphs/{id}/views/circuit"), "/api/graphs/prune".to_owned()] {
        served.send("PUT", &path, &[], b"{\"schema\":1}").refused(403);
        served.send("DELETE", &path, &[], b"").refused(403);
    }
    served.post("/save_graph/circuit", &json!({ "qParams": {} })).refused(403);
    served.send("PUT", &format!("{feature}/label"), &[], b"{\"text\":\"a\"}").refused(403);
    served.send("PATCH", &format!("{feature}/activations"), &[], b"{}").refused(403);
}
