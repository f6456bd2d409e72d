//! [`DeviceMap`]: the frozen map's transpose, on a [`RowDevice`].
//!
//! The same map as [`super::FrozenMap`], with everything it holds still copied to a device once
//! per prompt. Rows are those of a batch of targets, cut to their causal cones as in
//! [`super::Ragged`]; the lists that say which row stands where come from the caller, who knows
//! the batch.
//!
//! # Invariants
//!
//! - What [`map_bytes`] says is what [`DeviceMap::new`] allocates.
//! - Only the first `n_rows` rows of a buffer mean anything.

use super::LocalReplacement;
use super::pattern::Pattern;
use crate::device::{
    DeviceError, HeadColumns, NormPull, PatternPull, PatternView, RowDevice, Shape, Slab, SlabMut,
    Softmax, Vectors,
};
use crate::lm::attention::Scores;
use crate::lm::config::{Norm, Window};
use crate::lm::norm::NormLayer;
use crate::ops::Linear;
use crate::ops::matmul::Into;
use crate::ops::matrix::Layout;
use crate::transcoder::{ReadSite, WriteSite};

/// The frozen map of one prompt on a device.
#[derive(Debug)]
pub struct DeviceMap<D: RowDevice> {
    layers: Vec<DeviceLayer<D>>,
    heads: Heads,
    n_tokens: usize,
    d_model: usize,
}

#[derive(Clone, Copy, Debug)]
struct Heads {
    n_query: usize,
    n_key: usize,
    width: usize,
}

#[derive(Debug)]
struct DeviceLayer<D: RowDevice> {
    attn_norm: DeviceNorm<D>,
    post_attn_norm: Option<DeviceNorm<D>>,
    /// Between the stream and the site that the dictionary reads, for its skip.
    read_norm: Option<DeviceNorm<D>>,
    /// Between the site that the dictionary writes and the stream.
    out_norm: Option<DeviceNorm<D>>,
    value: DeviceLinear<D>,
    out: DeviceLinear<D>,
    skip: Option<DeviceLinear<D>>,
    attn_constant_d: Option<D::Floats>,
    pattern: DevicePattern<D>,
}

/// A norm with its denominators.
#[derive(Debug)]
struct DeviceNorm<D: RowDevice> {
    gain_d: D::Floats,
    scale_t: D::Floats,
    centres: bool,
}

/// A linear map, row-major as in its file, widened to f32.
#[derive(Debug)]
struct DeviceLinear<D: RowDevice> {
    weight: D::Floats,
    n_in: usize,
    n_out: usize,
    layout: Layout,
}

#[derive(Debug)]
enum DevicePattern<D: RowDevice> {
    /// `[H, T, T]`.
    Whole(D::Floats),
    /// Queries `[T, H·E]` and keys `[T, K·E]`, and how they make a pattern.
    Rebuilt { query_the: D::Floats, key_tke: D::Floats, softmax: Softmax },
}

/// Which rows a batch has so far: the first `n_rows`, in `n_tiles` tiles.
#[derive(Debug)]
pub struct Cones<'a, W> {
    /// Rows.
    pub n_rows: usize,
    /// Tiles of [`crate::device::TILE`] rows of one target.
    pub n_tiles: usize,
    /// Position of each row.
    pub pos_r: &'a W,
    /// First row of each tile.
    pub first_row: &'a W,
    /// Last row of each tile's target.
    pub last_row: &'a W,
}

/// Room for what happens on the way through a layer.
#[derive(Debug)]
pub struct Scratch<D: RowDevice> {
    /// Results of [`DeviceMap::pull_out`] and [`DeviceMap::pull_attention`], `[R, D]`.
    pub normed: D::Floats,
    /// `[R, D]`; free between calls.
    pub pulled: D::Floats,
    mixed: D::Floats,
    values: D::Floats,
    sums_r: D::Floats,
    /// `[T, T]`, if a pattern has to be rebuilt.
    pattern_st: Option<D::Floats>,
}

