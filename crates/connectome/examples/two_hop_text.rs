//! The sentences of the shipped two-hop world, one a line: what its dictionaries are trained on.
//!
//! ```text
//! cargo run --release --example two_hop_text > facts.txt
//! ```

#![expect(clippy::print_stdout, reason = "an example writes to a file by way of the shell")]

use std::collections::BTreeSet;
use std::error::Error;

use connectome::organism;
use serde_json::Value;

/// Words of a sentence; shorter ones are filled up with dots in front, as in training.
const N_WORDS: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let organism = organism::by_name("two-hop").ok_or("no such organism")?;
    let world: Value = serde_json::from_str(organism.world)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let template = |name: &str| text(&world["templates"][name]);
    let facts = world["facts"].as_array().ok_or("the world has no facts")?;
    let relations: Vec<String> =
        world["relations"].as_array().ok_or("no relations")?.iter().map(text).collect();
    let mut lines = BTreeSet::new();
    for fact in facts {
        let of = |key: &str| text(&fact[key]);
        let filled = |template: String, relation: &str| {
            let (answer, city, state) = (of(relation), of("city"), of("state"));
            let sentence = template
                .replace("{relation}", relation)
                .replace("{answer}", &answer)
                .replace("{city}", &city)
                .replace("{state}", &state);
            let n_dots = N_WORDS.saturating_sub(sentence.split_whitespace().count() - 1);
            let dots = vec!["."; n_dots].join(" ");
            sentence.replace("{pad}", &dots)
        };
        lines.insert(filled(template("one_hop"), &relations[0]));
        for relation in &relations {
            lines.insert(filled(template("second_hop"), relation));
            lines.insert(filled(template("two_hop"), relation));
        }
    }
    lines.iter().for_each(|line| println!("{line}"));
    Ok(())
}
