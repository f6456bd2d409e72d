//! A trained dictionary as files that circuit-tracer and `connectome trace` open.
//!
//! What training scaled is folded back, so that the dictionary reads and writes the model's own
//! numbers:
//!
//! ```text
//! W_enc ← W_enc · s_in        W_dec(s→l) ← W_dec(s→l) / s_out(l)      b_dec ← b_dec / s_out
//! W_skip ← W_skip · s_in / s_out          b_enc and θ stay
//! ```
//!
//! Cross-layer and windowed dictionaries are written in the layout of `W_enc_{l}.safetensors` and
//! `W_dec_{l}.safetensors`, with zeros beyond the window; per-layer ones as
//! `layer_{l}.safetensors` (`docs/formats.md`). `config.yaml` comes last and is removed first: a
//! folder that has one is whole.

use std::path::Path;

use half::bf16;
use safetensors::tensor::{Dtype, TensorView};

use super::activations::{Scales, Sites};
use super::params::{LayerTables, Shape, Tables};
use crate::ops::Mat;
use crate::train::TrainError;
use crate::train::files::{remove, write_whole};

/// Type of the large tensors; biases and thresholds are f32 whatever it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit.
    F32,
    /// Rounded to 16 bits with 8 bits of exponent.
    Bf16,
}

/// Lengths of decoder rows in the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lengths {
    /// As they were trained.
    AsTrained,
    /// All rows of a feature together have norm 1, and its activation is that much larger: then
    /// activations compare between features.
    Unit,
}

/// What lets a pre-activation through in the files.
#[derive(Clone, Debug, PartialEq)]
pub enum FileGate {
    /// Above zero.
    Relu,
    /// Above a threshold, `[L][F]`.
    Thresholds(Vec<Vec<f32>>),
    /// The `k` largest of a token and layer; per-layer dictionaries only.
    TopK(usize),
}

/// How to write a dictionary.
#[derive(Clone, Debug)]
pub struct Export<'a> {
    /// Parameters, as trained.
    pub params: &'a Tables,
    /// What inputs and outputs were multiplied by.
    pub scales: &'a Scales,
    /// What lets a pre-activation through.
    pub gate: FileGate,
    /// Where it reads and writes.
    pub sites: Sites,
    /// The model it was trained on.
    pub model_name: &'a str,
    /// What frontends look its features up by.
    pub scan: Option<&'a str>,
    /// Type of the large tensors.
    pub precision: Precision,
    /// Lengths of decoder rows.
    pub lengths: Lengths,
}

impl Export<'_> {
    /// Writes the dictionary into a folder, which is made if it is not there.
    ///
    /// # Errors
    ///
    /// [`TrainError::Write`].
    pub fn write(&self, folder: &Path) -> Result<(), TrainError> {
        let made = std::fs::create_dir_all(folder);
        made.map_err(|source| TrainError::Write { path: folder.to_owned(), source })?;
        remove(&folder.join("config.yaml"))?;
        for layer in 0..self.params.shape.n_layers {
            let folded = self.folded(layer);
            for (name, tensors) in self.files(layer, &folded) {
                write_whole(&folder.join(name), &serialized(&tensors))?;
            }
        }
        write_whole(&folder.join("config.yaml"), self.config().as_bytes())
    }

    fn is_per_layer(&self) -> bool {
        self.params.shape.window == 1
    }

    /// One layer in the model's own numbers.
    fn folded(&self, layer: usize) -> Folded {
        let tables = &self.params.layers[layer];
        let LayerTables { w_enc_fd, b_enc_f, w_dec_fd, b_dec_d, w_skip_dd, .. } = tables;
        let (s_in, s_out) = (self.scales.x[layer], self.scales.y[layer]);
        let threshold_f = match &self.gate {
            FileGate::Thresholds(all) => Some(all[layer].clone()),
            FileGate::Relu | FileGate::TopK(_) => None,
        };
        let mut folded = Folded {
            w_enc_fd: scaled(w_enc_fd, s_in),
            b_enc_f: b_enc_f.clone(),
            threshold_f,
            w_dec_fd: w_dec_fd
                .iter()
                .zip(&self.scales.y[layer..])
                .map(|(mat, s_out)| scaled(mat, 1.0 / s_out))
                .collect(),
            b_dec_d: b_dec_d.iter().map(|x| x / s_out).collect(),
            w_skip_dd: scaled(w_skip_dd, s_in / s_out),
        };
        if self.lengths == Lengths::Unit {
            folded.make_unit();
        }
        folded
    }

    fn files(&self, layer: usize, folded: &Folded) -> Vec<(String, Vec<Tensor>)> {
        let wide = |name: String, shape: &[usize], values: &[f32]| {
            Tensor::new(name, shape, values, self.precision)
        };
        let exact = |name: String, values: &[f32]| {
            Tensor::new(name, &[values.len()], values, Precision::F32)
        };
        let Shape { n_layers, n_features: f, d_model: d, .. } = self.params.shape;
        let per_layer = self.is_per_layer();
        let named = |what: &str| match per_layer {
            true => what.to_owned(),
            false => format!("{what}_{layer}"),
        };
        let threshold = if per_layer { "activation_function.threshold" } else { "threshold" };
        let mut encoder = vec![
            wide(named("W_enc"), &[f, d], folded.w_enc_fd.data()),
            exact(named("b_enc"), &folded.b_enc_f),
            exact(named("b_dec"), &folded.b_dec_d),
        ];
        if let Some(threshold_f) = &folded.threshold_f {
            encoder.push(exact(named(threshold), threshold_f));
        }
        if folded.w_skip_dd.n_rows() > 0 {
            // Per-layer files hold the transpose: they add `x · Wᵀ`.
            let skip =
                if per_layer { transposed(&folded.w_skip_dd) } else { folded.w_skip_dd.clone() };
            encoder.push(wide(named("W_skip"), &[d, d], skip.data()));
        }
        if per_layer {
            encoder.push(wide("W_dec".to_owned(), &[f, d], folded.w_dec_fd[0].data()));
            return vec![(format!("layer_{layer}.safetensors"), encoder)];
        }
        let n_outputs = n_layers - layer;
        let decoder = wide(named("W_dec"), &[f, n_outputs, d], &folded.joined(n_outputs));
        vec![
            (format!("W_enc_{layer}.safetensors"), encoder),
            (format!("W_dec_{layer}.safetensors"), vec![decoder]),
        ]
    }

    fn config(&self) -> String {
        let kind = if self.is_per_layer() { "transcoder_set" } else { "cross_layer_transcoder" };
        let mut lines = vec![
            ("model_name", quoted(self.model_name)),
            ("model_kind", kind.to_owned()),
            ("feature_input_hook", self.sites.reads.to_string()),
            ("feature_output_hook", self.sites.writes.to_string()),
        ];
        if let FileGate::TopK(k) = self.gate {
            lines.push(("activation", "topk".to_owned()));
            lines.push(("k", k.to_string()));
        }
        lines.extend(self.scan.map(|scan| ("scan", quoted(scan))));
        lines.iter().map(|(key, value)| format!("{key}: {value}\n")).collect()
    }
}

