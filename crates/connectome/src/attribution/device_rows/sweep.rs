//! One batch on its way down: the state of a sweep and what happens at a layer.

use std::ops::Range;

use super::super::rows::{DenseRow, Origin};
use super::super::targets::Start;
use super::plan::{Lists, Plan};
use super::written::WrittenAt;
use super::{DeviceEngine, Limits};
use crate::device::{DeviceError, RowDevice, Shape, Slab, SlabMut, Table, Vectors};
use crate::ops::matmul::{Into, dot};
use crate::replacement::LocalReplacement;
use crate::replacement::device_map::{Cones, Scratch, scratch_floats};
use crate::replacement::local::read_bias;

/// What a batch needs on the device, made once and used by all.
#[derive(Debug)]
pub(super) struct Buffers<D: RowDevice> {
    /// Cotangents of the stream, `[R, D]`.
    g: D::Floats,
    /// What the linear skip passes, `[R, D]`, if the dictionary has one.
    skipped: Option<D::Floats>,
    /// Products with errors, `[L, R]`.
    errors_lr: D::Floats,
    /// Products with embeddings, `[R]`.
    tokens_r: D::Floats,
    /// Products with what no node carries, `[R]`.
    constants_r: D::Floats,
    /// Products with decoder rows, position by position `[targets, features]`.
    scores: D::Floats,
    /// Decoder rows, widened.
    decoders_fd: D::Floats,
    scratch: Scratch<D>,
}

impl<D: RowDevice> Buffers<D> {
    pub(super) fn new(
        device: &D,
        local: &LocalReplacement<'_>,
        limits: Limits,
    ) -> Result<Self, DeviceError> {
        let d_model = local.embeddings().n_cols();
        let n_rows = limits.rows;
        let skipped = has_skip(local).then(|| device.zeros(n_rows * d_model));
        Ok(Self {
            g: device.zeros(n_rows * d_model)?,
            skipped: skipped.transpose()?,
            errors_lr: device.zeros(local.map().n_layers() * n_rows)?,
            tokens_r: device.zeros(n_rows)?,
            constants_r: device.zeros(n_rows)?,
            scores: device.zeros(limits.scores)?,
            decoders_fd: device.zeros(limits.decoder_rows * d_model)?,
            scratch: Scratch::new(device, local, n_rows)?,
        })
    }
}

/// Floats that each row takes.
pub(super) fn floats_per_row(local: &LocalReplacement<'_>) -> usize {
    let streams = 1 + usize::from(has_skip(local));
    streams * local.embeddings().n_cols() + local.map().n_layers() + 2 + scratch_floats(local).0
}

/// What [`Buffers::new`] allocates, in bytes.
pub(super) fn buffer_bytes(local: &LocalReplacement<'_>, limits: Limits) -> u64 {
    let floats = limits.rows * floats_per_row(local)
        + limits.scores
        + limits.decoder_rows * local.embeddings().n_cols()
        + scratch_floats(local).1;
    4 * floats as u64
}

fn has_skip(local: &LocalReplacement<'_>) -> bool {
    let transcoder = local.replacement().transcoder();
    (0..local.map().n_layers()).any(|layer| transcoder.skip(layer).is_some())
}

/// A batch.
pub(super) struct Sweep<'e, 'a, 'm, D: RowDevice> {
    engine: &'e mut DeviceEngine<'a, 'm, D>,
    origins: &'e [&'e Origin],
    plan: Plan,
    lists: Lists<D>,
    n_joined: usize,
    /// Constants that are known when a target joins.
    constants_b: Vec<f32>,
}

