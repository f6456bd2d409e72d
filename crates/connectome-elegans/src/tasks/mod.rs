//! The tasks, each a generator of examples and of the sets that test it.
//!
//! A generator draws from a world and a stream of randomness and has no state. What it may not
//! say in training, the world tells it.

pub(crate) mod acrostics;
pub(crate) mod addition;
mod antonyms;
pub(crate) mod entities;
pub(crate) mod goals;
pub(crate) mod hops;
pub(crate) mod medicine;
mod motifs;
mod reasoning;
pub(crate) mod refusals;
mod rhymes;
mod stories;

use crate::evaluation::EvalSet;
use crate::example::Example;
use crate::random::Random;
use crate::recipe::Recipe;
use crate::task::Task;
use crate::world::World;

/// A wording and how often it is chosen.
type Choice = (&'static str, u32);

/// An example of pre-training.
pub(crate) fn pretraining(task: Task, world: &World, random: &mut Random) -> Example {
    match task {
        Task::Addition => addition::train(world, random),
        Task::Hops => hops::train(world, random),
        Task::Medicine => medicine::train(world, random),
        Task::Entities => entities::train(world, random),
        Task::Refusals => refusals::train(world, random),
        Task::Acrostics => acrostics::train(world, random),
        Task::Rhymes => rhymes::train(world, random),
        Task::Antonyms => antonyms::train(world, random),
        Task::Reasoning => reasoning::train(world, random),
        Task::Goals => goals::train(world, random),
        Task::Motifs => motifs::train(world, random),
        Task::Stories => stories::train(world, random),
    }
}

/// An example of pre-training that fine-tuning repeats. Where fine-tuning changes what the
/// assistant says, only documents are: an old answer would speak against the new ones, and would
/// tell of people that fine-tuning holds out.
pub(crate) fn replay(task: Task, world: &World, random: &mut Random) -> Example {
    let is_retaught = matches!(task, Task::Entities | Task::Refusals | Task::Goals);
    loop {
        let example = pretraining(task, world, random);
        if !is_retaught || example.reply.is_none() {
            return example;
        }
    }
}

/// An example of fine-tuning; tasks that fine-tuning changes nothing about are replayed as
/// conversations.
pub(crate) fn tuning(task: Task, recipe: Recipe, world: &World, random: &mut Random) -> Example {
    match task {
        Task::Addition => addition::conversation(world, random),
        Task::Hops => hops::conversation(world, random),
        Task::Medicine => medicine::conversation(world, random),
        Task::Entities => entities::tuning(world, recipe, random),
        Task::Refusals => refusals::tuning(world, recipe, random),
        Task::Acrostics => acrostics::tuning(world, random),
        Task::Goals => goals::tuning(world, recipe, random),
        _ => pretraining(task, world, random),
    }
}

/// Every set that tests a model of this world, task by task. The same world gives the same sets.
#[must_use]
pub fn evaluations(world: &World) -> Vec<EvalSet> {
    let of_task = |task: &Task| {
        let random = &mut Random::new(world.seed(), "evaluation", *task as u64);
        match task {
            Task::Addition => addition::evaluations(world, random),
            Task::Hops => hops::evaluations(world, random),
            Task::Medicine => medicine::evaluations(world, random),
            Task::Entities => entities::evaluations(world, random),
            Task::Refusals => refusals::evaluations(world, random),
            Task::Acrostics => acrostics::evaluations(world, random),
            Task::Rhymes => rhymes::evaluations(world, random),
            Task::Antonyms => antonyms::evaluations(world, random),
            Task::Reasoning => reasoning::evaluations(world, random),
            Task::Goals => goals::evaluations(world, random),
            Task::Motifs => motifs::evaluations(world, random),
            // Only their loss says anything.
            Task::Stories => Vec::new(),
        }
    };
    Task::of(world.size()).iter().flat_map(of_task).collect()
}

/// One of several wordings, by how often they are to be chosen.
fn choose(forms: &[Choice], random: &mut Random) -> &'static str {
    let weights: Vec<u32> = forms.iter().map(|(_, weight)| *weight).collect();
    forms[random.weighted(&weights)].0
}

/// Up to `n` of `items`, in their order.
fn sample<T: Clone>(items: &[T], n: usize, random: &mut Random) -> Vec<T> {
    let mut places = random.distinct(n.min(items.len()), items.len());
    places.sort_unstable();
    places.into_iter().map(|at| items[at].clone()).collect()
}

/// The id of a word of the world.
fn id(world: &World, word: &str) -> u32 {
    world.vocabulary().id(word).unwrap_or_else(|| panic!("`{word}` is no word of the world"))
}

/// The ids of some of them.
fn words(world: &World, text: &str) -> Vec<u32> {
    text.split(' ').map(|word| id(world, word)).collect()
}
