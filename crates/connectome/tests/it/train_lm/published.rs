//! A checkpoint that learns nothing leaves a run as it came: every tensor, every key of the
//! config, every file of the tokenizer.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use connectome::files::Folder;
use connectome::lm::config::HfConfig;
use connectome::lm::families;
use connectome::ops::matmul::Arithmetic;
use connectome::train::adam::Adam;
use connectome::train::lm::{
    Begin, Cut, Decayed, Every, Measures, Net, Options, Precision, Progress, Published, Rows, Run,
    Step, Steps, Trainer, start,
};
use connectome::train::schedule::{Decay, LearningRate};
use connectome::weights::Weights;
use safetensors::{Dtype, SafeTensors};
use serde_json::{Value, json};

/// A checkpoint of every family, as `transformers` wrote it.
const CASES: [&str; 7] = [
    "gemma2_clt_jumprelu",
    "gemma3_clt_relu",
    "gpt2_clt_relu",
    "gpt_neox_plt_relu",
    "llama_clt_relu",
    "qwen2_plt_relu",
    "qwen3_plt_relu",
];

/// One step that moves nothing: neither the gradient nor the decay has a rate.
const STILL: Options = Options {
    n_steps: 1,
    batch_rows: 2,
    n_tokens: 9,
    cut: Cut { part_rows: 2, n_lanes: 1 },
    rate: LearningRate {
        peak: 0.0,
        warm_up: 0,
        decay: Decay::Constant,
        decay_steps: 0,
        floor: 1.0,
    },
    adam: Adam { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weight_decay: 0.1 },
    decayed: Decayed::All,
    max_norm: Some(1.0),
    isolate: None,
    arithmetic: Arithmetic::F32,
    qkv_decay: None,
};

struct Unwatched;

impl Progress for Unwatched {
    fn step(&mut self, _step: &Step) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn note(&mut self, text: String) {
        panic!("nothing is to be said, but: {text}");
    }
}

/// Rows that count through the vocabulary.
fn rows(_step: u64, n_rows: usize, n_tokens: usize) -> Rows {
    let mut rows = Rows::empty(n_tokens);
    for row in 0..n_rows {
        let ids: Vec<u32> = (0..n_tokens).map(|at| (row * 100 + at) as u32).collect();
        rows.push(&ids, &vec![1.0; n_tokens]);
    }
    rows
}

/// Trains the checkpoint for a step that moves nothing.
fn train(from: &Path, out: &Path) {
    let folder = Folder::Disk(from.to_owned());
    let config = folder.json("config.json").unwrap();
    let hf = HfConfig::new(config.clone(), from.join("config.json"));
    let (described, names) = families::describe(&hf).unwrap();
    let net = Net::new(described, &names);
    let weights = Weights::open_checkpoint(&folder).unwrap();
    let params = start::checkpoint(net.layout(), &names, &weights).unwrap();
    let run = Run {
        trainer: Trainer::new(net, params, STILL),
        source: &mut Steps::new(json!("counting"), rows),
        measures: Measures::default(),
        published: Published { config: &config, class: names.class, precision: Precision::F32 },
        tokenizer: Some(&folder),
        start: json!({}),
        every: Every { log: 1, evaluate: 0, save: 0 },
        folder: out.to_owned(),
    };
    let finished = run.train(Begin::Fresh, &mut Unwatched).unwrap();
    assert_eq!(finished.trainer.step(), 1);
}

/// The files of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.path().is_file());
    files
        .map(|file| (file.file_name().into_string().unwrap(), std::fs::read(file.path()).unwrap()))
        .collect()
}

/// The tensors of a file, by name.
fn tensors(bytes: &[u8]) -> BTreeMap<String, (Dtype, Vec<usize>, Vec<u8>)> {
    let parsed = SafeTensors::deserialize(bytes).unwrap();
    let of = |(name, view): (String, safetensors::tensor::TensorView<'_>)| {
        (name, (view.dtype(), view.shape().to_vec(), view.data().to_vec()))
    };
    parsed.tensors().into_iter().map(of).collect()
}

#[test]
fn a_checkpoint_that_learns_nothing_comes_back_as_it_was() {
    for case in CASES {
        let from = crate::golden::root().join(case).join("model");
        let out = tempfile::tempdir().unwrap();
        train(&from, out.path());
        let (before, after) = (files(&from), files(out.path()));
        assert!(before.keys().eq(after.keys()), "{case}: {:?}", after.keys());
        for (name, bytes) in &before {
            let (found, place) = (&after[name], format!("{case}: {name}"));
            match name.as_str() {
                "config.json" => {
                    let json = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
                    assert_eq!(json(found), json(bytes), "{place}");
                }
                "model.safetensors" => {
                    let (found, expected) = (tensors(found), tensors(bytes));
                    assert!(found.keys().eq(expected.keys()), "{place}: {:?}", found.keys());
                    for (tensor, numbers) in &expected {
                        assert!(found[tensor] == *numbers, "{place}: {tensor}");
                    }
                }
                _ => assert!(found == bytes, "{place}"),
            }
        }
    }
}
