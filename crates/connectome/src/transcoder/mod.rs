//! A dictionary of features that stands for a model's MLPs: a cross-layer transcoder, or a set
//! of per-layer transcoders.
//!
//! ```text
//! config.yaml ─► config ─┐
//! tensor files ─► formats ┴─► Transcoder ─► encode     input at the reading site → firings
//!                                        └► decoders   firings → writing directions
//! ```
//!
//! # Invariants
//!
//! - What opened has been checked: every layer is there, all sizes agree, and every bias,
//!   threshold and skip is finite. Encoders and decoders are checked when they are read.
//! - Nothing large is held. Encoders pass through memory by spans of features; of a decoder,
//!   only the rows asked for are read. All of it is in the type of the file and widened to f32
//!   on the way into a product.
//! - Nothing here knows the model's blocks: a site is a name, and its value is handed in.
//!
//! Sources: Ameisen et al. 2025, "Circuit Tracing" (cross-layer transcoders); Dunefsky et al.
//! 2024, arXiv:2406.11944 (per-layer); Paulo et al. 2025, arXiv:2501.18823 (linear skip).

mod card;
mod config;
mod decoder;
mod digest;
mod encode;
mod encoder;
mod formats;
mod neurons;
mod open;
mod place;
mod yaml;

use std::collections::BTreeMap;
use std::path::PathBuf;

pub use self::card::{Activation, Card, Kind, LayoutName, ReadSite, Scan, WriteSite};
use self::decoder::Decoder;
pub use self::decoder::DecoderRows;
pub use self::encode::Firing;
use self::encode::Gate;
use self::encoder::Encoder;
pub use self::neurons::NeuronLayer;
use self::neurons::Neurons;
use crate::error::LoadError;
use crate::files::Folder;
use crate::ops::dense::add_to;
use crate::ops::{Linear, Mat, Matrix};

/// A dictionary of features for every layer of a model.
#[derive(Clone, Debug)]
pub struct Transcoder {
    card: Card,
    layers: Vec<Layer>,
    digest: String,
}

/// One layer, checked.
#[derive(Clone, Debug)]
struct Layer {
    features: Features,
    b_dec_d: Vec<f32>,
    skip: Option<Linear>,
}

/// What a layer's features are made of.
#[derive(Clone, Debug)]
enum Features {
    /// Trained, and read from files.
    Trained { encoder: Encoder, gate: Gate, decoder: Decoder },
    /// The model's own neurons.
    Neurons(Neurons),
}

impl Transcoder {
    /// Opens the dictionary of a folder: `config.yaml`, and the files it lists or the layout
    /// names. Files are mapped, not read.
    ///
    /// # Errors
    ///
    /// Any [`LoadError`] of a config or tensor file; [`LoadError::MissingFile`] names a layer's
    /// file that is absent, or an `hf://` entry that [`Transcoder::open_fetched`] would need.
    pub fn open(folder: &Folder) -> Result<Self, LoadError> {
        Self::open_fetched(folder, &BTreeMap::new())
    }

    /// As [`Transcoder::open`]; `fetched` says where the files of `hf://` entries lie on disk,
    /// by entry.
    ///
    /// # Errors
    ///
    /// As [`Transcoder::open`].
    pub fn open_fetched(
        folder: &Folder,
        fetched: &BTreeMap<String, PathBuf>,
    ) -> Result<Self, LoadError> {
        open::open(folder, fetched)
    }

    /// The `hf://` entries of a folder's config, in order: what must be fetched before
    /// [`Transcoder::open_fetched`].
    ///
    /// # Errors
    ///
    /// As for any config: [`LoadError::MissingFile`], [`LoadError::Yaml`] and the errors of its
    /// keys.
    pub fn remote_files(folder: &Folder) -> Result<Vec<String>, LoadError> {
        open::remote_files(folder)
    }

