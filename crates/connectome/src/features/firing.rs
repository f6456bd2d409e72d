//! What fires in many sequences at once.
//!
//! The model runs a sequence at a time; what the dictionary reads is then put together, so that
//! its encoder passes through memory once for all of them.

use rayon::prelude::*;

use crate::error::RunError;
use crate::lm::tap::{Site, Tap};
use crate::lm::{LogitsAt, Model};
use crate::ops::Mat;
use crate::replacement::ReplacementModel;
use crate::replacement::sites::read_layer;
use crate::transcoder::{Firing, ReadSite};

/// A prompt and the positions of it that are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// Token ids.
    pub ids: &'a [u32],
    /// Where firings are wanted, ascending.
    pub positions: Vec<usize>,
}

/// What fired, a layer each. A firing's `pos` is the number of its row: the wanted positions of
/// all prompts, one after the other.
pub type Fired = Vec<Vec<Firing>>;

/// What a prompt leaves.
#[derive(Clone, Debug)]
struct Read {
    x_ltd: Vec<Mat>,
    logits_tv: Mat,
}

/// Runs all prompts, and encodes what the dictionary reads of them. Logits `[T, V]` of each are
/// those at its wanted positions, if they are asked for.
///
/// # Errors
///
/// As [`Model::forward`], of the first prompt that fails; a dictionary that is not finite.
pub fn fired(
    replacement: &ReplacementModel,
    prompts: &[Wanted<'_>],
    logits: Logits,
) -> Result<(Fired, Vec<Mat>), RunError> {
    let (model, transcoder) = (replacement.model(), replacement.transcoder());
    let reads = transcoder.card().reads;
    let read: Vec<Result<Read, RunError>> =
        prompts.par_iter().map(|prompt| read(model, reads, prompt, logits)).collect();
    let mut read = read.into_iter().collect::<Result<Vec<Read>, _>>()?;
    let n_rows = prompts.iter().map(|prompt| prompt.positions.len()).sum();
    let d_model = model.config().d_model;
    let mut by_layer = Vec::new();
    for layer in 0..model.config().n_layers {
        let mut all = Vec::with_capacity(n_rows * d_model);
        for read in &mut read {
            all.extend(std::mem::replace(&mut read.x_ltd[layer], Mat::zeros(0, 0)).into_vec());
        }
        by_layer.push(transcoder.encode(layer, &Mat::from_vec(all, n_rows, d_model), 0)?);
    }
    Ok((by_layer, read.into_iter().map(|read| read.logits_tv).collect()))
}

/// Whether logits are wanted, which cost a product with the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logits {
    /// At every wanted position.
    Wanted,
    /// Nowhere.
    No,
}

fn read(
    model: &Model,
    reads: ReadSite,
    prompt: &Wanted<'_>,
    logits: Logits,
) -> Result<Read, RunError> {
    let n_layers = model.config().n_layers;
    let mut recorder = Recorder { reads, positions: &prompt.positions, x_ltd: Vec::new() };
    recorder.x_ltd.resize(n_layers, None);
    let logits_at = LogitsAt::Positions(match logits {
        Logits::Wanted => prompt.positions.clone(),
        Logits::No => Vec::new(),
    });
    let logits_tv = model.forward(prompt.ids, &mut recorder, &logits_at)?;
    let all = recorder.x_ltd.into_iter();
    let x_ltd = all.map(|x_td| x_td.expect("a dictionary that fits reads at every layer"));
    Ok(Read { x_ltd: x_ltd.collect(), logits_tv })
}

/// Keeps what a dictionary reads at some positions.
struct Recorder<'a> {
    reads: ReadSite,
    positions: &'a [usize],
    x_ltd: Vec<Option<Mat>>,
}

impl Tap for Recorder<'_> {
    fn at(&mut self, site: Site, x_td: &mut Mat) -> Result<(), RunError> {
        let Some(layer) = read_layer(self.reads, site) else { return Ok(()) };
        let mut kept = Mat::zeros(self.positions.len(), x_td.n_cols());
        for (row, pos) in self.positions.iter().enumerate() {
            kept.row_mut(row).copy_from_slice(x_td.row(*pos));
        }
        self.x_ltd[layer] = Some(kept);
        Ok(())
    }
}
