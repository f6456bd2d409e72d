//! [`LocalReplacement`]: everything about one prompt that attribution needs, from one forward
//! pass of the original model.
//!
//! The stream of the model is accounted for in full, at every layer and position: features
//! (activation times decoder row), an error vector for what they miss, the token's embedding,
//! and constants (biases, position embeddings, and the MLP outputs of positions whose features
//! are not used) that no node carries.

use std::ops::Range;

use connectome_graph::{ActiveFeature, FeatureId};
use rayon::prelude::*;

use super::ReplacementModel;
use super::frozen::{FrozenLayer, FrozenMap, attention_constant};
use super::recorder::Recorder;
use super::stream::Stream;
use crate::error::{LoadError, RunError};
use crate::lm::LogitsAt;
use crate::ops::Mat;
use crate::ops::dense::{add_scaled, add_to};
use crate::transcoder::{DecoderRows, Firing, Kind, ReadSite, Transcoder};

/// A prompt as the model gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptTokens {
    /// Token ids, `[T]`.
    pub ids: Vec<u32>,
    /// Leading positions whose features and errors are not used: they hold BOS or a template's
    /// head, on which dictionaries are not trained.
    pub n_zeroed: usize,
}

/// The local replacement model of one prompt.
#[derive(Debug)]
pub struct LocalReplacement<'m> {
    replacement: &'m ReplacementModel,
    prompt: PromptTokens,
    map: FrozenMap<'m>,
    features: ActiveFeatures,
    embed_td: Mat,
    positions_td: Option<Mat>,
    error_ltd: Vec<Mat>,
    constant_ltd: Vec<Mat>,
    final_td: Mat,
    last_logits_v: Vec<f32>,
}

/// The features that fire on a prompt, with their reading and writing directions.
#[derive(Debug)]
pub struct ActiveFeatures {
    list: Vec<ActiveFeature>,
    pre_activation_a: Vec<f32>,
    /// Row of each feature in its layer's tables: a feature that fires twice is stored once.
    table_row_a: Vec<u32>,
    /// Where each layer's features start in the list, and the end.
    layer_starts: Vec<usize>,
    encoders: Vec<Mat>,
    decoders: Vec<DecoderRows>,
}

impl ActiveFeatures {
    fn gather(transcoder: &Transcoder, firings: Vec<Vec<Firing>>) -> Result<Self, LoadError> {
        let mut features = Self {
            list: Vec::new(),
            pre_activation_a: Vec::new(),
            table_row_a: Vec::new(),
            layer_starts: vec![0],
            encoders: Vec::new(),
            decoders: Vec::new(),
        };
        for (layer, firings) in firings.into_iter().enumerate() {
            let mut unique: Vec<u32> = firings.iter().map(|firing| firing.index).collect();
            unique.sort_unstable();
            unique.dedup();
            for firing in firings {
                let row = unique.binary_search(&firing.index).expect("collected just above");
                features.table_row_a.push(row as u32);
                features.pre_activation_a.push(firing.pre_activation);
                features.list.push(ActiveFeature {
                    id: FeatureId { layer: layer as u32, index: firing.index },
                    pos: firing.pos,
                    activation: firing.activation,
                });
            }
            features.layer_starts.push(features.list.len());
            features.encoders.push(transcoder.encoder_rows(layer, &unique));
            features.decoders.push(transcoder.decoders(layer, &unique)?);
        }
        Ok(features)
    }

    /// All of them, ascending by `(layer, pos, index)`.
    #[must_use]
    pub fn list(&self) -> &[ActiveFeature] {
        &self.list
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether nothing fires.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Bytes held, of which the directions are nearly all: of each feature once, however often
    /// it fires, and of a cross-layer transcoder's for every layer that it writes to.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        let encoders = self.encoders.iter().map(|rows| size_of_val(rows.data()));
        let directions: usize =
            encoders.chain(self.decoders.iter().map(DecoderRows::n_bytes)).sum();
        directions + size_of_val(self.list.as_slice())
    }

