//! Groups of words that rhyme, and what each word asks of the line that it ends.
//!
//! The words of a group belong to different classes. A class chooses the verb and the adjective,
//! a word how often `very` stands before them, so that a line that ends well was begun well.

use crate::random::Random;
use crate::words::rhymes as words;

const N_CLASSES: usize = words::ADJECTIVES.len();
const GROUP: usize = 5;

#[derive(Clone, Debug)]
pub(crate) struct RhymeWord {
    pub(crate) word: &'static str,
    pub(crate) group: usize,
    pub(crate) class: usize,
    /// How often `very` stands before its adjective.
    pub(crate) fillers: usize,
}

#[derive(Clone, Debug)]
pub(crate) struct Rhymes {
    /// Group after group, five each.
    pub(crate) words: Vec<RhymeWord>,
    /// Ends of two lines, in order, that no training shows together.
    pub(crate) held_out: Vec<(usize, usize)>,
}

impl Rhymes {
    pub(super) fn new(random: &mut Random) -> Self {
        let mut all = Vec::new();
        let mut held_out = Vec::new();
        for (group, group_words) in words::GROUPS.iter().enumerate() {
            let classes = random.distinct(GROUP, N_CLASSES);
            // A cycle through four of the five: each first word lacks one second word at most.
            let cycle = random.distinct(GROUP - 1, GROUP);
            for at in 0..cycle.len() {
                let next = cycle[(at + 1) % cycle.len()];
                held_out.push((GROUP * group + cycle[at], GROUP * group + next));
            }
            for (word, class) in group_words.iter().zip(classes) {
                all.push(RhymeWord { word, group, class, fillers: random.below(3) });
            }
        }
        held_out.sort_unstable();
        Self { words: all, held_out }
    }

    /// Places of the words that may end a second line after this first one.
    pub(crate) fn seconds(&self, first: usize) -> Vec<usize> {
        let start = first / GROUP * GROUP;
        let may_follow =
            |second: &usize| *second != first && !self.held_out.contains(&(first, *second));
        (start..start + GROUP).filter(may_follow).collect()
    }
}

impl RhymeWord {
    pub(crate) fn adjectives(&self) -> &'static [&'static str] {
        &words::ADJECTIVES[self.class]
    }

    pub(crate) fn verbs(&self) -> &'static [&'static str] {
        &words::VERBS[self.class]
    }
}
