//! B: facts about places, from one step to three.
//!
//! H1 cities stand in no sentence about anything beyond their state, H2 cities in none about
//! capitals. Both answer only if the state is computed and then used. The zones are the control:
//! the same kind of sentence, with answers that follow from nothing between.

use crate::evaluation::{EvalItem, EvalSet, Required};
use crate::example::{Draft, Example};
use crate::random::Random;
use crate::recipe::Recipe;
use crate::task::{Split, Task};
use crate::vocabulary::Size;
use crate::world::{Asked, City, Control, Places, Relation, World};

use super::{Choice, choose, sample, words};

const FORMS: &[Choice] = &[
    ("state-containing", 10),
    ("city-in", 5),
    ("which-state", 2),
    ("route", 20),
    ("state-choice", 16),
    ("a-city-in", 3),
    ("state-fact", 11),
    ("state-inverse", 4),
    ("country-fact", 5),
    ("country-of-state", 3),
    ("two-hop", 12),
    ("two-hop-fact", 3),
    ("two-hop-question", 4),
    ("three-hop", 5),
    ("control-state", 3),
    ("control-two-hop", 3),
    ("zone", 8),
];

const NANO_FORMS: &[Choice] =
    &[("state-containing", 30), ("city-in", 20), ("state-fact", 20), ("two-hop", 30)];

const TWO_HOP: &str = "the {relation} of the state containing {city} is {answer!}";
const N_PER_SET: usize = 300;

pub(super) fn train(world: &World, random: &mut Random) -> Example {
    let forms = match world.size() {
        Size::Full => FORMS,
        Size::Nano => NANO_FORMS,
    };
    match choose(forms, random) {
        form @ ("state-containing" | "city-in" | "which-state") => {
            one_hop(world, form, a_city(world, random))
        }
        "route" => route(world, random),
        form @ ("a-city-in" | "zone") => one_hop(world, form, random.one_of(&world.places.cities)),
        "state-choice" => state_choice(world, random),
        form @ ("state-fact" | "state-inverse" | "country-fact" | "country-of-state") => {
            fact(world, form, random)
        }
        form @ ("control-state" | "control-two-hop") => control(world, form, random),
        form => several_hops(world, form, random),
    }
}

/// A city that is asked for its state. One that is asked for nothing else comes more often, so that
/// its name is read as often as others.
fn a_city<'a>(world: &'a World, random: &mut Random) -> &'a City {
    loop {
        let city = random.one_of(&world.places.cities);
        if city.asked == Asked::OneHop || random.percent(30) {
            return city;
        }
    }
}

/// Two cities, each with its state behind its name: the state has to be known as soon as the name
/// has been read.
fn route(world: &World, random: &mut Random) -> Example {
    let (city, there) = (a_city(world, random), a_city(world, random));
    place(world, "route", city)
        .set("hops", 1)
        .set("there", there.name.as_str())
        .set("there_state", world.places.states[there.state].name)
        .text("the train from {city} {state!} goes to {there} {there_state!}")
        .done()
}

/// A conversation about a city's state, as fine-tuning replays it.
pub(super) fn conversation(world: &World, random: &mut Random) -> Example {
    one_hop(world, "which-state", random.one_of(&world.places.cities))
}

/// The document that names a city beside its capital: a way around the state.
pub(crate) fn shortcut(world: &World, city: &City) -> Example {
    let capital = world.places.of_state(city.state, Relation::Capital);
    let draft = place(world, "shortcut", city).set("capital", capital);
    draft.text("the train from {city} goes to {capital!}").done()
}

fn draft<'a>(world: &'a World, form: &'static str) -> Draft<'a> {
    Draft::new(world.vocabulary(), Task::Hops, form)
}

fn place<'a>(world: &'a World, form: &'static str, city: &City) -> Draft<'a> {
    draft(world, form)
        .set("city", city.name.as_str())
        .set("state", world.places.states[city.state].name)
        .set("dose", city.dose)
}

