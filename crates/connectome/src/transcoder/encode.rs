//! Which features fire: pre-activations by spans of features, and the gate.
//!
//! Only what fires is kept, so memory is bounded by a few spans and by the firings. Spans do
//! not depend on the number of threads, so neither do the results.

use std::cmp::Ordering;
use std::ops::Range;

use rayon::prelude::*;

use super::encoder::Encoder;
use crate::error::LoadError;
use crate::ops::Mat;

/// Features of one product.
const SPAN: usize = 1024;

/// Spans between two returns of a transposed encoder's pages, of which every span touches a part
/// of every row: 16,384 features, 64 KiB of each f32 row, which is what the kernel maps around
/// one page fault.
const SPANS_A_GROUP: usize = 16;

/// A feature that fired at a position.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Firing {
    /// Position in the prompt.
    pub pos: u32,
    /// Index in the layer's dictionary.
    pub index: u32,
    /// What the feature multiplies its decoder by; not zero, negative only under TopK or a
    /// negative threshold.
    pub activation: f32,
    /// What the gate saw. Today's activations let it through unchanged.
    pub pre_activation: f32,
}

/// What lets a pre-activation through.
#[derive(Clone, Debug)]
pub(super) enum Gate {
    /// Above one threshold.
    Above(f32),
    /// Above the feature's threshold, `[F]`.
    AboveEach(Vec<f32>),
    /// Among so many largest of the position; of equals, those with the lower index.
    Strongest(usize),
}

/// Firings of a layer, sorted by `(pos, index)`. Row 0 of `input_td` is position `first_pos`.
pub(super) fn encode(
    encoder: &Encoder,
    gate: &Gate,
    input_td: &Mat,
    first_pos: usize,
) -> Result<Vec<Firing>, LoadError> {
    let mut candidates = match gate {
        Gate::Above(threshold) => above(encoder, input_td, |_| *threshold)?,
        Gate::AboveEach(threshold_f) => above(encoder, input_td, |feature| threshold_f[feature])?,
        Gate::Strongest(k) => strongest(encoder, input_td, *k)?,
    };
    candidates.sort_unstable_by_key(|candidate| (candidate.row, candidate.index));
    let pos = |row: u32| u32::try_from(first_pos).expect("positions are tokens") + row;
    Ok(candidates
        .into_iter()
        .filter(|candidate| candidate.pre_activation != 0.0)
        .map(|Candidate { row, index, pre_activation }| Firing {
            pos: pos(row),
            index,
            activation: pre_activation,
            pre_activation,
        })
        .collect())
}

/// A pre-activation that passed the gate, or may.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    row: u32,
    index: u32,
    pre_activation: f32,
}

impl Candidate {
    fn new(row: usize, feature: usize, pre_activation: f32) -> Self {
        let narrow = |x| u32::try_from(x).expect("rows are tokens and features fit u32");
        Self { row: narrow(row), index: narrow(feature), pre_activation }
    }
}

/// Maps the pre-activations `[T, span]` of all spans, a group of spans at a time and in order.
fn by_spans<T: Send>(
    encoder: &Encoder,
    input_td: &Mat,
    map: impl Fn(Range<usize>, Mat) -> T + Sync,
    mut absorb: impl FnMut(Vec<T>),
) -> Result<(), LoadError> {
    let n_features = encoder.n_features();
    let group_len = SPAN * SPANS_A_GROUP;
    for group in (0..n_features).step_by(group_len) {
        let group = group..n_features.min(group + group_len);
        encoder.will_need(group.clone());
        let spans: Vec<Range<usize>> =
            group.clone().step_by(SPAN).map(|start| start..group.end.min(start + SPAN)).collect();
        // Collected before the first error is looked for, so that which one is reported does
        // not depend on the threads.
        let parts: Vec<Result<T, LoadError>> = spans
            .into_par_iter()
            .map(|span| {
                let pre_tf = encoder.pre_activations(span.clone(), input_td)?;
                encoder.release_span(span.clone());
                Ok(map(span, pre_tf))
            })
            .collect();
        encoder.release_all();
        absorb(parts.into_iter().collect::<Result<_, _>>()?);
    }
    Ok(())
}

/// The pre-activations above a feature's threshold.
fn above(
    encoder: &Encoder,
    input_td: &Mat,
    threshold: impl Fn(usize) -> f32 + Sync,
) -> Result<Vec<Candidate>, LoadError> {
    let keep = |span: Range<usize>, pre_tf: Mat| {
        let mut kept = Vec::new();
        for (row, pre_f) in pre_tf.rows().enumerate() {
            for (feature, pre) in span.clone().zip(pre_f) {
                if *pre > threshold(feature) {
                    kept.push(Candidate::new(row, feature, *pre));
                }
            }
        }
        kept
    };
    let mut candidates = Vec::new();
    by_spans(encoder, input_td, keep, |parts| candidates.extend(parts.into_iter().flatten()))?;
    Ok(candidates)
}

