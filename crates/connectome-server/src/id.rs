//! Names that become paths of the store: checked once, here, so that no text from outside ever
//! reaches the file system.

use std::fmt;

use crate::error::ServeError;

/// A graph's id, or the name of a view: `[a-z0-9-]{1,64}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Id(String);

impl Id {
    /// Refuses what is no id; `what` is what it should name.
    ///
    /// # Errors
    ///
    /// [`ServeError::Missing`]: nothing can have such a name.
    pub(crate) fn parse(what: &'static str, text: &str) -> Result<Self, ServeError> {
        let is_plain =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if (1..=64).contains(&text.len()) && text.bytes().all(is_plain) {
            return Ok(Self(text.to_owned()));
        }
        let name: String = text.chars().take(80).collect();
        Err(ServeError::Missing { what, name })
    }

    /// An id from the start of a text and the start of a digest.
    #[must_use]
    pub(crate) fn of_text(text: &str, digest: &str) -> Self {
        let mut slug = String::new();
        for c in text.chars() {
            if c.is_ascii_alphanumeric() {
                slug.push(c.to_ascii_lowercase());
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
            if slug.len() >= 40 {
                break;
            }
        }
        let digest = digest.get(..8).unwrap_or(digest);
        let slug = slug.trim_matches('-');
        Self(if slug.is_empty() { digest.to_owned() } else { format!("{slug}-{digest}") })
    }

    /// The text.
    #[must_use]
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_could_be_a_path_is_an_id() {
        for text in ["", ".", "..", "a/b", "a\\b", "A", "a b", "é", "a.json", "%2e", "a\0"] {
            assert!(Id::parse("graph", text).is_err(), "{text}");
        }
        assert!(Id::parse("graph", &"a".repeat(65)).is_err());
        assert_eq!(Id::parse("graph", "oak-1").unwrap().as_str(), "oak-1");
    }

    #[test]
    fn ids_of_any_text_are_ids() {
        for text in ["the capital of  Oak-Port", "", "…", "<bos> a", &"x ".repeat(99)] {
            let id = Id::of_text(text, "0123456789abcdef");
            assert_eq!(Id::parse("graph", id.as_str()).unwrap(), id);
            assert!(id.as_str().ends_with("01234567"));
        }
    }
}
