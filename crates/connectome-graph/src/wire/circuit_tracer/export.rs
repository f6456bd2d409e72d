//! Graphs to JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::pair;
use crate::{
    ActiveFeature, AttributionGraph, FeatureId, GraphError, Node, NodeIdx, Pruned, TargetKind,
};

/// A file as frontends read it; fields in the order that circuit-tracer writes them.
#[derive(Clone, Debug, Serialize)]
pub struct GraphJson {
    metadata: Metadata,
    #[serde(rename = "qParams")]
    view: View,
    nodes: Vec<NodeJson>,
    links: Vec<Link>,
}

#[derive(Clone, Debug, Serialize)]
struct Metadata {
    slug: String,
    scan: String,
    transcoder_list: Vec<String>,
    prompt_tokens: Vec<String>,
    prompt: String,
    node_threshold: f64,
    schema_version: u32,
    info: Value,
    generation_settings: Map<String, Value>,
    pruning_settings: Value,
}

#[derive(Clone, Debug, Serialize)]
#[expect(non_snake_case, reason = "the names of the format")]
struct View {
    pinnedIds: Vec<String>,
    supernodes: Vec<Vec<String>>,
    linkType: String,
    clickedId: String,
    sg_pos: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    clerps: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[expect(non_snake_case, reason = "the names of the format")]
struct NodeJson {
    node_id: String,
    feature: i64,
    layer: String,
    ctx_idx: u32,
    feature_type: &'static str,
    token_prob: f64,
    is_target_logit: bool,
    run_idx: u32,
    reverse_ctx_idx: u32,
    jsNodeId: String,
    clerp: String,
    influence: Option<f64>,
    activation: Option<f64>,
}

#[derive(Clone, Debug, Serialize)]
struct Link {
    source: String,
    target: String,
    weight: f64,
}

impl GraphJson {
    /// The file's bytes, indented by two spaces.
    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec_pretty(self).expect("strings and finite numbers are JSON")
    }

    /// Names the file: `<slug>.json`.
    pub fn slug(&self) -> &str {
        &self.metadata.slug
    }
}

/// A pruned graph as frontends read it.
///
/// Nodes are those that a kept edge touches, and all tokens and targets. Pins, groups and labels
/// of other nodes are left out. `slug` names the graph in addresses and files: letters,
/// digits, `-`, `_` and `.`, the last not first.
///
/// # Errors
///
/// - [`GraphError::Slug`] for another name.
/// - [`GraphError::Length`] if `pruned` is of another graph.
/// - [`GraphError::TooLarge`] for a dictionary that frontends cannot address ([`pair`]).
pub fn export(
    graph: &AttributionGraph,
    pruned: &Pruned,
    slug: &str,
) -> Result<GraphJson, GraphError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if slug.is_empty() || slug.starts_with('.') || !slug.bytes().all(is_plain) {
        return Err(GraphError::Slug { found: slug.to_owned() });
    }
    let (found, expected) = (pruned.node_mask.len(), graph.nodes().len());
    if found != expected {
        return Err(GraphError::Length { what: "mask of kept nodes", found, expected });
    }
    let shown = shown_nodes(graph, pruned);
    let ids: BTreeMap<NodeIdx, String> =
        shown.iter().map(|&idx| (idx, node_id(graph, idx))).collect();
    let nodes = shown.iter().map(|&idx| node_json(graph, pruned, idx));
    let links = pruned.edges.iter().map(|edge| Link {
        source: ids[&edge.source].clone(),
        target: ids[&edge.target].clone(),
        weight: f64::from(edge.weight),
    });
    Ok(GraphJson {
        metadata: metadata(graph, pruned, slug),
        view: view(graph, &ids),
        nodes: nodes.collect::<Result<_, _>>()?,
        links: links.collect(),
    })
}

