//! The flags of `connectome serve` and `connectome figure`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// The port; 0 takes any free one.
    #[arg(long, value_name = "N", default_value_t = 4317)]
    pub(crate) port: u16,
    /// The address to listen on. Anything but this machine itself needs a token.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(crate) host: IpAddr,
    /// What every request must bring; made up where one is needed and none is given.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// A further name that the server is reached by, as `lab.example.org`; repeatable.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Vec<String>,
    /// The folder of graphs; `connectome-workspace` among the user's data if not given.
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// A model and its dictionary, beside what ships; repeatable, the first is the default.
    #[arg(long, value_name = "MODEL[=DICTIONARY]")]
    pub(crate) model: Vec<String>,
    /// Never use the network, only what is on this machine.
    #[arg(long)]
    pub(crate) offline: bool,
    /// Threads to use; all cores if not given.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// Answer, but change nothing.
    #[arg(long)]
    pub(crate) read_only: bool,
    /// An index of features; repeatable. Those that `connectome features collect` wrote for a
    /// served model, and those in the folder of graphs, are found without.
    #[arg(long, value_name = "FILE")]
    pub(crate) features: Vec<PathBuf>,
    /// Files of another frontend (circuit-tracer's or Anthropic's), served at `/compat/`.
    #[arg(long, value_name = "DIR")]
    pub(crate) compat: Option<PathBuf>,
    /// Do not open a browser.
    #[arg(long)]
    pub(crate) no_open: bool,
}

/// Where the boxes of a figure stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Layout {
    /// In rows by the order of computation, with edges around them.
    Automatic,
    /// Where they stand in the view, with its notes.
    Placed,
}

/// The colours of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ThemeArg {
    /// Of SVG, light or dark as the reader's screen is; light in PDF and PNG.
    Reader,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

#[derive(Debug, Args)]
pub(crate) struct FigureArgs {
    /// A graph file with supernodes (`connectome group`).
    #[arg(value_name = "GRAPH")]
    pub(crate) graph: PathBuf,
    /// Where to write it; the name ends in `.svg`, `.pdf` or `.png`.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// The saved view that is drawn, as a file, or by name if the graph lies in a workspace; the
    /// graph file's own supernodes if not given.
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) view: Option<String>,
    /// Where boxes stand.
    #[arg(long, value_enum, default_value_t = Layout::Automatic)]
    pub(crate) layout: Layout,
    /// A node that is a box by itself, as `target:0`; repeatable.
    #[arg(long, value_name = "NODE")]
    pub(crate) pin: Vec<String>,
    /// A run that `connectome serve` measured on this graph, as JSON; repeatable.
    #[arg(long, value_name = "FILE")]
    pub(crate) run: Vec<PathBuf>,
    /// Call features that nobody named by the names of this index (`connectome features
    /// collect`); those that a program gave are in italics, after a `≈`.
    #[arg(long, value_name = "FILE")]
    pub(crate) features: Option<PathBuf>,
    /// Leave out the names that a program gave; those that came with imported features stay.
    #[arg(long, requires = "features")]
    pub(crate) no_automatic_names: bool,
    /// Leave out the tints that the view gives to groups.
    #[arg(long)]
    pub(crate) no_tints: bool,
    /// Leave out edges of a smaller share of a box's inputs from outside it, 0 to 1; the small
    /// lines count them.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    pub(crate) min_share: f64,
    /// Above everything.
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) title: String,
    /// Outputs that are listed.
    #[arg(long, value_name = "N", default_value_t = 6)]
    pub(crate) outputs: usize,
    /// Leave out the unchanged model, if there are runs.
    #[arg(long)]
    pub(crate) no_baseline: bool,
    /// Leave out what is left of activations.
    #[arg(long)]
    pub(crate) no_percentages: bool,
    /// Leave out the prompt.
    #[arg(long)]
    pub(crate) no_prompt: bool,
    /// Leave out the small lines.
    #[arg(long)]
    pub(crate) no_footer: bool,
    /// Its colours.
    #[arg(long, value_enum, default_value_t = ThemeArg::Reader)]
    pub(crate) theme: ThemeArg,
    /// How wide it is on paper, in millimetres; a unit is a pixel if not given.
    #[arg(long, value_name = "MM")]
    pub(crate) width: Option<f64>,
    /// Pixels a unit, of PNG; with `--width`, 96 dots an inch times this.
    #[arg(long, value_name = "X", default_value_t = 2.0)]
    pub(crate) scale: f64,
}
