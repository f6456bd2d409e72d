//! Where does the variable really live? Residual interchange, place by place.
//!
//! The stream of one prompt is put into the run of another, before one block at one position,
//! and the original model goes on. If the answer becomes what the first prompt's value calls
//! for, then that place holds the variable, as far as the rest of the model is concerned: no
//! dictionary is involved.
//!
//! What an accuracy means depends on the pairing ([`Pairing`]). Where both prompts ask the same,
//! a place that holds the answer scores as high as one that holds the variable; where they ask
//! different things, [`Cell::expected`] counts the variable and [`Cell::source`] the answer.
//!
//! Source: Geiger et al. 2021, arXiv:2106.02997, interchange interventions; Ameisen et al. 2025,
//! "Circuit Tracing", limitations.
//!
//! [`Pairing`]: super::Pairing

use std::ops::ControlFlow;

use super::table::{Exchange, Table};
use super::{Done, Tell};
use crate::error::RunError;
use crate::lm::greedy::Request;
use crate::lm::model::{probabilities, top_token};
use crate::lm::segment::{KeyValueReader, KeysAndValues, Past, Segment};
use crate::lm::tap::NoTap;
use crate::lm::{Model, Site, Tap};
use crate::ops::Mat;

/// Rows of one batch.
const ROWS: usize = 1024;

/// Accuracy at every place.
#[derive(Clone, Debug, PartialEq)]
pub struct Interchange {
    /// The block before which streams were exchanged; the number of layers means after the last.
    pub before_layers: Vec<usize>,
    /// Positions, as they were asked for.
    pub positions: Vec<i64>,
    /// One a place, layer by layer: that of `before_layers[l]` and `positions[p]` is
    /// `cells[l · positions + p]`.
    pub cells: Vec<Cell>,
    /// Exchanges that every cell counts.
    pub n_exchanges: usize,
    /// Exchanges that were asked for; more than were made if the work was ended.
    pub n_asked: usize,
}

/// What became of the answers at one place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cell {
    /// Exchanges after which the most probable token was the one that the source's value calls
    /// for.
    pub expected: usize,
    /// After which it was the source prompt's own answer. The same exchanges as `expected` where
    /// both prompts ask the same.
    pub source: usize,
    /// After which it was still the base prompt's answer.
    pub base: usize,
    /// Mean probability of the token that the source's value calls for.
    pub expected_probability: f64,
}

impl Interchange {
    /// The cell of a layer and a position, by their places in the lists.
    #[must_use]
    pub fn cell(&self, layer_at: usize, pos_at: usize) -> &Cell {
        &self.cells[layer_at * self.positions.len() + pos_at]
    }

    /// A count as a share of the exchanges.
    #[must_use]
    pub fn share(&self, count: usize) -> f64 {
        if self.n_exchanges == 0 { 0.0 } else { count as f64 / self.n_exchanges as f64 }
    }
}

/// The most probable next token of each prompt; of equals, the lower id.
///
/// # Errors
///
/// Those of the forward pass. Ended early, the prompts that were not reached have no answer.
pub fn answers(
    model: &Model,
    prompts: &[&[u32]],
    tell: Tell<'_>,
) -> Result<Vec<Option<u32>>, RunError> {
    prompts.iter().try_for_each(|tokens| model.check_prompt(tokens))?;
    let mut found = vec![None; prompts.len()];
    let mut order: Vec<usize> = (0..prompts.len()).collect();
    order.sort_by_key(|at| prompts[*at].len());
    let mut n_done = 0;
    for batch in batches(&order, |at| (prompts[*at].len(), 0)) {
        let of = prompts.len();
        if tell(Done { n: n_done, of }).is_break() {
            return Ok(found);
        }
        let request = |at: &usize| Request { prompt: prompts[*at], max_new_tokens: 1 };
        let requests: Vec<Request<'_>> = batch.iter().map(request).collect();
        for (at, answer) in batch.iter().zip(model.answer(&requests, None)?) {
            found[*at] = answer.tokens.first().copied();
        }
        n_done += batch.len();
    }
    Ok(found)
}

