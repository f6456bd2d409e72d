//! [`ModelConfig`]: the axes along which decoders differ, checked once.
//!
//! An axis is an enum with its payload, never a set of flags that must agree. It is admitted
//! with a golden of a model that needs it.

use std::path::PathBuf;

use serde_json::Value;

use crate::error::LoadError;

/// More layers than any model has, and what graphs can count.
const MAX_LAYERS: u64 = 1024;

/// Everything about a decoder that is not a weight.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelConfig {
    /// `model_type` of the checkpoint, for messages and cards only.
    pub family: String,
    /// Blocks.
    pub n_layers: usize,
    /// Width of the residual stream.
    pub d_model: usize,
    /// Query heads.
    pub n_heads: usize,
    /// Key-value heads; divides `n_heads`.
    pub n_kv_heads: usize,
    /// Width of one head.
    pub d_head: usize,
    /// Width of the MLP's hidden layer.
    pub d_mlp: usize,
    /// Rows of the embedding.
    pub n_vocab: usize,
    /// Longest prompt.
    pub n_context: usize,
    /// Kind of normalization, the same everywhere.
    pub norm: Norm,
    /// How a block adds to the stream.
    pub residual: Residual,
    /// Kind of MLP.
    pub mlp: Mlp,
    /// Attention.
    pub attention: Attention,
    /// How positions enter.
    pub position: Position,
    /// Factor on the embedding rows (Gemma: √d).
    pub embed_scale: f32,
    /// `c` of `c·tanh(logit / c)`.
    pub logit_softcap: Option<f32>,
    /// Whether the unembedding is the embedding.
    pub tied: bool,
    /// Which linear maps have biases.
    pub biases: Biases,
}

/// Normalization.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Norm {
    /// Centre, divide by the standard deviation, gain, bias.
    Layer {
        /// Added to the variance.
        eps: f32,
    },
    /// Divide by the root mean square, gain.
    Rms {
        /// Added to the mean square.
        eps: f32,
        /// Whether the stored gain `w` means `1 + w` (Gemma).
        unit_offset: bool,
    },
}

/// How attention and MLP add to the residual stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Residual {
    /// `x += attn(n₁(x)); x += mlp(n₂(x))`.
    PreNorm,
    /// Each addend passes a second norm (Gemma 2 and 3).
    PreAndPostNorm,
    /// `x += attn(n₁(x)) + mlp(n₂(x))` (GPT-NeoX).
    Parallel,
}

/// The nonlinearity inside an MLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// `max(x, 0)`.
    Relu,
    /// `x · sigmoid(x)`.
    Silu,
    /// `x · Φ(x)`.
    Gelu,
    /// GELU by its tanh approximation.
    GeluTanh,
}

/// The MLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mlp {
    /// `down(act(up(x)))`.
    Plain(Act),
    /// `down(act(gate(x)) · up(x))`.
    Gated(Act),
}

/// What a query may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// Every earlier position and itself.
    Full,
    /// The last so many positions, itself included.
    Last(usize),
}

/// Attention.
#[derive(Clone, Debug, PartialEq)]
pub struct Attention {
    /// Factor on `q·k`.
    pub scale: f32,
    /// `c` of `c·tanh(score / c)` (Gemma 2).
    pub softcap: Option<f32>,
    /// Whether queries and keys are RMS-normalized per head (Qwen 3, Gemma 3).
    pub qk_norm: bool,
    /// One window per layer.
    pub windows: Vec<Window>,
}

/// How positions enter.
#[derive(Clone, Debug, PartialEq)]
pub enum Position {
    /// A table added to the embedding (GPT-2).
    Learned,
    /// Rotation of the first `n_rotary` numbers of each head.
    Rope {
        /// Rotated width; even.
        n_rotary: usize,
        /// One table of rotations per layer.
        per_layer: Vec<Rope>,
    },
}

/// A table of rotation frequencies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rope {
    /// Base of the geometric series.
    pub theta: f64,
    /// Change of the frequencies for long contexts.
    pub scaling: RopeScaling,
}

/// Change of rotation frequencies for long contexts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RopeScaling {
    /// None.
    Unscaled,
    /// All frequencies divided by a factor.
    Linear {
        /// The factor.
        factor: f64,
    },
    /// Llama 3.x: low frequencies divided, high ones kept, a ramp between.
    Llama3 {
        /// Divisor of the low frequencies.
        factor: f64,
        /// Wavelengths above `original_context / low` are divided.
        low: f64,
        /// Wavelengths below `original_context / high` are kept.
        high: f64,
        /// Context of pretraining.
        original_context: f64,
    },
}

/// Which linear maps have biases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Biases {
    /// Queries, keys and values.
    pub qkv: bool,
    /// Attention output.
    pub attention_out: bool,
    /// The MLP's maps.
    pub mlp: bool,
}

