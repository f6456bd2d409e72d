//! [`Net`]: a dictionary in training, and one step of it.

use rayon::prelude::*;

use super::backward::{Flow, LayerRows, Reads, Totals, backward};
use super::decode::decode;
use super::encode::{Chosen, Firings, Passes, encode, from_chosen};
use super::gate::{Penalties, Slope};
use super::norms::LayerNorms;
use super::objective::{Gate, Loss, Numbers, Objective, PulledUp, Scope};
use super::params::{Extras, Presence, Shape, Tables};
use super::select;
use super::update::Optimiser;
use crate::ops::Mat;
use crate::ops::dense::{add_scaled, add_to};
use crate::ops::matmul::{Into, Threads, View, sgemm};
use crate::train::clip::sum_of_squares;

/// Activations of some tokens at every layer, scaled.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// What each layer's dictionary reads, `[T, D]`.
    pub x_td: Vec<Mat>,
    /// What each layer's MLP writes, `[T, D]`.
    pub y_td: Vec<Mat>,
}

impl Batch {
    /// Tokens.
    #[must_use]
    pub fn n_tokens(&self) -> usize {
        self.x_td.first().map_or(0, Mat::n_rows)
    }
}

/// When a span of features is treated as dense.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Density {
    /// From this share of its numbers on.
    ///
    /// PERF: a listed number costs about ten times what it costs inside a matrix product
    /// (`cargo xtask bench --only train`).
    pub dense_from: f32,
}

impl Default for Density {
    fn default() -> Self {
        Self { dense_from: 0.12 }
    }
}

/// How a dictionary is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// What is minimised.
    pub objective: Objective,
    /// How parameters follow gradients.
    pub optimiser: Optimiser,
    /// Tokens after which a feature that has not fired is dead.
    pub dead_after: u64,
}

/// A dictionary in training.
#[derive(Clone, Debug)]
pub struct Net {
    pub(super) recipe: Recipe,
    pub(super) density: Density,
    pub(super) params: Tables,
    pub(super) first: Tables,
    pub(super) second: Tables,
    pub(super) grads: Tables,
    pub(super) rows: Vec<LayerRows>,
    pub(super) norms: Vec<LayerNorms>,
    /// Steps that a feature's decoder rows have seen, `[L][F]`; see [`super::update`].
    pub(super) current: Vec<Vec<u64>>,
    /// Tokens since a feature last fired, `[L][F]`.
    pub(super) silent: Vec<Vec<u64>>,
}

/// What one layer did on a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LayerStats {
    /// Σ ‖ŷ − y‖² over tokens.
    pub error: f64,
    /// Σ ‖y‖².
    pub power: f64,
    /// Σ ‖y − ȳ‖².
    pub variance: f64,
    /// Features that fire, summed over tokens.
    pub n_active: u64,
    /// Numbers that only lie in a window around their threshold.
    pub n_window: u64,
    /// Features that have not fired for long.
    pub n_dead: usize,
    /// Squared norm of the gradient of all that belongs to features: encoder, decoder, thresholds.
    pub grad_squares: f64,
}

/// What a batch showed, before the step is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The loss.
    pub loss: Loss,
    /// Norm of the whole gradient, before clipping.
    pub grad_norm: f64,
    /// Layer by layer.
    pub layers: Vec<LayerStats>,
    /// Tokens.
    pub n_tokens: usize,
    /// Tokens on which each feature fired, `[L][F]`.
    pub fired: Vec<Vec<u32>>,
}

impl Measured {
    /// Features that fire on a token, mean over tokens, summed over layers.
    #[must_use]
    pub fn l0(&self) -> f64 {
        let n_active: u64 = self.layers.iter().map(|layer| layer.n_active).sum();
        n_active as f64 / self.n_tokens as f64
    }
}

