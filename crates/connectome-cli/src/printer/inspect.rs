//! What `inspect` found, as a page.

use super::graph::{certificate, residual};
use super::text::{count, counted, fit, pad, percent, plain, scientific, token, width};
use super::{Page, Screen, bar};
use crate::report::Stop;
use crate::report::inspect::{
    DictionaryFolder, EdgeReport, EdgeView, GraphFile, Inspected, LayerSplit, ModelFolder,
    NodeView, OriginReport, TensorReport,
};

/// Width of the names before what is said.
const NAMES: usize = 12;

pub(crate) fn inspected(inspected: &Inspected, screen: Screen) -> String {
    let mut page = Page::new(screen);
    match inspected {
        Inspected::Graph(file) => graph(&mut page, file),
        Inspected::Model(folder) => model(&mut page, folder),
        Inspected::Dictionary(folder) => dictionary(&mut page, folder),
        Inspected::Shipped { about, example, model: own, dictionary: own_dictionary } => {
            page.heading("Shipped", about);
            page.entry("try", NAMES, &format!("connectome trace \"{example}\""));
            model(&mut page, own);
            dictionary(&mut page, own_dictionary);
        }
    }
    page.finish()
}

fn graph(page: &mut Page, file: &GraphFile) {
    let size = super::text::bytes(file.bytes);
    page.heading("Graph file", &format!("{}, {size}", plain(&file.path)));
    page.entry("made by", NAMES, &plain(&file.tool));
    if let Some(imported) = &file.imported {
        let passed_over = file.passed_over.as_ref();
        let passed_over =
            passed_over.map_or(String::new(), |what| format!("; passed over: {}", plain(what)));
        page.entry("imported", NAMES, &format!("from a {}{passed_over}", plain(imported)));
    }
    page.entry("model", NAMES, &origin(&file.model));
    page.entry("dictionary", NAMES, &origin(&file.dictionary));
    let flags: Vec<String> =
        file.flags.iter().map(|(flag, value)| format!("{flag}\u{a0}{}", plain(value))).collect();
    if !flags.is_empty() {
        page.entry("settings", NAMES, &flags.join(", ").replace('\u{a0}', " "));
    }
    page.entry(
        "prompt",
        NAMES,
        &format!("{}: {}", counted(file.tokens, "token"), plain(&file.prompt)),
    );
    let targets: Vec<String> = file.targets.iter().map(|target| token(&target.label)).collect();
    page.entry("explains", NAMES, &targets.join(", "));
    page.entry(
        "nodes",
        NAMES,
        &format!("{}: {}", count(file.nodes.total), super::trace::kinds(&file.nodes)),
    );
    page.entry("edges", NAMES, &format!("{}, {} layers", count(file.edges), file.layers));
    if file.supernodes + file.labels + file.verdicts > 0 {
        page.entry(
            "annotations",
            NAMES,
            &format!(
                "{}, {}, {}",
                counted(file.supernodes, "group"),
                counted(file.labels, "label"),
                counted(file.verdicts, "verdict")
            ),
        );
    }
    certificate(page, &file.certificate, None);
    residual(page, file.residual.as_ref());
}

fn origin(origin: &OriginReport) -> String {
    let name = if origin.name.is_empty() { "not told" } else { &origin.name };
    match &origin.digest {
        Some(digest) => format!("{}, digest {}", plain(name), fit(digest, 17)),
        None => plain(name),
    }
}

fn model(page: &mut Page, folder: &ModelFolder) {
    let model = &folder.model;
    page.heading("Model", &plain(&folder.path));
    page.entry(
        "decoder",
        NAMES,
        &format!(
            "{}, {} layers, width {}, {} heads of {} ({} key-value), MLP {}{}",
            model.family,
            model.layers,
            model.width,
            folder.heads,
            folder.head_width,
            folder.kv_heads,
            folder.mlp_width,
            if folder.tied_embeddings { ", tied embeddings" } else { "" }
        ),
    );
    page.entry(
        "tokens",
        NAMES,
        &format!(
            "{} in the vocabulary, {} in the context",
            count(model.vocabulary),
            count(model.context)
        ),
    );
    let tokenizer = match &folder.tokenizer {
        None => "none: only token ids can be traced".to_owned(),
        Some(tokenizer) => {
            let special: Vec<String> = tokenizer.special.iter().map(|text| token(text)).collect();
            let special = if special.is_empty() { "none".to_owned() } else { special.join(" ") };
            let chat = if tokenizer.chat_template { "a chat template" } else { "no chat template" };
            format!("{}, special: {special}; {chat}", counted(tokenizer.tokens, "token"))
        }
    };
    page.entry("tokenizer", NAMES, &tokenizer);
    page.entry("digest", NAMES, &model.digest);
    tensors(page, &folder.tensors);
}

