//! Activations of our own forward pass at the sites a dictionary reads and writes.
//!
//! A token is a row `[2 · L · D]`: what each layer's dictionary reads, then what each layer's MLP
//! writes. Rows are made sequence by sequence and do not depend on what else is run, so a row
//! that was dropped can be made again, bit for bit.

use rayon::prelude::*;

use crate::error::RunError;
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

/// Records both sites of every layer.
#[derive(Debug)]
struct Recorder {
    sites: Sites,
    x_td: Vec<Option<Mat>>,
    y_td: Vec<Option<Mat>>,
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
    let n_layers = model.config().n_layers;
    let empty = || vec![None; n_layers];
    let mut recorder = Recorder { sites, x_td: empty(), y_td: empty() };
    let logits_tv = model.forward(tokens, &mut recorder, logits_at)?;
    let all = |mats: Vec<Option<Mat>>| {
        mats.into_iter().map(|mat| mat.expect("every layer has both sites")).collect()
    };
    Ok(Recorded { x_td: all(recorder.x_td), y_td: all(recorder.y_td), logits_tv })
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

    /// The rows of each sequence.
    ///
    /// # Errors
    ///
    /// As [`Model::forward`], of the first sequence that fails.
    pub fn rows(&self, sequences: &[Sequence]) -> Result<Vec<Rows>, RunError> {
        let made: Vec<_> = sequences.par_iter().map(|sequence| self.rows_of(sequence)).collect();
        made.into_iter().collect()
    }

    fn rows_of(&self, sequence: &Sequence) -> Result<Rows, RunError> {
        if sequence.ids.len() <= sequence.n_skipped {
            return Ok(Rows::default());
        }
        let nowhere = LogitsAt::Positions(Vec::new());
        let recorded = record(&self.models[sequence.model], self.sites, &sequence.ids, &nowhere)?;
        let mut rows = Rows::default();
        for pos in sequence.n_skipped..sequence.ids.len() {
            let start = rows.numbers.len();
            for mat in recorded.x_td.iter().chain(&recorded.y_td) {
                rows.numbers.extend_from_slice(mat.row(pos));
            }
            if self.is_outlier(&rows.numbers[start..]) {
                rows.numbers.truncate(start);
            } else {
                rows.positions.push(pos as u32);
            }
        }
        Ok(rows)
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
