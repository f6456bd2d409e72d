//! `--help`, the guide, and completions.

use crate::support::{PROMPT, Place, finish};

const COMMANDS: [&str; 8] =
    ["trace", "prune", "score", "paths", "export", "import", "inspect", "completions"];

#[test]
fn the_bare_command_says_where_to_start() {
    let ran = Place::new().ok(&[]);
    assert!(ran.stdout.contains(&format!("connectome trace \"{PROMPT}\"")), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
}

#[test]
fn every_command_teaches_by_example() {
    let place = Place::new();
    for command in COMMANDS {
        let help = place.ok(&[command, "--help"]).stdout;
        assert!(help.contains("EXAMPLES"), "{command}: {help}");
        let short = place.ok(&[command, "-h"]).stdout;
        assert!(!short.contains("EXAMPLES"), "{command}: {short}");
    }
}

// Examples that need no file of the reader's are run as they stand, one after the other.
#[cfg(unix)]
#[test]
fn the_examples_run() {
    let place = Place::new();
    let help = place.ok(&["trace", "--help"]).stdout;
    let own = ["--model", "\"…\"", "| jq"];
    let examples: Vec<&str> = help
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("connectome ") && !own.iter().any(|o| line.contains(o)))
        .filter(|line| !line.ends_with('\\') && !line.contains("--chat"))
        .collect();
    assert!(examples.len() >= 7, "{examples:?}");
    for example in examples {
        let script = example.replacen("connectome", env!("CARGO_BIN_EXE_connectome"), 1);
        let ran = finish(place.prepared("sh").args(["-c", &script]));
        assert_eq!(ran.code, Some(0), "{example}: {}", ran.stderr);
    }
}

#[test]
fn completions_are_made_for_every_shell() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.ok(&["completions", shell]).stdout;
        assert!(script.contains("connectome") && script.contains("trace"), "{shell}");
    }
}

#[test]
fn flags_that_are_not_there_are_told_by_clap() {
    let ran = Place::new().run(&["trace", "x", "--exhaustiv"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("--exhaustive"), "{}", ran.stderr);
}
