//! Does the replacement agree with the model here?
//!
//! A graph is exact on its prompt by construction: whatever the dictionary misses stands in the
//! error nodes. So exactness says nothing of the dictionary. What does is the replacement model
//! *running free*: the dictionary in place of every MLP, attention on its own, no errors.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", replacement model; top-1 agreement of their
//! largest dictionary is 50 % over filtered text.

use connectome_graph::{AttributionGraph, Scores, influence, scores_of};

use crate::error::RunError;
use crate::intervene::{Baseline, kl_divergence};
use crate::lm::model::top_probabilities;
use crate::ops::Mat;

/// How well the replacement model does on one prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Agree {
    /// One a position.
    pub positions: Vec<AgreeAt>,
    /// One a layer.
    pub layers: Vec<LayerError>,
    /// Positions at the start that count nowhere: the model's own MLP outputs stand there.
    pub n_zeroed: usize,
}

/// The next token at one position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AgreeAt {
    /// The model's most probable token, and its probability.
    pub model: (u32, f32),
    /// The free-running replacement's.
    pub replaced: (u32, f32),
    /// `KL(model ‖ replacement)` in nats.
    pub kl: f64,
}

impl AgreeAt {
    /// Whether both have the same first choice.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.model.0 == self.replaced.0
    }
}

/// What is missed of one layer's MLP outputs, over all positions that count together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerError {
    /// On the model's own stream.
    pub on_stream: Missed,
    /// In the free run, where what lower layers missed is missed again. Against the model's
    /// outputs on its own stream.
    pub free: Missed,
}

/// A squared error, normalized in two ways.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Missed {
    /// `Σ ‖ŷ − y‖² / Σ ‖y‖²`: 1 is as bad as writing nothing.
    pub of_size: f64,
    /// `Σ ‖ŷ − y‖² / Σ ‖y − ȳ‖²`, with `ȳ` the mean over these positions: 1 is as bad as
    /// writing always the same. `None` of fewer than two positions.
    pub of_variance: Option<f64>,
}

impl Agree {
    /// Positions that count.
    pub fn counted(&self) -> impl ExactSizeIterator<Item = &AgreeAt> {
        self.positions.iter().skip(self.n_zeroed)
    }

    /// Of the positions that count, the share with the same first choice; `None` of none.
    #[must_use]
    pub fn top_1(&self) -> Option<f64> {
        mean(self.counted().map(|at| f64::from(u8::from(at.agrees()))))
    }

    /// Mean `KL(model ‖ replacement)` in nats over the positions that count.
    #[must_use]
    pub fn mean_kl(&self) -> Option<f64> {
        mean(self.counted().map(|at| at.kl))
    }
}

fn mean(numbers: impl ExactSizeIterator<Item = f64>) -> Option<f64> {
    let n = numbers.len();
    (n > 0).then(|| numbers.sum::<f64>() / n as f64)
}

/// Runs the replacement model free over the prompt and compares.
///
/// # Errors
///
/// As [`Baseline::replaced`].
pub fn agree(baseline: &Baseline<'_>) -> Result<Agree, RunError> {
    let replaced = baseline.replaced()?;
    let n_zeroed = baseline.prompt().n_zeroed.min(baseline.n_tokens());
    let first = |row: &[f32]| top_probabilities(row, 1)[0];
    let positions = (0..baseline.n_tokens()).map(|pos| {
        let (own, other) = (baseline.logits().row(pos), replaced.logits_tv.row(pos));
        AgreeAt { model: first(own), replaced: first(other), kl: kl_divergence(own, other) }
    });
    let layers = (0..baseline.n_layers()).map(|layer| {
        let out_td = baseline.stream().out(layer);
        let free_td = &replaced.out_ltd[layer];
        let error_td = baseline.local().errors(layer);
        let free = |pos: usize| out_td.row(pos).iter().zip(free_td.row(pos)).map(|(a, b)| a - b);
        LayerError {
            on_stream: missed(out_td, n_zeroed, |pos| error_td.row(pos).to_vec()),
            free: missed(out_td, n_zeroed, |pos| free(pos).collect()),
        }
    });
    Ok(Agree { positions: positions.collect(), layers: layers.collect(), n_zeroed })
}

/// `error_of` gives what is missed at a position, `[D]`.
fn missed(out_td: &Mat, n_zeroed: usize, error_of: impl Fn(usize) -> Vec<f32>) -> Missed {
    let positions = n_zeroed..out_td.n_rows();
    let n = positions.len();
    let mut mean_d = vec![0.0_f64; out_td.n_cols()];
    for pos in positions.clone() {
        let row = out_td.row(pos);
        mean_d.iter_mut().zip(row).for_each(|(mean, x)| *mean += f64::from(*x) / n as f64);
    }
    let (mut error, mut size, mut variance) = (0.0, 0.0, 0.0);
    for pos in positions {
        error += error_of(pos).iter().map(|x| f64::from(*x).powi(2)).sum::<f64>();
        for (x, mean) in out_td.row(pos).iter().zip(&mean_d) {
            size += f64::from(*x).powi(2);
            variance += (f64::from(*x) - mean).powi(2);
        }
    }
    Missed {
        of_size: if size > 0.0 { error / size } else { 0.0 },
        of_variance: (n > 1 && variance > 0.0).then(|| error / variance),
    }
}

/// How much of a graph runs through what the dictionary misses.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorShare {
    /// Of the walks that end in a token or an error, the share that ends in an error.
    pub of_ends: f64,
    /// The part of that which ends in errors of each layer, `[L]`.
    pub layers: Vec<f64>,
    /// The graph's two scores.
    pub scores: Scores,
}

/// The influence of a graph's error nodes.
#[must_use]
pub fn error_share(graph: &AttributionGraph) -> ErrorShare {
    let (nodes, influence) = (graph.nodes(), influence(graph));
    let mass = |range: std::ops::Range<usize>| influence.node[range].iter().sum::<f64>();
    let ended = mass(nodes.error_range()) + mass(nodes.token_range());
    let share = |mass: f64| if ended > 0.0 { mass / ended } else { 0.0 };
    let start = nodes.error_range().start;
    let layers = (0..nodes.n_layers() as usize).map(|layer| {
        let first = start + layer * nodes.n_tokens();
        share(mass(first..first + nodes.n_tokens()))
    });
    ErrorShare {
        of_ends: share(mass(nodes.error_range())),
        layers: layers.collect(),
        scores: scores_of(graph, &influence),
    }
}
