//! [`EvalSet`]: prompts of one task and split, how an answer is judged, and what is required.
//!
//! Nothing here runs a model. Whoever does gives each item the probabilities of the next token
//! and, where [`Judge::n_tokens`] asks for them, the tokens that the model goes on with when it
//! always takes the most probable; [`Judge::score`] says what that is worth.

use std::fmt;
use std::sync::Arc;

use crate::example::Example;
use crate::recipe::Recipe;
use crate::task::{Split, Task};
use crate::vocabulary::EOS;

/// Prompts that are counted together.
#[derive(Clone, Debug)]
pub struct EvalSet {
    /// What is tested.
    pub task: Task,
    /// On which part.
    pub split: Split,
    /// In which wording or respect.
    pub name: &'static str,
    /// Which model the requirement is for; on any other the score is only reported.
    pub model: Recipe,
    /// What the mean score must be.
    pub required: Required,
    /// The prompts, at least one.
    pub items: Vec<EvalItem>,
}

impl EvalSet {
    /// Its name as a file and in tables: letter, split and name.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}-{}-{}", self.task.letter(), self.split, self.name)
    }
}

/// A prompt, and how to judge what comes next.
#[derive(Clone, Debug)]
pub struct EvalItem {
    /// The whole example, the expected answer included.
    pub example: Example,
    /// So many of its tokens are the prompt.
    pub n_prompt: usize,
    /// What counts as right.
    pub judge: Judge,
}

impl EvalItem {
    /// The tokens that the model is given, from `<bos>` on.
    #[must_use]
    pub fn prompt(&self) -> &[u32] {
        &self.example.ids[..self.n_prompt]
    }

    /// Asks for the last answer of an example.
    pub(crate) fn answer(example: Example) -> Self {
        let answer = example.answer();
        let expected = example.ids[answer.clone()].to_vec();
        Self { n_prompt: answer.start, judge: Judge::OneOf(vec![expected]), example }
    }

    /// Asks for the last answer, with other ways to answer that count as right.
    pub(crate) fn any_of(example: Example, allowed: Vec<Vec<u32>>) -> Self {
        let n_prompt = example.answer().start;
        Self { n_prompt, judge: Judge::OneOf(allowed), example }
    }

    /// Lets the assistant speak, and asks whether it begins like this.
    pub(crate) fn reply(example: Example, begins: &[u32]) -> Self {
        let n_prompt = example.reply.expect("asked only of conversations");
        Self { n_prompt, judge: Judge::OneOf(vec![begins.to_vec()]), example }
    }
}

/// What the mean score of a set has to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Required {
    /// At least this.
    AtLeast(f64),
    /// At most this.
    AtMost(f64),
    /// From the first up to the second.
    Between(f64, f64),
    /// At least so many times what the base model scores.
    TimesBase(f64),
    /// Anything: the number is an outcome, not a condition.
    Reported,
}

impl Required {
    /// Whether a mean score is enough; `base` is what the base model scored on the same set.
    /// `None` where nothing is required, or where the base's score is needed and missing.
    #[must_use]
    pub fn is_met(self, score: f64, base: Option<f64>) -> Option<bool> {
        match self {
            Self::AtLeast(least) => Some(score >= least),
            Self::AtMost(most) => Some(score <= most),
            Self::Between(least, most) => Some((least..=most).contains(&score)),
            Self::TimesBase(times) => base.map(|base| score >= times * base),
            Self::Reported => None,
        }
    }
}

impl fmt::Display for Required {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(least) => write!(f, "at least {least}"),
            Self::AtMost(most) => write!(f, "at most {most}"),
            Self::Between(least, most) => write!(f, "{least} to {most}"),
            Self::TimesBase(times) => write!(f, "{times} times the base's"),
            Self::Reported => f.write_str("reported"),
        }
    }
}

/// How an answer is judged.
#[derive(Clone, Debug, PartialEq)]
pub enum Judge {
    /// 1 if the model goes on with one of these, token for token.
    OneOf(Vec<Vec<u32>>),
    /// The probability that the next token has.
    Probability(u32),
    /// 1 if these next tokens have `total` of the probability together, and each `each`.
    Shared {
        /// The tokens, all of them right.
        tokens: Vec<u32>,
        /// What they must have together.
        total: f64,
        /// What each of them must have.
        each: f64,
    },
    /// 1 if the line that follows ends in one of these words.
    EndsIn(Vec<u32>),
    /// 1 if the line that follows agrees with the word that it ends in, whatever that is.
    Agrees(Arc<[Ending]>),
    /// 1 if these tokens come after the first sentence, and not within it.
    AfterSentence {
        /// The end of a sentence.
        stop: u32,
        /// What has to come later.
        then: Vec<u32>,
    },
}

/// What a line needs that ends in a word.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// The word.
    pub word: u32,
    /// Verbs that agree with it.
    pub verbs: Vec<u32>,
    /// Adjectives that agree with it.
    pub adjectives: Vec<u32>,
    /// The word for `very`.
    pub filler: u32,
    /// How often it stands before the adjective.
    pub n_fillers: usize,
}

/// The longest line that is judged.
const LINE: usize = 14;
/// The longest answer of more than a sentence.
const SENTENCES: usize = 28;

