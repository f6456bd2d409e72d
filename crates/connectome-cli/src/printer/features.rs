//! Features in a terminal: where they fire, on coloured tokens, and what they say.

pub(crate) mod grid;
pub(crate) mod weights;

use super::text::{bare_percent, bytes, count, counted, fit, pad, plain, token, width};
use super::{Page, Screen, spark};
use crate::report::features::{
    CollectReport, EffectReport, ExampleReport, FeatureReport, FoundReport, GroupReport,
    ListReport, SearchReport,
};

/// Columns of a feature's name.
const ID: usize = 10;

/// Columns of a number before an example.
const NUMBER: usize = 9;

/// How examples are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Examples {
    /// So many of each group.
    pub(crate) top: usize,
    /// Numbers after tokens.
    pub(crate) activations: bool,
}

pub(crate) fn collected(report: &CollectReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let read = format!(
        "{} tokens in {} of {}",
        count(report.tokens as usize),
        counted(report.sequences as usize, "sequence"),
        plain(&report.dictionary)
    );
    page.heading(&plain(&report.index), &read);
    let all = report.layers * report.features_of_a_layer;
    page.prose(&format!(
        "{} of {} features fire, {:.1} on a token on average; {} have an automatic name. {}.",
        count(report.fired),
        count(all),
        report.mean_active,
        count(report.named),
        bytes(report.bytes)
    ));
    page.finish()
}

pub(crate) fn imported(report: &CollectReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    page.heading(&plain(&report.index), &plain(&report.dictionary));
    let all = report.layers * report.features_of_a_layer;
    page.prose(&format!(
        "{}; {} have a name. {}.",
        counted(all, "feature"),
        count(report.named),
        bytes(report.bytes)
    ));
    page.finish()
}

pub(crate) fn feature(report: &FeatureReport, style: Examples, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let label = report.label.as_ref();
    let title =
        label.map_or(report.id.clone(), |label| format!("{}  {}", report.id, plain(&label.text)));
    page.heading(&title, label.map_or("no name", |label| label.source));
    page.prose(&fires(report));
    let counts: Vec<f64> =
        report.histogram.iter().map(|bin| f64::from(bin.count).ln_1p()).collect();
    if let (Some(first), Some(last)) = (report.histogram.first(), report.histogram.last()) {
        let most = counts.iter().copied().fold(0.0, f64::max);
        let columns = screen.width.saturating_sub(44);
        let line = spark(&squeezed(&counts, columns), 0.0, most);
        let (lo, hi) = (number(first.lo), number(last.hi));
        page.line(&format!("  {lo} {line} {hi}  {}", screen.dim("activations, counts in logs")));
    }
    let effects = [
        ("raises logits", &report.top_logits, 1),
        ("lowers logits", &report.bottom_logits, -1),
        ("reads", &report.top_inputs, 1),
        ("reads less", &report.bottom_inputs, -1),
    ];
    for (name, list, sign) in effects.into_iter().filter(|(_, list, _)| !list.is_empty()) {
        let line = fit(&effects_line(list, screen, sign), screen.width - 18);
        page.line(&format!("  {}  {line}", pad(name, 14)));
    }
    if !report.fires_with.is_empty() {
        page.heading("Fires with", "share of its tokens on which the other fires, too");
        for one in &report.fires_with {
            let label = one.label.as_deref().map(plain).unwrap_or_default();
            let share = bare_percent(one.share);
            page.line(&fit(&format!("  {} {share:>8}  {label}", pad(&one.id, ID)), screen.width));
        }
    }
    for group in &report.groups {
        examples(&mut page, group, report.max, style);
    }
    page.finish()
}

