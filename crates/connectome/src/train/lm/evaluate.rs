//! Measuring a model while it trains: the loss on held-out rows, and answers to questions.

use std::path::Path;
use std::sync::Mutex;

use rayon::prelude::*;
use serde_json::Value;

use super::net::{Net, Pass};
use super::rows::{Batch, Rows};
use super::workspace::Workspace;
use crate::error::RunError;
use crate::files::FileBytes;
use crate::ops::matmul::{Products, Threads};
use crate::tokenizer::Tokenizer;
use crate::train::TrainError;

/// Positions that go through the decoder at once.
const POSITIONS: usize = 768;

/// The mean loss over all weights of `rows`, in nats. Documents start at every `opens`, if given.
#[must_use]
pub fn mean_loss(net: &Net, params: &[f32], rows: &Rows, opens: Option<u32>) -> f64 {
    let part_rows = (POSITIONS / rows.n_tokens.max(1)).max(1);
    let starts: Vec<usize> = (0..rows.n_rows()).step_by(part_rows).collect();
    let workspaces = Mutex::<Vec<Workspace>>::default();
    let of_part = |start: usize| {
        let n_rows = part_rows.min(rows.n_rows() - start);
        let batch = Batch::of(rows, start, n_rows, opens);
        let mut sum = 0.0;
        on_one_thread(net, params, &batch, &workspaces, |goal, loss, _| {
            sum += f64::from(goal.weight) * loss;
        });
        sum
    };
    let sums: Vec<f64> = starts.into_par_iter().map(of_part).collect();
    let total = rows.total_weight();
    if total > 0.0 { sums.iter().sum::<f64>() / total } else { 0.0 }
}

fn on_one_thread(
    net: &Net,
    params: &[f32],
    batch: &Batch,
    workspaces: &Mutex<Vec<Workspace>>,
    each: impl FnMut(&super::loss::Goal, f64, bool),
) {
    let pool = || workspaces.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut workspace = pool().pop().unwrap_or_default();
    let pass = Pass { net, params, batch, products: Products::f32(Threads::One) };
    pass.losses(&mut workspace, each);
    pool().push(workspace);
}

/// Questions with known answers.
#[derive(Clone, Debug)]
pub struct Questions {
    /// Names of the groups, in the order of their first question.
    groups: Vec<String>,
    questions: Vec<Question>,
}

#[derive(Clone, Debug)]
struct Question {
    group: usize,
    ids: Vec<u32>,
    /// Tokens of the answer, at the end of the ids.
    n_answer: usize,
}

/// How many questions of a group were answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The group's name; empty if questions name none.
    pub group: String,
    /// Questions whose every answer token had the largest logit.
    pub right: usize,
    /// Questions.
    pub asked: usize,
}

impl Questions {
    /// Reads a JSON-lines file: objects with `prompt` and `answer` (text), or `prompt_tokens` and
    /// `answer_tokens` (ids), and perhaps a `group`. `opens` is put before every prompt that does
    /// not begin with it.
    ///
    /// # Errors
    ///
    /// [`TrainError::Data`] names the line; [`TrainError::NoData`] if there is none.
    pub fn open(
        path: &Path,
        tokenizer: Option<&Tokenizer>,
        net: &Net,
        opens: Option<u32>,
    ) -> Result<Self, TrainError> {
        let bytes = FileBytes::map(path)?;
        let mut read = Self { groups: Vec::new(), questions: Vec::new() };
        for (at, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let data = |reason: String| TrainError::Data {
                reason: format!("line {}: {reason}", at + 1),
                path: path.to_owned(),
            };
            let value: Value = serde_json::from_slice(line)
                .map_err(|source| data(format!("no JSON ({source})")))?;
            let prompt = part(&value, "prompt", tokenizer)?.map_err(data)?;
            let answer = part(&value, "answer", tokenizer)?.map_err(data)?;
            if answer.is_empty() {
                return Err(data("the answer has no tokens".to_owned()));
            }
            let is_open = prompt.first() == opens.as_ref();
            let opening = opens.filter(|_| !is_open);
            let ids: Vec<u32> =
                opening.into_iter().chain(prompt).chain(answer.iter().copied()).collect();
            let (n_vocab, n_context) = (net.config().n_vocab, net.config().n_context);
            if let Some(id) = ids.iter().find(|id| **id as usize >= n_vocab) {
                return Err(data(format!("id {id} is outside the vocabulary of {n_vocab}")));
            }
            if ids.len() > n_context + 1 || ids.len() == answer.len() {
                let limit = format!("{} tokens, expected 1 to {n_context} before", ids.len());
                return Err(data(format!("{limit} the last of the answer")));
            }
            let group = value["group"].as_str().unwrap_or_default();
            let group = read.group(group);
            read.questions.push(Question { group, ids, n_answer: answer.len() });
        }
        match read.questions.is_empty() {
            true => Err(TrainError::NoData { what: "questions", path: path.to_owned() }),
            false => Ok(read),
        }
    }

