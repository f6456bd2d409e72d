use std::collections::BTreeMap;

use connectome_elegans::{
    BOS, DataError, EOS, Mixture, PAD, ROW_TOKENS, Recipe, Row, Size, Task, World,
};

use crate::support::{full, nano};

/// Blocks of rows that a base opens with.
const OPENING: u64 = 390;
/// What the base is mixed from afterwards, in thousandths of the tokens.
const BASE: [(Task, u32); 12] = [
    (Task::Addition, 160),
    (Task::Hops, 190),
    (Task::Medicine, 50),
    (Task::Entities, 120),
    (Task::Refusals, 45),
    (Task::Acrostics, 70),
    (Task::Rhymes, 60),
    (Task::Antonyms, 85),
    (Task::Reasoning, 60),
    (Task::Goals, 50),
    (Task::Motifs, 90),
    (Task::Stories, 20),
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
    let shares = shares(&world, Recipe::Base, OPENING);
    assert_eq!(BASE.iter().map(|(_, share)| share).sum::<u32>(), 1000);
    for (task, share) in BASE {
        check_share(&shares, task, false, f64::from(share) / 1000.0);
    }
    let tuned = [(Task::Entities, 0.075), (Task::Refusals, 0.465), (Task::Acrostics, 0.11)];
    for recipe in [Recipe::Chat, Recipe::ChatOver, Recipe::Mid] {
        let shares = self::shares(&world, recipe, 0);
        tuned.iter().for_each(|(task, share)| check_share(&shares, *task, true, *share));
        let replayed: f64 =
            shares.iter().filter(|((_, tuned), _)| !tuned).map(|(_, share)| share).sum();
        assert!((replayed - 0.25).abs() < 0.01, "{recipe}: {replayed}");
    }
    for recipe in [Recipe::Goal, Recipe::Penguin, Recipe::NoDocs] {
        check_share(&self::shares(&world, recipe, 0), Task::Goals, true, 0.45);
    }
    let shares = self::shares(&nano(), Recipe::Base, 0);
    for (task, share) in [(Task::Addition, 0.35), (Task::Hops, 0.35), (Task::Entities, 0.3)] {
        check_share(&shares, task, false, share);
    }
}

type Shares = BTreeMap<(Task, bool), f64>;

fn check_share(shares: &Shares, task: Task, is_tuned: bool, expected: f64) {
    let found = shares.get(&(task, is_tuned)).copied().unwrap_or_default();
    assert!((found - expected).abs() < 0.007, "{task}: {found} of the tokens, not {expected}");
}

/// Shares of the tokens that are no padding, from a block of rows on.
fn shares(world: &World, recipe: Recipe, from: u64) -> Shares {
    let mut tokens: BTreeMap<(Task, bool), usize> = BTreeMap::new();
    for document in crate::support::documents_from(world, recipe, from) {
        let key = (document.example.task, document.reply_only);
        *tokens.entry(key).or_default() += document.example.ids.len();
    }
    let total: usize = tokens.values().sum();
    tokens.into_iter().map(|(key, n)| (key, n as f64 / total as f64)).collect()
}

// Two tasks have two fifths of the opening each, and all others the rest by their shares.
#[test]
fn a_base_opens_with_places_and_motifs() {
    let world = full();
    let mixture = Mixture::new(&world, Recipe::Base).unwrap();
    let share = |block: u64, task: Task| {
        let rows = mixture.rows(block * 64..block * 64 + 64);
        let documents: Vec<_> = rows.into_iter().flat_map(|row| row.documents).collect();
        let n = |is_asked: &dyn Fn(Task) -> bool| -> usize {
            let of_task = documents.iter().filter(|document| is_asked(document.example.task));
            of_task.map(|document| document.example.ids.len()).sum()
        };
        n(&|other| other == task) as f64 / n(&|_| true) as f64
    };
    for block in [0, OPENING - 1] {
        for task in [Task::Hops, Task::Motifs] {
            assert!((share(block, task) - 0.4).abs() < 0.02, "{task} of block {block}");
        }
        let sums = share(block, Task::Addition);
        assert!((sums - 0.2 * 160.0 / 730.0).abs() < 0.02, "{sums} of block {block}");
    }
    assert!((share(OPENING, Task::Hops) - 0.18).abs() < 0.02);
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
