//! Qwen 2 (biases on queries, keys, values) and Qwen 3 (per-head norms instead).

use super::{Attention, Biases, HfConfig, LLAMA, LoadError, ModelConfig, NameMap, dense, windows};

/// Source: Yang et al. 2024, arXiv:2407.10671.
pub(super) fn qwen2(hf: &HfConfig) -> Result<(ModelConfig, NameMap), LoadError> {
    let base = with_windows(hf, dense(hf, 10_000.0)?)?;
    let biases = Biases { qkv: true, attention_out: false, mlp: false };
    Ok((ModelConfig { biases, ..base }, NameMap { class: "Qwen2ForCausalLM", ..LLAMA }))
}

/// Source: Yang et al. 2025, arXiv:2505.09388.
pub(super) fn qwen3(hf: &HfConfig) -> Result<(ModelConfig, NameMap), LoadError> {
    // What `Qwen3Config` presets.
    let hf = &hf.with_defaults(&serde_json::json!({ "head_dim": 128 }));
    let base = with_windows(hf, dense(hf, 10_000.0)?)?;
    let bias = hf.bool_or("attention_bias", false)?;
    let config = ModelConfig {
        attention: Attention { qk_norm: true, ..base.attention.clone() },
        biases: Biases { qkv: bias, attention_out: bias, mlp: false },
        ..base
    };
    let qk_norms = Some(["self_attn.q_norm", "self_attn.k_norm"]);
    Ok((config, NameMap { class: "Qwen3ForCausalLM", qk_norms, ..LLAMA }))
}

/// Layers from `max_window_layers` on see a window, if the config switches windows on.
fn with_windows(hf: &HfConfig, base: ModelConfig) -> Result<ModelConfig, LoadError> {
    if !hf.bool_or("use_sliding_window", false)? {
        return Ok(base);
    }
    let first = hf.usize_or("max_window_layers", base.n_layers)?;
    let windows = windows(hf, base.n_layers, |layer| layer >= first)?;
    Ok(ModelConfig { attention: Attention { windows, ..base.attention.clone() }, ..base })
}