impl<D: RowDevice> DeviceMap<D> {
    /// Copies what a prompt holds still to a device.
    ///
    /// # Errors
    ///
    /// What the device reports.
    pub fn new(device: &D, local: &LocalReplacement<'_>) -> Result<Self, DeviceError> {
        let config = local.replacement().model().config();
        let heads =
            Heads { n_query: config.n_heads, n_key: config.n_kv_heads, width: config.d_head };
        let layers = (0..config.n_layers).map(|layer| DeviceLayer::new(device, local, layer));
        Ok(Self {
            layers: layers.collect::<Result<_, _>>()?,
            heads,
            n_tokens: local.n_tokens(),
            d_model: config.d_model,
        })
    }

    /// Cotangents at the site where `layer`'s dictionary writes, from those after the block:
    /// `normed`, or `g` itself if the site is the stream.
    ///
    /// # Errors
    ///
    /// What the device reports; so for the other methods.
    pub fn pull_out<'a>(
        &self,
        device: &D,
        layer: usize,
        g: &'a D::Floats,
        cones: &Cones<'_, D::Words>,
        scratch: (&'a mut D::Floats, &mut D::Floats),
    ) -> Result<&'a D::Floats, DeviceError> {
        let Some(norm) = &self.layers[layer].out_norm else { return Ok(g) };
        let (normed, sums_r) = scratch;
        norm.pull(device, g, self.shape(cones), cones.pos_r, (sums_r, &mut *normed))?;
        Ok(normed)
    }

    /// What the dictionary's linear skip passes from its write site down to the stream, into
    /// `skipped`. Whether there is a skip.
    pub fn pull_skip(
        &self,
        device: &D,
        layer: usize,
        g_out: &D::Floats,
        cones: &Cones<'_, D::Words>,
        (pulled, sums_r, skipped): (&mut D::Floats, &mut D::Floats, &mut D::Floats),
    ) -> Result<bool, DeviceError> {
        let layer = &self.layers[layer];
        let Some(skip) = &layer.skip else { return Ok(false) };
        let Some(norm) = &layer.read_norm else {
            skip.pull_back(device, g_out, cones.n_rows, skipped)?;
            return Ok(true);
        };
        skip.pull_back(device, g_out, cones.n_rows, pulled)?;
        norm.pull(device, pulled, self.shape(cones), cones.pos_r, (sums_r, skipped))?;
        Ok(true)
    }

    /// What a layer's attention passes from cotangents after it to the stream before it, into
    /// [`Scratch::normed`]; adds to `constants_r` what its biases contribute in each row.
    pub fn pull_attention(
        &self,
        device: &D,
        layer: usize,
        g: &D::Floats,
        cones: &Cones<'_, D::Words>,
        (scratch, constants_r): (&mut Scratch<D>, &mut D::Floats),
    ) -> Result<(), DeviceError> {
        let layer = &self.layers[layer];
        let (shape, n_rows) = (self.shape(cones), cones.n_rows);
        let Scratch { normed, pulled, mixed, values, sums_r, pattern_st } = scratch;
        let after = match &layer.post_attn_norm {
            Some(norm) => {
                norm.pull(device, g, shape, cones.pos_r, (sums_r, &mut *normed))?;
                &*normed
            }
            None => g,
        };
        if let Some(constant_d) = &layer.attn_constant_d {
            let vectors = Vectors { data: constant_d, which_r: None };
            device.dot_rows(after, shape, vectors, (constants_r, 0), Into::Add)?;
        }
        layer.out.pull_back(device, after, n_rows, mixed)?;
        for head in 0..self.heads.n_query {
            let pattern = self.pattern(device, &layer.pattern, head, pattern_st.as_mut())?;
            self.pull_head(device, head, pattern, cones, (mixed, values))?;
        }
        layer.value.pull_back(device, values, n_rows, pulled)?;
        layer.attn_norm.pull(device, pulled, shape, cones.pos_r, (sums_r, normed))
    }

    fn shape(&self, cones: &Cones<'_, D::Words>) -> Shape {
        Shape { n_rows: cones.n_rows, width: self.d_model }
    }

    /// One head's pattern, made anew in `scratch_st` if it is not held.
    fn pattern<'a>(
        &self,
        device: &D,
        pattern: &'a DevicePattern<D>,
        head: usize,
        scratch_st: Option<&'a mut D::Floats>,
    ) -> Result<PatternView<'a, D::Floats>, DeviceError> {
        let (n_tokens, heads) = (self.n_tokens, self.heads);
        match pattern {
            DevicePattern::Whole(data) => {
                let offset = head * n_tokens * n_tokens;
                Ok(PatternView { data, offset, t_stride: n_tokens, s_stride: 1 })
            }
            DevicePattern::Rebuilt { query_the, key_tke, softmax } => {
                let scores_st = scratch_st.expect("made whenever a pattern is rebuilt");
                let first_key = head / (heads.n_query / heads.n_key) * heads.width;
                let key = Slab::rows(key_tke, first_key, heads.n_key * heads.width);
                let (offset, stride) = (head * heads.width, heads.n_query * heads.width);
                let query = Slab::transposed(query_the, offset, stride);
                let out = SlabMut { data: &mut *scores_st, offset: 0, row_stride: n_tokens };
                let sizes = [n_tokens, n_tokens, heads.width];
                device.sgemm(sizes, key, query, out, Into::Overwrite)?;
                device.soften(scores_st, *softmax)?;
                Ok(PatternView { data: scores_st, offset: 0, t_stride: 1, s_stride: n_tokens })
            }
        }
    }

    fn pull_head(
        &self,
        device: &D,
        head: usize,
        pattern: PatternView<'_, D::Floats>,
        cones: &Cones<'_, D::Words>,
        (mixed, values): (&D::Floats, &mut D::Floats),
    ) -> Result<(), DeviceError> {
        let Heads { n_query, n_key, width } = self.heads;
        let group = n_query / n_key;
        let columns = HeadColumns {
            first_in: head * width,
            stride_in: n_query * width,
            first_out: head / group * width,
            stride_out: n_key * width,
            width,
        };
        let pull = PatternPull {
            pattern,
            first_row: cones.first_row,
            last_row: cones.last_row,
            pos_r: cones.pos_r,
            n_tiles: cones.n_tiles,
        };
        // Query heads of a group share a value head: the first one writes, the others add.
        let into = if head.is_multiple_of(group) { Into::Overwrite } else { Into::Add };
        device.pull_pattern(&pull, columns, mixed, values, into)
    }
}

