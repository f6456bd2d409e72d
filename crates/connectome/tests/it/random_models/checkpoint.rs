//! Random weights for any model that a config describes, under its family's names.
//!
//! Names and shapes follow from ([`ModelConfig`], [`NameMap`]) as the loader reads them, so that
//! a family needs no code here. That the names are the right ones is the goldens' to prove. The
//! fuzz target of `config.json` uses this file, too.

use std::collections::BTreeMap;

use connectome::lm::ModelConfig;
use connectome::lm::config::{Biases, Mlp, Norm};
use connectome::lm::names::{NameMap, QkvNames};
use connectome::ops::matrix::Dtype;
use half::{bf16, f16};
use safetensors::tensor::TensorView;

use super::noise::Noise;

/// Tensors by name: shape and numbers.
pub(crate) type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// The bytes of a safetensors file; numbers are rounded to `dtype`.
pub(crate) fn safetensors(tensors: &Tensors, dtype: Dtype) -> Vec<u8> {
    let bytes = |numbers: &Vec<f32>| -> Vec<u8> {
        let numbers = numbers.iter();
        match dtype {
            Dtype::F32 => numbers.flat_map(|x| x.to_le_bytes()).collect(),
            Dtype::Bf16 => numbers.flat_map(|x| bf16::from_f32(*x).to_le_bytes()).collect(),
            Dtype::F16 => numbers.flat_map(|x| f16::from_f32(*x).to_le_bytes()).collect(),
        }
    };
    let stored: Vec<(&String, &Vec<usize>, Vec<u8>)> =
        tensors.iter().map(|(name, (shape, numbers))| (name, shape, bytes(numbers))).collect();
    let dtype = match dtype {
        Dtype::F32 => safetensors::Dtype::F32,
        Dtype::Bf16 => safetensors::Dtype::BF16,
        Dtype::F16 => safetensors::Dtype::F16,
    };
    let views = stored.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(dtype, (*shape).clone(), bytes);
        (name, view.expect("the shape is that of the numbers"))
    });
    safetensors::serialize(views, None).expect("names are short and sizes small")
}

/// Random weights of a model. They keep the stream near unit size at every layer, whatever the
/// widths, and make patterns that are neither uniform nor one-hot.
pub(crate) fn weights(config: &ModelConfig, names: &NameMap, noise: &mut Noise) -> Tensors {
    let prefix = names.prefixes[noise.below(names.prefixes.len())].to_owned();
    let mut maker = Maker { config, names, noise, tensors: Tensors::new() };
    let (vocab, d_model) = (config.n_vocab, config.d_model);
    let embed = SPREAD / config.embed_scale;
    maker.add(format!("{prefix}{}.weight", names.embed), &[vocab, d_model], 0.0, embed);
    if let Some(positions) = names.positions {
        let shape = [config.n_context, d_model];
        maker.add(format!("{prefix}{positions}.weight"), &shape, 0.0, 0.5);
    }
    if !config.tied {
        let size = SPREAD / (d_model as f32).sqrt();
        maker.add(format!("{}.weight", names.unembed[0]), &[vocab, d_model], 0.0, size);
    }
    maker.norm(&format!("{prefix}{}", names.final_norm), d_model);
    for layer in 0..config.n_layers {
        maker.block(&format!("{prefix}{}.{layer}.", names.layers));
    }
    maker.tensors
}

/// Half the width of a uniform distribution of variance one.
const SPREAD: f32 = 1.732;

struct Maker<'a> {
    config: &'a ModelConfig,
    names: &'a NameMap,
    noise: &'a mut Noise,
    tensors: Tensors,
}

impl Maker<'_> {
    fn add(&mut self, name: String, shape: &[usize], middle: f32, size: f32) {
        let n = shape.iter().product();
        self.tensors.insert(name, (shape.to_vec(), self.noise.around(middle, size, n)));
    }

    fn norm(&mut self, name: &str, width: usize) {
        let middle = match self.config.norm {
            Norm::Rms { unit_offset: true, .. } => 0.0,
            Norm::Rms { .. } | Norm::Layer { .. } => 1.0,
        };
        self.add(format!("{name}.weight"), &[width], middle, 0.3);
        if let Norm::Layer { .. } = self.config.norm {
            self.add(format!("{name}.bias"), &[width], 0.0, 0.2);
        }
    }

    fn linear(&mut self, name: &str, [n_out, n_in]: [usize; 2], has_bias: bool) {
        let shape = match self.names.qkv {
            QkvNames::Columns(_) => [n_in, n_out],
            QkvNames::Separate { .. } | QkvNames::PerHead(_) => [n_out, n_in],
        };
        let size = SPREAD / (n_in as f32).sqrt();
        self.add(format!("{name}.weight"), &shape, 0.0, size);
        if has_bias {
            self.add(format!("{name}.bias"), &[n_out], 0.0, 0.2);
        }
    }

    fn block(&mut self, at: &str) {
        let (config, names) = (self.config, self.names);
        let (d_model, d_mlp, d_head) = (config.d_model, config.d_mlp, config.d_head);
        let (n_query, n_key) = (config.n_heads * d_head, config.n_kv_heads * d_head);
        let Biases { qkv, attention_out, mlp } = config.biases;
        let norms = [Some(names.attn_norm), Some(names.mlp_norm)];
        for name in norms.into_iter().chain([names.post_attn_norm, names.post_mlp_norm]).flatten() {
            self.norm(&format!("{at}{name}"), d_model);
        }
        match names.qkv {
            QkvNames::Separate { q, k, v } => {
                self.linear(&format!("{at}{q}"), [n_query, d_model], qkv);
                self.linear(&format!("{at}{k}"), [n_key, d_model], qkv);
                self.linear(&format!("{at}{v}"), [n_key, d_model], qkv);
            }
            QkvNames::Columns(name) | QkvNames::PerHead(name) => {
                self.linear(&format!("{at}{name}"), [n_query + 2 * n_key, d_model], qkv);
            }
        }
        if let Some(pair) = names.qk_norms.filter(|_| config.attention.qk_norm) {
            pair.iter().for_each(|name| self.norm(&format!("{at}{name}"), d_head));
        }
        self.linear(&format!("{at}{}", names.attention_out), [d_model, n_query], attention_out);
        let gate = names.gate.filter(|_| matches!(config.mlp, Mlp::Gated(_)));
        for name in gate.into_iter().chain([names.up]) {
            self.linear(&format!("{at}{name}"), [d_mlp, d_model], mlp);
        }
        self.linear(&format!("{at}{}", names.down), [d_model, d_mlp], mlp);
    }
}
