use std::collections::BTreeMap;

use connectome::train::checkpoint::Numbers;
use connectome::train::transcoder::objective::{DecoderNorm, Gate, PulledUp, Scope, SteToPreact};
use connectome::train::transcoder::{Batch, Objective, Shape, Tables};

use super::nets::is_dead;

/// All parameters in f64, by name.
pub(crate) type Wide = BTreeMap<String, Vec<f64>>;

pub(crate) fn widened(tables: &Tables) -> Wide {
    let numbers = |numbers: Numbers<'_>| match numbers {
        Numbers::F32(values) => values.iter().map(|x| f64::from(*x)).collect(),
        Numbers::U32(_) | Numbers::Made(_) => Vec::new(),
    };
    tables.parts("p").into_iter().map(|part| (part.name.clone(), numbers(part.numbers))).collect()
}

/// The loss, written down once more: every feature on every token, in f64.
pub(crate) struct Plain<'a> {
    pub(crate) shape: Shape,
    pub(crate) objective: &'a Objective,
    pub(crate) batch: &'a Batch,
    /// What the gate did at the point where the gradient is wanted, `[L][T × F]`. The loss is
    /// smooth as long as nothing changes sides, and the estimator's slopes are constants.
    pub(crate) held: Held,
}

/// The gate at one point.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held {
    pre: Vec<Vec<f64>>,
    pub(crate) fires: Vec<Vec<bool>>,
    aux: Vec<Vec<bool>>,
    threshold: Vec<Vec<f64>>,
    missed: Vec<Vec<f64>>,
}

impl<'a> Plain<'a> {
    pub(crate) fn at(
        params: &Wide,
        (shape, objective, batch): (Shape, &'a Objective, &'a Batch),
    ) -> Self {
        let mut plain = Self { shape, objective, batch, held: Held::default() };
        let pre: Vec<_> = (0..shape.n_layers).map(|l| plain.pre_activations(params, l)).collect();
        let threshold: Vec<_> = (0..shape.n_layers).map(|l| plain.thresholds(params, l)).collect();
        let fires = plain.gate(params, &pre, &threshold);
        plain.held = Held { pre, fires, threshold, ..Held::default() };
        plain.held.aux = plain.choose_aux();
        plain.held.missed = (0..shape.n_layers)
            .map(|layer| {
                let (made, wanted) = (plain.reconstruction(params, layer), plain.target(layer));
                wanted.iter().zip(made).map(|(y, made)| y - made).collect()
            })
            .collect();
        plain
    }

    fn n_tokens(&self) -> usize {
        self.batch.n_tokens()
    }

    fn target(&self, layer: usize) -> Vec<f64> {
        self.batch.y_td[layer].data().iter().map(|x| f64::from(*x)).collect()
    }

    /// `[T × F]`.
    fn pre_activations(&self, params: &Wide, layer: usize) -> Vec<f64> {
        let Shape { n_features, d_model, .. } = self.shape;
        let (w, b) = (&params[&format!("p.{layer}.w_enc")], &params[&format!("p.{layer}.b_enc")]);
        let mut out = Vec::new();
        for x in self.batch.x_td[layer].rows() {
            for feature in 0..n_features {
                let row = &w[feature * d_model..(feature + 1) * d_model];
                let product: f64 = row.iter().zip(x).map(|(w, x)| w * f64::from(*x)).sum();
                out.push(product + b[feature]);
            }
        }
        out
    }

    fn thresholds(&self, params: &Wide, layer: usize) -> Vec<f64> {
        let logs = &params[&format!("p.{layer}.log_threshold")];
        match logs.is_empty() {
            true => vec![0.0; self.shape.n_features],
            false => logs.iter().map(|log| log.exp()).collect(),
        }
    }

    fn norm(&self, params: &Wide, layer: usize, feature: usize) -> f64 {
        let d = self.shape.d_model;
        let squares = (0..self.shape.n_outputs(layer)).map(|output| {
            let rows = &params[&format!("p.{layer}.w_dec.{output}")];
            rows[feature * d..(feature + 1) * d].iter().map(|x| x * x).sum::<f64>()
        });
        match self.objective.norm {
            DecoderNorm::Concatenated => squares.sum::<f64>().sqrt(),
            DecoderNorm::Summed => squares.map(f64::sqrt).sum(),
        }
    }

