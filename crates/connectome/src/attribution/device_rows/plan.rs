//! Where everything of one batch stands: rows of targets, the same rows by position, tiles, and
//! the columns of scores.
//!
//! All of it follows from the positions of the targets, so it is laid out before the sweep
//! begins: targets stand in the order in which they join, and at any time the ones that have
//! joined are a prefix of every list.

use std::ops::Range;

use crate::device::{DeviceError, RowDevice, TILE};

/// The layout of a batch.
#[derive(Debug)]
pub(super) struct Plan {
    /// Position of each target, in the order of joining.
    pub(super) pos_b: Vec<usize>,
    /// First row of each target, and the number of rows.
    pub(super) first_row_b: Vec<usize>,
    /// First tile of each target, and the number of tiles.
    pub(super) first_tile_b: Vec<usize>,
    /// `[T]` targets whose cone holds the position, ascending.
    pub(super) seen_by: Vec<Vec<u32>>,
    /// `[T + 1]` where each position's rows start when rows stand by position.
    pub(super) by_pos: Vec<usize>,
    /// `[T + 1]` where each position's scores start.
    pub(super) scores: Vec<usize>,
}

impl Plan {
    /// Words that each row takes in the lists, at most.
    pub(super) const WORDS_PER_ROW: usize = 4;

    /// `n_columns` features stand at each position.
    pub(super) fn new(pos_b: Vec<usize>, n_columns: &[usize]) -> Self {
        let n_tokens = n_columns.len();
        let mut seen_by = vec![Vec::new(); n_tokens];
        let (mut first_row_b, mut first_tile_b) = (vec![0], vec![0]);
        let (mut n_rows, mut n_tiles) = (0, 0);
        for (target, &pos) in pos_b.iter().enumerate() {
            seen_by[..=pos].iter_mut().for_each(|seen: &mut Vec<u32>| seen.push(target as u32));
            n_rows += pos + 1;
            n_tiles += (pos + 1).div_ceil(TILE);
            first_row_b.push(n_rows);
            first_tile_b.push(n_tiles);
        }
        let (mut by_pos, mut scores) = (vec![0], vec![0]);
        for (seen, n_columns) in seen_by.iter().zip(n_columns) {
            by_pos.push(by_pos[by_pos.len() - 1] + seen.len());
            scores.push(scores[scores.len() - 1] + seen.len() * n_columns);
        }
        Self { pos_b, first_row_b, first_tile_b, seen_by, by_pos, scores }
    }

    pub(super) fn n_targets(&self) -> usize {
        self.pos_b.len()
    }

    pub(super) fn n_rows(&self) -> usize {
        self.first_row_b[self.n_targets()]
    }

    pub(super) fn n_scores(&self) -> usize {
        self.scores[self.scores.len() - 1]
    }

    /// Rows of a target.
    pub(super) fn rows(&self, target: usize) -> Range<usize> {
        self.first_row_b[target]..self.first_row_b[target + 1]
    }

    /// How many of the first `n` targets see a position.
    pub(super) fn n_seen(&self, pos: usize, n: usize) -> usize {
        self.seen_by[pos].partition_point(|target| (*target as usize) < n)
    }

    /// Uploads what the device has to know of it.
    pub(super) fn lists<D: RowDevice>(&self, device: &D) -> Result<Lists<D>, DeviceError> {
        let (mut pos_r, mut first_row, mut last_row) = (Vec::new(), Vec::new(), Vec::new());
        for (target, &pos) in self.pos_b.iter().enumerate() {
            pos_r.extend(0..=pos as u32);
            let rows = self.rows(target);
            for row in rows.clone().step_by(TILE) {
                first_row.push(row as u32);
                last_row.push(rows.end as u32 - 1);
            }
        }
        let rows_at = self.seen_by.iter().enumerate().flat_map(|(pos, seen)| {
            seen.iter().map(move |target| (self.first_row_b[*target as usize] + pos) as u32)
        });
        let row_by_pos: Vec<u32> = rows_at.collect();
        Ok(Lists {
            pos_r: device.upload_words(&pos_r)?,
            row_by_pos: device.upload_words(&row_by_pos)?,
            first_row: device.upload_words(&first_row)?,
            last_row: device.upload_words(&last_row)?,
        })
    }
}

/// A plan's index lists on a device.
#[derive(Debug)]
pub(super) struct Lists<D: RowDevice> {
    /// Position of each row.
    pub(super) pos_r: D::Words,
    /// Rows in the order of positions, and within one in that of targets.
    pub(super) row_by_pos: D::Words,
    /// First row of each tile.
    pub(super) first_row: D::Words,
    /// Last row of each tile's target.
    pub(super) last_row: D::Words,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Host;

    #[test]
    fn rows_stand_by_target_and_by_position() {
        let plan = Plan::new(vec![2, 0, 9], &[4, 0, 1, 0, 0, 0, 0, 0, 0, 5]);
        assert_eq!((plan.n_targets(), plan.n_rows()), (3, 14));
        assert_eq!(plan.first_row_b, [0, 3, 4, 14]);
        assert_eq!(plan.first_tile_b, [0, 1, 2, 4]);
        assert_eq!(plan.by_pos[..4], [0, 3, 5, 7]);
        // Three targets at four columns, none, two at one, and one at five.
        assert_eq!(plan.scores[..4], [0, 12, 12, 14]);
        assert_eq!(plan.n_scores(), 19);
        let seen: Vec<usize> = (0..=3).map(|n| plan.n_seen(0, n)).collect();
        assert_eq!(seen, [0, 1, 2, 3]);
        assert_eq!((plan.n_seen(2, 2), plan.n_seen(2, 3)), (1, 2));

        let lists = plan.lists(&Host::default()).unwrap();
        assert_eq!(lists.pos_r[..6], [0, 1, 2, 0, 0, 1]);
        assert_eq!(lists.row_by_pos[..7], [0, 3, 4, 1, 5, 2, 6]);
        assert_eq!(lists.first_row, [0, 3, 4, 12]);
        assert_eq!(lists.last_row, [2, 3, 13, 13]);
    }
}
