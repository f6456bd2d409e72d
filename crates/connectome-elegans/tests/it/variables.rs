use std::collections::{BTreeMap, BTreeSet};

use connectome_elegans::{Size, World, variables};

/// What an interchange relies on: positions mean the same in all prompts, the answer follows
/// from value and question, and no token spells the value.
#[test]
fn answers_follow_from_the_variable_and_from_nothing_else() {
    let world = World::new(0, Size::Full);
    let found = variables(&world);
    let names: Vec<&str> = found.iter().map(|variable| variable.name).collect();
    assert_eq!(names, ["state", "control-state", "danger"]);
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
        let expected = if variable.name == "danger" { 2 } else { 40 };
        assert_eq!(values.len(), expected, "{}", variable.name);
    }
    assert_eq!(variables(&World::new(0, Size::Nano)).len(), 1);
}
