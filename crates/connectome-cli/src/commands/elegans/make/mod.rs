//! `connectome elegans make`: the family of models, their dictionaries, and what they are worth.
//!
//! ```text
//! OUT/world.json, tokenizer/            the world that they are trained on
//! OUT/elegans-base, elegans-chat, ...   a model each, as `train lm` leaves it,
//!     evaluation.json, README.md        and what it answers
//! OUT/activations.jsonl                 documents that dictionaries are trained on
//! OUT/clt, OUT/plt                      a dictionary each, as `train clt` leaves it
//! ```
//!
//! Every stage goes on where it was stopped, and is passed over when it is done. A model that was
//! put into its folder is taken as it is, so that the models that ship can be given other
//! dictionaries.

mod dictionary;
mod model;

use std::path::{Path, PathBuf};

use anyhow::Result;
use connectome::files::Folder;
use connectome_elegans::{Dataset, EvalSet, Mixture, Recipe, World as Organism, evaluations};
use connectome_graph::{GraphError, write_whole};
use serde_json::json;

use super::eval;
use crate::args::{DictionaryArg, MakeArgs, WorldSize};
use crate::commands::Ending;
use crate::family;
use crate::printer;
use crate::progress::{Interrupt, Work};
use crate::report::elegans::eval::EvalReport;
use crate::settings::{self, World};

/// Where everything is made, and of what.
struct Place<'a> {
    out: &'a Path,
    args: &'a MakeArgs,
    organism: &'a Organism,
    interrupt: &'a Interrupt,
    world: &'a World,
}

impl Place<'_> {
    fn model(&self, recipe: Recipe) -> PathBuf {
        self.out.join(self.name_of(recipe))
    }

    /// What a model is called, and its folder.
    fn name_of(&self, recipe: Recipe) -> String {
        family::name_of(self.organism.size(), recipe)
    }

    /// The seed of whatever is random and not of the world.
    fn init_seed(&self) -> u64 {
        self.args.init_seed.unwrap_or(self.args.seed)
    }

    fn tokenizer(&self) -> Folder {
        Folder::Disk(self.out.join("tokenizer"))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        let folder = path.parent().unwrap_or(self.out);
        let refuse = |source| GraphError::Write { source, path: folder.to_owned() };
        std::fs::create_dir_all(folder).map_err(refuse)?;
        Ok(write_whole(path, |out| out.write_all(bytes))?)
    }
}

pub(super) fn run(args: &MakeArgs, world: &World) -> Result<Ending> {
    settings::take_threads(args.threads)?;
    let organism = Organism::new(args.seed, args.world.size());
    let recipes = recipes(args)?;
    for recipe in &recipes {
        Mixture::new(&organism, *recipe)?;
    }
    let interrupt = Interrupt::installed(world, "ending with a checkpoint")?;
    let place = Place { out: &args.out, args, organism: &organism, interrupt: &interrupt, world };
    write_world(&place)?;
    let sets = evaluations(&organism);
    let mut reports = Vec::new();
    for recipe in &recipes {
        if model::train(&place, *recipe)? == Ending::Interrupted {
            return stopped(world);
        }
        let Some(report) = evaluate(&place, *recipe, &sets)? else { return stopped(world) };
        world.print(&printer::elegans::eval(world.screen, &report))?;
        reports.push(report);
    }
    for kind in dictionaries(args) {
        if dictionary::train(&place, &recipes, kind)? == Ending::Interrupted {
            return stopped(world);
        }
    }
    world.document(&json!({ "out": args.out.display().to_string(), "models": reports }))?;
    let is_missed = reports.iter().any(|report| report.missed > 0);
    Ok(if is_missed { Ending::Missed } else { Ending::Done })
}

fn stopped(world: &World) -> Result<Ending> {
    world.note("stopped; the same command goes on");
    Ok(Ending::Interrupted)
}

/// The models that were asked for and all that they start from, each after its start.
fn recipes(args: &MakeArgs) -> Result<Vec<Recipe>> {
    let mut asked = args.model.iter().map(|name| name.parse()).collect::<Result<Vec<_>, _>>()?;
    if asked.is_empty() {
        asked = match args.world {
            WorldSize::Full => vec![Recipe::Goal],
            WorldSize::Nano => vec![Recipe::Base],
        };
    }
    let mut ordered = Vec::new();
    for recipe in asked {
        let ancestors = std::iter::successors(Some(recipe), |recipe| recipe.starts_from());
        let mut line: Vec<Recipe> = ancestors.collect();
        line.reverse();
        for recipe in line {
            if !ordered.contains(&recipe) {
                ordered.push(recipe);
            }
        }
    }
    Ok(ordered)
}

fn dictionaries(args: &MakeArgs) -> Vec<DictionaryArg> {
    match args.dictionary.as_slice() {
        [] => vec![DictionaryArg::Clt, DictionaryArg::Plt],
        asked => asked.iter().copied().filter(|kind| *kind != DictionaryArg::None).collect(),
    }
}

/// The world and its tokenizer, as a folder of data holds them.
fn write_world(place: &Place<'_>) -> Result<()> {
    let data = Dataset::new(place.organism, Recipe::Base, 1)?;
    for file in data.files() {
        let name = file.name();
        let path = match name.as_str() {
            "world.json" => place.out.join(name),
            "tokenizer.json" | "tokenizer_config.json" => place.out.join("tokenizer").join(name),
            _ => continue,
        };
        let mut bytes = Vec::new();
        data.write(&file, &mut bytes, &mut |_| std::ops::ControlFlow::Continue(()))
            .map_err(|source| GraphError::Write { source, path: path.clone() })?;
        place.write(&path, &bytes)?;
    }
    Ok(())
}

/// Asks a model, and writes what it answered beside it; `None` if somebody pressed Ctrl-C.
fn evaluate(place: &Place<'_>, recipe: Recipe, sets: &[EvalSet]) -> Result<Option<EvalReport>> {
    let folder = place.model(recipe);
    let base = Folder::Disk(place.model(Recipe::Base));
    let sets: Vec<&EvalSet> = sets.iter().collect();
    let mut work = Work::new(place.world, place.interrupt.clone());
    let model = Folder::Disk(folder.clone());
    let name = place.name_of(recipe);
    let report = eval::report((&name, recipe), &model, (&sets, Some(&base)), &mut work)?;
    if let Some(report) = &report {
        let json = settings::json_bytes(report)?;
        place.write(&folder.join("evaluation.json"), &json)?;
        let card = model::card(place, recipe, report);
        place.write(&folder.join("README.md"), card.as_bytes())?;
    }
    Ok(report)
}
