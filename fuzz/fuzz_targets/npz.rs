//! `params.npz` of a GemmaScope 1 dictionary.
#![no_main]

use libfuzzer_sys::fuzz_target;

const CONFIG: &[u8] = b"model_kind: transcoder_set\n\
    feature_input_hook: ln2.hook_normalized\n\
    feature_output_hook: hook_mlp_out\n\
    transcoders: [params_0.npz, params_1.npz]\n";

fuzz_target!(init: connectome_fuzz::one_thread(), |data: &[u8]| {
    let replaced = [("config.yaml", CONFIG.to_vec()), ("params_0.npz", data.to_vec())];
    connectome_fuzz::dictionaries::read(replaced);
});
