//! Where a step first holds NaN or infinity, for a message.
//!
//! One bad number makes all that follows bad. So parts are looked at in the order in which a step
//! makes them, and the first is named: what was read, the weights, reconstructions, the other
//! terms of the loss, gradients.

use super::net::{Batch, Measured, Net};
use super::params::Tables;
use crate::ops::Mat;
use crate::ops::dense::first_not_finite;
use crate::train::checkpoint::Numbers;

/// What a step must not be taken with.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NotFinite {
    /// The loss or the gradient's norm, and where it comes from.
    pub(super) what: String,
    /// NaN or infinity.
    pub(super) value: f64,
}

/// What is not finite of a step that was measured and not taken.
pub(super) fn find(net: &Net, batch: &Batch, measured: &Measured) -> Option<NotFinite> {
    let sums = [("the loss", measured.loss.total()), ("the gradient's norm", measured.grad_norm)];
    let (sum, value) = sums.into_iter().find(|(_, value)| !value.is_finite())?;
    let place =
        of_input(net, batch).or_else(|| of_loss(measured)).or_else(|| of_gradient(net, measured));
    let place = place.map_or_else(String::new, |place| format!(" (first in {place})"));
    Some(NotFinite { what: format!("{sum}{place}"), value })
}

fn of_input(net: &Net, batch: &Batch) -> Option<String> {
    let bad = |mats: &[Mat]| mats.iter().position(|mat| mat.first_not_finite().is_some());
    bad(&batch.x_td)
        .map(|layer| format!("what layer {layer} reads"))
        .or_else(|| bad(&batch.y_td).map(|layer| format!("what the MLP of layer {layer} writes")))
        .or_else(|| of_tables(&net.params).map(|tensor| format!("the weights of `{tensor}`")))
}

fn of_loss(measured: &Measured) -> Option<String> {
    if let Some(layer) = measured.layers.iter().position(|layer| !layer.error.is_finite()) {
        return Some(format!("the reconstruction of layer {layer}"));
    }
    let loss = measured.loss;
    let terms = [
        ("the sparsity penalty", loss.sparsity),
        ("the pre-activation loss", loss.pre_activation),
        ("the auxiliary loss", loss.aux),
    ];
    let bad = terms.into_iter().find(|(_, value)| !value.is_finite());
    bad.map(|(term, _)| term.to_owned())
}

/// A tensor that holds a bad number, or else a layer whose numbers are too large to be squared or
/// are bad beside the tables, as factors on decoder rows.
fn of_gradient(net: &Net, measured: &Measured) -> Option<String> {
    let of_layer = || {
        let layer = measured.layers.iter().position(|layer| !layer.grad_squares.is_finite());
        layer.map(|layer| format!("the gradient of layer {layer}"))
    };
    let of_tables = of_tables(&net.grads).map(|tensor| format!("the gradient of `{tensor}`"));
    of_tables.or_else(of_layer)
}

fn of_tables(tables: &Tables) -> Option<String> {
    let bad = |numbers: Numbers<'_>| match numbers {
        Numbers::F32(values) => first_not_finite(values).is_some(),
        Numbers::U32(_) | Numbers::Made(_) => false,
    };
    tables.parts("layer").into_iter().find(|part| bad(part.numbers)).map(|part| part.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::adam::Adam;
    use crate::train::schedule::{Decay, LearningRate};
    use crate::train::transcoder::net::Recipe;
    use crate::train::transcoder::objective::{DecoderNorm, Gate, Numbers, Objective};
    use crate::train::transcoder::params::{Extras, Presence, Shape};
    use crate::train::transcoder::update::{Frozen, Optimiser};

    const SHAPE: Shape = Shape { n_layers: 3, n_features: 4, d_model: 2, window: 3 };

    /// A net all of whose features fire, and a batch of ones.
    fn net_and_batch() -> (Net, Batch) {
        let extras = Extras { thresholds: Presence::Absent, skip: Presence::Absent };
        let mut tables = Tables::zeros(SHAPE, extras);
        tables.parts_mut("p").into_iter().for_each(|(.., values)| values.fill(0.5));
        let objective = Objective {
            gate: Gate::Relu,
            norm: DecoderNorm::Concatenated,
            sparsity: None,
            pre_activation: None,
            aux: None,
        };
        let rate = LearningRate {
            peak: 1.0,
            warm_up: 0,
            decay: Decay::Constant,
            decay_steps: 0,
            floor: 1.0,
        };
        let optimiser = Optimiser {
            adam: Adam::default(),
            rate,
            n_steps: 1,
            max_norm: None,
            frozen: Frozen::Nothing,
        };
        let net = Net::new(tables, Recipe { objective, optimiser, dead_after: 1 });
        let x_td = vec![Mat::from_vec(vec![1.0; 6], 3, 2); SHAPE.n_layers];
        (net, Batch { y_td: x_td.clone(), x_td })
    }

    fn what(net: &mut Net, batch: &Batch) -> Option<String> {
        let measured = net.measure(batch, Numbers { lambda: 0.0, k: 0.0 }, 0);
        find(net, batch, &measured).map(|found| found.what)
    }

    #[test]
    fn the_first_that_is_not_finite_is_named() {
        let (mut net, batch) = net_and_batch();
        assert_eq!(what(&mut net, &batch), None);
        let named = |net: &mut Net, batch: &Batch| what(net, batch).unwrap();

        let mut read = batch.clone();
        read.x_td[1].data_mut()[3] = f32::NAN;
        assert_eq!(named(&mut net.clone(), &read), "the loss (first in what layer 1 reads)");
        let mut wanted = batch.clone();
        wanted.y_td[2].data_mut()[0] = f32::INFINITY;
        let expected = "the loss (first in what the MLP of layer 2 writes)";
        assert_eq!(named(&mut net.clone(), &wanted), expected);

        let mut broken = net.clone();
        broken.params.layers[1].w_enc_fd.data_mut()[0] = f32::NAN;
        let expected = "the loss (first in the weights of `layer.1.w_enc`)";
        assert_eq!(named(&mut broken, &batch), expected);
        // All weights are finite, and what they make is not.
        let mut large = net.clone();
        large.params.layers[1].w_dec_fd[0].data_mut().fill(f32::MAX);
        let expected = "the loss (first in the reconstruction of layer 1)";
        assert_eq!(named(&mut large, &batch), expected);

        let mut measured = net.measure(&batch, Numbers { lambda: 0.0, k: 0.0 }, 0);
        measured.loss.aux = f64::NAN;
        measured.loss.sparsity = f64::INFINITY;
        let found = find(&net, &batch, &measured).unwrap();
        assert_eq!(found.what, "the loss (first in the sparsity penalty)");
        assert!(found.value.is_nan(), "the value is that of the whole");
    }

    #[test]
    fn a_gradient_that_is_not_finite_is_named() {
        let (mut net, batch) = net_and_batch();
        let mut measured = net.measure(&batch, Numbers { lambda: 0.0, k: 0.0 }, 0);
        measured.grad_norm = f64::INFINITY;
        measured.layers[2].grad_squares = f64::INFINITY;
        let what = |net: &Net| find(net, &batch, &measured).unwrap().what;
        assert_eq!(what(&net), "the gradient's norm (first in the gradient of layer 2)");
        net.grads.layers[0].w_dec_fd[1].data_mut()[5] = f32::INFINITY;
        let expected = "the gradient's norm (first in the gradient of `layer.0.w_dec.1`)";
        assert_eq!(what(&net), expected);
    }
}
