//! The card of a data folder: what is in it, how much of each, and what is required of a model.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;

use super::lines::SetLine;
use crate::evaluation::EvalSet;
use crate::mixture::{Mixture, ROW_TOKENS, Source};
use crate::recipe::Recipe;
use crate::task::Task;
use crate::vocabulary::Size;
use crate::written::{Count, Kind, Tally, Written};

/// The version of the format; a folder with this key in its card is ours.
const VERSION: u32 = 1;

#[derive(Serialize)]
pub(crate) struct Card {
    connectome_elegans: u32,
    complete: bool,
    world: &'static str,
    seed: u64,
    model: &'static str,
    starts_from: Option<&'static str>,
    vocabulary: VocabularyCard,
    rows: u64,
    row_tokens: usize,
    /// Padding included.
    tokens: u64,
    padding: u64,
    /// Tokens of a whole run, as the recipe was budgeted.
    nominal_tokens: u64,
    parts: Vec<PartCard>,
    counts: Vec<CountCard>,
    evaluations: Vec<SetLine>,
    /// Of all files together.
    digest: String,
    files: Vec<FileCard>,
    #[serde(skip)]
    about: Vec<About>,
}

#[derive(Serialize)]
struct VocabularyCard {
    tokens: usize,
    used: usize,
}

/// A task's share of the tokens that are no padding.
#[derive(Serialize)]
struct PartCard {
    task: &'static str,
    source: &'static str,
    wanted_share: f64,
    share: f64,
    examples: u64,
    tokens: u64,
}

#[derive(Serialize)]
struct CountCard {
    task: &'static str,
    source: &'static str,
    form: &'static str,
    split: &'static str,
    examples: u64,
    tokens: u64,
}

#[derive(Serialize)]
struct FileCard {
    name: String,
    bytes: u64,
    blake3: String,
}

/// A set as people read of it.
struct About {
    id: String,
    model: &'static str,
    items: usize,
    required: String,
}

impl Card {
    pub(crate) fn new(
        mixture: &Mixture<'_>,
        n_rows: u64,
        sets: &[EvalSet],
        written: &[Written],
    ) -> Self {
        let mut tally = Tally::default();
        written.iter().for_each(|file| tally.join(&file.tally));
        let (world, recipe) = (mixture.world(), mixture.recipe());
        Self {
            connectome_elegans: VERSION,
            complete: true,
            world: world.size().name(),
            seed: world.seed(),
            model: recipe.name(),
            starts_from: recipe.starts_from().map(Recipe::name),
            vocabulary: VocabularyCard {
                tokens: world.vocabulary().len(),
                used: world.vocabulary().n_used(),
            },
            rows: n_rows,
            row_tokens: ROW_TOKENS,
            tokens: n_rows * ROW_TOKENS as u64,
            padding: tally.padding,
            nominal_tokens: mixture.nominal_tokens(),
            parts: parts(mixture, n_rows, &tally),
            counts: counts(&tally),
            evaluations: sets.iter().map(SetLine::of).collect(),
            digest: Written::digest_of(written),
            files: written.iter().map(FileCard::of).collect(),
            about: sets.iter().map(About::of).collect(),
        }
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        super::pretty(self)
    }

    pub(crate) fn unfinished(mut self) -> Vec<u8> {
        self.complete = false;
        super::pretty(&self)
    }

