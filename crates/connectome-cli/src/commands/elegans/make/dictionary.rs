//! A dictionary of all models of the family together.

use std::path::Path;

use anyhow::Result;
use clap::Parser as _;
use connectome_elegans::{BLOCK_ROWS, Mixture, Recipe, Row, Size, Task};
use connectome_graph::write_whole;
use serde_json::json;

use super::Place;
use crate::args::train::TrainCommand;
use crate::args::{Cli, Command, DictionaryArg};
use crate::commands::{Ending, train_clt};

/// Tokens of documents that are written for the dictionaries; longer runs read them again.
const DOCUMENT_TOKENS: usize = 2_400_000;

/// Of documents about other things than places, one in so many is kept. A city's state stands in
/// one token of a hundred, and a dictionary that has met it too rarely explains the rest well and
/// leaves the state to the error.
const ONE_IN: usize = 3;

/// Blocks of rows of a turn: of the base, and of each model that started from it.
const BASE_BLOCKS: u64 = 2;

/// Trains a dictionary to the end, or until somebody presses Ctrl-C, as `connectome train clt`
/// does.
pub(super) fn train(place: &Place<'_>, recipes: &[Recipe], kind: DictionaryArg) -> Result<Ending> {
    let name = match kind {
        DictionaryArg::Clt => "clt",
        DictionaryArg::Plt => "plt",
        DictionaryArg::None => return Ok(Ending::Done),
    };
    let out = place.out.join(name);
    if out.join("card.json").exists() {
        return Ok(Ending::Done);
    }
    let documents = place.out.join("activations.jsonl");
    if !documents.exists() {
        write_documents(place, recipes, &documents)?;
    }
    let mut words = flags(place, recipes, name);
    let recipe = words.join(" ");
    if out.join("checkpoints").exists() {
        words.push("--resume".to_owned());
    }
    place.world.note(&recipe);
    let Some(Command::Train(TrainCommand::Clt(args))) = Cli::try_parse_from(words)?.command else {
        unreachable!("the words above are `train clt`");
    };
    train_clt::train(&args, &recipe, place.interrupt.clone(), place.world)
}

/// The command line that trains it.
fn flags(place: &Place<'_>, recipes: &[Recipe], kind: &str) -> Vec<String> {
    let path = |name: &str| place.out.join(name).display().to_string();
    let [first, others @ ..] = recipes else { unreachable!("there is a base") };
    // `k` features of a layer on average.
    let (features, tokens, k) = match place.organism.size() {
        Size::Full => (1024, 2_400_000, 12),
        Size::Nano => (256, 1_000_000, 6),
    };
    let tokens = place.args.dictionary_tokens.unwrap_or(tokens);
    let mut words: Vec<String> =
        ["connectome", "train", "clt", "--kind", kind].into_iter().map(str::to_owned).collect();
    let mut flag = |name: &str, value: String| words.extend([format!("--{name}"), value]);
    flag("model", path(&place.name_of(*first)));
    flag("model-name", place.name_of(*first));
    for other in others {
        flag("also", path(&place.name_of(*other)));
    }
    flag("data", path("activations.jsonl"));
    flag("features", features.to_string());
    flag("tokens", tokens.to_string());
    flag("batch", "2048".to_owned());
    flag("lr", "2e-3".to_owned());
    flag("activation", "batch-topk".to_owned());
    flag("k", k.to_string());
    // Where layers compete, the first takes half of all that fires and the last starve; where each
    // has as many, the first is short of them.
    flag("k-scope", "layer".to_owned());
    flag("k-tilt", "4".to_owned());
    flag("k-from", (4 * k).to_string());
    flag("pre-loss", "0".to_owned());
    flag("aux", "0.03".to_owned());
    // Hundreds of dead features a token cost more than all that fire.
    flag("aux-k", "32".to_owned());
    flag("dtype", "bf16".to_owned());
    flag("seed", place.init_seed().to_string());
    flag("out", path(kind));
    words
}

/// Documents of what all the models were trained on, a line each.
fn write_documents(place: &Place<'_>, recipes: &[Recipe], path: &Path) -> Result<()> {
    let mixtures = recipes
        .iter()
        .map(|recipe| Mixture::new(place.organism, *recipe))
        .collect::<Result<Vec<_>, _>>()?;
    let wanted = usize::try_from(place.args.dictionary_tokens.unwrap_or(u64::MAX))
        .unwrap_or(usize::MAX)
        .min(DOCUMENT_TOKENS);
    Ok(write_whole(path, |out| {
        let mut n_tokens = 0;
        let mut n_others = 0;
        for turn in 0.. {
            for mixture in &mixtures {
                let n = if mixture.recipe() == Recipe::Base { BASE_BLOCKS } else { 1 };
                let n = n * BLOCK_ROWS as u64;
                for Row { documents, .. } in mixture.rows(turn * n..(turn + 1) * n) {
                    for document in documents {
                        if document.example.task != Task::Hops {
                            n_others += 1;
                            if n_others % ONE_IN > 0 {
                                continue;
                            }
                        }
                        let ids = document.example.ids;
                        n_tokens += ids.len();
                        serde_json::to_writer(&mut *out, &json!({ "tokens": ids }))?;
                        out.write_all(b"\n")?;
                    }
                }
            }
            if n_tokens >= wanted {
                break;
            }
        }
        Ok(())
    })?)
}
