//! Random dictionaries in circuit-tracer's layouts, in memory.

use connectome::files::Folder;
use connectome::ops::matrix::Dtype;
use connectome::transcoder::{Activation, Kind, ReadSite, WriteSite};

use super::checkpoint::{Tensors, safetensors};
use super::noise::Noise;

/// What a random dictionary is to be.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    pub(crate) reads: ReadSite,
    pub(crate) writes: WriteSite,
    pub(crate) activation: Activation,
    pub(crate) has_skip: bool,
    pub(crate) n_features: usize,
    pub(crate) dtype: Dtype,
}

/// A dictionary for a model of `n_layers` and width `d_model`. Under JumpReLU a feature fires
/// above `floor` of its layer and index, or above a small threshold of its own where that is
/// higher: an infinite floor is not in a file, but a large one is.
pub(crate) fn folder(
    plan: &Plan,
    [n_layers, d_model]: [usize; 2],
    floor: &dyn Fn(usize, usize) -> f32,
    noise: &mut Noise,
) -> Folder {
    let mut files = vec![("config.yaml".to_owned(), config(plan).into_bytes())];
    for layer in 0..n_layers {
        let maker = Maker { plan, n_layers, d_model, layer };
        for (name, tensors) in maker.files(floor, noise) {
            files.push((name, safetensors(&tensors, plan.dtype)));
        }
    }
    Folder::memory("random", files)
}

fn config(plan: &Plan) -> String {
    let kind = match plan.kind {
        Kind::CrossLayer => "cross_layer_transcoder",
        Kind::PerLayer => "transcoder_set",
    };
    let (reads, writes) = (plan.reads, plan.writes);
    let top_k = match plan.activation {
        Activation::TopK { k } => format!("activation: topk\nk: {k}\n"),
        Activation::Relu | Activation::JumpRelu => String::new(),
        Activation::Neurons => unreachable!("neurons have no files"),
    };
    format!(
        "model_kind: {kind}\nfeature_input_hook: {reads}\nfeature_output_hook: {writes}\n{top_k}"
    )
}

struct Maker<'a> {
    plan: &'a Plan,
    n_layers: usize,
    d_model: usize,
    layer: usize,
}

impl Maker<'_> {
    /// The files of one layer.
    fn files(
        &self,
        floor: &dyn Fn(usize, usize) -> f32,
        noise: &mut Noise,
    ) -> Vec<(String, Tensors)> {
        let (n_features, d_model, layer) = (self.plan.n_features, self.d_model, self.layer);
        let encoder_size = 1.732 / (d_model as f32).sqrt();
        let mut add = |tensors: &mut Tensors, name: String, shape: &[usize], size: f32| {
            let numbers = noise.around(0.0, size, shape.iter().product());
            tensors.insert(name, (shape.to_vec(), numbers));
        };
        let mut main = Tensors::new();
        let named = |what: &str| match self.plan.kind {
            Kind::CrossLayer => format!("{what}_{layer}"),
            Kind::PerLayer => what.to_owned(),
        };
        add(&mut main, named("W_enc"), &[n_features, d_model], encoder_size);
        add(&mut main, named("b_enc"), &[n_features], 0.3);
        add(&mut main, named("b_dec"), &[d_model], 0.3);
        if self.plan.has_skip {
            add(&mut main, named("W_skip"), &[d_model, d_model], 0.5 * encoder_size);
        }
        let decoder_size = 1.0 / (n_features as f32).sqrt();
        let mut decoder = Tensors::new();
        let files = match self.plan.kind {
            Kind::CrossLayer => {
                let shape = [n_features, self.n_layers - layer, d_model];
                add(&mut decoder, named("W_dec"), &shape, decoder_size);
                let file = |part: &str| format!("{part}_{layer}.safetensors");
                vec![(file("W_enc"), main), (file("W_dec"), decoder)]
            }
            Kind::PerLayer => {
                add(&mut main, named("W_dec"), &[n_features, d_model], decoder_size);
                vec![(format!("layer_{layer}.safetensors"), main)]
            }
        };
        self.with_thresholds(files, named("threshold"), floor, noise)
    }

    fn with_thresholds(
        &self,
        mut files: Vec<(String, Tensors)>,
        name: String,
        floor: &dyn Fn(usize, usize) -> f32,
        noise: &mut Noise,
    ) -> Vec<(String, Tensors)> {
        if self.plan.activation != Activation::JumpRelu {
            return files;
        }
        let own = noise.around(0.2, 0.4, self.plan.n_features).into_iter().enumerate();
        let thresholds = own.map(|(feature, own)| own.max(floor(self.layer, feature))).collect();
        files[0].1.insert(name, (vec![self.plan.n_features], thresholds));
        files
    }
}
