//! Where the caches are, which token to send, and whether the network may be used.
//!
//! A library does not read the environment: [`HubSettings::from_env`] is given a lookup by
//! whoever may. The variables and their order are those of `huggingface_hub` and
//! circuit-tracer, so that a model fetched with either is found here.
//!
//! Source: huggingface_hub, "Environment variables"; circuit-tracer 0.4.1, `utils/caching.py`.

use std::fmt;
use std::path::{Path, PathBuf};

/// The public Hub.
pub const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// How the Hub is reached and where its files are kept.
#[derive(Clone, PartialEq, Eq)]
pub struct HubSettings {
    /// Caches in the Hub's layout, in the order in which they are searched. Downloads go to
    /// the first; with none, nothing can be downloaded.
    pub cache_dirs: Vec<PathBuf>,
    /// Caches in circuit-tracer's layout (`<dir>/user/repo[/folder][@revision]`), read only.
    pub circuit_tracer_dirs: Vec<PathBuf>,
    /// The access token sent to `endpoint`, without which gated repositories are refused.
    pub token: Option<String>,
    /// True if the network must not be touched.
    pub offline: bool,
    /// Scheme, host and port of the Hub, without a trailing `/`.
    pub endpoint: String,
}

impl HubSettings {
    /// Settings that search and write one cache, ask the public Hub and send no token.
    pub fn with_cache(dir: impl Into<PathBuf>) -> Self {
        Self {
            cache_dirs: vec![dir.into()],
            circuit_tracer_dirs: Vec::new(),
            token: None,
            offline: false,
            endpoint: DEFAULT_ENDPOINT.to_owned(),
        }
    }

    /// Settings from environment variables, read through `lookup`, and the user's home.
    ///
    /// - cache: `HF_HUB_CACHE`, `HUGGINGFACE_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, home;
    /// - token: `HF_TOKEN`, `HUGGING_FACE_HUB_TOKEN`, the file `HF_TOKEN_PATH`, the file
    ///   `token` in the Hub's home;
    /// - offline: `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE` is `1`, `on`, `yes` or `true`;
    /// - endpoint: `HF_ENDPOINT`;
    /// - circuit-tracer's cache: `CIRCUIT_TRACER_CACHE_DIR`, home.
    ///
    /// An empty variable counts as unset. A token file that cannot be read is no token, as
    /// for `huggingface_hub`: most users have none.
    pub fn from_env(lookup: impl Fn(&str) -> Option<String>, home: Option<PathBuf>) -> Self {
        let text = |key: &str| {
            let value = lookup(key)?;
            let value = value.trim();
            (!value.is_empty()).then(|| value.to_owned())
        };
        let dir = |key: &str| text(key).map(|value| expand_home(&value, home.as_deref()));
        let dot_cache = home.as_ref().map(|home| home.join(".cache"));

        let hub_home = dir("HF_HOME").or_else(|| {
            let caches = dir("XDG_CACHE_HOME").or_else(|| dot_cache.clone())?;
            Some(caches.join("huggingface"))
        });
        let cache = dir("HF_HUB_CACHE")
            .or_else(|| dir("HUGGINGFACE_HUB_CACHE"))
            .or_else(|| Some(hub_home.as_ref()?.join("hub")));
        let token_file = dir("HF_TOKEN_PATH").or_else(|| Some(hub_home.as_ref()?.join("token")));
        let token = text("HF_TOKEN")
            .or_else(|| text("HUGGING_FACE_HUB_TOKEN"))
            .or_else(|| read_token(&token_file?));
        let circuit_tracer = dir("CIRCUIT_TRACER_CACHE_DIR")
            .or_else(|| Some(dot_cache.as_ref()?.join("circuit_tracer")));
        let endpoint = text("HF_ENDPOINT").unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());

        Self {
            cache_dirs: cache.into_iter().collect(),
            circuit_tracer_dirs: circuit_tracer.into_iter().collect(),
            token,
            offline: ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]
                .iter()
                .any(|key| text(key).is_some_and(|value| is_true(&value))),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
        }
    }
}

impl fmt::Debug for HubSettings {
    /// Everything but the token, which must not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubSettings")
            .field("cache_dirs", &self.cache_dirs)
            .field("circuit_tracer_dirs", &self.circuit_tracer_dirs)
            .field("token", &self.token.as_ref().map(|_| "(hidden)"))
            .field("offline", &self.offline)
            .field("endpoint", &self.endpoint)
            .finish()
    }
}

fn is_true(value: &str) -> bool {
    ["1", "on", "yes", "true"].iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// `value` as a path, with a leading `~/` replaced by the user's home.
fn expand_home(value: &str, home: Option<&Path>) -> PathBuf {
    match (value.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(value),
    }
}

/// The token in a file, with the line ends that editors and shells add removed.
fn read_token(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let token: String = text.chars().filter(|c| !matches!(c, '\r' | '\n')).collect();
    let token = token.trim();
    (!token.is_empty()).then(|| token.to_owned())
}
