//! Generation, with or without an intervention, token by token with kept keys and values.
//!
//! The prompt is run under the whole intervention. At generated positions only open-ended edits
//! go on, on top of a model that answers freely: there is no unchanged run to hold anything to.
//! So does the peer (`feature_intervention_generate`).

use std::ops::ControlFlow;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

use super::baseline::Baseline;
use super::edit::{Edit, Intervention};
use super::measure::first_layer;
use super::patcher::Patcher;
use super::plan::Plan;
use super::watch::{Encoded, Readers, Watch};
use crate::error::RunError;
use crate::lm::attention::softmax;
use crate::lm::model::{probabilities, top_token};
use crate::lm::segment::{KeyValueReader, KeysAndValues, LayerPast, Past, Segment};
use crate::lm::{Site, Tap};
use crate::ops::Mat;
use crate::ops::dense::{add_scaled, add_to};
use crate::replacement::sites;
use crate::transcoder::DecoderRows;

/// How the next token is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Choice {
    /// The most probable; of equals, the lower id.
    Greedy,
    /// Drawn by probability.
    Sample {
        /// Logits are divided by it; above zero.
        temperature: f32,
        /// Only the most probable `k` take part; all if `None`.
        top_k: Option<usize>,
    },
}

impl Choice {
    fn check(self) -> Result<(), RunError> {
        let Self::Sample { temperature, top_k } = self else { return Ok(()) };
        if !(temperature.is_finite() && temperature > 0.0) {
            let (what, found) = ("temperature", temperature.to_string());
            return Err(RunError::Sampling { what, found, expected: "a number above 0" });
        }
        if top_k == Some(0) {
            let (what, found) = ("top k", "0".to_owned());
            return Err(RunError::Sampling { what, found, expected: "at least 1" });
        }
        Ok(())
    }
}

/// What to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct GenerateOptions {
    /// At most so many tokens.
    pub max_new_tokens: usize,
    /// How each is chosen.
    pub choice: Choice,
    /// Where drawing starts; the sample's number is mixed in.
    pub seed: u64,
    /// Continuations; more than one only makes sense where they are drawn.
    pub n_samples: usize,
    /// Ids that end a continuation, and are its last.
    pub stop: Vec<u32>,
    /// Whether logits are kept: `[n, V]` a sample.
    pub keep_logits: bool,
}

/// What followed the prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Continuation {
    /// The ids, at most as many as were asked for.
    pub tokens: Vec<u32>,
    /// The probability that the model gave each, before temperature and `top_k`.
    pub probabilities: Vec<f32>,
    /// The logits that each was chosen from, if they are kept.
    pub logits: Option<Mat>,
    /// Why there is no more of it.
    pub end: End,
}

/// Why a continuation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Its last token is one that ends it.
    Stop,
    /// It has as many tokens as were asked for.
    Length,
    /// Whoever was told of its tokens broke off.
    Cut,
}

/// A token of a continuation, as soon as it is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NewToken {
    /// Which continuation.
    pub sample: usize,
    /// Its place in it, from 0.
    pub at: usize,
    /// Its id.
    pub token: u32,
    /// The probability that the model gave it, before temperature and `top_k`.
    pub probability: f32,
}

impl<'m> Baseline<'m> {
    /// Continues the prompt, under an intervention if there is one.
    ///
    /// # Errors
    ///
    /// As [`Baseline::measure`]; [`RunError::ContinuationLength`] if prompt and continuation do
    /// not fit the model; [`RunError::EmptySet`] if no token or sample is asked for;
    /// [`RunError::Sampling`].
    pub fn generate(
        &self,
        intervention: Option<&Intervention>,
        options: &GenerateOptions,
    ) -> Result<Vec<Continuation>, RunError> {
        self.generate_telling(intervention, options, &mut |_| ControlFlow::Continue(()))
    }

    /// As [`Baseline::generate`]; `told` hears of every token and may break off, which ends all
    /// continuations where they are.
    ///
    /// # Errors
    ///
    /// As [`Baseline::generate`].
    pub fn generate_telling(
        &self,
        intervention: Option<&Intervention>,
        options: &GenerateOptions,
        told: &mut dyn FnMut(NewToken) -> ControlFlow<()>,
    ) -> Result<Vec<Continuation>, RunError> {
        self.check_generation(options)?;
        let plan = intervention.map(|asked| Plan::new(self, asked)).transpose()?;
        let (last_logits_v, past) = self.prompt_pass(plan.as_ref())?;
        let lasting: Vec<&Edit> = intervention
            .iter()
            .flat_map(|asked| &asked.edits)
            .filter(|edit| edit.positions.is_open_ended())
            .collect();
        let steering = Steering::new(self, &lasting)?;
        let mut samples: Vec<Sample> =
            (0..options.n_samples).map(|at| Sample::new(at, options)).collect();
        let mut go_on = ControlFlow::Continue(());
        for sample in &mut samples {
            let new = sample.take(&last_logits_v, options);
            go_on = if go_on.is_continue() { told(new) } else { go_on };
        }
        let mut pasts = vec![past; samples.len()];
        for step in 1..options.max_new_tokens {
            if go_on.is_break() || samples.iter().all(|sample| sample.end.is_some()) {
                break;
            }
            let last: Vec<u32> = samples.iter().map(Sample::last).collect();
            let logits_rv = self.step(&last, step - 1, &mut pasts, &steering)?;
            for (sample, logits_v) in samples.iter_mut().zip(logits_rv.rows()) {
                if sample.end.is_none() {
                    let new = sample.take(logits_v, options);
                    go_on = if go_on.is_continue() { told(new) } else { go_on };
                }
            }
        }
        Ok(samples.into_iter().map(Sample::finish).collect())
    }

