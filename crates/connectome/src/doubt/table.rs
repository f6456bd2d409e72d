//! [`Table`]: prompts that differ in one variable, and what the answer becomes when the
//! variable of one takes the value of another.
//!
//! *What is asked* matters. If a prompt asks for the capital of a state and its partner for the
//! bird of another state, then moving the *state* makes the answer the other state's capital,
//! and moving the *answer* makes it the other state's bird. Only such pairs tell a variable from
//! the answer that is computed from it.

use std::collections::BTreeMap;

use super::draw::Draw;
use crate::error::RunError;

/// One prompt of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What the model reads.
    pub tokens: Vec<u32>,
    /// The token that is the right answer at the last position.
    pub answer: u32,
    /// What the variable is here: `Arvenia`.
    pub value: String,
    /// What is asked of it: `capital`. Prompts that ask the same share their answers.
    pub asks: String,
    /// The answers that this prompt would have for other values, where no other prompt says.
    pub answers: BTreeMap<String, u32>,
}

/// Prompts, and what each would answer for another value of the variable.
#[derive(Clone, Debug)]
pub struct Table {
    questions: Vec<Question>,
    /// By what is asked, then value.
    answers: BTreeMap<String, BTreeMap<String, u32>>,
}

/// Which prompts lend each other their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pairing {
    /// Those that ask the same. The variable's value and the answer move together.
    Same,
    /// Those that ask something else: variable and answer can be told apart.
    Other,
}

/// One exchange: `base` runs with something of `source`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exchange {
    /// The prompt that is changed: its place in the table.
    pub base: usize,
    /// The prompt that lends.
    pub source: usize,
    /// What `base` should answer if what was lent is the variable's value.
    pub expected: u32,
}

impl Table {
    /// Takes questions together.
    ///
    /// # Errors
    ///
    /// [`RunError::EmptySet`] without any, [`RunError::TwoAnswers`] if two prompts that ask the
    /// same of the same value have different answers.
    pub fn new(questions: Vec<Question>) -> Result<Self, RunError> {
        if questions.is_empty() {
            return Err(RunError::EmptySet { what: "the table of prompts" });
        }
        let mut answers: BTreeMap<String, BTreeMap<String, u32>> = BTreeMap::new();
        for question in &questions {
            let known = answers.entry(question.asks.clone()).or_default();
            let expected = *known.entry(question.value.clone()).or_insert(question.answer);
            if expected != question.answer {
                return Err(RunError::TwoAnswers {
                    asks: question.asks.clone(),
                    value: question.value.clone(),
                    found: question.answer,
                    expected,
                });
            }
        }
        Ok(Self { questions, answers })
    }

    /// The prompts.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// How many different things are asked.
    #[must_use]
    pub fn n_asks(&self) -> usize {
        self.answers.len()
    }

    /// What a prompt should answer if its variable had another value; `None` if nothing says.
    #[must_use]
    pub fn answer_for(&self, question: usize, value: &str) -> Option<u32> {
        let question = &self.questions[question];
        let own = question.answers.get(value);
        own.or_else(|| self.answers[&question.asks].get(value)).copied()
    }

    /// The exchanges that can tell something: between `among` (places in the table), of another
    /// value, with a known answer that differs from the base's own. At most `at_most` of them,
    /// spread evenly over bases and drawn by `seed`, ascending.
    ///
    /// # Errors
    ///
    /// [`RunError::NoExchange`] if there is none.
    pub fn exchanges(
        &self,
        among: &[usize],
        pairing: Pairing,
        at_most: usize,
        seed: u64,
    ) -> Result<Vec<Exchange>, RunError> {
        let mut draw = Draw::new(seed);
        let mut bases = among.to_vec();
        draw.shuffle(&mut bases);
        let a_base = at_most.div_ceil(bases.len().max(1));
        // The n-th exchange of every base comes before anyone's next.
        let mut found: Vec<(usize, Exchange)> = Vec::new();
        for base in bases {
            let mut own = self.partners(base, among, pairing);
            draw.shuffle(&mut own);
            found.extend(own.into_iter().take(a_base).enumerate());
        }
        found.sort_by_key(|(turn, _)| *turn);
        let mut exchanges: Vec<Exchange> =
            found.into_iter().take(at_most).map(|(_, exchange)| exchange).collect();
        exchanges.sort_unstable();
        if exchanges.is_empty() {
            return Err(RunError::NoExchange { n_prompts: among.len() });
        }
        Ok(exchanges)
    }

