//! What `doctor` finds on this machine.

use connectome::attribution::device_rows::Agreement;
use connectome::device::cuda::Found;
use connectome::device::selftest::{Difference, TOLERANCE};
use connectome::hub::HubSettings;
use serde::Serialize;

use super::Residual;

#[derive(Debug, Serialize)]
pub(crate) struct DoctorReport {
    pub(crate) version: &'static str,
    pub(crate) machine: MachineReport,
    pub(crate) shipped: ShippedReport,
    pub(crate) hub: HubReport,
    pub(crate) cuda: CudaReport,
    /// With `--gpu`: each GPU beside the CPU.
    pub(crate) checked: Vec<GpuReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct MachineReport {
    pub(crate) system: &'static str,
    pub(crate) processor: &'static str,
    pub(crate) threads: usize,
}

/// A trace of the shipped model, every feature expanded.
#[derive(Debug, Serialize)]
pub(crate) struct ShippedReport {
    pub(crate) model: String,
    pub(crate) prompt: &'static str,
    pub(crate) predicts: String,
    pub(crate) rows: usize,
    pub(crate) residual: Option<Residual>,
}

#[derive(Debug, Serialize)]
pub(crate) struct HubReport {
    pub(crate) caches: Vec<String>,
    pub(crate) endpoint: String,
    pub(crate) offline: bool,
    /// Whether there is one; what it is stays with the Hub.
    pub(crate) has_token: bool,
}

impl HubReport {
    pub(crate) fn of(settings: &HubSettings) -> Self {
        Self {
            caches: settings.cache_dirs.iter().map(|dir| dir.display().to_string()).collect(),
            endpoint: settings.endpoint.clone(),
            offline: settings.offline,
            has_token: settings.token.is_some(),
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct CudaReport {
    /// CUDA version that the driver supports.
    pub(crate) driver: Option<String>,
    pub(crate) gpus: Vec<String>,
    pub(crate) nvrtc: Option<String>,
    /// The kernels as they were compiled, for the GPUs and for others that are common.
    pub(crate) kernels: Vec<KernelsReport>,
    /// What was not found, or failed.
    pub(crate) missing: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(crate) struct KernelsReport {
    pub(crate) architecture: String,
    pub(crate) bytes: usize,
}

impl CudaReport {
    pub(crate) fn of(found: Found, missing: Vec<String>) -> Self {
        let kernels = found.compiled.into_iter();
        Self {
            driver: found.driver,
            gpus: found.gpus,
            nvrtc: found.nvrtc,
            kernels: kernels
                .map(|(architecture, bytes)| KernelsReport { architecture, bytes })
                .collect(),
            missing,
        }
    }
}

/// A GPU beside the CPU.
#[derive(Debug, Serialize)]
pub(crate) struct GpuReport {
    pub(crate) name: String,
    /// What is taken for rounding: a share of the largest number expected.
    pub(crate) tolerance: f64,
    pub(crate) operations: Vec<OperationReport>,
    pub(crate) rows: RowsReport,
}

#[derive(Debug, Serialize)]
pub(crate) struct OperationReport {
    pub(crate) operation: &'static str,
    /// The largest difference, as a share of the largest number expected.
    pub(crate) worst_share_of_largest: f64,
    pub(crate) right: bool,
}

/// All rows of a graph of the shipped model.
#[derive(Debug, Serialize)]
pub(crate) struct RowsReport {
    pub(crate) rows: usize,
    pub(crate) batches: usize,
    /// The largest difference, as a share of the largest number of its row.
    pub(crate) worst_share_of_largest: f64,
    pub(crate) right: bool,
}

impl GpuReport {
    pub(crate) fn of(name: String, differences: &[Difference], rows: Agreement) -> Self {
        let operation = |found: &Difference| OperationReport {
            operation: found.operation,
            worst_share_of_largest: found.worst,
            right: found.is_within(TOLERANCE),
        };
        Self {
            name,
            tolerance: TOLERANCE,
            operations: differences.iter().map(operation).collect(),
            rows: RowsReport {
                rows: rows.rows,
                batches: rows.batches,
                worst_share_of_largest: rows.worst,
                right: rows.worst <= TOLERANCE,
            },
        }
    }

    /// The first thing that is wrong, and by how much.
    pub(crate) fn wrong(&self) -> Option<(&'static str, f64)> {
        let operations = self.operations.iter();
        let mut wrong = operations
            .filter(|operation| !operation.right)
            .map(|operation| (operation.operation, operation.worst_share_of_largest));
        let rows = &self.rows;
        wrong.next().or_else(|| (!rows.right).then_some(("rows", rows.worst_share_of_largest)))
    }
}