fn dictionary(page: &mut Page, folder: &DictionaryFolder) {
    let dictionary = &folder.dictionary;
    page.heading("Dictionary", &plain(&folder.path));
    let kind = match dictionary.model_kind {
        "cross_layer_transcoder" => "cross-layer transcoder",
        _ => "per-layer transcoders",
    };
    page.entry(
        "kind",
        NAMES,
        &format!(
            "{kind}, {}{}",
            dictionary.activation,
            if dictionary.skip { ", linear skip" } else { "" }
        ),
    );
    page.entry(
        "size",
        NAMES,
        &format!(
            "{} layers of {}, width {}",
            dictionary.layers,
            counted(dictionary.features_per_layer, "feature"),
            dictionary.width
        ),
    );
    page.entry(
        "sites",
        NAMES,
        &format!("reads {}, writes {}", dictionary.reads, dictionary.writes),
    );
    page.entry("layout", NAMES, &dictionary.layout);
    let trained_on = dictionary.trained_on.as_deref().unwrap_or("not told");
    page.entry("trained on", NAMES, &plain(trained_on));
    if !dictionary.scan.is_empty() {
        page.entry("scan", NAMES, &plain(&dictionary.scan.join(", ")));
    }
    page.entry("digest", NAMES, &dictionary.digest);
    tensors(page, &folder.tensors);
}

/// Tensors that differ in one number of their name and not in shape stand on one line.
fn tensors(page: &mut Page, tensors: &[TensorReport]) {
    let n_numbers: usize = tensors.iter().map(|one| one.shape.iter().product::<usize>()).sum();
    page.entry(
        "tensors",
        NAMES,
        &format!("{}, {} numbers", count(tensors.len()), count(n_numbers)),
    );
    let mut groups: Vec<(String, &TensorReport, usize)> = Vec::new();
    for tensor in tensors {
        let pattern = pattern(&tensor.name);
        let same = |(known, first, _): &&mut (String, &TensorReport, usize)| {
            *known == pattern && first.shape == tensor.shape && first.dtype == tensor.dtype
        };
        match groups.iter_mut().find(same) {
            Some((.., n)) => *n += 1,
            None => groups.push((pattern, tensor, 1)),
        }
    }
    let names = |(pattern, first, n): &(String, &TensorReport, usize)| {
        plain(if *n == 1 { &first.name } else { pattern })
    };
    let columns = groups.iter().map(|group| width(&names(group))).max().unwrap_or(0);
    let columns = columns.min(page.screen.width.saturating_sub(34));
    for group in &groups {
        let (_, first, n) = group;
        let times = if *n > 1 { format!("{n} ×") } else { String::new() };
        let line = format!(
            "    {}  {times:>5}  {:<4}  {:?}",
            pad(&names(group), columns),
            first.dtype.as_deref().unwrap_or("–"),
            first.shape
        );
        page.line(&page.screen.dim(&line));
    }
}

/// A name with `*` for its numbers: `model.layers.*.mlp.up_proj.weight`.
fn pattern(name: &str) -> String {
    let mut out = String::new();
    for character in name.chars() {
        if !character.is_ascii_digit() {
            out.push(character);
        } else if !out.ends_with('*') {
            out.push('*');
        }
    }
    out
}

pub(crate) fn node(view: &NodeView, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let node = &view.node;
    page.heading(&plain(&node.id), &format!("{} of {}", node.kind, plain(&view.graph)));
    page.entry("token", NAMES, &format!("{} at position {}", token(&node.text), node.pos));
    if let Some(label) = &node.label {
        page.entry("label", NAMES, &plain(label));
    }
    page.entry(
        "influence",
        NAMES,
        &format!("{} of the walks pass", percent(node.influence_share_of_targets).trim_start()),
    );
    if let Some(activation) = node.activation {
        page.entry("activation", NAMES, &format!("{activation:.3}"));
    }
    if let Some(row) = &view.row {
        let said = format!(
            "{:.3} = {:.3} from inputs, {:.3} from inputs that were cut, {:.3} from constants",
            row.value, row.inputs, row.cut, row.constant
        );
        page.entry("value", NAMES, &said);
    } else if node.kind == "feature" {
        page.entry("value", NAMES, "not expanded: its inputs were not asked for");
    }
    edges(&mut page, "Inputs", "weight; share of this node's inputs", &view.inputs);
    edges(&mut page, "Outputs", "weight; share of the other node's inputs", &view.outputs);
    page.finish()
}

