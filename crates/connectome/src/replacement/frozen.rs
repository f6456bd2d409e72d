//! The local replacement model as a linear map, and its transpose.
//!
//! On one prompt we hold three things at the values the original model computed: attention
//! patterns, normalization denominators, and each dictionary's error. What is left is linear in
//! the residual stream, so a direct effect is an entry of a matrix. That matrix is never built;
//! its transpose is applied to the reading direction of a target node.
//!
//! ```text
//! push_forward   x_td before a block  ->  x_td after it      causes to effects
//! pull_back      g after a block      ->  g before it        effects to causes
//! ```
//!
//! # Invariants
//!
//! - `⟨g, push_forward(x)⟩ = ⟨pull_back(g), x⟩` up to rounding, for every family.
//! - MLPs pass nothing through but a transcoder's linear skip: nodes carry the rest.
//! - A target's rows do not depend on which other targets share the batch.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", local replacement model.

use rayon::prelude::*;

use super::pattern::Pattern;
use super::ragged::Ragged;
use crate::lm::Model;
use crate::lm::config::Residual;
use crate::lm::model::Block;
use crate::ops::Mat;
use crate::ops::dense::add_to;
use crate::ops::matmul::{Into, Threads, View, dot, sgemm};
use crate::transcoder::{ReadSite, Transcoder, WriteSite};

/// What a layer holds still.
#[derive(Clone, Debug)]
pub struct FrozenLayer {
    /// `1 / denominator` of the norm before attention, per position.
    pub attn_scale_t: Vec<f32>,
    /// The same of the norm after attention (Gemma).
    pub post_attn_scale_t: Option<Vec<f32>>,
    /// The same of the norm before the MLP.
    pub mlp_scale_t: Vec<f32>,
    /// The same of the norm after the MLP (Gemma).
    pub post_mlp_scale_t: Option<Vec<f32>>,
    /// Attention pattern.
    pub pattern: Pattern,
    /// What attention adds at every position whatever its input: biases, before the norm after
    /// attention. `None` if the layer has no biases.
    pub attn_constant_d: Option<Vec<f32>>,
}

/// The frozen map of one prompt.
#[derive(Debug)]
pub struct FrozenMap<'m> {
    model: &'m Model,
    transcoder: &'m Transcoder,
    layers: Vec<FrozenLayer>,
    final_scale_t: Vec<f32>,
}

/// Positions per block of the pattern's transpose: below the diagonal block nothing is computed.
const BLOCK: usize = 128;

impl<'m> FrozenMap<'m> {
    pub(super) fn new(
        model: &'m Model,
        transcoder: &'m Transcoder,
        layers: Vec<FrozenLayer>,
        final_scale_t: Vec<f32>,
    ) -> Self {
        Self { model, transcoder, layers, final_scale_t }
    }

    /// Positions of the prompt.
    #[must_use]
    pub fn n_tokens(&self) -> usize {
        self.final_scale_t.len()
    }

    /// Blocks of the model.
    #[must_use]
    pub fn n_layers(&self) -> usize {
        self.layers.len()
    }

    /// What a layer holds still.
    #[must_use]
    pub fn layer(&self, layer: usize) -> &FrozenLayer {
        &self.layers[layer]
    }

    /// `1 / denominator` of the last norm, per position.
    #[must_use]
    pub fn final_scale(&self) -> &[f32] {
        &self.final_scale_t
    }

    /// Whether attention and MLP both read the block's input.
    #[must_use]
    pub fn is_parallel(&self) -> bool {
        self.model.config().residual == Residual::Parallel
    }