impl Net {
    /// A net with these parameters, which has seen nothing.
    #[must_use]
    pub fn new(params: Tables, recipe: Recipe) -> Self {
        let shape = params.shape;
        let present = |is_there: bool| if is_there { Presence::Present } else { Presence::Absent };
        let first_layer = &params.layers[0];
        let extras = Extras {
            thresholds: present(!first_layer.log_threshold_f.is_empty()),
            skip: present(first_layer.w_skip_dd.n_rows() > 0),
        };
        let zeros = || Tables::zeros(shape, extras);
        let rows = |layer| LayerRows::new(shape.n_features, shape.n_outputs(layer));
        let counts = || vec![vec![0; shape.n_features]; shape.n_layers];
        Self {
            norms: norms(&params, &recipe.objective),
            recipe,
            density: Density::default(),
            first: zeros(),
            second: zeros(),
            grads: zeros(),
            rows: (0..shape.n_layers).map(rows).collect(),
            current: counts(),
            silent: counts(),
            params,
        }
    }

    /// As it is, but with lists and products chosen at another density.
    #[must_use]
    pub fn with_density(self, density: Density) -> Self {
        Self { density, ..self }
    }

    /// Sizes.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.params.shape
    }

    /// How it is trained.
    #[must_use]
    pub fn recipe(&self) -> &Recipe {
        &self.recipe
    }

    /// The parameters; all rows are current only after [`Net::catch_up_all`].
    #[must_use]
    pub fn params(&self) -> &Tables {
        &self.params
    }

    /// Thresholds of a layer, `[F]`: zeros without JumpReLU.
    #[must_use]
    pub fn thresholds(&self, layer: usize) -> Vec<f32> {
        let tables = &self.params.layers[layer];
        if tables.log_threshold_f.is_empty() {
            return vec![0.0; self.shape().n_features];
        }
        tables.log_threshold_f.iter().map(|log| libm::expf(*log)).collect()
    }

    /// Whether a feature has not fired for long.
    #[must_use]
    pub fn is_dead(&self, layer: usize, feature: usize) -> bool {
        self.silent[layer][feature] >= self.recipe.dead_after
    }

    /// The loss of a batch and its gradient.
    ///
    /// # Panics
    ///
    /// If the batch is empty or of another shape: an error of this crate, never of input.
    pub fn measure(&mut self, batch: &Batch, numbers: Numbers, step: u64) -> Measured {
        let n_tokens = batch.n_tokens();
        assert!(n_tokens > 0 && batch.x_td.len() == self.shape().n_layers, "shape of the batch");
        let thresholds: Vec<Vec<f32>> =
            (0..self.shape().n_layers).map(|layer| self.thresholds(layer)).collect();
        let firings = self.fire(batch, &thresholds, numbers);
        let aux = self.choose_aux(batch);
        self.catch_up(&firings, &aux, step);
        let mut cotangent_td = decode(&self.params, &firings, n_tokens);
        let mut layers = self.errors(batch, &mut cotangent_td);
        let (aux_td, aux_loss) = self.aux_cotangents(&aux, &cotangent_td);
        let factor = 2.0 / n_tokens as f32;
        cotangent_td.par_iter_mut().for_each(|mat| {
            mat.data_mut().iter_mut().for_each(|x| *x *= factor);
        });
        let mut squares = self.shared_gradients(batch, &cotangent_td);
        let mut loss = Loss { aux: aux_loss, ..Loss::default() };
        for layer in 0..self.shape().n_layers {
            let flows = (
                Flow { firings: &firings[layer], cotangent_td: &cotangent_td[layer..] },
                aux[layer]
                    .as_ref()
                    .zip(aux_td.get(layer..))
                    .map(|(firings, cotangent_td)| Flow { firings, cotangent_td }),
            );
            let x_td = &batch.x_td[layer];
            let totals = self.backward(layer, flows, x_td, &thresholds[layer], numbers);
            loss.sparsity += totals.sparsity;
            loss.pre_activation += totals.pre_activation;
            squares += totals.sum_of_squares;
            layers[layer].grad_squares = totals.sum_of_squares;
            layers[layer].n_active = firings[layer].n_active();
            layers[layer].n_window = firings[layer].n_window;
        }
        loss.reconstruction = layers.iter().map(|layer| layer.error).sum::<f64>() / n_tokens as f64;
        let fired = firings.into_iter().map(|firings| firings.n_active_f).collect();
        Measured { loss, grad_norm: squares.sqrt(), layers, n_tokens, fired }
    }

    /// Counts silence after a step was taken.
    pub fn count(&mut self, measured: &Measured) {
        for (silent_f, fired_f) in self.silent.iter_mut().zip(&measured.fired) {
            for (silent, fired) in silent_f.iter_mut().zip(fired_f) {
                *silent = if *fired > 0 { 0 } else { *silent + measured.n_tokens as u64 };
            }
        }
    }

    fn fire(&self, batch: &Batch, thresholds: &[Vec<f32>], numbers: Numbers) -> Vec<Firings> {
        let n_tokens = batch.n_tokens();
        let n_features = self.shape().n_features;
        let dense_from = self.density.dense_from;
        let chosen = |chosen: Vec<Chosen>| from_chosen(chosen, n_features, n_tokens, dense_from);
        let layers = || self.params.layers.iter().zip(&batch.x_td);
        match self.recipe.objective.gate {
            Gate::Relu | Gate::JumpRelu(_) => layers()
                .zip(thresholds)
                .map(|((tables, x_td), threshold_f)| {
                    let half_window = match self.slope() {
                        Slope::Plain => 0.0,
                        Slope::Window { bandwidth, .. } => 0.5 * bandwidth,
                    };
                    encode(tables, x_td, Passes { threshold_f, half_window, dense_from })
                })
                .collect(),
            Gate::TopK { .. } => {
                let k = (numbers.k.round() as usize).clamp(1, n_features);
                layers().map(|(tables, x_td)| chosen(select::top_k(tables, x_td, k))).collect()
            }
            Gate::BatchTopK { scope, .. } => {
                let n = numbers.k * n_tokens as f64;
                self.fire_of_batch(batch, scope, n).into_iter().map(chosen).collect()
            }
        }
    }

    /// The choice of BatchTopK: `n` a layer in the mean, or `n` times layers among all.
    fn fire_of_batch(&self, batch: &Batch, scope: Scope, n: f64) -> Vec<Vec<Chosen>> {
        let n_layers = self.shape().n_layers;
        let of_layer = |layer: usize, n: usize| {
            let tables = (layer, &self.params.layers[layer]);
            let weight_f = matches!(scope, Scope::All { .. }).then(|| self.norms_of(layer));
            select::candidates(tables, &batch.x_td[layer], weight_f.as_deref(), n)
        };
        let found: Vec<_> = match scope {
            Scope::Layer { tilt } => {
                let each = Scope::of_layers(tilt, n, n_layers).into_iter().enumerate();
                each.flat_map(|(layer, n)| of_layer(layer, n)).collect()
            }
            Scope::All { floor } => {
                let (n, floor) = Scope::among_all(floor, n);
                let n = n * n_layers;
                let layers = (0..n_layers).map(|layer| of_layer(layer, n)).collect();
                select::strongest_of_layers(layers, n, floor)
            }
        };
        let mut layers = vec![Vec::new(); n_layers];
        for candidate in found {
            layers[candidate.layer as usize].push(candidate.chosen);
        }
        layers
    }

    /// Decoder norms of a layer, `[F]`.
    #[must_use]
    pub fn norms_of(&self, layer: usize) -> Vec<f32> {
        (0..self.shape().n_features).map(|feature| self.norms[layer].of(feature)).collect()
    }

    pub(super) fn slope(&self) -> Slope {
        match self.recipe.objective.gate {
            Gate::JumpRelu(jump) => {
                Slope::Window { bandwidth: jump.bandwidth as f32, reaches: jump.ste_to_preact }
            }
            Gate::Relu | Gate::TopK { .. } | Gate::BatchTopK { .. } => Slope::Plain,
        }
    }

    /// Dead features that the auxiliary loss lets fire.
    fn choose_aux(&self, batch: &Batch) -> Vec<Option<Firings>> {
        let n_features = self.shape().n_features;
        let Some(aux) = self.recipe.objective.aux else { return vec![None; self.shape().n_layers] };
        let of_layer = |(layer, x_td): (usize, &Mat)| {
            let dead: Vec<u32> =
                (0..n_features).filter(|f| self.is_dead(layer, *f)).map(|f| f as u32).collect();
            if dead.is_empty() {
                return None;
            }
            let chosen = select::top_k_of(&self.params.layers[layer], x_td, &dead, aux.k);
            // Lists only: `f32::INFINITY` is a density that nothing reaches.
            Some(from_chosen(chosen, n_features, x_td.n_rows(), f32::INFINITY))
        };
        batch.x_td.iter().enumerate().map(of_layer).collect()
    }

    /// Turns reconstructions into errors `ŷ − y`, and measures them.
    fn errors(&self, batch: &Batch, recon_td: &mut [Mat]) -> Vec<LayerStats> {
        let of_layer = |(layer, error_td): (usize, &mut Mat)| {
            let tables = &self.params.layers[layer];
            let (x_td, y_td) = (&batch.x_td[layer], &batch.y_td[layer]);
            let (n_tokens, d) = (y_td.n_rows(), y_td.n_cols());
            if tables.w_skip_dd.n_rows() > 0 {
                let (a, b) = (View::rows(x_td.data(), d), View::rows(tables.w_skip_dd.data(), d));
                let out = (error_td.data_mut(), d);
                sgemm([n_tokens, d, d], a, b, out, Into::Add, Threads::All);
            }
            let mut stats = LayerStats::default();
            let mut sum_d = vec![0.0_f64; d];
            for (error_d, y_d) in error_td.data_mut().chunks_exact_mut(d).zip(y_td.rows()) {
                add_to(error_d, &tables.b_dec_d);
                add_scaled(error_d, -1.0, y_d);
                stats.error += sum_of_squares(error_d);
                stats.power += sum_of_squares(y_d);
                sum_d.iter_mut().zip(y_d).for_each(|(sum, y)| *sum += f64::from(*y));
            }
            let mean_power: f64 = sum_d.iter().map(|sum| sum * sum).sum::<f64>() / n_tokens as f64;
            stats.variance = (stats.power - mean_power).max(0.0);
            stats.n_dead =
                (0..tables.b_enc_f.len()).filter(|feature| self.is_dead(layer, *feature)).count();
            stats
        };
        recon_td.par_iter_mut().enumerate().map(of_layer).collect()
    }

    /// Cotangents of the auxiliary reconstructions, and their loss. `error_td` is `ŷ − y`, so
    /// what they should explain is its opposite.
    fn aux_cotangents(&self, aux: &[Option<Firings>], error_td: &[Mat]) -> (Vec<Mat>, f64) {
        let Some(settings) = self.recipe.objective.aux else { return (Vec::new(), 0.0) };
        let n_features = self.shape().n_features;
        let silent = from_chosen(Vec::new(), n_features, 1, f32::INFINITY);
        let firings: Vec<Firings> =
            aux.iter().map(|firings| firings.clone().unwrap_or_else(|| silent.clone())).collect();
        let n_tokens = error_td[0].n_rows();
        let mut out_td = decode(&self.params, &firings, n_tokens);
        let mut loss = 0.0;
        for (layer, (aux_td, error_td)) in out_td.iter_mut().zip(error_td).enumerate() {
            let n_dead = (0..n_features).filter(|f| self.is_dead(layer, *f)).count();
            let share = (n_dead as f64 / settings.k as f64).min(1.0);
            let height = settings.coefficient * share / n_tokens as f64;
            aux_td.add(error_td);
            loss += height * sum_of_squares(aux_td.data());
            aux_td.data_mut().iter_mut().for_each(|x| *x *= (2.0 * height) as f32);
        }
        (out_td, loss)
    }

    /// Gradients of decoder biases and skips; returns their sum of squares.
    fn shared_gradients(&mut self, batch: &Batch, cotangent_td: &[Mat]) -> f64 {
        let mut squares = 0.0;
        for (layer, grads) in self.grads.layers.iter_mut().enumerate() {
            let cotangent_td = &cotangent_td[layer];
            let d = cotangent_td.n_cols();
            grads.b_dec_d = column_sums(cotangent_td);
            squares += sum_of_squares(&grads.b_dec_d);
            if grads.w_skip_dd.n_rows() > 0 {
                let x_td = &batch.x_td[layer];
                let (a, b) = (View::transposed(x_td.data(), d), View::rows(cotangent_td.data(), d));
                let out = (grads.w_skip_dd.data_mut(), d);
                sgemm([d, d, x_td.n_rows()], a, b, out, Into::Overwrite, Threads::All);
                squares += sum_of_squares(grads.w_skip_dd.data());
            }
        }
        squares
    }

    fn backward(
        &mut self,
        layer: usize,
        (main, aux): (Flow<'_>, Option<Flow<'_>>),
        x_td: &Mat,
        threshold_f: &[f32],
        numbers: Numbers,
    ) -> Totals {
        let pulled_f = self.pulled(layer);
        let n_tokens = x_td.n_rows();
        let (sparsity, pre) =
            (self.recipe.objective.sparsity, self.recipe.objective.pre_activation);
        let penalties = Penalties {
            sparsity: numbers.lambda / n_tokens as f64,
            stretch: sparsity.map_or(0.0, |sparsity| sparsity.stretch as f32),
            inverse_frequency_scale: sparsity
                .and_then(|sparsity| sparsity.frequency_scale)
                .map_or(0.0, |scale| 1.0 / scale),
            pre_activation: pre.map_or(0.0, |pre| pre.coefficient / n_tokens as f64),
            n_tokens,
        };
        let reads = Reads {
            tables: &self.params.layers[layer],
            x_td,
            x_sum_d: &column_sums(x_td),
            threshold_f,
            norms: &self.norms[layer],
            pulled_f: &pulled_f,
            slope: self.slope(),
            penalties,
            main,
            aux,
        };
        backward(reads, &mut self.grads.layers[layer], &mut self.rows[layer])
    }

    /// Whether the pre-activation loss pulls each feature up, `[F]`; empty if none.
    pub(super) fn pulled(&self, layer: usize) -> Vec<bool> {
        let n_features = self.shape().n_features;
        match self.recipe.objective.pre_activation.map(|pre| pre.on) {
            None => Vec::new(),
            Some(PulledUp::All) => vec![true; n_features],
            Some(PulledUp::Dead) => (0..n_features).map(|f| self.is_dead(layer, f)).collect(),
        }
    }
}

/// Decoder norms of all layers.
pub(super) fn norms(params: &Tables, objective: &Objective) -> Vec<LayerNorms> {
    params.layers.iter().map(|tables| LayerNorms::new(tables, objective.norm)).collect()
}

/// Sums over rows, `[D]`.
fn column_sums(mat: &Mat) -> Vec<f32> {
    // NUMERICS: f64, as a batch has thousands of rows.
    let mut sum_d = vec![0.0_f64; mat.n_cols()];
    for row in mat.rows() {
        sum_d.iter_mut().zip(row).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    sum_d.into_iter().map(|sum| sum as f32).collect()
}
