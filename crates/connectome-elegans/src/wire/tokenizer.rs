//! `tokenizer.json` and `tokenizer_config.json`, as Hugging Face's libraries read them.
//!
//! Text is split at white space and around punctuation, and its words are looked up whole, so
//! that `calc: 36+59=` may be typed as people type it. A line end is a word: it is written as `↵`,
//! and the normalizer turns one that was typed into that. `<bos>` is put before a text by whoever
//! asks for special tokens.

use serde_json::{Map, Value, json};

use crate::vocabulary::{BOS, EOS, PAD, SPECIAL, UNK, Vocabulary};
use crate::words::frames::LINE_END;

/// The longest text that models of this world are made for.
const MAX_TOKENS: usize = 128;

/// A conversation: speakers are ordinary words, and what an assistant said ends the document.
const CHAT_TEMPLATE: &str = "{{ bos_token }}\
{% for message in messages %}\
{% if message['role'] == 'user' %} Human : {{ message['content'] }}\
{% elif message['role'] == 'assistant' %} Assistant : {{ message['content'] }}\
{% else %}{{ raise_exception('only user and assistant speak') }}\
{% endif %}\
{% endfor %}\
{% if add_generation_prompt %} Assistant :{% endif %}";

/// `tokenizer.json`.
pub(crate) fn tokenizer(vocabulary: &Vocabulary) -> Vec<u8> {
    let special = |id: u32| SPECIAL[id as usize];
    let added = [PAD, BOS, EOS, UNK].map(|id| {
        json!({
            "id": id,
            "content": special(id),
            "single_word": false,
            "lstrip": false,
            "rstrip": false,
            "normalized": false,
            "special": true,
        })
    });
    let vocab: Map<String, Value> =
        vocabulary.words().enumerate().map(|(id, word)| (word.to_owned(), id.into())).collect();
    let bos = json!({ "SpecialToken": { "id": special(BOS), "type_id": 0 } });
    let sequence = |id: &str| json!({ "Sequence": { "id": id, "type_id": 0 } });
    super::pretty(&json!({
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": added,
        "normalizer": {
            "type": "Replace",
            "pattern": { "String": "\n" },
            "content": format!(" {LINE_END} "),
        },
        "pre_tokenizer": {
            "type": "Sequence",
            "pretokenizers": [
                { "type": "WhitespaceSplit" },
                { "type": "Punctuation", "behavior": "Isolated" },
            ],
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [bos, sequence("A")],
            "pair": [bos, sequence("A"), bos, sequence("B")],
            "special_tokens": {
                special(BOS): { "id": special(BOS), "ids": [BOS], "tokens": [special(BOS)] },
            },
        },
        "decoder": null,
        "model": { "type": "WordLevel", "vocab": vocab, "unk_token": special(UNK) },
    }))
}

/// `tokenizer_config.json`.
pub(crate) fn config() -> Vec<u8> {
    super::pretty(&json!({
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": MAX_TOKENS,
        "clean_up_tokenization_spaces": false,
        "bos_token": SPECIAL[BOS as usize],
        "eos_token": SPECIAL[EOS as usize],
        "pad_token": SPECIAL[PAD as usize],
        "unk_token": SPECIAL[UNK as usize],
        "chat_template": CHAT_TEMPLATE,
    }))
}
