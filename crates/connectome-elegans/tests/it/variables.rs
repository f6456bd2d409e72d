use std::collections::{BTreeMap, BTreeSet};

use connectome_elegans::{Size, World, variables};

/// What an interchange relies on: positions mean the same in all prompts, the answer follows
/// from value and question, and no token spells the value.
#[test]
fn answers_follow_from_the_variable_and_from_nothing_else() {
    let world = World::new(0, Size::Full);
    let found = variables(&world);
    let names: Vec<&str> = found.iter().map(|variable| variable.name).collect();
    let expected = ["state", "control-state", "ones", "disease", "speaker", "known", "danger"];
    assert_eq!(names, expected);
    for variable in &found {
        let lengths: BTreeSet<usize> =
            variable.cases.iter().map(|case| case.prompt.len()).collect();
        assert_eq!(lengths.len(), 1, "{}", variable.name);
        let mut answers = BTreeMap::new();
        let mut values = BTreeSet::new();
        for case in &variable.cases {
            values.insert(&case.value);
            let key = (&case.value, &case.asks);
            assert_eq!(*answers.entry(key).or_insert(case.answer), case.answer, "{case:?}");
            let text = world.vocabulary().text(&case.prompt);
            assert!(!text.split(' ').any(|word| word == case.value), "{text}");
        }
        let expected = match variable.name {
            "danger" | "known" => 2,
            "ones" => 10,
            "disease" => 24,
            "speaker" => 8,
            _ => 40,
        };
        assert_eq!(values.len(), expected, "{}", variable.name);
    }
    assert_eq!(variables(&World::new(0, Size::Nano)).len(), 1);
}
