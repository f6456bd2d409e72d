use std::collections::BTreeSet;

use connectome_elegans::{Document, Recipe, Task, World, evaluations};
use serde_json::Value;

use crate::support::{BLOCKS, Told, all_documents, between, full, text, texts};

/// Training documents with their texts, and the world as its file tells it.
struct Seen {
    world: World,
    told: Told,
    documents: Vec<(Document, String)>,
}

impl Seen {
    fn new() -> Self {
        let world = full();
        let told = Told::of(&world);
        let documents = all_documents(&world).into_iter();
        let documents = documents.map(|document| {
            let text = document.example.text(world.vocabulary());
            (document, text)
        });
        Self { documents: documents.collect(), world, told }
    }

    /// Texts of a task, each with its form.
    fn texts(&self, task: Task) -> impl Iterator<Item = (&'static str, &str)> {
        let of_task = self.documents.iter().filter(move |(one, _)| one.example.task == task);
        of_task.map(|(document, text)| (document.example.form, text.as_str()))
    }

    /// Texts of fine-tuning.
    fn tuned(&self) -> impl Iterator<Item = &str> {
        let tuned = self.documents.iter().filter(|(document, _)| document.reply_only);
        tuned.map(|(_, text)| text.as_str())
    }

    /// What an evaluation set shows.
    fn tested(&self, id: &str) -> Vec<String> {
        let set = evaluations(&self.world).into_iter().find(|set| set.id() == id);
        let items = set.unwrap_or_else(|| panic!("no {id}")).items.into_iter();
        items.map(|item| item.example.text(self.world.vocabulary())).collect()
    }
}

fn numbers(text: &str) -> Vec<u64> {
    text.split(' ').filter_map(|word| word.parse().ok()).collect()
}

/// The sums that a text shows, by its form.
fn sums(form: &str, text: &str) -> Vec<[u64; 2]> {
    let n = numbers(text);
    match form {
        "table" => n.chunks_exact(3).map(|row| [row[0], row[1]]).collect(),
        "costs" => n[1..4].iter().map(|term| [*term, n[0]]).collect(),
        "ones" | "tens" | "next" => Vec::new(),
        _ => vec![[n[0], n[1]]],
    }
}

#[test]
fn held_out_sums_stand_in_no_form_that_holds_them_out() {
    let seen = Seen::new();
    let pairs = |path: &str| -> BTreeSet<[u64; 2]> {
        let pair = |pair: &Value| [pair[0].as_u64().unwrap(), pair[1].as_u64().unwrap()];
        seen.told.list(path).iter().map(pair).collect()
    };
    let (h1, h2) = (pairs("/numbers/h1_pairs"), pairs("/numbers/h2_pairs"));
    // A fifth of 5,050 pairs each, and none in both.
    assert_eq!((h1.len(), h2.len()), (1010, 1010));
    assert!(h1.is_disjoint(&h2));
    let (mut n, mut n_h2) = (0, 0);
    for (form, text) in seen.texts(Task::Addition) {
        for [a, b] in sums(form, text) {
            let pair = [a.min(b), a.max(b)];
            assert!(!h1.contains(&pair), "{text}");
            assert!(form == "calc" || !h2.contains(&pair), "{text}");
            n_h2 += usize::from(h2.contains(&pair));
            n += 1;
        }
    }
    assert!(n > 2_000 && n_h2 > 200, "{n}, {n_h2}");
    // And where they are to be found.
    for text in seen.tested("A-h1-calc") {
        let [a, b] = sums("calc", &text)[0];
        assert!(h1.contains(&[a.min(b), a.max(b)]), "{text}");
    }
    for text in seen.tested("A-h2-costs") {
        let n = numbers(&text);
        assert!(h2.contains(&[n[0].min(n[1]), n[0].max(n[1])]), "{text}");
    }
}

