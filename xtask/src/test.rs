//! `cargo xtask test`: everything that must hold before a change is merged.
//!
//! Every step runs even when an earlier one failed, so that one run shows all there is to mend;
//! the summary and the exit status say which failed. Nothing is downloaded but crates: the browser
//! tests need Node, `npm ci` in `web` and a Chromium, and are skipped, loudly, where one is
//! missing. Where `CONNECTOME_CI` is set, that is a failure.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use crate::browser;
use crate::command::{cargo, root, run as run_command, shown, works};

/// One check: its name on the command line, how it is run, and what of this machine it lacks.
struct Step {
    name: &'static str,
    command: fn() -> Command,
    lacks: fn() -> Option<String>,
}

/// How a step ended.
enum Outcome {
    Passed,
    Failed,
    /// Why it was not run.
    Skipped(String),
}

/// A step that needs nothing but cargo.
const fn step(name: &'static str, command: fn() -> Command) -> Step {
    Step { name, command, lacks: || None }
}

const STEPS: &[Step] = &[
    step("fmt", || cargo(["fmt", "--all", "--check"])),
    step("clippy", || {
        let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--"];
        cargo(arguments.into_iter().chain(["-D", "warnings"]))
    }),
    step("build", || cargo(["build", "--workspace", "--locked"])),
    step("doc", docs),
    step("doctest", || cargo(["test", "--doc", "--workspace", "--locked"])),
    step("test", tests),
    Step { name: "e2e", command: browser::tests, lacks: browser::lacks },
];

/// Runs the steps named, or all of them.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let steps = chosen(arguments)?;
    set_up()?;
    let results: Vec<(&Step, Duration, Outcome)> = steps
        .into_iter()
        .map(|step| {
            let start = Instant::now();
            let outcome = run_step(step);
            (step, start.elapsed(), outcome)
        })
        .collect();

    println!("\nsummary");
    for (step, took, outcome) in &results {
        let (verdict, why) = match outcome {
            Outcome::Passed => ("ok", String::new()),
            Outcome::Failed => ("FAILED", String::new()),
            Outcome::Skipped(why) => ("SKIPPED", format!("  {why}")),
        };
        println!("  {:<8} {verdict:<7} {:>6.1} s{why}", step.name, took.as_secs_f64());
    }
    let failed: Vec<&str> = results
        .iter()
        .filter(|(.., outcome)| matches!(outcome, Outcome::Failed))
        .map(|(step, ..)| step.name)
        .collect();
    ensure!(failed.is_empty(), "failed: {}", failed.join(", "));
    Ok(())
}

/// The steps a caller asked for, in the order of [`STEPS`].
fn chosen(names: &[String]) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = names.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        bail!("no step `{unknown}`, expected some of {}", known.join(", "));
    }
    Ok(STEPS
        .iter()
        .filter(|step| names.is_empty() || names.iter().any(|name| name == step.name))
        .collect())
}

/// Makes sure that the formatter, the linter and the goldens are there.
fn set_up() -> Result<()> {
    for (tool, component) in [("fmt", "rustfmt"), ("clippy", "clippy")] {
        if !works(&mut cargo([tool, "--version"])) {
            let mut rustup = Command::new("rustup");
            run_command(rustup.args(["component", "add", component]))?;
        }
    }
    let goldens = root().join("goldens");
    ensure!(goldens.is_dir(), "no goldens to test against: `{}`", goldens.display());
    Ok(())
}

fn run_step(step: &Step) -> Outcome {
    if let Some(why) = (step.lacks)() {
        return without(step.name, why, std::env::var_os("CONNECTOME_CI").is_some());
    }
    let mut command = (step.command)();
    println!("\n$ {}", shown(&command));
    match run_command(&mut command) {
        Ok(()) => Outcome::Passed,
        Err(error) => {
            eprintln!("{error:#}");
            Outcome::Failed
        }
    }
}

/// A step whose needs are not met: skipped on a person's machine, failed in CI, where a test that
/// silently does not run would be believed.
fn without(step: &str, why: String, in_ci: bool) -> Outcome {
    println!("\n{step} cannot run: {why}");
    if in_ci { Outcome::Failed } else { Outcome::Skipped(why) }
}

/// Unit and integration tests, in parallel processes where nextest is installed.
fn tests() -> Command {
    if works(&mut cargo(["nextest", "--version"])) {
        cargo(["nextest", "run", "--workspace", "--locked", "--no-fail-fast"])
    } else {
        let targets = ["--lib", "--bins", "--tests", "--locked", "--no-fail-fast"];
        cargo(["test", "--workspace"].into_iter().chain(targets))
    }
}

fn docs() -> Command {
    let mut command = cargo(["doc", "--workspace", "--no-deps", "--locked"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(arguments: &[&str]) -> Result<Vec<&'static str>> {
        let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        Ok(chosen(&arguments)?.into_iter().map(|step| step.name).collect())
    }

    #[test]
    fn without_names_every_step_runs_in_order() {
        let all = names(&[]).unwrap();
        assert_eq!(all, ["fmt", "clippy", "build", "doc", "doctest", "test", "e2e"]);
    }

    #[test]
    fn named_steps_run_in_the_order_of_the_table() {
        assert_eq!(names(&["doc", "fmt"]).unwrap(), ["fmt", "doc"]);
    }

    #[test]
    fn an_unknown_step_is_refused_with_the_known_ones() {
        let message = names(&["lint"]).unwrap_err().to_string();
        assert_eq!(
            message,
            "no step `lint`, expected some of fmt, clippy, build, doc, doctest, test, e2e"
        );
    }

    #[test]
    fn what_a_step_lacks_is_told_and_in_ci_a_failure() {
        let why = "no Chromium".to_owned();
        assert!(matches!(without("e2e", why.clone(), true), Outcome::Failed));
        let Outcome::Skipped(told) = without("e2e", why.clone(), false) else {
            panic!("a person's machine may lack it");
        };
        assert_eq!(told, why);
    }
}
