//! The rules, each a function from a file to the places where it breaks the rule.

use std::collections::BTreeMap;

use super::source::{Source, paths, words};

/// A file longer than this is two files.
const CAP: usize = 800;

/// Where graphs and data are turned into bytes, and the record of how a graph was made, which is
/// stored as it is. Everywhere else a derived `Serialize` would make field names a file format by accident.
const SERDE_MAY_LIVE_IN: &[&str] = &[
    "crates/connectome-graph/src/wire/",
    "crates/connectome-graph/src/file.rs",
    "crates/connectome-graph/src/provenance.rs",
    "crates/connectome-elegans/src/wire/",
];

/// A row of an import table.
pub(crate) struct Module {
    /// A top-level module.
    pub(crate) name: &'static str,
    /// Modules it may import, or parts of one (`lm::tap`).
    pub(crate) may_import: &'static [&'static str],
}

/// An import table, with what the crate root re-exports.
pub(crate) struct Imports<'a> {
    table: BTreeMap<&'a str, &'a [&'a str]>,
    /// Item of the root to the module it comes from.
    exports: BTreeMap<String, String>,
}

impl<'a> Imports<'a> {
    pub(crate) fn new(table: Vec<(&'a str, &'a [&'a str])>, lib: &str) -> Self {
        let lib = Source::new("src/lib.rs", lib);
        let exports = paths(&lib.code)
            .into_iter()
            .filter_map(|(_, path)| match path.as_slice() {
                [module, .., item] if module != "crate" => Some((item.clone(), module.clone())),
                _ => None,
            })
            .collect();
        Self { table: table.into_iter().collect(), exports }
    }

    /// Imports of one file that the table does not allow.
    pub(crate) fn check(&self, source: &Source) -> Vec<String> {
        let module = source.module();
        let Some(own) = module.first() else { return Vec::new() };
        let Some(allowed) = self.table.get(own.as_str()) else {
            return vec![format!("{}: module `{own}` is in no row of the table", source.path)];
        };
        let mut broken = Vec::new();
        for (at, path) in paths(&source.shipped) {
            let Some(target) = self.resolve(&module, &path) else { continue };
            let is_known = target[0] == super::GRAPH || self.table.contains_key(target[0].as_str());
            let is_allowed =
                target[0] == *own || allowed.iter().any(|entry| starts_with(&target, entry));
            if is_known && !is_allowed {
                broken.push(at_line(
                    source,
                    at,
                    &format!("`{own}` imports `{}`", target.join("::")),
                ));
            }
        }
        broken.dedup();
        broken
    }

    /// The path counted from the crate root, re-exports followed; none for other crates.
    fn resolve(&self, module: &[String], path: &[String]) -> Option<Vec<String>> {
        let supers = path.iter().take_while(|part| *part == "super").count();
        let target = match path[0].as_str() {
            super::GRAPH => path.to_vec(),
            "crate" => path[1..].to_vec(),
            "self" => [module, &path[1..]].concat(),
            "super" => [&module[..module.len().saturating_sub(supers)], &path[supers..]].concat(),
            _ => return None,
        };
        let first = target.first()?;
        match self.exports.get(first) {
            Some(home) if !self.table.contains_key(first.as_str()) => {
                Some(vec![home.clone(), first.clone()])
            }
            _ => Some(target),
        }
    }
}

fn starts_with(target: &[String], entry: &str) -> bool {
    let parts: Vec<&str> = entry.split("::").collect();
    target.len() >= parts.len() && target.iter().zip(&parts).all(|(a, b)| a == b)
}

/// A file opens by saying what lives in it. Modules of an integration test may say it in their
/// `main.rs` instead, one comment each.
pub(crate) fn header(source: &Source) -> Vec<String> {
    let is_test_module = source.path.contains("/tests/") && !source.path.ends_with("/main.rs");
    if is_test_module || source.text.starts_with("//!") {
        return Vec::new();
    }
    vec![format!("{}: no `//!` header", source.path)]
}

pub(crate) fn cap(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    if lines <= CAP {
        return Vec::new();
    }
    vec![format!("{}: {lines} lines, the cap is {CAP}", source.path)]
}

/// Comments that are rules of dashes: a file that needs them is several files.
pub(crate) fn banner(source: &Source) -> Vec<String> {
    let is_banner = |line: &str| {
        let comment = line.trim_start().strip_prefix("//");
        let inside = comment.map(|text| text.trim_start_matches(['/', '!', ' ']));
        inside.is_some_and(|text| ["----", "====", "****"].iter().any(|r| text.starts_with(r)))
    };
    let lines = source.text.lines().enumerate().filter(|(_, line)| is_banner(line));
    lines.map(|(at, _)| format!("{}:{}: section banner", source.path, at + 1)).collect()
}

/// A test that does not run proves nothing; one that is slow has a place of its own.
pub(crate) fn ignored_test(source: &Source) -> Vec<String> {
    places(source, &source.code, &["#[ignore"], "an ignored test")
}

pub(crate) fn prints(source: &Source) -> Vec<String> {
    let macros = ["println!", "eprintln!", "print!", "eprint!", "dbg!"];
    places(source, &source.shipped, &macros, "a library prints")
}

/// Libraries get settings as arguments: one place reads the world, and tests need none of it.
pub(crate) fn reads_environment(source: &Source) -> Vec<String> {
    let is_env = |path: &[String]| path.len() > 1 && path[0] == "std" && path[1] == "env";
    let used = paths(&source.shipped).into_iter().filter(|(_, path)| is_env(path));
    let mut broken: Vec<String> = used.map(|(at, _)| at_line(source, at, "`std::env`")).collect();
    broken.extend(places(source, &source.shipped, &["std::env::"], "`std::env`"));
    broken.sort();
    broken.dedup();
    broken
}

pub(crate) fn unwraps(source: &Source) -> Vec<String> {
    places(source, &source.shipped, &[".unwrap()"], "`unwrap` outside tests")
}

pub(crate) fn unfinished(source: &Source) -> Vec<String> {
    places(source, &source.shipped, &["todo!", "unimplemented!"], "unfinished code")
}

/// Cargo features are hardware, and hardware is known to `ops` alone.
pub(crate) fn hardware_feature(source: &Source) -> Vec<String> {
    if source.path.contains("/src/ops/") {
        return Vec::new();
    }
    places(source, &source.code, &["cfg(feature", "cfg!(feature"], "a feature outside `ops`")
}

pub(crate) fn serde_inside(source: &Source) -> Vec<String> {
    if SERDE_MAY_LIVE_IN.iter().any(|place| source.path.starts_with(place)) {
        return Vec::new();
    }
    let is_serde = |word: &str| matches!(word, "Serialize" | "Deserialize");
    let used = words(&source.shipped).filter(|(_, word)| is_serde(word));
    used.map(|(at, word)| at_line(source, at, &format!("`{word}` outside the edge"))).collect()
}

/// Dependencies of a manifest that are on its forbidden list.
pub(crate) fn dependencies(path: &str, manifest: &str, forbidden: &[&str]) -> Vec<String> {
    let (mut section, mut broken) = ("", Vec::new());
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        }
        let name = line.split(['.', '=', ' ']).next().unwrap_or("");
        if section == "[dependencies]" && forbidden.contains(&name) {
            broken.push(format!("{path}: depends on `{name}`"));
        }
    }
    broken
}

