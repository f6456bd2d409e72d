//! Would another dictionary tell the same story?
//!
//! Two graphs of one prompt by two dictionaries have no feature in common, so what is compared
//! is what both speak of: tokens, layers, positions, and the answer.
//!
//! - *tokens*: of the walks that end, the share that ends in each token;
//! - *mediators*: of all visits to features and errors, the share of features at each layer and
//!   position;
//! - *positions*: the same with layers taken together, as a cross-layer feature may do in one
//!   step what takes per-layer features several;
//! - *chains*: of what the strongest paths carry, the share of each sequence of positions that
//!   begins at a token, repetitions left out;
//! - *effects*: what each token gives the targets over all paths, signed, in their units.
//!
//! Errors are part of every whole and of no part: what a dictionary does not explain is no story
//! that another could share. So two shares can agree to at most what the worse one explains.
//!
//! A random-decoder dictionary ([`Transcoder::with_random_decoders`]) says how much likeness is
//! had for nothing.
//!
//! Source: random baselines of arXiv:2602.14111; Lange et al. 2026 find graphs of two
//! dictionaries that disagree on the same prompt.
//!
//! [`Transcoder::with_random_decoders`]: crate::transcoder::Transcoder::with_random_decoders

use std::collections::BTreeMap;
use std::ops::Range;

use connectome_graph::{
    AttributionGraph, Node, NodeIdx, Route, effect_flow, influence, strongest_paths,
};

use crate::validate::statistics::{Point, spearman};

/// Paths that chains are made of.
const N_PATHS: usize = 500;

/// What a graph tells, in words that every dictionary shares.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    /// Share of each token, `[T]`; what is missing to one ends in errors.
    pub tokens: Vec<f64>,
    /// Share of each layer and position, `[L][T]`; what is missing to one are visits to errors.
    pub mediators: Vec<Vec<f64>>,
    /// Chains of positions, from the token to where the target is read, the strongest first;
    /// what is missing to one starts in errors.
    pub chains: Vec<Chain>,
    /// Of the influence that starts at the targets, the part that the listed paths carry.
    pub carried: f64,
    /// What each token gives the targets over all paths, `[T]`: the mean over targets by weight.
    pub effects: Vec<f64>,
}

/// Positions that influence visits on its way.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// From the token on, each once in a row.
    pub positions: Vec<u32>,
    /// Of what the listed paths carry.
    pub share: f64,
    /// The signed part of that: paths that lower the target count against those that raise it.
    pub signed: f64,
}

impl Story {
    /// What a graph tells.
    ///
    /// # Panics
    ///
    /// Never for a checked graph.
    #[must_use]
    pub fn of(graph: &AttributionGraph) -> Self {
        let (nodes, influence) = (graph.nodes(), influence(graph));
        let mass = |range: Range<usize>| influence.node[range].iter().sum::<f64>();
        let errors = mass(nodes.error_range());
        let ended = errors + mass(nodes.token_range());
        let n_tokens = nodes.n_tokens();
        let mut cells = vec![0.0; nodes.n_layers() as usize * n_tokens];
        for (idx, feature) in nodes.features() {
            let cell = feature.id.layer as usize * n_tokens + feature.pos as usize;
            cells[cell] += influence.node[idx.as_usize()];
        }
        let visits = errors + mass(nodes.feature_range());
        let cells = shares(&cells, visits);
        let (chains, carried) = chains(graph);
        Self {
            tokens: shares(&influence.node[nodes.token_range()], ended),
            mediators: cells.chunks_exact(n_tokens).map(<[f64]>::to_vec).collect(),
            chains,
            carried,
            effects: effects(graph),
        }
    }

    /// Share of each position in all visits, `[T]`.
    #[must_use]
    pub fn positions(&self) -> Vec<f64> {
        let n_tokens = self.tokens.len();
        (0..n_tokens).map(|pos| self.mediators.iter().map(|cells_t| cells_t[pos]).sum()).collect()
    }

    /// The share of walks that end in tokens.
    #[must_use]
    pub fn explained(&self) -> f64 {
        self.tokens.iter().sum()
    }
}

fn shares(mass: &[f64], whole: f64) -> Vec<f64> {
    mass.iter().map(|mass| if whole > 0.0 { mass / whole } else { 0.0 }).collect()
}

fn effects(graph: &AttributionGraph) -> Vec<f64> {
    let nodes = graph.nodes();
    let targets = nodes.targets().iter().enumerate();
    let total: f64 = nodes.targets().iter().map(|target| f64::from(target.weight)).sum();
    let total = if total > 0.0 { total } else { 1.0 };
    let starts: Vec<(NodeIdx, f64)> =
        targets.map(|(k, target)| (nodes.target(k), f64::from(target.weight) / total)).collect();
    let blocked = vec![false; nodes.len()];
    let flow = effect_flow(graph, Route { starts: &starts, blocked: &blocked });
    flow.expect("the starts are the graph's own targets").node[nodes.token_range()].to_vec()
}

