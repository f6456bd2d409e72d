//! What a model makes of evaluation sets.

use anyhow::Result;
use connectome::lm::Model;
use connectome::lm::greedy::Request;
use connectome_elegans::{EOS, EvalItem, EvalSet};

use crate::progress::Work;

/// Items that are asked together, between two looks at the clock.
const TOGETHER: usize = 256;

/// The mean score of each set, in order; `None` if somebody pressed Ctrl-C.
pub(super) fn scores(
    model: &Model,
    sets: &[&EvalSet],
    work: &mut Work,
) -> Result<Option<Vec<f64>>> {
    let n_items: usize = sets.iter().map(|set| set.items.len()).sum();
    let mut n_done = 0;
    let mut scores = Vec::with_capacity(sets.len());
    for set in sets {
        let mut sum = 0.0;
        for items in set.items.chunks(TOGETHER) {
            let request = |item: &EvalItem| item.judge.n_tokens();
            let requests: Vec<Request<'_>> = items
                .iter()
                .map(|item| Request { prompt: item.prompt(), max_new_tokens: request(item) })
                .collect();
            let answers = model.answer(&requests, Some(EOS))?;
            let worth = items.iter().zip(&answers);
            sum += worth.map(|(item, it)| item.judge.score(&it.next_v, &it.tokens)).sum::<f64>();
            n_done += items.len();
            if work.step("asking", n_done, n_items).is_break() {
                return Ok(None);
            }
        }
        scores.push(sum / set.items.len() as f64);
    }
    Ok(Some(scores))
}
