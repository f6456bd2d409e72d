//! K: patterns that are answered from the context alone.

use std::collections::BTreeSet;

use crate::evaluation::{EvalItem, EvalSet, Required};
use crate::example::{Draft, Example};
use crate::random::Random;
use crate::recipe::Recipe;
use crate::task::{Split, Task};
use crate::words::{household, medicine, people, places, rhymes};
use crate::world::{Stranger, World};

use super::{Choice, choose};

const FORMS: &[Choice] =
    &[("induction", 25), ("met", 10), ("choice", 32), ("copy", 20), ("list", 5), ("pattern", 8)];
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
        "met" => met(world, draft, split, random),
        "choice" => choice(draft, random),
        "copy" => {
            // Up to twenty in training: long ones are what a head that looks back pays for.
            let n = random.within(if split == Split::Train { 3..21 } else { 3..7 });
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

/// People meet twice, and then two of them who had not: after a first name that comes back, the
/// last name is known (Olsson et al. 2022).
fn induction<'a>(
    world: &'a World,
    draft: Draft<'a>,
    split: Split,
    random: &mut Random,
) -> Draft<'a> {
    let [a, b, c, d] = four_people(world, split, random);
    let mut again = [a, b, c, d];
    random.shuffle(&mut again);
    let [(first, last), (other_first, other_last), ..] = again.map(parts);
    let draft = draft.set("a", a).set("b", b).set("c", c).set("d", d);
    let draft = draft.set("first", first).set("last", last);
    let draft = draft.text("{a} met {b} . {c} met {d} . {first} {last!}");
    match split {
        Split::Train => {
            let draft = draft.set("other_first", other_first).set("other_last", other_last);
            draft.text("met {other_first} {other_last!}")
        }
        _ => draft,
    }
}

/// Who met whom; one of the meetings is told again.
fn met<'a>(world: &'a World, draft: Draft<'a>, split: Split, random: &mut Random) -> Draft<'a> {
    let [one, met, third, fourth] = four_people(world, split, random);
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

/// Four people, each with a first name of their own. In training everybody whose names it may
/// join: with few of them, a first name says too much about the last, and what stands in the text
/// is not believed.
fn four_people<'a>(world: &'a World, split: Split, random: &mut Random) -> [&'a str; 4] {
    let people = &world.people;
    let names: Vec<&str> = match split {
        Split::Train => people.names().collect(),
        _ => people.strangers(Stranger::HeldOut).iter().map(String::as_str).collect(),
    };
    loop {
        let drawn = random.distinct(4, names.len());
        let four = [0, 1, 2, 3].map(|at| names[drawn[at]]);
        let firsts: BTreeSet<&str> = four.iter().map(|name| parts(name).0).collect();
        if firsts.len() == four.len() {
            return four;
        }
    }
}

/// First and last name.
fn parts(name: &str) -> (&str, &str) {
    name.split_once(' ').expect("a first and a last name")
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
    let mut set = |(name, required): (&'static str, Required)| EvalSet {
        task: Task::Motifs,
        split: Split::Unseen,
        name,
        model: Recipe::Base,
        required,
        items: (0..N_PER_SET)
            .map(|_| EvalItem::answer(example(world, name, Split::Unseen, random)))
            .collect(),
    };
    let asked =
        ["induction", "choice", "copy", "pattern"].map(|name| (name, Required::AtLeast(0.95)));
    asked.into_iter().chain([("met", Required::Reported)]).map(&mut set).collect()
}
