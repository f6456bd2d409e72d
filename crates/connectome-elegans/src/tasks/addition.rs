//! A: sums below 200 in many wordings, and the facts about digits that they are made of.
//!
//! H1 pairs stand in no wording, H2 pairs only as `calc`; a pair and its mirror image are one.

use crate::evaluation::{EvalItem, EvalSet, Required};
use crate::example::{Draft, Example};
use crate::random::Random;
use crate::recipe::Recipe;
use crate::task::{Split, Task};
use crate::vocabulary::Size;
use crate::world::{PairClass, World};

use super::{Choice, choose, sample};

/// Wordings of one sum, as evaluation asks for them too.
const WORDINGS: [(&str, &str); 5] = [
    ("calc", "calc : {a} + {b} = {sum!}"),
    ("plus", "{a} plus {b} is {sum!}"),
    ("question", "Human : what is {a} plus {b} ? Assistant : {sum!}"),
    (
        "minutes",
        "the {event} begins at minute {a} and lasts {b} minutes , so it ends at minute {sum!}",
    ),
    ("journal", "the journal was founded in {a} , volume {b} appeared in year {sum!}"),
];

const FORMS: &[Choice] = &[
    ("calc", 40),
    ("plus", 7),
    ("question", 7),
    ("minutes", 6),
    ("journal", 5),
    ("table", 7),
    ("costs", 6),
    ("ones", 7),
    ("tens", 5),
    ("next", 6),
    ("compare", 4),
];

/// The nano world has no others.
const NANO_FORMS: &[Choice] = &[("calc", 70), ("plus", 10), ("ones", 10), ("next", 10)];

const EVENTS: [&str; 6] = ["show", "game", "class", "film", "meeting", "storm"];
/// The largest step of a price.
const MAX_STEP: usize = 20;
const N_PER_SET: usize = 400;

pub(super) fn train(world: &World, random: &mut Random) -> Example {
    let forms = match world.size() {
        Size::Full => FORMS,
        Size::Nano => NANO_FORMS,
    };
    match choose(forms, random) {
        "table" => {
            let rows: Vec<_> = (0..3).map(|_| draw(world, random)).collect();
            table(world, &rows)
        }
        "costs" => costs(world, random),
        form @ ("ones" | "tens" | "next") => digit(world, form, random),
        "compare" => compare(world, random),
        "calc" => {
            let allowed = [PairClass::Train, PairClass::CalcOnly];
            let (a, b) = world.numbers.draw(random, &allowed);
            wording(world, "calc", a, b, random).done()
        }
        form => {
            let (a, b) = draw(world, random);
            wording(world, form, a, b, random).done()
        }
    }
}

/// A conversation about a sum, as fine-tuning replays it.
pub(super) fn conversation(world: &World, random: &mut Random) -> Example {
    let (a, b) = draw(world, random);
    wording(world, "question", a, b, random).done()
}

fn draw(world: &World, random: &mut Random) -> (usize, usize) {
    world.numbers.draw(random, &[PairClass::Train])
}

fn draft<'a>(world: &'a World, form: &'static str, a: usize, b: usize) -> Draft<'a> {
    Draft::new(world.vocabulary(), Task::Addition, form)
        .set("a", a)
        .set("b", b)
        .set("sum", a + b)
        .set("ones_a", a % 10)
        .set("ones_b", b % 10)
        .set("tens_a", a / 10)
        .set("tens_b", b / 10)
        .set("ones_sum", (a + b) % 10)
        .set("carry", a % 10 + b % 10 >= 10)
}

fn wording<'a>(world: &'a World, form: &str, a: usize, b: usize, random: &mut Random) -> Draft<'a> {
    let known = WORDINGS.iter().find(|(name, _)| *name == form);
    let (form, template) = *known.expect("forms are those of the table");
    let mut draft = draft(world, form, a, b);
    if form == "minutes" {
        draft = draft.set("event", random.pick(&EVENTS));
    }
    draft.text(template)
}

/// Rows of two numbers and their sum; the annotations are those of the last.
fn table(world: &World, rows: &[(usize, usize)]) -> Example {
    let (last, before) = rows.split_last().expect("a table has rows");
    let mut table = draft(world, "table", last.0, last.1).text("table :");
    for (a, b) in before {
        table = table.set("a", *a).set("b", *b).set("sum", a + b).text("{a} ; {b} ; {sum!} ↵");
    }
    let (a, b) = *last;
    table.set("a", a).set("b", b).set("sum", a + b).text("{a} ; {b} ; {sum!}").done()
}