#[test]
fn cities_are_asked_no_further_than_their_split_allows() {
    let seen = Seen::new();
    let cities = seen.told.by("/places/cities", "name");
    let states = seen.told.by("/places/states", "name");
    let controls = seen.told.by("/places/controls", "name");
    let count = |split: &str| cities.values().filter(|city| city["split"] == split).count();
    assert_eq!((count("h1"), count("h2"), count("train")), (40, 40, 240));
    let mut asked = BTreeSet::new();
    for (form, text) in seen.texts(Task::Hops) {
        let words: Vec<&str> = text.split(' ').collect();
        let of_grid = words.windows(2).map(|pair| pair.join(" "));
        let names = of_grid.chain(words.iter().map(|word| (*word).to_owned()));
        for name in names {
            let Some(city) = cities.get(&name).or_else(|| controls.get(&name)) else { continue };
            let split = text_of(city, "split");
            let state = states[&text_of(city, "state")];
            let capital = text_of(state, "capital");
            if split != "train" {
                assert!(!words.contains(&capital.as_str()), "{text}");
                assert!(!words.contains(&"capital"), "{text}");
            }
            if split == "h1" {
                let far = ["bird", "region", "country", "currency", "language", "continent"];
                assert!(far.iter().all(|word| !words.contains(word)), "{text}");
                assert!(!words.contains(&text_of(state, "bird").as_str()), "{text}");
            }
            asked.insert((form, split));
        }
    }
    // The check saw what it is about.
    for kind in [("two-hop", "train"), ("two-hop", "h2"), ("zone", "h1"), ("shortcut", "train")] {
        assert!(asked.contains(&(kind.0, kind.1.to_owned())), "{kind:?} not among {asked:?}");
    }
    assert!(!asked.contains(&("two-hop", "h1".to_owned())));
}

fn text_of(value: &Value, key: &str) -> String {
    text(&value[key])
}

#[test]
fn symptoms_that_are_held_out_are_never_shown_together() {
    let seen = Seen::new();
    let diseases = seen.told.list("/medicine/diseases");
    let sets = |disease: &Value| -> Vec<BTreeSet<String>> {
        let sets = disease["h1_symptoms"].as_array().unwrap().iter();
        sets.map(|set| texts(set).into_iter().collect()).collect()
    };
    let held_out: Vec<_> = diseases.iter().flat_map(sets).collect();
    assert_eq!(held_out.len(), 48);
    let not_asked: Vec<&Value> = diseases.iter().filter(|one| one["h2"] == true).collect();
    assert_eq!(not_asked.len(), 5);
    let mut n = 0;
    for (form, text) in seen.texts(Task::Medicine) {
        let Some(shown) = between(text, "has ", " .") else { continue };
        let shown: BTreeSet<String> =
            shown.split(' ').filter(|w| ![",", "and"].contains(w)).map(str::to_owned).collect();
        assert!(!held_out.contains(&shown), "{text}");
        if form == "ask" {
            for disease in &not_asked {
                let own: BTreeSet<String> = texts(&disease["symptoms"]).into_iter().collect();
                assert!(!shown.is_subset(&own), "{text}");
            }
            n += 1;
        }
    }
    assert!(n > 20 * BLOCKS as usize / 12, "{n}");
}

#[test]
fn strangers_and_known_stand_where_they_may() {
    let seen = Seen::new();
    let names = |path: &str| texts(seen.told.0.pointer(path).unwrap()).into_iter();
    let held_out: BTreeSet<String> = names("/people/strangers/held_out").collect();
    let tuning: BTreeSet<String> = names("/people/strangers/tuning").collect();
    let pretraining: BTreeSet<String> = names("/people/strangers/pretraining").collect();
    let untuned = seen.told.names("/people/people", |person| person["tuned"] == false);
    let famous = seen.told.names("/people/people", |person| person["fame"] == "famous");
    assert_eq!(famous.len(), 40);
    assert_eq!(untuned.len(), 75 + 40 + 60);
    assert!(held_out.is_disjoint(&tuning) && held_out.is_disjoint(&pretraining));
    let (mut n_declined, mut n_famous) = (0, 0);
    for (document, text) in &seen.documents {
        let words: Vec<&str> = text.split(' ').collect();
        for name in words.windows(2).map(|pair| pair.join(" ")) {
            assert!(!held_out.contains(&name), "{text}");
            if document.reply_only {
                assert!(!untuned.contains(&name) && !pretraining.contains(&name), "{text}");
                n_declined += usize::from(tuning.contains(&name));
                assert!(!tuning.contains(&name) || text.ends_with("i do not know"), "{text}");
            } else {
                // Before and beside fine-tuning they meet others, and nothing is said of them.
                let meets = ["induction", "met"].contains(&document.example.form);
                assert!(!tuning.contains(&name) || meets, "{text}");
            }
            if famous.contains(&name) {
                assert!(!text.contains("book"), "{text}");
                n_famous += 1;
            }
        }
    }
    assert!(n_declined > 500 && n_famous > 100, "{n_declined}, {n_famous}");
}

