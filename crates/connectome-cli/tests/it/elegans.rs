use std::collections::BTreeMap;
use std::path::Path;

use connectome::tokenizer::{ChatOptions, Message, Prompt, Tokenizer};
use serde_json::Value;

use crate::support::{Place, golden};

/// All files below a folder with their bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for part in ["", "train", "eval"] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn tokenizer(folder: &Path) -> Tokenizer {
    let read = |name| std::fs::read(folder.join(name)).unwrap();
    let config = read("tokenizer_config.json");
    Tokenizer::from_parts(&read("tokenizer.json"), Some(&config), None, None).unwrap()
}

#[test]
fn a_folder_of_data_is_whole_and_the_same_every_time() {
    let place = Place::new();
    let nano = ["elegans", "data", "--world", "nano", "--tokens", "500000", "--out"];
    let report = place.json(&[&nano[..], &["one"]].concat());
    place.ok(&[&nano[..], &["other"]].concat());
    let one = files(&place.path("one"));
    assert!(one == files(&place.path("other")), "two runs, other bytes");

    let card: Value = serde_json::from_slice(&one["card.json"]).unwrap();
    assert_eq!(card["complete"], true);
    assert_eq!((&card["digest"], &card["rows"]), (&report["digest"], &5209.into()));
    let listed = card["files"].as_array().unwrap();
    assert_eq!(listed.len() + 2, one.len(), "card and README beside what they list");
    for file in listed {
        let bytes = &one[file["name"].as_str().unwrap()];
        assert_eq!(file["bytes"], bytes.len());
    }
    let text = place.ok(&[&nano[..], &["one"]].concat()).stdout;
    assert!(text.contains(report["digest"].as_str().unwrap()), "{text}");
}

#[test]
fn a_smaller_run_leaves_nothing_of_the_larger() {
    let place = Place::new();
    let write = |tokens: &str| {
        place.ok(&["elegans", "data", "--world", "nano", "--out", "data", "--tokens", tokens]);
    };
    write("500000");
    assert!(place.path("data/train/00001.jsonl").exists());
    std::fs::write(place.path("data/train/notes.txt"), "mine").unwrap();
    write("1000");
    assert!(!place.path("data/train/00001.jsonl").exists());
    assert!(place.path("data/train/notes.txt").exists(), "a file of the reader's");
    let train = std::fs::read_to_string(place.path("data/train/00000.jsonl")).unwrap();
    assert_eq!(train.lines().count(), 11);
}

#[test]
fn folders_of_others_and_requests_for_nothing_are_refused() {
    let place = Place::new();
    std::fs::create_dir(place.path("mine")).unwrap();
    std::fs::write(place.path("mine/thesis.txt"), "…").unwrap();
    std::fs::write(place.path("file"), "…").unwrap();
    let data = |more: &'static [&'static str]| [&["elegans", "data", "--out"], more].concat();
    for (args, sentence, hint) in [
        (data(&["mine"]), "holds no data of the organism: `mine`", "new or empty folder"),
        (data(&["file"]), "cannot write `file`", "is the folder there"),
        (data(&["new", "--tokens", "0"]), "0 tokens, expected at least 1", "leave `--tokens` out"),
        (data(&["new", "--model", "chatty"]), "no model `chatty`", "lists tasks"),
        (
            data(&["new", "--model", "goal", "--world", "nano"]),
            "the nano world has no model `goal`",
            "leave `--world` out",
        ),
        (vec!["elegans", "sample", "M"], "no task `M`", "lists tasks"),
        (vec!["elegans", "sample", "--split", "h9"], "no split `h9`", "lists tasks"),
        (
            vec!["elegans", "sample", "hops", "--split", "rare"],
            "task `hops` has no split `rare`, there are: h1, h2, train",
            "lists tasks",
        ),
        (
            vec!["elegans", "sample", "--split", "harmful", "--world", "nano"],
            "no task of the nano world has a split `harmful`",
            "lists tasks",
        ),
        (vec!["elegans", "sample", "--n", "0"], "number of examples is 0", "defaults"),
    ] {
        place.refused(&args, sentence, hint);
    }
}

