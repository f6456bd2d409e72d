//! Where a graph's rows are computed: what was asked for, opened before anything is loaded, and
//! what is said of it. A device that was named is never replaced by another.

use anyhow::Result;
use connectome::attribution::device_rows::{Choice, Reason, best};
use connectome::device::cuda::Search;
use connectome::device::{Device, DeviceSpec};
use connectome::replacement::LocalReplacement;
use serde::Serialize;

use crate::args::DeviceArgs;
use crate::failure::sentence;
use crate::settings;

/// A device that is open, or the wish for the best one.
#[derive(Debug)]
pub(crate) enum Asked {
    Named(Device),
    Best(Search),
}

/// Opens the device that the arguments name.
pub(crate) fn open(args: &DeviceArgs) -> Result<Asked> {
    let spec: DeviceSpec = args.device.parse()?;
    let search = settings::cuda();
    Ok(match Device::open(spec, &search)? {
        Some(device) => Asked::Named(device),
        None => Asked::Best(search),
    })
}

impl Asked {
    /// The device for a prompt.
    pub(crate) fn for_prompt(self, local: &LocalReplacement<'_>) -> Choice {
        match self {
            Self::Named(device) => Choice { device, reason: Reason::Asked },
            Self::Best(search) => best(local, &search),
        }
    }
}

/// Where rows were computed, and why there.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DeviceReport {
    /// `cpu`, or a GPU's number, name and architecture.
    pub(crate) name: String,
    /// Of `--device auto`: why it is this one.
    pub(crate) because: Option<String>,
}

impl DeviceReport {
    pub(crate) fn of(choice: &Choice) -> Self {
        let because = match &choice.reason {
            Reason::Asked => None,
            Reason::Best => Some("the first GPU, and the prompt is worth it".to_owned()),
            Reason::Small => Some("so small a prompt is done before a GPU has started".to_owned()),
            Reason::Unavailable(error) => Some(sentence(&error.clone().into())),
        };
        Self { name: choice.device.name(), because }
    }
}
