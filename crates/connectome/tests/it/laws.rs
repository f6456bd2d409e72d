//! Laws of the engine, on every family: what must hold whatever the numbers are.

use connectome::attribution::heads::head_split;
use connectome::attribution::{
    Expand, Labels, NoProgress, Options, TargetSpec, Targets, attribute,
};
use connectome::ops::Mat;
use connectome::ops::matmul::dot;
use connectome::replacement::{LocalReplacement, Ragged};
use connectome::transcoder::Kind;
use connectome_graph::{
    AttributionGraph, Edge, Membership, Node, NodeIdx, Thresholds, influence, prune, scores,
};

use crate::golden::{CASES, Golden};

fn labels(golden: &Golden) -> Labels {
    let ids = golden.ids();
    let token_texts = ids.iter().map(u32::to_string).collect();
    let prompt = connectome_graph::Prompt { text: String::new(), token_texts, token_ids: ids };
    Labels { prompt, ..Labels::default() }
}

fn trace(golden: &Golden, local: &LocalReplacement<'_>, options: &Options) -> AttributionGraph {
    let text = |token: u32| token.to_string();
    attribute(local, options, labels(golden), &text, &mut NoProgress).unwrap()
}

fn exhaustive() -> Options {
    Options { expand: Expand::Exhaustive, ..Options::default() }
}

/// Numbers in `[-1, 1)` that look random and are the same on every machine.
fn noise(n_rows: usize, n_cols: usize, mut seed: u64) -> Mat {
    let next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    Mat::from_vec(std::iter::repeat_with(next).take(n_rows * n_cols).collect(), n_rows, n_cols)
}

// Every row is a pull-back. If it is not exactly the transpose, edges are wrong in a way that
// no forward golden can see.
#[test]
fn pull_back_is_the_transpose_of_push_forward() {
    for case in CASES {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let local = replacement.on(&golden.prompt()).unwrap();
        let (map, n_tokens) = (local.map(), local.n_tokens());
        let width = local.embeddings().n_cols();
        for layer in 0..map.n_layers() {
            let (x_td, g_td) =
                (noise(n_tokens, width, 7), noise(n_tokens, width, 11 + layer as u64));
            let mut shape = Ragged::new(width);
            shape.push_zeros(n_tokens);
            let pulled = map.pull_back(layer, &shape.with_rows(g_td.clone()));
            let forward = dot(g_td.data(), map.push_forward(layer, &x_td).data());
            let backward = dot(pulled.rows().data(), x_td.data());
            let size = forward.abs() + 1.0;
            assert!(
                (forward - backward).abs() < 1e-4 * size,
                "{case} {layer}: {forward} {backward}"
            );
        }
    }
}

/// How much every feature's pre-activation moves when a source is added to the stream once
/// more and everything is frozen: the source pushed forward, then read.
fn pushed(local: &LocalReplacement<'_>, source: Node) -> Vec<f32> {
    let (map, features) = (local.map(), local.features());
    let (n_tokens, width) = (local.n_tokens(), local.embeddings().n_cols());
    let kind = local.replacement().transcoder().card().kind;
    let mut x_td = Mat::zeros(n_tokens, width);
    if let Node::Token { pos, .. } = source {
        let embedding = local.embeddings().row(pos as usize).to_vec();
        x_td.row_mut(pos as usize).copy_from_slice(&embedding);
    }
    let mut moved = vec![0.0; features.len()];
    for layer in 0..map.n_layers() {
        let mut read_td = x_td.clone();
        if !map.is_parallel() {
            read_td.add(&map.push_attention(layer, &x_td, None));
        }
        for place in features.of_layer(layer) {
            let pos = features.list()[place].pos as usize;
            let mut read_d = read_td.row(pos).to_vec();
            map.push_read(layer, pos, &mut read_d);
            moved[place] = dot(&read_d, features.encoder(place));
        }
        x_td = map.push_forward(layer, &x_td);
        let (pos, mut written_d) = match source {
            Node::Error { layer: own, pos } if own as usize == layer => {
                (pos as usize, local.errors(layer).row(pos as usize).to_vec())
            }
            Node::Feature(feature) => {
                let own = feature.id.layer as usize;
                if layer < own || (layer > own && kind == Kind::PerLayer) {
                    continue;
                }
                let place = features.find(feature.id, feature.pos).unwrap();
                let mut decoder_d = vec![0.0; width];
                features.read_decoder(place, layer, &mut decoder_d);
                decoder_d.iter_mut().for_each(|x| *x *= feature.activation);
                (feature.pos as usize, decoder_d)
            }
            _ => continue,
        };
        map.push_out(layer, pos, &mut written_d);
        x_td.row_mut(pos).iter_mut().zip(&written_d).for_each(|(x, y)| *x += y);
    }
    moved
}

// The one test that proves a graph: put a source in once more, freeze everything, and every
// feature moves by exactly its edge. (The peer's test, on every node and every family.)
#[test]
fn doubling_a_source_moves_every_feature_by_its_edge() {
    for case in CASES {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let local = replacement.on(&golden.prompt()).unwrap();
        let graph = trace(&golden, &local, &exhaustive());
        let nodes = graph.nodes();
        let features = nodes.feature_range().step_by(7);
        let sources = features.chain(nodes.error_range()).chain(nodes.token_range());
        for source in sources.map(|place| NodeIdx::new(place as u32)) {
            let moved = pushed(&local, nodes.node(source));
            for (target, _) in nodes.features() {
                let edge = graph.edge(target, source);
                let change = moved[target.as_usize()];
                let allowed = 2e-5 * (1.0 + edge.abs());
                assert!(
                    (edge - change).abs() < allowed,
                    "{case}: {source:?} to {target:?}: {edge} {change}"
                );
            }
        }
    }
}

