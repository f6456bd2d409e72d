//! What answers to a push, to two parts of a prompt, and to another prompt.

use std::ops::ControlFlow;

use connectome::RunError;
use connectome::doubt::{
    Absence, Aim, Aims, Along, Done, Favours, InhibitedOptions, Parts, Push, PushOptions, Side,
    agree, error_share, inhibited, interaction, push,
};
use connectome::intervene::{
    AttentionPatterns, Baseline, Intervention, Mode, ResidualPatch, Watch,
};
use connectome::lm::LogitsAt;
use connectome::replacement::{PromptTokens, ReplacementModel};
use connectome_graph::scores;

use super::world::World;
use crate::golden::{CASES, Golden};

fn go_on(_: Done) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

const OAK: &str = "the capital of the state containing oak port is";

// The stream that a run is told to keep is the one that it runs on.
#[test]
fn kept_streams_are_those_of_the_run() {
    for case in CASES {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let baseline = Baseline::new(&replacement, &golden.prompt()).unwrap();
        let n_layers = baseline.n_layers();
        let watch = Watch::nothing().with_streams(&baseline, vec![n_layers, 1, 0]).unwrap();
        let clean = baseline.unchanged(&watch, &LogitsAt::All).unwrap();
        for (stream, layer) in clean.streams.iter().zip([n_layers, 1, 0]) {
            assert_eq!(stream, baseline.stream().resid(layer), "{case}");
        }
        let (before_layer, pos) = (1, 2);
        let mut resid_d = baseline.stream().resid(before_layer).row(pos).to_vec();
        resid_d.iter_mut().for_each(|x| *x = 0.5 * *x + 0.1);
        let patch = ResidualPatch { before_layer, pos, resid_d: resid_d.clone() };
        let asked = Intervention::of_residuals(vec![patch]);
        let run = baseline.measure(&asked, &watch, &LogitsAt::All).unwrap();
        assert_eq!(run.streams[2], *baseline.stream().resid(0), "{case}: below the patch");
        assert_eq!(run.streams[1].row(pos), resid_d, "{case}: at the patch");
        assert_eq!(run.streams[1].row(pos + 1), clean.streams[1].row(pos + 1), "{case}: beside");
        // The last stream, normed, is what logits are read from.
        let norm = replacement.model().final_norm();
        let mut normed = norm.normalized(&run.streams[0], &norm.scales(&run.streams[0]));
        norm.gain_and_bias(&mut normed);
        assert_eq!(normed, run.normed, "{case}");
        assert_ne!(run.streams[0], clean.streams[0], "{case}");
    }
    let golden = Golden::open(CASES[0]);
    let replacement = golden.replacement();
    let baseline = Baseline::new(&replacement, &golden.prompt()).unwrap();
    let beyond = Watch::nothing().with_streams(&baseline, vec![baseline.n_layers() + 1]);
    assert!(matches!(beyond, Err(RunError::Layer { .. })));
}

fn pushed(baseline: &Baseline<'_>, size: f32) -> Push {
    let options = PushOptions {
        pos: baseline.n_tokens() - 1,
        before_layers: (0..baseline.n_layers()).collect(),
        n_directions: 6,
        size,
        seed: 0,
    };
    push(baseline, &options, &mut go_on).unwrap()
}

// Neurons that are encoded anew are the MLP: the local replacement model is the model held.
#[test]
fn with_neurons_the_local_replacement_model_answers_as_the_model_held() {
    for case in ["llama_clt_relu", "gpt2_clt_relu", "gemma2_clt_jumprelu", "gpt_neox_plt_relu"] {
        let golden = Golden::open(case);
        let replacement = ReplacementModel::of_neurons(golden.model(), None);
        let baseline = Baseline::new(&replacement, &golden.prompt()).unwrap();
        let found = pushed(&baseline, 0.1);
        assert_eq!((found.n_done, found.n_places), (baseline.n_layers(), baseline.n_layers()));
        for push in &found.pushes {
            for at in &push.depths {
                let apart = (at.replacement.nmse - at.held.nmse).abs();
                assert!(apart < 1e-3, "{case}: {at:?}");
                assert!((at.replacement.cosine - at.held.cosine).abs() < 1e-4, "{case}: {at:?}");
            }
        }
    }
}

// Of a push towards nothing, everything that answers answers in proportion.
#[test]
fn short_pushes_have_every_kind_and_depth() {
    let world = World::open();
    let baseline = Baseline::new(&world.replacement, &world.prompt(OAK)).unwrap();
    let found = pushed(&baseline, 0.05);
    for along in Along::ALL {
        // Nothing was written below layer 0.
        let deepest = if along == Along::Upstream { 3 } else { 4 };
        for depth in 1..=deepest {
            let (at, n) = found.typical(along, depth).unwrap();
            assert_eq!(at.depth, depth);
            assert!(n >= 6 && n <= 6 * (5 - depth), "{along:?} {depth}: {n}");
            assert!(at.held.cosine > 0.5 && at.held.cosine <= 1.0, "{along:?} {at:?}");
        }
        assert_eq!(found.typical(along, deepest + 1), None);
    }
    // One layer on, holding attention and norms still changes less than the dictionary does.
    let (at, _) = found.typical(Along::Upstream, 1).unwrap();
    assert!(at.held.nmse < at.replacement.nmse && at.replacement.cosine > 0.8, "{at:?}");
    // The same seed draws the same pushes, and any place can be asked for by itself.
    let options = PushOptions { before_layers: vec![2], ..found.options.clone() };
    let alone = push(&baseline, &options, &mut go_on).unwrap();
    let among: Vec<_> = found.pushes.iter().filter(|push| push.before_layer == 2).collect();
    assert_eq!(alone.pushes.iter().collect::<Vec<_>>(), among);
}

