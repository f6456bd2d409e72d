//! The prompt: text, a file, stdin, token ids or a chat turn, to the ids that the model gets.

use std::path::{Path, PathBuf};

use anyhow::Result;
use connectome::replacement::PromptTokens;
use connectome::tokenizer::{ChatOptions, Date, Message, Opening, Prepared, Prompt};
use connectome_graph::AttributionGraph;

use crate::args::PromptArgs;
use crate::failure::UsageError;
use crate::load::Loaded;

/// A prompt ready to be traced.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) tokens: PromptTokens,
    /// The decoded ids, special tokens included.
    pub(crate) text: String,
    /// Each id decoded by itself.
    pub(crate) token_texts: Vec<String>,
    /// What a reader should know: what was put in front, what the vocabulary lacks.
    pub(crate) notes: Vec<String>,
}

/// What was asked for, before a tokenizer is there to read it.
#[derive(Debug)]
pub(crate) enum Wanted {
    Text(String),
    Ids(Vec<u32>),
    Chat { messages: Vec<Message>, options: ChatOptions },
}

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
    // As the user named it: a cache's folder is called by its commit.
    let model_name = &loaded.model_name;
    let prepared = match wanted {
        Wanted::Ids(ids) if loaded.tokenizer.is_none() => as_given(ids),
        Wanted::Ids(ids) if ids.is_empty() => as_given(ids),
        Wanted::Ids(ids) => loaded.tokenizer()?.prepare(Prompt::Ids(ids), model_name)?,
        Wanted::Text(text) => loaded.tokenizer()?.prepare(Prompt::Text(text), model_name)?,
        Wanted::Chat { messages, options } => {
            let tokenizer = loaded.tokenizer()?;
            let text = tokenizer.render_chat(messages, options)?;
            tokenizer.prepare(Prompt::Text(&text), model_name)?
        }
    };
    loaded.replacement.model().check_prompt(&prepared.ids)?;
    let text = match &loaded.tokenizer {
        Some(tokenizer) => tokenizer.decode(&prepared.ids)?,
        None => String::new(),
    };
    let token_texts = prepared.ids.iter().map(|id| loaded.token_text(*id)).collect();
    let notes = notes(&prepared, loaded);
    let tokens = PromptTokens { ids: prepared.ids, n_zeroed: prepared.zeroed_positions };
    Ok(Ready { tokens, text, token_texts, notes })
}

/// The prompt of a graph.
pub(crate) fn of_graph(graph: &AttributionGraph, loaded: &Loaded) -> Result<Ready> {
    let tokens = crate::origin::prompt(graph);
    loaded.replacement.model().check_prompt(&tokens.ids)?;
    let prompt = graph.prompt();
    let (text, token_texts) = (prompt.text.clone(), prompt.token_texts.clone());
    Ok(Ready { tokens, text, token_texts, notes: Vec::new() })
}

/// What [`connectome::tokenizer::Tokenizer::prepare`] makes of ids, without a tokenizer.
fn as_given(ids: &[u32]) -> Prepared {
    Prepared {
        ids: ids.to_vec(),
        zeroed_positions: 1,
        opening: Opening::AsGiven,
        unknown: Vec::new(),
    }
}

fn notes(prepared: &Prepared, loaded: &Loaded) -> Vec<String> {
    let mut notes = Vec::new();
    if prepared.opening == Opening::Bare {
        let first = loaded.token_text(prepared.ids[0]);
        notes.push(format!(
            "the tokenizer has no special token to begin with, so `{first}` at position 0 is used \
             but not explained"
        ));
    }
    for word in &prepared.unknown {
        notes.push(format!(
            "`{}` is not in the vocabulary; the model sees `{}` at position {}",
            word.text.trim(),
            loaded.token_text(prepared.ids[word.pos as usize]),
            word.pos
        ));
    }
    notes
}
