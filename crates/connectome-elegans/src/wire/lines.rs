//! Rows and evaluation items, one JSON object a line. `tokens` and `loss_weights` of a row are
//! what `connectome train lm` reads.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::evaluation::{EvalItem, EvalSet, Judge, Required};
use crate::example::{Example, Value};
use crate::mixture::Row;
use crate::vocabulary::Vocabulary;

/// A row of training.
#[derive(Serialize)]
struct RowLine<'a> {
    row: u64,
    tokens: &'a [u32],
    loss_weights: &'a [f32],
    documents: Vec<DocumentLine<'a>>,
}

#[derive(Serialize)]
struct DocumentLine<'a> {
    start: usize,
    reply_only: bool,
    #[serde(flatten)]
    example: ExampleLine<'a>,
}

/// An example; positions count from its own `<bos>`.
#[derive(Serialize)]
pub(crate) struct ExampleLine<'a> {
    task: &'static str,
    form: &'static str,
    split: &'static str,
    text: String,
    n_tokens: usize,
    roles: Vec<(&'static str, usize, usize)>,
    latents: BTreeMap<&'static str, ValueLine<'a>>,
    answers: Vec<(usize, usize)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<usize>,
    guess: bool,
}

struct ValueLine<'a>(&'a Value);

impl Serialize for ValueLine<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Number(number) => number.serialize(serializer),
            Value::Flag(flag) => flag.serialize(serializer),
            Value::Text(text) => text.serialize(serializer),
            Value::List(texts) => texts.serialize(serializer),
        }
    }
}

/// An item of an evaluation set.
#[derive(Serialize)]
struct ItemLine<'a> {
    set: &'a str,
    item: usize,
    tokens: &'a [u32],
    n_prompt: usize,
    prompt: String,
    judge: JudgeLine<'a>,
    #[serde(flatten)]
    example: ExampleLine<'a>,
}

/// How an answer is judged. The endings of `agrees` are those of all rhyme words, in
/// `world.json`.
#[derive(Serialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
enum JudgeLine<'a> {
    OneOf { ids: &'a [Vec<u32>], texts: Vec<String> },
    Probability { id: u32, text: String },
    Shared { ids: &'a [u32], texts: Vec<String>, total: f64, each: f64 },
    EndsIn { ids: &'a [u32], texts: Vec<String> },
    Agrees,
    AfterSentence { stop: u32, ids: &'a [u32], text: String },
}

/// A set as a card lists it.
#[derive(Serialize)]
pub(crate) struct SetLine {
    id: String,
    task: &'static str,
    split: &'static str,
    name: &'static str,
    model: &'static str,
    required: RequiredLine,
    items: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum RequiredLine {
    AtLeast(f64),
    AtMost(f64),
    Between([f64; 2]),
    TimesBase(f64),
    Reported,
}

impl SetLine {
    pub(crate) fn of(set: &EvalSet) -> Self {
        Self {
            id: set.id(),
            task: set.task.name(),
            split: set.split.name(),
            name: set.name,
            model: set.model.name(),
            required: match set.required {
                Required::AtLeast(least) => RequiredLine::AtLeast(least),
                Required::AtMost(most) => RequiredLine::AtMost(most),
                Required::Between(least, most) => RequiredLine::Between([least, most]),
                Required::TimesBase(times) => RequiredLine::TimesBase(times),
                Required::Reported => RequiredLine::Reported,
            },
            items: set.items.len(),
        }
    }
}

/// The line of a row.
pub(crate) fn row(index: u64, row: &Row, vocabulary: &Vocabulary) -> Vec<u8> {
    let documents = row.documents.iter().map(|document| DocumentLine {
        start: document.start,
        reply_only: document.reply_only,
        example: example(&document.example, vocabulary),
    });
    line(&RowLine {
        row: index,
        tokens: &row.ids,
        loss_weights: &row.weights,
        documents: documents.collect(),
    })
}

/// The line of item number `index` of a set.
pub(crate) fn item(set: &str, index: usize, item: &EvalItem, vocabulary: &Vocabulary) -> Vec<u8> {
    line(&ItemLine {
        set,
        item: index,
        tokens: &item.example.ids,
        n_prompt: item.n_prompt,
        prompt: vocabulary.text(item.prompt()),
        judge: judge(&item.judge, vocabulary),
        example: example(&item.example, vocabulary),
    })
}

fn line(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = serde_json::to_vec(value).expect("plain data is JSON");
    bytes.push(b'\n');
    bytes
}

/// An example as every line holds it.
pub(crate) fn example<'a>(example: &'a Example, vocabulary: &Vocabulary) -> ExampleLine<'a> {
    let roles = example.roles.iter().map(|role| (role.name, role.tokens.start, role.tokens.end));
    let latents = example.latents.iter().map(|latent| (latent.name, ValueLine(&latent.value)));
    ExampleLine {
        task: example.task.name(),
        form: example.form,
        split: example.split.name(),
        text: example.text(vocabulary),
        n_tokens: example.ids.len(),
        roles: roles.collect(),
        latents: latents.collect(),
        answers: example.answers.iter().map(|answer| (answer.start, answer.end)).collect(),
        reply: example.reply,
        guess: example.guess,
    }
}

fn judge<'a>(judge: &'a Judge, vocabulary: &Vocabulary) -> JudgeLine<'a> {
    let word = |id: &u32| vocabulary.text(&[*id]);
    match judge {
        Judge::OneOf(answers) => JudgeLine::OneOf {
            ids: answers,
            texts: answers.iter().map(|answer| vocabulary.text(answer)).collect(),
        },
        Judge::Probability(id) => JudgeLine::Probability { id: *id, text: word(id) },
        Judge::Shared { tokens, total, each } => JudgeLine::Shared {
            ids: tokens,
            texts: tokens.iter().map(word).collect(),
            total: *total,
            each: *each,
        },
        Judge::EndsIn(words) => {
            JudgeLine::EndsIn { ids: words, texts: words.iter().map(word).collect() }
        }
        Judge::Agrees(_) => JudgeLine::Agrees,
        Judge::AfterSentence { stop, then } => {
            JudgeLine::AfterSentence { stop: *stop, ids: then, text: vocabulary.text(then) }
        }
    }
}
