//! A trace as a page: what the model predicts, how much of it is explained, and by what.

use std::collections::BTreeMap;
use std::path::Path;

use super::graph::{certificate, path_lines, residual, scores};
use super::text::{bare_percent, count, counted, fit, pad, percent, token, width};
use super::{Page, Screen, bar, text};
use crate::report::trace::{
    Body, DictionaryReport, FeatureReport, Head, LogitReport, ModelReport, Prediction, PromptReport,
};
use crate::report::{NodeCounts, PrunedCounts};

/// Predictions that are shown at least, and the share from which more are.
const FEWEST_PREDICTIONS: usize = 5;
const WORTH_SHOWING: f32 = 0.001;

/// What is known once the model has run.
pub(crate) fn head(head: &Head, screen: Screen) -> String {
    let mut page = Page::new(screen);
    makers(&mut page, &head.model, &head.dictionary);
    let device = &head.device;
    if device.name != "cpu" || device.because.is_some() {
        let because = device.because.as_deref().map_or(String::new(), |why| format!(": {why}"));
        page.prose(&text::plain(&format!("rows on {}{because}", device.name)));
    }
    prompt(&mut page, &head.prompt, head.position);
    page.heading(
        &format!("Next token after position {}", head.position),
        &format!("probability over all {} tokens", count(head.model.vocabulary)),
    );
    predictions(&mut page, &head.predictions);
    page.finish()
}

/// The model and the dictionary.
pub(super) fn makers(page: &mut Page, model: &ModelReport, dictionary: &DictionaryReport) {
    let screen = page.screen;
    page.heading(
        &text::plain(&model.name),
        &format!("{}, {} layers, width {}", model.family, model.layers, model.width),
    );
    let kind = if dictionary.model_kind == "cross_layer_transcoder" { "CLT" } else { "PLT" };
    page.line(&screen.dim(&fit(
        &format!(
            "{}  {kind}, {} × {} features, {}, {} → {}",
            text::plain(&dictionary.name),
            dictionary.layers,
            count(dictionary.features_per_layer),
            dictionary.activation,
            dictionary.reads,
            dictionary.writes
        ),
        screen.width,
    )));
}

/// The tokens of a prompt, with the one whose successor is predicted in bold.
pub(super) fn prompt(page: &mut Page, prompt: &PromptReport, position: usize) {
    page.heading("Prompt", &counted(prompt.tokens.len(), "token"));
    let screen = page.screen;
    let (mut line, mut used) = (String::from("  "), 2);
    for piece in &prompt.tokens {
        let text = fit(&token(&piece.text), 24);
        let pos = piece.pos.to_string();
        let columns = width(&pos) + 1 + width(&text);
        if used > 2 && used + columns > screen.width {
            page.line(&line);
            (line, used) = (String::from("  "), 2);
        }
        line.push_str(&screen.dim(&pos));
        line.push(' ');
        line.push_str(&if piece.pos == position { screen.bold(&text) } else { text });
        line.push_str("   ");
        used += columns + 3;
    }
    page.line(&line);
}

fn predictions(page: &mut Page, predictions: &[Prediction]) {
    let screen = page.screen;
    let shown = predictions
        .iter()
        .enumerate()
        .take_while(|(at, one)| *at < FEWEST_PREDICTIONS || one.probability >= WORTH_SHOWING)
        .map(|(_, one)| (token(&one.text), f64::from(one.probability)));
    let shown: Vec<(String, f64)> = shown.collect();
    let names = shown.iter().map(|(name, _)| width(name)).max().unwrap_or(0).min(24);
    let bars = screen.width.saturating_sub(names + 13).min(50);
    for (name, probability) in shown {
        page.line(&format!(
            "  {}  {}  {}",
            pad(&name, names),
            percent(probability),
            screen.cyan(&bar(probability, bars))
        ));
    }
}

/// What is known once the graph is there.
pub(crate) fn body(body: &Body, saved: Option<&Path>, screen: Screen) -> String {
    let mut page = Page::new(screen);
    graph(&mut page, body);
    scores(&mut page, &body.scores);
    certificate(&mut page, &body.certificate, Some(&body.pruned));
    residual(&mut page, body.residual.as_ref());
    features(&mut page, &body.features);
    if body.paths.is_empty() {
        page.heading("Strongest paths", "none: pruning left no way from a token or error");
    } else {
        page.heading(
            "Strongest paths",
            "share of the walks that come this way; + raises the target, − lowers it",
        );
        let most = body.paths.len().min(FEWEST_PATHS.max(body.features.len() / 2));
        path_lines(&mut page, &body.paths[..most]);
    }
    where_saved(&mut page, body, saved);
    // It follows the page of the head.
    format!("\n{}", page.finish())
}

/// Paths are long lines; half as many as features say as much.
const FEWEST_PATHS: usize = 5;