    /// What the dictionary is.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Checks the dictionary against a model of `n_layers` and width `d_model`. A model whose
    /// attention and MLP read the same residual stream has no `hook_resid_mid`.
    ///
    /// Another name is no error, since fine-tuned models are legitimate; it is told beside what
    /// does not fit. See [`Transcoder::name_mismatch`].
    ///
    /// # Errors
    ///
    /// [`LoadError::Mismatch`] names the first property that differs.
    pub fn check_fits(
        &self,
        n_layers: usize,
        d_model: usize,
        model_name: &str,
        has_resid_mid: bool,
    ) -> Result<(), LoadError> {
        let trained_on = match self.name_mismatch(model_name) {
            Some(name) => format!(" (trained on `{name}`)"),
            None => String::new(),
        };
        let mismatch = |what, found: String, expected: String| LoadError::Mismatch {
            what,
            found: format!("{found}{trained_on}"),
            expected,
            path: self.card.path.clone(),
        };
        let sizes = [
            ("number of layers", self.card.n_layers, n_layers),
            ("width", self.card.d_model, d_model),
        ];
        for (what, found, expected) in sizes {
            if found != expected {
                return Err(mismatch(what, found.to_string(), expected.to_string()));
            }
        }
        if self.card.reads == ReadSite::ResidMid && !has_resid_mid {
            let expected = format!("{} or {}", ReadSite::MlpIn, ReadSite::Ln2Normalized);
            return Err(mismatch("reading site", ReadSite::ResidMid.to_string(), expected));
        }
        Ok(())
    }

    /// The model that the config names, if it is another than `model_name`. Owners and case do
    /// not count: `google/gemma-2-2b` is a folder's `Gemma-2-2B`.
    #[must_use]
    pub fn name_mismatch(&self, model_name: &str) -> Option<String> {
        let base =
            |name: &str| name.trim_end_matches('/').rsplit('/').next().map(str::to_lowercase);
        let own = self.card.model_name.as_ref()?;
        (base(own) != base(model_name)).then(|| own.clone())
    }

    /// Features of `layer` that fire, sorted by `(pos, index)`.
    ///
    /// `input_td` is the value at the reading site, `[T, D]`. The first `n_zeroed` positions
    /// are left out. Costs one `[T, D] × [D, F]` product, by spans of features.
    ///
    /// # Errors
    ///
    /// [`LoadError::NotFinite`] if a pre-activation is NaN or infinite; it names the encoder's
    /// element, or else the input's.
    ///
    /// # Panics
    ///
    /// If there is no such layer or `input_td` has another width: the caller has checked both
    /// with [`Transcoder::check_fits`]. So for all methods below.
    pub fn encode(
        &self,
        layer: usize,
        input_td: &Mat,
        n_zeroed: usize,
    ) -> Result<Vec<Firing>, LoadError> {
        let (n_rows, d_model) = (input_td.n_rows(), input_td.n_cols());
        assert_eq!(d_model, self.card.d_model, "width of the input");
        if n_zeroed >= n_rows {
            return Ok(Vec::new());
        }
        let features = &self.layers[layer].features;
        if n_zeroed == 0 {
            return features.encode(input_td, 0);
        }
        let kept = input_td.data()[n_zeroed * d_model..].to_vec();
        let kept_td = Mat::from_vec(kept, n_rows - n_zeroed, d_model);
        features.encode(&kept_td, n_zeroed)
    }

    /// Pre-activations of some features, fired or not: `[T, n]`, every position.
    #[must_use]
    pub fn pre_activations(&self, layer: usize, input_td: &Mat, indices: &[u32]) -> Mat {
        let rows = self.encoder_rows(layer, indices);
        let rows = Matrix::from_f32(rows.data(), rows.n_rows(), rows.n_cols());
        let mut pre_tn = rows.times_transpose(input_td);
        let b_enc_f = self.b_enc(layer);
        let b_enc_n: Vec<f32> = indices.iter().map(|index| b_enc_f[*index as usize]).collect();
        for row in 0..pre_tn.n_rows() {
            add_to(pre_tn.row_mut(row), &b_enc_n);
        }
        pre_tn
    }

    /// The pre-activation above which a feature fires; `None` where that depends on the other
    /// features of the position (TopK), or is the model's own affair (neurons).
    #[must_use]
    pub fn threshold(&self, layer: usize, index: u32) -> Option<f32> {
        let Features::Trained { gate, .. } = &self.layers[layer].features else { return None };
        match gate {
            Gate::Above(threshold) => Some(*threshold),
            Gate::AboveEach(threshold_f) => Some(threshold_f[index as usize]),
            Gate::Strongest(_) => None,
        }
    }

    /// Reading directions of some features, `[n, D]`.
    #[must_use]
    pub fn encoder_rows(&self, layer: usize, indices: &[u32]) -> Mat {
        match &self.layers[layer].features {
            Features::Trained { encoder, .. } => encoder.rows(indices),
            Features::Neurons(neurons) => neurons.rows(indices),
        }
    }

