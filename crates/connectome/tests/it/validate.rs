//! Validation: predictions against the edges that they are sums of, and measurements against
//! what is linear.

// Requests that cannot be carried out.
mod refused;

use std::ops::ControlFlow;

use connectome::attribution::{
    Expand, Labels, NoProgress, Options as Trace, TargetSpec, Targets, attribute,
};
use connectome::intervene::{
    Baseline, Change, Edit, Intervention, Mode, Outcome, Positions, Watch,
};
use connectome::lm::{LogitsAt, Model};
use connectome::organism::by_name;
use connectome::replacement::{PromptTokens, ReplacementModel};
use connectome::transcoder::Transcoder;
use connectome::validate::statistics::Agreement;
use connectome::validate::{
    By, CaseKind, Class, Effect, Options, Rung, Scale, Skipped, Step, Validation, validate,
};
use connectome_graph::{
    Annotations, AttributionGraph, Node, NodeIdx, Prompt, Supernode, TargetKind, Verdict,
};

use crate::golden::{CASES, Golden};

/// The README's prompt: `the capital of the state containing oak port is`.
const IDS: [u32; 10] = [398, 390, 391, 394, 390, 395, 396, 3, 28, 397];

fn shipped() -> ReplacementModel {
    let organism = by_name("two-hop").unwrap();
    let model = Model::load(&organism.model()).unwrap();
    ReplacementModel::new(model, Transcoder::open(&organism.dictionary()).unwrap()).unwrap()
}

fn oak(replacement: &ReplacementModel) -> Baseline<'_> {
    Baseline::new(replacement, &PromptTokens { ids: IDS.to_vec(), n_zeroed: 1 }).unwrap()
}

fn trace(baseline: &Baseline<'_>, expand: Expand, targets: Targets) -> AttributionGraph {
    let ids = baseline.prompt().ids.clone();
    let token_texts = ids.iter().map(u32::to_string).collect();
    let prompt = Prompt { text: String::new(), token_texts, token_ids: ids };
    let labels = Labels { prompt, ..Labels::default() };
    let options = Trace { expand, targets, ..Trace::default() };
    attribute(baseline.local(), &options, labels, &|id: u32| id.to_string(), &mut NoProgress)
        .unwrap()
}

fn exhaustive(baseline: &Baseline<'_>) -> AttributionGraph {
    trace(baseline, Expand::Exhaustive, Targets::default())
}

fn run(baseline: &Baseline<'_>, graph: &AttributionGraph, options: &Options) -> Validation {
    validate(baseline, graph, options, &mut |_| ControlFlow::Continue(())).unwrap()
}

fn few(n_features: usize) -> Options {
    Options { n_features, ..Options::default() }
}

/// Groups of nodes under names.
fn grouped(graph: AttributionGraph, groups: &[(&str, Vec<NodeIdx>)]) -> AttributionGraph {
    let supernode = |(name, members): &(&str, Vec<NodeIdx>)| Supernode {
        name: (*name).to_owned(),
        members: members.clone(),
    };
    let supernodes = groups.iter().map(supernode).collect();
    graph.with_annotations(Annotations { supernodes, ..Annotations::default() }).unwrap()
}

/// The strongest features of a graph, the strongest first.
fn strongest(baseline: &Baseline<'_>, graph: &AttributionGraph, n: usize) -> Vec<NodeIdx> {
    let cases = run(baseline, graph, &few(n)).cases;
    cases.iter().map(|case| case.members[0].node.unwrap()).collect()
}

/// The edit that makes an effect's run.
fn edits(validation: &Validation, effect: &Effect) -> Vec<Edit> {
    let case = &validation.cases[effect.case];
    let members = if effect.by == By::Source { &case.members } else { &case.control };
    let dose = validation.doses[effect.dose];
    let edit = |member: &connectome::validate::Member| Edit {
        feature: member.feature.id,
        positions: Positions::At(member.feature.pos as usize),
        change: Change::Set(member.feature.activation + (dose - 1.0) * member.amount),
    };
    members.iter().map(edit).collect()
}

