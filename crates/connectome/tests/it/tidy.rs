//! The structure of the workspace, held by a test: who may import whom, how long a file may
//! grow, and what library code must never do.
//!
//! A rule that only prose holds is broken within a month. Each check here is tested itself, on a
//! snippet that breaks its rule (`tidy/broken.rs`). Function length and argument counts are
//! clippy's. Source: `ARCHITECTURE.md`, `STYLE.md`.

mod broken;
mod rules;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rules::{Imports, Module};
use source::Source;

/// Stands for the crate `connectome-graph` in the table of `connectome`.
const GRAPH: &str = "connectome_graph";

/// Who may import whom in `connectome`, lowest first. Data goes one way: files, weights,
/// decoder, replacement, attribution.
const CONNECTOME: &[Module] = &[
    Module { name: "error", may_import: &["device", "hub", "tokenizer", GRAPH] },
    Module { name: "files", may_import: &["error"] },
    Module { name: "organism", may_import: &["files"] },
    Module { name: "ops", may_import: &["error", "files"] },
    Module { name: "device", may_import: &["ops"] },
    Module { name: "weights", may_import: &["error", "files", "ops"] },
    Module { name: "hub", may_import: &["connectome_graph::whole"] },
    Module { name: "tokenizer", may_import: &[] },
    Module { name: "lm", may_import: &["error", "files", "ops", "weights"] },
    Module { name: "transcoder", may_import: &["error", "files", "ops", "weights", GRAPH] },
    Module {
        name: "replacement",
        may_import: &["error", "ops", "device", "lm", "transcoder", GRAPH],
    },
    Module {
        name: "open",
        may_import: &[
            "error",
            "files",
            "hub",
            "organism",
            "tokenizer",
            "lm",
            "transcoder",
            "replacement",
            GRAPH,
        ],
    },
    Module {
        name: "intervene",
        may_import: &["error", "ops", "lm", "transcoder", "replacement", GRAPH],
    },
    Module {
        name: "attribution",
        may_import: &[
            "error",
            "ops",
            "device",
            "lm::model::probabilities",
            "lm::model::top_probabilities",
            "transcoder::Kind",
            "replacement",
            GRAPH,
        ],
    },
    Module {
        name: "validate",
        may_import: &["error", "ops", "lm", "transcoder", "replacement", "intervene", GRAPH],
    },
    Module {
        name: "doubt",
        may_import: &[
            "error",
            "ops",
            "lm",
            "transcoder",
            "replacement",
            "intervene",
            "validate::statistics",
            GRAPH,
        ],
    },
    Module {
        name: "causal",
        may_import: &["error", "lm", "replacement", "intervene", "attribution", "doubt", GRAPH],
    },
    Module {
        name: "train",
        may_import: &[
            "error",
            "files",
            "ops",
            "weights",
            "tokenizer",
            "lm",
            "transcoder",
            "replacement",
            "attribution",
            GRAPH,
        ],
    },
    Module {
        name: "features",
        may_import: &[
            "error",
            "files",
            "organism",
            "ops",
            "lm",
            "transcoder",
            "replacement",
            "train::TrainError",
            "train::checkpoint",
            "train::transcoder::activations::Sequence",
            "train::transcoder::sequences::Sequencer",
            "train::files",
            GRAPH,
        ],
    },
    Module {
        name: "probe",
        may_import: &[
            "error",
            "lm::model::probabilities",
            "replacement",
            "features::FeaturesError",
            "features::columns",
            "features::firing",
            GRAPH,
        ],
    },
];

/// The order of `connectome-graph`: each module may import those before it. Nobody imports
/// `wire`, so no format of others can leak into what a graph is.
const CONNECTOME_GRAPH: &[&str] = &[
    "error",
    "feature",
    "node",
    "verdict",
    "annotations",
    "provenance",
    "graph",
    "influence",
    "flow",
    "select",
    "prune",
    "score",
    "paths",
    "supernode",
    "whole",
    "container",
    "file",
    "wire",
];

/// The order of `connectome-elegans`: words, the world, what is said of it, and last the bytes.
const CONNECTOME_ELEGANS: &[&str] = &[
    "error",
    "random",
    "words",
    "vocabulary",
    "recipe",
    "task",
    "example",
    "evaluation",
    "world",
    "tasks",
    "mixture",
    "course",
    "variables",
    "written",
    "wire",
    "data",
];

#[test]
fn modules_import_only_what_stands_before_them() {
    let in_order = |names: &'static [&'static str], lib: &str| {
        let table = names.iter().enumerate().map(|(at, name)| (*name, &names[..at]));
        Imports::new(table.collect(), lib)
    };
    let graph = in_order(CONNECTOME_GRAPH, &read("crates/connectome-graph/src/lib.rs"));
    let elegans = in_order(CONNECTOME_ELEGANS, &read("crates/connectome-elegans/src/lib.rs"));
    let table = CONNECTOME.iter().map(|module| (module.name, module.may_import));
    let connectome = Imports::new(table.collect(), &read("crates/connectome/src/lib.rs"));

    let mut broken = Vec::new();
    for source in sources() {
        if source.path.starts_with("crates/connectome-graph/src/") {
            broken.extend(graph.check(&source));
        } else if source.path.starts_with("crates/connectome-elegans/src/") {
            broken.extend(elegans.check(&source));
        } else if source.path.starts_with("crates/connectome/src/") {
            broken.extend(connectome.check(&source));
        }
    }
    assert_none(&broken);
}

