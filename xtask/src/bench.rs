//! `cargo xtask bench`: us and circuit-tracer on the same files, in one run.
//!
//! Makes the models once (`xtask/peer/make_bench_models.py`), runs the release build of
//! `crates/connectome/examples/measure.rs` (`interventions.rs`) and the peer (`xtask/peer/run_peer.py`) in turn on
//! the same token ids and the same number of rows, and prints a table of medians and ratios.
//! CPU seconds are compared, not wall: they hold up on a machine that does other work.
//!
//! Timings are written to a document, never asserted.

mod train;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::command::{cargo, root, shown};

/// One comparison: which model, how much of its prompt, how many rows.
struct Comparison {
    case: &'static str,
    n_tokens: usize,
    n_rows: usize,
    peer_batch: usize,
}

/// The sizes of `docs/benchmarks.md`.
const COMPARISONS: &[Comparison] = &[
    Comparison { case: "gpt2_clt", n_tokens: 32, n_rows: 1024, peer_batch: 64 },
    Comparison { case: "gpt2_clt", n_tokens: 128, n_rows: 512, peer_batch: 32 },
    Comparison { case: "llama1b_plt", n_tokens: 16, n_rows: 256, peer_batch: 32 },
];

/// Interventions of `docs/benchmarks.md`: each feature ablated in turn, all others followed.
struct Intervened {
    case: &'static str,
    n_tokens: usize,
    n_edited: usize,
    n_watched: usize,
}

const INTERVENED: Intervened =
    Intervened { case: "gpt2_clt", n_tokens: 32, n_edited: 50, n_watched: 200 };

/// Prompt lengths of the scaling curve.
const SCALING: &[usize] = &[64, 128, 256, 512, 1024, 2048, 4096];

/// Rows between two rankings, for us and the peer alike.
const UPDATE_INTERVAL: usize = 4;

/// What was asked for.
struct Request {
    data: PathBuf,
    /// Python of an environment that has the peer; without it only we run.
    python: Option<PathBuf>,
    /// A checkout of the peer instead of the installed package.
    peer: Option<PathBuf>,
    repeat: usize,
    only: Option<String>,
}

/// Runs the comparisons, the certified traces and the scaling curve.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let request = parse(arguments)?;
    build()?;
    let wanted = |name: &str| request.only.as_deref().is_none_or(|only| only == name);
    if wanted("peer") {
        println!(
            "\n| case | tokens | rows | ours, CPU ms a row | peer | ratio | ours, GFLOP/s a core (share of peak) | ours, peak RSS GiB | peer | ratio |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|");
        for comparison in COMPARISONS {
            println!("{}", request.compare(comparison)?);
        }
    }
    if wanted("interventions") {
        println!(
            "\n| case | tokens | interventions | followed | ours, CPU s | peer | ratio | peak RSS GiB | peer | largest difference: logits | activations |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|---|");
        println!("{}", request.interventions()?);
    }
    if wanted("certified") {
        println!(
            "\n| case | tokens | active | mode | rows | unresolved share | CPU s | edges stored | peak RSS GiB |"
        );
        println!("|---|---|---|---|---|---|---|---|---|");
        for (case, n_tokens) in [("gpt2_clt", 32), ("llama1b_plt", 16), ("scaling", 256)] {
            for mode in ["0.1", "0.03", "0.01", "exhaustive"] {
                println!("{}", request.certified(case, n_tokens, mode)?);
            }
        }
    }
    if wanted("scaling") {
        println!(
            "\n| tokens | active | rows | CPU s: forward and encode | CPU ms a row | peak RSS GiB |"
        );
        println!("|---|---|---|---|---|---|");
        for &n_tokens in SCALING {
            println!("{}", request.scaling(n_tokens)?);
        }
    }
    if wanted("train") {
        train::compare(&request.data, request.python.as_deref(), request.repeat)?;
    }
    Ok(())
}

