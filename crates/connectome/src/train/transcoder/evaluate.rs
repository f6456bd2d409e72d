//! What a dictionary is worth, measured on the files that were written.
//!
//! | number | is |
//! |---|---|
//! | `nmse` | Σ ‖ŷ − y‖² / Σ ‖y‖² over tokens, a layer each |
//! | `ev` | 1 − Σ ‖ŷ − y‖² / Σ ‖y − ȳ‖² |
//! | `l0` | features that fire on a token, mean over tokens |
//! | `top1` | share of tokens whose most probable next token is the model's, when the dictionary stands in for every MLP at once and reads what it wrote itself |
//! | `kl` | mean over tokens of KL(model ‖ replacement), in nats |
//! | `replacement`, `completeness` | scores of attribution graphs of given prompts |
//!
//! All are in the model's own numbers, without the positions that are not trained on; there, the
//! replacement model keeps the MLP's own output.
//!
//! Sources: Ameisen et al. 2025, "Circuit Tracing", sections on the replacement model and on
//! evaluating graphs.

use connectome_graph::Prompt;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::activations::{Recorded, Sequence, Sites, record};
use crate::attribution::{Labels, NoProgress, Options, attribute};
use crate::error::{LoadError, RunError};
use crate::lm::model::probabilities;
use crate::lm::tap::{Site, Tap};
use crate::lm::{LogitsAt, Model};
use crate::ops::Mat;
use crate::ops::dense::{add_scaled, add_to};
use crate::replacement::{PromptTokens, ReplacementModel};
use crate::train::clip::sum_of_squares;
use crate::transcoder::{DecoderRows, Firing, Kind, Transcoder};

/// One layer's reconstruction.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LayerQuality {
    /// Σ ‖ŷ − y‖² / Σ ‖y‖².
    pub nmse: f64,
    /// 1 − Σ ‖ŷ − y‖² / Σ ‖y − ȳ‖².
    pub ev: f64,
    /// Features that fire on a token.
    pub l0: f64,
    /// Share of the layer's features that fire on no token here.
    pub never: f64,
}

/// What a dictionary is worth on some sequences.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quality {
    /// Tokens that were measured.
    pub n_tokens: usize,
    /// Layer by layer.
    pub layers: Vec<LayerQuality>,
    /// Share of tokens on which the replacement model predicts as the model does.
    pub top1: f64,
    /// Mean KL(model ‖ replacement), in nats.
    pub kl: f64,
}

impl Quality {
    /// Mean over layers.
    #[must_use]
    pub fn mean(&self, of: impl Fn(&LayerQuality) -> f64) -> f64 {
        self.layers.iter().map(of).sum::<f64>() / self.layers.len().max(1) as f64
    }

    /// As a line of the metrics and the card hold it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let each =
            |of: fn(&LayerQuality) -> f64| -> Vec<f64> { self.layers.iter().map(of).collect() };
        json!({
            "tokens": self.n_tokens,
            "nmse": each(|layer| layer.nmse),
            "ev": each(|layer| layer.ev),
            "l0": each(|layer| layer.l0),
            "never_fired": each(|layer| layer.never),
            "replacement_top1": self.top1,
            "replacement_kl": self.kl,
        })
    }
}

/// Sums over tokens, from which the qualities are made.
#[derive(Clone, Debug)]
struct Sums {
    n_tokens: usize,
    error: Vec<f64>,
    power: Vec<f64>,
    mean_ld: Vec<Vec<f64>>,
    n_active: Vec<u64>,
    fired: Vec<Vec<bool>>,
    agree: usize,
    kl: f64,
}

impl Sums {
    fn new(transcoder: &Transcoder) -> Self {
        let card = transcoder.card();
        let zeros = || vec![0.0; card.n_layers];
        Self {
            n_tokens: 0,
            error: zeros(),
            power: zeros(),
            mean_ld: vec![vec![0.0; card.d_model]; card.n_layers],
            n_active: vec![0; card.n_layers],
            fired: vec![vec![false; card.n_features]; card.n_layers],
            agree: 0,
            kl: 0.0,
        }
    }

    fn add(&mut self, other: &Self) {
        self.n_tokens += other.n_tokens;
        self.agree += other.agree;
        self.kl += other.kl;
        for layer in 0..self.error.len() {
            self.error[layer] += other.error[layer];
            self.power[layer] += other.power[layer];
            self.n_active[layer] += other.n_active[layer];
            let sums = self.mean_ld[layer].iter_mut().zip(&other.mean_ld[layer]);
            sums.for_each(|(sum, x)| *sum += x);
            let fired = self.fired[layer].iter_mut().zip(&other.fired[layer]);
            fired.for_each(|(fired, also)| *fired |= also);
        }
    }