/// Every place of `code` where one of `needles` stands as a word of its own.
fn places(source: &Source, code: &str, needles: &[&str], what: &str) -> Vec<String> {
    let mut found = Vec::new();
    for needle in needles {
        for (at, _) in code.match_indices(needle) {
            let before = code[..at].chars().next_back();
            let continues = before.is_some_and(|c| c == '_' || c.is_ascii_alphanumeric());
            let is_word = needle.starts_with(|c: char| c.is_ascii_alphabetic());
            if !(is_word && continues) {
                found.push(at_line(source, at, what));
            }
        }
    }
    found
}

fn at_line(source: &Source, at: usize, what: &str) -> String {
    format!("{}:{}: {what}", source.path, source.line(at))
}

/// Tests that a document's tables name under the heading `held by`, and rows that name none.
pub(crate) fn tests_named(path: &str, text: &str) -> (Vec<String>, Vec<String>) {
    let (mut names, mut without, mut in_table) = (Vec::new(), Vec::new(), false);
    for (at, line) in text.lines().enumerate() {
        let Some((_, last)) = line.trim_end_matches('|').rsplit_once('|') else {
            in_table = false;
            continue;
        };
        if last.trim() == "held by" {
            in_table = true;
        } else if in_table && last.trim() != "---" {
            let cited: Vec<&str> = last.split('`').skip(1).step_by(2).collect();
            if cited.is_empty() {
                without.push(format!("{path}:{}: names no test", at + 1));
            }
            names.extend(cited.into_iter().map(str::to_owned));
        }
    }
    (names, without)
}
