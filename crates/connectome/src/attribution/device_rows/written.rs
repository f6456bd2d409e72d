//! What writes into the stream, on a device: decoder rows of active features in the type of
//! their file, errors, constants, embeddings.

use std::ops::Range;

use rayon::prelude::*;

use super::super::sources::Sources;
use crate::device::{DeviceError, Format, RowDevice, Table};
use crate::replacement::LocalReplacement;

/// Everything that cotangents are multiplied with.
#[derive(Debug)]
pub(super) struct Written<D: RowDevice> {
    /// A row for each dictionary entry that fires and each layer it writes to.
    pub(super) decoders: Table<D::Words>,
    pub(super) layers: Vec<WrittenAt<D>>,
    /// `[T, D]`.
    pub(super) embed_td: D::Floats,
    /// `[T, D]`, if the family has them.
    pub(super) positions_td: Option<D::Floats>,
}

/// What writes at one layer.
#[derive(Debug)]
pub(super) struct WrittenAt<D: RowDevice> {
    /// Rows of the table, position by position in the order of its columns.
    pub(super) rows: D::Words,
    pub(super) runs: Runs,
    /// `[T, D]`.
    pub(super) errors_td: D::Floats,
    /// `[T, D]`.
    pub(super) constants_td: D::Floats,
}

/// At each position, the run of columns that writes at a layer, and where its rows start in the
/// layer's list.
#[derive(Clone, Debug)]
pub(super) struct Runs {
    /// `[T]`.
    pub(super) columns: Vec<Range<usize>>,
    /// `[T + 1]`.
    pub(super) starts: Vec<usize>,
}

impl Runs {
    pub(super) fn at(sources: &Sources, layer: usize, n_tokens: usize) -> Self {
        let columns: Vec<Range<usize>> =
            (0..n_tokens).map(|pos| sources.writing_at(pos, layer)).collect();
        let mut starts = vec![0];
        for run in &columns {
            starts.push(starts[starts.len() - 1] + run.len());
        }
        Self { columns, starts }
    }

    /// Features that write here.
    pub(super) fn len(&self) -> usize {
        self.starts[self.starts.len() - 1]
    }

    /// The most of them at one position.
    pub(super) fn longest(&self) -> usize {
        self.columns.iter().map(ExactSizeIterator::len).max().unwrap_or(0)
    }
}

impl<D: RowDevice> Written<D> {
    pub(super) fn new(
        device: &D,
        local: &LocalReplacement<'_>,
        sources: &Sources,
    ) -> Result<Self, DeviceError> {
        let places = Places::new(local);
        let layers = (0..local.map().n_layers()).map(|layer| {
            let runs = Runs::at(sources, layer, local.n_tokens());
            let features = runs.columns.iter().enumerate();
            let features = features.flat_map(|(pos, run)| &sources.at(pos)[run.clone()]);
            let rows: Vec<u32> = features
                .map(|&feature| {
                    let own = local.features().list()[feature as usize].id.layer as usize;
                    places.first_row_a[feature as usize] + (layer - own) as u32
                })
                .collect();
            Ok(WrittenAt {
                rows: device.upload_words(&rows)?,
                runs,
                errors_td: device.upload(local.errors(layer).data())?,
                constants_td: device.upload(local.constants(layer).data())?,
            })
        });
        let positions_td = local.position_embeddings();
        Ok(Self {
            layers: layers.collect::<Result<_, _>>()?,
            decoders: decoders(device, local, &places)?,
            embed_td: device.upload(local.embeddings().data())?,
            positions_td: positions_td.map(|x_td| device.upload(x_td.data())).transpose()?,
        })
    }
}

/// What [`Written::new`] allocates, in bytes.
pub(super) fn written_bytes(local: &LocalReplacement<'_>, sources: &Sources) -> u64 {
    let (n_tokens, d_model) = (local.n_tokens(), local.embeddings().n_cols());
    let n_layers = local.map().n_layers();
    let places = Places::new(local);
    let lists: usize = (0..n_layers).map(|layer| Runs::at(sources, layer, n_tokens).len()).sum();
    let streams = 2 * n_layers + 1 + usize::from(local.position_embeddings().is_some());
    let table = places.n_rows * format(local, &places).row_words(d_model);
    4 * (lists + table + streams * n_tokens * d_model) as u64
}

/// Where decoder rows stand in the table: an entry of the dictionary that fires at several
/// positions has them once.
struct Places {
    /// First row of each active feature.
    first_row_a: Vec<u32>,
    /// For each entry that fires, one of its places in the list of active features.
    entries: Vec<usize>,
    n_rows: usize,
}

impl Places {
    fn new(local: &LocalReplacement<'_>) -> Self {
        let (features, transcoder) = (local.features(), local.replacement().transcoder());
        let mut places =
            Self { first_row_a: vec![0; features.len()], entries: Vec::new(), n_rows: 0 };
        for layer in 0..local.map().n_layers() {
            let mut of_layer: Vec<usize> = features.of_layer(layer).collect();
            of_layer.sort_by_key(|&place| features.list()[place].id.index);
            let mut last = None;
            for place in of_layer {
                let index = features.list()[place].id.index;
                if last != Some(index) {
                    places.entries.push(place);
                    places.n_rows += transcoder.n_outputs(layer);
                    last = Some(index);
                }
                places.first_row_a[place] = (places.n_rows - transcoder.n_outputs(layer)) as u32;
            }
        }
        places
    }
}

/// Calls `visit` with every decoder row of a feature, lowest layer first.
fn for_each_row(
    local: &LocalReplacement<'_>,
    feature: usize,
    mut visit: impl FnMut(usize, &[f32]),
) {
    let own = local.features().list()[feature].id.layer as usize;
    let mut row_d = vec![0.0; local.embeddings().n_cols()];
    for output in 0..local.replacement().transcoder().n_outputs(own) {
        local.features().read_decoder(feature, own + output, &mut row_d);
        visit(output, &row_d);
    }
}

/// The narrowest format that holds every decoder row exactly.
fn format(local: &LocalReplacement<'_>, places: &Places) -> Format {
    let holds_all = |format: &Format| {
        places.entries.par_iter().all(|&feature| {
            let mut holds = true;
            for_each_row(local, feature, |_, row_d| holds &= format.holds(row_d));
            holds
        })
    };
    [Format::Bf16, Format::F16].into_iter().find(holds_all).unwrap_or(Format::F32)
}

/// Uploads decoder rows a block of entries at a time, so that they are never all held twice.
fn decoders<D: RowDevice>(
    device: &D,
    local: &LocalReplacement<'_>,
    places: &Places,
) -> Result<Table<D::Words>, DeviceError> {
    const BLOCK: usize = 1024;
    let (format, width) = (format(local, places), local.embeddings().n_cols());
    let row_words = format.row_words(width);
    let mut words = device.words(places.n_rows * row_words)?;
    let mut offset = 0;
    for block in places.entries.chunks(BLOCK) {
        let pack = |&feature: &usize| {
            let mut words = Vec::new();
            for_each_row(local, feature, |_, row_d| {
                words.resize(words.len() + row_words, 0);
                let start = words.len() - row_words;
                format.pack(row_d, &mut words[start..]);
            });
            words
        };
        let packed: Vec<Vec<u32>> = block.par_iter().map(pack).collect();
        let packed = packed.concat();
        device.write_words(&mut words, offset, &packed)?;
        offset += packed.len();
    }
    Ok(Table { words, format, width })
}
