//! Interchange accuracy by layer and position.

use connectome::doubt::{Interchange, Pairing};
use serde::Serialize;

use super::percent;

/// Where a rate is high enough to speak of: more often than not.
const MOST: f64 = 0.5;

/// What was exchanged.
#[derive(Debug)]
pub(crate) struct PlaceHead {
    pub(crate) prompts: usize,
    pub(crate) answered_right: usize,
    pub(crate) pairing: Pairing,
    /// The token at each position, where all prompts have the same.
    pub(crate) texts: Vec<Option<String>>,
}

/// The table.
#[derive(Debug, Serialize)]
pub(crate) struct WhereReport {
    pub(crate) reading: String,
    pub(crate) prompts: usize,
    /// Those that the model answers right; only they are exchanged.
    pub(crate) prompts_answered_right: usize,
    /// Whether both prompts of a pair ask the same.
    pub(crate) pairs_ask_the_same: bool,
    /// Exchanges that every cell counts, and those that were asked for.
    pub(crate) exchanges: usize,
    pub(crate) exchanges_asked: usize,
    pub(crate) positions: Vec<PlacePosition>,
    /// One a layer, in order; the last means after all blocks if it is their number.
    pub(crate) layers: Vec<PlaceLayer>,
}

#[derive(Debug, Serialize)]
pub(crate) struct PlacePosition {
    /// Negative: from the end.
    pub(crate) pos: i64,
    /// Null where prompts differ.
    pub(crate) text: Option<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct PlaceLayer {
    pub(crate) before_layer: usize,
    /// One a position.
    pub(crate) cells: Vec<PlaceCell>,
}

/// Shares of the exchanges.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct PlaceCell {
    /// The answer became that of the source's value.
    pub(crate) expected_rate: f64,
    /// It became the source prompt's own answer.
    pub(crate) source_rate: f64,
    /// It stayed.
    pub(crate) base_rate: f64,
    /// Mean probability of the answer of the source's value.
    pub(crate) mean_expected_probability: f64,
}

impl WhereReport {
    pub(crate) fn of(grid: &Interchange, head: PlaceHead) -> Self {
        let positions = grid.positions.iter().zip(head.texts);
        let cell = |layer_at: usize, pos_at: usize| {
            let cell = grid.cell(layer_at, pos_at);
            PlaceCell {
                expected_rate: grid.share(cell.expected),
                source_rate: grid.share(cell.source),
                base_rate: grid.share(cell.base),
                mean_expected_probability: cell.expected_probability,
            }
        };
        let layers = grid.before_layers.iter().enumerate().map(|(layer_at, before_layer)| {
            let cells = (0..grid.positions.len()).map(|pos_at| cell(layer_at, pos_at));
            PlaceLayer { before_layer: *before_layer, cells: cells.collect() }
        });
        let mut report = Self {
            reading: String::new(),
            prompts: head.prompts,
            prompts_answered_right: head.answered_right,
            pairs_ask_the_same: head.pairing == Pairing::Same,
            exchanges: grid.n_exchanges,
            exchanges_asked: grid.n_asked,
            positions: positions.map(|(pos, text)| PlacePosition { pos: *pos, text }).collect(),
            layers: layers.collect(),
        };
        report.reading = report.read();
        report
    }

    fn read(&self) -> String {
        let mut best: Option<(f64, usize, usize)> = None;
        for layer in &self.layers {
            for (pos_at, cell) in layer.cells.iter().enumerate() {
                if best.is_none_or(|(rate, ..)| cell.expected_rate > rate) {
                    best = Some((cell.expected_rate, layer.before_layer, pos_at));
                }
            }
        }
        let Some((rate, before_layer, pos_at)) = best else { return String::new() };
        let place = &self.positions[pos_at];
        let text = place.text.as_ref().map_or_else(String::new, |text| format!(" (`{text}`)"));
        let at = format!("before block {before_layer} at position {}{text}", place.pos);
        let apart = if self.pairs_ask_the_same {
            " All pairs ask the same, so a place that holds the answer looks the same."
        } else {
            ""
        };
        if rate < MOST {
            return format!(
                "No single place carries the variable: at most {} of the exchanges move the \
                 answer with it, {at}.{apart}",
                percent(Some(rate))
            );
        }
        let answer = self.layers.iter().find(|layer| layer.cells[pos_at].source_rate >= MOST);
        let later = answer.filter(|_| !self.pairs_ask_the_same).map_or_else(String::new, |layer| {
            format!(
                " From before block {} on, what stands there is the answer itself.",
                layer.before_layer
            )
        });
        format!(
            "What stands {at} carries the variable: {} of the exchanges move the answer with \
             it.{later}{apart}",
            percent(Some(rate))
        )
    }
}
