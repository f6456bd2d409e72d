//! What `doctor` found, as a page.

use super::graph::residual;
use super::text::{count, counted, pad, plain, scientific, token};
use super::{Page, Screen};
use crate::report::doctor::{CudaReport, DoctorReport, GpuReport, HubReport};

/// Width of the names before what is said.
const NAMES: usize = 12;

pub(crate) fn page(report: &DoctorReport, screen: Screen) -> String {
    let mut page = Page::new(screen);
    let machine = &report.machine;
    let threads = counted(machine.threads, "thread");
    page.heading(
        report.version,
        &format!("{} on {}, {threads}", machine.system, machine.processor),
    );
    let shipped = &report.shipped;
    page.heading("Shipped model", &shipped.model);
    page.entry("prompt", NAMES, shipped.prompt);
    page.entry("predicts", NAMES, &token(&shipped.predicts));
    page.entry("rows", NAMES, &count(shipped.rows));
    residual(&mut page, shipped.residual.as_ref());
    hub(&mut page, &report.hub);
    cuda(&mut page, &report.cuda);
    report.checked.iter().for_each(|gpu| checked(&mut page, gpu));
    page.finish()
}

fn hub(page: &mut Page, hub: &HubReport) {
    page.heading("Hub", &plain(&hub.endpoint));
    page.entry("cache", NAMES, &plain(&hub.caches.join(", ")));
    page.entry("token", NAMES, if hub.has_token { "there is one" } else { "none" });
    page.entry("network", NAMES, if hub.offline { "off" } else { "on" });
}

fn cuda(page: &mut Page, cuda: &CudaReport) {
    page.heading("CUDA", if cuda.gpus.is_empty() { "no GPU that can be used" } else { "" });
    if let Some(driver) = &cuda.driver {
        page.entry("driver", NAMES, &format!("for CUDA {driver}"));
    }
    for (ordinal, gpu) in cuda.gpus.iter().enumerate() {
        page.entry(&format!("cuda:{ordinal}"), NAMES, &plain(gpu));
    }
    if let Some(nvrtc) = &cuda.nvrtc {
        let kernels: Vec<String> = cuda
            .kernels
            .iter()
            .map(|kernels| format!("{}, {} bytes", kernels.architecture, count(kernels.bytes)))
            .collect();
        page.entry("NVRTC", NAMES, &format!("{nvrtc}; kernels: {}", kernels.join("; ")));
    }
    for missing in &cuda.missing {
        page.entry("missing", NAMES, &plain(missing));
    }
}

fn checked(page: &mut Page, gpu: &GpuReport) {
    let rounding = scientific(gpu.tolerance);
    page.heading(
        &plain(&gpu.name),
        &format!(
            "largest difference from the CPU, by the largest number; to {rounding} is rounding"
        ),
    );
    let columns = gpu.operations.iter().map(|one| one.operation.len()).max().unwrap_or(0);
    let mut line = |what: &str, worst: f64, right: bool| {
        let verdict = if right { "right" } else { "WRONG" };
        page.line(&format!("  {}  {}  {verdict}", pad(what, columns), pad(&scientific(worst), 7)));
    };
    for one in &gpu.operations {
        line(one.operation, one.worst_share_of_largest, one.right);
    }
    let rows = &gpu.rows;
    line(&counted(rows.rows, "row"), rows.worst_share_of_largest, rows.right);
}