/// A string as YAML and JSON write it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// One layer in the model's own numbers.
struct Folded {
    w_enc_fd: Mat,
    b_enc_f: Vec<f32>,
    threshold_f: Option<Vec<f32>>,
    w_dec_fd: Vec<Mat>,
    b_dec_d: Vec<f32>,
    w_skip_dd: Mat,
}

impl Folded {
    fn make_unit(&mut self) {
        for feature in 0..self.w_enc_fd.n_rows() {
            let rows = self.w_dec_fd.iter().map(|mat| mat.row(feature));
            let square: f64 = rows.flatten().map(|x| f64::from(*x) * f64::from(*x)).sum();
            let norm = square.sqrt() as f32;
            if norm <= 0.0 {
                continue;
            }
            self.w_enc_fd.row_mut(feature).iter_mut().for_each(|x| *x *= norm);
            self.b_enc_f[feature] *= norm;
            if let Some(threshold_f) = &mut self.threshold_f {
                threshold_f[feature] *= norm;
            }
            for mat in &mut self.w_dec_fd {
                mat.row_mut(feature).iter_mut().for_each(|x| *x /= norm);
            }
        }
    }

    /// The decoder as files hold it, `[F, n_outputs, D]`, with zeros beyond the window.
    fn joined(&self, n_outputs: usize) -> Vec<f32> {
        let (f, d) = (self.w_enc_fd.n_rows(), self.w_enc_fd.n_cols());
        let mut out = vec![0.0; f * n_outputs * d];
        for (output, mat) in self.w_dec_fd.iter().enumerate() {
            for feature in 0..f {
                let start = (feature * n_outputs + output) * d;
                out[start..start + d].copy_from_slice(mat.row(feature));
            }
        }
        out
    }
}

fn scaled(mat: &Mat, factor: f32) -> Mat {
    let values = mat.data().iter().map(|x| x * factor).collect();
    Mat::from_vec(values, mat.n_rows(), mat.n_cols())
}

fn transposed(mat: &Mat) -> Mat {
    let mut out = Mat::zeros(mat.n_cols(), mat.n_rows());
    for row in 0..mat.n_rows() {
        for col in 0..mat.n_cols() {
            out.row_mut(col)[row] = mat.row(row)[col];
        }
    }
    out
}

struct Tensor {
    name: String,
    shape: Vec<usize>,
    dtype: Dtype,
    bytes: Vec<u8>,
}

impl Tensor {
    fn new(name: String, shape: &[usize], values: &[f32], precision: Precision) -> Self {
        let (dtype, bytes) = match precision {
            Precision::F32 => (Dtype::F32, values.iter().flat_map(|x| x.to_le_bytes()).collect()),
            Precision::Bf16 => {
                let rounded = values.iter().flat_map(|x| bf16::from_f32(*x).to_le_bytes());
                (Dtype::BF16, rounded.collect())
            }
        };
        Self { name, shape: shape.to_vec(), dtype, bytes }
    }
}

fn serialized(tensors: &[Tensor]) -> Vec<u8> {
    let why = "shapes count their numbers";
    let views = tensors.iter().map(|tensor| {
        let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes);
        (tensor.name.as_str(), view.expect(why))
    });
    safetensors::serialize(views, None).expect(why)
}
