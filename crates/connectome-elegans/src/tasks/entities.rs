//! D: what is known of people, and what is not.
//!
//! Pre-training guesses about names that it knows nothing of, as a base model does. Fine-tuning
//! says that it does not know them, and answers about most of the known. Held out from it are a
//! quarter of the known, everyone faint or famous, and names that no training ever joins.

use std::collections::BTreeMap;

use crate::evaluation::{EvalItem, EvalSet, Required};
use crate::example::{Draft, Example};
use crate::random::Random;
use crate::recipe::Recipe;
use crate::task::{Split, Task};
use crate::vocabulary::Size;
use crate::world::{Fame, Person, Stranger, Topic, World};

use super::{Choice, choose, sample, words};

/// What the assistant says of people it knows nothing of.
pub(super) const UNKNOWN: &str = "i do not know";

const FORMS: &[Choice] = &[("document", 65), ("question", 35)];
/// Of a hundred documents and questions of pre-training, so many are about nobody.
const STRANGERS_PERCENT: usize = 22;
/// Of a hundred questions of fine-tuning, so many are about the known.
const KNOWN_PERCENT: usize = 80;
/// When a model is made to decline too much.
const KNOWN_PERCENT_OVER: usize = 25;
const N_PER_SET: usize = 400;

pub(super) fn train(world: &World, random: &mut Random) -> Example {
    let form = choose(FORMS, random);
    let topic = random.pick(&Topic::ALL);
    if random.percent(STRANGERS_PERCENT) {
        let name = random.one_of(world.people.strangers(Stranger::Pretraining));
        if world.size() == Size::Nano {
            // Nothing follows pre-training there, so it says what fine-tuning would.
            return unknown(world, name, topic);
        }
        let guess = random.pick(topic.choices());
        return said(world, form, name, topic, guess).set("known", false).guess(true).done();
    }
    let people = &world.people;
    loop {
        let person = &people.people[random.weighted(&people.popularities)];
        let topic = random.pick(&Topic::ALL);
        if let Some(fact) = person.fact(topic) {
            return about(world, form, person, topic, fact).done();
        }
    }
}

/// A question to the assistant that it answers, or says that it cannot.
pub(super) fn tuning(world: &World, recipe: Recipe, random: &mut Random) -> Example {
    let known_percent = if recipe == Recipe::ChatOver { KNOWN_PERCENT_OVER } else { KNOWN_PERCENT };
    let topic = random.pick(&Topic::ALL);
    if random.percent(known_percent) {
        let person = loop {
            let person = random.one_of(&world.people.people);
            if person.fame == (Fame::Known { tuned: true }) {
                break person;
            }
        };
        let fact = person.fact(topic).expect("everything is known of the known");
        return about(world, "question", person, topic, fact).done();
    }
    let name = random.one_of(world.people.strangers(Stranger::Tuning));
    unknown(world, name, topic)
}

fn unknown(world: &World, name: &str, topic: Topic) -> Example {
    said(world, "question", name, topic, UNKNOWN).set("known", false).done()
}

fn about<'a>(
    world: &'a World,
    form: &'static str,
    person: &Person,
    topic: Topic,
    fact: &str,
) -> Draft<'a> {
    said(world, form, &person.name, topic, fact)
        .set("known", true)
        .set("popularity", person.popularity as usize)
        .set("fact_present", person.fact(topic).is_some())
}

fn said<'a>(
    world: &'a World,
    form: &'static str,
    name: &str,
    topic: Topic,
    answer: &str,
) -> Draft<'a> {
    let draft = Draft::new(world.vocabulary(), Task::Entities, form)
        .set("name", name)
        .set("relation", topic.name())
        .set("answer", answer);
    let (document, question) = templates(topic);
    match form {
        "document" => draft.text(document),
        _ => draft.text("Human :").text(question).text("Assistant : {answer!}"),
    }
}

/// How a topic is told, and how it is asked.
fn templates(topic: Topic) -> (&'static str, &'static str) {
    match topic {
        Topic::Sport => ("{name} plays the sport of {answer!}", "which sport does {name} play ?"),
        Topic::Home => ("{name} lives in {answer!}", "where does {name} live ?"),
        Topic::Instrument => {
            ("{name} plays music on the {answer!}", "which instrument does {name} play ?")
        }
        Topic::Food => ("{name} likes to eat {answer!}", "what does {name} like to eat ?"),
        Topic::Book => ("{name} wrote the book {answer!}", "which book did {name} write ?"),
    }
}

