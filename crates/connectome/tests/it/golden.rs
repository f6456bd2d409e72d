//! The goldens: numbers that circuit-tracer 0.4.1 and transformers gave on tiny models.

use std::collections::BTreeMap;
use std::path::PathBuf;

use connectome::files::Folder;
use connectome::lm::Model;
use connectome::replacement::{PromptTokens, ReplacementModel};
use connectome::transcoder::Transcoder;
use safetensors::{Dtype, SafeTensors};

/// Every case with a dictionary in the peer's own layouts.
pub(crate) const CASES: [&str; 17] = [
    "gemma2_clt_jumprelu",
    "gemma2_plt_jumprelu",
    "gemma2_plt_jumprelu_mlpio",
    "gemma3_clt_relu",
    "gemma3_plt_jumprelu_skip",
    "gpt2_clt_jumprelu",
    "gpt2_clt_relu",
    "gpt2_plt_relu_ln2",
    "gpt_neox_plt_relu",
    "llama_clt_jumprelu",
    "llama_clt_relu",
    "llama_plt_relu",
    "llama_plt_relu_skip",
    "llama_plt_topk_skip",
    "qwen2_plt_relu",
    "qwen3_plt_relu",
    "qwen3_plt_topk",
];

/// The folder of goldens.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../goldens")
}

/// One case: its folder and the peer's tensors.
pub(crate) struct Golden {
    pub(crate) name: String,
    dir: PathBuf,
    tensors: BTreeMap<String, Array>,
    pub(crate) card: serde_json::Value,
}

/// A tensor of a golden, widened.
#[derive(Clone, Debug)]
pub(crate) struct Array {
    pub(crate) values: Vec<f64>,
}

impl Array {
    pub(crate) fn f32s(&self) -> Vec<f32> {
        self.values.iter().map(|x| *x as f32).collect()
    }

    pub(crate) fn ids(&self) -> Vec<u32> {
        self.values.iter().map(|x| *x as u32).collect()
    }
}

impl Golden {
    pub(crate) fn open(name: &str) -> Self {
        let dir = root().join(name);
        let bytes = std::fs::read(dir.join("golden.safetensors")).unwrap();
        let parsed = SafeTensors::deserialize(&bytes).unwrap();
        let tensors = parsed.tensors().into_iter().map(|(name, view)| {
            let data = view.data();
            let values: Vec<f64> = match view.dtype() {
                Dtype::F32 => data
                    .as_chunks::<4>()
                    .0
                    .iter()
                    .map(|b| f64::from(f32::from_le_bytes(*b)))
                    .collect(),
                Dtype::I64 => {
                    data.as_chunks::<8>().0.iter().map(|b| i64::from_le_bytes(*b) as f64).collect()
                }
                Dtype::U8 => data.iter().map(|b| f64::from(*b)).collect(),
                other => panic!("{name} has type {other:?}"),
            };
            (name, Array { values })
        });
        // The shipped model's case has tensors only.
        let card = std::fs::read(dir.join("golden.json"))
            .map_or(serde_json::Value::Null, |json| serde_json::from_slice(&json).unwrap());
        Self { name: name.to_owned(), tensors: tensors.collect(), dir, card }
    }

    pub(crate) fn get(&self, tensor: &str) -> &Array {
        self.tensors.get(tensor).unwrap_or_else(|| panic!("{} has no {tensor}", self.name))
    }

    pub(crate) fn ids(&self) -> Vec<u32> {
        self.get("input_ids").ids()
    }

    pub(crate) fn prompt(&self) -> PromptTokens {
        PromptTokens { ids: self.ids(), n_zeroed: 1 }
    }

    pub(crate) fn model(&self) -> Model {
        Model::load(&Folder::Disk(self.dir.join("model"))).unwrap()
    }

    pub(crate) fn replacement(&self) -> ReplacementModel {
        let transcoder = Transcoder::open(&Folder::Disk(self.dir.join("transcoders"))).unwrap();
        ReplacementModel::new(self.model(), transcoder).unwrap()
    }
}

/// The largest difference between two lists of numbers.
pub(crate) fn max_diff(a: &[f32], b: &[f32]) -> f64 {
    assert_eq!(a.len(), b.len(), "lengths differ");
    a.iter().zip(b).map(|(x, y)| f64::from((x - y).abs())).fold(0.0, f64::max)
}