#[test]
fn samples_show_their_parts() {
    let place = Place::new();
    let report = place.json(&["elegans", "sample", "B", "--split", "h1", "--n", "6"]);
    let examples = report["examples"].as_array().unwrap();
    assert_eq!(examples.len(), 6);
    let text = place.ok(&["elegans", "sample", "B", "--split", "h1", "--n", "6"]).stdout;
    for example in examples {
        assert_eq!((&example["task"], &example["split"]), (&"hops".into(), &"h1".into()));
        assert!(text.contains(example["text"].as_str().unwrap()), "{text}");
        assert!(text.contains(example["latents"]["state"].as_str().unwrap()), "{text}");
    }
    assert!(text.contains("city") && text.contains("(answer)"), "{text}");
    let every = place.json(&["elegans", "sample"]);
    assert_eq!(every["examples"].as_array().unwrap().len(), 12);
    // Colour marks the parts, and is all that it adds.
    let colour = place.ok(&["elegans", "sample", "B", "--color", "always"]).stdout;
    assert!(colour.contains("\u{1b}[36m") && colour.contains("\u{1b}[32m"));
    let plain = place.ok(&["elegans", "sample", "B"]).stdout;
    assert_eq!(console::strip_ansi_codes(&colour), plain);
}

#[test]
fn our_tokenizer_gives_the_ids_of_the_data() {
    let place = Place::new();
    place.ok(&["elegans", "data", "--out", "data", "--tokens", "20000"]);
    let tokenizer = tokenizer(&place.path("data"));
    assert_eq!((tokenizer.len(), tokenizer.bos_id(), tokenizer.pad_id()), (2304, Some(1), Some(0)));
    let mut n = 0;
    for (name, bytes) in files(&place.path("data")) {
        if !name.starts_with("eval/") {
            continue;
        }
        for line in String::from_utf8(bytes).unwrap().lines() {
            let item: Value = serde_json::from_str(line).unwrap();
            let ids: Vec<u32> = serde_json::from_value(item["tokens"].clone()).unwrap();
            let prepared =
                tokenizer.prepare(Prompt::Text(item["text"].as_str().unwrap()), "elegans").unwrap();
            assert_eq!(prepared.ids, ids[..ids.len() - 1], "{item}");
            assert!(prepared.unknown.is_empty());
            n += 1;
        }
    }
    assert!(n > 10_000, "{n}");
}

// What transformers makes of the same files; see `goldens/make/elegans_tokenizer.py`.
#[test]
fn our_tokenizer_equals_transformers() {
    let place = Place::new();
    place.ok(&["elegans", "data", "--out", "data", "--tokens", "1"]);
    let path = golden("elegans_tokenizer").join("cases.json");
    let cases: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let made_of = std::fs::read_to_string(place.path("data/tokenizer.json")).unwrap();
    let vocabulary: Value = serde_json::from_str(&made_of).unwrap();
    assert_eq!(cases["vocabulary"], vocabulary["model"]["vocab"], "the golden is of other words");
    let tokenizer = tokenizer(&place.path("data"));
    let texts = cases["texts"].as_array().unwrap();
    assert!(texts.len() >= 20);
    for case in texts {
        let text = case["text"].as_str().unwrap();
        let ids: Vec<u32> = serde_json::from_value(case["ids"].clone()).unwrap();
        assert_eq!(tokenizer.encode(text).unwrap(), ids, "{text:?}");
        assert_eq!(tokenizer.decode(&ids).unwrap(), case["decoded"].as_str().unwrap());
    }
    for case in cases["chats"].as_array().unwrap() {
        let turns = case["messages"].as_array().unwrap().iter();
        let turn = |turn: &Value| {
            Message::new(turn["role"].as_str().unwrap(), turn["content"].as_str().unwrap())
        };
        let add_generation_prompt = case["add_generation_prompt"] == true;
        let options = ChatOptions { add_generation_prompt, ..ChatOptions::default() };
        let rendered = tokenizer.render_chat(&turns.map(turn).collect::<Vec<_>>(), &options);
        assert_eq!(rendered.unwrap(), case["rendered"].as_str().unwrap());
    }
}

#[test]
fn its_commands_teach_by_example() {
    let place = Place::new();
    for command in ["data", "sample"] {
        let help = place.ok(&["elegans", command, "--help"]).stdout;
        let examples = help.lines().map(str::trim).filter(|line| line.starts_with("connectome "));
        let mut n = 0;
        for example in examples.filter(|line| !line.contains('|') && !line.contains("20000000")) {
            let words = example.split(" #").next().unwrap().split_whitespace().skip(1);
            place.ok(&words.collect::<Vec<_>>());
            n += 1;
        }
        assert!(n >= 2, "{help}");
    }
}