#[test]
fn pushes_that_cannot_be_are_refused() {
    let world = World::open();
    let baseline = Baseline::new(&world.replacement, &world.prompt(OAK)).unwrap();
    let good = PushOptions { pos: 9, before_layers: vec![1], n_directions: 2, size: 0.1, seed: 0 };
    let refused = |options: PushOptions| push(&baseline, &options, &mut go_on).unwrap_err();
    let bad = PushOptions { pos: 10, ..good.clone() };
    assert!(matches!(refused(bad), RunError::Position { found: 10, n_tokens: 10 }));
    let bad = PushOptions { before_layers: vec![4], ..good.clone() };
    assert!(matches!(refused(bad), RunError::Layer { found: 4, n_layers: 4 }));
    let bad = PushOptions { size: 0.0, ..good.clone() };
    assert!(matches!(refused(bad), RunError::Size { .. }));
    let bad = PushOptions { before_layers: vec![], ..good.clone() };
    assert!(matches!(refused(bad), RunError::EmptySet { .. }));
    let stopped = push(&baseline, &good, &mut |_| ControlFlow::Break(())).unwrap();
    assert_eq!((stopped.n_done, stopped.pushes.len()), (0, 0));
}

#[test]
fn the_replacement_agrees_as_far_as_the_graph_and_the_free_run_say() {
    let world = World::open();
    let baseline = Baseline::new(&world.replacement, &world.prompt(OAK)).unwrap();
    let found = agree(&baseline).unwrap();
    assert_eq!((found.positions.len(), found.counted().len(), found.n_zeroed), (10, 9, 1));
    // Position 0 keeps the model's own MLP outputs, and nothing before it differs.
    assert!(found.positions[0].kl < 1e-9 && found.positions[0].agrees());
    let last = found.positions[9];
    assert_eq!(last.model.0, world.token("Alder"));
    let replaced = baseline.replaced().unwrap();
    let top = connectome::lm::model::top_probabilities(replaced.logits_tv.row(9), 1)[0];
    assert_eq!(last.replaced, top);
    // The first layer reads what the model's first layer reads.
    let first = found.layers[0];
    assert!((first.on_stream.of_size - first.free.of_size).abs() < 1e-6, "{first:?}");
    for layer in &found.layers[1..] {
        assert!(layer.free.of_size > layer.on_stream.of_size, "{layer:?}");
    }
    for layer in &found.layers {
        let variance = layer.on_stream.of_variance.unwrap();
        assert!(variance > layer.on_stream.of_size && variance < 1.0, "{layer:?}");
    }
    let graph = world.trace(&baseline, None);
    let errors = error_share(&graph);
    assert!((errors.of_ends - (1.0 - scores(&graph).replacement.value)).abs() < 1e-12);
    assert!((errors.layers.iter().sum::<f64>() - errors.of_ends).abs() < 1e-12);
}

#[test]
fn two_words_of_a_name_are_an_and() {
    let world = World::open();
    let baseline = Baseline::new(&world.replacement, &world.prompt(OAK)).unwrap();
    let graph = world.trace(&baseline, None);
    let aims = Aims::of_graph(&baseline, &graph, &[]).unwrap();
    let parts = Parts { a: 7..8, b: 8..9, absence: Absence::Mean };
    let found = interaction(&baseline, &aims, &parts).unwrap().model[0];
    // Neither `oak` nor `port` alone says the state, so almost all is in both together.
    assert!(found.share().unwrap() > 0.8, "{found:?}");
    let turned = Parts { a: 8..9, b: 7..8, ..parts.clone() };
    let turned = interaction(&baseline, &aims, &turned).unwrap().model[0];
    assert_eq!((turned.only_a, turned.only_b), (found.only_b, found.only_a));
    assert_eq!(turned.interaction(), found.interaction());
    // A part by itself is the run with the other taken away.
    let patches = Absence::Mean.patches(&baseline, &[8]).unwrap();
    let mode = Mode::Open { attention: AttentionPatterns::Free };
    let asked = Intervention { mode, ..Intervention::of_residuals(patches) };
    let run = baseline.measure(&asked, aims.watch(), &aims.logits_at()).unwrap();
    assert_eq!(aims.values(&run)[0], found.only_a);
    // A token that stands for itself is not away.
    let here = Absence::Token(baseline.prompt().ids[8]);
    let parts = Parts { absence: here, ..parts };
    let same = interaction(&baseline, &aims, &parts).unwrap().model[0];
    assert_eq!(same.only_a, same.both);
}

