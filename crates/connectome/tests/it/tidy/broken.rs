//! Tests of the rules themselves: each must see a snippet that breaks it, and must not see what
//! only looks like it (in a comment, a string, or a test).

use super::rules::{self, Imports};
use super::source::Source;

const LIBRARY: &str = "crates/connectome-graph/src/thing.rs";

/// `rule` finds `count` places in `text`.
fn check(rule: fn(&Source) -> Vec<String>, text: &str, count: usize) {
    let found = rule(&Source::new(LIBRARY, text));
    assert_eq!(found.len(), count, "{found:?} in\n{text}");
}

#[test]
fn a_missing_header_is_seen() {
    check(rules::header, "use std::fmt;\n", 1);
    check(rules::header, "// not a module comment\n", 1);
    check(rules::header, "//! What lives here.\n", 0);
    for (path, count) in [("crates/a/tests/it/main.rs", 1), ("crates/a/tests/it/laws.rs", 0)] {
        assert_eq!(rules::header(&Source::new(path, "mod laws;\n")).len(), count, "{path}");
    }
}

#[test]
fn a_long_file_is_seen() {
    check(rules::cap, &"x\n".repeat(801), 1);
    check(rules::cap, &"x\n".repeat(800), 0);
}

#[test]
fn a_banner_is_seen() {
    check(rules::banner, "// ---------- helpers ----------\n", 1);
    check(rules::banner, "    // =====\n/// ----\n", 2);
    check(rules::banner, "//! | a | b |\n//! |---|---|\nlet x = a----b;\n", 0);
}

#[test]
fn an_ignored_test_is_seen_even_in_a_test() {
    check(rules::ignored_test, "#[cfg(test)] mod tests { #[test] #[ignore] fn slow() {} }", 1);
    check(rules::ignored_test, "#[ignore = \"slow\"]", 1);
    check(rules::ignored_test, "// #[ignore]\nlet s = \"#[ignore]\";", 0);
}

#[test]
fn printing_is_seen() {
    check(rules::prints, "fn f() { println!(\"x\"); eprint!(\"y\"); }", 2);
    check(rules::prints, "fn f() { dbg!(1); }", 1);
    check(rules::prints, "//! println!(\"in a comment\")\nlet s = r#\"print!(\"#;", 0);
    check(rules::prints, "fn f() { pretty_print!(x); }", 0);
    check(rules::prints, "#[cfg(test)]\nmod tests { fn f() { println!(\"{}\", '}'); } }", 0);
    check(rules::prints, "#[cfg(test)]\nmod tests { fn f() {} }\nfn g() { println!(); }", 1);
}

#[test]
fn a_file_of_tests_may_print() {
    let text = "fn f() { println!(); }";
    let in_tests = Source::new("crates/connectome/src/lm/tests.rs", text);
    assert!(rules::prints(&in_tests).is_empty());
}

#[test]
fn reading_the_environment_is_seen() {
    check(rules::reads_environment, "use std::env;\n", 1);
    check(rules::reads_environment, "use std::{env, fmt};\nuse std::env::var;\n", 2);
    check(rules::reads_environment, "fn f() { std::env::var(\"HOME\").ok(); }", 1);
    check(rules::reads_environment, "const V: &str = env!(\"CARGO_PKG_VERSION\");", 0);
    check(rules::reads_environment, "use std::{fmt, io};\n/* use std::env; */", 0);
}

#[test]
fn unwrap_is_seen() {
    check(rules::unwraps, "fn f() { g().unwrap(); }", 1);
    check(rules::unwraps, "/// ```\n/// g().unwrap();\n/// ```\nfn f() { g().unwrap_or(1); }", 0);
    check(rules::unwraps, "#[test] fn f() { g().unwrap(); }", 1);
}

#[test]
fn unfinished_code_is_seen() {
    check(rules::unfinished, "fn f() { todo!() }\nfn g() { unimplemented!() }", 2);
    check(rules::unfinished, "// todo! is forbidden\n", 0);
}

#[test]
fn a_feature_outside_ops_is_seen() {
    let text = "#[cfg(feature = \"cuda\")]\nfn f() { if cfg!(feature = \"cuda\") {} }";
    check(rules::hardware_feature, text, 2);
    let in_ops = Source::new("crates/connectome/src/ops/matmul.rs", text);
    assert!(rules::hardware_feature(&in_ops).is_empty());
}

