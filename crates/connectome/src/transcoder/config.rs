//! `config.yaml`: the few keys that say what the tensors cannot.
//!
//! Unknown keys are left alone, since publishers add their own. A key we use must have the
//! right type; nothing is guessed.

use std::path::{Path, PathBuf};

use serde_norway::Value;

use super::card::{Kind, ReadSite, Scan, WriteSite};
use super::yaml;
use crate::error::LoadError;

/// Longer ones are no configs of this format: the largest published one is below 10 KiB, and
/// the parser takes minutes for half a megabyte of brackets, as its time is quadratic.
const MAX_BYTES: usize = 1 << 16;

/// The activation that a config names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Declared {
    Relu,
    JumpRelu,
    TopK,
}

/// A parsed `config.yaml`.
#[derive(Clone, Debug)]
pub(super) struct Config {
    pub(super) kind: Kind,
    pub(super) reads: ReadSite,
    pub(super) writes: WriteSite,
    pub(super) activation: Option<Declared>,
    pub(super) k: Option<usize>,
    pub(super) model_name: Option<String>,
    pub(super) scan: Scan,
    /// One file a layer, where the config lists them.
    pub(super) files: Option<Vec<String>>,
    pub(super) path: PathBuf,
}

impl Config {
    /// Parses the text of the file at `path`.
    pub(super) fn parse(bytes: &[u8], path: &Path) -> Result<Self, LoadError> {
        let invalid = |reason: String| LoadError::Yaml { path: path.to_owned(), reason };
        if bytes.len() > MAX_BYTES {
            return Err(invalid(format!("{} bytes, expected at most {MAX_BYTES}", bytes.len())));
        }
        let value = yaml::parse(bytes).map_err(|source| invalid(source.to_string()))?;
        if !value.is_mapping() {
            return Err(invalid("not a mapping of keys to values".to_owned()));
        }
        let keys = Keys { value: &value, path };
        Ok(Self {
            kind: keys.kind()?,
            reads: keys.site("feature_input_hook", ReadSite::from_hook, READS)?,
            writes: keys.site("feature_output_hook", WriteSite::from_hook, WRITES)?,
            activation: keys.activation()?,
            k: keys.k()?,
            model_name: keys.text("model_name")?,
            scan: keys.scan()?,
            files: keys.list("transcoders")?,
            path: path.to_owned(),
        })
    }
}

impl Config {
    /// The error that files of the other kind lie there.
    pub(super) fn other_kind(&self) -> LoadError {
        let (found, expected) = match self.kind {
            Kind::PerLayer => (
                "transcoder_set",
                "cross_layer_transcoder, since the files are W_enc_*.safetensors",
            ),
            Kind::CrossLayer => (
                "cross_layer_transcoder",
                "transcoder_set, since the files are layer_*.safetensors",
            ),
        };
        LoadError::BadValue {
            key: "model_kind".to_owned(),
            found: found.to_owned(),
            expected,
            path: self.path.clone(),
        }
    }
}

const READS: &str = "hook_resid_mid, ln2.hook_normalized, mlp.hook_in";
const WRITES: &str = "mlp.hook_out, hook_mlp_out";

/// The config's keys, with its path for errors.
struct Keys<'a> {
    value: &'a Value,
    path: &'a Path,
}

impl Keys<'_> {
    /// A key that is there and not null.
    fn get(&self, key: &str) -> Option<&Value> {
        self.value.get(key).filter(|value| !value.is_null())
    }

    fn bad(&self, key: &str, found: &Value, expected: &'static str) -> LoadError {
        LoadError::BadValue {
            key: key.to_owned(),
            found: shown(found),
            expected,
            path: self.path.to_owned(),
        }
    }

    fn text(&self, key: &str) -> Result<Option<String>, LoadError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let text = value.as_str().ok_or_else(|| self.bad(key, value, "a string"))?;
        Ok(Some(text.to_owned()))
    }

    fn required(&self, key: &str) -> Result<String, LoadError> {
        let missing = || LoadError::MissingKey { key: key.to_owned(), path: self.path.to_owned() };
        self.text(key)?.ok_or_else(missing)
    }

    fn list(&self, key: &str) -> Result<Option<Vec<String>>, LoadError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let bad = || self.bad(key, value, "a list of strings, one a layer");
        let items = value.as_sequence().filter(|items| !items.is_empty()).ok_or_else(bad)?;
        let texts = items.iter().map(|item| item.as_str().map(str::to_owned));
        texts.collect::<Option<Vec<_>>>().map(Some).ok_or_else(bad)
    }

    fn site<T>(
        &self,
        key: &'static str,
        from_hook: impl Fn(&str) -> Option<T>,
        supported: &'static str,
    ) -> Result<T, LoadError> {
        let found = self.required(key)?;
        let path = self.path.to_owned();
        from_hook(&found).ok_or(LoadError::Unsupported { key, found, supported, path })
    }

    fn kind(&self) -> Result<Kind, LoadError> {
        let found = self.required("model_kind")?;
        match found.as_str() {
            "transcoder_set" => Ok(Kind::PerLayer),
            "cross_layer_transcoder" => Ok(Kind::CrossLayer),
            _ => Err(LoadError::Unsupported {
                key: "model_kind",
                found,
                supported: "transcoder_set, cross_layer_transcoder",
                path: self.path.to_owned(),
            }),
        }
    }

    fn activation(&self) -> Result<Option<Declared>, LoadError> {
        let Some(found) = self.text("activation")? else { return Ok(None) };
        match found.to_lowercase().as_str() {
            "relu" => Ok(Some(Declared::Relu)),
            "jumprelu" | "jump_relu" => Ok(Some(Declared::JumpRelu)),
            "topk" | "top_k" => Ok(Some(Declared::TopK)),
            _ => Err(LoadError::Unsupported {
                key: "activation",
                found,
                supported: "relu, jumprelu, topk",
                path: self.path.to_owned(),
            }),
        }
    }

    fn k(&self) -> Result<Option<usize>, LoadError> {
        let Some(value) = self.get("k") else { return Ok(None) };
        let k = value.as_u64().filter(|k| *k > 0).and_then(|k| usize::try_from(k).ok());
        k.map(Some).ok_or_else(|| self.bad("k", value, "a whole number above zero"))
    }

    fn scan(&self) -> Result<Scan, LoadError> {
        match self.get("scan") {
            None => Ok(Scan::Unnamed),
            Some(Value::String(name)) => Ok(Scan::One(name.clone())),
            Some(Value::Sequence(_)) => Ok(Scan::PerLayer(self.list("scan")?.unwrap_or_default())),
            Some(value) => Err(self.bad("scan", value, "a string or a list of strings")),
        }
    }
}

/// A value on one line of a message.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Null => "null".to_owned(),
        Value::Sequence(items) => format!("a list of {}", items.len()),
        Value::Mapping(keys) => format!("a mapping of {} keys", keys.len()),
        Value::Tagged(tagged) => format!("tagged {}", tagged.tag),
    }
}
