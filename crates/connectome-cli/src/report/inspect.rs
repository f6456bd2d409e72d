//! What `inspect` says.
