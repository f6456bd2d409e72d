//! Activations of our own forward pass at the sites a dictionary reads and writes.
//!
//! A token is a row `[2 · L · D]`: what each layer's dictionary reads, then what each layer's MLP
//! writes. Rows are made sequence by sequence and do not depend on what else is run, so a row
//! that was dropped can be made again, bit for bit.

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::error::RunError;
use crate::lm::segment::{Past, Segment};
use crate::lm::tap::{Site, Tap};
use crate::lm::{LogitsAt, Model};
use crate::ops::Mat;
use crate::ops::matmul::dot;
use crate::transcoder::{ReadSite, WriteSite};

/// Where a dictionary reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sites {
    /// Where features read.
    pub reads: ReadSite,
    /// Where features write.
    pub writes: WriteSite,
}

impl Sites {
    /// The layer whose input lies at this site.
    #[must_use]
    pub fn read(&self, site: Site) -> Option<usize> {
        match (self.reads, site) {
            (ReadSite::ResidMid, Site::ResidMid(layer))
            | (ReadSite::Ln2Normalized, Site::Ln2Normalized(layer))
            | (ReadSite::MlpIn, Site::MlpIn(layer)) => Some(layer),
            _ => None,
        }
    }

    /// The layer whose output lies at this site.
    #[must_use]
    pub fn written(&self, site: Site) -> Option<usize> {
        match (self.writes, site) {
            (WriteSite::MlpOutRaw, Site::MlpOutRaw(layer))
            | (WriteSite::MlpOut, Site::MlpOut(layer)) => Some(layer),
            _ => None,
        }
    }
}

/// Tokens of sequences that are asked for at once: bounds memory, and gives every thread some.
pub(super) const TOGETHER: usize = 1 << 14;

/// Tokens that are enough for a product to run at speed.
const TOKENS_A_PRODUCT: usize = 128;

/// Sequences of a length that go through the model together.
fn runs_together(length: usize) -> usize {
    (TOKENS_A_PRODUCT / length.max(1)).max(1)
}

/// Records both sites of every layer.
#[derive(Debug)]
struct Recorder {
    sites: Sites,
    x_td: Vec<Option<Mat>>,
    y_td: Vec<Option<Mat>>,
}

impl Recorder {
    fn new(sites: Sites, n_layers: usize) -> Self {
        Self { sites, x_td: vec![None; n_layers], y_td: vec![None; n_layers] }
    }

    /// Inputs and outputs, a layer each; the model has run.
    fn finish(self) -> (Vec<Mat>, Vec<Mat>) {
        let all = |mats: Vec<Option<Mat>>| {
            mats.into_iter().map(|mat| mat.expect("every layer has both sites")).collect()
        };
        (all(self.x_td), all(self.y_td))
    }
}

impl Tap for Recorder {
    fn at(&mut self, site: Site, x: &mut Mat) -> Result<(), RunError> {
        if let Some(layer) = self.sites.read(site) {
            self.x_td[layer] = Some(x.clone());
        }
        if let Some(layer) = self.sites.written(site) {
            self.y_td[layer] = Some(x.clone());
        }
        Ok(())
    }
}

/// What a forward pass leaves at both sites of every layer, `[T, D]` each.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Inputs, a layer each.
    pub x_td: Vec<Mat>,
    /// Outputs, a layer each.
    pub y_td: Vec<Mat>,
    /// Logits `[T, V]`, if they were asked for.
    pub logits_tv: Mat,
}

/// Runs the model over a sequence and records both sites.
///
/// # Errors
///
/// As [`Model::forward`].
///
/// # Panics
///
/// If the model has no such sites: the caller has checked that it has.
pub fn record(
    model: &Model,
    sites: Sites,
    tokens: &[u32],
    logits_at: &LogitsAt,
) -> Result<Recorded, RunError> {
    let mut recorder = Recorder::new(sites, model.config().n_layers);
    let logits_tv = model.forward(tokens, &mut recorder, logits_at)?;
    let (x_td, y_td) = recorder.finish();
    Ok(Recorded { x_td, y_td, logits_tv })
}

/// A sequence of tokens, of which the first are not trained on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Which of the harvester's models is run over it.
    pub model: usize,
    /// Token ids.
    pub ids: Vec<u32>,
    /// Leading positions that are left out: they hold BOS or a template's head.
    pub n_skipped: usize,
}

/// Rows of some tokens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// `[n, 2 · L · D]`.
    pub numbers: Vec<f32>,
    /// Position of each row in its sequence.
    pub positions: Vec<u32>,
}

/// Makes rows of sequences.
#[derive(Clone, Debug)]
pub struct Harvester<'m> {
    models: &'m [Model],
    sites: Sites,
    /// Largest norms of inputs and outputs, a layer each: `x` then `y`. Tokens beyond one of
    /// them are outliers.
    limits: Option<Vec<f32>>,
}

impl<'m> Harvester<'m> {
    /// Rows of every token but the skipped ones. The models, at least one, are equally deep and
    /// wide.
    #[must_use]
    pub fn new(models: &'m [Model], sites: Sites) -> Self {
        Self { models, sites, limits: None }
    }

