//! L: stories that use the words of all lists, the first of each far more often than the last.
//!
//! No name of a place, person or disease stands in them, so that they can tell nothing that
//! another task holds out.

use crate::example::{Draft, Example};
use crate::random::Random;
use crate::task::Task;
use crate::words::{goals, household, languages, people, rhymes};
use crate::world::World;

const STORIES: [&str; 6] = [
    "once a {adjective} {subject} {action} a {noun} . then the {subject} put it near the {noun2}",
    "the {subject} and {first} went to look at {context} . they {action} {item} and ate {food}",
    "{first} has a {adjective} {noun} and a {adjective2} {noun2} . {first} likes the {noun} more",
    "last night the {subject} began to {act} . it was {adjective} and a bit {adjective2}",
    "a story : the {noun} fell on the {noun2} . so the {subject} {action} a {adjective} {noun3}",
    "{first} told {first2} about {context} . the best ones had {item} and {product}",
];

/// Frequencies fall as one over rank plus this.
const RANK_OFFSET: u32 = 8;

pub(super) fn train(world: &World, random: &mut Random) -> Example {
    let template = random.pick(&STORIES);
    let english: Vec<&str> = languages::pairs().flat_map(|pair| pair[0]).collect();
    let nouns = rhymes::GROUPS.as_flattened();
    let slots: [(&'static str, &[&'static str]); 14] = [
        ("adjective", &english),
        ("adjective2", &english),
        ("subject", &rhymes::SUBJECTS),
        ("action", &rhymes::ACTIONS),
        ("noun", nouns),
        ("noun2", nouns),
        ("noun3", nouns),
        ("first", &people::FIRST_NAMES),
        ("first2", &people::FIRST_NAMES),
        ("context", &goals::CONTEXTS),
        ("item", &goals::ITEMS),
        ("food", &people::FOODS),
        ("product", &household::ITEMS),
        ("act", &household::PASTIMES),
    ];
    let mut draft = Draft::new(world.vocabulary(), Task::Stories, "story").guess(true);
    for (name, words) in slots {
        if template.contains(&format!("{{{name}}}")) {
            draft = draft.set(name, zipf(words, random));
        }
    }
    draft.text(template).done()
}

fn zipf<'a>(words: &[&'a str], random: &mut Random) -> &'a str {
    let ranks = 0..u32::try_from(words.len()).expect("lists are short");
    let weights: Vec<u32> = ranks.map(|rank| 1_000_000 / (rank + RANK_OFFSET)).collect();
    words[random.weighted(&weights)]
}