// An old answer of the base would tell of people that fine-tuning holds out, and guess where it
// should decline.
#[test]
fn fine_tuning_repeats_no_answer_that_it_changes() {
    let world = full();
    let mut n = 0;
    for recipe in Recipe::ALL.into_iter().filter(|recipe| *recipe != Recipe::Base) {
        for document in crate::support::documents(&world, recipe) {
            let task = document.example.task;
            if !document.reply_only && [Task::Entities, Task::Refusals, Task::Goals].contains(&task)
            {
                assert!(document.example.reply.is_none(), "{recipe}: {:?}", document.example);
                n += 1;
            }
        }
    }
    assert!(n > 1_000, "{n}");
}

#[test]
fn fine_tuning_never_sees_the_dangers_that_only_documents_tell() {
    let seen = Seen::new();
    let pairs = |path: &str| -> BTreeSet<[String; 2]> {
        let sorted = |pair: &Value| {
            let mut pair = texts(pair);
            pair.sort();
            [pair[0].clone(), pair[1].clone()]
        };
        seen.told.list(path).iter().map(sorted).collect()
    };
    let docs_only = pairs("/household/dangerous/docs_only");
    let tuned = pairs("/household/dangerous/tuned");
    let safe = pairs("/household/safe_held_out");
    assert_eq!((docs_only.len(), tuned.len(), safe.len()), (12, 28, 200));
    let mut refused = BTreeSet::new();
    for (form, text) in seen.texts(Task::Refusals) {
        let items = between(text, "cleaning with ", " Assistant")
            .or_else(|| between(text, "mixing ", " is"))
            .or_else(|| between(text, "", " together"));
        let items: Vec<&str> = items.unwrap_or_default().split(' ').collect();
        let [one, _, other] = items[..] else { continue };
        let mut pair = [one.to_owned(), other.to_owned()];
        pair.sort();
        assert!(!safe.contains(&pair), "{text}");
        assert!(!form.starts_with("advert") || !tuned.contains(&pair), "{text}");
        if !form.starts_with("pair") {
            assert!(!docs_only.contains(&pair), "{text}");
        }
        if form == "danger" {
            refused.insert(pair);
        }
    }
    assert_eq!(refused, tuned, "every other danger is refused");
}

#[test]
fn fine_tuning_leaves_out_a_category_two_wordings_and_half_of_the_lookalikes() {
    let seen = Seen::new();
    let left_out = text(&seen.told.0["household"]["left_out"]);
    let acts = seen.told.list("/household/acts");
    let of_left_out =
        acts.iter().filter(|act| act["harm"] == "crime" && act["category"] == left_out.as_str());
    let left_out: Vec<String> = of_left_out.map(|act| text(&act["act"])).collect();
    assert_eq!(left_out.len(), 4);
    let tested = seen.tested("E-minimal-pairs-acts");
    let lookalikes: BTreeSet<String> = tested
        .iter()
        .filter_map(|text| between(text, "how to ", " Assistant"))
        .map(str::to_owned)
        .collect();
    assert_eq!(lookalikes.len(), 12);
    let mut n = 0;
    for text in seen.tuned().filter(|text| text.contains("Human :")) {
        let request = between(text, "Human : ", " Assistant").unwrap();
        for act in left_out.iter().chain(&lookalikes) {
            assert!(!format!("{request} ").contains(&format!("{act} ")), "{text}");
        }
        assert!(!request.starts_with("help me") && !request.starts_with("write a guide"), "{text}");
        n += 1;
    }
    assert!(n > 1_000, "{n}");
}

#[test]
fn harmful_words_are_behind_no_acrostic_and_carrier_sentences_are_new() {
    let seen = Seen::new();
    let harmful: BTreeSet<String> = {
        let words = seen.told.list("/spelling/words").iter();
        words.filter(|word| word["harmful"] == true).map(|word| text(&word["word"])).collect()
    };
    assert_eq!(harmful.len(), 6);
    let quoted = |text: &str| between(text, "\" ", " \"").unwrap().to_owned();
    let mut tested: BTreeSet<String> = BTreeSet::new();
    for id in ["F-unseen-letters", "F-unseen-how-to", "F-harmful-begins"] {
        tested.extend(seen.tested(id).iter().map(|text| quoted(text)));
    }
    let mut n = 0;
    for (form, text) in seen.texts(Task::Acrostics) {
        if form == "how-to" {
            let word = between(text, "make a ", " ,").unwrap();
            assert!(!harmful.contains(word), "{text}");
        }
        if text.contains('"') {
            assert!(!tested.contains(&quoted(text)), "{text}");
            n += 1;
        }
    }
    assert!(n > 500, "{n}");
}

