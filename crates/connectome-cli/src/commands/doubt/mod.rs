//! `connectome doubt`: what could show a graph to be wrong, asked of the model.

mod another;
pub(crate) mod args;
mod inputs;
mod place;
mod table;

use anyhow::Result;
use connectome::attribution::{Labels, Options, TargetSpec, Targets, attribute};
use connectome::doubt::{
    Absence, Aims, Done, InhibitedOptions, Mediation, Parts, PushOptions, Side, Tell, agree,
    error_share, exchanged, inhibited, interaction, mediated, push,
};
use connectome::intervene::Baseline;
use connectome::replacement::PromptTokens;
use connectome_graph::{AttributionGraph, NodeIdx, Prompt, TargetKind};

use self::args::{Doubt, DoubtArgs};
use super::Ending;
use crate::failure::UsageError;
use crate::load::Loaded;
use crate::progress::{Interrupt, Watch, Work};
use crate::prompt::{self, Wanted};
use crate::report::doubt::{
    AgreeReport, DoubtReport, InhibitedReport, InteractionReport, MediatedReport, NotAsked,
    PushReport,
};
use crate::settings::{self, World};
use crate::{names, origin, printer, targets};

pub(crate) fn run(args: &DoubtArgs, world: &World) -> Result<Ending> {
    // What can be refused without the model is, before minutes are spent on it.
    let graph = AttributionGraph::load(&args.graph)?;
    let spans = args.spans.iter().map(|text| inputs::spans(text)).collect::<Result<Vec<_>, _>>()?;
    let lines = args.place.prompts.as_deref().map(table::read).transpose()?;
    args.place.plot.as_deref().map_or(Ok(()), settings::writable)?;
    let middles = middles(args, &graph)?;
    let (asked, not_asked) = chosen(args, !middles.is_empty())?;

    let loaded = origin::load(&args.model, &graph, world)?;
    let directions = inputs::directions(&graph, &args.direction, &loaded)?;
    let absence = inputs::absence(&args.absent, &loaded)?;
    let baseline = Baseline::new(&loaded.replacement, &origin::prompt(&graph))?;
    let interrupt = Interrupt::installed(world, "ending with what is known so far")?;
    let mut asking = Asking {
        args,
        graph: &graph,
        loaded: &loaded,
        baseline: &baseline,
        directions,
        absence,
        interrupt,
        world,
        report: DoubtReport::new(args, &graph, &loaded, not_asked),
    };
    for doubt in asked {
        if asking.interrupt.is_set() {
            asking.report.partial = true;
            break;
        }
        match doubt {
            Doubt::Agree => asking.agree()?,
            Doubt::Push => asking.push()?,
            Doubt::Another => asking.another()?,
            Doubt::Mediated => asking.mediated(&middles)?,
            Doubt::Inhibited => asking.inhibited()?,
            Doubt::Interaction => asking.interaction(&spans)?,
            Doubt::Where => asking.place(lines.as_deref().unwrap_or_default())?,
        }
    }
    let report = asking.report;
    world.print(&printer::doubt::page(&report, world.screen))?;
    world.document(&report)?;
    if report.partial {
        world.note("interrupted: what was not finished is left out or says on how much it rests");
        return Ok(Ending::Interrupted);
    }
    Ok(Ending::Done)
}

/// The doubts that are asked, in order, and those that are not.
fn chosen(args: &DoubtArgs, has_middle: bool) -> Result<(Vec<Doubt>, Vec<NotAsked>)> {
    let is_ready = |doubt: Doubt| match doubt {
        Doubt::Agree | Doubt::Push | Doubt::Another => true,
        Doubt::Mediated => has_middle,
        Doubt::Inhibited => args.inhibited.against.is_some(),
        Doubt::Interaction => !args.spans.is_empty(),
        Doubt::Where => args.place.prompts.is_some(),
    };
    let mut only = args.only.clone();
    only.sort_unstable();
    only.dedup();
    if let Some(doubt) = only.iter().find(|doubt| !is_ready(**doubt)) {
        let needs = doubt.needs().expect("what needs nothing is ready");
        return Err(UsageError::DoubtNeeds { doubt: doubt.name(), needs }.into());
    }
    let asked = if only.is_empty() {
        Doubt::ALL.into_iter().filter(|doubt| is_ready(*doubt)).collect()
    } else {
        only
    };
    let left = Doubt::ALL.into_iter().filter(|doubt| !asked.contains(doubt));
    let not_asked = left.map(|doubt| NotAsked {
        doubt: doubt.name(),
        question: doubt.question(),
        needs: doubt.needs().filter(|_| !is_ready(doubt)),
    });
    let not_asked = not_asked.collect();
    Ok((asked, not_asked))
}