/// What [`DeviceMap::new`] allocates, in bytes.
#[must_use]
pub fn map_bytes(local: &LocalReplacement<'_>) -> u64 {
    let replacement = local.replacement();
    let (model, transcoder) = (replacement.model(), replacement.transcoder());
    let (d_model, n_tokens) = (model.config().d_model, local.n_tokens());
    let linear = |linear: &Linear| linear.n_in() * linear.n_out();
    let layers = (0..model.config().n_layers).map(|layer| {
        let (block, frozen) = (model.block(layer), local.map().layer(layer));
        let skip = transcoder.skip(layer);
        let has_read_norm = skip.is_some() && transcoder.card().reads != ReadSite::ResidMid;
        let has_out_norm =
            block.post_mlp_norm.is_some() && transcoder.card().writes != WriteSite::MlpOut;
        let n_norms = 1
            + usize::from(block.post_attn_norm.is_some())
            + usize::from(has_read_norm)
            + usize::from(has_out_norm);
        let pattern = match &frozen.pattern {
            Pattern::Whole(pattern_hts) => pattern_hts.data().len(),
            Pattern::Rebuilt(scores) => scores.query_the.data().len() + scores.key_tke.data().len(),
        };
        n_norms * (d_model + n_tokens)
            + linear(&block.attention.value)
            + linear(&block.attention.out)
            + skip.map_or(0, linear)
            + frozen.attn_constant_d.as_ref().map_or(0, Vec::len)
            + pattern
    });
    layers.map(|floats| 4 * floats as u64).sum()
}

/// Floats that [`Scratch::new`] allocates for one row, and besides.
#[must_use]
pub fn scratch_floats(local: &LocalReplacement<'_>) -> (usize, usize) {
    let config = local.replacement().model().config();
    let heads = (config.n_heads + config.n_kv_heads) * config.d_head;
    let per_row = 2 * config.d_model + heads + 1;
    let rebuilds = (0..config.n_layers)
        .any(|layer| matches!(local.map().layer(layer).pattern, Pattern::Rebuilt(_)));
    (per_row, if rebuilds { local.n_tokens() * local.n_tokens() } else { 0 })
}

