//! What features read and write, seen from the residual stream and without any prompt: norms
//! with their gains, and without their denominators.
//!
//! So numbers are comparable among the features of a layer, but not in units of logits: a
//! prompt's denominators are missing ([`crate::attribution`] has them).

use crate::error::LoadError;
use crate::lm::Model;
use crate::ops::Mat;
use crate::ops::dense::add_to;
use crate::replacement::ReplacementModel;
use crate::transcoder::{ReadSite, WriteSite};

/// What features of `layer` add to the stream before layer `end`'s reading site, per unit of
/// activation: the sum of their decoder rows of all layers below `end`, `[n, D]`.
pub(crate) fn written(
    replacement: &ReplacementModel,
    layer: usize,
    indices: &[u32],
    end: usize,
) -> Result<Mat, LoadError> {
    let (model, transcoder) = (replacement.model(), replacement.transcoder());
    let rows = transcoder.decoders(layer, indices)?;
    let d_model = model.config().d_model;
    let mut sum_nd = Mat::zeros(indices.len(), d_model);
    let mut row_d = vec![0.0; d_model];
    for row in 0..indices.len() {
        for output in 0..transcoder.n_outputs(layer).min(end.saturating_sub(layer)) {
            rows.read(row, output, &mut row_d);
            let norm = &model.block(layer + output).post_mlp_norm;
            if let (WriteSite::MlpOutRaw, Some(norm)) = (transcoder.card().writes, norm) {
                norm.push_row(&mut row_d, 1.0);
            }
            add_to(sum_nd.row_mut(row), &row_d);
        }
    }
    Ok(sum_nd)
}

/// What features of `layer` read of the stream, `[n, D]`.
pub(crate) fn read(replacement: &ReplacementModel, layer: usize, indices: &[u32]) -> Mat {
    let (model, transcoder) = (replacement.model(), replacement.transcoder());
    let mut read_nd = transcoder.encoder_rows(layer, indices);
    let norm = &model.block(layer).mlp_norm;
    for row in 0..read_nd.n_rows() {
        match transcoder.card().reads {
            ReadSite::ResidMid => {}
            ReadSite::Ln2Normalized => norm.pull_row_without_gain(read_nd.row_mut(row), 1.0),
            ReadSite::MlpIn => norm.pull_row(read_nd.row_mut(row), 1.0),
        }
    }
    read_nd
}

/// Direct effects on every logit, less their mean over the vocabulary: `[n, V]`.
pub(crate) fn logits(
    replacement: &ReplacementModel,
    layer: usize,
    indices: &[u32],
) -> Result<Mat, LoadError> {
    let model = replacement.model();
    let mut written_nd = written(replacement, layer, indices, model.config().n_layers)?;
    for row in 0..written_nd.n_rows() {
        model.final_norm().push_row(written_nd.row_mut(row), 1.0);
    }
    let mut logits_nv = model.unembed().times_transpose(&written_nd);
    for row in 0..logits_nv.n_rows() {
        let mean = crate::ops::matmul::dot(written_nd.row(row), model.mean_unembed());
        logits_nv.row_mut(row).iter_mut().for_each(|logit| *logit -= mean);
    }
    Ok(logits_nv)
}

/// What each token's embedding contributes to each feature's pre-activation through the stream
/// alone, `[n, V]`.
pub(crate) fn inputs(replacement: &ReplacementModel, layer: usize, indices: &[u32]) -> Mat {
    let model: &Model = replacement.model();
    let mut inputs_nv = model.embed().times_transpose(&read(replacement, layer, indices));
    let scale = model.config().embed_scale;
    inputs_nv.data_mut().iter_mut().for_each(|x| *x *= scale);
    inputs_nv
}
