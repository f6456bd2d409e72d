//! [`Layout`]: where every parameter of a decoder stands in one flat array.
//!
//! Weights, gradients and both moments of the optimiser are arrays of the same layout, so that
//! clipping, the optimiser and checkpoints are loops over numbers. A tensor lies as the family's
//! checkpoint stores it. Maps that read the same input stand one after the other (queries, keys
//! and values; gate and up), so that each group is one product.

use crate::lm::config::{Mlp, ModelConfig, Norm, Position};
use crate::lm::names::{NameMap, QkvNames};
use crate::ops::matrix::Layout as Order;

/// A run of numbers in the flat array.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    start: usize,
    len: usize,
}

impl Slot {
    /// Its numbers.
    #[must_use]
    pub fn of(self, all: &[f32]) -> &[f32] {
        &all[self.start..self.start + self.len]
    }

    /// Its bytes, in an array of numbers of `size` bytes.
    pub(super) fn bytes(self, size: usize) -> std::ops::Range<usize> {
        self.start * size..(self.start + self.len) * size
    }

    /// Its numbers, to change.
    #[must_use]
    pub fn of_mut(self, all: &mut [f32]) -> &mut [f32] {
        &mut all[self.start..self.start + self.len]
    }
}

/// What a tensor is for: how it starts, and whether weight decay pulls at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Rows that are looked up: tokens or positions.
    Embedding,
    /// A linear map.
    Linear,
    /// The linear maps of queries, keys and values.
    Qkv,
    /// A linear map that writes to the residual stream.
    ResidualOut,
    /// Gain of a norm.
    Gain,
    /// Constant term of a norm or a linear map.
    Bias,
}

/// One tensor of the checkpoint.
#[derive(Clone, Debug)]
pub struct Tensor {
    /// Its full name, as `transformers` writes it.
    pub name: String,
    /// Its shape in the checkpoint.
    pub shape: Vec<usize>,
    /// What it is for.
    pub role: Role,
    /// Where it stands.
    pub slot: Slot,
}

/// An affine map `[in] → [out]`, or several side by side.
#[derive(Clone, Copy, Debug)]
pub(super) struct LinearSlots {
    pub(super) weight: Slot,
    pub(super) bias: Option<Slot>,
    pub(super) n_in: usize,
    pub(super) n_out: usize,
    pub(super) order: Order,
}

/// A norm.
#[derive(Clone, Copy, Debug)]
pub(super) struct NormSlots {
    pub(super) gain: Slot,
    pub(super) bias: Option<Slot>,
}

/// The columns of queries, keys and values in the output of their common map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heads {
    pub(super) n_heads: usize,
    pub(super) n_kv_heads: usize,
    pub(super) width: usize,
    per_head: bool,
}

impl Heads {
    /// All columns.
    pub(super) fn n_cols(self) -> usize {
        (self.n_heads + 2 * self.n_kv_heads) * self.width
    }

    /// Query heads that share a key head.
    pub(super) fn group(self) -> usize {
        self.n_heads / self.n_kv_heads
    }

    /// First column of a query head.
    pub(super) fn query(self, head: usize) -> usize {
        if self.per_head { 3 * head * self.width } else { head * self.width }
    }

    /// First column of a key head.
    pub(super) fn key(self, head: usize) -> usize {
        let before = if self.per_head { 3 * head + 1 } else { self.n_heads + head };
        before * self.width
    }

    /// First column of a value head.
    pub(super) fn value(self, head: usize) -> usize {
        let before =
            if self.per_head { 3 * head + 2 } else { self.n_heads + self.n_kv_heads + head };
        before * self.width
    }
}

/// One block.
#[derive(Clone, Debug)]
pub(super) struct BlockSlots {
    pub(super) attn_norm: NormSlots,
    pub(super) qkv: LinearSlots,
    pub(super) qk_norms: Option<[NormSlots; 2]>,
    pub(super) attention_out: LinearSlots,
    pub(super) post_attn_norm: Option<NormSlots>,
    pub(super) mlp_norm: NormSlots,
    /// Gate and up of a gated MLP, or up alone.
    pub(super) up: LinearSlots,
    pub(super) down: LinearSlots,
    pub(super) post_mlp_norm: Option<NormSlots>,
}

/// Where every parameter stands.
#[derive(Clone, Debug)]
pub struct Layout {
    tensors: Vec<Tensor>,
    len: usize,
    pub(super) heads: Heads,
    pub(super) embed: Slot,
    pub(super) positions: Option<Slot>,
    pub(super) blocks: Vec<BlockSlots>,
    pub(super) final_norm: NormSlots,
    /// The embedding itself where the two are tied.
    pub(super) unembed: Slot,
}

