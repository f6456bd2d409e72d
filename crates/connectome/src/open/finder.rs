//! Names to folders, and folders to what is in them.

use std::collections::BTreeMap;

use super::{OpenError, Opened};
use crate::error::LoadError;
use crate::files::Folder;
use crate::hub::{self, DownloadEvent, Files, HubRef, HubSettings, Source};
use crate::lm::Model;
use crate::organism::{self, Organism};
use crate::replacement::ReplacementModel;
use crate::tokenizer::Tokenizer;
use crate::transcoder::Transcoder;

/// Finds and opens what names stand for.
pub struct Opener<'a> {
    /// Caches, token, and whether the network may be used.
    pub hub: &'a HubSettings,
    /// Is told of downloads.
    pub tell: &'a mut dyn FnMut(DownloadEvent<'_>),
}

/// A folder and what to call it.
#[derive(Debug)]
struct Named {
    folder: Folder,
    name: String,
}

impl Named {
    fn model(organism: &'static Organism) -> Self {
        Self { folder: organism.model(), name: organism.name.to_owned() }
    }

    fn dictionary(organism: &'static Organism) -> Self {
        let name = organism.dictionary_name().to_owned();
        Self { folder: organism.dictionary(), name }
    }
}

impl Opener<'_> {
    /// Opens a model and a dictionary, or what ships if neither is named. What ships brings its
    /// own dictionary; a dictionary may know its model.
    ///
    /// # Errors
    ///
    /// [`OpenError`], which says what is missing or does not fit.
    pub fn pair(
        &mut self,
        model: Option<&str>,
        dictionary: Option<&str>,
    ) -> Result<Opened, OpenError> {
        let organism = match (model, dictionary) {
            (None, None) => organism::SHIPPED[0],
            (Some(model), None) => organism::by_name(model)
                .ok_or_else(|| OpenError::NoTranscoder { model: model.to_owned() })?,
            (model, Some(dictionary)) => {
                let dictionary = self.find(dictionary, Files::Dictionary)?;
                let transcoder = self.transcoder(&dictionary.folder)?;
                let card = transcoder.card();
                let unnamed = || OpenError::NoModelName { path: card.path.clone() };
                let model = model.or(card.model_name.as_deref()).ok_or_else(unnamed)?;
                let model = self.find(model, Files::Model)?;
                return assemble(model, dictionary.name, transcoder);
            }
        };
        let dictionary = Named::dictionary(organism);
        let transcoder = Transcoder::open(&dictionary.folder)?;
        assemble(Named::model(organism), dictionary.name, transcoder)
    }

    /// The folder that holds what a user names.
    ///
    /// # Errors
    ///
    /// [`OpenError::Hub`] if it is neither here nor can be fetched.
    pub fn folder(&mut self, text: &str, files: Files) -> Result<Folder, OpenError> {
        Ok(self.find(text, files)?.folder)
    }

    /// A model's tokenizer alone.
    ///
    /// # Errors
    ///
    /// As [`Opener::folder`], and [`OpenError::Load`] if there is none or it cannot be read.
    pub fn tokenizer(&mut self, model: &str) -> Result<Tokenizer, OpenError> {
        let folder = self.folder(model, Files::Model)?;
        let file = "tokenizer.json".to_owned();
        let missing = || LoadError::MissingFile { file, path: folder.root() };
        Ok(Tokenizer::open(&folder)?.ok_or_else(missing)?)
    }

    /// A dictionary, with the layers that its config keeps elsewhere.
    ///
    /// # Errors
    ///
    /// [`OpenError::Load`] or [`OpenError::Hub`].
    pub fn transcoder(&mut self, folder: &Folder) -> Result<Transcoder, OpenError> {
        let mut fetched = BTreeMap::new();
        for entry in Transcoder::remote_files(folder)? {
            let reference = HubRef::parse(&entry)?;
            let path = hub::resolve_file(&reference, self.hub, self.tell)?;
            fetched.insert(entry, path);
        }
        Ok(Transcoder::open_fetched(folder, &fetched)?)
    }

    fn find(&mut self, text: &str, files: Files) -> Result<Named, OpenError> {
        if let Some(folder) = organism::dictionary(text).filter(|_| files == Files::Dictionary) {
            return Ok(Named { folder, name: text.to_owned() });
        }
        if let Some(organism) = organism::by_name(text) {
            let is_model = files == Files::Model;
            return Ok(if is_model { Named::model(organism) } else { Named::dictionary(organism) });
        }
        let source = Source::parse(text)?;
        let name = match &source {
            Source::Dir(path) => {
                // `.` and `..` have no name of their own.
                let path = path.canonicalize().unwrap_or_else(|_| path.clone());
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                name.unwrap_or_else(|| text.to_owned())
            }
            Source::Hub(reference) => reference.to_string(),
        };
        let path = hub::resolve(&source, files, self.hub, self.tell)?;
        Ok(Named { folder: Folder::Disk(path), name })
    }
}

fn assemble(
    model: Named,
    dictionary_name: String,
    transcoder: Transcoder,
) -> Result<Opened, OpenError> {
    let tokenizer = Tokenizer::open(&model.folder)?;
    let loaded = Model::load(&model.folder)?;
    // What ships together was made together, whatever one config calls the other.
    let is_pair = organism::by_name(&model.name)
        .is_some_and(|it| it.dictionaries().any(|(name, _)| name == dictionary_name));
    let other = transcoder.name_mismatch(loaded.name()).filter(|own| {
        if is_pair {
            return false;
        }
        // A folder or a Hub reference may say what the checkpoint's config does not.
        let named = model.name.split('@').next().unwrap_or_default();
        transcoder.name_mismatch(named).as_ref() == Some(own)
    });
    let replacement = ReplacementModel::new(loaded, transcoder)?;
    let note = other.map(|own| {
        format!(
            "the dictionary was trained on `{own}`, the model is `{}`; they fit, so they are used",
            model.name
        )
    });
    Ok(Opened {
        replacement,
        tokenizer,
        model_name: model.name,
        dictionary_name,
        folder: model.folder,
        note,
    })
}

impl Tokenizer {
    /// The tokenizer of a model's folder, with its chat template; `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`LoadError`] if a file of it cannot be read.
    pub fn open(folder: &Folder) -> Result<Option<Self>, LoadError> {
        if !folder.has("tokenizer.json") {
            return Ok(None);
        }
        let optional = |name: &str| {
            if folder.has(name) { folder.open(name).map(Some) } else { Ok(None) }
        };
        let template = match optional("chat_template.jinja")? {
            Some(template) => Some(template),
            None => optional("chat_template.json")?,
        };
        let template = template.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let tokenizer = Self::from_parts(
            &folder.open("tokenizer.json")?,
            optional("tokenizer_config.json")?.as_deref(),
            optional("special_tokens_map.json")?.as_deref(),
            template.as_deref(),
        )?;
        Ok(Some(tokenizer))
    }
}