    /// Encoder biases, `[F]`.
    #[must_use]
    pub fn b_enc(&self, layer: usize) -> &[f32] {
        match &self.layers[layer].features {
            Features::Trained { encoder, .. } => encoder.b_enc(),
            Features::Neurons(neurons) => neurons.b_enc(),
        }
    }

    /// Decoder bias, `[D]`.
    #[must_use]
    pub fn b_dec(&self, layer: usize) -> &[f32] {
        &self.layers[layer].b_dec_d
    }

    /// The linear skip from the reading to the writing site, if the layer has one:
    /// `skip.linear(x)` is what it adds, whichever way the file holds it.
    #[must_use]
    pub fn skip(&self, layer: usize) -> Option<&Linear> {
        self.layers[layer].skip.as_ref()
    }

    /// Layers that a feature of `layer` writes to, its own first: all from there up for a
    /// cross-layer dictionary, else one.
    #[must_use]
    pub fn n_outputs(&self, layer: usize) -> usize {
        match &self.layers[layer].features {
            Features::Trained { decoder, .. } => decoder.n_outputs(),
            Features::Neurons(_) => 1,
        }
    }

    /// Writing directions of some features, for every layer they write to. Only these rows are
    /// read from the file; they stay in its type. Fastest if `indices` ascend.
    ///
    /// # Errors
    ///
    /// [`LoadError::NotFinite`] names the decoder's element.
    pub fn decoders(&self, layer: usize, indices: &[u32]) -> Result<DecoderRows, LoadError> {
        match &self.layers[layer].features {
            Features::Trained { decoder, .. } => decoder.gather(indices),
            Features::Neurons(neurons) => Ok(DecoderRows::of_one_output(neurons.written(indices))),
        }
    }

    /// BLAKE3 in hex over the config, and the length, header, first and last KiB of every file.
    /// Fast, so that every graph can carry it: it tells dictionaries and versions apart, but
    /// does not notice a number changed in the middle of a file.
    #[must_use]
    pub fn digest(&self) -> String {
        self.digest.clone()
    }

    /// The same dictionary writing in random directions: what fires when is unchanged, and every
    /// decoder row keeps its length. What such a dictionary also finds is no finding.
    ///
    /// Source: baselines of arXiv:2602.14111.
    #[must_use]
    pub fn with_random_decoders(&self, seed: u64) -> Self {
        let mut random = self.clone();
        for (layer, Layer { features, .. }) in random.layers.iter_mut().enumerate() {
            if let Features::Trained { decoder, .. } = features {
                decoder.write_at_random(seed, layer);
            }
        }
        random.digest = format!("{} with decoders drawn by {seed}", self.digest);
        random
    }

    /// A model's own neurons as features, one layer of them each; [`NeuronLayer`] says what they
    /// read and write. Of each position the `strongest` that write most fire, or all that are not
    /// zero. `fingerprint` is the model's.
    ///
    /// # Panics
    ///
    /// Without layers.
    #[must_use]
    pub fn of_neurons(
        layers: Vec<NeuronLayer>,
        strongest: Option<usize>,
        fingerprint: &str,
    ) -> Self {
        let d_model = layers.first().expect("a model has layers").up.n_in();
        let layers: Vec<Layer> = layers
            .into_iter()
            .map(|mlp| {
                let neurons = Neurons::new(mlp, strongest);
                let b_dec_d = neurons.b_dec();
                Layer { features: Features::Neurons(neurons), b_dec_d, skip: None }
            })
            .collect();
        let n_features = match &layers[0].features {
            Features::Neurons(neurons) => neurons.n_features(),
            Features::Trained { .. } => unreachable!("made of neurons just above"),
        };
        let card = Card {
            kind: Kind::PerLayer,
            reads: ReadSite::MlpIn,
            writes: WriteSite::MlpOutRaw,
            activation: Activation::Neurons,
            model_name: None,
            scan: Scan::Unnamed,
            n_layers: layers.len(),
            n_features,
            d_model,
            layout: LayoutName::Neurons,
            has_skip: false,
            path: PathBuf::from("neurons"),
        };
        let kept = strongest.map_or_else(|| "all".to_owned(), |most| most.to_string());
        Self { card, layers, digest: format!("{kept} neurons of {fingerprint}") }
    }
}

impl Features {
    fn encode(&self, input_td: &Mat, first_pos: usize) -> Result<Vec<Firing>, LoadError> {
        match self {
            Self::Trained { encoder, gate, .. } => {
                encode::encode(encoder, gate, input_td, first_pos)
            }
            Self::Neurons(neurons) => Ok(neurons.encode(input_td, first_pos)),
        }
    }
}
