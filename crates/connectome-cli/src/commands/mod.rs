//! The commands, each arguments → settings → a library call → what is printed, and how a
//! command ends.

mod doctor;
mod export;
mod hub;
mod import;
mod inspect;
mod paths;
mod prune;
mod score;
mod trace;

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory as _, Parser as _};

use crate::args::{Cli, Command};
use crate::failure::{UsageError, sentence};
use crate::progress::INTERRUPTED;
use crate::settings::{World, to_stdout};
use crate::{help, hints};

/// How a command that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    /// Somebody pressed Ctrl-C; what there was is saved.
    Interrupted,
}

/// Bad input: files, flags, names.
const BAD_INPUT: u8 = 2;
/// A fault of this program.
const FAULT: u8 = 1;

/// The whole program.
pub(crate) fn main() -> ExitCode {
    // Clap ends the process itself for `--help`, `--version` and what it cannot parse (2).
    let cli = Cli::parse();
    let world = World::new(cli.global);
    match run(cli.command, &world) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Interrupted) => ExitCode::from(INTERRUPTED),
        Err(error) => fail(&error, &world),
    }
}

fn run(command: Option<Command>, world: &World) -> Result<Ending> {
    match command {
        None => {
            to_stdout(help::GUIDE.as_bytes())?;
            Ok(Ending::Done)
        }
        Some(Command::Trace(args)) => trace::run(&args, world),
        Some(Command::Prune(args)) => prune::run(&args, world),
        Some(Command::Score(args)) => score::run(&args, world),
        Some(Command::Paths(args)) => paths::run(&args, world),
        Some(Command::Export(args)) => export::run(&args, world),
        Some(Command::Import(args)) => import::run(&args, world),
        Some(Command::Hub(command)) => hub::run(&command, world),
        Some(Command::Doctor(args)) => doctor::run(&args, world),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "connectome", &mut script);
            to_stdout(&script)?;
            Ok(Ending::Done)
        }
        Some(Command::Inspect(args)) => inspect::run(&args, world),
    }
}

/// One sentence and a hint on stderr, and the exit code.
fn fail(error: &anyhow::Error, world: &World) -> ExitCode {
    if let Some(UsageError::Stdout { source }) = error.downcast_ref()
        && source.kind() == std::io::ErrorKind::BrokenPipe
    {
        // `connectome … | head` has what it wanted.
        return ExitCode::SUCCESS;
    }
    let cancelled = matches!(
        error.downcast_ref::<connectome::RunError>(),
        Some(connectome::RunError::Cancelled)
    );
    let hint = hints::hint(error);
    let code = match &hint {
        _ if cancelled => INTERRUPTED,
        Some(_) => BAD_INPUT,
        None => FAULT,
    };
    let hint = hint.unwrap_or_else(|| "this should not happen; please report it".to_owned());
    let paint = |code: &str, word: &str| {
        if world.colour_errors { format!("\u{1b}[{code}m{word}\u{1b}[0m") } else { word.to_owned() }
    };
    let (error_word, hint_word) = (paint("1;31", "error:"), paint("1;36", "hint:"));
    // Without stderr there is nobody to tell; the exit code says it.
    let _ = writeln!(std::io::stderr(), "{error_word} {}\n{hint_word} {hint}", sentence(error));
    ExitCode::from(code)
}
