//! JSON to graphs.
//!
//! The file holds a pruned graph: rows lack what was cut, and how much that was is not told. So
//! the result is marked partial, its rows sum to their values, and features that nothing feeds
//! are unexpanded. What frontends would pass over, we pass over too, and count in the notes:
//! nodes of kinds that we do not have, and links to them.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde_json::{Map, Number, Value};

use super::export::node_id;
use super::{FORMAT, unpair};
use crate::{
    ActiveFeature, Annotations, AttributionGraph, Expansion, Extent, FeatureId, GraphError,
    NodeIdx, Nodes, Prompt, Provenance, Row, Supernode, Target, TargetKind, UNKNOWN_TOKEN,
};

/// Old graphs write features as `layer * 100 000 + index` instead of [`super::pair`].
const SCHEMA_0_LAYER: u64 = 100_000;

#[derive(Deserialize)]
struct GraphIn {
    metadata: MetadataIn,
    #[serde(default, rename = "qParams")]
    view: Map<String, Value>,
    nodes: Vec<NodeIn>,
    links: Vec<LinkIn>,
}

#[derive(Deserialize)]
struct MetadataIn {
    #[serde(default)]
    slug: String,
    #[serde(default)]
    scan: String,
    #[serde(default)]
    transcoder_list: Vec<String>,
    prompt_tokens: Vec<String>,
    #[serde(default)]
    prompt: String,
    #[serde(default)]
    schema_version: u32,
    #[serde(default)]
    node_threshold: Option<f64>,
    #[serde(default)]
    generation_settings: Map<String, Value>,
}

#[derive(Deserialize)]
struct NodeIn {
    node_id: String,
    #[serde(default)]
    feature: Option<Number>,
    layer: LayerIn,
    ctx_idx: u32,
    feature_type: String,
    #[serde(default)]
    token_prob: Option<f64>,
    #[serde(default)]
    clerp: Option<String>,
    #[serde(default)]
    activation: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum LayerIn {
    Number(u32),
    Text(String),
}

#[derive(Deserialize)]
struct LinkIn {
    source: String,
    target: String,
    weight: f64,
}

/// A node of the file, understood.
enum Found {
    Feature(ActiveFeature),
    Error {
        layer: u32,
        pos: u32,
    },
    Token {
        pos: u32,
        id: u32,
    },
    Target {
        layer: u32,
        target: Target,
    },
    /// Of a kind that we do not have.
    Other,
}

/// Reads a graph from JSON of circuit-tracer, Anthropic's frontend or Neuronpedia.
///
/// Error nodes may have either form of id. Where an error and a feature of layer 0 share one,
/// a link belongs to whichever may feed its target; if both may, to the one that stands in
/// order among the target's links, as circuit-tracer orders them; if both do, to the feature.
///
/// # Errors
///
/// - [`GraphError::Format`] if it is not such JSON, or a node or link makes no sense.
/// - [`GraphError::Cycle`] for a link that does not rise by a layer.
/// - What [`Nodes::new`] and [`AttributionGraph::new`] refuse.
pub fn import(bytes: &[u8]) -> Result<AttributionGraph, GraphError> {
    let file: GraphIn = serde_json::from_slice(bytes).map_err(|error| refuse(error.to_string()))?;
    let found: Vec<Found> =
        file.nodes.iter().map(|node| understand(node, &file.metadata)).collect::<Result<_, _>>()?;
    let nodes = build_nodes(&found, &file.metadata)?;
    let places = Places::new(&nodes, &file.nodes, &found)?;
    let (rows, n_passed_over) = build_rows(&nodes, &places, &file.links)?;
    let annotations = annotations(&nodes, &places, &file, n_passed_over);
    let prompt = Prompt {
        text: file.metadata.prompt.clone(),
        token_texts: file.metadata.prompt_tokens.clone(),
        token_ids: nodes.tokens().to_vec(),
    };
    let max_feature_nodes = nodes.n_features() as u32;
    let extent = Extent { expansion: Expansion::Budget { max_feature_nodes }, partial: true };
    AttributionGraph::new(nodes, rows, prompt, provenance(file.metadata), extent)?
        .with_annotations(annotations)
}

fn refuse(reason: String) -> GraphError {
    GraphError::Format { format: FORMAT, reason }
}

fn understand(node: &NodeIn, metadata: &MetadataIn) -> Result<Found, GraphError> {
    let pos = node.ctx_idx;
    match node.feature_type.as_str() {
        "cross layer transcoder" | "unexplored node" => {
            let layer = node.layer()?;
            let index = node.feature_index(layer, metadata.schema_version);
            let index = index.ok_or_else(|| node.refuse("names no feature"))?;
            let activation = node.activation.unwrap_or_default() as f32;
            let id = FeatureId { layer, index };
            Ok(Found::Feature(ActiveFeature { id, pos, activation }))
        }
        "mlp reconstruction error" => Ok(Found::Error { layer: node.layer()?, pos }),
        "embedding" => Ok(Found::Token { pos, id: node.id_part(1).unwrap_or(UNKNOWN_TOKEN) }),
        "logit" => {
            let number = node.feature.as_ref().and_then(Number::as_u64);
            let token = node.id_part(1).or_else(|| u32::try_from(number?).ok());
            let token = token.ok_or_else(|| node.refuse("names no token"))?;
            let (label, told) = label_and_probability(node.clerp.as_deref().unwrap_or_default());
            let weight = node.token_prob.or(told).unwrap_or_default() as f32;
            let kind = metadata.target_kind(token);
            Ok(Found::Target { layer: node.layer()?, target: Target { kind, pos, weight, label } })
        }
        _ => Ok(Found::Other),
    }
}

impl NodeIn {
    fn layer(&self) -> Result<u32, GraphError> {
        match &self.layer {
            LayerIn::Number(layer) => Ok(*layer),
            LayerIn::Text(text) => text.parse().map_err(|_| self.refuse("has no layer")),
        }
    }