    fn block(&self, layer: usize) -> &'m Block {
        self.model.block(layer)
    }

    /// A direction at the last norm's output, pulled back to the stream after the last block:
    /// `[D]` at `pos`.
    #[must_use]
    pub fn pull_final(&self, pos: usize, direction_d: &[f32]) -> Vec<f32> {
        let mut g_d = direction_d.to_vec();
        self.model.final_norm().pull_row(&mut g_d, self.final_scale_t[pos]);
        g_d
    }

    /// A direction at the site that `layer`'s dictionary reads, pulled back to the stream that
    /// site is made of: after attention, or before the block where blocks are parallel.
    pub fn pull_read(&self, layer: usize, pos: usize, g_d: &mut [f32]) {
        let scale = self.layers[layer].mlp_scale_t[pos];
        let norm = &self.block(layer).mlp_norm;
        match self.transcoder.card().reads {
            ReadSite::ResidMid => {}
            ReadSite::Ln2Normalized => norm.pull_row_without_gain(g_d, scale),
            ReadSite::MlpIn => norm.pull_row(g_d, scale),
        }
    }

    /// The transpose of [`FrozenMap::pull_read`].
    pub fn push_read(&self, layer: usize, pos: usize, x_d: &mut [f32]) {
        let scale = self.layers[layer].mlp_scale_t[pos];
        let norm = &self.block(layer).mlp_norm;
        match self.transcoder.card().reads {
            ReadSite::ResidMid => {}
            ReadSite::Ln2Normalized => norm.push_row_without_gain(x_d, scale),
            ReadSite::MlpIn => norm.push_row(x_d, scale),
        }
    }

    /// Cotangents at the site where `layer`'s dictionary writes, from those after the block.
    /// `None` if the site is the stream itself.
    #[must_use]
    pub fn pull_out(&self, layer: usize, g: &Ragged) -> Option<Ragged> {
        let norm = self.block(layer).post_mlp_norm.as_ref()?;
        if self.transcoder.card().writes == WriteSite::MlpOut {
            return None;
        }
        let scales = self.layers[layer].post_mlp_scale_t.as_ref()?;
        let mut out = g.clone();
        out.for_each_row(|pos, row| norm.pull_row(row, scales[pos]));
        Some(out)
    }

    /// One vector at the site where `layer`'s dictionary writes, pushed onto the stream.
    pub fn push_out(&self, layer: usize, pos: usize, x_d: &mut [f32]) {
        if self.transcoder.card().writes == WriteSite::MlpOut {
            return;
        }
        let frozen = &self.layers[layer];
        if let (Some(norm), Some(scales)) =
            (&self.block(layer).post_mlp_norm, &frozen.post_mlp_scale_t)
        {
            norm.push_row(x_d, scales[pos]);
        }
    }

    /// What the dictionary's linear skip passes from its write site down to the stream that it
    /// reads; `None` without a skip.
    #[must_use]
    pub fn pull_skip(&self, layer: usize, g_out: &Ragged) -> Option<Ragged> {
        let skip = self.transcoder.skip(layer)?;
        let mut pulled = g_out.with_rows(skip.pull_back(g_out.rows()));
        pulled.for_each_row(|pos, row| self.pull_read(layer, pos, row));
        Some(pulled)
    }

    /// What a layer's attention passes from cotangents after it (`g`, not changed) to the
    /// stream before it, and adds to `constants_b` what its biases contribute to each target.
    #[must_use]
    pub fn pull_attention(&self, layer: usize, g: &Ragged, constants_b: &mut [f32]) -> Ragged {
        let mixed = self.pull_to_values(layer, g, constants_b);
        let block = self.block(layer);
        let mut pulled = g.with_rows(block.attention.value.pull_back(mixed.rows()));
        let scales = &self.layers[layer].attn_scale_t;
        pulled.for_each_row(|pos, row| block.attn_norm.pull_row(row, scales[pos]));
        pulled
    }

    /// The first half of [`FrozenMap::pull_attention`]: cotangents of the values,
    /// `[Σ extents, K·E]`.
    #[must_use]
    pub fn pull_to_values(&self, layer: usize, g: &Ragged, constants_b: &mut [f32]) -> Ragged {
        let mixed = self.pull_to_mixed(layer, g, constants_b);
        self.pull_pattern(layer, &mixed)
    }

    /// Cotangents of the mixed values, `[Σ extents, H·E]`: through the norm after attention and
    /// the output map.
    #[must_use]
    pub fn pull_to_mixed(&self, layer: usize, g: &Ragged, constants_b: &mut [f32]) -> Ragged {
        let (block, frozen) = (self.block(layer), &self.layers[layer]);
        let normed = match (&block.post_attn_norm, &frozen.post_attn_scale_t) {
            (Some(norm), Some(scales)) => {
                let mut normed = g.clone();
                normed.for_each_row(|pos, row| norm.pull_row(row, scales[pos]));
                Some(normed)
            }
            _ => None,
        };
        let normed = normed.as_ref().unwrap_or(g);
        if let Some(constant_d) = &frozen.attn_constant_d {
            for (target, constant) in constants_b.iter_mut().enumerate() {
                for pos in 0..normed.extent(target) {
                    *constant += dot(normed.row(target, pos), constant_d);
                }
            }
        }
        g.with_rows(block.attention.out.pull_back(normed.rows()))
    }

    /// `gv[q, k] = Σ_{h of k} Σ_{t ≥ q} pattern[h, t, q] · gz[t, h]` for every target.
    fn pull_pattern(&self, layer: usize, mixed: &Ragged) -> Ragged {
        let config = self.model.config();
        let (n_tokens, width) = (self.n_tokens(), config.d_head);
        let group = config.n_heads / config.n_kv_heads;
        let mut values = mixed.zeros_like(config.n_kv_heads * width);
        let (in_stride, out_stride) = (config.n_heads * width, config.n_kv_heads * width);
        let mut scratch = Vec::new();
        for head in 0..config.n_heads {
            let pattern_ts = self.layers[layer].pattern.head(head, &mut scratch);
            let first_in = head * width;
            let first_out = head / group * width;
            values.par_targets_mut().zip(mixed.par_targets()).for_each(|(out, input)| {
                let extent = input.len() / in_stride;
                for start in (0..extent).step_by(BLOCK) {
                    let len = BLOCK.min(extent - start);
                    let pattern = &pattern_ts[start * n_tokens + start..];
                    sgemm(
                        [len, width, extent - start],
                        View::transposed(pattern, n_tokens),
                        View::rows(&input[start * in_stride + first_in..], in_stride),
                        (&mut out[start * out_stride + first_out..], out_stride),
                        Into::Add,
                        Threads::One,
                    );
                }
            });
        }
        values
    }

    /// [`FrozenMap::pull_attention`] of cotangents that stand at one position each, `points_bd`
    /// at `pos_b`, with the points themselves added: the first layer below a feature. Costs one
    /// row of every product instead of `p + 1`.
    #[must_use]
    pub fn pull_attention_of_points(
        &self,
        layer: usize,
        points_bd: &Mat,
        pos_b: &[usize],
        constants_b: &mut [f32],
    ) -> Ragged {
        let (block, frozen) = (self.block(layer), &self.layers[layer]);
        let mixed_bhe = self.points_to_mixed(layer, points_bd, pos_b, constants_b);
        let heads = self.points_per_head(layer, &mixed_bhe);
        let config = self.model.config();
        let (n_heads, d_model) = (config.n_heads, config.d_model);
        let mut out = Ragged::new(d_model);
        for pos in pos_b {
            out.push_zeros(pos + 1);
        }
        let rows_of: Vec<Vec<Vec<f32>>> = unique_rows(&frozen.pattern, n_heads, pos_b);
        out.par_targets_mut().enumerate().for_each(|(target, rows)| {
            let pos = pos_b[target];
            let shares = &rows_of[pos];
            let mut coefficient_th = vec![0.0; (pos + 1) * n_heads];
            for (head, share_t) in shares.iter().enumerate() {
                for (t, share) in share_t.iter().enumerate() {
                    coefficient_th[t * n_heads + head] = share * frozen.attn_scale_t[t];
                }
            }
            let mut per_head_hd = vec![0.0; n_heads * d_model];
            for (head, slot) in per_head_hd.chunks_exact_mut(d_model).enumerate() {
                slot.copy_from_slice(heads[head].row(target));
                block.attn_norm.pull_row(slot, 1.0);
            }
            sgemm(
                [pos + 1, d_model, n_heads],
                View::rows(&coefficient_th, n_heads),
                View::rows(&per_head_hd, d_model),
                (rows, d_model),
                Into::Overwrite,
                Threads::One,
            );
            add_to(&mut rows[pos * d_model..], points_bd.row(target));
        });
        out
    }

    /// Cotangents of the mixed values at each point's own position, `[B, H·E]`.
    fn points_to_mixed(
        &self,
        layer: usize,
        points_bd: &Mat,
        pos_b: &[usize],
        constants_b: &mut [f32],
    ) -> Mat {
        let (block, frozen) = (self.block(layer), &self.layers[layer]);
        let mut normed_bd = points_bd.clone();
        if let (Some(norm), Some(scales)) = (&block.post_attn_norm, &frozen.post_attn_scale_t) {
            for (target, pos) in pos_b.iter().enumerate() {
                norm.pull_row(normed_bd.row_mut(target), scales[*pos]);
            }
        }
        if let Some(constant_d) = &frozen.attn_constant_d {
            for (target, constant) in constants_b.iter_mut().enumerate() {
                *constant += dot(normed_bd.row(target), constant_d);
            }
        }
        block.attention.out.pull_back(&normed_bd)
    }

    /// Per head, the cotangent of the normalized input if the pattern were one: `H × [B, D]`.
    fn points_per_head(&self, layer: usize, mixed_bhe: &Mat) -> Vec<Mat> {
        let config = self.model.config();
        let width = config.d_head;
        let group = config.n_heads / config.n_kv_heads;
        let value = &self.block(layer).attention.value;
        (0..config.n_heads)
            .map(|head| {
                let map = value.output_block(head / group * width, width);
                map.pull_back(&mixed_bhe.col_block(head * width, width))
            })
            .collect()
    }

    /// One block forward: the stream before it `[T, D]` to the stream after it, features and
    /// errors not counted.
    #[must_use]
    pub fn push_forward(&self, layer: usize, x_td: &Mat) -> Mat {
        let mut out_td = self.push_attention(layer, x_td, None);
        out_td.add(x_td);
        let Some(skip) = self.transcoder.skip(layer) else { return out_td };
        let mut read_td = if self.is_parallel() { x_td.clone() } else { out_td.clone() };
        for pos in 0..self.n_tokens() {
            self.push_read(layer, pos, read_td.row_mut(pos));
        }
        let mut skipped_td = skip.linear(&read_td);
        for pos in 0..self.n_tokens() {
            self.push_out(layer, pos, skipped_td.row_mut(pos));
        }
        out_td.add(&skipped_td);
        out_td
    }

    /// What attention adds to the stream for an input `[T, D]`, biases not counted; of one head
    /// only if `only` is given.
    #[must_use]
    pub fn push_attention(&self, layer: usize, x_td: &Mat, only: Option<usize>) -> Mat {
        let (block, frozen) = (self.block(layer), &self.layers[layer]);
        let config = self.model.config();
        let (n_tokens, width) = (self.n_tokens(), config.d_head);
        let group = config.n_heads / config.n_kv_heads;
        let mut normed_td = x_td.clone();
        block.attn_norm.push(&mut normed_td, &frozen.attn_scale_t);
        let value_tke = block.attention.value.linear(&normed_td);
        let mut mixed_the = Mat::zeros(n_tokens, config.n_heads * width);
        let mut scratch = Vec::new();
        for head in only.map_or(0..config.n_heads, |head| head..head + 1) {
            let pattern_ts = frozen.pattern.head(head, &mut scratch);
            let out = &mut mixed_the.data_mut()[head * width..];
            sgemm(
                [n_tokens, width, n_tokens],
                View::rows(pattern_ts, n_tokens),
                View::rows(&value_tke.data()[head / group * width..], config.n_kv_heads * width),
                (out, config.n_heads * width),
                Into::Overwrite,
                Threads::All,
            );
        }
        let mut out_td = block.attention.out.linear(&mixed_the);
        if let (Some(norm), Some(scales)) = (&block.post_attn_norm, &frozen.post_attn_scale_t) {
            norm.push(&mut out_td, scales);
        }
        out_td
    }

    /// One block backward, sources of the block not scored: the transpose of
    /// [`FrozenMap::push_forward`].
    #[must_use]
    pub fn pull_back(&self, layer: usize, g: &Ragged) -> Ragged {
        let mut constants_b = vec![0.0; g.n_targets()];
        let g_out = self.pull_out(layer, g);
        let skipped = self.pull_skip(layer, g_out.as_ref().unwrap_or(g));
        let mut below = g.clone();
        if let (Some(skipped), false) = (&skipped, self.is_parallel()) {
            below.add(skipped);
        }
        let attended = self.pull_attention(layer, &below, &mut constants_b);
        below.add(&attended);
        if let (Some(skipped), true) = (&skipped, self.is_parallel()) {
            below.add(skipped);
        }
        below
    }

    /// Directions of the prompt's token embeddings seen through layer 0's attention, so that a
    /// sweep can end at its values: `value(norm(x))` without biases, `[T, K·E]`.
    #[must_use]
    pub fn embedding_values(&self, x_td: &Mat) -> Mat {
        let mut normed_td = x_td.clone();
        self.block(0).attn_norm.push(&mut normed_td, &self.layers[0].attn_scale_t);
        self.block(0).attention.value.linear(&normed_td)
    }
}

