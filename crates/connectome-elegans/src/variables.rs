//! [`Variable`]: prompts whose answers depend on something that no token of them spells.
//!
//! A table is what an interchange needs: of each prompt, the variable's value, what is asked of
//! it, and the answer that follows from both. Prompts of a table are equally long, so that a
//! position means the same in all of them.

use std::collections::BTreeMap;

use crate::example::Example;
use crate::recipe::Recipe;
use crate::tasks;
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
    let question = |example: &Example| {
        Case::of(example, "state", named(example, "relation"), example.answer().start)
    };
    let mut found = vec![Variable {
        name: "state",
        about: "the state of a city whose name is two tokens: it has to be computed",
        model: Recipe::Base,
        cases: tasks::two_hop_questions(world).iter().map(question).collect(),
    }];
    if world.size() == Size::Nano {
        return found;
    }
    found.push(Variable {
        name: "control-state",
        about: "the same of cities whose name is one token: training may put it there",
        model: Recipe::Base,
        cases: tasks::control_questions(world).iter().map(question).collect(),
    });
    let requests = tasks::pair_requests(world);
    let reply = |example: &Example| {
        example.reply.map(|at| Case::of(example, "dangerous", "advert".to_owned(), at))
    };
    found.push(Variable {
        name: "danger",
        about: "whether two household items are dangerous together: no item is by itself",
        model: Recipe::Chat,
        cases: of_one_length(requests.iter().filter_map(reply).collect()),
    });
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