    fn partners(&self, base: usize, among: &[usize], pairing: Pairing) -> Vec<Exchange> {
        let own = &self.questions[base];
        let partner = |&source: &usize| {
            let other = &self.questions[source];
            let fits = match pairing {
                Pairing::Same => other.asks == own.asks,
                Pairing::Other => other.asks != own.asks,
            };
            let expected = self.answer_for(base, &other.value)?;
            let tells = other.value != own.value && expected != own.answer;
            (fits && tells).then_some(Exchange { base, source, expected })
        };
        among.iter().filter_map(partner).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(asks: &str, value: &str, answer: u32) -> Question {
        let (value, asks) = (value.to_owned(), asks.to_owned());
        Question { tokens: vec![answer], answer, value, asks, answers: BTreeMap::new() }
    }

    fn table() -> Table {
        Table::new(vec![
            question("capital", "A", 1),
            question("capital", "B", 2),
            question("bird", "A", 11),
            question("bird", "C", 13),
        ])
        .unwrap()
    }

    #[test]
    fn pairs_differ_in_value_and_have_a_known_answer() {
        let all = [0, 1, 2, 3];
        let same = table().exchanges(&all, Pairing::Same, 100, 0).unwrap();
        let pairs: Vec<_> = same.iter().map(|e| (e.base, e.source, e.expected)).collect();
        assert_eq!(pairs, [(0, 1, 2), (1, 0, 1), (2, 3, 13), (3, 2, 11)]);
        // Nobody says what the capital of C is, nor the bird of B.
        let other = table().exchanges(&all, Pairing::Other, 100, 0).unwrap();
        let pairs: Vec<_> = other.iter().map(|e| (e.base, e.source, e.expected)).collect();
        assert_eq!(pairs, [(1, 2, 1), (3, 0, 11)]);
    }

    #[test]
    fn a_prompt_can_say_its_own_answers() {
        let mut questions = table().questions;
        questions[0].answers.insert("C".to_owned(), 3);
        let table = Table::new(questions).unwrap();
        assert_eq!((table.answer_for(0, "C"), table.answer_for(1, "C")), (Some(3), None));
    }

    #[test]
    fn a_budget_is_spread_over_bases() {
        let rows = (0..9).map(|n| question("x", &format!("v{n}"), n)).collect();
        let table = Table::new(rows).unwrap();
        let among: Vec<usize> = (0..9).collect();
        let drawn = table.exchanges(&among, Pairing::Same, 18, 7).unwrap();
        assert_eq!(drawn.len(), 18);
        for base in among.iter() {
            assert_eq!(drawn.iter().filter(|exchange| exchange.base == *base).count(), 2);
        }
        assert_eq!(drawn, table.exchanges(&among, Pairing::Same, 18, 7).unwrap());
        assert_ne!(drawn, table.exchanges(&among, Pairing::Same, 18, 8).unwrap());
    }

    #[test]
    fn tables_that_say_nothing_are_refused() {
        assert!(matches!(Table::new(vec![]), Err(RunError::EmptySet { .. })));
        let two = vec![question("capital", "A", 1), question("capital", "A", 2)];
        assert!(matches!(Table::new(two), Err(RunError::TwoAnswers { .. })));
        let one = Table::new(vec![question("capital", "A", 1)]).unwrap();
        let found = one.exchanges(&[0], Pairing::Same, 9, 0);
        assert!(matches!(found, Err(RunError::NoExchange { n_prompts: 1 })));
    }
}
