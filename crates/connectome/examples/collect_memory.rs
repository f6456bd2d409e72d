//! A pass of `features collect` over a large dictionary, measured: peak memory, seconds, bytes.
//!
//! Model and dictionary are random, and written to a folder of their own first: a Llama of four
//! layers and width 32, and per-layer transcoders whose features fire on a token in four hundred.
//! What is kept of a feature is what `features collect` keeps without flags. Prints one JSON
//! object; memory comes from `/proc`.
//!
//! ```text
//! cargo run --release --example collect_memory -- [FEATURES A LAYER] [TOKENS]
//! ```

#![expect(clippy::print_stdout, reason = "an example reports to a person")]

mod clock;

use std::error::Error;
use std::path::Path;

use connectome::features::collect::{
    self, Ending, Flow, Job, Names, Options, Progress, Start, Watch,
};
use connectome::features::source::Made;
use connectome::features::{FeatureIndex, FeaturesError};
use connectome::files::Folder;
use connectome::lm::Model;
use connectome::replacement::ReplacementModel;
use connectome::train::rng::{Rng, Stream};
use connectome::train::transcoder::activations::Sequence;
use connectome::transcoder::Transcoder;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};

use clock::{Moment, memory};

const N_LAYERS: usize = 4;
const D_MODEL: usize = 32;
const D_MLP: usize = 64;
const N_VOCAB: usize = 2048;

/// Tokens of a sequence, after the first, which is not used.
const LENGTH: usize = 32;

/// Standard deviations between the mean pre-activation and the threshold: 0.25 % fire.
const THRESHOLD: f32 = 2.81;

/// Keeps the most memory that is not a file's, while text is read and after.
#[derive(Default)]
struct Peaks {
    reading: u64,
    describing: u64,
}

impl Watch for Peaks {
    fn step(&mut self, progress: Progress) -> Flow {
        let peak = match progress {
            Progress::Reading { .. } => &mut self.reading,
            Progress::Describing { .. } => &mut self.describing,
        };
        *peak = memory("RssAnon:").max(*peak);
        Flow::Continue
    }

    fn note(&mut self, _text: String) {}
}

/// Random tensors of one file.
struct Tensors {
    rng: Rng,
    all: Vec<(String, Vec<usize>, Vec<u8>)>,
}

impl Tensors {
    fn new(seed: u64) -> Self {
        Self { rng: Rng::new(seed, Stream::Init, 0), all: Vec::new() }
    }

    /// Normal numbers of this standard deviation.
    fn normal(&mut self, name: &str, shape: &[usize], deviation: f32) {
        let n = shape.iter().product();
        let numbers = (0..n).flat_map(|_| (deviation * self.rng.normal()).to_le_bytes());
        self.all.push((name.to_owned(), shape.to_vec(), numbers.collect()));
    }

    fn same(&mut self, name: &str, n: usize, number: f32) {
        self.all.push((name.to_owned(), vec![n], number.to_le_bytes().repeat(n)));
    }

    fn write(&self, path: &Path) -> Result<(), Box<dyn Error>> {
        let views: Result<Vec<_>, _> = self
            .all
            .iter()
            .map(|(name, shape, bytes)| {
                TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (name.as_str(), view))
            })
            .collect();
        Ok(safetensors::serialize_to_file(views?, None, path)?)
    }
}

fn write_model(folder: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir(folder)?;
    let config = json!({
        "model_type": "llama", "hidden_size": D_MODEL, "num_hidden_layers": N_LAYERS,
        "num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": D_MODEL / 4,
        "intermediate_size": D_MLP, "vocab_size": N_VOCAB,
        "max_position_embeddings": LENGTH + 1, "rms_norm_eps": 1e-5, "rope_theta": 10000.0,
        "tie_word_embeddings": true,
    });
    std::fs::write(folder.join("config.json"), config.to_string())?;
    let mut tensors = Tensors::new(1);
    tensors.normal("model.embed_tokens.weight", &[N_VOCAB, D_MODEL], 1.0);
    tensors.same("model.norm.weight", D_MODEL, 1.0);
    for layer in 0..N_LAYERS {
        let at = |name: &str| format!("model.layers.{layer}.{name}.weight");
        for name in ["input_layernorm", "post_attention_layernorm"] {
            tensors.same(&at(name), D_MODEL, 1.0);
        }
        let deviation = 1.0 / (D_MODEL as f32).sqrt();
        for name in ["q_proj", "k_proj", "v_proj", "o_proj"] {
            tensors.normal(&at(&format!("self_attn.{name}")), &[D_MODEL, D_MODEL], deviation);
        }
        for name in ["gate_proj", "up_proj"] {
            tensors.normal(&at(&format!("mlp.{name}")), &[D_MLP, D_MODEL], deviation);
        }
        tensors.normal(&at("mlp.down_proj"), &[D_MODEL, D_MLP], deviation);
    }
    tensors.write(&folder.join("model.safetensors"))
}

