//! Diseases as sets of five symptoms.
//!
//! Every symptom belongs to two diseases, so that none gives the diagnosis by itself, and no two
//! diseases share three, so that any three do. The exception is made on purpose: six pairs of
//! twins share exactly three symptoms, and with those the diagnosis is open unless a cue
//! (a pregnancy, the blood pressure) decides it.

use crate::random::Random;
use crate::words::medicine as words;

pub(crate) const N_SYMPTOMS: usize = 5;
const N_TWINS: usize = 12;
const N_SHARED: usize = 3;
/// Of a disease's ten sets of three, so many are seen in no form.
const N_HELD_OUT: usize = 2;
/// So many diseases are never the answer to symptoms when training asks what to ask about.
const N_NOT_ASKED: usize = 5;

/// What decides between twins; it speaks for the first of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cue {
    Pregnant,
    /// Blood pressure of at least [`Cue::HIGH`]; a lower one speaks for the second twin.
    Pressure,
}

impl Cue {
    pub(crate) const HIGH: usize = 140;
}

#[derive(Clone, Debug)]
pub(crate) struct Disease {
    pub(crate) name: &'static str,
    /// Ascending places in the list of symptoms.
    pub(crate) symptoms: [usize; N_SYMPTOMS],
    pub(crate) twin: Option<usize>,
    /// Sets of three that no training shows with this disease.
    pub(crate) held_out: Vec<[usize; 3]>,
    /// Whether training asks what to ask about, given symptoms of this disease.
    pub(crate) is_asked: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Medicine {
    pub(crate) diseases: Vec<Disease>,
}

impl Medicine {
    pub(super) fn new(random: &mut Random) -> Self {
        let sets = loop {
            let sets = draw_sets(random);
            if is_sound(&sets) {
                break sets;
            }
        };
        let not_asked: Vec<usize> = random
            .distinct(N_NOT_ASKED, words::DISEASES.len() - N_TWINS)
            .into_iter()
            .map(|at| N_TWINS + at)
            .collect();
        let disease = |(at, symptoms): (usize, [usize; N_SYMPTOMS])| {
            let twin = (at < N_TWINS).then_some(at ^ 1);
            let open = twin.map(|twin| shared(&symptoms, &sets[twin]));
            let mut triples = triples(&symptoms);
            triples.retain(|triple| Some(triple.as_slice()) != open.as_deref());
            let held_out = random.distinct(N_HELD_OUT, triples.len());
            Disease {
                name: words::DISEASES[at],
                symptoms,
                twin,
                held_out: held_out.into_iter().map(|at| triples[at]).collect(),
                is_asked: !not_asked.contains(&at),
            }
        };
        Self { diseases: sets.clone().into_iter().enumerate().map(disease).collect() }
    }

    pub(crate) fn symptom(at: usize) -> &'static str {
        words::SYMPTOMS[at]
    }

    /// All diseases that have these symptoms.
    pub(crate) fn with(&self, symptoms: &[usize]) -> Vec<usize> {
        let has_all = |at: &usize| {
            symptoms.iter().all(|symptom| self.diseases[*at].symptoms.contains(symptom))
        };
        (0..self.diseases.len()).filter(has_all).collect()
    }

    /// What the cue of a disease is, if it is a twin.
    pub(crate) fn cue(&self, disease: usize) -> Option<Cue> {
        self.diseases[disease].twin?;
        Some(if disease < N_TWINS / 2 { Cue::Pregnant } else { Cue::Pressure })
    }

    /// Sets of three symptoms of a disease that training may show.
    pub(crate) fn trained(&self, disease: usize) -> Vec<[usize; 3]> {
        let disease = &self.diseases[disease];
        let mut triples = triples(&disease.symptoms);
        triples.retain(|triple| !disease.held_out.contains(triple));
        triples
    }
}

/// All sets of three, each ascending.
pub(crate) fn triples(symptoms: &[usize; N_SYMPTOMS]) -> Vec<[usize; 3]> {
    let mut all = Vec::new();
    for a in 0..N_SYMPTOMS {
        for b in a + 1..N_SYMPTOMS {
            for c in b + 1..N_SYMPTOMS {
                all.push([symptoms[a], symptoms[b], symptoms[c]]);
            }
        }
    }
    all
}

fn shared(one: &[usize], other: &[usize]) -> Vec<usize> {
    one.iter().copied().filter(|symptom| other.contains(symptom)).collect()
}

/// Twins share symptoms that nobody else has; all others are dealt out twice.
fn draw_sets(random: &mut Random) -> Vec<[usize; N_SYMPTOMS]> {
    let mut symptoms = random.distinct(words::SYMPTOMS.len(), words::SYMPTOMS.len());
    let common = symptoms.split_off(symptoms.len() - N_SHARED * N_TWINS / 2);
    let mut twice = [symptoms.clone(), symptoms].concat();
    random.shuffle(&mut twice);
    let mut deal = twice.into_iter();
    let mut set = |at: usize| {
        let of_twins = if at < N_TWINS { &common[at / 2 * N_SHARED..][..N_SHARED] } else { &[] };
        let own = deal.by_ref().take(N_SYMPTOMS - of_twins.len());
        let mut set: Vec<usize> = of_twins.iter().copied().chain(own).collect();
        set.sort_unstable();
        set.try_into().expect("there are exactly as many as are dealt")
    };
    (0..words::DISEASES.len()).map(&mut set).collect()
}

/// Whether sets have five different symptoms each, and only twins share three.
fn is_sound(sets: &[[usize; N_SYMPTOMS]]) -> bool {
    let differ = sets.iter().all(|set| set.windows(2).all(|pair| pair[0] < pair[1]));
    let pairs = (0..sets.len()).flat_map(|a| (a + 1..sets.len()).map(move |b| (a, b)));
    let mut overlaps = pairs.map(|(a, b)| (a, b, shared(&sets[a], &sets[b]).len()));
    differ
        && overlaps.all(|(a, b, n)| {
            let twins = b < N_TWINS && a ^ 1 == b;
            if twins { n == N_SHARED } else { n < N_SHARED }
        })
}
