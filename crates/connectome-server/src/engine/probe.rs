//! Probes: all pairs of two slots' values, and what each feature's grid is a function of.

use std::collections::{BTreeMap, BTreeSet};

use connectome::error::RunError;
use connectome::open::{Opened, Wanted};
use connectome::probe::grid::{self, Grids};
use connectome::probe::{Judged, Template, judged, template};
use connectome::replacement::PromptTokens;
use connectome_graph::FeatureId;

use super::Engine;
use crate::error::ServeError;
use crate::jobs::Reporter;
use crate::wire::{FeatureName, Probe, ProbeAsk, ProbedFeature};
use crate::{ModelName, TOOL, shell};

/// The most cells of a grid.
const MOST_CELLS: usize = 1_000_000;
/// Notes that are kept of the prompts.
const NOTES: usize = 20;

/// What a request comes to.
struct Plan {
    template: Template,
    values: [Vec<String>; 2],
}

impl Engine {
    /// Refuses what makes no sense before it waits in a queue; the template's text.
    pub(crate) fn check_probe(&self, ask: &ProbeAsk) -> Result<String, ServeError> {
        let opened = self.model(ask.model.as_deref())?;
        let plan = plan(ask, &opened)?;
        // One prompt tells most: that the model can read it, and that it has the position.
        let text = plan.template.filled(&plan.values[0][0], &plan.values[1][0]);
        let tokens = opened.prepare(&Wanted::Text(text.clone()))?.tokens;
        grid::position(ask.position, &(tokens, text))?;
        Ok(ask.template.clone())
    }

    /// The probe with its grids; `None` if the job was cancelled, as half a grid says nothing.
    pub(crate) fn probe(
        &self,
        ask: &ProbeAsk,
        reporter: &Reporter,
    ) -> Result<Option<(Probe, Grids)>, ServeError> {
        let opened = self.model(ask.model.as_deref())?;
        let Plan { template, values } = plan(ask, &opened)?;
        let texts = template.texts(&values);
        let n = texts.len();
        let Some((prompts, notes)) = prompts(&opened, texts, reporter)? else { return Ok(None) };
        let asked = grid::Probe {
            template: template.text(),
            values: &values,
            prompts: &prompts,
            position: ask.position,
            names: [&opened.model_name, &opened.dictionary_name],
        };
        let token_text = |id| opened.token_text(id);
        let mut watch = |done| reporter.step("running prompts", done, n);
        let grids = Grids::run(&opened.replacement, asked, &token_text, &mut watch)?;
        let Some(grids) = grids else { return Ok(None) };
        let asked: BTreeSet<FeatureId> = ask.features.iter().map(id).collect();
        let features: Vec<FeatureId> = if asked.is_empty() {
            grids.features(ask.min_cells).collect()
        } else {
            asked.into_iter().collect()
        };
        let mut watch = |done, of| reporter.step("classifying", done, of);
        let Some(found) = judged(&grids, &features, &mut watch) else { return Ok(None) };
        let mut classes = BTreeMap::new();
        for one in &found {
            *classes.entry(one.verdict.class.name().to_owned()).or_default() += 1;
        }
        let known = self.find(ask.model.as_deref().unwrap_or_else(|| self.default_model()));
        let probe = Probe {
            number: 0,
            created: crate::store::now_ms(),
            tool: TOOL.to_owned(),
            ask: ask.clone(),
            model: opened.model_name.clone(),
            dictionary: opened.dictionary_name.clone(),
            dictionary_digest: opened.replacement.transcoder().digest(),
            slots: template.names().clone(),
            values,
            notes,
            sums_right: grids.sums_right(),
            classes,
            features: found.into_iter().map(row).collect(),
            command: known.map_or_else(String::new, |known| command(ask, &known.name)),
        };
        Ok(Some((probe, grids)))
    }
}

/// Prompts as the model sees them, with their texts.
type Prompts = Vec<(PromptTokens, String)>;

/// All prompts, and what a reader should know of them; `None` if the job was cancelled.
fn prompts(
    opened: &Opened,
    texts: Vec<String>,
    reporter: &Reporter,
) -> Result<Option<(Prompts, Vec<String>)>, ServeError> {
    let n = texts.len();
    let mut notes: Vec<String> = Vec::new();
    let mut prompts = Prompts::new();
    for (done, text) in texts.into_iter().enumerate() {
        if reporter.step("reading prompts", done, n).is_break() {
            return Ok(None);
        }
        let ready = opened.prepare(&Wanted::Text(text.clone()))?;
        for note in ready.notes {
            if notes.len() < NOTES && !notes.contains(&note) {
                notes.push(note);
            }
        }
        prompts.push((ready.tokens, text));
    }
    Ok(Some((prompts, notes)))
}

fn plan(ask: &ProbeAsk, opened: &Opened) -> Result<Plan, ServeError> {
    let template = Template::parse(&ask.template)?;
    let [first, second] = template.names().clone();
    let values = [template::values(&first, &ask.first)?, template::values(&second, &ask.second)?];
    let n = values[0].len() * values[1].len();
    if n > MOST_CELLS {
        return Err(ServeError::bad(format!(
            "the grid has {n} cells, expected at most {MOST_CELLS}"
        )));
    }
    let card = opened.replacement.transcoder().card();
    for FeatureName { layer, index } in &ask.features {
        if *layer as usize >= card.n_layers {
            return Err(RunError::Layer { found: *layer, n_layers: card.n_layers }.into());
        }
        if *index as usize >= card.n_features {
            let (layer, index, n_features) = (*layer, *index, card.n_features);
            return Err(RunError::FeatureIndex { layer, index, n_features }.into());
        }
    }
    Ok(Plan { template, values })
}

fn id(name: &FeatureName) -> FeatureId {
    FeatureId { layer: name.layer, index: name.index }
}

fn row(one: Judged) -> ProbedFeature {
    ProbedFeature {
        layer: one.id.layer,
        index: one.id.index,
        label: None,
        label_source: None,
        class: one.verdict.class.name().to_owned(),
        modulus: one.verdict.class.modulus().and_then(|modulus| u32::try_from(modulus).ok()),
        words: one.verdict.words,
        explained: one.verdict.explained,
        symmetry: one.verdict.symmetry,
        largest: one.largest,
        n_cells: one.n_cells,
    }
}

/// The same probe on the command line.
fn command(ask: &ProbeAsk, name: &ModelName) -> String {
    let mut words = ["connectome", "features", "grid", &ask.template].map(str::to_owned).to_vec();
    let mut flag = |name: &str, value: &str| words.extend([name.to_owned(), value.to_owned()]);
    flag("--first", &ask.first);
    flag("--second", &ask.second);
    flag("--position", &ask.position.to_string());
    flag("--min-cells", &ask.min_cells.to_string());
    for feature in &ask.features {
        flag("--feature", &id(feature).to_string());
    }
    flag("--model", &name.model);
    if let Some(dictionary) = &name.dictionary {
        flag("--transcoder", dictionary);
    }
    shell::command(words)
}
