use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use connectome::files::Folder;
use connectome::lm::Model;
use connectome::ops::matrix::Dtype;
use connectome::organism::{self, Organism};
use connectome::replacement::{PromptTokens, ReplacementModel};
use connectome::tokenizer::{Prompt, Tokenizer};
use connectome::train::TrainError;
use connectome::train::corpus::{Corpus, Cut, Reading};
use connectome::train::schedule::{Decay, LearningRate, Ramp};
use connectome::train::transcoder::activations::Sites;
use connectome::train::transcoder::controller::TargetL0;
use connectome::train::transcoder::export::{Lengths, Precision};
use connectome::train::transcoder::objective::{
    AuxK, DecoderNorm, Gate, JumpRelu, PreActivation, PulledUp, Scope, Sparsity, SteToPreact,
};
use connectome::train::transcoder::options::{
    CacheOptions, Data, Dictionary, Evaluation, Every, Options, Prompts,
};
use connectome::train::transcoder::params::Presence;
use connectome::train::transcoder::run::{Phase, Progress};
use connectome::train::transcoder::{Ending, Job, Objective, Start, Watch, run};
use connectome::transcoder::{Activation, Kind, ReadSite, Transcoder, WriteSite};

use super::nets::recipe;

const N_STEPS: u64 = 12;

/// Stops a run after so many steps, as Ctrl-C would; remembers what it was told.
#[derive(Debug, Default)]
struct StopsAfter {
    steps: Option<u64>,
    notes: Vec<String>,
}

impl Watch for StopsAfter {
    fn step(&mut self, progress: Progress) -> ControlFlow<()> {
        match self.steps == Some(progress.step) {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    fn phase(&mut self, _phase: Phase) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    fn secs(&self) -> Option<f64> {
        None
    }
}

pub(crate) fn two_hop() -> &'static Organism {
    organism::by_name("two-hop").unwrap()
}

pub(crate) fn tokenizer() -> Tokenizer {
    let folder = two_hop().model();
    let file = |name: &str| folder.open(name).unwrap();
    let config = file("tokenizer_config.json");
    Tokenizer::from_parts(&file("tokenizer.json"), Some(&config), None, None).unwrap()
}

/// Questions about cities, one a line.
pub(crate) fn text() -> String {
    let world: serde_json::Value = serde_json::from_str(two_hop().world).unwrap();
    let facts = world["facts"].as_array().unwrap();
    let line = |(at, fact): (usize, &serde_json::Value)| {
        let relation = ["capital", "bird", "river"][at % 3];
        let (city, answer) = (fact["city"].as_str().unwrap(), fact[relation].as_str().unwrap());
        format!("the {relation} of the state containing {city} is {answer}\n")
    };
    facts.iter().take(60).enumerate().map(line).collect()
}

fn prompt() -> PromptTokens {
    let text = "the capital of the state containing oak port is";
    let prepared = tokenizer().prepare(Prompt::Text(text), "two-hop").unwrap();
    PromptTokens { ids: prepared.ids, n_zeroed: prepared.zeroed_positions }
}

pub(crate) fn paper() -> Objective {
    Objective {
        gate: Gate::JumpRelu(JumpRelu {
            bandwidth: 1.0,
            ste_to_preact: SteToPreact::Rect,
            initial: 0.03,
            rate_factor: 1.0,
        }),
        norm: DecoderNorm::Concatenated,
        sparsity: Some(Sparsity {
            coefficient: Ramp { from: 0.0, to: 2.0, start: 0, steps: 6, ..Ramp::constant(0.0) },
            stretch: 4.0,
            frequency_scale: Some(0.5),
        }),
        pre_activation: Some(PreActivation { coefficient: 1e-3, on: PulledUp::Dead }),
        aux: Some(AuxK { k: 4, coefficient: 0.1 }),
    }
}

pub(crate) fn options(objective: Objective) -> Options {
    let mut recipe = recipe(objective);
    recipe.optimiser.n_steps = N_STEPS;
    recipe.optimiser.rate =
        LearningRate { peak: 5e-3, warm_up: 2, decay: Decay::Linear, decay_steps: 4, floor: 0.0 };
    recipe.dead_after = 100;
    Options {
        dictionary: Dictionary {
            n_features: 64,
            window: None,
            skip: Presence::Absent,
            sites: Sites { reads: ReadSite::ResidMid, writes: WriteSite::MlpOut },
            precision: Precision::F32,
            lengths: Lengths::AsTrained,
            scan: None,
        },
        recipe,
        target_l0: None,
        data: Data {
            batch_tokens: 48,
            buffer_tokens: 200,
            sample_tokens: 256,
            context: 64,
            held_out: 0.1,
            outlier_factor: Some(20.0),
            cache: None,
        },
        every: Every { metrics: 1, evaluate: 5, graphs: 0, checkpoint: 3 },
        evaluation: Evaluation { sequences: 4, prompts: Prompts::Given(vec![prompt()]) },
        seed: 11,
    }
}

/// A model, a corpus and a folder for a run's output.
pub(crate) struct Place {
    pub(crate) model: Folder,
    folder: tempfile::TempDir,
    corpus: Corpus,
    /// Other models that documents are dealt out to.
    others: Vec<(String, Folder)>,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::of(&text())
    }

    fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text.txt");
        std::fs::write(&path, text).unwrap();
        let corpus = Corpus::open(&[path], Reading { cut: Cut::Lines, n_vocab: 401 }).unwrap();
        Self { model: two_hop().model(), folder, corpus, others: Vec::new() }
    }

    fn with(self, name: &str) -> Self {
        let folder = organism::by_name(name).unwrap().model();
        Self { others: vec![(name.to_owned(), folder)], ..self }
    }

    pub(crate) fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    pub(crate) fn run(
        &self,
        options: &Options,
        start: Start,
        stops_after: Option<u64>,
    ) -> Result<Ending, TrainError> {
        let mut watch = StopsAfter { steps: stops_after, ..StopsAfter::default() };
        self.watched(options, start, &mut watch)
    }

    fn watched(
        &self,
        options: &Options,
        start: Start,
        watch: &mut StopsAfter,
    ) -> Result<Ending, TrainError> {
        let (tokenizer, out) = (tokenizer(), self.out());
        let job = Job {
            folder: &self.model,
            model_name: "two-hop",
            others: &self.others,
            tokenizer: Some(&tokenizer),
            corpus: &self.corpus,
            out: &out,
            options,
            recipe: "connectome train clt …",
        };
        run(job, start, watch)
    }

    pub(crate) fn dictionary(&self) -> Transcoder {
        Transcoder::open(&Folder::Disk(self.out())).unwrap()
    }
}

/// The files of a run but its checkpoints, by name.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn objectives() -> Vec<Objective> {
    let batch = Gate::BatchTopK { k: Ramp::constant(6.0), scope: Scope::ALL };
    let plain = Objective { sparsity: None, pre_activation: None, ..paper() };
    vec![paper(), Objective { gate: batch, aux: None, ..plain }]
}

/// Stopped anywhere, a run goes on to the same bytes: weights, metrics, card.
#[test]
fn a_resumed_run_is_the_uninterrupted_one() {
    for objective in objectives() {
        let whole = Place::new();
        let mut options = options(objective);
        if objective.sparsity.is_some() {
            options.target_l0 = Some(TargetL0 { l0: 30.0, gain: 0.1, start: 3 });
        }
        assert!(matches!(whole.run(&options, Start::New, None), Ok(Ending::Finished(_))));
        let expected = files(&whole.out());
        assert!(expected.iter().any(|(name, _)| name == "config.yaml"), "{expected:?}");

        // Ctrl-C, which makes a checkpoint, at places before and after refills and evaluations.
        let stopped = Place::new();
        for (start, stop) in
            [(Start::New, Some(1)), (Start::Resume, Some(5)), (Start::Resume, Some(8))]
        {
            let ending = stopped.run(&options, start, stop).unwrap();
            assert_eq!(ending, Ending::Interrupted { step: stop.unwrap() });
        }
        stopped.run(&options, Start::Resume, None).unwrap();
        assert!(files(&stopped.out()) == expected, "after Ctrl-C");

        // A kill loses what came after the last checkpoint, and may cut the newest one short.
        let killed = Place::new();
        killed.run(&options, Start::New, Some(10)).unwrap();
        let newest = killed.out().join("checkpoints/step-000000010.safetensors");
        let bytes = std::fs::read(&newest).unwrap();
        std::fs::write(&newest, &bytes[..bytes.len() / 2]).unwrap();
        let mut watch = StopsAfter::default();
        killed.watched(&options, Start::Resume, &mut watch).unwrap();
        assert!(watch.notes.iter().any(|note| note.contains("going on from step 9")), "{watch:?}");
        assert!(files(&killed.out()) == expected, "after a kill");
    }
}

