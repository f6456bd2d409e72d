//! How a model goes on when it always takes the most probable token: many prompts together,
//! with kept keys and values.
//!
//! Nothing is changed or drawn here; that is `intervene::generate`'s.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::model::{Model, probabilities, top_token};
use super::segment::{KeyValueReader, KeysAndValues, LayerPast, Past, Segment};
use super::tap::{Site, Tap};
use crate::error::RunError;
use crate::ops::Mat;

/// Prompts of one length that go through a forward pass together, at most.
const TOGETHER: usize = 32;

/// A prompt, and how far to go on from it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The prompt's tokens.
    pub prompt: &'a [u32],
    /// At most so many tokens more.
    pub max_new_tokens: usize,
}

/// What follows a prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Probabilities of the token after the prompt, `[V]`.
    pub next_v: Vec<f32>,
    /// The most probable continuation, up to and with the first `stop`.
    pub tokens: Vec<u32>,
}

impl Model {
    /// Answers every request, in order. A continuation ends with `stop`, or where it is as long
    /// as was asked for, or where the model's context ends.
    ///
    /// # Errors
    ///
    /// As [`Model::forward`], of the first request that fails.
    pub fn answer(
        &self,
        requests: &[Request<'_>],
        stop: Option<u32>,
    ) -> Result<Vec<Answer>, RunError> {
        let mut by_length: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, request) in requests.iter().enumerate() {
            self.check_prompt(request.prompt)?;
            by_length.entry(request.prompt.len()).or_default().push(at);
        }
        let groups: Vec<&[usize]> =
            by_length.values().flat_map(|group| group.chunks(TOGETHER)).collect();
        let answered: Vec<Result<Vec<Answer>, RunError>> = groups
            .par_iter()
            .map(|group| {
                let asked: Vec<Request<'_>> = group.iter().map(|at| requests[*at]).collect();
                self.answer_together(&asked, stop)
            })
            .collect();
        let mut answers: Vec<Option<Answer>> = vec![None; requests.len()];
        for (group, answered) in groups.into_iter().zip(answered) {
            for (at, answer) in group.iter().zip(answered?) {
                answers[*at] = Some(answer);
            }
        }
        Ok(answers.into_iter().map(|answer| answer.expect("every request is in a group")).collect())
    }

    /// Answers requests whose prompts are equally long.
    fn answer_together(
        &self,
        requests: &[Request<'_>],
        stop: Option<u32>,
    ) -> Result<Vec<Answer>, RunError> {
        let n_prompt = requests[0].prompt.len();
        let prompts: Vec<u32> =
            requests.iter().flat_map(|request| request.prompt).copied().collect();
        let mut pasts = vec![KeysAndValues::default(); requests.len()];
        let first =
            Segment { n_runs: requests.len(), n_new: n_prompt, first_pos: 0, past: Past::Empty };
        let (mut logits_rv, made) = self.logits_after(&prompts, first)?;
        for layer in made {
            for (run, past) in pasts.iter_mut().enumerate() {
                past.push(layer.of_run(run, requests.len()));
            }
        }
        let mut answers: Vec<Answer> = logits_rv
            .rows()
            .map(|logits_v| Answer { next_v: probabilities(logits_v), tokens: Vec::new() })
            .collect();
        let room = |request: &Request<'_>| {
            request.max_new_tokens.min(self.config().n_context + 1 - n_prompt)
        };
        // Runs that go on, by their place in `answers`, in the order of the logits' rows.
        let mut running: Vec<usize> = (0..requests.len()).collect();
        loop {
            let mut rows = Vec::new();
            for (row, at) in running.iter().enumerate() {
                let tokens = &mut answers[*at].tokens;
                let n_wanted = room(&requests[*at]);
                if tokens.len() < n_wanted {
                    tokens.push(top_token(logits_rv.row(row)));
                    if tokens.len() < n_wanted && tokens.last() != stop.as_ref() {
                        rows.push(row);
                    }
                }
            }
            if rows.is_empty() {
                return Ok(answers);
            }
            running = rows.iter().map(|row| running[*row]).collect();
            pasts = rows.iter().map(|row| std::mem::take(&mut pasts[*row])).collect();
            let tokens = |at: &usize| &answers[*at].tokens;
            let last: Vec<u32> =
                running.iter().map(|at| *tokens(at).last().expect("one was pushed")).collect();
            let first_pos = n_prompt + tokens(&running[0]).len() - 1;
            let next =
                Segment { n_runs: last.len(), n_new: 1, first_pos, past: Past::Each(&pasts) };
            let (logits, made) = self.logits_after(&last, next)?;
            logits_rv = logits;
            for (layer, made) in made.iter().enumerate() {
                for (run, past) in pasts.iter_mut().enumerate() {
                    past.append(layer, &made.of_run(run, last.len()));
                }
            }
        }
    }

    /// Logits after each run's last token, `[runs, V]`, and the keys and values that were made,
    /// a layer each. `tokens` are those of the segment, run by run.
    fn logits_after(
        &self,
        tokens: &[u32],
        segment: Segment<'_>,
    ) -> Result<(Mat, Vec<LayerPast>), RunError> {
        let n_new = segment.n_new;
        let mut keeper = Keeper::default();
        let normed = self.forward_runs(tokens, segment, &mut keeper)?;
        let mut last = Mat::zeros(segment.n_runs, normed.n_cols());
        for run in 0..segment.n_runs {
            last.row_mut(run).copy_from_slice(normed.row((run + 1) * n_new - 1));
        }
        Ok((self.logits(&last)?, keeper.layers))
    }
}

/// Keeps keys and values of all runs.
#[derive(Default)]
struct Keeper {
    reader: KeyValueReader,
    layers: Vec<LayerPast>,
}

impl Tap for Keeper {
    fn at(&mut self, site: Site, x: &mut Mat) -> Result<(), RunError> {
        self.layers.extend(self.reader.see(site, x).map(|(_, past)| past));
        Ok(())
    }
}
