//! Text to ids, the first token of a prompt, and chat templates.
//!
//! Every golden's ids come out of its prompt. The rule for the first token and the choice of
//! special tokens are tables; the small tokenizers they run on were given to transformers
//! 4.57.3 as well, which answered the same. So were the chat templates and their texts.

#![expect(clippy::unwrap_used, reason = "a test's helper may panic like the test")]

mod chat;
mod special;

use std::fs;
use std::path::{Path, PathBuf};

use connectome::tokenizer::{Opening, Prepared, Prompt, Tokenizer, TokenizerError};
use serde_json::{Value, json};

/// The tokenizer of a model's folder.
fn open(dir: &Path) -> Tokenizer {
    let read = |name: &str| fs::read(dir.join(name)).ok();
    Tokenizer::from_parts(
        &read("tokenizer.json").unwrap(),
        read("tokenizer_config.json").as_deref(),
        read("special_tokens_map.json").as_deref(),
        None,
    )
    .unwrap()
}

fn two_hop() -> Tokenizer {
    open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/two-hop/model"))
}

/// The folders of the goldens that were made from text.
fn goldens() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens");
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path());
    let mut dirs: Vec<_> = entries
        .filter(|dir| {
            dir.join("golden.json").is_file() && dir.join("model/tokenizer.json").is_file()
        })
        .collect();
    dirs.sort();
    dirs
}

/// A tokenizer of whole words, which are separated by spaces and numbered from 0. Those that
/// begin with `<` are split off wherever they stand, as `added_tokens` are.
fn words(words: &[&str]) -> Value {
    let vocab: serde_json::Map<String, Value> =
        words.iter().enumerate().map(|(id, word)| ((*word).to_owned(), id.into())).collect();
    let added = words.iter().enumerate().filter(|(_, word)| word.starts_with('<'));
    let added: Vec<Value> = added
        .map(|(id, word)| {
            json!({
                "id": id, "content": word, "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": false, "special": true
            })
        })
        .collect();
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added,
        "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocab, "unk_token": "?"}
    })
}

fn build(tokenizer: &Value, config: &Value) -> Tokenizer {
    let (tokenizer, config) = (tokenizer.to_string(), config.to_string());
    Tokenizer::from_parts(tokenizer.as_bytes(), Some(config.as_bytes()), None, None).unwrap()
}

fn prepare(tokenizer: &Tokenizer, text: &str) -> Prepared {
    tokenizer.prepare(Prompt::Text(text), "org/model").unwrap()
}

#[test]
fn every_golden_prompt_gives_its_ids() {
    let dirs = goldens();
    assert!(dirs.len() >= 12, "found {} goldens with a tokenizer", dirs.len());
    for dir in dirs {
        let name = dir.display();
        let golden: Value =
            serde_json::from_slice(&fs::read(dir.join("golden.json")).unwrap()).unwrap();
        let tokenizer = open(&dir.join("model"));
        let prepared = prepare(&tokenizer, golden["prompt"].as_str().unwrap());
        assert_eq!(json!(prepared.ids), golden["input_ids"], "{name}");
        assert_eq!(prepared.opening, Opening::Added(1), "{name}");
        assert_eq!(prepared.zeroed_positions, 1, "{name}");
        assert_eq!(prepared.unknown, [], "{name}");
        assert_eq!(json!(tokenizer.decode(&prepared.ids).unwrap()), golden["input_string"]);
        assert_eq!(json!(tokenizer.vocab_size()), golden["vocab_size"], "{name}");
        assert_eq!(tokenizer.special_ids(), [1, 2, 0, 3], "{name}");

        let Ok(graphs) = fs::read_dir(dir.join("graph")) else { continue };
        for path in graphs.map(|entry| entry.unwrap().path()) {
            let is_graph = path.extension().is_some_and(|ext| ext == "json")
                && path.file_stem().is_some_and(|stem| stem != "graph-metadata");
            if is_graph {
                let graph: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                let texts: Vec<String> =
                    prepared.ids.iter().map(|id| tokenizer.token_text(*id)).collect();
                assert_eq!(json!(texts), graph["metadata"]["prompt_tokens"], "{name}");
            }
        }
    }
}