fn graph(page: &mut Page, body: &Body) {
    let weigh = body.targets.len() > 1;
    let target = |one: &crate::report::trace::TargetReport| {
        let weight = if weigh { percent(f64::from(one.weight)) } else { String::new() };
        format!("{} {}", token(&one.label), weight.trim_start()).trim_end().to_owned()
    };
    let targets: Vec<String> = body.targets.iter().map(target).collect();
    page.heading("Graph", &format!("explains {}", targets.join(", ")));
    let NodeCounts { total, .. } = body.nodes;
    page.entry(
        "all",
        6,
        &format!(
            "{}: {}; {}",
            counted(total, "node"),
            kinds(&body.nodes),
            counted(body.edges, "edge")
        ),
    );
    let PrunedCounts { nodes, edges, node_threshold, edge_threshold, .. } = &body.pruned;
    page.entry(
        "pruned",
        6,
        &format!(
            "{}: {}; {}, with {node_threshold} of the nodes' influence and {edge_threshold} of \
             the edges'",
            counted(nodes.total, "node"),
            kinds(nodes),
            counted(*edges, "edge")
        ),
    );
}

/// How many nodes of each kind, in words.
pub(crate) fn kinds(nodes: &NodeCounts) -> String {
    [
        counted(nodes.features, "feature"),
        counted(nodes.errors, "error"),
        counted(nodes.tokens, "token"),
        counted(nodes.targets, "target"),
    ]
    .join(", ")
}

fn features(page: &mut Page, features: &[FeatureReport]) {
    let screen = page.screen;
    if features.is_empty() {
        page.heading("Strongest features", "none: pruning left tokens and errors only");
        return;
    }
    page.heading(
        "Strongest features",
        "share of the walks that pass; activation; direct logit effect: raises most | lowers most",
    );
    let ids = features.iter().map(|one| width(&one.node.id)).max().unwrap_or(0);
    let texts = features.iter().map(|one| width(&token(&one.node.text))).max().unwrap_or(0).min(12);
    let mut by_layer: BTreeMap<u32, Vec<&FeatureReport>> = BTreeMap::new();
    for feature in features {
        by_layer.entry(feature.node.layer.unwrap_or_default()).or_default().push(feature);
    }
    let strongest = features.iter().map(|one| one.node.influence_share_of_targets);
    let strongest = strongest.fold(0.0, f64::max);
    for (_, features) in by_layer.iter().rev() {
        for feature in features {
            let node = &feature.node;
            let share = node.influence_share_of_targets;
            let bars = pad(&bar(crate::report::share(share, strongest), 6), 6);
            let columns = screen.width.saturating_sub(ids + texts + 32);
            let says = match &node.label {
                Some(label) => fit(&text::plain(label), columns),
                None => says(feature, columns),
            };
            page.line(&format!(
                "  {}  {}  {}  {} {:7.2}  {says}",
                pad(&node.id, ids),
                screen.dim(&pad(&token(&node.text), texts)),
                percent(share),
                screen.cyan(&bars),
                node.activation.unwrap_or_default(),
            ));
        }
    }
}

/// The tokens that a feature raises and lowers most, as many as fit.
fn says(feature: &FeatureReport, columns: usize) -> String {
    let words = |logits: &[LogitReport], n: usize| {
        let words: Vec<String> = logits.iter().take(n).map(|one| token(&one.text)).collect();
        words.join(" ")
    };
    let fits = (1..=feature.top_logits.len()).rev().find_map(|n| {
        let line =
            format!("{} | {}", words(&feature.top_logits, n), words(&feature.bottom_logits, n));
        (width(&line) <= columns).then_some(line)
    });
    fits.unwrap_or_else(|| fit(&words(&feature.top_logits, 1), columns))
}

fn where_saved(page: &mut Page, body: &Body, saved: Option<&Path>) {
    match saved {
        Some(path) => {
            let shown = path.display().to_string();
            page.heading("Saved", &text::plain(&shown));
            let end = body.targets.first().map(|target| target.id.as_str()).unwrap_or_default();
            let starts = body.paths.iter().filter_map(|path| path.nodes.first());
            let start = starts.map(|stop| stop.id.as_str()).find(|id| id.starts_with("token:"));
            let start = start.unwrap_or("token:1");
            page.line(&format!(
                "  connectome paths {} {} {}",
                quoted(&shown),
                quoted(start),
                quoted(end)
            ));
        }
        None => page.heading("Not saved", "--output FILE keeps the graph, to walk and export it"),
    }
}

/// A word for a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "_-./:@+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Tells of a trace that was ended early.
pub(crate) fn interrupted(body: &Body) -> String {
    let certificate = &body.certificate;
    let unresolved = certificate.unresolved_share_of_targets;
    let lacks = unresolved.map_or_else(String::new, |share| {
        format!("; {} of the walks are unresolved", bare_percent(share))
    });
    format!(
        "interrupted with {} of {} expanded{lacks}",
        count(certificate.expanded_features),
        counted(certificate.active_features, "active feature"),
    )
}
