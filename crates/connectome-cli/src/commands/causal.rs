//! `connectome causal`: is a variable a step of the model, and do features carry it?

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use connectome::causal::{Claims, Options, Selection, Stage, examine};
use connectome::doubt::{Done, Question, Table};
use connectome::organism;
use connectome_elegans::{Case, Size, World as Organism, variables};
use serde::Deserialize;

use super::Ending;
use crate::args::CausalArgs;
use crate::failure::UsageError;
use crate::family;
use crate::json_lines;
use crate::load::{self, Loaded};
use crate::progress::{Interrupt, Work};
use crate::prompt::{self, Wanted};
use crate::report::causal::CausalReport;
use crate::settings::{World, number};
use crate::{printer, targets};

/// What Ctrl-C says.
const ENDING: &str = "ending with the pairs so far";

pub(crate) fn run(args: &CausalArgs, world: &World) -> Result<Ending> {
    let options = options(args)?;
    let loaded = load::load(&args.model, world)?;
    let rows = match &args.table {
        Some(path) => rows_of_file(path)?,
        None => rows_of_world(args, &loaded)?,
    };
    let questions = rows.iter().map(|row| question(row, &loaded)).collect::<Result<Vec<_>>>()?;
    let n_zeroed = questions.iter().map(|(_, n_zeroed)| *n_zeroed).max().unwrap_or(1);
    let table = Table::new(questions.into_iter().map(|(question, _)| question).collect())?;
    let options = Options { n_zeroed, ..options };
    let mut work = Work::new(world, Interrupt::installed(world, ENDING)?);
    let mut watch = |stage: Stage, Done { n, of }: Done| {
        let name = match stage {
            Stage::Prompts => "running prompts",
            Stage::Interchange => "moving the stream",
            Stage::Swaps => "swapping features",
        };
        work.step(name, n, of)
    };
    let findings = examine(&loaded.replacement, &table, &options, &mut watch)?;
    let cases = spread(table.questions().len(), args.graphs);
    let claims = if cases.is_empty() || findings.is_partial {
        None
    } else {
        let mut step = |done: usize| work.step("tracing graphs", done, cases.len());
        let replacement = &loaded.replacement;
        let recipe = (&findings.selective, &options);
        Some(Claims::of(replacement, &table, recipe, &cases, &mut step)?)
    };
    drop(work);
    let report = CausalReport::of(&loaded, &table, &options, &findings, claims.as_ref());
    world.print(&printer::causal::page(&report, world.screen))?;
    world.document(&report)?;
    Ok(if findings.is_partial { Ending::Interrupted } else { Ending::Done })
}

fn options(args: &CausalArgs) -> Result<Options> {
    for (what, found) in [
        ("share `--own`", args.own),
        ("share `--others`", args.others),
        ("threshold", args.threshold),
    ] {
        if !(found > 0.0 && found <= 1.0) {
            return Err(number(what, &found, "a number above 0 and at most 1").into());
        }
    }
    if args.pairs == 0 {
        return Err(number("number of pairs", &args.pairs, "a number above 0").into());
    }
    Ok(Options {
        selection: Selection { own: args.own, others: args.others },
        n_pairs: args.pairs,
        threshold: args.threshold,
        seed: args.seed,
        ..Options::default()
    })
}

/// `k` of `n` cases, evenly spread, so that all values and questions take part.
fn spread(n: usize, k: usize) -> Vec<usize> {
    let k = k.min(n);
    (0..k).map(|at| at * n / k).collect()
}

/// A row as files have it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TableRow {
    prompt: Option<String>,
    token_ids: Option<Vec<u32>>,
    value: String,
    /// What is asked: prompts that ask the same share their answers.
    asks: String,
    answer: String,
}

fn rows_of_file(path: &Path) -> Result<Vec<TableRow>, UsageError> {
    json_lines::read(path, |row: &TableRow| {
        let is_either = row.prompt.is_some() != row.token_ids.is_some();
        if is_either { Ok(()) } else { Err("it needs either `prompt` or `token_ids`") }
    })
}

/// The world that a shipped model was trained on.
#[derive(Debug, Deserialize)]
struct Facts {
    templates: BTreeMap<String, String>,
    relations: Vec<String>,
    facts: Vec<BTreeMap<String, String>>,
}

/// The variable that models of our own worlds are asked for if none is named.
const FIRST_VARIABLE: &str = "state";

/// Prompts of a world that the model was trained on, if it is known.
fn rows_of_world(args: &CausalArgs, loaded: &Loaded) -> Result<Vec<TableRow>> {
    let missing = || UsageError::NoTable { model: loaded.model_name.clone() };
    let Some(organism) = organism::by_name(&loaded.model_name) else {
        let name = args.variable.as_deref().ok_or_else(missing)?;
        return rows_of_variable(name, &Organism::new(args.world_seed, Size::Full));
    };
    match family::of(organism)? {
        Some((world, _)) => {
            rows_of_variable(args.variable.as_deref().unwrap_or(FIRST_VARIABLE), &world)
        }
        None => rows_of_facts(organism.world, missing),
    }
}

fn rows_of_variable(name: &str, world: &Organism) -> Result<Vec<TableRow>> {
    let variables = variables(world);
    let names = || variables.iter().map(|variable| variable.name.to_owned()).collect();
    let unknown = || UsageError::NoSuchVariable { found: name.to_owned(), known: names() };
    let variable = variables.iter().find(|variable| variable.name == name).ok_or_else(unknown)?;
    let row = |case: &Case| TableRow {
        prompt: None,
        token_ids: Some(case.prompt.clone()),
        value: case.value.clone(),
        asks: case.asks.clone(),
        answer: world.vocabulary().text(&[case.answer]),
    };
    Ok(variable.cases.iter().map(row).collect())
}

/// Every two-step question of one of the small shipped worlds; the variable is the state.
fn rows_of_facts(world: &str, missing: impl Fn() -> UsageError) -> Result<Vec<TableRow>> {
    let facts: Facts = serde_json::from_str(world)?;
    let template = facts.templates.get("two_hop").ok_or_else(&missing)?;
    let question = template.replace(" {answer}", "");
    let mut rows = Vec::new();
    for fact in &facts.facts {
        for relation in &facts.relations {
            let of = |key: &str| fact.get(key).cloned().ok_or_else(&missing);
            let prompt = question.replace("{relation}", relation).replace("{city}", &of("city")?);
            rows.push(TableRow {
                prompt: Some(prompt),
                token_ids: None,
                value: of("state")?,
                asks: relation.clone(),
                answer: of(relation)?,
            });
        }
    }
    Ok(rows)
}

/// A row as the library wants it, and how many of its positions are not used.
fn question(row: &TableRow, loaded: &Loaded) -> Result<(Question, usize)> {
    let wanted = match (&row.prompt, &row.token_ids) {
        (Some(text), _) => Wanted::Text(text.clone()),
        (None, ids) => Wanted::Ids(ids.clone().unwrap_or_default()),
    };
    let tokens = prompt::prepare(&wanted, loaded)?.tokens;
    let question = Question {
        tokens: tokens.ids,
        answer: targets::token(&row.answer, loaded)?,
        value: row.value.clone(),
        asks: row.asks.clone(),
        answers: BTreeMap::new(),
    };
    Ok((question, tokens.n_zeroed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphs_are_spread_over_the_table() {
        assert_eq!(spread(9, 3), [0, 3, 6]);
        assert_eq!(spread(2, 5), [0, 1]);
        assert!(spread(9, 0).is_empty());
    }
}