impl<'e, 'a, 'm, D: RowDevice> Sweep<'e, 'a, 'm, D> {
    /// `origins` in the order of joining.
    pub(super) fn new(
        engine: &'e mut DeviceEngine<'a, 'm, D>,
        origins: &'e [&'e Origin],
    ) -> Result<Self, DeviceError> {
        let (device, local) = (engine.device, engine.local);
        let n_columns: Vec<usize> =
            (0..local.n_tokens()).map(|pos| engine.sources.at(pos).len()).collect();
        let plan = Plan::new(origins.iter().map(|origin| origin.pos).collect(), &n_columns);
        let lists = plan.lists(device)?;
        let (n_rows, n_layers) = (plan.n_rows(), local.map().n_layers());
        let buffers = &mut engine.buffers;
        device.clear(&mut buffers.g, n_rows * local.embeddings().n_cols())?;
        device.clear(&mut buffers.errors_lr, n_layers * n_rows)?;
        device.clear(&mut buffers.constants_r, n_rows)?;
        device.clear(&mut buffers.scores, plan.n_scores())?;
        Ok(Self { engine, origins, plan, lists, n_joined: 0, constants_b: Vec::new() })
    }

    /// Rows of targets that have joined.
    fn n_rows(&self) -> usize {
        self.plan.first_row_b[self.n_joined]
    }

    /// Targets up to `end` join where they read.
    pub(super) fn join(&mut self, end: usize) -> Result<(), DeviceError> {
        if end == self.n_joined {
            return Ok(());
        }
        let (mut points, mut rows) = (Vec::new(), Vec::new());
        for target in self.n_joined..end {
            let origin = self.origins[target];
            let (point_d, constant) = point(self.engine.local, origin);
            points.extend(point_d);
            rows.push(self.plan.rows(target).end as u32 - 1);
            self.constants_b.push(constant);
        }
        let device = self.engine.device;
        let shape = Shape { n_rows: rows.len(), width: points.len() / rows.len() };
        let (points, rows) = (device.upload(&points)?, device.upload_words(&rows)?);
        device.scatter_rows(&points, &rows, shape, &mut self.engine.buffers.g)?;
        self.n_joined = end;
        Ok(())
    }

    /// Takes the batch through one block; targets up to `end` read inside it.
    pub(super) fn layer(&mut self, layer: usize, end: usize) -> Result<(), DeviceError> {
        let skipped = self.n_joined > 0 && self.score_and_skip(layer)?;
        if self.engine.local.map().is_parallel() {
            self.attend(layer)?;
            self.add_skipped(skipped)?;
            self.join(end)?;
        } else {
            self.add_skipped(skipped)?;
            self.join(end)?;
            self.attend(layer)?;
        }
        if layer == 0 { self.score_tokens() } else { Ok(()) }
    }

    fn add_skipped(&mut self, skipped: bool) -> Result<(), DeviceError> {
        let len = self.n_rows() * self.engine.local.embeddings().n_cols();
        let Buffers { g, skipped: Some(passed), .. } = &mut self.engine.buffers else {
            return Ok(());
        };
        if skipped { self.engine.device.add(passed, len, g) } else { Ok(()) }
    }

    fn attend(&mut self, layer: usize) -> Result<(), DeviceError> {
        if self.n_joined == 0 {
            return Ok(());
        }
        let cones = cones(&self.plan, &self.lists, self.n_joined);
        let engine = &mut *self.engine;
        let Buffers { g, scratch, constants_r, .. } = &mut engine.buffers;
        let device = engine.device;
        engine.map.pull_attention(device, layer, g, &cones, (scratch, constants_r))?;
        device.add(&scratch.normed, cones.n_rows * engine.local.embeddings().n_cols(), g)
    }

    /// Scores what writes at a layer, and passes the batch through the dictionary's skip.
    /// Whether there is one.
    fn score_and_skip(&mut self, layer: usize) -> Result<bool, DeviceError> {
        let cones = cones(&self.plan, &self.lists, self.n_joined);
        let engine = &mut *self.engine;
        let Buffers { g, skipped, errors_lr, constants_r, scores, decoders_fd, scratch, .. } =
            &mut engine.buffers;
        let (normed, pulled, sums_r) = scratch.parts();
        let device = engine.device;
        let g_out = engine.map.pull_out(device, layer, g, &cones, (normed, &mut *sums_r))?;

        let at = &engine.written.layers[layer];
        let shape = Shape { n_rows: cones.n_rows, width: engine.written.decoders.width };
        let vectors = |data| Vectors { data, which_r: Some(cones.pos_r) };
        let out = (errors_lr, layer * self.plan.n_rows());
        device.dot_rows(g_out, shape, vectors(&at.errors_td), out, Into::Overwrite)?;
        let out = (constants_r, 0);
        device.dot_rows(g_out, shape, vectors(&at.constants_td), out, Into::Add)?;

        let all = Shape { n_rows: self.plan.n_rows(), ..shape };
        device.gather_rows(g_out, &self.lists.row_by_pos, all, pulled)?;
        let decoders = &engine.written.decoders;
        let scorer = Scorer { device, decoders, plan: &self.plan, n_joined: self.n_joined };
        scorer.layer(at, engine.limits.decoder_rows, (pulled, decoders_fd, scores))?;

        let Some(skipped) = skipped else { return Ok(false) };
        engine.map.pull_skip(device, layer, g_out, &cones, (pulled, sums_r, skipped))
    }

    /// Products of the embeddings' cotangents with the embeddings.
    fn score_tokens(&mut self) -> Result<(), DeviceError> {
        let cones = cones(&self.plan, &self.lists, self.n_joined);
        let engine = &mut *self.engine;
        let Buffers { g, tokens_r, constants_r, .. } = &mut engine.buffers;
        let shape = Shape { n_rows: cones.n_rows, width: engine.written.decoders.width };
        let vectors = |data| Vectors { data, which_r: Some(cones.pos_r) };
        let embed_td = &engine.written.embed_td;
        let device = engine.device;
        device.dot_rows(g, shape, vectors(embed_td), (tokens_r, 0), Into::Overwrite)?;
        match &engine.written.positions_td {
            Some(x_td) => device.dot_rows(g, shape, vectors(x_td), (constants_r, 0), Into::Add),
            None => Ok(()),
        }
    }

    /// The rows, in the order of joining.
    pub(super) fn finish(self) -> Result<Vec<DenseRow>, DeviceError> {
        let (engine, plan) = (self.engine, self.plan);
        let (device, buffers) = (engine.device, &engine.buffers);
        let (n_rows, n_tokens) = (plan.n_rows(), engine.local.n_tokens());
        let n_layers = engine.local.map().n_layers();
        let errors_lr = device.download(&buffers.errors_lr, 0..n_layers * n_rows)?;
        let tokens_r = device.download(&buffers.tokens_r, 0..n_rows)?;
        let constants_r = device.download(&buffers.constants_r, 0..n_rows)?;
        let scores = device.download(&buffers.scores, 0..plan.n_scores())?;
        let list = engine.local.features().list();
        let mut rows: Vec<DenseRow> = Vec::with_capacity(plan.n_targets());
        for (target, constant) in self.constants_b.iter().enumerate() {
            let own = plan.rows(target);
            let mut row = DenseRow {
                feature_a: vec![0.0; list.len()],
                error_lt: vec![0.0; n_layers * n_tokens],
                token_t: vec![0.0; n_tokens],
                // NUMERICS: f64, as many small products of either sign are added.
                constant: (f64::from(*constant)
                    + constants_r[own.clone()].iter().map(|x| f64::from(*x)).sum::<f64>())
                    as f32,
            };
            row.token_t[..own.len()].copy_from_slice(&tokens_r[own.clone()]);
            for layer in 0..n_layers {
                let from = &errors_lr[layer * n_rows..][own.clone()];
                row.error_lt[layer * n_tokens..][..own.len()].copy_from_slice(from);
            }
            rows.push(row);
        }
        for (pos, seen) in plan.seen_by.iter().enumerate() {
            let columns = engine.sources.at(pos);
            if columns.is_empty() {
                continue;
            }
            let products =
                scores[plan.scores[pos]..plan.scores[pos + 1]].chunks_exact(columns.len());
            for (products, &target) in products.zip(seen) {
                let row = &mut rows[target as usize].feature_a;
                for (product, &feature) in products.iter().zip(columns) {
                    row[feature as usize] = list[feature as usize].activation * product;
                }
            }
        }
        Ok(rows)
    }
}

