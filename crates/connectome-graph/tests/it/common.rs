//! Graphs to test on.

use std::path::{Path, PathBuf};

use connectome_graph::{
    ActiveFeature, AttributionGraph, Expansion, Extent, FeatureId, NodeIdx, Nodes, Prompt,
    Provenance, Row, Target, TargetKind,
};
use safetensors::SafeTensors;

/// The cases that hold the peer's own graph.
pub(crate) fn golden_cases() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens");
    let entries = std::fs::read_dir(&folder).expect("the project carries its goldens");
    let mut cases: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("golden.json").exists())
        .collect();
    cases.sort();
    assert!(cases.len() >= 8, "{} golden cases, expected at least 8", cases.len());
    cases
}

/// A case of the peer's numbers.
pub(crate) struct Golden {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) json: serde_json::Value,
    bytes: Vec<u8>,
}

impl Golden {
    pub(crate) fn read(folder: &Path) -> Self {
        let json = std::fs::read(folder.join("golden.json")).unwrap();
        Self {
            name: folder.file_name().unwrap().to_str().unwrap().to_owned(),
            folder: folder.to_owned(),
            json: serde_json::from_slice(&json).unwrap(),
            bytes: std::fs::read(folder.join("golden.safetensors")).unwrap(),
        }
    }

    pub(crate) fn f32(&self, name: &str) -> Vec<f32> {
        self.data(name).chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
    }

    pub(crate) fn u32(&self, name: &str) -> Vec<u32> {
        let data = self.data(name);
        let ints = data.chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()));
        ints.map(|int| u32::try_from(int).unwrap()).collect()
    }

    pub(crate) fn mask(&self, name: &str) -> Vec<bool> {
        self.data(name).iter().map(|&byte| byte != 0).collect()
    }

    /// A mask of a bit an entry, the lowest bit of a byte first; the last byte is filled up.
    pub(crate) fn bits(&self, name: &str) -> Vec<bool> {
        let bytes = self.data(name);
        bytes.iter().flat_map(|byte| (0..8).map(move |bit| byte >> bit & 1 == 1)).collect()
    }

    pub(crate) fn number(&self, key: &str) -> f64 {
        self.json[key].as_f64().unwrap()
    }

    /// The peer's JSON graph of this case, if it was kept.
    pub(crate) fn graph_json(&self) -> Option<serde_json::Value> {
        let graphs = std::fs::read_dir(self.folder.join("graph")).ok()?;
        let mut paths: Vec<PathBuf> = graphs.map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| {
            path.extension().is_some_and(|e| e == "json") && !path.ends_with("graph-metadata.json")
        });
        let bytes = std::fs::read(paths.first()?).unwrap();
        Some(serde_json::from_slice(&bytes).unwrap())
    }

    fn data(&self, name: &str) -> Vec<u8> {
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        tensors.tensor(name).unwrap().data().to_vec()
    }

    /// The peer's graph as ours: every feature expanded, weights as the peer has them.
    pub(crate) fn graph(&self) -> AttributionGraph {
        let n_layers = self.json["cfg"]["n_layers"].as_str().unwrap().parse().unwrap();
        let activations = self.f32("activation_values");
        let active = self.u32("active_features");
        let active = active.chunks_exact(3).zip(activations).map(|(f, activation)| {
            let id = FeatureId { layer: f[0], index: f[2] };
            ActiveFeature { id, pos: f[1], activation }
        });
        let tokens = self.u32("input_ids");
        let last = tokens.len() as u32 - 1;
        let labels = self.json["logit_targets"].as_array().unwrap();
        let ids = self.u32("logit_token_ids");
        let targets = ids.iter().zip(self.f32("logit_probabilities")).zip(labels);
        let targets = targets.map(|((&token, weight), label)| Target {
            kind: TargetKind::Logit { token },
            pos: last,
            weight,
            label: label[0].as_str().unwrap().to_owned(),
        });
        let nodes = Nodes::new(
            n_layers,
            active.collect(),
            self.u32("selected_features"),
            tokens.clone(),
            targets.collect(),
        )
        .unwrap();
        let prompt_tokens = self.graph_json().map(|json| json["metadata"]["prompt_tokens"].clone());
        let token_texts = match prompt_tokens {
            Some(texts) => serde_json::from_value(texts).unwrap(),
            None => tokens.iter().map(u32::to_string).collect(),
        };
        let text = self.json["input_string"].as_str().unwrap().to_owned();
        let prompt = Prompt { text, token_texts, token_ids: tokens };
        let provenance = Provenance {
            tool: "circuit-tracer 0.4.1".into(),
            scans: vec![format!("ref/{}", self.name)],
            vocab_size: self.json["vocab_size"].as_u64().unwrap() as u32,
            ..Provenance::default()
        };
        let rows = dense_rows(&nodes, &self.f32("adjacency"));
        let extent = Extent::complete(Expansion::Exhaustive);
        AttributionGraph::new(nodes, rows, prompt, provenance, extent).unwrap()
    }
}

