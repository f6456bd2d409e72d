//! What `inspect` found, as a page.
