//! What a trace is to explain, from the words of the command line.

use std::path::Path;

use anyhow::Result;
use connectome::attribution::{TargetSpec, Targets};
use connectome::error::{LoadError, RunError};
use connectome::files::Folder;
use connectome::replacement::LocalReplacement;
use connectome::weights::Weights;
use connectome_graph::FeatureId;

use crate::args::TargetArgs;
use crate::failure::UsageError;
use crate::load::Loaded;
use crate::settings::{folder, number};

/// The position of the targets: negative ones count from the end.
pub(crate) fn position(found: i64, n_tokens: usize) -> Result<usize> {
    let from_start = if found < 0 { found.saturating_add(n_tokens as i64) } else { found };
    let pos = usize::try_from(from_start).ok().filter(|pos| *pos < n_tokens);
    Ok(pos.ok_or(RunError::Position { found, n_tokens })?)
}

/// The targets: tokens first, then contrasts, directions and features, each in the order given.
pub(crate) fn resolve(
    args: &TargetArgs,
    loaded: &Loaded,
    local: &LocalReplacement<'_>,
    pos: usize,
) -> Result<Targets> {
    let mut specs = Vec::new();
    for text in &args.target {
        specs.push(TargetSpec::Token(token(text, loaded)?));
    }
    for pair in args.contrast.chunks_exact(2) {
        let (plus, minus) = (token(&pair[0], loaded)?, token(&pair[1], loaded)?);
        specs.push(TargetSpec::Contrast { plus, minus });
    }
    let width = loaded.replacement.model().config().d_model;
    for text in &args.direction {
        specs.push(direction(text, width)?);
    }
    for text in &args.feature {
        let id: FeatureId = text.parse()?;
        fires(local, id, pos)?;
        specs.push(TargetSpec::Feature(id));
    }
    if specs.is_empty() {
        let (max, probability) = (args.max_n_logits, args.desired_logit_prob);
        if !(0.0..=1.0).contains(&probability) {
            let what = "probability of the targets";
            return Err(number(what, &probability, "a number from 0 to 1").into());
        }
        let vocab = loaded.replacement.model().config().n_vocab;
        return match max {
            0 => Err(RunError::NoTargets.into()),
            found if found > vocab => Err(RunError::TooManyLogits { found, vocab }.into()),
            max => Ok(Targets::Salient { max, probability }),
        };
    }
    Ok(Targets::Given(specs))
}

/// `id:123`, or text that is one token.
pub(crate) fn token(text: &str, loaded: &Loaded) -> Result<u32> {
    let vocab = loaded.replacement.model().config().n_vocab;
    let id = match text.strip_prefix("id:") {
        Some(id) => id.parse().map_err(|_| UsageError::TokenId { found: id.to_owned() })?,
        None => loaded.tokenizer()?.single_token(text)?,
    };
    if id as usize >= vocab {
        return Err(RunError::TokenId { found: id, vocab }.into());
    }
    Ok(id)
}

/// Refuses a feature that is silent at `pos`, and knows where it is not.
fn fires(local: &LocalReplacement<'_>, feature: FeatureId, pos: usize) -> Result<()> {
    let fired = local.features().list().iter().filter(|fired| fired.id == feature);
    let fires_at: Vec<u32> = fired.map(|fired| fired.pos).collect();
    if fires_at.contains(&(pos as u32)) {
        return Ok(());
    }
    let n_layers = local.map().n_layers();
    if feature.layer as usize >= n_layers {
        return Err(RunError::Layer { found: feature.layer, n_layers }.into());
    }
    Err(UsageError::Silent { feature, pos, fires_at }.into())
}

/// `FILE.safetensors[:TENSOR][@WEIGHT]`: a vector of the model's width.
pub(crate) fn direction(text: &str, width: usize) -> Result<TargetSpec> {
    const EXTENSION: &str = ".safetensors";
    let bad = || UsageError::Direction { found: text.to_owned() };
    let end = text.rfind(EXTENSION).ok_or_else(bad)? + EXTENSION.len();
    let (path, rest) = text.split_at(end);
    let (tensor, weight) = match rest.rsplit_once('@') {
        Some((tensor, weight)) => (tensor, weight.parse::<f32>().map_err(|_| bad())?),
        None => (rest, 1.0),
    };
    if !(weight.is_finite() && weight >= 0.0) {
        return Err(number("weight of a direction", &weight, "a number of at least 0").into());
    }
    let tensor = match tensor.strip_prefix(':') {
        Some(name) if !name.is_empty() => Some(name),
        None if tensor.is_empty() => None,
        _ => return Err(bad().into()),
    };
    let path = Path::new(path);
    let file = path.file_name().and_then(|name| name.to_str()).ok_or_else(bad)?;
    let weights = Weights::open(&Folder::Disk(folder(path)), file)?;
    let names: Vec<String> = weights.names().map(str::to_owned).collect();
    let name = match (tensor, names.as_slice()) {
        (Some(name), _) => name.to_owned(),
        (None, [only]) => only.clone(),
        (None, _) => {
            let (n_tensors, path) = (names.len(), path.to_owned());
            return Err(UsageError::WhichTensor { n_tensors, names, path }.into());
        }
    };
    let path = path.to_owned();
    let Some(shape) = weights.shape(&name) else {
        return Err(LoadError::MissingTensor { tensor: name, path }.into());
    };
    if shape != [width] {
        let found = shape.to_vec();
        return Err(
            UsageError::DirectionShape { tensor: name, found, expected: width, path }.into()
        );
    }
    let vector_d = weights.vector(&name, width)?;
    Ok(TargetSpec::Direction { name, vector_d, weight })
}
