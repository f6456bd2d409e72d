//! What goes through a middle, in the graph and in the model.

use connectome::RunError;
use connectome::doubt::{Absence, Mediation, Routes, mediated};
use connectome::intervene::{AttentionPatterns, Baseline};
use connectome_graph::{AttributionGraph, NodeIdx};

use super::world::World;

/// Features of the graph at a position.
fn features_at(graph: &AttributionGraph, pos: u32) -> Vec<NodeIdx> {
    let features = graph.nodes().features();
    features.filter(|(_, feature)| feature.pos == pos).map(|(idx, _)| idx).collect()
}

// Known of this model: the state is a step at `is`. Features there carry what the city does to
// the answer, and features at the city's words do not, whatever the graph makes of them.
#[test]
fn the_city_acts_through_the_features_at_the_last_word() {
    let world = World::open();
    let prompt = world.prompt("the capital of the state containing oak port is");
    let baseline = Baseline::new(&world.replacement, &prompt).unwrap();
    let graph = world.trace(&baseline, None);
    let nodes = graph.nodes();
    let city = [nodes.token(7), nodes.token(8)];
    let ask = |middle: &[NodeIdx]| {
        let asked = Mediation {
            sources: &city,
            middle,
            ends: &[],
            absence: Absence::Mean,
            directions: &[],
        };
        mediated(&baseline, &graph, &asked).unwrap()
    };
    let at_is = ask(&features_at(&graph, 9));
    let at_port = ask(&features_at(&graph, 8));
    for found in [&at_is, &at_port] {
        let Routes { total, around, direct } = found.share;
        assert!(total > 0.0 && around > direct && direct > 0.0, "{found:?}");
        assert!((0.0..=1.0).contains(&found.share.through().unwrap()), "{found:?}");
        let skipped = 1.0 - found.share.through().unwrap();
        assert!((skipped - found.share.skipping().unwrap()).abs() < 1e-12);
        let modes: Vec<_> = found.measured.iter().map(|run| run.attention).collect();
        assert_eq!(modes, [AttentionPatterns::Frozen, AttentionPatterns::Free]);
    }
    // What goes in all, and straight, does not depend on the middle.
    assert_eq!(at_is.share.total, at_port.share.total);
    assert_eq!(at_is.effect.direct, at_port.effect.direct);
    for (is, port) in at_is.measured.iter().zip(&at_port.measured) {
        assert_eq!(is.free, port.free);
        assert!(is.through().unwrap() > 0.85, "{is:?}");
        assert!(port.through().unwrap() < 0.15, "{port:?}");
    }
    assert!(at_is.share.through() > at_port.share.through());
}

// Sources may be features; then ablating all of them and holding them is holding everything.
#[test]
fn a_middle_that_is_the_source_is_no_middle() {
    let world = World::open();
    let prompt = world.prompt("the bird of the state containing cold ridge is");
    let baseline = Baseline::new(&world.replacement, &prompt).unwrap();
    let graph = world.trace(&baseline, None);
    let sources = features_at(&graph, 7);
    let asked = Mediation {
        sources: &sources,
        middle: &sources,
        ends: &[graph.nodes().target(0)],
        absence: Absence::Mean,
        directions: &[],
    };
    let found = mediated(&baseline, &graph, &asked).unwrap();
    assert_eq!(found.share.total, found.share.around);
    for run in &found.measured {
        assert_eq!((run.free, run.ablated), (run.held, 0.0));
    }
    // Errors have influence, and cannot be changed in the model.
    let errors = [graph.nodes().error(0, 8)];
    let found = mediated(&baseline, &graph, &Mediation { sources: &errors, ..asked }).unwrap();
    assert_eq!((found.n_unmeasured, found.measured.len()), (1, 0));
}

#[test]
fn middles_that_make_no_sense_are_refused() {
    let world = World::open();
    let prompt = world.prompt("the bird of the state containing cold ridge is");
    let baseline = Baseline::new(&world.replacement, &prompt).unwrap();
    let graph = world.trace(&baseline, None);
    let nodes = graph.nodes();
    let (token, feature, target) = (nodes.token(7), nodes.feature(0), nodes.target(0));
    let ask = |sources: &[NodeIdx], middle: &[NodeIdx], ends: &[NodeIdx]| {
        let asked = Mediation { sources, middle, ends, absence: Absence::Mean, directions: &[] };
        mediated(&baseline, &graph, &asked).unwrap_err()
    };
    assert!(matches!(ask(&[], &[feature], &[]), RunError::EmptySet { .. }));
    assert!(matches!(ask(&[token], &[], &[]), RunError::EmptySet { what: "the middle" }));
    assert!(matches!(ask(&[token], &[token], &[]), RunError::CannotChange { .. }));
    assert!(matches!(ask(&[target], &[feature], &[]), RunError::CannotChange { .. }));
    assert!(matches!(ask(&[token], &[feature], &[token]), RunError::CannotChange { .. }));
    let beyond = NodeIdx::new(99_999);
    assert!(matches!(ask(&[token], &[beyond], &[]), RunError::Graph(_)));
}
