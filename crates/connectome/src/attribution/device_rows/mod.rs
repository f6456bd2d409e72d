//! Rows of the attribution graph by the same sweep as `super::rows`, on a [`RowDevice`].
//!
//! Everything that a prompt holds still is copied to the device once. A batch of targets then
//! costs a few index lists on the way there and its scores on the way back. Two short cuts of
//! the CPU's sweep are left out, since what they save is not worth a kernel: targets join as
//! whole cones, and cotangents are pulled back to the embeddings themselves.
//!
//! # Invariants
//!
//! - A row is the CPU's row up to rounding ([`agreement`]).
//! - Batches are cut by sizes that do not depend on the device's free memory, so neither do the
//!   numbers.
//!
//! Source: as `super::rows`.

mod agreement;
mod choice;
mod engine;
mod plan;
mod sweep;
mod written;

pub use agreement::{Agreement, agreement};
pub use choice::{Choice, Reason, best};

pub(super) use self::engine::Engine;

use self::plan::Plan;
use self::sweep::{Buffers, Sweep, buffer_bytes, floats_per_row};
use self::written::{Runs, Written, written_bytes};
use super::rows::{DenseRow, Origin};
use super::sources::Sources;
use super::targets::Start;
use crate::device::{DeviceError, RowDevice};
use crate::replacement::LocalReplacement;
use crate::replacement::device_map::{DeviceMap, map_bytes};

/// How much memory one batch may take on a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of cotangents and what is made of them on the way down.
    pub sweep_bytes: usize,
    /// Bytes of scores.
    pub score_bytes: usize,
    /// Bytes of decoder rows widened at a time.
    pub decoder_bytes: usize,
}

impl Default for Budget {
    /// Large enough that products fill a GPU; a laptop's has it, too.
    fn default() -> Self {
        Self { sweep_bytes: 1 << 30, score_bytes: 256 << 20, decoder_bytes: 64 << 20 }
    }
}

/// A budget in rows and numbers, and never too small for one target.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    rows: usize,
    scores: usize,
    decoder_rows: usize,
}

impl Limits {
    fn new(local: &LocalReplacement<'_>, sources: &Sources, budget: Budget) -> Self {
        let (n_tokens, n_layers) = (local.n_tokens(), local.map().n_layers());
        let d_model = local.embeddings().n_cols();
        let below = scores_below(sources, n_tokens);
        let places = local.features().list().iter().map(|feature| feature.pos as usize + 1);
        let all_rows: usize = places.clone().sum();
        let all_scores: usize = places.map(|end| below[end]).sum();
        let runs = (0..n_layers).map(|layer| Runs::at(sources, layer, n_tokens));
        let (longest, most) =
            runs.fold((0, 0), |(a, b), runs| (a.max(runs.longest()), b.max(runs.len())));
        let row_bytes = 4 * (floats_per_row(local) + Plan::WORDS_PER_ROW);
        let fits = |bytes: usize, size: usize, all: usize, least: usize| {
            (bytes / size).min(all).max(least)
        };
        Self {
            rows: fits(budget.sweep_bytes, row_bytes, all_rows, n_tokens),
            scores: fits(budget.score_bytes, 4, all_scores, below[n_tokens]),
            decoder_rows: fits(budget.decoder_bytes, 4 * d_model, most, longest),
        }
    }
}

/// `[T + 1]` features that stand before each position: what a target's row has to score.
fn scores_below(sources: &Sources, n_tokens: usize) -> Vec<usize> {
    let mut below = vec![0];
    for pos in 0..n_tokens {
        below.push(below[pos] + sources.at(pos).len());
    }
    below
}

/// Bytes of device memory that the rows of a prompt take.
#[must_use]
pub fn device_bytes(local: &LocalReplacement<'_>, budget: Budget) -> u64 {
    let sources = Sources::new(local);
    let limits = Limits::new(local, &sources, budget);
    map_bytes(local) + written_bytes(local, &sources) + buffer_bytes(local, limits)
}

/// Computes rows on one prompt, on a device.
#[derive(Debug)]
pub(super) struct DeviceEngine<'a, 'm, D: RowDevice> {
    local: &'a LocalReplacement<'m>,
    device: &'a D,
    sources: Sources,
    /// `[T + 1]`, as [`scores_below`].
    below: Vec<usize>,
    limits: Limits,
    map: DeviceMap<D>,
    written: Written<D>,
    buffers: Buffers<D>,
}

