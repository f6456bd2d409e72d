//! [`Grids`]: all prompts of a template in one run, and the file that keeps what came of it.

use std::ops::ControlFlow;
use std::path::Path;

use connectome_graph::FeatureId;
use serde_json::json;

use super::ProbeError;
use crate::features::columns::{self, Column, Columns};
use crate::features::firing::{self, Logits, Wanted};
use crate::lm::model::probabilities;
use crate::replacement::{PromptTokens, ReplacementModel};

/// Prompts that are run together.
const BATCH: usize = 256;

/// What metadata calls the format, and its version.
const FORMAT: &str = "connectome-grids";
const VERSION: u64 = 1;

/// What the model says at a cell.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// The most probable next token.
    pub token: u32,
    /// Its probability.
    pub probability: f32,
}

/// Activations of all features on all cells.
#[derive(Clone, Debug, PartialEq)]
pub struct Grids {
    /// The template as it was written, and what its slots are called.
    pub template: String,
    /// Values of the first slot, then of the second.
    pub values: [Vec<String>; 2],
    /// Position that was read, from the start if not negative, else from the end.
    pub position: i64,
    /// What model and dictionary are called.
    pub names: [String; 2],
    /// Of every cell.
    pub answers: Vec<Answer>,
    /// Texts of the answers' tokens, ascending by token.
    pub answer_texts: Vec<(u32, String)>,
    /// Features that fire on a cell, ascending.
    features: Vec<FeatureId>,
    /// Where the firings of each start, and their end.
    starts: Vec<u64>,
    /// Cells and activations, ascending by cell for each feature.
    firings: Vec<(u32, f32)>,
}

/// One feature's activations, `[n_a, n_b]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// The feature.
    pub id: FeatureId,
    /// Values of the first slot.
    pub n_a: usize,
    /// Values of the second.
    pub n_b: usize,
    /// By first value, then second; 0 where it does not fire.
    pub cells: Vec<f32>,
}

/// What a run stands on.
#[derive(Clone, Copy, Debug)]
pub struct Probe<'a> {
    /// The template as it was written.
    pub template: &'a str,
    /// Values of both slots.
    pub values: &'a [Vec<String>; 2],
    /// Every cell's prompt, and its text for messages.
    pub prompts: &'a [(PromptTokens, String)],
    /// Position to read, from the start if not negative, else from the end.
    pub position: i64,
    /// What model and dictionary are called.
    pub names: [&'a str; 2],
}

impl Grids {
    /// Runs all prompts, a batch at a time. `watch` is told how many are done; the result is
    /// `None` if it asks to stop.
    ///
    /// # Errors
    ///
    /// [`ProbeError::Position`], [`ProbeError::Unused`]; [`ProbeError::Run`] if the model cannot
    /// be run.
    ///
    /// # Panics
    ///
    /// If there is not a prompt for each pair of values: the caller makes them.
    pub fn run(
        replacement: &ReplacementModel,
        probe: Probe<'_>,
        token_text: &dyn Fn(u32) -> String,
        watch: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<Option<Self>, ProbeError> {
        let [n_a, n_b] = [probe.values[0].len(), probe.values[1].len()];
        assert_eq!(probe.prompts.len(), n_a * n_b, "a prompt for each cell");
        let positions = probe.prompts.iter().map(|prompt| position(probe.position, prompt));
        let positions = positions.collect::<Result<Vec<usize>, _>>()?;
        let (mut answers, mut fired) = (Vec::new(), Vec::new());
        for (at, prompts) in probe.prompts.chunks(BATCH).enumerate() {
            let first = at * BATCH;
            if watch(first).is_break() {
                return Ok(None);
            }
            let wanted: Vec<Wanted<'_>> = prompts
                .iter()
                .zip(&positions[first..])
                .map(|((tokens, _), pos)| Wanted { ids: &tokens.ids, positions: vec![*pos] })
                .collect();
            let (by_layer, logits) = firing::fired(replacement, &wanted, Logits::Wanted)?;
            answers.extend(logits.iter().map(|logits_v| answer(logits_v.row(0))));
            for (layer, firings) in (0_u32..).zip(by_layer) {
                fired.extend(firings.into_iter().map(|firing| {
                    let id = FeatureId { layer, index: firing.index };
                    (id, first as u32 + firing.pos, firing.activation)
                }));
            }
        }
        fired.sort_by_key(|(id, cell, _)| (*id, *cell));
        let (mut features, mut starts) = (Vec::new(), vec![0]);
        for same in fired.chunk_by(|a, b| a.0 == b.0) {
            features.push(same[0].0);
            starts.push(starts[starts.len() - 1] + same.len() as u64);
        }
        let mut tokens: Vec<u32> = answers.iter().map(|answer: &Answer| answer.token).collect();
        tokens.sort_unstable();
        tokens.dedup();
        Ok(Some(Self {
            template: probe.template.to_owned(),
            values: probe.values.clone(),
            position: probe.position,
            names: probe.names.map(str::to_owned),
            answers,
            answer_texts: tokens.into_iter().map(|token| (token, token_text(token))).collect(),
            features,
            starts,
            firings: fired.into_iter().map(|(_, cell, activation)| (cell, activation)).collect(),
        }))
    }

    /// Features that fire on at least so many cells, ascending.
    pub fn features(&self, n_cells: usize) -> impl Iterator<Item = FeatureId> + '_ {
        let lengths = self.starts.windows(2).map(|ends| (ends[1] - ends[0]) as usize);
        let all = self.features.iter().zip(lengths);
        all.filter(move |(_, length)| *length >= n_cells).map(|(id, _)| *id)
    }

