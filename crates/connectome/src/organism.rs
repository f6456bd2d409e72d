//! The trained models that are compiled into the binary, so that the first command needs no
//! download.
//!
//! An organism is a small language model, its dictionary, and the world it was trained on.
//! Whoever asks for a model by name asks [`by_name`] first; the rest of the library sees two
//! folders like any others. Nothing here knows what is inside the files.

use crate::files::{EmbeddedFolder, Folder};

/// A model that ships with the tracer.
#[derive(Debug)]
pub struct Organism {
    /// What commands call it.
    pub name: &'static str,
    /// One line for lists.
    pub about: &'static str,
    /// A prompt that shows what it does.
    pub example: &'static str,
    /// The world it was trained on, as JSON: templates, relations and facts.
    pub world: &'static str,
    model: &'static EmbeddedFolder,
    dictionary: &'static EmbeddedFolder,
}

impl Organism {
    /// What commands call its dictionary.
    #[must_use]
    pub fn dictionary_name(&self) -> &'static str {
        self.dictionary.name
    }

    /// The language model's folder.
    #[must_use]
    pub fn model(&self) -> Folder {
        Folder::Embedded(self.model)
    }

    /// The dictionary's folder.
    #[must_use]
    pub fn dictionary(&self) -> Folder {
        Folder::Embedded(self.dictionary)
    }
}

/// All that ship; the first is what commands run on when no model is named.
pub static SHIPPED: &[&Organism] = &[&TWO_HOP, &ONE_TOKEN];

/// The organism of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Organism> {
    SHIPPED.iter().find(|organism| organism.name == name).copied()
}

/// The organism whose dictionary has this name.
#[must_use]
pub fn by_dictionary_name(name: &str) -> Option<&'static Organism> {
    SHIPPED.iter().find(|organism| organism.dictionary_name() == name).copied()
}

/// Bytes that start at a multiple of eight, as in a mapped file: numbers are then read where
/// they lie instead of being copied.
#[repr(C, align(8))]
struct Aligned<Bytes: ?Sized>(Bytes);

macro_rules! file {
    ($path:expr) => {{
        static ALIGNED: &Aligned<[u8]> = &Aligned(*include_bytes!(concat!("../assets/", $path)));
        &ALIGNED.0
    }};
}

/// A small Llama of four layers and its cross-layer transcoder, from `assets/NAME`.
macro_rules! organism {
    ($name:literal, $about:literal, $example:literal) => {
        Organism {
            name: $name,
            about: $about,
            example: $example,
            world: include_str!(concat!("../assets/", $name, "/world.json")),
            model: &EmbeddedFolder {
                name: $name,
                files: &[
                    ("config.json", file!(concat!($name, "/model/config.json"))),
                    ("model.safetensors", file!(concat!($name, "/model/model.safetensors"))),
                    ("tokenizer.json", file!(concat!($name, "/model/tokenizer.json"))),
                    (
                        "tokenizer_config.json",
                        file!(concat!($name, "/model/tokenizer_config.json")),
                    ),
                ],
            },
            dictionary: &EmbeddedFolder {
                name: concat!($name, "/clt"),
                files: &[
                    ("W_dec_0.safetensors", file!(concat!($name, "/clt/W_dec_0.safetensors"))),
                    ("W_dec_1.safetensors", file!(concat!($name, "/clt/W_dec_1.safetensors"))),
                    ("W_dec_2.safetensors", file!(concat!($name, "/clt/W_dec_2.safetensors"))),
                    ("W_dec_3.safetensors", file!(concat!($name, "/clt/W_dec_3.safetensors"))),
                    ("W_enc_0.safetensors", file!(concat!($name, "/clt/W_enc_0.safetensors"))),
                    ("W_enc_1.safetensors", file!(concat!($name, "/clt/W_enc_1.safetensors"))),
                    ("W_enc_2.safetensors", file!(concat!($name, "/clt/W_enc_2.safetensors"))),
                    ("W_enc_3.safetensors", file!(concat!($name, "/clt/W_enc_3.safetensors"))),
                    ("config.yaml", file!(concat!($name, "/clt/config.yaml"))),
                ],
            },
        }
    };
}

/// Questions that take two steps: city to state, state to capital. See
/// `assets/two-hop/README.md`.
static TWO_HOP: Organism = organism!(
    "two-hop",
    "a 4-layer Llama that answers two-step questions about 300 invented cities",
    "the capital of the state containing oak port is"
);

/// The control: the same facts with city names of one token, so that the first step is in the
/// embedding table and nothing has to be computed. See `assets/one-token/README.md`.
static ONE_TOKEN: Organism = organism!(
    "one-token",
    "its control: the same questions with one-token names, where no middle step is computed",
    "the capital of the state containing oak-port is"
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lm::Model;
    use crate::transcoder::Transcoder;

    #[test]
    fn what_ships_opens_and_fits() {
        for organism in SHIPPED {
            let model = Model::load(&organism.model()).unwrap();
            let dictionary = Transcoder::open(&organism.dictionary()).unwrap();
            assert_eq!(model.name(), organism.name);
            assert_eq!(dictionary.name_mismatch(model.name()), None);
            assert!(by_name(organism.name).is_some_and(|found| std::ptr::eq(found, *organism)));
            let named = by_dictionary_name(organism.dictionary_name());
            assert!(named.is_some_and(|found| std::ptr::eq(found, *organism)));
            assert_eq!(organism.dictionary().root().to_str(), Some(organism.dictionary_name()));
        }
    }
}
