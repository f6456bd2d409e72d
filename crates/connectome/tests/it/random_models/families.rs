//! Random configs of every family, as Hugging Face writes them.

use serde_json::{Map, Value, json};

/// A kind of model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Gpt2,
    Llama,
    Gemma2,
    Gemma3,
    Qwen2,
    Qwen3,
    /// GPT-NeoX, attention and MLP side by side.
    GptNeox,
    /// GPT-NeoX, one after the other.
    GptNeoxSerial,
}

impl Family {
    pub(crate) const ALL: [Self; 8] = [
        Self::Gpt2,
        Self::Llama,
        Self::Gemma2,
        Self::Gemma3,
        Self::Qwen2,
        Self::Qwen3,
        Self::GptNeox,
        Self::GptNeoxSerial,
    ];
}

/// Sizes and switches of a random model.
#[derive(Clone, Debug)]
pub(crate) struct Axes {
    pub(crate) n_layers: usize,
    pub(crate) n_kv_heads: usize,
    /// Query heads that share a key head.
    pub(crate) group: usize,
    /// Half the width of a head, since rotations take pairs.
    pub(crate) half_head: usize,
    pub(crate) d_model: usize,
    pub(crate) d_mlp: usize,
    pub(crate) n_vocab: usize,
    pub(crate) is_tied: bool,
    pub(crate) has_biases: bool,
    /// Which of a family's own variants: rope scalings, windows, softcaps.
    pub(crate) variant: u8,
}

impl Axes {
    fn n_heads(&self) -> usize {
        self.n_kv_heads * self.group
    }

    fn d_head(&self) -> usize {
        2 * self.half_head
    }
}

/// Longest prompt.
const N_CONTEXT: usize = 16;

/// The `config.json`.
pub(crate) fn config(family: Family, axes: &Axes) -> Value {
    match family {
        Family::Gpt2 => gpt2(axes),
        Family::Llama => llama(axes),
        Family::Gemma2 => gemma2(axes),
        Family::Gemma3 => gemma3(axes),
        Family::Qwen2 => qwen2(axes),
        Family::Qwen3 => qwen3(axes),
        Family::GptNeox => gpt_neox(axes, true),
        Family::GptNeoxSerial => gpt_neox(axes, false),
    }
}

/// What Llama's config and those of its copies share, and `own` on top.
fn dense(model_type: &str, axes: &Axes, own: Value) -> Value {
    let mut config = json!({
        "model_type": model_type,
        "num_hidden_layers": axes.n_layers,
        "num_attention_heads": axes.n_heads(),
        "num_key_value_heads": axes.n_kv_heads,
        "head_dim": axes.d_head(),
        "hidden_size": axes.d_model,
        "intermediate_size": axes.d_mlp,
        "vocab_size": axes.n_vocab,
        "max_position_embeddings": N_CONTEXT,
        "rope_theta": 100.0,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": axes.is_tied,
    });
    let Value::Object(own) = own else { panic!("not an object: {own}") };
    config.as_object_mut().unwrap().extend(own);
    config
}

fn gpt2(axes: &Axes) -> Value {
    let acts = ["gelu_new", "relu", "gelu"];
    json!({
        "model_type": "gpt2",
        "n_layer": axes.n_layers,
        "n_head": axes.n_heads(),
        "n_embd": axes.n_heads() * axes.d_head(),
        "n_inner": axes.d_mlp,
        "vocab_size": axes.n_vocab,
        "n_positions": N_CONTEXT,
        "activation_function": acts[axes.variant as usize % acts.len()],
        "scale_attn_weights": axes.has_biases,
        "tie_word_embeddings": axes.is_tied,
    })
}

fn llama(axes: &Axes) -> Value {
    let scaling = match axes.variant % 3 {
        0 => Value::Null,
        1 => json!({ "rope_type": "linear", "factor": 4.0 }),
        // Wavelengths are 2π and up, so that some are kept, some divided, some between.
        _ => json!({
            "rope_type": "llama3",
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 32,
        }),
    };
    let own = json!({
        "rope_scaling": scaling,
        "attention_bias": axes.has_biases,
        "mlp_bias": axes.variant.is_multiple_of(2),
    });
    dense("llama", axes, own)
}

/// What Gemma 2 and 3 share.
fn gemma(model_type: &str, axes: &Axes, own: Value) -> Value {
    let mut config = dense(model_type, axes, own);
    let common = json!({
        "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": axes.d_head(),
        "sliding_window": 3,
        "attention_bias": axes.has_biases,
    });
    let Value::Object(common) = common else { unreachable!("written as one") };
    config.as_object_mut().unwrap().extend(common);
    config
}

fn gemma2(axes: &Axes) -> Value {
    let caps: Map<String, Value> = match axes.variant % 2 {
        0 => Map::new(),
        _ => [("attn_logit_softcapping", 5.0), ("final_logit_softcapping", 8.0)]
            .map(|(key, cap)| (key.to_owned(), json!(cap)))
            .into_iter()
            .collect(),
    };
    gemma("gemma2", axes, Value::Object(caps))
}

fn gemma3(axes: &Axes) -> Value {
    let own = json!({ "sliding_window_pattern": 2, "rope_local_base_freq": 10.0 });
    let config = gemma("gemma3_text", axes, own);
    match axes.variant % 2 {
        0 => config,
        // The multimodal wrapper.
        _ => json!({ "model_type": "gemma3", "text_config": config }),
    }
}

fn qwen2(axes: &Axes) -> Value {
    let windows = axes.variant.is_multiple_of(2);
    let own = json!({ "use_sliding_window": windows, "sliding_window": 2, "max_window_layers": 1 });
    dense("qwen2", axes, own)
}

fn qwen3(axes: &Axes) -> Value {
    dense("qwen3", axes, json!({ "attention_bias": axes.has_biases }))
}

fn gpt_neox(axes: &Axes, is_parallel: bool) -> Value {
    // Half of a head turns, or all of it: either is a number of pairs.
    let (half_head, share) =
        if axes.variant.is_multiple_of(2) { (2, 0.5) } else { (axes.half_head, 1.0) };
    let axes = Axes { half_head, d_model: axes.n_heads() * 2 * half_head, ..axes.clone() };
    json!({
        "model_type": "gpt_neox",
        "num_hidden_layers": axes.n_layers,
        "num_attention_heads": axes.n_heads(),
        // No key of this family, so it says nothing.
        "num_key_value_heads": 1,
        "hidden_size": axes.d_model,
        "intermediate_size": axes.d_mlp,
        "vocab_size": axes.n_vocab,
        "max_position_embeddings": N_CONTEXT,
        "rotary_emb_base": 100,
        "rotary_pct": share,
        "use_parallel_residual": is_parallel,
        "attention_bias": axes.has_biases,
        "tie_word_embeddings": axes.is_tied,
    })
}
