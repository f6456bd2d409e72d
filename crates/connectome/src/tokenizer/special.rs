//! Which tokens are special: BOS, padding and their kin, as transformers would name them.
//!
//! They are written in up to three files that may disagree. The order of precedence is that
//! of transformers 4.57: `tokenizer_config.json`; over it `special_tokens_map.json`, but only
//! if the config has no `added_tokens_decoder`; under both the defaults of the tokenizer
//! class. One step differs: a token that the vocabulary does not hold is dropped, where
//! transformers would give it an id past the end of the model's embedding.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use tokenizers::models::ModelWrapper;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::{AddedToken, Model as _};

/// The attributes that hold special tokens, in the order in which transformers lists them.
const ATTRIBUTES: [&str; 8] = [
    "bos_token",
    "eos_token",
    "unk_token",
    "sep_token",
    "pad_token",
    "cls_token",
    "mask_token",
    "additional_special_tokens",
];

/// What a tokenizer class assumes for attributes that no file mentions.
const CLASS_DEFAULTS: [(&str, &[(&str, &str)]); 5] = [
    ("GPT2Tokenizer", &[("bos_token", END), ("eos_token", END), ("unk_token", END)]),
    ("Qwen2Tokenizer", &[("eos_token", END), ("unk_token", END), ("pad_token", END)]),
    ("GPTNeoXTokenizer", &[("bos_token", END), ("eos_token", END), ("unk_token", END)]),
    ("LlamaTokenizer", &[("bos_token", "<s>"), ("eos_token", "</s>"), ("unk_token", "<unk>")]),
    (
        "GemmaTokenizer",
        &[
            ("bos_token", "<bos>"),
            ("eos_token", "<eos>"),
            ("unk_token", "<unk>"),
            ("pad_token", "<pad>"),
        ],
    ),
];
const END: &str = "<|endoftext|>";

/// The special tokens of a tokenizer.
#[derive(Debug, Clone, Default)]
pub(super) struct Special {
    /// `(attribute, its tokens)` in transformers' order; one token each, but for the lists.
    pub(super) named: Vec<(String, Vec<String>)>,
    /// Their ids, each once, in the same order; where no file names any token, the tokens
    /// that `tokenizer.json` marks as special, by id.
    pub(super) ids: Vec<u32>,
    /// The first beginning-of-text, padding and end-of-text ids.
    pub(super) bos: Option<u32>,
    pub(super) pad: Option<u32>,
    pub(super) eos: Option<u32>,
    /// What the model puts for text that its vocabulary cannot spell.
    pub(super) unknown: Option<u32>,
}

impl Special {
    /// Collects the special tokens that the configs declare, and makes `tokenizer` split text
    /// at them, as transformers does when it opens the same files.
    pub(super) fn apply(
        tokenizer: &mut tokenizers::Tokenizer,
        config: &Map<String, Value>,
        special_map: &Map<String, Value>,
    ) -> Result<Self, tokenizers::Error> {
        let named = declared(config, special_map, tokenizer);
        let contents: BTreeSet<&str> =
            named.iter().flat_map(|(_, tokens)| tokens).map(String::as_str).collect();

        let known = tokenizer.get_added_tokens_decoder();
        let mut added: Vec<AddedToken> = config_added_tokens(config, &contents)
            .into_iter()
            .filter(|token| !known.values().any(|one| one == token))
            .filter(|token| tokenizer.token_to_id(&token.content).is_some())
            .collect();
        for content in named.iter().flat_map(|(_, tokens)| tokens) {
            let is_known = known.values().any(|token| token.content == *content)
                || added.iter().any(|token| token.content == *content);
            if !is_known {
                added.push(AddedToken::from(content.clone(), true));
            }
        }
        if !added.is_empty() {
            tokenizer.add_tokens(added)?;
        }
        Ok(Self::look_up(named, tokenizer))
    }

    fn look_up(named: Vec<(String, Vec<String>)>, tokenizer: &tokenizers::Tokenizer) -> Self {
        let of = |attribute: &str| {
            let (_, tokens) = named.iter().find(|(name, _)| name == attribute)?;
            tokenizer.token_to_id(tokens.first()?)
        };
        let mut ids = Vec::new();
        for token in named.iter().flat_map(|(_, tokens)| tokens) {
            ids.extend(tokenizer.token_to_id(token).filter(|id| !ids.contains(id)));
        }
        if ids.is_empty() {
            let added = tokenizer.get_added_tokens_decoder();
            ids = added.iter().filter(|(_, token)| token.special).map(|(id, _)| *id).collect();
            ids.sort_unstable();
        }
        let of_model = || match tokenizer.get_model() {
            ModelWrapper::BPE(model) => model.token_to_id(model.unk_token.as_ref()?),
            ModelWrapper::WordPiece(model) => model.token_to_id(&model.unk_token),
            ModelWrapper::WordLevel(model) => model.token_to_id(&model.unk_token),
            // The id is private to `tokenizers`; such models declare `unk_token`.
            ModelWrapper::Unigram(_) => None,
        };
        let (bos, pad, eos) = (of("bos_token"), of("pad_token"), of("eos_token"));
        let unknown = of_model().or_else(|| of("unk_token"));
        Self { ids, bos, pad, eos, unknown, named }
    }
}

