//! The command as it is run: the real binary, real files, exit codes and what is printed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

// Files that no trace should start from, each with its sentence and hint.
mod bad_files;
// Interventions that make no sense, each with its sentence and hint.
mod bad_interventions;
// Requests that make no sense, each with its sentence and hint.
mod bad_requests;
// Whether a variable is a step of the model.
mod causal;
// The machine's check, without a GPU and with a pretended one.
mod doctor;
// Doubts: every panel, its document, and what is refused.
mod doubt;
// CUDA's libraries, made of the kernels as C.
#[cfg(target_os = "linux")]
#[path = "../../../connectome/tests/it/device/emulation.rs"]
mod emulation;
// The organism's world: data to train on, and samples of it.
mod elegans;
// Feature indices: collected, shown, searched, drawn.
mod features;
// Graph files: prune, score, paths, export, import, inspect.
mod graphs;
// Help that teaches: its examples run.
mod help;
// The Hub's folder of this machine.
mod hub;
// Interventions, and supernodes in graph files.
mod intervene;
// The workspace as a process, and figures.
mod serve;
// The shapes of `--json`, which scripts rely on.
mod shapes;
mod support;
// Traces of the model that ships, and of the goldens'.
mod trace;
// Language models trained: whole runs, killed runs, bad input.
mod train_lm;
// Training of dictionaries: runs, refusals, nothing lost.
mod train_clt;
// Predictions of graphs against the model.
mod validate;