/// The `k` largest pre-activations of every row.
fn strongest(encoder: &Encoder, input_td: &Mat, k: usize) -> Result<Vec<Candidate>, LoadError> {
    let best_of_span = |span: Range<usize>, pre_tf: Mat| -> Vec<Vec<Candidate>> {
        let rows = pre_tf.rows().enumerate().map(|(row, pre_f)| {
            let all = span.clone().zip(pre_f);
            let mut best = all.map(|(feature, pre)| Candidate::new(row, feature, *pre)).collect();
            keep_strongest(&mut best, k);
            best
        });
        rows.collect()
    };
    let mut best_ta: Vec<Vec<Candidate>> = vec![Vec::new(); input_td.n_rows()];
    by_spans(encoder, input_td, best_of_span, |parts| {
        best_ta.par_iter_mut().enumerate().for_each(|(row, best)| {
            for part in &parts {
                best.extend_from_slice(&part[row]);
            }
            keep_strongest(best, k);
        });
    })?;
    Ok(best_ta.into_iter().flatten().collect())
}

/// Leaves the `k` largest, in no order.
fn keep_strongest(candidates: &mut Vec<Candidate>, k: usize) {
    if candidates.len() > k {
        candidates.select_nth_unstable_by(k, stronger_first);
        candidates.truncate(k);
    }
}

fn stronger_first(a: &Candidate, b: &Candidate) -> Ordering {
    // All are finite, and `+ 0.0` makes the two zeros equal, so that the order is that of the
    // numbers.
    let by_value = (b.pre_activation + 0.0).total_cmp(&(a.pre_activation + 0.0));
    by_value.then(a.index.cmp(&b.index))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::Matrix;
    use crate::ops::matrix::Layout;
    use crate::transcoder::place::Place;

    /// An encoder of width 1 whose pre-activations at input 1 are these numbers.
    fn encoder(pre_f: &[f32]) -> Encoder {
        let weight = Matrix::from_f32(pre_f, pre_f.len(), 1);
        let place = Place { tensor: "W_enc".to_owned(), path: "memory".into() };
        Encoder::new(weight, Layout::OutIn, vec![0.0; pre_f.len()], place)
    }

    fn firing(pre_f: &[f32], gate: &Gate) -> Vec<(u32, f32)> {
        let input = Mat::from_vec(vec![1.0], 1, 1);
        let firings = encode(&encoder(pre_f), gate, &input, 7).unwrap();
        assert!(firings.iter().all(|firing| firing.pos == 7));
        firings.iter().map(|firing| (firing.index, firing.activation)).collect()
    }

    // Definitions of the spec: ReLU lets through what is above zero, JumpReLU what is strictly
    // above its threshold, and what is exactly zero is not active.
    #[test]
    fn gates_are_strict_and_zero_does_not_fire() {
        let pre = [-1.0, 0.0, 0.5, 1.0];
        assert_eq!(firing(&pre, &Gate::Above(0.0)), [(2, 0.5), (3, 1.0)]);
        assert_eq!(firing(&pre, &Gate::Above(0.5)), [(3, 1.0)]);
        let below_zero = Gate::AboveEach(vec![-2.0, -2.0, 0.5, 0.25]);
        assert_eq!(firing(&pre, &below_zero), [(0, -1.0), (3, 1.0)]);
    }

    #[test]
    fn the_strongest_keep_their_sign_and_ties_go_to_the_lower_index() {
        let pre = [-3.0, 2.0, -1.0, 2.0, -2.0];
        assert_eq!(firing(&pre, &Gate::Strongest(1)), [(1, 2.0)]);
        assert_eq!(firing(&pre, &Gate::Strongest(3)), [(1, 2.0), (2, -1.0), (3, 2.0)]);
        // A zero takes a place and does not fire; the two zeros are equal.
        assert_eq!(firing(&[-1.0, -0.0, 0.0, -2.0], &Gate::Strongest(3)), [(0, -1.0)]);
    }

    #[test]
    fn spans_and_groups_do_not_show_in_the_result() {
        let n = SPAN * SPANS_A_GROUP + SPAN + 3;
        let pre: Vec<f32> = (0..n).map(|i| ((i * 7919) % n) as f32 - n as f32 / 2.0).collect();
        let above: Vec<(u32, f32)> = (0..n)
            .filter(|i| pre[*i] > 8000.0)
            .map(|i| (u32::try_from(i).unwrap(), pre[i]))
            .collect();
        assert!(above.len() > SPANS_A_GROUP && above.last().unwrap().0 as usize > n - SPAN);
        assert_eq!(firing(&pre, &Gate::Above(8000.0)), above);
        assert_eq!(firing(&pre, &Gate::Strongest(above.len())), above);
    }
}
