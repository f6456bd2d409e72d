//! A table of prompts that differ in a variable: one JSON object a line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context as _, Result};
use connectome::doubt::{Question, Table};
use serde::Deserialize;

use crate::failure::UsageError;
use crate::json_lines;
use crate::load::Loaded;
use crate::prompt::{self, Wanted};
use crate::targets;

/// A line of the file.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    prompt: String,
    answer: String,
    value: String,
    #[serde(default)]
    asks: String,
    #[serde(default)]
    answers: BTreeMap<String, String>,
}

/// Reads the lines; empty ones are left out.
pub(super) fn read(path: &Path) -> Result<Vec<Line>, UsageError> {
    json_lines::read(path, |_: &Line| Ok(()))
}

/// The table in tokens, and remarks on words that the model does not know.
pub(super) fn table(lines: &[Line], loaded: &Loaded) -> Result<(Table, BTreeSet<String>)> {
    let mut notes = BTreeSet::new();
    let mut questions = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let (question, own) =
            question(line, loaded).with_context(|| format!("prompt {} of the table", at + 1))?;
        questions.push(question);
        notes.extend(own);
    }
    Ok((Table::new(questions)?, notes))
}

fn question(line: &Line, loaded: &Loaded) -> Result<(Question, Vec<String>)> {
    let ready = prompt::prepare(&Wanted::Text(line.prompt.clone()), loaded)?;
    let answers = line.answers.iter();
    let answers =
        answers.map(|(value, answer)| Ok((value.clone(), targets::token(answer, loaded)?)));
    let question = Question {
        tokens: ready.tokens.ids,
        answer: targets::token(&line.answer, loaded)?,
        value: line.value.clone(),
        asks: line.asks.clone(),
        answers: answers.collect::<Result<_>>()?,
    };
    Ok((question, ready.notes))
}
