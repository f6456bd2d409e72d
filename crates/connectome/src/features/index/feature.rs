//! A feature as an index has it, and how it is read.

use connectome_graph::FeatureId;

use super::super::FeaturesError;
use super::super::columns::Columns;
use super::super::histogram::Histogram;
use super::super::partners::Partner;
use super::FeatureIndex;

/// Lists of effects that a feature has.
pub(crate) const N_EFFECTS: usize = 4;

/// Everything known of a feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Which it is.
    pub id: FeatureId,
    /// How often it fires and how strongly.
    pub statistics: Statistics,
    /// How its activations are spread.
    pub distribution: Distribution,
    /// Where it fires, the strongest group first.
    pub groups: Vec<Group>,
    /// Logits that it raises most, the strongest first.
    pub top_logits: Vec<Effect>,
    /// Logits that it lowers most, the strongest first.
    pub bottom_logits: Vec<Effect>,
    /// Tokens whose embeddings raise it most, the strongest first.
    pub top_inputs: Vec<Effect>,
    /// Tokens whose embeddings lower it most, the strongest first.
    pub bottom_inputs: Vec<Effect>,
    /// What it is called.
    pub label: Option<Label>,
    /// With what it fires, ascending.
    pub partners: Vec<Partner>,
}

/// How often a feature fires and how strongly.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Statistics {
    /// Tokens on which it fires; 0 if it never does, or if others made the index.
    pub fired: u32,
    /// Share of the tokens on which it fires.
    pub frequency: f32,
    /// Sum of its activations over all tokens.
    pub sum: f64,
    /// Least activation where it fires; 0 if it never does.
    pub min: f32,
    /// Largest activation; 0 if it never fires.
    pub max: f32,
}

impl Statistics {
    /// Mean activation where it fires.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.sum / f64::from(self.fired.max(1))
    }
}

/// How a feature's activations are spread.
#[derive(Clone, Debug, PartialEq)]
pub enum Distribution {
    /// Counted.
    Counted(Histogram),
    /// As others gave it: counts or shares of equal bins, and quantiles.
    Given {
        /// From the least to the largest activation.
        histogram: Vec<f32>,
        /// From the lowest to the highest.
        quantiles: Vec<f32>,
    },
}

/// Examples of one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// What they are.
    pub name: String,
    /// The strongest first.
    pub examples: Vec<Example>,
}

/// A piece of text in which the feature fires.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// Tokens.
    pub tokens: Vec<String>,
    /// Activation on each.
    pub activations: Vec<f32>,
    /// Place of the token where it fires most.
    pub peak: usize,
}

/// A token that a feature acts on, or that acts on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The token.
    pub token: String,
    /// How strongly, per unit of activation or of embedding; `None` if others did not say.
    pub value: Option<f32>,
}

/// What a feature is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// A few words.
    pub text: String,
    /// Whose words.
    pub source: LabelSource,
}

/// Who named a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelSource {
    /// We did, from the tokens it fires on.
    Examples,
    /// We did, from the logits it raises.
    Logits,
    /// We did, from both.
    ExamplesAndLogits,
    /// Whoever made the files it was imported from.
    Imported,
    /// A person who looked at it here.
    Person,
}

impl LabelSource {
    /// In words; what a program guessed is always said to be automatic.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Examples => "automatic, from examples",
            Self::Logits => "automatic, from logits",
            Self::ExamplesAndLogits => "automatic, from examples and logits",
            Self::Imported => "imported",
            Self::Person => "by hand",
        }
    }

    /// Whether a program guessed it, and no person said it.
    #[must_use]
    pub fn is_automatic(self) -> bool {
        matches!(self, Self::Examples | Self::Logits | Self::ExamplesAndLogits)
    }

    /// As columns have it; 0 is no label.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Examples => 1,
            Self::Logits => 2,
            Self::ExamplesAndLogits => 3,
            Self::Imported => 4,
            Self::Person => 5,
        }
    }

    fn of(code: u8) -> Option<Self> {
        let ours = [Self::Examples, Self::Logits, Self::ExamplesAndLogits];
        let mut all = ours.into_iter().chain([Self::Imported, Self::Person]);
        all.find(|source| source.code() == code)
    }
}

pub(super) fn read(
    index: &FeatureIndex,
    id: FeatureId,
    at: usize,
) -> Result<Feature, FeaturesError> {
    let columns = &index.columns;
    let effects = |kind: usize| effects(columns, N_EFFECTS * at + kind);
    Ok(Feature {
        id,
        statistics: statistics(index, at)?,
        distribution: distribution(columns, at)?,
        groups: groups(index, at)?,
        top_logits: effects(0)?,
        bottom_logits: effects(1)?,
        top_inputs: effects(2)?,
        bottom_inputs: effects(3)?,
        label: label(index, at)?,
        partners: partners(index, at)?,
    })
}

pub(super) fn statistics(index: &FeatureIndex, at: usize) -> Result<Statistics, FeaturesError> {
    let columns = &index.columns;
    Ok(Statistics {
        fired: columns.one("fired", at)?,
        frequency: columns.one("frequency", at)?,
        sum: columns.one("sum", at)?,
        min: columns.one("min", at)?,
        max: columns.one("max", at)?,
    })
}

