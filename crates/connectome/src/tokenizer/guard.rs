//! Calls into libraries that panic where they should refuse, and the stack they need.
//!
//! `tokenizers` panics on some files and texts (a normalizer whose table points past its end),
//! `minijinja` walks nested values and expressions by recursion. Both run what came with a
//! model, so here a panic becomes an error and the stack is as deep as the limits allow.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Four times what was enough for the deepest templates within the limits of `chat`. Reserved,
/// not used: pages that are not touched cost nothing.
const STACK_BYTES: usize = 256 << 20;

/// What `call` returns, or an error where it panicked.
pub(super) fn guarded<T>(
    call: impl FnOnce() -> Result<T, tokenizers::Error>,
) -> Result<T, tokenizers::Error> {
    // What was borrowed is dropped or was only read: nobody sees it half changed.
    catch_unwind(AssertUnwindSafe(call))
        .unwrap_or_else(|panic| Err(format!("`tokenizers` panicked: {}", message(&*panic)).into()))
}

/// Runs `call` on a thread of its own with a deep stack; a panic goes on in the caller.
///
/// # Errors
///
/// If the system gives no such thread.
pub(super) fn on_a_deep_stack<T: Send>(call: impl FnOnce() -> T + Send) -> std::io::Result<T> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let result = thread.spawn_scoped(scope, call)?.join();
        Ok(result.unwrap_or_else(|panic| resume_unwind(panic)))
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a message")
}
