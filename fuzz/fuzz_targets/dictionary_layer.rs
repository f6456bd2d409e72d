//! One safetensors file of a dictionary: the first byte says of which layout, the second which
//! activation the config names.
#![no_main]

use libfuzzer_sys::fuzz_target;

const NATIVE: &str = "";
const LISTED_PER_LAYER: &str = "transcoders: [plt_0.safetensors, plt_1.safetensors]\n";
const LISTED_CROSS_LAYER: &str = "transcoders: [clt_0.safetensors, clt_1.safetensors]\n";
const LAYOUTS: [(&str, &str, &str); 5] = [
    ("layer_0.safetensors", "transcoder_set", NATIVE),
    ("W_enc_0.safetensors", "cross_layer_transcoder", NATIVE),
    ("W_dec_0.safetensors", "cross_layer_transcoder", NATIVE),
    ("plt_0.safetensors", "transcoder_set", LISTED_PER_LAYER),
    ("clt_0.safetensors", "cross_layer_transcoder", LISTED_CROSS_LAYER),
];
const ACTIVATIONS: [&str; 4] =
    ["", "activation: relu\n", "activation: jumprelu\n", "activation: topk\nk: 2\n"];

fuzz_target!(init: connectome_fuzz::one_thread(), |data: &[u8]| {
    let [layout, activation, file @ ..] = data else { return };
    let (name, kind, list) = LAYOUTS[*layout as usize % LAYOUTS.len()];
    let activation = ACTIVATIONS[*activation as usize % ACTIVATIONS.len()];
    let config = format!(
        "model_kind: {kind}\nfeature_input_hook: mlp.hook_in\nfeature_output_hook: mlp.hook_out\n\
         {activation}{list}"
    );
    let replaced = [("config.yaml", config.into_bytes()), (name, file.to_vec())];
    connectome_fuzz::dictionaries::read(replaced);
});
