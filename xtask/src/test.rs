//! `cargo xtask test`: everything that must hold before a change is merged.
//!
//! Every step runs even when an earlier one failed, so that one run shows all there is to mend;
//! the summary and the exit status say which failed. Nothing is downloaded but crates.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use crate::command::{cargo, root, run as run_command, shown, works};

/// One check: its name on the command line and how it is run.
struct Step {
    name: &'static str,
    command: fn() -> Command,
}

const STEPS: &[Step] = &[
    Step { name: "fmt", command: || cargo(["fmt", "--all", "--check"]) },
    Step {
        name: "clippy",
        command: || {
            let arguments = ["clippy", "--workspace", "--all-targets", "--locked", "--"];
            cargo(arguments.into_iter().chain(["-D", "warnings"]))
        },
    },
    Step { name: "build", command: || cargo(["build", "--workspace", "--locked"]) },
    Step { name: "doc", command: docs },
    Step { name: "doctest", command: || cargo(["test", "--doc", "--workspace", "--locked"]) },
    // Last, so that a run ends with its count of tests.
    Step { name: "test", command: tests },
];

/// Runs the steps named, or all of them.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let steps = chosen(arguments)?;
    set_up()?;
    let results: Vec<(&Step, Duration, Result<()>)> = steps
        .into_iter()
        .map(|step| {
            let start = Instant::now();
            let result = run_step(step);
            (step, start.elapsed(), result)
        })
        .collect();

    println!("\nsummary");
    for (step, took, result) in &results {
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        println!("  {:<8} {verdict:<7} {:>6.1} s", step.name, took.as_secs_f64());
    }
    let failed: Vec<&str> =
        results.iter().filter(|(.., result)| result.is_err()).map(|(step, ..)| step.name).collect();
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

fn run_step(step: &Step) -> Result<()> {
    let mut command = (step.command)();
    println!("\n$ {}", shown(&command));
    run_command(&mut command).inspect_err(|error| eprintln!("{error:#}"))
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
        assert_eq!(all, ["fmt", "clippy", "build", "doc", "doctest", "test"]);
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
            "no step `lint`, expected some of fmt, clippy, build, doc, doctest, test"
        );
    }
}
