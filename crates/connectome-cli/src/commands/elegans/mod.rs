//! `connectome elegans`: the world that the model organism is trained on.

mod data;
mod folder;
mod sample;

use anyhow::Result;
use connectome_elegans::World as Organism;

use super::Ending;
use crate::args::{ElegansCommand, WorldArgs};
use crate::settings::World;

pub(crate) fn run(command: &ElegansCommand, world: &World) -> Result<Ending> {
    match command {
        ElegansCommand::Data(args) => data::run(args, world),
        ElegansCommand::Sample(args) => sample::run(args, world),
    }
}

fn organism(args: &WorldArgs) -> Organism {
    Organism::new(args.seed, args.size())
}
