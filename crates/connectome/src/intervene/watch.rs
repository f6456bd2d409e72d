//! [`Watch`]: the features that are read in every run.

use connectome_graph::FeatureId;

use super::baseline::Baseline;
use crate::error::RunError;
use crate::ops::dense::add_to;
use crate::ops::{Mat, Matrix};
use crate::transcoder::Transcoder;

/// A feature at a position, in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reading {
    /// What the encoder says; zero where features are not used.
    pub pre_activation: f32,
    /// After the nonlinearity; zero if the feature does not fire.
    pub activation: f32,
}

/// What a group of features is in a changed run, as a share of what it is in the unchanged one:
/// the sum of its activations over their sum before; `None` if that was zero.
///
/// The papers' figures print it. circuit-tracer's notebooks print the mean of the members' ratios
/// instead, in which a feature that hardly fires weighs as much as one that carries the group.
#[must_use]
pub fn share_of_original(before: &[Reading], after: &[Reading]) -> Option<f64> {
    let sum = |readings: &[Reading]| -> f64 {
        readings.iter().map(|reading| f64::from(reading.activation)).sum()
    };
    let original = sum(before);
    (original != 0.0).then(|| sum(after) / original)
}

/// Features at positions, with what they are in the unchanged run, and layers whose stream is
/// kept.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    nodes: Vec<(FeatureId, usize)>,
    clean: Vec<Reading>,
    /// Each layer's features, ascending, and which nodes they stand for.
    layers: Vec<WatchedLayer>,
    /// Blocks before which the stream is kept.
    streams: Vec<usize>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct WatchedLayer {
    /// Ascending, each once.
    pub(super) indices: Vec<u32>,
    /// `(position, place in indices, place among the nodes)`.
    pub(super) nodes: Vec<(usize, usize, usize)>,
}

impl Watch {
    /// Nothing.
    #[must_use]
    pub fn nothing() -> Self {
        Self::default()
    }

    /// Watches features at positions; outcomes hold them in this order.
    ///
    /// # Errors
    ///
    /// [`RunError::Layer`], [`RunError::FeatureIndex`], [`RunError::Position`].
    pub fn new(baseline: &Baseline<'_>, nodes: Vec<(FeatureId, usize)>) -> Result<Self, RunError> {
        for (feature, pos) in &nodes {
            baseline.check_feature(*feature)?;
            baseline.check_pos(*pos)?;
        }
        let mut layers: Vec<WatchedLayer> =
            (0..baseline.n_layers()).map(|_| WatchedLayer::default()).collect();
        for (feature, _) in &nodes {
            layers[feature.layer as usize].indices.push(feature.index);
        }
        for layer in &mut layers {
            layer.indices.sort_unstable();
            layer.indices.dedup();
        }
        for (at, (feature, pos)) in nodes.iter().enumerate() {
            let layer = &mut layers[feature.layer as usize];
            let place = layer.indices.binary_search(&feature.index).expect("collected above");
            layer.nodes.push((*pos, place, at));
        }
        let clean = vec![Reading::default(); nodes.len()];
        let mut watch = Self { clean, nodes, layers, streams: Vec::new() };
        watch.read_clean(baseline)?;
        Ok(watch)
    }

    fn read_clean(&mut self, baseline: &Baseline<'_>) -> Result<(), RunError> {
        let transcoder = baseline.replacement().transcoder();
        let n_zeroed = baseline.prompt().n_zeroed;
        for (layer, watched) in self.layers.iter().enumerate() {
            if watched.indices.is_empty() {
                continue;
            }
            let readers = Readers::new(transcoder, layer, &watched.indices);
            let encoded = readers.read(transcoder, baseline.stream().read(layer))?;
            for &(pos, place, at) in &watched.nodes {
                if pos >= n_zeroed {
                    self.clean[at] = encoded.reading(pos, place);
                }
            }
        }
        Ok(())
    }

    /// Also keeps the whole residual stream before these blocks, in this order; the number of
    /// layers means after the last one.
    ///
    /// # Errors
    ///
    /// [`RunError::Layer`].
    pub fn with_streams(
        mut self,
        baseline: &Baseline<'_>,
        before_layers: Vec<usize>,
    ) -> Result<Self, RunError> {
        let n_layers = baseline.n_layers();
        if let Some(found) = before_layers.iter().find(|layer| **layer > n_layers) {
            let found = u32::try_from(*found).unwrap_or(u32::MAX);
            return Err(RunError::Layer { found, n_layers });
        }
        self.streams = before_layers;
        Ok(self)
    }

