//! Attribution: from the local replacement model of a prompt to its graph.
//!
//! [`attribute`] makes the targets, asks for their rows, then for the rows of features in the
//! order that [`Expand`] says, and hands checked nodes and rows to [`connectome_graph`].
//!
//! # Invariants
//!
//! - Rows say where their sums should arrive ([`connectome_graph::Row::value`]); the worst
//!   difference over a graph is [`residual`].
//! - Interrupted or not, what is returned is a true graph: what it does not know is counted in
//!   its certificate.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", attribution graphs.

pub mod device_rows;
mod frontier;
pub mod heads;

mod rows;
mod sources;
mod stored;
mod targets;

use std::ops::ControlFlow;

use connectome_graph::{
    AttributionGraph, Expansion, Extent, NodeIdx, Nodes, Prompt, Provenance, Row, Target,
};

pub use targets::{TargetSpec, Targets};

use self::device_rows::Engine;
use self::frontier::{Collected, Reach};
use self::rows::Origin;
use self::stored::{Entries, Sums};
use self::targets::Seed;
use crate::device::{Device, DeviceError};
use crate::error::RunError;
use crate::replacement::LocalReplacement;

/// Which features get a row.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Expand {
    /// From the top down, as many as it takes until at most this share of the influence is
    /// unresolved.
    Certified {
        /// Share of the total influence, in `(0, 1)`.
        tolerance: f64,
    },
    /// All that fire.
    Exhaustive,
    /// The peer's rule: repeatedly rank by partial influence and take `chunk`, up to `max`.
    /// Features beyond are no nodes.
    Ranked {
        /// At most so many features.
        max: usize,
        /// Rows between two rankings: the peer's batch size times its update interval.
        chunk: usize,
    },
}

impl Default for Expand {
    fn default() -> Self {
        Self::Certified { tolerance: 0.01 }
    }
}

/// What to explain and how far to go.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// What to explain.
    pub targets: Targets,
    /// Position of the targets; the last one if `None`.
    pub pos: Option<usize>,
    /// Which features get a row.
    pub expand: Expand,
}

/// How far a trace is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Rows computed.
    pub rows: usize,
    /// Rows there will be, as far as known now.
    pub expected: usize,
    /// Share of the influence that is unresolved, once it is known.
    pub unresolved: Option<f64>,
}

/// Watches a trace and may end it: the bar, the server's job and Ctrl-C in one.
pub trait Progress {
    /// Called after every batch of rows; `Break` ends the trace with the graph so far.
    fn step(&mut self, step: Step) -> ControlFlow<()>;
}

/// Progress that nobody watches.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn step(&mut self, _step: Step) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// What the graph says about itself: text of the prompt and who made it.
#[derive(Clone, Debug, Default)]
pub struct Labels {
    /// The prompt.
    pub prompt: Prompt,
    /// Model, dictionary, flags.
    pub provenance: Provenance,
}

/// The attribution graph of a prompt, on the CPU.
///
/// `token_text` names tokens in target labels.
///
/// # Errors
///
/// [`RunError`] for targets that the prompt or model does not have; [`RunError::Cancelled`] if
/// `progress` broke off before the targets' own rows.
pub fn attribute(
    local: &LocalReplacement<'_>,
    options: &Options,
    labels: Labels,
    token_text: &dyn Fn(u32) -> String,
    progress: &mut dyn Progress,
) -> Result<AttributionGraph, RunError> {
    attribute_on(&Device::Cpu, local, options, labels, token_text, progress)
}

/// As [`attribute`], with rows computed on a device: [`Device::open`] opens one by name,
/// [`device_rows::best`] the best for a prompt.
///
/// # Errors
///
/// As [`attribute`], and [`RunError::Device`].
pub fn attribute_on(
    device: &Device,
    local: &LocalReplacement<'_>,
    options: &Options,
    labels: Labels,
    token_text: &dyn Fn(u32) -> String,
    progress: &mut dyn Progress,
) -> Result<AttributionGraph, RunError> {
    let n_tokens = local.n_tokens();
    let pos = options.pos.unwrap_or(n_tokens - 1);
    if pos >= n_tokens {
        return Err(RunError::Position { found: pos as i64, n_tokens });
    }
    let seeds = targets::seeds(local, &options.targets, pos, token_text)?;
    let targets: Vec<Target> = seeds.iter().map(|seed| seed.target.clone()).collect();
    let engine = Engine::new(local, device)?;
    let mut trace = Trace::new(local, engine, targets, options.expand, progress)?;
    trace.targets(&seeds)?;
    let finished = match options.expand {
        Expand::Exhaustive => trace.exhaustive(),
        Expand::Certified { tolerance } => trace.certified(tolerance),
        Expand::Ranked { max, chunk } => trace.ranked(max, chunk.max(1)),
    };
    let partial = match finished {
        ControlFlow::Continue(()) => false,
        ControlFlow::Break(Stop::Asked) => true,
        ControlFlow::Break(Stop::Failed(error)) => return Err(error.into()),
    };
    trace.into_graph(options.expand, partial, labels)
}

