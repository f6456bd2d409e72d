//! The training data and the questions of the shipped two-hop world:
//! `cargo run -p connectome --example two_hop_data -- FOLDER`. `docs/training-lm.md` has the
//! command that trains a model on them.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};

const WORLD: &str = include_str!("../assets/two-hop/world.json");

/// How often a kind of sentence stands in the data, so that no kind is rare.
const ONE_HOP: usize = 2;
const SECOND_HOP: usize = 6;
const TWO_HOP: usize = 1;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("which folder?")?;
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    let world: Value = serde_json::from_str(WORLD)?;
    let (mut lines, mut questions) = (Vec::new(), String::new());
    let mut states = Vec::new();
    for fact in world["facts"].as_array().ok_or("no facts")? {
        let of = |key: &str| fact[key].as_str().unwrap_or_default();
        let (city, state, split) = (of("city"), of("state"), of("split"));
        let one_hop = format!(". . the city {city} is in the state {state}");
        lines.extend(vec![one_hop; ONE_HOP]);
        let is_new = !states.contains(&state);
        states.extend(is_new.then_some(state));
        for relation in ["capital", "bird", "river"] {
            let answer = of(relation);
            if is_new {
                let second_hop = format!(". . . . . the {relation} of {state} is {answer}");
                lines.extend(vec![second_hop; SECOND_HOP]);
            }
            let question = format!(". the {relation} of the state containing {city} is");
            let is_seen = match split {
                "train" => true,
                "bird_river_only" => relation != "capital",
                _ => false,
            };
            if is_seen {
                lines.extend(vec![format!("{question} {answer}"); TWO_HOP]);
            }
            let line = json!({ "prompt": question, "answer": answer, "group": split });
            writeln!(questions, "{line}")?;
        }
    }
    std::fs::write(folder.join("train.txt"), lines.join("\n") + "\n")?;
    std::fs::write(folder.join("questions.jsonl"), questions)?;
    Ok(())
}
