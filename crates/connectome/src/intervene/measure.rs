//! Many changed runs of one prompt, computed together.

use std::ops::ControlFlow;

use super::baseline::Baseline;
use super::edit::Intervention;
use super::patcher::{Holds, Patcher};
use super::plan::Plan;
use super::watch::{Reading, Watch};
use crate::error::RunError;
use crate::lm::LogitsAt;
use crate::lm::segment::{Past, Segment};
use crate::ops::Mat;

/// Rows of one batch: enough that products run at full speed, and no more memory than that.
const ROWS: usize = 1024;

/// What a run came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Logits at the positions asked for, in their order, `[n, V]`; softcapped if the model does
    /// that.
    pub logits: Mat,
    /// The last norm's output at the same positions, `[n, D]`: what logits, and any direction
    /// there, are read from.
    pub normed: Mat,
    /// The nodes of the [`Watch`], in its order.
    pub readings: Vec<Reading>,
    /// The stream at the layers of [`Watch::with_streams`], in their order, `[T, D]` each.
    pub streams: Vec<Mat>,
}

impl<'m> Baseline<'m> {
    /// The outcome of the unchanged run.
    ///
    /// # Errors
    ///
    /// [`RunError::Position`].
    pub fn unchanged(&self, watch: &Watch, logits_at: &LogitsAt) -> Result<Outcome, RunError> {
        let positions = self.wanted(logits_at)?;
        Ok(self.clean_outcome(watch, &positions))
    }

    /// Whether an intervention fits the prompt, without running it.
    ///
    /// # Errors
    ///
    /// Those of an intervention that does not, as [`Baseline::measure_all`].
    pub fn check(&self, intervention: &Intervention) -> Result<(), RunError> {
        Plan::new(self, intervention).map(|_| ())
    }

    /// Runs the original model under one intervention.
    ///
    /// # Errors
    ///
    /// As [`Baseline::measure_all`].
    pub fn measure(
        &self,
        intervention: &Intervention,
        watch: &Watch,
        logits_at: &LogitsAt,
    ) -> Result<Outcome, RunError> {
        let all = std::slice::from_ref(intervention);
        let mut outcomes =
            self.measure_all(all, watch, logits_at, &mut |_| ControlFlow::Continue(()))?;
        Ok(outcomes.pop().flatten().expect("one run was asked for and nothing stopped it"))
    }

