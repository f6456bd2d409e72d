//! `connectome intervene`: the original model under changes, beside the model as it is.

mod asked;
mod generate;
mod groups;
mod measure;
mod resolve;

use anyhow::Result;
use connectome::intervene::{Baseline, GenerateOptions, Mode, NormScales, Swap};
use connectome_graph::{AttributionGraph, write_whole};

use self::asked::Asked;
use self::groups::Group;
use self::resolve::{Doing, Resolved, Resolver, places};
use super::Ending;
use crate::args::{InterveneArgs, ModeName};
use crate::edits::WrittenSweep;
use crate::failure::{InterveneError, UsageError};
use crate::load::{self, Loaded};
use crate::progress::{Interrupt, Watch};
use crate::prompt::{self, Ready};
use crate::report::TOOL;
use crate::report::intervene::{
    EditReport, EditedReport, GroupReport, InterveneReport, InterventionReport, ResidualReport,
    ShiftReport,
};
use crate::report::trace::{DictionaryReport, ModelReport, PromptReport};
use crate::settings::{self, World};
use crate::{figures, origin, printer, targets};

pub(crate) fn run(args: &InterveneArgs, world: &World) -> Result<Ending> {
    // What can be refused without the model is, before it is loaded.
    args.figure.as_deref().map_or(Ok(()), settings::writable)?;
    let graph = args.graph.as_deref().map(AttributionGraph::load).transpose()?;
    let asked = Asked::read(args, graph.as_ref())?;
    let wanted = match graph {
        Some(_) => None,
        None => Some(prompt::read(args.prompt.as_deref(), &args.input)?),
    };
    let (from, from_ids) = (args.other.from.as_deref(), args.other.from_token_ids.as_deref());
    let other = prompt::read_other(from, from_ids, &args.input)?;

    let loaded = match &graph {
        Some(graph) => origin::load(&args.model, graph, world)?,
        None => load::load(&args.model, world)?,
    };
    let ready = match (&graph, &wanted) {
        (Some(graph), _) => prompt::of_graph(graph, &loaded)?,
        (None, Some(wanted)) => prompt::prepare(wanted, &loaded)?,
        (None, None) => return Err(UsageError::NoPrompt.into()),
    };
    let other = other.map(|wanted| prompt::prepare(&wanted, &loaded)).transpose()?;
    let here = Baseline::new(&loaded.replacement, &ready.tokens)?;
    let there = other.as_ref().map(|other| Baseline::new(&loaded.replacement, &other.tokens));
    let there = there.transpose()?;
    let swap = there.as_ref().map(|there| Swap { here: &here, there, alignment: &asked.alignment });
    let resolver = Resolver { graph: graph.as_ref(), here: &here, swap };
    let interrupt = Interrupt::installed(world, "ending with what there is so far")?;
    let session = Session {
        args,
        world,
        loaded: &loaded,
        ready: &ready,
        other: other.as_ref(),
        resolver,
        interrupt,
    };
    session.run(&asked)
}

/// All that a command stands on, once the prompts have run.
struct Session<'a> {
    args: &'a InterveneArgs,
    world: &'a World,
    loaded: &'a Loaded,
    ready: &'a Ready,
    other: Option<&'a Ready>,
    resolver: Resolver<'a>,
    interrupt: Interrupt,
}

