//! Dictionaries: the peer's numbers from every golden case and every published layout, and one
//! precise error for each thing that can be wrong with the files.

#![expect(clippy::unwrap_used, reason = "a test's helper may panic like the test")]

mod bad_input;
mod files;
mod goldens;
mod layouts;