    fn quality(&self) -> Quality {
        let n = self.n_tokens.max(1) as f64;
        let layer = |layer: usize| {
            let mean_power: f64 = self.mean_ld[layer].iter().map(|sum| sum * sum).sum::<f64>() / n;
            let never = self.fired[layer].iter().filter(|fired| !**fired).count();
            LayerQuality {
                nmse: self.error[layer] / self.power[layer],
                ev: 1.0 - self.error[layer] / (self.power[layer] - mean_power),
                l0: self.n_active[layer] as f64 / n,
                never: never as f64 / self.fired[layer].len() as f64,
            }
        };
        Quality {
            n_tokens: self.n_tokens,
            layers: (0..self.error.len()).map(layer).collect(),
            top1: self.agree as f64 / n,
            kl: self.kl / n,
        }
    }
}

/// Measures a dictionary on sequences.
///
/// # Errors
///
/// As [`Model::forward`]; [`LoadError::NotFinite`] if the dictionary holds NaN.
pub fn quality(
    replacement: &ReplacementModel,
    sequences: &[Sequence],
) -> Result<Quality, RunError> {
    let parts: Vec<Result<Sums, RunError>> = sequences
        .par_iter()
        .filter(|sequence| sequence.ids.len() > sequence.n_skipped)
        .map(|sequence| sums(replacement, sequence))
        .collect();
    let mut all = Sums::new(replacement.transcoder());
    for part in parts {
        all.add(&part?);
    }
    Ok(all.quality())
}

fn sums(replacement: &ReplacementModel, sequence: &Sequence) -> Result<Sums, RunError> {
    let (model, transcoder) = (replacement.model(), replacement.transcoder());
    let card = transcoder.card();
    let sites = Sites { reads: card.reads, writes: card.writes };
    let recorded = record(model, sites, &sequence.ids, &LogitsAt::All)?;
    let mut sums = Sums::new(transcoder);
    let n_skipped = sequence.n_skipped;
    sums.n_tokens = sequence.ids.len() - n_skipped;
    let mut sources = Vec::new();
    for layer in 0..card.n_layers {
        let x_td = &recorded.x_td[layer];
        let source = Source::of(transcoder, layer, x_td, n_skipped)?;
        sums.n_active[layer] = source.firings.len() as u64;
        for firing in &source.firings {
            sums.fired[layer][firing.index as usize] = true;
        }
        sources.push(source);
        let made_td = written(transcoder, layer, &sources, x_td);
        for pos in n_skipped..sequence.ids.len() {
            let y_d = recorded.y_td[layer].row(pos);
            let mut error_d = made_td.row(pos).to_vec();
            add_scaled(&mut error_d, -1.0, y_d);
            sums.error[layer] += sum_of_squares(&error_d);
            sums.power[layer] += sum_of_squares(y_d);
            let mean = sums.mean_ld[layer].iter_mut().zip(y_d);
            mean.for_each(|(sum, y)| *sum += f64::from(*y));
        }
    }
    let replaced_tv = replaced(model, transcoder, &sequence.ids, n_skipped)?;
    compare(&mut sums, &recorded, &replaced_tv, n_skipped);
    Ok(sums)
}

fn compare(sums: &mut Sums, recorded: &Recorded, replaced_tv: &Mat, n_skipped: usize) {
    for pos in n_skipped..replaced_tv.n_rows() {
        let (own, other) = (recorded.logits_tv.row(pos), replaced_tv.row(pos));
        sums.agree += usize::from(argmax(own) == argmax(other));
        let (p, q) = (probabilities(own), probabilities(other));
        // NUMERICS: f64, and a probability that rounds to 0 counts as the smallest normal one.
        let terms = p.iter().zip(&q).map(|(p, q)| {
            let (p, q) = (f64::from(*p), f64::from(q.max(f32::MIN_POSITIVE)));
            if p > 0.0 { p * libm::log(p / q) } else { 0.0 }
        });
        sums.kl += terms.sum::<f64>();
    }
}

/// The place of the largest; of equals, the first.
fn argmax(logits: &[f32]) -> usize {
    let better = |best: usize, at: usize| if logits[at] > logits[best] { at } else { best };
    (1..logits.len()).fold(0, better)
}

/// What one layer's features do on a sequence.
struct Source {
    firings: Vec<Firing>,
    /// Features of `rows`, ascending.
    unique: Vec<u32>,
    rows: DecoderRows,
}

