//! The gradient of a whole step, part by part and on all threads, with the same bits for any
//! number of them.
//!
//! Rows are cut into parts of a fixed size, and parts are dealt to a fixed number of *lanes*.
//! A lane adds its parts up in order, on whichever thread is free; lanes are added up in order
//! at the end. Nothing of this depends on threads. A part goes through the decoder on one thread
//! from end to end, so that its numbers stay in that core's cache and nobody waits.

use std::sync::Mutex;

use rayon::prelude::*;

use super::net::{Net, Pass};
use super::rows::{Batch, Rows};
use super::workspace::Workspace;
use crate::ops::matmul::{Arithmetic, Products, Threads};
use crate::ops::simd::vectorized;

/// Numbers that one thread adds up at a time.
const CHUNK: usize = 1 << 15;

/// How a step is cut. It decides the order of additions, so it belongs to a run's config.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Rows that go through the decoder at once.
    pub part_rows: usize,
    /// Gradients that are kept apart until the end: as many threads can work.
    pub n_lanes: usize,
}

impl Cut {
    /// What suits a decoder of `n_params` and steps of `n_rows` rows of `n_tokens`.
    ///
    /// Parts of about 300 positions make products that run at full speed and keep what a block
    /// works on in the cache of one core: 768 are a third slower where others use the memory. A
    /// lane costs a gradient in memory and a pass over it, so there are few for small steps and
    /// for large decoders.
    #[must_use]
    pub fn suited(n_params: usize, n_rows: usize, n_tokens: usize) -> Self {
        const POSITIONS: usize = 320;
        const POSITIONS_A_LANE: usize = 1024;
        const LANE_BYTES: usize = 2 << 30;
        let part_rows = (POSITIONS / n_tokens).clamp(1, n_rows.max(1));
        let wanted = n_rows * n_tokens / POSITIONS_A_LANE;
        let fits = LANE_BYTES / (4 * n_params.max(1));
        let most = wanted.min(fits).min(n_rows.div_ceil(part_rows)).clamp(1, 16);
        // The largest power of two, so that any small number of threads shares them evenly.
        Self { part_rows, n_lanes: 1 << most.ilog2() }
    }
}

/// The buffers of a step's gradient.
#[derive(Debug)]
pub struct Gradient {
    cut: Cut,
    arithmetic: Arithmetic,
    lanes: Vec<Vec<f32>>,
    /// One for each thread that has worked; whose it is makes no difference.
    workspaces: Mutex<Vec<Workspace>>,
}

impl Gradient {
    /// Buffers for `net`, whose products are made in `arithmetic`.
    #[must_use]
    pub fn new(net: &Net, cut: Cut, arithmetic: Arithmetic) -> Self {
        let lanes = vec![vec![0.0; net.layout().len()]; cut.n_lanes.max(1)];
        Self { cut, arithmetic, lanes, workspaces: Mutex::default() }
    }

    /// The mean loss over all weights of `rows`; its gradient is then in
    /// [`Gradient::values`]. Documents start at every `opens`, if given.
    pub fn compute(&mut self, net: &Net, params: &[f32], rows: &Rows, opens: Option<u32>) -> f64 {
        let total = rows.total_weight();
        let factor = if total > 0.0 { (1.0 / total) as f32 } else { 0.0 };
        let Self { cut, arithmetic, lanes, workspaces } = self;
        let (part_rows, n_lanes) = (cut.part_rows, lanes.len());
        let threads = if n_lanes == 1 { Threads::All } else { Threads::One };
        let products = Products { threads, arithmetic: *arithmetic };
        let one_lane = |(lane, grads): (usize, &mut Vec<f32>)| {
            let mut workspace = pool(workspaces).pop().unwrap_or_default();
            vectorized(
                #[inline(always)]
                || grads.fill(0.0),
            );
            let mut loss = 0.0;
            for start in (lane * part_rows..rows.n_rows()).step_by(n_lanes * part_rows) {
                let n_rows = part_rows.min(rows.n_rows() - start);
                let batch = Batch::of(rows, start, n_rows, opens);
                let pass = Pass { net, params, batch: &batch, products };
                loss += pass.loss_and_gradient(factor, grads, &mut workspace);
            }
            pool(workspaces).push(workspace);
            loss
        };
        let losses: Vec<f64> = match n_lanes {
            // Products use the threads themselves then.
            1 => lanes.iter_mut().enumerate().map(one_lane).collect(),
            _ => lanes.par_iter_mut().enumerate().map(one_lane).collect(),
        };
        add_lanes(lanes);
        if total > 0.0 { losses.iter().sum::<f64>() / total } else { 0.0 }
    }

    /// The gradient of the last step.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.lanes[0]
    }

    /// The gradient of the last step, to be clipped.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.lanes[0]
    }
}

/// What threads share; a thread that panicked leaves it whole.
fn pool(workspaces: &Mutex<Vec<Workspace>>) -> std::sync::MutexGuard<'_, Vec<Workspace>> {
    workspaces.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Adds all lanes to the first, in order.
fn add_lanes(lanes: &mut [Vec<f32>]) {
    let Some((first, others)) = lanes.split_first_mut() else { return };
    first.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, sum)| {
        let start = chunk * CHUNK;
        for lane in &*others {
            let part = &lane[start..start + sum.len()];
            vectorized(
                #[inline(always)]
                || sum.iter_mut().zip(part).for_each(|(sum, x)| *sum += x),
            );
        }
    });
}
