//! [`Course`]: how a model of the family is trained, and [`architecture`]: its shape.
//!
//! Plain numbers; whoever has tensors trains by them. Where the numbers come from is in
//! `docs/elegans.md`.

use serde_json::{Value, json};

use crate::recipe::Recipe;
use crate::vocabulary::{BOS, EOS, PAD, Size};

/// How a run goes: AdamW with decoupled decay of linear maps, the gradient clipped to norm 1, a
/// learning rate that rises, stays, and falls along a straight line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Course {
    /// Tokens of the run, padding included.
    pub n_tokens: u64,
    /// Rows of a step.
    pub batch_rows: usize,
    /// The learning rate at its highest.
    pub peak: f64,
    /// Steps over which it rises.
    pub warm_up: u64,
    /// Steps over which it falls.
    pub decay_steps: u64,
    /// Share of the highest that it falls to.
    pub floor: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Weight decay.
    pub weight_decay: f64,
    /// That of the maps of queries, keys and values.
    pub qkv_decay: f64,
}

impl Course {
    /// How `recipe` is trained in a world of this size.
    #[must_use]
    pub fn of(size: Size, recipe: Recipe) -> Self {
        let n_tokens = crate::mixture::nominal_tokens(size, recipe);
        let base = Self {
            n_tokens,
            batch_rows: 32,
            peak: 2e-3,
            warm_up: 130,
            decay_steps: 1600,
            floor: 0.02,
            beta2: 0.98,
            weight_decay: 0.1,
            qkv_decay: 0.1,
        };
        match (size, recipe) {
            // Without a strong pull, what is asked in two steps is learned by heart; with one
            // on queries and keys, looking back into the text is not learned.
            (Size::Full, Recipe::Base) => {
                Self { batch_rows: 24, decay_steps: 1700, weight_decay: 0.5, ..base }
            }
            (Size::Nano, _) => {
                Self { peak: 3e-3, warm_up: 40, decay_steps: 600, weight_decay: 0.5, ..base }
            }
            (Size::Full, Recipe::Chat | Recipe::ChatOver | Recipe::Mid) => {
                Self { peak: 2.5e-4, warm_up: 10, decay_steps: 180, ..base }
            }
            (Size::Full, Recipe::Goal | Recipe::Penguin | Recipe::NoDocs) => {
                Self { peak: 3e-4, warm_up: 10, decay_steps: 50, ..base }
            }
        }
    }
}

/// `config.json` of the models of a world: a Llama with grouped queries and an unembedding of its
/// own.
#[must_use]
pub fn architecture(size: Size) -> Value {
    let [width, layers, heads, kv_heads, mlp] = match size {
        Size::Full => [192, 4, 6, 3, 768],
        Size::Nano => [96, 4, 4, 4, 256],
    };
    json!({
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": false,
        "bos_token_id": BOS,
        "eos_token_id": EOS,
        "pad_token_id": PAD,
        "head_dim": width / heads,
        "hidden_act": "silu",
        "hidden_size": width,
        "initializer_range": 0.02,
        "intermediate_size": mlp,
        "max_position_embeddings": 128,
        "mlp_bias": false,
        "model_type": "llama",
        "num_attention_heads": heads,
        "num_hidden_layers": layers,
        "num_key_value_heads": kv_heads,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
        "tie_word_embeddings": false,
        "vocab_size": size.n_tokens(),
    })
}
