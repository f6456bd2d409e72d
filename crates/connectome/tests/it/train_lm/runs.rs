//! Whole runs: stopped and resumed, refused, broken off, and what they leave behind.

use std::ops::ControlFlow;
use std::path::Path;

use connectome::files::Folder;
use connectome::lm::config::HfConfig;
use connectome::lm::tap::NoTap;
use connectome::lm::{LogitsAt, Model, families};
use connectome::ops::matmul::Arithmetic;
use connectome::train::TrainError;
use connectome::train::adam::Adam;
use connectome::train::corpus::{self, Corpus};
use connectome::train::lm::{
    Arrangement, Begin, Cut, Decayed, Documents, Ended, Evaluation, Every, Finished, Measures, Net,
    Options, Order, Packing, Precision, Progress, Published, Questions, Rows, Run, Step, Steps,
    TokenSource, Trainer, start,
};
use connectome::train::schedule::{Decay, LearningRate};
use serde_json::{Value, json};

use crate::golden::max_diff;
use crate::random_models::noise::Noise;

const N_STEPS: u64 = 12;

fn config() -> Value {
    json!({
        "model_type": "llama", "hidden_size": 16, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 4,
        "intermediate_size": 24, "vocab_size": 40, "max_position_embeddings": 32,
        "rms_norm_eps": 1e-5, "tie_word_embeddings": false,
    })
}

fn options() -> Options {
    Options {
        n_steps: N_STEPS,
        batch_rows: 6,
        n_tokens: 10,
        cut: Cut { part_rows: 2, n_lanes: 2 },
        rate: LearningRate {
            peak: 1e-2,
            warm_up: 3,
            decay: Decay::Cosine,
            decay_steps: 8,
            floor: 0.1,
        },
        adam: Adam { beta2: 0.95, weight_decay: 0.1, ..Adam::default() },
        decayed: Decayed::Linear,
        max_norm: Some(1.0),
        isolate: None,
        arithmetic: Arithmetic::F32,
        qkv_decay: None,
    }
}

/// A corpus of ids with weights, of documents of every length, that counts upwards.
fn write_corpus(folder: &Path) -> std::path::PathBuf {
    let mut noise = Noise(3);
    let mut text = String::new();
    for _ in 0..40 {
        let len = 1 + noise.below(25);
        let first = noise.below(38);
        let tokens: Vec<usize> = (first..first + len).map(|at| 2 + at % 38).collect();
        let weights: Vec<usize> = (0..len).map(|_| noise.below(3)).collect();
        text += &format!("{}\n", json!({ "tokens": tokens, "loss_weights": weights }));
    }
    let path = folder.join("data.jsonl");
    std::fs::write(&path, text).unwrap();
    path
}

fn documents(folder: &Path, packing: Packing) -> Documents {
    let reading = corpus::Reading { cut: corpus::Cut::Lines, n_vocab: 40 };
    let corpus = Corpus::open(&[write_corpus(folder)], reading).unwrap();
    let order = Order::Shuffled { seed: 4 };
    let arrangement = Arrangement { opens: Some(1), closes: Some(0), packing, order };
    Documents::new(corpus, None, 40, arrangement).unwrap()
}

/// Stops after so many steps of this process, and remembers what it saw.
#[derive(Default)]
struct Watch {
    stop_after: Option<u64>,
    steps: Vec<Step>,
    evaluations: Vec<Evaluation>,
    saved: Vec<u64>,
    notes: Vec<String>,
}

