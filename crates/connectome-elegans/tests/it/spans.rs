use std::collections::BTreeMap;

use connectome_elegans::{Example, Split, Value, Vocabulary, evaluations};

use crate::support::{all_documents, full};

#[test]
fn annotations_name_the_tokens_they_point_at() {
    let world = full();
    let trained = all_documents(&world).into_iter().map(|document| document.example);
    let tested = evaluations(&world).into_iter().flat_map(|set| set.items);
    let mut n = 0;
    for example in trained.chain(tested.map(|item| item.example)) {
        check(&example, world.vocabulary());
        n += 1;
    }
    assert!(n > 20_000, "{n}");
}

fn check(example: &Example, vocabulary: &Vocabulary) {
    let text = |range: &std::ops::Range<usize>| vocabulary.text(&example.ids[range.clone()]);
    let inside = 1..example.ids.len() - 1;
    // A name that stands twice has the value of its last place.
    let mut last = BTreeMap::new();
    let mut end = 1;
    for role in &example.roles {
        assert!(role.tokens.start >= end && role.tokens.end <= inside.end, "{example:?}");
        end = role.tokens.end;
        last.insert(role.name, text(&role.tokens));
        assert!(example.latent(role.name).is_some(), "{} has no value: {example:?}", role.name);
    }
    for (name, text) in &last {
        match example.latent(name).unwrap() {
            // Each place shows one of several.
            Value::List(values) if *name == "symptom" => assert!(values.contains(text)),
            value => assert_eq!(*text, value.to_string(), "{name} in {example:?}"),
        }
    }
    for answer in &example.answers {
        let is_role = example.roles.iter().any(|role| role.tokens == *answer);
        assert!(is_role && !answer.is_empty(), "{example:?}");
    }
    if let Some(reply) = example.reply {
        assert_eq!(vocabulary.text(&example.ids[reply - 2..reply]), "Assistant :");
        assert!(example.answers.iter().all(|answer| answer.start >= reply), "{example:?}");
    }
    let has_turns = example.text(vocabulary).contains("Assistant :");
    assert_eq!(example.reply.is_some(), has_turns, "{example:?}");
}

#[test]
fn what_is_trained_is_of_the_split_that_says_so() {
    let world = full();
    let documents = all_documents(&world);
    assert!(documents.iter().all(|document| document.example.split == Split::Train));
}
