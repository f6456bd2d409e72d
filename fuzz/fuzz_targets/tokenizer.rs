//! The files of a tokenizer and a text, with a zero byte between each: `tokenizer.json`,
//! `tokenizer_config.json`, `special_tokens_map.json`, a chat template, the text.
#![no_main]

use connectome::tokenizer::{ChatOptions, Message, Prompt, Tokenizer};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: init(), |data: &[u8]| {
    let mut parts = data.split(|byte| *byte == 0);
    let json = parts.next().unwrap_or_default();
    let [config, map, template] = [(); 3].map(|()| parts.next().filter(|part| !part.is_empty()));
    let template = template.and_then(|text| std::str::from_utf8(text).ok());
    let text = parts.next().and_then(|text| std::str::from_utf8(text).ok()).unwrap_or("a b");
    let Ok(tokenizer) = Tokenizer::from_parts(json, config, map, template) else { return };
    let _ = tokenizer.single_token(text);
    if let Ok(prepared) = tokenizer.prepare(Prompt::Text(text), "fuzzed") {
        assert!((1..=prepared.ids.len()).contains(&prepared.zeroed_positions));
        let _ = tokenizer.decode(&prepared.ids);
        prepared.ids.iter().for_each(|id| drop(tokenizer.token_text(*id)));
    }
    let messages = [Message::new("user", text), Message::new("assistant", "b")];
    let _ = tokenizer.render_chat(&messages, &ChatOptions::default());
});

fn init() {
    connectome_fuzz::one_thread();
    connectome_fuzz::abort_on_panics_but_in(&["/tokenizers-", "/spm_precompiled-"]);
}
