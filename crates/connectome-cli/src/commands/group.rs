//! `connectome group`: supernodes of a graph file.

use std::collections::BTreeSet;

use anyhow::Result;
use connectome::features::FeatureIndex;
use connectome_graph::{AttributionGraph, FeatureId, NodeIdx, Supernode};
use connectome_server::suggest_groups;
use connectome_server::wire::SuggestAsk;

use super::Ending;
use super::serve::plain;
use crate::args::GroupArgs;
use crate::failure::InterveneError;
use crate::report::group::{GroupsReport, SuggestedReport, SuggestionsReport, SupernodeReport};
use crate::settings::World;
use crate::{names, printer};

pub(crate) fn run(args: &GroupArgs, world: &World) -> Result<Ending> {
    let graph = AttributionGraph::load(&args.graph)?;
    if args.suggest {
        return suggest(args, graph, world);
    }
    let (graph, change) = match (&args.name, &args.remove) {
        (Some(name), _) => save(graph, name, &args.nodes)?,
        (None, Some(name)) => remove(graph, name)?,
        (None, None) => (graph, Change::default()),
    };
    if change.done.is_some() {
        graph.save(&args.graph)?;
    }
    let supernodes = graph.annotations().supernodes.iter();
    let report = GroupsReport {
        graph: args.graph.display().to_string(),
        done: change.done,
        name: change.name,
        before: change.before.map(|old| SupernodeReport::of(&graph, &old)),
        supernodes: supernodes.map(|one| SupernodeReport::of(&graph, one)).collect(),
    };
    world.print(&printer::group::page(&report, world.screen))?;
    world.document(&report)?;
    Ok(Ending::Done)
}

/// Lists what may be grouped, and saves it if that is asked for.
fn suggest(args: &GroupArgs, graph: AttributionGraph, world: &World) -> Result<Ending> {
    let index = args.features.as_deref().map(FeatureIndex::open).transpose()?;
    let names = index.map(|index| index.labels_of(&graph)).transpose()?.unwrap_or_default();
    let ask = SuggestAsk { nodes: None, top: Some(args.top), view: None };
    let found = suggest_groups(graph.clone(), &ask, &names).map_err(plain)?;
    let mut annotations = graph.annotations().clone();
    let mut taken: BTreeSet<String> =
        annotations.supernodes.iter().map(|one| one.name.clone()).collect();
    let mut suggested = Vec::new();
    for one in &found.groups {
        let members = one.nodes.iter().map(|node| NodeIdx::new(*node)).collect();
        let supernode = Supernode { name: free_name(&graph, &one.name, &mut taken), members };
        suggested.push(SuggestedReport {
            supernode: SupernodeReport::of(&graph, &supernode),
            reasons: one.reasons.clone(),
            similarity: one.similarity,
            influence: one.influence,
            replacement_change: one.replacement_change,
            completeness_change: one.completeness_change,
        });
        annotations.supernodes.push(supernode);
    }
    if args.save && !suggested.is_empty() {
        graph.with_annotations(annotations)?.save(&args.graph)?;
    }
    let report = SuggestionsReport {
        graph: args.graph.display().to_string(),
        saved: args.save && !suggested.is_empty(),
        suggested,
        alone: found.alone.len(),
    };
    world.print(&printer::group::suggestions(&report, world.screen))?;
    world.document(&report)?;
    Ok(Ending::Done)
}

/// A name that a supernode may have and that no other has.
fn free_name(graph: &AttributionGraph, wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let plain: String = wanted.replace([',', '=', '@'], " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    let mut name = words.join(" ");
    if check_name(&name).is_err() || graph.nodes().find(&name).is_ok() {
        name = format!("group {name}").trim_end().to_owned();
    }
    let first = name.clone();
    for n in 2.. {
        if taken.insert(name.clone()) {
            break;
        }
        name = format!("{first} {n}");
    }
    name
}

/// What was done to the file.
#[derive(Default)]
struct Change {
    done: Option<&'static str>,
    name: Option<String>,
    before: Option<Supernode>,
}

/// Adds a supernode, or gives one that is there other nodes; its place in the list stays.
fn save(
    graph: AttributionGraph,
    name: &str,
    nodes: &[String],
) -> Result<(AttributionGraph, Change)> {
    check_name(name)?;
    let mut members: Vec<NodeIdx> = Vec::new();
    for node in nodes.iter().flat_map(|word| split(word)) {
        let idx = names::find(&graph, node)?;
        if !members.contains(&idx) {
            members.push(idx);
        }
    }
    let mut annotations = graph.annotations().clone();
    let new = Supernode { name: name.to_owned(), members };
    let before = match annotations.supernodes.iter_mut().find(|one| one.name == name) {
        Some(old) => Some(std::mem::replace(old, new)),
        None => {
            annotations.supernodes.push(new);
            None
        }
    };
    let done = Some(if before.is_some() { "replaced" } else { "saved" });
    let graph = graph.with_annotations(annotations)?;
    Ok((graph, Change { done, name: Some(name.to_owned()), before }))
}

fn remove(graph: AttributionGraph, name: &str) -> Result<(AttributionGraph, Change)> {
    let mut annotations = graph.annotations().clone();
    let place = annotations.supernodes.iter().position(|one| one.name == name);
    let Some(place) = place else {
        let names = annotations.supernodes.into_iter().map(|one| one.name).collect();
        return Err(InterveneError::NotASupernode { name: name.to_owned(), names }.into());
    };
    let before = Some(annotations.supernodes.remove(place));
    let graph = graph.with_annotations(annotations)?;
    Ok((graph, Change { done: Some("removed"), name: Some(name.to_owned()), before }))
}

/// `L2/50@8,L1/3@4` is two nodes, as it is in edits; a token that is a comma is one.
fn split(word: &str) -> Vec<&str> {
    let parts: Vec<&str> = word.split(',').map(str::trim).collect();
    let is_list = parts.iter().all(|part| part.contains('@') || part.contains(':'));
    if parts.len() > 1 && is_list { parts } else { vec![word] }
}

/// Names must not be taken for something else where sets of nodes are written.
fn check_name(name: &str) -> Result<(), InterveneError> {
    let why = if name.trim().is_empty() {
        "it is empty"
    } else if name.trim() != name {
        "it begins or ends with a blank"
    } else if name.chars().any(char::is_control) {
        "it holds a control character"
    } else if name.contains([',', '=', '@']) {
        "`,`, `=` and `@` have a meaning in edits"
    } else if name == "none" || name.parse::<FeatureId>().is_ok() {
        "it means something else"
    } else {
        return Ok(());
    };
    Err(InterveneError::SupernodeName { name: name.to_owned(), why })
}