#[test]
fn serde_inside_the_graph_is_seen() {
    check(rules::serde_inside, "#[derive(Clone, Serialize)]\nstruct A;", 1);
    check(rules::serde_inside, "impl<'de> serde::Deserialize<'de> for A {}", 1);
    let text = "use serde::Serialize;";
    for path in ["wire/neuronpedia.rs", "file.rs", "provenance.rs"] {
        let source = Source::new(&format!("crates/connectome-graph/src/{path}"), text);
        assert!(rules::serde_inside(&source).is_empty(), "{path}");
    }
}

#[test]
fn a_forbidden_dependency_is_seen() {
    let manifest = "[package]\nname = \"clap\"\n[dependencies]\nclap.workspace = true\n\
        anyhow = \"1\"\nclap_complete.workspace = true\n[dev-dependencies]\nclap = \"4\"\n";
    let found = rules::dependencies("Cargo.toml", manifest, &["clap", "anyhow"]);
    assert_eq!(found, ["Cargo.toml: depends on `clap`", "Cargo.toml: depends on `anyhow`"]);
}

#[test]
fn a_claim_without_a_test_is_seen() {
    let text = "| a | b |\n|---|---|\n| `x` | `y` |\n\n\
        | claim | held by |\n|---|---|\n| one | `first`, `second` |\n| two | nobody |\n\nend\n\
        | p | `q` |\n";
    let (names, without) = rules::tests_named("d.md", text);
    assert_eq!(names, ["first", "second"]);
    assert_eq!(without, ["d.md:8: names no test"]);
}

/// A crate of three modules: `low`, `high` that may import it, and `side` that may import a
/// part of `high`.
fn imports(path: &str, text: &str) -> Vec<String> {
    const HIGH: &[&str] = &["low"];
    const SIDE: &[&str] = &["high::part"];
    let lib =
        "mod low;\nmod high;\npub use high::{Tower, part::Stone as Rock};\npub use low::Cellar;";
    let table: Vec<(&str, &[&str])> = vec![("low", &[]), ("high", HIGH), ("side", SIDE)];
    Imports::new(table, lib).check(&Source::new(path, text))
}

#[test]
fn an_import_against_the_order_is_seen() {
    let low = "crates/connectome/src/low.rs";
    for text in [
        "use crate::high::Tower;",
        "use crate::{low::Cellar, high::{self, part}};",
        "use crate::Tower;",
        "use super::high;",
        "fn f() { let x = crate::high::build(); }",
        "use crate::\n    high::Tower as T;",
        "use connectome_graph::Node;",
        "fn f() { connectome_graph::prune(g) }",
    ] {
        assert!(!imports(low, text).is_empty(), "not seen: {text}");
    }
    assert_eq!(
        imports(low, "//! x\n\nuse crate::high::Tower;"),
        ["crates/connectome/src/low.rs:3: `low` imports `high::Tower`"]
    );
}

#[test]
fn an_import_along_the_order_is_not_seen() {
    let high = "crates/connectome/src/high/part.rs";
    for text in [
        "use crate::low::Cellar;\nuse crate::Cellar;",
        "use super::Tower;\nuse super::super::low;\nuse self::inner::X;",
        "use std::fmt;\nuse serde::Serialize;",
        "// use crate::side::X;\nlet s = \"crate::side::X\";",
        "#[cfg(test)]\nmod tests { use crate::side::X; }",
        "pub(crate) fn f(crate_: u8) {}",
        "fn f<'a>(x: &'a [u8]) -> impl Iterator<Item = u8> + use<'a> { g::<{ 1 }>(x) }",
    ] {
        assert_eq!(imports(high, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_part_of_a_module_can_be_allowed_alone() {
    let side = "crates/connectome/src/side/mod.rs";
    assert!(imports(side, "use crate::high::part::Stone;").is_empty());
    assert!(imports(side, "use crate::high::part::{Stone, Brick};").is_empty());
    assert_eq!(imports(side, "use crate::high::other::Stone;").len(), 1);
}

#[test]
fn a_module_that_is_in_no_row_is_seen() {
    let found = imports("crates/connectome/src/attic.rs", "");
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(imports("crates/connectome/src/lib.rs", "").is_empty());
}

#[test]
fn literals_of_every_kind_are_blank() {
    for literal in [
        "\"panic \\\" println!()\"",
        "r\"println!()\"",
        "r#\"a\"println!()\"#",
        "br##\"\"#println!()\"##",
        "/* outer /* println!() */ println!() */",
        "// println!()",
        "'\"'; let b = \"println!()\"",
        "'\\''; let b = \"println!()\"",
        "'µ'; let b = \"println!()\"",
    ] {
        check(rules::prints, &format!("let a = {literal}\n;"), 0);
        check(rules::prints, &format!("let a = {literal}\n; println!()"), 1);
    }
    check(rules::prints, "fn f<'a>(x: &'a str, y: &'static str) { println!() }", 1);
}