    pub(crate) fn to_markdown(&self) -> Vec<u8> {
        let mut text = self.heading();
        text.push_str("\n## Tasks\n\n");
        text.push_str("Shares are of the tokens that are no padding.\n\n");
        text.push_str("| task | trained as | examples | tokens | share | wanted |\n");
        text.push_str("|---|---|---:|---:|---:|---:|\n");
        for part in &self.parts {
            let PartCard { task, source, examples, tokens, .. } = part;
            let [share, wanted] = [part.share, part.wanted_share].map(|share| 100.0 * share);
            line(
                &mut text,
                format_args!(
                    "| {task} | {source} | {examples} | {tokens} | {share:.1} % | {wanted:.1} % |"
                ),
            );
        }
        text.push_str("\n## Forms\n\n| task | trained as | form | split | examples | tokens |\n");
        text.push_str("|---|---|---|---|---:|---:|\n");
        for count in &self.counts {
            let CountCard { task, source, form, split, examples, tokens } = count;
            line(
                &mut text,
                format_args!("| {task} | {source} | {form} | {split} | {examples} | {tokens} |"),
            );
        }
        text.push_str("\n## Evaluation\n\n");
        text.push_str("What the mean score of a set must be, and of which model.\n\n");
        text.push_str("| set | items | model | required |\n|---|---:|---|---|\n");
        for About { id, model, items, required } in &self.about {
            line(&mut text, format_args!("| {id} | {items} | {model} | {required} |"));
        }
        text.push_str("\n## Files\n\n| file | bytes | BLAKE3 |\n|---|---:|---|\n");
        for FileCard { name, bytes, blake3 } in &self.files {
            line(&mut text, format_args!("| {name} | {bytes} | {blake3} |"));
        }
        text.into_bytes()
    }

    fn heading(&self) -> String {
        let size = if self.world == Size::Nano.name() { "the nano world" } else { "the world" };
        let start = match self.starts_from {
            Some(model) => format!("fine-tuned from `{model}`"),
            None => "trained from scratch".to_owned(),
        };
        format!(
            "# Data of `{}`\n\n\
             What `connectome elegans data` made of {size} of seed {}: {} rows of {} tokens, \
             {:.1} % of them padding. A whole run takes {} tokens; the model is {start}.\n\
             The same command gives the same bytes. Words are invented or stand for nothing: \
             there is no instruction in here that anyone could follow.\n",
            self.model,
            self.seed,
            self.rows,
            self.row_tokens,
            100.0 * self.padding as f64 / self.tokens as f64,
            self.nominal_tokens,
        )
    }
}

/// Writing to a string does not fail.
fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    let _ = writeln!(text, "{arguments}");
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Pretraining => "all tokens",
        Source::Tuning => "replies",
    }
}

fn parts(mixture: &Mixture<'_>, n_rows: u64, tally: &Tally) -> Vec<PartCard> {
    let mut sums: BTreeMap<(Task, Source), Count> = BTreeMap::new();
    for (kind, count) in &tally.counts {
        let sum = sums.entry((kind.task, kind.source)).or_default();
        sum.examples += count.examples;
        sum.tokens += count.tokens;
    }
    let total: u64 = sums.values().map(|count| count.tokens).sum();
    let part = |(part, wanted_share): (&crate::mixture::Part, f64)| {
        let count = sums.get(&(part.task, part.source)).copied().unwrap_or_default();
        PartCard {
            task: part.task.name(),
            source: source(part.source),
            wanted_share,
            share: count.tokens as f64 / total.max(1) as f64,
            examples: count.examples,
            tokens: count.tokens,
        }
    };
    mixture.parts().iter().zip(mixture.wanted_shares(n_rows)).map(part).collect()
}

fn counts(tally: &Tally) -> Vec<CountCard> {
    let count = |(kind, count): (&Kind, &Count)| CountCard {
        task: kind.task.name(),
        source: source(kind.source),
        form: kind.form,
        split: kind.split.name(),
        examples: count.examples,
        tokens: count.tokens,
    };
    tally.counts.iter().map(count).collect()
}

impl FileCard {
    fn of(written: &Written) -> Self {
        Self { name: written.name.clone(), bytes: written.bytes, blake3: written.blake3.clone() }
    }
}

impl About {
    fn of(set: &EvalSet) -> Self {
        Self {
            id: set.id(),
            model: set.model.name(),
            items: set.items.len(),
            required: set.required.to_string(),
        }
    }
}
