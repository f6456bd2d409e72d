//! The commands, each arguments → settings → a library call → what is printed, and how a
//! command ends.

mod causal;
mod compare;
mod doctor;
pub(crate) mod doubt;
mod elegans;
mod export;
mod features;
mod figure;
mod group;
mod hub;
mod import;
mod inspect;
mod intervene;
mod paths;
mod prune;
mod score;
pub(crate) mod serve;
mod trace;
mod train_clt;
mod train_lm;
mod validate;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::{CommandFactory as _, Parser as _};
use serde_json::json;

use crate::args::train::TrainCommand;
use crate::args::{Cli, Command, Global};
use crate::failure::{UsageError, sentence};
use crate::progress::INTERRUPTED;
use crate::report::TOOL;
use crate::settings::World;
use crate::syntax::Mistake;
use crate::{config_file, help, hints};

/// How a command that did not fail ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Done,
    /// Somebody pressed Ctrl-C; what there was is saved.
    Interrupted,
    /// All was done, and what was tested is not as it has to be.
    Missed,
}

/// Bad input: files, flags, names.
const BAD_INPUT: u8 = 2;
/// A fault of this program.
const FAULT: u8 = 1;
/// Something was tested and is not as it has to be.
const MISSED: u8 = 3;

/// The whole program.
pub(crate) fn main() -> ExitCode {
    let args = match config_file::expanded(std::env::args_os().collect()) {
        Ok(args) => args,
        Err(error) => return fail(&error, &World::new(Global::default())),
    };
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return unparsed(&error, &args),
    };
    let world = World::new(cli.global);
    match run(cli.command, &world) {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Interrupted) => ExitCode::from(INTERRUPTED),
        Ok(Ending::Missed) => ExitCode::from(MISSED),
        Err(error) => fail(&error, &world),
    }
}

fn run(command: Option<Command>, world: &World) -> Result<Ending> {
    match command {
        None => {
            world.print(help::GUIDE)?;
            world.document(&json!({ "version": TOOL, "guide": help::GUIDE }))?;
            Ok(Ending::Done)
        }
        Some(Command::Trace(args)) => trace::run(&args, world),
        Some(Command::Prune(args)) => prune::run(&args, world),
        Some(Command::Score(args)) => score::run(&args, world),
        Some(Command::Compare(args)) => compare::run(&args, world),
        Some(Command::Paths(args)) => paths::run(&args, world),
        Some(Command::Causal(args)) => causal::run(&args, world),
        Some(Command::Validate(args)) => validate::run(&args, world),
        Some(Command::Intervene(args)) => intervene::run(&args, world),
        Some(Command::Group(args)) => group::run(&args, world),
        Some(Command::Doubt(args)) => doubt::run(&args, world),
        Some(Command::Features(command)) => features::run(&command, world),
        Some(Command::Export(args)) => export::run(&args, world),
        Some(Command::Import(args)) => import::run(&args, world),
        Some(Command::Figure(args)) => figure::run(&args, world),
        Some(Command::Serve(args)) => serve::run(&args, world),
        Some(Command::Hub(command)) => hub::run(&command, world),
        Some(Command::Train(TrainCommand::Lm(args))) => train_lm::run(&args, world),
        Some(Command::Train(TrainCommand::Clt(args))) => train_clt::run(&args, world),
        Some(Command::Doctor(args)) => doctor::run(&args, world),
        Some(Command::Elegans(command)) => elegans::run(&command, world),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "connectome", &mut script);
            let script = String::from_utf8(script)?;
            world.print(&script)?;
            world.document(&json!({ "shell": shell.to_string(), "script": script }))?;
            Ok(Ending::Done)
        }
        Some(Command::Inspect(args)) => inspect::run(&args, world),
    }
}

/// Help and the version, or what is wrong with the command line.
fn unparsed(error: &clap::Error, args: &[OsString]) -> ExitCode {
    match Mistake::of(error, args) {
        Some(Mistake { sentence, hint }) => {
            tell(&sentence, &hint, &World::new(Global::default()));
            ExitCode::from(BAD_INPUT)
        }
        None => {
            // A reader that went away has what it wanted.
            let _ = error.print();
            ExitCode::SUCCESS
        }
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
    tell(&sentence(error), &hint, world);
    ExitCode::from(code)
}

fn tell(sentence: &str, hint: &str, world: &World) {
    let paint = |code: &str, word: &str| {
        if world.colour_errors { format!("\u{1b}[{code}m{word}\u{1b}[0m") } else { word.to_owned() }
    };
    let (error_word, hint_word) = (paint("1;31", "error:"), paint("1;36", "hint:"));
    // Without stderr there is nobody to tell; the exit code says it.
    let _ = writeln!(std::io::stderr(), "{error_word} {sentence}\n{hint_word} {hint}");
}
