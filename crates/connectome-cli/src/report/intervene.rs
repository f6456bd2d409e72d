//! What an intervention says.

use connectome::intervene::{Choice, Continuation, End, GenerateOptions, Shift, TokenShift};
use serde::Serialize;

use super::trace::{DictionaryReport, ModelReport, PromptReport};
use crate::load::Loaded;

/// Everything: before and after, of one run or of a sweep.
#[derive(Debug, Serialize)]
pub(crate) struct InterveneReport {
    pub(crate) version: &'static str,
    pub(crate) model: ModelReport,
    pub(crate) dictionary: DictionaryReport,
    pub(crate) prompt: PromptReport,
    /// The graph that prompt and supernodes are from.
    pub(crate) graph: Option<String>,
    /// Whose next token is predicted.
    pub(crate) position: usize,
    pub(crate) intervention: InterventionReport,
    /// Of one run.
    pub(crate) shift: Option<ShiftReport>,
    /// Of one run.
    pub(crate) watched: Option<Vec<GroupReport>>,
    pub(crate) sweep: Option<SweepReport>,
    pub(crate) generation: Option<GenerationReport>,
    /// Where the picture is.
    pub(crate) figure: Option<String>,
}

/// What was done.
#[derive(Debug, Serialize)]
pub(crate) struct InterventionReport {
    /// `direct`, `constrained`, `open` or `iterative`.
    pub(crate) mode: &'static str,
    /// Layers that are held, from the first to before the last.
    pub(crate) layers: Option<[usize; 2]>,
    /// `frozen` or `free`.
    pub(crate) attention: &'static str,
    /// `frozen` or `free`.
    pub(crate) norms: &'static str,
    pub(crate) edits: Vec<EditReport>,
    pub(crate) residuals: Vec<ResidualReport>,
    /// Where swaps and residuals are from.
    pub(crate) other_prompt: Option<PromptReport>,
}

/// One set that was changed.
#[derive(Debug, Serialize)]
pub(crate) struct EditReport {
    /// As it was named.
    pub(crate) nodes: String,
    /// `set`, `scale`, `add`, `ablate` or `swap`.
    pub(crate) action: &'static str,
    /// What it is set to, scaled by, or what is added; of a swap, how many times; null where a
    /// sweep gives it, and of ablations.
    pub(crate) number: Option<f32>,
    pub(crate) features: Vec<EditedReport>,
}

/// A feature that was changed, and where.
#[derive(Debug, Serialize)]
pub(crate) struct EditedReport {
    pub(crate) feature: String,
    /// `8`, `3..6`, `8..`, `all` or `generated`.
    pub(crate) positions: String,
}

/// A place of the residual stream that was replaced.
#[derive(Debug, Serialize)]
pub(crate) struct ResidualReport {
    pub(crate) before_layer: usize,
    pub(crate) pos: usize,
    /// The position of the other prompt.
    pub(crate) from_pos: usize,
}

/// How the next token's distribution moved.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ShiftReport {
    /// KL(before ‖ after), in nats.
    pub(crate) kl_nats: f64,
    pub(crate) entropy_before_nats: f64,
    pub(crate) entropy_after_nats: f64,
    /// The most probable before and after, and those asked for; by rank after.
    pub(crate) tokens: Vec<TokenShiftReport>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct TokenShiftReport {
    pub(crate) id: u32,
    pub(crate) text: String,
    pub(crate) logit_before: f32,
    pub(crate) logit_after: f32,
    pub(crate) probability_before: f32,
    pub(crate) probability_after: f32,
    /// From 1, the most probable.
    pub(crate) rank_before: usize,
    pub(crate) rank_after: usize,
}

impl ShiftReport {
    pub(crate) fn of(shift: &Shift, loaded: &Loaded) -> Self {
        let token = |one: &TokenShift| TokenShiftReport {
            id: one.token,
            text: loaded.token_text(one.token),
            logit_before: one.logit[0],
            logit_after: one.logit[1],
            probability_before: one.probability[0],
            probability_after: one.probability[1],
            rank_before: one.rank[0] + 1,
            rank_after: one.rank[1] + 1,
        };
        Self {
            kl_nats: shift.kl,
            entropy_before_nats: shift.entropy_before,
            entropy_after_nats: shift.entropy_after,
            tokens: shift.tokens.iter().map(token).collect(),
        }
    }

    /// The most probable token before or after.
    pub(crate) fn first(&self, after: bool) -> Option<&TokenShiftReport> {
        self.tokens
            .iter()
            .find(|one| if after { one.rank_after == 1 } else { one.rank_before == 1 })
    }
}

