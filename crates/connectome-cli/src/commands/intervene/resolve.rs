//! From what was written to what the library runs: features, places, modes.

use std::collections::BTreeSet;

use anyhow::Result;
use connectome::error::RunError;
use connectome::intervene::{
    Alignment, AttentionPatterns, Baseline, Borrowed, Change, Edit, Mode, NormScales, Positions,
    Request, Swap,
};
use connectome_graph::{ActiveFeature, AttributionGraph, FeatureId, Node, NodeIdx, Supernode};

use crate::args::{Held, ModeName};
use crate::edits::{Action, Item, NodeSet, Place, WrittenEdit, WrittenSweep};
use crate::failure::InterveneError;
use crate::names;

use super::asked::Asked;

/// A set that is changed, and how.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    /// As it was written.
    pub(super) text: String,
    pub(super) action: Doing,
    pub(super) features: Vec<(FeatureId, Positions)>,
}

/// What is done to a set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Doing {
    Edit(Action, f32),
    /// So many times the value of the other prompt.
    Swap(f32),
}

impl Changed {
    fn edits(&self) -> Vec<Edit> {
        let Doing::Edit(action, number) = self.action else { return Vec::new() };
        let change = match action {
            Action::Set => Change::Set(number),
            Action::Scale => Change::Scale(number),
            Action::Add => Change::Add(number),
            Action::Ablate => Change::ABLATE,
        };
        let edit = |(feature, positions): &(FeatureId, Positions)| Edit {
            feature: *feature,
            positions: positions.clone(),
            change,
        };
        self.features.iter().map(edit).collect()
    }
}

/// Knows what names mean on this prompt.
#[derive(Clone, Copy)]
pub(super) struct Resolver<'a> {
    pub(super) graph: Option<&'a AttributionGraph>,
    pub(super) here: &'a Baseline<'a>,
    /// The other prompt, if there is one.
    pub(super) swap: Option<Swap<'a>>,
}

/// All that was asked for, ready to run.
pub(super) struct Resolved<'a> {
    pub(super) request: Request<'a>,
    pub(super) changed: Vec<Changed>,
}

