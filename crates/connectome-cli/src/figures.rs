//! From what a command found to a picture of it.

use anyhow::Result;
use connectome_figure::{Edge, Figure, Naming, Node, Output, Outputs, Panel, strongest_inputs};
use connectome_graph::{
    AttributionGraph, GraphError, NodeIdx, Supernode, Weighing, supernode_edges,
};
use serde::Serialize;

use crate::printer::text::{plain, token};
use crate::report::intervene::{
    GroupReport, InterveneReport, InterventionReport, ShiftReport, TokenShiftReport,
};

/// Of each box's inputs, the strongest that make up this share are drawn.
const COVERAGE: f64 = 0.8;
/// Outputs shown of each run.
const OUTPUTS: usize = 6;

/// What an intervention's picture is made from.
pub(crate) struct Material<'a> {
    pub(crate) report: &'a InterveneReport,
    pub(crate) shift: &'a ShiftReport,
    pub(crate) watched: &'a [GroupReport],
    pub(crate) graph: Option<&'a AttributionGraph>,
    /// Of each group that is watched, its nodes in the graph.
    pub(crate) members: &'a [&'a [NodeIdx]],
}

/// What the file says of itself.
#[derive(Serialize)]
struct Provenance<'a> {
    tool: &'a str,
    model: &'a str,
    model_digest: &'a str,
    dictionary: &'a str,
    dictionary_digest: &'a str,
    token_ids: Vec<u32>,
    position: usize,
    graph: Option<&'a str>,
    intervention: &'a InterventionReport,
}

impl Material<'_> {
    pub(crate) fn figure(&self) -> Result<Figure> {
        let report = self.report;
        let boxes = self.watched.iter().zip(self.members).map(|(group, members)| {
            let share = if group.members.is_empty() { None } else { group.share_of_original };
            let mut hover: Vec<String> = group.members.iter().map(said).collect();
            hover.insert(0, group.name.clone());
            Node {
                name: plain(&group.name),
                naming: Naming::Given,
                detail: detail(group),
                hover: hover.join("\n"),
                n_members: group.members.len().max(members.len()),
                share,
                dose: group.edited.clone(),
                predicted: None,
                inserted: false,
                tint: None,
                level: self.level(group, members),
                column: self.column(group, members),
                spot: None,
            }
        });
        let outputs = [("before", false), ("after", true)]
            .map(|(label, after)| Outputs { label: label.to_owned(), tokens: self.outputs(after) });
        let panel = Panel {
            title: String::new(),
            boxes: boxes.collect(),
            edges: self.edges()?,
            notes: Vec::new(),
            prompt: plain(&report.prompt.text),
            outputs: outputs.to_vec(),
        };
        Ok(Figure {
            title: title(&report.intervention),
            panels: vec![panel],
            footer: self.footer(),
            metadata: self.metadata()?,
            ..Figure::default()
        })
    }

    /// Mean layer; tokens stand below the first.
    fn level(&self, group: &GroupReport, members: &[NodeIdx]) -> f64 {
        let of_node = |idx: &NodeIdx| {
            self.graph?.nodes().layer_of(*idx).map_or(Some(-1.0), |layer| Some(f64::from(layer)))
        };
        let of_name = |id: &String| parts(id).map(|(layer, _)| layer);
        mean(members.iter().filter_map(of_node))
            .or_else(|| mean(group.members.iter().filter_map(|member| of_name(&member.id))))
            .unwrap_or(0.0)
    }

    /// Mean position.
    fn column(&self, group: &GroupReport, members: &[NodeIdx]) -> f64 {
        let of_node = |idx: &NodeIdx| Some(f64::from(self.graph?.nodes().pos_of(*idx)));
        let of_name = |id: &String| parts(id).map(|(_, pos)| pos);
        mean(members.iter().filter_map(of_node))
            .or_else(|| mean(group.members.iter().filter_map(|member| of_name(&member.id))))
            .unwrap_or(0.0)
    }

    /// Edges between the groups, if a graph knows them.
    fn edges(&self) -> Result<Vec<Edge>, GraphError> {
        let Some(graph) = self.graph else { return Ok(Vec::new()) };
        let groups = self.watched.iter().zip(self.members).map(|(group, members)| Supernode {
            name: group.name.clone(),
            members: members.to_vec(),
        });
        let groups: Vec<Supernode> = groups.collect();
        let edges = supernode_edges(graph, &groups, Weighing::OutsideInput)?;
        let edges: Vec<Edge> = edges
            .into_iter()
            .map(|edge| Edge { source: edge.source, target: edge.target, share: edge.share })
            .collect();
        Ok(strongest_inputs(&edges, COVERAGE))
    }

    fn outputs(&self, after: bool) -> Vec<Output> {
        let rank = |one: &TokenShiftReport| if after { one.rank_after } else { one.rank_before };
        let mut tokens: Vec<&TokenShiftReport> =
            self.shift.tokens.iter().filter(|one| rank(one) <= OUTPUTS).collect();
        tokens.sort_by_key(|one| rank(one));
        let output = |one: &TokenShiftReport| Output {
            text: token(&one.text),
            probability: f64::from(if after {
                one.probability_after
            } else {
                one.probability_before
            }),
        };
        tokens.into_iter().map(output).collect()
    }

    fn footer(&self) -> Vec<String> {
        let report = self.report;
        let what = &report.intervention;
        let layers = what.layers.map_or(String::new(), |[a, b]| format!(" of layers {a}..{b}"));
        let mut lines = vec![
            "Percentages: activation as a share of the original, summed over a box's features; \
             an edited box has the activation it was given. Below 25 % a box is faded."
                .to_owned(),
        ];
        if self.graph.is_some() {
            lines.push(format!(
                "Edges: signed share of a box's inputs from outside it, in the graph {}; of each \
                 box the strongest that make up 80 %; thickness by the strongest edge. Dashed \
                 with a bar: inhibits.",
                report.graph.as_deref().unwrap_or_default()
            ));
        }
        lines.push(format!(
            "Original model, {} patching{layers}; attention {}, norms {}. KL {:.3} nats.",
            what.mode, what.attention, what.norms, self.shift.kl_nats
        ));
        lines.push(format!(
            "{}; model {} ({}), dictionary {} ({}).",
            report.version,
            report.model.name,
            short(&report.model.digest),
            report.dictionary.name,
            short(&report.dictionary.digest)
        ));
        lines
    }

    fn metadata(&self) -> Result<String> {
        let report = self.report;
        let provenance = Provenance {
            tool: report.version,
            model: &report.model.name,
            model_digest: &report.model.digest,
            dictionary: &report.dictionary.name,
            dictionary_digest: &report.dictionary.digest,
            token_ids: report.prompt.tokens.iter().map(|token| token.id).collect(),
            position: report.position,
            graph: report.graph.as_deref(),
            intervention: &report.intervention,
        };
        Ok(serde_json::to_string(&provenance)?)
    }
}

