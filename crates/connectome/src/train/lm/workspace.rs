//! [`Workspace`]: the buffers of one forward and backward pass, made once and used for every
//! part of every step.

use super::attention;
use super::layout::{BlockSlots, Heads};
use super::net::Net;
use super::norm::Moments;

/// Logits that are there at once: a few MiB, which stay in the cache.
const LOGIT_BYTES: usize = 2 << 20;

/// Buffers of a batch.
#[derive(Debug, Default)]
pub(super) struct Workspace {
    /// The residual stream before each block, and after the last.
    pub(super) resid_bd: Vec<Vec<f32>>,
    /// What each block keeps for its backward pass.
    pub(super) kept: Vec<Kept>,
    /// The gradient of the residual stream, from the top down.
    pub(super) d_resid_bd: Vec<f32>,
    pub(super) shared: Shared,
    pub(super) top: Top,
}

/// What one block keeps.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) attn_in_bd: Vec<f32>,
    pub(super) attn_moments: Vec<Moments>,
    /// Queries, keys and values as the map makes them; only where norms follow.
    pub(super) raw_qkv_b: Vec<f32>,
    pub(super) qk_moments: Vec<Moments>,
    /// Queries, keys and values after norm and rotation.
    pub(super) qkv_b: Vec<f32>,
    pub(super) mixed_b: Vec<f32>,
    pub(super) log_sum_bh: Vec<f32>,
    /// What attention writes, before the norm after it.
    pub(super) attn_raw_bd: Vec<f32>,
    pub(super) post_attn_moments: Vec<Moments>,
    /// The stream after attention.
    pub(super) mid_bd: Vec<f32>,
    pub(super) mlp_in_bd: Vec<f32>,
    pub(super) mlp_moments: Vec<Moments>,
    /// What the up map (and the gate before it) makes.
    pub(super) pre_b: Vec<f32>,
    /// What the MLP writes, before the norm after it.
    pub(super) mlp_raw_bd: Vec<f32>,
    pub(super) post_mlp_moments: Vec<Moments>,
}

/// What all blocks use in turn.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) hidden_bm: Vec<f32>,
    pub(super) d_hidden_bm: Vec<f32>,
    pub(super) d_pre_b: Vec<f32>,
    pub(super) d_qkv_b: Vec<f32>,
    pub(super) d_mixed_b: Vec<f32>,
    /// What a branch does to the gradient of the stream, attention's and the MLP's.
    pub(super) d_attn_bd: Vec<f32>,
    pub(super) d_mlp_bd: Vec<f32>,
    /// A branch after its second norm; its gradient before that norm.
    pub(super) branch_bd: Vec<f32>,
    pub(super) scratch: attention::Scratch,
}

/// The last norm and the logits, at the positions a loss is taken at.
#[derive(Debug, Default)]
pub(super) struct Top {
    pub(super) in_bd: Vec<f32>,
    pub(super) out_bd: Vec<f32>,
    pub(super) moments: Vec<Moments>,
    pub(super) d_bd: Vec<f32>,
    pub(super) logits_bv: Vec<f32>,
    pub(super) capped_v: Vec<f32>,
}

fn size(buffer: &mut Vec<f32>, len: usize) {
    buffer.resize(len, 0.0);
}

fn size_moments(buffer: &mut Vec<Moments>, len: usize) {
    buffer.resize(len, Moments::default());
}

impl Workspace {
    /// Makes every buffer as long as a batch of `b` positions needs, with a loss at `n_goals` of
    /// them. Nothing is allocated as long as batches do not grow.
    pub(super) fn fit(&mut self, net: &Net, b: usize, n_goals: usize) {
        let (d, blocks) = (net.config().d_model, &net.layout().blocks);
        self.resid_bd.resize_with(blocks.len() + 1, Vec::new);
        self.resid_bd.iter_mut().for_each(|buffer| size(buffer, b * d));
        self.kept.resize_with(blocks.len(), Kept::default);
        let heads = net.layout().heads;
        self.kept.iter_mut().zip(blocks).for_each(|(kept, slots)| kept.fit(heads, slots, b));
        size(&mut self.d_resid_bd, b * d);
        self.shared.fit(heads, &blocks[0], b);
        self.top.fit(d, net.config().n_vocab, n_goals);
    }
}

impl Kept {
    fn fit(&mut self, heads: Heads, slots: &BlockSlots, b: usize) {
        let d = slots.up.n_in;
        size(&mut self.attn_in_bd, b * d);
        size_moments(&mut self.attn_moments, b);
        if slots.qk_norms.is_some() {
            size(&mut self.raw_qkv_b, b * heads.n_cols());
            size_moments(&mut self.qk_moments, b * (heads.n_heads + heads.n_kv_heads));
        }
        size(&mut self.qkv_b, b * heads.n_cols());
        size(&mut self.mixed_b, b * heads.n_heads * heads.width);
        size(&mut self.log_sum_bh, b * heads.n_heads);
        if slots.post_attn_norm.is_some() {
            size(&mut self.attn_raw_bd, b * d);
            size_moments(&mut self.post_attn_moments, b);
        }
        size(&mut self.mid_bd, b * d);
        size(&mut self.mlp_in_bd, b * d);
        size_moments(&mut self.mlp_moments, b);
        size(&mut self.pre_b, b * slots.up.n_out);
        if slots.post_mlp_norm.is_some() {
            size(&mut self.mlp_raw_bd, b * d);
            size_moments(&mut self.post_mlp_moments, b);
        }
    }
}

impl Shared {
    fn fit(&mut self, heads: Heads, slots: &BlockSlots, b: usize) {
        let (d, m) = (slots.up.n_in, slots.down.n_in);
        size(&mut self.hidden_bm, b * m);
        size(&mut self.d_hidden_bm, b * m);
        size(&mut self.d_pre_b, b * slots.up.n_out);
        size(&mut self.d_qkv_b, b * heads.n_cols());
        size(&mut self.d_mixed_b, b * heads.n_heads * heads.width);
        size(&mut self.d_attn_bd, b * d);
        size(&mut self.d_mlp_bd, b * d);
        size(&mut self.branch_bd, b * d);
    }
}

impl Top {
    fn fit(&mut self, d: usize, n_vocab: usize, n_goals: usize) {
        size(&mut self.in_bd, n_goals * d);
        size(&mut self.out_bd, n_goals * d);
        size(&mut self.d_bd, n_goals * d);
        size_moments(&mut self.moments, n_goals);
        size(&mut self.logits_bv, Self::rows(n_vocab).min(n_goals) * n_vocab);
        size(&mut self.capped_v, n_vocab);
    }

    /// Positions whose logits are computed at a time.
    pub(super) fn rows(n_vocab: usize) -> usize {
        (LOGIT_BYTES / (4 * n_vocab)).max(64)
    }
}
