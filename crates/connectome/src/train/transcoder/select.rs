//! Gates that choose: the `k` largest of a token (TopK, AuxK), or of a whole batch (BatchTopK).
//!
//! Pre-activations come by spans of features; from each, only what can still be among the
//! chosen is kept. Of equals, those of the lower layer, feature and token are chosen, so the
//! choice does not depend on the order in which spans are done.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::encode::{Chosen, products, spans};
use super::params::LayerTables;
use crate::ops::Mat;
use crate::ops::matmul::{Into, Threads, View, sgemm};

/// The `k` largest pre-activations of every token, whatever their sign.
pub(super) fn top_k(tables: &LayerTables, x_td: &Mat, k: usize) -> Vec<Chosen> {
    let (n_tokens, d) = (x_td.n_rows(), x_td.n_cols());
    let ranges: Vec<_> = spans(tables.w_enc_fd.n_rows()).collect();
    let of_span: Vec<Vec<Vec<Chosen>>> = ranges
        .into_par_iter()
        .map(|span| {
            let mut pre_tf = vec![0.0; n_tokens * span.len()];
            let rows = &tables.w_enc_fd.data()[span.start * d..span.end * d];
            let (a, b) = (View::rows(x_td.data(), d), View::transposed(rows, d));
            let sizes = [n_tokens, span.len(), d];
            sgemm(sizes, a, b, (&mut pre_tf, span.len()), Into::Overwrite, Threads::One);
            let of_token = |(token, pre_f): (usize, &[f32])| {
                let all = span.clone().zip(pre_f).map(|(feature, pre)| Chosen {
                    feature: feature as u32,
                    token: token as u32,
                    pre: *pre + tables.b_enc_f[feature],
                });
                largest(all.collect(), k)
            };
            pre_tf.chunks_exact(span.len()).enumerate().map(of_token).collect()
        })
        .collect();
    (0..n_tokens)
        .into_par_iter()
        .flat_map_iter(|token| {
            largest(of_span.iter().flat_map(|span| span[token].iter().copied()).collect(), k)
        })
        .collect()
}

/// The `k` largest positive pre-activations of every token among some features.
pub(super) fn top_k_of(
    tables: &LayerTables,
    x_td: &Mat,
    features: &[u32],
    k: usize,
) -> Vec<Chosen> {
    let (n_tokens, d) = (x_td.n_rows(), x_td.n_cols());
    let mut rows = Vec::with_capacity(features.len() * d);
    for feature in features {
        rows.extend_from_slice(tables.w_enc_fd.row(*feature as usize));
    }
    let mut pre_tn = vec![0.0; n_tokens * features.len()];
    let (a, b) = (View::rows(x_td.data(), d), View::transposed(&rows, d));
    let sizes = [n_tokens, features.len(), d];
    sgemm(sizes, a, b, (&mut pre_tn, features.len()), Into::Overwrite, Threads::All);
    pre_tn
        .par_chunks_exact(features.len().max(1))
        .enumerate()
        .flat_map_iter(|(token, pre_n)| {
            let all = features.iter().zip(pre_n).map(|(feature, pre)| Chosen {
                feature: *feature,
                token: token as u32,
                pre: *pre + tables.b_enc_f[*feature as usize],
            });
            largest(all.filter(|chosen| is_above(chosen.pre)).collect(), k)
        })
        .collect()
}

fn largest(mut all: Vec<Chosen>, k: usize) -> Vec<Chosen> {
    let by_rank = |a: &Chosen, b: &Chosen| {
        descending(a.pre, b.pre).then(a.feature.cmp(&b.feature)).then(a.token.cmp(&b.token))
    };
    if all.len() > k {
        all.select_nth_unstable_by(k, by_rank);
        all.truncate(k);
    }
    all
}

/// A candidate of a batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) score: f32,
    pub(super) layer: u32,
    pub(super) chosen: Chosen,
}

/// The `n` candidates of a layer with the largest positive scores: the pre-activation, times
/// `weight_f` where that is given.
pub(super) fn candidates(
    (layer, tables): (usize, &LayerTables),
    x_td: &Mat,
    weight_f: Option<&[f32]>,
    n: usize,
) -> Vec<Candidate> {
    let n_tokens = x_td.n_rows();
    let ranges: Vec<_> = spans(tables.w_enc_fd.n_rows()).collect();
    let of_span: Vec<Vec<Candidate>> = ranges
        .into_par_iter()
        .map(|span| {
            let mut pre_ft = vec![0.0; span.len() * n_tokens];
            products(&tables.w_enc_fd, &span, x_td, &mut pre_ft);
            let mut found = Vec::new();
            for (feature, pre_t) in span.zip(pre_ft.chunks_exact(n_tokens.max(1))) {
                let bias = tables.b_enc_f[feature];
                let weight = weight_f.map_or(1.0, |weight_f| weight_f[feature]);
                for (token, product) in pre_t.iter().enumerate() {
                    let pre = product + bias;
                    if is_above(pre) {
                        let (feature, token) = (feature as u32, token as u32);
                        let chosen = Chosen { feature, token, pre };
                        found.push(Candidate { score: pre * weight, layer: layer as u32, chosen });
                    }
                }
            }
            strongest(found, n)
        })
        .collect();
    strongest(of_span.into_iter().flatten().collect(), n)
}

