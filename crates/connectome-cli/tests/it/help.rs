//! `--help`, the guide, and completions.

use crate::support::{Place, finish};

/// Every command that the help lists, with the groups they are in: `[]`, `[hub]`, `[hub, list]`.
fn commands(place: &Place) -> Vec<Vec<String>> {
    let mut all = vec![vec![]];
    let mut at = 0;
    while at < all.len() {
        let path: Vec<String> = all[at].clone();
        let words: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let help = place.ok(&words).stdout;
        if let Some((_, list)) = help.split_once("\nCommands:\n") {
            let lines = list.lines().take_while(|line| !line.is_empty());
            let names = lines.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
            let below = names.filter(|name| !name.is_empty() && *name != "help");
            all.extend(below.map(|name| [&path[..], &[name.to_owned()]].concat()));
        }
        at += 1;
    }
    assert!(all.len() > 15, "{all:?}");
    all
}

#[test]
fn the_bare_command_says_where_to_start() {
    let ran = Place::new().ok(&[]);
    let first = "connectome trace \"the capital of the state containing Oak gate is\"";
    assert!(ran.stdout.contains(first), "{}", ran.stdout);
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    assert_eq!(Place::new().json(&[])["guide"], ran.stdout);
}

// By itself, or by the group that it is in.
#[test]
fn every_command_teaches_by_example() {
    let place = Place::new();
    let teaches = |path: &[String], flag| {
        let words: Vec<&str> = path.iter().map(String::as_str).chain([flag]).collect();
        place.ok(&words).stdout.contains("EXAMPLES")
    };
    let all = commands(&place);
    for path in all.iter().filter(|path| !path.is_empty()) {
        let is_group = all.iter().any(|other| other.len() > path.len() && other.starts_with(path));
        let taught = (1..=path.len()).any(|len| teaches(&path[..len], "--help"));
        assert!(is_group || taught, "{path:?}");
        assert!(!teaches(path, "-h"), "{path:?}");
    }
}

// Examples that need no file of the reader's are run as they stand, one after the other.
#[cfg(unix)]
#[test]
fn the_examples_run() {
    let place = Place::new();
    let help = ["trace", "intervene"].map(|command| place.ok(&[command, "--help"]).stdout);
    let help = help.concat();
    let own = ["--model", "\"…\"", "| jq", "--chat"];
    let help = help.replace("\\\n", "");
    let examples: Vec<&str> = help
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("connectome ") && !own.iter().any(|o| line.contains(o)))
        .collect();
    assert!(examples.len() >= 22, "{examples:?}");
    for example in examples {
        let script = example.replacen("connectome", env!("CARGO_BIN_EXE_connectome"), 1);
        // On the model that readers have when they name none.
        let mut command = place.prepared("sh");
        let ran = finish(command.args(["-c", &script]).env_remove("CONNECTOME_MODEL"));
        assert_eq!(ran.code, Some(0), "{example}: {}", ran.stderr);
    }
}

#[test]
fn completions_are_made_for_every_shell() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = place.ok(&["completions", shell]).stdout;
        assert!(script.contains("connectome") && script.contains("trace"), "{shell}");
        let report = place.json(&["completions", shell]);
        assert_eq!((&report["shell"], &report["script"]), (&shell.into(), &script.into()));
    }
}

// Clap breaks longer lines wherever they are, examples too.
#[test]
fn help_fits_eighty_columns_and_no_line_of_ours_is_broken() {
    let place = Place::new();
    for command in commands(&place) {
        let command: Vec<&str> = command.iter().map(String::as_str).collect();
        for flag in ["-h", "--help"] {
            let args = [&command[..], &[flag]].concat();
            let narrow = finish(place.command().args(&args).env("COLUMNS", "80")).stdout;
            let wide = narrow.lines().find(|line| line.chars().count() > 80);
            assert!(wide.is_none(), "{args:?}: {wide:?}");
            // What follows the flags is laid out by hand.
            let broad = finish(place.command().args(&args).env("COLUMNS", "200")).stdout;
            let starts = ["\nNODES\n", "\nEXAMPLES\n"].map(|title| broad.find(title));
            if let Some(at) = starts.into_iter().flatten().min() {
                assert!(narrow.ends_with(&broad[at..]), "{args:?}: {narrow}");
            }
        }
    }
}

#[test]
fn what_clap_refuses_is_one_sentence_and_a_hint_too() {
    let place = Place::new();
    place.refused(&["trace", "x", "--exhaustiv"], "no flag `--exhaustiv`", "`--exhaustive`");
    place.refused(&["trace", "x", "--zzz"], "no flag `--zzz`", "`connectome trace --help`");
    place.refused(&["trce"], "no command `trce`", "`trace`");
    place.refused(&["hub", "zzz"], "no command `zzz`", "`connectome hub --help`");
    place.refused(&["hub"], "no command was given", "`connectome hub --help`");
    place.refused(
        &["export", "a"],
        "lacks `--format <FORMAT>` and `--output <FILE>`",
        "export --help",
    );
    let formats = "`dot` is no value of `--format <FORMAT>`, expected `json`, `csv`, `connectome`, \
         `safetensors` or `html`";
    place.refused(&["export", "a", "--format", "dot"], formats, "export --help");
    place.refused(
        &["export", "a", "--format"],
        "`--format <FORMAT>` needs a value",
        "export --help",
    );
    let number = "`x` is no value of `--top <N>`: invalid digit";
    place.refused(&["trace", "a", "--top", "x"], number, "trace --help");
    place.refused(&["trace", "a", "--threads", "0"], "0 is not in 1..=1024", "trace --help");
    let both = "`--exhaustive` and `--max-feature-nodes <N>` exclude each other";
    place.refused(&["trace", "a", "--exhaustive", "--max-feature-nodes", "9"], both, "--help");
    let few = "`--contrast <A> <B>` takes 2 values, found 1";
    place.refused(&["trace", "a", "--contrast", "b"], few, "trace --help");
    place.refused(&["trace", "a", "b"], "no place for `b`", "trace --help");
    let once = "`--position <N>` was given more than once";
    place.refused(&["trace", "a", "--position", "1", "--position", "2"], once, "trace --help");
    place.refused(&["trace", "a", "--json=1"], "`--json` has no place for `1`", "trace --help");
}