#[test]
fn the_shipped_model_begins_with_its_full_stop() {
    let tokenizer = two_hop();
    let prepared = prepare(&tokenizer, "the capital of the state containing oak port is");
    assert_eq!(prepared.ids, [398, 390, 391, 394, 390, 395, 396, 3, 28, 397]);
    assert_eq!(prepared.opening, Opening::Added(398));
    assert_eq!(prepared.added(), Some(398));
    assert_eq!(tokenizer.token_text(398), ".");
    assert_eq!(tokenizer.special_ids(), [398]);
    assert_eq!((tokenizer.vocab_size(), tokenizer.len()), (401, 401));
    // A full stop of one's own is the special token already, also where it touches a word.
    assert_eq!(prepare(&tokenizer, ". oak port").ids, [398, 3, 28]);
    assert_eq!(prepare(&tokenizer, "oak port.").ids, [398, 3, 28, 398]);
}

#[test]
fn words_outside_the_vocabulary_are_reported() {
    let tokenizer = two_hop();
    let prepared = prepare(&tokenizer, "the capital of Narnia is.");
    assert_eq!(prepared.ids, [398, 390, 391, 394, 398, 397, 398]);
    let unknown: Vec<_> =
        prepared.unknown.iter().map(|word| (word.pos, word.text.as_str())).collect();
    assert_eq!(unknown, [(4, "Narnia")]);
}

#[test]
fn given_ids_are_used_as_they_are() {
    let tokenizer = two_hop();
    for ids in [&[3, 28][..], &[398, 3], &[70_000]] {
        let prepared = tokenizer.prepare(Prompt::Ids(ids), "org/model").unwrap();
        assert_eq!(prepared.ids, ids);
        assert_eq!(prepared.opening, Opening::AsGiven);
        assert_eq!((prepared.zeroed_positions, prepared.added()), (1, None));
    }
}

#[test]
fn an_empty_prompt_is_refused() {
    let tokenizer = two_hop();
    for prompt in [Prompt::Text(""), Prompt::Text("  \n "), Prompt::Ids(&[])] {
        let error = tokenizer.prepare(prompt, "org/model").unwrap_err();
        assert!(matches!(error, TokenizerError::EmptyPrompt), "{prompt:?}: {error}");
    }
}

#[test]
fn the_first_token_follows_the_rule() {
    let vocabulary = words(&["<a>", "<b>", "<c>", "<d>", "w", "?"]);
    let opening = |config: Value| prepare(&build(&vocabulary, &config), "w").opening;
    let class = "PreTrainedTokenizerFast";

    // BOS, then padding, then EOS, then any other; id 0 only if there is nothing else.
    let all = json!({"bos_token": "<d>", "pad_token": "<c>", "eos_token": "<b>"});
    assert_eq!(opening(all), Opening::Added(3));
    assert_eq!(opening(json!({"pad_token": "<c>", "eos_token": "<b>"})), Opening::Added(2));
    assert_eq!(opening(json!({"bos_token": null, "eos_token": "<b>"})), Opening::Added(1));
    assert_eq!(opening(json!({"bos_token": "<a>", "eos_token": "<b>"})), Opening::Added(1));
    assert_eq!(opening(json!({"additional_special_tokens": ["<c>", "<b>"]})), Opening::Added(2));
    assert_eq!(opening(json!({"tokenizer_class": class, "bos_token": "<a>"})), Opening::Added(0));

    let bare = words(&["w", "?"]);
    let prepared = prepare(&build(&bare, &json!({})), "w w");
    assert_eq!(prepared.opening, Opening::Bare);
    assert_eq!((prepared.ids, prepared.zeroed_positions), (vec![0, 0], 1));

    // Text that begins with any special token stays as it is.
    let config = json!({"bos_token": "<d>", "eos_token": "<a>"});
    let prepared = prepare(&build(&vocabulary, &config), "<a>w");
    assert_eq!((prepared.opening, prepared.ids), (Opening::Special(0), vec![0, 4]));
    // `<c>` is split off, but nothing declares it special.
    let prepared = prepare(&build(&vocabulary, &config), "<c>w");
    assert_eq!((prepared.opening, prepared.ids), (Opening::Added(3), vec![3, 2, 4]));
}

