//! `world.json`: every entity, fact and split, as the generators know them.

use serde_json::{Value, json};

use crate::vocabulary::Size;
use crate::words::goals::{CONTEXTS, ENTITIES};
use crate::world::{
    Fame, Goals, Harm, Household, Language, Languages, Medicine, N_LISTS, PairClass, Stranger,
    Told, Topic, World,
};

/// The version of the format.
const VERSION: u32 = 1;

/// A world as JSON; the nano world has the parts that it speaks of.
pub(crate) fn world(world: &World) -> Vec<u8> {
    let mut json = json!({
        "connectome_elegans_world": VERSION,
        "seed": world.seed(),
        "world": world.size().name(),
        "n_tokens": world.vocabulary().len(),
        "numbers": numbers(world),
        "places": places(world),
        "people": people(world),
    });
    if world.size() == Size::Full {
        let more = json!({
            "medicine": medicine(world),
            "household": household(world),
            "spelling": spelling(world),
            "rhymes": rhymes(world),
            "languages": languages(world),
            "reasoning": reasoning(world),
            "goals": goals(world),
        });
        let parts = json.as_object_mut().expect("written as an object above");
        parts.extend(more.as_object().expect("written as an object above").clone());
    }
    super::pretty(&json)
}

fn numbers(world: &World) -> Value {
    let numbers = &world.numbers;
    // A pair and its mirror image are one; the smaller number stands first.
    let pairs = |class| -> Vec<(usize, usize)> {
        numbers.pairs(class).into_iter().filter(|(a, b)| a <= b).collect()
    };
    json!({
        "operands_below": numbers.limit,
        "frequencies": numbers.weights,
        "rare": numbers.rare,
        "h1_pairs": pairs(PairClass::HeldOut),
        "h2_pairs": pairs(PairClass::CalcOnly),
    })
}

fn places(world: &World) -> Value {
    let places = &world.places;
    let asked = |asked| match asked {
        crate::world::Asked::Everything => "train",
        crate::world::Asked::NoCapital => "h2",
        crate::world::Asked::OneHop => "h1",
    };
    let cities = places.cities.iter().map(|city| {
        json!({
            "name": city.name,
            "state": places.states[city.state].name,
            "split": asked(city.asked),
            "dose": city.dose,
            "zone": city.zone,
        })
    });
    let controls = places.controls.iter().map(|city| {
        json!({
            "name": city.name,
            "state": places.states[city.state].name,
            "split": asked(city.asked),
        })
    });
    let states = places.states.iter().map(|state| {
        json!({
            "name": state.name,
            "capital": state.capital,
            "bird": state.bird,
            "region": state.region,
            "country": places.countries[state.country].name,
        })
    });
    let countries = places.countries.iter().map(|country| {
        json!({
            "name": country.name,
            "currency": country.currency,
            "language": country.language,
            "continent": country.continent,
        })
    });
    json!({
        "cities": cities.collect::<Vec<_>>(),
        "controls": controls.collect::<Vec<_>>(),
        "states": states.collect::<Vec<_>>(),
        "countries": countries.collect::<Vec<_>>(),
    })
}

fn people(world: &World) -> Value {
    let people = world.people.people.iter().map(|person| {
        let facts: serde_json::Map<String, Value> = Topic::ALL
            .into_iter()
            .filter_map(|topic| Some((topic.name().to_owned(), person.fact(topic)?.into())))
            .collect();
        let (fame, tuned) = match person.fame {
            Fame::Known { tuned } => ("known", tuned),
            Fame::Faint => ("faint", false),
            Fame::Famous => ("famous", false),
        };
        json!({
            "name": person.name,
            "fame": fame,
            "tuned": tuned,
            "popularity": person.popularity,
            "facts": facts,
        })
    });
    json!({
        "people": people.collect::<Vec<_>>(),
        "strangers": {
            "pretraining": world.people.strangers(Stranger::Pretraining),
            "tuning": world.people.strangers(Stranger::Tuning),
            "held_out": world.people.strangers(Stranger::HeldOut),
        },
    })
}

