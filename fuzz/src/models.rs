//! A model around a mutated `config.json`: random weights of whatever sizes it asks for.

use connectome::attribution::{Labels, NoProgress, Options, attribute};
use connectome::files::Folder;
use connectome::lm::config::{HfConfig, Residual};
use connectome::lm::{Model, ModelConfig, families};
use connectome::ops::matrix::Dtype;
use connectome::replacement::{PromptTokens, ReplacementModel};
use connectome::transcoder::{Activation, Kind, ReadSite, Transcoder, WriteSite};
use connectome_graph::Prompt;

use crate::checkpoint::{Tensors, safetensors, weights};
use crate::dictionary::{self, Plan};
use crate::graphs::explore;
use crate::noise::Noise;

/// Numbers of the largest model that is given weights; larger ones get none, and are refused.
const MOST_NUMBERS: usize = 20_000;

/// Loads the model of a config and traces a prompt on it.
pub fn trace(config_json: &[u8]) {
    let name = "config.json";
    let alone = Folder::memory("model", [(name.to_owned(), config_json.to_vec())]);
    let Ok(json) = alone.json(name) else { return };
    let described = families::describe(&HfConfig::new(json, alone.path(name)));
    let tensors = match &described {
        Ok((config, names)) if is_small(config) => weights(config, names, &mut Noise(1)),
        _ => Tensors::new(),
    };
    let files = [
        (name.to_owned(), config_json.to_vec()),
        ("model.safetensors".to_owned(), safetensors(&tensors, Dtype::F32)),
    ];
    let Ok(model) = Model::load(&Folder::memory("model", files)) else { return };
    trace_on(model);
}

fn is_small(config: &ModelConfig) -> bool {
    let attention = config.n_heads.saturating_mul(config.d_head).saturating_mul(4);
    let mlp = config.d_mlp.saturating_mul(3);
    let block = attention.saturating_add(mlp).saturating_add(4).saturating_mul(config.d_model);
    let table = config.n_vocab.saturating_add(config.n_context).saturating_mul(config.d_model);
    block.saturating_mul(config.n_layers).saturating_add(table) <= MOST_NUMBERS
}

fn trace_on(model: Model) {
    let config = model.config();
    let sides = [config.n_layers, config.d_model];
    let ids: Vec<u32> = (0..config.n_context.min(4)).map(|i| (i % config.n_vocab) as u32).collect();
    let plan = Plan {
        kind: Kind::CrossLayer,
        reads: if config.residual == Residual::Parallel {
            ReadSite::MlpIn
        } else {
            ReadSite::ResidMid
        },
        writes: WriteSite::MlpOut,
        activation: Activation::Relu,
        has_skip: false,
        n_features: 3,
        dtype: Dtype::F32,
    };
    let folder = dictionary::folder(&plan, sides, &|_, _| 0.0, &mut Noise(2));
    let dictionary = Transcoder::open(&folder).expect("a dictionary of ours is well formed");
    let replacement = ReplacementModel::new(model, dictionary).expect("it was made for the model");
    let Ok(local) = replacement.on(&PromptTokens { ids: ids.clone(), n_zeroed: 1 }) else { return };
    let token_texts = ids.iter().map(u32::to_string).collect();
    let labels = Labels {
        prompt: Prompt { text: String::new(), token_texts, token_ids: ids },
        ..Labels::default()
    };
    let text = |token: u32| token.to_string();
    if let Ok(graph) = attribute(&local, &Options::default(), labels, &text, &mut NoProgress) {
        explore(&graph);
    }
}
