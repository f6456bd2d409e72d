//! Tests of the server, against a real port on loopback where one is needed.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends")]

mod page_types;
