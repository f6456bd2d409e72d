//! What features say to the logits directly: the first thing that a person asks of one.
//!
//! This is a description of dictionary entries, not an edge: it knows the unembedding, but not
//! whether the feature's position is the one that predicts.

use super::LocalReplacement;
use crate::ops::Mat;
use crate::ops::dense::add_to;
use crate::ops::matmul::dot;

impl LocalReplacement<'_> {
    /// Direct effect of active features on every logit, `[n, V]`, for places in the list of
    /// active features.
    ///
    /// The sum of a feature's decoder rows over all layers that it writes to, through the last
    /// norm without its denominator, times the unembedding less its mean over the vocabulary;
    /// per unit of activation. Costs one `[n, D] × [D, V]` product.
    #[must_use]
    pub fn direct_logits(&self, features: &[usize]) -> Mat {
        let model = self.replacement().model();
        let mut written_nd = Mat::zeros(features.len(), model.config().d_model);
        for (row, &feature) in features.iter().enumerate() {
            let written_d = self.written(feature);
            written_nd.row_mut(row).copy_from_slice(&written_d);
        }
        let mut logits_nv = model.unembed().times_transpose(&written_nd);
        for row in 0..features.len() {
            let mean = dot(written_nd.row(row), model.mean_unembed());
            logits_nv.row_mut(row).iter_mut().for_each(|logit| *logit -= mean);
        }
        logits_nv
    }

    /// What a feature adds to the last norm's output, per unit of activation and without the
    /// norm's denominator: `[D]`.
    fn written(&self, feature: usize) -> Vec<f32> {
        let (model, transcoder) = (self.replacement().model(), self.replacement().transcoder());
        let d_model = model.config().d_model;
        let fired = self.features().list()[feature];
        let own = fired.id.layer as usize;
        let (mut sum_d, mut row_d) = (vec![0.0; d_model], vec![0.0; d_model]);
        for layer in own..own + transcoder.n_outputs(own) {
            self.features().read_decoder(feature, layer, &mut row_d);
            self.map().push_out(layer, fired.pos as usize, &mut row_d);
            add_to(&mut sum_d, &row_d);
        }
        model.final_norm().push_row(&mut sum_d, 1.0);
        sum_d
    }
}
