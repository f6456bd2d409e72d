//! [`Source`]: batches, from the shuffle buffer or the cache, scaled.

use std::ops::ControlFlow;

use rayon::prelude::*;
use serde_json::{Value, json};

use super::activations::Scales;
use super::buffer::Buffer;
use super::cache::Cache;
use super::net::Batch;
use super::options::Data;
use super::stream::Origin;
use crate::ops::Mat;
use crate::train::TrainError;
use crate::train::checkpoint::Checkpoint;

/// Where batches come from.
#[derive(Debug)]
pub(super) enum Source<'a> {
    /// The model, as it goes.
    Buffer(Box<Buffer<'a>>),
    /// A file.
    Cache(Box<Cache>),
}

impl<'a> Source<'a> {
    /// A source at its beginning, or where a checkpoint left it. `card` says what a cache must
    /// be of. `None` if `progress` broke off the making of a cache.
    pub(super) fn new(
        origin: Origin<'a>,
        (data, card): (&Data, &Value),
        from: Option<&Checkpoint>,
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Option<Self>, TrainError> {
        let state = from.map(|checkpoint| &checkpoint.state()["source"]);
        let Some(options) = &data.cache else {
            let buffer = match from.zip(state) {
                None => Buffer::new(origin, data.buffer_tokens),
                Some((checkpoint, state)) => {
                    Buffer::resume(origin, data.buffer_tokens, state, checkpoint)?
                }
            };
            return Ok(Some(Self::Buffer(Box::new(buffer))));
        };
        let seed = origin.seed;
        if !options.path.exists() {
            let made = Cache::make(
                &options.path,
                origin,
                options.tokens,
                (options.dtype, card),
                progress,
            )?;
            if made.is_break() {
                return Ok(None);
            }
        }
        let cache = Cache::open(&options.path, card, seed)?;
        let cache = match from.zip(state) {
            None => cache,
            Some((checkpoint, state)) => {
                cache.resume(state).ok_or_else(|| TrainError::Damaged {
                    path: checkpoint.path().to_owned(),
                    reason: "its cache is not the one of this run".to_owned(),
                })?
            }
        };
        Ok(Some(Self::Cache(Box::new(cache))))
    }

    /// The next batch of `n` tokens, scaled; `shape` is `(L, D)`.
    pub(super) fn batch(
        &mut self,
        n: usize,
        scales: &Scales,
        d_model: usize,
    ) -> Result<Batch, TrainError> {
        let width = 2 * scales.x.len() * d_model;
        let mut rows = vec![0.0; n * width];
        let sink = |at: usize, row: &[f32]| {
            rows[at * width..(at + 1) * width].copy_from_slice(row);
        };
        match self {
            Self::Buffer(buffer) => buffer.batch(n, sink)?,
            Self::Cache(cache) => cache.batch(n, sink),
        }
        Ok(batch(&rows, scales, d_model))
    }

    pub(super) fn state(&self) -> Value {
        match self {
            Self::Buffer(buffer) => buffer.state(),
            Self::Cache(cache) => cache.state(),
        }
    }

    /// The checkpoint's list of tokens; empty for a cache.
    pub(super) fn tokens(&self) -> Vec<u32> {
        match self {
            Self::Buffer(buffer) => buffer.tokens(),
            Self::Cache(_) => Vec::new(),
        }
    }
}

/// Rows `[n, 2 · L · D]` as a batch.
pub(super) fn batch(rows: &[f32], scales: &Scales, d_model: usize) -> Batch {
    let n_layers = scales.x.len();
    let width = 2 * n_layers * d_model;
    let n = rows.len() / width;
    let factors: Vec<f32> = scales.x.iter().chain(&scales.y).copied().collect();
    let mut mats: Vec<Mat> = factors
        .par_iter()
        .enumerate()
        .map(|(site, factor)| {
            let mut mat = Mat::zeros(n, d_model);
            for (token, row) in rows.chunks_exact(width).enumerate() {
                let part = &row[site * d_model..(site + 1) * d_model];
                let out = mat.row_mut(token).iter_mut().zip(part);
                out.for_each(|(out, x)| *out = factor * x);
            }
            mat
        })
        .collect();
    let y_td = mats.split_off(n_layers);
    Batch { x_td: mats, y_td }
}

/// What a cache must be of: everything its rows depend on.
pub(super) fn cache_card(
    origin: &Origin<'_>,
    data: &Data,
    corpus_digest: &str,
    limits: &[f32],
) -> Value {
    let sites = origin.harvester.sites();
    // Limits are many numbers; equal ones have equal digests.
    let limits = blake3::hash(bytemuck::cast_slice(limits)).to_hex().to_string();
    json!({
        "model": origin.harvester.model().fingerprint(),
        "others": super::run::fingerprints(&origin.harvester.models()[1..]),
        "data": corpus_digest,
        "read": sites.reads.hook(),
        "write": sites.writes.hook(),
        "context": data.context,
        "held-out": data.held_out,
        "tokens": data.cache.as_ref().map(|cache| cache.tokens),
        "limits": limits,
        "seed": origin.seed,
    })
}
