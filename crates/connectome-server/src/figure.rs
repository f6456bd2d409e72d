//! Figures: a circuit and what runs did to it, as SVG, PDF or PNG.
//!
//! The page and `connectome figure` call the same function, so that they get the same bytes. Text
//! is drawn with fonts that are in the program, never with those of the machine.

use connectome_figure::{Edge, Figure, Node, Output, Outputs, Panel};
use connectome_graph::{AttributionGraph, TargetKind};
use resvg::usvg;

use crate::TOOL;
use crate::circuits::{Boxes, checked, label};
use crate::error::ServeError;
use crate::wire::{FigureAsk, FigureFormat, FigureOptions, Group, InterveneRun, Run, RunBody};

/// The SIL Open Font License: `fonts/LICENSE`.
const FONTS: [&[u8]; 3] = [
    include_bytes!("../fonts/Arimo-Regular.ttf"),
    include_bytes!("../fonts/Arimo-Bold.ttf"),
    include_bytes!("../fonts/Cousine-Regular.ttf"),
];
/// Pixels a unit, of PNG: from and to.
const SCALES: [f64; 2] = [0.25, 8.0];
/// No PNG is larger, in pixels.
const MOST_PIXELS: f64 = 64e6;

/// A figure's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub kind: &'static str,
    /// What its name ends in.
    pub extension: &'static str,
}

/// Draws a circuit of a graph; `runs` are those of the request, in order.
///
/// # Errors
///
/// [`ServeError::Bad`] for nodes that the graph has not, runs that are no interventions, and a
/// figure without a box; [`ServeError::Figure`] if the file cannot be made.
pub fn draw(graph: &AttributionGraph, ask: &FigureAsk, runs: &[Run]) -> Result<Drawn, ServeError> {
    let svg = figure(graph, ask, runs)?.to_svg();
    match ask.format {
        FigureFormat::Svg => {
            Ok(Drawn { bytes: svg.into_bytes(), kind: "image/svg+xml", extension: "svg" })
        }
        FigureFormat::Png => {
            let bytes = png(&svg, ask.options.scale)?;
            Ok(Drawn { bytes, kind: "image/png", extension: "png" })
        }
        FigureFormat::Pdf => {
            let options = svg2pdf::ConversionOptions::default();
            let page = svg2pdf::PageOptions::default();
            let bytes = svg2pdf::to_pdf(&outlined(&svg)?, options, page);
            let bytes = ordered(bytes.map_err(|error| failed("PDF", error))?);
            Ok(Drawn { bytes, kind: "application/pdf", extension: "pdf" })
        }
    }
}

fn failed(format: &'static str, error: impl std::fmt::Display) -> ServeError {
    ServeError::Figure { format, reason: error.to_string() }
}

fn figure(graph: &AttributionGraph, ask: &FigureAsk, runs: &[Run]) -> Result<Figure, ServeError> {
    let groups = match &ask.groups {
        Some(groups) => groups.clone(),
        None => own_groups(graph),
    };
    let boxes = Boxes::of(graph, &groups, &ask.pins)?;
    if boxes.ids.is_empty() {
        return Err(ServeError::Bad {
            what: "the figure has no box".to_owned(),
            hint: Some("make a group, or pin a node"),
        });
    }
    let drawer =
        Drawer { graph, boxes: &boxes, options: &ask.options, edges: edges(graph, &boxes)? };
    let mut panels = Vec::new();
    if ask.options.baseline || runs.is_empty() {
        panels.push(drawer.panel("Unchanged".to_owned(), None, drawer.first_outputs(runs)));
    }
    for run in runs {
        let RunBody::Intervene(found) = &run.result else {
            let number = run.number;
            return Err(ServeError::bad(format!("run {number} is no intervention")));
        };
        let outputs = drawer.outputs(found, After);
        panels.push(drawer.panel(visible(&run.name), Some(found), outputs));
    }
    let title = match ask.options.title.as_str() {
        "" => default_title(graph),
        title => visible(title),
    };
    let footer = if ask.options.footer { footer(graph, runs) } else { Vec::new() };
    Ok(Figure { title, panels, footer, metadata: metadata(graph, &groups, ask, runs)? })
}

