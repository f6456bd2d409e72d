//! Steps of transcoder training, measured: CPU seconds a step, memory, loss.
//!
//! Prints one JSON object with the keys of `xtask/peer/dense_step.py`, so that
//! `cargo xtask bench --only train` can put the two side by side. CPU time and memory come from
//! `/proc`. FILE gets the parameters and the batch, for the peer to start from.
//!
//! ```text
//! cargo run --release --example train_step -- N_STEPS [FILE.safetensors]
//! ```

#![expect(clippy::print_stdout, reason = "an example reports to a person")]

use std::error::Error;
use std::time::Instant;

use connectome::ops::Mat;
use connectome::ops::matmul::flops;
use connectome::train::adam::Adam;
use connectome::train::rng::{Rng, Stream};
use connectome::train::schedule::{Decay, LearningRate, Ramp};
use connectome::train::transcoder::objective::{
    DecoderNorm, Gate, JumpRelu, PreActivation, PulledUp, Sparsity, SteToPreact,
};
use connectome::train::transcoder::params::{Extras, Presence};
use connectome::train::transcoder::update::Frozen;
use connectome::train::transcoder::{
    Batch, Measured, Net, Objective, Optimiser, Recipe, Shape, Tables,
};
use safetensors::tensor::{Dtype, TensorView};
use serde_json::json;

const SHAPE: Shape = Shape { n_layers: 4, n_features: 4096, d_model: 768, window: 4 };
const N_TOKENS: usize = 1024;
/// Standard deviations between the mean pre-activation and the threshold: 1.2 % fire, which is
/// 50 of 4,096.
const DISTANCE: f32 = 2.25;

fn objective() -> Objective {
    Objective {
        gate: Gate::JumpRelu(JumpRelu {
            bandwidth: 1.0,
            ste_to_preact: SteToPreact::Rect,
            initial: 0.03,
            rate_factor: 1.0,
        }),
        norm: DecoderNorm::Concatenated,
        sparsity: Some(Sparsity {
            coefficient: Ramp::constant(1.0),
            stretch: 4.0,
            frequency_scale: None,
        }),
        pre_activation: Some(PreActivation { coefficient: 3e-6, on: PulledUp::All }),
        aux: None,
    }
}

fn recipe() -> Recipe {
    let rate =
        LearningRate { peak: 2e-4, warm_up: 0, decay: Decay::Constant, decay_steps: 0, floor: 0.0 };
    let optimiser = Optimiser {
        adam: Adam::default(),
        rate,
        n_steps: 1000,
        max_norm: Some(1.0),
        frozen: Frozen::Nothing,
    };
    Recipe { objective: objective(), optimiser, dead_after: 10_000_000 }
}

fn tables() -> Tables {
    let extras = Extras { thresholds: Presence::Present, skip: Presence::Absent };
    let mut tables = Tables::zeros(SHAPE, extras);
    let mut rng = Rng::new(1, Stream::Init, 0);
    let scale_enc = 1.0 / (SHAPE.d_model as f32).sqrt();
    let scale_dec = 1.0 / ((SHAPE.n_layers * SHAPE.d_model) as f32).sqrt();
    for layer in &mut tables.layers {
        let mut fill = |mat: &mut Mat, scale: f32| {
            mat.data_mut().iter_mut().for_each(|x| *x = scale * rng.normal());
        };
        fill(&mut layer.w_enc_fd, scale_enc);
        layer.w_dec_fd.iter_mut().for_each(|mat| fill(mat, scale_dec));
        layer.log_threshold_f.fill(0.03_f32.ln());
        layer.b_enc_f.fill(0.03 - DISTANCE);
    }
    tables
}

/// Inputs and outputs that a dictionary can learn: 64 directions, of which each token has some.
fn batch() -> Batch {
    let d = SHAPE.d_model;
    let mut rng = Rng::new(2, Stream::Sample, 0);
    let mut mats = || -> Vec<Mat> {
        (0..SHAPE.n_layers)
            .map(|_| Mat::from_vec((0..N_TOKENS * d).map(|_| rng.normal()).collect(), N_TOKENS, d))
            .collect()
    };
    Batch { x_td: mats(), y_td: mats() }
}

fn cpu_secs() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum();
    ticks / 100.0
}

fn memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Parameters and batch under the names of a checkpoint.
fn save(path: &str, tables: &Tables, batch: &Batch) -> Result<(), Box<dyn Error>> {
    let mut views = Vec::new();
    for part in tables.parts("params") {
        if let connectome::train::checkpoint::Numbers::F32(values) = part.numbers {
            let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
            views.push((part.name, part.shape, bytes));
        }
    }
    for (name, mats) in [("x", &batch.x_td), ("y", &batch.y_td)] {
        for (layer, mat) in mats.iter().enumerate() {
            let bytes: Vec<u8> = mat.data().iter().flat_map(|x| x.to_le_bytes()).collect();
            views.push((format!("{name}.{layer}"), vec![mat.n_rows(), mat.n_cols()], bytes));
        }
    }
    let views: Result<Vec<_>, _> = views
        .iter()
        .map(|(name, shape, bytes)| {
            TensorView::new(Dtype::F32, shape.clone(), bytes).map(|view| (name.as_str(), view))
        })
        .collect();
    Ok(safetensors::serialize_to_file(views?, None, std::path::Path::new(path))?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [n_steps, rest @ ..] = arguments.as_slice() else {
        return Err("usage: train_step N_STEPS [FILE.safetensors]".into());
    };
    let n_steps: u64 = n_steps.parse()?;
    let batch = batch();
    let before = memory("VmRSS:");
    let tables = tables();
    if let Some(path) = rest.first() {
        save(path, &tables, &batch)?;
        return Ok(());
    }
    let mut net = Net::new(tables, recipe());
    let mut steps = Vec::new();
    for step in 0..n_steps {
        let (started, cpu, before) = (Instant::now(), cpu_secs(), flops());
        let measured = net.measure(&batch, net.recipe().objective.at(step), step);
        let half = cpu_secs();
        net.update(&measured, step);
        net.count(&measured);
        steps.push(report(&measured, [half - cpu, cpu_secs() - half], started, flops() - before));
    }
    println!(
        "{}",
        json!({
            "steps": steps,
            "n_threads": rayon::current_num_threads(),
            "rss_before_bytes": before,
            "peak_rss_bytes": memory("VmHWM:"),
        })
    );
    Ok(())
}

fn report(
    measured: &Measured,
    [measure, update]: [f64; 2],
    started: Instant,
    flops: u64,
) -> serde_json::Value {
    let numbers = (SHAPE.n_features * SHAPE.n_layers * N_TOKENS) as f64;
    let window: u64 = measured.layers.iter().map(|layer| layer.n_window).sum();
    json!({
        "loss": measured.loss.total(),
        "grad_norm": measured.grad_norm,
        "l0_per_layer": measured.l0() / SHAPE.n_layers as f64,
        "window_share": window as f64 / numbers,
        "cpu_s": measure + update,
        "update_cpu_s": update,
        "wall_s": started.elapsed().as_secs_f64(),
        "gflop_in_products": flops as f64 / 1e9,
    })
}
