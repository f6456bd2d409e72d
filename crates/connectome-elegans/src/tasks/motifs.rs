//! K: patterns that are answered from the context alone.

use crate::evaluation::{EvalItem, EvalSet, Required};
use crate::example::{Draft, Example};
use crate::random::Random;
use crate::recipe::Recipe;
use crate::task::{Split, Task};
use crate::words::{household, medicine, people, places, rhymes};
use crate::world::{Stranger, World};

use super::{Choice, choose};

const FORMS: &[Choice] =
    &[("induction", 40), ("choice", 25), ("copy", 20), ("list", 7), ("pattern", 8)];
const N_PER_SET: usize = 300;

/// Kinds of things that a choice is made between, and the word for one of them.
const KINDS: [(&str, &[&str]); 6] = [
    ("bird", &places::BIRDS),
    ("sport", &people::SPORTS),
    ("food", &people::FOODS),
    ("symptom", &medicine::SYMPTOMS),
    ("product", &household::ITEMS),
    ("instrument", &people::INSTRUMENTS),
];

pub(super) fn train(world: &World, random: &mut Random) -> Example {
    let form = choose(FORMS, random);
    example(world, form, Split::Train, random)
}

fn example(world: &World, form: &'static str, split: Split, random: &mut Random) -> Example {
    let draft = Draft::new(world.vocabulary(), Task::Motifs, form).split(split);
    match form {
        "induction" => induction(world, draft, split, random),
        "choice" => choice(draft, random),
        "copy" => {
            let n = random.within(3..7);
            let words: Vec<String> = (0..n).map(|_| word(random).to_owned()).collect();
            draft.set("words", words).text("copy : \" {words} \" = \" {words!} \"")
        }
        "list" => {
            let start = random.below(22);
            let letter = |at: usize| char::from(b'A' + u8::try_from(start + at).expect("below 26"));
            let shown: Vec<String> = (0..3).map(|at| letter(at).to_string()).collect();
            draft
                .set("letters", shown)
                .set("next", letter(3).to_string())
                .text("the letters go {letters} {next!}")
        }
        _ => {
            let (one, other) = two_words(random);
            draft
                .set("one", one)
                .set("other", other)
                .text("pattern : {one} {other} {one} {other} {one} {other!}")
        }
    }
    .done()
}

/// Who met whom; the first meeting is told again.
fn induction<'a>(
    world: &'a World,
    draft: Draft<'a>,
    split: Split,
    random: &mut Random,
) -> Draft<'a> {
    let people = &world.people;
    let names: Vec<&str> = match split {
        // Everybody whose names training may join: with few of them, a first name says too much
        // about the last, and what stands in the text is not believed.
        Split::Train => people.names().collect(),
        _ => people.strangers(Stranger::HeldOut).iter().map(String::as_str).collect(),
    };
    let drawn = random.distinct(4, names.len());
    let [one, met, third, fourth] = [0, 1, 2, 3].map(|at| names[drawn[at]]);
    // Which of the two meetings comes back must not be known beforehand.
    let is_first = random.percent(50);
    let (again, answer) = if is_first { (one, met) } else { (third, fourth) };
    draft
        .set("one", one)
        .set("met", met)
        .set("third", third)
        .set("fourth", fourth)
        .set("again", again)
        .set("answer", answer)
        .text("{one} met {met} . {third} met {fourth} . {again} met {answer!}")
}

fn choice<'a>(draft: Draft<'a>, random: &mut Random) -> Draft<'a> {
    let kinds = random.distinct(3, KINDS.len());
    let right = random.below(3);
    let option = |at: usize, random: &mut Random| random.pick(KINDS[kinds[at]].1).to_owned();
    let options = [0, 1, 2].map(|at| option(at, random));
    draft
        .set("kind", KINDS[kinds[right]].0)
        .set("a", options[0].as_str())
        .set("b", options[1].as_str())
        .set("c", options[2].as_str())
        .set("right", options[right].as_str())
        .set("letter", ["A", "B", "C"][right])
        .text("Human : which one is a {kind} ? ( A ) {a} ( B ) {b} ( C ) {c}")
        .text("Assistant : {letter!}")
}

fn word(random: &mut Random) -> &'static str {
    random.pick(rhymes::GROUPS.as_flattened())
}

fn two_words(random: &mut Random) -> (&'static str, &'static str) {
    loop {
        let (one, other) = (word(random), word(random));
        if one != other {
            return (one, other);
        }
    }
}

pub(super) fn evaluations(world: &World, random: &mut Random) -> Vec<EvalSet> {
    let mut set = |name: &'static str| EvalSet {
        task: Task::Motifs,
        split: Split::Unseen,
        name,
        model: Recipe::Base,
        required: Required::AtLeast(0.95),
        items: (0..N_PER_SET)
            .map(|_| EvalItem::answer(example(world, name, Split::Unseen, random)))
            .collect(),
    };
    ["induction", "choice", "copy", "pattern"].map(&mut set).into()
}
