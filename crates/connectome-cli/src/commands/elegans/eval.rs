//! `connectome elegans eval`: what a model answers, beside what is required of it.

use anyhow::Result;
use connectome::files::Folder;
use connectome::hub::Files;
use connectome::lm::Model;
use connectome::organism;
use connectome_elegans::{EvalSet, Recipe, Required, Size, World as Organism, evaluations};

use super::asked;
use crate::args::EvalArgs;
use crate::commands::Ending;
use crate::failure::UsageError;
use crate::progress::{Interrupt, Work};
use crate::report::elegans::eval::EvalReport;
use crate::settings::{self, World};
use crate::{family, load, printer};

/// A model to be asked, and what it is to be like.
struct Asked {
    name: String,
    recipe: Recipe,
    folder: Folder,
}

/// The world whose questions are asked: the one that was named, else the one that the models'
/// names say.
fn size(args: &EvalArgs) -> Result<Size> {
    if let Some(size) = args.world {
        return Ok(size.size());
    }
    let of = |name: &String| family::named(name).map_or(Size::Full, |(size, _)| size);
    let nano = args.models.iter().find(|name| of(name) == Size::Nano);
    let full = args.models.iter().find(|name| of(name) == Size::Full);
    match (nano, full) {
        (None, _) => Ok(Size::Full),
        (Some(_), None) => Ok(Size::Nano),
        (Some(nano), Some(full)) => {
            Err(UsageError::TwoWorlds { nano: nano.clone(), full: full.clone() }.into())
        }
    }
}

pub(super) fn run(args: &EvalArgs, world: &World) -> Result<Ending> {
    settings::take_threads(args.threads)?;
    let organism = Organism::new(args.seed, size(args)?);
    let sets = evaluations(&organism);
    let is_asked = |set: &&EvalSet| {
        let id = set.id();
        args.set.is_empty() || args.set.iter().any(|named| id.starts_with(named.as_str()))
    };
    let sets: Vec<&EvalSet> = sets.iter().filter(is_asked).collect();
    if sets.is_empty() {
        return Err(UsageError::NoSuchSet { found: args.set.join("`, `") }.into());
    }
    let asked = asked_models(args, organism.size(), world)?;
    let base = base_folder(args, &asked, organism.size(), world)?;
    let interrupt = Interrupt::installed(world, "stopping")?;
    let mut work = Work::new(world, interrupt);
    let mut reports = Vec::new();
    for Asked { name, recipe, folder } in &asked {
        let Some(report) = report((name, *recipe), folder, (&sets, base.as_ref()), &mut work)?
        else {
            return Ok(Ending::Interrupted);
        };
        reports.push(report);
    }
    drop(work);
    for report in &reports {
        world.print(&printer::elegans::eval(world.screen, report))?;
    }
    world.document(&reports)?;
    let is_missed = reports.iter().any(|report| report.missed > 0);
    Ok(if is_missed { Ending::Missed } else { Ending::Done })
}

/// Asks a model, and its base where something is required relative to that; `None` if somebody
/// pressed Ctrl-C.
pub(super) fn report(
    (name, recipe): (&str, Recipe),
    folder: &Folder,
    (sets, base): (&[&EvalSet], Option<&Folder>),
    work: &mut Work,
) -> Result<Option<EvalReport>> {
    let Some(scores) = asked::scores(&Model::load(folder)?, sets, work)? else { return Ok(None) };
    let is_relative =
        |set: &EvalSet| set.model == recipe && matches!(set.required, Required::TimesBase(_));
    let relative: Vec<&EvalSet> = sets.iter().copied().filter(|set| is_relative(set)).collect();
    let mut of_base = vec![None; sets.len()];
    if let Some(base) = base.filter(|_| !relative.is_empty()) {
        let Some(found) = asked::scores(&Model::load(base)?, &relative, work)? else {
            return Ok(None);
        };
        let places = (0..sets.len()).filter(|at| is_relative(sets[*at]));
        for (at, score) in places.zip(found) {
            of_base[at] = Some(score);
        }
    }
    Ok(Some(EvalReport::of(name, recipe, sets, &scores, &of_base)))
}

fn asked_models(args: &EvalArgs, size: Size, world: &World) -> Result<Vec<Asked>> {
    let named_as = args.required_as.as_deref().map(str::parse::<Recipe>).transpose()?;
    let shipped = || {
        let names = organism::SHIPPED.iter().map(|organism| organism.name);
        let of_world = |name: &&str| family::named(name).is_some_and(|(of, _)| of == size);
        names.filter(of_world).map(str::to_owned).collect()
    };
    let names: Vec<String> = if args.models.is_empty() { shipped() } else { args.models.clone() };
    let one = |name: String| -> Result<Asked> {
        let unknown = || UsageError::WhichRecipe { model: name.clone() };
        let recipe = named_as
            .or_else(|| family::named(&name).map(|(_, recipe)| recipe))
            .ok_or_else(unknown)?;
        let folder = load::folder(&name, Files::Model, args.offline, world)?;
        Ok(Asked { name, recipe, folder })
    };
    names.into_iter().map(one).collect()
}

fn base_folder(
    args: &EvalArgs,
    asked: &[Asked],
    size: Size,
    world: &World,
) -> Result<Option<Folder>> {
    if let Some(name) = &args.base {
        return Ok(Some(load::folder(name, Files::Model, args.offline, world)?));
    }
    if let Some(base) = asked.iter().find(|asked| asked.recipe == Recipe::Base) {
        return Ok(Some(base.folder.clone()));
    }
    let name = family::name_of(size, Recipe::Base);
    let shipped = organism::by_name(&name);
    Ok(shipped.map(|organism| organism.model()))
}