    /// The place in the list of a feature at a position.
    ///
    /// # Errors
    ///
    /// [`RunError::InactiveFeature`] if it does not fire there.
    pub fn find(&self, id: FeatureId, pos: u32) -> Result<usize, RunError> {
        let wanted = (id.layer, pos, id.index);
        let order = |feature: &ActiveFeature| (feature.id.layer, feature.pos, feature.id.index);
        let (layer, index) = (id.layer, id.index);
        let found = self.list.binary_search_by_key(&wanted, order);
        found.map_err(|_| RunError::InactiveFeature { layer, index, pos })
    }

    /// Pre-activation of a feature.
    #[must_use]
    pub fn pre_activation(&self, feature: usize) -> f32 {
        self.pre_activation_a[feature]
    }

    /// Places in the list of one layer's features.
    #[must_use]
    pub fn of_layer(&self, layer: usize) -> Range<usize> {
        self.layer_starts[layer]..self.layer_starts[layer + 1]
    }

    /// Where a feature reads: its encoder row, `[D]`.
    #[must_use]
    pub fn encoder(&self, feature: usize) -> &[f32] {
        let layer = self.list[feature].id.layer as usize;
        self.encoders[layer].row(self.table_row_a[feature] as usize)
    }

    /// Where a feature writes at `layer`, not below its own: its decoder row `[D]` into
    /// `out_d`.
    pub fn read_decoder(&self, feature: usize, layer: usize, out_d: &mut [f32]) {
        let own = self.list[feature].id.layer as usize;
        let row = self.table_row_a[feature] as usize;
        self.decoders[own].read(row, layer - own, out_d);
    }

    /// Places in the list of the features that write at `layer`: all at or below it in a
    /// cross-layer transcoder, its own in a per-layer one.
    #[must_use]
    pub fn writing_at(&self, layer: usize, kind: Kind) -> Range<usize> {
        match kind {
            Kind::CrossLayer => 0..self.layer_starts[layer + 1],
            Kind::PerLayer => self.of_layer(layer),
        }
    }
}

impl<'m> LocalReplacement<'m> {
    pub(super) fn new(
        replacement: &'m ReplacementModel,
        prompt: &PromptTokens,
    ) -> Result<Self, RunError> {
        Ok(Self::record(replacement, prompt, Keep::Nothing)?.0)
    }

    /// Also returns the stream of the pass, if it is to be kept.
    pub(super) fn record(
        replacement: &'m ReplacementModel,
        prompt: &PromptTokens,
        keep: Keep,
    ) -> Result<(Self, Stream), RunError> {
        let (model, transcoder) = (replacement.model(), replacement.transcoder());
        model.check_prompt(&prompt.ids)?;
        let (config, card) = (model.config(), transcoder.card());
        let n_tokens = prompt.ids.len();
        let mut recorder = Recorder::new(config, card.reads, card.writes, n_tokens);
        if keep == Keep::Stream {
            recorder.keep_stream();
        }
        let last = LogitsAt::Positions(vec![n_tokens - 1]);
        let last_logits_v = model.forward(&prompt.ids, &mut recorder, &last)?.into_vec();

        let firings = (0..config.n_layers)
            .map(|layer| transcoder.encode(layer, read(&recorder, layer), prompt.n_zeroed))
            .collect::<Result<Vec<_>, _>>()?;
        let features = ActiveFeatures::gather(transcoder, firings)?;
        let mut error_ltd = Vec::new();
        let mut constant_ltd = Vec::new();
        for layer in 0..config.n_layers {
            let out_td = recorder.layers[layer].out_td.take().expect("every MLP writes");
            let read_td = recorder.layers[layer].read_td.take().expect(SITE_EXISTS);
            let parts = Residue { replacement, features: &features, n_zeroed: prompt.n_zeroed };
            let (error_td, constant_td) = parts.of(layer, &read_td, &out_td);
            error_ltd.push(error_td);
            constant_ltd.push(constant_td);
            if let Some(stream) = &mut recorder.stream {
                stream.push_layer(read_td, out_td);
            }
        }
        let layers = (0..config.n_layers).map(|layer| frozen(replacement, &mut recorder, layer));
        let layers = layers.collect();
        let map = FrozenMap::new(model, transcoder, layers, recorder.final_scale_t);
        let local = Self {
            replacement,
            prompt: prompt.clone(),
            map,
            features,
            embed_td: recorder.embed_td,
            positions_td: model.position_rows(0..n_tokens),
            error_ltd,
            constant_ltd,
            final_td: recorder.final_td,
            last_logits_v,
        };
        Ok((local, recorder.stream.unwrap_or_default()))
    }

