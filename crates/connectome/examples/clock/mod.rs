//! Seconds and memory of a process, for examples that measure. CPU time and memory come from
//! `/proc`.

use std::time::Instant;

use connectome::ops::matmul::flops;
use serde_json::{Value, json};

/// A moment: wall and CPU seconds, and operations so far.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    wall: Instant,
    cpu_secs: f64,
    flops: u64,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self { wall: Instant::now(), cpu_secs: cpu_secs(), flops: flops() }
    }

    pub(crate) fn since(self, earlier: Self) -> Value {
        let wall_s = (self.wall - earlier.wall).as_secs_f64();
        let gflop = (self.flops - earlier.flops) as f64 / 1e9;
        json!({ "wall_s": wall_s, "cpu_s": self.cpu_secs - earlier.cpu_secs, "gflop": gflop })
    }
}

/// User and system seconds of this process so far.
pub(crate) fn cpu_secs() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15, counted from the state after the parenthesised name.
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// A line of `/proc/self/status` in bytes.
pub(crate) fn memory(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) * 1024
}
