//! Chat templates of the families we trace, rendered to the exact text.

use connectome::tokenizer::{ChatOptions, Date, Message, Tokenizer, TokenizerError};
use serde_json::{Value, json};

use super::words;

/// A tokenizer that has nothing but a BOS token and the chat template.
fn with_template(template: &Value, file: Option<&str>) -> Tokenizer {
    let config = json!({"bos_token": "<bos>", "chat_template": template}).to_string();
    let tokenizer = words(&["<bos>", "w", "?"]).to_string();
    Tokenizer::from_parts(tokenizer.as_bytes(), Some(config.as_bytes()), None, file).unwrap()
}

fn chat(turns: &[(&str, &str)]) -> Vec<Message> {
    turns.iter().map(|(role, content)| Message::new(*role, *content)).collect()
}

fn asking() -> ChatOptions {
    ChatOptions { add_generation_prompt: true, ..ChatOptions::default() }
}

fn render(
    template: &str,
    turns: &[(&str, &str)],
    options: &ChatOptions,
) -> Result<String, TokenizerError> {
    with_template(&json!(template), None).render_chat(&chat(turns), options)
}

const QUESTION: (&str, &str) = ("user", " What is the capital of Texas?\n");
const ANSWER: (&str, &str) = ("assistant", "Austin.");

#[test]
fn chatml() {
    let template = include_str!("chatml.jinja");
    assert_eq!(
        render(template, &[("system", "Be brief."), QUESTION], &asking()).unwrap(),
        "<|im_start|>system\nBe brief.<|im_end|>\n\
         <|im_start|>user\n What is the capital of Texas?\n<|im_end|>\n\
         <|im_start|>assistant\n"
    );
    assert_eq!(
        render(template, &[QUESTION, ANSWER], &ChatOptions::default()).unwrap(),
        "<|im_start|>user\n What is the capital of Texas?\n<|im_end|>\n\
         <|im_start|>assistant\nAustin.<|im_end|>\n"
    );
}

#[test]
fn gemma_2() {
    let template = include_str!("gemma2.jinja");
    assert_eq!(
        render(template, &[QUESTION, ANSWER, ("user", "And of Utah?")], &asking()).unwrap(),
        "<bos><start_of_turn>user\nWhat is the capital of Texas?<end_of_turn>\n\
         <start_of_turn>model\nAustin.<end_of_turn>\n\
         <start_of_turn>user\nAnd of Utah?<end_of_turn>\n\
         <start_of_turn>model\n"
    );
    let error = render(template, &[("system", "Be brief."), QUESTION], &asking()).unwrap_err();
    assert!(
        matches!(&error, TokenizerError::ChatRefused { reason } if reason == "System role not supported"),
        "{error}"
    );
    let error = render(template, &[QUESTION, QUESTION], &asking()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the chat template refuses the messages: \
         Conversation roles must alternate user/assistant/user/assistant/..."
    );
}

#[test]
fn gemma_3() {
    let template = include_str!("gemma3.jinja");
    assert_eq!(
        render(template, &[("system", "Be brief."), QUESTION, ANSWER], &asking()).unwrap(),
        "<bos><start_of_turn>user\nBe brief.\n\nWhat is the capital of Texas?<end_of_turn>\n\
         <start_of_turn>model\nAustin.<end_of_turn>\n\
         <start_of_turn>model\n"
    );
    assert_eq!(
        render(template, &[QUESTION], &ChatOptions::default()).unwrap(),
        "<bos><start_of_turn>user\nWhat is the capital of Texas?<end_of_turn>\n"
    );
}

#[test]
fn llama_3() {
    let template = include_str!("llama3.jinja");
    let text = |date: &str, system: &str| {
        format!(
            "<bos><|start_header_id|>system<|end_header_id|>\n\n\
             Cutting Knowledge Date: December 2023\nToday Date: {date}\n\n{system}<|eot_id|>\
             <|start_header_id|>user<|end_header_id|>\n\n\
             What is the capital of Texas?<|eot_id|>\
             <|start_header_id|>assistant<|end_header_id|>\n\n"
        )
    };
    let turns = [("system", " Be brief. "), QUESTION];
    assert_eq!(render(template, &turns, &asking()).unwrap(), text("26 Jul 2024", "Be brief."));
    assert_eq!(render(template, &turns[1..], &asking()).unwrap(), text("26 Jul 2024", ""));

    let today = ChatOptions { date: Some("2025-02-03".parse().unwrap()), ..asking() };
    assert_eq!(render(template, &turns, &today).unwrap(), text("03 Feb 2025", "Be brief."));

    let mut with_tools = asking();
    with_tools.variables.insert("custom_tools".to_owned(), json!([{"name": "f", "args": [1, 2]}]));
    let rendered = render(template, &turns, &with_tools).unwrap();
    let tools = "Today Date: 26 Jul 2024\n\n{\n    \"name\": \"f\",\n    \"args\": [\n        1,\n        2\n    ]\n}\n\nBe brief.";
    assert!(rendered.contains(tools), "{rendered}");
    assert!(rendered.contains("Environment: ipython\n"), "{rendered}");
    // A tool's answer is text, and text is what Python calls iterable: it is quoted.
    let answered = render(template, &[QUESTION, ("ipython", "a \"b\" <é>")], &asking()).unwrap();
    assert!(
        answered.contains("ipython<|end_header_id|>\n\n\"a \\\"b\\\" <é>\"<|eot_id|>"),
        "{answered}"
    );
}

