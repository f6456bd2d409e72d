//! The elegans family among the models that ship: whose world they were trained on, and as what.

use anyhow::Result;
use connectome::organism::Organism;
use connectome_elegans::{Recipe, Size, World};
use serde_json::Value;

/// What every name of the family begins with; a recipe's follows.
const PREFIX: &str = "elegans-";

/// What a model of the family is called.
pub(crate) fn name_of(recipe: Recipe) -> String {
    format!("{PREFIX}{recipe}")
}

/// The world and the recipe of a model of the family; `None` for all others that ship.
pub(crate) fn of(organism: &Organism) -> Result<Option<(World, Recipe)>> {
    let Some(recipe) = organism.name.strip_prefix(PREFIX) else { return Ok(None) };
    let world: Value = serde_json::from_str(organism.world)?;
    let seed = world["seed"].as_u64().unwrap_or_default();
    Ok(Some((World::new(seed, Size::Full), recipe.parse()?)))
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
                assert_eq!((world.seed(), name_of(recipe).as_str()), (0, organism.name));
                n_found += 1;
            }
        }
        assert_eq!(n_found, 3);
    }
}
