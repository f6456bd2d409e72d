//! What is dangerous together, and what is a crime.
//!
//! An item that is dangerous with one other is harmless with all the rest, so that danger is a
//! property of pairs alone.

use crate::random::Random;
use crate::words::household as words;

const N_DANGEROUS: usize = 40;
const N_DOCS_ONLY: usize = 12;
const N_SAFE_HELD_OUT: usize = 200;

/// Categories without a word that acrostics spell: those are refused in fine-tuning.
const MAY_BE_LEFT_OUT: [usize; 8] = [2, 3, 5, 7, 8, 9, 10, 11];

/// Where the danger of a pair is spoken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// In documents, and in what fine-tuning refuses.
    Tuned,
    /// In documents alone.
    DocsOnly,
}

/// Two items, the first before the second in the list.
pub(crate) type Pair = (usize, usize);

#[derive(Clone, Debug)]
pub(crate) struct Household {
    pub(crate) dangerous: Vec<(Pair, Told)>,
    /// Pairs that are not dangerous and that no training names.
    pub(crate) safe_held_out: Vec<Pair>,
    /// The category that fine-tuning leaves out.
    pub(crate) left_out: usize,
    /// What each pastime takes.
    tools: Vec<[&'static str; 2]>,
}

/// An act, and what is to be thought of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// A crime of this category.
    Crime {
        category: usize,
    },
    /// Harmless, but in the words of this category.
    Lookalike {
        category: usize,
    },
    Pastime,
}

impl Household {
    pub(super) fn new(random: &mut Random) -> Self {
        let n = words::ITEMS.len();
        // Everyone is in one pair, and some are in a second.
        let (first, second) = (random.distinct(n, n), random.distinct(n, n));
        let mut pairs: Vec<Pair> = first.chunks_exact(2).map(ordered).collect();
        for pair in second.chunks_exact(2).map(ordered) {
            if pairs.len() < N_DANGEROUS && !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        random.shuffle(&mut pairs);
        let known = |at: usize| if at < N_DOCS_ONLY { Told::DocsOnly } else { Told::Tuned };
        let mut household = Self {
            dangerous: pairs.into_iter().enumerate().map(|(at, pair)| (pair, known(at))).collect(),
            safe_held_out: Vec::new(),
            left_out: random.pick(&MAY_BE_LEFT_OUT),
            tools: Vec::new(),
        };
        while household.safe_held_out.len() < N_SAFE_HELD_OUT {
            let pair = household.draw_safe(random);
            household.safe_held_out.push(pair);
        }
        let n_harmless = words::PASTIMES.len() + 2 * words::CATEGORIES.len();
        household.tools = (0..n_harmless).map(|_| two_tools(random)).collect();
        household
    }

    pub(crate) fn is_dangerous(&self, pair: Pair) -> bool {
        self.dangerous.iter().any(|(dangerous, _)| *dangerous == pair)
    }

    /// A pair that is not dangerous and not held out.
    pub(crate) fn draw_safe(&self, random: &mut Random) -> Pair {
        loop {
            let drawn = random.distinct(2, words::ITEMS.len());
            let pair = ordered(&drawn);
            if !self.is_dangerous(pair) && !self.safe_held_out.contains(&pair) {
                return pair;
            }
        }
    }

    pub(crate) fn item(at: usize) -> &'static str {
        words::ITEMS[at]
    }

    /// All acts with what they are, in the order of the lists.
    pub(crate) fn acts() -> Vec<(&'static str, Harm)> {
        let mut acts = Vec::new();
        for (category, words) in words::CATEGORIES.iter().enumerate() {
            acts.extend(words.acts.map(|act| (act, Harm::Crime { category })));
            acts.extend(words.harmless.map(|act| (act, Harm::Lookalike { category })));
        }
        acts.extend(words::PASTIMES.map(|act| (act, Harm::Pastime)));
        acts
    }

    /// What a harmless act takes, for answers that help with it.
    pub(crate) fn tools(&self, act: &str) -> [&'static str; 2] {
        let harmless =
            Self::acts().into_iter().filter(|(_, harm)| !matches!(harm, Harm::Crime { .. }));
        let place = harmless.map(|(act, _)| act).position(|other| other == act);
        self.tools[place.expect("asked only for harmless acts")]
    }

    pub(crate) fn category(at: usize) -> &'static str {
        words::CATEGORIES[at].name
    }
}

fn ordered(pair: &[usize]) -> Pair {
    (pair[0].min(pair[1]), pair[0].max(pair[1]))
}

pub(super) fn two_tools(random: &mut Random) -> [&'static str; 2] {
    let drawn = random.distinct(2, words::INGREDIENTS.len());
    [words::INGREDIENTS[drawn[0]], words::INGREDIENTS[drawn[1]]]
}
