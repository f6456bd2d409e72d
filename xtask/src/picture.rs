//! `cargo xtask picture`: the README's picture, drawn from what the tracer really prints.
//!
//! Runs the release build on the shipped model with colours forced, and writes each line of its
//! output as monospaced SVG text. Only the few escape codes that the tracer uses are known.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::command::{cargo, root, run as run_command};

const PROMPT: &str = "the capital of the state containing Oak gate is";
const COLUMNS: usize = 100;
const CELL: (f64, f64) = (7.8, 17.0);
const MARGIN: f64 = 18.0;

/// Writes `docs/screens/trace.svg`.
pub(crate) fn run(_arguments: &[String]) -> Result<()> {
    run_command(&mut cargo(["build", "--release", "--locked"]))?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), Into::into);
    let mut command = Command::new(target.join("release/connectome"));
    command.args(["--color", "always", "--quiet", "trace", PROMPT]);
    command.env("COLUMNS", COLUMNS.to_string()).env_remove("NO_COLOR");
    let output = command.output().context("cannot run the tracer")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = format!("$ connectome trace \"{PROMPT}\"\n\n{}", String::from_utf8(output.stdout)?);
    let path = root().join("docs/screens/trace.svg");
    std::fs::create_dir_all(path.parent().context("the picture has a folder")?)?;
    std::fs::write(&path, svg(&text))?;
    println!("{}", path.display());
    Ok(())
}

/// A piece of a line in one style.
#[derive(Debug, PartialEq)]
struct Span<'a> {
    column: usize,
    style: &'static str,
    text: &'a str,
}

/// Splits a line at its escape codes.
fn spans(line: &str) -> Vec<Span<'_>> {
    let mut spans = Vec::new();
    let (mut column, mut style) = (0, "");
    for (place, part) in line.split('\u{1b}').enumerate() {
        let text = match part.split_once('m') {
            Some((code, text)) if place > 0 => {
                style = style_of(code.trim_start_matches('['));
                text
            }
            _ => part,
        };
        if !text.is_empty() {
            spans.push(Span { column, style, text });
            column += text.chars().count();
        }
    }
    spans
}

/// The class of an escape code, by its last number.
fn style_of(code: &str) -> &'static str {
    match code.rsplit(';').next() {
        Some("1") => "bold",
        Some("2") => "dim",
        Some("31") => "red",
        Some("32") => "green",
        Some("33") => "yellow",
        Some("34") => "blue",
        Some("35") => "magenta",
        Some("36") => "cyan",
        _ => "",
    }
}

fn svg(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let width = COLUMNS as f64 * CELL.0 + 2.0 * MARGIN;
    let height = lines.len() as f64 * CELL.1 + 2.0 * MARGIN;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" \
         font-family=\"ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', monospace\" \
         font-size=\"13\">\n<style>text{{fill:#d8dee9;white-space:pre}}.bold{{font-weight:700;\
         fill:#fff}}.dim{{fill:#8a93a3}}.red{{fill:#e88388}}.green{{fill:#a8cc8c}}\
         .yellow{{fill:#dbab79}}.blue{{fill:#71bef2}}.magenta{{fill:#d290e4}}\
         .cyan{{fill:#66c2cd}}</style>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" \
         fill=\"#1d2129\"/>\n"
    );
    for (row, line) in lines.iter().enumerate() {
        let y = MARGIN + (row as f64 + 0.8) * CELL.1;
        for span in spans(line) {
            let x = MARGIN + span.column as f64 * CELL.0;
            let length = span.text.chars().count() as f64 * CELL.0;
            let text = span.text.replace('&', "&amp;").replace('<', "&lt;");
            let class = span.style;
            writeln!(
                out,
                "<text xml:space=\"preserve\" class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" \
                 textLength=\"{length:.1}\" lengthAdjust=\"spacingAndGlyphs\">{text}</text>"
            )
            .expect("writing to a string does not fail");
        }
    }
    out.push_str("</svg>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_at_its_codes() {
        let found = spans("ab\u{1b}[1mcd\u{1b}[0m e");
        let span = |column, style, text| Span { column, style, text };
        assert_eq!(found, [span(0, "", "ab"), span(2, "bold", "cd"), span(4, "", " e")]);
    }
}
