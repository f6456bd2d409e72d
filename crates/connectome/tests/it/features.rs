//! Feature indices: what a pass gathers is what the model does, a stopped pass gives the same
//! bytes, and no file makes the reader panic.

mod damaged;
mod frontend;
mod weights;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use connectome::features::collect::{
    self, Ending, Flow, Job, Names, Options, Progress, Start, Watch,
};
use connectome::features::examples::Window;
use connectome::features::index::{Distribution, LabelSource};
use connectome::features::source::Made;
use connectome::features::{FeatureIndex, FeaturesError, search};
use connectome::lm::Model;
use connectome::organism;
use connectome::replacement::{PromptTokens, ReplacementModel};
use connectome::train::TrainError;
use connectome::train::transcoder::activations::Sequence;
use connectome::transcoder::Transcoder;
use connectome_graph::FeatureId;
use serde_json::json;

fn replacement() -> ReplacementModel {
    let organism = organism::by_name("two-hop").unwrap();
    let model = Model::load(&organism.model()).unwrap();
    ReplacementModel::new(model, Transcoder::open(&organism.dictionary()).unwrap()).unwrap()
}

/// Ids that look random; the first position is not used, some documents have two sequences.
fn documents(n: u32) -> Made<impl Fn(u32) -> Result<Vec<Sequence>, TrainError>> {
    let ids = |seed: u32, n: u32| -> Vec<u32> {
        (0..n).map(|at| (seed * 7919 + at * at * 31 + at * seed) % 400).collect()
    };
    let sequences = move |document: u32| {
        let first = Sequence { model: 0, ids: ids(document, 5 + document % 7), n_skipped: 1 };
        let second = Sequence { model: 0, ids: ids(document + 1000, 4), n_skipped: 2 };
        Ok(if document.is_multiple_of(3) { vec![first, second] } else { vec![first] })
    };
    Made { n_documents: n, identity: json!({ "made": n }), sequences }
}

struct Runs;

impl Watch for Runs {
    fn step(&mut self, _progress: Progress) -> Flow {
        Flow::Continue
    }

    fn note(&mut self, text: String) {
        panic!("nothing is to be said: {text}");
    }
}

/// Stops at the first step after so many.
struct StopsAfter(usize);

impl Watch for StopsAfter {
    fn step(&mut self, _progress: Progress) -> Flow {
        match self.0.checked_sub(1) {
            Some(left) => {
                self.0 = left;
                Flow::Save
            }
            None => Flow::Stop,
        }
    }

    fn note(&mut self, text: String) {
        panic!("nothing is to be said: {text}");
    }
}

/// Runs on, and keeps what is said.
#[derive(Default)]
struct Listens(Vec<String>);

impl Watch for Listens {
    fn step(&mut self, _progress: Progress) -> Flow {
        Flow::Continue
    }

    fn note(&mut self, text: String) {
        self.0.push(text);
    }
}

fn options() -> Options {
    let window = Window { before: 3, after: 2 };
    Options { n_strongest: 4, n_sampled: 6, window, n_effects: 5, ..Options::default() }
}

fn run(
    replacement: &ReplacementModel,
    n_documents: u32,
    (out, start): (&Path, Start),
    options: &Options,
    watch: &mut dyn Watch,
) -> Result<Ending, FeaturesError> {
    let source = documents(n_documents);
    let names = Names { model: "two-hop", dictionary: "two-hop/clt", tool: "test" };
    let token_text = |id| format!("t{id}");
    let job = Job { replacement, source: &source, token_text: &token_text, names, out, options };
    collect::run(job, start, watch)
}

fn collected(folder: &Path, n_documents: u32) -> (ReplacementModel, PathBuf) {
    let replacement = replacement();
    let out = folder.join("made.features");
    let ended = run(&replacement, n_documents, (&out, Start::New), &options(), &mut Runs).unwrap();
    assert!(matches!(ended, Ending::Finished(_)));
    (replacement, out)
}

/// What a feature does, computed a prompt at a time.
#[derive(Default)]
struct Truth {
    fired: u32,
    sum: f64,
    /// Peak of every sequence where it fires.
    peaks: Vec<f32>,
    together: BTreeMap<FeatureId, f64>,
}

