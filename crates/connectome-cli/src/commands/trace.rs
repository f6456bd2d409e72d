//! `connectome trace`: prompt in, graph out, and a page about it.

use anyhow::Result;
use connectome::attribution::{Expand, Labels, Options, Progress, attribute_on};
use connectome::device::Device;
use connectome::replacement::LocalReplacement;
use connectome_graph::{AttributionGraph, Prompt, Provenance, Thresholds, prune};

use super::{Ending, features};
use crate::args::TraceArgs;
use crate::device::{self, DeviceReport};
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
    let asked = device::open(&args.device)?;

    let loaded = load::load(&args.model, world)?;
    let index = args.features.as_deref().map(|path| features::checked(path, &loaded));
    let index = index.transpose()?;
    let ready = prompt::prepare(&wanted, &loaded)?;
    let pos = targets::position(args.targets.position, ready.tokens.ids.len())?;
    let local = loaded.replacement.on(&ready.tokens)?;
    let targets = targets::resolve(&args.targets, &loaded, &local, pos)?;
    let choice = asked.for_prompt(&local);
    let head = Head::of(&loaded, &ready, &local, pos, DeviceReport::of(&choice))?;
    head.notes.iter().for_each(|note| world.note(note));
    world.print(&printer::trace::head(&head, world.screen))?;

    let options = Options { targets, pos: Some(pos), expand };
    let device = choice.device;
    let traced =
        Traced { args, loaded: &loaded, ready: &ready, local: &local, device, head: &head };
    let graph = traced.graph(
        &options,
        Watch::new(world, Interrupt::installed(world, "ending with the graph so far")?),
    )?;
    let ending = traced.keep(&graph)?;
    let graph = match &index {
        Some(index) => features::named(graph, index)?,
        None => graph,
    };
    traced.tell(&graph, thresholds, world)?;
    Ok(ending)
}

/// All that a trace stands on, once the model has run.
struct Traced<'a> {
    args: &'a TraceArgs,
    loaded: &'a Loaded,
    ready: &'a Ready,
    local: &'a LocalReplacement<'a>,
    device: Device,
    head: &'a Head,
}

impl Traced<'_> {
    /// The graph, or as much of it as there is when `progress` ends the trace.
    fn graph(&self, options: &Options, mut progress: impl Progress) -> Result<AttributionGraph> {
        let prompt = Prompt {
            text: self.ready.text.clone(),
            token_texts: self.ready.token_texts.clone(),
            token_ids: self.ready.tokens.ids.clone(),
        };
        let labels = Labels { prompt, provenance: self.provenance(options) };
        let token_text = |id| self.loaded.token_text(id);
        Ok(attribute_on(&self.device, self.local, options, labels, &token_text, &mut progress)?)
    }

    /// Saves the graph, whole or partial, where that was asked for.
    fn keep(&self, graph: &AttributionGraph) -> Result<Ending> {
        if let Some(path) = &self.args.output {
            graph.save(path)?;
        }
        Ok(if graph.extent().partial { Ending::Interrupted } else { Ending::Done })
    }

    fn tell(&self, graph: &AttributionGraph, thresholds: Thresholds, world: &World) -> Result<()> {
        let saved = self.args.output.as_deref();
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
        flags.push(("device", self.device.name()));
        flags.extend(self.args.slug.iter().map(|slug| ("slug", slug.clone())));
        let flags = flags.into_iter().map(|(flag, value)| (flag.to_owned(), value)).collect();
        Provenance { flags, ..self.loaded.provenance(crate::report::TOOL) }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use clap::Parser as _;
    use connectome::attribution::Step;

    use super::*;
    use crate::args::{Cli, Command};

    /// Presses Ctrl-C after so many batches of rows.
    struct StopsAfter(usize);

    impl Progress for StopsAfter {
        fn step(&mut self, _step: Step) -> ControlFlow<()> {
            match self.0.checked_sub(1) {
                Some(left) => {
                    self.0 = left;
                    ControlFlow::Continue(())
                }
                None => ControlFlow::Break(()),
            }
        }
    }

    fn interrupted(output: &str, n_batches: usize) -> Result<Ending> {
        let prompt = "the capital of the state containing oak port is";
        let cli = Cli::parse_from([
            "connectome",
            "trace",
            prompt,
            "--model",
            "two-hop",
            "--output",
            output,
        ]);
        let world = World::new(cli.global);
        let Some(Command::Trace(args)) = cli.command else { panic!("it is a trace") };
        let loaded = load::load(&args.model, &world)?;
        let ready = prompt::prepare(&prompt::Wanted::Text(prompt.to_owned()), &loaded)?;
        let local = loaded.replacement.on(&ready.tokens)?;
        let choice = device::open(&args.device)?.for_prompt(&local);
        let head = Head::of(&loaded, &ready, &local, 9, DeviceReport::of(&choice))?;
        let (args, device) = (&args, choice.device);
        let traced =
            Traced { args, loaded: &loaded, ready: &ready, local: &local, device, head: &head };
        let graph = traced.graph(&Options::default(), StopsAfter(n_batches))?;
        traced.keep(&graph)
    }

    #[test]
    fn an_interrupted_trace_saves_a_true_partial_graph() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("partial.graph");
        let ending = interrupted(output.to_str().unwrap(), 1).unwrap();
        assert_eq!(ending, Ending::Interrupted);
        let graph = AttributionGraph::load(&output).unwrap();
        assert!(graph.extent().partial);
        assert!(graph.unexpanded().count() > 0);
        assert!(connectome_graph::influence(&graph).unresolved > 0.0);
    }

    #[test]
    fn a_trace_that_is_stopped_before_its_first_row_saves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("partial.graph");
        let error = interrupted(output.to_str().unwrap(), 0).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(connectome::RunError::Cancelled)));
        assert!(!output.exists());
    }
}
