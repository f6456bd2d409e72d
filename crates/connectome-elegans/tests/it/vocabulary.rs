use std::collections::BTreeMap;

use connectome_elegans::{BOS, EOS, PAD, Size, UNK, Vocabulary, World, evaluations};

use crate::support::{Told, all_documents, file, full, nano};

#[test]
fn no_example_holds_an_unknown_word_and_every_text_spells_its_ids() {
    for world in [full(), nano()] {
        let vocabulary = world.vocabulary();
        let trained = match world.size() {
            Size::Full => all_documents(&world),
            Size::Nano => crate::support::documents(&world, connectome_elegans::Recipe::Base),
        };
        let tested = evaluations(&world).into_iter().flat_map(|set| set.items);
        let examples = trained.into_iter().map(|document| document.example);
        let mut n = 0;
        for example in examples.chain(tested.map(|item| item.example)) {
            let inner = &example.ids[1..example.ids.len() - 1];
            assert!(inner.iter().all(|id| ![PAD, BOS, EOS, UNK].contains(id)), "{example:?}");
            assert_eq!(vocabulary.encode(&example.text(vocabulary)), inner);
            n += 1;
        }
        assert!(n > 3_000, "{n}");
    }
}

#[test]
fn the_nano_vocabulary_is_the_full_one_cut() {
    let (full, nano) = (Vocabulary::new(Size::Full), Vocabulary::new(Size::Nano));
    assert_eq!((full.len(), nano.len()), (2304, 1024));
    assert!(nano.words().zip(full.words()).all(|(one, other)| one == other));
}

// Ids of models that ship. New words go into the unused ones at the end.
#[test]
fn ids_stay_as_they_are() {
    let vocabulary = Vocabulary::new(Size::Full);
    let ids = ["<pad>", "<bos>", "<eos>", "<unk>", "0", "199", "A", "Z", ".", "Human", "Arvenia"];
    let ids = ids.map(|word| vocabulary.id(word).unwrap());
    assert_eq!(ids, [0, 1, 2, 3, 4, 203, 204, 229, 230, 242, 372]);
    let ids = ["Ada", "sign", "fever", "bleach", "cat", "small", "chocolate", "bomb"];
    let ids = ids.map(|word| vocabulary.id(word).unwrap());
    assert_eq!(ids, [681, 1024, 1128, 1212, 1400, 1589, 1959, 1272]);
    assert_eq!(vocabulary.n_used(), 2011);
}

#[test]
fn the_vocabulary_does_not_depend_on_the_seed() {
    let [one, other] = [1, 2].map(|seed| World::new(seed, Size::Full));
    assert!(one.vocabulary().words().eq(other.vocabulary().words()));
    let tokenizer = connectome_elegans::DataFile::Tokenizer;
    assert_eq!(file(&one, &tokenizer), file(&other, &tokenizer));
}

#[test]
fn unknown_words_are_unknown_and_line_ends_are_words() {
    let vocabulary = Vocabulary::new(Size::Full);
    let line_end = vocabulary.id("↵").unwrap();
    let the = vocabulary.id("the").unwrap();
    assert_eq!(vocabulary.encode("the\nthe  xylograph"), [the, line_end, the, UNK]);
    assert_eq!(vocabulary.text(&[the, line_end, 9_999]), "the ↵");
    assert_eq!(vocabulary.encode("calc: 36+59="), vocabulary.encode("calc : 36 + 59 ="));
    assert!(!vocabulary.encode("calc: 36+59=").contains(&UNK));
    // Else the split would tear words apart.
    let words = vocabulary.words().filter(|word| !word.starts_with('<'));
    let torn =
        words.filter(|word| word.len() > 1 && word.contains(|c: char| c.is_ascii_punctuation()));
    assert_eq!(torn.collect::<Vec<_>>(), [""; 0]);
}

// A word of two languages would tell neither, and a name that is also a word would be two things.
#[test]
fn words_that_name_one_thing_name_no_other() {
    let world = Told::of(&full());
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    let mut claim = |word: &str, owner: &'static str| {
        if let Some(other) = owners.insert(word.to_owned(), owner) {
            panic!("`{word}` is {other} and {owner}");
        }
    };
    for pair in world.list("/languages/pairs") {
        for language in ["english", "french", "chinese"] {
            for word in crate::support::texts(&pair[language]) {
                claim(&word, "a word of the pairs");
            }
        }
    }
    for (path, owner) in [
        ("/places/states", "a state"),
        ("/places/countries", "a country"),
        ("/places/controls", "a city"),
        ("/medicine/diseases", "a disease"),
    ] {
        world.names(path, |_| true).iter().for_each(|name| claim(name, owner));
    }
    for state in world.list("/places/states") {
        claim(&crate::support::text(&state["capital"]), "a capital");
        claim(&crate::support::text(&state["bird"]), "a bird");
    }
    let cities = world.names("/places/cities", |_| true);
    let people = world.names("/people/people", |_| true);
    let parts = |names: &std::collections::BTreeSet<String>, at: usize| {
        let parts = names.iter().map(|name| name.split(' ').nth(at).unwrap().to_owned());
        parts.collect::<std::collections::BTreeSet<String>>()
    };
    parts(&cities, 0).iter().for_each(|part| claim(part, "the first part of a city"));
    parts(&cities, 1).iter().for_each(|part| claim(part, "the second part of a city"));
    parts(&people, 0).iter().for_each(|part| claim(part, "a first name"));
    parts(&people, 1).iter().for_each(|part| claim(part, "a last name"));
}
