//! Does the local replacement model behave like the model when it is pushed?
//!
//! On its prompt it is exact by construction; a step beside the prompt it need not be. One place
//! of the stream is moved by a short vector, and two machines answer: the original model, free,
//! and the local replacement model, whose attention and norms are held and whose features are
//! encoded anew from the moved stream. What each makes of the push, layer by layer, is compared.
//!
//! Two controls stand beside it. The model with attention and norms *held* says how much of a
//! difference is the dictionary's; *nothing answering* (the push carried along by the residual
//! stream and attention alone) says how much likeness is had for nothing.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", perturbation experiments of the appendix: one
//! layer later their cosine is about 0.8 and the normalized error about 0.4, and both get worse
//! with depth.

use connectome_graph::FeatureId;

use super::Tell;
use super::draw::Draw;
use crate::error::RunError;
use crate::intervene::{
    AttentionPatterns, Baseline, Intervention, Mode, NormScales, Outcome, ResidualPatch, Watch,
};
use crate::lm::LogitsAt;
use crate::ops::Mat;
use crate::ops::dense::{add_scaled, add_to};
use crate::validate::statistics::quantile;

/// What is pushed, where and how hard.
#[derive(Clone, Debug, PartialEq)]
pub struct PushOptions {
    /// The position; nothing before it moves.
    pub pos: usize,
    /// Blocks before which to push.
    pub before_layers: Vec<usize>,
    /// Directions of each kind at each place, at most.
    pub n_directions: usize,
    /// Length of a push, as a share of the stream's at that place.
    pub size: f32,
    /// Where drawing starts.
    pub seed: u64,
}

/// Where a direction comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Along {
    /// What a feature that fires at the position has written to the stream by then, once more.
    Upstream,
    /// What a feature of the next dictionary reads: those that fire at the position first, then
    /// others drawn at random.
    Encoder,
    /// A random direction.
    Random,
}

impl Along {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Upstream, Self::Encoder, Self::Random];
}

/// How like two changes of the stream are, the second being what is true.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Likeness {
    /// Cosine of the angle between them.
    pub cosine: f64,
    /// `‖found − true‖² / ‖true‖²`.
    pub nmse: f64,
}

/// All comparisons after one push, at one depth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct At {
    /// Blocks between the push and here.
    pub depth: usize,
    /// The local replacement model against the model.
    pub replacement: Likeness,
    /// The model with attention and norms held, against the model.
    pub held: Likeness,
    /// Nothing answering, against the model.
    pub nothing: Likeness,
    /// The local replacement model against the model, of the changes less the push itself: the
    /// push travels along the residual stream whatever the blocks do.
    pub response: Likeness,
}

/// One push.
#[derive(Clone, Debug, PartialEq)]
pub struct Pushed {
    /// Where it was pushed.
    pub before_layer: usize,
    /// Along what.
    pub along: Along,
    /// The feature that the direction is of.
    pub feature: Option<FeatureId>,
    /// After each block from there on.
    pub depths: Vec<At>,
}

/// All pushes.
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    /// What was asked for.
    pub options: PushOptions,
    /// In the order of places, kinds and draws.
    pub pushes: Vec<Pushed>,
    /// Places there should be; fewer were pushed if the work was ended.
    pub n_places: usize,
    /// Places that were pushed.
    pub n_done: usize,
}

impl Push {
    /// The medians over pushes of one kind at one depth, each number by itself, and how many
    /// pushes these are; `None` of none. (A few pushes that turn many features on would rule a
    /// mean of squares.)
    #[must_use]
    pub fn typical(&self, along: Along, depth: usize) -> Option<(At, usize)> {
        let of_kind = self.pushes.iter().filter(|push| push.along == along);
        let at: Vec<&At> =
            of_kind.filter_map(|push| push.depths.iter().find(|at| at.depth == depth)).collect();
        let median = |of: &dyn Fn(&At) -> f64| {
            quantile(&at.iter().map(|at| of(at)).collect::<Vec<_>>(), 0.5).unwrap_or_default()
        };
        let typical = |part: fn(&At) -> Likeness| Likeness {
            cosine: median(&|at| part(at).cosine),
            nmse: median(&|at| part(at).nmse),
        };
        let typical = At {
            depth,
            replacement: typical(|at| at.replacement),
            held: typical(|at| at.held),
            nothing: typical(|at| at.nothing),
            response: typical(|at| at.response),
        };
        (!at.is_empty()).then_some((typical, at.len()))
    }
}

