//! An intervention checked against its prompt, and cut down to what it changes.

use std::ops::Range;

use connectome_graph::FeatureId;

use super::baseline::Baseline;
use super::edit::{Change, Intervention, Mode, NormScales, OutputPatch, ResidualPatch};
use crate::error::RunError;

/// One feature at one position, changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct PointEdit {
    pub(super) feature: FeatureId,
    pub(super) pos: usize,
    pub(super) change: Change,
    /// What the feature is there in the unchanged run.
    pub(super) clean: f32,
}

/// A checked intervention.
#[derive(Clone, Debug)]
pub(super) struct Plan<'a> {
    pub(super) mode: &'a Mode,
    pub(super) norms: NormScales,
    /// Ascending by layer, position and index, each once.
    edits: Vec<PointEdit>,
    pub(super) residuals: Vec<&'a ResidualPatch>,
    pub(super) outputs: Vec<&'a OutputPatch>,
}

impl<'a> Plan<'a> {
    /// Checks an intervention and resolves its positions.
    ///
    /// # Errors
    ///
    /// [`RunError::EmptySet`] if it changes nothing at all, [`RunError::Layer`],
    /// [`RunError::FeatureIndex`], [`RunError::Position`], [`RunError::Range`],
    /// [`RunError::EditValue`], [`RunError::Width`].
    pub(super) fn new(
        baseline: &Baseline<'_>,
        intervention: &'a Intervention,
    ) -> Result<Self, RunError> {
        check_range(&intervention.mode, baseline.n_layers())?;
        let Intervention { edits, residuals, outputs, .. } = intervention;
        if edits.is_empty() && residuals.is_empty() && outputs.is_empty() {
            return Err(RunError::EmptySet { what: "the set of edits" });
        }
        let n_tokens = baseline.n_tokens();
        let mut points = Vec::new();
        for edit in edits {
            baseline.check_feature(edit.feature)?;
            let found = edit.change.number();
            if !found.is_finite() {
                return Err(RunError::EditValue { feature: edit.feature.to_string(), found });
            }
            let span = edit.positions.in_prompt(n_tokens);
            check_span(&span, n_tokens)?;
            for pos in span {
                let (feature, change) = (edit.feature, edit.change);
                let clean = baseline.activation(feature, pos);
                points.push(PointEdit { feature, pos, change, clean });
            }
        }
        // Stable, so that of several edits of one place the last stays last.
        points.sort_by_key(place);
        let mut kept: Vec<PointEdit> = Vec::with_capacity(points.len());
        for edit in points {
            match kept.last_mut() {
                Some(last) if place(last) == place(&edit) => *last = edit,
                _ => kept.push(edit),
            }
        }
        let residuals = residuals.iter();
        let residuals = residuals.map(|patch| check_residual(baseline, patch).map(|()| patch));
        let outputs = outputs.iter();
        let outputs = outputs.map(|patch| check_output(baseline, patch).map(|()| patch));
        Ok(Self {
            mode: &intervention.mode,
            norms: intervention.norms,
            edits: kept,
            residuals: residuals.collect::<Result<_, _>>()?,
            outputs: outputs.collect::<Result<_, _>>()?,
        })
    }

    /// Whether the run is that of the prompt unchanged: every edit leaves its feature as it is,
    /// or writes nowhere.
    pub(super) fn is_null(&self, baseline: &Baseline<'_>) -> bool {
        let written = self.mode.written(baseline.n_layers());
        let leaves = |edit: &PointEdit| edit.change.apply(edit.clean, edit.clean) == edit.clean;
        let unwritten = written.is_empty();
        let unchanged = |patch: &&ResidualPatch| {
            baseline.stream().resid(patch.before_layer).row(patch.pos) == patch.resid_d
        };
        let written_so =
            |patch: &&OutputPatch| baseline.stream().out(patch.layer).row(patch.pos) == patch.out_d;
        (unwritten || self.edits.iter().all(leaves))
            && self.residuals.iter().all(unchanged)
            && self.outputs.iter().all(written_so)
    }

    /// The first layer whose block runs otherwise than in the unchanged run.
    pub(super) fn first_layer(&self) -> usize {
        let edited = self.edits.iter().map(|edit| edit.feature.layer as usize).min();
        let replaced = self.residuals.iter().map(|patch| patch.before_layer).min();
        let written = self.outputs.iter().map(|patch| patch.layer).min();
        edited.into_iter().chain(replaced).chain(written).min().unwrap_or(0)
    }

    /// The first position that changes.
    pub(super) fn first_pos(&self) -> usize {
        let edited = self.edits.iter().map(|edit| edit.pos);
        let replaced = self.residuals.iter().map(|patch| patch.pos);
        let written = self.outputs.iter().map(|patch| patch.pos);
        edited.chain(replaced).chain(written).min().unwrap_or(0)
    }

    /// Edits of one layer's features.
    pub(super) fn edits_of(&self, layer: usize) -> &[PointEdit] {
        let start = self.edits.partition_point(|edit| (edit.feature.layer as usize) < layer);
        let end = self.edits.partition_point(|edit| (edit.feature.layer as usize) <= layer);
        &self.edits[start..end]
    }
}

fn place(edit: &PointEdit) -> (u32, usize, u32) {
    (edit.feature.layer, edit.pos, edit.feature.index)
}

fn check_range(mode: &Mode, n_layers: usize) -> Result<(), RunError> {
    let (Mode::Constrained { layers } | Mode::Iterative { layers }) = mode else { return Ok(()) };
    // An empty range is a legitimate question: nothing is held and nothing is written.
    if layers.start <= layers.end && layers.end <= n_layers {
        return Ok(());
    }
    let (start, end) = (layers.start, layers.end);
    Err(RunError::Range { what: "layers", start, end, limit: n_layers })
}

fn check_span(span: &Range<usize>, n_tokens: usize) -> Result<(), RunError> {
    if span.end <= n_tokens && span.start <= span.end {
        return Ok(());
    }
    if span.end == span.start + 1 || span.start > n_tokens {
        return Err(RunError::Position { found: span.start as i64, n_tokens });
    }
    let (start, end) = (span.start, span.end);
    Err(RunError::Range { what: "positions", start, end, limit: n_tokens })
}

fn check_residual(baseline: &Baseline<'_>, patch: &ResidualPatch) -> Result<(), RunError> {
    baseline.check_pos(patch.pos)?;
    let n_layers = baseline.n_layers();
    if patch.before_layer > n_layers {
        let found = u32::try_from(patch.before_layer).unwrap_or(u32::MAX);
        return Err(RunError::Layer { found, n_layers });
    }
    check_width(baseline, &patch.resid_d, || {
        format!("residual before layer {}", patch.before_layer)
    })
}

fn check_output(baseline: &Baseline<'_>, patch: &OutputPatch) -> Result<(), RunError> {
    baseline.check_pos(patch.pos)?;
    let n_layers = baseline.n_layers();
    if patch.layer >= n_layers {
        let found = u32::try_from(patch.layer).unwrap_or(u32::MAX);
        return Err(RunError::Layer { found, n_layers });
    }
    check_width(baseline, &patch.out_d, || format!("MLP output of layer {}", patch.layer))
}

/// A vector is as wide as the stream.
fn check_width(
    baseline: &Baseline<'_>,
    vector_d: &[f32],
    name: impl Fn() -> String,
) -> Result<(), RunError> {
    let (found, expected) = (vector_d.len(), baseline.replacement().model().config().d_model);
    if found == expected {
        return Ok(());
    }
    Err(RunError::Width { name: name(), found, expected })
}
