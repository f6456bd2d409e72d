//! [`Rows`]: what a step trains on, and a part of it as the decoder takes it.

use super::loss::Goal;

/// Rows of tokens, all of one length.
///
/// The weight of a token is that of its prediction from those before it; a row's first token is
/// never predicted, whatever its weight.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rows {
    /// Tokens of a row.
    pub n_tokens: usize,
    /// Token ids, row after row.
    pub ids: Vec<u32>,
    /// The weight of each token's prediction in the loss; 0 leaves it out.
    pub weights: Vec<f32>,
}

impl Rows {
    /// No rows of this length.
    #[must_use]
    pub fn empty(n_tokens: usize) -> Self {
        Self { n_tokens, ids: Vec::new(), weights: Vec::new() }
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.ids.len() / self.n_tokens.max(1)
    }

    /// Adds a row: ids and weights of one length, at most `n_tokens`. A shorter row is filled
    /// with token 0, which no loss is taken at and nothing before it sees.
    ///
    /// # Panics
    ///
    /// If the row is longer: an error of this crate, never of input.
    pub fn push(&mut self, ids: &[u32], weights: &[f32]) {
        assert!(ids.len() <= self.n_tokens && ids.len() == weights.len(), "a row does not fit");
        let len = self.ids.len() + self.n_tokens;
        self.ids.extend_from_slice(ids);
        self.ids.resize(len, 0);
        self.weights.extend_from_slice(weights);
        self.weights.resize(len, 0.0);
    }

    /// The sum of all weights that count, in f64.
    #[must_use]
    pub fn total_weight(&self) -> f64 {
        let rows = self.weights.chunks_exact(self.n_tokens.max(1));
        rows.flat_map(|row| &row[1.min(row.len())..]).map(|weight| f64::from(*weight)).sum()
    }
}

/// Some rows as the decoder reads them: the last token of each is only predicted.
#[derive(Clone, Debug, Default)]
pub(super) struct Batch {
    /// Positions of a row.
    pub(super) n_tokens: usize,
    pub(super) ids_b: Vec<u32>,
    /// Positions as the decoder counts them: from the start of the row, or of its document.
    pub(super) pos_b: Vec<usize>,
    /// The first position of its row that each position may see.
    pub(super) first_seen_b: Vec<usize>,
    /// Where a loss is taken, in order.
    pub(super) goals: Vec<Goal>,
}

impl Batch {
    /// Rows `start..start + n_rows` of `rows`. Documents start at every `opens`, if given, and
    /// do not see each other.
    pub(super) fn of(rows: &Rows, start: usize, n_rows: usize, opens: Option<u32>) -> Self {
        let len = rows.n_tokens;
        let mut batch = Self { n_tokens: len - 1, ..Self::default() };
        for row in start..start + n_rows {
            let range = row * len..(row + 1) * len;
            let (ids, weights) = (&rows.ids[range.clone()], &rows.weights[range]);
            batch.push_row(&ids[..len - 1], opens);
            let base = (row - start) * (len - 1);
            let goals = ids[1..].iter().zip(&weights[1..]).enumerate();
            batch.goals.extend(goals.filter(|(_, (_, weight))| **weight != 0.0).map(
                |(pos, (target, weight))| Goal { at: base + pos, target: *target, weight: *weight },
            ));
        }
        batch
    }

    /// One row of inputs, without goals.
    pub(super) fn push_row(&mut self, ids: &[u32], opens: Option<u32>) {
        self.n_tokens = ids.len();
        let mut first = 0;
        for (pos, &id) in ids.iter().enumerate() {
            if opens == Some(id) {
                first = pos;
            }
            self.ids_b.push(id);
            self.pos_b.push(pos - first);
            self.first_seen_b.push(first);
        }
    }

    /// Positions of all rows.
    pub(super) fn len(&self) -> usize {
        self.ids_b.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_predicts_each_next_token_with_its_weight() {
        let mut rows = Rows::empty(4);
        rows.push(&[7, 8, 7, 9], &[5.0, 1.0, 0.0, 2.0]);
        rows.push(&[7, 3], &[1.0, 0.5]);
        assert_eq!((rows.n_rows(), rows.total_weight()), (2, 3.5));
        let batch = Batch::of(&rows, 0, 2, Some(7));
        assert_eq!(batch.ids_b, [7, 8, 7, 7, 3, 0]);
        assert_eq!(batch.pos_b, [0, 1, 0, 0, 1, 2]);
        assert_eq!(batch.first_seen_b, [0, 0, 2, 0, 0, 0]);
        let goal = |at, target, weight| Goal { at, target, weight };
        assert_eq!(batch.goals, [goal(0, 8, 1.0), goal(2, 9, 2.0), goal(3, 3, 0.5)]);
        assert_eq!(Batch::of(&rows, 1, 1, None).goals, [goal(0, 3, 0.5)]);
    }
}
