//! [`Template`]: a text with two slots, and the values that they take.

use super::ProbeError;

/// Most values of a slot.
const MOST: usize = 1000;

/// A text with two slots, as `calc : {a} + {b} =`. `{{` and `}}` are braces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    text: String,
    /// Text before the first slot, between the two, and after the second.
    parts: [String; 3],
    names: [String; 2],
}

impl Template {
    /// Reads a template. The slots are those in braces, in the order in which they stand.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Slots`], [`ProbeError::Brace`].
    pub fn parse(text: &str) -> Result<Self, ProbeError> {
        let (mut parts, mut names) = (vec![String::new()], Vec::new());
        let mut rest = text.chars().peekable();
        let brace = || ProbeError::Brace { template: text.to_owned() };
        while let Some(c) = rest.next() {
            let is_double = rest.peek() == Some(&c);
            match c {
                '{' | '}' if is_double => {
                    rest.next();
                    parts.last_mut().expect("there is a part from the start").push(c);
                }
                '{' => {
                    let mut name = String::new();
                    loop {
                        match rest.next().ok_or_else(brace)? {
                            '}' => break,
                            '{' => return Err(brace()),
                            c => name.push(c),
                        }
                    }
                    names.push(name);
                    parts.push(String::new());
                }
                '}' => return Err(brace()),
                c => parts.last_mut().expect("there is a part from the start").push(c),
            }
        }
        let slots = || ProbeError::Slots { found: names.len(), template: text.to_owned() };
        let names = <[String; 2]>::try_from(names.clone()).map_err(|_| slots())?;
        let parts = <[String; 3]>::try_from(parts).map_err(|_| slots())?;
        Ok(Self { text: text.to_owned(), parts, names })
    }

    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What the slots are called.
    #[must_use]
    pub fn names(&self) -> &[String; 2] {
        &self.names
    }

    /// The text with values in its slots.
    #[must_use]
    pub fn filled(&self, first: &str, second: &str) -> String {
        let [before, between, after] = &self.parts;
        [before.as_str(), first, between, second, after].concat()
    }

    /// The texts of all cells: by value of the first slot, then of the second.
    #[must_use]
    pub fn texts(&self, values: &[Vec<String>; 2]) -> Vec<String> {
        let [first, second] = values;
        first.iter().flat_map(|a| second.iter().map(|b| self.filled(a, b))).collect()
    }
}

/// The values of a slot: a range as `0..100`, which ends before its end, or a list with commas.
///
/// # Errors
///
/// [`ProbeError::ValueList`], [`ProbeError::Values`].
pub fn values(slot: &str, text: &str) -> Result<Vec<String>, ProbeError> {
    let count = |found| match found {
        1..=MOST => Ok(()),
        found => Err(ProbeError::Values { slot: slot.to_owned(), found }),
    };
    let bad = || ProbeError::ValueList { found: text.to_owned() };
    if let Some((start, end)) = text.split_once("..") {
        let number = |text: &str| text.trim().parse::<i64>().map_err(|_| bad());
        let (start, end) = (number(start)?, number(end)?);
        let found = end.checked_sub(start).ok_or_else(bad)?;
        count(usize::try_from(found).unwrap_or(0))?;
        return Ok((start..end).map(|value| value.to_string()).collect());
    }
    let values: Vec<String> = text.split(',').map(|value| value.trim().to_owned()).collect();
    if values.iter().any(String::is_empty) {
        return Err(bad());
    }
    count(values.len())?;
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_in_the_order_of_its_slots() {
        let template = Template::parse("calc : {a} + {b} =").unwrap();
        assert_eq!(template.names(), &["a".to_owned(), "b".to_owned()]);
        assert_eq!(template.filled("36", "59"), "calc : 36 + 59 =");
        let values = [vec!["1".to_owned(), "2".to_owned()], vec!["3".to_owned(), "4".to_owned()]];
        let texts = template.texts(&values);
        assert_eq!((texts.len(), texts[1].as_str()), (4, "calc : 1 + 4 ="));
        let braces = Template::parse("{{{x}}} {y}").unwrap();
        assert_eq!(braces.filled("1", "{"), "{1} {");
    }

    #[test]
    fn what_is_no_template_says_why() {
        for (text, sentence) in [
            ("no slots", "the template has 0 slots in braces, expected 2: `no slots`"),
            ("{a} {b} {c}", "the template has 3 slots in braces, expected 2: `{a} {b} {c}`"),
            ("{a} {b", "a brace of the template is not closed: `{a} {b`"),
            ("{a} b}", "a brace of the template is not closed: `{a} b}`"),
        ] {
            assert_eq!(Template::parse(text).unwrap_err().to_string(), sentence);
        }
    }

    #[test]
    fn values_are_a_range_or_a_list() {
        assert_eq!(values("a", "-1..2").unwrap(), ["-1", "0", "1"]);
        assert_eq!(values("a", "Monday, Tuesday").unwrap(), ["Monday", "Tuesday"]);
        assert_eq!(values("a", "7").unwrap(), ["7"]);
        for text in ["", "a,,b", "1..x", "..", "1.."] {
            assert!(matches!(values("a", text), Err(ProbeError::ValueList { .. })), "{text}");
        }
        for text in ["3..3", "5..1", "0..1001"] {
            assert!(matches!(values("a", text), Err(ProbeError::Values { .. })), "{text}");
        }
    }
}
