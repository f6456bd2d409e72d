//! The trained model as a Hugging Face folder: what `transformers` and [`Model`](crate::lm::Model)
//! load.

use std::collections::HashMap;
use std::path::Path;

use half::bf16;
use rayon::prelude::*;
use safetensors::tensor::{Dtype, TensorView};
use serde_json::{Value, json};

use super::layout::Layout;
use crate::files::Folder;
use crate::train::TrainError;
use crate::train::files::write_whole;

/// Files of a model's folder that training does not change.
const CARRIED: &[&str] = &[
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "tokenizer.model",
    "vocab.json",
    "merges.txt",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
    "generation_config.json",
];

/// How weights are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32 bits: every bit of what was trained.
    F32,
    /// 16 bits, rounded to nearest: half the size.
    Bf16,
}

/// How a model is published.
#[derive(Clone, Copy, Debug)]
pub struct Published<'a> {
    /// `config.json` of the decoder.
    pub config: &'a Value,
    /// The class of `transformers` that loads it.
    pub class: &'a str,
    /// How weights are written.
    pub precision: Precision,
}

impl Published<'_> {
    /// The config with what the files are.
    fn config(&self) -> Value {
        let mut config = self.config.clone();
        let name = match self.precision {
            Precision::F32 => "float32",
            Precision::Bf16 => "bfloat16",
        };
        // The newer of the two names where a config has it.
        let key = if config.get("dtype").is_some() { "dtype" } else { "torch_dtype" };
        config[key] = json!(name);
        config["architectures"] = json!([self.class]);
        config
    }
}

/// Writes `config.json` and `model.safetensors`, each whole or not at all.
///
/// # Errors
///
/// [`TrainError::Write`].
pub fn write_model(
    folder: &Path,
    published: &Published<'_>,
    layout: &Layout,
    params: &[f32],
) -> Result<(), TrainError> {
    let precision = published.precision;
    let dir = |source| TrainError::Write { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(dir)?;
    let (dtype, bytes): (Dtype, Vec<u8>) = match precision {
        Precision::F32 => (Dtype::F32, bytemuck::cast_slice(params).to_vec()),
        Precision::Bf16 => {
            let rounded: Vec<bf16> = params.par_iter().map(|x| bf16::from_f32(*x)).collect();
            (Dtype::BF16, bytemuck::cast_slice(&rounded).to_vec())
        }
    };
    let size = bytes.len() / params.len().max(1);
    let views = layout.tensors().iter().map(|tensor| {
        let view = TensorView::new(dtype, tensor.shape.clone(), &bytes[tensor.slot.bytes(size)]);
        (tensor.name.as_str(), view.expect("a tensor's shape counts its numbers"))
    });
    // Without a format, `transformers` refuses the file.
    let metadata = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let file = safetensors::serialize(views, Some(metadata));
    let file = file.expect("names are short and shapes small");
    let mut config =
        serde_json::to_vec_pretty(&published.config()).expect("a JSON value has a text");
    config.push(b'\n');
    write_whole(&folder.join("config.json"), &config)?;
    write_whole(&folder.join("model.safetensors"), &file)
}

/// Copies a model's tokenizer and what belongs to it.
///
/// # Errors
///
/// [`TrainError::Load`] if a file cannot be read, [`TrainError::Write`].
pub fn carry_tokenizer(from: &Folder, folder: &Path) -> Result<(), TrainError> {
    let dir = |source| TrainError::Write { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(dir)?;
    for name in CARRIED.iter().filter(|name| from.has(name)) {
        write_whole(&folder.join(name), &from.open(name)?)?;
    }
    Ok(())
}
