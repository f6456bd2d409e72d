//! What the flags say, read and checked before any model is loaded.

use anyhow::Result;
use connectome::intervene::{Alignment, Choice, GenerateOptions};
use connectome::lm::stop_tokens;
use connectome_graph::AttributionGraph;

use super::resolve::alignment;
use crate::args::{GenerateArgs, Held, InterveneArgs, ModeArgs, ModeName};
use crate::edits::{self, NodeSet, Place, Reader, WrittenEdit, WrittenSweep};
use crate::failure::InterveneError;
use crate::load::Loaded;
use crate::settings::number;
use crate::targets::token;

/// A request in words.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) edits: Vec<WrittenEdit>,
    pub(super) swaps: Vec<NodeSet>,
    pub(super) times: f32,
    pub(super) residuals: Vec<(usize, Place)>,
    pub(super) alignment: Alignment,
    pub(super) mode: ModeName,
    pub(super) layers: Option<(usize, Option<usize>)>,
    pub(super) attention: Option<Held>,
    pub(super) norms: Option<Held>,
    pub(super) sweep: Option<WrittenSweep>,
    /// Groups to follow; `None` leaves the choice to us.
    pub(super) watch: Option<Vec<WrittenGroup>>,
}

/// A group to follow, and its name if it was given one.
#[derive(Debug)]
pub(super) struct WrittenGroup {
    pub(super) name: Option<String>,
    pub(super) nodes: NodeSet,
}

impl Asked {
    pub(super) fn read(args: &InterveneArgs, graph: Option<&AttributionGraph>) -> Result<Self> {
        let supernodes = graph.map(|graph| graph.annotations().supernodes.as_slice());
        let reader = Reader { supernodes };
        let other = &args.other;
        let asked = Self {
            edits: reader.edits(&args.edits)?,
            swaps: other.swap.iter().map(|text| reader.set(text)).collect::<Result<_, _>>()?,
            times: other.times.unwrap_or(1.0),
            residuals: residuals(&other.residual)?,
            alignment: alignment(&other.align)?,
            mode: args.mode.mode.unwrap_or(ModeName::Open),
            layers: args.mode.layers.as_deref().map(edits::layers).transpose()?,
            attention: args.mode.attention,
            norms: args.mode.norms,
            sweep: args.measure.sweep.as_deref().map(str::parse).transpose()?,
            watch: watched(&args.measure.watch, reader)?,
        };
        asked.check_other(args)?;
        asked.check_mode(&args.mode)?;
        if !asked.times.is_finite() {
            return Err(number("times", &asked.times, "a finite number").into());
        }
        Ok(asked)
    }

    fn check_other(&self, args: &InterveneArgs) -> Result<(), InterveneError> {
        let has_other = args.other.from.is_some() || args.other.from_token_ids.is_some();
        let takes = !self.swaps.is_empty() || !self.residuals.is_empty();
        if has_other && !takes {
            return Err(InterveneError::NothingTaken);
        }
        if takes && !has_other {
            let flag = if self.swaps.is_empty() { "--residual" } else { "--swap" };
            return Err(InterveneError::NoOther { flag });
        }
        if self.edits.is_empty() && !takes {
            return Err(InterveneError::NoEdits);
        }
        Ok(())
    }

    fn check_mode(&self, args: &ModeArgs) -> Result<(), InterveneError> {
        let refuse = |flag, other, why| Err(InterveneError::Contradiction { flag, other, why });
        let holds_layers = matches!(self.mode, ModeName::Constrained | ModeName::Iterative);
        let mode = match (self.mode, args.mode) {
            (_, None) => "the default mode, `open`",
            (ModeName::Direct, _) => "`--mode direct`",
            (ModeName::Constrained, _) => "`--mode constrained`",
            (ModeName::Open, _) => "`--mode open`",
            (ModeName::Iterative, _) => "`--mode iterative`",
        };
        if self.layers.is_some() && !holds_layers {
            let why = "only constrained and iterative patching hold a range of layers";
            return refuse("`--layers`", mode, why);
        }
        if self.attention == Some(Held::Free) && self.mode != ModeName::Open {
            return refuse(
                "`--attention free`",
                mode,
                "its patterns are those of the unchanged run",
            );
        }
        if self.norms == Some(Held::Free) && self.mode == ModeName::Direct {
            return refuse("`--norms free`", mode, "its norms are those of the unchanged run");
        }
        let ends = self.sweep == Some(WrittenSweep::EndLayer);
        if ends && !holds_layers {
            let why = "only constrained and iterative patching have an end layer";
            return refuse("`--sweep end-layer`", mode, why);
        }
        if ends && self.layers.is_some_and(|(_, end)| end.is_some()) {
            return refuse("`--sweep end-layer`", "the end of `--layers`", "give `--layers A..`");
        }
        if self.mode == ModeName::Constrained && self.layers.is_none() && !ends {
            return Err(InterveneError::NoLayers);
        }
        Ok(())
    }
}

/// `LAYER@PLACE[,…]`.
fn residuals(texts: &[String]) -> Result<Vec<(usize, Place)>, InterveneError> {
    let residual = |text: &str| {
        let bad = || InterveneError::Residual { found: text.to_owned() };
        let (layer, place) = text.split_once('@').ok_or_else(bad)?;
        let layer = layer.strip_prefix('L').unwrap_or(layer);
        Ok((layer.parse().map_err(|_| bad())?, place.parse()?))
    };
    texts.iter().flat_map(|text| text.split(',')).map(|text| residual(text.trim())).collect()
}

fn watched(
    texts: &[String],
    reader: Reader<'_>,
) -> Result<Option<Vec<WrittenGroup>>, InterveneError> {
    if texts.is_empty() {
        return Ok(None);
    }
    if texts == ["none"] {
        return Ok(Some(Vec::new()));
    }
    let group = |text: &String| {
        let named = text.split_once('=').filter(|_| !reader.is_supernode(text));
        let (name, nodes) = match named {
            Some((name, nodes)) => (Some(name.trim().to_owned()), nodes),
            None => (None, text.as_str()),
        };
        Ok(WrittenGroup { name, nodes: reader.set(nodes)? })
    };
    texts.iter().map(group).collect::<Result<_, _>>().map(Some)
}

/// What is to be generated, if anything.
pub(super) fn generation(args: &GenerateArgs, loaded: &Loaded) -> Result<Option<GenerateOptions>> {
    let Some(max_new_tokens) = args.generate else { return Ok(None) };
    let draws = args.samples.is_some()
        || args.temperature.is_some()
        || args.top_k.is_some()
        || args.seed.is_some();
    let temperature = args.temperature.unwrap_or(1.0);
    let choice = match draws && !args.greedy {
        true => Choice::Sample { temperature, top_k: args.top_k },
        false => Choice::Greedy,
    };
    let mut stop = stop_tokens(&loaded.folder)?;
    stop.extend(loaded.tokenizer.as_ref().and_then(|tokenizer| tokenizer.eos_id()));
    for text in &args.stop {
        stop.push(token(text, loaded)?);
    }
    stop.sort_unstable();
    stop.dedup();
    Ok(Some(GenerateOptions {
        max_new_tokens,
        choice,
        seed: args.seed.unwrap_or(0),
        n_samples: args.samples.unwrap_or(1),
        stop,
        keep_logits: false,
    }))
}