fn truth(replacement: &ReplacementModel, n_documents: u32) -> BTreeMap<FeatureId, Truth> {
    let mut truth: BTreeMap<FeatureId, Truth> = BTreeMap::new();
    let source = documents(n_documents);
    for document in 0..n_documents {
        for Sequence { ids, n_skipped, .. } in (source.sequences)(document).unwrap() {
            let local = replacement.on(&PromptTokens { ids, n_zeroed: n_skipped }).unwrap();
            let active = local.features().list();
            let mut peaks: BTreeMap<FeatureId, f32> = BTreeMap::new();
            for fired in active {
                let own = truth.entry(fired.id).or_default();
                own.fired += 1;
                own.sum += f64::from(fired.activation);
                let peak = peaks.entry(fired.id).or_insert(fired.activation);
                *peak = peak.max(fired.activation);
                for other in active.iter().filter(|o| o.pos == fired.pos && o.id != fired.id) {
                    let product = f64::from(fired.activation) * f64::from(other.activation);
                    *own.together.entry(other.id).or_default() += product;
                }
            }
            for (id, peak) in peaks {
                truth.get_mut(&id).unwrap().peaks.push(peak);
            }
        }
    }
    truth
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-4 * (1.0 + a.abs())
}

#[test]
fn an_index_holds_what_the_model_does_prompt_by_prompt() {
    let folder = tempfile::tempdir().unwrap();
    let (replacement, out) = collected(folder.path(), 60);
    let index = FeatureIndex::open(&out).unwrap();
    let truth = truth(&replacement, 60);
    let (mut n_exact, mut n_fired) = (0, 0);
    for id in index.ids() {
        let feature = index.feature(id).unwrap();
        let Some(truth) = truth.get(&id) else {
            assert_eq!(feature.statistics.fired, 0, "{id}");
            assert!(feature.groups.is_empty() && feature.label.is_none());
            continue;
        };
        n_fired += 1;
        assert_eq!(feature.statistics.fired, truth.fired, "{id}");
        assert!(near(feature.statistics.sum, truth.sum), "{id}");
        let Distribution::Counted(histogram) = &feature.distribution else { panic!("counted") };
        assert_eq!(histogram.total(), u64::from(truth.fired));
        let mut peaks = truth.peaks.clone();
        peaks.sort_by(|a, b| b.total_cmp(a));
        let top = &feature.groups[0];
        assert_eq!(top.examples.len(), peaks.len().min(4), "{id}");
        for (example, peak) in top.examples.iter().zip(&peaks) {
            let found = example.activations[example.peak];
            assert!(near(f64::from(found), f64::from(*peak)), "{id}: {found} and {peak}");
            assert!(example.activations.iter().all(|activation| *activation <= found));
        }
        let sampled: usize = feature.groups[1..].iter().map(|group| group.examples.len()).sum();
        assert_eq!(sampled, peaks.len().min(6), "{id}");
        for partner in &feature.partners {
            let sum = truth.together[&index.id(partner.feature)];
            assert!(partner.sum >= sum - 1e-3 && partner.sum - partner.excess <= sum + 1e-3);
            n_exact += usize::from(partner.excess == 0.0);
        }
    }
    assert!(n_fired > 500 && n_exact > 1000, "{n_fired}, {n_exact}");
    let card = index.card();
    let source = documents(60);
    let sequences = (0..60).flat_map(|document| (source.sequences)(document).unwrap());
    let used: Vec<usize> =
        sequences.map(|sequence| sequence.ids.len() - sequence.n_skipped).collect();
    assert_eq!(card.n_sequences, used.len() as u64);
    assert_eq!(card.n_tokens, used.iter().sum::<usize>() as u64);
}