    /// Whether so much can be generated, and so.
    ///
    /// # Errors
    ///
    /// [`RunError::EmptySet`], [`RunError::Sampling`], [`RunError::ContinuationLength`].
    pub fn check_generation(&self, options: &GenerateOptions) -> Result<(), RunError> {
        if options.max_new_tokens == 0 || options.n_samples == 0 {
            return Err(RunError::EmptySet { what: "the continuation" });
        }
        options.choice.check()?;
        let (found, more) = (self.n_tokens(), options.max_new_tokens);
        let limit = self.replacement().model().config().n_context;
        // The last token that is generated is never run.
        if more - 1 > limit - found {
            return Err(RunError::ContinuationLength { found, more, limit });
        }
        Ok(())
    }

    /// Logits of the prompt's last position, and the past that generation starts from.
    fn prompt_pass(&self, plan: Option<&Plan<'_>>) -> Result<(Vec<f32>, KeysAndValues), RunError> {
        let last = self.n_tokens() - 1;
        let Some(plan) = plan.filter(|plan| !plan.is_null(self)) else {
            return Ok((self.logits().row(last).to_vec(), self.stream().past().clone()));
        };
        let plans = [plan];
        let (segment, from_layer) = (self.segment(&plans), first_layer(&plans));
        let watch = Watch::nothing();
        let mut patcher = Patcher::new(self, segment, &plans, &watch);
        patcher.keep_past();
        let x = self.start(from_layer, &segment);
        let model = self.replacement().model();
        let normed = model.forward_segment(x, from_layer, segment, &mut patcher)?;
        let row = segment.row(0, last).expect("the segment goes on to the prompt's end");
        let normed = Mat::from_vec(normed.row(row).to_vec(), 1, normed.n_cols());
        Ok((model.logits(&normed)?.into_vec(), patcher.into_past()))
    }

    /// Runs each sample's last token and returns the logits after it, `[samples, V]`.
    fn step(
        &self,
        last: &[u32],
        n_before: usize,
        pasts: &mut [KeysAndValues],
        steering: &Steering<'_>,
    ) -> Result<Mat, RunError> {
        let model = self.replacement().model();
        let first_pos = self.n_tokens() + n_before;
        let mut x = model.embedding(last);
        if let Some(positions) = model.position_rows(first_pos..first_pos + 1) {
            for row in 0..x.n_rows() {
                add_to(x.row_mut(row), positions.row(0));
            }
        }
        let segment = Segment { n_runs: last.len(), n_new: 1, first_pos, past: Past::Each(pasts) };
        let mut tap = SteeringTap::new(self, steering, last.len());
        let normed = model.forward_segment(x, 0, segment, &mut tap)?;
        for (layer, made) in tap.made.into_iter().enumerate() {
            for (run, past) in pasts.iter_mut().enumerate() {
                past.append(layer, &made.of_run(run, last.len()));
            }
        }
        model.logits(&normed)
    }
}

/// One continuation as it grows.
struct Sample {
    at: usize,
    rng: ChaCha8Rng,
    tokens: Vec<u32>,
    probabilities: Vec<f32>,
    logits: Option<Mat>,
    end: Option<End>,
}

impl Sample {
    fn new(at: usize, options: &GenerateOptions) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        rng.set_stream(at as u64);
        let logits = options.keep_logits.then(|| Mat::zeros(0, 0));
        Self { at, rng, tokens: Vec::new(), probabilities: Vec::new(), logits, end: None }
    }

    fn last(&self) -> u32 {
        *self.tokens.last().expect("the first token comes from the prompt's own pass")
    }

    fn take(&mut self, logits_v: &[f32], options: &GenerateOptions) -> NewToken {
        let token = match options.choice {
            Choice::Greedy => top_token(logits_v),
            Choice::Sample { temperature, top_k } => {
                draw(logits_v, temperature, top_k, &mut self.rng)
            }
        };
        let probability = probabilities(logits_v)[token as usize];
        self.probabilities.push(probability);
        self.tokens.push(token);
        if let Some(kept) = &mut self.logits {
            let row = Mat::from_vec(logits_v.to_vec(), 1, logits_v.len());
            if kept.n_rows() == 0 {
                *kept = row;
            } else {
                kept.append(&row);
            }
        }
        self.end = if options.stop.contains(&token) {
            Some(End::Stop)
        } else {
            (self.tokens.len() == options.max_new_tokens).then_some(End::Length)
        };
        NewToken { sample: self.at, at: self.tokens.len() - 1, token, probability }
    }

    fn finish(self) -> Continuation {
        let Self { tokens, probabilities, logits, end, .. } = self;
        Continuation { tokens, probabilities, logits, end: end.unwrap_or(End::Cut) }
    }
}