/// The list of graphs in a folder, `graph-metadata.json`, with this graph in it: in the place of
/// one of the same slug, else at the end. What else the list holds is kept as it is.
///
/// # Errors
///
/// [`GraphError::Format`] if `existing` is no such list.
pub fn update_index(existing: Option<&[u8]>, graph: &GraphJson) -> Result<Vec<u8>, GraphError> {
    let format = "list of graphs";
    let refuse = |reason: String| GraphError::Format { format, reason };
    let mut index: Value = match existing {
        Some(bytes) => serde_json::from_slice(bytes).map_err(|error| refuse(error.to_string()))?,
        None => json!({ "graphs": [] }),
    };
    let graphs = index.get_mut("graphs").and_then(Value::as_array_mut);
    let graphs = graphs.ok_or_else(|| refuse("no list `graphs`".to_owned()))?;
    let entry = json!(graph.metadata);
    match graphs.iter_mut().find(|graph| graph["slug"] == entry["slug"]) {
        Some(place) => *place = entry,
        None => graphs.push(entry),
    }
    Ok(serde_json::to_vec_pretty(&index).expect("it was read as JSON"))
}

/// Nodes that an edge is left of, as the peer has it; and those that somebody chose.
fn shown_nodes(graph: &AttributionGraph, pruned: &Pruned) -> Vec<NodeIdx> {
    let always = graph.nodes().token_range().start;
    let mut shown = vec![false; graph.nodes().len()];
    shown[always..].fill(true);
    for edge in &pruned.edges {
        shown[edge.source.as_usize()] = true;
        shown[edge.target.as_usize()] = true;
    }
    for idx in graph.annotations().chosen() {
        shown[idx.as_usize()] |= pruned.keeps(idx);
    }
    graph.nodes().indices().filter(|idx| shown[idx.as_usize()]).collect()
}

fn metadata(graph: &AttributionGraph, pruned: &Pruned, slug: &str) -> Metadata {
    let (prompt, provenance) = (graph.prompt(), graph.provenance());
    let (scan, transcoder_list) = match provenance.scans.as_slice() {
        [] => (provenance.dictionary.name.clone(), vec![]),
        [scan] => (scan.clone(), vec![]),
        several => {
            let digest = blake3::hash(several.join("\n").as_bytes()).to_hex();
            (format!("custom-{}", &digest[..16]), several.to_vec())
        }
    };
    let (name, version) = provenance.tool.split_once(' ').unwrap_or((&provenance.tool, ""));
    // Neuronpedia wants numbers where circuit-tracer has them.
    let setting = |text: &String| serde_json::from_str(text).unwrap_or_else(|_| json!(text));
    let flags = provenance.flags.iter();
    let mut settings: Map<String, Value> =
        flags.map(|(flag, text)| (flag.replace('-', "_"), setting(text))).collect();
    settings.insert("vocab_size".to_owned(), json!(provenance.vocab_size));
    Metadata {
        slug: slug.to_owned(),
        scan,
        transcoder_list,
        prompt_tokens: prompt.token_texts.clone(),
        prompt: prompt.text.clone(),
        node_threshold: pruned.thresholds.nodes,
        schema_version: 1,
        info: json!({ "generator": { "name": name, "version": version } }),
        generation_settings: settings,
        pruning_settings: json!({
            "node_threshold": pruned.thresholds.nodes,
            "edge_threshold": pruned.thresholds.edges,
        }),
    }
}

fn view(graph: &AttributionGraph, ids: &BTreeMap<NodeIdx, String>) -> View {
    let said = graph.annotations();
    let note = |key: &str| said.notes.get(&format!("qParams.{key}")).cloned();
    let shown = |nodes: &[NodeIdx]| nodes.iter().filter_map(|idx| ids.get(idx)).cloned().collect();
    let groups = said.supernodes.iter().filter_map(|group| {
        let members: Vec<String> = shown(&group.members);
        let named = std::iter::once(group.name.clone()).chain(members.clone());
        (!members.is_empty()).then(|| named.collect())
    });
    let labels = ids.iter().filter_map(|(&idx, id)| Some((id, said.label(graph.nodes(), idx)?)));
    let labels: Vec<[&str; 2]> = labels.map(|(id, label)| [id.as_str(), label]).collect();
    let clicked = note("clickedId").filter(|clicked| ids.values().any(|id| id == clicked));
    View {
        pinnedIds: shown(&said.pinned),
        supernodes: groups.collect(),
        linkType: note("linkType").unwrap_or_else(|| "both".to_owned()),
        clickedId: clicked.unwrap_or_default(),
        sg_pos: note("sg_pos").unwrap_or_default(),
        clerps: (!labels.is_empty()).then(|| json!(labels).to_string()),
    }
}

