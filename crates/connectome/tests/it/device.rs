//! The sweep over a device, on the reference device: all of a device's logic but its kernels.

use connectome::attribution::Options;
use connectome::attribution::device_rows::{Budget, agreement, device_bytes};
use connectome::device::Host;

use crate::golden::{CASES, Golden};

/// So small that every golden needs several batches, and decoder rows come in several parts.
const SMALL: Budget = Budget { sweep_bytes: 1 << 16, score_bytes: 1 << 14, decoder_bytes: 1 << 12 };

#[test]
fn rows_on_the_reference_device_are_the_cpus_rows() {
    for case in CASES {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let local = replacement.on(&golden.prompt()).unwrap();
        let [whole, parts] = [Budget::default(), SMALL].map(|budget| {
            agreement(&local, &Host::default(), budget, &Options::default()).unwrap()
        });
        for found in [whole, parts] {
            assert!(found.worst < 1e-5, "{case}: {found:?}");
            assert!(found.rows > local.features().len(), "{case}: {found:?}");
        }
        assert!(parts.batches > 2 * whole.batches, "{case}: {parts:?}");
    }
}

#[test]
fn a_prompt_that_does_not_fit_is_refused_with_both_numbers() {
    let golden = Golden::open("llama_clt_relu");
    let replacement = golden.replacement();
    let local = replacement.on(&golden.prompt()).unwrap();
    let needed = device_bytes(&local, SMALL);
    let options = Options::default();
    agreement(&local, &Host::with_free_bytes(needed), SMALL, &options).unwrap();
    let refused = agreement(&local, &Host::with_free_bytes(needed - 1), SMALL, &options);
    let expected =
        format!("{needed} bytes of device memory are needed, {} are free on reference", needed - 1);
    assert_eq!(refused.unwrap_err().to_string(), expected);
}
