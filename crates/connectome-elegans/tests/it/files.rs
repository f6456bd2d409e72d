use std::collections::BTreeMap;
use std::ops::ControlFlow;

use connectome_elegans::{
    DataError, DataFile, Dataset, ROW_TOKENS, Recipe, Size, Split, Task, World, Written,
    example_json, samples,
};
use serde_json::Value;

use crate::support::{full, nano};

/// All files of a data set, and its digest.
fn write(data: &Dataset<'_>) -> (BTreeMap<String, Vec<u8>>, String) {
    let mut files = BTreeMap::new();
    let mut written = Vec::new();
    for file in data.files() {
        let mut bytes = Vec::new();
        let one = data.write(&file, &mut bytes, &mut |_| ControlFlow::Continue(())).unwrap();
        assert_eq!((one.name.clone(), one.bytes), (file.name(), bytes.len() as u64));
        assert_eq!(one.blake3, blake3::hash(&bytes).to_hex().to_string());
        files.insert(file.name(), bytes);
        written.push(one);
    }
    for (name, bytes) in data.card(&written) {
        files.insert(name.to_owned(), bytes);
    }
    (files, Written::digest_of(&written))
}

fn lines(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Vec<Value> {
    let text = std::str::from_utf8(&files[name]).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

// A digest that moves means that models and data that were made before no longer belong
// together. It may only move with a reason.
#[test]
fn the_same_request_gives_the_same_bytes() {
    let check = |seed, size, recipe, expected: &str| {
        let world = World::new(seed, size);
        let (_, digest) = write(&Dataset::new(&world, recipe, 20_000).unwrap());
        assert_eq!(digest, expected, "{recipe} of the {} world of seed {seed}", size.name());
    };
    check(
        0,
        Size::Full,
        Recipe::Base,
        "82c9bf0ee6850d3019c669b26ea450eea463a749273e177dba8776f3f2c9df2b",
    );
    check(
        0,
        Size::Full,
        Recipe::Chat,
        "5a492a24cac4f23ab5947d28cb0c8fdd46500a66f932d8582a16d0c1e6162476",
    );
    check(
        7,
        Size::Nano,
        Recipe::Base,
        "21430a3869486729e7c500747e2bb9c660eaf3820bf4de5dfad66e31fd11f16d",
    );
}

#[test]
fn rows_are_lines_and_lines_say_what_they_hold() {
    let world = full();
    let data = Dataset::new(&world, Recipe::Goal, 400_000).unwrap();
    assert_eq!(data.n_rows(), 4_167);
    let (files, _) = write(&data);
    let shards = [lines(&files, "train/00000.jsonl"), lines(&files, "train/00001.jsonl")].concat();
    assert_eq!(shards.len(), 4_167);
    let mixture = connectome_elegans::Mixture::new(&world, Recipe::Goal).unwrap();
    for index in [0, 63, 64, 4_095, 4_096, 4_166] {
        let (line, row) = (&shards[index], mixture.row(index as u64));
        assert_eq!(line["row"], index);
        assert_eq!(serde_json::to_value(&row.ids).unwrap(), line["tokens"]);
        assert_eq!(serde_json::to_value(&row.weights).unwrap(), line["loss_weights"]);
        let documents = line["documents"].as_array().unwrap();
        assert_eq!(documents.len(), row.documents.len());
        for (told, document) in documents.iter().zip(&row.documents) {
            assert_eq!(told["start"], document.start);
            let Value::Object(own) = example_json(&document.example, world.vocabulary()) else {
                panic!("an example is an object")
            };
            assert!(own.iter().all(|(key, value)| told[key] == *value), "{told}");
        }
    }
    check_card(&files, &shards);
}

/// The card's counts, counted again from the lines.
fn check_card(files: &BTreeMap<String, Vec<u8>>, rows: &[Value]) {
    let card: Value = serde_json::from_slice(&files["card.json"]).unwrap();
    assert_eq!((&card["connectome_elegans"], &card["complete"]), (&1.into(), &true.into()));
    assert_eq!((&card["model"], &card["starts_from"]), (&"goal".into(), &"chat".into()));
    let mut counts: BTreeMap<[String; 4], [u64; 2]> = BTreeMap::new();
    for document in rows.iter().flat_map(|row| row["documents"].as_array().unwrap()) {
        let trained = if document["reply_only"] == true { "replies" } else { "all tokens" };
        let key = [&document["task"], &document["form"], &document["split"]];
        let [task, form, split] = key.map(|value| value.as_str().unwrap().to_owned());
        let count = counts.entry([task, trained.to_owned(), form, split]).or_default();
        count[0] += 1;
        count[1] += document["n_tokens"].as_u64().unwrap();
    }
    let told = card["counts"].as_array().unwrap().iter().map(|count| {
        let key = ["task", "source", "form", "split"];
        let key = key.map(|key| count[key].as_str().unwrap().to_owned());
        (key, ["examples", "tokens"].map(|key| count[key].as_u64().unwrap()))
    });
    assert_eq!(told.collect::<BTreeMap<_, _>>(), counts);
    let used: u64 = counts.values().map(|[_, tokens]| tokens).sum();
    let total = rows.len() * ROW_TOKENS;
    assert_eq!(card["padding"].as_u64().unwrap() + used, total as u64);
    assert_eq!(card["tokens"], total);
    let readme = std::str::from_utf8(&files["README.md"]).unwrap();
    for set in card["evaluations"].as_array().unwrap() {
        assert!(readme.contains(&format!("| {} |", set["id"].as_str().unwrap())));
    }
}

#[test]
fn evaluation_sets_are_lines_too() {
    let world = nano();
    let data = Dataset::new(&world, Recipe::Base, 1).unwrap();
    assert_eq!(data.n_rows(), 1);
    let (files, _) = write(&data);
    for set in data.sets() {
        let lines = lines(&files, &format!("eval/{}.jsonl", set.id()));
        assert_eq!(lines.len(), set.items.len());
        for (index, (line, item)) in lines.iter().zip(&set.items).enumerate() {
            assert_eq!((&line["set"], &line["item"]), (&set.id().into(), &index.into()));
            assert_eq!(line["n_prompt"], item.n_prompt);
            assert_eq!(serde_json::to_value(&item.example.ids).unwrap(), line["tokens"]);
            assert_eq!(line["prompt"], world.vocabulary().text(item.prompt()));
            assert_eq!(line["judge"]["rule"], "one_of");
        }
    }
}

#[test]
fn whoever_watches_may_break_off() {
    let world = nano();
    let data = Dataset::new(&world, Recipe::Base, 100_000).unwrap();
    let train = data.files().into_iter().find(|file| matches!(file, DataFile::Train { .. }));
    let mut told = 0;
    let mut stop = |rows| {
        told += rows;
        if told < 200 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let error = data.write(&train.unwrap(), &mut Vec::new(), &mut stop).unwrap_err();
    assert_eq!((error.kind(), told), (std::io::ErrorKind::Interrupted, 256));
    let card: Value = serde_json::from_slice(&data.unfinished_card()).unwrap();
    assert_eq!(card["complete"], false);
}

#[test]
fn samples_are_of_what_was_asked_for() {
    let world = full();
    for task in Task::ALL {
        let examples = samples(&world, Recipe::Base, task, Split::Train, 4).unwrap();
        assert_eq!(examples.len(), 4);
        assert!(examples.iter().all(|one| (one.task, one.split) == (task, Split::Train)));
    }
    let unknown = samples(&world, Recipe::Chat, Task::Entities, Split::Unknown, 5).unwrap();
    assert!(unknown.iter().all(|one| one.split == Split::Unknown) && unknown.len() == 5);
    // What fine-tuning trains, if it trains the task.
    let tuned = samples(&world, Recipe::Chat, Task::Refusals, Split::Train, 20).unwrap();
    assert!(tuned.iter().all(|one| one.reply.is_some()));
}

#[test]
fn requests_for_what_is_not_there_say_what_is() {
    let (full, nano) = (full(), nano());
    let error = samples(&full, Recipe::Base, Task::Hops, Split::Rare, 1).unwrap_err();
    let message = "task `hops` has no split `rare`, there are: h1, h2, train";
    assert_eq!(error.to_string(), message);
    let error = samples(&nano, Recipe::Base, Task::Goals, Split::Train, 1).unwrap_err();
    assert_eq!(error.to_string(), "the nano world has no task `goals`");
    let error = Dataset::new(&nano, Recipe::Goal, 1).unwrap_err();
    assert_eq!(error.to_string(), "the nano world has no model `goal`");
    let error = Dataset::new(&full, Recipe::Base, 0).unwrap_err();
    assert!(matches!(error, DataError::NoTokens));
    let found = |text: &str| text.parse::<Task>().map_err(|error| error.to_string());
    assert_eq!(
        (found("B"), found("b"), found("hops")),
        (Ok(Task::Hops), Ok(Task::Hops), Ok(Task::Hops))
    );
    let expected = "no task `M`, expected a letter from A to L or a name such as `addition`";
    assert_eq!(found("M"), Err(expected.to_owned()));
    assert!("h3".parse::<Split>().is_err() && "h1".parse::<Split>().is_ok());
    assert!("chatty".parse::<Recipe>().is_err() && "nodocs".parse::<Recipe>().is_ok());
}
