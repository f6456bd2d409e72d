//! How people name nodes, both ways: what is printed can be typed.
//!
//! ```text
//! feature   L2/17@5
//! error     error:L1@4     also E1@4
//! token     token:3        also token@3
//! target    target:0       logits are printed as logit:Alder, where that is one node's
//! a word    a target of that name, else the only token of that name
//! ```
//!
//! The first form of each is the library's ([`connectome_graph::Nodes::name`]); words are ours,
//! as they need the prompt.

use connectome_graph::{AttributionGraph, FeatureId, Node, NodeIdx, TargetKind};

use crate::failure::UsageError;

/// The name of a node: what [`find`] finds it by.
pub(crate) fn name(graph: &AttributionGraph, idx: NodeIdx) -> String {
    let nodes = graph.nodes();
    if let Node::Target(k) = nodes.node(idx) {
        let target = &nodes.targets()[k as usize];
        let n_same = nodes.targets().iter().filter(|other| other.label == target.label).count();
        let is_plain = !target.label.chars().any(char::is_control);
        if matches!(target.kind, TargetKind::Logit { .. }) && n_same == 1 && is_plain {
            return format!("logit:{}", target.label);
        }
    }
    nodes.name(idx)
}

/// What kind of node it is, in one word.
pub(crate) fn kind(graph: &AttributionGraph, idx: NodeIdx) -> &'static str {
    match graph.nodes().node(idx) {
        Node::Feature(_) => "feature",
        Node::Error { .. } => "error",
        Node::Token { .. } => "token",
        Node::Target(_) => "target",
    }
}

/// The node of a name.
pub(crate) fn find(graph: &AttributionGraph, text: &str) -> Result<NodeIdx, UsageError> {
    if let Some(word) = text.strip_prefix("logit:") {
        return one_of(graph, text, &targets(graph, word));
    }
    let canonical = canonical(text);
    if let Ok(idx) = graph.nodes().find(&canonical) {
        return Ok(idx);
    }
    if let Some(why) = why_not(graph, &canonical) {
        return Err(UsageError::NoSuchNode { found: text.to_owned(), why });
    }
    let named = targets(graph, text);
    let named = if named.is_empty() { tokens(graph, text) } else { named };
    one_of(graph, text, &named)
}

/// Other spellings in the library's words.
fn canonical(text: &str) -> String {
    if let Some(pos) = text.strip_prefix("token@") {
        return format!("token:{pos}");
    }
    let error = text.strip_prefix("error ").map(|rest| rest.strip_prefix('L').unwrap_or(rest));
    let error = error.or_else(|| text.strip_prefix('E')).filter(|rest| parts(rest).is_some());
    error.map_or_else(|| text.to_owned(), |rest| format!("error:L{rest}"))
}

/// Why a text of the right form names no node; `None` if it has no such form.
fn why_not(graph: &AttributionGraph, text: &str) -> Option<String> {
    let nodes = graph.nodes();
    if let Some(k) = text.strip_prefix("target:") {
        return number(k).map(|_| of(nodes.n_targets(), "target"));
    }
    if let Some(pos) = text.strip_prefix("token:") {
        return number(pos).map(|_| of(nodes.n_tokens(), "position"));
    }
    if let Some((layer, pos)) = text.strip_prefix("error:L").and_then(parts) {
        let beyond = layer >= nodes.n_layers();
        let beyond = beyond.then(|| of(nodes.n_layers() as usize, "layer"));
        return beyond.or_else(|| position_fault(graph, pos));
    }
    let (id, pos) = text.split_once('@')?;
    let (id, pos) = (id.parse::<FeatureId>().ok()?, number(pos)?);
    position_fault(graph, pos).or_else(|| Some(why_no_feature(graph, id, pos)))
}

fn one_of(graph: &AttributionGraph, text: &str, found: &[NodeIdx]) -> Result<NodeIdx, UsageError> {
    match found {
        [] => Err(UsageError::NoSuchNode {
            found: text.to_owned(),
            why: "no target and no token is called that".to_owned(),
        }),
        [only] => Ok(*only),
        several => Err(UsageError::SeveralNodes {
            found: text.to_owned(),
            count: several.len(),
            names: several.iter().map(|idx| place_name(graph, *idx)).collect(),
        }),
    }
}

/// A name by place, which is one node's even if its text is not.
fn place_name(graph: &AttributionGraph, idx: NodeIdx) -> String {
    match graph.nodes().node(idx) {
        Node::Target(k) => format!("target:{k}"),
        _ => name(graph, idx),
    }
}

/// Nodes whose text is `word`: exactly, or but for blanks around it.
fn called<'a>(texts: impl Iterator<Item = (NodeIdx, &'a str)> + Clone, word: &str) -> Vec<NodeIdx> {
    let matching = |same: &dyn Fn(&str) -> bool| -> Vec<NodeIdx> {
        texts.clone().filter(|(_, text)| same(text)).map(|(idx, _)| idx).collect()
    };
    let exact = matching(&|text| text == word);
    if exact.is_empty() { matching(&|text| text.trim() == word.trim()) } else { exact }
}

fn targets(graph: &AttributionGraph, word: &str) -> Vec<NodeIdx> {
    let nodes = graph.nodes();
    let texts = nodes.targets().iter().enumerate();
    called(texts.map(|(k, target)| (nodes.target(k), target.label.as_str())), word)
}

fn tokens(graph: &AttributionGraph, word: &str) -> Vec<NodeIdx> {
    let texts = graph.prompt().token_texts.iter().enumerate();
    called(texts.map(|(pos, text)| (graph.nodes().token(pos as u32), text.as_str())), word)
}

/// `layer@pos`.
fn parts(text: &str) -> Option<(u32, u32)> {
    let (layer, pos) = text.split_once('@')?;
    Some((number(layer)?, number(pos)?))
}

fn number(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

fn position_fault(graph: &AttributionGraph, pos: u32) -> Option<String> {
    let n_tokens = graph.nodes().n_tokens();
    (pos as usize >= n_tokens).then(|| of(n_tokens, "position"))
}

fn of(count: usize, noun: &str) -> String {
    format!("there are {count} {noun}s, counted from 0")
}

fn why_no_feature(graph: &AttributionGraph, id: FeatureId, pos: u32) -> String {
    let active = graph.nodes().active().iter();
    let fires_at: Vec<u32> = active.filter(|fired| fired.id == id).map(|fired| fired.pos).collect();
    if fires_at.contains(&pos) {
        return "it fires there, but is no node: the trace's budget left it out".to_owned();
    }
    if fires_at.is_empty() {
        return format!("{id} does not fire on this prompt");
    }
    let places: Vec<String> = fires_at.iter().map(u32::to_string).collect();
    format!("{id} fires at positions {}", places.join(", "))
}