/// The id by which links and views name a node.
pub(super) fn node_id(graph: &AttributionGraph, idx: NodeIdx) -> String {
    match graph.nodes().node(idx) {
        Node::Feature(ActiveFeature { id: FeatureId { layer, index }, pos, .. }) => {
            format!("{layer}_{index}_{pos}")
        }
        Node::Error { layer, pos } => format!("{layer}_-1_{pos}"),
        Node::Token { pos, token } => format!("E_{token}_{pos}"),
        Node::Target(k) => {
            let (layer, pos) = (graph.nodes().n_layers() + 1, graph.nodes().pos_of(idx));
            format!("{layer}_{}_{pos}", target_token(graph, k))
        }
    }
}

/// A target's token, or its virtual one.
pub(crate) fn target_token(graph: &AttributionGraph, k: u32) -> u64 {
    match graph.nodes().targets()[k as usize].kind {
        TargetKind::Logit { token } => u64::from(token),
        _ => u64::from(graph.provenance().vocab_size) + u64::from(k),
    }
}

fn node_json(
    graph: &AttributionGraph,
    pruned: &Pruned,
    idx: NodeIdx,
) -> Result<NodeJson, GraphError> {
    let nodes = graph.nodes();
    let pos = nodes.pos_of(idx);
    let from_end = nodes.n_tokens() as u32 - 1 - pos;
    let label = graph.annotations().label(nodes, idx);
    let mut json = NodeJson {
        node_id: node_id(graph, idx),
        feature: -1,
        layer: nodes.layer_of(idx).map_or_else(|| "E".to_owned(), |layer| layer.to_string()),
        ctx_idx: pos,
        feature_type: "mlp reconstruction error",
        token_prob: 0.0,
        is_target_logit: false,
        run_idx: 0,
        reverse_ctx_idx: 0,
        jsNodeId: String::new(),
        clerp: label.unwrap_or_default().to_owned(),
        influence: Some(f64::from(pruned.cumulative[idx.as_usize()])),
        activation: None,
    };
    match nodes.node(idx) {
        Node::Feature(ActiveFeature { id, activation, .. }) => {
            json.feature = to_i64(pair(id)?);
            json.feature_type = "cross layer transcoder";
            json.jsNodeId = format!("{}_{}-{from_end}", id.layer, id.index);
            json.activation = Some(f64::from(activation));
        }
        Node::Error { layer, .. } => json.jsNodeId = format!("{layer}_-1-{from_end}"),
        Node::Token { token, .. } => {
            json.feature = i64::from(pos);
            json.feature_type = "embedding";
            json.jsNodeId = format!("E_{token}-{pos}");
        }
        Node::Target(k) => {
            let token = target_token(graph, k);
            let target = &nodes.targets()[k as usize];
            json.feature = to_i64(token);
            json.layer = (nodes.n_layers() + 1).to_string();
            json.feature_type = "logit";
            json.token_prob = f64::from(target.weight);
            json.is_target_logit = k == 0;
            json.jsNodeId = format!("L_{token}-{pos}");
            // Frontends take the probability out of this text, and stop where it has none.
            json.clerp = format!("Output \"{}\" (p={:.3})", target.label, target.weight);
            json.influence = None;
        }
    }
    Ok(json)
}

fn to_i64(number: u64) -> i64 {
    i64::try_from(number).expect("pairs are below 2⁵⁰ and tokens below 2³³")
}