    fn id_part(&self, part: usize) -> Option<u32> {
        self.node_id.split('_').nth(part)?.parse().ok()
    }

    /// From the id `layer_index_pos`; else from the number, in the form of the file's schema.
    fn feature_index(&self, layer: u32, schema_version: u32) -> Option<u32> {
        let is_ours = self.id_part(0) == Some(layer) && self.id_part(2) == Some(self.ctx_idx);
        if let Some(index) = self.id_part(1).filter(|_| is_ours) {
            return Some(index);
        }
        let number = self.feature.as_ref()?.as_u64()?;
        if schema_version > 0 {
            return unpair(number).filter(|id| id.layer == layer).map(|id| id.index);
        }
        let index = number.checked_sub(u64::from(layer) * SCHEMA_0_LAYER);
        let index = index.filter(|&index| index < SCHEMA_0_LAYER).unwrap_or(number);
        u32::try_from(index).ok()
    }

    fn refuse(&self, what: &str) -> GraphError {
        refuse(format!("node `{}` {what}", self.node_id))
    }
}

impl MetadataIn {
    fn vocab_size(&self) -> u32 {
        let size = self.generation_settings.get("vocab_size").and_then(Value::as_u64);
        size.and_then(|size| u32::try_from(size).ok()).unwrap_or_default()
    }

    /// Ids past the vocabulary are virtual, if the file tells its size. Ours does.
    fn target_kind(&self, token: u32) -> TargetKind {
        match token.checked_sub(self.vocab_size()).filter(|_| self.vocab_size() > 0) {
            Some(index) => TargetKind::Direction { index },
            None => TargetKind::Logit { token },
        }
    }
}

/// Takes `Output " Austin" (p=0.610)` apart; other texts are labels as they stand.
fn label_and_probability(clerp: &str) -> (String, Option<f64>) {
    let told = clerp.rsplit_once("(p=").and_then(|(before, after)| {
        let probability = after.trim_end().strip_suffix(')')?.parse::<f64>().ok()?;
        let quoted = before.trim_end().strip_suffix('"')?;
        Some((quoted.split_once('"')?.1.to_owned(), Some(probability)))
    });
    told.unwrap_or_else(|| (clerp.to_owned(), None))
}

fn build_nodes(found: &[Found], metadata: &MetadataIn) -> Result<Nodes, GraphError> {
    let mut active = Vec::new();
    let mut tokens = vec![UNKNOWN_TOKEN; metadata.prompt_tokens.len()];
    let mut targets = Vec::new();
    let mut n_layers = 1;
    for node in found {
        match node {
            Found::Feature(feature) => {
                n_layers = n_layers.max(feature.id.layer.saturating_add(1));
                active.push(*feature);
            }
            Found::Error { layer, pos } => {
                n_layers = n_layers.max(layer.saturating_add(1));
                in_prompt(*pos, tokens.len())?;
            }
            Found::Token { pos, id } => {
                in_prompt(*pos, tokens.len())?;
                tokens[*pos as usize] = *id;
            }
            Found::Target { layer, target } => {
                n_layers = n_layers.max(layer.saturating_sub(1));
                targets.push(target.clone());
            }
            Found::Other => {}
        }
    }
    active.sort_by_key(ActiveFeature::order);
    let selected = (0..active.len() as u32).collect();
    Nodes::new(n_layers, active, selected, tokens, targets)
}

fn in_prompt(pos: u32, n_tokens: usize) -> Result<(), GraphError> {
    if (pos as usize) < n_tokens {
        return Ok(());
    }
    let (found, count) = (u64::from(pos), n_tokens as u64);
    Err(GraphError::OutOfRange { what: "position of a node", found, count })
}

/// Where the ids of the file are in the graph.
struct Places<'file> {
    /// Ascending, so features before errors. Empty for nodes of other kinds.
    by_id: HashMap<&'file str, Vec<NodeIdx>>,
    /// Features by the number in `feature`, which some views name them by.
    by_number: BTreeMap<u64, FeatureId>,
}

