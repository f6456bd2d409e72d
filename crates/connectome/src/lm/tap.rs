//! [`Site`]: the places of a forward pass; [`Tap`]: to look at one, or to change it.
//!
//! Recording, freezing and intervening are taps; the forward pass is written once.

use std::fmt;

use crate::error::RunError;
use crate::ops::Mat;

/// A place in the forward pass. `usize` is the layer; shapes are those of the tensor there. `T`
/// is the number of rows: the tokens of a prompt, or the rows of a
/// [`Segment`](super::segment::Segment).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Site {
    /// Token embeddings as they enter the stream, without positions, `[T, D]`.
    Embed,
    /// The stream before a block, `[T, D]`.
    ResidPre(usize),
    /// `1 / denominator` of the norm before attention, `[T, 1]`.
    AttnNormScale(usize),
    /// Queries after norm and rotation, `[T, H·E]`.
    Query(usize),
    /// Keys after norm and rotation, `[T, K·E]`.
    Key(usize),
    /// Values, `[T, K·E]`.
    Value(usize),
    /// Attention pattern after softmax, `[H·T, T]`; only made if the tap wants it.
    Pattern(usize),
    /// `1 / denominator` of the norm after attention, `[T, 1]` (Gemma).
    PostAttnNormScale(usize),
    /// What attention adds to the stream, `[T, D]`.
    AttnOut(usize),
    /// The stream after attention, `[T, D]`; parallel blocks have none.
    ResidMid(usize),
    /// `1 / denominator` of the norm before the MLP, `[T, 1]`.
    MlpNormScale(usize),
    /// The normalized MLP input before gain and bias, `[T, D]`.
    Ln2Normalized(usize),
    /// The MLP's input, `[T, D]`.
    MlpIn(usize),
    /// The MLP's raw output, `[T, D]`.
    MlpOutRaw(usize),
    /// `1 / denominator` of the norm after the MLP, `[T, 1]` (Gemma).
    PostMlpNormScale(usize),
    /// What the MLP adds to the stream, `[T, D]`.
    MlpOut(usize),
    /// The stream after the last block, `[T, D]`.
    ResidFinal,
    /// `1 / denominator` of the last norm, `[T, 1]`.
    FinalNormScale,
    /// The last norm's output, `[T, D]`.
    FinalNorm,
}

impl fmt::Display for Site {
    /// TransformerLens' hook names, which the field's files use.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (layer, name) = match *self {
            Self::Embed => return f.write_str("hook_embed"),
            Self::ResidFinal => return f.write_str("ln_final.hook_in"),
            Self::FinalNormScale => return f.write_str("ln_final.hook_scale"),
            Self::FinalNorm => return f.write_str("ln_final.hook_out"),
            Self::ResidPre(layer) => (layer, "hook_resid_pre"),
            Self::AttnNormScale(layer) => (layer, "ln1.hook_scale"),
            Self::Query(layer) => (layer, "attn.hook_rot_q"),
            Self::Key(layer) => (layer, "attn.hook_rot_k"),
            Self::Value(layer) => (layer, "attn.hook_v"),
            Self::Pattern(layer) => (layer, "attn.hook_pattern"),
            Self::PostAttnNormScale(layer) => (layer, "ln1_post.hook_scale"),
            Self::AttnOut(layer) => (layer, "hook_attn_out"),
            Self::ResidMid(layer) => (layer, "hook_resid_mid"),
            Self::MlpNormScale(layer) => (layer, "ln2.hook_scale"),
            Self::Ln2Normalized(layer) => (layer, "ln2.hook_normalized"),
            Self::MlpIn(layer) => (layer, "mlp.hook_in"),
            Self::MlpOutRaw(layer) => (layer, "mlp.hook_out"),
            Self::PostMlpNormScale(layer) => (layer, "ln2_post.hook_scale"),
            Self::MlpOut(layer) => (layer, "hook_mlp_out"),
        };
        write!(f, "blocks.{layer}.{name}")
    }
}

/// Looks at the tensors of a forward pass, or changes them.
pub trait Tap {
    /// Whether a tensor that costs extra to make is wanted: [`Site::Pattern`] always costs,
    /// [`Site::Key`] where the pattern is held.
    fn wants(&self, _site: Site) -> bool {
        false
    }

    /// Whether a layer's attention pattern is held at a recorded one. Then no queries or
    /// pattern are made there, nor keys unless they are wanted, and their sites are not visited.
    fn holds_pattern(&self, _layer: usize) -> bool {
        false
    }

    /// One head of the pattern that is held, `[T, T]` over the whole prompt, with its `T`;
    /// `scratch` may hold it. Asked for only where [`Tap::holds_pattern`] says so.
    fn held_pattern<'a>(
        &'a self,
        _layer: usize,
        _head: usize,
        _scratch: &'a mut Vec<f32>,
    ) -> (&'a [f32], usize) {
        unreachable!("a tap that holds patterns gives them")
    }

    /// Whether the tap will replace a layer's raw MLP output whatever it is. Then it is not
    /// computed, and the tap sees zeros.
    fn replaces_mlp(&self, _layer: usize) -> bool {
        false
    }

    /// Called once at every site that is computed, in the order of computation.
    ///
    /// # Errors
    ///
    /// Whatever the tap refuses; the forward pass stops there.
    fn at(&mut self, site: Site, x: &mut Mat) -> Result<(), RunError>;
}

/// A tap that does nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTap;

impl Tap for NoTap {
    fn at(&mut self, _site: Site, _x: &mut Mat) -> Result<(), RunError> {
        Ok(())
    }
}