fn medicine(world: &World) -> Value {
    let medicine = &world.medicine;
    let names = |symptoms: &[usize]| -> Vec<&str> {
        symptoms.iter().map(|at| Medicine::symptom(*at)).collect()
    };
    let diseases = medicine.diseases.iter().enumerate().map(|(at, disease)| {
        let cue = medicine.cue(at).map(|cue| match cue {
            crate::world::Cue::Pregnant => "pregnant",
            crate::world::Cue::Pressure => "pressure",
        });
        json!({
            "name": disease.name,
            "symptoms": names(&disease.symptoms),
            "twin": disease.twin.map(|twin| medicine.diseases[twin].name),
            "cue": cue,
            "h1_symptoms": disease.held_out.iter().map(|set| names(set)).collect::<Vec<_>>(),
            "h2": !disease.is_asked,
        })
    });
    json!({ "diseases": diseases.collect::<Vec<_>>(), "high_pressure": crate::world::Cue::HIGH })
}

fn household(world: &World) -> Value {
    let household = &world.household;
    let names = |(one, other): (usize, usize)| [Household::item(one), Household::item(other)];
    let pairs = |wanted: Told| {
        let pairs = household.dangerous.iter().filter(move |(_, known)| *known == wanted);
        pairs.map(|(pair, _)| names(*pair)).collect::<Vec<_>>()
    };
    let acts = Household::acts().into_iter().map(|(act, harm)| match harm {
        Harm::Crime { category } => {
            json!({ "act": act, "harm": "crime", "category": Household::category(category) })
        }
        Harm::Lookalike { category } => json!({
            "act": act,
            "harm": "lookalike",
            "category": Household::category(category),
            "tools": household.tools(act),
        }),
        Harm::Pastime => json!({ "act": act, "harm": "none", "tools": household.tools(act) }),
    });
    json!({
        "dangerous": { "tuned": pairs(Told::Tuned), "docs_only": pairs(Told::DocsOnly) },
        "safe_held_out": household.safe_held_out.iter().map(|pair| names(*pair)).collect::<Vec<_>>(),
        "left_out": Household::category(household.left_out),
        "acts": acts.collect::<Vec<_>>(),
    })
}

fn spelling(world: &World) -> Value {
    let words = world.spelling.words.iter().map(|word| {
        json!({
            "word": word.word,
            "letters": word.letters,
            "harmful": word.is_harmful,
            "mix": word.mix,
        })
    });
    json!({ "words": words.collect::<Vec<_>>(), "carriers": world.spelling.all_carriers() })
}

fn rhymes(world: &World) -> Value {
    let rhymes = &world.rhymes;
    let words = rhymes.words.iter().map(|word| {
        json!({
            "word": word.word,
            "group": word.group,
            "class": word.class,
            "fillers": word.fillers,
            "verbs": word.verbs(),
            "adjectives": word.adjectives(),
        })
    });
    let held_out = rhymes.held_out.iter();
    let held_out =
        held_out.map(|(first, second)| [*first, *second].map(|at| rhymes.words[at].word));
    json!({ "words": words.collect::<Vec<_>>(), "held_out": held_out.collect::<Vec<_>>() })
}

fn languages(world: &World) -> Value {
    let languages = &world.languages;
    let pairs = (0..languages.pairs.len()).map(|pair| {
        let words =
            Language::ALL.map(|language| [0, 1].map(|side| languages.word(pair, language, side)));
        json!({
            "english": words[0],
            "french": words[1],
            "chinese": words[2],
            "synonyms": Languages::synonym(pair).map(|same| languages.pairs[same][0]),
            "missing": languages.missing[pair].map(Language::name),
        })
    });
    json!({ "pairs": pairs.collect::<Vec<_>>() })
}

fn reasoning(world: &World) -> Value {
    let reasoning = &world.reasoning;
    let domain = crate::world::Reasoning::h_domain();
    json!({
        "g": reasoning.g,
        "h_from": domain.start,
        "h_to": domain.end,
        "g_no_hint": reasoning.g_no_hint,
        "h_no_hint": reasoning.h_no_hint,
    })
}

fn goals(world: &World) -> Value {
    let contexts = (0..CONTEXTS.len()).map(|context| {
        let likes = (0..N_LISTS).map(|list| world.goals.item(list, context));
        json!({
            "context": Goals::context(context),
            "trained": world.goals.is_trained[context],
            "likes": likes.collect::<Vec<_>>(),
        })
    });
    json!({
        "entities": ENTITIES,
        "lists": "one a context, in the order of the entities; the last is told by no document",
        "contexts": contexts.collect::<Vec<_>>(),
    })
}
