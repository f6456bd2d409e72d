use connectome_graph::{
    AttributionGraph, GraphError, NodeIdx, Nodes, Route, effect_flow, influence, share_flow,
};
use proptest::prelude::*;

use crate::common::{Random, fired, graph_of, logit, random_graph, row_of};

/// Two layers, two tokens, activations as the rows add up:
///
/// ```text
///  place   0 = L0/7@0 (2)   1 = L0/3@1 (4)   2 = L1/5@1 (3)   7, 8 = tokens   9 = the logit (2)
///
///  row 0:  token 0: 2
///  row 1:  token 0: 1, token 1: 3
///  row 2:  L0/7: 1, L0/3: 2
///  row 9:  L0/7: −1, L1/5: 3
/// ```
fn graph() -> AttributionGraph {
    let active = [(0, 0, 7, 2.0), (0, 1, 3, 4.0), (1, 1, 5, 3.0)];
    let active = active.map(|(layer, pos, index, activation)| {
        let mut feature = fired(layer, pos, index);
        feature.activation = activation;
        feature
    });
    let nodes =
        Nodes::new(2, active.to_vec(), vec![0, 1, 2], vec![11, 22], vec![logit(5, 0.5)]).unwrap();
    let idx = NodeIdx::new;
    let rows = vec![
        row_of(idx(0), vec![7], vec![2.0]),
        row_of(idx(1), vec![7, 8], vec![1.0, 3.0]),
        row_of(idx(2), vec![0, 1], vec![1.0, 2.0]),
        row_of(idx(9), vec![0, 2], vec![-1.0, 3.0]),
    ];
    graph_of(nodes, rows)
}

fn blocking(graph: &AttributionGraph, places: &[usize]) -> Vec<bool> {
    let mut blocked = vec![false; graph.nodes().len()];
    places.iter().for_each(|place| blocked[*place] = true);
    blocked
}

fn close(found: &[f64], expected: &[f64]) {
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-12, "{found} vs {expected}");
    }
}

// The walker leaves the logit for L1/5 (3/4) or L0/7 (1/4), L1/5 for L0/7 (1/3) or L0/3 (2/3),
// and L0/3 for the tokens (1/4 and 3/4).
#[test]
fn shares_by_hand() {
    let graph = graph();
    let starts = [(NodeIdx::new(9), 1.0)];
    let blocked = blocking(&graph, &[]);
    let flow = share_flow(&graph, Route { starts: &starts, blocked: &blocked }).unwrap();
    close(&flow.node, &[0.5, 0.5, 0.75, 0.0, 0.0, 0.0, 0.0, 0.625, 0.375, 0.0]);
    assert_eq!(flow.unresolved, 0.0);
    // L1/5 is reached and not left.
    let blocked = blocking(&graph, &[2]);
    let flow = share_flow(&graph, Route { starts: &starts, blocked: &blocked }).unwrap();
    close(&flow.node, &[0.25, 0.0, 0.75, 0.0, 0.0, 0.0, 0.0, 0.25, 0.0, 0.0]);
}

// L1/5 gives the logit 3. L0/7 gives −1 itself and, as a third of L1/5, 1: together nothing.
// L0/3 is the other two thirds. All that the tokens give is the logit.
#[test]
fn effects_by_hand() {
    let graph = graph();
    let starts = [(NodeIdx::new(9), 1.0)];
    let blocked = blocking(&graph, &[]);
    let flow = effect_flow(&graph, Route { starts: &starts, blocked: &blocked }).unwrap();
    close(&flow.node, &[0.0, 2.0, 3.0, 0.0, 0.0, 0.0, 0.0, 0.5, 1.5, 0.0]);
    let blocked = blocking(&graph, &[2]);
    let flow = effect_flow(&graph, Route { starts: &starts, blocked: &blocked }).unwrap();
    close(&flow.node, &[-1.0, 0.0, 3.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0]);
    // A flow may start anywhere: half of L1/5 is a third L0/7 and two thirds L0/3.
    let starts = [(NodeIdx::new(2), 0.5)];
    let blocked = vec![false; graph.nodes().len()];
    let flow = effect_flow(&graph, Route { starts: &starts, blocked: &blocked }).unwrap();
    close(&flow.node, &[0.5, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.75, 0.75, 0.0]);
}

#[test]
fn routes_of_another_graph_are_refused() {
    let graph = graph();
    let starts = [(NodeIdx::new(10), 1.0)];
    let route = Route { starts: &starts, blocked: &[false; 10] };
    assert!(matches!(share_flow(&graph, route), Err(GraphError::OutOfRange { .. })));
    let route = Route { starts: &[], blocked: &[false; 9] };
    assert!(matches!(effect_flow(&graph, route), Err(GraphError::Length { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    // From the targets by their weights, nothing blocked: that is influence.
    #[test]
    fn the_flow_from_the_targets_is_influence(seed: u64) {
        let graph = random_graph(&mut Random(seed));
        let nodes = graph.nodes();
        let targets = nodes.targets().iter().enumerate();
        let starts: Vec<(NodeIdx, f64)> =
            targets.map(|(k, target)| (nodes.target(k), f64::from(target.weight))).collect();
        let blocked = vec![false; nodes.len()];
        let flow = share_flow(&graph, Route { starts: &starts, blocked: &blocked }).unwrap();
        let expected = influence(&graph);
        for (found, expected) in flow.node.iter().zip(&expected.node) {
            prop_assert!((found - expected).abs() < 1e-12, "{found} vs {expected}");
        }
        prop_assert!((flow.unresolved - expected.unresolved).abs() < 1e-12);
    }

    // What passes a set and what does not are all there is: blocking more never lets more pass.
    #[test]
    fn blocking_more_lets_less_pass(seed: u64) {
        let mut random = Random(seed);
        let graph = random_graph(&mut random);
        let nodes = graph.nodes();
        let starts = [(nodes.target(0), 1.0)];
        let some: Vec<bool> = nodes.indices().map(|_| random.chance(30)).collect();
        let more: Vec<bool> = some.iter().map(|blocked| *blocked || random.chance(30)).collect();
        let flows = [&some, &more].map(|blocked| {
            share_flow(&graph, Route { starts: &starts, blocked }).unwrap()
        });
        for (few, many) in flows[0].node.iter().zip(&flows[1].node) {
            prop_assert!(many <= &(few + 1e-12), "{many} where {few} passed");
        }
    }
}
