//! The tap that changes a run: holds what a mode holds, writes what edits write, reads what is
//! watched.
//!
//! Runs that go together share what attention and norms do; what MLP outputs do is each run's
//! own. The order at one layer is that of the peer: features are read, the MLP output is held
//! if it is to be, then the differences of edited features are written to this layer and, for a
//! cross-layer dictionary, kept for those above.

use std::collections::BTreeMap;

use super::baseline::Baseline;
use super::edit::{Mode, NormScales, ResidualPatch};
use super::plan::{Plan, PointEdit};
use super::watch::{Encoded, Readers, Reading, Watch};
use crate::error::RunError;
use crate::lm::segment::{KeyValueReader, KeysAndValues, LayerPast, Segment};
use crate::lm::{Site, Tap};
use crate::ops::Mat;
use crate::ops::dense::{add_scaled, add_to};
use crate::replacement::sites;

/// What all runs of a batch hold still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Holds {
    pub(super) patterns: bool,
    pub(super) norms: bool,
}

impl Holds {
    pub(super) fn of(plan: &Plan<'_>) -> Self {
        let norms = *plan.mode == Mode::Direct || plan.norms == NormScales::Frozen;
        Self { patterns: plan.mode.freezes_attention(), norms }
    }
}

/// Changes a batch of runs over one segment.
#[derive(Debug)]
pub(super) struct Patcher<'a> {
    baseline: &'a Baseline<'a>,
    segment: Segment<'a>,
    plans: &'a [&'a Plan<'a>],
    watch: &'a Watch,
    holds: Holds,
    layers: Vec<LayerReaders>,
    /// What edits have written to each layer so far, `[R, D]`.
    pending: Vec<Option<Mat>>,
    /// What the layer at hand read: its input, and its features.
    input: Option<Mat>,
    encoded: Option<Encoded>,
    /// What was watched, run by run.
    pub(super) readings: Vec<Vec<Reading>>,
    /// The streams that are kept, run by run.
    pub(super) streams: Vec<Vec<Mat>>,
    /// Keys and values of the segment, if they are kept.
    kept: Option<Kept>,
}

/// The features of one layer that are read.
#[derive(Debug, Default)]
struct LayerReaders {
    readers: Option<Readers>,
}

/// Keys and values as they are made.
#[derive(Debug, Default)]
struct Kept {
    reader: KeyValueReader,
    layers: BTreeMap<usize, LayerPast>,
}

impl<'a> Patcher<'a> {
    /// A tap over `segment`, one plan a run; all of them hold the same.
    pub(super) fn new(
        baseline: &'a Baseline<'a>,
        segment: Segment<'a>,
        plans: &'a [&'a Plan<'a>],
        watch: &'a Watch,
    ) -> Self {
        let n_layers = baseline.n_layers();
        let transcoder = baseline.replacement().transcoder();
        let layers = (0..n_layers).map(|layer| {
            let mut indices: Vec<u32> = plans
                .iter()
                .flat_map(|plan| plan.edits_of(layer).iter().map(|edit| edit.feature.index))
                .chain(watch.layer(layer).iter().flat_map(|watched| watched.indices.clone()))
                .collect();
            indices.sort_unstable();
            indices.dedup();
            let readers = (!indices.is_empty()).then(|| Readers::new(transcoder, layer, &indices));
            LayerReaders { readers }
        });
        Self {
            segment,
            plans,
            watch,
            holds: Holds::of(plans[0]),
            layers: layers.collect(),
            pending: vec![None; n_layers],
            input: None,
            encoded: None,
            readings: vec![watch.clean().to_vec(); plans.len()],
            streams: vec![clean_streams(baseline, watch); plans.len()],
            kept: None,
            baseline,
        }
    }

    /// Also keeps keys and values, for what is generated after.
    pub(super) fn keep_past(&mut self) {
        self.kept = Some(Kept::default());
    }