/// What was done, in a line.
fn title(what: &InterventionReport) -> String {
    let mut parts = Vec::new();
    for edit in &what.edits {
        let number = edit.number.map_or(String::new(), |number| {
            let number = crate::printer::text::signed(number);
            match edit.action {
                "scale" | "swap" => format!(" {number}×"),
                "set" => format!(" to {number}"),
                _ => format!(" {number}"),
            }
        });
        let verb = match edit.action {
            "set" => "Set",
            "scale" => "Scale",
            "add" => "Add to",
            "swap" => "Swap in",
            _ => "Ablate",
        };
        parts.push(format!("{verb} {}{number}", plain(&edit.nodes)));
    }
    if !what.residuals.is_empty() {
        let places: Vec<String> =
            what.residuals.iter().map(|one| format!("{}@{}", one.before_layer, one.pos)).collect();
        parts.push(format!("Residual stream {}", places.join(", ")));
    }
    if let Some(other) = &what.other_prompt {
        parts.push(format!("from “{}”", plain(&other.text)));
    }
    parts.join("; ")
}

/// The second line of a box: a feature's label or token, or how many features a group has.
fn detail(group: &GroupReport) -> String {
    match group.members.as_slice() {
        [] => String::new(),
        [only] => match &only.label {
            Some(label) if group.kind == "feature" => plain(label),
            _ if group.kind == "feature" => format!("“{}”", token(&only.text)),
            _ => only.id.clone(),
        },
        several => format!("{} features", several.len()),
    }
}

fn said(member: &crate::report::intervene::MemberReport) -> String {
    let (before, after) = (member.activation_before, member.activation_after);
    format!("{} {}: {before:.2} → {after:.2}", member.id, token(&member.text))
}

/// Layer and position of `L2/50@8`.
fn parts(id: &str) -> Option<(f64, f64)> {
    let (feature, pos) = id.rsplit_once('@')?;
    let feature: connectome_graph::FeatureId = feature.parse().ok()?;
    Some((f64::from(feature.layer), pos.parse().ok()?))
}

fn mean(numbers: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = numbers.fold((0.0, 0_usize), |(sum, n), x| (sum + x, n + 1));
    (count > 0).then(|| sum / count as f64)
}

/// The start of a digest: enough to tell two apart.
fn short(digest: &str) -> &str {
    digest.get(..10).unwrap_or(digest)
}
