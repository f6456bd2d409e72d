//! Which files of a repository a model or a dictionary is made of.
//!
//! # Invariants
//!
//! - A file is wanted only if it lies in the reference's folder, not below it, and its name is
//!   a plain path.
//! - A model has one set of weights, chosen as transformers does: `model.safetensors`, else
//!   the shards of the index, else every safetensors file there is. Repositories often hold a
//!   second set in another layout (`consolidated.safetensors`), as large as the first.

use std::collections::BTreeSet;

use super::cache::{WEIGHT_INDEX, WEIGHTS};
use super::reference::{path_fault, shown};
use super::{Files, HubError, HubRef};

/// What the Hub's API says of a repository at a revision: the commit and its files.
#[derive(serde::Deserialize)]
pub(super) struct Listing {
    pub(super) sha: String,
    siblings: Vec<Sibling>,
}

#[derive(serde::Deserialize)]
struct Sibling {
    rfilename: String,
    #[serde(default)]
    size: Option<u64>,
}

/// One file of a listing that will be needed.
pub(super) struct Wanted {
    /// Path in the repository, checked.
    pub(super) name: String,
    /// Size as listed; `None` where the server does not tell.
    pub(super) bytes: Option<u64>,
}

impl Wanted {
    fn file_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// True for the file whose presence says that the others are there.
    pub(super) fn is_config(&self) -> bool {
        matches!(self.file_name(), "config.json" | "config.yaml")
    }

    /// True for the list of a model's shards, which is only among the wanted files if it is
    /// needed to know them.
    pub(super) fn is_weight_index(&self) -> bool {
        self.file_name() == WEIGHT_INDEX
    }

    fn is_weights(&self) -> bool {
        self.name.ends_with(".safetensors")
    }
}

/// The files of `listing` that `files` needs, in the listing's order.
///
/// If a weight index is among them, the shards are yet to be told apart from other weights
/// ([`keep_shards`]).
pub(super) fn select(
    listing: &Listing,
    reference: &HubRef,
    files: Files,
) -> Result<Vec<Wanted>, HubError> {
    let prefix = match reference.path() {
        "" => String::new(),
        path => format!("{path}/"),
    };
    let mut wanted = Vec::new();
    for sibling in &listing.siblings {
        let Some(name) = sibling.rfilename.strip_prefix(&prefix) else { continue };
        if name.contains('/') || !is_needed(name, files) {
            continue;
        }
        if let Some(fault) = path_fault(&sibling.rfilename) {
            let (repo, file) = (reference.repo().to_owned(), shown(&sibling.rfilename));
            return Err(HubError::UnsafeName { repo, file, fault });
        }
        wanted.push(Wanted { name: sibling.rfilename.clone(), bytes: sibling.size });
    }
    let not_published =
        |expected| HubError::NotPublished { reference: reference.to_string(), expected };
    match files {
        Files::Dictionary if !wanted.iter().any(Wanted::is_config) => {
            return Err(not_published("config.yaml"));
        }
        Files::Model if !wanted.iter().any(Wanted::is_config) => {
            return Err(not_published("config.json"));
        }
        Files::Model if !wanted.iter().any(Wanted::is_weights) => {
            return Err(not_published("*.safetensors"));
        }
        _ => {}
    }
    if files == Files::Model && wanted.iter().any(|file| file.file_name() == WEIGHTS) {
        wanted.retain(|file| !file.is_weights() || file.file_name() == WEIGHTS);
        wanted.retain(|file| !file.is_weight_index());
    }
    Ok(wanted)
}

/// Drops the weights that are not among the `shards` of the index.
///
/// # Errors
///
/// [`HubError::FileNotFound`] if the index names a shard that the listing does not.
pub(super) fn keep_shards(
    wanted: &mut Vec<Wanted>,
    shards: &BTreeSet<String>,
    reference: &HubRef,
) -> Result<(), HubError> {
    for shard in shards {
        if !wanted.iter().any(|file| file.file_name() == shard) {
            return Err(HubError::FileNotFound {
                repo: reference.repo().to_owned(),
                revision: reference.revision().to_owned(),
                file: shown(shard),
            });
        }
    }
    wanted.retain(|file| !file.is_weights() || shards.contains(file.file_name()));
    Ok(())
}

/// True if a model or a dictionary is read from a file of this name.
fn is_needed(name: &str, files: Files) -> bool {
    match files {
        Files::Model => {
            let tokenizer = name.starts_with("tokenizer") && name.ends_with(".json");
            let weights = name.ends_with(".safetensors") || name == WEIGHT_INDEX;
            let other = ["config.json", "generation_config.json", "special_tokens_map.json"];
            tokenizer || weights || name.starts_with("chat_template.") || other.contains(&name)
        }
        Files::Dictionary => {
            let weights = name.ends_with(".safetensors") || name.ends_with(".npz");
            weights || name == "config.yaml"
        }
    }
}