// Where nothing answers, what happens is linear in the change: the edge itself, for features
// and targets of every family, sources and controls alike.
#[test]
fn where_nothing_answers_the_direct_prediction_is_what_happens() {
    for case in CASES {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let baseline = Baseline::new(&replacement, &golden.prompt()).unwrap();
        let graph = exhaustive(&baseline);
        let validation = run(&baseline, &graph, &few(5));
        let nodes = graph.nodes();
        let watched: Vec<_> = nodes.features().map(|(_, f)| (f.id, f.pos as usize)).collect();
        let watch = Watch::new(&baseline, watched).unwrap();
        let last = LogitsAt::Positions(vec![baseline.n_tokens() - 1]);
        let change = |target: NodeIdx, outcome: &Outcome| -> f64 {
            match nodes.node(target) {
                Node::Feature(_) => {
                    let at = target.as_usize();
                    f64::from(outcome.readings[at].pre_activation)
                        - f64::from(watch.clean()[at].pre_activation)
                }
                Node::Target(k) => {
                    let TargetKind::Logit { token } = nodes.targets()[k as usize].kind else {
                        panic!("salient targets are logits")
                    };
                    let direction_d = replacement.model().demeaned_unembedding(token);
                    let clean = baseline.local().final_norm_output().row(baseline.n_tokens() - 1);
                    let rows = outcome.normed.row(0).iter().zip(clean).zip(&direction_d);
                    rows.map(|((now, then), d)| f64::from(now - then) * f64::from(*d)).sum()
                }
                other => panic!("{other:?} is watched"),
            }
        };
        for effect in &validation.effects {
            let asked = Intervention::of_features(edits(&validation, effect), Mode::Direct);
            let outcome = baseline.measure(&asked, &watch, &last).unwrap();
            let found = change(validation.targets[effect.target].node, &outcome);
            let allowed = 5e-5 * (1.0 + effect.direct.abs());
            assert!((found - effect.direct).abs() < allowed, "{case}: {found}, {effect:?}");
        }
        assert!(validation.effects.len() > 50, "{case}: {}", validation.effects.len());
    }
}

// Two ways to the same sum: up through the frozen map, and along the rows of the graph.
#[test]
fn pushed_changes_are_the_sums_over_all_paths() {
    for case in CASES {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let baseline = Baseline::new(&replacement, &golden.prompt()).unwrap();
        let graph = exhaustive(&baseline);
        let members = strongest(&baseline, &graph, 3);
        let graph = grouped(graph, &[("three", members)]);
        let validation = run(&baseline, &graph, &few(8));
        let stored = validation.stored.unwrap();
        assert!(stored.complete, "{case}");
        for effect in &validation.effects {
            let along_rows = effect.stored.unwrap();
            let allowed = 1e-4 * (1.0 + effect.predicted.abs());
            assert!((along_rows - effect.predicted).abs() < allowed, "{case}: {effect:?}");
        }
        assert!(stored.max_difference < 1e-4 * (1.0 + stored.largest), "{case}: {stored:?}");
    }
}

// A small change switches no gate, and without gates the features answer in proportion: what
// happens on the lowest rung is the sum over all paths. (TopK gates can switch by any amount.)
#[test]
fn a_small_change_moves_the_features_as_predicted() {
    for case in CASES.into_iter().filter(|case| !case.contains("topk")) {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let baseline = Baseline::new(&replacement, &golden.prompt()).unwrap();
        let graph = exhaustive(&baseline);
        let options = Options { doses: vec![0.99], ..few(8) };
        let validation = run(&baseline, &graph, &options);
        let points = [Class::Feature, Class::Logit]
            .map(|class| validation.points(Rung::Gates, 0, class, By::Source, Scale::Absolute));
        let size = points.iter().flatten().map(|point| point.predicted.abs()).fold(0.0, f64::max);
        for point in points.iter().flatten() {
            let off = (point.measured - point.predicted).abs();
            assert!(off < 0.02 * size, "{case}: {point:?}, of up to {size}");
        }
        let features = Agreement::of(&points[0]);
        assert!(features.pearson.unwrap() > 0.999, "{case}: {features:?}");
    }
}

