//! What `elegans` says of its data and examples.

pub(crate) mod eval;

use std::path::Path;

use connectome_elegans::{
    Dataset, Example, Value as Latent, World as Organism, Written, example_json,
};
use serde::Serialize;
use serde_json::Value;

use crate::args::WorldArgs;

/// A folder of data.
#[derive(Debug, Serialize)]
pub(crate) struct DataReport {
    pub(crate) folder: String,
    pub(crate) world: &'static str,
    pub(crate) seed: u64,
    pub(crate) model: String,
    pub(crate) rows: u64,
    /// Padding included.
    pub(crate) tokens: u64,
    pub(crate) evaluation_sets: usize,
    pub(crate) evaluation_items: usize,
    /// Of all files.
    pub(crate) bytes: u64,
    /// BLAKE3 of all files together, the card's left out.
    pub(crate) digest: String,
    pub(crate) files: Vec<FileReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct FileReport {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) blake3: String,
}

impl DataReport {
    pub(crate) fn of(
        folder: &Path,
        args: &WorldArgs,
        data: &Dataset<'_>,
        written: &[Written],
    ) -> Self {
        let file = |file: &Written| FileReport {
            name: file.name.clone(),
            bytes: file.bytes,
            blake3: file.blake3.clone(),
        };
        Self {
            folder: folder.display().to_string(),
            world: args.size().name(),
            seed: args.seed,
            model: args.model.clone(),
            rows: data.n_rows(),
            tokens: data.n_rows() * connectome_elegans::ROW_TOKENS as u64,
            evaluation_sets: data.sets().len(),
            evaluation_items: data.sets().iter().map(|set| set.items.len()).sum(),
            bytes: written.iter().map(|file| file.bytes).sum(),
            digest: Written::digest_of(written),
            files: written.iter().map(file).collect(),
        }
    }
}

/// Examples to look at.
#[derive(Debug, Serialize)]
pub(crate) struct SamplesReport {
    pub(crate) world: &'static str,
    pub(crate) seed: u64,
    pub(crate) model: String,
    /// As the lines of the data files hold them.
    pub(crate) examples: Vec<Value>,
    /// The same for the printer.
    #[serde(skip)]
    pub(crate) shown: Vec<Shown>,
}

/// An example as it is printed.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) letter: char,
    pub(crate) task: &'static str,
    pub(crate) form: &'static str,
    pub(crate) split: &'static str,
    pub(crate) tokens: Vec<ShownToken>,
    pub(crate) roles: Vec<ShownRole>,
    /// Variables that no token spells.
    pub(crate) hidden: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct ShownToken {
    pub(crate) text: String,
    pub(crate) mark: Mark,
}

/// What a token is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Plain,
    Role,
    Answer,
}

#[derive(Debug)]
pub(crate) struct ShownRole {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    /// Its first token, counted from `<bos>` at 0.
    pub(crate) start: usize,
    pub(crate) is_answer: bool,
}

impl SamplesReport {
    pub(crate) fn of(args: &WorldArgs, organism: &Organism, examples: &[Example]) -> Self {
        let vocabulary = organism.vocabulary();
        Self {
            world: args.size().name(),
            seed: args.seed,
            model: args.model.clone(),
            examples: examples.iter().map(|one| example_json(one, vocabulary)).collect(),
            shown: examples.iter().map(|one| Shown::of(one, organism)).collect(),
        }
    }
}

impl Shown {
    fn of(example: &Example, organism: &Organism) -> Self {
        let vocabulary = organism.vocabulary();
        let inside = 1..example.ids.len() - 1;
        let mark = |at: &usize| {
            if example.answers.iter().any(|answer| answer.contains(at)) {
                Mark::Answer
            } else if example.roles.iter().any(|role| role.tokens.contains(at)) {
                Mark::Role
            } else {
                Mark::Plain
            }
        };
        let tokens = inside
            .map(|at| ShownToken { text: vocabulary.text(&example.ids[at..=at]), mark: mark(&at) });
        let roles = example.roles.iter().filter(|role| !role.tokens.is_empty());
        let roles = roles.map(|role| ShownRole {
            name: role.name,
            text: vocabulary.text(&example.ids[role.tokens.clone()]),
            start: role.tokens.start,
            is_answer: example.answers.contains(&role.tokens),
        });
        let is_hidden = |name: &str| example.roles.iter().all(|role| role.name != name);
        let hidden = example.latents.iter().filter(|latent| is_hidden(latent.name));
        let hidden = hidden.map(|latent| match &latent.value {
            Latent::Flag(true) => latent.name.to_owned(),
            Latent::Flag(false) => format!("not {}", latent.name),
            value => format!("{} {value}", latent.name),
        });
        Self {
            letter: example.task.letter(),
            task: example.task.name(),
            form: example.form,
            split: example.split.name(),
            tokens: tokens.collect(),
            roles: roles.collect(),
            hidden: hidden.collect(),
        }
    }
}
