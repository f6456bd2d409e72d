//! `connectome serve` as a process, and `connectome figure` beside the server's figures.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use connectome::features::FeatureIndex;
use connectome_graph::{AttributionGraph, Thresholds};
use connectome_server::wire::{FigureAsk, FigureFormat, FigureLayout, FigureOptions};
use connectome_server::{PageSources, SavedView, Sources, edges_csv};

use crate::support::{PROMPT, Place};

/// Starts the server, and reads where it is from what it prints.
fn started(place: &Place, more: &[&str]) -> (Child, String) {
    let mut command = place.command();
    command.args(["serve", "--port", "0", "--no-open", "--dir", "store"]).args(more);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let url = line.trim_end().strip_prefix("serving http://").unwrap_or_else(|| panic!("{line}"));
    (child, url.to_owned())
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[cfg(unix)]
#[test]
fn it_serves_until_it_is_told_to_end() {
    let place = Place::new();
    let (mut child, url) = started(&place, &[]);
    let address = url.trim_end_matches('/');
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    let answer = get(address, "/api/status");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"default_model\""), "{answer}");
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(place.path("store/graphs").is_dir());
}

#[test]
fn elsewhere_it_makes_up_a_token() {
    let place = Place::new();
    let (mut child, url) = started(&place, &["--host", "0.0.0.0"]);
    let (address, token) = url.split_once("/?token=").unwrap();
    assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
    let address = address.replace("0.0.0.0", "127.0.0.1");
    assert!(get(&address, "/api/status").starts_with("HTTP/1.1 401"));
    assert!(get(&address, &format!("/?token={token}")).starts_with("HTTP/1.1 303"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn what_cannot_be_served_is_one_sentence() {
    let place = Place::new();
    let ran = place.run(&["serve", "--port", "0", "--no-open", "--dir", "s", "--model", "no-such"]);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.starts_with("error: no dictionary was named"), "{}", ran.stderr);
    let ran = place.run(&["serve", "--port", "0", "--no-open", "--dir", "s", "--compat", "none"]);
    assert_eq!((ran.code, ran.stderr.lines().count()), (Some(2), 2), "{}", ran.stderr);
    std::fs::write(place.path("file"), "").unwrap();
    let ran = place.run(&["serve", "--port", "0", "--no-open", "--dir", "file"]);
    assert_eq!((ran.code, ran.stderr.lines().count()), (Some(2), 2), "{}", ran.stderr);
    let named = ["serve", "--port", "0", "--no-open", "--dir", "s", "--features", "file"];
    place.refused(&named, "not a feature index", "collect");
}

/// The command that the server tells writes where the server looks, and so does the usual one.
#[test]
fn what_is_collected_is_found() {
    let place = Place::new();
    std::fs::write(place.path("text.txt"), "the capital of the state containing oak port is Alder")
        .unwrap();
    for out in [&["--out", "store/any-name.features"][..], &[]] {
        let (mut child, url) = started(&place, &[]);
        let address = url.trim_end_matches('/');
        assert!(get(address, "/api/features/two-hop/0/0").starts_with("HTTP/1.1 404"));
        place.ok(&[&["features", "collect", "--data", "text.txt", "-q"], out].concat());
        let answer = get(address, "/api/features/two-hop/0/0");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        child.kill().unwrap();
        child.wait().unwrap();
        let _ = std::fs::remove_file(place.path("store/any-name.features"));
    }
    assert!(place.path("two-hop-clt.features").exists());
}

/// The page and the command line draw the same circuit with the same bytes.
#[test]
fn a_figure_is_the_servers() {
    let place = Place::new();
    place.ok(&["trace", PROMPT, "--output", "oak.graph"]);
    let graph = AttributionGraph::load(&place.path("oak.graph")).unwrap();
    let mut fired = graph.nodes().features().map(|(_, feature)| feature.to_string());
    let (a, b) = (fired.next().unwrap(), fired.last().unwrap());
    place.ok(&["group", "oak.graph", "Both", &a, &b]);
    let graph = AttributionGraph::load(&place.path("oak.graph")).unwrap();
    for (name, format) in [
        ("oak.svg", FigureFormat::Svg),
        ("oak.pdf", FigureFormat::Pdf),
        ("oak.png", FigureFormat::Png),
    ] {
        place.ok(&["figure", "oak.graph", "--pin", "target:0", "--output", name]);
        let ask = FigureAsk {
            graph: "another-name".to_owned(),
            view: None,
            groups: None,
            pins: vec![graph.nodes().target(0).get()],
            runs: Vec::new(),
            options: FigureOptions::default(),
            format,
        };
        let drawn = connectome_server::draw(&graph, &ask, Sources::default()).unwrap();
        assert_eq!(std::fs::read(place.path(name)).unwrap(), drawn.bytes, "{name}");
    }
    place.ok(&["figure", "oak.graph", "--min-share", "0.05", "--output", "strong.svg"]);
    let ask = FigureAsk {
        graph: "oak".to_owned(),
        view: None,
        groups: None,
        pins: Vec::new(),
        runs: Vec::new(),
        options: FigureOptions { min_share: 0.05, ..FigureOptions::default() },
        format: FigureFormat::Svg,
    };
    let drawn = connectome_server::draw(&graph, &ask, Sources::default()).unwrap();
    assert_eq!(std::fs::read(place.path("strong.svg")).unwrap(), drawn.bytes);
    let ran = place.run(&["figure", "oak.graph", "--output", "oak.gif"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("ends in .svg, .pdf or .png"), "{}", ran.stderr);
    std::fs::write(place.path("run.json"), "{}").unwrap();
    let ran = place.run(&["figure", "oak.graph", "--run", "run.json", "--output", "oak.svg"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("not a measured run"), "{}", ran.stderr);
}

/// Names of an index are drawn as the server draws them, and left out as it leaves them out.
#[test]
fn a_figure_has_the_names_of_an_index() {
    let place = Place::new();
    std::fs::write(place.path("text.txt"), PROMPT).unwrap();
    place.ok(&["features", "collect", "--data", "text.txt", "-q", "--out", "my.features"]);
    place.ok(&["trace", PROMPT, "--output", "oak.graph"]);
    let graph = AttributionGraph::load(&place.path("oak.graph")).unwrap();
    let names = FeatureIndex::open(&place.path("my.features")).unwrap().labels_of(&graph).unwrap();
    let named = graph.nodes().features().find(|(_, feature)| names.contains_key(&feature.id));
    let (idx, feature) = named.unwrap();
    let (pin, said) =
        (feature.to_string(), ["figure", "oak.graph", "--output", "oak.svg", "--pin"]);
    let with = [&said[..], &[pin.as_str(), "--features", "my.features"]].concat();
    for (more, automatic_names) in [(&[][..], true), (&["--no-automatic-names"][..], false)] {
        place.ok(&[&with[..], more].concat());
        let ask = FigureAsk {
            graph: "oak".to_owned(),
            view: None,
            groups: None,
            pins: vec![idx.get()],
            runs: Vec::new(),
            options: FigureOptions { automatic_names, ..FigureOptions::default() },
            format: FigureFormat::Svg,
        };
        let sources = Sources { names: Some(&names), ..Sources::default() };
        let drawn = connectome_server::draw(&graph, &ask, sources).unwrap();
        assert!(std::fs::read(place.path("oak.svg")).unwrap() == drawn.bytes, "{more:?}");
        let svg = String::from_utf8(drawn.bytes).unwrap();
        assert_eq!(svg.contains(">≈ "), automatic_names, "{svg}");
    }
    let alone = [&said[..], &[pin.as_str(), "--no-automatic-names"]].concat();
    place.refused(&alone, "--features", "figure --help");
    let other = [&said[..], &[pin.as_str(), "--features", "oak.graph"]].concat();
    place.refused(&other, "not a feature index", "collect");
}

/// The view's tints are drawn, unless they are left out.
#[test]
fn a_figure_has_the_tints_of_a_view() {
    let place = Place::new();
    place.ok(&["trace", PROMPT, "--output", "oak.graph"]);
    let graph = AttributionGraph::load(&place.path("oak.graph")).unwrap();
    let nodes: Vec<u32> = graph.nodes().indices().take(1).map(|idx| idx.get()).collect();
    let view = serde_json::json!({
        "schema": 1,
        "groups": [{ "id": "g", "name": "First", "nodes": nodes, "tint": "rose" }],
    });
    std::fs::write(place.path("view.json"), view.to_string()).unwrap();
    let figure = ["figure", "oak.graph", "--view", "view.json", "--output", "oak.svg"];
    for (more, is_tinted) in [(&[][..], true), (&["--no-tints"][..], false)] {
        place.ok(&[&figure[..], more].concat());
        let svg = std::fs::read_to_string(place.path("oak.svg")).unwrap();
        assert_eq!(svg.contains("class=\"box tint-rose\""), is_tinted, "{svg}");
    }
}

/// A view that the workspace saved is drawn and written as the server does.
#[test]
fn a_saved_view_is_drawn_and_written() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("graphs/oak/views/mine")).unwrap();
    place.ok(&["trace", PROMPT, "--output", "graphs/oak/graph.connectome"]);
    let path = "graphs/oak/graph.connectome";
    let graph = AttributionGraph::load(&place.path(path)).unwrap();
    let pins: Vec<u32> = graph.nodes().indices().take(2).map(|idx| idx.get()).collect();
    let view = serde_json::json!({
        "schema": 1, "pins": pins,
        "groups": [{ "id": "g", "name": "First", "nodes": pins[..1], "tint": "rose" }],
        "places": { "g": { "x": 400, "y": 8 } },
    });
    let views = place.path("graphs/oak/views/mine");
    std::fs::write(views.join("000001.json"), "{}").unwrap();
    std::fs::write(views.join("000002.json"), view.to_string()).unwrap();
    std::fs::write(place.path("view.json"), view.to_string()).unwrap();
    let saved = SavedView::from_json(view.to_string().as_bytes()).unwrap();

    let sources = Sources { view: Some(&saved), ..Sources::default() };
    for (layout, name) in [(FigureLayout::Automatic, "automatic"), (FigureLayout::Placed, "placed")]
    {
        let options = FigureOptions { layout, ..FigureOptions::default() };
        let ask = FigureAsk {
            graph: "oak".to_owned(),
            view: Some("mine".to_owned()),
            groups: None,
            pins: Vec::new(),
            runs: Vec::new(),
            options,
            format: FigureFormat::Svg,
        };
        let drawn = connectome_server::draw(&graph, &ask, sources).unwrap();
        for view in ["mine", "view.json"] {
            place.ok(&["figure", path, "--view", view, "--layout", name, "--output", "oak.svg"]);
            assert_eq!(std::fs::read(place.path("oak.svg")).unwrap(), drawn.bytes, "{name} {view}");
        }
    }
    let sources = PageSources { view: Some(&saved), ..PageSources::default() };
    let page = connectome_server::page_file(graph.clone(), sources).unwrap();
    let export = ["export", path, "--format", "html", "--view", "mine", "--output", "oak.html"];
    place.ok(&export);
    assert!(std::fs::read(place.path("oak.html")).unwrap() == page.bytes, "another page");

    // Pins, groups and names of the view are in all files but dense matrices.
    let named = saved.annotated(&graph).unwrap();
    let of_view =
        |format, output| ["export", path, "--format", format, "-o", output, "--view", "mine"];
    place.ok(&of_view("connectome", "named.graph"));
    let whole = saved.in_file(&graph).unwrap().to_bytes();
    assert!(std::fs::read(place.path("named.graph")).unwrap() == whole, "another graph");
    place.ok(&of_view("csv", "oak.csv"));
    let table = edges_csv(&named, &Thresholds::default()).unwrap();
    assert!(std::fs::read(place.path("oak.csv")).unwrap() == table, "another table");
    place.ok(&of_view("json", "oak.json"));
    let json = std::fs::read_to_string(place.path("oak.json")).unwrap();
    assert!(json.contains("\"supernodes\"") && json.contains("First"), "{json:.2000}");
    place.refused(&of_view("safetensors", "oak.st"), "dense matrices hold no names", "`--view`");

    std::fs::write(place.path("text.txt"), PROMPT).unwrap();
    place.ok(&["features", "collect", "--data", "text.txt", "-q", "--out", "my.features"]);
    let features = Some(FeatureIndex::open(&place.path("my.features")).unwrap());
    let sources = PageSources { view: Some(&saved), features, ..PageSources::default() };
    let page = connectome_server::page_file(graph, sources).unwrap();
    let with = [&export[..], &["--features", "my.features"]].concat();
    let found = page.features.unwrap();
    let said = format!("examples of {} of the {} features", found.n_inside, found.n_shown);
    let ran = place.ok(&with);
    assert!(found.n_inside > 1 && ran.stdout.contains(&said), "{said}: {}", ran.stdout);
    assert!(ran.stdout.contains("may take 8.0 MB"), "{}", ran.stdout);
    assert!(std::fs::read(place.path("oak.html")).unwrap() == page.bytes, "another page");
    assert_eq!(place.json(&with)["features"]["inside"], found.n_inside);

    let ran = place.run(&["figure", path, "--view", "none", "--output", "none.svg"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.starts_with("error: there is no view `none`"), "{}", ran.stderr);
    std::fs::write(place.path("view.json"), "{\"schema\": 2}").unwrap();
    let ran =
        place.run(&["export", path, "--format", "html", "--view", "view.json", "--output", "n"]);
    assert!(ran.stderr.contains("its schema is 2, expected 1"), "{}", ran.stderr);
    let features = ["export", path, "--format", "json", "--features", "my.features", "-o", "n"];
    let ran = place.run(&features);
    assert_eq!((ran.code, ran.stderr.lines().count()), (Some(2), 2), "{}", ran.stderr);
    assert!(ran.stderr.contains("`--features` is for pages"), "{}", ran.stderr);
    assert!(!place.path("n").exists() && !place.path("none.svg").exists());
}