impl<'a> Resolver<'a> {
    pub(super) fn resolve(&self, asked: &Asked) -> Result<Resolved<'a>> {
        let mut changed = Vec::new();
        for edit in &asked.edits {
            let action = Doing::Edit(edit.action, number_of(edit, asked.sweep.as_ref())?);
            let features = self.features(&edit.nodes, None)?;
            changed.push(Changed { text: edit.nodes.text.clone(), action, features });
        }
        let mut swapped = Vec::new();
        for nodes in &asked.swaps {
            let features = self.features(nodes, self.swap)?;
            swapped.extend(self.points(&features));
            let (text, action) = (nodes.text.clone(), Doing::Swap(asked.times));
            changed.push(Changed { text, action, features });
        }
        self.check_once(&changed)?;
        let edits: Vec<Edit> = changed.iter().flat_map(Changed::edits).collect();
        let residuals = self.residuals(asked)?;
        let layers = edits.iter().map(|edit| edit.feature.layer as usize);
        let layers = layers.chain(swapped.iter().map(|(feature, _)| feature.layer as usize));
        let first_layer = layers.chain(residuals.iter().map(|(layer, _)| *layer)).min();
        let only_residuals = edits.is_empty() && swapped.is_empty();
        let (mode, norms) = self.mode(asked, first_layer.unwrap_or(0), only_residuals)?;
        let borrowed = self.swap.map(|swap| Borrowed {
            swap,
            features: swapped,
            times: asked.times,
            residuals,
        });
        Ok(Resolved { request: Request { edits, borrowed, mode, norms }, changed })
    }

    /// The features of a set, with their places. Of a whole layer: those that fire, on the other
    /// prompt too if values are taken from it.
    pub(super) fn features(
        &self,
        nodes: &NodeSet,
        other: Option<Swap<'_>>,
    ) -> Result<Vec<(FeatureId, Positions)>> {
        let n_tokens = self.here.n_tokens();
        let mut features = Vec::new();
        for item in &nodes.items {
            match item {
                Item::Feature { id, place } => features.push((*id, place.positions(n_tokens)?)),
                Item::Layer { layer, place } => {
                    features.extend(self.layer(*layer, *place, other)?);
                }
                Item::Supernode { name, place } => {
                    for (id, pos) in self.members(name)? {
                        let positions = match place {
                            None => Positions::At(pos),
                            Some(place) => place.positions(n_tokens)?,
                        };
                        let named = (id, positions);
                        // A feature may stand in a supernode at several positions.
                        if !features.contains(&named) {
                            features.push(named);
                        }
                    }
                }
            }
        }
        Ok(features)
    }

    fn layer(
        &self,
        layer: u32,
        place: Place,
        other: Option<Swap<'_>>,
    ) -> Result<Vec<(FeatureId, Positions)>> {
        let n_layers = self.here.n_layers();
        if layer as usize >= n_layers {
            return Err(RunError::Layer { found: layer, n_layers }.into());
        }
        let mut found = BTreeSet::new();
        for pos in place.positions(self.here.n_tokens())?.in_prompt(self.here.n_tokens()) {
            found.extend(firing(self.here, layer, pos).map(|id| (pos, id)));
            if let Some(swap) = other {
                let there = swap.counterpart(pos)?;
                found.extend(firing(swap.there, layer, there).map(|id| (pos, id)));
            }
        }
        if found.is_empty() {
            let place = places(&place.positions(self.here.n_tokens())?);
            return Err(InterveneError::NothingFires { layer, place }.into());
        }
        Ok(found.into_iter().map(|(pos, id)| (id, Positions::At(pos))).collect())
    }

    /// The features of a supernode and where they stand.
    fn members(&self, name: &str) -> Result<Vec<(FeatureId, usize)>> {
        let graph = self.graph.expect("a name is a supernode's only where there is a graph");
        let supernode = supernode(graph, name).expect("the reader found the name");
        let members = features_of(graph, supernode);
        if members.is_empty() {
            let kinds = kinds(graph, &supernode.members);
            return Err(InterveneError::NoFeatures { name: name.to_owned(), kinds }.into());
        }
        Ok(members.iter().map(|fired| (fired.id, fired.pos as usize)).collect())
    }

    /// Features at single positions of the prompt.
    pub(super) fn points(&self, features: &[(FeatureId, Positions)]) -> Vec<(FeatureId, usize)> {
        let n_tokens = self.here.n_tokens();
        let points = |(id, positions): &(FeatureId, Positions)| {
            let id = *id;
            positions.in_prompt(n_tokens).map(move |pos| (id, pos)).collect::<Vec<_>>()
        };
        features.iter().flat_map(points).collect()
    }

    /// Refuses to do two things to one feature at one place: which one holds would be an accident
    /// of how flags are ordered.
    fn check_once(&self, changed: &[Changed]) -> Result<(), InterveneError> {
        let mut seen = BTreeSet::new();
        for (id, positions) in changed.iter().flat_map(|set| &set.features) {
            let points = positions.in_prompt(self.here.n_tokens()).map(Some);
            for pos in points.chain(positions.is_open_ended().then_some(None)) {
                if !seen.insert((*id, pos)) {
                    let place = pos.map_or("generated".to_owned(), |pos| pos.to_string());
                    return Err(InterveneError::EditedTwice { node: format!("{id}@{place}") });
                }
            }
        }
        Ok(())
    }

    fn residuals(&self, asked: &Asked) -> Result<Vec<(usize, usize)>> {
        let mut found = BTreeSet::new();
        for (layer, place) in &asked.residuals {
            let positions = place.positions(self.here.n_tokens())?;
            if positions == Positions::Generated {
                return Err(InterveneError::Contradiction {
                    flag: "`--residual`",
                    other: "`@generated`",
                    why: "the other prompt has no such positions",
                }
                .into());
            }
            found.extend(positions.in_prompt(self.here.n_tokens()).map(|pos| (*layer, pos)));
        }
        Ok(found.into_iter().collect())
    }

    fn mode(
        &self,
        asked: &Asked,
        first_layer: usize,
        only_residuals: bool,
    ) -> Result<(Mode, NormScales), InterveneError> {
        let n_layers = self.here.n_layers();
        let (start, end) = match asked.layers {
            Some((start, end)) => (start, end.unwrap_or(n_layers)),
            // An end-layer sweep begins at what is edited; iterative patching holds all layers.
            None if asked.mode == ModeName::Iterative && asked.sweep.is_none() => (0, n_layers),
            None => (first_layer, n_layers),
        };
        let mode = match asked.mode {
            ModeName::Direct => Mode::Direct,
            ModeName::Constrained => Mode::Constrained { layers: start..end },
            ModeName::Iterative => Mode::Iterative { layers: start..end },
            ModeName::Open => {
                let default = if only_residuals { Held::Free } else { Held::Frozen };
                let attention = match asked.attention.unwrap_or(default) {
                    Held::Frozen => AttentionPatterns::Frozen,
                    Held::Free => AttentionPatterns::Free,
                };
                Mode::Open { attention }
            }
        };
        let norms = match asked.norms {
            Some(Held::Frozen) => NormScales::Frozen,
            _ => NormScales::Free,
        };
        Ok((mode, norms))
    }
}