fn chains(graph: &AttributionGraph) -> (Vec<Chain>, f64) {
    let nodes = graph.nodes();
    let pos_of = |idx: &NodeIdx| nodes.pos_of(*idx);
    let mut found: BTreeMap<Vec<u32>, (f64, f64)> = BTreeMap::new();
    let paths = strongest_paths(graph, None, N_PATHS);
    let from_token = |start: &NodeIdx| matches!(nodes.node(*start), Node::Token { .. });
    for path in paths.iter().filter(|path| from_token(&path.nodes[0])) {
        let mut positions: Vec<u32> = path.nodes.iter().map(pos_of).collect();
        positions.dedup();
        let slot = found.entry(positions).or_default();
        slot.0 += path.share;
        slot.1 += path.share * path.sign;
    }
    let carried: f64 = paths.iter().map(|path| path.share).sum();
    let started: f64 = nodes.targets().iter().map(|target| f64::from(target.weight)).sum();
    let per_unit = if carried > 0.0 { 1.0 / carried } else { 0.0 };
    let mut chains: Vec<Chain> = found
        .into_iter()
        .map(|(positions, (share, signed))| Chain {
            positions,
            share: share * per_unit,
            signed: signed * per_unit,
        })
        .collect();
    chains.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.positions.cmp(&b.positions)));
    (chains, if started > 0.0 { carried / started } else { 0.0 })
}

/// How much two lists of shares agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Overlap {
    /// `Σ min(p, q)`, with shares not below zero: what both say. Meaningless for effects.
    pub shared: f64,
    /// Cosine of the angle between them.
    pub cosine: f64,
    /// Correlation of ranks; `None` of fewer than three or if one does not vary.
    pub spearman: Option<f64>,
}

impl Overlap {
    /// Of two lists of equal length.
    #[must_use]
    pub fn of(p: &[f64], q: &[f64]) -> Self {
        let sum = |of: fn(f64, f64) -> f64| p.iter().zip(q).map(|(p, q)| of(*p, *q)).sum::<f64>();
        let size = (sum(|p, _| p * p) * sum(|_, q| q * q)).sqrt();
        let points: Vec<Point> =
            p.iter().zip(q).map(|(&predicted, &measured)| Point { predicted, measured }).collect();
        Self {
            shared: sum(f64::min),
            cosine: if size > 0.0 { sum(|p, q| p * q) / size } else { 0.0 },
            spearman: spearman(&points),
        }
    }
}

/// How much two stories of one prompt agree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SameStory {
    /// Of tokens.
    pub tokens: Overlap,
    /// Of layers and positions.
    pub mediators: Overlap,
    /// Of positions, layers taken together.
    pub positions: Overlap,
    /// Of chains: `Σ min(p, q)`.
    pub chains: f64,
    /// Of signed effects of tokens: only the angle and the ranks mean anything.
    pub effects: Overlap,
    /// Whether the strongest chain is the same.
    pub same_first_chain: bool,
}

impl SameStory {
    /// Compares two stories of the same prompt and model.
    ///
    /// # Panics
    ///
    /// If they have other lengths: graphs of one prompt have not.
    #[must_use]
    pub fn of(a: &Story, b: &Story) -> Self {
        assert_eq!(a.tokens.len(), b.tokens.len(), "stories of one prompt");
        assert_eq!(a.mediators.len(), b.mediators.len(), "stories of one model");
        let shares: BTreeMap<&[u32], f64> =
            b.chains.iter().map(|chain| (chain.positions.as_slice(), chain.share)).collect();
        let shared = a.chains.iter().map(|chain| {
            shares.get(chain.positions.as_slice()).map_or(0.0, |other| chain.share.min(*other))
        });
        let first = |story: &Story| story.chains.first().map(|chain| chain.positions.clone());
        Self {
            tokens: Overlap::of(&a.tokens, &b.tokens),
            mediators: Overlap::of(&a.mediators.concat(), &b.mediators.concat()),
            positions: Overlap::of(&a.positions(), &b.positions()),
            chains: shared.sum(),
            effects: Overlap::of(&a.effects, &b.effects),
            same_first_chain: first(a).is_some() && first(a) == first(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlaps_by_hand() {
        let same = Overlap::of(&[0.5, 0.3, 0.2], &[0.5, 0.3, 0.2]);
        assert!((same.shared - 1.0).abs() < 1e-12 && (same.cosine - 1.0).abs() < 1e-12);
        assert_eq!(same.spearman, Some(1.0));
        let apart = Overlap::of(&[1.0, 0.0], &[0.0, 1.0]);
        assert_eq!((apart.shared, apart.cosine, apart.spearman), (0.0, 0.0, None));
        // min: 0.2 + 0.3 + 0.2; products: 0.1 + 0.09 + 0.1.
        let part = Overlap::of(&[0.5, 0.3, 0.2], &[0.2, 0.3, 0.5]);
        assert!((part.shared - 0.7).abs() < 1e-12);
        assert!((part.cosine - 0.29 / 0.38).abs() < 1e-12);
        assert_eq!(part.spearman, Some(-1.0));
    }
}
