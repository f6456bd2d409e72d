//! The nodes of a graph, and the one place that knows their order.
//!
//! ```text
//! selected features     ascending (layer, position, index)
//! errors                layer-major: (0, 0), (0, 1), …, (L-1, T-1)
//! tokens                by position
//! targets               as given: descending probability for salient logits
//! ```
//!
//! # Invariants
//!
//! - A [`NodeIdx`] is a place in that order. Offsets are added here and nowhere else.
//! - Active features are strictly ascending, and the selected ones are a subset of them, so
//!   that a binary search finds either.
//! - An edge goes from a lower layer to a higher one ([`Nodes::may_feed`]), hence a graph has
//!   no cycle, and walking the order backwards meets every explained node before its sources.
//!
//! Source: circuit-tracer 0.4.1, order of `Graph.adjacency_matrix`.

use std::ops::Range;

use crate::{ActiveFeature, FeatureId, GraphError};

/// More layers than any model has: a file that claims as many is not believed.
const MAX_LAYERS: u32 = 1024;

/// Errors cost a file nothing, and influence some tens of bytes each: so they are not believed
/// without end. 127 layers of 131,072 tokens fit.
const MAX_NODES: u64 = 1 << 24;

/// The token id of an imported graph that does not tell it.
pub const UNKNOWN_TOKEN: u32 = u32::MAX;

/// A node's place in one graph's order. It means nothing in another graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIdx(u32);

impl NodeIdx {
    /// The node at `place`; whether a graph has such a node is for [`Nodes`] to say.
    pub const fn new(place: u32) -> Self {
        Self(place)
    }

    /// The place as it is stored in files and rows.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// The place, to index an array of one entry a node.
    pub const fn as_usize(self) -> usize {
        self.0 as usize
    }

    /// A place that is known to be below the node count, which fits `u32`.
    pub(crate) fn from_usize(place: usize) -> Self {
        Self(u32::try_from(place).expect("`Nodes::new` checked that the node count fits u32"))
    }
}

/// What stands at a node.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Node {
    /// A feature of the dictionary, fired at a position.
    Feature(ActiveFeature),
    /// What the dictionary failed to reconstruct of one MLP output.
    Error {
        /// The MLP's layer.
        layer: u32,
        /// The position.
        pos: u32,
    },
    /// The embedding of a prompt token.
    Token {
        /// The position.
        pos: u32,
        /// Its id in the vocabulary.
        token: u32,
    },
    /// What is explained: the index into [`Nodes::targets`].
    Target(u32),
}

/// A quantity that the graph explains.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// What it is.
    pub kind: TargetKind,
    /// The position it is read at.
    pub pos: u32,
    /// Its share of the influence that starts at the targets: the probability of a salient
    /// logit, or as given. Finite and not negative.
    pub weight: f32,
    /// For people: the token's text, `A − B`, or the feature's name.
    pub label: String,
}

/// The kinds of targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// The logit of a token, minus the mean logit over the vocabulary.
    Logit {
        /// The token's id.
        token: u32,
    },
    /// The logit of one token minus that of another.
    Contrast {
        /// The token whose logit is added.
        plus: u32,
        /// The token whose logit is subtracted.
        minus: u32,
    },
    /// A direction at the output of the final norm.
    Direction {
        /// Which of the given directions; its virtual token id is the vocabulary's size plus this.
        index: u32,
    },
    /// The pre-activation of a feature.
    Feature(FeatureId),
}

/// The nodes of one graph, in order, with every active feature of the prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Nodes {
    n_layers: u32,
    active_a: Vec<ActiveFeature>,
    selected: Vec<u32>,
    tokens_t: Vec<u32>,
    targets: Vec<Target>,
}

impl Nodes {
    /// Nodes of a prompt.
    ///
    /// `active` are all features that fired, strictly ascending by `(layer, pos, index)`;
    /// `selected` are the indices of those that are nodes, strictly ascending; `tokens` are
    /// the prompt's ids, BOS included. Errors of every layer and position are nodes always.
    ///
    /// # Errors
    ///
    /// - [`GraphError::Unsorted`] if `active` or `selected` are not strictly ascending.
    /// - [`GraphError::OutOfRange`] for a layer, position or index past its count.
    /// - [`GraphError::NotFinite`] for an activation or weight that is no number, and
    ///   [`GraphError::NegativeWeight`] for a target.
    /// - [`GraphError::Empty`] if there are no layers, tokens or targets.
    /// - [`GraphError::TooLarge`] for more than 1,024 layers or 2²⁴ nodes.
    pub fn new(
        n_layers: u32,
        active: Vec<ActiveFeature>,
        selected: Vec<u32>,
        tokens: Vec<u32>,
        targets: Vec<Target>,
    ) -> Result<Self, GraphError> {
        let nodes = Self { n_layers, active_a: active, selected, tokens_t: tokens, targets };
        nodes.check_counts()?;
        nodes.check_features()?;
        nodes.check_targets()?;
        Ok(nodes)
    }