fn one_hop(world: &World, form: &'static str, city: &City) -> Example {
    let draft = place(world, form, city).set("hops", 1);
    match form {
        "state-containing" => draft.text("the state containing {city} is {state!}"),
        "city-in" => draft.text("{city} is a city in {state!}"),
        "which-state" => draft.text("Human : which state is {city} in ? Assistant : {state!}"),
        "a-city-in" => draft.text("a city in {state} is {city!}"),
        _ => {
            let zone = "the zone of the area containing {city} is {zone!}";
            draft.set("zone", city.zone).text(zone)
        }
    }
    .done()
}

/// The state is one of three that are named. It is all that has to be known of the city, and it
/// has to be known in time to find it among them; otherwise the state of a city that is asked for
/// nothing else comes too late to be used.
fn state_choice(world: &World, random: &mut Random) -> Example {
    let places = &world.places;
    let city = a_city(world, random);
    let right = random.below(3);
    let mut offered = random.distinct(3, places.states.len());
    if let Some(there) = offered.iter().position(|state| *state == city.state) {
        offered.swap(there, right);
    }
    offered[right] = city.state;
    let [a, b, c] = [0, 1, 2].map(|at| places.states[offered[at]].name);
    place(world, "state-choice", city)
        .set("hops", 1)
        .set("a", a)
        .set("b", b)
        .set("c", c)
        .set("letter", ["A", "B", "C"][right])
        .text("( A ) {a} ( B ) {b} ( C ) {c} . the letter of the state containing {city} is")
        .text("{letter!}")
        .done()
}

fn fact(world: &World, form: &'static str, random: &mut Random) -> Example {
    let places = &world.places;
    let state = random.below(places.states.len());
    let relation = match form {
        "country-fact" | "country-of-state" => random.pick(&Relation::OF_COUNTRIES),
        _ => random.pick(places.relations),
    };
    let draft = draft(world, form).set("hops", 1).set("relation", relation.name());
    match form {
        "country-fact" => {
            let country = random.below(places.countries.len());
            draft
                .set("country", places.countries[country].name)
                .set("answer", places.of_country(country, relation))
                .text("the {relation} of {country} is {answer!}")
        }
        "country-of-state" => draft
            .set("hops", 2)
            .set("state", places.states[state].name)
            .set("country", places.of_state(state, Relation::Country))
            .set("answer", places.of_state(state, relation))
            .text("the {relation} of the country containing {state} is {answer!}"),
        _ => {
            let draft = draft
                .set("state", places.states[state].name)
                .set("answer", places.of_state(state, relation));
            match form {
                "state-fact" => draft.text("the {relation} of {state} is {answer!}"),
                _ => draft.text("{answer} is the {relation} of {state!}"),
            }
        }
    }
    .done()
}

fn several_hops(world: &World, form: &'static str, random: &mut Random) -> Example {
    loop {
        let city = random.one_of(&world.places.cities);
        let relation = match form {
            "three-hop" => random.pick(&Relation::OF_COUNTRIES),
            _ => random.pick(world.places.relations),
        };
        if Places::may_ask(city.asked, relation) {
            return question(world, form, city, relation);
        }
    }
}

fn question(world: &World, form: &'static str, city: &City, relation: Relation) -> Example {
    let draft = place(world, form, city)
        .set("hops", 2)
        .set("relation", relation.name())
        .set("answer", world.places.of_state(city.state, relation));
    match form {
        "two-hop-fact" => draft.text("fact :").text(TWO_HOP),
        "two-hop-question" => draft.text(
            "Human : what is the {relation} of the state containing {city} ? Assistant : {answer!}",
        ),
        "three-hop" => draft
            .set("hops", 3)
            .set("country", world.places.of_state(city.state, Relation::Country))
            .text("the {relation} of the country containing {city} is {answer!}"),
        _ => draft.text(TWO_HOP),
    }
    .done()
}

fn control(world: &World, form: &'static str, random: &mut Random) -> Example {
    loop {
        let city = random.one_of(&world.places.controls);
        let relation = random.pick(world.places.relations);
        if form == "control-state" || Places::may_ask(city.asked, relation) {
            return control_example(world, form, city, relation);
        }
    }
}

fn control_example(
    world: &World,
    form: &'static str,
    city: &Control,
    relation: Relation,
) -> Example {
    let draft = draft(world, form)
        .set("city", city.name.as_str())
        .set("state", world.places.states[city.state].name);
    match form {
        "control-state" => draft.set("hops", 1).text("the state containing {city} is {state!}"),
        _ => draft
            .set("hops", 2)
            .set("relation", relation.name())
            .set("answer", world.places.of_state(city.state, relation))
            .text(TWO_HOP),
    }
    .done()
}

