//! [`Tables`]: the tensors of a dictionary in training: its parameters, and, in the same shape,
//! a gradient or a moment.
//!
//! A layer's decoder is one table `[F, D]` for every layer that it writes to, so that the rows
//! of one product lie together; files hold `[F, outputs, D]`, which export makes.

use std::ops::Range;

use crate::ops::Mat;
use crate::train::checkpoint::Part;

/// Sizes of a dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Layers of the model, all of which have features.
    pub n_layers: usize,
    /// Features of one layer.
    pub n_features: usize,
    /// Width of the residual stream.
    pub d_model: usize,
    /// Layers that a feature writes to, its own first: 1 for a per-layer dictionary, all for a
    /// cross-layer one.
    pub window: usize,
}

impl Shape {
    /// Layers that features of `layer` write to.
    #[must_use]
    pub fn n_outputs(&self, layer: usize) -> usize {
        self.window.min(self.n_layers - layer)
    }

    /// Layers whose features write to `layer`.
    #[must_use]
    pub fn sources(&self, layer: usize) -> Range<usize> {
        (layer + 1).saturating_sub(self.window)..layer + 1
    }

    /// Parameters, but for thresholds and skips.
    #[must_use]
    pub fn n_parameters(&self) -> usize {
        let (f, d) = (self.n_features, self.d_model);
        let tables: usize = (0..self.n_layers).map(|layer| 1 + self.n_outputs(layer)).sum();
        tables * f * d + self.n_layers * (f + d)
    }
}

/// Which tensors there are beyond encoder, decoder and biases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extras {
    /// One threshold a feature.
    pub thresholds: Presence,
    /// A linear map from what a layer reads to what it writes.
    pub skip: Presence,
}

/// Whether something is part of a dictionary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Present,
    /// It is not.
    Absent,
}

/// One layer's tensors.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerTables {
    /// Where features read, `[F, D]`.
    pub w_enc_fd: Mat,
    /// Encoder biases, `[F]`.
    pub b_enc_f: Vec<f32>,
    /// Logarithms of JumpReLU's thresholds, `[F]`; empty without.
    pub log_threshold_f: Vec<f32>,
    /// Where features write, `[F, D]` for each layer from their own up.
    pub w_dec_fd: Vec<Mat>,
    /// Decoder bias, `[D]`.
    pub b_dec_d: Vec<f32>,
    /// Linear skip `x · W`, `[D, D]`; empty without.
    pub w_skip_dd: Mat,
}

/// The tensors of all layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Tables {
    /// Sizes.
    pub shape: Shape,
    /// Lowest first.
    pub layers: Vec<LayerTables>,
}

impl Tables {
    /// All zeros.
    #[must_use]
    pub fn zeros(shape: Shape, extras: Extras) -> Self {
        let (f, d) = (shape.n_features, shape.d_model);
        let layer = |layer| LayerTables {
            w_enc_fd: Mat::zeros(f, d),
            b_enc_f: vec![0.0; f],
            log_threshold_f: match extras.thresholds {
                Presence::Present => vec![0.0; f],
                Presence::Absent => Vec::new(),
            },
            w_dec_fd: (0..shape.n_outputs(layer)).map(|_| Mat::zeros(f, d)).collect(),
            b_dec_d: vec![0.0; d],
            w_skip_dd: match extras.skip {
                Presence::Present => Mat::zeros(d, d),
                Presence::Absent => Mat::zeros(0, 0),
            },
        };
        Self { shape, layers: (0..shape.n_layers).map(layer).collect() }
    }

    /// Every tensor with its name under `prefix`, for a checkpoint.
    #[must_use]
    pub fn parts(&self, prefix: &str) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        for (layer, tables) in self.layers.iter().enumerate() {
            let mut matrix = |name: String, mat: &Mat, numbers| {
                parts.push(Part::f32(name, &[mat.n_rows(), mat.n_cols()], numbers));
            };
            let at = |name: &str| format!("{prefix}.{layer}.{name}");
            matrix(at("w_enc"), &tables.w_enc_fd, tables.w_enc_fd.data());
            for (output, mat) in tables.w_dec_fd.iter().enumerate() {
                matrix(at(&format!("w_dec.{output}")), mat, mat.data());
            }
            matrix(at("w_skip"), &tables.w_skip_dd, tables.w_skip_dd.data());
            let vectors = [
                ("b_enc", &tables.b_enc_f),
                ("log_threshold", &tables.log_threshold_f),
                ("b_dec", &tables.b_dec_d),
            ];
            for (name, vector) in vectors {
                parts.push(Part::f32(at(name), &[vector.len()], vector));
            }
        }
        parts
    }

    /// Every tensor to fill, under the names of [`Tables::parts`].
    pub fn parts_mut(&mut self, prefix: &str) -> Vec<(String, Vec<usize>, &mut [f32])> {
        let mut parts: Vec<(String, Vec<usize>, &mut [f32])> = Vec::new();
        for (layer, tables) in self.layers.iter_mut().enumerate() {
            let at = |name: &str| format!("{prefix}.{layer}.{name}");
            let matrix = |name: String, mat: &'_ mut Mat| (name, vec![mat.n_rows(), mat.n_cols()]);
            let LayerTables { w_enc_fd, b_enc_f, log_threshold_f, w_dec_fd, b_dec_d, w_skip_dd } =
                tables;
            let (name, shape) = matrix(at("w_enc"), w_enc_fd);
            parts.push((name, shape, w_enc_fd.data_mut()));
            for (output, mat) in w_dec_fd.iter_mut().enumerate() {
                let (name, shape) = matrix(at(&format!("w_dec.{output}")), mat);
                parts.push((name, shape, mat.data_mut()));
            }
            let (name, shape) = matrix(at("w_skip"), w_skip_dd);
            parts.push((name, shape, w_skip_dd.data_mut()));
            for (name, vector) in
                [("b_enc", b_enc_f), ("log_threshold", log_threshold_f), ("b_dec", b_dec_d)]
            {
                parts.push((at(name), vec![vector.len()], vector.as_mut_slice()));
            }
        }
        parts
    }
}
