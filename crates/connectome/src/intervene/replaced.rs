//! The replacement model running free: the dictionary in place of every MLP, no errors, and
//! attention on its own.
//!
//! Source: Ameisen et al. 2025, "Circuit Tracing", replacement model.

use super::baseline::Baseline;
use crate::error::RunError;
use crate::lm::segment::{Past, Segment};
use crate::lm::{Site, Tap};
use crate::ops::Mat;
use crate::ops::dense::{add_scaled, add_to};
use crate::replacement::sites;

/// What the replacement model makes of a prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Replaced {
    /// Its logits, `[T, V]`, softcapped if the model does that.
    pub logits_tv: Mat,
    /// What stood for each MLP output, where the dictionary writes, `[T, D]` a layer.
    pub out_ltd: Vec<Mat>,
}

impl Baseline<'_> {
    /// Runs the prompt with every MLP output replaced by what the dictionary makes of the
    /// stream at hand.
    ///
    /// At positions whose features are not used ([`PromptTokens::n_zeroed`]) MLP outputs stay
    /// those of the model: dictionaries are not trained there.
    ///
    /// # Errors
    ///
    /// Those of the forward pass, and of reading the dictionary.
    ///
    /// [`PromptTokens::n_zeroed`]: crate::replacement::PromptTokens::n_zeroed
    pub fn replaced(&self) -> Result<Replaced, RunError> {
        let n_tokens = self.n_tokens();
        let segment = Segment { n_runs: 1, n_new: n_tokens, first_pos: 0, past: Past::Empty };
        let mut tap = Replacing {
            baseline: self,
            input: None,
            pending: vec![None; self.n_layers()],
            out_ltd: Vec::new(),
        };
        let x = self.stream().resid(0).clone();
        let model = self.replacement().model();
        let normed_td = model.forward_segment(x, 0, segment, &mut tap)?;
        let out_ltd = tap.out_ltd;
        Ok(Replaced { logits_tv: model.logits(&normed_td)?, out_ltd })
    }
}

/// Puts the dictionary in place of the MLPs.
struct Replacing<'a> {
    baseline: &'a Baseline<'a>,
    input: Option<Mat>,
    pending: Vec<Option<Mat>>,
    out_ltd: Vec<Mat>,
}

impl Replacing<'_> {
    fn write(&mut self, layer: usize, x: &mut Mat) -> Result<(), RunError> {
        let transcoder = self.baseline.replacement().transcoder();
        let input = self.input.take().expect("a layer is read before it writes");
        let n_zeroed = self.baseline.prompt().n_zeroed;
        let firings = transcoder.encode(layer, &input, n_zeroed)?;
        let mut indices: Vec<u32> = firings.iter().map(|firing| firing.index).collect();
        indices.sort_unstable();
        indices.dedup();
        let decoders = transcoder.decoders(layer, &indices)?;
        let mut decoder_d = vec![0.0; x.n_cols()];
        for output in 0..decoders.n_outputs() {
            let pending = self.pending[layer + output]
                .get_or_insert_with(|| Mat::zeros(input.n_rows(), input.n_cols()));
            for firing in &firings {
                let place = indices.binary_search(&firing.index).expect("collected above");
                decoders.read(place, output, &mut decoder_d);
                add_scaled(pending.row_mut(firing.pos as usize), firing.activation, &decoder_d);
            }
        }
        let skipped = transcoder.skip(layer).map(|skip| skip.forward(&input));
        let explained = self.pending[layer].take();
        for pos in 0..x.n_rows() {
            let row = x.row_mut(pos);
            if pos < n_zeroed {
                row.copy_from_slice(self.baseline.stream().out(layer).row(pos));
                continue;
            }
            row.copy_from_slice(transcoder.b_dec(layer));
            if let Some(explained) = &explained {
                add_to(row, explained.row(pos));
            }
            if let Some(skipped) = &skipped {
                add_to(row, skipped.row(pos));
            }
        }
        self.out_ltd.push(x.clone());
        Ok(())
    }
}

impl Tap for Replacing<'_> {
    fn replaces_mlp(&self, _layer: usize) -> bool {
        true
    }

    fn at(&mut self, site: Site, x: &mut Mat) -> Result<(), RunError> {
        let card = self.baseline.replacement().transcoder().card();
        if sites::read_layer(card.reads, site).is_some() {
            self.input = Some(x.clone());
        }
        match sites::write_layer(card.writes, site) {
            Some(layer) => self.write(layer, x),
            None => Ok(()),
        }
    }
}
