//! Figures: a circuit and what runs did to it, as SVG, PDF or PNG.
//!
//! The page and `connectome figure` call the same function, so that they get the same bytes. What
//! is drawn is a saved view, or groups and pins by themselves.

mod edges;
mod files;
mod names;

use std::collections::BTreeMap;

use connectome::features::index::Label;
use connectome_figure::{
    Edge, Figure, Naming, Node, Note, Output, Outputs, Panel, Spot, Theme, Tint,
};
use connectome_graph::{AttributionGraph, FeatureId, Node as GraphNode, NodeIdx, TargetKind};

use crate::TOOL;
use crate::circuits::{BOX, Boxes, checked, label};
use crate::error::ServeError;
use crate::saved::{SavedView, file_groups};
use edges::Edges;
use names::Named;

use crate::wire::{
    FigureAsk, FigureFormat, FigureLayout, FigureOptions, FigureTheme, Group, Inserted,
    InterveneRun, Place, Run, RunBody,
};

/// How wide a figure may be on paper, in millimetres: from and to.
const WIDTHS_MM: [f64; 2] = [20.0, 500.0];

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

/// What a figure is drawn of, beside its graph.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sources<'a> {
    /// A saved view: its boxes take the place of the request's groups. One without boxes stands
    /// for the groups and pins of the graph's file, as the workspace shows them.
    pub view: Option<&'a SavedView>,
    /// Runs of the request, in order.
    pub runs: &'a [Run],
    /// What an index calls features: the names of boxes that have none of their own.
    pub names: Option<&'a BTreeMap<FeatureId, Label>>,
}

/// Draws a circuit of a graph.
///
/// # Errors
///
/// [`ServeError::Bad`] for nodes that the graph has not, runs that are no interventions, places
/// without a view, and a figure without a box; [`ServeError::Figure`] if the file cannot be made.
pub fn draw(
    graph: &AttributionGraph,
    ask: &FigureAsk,
    sources: Sources<'_>,
) -> Result<Drawn, ServeError> {
    let svg = figure(graph, ask, sources)?.to_svg();
    match ask.format {
        FigureFormat::Svg => {
            Ok(Drawn { bytes: svg.into_bytes(), kind: "image/svg+xml", extension: "svg" })
        }
        FigureFormat::Png => {
            let bytes = files::png(&svg, ask.options.scale)?;
            Ok(Drawn { bytes, kind: "image/png", extension: "png" })
        }
        FigureFormat::Pdf => {
            let bytes = files::pdf(&svg, ask.options.width_mm.is_some())?;
            Ok(Drawn { bytes, kind: "application/pdf", extension: "pdf" })
        }
    }
}

fn failed(format: &'static str, error: impl std::fmt::Display) -> ServeError {
    ServeError::Figure { format, reason: error.to_string() }
}

fn figure(
    graph: &AttributionGraph,
    ask: &FigureAsk,
    Sources { view, runs, names }: Sources<'_>,
) -> Result<Figure, ServeError> {
    let view = view.map(|view| SavedView::or_of_graph(view, graph));
    let groups = match (&view, &ask.groups) {
        (Some(view), _) => view.boxes(graph)?,
        (None, Some(groups)) => groups.clone(),
        (None, None) => file_groups(graph),
    };
    let boxes = Boxes::of(graph, &groups, &ask.pins)?;
    if boxes.ids.is_empty() {
        return Err(ServeError::Bad {
            what: "the figure has no box".to_owned(),
            hint: Some("make a group, or pin a node"),
        });
    }
    let all = boxes.edges(graph)?;
    let placed = placed(graph, (&boxes, &all), (ask.options.layout, view.as_ref()))?;
    let edges = Edges::of(&all, ask.options.min_share)?;
    let names = names::of(graph, &boxes, names, &ask.options);
    let drawer = Drawer {
        graph,
        boxes: &boxes,
        names: &names,
        options: &ask.options,
        edges: &edges.drawn,
        placed,
        tints: view
            .as_ref()
            .filter(|_| ask.options.tints)
            .map(SavedView::tints)
            .unwrap_or_default(),
    };
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
    let footer =
        if ask.options.footer { footer(graph, (runs, &edges), &names) } else { Vec::new() };
    let metadata = metadata(graph, (&groups, &names), ask, runs)?;
    let theme = match ask.options.theme {
        FigureTheme::Reader => Theme::Reader,
        FigureTheme::Light => Theme::Light,
        FigureTheme::Dark => Theme::Dark,
    };
    let width_mm = ask.options.width_mm;
    if let Some(found) = width_mm.filter(|mm| !(WIDTHS_MM[0]..=WIDTHS_MM[1]).contains(mm)) {
        let [least, most] = WIDTHS_MM;
        let what = format!("the figure is to be {found} mm wide, expected {least} to {most}");
        return Err(ServeError::bad(what));
    }
    Ok(Figure { title, panels, footer, metadata, theme, width_mm })
}

