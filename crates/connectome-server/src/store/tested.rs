//! How the circuit of a graph fared in its tests: what the library's row of it says.
//!
//! The workspace counts the same in its foot, of the view that is open, with edits that are not
//! saved yet: `verdictsOf` and `newestValidation` of `web/src/tests/verdicts.ts` are the twins of
//! `tally` and `newest_validation` here. Change both together. Here it is the main view, as it was
//! saved last.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{MutexGuard, PoisonError};
use std::time::SystemTime;

use connectome_graph::AttributionGraph;

use super::Store;
use super::files::{numbered, numbers, read_json};
use super::views::{MAIN, newest_version};
use crate::id::Id;
use crate::saved::SavedView;
use crate::wire::{CircuitTests, Run, RunAsk, RunBody, VerdictName};

/// The files that a count was made of, and when each was written.
pub(super) type Stamp = Vec<(PathBuf, Option<SystemTime>)>;

/// Counts that were made, by graph: runs are long files, and a library lists many graphs.
pub(super) type Counted = BTreeMap<Id, (Stamp, Option<CircuitTests>)>;

impl Store {
    /// The edges of a graph's circuit by their verdicts; `None` if none was tested, or if what
    /// says so cannot be read. `first_target` is the node of the graph's first target.
    pub(super) fn tested(&self, id: &Id, folder: &Path, first_target: u32) -> Option<CircuitTests> {
        let stamp = stamp(folder)?;
        let known = self.counted().get(id).filter(|(of, _)| *of == stamp).map(|(_, found)| *found);
        if let Some(found) = known {
            return found;
        }
        let found = counted(folder, first_target);
        self.counted().insert(id.clone(), (stamp, found));
        found
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `None` where nothing was run.
fn stamp(folder: &Path) -> Option<Stamp> {
    let (runs, view) = (folder.join("runs"), folder.join("views").join(MAIN));
    let of_runs = numbers(&runs);
    if of_runs.is_empty() {
        return None;
    }
    let paths = of_runs.into_iter().map(|number| numbered(&runs, number));
    let newest = numbers(&view).last().map(|version| numbered(&view, *version));
    let written = |path: &Path| std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let stamped = |path: PathBuf| {
        let when = written(&path);
        (path, when)
    };
    Some(paths.chain(newest).map(stamped).collect())
}

fn counted(folder: &Path, first_target: u32) -> Option<CircuitTests> {
    let run = newest_validation(&folder.join("runs"))?;
    let boxes = circuit(folder)?.box_nodes();
    tally(&run, &boxes, first_target)
}

/// The newest validation that ran to its end, or else the newest.
fn newest_validation(runs: &Path) -> Option<Run> {
    let mut newest = None;
    for number in numbers(runs).into_iter().rev() {
        let Ok(run) = read_json::<Run>(&numbered(runs, number)) else { continue };
        let RunBody::Validate(result) = &run.result else { continue };
        let partial = result.partial;
        let run = Run { number, ..run };
        if !partial {
            return Some(run);
        }
        newest = newest.or(Some(run));
    }
    newest
}

/// The circuit that the graph's address shows: what was saved, or else what its file groups.
fn circuit(folder: &Path) -> Option<SavedView> {
    match newest_version(&folder.join("views").join(MAIN)).ok()? {
        Some(saved) => SavedView::from_json(&saved).ok(),
        None => {
            let graph = AttributionGraph::load(&folder.join("graph.connectome")).ok()?;
            Some(SavedView::of_graph(&graph))
        }
    }
}

/// Edges between boxes by their verdicts, of several the worst. A target counts for the box that
/// it is in; a group that has changed since was not tested.
fn tally(run: &Run, boxes: &[(String, Vec<u32>)], first_target: u32) -> Option<CircuitTests> {
    let (RunAsk::Validate(ask), RunBody::Validate(result)) = (&run.ask, &run.result) else {
        return None;
    };
    let as_tested = |id: &str| {
        let asked = ask.groups.iter().find(|group| group.id == id)?;
        let is_same = |(own, nodes): &&(String, Vec<u32>)| own == id && same(nodes, &asked.nodes);
        boxes.iter().find(is_same).map(|(own, _)| own.as_str())
    };
    let box_of = |column: &str| match column.strip_prefix("target:") {
        Some(place) => {
            let node = first_target.checked_add(place.parse().ok()?)?;
            boxes.iter().find(|(_, nodes)| nodes.contains(&node)).map(|(id, _)| id.as_str())
        }
        None => as_tested(column),
    };
    let mut edges: BTreeMap<(&str, &str), VerdictName> = BTreeMap::new();
    for cell in &result.cells {
        let source = result.cases.get(cell.case).and_then(|case| case.group.as_deref());
        let source = source.and_then(as_tested);
        let target = result.columns.get(cell.column).and_then(|column| box_of(column));
        let (Some(source), Some(target)) = (source, target) else { continue };
        if source == target {
            continue;
        }
        let verdict = edges.entry((source, target)).or_insert(cell.verdict);
        if badness(cell.verdict) > badness(*verdict) {
            *verdict = cell.verdict;
        }
    }
    if edges.is_empty() {
        return None;
    }
    let n = |verdict: VerdictName| edges.values().filter(|found| **found == verdict).count();
    Some(CircuitTests {
        run: run.number,
        supported: n(VerdictName::Supported),
        weak: n(VerdictName::Weak),
        contradicted: n(VerdictName::Contradicted),
    })
}

fn badness(verdict: VerdictName) -> u8 {
    match verdict {
        VerdictName::Supported => 0,
        VerdictName::Weak => 1,
        VerdictName::Contradicted => 2,
    }
}

/// Whether two lists have the same nodes in any order.
fn same(a: &[u32], b: &[u32]) -> bool {
    let sorted = |nodes: &[u32]| {
        let mut nodes = nodes.to_vec();
        nodes.sort_unstable();
        nodes.dedup();
        nodes
    };
    sorted(a) == sorted(b)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// Cells as `[case, column, verdict]`, of one dose.
    fn validation(cells: &[(usize, usize, &str)]) -> Run {
        let cell = |(case, column, verdict): &(usize, usize, &str)| {
            json!({ "case": case, "dose": 0, "column": column, "predicted": -1.0,
                "measured": -1.0, "control": null, "verdict": verdict })
        };
        let cells: Vec<Value> = cells.iter().map(cell).collect();
        let case =
            |group: Option<&str>| json!({ "group": group, "name": "", "nodes": [], "control": [] });
        let run = json!({
            "number": 4, "name": "", "graph": "g", "created": 0.0, "tool": "",
            "ask": { "kind": "validate", "groups": [
                { "id": "a", "name": "A", "nodes": [2, 1] },
                { "id": "b", "name": "B", "nodes": [3] },
            ] },
            "result": { "kind": "validate", "rung": "mlps", "doses": [0.0],
                "cases": [case(Some("a")), case(Some("b")), case(None)],
                "columns": ["a", "b", "target:0", "target:1"], "cells": cells, "ladder": [],
                "verdicts": [], "n_asked": 3, "partial": false },
        });
        serde_json::from_value(run).unwrap()
    }

    fn boxes(b: &[u32]) -> Vec<(String, Vec<u32>)> {
        vec![("a".to_owned(), vec![1, 2]), ("b".to_owned(), b.to_vec()), ("n8".to_owned(), vec![8])]
    }

    #[test]
    fn an_edge_counts_once_with_its_worst_verdict() {
        let run = validation(&[
            (0, 1, "contradicted"),
            (0, 1, "supported"),
            (0, 2, "supported"),
            (0, 2, "weak"),
            (1, 2, "supported"),
        ]);
        let found = tally(&run, &boxes(&[3]), 8);
        let expected = CircuitTests { run: 4, supported: 1, weak: 1, contradicted: 1 };
        assert_eq!(found, Some(expected));
    }

    #[test]
    fn single_features_outputs_in_no_box_and_changed_groups_do_not_count() {
        let run = validation(&[
            (2, 1, "supported"),
            (0, 0, "supported"),
            (0, 3, "supported"),
            (0, 1, "supported"),
        ]);
        assert_eq!(tally(&run, &boxes(&[3, 5]), 8), None);
        assert_eq!(tally(&run, &boxes(&[3]), 8).map(|found| found.supported), Some(1));
    }
}