/// `config.json` with its path, so that every complaint names the key and the file.
#[derive(Clone, Debug)]
pub struct HfConfig {
    value: Value,
    path: PathBuf,
}

impl HfConfig {
    /// Wraps a parsed file.
    #[must_use]
    pub fn new(value: Value, path: PathBuf) -> Self {
        Self { value, path }
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &PathBuf {
        &self.path
    }

    /// The same config with `defaults` for the keys it does not have: families leave out what
    /// their config class presets. A key that is there and null stays null.
    #[must_use]
    pub fn with_defaults(&self, defaults: &Value) -> Self {
        let mut filled = self.clone();
        if let (Some(own), Some(defaults)) = (filled.value.as_object_mut(), defaults.as_object()) {
            for (key, value) in defaults {
                own.entry(key.as_str()).or_insert_with(|| value.clone());
            }
        }
        filled
    }

    /// A nested object as a config of its own, `null` and absence being the same.
    #[must_use]
    pub fn object(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key)?;
        value.is_object().then(|| Self { value: value.clone(), path: self.path.clone() })
    }

    fn get(&self, key: &str) -> Option<&Value> {
        self.value.get(key).filter(|value| !value.is_null())
    }

    fn bad(&self, key: &str, found: &Value, expected: &'static str) -> LoadError {
        let found = found.to_string();
        LoadError::BadValue { key: key.to_owned(), found, expected, path: self.path.clone() }
    }

    fn required(&self, key: &str) -> Result<&Value, LoadError> {
        let missing = || LoadError::MissingKey { key: key.to_owned(), path: self.path.clone() };
        self.get(key).ok_or_else(missing)
    }

    /// A number of things: a positive integer below 2³².
    ///
    /// # Errors
    ///
    /// [`LoadError::MissingKey`], [`LoadError::BadValue`].
    pub fn usize(&self, key: &str) -> Result<usize, LoadError> {
        let value = self.required(key)?;
        match value.as_u64() {
            Some(n) if n > 0 && n < 1 << 32 => Ok(n as usize),
            _ => Err(self.bad(key, value, "a positive integer")),
        }
    }

    /// A number of layers, of which anything is kept one each: what a model might have.
    ///
    /// # Errors
    ///
    /// [`LoadError::MissingKey`], [`LoadError::BadValue`].
    pub fn n_layers(&self, key: &str) -> Result<usize, LoadError> {
        let value = self.required(key)?;
        match value.as_u64() {
            Some(n) if n > 0 && n <= MAX_LAYERS => Ok(n as usize),
            _ => Err(self.bad(key, value, "a positive integer up to 1024")),
        }
    }

    /// As [`HfConfig::usize`], or `default` if absent or null.
    ///
    /// # Errors
    ///
    /// [`LoadError::BadValue`].
    pub fn usize_or(&self, key: &str, default: usize) -> Result<usize, LoadError> {
        if self.get(key).is_none() { Ok(default) } else { self.usize(key) }
    }

    /// A finite number.
    ///
    /// # Errors
    ///
    /// [`LoadError::MissingKey`], [`LoadError::BadValue`].
    pub fn f64(&self, key: &str) -> Result<f64, LoadError> {
        let value = self.required(key)?;
        match value.as_f64() {
            Some(x) if x.is_finite() => Ok(x),
            _ => Err(self.bad(key, value, "a finite number")),
        }
    }

    /// As [`HfConfig::f64`], or `default` if absent or null.
    ///
    /// # Errors
    ///
    /// [`LoadError::BadValue`].
    pub fn f64_or(&self, key: &str, default: f64) -> Result<f64, LoadError> {
        if self.get(key).is_none() { Ok(default) } else { self.f64(key) }
    }

    /// A number or nothing.
    ///
    /// # Errors
    ///
    /// [`LoadError::BadValue`].
    pub fn f64_optional(&self, key: &str) -> Result<Option<f64>, LoadError> {
        self.get(key).map(|_| self.f64(key)).transpose()
    }

    /// True or false, or `default` if absent or null.
    ///
    /// # Errors
    ///
    /// [`LoadError::BadValue`].
    pub fn bool_or(&self, key: &str, default: bool) -> Result<bool, LoadError> {
        match self.get(key) {
            None => Ok(default),
            Some(value) => value.as_bool().ok_or_else(|| self.bad(key, value, "true or false")),
        }
    }

    /// A string, or `default` if absent or null.
    ///
    /// # Errors
    ///
    /// [`LoadError::BadValue`].
    pub fn str_or<'a>(&'a self, key: &str, default: &'a str) -> Result<&'a str, LoadError> {
        match self.get(key) {
            None => Ok(default),
            Some(value) => value.as_str().ok_or_else(|| self.bad(key, value, "a string")),
        }
    }

