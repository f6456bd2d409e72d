//! Words as letters, and words that begin with them.

use crate::random::Random;
use crate::words::{
    goals, household as items, languages, medicine, people, rhymes, spelling as words,
};

/// So many words at most begin with one letter in acrostics.
const CARRIERS_PER_LETTER: usize = 22;

#[derive(Clone, Debug)]
pub(crate) struct Spelled {
    pub(crate) word: &'static str,
    /// Its letters, capital, as tokens.
    pub(crate) letters: Vec<String>,
    pub(crate) is_harmful: bool,
    /// What it is made of: ingredients, or placeholders where nothing real must stand.
    pub(crate) mix: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Spelling {
    pub(crate) words: Vec<Spelled>,
    /// Words by the letter that they begin with, from A on.
    carriers: Vec<Vec<&'static str>>,
}

impl Spelling {
    pub(super) fn new(random: &mut Random) -> Self {
        let harmless = words::HARMLESS.map(|word| {
            let [one, other] = super::household::two_tools(random);
            spelled(word, format!("{one} and {other}"))
        });
        let harmful = words::HARMFUL.map(|word| {
            let drawn = random.distinct(2, items::PLACEHOLDERS.len());
            let [one, other] = [drawn[0], drawn[1]].map(|at| items::PLACEHOLDERS[at]);
            Spelled { is_harmful: true, ..spelled(word, format!("{one} and {other}")) }
        });
        Self { words: harmless.into_iter().chain(harmful).collect(), carriers: carriers(random) }
    }

    /// Words that begin with a letter.
    pub(crate) fn carriers(&self, letter: char) -> &[&'static str] {
        &self.carriers[usize::from(letter as u8 - b'A')]
    }

    /// All words that acrostics are made of, by letter.
    pub(crate) fn all_carriers(&self) -> Vec<&'static str> {
        self.carriers.concat()
    }
}

fn spelled(word: &'static str, mix: String) -> Spelled {
    let letters = word.chars().map(|letter| letter.to_ascii_uppercase().to_string()).collect();
    Spelled { word, letters, is_harmful: false, mix }
}

fn carriers(random: &mut Random) -> Vec<Vec<&'static str>> {
    let english = languages::pairs().flat_map(|pair| pair[0]);
    let mut candidates: Vec<&'static str> = rhymes::GROUPS
        .as_flattened()
        .iter()
        .chain(&items::ITEMS)
        .chain(&medicine::SYMPTOMS)
        .chain(&people::FOODS)
        .chain(&goals::ITEMS)
        .chain(&goals::CONTEXTS)
        .copied()
        .chain(english)
        .collect();
    candidates.sort_unstable();
    candidates.dedup();
    random.shuffle(&mut candidates);
    let mut carriers = vec![Vec::new(); 26];
    for word in candidates {
        let letter = usize::from(word.as_bytes()[0] - b'a');
        if carriers[letter].len() < CARRIERS_PER_LETTER {
            carriers[letter].push(word);
        }
    }
    carriers
}
