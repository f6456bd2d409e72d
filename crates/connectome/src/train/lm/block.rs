//! One block of the decoder, forward and backward: norms, attention, MLP and how they add up,
//! as [`ModelConfig`](crate::lm::ModelConfig) says.
//!
//! ```text
//! mid = x + p₁(attn(n₁(x)))      out = mid + p₂(mlp(n₂(mid)))       n₂(x) in parallel blocks
//! ```
//!
//! `p` are the norms after a branch, where a family has them.

use super::act;
use super::attention::{self, Shape};
use super::layout::{BlockSlots, NormSlots};
use super::net::Pass;
use super::norm::{Cols, Moments, NormOf};
use super::workspace::{Kept, Shared};
use crate::lm::config::Residual;
use crate::ops::matmul::Into;
use crate::ops::simd::vectorized;

/// One block on one batch.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) pass: &'a Pass<'a>,
    pub(super) layer: usize,
}

impl<'a> Block<'a> {
    fn slots(&self) -> &'a BlockSlots {
        &self.pass.net.layout().blocks[self.layer]
    }

    fn norm(&self, slots: NormSlots) -> NormOf<'a> {
        NormOf { kind: self.pass.net.config().norm, slots, params: self.pass.params }
    }

    fn shape(&self) -> Shape<'a> {
        let config = self.pass.net.config();
        Shape {
            heads: self.pass.net.layout().heads,
            scale: config.attention.scale,
            softcap: config.attention.softcap,
            window: config.attention.windows[self.layer],
            n_tokens: self.pass.batch.n_tokens,
            first_seen_b: &self.pass.batch.first_seen_b,
        }
    }

    fn is_parallel(&self) -> bool {
        self.pass.net.config().residual == Residual::Parallel
    }

    /// The stream after the block from the stream before it, both `[B, D]`.
    pub(super) fn forward(
        &self,
        x_bd: &[f32],
        out_bd: &mut [f32],
        kept: &mut Kept,
        shared: &mut Shared,
    ) {
        let (slots, params, products) = (self.slots(), self.pass.params, self.pass.products);
        let all = Cols::all(slots.up.n_in);
        let norm = self.norm(slots.attn_norm);
        norm.forward(all, x_bd, &mut kept.attn_in_bd, &mut kept.attn_moments);
        self.queries_keys_values(kept);
        let Kept { qkv_b, mixed_b, log_sum_bh, .. } = kept;
        self.shape().forward(qkv_b, mixed_b, log_sum_bh, &mut shared.scratch);
        kept.mid_bd.copy_from_slice(x_bd);
        let branch = Branch {
            raw_bd: &mut kept.attn_raw_bd,
            moments: &mut kept.post_attn_moments,
            normed_bd: &mut shared.branch_bd,
            sum_bd: &mut kept.mid_bd,
        };
        let out = slots.attention_out;
        branch.write(slots.post_attn_norm.map(|slots| self.norm(slots)), |into, y| {
            out.forward(params, &kept.mixed_b, y, into, products);
        });

        let norm = self.norm(slots.mlp_norm);
        let source = if self.is_parallel() { x_bd } else { &kept.mid_bd };
        norm.forward(all, source, &mut kept.mlp_in_bd, &mut kept.mlp_moments);
        slots.up.forward(params, &kept.mlp_in_bd, &mut kept.pre_b, Into::Overwrite, products);
        let hidden_bm = &mut shared.hidden_bm;
        act::forward(self.pass.net.config().mlp, &kept.pre_b, hidden_bm, slots.down.n_in);
        out_bd.copy_from_slice(&kept.mid_bd);
        let branch = Branch {
            raw_bd: &mut kept.mlp_raw_bd,
            moments: &mut kept.post_mlp_moments,
            normed_bd: &mut shared.branch_bd,
            sum_bd: out_bd,
        };
        branch.write(slots.post_mlp_norm.map(|slots| self.norm(slots)), |into, y| {
            slots.down.forward(params, hidden_bm, y, into, products);
        });
    }

    /// Queries, keys and values after norm and rotation.
    fn queries_keys_values(&self, kept: &mut Kept) {
        let (slots, params) = (self.slots(), self.pass.params);
        let made = if slots.qk_norms.is_some() { &mut kept.raw_qkv_b } else { &mut kept.qkv_b };
        slots.qkv.forward(params, &kept.attn_in_bd, made, Into::Overwrite, self.pass.products);
        if let Some(norms) = slots.qk_norms {
            kept.qkv_b.copy_from_slice(&kept.raw_qkv_b);
            for (at, (cols, which)) in self.normed_heads().enumerate() {
                let moments = moments_of(&mut kept.qk_moments, at, self.pass.batch.len());
                self.norm(norms[which]).forward(cols, &kept.raw_qkv_b, &mut kept.qkv_b, moments);
            }
        }
        self.turn_heads(&mut kept.qkv_b, Turn::Forward);
    }

    /// Turns queries and keys to their positions, or gradients back.
    fn turn_heads(&self, qkv_b: &mut [f32], turn: Turn) {
        let Some(rotation) = self.pass.net.rotation(self.layer) else { return };
        let cols: Vec<usize> = self.normed_heads().map(|(cols, _)| cols.offset).collect();
        let heads = self.pass.net.layout().heads;
        let rows = qkv_b.chunks_exact_mut(heads.n_cols()).zip(&self.pass.batch.pos_b);
        vectorized(
            #[inline(always)]
            || {
                for (row, &pos) in rows {
                    for &col in &cols {
                        let head = &mut row[col..col + heads.width];
                        match turn {
                            Turn::Forward => rotation.apply_at(pos, head),
                            Turn::Back => rotation.pull_back_at(pos, head),
                        }
                    }
                }
            },
        );
    }

    /// The columns of each query head, then of each key head, and which of the two it is.
    fn normed_heads(&self) -> impl Iterator<Item = (Cols, usize)> {
        let heads = self.pass.net.layout().heads;
        let queries = (0..heads.n_heads).map(move |head| (heads.query(head), 0));
        let keys = (0..heads.n_kv_heads).map(move |head| (heads.key(head), 1));
        queries.chain(keys).map(move |(offset, which)| {
            (Cols { stride: heads.n_cols(), offset, width: heads.width }, which)
        })
    }

    /// From the gradient of the stream after the block to that of the stream before it, in
    /// place; `x_bd` and `kept` are the forward pass's. Adds to `grads`.
    pub(super) fn backward(
        &self,
        x_bd: &[f32],
        kept: &Kept,
        d_bd: &mut [f32],
        grads: &mut [f32],
        shared: &mut Shared,
    ) {
        self.mlp_backward(kept, d_bd, grads, shared);
        let slots = self.slots();
        let all = Cols::all(slots.up.n_in);
        let source = if self.is_parallel() { x_bd } else { &kept.mid_bd };
        let (norm, d_mlp_bd) = (self.norm(slots.mlp_norm), &mut shared.d_mlp_bd);
        norm.backward(all, source, &kept.mlp_moments, d_mlp_bd, grads);
        if !self.is_parallel() {
            add(d_bd, &shared.d_mlp_bd);
        }
        self.attention_backward(kept, d_bd, grads, shared);
        let (norm, d_attn_bd) = (self.norm(slots.attn_norm), &mut shared.d_attn_bd);
        norm.backward(all, x_bd, &kept.attn_moments, d_attn_bd, grads);
        add(d_bd, &shared.d_attn_bd);
        if self.is_parallel() {
            add(d_bd, &shared.d_mlp_bd);
        }
    }

    /// The gradient of the MLP's input, into `shared.d_mlp_bd`.
    fn mlp_backward(&self, kept: &Kept, d_bd: &[f32], grads: &mut [f32], shared: &mut Shared) {
        let (slots, params, products) = (self.slots(), self.pass.params, self.pass.products);
        let mut d_out_bd = d_bd;
        if let Some(post) = slots.post_mlp_norm {
            shared.branch_bd.copy_from_slice(d_bd);
            let (raw, moments) = (&kept.mlp_raw_bd, &kept.post_mlp_moments);
            let all = Cols::all(slots.up.n_in);
            self.norm(post).backward(all, raw, moments, &mut shared.branch_bd, grads);
            d_out_bd = &shared.branch_bd;
        }
        slots.down.pull_back(params, d_out_bd, &mut shared.d_hidden_bm, products);
        let back = act::Backward {
            pre_b: &kept.pre_b,
            d_hidden_bm: &shared.d_hidden_bm,
            hidden_bm: &mut shared.hidden_bm,
            d_pre_b: &mut shared.d_pre_b,
            d_mlp: slots.down.n_in,
        };
        back.run(self.pass.net.config().mlp);
        slots.down.accumulate(grads, &shared.hidden_bm, d_out_bd, products);
        slots.up.accumulate(grads, &kept.mlp_in_bd, &shared.d_pre_b, products);
        slots.up.pull_back(params, &shared.d_pre_b, &mut shared.d_mlp_bd, products);
    }

    /// The gradient of attention's input, into `shared.d_attn_bd`.
    fn attention_backward(
        &self,
        kept: &Kept,
        d_bd: &[f32],
        grads: &mut [f32],
        shared: &mut Shared,
    ) {
        let (slots, params, products) = (self.slots(), self.pass.params, self.pass.products);
        let mut d_out_bd = d_bd;
        if let Some(post) = slots.post_attn_norm {
            shared.branch_bd.copy_from_slice(d_bd);
            let (raw, moments) = (&kept.attn_raw_bd, &kept.post_attn_moments);
            let all = Cols::all(slots.up.n_in);
            self.norm(post).backward(all, raw, moments, &mut shared.branch_bd, grads);
            d_out_bd = &shared.branch_bd;
        }
        slots.attention_out.accumulate(grads, &kept.mixed_b, d_out_bd, products);
        slots.attention_out.pull_back(params, d_out_bd, &mut shared.d_mixed_b, products);
        let forward = attention::Forward {
            qkv_b: &kept.qkv_b,
            mixed_b: &kept.mixed_b,
            log_sum_bh: &kept.log_sum_bh,
        };
        let Shared { d_mixed_b, d_qkv_b, scratch, .. } = shared;
        self.shape().backward(&forward, d_mixed_b, d_qkv_b, scratch);
        self.turn_heads(d_qkv_b, Turn::Back);
        if let Some(norms) = slots.qk_norms {
            let b = self.pass.batch.len();
            for (at, (cols, which)) in self.normed_heads().enumerate() {
                let moments = &kept.qk_moments[at * b..(at + 1) * b];
                self.norm(norms[which]).backward(cols, &kept.raw_qkv_b, moments, d_qkv_b, grads);
            }
        }
        slots.qkv.accumulate(grads, &kept.attn_in_bd, &shared.d_qkv_b, products);
        slots.qkv.pull_back(params, &shared.d_qkv_b, &mut shared.d_attn_bd, products);
    }
}

/// Which way heads turn.
#[derive(Clone, Copy)]
enum Turn {
    Forward,
    Back,
}

fn moments_of(all: &mut [Moments], at: usize, b: usize) -> &mut [Moments] {
    &mut all[at * b..(at + 1) * b]
}

/// Where a branch writes.
struct Branch<'a> {
    raw_bd: &'a mut [f32],
    moments: &'a mut [Moments],
    normed_bd: &'a mut [f32],
    sum_bd: &'a mut [f32],
}

impl Branch<'_> {
    /// Adds what `write` writes to the stream, through the norm after the branch if there is
    /// one.
    fn write(self, norm: Option<NormOf<'_>>, write: impl FnOnce(Into, &mut [f32])) {
        let Some(norm) = norm else { return write(Into::Add, self.sum_bd) };
        write(Into::Overwrite, self.raw_bd);
        let all = Cols::all(norm.width());
        norm.forward(all, self.raw_bd, self.normed_bd, self.moments);
        add(self.sum_bd, self.normed_bd);
    }
}

/// `sum += addend`.
fn add(sum: &mut [f32], addend: &[f32]) {
    vectorized(
        #[inline(always)]
        || sum.iter_mut().zip(addend).for_each(|(sum, x)| *sum += x),
    );
}
