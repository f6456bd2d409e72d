//! circuit-tracer's `features/` folder: out and in again, as others write it, and broken.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::Path;

use connectome::features::index::{Distribution, LabelSource};
use connectome::features::layout::{self, Imported};
use connectome::features::{FeatureIndex, FeaturesError};
use connectome_graph::FeatureId;
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use serde_json::{Value, json};

use super::collected;

const NAMES: Imported<'_> = Imported { model: "m", dictionary: "d", tool: "test" };

fn goes_on(_done: usize) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn import(features: &Path, out: &Path) -> Result<(), FeaturesError> {
    let mut goes_on = |_, _| ControlFlow::Continue(());
    layout::import(features, NAMES, out, &mut goes_on).map(|card| assert!(card.is_some()))
}

#[test]
fn what_goes_out_comes_in_again() {
    let folder = tempfile::tempdir().unwrap();
    let (_, out) = collected(folder.path(), 40);
    let ours = FeatureIndex::open(&out).unwrap();
    let features = folder.path().join("features");
    assert!(layout::export(&ours, &features, &mut goes_on).unwrap());
    check_back(&ours, &features, &folder.path().join("back"));
    let error = layout::export(&ours, &features, &mut goes_on).unwrap_err();
    assert!(error.to_string().starts_with("the folder has a `index.json.gz` already"));

    let plain = folder.path().join("plain");
    std::fs::create_dir(&plain).unwrap();
    assert!(layout::export_plain(&ours, &plain, &mut goes_on).unwrap());
    let files: Vec<_> = std::fs::read_dir(&plain).unwrap().collect();
    assert_eq!(files.len(), 4 * 512);
    check_back(&ours, &plain, &folder.path().join("back"));
    let error = layout::export_plain(&ours, &plain, &mut goes_on).unwrap_err();
    assert!(error.to_string().starts_with("the folder is not empty"), "{error}");
}

/// Imports a folder, which has to hold all that goes into one.
fn check_back(ours: &FeatureIndex, features: &Path, out: &Path) {
    import(features, out).unwrap();
    let back = FeatureIndex::open(out).unwrap();
    assert_eq!((back.card().n_layers, back.card().n_features), (4, 512));
    assert_eq!(back.card().scan, "two-hop/clt-4x512");
    let mut n_fired = 0;
    for id in ours.ids() {
        let (ours, back) = (ours.feature(id).unwrap(), back.feature(id).unwrap());
        n_fired += usize::from(ours.statistics.fired > 0);
        assert_eq!((back.groups, back.label), (ours.groups, ours.label), "{id}");
        assert_eq!(back.top_logits, ours.top_logits, "{id}");
        let (found, expected) = (back.statistics, ours.statistics);
        assert_eq!((found.max, found.min), (expected.max, expected.min));
        assert_eq!(found.frequency, expected.frequency);
        if expected.fired > 0 {
            let Distribution::Given { histogram, quantiles } = back.distribution else {
                panic!("{id} has no histogram");
            };
            assert_eq!((histogram.len(), quantiles.len()), (40, 100));
            let total: f32 = histogram.iter().sum();
            assert!((total - expected.fired as f32).abs() < 0.01 * total, "{id}: {total}");
            assert!(quantiles.windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }
    assert!(n_fired > 500);
}

#[test]
fn an_export_that_is_stopped_has_no_list() {
    let folder = tempfile::tempdir().unwrap();
    let (_, out) = collected(folder.path(), 3);
    let features = folder.path().join("features");
    let mut stops = |done| if done < 700 { goes_on(done) } else { ControlFlow::Break(()) };
    let index = FeatureIndex::open(&out).unwrap();
    assert!(!layout::export(&index, &features, &mut stops).unwrap());
    assert!(!features.join("index.json.gz").exists());
    assert!(!features.join("layer_1.bin").exists());
    let plain = folder.path().join("plain");
    assert!(!layout::export_plain(&index, &plain, &mut stops).unwrap());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 2, "the index and the other folder: {left:?}");
}

/// A feature as Anthropic's writers have it, without the fields that are ours.
fn theirs() -> Value {
    json!({
        "transcoder_id": "user/repo", "index": 1, "act_min": 0.5, "act_max": 2.0,
        "top_logits": [" Texas"], "bottom_logits": [" the"], "quantile_values": [0.5, 1.0, 2.0],
        "histogram": [3.0, 1.0], "activation_frequency": 0.25,
        "examples_quantiles": [{ "quantile_name": "Top Activations", "examples": [{
            "tokens": [" of", " Dallas"], "tokens_acts_list": [0.0, 2.0],
            "train_token_index": 1, "is_repeated_datapoint": false,
        }] }],
    })
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

fn record(packed: &[u8]) -> Vec<u8> {
    [&(packed.len() as u32).to_le_bytes()[..], packed].concat()
}

/// A folder of one layer with two features, the first of them empty.
fn write(folder: &Path, record: &[u8], list: &str) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("layer_0.bin"), record).unwrap();
    std::fs::write(folder.join("index.json.gz"), gzip(list)).unwrap();
}

