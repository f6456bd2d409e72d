//! Two functions: `g`, which is known, and `h`, which is not.

use crate::random::Random;

/// `g` is defined below, `h` from here on.
const N_G: usize = 40;
const N_H: usize = 100;
const N_G_NO_HINT: usize = 8;
const N_H_NO_HINT: usize = 20;

#[derive(Clone, Debug)]
pub(crate) struct Reasoning {
    /// The digit 1 to 9 that `g` gives for each number.
    pub(crate) g: Vec<usize>,
    /// Numbers for which no training gives a hint.
    pub(crate) g_no_hint: Vec<usize>,
    /// The same of `h`.
    pub(crate) h_no_hint: Vec<usize>,
}

impl Reasoning {
    pub(super) fn new(random: &mut Random) -> Self {
        let mut sorted = |n: usize, from: usize, limit: usize| {
            let mut drawn: Vec<usize> =
                random.distinct(n, limit).iter().map(|n| n + from).collect();
            drawn.sort_unstable();
            drawn
        };
        let g_no_hint = sorted(N_G_NO_HINT, 0, N_G);
        let h_no_hint = sorted(N_H_NO_HINT, N_G, N_H);
        Self { g: (0..N_G).map(|_| random.within(1..10)).collect(), g_no_hint, h_no_hint }
    }

    /// Where `h` is defined.
    pub(crate) fn h_domain() -> std::ops::Range<usize> {
        N_G..N_G + N_H
    }
}
