//! H: opposites and synonyms in three languages, and a dictionary between them.
//!
//! A fifth of the pairs are missing in one language: its two words there are never called opposites
//! of each other. The other two languages say it, every language says it across languages, and the
//! dictionary says what the words mean.

use crate::evaluation::{EvalItem, EvalSet, Required};
use crate::example::{Draft, Example};
use crate::random::Random;
use crate::recipe::Recipe;
use crate::task::{Split, Task};
use crate::world::{Language, Languages, World};

use super::{Choice, choose, sample};

const FORMS: &[Choice] = &[
    ("antonym", 25),
    ("antonym-said-in", 20),
    ("antonym-into", 15),
    ("synonym", 12),
    ("dictionary", 28),
];
const N_PER_SET: usize = 400;

/// A word: side 0 or 1 of a pair.
type Operand = (usize, usize);

pub(super) fn train(world: &World, random: &mut Random) -> Example {
    let form = choose(FORMS, random);
    let language = random.pick(&Language::ALL);
    loop {
        let operand = (random.below(world.languages.pairs.len()), random.below(2));
        match form {
            "antonym" if world.languages.missing[operand.0] != Some(language) => {
                return antonym(world, operand, language, language);
            }
            // Asked in words of another language, so that neither the frame nor the operand
            // alone decides what the answer is told in.
            "antonym-said-in" if world.languages.missing[operand.0] != Some(language) => {
                return antonym(world, operand, language, random.pick(&others(language)));
            }
            "antonym-into" => {
                let into = random.pick(&others(language));
                return antonym_into(world, operand, language, into);
            }
            "synonym" if Languages::synonym(operand.0).is_some() => {
                return synonym(world, operand, language);
            }
            "dictionary" => {
                return entry(world, operand, language, random.pick(&others(language)));
            }
            _ => {}
        }
    }
}

fn others(language: Language) -> Vec<Language> {
    Language::ALL.into_iter().filter(|other| *other != language).collect()
}

fn draft<'a>(
    world: &'a World,
    form: &'static str,
    (pair, side): Operand,
    language: Language,
) -> Draft<'a> {
    Draft::new(world.vocabulary(), Task::Antonyms, form)
        .set("operation", form)
        .set("language", language.name())
        .set("concept", world.languages.word(pair, Language::English, side))
        .set("operand", world.languages.word(pair, language, side))
}

/// The opposite of a word of `language`, in words of the language `said_in`.
fn antonym(world: &World, (pair, side): Operand, language: Language, said_in: Language) -> Example {
    let opposite = world.languages.word(pair, language, 1 - side);
    let form = if said_in == language { "antonym" } else { "antonym-said-in" };
    let draft = draft(world, form, (pair, side), language).set("answer", opposite);
    draft
        .text(match said_in {
            Language::English => "the opposite of \" {operand} \" is \" {answer!} \"",
            Language::French => "le contraire de \" {operand} \" est \" {answer!} \"",
            Language::Chinese => "\" {operand} \" de fanyici shi \" {answer!} \"",
        })
        .done()
}

/// The opposite of a word, in another language; asked in a language that is not the answer's.
fn antonym_into(
    world: &World,
    (pair, side): Operand,
    language: Language,
    into: Language,
) -> Example {
    let draft = draft(world, "antonym-into", (pair, side), language)
        .set("into", into.name())
        .set("answer", world.languages.word(pair, into, 1 - side));
    draft
        .text(match (language, into) {
            (Language::French, Language::English) => {
                "le contraire de \" {operand} \" en anglais est \" {answer!} \""
            }
            (Language::Chinese, Language::English) => {
                "\" {operand} \" de yingwen fanyici shi \" {answer!} \""
            }
            (Language::English | Language::Chinese, Language::French) => {
                "the opposite of \" {operand} \" in french is \" {answer!} \""
            }
            _ => "the opposite of \" {operand} \" in chinese is \" {answer!} \"",
        })
        .done()
}

fn synonym(world: &World, (pair, side): Operand, language: Language) -> Example {
    let same = Languages::synonym(pair).expect("asked only of pairs that have one");
    let draft = draft(world, "synonym", (pair, side), language);
    let draft = draft.set("answer", world.languages.word(same, language, side));
    draft
        .text(match language {
            Language::English => "a word like \" {operand} \" is \" {answer!} \"",
            Language::French => "un mot comme \" {operand} \" est \" {answer!} \"",
            Language::Chinese => "\" {operand} \" de jinyici shi \" {answer!} \"",
        })
        .done()
}

/// What a word of one language is in another.
fn entry(world: &World, (pair, side): Operand, from: Language, into: Language) -> Example {
    let draft = draft(world, "dictionary", (pair, side), from).set("into", into.name());
    let draft = draft.set("answer", world.languages.word(pair, into, side));
    draft
        .text(match (from, into) {
            (Language::English, Language::French) => "\" {operand} \" in french is \" {answer!} \"",
            (Language::English, _) => "\" {operand} \" in chinese is \" {answer!} \"",
            (Language::French, Language::English) => {
                "\" {operand} \" en anglais est \" {answer!} \""
            }
            (Language::French, _) => "\" {operand} \" en chinois est \" {answer!} \"",
            (Language::Chinese, Language::English) => {
                "\" {operand} \" de yingwen shi \" {answer!} \""
            }
            (Language::Chinese, _) => "\" {operand} \" de fawen shi \" {answer!} \"",
        })
        .done()
}

pub(super) fn evaluations(world: &World, random: &mut Random) -> Vec<EvalSet> {
    let operands: Vec<Operand> =
        (0..world.languages.pairs.len()).flat_map(|pair| [(pair, 0), (pair, 1)]).collect();
    let [mut trained, mut missing, mut synonyms, mut entries] = [const { Vec::new() }; 4];
    for language in Language::ALL {
        for operand in &operands {
            let example = antonym(world, *operand, language, language);
            if world.languages.missing[operand.0] == Some(language) {
                missing.push(Example { split: Split::MissingLanguage, ..example });
            } else {
                trained.push(example);
            }
            if Languages::synonym(operand.0).is_some() {
                synonyms.push(synonym(world, *operand, language));
            }
            entries.extend(
                others(language).into_iter().map(|into| entry(world, *operand, language, into)),
            );
        }
    }
    let set = |name, required, examples: Vec<Example>| EvalSet {
        task: Task::Antonyms,
        split: examples[0].split,
        name,
        model: Recipe::Base,
        required,
        items: examples.into_iter().map(EvalItem::answer).collect(),
    };
    vec![
        set("antonym", Required::AtLeast(0.99), trained),
        set("antonym", Required::AtLeast(0.8), missing),
        set("synonym", Required::Reported, synonyms),
        set("dictionary", Required::Reported, sample(&entries, N_PER_SET, random)),
    ]
}
