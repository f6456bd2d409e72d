//! [`Net`]: a decoder as the trainer sees it, from tokens to the loss and back to the gradient of
//! every parameter.
//!
//! The forward pass is the decoder's of [`lm`](crate::lm), on batches of rows and with what the
//! backward pass needs kept; tests hold the two equal.

use super::block::Block;
use super::layout::Layout;
use super::loss::{Goal, Softmax};
use super::norm::{Cols, NormOf};
use super::rows::{Batch, Rows};
use super::workspace::{Top, Workspace};
use crate::lm::ModelConfig;
use crate::lm::names::NameMap;
use crate::lm::rope::{Rotation, Rotations};
use crate::ops::Mat;
use crate::ops::dense::first_not_finite;
use crate::ops::matmul::{Into, Products, Threads, View};
use crate::ops::simd::vectorized;

/// A decoder without its numbers.
#[derive(Clone, Debug)]
pub struct Net {
    config: ModelConfig,
    layout: Layout,
    rotations: Rotations,
}

/// One batch on its way through the decoder.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pass<'a> {
    pub(super) net: &'a Net,
    pub(super) params: &'a [f32],
    pub(super) batch: &'a Batch,
    /// How products are made.
    pub(super) products: Products,
}

impl Net {
    /// The decoder of a config, for rows of up to the config's context.
    #[must_use]
    pub fn new(config: ModelConfig, names: &NameMap) -> Self {
        let layout = Layout::new(&config, names);
        let rotations = Rotations::new(&config.position, 0..config.n_context);
        Self { config, layout, rotations }
    }

    /// The axes of the decoder.
    #[must_use]
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// Where every parameter stands.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(super) fn rotation(&self, layer: usize) -> Option<&Rotation> {
        self.rotations.for_layer(layer)
    }

    /// `Σ weight · cross-entropy` over rows, and `factor` times its gradient added to `grads`.
    /// Documents start at every `opens`, if given, and do not see each other.
    ///
    /// Ids must lie in the vocabulary, and rows must be at least two tokens and at most one more
    /// than the context.
    #[must_use]
    pub fn loss_and_gradient(
        &self,
        params: &[f32],
        rows: &Rows,
        opens: Option<u32>,
        factor: f32,
        grads: &mut [f32],
    ) -> f64 {
        let batch = Batch::of(rows, 0, rows.n_rows(), opens);
        let pass = Pass { net: self, params, batch: &batch, products: Products::f32(Threads::All) };
        pass.loss_and_gradient(factor, grads, &mut Workspace::default())
    }

    /// Logits `[T, V]` of one row of tokens, as [`Model::forward`](crate::lm::Model::forward)
    /// gives them.
    #[must_use]
    pub fn logits(&self, params: &[f32], ids: &[u32], opens: Option<u32>) -> Mat {
        let mut batch = Batch::default();
        batch.push_row(ids, opens);
        batch.goals = (0..ids.len()).map(|at| Goal { at, target: 0, weight: 1.0 }).collect();
        let pass = Pass { net: self, params, batch: &batch, products: Products::f32(Threads::All) };
        let mut workspace = Workspace::default();
        pass.forward(&mut workspace);
        let n_vocab = self.config.n_vocab;
        let mut logits = Mat::zeros(ids.len(), n_vocab);
        let chunk = pass.logits(0..ids.len(), &workspace.top.out_bd, logits.data_mut());
        chunk.1.cap(logits.data_mut());
        logits
    }

    /// Where the forward pass over `rows` first holds NaN or infinity, for a message.
    #[must_use]
    pub fn first_not_finite(
        &self,
        params: &[f32],
        rows: &Rows,
        opens: Option<u32>,
    ) -> Option<String> {
        let bad = |values: &[f32]| first_not_finite(values).is_some();
        if let Some(tensor) = self.layout.tensors().iter().find(|t| bad(t.slot.of(params))) {
            return Some(format!("in the weights of `{}`", tensor.name));
        }
        let mut workspace = Workspace::default();
        (0..rows.n_rows()).find_map(|row| {
            let batch = Batch::of(rows, row, 1, opens);
            let pass =
                Pass { net: self, params, batch: &batch, products: Products::f32(Threads::All) };
            pass.forward(&mut workspace);
            let place = workspace.resid_bd.iter().position(|stream| bad(stream));
            Some(match place? {
                0 => format!("in the embedding, row {row} of the step"),
                block => format!("in the output of block {}, row {row} of the step", block - 1),
            })
        })
    }
}