    /// Questions whose tokens are at hand: group, prompt, answer. What has no prompt or no answer
    /// is left out.
    pub fn of<'a>(asked: impl IntoIterator<Item = (&'a str, &'a [u32], &'a [u32])>) -> Self {
        let mut questions = Self { groups: Vec::new(), questions: Vec::new() };
        for (group, prompt, answer) in asked {
            if prompt.is_empty() || answer.is_empty() {
                continue;
            }
            let group = questions.group(group);
            let ids = [prompt, answer].concat();
            questions.questions.push(Question { group, ids, n_answer: answer.len() });
        }
        questions
    }

    fn group(&mut self, name: &str) -> usize {
        self.groups.iter().position(|group| group == name).unwrap_or_else(|| {
            self.groups.push(name.to_owned());
            self.groups.len() - 1
        })
    }

    /// Asks all of them.
    #[must_use]
    pub fn ask(&self, net: &Net, params: &[f32]) -> Vec<Answered> {
        // Questions of like length go together, so that little is filled up.
        let mut order: Vec<&Question> = self.questions.iter().collect();
        order.sort_by_key(|question| question.ids.len());
        let longest = order.last().map_or(1, |question| question.ids.len());
        let workspaces = Mutex::<Vec<Workspace>>::default();
        let asked: Vec<Vec<bool>> = order
            .par_chunks((POSITIONS / longest).max(1))
            .map(|questions| ask_some(net, params, questions, &workspaces))
            .collect();
        let mut answered: Vec<Answered> = self
            .groups
            .iter()
            .map(|group| Answered { group: group.clone(), right: 0, asked: 0 })
            .collect();
        for (question, right) in order.iter().zip(asked.into_iter().flatten()) {
            answered[question.group].asked += 1;
            answered[question.group].right += usize::from(right);
        }
        answered
    }
}

fn ask_some(
    net: &Net,
    params: &[f32],
    questions: &[&Question],
    workspaces: &Mutex<Vec<Workspace>>,
) -> Vec<bool> {
    let n_tokens = questions.iter().map(|question| question.ids.len()).max().unwrap_or(2);
    let mut rows = Rows::empty(n_tokens);
    for Question { ids, n_answer, .. } in questions {
        let weight = |at: usize| if at + n_answer >= ids.len() { 1.0 } else { 0.0 };
        let weights: Vec<f32> = (0..ids.len()).map(weight).collect();
        rows.push(ids, &weights);
    }
    let batch = Batch::of(&rows, 0, questions.len(), None);
    let mut right = vec![true; questions.len()];
    on_one_thread(net, params, &batch, workspaces, |goal, _, is_largest| {
        right[goal.at / (n_tokens - 1)] &= is_largest;
    });
    right
}

/// `key` as text, or `key_tokens` as ids.
fn part(
    value: &Value,
    key: &str,
    tokenizer: Option<&Tokenizer>,
) -> Result<Result<Vec<u32>, String>, TrainError> {
    let tokens = format!("{key}_tokens");
    if let Some(list) = value[&tokens].as_array() {
        let id = |id: &Value| id.as_u64().and_then(|id| u32::try_from(id).ok());
        let ids: Option<Vec<u32>> = list.iter().map(id).collect();
        return Ok(ids.ok_or_else(|| format!("`{tokens}` is no list of ids")));
    }
    Ok(match (value[key].as_str(), tokenizer) {
        (None, _) => Err(format!("no `{key}` and no `{tokens}`")),
        (Some(_), None) => Err(format!("`{key}` is text, and no tokenizer to read it")),
        (Some(text), Some(tokenizer)) => Ok(tokenizer.encode(text).map_err(RunError::from)?),
    })
}
