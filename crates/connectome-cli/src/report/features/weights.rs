//! What `features weights` says.
//!
//! - `weight`: what the source adds to the target's pre-activation through the stream alone, per
//!   unit of activation, without attention and without the denominators of norms.
//! - `twera`: the weight times E[a_i a_j] / E[a_j] over the tokens of the index, at least in
//!   size; `twera_at_most` differs where co-activation was not counted exactly.

use connectome::features::FeatureIndex;
use connectome::features::weights::{Expected, Weight};
use connectome_graph::FeatureId;
use serde::Serialize;

#[derive(Debug, Serialize)]
pub(crate) struct WeightsReport {
    pub(crate) id: String,
    pub(crate) label: Option<String>,
    pub(crate) index: Option<String>,
    pub(crate) inputs: SideReport,
    pub(crate) outputs: SideReport,
}

#[derive(Debug, Serialize)]
pub(crate) struct SideReport {
    pub(crate) by_weight: Vec<WeightReport>,
    /// Null without an index.
    pub(crate) by_twera: Option<Vec<WeightReport>>,
}

#[derive(Debug, Serialize)]
pub(crate) struct WeightReport {
    pub(crate) id: String,
    pub(crate) label: Option<String>,
    pub(crate) weight: f32,
    pub(crate) twera: Option<f64>,
    pub(crate) twera_at_most: Option<f64>,
    /// Tokens on which both fire, at least.
    pub(crate) together: Option<u32>,
}

impl SideReport {
    pub(crate) fn of(
        strongest: &[Weight],
        twera: Option<&[Expected]>,
        index: Option<&FeatureIndex>,
        top: usize,
    ) -> anyhow::Result<Self> {
        let known =
            |id: FeatureId| twera.unwrap_or_default().iter().find(|one| one.weight.id == id);
        let report = |weight: Weight| {
            let expected = known(weight.id);
            let label = index.map(|index| index.label(weight.id)).transpose()?.flatten();
            Ok(WeightReport {
                id: weight.id.to_string(),
                label: label.map(|label| label.text),
                weight: weight.weight,
                twera: expected.map(|one| one.lo),
                twera_at_most: expected.map(|one| one.hi),
                together: expected.map(|one| one.n),
            })
        };
        let all =
            |weights: Vec<Weight>| weights.into_iter().map(report).collect::<anyhow::Result<_>>();
        let by_twera = twera.map(|all| all.iter().take(top).map(|one| one.weight).collect());
        Ok(Self { by_weight: all(strongest.to_vec())?, by_twera: by_twera.map(all).transpose()? })
    }
}
