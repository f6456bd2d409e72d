//! The sweep over a device, on the reference device: all of a device's logic but its kernels.

use connectome::attribution::device_rows::{Budget, Reason, agreement, best, device_bytes};
use connectome::attribution::{Expand, Labels, NoProgress, Options, attribute_on};
use connectome::device::cuda::Search;
#[cfg(unix)]
use connectome::device::kernels::Kernels;
#[cfg(unix)]
use connectome::device::selftest::{differences, results};
use connectome::device::{Device, DeviceSpec, Host};
use connectome_graph::Prompt;

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

// The whole trace, through the seam that a GPU uses.
#[test]
fn graphs_on_the_reference_device_are_the_cpus_graphs() {
    for case in ["gpt2_clt_relu", "gemma3_plt_jumprelu_skip", "gpt_neox_plt_relu", "qwen3_plt_topk"]
    {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let local = replacement.on(&golden.prompt()).unwrap();
        for expand in [Expand::Exhaustive, Expand::Ranked { max: 25, chunk: 7 }] {
            let options = Options { expand, ..Options::default() };
            let [cpu, reference] =
                [Device::Cpu, Device::Reference(Host::default())].map(|device| {
                    let text = |token: u32| token.to_string();
                    let token_texts = golden.ids().iter().map(u32::to_string).collect();
                    let prompt =
                        Prompt { token_texts, token_ids: golden.ids(), ..Prompt::default() };
                    let labels = Labels { prompt, ..Labels::default() };
                    attribute_on(&device, &local, &options, labels, &text, &mut NoProgress).unwrap()
                });
            assert_eq!(cpu.nodes(), reference.nodes(), "{case}");
            let largest = cpu.edges().map(|edge| edge.weight.abs()).fold(0.0, f32::max);
            for edge in cpu.edges() {
                let found = reference.edge(edge.target, edge.source);
                assert!((found - edge.weight).abs() < 1e-5 * largest, "{case}: {edge:?} {found}");
            }
        }
    }
}

#[test]
fn small_work_stays_on_the_cpu_and_what_is_asked_for_is_used() {
    let golden = Golden::open("llama_clt_relu");
    let replacement = golden.replacement();
    let local = replacement.on(&golden.prompt()).unwrap();
    let choice = best(&local, &Search::default());
    assert_eq!(choice.device.name(), "cpu");
    assert!(matches!(choice.reason, Reason::Small), "{:?}", choice.reason);
    let open = |spec| Device::open(spec, &Search::default()).unwrap();
    assert!(open(DeviceSpec::Auto).is_none());
    for (spec, name) in [(DeviceSpec::Cpu, "cpu"), (DeviceSpec::Reference, "reference")] {
        assert_eq!(open(spec).unwrap().name(), name);
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

/// The kernels as C.
#[cfg(unix)]
mod emulation;
/// The kernels themselves, compiled for this CPU.
#[cfg(unix)]
mod emulator;
/// The CUDA module, on fakes of CUDA's libraries.
#[cfg(target_os = "linux")]
mod fake_cuda;

#[cfg(unix)]
#[test]
fn kernels_mean_what_the_reference_says() {
    for backwards in [false, true] {
        let device = Kernels::new(emulator::Emulator::new(backwards));
        for found in differences(&device).unwrap() {
            // Sums of 300 products in another order.
            assert!(found.worst < 2e-6, "{found:?}");
        }
    }
}

// A kernel whose threads met each other's numbers would show it here.
#[cfg(unix)]
#[test]
fn the_order_of_threads_does_not_matter() {
    let [forwards, backwards] = [false, true]
        .map(|backwards| results(&Kernels::new(emulator::Emulator::new(backwards))).unwrap());
    for ((operation, x), (_, y)) in forwards.iter().zip(&backwards) {
        let bits = |values: &[f32]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(x), bits(y), "{operation}");
    }
}

#[cfg(unix)]
#[test]
fn rows_by_kernels_are_the_cpus_rows() {
    for case in CASES {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let local = replacement.on(&golden.prompt()).unwrap();
        let device = Kernels::new(emulator::Emulator::new(false));
        for budget in [Budget::default(), SMALL] {
            let found = agreement(&local, &device, budget, &Options::default()).unwrap();
            assert!(found.worst < 1e-5, "{case}: {found:?}");
        }
    }
}
