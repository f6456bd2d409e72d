//! Commands as text that a shell reads as it was meant, for copying.

/// Words as one line.
pub(crate) fn command<S: AsRef<str>>(words: impl IntoIterator<Item = S>) -> String {
    words.into_iter().map(|word| quoted(word.as_ref())).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:@=,+-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_otherwise_is_quoted() {
        let words =
            ["features", "L2/370", "0..100", "-1", "calc : {a} + {b} =", "it's", "$HOME", ""];
        assert_eq!(
            command(words),
            "features L2/370 0..100 -1 'calc : {a} + {b} =' 'it'\\''s' '$HOME' ''"
        );
    }
}
