//! `connectome trace`: prompt in, graph out, and a page about it.

use std::path::Path;

use anyhow::Result;
use connectome::attribution::{Expand, Labels, Options, Progress, attribute};
use connectome::replacement::LocalReplacement;
use connectome_graph::{AttributionGraph, Prompt, Provenance, Thresholds, prune};

use super::Ending;
use crate::args::TraceArgs;
use crate::load::{self, Loaded};
use crate::progress::{Interrupt, Watch};
use crate::prompt::{self, Ready};
use crate::report::trace::{Head, Material, TraceReport, target_flags};
use crate::settings::{self, World};
use crate::{printer, targets};

pub(crate) fn run(args: &TraceArgs, world: &World) -> Result<Ending> {
    // What can be refused without the model is, before minutes are spent on it.
    let wanted = prompt::read(args.prompt.as_deref(), &args.input)?;
    let expand = settings::expand(&args.extent)?;
    let thresholds = settings::thresholds(args.thresholds)?;
    args.output.as_deref().map_or(Ok(()), settings::writable)?;

    let loaded = load::load(&args.model, world)?;
    let ready = prompt::prepare(&wanted, &loaded)?;
    let pos = targets::position(args.targets.position, ready.tokens.ids.len())?;
    let local = loaded.replacement.on(&ready.tokens)?;
    let targets = targets::resolve(&args.targets, &loaded, &local, pos)?;
    let head = Head::of(&loaded, &ready, &local, pos)?;
    head.notes.iter().for_each(|note| world.note(note));
    world.print(&printer::trace::head(&head, world.screen))?;

    let options = Options { targets, pos: Some(pos), expand };
    let mut watch = Watch::new(world, Interrupt::installed(world)?);
    let traced = Traced { args, loaded: &loaded, ready: &ready, local: &local, head: &head };
    traced.finish(&options, thresholds, &mut watch, world)
}

/// All that a trace stands on, once the model has run.
struct Traced<'a> {
    args: &'a TraceArgs,
    loaded: &'a Loaded,
    ready: &'a Ready,
    local: &'a LocalReplacement<'a>,
    head: &'a Head,
}

impl Traced<'_> {
    /// Makes the graph, saves it, and says what is in it.
    fn finish(
        &self,
        options: &Options,
        thresholds: Thresholds,
        watch: &mut Watch,
        world: &World,
    ) -> Result<Ending> {
        let traced = self.graph(options, watch);
        watch.finish();
        let graph = traced?;
        let saved = self.args.output.as_deref();
        if let Some(path) = saved {
            graph.save(path)?;
        }
        let ending = if graph.extent().partial { Ending::Interrupted } else { Ending::Done };
        self.tell(&graph, thresholds, saved, world)?;
        Ok(ending)
    }

    fn graph(&self, options: &Options, progress: &mut dyn Progress) -> Result<AttributionGraph> {
        let prompt = Prompt {
            text: self.ready.text.clone(),
            token_texts: self.ready.token_texts.clone(),
            token_ids: self.ready.tokens.ids.clone(),
        };
        let labels = Labels { prompt, provenance: self.provenance(options) };
        let token_text = |id| self.loaded.token_text(id);
        Ok(attribute(self.local, options, labels, &token_text, progress)?)
    }

    fn tell(
        &self,
        graph: &AttributionGraph,
        thresholds: Thresholds,
        saved: Option<&Path>,
        world: &World,
    ) -> Result<()> {
        let pruned = prune(graph, &thresholds)?;
        let (loaded, local, top) = (self.loaded, self.local, self.args.top);
        let body = Material { loaded, local, graph, pruned: &pruned, top }.report(saved);
        world.print(&printer::trace::body(&body, saved, world.screen))?;
        world.document(&TraceReport { head: self.head, body: &body })?;
        if graph.extent().partial {
            world.note(&printer::trace::interrupted(&body));
        }
        Ok(())
    }

    /// Files and flags that bear on the result. Numbers are written as such.
    fn provenance(&self, options: &Options) -> Provenance {
        let mut flags = target_flags(&options.targets);
        flags.push(("position", options.pos.unwrap_or_default().to_string()));
        flags.push(("zeroed-positions", self.ready.tokens.n_zeroed.to_string()));
        match options.expand {
            Expand::Certified { tolerance } => flags.push(("tolerance", tolerance.to_string())),
            Expand::Ranked { max, chunk } => {
                flags.push(("max-feature-nodes", max.to_string()));
                flags.push(("ranking-chunk", chunk.to_string()));
            }
            _ => flags.push(("exhaustive", "true".to_owned())),
        }
        flags.extend(self.args.slug.iter().map(|slug| ("slug", slug.clone())));
        let flags = flags.into_iter().map(|(flag, value)| (flag.to_owned(), value)).collect();
        Provenance { flags, ..self.loaded.provenance() }
    }
}