/// How often, and how strongly.
fn fires(report: &FeatureReport) -> String {
    if report.tokens == 0 {
        return format!(
            "Fires on {} of the tokens, up to {}, as its makers say.",
            bare_percent(f64::from(report.frequency)),
            number(report.max)
        );
    }
    if report.fired == 0 {
        return format!("Fires on none of {} tokens.", count(report.tokens as usize));
    }
    let quantiles: Vec<String> = report
        .quantiles
        .iter()
        .map(|one| format!("{} % below {}", (100.0 * one.share).round(), number(one.activation)))
        .collect();
    format!(
        "Fires on {} of {} tokens ({}), on average with {}, at most with {}; {}.",
        count(report.fired as usize),
        count(report.tokens as usize),
        frequency(f64::from(report.frequency)),
        number(report.mean as f32),
        number(report.max),
        quantiles.join(", ")
    )
}

/// A small share needs more digits than others.
fn frequency(share: f64) -> String {
    if share < 0.001 { format!("{:.4} %", 100.0 * share) } else { bare_percent(share) }
}

fn number(number: f32) -> String {
    let size = number.abs();
    let text = match size {
        _ if size >= 100.0 => format!("{number:.0}"),
        _ if size >= 10.0 => format!("{number:.1}"),
        _ if size >= 0.01 || size == 0.0 => format!("{number:.2}"),
        _ => format!("{number:.1e}"),
    };
    text.replace('-', "−")
}

/// Neighbours summed up, so that a line has at most so many.
fn squeezed(numbers: &[f64], columns: usize) -> Vec<f64> {
    let together = numbers.len().div_ceil(columns.max(1)).max(1);
    numbers.chunks(together).map(|some| some.iter().copied().fold(0.0, f64::max)).collect()
}

fn effects_line(effects: &[EffectReport], screen: Screen, sign: i8) -> String {
    let one = |effect: &EffectReport| {
        let value = effect.value.map(|value| format!(" {}", screen.dim(&number(value))));
        format!("{}{}", screen.signed(sign, &token(&effect.token)), value.unwrap_or_default())
    };
    effects.iter().map(one).collect::<Vec<_>>().join("  ")
}

fn examples(page: &mut Page, group: &GroupReport, max: f32, style: Examples) {
    let screen = page.screen;
    let n = group.examples.len();
    let shown = if n > style.top { format!("{} of {n}", style.top) } else { String::new() };
    page.heading(&plain(&group.name), &shown);
    for example in group.examples.iter().take(style.top) {
        let peak = number(example.activations[example.peak]);
        let columns = screen.width.saturating_sub(NUMBER + 4);
        let line = in_context(example, max, columns, style.activations, screen);
        page.line(&format!("  {peak:>NUMBER$}  {line}"));
    }
}

/// As many tokens around the peak as there is room for; the peak stands in «».
fn in_context(
    example: &ExampleReport,
    max: f32,
    columns: usize,
    activations: bool,
    screen: Screen,
) -> String {
    let words = spaced(&example.tokens);
    let said = |at: usize| {
        let activation = example.activations[at];
        let mut text = plain(&words[at]);
        if at == example.peak {
            let blanks = text.len() - text.trim_start().len();
            text = format!("{}«{}»", &text[..blanks], &text[blanks..]);
        }
        if activations && activation != 0.0 {
            text.push_str(&format!("({})", number(activation)));
        }
        text
    };
    let texts: Vec<String> = (0..words.len()).map(said).collect();
    let (first, last) = span(&texts, example.peak, columns.saturating_sub(2));
    let mut line = String::new();
    if first > 0 {
        line.push('…');
    }
    for (text, activation) in texts.iter().zip(&example.activations).take(last + 1).skip(first) {
        let share = f64::from(*activation) / f64::from(max.max(f32::MIN_POSITIVE));
        line.push_str(&screen.heat(share, text));
    }
    if last + 1 < texts.len() {
        line.push('…');
    }
    line
}

