//! One step of transcoder training: us and dense PyTorch, the same loss from the same start.
//!
//! Ours is `crates/connectome/examples/train_step.rs`, which also writes the start; the peer's
//! is `xtask/peer/dense_step.py`. The losses of every step are compared: a speed that comes with
//! another loss would be none. The first step of either warms caches up and is left out.

use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use serde_json::Value;

use super::{number, output};
use crate::command::{cargo, root, run};

/// Steps of one run, the first of which is left out.
const N_STEPS: u64 = 6;

/// Largest difference of losses, as a share.
const TOLERANCE: f64 = 1e-5;

/// Prints a table: medians over the steps of `repeat` runs.
pub(super) fn compare(data: &Path, python: Option<&Path>, repeat: usize) -> Result<()> {
    let name = "train_step";
    run(&mut cargo(["build", "--release", "-p", "connectome", "--example", name]))?;
    let program = root().join("target/release/examples").join(name);
    let (mut ours, mut peers) = (Vec::new(), Vec::new());
    for _ in 0..repeat {
        ours.push(output(Command::new(&program).arg(N_STEPS.to_string()))?);
        let Some(python) = python else { continue };
        std::fs::create_dir_all(data)?;
        let start = data.join("train_step.safetensors");
        run(Command::new(&program).arg("1").arg(&start))?;
        let mut command = Command::new(python);
        command.arg(root().join("xtask/peer/dense_step.py")).arg("--start").arg(&start);
        command.args(["--steps", &N_STEPS.to_string()]);
        command.args(["--threads", &number(&ours[0], "n_threads").to_string()]);
        peers.push(output(&mut command)?);
        same_losses(&ours[0], &peers[0])?;
    }
    println!(
        "\n| | CPU s a step | of it, optimiser | wall s | peak RSS GiB | L0 a layer | in windows |"
    );
    println!("|---|---|---|---|---|---|---|");
    println!("{}", row("ours, lists", &ours));
    if !peers.is_empty() {
        println!("{}", row("dense PyTorch", &peers));
        let ratio = |of: &dyn Fn(&[Value]) -> f64| of(&peers) / of(&ours);
        println!(
            "| ratio | {:.1} | | {:.1} | {:.1} | | |",
            ratio(&|runs| median(runs, "cpu_s")),
            ratio(&|runs| median(runs, "wall_s")),
            ratio(&peak),
        );
    }
    Ok(())
}

fn row(name: &str, runs: &[Value]) -> String {
    let of = |key: &str| median(runs, key);
    let shown = |key: &str, factor: f64, digits: usize, unit: &str| match of(key) {
        value if value.is_nan() => String::new(),
        value => format!("{:.digits$}{unit}", factor * value),
    };
    format!(
        "| {name} | {} | {} | {} | {:.2} | {} | {} |",
        shown("cpu_s", 1.0, 2, ""),
        shown("update_cpu_s", 1.0, 2, ""),
        shown("wall_s", 1.0, 2, ""),
        peak(runs),
        shown("l0_per_layer", 1.0, 1, ""),
        shown("window_share", 100.0, 1, " %"),
    )
}

/// GiB, of the run in which it was least.
fn peak(runs: &[Value]) -> f64 {
    let bytes = runs.iter().map(|run| number(run, "peak_rss_bytes"));
    super::gib(bytes.fold(f64::INFINITY, f64::min))
}

/// Over all steps but the first of each run.
fn median(runs: &[Value], key: &str) -> f64 {
    let steps = runs.iter().flat_map(|run| run["steps"].as_array().into_iter().flatten().skip(1));
    let mut values: Vec<f64> = steps.map(|step| number(step, key)).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn same_losses(ours: &Value, peer: &Value) -> Result<()> {
    let losses = |run: &Value| -> Vec<f64> {
        run["steps"].as_array().into_iter().flatten().map(|step| number(step, "loss")).collect()
    };
    for (step, (own, other)) in losses(ours).into_iter().zip(losses(peer)).enumerate() {
        let off = (own - other).abs() / other;
        ensure!(off < TOLERANCE, "step {step}: the loss is {own} here and {other} in PyTorch");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_step_is_left_out_and_losses_must_agree() {
        let run = |cpu: [f64; 4], loss: f64| {
            let steps: Vec<Value> =
                cpu.iter().map(|cpu| json!({ "cpu_s": cpu, "loss": loss })).collect();
            json!({ "steps": steps })
        };
        let own = run([9.0, 1.0, 3.0, 2.0], 5.0);
        assert_eq!(median(std::slice::from_ref(&own), "cpu_s"), 2.0);
        assert!(same_losses(&own, &run([0.0; 4], 5.00001)).is_ok());
        let message = same_losses(&own, &run([0.0; 4], 5.1)).unwrap_err().to_string();
        assert!(message.starts_with("step 0: the loss is 5 here and 5.1"), "{message}");
    }
}