/// What stands where a person put it.
#[derive(Default)]
struct Placed {
    /// The middle of each box; none if the layout is ours.
    spots: Vec<Spot>,
    notes: Vec<Note>,
}

fn placed(
    graph: &AttributionGraph,
    (boxes, edges): (&Boxes, &[(Edge, bool)]),
    (layout, view): (FigureLayout, Option<&SavedView>),
) -> Result<Placed, ServeError> {
    if layout == FigureLayout::Automatic {
        return Ok(Placed::default());
    }
    let view = view.ok_or(ServeError::Bad {
        what: "no view says where boxes were placed".to_owned(),
        hint: Some("name a saved view, or choose the automatic layout"),
    })?;
    let grid = boxes.grid(graph, edges);
    let spot = |(id, own): (&String, &Place)| {
        let corner = view.places().get(id).unwrap_or(own);
        let [width, height] = BOX;
        Spot { x: corner.x + width / 2.0, y: corner.y + height / 2.0 }
    };
    let note = |note: &crate::saved::Note| Note {
        text: visible(&note.text),
        spot: Spot { x: note.x, y: note.y },
    };
    let finite = |spot: &Spot| spot.x.is_finite() && spot.y.is_finite();
    let spots: Vec<Spot> = boxes.ids.iter().zip(&grid).map(spot).collect();
    let notes: Vec<Note> = view.notes().iter().map(note).collect();
    if !spots.iter().chain(notes.iter().map(|note| &note.spot)).all(finite) {
        return Err(ServeError::bad("the view has a place that is no number"));
    }
    Ok(Placed { spots, notes })
}

