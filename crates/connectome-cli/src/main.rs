//! The `connectome` command: the only crate that prints, reads the environment and knows what a
//! terminal is. A command is arguments, settings, a library call, and what is printed of it.

mod allocator;
mod args;
mod commands;
mod config_file;
mod device;
mod edits;
mod failure;
mod family;
mod figures;
mod heatmap;
mod help;
mod hints;
mod json_lines;
mod load;
mod names;
mod origin;
mod plot;
mod printer;
mod progress;
mod prompt;
mod report;
mod saved;
mod settings;
mod syntax;
mod targets;

fn main() -> std::process::ExitCode {
    commands::main()
}
