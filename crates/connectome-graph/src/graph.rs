//! The attribution graph: nodes, and for each explained node the row of its inputs.
//!
//! A row says how much each source contributes to its target: the direct, linear effect
//! `A_{s→t}` of the local replacement model. Rows are stored sparsely: the entries that were
//! cut are kept as two sums, so that every number computed from a row knows what it misses.
//!
//! # Invariants
//!
//! - Only features and targets have rows, at most one each. A feature without a row is
//!   *unexpanded*: its inputs were not asked for, which is not the same as having none.
//! - Every edge rises by at least a layer, so the graph has no cycle; weights are finite;
//!   the sources of a row are strictly ascending.
//! - `value = Σ weights + signed_remainder + constant`, up to rounding: a row accounts for
//!   its target in full. (The model's numbers are not here to check; the engine's tests do.)
//!
//! A graph is checked once, when it is built, and cannot be changed after. No dense `N × N`
//! matrix ever comes here, except for export ([`crate::wire::tensors`]).
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", attribution graphs.

use std::ops::Range;

use crate::{Annotations, Extent, GraphError, NodeIdx, Nodes, Prompt, Provenance};

/// The inputs of one node, as the engine computes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The node that is explained: a feature or a target.
    pub target: NodeIdx,
    /// Places of the nodes that feed it, strictly ascending.
    pub sources: Vec<u32>,
    /// Their signed effects on the target, one for each source.
    pub weights: Vec<f32>,
    /// `Σ |w|` of the entries that were cut; not negative.
    pub abs_remainder: f32,
    /// `Σ w` of the entries that were cut.
    pub signed_remainder: f32,
    /// What no node carries: biases and, on some models, position embeddings.
    pub constant: f32,
    /// The target's pre-activation, or its logit minus the mean logit, as the model has it.
    pub value: f32,
}

/// One row of a graph; the fields are those of [`Row`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[expect(missing_docs, reason = "documented at `Row`")]
pub struct RowRef<'graph> {
    pub target: NodeIdx,
    pub sources: &'graph [u32],
    pub weights: &'graph [f32],
    pub abs_remainder: f32,
    pub signed_remainder: f32,
    pub constant: f32,
    pub value: f32,
}

/// The direct effect of one node on another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Edge {
    /// The node that is explained.
    pub target: NodeIdx,
    /// The node that contributes.
    pub source: NodeIdx,
    /// The signed effect, in units of the target.
    pub weight: f32,
}

/// A prompt's computation as the replacement model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct AttributionGraph {
    nodes: Nodes,
    rows: Rows,
    prompt: Prompt,
    provenance: Provenance,
    extent: Extent,
    annotations: Annotations,
}

/// Compressed rows, ascending by target.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Rows {
    /// `[R]` the explained nodes.
    pub(crate) targets: Vec<u32>,
    /// `[R + 1]` where each row's entries start.
    pub(crate) offsets: Vec<u64>,
    /// `[E]` places of the sources.
    pub(crate) sources: Vec<u32>,
    /// `[E]` their weights.
    pub(crate) weights: Vec<f32>,
    /// `[R]` each.
    pub(crate) abs_remainders: Vec<f32>,
    pub(crate) signed_remainders: Vec<f32>,
    pub(crate) constants: Vec<f32>,
    pub(crate) values: Vec<f32>,
}