/// The pattern rows that a batch of positions needs, `[pos][head] -> [pos + 1]`; positions that
/// no target has are empty.
fn unique_rows(pattern: &Pattern, n_heads: usize, pos_b: &[usize]) -> Vec<Vec<Vec<f32>>> {
    let n_positions = pos_b.iter().max().map_or(0, |pos| pos + 1);
    let mut wanted = vec![false; n_positions];
    pos_b.iter().for_each(|pos| wanted[*pos] = true);
    wanted
        .into_par_iter()
        .enumerate()
        .map(|(pos, wanted)| {
            let n_heads = if wanted { n_heads } else { 0 };
            (0..n_heads).map(|head| pattern.row(head, pos)).collect()
        })
        .collect()
}

/// The constant that attention adds at every position: biases of norm, values and output.
/// Pattern rows sum to one, so it does not depend on them.
pub(super) fn attention_constant(block: &Block) -> Option<Vec<f32>> {
    let attention = &block.attention;
    let has_bias = block.attn_norm.bias().is_some()
        || attention.value.bias().is_some()
        || attention.out.bias().is_some();
    if !has_bias {
        return None;
    }
    let width = attention.value.n_in();
    let bias_d = block.attn_norm.bias().map_or_else(|| vec![0.0; width], <[f32]>::to_vec);
    let value_ke = attention.value.forward(&Mat::from_vec(bias_d, 1, width));
    let n_mixed = attention.out.n_in();
    // Every query head of a group sees the same value head.
    let group = n_mixed / attention.value.n_out();
    let head_width = attention.d_head;
    let mut mixed_he = Mat::zeros(1, n_mixed);
    for (head, slot) in mixed_he.data_mut().chunks_exact_mut(head_width).enumerate() {
        let start = head / group * head_width;
        slot.copy_from_slice(&value_ke.data()[start..start + head_width]);
    }
    Some(attention.out.forward(&mixed_he).into_vec())
}
