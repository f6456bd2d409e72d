use std::collections::{BTreeMap, BTreeSet};

use connectome_elegans::{Recipe, Size, Task, World};
use serde_json::Value;

use crate::support::{Told, documents, full, nano, text, texts};

/// How often each value stands under a key.
fn counts<T: Ord>(values: impl IntoIterator<Item = T>) -> BTreeMap<T, usize> {
    let mut counts = BTreeMap::new();
    values.into_iter().for_each(|value| *counts.entry(value).or_default() += 1);
    counts
}

fn words(value: &Value) -> [String; 2] {
    let name = text(&value["name"]);
    let (first, second) = name.split_once(' ').unwrap();
    [first.to_owned(), second.to_owned()]
}

// Else an embedding could hold the state, and there would be no step to find.
#[test]
fn no_part_of_a_citys_name_tells_its_state() {
    let told = Told::of(&full());
    let cities = told.list("/places/cities");
    assert_eq!(cities.len(), 320);
    for side in 0..2 {
        let mut states: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for city in cities {
            states.entry(words(city)[side].clone()).or_default().push(text(&city["state"]));
        }
        assert_eq!(states.len(), 24);
        for (part, states) in states {
            let most = counts(&states).into_values().max().unwrap();
            assert!(3 * most <= states.len(), "{part}: {most} of {}", states.len());
        }
    }
    let splits = counts(cities.iter().map(|city| (text(&city["state"]), text(&city["split"]))));
    assert!(splits.iter().all(|((_, split), n)| *n == if split == "train" { 6 } else { 1 }));
}

// The same for people: who is known is a matter of both names.
#[test]
fn no_single_name_tells_whether_a_person_is_known() {
    for (world, n_each) in [(full(), 5), (nano(), 2)] {
        let people = Told::of(&world);
        let people = people.list("/people/people");
        for side in 0..2 {
            let counts = counts(people.iter().map(|person| words(person)[side].clone()));
            assert_eq!(counts.len(), 80);
            assert!(counts.into_values().all(|n| n == n_each));
        }
    }
    let told = Told::of(&full());
    let fame = counts(told.list("/people/people").iter().map(|one| text(&one["fame"])));
    let expected = [("faint", 60), ("famous", 40), ("known", 300)];
    assert_eq!(fame, expected.map(|(fame, n)| (fame.to_owned(), n)).into());
}

#[test]
fn no_symptom_tells_its_disease_and_three_do() {
    for seed in 0..5 {
        let told = Told::of(&World::new(seed, Size::Full));
        let diseases = told.list("/medicine/diseases");
        let sets: Vec<BTreeSet<String>> =
            diseases.iter().map(|one| texts(&one["symptoms"]).into_iter().collect()).collect();
        let owners = counts(sets.iter().flatten());
        assert_eq!(owners.len(), 60);
        assert!(owners.into_values().all(|n| n == 2));
        for (at, one) in sets.iter().enumerate() {
            assert_eq!(one.len(), 5);
            for (other, set) in sets.iter().enumerate().filter(|(other, _)| *other != at) {
                let shared = one.intersection(set).count();
                let are_twins = diseases[at]["twin"] == diseases[other]["name"];
                assert_eq!(shared >= 3, are_twins, "{at} and {other} share {shared}");
            }
        }
        assert_eq!(diseases.iter().filter(|one| one["twin"].is_string()).count(), 12);
    }
}

#[test]
fn danger_is_a_property_of_pairs() {
    let world = full();
    let told = Told::of(&world);
    let pairs = ["/household/dangerous/tuned", "/household/dangerous/docs_only"];
    let pairs = pairs.iter().flat_map(|path| told.list(path)).flat_map(texts);
    let dangerous = counts(pairs);
    assert_eq!((dangerous.len(), dangerous.values().sum::<usize>()), (60, 80));
    assert!(dangerous.values().all(|n| *n <= 2));
    // Each of them is safe with others, and training says so.
    let mut safe: BTreeSet<String> = BTreeSet::new();
    for document in crate::support::all_documents(&world) {
        let example = &document.example;
        if example.latent("dangerous").is_some_and(|value| value.to_string() == "false") {
            safe.extend(
                ["x", "y"].iter().filter_map(|name| Some(example.latent(name)?.to_string())),
            );
        }
    }
    assert!(dangerous.keys().all(|item| safe.contains(item)));
}

