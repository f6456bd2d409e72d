//! Traces.

use std::ops::ControlFlow;

use connectome::attribution::{
    Expand, Labels, Options, Progress, Step, TargetSpec, Targets, attribute,
};
use connectome::error::RunError;
use connectome::replacement::LocalReplacement;
use connectome_graph::{AttributionGraph, FeatureId, Provenance};

use super::Engine;
use super::forward::prompt;
use crate::TOOL;
use crate::error::ServeError;
use crate::jobs::Reporter;
use crate::wire::{ExpandAsk, TargetAsk, TargetsAsk, TraceAsk};

/// circuit-tracer's: rows of a batch times batches between two rankings.
const RANKING_CHUNK: usize = 256 * 4;

impl Engine {
    /// Refuses what makes no sense before it waits in a queue; the prompt's text.
    pub(crate) fn check_trace(&self, ask: &TraceAsk) -> Result<String, ServeError> {
        let (opened, ready) = self.prepare(&ask.prompt)?;
        position(ask.position, ready.tokens.ids.len())?;
        expand(ask.expand.as_ref())?;
        let vocab = opened.replacement.model().config().n_vocab;
        targets(ask.targets.as_ref(), vocab)?;
        Ok(ready.text)
    }

    /// The graph, or as much of it as there is when the job is cancelled.
    pub(crate) fn trace(
        &self,
        ask: &TraceAsk,
        reporter: &Reporter,
    ) -> Result<AttributionGraph, ServeError> {
        let (opened, ready) = self.prepare(&ask.prompt)?;
        let _ = reporter.step("forward", 0, 0);
        let local = opened.replacement.on(&ready.tokens)?;
        let vocab = opened.replacement.model().config().n_vocab;
        let pos = position(ask.position, ready.tokens.ids.len())?;
        let targets = targets(ask.targets.as_ref(), vocab)?;
        fire(&local, &targets, pos)?;
        let options = Options { targets, pos: Some(pos), expand: expand(ask.expand.as_ref())? };
        let flags = flags(&options, pos, ready.tokens.n_zeroed);
        let provenance = Provenance { flags, ..opened.provenance(TOOL) };
        let labels = Labels { prompt: prompt(&ready), provenance };
        let text = |id| opened.token_text(id);
        Ok(attribute(&local, &options, labels, &text, &mut Watched(reporter))?)
    }
}

struct Watched<'a>(&'a Reporter);

impl Progress for Watched<'_> {
    fn step(&mut self, step: Step) -> ControlFlow<()> {
        self.0.step("attribution", step.rows, step.expected)
    }
}

fn position(asked: Option<i64>, n_tokens: usize) -> Result<usize, ServeError> {
    let found = asked.unwrap_or(-1);
    let from_start = if found < 0 { found.saturating_add(n_tokens as i64) } else { found };
    let pos = usize::try_from(from_start).ok().filter(|pos| *pos < n_tokens);
    Ok(pos.ok_or(RunError::Position { found, n_tokens })?)
}

fn expand(ask: Option<&ExpandAsk>) -> Result<Expand, ServeError> {
    match ask {
        None => Ok(Expand::default()),
        Some(ExpandAsk::Exhaustive) => Ok(Expand::Exhaustive),
        Some(ExpandAsk::Budget { max_feature_nodes }) => {
            Ok(Expand::Ranked { max: *max_feature_nodes, chunk: RANKING_CHUNK })
        }
        Some(ExpandAsk::Certified { tolerance }) if *tolerance > 0.0 && *tolerance < 1.0 => {
            Ok(Expand::Certified { tolerance: *tolerance })
        }
        Some(ExpandAsk::Certified { tolerance }) => Err(ServeError::bad(format!(
            "the tolerance is {tolerance}, expected a number between 0 and 1"
        ))),
    }
}

fn targets(ask: Option<&TargetsAsk>, vocab: usize) -> Result<Targets, ServeError> {
    let token = |id: u32| {
        if (id as usize) < vocab { Ok(id) } else { Err(RunError::TokenId { found: id, vocab }) }
    };
    let spec = |target: &TargetAsk| -> Result<TargetSpec, RunError> {
        Ok(match target {
            TargetAsk::Token { id } => TargetSpec::Token(token(*id)?),
            TargetAsk::Contrast { plus, minus } => {
                TargetSpec::Contrast { plus: token(*plus)?, minus: token(*minus)? }
            }
            TargetAsk::Feature { layer, index } => {
                TargetSpec::Feature(FeatureId { layer: *layer, index: *index })
            }
        })
    };
    match ask {
        None => Ok(Targets::default()),
        Some(TargetsAsk::Salient { max, probability }) => {
            if !(0.0..=1.0).contains(probability) {
                return Err(ServeError::bad(format!(
                    "the probability of the targets is {probability}, expected a number from 0 to 1"
                )));
            }
            match *max {
                0 => Err(RunError::NoTargets.into()),
                found if found > vocab => Err(RunError::TooManyLogits { found, vocab }.into()),
                max => Ok(Targets::Salient { max, probability: *probability as f32 }),
            }
        }
        Some(TargetsAsk::Given { targets }) if targets.is_empty() => {
            Err(RunError::NoTargets.into())
        }
        Some(TargetsAsk::Given { targets }) => {
            let specs: Result<Vec<TargetSpec>, RunError> = targets.iter().map(spec).collect();
            Ok(Targets::Given(specs?))
        }
    }
}

/// Refuses features that are silent where they should be explained.
fn fire(local: &LocalReplacement<'_>, targets: &Targets, pos: usize) -> Result<(), ServeError> {
    let Targets::Given(specs) = targets else { return Ok(()) };
    for spec in specs {
        if let TargetSpec::Feature(id) = spec {
            local.features().find(*id, pos as u32)?;
        }
    }
    Ok(())
}

/// What bears on the result, by the names of the command line's flags.
fn flags(
    options: &Options,
    pos: usize,
    n_zeroed: usize,
) -> std::collections::BTreeMap<String, String> {
    let mut flags = vec![
        ("position", pos.to_string()),
        ("zeroed-positions", n_zeroed.to_string()),
        ("device", "cpu".to_owned()),
    ];
    match options.expand {
        Expand::Certified { tolerance } => flags.push(("tolerance", tolerance.to_string())),
        Expand::Ranked { max, chunk } => {
            flags.push(("max-feature-nodes", max.to_string()));
            flags.push(("ranking-chunk", chunk.to_string()));
        }
        _ => flags.push(("exhaustive", "true".to_owned())),
    }
    if let Targets::Salient { max, probability } = &options.targets {
        flags.push(("max-n-logits", max.to_string()));
        flags.push(("desired-logit-prob", probability.to_string()));
    }
    flags.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
