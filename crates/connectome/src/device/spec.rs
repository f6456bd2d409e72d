//! Which device is meant, and the device itself.

use std::fmt;
use std::str::FromStr;

use super::cuda::{self, Cuda, Search};
use super::error::DeviceError;
use super::host::Host;
use super::kernels::Kernels;
use super::row_device::RowDevice;
use super::selftest::{TOLERANCE, differences};

/// The device that somebody asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DeviceSpec {
    /// The CPU's own engine.
    #[default]
    Cpu,
    /// A GPU if there is one and the work is worth it, else the CPU.
    Auto,
    /// The GPU of this number.
    Cuda(usize),
    /// A device's program in plain loops on the CPU: slow, to check one against the other.
    Reference,
}

impl FromStr for DeviceSpec {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        match text.split_once(':') {
            None => match text {
                "auto" => Ok(Self::Auto),
                "cpu" => Ok(Self::Cpu),
                "cuda" => Ok(Self::Cuda(0)),
                "reference" => Ok(Self::Reference),
                _ => Err(DeviceError::Spec { found: text.to_owned() }),
            },
            Some(("cuda", number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                let unknown = |_| DeviceError::Spec { found: text.to_owned() };
                number.parse().map(Self::Cuda).map_err(unknown)
            }
            Some(_) => Err(DeviceError::Spec { found: text.to_owned() }),
        }
    }
}

impl fmt::Display for DeviceSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
            Self::Reference => f.write_str("reference"),
        }
    }
}

/// Where rows are computed.
#[derive(Debug, Default)]
pub enum Device {
    /// The CPU's own engine.
    #[default]
    Cpu,
    /// The reference device.
    Reference(Host),
    /// A GPU.
    Cuda(Box<Kernels<Cuda>>),
}

impl Device {
    /// Opens the device that is named; `None` for [`DeviceSpec::Auto`], which a prompt decides
    /// (`attribution::device_rows::best`).
    ///
    /// # Errors
    ///
    /// As [`Self::open_cuda`].
    pub fn open(spec: DeviceSpec, search: &Search) -> Result<Option<Self>, DeviceError> {
        Ok(match spec {
            DeviceSpec::Auto => None,
            DeviceSpec::Cpu => Some(Self::Cpu),
            DeviceSpec::Cuda(ordinal) => Some(Self::open_cuda(ordinal, search)?),
            DeviceSpec::Reference => Some(Self::Reference(Host::default())),
        })
    }

    /// Opens a GPU and runs every operation on it once beside the reference, so that a GPU, a
    /// driver or a library that computes something else is found before it draws a graph.
    ///
    /// # Errors
    ///
    /// What is missing or failed; [`DeviceError::Wrong`] names an operation that is not what it
    /// should be.
    pub fn open_cuda(ordinal: usize, search: &Search) -> Result<Self, DeviceError> {
        let device = cuda::open(ordinal, search)?;
        let wrong = differences(&device)?.into_iter().find(|found| !found.is_within(TOLERANCE));
        match wrong {
            None => Ok(Self::Cuda(Box::new(device))),
            Some(found) => Err(DeviceError::Wrong {
                operation: found.operation,
                worst: found.worst,
                device: device.name(),
            }),
        }
    }

    /// What to call it: `cpu`, `reference`, or a GPU's number, name and architecture.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Cpu => "cpu".to_owned(),
            Self::Reference(host) => host.name(),
            Self::Cuda(kernels) => kernels.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spec_is_read_as_it_is_written() {
        for spec in [
            DeviceSpec::Auto,
            DeviceSpec::Cpu,
            DeviceSpec::Cuda(0),
            DeviceSpec::Cuda(13),
            DeviceSpec::Reference,
        ] {
            assert_eq!(spec.to_string().parse::<DeviceSpec>().unwrap(), spec);
        }
        assert_eq!("cuda".parse::<DeviceSpec>().unwrap(), DeviceSpec::Cuda(0));
    }

    #[test]
    fn what_is_no_device_is_refused_by_name() {
        for text in
            ["", "gpu", "CUDA", "cuda:", "cuda:-1", "cuda:+1", "cuda:1x", "cpu:0", "cuda:0:1"]
        {
            let message = text.parse::<DeviceSpec>().unwrap_err().to_string();
            let expected = format!("`{text}` is no device, expected auto, cpu, cuda or cuda:N");
            assert_eq!(message, expected);
        }
        assert!(format!("cuda:{}0", usize::MAX).parse::<DeviceSpec>().is_err());
    }
}
