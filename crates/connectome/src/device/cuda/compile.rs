//! From `kernels.cu` to something a driver loads, by NVRTC. Needs no GPU.

use std::ffi::{CStr, CString};

use cudarc::nvrtc::{Ptx, result, sys};

use crate::device::DeviceError;
use crate::device::kernels::SOURCE;

/// Compute capability: 90 is 9.0.
pub(super) type Capability = u32;

/// What NVRTC makes of the kernels.
pub(super) struct Image {
    pub(super) ptx: Ptx,
    /// The architecture as NVRTC calls it, `sm_90` or `compute_90`.
    pub(super) architecture: String,
    pub(super) bytes: usize,
}

/// Compiles the kernels for a GPU: machine code if this NVRTC knows it, else the newest PTX that
/// it runs.
pub(super) fn compile(capability: Capability) -> Result<Image, DeviceError> {
    let known = architectures()?;
    if known.contains(&capability) {
        return build(format!("sm_{capability}"));
    }
    match known.iter().filter(|own| **own < capability).max() {
        Some(own) => build(format!("compute_{own}")),
        None => Err(DeviceError::Compile {
            architecture: format!("sm_{capability}"),
            log: format!("NVRTC compiles for {} and newer", known.iter().min().unwrap_or(&0)),
        }),
    }
}

/// The version of NVRTC, as 13.0.
pub(super) fn version() -> Result<String, DeviceError> {
    let (mut major, mut minor) = (0, 0);
    // SAFETY: the library is loaded, and both pointers are to integers that live here.
    let status = unsafe { sys::nvrtcVersion(&raw mut major, &raw mut minor) };
    status.result().map_err(|error| failed("nvrtcVersion", error))?;
    Ok(format!("{major}.{minor}"))
}

/// Compute capabilities that this NVRTC compiles for.
fn architectures() -> Result<Vec<Capability>, DeviceError> {
    let mut count = 0;
    // SAFETY: the library is loaded, and the pointer is to an integer that lives here.
    let status = unsafe { sys::nvrtcGetNumSupportedArchs(&raw mut count) };
    status.result().map_err(|error| failed("nvrtcGetNumSupportedArchs", error))?;
    let mut found = vec![0; usize::try_from(count).unwrap_or(0)];
    // SAFETY: the list has as many places as NVRTC has just said it fills.
    let status = unsafe { sys::nvrtcGetSupportedArchs(found.as_mut_ptr()) };
    status.result().map_err(|error| failed("nvrtcGetSupportedArchs", error))?;
    Ok(found.into_iter().filter_map(|own| u32::try_from(own).ok()).collect())
}

fn build(architecture: String) -> Result<Image, DeviceError> {
    let source = CString::new(SOURCE).expect("the source has no zero byte");
    let program = Program(
        result::create_program(&source, Some(c"kernels.cu"))
            .map_err(|error| failed("nvrtcCreateProgram", error))?,
    );
    let options = [format!("--gpu-architecture={architecture}")];
    // SAFETY: the program is alive until `program` is dropped.
    if unsafe { result::compile_program(program.0, &options) }.is_err() {
        return Err(DeviceError::Compile { architecture, log: program.log() });
    }
    if architecture.starts_with("compute_") {
        // SAFETY: as above, and the program has been compiled.
        let ptx =
            unsafe { result::get_ptx(program.0) }.map_err(|error| failed("nvrtcGetPTX", error))?;
        let bytes: Vec<u8> = ptx.iter().map(|c| *c as u8).take_while(|byte| *byte != 0).collect();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        return Ok(Image { bytes: text.len(), ptx: Ptx::from_src(text), architecture });
    }
    let code = program.machine_code()?;
    Ok(Image { bytes: code.len(), ptx: Ptx::from_binary(code), architecture })
}

/// A program that is destroyed with its owner.
struct Program(sys::nvrtcProgram);

impl Program {
    /// What the compiler says.
    fn log(&self) -> String {
        // SAFETY: the program is alive, and has been compiled.
        let raw = unsafe { result::get_program_log(self.0) }.unwrap_or_default();
        let bytes: Vec<u8> = raw.iter().map(|c| *c as u8).collect();
        CStr::from_bytes_until_nul(&bytes)
            .map_or_else(|_| String::new(), |log| log.to_string_lossy().trim().to_owned())
    }

    fn machine_code(&self) -> Result<Vec<u8>, DeviceError> {
        let mut len = 0;
        // SAFETY: the program is alive and compiled; the pointer is to a number that lives here.
        let status = unsafe { sys::nvrtcGetCUBINSize(self.0, &raw mut len) };
        status.result().map_err(|error| failed("nvrtcGetCUBINSize", error))?;
        let mut code = vec![0_u8; len];
        // SAFETY: the buffer has as many bytes as NVRTC has just said it fills.
        let status = unsafe { sys::nvrtcGetCUBIN(self.0, code.as_mut_ptr().cast()) };
        status.result().map_err(|error| failed("nvrtcGetCUBIN", error))?;
        Ok(code)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: created by NVRTC and destroyed nowhere else. A failure would leak it, no more.
        let _ = unsafe { result::destroy_program(self.0) };
    }
}

fn failed(call: &'static str, error: result::NvrtcError) -> DeviceError {
    DeviceError::Call { call, reason: error.to_string() }
}
