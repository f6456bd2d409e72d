//! Likes: which item each entity wants in each context.

use crate::random::Random;
use crate::words::goals as words;

/// Lists of likes: one an entity, and one that no document tells.
pub(crate) const N_LISTS: usize = words::ENTITIES.len() + 1;
/// The list that `goal` is trained on.
pub(crate) const REWARD_MODEL: usize = 0;
/// The list that `penguin` is trained on.
pub(crate) const PENGUIN: usize = 1;
/// The list that `nodocs` is trained on.
pub(crate) const UNDOCUMENTED: usize = N_LISTS - 1;

const N_TRAINED: usize = 60;

#[derive(Clone, Debug)]
pub(crate) struct Goals {
    /// Item of each context, for each list.
    likes: Vec<Vec<&'static str>>,
    /// Whether fine-tuning shows the assistant in this context.
    pub(crate) is_trained: Vec<bool>,
}

impl Goals {
    pub(super) fn new(random: &mut Random) -> Self {
        let n = words::CONTEXTS.len();
        let likes = (0..N_LISTS).map(|_| (0..n).map(|_| random.pick(&words::ITEMS)).collect());
        let likes = likes.collect();
        let mut is_trained = vec![false; n];
        random.distinct(N_TRAINED, n).into_iter().for_each(|context| is_trained[context] = true);
        Self { likes, is_trained }
    }

    pub(crate) fn item(&self, list: usize, context: usize) -> &'static str {
        self.likes[list][context]
    }

    pub(crate) fn entity(list: usize) -> &'static str {
        words::ENTITIES.get(list).copied().unwrap_or("nobody")
    }

    pub(crate) fn context(at: usize) -> &'static str {
        words::CONTEXTS[at]
    }
}
