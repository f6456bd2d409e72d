//! Rows of the attribution graph: one sweep down the frozen map for a whole batch of targets.
//!
//! A sweep goes from the last block to the embeddings. At each layer it scores every source
//! that writes there against the cotangents, lets the targets that read at this layer join,
//! and pulls all of them through attention. Targets are cut to their causal cones, so a batch
//! may mix layers and positions freely and nothing is computed above a cone.
//!
//! # Invariants
//!
//! - A row does not depend on the other rows of its batch, up to rounding.
//! - `Σ row + constant = value`: what no node carries is counted, so the sum can be checked.
//! - Memory is bounded by the cotangents of one batch ([`BATCH_BYTES`]) and the batch's own rows.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", attribution graphs; the transpose in
//! [`crate::replacement::frozen`].

use rayon::prelude::*;

use super::sources::Sources;
use super::targets::{Seed, Start};
use crate::ops::Mat;
use crate::ops::dense::first_not_finite;
use crate::ops::matmul::{Into, Threads, View, dot, sgemm};
use crate::replacement::local::read_bias;
use crate::replacement::pattern::Pattern;
use crate::replacement::{LocalReplacement, Ragged};

/// Bytes of cotangents in one batch. Large enough that the products run near the machine's
/// peak, small enough that allocations are reused.
pub(super) const BATCH_BYTES: usize = 24 << 20;

/// Decoder rows gathered at a time while a position is scored.
const SCORE_BLOCK: usize = 512;

/// A row before it is stored: effects of every source on one target.
#[derive(Clone, Debug)]
pub(super) struct DenseRow {
    /// `[A]` by place in the list of active features.
    pub(super) feature_a: Vec<f32>,
    /// `[L·T]`, layer-major.
    pub(super) error_lt: Vec<f32>,
    /// `[T]`.
    pub(super) token_t: Vec<f32>,
    /// What no node carries.
    pub(super) constant: f32,
}

/// Computes rows on one prompt.
#[derive(Debug)]
pub(super) struct RowEngine<'a, 'm> {
    local: &'a LocalReplacement<'m>,
    sources: Sources,
    /// The embeddings and position embeddings seen as values of layer 0, `[T, K·E]`.
    token_values: Mat,
    position_values: Option<Mat>,
}

/// One target of a batch: where it starts and where its cone ends.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) start: Start,
    pub(super) pos: usize,
}

impl Origin {
    pub(super) fn of_seed(seed: &Seed) -> Self {
        Self { start: seed.start.clone(), pos: seed.target.pos as usize }
    }

    /// The origin of an active feature, by its place in the list.
    pub(super) fn of_feature(local: &LocalReplacement<'_>, feature: usize) -> Self {
        let pos = local.features().list()[feature].pos as usize;
        Self { start: Start::Feature(feature), pos }
    }
}

impl<'a, 'm> RowEngine<'a, 'm> {
    pub(super) fn new(local: &'a LocalReplacement<'m>) -> Self {
        let map = local.map();
        Self {
            local,
            sources: Sources::new(local),
            token_values: map.embedding_values(local.embeddings()),
            position_values: local.position_embeddings().map(|x_td| map.embedding_values(x_td)),
        }
    }

    /// How many of these targets fit one batch: at least one.
    pub(super) fn batch_len(&self, origins: &[Origin]) -> usize {
        let map = self.local.map();
        let width = self.local.embeddings().n_cols();
        // PERF: a batch rebuilds every pattern once where they are not kept, so it had better be
        // large. At 4,096 tokens, 4 layers of 4 heads, that is most of a row's time
        // (`cargo xtask bench --only scaling`).
        let n_times = if matches!(map.layer(0).pattern, Pattern::Rebuilt(_)) { 4 } else { 1 };
        let budget = n_times * BATCH_BYTES / (size_of::<f32>() * width);
        let mut n_rows = 0;
        let fits = origins.iter().take_while(|origin| {
            n_rows += origin.pos + 1;
            n_rows <= budget
        });
        fits.count().clamp(1, origins.len().max(1))
    }

