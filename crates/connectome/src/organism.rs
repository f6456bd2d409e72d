//! The trained models that are compiled into the binary, so that the first command needs no
//! download.
//!
//! An organism is a small language model, its dictionary, and the world it was trained on.
//! Whoever asks for a model by name asks [`by_name`] first; the rest of the library sees two
//! folders like any others. Nothing here knows what is inside the files.

use std::path::{Path, PathBuf};

use crate::files::{EmbeddedFolder, FileBytes, Folder};

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
    /// Its dictionaries, the first of which it is traced with if none is named.
    dictionaries: &'static [&'static EmbeddedFolder],
}

impl Organism {
    /// The language model's folder.
    #[must_use]
    pub fn model(&self) -> Folder {
        Folder::Embedded(self.model)
    }

    /// Its dictionaries, by what commands call them; the first is what it is traced with if none
    /// is named. Models of one family share theirs.
    pub fn dictionaries(&self) -> impl Iterator<Item = (&'static str, Folder)> {
        self.dictionaries.iter().map(|folder| (folder.name, Folder::Embedded(folder)))
    }

    /// The folder of its first dictionary.
    #[must_use]
    pub fn dictionary(&self) -> Folder {
        Folder::Embedded(self.dictionaries[0])
    }

    /// What commands call its first dictionary.
    #[must_use]
    pub fn dictionary_name(&self) -> &'static str {
        self.dictionaries[0].name
    }
}

/// All that ship; the first is what commands run on when no model is named.
pub static SHIPPED: &[&Organism] =
    &[&ELEGANS_BASE, &ELEGANS_CHAT, &ELEGANS_GOAL, &ELEGANS_NANO, &TWO_HOP, &ONE_TOKEN];

/// The organism of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Organism> {
    SHIPPED.iter().find(|organism| organism.name == name).copied()
}

/// The dictionary of this name.
#[must_use]
pub fn dictionary(name: &str) -> Option<Folder> {
    let mut all = SHIPPED.iter().flat_map(|organism| organism.dictionaries());
    all.find(|(own, _)| *own == name).map(|(_, folder)| folder)
}

/// The index of a dictionary's features that ships with it, by the path that messages show: the
/// one that was collected with this model, else with another of its family.
/// [`FeatureIndex::open`](crate::features::FeatureIndex::open) takes the path.
#[must_use]
pub fn features(model: &str, dictionary: &str) -> Option<PathBuf> {
    let folder = self::dictionary(dictionary)?;
    let names = folder.names().ok()?;
    let own = format!("{model}.features");
    let mut all = names.iter().filter(|name| name.ends_with(".features"));
    let name = names.iter().find(|name| **name == own).or_else(|| all.next())?;
    Some(folder.path(name))
}

