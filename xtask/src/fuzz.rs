//! `cargo xtask fuzz`: libFuzzer with coverage on the stable toolchain.
//!
//! Targets are `fuzz/fuzz_targets/*.rs`, in the layout of `cargo fuzz`, which works on them too.
//! We build them ourselves because `cargo fuzz` asks for nightly; all that needs nightly is the
//! address sanitizer, and our readers are safe Rust over mapped bytes. A run begins with
//! `fuzz/seeds/TARGET`, which is in the repository; what it learns stays in `fuzz/corpus/TARGET`,
//! and an input that breaks a reader in `fuzz/artifacts/TARGET`, which are not.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::command::{cargo, root, run as run_command};

/// The coverage that `cargo fuzz` asks for, less the sanitizer; assertions and overflow checks on.
const RUSTFLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cdebug-assertions -Ccodegen-units=1";

/// What was asked for.
#[derive(Debug, PartialEq)]
struct Request {
    seconds: u32,
    targets: Vec<String>,
}

/// Builds and runs the targets named, or all of them, one after another.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let request = parse(arguments)?;
    let fuzz = root().join("fuzz");
    let all = targets_in(&fuzz.join("fuzz_targets"))?;
    let chosen = if request.targets.is_empty() { all.clone() } else { request.targets };
    if let Some(unknown) = chosen.iter().find(|name| !all.contains(name)) {
        bail!("no fuzz target `{unknown}`, expected some of {}", all.join(", "));
    }

    let host = host()?;
    let mut broken = Vec::new();
    for target in &chosen {
        println!("\nfuzz {target}, {} s", request.seconds);
        build(&fuzz, target, &host)?;
        if let Err(error) = fuzz_one(&fuzz, target, &host, request.seconds) {
            eprintln!("{error:#}");
            broken.push(target.as_str());
        }
    }
    ensure!(broken.is_empty(), "broken: {}; inputs are in fuzz/artifacts", broken.join(", "));
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Request> {
    let mut request = Request { seconds: 60, targets: Vec::new() };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--seconds" {
            let value = words.next().context("`--seconds` needs a number")?;
            request.seconds =
                value.parse().with_context(|| format!("`--seconds` is `{value}`, not a number"))?;
        } else if word.starts_with('-') {
            bail!("no option `{word}`, expected --seconds N");
        } else {
            request.targets.push(word.clone());
        }
    }
    Ok(request)
}

/// The targets' names, sorted.
fn targets_in(folder: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("no fuzz targets in `{}`", folder.display()))?;
    let mut names = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rs")
            && let Some(name) = path.file_stem().and_then(|stem| stem.to_str())
        {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// This machine's target triple. Naming it keeps the coverage flags off build scripts.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().context("cannot start `rustc -vV`")?;
    let text = String::from_utf8(output.stdout).context("`rustc -vV` did not print text")?;
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("`rustc -vV` names no host")?.to_owned())
}

fn build(fuzz: &Path, target: &str, host: &str) -> Result<()> {
    let mut command = cargo(["build", "--release", "--bin", target, "--target", host]);
    command
        .arg("--manifest-path")
        .arg(fuzz.join("Cargo.toml"))
        .arg("--target-dir")
        .arg(built_in(fuzz))
        .env("RUSTFLAGS", RUSTFLAGS);
    run_command(&mut command)
}

/// Where cargo puts what it builds: apart from the workspace's own, which has other flags.
fn built_in(fuzz: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| fuzz.join("target"), |dir| root().join(dir))
}

fn fuzz_one(fuzz: &Path, target: &str, host: &str, seconds: u32) -> Result<()> {
    let corpus = made(fuzz.join("corpus").join(target))?;
    let seeds = made(fuzz.join("seeds").join(target))?;
    let artifacts = made(fuzz.join("artifacts").join(target))?;
    let mut command = Command::new(built_in(fuzz).join(host).join("release").join(target));
    command
        .current_dir(fuzz)
        // The first folder is the one that is written to.
        .args([corpus, seeds])
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg(format!("-max_total_time={seconds}"))
        // A reader that wants 2 GB for a small file believes a claim it should have checked.
        .args(["-rss_limit_mb=2048", "-timeout=20", "-print_final_stats=1"]);
    // Words that no mutation comes upon: keys of configs.
    let words = fuzz.join("dictionaries").join(target);
    if words.is_file() {
        command.arg(format!("-dict={}", words.display()));
    }
    run_command(&mut command)
}

fn made(folder: PathBuf) -> Result<PathBuf> {
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Request> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        parse(&arguments)
    }

    #[test]
    fn seconds_and_targets_may_come_in_any_order() {
        let expected = Request { seconds: 600, targets: vec!["npz".into(), "yaml".into()] };
        assert_eq!(parsed(&["npz", "--seconds", "600", "yaml"]).unwrap(), expected);
        assert_eq!(parsed(&[]).unwrap(), Request { seconds: 60, targets: vec![] });
    }

    // A target that cargo does not know is never built, and one without seeds finds little.
    #[test]
    fn every_target_is_declared_and_has_seeds() {
        let fuzz = root().join("fuzz");
        let manifest = std::fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
        let targets = targets_in(&fuzz.join("fuzz_targets")).unwrap();
        assert!(targets.len() >= 12, "{targets:?}");
        let mut n_bytes = 0;
        for target in targets {
            assert!(manifest.contains(&format!("name = \"{target}\"")), "{target}");
            let seeds = std::fs::read_dir(fuzz.join("seeds").join(&target)).unwrap();
            let sizes: Vec<u64> =
                seeds.map(|seed| seed.unwrap().metadata().unwrap().len()).collect();
            assert!(!sizes.is_empty(), "{target}");
            n_bytes += sizes.iter().sum::<u64>();
        }
        assert!(n_bytes < 300_000, "{n_bytes} bytes of seeds: keep what a run learnt out of them");
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (arguments, message) in [
            (&["--seconds"][..], "`--seconds` needs a number"),
            (&["--seconds", "soon"], "`--seconds` is `soon`, not a number"),
            (&["--jobs", "2"], "no option `--jobs`, expected --seconds N"),
        ] {
            assert_eq!(parsed(arguments).unwrap_err().to_string(), message);
        }
    }
}
