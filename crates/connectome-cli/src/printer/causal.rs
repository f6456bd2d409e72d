//! The page of `causal`.

use super::text::{bare_percent, counted, pad, token};
use super::{Page, Screen, bar};
use crate::report::causal::{CausalReport, PositionReport, SwapReport};

/// Everything that was found, on one page.
pub(crate) fn page(report: &CausalReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    page.prose(&format!(
        "{} with {}: {} of {} right, {} of the variable, {}; {} of right prompts",
        report.model,
        report.dictionary,
        report.right,
        counted(report.prompts, "prompt"),
        counted(report.values, "value"),
        counted(report.questions.len(), "question"),
        counted(report.pairs, "pair"),
    ));
    interchange(&mut page, report);
    features(&mut page, report);
    for position in &report.positions {
        if !position.swaps.is_empty() {
            let about = "features that stand for the variable: share of pairs whose answer \
                becomes that of the other value; constrained patching over layers 0 to the one \
                named; beside it as many features that stand for no value";
            swaps(&mut page, (position.position, "Swapped"), about, &position.swaps);
        }
        if !position.codes.is_empty() {
            let about = "all features, by the difference of their means for the two values; \
                beside it by that of two groups of prompts as large, drawn without looking at \
                the value";
            swaps(&mut page, (position.position, "Whole code swapped"), about, &position.codes);
        }
        if !position.mlp_outputs.is_empty() {
            let about = "what the MLPs themselves write there, exchanged for what they write in \
                a prompt with another value and question: as much as any dictionary could carry; \
                beside it that of a prompt with a third value";
            let outputs = &position.mlp_outputs;
            swaps(&mut page, (position.position, "MLP outputs exchanged"), about, outputs);
        }
    }
    claims(&mut page, report);
    verdict(&mut page, report);
    page.finish()
}

fn place(position: &PositionReport) -> String {
    let text = position.token.as_deref().map_or("…".to_owned(), token);
    format!("{:>2} {}", position.position, pad(&text, 11))
}

fn interchange(page: &mut Page, report: &CausalReport) {
    page.heading(
        "Where the model keeps it",
        "share of pairs whose answer becomes that of the other value to the same question, when \
         the stream at one place is that of a prompt with another value and question; in brackets \
         the share that becomes the other prompt's own answer",
    );
    let n_places = report.positions.first().map_or(0, |position| position.interchange.len());
    let mut head = format!("  {}", pad("position", 15));
    for at in 0..n_places {
        let name = match at {
            0 => "embedding".to_owned(),
            _ => format!("after {}", at - 1),
        };
        head.push_str(&format!("{name:>11}"));
    }
    let head = page.screen.dim(&head);
    page.line(&head);
    for position in &report.positions {
        let mut line = format!("  {} ", place(position));
        for cell in &position.interchange {
            let moved = if cell.moved > 0.0 { format!("{:.2}", cell.moved) } else { "·".into() };
            let copied = match cell.copied {
                share if share >= 0.005 => format!("({share:.2})"),
                _ => String::new(),
            };
            let text = format!("{moved:>4}{copied:>7}");
            let strong = cell.moved >= report.threshold;
            line.push_str(&if strong { page.screen.signed(1, &text) } else { text });
        }
        page.line(&line);
    }
}

fn features(page: &mut Page, report: &CausalReport) {
    page.heading(
        "Which features stand for it",
        &format!(
            "fire on at least {} of a value's prompts under every question, and on less than {} \
             of others'",
            bare_percent(report.own),
            bare_percent(report.others)
        ),
    );
    for position in report.positions.iter().filter(|position| position.values_with_features > 0.0) {
        let layers: Vec<String> = position.features.iter().map(ToString::to_string).collect();
        let line = format!(
            "  {}  {:>6} of values have some; by layer {}",
            place(position),
            bare_percent(position.values_with_features),
            layers.join(", ")
        );
        page.line(&line);
    }
}

fn swaps(page: &mut Page, (position, what): (usize, &str), about: &str, swaps: &[SwapReport]) {
    page.heading(&format!("{what} at position {position}"), about);
    let best = |swap: &&SwapReport| {
        let same = swaps.iter().filter(|other| other.end_layer == swap.end_layer);
        same.map(|other| other.moved).fold(0.0, f64::max) > 0.0
    };
    let shown: Vec<&SwapReport> = swaps.iter().filter(best).collect();
    if shown.is_empty() {
        page.prose("No swap moved a single answer, at any end layer or dose.");
    }
    for swap in shown {
        let line = format!(
            "  to layer {}  own ×{:<3} other ×{:<3} {:>5} {}  control {:>5}",
            swap.end_layer - 1,
            swap.own_times,
            swap.other_times,
            bare_percent(swap.moved),
            pad(&bar(swap.moved, 20), 20),
            bare_percent(swap.control_moved),
        );
        page.line(&line);
    }
}

fn claims(page: &mut Page, report: &CausalReport) {
    let Some(claims) = &report.claims else { return };
    page.heading("What graphs claim", "pruned graphs that hold features of a value");
    page.prose(&format!(
        "{} traced: {} claim a step, {} of them the true value. Bridge recall {}, false-bridge \
         rate {}. On average {} of the influence of kept features runs through the claimed value's.",
        counted(claims.graphs, "graph"),
        claims.claimed,
        claims.right,
        bare_percent(claims.bridge_recall),
        bare_percent(claims.false_bridge_rate),
        bare_percent(claims.mean_share_of_influence),
    ));
}

fn verdict(page: &mut Page, report: &CausalReport) {
    let threshold = bare_percent(report.threshold);
    page.heading(
        "Verdict",
        &format!(
            "causal where stream and features both move at least {threshold} of pairs, the \
             embedding does not already, and the control moves less than half of what the \
             features do"
        ),
    );
    let title = report.verdict.to_uppercase();
    let title = page.screen.bold(&title);
    page.line(&format!("  {title}"));
    for position in &report.positions {
        let best = position.interchange.iter().map(|cell| cell.moved).fold(0.0, f64::max);
        let swap = position.swaps.iter().map(|swap| swap.moved).fold(0.0, f64::max);
        let said = match position.verdict {
            "causal" => format!(
                "the variable is a step here, and these features carry it: the stream moves {}, \
                 the features {}",
                bare_percent(best),
                bare_percent(swap)
            ),
            "given" => format!(
                "the word itself says it: the embedding already moves {}, so there is no step to \
                 find; the features move at most {}",
                bare_percent(position.interchange[0].moved),
                bare_percent(swap)
            ),
            "spread" => format!(
                "the variable is a step here, and the dictionary carries it in features of which \
                 none stands for it: the stream moves {}, the whole code {}, those that stand for \
                 it {}",
                bare_percent(best),
                bare_percent(position.codes.iter().map(|swap| swap.moved).fold(0.0, f64::max)),
                bare_percent(swap)
            ),
            "features idle" => format!(
                "the stream moves {}, but swapping the features that stand for it moves only {}: \
                 they look right and do not carry it",
                bare_percent(best),
                bare_percent(swap)
            ),
            "not there" => format!(
                "features stand for it, but the model does not keep it here: the stream moves {}, \
                 the features {}",
                bare_percent(best),
                bare_percent(swap)
            ),
            "no features" => format!(
                "the stream moves {}, and too few values have features to ask",
                bare_percent(best)
            ),
            _ => continue,
        };
        page.entry(&place(position), 15, &said);
    }
}
