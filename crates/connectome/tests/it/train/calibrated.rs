use connectome::tokenizer::Prompt;
use connectome::train::schedule::Ramp;
use connectome::train::transcoder::objective::{Gate, Scope};
use connectome::train::transcoder::options::{Data, Every};
use connectome::train::transcoder::{Ending, Objective, Start};
use connectome::transcoder::Activation;

use super::runs::{Place, options, paper, text, tokenizer};

/// How many a token and layer BatchTopK lets through in the mean.
const K: f64 = 6.0;

/// Texts begin alike, so some tokens are equal to the last bit and fall on one side of a
/// threshold together.
const TOLERANCE: f64 = 0.03;

/// Features that fire on a token, a layer each, of the dictionary that a run of BatchTopK wrote.
/// Its thresholds come from every token of the text once, and it is measured on the same tokens.
fn fires(scope: Scope) -> Vec<f64> {
    let tokenizer = tokenizer();
    let trained_on = |line: &str| {
        let prepared = tokenizer.prepare(Prompt::Text(line), "two-hop").unwrap();
        prepared.ids.len() - prepared.zeroed_positions
    };
    let n_tokens: usize = text().lines().map(trained_on).sum();
    let gate = Gate::BatchTopK { k: Ramp::constant(K), scope };
    let plain = Objective { sparsity: None, pre_activation: None, aux: None, ..paper() };
    let mut options = options(Objective { gate, ..plain });
    options.data =
        Data { sample_tokens: n_tokens, held_out: 0.0, outlier_factor: None, ..options.data };
    options.evaluation.sequences = text().lines().count();
    options.every = Every { metrics: 0, evaluate: 0, graphs: 0, checkpoint: 0 };
    let place = Place::new();
    let Ending::Finished(card) = place.run(&options, Start::New, None).unwrap() else {
        panic!("it ends")
    };
    assert_eq!(place.dictionary().card().activation, Activation::JumpRelu);
    let quality = &card["measured"]["quality"];
    assert_eq!(quality["tokens"], n_tokens);
    quality["l0"].as_array().unwrap().iter().map(|l0| l0.as_f64().unwrap()).collect()
}

#[test]
fn every_layer_has_its_share_of_a_tilted_k() {
    let tilt: f64 = 4.0;
    let shares = [0.0, 1.0, 2.0, 3.0].map(|layer| tilt.powf(-layer / 3.0));
    let mean = shares.iter().sum::<f64>() / 4.0;
    for (found, share) in fires(Scope::Layer { tilt }).into_iter().zip(shares) {
        let expected = K * share / mean;
        assert!((found / expected - 1.0).abs() < TOLERANCE, "{found} fire, expected {expected}");
    }
}

#[test]
fn layers_that_compete_have_k_together_and_their_floor_each() {
    let floor = 0.5;
    let fires = fires(Scope::All { floor });
    let mean = fires.iter().sum::<f64>() / 4.0;
    assert!((mean / K - 1.0).abs() < TOLERANCE, "{fires:?}, expected {K} in the mean");
    let least = (1.0 - TOLERANCE) * floor * K;
    assert!(fires.iter().all(|found| *found > least), "{fires:?}, expected at least {least}");
    let most = fires.iter().copied().fold(0.0, f64::max);
    assert!(most > 1.1 * K, "{fires:?}: they do not compete");
}
