//! [`Stream`]: what the original model computed on a prompt, so that a changed run can start
//! anywhere in it.

use crate::lm::Site;
use crate::lm::segment::{KeyValueReader, KeysAndValues};
use crate::ops::Mat;

/// The recorded pass of a prompt. Memory is `O(layers · T · D)`.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    resid: Vec<Mat>,
    read: Vec<Mat>,
    out: Vec<Mat>,
    reader: KeyValueReader,
    past: KeysAndValues,
}

impl Stream {
    pub(super) fn record(&mut self, site: Site, x: &Mat) {
        if let Site::ResidPre(_) | Site::ResidFinal = site {
            self.resid.push(x.clone());
        }
        if let Some((_, layer)) = self.reader.see(site, x) {
            self.past.push(layer);
        }
    }

    /// Takes what the dictionary read and what the MLP wrote at the next layer.
    pub(super) fn push_layer(&mut self, read_td: Mat, out_td: Mat) {
        self.read.push(read_td);
        self.out.push(out_td);
    }

    /// The stream before block `layer`, or after the last if `layer` is their number: `[T, D]`.
    #[must_use]
    pub fn resid(&self, layer: usize) -> &Mat {
        &self.resid[layer]
    }

    /// What `layer`'s dictionary reads, `[T, D]`.
    #[must_use]
    pub fn read(&self, layer: usize) -> &Mat {
        &self.read[layer]
    }

    /// The MLP output that `layer`'s dictionary imitates, where it writes, `[T, D]`.
    #[must_use]
    pub fn out(&self, layer: usize) -> &Mat {
        &self.out[layer]
    }

    /// Keys and values of every layer.
    #[must_use]
    pub fn past(&self) -> &KeysAndValues {
        &self.past
    }
}
