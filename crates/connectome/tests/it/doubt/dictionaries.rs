//! Dictionaries made on the spot: the model's own neurons, and decoders at random.

use connectome::doubt::{SameStory, Story, agree, error_share};
use connectome::intervene::Baseline;
use connectome::replacement::{LocalReplacement, ReplacementModel};
use connectome_graph::AttributionGraph;

use crate::golden::{CASES, Golden, max_diff};
use crate::laws::prompt::{Rounding, Subject, exhaustive};

fn subject<'a>(name: &str, local: &'a LocalReplacement<'a>) -> Subject<'a> {
    Subject { name: name.to_owned(), local, rounding: Rounding::RowSum }
}

fn keeps_the_laws(subject: &Subject<'_>, graph: &AttributionGraph) {
    subject.pull_back_is_the_transpose_of_push_forward();
    subject.row_sums_and_constants_are_the_values(graph);
    subject.doubling_a_source_moves_every_target_by_its_edge(graph, 499);
}

/// Gated and plain MLPs, every layout of their weights, norms after them, parallel blocks.
const FAMILIES: [&str; 7] = [
    "gemma2_clt_jumprelu",
    "gemma3_clt_relu",
    "gpt2_clt_relu",
    "gpt_neox_plt_relu",
    "llama_clt_relu",
    "qwen2_plt_relu",
    "qwen3_plt_relu",
];

#[test]
fn neurons_are_exact_and_keep_the_laws() {
    for case in FAMILIES {
        let golden = Golden::open(case);
        let replacement = ReplacementModel::of_neurons(golden.model(), None);
        let baseline = Baseline::new(&replacement, &golden.prompt()).unwrap();
        let subject = subject(case, baseline.local());
        let graph = subject.trace(&exhaustive());
        keeps_the_laws(&subject, &graph);
        // Nothing is missed, with and without the model's own stream.
        assert!(error_share(&graph).of_ends < 1e-4, "{case}: {:?}", error_share(&graph));
        let replaced = baseline.replaced().unwrap();
        let worst = max_diff(replaced.logits_tv.data(), baseline.logits().data());
        assert!(worst < 1e-4, "{case}: {worst}");
    }
}

// With a budget the rest is an error, and rows still add up.
#[test]
fn the_strongest_neurons_leave_the_rest_to_errors() {
    let golden = Golden::open("llama_clt_relu");
    let replacement = ReplacementModel::of_neurons(golden.model(), Some(5));
    let baseline = Baseline::new(&replacement, &golden.prompt()).unwrap();
    let features = baseline.local().features();
    let n_layers = baseline.n_layers();
    let n_counted = baseline.n_tokens() - baseline.prompt().n_zeroed;
    assert_eq!(features.len(), 5 * n_layers * n_counted);
    let all = ReplacementModel::of_neurons(golden.model(), None);
    let all = Baseline::new(&all, &golden.prompt()).unwrap();
    let size = |baseline: &Baseline<'_>, layer: usize| -> f32 {
        baseline.local().errors(layer).data().iter().map(|x| x * x).sum()
    };
    assert!((0..n_layers).all(|layer| size(&baseline, layer) > 100.0 * size(&all, layer)));
    let subject = subject("five neurons", baseline.local());
    keeps_the_laws(&subject, &subject.trace(&exhaustive()));
}

