//! One trace, measured: seconds of each phase, CPU seconds a row, memory, products a second.
//!
//! Prints one JSON object with the keys of `xtask/peer/run_peer.py`, so that
//! `cargo xtask bench` can put the two side by side. CPU time and memory come from `/proc`.
//!
//! ```text
//! cargo run --release --example measure -- MODEL_DIR TRANSCODER_DIR IDS.json N_TOKENS MODE [OUT]
//! ```
//!
//! MODE is `exhaustive`, a tolerance such as `0.01`, or `ranked:ROWS:CHUNK`; OUT is a file for
//! the graph.

#![expect(clippy::print_stdout, reason = "an example reports to a person")]

mod clock;

use std::error::Error;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use connectome::attribution::{Expand, Labels, Options, Progress, Step, attribute, residual};
use connectome::files::Folder;
use connectome::lm::Model;
use connectome::ops::matmul::{Into, Threads, View, sgemm};
use connectome::replacement::{PromptTokens, ReplacementModel};
use connectome::transcoder::Transcoder;
use connectome_graph::{AttributionGraph, Prompt, influence};
use serde_json::{Value, json};

use clock::{Moment, cpu_secs, memory};

/// Takes the time when the targets' rows are done.
struct Watch {
    targets_done: Option<Moment>,
}

impl Progress for Watch {
    fn step(&mut self, _step: Step) -> ControlFlow<()> {
        self.targets_done.get_or_insert_with(Moment::now);
        ControlFlow::Continue(())
    }
}

/// Operations a second of one core on a square product, in 10⁹.
fn peak_gflops() -> f64 {
    const N: usize = 2048;
    let a: Vec<f32> = (0..N * N).map(|i| (i % 17) as f32).collect();
    let mut out = vec![0.0; N * N];
    let runs = (0..5).map(|_| {
        let started = cpu_secs();
        let view = View::rows(&a, N);
        for _ in 0..2 {
            sgemm([N; 3], view, view, (&mut out, N), Into::Overwrite, Threads::One);
        }
        4.0 * (N as f64).powi(3) / (cpu_secs() - started) / 1e9
    });
    runs.fold(0.0, f64::max)
}

fn mode(text: &str) -> Result<Expand, Box<dyn Error>> {
    if text == "exhaustive" {
        return Ok(Expand::Exhaustive);
    }
    let parts: Vec<&str> = text.split(':').collect();
    match parts.as_slice() {
        ["ranked", max, chunk] => Ok(Expand::Ranked { max: max.parse()?, chunk: chunk.parse()? }),
        [tolerance] => Ok(Expand::Certified { tolerance: tolerance.parse()? }),
        _ => Err(format!("`{text}` is not a mode").into()),
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, transcoder, ids, n_tokens, mode_text, rest @ ..] = arguments.as_slice() else {
        return Err("usage: measure MODEL_DIR TRANSCODER_DIR IDS.json N_TOKENS MODE [OUT]".into());
    };
    let mut ids: Vec<u32> = serde_json::from_slice(&std::fs::read(ids)?)?;
    ids.truncate(n_tokens.parse()?);
    let options = Options { expand: mode(mode_text)?, ..Options::default() };
    let folder = |path: &str| Folder::Disk(PathBuf::from(path));

    let start = Moment::now();
    let replacement = ReplacementModel::new(
        Model::load(&folder(model))?,
        Transcoder::open(&folder(transcoder))?,
    )?;
    let loaded = Moment::now();
    let local = replacement.on(&PromptTokens { ids: ids.clone(), n_zeroed: 1 })?;
    let frozen = Moment::now();
    let token_texts = ids.iter().map(u32::to_string).collect();
    let prompt = Prompt { text: String::new(), token_texts, token_ids: ids };
    let labels = Labels { prompt, ..Labels::default() };
    let mut watch = Watch { targets_done: None };
    let text = |token: u32| token.to_string();
    let graph = attribute(&local, &options, labels, &text, &mut watch)?;
    let traced = Moment::now();
    let targets_done = watch.targets_done.unwrap_or(frozen);
    if let Some(out) = rest.first() {
        graph.save(Path::new(out))?;
    }
    let phases = json!({
        "load": loaded.since(start),
        "precompute": frozen.since(loaded),
        "logit_rows": targets_done.since(frozen),
        "feature_rows": traced.since(targets_done),
    });
    println!("{}", report(&graph, phases));
    Ok(())
}

fn report(graph: &AttributionGraph, phases: Value) -> Value {
    let n_rows = graph.rows().count() - graph.nodes().n_targets();
    let total: f64 = graph.nodes().targets().iter().map(|t| f64::from(t.weight)).sum();
    let features = &phases["feature_rows"];
    let cpu_s = features["cpu_s"].as_f64().unwrap_or(0.0);
    let gflops = features["gflop"].as_f64().unwrap_or(0.0) / cpu_s;
    let memory = [memory("VmHWM:"), memory("RssAnon:")];
    json!({
        "n_tokens": graph.nodes().n_tokens(),
        "n_active": graph.nodes().active().len(),
        "n_feature_rows": n_rows,
        "n_edges": graph.n_edges(),
        "phases": phases,
        "cpu_s_per_feature_row": cpu_s / n_rows as f64,
        "gflops_per_cpu": gflops,
        "peak_gflops_per_cpu": peak_gflops(),
        "peak_rss_bytes": memory[0],
        "anonymous_bytes_at_end": memory[1],
        "unresolved_share": influence(graph).unresolved / total,
        "residual": residual(graph).map(|(worst, largest)| [worst, largest]),
    })
}
