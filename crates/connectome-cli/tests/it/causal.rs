//! `causal`: the verdicts on the two models that ship, tables of one's own, and bad ones.

use std::fmt::Write as _;

use crate::support::Place;

#[test]
fn the_two_models_that_ship_are_told_apart() {
    let place = Place::new();
    // Slow machines log their progress, unless they are told not to.
    let report = place.json(&["causal", "--pairs", "20", "--quiet"]);
    assert_eq!(
        (&report["verdict"], &report["causal_at"]),
        (&"causal".into(), &[9].as_slice().into())
    );
    assert_eq!(report["positions"][9]["token"], "is");
    let args = ["causal", "--model", "one-token", "--pairs", "20", "--graphs", "3", "--quiet"];
    let page = place.ok(&args).stdout;
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(page.contains("NOT CAUSAL") && page.contains("the word itself says it"), "{page}");
    assert!(page.contains("false-bridge rate 100.0 %"), "{page}");
}

fn row(city: &str, state: &str, asks: &str, answer: &str) -> String {
    let prompt = format!("the {asks} of the state containing {city} is");
    format!(
        "{{\"prompt\": \"{prompt}\", \"value\": \"{state}\", \"asks\": \"{asks}\", \
         \"answer\": \"{answer}\"}}\n"
    )
}

#[test]
fn a_table_of_ones_own_is_read_line_by_line() {
    let place = Place::new();
    let mut table = row("oak port", "Arvenia", "capital", "Alder");
    table.push_str(&row("oak port", "Arvenia", "bird", "falcon"));
    let refused = |text: &str, sentence: &str| {
        std::fs::write(place.path("table.jsonl"), text).unwrap();
        place.refused(&["causal", "table.jsonl"], sentence, "");
    };
    refused("", "the table of prompts is empty");
    refused(&table, "the set of other values of the variable is empty");
    refused(&format!("{table}{{\"prompt\": 1}}\n"), "line 3 is no row of a table");
    refused(&table.replace("\"prompt\"", "\"text\""), "line 1 is no row of a table");
    refused(
        "{\"value\": \"a\", \"asks\": \"b\", \"answer\": \"c\"}",
        "either `prompt` or `token_ids`",
    );
    refused(&table.replace("Alder", "oak port"), "`oak port` is several tokens");
    let mut twice = table.clone();
    // Writing to a string does not fail.
    let _ = write!(twice, "{}", row("oak port", "Arvenia", "capital", "falcon"));
    refused(&twice, "`capital` of `Arvenia` is token");
    place.refused(&["causal", "none.jsonl"], "cannot read `none.jsonl`", "check the path");
    place.golden("llama_clt_relu");
    let model = ["causal", "--model", "model", "--transcoder", "transcoders"];
    place.refused(&model, "ships with no world", "shows a line");
    place.refused(&["causal", "--own", "1.5"], "share `--own` is 1.5", "--help");
    place.refused(&["causal", "--pairs", "0"], "number of pairs is 0", "--help");
}
