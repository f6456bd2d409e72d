//! From what a user names to a loaded model, dictionary and tokenizer, and from words to a prompt
//! of it.
//!
//! The seam to what ships with the tracer is here: a name is first looked up among the organisms,
//! then on the disk, then on the Hub. The command line and the server open models this way only.
//!
//! # Invariants
//!
//! - Nothing is downloaded when the settings say offline, and nothing for a name that is on disk.

mod finder;
mod prompt;

use std::path::PathBuf;

use connectome_graph::{Origin, Provenance};

use crate::error::{LoadError, RunError};
use crate::files::Folder;
use crate::hub::HubError;
use crate::organism;
use crate::replacement::ReplacementModel;
use crate::tokenizer::{Tokenizer, TokenizerError};

pub use finder::Opener;
pub use prompt::{Ready, Wanted, tokens_of};

/// A name could not be opened, or a prompt could not be made for what it names.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each message documents its fields")]
pub enum OpenError {
    /// A model was named alone, and it does not ship with one.
    #[error("no dictionary was named for the model `{model}`")]
    NoTranscoder { model: String },
    /// A dictionary was named alone.
    #[error("the dictionary does not say which model it was trained on: `{}`", path.display())]
    NoModelName { path: std::path::PathBuf },
    /// The files are not what they should be.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The Hub could not provide them.
    #[error(transparent)]
    Hub(#[from] HubError),
    /// The tokenizer refuses the prompt.
    #[error(transparent)]
    Tokenizer(#[from] TokenizerError),
    /// The model refuses the prompt.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// A model and its dictionary, with what a person calls them.
#[derive(Debug)]
pub struct Opened {
    /// The two together.
    pub replacement: ReplacementModel,
    /// `None` if the model's folder has none: token ids can be traced without.
    pub tokenizer: Option<Tokenizer>,
    /// As the user named it: a Hub id with revision, or a folder's name.
    pub model_name: String,
    /// As the user named it.
    pub dictionary_name: String,
    /// Of the model, for messages.
    pub folder: Folder,
    /// What a reader should know of the pair.
    pub note: Option<String>,
}

impl Opened {
    /// The tokenizer, where one is needed.
    ///
    /// # Errors
    ///
    /// [`LoadError::MissingFile`] if the model's folder has none.
    pub fn tokenizer(&self) -> Result<&Tokenizer, LoadError> {
        let missing = || LoadError::MissingFile {
            file: "tokenizer.json".to_owned(),
            path: self.folder.root(),
        };
        self.tokenizer.as_ref().ok_or_else(missing)
    }

    /// Where the index of the dictionary's features is if nobody says: in the dictionary's folder
    /// if that is the user's; else in the current folder, under its name, as neither the program
    /// nor the Hub's cache is a place to write to.
    #[must_use]
    pub fn features_path(&self) -> PathBuf {
        let folder = &self.replacement.transcoder().card().path;
        if self.is_users_own() {
            return folder.join("features.index");
        }
        PathBuf::from(self.features_name())
    }

    /// What the index of the dictionary's features is called in a folder of many.
    #[must_use]
    pub fn features_name(&self) -> String {
        format!("{}.features", self.dictionary_name.replace(['/', '@', ':'], "-"))
    }

    /// Whether the dictionary is in a folder that the user may write to.
    #[must_use]
    pub fn is_users_own(&self) -> bool {
        let name = &self.dictionary_name;
        let folder = &self.replacement.transcoder().card().path;
        organism::dictionary(name).is_none() && !name.contains('/') && folder.is_dir()
    }

    /// The text of a token; its id in brackets where there is no tokenizer.
    #[must_use]
    pub fn token_text(&self, id: u32) -> String {
        let text = self.tokenizer.as_ref().map(|tokenizer| tokenizer.token_text(id));
        text.unwrap_or_else(|| format!("[{id}]"))
    }

    /// The text of several tokens together.
    #[must_use]
    pub fn text(&self, ids: &[u32]) -> String {
        let text = self.tokenizer.as_ref().and_then(|tokenizer| tokenizer.decode(ids).ok());
        text.unwrap_or_else(|| ids.iter().map(|id| self.token_text(*id)).collect())
    }

    /// Who made a graph, but for the flags; `tool` is the program and its version.
    #[must_use]
    pub fn provenance(&self, tool: &str) -> Provenance {
        let (model, dictionary) = (self.replacement.model(), self.replacement.transcoder());
        Provenance {
            tool: tool.to_owned(),
            model: Origin {
                name: self.model_name.clone(),
                digest: Some(model.fingerprint().to_owned()),
            },
            dictionary: Origin {
                name: self.dictionary_name.clone(),
                digest: Some(dictionary.digest()),
            },
            scans: dictionary.card().scan.names().to_vec(),
            vocab_size: model.config().n_vocab as u32,
            ..Provenance::default()
        }
    }
}