impl<'file> Places<'file> {
    fn new(nodes: &Nodes, file: &'file [NodeIn], found: &[Found]) -> Result<Self, GraphError> {
        let mut places = Self { by_id: HashMap::new(), by_number: BTreeMap::new() };
        let mut n_targets = 0;
        for (node, found) in file.iter().zip(found) {
            let place = match found {
                Found::Feature(feature) => {
                    if let Some(number) = node.feature.as_ref().and_then(Number::as_u64) {
                        places.by_number.insert(number, feature.id);
                    }
                    nodes.find_feature(feature.id, feature.pos)
                }
                Found::Error { layer, pos } => Some(nodes.error(*layer, *pos)),
                Found::Token { pos, .. } => Some(nodes.token(*pos)),
                Found::Target { .. } => {
                    n_targets += 1;
                    Some(nodes.target(n_targets - 1))
                }
                Found::Other => None,
            };
            let of_id = places.by_id.entry(&node.node_id).or_default();
            of_id.extend(place);
            of_id.sort_unstable();
            of_id.dedup();
            // A feature and an error at most: links would be looked up in a list of any length.
            if of_id.len() > 2 {
                return Err(node.refuse("stands for more than two nodes"));
            }
        }
        Ok(places)
    }

    fn of(&self, id: &str) -> &[NodeIdx] {
        self.by_id.get(id).map_or(&[], Vec::as_slice)
    }
}

/// Rows, and how many links lead to nodes that the graph does not have.
fn build_rows(
    nodes: &Nodes,
    places: &Places<'_>,
    links: &[LinkIn],
) -> Result<(Vec<Row>, usize), GraphError> {
    let mut links_into: BTreeMap<NodeIdx, Vec<&LinkIn>> = BTreeMap::new();
    let mut n_passed_over = 0;
    for link in links {
        let targets = places.of(&link.target).iter();
        let target = targets.copied().find(|&target| nodes.may_have_row(target));
        match target.filter(|_| !places.of(&link.source).is_empty()) {
            Some(target) => links_into.entry(target).or_default().push(link),
            None => n_passed_over += 1,
        }
    }
    let rows =
        links_into.into_iter().map(|(target, links)| build_row(nodes, places, target, &links));
    Ok((rows.collect::<Result<_, _>>()?, n_passed_over))
}

/// The row of one target. circuit-tracer writes its links by ascending source, which tells most
/// of the nodes that share an id apart: the one that is in order is meant.
fn build_row(
    nodes: &Nodes,
    places: &Places<'_>,
    target: NodeIdx,
    links: &[&LinkIn],
) -> Result<Row, GraphError> {
    let feeding = |link: &LinkIn| -> Vec<NodeIdx> {
        let sources = places.of(&link.source).iter().copied();
        sources.filter(|&source| nodes.may_feed(source, target)).collect()
    };
    let mut entries: BTreeMap<u32, f32> = BTreeMap::new();
    let mut before = None;
    for (at, link) in links.iter().enumerate() {
        let candidates = feeding(link);
        let Some(&first) = candidates.first() else {
            let source_node = places.of(&link.source)[0].get();
            return Err(GraphError::Cycle { source_node, target: target.get() });
        };
        let after = links.get(at + 1).map(|next| feeding(next)).filter(|next| next.len() == 1);
        let in_order = |&&source: &&NodeIdx| {
            before < Some(source) && after.as_ref().is_none_or(|next| source < next[0])
        };
        let source = *candidates.iter().find(in_order).unwrap_or(&first);
        if entries.insert(source.get(), link.weight as f32).is_some() {
            let (source, target) = (&link.source, &link.target);
            return Err(refuse(format!("link `{source}` → `{target}` stands there twice")));
        }
        before = Some(source);
    }
    let (sources, weights): (Vec<u32>, Vec<f32>) = entries.into_iter().unzip();
    let value = weights.iter().sum();
    let (abs_remainder, signed_remainder, constant) = (0.0, 0.0, 0.0);
    Ok(Row { target, sources, weights, abs_remainder, signed_remainder, constant, value })
}