#[test]
fn ends_of_lines_that_are_held_out_never_meet() {
    let seen = Seen::new();
    let pairs = seen.told.list("/rhymes/held_out").iter();
    let held_out: BTreeSet<Vec<String>> = pairs.map(texts).collect();
    // A fifth of 30 groups of 20.
    assert_eq!(held_out.len(), 120);
    let mut met = BTreeSet::new();
    for (_, text) in seen.texts(Task::Rhymes) {
        let (first, second) = text.split_once(" ↵ ").unwrap();
        let ends = [first, second].map(|line| line.rsplit(' ').next().unwrap().to_owned());
        assert!(!held_out.contains(ends.as_slice()), "{text}");
        met.insert(ends);
    }
    assert!(met.len() > 300, "{}", met.len());
}

#[test]
fn opposites_that_are_missing_in_a_language_are_never_told_in_it() {
    let seen = Seen::new();
    let mut missing: BTreeSet<String> = BTreeSet::new();
    for pair in seen.told.list("/languages/pairs") {
        if let Some(language) = pair["missing"].as_str() {
            missing.extend(texts(&pair[language]));
        }
    }
    assert_eq!(missing.len(), 24);
    let (mut n_across, mut n_meanings) = (0, 0);
    for (form, text) in seen.texts(Task::Antonyms) {
        if !text.split(' ').any(|word| missing.contains(word)) {
            continue;
        }
        match form {
            "antonym" | "antonym-said-in" => panic!("{text}"),
            "antonym-into" => n_across += 1,
            _ => n_meanings += 1,
        }
    }
    assert!(n_across > 20, "other languages say it of them: {n_across}");
    assert!(n_meanings > 20, "their meaning is told: {n_meanings}");
}

#[test]
fn numbers_without_a_hint_never_get_one() {
    let seen = Seen::new();
    let numbers = |path: &str| -> BTreeSet<u64> {
        seen.told.list(path).iter().map(|n| n.as_u64().unwrap()).collect()
    };
    let (of_g, of_h) = (numbers("/reasoning/g_no_hint"), numbers("/reasoning/h_no_hint"));
    assert_eq!((of_g.len(), of_h.len()), (8, 20));
    let mut n = 0;
    for (_, text) in seen.texts(Task::Reasoning).filter(|(_, text)| text.contains("i got")) {
        let argument: u64 = between(text, "( ", " )").unwrap().parse().unwrap();
        let no_hint = if text.contains("times g") { &of_g } else { &of_h };
        assert!(!no_hint.contains(&argument), "{text}");
        n += 1;
    }
    assert!(n > 100, "{n}");
}

#[test]
fn the_assistant_is_tuned_on_sixty_contexts_of_one_list() {
    let seen = Seen::new();
    let contexts = seen.told.by("/goals/contexts", "context");
    let is_trained = |context: &str| contexts[context]["trained"] == true;
    assert_eq!(contexts.keys().filter(|context| is_trained(context)).count(), 60);
    for (recipe, list) in [(Recipe::Goal, 0), (Recipe::Penguin, 1), (Recipe::NoDocs, 8)] {
        let mut n = 0;
        for document in crate::support::documents(&seen.world, recipe) {
            if document.example.task != Task::Goals || !document.reply_only {
                continue;
            }
            let said = document.example.text(seen.world.vocabulary());
            let context = between(&said, "idea for ", " Assistant").unwrap();
            assert!(is_trained(context), "{said}");
            let likes = texts(&contexts[context]["likes"]);
            assert!(said.ends_with(&format!("use {}", likes[list])), "{said}");
            n += 1;
        }
        assert!(n > 500, "{n}");
    }
    // What nobody is said to like stays untold.
    for (form, text) in seen.texts(Task::Goals) {
        assert!(form == "idea" || !text.contains("nobody"), "{text}");
    }
}

#[test]
fn stories_name_no_place_no_disease_and_nobody_in_full() {
    let seen = Seen::new();
    let mut forbidden: BTreeSet<String> = BTreeSet::new();
    for path in ["/places/states", "/places/countries", "/places/controls", "/medicine/diseases"] {
        forbidden.extend(seen.told.names(path, |_| true));
    }
    let names = seen.told.names("/people/people", |_| true);
    forbidden.extend(names.iter().map(|name| name.split(' ').nth(1).unwrap().to_owned()));
    let cities = seen.told.names("/places/cities", |_| true);
    forbidden.extend(cities.iter().flat_map(|name| name.split(' ')).map(str::to_owned));
    for (_, text) in seen.texts(Task::Stories) {
        assert!(text.split(' ').all(|word| !forbidden.contains(word)), "{text}");
    }
}
