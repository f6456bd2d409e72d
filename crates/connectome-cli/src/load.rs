//! From what a user names to a loaded model, dictionary and tokenizer.
//!
//! The seam to what ships with the tracer is here: a name is first looked up among the
//! organisms, then on the disk, then on the Hub.

use std::collections::BTreeMap;

use anyhow::Result;
use connectome::error::LoadError;
use connectome::files::Folder;
use connectome::hub::{self, Files, HubRef, HubSettings, Source};
use connectome::lm::Model;
use connectome::organism::{self, Organism};
use connectome::replacement::ReplacementModel;
use connectome::tokenizer::Tokenizer;
use connectome::transcoder::Transcoder;
use connectome_graph::{Origin, Provenance};

use crate::args::ModelArgs;
use crate::failure::UsageError;
use crate::progress::Downloads;
use crate::settings::{self, World};

/// A model and its dictionary, with what a person calls them.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) replacement: ReplacementModel,
    /// `None` if the model's folder has none: token ids can be traced without.
    pub(crate) tokenizer: Option<Tokenizer>,
    /// As the user named it: a Hub id with revision, or a folder's name.
    pub(crate) model_name: String,
    pub(crate) dictionary_name: String,
    /// Of the model, for messages.
    pub(crate) folder: Folder,
    /// What a reader should know of the pair.
    pub(crate) note: Option<String>,
}

impl Loaded {
    /// The tokenizer, where one is needed.
    pub(crate) fn tokenizer(&self) -> Result<&Tokenizer> {
        let missing = || LoadError::MissingFile {
            file: "tokenizer.json".to_owned(),
            path: self.folder.root(),
        };
        Ok(self.tokenizer.as_ref().ok_or_else(missing)?)
    }

    /// The text of a token; its id in brackets where there is no tokenizer.
    pub(crate) fn token_text(&self, id: u32) -> String {
        let text = self.tokenizer.as_ref().map(|tokenizer| tokenizer.token_text(id));
        text.unwrap_or_else(|| format!("[{id}]"))
    }

    /// The text of several tokens together.
    pub(crate) fn text(&self, ids: &[u32]) -> String {
        let text = self.tokenizer.as_ref().and_then(|tokenizer| tokenizer.decode(ids).ok());
        text.unwrap_or_else(|| ids.iter().map(|id| self.token_text(*id)).collect())
    }

    /// Who made a graph, but for the flags.
    pub(crate) fn provenance(&self) -> Provenance {
        let (model, dictionary) = (self.replacement.model(), self.replacement.transcoder());
        Provenance {
            tool: crate::report::TOOL.to_owned(),
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

/// A folder and what to call it.
#[derive(Debug)]
struct Named {
    folder: Folder,
    name: String,
}

/// Loads what the arguments name, or what ships.
pub(crate) fn load(args: &ModelArgs, world: &World) -> Result<Loaded> {
    settings::take_threads(args.threads)?;
    let hub = settings::hub(args.offline);
    let finder = Finder { hub: &hub, world };
    let chosen = match (&args.model, &args.transcoder) {
        (None, None) => Choice::shipped(settings::default_model()?),
        (Some(model), None) => match organism::by_name(model) {
            Some(organism) => Choice::shipped(organism),
            None => return Err(UsageError::NoTranscoder { model: model.clone() }.into()),
        },
        (model, Some(dictionary)) => {
            let dictionary = finder.find(dictionary, Files::Dictionary)?;
            let transcoder = finder.transcoder(&dictionary)?;
            let card = transcoder.card();
            let unnamed = || UsageError::NoModelName { path: card.path.clone() };
            let model = model.as_ref().or(card.model_name.as_ref()).ok_or_else(unnamed)?;
            let model = finder.find(model, Files::Model)?;
            return assemble(model, &dictionary.name, transcoder);
        }
    };
    let transcoder = Transcoder::open(&chosen.dictionary.folder)?;
    assemble(chosen.model, &chosen.dictionary.name, transcoder)
}

/// A model's tokenizer alone.
pub(crate) fn tokenizer(model: &str, offline: bool, world: &World) -> Result<Tokenizer> {
    let hub = settings::hub(offline);
    let model = Finder { hub: &hub, world }.find(model, Files::Model)?;
    let missing =
        || LoadError::MissingFile { file: "tokenizer.json".to_owned(), path: model.folder.root() };
    Ok(open_tokenizer(&model.folder)?.ok_or_else(missing)?)
}

/// The folder that holds what a user names.
pub(crate) fn folder(text: &str, files: Files, offline: bool, world: &World) -> Result<Folder> {
    let hub = settings::hub(offline);
    Ok(Finder { hub: &hub, world }.find(text, files)?.folder)
}

/// A dictionary, with the layers that its config keeps elsewhere.
pub(crate) fn transcoder(folder: &Folder, offline: bool, world: &World) -> Result<Transcoder> {
    let hub = settings::hub(offline);
    Finder { hub: &hub, world }.open_transcoder(folder)
}

struct Choice {
    model: Named,
    dictionary: Named,
}

impl Choice {
    fn shipped(organism: &'static Organism) -> Self {
        let dictionary = organism.dictionary();
        let name = organism.dictionary_name().to_owned();
        Self {
            model: Named { folder: organism.model(), name: organism.name.to_owned() },
            dictionary: Named { folder: dictionary, name },
        }
    }
}

fn assemble(model: Named, dictionary_name: &str, transcoder: Transcoder) -> Result<Loaded> {
    let tokenizer = open_tokenizer(&model.folder)?;
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
    Ok(Loaded {
        replacement,
        tokenizer,
        model_name: model.name,
        dictionary_name: dictionary_name.to_owned(),
        folder: model.folder,
        note,
    })
}

/// Opens the tokenizer of a model's folder, if there is one.
pub(crate) fn open_tokenizer(folder: &Folder) -> Result<Option<Tokenizer>> {
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
    let tokenizer = Tokenizer::from_parts(
        &folder.open("tokenizer.json")?,
        optional("tokenizer_config.json")?.as_deref(),
        optional("special_tokens_map.json")?.as_deref(),
        template.as_deref(),
    )?;
    Ok(Some(tokenizer))
}

struct Finder<'a> {
    hub: &'a HubSettings,
    world: &'a World,
}

impl Finder<'_> {
    fn find(&self, text: &str, files: Files) -> Result<Named> {
        if let Some(organism) = organism::by_name(text) {
            let Choice { model, dictionary } = Choice::shipped(organism);
            return Ok(if files == Files::Model { model } else { dictionary });
        }
        if let Some(folder) = organism::dictionary(text).filter(|_| files == Files::Dictionary) {
            return Ok(Named { folder, name: text.to_owned() });
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
        let mut downloads = Downloads::new(self.world);
        let path = hub::resolve(&source, files, self.hub, &mut |event| downloads.tell(event))?;
        Ok(Named { folder: Folder::Disk(path), name })
    }

    fn transcoder(&self, dictionary: &Named) -> Result<Transcoder> {
        self.open_transcoder(&dictionary.folder)
    }

    fn open_transcoder(&self, folder: &Folder) -> Result<Transcoder> {
        let mut fetched = BTreeMap::new();
        let mut downloads = Downloads::new(self.world);
        for entry in Transcoder::remote_files(folder)? {
            let reference = HubRef::parse(&entry)?;
            let path = hub::resolve_file(&reference, self.hub, &mut |event| downloads.tell(event))?;
            fetched.insert(entry, path);
        }
        Ok(Transcoder::open_fetched(folder, &fetched)?)
    }
}