impl Session<'_> {
    fn run(&self, asked: &Asked) -> Result<Ending> {
        let here = self.resolver.here;
        let pos = targets::position(self.args.measure.position, here.n_tokens())?;
        let resolved = self.resolver.resolve(asked)?;
        let generation = asked::generation(&self.args.generate, self.loaded)?;
        self.check(asked, &resolved, generation.as_ref())?;
        let also = self.args.measure.tokens.iter();
        let also: Vec<u32> =
            also.map(|text| targets::token(text, self.loaded)).collect::<Result<_>>()?;
        let strongest = || {
            let mut progress = Watch::new(self.world, self.interrupt.clone());
            groups::strongest(&self.resolver, (self.loaded, self.ready, pos), &mut progress)
        };
        let groups = groups::all(&self.resolver, asked, &resolved.changed, strongest)?;
        let mut report = self.report(&resolved, asked, pos);
        self.loaded.note.iter().chain(&self.ready.notes).for_each(|note| self.world.note(note));
        let task =
            measure::Task { session: self, resolved: &resolved, groups: &groups, also: &also };
        match &asked.sweep {
            Some(sweep) => report.sweep = Some(task.sweep(sweep, pos)?),
            None => {
                let (shift, watched) = task.once(pos)?;
                self.draw(&report, (&shift, &watched), &groups)?;
                report.shift = Some(shift);
                report.watched = Some(watched);
            }
        }
        let screen = self.world.screen;
        self.world.print(&printer::intervene::page(&report, screen))?;
        if let Some(options) = &generation {
            report.generation = Some(self.generate(&resolved, options)?);
        }
        self.world.document(&report)?;
        let cut = report.sweep.as_ref().is_some_and(|sweep| sweep.partial)
            || report.generation.as_ref().is_some_and(|generation| generation.is_cut());
        Ok(if cut { Ending::Interrupted } else { Ending::Done })
    }

    /// Refuses what does not fit, before anything is printed.
    fn check(
        &self,
        asked: &Asked,
        resolved: &Resolved<'_>,
        generation: Option<&GenerateOptions>,
    ) -> Result<()> {
        let here = self.resolver.here;
        match asked.sweep {
            // A sweep's points are checked before the first one runs.
            Some(_) => {}
            None => {
                let asked =
                    resolved.request.intervention(connectome::intervene::Variation::Asked)?;
                here.check(&asked)?;
            }
        }
        if let Some(options) = generation {
            return Ok(here.check_generation(options)?);
        }
        let in_prompt = |edit: &connectome::intervene::Edit| {
            !edit.positions.in_prompt(here.n_tokens()).is_empty()
        };
        let request = &resolved.request;
        let moves = asked.sweep == Some(WrittenSweep::Position);
        if request.borrowed.is_none() && !moves && !request.edits.iter().any(in_prompt) {
            return Err(InterveneError::NothingGenerated.into());
        }
        Ok(())
    }

    fn report(&self, resolved: &Resolved<'_>, asked: &Asked, pos: usize) -> InterveneReport {
        let replacement = &self.loaded.replacement;
        let (model, dictionary) = (replacement.model(), replacement.transcoder());
        InterveneReport {
            version: TOOL,
            model: ModelReport::of(model, &self.loaded.model_name),
            dictionary: DictionaryReport::of(
                dictionary.card(),
                dictionary.digest(),
                &self.loaded.dictionary_name,
            ),
            prompt: PromptReport::of(self.ready),
            graph: self.args.graph.as_ref().map(|path| path.display().to_string()),
            position: pos,
            intervention: self.intervention(resolved, asked),
            shift: None,
            watched: None,
            sweep: None,
            generation: None,
            figure: self.args.figure.as_ref().map(|path| path.display().to_string()),
        }
    }

    fn intervention(&self, resolved: &Resolved<'_>, asked: &Asked) -> InterventionReport {
        let request = &resolved.request;
        let (mode, layers) = match &request.mode {
            Mode::Direct => ("direct", None),
            Mode::Open { .. } => ("open", None),
            Mode::Constrained { layers } => ("constrained", Some([layers.start, layers.end])),
            Mode::Iterative { layers } => ("iterative", Some([layers.start, layers.end])),
        };
        let held = |frozen: bool| if frozen { "frozen" } else { "free" };
        let norms = request.norms == NormScales::Frozen || asked.mode == ModeName::Direct;
        let swept = matches!(asked.sweep, Some(WrittenSweep::Dose(_)));
        let residual = |&(layer, pos): &(usize, usize)| {
            let from_pos = request.borrowed.as_ref()?.swap.counterpart(pos).ok()?;
            Some(ResidualReport { before_layer: layer, pos, from_pos })
        };
        let residuals = request.borrowed.iter().flat_map(|borrowed| &borrowed.residuals);
        InterventionReport {
            mode,
            layers,
            attention: held(request.mode.freezes_attention()),
            norms: held(norms),
            edits: resolved.changed.iter().map(|set| edit_report(set, swept)).collect(),
            residuals: residuals.filter_map(residual).collect(),
            other_prompt: self.other.map(PromptReport::of),
        }
    }

    fn draw(
        &self,
        report: &InterveneReport,
        (shift, watched): (&ShiftReport, &[GroupReport]),
        groups: &[Group],
    ) -> Result<()> {
        let Some(path) = &self.args.figure else { return Ok(()) };
        let members: Vec<&[connectome_graph::NodeIdx]> =
            groups.iter().map(|group| group.members.as_slice()).collect();
        let material = figures::Material {
            report,
            shift,
            watched,
            graph: self.resolver.graph,
            members: &members,
        };
        let svg = material.figure()?.to_svg();
        Ok(write_whole(path, |out| out.write_all(svg.as_bytes()))?)
    }
}

fn edit_report(set: &resolve::Changed, swept: bool) -> EditReport {
    let (action, number) = match set.action {
        Doing::Edit(action, number) => {
            let has_number = action != crate::edits::Action::Ablate;
            (action.name(), has_number.then_some(number))
        }
        Doing::Swap(times) => ("swap", Some(times)),
    };
    let features = set.features.iter().map(|(feature, positions)| EditedReport {
        feature: feature.to_string(),
        positions: places(positions),
    });
    EditReport {
        nodes: set.text.clone(),
        action,
        number: number.filter(|_| !swept),
        features: features.collect(),
    }
}
