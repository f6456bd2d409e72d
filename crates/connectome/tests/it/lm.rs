//! The decoder against transformers.

mod hostile;

use connectome::lm::greedy::Request;
use connectome::lm::model::{probabilities, top_token};
use connectome::lm::tap::NoTap;
use connectome::lm::{LogitsAt, Model};

use crate::golden::{CASES, Golden, max_diff};

// The promise to users: our forward pass is transformers' for every family.
#[test]
fn logits_equal_transformers_for_every_family() {
    for case in CASES {
        let golden = Golden::open(case);
        let logits = golden.model().forward(&golden.ids(), &mut NoTap, &LogitsAt::All).unwrap();
        let worst = max_diff(logits.data(), &golden.get("hf_logits").f32s());
        assert!(worst < 1e-4, "{case}: {worst}");
    }
}

/// The same, one token after the other, with a whole forward pass for each.
fn slow_answer(model: &Model, request: Request<'_>, stop: u32) -> (Vec<f32>, Vec<u32>) {
    let last = |ids: &[u32]| {
        let at = LogitsAt::Positions(vec![ids.len() - 1]);
        model.forward(ids, &mut NoTap, &at).unwrap().into_vec()
    };
    let mut ids = request.prompt.to_vec();
    let next_v = probabilities(&last(&ids));
    let limit = request.prompt.len() + request.max_new_tokens;
    while ids.len() < limit.min(model.config().n_context + 1) {
        ids.push(top_token(&last(&ids)));
        if ids.last() == Some(&stop) {
            break;
        }
    }
    (next_v, ids.split_off(request.prompt.len()))
}

// Many prompts together, of several lengths, some of which end before others.
#[test]
fn answers_are_those_of_the_plain_forward_pass_for_every_family() {
    for case in CASES {
        let golden = Golden::open(case);
        let (model, ids) = (golden.model(), golden.ids());
        let lengths = [ids.len(), 1, 3, ids.len(), 3, 3];
        let requests: Vec<Request<'_>> = lengths
            .iter()
            .zip([6, 0, 1, 9, 12, 4])
            .map(|(length, max_new_tokens)| Request { prompt: &ids[..*length], max_new_tokens })
            .collect();
        // The token that the longest answer goes through in its middle ends some of them.
        let (_, free) = slow_answer(&model, requests[4], u32::MAX);
        let stop = free[free.len() / 2];
        let answers = model.answer(&requests, Some(stop)).unwrap();
        for (request, answer) in requests.iter().zip(&answers) {
            let (next_v, tokens) = slow_answer(&model, *request, stop);
            assert_eq!(answer.tokens, tokens, "{case}");
            assert!(max_diff(&answer.next_v, &next_v) < 1e-5, "{case}");
        }
    }
}

// In f32, what is added to a 1 vanishes below 6e-8, and a vocabulary of it is not nothing.
#[test]
fn a_vocabulary_of_improbable_tokens_counts() {
    let mut logits_v = vec![0.0_f32; 100_001];
    logits_v[0] = 17.0;
    let rest = 1e5 * (-17.0_f64).exp();
    let expected = 1.0 / (1.0 + rest);
    let found = f64::from(probabilities(&logits_v)[0]);
    assert!(rest > 4e-3 && (found - expected).abs() < 1e-6, "{found}, not {expected}");
}
