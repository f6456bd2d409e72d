//! The elegans family: what its models are called, and whose world those that ship were trained on.

use anyhow::Result;
use connectome::organism::Organism;
use connectome_elegans::{Recipe, Size, World};
use serde_json::Value;

/// What every name of the family begins with; a recipe's follows.
const PREFIX: &str = "elegans-";
/// What stands for the recipe in the name of the nano world's only model.
const NANO: &str = "nano";

/// What a model of the family is called.
pub(crate) fn name_of(size: Size, recipe: Recipe) -> String {
    match size {
        Size::Full => format!("{PREFIX}{recipe}"),
        Size::Nano => format!("{PREFIX}{NANO}"),
    }
}

/// The world and the recipe that a name says at its end, after a dash or alone.
pub(crate) fn named(name: &str) -> Option<(Size, Recipe)> {
    let name = name.trim_end_matches('/').rsplit('/').next().unwrap_or(name);
    let is_end = |end: &str| {
        name.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('-'))
    };
    if is_end(NANO) {
        return Some((Size::Nano, Recipe::Base));
    }
    let mut recipes = Recipe::ALL.to_vec();
    // `chat-over` before what it begins with would be right too; longest first is plainer.
    recipes.sort_by_key(|recipe| std::cmp::Reverse(recipe.name().len()));
    recipes.into_iter().find(|recipe| is_end(recipe.name())).map(|recipe| (Size::Full, recipe))
}

/// The world and the recipe of a model of the family; `None` for all others that ship.
pub(crate) fn of(organism: &Organism) -> Result<Option<(World, Recipe)>> {
    let of_family = organism.name.starts_with(PREFIX).then(|| named(organism.name)).flatten();
    let Some((size, recipe)) = of_family else { return Ok(None) };
    let world: Value = serde_json::from_str(organism.world)?;
    let seed = world["seed"].as_u64().unwrap_or_default();
    Ok(Some((World::new(seed, size), recipe)))
}

#[cfg(test)]
mod tests {
    use connectome::organism::SHIPPED;

    use super::*;

    #[test]
    fn the_family_knows_its_worlds_and_recipes() {
        let mut n_found = 0;
        for organism in SHIPPED {
            if let Some((world, recipe)) = of(organism).unwrap() {
                assert_eq!(world.seed(), 0);
                assert_eq!(name_of(world.size(), recipe), organism.name);
                n_found += 1;
            }
        }
        assert_eq!(n_found, 4);
    }

    #[test]
    fn a_name_says_what_is_required() {
        assert_eq!(named("elegans-chat"), Some((Size::Full, Recipe::Chat)));
        assert_eq!(named("made/elegans-chat-over/"), Some((Size::Full, Recipe::ChatOver)));
        assert_eq!(named("base"), Some((Size::Full, Recipe::Base)));
        assert_eq!(named("made/elegans-nano"), Some((Size::Nano, Recipe::Base)));
        assert_eq!(named("two-hop"), None);
        assert_eq!(named("megachat"), None);
    }
}
