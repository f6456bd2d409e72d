use serde_json::{Value, json};

use crate::support::{Served, graph, strongest};

fn ask(id: &str, format: &str) -> Value {
    let strong = strongest(6);
    let target = graph().nodes().target(0).get();
    json!({
        "graph": id, "format": format, "pins": [target],
        "groups": [
            { "id": "a", "name": "First <b>&amp;", "nodes": strong[..3] },
            { "id": "b", "name": "Second", "nodes": strong[3..] },
        ],
    })
}

fn draw(served: &Served, ask: &Value) -> Vec<u8> {
    let got = served.post("/api/figure", ask);
    assert_eq!(got.status, 200, "{}", got.text());
    got.bytes
}

#[test]
fn figures_are_the_same_bytes_every_time() {
    let served = Served::new();
    let id = served.graph();
    for (format, start) in [("svg", &b"<svg"[..]), ("png", b"\x89PNG"), ("pdf", b"%PDF-1.7")] {
        let drawn = draw(&served, &ask(&id, format));
        assert!(drawn.starts_with(start), "{format}");
        assert_eq!(drawn, draw(&served, &ask(&id, format)), "{format}");
    }
}

#[test]
fn a_figure_says_what_made_it() {
    let served = Served::new();
    let id = served.graph();
    let digest = graph().provenance().model.digest.clone().unwrap();
    let svg = String::from_utf8(draw(&served, &ask(&id, "svg"))).unwrap();
    assert!(svg.contains(&digest) && svg.contains("graph_digest"));
    assert!(svg.contains("First &lt;b&gt;&amp;amp;"), "names are text");
    let png = draw(&served, &ask(&id, "png"));
    let at = png.windows(4).position(|window| window == b"iTXt").unwrap();
    let len = u32::from_be_bytes(png[at - 4..at].try_into().unwrap()) as usize;
    let data = &png[at + 4..at + 4 + len];
    let text = data.strip_prefix(b"Description\0\0\0\0\0").unwrap();
    let found: Value = serde_json::from_slice(text).unwrap();
    assert_eq!(found["model_digest"], digest);
    assert_eq!(found["groups"][0]["name"], "First <b>&amp;");
    // Text is drawn, with our own fonts: many pixels are not those of boxes.
    for format in ["png", "pdf"] {
        let said = draw(&served, &ask(&id, format)).len();
        let mut blank = ask(&id, format);
        blank["options"] = json!({ "prompt": false, "footer": false, "n_outputs": 0 });
        let blank = draw(&served, &blank).len();
        assert!(said > blank + 3000, "{format}: {said} with text, {blank} without");
    }
}

#[test]
fn a_run_has_a_panel_with_what_it_did() {
    let served = Served::new();
    let id = served.graph();
    let strong = strongest(6);
    let run = json!({ "kind": "intervene", "name": "First off",
        "groups": ask(&id, "svg")["groups"],
        "edits": [{ "nodes": strong[..3], "how": "ablate" }] });
    served.done(&format!("/api/graphs/{id}/runs"), &run);
    let mut with_run = ask(&id, "svg");
    with_run["runs"] = json!([1]);
    let svg = String::from_utf8(draw(&served, &with_run)).unwrap();
    assert!(svg.contains("First off") && svg.contains("Unchanged") && svg.contains("0×"));
    assert!(svg.contains("100%") || svg.contains("100 %"), "the unchanged model");
    assert!(svg.contains("Run 1: open; attention frozen, norms free"));
    // Faded boxes are resources of a PDF, several of them.
    with_run["format"] = json!("pdf");
    with_run["runs"] = json!([1, 1, 1]);
    let first = draw(&served, &with_run);
    (0..4).for_each(|_| assert_eq!(draw(&served, &with_run), first));
    with_run["runs"] = json!([7]);
    served.post("/api/figure", &with_run).refused(404);
}

#[test]
fn figures_that_make_no_sense() {
    let served = Served::new();
    let id = served.graph();
    let empty = json!({ "graph": id, "groups": [], "format": "svg" });
    assert_eq!(served.post("/api/figure", &empty).refused(400), "the figure has no box");
    let mut huge = ask(&id, "png");
    huge["options"] = json!({ "scale": 1e9 });
    served.post("/api/figure", &huge).refused(400);
    let mut unknown = ask(&id, "svg");
    unknown["format"] = json!("gif");
    served.post("/api/figure", &unknown).refused(400);
}
