use std::ops::ControlFlow;

use connectome::RunError;
use connectome::attribution::{Expand, TargetSpec, Targets};
use connectome::intervene::Baseline;
use connectome::validate::{Options, validate};
use connectome_graph::{AttributionGraph, Extent, Nodes, Provenance, Row};

use super::{exhaustive, few, oak, shipped, trace};
use crate::golden::Golden;

fn error(baseline: &Baseline<'_>, graph: &AttributionGraph, options: &Options) -> RunError {
    validate(baseline, graph, options, &mut |_| ControlFlow::Continue(())).unwrap_err()
}

/// The same graph with other activations, or with fewer layers or features.
fn rebuilt(
    graph: &AttributionGraph,
    n_layers: u32,
    change: impl Fn(usize, f32) -> Option<f32>,
) -> AttributionGraph {
    let old = graph.nodes();
    let active = old.active().iter().enumerate().filter_map(|(at, feature)| {
        let activation = change(at, feature.activation)?;
        (feature.id.layer < n_layers)
            .then_some(connectome_graph::ActiveFeature { activation, ..*feature })
    });
    let active: Vec<_> = active.collect();
    let selected = (0..active.len() as u32).collect();
    let nodes =
        Nodes::new(n_layers, active, selected, old.tokens().to_vec(), old.targets().to_vec())
            .unwrap();
    let rows = vec![Row {
        target: nodes.target(0),
        sources: vec![nodes.token(0).get()],
        weights: vec![1.0],
        abs_remainder: 0.0,
        signed_remainder: 0.0,
        constant: 0.0,
        value: 1.0,
    }];
    let extent = Extent { partial: true, ..graph.extent() };
    AttributionGraph::new(nodes, rows, graph.prompt().clone(), Provenance::default(), extent)
        .unwrap()
}

#[test]
fn graphs_of_other_models_are_told_by_what_differs() {
    let replacement = shipped();
    let baseline = oak(&replacement);
    let graph = exhaustive(&baseline);

    let shallow = rebuilt(&graph, 3, |_, activation| Some(activation));
    let found = error(&baseline, &shallow, &few(5));
    assert!(matches!(found, RunError::OtherLayers { found: 3, expected: 4 }), "{found}");

    let other = rebuilt(&graph, 4, |at, activation| {
        Some(if at % 10 == 0 { 2.0 * activation } else { activation })
    });
    let found = error(&baseline, &other, &few(5));
    assert!(matches!(found, RunError::OtherFeatures { found: 484, expected: 538 }), "{found}");

    let golden = Golden::open("llama_clt_relu");
    let replacement = golden.replacement();
    let baseline = Baseline::new(&replacement, &golden.prompt()).unwrap();
    let found = error(&baseline, &graph, &few(5));
    assert!(found.to_string().contains("token ids are not those"), "{found}");
}

#[test]
fn a_graph_without_features_has_nothing_to_change() {
    let replacement = shipped();
    let baseline = oak(&replacement);
    let graph = exhaustive(&baseline);
    let bare = rebuilt(&graph, 4, |_, _| None);
    assert!(matches!(error(&baseline, &bare, &few(5)), RunError::NoFeatures));
    // Features that influence nothing are none to test.
    let found = error(&baseline, &rebuilt(&graph, 4, |_, activation| Some(activation)), &few(5));
    assert!(matches!(found, RunError::EmptySet { .. }), "{found}");
    assert!(matches!(error(&baseline, &graph, &few(0)), RunError::EmptySet { .. }));
}

#[test]
fn doses_that_do_nothing_are_refused() {
    let replacement = shipped();
    let baseline = oak(&replacement);
    let graph = exhaustive(&baseline);
    let of = |doses: Vec<f32>| error(&baseline, &graph, &Options { doses, ..few(3) });
    assert!(matches!(of(vec![0.0, 1.0]), RunError::NullDose { found: 1.0 }));
    assert!(matches!(of(vec![]), RunError::EmptySet { .. }));
    assert!(matches!(of(vec![f32::NAN]), RunError::EditValue { .. }));
}

#[test]
fn a_direction_must_be_given_again() {
    let replacement = shipped();
    let baseline = oak(&replacement);
    let spec =
        TargetSpec::Direction { name: "probe".to_owned(), vector_d: vec![1.0; 128], weight: 1.0 };
    let graph = trace(&baseline, Expand::Exhaustive, Targets::Given(vec![spec]));
    let found = error(&baseline, &graph, &few(3));
    assert!(matches!(&found, RunError::MissingDirection { name } if name == "probe"), "{found}");
    let directions = vec![vec![1.0; 127]];
    let found = error(&baseline, &graph, &Options { directions, ..few(3) });
    assert!(matches!(found, RunError::Width { found: 127, expected: 128, .. }), "{found}");
}
