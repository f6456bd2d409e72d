//! Chat templates: a conversation to the text the model was trained on.
//!
//! A template is a Jinja program that comes with the model. It is run by `minijinja` in the
//! environment that transformers gives it: blocks trimmed, `break` and `continue`, Python's
//! string and dictionary methods, `raise_exception`, `strftime_now`, a `tojson` that formats
//! like Python's `json.dumps`, and the special tokens as variables.
//!
//! # Invariants
//!
//! - The same messages, options and template give the same text: there is no clock, and
//!   `strftime_now` exists only if the caller names a day.
//! - A template that cannot be rendered costs nothing until it is asked for.
//!
//! Source: transformers 4.57, `utils/chat_template_utils.py`.

use std::collections::BTreeMap;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Serde};
use minijinja::{AutoEscape, Environment, Error, ErrorKind};
use serde::Serialize;
use serde_json::Value;

use super::{Date, Tokenizer, TokenizerError, guard};

/// The template used when none is named, if a tokenizer has several.
const DEFAULT: &str = "default";

/// Steps after which a template is stopped; 64 bytes of data count as one. Templates come with
/// models, so one may loop for ever, or nest a list by each step; the longest published ones
/// take some thousands of steps for a turn.
const MAX_STEPS: u64 = 1_000_000;

/// Longer templates are refused, since each byte may be a level of nesting. The longest
/// published ones have some 20 KiB.
const MAX_BYTES: usize = 1 << 17;

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Message {
    /// Who speaks: `system`, `user` or `assistant`, as the template knows them.
    pub role: String,
    /// What is said.
    pub content: String,
}

impl Message {
    /// A turn of `role` saying `content`.
    pub fn new(role: impl Into<String>, content: impl Into<String>) -> Self {
        Self { role: role.into(), content: content.into() }
    }
}

/// How a conversation is rendered.
#[derive(Debug, Clone, Default)]
pub struct ChatOptions {
    /// Whether to end with what opens the assistant's turn, so that the next token is the
    /// first of the answer.
    pub add_generation_prompt: bool,
    /// The day that a template may print. Without one, templates that ask whether they can
    /// know the day (Llama 3's) use the day they were written with.
    pub date: Option<Date>,
    /// Which of several templates to use; `default` if `None`.
    pub template: Option<String>,
    /// Further variables of the template, such as Qwen 3's `enable_thinking`.
    pub variables: BTreeMap<String, Value>,
}

impl Tokenizer {
    /// The text of a conversation, special tokens spelled out, ready to be encoded.
    ///
    /// # Errors
    ///
    /// - [`TokenizerError::NoChatTemplate`] or [`TokenizerError::NoSuchTemplate`].
    /// - [`TokenizerError::ChatRefused`] if the template raises an exception, as many do for
    ///   roles that do not alternate.
    /// - [`TokenizerError::Template`] if it cannot be run.
    pub fn render_chat(
        &self,
        messages: &[Message],
        options: &ChatOptions,
    ) -> Result<String, TokenizerError> {
        let template = self.templates.get(options.template.as_deref())?;
        let rendered = guard::on_a_deep_stack(|| self.render(template, messages, options));
        let rendered = rendered.unwrap_or_else(|source| {
            let reason = "there is no thread to render in";
            Err(Error::new(ErrorKind::InvalidOperation, reason).with_source(source))
        });
        rendered.map_err(|error| match raised(&error) {
            Some(reason) => TokenizerError::ChatRefused { reason },
            None => TokenizerError::Template { source: Box::new(error) },
        })
    }

    /// Runs a template. All that it makes is dropped in here, too, on the same stack.
    fn render(
        &self,
        template: &str,
        messages: &[Message],
        options: &ChatOptions,
    ) -> Result<String, Error> {
        if template.len() > MAX_BYTES {
            let found = template.len();
            let reason = format!("it has {found} bytes, expected at most {MAX_BYTES}");
            return Err(Error::new(ErrorKind::SyntaxError, reason));
        }
        let template = without_generation_tags(template);
        let environment = environment(options.date);

        let mut context: BTreeMap<&str, minijinja::Value> = BTreeMap::new();
        for (attribute, tokens) in &self.special.named {
            let value = match tokens.as_slice() {
                [token] if attribute != "additional_special_tokens" => token.into(),
                tokens => Serde(tokens).into(),
            };
            context.insert(attribute, value);
        }
        // Transformers passes these even where there are none, as `none`.
        context.insert("tools", ().into());
        context.insert("documents", ().into());
        for (name, value) in &options.variables {
            context.insert(name, Serde(value).into());
        }
        context.insert("messages", Serde(messages).into());
        context.insert("add_generation_prompt", options.add_generation_prompt.into());
        environment.render_str(&template, context)
    }

    /// True if there is a template to render a conversation with.
    pub fn has_chat_template(&self) -> bool {
        !self.templates.0.is_empty()
    }
}