fn parse(arguments: &[String]) -> Result<Request> {
    let mut request = Request {
        data: root().join("target/bench"),
        python: None,
        peer: None,
        repeat: 1,
        only: None,
    };
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("`{word}` needs a value"))?;
        match word.as_str() {
            "--data" => request.data = value.into(),
            "--peer-python" => request.python = Some(value.into()),
            "--peer" => request.peer = Some(value.into()),
            "--repeat" => request.repeat = value.parse().context("`--repeat` needs a number")?,
            "--only" => request.only = Some(value.clone()),
            _ => bail!(
                "no option `{word}`, expected --data, --peer-python, --peer, --repeat or --only peer|interventions|certified|scaling|train"
            ),
        }
    }
    ensure!(request.repeat > 0, "`--repeat` needs a number above zero");
    Ok(request)
}

fn build() -> Result<()> {
    let mut command = cargo(["build", "--release", "--workspace", "--examples"]);
    crate::command::run(&mut command)
}

/// Where cargo puts what it builds.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

impl Request {
    /// The folder of a model, made if it is not there.
    fn case(&self, case: &str) -> Result<PathBuf> {
        let dir = self.data.join(case);
        if dir.join("prompt_ids.json").is_file() {
            return Ok(dir);
        }
        let python = self.python.clone().context(
            "the models are not made yet; `--peer-python` names a Python with torch, transformers and safetensors",
        )?;
        let mut command = Command::new(python);
        command.arg(root().join("xtask/peer/make_bench_models.py"));
        command.args(["--case", case, "--out"]).arg(&dir);
        crate::command::run(&mut command)?;
        Ok(dir)
    }

    /// The median run of ours, by CPU seconds a row.
    fn ours(&self, case: &str, n_tokens: usize, mode: &str) -> Result<Value> {
        let dir = self.case(case)?;
        let mut runs = Vec::new();
        for _ in 0..self.repeat {
            let mut command = Command::new(target().join("release/examples/measure"));
            command.env("RAYON_NUM_THREADS", "2");
            command.args([dir.join("model"), dir.join("transcoders"), dir.join("prompt_ids.json")]);
            command.args([n_tokens.to_string(), mode.to_owned()]);
            runs.push(output(&mut command)?);
        }
        Ok(median(runs))
    }

    fn peer(&self, python: &Path, comparison: &Comparison) -> Result<Value> {
        let dir = self.case(comparison.case)?;
        let mut runs = Vec::new();
        for _ in 0..self.repeat {
            let mut command = self.peer_command(python, &dir, comparison.n_tokens);
            for (flag, value) in [
                ("--max-feature-nodes", comparison.n_rows),
                ("--batch-size", comparison.peer_batch),
                ("--update-interval", UPDATE_INTERVAL),
            ] {
                command.arg(flag).arg(value.to_string());
            }
            runs.push(output(&mut command)?);
        }
        Ok(median(runs))
    }

    /// The peer on a model and the first tokens of its prompt.
    fn peer_command(&self, python: &Path, dir: &Path, n_tokens: usize) -> Command {
        let mut command = Command::new(python);
        command.arg(root().join("xtask/peer/run_peer.py"));
        command.arg("--model").arg(dir.join("model"));
        command.arg("--transcoder").arg(dir.join("transcoders"));
        command.arg("--token-file").arg(dir.join("prompt_ids.json"));
        command.args(["--tokens", &n_tokens.to_string(), "--threads", "2"]);
        if let Some(peer) = &self.peer {
            command.arg("--peer").arg(peer);
        }
        command
    }

    fn compare(&self, comparison: &Comparison) -> Result<String> {
        let chunk = comparison.peer_batch * UPDATE_INTERVAL;
        let mode = format!("ranked:{}:{chunk}", comparison.n_rows);
        let ours = self.ours(comparison.case, comparison.n_tokens, &mode)?;
        let peer = self.python.as_deref().map(|p| self.peer(p, comparison)).transpose()?;
        let key = "cpu_s_per_feature_row";
        let (our_row, our_rss) = (number(&ours, key), number(&ours, "peak_rss_bytes"));
        let of_peer = |key: &str| peer.as_ref().map_or(f64::NAN, |peer| number(peer, key));
        let speed = number(&ours, "gflops_per_cpu");
        Ok(format!(
            "| {} | {} | {} | {:.2} | {:.1} | {:.1} | {speed:.0} ({:.0} %) | {:.2} | {:.2} | {:.2} |",
            comparison.case,
            comparison.n_tokens,
            comparison.n_rows,
            our_row * 1e3,
            of_peer(key) * 1e3,
            of_peer(key) / our_row,
            100.0 * speed / number(&ours, "peak_gflops_per_cpu"),
            gib(our_rss),
            gib(of_peer("peak_rss_bytes")),
            our_rss / of_peer("peak_rss_bytes"),
        ))
    }

