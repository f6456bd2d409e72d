//! What can be done to a run: edits of features and of the residual stream, and what is held
//! still meanwhile.

use std::ops::Range;

use connectome_graph::FeatureId;

/// What happens to a feature's activation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// It becomes this number.
    Set(f32),
    /// It becomes so many times what it was in the unchanged run. At a generated position, which
    /// the unchanged run does not have: so many times what it is now.
    Scale(f32),
    /// So much is added to what it would be.
    Add(f32),
}

impl Change {
    /// Nothing is left of it.
    pub const ABLATE: Self = Self::Set(0.0);

    /// The new activation, from what it was in the unchanged run and what it would be here.
    #[must_use]
    pub fn apply(self, clean: f32, current: f32) -> f32 {
        match self {
            Self::Set(value) => value,
            Self::Scale(factor) => factor * clean,
            Self::Add(value) => current + value,
        }
    }

    /// The number in it.
    #[must_use]
    pub fn number(self) -> f32 {
        match self {
            Self::Set(x) | Self::Scale(x) | Self::Add(x) => x,
        }
    }
}

/// Where an edit holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Positions {
    /// One position of the prompt.
    At(usize),
    /// A range of the prompt.
    Span(Range<usize>),
    /// The whole prompt, and nothing that is generated.
    Prompt,
    /// From a position of the prompt on, and at every generated one.
    From(usize),
    /// Only where tokens are generated: the positions after the prompt.
    Generated,
}

impl Positions {
    /// Those of a prompt of `n_tokens`.
    #[must_use]
    pub fn in_prompt(&self, n_tokens: usize) -> Range<usize> {
        match self {
            Self::At(pos) => *pos..pos + 1,
            Self::Span(span) => span.clone(),
            Self::Prompt => 0..n_tokens,
            Self::From(start) => *start..n_tokens,
            Self::Generated => n_tokens..n_tokens,
        }
    }

    /// Whether the edit goes on at generated positions.
    #[must_use]
    pub fn is_open_ended(&self) -> bool {
        matches!(self, Self::From(_) | Self::Generated)
    }
}

/// A feature changed at some positions. Where several edits meet, the last one holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Which.
    pub feature: FeatureId,
    /// Where.
    pub positions: Positions,
    /// How.
    pub change: Change,
}

/// The residual stream replaced at a place, as in an interchange with another prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct ResidualPatch {
    /// Before this block; the number of layers means after the last one.
    pub before_layer: usize,
    /// Position.
    pub pos: usize,
    /// The stream there, `[D]`.
    pub resid_d: Vec<f32>,
}

/// The output of an MLP replaced at a place. What features write there is added to it.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputPatch {
    /// The MLP of this block.
    pub layer: usize,
    /// Position.
    pub pos: usize,
    /// What the MLP writes to the stream there, `[D]`.
    pub out_d: Vec<f32>,
}

/// What attention does while the rest is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttentionPatterns {
    /// Patterns stay those of the unchanged run.
    Frozen,
    /// Patterns are computed anew.
    Free,
}

/// What norms do while the rest is changed. [`Mode::Direct`] holds them in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NormScales {
    /// Denominators are computed anew.
    #[default]
    Free,
    /// Denominators stay those of the unchanged run.
    Frozen,
}

/// What answers to a change, and what is held still.
///
/// Source: Ameisen et al. 2025, "Circuit Tracing", constrained and iterative patching;
/// circuit-tracer's `feature_intervention` for the open-ended kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing answers: MLP outputs, attention patterns and norm denominators stay those of the
    /// unchanged run, so that what is measured is linear in the change.
    Direct,
    /// Constrained patching: MLP outputs of these layers stay those of the unchanged run, plus
    /// what the change writes there; layers after them answer. Patterns are frozen.
    Constrained {
        /// Layers that are held.
        layers: Range<usize>,
    },
    /// The change is added to MLP outputs that answer at every layer.
    Open {
        /// What attention does.
        attention: AttentionPatterns,
    },
    /// Iterative patching: in these layers the dictionary stands for the MLP. Features are
    /// encoded anew from the changed stream, and the MLP output is that of the unchanged run
    /// plus what the differences write. Patterns are frozen.
    Iterative {
        /// Layers where the dictionary answers.
        layers: Range<usize>,
    },
}

impl Mode {
    /// Whether patterns stay those of the unchanged run.
    #[must_use]
    pub fn freezes_attention(&self) -> bool {
        !matches!(self, Self::Open { attention: AttentionPatterns::Free })
    }

    /// Layers whose MLP output is held, of `n_layers`.
    #[must_use]
    pub fn held(&self, n_layers: usize) -> Range<usize> {
        match self {
            Self::Direct => 0..n_layers,
            Self::Constrained { layers } | Self::Iterative { layers } => layers.clone(),
            Self::Open { .. } => 0..0,
        }
    }

    /// Layers where changes are written, of `n_layers`.
    #[must_use]
    pub fn written(&self, n_layers: usize) -> Range<usize> {
        match self {
            Self::Open { .. } => 0..n_layers,
            Self::Direct | Self::Constrained { .. } | Self::Iterative { .. } => self.held(n_layers),
        }
    }
}

/// One changed run.
#[derive(Clone, Debug, PartialEq)]
pub struct Intervention {
    /// Features that are changed.
    pub edits: Vec<Edit>,
    /// Places where the stream is replaced.
    pub residuals: Vec<ResidualPatch>,
    /// Places where an MLP's output is replaced.
    pub outputs: Vec<OutputPatch>,
    /// What answers.
    pub mode: Mode,
    /// Whether norms answer.
    pub norms: NormScales,
}

impl Intervention {
    /// What is changed is added by the fields.
    #[must_use]
    pub fn nothing(mode: Mode) -> Self {
        let (edits, residuals, outputs) = (Vec::new(), Vec::new(), Vec::new());
        Self { edits, residuals, outputs, mode, norms: NormScales::Free }
    }

    /// Edits of features.
    #[must_use]
    pub fn of_features(edits: Vec<Edit>, mode: Mode) -> Self {
        Self { edits, ..Self::nothing(mode) }
    }

    /// Replacements of the stream, with everything after them free to answer.
    #[must_use]
    pub fn of_residuals(residuals: Vec<ResidualPatch>) -> Self {
        let mode = Mode::Open { attention: AttentionPatterns::Free };
        Self { residuals, ..Self::nothing(mode) }
    }
}
