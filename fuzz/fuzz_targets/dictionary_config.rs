//! `config.yaml` of a dictionary, beside files of every layout.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: connectome_fuzz::one_thread(), |data: &[u8]| {
    connectome_fuzz::dictionaries::read([("config.yaml", data.to_vec())]);
});