#[test]
fn qwen_2() {
    let template = include_str!("qwen2.jinja");
    assert_eq!(
        render(template, &[("user", "Hi"), ANSWER], &asking()).unwrap(),
        "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful \
         assistant.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
         <|im_start|>assistant\nAustin.<|im_end|>\n<|im_start|>assistant\n"
    );
    assert_eq!(
        render(template, &[("system", "Be brief."), ("tool", "1"), ("tool", "2")], &asking())
            .unwrap(),
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n\
         <tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response><|im_end|>\n\
         <|im_start|>assistant\n"
    );
}

#[test]
fn qwen_3() {
    let template = include_str!("qwen3.jinja");
    let thought = ("assistant", "<think>\nTexas, hm.\n</think>\n\nAustin.");
    assert_eq!(
        render(template, &[("user", "Hi"), thought, ("user", "Sure?")], &asking()).unwrap(),
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nAustin.<|im_end|>\n\
         <|im_start|>user\nSure?<|im_end|>\n<|im_start|>assistant\n"
    );
    // The last answer keeps its thoughts.
    assert_eq!(
        render(template, &[("user", "Hi"), thought], &ChatOptions::default()).unwrap(),
        "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n<think>\nTexas, hm.\n</think>\n\n\
         Austin.<|im_end|>\n"
    );
    let mut thoughtless = asking();
    thoughtless.variables.insert("enable_thinking".to_owned(), json!(false));
    assert_eq!(
        render(template, &[("system", "Be brief."), ("user", "Hi")], &thoughtless).unwrap(),
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n\
         <|im_start|>assistant\n<think>\n\n</think>\n\n"
    );
    let mut with_tools = asking();
    with_tools.variables.insert("tools".to_owned(), json!([{"b": {"x": [1, null]}, "a": "<&'é>"}]));
    assert_eq!(
        render(template, &[("user", "Hi")], &with_tools).unwrap(),
        "<|im_start|>system\n# Tools\n\n<tools>\n{\"b\": {\"x\": [1, null]}, \"a\": \"<&'é>\"}\n\
         </tools><|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
    );
}

#[test]
fn loops_can_be_left_and_generation_marks_are_no_text() {
    let template = "{% for m in messages %}\n{% if m.role == 'stop' %}{% break %}{% endif %}\n  \
                    {%- generation -%} {{ m.content }}! {%- endgeneration -%}\n{% endfor %}\n";
    let turns = [("user", "a"), ("user", "b"), ("stop", "c"), ("user", "d")];
    assert_eq!(render(template, &turns, &asking()).unwrap(), "a!b!");
}

#[test]
fn of_several_templates_one_is_named() {
    let list = json!([
        {"name": "default", "template": "plain {{ messages[0].content }}"},
        {"name": "tool_use", "template": "tools {{ bos_token }}"}
    ]);
    let tokenizer = with_template(&list, None);
    assert!(tokenizer.has_chat_template());
    let render = |name: Option<&str>| {
        let template = name.map(str::to_owned);
        let options = ChatOptions { template, ..ChatOptions::default() };
        tokenizer.render_chat(&chat(&[("user", "Hi")]), &options)
    };
    assert_eq!(render(None).unwrap(), "plain Hi");
    assert_eq!(render(Some("tool_use")).unwrap(), "tools <bos>");
    let error = render(Some("rag")).unwrap_err();
    assert_eq!(error.to_string(), "no chat template `rag`, there are: `default`, `tool_use`");
}

