//! The world of the shipped model, as questions.

use std::collections::BTreeMap;

use connectome::attribution::{Labels, NoProgress, Options, TargetSpec, Targets, attribute};
use connectome::doubt::{Question, Table};
use connectome::intervene::Baseline;
use connectome::lm::Model;
use connectome::organism::{self, Organism};
use connectome::replacement::{PromptTokens, ReplacementModel};
use connectome::tokenizer::{Prompt, Tokenizer};
use connectome::transcoder::Transcoder;
use connectome_graph::AttributionGraph;
use serde_json::Value;

/// The shipped model, its dictionary, tokenizer and world.
pub(crate) struct World {
    pub(crate) replacement: ReplacementModel,
    tokenizer: Tokenizer,
    facts: Vec<Value>,
    relations: Vec<String>,
    template: String,
}

impl World {
    pub(crate) fn open() -> Self {
        Self::named("two-hop")
    }

    /// The world of a model that ships.
    pub(crate) fn named(name: &str) -> Self {
        let organism: &Organism = organism::by_name(name).unwrap();
        let model = Model::load(&organism.model()).unwrap();
        let transcoder = Transcoder::open(&organism.dictionary()).unwrap();
        let world: Value = serde_json::from_str(organism.world).unwrap();
        let open = |name: &str| organism.model().open(name).unwrap();
        let (tokens, config) = (open("tokenizer.json"), open("tokenizer_config.json"));
        let texts = |value: &Value| -> Vec<String> {
            value.as_array().unwrap().iter().map(|x| x.as_str().unwrap().to_owned()).collect()
        };
        Self {
            replacement: ReplacementModel::new(model, transcoder).unwrap(),
            tokenizer: Tokenizer::from_parts(&tokens, Some(&config), None, None).unwrap(),
            facts: world["facts"].as_array().unwrap().clone(),
            relations: texts(&world["relations"]),
            template: world["templates"]["two_hop"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) fn prompt(&self, text: &str) -> PromptTokens {
        let prepared = self.tokenizer.prepare(Prompt::Text(text), "two-hop").unwrap();
        PromptTokens { ids: prepared.ids, n_zeroed: prepared.zeroed_positions }
    }

    pub(crate) fn token(&self, text: &str) -> u32 {
        self.tokenizer.single_token(text).unwrap()
    }

    /// The graph of a prompt: of its most probable tokens, or of one token.
    pub(crate) fn trace(&self, baseline: &Baseline<'_>, token: Option<u32>) -> AttributionGraph {
        let ids = baseline.prompt().ids.clone();
        let token_texts = ids.iter().map(|id| self.tokenizer.token_text(*id)).collect();
        let prompt = connectome_graph::Prompt { text: String::new(), token_texts, token_ids: ids };
        let labels = Labels { prompt, ..Labels::default() };
        let one = token.map(|token| Targets::Given(vec![TargetSpec::Token(token)]));
        let options = Options { targets: one.unwrap_or_default(), ..Options::default() };
        let text = |id| self.tokenizer.token_text(id);
        attribute(baseline.local(), &options, labels, &text, &mut NoProgress).unwrap()
    }

    /// Every question about every city of a split.
    pub(crate) fn table(&self, split: &str) -> Table {
        self.table_of(self.facts.iter().filter(|fact| fact["split"] == split))
    }

    /// Every question about every `step`-th city.
    pub(crate) fn every(&self, step: usize) -> Table {
        self.table_of(self.facts.iter().step_by(step))
    }

    fn table_of<'a>(&self, facts: impl Iterator<Item = &'a Value>) -> Table {
        let mut questions = Vec::new();
        for fact in facts {
            for asks in &self.relations {
                let text = |key: &str| fact[key].as_str().unwrap();
                let prompt = self.template.replace("{relation}", asks);
                let prompt = prompt.replace("{city}", text("city")).replace(" {answer}", "");
                questions.push(Question {
                    tokens: self.prompt(&prompt).ids,
                    answer: self.token(text(asks)),
                    value: text("state").to_owned(),
                    asks: asks.clone(),
                    answers: BTreeMap::new(),
                });
            }
        }
        Table::new(questions).unwrap()
    }
}