/// The number of an edit, or one that a sweep will replace.
fn number_of(edit: &WrittenEdit, sweep: Option<&WrittenSweep>) -> Result<f32, InterveneError> {
    match (edit.number, edit.action, sweep) {
        (_, Action::Ablate, Some(WrittenSweep::Dose(_))) => Err(InterveneError::Contradiction {
            flag: "`--ablate`",
            other: "`--sweep dose=…`",
            why: "an ablation has no number; `--scale` has",
        }),
        (_, Action::Ablate, _) => Ok(0.0),
        (Some(number), ..) => Ok(number),
        (None, _, Some(WrittenSweep::Dose(_))) => Ok(1.0),
        (None, action, _) => {
            let edit = format!("--{} {}", action.name(), edit.nodes.text);
            Err(InterveneError::NoEditNumber { edit })
        }
    }
}

/// Features of a layer that fire at a position.
fn firing<'b>(
    baseline: &'b Baseline<'_>,
    layer: u32,
    pos: usize,
) -> impl Iterator<Item = FeatureId> + use<'b> {
    let features = baseline.local().features();
    let here = move |fired: &&ActiveFeature| fired.pos as usize == pos;
    features.list()[features.of_layer(layer as usize)].iter().filter(here).map(|fired| fired.id)
}

/// A supernode of a graph.
pub(super) fn supernode<'g>(graph: &'g AttributionGraph, name: &str) -> Option<&'g Supernode> {
    graph.annotations().supernodes.iter().find(|one| one.name == name)
}

/// Its members that are features.
pub(super) fn features_of(graph: &AttributionGraph, supernode: &Supernode) -> Vec<ActiveFeature> {
    let feature = |idx: &NodeIdx| match graph.nodes().node(*idx) {
        Node::Feature(feature) => Some(feature),
        _ => None,
    };
    supernode.members.iter().filter_map(feature).collect()
}

fn kinds(graph: &AttributionGraph, members: &[NodeIdx]) -> String {
    let mut kinds: Vec<&str> = members.iter().map(|idx| names::kind(graph, *idx)).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() {
        "it is empty".to_owned()
    } else {
        format!("only {}s", kinds.join("s and "))
    }
}

/// Positions as they are written.
pub(super) fn places(positions: &Positions) -> String {
    match positions {
        Positions::At(pos) => pos.to_string(),
        Positions::Span(span) => format!("{}..{}", span.start, span.end),
        Positions::Prompt => "all".to_owned(),
        Positions::From(start) => format!("{start}.."),
        Positions::Generated => "generated".to_owned(),
    }
}

/// How positions of two prompts belong together.
pub(super) fn alignment(text: &str) -> Result<Alignment, InterveneError> {
    let bad = || InterveneError::Align { found: text.to_owned() };
    match text {
        "same" => return Ok(Alignment::Same),
        "end" => return Ok(Alignment::FromEnd),
        _ => {}
    }
    let pair = |pair: &str| {
        let (here, there) = pair.split_once('=').ok_or_else(bad)?;
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| bad());
        Ok((number(here)?, number(there)?))
    };
    text.split(',').map(pair).collect::<Result<_, _>>().map(Alignment::Pairs)
}
