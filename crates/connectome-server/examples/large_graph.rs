//! How long a large graph takes through the server, on loopback:
//!
//! ```sh
//! cargo run --release -p connectome-server --example large_graph
//! ```
//!
//! A made-up graph of about 10,000 nodes and 500,000 edges (uniform random edges), imported and
//! then read as the page reads it. Prints one line a request: bytes, and the median of five times.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "an example reports to a person")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use connectome::hub::HubSettings;
use connectome_graph::{
    ActiveFeature, AttributionGraph, Expansion, Extent, FeatureId, Nodes, Prompt, Provenance, Row,
    Target, TargetKind,
};
use connectome_server::{Server, Settings, serve_until};

const LAYERS: u32 = 26;
const TOKENS: u32 = 40;
const FEATURES: u32 = 8_900;
const EDGES_A_ROW: usize = 58;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings {
        folder: folder.path().to_owned(),
        models: Vec::new(),
        hub: HubSettings { offline: true, ..HubSettings::with_cache(folder.path().join("hub")) },
        hosts: Vec::new(),
        token: None,
        read_only: false,
        features: Vec::new(),
        compat: None,
        tour: false,
    };
    let end = Arc::new(AtomicBool::new(false));
    let flag = end.clone();
    let (told, hears) = std::sync::mpsc::channel();
    let server = std::thread::spawn(move || {
        let ready = |server: &Server| told.send(server.address()).unwrap();
        let ended = move || flag.load(Ordering::SeqCst);
        serve_until(settings, "127.0.0.1:0".parse().unwrap(), ready, ended).unwrap();
    });
    let base = format!("http://{}", hears.recv().unwrap());
    let graph = large();
    println!("{} nodes, {} edges", graph.nodes().len(), graph.n_edges());
    let bytes = graph.to_bytes();
    let since = Instant::now();
    let answer = send("POST", &format!("{base}/api/graphs/import"), &bytes);
    println!("import: {} bytes, {:.0} ms", bytes.len(), since.elapsed().as_secs_f64() * 1e3);
    let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap();
    let graph = format!("{base}/api/graphs/{}", answer["id"].as_str().unwrap());
    let prune = br#"{"node_threshold":0.8,"edge_threshold":0.98,"keep":[]}"#;
    let requests: [(&str, &str, &[u8]); 6] = [
        ("GET", "", b""),
        ("GET", "/pack?top=20000", b""),
        ("GET", "/pack", b""),
        ("GET", "/edges?node=8000", b""),
        ("POST", "/prune", prune),
        ("POST", "/suggest", b"{}"),
    ];
    for (method, path, body) in requests {
        let url = format!("{graph}{path}");
        let mut times = Vec::new();
        let mut n_bytes = 0;
        for _ in 0..5 {
            let since = Instant::now();
            n_bytes = send(method, &url, body).len();
            times.push(since.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        println!("{method} {path:<20} {n_bytes:>9} bytes {:>7.1} ms", times[2]);
    }
    end.store(true, Ordering::SeqCst);
    server.join().unwrap();
}

fn send(method: &str, url: &str, body: &[u8]) -> Vec<u8> {
    let request = ureq::http::Request::builder().method(method).uri(url).body(body).unwrap();
    let agent: ureq::Agent = ureq::Agent::config_builder().build().into();
    let mut response = agent.run(request).unwrap();
    response.body_mut().with_config().limit(1 << 30).read_to_vec().unwrap()
}

/// Numbers that are the same on every run (Knuth's MMIX generator).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n
    }
}

fn large() -> AttributionGraph {
    let mut random = Random(1);
    let mut active: Vec<ActiveFeature> = (0..FEATURES)
        .map(|at| ActiveFeature {
            id: FeatureId { layer: at * LAYERS / FEATURES, index: at },
            pos: random.below(TOKENS as usize) as u32,
            activation: 1.0 + random.below(100) as f32 / 10.0,
        })
        .collect();
    active.sort_by_key(|feature| (feature.id.layer, feature.pos, feature.id.index));
    let selected = (0..FEATURES).collect();
    let target = |token: u32| Target {
        kind: TargetKind::Logit { token },
        pos: TOKENS - 1,
        weight: 0.1,
        label: format!("token {token}"),
    };
    let tokens: Vec<u32> = (0..TOKENS).collect();
    let nodes = Nodes::new(LAYERS, active, selected, tokens.clone(), (0..8).map(target).collect());
    let nodes = nodes.unwrap();
    let explained = nodes.feature_range().chain(nodes.target_range());
    let mut rows = Vec::new();
    for place in explained {
        let target = connectome_graph::NodeIdx::new(place as u32);
        let [features, errors, tokens] = nodes.sources_of(target);
        let all: Vec<usize> = features.chain(errors).chain(tokens).collect();
        let mut sources: Vec<u32> =
            (0..EDGES_A_ROW).map(|_| all[random.below(all.len())] as u32).collect();
        sources.sort_unstable();
        sources.dedup();
        let weights: Vec<f32> =
            sources.iter().map(|_| random.below(2000) as f32 / 1000.0 - 0.9995).collect();
        let value = weights.iter().sum();
        rows.push(Row {
            target,
            sources,
            weights,
            abs_remainder: 0.0,
            signed_remainder: 0.0,
            constant: 0.0,
            value,
        });
    }
    let prompt = Prompt {
        text: "a large graph".to_owned(),
        token_texts: tokens.iter().map(|id| format!(" t{id}")).collect(),
        token_ids: tokens,
    };
    let extent = Extent::complete(Expansion::Exhaustive);
    AttributionGraph::new(nodes, rows, prompt, Provenance::default(), extent).unwrap()
}