#[test]
fn instruction_tuned_gemma_3_begins_with_the_users_turn() {
    let mut list = vec!["?".to_owned(); 2400];
    for (id, word) in list.iter_mut().enumerate() {
        *word = format!("unused{id}");
    }
    list[0] = "?".into();
    list[2] = "<bos>".into();
    list[105] = "<start_of_turn>".into();
    // Spelled as an added token because words are split at spaces only.
    list[107] = "<nl>".into();
    list[2364] = "user".into();
    list[2365] = "hello".into();
    let list: Vec<&str> = list.iter().map(String::as_str).collect();
    let tokenizer = build(&words(&list), &json!({"bos_token": "<bos>"}));
    let name = "google/gemma-3-1b-it";

    let turn = "<bos><start_of_turn>user<nl>hello";
    for name in [name, "google/gemma-3-1b-it@0123abc", "./gemma-3-1b-it/"] {
        let prepared = tokenizer.prepare(Prompt::Text(turn), name).unwrap();
        assert_eq!(prepared.ids, [2, 105, 2364, 107, 2365]);
        assert_eq!((prepared.zeroed_positions, prepared.opening), (4, Opening::UserTurn));
    }
    // The pretrained model, and other models, know no such rule.
    for other in ["google/gemma-3-1b-pt", "google/gemma-2-2b-it"] {
        let prepared = tokenizer.prepare(Prompt::Text(turn), other).unwrap();
        assert_eq!((prepared.zeroed_positions, prepared.opening), (1, Opening::Special(2)));
    }
    let error = tokenizer.prepare(Prompt::Text("hello"), name).unwrap_err();
    assert!(matches!(&error, TokenizerError::NoUserTurn { found } if found == "hello"), "{error}");
    let given = tokenizer.prepare(Prompt::Ids(&[2, 105, 2364, 107, 2365]), name).unwrap();
    assert_eq!((given.zeroed_positions, given.opening), (4, Opening::AsGiven));
    let given = tokenizer.prepare(Prompt::Ids(&[2365]), name).unwrap();
    assert_eq!((given.ids, given.zeroed_positions), (vec![2365], 1));
}

#[test]
fn a_target_must_be_one_token() {
    let tokenizer = two_hop();
    assert_eq!(tokenizer.single_token("oak").unwrap(), 3);
    assert_eq!(tokenizer.single_token(" port ").unwrap(), 28);
    assert_eq!(tokenizer.single_token(".").unwrap(), 398);
    let error = tokenizer.single_token("oak port").unwrap_err();
    assert_eq!(error.to_string(), "`oak port` is several tokens: `oak`, `port`");
    let error = tokenizer.single_token("Austin").unwrap_err();
    assert_eq!(error.to_string(), "`Austin` is not in the vocabulary");
    let error = tokenizer.single_token(&"oak ".repeat(40)).unwrap_err();
    assert!(error.to_string().ends_with("`oak`, `oak`, …"), "{error}");
    let error = tokenizer.single_token("a\nb").unwrap_err();
    assert_eq!(error.to_string(), "`a\\nb` is several tokens: `.`, `.`");
    let error = tokenizer.single_token("").unwrap_err();
    assert!(matches!(error, TokenizerError::NoToken { .. }), "{error}");
}

#[test]
fn a_token_has_a_text_whatever_its_id() {
    let tokenizer = open(&goldens()[0].join("model"));
    assert_eq!(tokenizer.token_text(1), "<bos>");
    assert_eq!(tokenizer.token_text(280), tokenizer.decode(&[280]).unwrap());
    assert_eq!(tokenizer.token_text(4_000_000_000), "[4000000000]");
    let lone_byte = tokenizer.encode("é").unwrap()[0];
    assert_eq!(tokenizer.token_text(lone_byte), "\u{fffd}");
}

#[test]
fn text_survives_the_way_there_and_back() {
    let tokenizer = open(&goldens()[0].join("model"));
    for text in ["The capital of France is", " two  spaces .", "naïve é 漢字 🦀", "a<bos>b", "\n\t"]
    {
        let ids = tokenizer.encode(text).unwrap();
        assert_eq!(tokenizer.decode(&ids).unwrap(), text);
    }
    assert_eq!(tokenizer.encode("<bos><eos>").unwrap(), [1, 2]);
}

