//! A table's values and questions, numbered.

use crate::doubt::Table;
use crate::error::RunError;

/// Names and numbers of what the prompts of a table are about.
#[derive(Clone, Debug)]
pub(super) struct Values {
    /// The variable's values, in order of appearance.
    pub(super) values: Vec<String>,
    /// What is asked, in order of appearance.
    pub(super) asks: Vec<String>,
    /// By prompt: its value and what it asks, as indices.
    pub(super) of_case: Vec<(usize, usize)>,
    /// Tokens of every prompt.
    pub(super) n_tokens: usize,
}

impl Values {
    /// # Errors
    ///
    /// [`RunError::Alignment`] for prompts of different lengths: positions are compared across
    /// prompts; [`RunError::EmptySet`] where all have the same value.
    pub(super) fn of(table: &Table) -> Result<Self, RunError> {
        let questions = table.questions();
        let mut found = Self {
            values: Vec::new(),
            asks: Vec::new(),
            of_case: Vec::with_capacity(questions.len()),
            n_tokens: questions[0].tokens.len(),
        };
        for question in questions {
            let (found_len, expected) = (question.tokens.len(), found.n_tokens);
            if found_len != expected {
                return Err(RunError::Alignment { found: found_len, expected });
            }
            let value = place(&mut found.values, &question.value);
            let asks = place(&mut found.asks, &question.asks);
            found.of_case.push((value, asks));
        }
        if found.values.len() < 2 {
            return Err(RunError::EmptySet { what: "the set of other values of the variable" });
        }
        Ok(found)
    }
}

/// The index of a name, which is added if it is new.
fn place(names: &mut Vec<String>, name: &str) -> usize {
    names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}
