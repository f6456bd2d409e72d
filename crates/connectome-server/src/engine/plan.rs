//! From a request in nodes to an intervention in features, and what the graph predicts of it.

use connectome::error::RunError;
use connectome::intervene::{
    AttentionPatterns, Baseline, Borrowed, Change, Edit, Intervention, Mode, NormScales, Positions,
    Request, Swap, Sweep,
};
use connectome::validate::{Answering, Forecast};
use connectome_graph::{ActiveFeature, AttributionGraph, FeatureId, Node};

use crate::circuits::checked;
use crate::error::ServeError;
use crate::wire::{EditAsk, EditHow, EditPositions, Group, Held, InterveneAsk, ModeAsk, SweepAsk};

/// Features among the nodes of a request.
pub(super) fn features(
    graph: &AttributionGraph,
    nodes: &[u32],
) -> Result<Vec<(u32, ActiveFeature)>, ServeError> {
    let mut found = Vec::new();
    for idx in checked(graph, nodes)? {
        if let Node::Feature(feature) = graph.nodes().node(idx) {
            found.push((idx.get(), feature));
        }
    }
    Ok(found)
}

/// What is asked for, in features.
pub(super) fn request<'a>(
    graph: &AttributionGraph,
    ask: &InterveneAsk,
    swap: Option<(Swap<'a>, &AttributionGraph)>,
    n_layers: usize,
) -> Result<Request<'a>, ServeError> {
    let mut edits = Vec::new();
    for one in &ask.edits {
        let change = change(one)?;
        for (_, feature) in features(graph, &one.nodes)? {
            let pos = feature.pos as usize;
            let positions = match one.positions {
                EditPositions::Own => Positions::At(pos),
                EditPositions::All => Positions::Prompt,
                EditPositions::Onward => Positions::From(pos),
            };
            edits.push(Edit { feature: feature.id, positions, change });
        }
    }
    let borrowed = match (&ask.swap, swap) {
        (Some(asked), Some((swap, other))) => {
            let taken = features(other, &asked.nodes)?;
            let here = |feature: ActiveFeature| -> Result<(FeatureId, usize), ServeError> {
                Ok((feature.id, counterpart(swap, asked.from_end, feature.pos as usize)?))
            };
            let features = taken.into_iter().map(|(_, one)| here(one));
            let features = features.collect::<Result<_, _>>()?;
            Some(Borrowed { swap, features, times: asked.times as f32, residuals: Vec::new() })
        }
        _ => None,
    };
    let of_edits = edits.iter().map(|edit| edit.feature.layer as usize);
    let of_swap = borrowed.iter().flat_map(|b| &b.features).map(|(id, _)| id.layer as usize);
    let Some(first) = of_edits.chain(of_swap).min() else {
        return Err(RunError::EmptySet { what: "the set of features to change" }.into());
    };
    let norms = match ask.norms {
        Some(Held::Frozen) => NormScales::Frozen,
        _ => NormScales::Free,
    };
    Ok(Request { edits, borrowed, mode: mode(ask, first, n_layers)?, norms })
}

/// The position here of one of the other prompt.
fn counterpart(swap: Swap<'_>, from_end: bool, there: usize) -> Result<usize, ServeError> {
    let (here_len, there_len) = (swap.here.n_tokens(), swap.there.n_tokens());
    let here = if from_end { (there + here_len).checked_sub(there_len) } else { Some(there) };
    let here = here.filter(|here| *here < here_len);
    Ok(here.ok_or(RunError::NoCounterpart { pos: there, n_tokens: here_len })?)
}

fn change(ask: &EditAsk) -> Result<Change, ServeError> {
    let value = ask.value as f32;
    if !value.is_finite() {
        return Err(ServeError::bad("the value of an edit is no finite number"));
    }
    Ok(match ask.how {
        EditHow::Set => Change::Set(value),
        EditHow::Scale => Change::Scale(value),
        EditHow::Add => Change::Add(value),
        EditHow::Ablate => Change::ABLATE,
    })
}

fn mode(ask: &InterveneAsk, first: usize, n_layers: usize) -> Result<Mode, ServeError> {
    let layers = match ask.layers {
        Some([start, end]) => start..end,
        None => first..(n_layers - 1).max(first + 1),
    };
    let is_free = ask.attention == Some(Held::Free);
    let mode = match ask.mode.unwrap_or(ModeAsk::Open) {
        ModeAsk::Direct => Mode::Direct,
        ModeAsk::Constrained => Mode::Constrained { layers },
        ModeAsk::Iterative => Mode::Iterative { layers },
        ModeAsk::Open if is_free => Mode::Open { attention: AttentionPatterns::Free },
        ModeAsk::Open => Mode::Open { attention: AttentionPatterns::Frozen },
    };
    if is_free && mode.freezes_attention() {
        return Err(ServeError::bad(
            "attention is to be free, but only the mode `open` computes patterns anew",
        ));
    }
    Ok(mode)
}

