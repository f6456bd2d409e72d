use connectome::features::FeatureIndex;
use connectome_graph::{Node, NodeIdx};
use serde_json::{Value, json};

use crate::features::{index_path, with_index};
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
    assert!(svg.contains("Orange outline: the graph predicts an effect"), "{svg}");
    // Faded boxes are resources of a PDF, several of them.
    with_run["format"] = json!("pdf");
    with_run["runs"] = json!([1, 1, 1]);
    let first = draw(&served, &with_run);
    (0..4).for_each(|_| assert_eq!(draw(&served, &with_run), first));
    with_run["runs"] = json!([7]);
    served.post("/api/figure", &with_run).refused(404);
}

/// What a swap takes from another prompt has a box of its own.
#[test]
fn what_was_put_in_has_a_box() {
    let served = Served::new();
    let id = served.graph();
    let text = crate::support::PROMPT.replace("oak port", "ash port");
    let made = served.done("/api/graphs", &crate::support::trace_of(&text));
    let swap =
        json!({ "graph": made["graph"], "nodes": [0, 1, 2], "times": 2.0, "from_end": true });
    let run = json!({ "kind": "intervene", "groups": ask(&id, "svg")["groups"], "edits": [],
        "swap": swap });
    served.done(&format!("/api/graphs/{id}/runs"), &run);
    let run = served.ok(&format!("/api/graphs/{id}/runs/1"));
    let inserted = &run["result"]["inserted"];
    assert_eq!((&inserted["n_features"], &inserted["dose"]), (&json!(3), &json!("2×")));
    let mut with_run = ask(&id, "svg");
    with_run["runs"] = json!([1]);
    let svg = String::from_utf8(draw(&served, &with_run)).unwrap();
    assert!(svg.contains("3 features") && svg.contains("class=\"inserted\""), "{svg}");
}

