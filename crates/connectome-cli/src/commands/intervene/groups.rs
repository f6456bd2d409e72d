//! What is followed: supernodes, sets and single features, and what was done to each.

use std::collections::BTreeMap;

use anyhow::Result;
use connectome::attribution::{Expand, Labels, Options, Progress, attribute};
use connectome::error::RunError;
use connectome_graph::{
    ActiveFeature, AttributionGraph, FeatureId, NodeIdx, Prompt, Supernode, influence,
};

use super::asked::{Asked, WrittenGroup};
use super::resolve::{Changed, Doing, Resolver, features_of};
use crate::edits::{Action, Item, NodeSet};
use crate::failure::InterveneError;
use crate::load::Loaded;
use crate::printer::text::signed;
use crate::prompt::Ready;

/// Features that are followed where nothing was named.
const STRONGEST: usize = 12;
/// A trace that only chooses them need not settle more influence than this.
const ROUGHLY: f64 = 0.3;

/// Features that are followed as one.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: String,
    /// `supernode`, `set` or `feature`.
    pub(super) kind: &'static str,
    pub(super) nodes: Vec<(FeatureId, usize)>,
    /// Its nodes in the graph, features or not; empty without a graph.
    pub(super) members: Vec<NodeIdx>,
}

impl Group {
    fn of_feature(id: FeatureId, pos: usize) -> Self {
        let name = node_name(id, pos);
        Self { name, kind: "feature", nodes: vec![(id, pos)], members: Vec::new() }
    }
}

/// `L2/50@8`.
pub(super) fn node_name(id: FeatureId, pos: usize) -> String {
    format!("{id}@{pos}")
}

/// All groups: those to follow, and the edited sets that are none of them.
pub(super) fn all(
    resolver: &Resolver<'_>,
    asked: &Asked,
    changed: &[Changed],
    strongest: impl FnOnce() -> Result<Vec<(FeatureId, usize)>>,
) -> Result<Vec<Group>> {
    let mut groups = match &asked.watch {
        Some(written) => {
            written.iter().map(|one| resolver.written(one)).collect::<Result<Vec<_>>>()?
        }
        None => resolver.usual(strongest)?,
    };
    for set in changed {
        let nodes = resolver.points(&set.features);
        let is_there = |group: &Group| sorted(&group.nodes) == sorted(&nodes);
        if !nodes.is_empty() && !groups.iter().any(is_there) {
            groups.push(resolver.group(&set.text, None, nodes));
        }
    }
    Ok(groups)
}

fn sorted(nodes: &[(FeatureId, usize)]) -> Vec<(FeatureId, usize)> {
    let mut nodes = nodes.to_vec();
    nodes.sort_unstable();
    nodes
}

impl Resolver<'_> {
    fn written(&self, written: &WrittenGroup) -> Result<Group> {
        if let Some(supernode) = self.whole_supernode(&written.nodes) {
            let group = self.of_supernode(supernode);
            return Ok(match &written.name {
                Some(name) => Group { name: name.clone(), ..group },
                None => group,
            });
        }
        let nodes = self.points(&self.features(&written.nodes, None)?);
        if nodes.is_empty() {
            let found = written.nodes.text.clone();
            return Err(InterveneError::NothingToWatch { found }.into());
        }
        Ok(self.group(&written.nodes.text, written.name.as_deref(), nodes))
    }

    fn group(&self, text: &str, name: Option<&str>, nodes: Vec<(FeatureId, usize)>) -> Group {
        let named = |supernode: &&Supernode| supernode.name == text;
        let supernode = self.graph.and_then(|g| g.annotations().supernodes.iter().find(named));
        let (kind, default) = match (supernode, nodes.as_slice()) {
            (Some(_), _) => ("supernode", text.to_owned()),
            (None, [(id, pos)]) => ("feature", node_name(*id, *pos)),
            (None, _) => ("set", text.to_owned()),
        };
        let members = match supernode {
            Some(supernode) => supernode.members.clone(),
            None => self.places_in_graph(&nodes),
        };
        Group { name: name.map_or(default, str::to_owned), kind, nodes, members }
    }

    fn places_in_graph(&self, nodes: &[(FeatureId, usize)]) -> Vec<NodeIdx> {
        let find = |graph: &AttributionGraph, id, pos: usize| {
            graph.nodes().find_feature(id, u32::try_from(pos).ok()?)
        };
        let place = |(id, pos): &(FeatureId, usize)| find(self.graph?, *id, *pos);
        nodes.iter().filter_map(place).collect()
    }

    /// The supernode, if that is what a set is, at its own positions.
    fn whole_supernode(&self, nodes: &NodeSet) -> Option<&Supernode> {
        match nodes.items.as_slice() {
            [Item::Supernode { name, place: None }] => super::resolve::supernode(self.graph?, name),
            _ => None,
        }
    }

    /// A supernode may hold tokens, errors and targets, which have no activation: they count for
    /// its edges alone.
    fn of_supernode(&self, supernode: &Supernode) -> Group {
        let graph = self.graph.expect("a supernode is a graph's");
        let features = features_of(graph, supernode);
        Group {
            name: supernode.name.clone(),
            kind: "supernode",
            nodes: features.iter().map(|fired| (fired.id, fired.pos as usize)).collect(),
            members: supernode.members.clone(),
        }
    }

    /// The supernodes of the graph, or else the strongest features.
    fn usual(
        &self,
        strongest: impl FnOnce() -> Result<Vec<(FeatureId, usize)>>,
    ) -> Result<Vec<Group>> {
        let supernodes = self.graph.map_or(&[][..], |graph| &graph.annotations().supernodes);
        if !supernodes.is_empty() {
            return Ok(supernodes.iter().map(|one| self.of_supernode(one)).collect());
        }
        let group = |(id, pos): (FeatureId, usize)| {
            let group = Group::of_feature(id, pos);
            Group { members: self.places_in_graph(&group.nodes), ..group }
        };
        Ok(strongest()?.into_iter().map(group).collect())
    }
}

