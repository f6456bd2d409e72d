//! CUDA: the only module that talks to a GPU, and the only one here with unsafe code.
//!
//! Nothing is linked. The driver, NVRTC and cuBLAS are found when a GPU is asked for
//! ([`Search`]), the kernels are compiled for the GPU that is there, and everything runs on one
//! stream, so operations happen in the order in which they were asked for.
//!
//! Bindings are those of CUDA 13.0: `cudarc` looks for libraries up to that version by name, and
//! every function used here is in drivers since 11.4.
//!
//! # Invariants
//!
//! - What a launch or product touches has been checked by `Kernels`, which alone can
//!   make one; memory lives as long as its buffer, and is freed in stream order.
//! - cuBLAS computes in f32: neither TF32 nor reduced precision is asked for.

mod compile;
mod libraries;

use std::collections::BTreeMap;
use std::sync::Arc;

use cudarc::cublas::CudaBlas;
use cudarc::cublas::result::sgemm;
use cudarc::cublas::sys::cublasOperation_t;
use cudarc::driver::{
    CudaContext, CudaFunction, CudaSlice, CudaStream, DevicePtr, DriverError, LaunchConfig,
    PushKernelArg, result, sys,
};

pub use self::libraries::Search;
use super::error::DeviceError;
use super::kernels::{Argument, BlasCall, Kernels, Launch, Machine, NAMES};

/// A GPU.
#[derive(Debug)]
pub struct Cuda {
    name: String,
    context: Arc<CudaContext>,
    stream: Arc<CudaStream>,
    functions: BTreeMap<&'static str, CudaFunction>,
    blas: CudaBlas,
}

/// What was found on the way to a GPU, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// CUDA version that the driver supports, as 13.0.
    pub driver: Option<String>,
    /// The GPUs' names, in the driver's order.
    pub gpus: Vec<String>,
    /// Version of NVRTC.
    pub nvrtc: Option<String>,
    /// The kernels as NVRTC compiled them: architecture and bytes.
    pub compiled: Vec<(String, usize)>,
}

/// Looks at one part of CUDA after another, as far as it is there: what was found, and what
/// was not. The kernels are compiled for `capabilities` and for the GPUs that are there.
#[must_use]
pub fn survey(search: &Search, capabilities: &[u32]) -> (Found, Vec<DeviceError>) {
    let (mut found, mut missing) = (Found::default(), Vec::new());
    let mut wanted = capabilities.to_vec();
    let mut major = u32::MAX;
    match driver(search) {
        Ok(version) => {
            major = version / 1000;
            found.driver = Some(shown(version));
            match gpus() {
                Ok(gpus) => gpus.into_iter().for_each(|(name, capability)| {
                    found.gpus.push(name);
                    wanted.push(capability);
                }),
                Err(error) => missing.push(error),
            }
        }
        Err(error) => missing.push(error),
    }
    wanted.sort_unstable();
    wanted.dedup();
    match search.nvrtc(major).and_then(|()| compile::version()) {
        Ok(version) => {
            found.nvrtc = Some(version);
            for capability in wanted {
                match compile::compile(capability) {
                    Ok(image) => found.compiled.push((image.architecture, image.bytes)),
                    Err(error) => missing.push(error),
                }
            }
        }
        Err(error) => missing.push(error),
    }
    if let Err(error) = search.cublas(major) {
        missing.push(error);
    }
    (found, missing)
}

/// CUDA's way to write 13.0 is 13000.
fn shown(version: u32) -> String {
    format!("{}.{}", version / 1000, version % 1000 / 10)
}

/// Finds and starts the driver: the CUDA version that it supports.
fn driver(search: &Search) -> Result<u32, DeviceError> {
    search.driver()?;
    result::init().map_err(|error| failed("cuInit", error))?;
    let mut version = 0;
    // SAFETY: the driver is loaded, and the pointer is to an integer that lives here.
    let status = unsafe { sys::cuDriverGetVersion(&raw mut version) };
    status.result().map_err(|error| failed("cuDriverGetVersion", error))?;
    Ok(u32::try_from(version).unwrap_or(0))
}

/// Names and compute capabilities of the GPUs.
fn gpus() -> Result<Vec<(String, u32)>, DeviceError> {
    let count = CudaContext::device_count().map_err(|error| failed("cuDeviceGetCount", error))?;
    let gpu = |ordinal: i32| {
        let device = result::device::get(ordinal)?;
        // SAFETY: the device was just given by the driver.
        let attribute = |which| unsafe { result::device::get_attribute(device, which) };
        use sys::CUdevice_attribute as Which;
        let major = attribute(Which::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR)?;
        let minor = attribute(Which::CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR)?;
        Ok((result::device::get_name(device)?, capability(major, minor)))
    };
    let gpus: Result<_, DriverError> = (0..count).map(gpu).collect();
    gpus.map_err(|error| failed("cuDeviceGet", error))
}

fn capability(major: i32, minor: i32) -> u32 {
    u32::try_from(10 * major + minor).unwrap_or(0)
}

