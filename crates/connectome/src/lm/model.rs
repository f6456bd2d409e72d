//! [`Model`]: a checkpoint, loaded and checked, and its forward pass over one prompt.

use std::ops::Range;
use std::sync::OnceLock;

use super::attention::{AttentionLayer, Context};
use super::config::{HfConfig, Mlp, ModelConfig, Residual};
use super::families;
use super::mlp::MlpLayer;
use super::names::{NameMap, QkvNames};
use super::norm::NormLayer;
use super::rope::{Rotation, Rotations};
use super::segment::Segment;
use super::tap::{Site, Tap};
use crate::error::{LoadError, RunError};
use crate::files::Folder;
use crate::ops::dense::{add_scaled, add_to};
use crate::ops::matrix::Layout;
use crate::ops::{Linear, Mat, Matrix};
use crate::weights::Weights;

/// A decoder with its weights; a copy shares them.
#[derive(Clone, Debug)]
pub struct Model {
    config: ModelConfig,
    name: String,
    fingerprint: String,
    weights: Weights,
    embed: Matrix,
    positions: Option<Matrix>,
    blocks: Vec<Block>,
    final_norm: NormLayer,
    unembed: Matrix,
    mean_unembed_d: OnceLock<Vec<f32>>,
}

/// One block's weights.
#[derive(Clone, Debug)]
pub struct Block {
    /// Before attention.
    pub attn_norm: NormLayer,
    /// Attention.
    pub attention: AttentionLayer,
    /// After attention (Gemma).
    pub post_attn_norm: Option<NormLayer>,
    /// Before the MLP.
    pub mlp_norm: NormLayer,
    /// The MLP.
    pub mlp: MlpLayer,
    /// After the MLP (Gemma).
    pub post_mlp_norm: Option<NormLayer>,
}

/// For which positions logits are wanted; each costs a product with the whole vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogitsAt {
    /// All of them.
    All,
    /// These, in this order.
    Positions(Vec<usize>),
}

impl Model {
    /// Loads `config.json` and the weights of a Hugging Face folder. Weights are mapped, not
    /// read; every name and shape is checked.
    ///
    /// # Errors
    ///
    /// [`LoadError`] with the file, the tensor or key, and what was expected.
    pub fn load(folder: &Folder) -> Result<Self, LoadError> {
        let hf = HfConfig::new(folder.json("config.json")?, folder.path("config.json"));
        let (config, names) = families::describe(&hf)?;
        let weights = Weights::open_checkpoint(folder)?;
        let loader = Loader::new(&config, &names, &weights)?;
        let embed = loader.matrix(names.embed, config.n_vocab, config.d_model)?;
        let positions = names.positions.map(|n| loader.matrix(n, config.n_context, config.d_model));
        let blocks =
            (0..config.n_layers).map(|layer| loader.block(layer)).collect::<Result<_, _>>()?;
        let unembed = if config.tied { embed.clone() } else { loader.unembed()? };
        Ok(Self {
            name: name_of(folder, &hf)?,
            fingerprint: weights.fingerprint(&folder.open("config.json")?),
            positions: positions.transpose()?,
            final_norm: loader
                .norm(&format!("{}{}", loader.prefix, names.final_norm), config.d_model)?,
            mean_unembed_d: OnceLock::new(),
            embed,
            blocks,
            unembed,
            config,
            weights,
        })
    }

    /// The axes of this decoder.
    #[must_use]
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// What to call it: the config's `_name_or_path`, or the folder's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// See [`Weights::fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// One block's weights.
    #[must_use]
    pub fn block(&self, layer: usize) -> &Block {
        &self.blocks[layer]
    }

    /// The last norm.
    #[must_use]
    pub fn final_norm(&self) -> &NormLayer {
        &self.final_norm
    }

    /// Rows of the unembedding, `[V, D]`.
    #[must_use]
    pub fn unembed(&self) -> &Matrix {
        &self.unembed
    }