impl AttributionGraph {
    /// A graph of checked nodes and rows; rows may come in any order.
    ///
    /// # Errors
    ///
    /// - [`GraphError::RowShape`], [`GraphError::DuplicateRow`], [`GraphError::Unsorted`] for
    ///   rows that are not rows.
    /// - [`GraphError::OutOfRange`], [`GraphError::RowOfSource`], [`GraphError::Cycle`] for
    ///   edges that the nodes do not allow.
    /// - [`GraphError::NotFinite`], [`GraphError::NegativeWeight`] for numbers no row can have.
    /// - [`GraphError::OtherPrompt`] or [`GraphError::Length`] if the prompt is not that of the
    ///   nodes.
    pub fn new(
        nodes: Nodes,
        mut rows: Vec<Row>,
        prompt: Prompt,
        provenance: Provenance,
        extent: Extent,
    ) -> Result<Self, GraphError> {
        for row in &rows {
            check_row(&nodes, row.as_ref())?;
        }
        rows.sort_by_key(|row| row.target);
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].target == pair[1].target) {
            return Err(GraphError::DuplicateRow { target: pair[0].target.get() });
        }
        let graph = Self::assemble(nodes, Rows::pack(rows), prompt, provenance, extent);
        graph.check_prompt()?;
        Ok(graph)
    }

    /// As [`AttributionGraph::new`], from rows that are packed already (a file's).
    pub(crate) fn from_packed(
        nodes: Nodes,
        rows: Rows,
        prompt: Prompt,
        provenance: Provenance,
        extent: Extent,
    ) -> Result<Self, GraphError> {
        rows.check_lengths()?;
        let graph = Self::assemble(nodes, rows, prompt, provenance, extent);
        graph.rows().try_for_each(|row| check_row(&graph.nodes, row))?;
        graph.check_prompt()?;
        Ok(graph)
    }

    fn assemble(
        nodes: Nodes,
        rows: Rows,
        prompt: Prompt,
        provenance: Provenance,
        extent: Extent,
    ) -> Self {
        Self { nodes, rows, prompt, provenance, extent, annotations: Annotations::default() }
    }

    fn check_prompt(&self) -> Result<(), GraphError> {
        let (found, expected) = (self.prompt.token_texts.len(), self.nodes.n_tokens());
        if found != expected {
            return Err(GraphError::Length { what: "token texts of the prompt", found, expected });
        }
        if self.prompt.token_ids != self.nodes.tokens() {
            return Err(GraphError::OtherPrompt);
        }
        Ok(())
    }

    /// The same graph with its prompt told better: an imported file may not hold the texts.
    ///
    /// # Errors
    ///
    /// [`GraphError::OtherPrompt`] or [`GraphError::Length`] if it is another prompt.
    pub fn with_prompt(self, prompt: Prompt) -> Result<Self, GraphError> {
        let graph = Self { prompt, ..self };
        graph.check_prompt()?;
        Ok(graph)
    }

    /// The same graph with other annotations.
    ///
    /// # Errors
    ///
    /// [`GraphError::OutOfRange`] if they speak of a node that the graph does not have.
    pub fn with_annotations(self, annotations: Annotations) -> Result<Self, GraphError> {
        annotations.check(self.nodes.len())?;
        Ok(Self { annotations, ..self })
    }

    /// What stands where.
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// The prompt.
    pub fn prompt(&self) -> &Prompt {
        &self.prompt
    }

    /// What made the graph.
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// How far the trace went.
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// What was said about it.
    pub fn annotations(&self) -> &Annotations {
        &self.annotations
    }

    /// Rows, ascending by target.
    pub fn rows(
        &self,
    ) -> impl ExactSizeIterator<Item = RowRef<'_>> + DoubleEndedIterator<Item = RowRef<'_>> {
        (0..self.rows.targets.len()).map(|r| self.rows.get(r))
    }

    /// The inputs of a node; `None` for sources and unexpanded features.
    pub fn row(&self, idx: NodeIdx) -> Option<RowRef<'_>> {
        self.rows.targets.binary_search(&idx.get()).ok().map(|r| self.rows.get(r))
    }

    /// Whether the inputs of a node are known.
    pub fn is_expanded(&self, idx: NodeIdx) -> bool {
        self.rows.targets.binary_search(&idx.get()).is_ok()
    }

    /// Features and targets that have no row, in order.
    pub fn unexpanded(&self) -> impl Iterator<Item = NodeIdx> + '_ {
        let explained = self.nodes.feature_range().chain(self.nodes.target_range());
        explained.map(NodeIdx::from_usize).filter(|&idx| !self.is_expanded(idx))
    }

    /// Stored edges.
    pub fn n_edges(&self) -> usize {
        self.rows.sources.len()
    }

    /// Stored edges by target, then source.
    pub fn edges(&self) -> impl Iterator<Item = Edge> + '_ {
        self.rows().flat_map(RowRef::edges)
    }

    /// The direct effect of `source` on `target`; 0 where no edge is stored.
    pub fn edge(&self, target: NodeIdx, source: NodeIdx) -> f32 {
        self.row(target).map_or(0.0, |row| row.weight(source))
    }

    pub(crate) fn packed_rows(&self) -> &Rows {
        &self.rows
    }
}

impl Row {
    /// The row as a graph gives it out.
    pub fn as_ref(&self) -> RowRef<'_> {
        RowRef {
            target: self.target,
            sources: &self.sources,
            weights: &self.weights,
            abs_remainder: self.abs_remainder,
            signed_remainder: self.signed_remainder,
            constant: self.constant,
            value: self.value,
        }
    }
}

impl<'graph> RowRef<'graph> {
    /// The edges of the row, by source.
    pub fn edges(self) -> impl Iterator<Item = Edge> + 'graph {
        let target = self.target;
        let entries = self.sources.iter().zip(self.weights);
        entries.map(move |(&source, &weight)| Edge { target, source: NodeIdx::new(source), weight })
    }

    /// The weight of one source; 0 where no edge is stored.
    pub fn weight(self, source: NodeIdx) -> f32 {
        self.sources.binary_search(&source.get()).map_or(0.0, |at| self.weights[at])
    }

    /// `Σ |w|` over stored entries, in double precision.
    pub fn abs_sum(self) -> f64 {
        self.weights.iter().map(|&weight| f64::from(weight).abs()).sum()
    }

    /// `Σ w` over stored entries, in double precision.
    pub fn signed_sum(self) -> f64 {
        self.weights.iter().map(|&weight| f64::from(weight)).sum()
    }

    /// What the row leaves of its target's value: 0 but for rounding.
    pub fn residual(self) -> f64 {
        let explained =
            self.signed_sum() + f64::from(self.signed_remainder) + f64::from(self.constant);
        f64::from(self.value) - explained
    }
}