/// Opens a GPU by its number.
///
/// # Errors
///
/// [`DeviceError`] says what was not found, or which call failed.
pub fn open(ordinal: usize, search: &Search) -> Result<Kernels<Cuda>, DeviceError> {
    let version = driver(search)?;
    let gpus = gpus()?;
    let Some((gpu, capability)) = gpus.get(ordinal) else {
        return Err(DeviceError::Ordinal { found: ordinal, n_gpus: gpus.len() });
    };
    search.nvrtc(version / 1000)?;
    search.cublas(version / 1000)?;
    let context =
        CudaContext::new(ordinal).map_err(|error| failed("cuDevicePrimaryCtxRetain", error))?;
    // SAFETY: there is one stream, so no two uses of a buffer are ever at the same time.
    unsafe { context.disable_event_tracking() };
    let image = compile::compile(*capability)?;
    let module =
        context.load_module(image.ptx).map_err(|error| failed("cuModuleLoadData", error))?;
    let function = |name: &'static str| match module.load_function(name) {
        Ok(function) => Ok((name, function)),
        Err(error) => Err(failed("cuModuleGetFunction", error)),
    };
    let functions = NAMES.into_iter().map(function).collect::<Result<_, _>>()?;
    let stream = context.default_stream();
    let blas = CudaBlas::new(stream.clone())
        .map_err(|error| DeviceError::Call { call: "cublasCreate", reason: error.to_string() })?;
    let name = format!("cuda:{ordinal} ({gpu}, {})", image.architecture);
    Ok(Kernels::new(Cuda { name, context, stream, functions, blas }))
}

fn failed(call: &'static str, error: DriverError) -> DeviceError {
    let text = error.error_string().map(|text| text.to_string_lossy().into_owned());
    DeviceError::Call { call, reason: text.unwrap_or_else(|_| error.to_string()) }
}

impl Machine for Cuda {
    type Memory = CudaSlice<u32>;

    fn name(&self) -> String {
        self.name.clone()
    }

    fn free_bytes(&self) -> Result<u64, DeviceError> {
        let info = self.context.mem_get_info();
        let (free, _) = info.map_err(|error| failed("cuMemGetInfo", error))?;
        Ok(free as u64)
    }

    fn alloc(&self, len: usize) -> Result<CudaSlice<u32>, DeviceError> {
        // SAFETY: `Kernels` writes or clears memory before anything reads it. CUDA has no
        // allocation of nothing.
        unsafe { self.stream.alloc::<u32>(len.max(1)) }.map_err(|error| {
            if error.0 != sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY {
                return failed("cuMemAlloc", error);
            }
            let free = self.free_bytes().unwrap_or(0);
            DeviceError::Memory { needed: 4 * len as u64, free, device: self.name() }
        })
    }

    fn write(
        &self,
        memory: &mut CudaSlice<u32>,
        offset: usize,
        words: &[u32],
    ) -> Result<(), DeviceError> {
        if words.is_empty() {
            return Ok(());
        }
        let mut slot = memory.slice_mut(offset..offset + words.len());
        let copied = self.stream.memcpy_htod(words, &mut slot);
        copied.map_err(|error| failed("cuMemcpyHtoD", error))
    }

    fn read(
        &self,
        memory: &CudaSlice<u32>,
        offset: usize,
        words: &mut [u32],
    ) -> Result<(), DeviceError> {
        if !words.is_empty() {
            let slot = memory.slice(offset..offset + words.len());
            let copied = self.stream.memcpy_dtoh(&slot, words);
            copied.map_err(|error| failed("cuMemcpyDtoH", error))?;
        }
        self.stream.synchronize().map_err(|error| failed("cuStreamSynchronize", error))
    }

    fn clear(&self, memory: &mut CudaSlice<u32>, len: usize) -> Result<(), DeviceError> {
        if len == 0 {
            return Ok(());
        }
        let cleared = self.stream.memset_zeros(&mut memory.slice_mut(0..len));
        cleared.map_err(|error| failed("cuMemsetD8", error))
    }

    fn address(&self, memory: &CudaSlice<u32>) -> u64 {
        memory.device_ptr(&self.stream).0
    }

    fn launch(&self, launch: &Launch) -> Result<(), DeviceError> {
        let [blocks, threads] = launch.grid();
        let mut builder = self.stream.launch_builder(&self.functions[launch.kernel()]);
        for argument in launch.arguments() {
            match argument {
                Argument::Address(x) | Argument::Long(x) => builder.arg(x),
                Argument::Word(x) => builder.arg(x),
                Argument::Float(x) => builder.arg(x),
            };
        }
        let grid = LaunchConfig {
            grid_dim: (blocks, 1, 1),
            block_dim: (threads, 1, 1),
            shared_mem_bytes: 0,
        };
        // SAFETY: the emulator's tests hold number and types of the arguments to what `kernels.cu`
        // declares; `Kernels` has checked what they reach into.
        unsafe { builder.launch(grid) }.map_err(|error| failed("cuLaunchKernel", error))?;
        Ok(())
    }

    fn sgemm(&self, call: &BlasCall) -> Result<(), DeviceError> {
        self.context.bind_to_thread().map_err(|error| failed("cuCtxSetCurrent", error))?;
        let [m, n, k] = call.sizes();
        let [a, b] = call.operands();
        let (c, ldc) = call.result();
        let operation = |transposed: bool| match transposed {
            true => cublasOperation_t::CUBLAS_OP_T,
            false => cublasOperation_t::CUBLAS_OP_N,
        };
        let (alpha, beta) = (1.0_f32, call.beta());
        // SAFETY: `Kernels` has checked that operands and result lie in live memory of this
        // device; factors are read from the host before the call returns.
        let done = unsafe {
            sgemm(
                *self.blas.handle(),
                operation(a.transposed),
                operation(b.transposed),
                m,
                n,
                k,
                &raw const alpha,
                a.address as *const f32,
                a.ld,
                b.address as *const f32,
                b.ld,
                &raw const beta,
                c as *mut f32,
                ldc,
            )
        };
        done.map_err(|error| DeviceError::Call { call: "cublasSgemm", reason: error.to_string() })
    }
}