    /// Rows of the embedding, unscaled, `[V, D]`.
    #[must_use]
    pub fn embed(&self) -> &Matrix {
        &self.embed
    }

    /// The unembedding's mean over the vocabulary, `[D]`; read once, then kept.
    #[must_use]
    pub fn mean_unembed(&self) -> &[f32] {
        self.mean_unembed_d.get_or_init(|| {
            // NUMERICS: f64 sums; a vocabulary has 10⁵ rows.
            let (n_vocab, d_model) = (self.unembed.n_rows(), self.unembed.n_cols());
            let mut sum = vec![0.0_f64; d_model];
            let mut row = vec![0.0; d_model];
            for token in 0..n_vocab {
                self.unembed.read_row(token, &mut row);
                sum.iter_mut().zip(&row).for_each(|(sum, x)| *sum += f64::from(*x));
            }
            sum.iter().map(|sum| (sum / n_vocab as f64) as f32).collect()
        })
    }

    /// The position table's rows of a span, if the family has one: `[T, D]`.
    #[must_use]
    pub fn position_rows(&self, span: Range<usize>) -> Option<Mat> {
        self.positions.as_ref().map(|table| table.row_block(span.start, span.len()).to_mat())
    }

    /// Token embeddings as they enter the stream, scaled and without positions: `[T, D]`.
    #[must_use]
    pub fn embedding(&self, tokens: &[u32]) -> Mat {
        let mut x_td = Mat::zeros(tokens.len(), self.config.d_model);
        for (pos, &token) in tokens.iter().enumerate() {
            self.embed.read_row(token as usize, x_td.row_mut(pos));
        }
        let scale = self.config.embed_scale;
        if scale != 1.0 {
            x_td.data_mut().iter_mut().for_each(|x| *x *= scale);
        }
        x_td
    }

    /// Checks a prompt against vocabulary and context.
    ///
    /// # Errors
    ///
    /// [`RunError::EmptyPrompt`], [`RunError::ContextLength`], [`RunError::TokenId`].
    pub fn check_prompt(&self, tokens: &[u32]) -> Result<(), RunError> {
        if tokens.is_empty() {
            return Err(RunError::EmptyPrompt);
        }
        if tokens.len() > self.config.n_context {
            let (found, limit) = (tokens.len(), self.config.n_context);
            return Err(RunError::ContextLength { found, limit });
        }
        let vocab = self.config.n_vocab;
        match tokens.iter().find(|&&token| token as usize >= vocab) {
            Some(&found) => Err(RunError::TokenId { found, vocab }),
            None => Ok(()),
        }
    }

    /// Runs the model over `tokens` and returns logits `[positions, V]` (softcapped if the
    /// model does that).
    ///
    /// # Errors
    ///
    /// As [`Model::check_prompt`]; [`RunError::Position`]; [`LoadError::NotFinite`] if the
    /// weights hold NaN or infinity; what the tap refuses.
    pub fn forward(
        &self,
        tokens: &[u32],
        tap: &mut dyn Tap,
        logits_at: &LogitsAt,
    ) -> Result<Mat, RunError> {
        self.check_prompt(tokens)?;
        let segment = Segment::whole(tokens.len());
        let mut x_td = self.embedding(tokens);
        tap.at(Site::Embed, &mut x_td)?;
        if let Some(positions) = self.position_rows(0..tokens.len()) {
            x_td.add(&positions);
        }
        let normed_td = self.forward_segment(x_td, 0, segment, tap)?;
        match logits_at {
            LogitsAt::All => self.logits(&normed_td),
            LogitsAt::Positions(positions) => {
                let n_tokens = normed_td.n_rows();
                let mut picked = Mat::zeros(positions.len(), normed_td.n_cols());
                for (row, &pos) in positions.iter().enumerate() {
                    if pos >= n_tokens {
                        return Err(RunError::Position { found: pos as i64, n_tokens });
                    }
                    picked.row_mut(row).copy_from_slice(normed_td.row(pos));
                }
                self.logits(&picked)
            }
        }
    }