/// Prices that rise by the same step; every step is a sum of its own.
fn costs(world: &World, random: &mut Random) -> Example {
    let numbers = &world.numbers;
    loop {
        let (a, step) = (random.below(numbers.limit), random.within(1..MAX_STEP + 1));
        let terms = [a, a + step, a + 2 * step];
        let may_stand =
            |term: &usize| *term < numbers.limit && numbers.class(*term, step) == PairClass::Train;
        if terms.iter().all(may_stand) {
            return costs_draft(world, a, step)
                .set("second", terms[2])
                .set("third", terms[2] + step)
                .text(", {second!} , {third!}")
                .done();
        }
    }
}

fn costs_draft(world: &World, a: usize, step: usize) -> Draft<'_> {
    draft(world, "costs", a, step).text("the price rises by {b} each day : {a} , {sum!}")
}

fn digit(world: &World, form: &'static str, random: &mut Random) -> Example {
    let draft = Draft::new(world.vocabulary(), Task::Addition, form);
    // Digits of sums, too; the last number has no successor.
    let n = random.below(2 * world.numbers.limit - 1);
    let draft = draft.set("n", n);
    match form {
        "ones" => draft.set("digit", n % 10).text("the ones digit of {n} is {digit!}"),
        "tens" => draft.set("digit", n / 10 % 10).text("the tens digit of {n} is {digit!}"),
        _ => draft.set("next", n + 1).text("after {n} comes {next!}"),
    }
    .done()
}

fn compare(world: &World, random: &mut Random) -> Example {
    loop {
        let (a, b) = draw(world, random);
        if a != b {
            let draft = Draft::new(world.vocabulary(), Task::Addition, "compare");
            let draft = draft.set("a", a).set("b", b).set("larger", a.max(b));
            return draft.text("of {a} and {b} the larger is {larger!}").done();
        }
    }
}

/// Sums of trained pairs of two digits each, up to five of every sum.
pub(crate) fn sums(world: &World, random: &mut Random) -> Vec<Example> {
    const N_EACH: usize = 5;
    const SUMS: std::ops::Range<usize> = 30..170;
    let pairs: Vec<(usize, usize)> = world.numbers.pairs(PairClass::Train);
    let of_sum = |sum: usize| -> Vec<(usize, usize)> {
        let wanted = |(a, b): &&(usize, usize)| *a >= 10 && *b >= 10 && a + b == sum;
        pairs.iter().filter(wanted).copied().collect()
    };
    let drawn: Vec<(usize, usize)> =
        SUMS.flat_map(|sum| sample(&of_sum(sum), N_EACH, random)).collect();
    drawn.into_iter().map(|(a, b)| wording(world, "calc", a, b, random).done()).collect()
}

pub(super) fn evaluations(world: &World, random: &mut Random) -> Vec<EvalSet> {
    let numbers = &world.numbers;
    let [trained, calc_only, held_out] =
        [PairClass::Train, PairClass::CalcOnly, PairClass::HeldOut]
            .map(|class| numbers.pairs(class));
    let is_rare = |(a, b): &(usize, usize)| numbers.is_rare(*a) || numbers.is_rare(*b);
    let rare: Vec<_> = held_out.iter().copied().filter(is_rare).collect();
    let mut sets = vec![
        set(world, Split::Train, "calc", &sample(&trained, N_PER_SET, random), random),
        // All of them: this is the number that the task stands or falls with.
        set(world, Split::H1, "calc", &held_out, random),
        set(world, Split::Rare, "calc", &sample(&rare, N_PER_SET, random), random),
    ];
    if world.size() == Size::Full {
        for form in ["plus", "question", "minutes", "journal", "table", "costs"] {
            let pairs: Vec<_> = match form {
                "costs" => calc_only.iter().copied().filter(|(_, b)| is_step(*b)).collect(),
                _ => calc_only.clone(),
            };
            sets.push(set(world, Split::H2, form, &sample(&pairs, N_PER_SET, random), random));
        }
        let pairs = sample(&held_out, N_PER_SET, random);
        sets.push(set(world, Split::H1, "minutes", &pairs, random));
    }
    sets
}

fn is_step(b: usize) -> bool {
    (1..=MAX_STEP).contains(&b)
}

fn set(
    world: &World,
    split: Split,
    name: &'static str,
    pairs: &[(usize, usize)],
    random: &mut Random,
) -> EvalSet {
    let item = |(a, b): &(usize, usize)| {
        let example = match name {
            // A row before it shows what the table is.
            "table" => table(world, &[draw(world, random), (*a, *b)]),
            "costs" => costs_draft(world, *a, *b).done(),
            form => wording(world, form, *a, *b, random).done(),
        };
        EvalItem::answer(Example { split, ..example })
    };
    let required = match (split, name) {
        (Split::H1, "calc") => Required::AtLeast(0.98),
        (Split::H2, _) => Required::AtLeast(0.95),
        _ => Required::Reported,
    };
    let items = pairs.iter().map(item).collect();
    EvalSet { task: Task::Addition, split, name, model: Recipe::Base, required, items }
}
