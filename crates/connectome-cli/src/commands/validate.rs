//! `connectome validate`: what a graph predicts against what happens in the model.

use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use connectome::attribution::TargetSpec;
use connectome::intervene::Baseline;
use connectome::validate::{Options, Rung, Step, Validation, validate};
use connectome_graph::{
    Annotations, AttributionGraph, EdgeVerdict, Node, NodeIdx, TargetKind, Verdicts, write_whole,
};

use super::Ending;
use super::serve::plain;
use crate::args::{RungArg, ValidateArgs};
use crate::failure::{InterveneError, UsageError};
use crate::load::Loaded;
use crate::progress::{Interrupt, Work};
use crate::report::TOOL;
use crate::report::validate::Material;
use crate::settings::{self, World};
use crate::{names, origin, plot, printer, saved, targets};

/// What Ctrl-C says.
const ENDING: &str = "ending with what was measured so far";

pub(crate) fn run(args: &ValidateArgs, world: &World) -> Result<Ending> {
    let limit = args.time.map(Duration::from_secs);
    let mut work = Work::new(world, Interrupt::installed(world, ENDING)?).limited(limit);
    let tested =
        test(args, world, &mut |step: Step| work.step("measuring", step.runs, step.n_runs))?;
    let ending = if work.interrupted { Ending::Interrupted } else { Ending::Done };
    drop(work);
    tested.tell(world)?;
    Ok(ending)
}

/// Everything up to what is printed and saved.
fn test<'a>(
    args: &'a ValidateArgs,
    world: &World,
    progress: &mut dyn FnMut(Step) -> ControlFlow<()>,
) -> Result<Tested<'a>> {
    // What can be refused without the model is, before minutes are spent on it.
    let thresholds = settings::thresholds(args.thresholds)?;
    let graph = AttributionGraph::load(&args.graph)?;
    let own = graph.annotations().clone();
    let view = args.view.as_deref().map(|view| saved::view(&args.graph, view)).transpose()?;
    let graph = match view {
        Some(view) => view.annotated(&graph).map_err(plain)?,
        None => graph,
    };
    let options = Options {
        n_features: args.features,
        nodes: nodes(args, &graph)?,
        supernodes: supernodes(args, &graph)?,
        doses: if args.dose.is_empty() { Options::default().doses } else { args.dose.clone() },
        thresholds,
        directions: Vec::new(),
        seed: args.seed,
    };
    for path in kept(args).into_iter().chain(args.plot.as_deref()) {
        settings::writable(path)?;
    }
    let loaded = origin::load(&args.model, &graph, world)?;
    loaded.note.iter().chain(&unproven(&graph)).for_each(|note| world.note(note));
    let options = Options { directions: directions(args, &graph, &loaded)?, ..options };
    let baseline = Baseline::new(&loaded.replacement, &origin::prompt(&graph))?;
    let validation = validate(&baseline, &graph, &options, progress)?;
    Ok(Tested { args, graph, own, validation })
}

/// Where the verdicts go.
fn kept(args: &ValidateArgs) -> Option<&Path> {
    let own = (!args.no_save).then_some(args.graph.as_path());
    args.output.as_deref().or(own)
}

/// Features that were asked for by name.
fn nodes(args: &ValidateArgs, graph: &AttributionGraph) -> Result<Vec<NodeIdx>> {
    let feature = |text: &String| {
        let idx = names::find(graph, text)?;
        match graph.nodes().node(idx) {
            Node::Feature(_) => Ok(idx),
            _ => Err(UsageError::NotAFeature { found: text.clone() }.into()),
        }
    };
    args.node.iter().map(feature).collect()
}

/// Supernodes that were asked for by name; `None` for all.
fn supernodes(args: &ValidateArgs, graph: &AttributionGraph) -> Result<Option<Vec<usize>>> {
    let groups = &graph.annotations().supernodes;
    let place = |name: &String| {
        let found = groups.iter().position(|group| group.name == *name);
        let names = || groups.iter().map(|group| group.name.clone()).collect();
        found.ok_or_else(|| InterveneError::NotASupernode { name: name.clone(), names: names() })
    };
    let places: Vec<usize> = args.supernode.iter().map(place).collect::<Result<_, _>>()?;
    Ok((!args.supernode.is_empty()).then_some(places))
}

/// Vectors of the graph's direction targets.
fn directions(
    args: &ValidateArgs,
    graph: &AttributionGraph,
    loaded: &Loaded,
) -> Result<Vec<Vec<f32>>> {
    let width = loaded.replacement.model().config().d_model;
    let given = args.direction.iter().map(|text| match targets::direction(text, width)? {
        TargetSpec::Direction { vector_d, .. } => Ok(vector_d),
        _ => Err(UsageError::Direction { found: text.clone() }.into()),
    });
    let given: Vec<Vec<f32>> = given.collect::<Result<_>>()?;
    let wanted = graph.nodes().targets().iter();
    let missing = wanted
        .filter(|target| matches!(target.kind, TargetKind::Direction { .. }))
        .nth(given.len());
    match missing {
        Some(target) => Err(UsageError::DirectionOfGraph { label: target.label.clone() }.into()),
        None => Ok(given),
    }
}