/// Groups that a graph's file holds.
fn own_groups(graph: &AttributionGraph) -> Vec<Group> {
    let groups = graph.annotations().supernodes.iter().enumerate();
    let group = |(at, group): (usize, &connectome_graph::Supernode)| Group {
        id: format!("file-{at}"),
        name: group.name.clone(),
        nodes: group.members.iter().map(|idx| idx.get()).collect(),
    };
    groups.map(group).collect()
}

fn edges(graph: &AttributionGraph, boxes: &Boxes) -> Result<Vec<Edge>, ServeError> {
    let all = boxes.edges(graph)?;
    Ok(all.into_iter().filter(|(_, drawn)| *drawn).map(|(edge, _)| edge).collect())
}

struct Drawer<'a> {
    graph: &'a AttributionGraph,
    boxes: &'a Boxes,
    options: &'a FigureOptions,
    edges: Vec<Edge>,
}

/// Which outputs of a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Before,
    After,
}
use When::{After, Before};

impl Drawer<'_> {
    fn panel(&self, title: String, run: Option<&InterveneRun>, outputs: Vec<Output>) -> Panel {
        let boxes = (0..self.boxes.ids.len()).map(|at| self.node(at, run)).collect();
        let prompt =
            if self.options.prompt { visible(&self.graph.prompt().text) } else { String::new() };
        let row = Outputs { label: String::new(), tokens: outputs };
        let outputs = if row.tokens.is_empty() { Vec::new() } else { vec![row] };
        Panel { title, boxes, edges: self.edges.clone(), prompt, outputs }
    }

    fn node(&self, at: usize, run: Option<&InterveneRun>) -> Node {
        let group = &self.boxes.groups[at];
        let nodes = self.graph.nodes();
        let names: Vec<String> = group.members.iter().map(|idx| nodes.name(*idx)).collect();
        let effect = run.and_then(|run| run.groups.iter().find(|g| g.id == self.boxes.ids[at]));
        let has_features =
            group.members.iter().any(|idx| nodes.feature_range().contains(&idx.as_usize()));
        let share = match run {
            None => has_features.then_some(1.0),
            Some(_) => effect.and_then(|effect| effect.measured),
        };
        let detail = match names.as_slice() {
            [one] if *one != group.name => one.clone(),
            [_] => String::new(),
            several => format!("{} nodes", several.len()),
        };
        Node {
            name: visible(&group.name),
            detail,
            hover: names.join("\n"),
            n_members: group.members.len(),
            share: share.filter(|_| self.options.percentages),
            dose: effect.and_then(|effect| effect.edited.clone()),
            level: self.boxes.level(self.graph, at),
            column: self.boxes.column(self.graph, at),
        }
    }

    /// What the unchanged model says next: as a run knows it, or else the graph's own logits.
    fn first_outputs(&self, runs: &[Run]) -> Vec<Output> {
        if let Some(RunBody::Intervene(found)) = runs.first().map(|run| &run.result) {
            return self.outputs(found, Before);
        }
        let targets = self.graph.nodes().targets().iter();
        let logits = targets.filter(|target| matches!(target.kind, TargetKind::Logit { .. }));
        let output = |target: &connectome_graph::Target| Output {
            text: visible(&target.label),
            probability: f64::from(target.weight),
        };
        logits.take(self.options.n_outputs).map(output).collect()
    }

    fn outputs(&self, run: &InterveneRun, when: When) -> Vec<Output> {
        let rank = |one: &crate::wire::TokenShift| match when {
            Before => one.rank_before,
            After => one.rank_after,
        };
        let mut tokens: Vec<_> =
            run.shift.tokens.iter().filter(|one| rank(one) <= self.options.n_outputs).collect();
        tokens.sort_by_key(|one| rank(one));
        let output = |one: &crate::wire::TokenShift| Output {
            text: visible(&one.text),
            probability: if when == After { one.p_after } else { one.p_before },
        };
        tokens.into_iter().map(output).collect()
    }
}