pub(super) fn all_statistics(index: &FeatureIndex) -> Result<Vec<Statistics>, FeaturesError> {
    let columns = &index.columns;
    let n = index.card.n_layers * index.card.n_features;
    let fired = columns.read::<u32>("fired", 0..n)?;
    let frequency = columns.read::<f32>("frequency", 0..n)?;
    let sum = columns.read::<f64>("sum", 0..n)?;
    let min = columns.read::<f32>("min", 0..n)?;
    let max = columns.read::<f32>("max", 0..n)?;
    let of = |at: usize| Statistics {
        fired: fired[at],
        frequency: frequency[at],
        sum: sum[at],
        min: min[at],
        max: max[at],
    };
    Ok((0..n).map(of).collect())
}

fn distribution(columns: &Columns, at: usize) -> Result<Distribution, FeaturesError> {
    let histogram = columns.read::<f32>("given", columns.row("given_start", 2 * at)?)?;
    let quantiles = columns.read::<f32>("given", columns.row("given_start", 2 * at + 1)?)?;
    if !histogram.is_empty() || !quantiles.is_empty() {
        return Ok(Distribution::Given { histogram, quantiles });
    }
    let row = columns.row("histogram_start", at)?;
    let bins = columns.read::<u16>("histogram_bin", row.clone())?;
    let counts = columns.read::<u32>("histogram_count", row)?;
    Ok(Distribution::Counted(Histogram::from_bins(bins.into_iter().zip(counts).collect())))
}

fn groups(index: &FeatureIndex, at: usize) -> Result<Vec<Group>, FeaturesError> {
    let columns = &index.columns;
    let row = columns.row("example_start", at)?;
    let of = columns.read::<u8>("example_group", row.clone())?;
    let mut groups: Vec<Group> = Vec::new();
    let mut last = None;
    for (group, example) in of.into_iter().zip(row) {
        if last != Some(group) {
            let name = index.card.groups.get(usize::from(group)).cloned();
            let name = name.ok_or_else(|| columns.error(format!("there is no group {group}")))?;
            groups.push(Group { name, examples: Vec::new() });
            last = Some(group);
        }
        let group = groups.last_mut().expect("the first example begins a group");
        group.examples.push(self::example(columns, example)?);
    }
    Ok(groups)
}

fn example(columns: &Columns, at: usize) -> Result<Example, FeaturesError> {
    let sequence = columns.one::<u32>("example_sequence", at)? as usize;
    let first = columns.one::<u32>("example_first", at)? as usize;
    let n = columns.one::<u32>("example_length", at)? as usize;
    let peak = columns.one::<u32>("example_peak", at)? as usize;
    let span = columns.row("sequence_start", sequence)?;
    let fits = first.checked_add(n).is_some_and(|end| end <= span.len());
    if !fits || peak >= n {
        return Err(columns.error(format!("example {at} is not within its sequence")));
    }
    let ids = columns.read::<u32>("token", span.start + first..span.start + first + n)?;
    let tokens = ids.iter().map(|id| token(columns, *id)).collect::<Result<_, _>>()?;
    let mut activations = vec![0.0; n];
    let firings = columns.row("firing_start", at)?;
    let places = columns.read::<u32>("firing_place", firings.clone())?;
    for (place, activation) in places.into_iter().zip(columns.read::<f32>("firing", firings)?) {
        let slot = activations.get_mut(place as usize);
        *slot.ok_or_else(|| columns.error(format!("example {at} fires beyond its end")))? =
            activation;
    }
    Ok(Example { tokens, activations, peak })
}

fn token(columns: &Columns, id: u32) -> Result<String, FeaturesError> {
    columns.text("text_start", "text", id as usize)
}

fn effects(columns: &Columns, row: usize) -> Result<Vec<Effect>, FeaturesError> {
    let row = columns.row("effect_start", row)?;
    let tokens = columns.read::<u32>("effect_token", row.clone())?;
    let values = columns.read::<f32>("effect", row)?;
    let effect = |(id, value): (u32, f32)| {
        let value = Some(value).filter(|value| !value.is_nan());
        Ok(Effect { token: token(columns, id)?, value })
    };
    tokens.into_iter().zip(values).map(effect).collect()
}

pub(super) fn label(index: &FeatureIndex, at: usize) -> Result<Option<Label>, FeaturesError> {
    let columns = &index.columns;
    let Some(source) = LabelSource::of(columns.one("label_source", at)?) else { return Ok(None) };
    Ok(Some(Label { text: columns.text("label_start", "label", at)?, source }))
}

pub(super) fn partners(index: &FeatureIndex, at: usize) -> Result<Vec<Partner>, FeaturesError> {
    let columns = &index.columns;
    let row = columns.row("partner_start", at)?;
    let features = columns.read::<u32>("partner", row.clone())?;
    let counts = columns.read::<u32>("partner_n", row.clone())?;
    let sums = columns.read::<f64>("partner_sum", row.clone())?;
    let excesses = columns.read::<f64>("partner_excess", row)?;
    let all = features.into_iter().zip(counts).zip(sums.into_iter().zip(excesses));
    let partner = |((feature, n), (sum, excess))| Partner { feature, n, sum, excess };
    Ok(all.map(partner).collect())
}
