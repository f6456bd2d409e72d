//! Which device a prompt's rows are computed on.

use super::{Budget, device_bytes};
use crate::device::cuda::Search;
use crate::device::{Device, DeviceError, RowDevice};
use crate::replacement::LocalReplacement;

/// Multiplications of all rows below which starting a GPU takes longer than a CPU computes:
/// ten seconds of two slow cores.
const WORTH_A_GPU: f64 = 1e12;

/// A device, and why it is that one.
#[derive(Debug)]
pub struct Choice {
    /// Where rows will be computed.
    pub device: Device,
    /// Why.
    pub reason: Reason,
}

/// Why a device was chosen.
#[derive(Clone, Debug)]
pub enum Reason {
    /// It was asked for.
    Asked,
    /// `auto`: there is a GPU and the prompt fits.
    Best,
    /// `auto`: the CPU is done before a GPU has started.
    Small,
    /// `auto`: there is no GPU that could be used.
    Unavailable(DeviceError),
}

/// `auto`: the first GPU if there is one that can be used and the prompt is worth it, else the
/// CPU. A device that is asked for by name is [`Device::open`]ed instead, and never replaced.
#[must_use]
pub fn best(local: &LocalReplacement<'_>, search: &Search) -> Choice {
    if multiplications(local) < WORTH_A_GPU {
        return Choice { device: Device::Cpu, reason: Reason::Small };
    }
    match Device::open_cuda(0, search).and_then(|device| fits(device, local)) {
        Ok(device) => Choice { device, reason: Reason::Best },
        Err(error) => Choice { device: Device::Cpu, reason: Reason::Unavailable(error) },
    }
}

/// The device, if it has room for a prompt.
fn fits(device: Device, local: &LocalReplacement<'_>) -> Result<Device, DeviceError> {
    let Device::Cuda(kernels) = &device else { return Ok(device) };
    let needed = device_bytes(local, Budget::default());
    match kernels.free_bytes()? {
        Some(free) if needed > free => {
            Err(DeviceError::Memory { needed, free, device: kernels.name() })
        }
        _ => Ok(device),
    }
}

/// Multiplications in the attention maps of all layers below every active feature.
fn multiplications(local: &LocalReplacement<'_>) -> f64 {
    let config = local.replacement().model().config();
    let heads = (config.n_heads + config.n_kv_heads) * config.d_head;
    let per_row = (config.d_model * heads) as f64;
    let features = local.features().list().iter();
    features.map(|f| per_row * f64::from(f.pos + 1) * f64::from(f.id.layer + 1)).sum()
}