/// The features of largest influence, of the graph or of a rough trace made for it.
pub(super) fn strongest(
    resolver: &Resolver<'_>,
    (loaded, ready, pos): (&Loaded, &Ready, usize),
    progress: &mut dyn Progress,
) -> Result<Vec<(FeatureId, usize)>> {
    if let Some(graph) = resolver.graph {
        return Ok(most_influential(graph));
    }
    let prompt = Prompt {
        text: ready.text.clone(),
        token_texts: ready.token_texts.clone(),
        token_ids: ready.tokens.ids.clone(),
    };
    let expand = Expand::Certified { tolerance: ROUGHLY };
    let options = Options { pos: Some(pos), expand, ..Options::default() };
    let labels = Labels { prompt, ..Labels::default() };
    let token_text = |id| loaded.token_text(id);
    let traced = attribute(resolver.here.local(), &options, labels, &token_text, progress);
    match traced {
        Ok(graph) => Ok(most_influential(&graph)),
        Err(RunError::Cancelled) => Err(RunError::Cancelled.into()),
        Err(error) => Err(error.into()),
    }
}

fn most_influential(graph: &AttributionGraph) -> Vec<(FeatureId, usize)> {
    let influence = influence(graph);
    let mut features: Vec<(NodeIdx, ActiveFeature)> = graph.nodes().features().collect();
    let of = |idx: NodeIdx| influence.node[idx.as_usize()];
    features.sort_by(|a, b| of(b.0).total_cmp(&of(a.0)).then(a.0.cmp(&b.0)));
    features.truncate(STRONGEST);
    // Shown by layer, as a circuit is read.
    features.sort_by_key(|(idx, _)| *idx);
    features.into_iter().map(|(_, fired)| (fired.id, fired.pos as usize)).collect()
}

/// What was done to each node, as a figure says it.
#[derive(Debug, Default)]
pub(super) struct Doses(BTreeMap<(FeatureId, usize), String>);

impl Doses {
    pub(super) fn of(resolver: &Resolver<'_>, changed: &[Changed]) -> Self {
        let mut doses = BTreeMap::new();
        for set in changed {
            let dose = match set.action {
                Doing::Edit(Action::Ablate, _) => "0×".to_owned(),
                Doing::Edit(Action::Scale, times) => format!("{}×", signed(times)),
                Doing::Edit(Action::Set, value) => format!("= {}", signed(value)),
                Doing::Edit(Action::Add, value) if value < 0.0 => signed(value),
                Doing::Edit(Action::Add, value) => format!("+{}", signed(value)),
                Doing::Swap(times) => format!("swap {}×", signed(times)),
            };
            for node in resolver.points(&set.features) {
                doses.insert(node, dose.clone());
            }
        }
        Self(doses)
    }

    pub(super) fn is_edited(&self, node: (FeatureId, usize)) -> bool {
        self.0.contains_key(&node)
    }

    /// What was done to a group, if anything was.
    pub(super) fn of_group(&self, group: &Group) -> Option<String> {
        let doses: Vec<&String> = group.nodes.iter().filter_map(|node| self.0.get(node)).collect();
        let first = *doses.first()?;
        let dose = if doses.iter().all(|dose| *dose == first) { first } else { "edited" };
        let (n_edited, n_nodes) = (doses.len(), group.nodes.len());
        if n_edited == n_nodes {
            return Some(dose.to_owned());
        }
        Some(format!("{dose} ({n_edited} of {n_nodes})"))
    }
}