fn write_dictionary(folder: &Path, n_features: usize) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir(folder)?;
    let config = "model_kind: transcoder_set\n\
                  feature_input_hook: ln2.hook_normalized\n\
                  feature_output_hook: hook_mlp_out\n";
    std::fs::write(folder.join("config.yaml"), config)?;
    for layer in 0..N_LAYERS {
        let mut tensors = Tensors::new(2 + layer as u64);
        let deviation = 1.0 / (D_MODEL as f32).sqrt();
        tensors.normal("W_enc", &[n_features, D_MODEL], deviation);
        tensors.normal("W_dec", &[n_features, D_MODEL], deviation);
        tensors.same("b_enc", n_features, 0.0);
        tensors.same("b_dec", D_MODEL, 0.0);
        tensors.same("threshold", n_features, THRESHOLD);
        tensors.write(&folder.join(format!("layer_{layer}.safetensors")))?;
    }
    Ok(())
}

fn sequences(document: u32) -> Vec<Sequence> {
    let mut rng = Rng::new(0, Stream::Sample, u64::from(document));
    let ids = (0..=LENGTH).map(|_| rng.below(N_VOCAB as u64) as u32).collect();
    vec![Sequence { model: 0, ids, n_skipped: 1 }]
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |usual: usize| -> Result<usize, std::num::ParseIntError> {
        arguments.next().map_or(Ok(usual), |text| text.parse())
    };
    let (n_features, n_tokens) = (number(125_000)?, number(10_000)?);
    let folder = tempfile::tempdir()?;
    let path = |name: &str| folder.path().join(name);
    write_model(&path("model"))?;
    write_dictionary(&path("transcoders"), n_features)?;
    let replacement = ReplacementModel::new(
        Model::load(&Folder::Disk(path("model")))?,
        Transcoder::open(&Folder::Disk(path("transcoders")))?,
    )?;
    let out = path("made.features");
    let job = Job {
        replacement: &replacement,
        source: &Made {
            n_documents: n_tokens.div_ceil(LENGTH) as u32,
            identity: Value::Null,
            sequences: |document| Ok(sequences(document)),
        },
        token_text: &|token| token.to_string(),
        names: Names { model: "random", dictionary: "random", tool: "collect_memory" },
        out: &out,
        options: &Options::default(),
    };
    let (started, before) = (Moment::now(), memory("VmRSS:"));
    let mut peaks = Peaks::default();
    let ended = collect::run(job, Start::New, &mut peaks)?;
    let took = Moment::now().since(started);
    assert!(matches!(ended, Ending::Finished(_)), "nobody stops it");
    println!("{}", report(&out, (took, before), &peaks)?);
    Ok(())
}

fn report(out: &Path, (took, before): (Value, u64), peaks: &Peaks) -> Result<Value, FeaturesError> {
    // Before the index is read: what follows is no part of the pass.
    let peak = memory("VmHWM:");
    let index = FeatureIndex::open(out)?;
    let statistics = index.all_statistics()?;
    let n_fired = statistics.iter().filter(|one| one.fired > 0).count();
    let firings: u64 = statistics.iter().map(|one| u64::from(one.fired)).sum();
    let mut n_partners = 0;
    for id in index.ids().step_by(1000) {
        n_partners = index.partners(id)?.len().max(n_partners);
    }
    Ok(json!({
        "n_features": statistics.len(),
        "n_fired": n_fired,
        "n_tokens": index.card().n_tokens,
        "firings_a_feature": firings as f64 / n_fired as f64,
        "most_partners": n_partners,
        "pass": took,
        "index_bytes": std::fs::metadata(out).map_or(0, |metadata| metadata.len()),
        "rss_before_bytes": before,
        "anonymous_bytes_reading": peaks.reading,
        "anonymous_bytes_describing": peaks.describing,
        "peak_rss_bytes": peak,
    }))
}
