//! [`Absence`]: what stands where a part of the prompt is taken away.
//!
//! Positions stay: to take words out would move all others. So something must stand there, and
//! what that is changes the answer; it is named with every number.

use std::ops::Range;

use crate::error::RunError;
use crate::intervene::{Baseline, ResidualPatch};
use crate::ops::Mat;
use crate::ops::dense::add_to;

/// What stands for a token that is taken away. Position embeddings stay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Absence {
    /// The mean of all token embeddings: no token in particular.
    #[default]
    Mean,
    /// Nothing: an embedding of zeros. Norms blow up what little is left.
    Zero,
    /// Another token.
    Token(u32),
}

impl Absence {
    /// Takes the tokens at these positions away, before the first block.
    ///
    /// # Errors
    ///
    /// [`RunError::TokenId`]; [`RunError::Position`] beyond the prompt.
    pub fn patches(
        self,
        baseline: &Baseline<'_>,
        positions: &[usize],
    ) -> Result<Vec<ResidualPatch>, RunError> {
        let model = baseline.replacement().model();
        let (vocab, n_tokens) = (model.config().n_vocab, baseline.n_tokens());
        let embedding_d = match self {
            Self::Zero => vec![0.0; model.config().d_model],
            Self::Mean => mean_embedding(baseline),
            Self::Token(found) if found as usize >= vocab => {
                return Err(RunError::TokenId { found, vocab });
            }
            Self::Token(token) => model.embedding(&[token]).into_vec(),
        };
        let positions_td: Option<&Mat> = baseline.local().position_embeddings();
        let patch = |&pos: &usize| {
            if pos >= n_tokens {
                return Err(RunError::Position { found: pos as i64, n_tokens });
            }
            let mut resid_d = embedding_d.clone();
            if let Some(positions_td) = positions_td {
                add_to(&mut resid_d, positions_td.row(pos));
            }
            Ok(ResidualPatch { before_layer: 0, pos, resid_d })
        };
        positions.iter().map(patch).collect()
    }
}

/// The mean of all rows of the embedding, as they enter the stream.
fn mean_embedding(baseline: &Baseline<'_>) -> Vec<f32> {
    let model = baseline.replacement().model();
    let (embed, config) = (model.embed(), model.config());
    // NUMERICS: f64 sums; a vocabulary has 10⁵ rows.
    let mut sum_d = vec![0.0_f64; config.d_model];
    let mut row_d = vec![0.0; config.d_model];
    for token in 0..config.n_vocab {
        embed.read_row(token, &mut row_d);
        sum_d.iter_mut().zip(&row_d).for_each(|(sum, x)| *sum += f64::from(*x));
    }
    let scale = f64::from(config.embed_scale) / config.n_vocab as f64;
    sum_d.iter().map(|sum| (sum * scale) as f32).collect()
}

/// Checks that a span lies within the prompt and holds something.
pub(super) fn check_span(span: &Range<usize>, n_tokens: usize) -> Result<(), RunError> {
    if span.start < span.end && span.end <= n_tokens {
        return Ok(());
    }
    let (start, end) = (span.start, span.end);
    Err(RunError::Range { what: "positions", start, end, limit: n_tokens })
}