    /// Cells.
    #[must_use]
    pub fn n_cells(&self) -> usize {
        self.answers.len()
    }

    /// A feature's grid; all zero if it fires nowhere.
    #[must_use]
    pub fn grid(&self, id: FeatureId) -> Grid {
        let mut cells = vec![0.0; self.n_cells()];
        if let Ok(at) = self.features.binary_search(&id) {
            let span = self.starts[at] as usize..self.starts[at + 1] as usize;
            for (cell, activation) in &self.firings[span] {
                cells[*cell as usize] = *activation;
            }
        }
        let [n_a, n_b] = [self.values[0].len(), self.values[1].len()];
        Grid { id, n_a, n_b, cells }
    }

    /// The text of an answer.
    #[must_use]
    pub fn answer_text(&self, token: u32) -> &str {
        let found = self.answer_texts.binary_search_by_key(&token, |(token, _)| *token);
        found.map_or("", |at| &self.answer_texts[at].1)
    }

    /// The values of a slot as whole numbers, if all of them are.
    #[must_use]
    pub fn numbers(&self, slot: usize) -> Option<Vec<i64>> {
        self.values[slot].iter().map(|value| value.trim().parse().ok()).collect()
    }

    /// Share of the cells where the most probable token is the sum of the two values; `None` where
    /// they are no whole numbers.
    #[must_use]
    pub fn sums_right(&self) -> Option<f64> {
        let (first, second) = (self.numbers(0)?, self.numbers(1)?);
        let sums = first.iter().flat_map(|a| second.iter().map(move |b| a + b));
        let right = sums
            .zip(&self.answers)
            .filter(|(sum, answer)| self.answer_text(answer.token).trim() == sum.to_string());
        Some(right.count() as f64 / self.n_cells() as f64)
    }

    /// Writes the grids, whole or not at all.
    ///
    /// # Errors
    ///
    /// [`ProbeError::File`].
    pub fn write(&self, path: &Path) -> Result<(), ProbeError> {
        let card = json!({
            "format": FORMAT, "version": VERSION, "template": self.template,
            "values": self.values, "position": self.position,
            "model": self.names[0], "dictionary": self.names[1],
            "answers": self.answer_texts,
        });
        let layers: Vec<u32> = self.features.iter().map(|id| id.layer).collect();
        let indices: Vec<u32> = self.features.iter().map(|id| id.index).collect();
        let (cells, activations): (Vec<u32>, Vec<f32>) = self.firings.iter().copied().unzip();
        let tokens: Vec<u32> = self.answers.iter().map(|answer| answer.token).collect();
        let probabilities: Vec<f32> =
            self.answers.iter().map(|answer| answer.probability).collect();
        let columns = vec![
            Column::new("layer", &layers),
            Column::new("index", &indices),
            Column::new("firing_start", &self.starts),
            Column::new("cell", &cells),
            Column::new("activation", &activations),
            Column::new("answer", &tokens),
            Column::new("answer_probability", &probabilities),
        ];
        Ok(columns::write(path, &card, columns)?)
    }

    /// Reads what [`Grids::write`] wrote.
    ///
    /// # Errors
    ///
    /// [`ProbeError::File`] if it cannot be read; [`ProbeError::NotGrids`] if it is something
    /// else, or damaged.
    pub fn read(path: &Path) -> Result<Self, ProbeError> {
        let (card, columns) = Columns::open(path)?;
        let bad = |reason: &str| ProbeError::NotGrids {
            reason: reason.to_owned(),
            path: path.to_owned(),
        };
        if card["format"] != FORMAT || card["version"] != VERSION {
            return Err(bad("its format or version is another"));
        }
        let field = |key: &str| card[key].clone();
        let values: [Vec<String>; 2] =
            serde_json::from_value(field("values")).map_err(|error| bad(&error.to_string()))?;
        let answer_texts: Vec<(u32, String)> =
            serde_json::from_value(field("answers")).map_err(|error| bad(&error.to_string()))?;
        let text = |key: &str| -> String { card[key].as_str().unwrap_or_default().to_owned() };
        let layers = all::<u32>(&columns, "layer")?;
        let indices = all::<u32>(&columns, "index")?;
        let features: Vec<FeatureId> = layers
            .into_iter()
            .zip(indices)
            .map(|(layer, index)| FeatureId { layer, index })
            .collect();
        let cells = all::<u32>(&columns, "cell")?;
        let firings: Vec<(u32, f32)> =
            cells.into_iter().zip(all::<f32>(&columns, "activation")?).collect();
        let tokens = all::<u32>(&columns, "answer")?;
        let answers: Vec<Answer> = tokens
            .into_iter()
            .zip(all::<f32>(&columns, "answer_probability")?)
            .map(|(token, probability)| Answer { token, probability })
            .collect();
        let starts = all::<u64>(&columns, "firing_start")?;
        let n_cells = values[0].len() * values[1].len();
        let is_whole = n_cells > 0
            && answers.len() == n_cells
            && starts.len() == features.len() + 1
            && starts.first() == Some(&0)
            && starts.last() == Some(&(firings.len() as u64))
            && starts.is_sorted()
            && features.is_sorted()
            && answer_texts.is_sorted_by_key(|(token, _)| *token)
            && firings.iter().all(|(cell, _)| (*cell as usize) < n_cells);
        if !is_whole {
            return Err(bad("its columns do not fit together"));
        }
        Ok(Self {
            template: text("template"),
            values,
            position: card["position"].as_i64().unwrap_or(-1),
            names: [text("model"), text("dictionary")],
            answers,
            answer_texts,
            features,
            starts,
            firings,
        })
    }
}