/// Exchanges the residual stream at every place asked for, and counts what the model answers.
///
/// `before_layers` go up to the number of layers. A position from 0 on is the same in both
/// prompts, which must then have the same length; a negative one counts from each prompt's end.
/// Costs one run of the rest of the model an exchange and place. All places of a batch of
/// exchanges are done before the next: ended early, every cell counts the same exchanges.
///
/// # Errors
///
/// [`RunError::EmptySet`] without exchanges, layers or positions; [`RunError::Layer`],
/// [`RunError::Position`], [`RunError::Alignment`]; those of the forward pass.
pub fn interchange(
    model: &Model,
    table: &Table,
    exchanges: &[Exchange],
    (before_layers, positions): (&[usize], &[i64]),
    tell: Tell<'_>,
) -> Result<Interchange, RunError> {
    check(model, table, exchanges, (before_layers, positions))?;
    let mut found = Interchange {
        before_layers: before_layers.to_vec(),
        positions: positions.to_vec(),
        cells: vec![Cell::default(); before_layers.len() * positions.len()],
        n_exchanges: 0,
        n_asked: exchanges.len(),
    };
    let length = |place: usize| table.questions()[place].tokens.len();
    let mut order: Vec<Exchange> = exchanges.to_vec();
    order.sort_by_key(|exchange| (length(exchange.base), length(exchange.source), *exchange));
    let of = order.len();
    for batch in batches(&order, |exchange| (length(exchange.base), length(exchange.source))) {
        if tell(Done { n: found.n_exchanges, of }).is_break() {
            break;
        }
        let batch = Batch::run(model, table, batch)?;
        for (layer_at, &before_layer) in before_layers.iter().enumerate() {
            for (pos_at, &pos) in positions.iter().enumerate() {
                let cell = &mut found.cells[layer_at * positions.len() + pos_at];
                batch.exchange(model, before_layer, pos, cell)?;
            }
        }
        found.n_exchanges += batch.exchanges.len();
    }
    if found.n_exchanges == of {
        // The work is done: whether to go on is no longer a question.
        let _: ControlFlow<()> = tell(Done { n: of, of });
    }
    let n = found.n_exchanges.max(1) as f64;
    found.cells.iter_mut().for_each(|cell| cell.expected_probability /= n);
    Ok(found)
}

fn check(
    model: &Model,
    table: &Table,
    exchanges: &[Exchange],
    (before_layers, positions): (&[usize], &[i64]),
) -> Result<(), RunError> {
    let sets = [
        ("the set of exchanges", exchanges.is_empty()),
        ("the set of layers", before_layers.is_empty()),
        ("the set of positions", positions.is_empty()),
    ];
    if let Some((what, _)) = sets.into_iter().find(|(_, is_empty)| *is_empty) {
        return Err(RunError::EmptySet { what });
    }
    let n_layers = model.config().n_layers;
    if let Some(found) = before_layers.iter().find(|layer| **layer > n_layers) {
        let found = u32::try_from(*found).unwrap_or(u32::MAX);
        return Err(RunError::Layer { found, n_layers });
    }
    for exchange in exchanges {
        let [base, source] =
            [exchange.base, exchange.source].map(|place| &table.questions()[place].tokens);
        model.check_prompt(base)?;
        model.check_prompt(source)?;
        if positions.iter().any(|pos| *pos >= 0) && base.len() != source.len() {
            let (found, expected) = (source.len(), base.len());
            return Err(RunError::Alignment { found, expected });
        }
        for pos in positions {
            resolve(*pos, base.len())?;
            resolve(*pos, source.len())?;
        }
    }
    Ok(())
}

/// A position from the front, of one that may count from the end.
fn resolve(pos: i64, n_tokens: usize) -> Result<usize, RunError> {
    let from_front = if pos < 0 { pos + n_tokens as i64 } else { pos };
    let found = usize::try_from(from_front).ok().filter(|pos| *pos < n_tokens);
    found.ok_or(RunError::Position { found: pos, n_tokens })
}

/// Splits things that are sorted by their lengths into batches of equal lengths and bounded
/// size; the first length is that of a run.
fn batches<T>(sorted: &[T], lengths: impl Fn(&T) -> (usize, usize)) -> Vec<&[T]> {
    sorted
        .chunk_by(|a, b| lengths(a) == lengths(b))
        .flat_map(|equal| {
            let (own, other) = lengths(&equal[0]);
            equal.chunks((ROWS / own.max(other)).max(1))
        })
        .collect()
}

/// Exchanges of equal lengths with both runs recorded.
struct Batch<'a> {
    exchanges: &'a [Exchange],
    table: &'a Table,
    n_base: usize,
    n_source: usize,
    base: Recorder,
    source: Recorder,
}