// What holds of pushes holds of parts that are taken away.
#[test]
fn with_neurons_parts_interact_as_in_the_model_held() {
    for case in ["llama_clt_relu", "gpt2_clt_relu", "gemma2_clt_jumprelu"] {
        let golden = Golden::open(case);
        let replacement = ReplacementModel::of_neurons(golden.model(), None);
        let baseline = Baseline::new(&replacement, &golden.prompt()).unwrap();
        let model = replacement.model();
        let last = baseline.n_tokens() - 1;
        let aims = [3, 17].map(|token| Aim::logit(model, token, last, "").unwrap());
        let aims = Aims::new(&baseline, aims.to_vec()).unwrap();
        let parts = Parts { a: 1..2, b: 3..4, absence: Absence::Mean };
        let found = interaction(&baseline, &aims, &parts).unwrap();
        for (held, own) in found.held.iter().zip(&found.replacement) {
            let pairs = [
                (held.both, own.both),
                (held.only_a, own.only_a),
                (held.only_b, own.only_b),
                (held.neither, own.neither),
            ];
            for (held, own) in pairs {
                assert!((held - own).abs() < 1e-4, "{case}: {found:?}");
            }
        }
        assert_ne!(found.model, found.held, "{case}: attention and norms do answer");
    }
}

#[test]
fn parts_that_cannot_be_taken_away_are_refused() {
    let world = World::open();
    let baseline = Baseline::new(&world.replacement, &world.prompt(OAK)).unwrap();
    let model = world.replacement.model();
    let aim = Aim::logit(model, 5, 9, "").unwrap();
    let aims = Aims::new(&baseline, vec![aim]).unwrap();
    let ask = |a, b, absence| interaction(&baseline, &aims, &Parts { a, b, absence }).unwrap_err();
    let found = ask(8..11, 2..3, Absence::Mean);
    assert!(matches!(found, RunError::Range { start: 8, end: 11, limit: 10, .. }));
    assert!(matches!(ask(2..4, 3..5, Absence::Mean), RunError::Overlap { .. }));
    let found = ask(2..3, 4..5, Absence::Token(9999));
    assert!(matches!(found, RunError::TokenId { found: 9999, .. }));
    assert!(matches!(Aims::new(&baseline, vec![]), Err(RunError::NoTargets)));
    assert!(matches!(Aim::logit(model, 9999, 9, ""), Err(RunError::TokenId { .. })));
}

#[test]
fn a_logit_that_falls_is_taken_apart() {
    let world = World::open();
    let token = world.token("Alder");
    let eagle = world.prompt("the capital of the state containing eagle crest is");
    let [here, there] = [world.prompt(OAK), eagle].map(|prompt: PromptTokens| {
        let baseline = Baseline::new(&world.replacement, &prompt).unwrap();
        let graph = world.trace(&baseline, Some(token));
        (baseline, graph)
    });
    let sides = [&here, &there].map(|(baseline, graph)| Side {
        baseline,
        graph,
        target: graph.nodes().target(0),
    });
    let options =
        InhibitedOptions { token, inhibitor: None, n_features: 10, n_controls: 20, seed: 0 };
    let found = inhibited(sides[0], sides[1], &options).unwrap();
    for standing in [&found.here, &found.there] {
        let parts = standing.parts;
        let sum = parts.tokens + parts.raising + parts.lowering + parts.errors + parts.rest;
        assert!((sum - standing.demeaned).abs() < 1e-4, "{standing:?}");
    }
    let probability = |baseline: &Baseline<'_>| {
        let row = connectome::lm::model::probabilities(baseline.logits().row(9));
        f64::from(row[token as usize]).ln()
    };
    assert!((found.here.log_probability() - probability(&here.0)).abs() < 1e-5);
    assert!((found.there.log_probability() - probability(&there.0)).abs() < 1e-5);
    assert!(
        (found.fall() - found.own_fall() - (found.there.log_sum - found.here.log_sum)).abs() < 1e-9
    );
    let inhibitor = found.inhibitor.as_ref().unwrap();
    assert_eq!((inhibitor.features.len(), inhibitor.controls.len()), (10, 20));
    assert!(inhibitor.features.iter().all(|part| part.total < 0.0));
    assert!(inhibitor.controls.is_sorted());
    // The capital of another state: its own evidence is gone, and little holds it down.
    assert!(found.own_fall() > 10.0 && found.favours != Favours::Inhibition, "{found:?}");
    // Whoever is named as the inhibitor is ablated.
    let named = inhibitor.features.iter().map(|part| (part.feature, part.pos)).collect();
    let options = InhibitedOptions { inhibitor: Some(named), ..options };
    let again = inhibited(sides[0], sides[1], &options).unwrap();
    assert_eq!(again.inhibitor.unwrap().rise, inhibitor.rise);
    let options = InhibitedOptions { inhibitor: Some(vec![]), ..options };
    let refused = inhibited(sides[0], sides[1], &options);
    assert!(matches!(refused, Err(RunError::EmptySet { .. })));
}
