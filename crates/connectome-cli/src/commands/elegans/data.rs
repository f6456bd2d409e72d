//! `connectome elegans data`: a folder to train and test a model on.

use anyhow::Result;
use connectome_elegans::{Dataset, Recipe, Written};

use super::folder::Folder;
use crate::args::DataArgs;
use crate::commands::Ending;
use crate::printer;
use crate::progress::{Interrupt, Work};
use crate::report::elegans::DataReport;
use crate::settings::World;

pub(super) fn run(args: &DataArgs, world: &World) -> Result<Ending> {
    let recipe: Recipe = args.world.model.parse()?;
    let organism = super::organism(&args.world);
    let data = Dataset::new(&organism, recipe, args.tokens)?;
    let folder = Folder::take(&args.out)?;
    let interrupt = Interrupt::installed(world, "stopping")?;
    let mut work = Work::new(world, interrupt);
    let (n_rows, mut n_done) = (data.n_rows() as usize, 0);

    folder.write(connectome_elegans::CARD, |out| out.write_all(&data.unfinished_card()))?;
    let mut written: Vec<Written> = Vec::new();
    for file in data.files() {
        let mut stopped = false;
        let mut progress = |rows| {
            n_done += rows as usize;
            let flow = work.step("writing rows", n_done, n_rows);
            stopped = flow.is_break();
            flow
        };
        let result = folder.write(&file.name(), |out| {
            written.push(data.write(&file, out, &mut progress)?);
            Ok(())
        });
        if stopped {
            drop(work);
            world.note(&format!(
                "{} of {} files are written, and `card.json` says that some are missing; the \
                 same command makes them all",
                written.len(),
                data.files().len(),
            ));
            return Ok(Ending::Interrupted);
        }
        result?;
    }
    drop(work);
    folder.keep_only(&written.iter().map(|file| file.name.clone()).collect::<Vec<_>>())?;
    for (name, bytes) in data.card(&written) {
        folder.write(name, |out| out.write_all(&bytes))?;
    }
    let report = DataReport::of(&args.out, &args.world, &data, &written);
    world.print(&printer::elegans::data(world.screen, &report))?;
    world.document(&report)?;
    Ok(Ending::Done)
}