    /// Runs the model over a segment's tokens, run by run, and returns the last norm's output
    /// `[R, D]`. Positions of the segment must lie within the model's context.
    ///
    /// # Errors
    ///
    /// As [`Model::forward`].
    pub fn forward_runs(
        &self,
        tokens: &[u32],
        segment: Segment<'_>,
        tap: &mut dyn Tap,
    ) -> Result<Mat, RunError> {
        let n_new = segment.n_new;
        let mut x = self.embedding(tokens);
        if let Some(positions) = self.position_rows(segment.first_pos..segment.first_pos + n_new) {
            for row in 0..x.n_rows() {
                add_to(x.row_mut(row), positions.row(row % n_new));
            }
        }
        self.forward_segment(x, 0, segment, tap)
    }

    /// Runs the blocks from `from_layer` on over a segment's stream `x` (`[R, D]`, as it is
    /// before that block), and returns the last norm's output `[R, D]`. Positions of the segment
    /// must lie within the model's context.
    ///
    /// # Errors
    ///
    /// As [`Model::forward`].
    pub fn forward_segment(
        &self,
        mut x: Mat,
        from_layer: usize,
        segment: Segment<'_>,
        tap: &mut dyn Tap,
    ) -> Result<Mat, RunError> {
        assert_eq!(x.n_rows(), segment.n_rows(), "rows of the segment");
        let config = &self.config;
        let context = Context {
            config: &config.attention,
            n_heads: config.n_heads,
            group: config.n_heads / config.n_kv_heads,
            segment,
        };
        let rotations = Rotations::new(
            &self.config.position,
            segment.first_pos..segment.first_pos + segment.n_new,
        );
        for layer in from_layer..config.n_layers {
            tap.at(Site::ResidPre(layer), &mut x)?;
            self.run_block(layer, &mut x, (&context, rotations.for_layer(layer)), tap)?;
            self.check_finite(&x, || format!("the output of block {layer}"))?;
        }
        tap.at(Site::ResidFinal, &mut x)?;
        let mut scale_t = self.final_norm.scales(&x);
        tap.at(Site::FinalNormScale, &mut scale_t)?;
        let mut normed = self.final_norm.normalized(&x, &scale_t);
        self.final_norm.gain_and_bias(&mut normed);
        tap.at(Site::FinalNorm, &mut normed)?;
        Ok(normed)
    }

    /// Logits `[R, V]` of rows of the last norm's output, softcapped if the model does that.
    ///
    /// # Errors
    ///
    /// As [`Model::forward`], if they are not finite.
    pub fn logits(&self, normed: &Mat) -> Result<Mat, RunError> {
        let mut logits = self.unembed.times_transpose(normed);
        if let Some(cap) = self.config.logit_softcap {
            logits.data_mut().iter_mut().for_each(|x| *x = cap * (*x / cap).tanh());
        }
        self.check_finite(&logits, || "the logits".to_owned())?;
        Ok(logits)
    }

