//! The command as it is run: real binary, real files.

mod trace;
