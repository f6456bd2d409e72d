//! From a folder to a checked [`Transcoder`]: the config and the files must tell one story.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::card::{Activation, Card, Kind};
use super::config::{Config, Declared};
use super::encode::Gate;
use super::formats::{self, Found, Threshold};
use super::{Features, Layer, Transcoder, digest};
use crate::error::LoadError;
use crate::files::{FileBytes, Folder};

const CONFIG: &str = "config.yaml";

/// See [`Transcoder::open_fetched`].
pub(super) fn open(
    folder: &Folder,
    fetched: &BTreeMap<String, PathBuf>,
) -> Result<Transcoder, LoadError> {
    let (bytes, config) = config(folder)?;
    let Found { layout, layers, sources } = formats::read(folder, &config, fetched)?;
    let first = layers.first().expect("every layout has a layer 0");
    let (n_features, d_model) = (first.encoder.n_features(), first.encoder.d_model());
    let activation = activation(&config, &layers)?;
    let card = Card {
        kind: config.kind,
        reads: config.reads,
        writes: config.writes,
        activation,
        n_layers: layers.len(),
        n_features,
        d_model,
        layout,
        has_skip: layers.iter().any(|layer| layer.skip.is_some()),
        path: folder.root(),
        model_name: config.model_name,
        scan: config.scan,
    };
    let digest = digest::digest(&bytes, &sources)?;
    let layers = layers.into_iter().map(|layer| checked(layer, activation)).collect();
    Ok(Transcoder { card, layers, digest })
}

/// See [`Transcoder::remote_files`].
pub(super) fn remote_files(folder: &Folder) -> Result<Vec<String>, LoadError> {
    let (_, config) = config(folder)?;
    let entries = config.files.unwrap_or_default();
    Ok(entries.into_iter().filter(|entry| entry.starts_with("hf://")).collect())
}

fn config(folder: &Folder) -> Result<(FileBytes, Config), LoadError> {
    let bytes = folder.open(CONFIG)?;
    let config = Config::parse(&bytes, &folder.path(CONFIG))?;
    Ok((bytes, config))
}

/// What the config says and the tensors imply must agree; where the config is silent, the
/// tensors decide.
fn activation(config: &Config, layers: &[formats::Layer]) -> Result<Activation, LoadError> {
    let jumps = layers.iter().any(|layer| layer.threshold.is_some());
    let saved = saved_k(layers)?;
    let implied = match (jumps, saved) {
        (true, _) => Declared::JumpRelu,
        (false, Some(_)) => Declared::TopK,
        (false, None) => Declared::Relu,
    };
    let contradiction = |found: &str, expected| LoadError::BadValue {
        key: "activation".to_owned(),
        found: found.to_owned(),
        expected,
        path: config.path.clone(),
    };
    match config.activation.unwrap_or(implied) {
        Declared::Relu if jumps => {
            Err(contradiction("relu", "jumprelu, since the layers hold thresholds"))
        }
        Declared::TopK if jumps => {
            Err(contradiction("topk", "jumprelu, since the layers hold thresholds"))
        }
        Declared::Relu if saved.is_some() => {
            Err(contradiction("relu", "topk, since the layers hold `k`"))
        }
        Declared::Relu => Ok(Activation::Relu),
        Declared::JumpRelu => match layers.iter().find(|layer| layer.threshold.is_none()) {
            None => Ok(Activation::JumpRelu),
            Some(layer) => Err(LoadError::MissingTensor {
                tensor: layer.threshold_name.clone(),
                path: layer.path.clone(),
            }),
        },
        Declared::TopK => top_k(config, layers, saved),
    }
}

/// The `k` that layer files hold, the same in all that do.
fn saved_k(layers: &[formats::Layer]) -> Result<Option<i64>, LoadError> {
    let mut saved = None;
    for layer in layers {
        let Some(k) = layer.k else { continue };
        if *saved.get_or_insert(k) != k {
            return Err(LoadError::BadValue {
                key: "k".to_owned(),
                found: k.to_string(),
                expected: "the `k` of the layers below",
                path: layer.path.clone(),
            });
        }
    }
    Ok(saved)
}

fn top_k(
    config: &Config,
    layers: &[formats::Layer],
    saved: Option<i64>,
) -> Result<Activation, LoadError> {
    if config.kind == Kind::CrossLayer {
        return Err(LoadError::Unsupported {
            key: "activation",
            found: "topk".to_owned(),
            supported: "relu, jumprelu for cross-layer dictionaries",
            path: config.path.clone(),
        });
    }
    let bad = |found: &dyn std::fmt::Display, expected| LoadError::BadValue {
        key: "k".to_owned(),
        found: found.to_string(),
        expected,
        path: config.path.clone(),
    };
    let saved = match saved {
        None => None,
        Some(k) => match usize::try_from(k) {
            Ok(k) if k > 0 => Some(k),
            _ => return Err(bad(&k, "a whole number above zero")),
        },
    };
    let k = match (config.k, saved) {
        (Some(k), Some(saved)) if k != saved => {
            return Err(bad(&k, "the `k` that the layer files hold"));
        }
        (Some(k), _) | (None, Some(k)) => k,
        (None, None) => {
            return Err(LoadError::MissingKey { key: "k".to_owned(), path: config.path.clone() });
        }
    };
    if layers.iter().any(|layer| layer.encoder.n_features() < k) {
        return Err(bad(&k, "at most the number of features of a layer"));
    }
    Ok(Activation::TopK { k })
}

fn checked(layer: formats::Layer, activation: Activation) -> Layer {
    let gate = match (activation, layer.threshold) {
        (Activation::TopK { k }, _) => Gate::Strongest(k),
        (_, Some(Threshold::Layer(value))) => Gate::Above(value),
        (_, Some(Threshold::Feature(values))) => Gate::AboveEach(values),
        (_, None) => Gate::Above(0.0),
    };
    let formats::Layer { encoder, b_dec_d, decoder, skip, .. } = layer;
    Layer { features: Features::Trained { encoder, gate, decoder }, b_dec_d, skip }
}
