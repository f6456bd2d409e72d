//! The server as it is run: a real port on loopback, real files, plain HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

// The pages of others: what they fetch and save, and their own files.
mod compat;
// Feature indexes: found, matched, read, and where others look for them.
mod features;
// Lists of features, to which layers one writes, and one key for names by hand.
mod feature_lists;
// Figures: the same bytes everywhere, with their provenance.
mod figures;
// Graphs: traced, read, pruned, exported, imported.
mod graphs;
// Who may ask, and what is refused.
mod guard;
// Many at once.
mod load;
// Errors of the page.
mod log;
// The files of the page: all there, compressed, and sent once.
mod page;
// The page's types are the server's.
mod page_file;
mod page_types;
// circuit-tracer's `features/` folder, with ranges.
mod packed;
// Probes: all pairs of two slots' values, as jobs that are kept.
mod probes;
// Runs: interventions and validations, as jobs.
mod runs;
mod support;
mod trash;
// Views: versions and conflicts; a restart loses nothing.
mod views;