#[test]
fn edges_that_are_too_weak_are_counted() {
    let served = Served::new();
    let id = served.graph();
    let mut strong = ask(&id, "svg");
    let usual = String::from_utf8(draw(&served, &strong)).unwrap();
    strong["options"] = json!({ "min_share": 1.0 });
    let svg = String::from_utf8(draw(&served, &strong)).unwrap();
    // A footer's lines break anywhere between words.
    assert!(svg.contains("below") && !usual.contains("below"), "{svg}");
    strong["options"] = json!({ "min_share": 1.5 });
    let why = "edges are to be drawn from a share of 1.5, expected 0 to 1";
    assert_eq!(served.post("/api/figure", &strong).refused(400), why);
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

/// A view as the page saves it: a group, a named node, a dragged box, a note.
fn view() -> Value {
    let strong = strongest(4);
    json!({
        "schema": 1,
        "groups": [{ "id": "g", "name": "Both", "nodes": strong[..2] }],
        "pins": strong[..3],
        "labels": { strong[2].to_string(): "my name" },
        "places": { "g": { "x": 640.0, "y": 320.0 } },
        "notes": [{ "id": "t", "text": "look <here>", "x": 16.0, "y": 8.0 }],
    })
}

fn save(served: &Served, id: &str, name: &str, view: &Value) {
    let path = format!("/api/graphs/{id}/views/{name}");
    let got = served.send("PUT", &path, &[("If-Match", "*")], view.to_string().as_bytes());
    assert_eq!(got.status, 200, "{}", got.text());
}

#[test]
fn a_view_is_drawn_as_it_was_saved() {
    let served = Served::new();
    let id = served.graph();
    save(&served, &id, "mine", &view());
    let strong = strongest(4);
    let text = |ask: Value| String::from_utf8(draw(&served, &ask)).unwrap();
    let automatic = text(json!({ "graph": id, "view": "mine", "format": "svg" }));
    assert!(automatic.contains(">Both<") && automatic.contains(">my name<"), "{automatic}");
    assert!(!automatic.contains("look"), "a note without its place says nothing");
    // The same boxes by themselves.
    let by_hand = text(json!({ "graph": id, "format": "svg", "groups": [
        { "id": "g", "name": "Both", "nodes": strong[..2] },
        { "id": format!("n{}", strong[2]), "name": "my name", "nodes": [strong[2]] },
    ] }));
    assert_eq!(automatic, by_hand);
    let placed = json!({ "layout": "placed" });
    let placed = text(json!({ "graph": id, "view": "mine", "format": "svg", "options": placed }));
    assert!(placed.contains("look &lt;here&gt;") && placed != automatic);
    // Dragged further to the right, the same box stands further to the right.
    let mut further = view();
    further["places"]["g"]["x"] = json!(1240.0);
    save(&served, &id, "further", &further);
    let ask = json!({ "graph": id, "view": "further", "format": "svg",
        "options": { "layout": "placed" } });
    let (wide, narrow) = (width(&text(ask)), width(&placed));
    assert_eq!(wide - narrow, 600.0);
}

fn width(svg: &str) -> f64 {
    let start = svg.find("width=\"").unwrap() + "width=\"".len();
    svg[start..].split('"').next().unwrap().parse().unwrap()
}

#[test]
fn a_view_that_cannot_be_drawn_says_why() {
    let served = Served::new();
    let id = served.graph();
    let ask = |view: &str| json!({ "graph": id, "view": view, "format": "svg" });
    served.post("/api/figure", &ask("none")).refused(404);
    // Nobody saved the first view yet, and the graph's file groups nothing.
    assert_eq!(served.post("/api/figure", &ask("main")).refused(400), "the figure has no box");
    save(&served, &id, "newer", &json!({ "schema": 9 }));
    let why = served.post("/api/figure", &ask("newer")).refused(400);
    assert_eq!(why, "not a saved view: its schema is 9, expected 1");
    save(&served, &id, "beyond", &json!({ "schema": 1, "pins": [4_000_000] }));
    assert!(served.post("/api/figure", &ask("beyond")).refused(400).contains("4000000"));
    let mut placed = self::ask(&id, "svg");
    placed["options"] = json!({ "layout": "placed" });
    let why = served.post("/api/figure", &placed).refused(400);
    assert_eq!(why, "no view says where boxes were placed");
}

/// A box that nobody named is called as the index calls its feature, and says so.
#[test]
fn boxes_without_a_name_of_their_own_have_the_one_of_the_index() {
    let served = with_index();
    let id = served.graph();
    let (one, named, text) = labelled(&served);
    let name = graph().nodes().name(NodeIdx::new(one));
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let figure = |groups: Value, options: Value| {
        let ask = json!({ "graph": id, "format": "svg", "groups": groups, "pins": [one],
            "options": options });
        String::from_utf8(draw(&served, &ask)).unwrap()
    };
    let start = "<text class=\"name automatic\"";
    let marked = figure(json!([]), json!({}));
    assert!(marked.contains(start) && marked.contains(&format!(">≈ {}", &text[..9])), "{marked}");
    assert!(marked.contains(&format!(">{name}<")), "its place stands below");
    assert!(marked.contains(&format!("<title>{text} (automatic, from ")), "in full");
    assert!(marked.contains("≈: a name that a program gave") && marked.contains("names_of_index"));
    // A group that nobody named is called as one of its features.
    let group = |name: &str| json!([{ "id": "g", "name": name, "nodes": [named, one] }]);
    assert_eq!(figure(group(""), json!({})).matches(start).count(), 1);
    for (groups, options) in
        [(json!([]), json!({ "automatic_names": false })), (group("Mine"), json!({}))]
    {
        let plain = figure(groups, options);
        assert!(!plain.contains('≈') && !plain.contains("names_of_index"), "{plain}");
    }
    // Without an index nothing is marked.
    let bare = Served::new();
    let ask = json!({ "graph": bare.graph(), "format": "svg", "groups": [], "pins": [one] });
    assert!(!String::from_utf8(draw(&bare, &ask)).unwrap().contains('≈'));
}

/// The strongest node that the index names, another that it names, and the name of the first.
fn labelled(served: &Served) -> (u32, u32, String) {
    let index = FeatureIndex::open(&index_path(served)).unwrap();
    let all = strongest(graph().nodes().n_features());
    let label = |node: &u32| match graph().nodes().node(NodeIdx::new(*node)) {
        Node::Feature(feature) => index.label(feature.id).unwrap(),
        _ => None,
    };
    let mut named = all.iter().filter_map(|node| Some((*node, label(node)?.text)));
    let (first, text) = named.next().unwrap();
    (first, named.next().unwrap().0, text)
}

/// The workspace's circuit and its figure place boxes by one rule.
#[test]
fn the_circuit_says_where_boxes_stand() {
    let served = Served::new();
    let id = served.graph();
    let groups = ask(&id, "svg")["groups"].clone();
    let circuit = served.ask(&format!("/api/graphs/{id}/circuit"), &json!({ "groups": groups }));
    for one in circuit["boxes"].as_array().unwrap() {
        let top = circuit["boxes"].as_array().unwrap().iter().map(|b| b["rank"].as_u64().unwrap());
        let below = top.max().unwrap() - one["rank"].as_u64().unwrap();
        assert_eq!(one["place"]["y"], 20.0 + 100.0 * below as f64, "{one}");
    }
}

#[test]
fn a_pdf_says_what_made_it() {
    let served = Served::new();
    let id = served.graph();
    let pdf = draw(&served, &ask(&id, "pdf"));
    let text = String::from_utf8_lossy(&pdf);
    let field = |name: &str| {
        let start = text.rfind(&format!("/{name} <FEFF")).unwrap() + name.len() + 7;
        let hex = text[start..].split('>').next().unwrap();
        let units = (0..hex.len()).step_by(4).map(|at| u16::from_str_radix(&hex[at..at + 4], 16));
        String::from_utf16(&units.collect::<Result<Vec<u16>, _>>().unwrap()).unwrap()
    };
    let found: Value = serde_json::from_str(&field("Subject")).unwrap();
    assert_eq!(found["model_digest"], graph().provenance().model.digest.clone().unwrap());
    assert_eq!(found["groups"][0]["name"], "First <b>&amp;");
    assert!(field("Title").starts_with('→'), "{}", field("Title"));
    // The table of places is where the end says.
    let start = text.rfind("startxref\n").unwrap() + "startxref\n".len();
    let start: usize = text[start..].lines().next().unwrap().parse().unwrap();
    assert!(pdf[start..].starts_with(b"xref\n"));
}