/// A run whose last files cannot be written has lost nothing, and says so.
#[test]
fn a_run_that_cannot_write_says_which_checkpoint_is_kept() {
    let place = Place::new();
    let options = options(paper());
    // A folder stands where the config belongs.
    let blocked = place.out().join("config.yaml");
    std::fs::create_dir_all(&blocked).unwrap();
    let message = place.run(&options, Start::New, None).unwrap_err().to_string();
    assert!(message.starts_with("cannot write `"), "{message}");
    assert!(message.ends_with("; the checkpoint of step 12 is kept"), "{message}");
    std::fs::remove_dir(&blocked).unwrap();
    assert!(matches!(place.run(&options, Start::Resume, None), Ok(Ending::Finished(_))));
}

#[test]
fn a_run_from_a_cache_resumes_too() {
    let run_in = |place: &Place, stop: Option<u64>| {
        let mut options = options(paper());
        let path = place.folder.path().join("activations.safetensors");
        options.data.cache = Some(CacheOptions { path, tokens: 300, dtype: Dtype::Bf16 });
        if let Some(stop) = stop {
            place.run(&options, Start::New, Some(stop)).unwrap();
            return place.run(&options, Start::Resume, None).unwrap();
        }
        place.run(&options, Start::New, None).unwrap()
    };
    let (whole, stopped) = (Place::new(), Place::new());
    run_in(&whole, None);
    run_in(&stopped, Some(8));
    assert!(files(&whole.out()) == files(&stopped.out()));
    // The same file serves another run; one of other data does not.
    let other = Place::of(&text().replace("capital", "river"));
    let cache = "activations.safetensors";
    std::fs::copy(whole.folder.path().join(cache), other.folder.path().join(cache)).unwrap();
    let mut options = options(paper());
    let path = other.folder.path().join(cache);
    options.data.cache = Some(CacheOptions { path, tokens: 300, dtype: Dtype::Bf16 });
    let message = other.run(&options, Start::New, None).unwrap_err().to_string();
    assert!(message.starts_with("`data` is"), "{message}");
}

/// One dictionary for two models: documents go to both in turn, and the card says what it is
/// worth in each.
#[test]
fn a_dictionary_of_two_models_is_trained_on_both() {
    let options = options(paper());
    let alone = Place::new();
    alone.run(&options, Start::New, None).unwrap();
    // The same model twice is the same run.
    let twice = Place::new().with("two-hop");
    twice.run(&options, Start::New, None).unwrap();
    let of_weights = |place: &Place| {
        let files = files(&place.out()).into_iter();
        files.filter(|(name, _)| name.ends_with(".safetensors")).collect::<Vec<_>>()
    };
    assert!(!of_weights(&alone).is_empty() && of_weights(&twice) == of_weights(&alone));
    let both = Place::new().with("one-token");
    let Ending::Finished(card) = both.run(&options, Start::New, None).unwrap() else {
        panic!("it ends")
    };
    assert!(of_weights(&both) != of_weights(&alone));
    let nmse = |measured: &serde_json::Value| measured["quality"]["nmse"][3].as_f64().unwrap();
    assert!(nmse(&card["measured"]) != nmse(&card["in_other_models"]["one-token"]));
    let stopped = Place::new().with("one-token");
    stopped.run(&options, Start::New, Some(5)).unwrap();
    stopped.run(&options, Start::Resume, None).unwrap();
    assert!(files(&stopped.out()) == files(&both.out()));
    // Another set of models is another run.
    let other = Place { others: Vec::new(), ..stopped };
    let message = other.run(&options, Start::Resume, None).unwrap_err().to_string();
    assert!(message.contains("others"), "{message}");
}