/// A token drawn from `softmax(logits / temperature)` over the `top_k` largest.
fn draw(logits_v: &[f32], temperature: f32, top_k: Option<usize>, rng: &mut ChaCha8Rng) -> u32 {
    let mut order: Vec<u32> = (0..logits_v.len() as u32).collect();
    let by_rank =
        |a: &u32, b: &u32| logits_v[*b as usize].total_cmp(&logits_v[*a as usize]).then(a.cmp(b));
    if let Some(k) = top_k.filter(|k| (1..order.len()).contains(k)) {
        order.select_nth_unstable_by(k - 1, by_rank);
        order.truncate(k);
    }
    order.sort_unstable_by(by_rank);
    let mut share: Vec<f32> =
        order.iter().map(|token| logits_v[*token as usize] / temperature).collect();
    softmax(&mut share);
    // 53 random bits make every f64 in [0, 1) that has so many.
    let mut left = (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    for (token, share) in order.iter().zip(&share) {
        left -= f64::from(*share);
        if left < 0.0 {
            return *token;
        }
    }
    // Shares sum to one up to rounding: what is left over belongs to the most probable.
    order[0]
}

/// Edits that go on at every generated position.
struct Steering<'a> {
    layers: Vec<SteeredLayer<'a>>,
}

/// Those of one layer.
struct SteeredLayer<'a> {
    edits: Vec<&'a Edit>,
    tools: Option<(Readers, DecoderRows, Vec<u32>)>,
}

impl<'a> Steering<'a> {
    fn new(baseline: &Baseline<'_>, edits: &[&'a Edit]) -> Result<Self, RunError> {
        let transcoder = baseline.replacement().transcoder();
        let mut layers = Vec::new();
        for layer in 0..baseline.n_layers() {
            // Of several edits of one feature the last holds.
            let mut own: Vec<&Edit> = Vec::new();
            for edit in edits.iter().filter(|edit| edit.feature.layer as usize == layer) {
                own.retain(|kept| kept.feature != edit.feature);
                own.push(edit);
            }
            own.sort_by_key(|edit| edit.feature.index);
            let indices: Vec<u32> = own.iter().map(|edit| edit.feature.index).collect();
            let tools = match indices.is_empty() {
                true => None,
                false => Some((
                    Readers::new(transcoder, layer, &indices),
                    transcoder.decoders(layer, &indices)?,
                    indices,
                )),
            };
            layers.push(SteeredLayer { edits: own, tools });
        }
        Ok(Self { layers })
    }
}

/// Steers one step and keeps its keys and values.
struct SteeringTap<'a> {
    baseline: &'a Baseline<'a>,
    steering: &'a Steering<'a>,
    pending: Vec<Option<Mat>>,
    encoded: Option<Encoded>,
    reader: KeyValueReader,
    made: Vec<LayerPast>,
    n_runs: usize,
}

impl<'a> SteeringTap<'a> {
    fn new(baseline: &'a Baseline<'a>, steering: &'a Steering<'a>, n_runs: usize) -> Self {
        let pending = vec![None; baseline.n_layers()];
        Self {
            baseline,
            steering,
            pending,
            encoded: None,
            reader: KeyValueReader::default(),
            made: Vec::new(),
            n_runs,
        }
    }

    fn write(&mut self, layer: usize, x: &mut Mat) {
        let steered = &self.steering.layers[layer];
        if let (Some((readers, decoders, _)), Some(encoded)) = (&steered.tools, &self.encoded) {
            let mut decoder_d = vec![0.0; decoders.d_model()];
            for (place, edit) in steered.edits.iter().enumerate() {
                for run in 0..self.n_runs {
                    let at = readers.place(edit.feature.index);
                    let current = encoded.reading(run, at).activation;
                    let difference = edit.change.apply(current, current) - current;
                    for output in 0..decoders.n_outputs() {
                        let pending = self.pending[layer + output]
                            .get_or_insert_with(|| Mat::zeros(self.n_runs, decoders.d_model()));
                        decoders.read(place, output, &mut decoder_d);
                        add_scaled(pending.row_mut(run), difference, &decoder_d);
                    }
                }
            }
        }
        if let Some(pending) = &self.pending[layer] {
            x.add(pending);
        }
    }
}

impl Tap for SteeringTap<'_> {
    fn at(&mut self, site: Site, x: &mut Mat) -> Result<(), RunError> {
        let transcoder = self.baseline.replacement().transcoder();
        let card = transcoder.card();
        self.made.extend(self.reader.see(site, x).map(|(_, past)| past));
        if let Some(layer) = sites::read_layer(card.reads, site) {
            self.encoded = match &self.steering.layers[layer].tools {
                Some((readers, ..)) => Some(readers.read(transcoder, x)?),
                None => None,
            };
        }
        if let Some(layer) = sites::write_layer(card.writes, site) {
            self.write(layer, x);
        }
        Ok(())
    }
}
