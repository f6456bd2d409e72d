//! The world as others see it: what is told, what is held out, and what the files say of it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

// Every answer, worked out again from `world.json` and the text alone.
mod answers;
// The sets that models are tested on.
mod evaluation;
// Files: lines, card, digests.
mod files;
// Rows: packing, weights, shares, and any row without the others.
mod rows;
// Annotations name the tokens they point at.
mod spans;
// What is held out stands nowhere in training.
mod splits;
mod support;
// Tables of prompts that depend on something no token spells.
mod variables;
// Every word is a token, and ids do not move.
mod vocabulary;
// What the world is, and why its variables are needed.
mod world;
