//! [`Cache`]: rows of activations on disk, so that the model runs over them only once.
//!
//! One safetensors file with a tensor `rows` `[N, 2, L, D]` (inputs, then outputs, unscaled) in
//! f32 or bf16, and a metadata entry `connectome` that says which model, data and sites they are
//! of. It is mapped, and served in a random order over all of it: a better mixture than any
//! buffer's.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write as _};
use std::ops::ControlFlow;
use std::path::Path;

use connectome_graph::whole;
use half::bf16;
use safetensors::SafeTensors;
use serde_json::{Value, json};

use super::stream::{Origin, RowStream};
use crate::files::FileBytes;
use crate::ops::matrix::{Dtype, Stored};
use crate::train::TrainError;
use crate::train::rng::{Rng, Stream};

/// Length of the header: known before the number of rows is written into it.
const HEADER: usize = 4096;

/// Rows between two looks at the progress.
const BATCH: usize = 4096;

/// Rows of activations in a file.
#[derive(Clone, Debug)]
pub struct Cache {
    rows: Stored,
    width: usize,
    seed: u64,
    epoch: u64,
    order: Vec<u32>,
    served: usize,
}

impl Cache {
    /// Writes the first `n` rows of the stream to a file, or as many as there are before
    /// `progress` breaks off, in which case no file is left.
    ///
    /// # Errors
    ///
    /// [`TrainError::Write`]; those of the rows' sequences.
    pub fn make(
        path: &Path,
        origin: Origin<'_>,
        n: usize,
        (dtype, card): (Dtype, &Value),
        progress: &mut dyn FnMut(usize) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, TrainError> {
        let write = |source| TrainError::Write { path: path.to_owned(), source };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(write)?;
        }
        let mut out = BufWriter::with_capacity(1 << 20, whole::beside(path).map_err(write)?);
        let config = origin.harvester.model().config();
        let shape = [n, 2, config.n_layers, config.d_model];
        let header = header(shape, dtype, card).ok_or_else(|| TrainError::Option {
            key: "cache",
            found: "a card that is too long".to_owned(),
            expected: format!("at most {HEADER} bytes"),
        })?;
        out.write_all(&header).map_err(write)?;
        let mut stream = RowStream::new(origin);
        for start in (0..n).step_by(BATCH) {
            let mut written = Ok(());
            stream.take(BATCH.min(n - start), |_, row| {
                if written.is_ok() {
                    written = write_row(&mut out, row, dtype);
                }
            })?;
            written.map_err(write)?;
            if progress(n.min(start + BATCH)).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        let file = out.into_inner().map_err(|error| write(error.into_error()))?;
        whole::place(file, path).map_err(write)?;
        Ok(ControlFlow::Continue(()))
    }

    /// Opens a file, which must have been made with this card.
    ///
    /// # Errors
    ///
    /// [`TrainError::OtherConfig`] with the key of the card that differs; [`TrainError::Damaged`].
    pub fn open(path: &Path, card: &Value, seed: u64) -> Result<Self, TrainError> {
        let damaged = |reason: String| TrainError::Damaged { path: path.to_owned(), reason };
        let bytes = FileBytes::map(path)?;
        let tensors =
            SafeTensors::deserialize(&bytes).map_err(|source| damaged(source.to_string()))?;
        let (_, metadata) =
            SafeTensors::read_metadata(&bytes).map_err(|source| damaged(source.to_string()))?;
        let entry = metadata.metadata().as_ref().and_then(|entries| entries.get("connectome"));
        let found: Value = entry
            .and_then(|entry| serde_json::from_str(entry).ok())
            .ok_or_else(|| damaged("it does not say what it holds".to_owned()))?;
        crate::train::checkpoint::check_same(path, card, &found)?;
        let view = tensors.tensor("rows").map_err(|source| damaged(source.to_string()))?;
        let dtype = match view.dtype() {
            safetensors::Dtype::BF16 => Dtype::Bf16,
            safetensors::Dtype::F32 => Dtype::F32,
            other => return Err(damaged(format!("its rows are {other:?}"))),
        };
        let [n, two, n_layers, d_model] = *view.shape() else {
            return Err(damaged(format!("its rows are {:?}", view.shape())));
        };
        let (width, n_rows) = (two * n_layers * d_model, u32::try_from(n));
        let n_rows = n_rows.map_err(|_| damaged(format!("it has {n} rows")))?;
        // `view.data()` borrows from `bytes`, so its offset is their distance.
        let start = view.data().as_ptr() as usize - bytes.as_ptr() as usize;
        let rows = Stored::in_place(bytes.clone(), start, n * width, dtype);
        rows.random_access();
        let mut cache =
            Self { rows, width, seed, epoch: 0, order: (0..n_rows).collect(), served: 0 };
        cache.make_order();
        Ok(cache)
    }

    /// Rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    fn make_order(&mut self) {
        self.order = (0..self.order.len() as u32).collect();
        Rng::new(self.seed, Stream::Shuffle, self.epoch).shuffle(&mut self.order);
    }

    /// Hands over the rows of a batch of `n`, at most all.
    pub fn batch(&mut self, n: usize, mut sink: impl FnMut(usize, &[f32])) {
        if self.served + n > self.order.len() {
            self.epoch += 1;
            self.served = 0;
            self.make_order();
        }
        let mut row = vec![0.0; self.width];
        let rows = &self.order[self.served..self.served + n];
        rows.iter().for_each(|row| self.rows.will_need(*row as usize * self.width, self.width));
        for (at, place) in rows.iter().enumerate() {
            self.rows.widen(*place as usize * self.width, &mut row);
            sink(at, &row);
        }
        self.served += n;
    }

    /// What a checkpoint's state holds of it.
    #[must_use]
    pub fn state(&self) -> Value {
        json!({ "epoch": self.epoch, "served": self.served })
    }

    /// Goes on where `state` was taken; `None` if it is none.
    #[must_use]
    pub fn resume(mut self, state: &Value) -> Option<Self> {
        self.epoch = state["epoch"].as_u64()?;
        self.served = usize::try_from(state["served"].as_u64()?).ok()?;
        self.make_order();
        (self.served <= self.order.len()).then_some(self)
    }
}

fn write_row(out: &mut impl std::io::Write, row: &[f32], dtype: Dtype) -> std::io::Result<()> {
    match dtype {
        Dtype::F32 => row.iter().try_for_each(|x| out.write_all(&x.to_le_bytes())),
        Dtype::Bf16 | Dtype::F16 => {
            row.iter().try_for_each(|x| out.write_all(&bf16::from_f32(*x).to_le_bytes()))
        }
    }
}

/// The safetensors header of one tensor, filled up with blanks; `None` if it is too long.
fn header(shape: [usize; 4], dtype: Dtype, card: &Value) -> Option<Vec<u8>> {
    let (name, size) = match dtype {
        Dtype::F32 => ("F32", 4),
        Dtype::Bf16 | Dtype::F16 => ("BF16", 2),
    };
    let n_bytes = shape.iter().product::<usize>() * size;
    let metadata = BTreeMap::from([("connectome", card.to_string())]);
    let tensor = json!({ "dtype": name, "shape": shape, "data_offsets": [0, n_bytes] });
    let document = json!({ "__metadata__": metadata, "rows": tensor }).to_string();
    let mut header = (HEADER as u64 - 8).to_le_bytes().to_vec();
    header.extend_from_slice(document.as_bytes());
    if header.len() > HEADER {
        return None;
    }
    header.resize(HEADER, b' ');
    Some(header)
}
