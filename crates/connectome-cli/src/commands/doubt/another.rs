//! The same prompt under other dictionaries: given ones, random ones, and the model's neurons.

use anyhow::Result;
use connectome::doubt::{SameStory, Story, agree, error_share};
use connectome::files::Folder;
use connectome::hub::Files;
use connectome::intervene::Baseline;
use connectome::replacement::ReplacementModel;
use connectome::transcoder::Transcoder;
use connectome_graph::AttributionGraph;

use super::{Asking, inputs};
use crate::failure::UsageError;
use crate::load;
use crate::report::doubt::{AnotherReport, DictionaryStory, VerdictCounts};

/// Neurons of all layers and positions that are traced without being asked for.
const AFFORDABLE: usize = 200_000;

/// A dictionary to compare with.
struct Other {
    name: String,
    kind: &'static str,
    replacement: ReplacementModel,
}

impl Asking<'_> {
    pub(super) fn another(&mut self) -> Result<()> {
        let specs = inputs::specs(self.graph, &self.directions);
        if specs.is_empty() {
            return Err(UsageError::OnlyFeatures.into());
        }
        let own = Story::of(self.graph);
        let first = self.told("graph", &self.loaded.dictionary_name, self.baseline, self.graph)?;
        let mut report = AnotherReport::new(first);
        for other in self.others()? {
            if self.interrupt.is_set() {
                self.report.partial = true;
                break;
            }
            let baseline = Baseline::new(&other.replacement, self.baseline.prompt())?;
            let graph = self.trace(&baseline, &specs, self.pos())?;
            if graph.extent().partial {
                self.report.partial = true;
                break;
            }
            let mut told = self.told(other.kind, &other.name, &baseline, &graph)?;
            told.compare(&SameStory::of(&own, &Story::of(&graph)));
            report.others.push(told);
        }
        report.read();
        self.report.another = Some(report);
        Ok(())
    }

    fn told(
        &self,
        kind: &'static str,
        name: &str,
        baseline: &Baseline<'_>,
        graph: &AttributionGraph,
    ) -> Result<DictionaryStory> {
        let (agreement, errors) = (agree(baseline)?, error_share(graph));
        let features = baseline.local().features().len();
        let verdicts = graph.annotations().verdicts.as_ref().map(VerdictCounts::of);
        let story = Story::of(graph);
        let name = name.to_owned();
        Ok(DictionaryStory::of(kind, name, (&agreement, &errors), (&story, features), verdicts))
    }

    /// Given ones first, then random ones, then neurons. Models share their weights.
    fn others(&self) -> Result<Vec<Other>> {
        let (args, seed) = (&self.args.another, self.args.seed);
        let model = || self.loaded.replacement.model().clone();
        let mut others = Vec::new();
        for name in &args.another {
            let transcoder = self.open(name)?;
            let replacement = ReplacementModel::new(model(), transcoder)?;
            others.push(Other { name: name.clone(), kind: "given", replacement });
        }
        for at in 0..args.random {
            let seed = seed.wrapping_add(at);
            let random = self.loaded.replacement.transcoder().with_random_decoders(seed);
            let replacement = ReplacementModel::new(model(), random)?;
            let name = format!("random decoders, seed {seed}");
            others.push(Other { name, kind: "random", replacement });
        }
        if args.neurons != Some(0) {
            let config = self.loaded.replacement.model().config();
            let places = config.n_layers * self.baseline.n_tokens();
            let all = config.d_mlp * places <= AFFORDABLE;
            let strongest = args.neurons.or((!all).then_some((AFFORDABLE / places).max(1)));
            let strongest = strongest.filter(|most| *most < config.d_mlp);
            let name = match strongest {
                None => "neurons".to_owned(),
                Some(most) => format!("neurons, {most} a place"),
            };
            let replacement = ReplacementModel::of_neurons(model(), strongest);
            others.push(Other { name, kind: "neurons", replacement });
        }
        Ok(others)
    }

    fn open(&self, name: &str) -> Result<Transcoder> {
        let offline = self.args.model.offline;
        let folder: Folder = load::folder(name, Files::Dictionary, offline, self.world)?;
        load::transcoder(&folder, offline, self.world)
    }
}
