#[cfg(unix)]
use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::{PROMPT, Place, Ran};

const FACTS: &str = "\
the capital of the state containing oak port is Alder
the bird of the state containing oak port is falcon
the river of the state containing oak port is Vyrnwy
the capital of the state containing cold ridge is Alder
";

/// A run of a few steps.
const SMALL: [&str; 17] = [
    "train",
    "clt",
    "--data",
    "facts.txt",
    "--out",
    "clt",
    "--features",
    "16",
    "--batch",
    "8",
    "--sample",
    "32",
    "--eval-rows",
    "2",
    "--save-every",
    "2",
    "--quiet",
];

fn place() -> Place {
    let place = Place::new();
    std::fs::write(place.path("facts.txt"), FACTS).unwrap();
    place
}

fn train(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&SMALL, more].concat())
}

#[test]
fn a_trained_dictionary_traces_and_says_what_it_is() {
    let place = place();
    let report = place.json(&[&SMALL[..], &["--steps", "4", "--graphs-every", "3"]].concat());
    assert_eq!(report["ended"], "finished");
    let quality = &report["card"]["measured"]["quality"];
    assert_eq!(quality["nmse"].as_array().unwrap().len(), 4);
    assert!(quality["replacement_top1"].as_f64().unwrap() <= 1.0);
    place.ok(&["trace", PROMPT, "--model", "two-hop", "--transcoder", "clt"]);
    // Its config names the model that ships.
    place.ok(&["trace", PROMPT, "--transcoder", "clt"]);
    let readme = std::fs::read_to_string(place.path("clt/README.md")).unwrap();
    assert!(readme.contains("connectome train clt --data facts.txt --out clt"), "{readme}");
    let metrics = std::fs::read_to_string(place.path("clt/metrics.jsonl")).unwrap();
    let lines: Vec<Value> =
        metrics.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [drawn, last] = &lines[..] else { panic!("{metrics}") };
    assert_eq!((&drawn["step"], &drawn["kind"]), (&3.into(), &"held-out".into()));
    assert!(drawn["graphs"]["replacement"].as_f64().unwrap() <= 1.0, "{drawn}");
    assert_eq!((&last["step"], &last["kind"]), (&4.into(), &"train".into()));
}

#[test]
fn a_file_of_flags_is_the_flags() {
    let place = place();
    std::fs::write(
        place.path("run.yaml"),
        "data: facts.txt\nfeatures: 16\nbatch: 8\nsample: 32\neval-rows: 2\nquiet: true\nsteps: 3\n",
    )
    .unwrap();
    let by_file = place.ok(&["train", "clt", "--config", "run.yaml", "--out", "a"]);
    let by_flags = train(&place, &["--steps", "3"]);
    assert_eq!((by_file.code, by_flags.code), (Some(0), Some(0)), "{}", by_flags.stderr);
    for layer in 0..4 {
        for part in ["enc", "dec"] {
            let file = format!("W_{part}_{layer}.safetensors");
            let bytes = |folder: &str| std::fs::read(place.path(folder).join(&file)).unwrap();
            assert!(bytes("a") == bytes("clt"), "{file}");
        }
    }
    std::fs::write(place.path("run.yaml"), "featurs: 16\n").unwrap();
    let args = ["train", "clt", "--config", "run.yaml", "--out", "b"];
    place.refused(&args, "`featurs` is no flag of train clt, in `run.yaml`", "NAME: VALUE");
}

#[test]
fn data_that_is_none_is_told() {
    let place = Place::new();
    let args = [&SMALL[..], &["--steps", "2"]].concat();
    place.refused(&args, "cannot read `facts.txt`", "permissions");
    std::fs::write(place.path("facts.txt"), "").unwrap();
    place.refused(&args, "no bytes in `facts.txt`", "a corpus is text");
    std::fs::write(place.path("facts.txt"), "\n \n").unwrap();
    place.refused(&args, "no documents in `facts.txt`", "a corpus is text");
    std::fs::write(place.path("facts.txt"), b"\x7fELF\0").unwrap();
    place.refused(&args, "a binary file, not text (byte 0 at offset 4)", "UTF-8");
    std::fs::write(place.path("facts.jsonl"), "{\"text\": 1}\n").unwrap();
    let jsonl: Vec<&str> =
        args.iter().map(|arg| if *arg == "facts.txt" { "facts.jsonl" } else { arg }).collect();
    place.refused(
        &jsonl,
        "line 1: no object with `text`, `tokens` or `completion`",
        "an object a line",
    );
}

/// Text that is not UTF-8 in places is trained on without these places, and that is said.
#[test]
fn places_that_are_not_utf8_are_left_out() {
    let place = Place::new();
    std::fs::write(place.path("facts.txt"), [FACTS.as_bytes(), b"caf\xe9\n"].concat()).unwrap();
    let loud: Vec<&str> = SMALL.into_iter().filter(|arg| *arg != "--quiet").collect();
    let ran = place.ok(&[&loud[..], &["--steps", "2"]].concat());
    assert!(ran.stderr.contains("1 document is not UTF-8 and is left out"), "{}", ran.stderr);
}

