//! Many interventions on one prompt, measured: CPU seconds of the unchanged run, and of ablating
//! each of N features while W others are followed and the next token is predicted.
//!
//! Prints one JSON object, so that `cargo xtask bench` can put the peer's beside it. SPEC is
//! written: which features, for the peer to do the same; OUT holds what was measured, `logits`
//! `[N, V]` at the last position and `readings` `[N, W]`, activations.
//!
//! ```text
//! cargo run --release --example interventions -- \
//!     MODEL_DIR TRANSCODER_DIR IDS.json N_TOKENS N W SPEC.json OUT.safetensors
//! ```

#![expect(clippy::print_stdout, reason = "an example reports to a person")]

mod clock;

use std::error::Error;
use std::ops::ControlFlow;
use std::path::PathBuf;

use connectome::files::Folder;
use connectome::intervene::{
    AttentionPatterns, Baseline, Change, Edit, Intervention, Mode, Outcome, Positions, Watch,
};
use connectome::lm::{LogitsAt, Model};
use connectome::replacement::{PromptTokens, ReplacementModel};
use connectome::transcoder::Transcoder;
use connectome_graph::ActiveFeature;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::json;

use clock::{Moment, memory};

/// So many of a list, evenly spread.
fn spread(list: &[ActiveFeature], count: usize) -> Vec<ActiveFeature> {
    (0..count).map(|at| list[at * list.len() / count]).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, transcoder, ids, n_tokens, n_edited, n_watched, spec, out] = arguments.as_slice()
    else {
        return Err(
            "usage: interventions MODEL_DIR TRANSCODER_DIR IDS.json N_TOKENS N W SPEC.json \
                    OUT.safetensors"
                .into(),
        );
    };
    let mut ids: Vec<u32> = serde_json::from_slice(&std::fs::read(ids)?)?;
    ids.truncate(n_tokens.parse()?);
    let folder = |path: &str| Folder::Disk(PathBuf::from(path));
    let start = Moment::now();
    let replacement = ReplacementModel::new(
        Model::load(&folder(model))?,
        Transcoder::open(&folder(transcoder))?,
    )?;
    let loaded = Moment::now();
    let baseline = Baseline::new(&replacement, &PromptTokens { ids, n_zeroed: 1 })?;
    let unchanged = Moment::now();
    let active = baseline.local().features().list();
    let edited = spread(active, n_edited.parse()?);
    let watched = spread(active, n_watched.parse()?);
    let nodes = |list: &[ActiveFeature]| -> Vec<_> {
        list.iter().map(|fired| (fired.id, fired.pos as usize)).collect()
    };
    let runs: Vec<Intervention> = nodes(&edited)
        .into_iter()
        .map(|(feature, pos)| {
            let edit = Edit { feature, positions: Positions::At(pos), change: Change::ABLATE };
            let mode = Mode::Open { attention: AttentionPatterns::Frozen };
            Intervention::of_features(vec![edit], mode)
        })
        .collect();
    let watch = Watch::new(&baseline, nodes(&watched))?;
    let last = LogitsAt::Positions(vec![baseline.n_tokens() - 1]);
    let outcomes =
        baseline.measure_all(&runs, &watch, &last, &mut |_| ControlFlow::Continue(()))?;
    let measured = Moment::now();

    let triple = |fired: &ActiveFeature| json!([fired.id.layer, fired.pos, fired.id.index]);
    let triples = |list: &[ActiveFeature]| -> Vec<_> { list.iter().map(triple).collect() };
    let wanted = json!({ "edited": triples(&edited), "watched": triples(&watched) });
    std::fs::write(spec, wanted.to_string())?;
    save(&outcomes, out)?;
    let report = json!({
        "n_tokens": baseline.n_tokens(),
        "n_active": active.len(),
        "n_interventions": runs.len(),
        "n_watched": watched.len(),
        "load": loaded.since(start),
        "unchanged": unchanged.since(loaded),
        "interventions": measured.since(unchanged),
        "cpu_s": measured.since(loaded)["cpu_s"],
        "peak_rss_bytes": memory("VmHWM:"),
    });
    println!("{report}");
    Ok(())
}

fn save(outcomes: &[Option<Outcome>], out: &str) -> Result<(), Box<dyn Error>> {
    let (mut logits, mut readings) = (Vec::new(), Vec::new());
    for outcome in outcomes.iter().flatten() {
        logits.extend(outcome.logits.data().iter().flat_map(|x| x.to_le_bytes()));
        readings.extend(outcome.readings.iter().flat_map(|one| one.activation.to_le_bytes()));
    }
    let n_runs = outcomes.len();
    let tensors = [("logits", &logits), ("readings", &readings)];
    let tensors = tensors.map(|(name, bytes)| {
        let shape = vec![n_runs, bytes.len() / 4 / n_runs];
        TensorView::new(Dtype::F32, shape, bytes).map(|view| (name, view))
    });
    let tensors: Vec<_> = tensors.into_iter().collect::<Result<_, _>>()?;
    std::fs::write(out, safetensors::serialize(tensors, None)?)?;
    Ok(())
}