impl Source {
    fn of(
        transcoder: &Transcoder,
        layer: usize,
        x_td: &Mat,
        n_skipped: usize,
    ) -> Result<Self, LoadError> {
        let firings = transcoder.encode(layer, x_td, n_skipped)?;
        let mut unique: Vec<u32> = firings.iter().map(|firing| firing.index).collect();
        unique.sort_unstable();
        unique.dedup();
        let rows = transcoder.decoders(layer, &unique)?;
        Ok(Self { firings, unique, rows })
    }
}

/// What the dictionary writes at a layer, `[T, D]`, given the sources up to it.
fn written(transcoder: &Transcoder, layer: usize, sources: &[Source], x_td: &Mat) -> Mat {
    let mut out_td = match transcoder.skip(layer) {
        Some(skip) => skip.linear(x_td),
        None => Mat::zeros(x_td.n_rows(), x_td.n_cols()),
    };
    for pos in 0..out_td.n_rows() {
        add_to(out_td.row_mut(pos), transcoder.b_dec(layer));
    }
    let first = match transcoder.card().kind {
        Kind::CrossLayer => 0,
        Kind::PerLayer => layer,
    };
    let mut row_d = vec![0.0; out_td.n_cols()];
    for (own, source) in sources.iter().enumerate().take(layer + 1).skip(first) {
        for firing in &source.firings {
            let row = source.unique.binary_search(&firing.index).expect("collected from these");
            source.rows.read(row, layer - own, &mut row_d);
            add_scaled(out_td.row_mut(firing.pos as usize), firing.activation, &row_d);
        }
    }
    out_td
}

/// Overwrites every MLP output with what the dictionary makes of the stream as it is now.
struct Replace<'a> {
    transcoder: &'a Transcoder,
    sites: Sites,
    n_skipped: usize,
    sources: Vec<Source>,
    read_td: Mat,
}

impl Tap for Replace<'_> {
    fn at(&mut self, site: Site, x: &mut Mat) -> Result<(), RunError> {
        if let Some(layer) = self.sites.read(site) {
            self.sources.push(Source::of(self.transcoder, layer, x, self.n_skipped)?);
            self.read_td = x.clone();
        }
        if let Some(layer) = self.sites.written(site) {
            let made_td = written(self.transcoder, layer, &self.sources, &self.read_td);
            for pos in self.n_skipped..x.n_rows() {
                x.row_mut(pos).copy_from_slice(made_td.row(pos));
            }
        }
        Ok(())
    }
}

/// Logits `[T, V]` of the replacement model: all MLPs at once, nothing frozen, no errors added.
fn replaced(
    model: &Model,
    transcoder: &Transcoder,
    ids: &[u32],
    n_skipped: usize,
) -> Result<Mat, RunError> {
    let card = transcoder.card();
    let sites = Sites { reads: card.reads, writes: card.writes };
    let (sources, read_td) = (Vec::new(), Mat::zeros(0, 0));
    let mut tap = Replace { transcoder, sites, n_skipped, sources, read_td };
    model.forward(ids, &mut tap, &LogitsAt::All)
}

/// Scores of one prompt's graph.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GraphQuality {
    /// Features that fire.
    pub n_features: usize,
    /// Of the influence that ends, the share that ends in tokens.
    pub replacement: f64,
    /// Of the inputs of all nodes, the share that does not come from errors.
    pub completeness: f64,
}

/// Scores of the attribution graphs of prompts, at the default tolerance.
///
/// # Errors
///
/// As [`attribute`].
pub fn graphs(
    replacement: &ReplacementModel,
    prompts: &[PromptTokens],
) -> Result<Vec<GraphQuality>, RunError> {
    let score = |prompt: &PromptTokens| {
        let local = replacement.on(prompt)?;
        let text = |id: u32| format!("[{id}]");
        let labels = Labels {
            prompt: Prompt {
                text: String::new(),
                token_texts: prompt.ids.iter().map(|id| text(*id)).collect(),
                token_ids: prompt.ids.clone(),
            },
            ..Labels::default()
        };
        let options = Options::default();
        let graph = attribute(&local, &options, labels, &text, &mut NoProgress)?;
        let scores = connectome_graph::scores(&graph);
        Ok(GraphQuality {
            n_features: local.features().len(),
            replacement: scores.replacement.value,
            completeness: scores.completeness.value,
        })
    };
    prompts.iter().map(score).collect()
}

/// Means over graphs, as a line of the metrics and the card hold them.
#[must_use]
pub fn graphs_json(graphs: &[GraphQuality]) -> Value {
    let mean = |of: fn(&GraphQuality) -> f64| {
        graphs.iter().map(of).sum::<f64>() / graphs.len().max(1) as f64
    };
    json!({
        "prompts": graphs.len(),
        "features": mean(|graph| graph.n_features as f64),
        "replacement": mean(|graph| graph.replacement),
        "completeness": mean(|graph| graph.completeness),
    })
}
