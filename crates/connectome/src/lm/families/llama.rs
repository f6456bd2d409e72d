//! Llama 1–3.x, and checkpoints that say they are (SmolLM, TinyLlama, our organisms).

use super::{Biases, HfConfig, LLAMA, LoadError, ModelConfig, NameMap, dense};

/// Source: Touvron et al. 2023, arXiv:2302.13971; rope scaling of Llama 3.1.
pub(super) fn describe(hf: &HfConfig) -> Result<(ModelConfig, NameMap), LoadError> {
    let attention_bias = hf.bool_or("attention_bias", false)?;
    let biases = Biases {
        qkv: attention_bias,
        attention_out: attention_bias,
        mlp: hf.bool_or("mlp_bias", false)?,
    };
    Ok((ModelConfig { biases, ..dense(hf, 10_000.0)? }, LLAMA))
}