/// A remark on a graph that does not say which files made it.
fn unproven(graph: &AttributionGraph) -> Option<String> {
    let provenance = graph.provenance();
    let lacks = provenance.model.digest.is_none() || provenance.dictionary.digest.is_none();
    lacks.then(|| {
        "the graph does not hold its makers' checksums: that its features fire here as it says \
         is all that is checked"
            .to_owned()
    })
}

fn rung(arg: RungArg) -> Rung {
    match arg {
        RungArg::Gates => Rung::Gates,
        RungArg::Mlps => Rung::Mlps,
        RungArg::Norms => Rung::Norms,
        RungArg::Attention => Rung::Attention,
        RungArg::Constrained => Rung::Constrained,
    }
}

/// What was tested, and what came of it.
#[derive(Debug)]
struct Tested<'a> {
    args: &'a ValidateArgs,
    graph: AttributionGraph,
    /// What the file says about the graph, whatever groups were tested.
    own: Annotations,
    validation: Validation,
}

impl Tested<'_> {
    fn tell(self, world: &World) -> Result<()> {
        let kept = kept(self.args);
        let rung = rung(self.args.rung);
        let dose = self.dose();
        let verdicts = self.validation.verdicts(rung, dose);
        let material = Material {
            path: &self.args.graph,
            graph: &self.graph,
            validation: &self.validation,
            verdicts: &verdicts,
            rung,
            dose,
            seed: self.args.seed,
            top: self.args.top,
        };
        let report = material.report(kept);
        if let Some(path) = &self.args.plot {
            let svg = plot::calibration(&self.validation, rung, dose, &report);
            write_whole(path, |out| out.write_all(svg.as_bytes()))?;
        }
        if let Some(path) = kept {
            self.keep(verdicts, path)?;
        }
        world.print(&printer::validate::page(&report, world.screen))?;
        world.document(&report)?;
        if report.partial {
            world.note(&printer::validate::ended(&report));
        }
        Ok(())
    }

    /// The dose of headline and verdicts: ablation, if it was measured.
    fn dose(&self) -> usize {
        self.validation.doses.iter().position(|dose| *dose == 0.0).unwrap_or(0)
    }

    /// Writes the graph with its verdicts, its numbers as they were.
    fn keep(self, edges: Vec<EdgeVerdict>, path: &Path) -> Result<()> {
        let verdicts = Verdicts {
            tool: TOOL.to_owned(),
            rung: rung(self.args.rung).name().to_owned(),
            dose: self.validation.doses[self.dose()],
            seed: self.args.seed,
            partial: self.validation.partial,
            edges,
        };
        let annotations = Annotations { verdicts: Some(verdicts), ..self.own };
        self.graph.with_annotations(annotations)?.save(path)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    const PROMPT: &str = "the capital of the state containing oak port is";

    fn command(line: &[&str]) -> (Command, World) {
        let cli = Cli::parse_from([&["connectome"], line].concat());
        (cli.command.unwrap(), World::new(cli.global))
    }

    /// A graph file in a folder.
    fn oak(folder: &Path) -> String {
        let path = folder.join("oak.graph").to_str().unwrap().to_owned();
        let (command, world) =
            command(&["trace", PROMPT, "--model", "two-hop", "--json", "--output", &path]);
        let Command::Trace(args) = command else { panic!("it is a trace") };
        super::super::trace::run(&args, &world).unwrap();
        path
    }

    #[test]
    fn what_was_measured_before_ctrl_c_is_saved_as_partial() {
        let folder = tempfile::tempdir().unwrap();
        let path = oak(folder.path());
        let (command, world) = command(&["validate", &path, "--json", "--quiet"]);
        let Command::Validate(args) = command else { panic!("it is a validation") };
        // After the first case that is whole.
        let mut stop = |step: Step| match step.cases {
            0 => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        };
        let tested = test(&args, &world, &mut stop).unwrap();
        assert!(tested.validation.partial);
        let n_cases = tested.validation.cases.len();
        assert!(n_cases > 0 && n_cases < 50);
        tested.tell(&world).unwrap();
        let graph = AttributionGraph::load(Path::new(&path)).unwrap();
        let verdicts = graph.annotations().verdicts.as_ref().unwrap();
        assert!(verdicts.partial && !verdicts.edges.is_empty());
    }

    #[test]
    fn a_validation_that_is_stopped_before_its_first_case_saves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = oak(folder.path());
        let before = std::fs::read(&path).unwrap();
        let (command, world) = command(&["validate", &path, "--json", "--quiet"]);
        let Command::Validate(args) = command else { panic!("it is a validation") };
        let error = test(&args, &world, &mut |_| ControlFlow::Break(())).unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(connectome::RunError::Cancelled)));
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}