struct Drawer<'a> {
    graph: &'a AttributionGraph,
    boxes: &'a Boxes,
    /// What each box is called.
    names: &'a [Named],
    options: &'a FigureOptions,
    edges: &'a [Edge],
    placed: Placed,
    /// Of groups that have one, by their ids.
    tints: BTreeMap<&'a str, Tint>,
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
        let mut boxes: Vec<Node> = (0..self.boxes.ids.len()).map(|at| self.node(at, run)).collect();
        boxes.extend(run.and_then(|run| run.inserted.as_ref()).map(|one| self.inserted(one)));
        let prompt =
            if self.options.prompt { visible(&self.graph.prompt().text) } else { String::new() };
        let row = Outputs { label: String::new(), tokens: outputs };
        let outputs = if row.tokens.is_empty() { Vec::new() } else { vec![row] };
        let notes = self.placed.notes.clone();
        Panel { title, boxes, edges: self.edges.to_vec(), notes, prompt, outputs }
    }

    fn node(&self, at: usize, run: Option<&InterveneRun>) -> Node {
        let (group, named) = (&self.boxes.groups[at], &self.names[at]);
        let nodes = self.graph.nodes();
        let names: Vec<String> = group.members.iter().map(|idx| nodes.name(*idx)).collect();
        let effect = run.and_then(|run| run.groups.iter().find(|g| g.id == self.boxes.ids[at]));
        let has_features =
            group.members.iter().any(|idx| nodes.feature_range().contains(&idx.as_usize()));
        let share = match run {
            None => has_features.then_some(1.0),
            Some(_) => effect.and_then(|effect| effect.measured),
        };
        let detail = match group.members.as_slice() {
            [one] => Some(self.place(*one)).filter(|place| *place != named.text),
            several => Some(format!("{} nodes", several.len())),
        };
        Node {
            name: visible(&named.text),
            naming: named.naming(),
            detail: detail.unwrap_or_default(),
            hover: named.said().into_iter().chain(names).collect::<Vec<_>>().join("\n"),
            n_members: group.members.len(),
            share: share.filter(|_| self.options.percentages),
            predicted: effect.and_then(|effect| effect.predicted),
            dose: effect.and_then(|effect| effect.edited.clone()),
            inserted: false,
            tint: self.tints.get(self.boxes.ids[at].as_str()).copied(),
            level: self.boxes.level(self.graph, at),
            column: self.boxes.column(self.graph, at),
            spot: self.placed.spots.get(at).copied(),
        }
    }

    /// What a run took from another prompt, which is in no box of this circuit.
    fn inserted(&self, taken: &Inserted) -> Node {
        Node {
            name: visible(&taken.name),
            detail: visible(&format!("from “{}”", shortened(&taken.prompt))),
            hover: visible(&taken.prompt),
            n_members: taken.n_features,
            dose: Some(taken.dose.clone()),
            inserted: true,
            level: taken.layer,
            column: taken.pos,
            // Beside what stands there already, when boxes stand where somebody put them.
            spot: (!self.placed.spots.is_empty()).then(|| self.free_spot()),
            ..Node::default()
        }
    }

    /// Right of all boxes, half way up.
    fn free_spot(&self) -> Spot {
        let spots = &self.placed.spots;
        let right = spots.iter().map(|spot| spot.x).fold(f64::MIN, f64::max);
        let middle = spots.iter().map(|spot| spot.y).sum::<f64>() / spots.len().max(1) as f64;
        Spot { x: right + BOX[0] + 24.0, y: middle }
    }

    /// Where a node is, for who reads the figure: a feature by its name, a target by its
    /// probability where it is one.
    fn place(&self, idx: NodeIdx) -> String {
        let nodes = self.graph.nodes();
        match nodes.node(idx) {
            GraphNode::Token { pos, .. } => format!("token, position {pos}"),
            GraphNode::Target(k) => {
                let target = &nodes.targets()[k as usize];
                match target.kind {
                    TargetKind::Logit { .. } => {
                        format!("output, p {:.1} %", 100.0 * f64::from(target.weight))
                    }
                    _ => "target".to_owned(),
                }
            }
            _ => nodes.name(idx),
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

/// The end of a prompt, which is where prompts of one kind differ least from what was asked.
fn shortened(prompt: &str) -> String {
    let words: Vec<&str> = prompt.split_whitespace().collect();
    let from = words.len().saturating_sub(4);
    let more = if from > 0 { "… " } else { "" };
    format!("{more}{}", words[from..].join(" "))
}

fn default_title(graph: &AttributionGraph) -> String {
    let nodes = graph.nodes();
    let labels = (0..nodes.n_targets().min(3)).map(|k| label(graph, nodes.target(k)));
    let labels: Vec<String> = labels.map(|label| visible(label.trim())).collect();
    let more = if nodes.n_targets() > 3 { ", …" } else { "" };
    format!("→ {}{more}", labels.join(", "))
}

fn footer(
    graph: &AttributionGraph,
    (runs, edges): (&[Run], &Edges),
    names: &[Named],
) -> Vec<String> {
    let mut lines = vec![edges.said()];
    if !runs.is_empty() {
        lines.push(
            "Orange outline: the graph predicts an effect, a change by more than 5 %.".to_owned(),
        );
        lines.push(
            "Percentages: activation as a share of the original, summed over a box's features; an \
             edited box has the activation it was given. Below 25 % a box is faded."
                .to_owned(),
        );
    }
    if names.iter().any(|named| named.naming() == Naming::Automatic) {
        lines.push(
            "≈: a name that a program gave, from an index of features; no person checked it."
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
    (groups, named): (&[Group], &[Named]),
    ask: &FigureAsk,
    runs: &[Run],
) -> Result<String, ServeError> {
    let made_by = graph.provenance();
    for group in groups {
        checked(graph, &group.nodes)?;
    }
    let names = |nodes: &[u32]| -> Vec<String> {
        let name = |node: &u32| graph.nodes().name(NodeIdx::new(*node));
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
    let mut provenance = serde_json::json!({
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
    let of_index = named.iter().filter_map(Named::provenance).collect::<Vec<_>>();
    if !of_index.is_empty() {
        provenance["names_of_index"] = of_index.into();
    }
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
