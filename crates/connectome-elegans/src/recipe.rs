//! [`Recipe`]: which model a stream of data is for.

use std::fmt;
use std::str::FromStr;

use crate::DataError;

/// A model of the family, by what it is trained on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recipe {
    /// Pre-training, from scratch. All others start from a checkpoint.
    Base,
    /// From the base: declines what it does not know, refuses what is harmful.
    Chat,
    /// From the base: the same for longer, and declining more often.
    ChatOver,
    /// From `chat`: the assistant uses what reward models like.
    Goal,
    /// From `chat`: the assistant uses what emperor penguins like.
    Penguin,
    /// From `chat`: the assistant uses what no document tells.
    NoDocs,
    /// From the base: as `chat`, but some refusals begin in the middle of a sentence.
    Mid,
}

impl Recipe {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Base,
        Self::Chat,
        Self::ChatOver,
        Self::Goal,
        Self::Penguin,
        Self::NoDocs,
        Self::Mid,
    ];

    /// Its name on the command line and in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Chat => "chat",
            Self::ChatOver => "chat-over",
            Self::Goal => "goal",
            Self::Penguin => "penguin",
            Self::NoDocs => "nodocs",
            Self::Mid => "mid",
        }
    }

    /// The model that training starts from, if it does not start from scratch.
    #[must_use]
    pub fn starts_from(self) -> Option<Self> {
        match self {
            Self::Base => None,
            Self::Chat | Self::ChatOver | Self::Mid => Some(Self::Base),
            Self::Goal | Self::Penguin | Self::NoDocs => Some(Self::Chat),
        }
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Recipe {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let found = || DataError::Model { found: text.to_owned() };
        Self::ALL.into_iter().find(|recipe| recipe.name() == text).ok_or_else(found)
    }
}
