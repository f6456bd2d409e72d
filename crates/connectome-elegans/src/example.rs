//! [`Example`]: one document of a task, with what it was made from.
//!
//! An example is written as a template whose slots are named values. The same names become its
//! roles (where a value stands) and its latents (what it is), so that annotations cannot
//! disagree with the text.

use std::fmt;
use std::ops::Range;

use crate::task::{Split, Task};
use crate::vocabulary::{BOS, EOS, Vocabulary};

/// One document: its tokens, and everything known of how they came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// What it trains or tests.
    pub task: Task,
    /// Its wording.
    pub form: &'static str,
    /// The part of the task that it belongs to.
    pub split: Split,
    /// Token ids, from `<bos>` to `<eos>`.
    pub ids: Vec<u32>,
    /// Where each value stands, in order.
    pub roles: Vec<Role>,
    /// The variables behind it, those that no token spells included.
    pub latents: Vec<Latent>,
    /// The tokens that follow from the rest, in order. The last is what evaluation asks for.
    pub answers: Vec<Range<usize>>,
    /// Where the assistant begins to speak, in a conversation.
    pub reply: Option<usize>,
    /// Whether the answer was drawn by chance, so that nobody could know it.
    pub guess: bool,
}

/// Where a named value stands in an example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// The value's name.
    pub name: &'static str,
    /// Its tokens.
    pub tokens: Range<usize>,
}

/// A variable of an example.
#[derive(Clone, Debug, PartialEq)]
pub struct Latent {
    /// Its name.
    pub name: &'static str,
    /// What it is in this example.
    pub value: Value,
}

/// What a variable can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number.
    Number(usize),
    /// Whether something holds.
    Flag(bool),
    /// A word, or several.
    Text(String),
    /// Several of them.
    List(Vec<String>),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Text(text) => f.write_str(text),
            Self::List(texts) => f.write_str(&texts.join(" ")),
        }
    }
}

impl From<usize> for Value {
    fn from(number: usize) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Self::List(texts)
    }
}

impl Example {
    /// The tokens that evaluation asks for.
    ///
    /// # Panics
    ///
    /// If the example has none, as stories have not: an error of this crate, never of input.
    #[must_use]
    pub fn answer(&self) -> Range<usize> {
        self.answers.last().expect("asked only of examples with an answer").clone()
    }

    /// The value of a variable, if the example has it.
    #[must_use]
    pub fn latent(&self, name: &str) -> Option<&Value> {
        self.latents.iter().find(|latent| latent.name == name).map(|latent| &latent.value)
    }

    /// The text without `<bos>` and `<eos>`, one space between tokens, `↵` for a line end.
    #[must_use]
    pub fn text(&self, vocabulary: &Vocabulary) -> String {
        vocabulary.text(&self.ids[1..self.ids.len() - 1])
    }
}

/// An example in the making.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    vocabulary: &'a Vocabulary,
    example: Example,
}

impl<'a> Draft<'a> {
    pub(crate) fn new(vocabulary: &'a Vocabulary, task: Task, form: &'static str) -> Self {
        let example = Example {
            task,
            form,
            split: Split::Train,
            ids: vec![BOS],
            roles: Vec::new(),
            latents: Vec::new(),
            answers: Vec::new(),
            reply: None,
            guess: false,
        };
        Self { vocabulary, example }
    }

    pub(crate) fn split(mut self, split: Split) -> Self {
        self.example.split = split;
        self
    }

    pub(crate) fn guess(mut self, guess: bool) -> Self {
        self.example.guess = guess;
        self
    }

    /// Names a value, or gives a name another value.
    pub(crate) fn set(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        let value = value.into();
        match self.example.latents.iter_mut().find(|latent| latent.name == name) {
            Some(latent) => latent.value = value,
            None => self.example.latents.push(Latent { name, value }),
        }
        self
    }

    /// Writes a template: words, `{name}` for a value, `{name!}` for one that is an answer.
    pub(crate) fn text(mut self, template: &str) -> Self {
        for word in template.split(' ').filter(|word| !word.is_empty()) {
            match word.strip_prefix('{').and_then(|slot| slot.strip_suffix('}')) {
                Some(slot) => self.slot(slot),
                None => self.word(word),
            }
        }
        self
    }

    pub(crate) fn done(mut self) -> Example {
        self.example.ids.push(EOS);
        self.example
    }

    fn word(&mut self, word: &str) {
        let ids = &mut self.example.ids;
        let id = self.vocabulary.id(word);
        let assistant = self.vocabulary.id("Assistant");
        ids.push(id.unwrap_or_else(|| panic!("`{word}` is no word of the world")));
        if word == ":" && ids.len() > 1 && Some(ids[ids.len() - 2]) == assistant {
            self.example.reply.get_or_insert(ids.len());
        }
    }

    fn slot(&mut self, slot: &str) {
        let name = slot.trim_end_matches('!');
        let latent = self.example.latents.iter().find(|latent| latent.name == name);
        let latent = latent.unwrap_or_else(|| panic!("no value was given for `{name}`"));
        let (name, text) = (latent.name, latent.value.to_string());
        let start = self.example.ids.len();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            self.word(word);
        }
        let tokens = start..self.example.ids.len();
        if slot.ends_with('!') {
            self.example.answers.push(tokens.clone());
        }
        self.example.roles.push(Role { name, tokens });
    }
}