/// A row without a module would hide that its name was given to another.
#[test]
fn every_row_of_the_tables_is_a_module() {
    let rows = CONNECTOME.iter().map(|module| ("connectome", module.name));
    let rows = rows.chain(CONNECTOME_GRAPH.iter().map(|name| ("connectome-graph", *name)));
    let rows = rows.chain(CONNECTOME_ELEGANS.iter().map(|name| ("connectome-elegans", *name)));
    for (package, name) in rows {
        let source = root().join("crates").join(package).join("src");
        let is_module = source.join(format!("{name}.rs")).is_file()
            || source.join(name).join("mod.rs").is_file();
        assert!(is_module, "`{package}` has no module `{name}`");
    }
}

#[test]
fn every_file_says_what_it_is_and_stays_short() {
    let broken: Vec<String> = sources()
        .iter()
        .flat_map(|source| {
            let checks = [rules::header, rules::cap, rules::banner, rules::ignored_test];
            checks.into_iter().flat_map(|check| check(source))
        })
        .collect();
    assert_none(&broken);
}

#[test]
fn libraries_keep_to_themselves() {
    let broken: Vec<String> = sources()
        .iter()
        .filter(|source| is_library(&source.path))
        .flat_map(|source| {
            let checks =
                [rules::prints, rules::reads_environment, rules::unwraps, rules::unfinished];
            checks.into_iter().flat_map(|check| check(source))
        })
        .collect();
    assert_none(&broken);
}

#[test]
fn serde_stays_at_the_edge_of_crates_without_tensors() {
    let crates = ["crates/connectome-graph/src/", "crates/connectome-elegans/src/"];
    let is_theirs = |source: &&Source| crates.iter().any(|path| source.path.starts_with(path));
    let broken: Vec<String> =
        sources().iter().filter(is_theirs).flat_map(rules::serde_inside).collect();
    assert_none(&broken);
}

#[test]
fn hardware_is_named_in_one_place() {
    let broken: Vec<String> = sources()
        .iter()
        .filter(|source| is_library(&source.path))
        .flat_map(rules::hardware_feature)
        .collect();
    assert_none(&broken);
}

/// A claim that we differ from the peer is only as good as the test that holds it.
#[test]
fn every_difference_names_a_test_that_exists() {
    let path = "docs/differences.md";
    let (names, mut broken) = rules::tests_named(path, &read(path));
    let sources = sources();
    let is_test = |name: &String| {
        let test = format!("fn {name}()");
        sources.iter().any(|source| source.code.contains(&test))
    };
    let unknown = names.iter().filter(|name| !is_test(name));
    broken.extend(unknown.map(|name| format!("{path}: no test `{name}`")));
    assert!(!names.is_empty(), "`{path}` has no table of claims");
    assert_none(&broken);
}

/// What each crate must not depend on, whatever it imports today.
#[test]
fn crates_depend_downwards() {
    const AT_THE_EDGE: &[&str] = &["anyhow", "clap", "ctrlc", "indicatif", "connectome-cli"];
    const NUMERIC: &[&str] = &["connectome", "gemm", "half", "rayon", "tokenizers", "hf-hub"];
    let forbidden = BTreeMap::from([
        ("crates/connectome-graph/Cargo.toml", [AT_THE_EDGE, NUMERIC].concat()),
        ("crates/connectome-elegans/Cargo.toml", [AT_THE_EDGE, NUMERIC].concat()),
        ("crates/connectome-figure/Cargo.toml", [AT_THE_EDGE, NUMERIC, &["serde"]].concat()),
        ("crates/connectome/Cargo.toml", [AT_THE_EDGE, &["axum", "connectome-server"]].concat()),
        ("crates/connectome-server/Cargo.toml", AT_THE_EDGE.to_vec()),
        ("crates/connectome-cli/Cargo.toml", vec!["xtask"]),
    ]);
    let broken: Vec<String> = forbidden
        .iter()
        .flat_map(|(path, names)| rules::dependencies(path, &read(path), names))
        .collect();
    assert_none(&broken);
}

/// The scan itself must not be empty, or every rule above would hold of nothing.
#[test]
fn the_scan_sees_the_workspace() {
    let paths: Vec<String> = sources().into_iter().map(|source| source.path).collect();
    for known in [
        "crates/connectome/src/lib.rs",
        "crates/connectome-elegans/src/lib.rs",
        "crates/connectome-graph/src/lib.rs",
        "crates/connectome-server/src/lib.rs",
    ] {
        assert!(paths.iter().any(|path| path == known), "`{known}` not among {paths:?}");
    }
    assert!(paths.iter().any(|path| path.ends_with("tests/it/tidy/rules.rs")), "{paths:?}");
    assert!(!paths.iter().any(|path| path.contains("/target/")), "{paths:?}");
}

fn is_library(path: &str) -> bool {
    let libraries = [
        "connectome",
        "connectome-elegans",
        "connectome-figure",
        "connectome-graph",
        "connectome-server",
    ];
    libraries.iter().any(|library| path.starts_with(&format!("crates/{library}/src/")))
}

/// Every Rust file of the workspace, sorted by path.
fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    for folder in ["crates", "xtask", "fuzz"] {
        collect(&root().join(folder), &mut paths);
    }
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let below = path.strip_prefix(root()).expect("found below the root");
            let name = below.to_str().expect("paths here are text").replace('\\', "/");
            let text = std::fs::read_to_string(path).expect("a file we listed can be read");
            Source::new(&name, &text)
        })
        .collect()
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let path = entry.expect("a folder of the workspace can be listed").path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).expect("the table names files that exist")
}

fn assert_none(broken: &[String]) {
    assert!(broken.is_empty(), "{} broken:\n{}", broken.len(), broken.join("\n"));
}