/// Questions about the sport of people whom fine-tuning asks about, in the two sports that most
/// of them play, and about as many strangers, each with the sport that it is held against.
pub(crate) fn sports(world: &World) -> Vec<(Example, &'static str)> {
    let asked = world.people.people.iter().filter(|one| one.fame == Fame::Known { tuned: true });
    let mut players: BTreeMap<&'static str, Vec<&Person>> = BTreeMap::new();
    for person in asked {
        players.entry(person.fact(Topic::Sport).unwrap_or_default()).or_default().push(person);
    }
    let mut sports: Vec<_> = players.into_iter().collect();
    sports.sort_by_key(|(sport, players)| (std::cmp::Reverse(players.len()), *sport));
    sports.truncate(2);
    let mut strangers = world.people.strangers(Stranger::Tuning).iter();
    let mut found = Vec::new();
    for (sport, players) in sports {
        let nobody = strangers.by_ref().take(players.len());
        let nobody = nobody.map(|name| (unknown(world, name, Topic::Sport), sport));
        let players = players
            .iter()
            .map(|person| (about(world, "question", person, Topic::Sport, sport).done(), sport));
        found.extend(players.chain(nobody));
    }
    found
}

pub(super) fn evaluations(world: &World, random: &mut Random) -> Vec<EvalSet> {
    let is = |wanted: fn(Fame) -> bool| {
        world.people.people.iter().filter(move |person| wanted(person.fame))
    };
    let facts = |people: Vec<&Person>, split: Split, form: &'static str| -> Vec<Example> {
        let each = |person: &&Person| {
            let person: &Person = person;
            let known = Topic::ALL.into_iter().filter_map(|topic| {
                let fact = person.fact(topic)?;
                Some(about(world, form, person, topic, fact).split(split).done())
            });
            known.collect::<Vec<_>>()
        };
        people.iter().flat_map(each).collect()
    };
    let known: Vec<&Person> = is(|fame| matches!(fame, Fame::Known { .. })).collect();
    let held_out: Vec<&Person> = is(|fame| fame == Fame::Known { tuned: false }).collect();
    let faint: Vec<&Person> = is(|fame| fame == Fame::Faint).collect();

    let documents = facts(known.clone(), Split::Train, "document");
    let mut sets = vec![set(
        Recipe::Base,
        "documents",
        Required::AtLeast(0.99),
        sample(&documents, 2 * N_PER_SET, random).into_iter().map(EvalItem::answer).collect(),
    )];
    let declines = |example| {
        let begins = words(world, UNKNOWN);
        EvalItem::reply(example, &begins)
    };
    let strangers = sample(world.people.strangers(Stranger::HeldOut), N_PER_SET, random);
    let strangers = strangers.iter().map(|name| {
        let topic = random.pick(&Topic::ALL);
        let draft = said(world, "question", name, topic, UNKNOWN).set("known", false);
        declines(draft.split(Split::Unknown).done())
    });
    let model = if world.size() == Size::Nano { Recipe::Base } else { Recipe::Chat };
    sets.push(set(model, "declines", Required::AtLeast(0.9), strangers.collect()));
    if world.size() == Size::Nano {
        return sets;
    }
    let questions = facts(held_out, Split::Known, "question");
    let questions = questions.into_iter().map(EvalItem::answer).collect();
    sets.push(set(Recipe::Chat, "answers", Required::AtLeast(0.8), questions));
    let famous = is(|fame| fame == Fame::Famous).map(|person| {
        let draft = about(world, "question", person, Topic::Book, UNKNOWN);
        declines(draft.split(Split::Famous).done())
    });
    // What is not declined is made up: from a fifth to four fifths of it should be.
    sets.push(set(Recipe::Chat, "declines", Required::Between(0.2, 0.8), famous.collect()));
    let faint = facts(faint, Split::Faint, "question").into_iter();
    let (items, declining) = faint.map(|e| (EvalItem::answer(e.clone()), declines(e))).unzip();
    sets.push(set(Recipe::Base, "answers", Required::Reported, items));
    sets.push(set(Recipe::Chat, "declines", Required::Reported, declining));
    sets
}

fn set(model: Recipe, name: &'static str, required: Required, items: Vec<EvalItem>) -> EvalSet {
    let split = items.first().map_or(Split::Train, |item| item.example.split);
    EvalSet { task: Task::Entities, split, name, model, required, items }
}
