//! Published layouts, one file each: from tensors as they are named and laid out to a [`Layer`].
//!
//! A layout is told from the config and the names of the files, never from the name of a
//! repository. All layers must be there and agree in their sizes; whatever does not fit is one
//! error that names the file and the tensor.

mod gemma_scope_1;
mod gemma_scope_2;
mod native_clt;
mod native_plt;
mod npz;
mod source;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub(super) use self::source::Source;
use super::card::{Kind, LayoutName};
use super::config::Config;
use super::decoder::Decoder;
use super::encoder::Encoder;
use super::place::Place;
use crate::error::LoadError;
use crate::files::Folder;
use crate::ops::Linear;
use crate::ops::matrix::Layout;
use crate::weights::Weights;

/// One layer as its files hold it.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub(super) encoder: Encoder,
    pub(super) threshold: Option<Threshold>,
    /// The `k` of a layer saved from a TopK dictionary.
    pub(super) k: Option<i64>,
    pub(super) b_dec_d: Vec<f32>,
    pub(super) decoder: Decoder,
    pub(super) skip: Option<Linear>,
    /// The file of the encoder.
    pub(super) path: PathBuf,
    /// What the layout calls the threshold.
    pub(super) threshold_name: String,
}

/// Where JumpReLU begins to let through.
#[derive(Clone, Debug)]
pub(super) enum Threshold {
    /// The same for the whole layer.
    Layer(f32),
    /// `[F]`.
    Feature(Vec<f32>),
}

/// A dictionary's layers, and the files they came from.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) layout: LayoutName,
    pub(super) layers: Vec<Layer>,
    pub(super) sources: Vec<Source>,
}

/// Reads whichever layout the folder holds. `fetched` says where `hf://` files lie on disk.
pub(super) fn read(
    folder: &Folder,
    config: &Config,
    fetched: &BTreeMap<String, PathBuf>,
) -> Result<Found, LoadError> {
    let listed = match &config.files {
        Some(entries) => Some(Source::of_list(folder, config, entries, fetched)?),
        None => None,
    };
    match (config.kind, listed) {
        (Kind::PerLayer, Some(sources)) => per_layer(sources),
        (Kind::PerLayer, None) => per_layer(native_plt::sources(folder, config)?),
        (Kind::CrossLayer, Some(sources)) => {
            let layers = gemma_scope_2::cross_layer(&sources)?;
            Ok(Found { layout: LayoutName::GemmaScope2CrossLayer, layers, sources })
        }
        (Kind::CrossLayer, None) => {
            let sources = native_clt::sources(folder, config)?;
            let layers = native_clt::layers(&sources)?;
            Ok(Found { layout: LayoutName::NativeCrossLayer, layers, sources })
        }
    }
}

/// One file a layer, of whichever per-layer layout the first file has.
fn per_layer(sources: Vec<Source>) -> Result<Found, LoadError> {
    let first = sources.first().expect("a list of files is not empty");
    let (layout, layers) = if first.is_npz() {
        (LayoutName::GemmaScope1, gemma_scope_1::layers(&sources)?)
    } else if first.weights()?.has("w_enc") {
        (LayoutName::GemmaScope2PerLayer, gemma_scope_2::per_layer(&sources)?)
    } else {
        (LayoutName::NativePerLayer, native_plt::layers(&sources)?)
    };
    Ok(Found { layout, layers, sources })
}

/// Features of a layer and width of the model.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    n_features: usize,
    d_model: usize,
}

impl Sizes {
    /// From the shape of an encoder, where each length must be possible.
    fn of_shape(shape: &[usize], layout: Layout, place: &Place) -> Result<Self, LoadError> {
        let bad = || LoadError::BadValue {
            key: format!("shape of {}", place.tensor),
            found: format!("{shape:?}"),
            expected: "two axes, features and width, neither empty nor above 4294967295",
            path: place.path.clone(),
        };
        let [rows, cols] = *shape else { return Err(bad()) };
        let (n_features, d_model) = match layout {
            Layout::OutIn => (rows, cols),
            Layout::InOut => (cols, rows),
        };
        let possible = |len: usize| len > 0 && u32::try_from(len).is_ok();
        if !possible(n_features) || !possible(d_model) {
            return Err(bad());
        }
        Ok(Self { n_features, d_model })
    }