fn all<T: columns::Number>(columns: &Columns, name: &str) -> Result<Vec<T>, ProbeError> {
    let n = columns.len::<T>(name)?;
    Ok(columns.read(name, 0..n)?)
}

/// The position of a prompt that is read: `wanted` from the start if not negative, else from the
/// end.
///
/// # Errors
///
/// [`ProbeError::Position`], [`ProbeError::Unused`].
pub fn position(wanted: i64, (tokens, text): &(PromptTokens, String)) -> Result<usize, ProbeError> {
    let n_tokens = tokens.ids.len();
    let from_start = if wanted < 0 { wanted.saturating_add(n_tokens as i64) } else { wanted };
    let pos = usize::try_from(from_start).ok().filter(|pos| *pos < n_tokens);
    let (position, prompt) = (wanted, text.clone());
    match pos {
        None => Err(ProbeError::Position { position, prompt, n_tokens }),
        Some(pos) if pos < tokens.n_zeroed => Err(ProbeError::Unused { position, prompt }),
        Some(pos) => Ok(pos),
    }
}

/// The most probable token; of equals, the first.
fn answer(logits_v: &[f32]) -> Answer {
    let probabilities_v = probabilities(logits_v);
    let mut best = 0;
    for (token, probability) in probabilities_v.iter().enumerate() {
        if *probability > probabilities_v[best] {
            best = token;
        }
    }
    Answer { token: best as u32, probability: probabilities_v[best] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_from_either_end() {
        let tokens = PromptTokens { ids: vec![1, 2, 3, 4], n_zeroed: 1 };
        let prompt = (tokens, "a b c".to_owned());
        assert_eq!(position(-1, &prompt).unwrap(), 3);
        assert_eq!(position(1, &prompt).unwrap(), 1);
        for (wanted, sentence) in [
            (4, "position 4 is outside `a b c` of 4 tokens"),
            (-5, "position -5 is outside `a b c` of 4 tokens"),
            (0, "position 0 of `a b c` is among its first, where no feature is used"),
        ] {
            assert_eq!(position(wanted, &prompt).unwrap_err().to_string(), sentence);
        }
    }

    fn grids() -> Grids {
        let values = [vec!["0".to_owned(), "1".to_owned()], vec!["x".to_owned()]];
        let answer = Answer { token: 7, probability: 0.5 };
        Grids {
            template: "{a} {b}".to_owned(),
            values,
            position: -1,
            names: ["m".to_owned(), "d".to_owned()],
            answers: vec![answer, Answer { token: 9, ..answer }],
            answer_texts: vec![(7, "seven".to_owned()), (9, "nine".to_owned())],
            features: vec![FeatureId { layer: 0, index: 3 }, FeatureId { layer: 2, index: 1 }],
            starts: vec![0, 1, 3],
            firings: vec![(1, 0.5), (0, 1.0), (1, 2.0)],
        }
    }

    #[test]
    fn grids_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("grids");
        grids().write(&path).unwrap();
        let back = Grids::read(&path).unwrap();
        assert_eq!(back, grids());
        assert_eq!(back.grid(FeatureId { layer: 2, index: 1 }).cells, [1.0, 2.0]);
        assert_eq!(back.grid(FeatureId { layer: 1, index: 1 }).cells, [0.0, 0.0]);
        assert_eq!(back.features(2).collect::<Vec<_>>(), [FeatureId { layer: 2, index: 1 }]);
        assert_eq!((back.answer_text(9), back.answer_text(8)), ("nine", ""));
        assert_eq!((back.numbers(0), back.numbers(1)), (Some(vec![0, 1]), None));
        let mut broken = grids();
        broken.firings[0].0 = 2;
        broken.write(&path).unwrap();
        let error = Grids::read(&path).unwrap_err().to_string();
        assert!(error.starts_with("not a file of grids (its columns do not fit"), "{error}");
    }
}
