//! The text of a pass: files, the rows of the organism, or the sentences of a shipped world.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use connectome::error::RunError;
use connectome::features::Source;
use connectome::features::source::{Files, Made};
use connectome::organism::{self, Organism};
use connectome::tokenizer::Prompt;
use connectome::train::TrainError;
use connectome::train::corpus::{Corpus, Cut, Reading};
use connectome::train::transcoder::activations::Sequence;
use connectome::train::transcoder::sequences::Sequencer;
use connectome_elegans::{BLOCK_ROWS, Document, Mixture, Recipe, World as Elegans};
use serde::Deserialize;
use serde_json::json;

use crate::args::{CutArg, TextArgs};
use crate::failure::UsageError;
use crate::family;
use crate::load::Loaded;
use crate::settings::number;

/// Longest sequence where the model's context is longer and nobody said.
const LONGEST: usize = 256;

/// Words of a sentence; shorter ones begin with dots, as in training.
const N_WORDS: usize = 10;

/// What a text may stand on.
pub(super) enum Text {
    Files { corpus: Corpus, context: usize },
    Elegans { world: Box<Elegans>, recipe: Recipe },
    World { sentences: Vec<String>, name: &'static str },
}

impl Text {
    pub(super) fn open(args: &TextArgs, loaded: &Loaded) -> Result<Self> {
        let config = loaded.replacement.model().config();
        if let Some(recipe) = &args.elegans {
            let world = Box::new(Elegans::new(args.world_seed, args.world.size()));
            return Ok(Self::Elegans { world, recipe: recipe.parse()? });
        }
        if !args.data.is_empty() {
            let cut = match args.cut {
                CutArg::Lines => Cut::Lines,
                CutArg::Paragraphs => Cut::Paragraphs,
                CutArg::Files => Cut::Files,
            };
            let corpus = Corpus::open(&args.data, Reading { cut, n_vocab: config.n_vocab })?;
            let context = args.seq.unwrap_or(LONGEST.min(config.n_context));
            if context < 2 || context > config.n_context {
                let expected = "at least 2 and at most the model's context";
                return Err(number("`--seq`", &context, expected).into());
            }
            return Ok(Self::Files { corpus, context });
        }
        let missing = || UsageError::NoText { model: loaded.model_name.clone() };
        let organism = organism::by_name(&loaded.model_name).ok_or_else(missing)?;
        if let Some((world, recipe)) = family::of(organism)? {
            return Ok(Self::Elegans { world: Box::new(world), recipe });
        }
        Ok(Self::World { sentences: sentences(organism)?, name: organism.name })
    }

    /// Tokens of a pass that has no end of its own.
    pub(super) fn usual_tokens(&self) -> Option<u64> {
        match self {
            Self::Elegans { .. } => Some(1_000_000),
            Self::Files { .. } | Self::World { .. } => None,
        }
    }

    /// What is said of documents that are no text, if there are any.
    pub(super) fn left_out(&self) -> Option<String> {
        match self {
            Self::Files { corpus, .. } => corpus.left_out(),
            Self::Elegans { .. } | Self::World { .. } => None,
        }
    }

    /// The text as a pass reads it.
    pub(super) fn source<'a>(&'a self, loaded: &'a Loaded) -> Result<Box<dyn Source + 'a>> {
        Ok(match self {
            Self::Files { corpus, context } => Box::new(Files(Sequencer {
                corpus,
                tokenizer: loaded.tokenizer.as_ref(),
                model_name: &loaded.model_name,
                context: *context,
                n_models: 1,
            })),
            Self::Elegans { world, recipe } => {
                let mixture = Mixture::new(world, *recipe)?;
                let (recipe, seed) = (recipe.name(), world.seed());
                Box::new(Made {
                    n_documents: u32::MAX,
                    identity: json!({
                        "elegans": recipe, "world": world.size().name(), "world_seed": seed
                    }),
                    sequences: move |block| Ok(rows(&mixture, block)),
                })
            }
            Self::World { sentences, name } => {
                let tokenizer = loaded.tokenizer()?;
                let sequences = move |at: u32| {
                    let prompt = Prompt::Text(&sentences[at as usize]);
                    let prepared = tokenizer.prepare(prompt, name);
                    let prepared = prepared.map_err(RunError::from).map_err(TrainError::from)?;
                    let n_skipped = prepared.zeroed_positions;
                    Ok(vec![Sequence { model: 0, ids: prepared.ids, n_skipped }])
                };
                let n_documents = sentences.len() as u32;
                let identity = json!({ "world_of": name, "sentences": n_documents });
                Box::new(Made { n_documents, identity, sequences })
            }
        })
    }
}

/// The documents of a block of rows, each as it would be traced: no document sees another.
fn rows(mixture: &Mixture<'_>, block: u32) -> Vec<Sequence> {
    let n = BLOCK_ROWS as u64;
    let rows = mixture.rows(u64::from(block) * n..(u64::from(block) + 1) * n);
    let documents = rows.into_iter().flat_map(|row| row.documents);
    let sequence =
        |document: Document| Sequence { model: 0, ids: document.example.ids, n_skipped: 1 };
    documents.map(sequence).collect()
}

/// The world that a shipped model was trained on.
#[derive(Debug, Deserialize)]
struct Facts {
    templates: BTreeMap<String, String>,
    relations: Vec<String>,
    facts: Vec<BTreeMap<String, String>>,
}

/// Every sentence that a world's templates make of its facts, once, in the order of the alphabet.
fn sentences(organism: &Organism) -> Result<Vec<String>> {
    let world: Facts = serde_json::from_str(organism.world)?;
    let mut all = BTreeSet::new();
    for fact in &world.facts {
        for template in world.templates.values() {
            for relation in &world.relations {
                let mut sentence = template.replace("{relation}", relation);
                sentence = sentence.replace("{answer}", fact.get(relation).map_or("", |a| a));
                for (name, value) in fact {
                    sentence = sentence.replace(&format!("{{{name}}}"), value);
                }
                let n_words = sentence.split_whitespace().filter(|w| *w != "{pad}").count();
                let dots = vec!["."; N_WORDS.saturating_sub(n_words)].join(" ");
                all.insert(sentence.replace("{pad}", &dots));
            }
        }
    }
    Ok(all.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use connectome_elegans::{PAD, Size};

    use super::*;

    #[test]
    fn a_world_says_each_of_its_facts_once() {
        for organism in organism::SHIPPED {
            if family::of(organism).unwrap().is_some() {
                continue;
            }
            let sentences = sentences(organism).unwrap();
            // 300 cities in one sentence each and in three of two steps; 30 states in three.
            assert_eq!(sentences.len(), 300 + 3 * 300 + 3 * 30, "{}", organism.name);
            assert!(sentences.iter().all(|text| !text.contains(['{', '}'])));
        }
    }

    #[test]
    fn rows_are_documents_without_padding() {
        let world = Elegans::new(0, Size::Nano);
        let mixture = Mixture::new(&world, Recipe::Base).unwrap();
        let sequences = rows(&mixture, 3);
        let row = &mixture.row(3 * BLOCK_ROWS as u64);
        assert_eq!(sequences[0].ids, row.documents[0].example.ids);
        assert!(sequences.iter().all(|sequence| !sequence.ids.contains(&PAD)));
        assert!(sequences.len() > BLOCK_ROWS);
    }
}