/// The worst `|value − (Σ row + constant)|` over a graph's rows, and the largest `|value|`
/// beside it, both in units of pre-activations and logits. Rows of a [`Expansion::Budget`]
/// graph lack the features that are no nodes, so nothing is said of them: `None`.
#[must_use]
pub fn residual(graph: &AttributionGraph) -> Option<(f64, f64)> {
    if matches!(graph.extent().expansion, Expansion::Budget { .. })
        && graph.nodes().n_features() < graph.nodes().active().len()
    {
        return None;
    }
    let mut worst = (0.0_f64, 0.0_f64);
    for row in graph.rows() {
        let sum: f64 = row.weights.iter().map(|w| f64::from(*w)).sum::<f64>()
            + f64::from(row.signed_remainder)
            + f64::from(row.constant);
        worst.0 = worst.0.max((f64::from(row.value) - sum).abs());
        worst.1 = worst.1.max(f64::from(row.value).abs());
    }
    Some(worst)
}

/// Why a trace ended before its end.
enum Stop {
    /// Whoever watches asked for it.
    Asked,
    /// The device failed.
    Failed(DeviceError),
}

/// A graph in the making.
struct Trace<'a, 'm, 'p> {
    local: &'a LocalReplacement<'m>,
    engine: Engine<'a, 'm>,
    nodes: Nodes,
    rows: Collected,
    /// Share of a row's absolute sum that need not be stored.
    cut: f64,
    /// Features with rows, in the order they came.
    expanded: Vec<NodeIdx>,
    progress: &'p mut dyn Progress,
}

impl<'a, 'm, 'p> Trace<'a, 'm, 'p> {
    fn new(
        local: &'a LocalReplacement<'m>,
        engine: Engine<'a, 'm>,
        targets: Vec<Target>,
        expand: Expand,
        progress: &'p mut dyn Progress,
    ) -> Result<Self, RunError> {
        let active = local.features().list().to_vec();
        let selected = (0..active.len() as u32).collect();
        let n_layers = local.map().n_layers() as u32;
        let nodes = Nodes::new(n_layers, active, selected, local.prompt().ids.clone(), targets)?;
        // A walk visits at most one node a layer and the target, so leaving this share out of
        // every row costs less than half of the tolerance.
        let cut = match expand {
            Expand::Certified { tolerance } => tolerance / (2.0 * f64::from(n_layers + 2)),
            Expand::Exhaustive | Expand::Ranked { .. } => 0.0,
        };
        let rows = Collected::new(nodes.len());
        Ok(Self { local, engine, nodes, rows, cut, expanded: Vec::new(), progress })
    }

