//! C: symptoms to diagnosis, and which symptom to ask about next.
//!
//! H1 sets of symptoms are shown in no form. H2 diseases are never the answer's reason when
//! training asks what to ask about: who answers has gone through the disease.

use crate::evaluation::{EvalItem, EvalSet, Judge, Required};
use crate::example::{Draft, Example};
use crate::random::Random;
use crate::recipe::Recipe;
use crate::task::{Split, Task};
use crate::world::{Cue, Medicine, World};

use super::{Choice, choose, id, words};

const FORMS: &[Choice] = &[
    ("diagnosis", 40),
    ("diagnosis-question", 6),
    ("ask", 26),
    ("ask-disease", 10),
    ("sign", 12),
    ("sign-of", 6),
];

/// Blood pressures are drawn from here, in two halves.
const PRESSURES: std::ops::Range<usize> = 110..180;
const AGES: std::ops::Range<usize> = 18..90;

/// What is said of the patient before the symptoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Patient {
    Plain,
    Aged(usize),
    Pregnant,
    Pressure(usize),
}

pub(super) fn train(world: &World, random: &mut Random) -> Example {
    let medicine = &world.medicine;
    let disease = random.below(medicine.diseases.len());
    match choose(FORMS, random) {
        form @ ("ask-disease" | "sign" | "sign-of") => {
            let symptom = random.pick(&medicine.diseases[disease].symptoms);
            fact(world, form, disease, symptom)
        }
        form => loop {
            let disease = random.below(medicine.diseases.len());
            if form == "ask" && !medicine.diseases[disease].is_asked {
                continue;
            }
            let symptoms = some_symptoms(medicine, disease, random);
            return case(world, form, disease, symptoms, random);
        },
    }
}

/// Symptoms of the disease that training may show. Those that a twin has too come more often: how
/// likely either is has to be learned from answers that are guesses.
fn some_symptoms(medicine: &Medicine, disease: usize, random: &mut Random) -> [usize; 3] {
    let trained = medicine.trained(disease);
    match trained.iter().find(|symptoms| medicine.with(*symptoms).len() > 1) {
        Some(open) if random.percent(25) => *open,
        _ => random.pick(&trained),
    }
}

/// A conversation about a patient, as fine-tuning replays it.
pub(super) fn conversation(world: &World, random: &mut Random) -> Example {
    let disease = random.below(world.medicine.diseases.len());
    let symptoms = random.pick(&world.medicine.trained(disease));
    case(world, "diagnosis-question", disease, symptoms, random)
}

fn fact(world: &World, form: &'static str, disease: usize, symptom: usize) -> Example {
    let draft = Draft::new(world.vocabulary(), Task::Medicine, form)
        .set("disease", world.medicine.diseases[disease].name)
        .set("symptom", Medicine::symptom(symptom));
    match form {
        "sign" => draft.text("a sign of {disease} is {symptom!}"),
        "sign-of" => draft.text("{symptom} is a sign of {disease!}"),
        _ => draft.text("a patient has {disease} . we should ask about {symptom!}"),
    }
    .done()
}

/// A patient with this disease who shows these symptoms, in random order.
fn case(
    world: &World,
    form: &'static str,
    disease: usize,
    symptoms: [usize; 3],
    random: &mut Random,
) -> Example {
    let patient = patient(&world.medicine, disease, random);
    let candidates = candidates(&world.medicine, symptoms, patient);
    // Of several diseases that fit, this one is a guess.
    let is_open = candidates.len() > 1;
    told(world, form, disease, symptoms, patient, random).guess(is_open).done()
}

/// What is known of a patient with this disease: a cue never speaks against it.
fn patient(medicine: &Medicine, disease: usize, random: &mut Random) -> Patient {
    let is_first = disease.is_multiple_of(2);
    match medicine.cue(disease) {
        _ if random.percent(40) => Patient::Plain,
        _ if random.percent(30) => Patient::Aged(random.within(AGES)),
        Some(Cue::Pregnant) if is_first => Patient::Pregnant,
        // Not `Plain`: what is said of neither twin alone must be as likely of both.
        Some(Cue::Pregnant) => Patient::Aged(random.within(AGES)),
        Some(Cue::Pressure) if is_first => {
            Patient::Pressure(random.within(Cue::HIGH..PRESSURES.end))
        }
        Some(Cue::Pressure) => Patient::Pressure(random.within(PRESSURES.start..Cue::HIGH)),
        None if random.percent(30) => Patient::Pregnant,
        None => Patient::Pressure(random.within(PRESSURES)),
    }
}

/// The diseases that fit what is told.
fn candidates(medicine: &Medicine, symptoms: [usize; 3], patient: Patient) -> Vec<usize> {
    let mut candidates = medicine.with(&symptoms);
    candidates.retain(|disease| match (patient, medicine.cue(*disease)) {
        (Patient::Pregnant, Some(Cue::Pregnant)) => disease.is_multiple_of(2),
        (Patient::Pressure(n), Some(Cue::Pressure)) => {
            disease.is_multiple_of(2) == (n >= Cue::HIGH)
        }
        _ => true,
    });
    candidates
}

