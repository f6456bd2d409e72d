//! Which features fire on a batch: one dense product by spans of features, then lists of what
//! passed the gate.
//!
//! A span's pre-activations are looked at while they are in the cache and never stored, so
//! memory grows with what fires and not with tokens × features. Lists go by feature, then by
//! token: the order in which decoder and encoder rows are used and their gradients are made.

use std::ops::Range;

use rayon::prelude::*;

use super::params::LayerTables;
use crate::ops::Mat;
use crate::ops::matmul::{Into, Threads, View, sgemm};
use crate::ops::simd::vectorized;

/// Features of one product.
pub(super) const SPAN: usize = 256;

/// What passes the gate of a layer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passes<'a> {
    /// Where activations begin, `[F]`.
    pub(super) threshold_f: &'a [f32],
    /// Half the window around it in which gradients pass; 0 without.
    pub(super) half_window: f32,
    /// Share of a span's numbers, fired or in a window, above which it is treated as dense.
    pub(super) dense_from: f32,
}

/// The firings of a layer, and what else its backward pass needs.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Firings {
    /// Where each feature's entries start, `[F + 1]`.
    pub(super) starts: Vec<usize>,
    /// Token of an entry.
    pub(super) token: Vec<u32>,
    /// Its pre-activation.
    pub(super) pre: Vec<f32>,
    /// Its activation; 0 if it is only in a window.
    pub(super) act: Vec<f32>,
    /// How each span is to be treated.
    pub(super) spans: Vec<SpanKind>,
    /// Tokens on which a feature fires, `[F]`.
    pub(super) n_active_f: Vec<u32>,
    /// Σ over tokens of `max(θ − h, 0)`, `[F]`; empty where nothing asks for it.
    pub(super) below_f: Vec<f64>,
    /// Numbers in a window that do not fire.
    pub(super) n_window: u64,
}

/// How a span of features is to be treated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SpanKind {
    /// Whether so much fires that products over all tokens are cheaper than lists.
    pub(super) fires_densely: bool,
    /// The same for what the gate's gradient reaches; entries are then only those that fire.
    pub(super) gate_is_dense: bool,
}

impl Firings {
    /// Entries of a feature.
    #[inline(always)]
    pub(super) fn of(&self, feature: usize) -> Range<usize> {
        self.starts[feature]..self.starts[feature + 1]
    }

    /// Entries of a span of features.
    pub(super) fn of_span(&self, features: &Range<usize>) -> Range<usize> {
        self.starts[features.start]..self.starts[features.end]
    }

    /// Firings of all tokens.
    pub(super) fn n_active(&self) -> u64 {
        self.n_active_f.iter().map(|n| u64::from(*n)).sum()
    }
}

/// The spans of a layer.
pub(super) fn spans(n_features: usize) -> impl Iterator<Item = Range<usize>> + Clone {
    (0..n_features).step_by(SPAN).map(move |start| start..n_features.min(start + SPAN))
}

/// Pre-activations without bias of a span, `[n, T]`.
pub(super) fn products(w_enc_fd: &Mat, span: &Range<usize>, x_td: &Mat, pre_ft: &mut [f32]) {
    let (n_tokens, d) = (x_td.n_rows(), x_td.n_cols());
    let rows = &w_enc_fd.data()[span.start * d..span.end * d];
    let (a, b) = (View::rows(rows, d), View::transposed(x_td.data(), d));
    sgemm([span.len(), n_tokens, d], a, b, (pre_ft, n_tokens), Into::Overwrite, Threads::One);
}

/// What one span found.
#[derive(Debug, Default)]
struct Part {
    counts: Vec<usize>,
    token: Vec<u32>,
    pre: Vec<f32>,
    act: Vec<f32>,
    n_active: Vec<u32>,
    below: Vec<f64>,
    n_window: u64,
    kind: SpanKind,
}

/// Encodes a batch: entries are what is above its threshold, or in the window around it.
pub(super) fn encode(tables: &LayerTables, x_td: &Mat, passes: Passes<'_>) -> Firings {
    let n_tokens = x_td.n_rows();
    let ranges: Vec<Range<usize>> = spans(tables.w_enc_fd.n_rows()).collect();
    let parts: Vec<Part> = ranges
        .into_par_iter()
        .map_init(
            || vec![0.0_f32; SPAN * n_tokens],
            |pre_ft, span| {
                products(&tables.w_enc_fd, &span, x_td, pre_ft);
                vectorized(
                    #[inline(always)]
                    || scan(tables, &span, passes, pre_ft, n_tokens),
                )
            },
        )
        .collect();
    assembled(parts)
}

