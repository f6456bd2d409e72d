//! Bytes: every file of a data folder, and the only serde structs of the crate.
//!
//! Field names are a file format: they may be added to, not changed. `docs/elegans.md` lists
//! them.

pub(crate) mod card;
pub(crate) mod lines;
pub(crate) mod tokenizer;
pub(crate) mod world;

/// JSON with one line end at its end, indented for people.
pub(crate) fn pretty(value: &impl serde::Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(value).expect("plain data is JSON");
    bytes.push(b'\n');
    bytes
}