    fn gate(&self, params: &Wide, pre: &[Vec<f64>], threshold: &[Vec<f64>]) -> Vec<Vec<bool>> {
        let (f, n) = (self.shape.n_features, self.n_tokens());
        let all_layers = 0..self.shape.n_layers;
        let mut fires = vec![vec![false; n * f]; self.shape.n_layers];
        match self.objective.gate {
            Gate::Relu | Gate::JumpRelu(_) => {
                for layer in all_layers {
                    for (at, h) in pre[layer].iter().enumerate() {
                        fires[layer][at] = *h > threshold[layer][at % f];
                    }
                }
            }
            Gate::TopK { k } => {
                for layer in all_layers {
                    for token in 0..n {
                        let of_token = token * f..(token + 1) * f;
                        for at in largest(&pre[layer], of_token, k.at(0) as usize) {
                            fires[layer][at] = true;
                        }
                    }
                }
            }
            Gate::BatchTopK { k, scope: Scope::Layer { tilt } } => {
                let last = self.shape.n_layers as f64 - 1.0;
                let shares: Vec<f64> =
                    all_layers.clone().map(|layer| tilt.powf(1.0 - layer as f64 / last)).collect();
                let mean = shares.iter().sum::<f64>() / shares.len() as f64;
                for layer in all_layers {
                    let n_chosen = (k.at(0) * n as f64 * shares[layer] / mean).round() as usize;
                    for at in largest(&pre[layer], 0..n * f, n_chosen) {
                        fires[layer][at] = pre[layer][at] > 0.0;
                    }
                }
            }
            Gate::BatchTopK { k, scope: Scope::All { floor } } => {
                let scores: Vec<f64> = all_layers
                    .clone()
                    .flat_map(|layer| {
                        let pre = &pre[layer];
                        (0..n * f).map(move |at| pre[at] * self.norm(params, layer, at % f))
                    })
                    .collect();
                let n_chosen = k.at(0) as usize * n * self.shape.n_layers;
                let mut chosen = std::collections::BTreeSet::new();
                for layer in all_layers {
                    let of_layer = layer * n * f..(layer + 1) * n * f;
                    chosen.extend(largest(
                        &scores,
                        of_layer,
                        (floor * k.at(0) * n as f64).round() as usize,
                    ));
                }
                // The rest in order, as long as there are any.
                for at in largest(&scores, 0..scores.len(), scores.len()) {
                    if chosen.len() < n_chosen {
                        chosen.insert(at);
                    }
                }
                for at in chosen {
                    fires[at / (n * f)][at % (n * f)] = scores[at] > 0.0;
                }
            }
        }
        fires
    }

    /// The dead features with the largest positive pre-activations of a token.
    fn choose_aux(&self) -> Vec<Vec<bool>> {
        let (f, n) = (self.shape.n_features, self.n_tokens());
        let Some(aux) = self.objective.aux else { return Vec::new() };
        (0..self.shape.n_layers)
            .map(|layer| {
                let score = |at: usize| {
                    let dead = is_dead(layer, at % f);
                    if dead { self.held.pre[layer][at] } else { f64::NEG_INFINITY }
                };
                let scores: Vec<f64> = (0..n * f).map(score).collect();
                let mut chosen = vec![false; n * f];
                for token in 0..n {
                    for at in largest(&scores, token * f..(token + 1) * f, aux.k) {
                        chosen[at] = scores[at] > 0.0;
                    }
                }
                chosen
            })
            .collect()
    }

    /// Activations as a function of the parameters near the point, `[T × F]`.
    fn activations(&self, params: &Wide, layer: usize) -> Vec<f64> {
        let f = self.shape.n_features;
        let (pre, threshold) =
            (self.pre_activations(params, layer), self.thresholds(params, layer));
        let (held_pre, held_threshold) = (&self.held.pre[layer], &self.held.threshold[layer]);
        (0..pre.len())
            .map(|at| {
                let mut a = if self.held.fires[layer][at] { pre[at] } else { 0.0 };
                if let Gate::JumpRelu(jump) = self.objective.gate
                    && (held_pre[at] - held_threshold[at % f]).abs() < jump.bandwidth / 2.0
                {
                    let slope = held_threshold[at % f] / jump.bandwidth;
                    a -= slope * (threshold[at % f] - held_threshold[at % f]);
                    if jump.ste_to_preact == SteToPreact::Rect {
                        a += slope * (pre[at] - held_pre[at]);
                    }
                }
                a
            })
            .collect()
    }

