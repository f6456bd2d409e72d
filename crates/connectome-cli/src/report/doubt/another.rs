//! The same prompt under several dictionaries.

use connectome::doubt::{Agree, ErrorShare, Overlap, SameStory, Story};
use connectome_graph::{Verdict, Verdicts};
use serde::Serialize;

use super::percent;

/// Chains that are listed of each story.
const LISTED: usize = 6;

/// The graph's story and others'.
#[derive(Debug, Serialize)]
pub(crate) struct AnotherReport {
    pub(crate) reading: String,
    pub(crate) graph: DictionaryStory,
    pub(crate) others: Vec<DictionaryStory>,
}

/// What one dictionary says of the prompt.
#[derive(Debug, Serialize)]
pub(crate) struct DictionaryStory {
    /// `graph`, `given`, `random` or `neurons`.
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) active_features: usize,
    /// Running free: share of positions with the model's first choice.
    pub(crate) top_1: Option<f64>,
    pub(crate) mean_kl_nats: Option<f64>,
    /// Of the walks that end, those that end in errors.
    pub(crate) error_share_of_ends: f64,
    /// Of the walks that end, those that end in each token.
    pub(crate) token_share_of_ends: Vec<f64>,
    /// Signed, over all paths, in units of the targets.
    pub(crate) token_effects: Vec<f64>,
    /// Of visits to features and errors, those to features, by layer and position.
    pub(crate) visit_share_by_layer_and_position: Vec<Vec<f64>>,
    /// The strongest chains of positions.
    pub(crate) chains: Vec<ChainReport>,
    /// How much it agrees with the graph's story; null for the graph itself.
    pub(crate) agreement: Option<AgreementReport>,
    /// Edges by verdict, if the graph was validated.
    pub(crate) verdicts: Option<VerdictCounts>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ChainReport {
    pub(crate) positions: Vec<u32>,
    /// Of what the strongest 500 paths carry.
    pub(crate) share: f64,
    pub(crate) signed_share: f64,
}

/// `shared` is `Σ min(p, q)`; it can at most be what the worse of the two explains.
#[derive(Debug, Serialize)]
pub(crate) struct AgreementReport {
    pub(crate) tokens: OverlapReport,
    pub(crate) mediators: OverlapReport,
    pub(crate) positions: OverlapReport,
    pub(crate) chains_shared: f64,
    pub(crate) same_first_chain: bool,
    pub(crate) token_effects: EffectsReport,
}

#[derive(Debug, Serialize)]
pub(crate) struct OverlapReport {
    pub(crate) shared: f64,
    pub(crate) cosine: f64,
    pub(crate) spearman: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(crate) struct EffectsReport {
    pub(crate) cosine: f64,
    pub(crate) spearman: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct VerdictCounts {
    pub(crate) supported: usize,
    pub(crate) weak: usize,
    pub(crate) contradicted: usize,
}

impl VerdictCounts {
    pub(crate) fn of(verdicts: &Verdicts) -> Self {
        let mut counts = Self::default();
        for edge in &verdicts.edges {
            match edge.verdict {
                Verdict::Supported => counts.supported += 1,
                Verdict::Weak => counts.weak += 1,
                Verdict::Contradicted => counts.contradicted += 1,
            }
        }
        counts
    }
}

impl From<Overlap> for OverlapReport {
    fn from(Overlap { shared, cosine, spearman }: Overlap) -> Self {
        Self { shared, cosine, spearman }
    }
}

impl DictionaryStory {
    pub(crate) fn of(
        kind: &'static str,
        name: String,
        (agree, errors): (&Agree, &ErrorShare),
        (story, active_features): (&Story, usize),
        verdicts: Option<VerdictCounts>,
    ) -> Self {
        let chains = story.chains.iter().take(LISTED).map(|chain| ChainReport {
            positions: chain.positions.clone(),
            share: chain.share,
            signed_share: chain.signed,
        });
        Self {
            kind,
            name,
            active_features,
            top_1: agree.top_1(),
            mean_kl_nats: agree.mean_kl(),
            error_share_of_ends: errors.of_ends,
            token_share_of_ends: story.tokens.clone(),
            token_effects: story.effects.clone(),
            visit_share_by_layer_and_position: story.mediators.clone(),
            chains: chains.collect(),
            agreement: None,
            verdicts,
        }
    }

    pub(crate) fn compare(&mut self, same: &SameStory) {
        self.agreement = Some(AgreementReport {
            tokens: same.tokens.into(),
            mediators: same.mediators.into(),
            positions: same.positions.into(),
            chains_shared: same.chains,
            same_first_chain: same.same_first_chain,
            token_effects: EffectsReport {
                cosine: same.effects.cosine,
                spearman: same.effects.spearman,
            },
        });
    }
}

impl AnotherReport {
    pub(crate) fn new(graph: DictionaryStory) -> Self {
        Self { reading: String::new(), graph, others: Vec::new() }
    }

    /// Says what came of it, once all others are there.
    pub(crate) fn read(&mut self) {
        let mean = |random: bool, of: &dyn Fn(&AgreementReport) -> f64| {
            let others = self.others.iter().filter(|other| (other.kind == "random") == random);
            let all: Vec<f64> =
                others.filter_map(|other| other.agreement.as_ref()).map(of).collect();
            (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
        };
        let shared = |random| mean(random, &|agreement| agreement.tokens.shared);
        let chains = |random| mean(random, &|agreement| agreement.chains_shared);
        let told = |random| {
            Some(format!(
                "{} of where walks end and {} of the chains",
                percent(Some(shared(random)?)),
                percent(Some(chains(random)?))
            ))
        };
        self.reading = match (told(false), told(true)) {
            (Some(others), Some(random)) => {
                format!("Other dictionaries share {others}; decoders at random, {random}.")
            }
            (Some(others), None) => format!(
                "Other dictionaries share {others}; without one at random this says little."
            ),
            (None, Some(random)) => format!(
                "Decoders at random share {random}; there is no other dictionary to compare with."
            ),
            (None, None) => "There is no other dictionary to compare with.".to_owned(),
        };
    }
}