#[test]
fn random_decoders_keep_lengths_firings_and_laws() {
    for case in ["llama_clt_jumprelu", "gemma2_plt_jumprelu", "gpt2_plt_relu_ln2"] {
        let golden = Golden::open(case);
        let own = golden.replacement();
        let random = |seed| own.transcoder().with_random_decoders(seed);
        assert_ne!(random(0).digest(), own.transcoder().digest());
        let all: Vec<u32> = (0..own.transcoder().card().n_features as u32).collect();
        let [first, again, other] = [0, 0, 1].map(random);
        let width = own.transcoder().card().d_model;
        for layer in 0..own.transcoder().card().n_layers {
            let expected = own.transcoder().decoders(layer, &all).unwrap();
            let found = first.decoders(layer, &all).unwrap();
            // One row read alone is the row read with the others, whatever the run.
            let alone = again.decoders(layer, &all[3..4]).unwrap();
            let drawn = other.decoders(layer, &all[3..4]).unwrap();
            for output in 0..expected.n_outputs() {
                let read = |rows: &connectome::transcoder::DecoderRows, row: usize| {
                    let mut out = vec![0.0; width];
                    rows.read(row, output, &mut out);
                    out
                };
                for row in 0..all.len() {
                    let length = |x: Vec<f32>| x.iter().map(|x| x * x).sum::<f32>().sqrt();
                    let (a, b) = (length(read(&expected, row)), length(read(&found, row)));
                    assert!((a - b).abs() < 1e-5 * a.max(1e-3), "{case}: {a} and {b}");
                }
                assert_eq!(read(&found, 3), read(&alone, 0), "{case}");
                assert_ne!(read(&found, 3), read(&drawn, 0), "{case}");
            }
        }
        let replacement = ReplacementModel::new(golden.model(), first).unwrap();
        let local = replacement.on(&golden.prompt()).unwrap();
        let expected = own.on(&golden.prompt()).unwrap();
        assert_eq!(local.features().list(), expected.features().list(), "{case}");
        let subject = subject(case, &local);
        keeps_the_laws(&subject, &subject.trace(&exhaustive()));
    }
}

#[test]
fn a_story_agrees_with_itself_to_what_it_explains() {
    for case in CASES {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let local = replacement.on(&golden.prompt()).unwrap();
        let graph = subject(case, &local).trace(&exhaustive());
        let story = Story::of(&graph);
        let same = SameStory::of(&story, &story);
        let explained = 1.0 - error_share(&graph).of_ends;
        assert!((same.tokens.shared - explained).abs() < 1e-9, "{case}: {same:?}, {explained}");
        assert!((story.explained() - explained).abs() < 1e-9, "{case}");
        assert!((same.tokens.cosine - 1.0).abs() < 1e-9, "{case}: {same:?}");
        assert!((same.positions.shared - same.mediators.shared).abs() < 1e-9, "{case}: {same:?}");
        assert!(same.chains <= 1.0 + 1e-9, "{case}: {same:?}");
        assert!((same.effects.cosine - 1.0).abs() < 1e-9, "{case}: {same:?}");
    }
}

// What the doubt is for: on the shipped model, decoders at random agree with nothing the model
// does, though the same features fire; and the neurons tell the dictionary's story.
#[test]
fn random_decoders_are_found_out_and_neurons_agree() {
    let world = super::world::World::open();
    let prompt = world.prompt("the capital of the state containing oak port is");
    let own = Baseline::new(&world.replacement, &prompt).unwrap();
    let model = world.replacement.model();
    let random = world.replacement.transcoder().with_random_decoders(0);
    let random = ReplacementModel::new(model.clone(), random).unwrap();
    let random = Baseline::new(&random, &prompt).unwrap();
    let neurons = ReplacementModel::of_neurons(model.clone(), None);
    let neurons = Baseline::new(&neurons, &prompt).unwrap();
    let of = |baseline: &Baseline<'_>| {
        let graph = subject("", baseline.local()).trace(&Default::default());
        (agree(baseline).unwrap(), Story::of(&graph))
    };
    let [own, random, neurons] = [&own, &random, &neurons].map(of);
    assert!(own.0.top_1().unwrap() > 0.8 && own.0.mean_kl().unwrap() < 0.1);
    assert!(random.0.top_1().unwrap() < 0.2 && random.0.mean_kl().unwrap() > 2.0);
    assert!(neurons.0.top_1() == Some(1.0) && neurons.0.mean_kl().unwrap() < 1e-6);
    let with_random = SameStory::of(&own.1, &random.1);
    let with_neurons = SameStory::of(&own.1, &neurons.1);
    assert!(with_neurons.tokens.shared > with_random.tokens.shared + 0.3);
    assert!(with_neurons.mediators.shared > with_random.mediators.shared + 0.3);
    assert!(with_neurons.chains > with_random.chains + 0.3);
    assert!(with_neurons.effects.cosine > 0.8, "{with_neurons:?}");
}
