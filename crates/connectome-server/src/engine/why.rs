//! Why an edge is there: what passes each attention head.

use connectome::attribution::heads::head_split;
use connectome::attribution::{Options, TargetSpec, Targets};
use connectome::open::tokens_of;
use connectome_graph::{AttributionGraph, Node, NodeIdx, TargetKind};

use super::Engine;
use crate::circuits::checked_one;
use crate::error::ServeError;
use crate::wire::{Why, WhyLayer};

impl Engine {
    /// The split of an edge at every layer whose attention it can cross.
    pub(crate) fn why(
        &self,
        graph: &AttributionGraph,
        source: u32,
        target: u32,
    ) -> Result<Why, ServeError> {
        let ends = (checked_one(graph, source)?, checked_one(graph, target)?);
        let nodes = graph.nodes();
        if !nodes.may_feed(ends.0, ends.1) {
            let (source, target) = (nodes.name(ends.0), nodes.name(ends.1));
            return Err(ServeError::bad(format!("`{source}` cannot feed `{target}`")));
        }
        let row = graph.row(ends.1).ok_or_else(|| {
            let name = nodes.name(ends.1);
            ServeError::bad(format!("the inputs of `{name}` were not asked for by the trace"))
        })?;
        let opened = self.of_graph(graph)?;
        let local = opened.replacement.on(&tokens_of(graph))?;
        let options = options_of(graph, ends.1)?;
        let splits = head_split(&local, nodes, &options, ends)?;
        let layer = |split: connectome::attribution::heads::HeadSplit| WhyLayer {
            layer: split.layer as usize,
            residual: f64::from(split.residual),
            heads: split.heads.into_iter().map(f64::from).collect(),
        };
        Ok(Why {
            source,
            target,
            raw: f64::from(row.weight(ends.0)),
            layers: splits.into_iter().map(layer).collect(),
        })
    }
}

/// The graph's targets as they were asked for. Directions are not in a graph.
fn options_of(graph: &AttributionGraph, to: NodeIdx) -> Result<Options, ServeError> {
    let mut specs = Vec::new();
    for (k, target) in graph.nodes().targets().iter().enumerate() {
        specs.push(match target.kind {
            TargetKind::Logit { token } => TargetSpec::Token(token),
            TargetKind::Contrast { plus, minus } => TargetSpec::Contrast { plus, minus },
            TargetKind::Feature(id) => TargetSpec::Feature(id),
            TargetKind::Direction { .. } if graph.nodes().node(to) == Node::Target(k as u32) => {
                let label = &target.label;
                return Err(ServeError::bad(format!(
                    "target `{label}` is a direction, which the graph does not hold"
                )));
            }
            // Only its place counts: another target is asked for.
            TargetKind::Direction { .. } => TargetSpec::Token(0),
        });
    }
    let pos = graph.nodes().targets().first().map(|target| target.pos as usize);
    Ok(Options { targets: Targets::Given(specs), pos, ..Options::default() })
}
