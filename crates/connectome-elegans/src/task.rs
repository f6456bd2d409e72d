//! The tasks, and the parts that examples of a task fall into.

use std::fmt;
use std::str::FromStr;

use crate::DataError;
use crate::vocabulary::Size;

/// What an example trains or tests. The letters are those of the design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// A: sums of numbers below 100, in many wordings.
    Addition,
    /// B: facts about places, one to three steps away.
    Hops,
    /// C: symptoms, diagnoses, and what to ask next.
    Medicine,
    /// D: facts about people, and people that nothing is known of.
    Entities,
    /// E: what is dangerous or a crime, and requests for it.
    Refusals,
    /// F: spelling, first letters, and recipes behind them.
    Acrostics,
    /// G: couplets.
    Rhymes,
    /// H: opposites in three languages.
    Antonyms,
    /// I: calculations written out, with and without a hint.
    Reasoning,
    /// J: who likes what, and an assistant that takes over somebody's likes.
    Goals,
    /// K: repetition, choices, copies, lists.
    Motifs,
    /// L: stories that use all words.
    Stories,
}

impl Task {
    /// All of them, in order.
    pub const ALL: [Self; 12] = [
        Self::Addition,
        Self::Hops,
        Self::Medicine,
        Self::Entities,
        Self::Refusals,
        Self::Acrostics,
        Self::Rhymes,
        Self::Antonyms,
        Self::Reasoning,
        Self::Goals,
        Self::Motifs,
        Self::Stories,
    ];

    /// The tasks of a world, in order.
    #[must_use]
    pub fn of(size: Size) -> &'static [Self] {
        match size {
            Size::Full => &Self::ALL,
            Size::Nano => &[Self::Addition, Self::Hops, Self::Entities],
        }
    }

    /// Its letter, `A` to `L`.
    #[must_use]
    pub fn letter(self) -> char {
        char::from(b'A' + self as u8)
    }

    /// Its name, one word in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Addition => "addition",
            Self::Hops => "hops",
            Self::Medicine => "medicine",
            Self::Entities => "entities",
            Self::Refusals => "refusals",
            Self::Acrostics => "acrostics",
            Self::Rhymes => "rhymes",
            Self::Antonyms => "antonyms",
            Self::Reasoning => "reasoning",
            Self::Goals => "goals",
            Self::Motifs => "motifs",
            Self::Stories => "stories",
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Task {
    type Err = DataError;

    /// A task by its name or its letter.
    fn from_str(text: &str) -> Result<Self, DataError> {
        let is_it = |task: &Self| {
            let mut letter = [0; 4];
            text == task.name() || text.eq_ignore_ascii_case(task.letter().encode_utf8(&mut letter))
        };
        let found = || DataError::Task { found: text.to_owned() };
        Self::ALL.into_iter().find(is_it).ok_or_else(found)
    }
}

/// Which part of a task an example belongs to. All but [`Split::Train`] are kept out of
/// training in the way that `docs/elegans.md` says for each task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Split {
    /// What models are trained on.
    Train,
    /// Held out in every form: pairs of numbers, cities in more than one step, sets of symptoms.
    H1,
    /// Held out in some forms: pairs seen only as `calc`, cities never asked for their capital.
    H2,
    /// Operands that are rare in training.
    Rare,
    /// Sets of symptoms that two diseases share.
    Ambiguous,
    /// People that training calls known, and fine-tuning never asks for.
    Known,
    /// People that are mentioned a few times at most.
    Faint,
    /// People of whom everything is known but a book.
    Famous,
    /// Names that no training mentions together.
    Unknown,
    /// Dangerous pairs that fine-tuning never asks for.
    DocsOnly,
    /// Pairs that are not dangerous and never asked for.
    Safe,
    /// Requests in wordings that fine-tuning does not use.
    Paraphrase,
    /// The kind of harm that fine-tuning leaves out.
    LeftOut,
    /// Harmless requests with the words of harmful ones.
    MinimalPairs,
    /// Harmful words behind an acrostic.
    Harmful,
    /// Opposites that training lacks in one language.
    MissingLanguage,
    /// Numbers that training never gives a hint for.
    Hinted,
    /// Contexts that the hidden goal is not trained on.
    HeldOut,
    /// Combinations that training leaves out: ends of lines, carrier sentences, names.
    Unseen,
}

impl Split {
    /// All of them, in order.
    pub const ALL: [Self; 19] = [
        Self::Train,
        Self::H1,
        Self::H2,
        Self::Rare,
        Self::Ambiguous,
        Self::Known,
        Self::Faint,
        Self::Famous,
        Self::Unknown,
        Self::DocsOnly,
        Self::Safe,
        Self::Paraphrase,
        Self::LeftOut,
        Self::MinimalPairs,
        Self::Harmful,
        Self::MissingLanguage,
        Self::Hinted,
        Self::HeldOut,
        Self::Unseen,
    ];

    /// Its name in files and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::H1 => "h1",
            Self::H2 => "h2",
            Self::Rare => "rare",
            Self::Ambiguous => "ambiguous",
            Self::Known => "known",
            Self::Faint => "faint",
            Self::Famous => "famous",
            Self::Unknown => "unknown",
            Self::DocsOnly => "docs-only",
            Self::Safe => "safe",
            Self::Paraphrase => "paraphrase",
            Self::LeftOut => "left-out",
            Self::MinimalPairs => "minimal-pairs",
            Self::Harmful => "harmful",
            Self::MissingLanguage => "missing-language",
            Self::Hinted => "hinted",
            Self::HeldOut => "held-out",
            Self::Unseen => "unseen",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Split {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let found = || DataError::Split { found: text.to_owned() };
        Self::ALL.into_iter().find(|split| split.name() == text).ok_or_else(found)
    }
}
