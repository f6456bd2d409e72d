//! [`Segment`]: which rows a forward pass computes when not all of a prompt is.
//!
//! Attention looks back only. So a position whose past is known can be computed without it: the
//! next token of a generation, or everything from the first position that an intervention
//! changes. Several runs over the same positions go through every product together.

use super::tap::Site;
use crate::ops::Mat;

/// Rows of a forward pass: `n_runs` runs, each over positions `first_pos..first_pos + n_new`.
/// Row `run · n_new + i` is position `first_pos + i` of its run.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// Runs that are computed together.
    pub n_runs: usize,
    /// Positions computed in each.
    pub n_new: usize,
    /// The first of them.
    pub first_pos: usize,
    /// Keys and values of positions `0..first_pos`.
    pub past: Past<'a>,
}

/// Where a segment's past is.
#[derive(Clone, Copy, Debug)]
pub enum Past<'a> {
    /// There is none: the segment begins at position 0.
    Empty,
    /// One past for all runs; it may be longer than `first_pos`.
    Shared(&'a KeysAndValues),
    /// One for each run.
    Each(&'a [KeysAndValues]),
}

impl<'a> Past<'a> {
    /// The past of one run, if there is any.
    #[must_use]
    pub fn of_run(self, run: usize) -> Option<&'a KeysAndValues> {
        match self {
            Self::Empty => None,
            Self::Shared(past) => Some(past),
            Self::Each(pasts) => Some(&pasts[run]),
        }
    }
}

/// Keys and values of positions that are done, layer by layer.
#[derive(Clone, Debug, Default)]
pub struct KeysAndValues {
    layers: Vec<LayerPast>,
}

/// One layer's.
#[derive(Clone, Debug)]
pub struct LayerPast {
    /// Keys after norm and rotation, `[S, K·E]`.
    pub key_ske: Mat,
    /// Values, `[S, K·E]`.
    pub value_ske: Mat,
}

impl LayerPast {
    /// One run's, of those of a segment of `n_runs`.
    #[must_use]
    pub fn of_run(&self, run: usize, n_runs: usize) -> Self {
        let part = |x: &Mat| {
            let (n_rows, width) = (x.n_rows() / n_runs, x.n_cols());
            let size = n_rows * width;
            Mat::from_vec(x.data()[run * size..(run + 1) * size].to_vec(), n_rows, width)
        };
        Self { key_ske: part(&self.key_ske), value_ske: part(&self.value_ske) }
    }

    /// The first `n` positions.
    #[must_use]
    pub fn first(&self, n: usize) -> Self {
        let cut = |x: &Mat| Mat::from_vec(x.data()[..n * x.n_cols()].to_vec(), n, x.n_cols());
        Self { key_ske: cut(&self.key_ske), value_ske: cut(&self.value_ske) }
    }
}

/// Pairs keys and values as a forward pass makes them: part of a tap.
#[derive(Clone, Debug, Default)]
pub struct KeyValueReader {
    key_ske: Option<Mat>,
}

impl KeyValueReader {
    /// Looks at a site; a layer and its keys and values, once both are there.
    pub fn see(&mut self, site: Site, x: &Mat) -> Option<(usize, LayerPast)> {
        match site {
            Site::Key(_) => {
                self.key_ske = Some(x.clone());
                None
            }
            Site::Value(layer) => {
                let key_ske = self.key_ske.take().expect("keys come before values");
                Some((layer, LayerPast { key_ske, value_ske: x.clone() }))
            }
            _ => None,
        }
    }
}

impl KeysAndValues {
    /// Adds the next layer's.
    pub fn push(&mut self, layer: LayerPast) {
        self.layers.push(layer);
    }

    /// One layer's.
    #[must_use]
    pub fn layer(&self, layer: usize) -> &LayerPast {
        &self.layers[layer]
    }

    /// Looks up one layer's values.
    pub(super) fn values_of<'a>(layer: usize) -> impl Fn(&'a Self) -> &'a Mat {
        move |past| &past.layers[layer].value_ske
    }

    /// Looks up one layer's keys.
    pub(super) fn keys_of<'a>(layer: usize) -> impl Fn(&'a Self) -> &'a Mat {
        move |past| &past.layers[layer].key_ske
    }

    /// Positions held.
    #[must_use]
    pub fn n_positions(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.key_ske.n_rows())
    }

    /// Adds the keys and values of the positions that follow.
    pub fn append(&mut self, layer: usize, next: &LayerPast) {
        let past = &mut self.layers[layer];
        past.key_ske.append(&next.key_ske);
        past.value_ske.append(&next.value_ske);
    }
}

impl<'a> Segment<'a> {
    /// A whole prompt of `n_tokens`, once.
    #[must_use]
    pub fn whole(n_tokens: usize) -> Self {
        Self { n_runs: 1, n_new: n_tokens, first_pos: 0, past: Past::Empty }
    }

    /// Rows of the segment's matrices.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_runs * self.n_new
    }

    /// Row of a position of a run; `None` if the segment does not compute it.
    #[must_use]
    pub fn row(&self, run: usize, pos: usize) -> Option<usize> {
        let offset = pos.checked_sub(self.first_pos)?;
        (offset < self.n_new).then_some(run * self.n_new + offset)
    }

    /// One run's part of a matrix of this segment's rows.
    #[must_use]
    pub fn run<'x>(&self, run: usize, x: &'x Mat) -> &'x [f32] {
        let size = self.n_new * x.n_cols();
        &x.data()[run * size..(run + 1) * size]
    }

    /// One run's rows of `new` below the rows of its past: `[first_pos + n_new, width]`.
    pub(super) fn with_past(
        &self,
        run: usize,
        new: &Mat,
        past: impl Fn(&'a KeysAndValues) -> &'a Mat,
    ) -> Mat {
        let width = new.n_cols();
        let n_seen = self.first_pos + self.n_new;
        let mut data = Vec::with_capacity(n_seen * width);
        if let Some(before) = self.past.of_run(run) {
            data.extend_from_slice(&past(before).data()[..self.first_pos * width]);
        }
        data.extend_from_slice(self.run(run, new));
        Mat::from_vec(data, n_seen, width)
    }
}
