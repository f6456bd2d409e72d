//! Graphs of the store.

use std::sync::{Arc, OnceLock};

use connectome_graph::{
    AttributionGraph, FeatureId, Influence, Pruned, Thresholds, prune, scores_of,
};
use serde::{Deserialize, Serialize};

use super::Store;
use super::files::{folders, now_ms, numbers, read_bytes, read_json, write_bytes, write_json};
use crate::error::ServeError;
use crate::id::Id;
use crate::wire::{FeatureGraph, FeatureGraphs, GraphPatch, GraphRow};

/// Graphs that are kept in memory.
const READ: usize = 4;
/// Graphs that are searched for a feature.
const MOST_SEARCHED: usize = 100;

/// A graph in memory, with what every view of it needs.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) graph: AttributionGraph,
    /// At the default thresholds.
    pub(crate) pruned: Pruned,
    /// `[N]` what shares of inputs are of.
    pub(crate) abs_in: Vec<f64>,
    /// `[N]` shares of all influence.
    pub(crate) influence_shares: Vec<f64>,
    order: OnceLock<Vec<u32>>,
}

impl Kept {
    pub(crate) fn new(graph: AttributionGraph) -> Result<Self, ServeError> {
        let pruned = prune(&graph, &Thresholds::default())?;
        let (abs_in, influence_shares) = (abs_in(&graph), pruned.influence.shares());
        Ok(Self { graph, pruned, abs_in, influence_shares, order: OnceLock::new() })
    }

    pub(crate) fn influence(&self) -> &Influence {
        &self.pruned.influence
    }

    /// A node's share of all influence.
    pub(crate) fn influence_share(&self, place: usize) -> f64 {
        self.influence_shares[place]
    }

    /// Edges by descending share of their target's absolute input, then as stored.
    pub(crate) fn order(&self) -> &[u32] {
        self.order.get_or_init(|| {
            let share = |edge: connectome_graph::Edge| {
                let whole = self.abs_in[edge.target.as_usize()];
                if whole > 0.0 { (f64::from(edge.weight).abs() / whole) as f32 } else { 0.0 }
            };
            let shares: Vec<f32> = self.graph.edges().map(share).collect();
            let mut order: Vec<u32> = (0..shares.len() as u32).collect();
            order.sort_by(|&a, &b| {
                shares[b as usize].total_cmp(&shares[a as usize]).then(a.cmp(&b))
            });
            order
        })
    }
}

/// `[N]` the absolute input of every node, what was cut from its row included.
pub(crate) fn abs_in(graph: &AttributionGraph) -> Vec<f64> {
    let mut abs_in = vec![0.0; graph.nodes().len()];
    for row in graph.rows() {
        abs_in[row.target.as_usize()] = row.abs_sum() + f64::from(row.abs_remainder);
    }
    abs_in
}

/// `meta.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Meta {
    row: GraphRow,
}

impl Store {
    /// Adds a graph; one of the same bytes is not added twice. Whether it was known already.
    pub(crate) fn add(
        &self,
        graph: &AttributionGraph,
        title: Option<&str>,
    ) -> Result<(Id, bool), ServeError> {
        let bytes = graph.to_bytes();
        let id = id_of(graph, &blake3::hash(&bytes).to_hex());
        let _writing = self.lock();
        if self.existing(&id).is_ok() {
            return Ok((id, true));
        }
        let title = title.unwrap_or_default().to_owned();
        let row = GraphRow { title, created: now_ms(), ..row_of(graph, &id) };
        let folder = self.graph_folder(&id);
        write_json(&folder.join("meta.json"), &Meta { row })?;
        // The graph comes last: it is what makes the folder one of a graph.
        write_bytes(&folder.join("graph.connectome"), &bytes)?;
        Ok((id, false))
    }

    /// Rows of the library, the newest first.
    pub(crate) fn list(&self) -> Vec<GraphRow> {
        let names = folders(&self.root.join("graphs"));
        let ids = names.iter().filter_map(|name| Id::parse("graph", name).ok());
        let mut rows: Vec<GraphRow> = ids.filter_map(|id| self.row(&id).ok()).collect();
        rows.sort_by(|a, b| b.created.total_cmp(&a.created).then(a.id.cmp(&b.id)));
        rows
    }

    pub(crate) fn row(&self, id: &Id) -> Result<GraphRow, ServeError> {
        let folder = self.existing(id)?;
        let mut row = read_json::<Meta>(&folder.join("meta.json"))?.row;
        row.n_runs = numbers(&folder.join("runs")).len();
        row.has_circuit |= !folders(&folder.join("views")).is_empty();
        // Targets are the last nodes.
        let first_target = row.n_nodes.saturating_sub(row.n_targets) as u32;
        row.tested = self.tested(id, &folder, first_target);
        Ok(row)
    }

