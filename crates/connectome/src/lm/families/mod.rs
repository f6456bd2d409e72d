//! One function per family, from `config.json` to what the decoder needs: data, no maths.

mod gemma;
mod gpt2;
mod gpt_neox;
mod llama;
mod qwen;

use super::config::{
    Attention, Biases, HfConfig, Mlp, ModelConfig, Norm, Position, Residual, Window,
};
use super::names::{LLAMA, NameMap};
use crate::error::LoadError;
use serde_json::Value;

const KNOWN: &str = "gpt2, llama, gemma2, gemma3_text, gemma3, qwen2, qwen3, gpt_neox";

/// The decoder that a checkpoint's config describes, and the names of its tensors.
///
/// # Errors
///
/// [`LoadError::Unsupported`] for an architecture we do not have; missing or bad keys.
pub fn describe(hf: &HfConfig) -> Result<(ModelConfig, NameMap), LoadError> {
    let model_type = hf.str_or("model_type", "")?.to_owned();
    let (config, names) = match model_type.as_str() {
        "gpt2" => gpt2::describe(hf)?,
        "llama" => llama::describe(hf)?,
        "gemma2" => gemma::gemma2(hf)?,
        "gemma3_text" => gemma::gemma3(hf)?,
        // The multimodal wrapper: its text decoder is the nested config.
        "gemma3" => gemma::gemma3(&hf.object("text_config").unwrap_or_else(|| hf.clone()))?,
        "qwen2" => qwen::qwen2(hf)?,
        "qwen3" => qwen::qwen3(hf)?,
        "gpt_neox" => gpt_neox::describe(hf)?,
        _ => return Err(hf.unsupported("model_type", &model_type, KNOWN)),
    };
    Ok((ModelConfig { family: model_type, ..config }.checked(hf)?, names))
}

/// The text decoder's config of a checkpoint, as a checkpoint of that decoder alone has it.
#[must_use]
pub fn text_config(config: &Value) -> Value {
    match config.get("text_config").filter(|text| text.is_object()) {
        None => config.clone(),
        Some(text) => {
            let mut text = text.clone();
            if let (None, Some(whole)) = (text.get("model_type"), config["model_type"].as_str()) {
                text["model_type"] = format!("{whole}_text").into();
            }
            text
        }
    }
}

/// What Llama and those who copied it share: RMS norms before attention and a gated MLP,
/// rotary positions on the whole head.
fn dense(hf: &HfConfig, default_theta: f64) -> Result<ModelConfig, LoadError> {
    let n_layers = hf.n_layers("num_hidden_layers")?;
    let d_model = hf.usize("hidden_size")?;
    let n_heads = hf.usize("num_attention_heads")?;
    let d_head = hf.usize_or("head_dim", d_model / n_heads)?;
    Ok(ModelConfig {
        family: String::new(),
        n_layers,
        d_model,
        n_heads,
        n_kv_heads: hf.usize_or("num_key_value_heads", n_heads)?,
        d_head,
        d_mlp: hf.usize("intermediate_size")?,
        n_vocab: hf.usize("vocab_size")?,
        n_context: hf.usize_or("max_position_embeddings", 2048)?,
        norm: Norm::Rms { eps: hf.f64_or("rms_norm_eps", 1e-6)? as f32, unit_offset: false },
        residual: Residual::PreNorm,
        mlp: Mlp::Gated(hf.act("hidden_act", "silu")?),
        attention: Attention {
            scale: (d_head as f64).powf(-0.5) as f32,
            softcap: None,
            qk_norm: false,
            windows: vec![Window::Full; n_layers],
        },
        position: Position::Rope {
            n_rotary: d_head,
            per_layer: vec![hf.rope(default_theta)?; n_layers],
        },
        embed_scale: 1.0,
        logit_softcap: None,
        tied: hf.bool_or("tie_word_embeddings", false)?,
        biases: Biases { qkv: false, attention_out: false, mlp: false },
    })
}

/// Which layers see only a window, by `layer_types` or by `otherwise` of the layer.
fn windows(
    hf: &HfConfig,
    n_layers: usize,
    otherwise: impl Fn(usize) -> bool,
) -> Result<Vec<Window>, LoadError> {
    let types = hf.strings("layer_types")?;
    if let Some(types) = &types
        && types.len() != n_layers
    {
        return Err(LoadError::BadValue {
            key: "layer_types".to_owned(),
            found: format!("{} entries", types.len()),
            expected: "one entry per layer",
            path: hf.path().clone(),
        });
    }
    (0..n_layers)
        .map(|layer| {
            let sliding = match types.as_ref().map(|types| types[layer]) {
                None => otherwise(layer),
                Some("sliding_attention") => true,
                Some("full_attention") => false,
                Some(other) => {
                    let supported = "sliding_attention, full_attention";
                    return Err(hf.unsupported("layer_types", other, supported));
                }
            };
            Ok(if sliding { Window::Last(hf.usize("sliding_window")?) } else { Window::Full })
        })
        .collect()
}
