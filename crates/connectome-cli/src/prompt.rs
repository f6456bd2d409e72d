//! The prompt: text, a file, stdin, token ids or a chat turn, to the ids that the model gets.

use std::path::{Path, PathBuf};

use anyhow::Result;
use connectome::tokenizer::{ChatOptions, Date, Message};
use connectome_graph::AttributionGraph;

pub(crate) use connectome::open::{Ready, Wanted};

use crate::args::PromptArgs;
use crate::failure::UsageError;
use crate::load::{self, Loaded};

/// Reads the arguments, a file or stdin, before anything is loaded.
pub(crate) fn read(positional: Option<&str>, args: &PromptArgs) -> Result<Wanted> {
    if let Some(list) = &args.token_ids {
        return Ok(Wanted::Ids(ids(list)?));
    }
    let text = match (positional, &args.prompt_file) {
        (Some("-"), _) => from_reader(std::io::stdin().lock(), Path::new("-"))?,
        (Some(text), _) => text.to_owned(),
        (None, Some(path)) => from_file(path)?,
        (None, None) => return Err(UsageError::NoPrompt.into()),
    };
    written(text, args)
}

/// A second prompt of a command, told apart from the first by flags of its own, and rendered as
/// the first is.
pub(crate) fn read_other(
    text: Option<&str>,
    list: Option<&str>,
    args: &PromptArgs,
) -> Result<Option<Wanted>> {
    match (text, list) {
        (_, Some(list)) => Ok(Some(Wanted::Ids(ids(list)?))),
        (Some(text), None) => written(text.to_owned(), args).map(Some),
        (None, None) => Ok(None),
    }
}

/// Text, or a chat turn that says it.
fn written(text: String, args: &PromptArgs) -> Result<Wanted> {
    if !args.chat {
        return Ok(Wanted::Text(text));
    }
    let date = args.date.as_deref().map(str::parse::<Date>).transpose()?;
    let system = args.system.as_ref().map(|system| Message::new("system", system.clone()));
    let messages = system.into_iter().chain([Message::new("user", text)]).collect();
    let options = ChatOptions { add_generation_prompt: true, date, ..ChatOptions::default() };
    Ok(Wanted::Chat { messages, options })
}

fn ids(list: &str) -> Result<Vec<u32>> {
    if list.trim().is_empty() {
        return Ok(Vec::new());
    }
    let id = |text: &str| {
        let text = text.trim();
        text.parse::<u32>().map_err(|_| UsageError::TokenId { found: text.to_owned() })
    };
    Ok(list.split(',').map(id).collect::<Result<_, _>>()?)
}

fn from_file(path: &PathBuf) -> Result<String> {
    let file = std::fs::File::open(path)
        .map_err(|source| UsageError::ReadPrompt { path: path.clone(), source })?;
    from_reader(file, path)
}

fn from_reader(mut reader: impl std::io::Read, path: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    reader
        .read_to_end(&mut bytes)
        .map_err(|source| UsageError::ReadPrompt { path: path.to_owned(), source })?;
    let text = String::from_utf8(bytes)
        .map_err(|_| UsageError::PromptNotText { path: path.to_owned() })?;
    let line = text.strip_suffix('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    Ok(line.unwrap_or(&text).to_owned())
}

/// The ids of a prompt, by the model's tokenizer.
pub(crate) fn prepare(wanted: &Wanted, loaded: &Loaded) -> Result<Ready> {
    loaded.prepare(wanted).map_err(load::plain)
}

/// The prompt of a graph.
pub(crate) fn of_graph(graph: &AttributionGraph, loaded: &Loaded) -> Result<Ready> {
    loaded.prompt_of(graph).map_err(load::plain)
}
