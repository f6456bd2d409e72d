//! `connectome train lm`: runs, killed runs, and what no run should start from.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Place, Tensors};

/// A folder with a tiny config, a tokenizer and some text.
fn place() -> Place {
    let place = Place::new();
    place.golden("llama_clt_relu");
    let config = json!({
        "model_type": "llama", "hidden_size": 16, "num_hidden_layers": 2,
        "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8,
        "intermediate_size": 24, "vocab_size": 300, "max_position_embeddings": 32,
        "rms_norm_eps": 1e-5, "tie_word_embeddings": true,
    });
    std::fs::write(place.path("config.json"), config.to_string()).unwrap();
    let line = |n: usize| format!("The capital of number {n} is {} and {}.\n", n * 7 % 10, n % 3);
    std::fs::write(place.path("text.txt"), (0..60).map(line).collect::<String>()).unwrap();
    place
}

/// A run of so many steps into `out`, with more flags.
fn args<'a>(out: &'a str, steps: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let own = [
        "train",
        "lm",
        "--config",
        "config.json",
        "--tokenizer",
        "model",
        "--data",
        "text.txt",
        "--seq",
        "16",
        "--batch",
        "4",
        "--lr",
        "1e-2",
        "--steps",
        steps,
        "--out",
        out,
    ];
    [&own[..], more].concat()
}

fn checkpoints(place: &Place, out: &str) -> Vec<String> {
    place.checkpoints(&folder(out))
}

/// Where the checkpoints of a run into `out` are.
fn folder(out: &str) -> String {
    format!("{out}/training/checkpoints")
}

#[test]
fn a_model_is_trained_and_can_be_traced_and_trained_further() {
    let place = place();
    let questions = json!({ "prompt": "The capital of", "answer": " number" });
    std::fs::write(place.path("questions.jsonl"), questions.to_string()).unwrap();
    let more = ["--eval-data", "text.txt", "--questions", "questions.jsonl", "--eval-every", "20"];
    let report = place.json(&args("out", "60", &[&more[..], &["--quiet"]].concat()));
    assert_eq!((&report["ended"], &report["steps_done"]), (&json!("done"), &json!(60)));
    assert!(report["held_out_loss"].as_f64().unwrap() < 4.0, "{report}");
    assert_eq!(report["questions"][0]["asked"], 1);
    let log = std::fs::read_to_string(place.path("out/training/metrics.jsonl")).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let first = lines.iter().find(|line| line["kind"] == "train").unwrap();
    assert!(first["loss"].as_f64().unwrap() > 4.0 && first["secs"].as_f64().unwrap() > 0.0);
    assert_eq!(lines.iter().filter(|line| line["kind"] == "eval").count(), 3);
    let svg = std::fs::read_to_string(place.path("out/training/curves.svg")).unwrap();
    assert!(svg.contains("held out") && svg.contains("questions answered"));

    let model = place.json(&["inspect", "out"]);
    assert_eq!(model["family"], "llama", "{model}");
    let tuned = [
        "train", "lm", "--from", "out", "--data", "text.txt", "--seq", "16", "--batch", "4",
        "--steps", "2", "--dtype", "bf16", "--out", "tuned",
    ];
    let ran = place.ok(&tuned);
    assert!(ran.stdout.contains("2 steps"), "{}", ran.stdout);
    let written = Tensors::read(&place.path("tuned/model.safetensors"));
    assert!(written.0.values().all(|(dtype, ..)| *dtype == safetensors::Dtype::BF16));
    assert!(!written.0.contains_key("lm_head.weight"), "it is the embedding");
}