fn default_title(graph: &AttributionGraph) -> String {
    let nodes = graph.nodes();
    let labels = (0..nodes.n_targets().min(3)).map(|k| label(graph, nodes.target(k)));
    let labels: Vec<String> = labels.map(|label| visible(label.trim())).collect();
    let more = if nodes.n_targets() > 3 { ", …" } else { "" };
    format!("→ {}{more}", labels.join(", "))
}

fn footer(graph: &AttributionGraph, runs: &[Run]) -> Vec<String> {
    let mut lines = vec![
        "Edges: signed share of a box's inputs from outside it; of each box the strongest that \
         make up 80 % of what other boxes give it. Dashed with a bar: inhibits."
            .to_owned(),
    ];
    if !runs.is_empty() {
        lines.push(
            "Percentages: activation as a share of the original, summed over a box's features; an \
             edited box has the activation it was given. Below 25 % a box is faded."
                .to_owned(),
        );
    }
    for run in runs {
        if let RunBody::Intervene(found) = &run.result {
            let (number, kl) = (run.number, found.shift.kl_nats);
            lines.push(format!("Run {number}: {}; KL {kl:.3} nats.", visible(&found.held)));
        }
    }
    let made_by = graph.provenance();
    let short = |origin: &connectome_graph::Origin| {
        let digest =
            origin.digest.as_deref().map_or("digest not known", |d| d.get(..10).unwrap_or(d));
        format!("{} ({digest})", visible(&origin.name))
    };
    lines.push(format!(
        "{TOOL}; model {}, dictionary {}.",
        short(&made_by.model),
        short(&made_by.dictionary)
    ));
    lines
}

/// What the file says of itself.
fn metadata(
    graph: &AttributionGraph,
    groups: &[Group],
    ask: &FigureAsk,
    runs: &[Run],
) -> Result<String, ServeError> {
    let made_by = graph.provenance();
    for group in groups {
        checked(graph, &group.nodes)?;
    }
    let names = |nodes: &[u32]| -> Vec<String> {
        let name = |node: &u32| graph.nodes().name(connectome_graph::NodeIdx::new(*node));
        nodes.iter().map(name).collect()
    };
    let groups: Vec<_> = groups
        .iter()
        .map(|group| serde_json::json!({ "name": group.name, "nodes": names(&group.nodes) }))
        .collect();
    let runs: Vec<_> = runs
        .iter()
        .map(|run| serde_json::json!({ "number": run.number, "tool": run.tool, "ask": run.ask }))
        .collect();
    let provenance = serde_json::json!({
        "tool": TOOL,
        "graph_digest": blake3::hash(&graph.to_bytes()).to_hex().as_str(),
        "model": made_by.model.name,
        "model_digest": made_by.model.digest,
        "dictionary": made_by.dictionary.name,
        "dictionary_digest": made_by.dictionary.digest,
        "flags": made_by.flags,
        "token_ids": graph.nodes().tokens(),
        "groups": groups,
        "pins": names(&ask.pins),
        "runs": runs,
    });
    Ok(provenance.to_string())
}

