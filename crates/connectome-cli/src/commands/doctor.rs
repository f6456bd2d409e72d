//! `connectome doctor`: what this machine has, and whether its GPUs compute what they should.

use anyhow::Result;
use connectome::attribution::device_rows::{Budget, agreement};
use connectome::attribution::{Expand, Labels, NoProgress, Options, attribute};
use connectome::device::selftest::differences;
use connectome::device::{DeviceError, RowDevice as _, cuda};
use connectome::lm::model::top_probabilities;
use connectome::replacement::LocalReplacement;
use connectome_graph::Prompt;

use super::Ending;
use crate::args::{DoctorArgs, ModelArgs};
use crate::failure::sentence;
use crate::load::{self, Loaded};
use crate::printer;
use crate::prompt::{self, Ready, Wanted};
use crate::report::doctor::{
    CudaReport, DoctorReport, GpuReport, HubReport, MachineReport, ShippedReport,
};
use crate::report::{Residual, TOOL};
use crate::settings::{self, World};

/// Compute capabilities that the kernels are compiled for where NVRTC is found, GPU or not:
/// Ampere's, Hopper's and Blackwell's.
const CAPABILITIES: [u32; 3] = [80, 90, 100];

pub(crate) fn run(args: &DoctorArgs, world: &World) -> Result<Ending> {
    let search = settings::cuda();
    let loaded = load::load(&ModelArgs::default(), world)?;
    let organism = settings::default_model()?;
    let example = organism.example.to_owned();
    let ready = prompt::prepare(&Wanted::Text(example), &loaded)?;
    let local = loaded.replacement.on(&ready.tokens)?;

    let checked = if args.gpu { gpus(&local, &search)? } else { Vec::new() };
    let (found, missing) = cuda::survey(&search, &CAPABILITIES);
    let missing = missing.into_iter().map(|error| sentence(&error.into())).collect();
    let report = DoctorReport {
        version: TOOL,
        machine: MachineReport {
            system: std::env::consts::OS,
            processor: std::env::consts::ARCH,
            threads: rayon::current_num_threads(),
        },
        shipped: shipped(&loaded, organism.example, ready, &local)?,
        hub: HubReport::of(&settings::hub(false)),
        cuda: CudaReport::of(found, missing),
        checked,
    };
    world.print(&printer::doctor::page(&report, world.screen))?;
    world.document(&report)?;
    let wrong = report.checked.iter().find_map(|gpu| gpu.wrong().map(|wrong| (gpu, wrong)));
    match wrong {
        None => Ok(Ending::Done),
        Some((gpu, (operation, worst))) => {
            Err(DeviceError::Wrong { operation, worst, device: gpu.name.clone() }.into())
        }
    }
}

/// The shipped model's own question, on the CPU.
fn shipped(
    loaded: &Loaded,
    example: &'static str,
    ready: Ready,
    local: &LocalReplacement<'_>,
) -> Result<ShippedReport> {
    let predictions = top_probabilities(&local.logits(local.n_tokens() - 1)?, 1);
    let predicts = predictions.first().map(|(id, _)| loaded.token_text(*id));
    let options = Options { expand: Expand::Exhaustive, ..Options::default() };
    let prompt =
        Prompt { text: ready.text, token_texts: ready.token_texts, token_ids: ready.tokens.ids };
    let labels = Labels { prompt, ..Labels::default() };
    let token_text = |id| loaded.token_text(id);
    let graph = attribute(local, &options, labels, &token_text, &mut NoProgress)?;
    Ok(ShippedReport {
        model: loaded.model_name.clone(),
        prompt: example,
        predicts: predicts.unwrap_or_default(),
        rows: graph.rows().count(),
        residual: Residual::of(&graph),
    })
}

/// Every GPU beside the CPU: at least one, or what it lacks.
fn gpus(local: &LocalReplacement<'_>, search: &cuda::Search) -> Result<Vec<GpuReport>> {
    let mut checked = Vec::new();
    loop {
        let device = match cuda::open(checked.len(), search) {
            Ok(device) => device,
            Err(DeviceError::Ordinal { n_gpus, .. }) if n_gpus > 0 => return Ok(checked),
            Err(error) => return Err(error.into()),
        };
        let found = differences(&device)?;
        let rows = agreement(local, &device, Budget::default(), &Options::default())?;
        checked.push(GpuReport::of(device.name(), &found, rows));
    }
}
