//! `cargo xtask page`: the browser page, checked and built anew with Node.
//!
//! Only those who change `web/` need this. The built page is committed, so a plain build never
//! calls Node; without steps this task fails if `web/dist` is not what its sources give.

use std::process::Command;

use anyhow::{Result, bail};

use crate::command::{root, run as run_command};

/// Steps by name, and the words that `npm` is given.
const STEPS: &[(&str, &[&str])] = &[
    ("install", &["ci", "--no-audit", "--no-fund"]),
    ("check", &["run", "check"]),
    ("test", &["test"]),
    ("build", &["run", "build"]),
    ("e2e", &["run", "e2e"]),
    ("bench", &["run", "bench"]),
    ("screens", &["run", "screens"]),
];

/// What is done when no step is named.
const USUAL: &[&str] = &["install", "check", "test", "build"];

/// Runs the named steps, or the usual ones and the comparison of `web/dist`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let named: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let steps = if named.is_empty() { USUAL } else { &named };
    for step in steps {
        let Some((_, words)) = STEPS.iter().find(|(name, _)| name == step) else {
            let names: Vec<&str> = STEPS.iter().map(|(name, _)| *name).collect();
            bail!("`{step}` is no step: {}", names.join(", "));
        };
        run_command(Command::new("npm").args(*words).current_dir(root().join("web")))?;
    }
    if named.is_empty() {
        let words = ["diff", "--exit-code", "--stat", "--", "web/dist"];
        run_command(Command::new("git").args(words).current_dir(root()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_step_is_a_step() {
        assert!(USUAL.iter().all(|usual| STEPS.iter().any(|(name, _)| name == usual)));
    }

    #[test]
    fn a_step_that_is_none_is_named_and_nothing_is_run() {
        let message = run(&["no-such-step".to_owned()]).unwrap_err().to_string();
        assert!(message.starts_with("`no-such-step` is no step: install"), "{message}");
    }
}
