//! Opposites, and which of them training lacks in one language.

use crate::random::Random;
use crate::words::languages::{self as words, Pair};

/// So many pairs are missing in each language.
const N_MISSING_EACH: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    French,
    Chinese,
}

impl Language {
    pub(crate) const ALL: [Self; 3] = [Self::English, Self::French, Self::Chinese];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::English => "english",
            Self::French => "french",
            Self::Chinese => "chinese",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Languages {
    pub(crate) pairs: Vec<&'static Pair>,
    /// The language in which training never calls a pair opposites of each other.
    pub(crate) missing: Vec<Option<Language>>,
}

impl Languages {
    pub(super) fn new(random: &mut Random) -> Self {
        let pairs: Vec<&'static Pair> = words::pairs().collect();
        let mut missing = vec![None; pairs.len()];
        let drawn = random.distinct(N_MISSING_EACH * Language::ALL.len(), pairs.len());
        for (at, pair) in drawn.into_iter().enumerate() {
            missing[pair] = Some(Language::ALL[at % Language::ALL.len()]);
        }
        Self { pairs, missing }
    }

    /// A word: `side` 0 or 1 of a pair.
    pub(crate) fn word(&self, pair: usize, language: Language, side: usize) -> &'static str {
        self.pairs[pair][language as usize][side]
    }

    /// The pair that means the same, if there is one.
    pub(crate) fn synonym(pair: usize) -> Option<usize> {
        (pair < 2 * words::DOUBLE.len()).then_some(pair ^ 1)
    }
}