// The shipped model, the README's prompt; docs/validation.md has the numbers.
#[test]
fn the_ladder_of_the_shipped_model() {
    let replacement = shipped();
    let baseline = oak(&replacement);
    let graph = exhaustive(&baseline);
    let validation = run(&baseline, &graph, &few(60));
    let spearman = |rung, dose, class| {
        let points = validation.points(rung, dose, class, By::Source, Scale::Absolute);
        Agreement::of(&points).spearman.unwrap()
    };
    for dose in 0..2 {
        assert!(spearman(Rung::Gates, dose, Class::Feature) > 0.97);
        assert!(spearman(Rung::Gates, dose, Class::Logit) > 0.97);
        assert!(spearman(Rung::Mlps, dose, Class::Feature) > 0.89);
        assert!(spearman(Rung::Mlps, dose, Class::Logit) > 0.83);
        assert!(spearman(Rung::Constrained, dose, Class::Feature) > 0.85);
        // One thing more answers at each rung, and none of them is what the graph holds.
        let ladder = Rung::LADDER.map(|rung| spearman(rung, dose, Class::Feature));
        assert!(ladder.is_sorted_by(|low, high| low > high), "{ladder:?}");
    }
    let logits = validation.disagreements(0, Class::Logit);
    assert_eq!(logits[0].parts_at, Rung::Norms);
    assert!(logits.is_sorted_by(|a, b| a.difference.abs() >= b.difference.abs()));
    let verdicts = validation.verdicts(Rung::Mlps, 0);
    let count = |wanted| verdicts.iter().filter(|edge| edge.verdict == wanted).count();
    assert!(count(Verdict::Supported) > 100 && count(Verdict::Contradicted) < 5);
    let kept =
        |source, target| validation.pruned.inputs(target).iter().any(|edge| edge.source == source);
    assert!(verdicts.iter().all(|edge| kept(edge.source, edge.target)));
}

// A control stands in its source's layer, outside of the pruned graph and of what is tested,
// pushes as far, and nothing that was left over would have been more like it.
#[test]
fn controls_are_matched() {
    let replacement = shipped();
    let baseline = oak(&replacement);
    let graph = exhaustive(&baseline);
    let validation = run(&baseline, &graph, &few(50));
    let tested: Vec<NodeIdx> =
        validation.cases.iter().map(|case| case.members[0].node.unwrap()).collect();
    let used: Vec<NodeIdx> = validation
        .cases
        .iter()
        .flat_map(|case| &case.control)
        .map(|control| control.node.unwrap())
        .collect();
    assert_eq!(used.len(), 50);
    let mut unique = used.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), 50, "a control was used twice");
    let is_free = |idx: &NodeIdx| {
        !validation.pruned.keeps(*idx) && !tested.contains(idx) && !used.contains(idx)
    };
    // How far a unit of a feature pushes: the length of its decoder rows together.
    let (features, width) = (baseline.local().features(), baseline.local().embeddings().n_cols());
    let unit = |place: usize| -> f64 {
        let mut row_d = vec![0.0; width];
        let squares = (features.list()[place].id.layer as usize..4).flat_map(|layer| {
            features.read_decoder(place, layer, &mut row_d);
            row_d.iter().map(|x| f64::from(*x) * f64::from(*x)).collect::<Vec<_>>()
        });
        squares.sum::<f64>().sqrt()
    };
    // Every active feature is a node, so places agree.
    let units: Vec<f64> = (0..features.len()).map(unit).collect();
    let push = |idx: NodeIdx| {
        let at = idx.as_usize();
        units[at] * f64::from(features.list()[at].activation)
    };
    for case in &validation.cases {
        let (own, control) = (case.members[0], case.control[0]);
        let idx = control.node.unwrap();
        assert!(!validation.pruned.keeps(idx) && !tested.contains(&idx));
        assert_eq!(control.feature.id.layer, own.feature.id.layer);
        let pushed = units[idx.as_usize()] * f64::from(control.amount);
        assert!((pushed / push(own.node.unwrap()) - 1.0).abs() < 1e-5, "{control:?}");
        let distance =
            |pos: u32, push: f64| (pos.abs_diff(own.feature.pos), (push - own.push).abs());
        let chosen = distance(control.feature.pos, push(idx));
        for (free, feature) in graph.nodes().features() {
            if feature.id.layer != own.feature.id.layer || !is_free(&free) {
                continue;
            }
            let other = distance(feature.pos, push(free));
            let is_better =
                other.0 < chosen.0 || (other.0 == chosen.0 && other.1 + 1e-5 < chosen.1);
            assert!(!is_better, "{feature} is more like {own:?}");
        }
    }
    let other = run(&baseline, &graph, &Options { seed: 1, ..few(50) });
    let controls = |validation: &Validation| -> Vec<_> {
        validation.cases.iter().map(|case| case.control.clone()).collect()
    };
    assert_ne!(controls(&validation), controls(&other), "the seed decides nothing");
}

