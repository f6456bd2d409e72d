//! [`NameMap`]: what a family calls its tensors.

/// How queries, keys and values lie in the checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QkvNames {
    /// Three `[out, in]` maps.
    Separate {
        /// Queries.
        q: &'static str,
        /// Keys.
        k: &'static str,
        /// Values.
        v: &'static str,
    },
    /// One `[in, 3·out]` map: all queries, all keys, all values (GPT-2).
    Columns(&'static str),
    /// One `[3·out, in]` map: per head its query, key and value rows (GPT-NeoX).
    PerHead(&'static str),
}

/// Tensor names of a family, without prefix and, inside a block, without the block's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameMap {
    /// The class of `transformers` that loads the family as a language model.
    pub class: &'static str,
    /// Prefixes under which the body may stand; the first that has the embedding is taken.
    pub prefixes: &'static [&'static str],
    /// Embedding table.
    pub embed: &'static str,
    /// Position table.
    pub positions: Option<&'static str>,
    /// Unembedding, with its own full names.
    pub unembed: &'static [&'static str],
    /// Last norm.
    pub final_norm: &'static str,
    /// Blocks: `{layers}.{l}.…`.
    pub layers: &'static str,
    /// Norm before attention.
    pub attn_norm: &'static str,
    /// Norm after attention.
    pub post_attn_norm: Option<&'static str>,
    /// Norm before the MLP.
    pub mlp_norm: &'static str,
    /// Norm after the MLP.
    pub post_mlp_norm: Option<&'static str>,
    /// Queries, keys, values.
    pub qkv: QkvNames,
    /// Attention output.
    pub attention_out: &'static str,
    /// Per-head norms of queries and keys.
    pub qk_norms: Option<[&'static str; 2]>,
    /// MLP gate.
    pub gate: Option<&'static str>,
    /// MLP up.
    pub up: &'static str,
    /// MLP down.
    pub down: &'static str,
}

/// Names of Llama, which most families copied.
pub const LLAMA: NameMap = NameMap {
    class: "LlamaForCausalLM",
    prefixes: &["model.", "", "language_model.model.", "model.language_model."],
    embed: "embed_tokens",
    positions: None,
    unembed: &["lm_head", "language_model.lm_head"],
    final_norm: "norm",
    layers: "layers",
    attn_norm: "input_layernorm",
    post_attn_norm: None,
    mlp_norm: "post_attention_layernorm",
    post_mlp_norm: None,
    qkv: QkvNames::Separate { q: "self_attn.q_proj", k: "self_attn.k_proj", v: "self_attn.v_proj" },
    attention_out: "self_attn.o_proj",
    qk_norms: None,
    gate: Some("mlp.gate_proj"),
    up: "mlp.up_proj",
    down: "mlp.down_proj",
};
