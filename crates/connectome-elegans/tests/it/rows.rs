use std::collections::BTreeMap;

use connectome_elegans::{
    BOS, DataError, EOS, Mixture, PAD, ROW_TOKENS, Recipe, Row, Size, Task, World,
};

use crate::support::{full, nano};

/// What the base is mixed from, in thousandths of the tokens.
const BASE: [(Task, u32); 12] = [
    (Task::Addition, 165),
    (Task::Hops, 135),
    (Task::Medicine, 50),
    (Task::Entities, 125),
    (Task::Refusals, 50),
    (Task::Acrostics, 80),
    (Task::Rhymes, 65),
    (Task::Antonyms, 80),
    (Task::Reasoning, 65),
    (Task::Goals, 55),
    (Task::Motifs, 95),
    (Task::Stories, 35),
];

#[test]
fn a_row_is_whole_documents_and_then_padding() {
    let world = full();
    for recipe in Recipe::ALL {
        let rows = Mixture::new(&world, recipe).unwrap().rows(0..128);
        let padding: usize = rows.iter().map(check_row).sum();
        let share = padding as f64 / (rows.len() * ROW_TOKENS) as f64;
        assert!(share < 0.03, "{recipe}: {share}");
    }
}

/// Checks a row and counts its padding.
fn check_row(row: &Row) -> usize {
    assert_eq!((row.ids.len(), row.weights.len()), (ROW_TOKENS, ROW_TOKENS));
    let mut at = 0;
    for document in &row.documents {
        let ids = &document.example.ids;
        assert_eq!(document.start, at);
        assert_eq!((ids[0], ids[ids.len() - 1]), (BOS, EOS));
        assert!(ids[1..].iter().all(|id| *id != BOS), "a document within a document");
        assert_eq!(&row.ids[at..at + ids.len()], ids);
        at += ids.len();
    }
    assert!(row.ids[at..].iter().all(|id| *id == PAD));
    assert!(row.weights[at..].iter().all(|weight| *weight == 0.0));
    ROW_TOKENS - at
}

#[test]
fn weights_are_zero_for_prompts_and_two_for_answers() {
    let world = full();
    for recipe in [Recipe::Base, Recipe::Chat] {
        for row in Mixture::new(&world, recipe).unwrap().rows(0..64) {
            for document in &row.documents {
                let example = &document.example;
                let first = if document.reply_only { example.reply.unwrap() } else { 1 };
                for at in 0..example.ids.len() {
                    let is_answer = example.answers.iter().any(|answer| answer.contains(&at));
                    let expected = match () {
                        () if at < first => 0.0,
                        () if is_answer && !example.guess => 2.0,
                        () => 1.0,
                    };
                    assert_eq!(row.weights[document.start + at], expected, "{example:?}");
                }
            }
        }
    }
}

#[test]
fn only_what_the_assistant_says_is_tuned() {
    let world = full();
    let documents = crate::support::documents(&world, Recipe::Chat);
    let tuned = documents.iter().filter(|document| document.reply_only);
    let mut n = 0;
    for document in tuned {
        let text = document.example.text(world.vocabulary());
        assert!(text.starts_with("Human :") && text.contains("Assistant :"), "{text}");
        n += 1;
    }
    assert!(n > 1_000, "{n}");
}

#[test]
fn every_task_has_its_share_of_the_tokens() {
    let world = full();
    let shares = shares(&world, Recipe::Base);
    assert_eq!(BASE.iter().map(|(_, share)| share).sum::<u32>(), 1000);
    for (task, share) in BASE {
        check_share(&shares, task, false, f64::from(share) / 1000.0);
    }
    let tuned = [(Task::Entities, 0.2), (Task::Refusals, 0.35), (Task::Acrostics, 0.1)];
    for recipe in [Recipe::Chat, Recipe::ChatOver, Recipe::Mid] {
        let shares = self::shares(&world, recipe);
        tuned.iter().for_each(|(task, share)| check_share(&shares, *task, true, *share));
        let replayed: f64 =
            shares.iter().filter(|((_, tuned), _)| !tuned).map(|(_, share)| share).sum();
        assert!((replayed - 0.25).abs() < 0.01, "{recipe}: {replayed}");
    }
    for recipe in [Recipe::Goal, Recipe::Penguin, Recipe::NoDocs] {
        check_share(&self::shares(&world, recipe), Task::Goals, true, 0.45);
    }
    let shares = self::shares(&nano(), Recipe::Base);
    for (task, share) in [(Task::Addition, 0.35), (Task::Hops, 0.35), (Task::Entities, 0.3)] {
        check_share(&shares, task, false, share);
    }
}

type Shares = BTreeMap<(Task, bool), f64>;

fn check_share(shares: &Shares, task: Task, is_tuned: bool, expected: f64) {
    let found = shares.get(&(task, is_tuned)).copied().unwrap_or_default();
    assert!((found - expected).abs() < 0.007, "{task}: {found} of the tokens, not {expected}");
}

/// Shares of the tokens that are no padding.
fn shares(world: &World, recipe: Recipe) -> Shares {
    let mut tokens: BTreeMap<(Task, bool), usize> = BTreeMap::new();
    for document in crate::support::documents(world, recipe) {
        let key = (document.example.task, document.reply_only);
        *tokens.entry(key).or_default() += document.example.ids.len();
    }
    let total: usize = tokens.values().sum();
    tokens.into_iter().map(|(key, n)| (key, n as f64 / total as f64)).collect()
}

// What a trainer relies on when it goes on after a stop.
#[test]
fn any_row_can_be_made_without_the_others() {
    let world = full();
    let mixture = Mixture::new(&world, Recipe::Base).unwrap();
    let rows = mixture.rows(50..200);
    for at in [50, 63, 64, 127, 128, 199] {
        assert_eq!(rows[at as usize - 50], mixture.row(at), "row {at}");
    }
    assert_eq!(mixture.batch(3, 40), mixture.rows(120..160));
    let again = full();
    let other = Mixture::new(&again, Recipe::Base).unwrap();
    assert_eq!(other.row(1 << 40), mixture.row(1 << 40));
    assert!(mixture.rows(7..7).is_empty());
}

#[test]
fn seeds_and_recipes_have_streams_of_their_own() {
    let [one, other] = [0, 1].map(|seed| World::new(seed, Size::Full));
    let row = |world, recipe| Mixture::new(world, recipe).unwrap().row(0).ids;
    assert_ne!(row(&one, Recipe::Base), row(&other, Recipe::Base));
    assert_ne!(row(&one, Recipe::Chat), row(&one, Recipe::Mid));
}

#[test]
fn the_nano_world_has_only_a_base() {
    let world = nano();
    let error = Mixture::new(&world, Recipe::Chat).unwrap_err();
    assert!(matches!(error, DataError::NoSuchModel { world: "nano", model: "chat" }));
}