/// Text of another world is trained on, and what the model does not see of it is said before.
#[test]
fn words_that_the_vocabulary_does_not_hold_are_counted() {
    let place = Place::new();
    std::fs::write(place.path("facts.txt"), [FACTS, "the xyzzy is\n"].concat()).unwrap();
    let loud: Vec<&str> = SMALL.into_iter().filter(|arg| *arg != "--quiet").collect();
    let ran = place.ok(&[&loud[..], &["--steps", "2"]].concat());
    let said = "are words that the vocabulary does not hold, as `xyzzy`";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let place = self::place();
    let ran = place.ok(&[&loud[..], &["--steps", "2"]].concat());
    assert!(!ran.stderr.contains("vocabulary"), "{}", ran.stderr);
}

#[test]
fn options_that_cannot_be_are_told() {
    let place = place();
    let with = |more: &[&'static str]| [&SMALL[..], more].concat();
    for (more, sentence) in [
        (vec!["--steps", "2", "--buffer", "8"], "`buffer` is 8, expected at least two batches, 16"),
        (vec!["--steps", "0"], "`steps` is 0"),
        (vec!["--steps", "2", "--lr", "-1"], "there is no flag `-1` here"),
        (vec!["--steps", "2", "--seq", "65"], "`seq` is 65, expected 2 to 64"),
        (vec!["--steps", "2", "--window", "0"], "`window` is 0, expected at least 1"),
        (vec!["--steps", "2", "--held-out", "1"], "`held-out` is 1"),
        (vec!["--steps", "2", "--read", "x"], "`--read` is x, expected hook_resid_mid"),
        (vec!["--steps", "2", "--kind", "plt", "--window", "2"], "`--window` is 2"),
        (vec!["--steps", "2", "--activation", "topk", "--k", "17"], "`k` is 17"),
        (vec!["--tokens", "many"], "`--tokens` is many"),
    ] {
        place.refused(&with(&more), sentence, "");
    }
}

#[test]
fn a_run_is_not_lost_by_mistake() {
    let place = place();
    let args = |more: &[&'static str]| [&SMALL[..], more].concat();
    place.refused(&args(&["--steps", "2", "--resume"]), "no checkpoint in", "leave `--resume` out");
    place.ok(&args(&["--steps", "2"]));
    place.refused(&args(&["--steps", "2"]), "a run is already in `clt`, at step 2", "`--resume`");
    let other = args(&["--steps", "2", "--lr", "1e-3", "--resume"]);
    place.refused(&other, "`lr` is 0.001, the run was started with 0.0004", "the flags");
    // A checkpoint cut short is passed over for the one before it; without one, it is told.
    let newest = place.path("clt/checkpoints/step-000000002.safetensors");
    let bytes = std::fs::read(&newest).unwrap();
    std::fs::write(&newest, &bytes[..bytes.len() / 3]).unwrap();
    place.refused(&args(&["--steps", "2", "--resume"]), "the checkpoint is damaged", "remove");
}

/// What a run leaves at the top of its folder, without the seconds that it took.
#[cfg(unix)]
fn left(place: &Place) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(place.path("clt")).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.path().is_file());
    let without_secs = |line: &str| {
        let mut record: Value = serde_json::from_str(line).unwrap();
        record["secs"].take();
        format!("{record}\n")
    };
    let of = |file: std::fs::DirEntry| {
        let name = file.file_name().into_string().unwrap();
        let bytes = std::fs::read(file.path()).unwrap();
        match name.as_str() {
            "metrics.jsonl" => {
                let text = String::from_utf8(bytes).unwrap();
                (name, text.lines().map(without_secs).collect::<String>().into_bytes())
            }
            _ => (name, bytes),
        }
    };
    files.map(of).collect()
}

/// `kill -9` at any moment loses at most what came after the last checkpoint.
#[cfg(unix)]
#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    const FOLDER: &str = "clt/checkpoints";
    let args = [&SMALL[..], &["--steps", "100"]].concat();
    let (whole, killed) = (place(), place());
    whole.ok(&args);
    assert_eq!(killed.broken_off(&args, FOLDER, "-KILL"), None);
    let last = killed.checkpoints(FOLDER).pop().unwrap();
    assert!(last.as_str() < "step-000000100.safetensors", "it had ended: {last}");
    killed.ok(&[&args[..], &["--resume"]].concat());
    assert_eq!(killed.checkpoints(FOLDER), whole.checkpoints(FOLDER));
    let (found, expected) = (left(&killed), left(&whole));
    assert!(expected.contains_key("card.json") && found.keys().eq(expected.keys()));
    for (name, bytes) in &expected {
        assert!(found[name] == *bytes, "{name}");
    }
}

/// A learning rate at which numbers overflow: the run ends with where, and the last good
/// checkpoint is there to go on from.
#[test]
fn a_loss_that_is_not_finite_ends_the_run() {
    let place = place();
    let far = ["--lr", "999", "--weight-decay", "10", "--decay", "constant"];
    let ran = train(&place, &[&["--steps", "1000", "--warm-up", "1000"], &far[..]].concat());
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    let kept = "the checkpoint of step";
    assert!(ran.stderr.contains("at step") && ran.stderr.contains(kept), "{}", ran.stderr);
    assert!(ran.stderr.contains(" (first in the "), "{}", ran.stderr);
    let entries = std::fs::read_dir(place.path("clt/checkpoints")).unwrap();
    assert!(entries.count() >= 1);
    assert!(!place.path("clt/config.yaml").exists(), "nothing is exported");
}