// An example's tokens are those of its sequence, at its place.
#[test]
fn examples_are_pieces_of_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let (_, out) = collected(folder.path(), 20);
    let index = FeatureIndex::open(&out).unwrap();
    let source = documents(20);
    let texts: Vec<String> = (0..20)
        .flat_map(|document| (source.sequences)(document).unwrap())
        .map(|sequence| {
            let words: Vec<String> = sequence.ids.iter().map(|id| format!("t{id}")).collect();
            format!(" {} ", words.join(" "))
        })
        .collect();
    let mut n = 0;
    for id in index.ids() {
        for example in index.feature(id).unwrap().groups.iter().flat_map(|group| &group.examples) {
            let piece = format!(" {} ", example.tokens.join(" "));
            assert!(texts.iter().any(|text| text.contains(&piece)), "{id}: {piece}");
            assert!(example.tokens.len() <= 6 && example.activations[example.peak] > 0.0);
            n += 1;
        }
    }
    assert!(n > 1000);
}

#[test]
fn logits_of_an_index_are_direct_effects() {
    let folder = tempfile::tempdir().unwrap();
    let (replacement, out) = collected(folder.path(), 10);
    let index = FeatureIndex::open(&out).unwrap();
    let ids = (documents(10).sequences)(4).unwrap().remove(0).ids;
    let local = replacement.on(&PromptTokens { ids, n_zeroed: 1 }).unwrap();
    let places: Vec<usize> = (0..local.features().len()).step_by(17).collect();
    let logits_nv = local.direct_logits(&places);
    for (row, place) in places.iter().enumerate() {
        let feature = index.feature(local.features().list()[*place].id).unwrap();
        let mut logits = logits_nv.row(row).to_vec();
        logits.sort_by(|a, b| b.total_cmp(a));
        let (n, top, bottom) = (logits.len(), &feature.top_logits, &feature.bottom_logits);
        assert_eq!((top.len(), bottom.len()), (5, 5));
        for at in 0..5 {
            assert!(near(f64::from(top[at].value.unwrap()), f64::from(logits[at])));
            assert!(near(f64::from(bottom[at].value.unwrap()), f64::from(logits[n - 1 - at])));
            let id: usize = top[at].token[1..].parse().unwrap();
            assert!(near(f64::from(logits_nv.row(row)[id]), f64::from(logits[at])));
        }
    }
}

#[test]
fn a_stopped_pass_goes_on_to_the_same_bytes_on_any_threads() {
    let folder = tempfile::tempdir().unwrap();
    let replacement = replacement();
    let path = |name: &str| folder.path().join(name);
    let (whole, stopped) = (path("whole"), path("stopped"));
    // Some 4,300 tokens: two batches, and then the features.
    let n = 560;
    run(&replacement, n, (&whole, Start::New), &options(), &mut Runs).unwrap();
    for (n_steps, start) in [(0, Start::New), (1, Start::Resume), (3, Start::Resume)] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_steps + 1).build().unwrap();
        let place = (stopped.as_path(), start);
        let ended =
            pool.install(|| run(&replacement, n, place, &options(), &mut StopsAfter(n_steps)));
        assert!(matches!(ended.unwrap(), Ending::Interrupted { .. }), "{n_steps}");
        assert!(!stopped.exists());
    }
    let place = (stopped.as_path(), Start::New);
    let error = run(&replacement, n, place, &options(), &mut Runs).unwrap_err();
    assert!(matches!(error, FeaturesError::Train(TrainError::RunExists { .. })), "{error}");
    let place = (stopped.as_path(), Start::Resume);
    let other = Options { seed: 1, ..options() };
    let error = run(&replacement, n, place, &other, &mut Runs).unwrap_err();
    assert!(error.to_string().starts_with("`seed` is 1, the run was started with 0"), "{error}");
    run(&replacement, n, place, &options(), &mut Runs).unwrap();
    assert!(std::fs::read(&whole).unwrap() == std::fs::read(&stopped).unwrap(), "other bytes");
    assert!(!collect::partial(&stopped).exists());
}