#[test]
fn a_file_of_its_own_takes_precedence() {
    let from_config = json!("config");
    for file in ["file", r#"{"chat_template": "file"}"#] {
        let tokenizer = with_template(&from_config, Some(file));
        let text = tokenizer.render_chat(&chat(&[("user", "Hi")]), &asking()).unwrap();
        assert_eq!(text, "file");
    }
}

#[test]
fn what_cannot_be_rendered_is_an_error() {
    let none = with_template(&Value::Null, None);
    assert!(!none.has_chat_template());
    let error = none.render_chat(&chat(&[("user", "Hi")]), &asking()).unwrap_err();
    assert!(matches!(error, TokenizerError::NoChatTemplate), "{error}");

    let endless =
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}";
    let deep = "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}";
    let dated = "{{ strftime_now('%c') }}";
    let options = ChatOptions { date: Some(Date::from_unix_days(0)), ..asking() };
    for bad in ["{% if %}", "{{ nothing() }}", "{% include 'x' %}", endless, deep, dated] {
        let error = render(bad, &[("user", "Hi")], &options).unwrap_err();
        assert!(matches!(error, TokenizerError::Template { .. }), "{bad}: {error}");
    }
}

// A tag that ends before it begins was cut at its third byte.
#[test]
fn a_brace_is_not_a_tag() {
    for template in ["a{%}b", "{%", "{%}%}"] {
        let error = render(template, &[QUESTION], &asking()).unwrap_err();
        assert!(matches!(error, TokenizerError::Template { .. }), "{template}: {error}");
    }
}

// Each of these is deeper than the stack of a thread: nested by its text, or as it runs.
#[test]
fn templates_cannot_nest_beyond_the_stack() {
    let text = |part: &str, last: &str, n: usize| format!("{{{{ 1{}{last} }}}}", part.repeat(n));
    let deep = |last: &str| {
        format!(
            "{{% set ns = namespace(x=1) %}}{{% for i in range(90000) %}}\
             {{% set ns.x = [ns.x] %}}{{% endfor %}}{last}"
        )
    };
    let templates = [
        text("+1", "", 60_000),
        text("|abs", "", 30_000),
        text(".b", "", 60_000),
        text("()", "", 60_000),
        text(" if 1 else 1", "", 10_000),
        format!("{{{{ {}1 }}}}", "-".repeat(100_000)),
        format!("{{{{ {}1 }}}}", "not ".repeat(30_000)),
        format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(10_000)),
        // Until there are no more steps.
        "{% set ns = namespace(x=1) %}{% for i in range(100) %}{% for j in range(90000) %}\
         {% set ns.x = [ns.x] %}{% endfor %}{% endfor %}"
            .to_owned(),
        deep("text"),
        deep("{{ ns.x }}"),
        deep("{{ ns.x|tojson }}"),
        deep("{{ ns.x == [ns.x] }}"),
    ];
    for template in templates {
        // Text or an error, but an answer.
        let rendered = render(&template, &[QUESTION], &asking());
        assert!(matches!(rendered, Ok(_) | Err(TokenizerError::Template { .. })));
    }
    let long = render(&"x".repeat((1 << 17) + 1), &[QUESTION], &asking()).unwrap_err();
    assert_eq!(
        long.to_string(),
        "the chat template cannot be rendered: syntax error: it has 131073 bytes, expected at \
         most 131072"
    );
}

#[test]
fn a_date_is_written_as_its_format_asks() {
    let text = |date: Date, format: &str| {
        let options = ChatOptions { date: Some(date), ..asking() };
        render(&format!("{{{{ strftime_now('{format}') }}}}"), &[("user", "Hi")], &options).unwrap()
    };
    let day: Date = "2024-02-29".parse().unwrap();
    assert_eq!(
        text(day, "%A %d %B %Y, %a %b %y, %F %H:%M %%"),
        "Thursday 29 February 2024, Thu Feb 24, 2024-02-29 00:00 %"
    );
    let iso = |days| text(Date::from_unix_days(days), "%Y-%m-%d %a");
    assert_eq!(iso(0), "1970-01-01 Thu");
    assert_eq!(iso(11_016), "2000-02-29 Tue");
    assert_eq!(iso(19_782), "2024-02-29 Thu");
    assert_eq!(iso(u64::MAX), "9999-12-31 Fri");
    for bad in [
        "2023-02-29",
        "2024-13-01",
        "2024-1-01",
        "24-01-01",
        "2024-01-00",
        "+024-01-01",
        "é024-01-0",
    ] {
        let error = bad.parse::<Date>().unwrap_err();
        assert!(matches!(error, TokenizerError::BadDate { .. }), "{bad}: {error}");
    }
}