    fn run_block(
        &self,
        layer: usize,
        x_td: &mut Mat,
        (context, rotation): (&Context<'_>, Option<&Rotation>),
        tap: &mut dyn Tap,
    ) -> Result<(), RunError> {
        let block = &self.blocks[layer];
        let mut scale_t = block.attn_norm.scales(x_td);
        tap.at(Site::AttnNormScale(layer), &mut scale_t)?;
        let mut normed_td = block.attn_norm.normalized(x_td, &scale_t);
        block.attn_norm.gain_and_bias(&mut normed_td);
        let raw_td = block.attention.forward(layer, &normed_td, context, rotation, tap)?;
        let post_scale = Site::PostAttnNormScale(layer);
        let mut attn_td = after(block.post_attn_norm.as_ref(), raw_td, post_scale, tap)?;
        tap.at(Site::AttnOut(layer), &mut attn_td)?;
        if self.config.residual == Residual::Parallel {
            let mut mlp_td = self.run_mlp(layer, x_td, tap)?;
            tap.at(Site::MlpOut(layer), &mut mlp_td)?;
            x_td.add(&attn_td);
            x_td.add(&mlp_td);
            return Ok(());
        }
        x_td.add(&attn_td);
        tap.at(Site::ResidMid(layer), x_td)?;
        let mut mlp_td = self.run_mlp(layer, x_td, tap)?;
        tap.at(Site::MlpOut(layer), &mut mlp_td)?;
        x_td.add(&mlp_td);
        Ok(())
    }

    /// The MLP with the norms around it: what it adds to the stream, `[T, D]`.
    fn run_mlp(&self, layer: usize, x_td: &Mat, tap: &mut dyn Tap) -> Result<Mat, RunError> {
        let block = &self.blocks[layer];
        let mut scale_t = block.mlp_norm.scales(x_td);
        tap.at(Site::MlpNormScale(layer), &mut scale_t)?;
        let mut input_td = block.mlp_norm.normalized(x_td, &scale_t);
        tap.at(Site::Ln2Normalized(layer), &mut input_td)?;
        block.mlp_norm.gain_and_bias(&mut input_td);
        tap.at(Site::MlpIn(layer), &mut input_td)?;
        let mut raw_td = if tap.replaces_mlp(layer) {
            Mat::zeros(input_td.n_rows(), input_td.n_cols())
        } else {
            block.mlp.forward(&input_td)
        };
        tap.at(Site::MlpOutRaw(layer), &mut raw_td)?;
        after(block.post_mlp_norm.as_ref(), raw_td, Site::PostMlpNormScale(layer), tap)
    }

    /// If a tensor of the forward pass is not finite, finds out whether the weights are why.
    fn check_finite(&self, x: &Mat, site: impl Fn() -> String) -> Result<(), RunError> {
        if x.first_not_finite().is_none() {
            return Ok(());
        }
        self.weights.check_all_finite()?;
        Err(RunError::NotFinite { site: site() })
    }

    /// `logit direction of a token`: its unembedding row minus the vocabulary's mean, `[D]`.
    #[must_use]
    pub fn demeaned_unembedding(&self, token: u32) -> Vec<f32> {
        let mut row = vec![0.0; self.config.d_model];
        self.unembed.read_row(token as usize, &mut row);
        add_scaled(&mut row, -1.0, self.mean_unembed());
        row
    }
}

/// The norm after attention or MLP, if the family has one.
fn after(
    norm: Option<&NormLayer>,
    raw_td: Mat,
    site: Site,
    tap: &mut dyn Tap,
) -> Result<Mat, RunError> {
    let Some(norm) = norm else { return Ok(raw_td) };
    let mut scale_t = norm.scales(&raw_td);
    tap.at(site, &mut scale_t)?;
    let mut out_td = norm.normalized(&raw_td, &scale_t);
    norm.gain_and_bias(&mut out_td);
    Ok(out_td)
}

/// `_name_or_path` if it says something, else the folder's name.
fn name_of(folder: &Folder, hf: &HfConfig) -> Result<String, LoadError> {
    let stated = hf.str_or("_name_or_path", "")?;
    if !stated.is_empty() && stated != "." {
        return Ok(stated.to_owned());
    }
    let root = folder.root();
    let named = root.file_name().and_then(|name| name.to_str()).unwrap_or("model");
    Ok(named.to_owned())
}

/// Looks tensors up by the family's names.
struct Loader<'a> {
    config: &'a ModelConfig,
    names: &'a NameMap,
    weights: &'a Weights,
    prefix: &'static str,
}

