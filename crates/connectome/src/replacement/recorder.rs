//! The tap that records what the local replacement model holds still.

use super::pattern::Pattern;
use super::sites;
use super::stream::Stream;
use crate::error::RunError;
use crate::lm::ModelConfig;
use crate::lm::attention::Scores;
use crate::lm::tap::{Site, Tap};
use crate::ops::Mat;
use crate::transcoder::{ReadSite, WriteSite};

/// Patterns of all layers above this many bytes are rebuilt instead of kept.
const WHOLE_PATTERN_BYTES: usize = 256 << 20;

/// What one layer recorded.
#[derive(Debug, Default)]
pub(super) struct LayerRecord {
    pub(super) read_td: Option<Mat>,
    pub(super) out_td: Option<Mat>,
    pub(super) attn_scale_t: Vec<f32>,
    pub(super) post_attn_scale_t: Option<Vec<f32>>,
    pub(super) mlp_scale_t: Vec<f32>,
    pub(super) post_mlp_scale_t: Option<Vec<f32>>,
    query_the: Option<Mat>,
    key_tke: Option<Mat>,
    pattern_hts: Option<Mat>,
}

/// Records one forward pass.
#[derive(Debug)]
pub(super) struct Recorder<'m> {
    config: &'m ModelConfig,
    reads: ReadSite,
    writes: WriteSite,
    keeps_patterns: bool,
    /// The stream, if it is to be kept.
    pub(super) stream: Option<Stream>,
    pub(super) embed_td: Mat,
    pub(super) layers: Vec<LayerRecord>,
    pub(super) final_scale_t: Vec<f32>,
    pub(super) final_td: Mat,
}

impl<'m> Recorder<'m> {
    pub(super) fn new(
        config: &'m ModelConfig,
        reads: ReadSite,
        writes: WriteSite,
        n_tokens: usize,
    ) -> Self {
        let n_patterns = config.n_layers * config.n_heads;
        let bytes = n_patterns.saturating_mul(n_tokens * n_tokens * size_of::<f32>());
        Self {
            config,
            reads,
            writes,
            keeps_patterns: bytes <= WHOLE_PATTERN_BYTES,
            stream: None,
            embed_td: Mat::zeros(0, 0),
            layers: (0..config.n_layers).map(|_| LayerRecord::default()).collect(),
            final_scale_t: Vec::new(),
            final_td: Mat::zeros(0, 0),
        }
    }

    /// Also keeps what an intervention starts from.
    pub(super) fn keep_stream(&mut self) {
        self.stream = Some(Stream::default());
    }

    /// The frozen pattern of a layer, out of what it recorded.
    pub(super) fn take_pattern(&mut self, layer: usize) -> Pattern {
        let record = &mut self.layers[layer];
        if let Some(pattern_hts) = record.pattern_hts.take() {
            return Pattern::Whole(pattern_hts);
        }
        let config = self.config;
        let made = "the forward pass visits every site of every layer";
        Pattern::Rebuilt(Box::new(Scores {
            query_the: record.query_the.take().expect(made),
            key_tke: record.key_tke.take().expect(made),
            first_pos: 0,
            n_heads: config.n_heads,
            group: config.n_heads / config.n_kv_heads,
            scale: config.attention.scale,
            softcap: config.attention.softcap,
            window: config.attention.windows[layer],
        }))
    }
}

impl Tap for Recorder<'_> {
    fn wants(&self, site: Site) -> bool {
        matches!(site, Site::Pattern(_)) && self.keeps_patterns
    }

    fn at(&mut self, site: Site, x: &mut Mat) -> Result<(), RunError> {
        if let Some(layer) = sites::read_layer(self.reads, site) {
            self.layers[layer].read_td = Some(x.clone());
        }
        if let Some(layer) = sites::write_layer(self.writes, site) {
            self.layers[layer].out_td = Some(x.clone());
        }
        if let Some(stream) = &mut self.stream {
            stream.record(site, x);
        }
        match site {
            Site::Embed => self.embed_td = x.clone(),
            Site::AttnNormScale(layer) => self.layers[layer].attn_scale_t = x.data().to_vec(),
            Site::MlpNormScale(layer) => self.layers[layer].mlp_scale_t = x.data().to_vec(),
            Site::PostAttnNormScale(layer) => {
                self.layers[layer].post_attn_scale_t = Some(x.data().to_vec());
            }
            Site::PostMlpNormScale(layer) => {
                self.layers[layer].post_mlp_scale_t = Some(x.data().to_vec());
            }
            Site::Query(layer) if !self.keeps_patterns => {
                self.layers[layer].query_the = Some(x.clone());
            }
            Site::Key(layer) if !self.keeps_patterns => {
                self.layers[layer].key_tke = Some(x.clone());
            }
            Site::Pattern(layer) => self.layers[layer].pattern_hts = Some(x.clone()),
            Site::FinalNormScale => self.final_scale_t = x.data().to_vec(),
            Site::FinalNorm => self.final_td = x.clone(),
            _ => {}
        }
        Ok(())
    }
}
