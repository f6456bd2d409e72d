//! `connectome elegans eval`: what a model answers, beside what is required of it.

use anyhow::Result;
use connectome::files::Folder;
use connectome::hub::Files;
use connectome::lm::Model;
use connectome::organism;
use connectome_elegans::{EvalSet, Recipe, Required, World as Organism, evaluations};

use super::asked;
use crate::args::EvalArgs;
use crate::commands::Ending;
use crate::failure::UsageError;
use crate::progress::{Interrupt, Work};
use crate::report::elegans::eval::EvalReport;
use crate::settings::{self, World};
use crate::{load, printer};

/// A model to be asked, and what it is to be like.
struct Asked {
    name: String,
    recipe: Recipe,
    folder: Folder,
}

pub(super) fn run(args: &EvalArgs, world: &World) -> Result<Ending> {
    settings::take_threads(args.threads)?;
    let organism = Organism::new(args.seed, args.world.size());
    let sets = evaluations(&organism);
    let is_asked = |set: &&EvalSet| {
        let id = set.id();
        args.set.is_empty() || args.set.iter().any(|named| id.starts_with(named.as_str()))
    };
    let sets: Vec<&EvalSet> = sets.iter().filter(is_asked).collect();
    if sets.is_empty() {
        return Err(UsageError::NoSuchSet { found: args.set.join("`, `") }.into());
    }
    let asked = asked_models(args, world)?;
    let base = base_folder(args, &asked, world)?;
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

fn asked_models(args: &EvalArgs, world: &World) -> Result<Vec<Asked>> {
    let named_as = args.required_as.as_deref().map(str::parse::<Recipe>).transpose()?;
    let shipped = || {
        let names = organism::SHIPPED.iter().map(|organism| organism.name);
        names.filter(|name| recipe_of(name).is_some()).map(str::to_owned).collect()
    };
    let names: Vec<String> = if args.models.is_empty() { shipped() } else { args.models.clone() };
    let one = |name: String| -> Result<Asked> {
        let unknown = || UsageError::WhichRecipe { model: name.clone() };
        let recipe = named_as.or_else(|| recipe_of(&name)).ok_or_else(unknown)?;
        let folder = load::folder(&name, Files::Model, args.offline, world)?;
        Ok(Asked { name, recipe, folder })
    };
    names.into_iter().map(one).collect()
}

/// The recipe that a name ends with, after a dash, or is.
fn recipe_of(name: &str) -> Option<Recipe> {
    let name = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
    let mut recipes: Vec<Recipe> = Recipe::ALL.to_vec();
    // `chat-over` before what it begins with would be right too; longest first is plainer.
    recipes.sort_by_key(|recipe| std::cmp::Reverse(recipe.name().len()));
    let is_of = |recipe: &Recipe| {
        let rest = name.strip_suffix(recipe.name());
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('-'))
    };
    recipes.into_iter().find(is_of)
}

fn base_folder(args: &EvalArgs, asked: &[Asked], world: &World) -> Result<Option<Folder>> {
    if let Some(name) = &args.base {
        return Ok(Some(load::folder(name, Files::Model, args.offline, world)?));
    }
    if let Some(base) = asked.iter().find(|asked| asked.recipe == Recipe::Base) {
        return Ok(Some(base.folder.clone()));
    }
    let shipped = organism::SHIPPED.iter().find(|one| recipe_of(one.name) == Some(Recipe::Base));
    Ok(shipped.map(|organism| organism.model()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_is_required() {
        assert_eq!(recipe_of("elegans-chat"), Some(Recipe::Chat));
        assert_eq!(recipe_of("made/elegans-chat-over/"), Some(Recipe::ChatOver));
        assert_eq!(recipe_of("base"), Some(Recipe::Base));
        assert_eq!(recipe_of("two-hop"), None);
        assert_eq!(recipe_of("megachat"), None);
    }
}