impl<'a, 'm, D: RowDevice> DeviceEngine<'a, 'm, D> {
    /// Copies the prompt to the device.
    pub(super) fn new(
        local: &'a LocalReplacement<'m>,
        device: &'a D,
        budget: Budget,
    ) -> Result<Self, DeviceError> {
        let needed = device_bytes(local, budget);
        if let Some(free) = device.free_bytes()?
            && needed > free
        {
            return Err(DeviceError::Memory { needed, free, device: device.name() });
        }
        let sources = Sources::new(local);
        let limits = Limits::new(local, &sources, budget);
        Ok(Self {
            local,
            device,
            below: scores_below(&sources, local.n_tokens()),
            limits,
            map: DeviceMap::new(device, local)?,
            written: Written::new(device, local, &sources)?,
            buffers: Buffers::new(device, local, limits)?,
            sources,
        })
    }

    /// How many of these targets fit one batch: at least one.
    pub(super) fn batch_len(&self, origins: &[Origin]) -> usize {
        let (mut n_rows, mut n_scores) = (0, 0);
        let fits = origins.iter().take_while(|origin| {
            n_rows += origin.pos + 1;
            n_scores += self.below[origin.pos + 1];
            n_rows <= self.limits.rows && n_scores <= self.limits.scores
        });
        fits.count().clamp(1, origins.len().max(1))
    }

    /// The rows of a batch, in the order of `origins`.
    pub(super) fn rows(&mut self, origins: &[Origin]) -> Result<Vec<DenseRow>, DeviceError> {
        // Targets join from the top down; ties keep the caller's order.
        let mut order: Vec<usize> = (0..origins.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(self.start_layer(&origins[i])));
        let sorted: Vec<&Origin> = order.iter().map(|&i| &origins[i]).collect();
        let n_layers = self.local.map().n_layers();
        let joining: Vec<usize> = (0..=n_layers)
            .map(|layer| sorted.partition_point(|origin| self.start_layer(origin) >= layer))
            .collect();
        let mut sweep = Sweep::new(self, &sorted)?;
        sweep.join(joining[n_layers])?;
        for layer in (0..n_layers).rev() {
            sweep.layer(layer, joining[layer])?;
        }
        let mut rows: Vec<Option<DenseRow>> = vec![None; origins.len()];
        for (row, &place) in sweep.finish()?.into_iter().zip(&order) {
            rows[place] = Some(row);
        }
        Ok(rows.into_iter().map(|row| row.expect("every target was swept")).collect())
    }

    /// The layer whose block a target's cotangent enters first, from above; one past the last
    /// for targets at the final norm.
    fn start_layer(&self, origin: &Origin) -> usize {
        match origin.start {
            Start::Final(_) => self.local.map().n_layers(),
            Start::Feature(feature) => self.local.features().list()[feature].id.layer as usize,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::device::Host;
    use crate::files::Folder;
    use crate::lm::Model;
    use crate::replacement::{PromptTokens, ReplacementModel};
    use crate::transcoder::Transcoder;

    fn check_bytes(case: &str) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../goldens").join(case);
        let model = Model::load(&Folder::Disk(root.join("model"))).unwrap();
        let transcoder = Transcoder::open(&Folder::Disk(root.join("transcoders"))).unwrap();
        let replacement = ReplacementModel::new(model, transcoder).unwrap();
        let prompt = PromptTokens { ids: vec![2, 17, 4, 99, 30, 8], n_zeroed: 1 };
        let local = replacement.on(&prompt).unwrap();
        let small = Budget { sweep_bytes: 1 << 16, score_bytes: 1 << 14, decoder_bytes: 1 << 12 };
        for budget in [Budget::default(), small] {
            let host = Host::default();
            DeviceEngine::new(&local, &host, budget).unwrap();
            assert_eq!(host.allocated_bytes(), device_bytes(&local, budget), "{case}");
        }
    }

    #[test]
    fn the_memory_of_a_prompt_is_known_beforehand() {
        // Together they have every kind of norm, site, skip, bias and position.
        for case in [
            "gpt2_clt_relu",
            "gpt2_plt_relu_ln2",
            "gpt_neox_plt_relu",
            "gemma2_plt_jumprelu_mlpio",
            "gemma3_plt_jumprelu_skip",
            "llama_plt_relu_skip",
        ] {
            check_bytes(case);
        }
    }
}