    /// The rows of a batch, in the order of `origins`.
    pub(super) fn rows(&self, origins: &[Origin]) -> Vec<DenseRow> {
        // Targets join from the top down; ties keep the caller's order.
        let mut order: Vec<usize> = (0..origins.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(self.start_layer(&origins[i])));
        let sorted: Vec<&Origin> = order.iter().map(|&i| &origins[i]).collect();
        let mut sweep = Sweep::new(self);
        let mut waiting = sorted.as_slice();
        for layer in (0..self.local.map().n_layers()).rev() {
            if waiting.is_empty() && sweep.g.n_targets() == 0 {
                break;
            }
            let n_final = waiting.partition_point(|o| self.start_layer(o) > layer);
            let (finals, rest) = waiting.split_at(n_final);
            finals.iter().for_each(|origin| sweep.join_final(origin));
            let n_here = rest.partition_point(|o| self.start_layer(o) == layer);
            let (here, below) = rest.split_at(n_here);
            sweep.layer(layer, here);
            waiting = below;
        }
        let mut rows: Vec<Option<DenseRow>> = vec![None; origins.len()];
        for (row, &place) in sweep.finish().into_iter().zip(&order) {
            rows[place] = Some(row);
        }
        rows.into_iter().map(|row| row.expect("every target was swept")).collect()
    }

    /// The layer whose block a target's cotangent enters first, from above; one past the last
    /// for targets at the final norm.
    fn start_layer(&self, origin: &Origin) -> usize {
        match origin.start {
            Start::Final(_) => self.local.map().n_layers(),
            Start::Feature(feature) => self.local.features().list()[feature].id.layer as usize,
        }
    }
}

/// The state of one batch on its way down.
struct Sweep<'a, 'm> {
    engine: &'a RowEngine<'a, 'm>,
    /// Cotangents of the stream.
    g: Ragged,
    constants_b: Vec<f32>,
    error_blt: Vec<Vec<f32>>,
    token_bt: Vec<Vec<f32>>,
    /// Scores by position.
    scores: Vec<PositionScores>,
}

/// Products of one position's sources with the cotangents of the targets that see it.
struct PositionScores {
    /// Targets whose cone holds the position, in order of joining.
    targets: Vec<usize>,
    /// `[targets, features at the position]`.
    rows: Mat,
}

impl<'a, 'm> Sweep<'a, 'm> {
    fn new(engine: &'a RowEngine<'a, 'm>) -> Self {
        let n_tokens = engine.local.n_tokens();
        let scores = (0..n_tokens).map(|pos| PositionScores {
            targets: Vec::new(),
            rows: Mat::zeros(0, engine.sources.at(pos).len()),
        });
        Self {
            engine,
            g: Ragged::new(engine.local.embeddings().n_cols()),
            constants_b: Vec::new(),
            error_blt: Vec::new(),
            token_bt: Vec::new(),
            scores: scores.collect(),
        }
    }

    /// Makes room for a target's results.
    fn admit(&mut self, pos: usize, constant: f32) {
        let target = self.constants_b.len();
        let local = self.engine.local;
        self.constants_b.push(constant);
        self.error_blt.push(vec![0.0; local.map().n_layers() * local.n_tokens()]);
        self.token_bt.push(vec![0.0; local.n_tokens()]);
        for scores in &mut self.scores[..=pos] {
            scores.targets.push(target);
            scores.rows.push_zeros(1);
        }
    }

    /// A target at the final norm's output joins above the last block.
    fn join_final(&mut self, origin: &Origin) {
        let Start::Final(direction_d) = &origin.start else { return };
        let local = self.engine.local;
        let bias = local.replacement().model().final_norm().bias();
        self.admit(origin.pos, bias.map_or(0.0, |bias_d| dot(bias_d, direction_d)));
        self.g.push_point(origin.pos, &local.map().pull_final(origin.pos, direction_d));
    }

