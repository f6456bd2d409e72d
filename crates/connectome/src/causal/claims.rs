//! What graphs of single prompts claim about the variable, held against what is known.
//!
//! A graph claims a bridge if its pruned nodes include features that stand for a value; the
//! value claimed is the one whose features have most influence.

use std::ops::ControlFlow;

use connectome_graph::{Node, Prompt, Thresholds, influence, prune};

use super::selective::Selective;
use super::swaps::share;
use super::values::Values;
use super::verdict::{Options as Recipe, prompt};
use crate::attribution::{Labels, NoProgress, Options, attribute};
use crate::doubt::Table;
use crate::error::RunError;
use crate::replacement::ReplacementModel;

/// Claims of many graphs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Claims {
    /// Graphs made.
    pub n: usize,
    /// Graphs that claim a value.
    pub claimed: usize,
    /// Graphs that claim the true one.
    pub right: usize,
    /// Mean share of the influence of kept features that runs through the claimed value's, over
    /// graphs that claim one.
    pub mean_share: f64,
}

impl Claims {
    /// Share of graphs that claim the true value.
    #[must_use]
    pub fn recall(&self) -> f64 {
        share(self.right, self.n)
    }

    /// Share of graphs that claim a step which is not one: another value than the true one, or
    /// any value if the variable is no step of the model.
    #[must_use]
    pub fn false_bridges(&self, is_causal: bool) -> f64 {
        let wrong = if is_causal { self.claimed - self.right } else { self.claimed };
        share(wrong, self.n)
    }

    /// Traces the cases, in order, and counts what their graphs claim at any of the positions.
    /// `watch` is told how many are done and may end the work.
    ///
    /// # Errors
    ///
    /// As [`attribute`].
    pub fn of(
        replacement: &ReplacementModel,
        table: &Table,
        (selective, recipe): (&Selective, &Recipe),
        cases: &[usize],
        watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Self, RunError> {
        let values = Values::of(table)?;
        let mut claims = Self::default();
        let mut shares = 0.0;
        for &at in cases {
            if watch(claims.n).is_break() {
                break;
            }
            let token_ids = table.questions()[at].tokens.clone();
            let local = replacement.on(&prompt(&token_ids, recipe))?;
            let token_texts = token_ids.iter().map(ToString::to_string).collect();
            let labelled = Prompt { text: String::new(), token_texts, token_ids };
            let labels = Labels { prompt: labelled, ..Labels::default() };
            let text = |token: u32| token.to_string();
            let graph = attribute(&local, &Options::default(), labels, &text, &mut NoProgress)?;
            let influence = influence(&graph);
            let kept = prune(&graph, &Thresholds::default())?;
            let mut by_value = vec![0.0; values.values.len()];
            let mut total = 0.0;
            for idx in kept.nodes() {
                let Node::Feature(feature) = graph.nodes().node(idx) else { continue };
                let mass = influence.node[idx.as_usize()];
                total += mass;
                if let Some(value) = selective.value_of(feature.pos as usize, feature.id) {
                    by_value[value] += mass;
                }
            }
            claims.n += 1;
            let best = by_value.iter().enumerate().fold((0, 0.0), |best, (value, mass)| {
                if *mass > best.1 { (value, *mass) } else { best }
            });
            if best.1 > 0.0 {
                claims.claimed += 1;
                claims.right += usize::from(best.0 == values.of_case[at].0);
                shares += best.1 / total;
            }
        }
        claims.mean_share = if claims.claimed > 0 { shares / claims.claimed as f64 } else { 0.0 };
        Ok(claims)
    }
}