/// Pushes the stream and compares what answers. Ended early, it has the places that were done.
///
/// # Errors
///
/// [`RunError::Position`], [`RunError::Layer`]; [`RunError::EmptySet`] without places or
/// directions; [`RunError::Size`] for a push of no length; those of the forward pass.
pub fn push(
    baseline: &Baseline<'_>,
    options: &PushOptions,
    tell: Tell<'_>,
) -> Result<Push, RunError> {
    check(baseline, options)?;
    let of = options.before_layers.len();
    let mut found = Push { options: options.clone(), pushes: Vec::new(), n_places: of, n_done: 0 };
    for (at, &before_layer) in options.before_layers.iter().enumerate() {
        if tell(super::Done { n: at, of }).is_break() {
            return Ok(found);
        }
        let place = Place { baseline, before_layer, pos: options.pos };
        found.pushes.extend(place.pushes(options)?);
        found.n_done += 1;
    }
    let _ = tell(super::Done { n: of, of });
    Ok(found)
}

fn check(baseline: &Baseline<'_>, options: &PushOptions) -> Result<(), RunError> {
    let (n_tokens, n_layers) = (baseline.n_tokens(), baseline.n_layers());
    if options.pos >= n_tokens {
        return Err(RunError::Position { found: options.pos as i64, n_tokens });
    }
    if options.before_layers.is_empty() {
        return Err(RunError::EmptySet { what: "the set of layers" });
    }
    if options.n_directions == 0 {
        return Err(RunError::EmptySet { what: "the set of directions" });
    }
    if !(options.size.is_finite() && options.size > 0.0) {
        return Err(RunError::Size { what: "the push", found: options.size });
    }
    // Before the last block at the latest: after it there is nothing that could answer.
    match options.before_layers.iter().find(|layer| **layer >= n_layers) {
        None => Ok(()),
        Some(found) => {
            let found = u32::try_from(*found).unwrap_or(u32::MAX);
            Err(RunError::Layer { found, n_layers })
        }
    }
}

/// A direction with what it is of.
struct Direction {
    along: Along,
    feature: Option<FeatureId>,
    vector_d: Vec<f32>,
}

/// Where the stream is pushed.
struct Place<'a> {
    baseline: &'a Baseline<'a>,
    before_layer: usize,
    pos: usize,
}