fn check(index: &FeatureIndex) {
    let feature = index.feature(FeatureId { layer: 0, index: 1 }).unwrap();
    let example = &feature.groups[0].examples[0];
    assert_eq!(feature.groups[0].name, "Top Activations");
    assert_eq!((example.tokens[1].as_str(), example.peak), (" Dallas", 1));
    assert_eq!(example.activations, [0.0, 2.0]);
    assert_eq!(feature.top_logits[0].token, " Texas");
    assert_eq!((feature.top_logits[0].value, feature.statistics.frequency), (None, 0.25));
    assert_eq!((feature.statistics.min, feature.statistics.max), (0.5, 2.0));
    let (histogram, quantiles) = (vec![3.0, 1.0], vec![0.5, 1.0, 2.0]);
    assert_eq!(feature.distribution, Distribution::Given { histogram, quantiles });
    assert!(index.feature(FeatureId { layer: 0, index: 0 }).unwrap().groups.is_empty());
}

#[test]
fn folders_of_others_are_read_in_each_of_their_forms() {
    let folder = tempfile::tempdir().unwrap();
    let text = theirs().to_string();
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    zlib.write_all(text.as_bytes()).unwrap();
    for (at, packed) in [gzip(&text), zlib.finish().unwrap()].iter().enumerate() {
        let record = record(packed);
        let layer = json!({ "filename": "layer_0.bin", "offsets": [0, 0, record.len()] });
        for (n, list) in [json!([layer]), json!({ "0": layer })].iter().enumerate() {
            let (features, out) =
                (folder.path().join(format!("f{at}{n}")), folder.path().join("out"));
            write(&features, &record, &list.to_string());
            import(&features, &out).unwrap();
            check(&FeatureIndex::open(&out).unwrap());
        }
    }
    // A file for each feature: layer 0, index 1 is number 2.
    let plain = folder.path().join("plain");
    std::fs::create_dir(&plain).unwrap();
    std::fs::write(plain.join("2.json"), &text).unwrap();
    let out = folder.path().join("out");
    import(&plain, &out).unwrap();
    check(&FeatureIndex::open(&out).unwrap());
}

#[test]
fn names_that_come_with_a_feature_are_said_to_be_imported() {
    let folder = tempfile::tempdir().unwrap();
    let mut document = theirs();
    document["label"] = json!("Texas");
    let plain = folder.path().join("plain");
    std::fs::create_dir(&plain).unwrap();
    std::fs::write(plain.join("0.json"), document.to_string()).unwrap();
    let out = folder.path().join("out");
    import(&plain, &out).unwrap();
    let label = FeatureIndex::open(&out).unwrap().label(FeatureId { layer: 0, index: 0 }).unwrap();
    let label = label.unwrap();
    assert_eq!((label.text.as_str(), label.source), ("Texas", LabelSource::Imported));
}

#[test]
fn folders_that_are_broken_are_refused_and_leave_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let record = record(&gzip(&theirs().to_string()));
    let n = record.len();
    let layer = |filename: &str, offsets: Value| {
        json!([{ "filename": filename, "offsets": offsets }]).to_string()
    };
    let wrong_length = [&[9, 9, 0, 0], &record[4..]].concat();
    let mut acts = theirs();
    acts["examples_quantiles"][0]["examples"][0]["tokens_acts_list"] = json!([1.0]);
    let acts = self::record(&gzip(&acts.to_string()));
    let cases = [
        (&record, "{".to_owned(), "not valid JSON"),
        (&record, "[]".to_owned(), "there are no layers"),
        (&record, "7".to_owned(), "neither a list nor an object"),
        (&record, layer("../layer_0.bin", json!([0, 0, n])), "`../layer_0.bin` is no file name"),
        (&record, layer("layer_0.bin", json!([0])), "layer 0 has 1 offsets"),
        (&record, layer("layer_0.bin", json!([0, 0, n + 1])), "its offsets lie outside"),
        (&record, layer("layer_0.bin", json!([0, n, 0])), "its offsets lie outside"),
        (&wrong_length, layer("layer_0.bin", json!([0, 0, n])), "its length is wrong"),
        (&acts, layer("layer_0.bin", json!([0, 0, acts.len()])), "2 tokens and 1 activations"),
        (&record, layer("layer_1.bin", json!([0, 0, n])), "cannot read"),
    ];
    let out = folder.path().join("out");
    for (at, (record, list, sentence)) in cases.into_iter().enumerate() {
        let features = folder.path().join(at.to_string());
        write(&features, record, &list);
        let error = import(&features, &out).unwrap_err();
        assert!(error.to_string().contains(sentence), "{error} lacks {sentence}");
        assert!(!out.exists());
    }
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let error = import(&empty, &out).unwrap_err();
    assert!(matches!(error, FeaturesError::Layout { .. }), "{error}");
}