#[test]
fn the_file_cannot_shorten_or_lengthen_a_prompt() {
    let mut tokenizer = words(&["<s>", "w", "?"]);
    tokenizer["truncation"] =
        json!({"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0});
    tokenizer["padding"] = json!({
        "strategy": {"Fixed": 9}, "direction": "Right", "pad_to_multiple_of": null,
        "pad_id": 0, "pad_type_id": 0, "pad_token": "<s>"
    });
    tokenizer["post_processor"] = json!({
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                   {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [], "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}
    });
    let tokenizer = build(&tokenizer, &json!({}));
    assert_eq!(tokenizer.encode("w w w").unwrap(), [1, 1, 1]);
}

#[test]
fn damaged_files_are_errors() {
    let good = words(&["w", "?"]).to_string();
    let parts = |tokenizer: &str, config: Option<&str>, special: Option<&str>| {
        let (config, special) = (config.map(str::as_bytes), special.map(str::as_bytes));
        Tokenizer::from_parts(tokenizer.as_bytes(), config, special, None).unwrap_err()
    };
    for bad in ["", "{}", "[]", &good[..good.len() / 2], "{\"model\": 3}"] {
        let error = parts(bad, None, None);
        let file = "tokenizer.json";
        assert!(matches!(error, TokenizerError::Json { file: f, .. } if f == file), "{bad}");
    }
    for bad in ["{\"model\": {}}", "{\"model\": {\"type\": \"Nope\"}}"] {
        let error = parts(bad, None, None);
        assert!(matches!(error, TokenizerError::Vocabulary { .. }), "{bad}: {error}");
    }
    for bad in ["", "[1]", "{\"bos_token\": ", "\u{0}"] {
        let error = parts(&good, Some(bad), None);
        let named = |error: &TokenizerError, name| matches!(error, TokenizerError::Json { file, .. } if *file == name);
        assert!(named(&error, "tokenizer_config.json"), "{bad:?}: {error}");
        let error = parts(&good, None, Some(bad));
        assert!(named(&error, "special_tokens_map.json"), "{bad:?}: {error}");
    }
}

// Each of these made `tokenizers` 0.23.2 panic when it was given the file, or a token to decode.
#[test]
fn files_that_panic_below_us_are_errors() {
    let with = |key: &str, value: Value| {
        let mut tokenizer = words(&["w", "?"]);
        tokenizer[key] = value;
        tokenizer.to_string()
    };
    let bpe = |merge: Value, prefix: &str| {
        json!({
            "type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [merge],
            "continuing_subword_prefix": prefix
        })
    };
    let decoder = with("decoder", json!({"type": "ByteLevel", "x": "here"}));
    let strip = |stop: u32| json!({"type": "Strip", "content": "w", "start": 1, "stop": stop});
    let cases = [
        decoder.replace("\"here\"", "1e999"),
        decoder.replace("\"here\"", "\"\\ud800\""),
        decoder.replace("\"here\"", "nul"),
        with("decoder", strip(1)),
        with("decoder", json!({"type": "Sequence", "decoders": [{"type": "Fuse"}, strip(2)]})),
        with("model", bpe(json!(["ab", "ab"]), "")),
        with("model", bpe(json!("ab ab"), "")),
        with("model", bpe(json!(["a", "b"]), "##")),
    ];
    for case in cases {
        let error = Tokenizer::from_parts(case.as_bytes(), None, None, None).unwrap_err();
        assert!(matches!(error, TokenizerError::Json { .. }), "{case}: {error}");
    }
    for whole in [with("model", bpe(json!(["a", "b"]), "")), with("decoder", strip(0))] {
        let tokenizer = Tokenizer::from_parts(whole.as_bytes(), None, None, None).unwrap();
        (0..3).for_each(|id| drop(tokenizer.token_text(id)));
    }
}

// What no check looks for ends as an error, too: this table has no first entry, and
// `tokenizers` looks it up with the first letter of a text.
#[test]
fn panics_below_us_are_errors() {
    let with_table = |base64: &str| {
        let mut tokenizer = words(&["w", "?"]);
        tokenizer["normalizer"] = json!({"type": "Precompiled", "precompiled_charsmap": base64});
        Tokenizer::from_parts(tokenizer.to_string().as_bytes(), None, None, None)
    };
    let empty = with_table("AAAAAA==").unwrap();
    assert!(matches!(empty.encode("w").unwrap_err(), TokenizerError::Encode { .. }));
    // Its text is not UTF-8, which is `expect`ed.
    assert!(matches!(with_table("AAAAAP8=").unwrap_err(), TokenizerError::Vocabulary { .. }));
    // It says that 4 GiB follow, for which room would be made.
    assert!(matches!(with_table("/P///w==").unwrap_err(), TokenizerError::Json { .. }));
}
