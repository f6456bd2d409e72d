//! Short names for features, made from where they fire and what they say.
//!
//! A name is a guess of a program, and says so ([`LabelSource`]). It claims only what can be
//! counted: the token on which most of the strongest examples peak, the token before it, and
//! the logits that stand out. Where nothing does there is no name.

use std::collections::BTreeMap;

use super::index::{Effect, Example, Label, LabelSource};

/// Share of the examples that one word must have to stand for all of them.
const MOST: f64 = 0.6;

/// Share that a few words must have together.
const NEARLY_ALL: f64 = 0.75;

/// Words of a list.
const A_FEW: usize = 3;

/// A logit stands out if the first that does not is at most this share of the largest.
const BEHIND: f32 = 0.7;

/// Fewer examples say nothing.
const FEWEST: usize = 3;

/// Columns of a word.
const LONGEST: usize = 24;

/// A name, from the strongest examples and from the logits that the feature raises most, the
/// strongest first.
#[must_use]
pub fn label(examples: &[Example], top_logits: &[Effect]) -> Option<Label> {
    let place = where_it_fires(examples);
    let says = what_it_says(top_logits);
    let (text, source) = match (place, says) {
        (Some(place), Some(says)) => {
            (format!("{place}, says {says}"), LabelSource::ExamplesAndLogits)
        }
        (Some(place), None) => (place, LabelSource::Examples),
        (None, Some(says)) => (format!("says {says}"), LabelSource::Logits),
        (None, None) => return None,
    };
    Some(Label { text, source })
}

fn where_it_fires(examples: &[Example]) -> Option<String> {
    if examples.len() < FEWEST {
        return None;
    }
    let peaks = examples.iter().map(|example| Some(example.tokens[example.peak].as_str()));
    let before = examples.iter().map(|example| {
        let before = example.peak.checked_sub(1)?;
        Some(example.tokens[before].as_str())
    });
    let at = common(peaks, examples.len(), A_FEW).map(|words| format!("at {words}"));
    let after = common(before, examples.len(), 1).map(|word| format!("after {word}"));
    match (at, after) {
        (Some(at), Some(after)) => Some(format!("{at} {after}")),
        (at, after) => at.or(after),
    }
}

/// The word that most examples have, or at most `n` that nearly all have.
fn common<'a>(
    words: impl Iterator<Item = Option<&'a str>>,
    n_examples: usize,
    n: usize,
) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in words.flatten() {
        *counts.entry(word.trim()).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    // The most frequent first; of equals, in the order of the alphabet.
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let share = |n: usize| {
        let together: usize = counts.iter().take(n).map(|(_, count)| count).sum();
        together as f64 / n_examples as f64
    };
    let n = if share(1) >= MOST { 1 } else { (2..=n).find(|n| share(*n) >= NEARLY_ALL)? };
    Some(list(counts.iter().take(n).map(|(word, _)| *word)))
}

/// Logits that stand out, if they are few.
fn what_it_says(top: &[Effect]) -> Option<String> {
    let values: Vec<f32> = top.iter().map_while(|effect| effect.value).collect();
    let largest = *values.first().filter(|value| **value > 0.0)?;
    let n = values.iter().take_while(|value| **value > BEHIND * largest).count();
    let is_few = n <= A_FEW && n < values.len();
    is_few.then(|| list(top[..n].iter().map(|effect| effect.token.trim())))
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = words.map(|word| format!("\"{}\"", plain(word))).collect();
    quoted.join(", ")
}

/// A word on one line, cut where it is long.
fn plain(word: &str) -> String {
    let mut plain = String::new();
    for (n, c) in word.chars().enumerate() {
        match c {
            _ if n == LONGEST => return plain + "…",
            '\n' => plain.push('↵'),
            c if c.is_control() => plain.extend(c.escape_default()),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(text: &str, peak: usize) -> Example {
        let tokens: Vec<String> = text.split(' ').map(|word| format!(" {word}")).collect();
        let activations = vec![1.0; tokens.len()];
        Example { tokens, activations, peak }
    }

    fn says(values: &[(&str, f32)]) -> Vec<Effect> {
        let effect = |(token, value): &(&str, f32)| Effect {
            token: (*token).to_owned(),
            value: Some(*value),
        };
        values.iter().map(effect).collect()
    }

    #[test]
    fn a_name_says_what_is_common_and_what_stands_out() {
        let examples: Vec<Example> =
            ["the old port", "a new port", "one far port"].map(|text| example(text, 2)).into();
        let of = |logits: &[(&str, f32)]| label(&examples, &says(logits));
        let named = of(&[(" Alder", 3.0), (" Rowan", 1.0)]).unwrap();
        assert_eq!(named.text, "at \"port\", says \"Alder\"");
        assert_eq!(named.source, LabelSource::ExamplesAndLogits);
        let flat = of(&[("a", 3.0), ("b", 2.9), ("c", 2.8), ("d", 2.7)]).unwrap();
        assert_eq!((flat.text.as_str(), flat.source), ("at \"port\"", LabelSource::Examples));
    }

    #[test]
    fn a_few_words_stand_for_nearly_all_and_the_word_before_for_most() {
        let texts = ["of oak", "of ash", "of oak", "of elm"];
        let examples = texts.map(|text| example(text, 1));
        let named = label(&examples, &[]).unwrap();
        assert_eq!(named.text, "at \"oak\", \"ash\" after \"of\"");
    }

    #[test]
    fn where_nothing_stands_out_there_is_no_name() {
        let texts = ["a b", "c d", "e f", "g h", "i j"];
        let examples = texts.map(|text| example(text, 1));
        let flat = says(&[("a", 1.0), ("b", 0.99), ("c", 0.98), ("d", 0.97), ("e", 0.96)]);
        assert_eq!(label(&examples, &flat), None);
        // All that are listed stand out: so may many more that are not.
        assert_eq!(label(&examples, &says(&[("a", 1.0), ("b", 0.9)])), None);
        assert_eq!(label(&[example("a b", 1)], &[]), None);
    }
}