    /// As it is, but without tokens whose norm is above a limit at any site: `[2 · L]`.
    #[must_use]
    pub fn with_limits(self, limits: Vec<f32>) -> Self {
        Self { limits: Some(limits), ..self }
    }

    /// The first of the models, whose shape is that of all.
    #[must_use]
    pub fn model(&self) -> &'m Model {
        &self.models[0]
    }

    /// The models.
    #[must_use]
    pub fn models(&self) -> &'m [Model] {
        self.models
    }

    /// Where it records.
    #[must_use]
    pub fn sites(&self) -> Sites {
        self.sites
    }

    /// Numbers of a row.
    #[must_use]
    pub fn width(&self) -> usize {
        2 * self.model().config().n_layers * self.model().config().d_model
    }

    /// The rows of each sequence. Short ones go through the model several at a time.
    ///
    /// # Errors
    ///
    /// As [`Model::forward`], of the first sequence that fails.
    pub fn rows(&self, sequences: &[Sequence]) -> Result<Vec<Rows>, RunError> {
        let mut alike: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
        for (at, sequence) in sequences.iter().enumerate() {
            if sequence.ids.len() > sequence.n_skipped {
                self.models[sequence.model].check_prompt(&sequence.ids)?;
                alike.entry((sequence.model, sequence.ids.len())).or_default().push(at);
            }
        }
        let together: Vec<&[usize]> = alike
            .iter()
            .flat_map(|((_, length), places)| places.chunks(runs_together(*length)))
            .collect();
        let made: Vec<_> =
            together.par_iter().map(|places| self.rows_of(sequences, places)).collect();
        let mut rows = vec![Rows::default(); sequences.len()];
        for (places, made) in together.into_iter().zip(made) {
            for (at, made) in places.iter().zip(made?) {
                rows[*at] = made;
            }
        }
        Ok(rows)
    }

    /// Rows of sequences of one model that are equally long.
    fn rows_of(&self, sequences: &[Sequence], places: &[usize]) -> Result<Vec<Rows>, RunError> {
        let model = &self.models[sequences[places[0]].model];
        let n_tokens = sequences[places[0]].ids.len();
        // NUMERICS: as many rows for every sequence of this length, whatever it runs beside: the
        // bits of a product may depend on its sizes.
        let n_runs = runs_together(n_tokens);
        let of_run = |run: usize| &sequences[places[run.min(places.len() - 1)]].ids;
        let tokens: Vec<u32> = (0..n_runs).flat_map(of_run).copied().collect();
        let segment = Segment { n_runs, n_new: n_tokens, first_pos: 0, past: Past::Empty };
        let mut recorder = Recorder::new(self.sites, model.config().n_layers);
        model.forward_runs(&tokens, segment, &mut recorder)?;
        let (x_td, y_td) = recorder.finish();
        let sites: Vec<&Mat> = x_td.iter().chain(&y_td).collect();
        let of_place = |(run, at): (usize, &usize)| {
            let mut rows = Rows::default();
            for pos in sequences[*at].n_skipped..n_tokens {
                let start = rows.numbers.len();
                for mat in &sites {
                    rows.numbers.extend_from_slice(mat.row(run * n_tokens + pos));
                }
                if self.is_outlier(&rows.numbers[start..]) {
                    rows.numbers.truncate(start);
                } else {
                    rows.positions.push(pos as u32);
                }
            }
            rows
        };
        Ok(places.iter().enumerate().map(of_place).collect())
    }

    fn is_outlier(&self, row: &[f32]) -> bool {
        let Some(limits) = &self.limits else { return false };
        let d = self.model().config().d_model;
        let mut parts = row.chunks_exact(d).zip(limits);
        parts.any(|(part, limit)| dot(part, part).sqrt() > *limit)
    }
}

/// One number a layer that brings the mean norm of inputs, and of outputs, to √D.
#[derive(Clone, Debug, PartialEq)]
pub struct Scales {
    /// Factor on inputs, `[L]`.
    pub x: Vec<f32>,
    /// Factor on outputs, `[L]`.
    pub y: Vec<f32>,
}

impl Scales {
    /// From mean norms `[2 · L]`. A site that is always zero is left as it is.
    #[must_use]
    pub fn of_norms(norms: &[f64], d_model: usize) -> Self {
        let factor = |norm: &f64| match *norm > 0.0 {
            true => ((d_model as f64).sqrt() / norm) as f32,
            false => 1.0,
        };
        let (x, y) = norms.split_at(norms.len() / 2);
        Self { x: x.iter().map(factor).collect(), y: y.iter().map(factor).collect() }
    }
}

/// Mean norms of rows at every site, `[2 · L]`.
#[must_use]
pub fn mean_norms(rows: &[Rows], n_sites: usize, d_model: usize) -> Vec<f64> {
    let mut sums = vec![0.0_f64; n_sites];
    let mut n = 0_usize;
    for row in rows.iter().flat_map(|rows| rows.numbers.chunks_exact(n_sites * d_model)) {
        for (sum, part) in sums.iter_mut().zip(row.chunks_exact(d_model)) {
            *sum += f64::from(dot(part, part)).sqrt();
        }
        n += 1;
    }
    sums.into_iter().map(|sum| sum / n.max(1) as f64).collect()
}
