//! The language-model trainer: gradients, goldens, runs that stop and go on.

mod gradients;
mod mimetic;
mod published;
mod runs;
mod streams;
mod torch;