/// Rows of all features and targets from a dense `[N, N]` matrix, row = target.
pub(crate) fn dense_rows(nodes: &Nodes, adjacency: &[f32]) -> Vec<Row> {
    let explained = nodes.indices().filter(|&idx| nodes.may_have_row(idx));
    let rows = explained.map(|target| {
        let row = &adjacency[target.as_usize() * nodes.len()..][..nodes.len()];
        let stored = row.iter().enumerate().filter(|&(_, &weight)| weight != 0.0);
        let (sources, weights) = stored.map(|(source, &weight)| (source as u32, weight)).unzip();
        row_of(target, sources, weights)
    });
    rows.collect()
}

/// A row that is whole: nothing cut, no constant, and a value that the weights sum to.
pub(crate) fn row_of(target: NodeIdx, sources: Vec<u32>, weights: Vec<f32>) -> Row {
    let value = weights.iter().sum();
    Row {
        target,
        sources,
        weights,
        abs_remainder: 0.0,
        signed_remainder: 0.0,
        constant: 0.0,
        value,
    }
}

/// Rows with only the features and targets of a prompt that nobody typed.
pub(crate) fn graph_of(nodes: Nodes, rows: Vec<Row>) -> AttributionGraph {
    let token_ids = nodes.tokens().to_vec();
    let token_texts: Vec<String> = token_ids.iter().map(|id| format!(" t{id}")).collect();
    let prompt = Prompt { text: token_texts.concat(), token_texts, token_ids };
    let provenance = Provenance { vocab_size: 100, ..Provenance::default() };
    let extent = Extent::complete(Expansion::Exhaustive);
    AttributionGraph::new(nodes, rows, prompt, provenance, extent).unwrap()
}

/// A feature that fired with activation 1.
pub(crate) fn fired(layer: u32, pos: u32, index: u32) -> ActiveFeature {
    ActiveFeature { id: FeatureId { layer, index }, pos, activation: 1.0 }
}

/// A logit at position 0.
pub(crate) fn logit(token: u32, weight: f32) -> Target {
    Target { kind: TargetKind::Logit { token }, pos: 0, weight, label: format!("t{token}") }
}

/// A small stream of numbers from a seed (SplitMix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// Whether no edge goes from a later position to an earlier one, as in every causal model.
pub(crate) fn is_causal(graph: &AttributionGraph) -> bool {
    let pos = |idx| graph.nodes().pos_of(idx);
    graph.edges().all(|edge| pos(edge.source) <= pos(edge.target))
}

/// Any graph of up to four layers and four tokens, half of them causal. Weights are small
/// integers, so that sums of them are exact; about a third of the possible edges are there.
pub(crate) fn random_graph(random: &mut Random) -> AttributionGraph {
    let n_layers = 1 + random.below(4) as u32;
    let n_tokens = 1 + random.below(4) as u32;
    let mut active = Vec::new();
    for layer in 0..n_layers {
        for pos in 0..n_tokens {
            active.extend((0..3).filter(|_| random.chance(50)).map(|i| fired(layer, pos, 7 * i)));
        }
    }
    let selected = (0..active.len() as u32).filter(|_| random.chance(90)).collect();
    let tokens = (0..n_tokens).map(|_| random.below(100) as u32).collect();
    let n_targets = 1 + random.below(3) as u32;
    let last = n_tokens - 1;
    let target = |k| Target { pos: last, ..logit(k, random.below(8) as f32 / 8.0) };
    let targets = (0..n_targets).map(target).collect();
    let causal = random.chance(50);
    let nodes = Nodes::new(n_layers, active, selected, tokens, targets).unwrap();
    let explained: Vec<NodeIdx> = nodes.indices().filter(|&i| nodes.may_have_row(i)).collect();
    let rows = explained.into_iter().map(|target| {
        let mut row = row_of(target, vec![], vec![]);
        for source in nodes.indices().filter(|&source| nodes.may_feed(source, target)) {
            if causal && nodes.pos_of(source) > nodes.pos_of(target) {
                continue;
            }
            let weight = random.below(19) as f32 - 9.0;
            if weight != 0.0 && random.chance(33) {
                row.sources.push(source.get());
                row.weights.push(weight);
            }
        }
        row.value = row.weights.iter().sum();
        row
    });
    let rows = rows.collect();
    graph_of(nodes, rows)
}