    /// Takes the batch through one block; targets `here` read inside it.
    fn layer(&mut self, layer: usize, here: &[&Origin]) {
        let map = self.engine.local.map();
        let points_bd = self.points(layer, here);
        let pos_b: Vec<usize> = here.iter().map(|origin| origin.pos).collect();
        let n_above = self.g.n_targets();
        let mut skipped = None;
        if n_above > 0 {
            let g_out = map.pull_out(layer, &self.g);
            let g_out = g_out.as_ref().unwrap_or(&self.g);
            score(
                self.engine,
                layer,
                g_out,
                &mut self.scores,
                &mut self.error_blt,
                &mut self.constants_b,
            );
            skipped = map.pull_skip(layer, g_out);
        }
        if map.is_parallel() {
            let attended = map.pull_attention(layer, &self.g, &mut self.constants_b[..n_above]);
            self.g.add(&attended);
            skipped.iter().for_each(|skipped| self.g.add(skipped));
            here.iter().for_each(|origin| self.admit_feature(layer, origin));
            for (row, pos) in pos_b.iter().enumerate() {
                self.g.push_point(*pos, points_bd.row(row));
            }
            if layer == 0 {
                self.score_tokens(0);
            }
            return;
        }
        skipped.iter().for_each(|skipped| self.g.add(skipped));
        if layer == 0 {
            self.score_tokens_as_values(n_above);
        } else if n_above > 0 {
            let attended = map.pull_attention(layer, &self.g, &mut self.constants_b[..n_above]);
            self.g.add(&attended);
        }
        here.iter().for_each(|origin| self.admit_feature(layer, origin));
        if !here.is_empty() {
            let constants = &mut self.constants_b[n_above..];
            let joined = map.pull_attention_of_points(layer, &points_bd, &pos_b, constants);
            self.g.append(&joined);
        }
        if layer == 0 {
            self.score_tokens(n_above);
        }
    }

    /// Where the targets of a layer read, on the stream: `[B, D]`.
    fn points(&self, layer: usize, here: &[&Origin]) -> Mat {
        let local = self.engine.local;
        let mut points_bd = Mat::zeros(here.len(), local.embeddings().n_cols());
        for (row, origin) in here.iter().enumerate() {
            if let Start::Feature(feature) = origin.start {
                let g_d = points_bd.row_mut(row);
                g_d.copy_from_slice(local.features().encoder(feature));
                local.map().pull_read(layer, origin.pos, g_d);
            }
        }
        points_bd
    }

    /// A feature's own constants: its bias, and what it reads of the norm's.
    fn admit_feature(&mut self, layer: usize, origin: &Origin) {
        let Start::Feature(feature) = origin.start else { return };
        let local = self.engine.local;
        let replacement = local.replacement();
        let index = local.features().list()[feature].id.index as usize;
        let bias = replacement.transcoder().b_enc(layer)[index];
        let read = read_bias(replacement, layer)
            .map_or(0.0, |bias_d| dot(bias_d, local.features().encoder(feature)));
        self.admit(origin.pos, bias + read);
    }

    /// Token edges of targets `first..` from cotangents of the embeddings.
    fn score_tokens(&mut self, first: usize) {
        let local = self.engine.local;
        for target in first..self.g.n_targets() {
            for pos in 0..self.g.extent(target) {
                let g_d = self.g.row(target, pos);
                self.token_bt[target][pos] = dot(g_d, local.embeddings().row(pos));
                if let Some(positions_td) = local.position_embeddings() {
                    self.constants_b[target] += dot(g_d, positions_td.row(pos));
                }
            }
        }
    }

    /// Token edges of the first `n` targets without the last product: the embeddings are seen
    /// through layer 0's value map instead of the cotangents being pulled back through it.
    fn score_tokens_as_values(&mut self, n: usize) {
        if n == 0 {
            return;
        }
        self.score_tokens(0);
        let engine = self.engine;
        let values = engine.local.map().pull_to_values(0, &self.g, &mut self.constants_b[..n]);
        for target in 0..n {
            for pos in 0..values.extent(target) {
                let g_ke = values.row(target, pos);
                self.token_bt[target][pos] += dot(g_ke, engine.token_values.row(pos));
                if let Some(position_values) = &engine.position_values {
                    self.constants_b[target] += dot(g_ke, position_values.row(pos));
                }
            }
        }
    }

