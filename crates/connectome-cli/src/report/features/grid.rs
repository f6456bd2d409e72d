//! What `features grid` says. Classes are automatic: they say what fits the numbers.

use std::collections::BTreeMap;

use connectome::features::FeatureIndex;
use connectome::probe::{Class, Grids, Judged};
use connectome_graph::FeatureId;
use serde::Serialize;

use crate::args::{GridArgs, GridClass};

#[derive(Debug, Serialize)]
pub(crate) struct GridReport {
    pub(crate) template: String,
    pub(crate) model: String,
    pub(crate) dictionary: String,
    pub(crate) position: i64,
    /// Values of each slot.
    pub(crate) values: [usize; 2],
    pub(crate) cells: usize,
    /// Share of the cells where the model's most probable token is the sum of the two values;
    /// null where they are no numbers.
    pub(crate) sums_right: Option<f64>,
    /// Features that fire on enough cells, by class.
    pub(crate) classes: BTreeMap<&'static str, usize>,
    /// Those of them that look at remainders, by modulus.
    pub(crate) moduli: BTreeMap<i64, usize>,
    /// The listed ones: by class, those that it explains best first.
    pub(crate) features: Vec<GridFeature>,
}

#[derive(Debug, Serialize)]
pub(crate) struct GridFeature {
    #[serde(skip)]
    pub(crate) feature: FeatureId,
    pub(crate) id: String,
    pub(crate) label: Option<String>,
    pub(crate) class: &'static str,
    pub(crate) modulus: Option<i64>,
    /// Which values, in a few words.
    pub(crate) words: String,
    /// Share of the variance of its activations that the class explains.
    pub(crate) explained: f64,
    /// Correlation with the plot's transpose.
    pub(crate) symmetry: Option<f64>,
    pub(crate) largest: f32,
    /// Where it fires.
    pub(crate) cells: usize,
}

impl GridReport {
    pub(crate) fn of(
        grids: &Grids,
        mut judged: Vec<Judged>,
        args: &GridArgs,
        index: Option<&FeatureIndex>,
    ) -> anyhow::Result<Self> {
        let mut classes: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut moduli: BTreeMap<i64, usize> = BTreeMap::new();
        for one in &judged {
            *classes.entry(one.verdict.class.name()).or_default() += 1;
            if let Some(modulus) = one.verdict.class.modulus() {
                *moduli.entry(modulus).or_default() += 1;
            }
        }
        judged.retain(|one| is_wanted(one.verdict.class, args));
        judged.sort_by(|a, b| {
            let by_class = a.verdict.class.name().cmp(b.verdict.class.name());
            let by_fit = b.verdict.explained.total_cmp(&a.verdict.explained);
            by_class.then(by_fit).then(a.id.cmp(&b.id))
        });
        let mut listed: BTreeMap<&'static str, usize> = BTreeMap::new();
        let mut features = Vec::new();
        for one in judged {
            let n = listed.entry(one.verdict.class.name()).or_default();
            *n += 1;
            if *n <= args.top || !args.feature.is_empty() {
                features.push(feature(one, index)?);
            }
        }
        Ok(Self {
            template: grids.template.clone(),
            model: grids.names[0].clone(),
            dictionary: grids.names[1].clone(),
            position: grids.position,
            values: [grids.values[0].len(), grids.values[1].len()],
            cells: grids.n_cells(),
            sums_right: grids.sums_right(),
            classes,
            moduli,
            features,
        })
    }
}

fn is_wanted(class: Class, args: &GridArgs) -> bool {
    let of_modulus = |wanted: &str| {
        class.modulus().is_some_and(|found| wanted == "any" || wanted == found.to_string())
    };
    args.class.is_none_or(|wanted| name(wanted) == class.name())
        && args.modulus.as_deref().is_none_or(of_modulus)
}

fn feature(one: Judged, index: Option<&FeatureIndex>) -> anyhow::Result<GridFeature> {
    let label = index.map(|index| index.label(one.id)).transpose()?.flatten();
    Ok(GridFeature {
        feature: one.id,
        id: one.id.to_string(),
        label: label.map(|label| label.text),
        class: one.verdict.class.name(),
        modulus: one.verdict.class.modulus(),
        words: one.verdict.words,
        explained: one.verdict.explained,
        symmetry: one.verdict.symmetry,
        largest: one.largest,
        cells: one.n_cells,
    })
}

fn name(class: GridClass) -> &'static str {
    match class {
        GridClass::Sum => "sum",
        GridClass::Difference => "difference",
        GridClass::Lookup => "lookup",
        GridClass::Either => "either",
        GridClass::Operand => "operand",
        GridClass::Magnitude => "magnitude",
        GridClass::Constant => "constant",
        GridClass::Other => "other",
    }
}
