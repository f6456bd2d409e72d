//! What the flags of `doubt` name: spans, nodes, what stands for an absent token.

use std::ops::Range;

use anyhow::Result;
use connectome::attribution::TargetSpec;
use connectome::doubt::Absence;
use connectome_graph::{AttributionGraph, FeatureId, NodeIdx, TargetKind};

use crate::failure::{InterveneError, UsageError};
use crate::load::Loaded;
use crate::{names, targets};

/// `3..5,7..9`, `3..=4,7`: two spans.
pub(super) fn spans(text: &str) -> Result<[Range<usize>; 2], UsageError> {
    let bad = || UsageError::Spans { found: text.to_owned() };
    let (a, b) = text.split_once(',').ok_or_else(bad)?;
    let span = |text: &str| {
        let number = |text: &str| text.trim().parse::<usize>().ok();
        match text.split_once("..") {
            None => number(text).map(|pos| pos..pos + 1),
            Some((start, end)) => {
                let (start, last) = (number(start)?, end.strip_prefix('='));
                Some(start..last.map_or_else(|| number(end), |last| number(last).map(|n| n + 1))?)
            }
        }
    };
    Ok([span(a).ok_or_else(bad)?, span(b).ok_or_else(bad)?])
}

/// `mean`, `zero`, or a token.
pub(super) fn absence(text: &str, loaded: &Loaded) -> Result<Absence> {
    Ok(match text {
        "mean" => Absence::Mean,
        "zero" => Absence::Zero,
        token => Absence::Token(targets::token(token, loaded)?),
    })
}

/// A supernode's members, or nodes with commas between them.
pub(super) fn middle(graph: &AttributionGraph, text: &str) -> Result<Vec<NodeIdx>> {
    let groups = &graph.annotations().supernodes;
    if let Some(group) = groups.iter().find(|group| group.name == text) {
        return Ok(group.members.clone());
    }
    // What has the form of a node is meant as one.
    if text.contains('@') {
        return Ok(nodes(graph, text.split(',').map(str::trim))?);
    }
    let names = groups.iter().map(|group| group.name.clone()).collect();
    Err(InterveneError::NotASupernode { name: text.to_owned(), names }.into())
}

pub(super) fn nodes<'a>(
    graph: &AttributionGraph,
    texts: impl Iterator<Item = &'a str>,
) -> Result<Vec<NodeIdx>, UsageError> {
    texts.map(|text| names::find(graph, text)).collect()
}

/// `L1/3@5`: a feature and a position, whether or not a graph has it.
pub(super) fn feature_at(text: &str) -> Result<(FeatureId, usize), InterveneError> {
    let parse = || {
        let (id, pos) = text.trim().split_once('@')?;
        Some((id.parse().ok()?, pos.parse().ok()?))
    };
    parse().ok_or_else(|| InterveneError::NoFeature { found: text.to_owned() })
}

/// The graph's targets, as any dictionary can explain them: features are its own.
pub(super) fn specs(graph: &AttributionGraph, directions: &[TargetSpec]) -> Vec<TargetSpec> {
    let spec = |kind: TargetKind| match kind {
        TargetKind::Logit { token } => Some(TargetSpec::Token(token)),
        TargetKind::Contrast { plus, minus } => Some(TargetSpec::Contrast { plus, minus }),
        TargetKind::Direction { index } => directions.get(index as usize).cloned(),
        TargetKind::Feature(_) => None,
    };
    graph.nodes().targets().iter().filter_map(|target| spec(target.kind)).collect()
}

/// Directions that were given again, as many as the graph has.
pub(super) fn directions(
    graph: &AttributionGraph,
    given: &[String],
    loaded: &Loaded,
) -> Result<Vec<TargetSpec>> {
    let width = loaded.replacement.model().config().d_model;
    let specs: Vec<TargetSpec> =
        given.iter().map(|text| targets::direction(text, width)).collect::<Result<_>>()?;
    let wanted = graph.nodes().targets().iter();
    let missing = wanted
        .filter(|target| matches!(target.kind, TargetKind::Direction { .. }))
        .nth(specs.len());
    match missing {
        Some(target) => Err(UsageError::DirectionOfGraph { label: target.label.clone() }.into()),
        None => Ok(specs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_three_spellings() {
        assert_eq!(spans("3..5,7..9").unwrap(), [3..5, 7..9]);
        assert_eq!(spans("3..=4, 7").unwrap(), [3..5, 7..8]);
        for text in ["3..5", "a..b,1", "1,2,3", "..4,5", "3..,4", ""] {
            assert!(spans(text).is_err(), "{text}");
        }
    }

    #[test]
    fn features_have_a_position() {
        let (id, pos) = feature_at("L1/3@5").unwrap();
        assert_eq!((id.to_string().as_str(), pos), ("L1/3", 5));
        assert!(feature_at("L1/3").is_err() && feature_at("token:3").is_err());
    }
}