    /// Blocks before which the stream is kept.
    #[must_use]
    pub fn streams(&self) -> &[usize] {
        &self.streams
    }

    /// What is watched.
    #[must_use]
    pub fn nodes(&self) -> &[(FeatureId, usize)] {
        &self.nodes
    }

    /// What it is in the unchanged run.
    #[must_use]
    pub fn clean(&self) -> &[Reading] {
        &self.clean
    }

    /// Each layer's features; empty if nothing is watched.
    pub(super) fn layer(&self, layer: usize) -> Option<&WatchedLayer> {
        self.layers.get(layer)
    }
}

/// Some features of a layer, ready to read any stream.
#[derive(Debug)]
pub(super) struct Readers {
    layer: usize,
    indices: Vec<u32>,
    rows: Matrix,
    b_enc_n: Vec<f32>,
    /// `None` if whether one fires depends on all others.
    threshold_n: Option<Vec<f32>>,
}

/// What they read, `[R, n]` each.
#[derive(Debug)]
pub(super) struct Encoded {
    pre_rn: Mat,
    activation_rn: Mat,
}

impl Encoded {
    pub(super) fn reading(&self, row: usize, place: usize) -> Reading {
        Reading {
            pre_activation: self.pre_rn.row(row)[place],
            activation: self.activation_rn.row(row)[place],
        }
    }
}

impl Readers {
    /// `indices` ascend.
    pub(super) fn new(transcoder: &Transcoder, layer: usize, indices: &[u32]) -> Self {
        let rows = transcoder.encoder_rows(layer, indices);
        let b_enc_f = transcoder.b_enc(layer);
        Self {
            layer,
            indices: indices.to_vec(),
            rows: Matrix::from_f32(rows.data(), rows.n_rows(), rows.n_cols()),
            b_enc_n: indices.iter().map(|index| b_enc_f[*index as usize]).collect(),
            threshold_n: indices.iter().map(|index| transcoder.threshold(layer, *index)).collect(),
        }
    }

    /// The place of a feature among them.
    pub(super) fn place(&self, index: u32) -> usize {
        self.indices.binary_search(&index).expect("the features that are read were collected")
    }

    /// Reads rows of the site where the layer's features read.
    pub(super) fn read(&self, transcoder: &Transcoder, x: &Mat) -> Result<Encoded, RunError> {
        let mut pre_rn = self.rows.times_transpose(x);
        for row in 0..pre_rn.n_rows() {
            add_to(pre_rn.row_mut(row), &self.b_enc_n);
        }
        let mut activation_rn = Mat::zeros(pre_rn.n_rows(), pre_rn.n_cols());
        match &self.threshold_n {
            Some(threshold_n) => {
                for row in 0..pre_rn.n_rows() {
                    let pairs = pre_rn.row(row).iter().zip(threshold_n);
                    for (out, (pre, threshold)) in activation_rn.row_mut(row).iter_mut().zip(pairs)
                    {
                        *out = if pre > threshold { *pre } else { 0.0 };
                    }
                }
            }
            None => {
                for firing in transcoder.encode(self.layer, x, 0)? {
                    if let Ok(place) = self.indices.binary_search(&firing.index) {
                        activation_rn.row_mut(firing.pos as usize)[place] = firing.activation;
                    }
                }
            }
        }
        Ok(Encoded { pre_rn, activation_rn })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The mean of the members' ratios, which circuit-tracer's notebooks print, would be 5.05.
    #[test]
    fn a_group_is_the_sum_of_its_members() {
        let read = |activation| Reading { pre_activation: activation, activation };
        let (before, after) = ([read(10.0), read(0.1)], [read(1.0), read(1.0)]);
        let share = share_of_original(&before, &after).unwrap();
        assert!((share - 2.0 / 10.1).abs() < 1e-6, "{share}");
        assert_eq!(share_of_original(&[read(0.0)], &[read(1.0)]), None);
        assert_eq!(share_of_original(&[], &[]), None);
    }
}