#[inline(always)]
fn scan(
    tables: &LayerTables,
    span: &Range<usize>,
    passes: Passes<'_>,
    pre_ft: &mut [f32],
    n_tokens: usize,
) -> Part {
    let mut part = Part::default();
    for (feature, pre_t) in span.clone().zip(pre_ft.chunks_exact_mut(n_tokens.max(1))) {
        let threshold = passes.threshold_f[feature];
        let seen = row(pre_t, tables.b_enc_f[feature], threshold, passes.half_window, &mut part);
        part.counts.push(seen.entries);
        part.n_active.push(seen.active as u32);
        part.below.push(seen.below);
        part.n_window += (seen.entries - seen.active) as u64;
    }
    let numbers = (span.len() * n_tokens) as f32;
    let active: usize = part.n_active.iter().map(|n| *n as usize).sum();
    part.kind = SpanKind {
        fires_densely: active as f32 > passes.dense_from * numbers,
        gate_is_dense: part.token.len() as f32 > passes.dense_from * numbers,
    };
    if part.kind.gate_is_dense {
        part.drop_silent();
    }
    part
}

impl Part {
    /// Leaves only what fires: the rest is made anew where the gate is dense.
    fn drop_silent(&mut self) {
        let mut kept = 0;
        for at in 0..self.token.len() {
            if self.act[at] != 0.0 {
                self.token[kept] = self.token[at];
                self.pre[kept] = self.pre[at];
                self.act[kept] = self.act[at];
                kept += 1;
            }
        }
        self.token.truncate(kept);
        self.pre.truncate(kept);
        self.act.truncate(kept);
        self.counts = self.n_active.iter().map(|n| *n as usize).collect();
    }
}

struct Seen {
    entries: usize,
    active: usize,
    below: f64,
}

/// Numbers looked at together: where none of them passes, as for most, nothing else is done.
const GROUP: usize = 32;

#[inline(always)]
fn row(pre_t: &mut [f32], bias: f32, threshold: f32, half_window: f32, part: &mut Part) -> Seen {
    let low = threshold - half_window;
    let mut seen = Seen { entries: 0, active: 0, below: 0.0 };
    for (group, pre) in pre_t.chunks_mut(GROUP).enumerate() {
        let (mut below, mut highest) = (0.0_f32, f32::NEG_INFINITY);
        for h in pre.iter_mut() {
            *h += bias;
            let missing = threshold - *h;
            below += if missing > 0.0 { missing } else { 0.0 };
            // NaN must not hide: it is not below, so it is looked at.
            highest = if *h <= highest { highest } else { *h };
        }
        seen.below += f64::from(below);
        if highest <= low {
            continue;
        }
        for (at, h) in pre.iter().enumerate() {
            let fires = *h > threshold || h.is_nan();
            if fires || (*h - threshold).abs() < half_window {
                part.token.push((group * GROUP + at) as u32);
                part.pre.push(*h);
                part.act.push(if fires { *h } else { 0.0 });
                seen.entries += 1;
                seen.active += usize::from(fires);
            }
        }
    }
    seen
}

fn assembled(parts: Vec<Part>) -> Firings {
    let n_entries = parts.iter().map(|part| part.token.len()).sum();
    let mut firings = Firings { starts: vec![0], ..Firings::default() };
    firings.token.reserve_exact(n_entries);
    firings.pre.reserve_exact(n_entries);
    firings.act.reserve_exact(n_entries);
    let mut end = 0;
    for part in parts {
        for count in part.counts {
            end += count;
            firings.starts.push(end);
        }
        firings.token.extend_from_slice(&part.token);
        firings.pre.extend_from_slice(&part.pre);
        firings.act.extend_from_slice(&part.act);
        firings.n_active_f.extend_from_slice(&part.n_active);
        firings.below_f.extend_from_slice(&part.below);
        firings.n_window += part.n_window;
        firings.spans.push(part.kind);
    }
    firings
}

/// Firings that were chosen one by one (TopK and its relatives), in any order.
pub(super) fn from_chosen(
    mut chosen: Vec<Chosen>,
    n_features: usize,
    n_tokens: usize,
    dense_from: f32,
) -> Firings {
    chosen.sort_unstable_by_key(|entry| (entry.feature, entry.token));
    let mut firings = Firings { n_active_f: vec![0; n_features], ..Firings::default() };
    for entry in &chosen {
        firings.n_active_f[entry.feature as usize] += 1;
    }
    firings.starts.push(0);
    let mut end = 0;
    for n in &firings.n_active_f {
        end += *n as usize;
        firings.starts.push(end);
    }
    firings.token = chosen.iter().map(|entry| entry.token).collect();
    firings.pre = chosen.iter().map(|entry| entry.pre).collect();
    firings.act.clone_from(&firings.pre);
    firings.spans = spans(n_features)
        .map(|span| {
            let numbers = (span.len() * n_tokens) as f32;
            let dense = firings.of_span(&span).len() as f32 > dense_from * numbers;
            SpanKind { fires_densely: dense, gate_is_dense: false }
        })
        .collect();
    firings
}

/// A pre-activation that was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Chosen {
    pub(super) feature: u32,
    pub(super) token: u32,
    pub(super) pre: f32,
}
