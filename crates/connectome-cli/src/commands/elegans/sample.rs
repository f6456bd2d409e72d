//! `connectome elegans sample`: examples to look at.

use anyhow::Result;
use connectome_elegans::{DataError, Recipe, Split, Task, samples};

use crate::args::SampleArgs;
use crate::commands::Ending;
use crate::printer;
use crate::report::elegans::SamplesReport;
use crate::settings::{World, number};

/// Examples of a task that was named.
const OF_ONE: usize = 3;

pub(super) fn run(args: &SampleArgs, world: &World) -> Result<Ending> {
    let recipe: Recipe = args.world.model.parse()?;
    let split: Split = args.split.parse()?;
    let task = args.task.as_deref().map(str::parse::<Task>).transpose()?;
    let n = args.n.unwrap_or(if task.is_some() { OF_ONE } else { 1 });
    if n == 0 {
        return Err(number("number of examples", &n, "a number above 0").into());
    }
    let organism = super::organism(&args.world);
    let mut examples = Vec::new();
    match task {
        Some(task) => examples.extend(samples(&organism, recipe, task, split, n)?),
        None => {
            for task in Task::of(organism.size()) {
                match samples(&organism, recipe, *task, split, n) {
                    Ok(found) => examples.extend(found),
                    // Not every task holds out the same.
                    Err(DataError::NoSuchSplit { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    if examples.is_empty() {
        let (world, split) = (organism.size().name(), split.name());
        return Err(DataError::SplitOfNone { world, split }.into());
    }
    let report = SamplesReport::of(&args.world, &organism, &examples);
    world.print(&printer::elegans::samples(world.screen, &report))?;
    world.document(&report)?;
    Ok(Ending::Done)
}