impl Rows {
    /// Packs rows that are checked and sorted by target.
    fn pack(rows: Vec<Row>) -> Self {
        let n_edges = rows.iter().map(|row| row.sources.len()).sum();
        let mut packed = Self {
            sources: Vec::with_capacity(n_edges),
            weights: Vec::with_capacity(n_edges),
            offsets: vec![0],
            ..Self::default()
        };
        // Each row is dropped once copied: on a large graph the two copies would not fit.
        for row in rows {
            packed.targets.push(row.target.get());
            packed.sources.extend_from_slice(&row.sources);
            packed.weights.extend_from_slice(&row.weights);
            packed.offsets.push(packed.sources.len() as u64);
            packed.abs_remainders.push(row.abs_remainder);
            packed.signed_remainders.push(row.signed_remainder);
            packed.constants.push(row.constant);
            packed.values.push(row.value);
        }
        packed
    }

    fn get(&self, r: usize) -> RowRef<'_> {
        let entries = self.offsets[r] as usize..self.offsets[r + 1] as usize;
        RowRef {
            target: NodeIdx::new(self.targets[r]),
            sources: &self.sources[entries.clone()],
            weights: &self.weights[entries],
            abs_remainder: self.abs_remainders[r],
            signed_remainder: self.signed_remainders[r],
            constant: self.constants[r],
            value: self.values[r],
        }
    }

    /// Makes [`Rows::get`] safe to call for every row.
    fn check_lengths(&self) -> Result<(), GraphError> {
        let (n_rows, n_edges) = (self.targets.len(), self.sources.len());
        for (what, found, expected) in [
            ("row offsets", self.offsets.len(), n_rows + 1),
            ("edge weights", self.weights.len(), n_edges),
            ("absolute remainders", self.abs_remainders.len(), n_rows),
            ("signed remainders", self.signed_remainders.len(), n_rows),
            ("row constants", self.constants.len(), n_rows),
            ("row values", self.values.len(), n_rows),
        ] {
            if found != expected {
                return Err(GraphError::Length { what, found, expected });
            }
        }
        let ends = (self.offsets[0], self.offsets[n_rows]);
        let rising = self.offsets.windows(2).all(|pair| pair[0] <= pair[1]);
        if ends != (0, n_edges as u64) || !rising {
            return Err(GraphError::Unsorted { what: "row offsets" });
        }
        if !self.targets.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(GraphError::Unsorted { what: "explained nodes" });
        }
        Ok(())
    }
}

fn check_row(nodes: &Nodes, row: RowRef<'_>) -> Result<(), GraphError> {
    let target = row.target.get();
    in_graph(nodes, target)?;
    if !nodes.may_have_row(row.target) {
        return Err(GraphError::RowOfSource { target });
    }
    let (found, expected) = (row.weights.len(), row.sources.len());
    if found != expected {
        return Err(GraphError::RowShape { target, found, expected });
    }
    if !row.sources.windows(2).all(|pair| pair[0] < pair[1]) {
        return Err(GraphError::Unsorted { what: "sources of a row" });
    }
    if let Some(&last) = row.sources.last() {
        in_graph(nodes, last)?;
    }
    if !rises(nodes, row) {
        let falls = |&&source: &&u32| !nodes.may_feed(NodeIdx::new(source), row.target);
        let source_node = *row.sources.iter().find(falls).expect("`rises` found such an edge");
        return Err(GraphError::Cycle { source_node, target });
    }
    let sums = [row.abs_remainder, row.signed_remainder, row.constant, row.value];
    if !row.weights.iter().chain(&sums).all(|number| number.is_finite()) {
        return Err(GraphError::NotFinite { what: "number of a row" });
    }
    if row.abs_remainder < 0.0 {
        return Err(GraphError::NegativeWeight { found: row.abs_remainder });
    }
    Ok(())
}

/// Whether all of a row's sources may feed its target: [`Nodes::may_feed`] for a whole row.
///
/// Sources ascend, so two searches count those in each of the ranges they may lie in: the
/// check costs nothing beside the row, where asking edge by edge would look up each layer.
fn rises(nodes: &Nodes, row: RowRef<'_>) -> bool {
    let before = |end: usize| row.sources.partition_point(|&source| (source as usize) < end);
    let within = |range: Range<usize>| before(range.end) - before(range.start);
    let allowed: usize = nodes.sources_of(row.target).into_iter().map(within).sum();
    allowed == row.sources.len()
}

fn in_graph(nodes: &Nodes, place: u32) -> Result<(), GraphError> {
    let count = nodes.len() as u64;
    if u64::from(place) < count {
        return Ok(());
    }
    Err(GraphError::OutOfRange { what: "node of an edge", found: u64::from(place), count })
}