fn provenance(metadata: MetadataIn) -> Provenance {
    let pruned_at = match metadata.node_threshold {
        Some(threshold) => format!("pruned at {threshold}"),
        None => "pruned".to_owned(),
    };
    let vocab_size = metadata.vocab_size();
    let mut flags = metadata.generation_settings;
    flags.remove("vocab_size");
    let text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let scans = if metadata.transcoder_list.is_empty() {
        vec![metadata.scan]
    } else {
        metadata.transcoder_list
    };
    Provenance {
        flags: flags.into_iter().map(|(flag, value)| (flag, text(value))).collect(),
        scans,
        vocab_size,
        imported: Some(format!("{FORMAT} `{}`, {pruned_at}", metadata.slug)),
        ..Provenance::default()
    }
}

fn annotations(
    nodes: &Nodes,
    places: &Places<'_>,
    file: &GraphIn,
    n_passed_over: usize,
) -> Annotations {
    let mut said = Annotations::default();
    for node in &file.nodes {
        let clerp = node.clerp.as_deref().unwrap_or_default();
        let features = places.of(&node.node_id).iter().filter(|idx| is_feature(nodes, **idx));
        if !clerp.is_empty() && node.feature_type != "mlp reconstruction error" {
            said.node_labels.extend(features.map(|&idx| (idx, clerp.to_owned())));
        }
    }
    let n_other = file.nodes.iter().filter(|node| places.of(&node.node_id).is_empty()).count();
    said.note_passed_over(n_other, n_passed_over);
    let first = |id: &str| places.of(id).first().copied();
    for (key, value) in &file.view {
        match key.as_str() {
            "pinnedIds" => said.pinned = ids(value).iter().filter_map(|id| first(id)).collect(),
            "supernodes" => said.supernodes = supernodes(value, first),
            "clerps" => add_labels(&mut said, value, places),
            _ => {
                if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
                    said.notes.insert(format!("qParams.{key}"), text.to_owned());
                }
            }
        }
    }
    said
}

/// What a view that one of these pages saved (`qParams`) pins, groups and names, on the graph that
/// it is a view of. Ids of nodes that the graph has not are passed over.
#[must_use]
pub fn annotations_of_view(graph: &AttributionGraph, view: &Map<String, Value>) -> Annotations {
    let nodes = graph.nodes();
    let places: BTreeMap<String, NodeIdx> =
        nodes.indices().map(|idx| (node_id(graph, idx), idx)).collect();
    let place = |id: &str| places.get(id).copied();
    let of = |key: &str| view.get(key).unwrap_or(&Value::Null);
    let mut said = Annotations {
        pinned: ids(of("pinnedIds")).iter().filter_map(|id| place(id)).collect(),
        supernodes: supernodes(of("supernodes"), place),
        ..Annotations::default()
    };
    for pair in lists(of("clerps")) {
        let [key, Value::String(label)] = pair.as_slice() else { continue };
        let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        let number = || key.parse().ok().and_then(unpair);
        if let Some(idx) = place(&key) {
            said.node_labels.insert(idx, label.clone());
        } else if let Some(id) = number() {
            let wherever = nodes.features().filter(|(_, fired)| fired.id == id);
            said.node_labels.extend(wherever.map(|(idx, _)| (idx, label.clone())));
        }
    }
    said
}

fn is_feature(nodes: &Nodes, idx: NodeIdx) -> bool {
    nodes.feature_range().contains(&idx.as_usize())
}

/// A list of ids: an array, or one text with commas.
fn ids(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => text.split(',').map(|id| id.trim().to_owned()).collect(),
        Value::Array(ids) => ids.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => vec![],
    }
}

/// A list of lists: an array, or JSON of one in a text.
fn lists(value: &Value) -> Vec<Vec<Value>> {
    match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
        value => serde_json::from_value(value.clone()).unwrap_or_default(),
    }
}

/// `[name, id, id, …]` each; ids of nodes that were pruned are passed over.
fn supernodes(value: &Value, place: impl Fn(&str) -> Option<NodeIdx>) -> Vec<Supernode> {
    let groups = lists(value).into_iter().filter_map(|group| {
        let (name, ids) = group.split_first()?;
        let members: Vec<NodeIdx> =
            ids.iter().filter_map(Value::as_str).filter_map(&place).collect();
        (!members.is_empty())
            .then(|| Supernode { name: name.as_str().unwrap_or_default().to_owned(), members })
    });
    groups.collect()
}

/// `[key, label]` each. Neuronpedia's key is a node's id, circuit-tracer's a feature's number.
fn add_labels(said: &mut Annotations, value: &Value, places: &Places<'_>) {
    for pair in lists(value) {
        let [key, Value::String(label)] = pair.as_slice() else { continue };
        let key = key.as_str().map_or_else(|| key.to_string(), str::to_owned);
        if let Some(&idx) = places.of(&key).first() {
            said.node_labels.insert(idx, label.clone());
        } else if let Some(id) = key.parse().ok().and_then(|n: u64| places.by_number.get(&n)) {
            said.feature_labels.insert(*id, label.clone());
        }
    }
}
