//! What the fuzz targets share: one thread, models and dictionaries around a mutated file, and
//! what is done with whatever was read from it.
//!
//! Targets are in `fuzz_targets`, one a reader. An input is the file itself wherever that lets
//! the fuzzer through; where a checksum stands before the reader, the target makes it right
//! first. So the libraries have no hooks for fuzzing.

#[path = "../../crates/connectome/tests/it/random_models/checkpoint.rs"]
pub(crate) mod checkpoint;
pub mod dictionaries;
#[path = "../../crates/connectome/tests/it/random_models/dictionary.rs"]
pub(crate) mod dictionary;
pub mod graphs;
pub mod models;
#[path = "../../crates/connectome/tests/it/random_models/noise.rs"]
pub(crate) mod noise;

/// Makes the calling thread the library's only one: waking a pool for every input would cost
/// more than reading it.
///
/// # Panics
///
/// If a pool was made before.
pub fn one_thread() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread();
    pool.build_global().expect("called once, before anything else");
}

/// Lets panics of these crates unwind, since the library makes errors of them. All others end
/// the run.
pub fn abort_on_panics_but_in(crates: &'static [&'static str]) {
    let abort = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let is_in = |name: &&str| panic.location().is_some_and(|at| at.file().contains(*name));
        if !crates.iter().any(|name| is_in(name)) {
            abort(panic);
        }
    }));
}
