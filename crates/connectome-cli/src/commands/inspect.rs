//! `connectome inspect`: what something is; a node, an edge.

use std::path::Path;

use anyhow::Result;
use connectome::attribution::heads::head_split;
use connectome::attribution::{Options, TargetSpec, Targets};
use connectome::error::LoadError;
use connectome::files::Folder;
use connectome::hub::{Files, HubError};
use connectome::lm::Model;
use connectome::organism;
use connectome::weights::Weights;
use connectome_graph::{AttributionGraph, Node, NodeIdx, TargetKind, influence};

use super::Ending;
use super::paths::explained;
use crate::args::InspectArgs;
use crate::failure::UsageError;
use crate::load::{self, Loaded};
use crate::report::Stop;
use crate::report::inspect::{
    DictionaryFolder, EdgeView, GraphFile, Inspected, LayerSplit, ModelFolder, NodeView,
    TensorReport, TokenizerReport, VerdictView, share_of_inputs,
};
use crate::report::trace::{DictionaryReport, ModelReport};
use crate::settings::World;
use crate::{names, origin, printer, targets};

pub(crate) fn run(args: &InspectArgs, world: &World) -> Result<Ending> {
    let path = Path::new(&args.path);
    if path.is_file() {
        graph(args, path, world)?;
        return Ok(Ending::Done);
    }
    let inspected = folder(args, world)?;
    for (option, given) in [("--node", args.node.is_some()), ("--edge", args.edge.is_some())] {
        if given {
            let what = match inspected {
                Inspected::Dictionary(_) => "a dictionary",
                _ => "a model",
            };
            return Err(UsageError::NotForThis { option, path: args.path.clone(), what }.into());
        }
    }
    world.print(&printer::inspect::inspected(&inspected, world.screen))?;
    world.document(&inspected)?;
    Ok(Ending::Done)
}

fn graph(args: &InspectArgs, path: &Path, world: &World) -> Result<()> {
    let graph = AttributionGraph::load(path)?;
    if let Some(node) = &args.node {
        let idx = names::find(&graph, node)?;
        let view = NodeView::of(&args.path, &graph, &influence(&graph), (idx, args.top));
        world.print(&printer::inspect::node(&view, world.screen))?;
        return world.document(&view);
    }
    if let Some([from, to]) = args.edge.as_deref() {
        let ends = (names::find(&graph, from)?, names::find(&graph, to)?);
        explained(&graph, ends.1)?;
        let view = edge(args, &graph, ends, world)?;
        world.print(&printer::inspect::edge(&view, args.top, world.screen))?;
        return world.document(&view);
    }
    let bytes = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let file = GraphFile::of(&args.path, bytes, &graph);
    let inspected = Inspected::Graph(Box::new(file));
    world.print(&printer::inspect::inspected(&inspected, world.screen))?;
    world.document(&inspected)
}

fn edge(
    args: &InspectArgs,
    graph: &AttributionGraph,
    (from, to): (NodeIdx, NodeIdx),
    world: &World,
) -> Result<EdgeView> {
    let missing = || UsageError::NotExpanded { found: names::name(graph, to) };
    let row = graph.row(to).ok_or_else(missing)?;
    let weight = row.weight(from);
    if weight == 0.0 && row.abs_remainder > 0.0 && graph.nodes().may_feed(from, to) {
        world.note(&format!(
            "no such edge is stored; it may be one of those that were cut from the row, {:.1e} in \
             all",
            row.abs_remainder
        ));
    }
    let layers = if args.heads { Some(split(args, graph, (from, to), world)?) } else { None };
    Ok(EdgeView {
        graph: args.path.clone(),
        source: Stop::of(graph, from),
        target: Stop::of(graph, to),
        weight,
        share_of_inputs: share_of_inputs(weight, row),
        verdict: VerdictView::of(graph, from, to),
        layers,
    })
}

/// An edge over attention heads: runs the model again over the graph's prompt.
fn split(
    args: &InspectArgs,
    graph: &AttributionGraph,
    (from, to): (NodeIdx, NodeIdx),
    world: &World,
) -> Result<Vec<LayerSplit>> {
    let loaded = origin::load(&args.model, graph, world)?;
    let local = loaded.replacement.on(&origin::prompt(graph))?;
    let options = options_of(graph, to, &args.direction, &loaded)?;
    let splits = head_split(&local, graph.nodes(), &options, (from, to))?;
    let layer = |split: connectome::attribution::heads::HeadSplit| LayerSplit {
        layer: split.layer,
        sum: split.sum(),
        residual: split.residual,
        heads: split.heads,
    };
    Ok(splits.into_iter().map(layer).collect())
}

