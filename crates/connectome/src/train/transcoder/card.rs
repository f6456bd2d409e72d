//! The card of a dictionary: `card.json` for programs, `README.md` for people.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::evaluate::{GraphQuality, LayerQuality, Quality, graphs_json};
use super::metrics::{CLASSES, Density};
use super::params::Shape;
use super::run::Job;
use crate::lm::Model;
use crate::train::TrainError;
use crate::train::files::write_whole;

/// What the card says.
pub(super) struct Facts<'a> {
    pub(super) job: Job<'a>,
    pub(super) course: &'a Value,
    pub(super) model: &'a Model,
    pub(super) shape: Shape,
    pub(super) step: u64,
    /// Share of dead features, a layer each.
    pub(super) dead: Vec<f64>,
    pub(super) density: &'a Density,
    pub(super) ours: (Quality, Vec<GraphQuality>),
    /// The same dictionary in the other models that it was trained on, by name.
    pub(super) others: Vec<(&'a str, (Quality, Vec<GraphQuality>))>,
    /// The same of a dictionary that has learned nothing.
    pub(super) baseline: (Quality, Vec<GraphQuality>),
    pub(super) n_held_out: usize,
}

/// Writes both files; returns the JSON.
pub(super) fn write(facts: &Facts<'_>) -> Result<Value, TrainError> {
    let document = document(facts);
    let mut text = serde_json::to_string_pretty(&document).expect("JSON values can be written");
    text.push('\n');
    write_whole(&facts.job.out.join("card.json"), text.as_bytes())?;
    write_whole(&facts.job.out.join("README.md"), readme(facts).as_bytes())?;
    Ok(document)
}

fn document(facts: &Facts<'_>) -> Value {
    let Facts { job, shape, .. } = facts;
    let measured = |(quality, graphs): &(Quality, Vec<GraphQuality>)| json!({ "quality": quality.to_json(), "graphs": graphs_json(graphs) });
    let others: serde_json::Map<String, Value> =
        facts.others.iter().map(|(name, ours)| ((*name).to_owned(), measured(ours))).collect();
    let histogram: Vec<[usize; 7]> =
        (0..shape.n_layers).map(|layer| facts.density.histogram(layer)).collect();
    json!({
        "what": kind(*shape),
        "model": { "name": job.model_name, "fingerprint": facts.model.fingerprint() },
        "data": {
            "digest": job.corpus.digest(),
            "documents": job.corpus.len(),
            "held_out_documents": facts.n_held_out,
            "not_utf8_documents": job.corpus.n_not_text(),
        },
        "shape": {
            "layers": shape.n_layers,
            "features": shape.n_features,
            "width": shape.d_model,
            "window": shape.window,
            "parameters": shape.n_parameters(),
        },
        "steps": facts.step,
        "tokens": facts.step * job.options.data.batch_tokens as u64,
        "options": facts.course,
        "dead_share": facts.dead,
        "density": { "below": CLASSES, "features": histogram },
        "measured": measured(&facts.ours),
        "in_other_models": others,
        "random_dictionary": measured(&facts.baseline),
        "recipe": job.recipe,
    })
}

fn kind(shape: Shape) -> &'static str {
    match shape.window {
        1 => "per-layer transcoder",
        window if window == shape.n_layers => "cross-layer transcoder",
        _ => "windowed cross-layer transcoder",
    }
}

fn readme(facts: &Facts<'_>) -> String {
    let Facts { job, shape, ours: (quality, _), .. } = facts;
    let mut text = String::new();
    let what = kind(*shape);
    let tokens = facts.step * job.options.data.batch_tokens as u64;
    // Writing to a string does not fail.
    let _ = write!(
        text,
        "# A {what} of `{model}`\n\n{layers} layers × {features} features, trained on {tokens} \
         tokens in {steps} steps. It reads `{reads}` and writes `{writes}`.\n\n\
         ```sh\nconnectome trace \"…\" --model {model} --transcoder DIR\n```\n\n\
         ## Measured\n\n",
        model = job.model_name,
        layers = shape.n_layers,
        features = shape.n_features,
        steps = facts.step,
        reads = job.options.dictionary.sites.reads,
        writes = job.options.dictionary.sites.writes,
    );
    let on = if facts.n_held_out > 0 { "held-out tokens" } else { "tokens of the training data" };
    let _ = write!(
        text,
        "On {} {on}, from these files. The random dictionary has the same shape and as many \
         features firing, and has learned nothing.\n\n{}",
        quality.n_tokens,
        totals(facts),
    );
    let _ = write!(text, "\n## By layer\n\n{}", by_layer(facts, quality));
    let _ = write!(text, "\n{MEANINGS}\n\n## Recipe\n\n```sh\n{}\n```\n", job.recipe);
    text
}

/// A number of the table, of a quality and its graphs.
type Number = fn(&Quality, &[GraphQuality]) -> f64;

fn totals(facts: &Facts<'_>) -> String {
    let Facts { job, ours: (_, graphs), others, .. } = facts;
    let mut rows: Vec<(&str, Number)> = vec![
        ("NMSE, mean over layers", |quality, _| quality.mean(|layer| layer.nmse)),
        ("EV, mean over layers", |quality, _| quality.mean(|layer| layer.ev)),
        ("L0, summed over layers", |quality, _| quality.layers.iter().map(|layer| layer.l0).sum()),
        ("replacement model, same top token", |quality, _| quality.top1),
        ("replacement model, KL in nats", |quality, _| quality.kl),
    ];
    if !graphs.is_empty() {
        rows.push(("graphs, replacement score", |_, graphs| {
            mean(graphs, |graph| graph.replacement)
        }));
        rows.push(("graphs, completeness score", |_, graphs| {
            mean(graphs, |graph| graph.completeness)
        }));
    }
    let first = if others.is_empty() { "this" } else { job.model_name };
    let mut columns = vec![(first, &facts.ours)];
    columns.extend(others.iter().map(|(name, measured)| (*name, measured)));
    columns.push(("random dictionary", &facts.baseline));
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let mut text = format!("| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for (name, of) in rows {
        let _ = write!(text, "| {name} |");
        for (_, (quality, graphs)) in &columns {
            let _ = write!(text, " {:.4} |", of(quality, graphs));
        }
        text.push('\n');
    }
    text
}

fn mean(graphs: &[GraphQuality], of: fn(&GraphQuality) -> f64) -> f64 {
    graphs.iter().map(of).sum::<f64>() / graphs.len().max(1) as f64
}

fn by_layer(facts: &Facts<'_>, quality: &Quality) -> String {
    let mut text =
        "| layer | NMSE | EV | L0 | dead | never fired here |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for (layer, (LayerQuality { nmse, ev, l0, never }, dead)) in
        quality.layers.iter().zip(&facts.dead).enumerate()
    {
        let (dead, never) = (100.0 * dead, 100.0 * never);
        let _ = writeln!(
            text,
            "| {layer} | {nmse:.4} | {ev:.4} | {l0:.1} | {dead:.1} % | {never:.1} % |"
        );
    }
    text
}

const MEANINGS: &str = "\
NMSE is Σ‖ŷ − y‖² / Σ‖y‖², EV is 1 − Σ‖ŷ − y‖² / Σ‖y − ȳ‖², both over tokens, in the model's own \
numbers. L0 is the mean number of features that fire on a token. A feature is dead if it had not \
fired for the tokens that the options say when training ended. In the replacement model the \
dictionary stands in for all MLPs at once and reads what it wrote; leading positions that are not \
trained on keep the MLP's output. All of it, and the density of features, is in `card.json`.";