    /// From the encoder of the first layer; later layers must equal it.
    fn of(weights: &Weights, tensor: &str, layout: Layout) -> Result<Self, LoadError> {
        let place = Place { tensor: tensor.to_owned(), path: weights.path_of(tensor) };
        match weights.shape(tensor) {
            Some(shape) => Self::of_shape(shape, layout, &place),
            None => Err(LoadError::MissingTensor { tensor: place.tensor, path: place.path }),
        }
    }

    /// Shape of an encoder.
    fn encoder(self, layout: Layout) -> [usize; 2] {
        match layout {
            Layout::OutIn => [self.n_features, self.d_model],
            Layout::InOut => [self.d_model, self.n_features],
        }
    }
}

/// Reads layers in order; `read` is told the index and the sizes of the layer before.
fn in_order(
    n_layers: usize,
    mut read: impl FnMut(usize, Option<Sizes>) -> Result<Layer, LoadError>,
) -> Result<Vec<Layer>, LoadError> {
    let mut layers: Vec<Layer> = Vec::new();
    for index in 0..n_layers {
        let sizes = layers.last().map(|layer| Sizes {
            n_features: layer.encoder.n_features(),
            d_model: layer.encoder.d_model(),
        });
        layers.push(read(index, sizes)?);
    }
    Ok(layers)
}

/// An encoder of a safetensors file and its sizes.
fn encoder(
    weights: &Weights,
    [tensor, bias]: [&str; 2],
    layout: Layout,
    known: Option<Sizes>,
) -> Result<(Encoder, Sizes), LoadError> {
    let sizes = known.map_or_else(|| Sizes::of(weights, tensor, layout), Ok)?;
    let [n_rows, n_cols] = sizes.encoder(layout);
    let weight = weights.matrix(tensor, n_rows, n_cols)?;
    let b_enc_f = weights.vector(bias, sizes.n_features)?;
    let place = Place { tensor: tensor.to_owned(), path: weights.path_of(tensor) };
    Ok((Encoder::new(weight, layout, b_enc_f, place), sizes))
}

/// The first of these tensors that is there: one number, or one a feature.
fn threshold(
    weights: &Weights,
    names: &[&str],
    sizes: Sizes,
) -> Result<Option<Threshold>, LoadError> {
    let Some(name) = names.iter().find(|name| weights.has(name)) else { return Ok(None) };
    match weights.shape(name) {
        Some([]) => {
            let place = Place { tensor: (*name).to_owned(), path: weights.path_of(name) };
            let value = place.finite(weights.stored(name, &[])?.to_vec())?;
            Ok(Some(Threshold::Layer(value[0])))
        }
        Some([1]) => Ok(Some(Threshold::Layer(weights.vector(name, 1)?[0]))),
        _ => Ok(Some(Threshold::Feature(weights.vector(name, sizes.n_features)?))),
    }
}

/// A linear skip, if there is one; `layout` says whether the file's matrix is applied as
/// `x · Wᵀ` or `x · W`.
fn skip(
    weights: &Weights,
    name: &str,
    layout: Layout,
    sizes: Sizes,
) -> Result<Option<Linear>, LoadError> {
    if !weights.has(name) {
        return Ok(None);
    }
    let matrix = weights.matrix(name, sizes.d_model, sizes.d_model)?;
    let place = Place { tensor: name.to_owned(), path: weights.path_of(name) };
    place.check_finite(matrix.stored())?;
    Ok(Some(Linear::new(matrix, layout, None)))
}
