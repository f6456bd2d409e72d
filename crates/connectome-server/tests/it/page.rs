use std::collections::BTreeSet;

use crate::support::{Got, Served};

/// Addresses that a file of the page names: in its HTML, or in what a script imports or loads later.
fn named(text: &str) -> Vec<String> {
    let quoted = text.split(['"', '\'', '`']);
    let own = |word: &str| {
        let below = word.strip_prefix("./").map(|name| format!("/assets/{name}"));
        let whole = word.strip_prefix('/').or_else(|| word.starts_with("assets/").then_some(word));
        below.or_else(|| whole.map(|name| format!("/{name}")))
    };
    let is_file = |path: &String| [".js", ".css", ".svg"].iter().any(|end| path.ends_with(end));
    quoted.filter_map(own).filter(is_file).collect()
}

#[test]
fn all_that_the_page_names_is_in_the_program() {
    let served = Served::new();
    let start = served.get("/");
    assert_eq!(start.header("content-type"), Some("text/html; charset=utf-8"));
    let named_first = named(&start.text());
    let has = |end: &str| named_first.iter().any(|path| path.ends_with(end));
    assert!(has(".js") && has(".css") && has(".svg"), "{named_first:?}");
    let mut seen = BTreeSet::new();
    let mut left = named_first.clone();
    while let Some(path) = left.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let got = served.get(&path);
        assert_eq!(got.status, 200, "{path}");
        let kind = match path.rsplit('.').next() {
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(got.header("content-type"), Some(kind), "{path}");
        // A name of a built file is of what is in it, so that it never has to be asked for again.
        let lasts = got.header("cache-control").is_some_and(|value| value.contains("immutable"));
        assert_eq!(lasts, path.starts_with("/assets/"), "{path}");
        if kind.starts_with("text/javascript") {
            left.extend(named(&got.text()));
        }
    }
    assert!(seen.len() > named_first.len(), "pages whose code comes when they are shown");
    served.get("/assets/none.js").refused(404);
    // Every other address is the page itself.
    assert_eq!(served.get("/g/some-graph").bytes, start.bytes);
}

#[test]
fn the_page_comes_compressed_to_who_reads_that() {
    let served = Served::new();
    let script = script(&served);
    for path in ["/", script.as_str()] {
        let ask = |accepts: &str| served.send("GET", path, &[("Accept-Encoding", accepts)], b"");
        let plain = served.get(path);
        assert_eq!(plain.header("content-encoding"), None);
        for accepts in ["br", "gzip, deflate, br", "gzip;q=0.5, br;q=1.0"] {
            let got = ask(accepts);
            assert_eq!(got.header("content-encoding"), Some("br"), "{path} {accepts}");
            assert_eq!(got.header("vary"), Some("Accept-Encoding"));
            assert!(got.bytes.len() < plain.bytes.len());
            assert_eq!(unpacked(&got), plain.bytes, "{path}");
        }
        for accepts in ["gzip", "identity", "brr", "gzip, br;q=0"] {
            let got = ask(accepts);
            assert_eq!(got.header("content-encoding"), None, "{path} {accepts}");
            assert_eq!(got.bytes, plain.bytes, "{path} {accepts}");
        }
    }
}

#[test]
fn a_page_that_a_browser_has_is_not_sent_again() {
    let served = Served::new();
    let script = script(&served);
    let etag = |path: &str| served.get(path).header("etag").unwrap().to_owned();
    assert_ne!(etag("/"), etag(&script));
    for path in ["/", "/g/some-graph", &script] {
        let tag = etag(path);
        assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
        // A proxy that packs anew makes a tag weak.
        for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
            let asks = [("If-None-Match", known.as_str()), ("Accept-Encoding", "br")];
            let got = served.send("GET", path, &asks, b"");
            assert_eq!((got.status, got.bytes.len()), (304, 0), "{path} {known}");
            assert_eq!(got.header("etag"), Some(tag.as_str()));
            assert!(got.header("cache-control").is_some() && got.header("vary").is_some());
        }
        let got = served.send("GET", path, &[("If-None-Match", "\"other\"")], b"");
        assert_eq!(got.status, 200, "{path}");
        assert!(!got.bytes.is_empty());
    }
}

fn script(served: &Served) -> String {
    let all = named(&served.get("/").text());
    all.into_iter().find(|path| path.ends_with(".js")).unwrap()
}

fn unpacked(got: &Got) -> Vec<u8> {
    let mut bytes = Vec::new();
    brotli::BrotliDecompress(&mut got.bytes.as_slice(), &mut bytes).unwrap();
    bytes
}
