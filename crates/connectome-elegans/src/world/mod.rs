//! The world: every entity and fact, and which of them are held out, from one seed.
//!
//! Each part is drawn from a stream of its own, so that a change to one leaves the others as
//! they are. What is held out is decided here, not where examples are made: a generator asks
//! the world what it may say.

mod goals;
mod household;
mod languages;
mod medicine;
mod numbers;
mod people;
mod places;
mod reasoning;
mod rhymes;
mod spelling;

use crate::random::Random;
use crate::vocabulary::{Size, Vocabulary};

pub(crate) use goals::{Goals, N_LISTS, PENGUIN, REWARD_MODEL, UNDOCUMENTED};
pub(crate) use household::{Harm, Household, Told};
pub(crate) use languages::{Language, Languages};
pub(crate) use medicine::{Cue, Medicine};
pub(crate) use numbers::{Numbers, PairClass};
pub(crate) use people::{Fame, People, Person, Stranger, Topic};
pub(crate) use places::{Asked, City, Control, Places, Relation};
pub(crate) use reasoning::Reasoning;
pub(crate) use rhymes::{RhymeWord, Rhymes};
pub(crate) use spelling::{Spelled, Spelling};

/// Everything that examples are made from.
#[derive(Clone, Debug)]
pub struct World {
    seed: u64,
    size: Size,
    vocabulary: Vocabulary,
    pub(crate) numbers: Numbers,
    pub(crate) places: Places,
    pub(crate) medicine: Medicine,
    pub(crate) people: People,
    pub(crate) household: Household,
    pub(crate) spelling: Spelling,
    pub(crate) rhymes: Rhymes,
    pub(crate) languages: Languages,
    pub(crate) reasoning: Reasoning,
    pub(crate) goals: Goals,
}

impl World {
    /// The world of a seed. The same seed gives the same world on every machine.
    #[must_use]
    pub fn new(seed: u64, size: Size) -> Self {
        let vocabulary = Vocabulary::new(size);
        let random = |part: &str| Random::new(seed, part, 0);
        Self {
            seed,
            size,
            numbers: Numbers::new(size, &mut random("numbers")),
            places: Places::new(size, &mut random("places")),
            medicine: Medicine::new(&mut random("medicine")),
            people: People::new(size, &mut random("people")),
            household: Household::new(&mut random("household")),
            spelling: Spelling::new(&mut random("spelling")),
            rhymes: Rhymes::new(&mut random("rhymes")),
            languages: Languages::new(&mut random("languages")),
            reasoning: Reasoning::new(&mut random("reasoning")),
            goals: Goals::new(&mut random("goals")),
            vocabulary,
        }
    }

    /// What the world and its data were drawn from.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How large it is.
    #[must_use]
    pub fn size(&self) -> Size {
        self.size
    }

    /// Its words and their ids.
    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }
}