impl Pass<'_> {
    /// See [`Net::loss_and_gradient`].
    pub(super) fn loss_and_gradient(
        &self,
        factor: f32,
        grads: &mut [f32],
        workspace: &mut Workspace,
    ) -> f64 {
        self.forward(workspace);
        let loss = self.top_loss_and_gradient(factor, grads, &mut workspace.top);
        self.top_backward(workspace, grads);
        for layer in (0..self.net.config.n_layers).rev() {
            let Workspace { resid_bd, kept, d_resid_bd, shared, .. } = &mut *workspace;
            let block = Block { pass: self, layer };
            block.backward(&resid_bd[layer], &kept[layer], d_resid_bd, grads, shared);
        }
        self.embed_backward(&workspace.d_resid_bd, grads);
        loss
    }

    /// The loss of every goal and whether its target has the largest logit, in order.
    pub(super) fn losses(&self, workspace: &mut Workspace, mut each: impl FnMut(&Goal, f64, bool)) {
        self.forward(workspace);
        let Top { out_bd, logits_bv, .. } = &mut workspace.top;
        for goals in self.chunks() {
            let (goals, softmax) = self.logits(goals, out_bd, logits_bv);
            let n_vocab = self.net.config.n_vocab;
            softmax.loss(&mut logits_bv[..goals.len() * n_vocab], n_vocab, goals, &mut each);
        }
    }

    /// The residual stream through all blocks, and the last norm's output at the goals.
    fn forward(&self, workspace: &mut Workspace) {
        workspace.fit(self.net, self.batch.len(), self.batch.goals.len());
        self.embed(&mut workspace.resid_bd[0]);
        for layer in 0..self.net.config.n_layers {
            let (before, after) = workspace.resid_bd.split_at_mut(layer + 1);
            let block = Block { pass: self, layer };
            let kept = &mut workspace.kept[layer];
            block.forward(&before[layer], &mut after[0], kept, &mut workspace.shared);
        }
        let d = self.net.config.d_model;
        let stream = &workspace.resid_bd[self.net.config.n_layers];
        let top = &mut workspace.top;
        for (goal, row) in self.batch.goals.iter().zip(top.in_bd.chunks_exact_mut(d)) {
            row.copy_from_slice(&stream[goal.at * d..(goal.at + 1) * d]);
        }
        let all = Cols::all(d);
        self.final_norm().forward(all, &top.in_bd, &mut top.out_bd, &mut top.moments);
    }

    fn final_norm(&self) -> NormOf<'_> {
        let Net { config, layout, .. } = self.net;
        NormOf { kind: config.norm, slots: layout.final_norm, params: self.params }
    }

    /// Token embeddings, scaled, and position embeddings where the family has a table.
    fn embed(&self, out_bd: &mut [f32]) {
        let Net { config, layout, .. } = self.net;
        let (d, scale) = (config.d_model, config.embed_scale);
        let embed = layout.embed.of(self.params);
        let positions = layout.positions.map(|slot| slot.of(self.params));
        let places = self.batch.ids_b.iter().zip(&self.batch.pos_b);
        for (row, (&id, &pos)) in out_bd.chunks_exact_mut(d).zip(places) {
            let token = &embed[id as usize * d..][..d];
            row.iter_mut().zip(token).for_each(|(x, token)| *x = token * scale);
            if let Some(positions) = positions {
                let position = &positions[pos * d..][..d];
                row.iter_mut().zip(position).for_each(|(x, position)| *x += position);
            }
        }
    }

    fn embed_backward(&self, d_bd: &[f32], grads: &mut [f32]) {
        let Net { config, layout, .. } = self.net;
        let (d, scale) = (config.d_model, config.embed_scale);
        for (row, &id) in d_bd.chunks_exact(d).zip(&self.batch.ids_b) {
            let token = &mut layout.embed.of_mut(grads)[id as usize * d..][..d];
            token.iter_mut().zip(row).for_each(|(sum, x)| *sum += x * scale);
        }
        let Some(positions) = layout.positions else { return };
        for (row, &pos) in d_bd.chunks_exact(d).zip(&self.batch.pos_b) {
            let position = &mut positions.of_mut(grads)[pos * d..][..d];
            position.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
    }

    /// Goals in chunks whose logits fit the cache.
    fn chunks(&self) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let (n, rows) = (self.batch.goals.len(), Top::rows(self.net.config.n_vocab));
        (0..n).step_by(rows).map(move |start| start..n.min(start + rows))
    }

    /// Logits of some goals before the cap, into the front of `logits_bv`.
    fn logits(
        &self,
        which: std::ops::Range<usize>,
        out_bd: &[f32],
        logits_bv: &mut [f32],
    ) -> (&[Goal], Softmax) {
        let Net { config, layout, .. } = self.net;
        let (d, v) = (config.d_model, config.n_vocab);
        let input = View::rows(&out_bd[which.start * d..], d);
        let unembed = View::transposed(layout.unembed.of(self.params), d);
        let sizes = [which.len(), v, d];
        self.products.run(sizes, input, unembed, (logits_bv, v), Into::Overwrite);
        (&self.batch.goals[which], Softmax { softcap: config.logit_softcap, factor: 1.0 })
    }

    /// The loss; gradients of the unembedding, and of the last norm's output into `top.d_bd`.
    fn top_loss_and_gradient(&self, factor: f32, grads: &mut [f32], top: &mut Top) -> f64 {
        let Net { config, layout, .. } = self.net;
        let (d, v) = (config.d_model, config.n_vocab);
        let mut loss = 0.0;
        for which in self.chunks() {
            let start = which.start * d;
            let (goals, softmax) = self.logits(which, &top.out_bd, &mut top.logits_bv);
            let n = goals.len();
            let logits = &mut top.logits_bv[..n * v];
            let softmax = Softmax { factor, ..softmax };
            loss += softmax.loss_and_gradient(logits, v, goals, &mut top.capped_v);
            let input = View::rows(&top.out_bd[start..], d);
            let d_unembed = (layout.unembed.of_mut(grads), d);
            let back = View::transposed(logits, v);
            self.products.run([v, d, n], back, input, d_unembed, Into::Add);
            let unembed = View::rows(layout.unembed.of(self.params), d);
            let d_out = (&mut top.d_bd[start..], d);
            let logits = View::rows(logits, v);
            self.products.run([n, d, v], logits, unembed, d_out, Into::Overwrite);
        }
        loss
    }

    /// Through the last norm, to the gradient of the stream after the last block.
    fn top_backward(&self, workspace: &mut Workspace, grads: &mut [f32]) {
        let d = self.net.config.d_model;
        let top = &mut workspace.top;
        let all = Cols::all(d);
        self.final_norm().backward(all, &top.in_bd, &top.moments, &mut top.d_bd, grads);
        let d_resid_bd = &mut workspace.d_resid_bd;
        vectorized(
            #[inline(always)]
            || d_resid_bd.fill(0.0),
        );
        for (goal, row) in self.batch.goals.iter().zip(top.d_bd.chunks_exact(d)) {
            d_resid_bd[goal.at * d..(goal.at + 1) * d].copy_from_slice(row);
        }
    }
}
