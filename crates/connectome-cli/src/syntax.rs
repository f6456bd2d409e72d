//! A command line that does not parse, as one sentence and a hint like every other error: clap
//! says what is wrong, we say it our way.

use std::ffi::OsString;

use clap::CommandFactory as _;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::args::Cli;
use crate::failure::one_line;

/// What is wrong with a command line, and what to do about it.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) sentence: String,
    pub(crate) hint: String,
}

impl Mistake {
    /// `None` if nothing is wrong: help or the version was asked for.
    pub(crate) fn of(error: &clap::Error, args: &[OsString]) -> Option<Self> {
        if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
            return None;
        }
        let sentence = sentence(error).unwrap_or_else(|| first_paragraph(error));
        Some(Self { sentence: one_line(&sentence), hint: hint(error, args) })
    }
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text),
        _ => None,
    }
}

fn texts(error: &clap::Error, kind: ContextKind) -> &[String] {
    match error.get(kind) {
        Some(ContextValue::String(text)) => std::slice::from_ref(text),
        Some(ContextValue::Strings(texts)) => texts,
        _ => &[],
    }
}

fn number(error: &clap::Error, kind: ContextKind) -> Option<isize> {
    match error.get(kind)? {
        ContextValue::Number(number) => Some(*number),
        _ => None,
    }
}

/// What is wrong, if it is one of the usual things.
fn sentence(error: &clap::Error) -> Option<String> {
    let arg = || text(error, ContextKind::InvalidArg);
    let value = || text(error, ContextKind::InvalidValue);
    Some(match error.kind() {
        ErrorKind::UnknownArgument => match arg()? {
            flag if flag.starts_with('-') => format!("there is no flag `{flag}` here"),
            word => format!("there is no place for `{word}`"),
        },
        ErrorKind::InvalidSubcommand => {
            format!("there is no command `{}`", text(error, ContextKind::InvalidSubcommand)?)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand | ErrorKind::MissingSubcommand => {
            "no command was given".to_owned()
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = texts(error, ContextKind::InvalidArg);
            format!("the command lacks {}", listed(missing, "and"))
        }
        ErrorKind::InvalidValue if value()?.is_empty() => format!("`{}` needs a value", arg()?),
        ErrorKind::InvalidValue => {
            let valid = texts(error, ContextKind::ValidValue);
            let expected = if valid.is_empty() {
                String::new()
            } else {
                format!(", expected {}", listed(valid, "or"))
            };
            format!("`{}` is no value of `{}`{expected}", value()?, arg()?)
        }
        ErrorKind::ValueValidation => {
            let why = std::error::Error::source(error);
            let why = why.map_or_else(String::new, |why| format!(": {why}"));
            format!("`{}` is no value of `{}`{why}", value()?, arg()?)
        }
        ErrorKind::ArgumentConflict => {
            let others = texts(error, ContextKind::PriorArg);
            if others.is_empty() || others == [arg()?] {
                format!("`{}` was given more than once", arg()?)
            } else {
                format!("`{}` and {} exclude each other", arg()?, listed(others, "and"))
            }
        }
        ErrorKind::WrongNumberOfValues | ErrorKind::TooFewValues => {
            let expected = number(error, ContextKind::ExpectedNumValues)
                .or_else(|| number(error, ContextKind::MinValues))?;
            let found = number(error, ContextKind::ActualNumValues)?;
            format!("`{}` takes {expected} values, found {found}", arg()?)
        }
        ErrorKind::TooManyValues => format!("`{}` has no place for `{}`", arg()?, value()?),
        ErrorKind::InvalidUtf8 => "an argument is not UTF-8 text".to_owned(),
        _ => return None,
    })
}

/// Names in backticks, with a word before the last.
fn listed(names: &[String], word: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [before @ .., last] if !before.is_empty() => {
            format!("{} {word} {last}", before.join(", "))
        }
        _ => quoted.join(""),
    }
}

/// Clap's own words up to the first empty line.
fn first_paragraph(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    paragraph.trim_start_matches("error: ").trim_end_matches('.').to_owned()
}

fn hint(error: &clap::Error, args: &[OsString]) -> String {
    let kinds =
        [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    let close = kinds.into_iter().find_map(|kind| texts(error, kind).first());
    match close {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("`{} --help` says what there is", command(args)),
    }
}

/// The command that the arguments name, as far as there is one.
fn command(args: &[OsString]) -> String {
    let root = Cli::command();
    let (mut at, mut name) = (&root, root.get_name().to_owned());
    for word in args.iter().skip(1) {
        if let Some(below) = word.to_str().and_then(|word| at.find_subcommand(word)) {
            name = format!("{name} {}", below.get_name());
            at = below;
        }
    }
    name
}
