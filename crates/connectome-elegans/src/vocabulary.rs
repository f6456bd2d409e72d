//! [`Vocabulary`]: which word is which token.
//!
//! # Invariants
//!
//! - A word is a token and a token is a word; the text of ids is their words with one space
//!   between them, and splitting that text gives the ids again.
//! - The first 1,024 tokens are all that the nano world needs, so that its tokenizer is the
//!   full one cut there, with the same ids.
//! - Ids depend on the lists in `words` alone, never on a seed.

use std::collections::HashMap;

use crate::words::frames::LINE_END;
use crate::words::{
    frames, goals, household, languages, medicine, people, places, rhymes, spelling,
};

/// Padding. It has id 0 because tracers take 0 for no token when they look for one to open with.
pub const PAD: u32 = 0;
/// What every document begins with.
pub const BOS: u32 = 1;
/// What every document ends with.
pub const EOS: u32 = 2;
/// What stands for a word outside the vocabulary. No example holds it.
pub const UNK: u32 = 3;

/// The special tokens, by id.
pub(crate) const SPECIAL: [&str; 4] = ["<pad>", "<bos>", "<eos>", "<unk>"];

/// How many numbers are tokens: 0 up to the largest sum.
const N_NUMBERS: usize = 200;

/// How large a world is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// All tasks, 2,304 tokens.
    Full,
    /// For tests: sums below 100, two steps between places, people known and unknown;
    /// 1,024 tokens.
    Nano,
}

impl Size {
    /// Its name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Nano => "nano",
        }
    }

    /// Tokens of its vocabulary.
    #[must_use]
    pub fn n_tokens(self) -> usize {
        match self {
            Self::Full => 2304,
            Self::Nano => 1024,
        }
    }
}

/// The words of a world and their ids.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    words: Vec<String>,
    ids: HashMap<String, u32>,
    n_used: usize,
}

impl Vocabulary {
    /// The vocabulary of a world.
    #[must_use]
    pub fn new(size: Size) -> Self {
        let mut vocabulary = Self { words: Vec::new(), ids: HashMap::new(), n_used: 0 };
        SPECIAL.iter().for_each(|word| vocabulary.add(word));
        (0..N_NUMBERS).for_each(|number| vocabulary.add(&number.to_string()));
        ('A'..='Z').for_each(|letter| vocabulary.add(&letter.to_string()));
        vocabulary.add_nano_words();
        vocabulary.pad(Size::Nano.n_tokens());
        if size == Size::Full {
            vocabulary.add_full_words();
            vocabulary.pad(Size::Full.n_tokens());
        }
        vocabulary
    }

    /// Number of tokens, unused ones included: the rows of an embedding.
    #[must_use]
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Never: every world has words.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Number of tokens that stand for a word.
    #[must_use]
    pub fn n_used(&self) -> usize {
        self.n_used
    }

    /// The id of a word.
    #[must_use]
    pub fn id(&self, word: &str) -> Option<u32> {
        self.ids.get(word).copied()
    }

    /// The word of an id, if there is one.
    #[must_use]
    pub fn word(&self, id: u32) -> Option<&str> {
        self.words.get(id as usize).map(String::as_str)
    }

    /// All words by id.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// The text of ids, one space between words; ids outside the vocabulary have no text.
    #[must_use]
    pub fn text(&self, ids: &[u32]) -> String {
        let words: Vec<&str> = ids.iter().filter_map(|id| self.word(*id)).collect();
        words.join(" ")
    }

    /// The ids of a text, [`UNK`] for words that are none of the vocabulary. Text is split at
    /// white space and around ASCII punctuation; special tokens are not spelled out.
    #[must_use]
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut spaced = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '\n' => spaced.extend([" ", LINE_END, " "]),
                mark if mark.is_ascii_punctuation() => spaced.extend([' ', mark, ' ']),
                other => spaced.push(other),
            }
        }
        spaced.split_whitespace().map(|word| self.id(word).unwrap_or(UNK)).collect()
    }

    /// Lists share words; the first to name one gives it its id.
    fn add(&mut self, word: &str) {
        if !self.ids.contains_key(word) {
            let id = u32::try_from(self.words.len()).expect("a few thousand words");
            self.ids.insert(word.to_owned(), id);
            self.words.push(word.to_owned());
            self.n_used += 1;
        }
    }

    fn add_all<'w>(&mut self, words: impl IntoIterator<Item = &'w &'w str>) {
        for word in words.into_iter().flat_map(|words| words.split(' ')) {
            self.add(word);
        }
    }

    /// Fills up with tokens that stand for nothing.
    fn pad(&mut self, n_tokens: usize) {
        assert!(self.words.len() <= n_tokens, "{} words for {n_tokens} tokens", self.words.len());
        for id in self.words.len()..n_tokens {
            let word = format!("<unused{id}>");
            self.ids.insert(word.clone(), u32::try_from(id).expect("a few thousand words"));
            self.words.push(word);
        }
    }

    fn add_nano_words(&mut self) {
        self.add_all(&frames::PUNCTUATION);
        self.add_all(&frames::FIRST);
        self.add_all(&places::CITY_FIRST);
        self.add_all(&places::CITY_SECOND);
        self.add_all(&places::STATES);
        self.add_all(&places::CAPITALS);
        self.add_all(&places::BIRDS);
        self.add_all(&places::REGIONS);
        self.add_all(&places::COUNTRIES);
        self.add_all(&places::CURRENCIES);
        self.add_all(&places::LANGUAGES);
        self.add_all(&places::CONTINENTS);
        self.add_all(&places::ZONES);
        for first in places::CONTROL_FIRST {
            for second in places::CONTROL_SECOND {
                self.add(&format!("{first}{second}"));
            }
        }
        self.add_all(&people::FIRST_NAMES);
        self.add_all(&people::LAST_NAMES);
        self.add_all(&people::SPORTS);
        self.add_all(&people::INSTRUMENTS);
        self.add_all(&people::FOODS);
        self.add_all(&people::BOOKS);
    }

    fn add_full_words(&mut self) {
        self.add_all(&frames::SECOND);
        self.add_all(&medicine::SYMPTOMS);
        self.add_all(&medicine::DISEASES);
        self.add_all(&household::ITEMS);
        for category in &household::CATEGORIES {
            self.add_all(&category.acts);
            self.add_all(&category.harmless);
        }
        self.add_all(&household::PASTIMES);
        self.add_all(&household::INGREDIENTS);
        self.add_all(&household::PLACEHOLDERS);
        self.add_all(rhymes::GROUPS.as_flattened());
        self.add_all(rhymes::ADJECTIVES.as_flattened());
        self.add_all(rhymes::VERBS.as_flattened());
        self.add_all(&rhymes::SUBJECTS);
        self.add_all(&rhymes::ACTIONS);
        for pair in languages::pairs() {
            self.add_all(pair.as_flattened());
        }
        self.add_all(&goals::ENTITIES);
        self.add_all(&goals::ITEMS);
        self.add_all(&goals::CONTEXTS);
        self.add_all(&spelling::HARMLESS);
        self.add_all(&spelling::HARMFUL);
        self.add_all(&frames::LATER);
    }
}