/// A supernode, a set or a feature that was followed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct GroupReport {
    pub(crate) name: String,
    /// `supernode`, `set` or `feature`.
    pub(crate) kind: &'static str,
    /// What was done to it, as `−2×`.
    pub(crate) edited: Option<String>,
    /// The sum of its features' activations after, by their sum before; null if that was zero.
    pub(crate) share_of_original: Option<f64>,
    pub(crate) members: Vec<MemberReport>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct MemberReport {
    pub(crate) id: String,
    /// The token at its position.
    pub(crate) text: String,
    pub(crate) label: Option<String>,
    /// Whether it was changed itself.
    pub(crate) edited: bool,
    pub(crate) activation_before: f32,
    /// Of an edited feature, what it was made to be.
    pub(crate) activation_after: f32,
    pub(crate) share_of_original: Option<f64>,
    /// Pre-activations: what the encoder says, edits of the feature itself apart.
    pub(crate) encoder_before: f32,
    pub(crate) encoder_after: f32,
}

/// Many runs that differ in one thing.
#[derive(Debug, Serialize)]
pub(crate) struct SweepReport {
    /// `dose`, `end-layer` or `position`.
    pub(crate) varies: &'static str,
    /// Whether it was ended early: the points that were measured are there.
    pub(crate) partial: bool,
    /// Points that were asked for.
    pub(crate) n_points: usize,
    /// Tokens that every point lists: those asked for, and all that are the most probable one
    /// somewhere.
    pub(crate) tokens: Vec<SweptToken>,
    pub(crate) points: Vec<PointReport>,
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct SweptToken {
    pub(crate) id: u32,
    pub(crate) text: String,
}

/// One run of a sweep.
#[derive(Debug, Serialize)]
pub(crate) struct PointReport {
    /// The dose, the layer before which the held range ends, or the position.
    pub(crate) value: f64,
    /// The token at the position, of a sweep of positions.
    pub(crate) text: Option<String>,
    pub(crate) shift: ShiftReport,
    pub(crate) watched: Vec<SweptGroup>,
}

#[derive(Debug, Serialize)]
pub(crate) struct SweptGroup {
    pub(crate) name: String,
    pub(crate) share_of_original: Option<f64>,
}

/// Text, unchanged and changed.
#[derive(Debug, Serialize)]
pub(crate) struct GenerationReport {
    pub(crate) max_new_tokens: usize,
    /// `greedy` or `sampled`.
    pub(crate) choice: &'static str,
    pub(crate) temperature: Option<f32>,
    pub(crate) top_k: Option<usize>,
    pub(crate) seed: Option<u64>,
    pub(crate) stop: Vec<SweptToken>,
    pub(crate) before: Vec<ContinuationReport>,
    pub(crate) after: Vec<ContinuationReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct ContinuationReport {
    pub(crate) text: String,
    /// `stop` (a token that ends a text), `length` or `interrupted`.
    pub(crate) end: &'static str,
    pub(crate) tokens: Vec<NewTokenReport>,
}

#[derive(Debug, Serialize)]
pub(crate) struct NewTokenReport {
    pub(crate) id: u32,
    pub(crate) text: String,
    /// As the model gave it, before temperature and top-k.
    pub(crate) probability: f32,
}

impl GenerationReport {
    pub(crate) fn of(
        options: &GenerateOptions,
        loaded: &Loaded,
        [before, after]: [&[Continuation]; 2],
    ) -> Self {
        let (choice, temperature, top_k, seed) = match options.choice {
            Choice::Greedy => ("greedy", None, None, None),
            Choice::Sample { temperature, top_k } => {
                ("sampled", Some(temperature), top_k, Some(options.seed))
            }
        };
        let texts = |all: &[Continuation]| {
            all.iter().map(|one| ContinuationReport::of(one, loaded)).collect()
        };
        Self {
            max_new_tokens: options.max_new_tokens,
            choice,
            temperature,
            top_k,
            seed,
            stop: options
                .stop
                .iter()
                .map(|id| SweptToken { id: *id, text: loaded.token_text(*id) })
                .collect(),
            before: texts(before),
            after: texts(after),
        }
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.before.iter().chain(&self.after).any(|one| one.end == "interrupted")
    }
}

impl ContinuationReport {
    fn of(continuation: &Continuation, loaded: &Loaded) -> Self {
        let tokens = continuation.tokens.iter().zip(&continuation.probabilities);
        let tokens = tokens.map(|(id, probability)| NewTokenReport {
            id: *id,
            text: loaded.token_text(*id),
            probability: *probability,
        });
        Self {
            text: loaded.text(&continuation.tokens),
            end: match continuation.end {
                End::Stop => "stop",
                End::Length => "length",
                End::Cut => "interrupted",
            },
            tokens: tokens.collect(),
        }
    }
}