impl Layout {
    /// The layout of a decoder under its family's names.
    #[must_use]
    pub fn new(config: &ModelConfig, names: &NameMap) -> Self {
        let mut builder = Builder { config, names, tensors: Vec::new(), len: 0 };
        let (v, d) = (config.n_vocab, config.d_model);
        let body = |name: &str| format!("{}{name}.weight", names.prefixes[0]);
        let embed = builder.add(body(names.embed), &[v, d], Role::Embedding);
        let positions = match (&config.position, names.positions) {
            (Position::Learned, Some(name)) => {
                Some(builder.add(body(name), &[config.n_context, d], Role::Embedding))
            }
            _ => None,
        };
        let blocks = (0..config.n_layers).map(|layer| builder.block(layer)).collect();
        let final_norm = builder.norm(&format!("{}{}", names.prefixes[0], names.final_norm), d);
        let unembed = match config.tied {
            true => embed,
            false => builder.add(format!("{}.weight", names.unembed[0]), &[v, d], Role::Linear),
        };
        let heads = Heads {
            n_heads: config.n_heads,
            n_kv_heads: config.n_kv_heads,
            width: config.d_head,
            per_head: matches!(names.qkv, QkvNames::PerHead(_)),
        };
        let Builder { tensors, len, .. } = builder;
        Self { tensors, len, heads, embed, positions, blocks, final_norm, unembed }
    }

    /// Number of parameters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Every tensor, in the order of the array.
    #[must_use]
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }
}

struct Builder<'a> {
    config: &'a ModelConfig,
    names: &'a NameMap,
    tensors: Vec<Tensor>,
    len: usize,
}

impl Builder<'_> {
    fn add(&mut self, name: String, shape: &[usize], role: Role) -> Slot {
        let slot = Slot { start: self.len, len: shape.iter().product() };
        self.len += slot.len;
        self.tensors.push(Tensor { name, shape: shape.to_vec(), role, slot });
        slot
    }

    /// Tensors that stand one after the other, as one slot.
    fn add_joined(&mut self, parts: &[(String, Vec<usize>)], role: Role) -> Slot {
        let start = self.len;
        for (name, shape) in parts {
            self.add(name.clone(), shape, role);
        }
        Slot { start, len: self.len - start }
    }

    fn norm(&mut self, name: &str, width: usize) -> NormSlots {
        let gain = self.add(format!("{name}.weight"), &[width], Role::Gain);
        let has_bias = matches!(self.config.norm, Norm::Layer { .. });
        let bias = has_bias.then(|| self.add(format!("{name}.bias"), &[width], Role::Bias));
        NormSlots { gain, bias }
    }

    /// The maps `names`, each with its outputs, of one input.
    fn linear(
        &mut self,
        parts: &[(String, usize)],
        n_in: usize,
        bias: bool,
        role: Role,
    ) -> LinearSlots {
        let order = match self.names.qkv {
            QkvNames::Columns(_) => Order::InOut,
            QkvNames::Separate { .. } | QkvNames::PerHead(_) => Order::OutIn,
        };
        let shape = |n_out: usize| match order {
            Order::OutIn => vec![n_out, n_in],
            Order::InOut => vec![n_in, n_out],
        };
        let weights: Vec<_> =
            parts.iter().map(|(name, n_out)| (format!("{name}.weight"), shape(*n_out))).collect();
        let biases: Vec<_> =
            parts.iter().map(|(name, n_out)| (format!("{name}.bias"), vec![*n_out])).collect();
        LinearSlots {
            weight: self.add_joined(&weights, role),
            bias: bias.then(|| self.add_joined(&biases, Role::Bias)),
            n_in,
            n_out: parts.iter().map(|(_, n_out)| n_out).sum(),
            order,
        }
    }

    fn block(&mut self, layer: usize) -> BlockSlots {
        let (config, names) = (self.config, self.names);
        let at = |name: &str| format!("{}{}.{layer}.{name}", names.prefixes[0], names.layers);
        let (d, m, biases) = (config.d_model, config.d_mlp, config.biases);
        let n_query = config.n_heads * config.d_head;
        let n_key = config.n_kv_heads * config.d_head;
        let qkv = match names.qkv {
            QkvNames::Separate { q, k, v } => {
                vec![(at(q), n_query), (at(k), n_key), (at(v), n_key)]
            }
            QkvNames::Columns(name) | QkvNames::PerHead(name) => {
                vec![(at(name), n_query + 2 * n_key)]
            }
        };
        let up = match (config.mlp, names.gate) {
            (Mlp::Gated(_), Some(gate)) => vec![(at(gate), m), (at(names.up), m)],
            _ => vec![(at(names.up), m)],
        };
        let attn_norm = self.norm(&at(names.attn_norm), d);
        let qkv = self.linear(&qkv, d, biases.qkv, Role::Qkv);
        let qk_norms = names.qk_norms.filter(|_| config.attention.qk_norm);
        let qk_norms = qk_norms.map(|norms| norms.map(|name| self.norm(&at(name), config.d_head)));
        let out = [(at(names.attention_out), d)];
        let attention_out = self.linear(&out, n_query, biases.attention_out, Role::ResidualOut);
        let post_attn_norm = names.post_attn_norm.map(|name| self.norm(&at(name), d));
        let mlp_norm = self.norm(&at(names.mlp_norm), d);
        let up = self.linear(&up, d, biases.mlp, Role::Linear);
        let down = self.linear(&[(at(names.down), d)], m, biases.mlp, Role::ResidualOut);
        let post_mlp_norm = names.post_mlp_norm.map(|name| self.norm(&at(name), d));
        BlockSlots {
            attn_norm,
            qkv,
            qk_norms,
            attention_out,
            post_attn_norm,
            mlp_norm,
            up,
            down,
            post_mlp_norm,
        }
    }
}
