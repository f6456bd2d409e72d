//! Configs that no model has: found by fuzzing `config.json`, and by reading the families'
//! functions for what they believe.

use connectome::files::Folder;
use connectome::lm::Model;
use serde_json::{Value, json};

/// The error of loading a model with this config and no weights.
fn refused(config: &Value) -> String {
    // A safetensors file without tensors.
    let weights = b"\x08\0\0\0\0\0\0\0{}      ".to_vec();
    let files = [
        ("config.json".to_owned(), config.to_string().into_bytes()),
        ("model.safetensors".to_owned(), weights),
    ];
    Model::load(&Folder::memory("memory", files)).unwrap_err().to_string()
}

/// The config of a small Llama with one key changed.
fn llama(key: &str, value: Value) -> Value {
    let mut config = json!({
        "model_type": "llama", "num_hidden_layers": 2, "hidden_size": 8, "vocab_size": 9,
        "num_attention_heads": 2, "intermediate_size": 6,
    });
    config[key] = value;
    config
}

#[test]
fn a_config_that_is_right_asks_for_weights() {
    let message = "no tensor `model.embed_tokens.weight` in `memory/model.safetensors`";
    assert_eq!(refused(&llama("vocab_size", json!(9))), message);
}

// Windows and rotations are kept one a layer: four billion layers would be 200 GB of them.
#[test]
fn layers_beyond_belief() {
    let gpt2 = json!({
        "model_type": "gpt2", "n_layer": 1025, "n_embd": 8, "n_head": 2, "vocab_size": 9,
    });
    for (config, key, found) in [
        (llama("num_hidden_layers", json!(4_000_000_000_u32)), "num_hidden_layers", "4000000000"),
        (llama("num_hidden_layers", json!(0)), "num_hidden_layers", "0"),
        (llama("num_hidden_layers", json!("12")), "num_hidden_layers", "\"12\""),
        (gpt2, "n_layer", "1025"),
    ] {
        assert_eq!(
            refused(&config),
            format!(
                "`{key}` is `{found}`, expected a positive integer up to 1024, in \
                 `memory/config.json`"
            )
        );
    }
}

// A head of no width was divided by, and widths that overflow became small ones.
#[test]
fn heads_beyond_belief() {
    let most = u32::MAX;
    let mut wide = llama("head_dim", json!(most));
    wide["num_attention_heads"] = json!(most);
    for (config, found) in [(llama("num_attention_heads", json!(9)), "0"), (wide, "4294967295")] {
        assert_eq!(
            refused(&config),
            format!(
                "`head_dim` is `{found}`, expected a positive width, with all heads below \
                 4294967296, in `memory/config.json`"
            )
        );
    }
}