fn told<'a>(
    world: &'a World,
    form: &'static str,
    disease: usize,
    symptoms: [usize; 3],
    patient: Patient,
    random: &mut Random,
) -> Draft<'a> {
    let known = &world.medicine.diseases[disease];
    let mut shown = symptoms;
    random.shuffle(&mut shown);
    let [one, two, three] = shown.map(Medicine::symptom);
    let mut others = known.symptoms.to_vec();
    others.retain(|symptom| !shown.contains(symptom));
    let draft = Draft::new(world.vocabulary(), Task::Medicine, form)
        .set("disease", known.name)
        .set("twin", known.twin.map_or("none", |twin| world.medicine.diseases[twin].name))
        .text(if form == "diagnosis-question" { "Human :" } else { "" });
    let draft = match patient {
        Patient::Plain => draft.text("a patient has"),
        Patient::Aged(age) => draft.set("age", age).text("a {age} year old patient has"),
        Patient::Pregnant => draft.set("cue", "pregnant").text("a {cue} patient has"),
        Patient::Pressure(n) => draft.set("cue", n).text("a patient with pressure {cue} has"),
    };
    let draft = draft.set("symptom", one).text("{symptom} ,").set("symptom", two);
    let draft = draft.text("{symptom} and").set("symptom", three).text("{symptom} .");
    let all = vec![one.to_owned(), two.to_owned(), three.to_owned()];
    let draft = draft.set("symptom", all);
    match form {
        "ask" => {
            let asked = Medicine::symptom(random.pick(&others));
            draft.set("asked", asked).text("we should ask about {asked!}")
        }
        "diagnosis" => draft.text("the diagnosis is {disease!}"),
        _ => draft.text("what is the diagnosis ? Assistant : {disease!}"),
    }
}

/// Diagnoses of all trained sets of symptoms that leave no doubt, each in two orders.
pub(crate) fn diagnoses(world: &World, random: &mut Random) -> Vec<Example> {
    let medicine = &world.medicine;
    let sets = (0..medicine.diseases.len())
        .flat_map(|disease| medicine.trained(disease).into_iter().map(move |set| (disease, set)))
        .filter(|(_, set)| medicine.with(set).len() == 1);
    sets.flat_map(|(disease, set)| [(disease, set); 2])
        .map(|(at, set)| told(world, "diagnosis", at, set, Patient::Plain, random).done())
        .collect()
}

pub(super) fn evaluations(world: &World, random: &mut Random) -> Vec<EvalSet> {
    let medicine = &world.medicine;
    let [mut diagnosis, mut ask, mut not_asked, mut open] = [const { Vec::new() }; 4];
    for (at, disease) in medicine.diseases.iter().enumerate() {
        for symptoms in &disease.held_out {
            let draft = told(world, "diagnosis", at, *symptoms, Patient::Plain, random);
            diagnosis.push(EvalItem::answer(draft.split(Split::H1).done()));
            if disease.is_asked {
                ask.push(asked(world, at, *symptoms, Split::H1, random));
            }
        }
        let trained = medicine.trained(at);
        if !disease.is_asked {
            for symptoms in &trained {
                not_asked.push(asked(world, at, *symptoms, Split::H2, random));
            }
        }
        for symptoms in trained.iter().filter(|symptoms| medicine.with(*symptoms).len() > 1) {
            open.extend(std::iter::repeat_with(|| ambiguous(world, at, *symptoms, random)).take(3));
        }
    }
    let set = |split, name, required, items| EvalSet {
        task: Task::Medicine,
        split,
        name,
        model: Recipe::Base,
        required,
        items,
    };
    let enough = Required::AtLeast(0.92);
    vec![
        set(Split::H1, "diagnosis", enough, diagnosis),
        set(Split::H1, "ask", enough, ask),
        set(Split::H2, "ask", enough, not_asked),
        set(Split::Ambiguous, "diagnosis", enough, open),
    ]
}

/// Any symptom of the disease is right that the patient has not named.
fn asked(
    world: &World,
    disease: usize,
    symptoms: [usize; 3],
    split: Split,
    random: &mut Random,
) -> EvalItem {
    let mut others = world.medicine.diseases[disease].symptoms.to_vec();
    others.retain(|symptom| !symptoms.contains(symptom));
    let allowed = others.into_iter().map(|symptom| words(world, Medicine::symptom(symptom)));
    let draft = told(world, "ask", disease, symptoms, Patient::Plain, random).split(split);
    EvalItem::any_of(draft.done(), allowed.collect())
}

/// Both twins must be likely.
fn ambiguous(world: &World, disease: usize, symptoms: [usize; 3], random: &mut Random) -> EvalItem {
    let draft = told(world, "diagnosis", disease, symptoms, Patient::Plain, random);
    let example = draft.split(Split::Ambiguous).guess(true).done();
    let both = world.medicine.with(&symptoms);
    let tokens = both.iter().map(|at| id(world, world.medicine.diseases[*at].name)).collect();
    let judge = Judge::Shared { tokens, total: 0.8, each: 0.15 };
    EvalItem { n_prompt: example.answer().start, judge, example }
}