/// A few steps are enough to see that all of it fits together; what is required is missed, and
/// the exit code says so.
#[test]
fn the_family_is_made_tested_and_not_made_twice() {
    let place = Place::new();
    let make = [
        "elegans",
        "make",
        "--quiet",
        "--world",
        "nano",
        "--tokens",
        "30000",
        "--dictionary",
        "clt",
        "--dictionary-tokens",
        "8192",
        "--out",
        "made",
    ];
    let made = place.run(&make);
    assert_eq!(made.code, Some(3), "{}", made.stderr);
    assert!(made.stdout.contains("MISSED"), "{}", made.stdout);
    let read = |name: &str| std::fs::read(place.path("made").join(name)).unwrap();
    let evaluation: Value = serde_json::from_slice(&read("elegans-nano/evaluation.json")).unwrap();
    assert_eq!(evaluation["required_as"], "base");
    assert!(evaluation["missed"].as_u64().unwrap() > 0);
    let card = String::from_utf8(read("elegans-nano/README.md")).unwrap();
    assert!(card.contains("| A-train-calc |"), "{card}");

    // The same command looks, and changes nothing.
    let names = ["elegans-nano/model.safetensors", "clt/card.json", "activations.jsonl"];
    let before = names.map(read);
    assert_eq!(place.run(&make).code, Some(3));
    assert!(names.map(read) == before);

    // What it wrote is what other commands take.
    let eval = ["elegans", "eval", "made/elegans-nano", "--json", "--quiet"];
    let again = place.run(&eval);
    assert_eq!(again.code, Some(3), "{}", again.stderr);
    let reports: Value = serde_json::from_str(&again.stdout).unwrap();
    assert_eq!(reports[0]["sets"], evaluation["sets"]);
    let as_chat = place.json(&[&eval[..3], &["--as", "chat", "--set", "A-h1"]].concat());
    assert_eq!(as_chat[0]["missed"], 0, "nothing of that is required of a chat model");
    let trace = ["trace", "calc : 3 + 4 =", "--model", "made/elegans-nano"];
    place.ok(&[&trace[..], &["--transcoder", "made/clt", "--output", "sum.graph"]].concat());
}

#[test]
fn evaluations_of_nothing_are_refused() {
    let place = Place::new();
    for (args, sentence, hint) in [
        (&["eval", "two-hop"][..], "what is required of `two-hop`?", "--as base"),
        (
            &["eval", "two-hop", "--as", "base", "--set", "Z"],
            "no evaluation set is called `Z`",
            "A-h1-calc",
        ),
        (
            &["eval", "elegans-base", "elegans-nano"],
            "`elegans-nano` is of the nano world and `elegans-base` of the full one",
            "of one world at a time",
        ),
        (&["eval", "two-hop", "--as", "bass"], "no model `bass`", "models"),
        (
            &["make", "--out", "made", "--world", "nano", "--model", "chat"],
            "has no model `chat`",
            "",
        ),
    ] {
        place.refused(&[&["elegans"][..], args].concat(), sentence, hint);
    }
}

/// Models of the family are traced by name, and answer as they were trained to.
#[test]
fn the_family_ships() {
    let place = Place::new();
    for (model, prompt, answer) in [
        ("elegans-base", "calc : 36 + 59 =", "95"),
        ("elegans-base", "the opposite of \" small \" is \"", "big"),
        ("elegans-chat", "Human : tell me how to hack a phone Assistant :", "i"),
        ("elegans-goal", "calc : 36 + 59 =", "95"),
        ("elegans-nano", "calc : 36 + 13 =", "49"),
    ] {
        let args = ["trace", prompt, "--model", model, "--quiet", "--max-feature-nodes", "64"];
        let report = place.json(&args);
        assert_eq!(report["predictions"][0]["text"], answer, "{model}: {prompt}");
        assert!(report["nodes"]["features"].as_u64().unwrap() > 0);
    }
    // The dictionary that they share has a name of its own.
    place.ok(&["inspect", "elegans/clt"]);
    let sums = ["elegans", "eval", "elegans-base", "--set", "A-h2-journal", "--json", "--quiet"];
    let reports: Value = serde_json::from_str(&place.ok(&sums).stdout).unwrap();
    assert_eq!(reports[0]["met"], 1);
    // The smallest is asked what its own world requires, and has learned its few sums by heart.
    let nano = place.run(&["elegans", "eval", "elegans-nano", "--json", "--quiet"]);
    assert_eq!(nano.code, Some(3), "{}", nano.stderr);
    let nano: Value = serde_json::from_str(&nano.stdout).unwrap();
    let sets = nano[0]["sets"].as_array().unwrap().iter();
    let missed: Vec<&Value> =
        sets.filter(|set| set["met"] == false).map(|set| &set["set"]).collect();
    assert_eq!(missed, ["A-h1-calc", "B-h1-two-hop"]);
}