    /// The past that ends with this segment, of its only run: that of the unchanged run up to
    /// the first changed position and in the layers below the first changed one.
    pub(super) fn into_past(self) -> KeysAndValues {
        let clean = self.baseline.stream().past();
        let mut layers = self.kept.unwrap_or_default().layers;
        let mut past = KeysAndValues::default();
        for layer in 0..self.baseline.n_layers() {
            past.push(match layers.remove(&layer) {
                None => clean.layer(layer).clone(),
                Some(new) => {
                    let mut whole = clean.layer(layer).first(self.segment.first_pos);
                    whole.key_ske.append(&new.key_ske);
                    whole.value_ske.append(&new.value_ske);
                    whole
                }
            });
        }
        past
    }

    fn n_layers(&self) -> usize {
        self.baseline.n_layers()
    }

    /// Puts one number a row of the unchanged run in place of `scale`.
    fn hold_scale(&self, clean_t: &[f32], scale: &mut Mat) {
        let first = self.segment.first_pos;
        let clean = &clean_t[first..first + self.segment.n_new];
        for run in scale.data_mut().chunks_exact_mut(clean.len()) {
            run.copy_from_slice(clean);
        }
    }

    fn hold_norm(&self, site: Site, x: &mut Mat) {
        let map = self.baseline.local().map();
        let frozen = |layer: usize| map.layer(layer);
        let held = "a norm that was visited before was recorded";
        match site {
            Site::AttnNormScale(layer) => self.hold_scale(&frozen(layer).attn_scale_t, x),
            Site::MlpNormScale(layer) => self.hold_scale(&frozen(layer).mlp_scale_t, x),
            Site::PostAttnNormScale(layer) => {
                self.hold_scale(frozen(layer).post_attn_scale_t.as_ref().expect(held), x);
            }
            Site::PostMlpNormScale(layer) => {
                self.hold_scale(frozen(layer).post_mlp_scale_t.as_ref().expect(held), x);
            }
            Site::FinalNormScale => self.hold_scale(map.final_scale(), x),
            _ => {}
        }
    }

    fn replace_residuals(&self, before_layer: usize, x: &mut Mat) {
        for (run, plan) in self.plans.iter().enumerate() {
            let here = |patch: &&&ResidualPatch| patch.before_layer == before_layer;
            for patch in plan.residuals.iter().filter(here) {
                if let Some(row) = self.segment.row(run, patch.pos) {
                    x.row_mut(row).copy_from_slice(&patch.resid_d);
                }
            }
        }
    }

    /// Keeps the stream of the segment where it is watched; before it, runs are unchanged.
    fn keep_stream(&mut self, before_layer: usize, x: &Mat) {
        let kept = self.watch.streams().iter().enumerate();
        for (at, _) in kept.filter(|(_, layer)| **layer == before_layer) {
            for (run, streams) in self.streams.iter_mut().enumerate() {
                let first = self.segment.first_pos * x.n_cols();
                let own = &mut streams[at].data_mut()[first..];
                own.copy_from_slice(self.segment.run(run, x));
            }
        }
    }

    /// Reads the features of a layer that are edited or watched.
    fn read(&mut self, layer: usize, x: &Mat) -> Result<(), RunError> {
        self.input = Some(x.clone());
        self.encoded = None;
        let Some(readers) = &self.layers[layer].readers else { return Ok(()) };
        let encoded = readers.read(self.baseline.replacement().transcoder(), x)?;
        if let Some(watched) = self.watch.layer(layer) {
            let n_zeroed = self.baseline.prompt().n_zeroed;
            for (run, readings) in self.readings.iter_mut().enumerate() {
                for &(pos, place, at) in &watched.nodes {
                    let row = self.segment.row(run, pos).filter(|_| pos >= n_zeroed);
                    if let Some(row) = row {
                        let place = readers.place(watched.indices[place]);
                        readings[at] = encoded.reading(row, place);
                    }
                }
            }
        }
        self.encoded = Some(encoded);
        Ok(())
    }

