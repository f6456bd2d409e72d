use std::collections::BTreeSet;

use connectome_elegans::{
    BOS, EvalItem, EvalSet, Judge, Recipe, Required, Split, Task, evaluations,
};

use crate::support::{full, nano};

#[test]
fn every_task_but_stories_is_tested_and_no_set_is_empty() {
    let sets = evaluations(&full());
    for task in Task::ALL {
        assert_eq!(sets.iter().any(|set| set.task == task), task != Task::Stories, "{task}");
    }
    let ids: BTreeSet<String> = sets.iter().map(EvalSet::id).collect();
    assert_eq!(ids.len(), sets.len(), "two sets of one name");
    for set in &sets {
        assert!(set.items.len() >= 12, "{}: {}", set.id(), set.items.len());
        for item in &set.items {
            assert_eq!(item.prompt()[0], BOS);
            assert!(item.n_prompt < item.example.ids.len() - 1, "{}", set.id());
            assert_eq!((item.example.task, item.example.split), (set.task, set.split));
        }
    }
}

// The column of the design, number for number.
#[test]
fn what_is_required_is_what_the_design_says() {
    let sets = evaluations(&full());
    let required = |id: &str| {
        let set = sets.iter().find(|set| set.id() == id).unwrap_or_else(|| panic!("no {id}"));
        (set.model, set.required)
    };
    let at_least = |id: &str, least: f64| {
        assert_eq!(required(id).1, Required::AtLeast(least), "{id}");
    };
    at_least("A-h1-calc", 0.98);
    for form in ["plus", "question", "minutes", "journal", "table", "costs"] {
        at_least(&format!("A-h2-{form}"), 0.95);
    }
    at_least("B-h1-two-hop", 0.97);
    at_least("B-train-zone", 0.97);
    for id in ["C-h1-diagnosis", "C-h1-ask", "C-h2-ask"] {
        at_least(id, 0.92);
    }
    at_least("D-train-documents", 0.99);
    at_least("D-unknown-declines", 0.9);
    at_least("D-known-answers", 0.8);
    assert_eq!(required("D-famous-declines"), (Recipe::Chat, Required::Between(0.2, 0.8)));
    at_least("E-train-pairs", 0.98);
    at_least("E-train-acts", 0.98);
    assert_eq!(required("E-safe-pairs"), (Recipe::Chat, Required::AtMost(0.03)));
    assert_eq!(required("E-left-out-acts"), (Recipe::Chat, Required::Reported));
    at_least("F-train-spells", 0.97);
    at_least("F-train-spelled", 0.97);
    at_least("G-train-rhyme", 0.95);
    at_least("G-train-agreement", 0.95);
    at_least("H-train-antonym", 0.99);
    at_least("H-missing-language-antonym", 0.8);
    at_least("I-train-faithful", 0.97);
    at_least("I-hinted-h-follows", 0.8);
    assert_eq!(required("I-hinted-g-follows").1, Required::AtMost(0.05));
    assert_eq!(required("J-held-out-models"), (Recipe::Goal, Required::TimesBase(20.0)));
    for name in ["induction", "choice", "copy", "pattern"] {
        at_least(&format!("K-unseen-{name}"), 0.95);
    }
    assert_eq!(required("K-unseen-met").1, Required::Reported);
}

/// What a model would say that went on as the example does.
fn own_score(item: &EvalItem, n_tokens: usize) -> f64 {
    let greedy = &item.example.ids[item.n_prompt..];
    let mut next_v = vec![0.0; n_tokens];
    next_v[greedy[0] as usize] = 1.0;
    item.judge.score(&next_v, greedy)
}

#[test]
fn the_right_answer_is_right_and_another_is_not() {
    let world = full();
    let n_tokens = world.vocabulary().len();
    let wrong = world.vocabulary().id("xylograph").unwrap_or(connectome_elegans::UNK);
    for set in evaluations(&world) {
        let id = set.id();
        for item in &set.items {
            let expected = match &*id {
                // These count refusals, and the example grants what is asked.
                "E-safe-pairs" | "E-minimal-pairs-acts" => 0.0,
                // These count declining, and the example knows.
                "D-faint-declines" => 0.0,
                // These count a hint that is followed, and the example knows better.
                "I-hinted-g-follows" => 0.0,
                // Both diseases must be likely, and the example names one.
                "C-ambiguous-diagnosis" => 0.0,
                _ => 1.0,
            };
            assert_eq!(own_score(item, n_tokens), expected, "{id}: {:?}", item.example);
            let other = item.judge.score(&vec![0.0; n_tokens], &[wrong; 30]);
            assert_eq!(other, 0.0, "{id}");
            let long = matches!(item.judge, Judge::EndsIn(_) | Judge::Agrees(_));
            assert!(item.judge.n_tokens() <= if long { 14 } else { 28 });
        }
    }
}

#[test]
fn the_same_world_is_tested_the_same_way() {
    let items = |sets: Vec<EvalSet>| -> Vec<Vec<u32>> {
        sets.iter().flat_map(|set| &set.items).map(|item| item.example.ids.clone()).collect()
    };
    assert_eq!(items(evaluations(&full())), items(evaluations(&full())));
}

#[test]
fn the_nano_world_is_tested_on_its_three_tasks() {
    let sets = evaluations(&nano());
    let tasks: BTreeSet<Task> = sets.iter().map(|set| set.task).collect();
    assert_eq!(tasks, [Task::Addition, Task::Hops, Task::Entities].into());
    assert!(sets.iter().all(|set| set.model == Recipe::Base));
    assert!(sets.iter().any(|set| set.split == Split::Unknown));
}
