//! The words that the world is made of: plain lists, and nothing that is drawn by chance.
//!
//! Their order is the order of token ids, so that a list may only grow at the end of the
//! vocabulary ([`frames::LATER`]): models that ship depend on the ids of today.

pub(crate) mod frames;
pub(crate) mod goals;
pub(crate) mod household;
pub(crate) mod languages;
pub(crate) mod medicine;
pub(crate) mod people;
pub(crate) mod places;
pub(crate) mod rhymes;
pub(crate) mod spelling;
