//! What a checkpoint of a run holds, and a run made of it.

use serde_json::{Value, json};

use super::activations::Scales;
use super::buffer::Buffer;
use super::controller::Controller;
use super::metrics::Density;
use super::net::{Net, norms};
use super::options::Options;
use super::params::{Extras, Presence, Shape, Tables};
use super::run::{Calibration, Run};
use super::source::Source;
use crate::train::TrainError;
use crate::train::checkpoint::{Checkpoint, Part, Snapshot};

impl Run<'_> {
    /// Writes a checkpoint.
    pub(super) fn save(&mut self) -> Result<(), TrainError> {
        self.net.catch_up_all(self.step);
        let silent = self.net.silent_words();
        let tokens = self.source.tokens();
        let mut parts = self.net.params.parts("params");
        parts.extend(self.net.first.parts("first"));
        parts.extend(self.net.second.parts("second"));
        parts.push(Part::u32("silent", &[silent.len()], &silent));
        let density = self.density.numbers();
        parts.push(Part::f32("density", &[density.len()], density));
        let Calibration { scales, limits } = &self.calibration;
        parts.push(Part::f32("scale.x", &[scales.x.len()], &scales.x));
        parts.push(Part::f32("scale.y", &[scales.y.len()], &scales.y));
        parts.push(Part::f32("limits", &[limits.len()], limits));
        if matches!(self.source, Source::Buffer(_)) {
            parts.push(Buffer::part(&tokens));
        }
        let state = json!({
            "source": self.source.state(),
            "controller": self.controller.as_ref().map(Controller::state),
        });
        let snapshot = Snapshot { step: self.step, config: &self.course, state, parts };
        self.checkpoints.save(&snapshot)?;
        self.saved = Some(self.step);
        Ok(())
    }
}

impl Net {
    /// Tokens since a feature last fired, as pairs of words, low first.
    fn silent_words(&self) -> Vec<u32> {
        let counts = self.silent.iter().flatten();
        counts.flat_map(|count| [*count as u32, (*count >> 32) as u32]).collect()
    }
}

/// Scales and the net as they were when the checkpoint was made.
pub(super) fn restored(
    checkpoint: &Checkpoint,
    options: &Options,
    shape: Shape,
) -> Result<(Calibration, Net), TrainError> {
    let numbers = |name: &str, len: usize| {
        let mut out = vec![0.0; len];
        checkpoint.read_f32(name, &[len], &mut out).map(|()| out)
    };
    let n = shape.n_layers;
    let scales = Scales { x: numbers("scale.x", n)?, y: numbers("scale.y", n)? };
    let calibration = Calibration { scales, limits: numbers("limits", 2 * n)? };
    let objective = &options.recipe.objective;
    let thresholds = match objective.gate {
        super::objective::Gate::JumpRelu(_) => Presence::Present,
        _ => Presence::Absent,
    };
    let extras = Extras { thresholds, skip: options.dictionary.skip };
    let tables = |prefix: &str| -> Result<Tables, TrainError> {
        let mut tables = Tables::zeros(shape, extras);
        for (name, shape, values) in tables.parts_mut(prefix) {
            checkpoint.read_f32(&name, &shape, values)?;
        }
        Ok(tables)
    };
    let mut net = Net::new(tables("params")?, options.recipe);
    net.norms = norms(&net.params, objective);
    net.first = tables("first")?;
    net.second = tables("second")?;
    let silent = checkpoint.u32_list("silent")?;
    let words = silent.as_chunks::<2>().0;
    if words.len() != n * shape.n_features {
        let reason = format!("tensor `silent` has {} numbers", silent.len());
        return Err(TrainError::Damaged { path: checkpoint.path().to_owned(), reason });
    }
    for (count, [low, high]) in net.silent.iter_mut().flatten().zip(words) {
        *count = u64::from(*low) | u64::from(*high) << 32;
    }
    net.current.iter_mut().flatten().for_each(|current| *current = checkpoint.step());
    Ok((calibration, net))
}

/// The controller, if the run has one.
pub(super) fn controller(
    from: Option<&Checkpoint>,
    options: &Options,
) -> Result<Option<Controller>, TrainError> {
    let Some(target) = options.target_l0 else { return Ok(None) };
    let Some(checkpoint) = from else { return Ok(Some(Controller::new(target))) };
    let state: &Value = &checkpoint.state()["controller"];
    let controller = Controller::resume(target, state).ok_or_else(|| TrainError::Damaged {
        path: checkpoint.path().to_owned(),
        reason: "it lacks the controller's state".to_owned(),
    })?;
    Ok(Some(controller))
}

/// How often features fire.
pub(super) fn density(from: Option<&Checkpoint>, shape: Shape) -> Result<Density, TrainError> {
    let mut density = Density::new(shape.n_layers, shape.n_features);
    if let Some(checkpoint) = from {
        let numbers = density.numbers_mut();
        let len = numbers.len();
        checkpoint.read_f32("density", &[len], numbers)?;
    }
    Ok(density)
}