// Behind a damaged state lies a whole one: a pass goes on from there, says so, and makes the same
// bytes.
#[test]
fn a_damaged_state_is_passed_over_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let replacement = replacement();
    let path = |name: &str| folder.path().join(name);
    let (whole, stopped) = (path("whole"), path("stopped"));
    run(&replacement, 560, (&whole, Start::New), &options(), &mut Runs).unwrap();
    let place = (stopped.as_path(), Start::New);
    run(&replacement, 560, place, &options(), &mut StopsAfter(1)).unwrap();
    let state = |at: usize| {
        let states = std::fs::read_dir(collect::partial(&stopped)).unwrap();
        let mut states: Vec<PathBuf> = states.map(|state| state.unwrap().path()).collect();
        states.sort();
        states[at].clone()
    };
    let newest = state(1);
    let mut bytes = std::fs::read(&newest).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&newest, bytes).unwrap();
    let mut listens = Listens::default();
    let place = (stopped.as_path(), Start::Resume);
    run(&replacement, 560, place, &options(), &mut listens).unwrap();
    let [note] = listens.0.as_slice() else { panic!("one sentence: {:?}", listens.0) };
    assert!(note.starts_with("the checkpoint is damaged (its bytes are not those"), "{note}");
    assert!(note.contains(newest.to_str().unwrap()) && note.contains("; going on from token 4"));
    assert!(std::fs::read(&whole).unwrap() == std::fs::read(&stopped).unwrap(), "other bytes");
}

#[test]
fn what_fires_on_a_text_is_what_the_tracer_sees() {
    let folder = tempfile::tempdir().unwrap();
    let (replacement, out) = collected(folder.path(), 10);
    let index = FeatureIndex::open(&out).unwrap();
    let ids = (documents(10).sequences)(5).unwrap().remove(0).ids;
    let prompt = PromptTokens { ids, n_zeroed: 2 };
    let found = search::search(&replacement, &prompt, Some(&index)).unwrap();
    let local = replacement.on(&prompt).unwrap();
    let mut n = 0;
    for one in &found {
        for at in &one.firings {
            let place = local.features().find(one.id, at.pos).unwrap();
            let truth = local.features().list()[place].activation;
            assert!(near(f64::from(truth), f64::from(at.activation)));
            assert!(at.activation <= one.peak.activation);
            n += 1;
        }
    }
    assert_eq!(n, local.features().len());
    // The text is in the index, so nothing is stronger than the strongest there.
    let shares: Vec<f64> = found.iter().map(|one| one.share_of_max.unwrap()).collect();
    assert!(shares.iter().all(|share| *share <= 1.0 + 1e-4));
    assert!(shares.windows(2).all(|pair| pair[0] >= pair[1]));
}

#[test]
fn names_are_found_whatever_their_case_and_say_who_gave_them() {
    let folder = tempfile::tempdir().unwrap();
    let (_, out) = collected(folder.path(), 60);
    let index = FeatureIndex::open(&out).unwrap();
    let all = index.find_label("").unwrap();
    let (id, label) = all.iter().find(|(_, label)| label.text.contains("says")).unwrap();
    assert_ne!(label.source, LabelSource::Imported);
    assert!(label.source.name().starts_with("automatic"));
    let found = index.find_label(&label.text.to_uppercase()).unwrap();
    assert!(found.contains(&(*id, label.clone())));
    assert!(index.find_label("no such name").unwrap().is_empty());

    // A name by hand wins, as long as it is given.
    index.name_by_hand([(*id, "no such name".to_owned())].into());
    let by_hand = index.label(*id).unwrap().unwrap();
    assert_eq!((&*by_hand.text, by_hand.source), ("no such name", LabelSource::Person));
    assert_eq!(index.feature(*id).unwrap().label, Some(by_hand.clone()));
    assert_eq!(index.find_label("no such name").unwrap(), [(*id, by_hand)]);
    assert!(!LabelSource::Person.is_automatic() && !LabelSource::Imported.is_automatic());
    index.name_by_hand(std::collections::BTreeMap::new());
    assert_eq!(index.label(*id).unwrap().as_ref(), Some(label));
}

#[test]
fn options_and_texts_that_make_no_index_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let replacement = replacement();
    let out = folder.path().join("none");
    let refused = |options: &Options, n| {
        run(&replacement, n, (&out, Start::New), options, &mut Runs).unwrap_err().to_string()
    };
    let none = Options { n_strongest: 0, ..options() };
    assert_eq!(refused(&none, 5), "`strongest` is 0, expected at least 1");
    assert!(refused(&options(), 0).starts_with("the text has no tokens"));
    assert!(!out.exists());
}