impl Judge {
    /// How many tokens the model has to go on with; fewer if it ends the document before.
    #[must_use]
    pub fn n_tokens(&self) -> usize {
        match self {
            Self::OneOf(answers) => answers.iter().map(Vec::len).max().unwrap_or(0),
            Self::Probability(_) | Self::Shared { .. } => 0,
            Self::EndsIn(_) | Self::Agrees(_) => LINE,
            Self::AfterSentence { .. } => SENTENCES,
        }
    }

    /// What an answer is worth, from 0 to 1.
    ///
    /// `next_v` are the probabilities of the next token, over the whole vocabulary; `greedy` is
    /// how the model goes on, [`Judge::n_tokens`] of it or up to and with `<eos>`.
    #[must_use]
    pub fn score(&self, next_v: &[f32], greedy: &[u32]) -> f64 {
        let probability =
            |token: &u32| f64::from(next_v.get(*token as usize).copied().unwrap_or(0.0));
        let line = greedy.split(|token| *token == EOS).next().unwrap_or_default();
        let ends = line.len() < greedy.len();
        let is_right = match self {
            Self::Probability(token) => return probability(token),
            Self::OneOf(answers) => answers.iter().any(|answer| greedy.starts_with(answer)),
            Self::Shared { tokens, total, each } => {
                let sum: f64 = tokens.iter().map(probability).sum();
                sum >= *total && tokens.iter().all(|token| probability(token) >= *each)
            }
            Self::EndsIn(words) => ends && line.last().is_some_and(|last| words.contains(last)),
            Self::Agrees(endings) => ends && endings.iter().any(|ending| ending.fits(line)),
            Self::AfterSentence { stop, then } => {
                let first = line.iter().position(|token| token == stop).unwrap_or(line.len());
                let starts = |at: usize| line[at..].starts_with(then);
                !(0..first).any(starts) && (first..line.len()).any(starts)
            }
        };
        f64::from(u8::from(is_right))
    }
}

impl Ending {
    /// Whether a line ends in the word and was led up to as it asks.
    fn fits(&self, line: &[u32]) -> bool {
        let [before @ .., adjective, word] = line else { return false };
        let n_fillers = before.iter().rev().take_while(|token| **token == self.filler).count();
        *word == self.word
            && self.adjectives.contains(adjective)
            && n_fillers == self.n_fillers
            && before.iter().any(|token| self.verbs.contains(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_must_be_one_of_those_allowed_in_full() {
        let judge = Judge::OneOf(vec![vec![7, 8], vec![9]]);
        assert_eq!(judge.n_tokens(), 2);
        let score = |greedy: &[u32]| judge.score(&[], greedy);
        assert_eq!([score(&[7, 8]), score(&[9, 1]), score(&[9])], [1.0; 3]);
        assert_eq!([score(&[7]), score(&[7, 9]), score(&[])], [0.0; 3]);
    }

    #[test]
    fn open_questions_need_every_answer() {
        let judge = Judge::Shared { tokens: vec![0, 2], total: 0.8, each: 0.2 };
        assert_eq!(judge.score(&[0.5, 0.1, 0.4], &[]), 1.0);
        assert_eq!(judge.score(&[0.9, 0.0, 0.1], &[]), 0.0);
        assert_eq!(judge.score(&[0.3, 0.4, 0.3], &[]), 0.0);
        assert_eq!(Judge::Probability(1).score(&[0.5, 0.25], &[]), 0.25);
    }

    #[test]
    fn a_line_agrees_with_its_last_word() {
        let ending =
            Ending { word: 9, verbs: vec![5], adjectives: vec![6], filler: 4, n_fillers: 1 };
        let judge = Judge::Agrees([ending].into());
        assert_eq!(judge.score(&[], &[30, 5, 31, 4, 6, 9, EOS, 1]), 1.0);
        for wrong in [[30, 5, 31, 6, 9], [30, 8, 4, 6, 9], [30, 5, 4, 8, 9], [5, 4, 4, 6, 9]] {
            let line = [&wrong[..], &[EOS]].concat();
            assert_eq!(judge.score(&[], &line), 0.0, "{wrong:?}");
        }
        assert_eq!(judge.score(&[], &[5, 4, 6, 9]), 0.0, "the line goes on");
        assert_eq!(Judge::EndsIn(vec![9]).score(&[], &[3, 9, EOS, 8]), 1.0);
        assert_eq!(Judge::EndsIn(vec![9]).score(&[], &[9, 3, EOS]), 0.0);
    }

    #[test]
    fn a_late_refusal_comes_after_the_first_sentence() {
        let judge = Judge::AfterSentence { stop: 20, then: vec![7, 8] };
        assert_eq!(judge.score(&[], &[5, 6, 20, 9, 7, 8, EOS]), 1.0);
        assert_eq!(judge.score(&[], &[5, 7, 8, 20, 9]), 0.0);
        assert_eq!(judge.score(&[], &[5, 6, 20, 9, EOS, 7, 8]), 0.0);
    }

    #[test]
    fn requirements_are_met_or_not_or_not_made() {
        assert_eq!(Required::AtLeast(0.9).is_met(0.9, None), Some(true));
        assert_eq!(Required::AtMost(0.03).is_met(0.04, None), Some(false));
        assert_eq!(Required::Between(0.2, 0.8).is_met(0.1, None), Some(false));
        assert_eq!(Required::TimesBase(20.0).is_met(0.4, Some(0.02)), Some(true));
        assert_eq!(Required::TimesBase(20.0).is_met(0.4, None), None);
        assert_eq!(Required::Reported.is_met(0.0, None), None);
    }
}
