//! Which tokens are special, file by file and class by class.

use connectome::tokenizer::Tokenizer;
use serde_json::{Value, json};

use super::{build, words};

/// A vocabulary with every token that the configs below name, and the ids they get.
fn vocabulary() -> Value {
    let mut list = vec!["w", "?", "<unk>", "<bos>", "<eos>", "<pad>", "<|endoftext|>", "<x>"];
    list.extend(["<s>", "</s>", "<y>"]);
    words(&list)
}

/// BOS, padding, EOS and all special ids, from a config and a special tokens map.
fn special(
    config: &Value,
    map: Option<&Value>,
) -> (Option<u32>, Option<u32>, Option<u32>, Vec<u32>) {
    let (config, map) = (config.to_string(), map.map(Value::to_string));
    let tokenizer = Tokenizer::from_parts(
        vocabulary().to_string().as_bytes(),
        Some(config.as_bytes()),
        map.as_deref().map(str::as_bytes),
        None,
    )
    .unwrap();
    let ids = tokenizer.special_ids().to_vec();
    (tokenizer.bos_id(), tokenizer.pad_id(), tokenizer.eos_id(), ids)
}

#[test]
fn a_class_has_defaults_that_the_config_overrides() {
    let of = |config| special(&config, None);
    assert_eq!(
        of(json!({"tokenizer_class": "GemmaTokenizer"})),
        (Some(3), Some(5), Some(4), vec![3, 4, 2, 5])
    );
    assert_eq!(
        of(json!({"tokenizer_class": "GPT2TokenizerFast"})),
        (Some(6), None, Some(6), vec![6])
    );
    assert_eq!(
        of(json!({"tokenizer_class": "LlamaTokenizerFast", "unk_token": "<x>"})),
        (Some(8), None, Some(9), vec![8, 9, 7])
    );
    // Qwen declares that it has no beginning-of-text token.
    let qwen = json!({
        "tokenizer_class": "Qwen2Tokenizer", "bos_token": null, "eos_token": "<x>",
        "pad_token": "<|endoftext|>", "additional_special_tokens": ["<x>", "<y>"]
    });
    assert_eq!(of(qwen), (None, Some(6), Some(7), vec![7, 6, 10]));
}

#[test]
fn the_special_tokens_map_counts_only_without_a_decoder() {
    let map = json!({
        "bos_token": {"content": "<x>", "lstrip": false, "normalized": false, "rstrip": false,
                      "single_word": false},
        "additional_special_tokens": ["<y>"]
    });
    let config = json!({"bos_token": "<bos>", "eos_token": {"content": "<eos>"},
                        "additional_special_tokens": ["<s>"]});
    let read = special(&config, Some(&map));
    assert_eq!(read, (Some(7), None, Some(4), vec![7, 4, 8, 10]));

    let mut with_decoder = config.clone();
    with_decoder["added_tokens_decoder"] = json!({});
    let read = special(&with_decoder, Some(&map));
    assert_eq!(read, (Some(3), None, Some(4), vec![3, 4, 8]));
}

#[test]
fn tokens_of_a_models_own_kind_come_last() {
    let config = json!({"extra_special_tokens": {"image_token": "<y>"}, "eos_token": "<eos>"});
    assert_eq!(special(&config, None), (None, None, Some(4), vec![4, 10]));
}

#[test]
fn without_any_declaration_the_file_itself_decides() {
    let read = special(&json!({"model_max_length": 1024}), None);
    assert_eq!(read, (None, None, None, vec![2, 3, 4, 5, 6, 7, 8, 9, 10]));
}

#[test]
fn a_token_outside_the_vocabulary_is_no_token() {
    let config = json!({"bos_token": "<nowhere>", "eos_token": "<eos>", "pad_token": ""});
    assert_eq!(special(&config, None), (None, None, Some(4), vec![4]));
    let tokenizer = build(&vocabulary(), &config);
    assert_eq!(tokenizer.len(), 11);
}

#[test]
fn a_declared_token_is_split_off_wherever_it_stands() {
    let mut vocabulary = words(&["w", "?", "stop", "keep"]);
    let config = json!({"eos_token": "stop"});
    assert_eq!(build(&vocabulary, &config).encode("wstop w").unwrap(), [0, 2, 0]);
    assert_eq!(build(&vocabulary, &json!({})).encode("wstop w").unwrap(), [1, 0]);

    // The config's decoder can make a token eat the space before it.
    vocabulary["added_tokens"] = json!([{
        "id": 3, "content": "keep", "single_word": false, "lstrip": false, "rstrip": false,
        "normalized": false, "special": false
    }]);
    vocabulary["pre_tokenizer"] = Value::Null;
    let decoder = json!({"added_tokens_decoder": {"3": {
        "content": "keep", "single_word": false, "lstrip": true, "rstrip": false,
        "normalized": false, "special": false
    }}});
    assert_eq!(build(&vocabulary, &decoder).encode("w keep").unwrap(), [0, 3]);
    assert_eq!(build(&vocabulary, &json!({})).encode("w keep").unwrap(), [1, 3]);
}

#[test]
fn the_config_decides_about_the_space_before_text() {
    let letters = ["a", "b", "Ġ", "Ġa"];
    let mut tokenizer = words(&letters);
    tokenizer["model"] = json!({
        "type": "BPE", "vocab": {"a": 0, "b": 1, "Ġ": 2, "Ġa": 3}, "merges": [["Ġ", "a"]]
    });
    tokenizer["pre_tokenizer"] =
        json!({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true});
    let encode = |config: Value| build(&tokenizer, &config).encode("a").unwrap();
    assert_eq!(encode(json!({"add_prefix_space": true})), [3]);
    assert_eq!(encode(json!({"add_prefix_space": false})), [0]);
    assert_eq!(encode(json!({})), [0]);
}
