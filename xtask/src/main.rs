//! Project tasks, run as `cargo xtask TASK`: what a contributor or CI does to the tree.
//!
//! A task is one module with one `run`; this file only finds it. Nothing here is shipped, and
//! nothing that a user of the tracer needs may live here.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tasks report to a person")]

mod bench;
mod browser;
mod command;
mod fuzz;
mod page;
mod picture;
mod test;

use std::process::ExitCode;

/// One task: how it is called, what it does, and its entry point.
struct Task {
    name: &'static str,
    arguments: &'static str,
    summary: &'static str,
    run: fn(&[String]) -> anyhow::Result<()>,
}

const TASKS: &[Task] = &[
    Task {
        name: "test",
        arguments: "[STEP...]",
        summary: "set up what tests need, then format check, lints, build, docs, tests, browser tests",
        run: test::run,
    },
    Task {
        name: "fuzz",
        arguments: "[--seconds N] [TARGET...]",
        summary: "run fuzz targets (all of them by default) with coverage, on stable Rust",
        run: fuzz::run,
    },
    Task {
        name: "bench",
        arguments: "[--peer-python P] [...]",
        summary: "us beside circuit-tracer on the same files, and our own curves (xtask/peer/README.md)",
        run: bench::run,
    },
    Task {
        name: "page",
        arguments: "[STEP...]",
        summary: "check, test and build web/ with Node; fail if web/dist is not its build",
        run: page::run,
    },
    Task {
        name: "picture",
        arguments: "",
        summary: "draw docs/screens/trace.svg from what the tracer prints",
        run: picture::run,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let found = arguments.first().and_then(|name| TASKS.iter().find(|task| task.name == name));
    let Some(task) = found else {
        for task in TASKS {
            let call = format!("{} {}", task.name, task.arguments);
            eprintln!("cargo xtask {call:<34} {}", task.summary);
        }
        return ExitCode::from(2);
    };
    match (task.run)(&arguments[1..]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
