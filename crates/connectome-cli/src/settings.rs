//! From arguments and the environment to checked options: the only place that reads the
//! environment, and the only one that knows defaults which depend on it.

pub(crate) mod train_clt;
pub(crate) mod train_lm;

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Result;
use connectome::attribution::Expand;
use connectome::device::cuda::Search;
use connectome::hub::HubSettings;
use connectome::organism::{self, Organism};
use connectome_graph::{GraphError, Thresholds, whole};
use serde::Serialize;

use crate::args::{Color, ExtentArgs, Global, ThresholdArgs};
use crate::failure::UsageError;
use crate::printer::Screen;

/// How wide text is where there is no terminal to ask.
const DEFAULT_WIDTH: usize = 100;

/// Where a command prints to, and how much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct World {
    pub(crate) json: bool,
    pub(crate) quiet: bool,
    /// What stdout is to the printers.
    pub(crate) screen: Screen,
    /// Whether somebody may watch stderr.
    pub(crate) watched: bool,
    /// Whether errors may be coloured.
    pub(crate) colour_errors: bool,
}

impl World {
    pub(crate) fn new(global: Global) -> Self {
        let plain = env("NO_COLOR").is_some() || env("TERM").is_some_and(|term| term == "dumb");
        let colour = |is_terminal: bool| match global.color {
            Color::Auto => is_terminal && !plain,
            Color::Always => true,
            Color::Never => false,
        };
        let watched = std::io::stderr().is_terminal();
        let size = console::Term::stdout().size_checked();
        let width = size.map_or(DEFAULT_WIDTH, |(_, columns)| usize::from(columns));
        Self {
            json: global.json,
            quiet: global.quiet,
            screen: Screen::new(width, colour(std::io::stdout().is_terminal())),
            watched: watched && !global.quiet,
            colour_errors: colour(watched),
        }
    }

    /// Text for the reader, on stdout; nothing with `--json`.
    pub(crate) fn print(&self, text: &str) -> Result<()> {
        if self.json { Ok(()) } else { to_stdout(text.as_bytes()) }
    }

    /// The command's one document, on stdout; nothing without `--json`.
    pub(crate) fn document(&self, document: &impl Serialize) -> Result<()> {
        if !self.json {
            return Ok(());
        }
        to_stdout(&json_bytes(document)?)
    }

    /// A remark that is no data, on stderr.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            // A remark that nobody can read is not worth ending a command for.
            let _ = writeln!(std::io::stderr(), "note: {text}");
        }
    }
}

/// A document as it is printed or written: indented, one line end at its end.
pub(crate) fn json_bytes(document: &impl Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(document)?;
    bytes.push(b'\n');
    Ok(bytes)
}

pub(crate) fn to_stdout(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(bytes).and_then(|()| out.flush());
    Ok(written.map_err(|source| UsageError::Stdout { source })?)
}

/// A variable of the environment, unless it is empty.
fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Caches, token and endpoint of the Hub, as its own tools find them.
pub(crate) fn hub(offline: bool) -> HubSettings {
    let settings = HubSettings::from_env(env, std::env::home_dir());
    HubSettings { offline: offline || settings.offline, ..settings }
}

/// The model that commands run on when none is named: the first that ships, or which of them
/// `CONNECTOME_MODEL` says.
pub(crate) fn default_model() -> Result<&'static Organism> {
    match env("CONNECTOME_MODEL") {
        None => Ok(organism::SHIPPED[0]),
        Some(name) => {
            let unknown = || UsageError::DefaultModel { found: name.clone() };
            Ok(organism::by_name(&name).ok_or_else(unknown)?)
        }
    }
}

/// Where to look for CUDA's libraries before the usual places.
pub(crate) fn cuda() -> Search {
    let roots = ["CUDA_PATH", "CUDA_HOME", "VIRTUAL_ENV", "CONDA_PREFIX"];
    Search { roots: roots.into_iter().filter_map(env).map(PathBuf::from).collect() }
}

/// The folder of `connectome serve`: as named, or among the user's data.
pub(crate) fn workspace(named: Option<&Path>) -> Result<PathBuf> {
    if let Some(named) = named {
        return Ok(named.to_owned());
    }
    let data = dirs::data_local_dir().ok_or(UsageError::NoDataFolder)?;
    Ok(data.join("connectome-workspace"))
}

/// Takes the threads, before anything is loaded.
pub(crate) fn take_threads(n_threads: Option<u16>) -> Result<()> {
    if let Some(n_threads) = n_threads.map(usize::from) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build_global();
        pool.map_err(|source| UsageError::Threads { n_threads, source })?;
    }
    Ok(())
}

/// Thresholds that pruning will accept.
pub(crate) fn thresholds(args: ThresholdArgs) -> Result<Thresholds> {
    let thresholds = Thresholds { nodes: args.node_threshold, edges: args.edge_threshold };
    for (what, found) in
        [("node threshold", thresholds.nodes), ("edge threshold", thresholds.edges)]
    {
        if !(0.0..=1.0).contains(&found) {
            return Err(GraphError::Threshold { what, found }.into());
        }
    }
    Ok(thresholds)
}

/// Which features get a row.
pub(crate) fn expand(args: &ExtentArgs) -> Result<Expand> {
    let positive = |what, found: usize| {
        let expected = "a number above 0";
        if found > 0 { Ok(found) } else { Err(number(what, &found, expected)) }
    };
    if args.exhaustive {
        return Ok(Expand::Exhaustive);
    }
    if let Some(max) = args.max_feature_nodes {
        let batch = positive("batch size", args.batch_size)?;
        let interval = positive("update interval", args.update_interval)?;
        return Ok(Expand::Ranked { max, chunk: batch.saturating_mul(interval) });
    }
    let tolerance = args.tolerance;
    if tolerance > 0.0 && tolerance < 1.0 {
        return Ok(Expand::Certified { tolerance });
    }
    Err(number("tolerance", &tolerance, "a number between 0 and 1").into())
}

pub(crate) fn number(
    what: &'static str,
    found: &dyn std::fmt::Display,
    expected: &'static str,
) -> UsageError {
    UsageError::Number { what, found: found.to_string(), expected }
}

/// Refuses a place that could not be written, before the work that is to be written there.
pub(crate) fn writable(path: &Path) -> Result<()> {
    let refuse = |source| GraphError::Write { source, path: path.to_owned() };
    if path.is_dir() {
        return Err(refuse(std::io::ErrorKind::IsADirectory.into()).into());
    }
    whole::beside(path).map(drop).map_err(refuse)?;
    Ok(())
}

/// The folder a file lies in.
pub(crate) fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