    /// What a feature would be at a row of this run, before it is edited.
    fn current(&self, layer: usize, row: usize, edit: &PointEdit) -> f32 {
        if edit.pos < self.baseline.prompt().n_zeroed {
            return 0.0;
        }
        let readers = self.layers[layer].readers.as_ref().expect("edited features are read");
        let encoded = self.encoded.as_ref().expect("a layer is read before it writes");
        encoded.reading(row, readers.place(edit.feature.index)).activation
    }

    /// Holds MLP outputs that are held, and writes differences.
    fn write(&mut self, layer: usize, x: &mut Mat) -> Result<(), RunError> {
        self.hold_outputs(layer, x);
        self.replace_outputs(layer, x);
        let differences = self.differences(layer)?;
        self.add_pending(layer, &differences)?;
        let n_layers = self.n_layers();
        if let Some(pending) = &self.pending[layer] {
            for (run, plan) in self.plans.iter().enumerate() {
                if plan.mode.written(n_layers).contains(&layer) {
                    for row in run * self.segment.n_new..(run + 1) * self.segment.n_new {
                        add_to(x.row_mut(row), pending.row(row));
                    }
                }
            }
        }
        Ok(())
    }

    fn is_held(&self, plan: &Plan<'_>, layer: usize) -> bool {
        plan.mode.held(self.n_layers()).contains(&layer)
    }

    /// MLP outputs of the unchanged run, where they are held; a linear skip goes on answering.
    fn hold_outputs(&self, layer: usize, x: &mut Mat) {
        let held = |plan: &&&Plan<'_>| self.is_held(plan, layer);
        if !self.plans.iter().any(|plan| held(&plan)) {
            return;
        }
        let stream = self.baseline.stream();
        let skipped = self.baseline.replacement().transcoder().skip(layer).map(|skip| {
            let mut difference = self.input.clone().expect("a layer is read before it writes");
            for row in 0..difference.n_rows() {
                let pos = self.segment.first_pos + row % self.segment.n_new;
                add_scaled(difference.row_mut(row), -1.0, stream.read(layer).row(pos));
            }
            skip.linear(&difference)
        });
        for (run, plan) in self.plans.iter().enumerate().filter(|(_, plan)| held(plan)) {
            debug_assert!(self.is_held(plan, layer));
            for offset in 0..self.segment.n_new {
                let row = run * self.segment.n_new + offset;
                let clean = stream.out(layer).row(self.segment.first_pos + offset);
                x.row_mut(row).copy_from_slice(clean);
                if let Some(skipped) = &skipped {
                    add_to(x.row_mut(row), skipped.row(row));
                }
            }
        }
    }

    fn replace_outputs(&self, layer: usize, x: &mut Mat) {
        for (run, plan) in self.plans.iter().enumerate() {
            for patch in plan.outputs.iter().filter(|patch| patch.layer == layer) {
                if let Some(row) = self.segment.row(run, patch.pos) {
                    x.row_mut(row).copy_from_slice(&patch.out_d);
                }
            }
        }
    }

    /// By row and feature of this layer, what activations differ from what the MLP output
    /// accounts for.
    fn differences(&self, layer: usize) -> Result<BTreeMap<(usize, u32), f32>, RunError> {
        let mut differences = BTreeMap::new();
        for (run, plan) in self.plans.iter().enumerate() {
            let answers = matches!(plan.mode, Mode::Iterative { .. }) && self.is_held(plan, layer);
            if answers {
                self.answers(layer, run, &mut differences)?;
            }
            let is_held = matches!(plan.mode, Mode::Direct | Mode::Constrained { .. });
            for edit in plan.edits_of(layer) {
                let Some(row) = self.segment.row(run, edit.pos) else { continue };
                let current = if is_held { edit.clean } else { self.current(layer, row, edit) };
                let base = if answers { edit.clean } else { current };
                let difference = edit.change.apply(edit.clean, current) - base;
                differences.insert((row, edit.feature.index), difference);
            }
        }
        differences.retain(|_, difference| *difference != 0.0);
        Ok(differences)
    }

