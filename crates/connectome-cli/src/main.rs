//! The `connectome` command.

fn main() {}
