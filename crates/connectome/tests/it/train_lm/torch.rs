//! Losses, gradients and steps against PyTorch's, on tiny models of every family.

use std::collections::BTreeMap;

use connectome::files::Folder;
use connectome::lm::config::HfConfig;
use connectome::lm::families;
use connectome::ops::matmul::Arithmetic;
use connectome::train::adam::Adam;
use connectome::train::lm::{Cut, Decayed, Net, Options, Rows, Trainer, start};
use connectome::train::schedule::{Decay, LearningRate};
use connectome::weights::Weights;
use safetensors::SafeTensors;

use crate::golden::max_diff;

const FAMILIES: [&str; 7] = ["gemma2", "gemma3", "gpt2", "gpt_neox", "llama", "qwen2", "qwen3"];

/// What `goldens/train_lm/card.json` allows.
const LOSS: f64 = 1e-5;
const GRADIENT: f64 = 1e-5;
const AFTER: f64 = 1e-4;

struct Golden {
    net: Net,
    params: Vec<f32>,
    tensors: BTreeMap<String, Vec<f32>>,
    rows: Rows,
}

impl Golden {
    fn open(family: &str) -> Self {
        let root = crate::golden::root().join("train_lm").join(family);
        let folder = Folder::Disk(root.clone());
        let hf = HfConfig::new(folder.json("config.json").unwrap(), root.join("config.json"));
        let (config, names) = families::describe(&hf).unwrap();
        let net = Net::new(config, &names);
        let weights = Weights::open_checkpoint(&folder).unwrap();
        let params = start::checkpoint(net.layout(), &names, &weights).unwrap();
        let bytes = std::fs::read(root.join("golden.safetensors")).unwrap();
        let parsed = SafeTensors::deserialize(&bytes).unwrap();
        let mut ids = Vec::new();
        let mut tensors: BTreeMap<String, Vec<f32>> = BTreeMap::new();
        for (name, view) in parsed.tensors() {
            if name == "ids" {
                let raw = view.data().as_chunks::<8>().0.iter();
                ids = raw.map(|id| u32::try_from(i64::from_le_bytes(*id)).unwrap()).collect();
                continue;
            }
            let raw = view.data().as_chunks::<4>().0.iter();
            tensors.insert(name, raw.map(|x| f32::from_le_bytes(*x)).collect());
        }
        let rows = Rows { n_tokens: ids.len() / 3, ids, weights: tensors["weights"].clone() };
        Self { net, params, tensors, rows }
    }

    fn trainer(&self) -> Trainer {
        let options = Options {
            n_steps: 3,
            batch_rows: 3,
            n_tokens: self.rows.n_tokens,
            cut: Cut { part_rows: 2, n_lanes: 2 },
            rate: LearningRate {
                peak: 1e-2,
                warm_up: 0,
                decay: Decay::Constant,
                decay_steps: 0,
                floor: 1.0,
            },
            adam: Adam { beta1: 0.9, beta2: 0.95, epsilon: 1e-4, weight_decay: 0.1 },
            decayed: Decayed::Linear,
            max_norm: Some(0.5),
            isolate: None,
            arithmetic: Arithmetic::F32,
            qkv_decay: None,
        };
        Trainer::new(self.net.clone(), self.params.clone(), options)
    }
}

#[test]
fn losses_and_every_gradient_are_pytorchs() {
    for family in FAMILIES {
        let golden = Golden::open(family);
        let total: f64 = golden.rows.total_weight();
        let mut grads = vec![0.0; golden.params.len()];
        let factor = (1.0 / total) as f32;
        let rows = &golden.rows;
        let sum = golden.net.loss_and_gradient(&golden.params, rows, None, factor, &mut grads);
        let loss = f64::from(golden.tensors["losses"][0]);
        assert!((sum / total - loss).abs() < LOSS, "{family}: {} is not {loss}", sum / total);
        for tensor in golden.net.layout().tensors() {
            let expected = &golden.tensors[&format!("grad.{}", tensor.name)];
            let worst = max_diff(tensor.slot.of(&grads), expected);
            assert!(worst < GRADIENT, "{family} {}: {worst}", tensor.name);
        }
    }
}

#[test]
fn clipped_steps_of_adamw_are_pytorchs() {
    for family in FAMILIES {
        let golden = Golden::open(family);
        let mut trainer = golden.trainer();
        for at in 0..3 {
            let step = trainer.train(&golden.rows).unwrap();
            let (loss, norm) = (golden.tensors["losses"][at], golden.tensors["norms"][at]);
            assert!((step.loss - f64::from(loss)).abs() < AFTER, "{family} step {at}");
            assert!((step.norm - f64::from(norm)).abs() < AFTER, "{family} step {at}");
        }
        for tensor in trainer.net().layout().tensors() {
            let expected = &golden.tensors[&format!("after.{}", tensor.name)];
            let worst = max_diff(tensor.slot.of(trainer.params()), expected);
            assert!(worst < AFTER, "{family} {}: {worst}", tensor.name);
        }
    }
}
