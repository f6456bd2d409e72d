//! Weights between features: what a prompt says that norms and attention do not touch.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use connectome::features::FeatureIndex;
use connectome::features::weights::{Side, Weight, expected, strongest, virtual_weights};
use connectome::transcoder::ReadSite;
use connectome_graph::FeatureId;

use super::{collected, replacement, truth};

fn weights(id: FeatureId, side: Side) -> Vec<Weight> {
    virtual_weights(&replacement(), id, side, &mut |_, _| ControlFlow::Continue(())).unwrap()
}

fn id(layer: u32, index: u32) -> FeatureId {
    FeatureId { layer, index }
}

// By hand: the target's encoder row times the sum of the source's decoder rows in between.
#[test]
fn a_virtual_weight_is_an_encoder_times_the_decoders_in_between() {
    let replacement = replacement();
    let dictionary = replacement.transcoder();
    assert_eq!(dictionary.card().reads, ReadSite::ResidMid);
    let (source, target) = (id(1, 77), id(3, 5));
    let rows = dictionary.decoders(1, &[77]).unwrap();
    let read = dictionary.encoder_rows(3, &[5]);
    let mut expected = 0.0_f64;
    let mut row = vec![0.0; read.n_cols()];
    // It writes at layers 1, 2 and 3; the target reads before layer 3 writes.
    for output in 0..2 {
        rows.read(0, output, &mut row);
        let products = row.iter().zip(read.row(0)).map(|(a, b)| f64::from(*a) * f64::from(*b));
        expected += products.sum::<f64>();
    }
    let find = |all: Vec<Weight>, id| all.into_iter().find(|one| one.id == id).unwrap().weight;
    let found = find(weights(target, Side::Inputs), source);
    assert!((f64::from(found) - expected).abs() < 1e-4, "{found}, {expected}");
    assert!((find(weights(source, Side::Outputs), target) - found).abs() < 1e-5);
}

#[test]
fn inputs_are_below_and_outputs_above() {
    let (inputs, outputs) = (weights(id(1, 3), Side::Inputs), weights(id(1, 3), Side::Outputs));
    assert!(inputs.iter().all(|one| one.id.layer == 0) && inputs.len() == 512);
    assert!(outputs.iter().all(|one| one.id.layer > 1) && outputs.len() == 1024);
    assert!(weights(id(0, 3), Side::Inputs).is_empty());
    let top = strongest(outputs, 10);
    assert!(top.windows(2).all(|pair| pair[0].weight.abs() >= pair[1].weight.abs()));
    let other = virtual_weights(&replacement(), id(0, 512), Side::Inputs, &mut |_, _| {
        ControlFlow::Continue(())
    });
    assert!(other.unwrap_err().to_string().contains("outside the 512 features"));
}

// The definition, over every token of the text: Σ a_i a_j / Σ a_j · V_ij, from prompts run one
// by one.
#[test]
fn twera_is_the_weight_where_both_fire() {
    let folder = tempfile::tempdir().unwrap();
    let (_, out) = collected(folder.path(), 40);
    let index = FeatureIndex::open(&out).unwrap();
    let truth = truth(&replacement(), 40);
    let busy = |layer: u32| {
        let fired = truth.iter().filter(|(id, _)| id.layer == layer);
        *fired.max_by_key(|(id, one)| (one.fired, std::cmp::Reverse(**id))).unwrap().0
    };
    for (id, side) in [(busy(2), Side::Inputs), (busy(1), Side::Outputs)] {
        let weights = weights(id, side);
        let by_id: BTreeMap<FeatureId, f32> = weights.iter().map(|w| (w.id, w.weight)).collect();
        let found = expected(&index, id, side, &weights).unwrap();
        assert!(found.len() > 10, "{}", found.len());
        assert!(found.windows(2).all(|pair| pair[0].lo.abs() >= pair[1].lo.abs()));
        for one in found {
            let other = one.weight.id;
            let target = if side == Side::Inputs { id } else { other };
            let share = truth[&id].together[&other] / truth[&target].sum;
            let twera = share * f64::from(by_id[&other]);
            let (lo, hi) = (one.lo.abs() - 1e-4, one.hi.abs() + 1e-4);
            assert!((lo..=hi).contains(&twera.abs()), "{other}: {twera} not in {lo}..{hi}");
        }
    }
}
