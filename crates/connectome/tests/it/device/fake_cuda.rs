//! The CUDA module itself, against a driver, a compiler and a BLAS made of `fake_cuda.c`: what
//! it calls, in which order and with what, everything but a GPU.
//!
//! The fakes are loaded under the names by which `cudarc` asks for the real ones first, so they
//! are what it finds, on a machine with a GPU, too.

use std::sync::OnceLock;

use connectome::attribution::Options;
use connectome::attribution::device_rows::{Budget, agreement};
use connectome::device::cuda::{self, Search};
use connectome::device::kernels::Machine;
use connectome::device::selftest::differences;
use connectome::device::{Device, RowDevice};
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};

use super::emulation::{emulation, fake_cuda};
use crate::golden::Golden;

/// Loads the fakes once for the process.
fn search() -> Search {
    static LOADED: OnceLock<()> = OnceLock::new();
    LOADED.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        for built in fake_cuda(folder.path(), &emulation()) {
            // SAFETY: the fakes have no code that runs when they are loaded.
            let library = unsafe { Library::open(Some(built), RTLD_NOW | RTLD_GLOBAL) }.unwrap();
            // For good: `cudarc` keeps pointers into it.
            std::mem::forget(library);
        }
    });
    Search::default()
}

#[test]
fn a_gpu_is_opened_and_every_operation_is_right() {
    let device = cuda::open(0, &search()).unwrap();
    assert_eq!(device.name(), "cuda:0 (Fake GPU, sm_90)");
    for found in differences(&device).unwrap() {
        assert!(found.is_within(2e-6), "{found:?}");
    }
    let device = Device::open_cuda(0, &search()).unwrap();
    assert_eq!(device.name(), "cuda:0 (Fake GPU, sm_90)");
}

#[test]
fn rows_on_a_gpu_are_the_cpus_rows() {
    for case in ["gpt2_plt_relu_ln2", "gemma3_plt_jumprelu_skip", "llama_clt_jumprelu"] {
        let golden = Golden::open(case);
        let replacement = golden.replacement();
        let local = replacement.on(&golden.prompt()).unwrap();
        let device = cuda::open(0, &search()).unwrap();
        for budget in [Budget::default(), super::SMALL] {
            let found = agreement(&local, &device, budget, &Options::default()).unwrap();
            assert!(found.worst < 1e-5, "{case}: {found:?}");
        }
    }
}

#[test]
fn what_there_is_not_is_said() {
    let error = cuda::open(1, &search()).unwrap_err().to_string();
    assert_eq!(error, "no GPU 1, the driver knows 1");
    let device = cuda::open(0, &search()).unwrap();
    let error = device.zeros(1 << 31).unwrap_err().to_string();
    let expected = "8589934592 bytes of device memory are needed, 4294967296 are free on \
                    cuda:0 (Fake GPU, sm_90)";
    assert_eq!(error, expected);
    assert_eq!(device.machine().free_bytes().unwrap(), 1 << 32);
}

#[test]
fn the_survey_names_what_it_finds() {
    let (found, missing) = cuda::survey(&search(), &[80, 103]);
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(found.driver.as_deref(), Some("13.0"));
    assert_eq!(found.gpus, ["Fake GPU"]);
    assert_eq!(found.nvrtc.as_deref(), Some("13.0"));
    let compiled: Vec<&str> = found.compiled.iter().map(|(name, _)| name.as_str()).collect();
    // 9.0 is that of the GPU; NVRTC does not know 10.3, so it gets PTX for the one below.
    assert_eq!(compiled, ["sm_80", "sm_90", "compute_100"]);
}