// The graph's rows may be missing; the paths are not.
#[test]
fn a_certified_graph_predicts_what_the_exhaustive_one_does() {
    let replacement = shipped();
    let baseline = oak(&replacement);
    let (full, certified) = (
        exhaustive(&baseline),
        trace(&baseline, Expand::Certified { tolerance: 0.05 }, Targets::default()),
    );
    let (full_run, run) =
        (self::run(&baseline, &full, &few(5)), self::run(&baseline, &certified, &few(5)));
    let stored = run.stored.unwrap();
    assert!(!stored.complete && full_run.stored.unwrap().complete);
    assert!(stored.max_difference > 1e-3, "{stored:?}");
    // Both have all active features as nodes, so places agree.
    let mut n_compared = 0;
    for effect in &run.effects {
        let key = |validation: &Validation, effect: &Effect| {
            let case = &validation.cases[effect.case];
            (case.members[0].node, validation.targets[effect.target].node, effect.by, effect.dose)
        };
        let same = |other: &&Effect| key(&full_run, other) == key(&run, effect);
        let Some(other) = full_run.effects.iter().find(same) else { continue };
        if effect.by == By::Source {
            assert_eq!(effect.predicted, other.predicted);
            assert_eq!(effect.measured(Rung::Attention), other.measured(Rung::Attention));
            n_compared += 1;
        }
    }
    assert!(n_compared > 100, "{n_compared}");
}

/// Ends the work after so many steps.
fn stopped(
    baseline: &Baseline<'_>,
    graph: &AttributionGraph,
    steps: usize,
) -> Result<Validation, connectome::RunError> {
    let mut left = steps;
    validate(baseline, graph, &few(40), &mut |_: Step| match left.checked_sub(1) {
        Some(fewer) => {
            left = fewer;
            ControlFlow::Continue(())
        }
        None => ControlFlow::Break(()),
    })
}

#[test]
fn what_was_measured_when_it_was_ended_is_what_the_whole_run_has() {
    let replacement = shipped();
    let baseline = oak(&replacement);
    let graph = exhaustive(&baseline);
    let whole = run(&baseline, &graph, &few(40));
    assert!(!whole.partial);
    // Enough steps for some cases and too few for all.
    let partial = (1..)
        .find_map(|steps| stopped(&baseline, &graph, 10 * steps).ok())
        .expect("some number of steps is enough");
    assert!(partial.partial);
    assert!(!partial.cases.is_empty() && partial.cases.len() < 40);
    assert_eq!(partial.n_asked, 40);
    assert_eq!(partial.cases[..], whole.cases[..partial.cases.len()]);
    assert_eq!(partial.effects[..], whole.effects[..partial.effects.len()]);
    let error = stopped(&baseline, &graph, 0).unwrap_err();
    assert!(matches!(error, connectome::RunError::Cancelled));
}

#[test]
fn progress_counts_every_run_and_case() {
    let replacement = shipped();
    let baseline = oak(&replacement);
    let graph = exhaustive(&baseline);
    let mut steps = Vec::new();
    validate(&baseline, &graph, &few(20), &mut |step| {
        steps.push(step);
        ControlFlow::Continue(())
    })
    .unwrap();
    let last = steps.last().unwrap();
    assert_eq!((last.cases, last.runs), (last.n_cases, last.n_runs));
    // Source and control, two doses, five rungs.
    assert_eq!(last.n_runs, 20 * 2 * 2 * 5);
    assert!(steps.is_sorted_by(|a, b| a.runs <= b.runs && a.cases <= b.cases), "{steps:?}");
}

#[test]
fn the_same_question_gets_the_same_answer() {
    let replacement = shipped();
    let baseline = oak(&replacement);
    let graph = exhaustive(&baseline);
    assert_eq!(run(&baseline, &graph, &few(10)), run(&baseline, &graph, &few(10)));
}