/// The `n` largest scores.
pub(super) fn strongest(mut all: Vec<Candidate>, n: usize) -> Vec<Candidate> {
    if all.len() > n {
        all.select_nth_unstable_by(n, by_score);
        all.truncate(n);
    }
    all
}

/// The `n` largest scores, but of every layer its `floor` largest in any case.
pub(super) fn strongest_of_layers(
    layers: Vec<Vec<Candidate>>,
    n: usize,
    floor: usize,
) -> Vec<Candidate> {
    let (mut kept, rest) = apart(layers, floor);
    let n_free = n.saturating_sub(kept.len());
    kept.extend(strongest(rest, n_free));
    kept
}

/// The `floor` largest scores of every layer, and all others.
pub(super) fn apart(layers: Vec<Vec<Candidate>>, floor: usize) -> (Vec<Candidate>, Vec<Candidate>) {
    let (mut kept, mut rest) = (Vec::new(), Vec::new());
    for mut layer in layers {
        if floor < layer.len() {
            if floor > 0 {
                layer.select_nth_unstable_by(floor, by_score);
            }
            rest.extend(layer.split_off(floor));
        }
        kept.extend(layer);
    }
    (kept, rest)
}

fn by_score(a: &Candidate, b: &Candidate) -> Ordering {
    let place = |candidate: &Candidate| {
        let Candidate { layer, chosen, .. } = candidate;
        (*layer, chosen.feature, chosen.token)
    };
    descending(a.score, b.score).then_with(|| place(a).cmp(&place(b)))
}

/// Larger first; the two zeros are equal, and NaN comes first so that it shows.
fn descending(a: f32, b: f32) -> Ordering {
    (b + 0.0).abs_or_self().total_cmp(&(a + 0.0).abs_or_self())
}

trait NanFirst {
    fn abs_or_self(self) -> Self;
}

impl NanFirst for f32 {
    /// NaN of either sign as the positive one, which orders above all numbers.
    fn abs_or_self(self) -> Self {
        if self.is_nan() { self.abs() } else { self }
    }
}

/// Whether a pre-activation may fire. NaN must not hide: it goes on to where it is looked for.
fn is_above(pre: f32) -> bool {
    pre > 0.0 || pre.is_nan()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::transcoder::params::{Extras, Presence, Shape, Tables};

    /// A layer of width 1 whose pre-activations at input 1 are these numbers.
    fn layer(pre_f: &[f32]) -> LayerTables {
        let shape = Shape { n_layers: 1, n_features: pre_f.len(), d_model: 1, window: 1 };
        let extras = Extras { thresholds: Presence::Absent, skip: Presence::Absent };
        let mut tables = Tables::zeros(shape, extras).layers.remove(0);
        tables.w_enc_fd.data_mut().copy_from_slice(pre_f);
        tables
    }

    fn features(mut chosen: Vec<Chosen>) -> Vec<(u32, u32)> {
        chosen.sort_by_key(|chosen| (chosen.token, chosen.feature));
        chosen.iter().map(|chosen| (chosen.token, chosen.feature)).collect()
    }

    // A negative input turns the order around: every token is chosen for itself.
    #[test]
    fn top_k_is_by_token_and_keeps_the_sign() {
        let tables = layer(&[-3.0, 2.0, -1.0, 2.0, -2.0]);
        let x_td = Mat::from_vec(vec![1.0, -1.0], 2, 1);
        let chosen = top_k(&tables, &x_td, 3);
        assert_eq!(features(chosen), [(0, 1), (0, 2), (0, 3), (1, 0), (1, 2), (1, 4)]);
        let among = top_k_of(&tables, &x_td, &[0, 1, 2], 2);
        assert_eq!(features(among), [(0, 1), (1, 0), (1, 2)], "only positive ones");
    }

    #[test]
    fn top_k_over_many_spans_is_that_over_all() {
        let pre: Vec<f32> = (0..1000).map(|i| ((i * 7919) % 1000) as f32 - 500.0).collect();
        let x_td = Mat::from_vec(vec![1.0], 1, 1);
        let mut found: Vec<f32> =
            top_k(&layer(&pre), &x_td, 40).iter().map(|chosen| chosen.pre).collect();
        found.sort_by(f32::total_cmp);
        assert_eq!(found, (460..500).map(|i| i as f32).collect::<Vec<_>>());
    }

    #[test]
    fn a_batch_shares_its_places_and_weights_count() {
        let tables = layer(&[1.0, 3.0, 2.0]);
        let x_td = Mat::from_vec(vec![1.0, 10.0], 2, 1);
        let places = |found: Vec<Candidate>| {
            features(found.iter().map(|candidate| candidate.chosen).collect())
        };
        let plain = candidates((0, &tables), &x_td, None, 4);
        assert_eq!(places(plain), [(0, 1), (1, 0), (1, 1), (1, 2)]);
        let weighted = candidates((0, &tables), &x_td, Some(&[100.0, 0.1, 1.0]), 2);
        assert_eq!(places(weighted), [(0, 0), (1, 0)]);
    }
}