fn edges(page: &mut Page, title: &str, remark: &str, edges: &[EdgeReport]) {
    if edges.is_empty() {
        page.heading(title, "none");
        return;
    }
    page.heading(title, remark);
    let screen = page.screen;
    let ids = edges.iter().map(|edge| width(&plain(&edge.node.id))).max().unwrap_or(0).min(28);
    for edge in edges {
        let sign = if edge.weight < 0.0 { -1 } else { 1 };
        page.line(&format!(
            "  {}  {}  {}  {}  {}",
            screen.signed(sign, &format!("{:+9.4}", edge.weight)),
            percent(edge.share_of_inputs),
            pad(&bar(edge.share_of_inputs, 12), 12),
            pad(&plain(&edge.node.id), ids),
            screen.dim(&said(&edge.node))
        ));
    }
}

fn said(stop: &Stop) -> String {
    match &stop.label {
        Some(label) => plain(label),
        None if stop.id.starts_with("logit:") => String::new(),
        None => token(&stop.text),
    }
}

pub(crate) fn edge(view: &EdgeView, top: usize, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let title = format!("{} → {}", plain(&view.source.id), plain(&view.target.id));
    page.heading(&title, &format!("an edge of {}", plain(&view.graph)));
    page.entry("weight", NAMES, &format!("{:+.4}, in units of the target", view.weight));
    page.entry(
        "share",
        NAMES,
        &format!("{} of the target's inputs", percent(view.share_of_inputs).trim_start()),
    );
    if let Some(found) = &view.verdict {
        page.entry(
            "verdict",
            NAMES,
            &format!(
                "{}: at dose {} and rung {}, {:+.4} over all paths was predicted and {:+.4} measured",
                found.verdict,
                found.dose,
                plain(&found.rung),
                found.predicted,
                found.measured
            ),
        );
    }
    if let Some(layers) = &view.layers {
        heads(&mut page, layers, view.weight, top);
    }
    page.finish()
}

/// The heads that carry most of an edge, and what goes around attention.
fn heads(page: &mut Page, layers: &[LayerSplit], weight: f32, top: usize) {
    if layers.is_empty() {
        page.heading("Heads", "none: the edge crosses no attention");
        return;
    }
    page.heading(
        "Heads",
        "weight, and share of the edge; heads and residual path of a layer sum to it",
    );
    let screen = page.screen;
    let mut parts: Vec<(u32, Option<usize>, f32)> = Vec::new();
    for layer in layers {
        let heads = layer.heads.iter().enumerate();
        parts.extend(heads.map(|(head, part)| (layer.layer, Some(head), *part)));
    }
    parts.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()).then((a.0, a.1).cmp(&(b.0, b.1))));
    parts.truncate(top);
    for (layer, head, part) in parts {
        let name = head.map_or_else(|| "residual path".to_owned(), |head| format!("head {head}"));
        page.line(&part_line(screen, layer, &name, (part, weight)));
    }
    page.heading("Residual path", "what goes around a layer's attention");
    for layer in layers {
        page.line(&part_line(screen, layer.layer, "residual path", (layer.residual, weight)));
    }
    let worst =
        layers.iter().map(|layer| f64::from((layer.sum - weight).abs())).fold(0.0, f64::max);
    page.entry("check", NAMES, &format!("max |sum − edge| = {}", scientific(worst)));
}

fn part_line(screen: Screen, layer: u32, name: &str, (part, weight): (f32, f32)) -> String {
    let of_edge = if weight == 0.0 { 0.0 } else { 100.0 * part / weight };
    let sign = if part < 0.0 { -1 } else { 1 };
    format!(
        "  L{layer:<3} {}  {}  {of_edge:7.1} %",
        pad(name, 13),
        screen.signed(sign, &format!("{part:+9.4}"))
    )
}
