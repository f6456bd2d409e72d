//! GPT-NeoX and Pythia: attention and MLP in parallel, rotary positions on part of a head.

use super::super::names::QkvNames;
use super::{
    Biases, HfConfig, LoadError, Mlp, ModelConfig, NameMap, Norm, Position, Residual, dense,
};

const NAMES: NameMap = NameMap {
    class: "GPTNeoXForCausalLM",
    prefixes: &["gpt_neox.", ""],
    embed: "embed_in",
    positions: None,
    unembed: &["embed_out"],
    final_norm: "final_layer_norm",
    layers: "layers",
    attn_norm: "input_layernorm",
    post_attn_norm: None,
    mlp_norm: "post_attention_layernorm",
    post_mlp_norm: None,
    qkv: QkvNames::PerHead("attention.query_key_value"),
    attention_out: "attention.dense",
    qk_norms: None,
    gate: None,
    up: "mlp.dense_h_to_4h",
    down: "mlp.dense_4h_to_h",
};

/// Source: Black et al. 2022, arXiv:2204.06745.
pub(super) fn describe(hf: &HfConfig) -> Result<(ModelConfig, NameMap), LoadError> {
    let base = dense(hf, hf.f64_or("rotary_emb_base", 10_000.0)?)?;
    let parallel = hf.bool_or("use_parallel_residual", true)?;
    // By the name of each generation of config files, oldest first.
    let nested = hf.object("rope_parameters");
    let nested = nested.map(|rope| rope.f64_or("partial_rotary_factor", 0.25)).transpose()?;
    let newer = hf.f64_or("partial_rotary_factor", nested.unwrap_or(0.25))?;
    let partial = hf.f64_or("rotary_pct", newer)?;
    let n_rotary = (base.d_head as f64 * partial) as usize;
    let position = match base.position {
        Position::Rope { per_layer, .. } => Position::Rope { n_rotary, per_layer },
        Position::Learned => Position::Learned,
    };
    let attention_bias = hf.bool_or("attention_bias", true)?;
    let config = ModelConfig {
        // Queries, keys and values are fused head by head: there are as many of each.
        n_kv_heads: base.n_heads,
        norm: Norm::Layer { eps: hf.f64_or("layer_norm_eps", 1e-5)? as f32 },
        residual: if parallel { Residual::Parallel } else { Residual::PreNorm },
        mlp: Mlp::Plain(hf.act("hidden_act", "gelu")?),
        position,
        biases: Biases { qkv: attention_bias, attention_out: attention_bias, mlp: true },
        ..base
    };
    Ok((config, NAMES))
}