// `kill -9` at any moment loses at most what came after the last checkpoint.
#[cfg(unix)]
#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    let place = place();
    let more = ["--save-every", "10"];
    place.ok(&args("whole", "300", &more));
    let expected = std::fs::read(place.path("whole/model.safetensors")).unwrap();
    for (out, signal, code) in [("killed", "-KILL", None), ("stopped", "-INT", Some(130))] {
        let found = place.broken_off(&args(out, "300", &more), &folder(out), signal);
        assert_eq!(found, code, "{out}");
        let last = checkpoints(&place, out).pop().unwrap();
        assert!(last.as_str() < "step-000000300.safetensors", "{out}: it had ended: {last}");
        let report = place.json(&args(out, "300", &[&more[..], &["--resume", "--quiet"]].concat()));
        assert_eq!(report["steps_done"], 300);
        let resumed = std::fs::read(place.path(out).join("model.safetensors")).unwrap();
        assert!(resumed == expected, "{out}: other weights");
        let (one, other) = (checkpoints(&place, out), checkpoints(&place, "whole"));
        assert_eq!(one, other);
        let log = std::fs::read_to_string(place.path(out).join("training/metrics.jsonl")).unwrap();
        assert_eq!(log.lines().count(), 30, "{out}: a step is missing or there twice");
    }
}

#[test]
fn what_no_run_should_start_from() {
    let place = place();
    let data = |name: &str, bytes: &[u8]| std::fs::write(place.path(name), bytes).unwrap();
    data("empty.txt", b"");
    data("blank.txt", b"\n \n");
    data("binary.txt", b"\x7fELF\0\0\0");
    data("bad.jsonl", b"{\"text\": \"a\"}\n{\"text\": 3}\n");
    data("large.jsonl", b"{\"tokens\": [5, 300]}\n");
    let with = |file: &'static str| -> Vec<&str> {
        ["train", "lm", "--config", "config.json", "--tokenizer", "model", "--data", file]
            .into_iter()
            .chain(["--steps", "2", "--out", "out"])
            .collect()
    };
    place.refused(&with("none.txt"), "cannot read `none.txt`", "path");
    place.refused(&with("empty.txt"), "no bytes in `empty.txt`", "a corpus is text");
    place.refused(&with("blank.txt"), "no documents in `blank.txt`", "a corpus is text");
    place.refused(&with("binary.txt"), "a binary file, not text", "UTF-8");
    place.refused(&with("bad.jsonl"), "line 2: no object with `text`", "an object a line");
    place.refused(&with("large.jsonl"), "line 1: id 300 is outside the vocabulary", "ids");
    let no_model = ["train", "lm", "--data", "text.txt", "--steps", "2", "--out", "out"];
    place.refused(&no_model, "`--config <FILE>`", "train lm --help");
    let no_steps = ["train", "lm", "--config", "config.json", "--data", "text.txt", "--out", "out"];
    place.refused(&no_steps, "`--steps <N>`", "train lm --help");
    let no_tokenizer = [&no_steps[..], &["--steps", "2"]].concat();
    place.refused(&no_tokenizer, "text, and no tokenizer to read it", "UTF-8");
    for (flag, value, sentence) in [
        ("--lr", "-1", "`--lr` is -1, expected a number from 0"),
        ("--seq", "34", "`--seq` is 34, expected 2 up to one more than the model's context"),
        ("--beta2", "1", "`--beta2` is 1, expected a number from 0 to 1, without 1"),
        ("--bos", "id:300", "`id:300` is not a token id"),
    ] {
        let own: Vec<&str> = args("out", "2", &[]);
        let at = own.iter().position(|word| *word == flag);
        let mut own = own;
        match at {
            Some(at) => own[at + 1] = value,
            None => own.extend([flag, value]),
        }
        let joined = own.iter().position(|word| *word == flag).unwrap();
        // A value may look like a flag.
        let word = format!("{flag}={value}");
        let mut words: Vec<&str> = own.clone();
        words.splice(joined..joined + 2, [word.as_str()]);
        place.refused(&words, sentence, "");
    }
    let alone = args("out", "2", &["--isolate", "--bos", "none"]);
    place.refused(&alone, "no opening token", "`--bos`");
}

#[test]
fn documents_that_are_not_text_are_left_out_and_counted() {
    let place = place();
    std::fs::write(place.path("text.txt"), b"some words here\nb\xffd\nmore words there\n").unwrap();
    let ran = place.ok(&args("out", "1", &[]));
    assert!(ran.stderr.contains("1 document is not UTF-8 and is left out"), "{}", ran.stderr);
}