/// The graph's targets as they were asked for. Directions are not in a graph.
fn options_of(
    graph: &AttributionGraph,
    to: NodeIdx,
    directions: &[String],
    loaded: &Loaded,
) -> Result<Options> {
    let all = graph.nodes().targets();
    let width = loaded.replacement.model().config().d_model;
    let mut directions = directions.iter();
    let mut specs = Vec::new();
    for (k, target) in all.iter().enumerate() {
        specs.push(match target.kind {
            TargetKind::Logit { token } => TargetSpec::Token(token),
            TargetKind::Contrast { plus, minus } => TargetSpec::Contrast { plus, minus },
            TargetKind::Feature(id) => TargetSpec::Feature(id),
            TargetKind::Direction { .. } => match directions.next() {
                Some(text) => targets::direction(text, width)?,
                None if graph.nodes().node(to) == Node::Target(k as u32) => {
                    let label = target.label.clone();
                    return Err(UsageError::DirectionOfGraph { label }.into());
                }
                // Only its place counts: another target is asked for.
                None => TargetSpec::Token(0),
            },
        });
    }
    let pos = all.first().map(|target| target.pos as usize);
    Ok(Options { targets: Targets::Given(specs), pos, ..Options::default() })
}

/// What a folder or a name is.
fn folder(args: &InspectArgs, world: &World) -> Result<Inspected> {
    if let Some(organism) = organism::by_name(&args.path) {
        return Ok(Inspected::Shipped {
            about: organism.about,
            example: organism.example,
            model: Box::new(model(&organism.model(), organism.name)?),
            dictionary: Box::new(dictionary(&organism.dictionary(), args, world)?),
        });
    }
    if let Some(folder) = organism::dictionary(&args.path) {
        let found = dictionary(&folder, args, world)?;
        return Ok(Inspected::Dictionary(Box::new(found)));
    }
    let path = Path::new(&args.path);
    let disk = Folder::Disk(path.to_owned());
    if path.is_dir() {
        return if disk.has("config.json") {
            Ok(Inspected::Model(Box::new(model(&disk, &args.path)?)))
        } else if disk.has("config.yaml") {
            Ok(Inspected::Dictionary(Box::new(dictionary(&disk, args, world)?)))
        } else {
            Err(UsageError::Unknown { path: args.path.clone() }.into())
        };
    }
    // Only what is here: looking at something should not download it.
    let found = load::folder(&args.path, Files::Model, true, world);
    match found {
        Ok(found) => Ok(Inspected::Model(Box::new(model(&found, &args.path)?))),
        Err(error) if may_be_dictionary(&error) => {
            let found = load::folder(&args.path, Files::Dictionary, true, world)?;
            Ok(Inspected::Dictionary(Box::new(dictionary(&found, args, world)?)))
        }
        Err(error) => Err(error),
    }
}

fn may_be_dictionary(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(
            HubError::Incomplete { .. }
                | HubError::NotCached { .. }
                | HubError::NotPublished { .. }
        )
    )
}

fn model(folder: &Folder, name: &str) -> Result<ModelFolder> {
    let model = Model::load(folder)?;
    let config = model.config();
    let tokenizer = load::open_tokenizer(folder)?.map(|tokenizer| TokenizerReport {
        tokens: tokenizer.len(),
        special: tokenizer.special_ids().iter().map(|id| tokenizer.token_text(*id)).collect(),
        chat_template: tokenizer.has_chat_template(),
    });
    Ok(ModelFolder {
        path: folder.root().display().to_string(),
        model: ModelReport::of(&model, name),
        heads: config.n_heads,
        kv_heads: config.n_kv_heads,
        head_width: config.d_head,
        mlp_width: config.d_mlp,
        tied_embeddings: config.tied,
        tokenizer,
        tensors: tensors(&Weights::open_checkpoint(folder)?),
    })
}

fn dictionary(folder: &Folder, args: &InspectArgs, world: &World) -> Result<DictionaryFolder> {
    let transcoder = load::transcoder(folder, args.model.offline, world)?;
    let mut all = Vec::new();
    for file in folder.names()?.iter().filter(|name| name.ends_with(".safetensors")) {
        all.extend(
            tensors(&Weights::open(folder, file)?)
                .into_iter()
                .map(|tensor| TensorReport { name: format!("{file}:{}", tensor.name), ..tensor }),
        );
    }
    let path = folder.root().display().to_string();
    Ok(DictionaryFolder {
        dictionary: DictionaryReport::of(transcoder.card(), transcoder.digest(), &path),
        path,
        tensors: all,
    })
}

fn tensors(weights: &Weights) -> Vec<TensorReport> {
    let report = |name: &str| {
        let shape = weights.shape(name).unwrap_or_default().to_vec();
        let dtype = match weights.stored(name, &shape) {
            Ok(stored) => Some(format!("{:?}", stored.dtype()).to_uppercase()),
            Err(LoadError::Dtype { .. }) => None,
            Err(_) => None,
        };
        TensorReport { name: name.to_owned(), shape, dtype }
    };
    weights.names().map(report).collect()
}