fn cones<'a, D: RowDevice>(
    plan: &Plan,
    lists: &'a Lists<D>,
    n_joined: usize,
) -> Cones<'a, D::Words> {
    Cones {
        n_rows: plan.first_row_b[n_joined],
        n_tiles: plan.first_tile_b[n_joined],
        pos_r: &lists.pos_r,
        first_row: &lists.first_row,
        last_row: &lists.last_row,
    }
}

/// Where a target reads, on the stream, and the constants of its site: its bias, and what it
/// reads of the norm's.
fn point(local: &LocalReplacement<'_>, origin: &Origin) -> (Vec<f32>, f32) {
    let replacement = local.replacement();
    match &origin.start {
        Start::Final(direction_d) => {
            let bias_d = replacement.model().final_norm().bias();
            let constant = bias_d.map_or(0.0, |bias_d| dot(bias_d, direction_d));
            (local.map().pull_final(origin.pos, direction_d), constant)
        }
        Start::Feature(feature) => {
            let id = local.features().list()[*feature].id;
            let (layer, encoder_d) = (id.layer as usize, local.features().encoder(*feature));
            let read = read_bias(replacement, layer).map_or(0.0, |bias_d| dot(bias_d, encoder_d));
            let mut g_d = encoder_d.to_vec();
            local.map().pull_read(layer, origin.pos, &mut g_d);
            (g_d, replacement.transcoder().b_enc(layer)[id.index as usize] + read)
        }
    }
}

