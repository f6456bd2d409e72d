//! G: couplets whose second line is led up to by the word that it will end in.

use std::sync::Arc;

use crate::evaluation::{Ending, EvalItem, EvalSet, Judge, Required};
use crate::example::{Draft, Example};
use crate::random::Random;
use crate::recipe::Recipe;
use crate::task::{Split, Task};
use crate::words::rhymes as lines;
use crate::world::{RhymeWord, World};

use super::{id, words};

const FILLER: &str = "very";
const N_LINES_PER_WORD: usize = 2;

pub(super) fn train(world: &World, random: &mut Random) -> Example {
    let first = random.below(world.rhymes.words.len());
    let second = random.pick(&world.rhymes.seconds(first));
    couplet(world, first, second, random)
}

fn couplet(world: &World, first: usize, second: usize, random: &mut Random) -> Example {
    let [first, second] = [first, second].map(|at| &world.rhymes.words[at]);
    Draft::new(world.vocabulary(), Task::Rhymes, "couplet")
        .set("subject", random.pick(&lines::SUBJECTS))
        .set("action", random.pick(&lines::ACTIONS))
        .set("first", first.word)
        .set("second", second.word)
        .set("group", second.group)
        .set("class", second.class)
        .set("n_fillers", second.fillers)
        .set("fillers", vec![FILLER.to_owned(); second.fillers])
        .set("verb", random.pick(second.verbs()))
        .set("adjective", random.pick(second.adjectives()))
        .text("rhyme : the {subject} {action} the {first} ↵")
        .text("it {verb!} like the {fillers} {adjective!} {second!}")
        .done()
}

pub(super) fn evaluations(world: &World, random: &mut Random) -> Vec<EvalSet> {
    let all = &world.rhymes.words;
    let set = |split, name, required, items| EvalSet {
        task: Task::Rhymes,
        split,
        name,
        model: Recipe::Base,
        required,
        items,
    };
    // First lines, each with some second line; the model writes its own.
    let mut firsts = Vec::new();
    for first in 0..all.len() {
        for _ in 0..N_LINES_PER_WORD {
            let second = random.pick(&world.rhymes.seconds(first));
            firsts.push((first, couplet(world, first, second, random)));
        }
    }
    let line = |example: &Example, judge: Judge| {
        let end = id(world, crate::words::frames::LINE_END);
        let at = example.ids.iter().position(|token| *token == end).expect("two lines");
        EvalItem { example: example.clone(), n_prompt: at + 1, judge }
    };
    let rhymes = |first: usize| {
        let group = all[first].group;
        let others =
            all.iter().enumerate().filter(|(at, word)| *at != first && word.group == group);
        Judge::EndsIn(others.map(|(_, word)| id(world, word.word)).collect())
    };
    let endings: Arc<[Ending]> = all.iter().map(|word| ending(world, word)).collect();
    let rhyming = firsts.iter().map(|(first, example)| line(example, rhymes(*first))).collect();
    let agrees = || Judge::Agrees(Arc::clone(&endings));
    let agreeing = firsts.iter().map(|(_, example)| line(example, agrees())).collect();
    // The line is begun for a word that never followed this first one.
    let led = world.rhymes.held_out.iter().map(|(first, second)| {
        let example = couplet(world, *first, *second, random);
        EvalItem::answer(Example { split: Split::Unseen, ..example })
    });
    let led = led.collect();
    let enough = Required::AtLeast(0.95);
    vec![
        set(Split::Train, "rhyme", enough, rhyming),
        set(Split::Train, "agreement", enough, agreeing),
        set(Split::Unseen, "last-word", Required::Reported, led),
    ]
}

fn ending(world: &World, word: &RhymeWord) -> Ending {
    Ending {
        word: id(world, word.word),
        verbs: words(world, &word.verbs().join(" ")),
        adjectives: words(world, &word.adjectives().join(" ")),
        filler: id(world, FILLER),
        n_fillers: word.fillers,
    }
}
