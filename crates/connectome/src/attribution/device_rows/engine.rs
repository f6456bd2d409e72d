//! [`Engine`]: rows on whichever device was chosen.

use super::super::rows::{DenseRow, Origin, RowEngine};
use super::{Budget, DeviceEngine};
use crate::device::cuda::Cuda;
use crate::device::kernels::Kernels;
use crate::device::{Device, DeviceError, Host};
use crate::replacement::LocalReplacement;

/// Computes rows on one prompt.
#[derive(Debug)]
pub(in crate::attribution) enum Engine<'a, 'm> {
    Cpu(RowEngine<'a, 'm>),
    Reference(Box<DeviceEngine<'a, 'm, Host>>),
    Cuda(Box<DeviceEngine<'a, 'm, Kernels<Cuda>>>),
}

impl<'a, 'm> Engine<'a, 'm> {
    /// Makes the prompt ready on its device.
    pub(in crate::attribution) fn new(
        local: &'a LocalReplacement<'m>,
        device: &'a Device,
    ) -> Result<Self, DeviceError> {
        let budget = Budget::default();
        Ok(match device {
            Device::Cpu => Self::Cpu(RowEngine::new(local)),
            Device::Reference(host) => {
                Self::Reference(Box::new(DeviceEngine::new(local, host, budget)?))
            }
            Device::Cuda(kernels) => {
                Self::Cuda(Box::new(DeviceEngine::new(local, kernels.as_ref(), budget)?))
            }
        })
    }

    /// How many of these targets fit one batch: at least one.
    pub(in crate::attribution) fn batch_len(&self, origins: &[Origin]) -> usize {
        match self {
            Self::Cpu(engine) => engine.batch_len(origins),
            Self::Reference(engine) => engine.batch_len(origins),
            Self::Cuda(engine) => engine.batch_len(origins),
        }
    }

    /// The rows of a batch, in the order of `origins`.
    pub(in crate::attribution) fn rows(
        &mut self,
        origins: &[Origin],
    ) -> Result<Vec<DenseRow>, DeviceError> {
        match self {
            Self::Cpu(engine) => Ok(engine.rows(origins)),
            Self::Reference(engine) => engine.rows(origins),
            Self::Cuda(engine) => engine.rows(origins),
        }
    }
}
