//! GPT-2: layer norms, learned positions, `[in, out]` weights with biases everywhere.

use super::super::names::QkvNames;
use super::{
    Attention, Biases, HfConfig, LoadError, Mlp, ModelConfig, NameMap, Norm, Position, Residual,
    Window,
};

const NAMES: NameMap = NameMap {
    class: "GPT2LMHeadModel",
    prefixes: &["transformer.", ""],
    embed: "wte",
    positions: Some("wpe"),
    unembed: &["lm_head"],
    final_norm: "ln_f",
    layers: "h",
    attn_norm: "ln_1",
    post_attn_norm: None,
    mlp_norm: "ln_2",
    post_mlp_norm: None,
    qkv: QkvNames::Columns("attn.c_attn"),
    attention_out: "attn.c_proj",
    qk_norms: None,
    gate: None,
    up: "mlp.c_fc",
    down: "mlp.c_proj",
};

/// Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners".
pub(super) fn describe(hf: &HfConfig) -> Result<(ModelConfig, NameMap), LoadError> {
    let n_layers = hf.n_layers("n_layer")?;
    let d_model = hf.usize("n_embd")?;
    let n_heads = hf.usize("n_head")?;
    let d_head = d_model / n_heads;
    for key in ["scale_attn_by_inverse_layer_idx", "add_cross_attention"] {
        if hf.bool_or(key, false)? {
            return Err(hf.unsupported(key, true, "false"));
        }
    }
    let scaled = hf.bool_or("scale_attn_weights", true)?;
    let config = ModelConfig {
        family: String::new(),
        n_layers,
        d_model,
        n_heads,
        n_kv_heads: n_heads,
        d_head,
        d_mlp: hf.usize_or("n_inner", 4 * d_model)?,
        n_vocab: hf.usize("vocab_size")?,
        n_context: hf.usize_or("n_positions", 1024)?,
        norm: Norm::Layer { eps: hf.f64_or("layer_norm_epsilon", 1e-5)? as f32 },
        residual: Residual::PreNorm,
        mlp: Mlp::Plain(hf.act("activation_function", "gelu_new")?),
        attention: Attention {
            scale: if scaled { (d_head as f64).powf(-0.5) as f32 } else { 1.0 },
            softcap: None,
            qk_norm: false,
            windows: vec![Window::Full; n_layers],
        },
        position: Position::Learned,
        embed_scale: 1.0,
        logit_softcap: None,
        tied: hf.bool_or("tie_word_embeddings", true)?,
        biases: Biases { qkv: true, attention_out: true, mlp: true },
    };
    Ok((config, NAMES))
}