impl<D: RowDevice> DeviceLayer<D> {
    fn new(device: &D, local: &LocalReplacement<'_>, layer: usize) -> Result<Self, DeviceError> {
        let replacement = local.replacement();
        let (model, transcoder) = (replacement.model(), replacement.transcoder());
        let (block, frozen) = (model.block(layer), local.map().layer(layer));
        let centres = matches!(model.config().norm, Norm::Layer { .. });
        let norm = |norm: &NormLayer, scale_t: &[f32]| {
            DeviceNorm::new(device, &gain(norm, model.config().d_model), scale_t, centres)
        };
        let post = |layer: &Option<NormLayer>, scale_t: &Option<Vec<f32>>| match (layer, scale_t) {
            (Some(layer), Some(scale_t)) => norm(layer, scale_t).map(Some),
            _ => Ok(None),
        };
        let skip = transcoder.skip(layer);
        let read_norm = match (skip, transcoder.card().reads) {
            (None, _) | (_, ReadSite::ResidMid) => None,
            (_, ReadSite::MlpIn) => Some(norm(&block.mlp_norm, &frozen.mlp_scale_t)?),
            (_, ReadSite::Ln2Normalized) => {
                let ones_d = vec![1.0; model.config().d_model];
                Some(DeviceNorm::new(device, &ones_d, &frozen.mlp_scale_t, centres)?)
            }
        };
        let out_norm = match transcoder.card().writes {
            WriteSite::MlpOut => None,
            WriteSite::MlpOutRaw => post(&block.post_mlp_norm, &frozen.post_mlp_scale_t)?,
        };
        let constant_d = frozen.attn_constant_d.as_ref();
        Ok(Self {
            attn_norm: norm(&block.attn_norm, &frozen.attn_scale_t)?,
            post_attn_norm: post(&block.post_attn_norm, &frozen.post_attn_scale_t)?,
            read_norm,
            out_norm,
            value: DeviceLinear::new(device, &block.attention.value)?,
            out: DeviceLinear::new(device, &block.attention.out)?,
            skip: skip.map(|skip| DeviceLinear::new(device, skip)).transpose()?,
            attn_constant_d: constant_d.map(|x| device.upload(x)).transpose()?,
            pattern: DevicePattern::new(device, &frozen.pattern)?,
        })
    }
}

/// A norm's gain, `[D]`.
fn gain(norm: &NormLayer, d_model: usize) -> Vec<f32> {
    let mut gain_d = vec![1.0; d_model];
    norm.times_gain(&mut gain_d);
    gain_d
}

impl<D: RowDevice> DeviceNorm<D> {
    fn new(
        device: &D,
        gain_d: &[f32],
        scale_t: &[f32],
        centres: bool,
    ) -> Result<Self, DeviceError> {
        Ok(Self { gain_d: device.upload(gain_d)?, scale_t: device.upload(scale_t)?, centres })
    }

    fn pull(
        &self,
        device: &D,
        x: &D::Floats,
        shape: Shape,
        pos_r: &D::Words,
        (sums_r, out): (&mut D::Floats, &mut D::Floats),
    ) -> Result<(), DeviceError> {
        if self.centres {
            let vectors = Vectors { data: &self.gain_d, which_r: None };
            device.dot_rows(x, shape, vectors, (&mut *sums_r, 0), Into::Overwrite)?;
        }
        let sums_r = self.centres.then_some(&*sums_r);
        let norm = NormPull { gain_d: &self.gain_d, scale_t: &self.scale_t, pos_r, sums_r };
        device.pull_norm(x, shape, norm, out)
    }
}

impl<D: RowDevice> DeviceLinear<D> {
    fn new(device: &D, linear: &Linear) -> Result<Self, DeviceError> {
        let (weight, layout) = linear.weight();
        let weight = device.upload(weight.to_mat().data())?;
        Ok(Self { weight, n_in: linear.n_in(), n_out: linear.n_out(), layout })
    }

    /// The transpose of the map on `n_rows` rows, `[R, out]` to `[R, in]`.
    fn pull_back(
        &self,
        device: &D,
        g: &D::Floats,
        n_rows: usize,
        out: &mut D::Floats,
    ) -> Result<(), DeviceError> {
        let weight = match self.layout {
            Layout::OutIn => Slab::rows(&self.weight, 0, self.n_in),
            Layout::InOut => Slab::transposed(&self.weight, 0, self.n_out),
        };
        let input = Slab::rows(g, 0, self.n_out);
        let out = SlabMut { data: out, offset: 0, row_stride: self.n_in };
        device.sgemm([n_rows, self.n_in, self.n_out], input, weight, out, Into::Overwrite)
    }
}

