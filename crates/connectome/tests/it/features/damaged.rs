//! Index files that are cut short, changed, or of something else.

use std::path::Path;

use connectome::features::{FeatureIndex, FeaturesError};
use connectome_graph::FeatureId;

use super::collected;

/// Reads everything there is; what is damaged must be an error.
fn read_all(path: &Path) -> Result<(), FeaturesError> {
    let index = FeatureIndex::open(path)?;
    for id in index.ids() {
        index.feature(id)?;
    }
    index.find_label("x")?;
    Ok(())
}

#[test]
fn a_file_that_was_cut_short_is_no_index() {
    let folder = tempfile::tempdir().unwrap();
    let (_, out) = collected(folder.path(), 3);
    read_all(&out).unwrap();
    let bytes = std::fs::read(&out).unwrap();
    let cut = folder.path().join("cut");
    for n in [0, 7, 100, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&cut, &bytes[..n]).unwrap();
        let error = read_all(&cut).unwrap_err().to_string();
        assert!(error.starts_with("not a feature index ("), "{error}");
    }
    std::fs::write(&cut, b"a text file, a text file, a text file").unwrap();
    assert!(matches!(read_all(&cut), Err(FeaturesError::NotAnIndex { .. })));
}

/// Columns that point into others; in all others any number is a number.
const POINTING: [&str; 13] = [
    "histogram_start",
    "given_start",
    "example_start",
    "example_group",
    "example_sequence",
    "example_first",
    "example_length",
    "example_peak",
    "firing_start",
    "firing_place",
    "effect_start",
    "effect_token",
    "partner_start",
];

#[test]
fn numbers_that_point_nowhere_are_errors_and_no_number_is_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    let (_, out) = collected(folder.path(), 3);
    let bytes = std::fs::read(&out).unwrap();
    let n_header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize + 8;
    let header: serde_json::Value = serde_json::from_slice(&bytes[8..n_header]).unwrap();
    let changed = folder.path().join("changed");
    let mut refused = Vec::new();
    for (name, column) in header.as_object().unwrap() {
        let Some(offsets) = column["data_offsets"].as_array() else { continue };
        let [start, end] = [0, 1].map(|at| n_header + offsets[at].as_u64().unwrap() as usize);
        let mut bytes = bytes.clone();
        bytes[start..end].fill(0xff);
        std::fs::write(&changed, &bytes).unwrap();
        if read_all(&changed).is_err() {
            refused.push(name.clone());
        }
    }
    for name in POINTING {
        assert!(refused.iter().any(|other| other == name), "{name} is not in {refused:?}");
    }
    assert!(!refused.contains(&"sum".to_owned()) && !refused.contains(&"max".to_owned()));
}

#[test]
fn another_dictionary_and_unknown_features_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (replacement, out) = collected(folder.path(), 3);
    let index = FeatureIndex::open(&out).unwrap();
    let digest = replacement.transcoder().digest();
    index.check_dictionary("two-hop/clt", &digest, 4, 512).unwrap();
    let error = index.check_dictionary("mine", "other", 4, 512).unwrap_err().to_string();
    assert!(error.contains("is of `two-hop/clt (4×512)`, the dictionary is `mine (4×512)`"));
    assert!(index.check_dictionary("mine", &digest, 4, 513).is_err());
    let error = index.feature(FeatureId { layer: 4, index: 0 }).unwrap_err().to_string();
    assert!(error.starts_with("no feature L4/0: there are 4 layers of 512 features"), "{error}");
}
