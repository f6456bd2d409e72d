//! The decoder against transformers.

mod hostile;

use connectome::lm::LogitsAt;
use connectome::lm::tap::NoTap;

use crate::golden::{CASES, Golden, max_diff};

// The promise to users: our forward pass is transformers' for every family.
#[test]
fn logits_equal_transformers_for_every_family() {
    for case in CASES {
        let golden = Golden::open(case);
        let logits = golden.model().forward(&golden.ids(), &mut NoTap, &LogitsAt::All).unwrap();
        let worst = max_diff(logits.data(), &golden.get("hf_logits").f32s());
        assert!(worst < 1e-4, "{case}: {worst}");
    }
}