impl<D: RowDevice> DevicePattern<D> {
    fn new(device: &D, pattern: &Pattern) -> Result<Self, DeviceError> {
        match pattern {
            Pattern::Whole(pattern_hts) => Ok(Self::Whole(device.upload(pattern_hts.data())?)),
            Pattern::Rebuilt(scores) => Ok(Self::Rebuilt {
                query_the: device.upload(scores.query_the.data())?,
                key_tke: device.upload(scores.key_tke.data())?,
                softmax: softmax(scores),
            }),
        }
    }
}

fn softmax(scores: &Scores) -> Softmax {
    let window = match scores.window {
        Window::Full => None,
        Window::Last(size) => Some(size),
    };
    let n_tokens = scores.query_the.n_rows();
    Softmax { n_tokens, scale: scores.scale, cap: scores.softcap, window }
}

impl<D: RowDevice> Scratch<D> {
    /// Room for `n_rows` rows.
    ///
    /// # Errors
    ///
    /// What the device reports.
    pub fn new(
        device: &D,
        local: &LocalReplacement<'_>,
        n_rows: usize,
    ) -> Result<Self, DeviceError> {
        let config = local.replacement().model().config();
        let (_, pattern) = scratch_floats(local);
        Ok(Self {
            normed: device.zeros(n_rows * config.d_model)?,
            pulled: device.zeros(n_rows * config.d_model)?,
            mixed: device.zeros(n_rows * config.n_heads * config.d_head)?,
            values: device.zeros(n_rows * config.n_kv_heads * config.d_head)?,
            sums_r: device.zeros(n_rows)?,
            pattern_st: (pattern > 0).then(|| device.zeros(pattern)).transpose()?,
        })
    }

    /// The parts that [`DeviceMap::pull_out`] and [`DeviceMap::pull_skip`] need.
    pub fn parts(&mut self) -> (&mut D::Floats, &mut D::Floats, &mut D::Floats) {
        (&mut self.normed, &mut self.pulled, &mut self.sums_r)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Host;
    use crate::ops::Mat;

    fn waves(n_rows: usize, n_cols: usize, step: f32) -> Mat {
        let values = (0..n_rows * n_cols).map(|i| (i as f32 * step).sin()).collect();
        Mat::from_vec(values, n_rows, n_cols)
    }

    #[test]
    fn a_pattern_made_on_the_device_is_the_cpus() {
        let heads = Heads { n_query: 4, n_key: 2, width: 6 };
        let (n_tokens, width) = (9, heads.width);
        for (softcap, window) in [(None, Window::Full), (Some(1.5), Window::Last(3))] {
            let scores = Scores {
                query_the: waves(n_tokens, heads.n_query * width, 0.7),
                key_tke: waves(n_tokens, heads.n_key * width, 1.3),
                first_pos: 0,
                n_heads: heads.n_query,
                group: heads.n_query / heads.n_key,
                scale: 0.9,
                softcap,
                window,
            };
            let host = Host::default();
            let map = DeviceMap::<Host> { layers: Vec::new(), heads, n_tokens, d_model: 1 };
            let pattern = Pattern::Rebuilt(Box::new(scores));
            let on_device = DevicePattern::new(&host, &pattern).unwrap();
            let (mut scratch, mut scratch_st) = (Vec::new(), vec![f32::NAN; n_tokens * n_tokens]);
            for head in 0..heads.n_query {
                let expected_ts = pattern.head(head, &mut scratch);
                let view = map.pattern(&host, &on_device, head, Some(&mut scratch_st)).unwrap();
                for (at, expected) in expected_ts.iter().enumerate() {
                    let (t, s) = (at / n_tokens, at % n_tokens);
                    let found = view.data[view.offset + t * view.t_stride + s * view.s_stride];
                    assert!((found - expected).abs() < 1e-6, "{head} {t} {s}: {found} {expected}");
                }
            }
        }
    }
}