/// What is written is what was trained: the dictionary of every kind opens, fits the model, and
/// its reconstructions on the model's own numbers are those that training measured.
#[test]
fn every_kind_is_exported_as_it_was_trained() {
    let top = |k| Gate::TopK { k: Ramp::constant(k) };
    let plain = Objective { sparsity: None, pre_activation: None, aux: None, ..paper() };
    let per_layer = Objective { gate: top(5.0), ..plain };
    let of_batch = |scope| {
        let gate = Gate::BatchTopK { k: Ramp::constant(6.0), scope };
        Objective { gate, ..plain }
    };
    for (name, window, objective, kind, activation) in [
        ("clt", None, paper(), Kind::CrossLayer, Activation::JumpRelu),
        ("windowed", Some(2), paper(), Kind::CrossLayer, Activation::JumpRelu),
        ("clt top k", None, per_layer, Kind::CrossLayer, Activation::JumpRelu),
        ("plt top k", Some(1), per_layer, Kind::PerLayer, Activation::TopK { k: 5 }),
        ("clt batch", None, of_batch(Scope::ALL), Kind::CrossLayer, Activation::JumpRelu),
        ("plt batch", Some(1), of_batch(Scope::EVEN), Kind::PerLayer, Activation::JumpRelu),
        (
            "plt relu",
            Some(1),
            Objective { gate: Gate::Relu, ..paper() },
            Kind::PerLayer,
            Activation::Relu,
        ),
    ] {
        for skip in [Presence::Absent, Presence::Present] {
            let place = Place::new();
            let mut options = options(objective);
            options.dictionary.window = window;
            options.dictionary.skip = skip;
            options.every = Every { metrics: 0, evaluate: 0, graphs: 0, checkpoint: 0 };
            let Ending::Finished(card) = place.run(&options, Start::New, None).unwrap() else {
                panic!("it ends")
            };
            let dictionary = place.dictionary();
            assert_eq!((dictionary.card().kind, dictionary.card().activation), (kind, activation));
            assert_eq!(dictionary.card().has_skip, skip == Presence::Present, "{name}");
            let model = Model::load(&two_hop().model()).unwrap();
            ReplacementModel::new(model, dictionary).unwrap();
            let metrics = std::fs::read_to_string(place.out().join("metrics.jsonl")).unwrap();
            let last: serde_json::Value =
                serde_json::from_str(metrics.lines().last().unwrap()).unwrap();
            // The last batch before the last, tiny step, and held-out tokens: other tokens of the
            // same few sentences, so the numbers are near and not equal.
            for layer in 0..4 {
                let trained = last["ev"][layer].as_f64().unwrap();
                let written = card["measured"]["quality"]["ev"][layer].as_f64().unwrap();
                assert!((trained - written).abs() < 0.25, "{name} {layer}: {trained}, {written}");
            }
        }
    }
}

/// Graphs of the prompts are scored when they are due, whatever else is measured then.
#[test]
fn graphs_are_scored_on_the_way() {
    let place = Place::new();
    let mut options = options(paper());
    options.every = Every { metrics: 0, evaluate: 6, graphs: 4, checkpoint: 0 };
    place.run(&options, Start::New, None).unwrap();
    let metrics = std::fs::read_to_string(place.out().join("metrics.jsonl")).unwrap();
    let lines = metrics.lines().map(|line| serde_json::from_str(line).unwrap());
    let measured: Vec<serde_json::Value> =
        lines.filter(|line: &serde_json::Value| line["kind"] == "held-out").collect();
    let what = |line: &serde_json::Value| {
        (line["step"].as_u64().unwrap(), line["quality"].is_object(), line["graphs"].is_object())
    };
    let found: Vec<_> = measured.iter().map(what).collect();
    assert_eq!(found, [(4, false, true), (6, true, false), (8, false, true)]);
    for line in measured.iter().filter(|line| line["graphs"].is_object()) {
        let graphs = &line["graphs"];
        assert_eq!(graphs["prompts"], 1);
        assert!(graphs["features"].as_f64().unwrap() > 0.0, "{graphs}");
        for score in ["replacement", "completeness"] {
            let value = graphs[score].as_f64().unwrap();
            assert!((0.0..=1.0).contains(&value), "{score} is {value}");
        }
    }
}