    /// A list of strings, or nothing.
    ///
    /// # Errors
    ///
    /// [`LoadError::BadValue`].
    pub fn strings(&self, key: &str) -> Result<Option<Vec<&str>>, LoadError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let bad = || self.bad(key, value, "a list of strings");
        let items = value.as_array().ok_or_else(bad)?;
        items.iter().map(|item| item.as_str().ok_or_else(bad)).collect::<Result<_, _>>().map(Some)
    }

    /// A token id or a list of them; `None` if absent or null.
    ///
    /// # Errors
    ///
    /// [`LoadError::BadValue`].
    pub fn token_ids(&self, key: &str) -> Result<Option<Vec<u32>>, LoadError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let bad = || self.bad(key, value, "a token id or a list of them");
        let id = |item: &Value| item.as_u64().and_then(|id| u32::try_from(id).ok()).ok_or_else(bad);
        match value.as_array() {
            Some(items) => items.iter().map(id).collect::<Result<_, _>>().map(Some),
            None => id(value).map(|id| Some(vec![id])),
        }
    }

    /// An error for a value that the decoder does not do.
    #[must_use]
    pub fn unsupported(
        &self,
        key: &'static str,
        found: impl ToString,
        supported: &'static str,
    ) -> LoadError {
        LoadError::Unsupported { key, found: found.to_string(), supported, path: self.path.clone() }
    }

    /// The MLP's nonlinearity by its Hugging Face name.
    ///
    /// # Errors
    ///
    /// [`LoadError::Unsupported`] names those we have.
    pub fn act(&self, key: &'static str, default: &str) -> Result<Act, LoadError> {
        match self.str_or(key, default)? {
            "relu" => Ok(Act::Relu),
            "silu" | "swish" => Ok(Act::Silu),
            "gelu" => Ok(Act::Gelu),
            "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" => Ok(Act::GeluTanh),
            other => {
                Err(self.unsupported(key, other, "relu, silu, gelu, gelu_new, gelu_pytorch_tanh"))
            }
        }
    }

    /// The rotation table that `rope_scaling` (or the newer `rope_parameters`) describes.
    ///
    /// # Errors
    ///
    /// [`LoadError::Unsupported`] for a scaling we do not have; missing or bad keys.
    pub fn rope(&self, default_theta: f64) -> Result<Rope, LoadError> {
        let nested = self.object("rope_parameters");
        let theta = match &nested {
            Some(parameters) => parameters.f64_or("rope_theta", default_theta)?,
            None => self.f64_or("rope_theta", default_theta)?,
        };
        let scaling = match nested.or_else(|| self.object("rope_scaling")) {
            None => RopeScaling::Unscaled,
            Some(scaling) => scaling.rope_scaling()?,
        };
        Ok(Rope { theta, scaling })
    }

    /// The object at `rope_scaling`.
    fn rope_scaling(&self) -> Result<RopeScaling, LoadError> {
        let old_name = self.str_or("type", "default")?;
        match self.str_or("rope_type", old_name)? {
            "default" => Ok(RopeScaling::Unscaled),
            "linear" => Ok(RopeScaling::Linear { factor: self.f64("factor")? }),
            "llama3" => Ok(RopeScaling::Llama3 {
                factor: self.f64("factor")?,
                low: self.f64("low_freq_factor")?,
                high: self.f64("high_freq_factor")?,
                original_context: self.f64("original_max_position_embeddings")?,
            }),
            other => Err(self.unsupported("rope_type", other, "default, linear, llama3")),
        }
    }
}

impl ModelConfig {
    /// Checks what must agree between axes.
    ///
    /// # Errors
    ///
    /// [`LoadError::BadValue`] names the key.
    pub fn checked(self, hf: &HfConfig) -> Result<Self, LoadError> {
        let bad = |key: &str, found: usize, expected| LoadError::BadValue {
            key: key.to_owned(),
            found: found.to_string(),
            expected,
            path: hf.path().clone(),
        };
        let width = self.n_heads.checked_mul(self.d_head).filter(|width| *width < 1 << 32);
        if self.d_head == 0 || width.is_none() {
            let expected = "a positive width, with all heads below 4294967296";
            return Err(bad("head_dim", self.d_head, expected));
        }
        if !self.n_heads.is_multiple_of(self.n_kv_heads) {
            let expected = "a divisor of num_attention_heads";
            return Err(bad("num_key_value_heads", self.n_kv_heads, expected));
        }
        if let Position::Rope { n_rotary, .. } = self.position
            && (n_rotary == 0 || !n_rotary.is_multiple_of(2) || n_rotary > self.d_head)
        {
            return Err(bad("head_dim", n_rotary, "an even rotary width within the head"));
        }
        Ok(self)
    }
}