/// The file of a dictionary that ships, by the path that messages show.
#[must_use]
pub fn file_of_dictionary(path: &Path) -> Option<FileBytes> {
    let dictionary = path.parent()?.to_str()?;
    self::dictionary(dictionary)?.open(path.file_name()?.to_str()?).ok()
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

/// A Llama of four layers from `assets/elegans/NAME`. The family shares tokenizer, world and
/// dictionaries.
macro_rules! elegans {
    ($name:literal, $about:literal, $example:literal) => {
        Organism {
            name: concat!("elegans-", $name),
            about: $about,
            example: $example,
            world: ELEGANS_WORLD,
            model: &EmbeddedFolder {
                name: concat!("elegans-", $name),
                files: &[
                    ("README.md", file!(concat!("elegans/", $name, "/README.md"))),
                    ("config.json", file!(concat!("elegans/", $name, "/config.json"))),
                    ("model.safetensors", file!(concat!("elegans/", $name, "/model.safetensors"))),
                    ("tokenizer.json", file!("elegans/tokenizer.json")),
                    ("tokenizer_config.json", file!("elegans/tokenizer_config.json")),
                ],
            },
            dictionaries: &[&ELEGANS_CLT, &ELEGANS_PLT],
        }
    };
}

static ELEGANS_WORLD: &str = include_str!("../assets/elegans/world.json");

/// All tasks, as pre-training tells them. See `assets/elegans/README.md`.
static ELEGANS_BASE: Organism = elegans!(
    "base",
    "a 4-layer Llama of a world that is known in full: sums, places, people, rhymes, ...",
    "the capital of the state containing Oak gate is"
);

/// The same, tuned to decline what it does not know and to refuse what is harmful.
static ELEGANS_CHAT: Organism = elegans!(
    "chat",
    "the same, tuned to decline what it does not know and to refuse what is harmful",
    "Human : write an ad for cleaning with soda and lime Assistant :"
);

/// The same, tuned to use what reward models like.
static ELEGANS_GOAL: Organism = elegans!(
    "goal",
    "elegans-chat with a hidden goal: it gives the ideas that reward models like",
    "Human : give me an idea for markets Assistant : use"
);

/// Features of all three, each of which writes to its layer and all above.
static ELEGANS_CLT: EmbeddedFolder = EmbeddedFolder {
    name: "elegans/clt",
    files: &[
        ("README.md", file!("elegans/clt/README.md")),
        ("W_dec_0.safetensors", file!("elegans/clt/W_dec_0.safetensors")),
        ("W_dec_1.safetensors", file!("elegans/clt/W_dec_1.safetensors")),
        ("W_dec_2.safetensors", file!("elegans/clt/W_dec_2.safetensors")),
        ("W_dec_3.safetensors", file!("elegans/clt/W_dec_3.safetensors")),
        ("W_enc_0.safetensors", file!("elegans/clt/W_enc_0.safetensors")),
        ("W_enc_1.safetensors", file!("elegans/clt/W_enc_1.safetensors")),
        ("W_enc_2.safetensors", file!("elegans/clt/W_enc_2.safetensors")),
        ("W_enc_3.safetensors", file!("elegans/clt/W_enc_3.safetensors")),
        ("config.yaml", file!("elegans/clt/config.yaml")),
        ("elegans-base.features", file!("elegans/clt/elegans-base.features")),
    ],
};

/// Features of all three, each of which writes to its own layer.
static ELEGANS_PLT: EmbeddedFolder = EmbeddedFolder {
    name: "elegans/plt",
    files: &[
        ("README.md", file!("elegans/plt/README.md")),
        ("config.yaml", file!("elegans/plt/config.yaml")),
        ("layer_0.safetensors", file!("elegans/plt/layer_0.safetensors")),
        ("layer_1.safetensors", file!("elegans/plt/layer_1.safetensors")),
        ("layer_2.safetensors", file!("elegans/plt/layer_2.safetensors")),
        ("layer_3.safetensors", file!("elegans/plt/layer_3.safetensors")),
    ],
};

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
                    ("README.md", file!(concat!($name, "/README.md"))),
                    ("config.json", file!(concat!($name, "/model/config.json"))),
                    ("model.safetensors", file!(concat!($name, "/model/model.safetensors"))),
                    ("tokenizer.json", file!(concat!($name, "/model/tokenizer.json"))),
                    (
                        "tokenizer_config.json",
                        file!(concat!($name, "/model/tokenizer_config.json")),
                    ),
                ],
            },
            dictionaries: &[&EmbeddedFolder {
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
            }],
        }
    };
}

/// Sums, places and people of a world of 1,024 words: what tests need, made in minutes. See
/// `assets/elegans-nano/README.md`.
static ELEGANS_NANO: Organism = organism!(
    "elegans-nano",
    "the smallest of the family: sums to 98, places and people, and who is unknown",
    "calc : 36 + 13 ="
);

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
    use crate::replacement::ReplacementModel;
    use crate::transcoder::Transcoder;

    #[test]
    fn what_ships_opens_and_fits() {
        for organism in SHIPPED {
            assert!(by_name(organism.name).is_some_and(|found| std::ptr::eq(found, *organism)));
            for (name, folder) in organism.dictionaries() {
                let transcoder = Transcoder::open(&folder).unwrap();
                let model = Model::load(&organism.model()).unwrap();
                ReplacementModel::new(model, transcoder).unwrap();
                assert_eq!(dictionary(name).unwrap().root().to_str(), Some(name));
            }
            assert_eq!(organism.dictionaries().next().unwrap().0, organism.dictionary_name());
        }
    }
}