    /// What all features of a layer answer in one run, less what they are in the unchanged one.
    fn answers(
        &self,
        layer: usize,
        run: usize,
        differences: &mut BTreeMap<(usize, u32), f32>,
    ) -> Result<(), RunError> {
        let input = self.input.as_ref().expect("a layer is read before it writes");
        let rows = self.segment.run(run, input).to_vec();
        let rows = Mat::from_vec(rows, self.segment.n_new, input.n_cols());
        let first_row = run * self.segment.n_new;
        let n_zeroed = self.baseline.prompt().n_zeroed;
        for firing in self.baseline.replacement().transcoder().encode(layer, &rows, 0)? {
            if self.segment.first_pos + firing.pos as usize >= n_zeroed {
                let row = first_row + firing.pos as usize;
                differences.insert((row, firing.index), firing.activation);
            }
        }
        let features = self.baseline.local().features();
        for feature in &features.list()[features.of_layer(layer)] {
            if let Some(row) = self.segment.row(run, feature.pos as usize) {
                *differences.entry((row, feature.id.index)).or_default() -= feature.activation;
            }
        }
        Ok(())
    }

    /// Adds what differences write to every layer that they write to.
    fn add_pending(
        &mut self,
        layer: usize,
        differences: &BTreeMap<(usize, u32), f32>,
    ) -> Result<(), RunError> {
        let mut indices: Vec<u32> = differences.keys().map(|(_, index)| *index).collect();
        indices.sort_unstable();
        indices.dedup();
        if indices.is_empty() {
            return Ok(());
        }
        let transcoder = self.baseline.replacement().transcoder();
        let decoders = transcoder.decoders(layer, &indices)?;
        let mut decoder_d = vec![0.0; decoders.d_model()];
        for output in 0..decoders.n_outputs() {
            let (n_rows, width) = (self.segment.n_rows(), decoders.d_model());
            let pending =
                self.pending[layer + output].get_or_insert_with(|| Mat::zeros(n_rows, width));
            for (&(row, index), difference) in differences {
                let place = indices.binary_search(&index).expect("collected above");
                decoders.read(place, output, &mut decoder_d);
                add_scaled(pending.row_mut(row), *difference, &decoder_d);
            }
        }
        Ok(())
    }
}

impl Tap for Patcher<'_> {
    fn wants(&self, site: Site) -> bool {
        matches!(site, Site::Key(_)) && self.kept.is_some()
    }

    fn holds_pattern(&self, _layer: usize) -> bool {
        self.holds.patterns
    }

    fn held_pattern<'s>(
        &'s self,
        layer: usize,
        head: usize,
        scratch: &'s mut Vec<f32>,
    ) -> (&'s [f32], usize) {
        let map = self.baseline.local().map();
        (map.layer(layer).pattern.head(head, scratch), map.n_tokens())
    }

    fn replaces_mlp(&self, layer: usize) -> bool {
        self.plans.iter().all(|plan| self.is_held(plan, layer))
    }

    fn at(&mut self, site: Site, x: &mut Mat) -> Result<(), RunError> {
        let card = self.baseline.replacement().transcoder().card();
        if self.holds.norms {
            self.hold_norm(site, x);
        }
        let before_layer = match site {
            Site::ResidPre(layer) => Some(layer),
            Site::ResidFinal => Some(self.n_layers()),
            _ => None,
        };
        if let Some(before_layer) = before_layer {
            self.replace_residuals(before_layer, x);
            self.keep_stream(before_layer, x);
        }
        if let Some(kept) = &mut self.kept {
            kept.record(site, x);
        }
        if let Some(layer) = sites::read_layer(card.reads, site) {
            self.read(layer, x)?;
        }
        match sites::write_layer(card.writes, site) {
            Some(layer) => self.write(layer, x),
            None => Ok(()),
        }
    }
}

/// What is kept of the unchanged run.
fn clean_streams(baseline: &Baseline<'_>, watch: &Watch) -> Vec<Mat> {
    let stream = baseline.stream();
    watch.streams().iter().map(|layer| stream.resid(*layer).clone()).collect()
}

impl Kept {
    fn record(&mut self, site: Site, x: &Mat) {
        self.layers.extend(self.reader.see(site, x));
    }
}