    /// The model and the dictionary.
    #[must_use]
    pub fn replacement(&self) -> &'m ReplacementModel {
        self.replacement
    }

    /// The prompt.
    #[must_use]
    pub fn prompt(&self) -> &PromptTokens {
        &self.prompt
    }

    /// The frozen linear map.
    #[must_use]
    pub fn map(&self) -> &FrozenMap<'m> {
        &self.map
    }

    /// What fires.
    #[must_use]
    pub fn features(&self) -> &ActiveFeatures {
        &self.features
    }

    /// Positions of the prompt.
    #[must_use]
    pub fn n_tokens(&self) -> usize {
        self.prompt.ids.len()
    }

    /// Bytes that are held of the prompt, beside the model and the dictionary: its features,
    /// embeddings, errors and constants, and attention patterns.
    #[must_use]
    pub fn n_bytes(&self) -> usize {
        let vectors = self.error_ltd.iter().chain(&self.constant_ltd);
        let vectors = vectors.chain([&self.embed_td, &self.final_td]).chain(&self.positions_td);
        let vectors: usize = vectors.map(|x_td| size_of_val(x_td.data())).sum();
        let layers = 0..self.map.n_layers();
        let patterns: usize = layers.map(|layer| self.map.layer(layer).pattern.n_bytes()).sum();
        self.features.n_bytes() + vectors + patterns
    }

    /// Token embeddings as they enter the stream, `[T, D]`.
    #[must_use]
    pub fn embeddings(&self) -> &Mat {
        &self.embed_td
    }

    /// Position embeddings, if the family has them, `[T, D]`: constants, not nodes.
    #[must_use]
    pub fn position_embeddings(&self) -> Option<&Mat> {
        self.positions_td.as_ref()
    }

    /// What the dictionary misses of a layer's MLP output, at the site it writes, `[T, D]`.
    #[must_use]
    pub fn errors(&self, layer: usize) -> &Mat {
        &self.error_ltd[layer]
    }

    /// What no node carries of a layer's MLP output, at the site the dictionary writes,
    /// `[T, D]`.
    #[must_use]
    pub fn constants(&self, layer: usize) -> &Mat {
        &self.constant_ltd[layer]
    }

    /// Output of the last norm, `[T, D]`.
    #[must_use]
    pub fn final_norm_output(&self) -> &Mat {
        &self.final_td
    }

    /// Logits at a position, `[V]`, softcapped if the model does that.
    ///
    /// # Errors
    ///
    /// [`RunError::Position`].
    pub fn logits(&self, pos: usize) -> Result<Vec<f32>, RunError> {
        let n_tokens = self.n_tokens();
        if pos + 1 == n_tokens {
            return Ok(self.last_logits_v.clone());
        }
        if pos >= n_tokens {
            return Err(RunError::Position { found: pos as i64, n_tokens });
        }
        let model = self.replacement.model();
        let row = Mat::from_vec(self.final_td.row(pos).to_vec(), 1, self.final_td.n_cols());
        Ok(model.logits(&row)?.into_vec())
    }
}

/// Why a recorded pass holds what the dictionary reads.
const SITE_EXISTS: &str = "the dictionary fits, so its site exists";

/// What a pass keeps beside the local replacement model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    Nothing,
    Stream,
}

fn read<'a>(recorder: &'a Recorder<'_>, layer: usize) -> &'a Mat {
    recorder.layers[layer].read_td.as_ref().expect(SITE_EXISTS)
}

