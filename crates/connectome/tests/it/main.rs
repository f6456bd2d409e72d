//! Integration tests of the engine: one binary, a module per subject.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

// Attribution graphs against the peer's.
mod attribution;
// Whether the tool can tell a step of the model from features that only look like one.
mod causal;
// Rows on a device against those of the CPU.
mod device;
// The doubts, on worlds whose truth is known.
mod doubt;
// Where the peer is wrong and we are not.
mod differences;
// Not tests: the goldens and how to open them.
mod golden;
// Feature indices: what is gathered, resumed, read and damaged.
mod features;
// The Hub, against a small one on this machine.
mod hub;
// Interventions against the peer's, and what must hold of them.
mod intervene;
// What must hold whatever the numbers are.
mod laws;
// The decoder against transformers.
mod lm;
// Operand plots of a model and a dictionary built by hand.
mod probe;
// The laws on random models of every family.
mod random_models;
// The structure of the source tree.
mod tidy;
// Text to ids, the first token, chat templates.
mod tokenizer;
// Training: gradients, resuming, whole runs.
mod train;
// Language models trained: gradients, goldens, runs that stop and go on.
mod train_lm;
// Dictionaries: every layout, every way to be broken.
mod transcoder;
// What graphs predict against what the model does.
mod validate;
