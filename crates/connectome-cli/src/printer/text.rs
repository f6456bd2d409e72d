//! Words and numbers as people read them: one way to write each.

use console::measure_text_width;

/// Columns that text takes on a terminal.
pub(crate) fn width(text: &str) -> usize {
    measure_text_width(text)
}

/// A token as it can be seen: blanks at its ends as `·`, line ends as `↵`, and nothing that a
/// terminal would obey.
pub(crate) fn token(token: &str) -> String {
    if token.is_empty() {
        return "∅".to_owned();
    }
    let inner = token.trim_matches(' ');
    let n_before = token.len() - token.trim_start_matches(' ').len();
    let n_after = if inner.is_empty() { 0 } else { token.len() - n_before - inner.len() };
    format!("{}{}{}", "·".repeat(n_before), plain(inner), "·".repeat(n_after))
}

/// Text on one line, without control characters.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => out.push('↵'),
            '\t' => out.push('⇥'),
            c if c.is_control() || is_directional(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Marks that turn the direction of the text around them, so that a line would lie.
fn is_directional(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text cut to `columns`, with `…` where something is missing.
pub(crate) fn fit(text: &str, columns: usize) -> String {
    console::truncate_str(text, columns, "…").into_owned()
}

/// The end of a text, with `…` for what is missing before it.
pub(crate) fn end_of(text: &str, columns: usize) -> String {
    let count = text.chars().count();
    if count <= columns {
        return text.to_owned();
    }
    let tail: String = text.chars().skip(count + 1 - columns).collect();
    format!("…{tail}")
}

/// Cut and filled up to exactly `columns`.
pub(crate) fn pad(text: &str, columns: usize) -> String {
    let text = fit(text, columns);
    let missing = columns.saturating_sub(width(&text));
    format!("{text}{}", " ".repeat(missing))
}

/// A share in percent, six columns wide.
pub(crate) fn percent(share: f64) -> String {
    if share > 0.0 && share < 0.0005 {
        return " <0.1 %".to_owned();
    }
    format!("{:5.1} %", 100.0 * share)
}

/// A share in percent, as narrow as it is.
pub(crate) fn bare_percent(share: f64) -> String {
    percent(share).trim_start().to_owned()
}

/// A number with a comma between thousands.
pub(crate) fn count(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 node`, `77 nodes`.
pub(crate) fn counted(number: usize, noun: &str) -> String {
    format!("{} {noun}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A size in powers of 1,000, as disks are sold.
pub(crate) fn bytes(size: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = size as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && value < 99.95);
    format!("{value:.digits$} {}", UNITS[unit])
}

/// A small number as `3.1e-6`, a usual one plainly.
pub(crate) fn scientific(number: f64) -> String {
    if number == 0.0 || (0.001..10_000.0).contains(&number.abs()) {
        format!("{number:.3}")
    } else {
        format!("{number:.1e}")
    }
}

/// A number as narrow as it is, with a true minus sign.
pub(crate) fn signed(number: f32) -> String {
    number.to_string().replace('-', "−")
}

/// Lines of whole words: `first` columns for the first, `other` for the others. A word that is
/// wider has a line of its own. A percent sign stays with its number.
pub(crate) fn wrap(text: &str, first: usize, other: usize) -> Vec<String> {
    let text = text.replace(" %", "\u{a0}%");
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let columns = if lines.len() == 1 { first } else { other };
        let line = lines.last_mut().expect("there is a line from the start");
        let blank = usize::from(!line.is_empty());
        if width(line) + blank + width(word) <= columns || (line.is_empty() && columns == other) {
            line.push_str(&" ".repeat(blank));
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.into_iter().map(|line| line.replace("\u{a0}%", " %")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_seen_and_obeyed_by_nobody() {
        assert_eq!(token(" Austin"), "·Austin");
        assert_eq!(token("  "), "··");
        assert_eq!(token("a b"), "a b");
        assert_eq!(token("\n"), "↵");
        assert_eq!(token("\u{1b}[31mred"), "\\u{1b}[31mred");
        assert_eq!(token("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(token(""), "∅");
    }

    #[test]
    fn numbers_have_one_form() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(12), "12");
        assert_eq!(counted(1, "node"), "1 node");
        assert_eq!(percent(0.986), " 98.6 %");
        assert_eq!(percent(0.0001), " <0.1 %");
        assert_eq!(percent(0.0), "  0.0 %");
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1_048_664), "1.0 MB");
        assert_eq!(bytes(999_999), "1.0 MB");
        assert_eq!(scientific(3.12e-6), "3.1e-6");
        assert_eq!(scientific(41.2), "41.200");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("a bb ccc d", 4, 5), ["a bb", "ccc d"]);
        assert_eq!(wrap("toolong a", 3, 9), ["", "toolong a"]);
        assert_eq!(wrap("", 3, 3), [""]);
        assert_eq!(wrap("about 12 % of it", 8, 8), ["about", "12 % of", "it"]);
    }

    #[test]
    fn text_is_cut_to_columns() {
        assert_eq!(pad("abc", 5), "abc  ");
        assert_eq!(pad("abcdef", 4), "abc…");
        assert_eq!(width(&pad("漢字漢字", 5)), 5);
        assert_eq!(end_of("folder/file.safetensors", 12), "…safetensors");
    }
}