impl<'a> Batch<'a> {
    fn run(model: &Model, table: &'a Table, exchanges: &'a [Exchange]) -> Result<Self, RunError> {
        let runs = |place: &dyn Fn(&Exchange) -> usize| -> Vec<&'a [u32]> {
            let tokens = |exchange| table.questions()[place(exchange)].tokens.as_slice();
            exchanges.iter().map(tokens).collect()
        };
        let base_runs = runs(&|exchange| exchange.base);
        let source_runs = runs(&|exchange| exchange.source);
        let record = |runs: &[&[u32]], keeps_past| {
            let mut recorder = Recorder::new(runs.len(), keeps_past);
            model.forward_segment(start(model, runs), 0, whole(runs), &mut recorder)?;
            Ok::<_, RunError>(recorder)
        };
        Ok(Self {
            exchanges,
            table,
            n_base: base_runs[0].len(),
            n_source: source_runs[0].len(),
            base: record(&base_runs, true)?,
            source: record(&source_runs, false)?,
        })
    }

    /// Exchanges streams at one place, and counts into `cell`.
    fn exchange(
        &self,
        model: &Model,
        before_layer: usize,
        pos: i64,
        cell: &mut Cell,
    ) -> Result<(), RunError> {
        let (here, there) = (resolve(pos, self.n_base)?, resolve(pos, self.n_source)?);
        let n_runs = self.exchanges.len();
        let segment = Segment {
            n_runs,
            n_new: self.n_base - here,
            first_pos: here,
            past: Past::Each(&self.base.pasts),
        };
        let (base, source) = (&self.base.resid[before_layer], &self.source.resid[before_layer]);
        let width = base.n_cols();
        let mut x = Mat::zeros(segment.n_rows(), width);
        for run in 0..n_runs {
            let first = run * segment.n_new;
            x.row_mut(first).copy_from_slice(source.row(run * self.n_source + there));
            for offset in 1..segment.n_new {
                let unchanged = base.row(run * self.n_base + here + offset);
                x.row_mut(first + offset).copy_from_slice(unchanged);
            }
        }
        let normed = model.forward_segment(x, before_layer, segment, &mut NoTap)?;
        let logits = model.logits(&last_rows(&normed, &segment))?;
        for (exchange, row) in self.exchanges.iter().zip(logits.rows()) {
            let answer = top_token(row);
            let own = |place: usize| self.table.questions()[place].answer;
            cell.expected += usize::from(answer == exchange.expected);
            cell.source += usize::from(answer == own(exchange.source));
            cell.base += usize::from(answer == own(exchange.base));
            let probabilities = probabilities(row);
            cell.expected_probability += f64::from(probabilities[exchange.expected as usize]);
        }
        Ok(())
    }
}

/// Keeps the streams of a batch of runs, and keys and values if they are wanted.
struct Recorder {
    /// Before each block and after the last, `[R, D]`.
    resid: Vec<Mat>,
    /// One a run; empty if they are not kept.
    pasts: Vec<KeysAndValues>,
    n_runs: usize,
    keeps_past: bool,
    reader: KeyValueReader,
}

impl Recorder {
    fn new(n_runs: usize, keeps_past: bool) -> Self {
        let n_pasts = if keeps_past { n_runs } else { 0 };
        let pasts = vec![KeysAndValues::default(); n_pasts];
        Self { resid: Vec::new(), pasts, n_runs, keeps_past, reader: KeyValueReader::default() }
    }
}

impl Tap for Recorder {
    fn wants(&self, site: Site) -> bool {
        matches!(site, Site::Key(_)) && self.keeps_past
    }

    fn at(&mut self, site: Site, x: &mut Mat) -> Result<(), RunError> {
        match site {
            Site::ResidPre(_) | Site::ResidFinal => self.resid.push(x.clone()),
            _ if self.keeps_past => {
                if let Some((_, layer)) = self.reader.see(site, x) {
                    for (run, past) in self.pasts.iter_mut().enumerate() {
                        past.push(layer.of_run(run, self.n_runs));
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Runs of equal length, from their first position on.
fn whole(runs: &[&[u32]]) -> Segment<'static> {
    Segment { n_runs: runs.len(), n_new: runs[0].len(), first_pos: 0, past: Past::Empty }
}

/// The stream before the first block of runs of equal length, `[R, D]`.
fn start(model: &Model, runs: &[&[u32]]) -> Mat {
    let mut x = model.embedding(&runs.concat());
    if let Some(positions) = model.position_rows(0..runs[0].len()) {
        for row in 0..x.n_rows() {
            crate::ops::dense::add_to(x.row_mut(row), positions.row(row % positions.n_rows()));
        }
    }
    x
}

/// The last position's row of each run.
fn last_rows(x: &Mat, segment: &Segment<'_>) -> Mat {
    let mut picked = Mat::zeros(segment.n_runs, x.n_cols());
    for run in 0..segment.n_runs {
        picked.row_mut(run).copy_from_slice(x.row((run + 1) * segment.n_new - 1));
    }
    picked
}