    /// The same ablations by both, and how far the two are apart.
    fn interventions(&self) -> Result<String> {
        let Intervened { case, n_tokens, n_edited, n_watched } = INTERVENED;
        let dir = self.case(case)?;
        let (spec, out) = (dir.join("interventions.json"), dir.join("interventions.safetensors"));
        let mut command = Command::new(target().join("release/examples/interventions"));
        command.env("RAYON_NUM_THREADS", "2");
        command.args([dir.join("model"), dir.join("transcoders"), dir.join("prompt_ids.json")]);
        command.args([n_tokens, n_edited, n_watched].map(|count| count.to_string()));
        command.args([&spec, &out]);
        let ours = output(&mut command)?;
        let peer = match &self.python {
            None => Value::Null,
            Some(python) => {
                let mut command = self.peer_command(python, &dir, n_tokens);
                command.arg("--interventions").arg(&spec).arg("--compare").arg(&out);
                output(&mut command)?
            }
        };
        let (our_cpu, peer_cpu) = (number(&ours, "cpu_s"), number(&peer, "cpu_s"));
        Ok(format!(
            "| {case} | {n_tokens} | {n_edited} | {n_watched} | {our_cpu:.2} | {peer_cpu:.1} | {:.1} | {:.2} | {:.2} | {:.1e} | {:.1e} |",
            peer_cpu / our_cpu,
            gib(number(&ours, "peak_rss_bytes")),
            gib(number(&peer, "peak_rss_bytes")),
            number(&peer, "max_logit_difference"),
            number(&peer, "max_activation_difference"),
        ))
    }

    fn certified(&self, case: &str, n_tokens: usize, mode: &str) -> Result<String> {
        let ours = self.ours(case, n_tokens, mode)?;
        Ok(format!(
            "| {case} | {n_tokens} | {} | {mode} | {} | {:.4} | {:.1} | {} | {:.2} |",
            ours["n_active"],
            ours["n_feature_rows"],
            number(&ours, "unresolved_share"),
            number(&ours["phases"]["feature_rows"], "cpu_s"),
            ours["n_edges"],
            gib(number(&ours, "peak_rss_bytes")),
        ))
    }

    fn scaling(&self, n_tokens: usize) -> Result<String> {
        let ours = self.ours("scaling", n_tokens, "ranked:512:512")?;
        Ok(format!(
            "| {n_tokens} | {} | {} | {:.2} | {:.2} | {:.2} |",
            ours["n_active"],
            ours["n_feature_rows"],
            number(&ours["phases"]["precompute"], "cpu_s"),
            number(&ours, "cpu_s_per_feature_row") * 1e3,
            gib(number(&ours, "peak_rss_bytes")),
        ))
    }
}

/// The run in the middle, by CPU seconds a row.
fn median(mut runs: Vec<Value>) -> Value {
    let key = |run: &Value| number(run, "cpu_s_per_feature_row");
    runs.sort_by(|a, b| key(a).total_cmp(&key(b)));
    runs.swap_remove(runs.len() / 2)
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or(f64::NAN)
}

fn gib(bytes: f64) -> f64 {
    bytes / f64::from(1 << 30)
}

/// The JSON object that a command prints.
fn output(command: &mut Command) -> Result<Value> {
    let name = shown(command);
    eprintln!("{name}");
    let output = command.output().with_context(|| format!("cannot start `{name}`"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`{name}` ended with {}: {}", output.status, said.trim());
    // The peer's libraries may print before; the object is the last line.
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last().unwrap_or_default();
    serde_json::from_str(last).with_context(|| format!("`{name}` printed no JSON: {last}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_run_in_the_middle() {
        let run = |x: f64| serde_json::json!({ "cpu_s_per_feature_row": x });
        assert_eq!(median(vec![run(3.0), run(1.0), run(2.0)]), run(2.0));
    }

    #[test]
    fn an_unknown_option_is_named() {
        let message = parse(&["--fast".to_owned(), "1".to_owned()]).err().unwrap().to_string();
        assert!(message.starts_with("no option `--fast`"), "{message}");
    }
}