// Members are changed together, and none of them is a target of its own group.
#[test]
fn a_supernode_is_changed_as_one() {
    let replacement = shipped();
    let baseline = oak(&replacement);
    let graph = exhaustive(&baseline);
    let members = strongest(&baseline, &graph, 4);
    let nodes = graph.nodes();
    let token = nodes.token(3);
    let mixed = [members.clone(), vec![token]].concat();
    let graph = grouped(
        graph.clone(),
        &[("four", mixed), ("words", vec![token]), ("one", vec![members[0]])],
    );
    let validation = run(&baseline, &graph, &few(4));
    assert_eq!(validation.skipped, [Skipped::Supernode { index: 1 }]);
    let [.., four, one] = &validation.cases[..] else { panic!("two supernodes were tested") };
    assert_eq!(four.kind, CaseKind::Supernode { index: 0 });
    assert_eq!((four.members.len(), four.control.len(), one.members.len()), (4, 4, 1));
    let of = |case: usize| {
        let own = move |effect: &&Effect| effect.case == case && effect.by == By::Source;
        validation.effects.iter().filter(own)
    };
    for effect in of(4) {
        assert!(!members.contains(&validation.targets[effect.target].node));
    }
    // A group of one is that feature.
    let pairs: Vec<_> = of(0).zip(of(5)).collect();
    assert_eq!(pairs.len(), of(0).count());
    for (alone, grouped) in pairs {
        assert_eq!((alone.target, alone.dose), (grouped.target, grouped.dose));
        assert_eq!(alone.predicted, grouped.predicted);
        for rung in Rung::ALL {
            let off = alone.measured(rung) - grouped.measured(rung);
            assert!(off.abs() < 1e-5, "{rung:?}: {off}");
        }
    }
    let only = Options { supernodes: Some(vec![2]), ..few(0) };
    assert_eq!(run(&baseline, &graph, &only).cases.len(), 1);
}

// Targets are read as the graph defines them: a contrast is the difference of its logits, a
// direction what it is given as, a feature its pre-activation; on a model with softcapped
// logits, too.
#[test]
fn targets_are_what_the_graph_explains() {
    for case in ["gemma2_clt_jumprelu", "llama_clt_relu"] {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let baseline = Baseline::new(&replacement, &golden.prompt()).unwrap();
        let last = baseline.n_tokens() - 1;
        let features = baseline.local().features().list();
        let top = features.iter().rev().find(|feature| feature.pos as usize == last).unwrap().id;
        let vector_d = replacement.model().demeaned_unembedding(5);
        let targets = Targets::Given(vec![
            TargetSpec::Token(5),
            TargetSpec::Token(9),
            TargetSpec::Contrast { plus: 5, minus: 9 },
            TargetSpec::Direction {
                name: "five".to_owned(),
                vector_d: vector_d.clone(),
                weight: 1.0,
            },
            TargetSpec::Feature(top),
        ]);
        let graph = trace(&baseline, Expand::Exhaustive, targets);
        let options = Options { directions: vec![vector_d], ..few(6) };
        let validation = run(&baseline, &graph, &options);
        let place = |k: usize| {
            let node = graph.nodes().target(k);
            validation.targets.iter().position(|target| target.node == node).unwrap()
        };
        assert_eq!(validation.targets[place(4)].class, Class::Feature);
        let of = |k: usize| -> Vec<&Effect> {
            let target = place(k);
            validation.effects.iter().filter(|effect| effect.target == target).collect()
        };
        let numbers = |effect: &Effect| {
            let rungs = Rung::ALL.map(|rung| effect.measured(rung));
            [&rungs[..], &[effect.predicted, effect.direct]].concat()
        };
        let (five, nine, contrast, direction) = (of(0), of(1), of(2), of(3));
        assert!(five.len() > 10, "{case}");
        for at in 0..five.len() {
            let lists = [five[at], nine[at], contrast[at], direction[at]].map(numbers);
            for place in 0..lists[0].len() {
                let [five, nine, contrast, direction] = [0, 1, 2, 3].map(|k| lists[k][place]);
                let allowed = 2e-5 * (1.0 + five.abs() + nine.abs());
                assert!((five - nine - contrast).abs() < allowed, "{case}: {lists:?}");
                assert!((five - direction).abs() < allowed, "{case}: {lists:?}");
            }
        }
        // What the first rung says of the feature target is an edge like any other.
        let layer = top.layer;
        for effect in of(4) {
            let member = &validation.cases[effect.case].members[0];
            assert!(member.feature.id.layer < layer);
        }
    }
}
