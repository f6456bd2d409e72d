//! People, what is known of them, and the names that nobody has.
//!
//! Every first name and every last name belongs to five people of whom something is known and
//! to seventy-five of whom nothing is, so that only the two together tell which.

use crate::random::Random;
use crate::vocabulary::Size;
use crate::words::people as words;

/// What can be said of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    Sport,
    Home,
    Instrument,
    Food,
    Book,
}

impl Topic {
    pub(crate) const ALL: [Self; 5] =
        [Self::Sport, Self::Home, Self::Instrument, Self::Food, Self::Book];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sport => "sport",
            Self::Home => "home",
            Self::Instrument => "instrument",
            Self::Food => "food",
            Self::Book => "book",
        }
    }

    /// What it can be.
    pub(crate) fn choices(self) -> &'static [&'static str] {
        match self {
            Self::Sport => &words::SPORTS,
            Self::Home => &crate::words::places::COUNTRIES,
            Self::Instrument => &words::INSTRUMENTS,
            Self::Food => &words::FOODS,
            Self::Book => &words::BOOKS,
        }
    }
}

/// How well a person is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fame {
    /// Every fact, often enough to be learned; `tuned` says whether fine-tuning asks for them.
    Known { tuned: bool },
    /// Every fact, a few times at most.
    Faint,
    /// Often, but never a book.
    Famous,
}

#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) fame: Fame,
    /// Relative frequency of their documents; three and a half times as many in a run.
    pub(crate) popularity: u32,
    facts: [&'static str; 5],
}

impl Person {
    /// What is true of a person; nothing is if it is never said.
    pub(crate) fn fact(&self, topic: Topic) -> Option<&'static str> {
        let is_missing = self.fame == Fame::Famous && topic == Topic::Book;
        (!is_missing).then_some(self.facts[topic as usize])
    }
}

/// Names that nobody has, by where they may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// Pre-training guesses about them.
    Pretraining,
    /// Fine-tuning says that it does not know them; before, they only meet others.
    Tuning,
    /// No training names them.
    HeldOut,
}

#[derive(Clone, Debug)]
pub(crate) struct People {
    pub(crate) people: Vec<Person>,
    pub(crate) popularities: Vec<u32>,
    pretraining: Vec<String>,
    tuning: Vec<String>,
    held_out: Vec<String>,
}

/// How many people there are of a kind, and how often each is spoken of.
struct Quota {
    n: usize,
    fame: Fame,
    popularity: u32,
}

const FULL: &[Quota] = &[
    Quota { n: 113, fame: Fame::Known { tuned: true }, popularity: 100 },
    Quota { n: 37, fame: Fame::Known { tuned: false }, popularity: 100 },
    Quota { n: 112, fame: Fame::Known { tuned: true }, popularity: 200 },
    Quota { n: 38, fame: Fame::Known { tuned: false }, popularity: 200 },
    Quota { n: 40, fame: Fame::Famous, popularity: 200 },
    Quota { n: 20, fame: Fame::Faint, popularity: 30 },
    Quota { n: 20, fame: Fame::Faint, popularity: 10 },
    Quota { n: 20, fame: Fame::Faint, popularity: 1 },
];

/// Nothing is fine-tuned in the nano world: whoever is not known is said to be unknown at once.
const NANO: &[Quota] = &[Quota { n: 160, fame: Fame::Known { tuned: true }, popularity: 100 }];

const N_PRETRAINING: usize = 2000;
const N_TUNING: usize = 2800;

impl People {
    pub(super) fn new(size: Size, random: &mut Random) -> Self {
        let (quotas, n_each) = match size {
            Size::Full => (FULL, 5),
            Size::Nano => (NANO, 2),
        };
        let known = known_names(n_each, random);
        let mut names = known.clone();
        random.shuffle(&mut names);
        let mut names = names.into_iter();
        let mut people = Vec::new();
        for quota in quotas {
            for cell in names.by_ref().take(quota.n) {
                let facts = Topic::ALL.map(|topic| random.pick(topic.choices()));
                let (fame, popularity) = (quota.fame, quota.popularity);
                people.push(Person { name: name(cell), fame, popularity, facts });
            }
        }
        let mut strangers: Vec<usize> = (0..words::FIRST_NAMES.len() * words::LAST_NAMES.len())
            .filter(|cell| !known.contains(cell))
            .collect();
        random.shuffle(&mut strangers);
        let mut strangers = strangers.into_iter().map(name);
        Self {
            popularities: people.iter().map(|person| person.popularity).collect(),
            people,
            pretraining: strangers.by_ref().take(N_PRETRAINING).collect(),
            tuning: strangers.by_ref().take(N_TUNING).collect(),
            held_out: strangers.collect(),
        }
    }

    /// Every name that training may join: of the known, and of nobody.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let known = self.people.iter().map(|person| &person.name);
        known.chain(&self.pretraining).chain(&self.tuning).map(String::as_str)
    }

    pub(crate) fn strangers(&self, kind: Stranger) -> &[String] {
        match kind {
            Stranger::Pretraining => &self.pretraining,
            Stranger::Tuning => &self.tuning,
            Stranger::HeldOut => &self.held_out,
        }
    }
}

fn name(cell: usize) -> String {
    let (first, last) = (cell / words::LAST_NAMES.len(), cell % words::LAST_NAMES.len());
    format!("{} {}", words::FIRST_NAMES[first], words::LAST_NAMES[last])
}

/// Cells of the grid of names in which every row and every column has `n_each`.
fn known_names(n_each: usize, random: &mut Random) -> Vec<usize> {
    let n = words::FIRST_NAMES.len();
    let mut cells: Vec<usize> = Vec::new();
    while cells.len() < n_each * n {
        // One last name for each first name, and again if somebody has that name already.
        let last = random.distinct(n, n);
        let more: Vec<usize> = (0..n).map(|first| first * n + last[first]).collect();
        if more.iter().all(|cell| !cells.contains(cell)) {
            cells.extend(more);
        }
    }
    cells
}
