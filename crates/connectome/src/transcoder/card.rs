//! [`Card`]: what a dictionary is, as its config and files say.
//!
//! Sites carry TransformerLens' hook names, in files and in messages. Where a site lies in the
//! model's block is `lm`'s business.

use std::fmt;
use std::path::PathBuf;

/// Where features read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadSite {
    /// `hook_resid_mid`: the residual stream after attention was added.
    ResidMid,
    /// `ln2.hook_normalized`: the norm before the MLP, without its gain and bias.
    Ln2Normalized,
    /// `mlp.hook_in`: the whole norm before the MLP.
    MlpIn,
}

impl ReadSite {
    /// All sites.
    pub const ALL: [Self; 3] = [Self::ResidMid, Self::Ln2Normalized, Self::MlpIn];

    /// The hook name.
    #[must_use]
    pub fn hook(self) -> &'static str {
        match self {
            Self::ResidMid => "hook_resid_mid",
            Self::Ln2Normalized => "ln2.hook_normalized",
            Self::MlpIn => "mlp.hook_in",
        }
    }

    /// The site of a hook name.
    #[must_use]
    pub fn from_hook(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|site| site.hook() == name)
    }
}

impl fmt::Display for ReadSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hook())
    }
}

/// Where features write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteSite {
    /// `mlp.hook_out`: the output of the MLP itself.
    MlpOutRaw,
    /// `hook_mlp_out`: what is added to the residual stream, after Gemma's post-norm.
    MlpOut,
}

impl WriteSite {
    /// All sites.
    pub const ALL: [Self; 2] = [Self::MlpOutRaw, Self::MlpOut];

    /// The hook name.
    #[must_use]
    pub fn hook(self) -> &'static str {
        match self {
            Self::MlpOutRaw => "mlp.hook_out",
            Self::MlpOut => "hook_mlp_out",
        }
    }

    /// The site of a hook name.
    #[must_use]
    pub fn from_hook(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|site| site.hook() == name)
    }
}

impl fmt::Display for WriteSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.hook())
    }
}

/// Which layers a feature writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Its own and all above.
    CrossLayer,
    /// Its own.
    PerLayer,
}

/// From pre-activation to activation. Those of trained features change no value that they let
/// through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// Lets through what is above zero.
    Relu,
    /// Lets through what is above a threshold, one a layer or one a feature. Thresholds may be
    /// negative. Source: Rajamanoharan et al. 2024, arXiv:2407.14435.
    JumpRelu,
    /// Lets through the `k` largest of a position, whatever their sign.
    TopK {
        /// How many.
        k: usize,
    },
    /// The model's own neurons: what they let through, its nonlinearity decides.
    Neurons,
}

impl fmt::Display for Activation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relu => f.write_str("relu"),
            Self::JumpRelu => f.write_str("jumprelu"),
            Self::TopK { k } => write!(f, "topk (k = {k})"),
            Self::Neurons => f.write_str("the model's own"),
        }
    }
}

/// How the files lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LayoutName {
    /// `layer_{l}.safetensors`.
    NativePerLayer,
    /// `W_enc_{l}.safetensors` and `W_dec_{l}.safetensors`.
    NativeCrossLayer,
    /// One `params.npz` a layer.
    GemmaScope1,
    /// One safetensors file a layer, encoder transposed.
    GemmaScope2PerLayer,
    /// As [`LayoutName::GemmaScope2PerLayer`], each with a decoder for every layer.
    GemmaScope2CrossLayer,
    /// No files: the model's own neurons.
    Neurons,
}

impl fmt::Display for LayoutName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NativePerLayer => "native, per layer",
            Self::NativeCrossLayer => "native, cross-layer",
            Self::GemmaScope1 => "GemmaScope 1",
            Self::GemmaScope2PerLayer => "GemmaScope 2, per layer",
            Self::GemmaScope2CrossLayer => "GemmaScope 2, cross-layer",
            Self::Neurons => "neurons of the model",
        })
    }
}

/// What frontends look the dictionary's features up by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Scan {
    /// The config names none.
    #[default]
    Unnamed,
    /// One name for all layers.
    One(String),
    /// A name a layer.
    PerLayer(Vec<String>),
}

impl Scan {
    /// The names, none to one a layer.
    #[must_use]
    pub fn names(&self) -> &[String] {
        match self {
            Self::Unnamed => &[],
            Self::One(name) => std::slice::from_ref(name),
            Self::PerLayer(names) => names,
        }
    }
}

/// What a dictionary is.
#[derive(Clone, Debug)]
pub struct Card {
    /// Which layers a feature writes to.
    pub kind: Kind,
    /// Where features read.
    pub reads: ReadSite,
    /// Where features write.
    pub writes: WriteSite,
    /// From pre-activation to activation.
    pub activation: Activation,
    /// The model it was trained on, as the config names it.
    pub model_name: Option<String>,
    /// What frontends look its features up by.
    pub scan: Scan,
    /// Layers.
    pub n_layers: usize,
    /// Features of one layer; the same for all.
    pub n_features: usize,
    /// Width of the residual stream.
    pub d_model: usize,
    /// How the files lie.
    pub layout: LayoutName,
    /// Whether any layer has a linear skip.
    pub has_skip: bool,
    /// The folder.
    pub path: PathBuf,
}