    /// Runs the original model under each of many interventions. `done` is told how many are
    /// ready and may end the work: what is not ready is `None` then.
    ///
    /// # Errors
    ///
    /// Those of an intervention that does not fit the prompt, before anything runs
    /// ([`RunError::EmptySet`], [`RunError::Layer`], [`RunError::FeatureIndex`],
    /// [`RunError::Position`], [`RunError::Range`], [`RunError::EditValue`],
    /// [`RunError::Width`]); those of the forward pass.
    pub fn measure_all(
        &self,
        interventions: &[Intervention],
        watch: &Watch,
        logits_at: &LogitsAt,
        done: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Vec<Option<Outcome>>, RunError> {
        let positions = self.wanted(logits_at)?;
        let plans: Vec<Plan<'_>> = interventions
            .iter()
            .map(|intervention| Plan::new(self, intervention))
            .collect::<Result<_, _>>()?;
        let mut outcomes: Vec<Option<Outcome>> = vec![None; plans.len()];
        let mut waiting = Vec::new();
        for (at, plan) in plans.iter().enumerate() {
            if plan.is_null(self) {
                outcomes[at] = Some(self.clean_outcome(watch, &positions));
            } else {
                waiting.push(at);
            }
        }
        let mut n_done = plans.len() - waiting.len();
        for batch in self.batches(&plans, waiting) {
            if done(n_done).is_break() {
                return Ok(outcomes);
            }
            let members: Vec<&Plan<'_>> = batch.iter().map(|at| &plans[*at]).collect();
            let finished = self.run_batch(&members, watch, &positions)?;
            n_done += batch.len();
            for (at, outcome) in batch.into_iter().zip(finished) {
                outcomes[at] = Some(outcome);
            }
        }
        // The work is done: whether to go on is no longer a question.
        let _ = done(n_done);
        Ok(outcomes)
    }

    /// Runs that hold the same, and start near each other, in batches of bounded size.
    fn batches(&self, plans: &[Plan<'_>], mut waiting: Vec<usize>) -> Vec<Vec<usize>> {
        let n_tokens = self.n_tokens();
        let key = |at: &usize| {
            let plan = &plans[*at];
            (Holds::of(plan), plan.first_layer(), plan.first_pos())
        };
        waiting.sort_by_key(key);
        let mut batches: Vec<Vec<usize>> = Vec::new();
        let mut first_pos = 0;
        for at in waiting {
            let (holds, first_layer, pos) = key(&at);
            let fits = batches.last().is_some_and(|batch| {
                let (last_holds, last_layer, _) = key(&batch[0]);
                let n_new = n_tokens - first_pos.min(pos);
                last_holds == holds
                    && last_layer == first_layer
                    && (batch.len() + 1) * n_new <= ROWS
            });
            match batches.last_mut() {
                Some(batch) if fits => {
                    batch.push(at);
                    first_pos = first_pos.min(pos);
                }
                _ => {
                    batches.push(vec![at]);
                    first_pos = pos;
                }
            }
        }
        batches
    }

    fn run_batch(
        &self,
        plans: &[&Plan<'_>],
        watch: &Watch,
        positions: &[usize],
    ) -> Result<Vec<Outcome>, RunError> {
        let segment = self.segment(plans);
        let from_layer = first_layer(plans);
        let mut patcher = Patcher::new(self, segment, plans, watch);
        let x = self.start(from_layer, &segment);
        let model = self.replacement().model();
        let normed = model.forward_segment(x, from_layer, segment, &mut patcher)?;
        let changed: Vec<usize> =
            positions.iter().copied().filter(|pos| *pos >= segment.first_pos).collect();
        let mut picked = Mat::zeros(plans.len() * changed.len(), normed.n_cols());
        for (slot, (run, pos)) in
            (0..plans.len()).flat_map(|run| changed.iter().map(move |pos| (run, *pos))).enumerate()
        {
            let row = segment.row(run, pos).expect("the segment goes on to the prompt's end");
            picked.row_mut(slot).copy_from_slice(normed.row(row));
        }
        let logits = model.logits(&picked)?;
        let mut slots = 0..picked.n_rows();
        let readings = std::mem::take(&mut patcher.readings);
        let streams = std::mem::take(&mut patcher.streams);
        Ok(readings
            .into_iter()
            .zip(streams)
            .map(|(readings, streams)| {
                let mut own = self.clean_outcome(watch, positions);
                for (row, pos) in positions.iter().enumerate() {
                    if *pos >= segment.first_pos {
                        let slot = slots.next().expect("one row each");
                        own.logits.row_mut(row).copy_from_slice(logits.row(slot));
                        own.normed.row_mut(row).copy_from_slice(picked.row(slot));
                    }
                }
                Outcome { readings, streams, ..own }
            })
            .collect())
    }

    /// From the first position that any run of a batch changes to the prompt's end.
    pub(super) fn segment<'a>(&'a self, plans: &[&Plan<'_>]) -> Segment<'a> {
        let first_pos = plans.iter().map(|plan| plan.first_pos()).min().unwrap_or(0);
        Segment {
            n_runs: plans.len(),
            n_new: self.n_tokens() - first_pos,
            first_pos,
            past: Past::Shared(self.stream().past()),
        }
    }

    /// The stream of the unchanged run where a segment starts, once for every run.
    pub(super) fn start(&self, from_layer: usize, segment: &Segment<'_>) -> Mat {
        let resid_td = self.stream().resid(from_layer);
        let rows = &resid_td.data()[segment.first_pos * resid_td.n_cols()..];
        Mat::from_vec(rows.repeat(segment.n_runs), segment.n_rows(), resid_td.n_cols())
    }

    fn wanted(&self, logits_at: &LogitsAt) -> Result<Vec<usize>, RunError> {
        match logits_at {
            LogitsAt::All => Ok((0..self.n_tokens()).collect()),
            LogitsAt::Positions(positions) => {
                positions.iter().try_for_each(|pos| self.check_pos(*pos))?;
                Ok(positions.clone())
            }
        }
    }

    fn clean_outcome(&self, watch: &Watch, positions: &[usize]) -> Outcome {
        let normed_td = self.local().final_norm_output();
        let mut logits = Mat::zeros(positions.len(), self.logits().n_cols());
        let mut normed = Mat::zeros(positions.len(), normed_td.n_cols());
        for (row, pos) in positions.iter().enumerate() {
            logits.row_mut(row).copy_from_slice(self.logits().row(*pos));
            normed.row_mut(row).copy_from_slice(normed_td.row(*pos));
        }
        let streams = watch.streams().iter().map(|layer| self.stream().resid(*layer).clone());
        let streams = streams.collect();
        Outcome { logits, normed, readings: watch.clean().to_vec(), streams }
    }
}

/// The first layer that any run of a batch changes.
pub(super) fn first_layer(plans: &[&Plan<'_>]) -> usize {
    plans.iter().map(|plan| plan.first_layer()).min().unwrap_or(0)
}