pub(super) fn sweep(ask: &SweepAsk) -> (Sweep, &'static str) {
    match ask {
        SweepAsk::Dose { values } => {
            (Sweep::Dose(values.iter().map(|value| *value as f32).collect()), "dose")
        }
        SweepAsk::EndLayer => (Sweep::EndLayer, "end_layer"),
        SweepAsk::Position => (Sweep::Position, "position"),
    }
}

/// What was held, in a line.
pub(super) fn held(request: &Request<'_>) -> String {
    let mode = match &request.mode {
        Mode::Direct => "direct".to_owned(),
        Mode::Open { .. } => "open".to_owned(),
        Mode::Constrained { layers } => {
            format!("constrained, layers {}..{}", layers.start, layers.end)
        }
        Mode::Iterative { layers } => format!("iterative, layers {}..{}", layers.start, layers.end),
    };
    let word = |frozen: bool| if frozen { "frozen" } else { "free" };
    let attention = word(request.mode.freezes_attention());
    let norms = word(request.norms == NormScales::Frozen || request.mode == Mode::Direct);
    format!("{mode}; attention {attention}, norms {norms}")
}

/// What was done, in a line: groups by name where an edit is of one.
pub(super) fn what(graph: &AttributionGraph, ask: &InterveneAsk) -> Result<String, ServeError> {
    let mut parts = Vec::new();
    for edit in &ask.edits {
        let name = set_name(graph, &ask.groups, &edit.nodes)?;
        parts.push(match edit.how {
            EditHow::Set => format!("{name} set to {}", signed(edit.value)),
            EditHow::Scale => format!("{name} {}×", signed(edit.value)),
            EditHow::Add => format!("{name} plus {}", signed(edit.value)),
            EditHow::Ablate => format!("{name} off"),
        });
    }
    if let Some(swap) = &ask.swap {
        parts.push(format!("{}× from {}", signed(swap.times), swap.graph));
    }
    Ok(parts.join("; "))
}

fn set_name(
    graph: &AttributionGraph,
    groups: &[Group],
    nodes: &[u32],
) -> Result<String, ServeError> {
    let sorted = |nodes: &[u32]| {
        let mut nodes = nodes.to_vec();
        nodes.sort_unstable();
        nodes
    };
    let is_it = |group: &&Group| sorted(&group.nodes) == sorted(nodes);
    if let Some(group) = groups.iter().find(is_it) {
        return Ok(group.name.clone());
    }
    let all = checked(graph, nodes)?;
    Ok(match all.as_slice() {
        [] => "nothing".to_owned(),
        [one] => graph.nodes().name(*one),
        several => format!("{} nodes", several.len()),
    })
}

/// A number with a true minus sign.
pub(super) fn signed(value: f64) -> String {
    format!("{value}").replace('-', "−")
}

/// What was done to a feature at a position, the last edit holding.
pub(super) fn change_at(
    run: &Intervention,
    n_tokens: usize,
    (id, pos): (FeatureId, usize),
) -> Option<Change> {
    let edits = run.edits.iter().filter(|edit| edit.feature == id);
    let mut here = edits.filter(|edit| edit.positions.in_prompt(n_tokens).contains(&pos));
    here.next_back().map(|edit| edit.change)
}

/// What the graph says of a run; `None` where it says nothing: of a feature that does not fire,
/// and of constrained patching, where neither every path nor the direct edges alone count.
pub(super) fn forecast<'a>(
    baseline: &'a Baseline<'a>,
    run: &Intervention,
) -> Result<Option<Forecast<'a>>, ServeError> {
    let answering = match run.mode {
        Mode::Direct => Answering::Nobody,
        Mode::Open { .. } | Mode::Iterative { .. } => Answering::Features,
        Mode::Constrained { .. } => return Ok(None),
    };
    let n_tokens = baseline.n_tokens();
    let mut places: Vec<(FeatureId, usize)> = Vec::new();
    for edit in &run.edits {
        places.extend(edit.positions.in_prompt(n_tokens).map(|pos| (edit.feature, pos)));
    }
    places.sort_unstable();
    places.dedup();
    let mut gains = Vec::new();
    for place in places {
        let Some(change) = change_at(run, n_tokens, place) else { continue };
        let clean = baseline.activation(place.0, place.1);
        let gain = change.apply(clean, clean) - clean;
        if clean == 0.0 && gain != 0.0 {
            return Ok(None);
        }
        if clean != 0.0 {
            gains.push((place.0, place.1, gain));
        }
    }
    Ok(Some(Forecast::new(baseline, &gains, answering)?))
}