fn frozen(
    replacement: &ReplacementModel,
    recorder: &mut Recorder<'_>,
    layer: usize,
) -> FrozenLayer {
    let pattern = recorder.take_pattern(layer);
    let record = &mut recorder.layers[layer];
    FrozenLayer {
        attn_scale_t: std::mem::take(&mut record.attn_scale_t),
        post_attn_scale_t: record.post_attn_scale_t.take(),
        mlp_scale_t: std::mem::take(&mut record.mlp_scale_t),
        post_mlp_scale_t: record.post_mlp_scale_t.take(),
        pattern,
        attn_constant_d: attention_constant(replacement.model().block(layer)),
    }
}

/// Splits MLP outputs into what features explain, an error, and constants.
struct Residue<'a> {
    replacement: &'a ReplacementModel,
    features: &'a ActiveFeatures,
    n_zeroed: usize,
}

impl Residue<'_> {
    /// `(error, constant)`, both `[T, D]`, with
    /// `out = Σ activation · decoder + skip's linear part + error + constant`.
    fn of(&self, layer: usize, read_td: &Mat, out_td: &Mat) -> (Mat, Mat) {
        let transcoder = self.replacement.transcoder();
        let skipped_td = transcoder.skip(layer).map(|skip| skip.linear(read_td));
        let skip_constant_d = self.skip_constant(layer);
        let explained_td = self.explained(layer, read_td.n_rows(), out_td.n_cols());
        let b_dec_d = transcoder.b_dec(layer);
        let (n_tokens, d_model) = (out_td.n_rows(), out_td.n_cols());
        let (mut error_td, mut constant_td) = (out_td.clone(), Mat::zeros(n_tokens, d_model));
        for pos in 0..n_tokens {
            let (error, constant) = (error_td.row_mut(pos), constant_td.row_mut(pos));
            if let Some(skipped_td) = &skipped_td {
                add_scaled(error, -1.0, skipped_td.row(pos));
            }
            if let Some(skip_constant_d) = &skip_constant_d {
                add_to(constant, skip_constant_d);
            }
            if pos < self.n_zeroed {
                add_to(constant, error);
                error.fill(0.0);
                continue;
            }
            add_to(constant, b_dec_d);
            add_scaled(error, -1.0, b_dec_d);
            add_scaled(error, -1.0, explained_td.row(pos));
        }
        (error_td, constant_td)
    }

    /// What the linear skip makes of the bias in the site it reads.
    fn skip_constant(&self, layer: usize) -> Option<Vec<f32>> {
        let transcoder = self.replacement.transcoder();
        let skip = transcoder.skip(layer)?;
        let bias_d = read_bias(self.replacement, layer)?;
        let row = Mat::from_vec(bias_d.to_vec(), 1, bias_d.len());
        Some(skip.linear(&row).into_vec())
    }

    /// `Σ activation · decoder` at a layer, `[T, D]`.
    fn explained(&self, layer: usize, n_tokens: usize, d_model: usize) -> Mat {
        let kind = self.replacement.transcoder().card().kind;
        let writing = self.features.writing_at(layer, kind);
        let mut by_pos: Vec<Vec<usize>> = vec![Vec::new(); n_tokens];
        for feature in writing {
            by_pos[self.features.list[feature].pos as usize].push(feature);
        }
        let mut out_td = Mat::zeros(n_tokens, d_model);
        let rows = out_td.data_mut().par_chunks_exact_mut(d_model);
        rows.zip(&by_pos).for_each(|(row, features)| {
            let mut decoder_d = vec![0.0; d_model];
            for &feature in features {
                self.features.read_decoder(feature, layer, &mut decoder_d);
                add_scaled(row, self.features.list[feature].activation, &decoder_d);
            }
        });
        out_td
    }
}

/// The bias inside the site that `layer`'s dictionary reads: the pre-MLP norm's, if it reads
/// after it.
pub(crate) fn read_bias(replacement: &ReplacementModel, layer: usize) -> Option<&[f32]> {
    match replacement.transcoder().card().reads {
        ReadSite::MlpIn => replacement.model().block(layer).mlp_norm.bias(),
        ReadSite::ResidMid | ReadSite::Ln2Normalized => None,
    }
}
