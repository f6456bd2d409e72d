//! What must hold of a `tokenizer.json` before `tokenizers` may read it.
//!
//! That crate returns errors for most files that are not tokenizers, and panics for some: a
//! decoder whose JSON is broken or that strips more from the end of a token than there is, and
//! merges longer than every token; and it reserves memory for as long a table as a normalizer
//! claims. They are looked for here, in one pass that keeps little; panics that no file was
//! seen to cause yet end in `guard`.
//! Found by mutating real files and by fuzzing (tokenizers 0.23.2, `decoders/mod.rs`,
//! `decoders/strip.rs` and `models/bpe/model.rs`).

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Reads `json` as far as it needs to be looked at.
///
/// # Errors
///
/// What is wrong and where, if `tokenizers` could not be given these bytes.
pub(super) fn check(json: &[u8]) -> Result<(), serde_json::Error> {
    let shape: Shape = serde_json::from_slice(json)?;
    if strips_ends(&shape.decoder) {
        return Err(Error::custom("a decoder strips the ends of tokens, which may be too short"));
    }
    if claims_too_much(&shape.normalizer) {
        return Err(Error::custom("a precompiled normalizer is shorter than it says"));
    }
    let model = shape.model;
    let prefix = model.continuing_subword_prefix.map_or(0, |prefix| prefix.len());
    if model.merges.longest.saturating_sub(prefix) > model.vocab.longest {
        return Err(Error::custom("a merge is longer than every token of the vocabulary"));
    }
    if model.merges.shortest_second.is_some_and(|bytes| bytes < prefix) {
        return Err(Error::custom("a merge is shorter than the prefix of subwords"));
    }
    Ok(())
}

#[derive(Deserialize)]
struct Shape {
    #[serde(default)]
    decoder: Value,
    #[serde(default)]
    normalizer: Value,
    model: ModelShape,
}

/// Whether a decoder, or one in its sequence, is `Strip` with a `stop` above zero. No published
/// tokenizer has one.
fn strips_ends(decoder: &Value) -> bool {
    let stops = decoder.get("stop").is_some_and(|stop| stop.as_u64() != Some(0));
    let parts = decoder.get("decoders").and_then(Value::as_array);
    stops || parts.is_some_and(|parts| parts.iter().any(strips_ends))
}

/// Whether a normalizer, or one in its sequence, holds a table that begins with more bytes than
/// follow: a little-endian 32-bit length, all in base64.
fn claims_too_much(normalizer: &Value) -> bool {
    let table = normalizer.get("precompiled_charsmap").and_then(Value::as_str);
    let claims = table.is_some_and(|base64| {
        let sextet = |digit: u8| match digit {
            b'A'..=b'Z' => u64::from(digit - b'A'),
            b'a'..=b'z' => u64::from(digit - b'a') + 26,
            b'0'..=b'9' => u64::from(digit - b'0') + 52,
            b'+' => 62,
            _ => 63,
        };
        let digits = base64.bytes().chain(std::iter::repeat(b'A')).take(8);
        let first_48_bits = digits.fold(0, |bits, digit| bits << 6 | sextet(digit));
        let length = u32::swap_bytes((first_48_bits >> 16) as u32);
        u64::from(length) > base64.len() as u64
    });
    let parts = normalizer.get("normalizers").and_then(Value::as_array);
    claims || parts.is_some_and(|parts| parts.iter().any(claims_too_much))
}

#[derive(Deserialize)]
struct ModelShape {
    #[serde(default)]
    vocab: Vocab,
    #[serde(default)]
    merges: Merges,
    #[serde(default)]
    continuing_subword_prefix: Option<String>,
}

/// The longest token of a vocabulary, in bytes; 0 where tokens are not the keys of a map.
#[derive(Default)]
struct Vocab {
    longest: usize,
}

impl<'de> Deserialize<'de> for Vocab {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Vocab;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a vocabulary")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vocab, A::Error> {
                let mut longest = 0;
                while let Some((token, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    longest = longest.max(token.len());
                }
                Ok(Vocab { longest })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vocab, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Vocab::default())
            }
        }
        deserializer.deserialize_any(Keys)
    }
}

/// Lengths of the merges of a byte-pair encoding, in bytes.
#[derive(Default)]
struct Merges {
    longest: usize,
    shortest_second: Option<usize>,
}

impl<'de> Deserialize<'de> for Merges {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Merge {
            Pair(String, String),
            Spaced(String),
        }
        let mut lengths = Self::default();
        for merge in Option::<Vec<Merge>>::deserialize(deserializer)?.unwrap_or_default() {
            let (first, second) = match &merge {
                Merge::Pair(first, second) => (first.as_str(), second.as_str()),
                Merge::Spaced(both) => both.split_once(' ').unwrap_or((both, "")),
            };
            lengths.longest = lengths.longest.max(first.len() + second.len());
            let shortest = lengths.shortest_second.unwrap_or(usize::MAX).min(second.len());
            lengths.shortest_second = Some(shortest);
        }
        Ok(lengths)
    }
}
