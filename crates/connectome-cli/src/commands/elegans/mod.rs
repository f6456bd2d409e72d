//! `connectome elegans`: the world that the model organism is trained on.

mod asked;
mod data;
mod eval;
mod folder;
mod make;
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
        ElegansCommand::Eval(args) => eval::run(args, world),
        ElegansCommand::Make(args) => make::run(args, world),
    }
}

fn organism(args: &WorldArgs) -> Organism {
    Organism::new(args.seed, args.size())
}
