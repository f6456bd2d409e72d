//! SVG text: elements, numbers, escapes, and how wide text is.

use std::fmt::Write as _;

/// A document in the making.
#[derive(Debug, Default)]
pub(crate) struct Svg {
    text: String,
}

impl Svg {
    /// Adds a line as it is: the caller has escaped what needs it.
    pub(crate) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A rectangle with round corners.
    pub(crate) fn rect(&mut self, class: &str, [x, y, width, height]: [f64; 4], radius: f64) {
        let line = format!(
            r#"<rect class="{class}" x="{}" y="{}" width="{}" height="{}" rx="{}"/>"#,
            number(x),
            number(y),
            number(width),
            number(height),
            number(radius)
        );
        self.line(&line);
    }

    /// A line of text; `(x, y)` is the left, middle or right end of its baseline.
    pub(crate) fn words(&mut self, class: &str, x: f64, y: f64, words: &str) {
        let line = format!(
            r#"<text class="{class}" x="{}" y="{}">{}</text>"#,
            number(x),
            number(y),
            escaped(words)
        );
        self.line(&line);
    }

    /// The words that a viewer shows of the group around them.
    pub(crate) fn hover(&mut self, words: &str) {
        if !words.is_empty() {
            let line = format!("<title>{}</title>", escaped(words));
            self.line(&line);
        }
    }

    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// A coordinate: one digit after the point, and none where it is zero.
pub(crate) fn number(x: f64) -> String {
    let text = format!("{x:.1}");
    let short = text.strip_suffix(".0").unwrap_or(&text);
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// Text for an element or an attribute. Control characters, which XML has no place for, become
/// U+FFFD.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(character),
            c if c.is_control() || ('\u{fffe}'..='\u{ffff}').contains(&c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// About how wide a line is in a sans-serif face of this size: an upper estimate for the usual
/// ones, as nobody can measure a reader's font.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(share_of_em).sum::<f64>() * size
}

/// As [`width`], in a monospaced face.
pub(crate) fn mono_width(text: &str, size: f64) -> f64 {
    text.chars().map(|c| if is_wide(c) { 1.2 } else { 0.61 }).sum::<f64>() * size
}

fn share_of_em(character: char) -> f64 {
    match character {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' => 0.36,
        ' ' | '·' | '(' | ')' | '/' => 0.36,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '—' | '…' | '×' => 0.92,
        c if c.is_ascii_uppercase() => 0.72,
        c if is_wide(c) => 1.05,
        _ => 0.6,
    }
}

/// Scripts whose characters fill a square.
fn is_wide(character: char) -> bool {
    matches!(character, '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}'
        | '\u{1f300}'..='\u{1faff}')
}

/// Text cut to a width, with `…` where something is missing.
pub(crate) fn fit(text: &str, room: f64, measure: impl Fn(&str) -> f64) -> String {
    if measure(text) <= room {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        let longer = format!("{kept}{character}…");
        if measure(&longer) > room {
            break;
        }
        kept.push(character);
    }
    format!("{kept}…")
}

/// Lines of whole words no wider than `room`; a word that is wider is cut.
pub(crate) fn wrap(text: &str, room: f64, measure: impl Fn(&str) -> f64 + Copy) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let word = fit(word, room, measure);
        let line = lines.last_mut().expect("there is a line from the start");
        let blank = if line.is_empty() { "" } else { " " };
        if measure(&format!("{line}{blank}{word}")) <= room {
            line.push_str(blank);
            line.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    lines
}

/// A path through points with round corners.
pub(crate) fn rounded(points: &[(f64, f64)], radius: f64) -> String {
    let mut path = String::new();
    for (at, &(x, y)) in points.iter().enumerate() {
        // Writing to a string does not fail.
        let _ = match (at.checked_sub(1).map(|before| points[before]), points.get(at + 1)) {
            (None, _) => write!(path, "M{} {}", number(x), number(y)),
            (Some(_), None) => write!(path, "L{} {}", number(x), number(y)),
            (Some(before), Some(&after)) => {
                let (from, to) = ((x, y), radius);
                let (ax, ay) = towards(from, before, to);
                let (bx, by) = towards(from, after, to);
                write!(
                    path,
                    "L{} {}Q{} {} {} {}",
                    number(ax),
                    number(ay),
                    number(x),
                    number(y),
                    number(bx),
                    number(by)
                )
            }
        };
    }
    path
}

/// The point `step` away from one point on the way to another, at most half the way.
fn towards((x, y): (f64, f64), (to_x, to_y): (f64, f64), step: f64) -> (f64, f64) {
    let (dx, dy) = (to_x - x, to_y - y);
    let length = dx.hypot(dy);
    if length == 0.0 {
        return (x, y);
    }
    let share = (step / length).min(0.5);
    (x + dx * share, y + dy * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(number(12.0), "12");
        assert_eq!(number(-0.01), "0");
        assert_eq!(number(3.25), "3.2");
    }

    #[test]
    fn nothing_that_a_name_holds_is_obeyed() {
        assert_eq!(escaped("<b a=\"1\">&\u{1b}"), "&lt;b a=&quot;1&quot;&gt;&amp;\u{fffd}");
    }

    #[test]
    fn text_is_cut_and_wrapped_by_its_width() {
        let measure = |text: &str| text.chars().count() as f64;
        assert_eq!(fit("abcdef", 4.0, measure), "abc…");
        assert_eq!(wrap("a bb ccc dddddd", 4.0, measure), ["a bb", "ccc", "ddd…"]);
        assert_eq!(wrap("", 4.0, measure), [""]);
    }

    #[test]
    fn corners_are_round_and_never_overshoot() {
        let path = rounded(&[(0.0, 0.0), (0.0, 10.0), (4.0, 10.0)], 8.0);
        assert_eq!(path, "M0 0L0 5Q0 10 2 10L4 10");
    }
}
