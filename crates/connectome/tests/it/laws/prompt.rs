//! Each law as a check of one prompt, whichever model and dictionary it stands on.

use connectome::attribution::heads::head_split;
use connectome::attribution::{
    Expand, Labels, NoProgress, Options, TargetSpec, Targets, attribute,
};
use connectome::ops::Mat;
use connectome::ops::matmul::dot;
use connectome::replacement::{LocalReplacement, Ragged};
use connectome::transcoder::Kind;
use connectome_graph::{
    AttributionGraph, Edge, Membership, Node, NodeIdx, Prompt, TargetKind, Thresholds, influence,
    prune, scores,
};

/// A prompt on which the laws must hold.
pub(crate) struct Subject<'a> {
    pub(crate) name: String,
    pub(crate) local: &'a LocalReplacement<'a>,
    pub(crate) rounding: Rounding,
}

/// What the rounding of a row is held against, beside the edge itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    /// One: every golden's numbers are of that size.
    One,
    /// One, or the row's absolute sum if that is more: a random model may have a norm with a
    /// tiny denominator, and rows whose large entries cancel.
    RowSum,
}

pub(crate) fn exhaustive() -> Options {
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

impl Subject<'_> {
    /// The graph of the prompt.
    pub(crate) fn trace(&self, options: &Options) -> AttributionGraph {
        let ids = self.local.prompt().ids.clone();
        let token_texts = ids.iter().map(u32::to_string).collect();
        let prompt = Prompt { text: String::new(), token_texts, token_ids: ids };
        let labels = Labels { prompt, ..Labels::default() };
        let text = |token: u32| token.to_string();
        attribute(self.local, options, labels, &text, &mut NoProgress).unwrap()
    }

    /// What the rounding of a target's row is held against.
    fn size(&self, graph: &AttributionGraph, target: NodeIdx) -> f32 {
        let row = graph.row(target).filter(|_| self.rounding == Rounding::RowSum);
        row.map_or(1.0, |row| (row.abs_sum() as f32 + row.constant.abs()).max(1.0))
    }

    /// Every row is a pull-back. If it is not exactly the transpose, edges are wrong in a way
    /// that no forward golden can see.
    pub(crate) fn pull_back_is_the_transpose_of_push_forward(&self) {
        let (name, map, n_tokens) = (&self.name, self.local.map(), self.local.n_tokens());
        let width = self.local.embeddings().n_cols();
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
                "{name} {layer}: {forward} {backward}"
            );
        }
    }

    /// What nodes and constants bring to a target is what the model computed there.
    pub(crate) fn row_sums_and_constants_are_the_values(&self, graph: &AttributionGraph) {
        for row in graph.rows() {
            let size = self.size(graph, row.target).max(row.value.abs());
            let residual = row.residual();
            assert!(residual.abs() < 2e-5 * f64::from(size), "{}: {residual} of {size}", self.name);
        }
    }

    /// The one law that proves a graph: put a source in once more, freeze everything, and every
    /// feature and logit moves by exactly its edge. (The peer's test, on every node.) Checks
    /// one feature of `every`, and all errors and tokens.
    pub(crate) fn doubling_a_source_moves_every_target_by_its_edge(
        &self,
        graph: &AttributionGraph,
        every: usize,
    ) {
        let nodes = graph.nodes();
        let features = nodes.feature_range().step_by(every);
        let sources = features.chain(nodes.error_range()).chain(nodes.token_range());
        for source in sources.map(|place| NodeIdx::new(place as u32)) {
            let moved = self.pushed(nodes.node(source));
            let features =
                nodes.features().map(|(target, _)| (target, moved.features_a[target.as_usize()]));
            let logits = nodes.targets().iter().enumerate().filter_map(|(k, target)| {
                let TargetKind::Logit { token } = target.kind else { return None };
                Some((nodes.target(k), self.logit(token, target.pos as usize, &moved.final_td)))
            });
            for (target, change) in features.chain(logits) {
                let edge = graph.edge(target, source);
                let allowed = 2e-5 * (self.size(graph, target) + edge.abs());
                assert!(
                    (edge - change).abs() < allowed,
                    "{}: {source:?} to {target:?}: {edge} {change}",
                    self.name
                );
            }
        }
    }

    /// How much a frozen logit, less the mean one, is of a stream after the last block.
    fn logit(&self, token: u32, pos: usize, final_td: &Mat) -> f32 {
        let direction_d = self.local.replacement().model().demeaned_unembedding(token);
        dot(&self.local.map().pull_final(pos, &direction_d), final_td.row(pos))
    }

    /// What moves when a source is added to the stream once more and everything is frozen: the
    /// source pushed forward.
    fn pushed(&self, source: Node) -> Moved {
        let (local, map, features) = (self.local, self.local.map(), self.local.features());
        let (n_tokens, width) = (local.n_tokens(), local.embeddings().n_cols());
        let kind = local.replacement().transcoder().card().kind;
        let mut x_td = Mat::zeros(n_tokens, width);
        if let Node::Token { pos, .. } = source {
            let embedding = local.embeddings().row(pos as usize).to_vec();
            x_td.row_mut(pos as usize).copy_from_slice(&embedding);
        }
        let mut features_a = vec![0.0; features.len()];
        for layer in 0..map.n_layers() {
            let mut read_td = x_td.clone();
            if !map.is_parallel() {
                read_td.add(&map.push_attention(layer, &x_td, None));
            }
            for place in features.of_layer(layer) {
                let pos = features.list()[place].pos as usize;
                let mut read_d = read_td.row(pos).to_vec();
                map.push_read(layer, pos, &mut read_d);
                features_a[place] = dot(&read_d, features.encoder(place));
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
        Moved { features_a, final_td: x_td }
    }

    /// Which rows share a batch, or are asked for at all, is an accident of scheduling: `all` is
    /// the exhaustive graph, `expand` names some of its rows.
    pub(crate) fn rows_do_not_depend_on_other_rows(&self, all: &AttributionGraph, expand: Expand) {
        let few = self.trace(&Options { expand, ..Options::default() });
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
            let allowed = 1e-5 * (self.size(all, same(target)) + expected.abs());
            assert!((weight - expected).abs() < allowed, "{}: {weight} {expected}", self.name);
        }
    }

    /// An edge asked for head by head is still that edge, at every layer it can cross. Checks
    /// some two dozen edges, the largest first, and says how many splits that were.
    pub(crate) fn heads_and_residual_path_sum_to_the_edge(
        &self,
        graph: &AttributionGraph,
    ) -> usize {
        let mut edges: Vec<Edge> = graph.edges().collect();
        edges.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        let mut n_split = 0;
        for edge in edges.iter().step_by((edges.len() / 23).max(1)) {
            let ends = (edge.source, edge.target);
            let splits = head_split(self.local, graph.nodes(), &exhaustive(), ends).unwrap();
            for split in &splits {
                let allowed = 2e-5 * (self.size(graph, edge.target) + edge.weight.abs());
                let sum = split.sum();
                assert!(
                    (sum - edge.weight).abs() < allowed,
                    "{} {edge:?} {}: {sum}",
                    self.name,
                    split.layer
                );
                n_split += 1;
            }
        }
        n_split
    }

    /// The certificate: what the exhaustive graph says lies within what the partial one admits.
    pub(crate) fn the_certificate_holds(&self, full: &AttributionGraph, tolerance: f64) {
        let name = &self.name;
        let truth = influence(full);
        let true_scores = scores(full);
        let true_pruned = prune(full, &Thresholds::default()).unwrap();
        let expand = Expand::Certified { tolerance };
        let graph = self.trace(&Options { expand, ..Options::default() });
        let known = influence(&graph);
        let total: f64 = graph.nodes().targets().iter().map(|t| f64::from(t.weight)).sum();
        assert!(known.unresolved <= tolerance * total * (1.0 + 1e-9), "{name} {tolerance}");
        for (known_n, true_n) in known.node.iter().zip(&truth.node) {
            let above = true_n - known_n;
            assert!(
                (-1e-6..=known.unresolved + 1e-6).contains(&above),
                "{name} {tolerance}: {above}"
            );
        }
        let found = scores(&graph);
        for (bound, value) in [
            (found.replacement, true_scores.replacement.value),
            (found.completeness, true_scores.completeness.value),
        ] {
            assert!(
                bound.lo - 1e-6 <= value && value <= bound.hi + 1e-6,
                "{name}: {bound:?} {value}"
            );
        }
        let pruned = prune(&graph, &Thresholds::default()).unwrap();
        for (idx, member) in graph.nodes().indices().zip(&pruned.membership) {
            if true_pruned.membership[idx.as_usize()] != *member {
                assert_eq!(*member, Membership::Undetermined, "{name} {tolerance}: {idx:?}");
            }
        }
    }

    /// A contrast is the difference of its two logits, at any position; a feature as target is
    /// that feature's own row; and no cause comes after its effect.
    pub(crate) fn contrasts_and_feature_targets_agree_with_plain_rows(
        &self,
        full: &AttributionGraph,
        pos: usize,
        [plus, minus]: [u32; 2],
    ) {
        let name = &self.name;
        let mut specs = vec![
            TargetSpec::Token(plus),
            TargetSpec::Token(minus),
            TargetSpec::Contrast { plus, minus },
        ];
        let here =
            full.nodes().features().filter(|(_, feature)| feature.pos as usize == pos).last();
        specs.extend(here.map(|(_, feature)| TargetSpec::Feature(feature.id)));
        let targets = Targets::Given(specs);
        let graph = self.trace(&Options { targets, pos: Some(pos), ..exhaustive() });
        let [a, b, contrast] = [0, 1, 2].map(|k| graph.nodes().target(k));
        for source in graph.nodes().indices() {
            let difference = graph.edge(a, source) - graph.edge(b, source);
            let edge = graph.edge(contrast, source);
            let allowed = 1e-5 * (self.size(&graph, contrast) + edge.abs());
            assert!((edge - difference).abs() < allowed, "{name}: {edge} {difference}");
            if let Some((feature_node, _)) = here {
                let as_target = graph.edge(graph.nodes().target(3), source);
                let own = full.edge(feature_node, source);
                let allowed = 1e-5 * self.size(full, feature_node);
                assert!((as_target - own).abs() < allowed, "{name}: {as_target} {own}");
            }
            let above = graph.nodes().pos_of(source) as usize > pos;
            assert!(!above || edge == 0.0, "{name}: a cause after its effect");
        }
    }

    /// A graph is what is read back from the bytes that were written of it.
    pub(crate) fn the_graph_comes_back_from_its_file(&self, graph: &AttributionGraph) {
        let read = AttributionGraph::from_bytes(&graph.to_bytes()).unwrap();
        assert!(read == *graph, "{}: another graph was read", self.name);
    }
}

/// What a source moves.
struct Moved {
    /// Pre-activations of the active features, by their places in the list.
    features_a: Vec<f32>,
    /// The stream after the last block.
    final_td: Mat,
}
