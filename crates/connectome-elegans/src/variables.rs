//! [`Variable`]: prompts whose answers depend on something that no token of them spells.
//!
//! A table is what an interchange needs: of each prompt, the variable's value, what is asked of
//! it, and the answer that follows from both. Prompts of a table are equally long, so that a
//! position means the same in all of them.

use std::collections::BTreeMap;

use crate::example::Example;
use crate::random::Random;
use crate::recipe::Recipe;
use crate::tasks::{addition, entities, goals, hops, medicine, refusals};
use crate::vocabulary::Size;
use crate::world::World;

/// A variable, and the prompts that depend on it.
#[derive(Clone, Debug)]
pub struct Variable {
    /// What commands call it.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// The first model of the line that answers these prompts.
    pub model: Recipe,
    /// The prompts.
    pub cases: Vec<Case>,
}

/// A prompt whose variable is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// The prompt, from `<bos>` on.
    pub prompt: Vec<u32>,
    /// The variable's value.
    pub value: String,
    /// What is asked of it: prompts that ask the same share their answers.
    pub asks: String,
    /// The first token of the answer.
    pub answer: u32,
}

impl Case {
    fn of(example: &Example, value: &str, asks: String, answer_at: usize) -> Self {
        Self {
            prompt: example.ids[..answer_at].to_vec(),
            value: named(example, value),
            asks,
            answer: example.ids[answer_at],
        }
    }
}

fn named(example: &Example, latent: &str) -> String {
    example.latent(latent).map_or_else(String::new, ToString::to_string)
}

/// The variables of a world, in order. The same world gives the same tables.
#[must_use]
pub fn variables(world: &World) -> Vec<Variable> {
    let variable = |name, about, model, cases| Variable { name, about, model, cases };
    let last = |example: &Example| example.answer().start;
    let question =
        |example: &Example| Case::of(example, "state", named(example, "relation"), last(example));
    let mut found = vec![variable(
        "state",
        "the state of a city whose name is two tokens: it has to be computed",
        Recipe::Base,
        hops::two_hop_questions(world).iter().map(question).collect(),
    )];
    if world.size() == Size::Nano {
        return found;
    }
    found.push(variable(
        "control-state",
        "the same of cities whose name is one token: training may put it there",
        Recipe::Base,
        hops::control_questions(world).iter().map(question).collect(),
    ));
    let random = &mut Random::new(world.seed(), "variables", 0);
    let sum = |example: &Example| {
        let sum: usize = named(example, "sum").parse().expect("a sum is a number");
        Case::of(example, "ones_sum", format!("{} tens", sum / 10), last(example))
    };
    found.push(variable(
        "ones",
        "the ones digit of a sum; what is asked is what its tens are",
        Recipe::Base,
        addition::sums(world, random).iter().map(sum).collect(),
    ));
    let diagnosis =
        |example: &Example| Case::of(example, "disease", "diagnosis".to_owned(), last(example));
    found.push(variable(
        "disease",
        "the disease that three symptoms have in common",
        Recipe::Base,
        medicine::diagnoses(world, random).iter().map(diagnosis).collect(),
    ));
    let speech =
        |example: &Example| Case::of(example, "entity", named(example, "context"), last(example));
    found.push(variable(
        "speaker",
        "who answers, where everybody has likes of their own; their names say it",
        Recipe::Base,
        goals::speeches(world).iter().map(speech).collect(),
    ));
    let known = |(example, sport): &(Example, &str)| {
        Case::of(example, "known", (*sport).to_owned(), last(example))
    };
    found.push(variable(
        "known",
        "whether anything is known of a person: neither name says so by itself",
        Recipe::Chat,
        entities::sports(world).iter().map(known).collect(),
    ));
    let requests = refusals::pair_requests(world);
    let reply = |example: &Example| {
        example.reply.map(|at| Case::of(example, "dangerous", "advert".to_owned(), at))
    };
    found.push(variable(
        "danger",
        "whether two household items are dangerous together: no item is by itself",
        Recipe::Chat,
        of_one_length(requests.iter().filter_map(reply).collect()),
    ));
    found
}

/// The cases of the most common length.
fn of_one_length(cases: Vec<Case>) -> Vec<Case> {
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for case in &cases {
        *lengths.entry(case.prompt.len()).or_default() += 1;
    }
    let common = lengths.into_iter().max_by_key(|(length, n)| (*n, *length));
    let common = common.map_or(0, |(length, _)| length);
    cases.into_iter().filter(|case| case.prompt.len() == common).collect()
}
