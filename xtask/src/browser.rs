//! The browser tests of `web/test/e2e` as a step of `cargo xtask test`: what they need, and how
//! they are run with the program that this checkout builds.
//!
//! Node and a Chromium are a maintainer's tools. What of them is missing is told; nothing here
//! installs or downloads.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{root, works};

/// Where distributions put Chromium; `web/test/support/browser.ts` looks in the same places.
const CHROMIUM: [&str; 3] =
    ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// What this machine lacks to run the browser tests, if anything.
pub(crate) fn lacks() -> Option<String> {
    let program = program();
    if !program.is_file() {
        return Some("the program is not built; `cargo build --workspace` makes it".to_owned());
    }
    if !works(Command::new("npm").arg("--version")) {
        return Some("there is no npm; Node 20 or newer has it".to_owned());
    }
    if !root().join("web/node_modules/vitest").is_dir() {
        return Some("packages are not installed; `cargo xtask page install` does".to_owned());
    }
    let named = env::var_os("CHROMIUM").map(PathBuf::from);
    let found = match &named {
        Some(path) => path.is_file(),
        None => CHROMIUM.iter().any(|path| Path::new(path).is_file()),
    };
    (!found).then(|| "there is no Chromium; install it, or set CHROMIUM to its path".to_owned())
}

/// `npm run e2e` with the program of the step `build`.
pub(crate) fn tests() -> Command {
    let mut command = Command::new("npm");
    command.args(["run", "e2e"]).current_dir(root().join("web"));
    command.env("CONNECTOME", program()).env_remove("CONNECTOME_PAGE");
    command
}

/// Where `cargo build` leaves the program.
fn program() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    let name = format!("connectome{}", env::consts::EXE_SUFFIX);
    root().join(target).join("debug").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_looks_for_chromium_in_the_same_places() {
        let script = std::fs::read_to_string(root().join("web/test/support/browser.ts")).unwrap();
        for path in CHROMIUM {
            assert!(script.contains(&format!("\"{path}\"")), "{path}");
        }
    }
}