impl<'a> Loader<'a> {
    fn new(
        config: &'a ModelConfig,
        names: &'a NameMap,
        weights: &'a Weights,
    ) -> Result<Self, LoadError> {
        let has_embed = |prefix: &&&str| weights.has(&format!("{prefix}{}.weight", names.embed));
        // With none of them, the first makes the error name the usual tensor.
        let prefix = names.prefixes.iter().find(has_embed).unwrap_or(&names.prefixes[0]);
        Ok(Self { config, names, weights, prefix })
    }

    fn matrix(&self, name: &str, n_rows: usize, n_cols: usize) -> Result<Matrix, LoadError> {
        self.weights.matrix(&format!("{}{name}.weight", self.prefix), n_rows, n_cols)
    }

    fn unembed(&self) -> Result<Matrix, LoadError> {
        let full = |name: &&&str| self.weights.has(&format!("{name}.weight"));
        let name = self.names.unembed.iter().find(full).unwrap_or(&self.names.unembed[0]);
        self.weights.matrix(&format!("{name}.weight"), self.config.n_vocab, self.config.d_model)
    }

    fn norm(&self, name: &str, width: usize) -> Result<NormLayer, LoadError> {
        let gain = self.weights.vector(&format!("{name}.weight"), width)?;
        let bias_name = format!("{name}.bias");
        let has_bias = matches!(self.config.norm, super::config::Norm::Layer { .. });
        let bias = has_bias.then(|| self.weights.vector(&bias_name, width)).transpose()?;
        Ok(NormLayer::new(self.config.norm, gain, bias))
    }

    /// An `[out, in]` map, or `[in, out]` where the family stores it so.
    fn linear(
        &self,
        name: &str,
        [n_out, n_in]: [usize; 2],
        bias: bool,
    ) -> Result<Linear, LoadError> {
        let layout = match self.names.qkv {
            QkvNames::Columns(_) => Layout::InOut,
            QkvNames::Separate { .. } | QkvNames::PerHead(_) => Layout::OutIn,
        };
        let [n_rows, n_cols] = match layout {
            Layout::OutIn => [n_out, n_in],
            Layout::InOut => [n_in, n_out],
        };
        let weight = self.weights.matrix(&format!("{name}.weight"), n_rows, n_cols)?;
        let bias_name = format!("{name}.bias");
        let bias = bias.then(|| self.weights.vector(&bias_name, n_out)).transpose()?;
        Ok(Linear::new(weight, layout, bias))
    }

    fn block(&self, layer: usize) -> Result<Block, LoadError> {
        let (config, names) = (self.config, self.names);
        let at = |name: &str| format!("{}{}.{layer}.{name}", self.prefix, names.layers);
        let optional =
            |name: Option<&str>| name.map(|name| self.norm(&at(name), config.d_model)).transpose();
        let (d, m, bias) = (config.d_model, config.d_mlp, config.biases.mlp);
        let gate = match (config.mlp, names.gate) {
            (Mlp::Gated(_), Some(name)) => Some(self.linear(&at(name), [m, d], bias)?),
            _ => None,
        };
        Ok(Block {
            attn_norm: self.norm(&at(names.attn_norm), d)?,
            attention: self.attention(&at)?,
            post_attn_norm: optional(names.post_attn_norm)?,
            mlp_norm: self.norm(&at(names.mlp_norm), d)?,
            mlp: MlpLayer {
                kind: config.mlp,
                gate,
                up: self.linear(&at(names.up), [m, d], bias)?,
                down: self.linear(&at(names.down), [d, m], bias)?,
            },
            post_mlp_norm: optional(names.post_mlp_norm)?,
        })
    }