/// The middles with their names: those given, or the graph's supernodes.
fn middles(args: &DoubtArgs, graph: &AttributionGraph) -> Result<Vec<(String, Vec<NodeIdx>)>> {
    let given = &args.mediated.middle;
    let middle = |name: &String| Ok((name.clone(), inputs::middle(graph, name)?));
    if !given.is_empty() {
        return given.iter().map(middle).collect();
    }
    let groups = graph.annotations().supernodes.iter();
    Ok(groups.map(|group| (group.name.clone(), group.members.clone())).collect())
}

/// All that the doubts stand on.
struct Asking<'a> {
    args: &'a DoubtArgs,
    graph: &'a AttributionGraph,
    loaded: &'a Loaded,
    baseline: &'a Baseline<'a>,
    /// Of the graph's direction targets.
    directions: Vec<TargetSpec>,
    absence: Absence,
    interrupt: Interrupt,
    world: &'a World,
    report: DoubtReport,
}

impl Asking<'_> {
    /// Where the first target is read.
    fn pos(&self) -> usize {
        self.graph.nodes().targets()[0].pos as usize
    }

    fn vectors(&self) -> Vec<Vec<f32>> {
        let vector = |spec: &TargetSpec| match spec {
            TargetSpec::Direction { vector_d, .. } => Some(vector_d.clone()),
            _ => None,
        };
        self.directions.iter().filter_map(vector).collect()
    }

    /// Runs long work with a bar.
    fn watched<T>(
        &self,
        what: &'static str,
        work: impl FnOnce(Tell<'_>) -> Result<T, connectome::RunError>,
    ) -> Result<T> {
        let mut bar = Work::new(self.world, self.interrupt.clone());
        Ok(work(&mut |Done { n, of }| bar.step(what, n, of))?)
    }

    fn agree(&mut self) -> Result<()> {
        let found = agree(self.baseline)?;
        let errors = error_share(self.graph);
        let text = |token| self.loaded.token_text(token);
        self.report.agree = Some(AgreeReport::of(&found, &errors, self.pos(), &text));
        Ok(())
    }

    fn push(&mut self) -> Result<()> {
        let args = &self.args.push;
        let n_tokens = self.baseline.n_tokens();
        let pos = args.push_position.map(|pos| targets::position(pos, n_tokens)).transpose()?;
        let all = || (0..self.baseline.n_layers()).collect();
        let options = PushOptions {
            pos: pos.unwrap_or(self.pos()),
            before_layers: Some(args.push_layer.clone())
                .filter(|l| !l.is_empty())
                .unwrap_or_else(all),
            n_directions: args.directions,
            size: args.push_size,
            seed: self.args.seed,
        };
        let found = self.watched("pushing", |tell| push(self.baseline, &options, tell))?;
        self.report.partial |= found.n_done < found.n_places;
        self.report.push = Some(PushReport::of(&found));
        Ok(())
    }

    fn mediated(&mut self, middles: &[(String, Vec<NodeIdx>)]) -> Result<()> {
        let nodes = self.graph.nodes();
        let args = &self.args.mediated;
        let named =
            |texts: &[String]| inputs::nodes(self.graph, texts.iter().map(|text| text.trim()));
        let mut sources = named(&args.from)?;
        if sources.is_empty() {
            // A position whose features are not used is no part of the question.
            let first = self.baseline.prompt().n_zeroed.min(nodes.n_tokens() - 1);
            sources = (first..nodes.n_tokens()).map(|pos| nodes.token(pos as u32)).collect();
        }
        let ends = named(&args.to)?;
        let directions = self.vectors();
        for (name, middle) in middles {
            let asked = Mediation {
                sources: &sources,
                middle,
                ends: &ends,
                absence: self.absence,
                directions: &directions,
            };
            let found = mediated(self.baseline, self.graph, &asked)?;
            let named = |all: &[NodeIdx]| {
                all.iter().map(|idx| names::name(self.graph, *idx)).collect::<Vec<_>>()
            };
            let report = MediatedReport::of(
                &found,
                name,
                [named(&sources), named(middle), named(&ends)],
                &self.args.absent,
            );
            self.report.mediated.get_or_insert_with(Vec::new).push(report);
        }
        Ok(())
    }

    fn inhibited(&mut self) -> Result<()> {
        let args = &self.args.inhibited;
        let token = match &args.token {
            Some(text) => targets::token(text, self.loaded)?,
            None => self.first_token()?,
        };
        let against = args.against.clone().unwrap_or_default();
        let ready = prompt::prepare(&Wanted::Text(against), self.loaded)?;
        ready.notes.iter().for_each(|note| self.world.note(note));
        let there = Baseline::new(&self.loaded.replacement, &ready.tokens)?;
        let given = args.inhibitor.iter().map(|text| inputs::feature_at(text));
        let given = given.collect::<Result<Vec<_>, _>>()?;
        let options = InhibitedOptions {
            token,
            inhibitor: (!given.is_empty()).then_some(given),
            n_features: args.inhibitors,
            n_controls: args.controls,
            seed: self.args.seed,
        };
        let pos = there.n_tokens() - 1;
        let graphs = [(self.baseline, self.pos()), (&there, pos)]
            .map(|(baseline, pos)| self.trace(baseline, &[TargetSpec::Token(token)], pos));
        let [here_graph, there_graph] = graphs;
        let (here_graph, there_graph) = (here_graph?, there_graph?);
        let sides = [(self.baseline, &here_graph), (&there, &there_graph)];
        let [here, there] = sides.map(|(baseline, graph)| Side {
            baseline,
            graph,
            target: graph.nodes().target(0),
        });
        let found = inhibited(here, there, &options)?;
        let text = self.loaded.token_text(token);
        self.report.inhibited = Some(InhibitedReport::of(&found, text, ready.text));
        Ok(())
    }

    /// The graph's first logit.
    fn first_token(&self) -> Result<u32, UsageError> {
        let mut kinds = self.graph.nodes().targets().iter().map(|target| target.kind);
        let token = kinds.find_map(|kind| match kind {
            TargetKind::Logit { token } => Some(token),
            _ => None,
        });
        token.ok_or(UsageError::DoubtNeeds { doubt: Doubt::Inhibited.name(), needs: "--token" })
    }

    fn interaction(&mut self, spans: &[[std::ops::Range<usize>; 2]]) -> Result<()> {
        let directions = self.vectors();
        let aims = Aims::of_graph(self.baseline, self.graph, &directions)?;
        for [a, b] in spans {
            let parts = Parts { a: a.clone(), b: b.clone(), absence: self.absence };
            let found = interaction(self.baseline, &aims, &parts)?;
            let ids = exchanged(&self.baseline.prompt().ids, &parts)?;
            let n_zeroed = self.baseline.prompt().n_zeroed;
            let turned = Baseline::new(&self.loaded.replacement, &PromptTokens { ids, n_zeroed })?;
            let turned = Aims::of_graph(&turned, self.graph, &directions)?.unchanged(&turned)?;
            let report = InteractionReport::of(
                (&found, &turned),
                &aims,
                &parts,
                (self.graph, &self.args.absent),
            );
            self.report.interaction.get_or_insert_with(Vec::new).push(report);
        }
        Ok(())
    }

    /// The graph of a prompt by whatever dictionary `baseline` stands on.
    fn trace(
        &self,
        baseline: &Baseline<'_>,
        specs: &[TargetSpec],
        pos: usize,
    ) -> Result<AttributionGraph> {
        let ids = baseline.prompt().ids.clone();
        let token_texts = ids.iter().map(|id| self.loaded.token_text(*id)).collect();
        let prompt = Prompt { text: String::new(), token_texts, token_ids: ids };
        let labels = Labels { prompt, provenance: self.loaded.provenance(crate::report::TOOL) };
        let targets = Targets::Given(specs.to_vec());
        let options = Options { targets, pos: Some(pos), ..Options::default() };
        let text = |id| self.loaded.token_text(id);
        let mut watch = Watch::new(self.world, self.interrupt.clone());
        Ok(attribute(baseline.local(), &options, labels, &text, &mut watch)?)
    }
}
