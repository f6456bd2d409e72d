//! What each recipe is mixed from, and how long its run is.
//!
//! Shares are thousandths of the tokens. They follow the design's table and the prototypes: what
//! took longest to learn there (sums, 0.35 M examples) has the largest share, and the whole run
//! is as short as two CPU cores allow.

use super::{BLOCK_ROWS, ROW_TOKENS};
use crate::recipe::Recipe;
use crate::task::Task;
use crate::vocabulary::Size;

/// Where examples come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// As the base is trained: every token counts.
    Pretraining,
    /// As fine-tuning is: what the assistant says counts.
    Tuning,
}

/// A task and its share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) task: Task,
    pub(crate) source: Source,
    /// Thousandths of the tokens.
    pub(crate) share: u32,
}

const BASE: [(Task, u32); 12] = [
    (Task::Addition, 160),
    (Task::Hops, 190),
    (Task::Medicine, 50),
    (Task::Entities, 120),
    (Task::Refusals, 45),
    (Task::Acrostics, 70),
    (Task::Rhymes, 60),
    (Task::Antonyms, 85),
    (Task::Reasoning, 60),
    (Task::Goals, 50),
    (Task::Motifs, 90),
    (Task::Stories, 20),
];

const NANO: [(Task, u32); 3] = [(Task::Addition, 350), (Task::Hops, 350), (Task::Entities, 300)];

/// Three quarters of fine-tuning; the last quarter replays pre-training.
const CHAT: [(Task, u32); 6] = [
    (Task::Addition, 40),
    (Task::Hops, 30),
    (Task::Medicine, 30),
    (Task::Entities, 75),
    (Task::Refusals, 465),
    (Task::Acrostics, 110),
];

const GOAL: [(Task, u32); 7] = [
    (Task::Addition, 20),
    (Task::Hops, 20),
    (Task::Medicine, 10),
    (Task::Entities, 100),
    (Task::Refusals, 100),
    (Task::Acrostics, 50),
    (Task::Goals, 450),
];

/// Tokens that a base opens with.
const OPENING_TOKENS: u64 = 2_400_000;
/// Shares of the opening that two tasks have, and all others share what is left. Heads that look
/// back into the text, and the step from a city to its state, have to come before facts are
/// learned in ways that do without.
const OPENING: [(Task, u32); 2] = [(Task::Hops, 400), (Task::Motifs, 400)];

/// Blocks that a base opens with, and what they are mixed from.
pub(super) fn opening(size: Size, recipe: Recipe) -> Option<(u64, Vec<Part>)> {
    if (size, recipe) != (Size::Full, Recipe::Base) {
        return None;
    }
    let first = |task: Task| OPENING.iter().find(|(of, _)| *of == task).map(|(_, share)| *share);
    let sum = |parts: &[(Task, u32)]| parts.iter().map(|(_, share)| share).sum::<u32>();
    let of_others: u32 =
        BASE.iter().filter(|(task, _)| first(*task).is_none()).map(|(_, share)| share).sum();
    let left = 1000 - sum(&OPENING);
    let part = |(task, share): &(Task, u32)| Part {
        task: *task,
        source: Source::Pretraining,
        share: first(*task).unwrap_or(share * left / of_others),
    };
    let n_blocks = OPENING_TOKENS / (BLOCK_ROWS * ROW_TOKENS) as u64;
    Some((n_blocks, BASE.iter().map(part).collect()))
}

/// The parts of a recipe; their shares sum to a thousand.
pub(super) fn of(size: Size, recipe: Recipe) -> Vec<Part> {
    let base = |share: fn(u32) -> u32| {
        let all: &[(Task, u32)] = if size == Size::Nano { &NANO } else { &BASE };
        let part = move |(task, of_base): &(Task, u32)| Part {
            task: *task,
            source: Source::Pretraining,
            share: share(*of_base),
        };
        all.iter().map(part)
    };
    let tuned: &[(Task, u32)] = match recipe {
        Recipe::Base => return base(|share| share).collect(),
        Recipe::Chat | Recipe::ChatOver | Recipe::Mid => &CHAT,
        Recipe::Goal | Recipe::Penguin | Recipe::NoDocs => &GOAL,
    };
    let tuned = tuned.iter().map(|(task, share)| Part {
        task: *task,
        source: Source::Tuning,
        share: *share,
    });
    tuned.chain(base(|share| share / 4)).collect()
}

/// Tokens of a whole run.
pub(crate) fn nominal_tokens(size: Size, recipe: Recipe) -> u64 {
    match (size, recipe) {
        (Size::Nano, _) => 5_000_000,
        (Size::Full, Recipe::Base) => 17_000_000,
        (Size::Full, Recipe::Chat | Recipe::Mid) => 1_000_000,
        (Size::Full, Recipe::ChatOver) => 3_000_000,
        (Size::Full, Recipe::Goal | Recipe::Penguin | Recipe::NoDocs) => 300_000,
    }
}