/// Multiplies cotangents that stand by position with the decoder rows that write there.
struct Scorer<'s, D: RowDevice> {
    device: &'s D,
    decoders: &'s Table<D::Words>,
    plan: &'s Plan,
    n_joined: usize,
}

impl<D: RowDevice> Scorer<'_, D> {
    /// Widens at most `chunk` decoder rows at a time; no position has more.
    fn layer(
        &self,
        at: &WrittenAt<D>,
        chunk: usize,
        (g_by_pos, decoders_fd, scores): (&D::Floats, &mut D::Floats, &mut D::Floats),
    ) -> Result<(), DeviceError> {
        let (starts, n_tokens) = (&at.runs.starts, at.runs.columns.len());
        let mut first = 0;
        while first < n_tokens {
            // Positions up to `end` fit; starts ascend, and the first position always does.
            let end = starts.partition_point(|start| *start <= starts[first] + chunk) - 1;
            let range = starts[first]..starts[end];
            if !range.is_empty() {
                self.device.widen_rows(self.decoders, &at.rows, range, decoders_fd)?;
                for pos in first..end {
                    let row = starts[pos] - starts[first];
                    let columns = at.runs.columns[pos].clone();
                    self.position(pos, columns, row, (g_by_pos, decoders_fd, scores))?;
                }
            }
            first = end;
        }
        Ok(())
    }

    /// One position, whose decoder rows start at `row` of those widened.
    fn position(
        &self,
        pos: usize,
        columns: Range<usize>,
        row: usize,
        (g_by_pos, decoders_fd, scores): (&D::Floats, &D::Floats, &mut D::Floats),
    ) -> Result<(), DeviceError> {
        let (n_seen, n_all) = (self.plan.n_seen(pos, self.n_joined), self.plan.seen_by[pos].len());
        if columns.is_empty() || n_seen == 0 {
            return Ok(());
        }
        let width = self.decoders.width;
        let g = Slab::rows(g_by_pos, self.plan.by_pos[pos] * width, width);
        let decoders = Slab::transposed(decoders_fd, row * width, width);
        let offset = self.plan.scores[pos] + columns.start;
        let row_stride = (self.plan.scores[pos + 1] - self.plan.scores[pos]) / n_all;
        let out = SlabMut { data: scores, offset, row_stride };
        self.device.sgemm([n_seen, columns.len(), width], g, decoders, out, Into::Add)
    }
}
