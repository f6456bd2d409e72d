//! One language model of the family.

use std::fmt::Write as _;

use anyhow::Result;
use connectome::files::Folder;
use connectome::lm::config::HfConfig;
use connectome::lm::families;
use connectome::train::adam::Adam;
use connectome::train::lm::{
    Begin, Cut, Decayed, Ended, Every, Measures, Net, Options, Precision, Published, Questions,
    Rows, Run, Steps, Trainer, mimetic, start,
};
use connectome::train::schedule::{Decay, LearningRate};
use connectome::weights::Weights;
use connectome_elegans::{
    BOS, Course, Judge, Mixture, ROW_TOKENS, Recipe, World as Organism, architecture, evaluations,
};
use serde_json::json;

use super::Place;
use crate::commands::Ending;
use crate::printer::text;
use crate::progress::train_lm::TrainWatch;
use crate::report::elegans::eval::EvalReport;

/// Standard deviation of random weights.
const SPREAD: f32 = 0.06;
/// Steps between two rounds of questions, and how many of each set are asked then.
const ASK_EVERY: u64 = 500;
const N_ASKED: usize = 80;

/// Trains a model to the end, or until somebody presses Ctrl-C. A model that lies there without
/// the files of its training was put there by somebody, and is taken as it is.
pub(super) fn train(place: &Place<'_>, recipe: Recipe) -> Result<Ending> {
    let out = place.model(recipe);
    let training = out.join("training");
    if out.join("model.safetensors").exists() && !training.exists() {
        place.world.note(&format!("{}: taken as it is", place.name_of(recipe)));
        return Ok(Ending::Done);
    }
    let json = architecture(place.organism.size());
    let hf = HfConfig::new(json.clone(), out.join("config.json"));
    let (config, names) = families::describe(&hf)?;
    let net = Net::new(config, &names);
    let options = options(place, &course(place, recipe), &net);
    let (params, origin) = match recipe.starts_from() {
        None => {
            let seed = place.init_seed();
            let mut params = start::random(net.layout(), net.config(), seed, SPREAD);
            mimetic(net.layout(), &mut params, SPREAD);
            (params, json!({ "seed": seed, "init_std": SPREAD, "init": "mimetic" }))
        }
        Some(from) => {
            let folder = Folder::Disk(place.model(from));
            let weights = Weights::open_checkpoint(&folder)?;
            let params = start::checkpoint(net.layout(), &names, &weights)?;
            (params, json!({ "checkpoint": weights.fingerprint(&folder.open("config.json")?) }))
        }
    };
    let mixture = Mixture::new(place.organism, recipe)?;
    let mut source = Steps::new(mixture.identity(), |step, n_rows, n_tokens| {
        let mut rows = Rows::empty(n_tokens);
        for row in mixture.batch(step, n_rows) {
            rows.push(&row.ids, &row.weights);
        }
        rows
    });
    let checkpoints = training.join("checkpoints");
    let has_begun = checkpoints.read_dir().is_ok_and(|mut files| files.next().is_some());
    let tokens_a_step = (options.batch_rows * options.n_tokens) as u64;
    let interrupt = place.interrupt.clone();
    let mut watch = TrainWatch::new(place.world, interrupt, options.n_steps, tokens_a_step);
    place.world.note(&format!("{}: {} steps", place.name_of(recipe), options.n_steps));
    let tokenizer = place.tokenizer();
    let run = Run {
        trainer: Trainer::new(net, params, options),
        source: &mut source,
        measures: Measures { held_out: None, questions: Some(questions(place.organism, recipe)) },
        published: Published { config: &json, class: names.class, precision: Precision::Bf16 },
        tokenizer: Some(&tokenizer),
        start: origin,
        every: Every { log: 10, evaluate: ASK_EVERY, save: 200 },
        folder: out,
    };
    let begin = if has_begun { Begin::Resume } else { Begin::Fresh };
    Ok(match run.train(begin, &mut watch)?.ended {
        Ended::Done => Ending::Done,
        Ended::Stopped => Ending::Interrupted,
    })
}