    /// Graphs of a dictionary in which a feature fires, the newest first.
    pub(crate) fn graphs_with(
        &self,
        id: FeatureId,
        dictionary: &str,
    ) -> Result<FeatureGraphs, ServeError> {
        let all: Vec<GraphRow> =
            self.list().into_iter().filter(|row| row.dictionary == dictionary).collect();
        let n_left_out = all.len().saturating_sub(MOST_SEARCHED);
        let mut rows = Vec::new();
        for row in all.iter().take(MOST_SEARCHED) {
            let path = self.graph_folder(&Id::parse("graph", &row.id)?).join("graph.connectome");
            let graph = match AttributionGraph::load(&path) {
                // One that was deleted meanwhile is none.
                Err(_) if !path.exists() => continue,
                graph => graph?,
            };
            let own = graph.nodes().features().filter(|(_, fired)| fired.id == id);
            let (nodes, fired): (Vec<u32>, Vec<_>) =
                own.map(|(idx, fired)| (idx.get(), (fired.pos, fired.activation))).unzip();
            let (positions, activations): (Vec<u32>, Vec<f32>) = fired.into_iter().unzip();
            if nodes.is_empty() {
                continue;
            }
            rows.push(FeatureGraph {
                graph: row.id.clone(),
                title: row.title.clone(),
                tokens: row.tokens.clone(),
                nodes,
                positions,
                activation: activations.into_iter().fold(0.0, f32::max),
            });
        }
        Ok(FeatureGraphs { n_read: all.len() - n_left_out, n_left_out, rows })
    }

    pub(crate) fn patch(&self, id: &Id, patch: GraphPatch) -> Result<GraphRow, ServeError> {
        let folder = self.existing(id)?;
        let _writing = self.lock();
        let path = folder.join("meta.json");
        let mut meta: Meta = read_json(&path)?;
        if let Some(title) = patch.title {
            meta.row.title = title.chars().take(300).collect();
        }
        if let Some(tags) = patch.tags {
            meta.row.tags = tags.into_iter().take(50).collect();
        }
        write_json(&path, &meta)?;
        drop(_writing);
        self.row(id)
    }

    /// The graph's file.
    pub(crate) fn bytes(&self, id: &Id) -> Result<Vec<u8>, ServeError> {
        read_bytes(&self.existing(id)?.join("graph.connectome"))
    }

    /// A graph, read once as long as few others are.
    pub(crate) fn graph(&self, id: &Id) -> Result<Arc<Kept>, ServeError> {
        let mut read = self.read_list();
        if let Some(at) = read.iter().position(|(known, _)| known == id) {
            let found = read.remove(at);
            let kept = found.1.clone();
            read.push(found);
            return Ok(kept);
        }
        drop(read);
        let path = self.existing(id)?.join("graph.connectome");
        let kept = Arc::new(Kept::new(AttributionGraph::load(&path)?)?);
        let mut read = self.read_list();
        read.push((id.clone(), kept.clone()));
        if read.len() > READ {
            read.remove(0);
        }
        Ok(kept)
    }

    /// Keeps a graph no longer in memory.
    pub(super) fn drop_read(&self, id: &Id) {
        self.read_list().retain(|(known, _)| known != id);
    }

    fn read_list(&self) -> std::sync::MutexGuard<'_, Vec<(Id, Arc<Kept>)>> {
        self.read.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The prompt without special tokens, which look like `<bos>`.
fn slug_text(graph: &AttributionGraph) -> String {
    let is_plain = |word: &&str| !(word.starts_with('<') && word.ends_with('>'));
    let words: Vec<&str> = graph.prompt().text.split_whitespace().filter(is_plain).collect();
    words.join(" ")
}

fn id_of(graph: &AttributionGraph, digest: &str) -> Id {
    Id::of_text(&slug_text(graph), digest)
}

/// The row of a graph that is in no store, and the digest of its file.
pub(crate) fn new_row(graph: &AttributionGraph) -> (GraphRow, String) {
    let digest = blake3::hash(&graph.to_bytes()).to_hex().to_string();
    (row_of(graph, &id_of(graph, &digest)), digest)
}

/// All that a graph itself says; it has no title and no time.
fn row_of(graph: &AttributionGraph, id: &Id) -> GraphRow {
    let nodes = graph.nodes();
    let provenance = graph.provenance();
    let first = &nodes.targets()[0];
    GraphRow {
        id: id.to_string(),
        title: String::new(),
        tags: Vec::new(),
        created: 0.0,
        tokens: graph.prompt().token_texts.clone(),
        target: first.label.clone(),
        target_weight: f64::from(first.weight),
        n_targets: nodes.n_targets(),
        model: provenance.model.name.clone(),
        dictionary: provenance.dictionary.name.clone(),
        n_nodes: nodes.len(),
        n_edges: graph.n_edges(),
        scores: scores_of(graph, &connectome_graph::influence(graph)).into(),
        has_circuit: !graph.annotations().supernodes.is_empty(),
        n_runs: 0,
        tested: None,
        imported: provenance.imported.clone(),
        partial: graph.extent().partial,
    }
}

impl From<connectome_graph::Scores> for crate::wire::Scores {
    fn from(scores: connectome_graph::Scores) -> Self {
        let bounded = |found: connectome_graph::Bounded| crate::wire::Bounded {
            value: found.value,
            lo: found.lo,
            hi: found.hi,
        };
        Self {
            replacement: bounded(scores.replacement),
            completeness: bounded(scores.completeness),
        }
    }
}
