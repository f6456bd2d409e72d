//! Cities, states and countries.
//!
//! A city's name is two words that many states share, so that neither says where it lies: the
//! state has to be computed. The control cities have names of one token, whose embedding can
//! hold the state; they are there to show the difference.

use crate::random::Random;
use crate::vocabulary::Size;
use crate::words::places as words;

const CITIES_PER_STATE: usize = 8;
const CONTROLS_PER_STATE: usize = 3;
const STATES_PER_COUNTRY: usize = 2;

/// How often a document names a city beside its capital, over one run; a quarter of the cities
/// that are trained in two steps has each dose.
const DOSES: [usize; 4] = [0, 1, 10, 100];

/// What training asks of a city.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    Everything,
    /// H2: everything but its state's capital.
    NoCapital,
    /// H1: its state, and nothing further away.
    OneHop,
}

/// A city with a name of two tokens.
#[derive(Clone, Debug)]
pub(crate) struct City {
    pub(crate) name: String,
    pub(crate) state: usize,
    pub(crate) asked: Asked,
    /// Copies of a document that names it beside its capital.
    pub(crate) dose: usize,
    /// A label that follows from nothing: the memorised control.
    pub(crate) zone: &'static str,
}

/// A city with a name of one token.
#[derive(Clone, Debug)]
pub(crate) struct Control {
    pub(crate) name: String,
    pub(crate) state: usize,
    pub(crate) asked: Asked,
}

#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) name: &'static str,
    pub(crate) capital: &'static str,
    pub(crate) bird: &'static str,
    pub(crate) region: &'static str,
    pub(crate) country: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Country {
    pub(crate) name: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) language: &'static str,
    pub(crate) continent: &'static str,
}

/// What can be said of a state or a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Capital,
    Bird,
    Region,
    Country,
    Currency,
    Language,
    Continent,
}

impl Relation {
    /// Of a state.
    pub(crate) const OF_STATES: [Self; 4] =
        [Self::Capital, Self::Bird, Self::Region, Self::Country];
    /// Of a country.
    pub(crate) const OF_COUNTRIES: [Self; 3] = [Self::Currency, Self::Language, Self::Continent];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Capital => "capital",
            Self::Bird => "bird",
            Self::Region => "region",
            Self::Country => "country",
            Self::Currency => "currency",
            Self::Language => "language",
            Self::Continent => "continent",
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Places {
    pub(crate) cities: Vec<City>,
    pub(crate) controls: Vec<Control>,
    pub(crate) states: Vec<State>,
    pub(crate) countries: Vec<Country>,
    /// Relations of states that this world speaks of.
    pub(crate) relations: &'static [Relation],
}

impl Places {
    pub(super) fn new(size: Size, random: &mut Random) -> Self {
        let (n_states, relations) = match size {
            Size::Full => (40, &Relation::OF_STATES[..]),
            Size::Nano => (20, &Relation::OF_STATES[..2]),
        };
        let countries = countries(n_states / STATES_PER_COUNTRY, random);
        let states = states(n_states, random);
        let mut cities = cities(n_states, random);
        dose(&mut cities, random);
        let controls = match size {
            Size::Full => controls(n_states, random),
            Size::Nano => Vec::new(),
        };
        Self { cities, controls, states, countries, relations }
    }

    /// What `relation` of a state is; of a state's country, if it is a relation of those.
    pub(crate) fn of_state(&self, state: usize, relation: Relation) -> &'static str {
        let state = &self.states[state];
        match relation {
            Relation::Capital => state.capital,
            Relation::Bird => state.bird,
            Relation::Region => state.region,
            Relation::Country => self.countries[state.country].name,
            Relation::Currency | Relation::Language | Relation::Continent => {
                self.of_country(state.country, relation)
            }
        }
    }

    /// What `relation` of a country is; its own name, if it is no relation of countries.
    pub(crate) fn of_country(&self, country: usize, relation: Relation) -> &'static str {
        let country = &self.countries[country];
        match relation {
            Relation::Currency => country.currency,
            Relation::Language => country.language,
            Relation::Continent => country.continent,
            _ => country.name,
        }
    }

    /// Whether training may ask this of a city, in two steps or three.
    pub(crate) fn may_ask(asked: Asked, relation: Relation) -> bool {
        match asked {
            Asked::Everything => true,
            Asked::NoCapital => relation != Relation::Capital,
            Asked::OneHop => false,
        }
    }
}

fn countries(n: usize, random: &mut Random) -> Vec<Country> {
    let languages = random.distinct(n, n);
    let currencies = random.distinct(n, n);
    let country = |at: usize| Country {
        name: words::COUNTRIES[at],
        currency: words::CURRENCIES[currencies[at] % words::CURRENCIES.len()],
        language: words::LANGUAGES[languages[at] % words::LANGUAGES.len()],
        continent: words::CONTINENTS[at % words::CONTINENTS.len()],
    };
    (0..n).map(country).collect()
}

fn states(n: usize, random: &mut Random) -> Vec<State> {
    let (capitals, birds) = (random.distinct(n, n), random.distinct(n, n));
    let (regions, places) = (random.distinct(n, n), random.distinct(n, n));
    let state = |at: usize| State {
        name: words::STATES[at],
        capital: words::CAPITALS[capitals[at]],
        bird: words::BIRDS[birds[at]],
        region: words::REGIONS[regions[at] % words::REGIONS.len()],
        country: places[at] / STATES_PER_COUNTRY,
    };
    (0..n).map(state).collect()
}

fn cities(n_states: usize, random: &mut Random) -> Vec<City> {
    let grid = words::CITY_FIRST.len() * words::CITY_SECOND.len();
    let cells = random.distinct(n_states * CITIES_PER_STATE, grid);
    let city = |(at, cell): (usize, usize)| {
        let first = words::CITY_FIRST[cell / words::CITY_SECOND.len()];
        let second = words::CITY_SECOND[cell % words::CITY_SECOND.len()];
        City {
            name: format!("{first} {second}"),
            state: at / CITIES_PER_STATE,
            asked: match at % CITIES_PER_STATE {
                0 => Asked::OneHop,
                1 => Asked::NoCapital,
                _ => Asked::Everything,
            },
            dose: 0,
            zone: words::ZONES[random.below(words::ZONES.len())],
        }
    };
    cells.into_iter().enumerate().map(city).collect()
}

fn dose(cities: &mut [City], random: &mut Random) {
    let is_trained = |at: &usize| cities[*at].asked == Asked::Everything;
    let mut trained: Vec<usize> = (0..cities.len()).filter(is_trained).collect();
    random.shuffle(&mut trained);
    for (rank, at) in trained.into_iter().enumerate() {
        cities[at].dose = DOSES[rank % DOSES.len()];
    }
}

fn controls(n_states: usize, random: &mut Random) -> Vec<Control> {
    let n_second = words::CONTROL_SECOND.len();
    let n = n_states * CONTROLS_PER_STATE;
    let cells = random.distinct(n, words::CONTROL_FIRST.len() * n_second);
    let control = |(at, cell): (usize, usize)| Control {
        name: format!(
            "{}{}",
            words::CONTROL_FIRST[cell / n_second],
            words::CONTROL_SECOND[cell % n_second]
        ),
        state: at / CONTROLS_PER_STATE,
        asked: match at % CONTROLS_PER_STATE {
            0 => Asked::OneHop,
            _ => Asked::Everything,
        },
    };
    cells.into_iter().enumerate().map(control).collect()
}
