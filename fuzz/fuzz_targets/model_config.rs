//! `config.json` of a model: what it describes is given random weights, loaded and traced.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: connectome_fuzz::one_thread(), |data: &[u8]| {
    connectome_fuzz::models::trace(data);
});