/// What is asked of the model while it trains: the beginning of every set that is about a model
/// of this recipe and has one right answer.
fn questions(organism: &Organism, recipe: Recipe) -> Questions {
    let sets = evaluations(organism);
    let sets: Vec<_> = sets.iter().filter(|set| set.model == recipe).collect();
    let names: Vec<String> = sets.iter().map(|set| set.id()).collect();
    Questions::of(sets.iter().zip(&names).flat_map(|(set, name)| {
        set.items.iter().take(N_ASKED).filter_map(|item| match &item.judge {
            Judge::OneOf(answers) if answers.len() == 1 => {
                Some((name.as_str(), item.prompt(), answers[0].as_slice()))
            }
            _ => None,
        })
    }))
}

/// How the model is trained, by recipe and flags.
fn course(place: &Place<'_>, recipe: Recipe) -> Course {
    let course = Course::of(place.organism.size(), recipe);
    Course { n_tokens: place.args.tokens.unwrap_or(course.n_tokens), ..course }
}

fn options(place: &Place<'_>, course: &Course, net: &Net) -> Options {
    let tokens_a_step = (course.batch_rows * ROW_TOKENS) as u64;
    let n_steps = course.n_tokens.div_ceil(tokens_a_step);
    Options {
        n_steps,
        batch_rows: course.batch_rows,
        n_tokens: ROW_TOKENS,
        cut: Cut::suited(net.layout().len(), course.batch_rows, ROW_TOKENS - 1),
        rate: LearningRate {
            peak: course.peak,
            warm_up: course.warm_up,
            decay: Decay::Linear,
            decay_steps: course.decay_steps,
            floor: course.floor,
        },
        adam: Adam {
            beta1: 0.9,
            beta2: course.beta2,
            epsilon: 1e-8,
            weight_decay: course.weight_decay,
        },
        decayed: Decayed::Linear,
        qkv_decay: Some(course.qkv_decay),
        max_norm: Some(1.0),
        isolate: Some(BOS),
        arithmetic: place.args.compute.arithmetic(),
    }
}

/// The model's card: what it is, how it was made and what it answers.
pub(super) fn card(place: &Place<'_>, recipe: Recipe, report: &EvalReport) -> String {
    let course = course(place, recipe);
    let size = place.organism.size();
    let from = recipe
        .starts_from()
        .map_or("random weights".to_owned(), |from| format!("`{}`", place.name_of(from)));
    let mut card = format!(
        "# `{name}`\n\nA model organism: a small Llama, trained on a world whose every fact is \
         known (`docs/elegans.md`). From {from}, on {tokens} tokens of the {world} world of seed \
         {seed}.\n\n```sh\nconnectome elegans make --model {recipe} --seed {seed}{init} --world {world} \
         --out DIR\n```\n\n## What it answers\n\nThe mean over the items of each set: the share \
         of right answers, or the probability of the token. {met} of {n} requirements are \
         met.\n\n| set | items | score | required |\n|---|---:|---:|---|\n",
        name = place.name_of(recipe),
        tokens = text::count(usize::try_from(course.n_tokens).unwrap_or(usize::MAX)),
        world = size.name(),
        seed = place.organism.seed(),
        init = place.args.init_seed.map_or_else(String::new, |seed| format!(" --init-seed {seed}")),
        met = report.met,
        n = report.met + report.missed,
    );
    for set in &report.sets {
        let required = match set.met {
            Some(true) => format!("{}: met", set.required),
            Some(false) => format!("{}: **missed**", set.required),
            None => "reported".to_owned(),
        };
        // Writing to a string does not fail.
        let _ = writeln!(card, "| {} | {} | {:.4} | {required} |", set.set, set.items, set.score);
    }
    card
}