    fn decoded(&self, params: &Wide, layer: usize, acts: impl Fn(usize) -> Vec<f64>) -> Vec<f64> {
        let Shape { n_features: f, d_model: d, .. } = self.shape;
        let mut out = vec![0.0; self.n_tokens() * d];
        for source in self.shape.sources(layer) {
            let rows = &params[&format!("p.{source}.w_dec.{}", layer - source)];
            for (at, a) in acts(source).into_iter().enumerate() {
                let (token, feature) = (at / f, at % f);
                for col in 0..d {
                    out[token * d + col] += a * rows[feature * d + col];
                }
            }
        }
        out
    }

    fn reconstruction(&self, params: &Wide, layer: usize) -> Vec<f64> {
        let d = self.shape.d_model;
        let mut out = self.decoded(params, layer, |source| self.activations(params, source));
        let (bias, skip) =
            (&params[&format!("p.{layer}.b_dec")], &params[&format!("p.{layer}.w_skip")]);
        for (token, x) in self.batch.x_td[layer].rows().enumerate() {
            for col in 0..d {
                out[token * d + col] += bias[col];
                if !skip.is_empty() {
                    let through = (0..d).map(|from| f64::from(x[from]) * skip[from * d + col]);
                    out[token * d + col] += through.sum::<f64>();
                }
            }
        }
        out
    }

    pub(crate) fn loss(&self, params: &Wide) -> f64 {
        let n = self.n_tokens() as f64;
        (0..self.shape.n_layers)
            .map(|layer| {
                let made = self.reconstruction(params, layer);
                let squares = made.iter().zip(self.target(layer)).map(|(a, b)| (a - b).powi(2));
                squares.sum::<f64>() / n
                    + self.sparsity(params, layer)
                    + self.pre_activation(params, layer)
                    + self.aux(params, layer)
            })
            .sum()
    }

    fn sparsity(&self, params: &Wide, layer: usize) -> f64 {
        let Some(sparsity) = self.objective.sparsity else { return 0.0 };
        let (f, n) = (self.shape.n_features, self.n_tokens() as f64);
        let acts = self.activations(params, layer);
        (0..f)
            .map(|feature| {
                let scale = sparsity.stretch * self.norm(params, layer, feature);
                let own = acts.iter().skip(feature).step_by(f);
                let frequency = own.map(|a| (scale * a).tanh()).sum::<f64>() / n;
                let excess = sparsity.frequency_scale.map_or(0.0, |scale| frequency / scale);
                sparsity.coefficient.at(0) * frequency * (1.0 + excess)
            })
            .sum()
    }

    fn pre_activation(&self, params: &Wide, layer: usize) -> f64 {
        let Some(pre) = self.objective.pre_activation else { return 0.0 };
        let f = self.shape.n_features;
        let (h, threshold) = (self.pre_activations(params, layer), self.thresholds(params, layer));
        let missing = |(at, h): (usize, &f64)| {
            let feature = at % f;
            let counts = pre.on == PulledUp::All || is_dead(layer, feature);
            let below = (threshold[feature] - h).max(0.0);
            if counts { below * self.norm(params, layer, feature) } else { 0.0 }
        };
        pre.coefficient * h.iter().enumerate().map(missing).sum::<f64>() / self.n_tokens() as f64
    }

    fn aux(&self, params: &Wide, layer: usize) -> f64 {
        let Some(aux) = self.objective.aux else { return 0.0 };
        let made = self.decoded(params, layer, |source| {
            let pre = self.pre_activations(params, source);
            pre.iter()
                .zip(&self.held.aux[source])
                .map(|(h, on)| if *on { *h } else { 0.0 })
                .collect()
        });
        let n_dead = (0..self.shape.n_features).filter(|f| is_dead(layer, *f)).count();
        let share = (n_dead as f64 / aux.k as f64).min(1.0);
        let squares = made.iter().zip(&self.held.missed[layer]).map(|(a, b)| (a - b).powi(2));
        aux.coefficient * share * squares.sum::<f64>() / self.n_tokens() as f64
    }
}

/// Places of the `k` largest within a range.
fn largest(values: &[f64], within: std::ops::Range<usize>, k: usize) -> Vec<usize> {
    let mut places: Vec<usize> = within.collect();
    places.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    places.truncate(k);
    places
}
