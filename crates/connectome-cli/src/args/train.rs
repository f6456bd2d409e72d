//! The flags of `connectome train`.

use clap::{Subcommand, ValueEnum};
use connectome::ops::matmul::Arithmetic;

use super::train_clt::TrainCltArgs;
use super::train_lm::TrainLmArgs;
use crate::help;

#[derive(Debug, Subcommand)]
pub(crate) enum TrainCommand {
    /// A language model, from scratch or from a checkpoint.
    #[command(after_long_help = help::TRAIN_LM)]
    Lm(Box<TrainLmArgs>),
    /// Transcoders that stand in for a model's MLPs, for tracing.
    #[command(after_long_help = help::TRAIN_CLT)]
    Clt(Box<TrainCltArgs>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DtypeArg {
    #[default]
    F32,
    Bf16,
}

impl DtypeArg {
    pub(crate) fn arithmetic(self) -> Arithmetic {
        match self {
            Self::F32 => Arithmetic::F32,
            Self::Bf16 => Arithmetic::Bf16,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CutArg {
    /// A line is a document.
    #[default]
    Lines,
    /// Blank lines stand between documents.
    Paragraphs,
    /// A file is a document.
    Files,
}
