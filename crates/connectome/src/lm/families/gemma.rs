//! Gemma 2 and Gemma 3 (text): four norms a block, `1 + w` gains, windows on some layers.

use serde_json::json;

use super::super::config::{Rope, RopeScaling};
use super::{
    Attention, Biases, HfConfig, LLAMA, LoadError, Mlp, ModelConfig, NameMap, Norm, Position,
    Residual, Window, dense, windows,
};

const NAMES: NameMap = NameMap {
    class: "Gemma2ForCausalLM",
    post_attn_norm: Some("post_attention_layernorm"),
    mlp_norm: "pre_feedforward_layernorm",
    post_mlp_norm: Some("post_feedforward_layernorm"),
    ..LLAMA
};

/// Two softcaps and a window on even layers. Source: Gemma Team 2024, arXiv:2408.00118.
pub(super) fn gemma2(hf: &HfConfig) -> Result<(ModelConfig, NameMap), LoadError> {
    // What `Gemma2Config` presets.
    let hf = &hf.with_defaults(&json!({
        "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256,
        "vocab_size": 256_000, "max_position_embeddings": 8192, "sliding_window": 4096,
        "attn_logit_softcapping": 50.0, "final_logit_softcapping": 30.0,
    }));
    let base = common(hf, 10_000.0)?;
    let attention = Attention {
        windows: windows(hf, base.n_layers, |layer| layer % 2 == 0)?,
        ..base.attention.clone()
    };
    Ok((ModelConfig { attention, ..base }, NAMES))
}

/// Norms on queries and keys, five window layers to one full, and two rope bases. Source:
/// Gemma Team 2025, arXiv:2503.19786.
pub(super) fn gemma3(hf: &HfConfig) -> Result<(ModelConfig, NameMap), LoadError> {
    // What `Gemma3TextConfig` presets; the published 4B, 12B and 27B rely on it.
    let hf = &hf.with_defaults(&json!({
        "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 256,
        "vocab_size": 262_208, "max_position_embeddings": 131_072, "sliding_window": 4096,
    }));
    let base = common(hf, 1_000_000.0)?;
    let pattern = hf.usize_or("sliding_window_pattern", 6)?;
    let windows = windows(hf, base.n_layers, |layer| !(layer + 1).is_multiple_of(pattern))?;
    let (local, global) = ropes(hf)?;
    let per_layer = windows.iter().map(|window| match window {
        Window::Full => global,
        Window::Last(_) => local,
    });
    let position = Position::Rope { n_rotary: base.d_head, per_layer: per_layer.collect() };
    let attention = Attention { qk_norm: true, windows, ..base.attention.clone() };
    let names = NameMap {
        class: "Gemma3ForCausalLM",
        qk_norms: Some(["self_attn.q_norm", "self_attn.k_norm"]),
        ..NAMES
    };
    Ok((ModelConfig { attention, position, ..base }, names))
}

/// Gemma 3's tables for window layers (unscaled) and for full ones.
fn ropes(hf: &HfConfig) -> Result<(Rope, Rope), LoadError> {
    if let Some(parameters) = hf.object("rope_parameters")
        && let (Some(sliding), Some(full)) =
            (parameters.object("sliding_attention"), parameters.object("full_attention"))
    {
        return Ok((sliding.rope(10_000.0)?, full.rope(1_000_000.0)?));
    }
    let theta = hf.f64_or("rope_local_base_freq", 10_000.0)?;
    Ok((Rope { theta, scaling: RopeScaling::Unscaled }, hf.rope(1_000_000.0)?))
}

fn common(hf: &HfConfig, default_theta: f64) -> Result<ModelConfig, LoadError> {
    let base = dense(hf, default_theta)?;
    let eps = hf.f64_or("rms_norm_eps", 1e-6)? as f32;
    let bias = hf.bool_or("attention_bias", false)?;
    let scale = hf.f64_or("query_pre_attn_scalar", 256.0)?.powf(-0.5) as f32;
    Ok(ModelConfig {
        norm: Norm::Rms { eps, unit_offset: true },
        residual: Residual::PreAndPostNorm,
        mlp: Mlp::Gated(hf.act("hidden_activation", "gelu_pytorch_tanh")?),
        attention: Attention {
            scale,
            softcap: hf.f64_optional("attn_logit_softcapping")?.map(|cap| cap as f32),
            ..base.attention.clone()
        },
        embed_scale: (base.d_model as f64).sqrt() as f32,
        logit_softcap: hf.f64_optional("final_logit_softcapping")?.map(|cap| cap as f32),
        tied: hf.bool_or("tie_word_embeddings", true)?,
        biases: Biases { qkv: bias, attention_out: bias, mlp: false },
        ..base
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // The text part of the published 4B: everything else is what the config class presets.
    #[test]
    fn a_sparse_gemma_3_config_is_completed() {
        let sparse = json!({
            "hidden_size": 2560, "intermediate_size": 10_240, "num_hidden_layers": 34,
            "model_type": "gemma3_text", "sliding_window": 1024,
            "rope_scaling": { "factor": 8.0, "rope_type": "linear" },
        });
        let (config, _) = gemma3(&HfConfig::new(sparse, "config.json".into())).unwrap();
        let heads = (config.n_heads, config.n_kv_heads, config.d_head);
        assert_eq!(heads, (8, 4, 256));
        assert_eq!((config.n_vocab, config.n_context), (262_208, 131_072));
        let Position::Rope { per_layer, .. } = &config.position else { panic!("no rope") };
        let local = Rope { theta: 10_000.0, scaling: RopeScaling::Unscaled };
        let global = RopeScaling::Linear { factor: 8.0 };
        assert_eq!((per_layer[0], per_layer[5].scaling), (local, global));
        assert_eq!(config.attention.windows[..6], {
            let window = Window::Last(1024);
            [window, window, window, window, window, Window::Full]
        });
    }
}
