//! Models: opened by name, once, and run. Everything here computes, so it is never called on a
//! thread that serves sockets.

mod forward;
mod intervene;
mod plan;
mod probe;
mod trace;
mod validate;
mod why;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use connectome::hub::HubSettings;
use connectome::open::{Opened, Opener, Ready, Wanted};
use connectome::organism;
use connectome::tokenizer::{ChatOptions, Message};
use connectome::transcoder::Kind;
use connectome_graph::AttributionGraph;

use crate::error::ServeError;
use crate::wire::{DictionaryRow, ModelRow, PromptAsk};

/// A model that the server was started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelName {
    /// A name that ships, a folder or a Hub id.
    pub model: String,
    /// Its dictionary; what ships brings its own.
    pub dictionary: Option<String>,
}

/// The models, opened as they are asked for.
#[derive(Debug)]
pub(crate) struct Engine {
    hub: HubSettings,
    names: Vec<ModelName>,
    opened: Mutex<BTreeMap<String, Arc<Opened>>>,
}

impl Engine {
    /// Opens the models that were named; those that ship are there in any case.
    pub(crate) fn new(hub: HubSettings, named: &[ModelName]) -> Result<Self, ServeError> {
        let mut names = named.to_vec();
        for organism in organism::SHIPPED {
            if !names.iter().any(|known| known.model == organism.name) {
                names.push(ModelName { model: organism.name.to_owned(), dictionary: None });
            }
        }
        let engine = Self { hub, names, opened: Mutex::default() };
        for name in named {
            engine.open(&name.model)?;
        }
        Ok(engine)
    }

    /// The model that is used where none is named.
    pub(crate) fn default_model(&self) -> &str {
        &self.names[0].model
    }

    /// A model by name; the default one if none is given.
    pub(crate) fn model(&self, name: Option<&str>) -> Result<Arc<Opened>, ServeError> {
        self.open(name.unwrap_or_else(|| self.default_model()))
    }

    /// The names of all models.
    pub(crate) fn names(&self) -> &[ModelName] {
        &self.names
    }

    /// A model's name and its dictionary's.
    pub(crate) fn name(&self, name: &str) -> Option<&ModelName> {
        self.names.iter().find(|known| known.model == name)
    }

    fn open(&self, name: &str) -> Result<Arc<Opened>, ServeError> {
        let missing =
            || ServeError::Missing { what: "model", name: name.chars().take(80).collect() };
        let found = self.name(name).ok_or_else(missing)?;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = opened.get(name) {
            return Ok(known.clone());
        }
        let mut tell = |_: connectome::hub::DownloadEvent<'_>| {};
        let mut opener = Opener { hub: &self.hub, tell: &mut tell };
        let pair = opener.pair(Some(&found.model), found.dictionary.as_deref())?;
        let pair = Arc::new(pair);
        opened.insert(name.to_owned(), pair.clone());
        Ok(pair)
    }

    /// The model that made a graph.
    pub(crate) fn of_graph(&self, graph: &AttributionGraph) -> Result<Arc<Opened>, ServeError> {
        Ok(self.pair_of_graph(graph)?.1)
    }

    /// The model that made a graph, with its name.
    pub(crate) fn pair_of_graph(
        &self,
        graph: &AttributionGraph,
    ) -> Result<(&ModelName, Arc<Opened>), ServeError> {
        let made_by = graph.provenance();
        let (model, dictionary) = (&made_by.model, &made_by.dictionary);
        for known in &self.names {
            let is_named = |name: &str| {
                model.name == name || model.name.split('@').next() == name.split('@').next()
            };
            let Ok(opened) = self.open(&known.model) else { continue };
            if !is_named(&opened.model_name) && model.digest.is_none() {
                continue;
            }
            let same =
                |own: &Option<String>, found: &str| own.as_ref().is_none_or(|own| own == found);
            if same(&model.digest, opened.replacement.model().fingerprint())
                && same(&dictionary.digest, &opened.replacement.transcoder().digest())
            {
                return Ok((known, opened));
            }
        }
        let why = if model.name.is_empty() {
            "the graph does not say which model made it".to_owned()
        } else {
            format!(
                "the model `{}` with the dictionary `{}`, which made the graph, is not here",
                model.name, dictionary.name
            )
        };
        Err(ServeError::NotRunnable { why })
    }

    /// Rows of all models; one that cannot be opened says why in its `about`.
    pub(crate) fn rows(&self) -> Vec<ModelRow> {
        let row = |name: &ModelName| match self.open(&name.model) {
            Ok(opened) => row_of(name, &opened),
            Err(error) => ModelRow {
                name: name.model.clone(),
                about: error.body().what,
                family: String::new(),
                n_layers: 0,
                d_model: 0,
                n_vocab: 0,
                dictionary: DictionaryRow {
                    name: name.dictionary.clone().unwrap_or_default(),
                    kind: String::new(),
                    n_features: 0,
                },
                shipped: false,
                card: String::new(),
                example: None,
                chat: false,
            },
        };
        self.names.iter().map(row).collect()
    }

    /// A prompt as the model sees it.
    pub(crate) fn prepare(&self, ask: &PromptAsk) -> Result<(Arc<Opened>, Ready), ServeError> {
        let opened = self.model(ask.model.as_deref())?;
        let wanted = match (&ask.ids, &ask.text) {
            (Some(ids), _) => Wanted::Ids(ids.clone()),
            (None, Some(text)) if ask.chat => chat(text, ask.system.as_deref()),
            (None, Some(text)) => Wanted::Text(text.clone()),
            (None, None) => return Err(ServeError::bad("the prompt has neither text nor ids")),
        };
        let ready = opened.prepare(&wanted)?;
        Ok((opened, ready))
    }
}

fn chat(text: &str, system: Option<&str>) -> Wanted {
    let system = system.map(|system| Message::new("system", system));
    let messages = system.into_iter().chain([Message::new("user", text)]).collect();
    let options = ChatOptions { add_generation_prompt: true, ..ChatOptions::default() };
    Wanted::Chat { messages, options }
}

fn row_of(name: &ModelName, opened: &Opened) -> ModelRow {
    let shipped = organism::by_name(&name.model);
    let config = opened.replacement.model().config();
    let card = opened.replacement.transcoder().card();
    let readme = opened.folder.open("README.md").ok();
    let kind = match card.kind {
        Kind::CrossLayer => "clt",
        Kind::PerLayer => "plt",
    };
    ModelRow {
        name: name.model.clone(),
        about: shipped.map_or(String::new(), |organism| organism.about.to_owned()),
        family: config.family.clone(),
        n_layers: config.n_layers,
        d_model: config.d_model,
        n_vocab: config.n_vocab,
        dictionary: DictionaryRow {
            name: opened.dictionary_name.clone(),
            kind: kind.to_owned(),
            n_features: card.n_features,
        },
        shipped: shipped.is_some(),
        card: readme.map_or(String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned()),
        example: shipped.map(|organism| organism.example.to_owned()),
        chat: opened.tokenizer.as_ref().is_some_and(|tokenizer| tokenizer.has_chat_template()),
    }
}