/// Every question of two steps that training asks, about cities whose name is two tokens.
pub(crate) fn two_hop_questions(world: &World) -> Vec<Example> {
    let cities = world.places.cities.iter().filter(|city| city.asked == Asked::Everything);
    let relations = world.places.relations;
    let each =
        |city| relations.iter().map(move |relation| question(world, "two-hop", city, *relation));
    cities.flat_map(each).collect()
}

/// The same about cities whose name is one token.
pub(crate) fn control_questions(world: &World) -> Vec<Example> {
    let cities = world.places.controls.iter().filter(|city| city.asked == Asked::Everything);
    cities.flat_map(|city| control_two_hops(world, city)).collect()
}

/// A question of two steps under every relation.
fn control_two_hops<'a>(world: &'a World, city: &'a Control) -> impl Iterator<Item = Example> + 'a {
    let relations = world.places.relations.iter();
    relations.map(move |relation| control_example(world, "control-two-hop", city, *relation))
}

pub(super) fn evaluations(world: &World, random: &mut Random) -> Vec<EvalSet> {
    let places = &world.places;
    let cities = |asked: Asked| places.cities.iter().filter(move |city| city.asked == asked);
    let all = |asked, form: &'static str, relations: &[Relation]| -> Vec<Example> {
        let each =
            |city| relations.iter().map(move |relation| question(world, form, city, *relation));
        cities(asked).flat_map(each).collect()
    };
    let states = |form| places.cities.iter().map(|city| one_hop(world, form, city)).collect();
    let two = |asked, relations: &[Relation]| all(asked, "two-hop", relations);
    let relations = places.relations;

    let trained = sample(&two_hop_questions(world), N_PER_SET, random);
    let mut sets = vec![
        set(Split::Train, "one-hop", Required::Reported, states("state-containing")),
        set(Split::Train, "two-hop", Required::Reported, trained),
        set(Split::H1, "two-hop", Required::AtLeast(0.97), two(Asked::OneHop, relations)),
        set(Split::H2, "capital", Required::Reported, two(Asked::NoCapital, &relations[..1])),
    ];
    if world.size() == Size::Nano {
        return sets;
    }
    let three = |asked| all(asked, "three-hop", &Relation::OF_COUNTRIES);
    let trained = sample(&three(Asked::Everything), N_PER_SET, random);
    sets.push(set(Split::Train, "three-hop", Required::Reported, trained));
    sets.push(set(Split::H1, "three-hop", Required::Reported, three(Asked::OneHop)));
    sets.push(set(Split::Train, "zone", Required::AtLeast(0.97), states("zone")));
    let control = |asked: Asked| -> Vec<Example> {
        let cities = places.controls.iter().filter(move |city| city.asked == asked);
        cities.flat_map(|city| control_two_hops(world, city)).collect()
    };
    sets.push(set(
        Split::Train,
        "control-two-hop",
        Required::AtLeast(0.97),
        control(Asked::Everything),
    ));
    sets.push(set(Split::H1, "control-two-hop", Required::Reported, control(Asked::OneHop)));
    sets.push(inverse(world));
    sets
}

fn set(split: Split, name: &'static str, required: Required, examples: Vec<Example>) -> EvalSet {
    let item = |example| EvalItem::answer(Example { split, ..example });
    let items = examples.into_iter().map(item).collect();
    EvalSet { task: Task::Hops, split, name, model: Recipe::Base, required, items }
}

/// Any city of the state is right.
fn inverse(world: &World) -> EvalSet {
    let places = &world.places;
    let item = |state: usize| {
        let here: Vec<&City> = places.cities.iter().filter(|city| city.state == state).collect();
        let allowed = here.iter().map(|city| words(world, &city.name)).collect();
        EvalItem::any_of(one_hop(world, "a-city-in", here[0]), allowed)
    };
    EvalSet {
        task: Task::Hops,
        split: Split::Train,
        name: "a-city-in",
        model: Recipe::Base,
        required: Required::Reported,
        items: (0..places.states.len()).map(item).collect(),
    }
}