/// The declared special tokens that the vocabulary holds, in transformers' order.
fn declared(
    config: &Map<String, Value>,
    special_map: &Map<String, Value>,
    tokenizer: &tokenizers::Tokenizer,
) -> Vec<(String, Vec<String>)> {
    let map_counts = !config.contains_key("added_tokens_decoder");
    let class = config.get("tokenizer_class").and_then(Value::as_str).unwrap_or_default();
    let class = class.strip_suffix("Fast").unwrap_or(class);
    let defaults = CLASS_DEFAULTS.iter().find(|(name, _)| *name == class);
    let defaults = defaults.map_or(&[][..], |(_, defaults)| *defaults);

    let own = match config.get("extra_special_tokens") {
        Some(Value::Object(own)) => own.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let attributes = ATTRIBUTES.iter().map(|name| (*name).to_owned()).chain(own);
    let tokens_of = |attribute: &String| {
        let from_map = special_map.get(attribute).filter(|_| map_counts);
        let from_config = config
            .get(attribute)
            .or_else(|| config.get("extra_special_tokens").and_then(|own| own.get(attribute)));
        let mut tokens: Vec<String> = match (from_map, from_config) {
            // Lists of both files are joined; of a single token the map's wins.
            (Some(Value::Array(of_map)), Some(Value::Array(of_config))) => {
                of_config.iter().chain(of_map).filter_map(content).collect()
            }
            (Some(value), _) | (None, Some(value)) => contents(value),
            (None, None) => defaults
                .iter()
                .filter(|(name, _)| name == attribute)
                .map(|(_, token)| (*token).to_owned())
                .collect(),
        };
        let mut seen = BTreeSet::new();
        tokens.retain(|token| seen.insert(token.clone()) && tokenizer.token_to_id(token).is_some());
        tokens
    };
    attributes
        .map(|attribute| {
            let tokens = tokens_of(&attribute);
            (attribute, tokens)
        })
        .filter(|(_, tokens)| !tokens.is_empty())
        .collect()
}

/// The tokens that a config value names: a string, an `AddedToken` object, or a list of these.
fn contents(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().filter_map(content).collect(),
        value => content(value).into_iter().collect(),
    }
}

fn content(value: &Value) -> Option<String> {
    let text = value.as_str().or_else(|| value.get("content")?.as_str())?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// The tokens of the config's `added_tokens_decoder`, by id.
fn config_added_tokens(config: &Map<String, Value>, special: &BTreeSet<&str>) -> Vec<AddedToken> {
    let Some(Value::Object(decoder)) = config.get("added_tokens_decoder") else {
        return Vec::new();
    };
    let mut tokens: Vec<(u32, AddedToken)> = Vec::new();
    for (id, token) in decoder {
        let (Ok(id), Some(content)) = (id.parse(), content(token)) else { continue };
        let flag = |name: &str| token.get(name).and_then(Value::as_bool);
        let is_special = flag("special").unwrap_or(false) || special.contains(content.as_str());
        let added = AddedToken::from(content, is_special)
            .normalized(flag("normalized").unwrap_or(!flag("special").unwrap_or(false)))
            .single_word(flag("single_word").unwrap_or(false))
            .lstrip(flag("lstrip").unwrap_or(false))
            .rstrip(flag("rstrip").unwrap_or(false));
        tokens.push((id, added));
    }
    tokens.sort_by_key(|(id, _)| *id);
    tokens.into_iter().map(|(_, token)| token).collect()
}

/// Sets whether text is split as if a space stood before it: `add_prefix_space` of the config,
/// false if it says nothing, whatever `tokenizer.json` says. So does transformers.
pub(super) fn set_prefix_space(tokenizer: &mut tokenizers::Tokenizer, config: &Map<String, Value>) {
    let wanted = config.get("add_prefix_space").and_then(Value::as_bool).unwrap_or(false);
    if let Some(PreTokenizerWrapper::ByteLevel(byte_level)) = tokenizer.get_pre_tokenizer()
        && byte_level.add_prefix_space != wanted
    {
        let mut byte_level = *byte_level;
        byte_level.add_prefix_space = wanted;
        tokenizer.with_pre_tokenizer(Some(byte_level));
    }
}