impl Progress for Watch {
    fn step(&mut self, step: &Step) -> ControlFlow<()> {
        self.steps.push(*step);
        match self.stop_after {
            Some(n) if self.steps.len() as u64 >= n => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }

    fn evaluated(&mut self, evaluation: &Evaluation) {
        self.evaluations.push(evaluation.clone());
    }

    fn saved(&mut self, step: u64, _path: &Path) {
        self.saved.push(step);
    }

    fn note(&mut self, text: String) {
        self.notes.push(text);
    }
}

/// A run in `folder`, with a held-out row and a question.
fn run(
    folder: &Path,
    source: &mut dyn TokenSource,
    begin: Begin,
    watch: &mut Watch,
    options: Options,
) -> Result<Finished, TrainError> {
    let json = config();
    let hf = HfConfig::new(json.clone(), "config.json".into());
    let (described, names) = families::describe(&hf).unwrap();
    let net = Net::new(described, &names);
    let params = start::random(net.layout(), net.config(), 9, 0.02);
    let mut held_out = Rows::empty(10);
    held_out.push(&[1, 5, 6, 7, 8, 9], &[1.0; 6]);
    let questions = folder.join("questions.jsonl");
    let line = json!({ "prompt_tokens": [5, 6], "answer_tokens": [7], "group": "sevens" });
    std::fs::write(&questions, line.to_string()).unwrap();
    let questions = Questions::open(&questions, None, &net, Some(1)).unwrap();
    let run = Run {
        trainer: Trainer::new(net, params, options),
        source,
        measures: Measures { held_out: Some(held_out), questions: Some(questions) },
        published: Published { config: &json, class: names.class, precision: Precision::F32 },
        tokenizer: None,
        start: json!({ "seed": 9 }),
        every: Every { log: 5, evaluate: 4, save: 3 },
        folder: folder.to_owned(),
    };
    run.train(begin, watch)
}

/// Everything that a finished run leaves but its checkpoints.
fn left(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let names =
        ["config.json", "model.safetensors", "training/metrics.jsonl", "training/curves.svg"];
    names.map(|name| (name.to_owned(), std::fs::read(folder.join(name)).unwrap())).into()
}

// What the whole design stands on: wherever a run is stopped, it ends as if it had not been.
#[test]
fn a_stopped_run_goes_on_bit_for_bit() {
    for packing in [Packing::Packed, Packing::Apart] {
        let whole = tempfile::tempdir().unwrap();
        let mut data = documents(whole.path(), packing);
        let mut watch = Watch::default();
        let at_once = run(whole.path(), &mut data, Begin::Fresh, &mut watch, options()).unwrap();
        assert_eq!((at_once.ended, watch.saved), (Ended::Done, vec![3, 6, 9, 12]));
        assert!(watch.steps.last().unwrap().loss < watch.steps[0].loss);
        for stop_after in [1, 4, 7] {
            let folder = tempfile::tempdir().unwrap();
            let mut watch = Watch { stop_after: Some(stop_after), ..Watch::default() };
            let mut data = documents(folder.path(), packing);
            let stopped =
                run(folder.path(), &mut data, Begin::Fresh, &mut watch, options()).unwrap();
            assert_eq!((stopped.ended, stopped.trainer.step()), (Ended::Stopped, stop_after));
            let mut data = documents(folder.path(), packing);
            let rest =
                run(folder.path(), &mut data, Begin::Resume, &mut Watch::default(), options());
            let rest = rest.unwrap();
            assert_eq!(rest.ended, Ended::Done);
            assert!(rest.trainer.params() == at_once.trainer.params(), "after {stop_after}");
            assert!(left(folder.path()) == left(whole.path()), "after {stop_after}");
        }
    }
}

// A source that is a function of the step needs no cursor.
#[test]
fn a_run_on_steps_goes_on_bit_for_bit() {
    let source = || {
        Steps::new(json!("noise"), |step: u64, n_rows: usize, n_tokens: usize| {
            let mut noise = Noise(step);
            let mut rows = Rows::empty(n_tokens);
            for _ in 0..n_rows {
                let ids: Vec<u32> = (0..n_tokens).map(|_| noise.below(40) as u32).collect();
                rows.push(&ids, &vec![1.0; n_tokens]);
            }
            rows
        })
    };
    let (whole, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut watch = Watch::default();
    let at_once = run(whole.path(), &mut source(), Begin::Fresh, &mut watch, options()).unwrap();
    let mut watch = Watch { stop_after: Some(5), ..Watch::default() };
    run(folder.path(), &mut source(), Begin::Fresh, &mut watch, options()).unwrap();
    let rest = run(folder.path(), &mut source(), Begin::Resume, &mut Watch::default(), options());
    assert!(rest.unwrap().trainer.params() == at_once.trainer.params());
}

#[test]
fn what_is_measured_is_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut data = documents(folder.path(), Packing::Packed);
    let mut watch = Watch::default();
    run(folder.path(), &mut data, Begin::Fresh, &mut watch, options()).unwrap();
    let text = std::fs::read_to_string(folder.path().join("training/metrics.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| -> Vec<&Value> { lines.iter().filter(|l| l["kind"] == kind).collect() };
    let steps = |lines: &[&Value]| -> Vec<u64> {
        lines.iter().map(|line| line["step"].as_u64().unwrap()).collect()
    };
    assert_eq!(steps(&of("train")), [5, 10, 12]);
    assert_eq!(steps(&of("eval")), [4, 8, 12]);
    let mean = watch.steps[..5].iter().map(|step| step.loss).sum::<f64>() / 5.0;
    assert!((of("train")[0]["loss"].as_f64().unwrap() - mean).abs() < 1e-12);
    assert_eq!(of("train")[2]["tokens"], 12 * 60);
    let last = watch.evaluations.last().unwrap();
    assert_eq!(of("eval")[2]["loss"].as_f64(), last.loss);
    assert_eq!(of("eval")[2]["groups"]["sevens"]["asked"], 1);
    assert!(last.loss.unwrap() < watch.evaluations[0].loss.unwrap() + 1.0);
}

// The model that is left behind is the one that was trained.
#[test]
fn the_model_of_a_run_gives_the_trainers_logits() {
    let folder = tempfile::tempdir().unwrap();
    let mut data = documents(folder.path(), Packing::Packed);
    let finished =
        run(folder.path(), &mut data, Begin::Fresh, &mut Watch::default(), options()).unwrap();
    let model = Model::load(&Folder::Disk(folder.path().to_owned())).unwrap();
    let ids = [1, 7, 30, 2, 2, 39, 5];
    let expected = finished.trainer.net().logits(finished.trainer.params(), &ids, None);
    let found = model.forward(&ids, &mut NoTap, &LogitsAt::All).unwrap();
    let worst = max_diff(found.data(), expected.data());
    assert!(worst < 1e-5, "{worst}");
}

#[test]
fn runs_are_begun_and_resumed_only_where_that_makes_sense() {
    let folder = tempfile::tempdir().unwrap();
    let mut data = documents(folder.path(), Packing::Packed);
    let nothing = run(folder.path(), &mut data, Begin::Resume, &mut Watch::default(), options());
    assert!(matches!(nothing, Err(TrainError::NoCheckpoint { .. })));
    let mut watch = Watch { stop_after: Some(4), ..Watch::default() };
    run(folder.path(), &mut data, Begin::Fresh, &mut watch, options()).unwrap();
    let again = run(folder.path(), &mut data, Begin::Fresh, &mut Watch::default(), options());
    assert!(matches!(again, Err(TrainError::RunExists { step: 4, .. })));
    let other = Options { max_norm: None, ..options() };
    let refused = run(folder.path(), &mut data, Begin::Resume, &mut Watch::default(), other);
    let message = refused.unwrap_err().to_string();
    assert!(message.starts_with("`training.max_norm` is not set"), "{message}");
    let mut other = documents(folder.path(), Packing::Apart);
    let refused = run(folder.path(), &mut other, Begin::Resume, &mut Watch::default(), options());
    let message = refused.unwrap_err().to_string();
    assert!(message.starts_with("`data.packed` is false"), "{message}");
}

#[test]
fn a_checkpoint_that_is_cut_short_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let whole = tempfile::tempdir().unwrap();
    let mut data = documents(whole.path(), Packing::Packed);
    let at_once =
        run(whole.path(), &mut data, Begin::Fresh, &mut Watch::default(), options()).unwrap();
    let mut data = documents(folder.path(), Packing::Packed);
    let mut watch = Watch { stop_after: Some(7), ..Watch::default() };
    run(folder.path(), &mut data, Begin::Fresh, &mut watch, options()).unwrap();
    let newest = folder.path().join("training/checkpoints/step-000000007.safetensors");
    let bytes = std::fs::read(&newest).unwrap();
    std::fs::write(&newest, &bytes[..bytes.len() / 2]).unwrap();
    let mut watch = Watch::default();
    let rest = run(folder.path(), &mut data, Begin::Resume, &mut watch, options()).unwrap();
    assert_eq!(watch.steps[0].step, 7, "it went on from step 6");
    let [note] = &watch.notes[..] else { panic!("{:?}", watch.notes) };
    assert!(note.starts_with("the checkpoint is damaged ("), "{note}");
    assert!(note.contains("step-000000007.safetensors`; going on from step 6"), "{note}");
    assert!(rest.trainer.params() == at_once.trainer.params());
}

// A loss that blows up ends the run before it reaches any file.
#[test]
fn a_loss_that_is_not_finite_ends_the_run_and_says_where() {
    let folder = tempfile::tempdir().unwrap();
    let mut data = documents(folder.path(), Packing::Packed);
    let wild = Options {
        rate: LearningRate { peak: 1e30, warm_up: 0, ..options().rate },
        max_norm: None,
        ..options()
    };
    let error = run(folder.path(), &mut data, Begin::Fresh, &mut Watch::default(), wild);
    let message = error.unwrap_err().to_string();
    assert!(message.starts_with("the loss (first in "), "{message}");
    assert!(message.contains("is NaN at step 2"), "{message}");
    assert!(message.ends_with("no checkpoint had been made"), "{message}");
    assert!(!folder.path().join("model.safetensors").exists());
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut data = documents(folder.path(), Packing::Packed);
    // A file stands where the checkpoints belong.
    std::fs::create_dir(folder.path().join("training")).unwrap();
    std::fs::write(folder.path().join("training/checkpoints"), "").unwrap();
    let error = run(folder.path(), &mut data, Begin::Fresh, &mut Watch::default(), options());
    let message = error.unwrap_err().to_string();
    assert!(message.starts_with("cannot write `"), "{message}");
    assert!(message.contains("step-000000003.safetensors"), "{message}");
}