impl Place<'_> {
    fn pushes(&self, options: &PushOptions) -> Result<Vec<Pushed>, RunError> {
        // A stream of its own for every place, so that places can be asked for one by one.
        let mut draw = Draw::new(options.seed ^ ((self.before_layer as u64) << 32));
        let mut directions = self.upstream(options.n_directions, &mut draw);
        directions.extend(self.encoders(options.n_directions, &mut draw));
        directions.extend(self.random(options.n_directions, &mut draw));
        let clean_d = self.baseline.stream().resid(self.before_layer).row(self.pos);
        let length = options.size * norm(clean_d);
        directions.retain(|direction| norm(&direction.vector_d) > 0.0);
        let n_layers = self.baseline.n_layers();
        let streams: Vec<usize> = (self.before_layer + 1..=n_layers).collect();
        let watch = Watch::nothing().with_streams(self.baseline, streams)?;
        let mut asked = Vec::new();
        for direction in &mut directions {
            let scale = length / norm(&direction.vector_d);
            direction.vector_d.iter_mut().for_each(|x| *x *= scale);
            let mut resid_d = clean_d.to_vec();
            add_to(&mut resid_d, &direction.vector_d);
            asked.extend(self.answers(&resid_d));
        }
        let mut go_on = |_: usize| std::ops::ControlFlow::Continue(());
        let nowhere = LogitsAt::Positions(Vec::new());
        let outcomes = self.baseline.measure_all(&asked, &watch, &nowhere, &mut go_on)?;
        let outcomes: Vec<Outcome> = outcomes.into_iter().flatten().collect();
        let pushed = directions.iter().zip(outcomes.chunks_exact(4));
        Ok(pushed.map(|(direction, answers)| self.compare(direction, answers)).collect())
    }

    /// Who answers: the model, the model held, the local replacement model, nothing.
    fn answers(&self, resid_d: &[f32]) -> [Intervention; 4] {
        let answer = |mode: Mode, norms: NormScales| {
            let (before_layer, pos) = (self.before_layer, self.pos);
            let patch = ResidualPatch { before_layer, pos, resid_d: resid_d.to_vec() };
            Intervention { residuals: vec![patch], norms, ..Intervention::nothing(mode) }
        };
        let layers = self.before_layer..self.baseline.n_layers();
        [
            answer(Mode::Open { attention: AttentionPatterns::Free }, NormScales::Free),
            answer(Mode::Open { attention: AttentionPatterns::Frozen }, NormScales::Frozen),
            answer(Mode::Iterative { layers }, NormScales::Frozen),
            answer(Mode::Direct, NormScales::Frozen),
        ]
    }

    fn compare(&self, direction: &Direction, answers: &[Outcome]) -> Pushed {
        let stream = self.baseline.stream();
        let depths = (self.before_layer + 1..=self.baseline.n_layers()).enumerate();
        let depths = depths.map(|(at, layer)| {
            let changes: Vec<Mat> = answers
                .iter()
                .map(|answer| difference(&answer.streams[at], stream.resid(layer)))
                .collect();
            let responses = [0, 2].map(|answer: usize| {
                let mut response = changes[answer].clone();
                add_scaled(response.row_mut(self.pos), -1.0, &direction.vector_d);
                response
            });
            let against = |answer: usize| likeness(&changes[answer], &changes[0]);
            At {
                depth: at + 1,
                replacement: against(2),
                held: against(1),
                nothing: against(3),
                response: likeness(&responses[1], &responses[0]),
            }
        });
        Pushed {
            before_layer: self.before_layer,
            along: direction.along,
            feature: direction.feature,
            depths: depths.collect(),
        }
    }

    /// What features that fire here wrote to the stream below the place.
    fn upstream(&self, n: usize, draw: &mut Draw) -> Vec<Direction> {
        let (local, map) = (self.baseline.local(), self.baseline.local().map());
        let transcoder = self.baseline.replacement().transcoder();
        let features = local.features();
        let here = |place: &usize| features.list()[*place].pos as usize == self.pos;
        let below = (0..self.before_layer).flat_map(|layer| features.of_layer(layer));
        let mut firing: Vec<usize> = below.filter(here).collect();
        draw.shuffle(&mut firing);
        firing.truncate(n);
        let width = self.baseline.stream().resid(0).n_cols();
        let direction = |place: usize| {
            let feature = features.list()[place].id;
            let own = feature.layer as usize;
            let end = self.before_layer.min(own + transcoder.n_outputs(own));
            let (mut vector_d, mut decoder_d) = (vec![0.0; width], vec![0.0; width]);
            for layer in own..end {
                features.read_decoder(place, layer, &mut decoder_d);
                map.push_out(layer, self.pos, &mut decoder_d);
                add_to(&mut vector_d, &decoder_d);
            }
            Direction { along: Along::Upstream, feature: Some(feature), vector_d }
        };
        firing.into_iter().map(direction).collect()
    }

    /// What features of the layer at hand read.
    fn encoders(&self, n: usize, draw: &mut Draw) -> Vec<Direction> {
        let (local, layer) = (self.baseline.local(), self.before_layer);
        let transcoder = self.baseline.replacement().transcoder();
        let features = local.features();
        let here = |place: &usize| features.list()[*place].pos as usize == self.pos;
        let mut indices: Vec<u32> = features
            .of_layer(layer)
            .filter(here)
            .map(|place| features.list()[place].id.index)
            .collect();
        draw.shuffle(&mut indices);
        indices.truncate(n);
        let n_features = transcoder.card().n_features;
        while indices.len() < n.min(n_features) {
            let index = draw.below(n_features) as u32;
            if !indices.contains(&index) {
                indices.push(index);
            }
        }
        let rows = transcoder.encoder_rows(layer, &indices);
        let direction = |(index, row): (&u32, &[f32])| {
            let mut vector_d = row.to_vec();
            local.map().pull_read(layer, self.pos, &mut vector_d);
            let feature = Some(FeatureId { layer: layer as u32, index: *index });
            Direction { along: Along::Encoder, feature, vector_d }
        };
        indices.iter().zip(rows.rows()).map(direction).collect()
    }

    fn random(&self, n: usize, draw: &mut Draw) -> Vec<Direction> {
        let width = self.baseline.stream().resid(0).n_cols();
        let mut direction = || {
            let vector_d = (0..width).map(|_| draw.normal() as f32).collect();
            Direction { along: Along::Random, feature: None, vector_d }
        };
        (0..n).map(|_| direction()).collect()
    }
}

fn difference(after: &Mat, before: &Mat) -> Mat {
    let mut out = after.clone();
    add_scaled(out.data_mut(), -1.0, before.data());
    out
}

fn norm(x: &[f32]) -> f32 {
    x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt() as f32
}

fn likeness(found: &Mat, truth: &Mat) -> Likeness {
    let (mut product, mut of_found, mut of_truth, mut apart) = (0.0, 0.0, 0.0, 0.0);
    for (a, b) in found.data().iter().zip(truth.data()) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        product += a * b;
        of_found += a * a;
        of_truth += b * b;
        apart += (a - b) * (a - b);
    }
    let size = (of_found * of_truth).sqrt();
    Likeness {
        cosine: if size > 0.0 { product / size } else { 0.0 },
        nmse: if of_truth > 0.0 { apart / of_truth } else { 0.0 },
    }
}