    fn attention(&self, at: &dyn Fn(&str) -> String) -> Result<AttentionLayer, LoadError> {
        let config = self.config;
        let (n_query, n_key) = (config.n_heads * config.d_head, config.n_kv_heads * config.d_head);
        let (d, bias) = (config.d_model, config.biases.qkv);
        let [query, key, value] = match self.names.qkv {
            QkvNames::Separate { q, k, v } => [
                self.linear(&at(q), [n_query, d], bias)?,
                self.linear(&at(k), [n_key, d], bias)?,
                self.linear(&at(v), [n_key, d], bias)?,
            ],
            QkvNames::Columns(name) => {
                let fused = self.linear(&at(name), [n_query + 2 * n_key, d], bias)?;
                [
                    fused.output_block(0, n_query),
                    fused.output_block(n_query, n_key),
                    fused.output_block(n_query + n_key, n_key),
                ]
            }
            QkvNames::PerHead(name) => self.per_head_qkv(&at(name))?,
        };
        let out =
            self.linear(&at(self.names.attention_out), [d, n_query], config.biases.attention_out)?;
        let qk_norms = match self.names.qk_norms {
            Some([q, k]) if config.attention.qk_norm => {
                Some([self.norm(&at(q), config.d_head)?, self.norm(&at(k), config.d_head)?])
            }
            _ => None,
        };
        Ok(AttentionLayer { query, key, value, out, qk_norms, d_head: config.d_head })
    }

    /// GPT-NeoX's fused map, whose rows go head by head through query, key and value. Copied
    /// apart, since a head's rows are not evenly spaced.
    fn per_head_qkv(&self, name: &str) -> Result<[Linear; 3], LoadError> {
        let config = self.config;
        let (d, e, h) = (config.d_model, config.d_head, config.n_heads);
        let fused = self.weights.matrix(&format!("{name}.weight"), 3 * h * e, d)?.to_mat();
        let fused_bias = match config.biases.qkv {
            true => Some(self.weights.vector(&format!("{name}.bias"), 3 * h * e)?),
            false => None,
        };
        let rows_of = |part: usize, head: usize| -> Range<usize> {
            let start = (head * 3 + part) * e;
            start..start + e
        };
        Ok([0, 1, 2].map(|part| {
            let mut weight = Vec::with_capacity(h * e * d);
            let mut bias = fused_bias.as_ref().map(|_| Vec::with_capacity(h * e));
            for head in 0..h {
                let rows = rows_of(part, head);
                weight.extend_from_slice(&fused.data()[rows.start * d..rows.end * d]);
                if let (Some(bias), Some(fused_bias)) = (&mut bias, &fused_bias) {
                    bias.extend_from_slice(&fused_bias[rows]);
                }
            }
            Linear::new(Matrix::from_f32(&weight, h * e, d), Layout::OutIn, bias)
        }))
    }
}

/// Top `n` entries of a row of logits, largest first, ties by token id, with probabilities over
/// the whole row.
#[must_use]
pub fn top_probabilities(logits_v: &[f32], n: usize) -> Vec<(u32, f32)> {
    let probabilities = probabilities(logits_v);
    let mut order: Vec<u32> = (0..logits_v.len() as u32).collect();
    let by_rank =
        |a: &u32, b: &u32| logits_v[*b as usize].total_cmp(&logits_v[*a as usize]).then(a.cmp(b));
    let n = n.min(order.len());
    if n < order.len() {
        order.select_nth_unstable_by(n, by_rank);
        order.truncate(n);
    }
    order.sort_by(by_rank);
    order.into_iter().map(|token| (token, probabilities[token as usize])).collect()
}

/// The most probable token of a row of logits; of equals, the lowest id.
#[must_use]
pub fn top_token(logits_v: &[f32]) -> u32 {
    let best = |best: usize, at: usize| if logits_v[at] > logits_v[best] { at } else { best };
    (1..logits_v.len()).fold(0, best) as u32
}

/// Softmax of a row of logits.
#[must_use]
pub fn probabilities(logits_v: &[f32]) -> Vec<f32> {
    let mut out = logits_v.to_vec();
    super::attention::softmax(&mut out);
    out
}