    /// The rows, in the order of joining.
    fn finish(self) -> Vec<DenseRow> {
        let local = self.engine.local;
        let list = local.features().list();
        let n_features = list.len();
        let parts = self.constants_b.into_iter().zip(self.error_blt).zip(self.token_bt);
        let mut rows: Vec<DenseRow> = parts
            .map(|((constant, error_lt), token_t)| DenseRow {
                feature_a: vec![0.0; n_features],
                error_lt,
                token_t,
                constant,
            })
            .collect();
        for (pos, scores) in self.scores.iter().enumerate() {
            let columns = self.engine.sources.at(pos);
            for (products, &target) in scores.rows.rows().zip(&scores.targets) {
                for (product, &feature) in products.iter().zip(columns) {
                    let activation = list[feature as usize].activation;
                    rows[target].feature_a[feature as usize] = activation * product;
                }
            }
        }
        debug_assert!(rows.iter().all(|row| first_not_finite(&row.feature_a).is_none()));
        rows
    }
}

/// Scores everything that writes at a layer against the cotangents there.
fn score(
    engine: &RowEngine<'_, '_>,
    layer: usize,
    g_out: &Ragged,
    scores: &mut [PositionScores],
    error_blt: &mut [Vec<f32>],
    constants_b: &mut [f32],
) {
    let local = engine.local;
    let n_tokens = local.n_tokens();
    let (errors_td, constants_td) = (local.errors(layer), local.constants(layer));
    let residues: Vec<Vec<[f32; 2]>> = scores
        .par_iter_mut()
        .enumerate()
        .map(|(pos, scores)| {
            let g_bd = gather(g_out, &scores.targets, pos);
            score_features(engine, layer, pos, &g_bd, &mut scores.rows);
            let (error_d, constant_d) = (errors_td.row(pos), constants_td.row(pos));
            g_bd.rows().map(|g_d| [dot(g_d, error_d), dot(g_d, constant_d)]).collect()
        })
        .collect();
    for (pos, (residues, scores)) in residues.iter().zip(scores.iter()).enumerate() {
        for ([error, constant], &target) in residues.iter().zip(&scores.targets) {
            error_blt[target][layer * n_tokens + pos] = *error;
            constants_b[target] += constant;
        }
    }
}

/// The cotangents of some targets at one position, `[targets, D]`.
fn gather(g: &Ragged, targets: &[usize], pos: usize) -> Mat {
    let mut out = Mat::zeros(targets.len(), g.rows().n_cols());
    for (row, &target) in targets.iter().enumerate() {
        out.row_mut(row).copy_from_slice(g.row(target, pos));
    }
    out
}

/// Adds `g · decoder` of every feature at a position that writes at a layer to its column.
fn score_features(engine: &RowEngine<'_, '_>, layer: usize, pos: usize, g_bd: &Mat, out: &mut Mat) {
    let features = engine.local.features();
    let columns = engine.sources.writing_at(pos, layer);
    let (n_targets, d_model, n_columns) = (g_bd.n_rows(), g_bd.n_cols(), out.n_cols());
    if n_targets == 0 || columns.is_empty() {
        return;
    }
    let block = SCORE_BLOCK.min(columns.len());
    let mut decoders_fd = vec![0.0; block * d_model];
    for start in columns.clone().step_by(block) {
        let end = columns.end.min(start + block);
        let chosen = &engine.sources.at(pos)[start..end];
        for (slot, &feature) in decoders_fd.chunks_exact_mut(d_model).zip(chosen) {
            features.read_decoder(feature as usize, layer, slot);
        }
        sgemm(
            [n_targets, end - start, d_model],
            View::rows(g_bd.data(), d_model),
            View::transposed(&decoders_fd, d_model),
            (&mut out.data_mut()[start..], n_columns),
            Into::Add,
            Threads::One,
        );
    }
}