/// The tokens around the peak that fit, two before for one after.
fn span(texts: &[String], peak: usize, columns: usize) -> (usize, usize) {
    let (mut first, mut last, mut used) = (peak, peak, width(&texts[peak]));
    loop {
        let before = first.checked_sub(1);
        let after = Some(last + 1).filter(|at| *at < texts.len());
        let wants_before = peak - first <= 2 * (last - peak);
        let Some(next) = (if wants_before { before.or(after) } else { after.or(before) }) else {
            return (first, last);
        };
        used += width(&texts[next]);
        if used > columns {
            return (first, last);
        }
        (first, last) = (first.min(next), last.max(next));
    }
}

/// Tokens as they are read together: some vocabularies leave out the blanks between words.
fn spaced(tokens: &[String]) -> Vec<String> {
    let has_blanks = tokens.iter().any(|text| text.chars().any(char::is_whitespace));
    let word = |(at, text): (usize, &String)| {
        if has_blanks || at == 0 { text.clone() } else { format!(" {text}") }
    };
    tokens.iter().enumerate().map(word).collect()
}

pub(crate) fn found(report: &SearchReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let order = match &report.index {
        Some(_) => "by share of the largest activation in the index",
        None => "by activation; an index would say what is much for each",
    };
    let all = format!("{} fire; {order}", counted(report.total, "feature"));
    page.heading(&fit(&plain(&report.text), screen.width / 2), &all);
    for one in &report.features {
        let label = one.label.as_deref().map(plain).unwrap_or_default();
        let share = one.share_of_max.map(bare_percent).unwrap_or_default();
        let line = format!(
            "  {} {:>NUMBER$} {share:>8}  {}  {label}",
            pad(&one.id, ID),
            number(one.activation),
            pad(&places(one), 18)
        );
        page.line(&fit(&line, screen.width));
    }
    page.finish()
}

/// Where a feature fires most, and how often else.
fn places(one: &FoundReport) -> String {
    let more = match one.firings.len() {
        0 | 1 => String::new(),
        n => format!(" +{}", n - 1),
    };
    format!("{}@{}{more}", token(&one.token), one.position)
}

pub(crate) fn list(report: &ListReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let all = format!("{} of {}", counted(report.total, "feature"), plain(&report.dictionary));
    page.heading(&plain(&report.index), &all);
    page.line(&screen.dim(&format!("  {} {:>10} {:>NUMBER$}", pad("", ID), "frequency", "max")));
    for one in &report.features {
        let label = one.label.as_ref().map(|label| plain(&label.text)).unwrap_or_default();
        let line = format!(
            "  {} {:>10} {:>NUMBER$}  {label}",
            pad(&one.id, ID),
            frequency(f64::from(one.frequency)),
            number(one.max)
        );
        page.line(&fit(&line, screen.width));
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> ExampleReport {
        let tokens = ["the", "state", "of", "oak", "port", "is", "here"].map(str::to_owned).into();
        let activations = vec![0.0, 0.0, 0.0, 1.0, 4.0, 0.0, 0.0];
        ExampleReport { tokens, activations, peak: 4 }
    }

    #[test]
    fn an_example_shows_its_peak_whatever_the_width() {
        let screen = Screen::new(100, false);
        let line = |columns, activations| in_context(&example(), 4.0, columns, activations, screen);
        assert_eq!(line(80, false), "the state of oak «port» is here");
        assert_eq!(line(80, true), "the state of oak(1.00) «port»(4.00) is here");
        assert_eq!(line(18, false), "… oak «port» is…");
        assert_eq!(line(1, false), "… «port»…");
        let coloured = in_context(&example(), 4.0, 80, false, Screen::new(100, true));
        assert_ne!(coloured, line(80, false));
        assert_eq!(console::strip_ansi_codes(&coloured), line(80, false));
    }

    #[test]
    fn words_are_apart_unless_their_tokens_say_how() {
        let tokens =
            |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(spaced(&tokens(&["oak", "port"])).concat(), "oak port");
        assert_eq!(spaced(&tokens(&["oa", "k", " port"])).concat(), "oak port");
    }
}