    /// The rows of the targets.
    fn targets(&mut self, seeds: &[Seed]) -> Result<(), RunError> {
        let origins: Vec<Origin> = seeds.iter().map(Origin::of_seed).collect();
        let mut first = 0;
        while first < origins.len() {
            let len = self.engine.batch_len(&origins[first..]);
            let batch = self.engine.rows(&origins[first..first + len])?;
            for (place, row) in batch.into_iter().enumerate() {
                let k = first + place;
                let target = self.nodes.target(k);
                let sums = Sums { constant: row.constant, value: seeds[k].value };
                self.rows.insert(Entries::of(&row, &self.nodes).store(target, self.cut, sums));
            }
            first += len;
        }
        let step = Step { rows: 0, expected: self.nodes.n_features(), unresolved: None };
        match self.progress.step(step) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(RunError::Cancelled),
        }
    }

    /// Tells whoever watches.
    fn report(&mut self, step: Step) -> ControlFlow<Stop> {
        self.progress.step(step).map_break(|()| Stop::Asked)
    }

    /// Computes the rows of features, batch by batch. `expected` is how many rows the trace
    /// will have, as far as is known.
    fn expand(&mut self, features: &[NodeIdx], expected: usize) -> ControlFlow<Stop> {
        let origins: Vec<Origin> =
            features.iter().map(|node| Origin::of_feature(self.local, node.as_usize())).collect();
        let mut first = 0;
        while first < origins.len() {
            let len = self.engine.batch_len(&origins[first..]);
            let batch = match self.engine.rows(&origins[first..first + len]) {
                Ok(batch) => batch,
                Err(error) => return ControlFlow::Break(Stop::Failed(error)),
            };
            for (row, &target) in batch.iter().zip(&features[first..first + len]) {
                let value = self.local.features().pre_activation(target.as_usize());
                let sums = Sums { constant: row.constant, value };
                self.rows.insert(Entries::of(row, &self.nodes).store(target, self.cut, sums));
                self.expanded.push(target);
            }
            first += len;
            let rows = self.expanded.len();
            let expected = expected.max(rows);
            self.report(Step { rows, expected, unresolved: None })?;
        }
        ControlFlow::Continue(())
    }

    /// Every feature, from the top layer down, so that an interrupted trace knows the most.
    fn exhaustive(&mut self) -> ControlFlow<Stop> {
        let mut order: Vec<NodeIdx> = self.nodes.features().map(|(node, _)| node).collect();
        order.reverse();
        let n_features = order.len();
        self.expand(&order, n_features)
    }

    /// Passes from the top layer down, each expanding what holds more than a level, and
    /// lowering the level until what is unresolved is within `tolerance` of the total.
    fn certified(&mut self, tolerance: f64) -> ControlFlow<Stop> {
        let total: f64 = self.nodes.targets().iter().map(|t| f64::from(t.weight)).sum();
        let allowed = tolerance * total;
        loop {
            let reach = Reach::settle(&self.nodes, &self.rows);
            let missing = reach.unresolved(&self.nodes, &self.rows);
            let unresolved = Some(missing / total);
            if missing <= allowed {
                return ControlFlow::Continue(());
            }
            // What is expanded now pushes mass further down, so half of the allowance is kept.
            let level = reach.level_for(&self.nodes, &self.rows, allowed / 2.0);
            let n_before = self.expanded.len();
            self.report(Step { rows: n_before, expected: n_before, unresolved })?;
            self.pass(level)?;
            debug_assert!(self.expanded.len() > n_before, "a pass below the level expands");
            if self.expanded.len() == n_before {
                return ControlFlow::Continue(());
            }
        }
    }

    /// One pass from the top layer down: whatever holds more than `level` when its layer is
    /// reached is expanded.
    fn pass(&mut self, level: f64) -> ControlFlow<Stop> {
        let mut reach = Reach::at_targets(&self.nodes);
        for place in self.nodes.target_range() {
            reach.pass_on(NodeIdx::new(place as u32), &self.rows);
        }
        for layer in (0..self.nodes.n_layers()).rev() {
            let start = self.nodes.features_below(layer).end;
            let end = self.nodes.features_below(layer + 1).end;
            // In the order of `Reach::settle`, so that the sums are the same to the bit.
            let of_layer: Vec<NodeIdx> =
                (start..end).rev().map(|place| NodeIdx::new(place as u32)).collect();
            let due = |node: &&NodeIdx| reach.of(**node) > level && !self.rows.has(**node);
            let wanted: Vec<NodeIdx> = of_layer.iter().filter(due).copied().collect();
            let above = self
                .nodes
                .features()
                .filter(|(node, _)| reach.of(*node) > level || self.rows.has(*node));
            let expected = above.count();
            self.expand(&wanted, expected)?;
            of_layer.iter().for_each(|node| reach.pass_on(*node, &self.rows));
        }
        ControlFlow::Continue(())
    }

    /// The peer's order.
    fn ranked(&mut self, max: usize, chunk: usize) -> ControlFlow<Stop> {
        let max = max.min(self.nodes.n_features());
        if max == self.nodes.n_features() {
            return self.exhaustive();
        }
        while self.expanded.len() < max {
            let reach = Reach::settle(&self.nodes, &self.rows);
            let mut next = reach.ranked(&self.nodes, &self.rows);
            next.truncate(chunk.min(max - self.expanded.len()));
            self.expand(&next, max)?;
        }
        ControlFlow::Continue(())
    }

    fn into_graph(
        self,
        expand: Expand,
        partial: bool,
        labels: Labels,
    ) -> Result<AttributionGraph, RunError> {
        let Labels { prompt, provenance } = labels;
        let expansion = match expand {
            Expand::Exhaustive => Expansion::Exhaustive,
            Expand::Certified { tolerance } => Expansion::Certified { tolerance },
            Expand::Ranked { max, .. } => {
                Expansion::Budget { max_feature_nodes: u32::try_from(max).unwrap_or(u32::MAX) }
            }
        };
        let extent = Extent { expansion, partial };
        let (nodes, rows) = match expand {
            Expand::Ranked { .. } if self.expanded.len() < self.nodes.n_features() => {
                narrowed(&self.nodes, &self.rows, self.expanded)?
            }
            _ => (self.nodes, self.rows.into_rows()),
        };
        Ok(AttributionGraph::new(nodes, rows, prompt, provenance, extent)?)
    }
}

/// The graph over the expanded features alone, as the peer cuts it.
fn narrowed(
    all: &Nodes,
    rows: &Collected,
    mut expanded: Vec<NodeIdx>,
) -> Result<(Nodes, Vec<Row>), RunError> {
    expanded.sort_unstable();
    // Every active feature was a node, so a node's place is the feature's in the list.
    let selected: Vec<u32> = expanded.iter().map(|node| node.get()).collect();
    let nodes = Nodes::new(
        all.n_layers(),
        all.active().to_vec(),
        selected.clone(),
        all.tokens().to_vec(),
        all.targets().to_vec(),
    )?;
    let removed = (all.n_features() - selected.len()) as u32;
    let place_of = |old: u32| -> Option<u32> {
        if (old as usize) < all.n_features() {
            return selected.binary_search(&old).ok().map(|place| place as u32);
        }
        Some(old - removed)
    };
    let narrow = |row: &Row| {
        let target = NodeIdx::new(place_of(row.target.get()).expect("expanded nodes are kept"));
        let kept = row.sources.iter().zip(&row.weights);
        let (sources, weights) = kept.filter_map(|(&s, &w)| place_of(s).map(|s| (s, w))).unzip();
        Row { target, sources, weights, ..row.clone() }
    };
    Ok((nodes, rows.rows().map(narrow).collect()))
}