// Which rows share a batch, or are asked for at all, is an accident of scheduling.
#[test]
fn rows_do_not_depend_on_other_rows() {
    for case in ["gpt2_clt_relu", "gemma3_plt_jumprelu_skip", "gpt_neox_plt_relu", "llama_clt_relu"]
    {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let local = replacement.on(&golden.prompt()).unwrap();
        let all = trace(&golden, &local, &exhaustive());
        let expand = Expand::Ranked { max: 25, chunk: 3 };
        let few = trace(&golden, &local, &Options { expand, ..Options::default() });
        for Edge { target, source, weight } in few.edges() {
            let same = |idx: NodeIdx| {
                let old = few.nodes().n_features();
                let place = match few.nodes().node(idx) {
                    Node::Feature(f) => all.nodes().find_feature(f.id, f.pos).unwrap().as_usize(),
                    _ => idx.as_usize() - old + all.nodes().n_features(),
                };
                NodeIdx::new(place as u32)
            };
            let expected = all.edge(same(target), same(source));
            assert!((weight - expected).abs() < 1e-5 * (1.0 + expected.abs()), "{case}");
        }
    }
}

// An edge asked for head by head is still that edge, at every layer it can cross.
#[test]
fn heads_and_residual_path_sum_to_the_edge() {
    for case in CASES {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let local = replacement.on(&golden.prompt()).unwrap();
        let graph = trace(&golden, &local, &exhaustive());
        let mut edges: Vec<Edge> = graph.edges().collect();
        edges.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        let mut n_split = 0;
        for edge in edges.iter().step_by(edges.len() / 23) {
            let ends = (edge.source, edge.target);
            let splits = head_split(&local, graph.nodes(), &exhaustive(), ends).unwrap();
            for split in &splits {
                let allowed = 2e-5 * (1.0 + edge.weight.abs());
                let sum = split.sum();
                assert!(
                    (sum - edge.weight).abs() < allowed,
                    "{case} {edge:?} {}: {sum}",
                    split.layer
                );
                n_split += 1;
            }
        }
        assert!(n_split > 20, "{case}: only {n_split} splits were checked");
    }
}

// The certificate: what the exhaustive graph says lies within what the partial one admits.
#[test]
fn the_certificate_holds_against_the_exhaustive_graph() {
    for case in CASES {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let local = replacement.on(&golden.prompt()).unwrap();
        let full = trace(&golden, &local, &exhaustive());
        let truth = influence(&full);
        let true_scores = scores(&full);
        let true_pruned = prune(&full, &Thresholds::default()).unwrap();
        for tolerance in [0.3, 0.1, 0.01] {
            let expand = Expand::Certified { tolerance };
            let graph = trace(&golden, &local, &Options { expand, ..Options::default() });
            let known = influence(&graph);
            let total: f64 = graph.nodes().targets().iter().map(|t| f64::from(t.weight)).sum();
            assert!(known.unresolved <= tolerance * total * (1.0 + 1e-9), "{case} {tolerance}");
            for (known_n, true_n) in known.node.iter().zip(&truth.node) {
                let above = true_n - known_n;
                assert!(
                    (-1e-6..=known.unresolved + 1e-6).contains(&above),
                    "{case} {tolerance}: {above}"
                );
            }
            let found = scores(&graph);
            for (bound, value) in [
                (found.replacement, true_scores.replacement.value),
                (found.completeness, true_scores.completeness.value),
            ] {
                assert!(
                    bound.lo - 1e-6 <= value && value <= bound.hi + 1e-6,
                    "{case}: {bound:?} {value}"
                );
            }
            let pruned = prune(&graph, &Thresholds::default()).unwrap();
            for (idx, member) in graph.nodes().indices().zip(&pruned.membership) {
                if true_pruned.membership[idx.as_usize()] != *member {
                    assert_eq!(*member, Membership::Undetermined, "{case} {tolerance}: {idx:?}");
                }
            }
        }
    }
}

// A contrast is the difference of its two logits, at any position; a feature as target is that
// feature's own row.
#[test]
fn contrasts_positions_and_feature_targets_agree_with_plain_rows() {
    for case in ["gemma2_clt_jumprelu", "gpt2_plt_relu_ln2", "llama_plt_relu_skip"] {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let local = replacement.on(&golden.prompt()).unwrap();
        let full = trace(&golden, &local, &exhaustive());
        let (feature_node, feature) = full.nodes().features().last().unwrap();
        for pos in [feature.pos as usize, 4] {
            let (plus, minus) = (5, 17);
            let mut specs = vec![
                TargetSpec::Token(plus),
                TargetSpec::Token(minus),
                TargetSpec::Contrast { plus, minus },
            ];
            if pos == feature.pos as usize {
                specs.push(TargetSpec::Feature(feature.id));
            }
            let targets = Targets::Given(specs);
            let options = Options { targets, pos: Some(pos), ..exhaustive() };
            let graph = trace(&golden, &local, &options);
            let [a, b, contrast] = [0, 1, 2].map(|k| graph.nodes().target(k));
            for source in graph.nodes().indices() {
                let difference = graph.edge(a, source) - graph.edge(b, source);
                let edge = graph.edge(contrast, source);
                assert!((edge - difference).abs() < 1e-5 * (1.0 + edge.abs()), "{case}");
                if pos == feature.pos as usize {
                    let as_target = graph.edge(graph.nodes().target(3), source);
                    assert!((as_target - graph.edge(feature_node, source)).abs() < 1e-5, "{case}");
                }
                let above = graph.nodes().pos_of(source) as usize > pos;
                assert!(!above || edge == 0.0, "{case}: a cause after its effect");
            }
        }
    }
}
