//! Where a run's parameters come from: random numbers, or a checkpoint to be trained further.

use super::layout::{Layout, Role};
use crate::error::LoadError;
use crate::lm::ModelConfig;
use crate::lm::config::Norm;
use crate::lm::names::NameMap;
use crate::train::rng::{Rng, Stream};
use crate::weights::Weights;

/// Random parameters: linear maps and embeddings normal with standard deviation `spread`, maps
/// that write to the stream `spread / √(2 · layers)`, gains one, biases zero.
///
/// Each tensor has its own random numbers, so that it starts the same whatever others there are.
///
/// Source: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", 2.3.
#[must_use]
pub fn random(layout: &Layout, config: &ModelConfig, seed: u64, spread: f32) -> Vec<f32> {
    let mut params = vec![0.0; layout.len()];
    let gain = match config.norm {
        Norm::Rms { unit_offset: true, .. } => 0.0,
        Norm::Rms { .. } | Norm::Layer { .. } => 1.0,
    };
    let out_spread = spread / (2.0 * config.n_layers as f32).sqrt();
    for (counter, tensor) in (0..).zip(layout.tensors()) {
        let values = tensor.slot.of_mut(&mut params);
        let spread = match tensor.role {
            Role::Bias => continue,
            Role::Gain => {
                values.fill(gain);
                continue;
            }
            Role::ResidualOut => out_spread,
            Role::Embedding | Role::Linear | Role::Qkv => spread,
        };
        let mut rng = Rng::new(seed, Stream::Init, counter);
        values.iter_mut().for_each(|value| *value = spread * rng.normal());
    }
    params
}

/// The parameters of a checkpoint, widened to f32.
///
/// # Errors
///
/// [`LoadError`] with the tensor and the file if one is missing, has another shape or type, or
/// is not finite.
pub fn checkpoint(
    layout: &Layout,
    names: &NameMap,
    weights: &Weights,
) -> Result<Vec<f32>, LoadError> {
    let has_embed = |prefix: &&&str| weights.has(&format!("{prefix}{}.weight", names.embed));
    let prefix = names.prefixes.iter().find(has_embed).unwrap_or(&names.prefixes[0]);
    let mut params = vec![0.0; layout.len()];
    for tensor in layout.tensors() {
        let name = match tensor.name.strip_prefix(names.prefixes[0]) {
            Some(inside) => format!("{prefix}{inside}"),
            // Only the unembedding stands outside of the body.
            None => {
                let full = names.unembed.iter().map(|name| format!("{name}.weight"));
                let found = full.into_iter().find(|name| weights.has(name));
                found.unwrap_or_else(|| tensor.name.clone())
            }
        };
        let stored = weights.stored(&name, &tensor.shape)?;
        let values = tensor.slot.of_mut(&mut params);
        stored.widen(0, values);
        if let Some((at, value)) = crate::ops::dense::first_not_finite(values) {
            let path = weights.path_of(&name);
            return Err(LoadError::NotFinite { tensor: name, value, at, path });
        }
    }
    Ok(params)
}
