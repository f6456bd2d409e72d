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

use connectome::files::Folder;
use connectome::hub::HubSettings;
use connectome::open::{Opened, Opener, Ready, Wanted};
use connectome::organism;
use connectome::tokenizer::{ChatOptions, Message};
use connectome::transcoder::Kind;
use connectome_graph::AttributionGraph;

use crate::error::ServeError;
use crate::wire::{DictionaryRow, ModelRow, PromptAsk};

pub(crate) use forward::tokens;

/// A model that the server was started with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelName {
    /// A name that ships, a folder or a Hub id.
    pub model: String,
    /// Its dictionary; what ships brings its own.
    pub dictionary: Option<String>,
}

/// A model with a dictionary, and what requests call the pair: the model's name, and for a
/// further dictionary of a model that is known already, `MODEL with DICTIONARY`.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) id: String,
    pub(crate) name: ModelName,
}

/// The models, opened as they are asked for.
#[derive(Debug)]
pub(crate) struct Engine {
    hub: HubSettings,
    known: Vec<Known>,
    opened: Mutex<BTreeMap<String, Arc<Opened>>>,
}

impl Engine {
    /// Opens the models that were named; those that ship are there in any case, with every
    /// dictionary of theirs.
    pub(crate) fn new(hub: HubSettings, named: &[ModelName]) -> Result<Self, ServeError> {
        let mut engine = Self { hub, known: Vec::new(), opened: Mutex::default() };
        named.iter().for_each(|name| engine.add(name.clone()));
        // Each with its first dictionary, and then the others.
        let shipped = || {
            organism::SHIPPED.iter().flat_map(|organism| {
                let all = organism.dictionaries().enumerate();
                all.map(move |(at, (dictionary, _))| (organism, at > 0, dictionary))
            })
        };
        let first = shipped().filter(|(_, is_further, _)| !is_further);
        for (organism, _, dictionary) in first.chain(shipped()) {
            let usual = organism.dictionary_name();
            let is_it = |name: &ModelName| {
                name.model == organism.name
                    && name.dictionary.as_deref().unwrap_or(usual) == dictionary
            };
            if !engine.known.iter().any(|known| is_it(&known.name)) {
                let is_named = dictionary != usual || engine.knows(organism.name);
                let dictionary = is_named.then(|| dictionary.to_owned());
                engine.add(ModelName { model: organism.name.to_owned(), dictionary });
            }
        }
        for known in &engine.known[..named.len()] {
            engine.open(&known.id)?;
        }
        Ok(engine)
    }

    fn add(&mut self, name: ModelName) {
        let id = match &name.dictionary {
            Some(dictionary) if self.knows(&name.model) => {
                format!("{} with {dictionary}", name.model)
            }
            _ => name.model.clone(),
        };
        self.known.push(Known { id, name });
    }

    /// Whether a pair of this model is there.
    fn knows(&self, model: &str) -> bool {
        self.known.iter().any(|known| known.name.model == model)
    }

    /// The model that is used where none is named.
    pub(crate) fn default_model(&self) -> &str {
        &self.known[0].id
    }

    /// A model by name; the default one if none is given.
    pub(crate) fn model(&self, name: Option<&str>) -> Result<Arc<Opened>, ServeError> {
        self.open(name.unwrap_or_else(|| self.default_model()))
    }

    /// All models.
    pub(crate) fn known(&self) -> &[Known] {
        &self.known
    }

    /// What a request calls so.
    pub(crate) fn find(&self, id: &str) -> Option<&Known> {
        self.known.iter().find(|known| known.id == id)
    }

    fn open(&self, id: &str) -> Result<Arc<Opened>, ServeError> {
        let missing = || ServeError::Missing { what: "model", name: id.chars().take(80).collect() };
        let found = &self.find(id).ok_or_else(missing)?.name;
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = opened.get(id) {
            return Ok(known.clone());
        }
        let mut tell = |_: connectome::hub::DownloadEvent<'_>| {};
        let mut opener = Opener { hub: &self.hub, tell: &mut tell };
        let pair = opener.pair(Some(&found.model), found.dictionary.as_deref())?;
        let pair = Arc::new(pair);
        opened.insert(id.to_owned(), pair.clone());
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
    ) -> Result<(&Known, Arc<Opened>), ServeError> {
        let made_by = graph.provenance();
        let (model, dictionary) = (&made_by.model, &made_by.dictionary);
        for known in &self.known {
            let is_named = |name: &str| {
                model.name == name || model.name.split('@').next() == name.split('@').next()
            };
            let Ok(opened) = self.open(&known.id) else { continue };
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
        let row = |known: &Known| match self.open(&known.id) {
            Ok(opened) => row_of(known, &opened),
            Err(error) => ModelRow {
                name: known.id.clone(),
                about: error.body().what,
                family: String::new(),
                n_layers: 0,
                d_model: 0,
                n_vocab: 0,
                dictionary: DictionaryRow {
                    name: known.name.dictionary.clone().unwrap_or_default(),
                    kind: String::new(),
                    n_features: 0,
                    card: String::new(),
                },
                shipped: false,
                card: String::new(),
                example: None,
                chat: false,
            },
        };
        self.known.iter().map(row).collect()
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

fn row_of(known: &Known, opened: &Opened) -> ModelRow {
    let shipped = organism::by_name(&known.name.model);
    let config = opened.replacement.model().config();
    let card = opened.replacement.transcoder().card();
    let readme = |folder: Folder| {
        let bytes = folder.open("README.md");
        bytes.map_or(String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    let dictionary = organism::dictionary(&opened.dictionary_name);
    let dictionary = dictionary.unwrap_or_else(|| Folder::Disk(card.path.clone()));
    let kind = match card.kind {
        Kind::CrossLayer => "clt",
        Kind::PerLayer => "plt",
    };
    ModelRow {
        name: known.id.clone(),
        about: shipped.map_or(String::new(), |organism| organism.about.to_owned()),
        family: config.family.clone(),
        n_layers: config.n_layers,
        d_model: config.d_model,
        n_vocab: config.n_vocab,
        dictionary: DictionaryRow {
            name: opened.dictionary_name.clone(),
            kind: kind.to_owned(),
            n_features: card.n_features,
            card: readme(dictionary),
        },
        shipped: shipped.is_some(),
        card: readme(opened.folder.clone()),
        example: shipped.map(|organism| organism.example.to_owned()),
        chat: opened.tokenizer.as_ref().is_some_and(|tokenizer| tokenizer.has_chat_template()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(named: &[ModelName]) -> Vec<String> {
        let nowhere = HubSettings::from_env(|_| None, None);
        let engine = Engine::new(nowhere, named).unwrap();
        engine.known.into_iter().map(|known| known.id).collect()
    }

    #[test]
    fn every_dictionary_that_ships_is_there_once() {
        let usual = ids(&[]);
        assert_eq!(usual[0], "elegans-base");
        assert!(usual.contains(&"elegans-chat with elegans/plt".to_owned()), "{usual:?}");
        // One that was named comes first and bears the model's name.
        let named = ModelName {
            model: "elegans-base".to_owned(),
            dictionary: Some("elegans/plt".to_owned()),
        };
        let with_plt = ids(&[named]);
        assert_eq!(with_plt.len(), usual.len(), "{with_plt:?}");
        assert_eq!(with_plt[0], "elegans-base");
        assert_eq!(with_plt[1], "elegans-base with elegans/clt");
    }
}