/// The chat templates of a tokenizer, by name, in their order in the file.
#[derive(Debug, Clone, Default)]
pub(super) struct Templates(Vec<(String, String)>);

impl Templates {
    /// The templates in the config's `chat_template` (one, or a list of `{name, template}`),
    /// unless there is a separate file: Jinja, or JSON with the same key.
    pub(super) fn collect(config: Option<&Value>, file: Option<&str>) -> Self {
        let Some(file) = file else { return Self(named(config)) };
        match serde_json::from_str::<Value>(file) {
            Ok(json @ Value::Object(_)) => Self(named(json.get("chat_template"))),
            _ => Self(vec![(DEFAULT.to_owned(), file.to_owned())]),
        }
    }

    fn get(&self, name: Option<&str>) -> Result<&str, TokenizerError> {
        let wanted = name.unwrap_or(DEFAULT);
        match self.0.iter().find(|(name, _)| name == wanted) {
            Some((_, template)) => Ok(template),
            None if self.0.is_empty() => Err(TokenizerError::NoChatTemplate),
            None => Err(TokenizerError::NoSuchTemplate {
                name: wanted.to_owned(),
                available: self.0.iter().map(|(name, _)| name.clone()).collect(),
            }),
        }
    }
}

/// The templates that a `chat_template` value holds.
fn named(value: Option<&Value>) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    match value {
        Some(Value::String(template)) => vec![(DEFAULT.to_owned(), template.clone())],
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(|one| Some((text(one.get("name")?)?, text(one.get("template")?)?)))
            .collect(),
        Some(Value::Object(map)) => {
            map.iter().filter_map(|(name, one)| Some((name.clone(), text(one)?))).collect()
        }
        _ => Vec::new(),
    }
}

/// The environment that transformers gives a template.
fn environment(date: Option<Date>) -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.expect("the delimiters are the default ones"));
    environment.set_fuel(Some(MAX_STEPS));
    // Else errors hold the template's values, which may nest deeper than our caller's stack.
    environment.set_debug(false);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_filter("tojson", tojson);
    environment.add_function("raise_exception", |reason: String| -> Result<String, Error> {
        let error = Error::new(ErrorKind::InvalidOperation, reason.clone());
        Err(error.with_source(Raised { reason }))
    });
    if let Some(date) = date {
        environment.add_function("strftime_now", move |format: String| {
            date.strftime(&format).map_err(|conversion| {
                let reason = format!("`%{conversion}` in a date is not supported");
                Error::new(ErrorKind::InvalidOperation, reason)
            })
        });
    }
    environment
}

/// Marks an error that the template raised on purpose.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
struct Raised {
    reason: String,
}

/// What the template said when it raised an exception, if that is what `error` is.
fn raised(error: &Error) -> Option<String> {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(Raised { reason }) = error.downcast_ref() {
            return Some(reason.clone());
        }
        source = error.source();
    }
    None
}

/// `json.dumps(value, ensure_ascii=False)` with Python's spaces; minijinja's own filter
/// escapes for HTML, which would put other tokens into the prompt.
fn tojson(value: minijinja::Value, options: Kwargs) -> Result<String, Error> {
    let indent = options.get::<Option<usize>>("indent")?;
    let sort_keys = options.get::<Option<bool>>("sort_keys")?.unwrap_or(false);
    // Accepted and without effect: our output never escapes what is not ASCII.
    let _ = options.get::<Option<bool>>("ensure_ascii")?;
    options.assert_all_used()?;

    let failed = |error: serde_json::Error| {
        Error::new(ErrorKind::BadSerialization, "cannot write as JSON").with_source(error)
    };
    let mut json = serde_json::to_value(&value).map_err(failed)?;
    if sort_keys {
        json.sort_all_objects();
    }
    let mut bytes = Vec::new();
    let written = match indent {
        Some(width) => {
            let spaces = " ".repeat(width.min(16));
            let formatter = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
            json.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))
        }
        None => json.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, OneLine)),
    };
    written.map_err(failed)?;
    Ok(String::from_utf8(bytes).expect("serde_json writes UTF-8"))
}

/// Python's separators for JSON on one line: `", "` and `": "`.
struct OneLine;

impl serde_json::ser::Formatter for OneLine {
    fn begin_array_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
    ) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}

/// `template` with `{% generation %}` blocks replaced by their bodies. Transformers uses them
/// to find the assistant's tokens; they render as what they hold.
fn without_generation_tags(template: &str) -> String {
    let mut text = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find("{%") {
        let Some(length) = rest[start + 2..].find("%}") else { break };
        let end = start + 2 + length;
        let (before, tag) = (&rest[..start], &rest[start..end]);
        text.push_str(before);
        text.push_str(&match tag[2..].trim_matches(['-', '+', ' ', '\t', '\n', '\r']) {
            "generation" => tag.replace("generation", "if true"),
            "endgeneration" => tag.replace("endgeneration", "endif"),
            _ => tag.to_owned(),
        });
        rest = &rest[end..];
    }
    text.push_str(rest);
    text
}