#[test]
fn the_words_of_a_rhyme_ask_for_different_lines() {
    let told = Told::of(&full());
    let words = told.list("/rhymes/words");
    let classes = counts(words.iter().map(|one| (one["group"].as_u64(), one["class"].as_u64())));
    assert_eq!((words.len(), classes.len()), (150, 150), "two words of a group in one class");
    let fillers = counts(words.iter().map(|one| one["fillers"].as_u64()));
    assert!(fillers.len() == 3 && fillers.values().all(|n| *n > 30), "{fillers:?}");
}

#[test]
fn a_quarter_of_the_trained_cities_has_each_dose() {
    let told = Told::of(&full());
    let cities = told.list("/places/cities").iter();
    let trained = cities.filter(|city| city["split"] == "train");
    let doses = counts(trained.map(|city| city["dose"].as_u64().unwrap()));
    assert_eq!(doses, [(0, 60), (1, 60), (10, 60), (100, 60)].into());
}

#[test]
fn rare_numbers_are_rare() {
    let world = full();
    let told = Told::of(&world);
    let rare: BTreeSet<usize> = {
        let rare = told.list("/numbers/rare").iter();
        rare.map(|n| n.as_u64().unwrap() as usize).collect()
    };
    assert_eq!(rare.len(), 10);
    let mut n = [0; 2];
    for document in documents(&world, Recipe::Base) {
        let example = &document.example;
        if example.task == Task::Addition && example.form == "calc" {
            let a: usize = example.latent("a").unwrap().to_string().parse().unwrap();
            n[usize::from(rare.contains(&a))] += 1;
        }
    }
    // A tenth of the numbers, a fifth as often: about 2 % of the operands.
    let share = f64::from(n[1]) / f64::from(n[0] + n[1]);
    assert!((0.005..0.04).contains(&share), "{n:?}");
}

#[test]
fn each_list_of_likes_is_its_own() {
    let told = Told::of(&full());
    let contexts = told.list("/goals/contexts");
    assert_eq!(contexts.len(), 100);
    for one in 0..9 {
        for other in 0..one {
            let same = contexts.iter().filter(|context| {
                let likes = texts(&context["likes"]);
                likes[one] == likes[other]
            });
            // By chance one of sixty.
            assert!(same.count() <= 8, "lists {one} and {other}");
        }
    }
}

#[test]
fn the_nano_world_is_a_part() {
    let told = Told::of(&nano());
    assert!(told.0.get("medicine").is_none());
    assert_eq!(told.list("/places/states").len(), 20);
    assert_eq!(told.list("/places/cities").len(), 160);
    assert_eq!(told.0["numbers"]["operands_below"], 50);
    let used = documents(&nano(), Recipe::Base).into_iter().flat_map(|one| one.example.ids).max();
    assert!(used.unwrap() < 1024);
}

#[test]
fn every_spelled_word_can_be_carried() {
    let told = Told::of(&full());
    let carriers = texts(&told.0["spelling"]["carriers"]);
    let initials = counts(carriers.iter().map(|word| word[..1].to_uppercase()));
    for word in told.list("/spelling/words") {
        for letter in texts(&word["letters"]) {
            let n = initials.get(&letter).copied().unwrap_or_default();
            assert!(n >= 4, "{n} words begin with {letter}, which `{}` needs", word["word"]);
        }
    }
}

// What is drawn until it fits must fit whatever the seed.
#[test]
fn every_seed_makes_a_world() {
    for seed in [1, 2, 3, 1_000, u64::MAX] {
        for size in [Size::Full, Size::Nano] {
            let world = World::new(seed, size);
            assert!(!connectome_elegans::evaluations(&world).is_empty());
            let mixture = connectome_elegans::Mixture::new(&world, Recipe::Base).unwrap();
            assert_eq!(mixture.rows(0..64).len(), 64);
        }
    }
}