/// Text in which every character can be seen.
fn visible(text: &str) -> String {
    let seen = |c: char| match c {
        '\n' => '⏎',
        '\t' => '→',
        '\r' => '↵',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(seen).collect()
}

/// An SVG understood, with the program's own fonts.
fn tree(svg: &str) -> Result<usvg::Tree, ServeError> {
    let mut options = usvg::Options::default();
    let fonts = options.fontdb_mut();
    for font in FONTS {
        fonts.load_font_data(font.to_vec());
    }
    fonts.set_sans_serif_family("Arimo");
    fonts.set_monospace_family("Cousine");
    options.font_family = "Arimo".to_owned();
    usvg::Tree::from_str(&light(svg), &options).map_err(|error| failed("an image", error))
}

/// An SVG whose text is outlines.
fn outlined(svg: &str) -> Result<usvg::Tree, ServeError> {
    let options = usvg::WriteOptions { preserve_text: false, ..usvg::WriteOptions::default() };
    let outlines = tree(svg)?.to_string(&options);
    let outlines = usvg::Tree::from_str(&outlines, &usvg::Options::default());
    outlines.map_err(|error| failed("PDF", error))
}

/// Without the rules for dark screens: paper has none.
fn light(svg: &str) -> String {
    let Some(start) = svg.find("@media") else { return svg.to_owned() };
    let end = svg[start..].find("</style>").map_or(svg.len(), |end| start + end);
    format!("{}{}", &svg[..start], &svg[end..])
}

fn png(svg: &str, scale: f64) -> Result<Vec<u8>, ServeError> {
    let [least, most] = SCALES;
    if !(least..=most).contains(&scale) {
        return Err(ServeError::bad(format!("the scale is {scale}, expected {least} to {most}")));
    }
    let tree = tree(svg)?;
    let size = tree.size();
    let [width, height] =
        [size.width(), size.height()].map(|side| (f64::from(side) * scale).ceil());
    if width * height > MOST_PIXELS {
        return Err(ServeError::bad(format!("the figure would have {width} × {height} pixels")));
    }
    let pixels = resvg::tiny_skia::Pixmap::new(width as u32, height as u32);
    let mut pixels = pixels.ok_or_else(|| failed("PNG", "it has no size"))?;
    let scale = scale as f32;
    let transform = resvg::tiny_skia::Transform::from_scale(scale, scale);
    resvg::render(&tree, transform, &mut pixels.as_mut());
    let bytes = pixels.encode_png().map_err(|error| failed("PNG", error))?;
    Ok(with_text(&bytes, &metadata_of(svg)))
}

/// A PDF whose resources stand in the order of their names. svg2pdf writes them in the order of a
/// hash map, which is another one in every run; sorting a dictionary's lines moves no object.
fn ordered(pdf: Vec<u8>) -> Vec<u8> {
    const RESOURCES: [&[u8]; 5] =
        [b"/ExtGState <<", b"/XObject <<", b"/Pattern <<", b"/Shading <<", b"/ColorSpace <<"];
    let mut lines: Vec<&[u8]> = pdf.split_inclusive(|byte| *byte == b'\n').collect();
    let mut at = 0;
    while at < lines.len() {
        let opens = RESOURCES.contains(&lines[at].trim_ascii());
        at += 1;
        if opens {
            let entries = lines[at..].iter();
            let len = entries.take_while(|line| line.trim_ascii().starts_with(b"/")).count();
            lines[at..at + len].sort_unstable();
            at += len;
        }
    }
    lines.concat()
}

/// What stands in an SVG's `<metadata>`.
fn metadata_of(svg: &str) -> String {
    let start = svg.find("<metadata>").map(|at| at + "<metadata>".len());
    let text = start.and_then(|start| {
        let end = svg[start..].find("</metadata>")?;
        svg.get(start..start + end)
    });
    let text = text.unwrap_or_default();
    let pairs = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// A PNG with an `iTXt` chunk after its first one, which is always 25 bytes from byte 8.
///
/// Source: PNG specification, third edition, 11.3.3.4.
fn with_text(png: &[u8], text: &str) -> Vec<u8> {
    const AFTER_HEADER: usize = 8 + 25;
    let mut data = b"iTXtDescription\0\0\0\0\0".to_vec();
    data.extend_from_slice(text.as_bytes());
    let mut bytes = png[..AFTER_HEADER].to_vec();
    bytes.extend_from_slice(&(data.len() as u32 - 4).to_be_bytes());
    bytes.extend_from_slice(&data);
    bytes.extend_from_slice(&crc32fast::hash(&data).to_be_bytes());
    bytes.extend_from_slice(&png[AFTER_HEADER..]);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_sorted_and_nothing_else_moves() {
        let pdf = "b\n  /ExtGState <<\n    /gs1 9 0 R\n    /gs0 7 0 R\n  >>\na\n/Z\n/A\n";
        let expected = "b\n  /ExtGState <<\n    /gs0 7 0 R\n    /gs1 9 0 R\n  >>\na\n/Z\n/A\n";
        assert_eq!(ordered(pdf.as_bytes().to_vec()), expected.as_bytes());
    }
}