#[test]
fn runs_are_resumed_only_as_they_were_begun() {
    let place = place();
    place.refused(&args("out", "4", &["--resume"]), "no checkpoint in", "leave `--resume` out");
    place.ok(&args("out", "4", &["--save-every", "2"]));
    place.refused(&args("out", "4", &[]), "a run is already in", "`--resume`");
    let other = args("out", "4", &["--resume", "--clip", "2"]);
    place.refused(&other, "`training.max_norm` is 2.0, the run was started with 1.0", "flags");
    let data = place.path("text.txt");
    std::fs::write(&data, std::fs::read_to_string(&data).unwrap() + "one more\n").unwrap();
    place.refused(&args("out", "4", &["--resume"]), "`data.data` is", "data of the start");
    for name in checkpoints(&place, "out") {
        cut_short(&place, &name);
    }
    let cut = args("out", "4", &["--resume"]);
    place.refused(&cut, "the checkpoint is damaged", "the one before it");
}

/// Leaves half of a checkpoint.
fn cut_short(place: &Place, name: &str) {
    let path = place.path(&folder("out")).join(name);
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
}

#[test]
fn a_checkpoint_that_is_cut_short_is_named_and_passed_over() {
    let place = place();
    let more = ["--save-every", "2"];
    place.ok(&args("out", "6", &more));
    cut_short(&place, "step-000000006.safetensors");
    let ran = place.ok(&args("out", "6", &[&more[..], &["--resume"]].concat()));
    let notes: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("note: ")).collect();
    let [note] = notes[..] else { panic!("{}", ran.stderr) };
    assert!(note.starts_with("note: the checkpoint is damaged ("), "{note}");
    assert!(note.ends_with("step-000000006.safetensors`; going on from step 4"), "{note}");
}

#[test]
fn a_loss_that_is_not_finite_ends_the_run() {
    let place = place();
    let path = place.path("model/model.safetensors");
    let mut weights = Tensors::read(&path);
    let n = weights.0["lm_head.weight"].2.len() / 4;
    (0..n).for_each(|at| weights.set("lm_head.weight", at, 1e38));
    weights.write(&path);
    let args = [
        "train", "lm", "--from", "model", "--data", "text.txt", "--seq", "16", "--batch", "4",
        "--steps", "3", "--out", "out",
    ];
    let ran = place.run(&args);
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: the loss"), "{}", ran.stderr);
    assert!(ran.stderr.contains("at step 1; no checkpoint had been made"), "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: lower `--lr`"), "{}", ran.stderr);
    assert!(!place.path("out/model.safetensors").exists());
}

// The device that is always full stands for a disk that is.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_the_run_in_one_sentence() {
    let place = place();
    std::fs::create_dir_all(place.path("out/training")).unwrap();
    let log = place.path("out/training/metrics.jsonl");
    std::os::unix::fs::symlink(Path::new("/dev/full"), log).unwrap();
    let ran = place.run(&args("out", "20", &[]));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    let expected = "metrics.jsonl`: No space left on device";
    assert!(
        ran.stderr.contains(expected) && ran.stderr.contains("is there room"),
        "{}",
        ran.stderr
    );
    assert!(!ran.stderr.contains("--resume"), "there is nothing to go on from: {}", ran.stderr);
}

// With a checkpoint, it is known how the run goes on.
#[test]
fn a_run_that_cannot_write_says_what_is_kept() {
    let place = place();
    std::fs::create_dir_all(place.path("out/model.safetensors")).unwrap();
    let ran = place.run(&args("out", "6", &["--save-every", "2"]));
    ran.refused("; the checkpoint of step 2 is kept", "then `--resume` goes on");
    std::fs::remove_dir(place.path("out/model.safetensors")).unwrap();
    place.ok(&args("out", "6", &["--save-every", "2", "--resume"]));
}
