//! Flags from a file: a YAML mapping whose keys are the names of flags.
//!
//! The file is turned into flags before the command line is parsed, so that the two cannot
//! differ: `features: 4096` is `--features 4096`, `skip: true` is `--skip`, a list is the flag
//! several times. What the command line gives counts, whatever the file says.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::CommandFactory as _;
use serde_norway::Value;

use crate::args::Cli;
use crate::failure::UsageError;

/// The commands that take a file of flags, as they are written.
const COMMANDS: [[&str; 2]; 1] = [["train", "clt"]];

/// The command line with the flags of its `--config` file, if it has one.
///
/// # Errors
///
/// [`UsageError::Config`] if the file is no mapping, or a key is no flag of the command.
pub(crate) fn expanded(args: Vec<OsString>) -> Result<Vec<OsString>> {
    let Some((command, at)) = command(&args) else { return Ok(args) };
    let Some(path) = config(&args[at..]) else { return Ok(args) };
    let bad = |reason: String| UsageError::Config { reason, path: path.clone() };
    let text = std::fs::read_to_string(&path)
        .map_err(|source| UsageError::Read { path: path.clone(), source })?;
    let values: Value = serde_norway::from_str(&text).map_err(|source| bad(source.to_string()))?;
    let mapping = values.as_mapping().ok_or_else(|| bad("no mapping of flags".to_owned()))?;
    let mut from_file = Vec::new();
    for (key, value) in mapping {
        let flag = key.as_str().ok_or_else(|| bad("a key is no name of a flag".to_owned()))?;
        if !is_flag(command, flag) {
            return Err(bad(format!("`{flag}` is no flag of {}", command.join(" "))).into());
        }
        if !is_given(&args[at..], flag) {
            from_file.extend(words(flag, value, &path)?);
        }
    }
    let (before, after) = args.split_at(at);
    Ok([before, &from_file, after].concat())
}

/// Which command it is, and where its flags begin.
fn command(args: &[OsString]) -> Option<([&'static str; 2], usize)> {
    let is_at =
        |at: usize, command: &[&str; 2]| args[at] == command[0] && args[at + 1] == command[1];
    (0..args.len().saturating_sub(1)).find_map(|at| {
        COMMANDS.into_iter().find(|command| is_at(at, command)).map(|command| (command, at + 2))
    })
}

fn config(args: &[OsString]) -> Option<PathBuf> {
    args.iter().enumerate().find_map(|(at, word)| {
        if word == "--config" {
            return args.get(at + 1).map(PathBuf::from);
        }
        word.to_str()?.strip_prefix("--config=").map(PathBuf::from)
    })
}

fn is_flag([group, name]: [&str; 2], flag: &str) -> bool {
    let cli = Cli::command();
    let command = cli.find_subcommand(group).and_then(|group| group.find_subcommand(name));
    let own = command.into_iter().flat_map(|command| command.get_arguments());
    let mut flags = own.chain(cli.get_arguments().filter(|argument| argument.is_global_set()));
    flag != "config" && flags.any(|argument| argument.get_long() == Some(flag))
}

fn is_given(args: &[OsString], flag: &str) -> bool {
    let long = format!("--{flag}");
    let with_value = format!("--{flag}=");
    args.iter().any(|word| {
        *word == *long || word.to_str().is_some_and(|word| word.starts_with(&with_value))
    })
}

/// A key and its value as words of a command line.
fn words(flag: &str, value: &Value, path: &Path) -> Result<Vec<OsString>, UsageError> {
    let with = |text: &str| OsString::from(format!("--{flag}={text}"));
    let bad = || UsageError::Config {
        reason: format!("`{flag}` is neither a number, a text, true, false nor a list of these"),
        path: path.to_owned(),
    };
    Ok(match value {
        Value::Null | Value::Bool(false) => Vec::new(),
        Value::Bool(true) => vec![OsString::from(format!("--{flag}"))],
        Value::Number(number) => vec![with(&number.to_string())],
        Value::String(text) => vec![with(text)],
        Value::Sequence(items) => {
            let each = items.iter().map(|item| match item {
                Value::Number(_) | Value::String(_) => words(flag, item, path),
                _ => Err(bad()),
            });
            each.collect::<Result<Vec<_>, _>>()?.concat()
        }
        _ => return Err(bad()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(yaml: &str, words: &[&str]) -> Result<Vec<String>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.yaml");
        std::fs::write(&path, yaml).unwrap();
        let config = format!("--config={}", path.display());
        let own = ["connectome", "--quiet", "train", "clt", &config];
        let words = own.iter().chain(words);
        let expanded = expanded(words.map(OsString::from).collect())?;
        let text = expanded.iter().map(|word| word.to_str().unwrap().to_owned());
        Ok(text.filter(|word| *word != config).collect())
    }

    #[test]
    fn a_file_becomes_flags_and_the_command_line_counts() {
        let yaml =
            "features: 512\nskip: true\nunit-decoders: false\nlr: 2.0e-3\ndata: [a.txt, b.txt]\n";
        let start = ["connectome", "--quiet", "train", "clt"];
        let expected = ["--features=512", "--skip", "--lr=0.002", "--data=a.txt", "--data=b.txt"];
        assert_eq!(expand(yaml, &[]).unwrap(), [&start[..], &expected].concat());
        let given = ["--lr", "1", "--data=c.txt"];
        let expected = ["--features=512", "--skip"];
        assert_eq!(expand(yaml, &given).unwrap(), [&start[..], &expected, &given].concat());
    }

    #[test]
    fn what_is_no_flag_is_named() {
        for (yaml, expected) in [
            ("featurs: 3", "`featurs` is no flag of train clt"),
            ("- a", "no mapping of flags"),
            ("skip: {a: 1}", "`skip` is neither"),
            ("config: a.yaml", "`config` is no flag"),
        ] {
            let message = expand(yaml, &[]).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
    }
}