    fn check_counts(&self) -> Result<(), GraphError> {
        let counts = [
            ("layers", self.n_layers as usize),
            ("tokens", self.tokens_t.len()),
            ("targets", self.targets.len()),
        ];
        if let Some((what, _)) = counts.into_iter().find(|&(_, count)| count == 0) {
            return Err(GraphError::Empty { what });
        }
        if self.n_layers > MAX_LAYERS {
            let (found, limit) = (u64::from(self.n_layers), u64::from(MAX_LAYERS));
            return Err(GraphError::TooLarge { what: "layers", found, limit });
        }
        let n_tokens = self.tokens_t.len() as u128;
        let n_nodes = self.selected.len() as u128
            + u128::from(self.n_layers) * n_tokens
            + n_tokens
            + self.targets.len() as u128;
        if n_nodes > u128::from(MAX_NODES) {
            let found = u64::try_from(n_nodes).unwrap_or(u64::MAX);
            return Err(GraphError::TooLarge { what: "nodes", found, limit: MAX_NODES });
        }
        let (found, limit) = (self.active_a.len() as u64, u64::from(u32::MAX));
        if found > limit {
            return Err(GraphError::TooLarge { what: "active features", found, limit });
        }
        Ok(())
    }

    fn check_features(&self) -> Result<(), GraphError> {
        for feature in &self.active_a {
            in_range("layer of an active feature", feature.id.layer, self.n_layers as usize)?;
            in_range("position of an active feature", feature.pos, self.n_tokens())?;
            finite("activation", feature.activation)?;
        }
        if !self.active_a.windows(2).all(|pair| pair[0].order() < pair[1].order()) {
            return Err(GraphError::Unsorted { what: "active features" });
        }
        for &index in &self.selected {
            in_range("selected feature", index, self.active_a.len())?;
        }
        if !self.selected.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(GraphError::Unsorted { what: "selected features" });
        }
        Ok(())
    }

    fn check_targets(&self) -> Result<(), GraphError> {
        for target in &self.targets {
            in_range("position of a target", target.pos, self.n_tokens())?;
            if let TargetKind::Feature(id) = target.kind {
                in_range("layer of a target", id.layer, self.n_layers as usize)?;
            }
            finite("target weight", target.weight)?;
            if target.weight < 0.0 {
                return Err(GraphError::NegativeWeight { found: target.weight });
            }
        }
        Ok(())
    }

    /// Every feature that fired on the prompt, node or not.
    pub fn active(&self) -> &[ActiveFeature] {
        &self.active_a
    }

    /// Which entries of [`Nodes::active`] are nodes, ascending.
    pub fn selected(&self) -> &[u32] {
        &self.selected
    }

    /// The prompt's token ids.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens_t
    }

    /// What the graph explains.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// Layers of the model.
    pub fn n_layers(&self) -> u32 {
        self.n_layers
    }

    /// Positions of the prompt.
    pub fn n_tokens(&self) -> usize {
        self.tokens_t.len()
    }

    /// Features that are nodes.
    pub fn n_features(&self) -> usize {
        self.selected.len()
    }

    /// Error nodes: one a layer and position.
    pub fn n_errors(&self) -> usize {
        self.n_layers as usize * self.tokens_t.len()
    }

    /// Targets.
    pub fn n_targets(&self) -> usize {
        self.targets.len()
    }

    /// All nodes.
    #[expect(clippy::len_without_is_empty, reason = "a graph has a token and a target at least")]
    pub fn len(&self) -> usize {
        self.target_range().end
    }

    /// Places of the features.
    pub fn feature_range(&self) -> Range<usize> {
        0..self.selected.len()
    }

    /// Places of the errors.
    pub fn error_range(&self) -> Range<usize> {
        let start = self.feature_range().end;
        start..start + self.n_errors()
    }

    /// Places of the tokens.
    pub fn token_range(&self) -> Range<usize> {
        let start = self.error_range().end;
        start..start + self.tokens_t.len()
    }

    /// Places of the targets.
    pub fn target_range(&self) -> Range<usize> {
        let start = self.token_range().end;
        start..start + self.targets.len()
    }

    /// Places of the features that stand below `layer`: a prefix, as features ascend by layer.
    pub fn features_below(&self, layer: u32) -> Range<usize> {
        let below = |&a: &u32| self.active_a[a as usize].id.layer < layer;
        0..self.selected.partition_point(below)
    }

    /// Places of the errors that stand below `layer`: a prefix of them, too.
    pub fn errors_below(&self, layer: u32) -> Range<usize> {
        let start = self.error_range().start;
        start..start + layer.min(self.n_layers) as usize * self.n_tokens()
    }

    /// All nodes in order.
    pub fn indices(&self) -> impl ExactSizeIterator<Item = NodeIdx> + DoubleEndedIterator + use<> {
        (0..self.len()).map(NodeIdx::from_usize)
    }

    /// The node of the `i`-th selected feature.
    ///
    /// # Panics
    ///
    /// If `i` is not below [`Nodes::n_features`].
    pub fn feature(&self, i: usize) -> NodeIdx {
        assert!(i < self.n_features(), "feature {i} of {}", self.n_features());
        NodeIdx::from_usize(i)
    }

    /// The node of entry `a` of [`Nodes::active`], if it was selected.
    pub fn feature_of_active(&self, a: usize) -> Option<NodeIdx> {
        let a = u32::try_from(a).ok()?;
        self.selected.binary_search(&a).ok().map(NodeIdx::from_usize)
    }

    /// The error node of a layer and position.
    ///
    /// # Panics
    ///
    /// If the graph has no such layer or position.
    pub fn error(&self, layer: u32, pos: u32) -> NodeIdx {
        assert!(layer < self.n_layers, "error of layer {layer} of {}", self.n_layers);
        assert!((pos as usize) < self.n_tokens(), "error at {pos} of {}", self.n_tokens());
        let within = layer as usize * self.n_tokens() + pos as usize;
        NodeIdx::from_usize(self.error_range().start + within)
    }

    /// The node of the token at `pos`.
    ///
    /// # Panics
    ///
    /// If the prompt has no such position.
    pub fn token(&self, pos: u32) -> NodeIdx {
        assert!((pos as usize) < self.n_tokens(), "token at {pos} of {}", self.n_tokens());
        NodeIdx::from_usize(self.token_range().start + pos as usize)
    }

    /// The node of the `k`-th target.
    ///
    /// # Panics
    ///
    /// If `k` is not below [`Nodes::n_targets`].
    pub fn target(&self, k: usize) -> NodeIdx {
        assert!(k < self.n_targets(), "target {k} of {}", self.n_targets());
        NodeIdx::from_usize(self.target_range().start + k)
    }

    /// What stands at a node.
    ///
    /// # Panics
    ///
    /// If the graph has no such node.
    pub fn node(&self, idx: NodeIdx) -> Node {
        let place = idx.as_usize();
        if place < self.feature_range().end {
            return Node::Feature(self.active_a[self.selected[place] as usize]);
        }
        if place < self.error_range().end {
            let within = place - self.error_range().start;
            let (layer, pos) = (within / self.n_tokens(), within % self.n_tokens());
            return Node::Error { layer: layer as u32, pos: pos as u32 };
        }
        if place < self.token_range().end {
            let pos = place - self.token_range().start;
            return Node::Token { pos: pos as u32, token: self.tokens_t[pos] };
        }
        assert!(place < self.len(), "node {place} of {}", self.len());
        Node::Target((place - self.target_range().start) as u32)
    }

    /// The selected features with their nodes, in order.
    pub fn features(&self) -> impl ExactSizeIterator<Item = (NodeIdx, ActiveFeature)> + '_ {
        let features = self.selected.iter().map(|&a| self.active_a[a as usize]);
        features.enumerate().map(|(i, feature)| (NodeIdx::from_usize(i), feature))
    }

    /// The node of a feature at a position, if it fired there and was selected.
    pub fn find_feature(&self, id: FeatureId, pos: u32) -> Option<NodeIdx> {
        let wanted = ActiveFeature { id, pos, activation: 0.0 }.order();
        let a = self.active_a.binary_search_by_key(&wanted, ActiveFeature::order).ok()?;
        self.feature_of_active(a)
    }

    /// What a node is called where a person reads or types it: `L12/4071@9`, `error:L3@9`,
    /// `token:9`, `target:0`; layer and position, position, and place among the targets.
    ///
    /// # Panics
    ///
    /// If the graph has no such node.
    pub fn name(&self, idx: NodeIdx) -> String {
        match self.node(idx) {
            Node::Feature(feature) => feature.to_string(),
            Node::Error { layer, pos } => format!("error:L{layer}@{pos}"),
            Node::Token { pos, .. } => format!("token:{pos}"),
            Node::Target(k) => format!("target:{k}"),
        }
    }

    /// The node that [`Nodes::name`] calls so.
    ///
    /// # Errors
    ///
    /// [`GraphError::NodeName`] if the text is no such name, or of a node the graph has not.
    pub fn find(&self, name: &str) -> Result<NodeIdx, GraphError> {
        let find = || {
            if let Some(pos) = name.strip_prefix("token:") {
                return self.token_range().nth(pos.parse().ok()?);
            }
            if let Some(k) = name.strip_prefix("target:") {
                return self.target_range().nth(k.parse().ok()?);
            }
            let (what, pos) = name.rsplit_once('@')?;
            let pos: u32 = pos.parse().ok()?;
            if let Some(layer) = what.strip_prefix("error:L") {
                let layer: u32 = layer.parse().ok()?;
                let is_there = layer < self.n_layers && (pos as usize) < self.n_tokens();
                return is_there.then(|| self.error(layer, pos).as_usize());
            }
            self.find_feature(what.parse().ok()?, pos).map(NodeIdx::as_usize)
        };
        let found = find().map(NodeIdx::from_usize);
        found.ok_or_else(|| GraphError::NodeName { found: name.to_owned() })
    }

    /// The layer a node stands at; `None` for tokens, which stand below layer 0.
    ///
    /// A feature reads at its layer and writes from its layer up, an error writes at its
    /// layer, and a logit reads above the last one: at [`Nodes::n_layers`].
    ///
    /// # Panics
    ///
    /// If the graph has no such node.
    pub fn layer_of(&self, idx: NodeIdx) -> Option<u32> {
        match self.node(idx) {
            Node::Feature(feature) => Some(feature.id.layer),
            Node::Error { layer, .. } => Some(layer),
            Node::Token { .. } => None,
            Node::Target(k) => match self.targets[k as usize].kind {
                TargetKind::Feature(id) => Some(id.layer),
                _ => Some(self.n_layers),
            },
        }
    }

    /// The position a node stands at.
    ///
    /// # Panics
    ///
    /// If the graph has no such node.
    pub fn pos_of(&self, idx: NodeIdx) -> u32 {
        match self.node(idx) {
            Node::Feature(ActiveFeature { pos, .. })
            | Node::Error { pos, .. }
            | Node::Token { pos, .. } => pos,
            Node::Target(k) => self.targets[k as usize].pos,
        }
    }

    /// Whether a node can have a row at all: errors and tokens are sources only.
    pub fn may_have_row(&self, idx: NodeIdx) -> bool {
        let place = idx.as_usize();
        self.feature_range().contains(&place) || self.target_range().contains(&place)
    }

    /// Places that may feed a node: features and errors of lower layers, and tokens. Empty for
    /// errors and tokens, which nothing feeds.
    ///
    /// # Panics
    ///
    /// If the graph has no such node.
    pub fn sources_of(&self, idx: NodeIdx) -> [Range<usize>; 3] {
        match self.layer_of(idx).filter(|_| self.may_have_row(idx)) {
            Some(layer) => {
                [self.features_below(layer), self.errors_below(layer), self.token_range()]
            }
            None => [0..0, 0..0, 0..0],
        }
    }

    /// Whether the graph may have an edge from `source` to `target`.
    ///
    /// # Panics
    ///
    /// If the graph has no node `target`.
    pub fn may_feed(&self, source: NodeIdx, target: NodeIdx) -> bool {
        self.sources_of(target).iter().any(|range| range.contains(&source.as_usize()))
    }
}

fn in_range(what: &'static str, found: u32, count: usize) -> Result<(), GraphError> {
    if (found as usize) < count {
        return Ok(());
    }
    Err(GraphError::OutOfRange { what, found: u64::from(found), count: count as u64 })
}

fn finite(what: &'static str, found: f32) -> Result<(), GraphError> {
    if found.is_finite() { Ok(()) } else { Err(GraphError::NotFinite { what }) }
}
